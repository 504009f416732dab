//! Two versions of a dossier beside each other: texts by word, the budget by line, other rows and fields by value.

use std::{collections::BTreeMap, convert::Infallible, ops::Range};

use serde::{Deserialize, Serialize};
use similar::algorithms::{DiffHook, myers};

use crate::{
    field::{Field, Value},
    id::RowId,
    limit,
    record::{self, DossierRecord, Fields, LineState},
    table::Table,
};

/// With this begin the keys of what is written after the grant, for the reports.
const AFTER: &str = "after_";

/// The fields that say something.
type Said<'a> = Vec<(Field, &'a Value)>;

/// What of a dossier is filed: equal for two versions that say the same, whatever else happened between them.
#[derive(Debug, PartialEq, Eq)]
pub struct Filed<'a> {
    fields: Said<'a>,
    sections: Vec<(&'a str, &'a str)>,
    rows: Vec<(&'static str, RowId, Said<'a>)>,
}

impl<'a> Filed<'a> {
    /// Of one version.
    #[must_use]
    pub fn of(record: &'a DossierRecord) -> Self {
        let sections = record.sections.iter().map(|(key, section)| (key.as_str(), section.text.trim()));
        Self {
            fields: said(&record.fields).into_iter().filter(|(field, _)| !Field::WAY.contains(field)).collect(),
            sections: sections.filter(|(key, text)| !text.is_empty() && !key.starts_with(AFTER)).collect(),
            rows: rows(record).into_iter().map(|row| (row.of, row.id, planned(row.fields))).collect(),
        }
    }
}

fn said(fields: &Fields) -> Said<'_> {
    let said = fields.0.iter().map(|(field, register)| (*field, &register.value));
    said.filter(|(field, value)| **value != Value::Empty && *field != Field::Order).collect()
}

/// What a row says of what is meant, not of what became of it.
fn planned(fields: &Fields) -> Said<'_> {
    const BECAME: &[Field] = &[Field::SpentCents, Field::Difference, Field::Reached];
    said(fields).into_iter().filter(|(field, _)| !BECAME.contains(field)).collect()
}

/// A row that counts.
struct Row<'a> {
    of: &'static str,
    id: RowId,
    fields: &'a Fields,
    cents: Option<i64>,
}

impl Row<'_> {
    /// What it is called: its label, or whatever cell it cannot be without.
    fn label(&self) -> String {
        let required = Table::from_key(self.of).map_or(Field::Label, Table::required);
        self.fields.get(required).to_string()
    }
}

/// Tables that go with a dossier and are no part of what is filed: a visa says nothing about them.
const BESIDE: &[Table] = &[Table::Comment, Table::Todo, Table::Support, Table::Instalment, Table::Report];

/// The rows of what is filed that count, in the order in which pages show them.
fn rows(record: &DossierRecord) -> Vec<Row<'_>> {
    let lines = record.lines.iter().filter(|line| line.state != LineState::Removed).map(|line| Row {
        of: if line.side == crate::record::Side::Resource { "resource" } else { "expense" },
        id: line.id,
        fields: &line.fields,
        cents: Some(line.amount_cents()),
    });
    let time = record.time.iter().filter(|entry| entry.state != LineState::Removed).map(|entry| Row {
        of: "time",
        id: entry.id,
        fields: &entry.fields,
        cents: Some(entry.amount_cents()),
    });
    let attachments = record.rows.kept(Table::Attachment);
    let proofs: Vec<String> = attachments.filter(|row| row.is_deposit_proof()).map(|row| row.id.to_string()).collect();
    // The receipt of the deposit, with its pages.
    let proves =
        |row: &record::Row| proofs.iter().any(|id| *id == row.id.to_string() || id == row.fields.text(Field::Of));
    let tables = record.rows.all_kept().filter(|(table, row)| !BESIDE.contains(table) && !proves(row));
    let tables = tables.map(|(table, row)| Row { of: table.key(), id: row.id, fields: &row.fields, cents: None });
    lines.chain(time).chain(tables).collect()
}

/// Everything in which two versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Differences {
    /// Fields of the dossier itself.
    pub fields: Vec<FieldChange>,
    /// Long texts.
    pub sections: Vec<SectionChange>,
    /// Budget lines, the log of volunteers' time and other rows.
    pub rows: Vec<RowChange>,
}

/// A field that says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// What it said.
    pub before: Value,
    /// What it says.
    pub after: Value,
}

/// A long text that reads otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SectionChange {
    /// Its key.
    pub section: String,
    /// Both texts in one.
    pub passages: Vec<Passage>,
}

/// A passage of two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Passage {
    /// In which of them it stands.
    pub is: In,
    /// What it says.
    pub text: String,
}

/// In which of two texts something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum In {
    /// In both.
    Both,
    /// In the earlier one.
    Before,
    /// In the later one.
    After,
}

