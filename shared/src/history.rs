//! History: who changed what, when and on which device, read from a document's own changes (M10).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use automerge::{ChangeHash, ChangeMetadata, ObjId, PatchAction, Prop, ROOT, ReadDoc as _, ScalarValue, Value as Crdt};
use serde::{Deserialize, Serialize};

use crate::{
    decision,
    document::{Document, Kind, device_of, genesis_hash},
    edit::{self, version_text},
    field::{Field, Value},
    id::{AccountId, DeviceId, DocumentId},
    limit,
    mark::Status,
    renewal,
    table::Table,
    visa::Verdict,
};

/// One change in words that the page can put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HistoryEntry {
    /// The device that it was made on.
    pub by: Option<DeviceId>,
    /// When, by that device's clock; milliseconds since 1970, whole seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// What it did.
    pub did: Vec<Did>,
}

/// One thing that a change did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Did {
    /// Set a field of the document.
    Set {
        /// Which.
        field: Field,
        /// To what.
        value: Value,
    },
    /// Set a cell of a row.
    SetCell {
        /// The map that the row is in: `slots`, `lines`, `phones`; or the family at the root: `trainer`, `time`, or a
        /// table.
        rows: String,
        /// Which row.
        row: String,
        /// Which cell.
        cell: String,
        /// To what.
        value: Value,
    },
    /// Put a person on the roster.
    Joined {
        /// Whom.
        person: String,
    },
    /// Took a person off the roster.
    TookOff {
        /// Whom.
        person: String,
    },
    /// Made a mark.
    Marked {
        /// Of whom.
        person: Option<DocumentId>,
        /// What it says.
        status: Option<Status>,
    },
    /// Took a mark back.
    Withdrew {
        /// Whose.
        person: Option<DocumentId>,
        /// Why.
        reason: String,
    },
    /// Signed, or had somebody sign.
    Signed {
        /// Who signed; none where a trainer did.
        person: Option<DocumentId>,
    },
    /// Kept a photo of a sheet of paper.
    KeptPaper,
    /// Said how many people were there without being named.
    Counted {
        /// One of `field::SEXES`.
        sex: String,
        /// How many.
        value: Value,
    },
    /// Linked the event to an association or a dossier, or took the link away.
    Linked {
        /// To which.
        document: Option<DocumentId>,
    },
    /// Sealed a version of the sheet.
    Sealed {
        /// Why there is another version; empty for the first.
        reason: String,
    },
    /// Published a version of a call.
    Published {
        /// What changed and why; may be empty.
        note: String,
    },
    /// Said of a rule of a call that it is confirmed, or is still to be.
    Confirmed {
        /// The rule.
        field: Field,
        /// Whether it is.
        confirmed: bool,
    },
    /// Decided about a Question, or took a decision back.
    Decided {
        /// The place that was asked about: see `Question::place`.
        asked: String,
        /// What was chosen; nothing where a decision was taken back.
        chose: Value,
        /// Why, where that was said.
        reason: String,
    },
    /// Said who looks after a Question.
    Assigned {
        /// The place that is asked about.
        asked: String,
        /// The account; none where nobody does any longer.
        account: Option<AccountId>,
    },
    /// Reworded a section.
    Reworded {
        /// Which.
        section: String,
        /// What was added.
        added: String,
        /// How many characters were taken out.
        removed: u32,
    },
    /// Moved a dossier along its way.
    Moved {
        /// To which stage.
        to: String,
        /// Why, where that was said.
        reason: String,
    },
    /// Gave a version of a dossier its visa, or asked for changes.
    Visaed {
        /// Which of the two.
        verdict: Option<Verdict>,
        /// In words.
        remarks: String,
    },
    /// Began to review a dossier, or ended it.
    Reviewed {
        /// Whether it began.
        begins: bool,
    },
    /// Said that a paragraph was read again.
    ReadAgain {
        /// In which section.
        section: String,
    },
    /// Wrote the document anew without its history, to erase what stood in it.
    Rewritten,
}

/// The newest `entries_max` entries, the newest first, and how many older ones there are.
#[must_use]
pub fn history(document: &Document, entries_max: usize) -> (Vec<HistoryEntry>, usize) {
    told(document, &[genesis_hash(document.kind)], None, entries_max)
}

