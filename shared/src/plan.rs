//! The structured parts of a dossier: when its activities are done, and what of the parts does not hold yet.
//!
//! - **G1** A project has one main goal of sustainable development (ODD).
//! - **G2** Beside it there are at most three others, or as many as the call says.
//! - **G3** Each goal has its reason.
//! - **G4** No goal stands there twice.
//! - **K1** An activity ends in the month in which it begins, or later.
//! - **K2** No activity goes on after the project's last month.
//! - **K3** An activity says in which months it is done.
//! - **S1** A text that the call requires says something.
//! - **S2** No text is longer than the call allows. It is told, and never cut.
//! - **D1** The project lasts neither shorter nor longer than the call allows.
//! - **D2** The project is of a sector that the call is open to.
//!
//! Rows of which a human must still decide whether they stay (M6) count.

use serde::{Deserialize, Serialize};

use crate::{
    field::{Field, Value},
    id::RowId,
    record::{CallRecord, DossierRecord, Row},
    table::Table,
};

/// How many goals a project has beside its main one where the call does not say (`domain.md` section 5).
pub const GOALS_OTHER_MAX: i64 = 3;

/// Which rule. Stable: the app says it in the user's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PlanCode {
    /// There are goals, and none of them is the main one.
    G1None,
    /// More than one goal is the main one.
    G1Several,
    /// Too many goals.
    G2,
    /// A goal without its reason.
    G3,
    /// A goal that stands there already.
    G4,
    /// An activity that ends before it begins.
    K1,
    /// An activity that goes on after the project's end.
    K2,
    /// An activity without months.
    K3,
    /// A required text that is empty.
    S1,
    /// A text that is too long.
    S2,
    /// The project is too short.
    D1Short,
    /// The project is too long.
    D1Long,
    /// The call is not open to the sector.
    D2,
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PlanFault {
    /// Which rule.
    pub code: PlanCode,
    /// The row that it is about, if it is about one.
    pub row: Option<RowId>,
    /// What the row says first, or the key of the text.
    pub about: Value,
    /// What it is: so many goals, characters, months.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub is: i64,
    /// What it should be at most, or at least.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub should: i64,
}

/// When the activities are done: what a chronogramme is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Chronogram {
    /// How many months there are to show: those of the project, or more where an activity goes on after them. None where no activity
    /// says its months.
    pub months: u32,
    /// The months of the project, 0 where nobody has said.
    pub duration: u32,
    /// The activities in their order.
    pub rows: Vec<ChronogramRow>,
}

/// One activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChronogramRow {
    /// Which.
    pub row: RowId,
    /// What is done.
    pub label: String,
    /// Its first month, the project's first is 1; 0 where nobody has said.
    pub from: u32,
    /// Its last month, never before the first.
    pub to: u32,
}

/// What the chronogramme shows. An activity of which one month alone is known is done in that month.
#[must_use]
pub fn chronogram(dossier: &DossierRecord) -> Chronogram {
    let rows = dossier.rows.kept(Table::Activity).map(|row| {
        let (from, to) = months(row);
        // One that ends before it begins is shown where it begins, and K1 says so.
        let (from, to) = (from.or(to).unwrap_or(0), to.or(from).unwrap_or(0));
        let label = row.fields.text(Field::Label).to_owned();
        ChronogramRow { row: row.id, label, from: count(from), to: count(to.max(from)) }
    });
    let rows: Vec<_> = rows.collect();
    let last = rows.iter().map(|row| row.to).max().unwrap_or(0);
    let duration = count(dossier.fields.get(Field::DurationMonths).number().unwrap_or(0));
    Chronogram { months: if last == 0 { 0 } else { last.max(duration) }, duration, rows }
}

fn months(row: &Row) -> (Option<i64>, Option<i64>) {
    // A stranger's months are no reason to draw a million columns.
    let month = |field| row.fields.get(field).number().filter(|month| (1..=120).contains(month));
    (month(Field::MonthFrom), month(Field::MonthTo))
}

/// What does not hold. In what nobody has begun nothing is wrong yet, but for the texts that are required.
#[must_use]
pub fn faults(dossier: &DossierRecord, call: Option<&CallRecord>) -> Vec<PlanFault> {
    let mut faults = Vec::new();
    sections(dossier, call, &mut faults);
    project(dossier, call, &mut faults);
    goals(dossier, call, &mut faults);
    activities(dossier, &mut faults);
    faults
}