/// A row that is new, gone, or says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RowChange {
    /// What the row is: `expense`, `resource`, `time`, or the key of a table.
    pub of: String,
    /// Which.
    pub row: RowId,
    /// What it is called.
    pub label: String,
    /// Whether it stands in both versions.
    pub is: In,
    /// Its cells that differ.
    pub cells: Vec<FieldChange>,
    /// What it came to, in cents; none where it is no amount or was not there.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub before_cents: Option<i64>,
    /// What it comes to.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub after_cents: Option<i64>,
}

/// What differs between two versions.
#[must_use]
pub fn differences(before: &DossierRecord, after: &DossierRecord) -> Differences {
    let mut left = limit::WORD_STEPS_MAX;
    let keys: std::collections::BTreeSet<&String> = before.sections.keys().chain(after.sections.keys()).collect();
    let text =
        |record: &'_ DossierRecord, key: &str| record.sections.get(key).map_or_else(String::new, |s| s.text.clone());
    let sections = keys.into_iter().filter_map(|key| {
        let (was, is) = (text(before, key), text(after, key));
        (was != is).then(|| SectionChange { section: key.clone(), passages: passages(&was, &is, &mut left) })
    });
    Differences {
        fields: changed(&before.fields, &after.fields),
        sections: sections.collect(),
        rows: changed_rows(before, after),
    }
}

fn changed(before: &Fields, after: &Fields) -> Vec<FieldChange> {
    let mut fields: Vec<Field> = before.0.keys().chain(after.0.keys()).copied().collect();
    // Where a row stands among the others is of the machine's making.
    fields.retain(|field| *field != Field::Order);
    fields.sort_unstable();
    fields.dedup();
    let change = |field| FieldChange { field, before: before.get(field).clone(), after: after.get(field).clone() };
    fields.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

fn changed_rows(before: &DossierRecord, after: &DossierRecord) -> Vec<RowChange> {
    let mut was: BTreeMap<RowId, Row<'_>> = rows(before).into_iter().map(|row| (row.id, row)).collect();
    let mut changes: Vec<RowChange> =
        rows(after).into_iter().filter_map(|row| RowChange::of(was.remove(&row.id).as_ref(), Some(&row))).collect();
    // In their old order, after those that are there.
    let gone = rows(before).into_iter().filter(|row| was.contains_key(&row.id));
    changes.extend(gone.filter_map(|row| RowChange::of(Some(&row), None)));
    changes
}

impl RowChange {
    fn of(before: Option<&Row<'_>>, after: Option<&Row<'_>>) -> Option<Self> {
        let one = after.or(before)?;
        let none = Fields::default();
        let fields = |row: Option<&Row<'_>>| row.map_or_else(|| none.clone(), |row| row.fields.clone());
        let cells = changed(&fields(before), &fields(after));
        let is = match (before, after) {
            (Some(_), Some(_)) => In::Both,
            (Some(_), None) => In::Before,
            _ => In::After,
        };
        (is != In::Both || !cells.is_empty()).then(|| Self {
            of: one.of.to_owned(),
            row: one.id,
            label: one.label(),
            is,
            cells,
            before_cents: before.and_then(|row| row.cents),
            after_cents: after.and_then(|row| row.cents),
        })
    }
}

/// By what texts are taken apart, the coarsest first: what differs in one is looked at in the next. A whole text by its words would
/// cost the square of them.
#[derive(Debug, Clone, Copy)]
enum Grain {
    Paragraphs,
    Sentences,
    Words,
}

impl Grain {
    fn finer(self) -> Option<Self> {
        match self {
            Self::Paragraphs => Some(Self::Sentences),
            Self::Sentences => Some(Self::Words),
            Self::Words => None,
        }
    }

    /// The parts of a text, which make it up again when put together.
    fn split(self, text: &str) -> Vec<&str> {
        let is_sign = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || "«»“”’،؛؟…".contains(c);
        match self {
            Self::Paragraphs => text.split_inclusive('\n').collect(),
            Self::Sentences => text.split_inclusive(['.', '!', '?', '؟', ';', '؛', ':']).collect(),
            Self::Words => {
                let mut parts = Vec::new();
                let mut from = 0;
                for (at, c) in text.char_indices().filter(|(_, c)| is_sign(*c)) {
                    parts.extend([&text[from..at], &text[at..at + c.len_utf8()]].into_iter().filter(|s| !s.is_empty()));
                    from = at + c.len_utf8();
                }
                parts.extend(Some(&text[from..]).filter(|rest| !rest.is_empty()));
                parts
            }
        }
    }
}

/// Two texts in one. `left` is what the comparison may still cost, in steps.
#[must_use]
pub fn passages(before: &str, after: &str, left: &mut usize) -> Vec<Passage> {
    let mut passages = Passages::default();
    passages.compare(before, after, Some(Grain::Paragraphs), left);
    passages.tidy()
}

#[derive(Default)]
struct Passages(Vec<Passage>);

impl Passages {
    fn push(&mut self, is: In, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.is == is => last.text.push_str(text),
            _ => self.0.push(Passage { is, text: text.to_owned() }),
        }
    }

    fn compare(&mut self, before: &str, after: &str, grain: Option<Grain>, left: &mut usize) {
        let Some(grain) = grain.filter(|_| !before.is_empty() && !after.is_empty()) else {
            self.push(In::Before, before);
            return self.push(In::After, after);
        };
        let (old, new) = (grain.split(before), grain.split(after));
        let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let end = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (old_mid, new_mid) = (&old[same..old.len() - end], &new[same..new.len() - end]);
        self.push(In::Both, &old[..same].concat());
        let steps = (old_mid.len() + new_mid.len()).pow(2);
        if steps > *left {
            self.push(In::Before, &old_mid.concat());
            self.push(In::After, &new_mid.concat());
        } else {
            *left -= steps;
            for block in blocks(old_mid, new_mid) {
                let (was, is) = (old_mid[block.old].concat(), new_mid[block.new].concat());
                if block.same {
                    self.push(In::Both, &was);
                } else {
                    self.compare(&was, &is, grain.finer(), left);
                }
            }
        }
        self.push(In::Both, &old[old.len() - end..].concat());
    }

    /// What stands on both sides of a lone space was one change; and of one change, what was there comes first.
    fn tidy(self) -> Vec<Passage> {
        let mut tidy = Passages::default();
        let (mut was, mut is) = (String::new(), String::new());
        let count = self.0.len();
        for (n, passage) in self.0.into_iter().enumerate() {
            let within = !(was.is_empty() && is.is_empty()) && n + 1 < count;
            match passage.is {
                In::Before => was.push_str(&passage.text),
                In::After => is.push_str(&passage.text),
                In::Both if within && matches!(&*passage.text, " " | "\u{a0}" | "’" | "'") => {
                    was.push_str(&passage.text);
                    is.push_str(&passage.text);
                }
                In::Both => {
                    tidy.push(In::Before, &std::mem::take(&mut was));
                    tidy.push(In::After, &std::mem::take(&mut is));
                    tidy.push(In::Both, &passage.text);
                }
            }
        }
        tidy.push(In::Before, &was);
        tidy.push(In::After, &is);
        tidy.0
    }
}