/// The same since a version, without what one device did itself. All of it where the version is not known here: the document was
/// written anew since, or never looked at.
#[must_use]
pub fn since(
    document: &Document,
    version: &[ChangeHash],
    but: Option<DeviceId>,
    entries_max: usize,
) -> (Vec<HistoryEntry>, usize) {
    let known = |head: &ChangeHash| document.crdt().get_change_by_hash(head).is_some();
    let genesis = [genesis_hash(document.kind)];
    let from = if version.is_empty() || !version.iter().all(known) { &genesis[..] } else { version };
    told(document, from, but, entries_max)
}

fn told(
    document: &Document,
    from: &[ChangeHash],
    but: Option<DeviceId>,
    entries_max: usize,
) -> (Vec<HistoryEntry>, usize) {
    let crdt = document.crdt();
    let mut metas = crdt.get_changes_meta(from);
    metas.retain(|meta| but.is_none() || device_of(meta.actor.to_bytes()) != but);
    let rewriting = rewriting(document.kind, &metas);
    // It takes one change for each long text: its first one tells it.
    metas.retain(|meta| rewriting.first() == Some(&meta.hash) || !rewriting.contains(&meta.hash));
    let older = metas.len().saturating_sub(entries_max);
    let entries = metas[older..].iter().rev().map(|meta| HistoryEntry {
        by: device_of(meta.actor.to_bytes()),
        at_ms: at_ms(meta),
        did: match rewriting.first() == Some(&meta.hash) {
            true => vec![Did::Rewritten],
            false => did(document, &meta.deps, &[meta.hash]),
        },
    });
    (entries.collect(), older)
}

/// Some changes of one device in a row, as one version of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VersionEntry {
    /// The document right after them: see `edit::version_text`.
    pub version: String,
    /// The one before it; empty for the first.
    pub before: String,
    /// The device that they were made on.
    pub by: Option<DeviceId>,
    /// When the first was made, by that device's clock; milliseconds since 1970, whole seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub from_ms: u64,
    /// When the last was made.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// How many they are.
    pub changes: u32,
    /// What they did together.
    pub did: Vec<Did>,
}

/// The newest `versions_max` versions of a document, the newest first, and how many older ones there are. The same everywhere: changes
/// stand in the order of their clocks, as far as they build on each other.
///
/// Each of the changes `alone` is a version of its own.
#[must_use]
pub fn versions(document: &Document, alone: &BTreeSet<ChangeHash>, versions_max: usize) -> (Vec<VersionEntry>, usize) {
    let genesis = genesis_hash(document.kind);
    let metas = document.crdt().get_changes_meta(&[genesis]);
    let rewriting = rewriting(document.kind, &metas);
    let mut heads = BTreeSet::from([genesis]);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for meta in in_order(&metas) {
        let ends = |group: &Group<'_>| {
            let rewrites = rewriting.contains(&meta.hash);
            let at_ms = at_ms(meta);
            let near = at_ms.abs_diff(group.at_ms) <= limit::VERSION_GAP_MS;
            let apart = alone.contains(&meta.hash) || alone.contains(&group.last.hash);
            rewrites != group.rewrites || !rewrites && (apart || !near || device_of(meta.actor.to_bytes()) != group.by)
        };
        if groups.last().is_none_or(ends) {
            groups.push(Group {
                before: heads.iter().copied().collect(),
                after: Vec::new(),
                by: device_of(meta.actor.to_bytes()),
                from_ms: at_ms(meta),
                at_ms: at_ms(meta),
                changes: 0,
                rewrites: rewriting.contains(&meta.hash),
                last: meta,
            });
        }
        heads.retain(|head| !meta.deps.contains(head));
        heads.insert(meta.hash);
        if let Some(group) = groups.last_mut() {
            group.after = heads.iter().copied().collect();
            (group.at_ms, group.changes, group.last) = (at_ms(meta), group.changes + 1, meta);
        }
    }
    let older = groups.len().saturating_sub(versions_max);
    let entries = groups[older..].iter().rev().map(|group| VersionEntry {
        version: version_text(&group.after),
        before: if group.before == [genesis] { String::new() } else { version_text(&group.before) },
        by: group.by,
        from_ms: group.from_ms,
        at_ms: group.at_ms,
        changes: group.changes,
        did: if group.rewrites { vec![Did::Rewritten] } else { did(document, &group.before, &group.after) },
    });
    (entries.collect(), older)
}

