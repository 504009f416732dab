//! Taking one change back: the edits that let its document say again what it said before, as far as nobody has said something else since.
//!
//! A change that others hold never goes away. What takes it back is said on top of it, by whoever does so, and stands in the history.

use std::collections::BTreeSet;

use automerge::{ChangeHash, ObjId, ObjType, Patch, PatchAction, Prop, ROOT, ReadDoc as _, Value as Crdt};

use crate::{
    decision::{ASSIGNED, DECIDED, DECISION},
    document::{Document, Kind, genesis_hash},
    edit::{self, Edit, version_text},
    field::{Field, Value},
    id::{DocumentId, RowId},
    mark::{Mark, Status},
    record::{EventRecord, Record},
    table::Table,
};

/// Why a change cannot be taken back: it is the first of its document, or did what no edit undoes (a stage, a sealed sheet, a visa, a
/// published call, a phone number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change cannot be taken back")]
pub struct Stands;

/// The edits that take a change back, in the order in which they are to be done; none where nothing of it stands any longer. `new_row`
/// gives fresh ids, `reason` goes with those that need one.
///
/// # Errors
/// [`Stands`]; then no part of it should be taken back.
pub fn reverting(
    document: &Document,
    change: &[u8; 32],
    reason: &str,
    new_row: impl FnMut() -> RowId,
) -> Result<Vec<Edit>, Stands> {
    let after = [ChangeHash(*change)];
    let meta = document.crdt().get_change_meta_by_hash(&after[0]).ok_or(Stands)?;
    let before = meta.deps.clone();
    if before.as_slice() == [genesis_hash(document.kind)] {
        return Err(Stands);
    }
    let record = Record::read(document);
    let mut back = Back {
        document,
        record: &record,
        before: &before,
        after: &after,
        reason,
        new_row,
        begun: BTreeSet::new(),
        edits: Vec::new(),
    };
    back.read()?;
    Ok(back.edits)
}

struct Back<'a, N> {
    document: &'a Document,
    /// As it stands now.
    record: &'a Record,
    before: &'a [ChangeHash],
    after: &'a [ChangeHash],
    reason: &'a str,
    new_row: N,
    /// Rows that the change began, sections that it reworded: what stands in them goes with them.
    begun: BTreeSet<String>,
    edits: Vec<Edit>,
}

