//! A dossier's budget: what it costs, who pays, and what of it does not hold yet. Whole cents all the way: nothing is ever a
//! fraction that a machine rounds as it likes.
//!
//! What was given in dirhams is turned into euros once, line by line, and rounded half up to the cent; ceilings that are a share of
//! a sum are rounded down, as funders do. Rules that differ from call to call, or that nobody could tell us for certain, are
//! fields of the call: what none says is not checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    field::{Accepts, Field, HEADINGS, Value},
    id::RowId,
    record::{CallRecord, DossierRecord, Fields, Line, LineState, Side, TimeRow},
    table::Table,
};

/// Basis points in a whole: 10,000 is 100 %.
const WHOLE_BP: i64 = 10_000;

/// What a part of a budget is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// The grant that the call is asked for: money too.
    Grant,
    /// Money.
    Cash,
    /// Given in kind: class 86 among the expenses, class 87 among the resources.
    InKind,
    /// Volunteers' time, by the log: 864 among the expenses, 875 among the resources.
    Time,
}

/// What one side of a budget comes to, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Sums {
    /// Money.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub cash_cents: i64,
    /// Given in kind and volunteers' time.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub valorised_cents: i64,
    /// Both.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub total_cents: i64,
}

/// One heading of the expenses, or one source of the resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Group {
    /// Of which side.
    pub side: Side,
    /// What it is made of.
    pub nature: Nature,
    /// The heading or the source, as the lines have it; empty where they have none.
    pub heading: String,
    /// What its lines come to.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub cents: i64,
    /// Its share in the total of its side, in basis points. Those of one side come to 10,000 together, or all are 0.
    pub share_bp: u32,
}

/// What a budget comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Totals {
    /// What it costs.
    pub expenses: Sums,
    /// Who pays.
    pub resources: Sums,
    /// Headings and sources: money before what is given, in the call's order, then by the alphabet.
    pub groups: Vec<Group>,
    /// What volunteers' time is worth: a part of both sides.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub time_cents: i64,
    /// Hours that volunteers give, in hundredths.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub hours_e2: i64,
    /// The grant asked for: the resource lines that say so, or else the dossier's key figure.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub grant_cents: i64,
    /// The total that the call's ceilings look at: what is given counts in it only where the call says so (B6).
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub counted_cents: i64,
    /// Whether what is given counts in it.
    pub valorisation_counts: bool,
    /// The highest grant (B3); none where the call sets no ceiling, or is not held.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub grant_max_cents: Option<i64>,
    /// The grant's share in that total, in basis points, rounded down; 0 where there is none.
    pub grant_share_bp: u32,
    /// The share of what is given in all expenses, in basis points, rounded down.
    pub valorised_share_bp: u32,
}

/// Which check (`domain.md` section 1). Stable: the app says it in the user's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CheckCode {
    /// Money: what it costs is not what is paid.
    B1,
    /// Classes 86 and 87: what is given in kind is not what is used of it.
    B2,
    /// The grant is above the call's ceiling, or above its share of the total.
    B3,
    /// The lines ask for another grant than the dossier's key figure.
    B3Figure,
    /// The total is above the call's ceiling.
    B4,
    /// A resource lacks its source, its state or its proof.
    B5,
    /// More is given in kind and in time than the call lets count.
    B6,
    /// An entry of the volunteers' log lacks something.
    B7,
    /// An amount in dirhams lacks its rate or the day of the rate.
    B8,
    /// The total is below what the call asks for.
    B4Least,
    /// More is spent under a heading than the call allows.
    B9,
}

impl CheckCode {
    /// Its word, as in JSON: what `Field::ChecksOff` lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::B1 => "b1",
            Self::B2 => "b2",
            Self::B3 => "b3",
            Self::B3Figure => "b3_figure",
            Self::B4 => "b4",
            Self::B4Least => "b4_least",
            Self::B5 => "b5",
            Self::B6 => "b6",
            Self::B7 => "b7",
            Self::B8 => "b8",
            Self::B9 => "b9",
        }
    }
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Check {
    /// Which.
    pub code: CheckCode,
    /// The line, or the entry of the log, that it is about; none where it is about a sum.
    pub row: Option<RowId>,
    /// The heading that it is about; empty where it is about none.
    pub heading: String,
    /// The fields that are to be filled in there.
    pub lacks: Vec<Field>,
    /// The sum that is wrong: the expenses, class 86, the grant, the total; or what the row comes to.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub is_cents: i64,
    /// What it should be: the resources, class 87, the ceiling. 0 for a row.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub should_cents: i64,
    /// By how much it is off: below zero where it is too small.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub off_cents: i64,
}