/// Parts that two texts have in the same order, or that one of them has in the place of the other's.
struct Block {
    same: bool,
    old: Range<usize>,
    new: Range<usize>,
}

/// Takes the steps of the comparison: what is next to each other and differs is one block.
#[derive(Default)]
struct Blocks(Vec<Block>);

impl Blocks {
    fn step(&mut self, same: bool, old: Range<usize>, new: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if last.same == same => (last.old.end, last.new.end) = (old.end, new.end),
            _ => self.0.push(Block { same, old, new }),
        }
    }
}

impl DiffHook for Blocks {
    type Error = Infallible;

    fn equal(&mut self, old: usize, new: usize, len: usize) -> Result<(), Infallible> {
        self.step(true, old..old + len, new..new + len);
        Ok(())
    }

    fn delete(&mut self, old: usize, len: usize, new: usize) -> Result<(), Infallible> {
        self.step(false, old..old + len, new..new);
        Ok(())
    }

    fn insert(&mut self, old: usize, new: usize, len: usize) -> Result<(), Infallible> {
        self.step(false, old..old, new..new + len);
        Ok(())
    }
}

/// A run of characters, and what stands in its place.
pub(crate) struct ChangedChars {
    /// In code points.
    pub(crate) old: Range<usize>,
    pub(crate) now: String,
}

/// What must be changed in a text to make another of it, from the first to the last.
pub(crate) fn changed_chars(old: &str, new: &str) -> Vec<ChangedChars> {
    let [old, new] = [old, new].map(|text| text.chars().map(u32::from).collect::<Vec<_>>());
    let changed = blocks_of(&old, &new).into_iter().filter(|block| !block.same);
    let change = |block: Block| ChangedChars {
        old: block.old,
        now: new[block.new].iter().copied().filter_map(char::from_u32).collect(),
    };
    changed.map(change).collect()
}

/// Compares parts by numbers that stand for them.
fn blocks(old: &[&str], new: &[&str]) -> Vec<Block> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut of = Vec::with_capacity(old.len() + new.len());
    for part in old.iter().chain(new) {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        of.push(*numbers.entry(part).or_insert(next));
    }
    let (old, new) = of.split_at(old.len());
    blocks_of(old, new)
}

fn blocks_of(old: &[u32], new: &[u32]) -> Vec<Block> {
    let mut blocks = Blocks::default();
    // Raw: without looking first at whether it would be dear. Whoever asks has seen to that, or has no other way.
    let Ok(()) = myers::diff_deadline_raw(&mut blocks, old, 0..old.len(), new, 0..new.len(), None);
    blocks.0
}