impl<N: FnMut() -> RowId> Back<'_, N> {
    fn read(&mut self) -> Result<(), Stands> {
        let patches = self.document.crdt().diff(self.before, self.after);
        // A decision is taken back with all that it did (Q3); what took one back stands.
        for patch in &patches {
            if let (true, PatchAction::PutMap { key, .. }) = (patch.path.is_empty(), &patch.action)
                && let Some((DECISION, id)) = edit::family_of(key)
            {
                let (_, decided) = self.document.crdt().get(ROOT, key).ok().flatten().ok_or(Stands)?;
                if self.says(&decided, "chose") == Value::Empty {
                    return Err(Stands);
                }
                let (document, of, decision) = (self.document.id, row(id)?, (self.new_row)());
                self.edits.push(Edit::Reopen { document, of, decision, reason: self.reason.to_owned() });
                return Ok(());
            }
        }
        let within =
            |patch: &Patch, rows: &str| matches!(patch.path.first(), Some((_, Prop::Map(first))) if &**first == rows);
        if !patches.is_empty() && patches.iter().all(|patch| within(patch, "touched")) {
            // That a paragraph was read cannot be unsaid.
            return Err(Stands);
        }
        let marks = patches.iter().any(|patch| within(patch, "marks"));
        for patch in &patches {
            let path: Vec<String> = patch.path.iter().map(|(_, prop)| prop.to_string()).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match (path.as_slice(), &patch.action) {
                ([], PatchAction::PutMap { key, value, .. }) => self.at_root(key, &value.0)?,
                // Whoever was marked was on the list for it, and stays there.
                (["roster"], PatchAction::PutMap { .. }) if marks => {}
                (["roster"], PatchAction::PutMap { key, .. }) => self.on_the_list(&patch.obj, key)?,
                (["marks"], PatchAction::PutMap { key, .. }) => self.mark(key)?,
                (["withdrawals"], PatchAction::PutMap { key, .. }) => self.withdrawal(&patch.obj, key)?,
                (["slots" | "lines"], PatchAction::PutMap { key, .. }) => self.row_begun(path[0], key)?,
                (["slots" | "lines", id], PatchAction::PutMap { key, .. }) => {
                    self.cell(path[0], id, &patch.obj, key)?;
                }
                ([row], PatchAction::PutMap { key, .. }) if edit::family_of(row).is_some() => {
                    let (rows, id) = edit::family_of(row).ok_or(Stands)?;
                    self.cell(rows, id, &patch.obj, key)?;
                }
                (["sections", section], PatchAction::SpliceText { .. } | PatchAction::DeleteSeq { .. }) => {
                    self.section(section)?;
                }
                (["sections"], PatchAction::PutMap { key, .. }) => self.section(key)?,
                // Which paragraphs were touched, and what stands in rows that are gone with their row.
                (["touched"] | ["marks" | "withdrawals", _], _) => {}
                _ => return Err(Stands),
            }
        }
        Ok(())
    }

    fn at_root(&mut self, key: &str, value: &Crdt<'_>) -> Result<(), Stands> {
        let document = self.document.id;
        if let Some((family, id)) = edit::family_of(key) {
            return match family {
                edit::LINK if self.still(&ROOT, key) => {
                    let kind = kind_of(&self.said(&ROOT, key));
                    self.then(Edit::LinkEvent { event: document, document: id.parse().map_err(|_| Stands)?, kind })
                }
                edit::HEADCOUNT if self.still(&ROOT, key) => {
                    let [slot, sex, age_band] =
                        <[&str; 3]>::try_from(id.split('/').collect::<Vec<_>>()).map_err(|_| Stands)?;
                    let people = match self.said(&ROOT, key) {
                        Value::Number(people) => u32::try_from(people).ok(),
                        _ => None,
                    };
                    let (sex, age_band) = (sex.to_owned(), age_band.to_owned());
                    self.then(Edit::SetHeadcount { event: document, slot: row(slot)?, sex, age_band, people })
                }
                edit::CONFIRM if self.still(&ROOT, key) => {
                    let (field, confirmed) =
                        (Field::from_key(id).ok_or(Stands)?, self.said(&ROOT, key) == Value::Empty);
                    self.then(Edit::ConfirmRule { call: document, field, confirmed })
                }
                ASSIGNED if self.still(&ROOT, key) => {
                    let account = self.said(&ROOT, key).text().parse().ok();
                    self.then(Edit::AssignQuestion { document, asked: id.to_owned(), account })
                }
                edit::LINK | edit::HEADCOUNT | edit::CONFIRM | ASSIGNED | DECIDED => Ok(()),
                _ if matches!(value, Crdt::Object(ObjType::Map)) => self.row_begun(family, id),
                _ => Err(Stands),
            };
        }
        match Field::from_key(key) {
            Some(Field::Stage) if self.document.kind == Kind::Dossier => Err(Stands),
            Some(field) => self.set(None, &ROOT, field),
            None => Err(Stands),
        }
    }

    fn row_begun(&mut self, rows: &str, id: &str) -> Result<(), Stands> {
        self.begun.insert(id.to_owned());
        let (document, id) = (self.document.id, row(id)?);
        let edit = match rows {
            "slots" | edit::TRAINER | edit::PAPER => Edit::KeepEventRow { event: document, row: id, keep: false },
            "lines" | edit::TIME => Edit::SetLineState { dossier: document, line: id, keep: false },
            edit::SIGNATURE => {
                let (withdrawal, reason) = ((self.new_row)(), self.reason.to_owned());
                Edit::WithdrawSignature { event: document, signature: id, withdrawal, reason }
            }
            table if Table::from_key(table).is_some_and(|table| !table.is_sealed()) => {
                Edit::KeepRow { document, row: id, keep: false }
            }
            _ => return Err(Stands),
        };
        self.then(edit)
    }

    fn cell(&mut self, rows: &str, id: &str, object: &ObjId, key: &str) -> Result<(), Stands> {
        if self.begun.contains(id) {
            return Ok(());
        }
        if key == "state" {
            if !self.still(object, key) {
                return Ok(());
            }
            let (keep, now) =
                (self.said(object, key) != Value::from("removed"), self.says(object, key) != Value::from("removed"));
            let (document, id) = (self.document.id, row(id)?);
            // Who sets a cell says in passing that its row stays.
            return match rows {
                _ if keep == now => Ok(()),
                "slots" | edit::TRAINER | edit::PAPER => {
                    self.then(Edit::KeepEventRow { event: document, row: id, keep })
                }
                "lines" | edit::TIME => self.then(Edit::SetLineState { dossier: document, line: id, keep }),
                _ if Table::from_key(rows).is_some() => self.then(Edit::KeepRow { document, row: id, keep }),
                _ => Err(Stands),
            };
        }
        let has_cells =
            ["slots", "lines", edit::TRAINER, edit::TIME].contains(&rows) || Table::from_key(rows).is_some();
        match Field::from_key(key).filter(|_| has_cells) {
            Some(field) => self.set(Some(row(id)?), object, field),
            None => Err(Stands),
        }
    }

    fn set(&mut self, row: Option<RowId>, object: &ObjId, field: Field) -> Result<(), Stands> {
        if !self.still(object, field.key()) {
            return Ok(());
        }
        let value = self.said(object, field.key());
        self.then(Edit::SetField { document: self.document.id, row, field, value })
    }

    fn on_the_list(&mut self, roster: &ObjId, key: &str) -> Result<(), Stands> {
        if !self.still(roster, key) {
            return Ok(());
        }
        let (event, person) = (self.document.id, key.parse().map_err(|_| Stands)?);
        let taken_off = |said: Value| said == Value::Empty || said == Value::from(edit::TAKEN_OFF);
        self.then(match taken_off(self.said(roster, key)) {
            true => Edit::TakeFromRoster { event, person },
            false => Edit::AddToRoster { event, person },
        })
    }

    /// Whoever has marked the same apart still says so.
    fn mark(&mut self, key: &str) -> Result<(), Stands> {
        let (event, Mark { slot, person, status, withdrawn, .. }) = (self.document.id, self.mark_of(key)?.clone());
        if withdrawn.is_some() {
            return Ok(());
        }
        let others = self.standing(slot, person, Some(row(key)?))?;
        let (withdrawal, reason) = ((self.new_row)(), self.reason.to_owned());
        match others.first() {
            None => self.then(Edit::Undo { event, slot, person, withdrawal, reason }),
            Some(_) if others.contains(&status) => Ok(()),
            Some(&status) => self.then(Edit::SettleMarks { event, slot, person, status, withdrawal, reason }),
        }
    }

    fn withdrawal(&mut self, withdrawals: &ObjId, key: &str) -> Result<(), Stands> {
        let Ok(Some((Crdt::Object(_), row))) = self.document.crdt().get(withdrawals, key) else { return Err(Stands) };
        let mark = self.says(&row, "mark");
        let Mark { slot, person, status, minutes, how, .. } = self.mark_of(mark.text())?.clone();
        if self.standing(slot, person, None)?.contains(&status) {
            return Ok(());
        }
        let mark = (self.new_row)();
        self.then(Edit::CheckIn { event: self.document.id, slot, person, mark, status, minutes, how })
    }

    /// What the marks of a person in a half-day say that stand, but for one.
    fn standing(&self, slot: RowId, person: DocumentId, but: Option<RowId>) -> Result<BTreeSet<Status>, Stands> {
        let theirs = self.event()?.marks.iter().filter(|mark| mark.slot == slot && mark.person == person);
        Ok(theirs.filter(|mark| mark.withdrawn.is_none() && Some(mark.id) != but).map(|mark| mark.status).collect())
    }

    /// As its author would have unwritten it at once: what others wrote since stays (M5).
    fn section(&mut self, section: &str) -> Result<(), Stands> {
        if !self.begun.insert(section.to_owned()) {
            return Ok(());
        }
        let text = |heads: &[ChangeHash]| self.text(section, heads);
        let (before, after) = (text(self.after), text(self.before));
        if before == after {
            return Ok(());
        }
        let (dossier, section, version) = (self.document.id, section.to_owned(), version_text(self.after));
        self.then(Edit::EditSection { dossier, section, version, before, after })
    }

    fn text(&self, section: &str, heads: &[ChangeHash]) -> String {
        let crdt = self.document.crdt();
        let find = || {
            let (_, sections) = crdt.get_at(ROOT, "sections", heads).ok()??;
            let (_, text) = crdt.get_at(sections, section, heads).ok()??;
            crdt.text_at(text, heads).ok()
        };
        find().unwrap_or_default()
    }

    fn event(&self) -> Result<&EventRecord, Stands> {
        match self.record {
            Record::Event(event) => Ok(event),
            _ => Err(Stands),
        }
    }

    fn mark_of(&self, id: &str) -> Result<&Mark, Stands> {
        let id = row(id)?;
        self.event()?.marks.iter().find(|mark| mark.id == id).ok_or(Stands)
    }

    /// Whether a place says now what the change left there.
    fn still(&self, object: &ObjId, key: &str) -> bool {
        let left = self.document.crdt().get_at(object, key, self.after).ok().flatten();
        self.says(object, key) == value_of(left.map(|(value, _)| value))
    }

    /// What it said before the change.
    fn said(&self, object: &ObjId, key: &str) -> Value {
        value_of(self.document.crdt().get_at(object, key, self.before).ok().flatten().map(|(value, _)| value))
    }

    fn says(&self, object: &ObjId, key: &str) -> Value {
        value_of(self.document.crdt().get(object, key).ok().flatten().map(|(value, _)| value))
    }

    fn then(&mut self, edit: Edit) -> Result<(), Stands> {
        self.edits.push(edit);
        Ok(())
    }
}

fn kind_of(word: &Value) -> Option<Kind> {
    [Kind::Association, Kind::Dossier].into_iter().find(|kind| kind.as_str() == word.text())
}

fn row(id: &str) -> Result<RowId, Stands> {
    id.parse().map_err(|_| Stands)
}

fn value_of(value: Option<Crdt<'_>>) -> Value {
    match value {
        Some(Crdt::Scalar(scalar)) => Value::from_scalar(&scalar),
        _ => Value::Empty,
    }
}