/// What a line comes to in its own currency, in cents: quantity times unit cost. An empty quantity counts as one.
///
/// Quantities are whole: half a month is fifteen days, and the line's unit says so.
#[must_use]
pub fn own_cents(line: &Fields) -> i64 {
    // A stranger's values must not panic; the fields' own limits keep ours far below overflow.
    number(line, Field::Quantity).unwrap_or(1).saturating_mul(number(line, Field::UnitCents).unwrap_or(0))
}

/// What a line comes to in euros, in cents. In dirhams without a rate it is worth nothing yet, and B8 says so: to take dirhams
/// for euros would be ten times too much.
#[must_use]
pub fn line_cents(line: &Fields) -> i64 {
    let own = own_cents(line);
    if line.text(Field::Currency) != MAD {
        return own;
    }
    number(line, Field::RateE4).map_or(0, |rate_e4| mad_to_eur(own, rate_e4))
}

/// The currency of lines that have a rate.
const MAD: &str = "mad";

/// Hundredths of dirhams to cents of euros, rounded half up. `rate_e4` is dirhams for one euro, in ten-thousandths: 108,500 is
/// 10.8500. Without a rate above zero there is nothing.
#[must_use]
pub fn mad_to_eur(mad_cents: i64, rate_e4: i64) -> i64 {
    if rate_e4 <= 0 { 0 } else { rounded(i128::from(mad_cents) * 10_000, rate_e4) }
}

/// What an entry of the volunteers' log is worth, in cents: hours times rate (B7), rounded half up.
#[must_use]
pub fn time_cents(entry: &Fields) -> i64 {
    let [hours_e2, rate] = [Field::HoursE2, Field::HourCents].map(|field| number(entry, field).unwrap_or(0));
    rounded(i128::from(hours_e2) * i128::from(rate), 100)
}

/// The part of a sum that so many basis points are, rounded down: `floor(0.70 × total)`.
#[must_use]
pub fn share_of(cents: i64, bp: i64) -> i64 {
    clamped((i128::from(cents) * i128::from(bp)).div_euclid(i128::from(WHOLE_BP)))
}

/// The headings of the expenses: those of the call's table, or else of its field, or those that funders usually ask for.
#[must_use]
pub fn headings(call: Option<&CallRecord>) -> Vec<String> {
    let rows = call.into_iter().flat_map(|call| call.rows.kept(Table::Heading));
    let rows: Vec<String> = rows.map(|row| row.fields.text(Field::Label).to_owned()).collect();
    if !rows.is_empty() {
        return rows;
    }
    let asked = call.map_or("", |call| call.fields.text(Field::BudgetHeadings));
    let asked: Vec<String> = asked.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    if asked.is_empty() { HEADINGS.iter().map(|word| (*word).to_owned()).collect() } else { asked }
}