/// Changes that make one version.
struct Group<'a> {
    before: Vec<ChangeHash>,
    after: Vec<ChangeHash>,
    by: Option<DeviceId>,
    from_ms: u64,
    at_ms: u64,
    changes: u32,
    rewrites: bool,
    last: &'a ChangeMetadata<'a>,
}

/// Changes by their clocks, each after those that it builds on.
fn in_order<'a>(metas: &'a [ChangeMetadata<'a>]) -> Vec<&'a ChangeMetadata<'a>> {
    let known: BTreeMap<ChangeHash, usize> = metas.iter().enumerate().map(|(n, meta)| (meta.hash, n)).collect();
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); metas.len()];
    let mut waits = vec![0_usize; metas.len()];
    for (n, meta) in metas.iter().enumerate() {
        for dep in meta.deps.iter().filter_map(|dep| known.get(dep)) {
            after[*dep].push(n);
            waits[n] += 1;
        }
    }
    let key = |n: usize| Reverse((metas[n].timestamp, metas[n].hash, n));
    let mut ready: BinaryHeap<_> = (0..metas.len()).filter(|n| waits[*n] == 0).map(key).collect();
    let mut order = Vec::with_capacity(metas.len());
    while let Some(Reverse((_, _, n))) = ready.pop() {
        order.push(&metas[n]);
        for next in &after[n] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.push(key(*next));
            }
        }
    }
    order
}

fn at_ms(meta: &ChangeMetadata<'_>) -> u64 {
    u64::try_from(meta.timestamp).unwrap_or(0).saturating_mul(1000)
}

/// What one change of a document did; none if the document does not hold it.
#[must_use]
pub fn entry(document: &Document, change: &[u8; 32]) -> Option<HistoryEntry> {
    let meta = document.crdt().get_change_meta_by_hash(&ChangeHash(*change))?;
    Some(HistoryEntry {
        by: device_of(meta.actor.to_bytes()),
        at_ms: at_ms(&meta),
        did: did(document, &meta.deps, &[meta.hash]),
    })
}

/// On which device, and when by its clock, a field was set last.
#[must_use]
pub fn last_set(document: &Document, field: Field) -> Option<(Option<DeviceId>, u64)> {
    let (entries, _) = history(document, limit::HISTORY_ENTRIES_MAX);
    let sets =
        |entry: &&HistoryEntry| entry.did.iter().any(|did| matches!(did, Did::Set { field: set, .. } if *set == field));
    entries.iter().find(sets).map(|entry| (entry.by, entry.at_ms))
}