fn sections(dossier: &DossierRecord, call: Option<&CallRecord>, faults: &mut Vec<PlanFault>) {
    for section in call.map_or(&[][..], |call| &call.sections) {
        let text = dossier.sections.get(&section.key).map_or("", |one| &one.text);
        let (is, should) = (text.chars().count(), i64::from(section.chars_max));
        let is = i64::try_from(is).unwrap_or(i64::MAX);
        let about = Value::from(&*section.key);
        if section.required && text.trim().is_empty() {
            faults.push(PlanFault { code: PlanCode::S1, row: None, about, is: 0, should: 1 });
        } else if should > 0 && is > should {
            faults.push(PlanFault { code: PlanCode::S2, row: None, about, is, should });
        }
    }
}

fn project(dossier: &DossierRecord, call: Option<&CallRecord>, faults: &mut Vec<PlanFault>) {
    let Some(call) = call else { return };
    let setting = |field| call.fields.get(field).number();
    let mut fault = |code, about: Value, is, should| faults.push(PlanFault { code, row: None, about, is, should });
    if let Some(months) = dossier.fields.get(Field::DurationMonths).number() {
        if let Some(least) = setting(Field::DurationMinMonths).filter(|least| months < *least) {
            fault(PlanCode::D1Short, Value::Empty, months, least);
        }
        if let Some(most) = setting(Field::DurationMaxMonths).filter(|most| months > *most) {
            fault(PlanCode::D1Long, Value::Empty, months, most);
        }
    }
    let (sector, open) = (dossier.fields.text(Field::Sector), call.fields.text(Field::Sectors));
    let is_open = open.is_empty() || open.split(',').any(|word| word.trim() == sector);
    if !sector.is_empty() && !is_open {
        fault(PlanCode::D2, Value::from(sector), 0, 0);
    }
}

fn goals(dossier: &DossierRecord, call: Option<&CallRecord>, faults: &mut Vec<PlanFault>) {
    let goals: Vec<&Row> = dossier.rows.kept(Table::Goal).collect();
    if goals.is_empty() {
        return;
    }
    let goal = |row: &Row| row.fields.get(Field::GoalNumber).clone();
    let about = |code, row: &Row, is, should| PlanFault { code, row: Some(row.id), about: goal(row), is, should };
    let main = goals.iter().filter(|row| row.fields.text(Field::MainGoal) == "yes");
    let (main, all) = (main.collect::<Vec<_>>(), i64::try_from(goals.len()).unwrap_or(i64::MAX));
    if main.is_empty() {
        faults.push(PlanFault { code: PlanCode::G1None, row: None, about: Value::Empty, is: 0, should: 1 });
    }
    faults.extend(main.iter().skip(1).map(|row| about(PlanCode::G1Several, row, 2, 1)));
    let others_max = call.and_then(|call| call.fields.get(Field::GoalsOtherMax).number()).unwrap_or(GOALS_OTHER_MAX);
    if all > others_max.saturating_add(1) {
        let should = others_max + 1;
        faults.push(PlanFault { code: PlanCode::G2, row: None, about: Value::Empty, is: all, should });
    }
    for (n, row) in goals.iter().enumerate() {
        if row.fields.text(Field::Detail).trim().is_empty() {
            faults.push(about(PlanCode::G3, row, 0, 1));
        }
        if goals[..n].iter().any(|other| goal(other) == goal(row)) {
            faults.push(about(PlanCode::G4, row, 2, 1));
        }
    }
}

fn activities(dossier: &DossierRecord, faults: &mut Vec<PlanFault>) {
    let duration = dossier.fields.get(Field::DurationMonths).number();
    for row in dossier.rows.kept(Table::Activity) {
        let about = |code, is, should| {
            let about = row.fields.get(Field::Label).clone();
            PlanFault { code, row: Some(row.id), about, is, should }
        };
        let (from, to) = months(row);
        match (from, to) {
            (None, None) => faults.push(about(PlanCode::K3, 0, 1)),
            (Some(from), Some(to)) if to < from => faults.push(about(PlanCode::K1, to, from)),
            _ => {}
        }
        let last = from.max(to).unwrap_or(0);
        if let Some(duration) = duration.filter(|duration| last > *duration) {
            faults.push(about(PlanCode::K2, last, duration));
        }
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
