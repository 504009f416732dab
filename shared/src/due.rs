//! What is due on a dossier, by when and by whom; and how much support was given.

use serde::{Deserialize, Serialize};

use crate::{
    field::{Field, Value},
    id::{AccountId, DeviceId, RowId},
    names,
    record::{Row, Rows},
    table::Table,
};

/// What kind of thing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// Something that somebody said is to be done.
    Todo,
    /// A report that the convention asks for.
    Report,
    /// A part of the grant that has not come yet.
    Instalment,
    /// A comment that speaks to somebody, and that they have not answered.
    Mention,
}

impl DueKind {
    /// The word for it in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Report => "report",
            Self::Instalment => "instalment",
            Self::Mention => "mention",
        }
    }
}

/// One thing that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Due {
    /// What kind of thing.
    pub kind: DueKind,
    /// Which row says so.
    pub row: RowId,
    /// What it is, in the words of whoever wrote it.
    pub label: String,
    /// Until when, `2026-11-23`; empty where nobody said.
    pub day: String,
    /// Who is to do it: an account, or a name in words; empty where nobody said.
    pub assigned_to: String,
    /// The part of the dossier that it speaks of, where it does: see `Field::About`.
    pub about: String,
    /// The device on which it was written.
    pub by: Option<DeviceId>,
    /// When, by that device's clock: milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// Whose things are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Somebody<'a> {
    /// The account.
    pub account: AccountId,
    /// What it is called.
    pub name: &'a str,
}

impl Somebody<'_> {
    /// Whether a cell names them: by their account, or in words that read the same.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        let names_account = text.parse::<AccountId>().is_ok_and(|account| account == self.account);
        names_account || !text.is_empty() && names::fold_search(text) == names::fold_search(self.name)
    }

    /// Whether a list of accounts, with commas between, has theirs.
    #[must_use]
    pub fn is_mentioned(&self, mentions: &str) -> bool {
        mentions.split(',').any(|one| one.trim().parse::<AccountId>().is_ok_and(|account| account == self.account))
    }
}

/// What is not done, sent or received, table by table.
#[must_use]
pub fn open(rows: &Rows) -> Vec<Due> {
    let kinds = [
        (DueKind::Todo, Table::Todo, Field::Done),
        (DueKind::Report, Table::Report, Field::Sent),
        (DueKind::Instalment, Table::Instalment, Field::Received),
    ];
    let mut open: Vec<Due> = Vec::new();
    for (kind, table, end) in kinds {
        open.extend(rows.kept(table).filter(|row| !is_over(row, end)).map(|row| due(kind, row, Field::Label)));
    }
    open
}

/// The earliest thing that has a day.
#[must_use]
pub fn next(rows: &Rows) -> Option<Due> {
    let dated = open(rows).into_iter().filter(|due| !due.day.is_empty());
    dated.reduce(|first, due| if due.day < first.day { due } else { first })
}

/// Done is a word; sent and received are days.
fn is_over(row: &Row, end: Field) -> bool {
    match (end, row.fields.get(end)) {
        (Field::Done, value) => value.text() == "yes",
        (_, value) => *value != Value::Empty,
    }
}

fn due(kind: DueKind, row: &Row, label: Field) -> Due {
    let text = |field| row.fields.text(field).to_owned();
    Due {
        kind,
        row: row.id,
        label: text(label),
        day: text(Field::Due),
        assigned_to: text(Field::AssignedTo),
        about: text(Field::About),
        by: row.by,
        at_ms: row.at_ms,
    }
}

/// The comments that speak to somebody and wait for their answer: their thread is open, and none of `devices` wrote in it since.
#[must_use]
pub fn mentions(rows: &Rows, who: Somebody<'_>, devices: &[DeviceId]) -> Vec<Due> {
    let comments: Vec<&Row> = rows.kept(Table::Comment).collect();
    let thread = |row: &Row| row.fields.text(Field::Of).parse::<RowId>().unwrap_or(row.id);
    let is_closed = |id: RowId| comments.iter().any(|row| row.id == id && row.fields.text(Field::Resolved) == "yes");
    let has_answered = |to: &Row| {
        let answers = |row: &&&Row| thread(row) == thread(to) && (row.at_ms, row.id) > (to.at_ms, to.id);
        comments.iter().filter(answers).any(|row| row.by.is_some_and(|by| devices.contains(&by)))
    };
    let waits = |row: &&&Row| {
        who.is_mentioned(row.fields.text(Field::Mentions)) && !is_closed(thread(row)) && !has_answered(row)
    };
    comments.iter().filter(waits).map(|row| due(DueKind::Mention, row, Field::Body)).collect()
}

/// Support that was given, added up. Support given to several associations at once is counted apart, as funders ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SupportTotals {
    /// Minutes of support to one association or dossier.
    pub individual_minutes: u32,
    /// Minutes of support to several at once.
    pub collective_minutes: u32,
    /// How many times.
    pub acts: u32,
}

impl SupportTotals {
    /// Of one document's log.
    #[must_use]
    pub fn of(rows: &Rows) -> Self {
        let mut totals = Self::default();
        for row in rows.kept(Table::Support) {
            let minutes = row.fields.get(Field::Minutes).number().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            let sum = match row.fields.text(Field::SupportKind) {
                "collective" => &mut totals.collective_minutes,
                _ => &mut totals.individual_minutes,
            };
            *sum = sum.saturating_add(minutes);
            totals.acts = totals.acts.saturating_add(1);
        }
        totals
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            individual_minutes: self.individual_minutes.saturating_add(other.individual_minutes),
            collective_minutes: self.collective_minutes.saturating_add(other.collective_minutes),
            acts: self.acts.saturating_add(other.acts),
        }
    }
}