/// What the budget comes to. Lines that were removed do not count; those of which a human must still decide do (M6).
#[must_use]
pub fn totals(dossier: &DossierRecord, call: Option<&CallRecord>) -> Totals {
    let order = headings(call);
    let mut groups: BTreeMap<(Side, Nature, usize, &str), i64> = BTreeMap::new();
    for line in lines(dossier) {
        let heading = line.fields.text(Field::Heading);
        let place = order.iter().position(|known| known == heading).unwrap_or(order.len());
        // Lines without a heading stand last.
        let place = if heading.is_empty() { usize::MAX } else { place };
        let sum = groups.entry((line.side, nature(line), place, heading)).or_default();
        *sum = sum.saturating_add(line.amount_cents());
    }
    let (mut time_cents, mut hours_e2) = (0_i64, 0_i64);
    for entry in entries(dossier) {
        time_cents = time_cents.saturating_add(entry.amount_cents());
        hours_e2 = hours_e2.saturating_add(number(&entry.fields, Field::HoursE2).unwrap_or(0));
    }
    if entries(dossier).next().is_some() {
        // The time that is used is the time that is given.
        groups.insert((Side::Expense, Nature::Time, 0, ""), time_cents);
        groups.insert((Side::Resource, Nature::Time, 0, ""), time_cents);
    }
    let mut made = Vec::with_capacity(groups.len());
    let mut sums = [Sums::default(), Sums::default()];
    let mut grant_cents = 0_i64;
    for ((side, nature, _, heading), cents) in groups {
        let of_side = &mut sums[side as usize];
        let part = match nature {
            Nature::Grant | Nature::Cash => &mut of_side.cash_cents,
            Nature::InKind | Nature::Time => &mut of_side.valorised_cents,
        };
        *part = part.saturating_add(cents);
        of_side.total_cents = of_side.cash_cents.saturating_add(of_side.valorised_cents);
        if nature == Nature::Grant {
            grant_cents = grant_cents.saturating_add(cents);
        }
        made.push(Group { side, nature, heading: heading.to_owned(), cents, share_bp: 0 });
    }
    share_out(&mut made);
    let [expenses, resources] = sums;
    let asks = lines(dossier).any(|line| nature(line) == Nature::Grant);
    let grant_cents = if asks { grant_cents } else { number(&dossier.fields, Field::GrantCents).unwrap_or(0) };
    let valorisation_counts = call.is_some_and(|call| call.fields.text(Field::ValorisationCounts) == "yes");
    let counted_cents = if valorisation_counts { expenses.total_cents } else { expenses.cash_cents };
    Totals {
        expenses,
        resources,
        groups: made,
        time_cents,
        hours_e2,
        grant_cents,
        counted_cents,
        valorisation_counts,
        grant_max_cents: grant_max(call, counted_cents),
        grant_share_bp: bp_of(grant_cents, counted_cents),
        valorised_share_bp: bp_of(expenses.valorised_cents, expenses.total_cents),
    }
}

/// B3: the lower of the call's two ceilings.
fn grant_max(call: Option<&CallRecord>, counted_cents: i64) -> Option<i64> {
    let fields = &call?.fields;
    let share = number(fields, Field::GrantShareMaxBp).map(|bp| share_of(counted_cents, bp));
    number(fields, Field::GrantMaxCents).into_iter().chain(share).min()
}

/// What does not hold, sums before lines. A budget in which nothing was written yet is not wrong.
#[must_use]
pub fn checks(dossier: &DossierRecord, call: Option<&CallRecord>) -> Vec<Check> {
    let totals = totals(dossier, call);
    let (expenses, resources) = (totals.expenses, totals.resources);
    let setting = |field| call.and_then(|call| number(&call.fields, field));
    let mut checks = Vec::new();
    let mut compare = |code, is_cents: i64, should_cents: i64, holds: bool| {
        if !holds {
            let off_cents = is_cents.saturating_sub(should_cents);
            let heading = String::new();
            checks.push(Check { code, row: None, heading, lacks: Vec::new(), is_cents, should_cents, off_cents });
        }
    };
    // What is given is compared by B2, so that one wrong line is not told twice.
    compare(CheckCode::B1, expenses.cash_cents, resources.cash_cents, expenses.cash_cents == resources.cash_cents);
    let (used, given) = (expenses.valorised_cents, resources.valorised_cents);
    compare(CheckCode::B2, used, given, used == given);
    if let Some(most) = totals.grant_max_cents {
        compare(CheckCode::B3, totals.grant_cents, most, totals.grant_cents <= most);
    }
    if let Some(figure) = number(&dossier.fields, Field::GrantCents) {
        compare(CheckCode::B3Figure, totals.grant_cents, figure, totals.grant_cents == figure);
    }
    if let Some(most) = setting(Field::TotalMaxCents) {
        compare(CheckCode::B4, totals.counted_cents, most, totals.counted_cents <= most);
    }
    // In a budget without expenses nothing is too small yet.
    if let Some(least) = setting(Field::TotalMinCents).filter(|_| expenses.total_cents > 0) {
        compare(CheckCode::B4Least, totals.counted_cents, least, totals.counted_cents >= least);
    }
    if let Some(bp) = setting(Field::ValorisationShareMaxBp) {
        let most = share_of(expenses.total_cents, bp);
        compare(CheckCode::B6, used, most, used <= most);
    }
    checks.extend(call.into_iter().flat_map(|call| call.rows.kept(Table::Heading)).filter_map(|row| {
        let (heading, bp) = (row.fields.text(Field::Label), number(&row.fields, Field::ShareMaxBp)?);
        let spent =
            |group: &&Group| group.side == Side::Expense && group.nature == Nature::Cash && group.heading == heading;
        let is_cents = totals.groups.iter().find(spent).map_or(0, |group| group.cents);
        let should_cents = share_of(expenses.cash_cents, bp);
        let off_cents = is_cents.saturating_sub(should_cents);
        let heading = heading.to_owned();
        let check =
            Check { code: CheckCode::B9, row: None, heading, lacks: Vec::new(), is_cents, should_cents, off_cents };
        (off_cents > 0).then_some(check)
    }));
    for line in lines(dossier) {
        if line.side == Side::Resource && nature(line) != Nature::Grant {
            let needs = [Field::Heading, Field::Funding, Field::Proof];
            checks.extend(lacking(CheckCode::B5, line.id, &line.fields, &needs, line.amount_cents()));
        }
        if line.fields.text(Field::Currency) == MAD {
            let needs = [Field::RateE4, Field::RateDay];
            checks.extend(lacking(CheckCode::B8, line.id, &line.fields, &needs, line.amount_cents()));
        }
    }
    for entry in entries(dossier) {
        let needs = [Field::Volunteer, Field::Day, Field::Label, Field::HoursE2, Field::HourCents];
        checks.extend(lacking(CheckCode::B7, entry.id, &entry.fields, &needs, entry.amount_cents()));
    }
    // A call may do without some of them.
    let off = call.map_or("", |call| call.fields.text(Field::ChecksOff));
    checks.retain(|check| off.split(',').all(|word| word.trim() != check.code.as_str()));
    checks
}

