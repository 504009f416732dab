//! Calls for projects: what is published of them, what a dossier follows, and what differs between two versions.
//!
//! - **C1** A published version of a call is a version of its document: the heads. Nothing touches it again. Those that are published
//!   apart are both versions, and their numbers follow each other.
//! - **C2** A dossier follows the version that it was begun with: the newest that its device knew. Whatever becomes of the call later
//!   changes nothing in it. A dossier that names none follows the first version; before there is one, the call as it stands.
//! - **C3** A dossier moves to another version by a choice, which is a field of it: two choices made apart are a Question (M4).
//! - **C4** What a call does not say is not checked.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    document::{Document, Kind},
    edit::{is_section_key, version_heads},
    field::{Field, Value},
    id::{DeviceId, RowId},
    record::{CallRecord, CallSection, LineState, Record, Row, Rows},
    table::Table,
};

/// A published version (C1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CallVersion {
    /// Which.
    pub id: RowId,
    /// Counted from 1.
    pub number: u32,
    /// When, by the clock of the device that published it. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// The device that published it.
    pub by: Option<DeviceId>,
    /// What changed and why, in words; may be empty.
    pub note: String,
    /// The version of the document, as `edit::version_text` writes it.
    pub heads: String,
}

/// One thing that is not the same in two versions of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Difference {
    /// In which table; none for a rule of the call itself.
    pub table: Option<Table>,
    /// What the row is called, where it is one.
    pub label: String,
    /// Which field; none where the row as a whole was added or taken out.
    pub field: Option<Field>,
    /// What it said. Of a row that was added, nothing.
    pub before: Value,
    /// What it says. Of a row that was taken out, nothing.
    pub after: Value,
}

/// The version that a dossier follows which names that one (C2); none where nothing was published.
#[must_use]
pub fn followed(call: &CallRecord, named: Option<RowId>) -> Option<&CallVersion> {
    call.versions.iter().find(|version| Some(version.id) == named).or(call.versions.first())
}

/// The rules that a dossier follows which names that version (C2).
#[must_use]
pub fn rules(document: &Document, named: Option<RowId>) -> Option<CallRecord> {
    let Record::Call(call) = Record::read(document) else { return None };
    let published = followed(&call, named).and_then(|version| at(document, version));
    Some(published.unwrap_or(call))
}

/// A version as it was published; none where the document does not hold it.
#[must_use]
pub fn at(document: &Document, version: &CallVersion) -> Option<CallRecord> {
    match Record::read(&document.at(&version_heads(&version.heads))?) {
        Record::Call(call) => Some(call),
        _ => None,
    }
}

/// The sections of a call: those that it was begun with, of which no row of the table speaks, then those of the table. A row that was
/// taken out takes out the section of its key, too.
pub(crate) fn sections(begun_with: Vec<CallSection>, rows: &Rows) -> Vec<CallSection> {
    let all: &[Row] = rows.0.get(&Table::Section).map_or(&[], Vec::as_slice);
    let told: BTreeSet<String> = all.iter().map(section_key).collect();
    let mut seen = BTreeSet::new();
    let kept = all.iter().filter(|row| row.state != LineState::Removed).map(|row| CallSection {
        key: section_key(row),
        title: row.fields.text(Field::Label).to_owned(),
        guidance: row.fields.text(Field::Detail).to_owned(),
        chars_max: row.fields.get(Field::CharsMax).number().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        required: row.fields.text(Field::Required) == "yes",
    });
    let begun_with = begun_with.into_iter().filter(|section| !told.contains(&section.key));
    begun_with.chain(kept).filter(|section| seen.insert(section.key.clone())).collect()
}

/// The key of a section in dossiers: its own, or one that follows from its row.
fn section_key(row: &Row) -> String {
    let key = row.fields.text(Field::Key);
    if is_section_key(key) { key.to_owned() } else { format!("s_{}", row.id) }
}

/// What is not the same in two versions: the call's own rules first, then table by table.
#[must_use]
pub fn differences(before: &CallRecord, after: &CallRecord) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |table, label: &str, field, before: &Value, after: &Value| {
        if before != after {
            let (label, before, after) = (label.to_owned(), before.clone(), after.clone());
            found.push(Difference { table, label, field, before, after });
        }
    };
    for field in Field::of(Kind::Call) {
        compare(None, "", Some(*field), before.fields.get(*field), after.fields.get(*field));
    }
    for field in Field::of(Kind::Call) {
        let [before, after] =
            [before, after].map(|call| Value::from(if call.to_confirm.contains(field) { "yes" } else { "no" }));
        compare(None, field.key(), Some(Field::ToConfirm), &before, &after);
    }
    for table in Table::of(Kind::Call) {
        let [old, new] = [before, after].map(|call| call.rows.kept(table).collect::<Vec<_>>());
        let with = |rows: &[&Row], id| rows.iter().find(|row| row.id == id).copied().cloned();
        for row in &old {
            let label = label(row);
            let Some(now) = with(&new, row.id) else {
                compare(Some(table), &label, None, &Value::from(&*label), &Value::Empty);
                continue;
            };
            let says = table.fields().iter().filter(|field| ![Field::Order, Field::Key].contains(field));
            for field in says {
                compare(Some(table), &label, Some(*field), row.fields.get(*field), now.fields.get(*field));
            }
        }
        for row in new.iter().filter(|row| with(&old, row.id).is_none()) {
            let label = label(row);
            compare(Some(table), &label, None, &Value::Empty, &Value::from(&*label));
        }
    }
    found
}

fn label(row: &Row) -> String {
    row.fields.text(Field::Label).to_owned()
}