/// The changes that wrote the document anew: they begin at the genesis, and each builds on the one before and on nothing else. The
/// guard lets no phone say so of a change of its own.
fn rewriting(kind: Kind, metas: &[ChangeMetadata<'_>]) -> Vec<ChangeHash> {
    let mut chain = vec![genesis_hash(kind)];
    for meta in metas.iter().filter(|meta| meta.message.as_deref() == Some(renewal::MESSAGE)) {
        if meta.deps.as_slice() == &chain[chain.len() - 1..] {
            chain.push(meta.hash);
        }
    }
    chain.split_off(1)
}

fn did(document: &Document, before: &[ChangeHash], after: &[ChangeHash]) -> Vec<Did> {
    let mut did: Vec<Did> = Vec::new();
    for patch in document.crdt().diff(before, after) {
        // The path from the root: map names and row keys. The last property is in the action.
        let path: Vec<String> = patch.path.iter().map(|(_, prop)| prop_text(prop)).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (path.as_slice(), patch.action) {
            ([], PatchAction::PutMap { key, value, .. }) if edit::family_of(&key).is_some() => {
                did.extend(in_family(document, &key, &value.0));
            }
            ([], PatchAction::PutMap { key, value: (Crdt::Scalar(scalar), _), .. }) => {
                if key == edit::REVIEW {
                    did.push(Did::Reviewed { begins: Value::from_scalar(&scalar) != Value::Empty });
                }
                if let Some(field) = Field::from_key(&key) {
                    did.push(Did::Set { field, value: Value::from_scalar(&scalar) });
                }
            }
            (["roster"], PatchAction::PutMap { key, value: (Crdt::Scalar(scalar), _), .. })
                if scalar.as_str() == Some(edit::TAKEN_OFF) =>
            {
                did.push(Did::TookOff { person: key });
            }
            (["roster"], PatchAction::PutMap { key, .. }) => did.push(Did::Joined { person: key }),
            (["marks"], PatchAction::PutMap { key, .. }) => {
                let (person, status) = mark(document, &key);
                did.push(Did::Marked { person, status });
            }
            (["withdrawals"], PatchAction::PutMap { key, .. }) => {
                let row = row(document, "withdrawals", &key);
                let text = |cell| row.as_ref().map_or_else(String::new, |row| cell_text(document, row, cell));
                did.push(Did::Withdrew { person: mark(document, &text("mark")).0, reason: text("reason") });
            }
            ([rows @ ("slots" | "lines" | "phones" | "emails"), row], PatchAction::PutMap { key, value, .. }) => {
                let Crdt::Scalar(scalar) = value.0 else { continue };
                if said_already(document, &patch.obj, &key, before, &scalar) {
                    continue;
                }
                let value = Value::from_scalar(&scalar);
                did.push(Did::SetCell { rows: (*rows).to_owned(), row: (*row).to_owned(), cell: key, value });
            }
            (["sections", section], PatchAction::SpliceText { value, .. }) => {
                reworded(&mut did, section, &value.make_string(), 0);
            }
            (["sections", section], PatchAction::DeleteSeq { length, .. }) => {
                reworded(&mut did, section, "", u32::try_from(length).unwrap_or(u32::MAX));
            }
            (["touched"], PatchAction::PutMap { key, .. }) => {
                let section = key.split('/').next().unwrap_or_default().to_owned();
                let said = |d: &Did| matches!(d, Did::Reworded { section: s, .. } | Did::ReadAgain { section: s } if *s == section);
                if !did.iter().any(said) {
                    did.push(Did::ReadAgain { section });
                }
            }
            ([row], PatchAction::PutMap { key, value, .. }) => {
                let (Some((rows, id)), Crdt::Scalar(scalar)) = (edit::family_of(row), value.0) else { continue };
                let is_told = matches!(rows, edit::TRAINER | edit::TIME) || Table::from_key(rows).is_some();
                // Where a row stands and when it was begun is of the machine's making.
                if !is_told || [Field::Order.key(), "at_ms"].contains(&&*key) {
                    continue;
                }
                if said_already(document, &patch.obj, &key, before, &scalar) {
                    continue;
                }
                let value = Value::from_scalar(&scalar);
                did.push(Did::SetCell { rows: rows.to_owned(), row: id.to_owned(), cell: key, value });
            }
            _ => {}
        }
    }
    // The log of moves says where to and why, and a visa ends the review.
    if did.iter().any(|d| matches!(d, Did::Moved { .. })) {
        did.retain(|d| !matches!(d, Did::Set { field: Field::Stage, .. }));
    }
    if did.iter().any(|d| matches!(d, Did::Visaed { .. })) {
        did.retain(|d| !matches!(d, Did::Reviewed { .. }));
    }
    // A change that rewords touches its paragraphs too: that is not a reading.
    let rewords = did.iter().any(|d| matches!(d, Did::Reworded { .. }));
    if rewords {
        did.retain(|d| !matches!(d, Did::ReadAgain { .. }));
    }
    did
}

/// What was put at the root under `family/…`.
fn in_family(document: &Document, key: &str, value: &Crdt<'_>) -> Option<Did> {
    let (family, id) = edit::family_of(key)?;
    let row = || document.crdt().get(ROOT, key).ok().flatten().map(|(_, row)| row);
    Some(match family {
        edit::SIGNATURE => {
            let person = match document.crdt().get(row()?, "person") {
                Ok(Some((Crdt::Scalar(scalar), _))) => {
                    scalar.as_bytes().and_then(|b| b.try_into().ok()).map(DocumentId)
                }
                _ => None,
            };
            Did::Signed { person }
        }
        edit::PAPER => Did::KeptPaper,
        edit::VERSION => Did::Published { note: cell_text(document, &row()?, "note") },
        edit::CONFIRM => {
            let Crdt::Scalar(scalar) = value else { return None };
            Did::Confirmed { field: Field::from_key(id)?, confirmed: Value::from_scalar(scalar) == Value::Empty }
        }
        edit::MOVE => {
            Did::Moved { to: cell_text(document, &row()?, "to"), reason: cell_text(document, &row()?, "reason") }
        }
        edit::VISA => Did::Visaed {
            verdict: Verdict::from_word(&cell_text(document, &row()?, "verdict")),
            remarks: cell_text(document, &row()?, "remarks"),
        },
        decision::DECISION => {
            let row = row()?;
            let chose = match document.crdt().get(&row, "chose") {
                Ok(Some((Crdt::Scalar(scalar), _))) => Value::from_scalar(&scalar),
                _ => Value::Empty,
            };
            let [asked, reason] = ["asked", "reason"].map(|cell| cell_text(document, &row, cell));
            Did::Decided { asked, chose, reason }
        }
        decision::ASSIGNED => {
            let Crdt::Scalar(scalar) = value else { return None };
            Did::Assigned { asked: id.to_owned(), account: Value::from_scalar(scalar).text().parse().ok() }
        }
        edit::SHEET => Did::Sealed { reason: cell_text(document, &row()?, "reason") },
        edit::LINK => Did::Linked { document: id.parse().ok() },
        edit::HEADCOUNT => {
            let sex = id.split('/').nth(1).unwrap_or_default().to_owned();
            let Crdt::Scalar(scalar) = value else { return None };
            Did::Counted { sex, value: Value::from_scalar(scalar) }
        }
        _ => return None,
    })
}

/// Whether a cell said just this before, and nothing else: who changes a line only says anew that it stays (M6).
fn said_already(document: &Document, row: &ObjId, cell: &str, before: &[ChangeHash], now: &ScalarValue) -> bool {
    let values = document.crdt().get_all_at(row, cell, before).unwrap_or_default();
    matches!(&values[..], [(Crdt::Scalar(scalar), _)] if scalar.as_ref() == now)
}

fn row(document: &Document, rows: &str, key: &str) -> Option<ObjId> {
    let (_, map) = document.crdt().get(ROOT, rows).ok()??;
    Some(document.crdt().get(map, key).ok()??.1)
}

fn cell_text(document: &Document, row: &ObjId, cell: &str) -> String {
    match document.crdt().get(row, cell) {
        Ok(Some((Crdt::Scalar(scalar), _))) => Value::from_scalar(&scalar).to_string(),
        _ => String::new(),
    }
}

/// Of whom a mark speaks, and what it says. Marks never change, so that today's document tells it for every time (M1).
fn mark(document: &Document, key: &str) -> (Option<DocumentId>, Option<Status>) {
    let Some(row) = row(document, "marks", key) else { return (None, None) };
    let person = match document.crdt().get(&row, "person") {
        Ok(Some((Crdt::Scalar(scalar), _))) => {
            scalar.as_bytes().and_then(|bytes| bytes.try_into().ok()).map(DocumentId)
        }
        _ => None,
    };
    (person, Status::from_word(&cell_text(document, &row, "status")))
}

fn reworded(did: &mut Vec<Did>, of: &str, more: &str, fewer: u32) {
    for one in did.iter_mut() {
        if let Did::Reworded { section, added, removed } = one
            && section == of
        {
            added.push_str(more);
            *removed += fewer;
            return;
        }
    }
    did.push(Did::Reworded { section: of.to_owned(), added: more.to_owned(), removed: fewer });
}

fn prop_text(prop: &Prop) -> String {
    match prop {
        Prop::Map(key) => key.to_string(),
        Prop::Seq(index) => index.to_string(),
    }
}