fn lacking(code: CheckCode, row: RowId, fields: &Fields, needs: &[Field], is_cents: i64) -> Option<Check> {
    let lacks: Vec<Field> = needs.iter().copied().filter(|field| *fields.get(*field) == Value::Empty).collect();
    let check = || {
        let (heading, lacks) = (String::new(), lacks.clone());
        Check { code, row: Some(row), heading, lacks, is_cents, should_cents: 0, off_cents: 0 }
    };
    (!lacks.is_empty()).then(check)
}

fn lines(dossier: &DossierRecord) -> impl Iterator<Item = &Line> {
    dossier.lines.iter().filter(|line| line.state != LineState::Removed)
}

fn entries(dossier: &DossierRecord) -> impl Iterator<Item = &TimeRow> {
    dossier.time.iter().filter(|entry| entry.state != LineState::Removed)
}

/// What a line is made of: money, where it does not say. Only a resource can be the grant.
#[must_use]
pub fn nature(line: &Line) -> Nature {
    match (line.fields.text(Field::Nature), line.side) {
        ("in_kind", _) => Nature::InKind,
        ("grant", Side::Resource) => Nature::Grant,
        _ => Nature::Cash,
    }
}

/// A number, if it is one that the field takes.
fn number(fields: &Fields, field: Field) -> Option<i64> {
    let Accepts::Number(least, most) = field.accepts() else { return None };
    fields.get(field).number().filter(|number| (least..=most).contains(number))
}

/// The share of a part, in basis points, rounded down.
fn bp_of(part: i64, whole: i64) -> u32 {
    if whole <= 0 {
        return 0;
    }
    let bp = i128::from(part) * i128::from(WHOLE_BP) / i128::from(whole);
    u32::try_from(bp).unwrap_or(if bp < 0 { 0 } else { u32::MAX })
}

/// Gives each group its share, so that those of one side come to a whole: what rounding down leaves goes to those that lost most by
/// it, the earlier first.
fn share_out(groups: &mut [Group]) {
    for side in [Side::Expense, Side::Resource] {
        let of_side: Vec<usize> = (0..groups.len()).filter(|n| groups[*n].side == side).collect();
        let whole: i128 = of_side.iter().map(|n| i128::from(groups[*n].cents)).sum();
        if whole <= 0 {
            continue;
        }
        let mut left = WHOLE_BP;
        let mut lost: Vec<(i128, usize)> = Vec::with_capacity(of_side.len());
        for n in of_side {
            let scaled = i128::from(groups[n].cents) * i128::from(WHOLE_BP);
            let bp = u32::try_from(scaled / whole).unwrap_or(0);
            groups[n].share_bp = bp;
            left -= i64::from(bp);
            lost.push((scaled % whole, n));
        }
        lost.sort_by_key(|(rest, n)| (-rest, *n));
        for (_, n) in lost.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            groups[n].share_bp += 1;
        }
    }
}

fn rounded(of: i128, by: i64) -> i64 {
    let by = i128::from(by);
    clamped((of + by / 2).div_euclid(by))
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests;
