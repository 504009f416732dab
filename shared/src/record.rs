//! Records: what a document says, read into plain types. Views, Questions and projections are made from these alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeBounds,
    sync::OnceLock,
};

use automerge::{
    ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value as Crdt,
    iter::{MapRange, MapRangeItem},
};
use serde::{Deserialize, Serialize};

use crate::{
    budget,
    call::{self, CallVersion},
    decision::{self, Reopened},
    document::{Document, Kind, device_of},
    edit,
    field::{Field, Value},
    id::{DeviceId, DocumentId, RowId},
    mark::{How, Mark, Signature, Signer, Status, Withdrawal},
    names,
    table::{self, Table},
    text,
    visa::{Verdict, Visa},
};

/// One of several values that were set apart, and who set it when, by their own clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Apart {
    /// What they set.
    pub value: Value,
    /// The device it came from.
    pub by: Option<DeviceId>,
    /// Milliseconds since 1970, whole seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// One register (M4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Register {
    /// The one that is shown: the same on every device.
    pub value: Value,
    /// All of them where people disagree, the shown one first; else nothing.
    pub apart: Vec<Apart>,
}

/// The registers of a document or of one of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fields(pub BTreeMap<Field, Register>);

impl Fields {
    /// What a field shows.
    #[must_use]
    pub fn get(&self, field: Field) -> &Value {
        static EMPTY: Value = Value::Empty;
        self.0.get(&field).map_or(&EMPTY, |register| &register.value)
    }

    /// What a field shows, as text.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.get(field).text()
    }

    /// The document that a field names.
    #[must_use]
    pub fn document(&self, field: Field) -> Option<DocumentId> {
        self.text(field).parse().ok()
    }
}

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// See [`PersonRecord`].
    Person(PersonRecord),
    /// See [`ContactRecord`].
    Contact(ContactRecord),
    /// See [`AssociationRecord`].
    Association(AssociationRecord),
    /// See [`EventRecord`].
    Event(EventRecord),
    /// See [`DossierRecord`].
    Dossier(DossierRecord),
    /// See [`CallRecord`].
    Call(CallRecord),
    /// The house's rules are fields only.
    Settings(Fields),
}

/// A participant or contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonRecord {
    /// Names, sex, age band, association, commune.
    pub fields: Fields,
    /// People of whom a human said that they are someone else (M7).
    pub not_same: Vec<DocumentId>,
    /// All names, folded for search.
    pub search: String,
}

impl PersonRecord {
    /// `Given FAMILY`, or the Arabic name where there is no other.
    #[must_use]
    pub fn name(&self) -> String {
        let given = self.fields.text(Field::Given);
        let family = self.fields.text(Field::Family);
        match (given.is_empty(), family.is_empty()) {
            (true, true) => self.fields.text(Field::NameAr).to_owned(),
            (true, false) => family.to_owned(),
            (false, true) => given.to_owned(),
            (false, false) => format!("{given} {family}"),
        }
    }
}

/// An association of migrants (OSIM) or another one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AssociationRecord {
    /// Titles, numbers, address.
    pub fields: Fields,
    /// What stands in its tables.
    pub rows: Rows,
    /// Associations of which a human said that they are others (M7).
    pub not_same: Vec<DocumentId>,
}

/// The rows of a document's tables, removed ones too, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rows(pub BTreeMap<Table, Vec<Row>>);

impl Rows {
    /// The rows of a table that count.
    pub fn kept(&self, table: Table) -> impl Iterator<Item = &Row> {
        self.0.get(&table).into_iter().flatten().filter(|row| row.state != LineState::Removed)
    }

    /// Every row that counts, with its table.
    pub fn all_kept(&self) -> impl Iterator<Item = (Table, &Row)> {
        self.0.keys().flat_map(|table| self.kept(*table).map(|row| (*table, row)))
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which one.
    pub id: RowId,
    /// Its cells: see [`Table::fields`].
    pub fields: Fields,
    /// Whether it still counts (M6).
    pub state: LineState,
    /// The device on which it was added.
    pub by: Option<DeviceId>,
    /// When, by that device's clock: milliseconds since 1970.
    pub at_ms: u64,
}

impl Row {
    /// Whether it is the attachment that proves that the dossier was filed.
    #[must_use]
    pub fn is_deposit_proof(&self) -> bool {
        self.fields.text(Field::Piece) == table::DEPOSIT_PROOF
    }
}

/// Phones and emails of one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactRecord {
    /// Whose they are.
    pub fields: Fields,
    /// In the order of their row ids.
    pub phones: Vec<PhoneRow>,
    /// Addresses, in the order of their row ids.
    pub emails: Vec<String>,
}

/// One phone number of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PhoneRow {
    /// Which row.
    pub id: RowId,
    /// As it was typed.
    pub raw: String,
    /// The country that was chosen for it, ISO 3166 alpha-2, or empty.
    pub country: String,
    /// The number as `+` and digits, or empty while its country is unknown.
    pub e164: String,
}

/// A half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Which one.
    pub id: RowId,
    /// Day and times.
    pub fields: Fields,
}

/// A workshop, training or meeting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventRecord {
    /// Title, place, trainer.
    pub fields: Fields,
    /// By day, then by time of beginning. Those that were removed are left out.
    pub slots: Vec<Slot>,
    /// In the order of their ids. Those that were removed are left out, unless they signed.
    pub trainers: Vec<Trainer>,
    /// The people expected or registered, and how they got on the roster.
    pub roster: BTreeMap<DocumentId, Joined>,
    /// Every mark that was ever made, withdrawn ones too, in the order of their ids.
    pub marks: Vec<Mark>,
    /// Every signature that was ever made, withdrawn ones too, in the order of their ids.
    pub signatures: Vec<Signature>,
    /// How many people were there without being named.
    pub headcounts: Vec<Headcount>,
    /// Photos of sheets of paper, in the order of their ids; those that were removed are left out.
    pub papers: Vec<Paper>,
    /// The associations and dossiers that it is linked to.
    pub links: Vec<(DocumentId, Kind)>,
    /// The sealed versions of its sheet, the earliest first (M8).
    pub sheets: Vec<SealedSheet>,
    /// Marks or signatures that the last version speaks of and that were taken back since, or that stand again.
    pub withdrawn_late: u32,
    /// What stands in its tables.
    pub rows: Rows,
}

/// A trainer of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trainer {
    /// Which one.
    pub id: RowId,
    /// The name as it is printed on the sheet.
    pub fields: Fields,
}

impl Trainer {
    /// The name as it is printed on the sheet.
    #[must_use]
    pub fn name(&self) -> &str {
        self.fields.text(Field::Label)
    }
}

/// People without names in one half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Headcount {
    /// In which half-day.
    pub slot: RowId,
    /// One of `field::SEXES`.
    pub sex: String,
    /// One of `field::AGE_BANDS`, or empty.
    pub age_band: String,
    /// How many.
    pub people: u32,
    /// All numbers where people disagree (M4).
    pub apart: Vec<Apart>,
}

/// A photo of a signed sheet of paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Paper {
    /// Which one.
    pub id: RowId,
    /// Of which half-day, if of one.
    pub slot: Option<RowId>,
    /// The blob: 64 hexadecimal digits.
    pub blob: String,
    /// When, by the clock of the phone. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// The device that took it.
    pub by: Option<DeviceId>,
}

/// A sealed version of a sheet (M8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SealedSheet {
    /// Which one.
    pub id: RowId,
    /// When, by the server's clock. Milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// Why there is another version; empty for the first.
    pub reason: String,
    /// The code that is printed on it.
    pub code: String,
}

impl EventRecord {
    /// The signatures of one signer in one half-day that stand.
    pub fn signatures_of(&self, signer: Signer, slot: RowId) -> impl Iterator<Item = &Signature> {
        let of = move |one: &&Signature| one.signer == signer && one.slot == slot && one.withdrawn.is_none();
        self.signatures.iter().filter(of)
    }

    /// Whether anybody was marked, counted or has signed in that half-day.
    #[must_use]
    pub fn slot_is_used(&self, slot: RowId) -> bool {
        self.marks.iter().any(|mark| mark.slot == slot && mark.withdrawn.is_none())
            || self.signatures.iter().any(|one| one.slot == slot && one.withdrawn.is_none())
            || self.headcounts.iter().any(|one| one.slot == slot && one.people > 0)
    }

    /// Whether somebody was ever marked at the event, or signed.
    #[must_use]
    pub fn has_word_of(&self, person: DocumentId) -> bool {
        self.marks.iter().any(|mark| mark.person == person)
            || self.signatures.iter().any(|one| one.signer == Signer::Person(person))
    }

    /// How many marks and signatures came, or were taken back, after the last version was sealed (M8).
    #[must_use]
    pub fn late(&self) -> u32 {
        let marks = self.marks.iter().filter(|mark| mark.late && mark.withdrawn.is_none()).count();
        let signatures = self.signatures.iter().filter(|one| one.late && one.withdrawn.is_none()).count();
        u32::try_from(marks + signatures).unwrap_or(u32::MAX).saturating_add(self.withdrawn_late)
    }

    /// The last day of its half-days, in days since 1970; none where no half-day says.
    #[must_use]
    pub fn last_day(&self) -> Option<i64> {
        self.slots.iter().filter_map(|slot| day_number(slot.fields.text(Field::Day))).max()
    }
}

/// Days since 1970 of a calendar day, `2026-11-23`.
#[must_use]
pub fn day_number(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    // Years that begin in March put the leap day last (H. Hinnant, 'chrono-compatible low-level date algorithms').
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// How somebody got on a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// Expected beforehand.
    Expected,
    /// Registered at the door.
    WalkIn,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DossierRecord {
    /// Title, association, call, stage, key figures.
    pub fields: Fields,
    /// The long texts, by key.
    pub sections: BTreeMap<String, Section>,
    /// Budget lines, removed ones too, by their order keys.
    pub lines: Vec<Line>,
    /// The log of volunteers' time, removed entries too, by day.
    pub time: Vec<TimeRow>,
    /// What stands in its tables.
    pub rows: Rows,
    /// The log of its moves, the earliest first (M9).
    pub moves: Vec<Moved>,
    /// What reviewers said, the earliest first (M9).
    pub visas: Vec<Visa>,
    /// Who reviews it now: several where they began apart.
    pub reviews: Vec<Review>,
}

/// One move of a dossier, as it was logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Moved {
    /// Which one.
    pub id: RowId,
    /// The stage that it led to.
    pub to: String,
    /// Why, where that was said.
    pub reason: String,
    /// When, by the device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
    /// On which device.
    pub by: Option<DeviceId>,
    /// The dossier right after it: see `edit::version_text`.
    pub version: String,
}

/// Somebody is reviewing a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Review {
    /// On which device they said so.
    pub by: Option<DeviceId>,
    /// Since when, by that device's clock; milliseconds since 1970.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub at_ms: u64,
}

/// One long text of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Section {
    /// The text as it merged.
    pub text: String,
    /// The same section begun on another device apart: nothing of it is lost (M10).
    pub begun_apart: Vec<String>,
    /// Paragraphs that were edited apart (M5).
    pub read_again: Vec<ReadAgain>,
}

/// A paragraph that two people edited apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReadAgain {
    /// The paragraph's lasting name.
    pub anchor: String,
    /// As it reads now.
    pub text: String,
    /// As each of them left it.
    pub versions: Vec<Apart>,
}

/// One line of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which one.
    pub id: RowId,
    /// An expense or a resource.
    pub side: Side,
    /// Where it stands among the others.
    pub order: String,
    /// Label, heading, quantity, unit cost and the rest of `Field::LINE`.
    pub fields: Fields,
    /// Whether it still counts (M6).
    pub state: LineState,
}

/// One entry of the log of volunteers' time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRow {
    /// Which one.
    pub id: RowId,
    /// Who, when, what for, how long, and what an hour is worth.
    pub fields: Fields,
    /// Whether it still counts (M6).
    pub state: LineState,
}

impl TimeRow {
    /// Hours times rate, in cents.
    #[must_use]
    pub fn amount_cents(&self) -> i64 {
        budget::time_cents(&self.fields)
    }
}

/// The two halves of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What it costs.
    Expense,
    /// Who pays.
    Resource,
}

/// Whether a row still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// It counts.
    Kept,
    /// It was removed; it is shown in the history only.
    Removed,
    /// Removed by one and changed by another, apart: it counts until a human has decided.
    RemovedAndChanged,
}

impl DossierRecord {
    /// A dossier as it was in a version; none where the version is not known here, or it is no dossier.
    ///
    /// What only people of today are asked about is left out: what was edited apart.
    #[must_use]
    pub fn at(document: &Document, version: &[ChangeHash]) -> Option<Self> {
        let known = version.iter().all(|head| document.crdt.get_change_meta_by_hash(head).is_some());
        if version.is_empty() || !known || document.kind != Kind::Dossier {
            return None;
        }
        let reader = Reader { document, at: Some(version), reopened: Vec::new() };
        Some(reader.dossier(reader.fields(&ROOT, Field::of(Kind::Dossier))))
    }

    /// The version that was filed last; none where it was not.
    #[must_use]
    pub fn filed(&self) -> Option<&str> {
        let filed = self.moves.iter().rfind(|one| one.to == "filed");
        filed.map(|one| one.version.as_str())
    }

    /// Sum of one side in cents: the lines that count, and volunteers' time, which both sides have.
    #[must_use]
    pub fn total_cents(&self, side: Side) -> i64 {
        let lines = self.lines.iter().filter(|line| line.side == side && line.state != LineState::Removed);
        let time = self.time.iter().filter(|entry| entry.state != LineState::Removed).map(TimeRow::amount_cents);
        lines.map(Line::amount_cents).chain(time).fold(0, i64::saturating_add)
    }
}

impl Line {
    /// What it comes to, in cents of euros.
    #[must_use]
    pub fn amount_cents(&self) -> i64 {
        budget::line_cents(&self.fields)
    }
}

/// The rules of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallRecord {
    /// Title, deadline, ceilings.
    pub fields: Fields,
    /// The sections that a dossier must have, in their order.
    pub sections: Vec<CallSection>,
    /// What stands in its tables.
    pub rows: Rows,
    /// The rules that are still to be confirmed by whoever gives the call.
    pub to_confirm: Vec<Field>,
    /// What was published of it, the first version first (C1).
    pub versions: Vec<CallVersion>,
}

/// One section that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CallSection {
    /// Its key in dossiers.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What to write there.
    pub guidance: String,
    /// How long it may be, in characters; 0 is as long as one likes.
    pub chars_max: u32,
    /// Whether something must stand there.
    #[serde(default)]
    pub required: bool,
}

impl Record {
    /// Of a document in which nothing was written yet.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        static EMPTY: OnceLock<[Record; 7]> = OnceLock::new();
        let read = |kind| Self::read(&Document::new(DocumentId([0; 16]), kind));
        EMPTY.get_or_init(|| Kind::ALL.map(read))[kind as usize].clone()
    }

    /// Reads a document. What is missing or of another shape reads as empty: a record never fails.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let reader = Reader { document, at: None, reopened: decision::reopened(document) };
        let fields = reader.fields(&ROOT, Field::of(document.kind));
        match document.kind {
            Kind::Person => Self::Person(reader.person(fields)),
            Kind::Contact => Self::Contact(reader.contact(fields)),
            Kind::Association => Self::Association(AssociationRecord {
                rows: reader.tables(),
                not_same: reader.keys_of(edit::APART),
                fields,
            }),
            Kind::Event => Self::Event(reader.event(fields)),
            Kind::Dossier => Self::Dossier(reader.dossier(fields)),
            Kind::Call => Self::Call(reader.call(fields)),
            Kind::Settings => Self::Settings(fields),
        }
    }

    /// The registers of the document itself.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        match self {
            Self::Person(record) => &record.fields,
            Self::Contact(record) => &record.fields,
            Self::Association(record) => &record.fields,
            Self::Settings(fields) => fields,
            Self::Event(record) => &record.fields,
            Self::Dossier(record) => &record.fields,
            Self::Call(record) => &record.fields,
        }
    }

    /// The rules of a call, if the document is one.
    #[must_use]
    pub fn as_call(&self) -> Option<&CallRecord> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }

    /// What the document is called.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Person(person) => person.name(),
            _ => self.fields().text(Field::Title).to_owned(),
        }
    }

    /// Whom a human said that it is too (M7).
    #[must_use]
    pub fn same_as(&self) -> Option<DocumentId> {
        match self {
            Self::Person(person) => person.fields.document(Field::SameAs),
            Self::Association(association) => association.fields.document(Field::SameAssociation),
            _ => None,
        }
    }

    /// The documents that this one names: who holds it under an assignment holds those too.
    #[must_use]
    pub fn names(&self) -> Vec<DocumentId> {
        let mut named: Vec<_> = match self {
            // A dossier that it is linked to is held by those to whom it was given, not by whoever stands at the door.
            Self::Event(event) => {
                let associations = event.links.iter().filter(|(_, kind)| *kind == Kind::Association);
                event.roster.keys().copied().chain(associations.map(|(id, _)| *id)).collect()
            }
            _ => Vec::new(),
        };
        for field in [Field::Association, Field::Call, Field::SameAs, Field::SameAssociation] {
            let register = self.fields().0.get(&field);
            named.extend(register.iter().filter_map(|register| register.value.text().parse::<DocumentId>().ok()));
        }
        named.sort_unstable();
        named.dedup();
        named
    }
}

impl Record {
    /// The blobs that the document needs: their names, and the person whom each is of.
    #[must_use]
    pub fn blobs(&self) -> Vec<(String, Option<DocumentId>)> {
        let Self::Event(event) = self else { return self.blobs_of_rows() };
        let signatures = event.signatures.iter().map(|one| match one.signer {
            Signer::Person(person) => (one.ink.clone(), Some(person)),
            Signer::Trainer(_) => (one.ink.clone(), None),
        });
        let mut blobs: Vec<_> = signatures.chain(event.papers.iter().map(|paper| (paper.blob.clone(), None))).collect();
        blobs.sort_unstable();
        blobs.dedup();
        blobs
    }

    /// What its tables hold; nothing where there are none.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        static NONE: Rows = Rows(BTreeMap::new());
        match self {
            Self::Association(record) => &record.rows,
            Self::Dossier(record) => &record.rows,
            Self::Call(record) => &record.rows,
            Self::Event(record) => &record.rows,
            Self::Person(_) | Self::Contact(_) | Self::Settings(_) => &NONE,
        }
    }

    fn blobs_of_rows(&self) -> Vec<(String, Option<DocumentId>)> {
        let named = self.rows().all_kept().filter_map(|(table, row)| {
            let blob = row.fields.text(table.blob()?);
            (!blob.is_empty()).then(|| (blob.to_owned(), None))
        });
        named.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

struct Reader<'a> {
    document: &'a Document,
    /// Only what was known in this version; everything where there is none.
    at: Option<&'a [ChangeHash]>,
    /// What is asked again although it says one thing (Q3).
    reopened: Vec<Reopened>,
}

impl Reader<'_> {
    fn get(&self, parent: &ObjId, key: &str) -> Option<(Crdt<'_>, ObjId)> {
        let crdt = &self.document.crdt;
        let got = self.at.map_or_else(|| crdt.get(parent, key), |at| crdt.get_at(parent, key, at));
        got.ok().flatten()
    }

    fn get_all(&self, parent: &ObjId, key: &str) -> Vec<(Crdt<'_>, ObjId)> {
        let crdt = &self.document.crdt;
        let got = self.at.map_or_else(|| crdt.get_all(parent, key), |at| crdt.get_all_at(parent, key, at));
        got.unwrap_or_default()
    }

    fn map_range(&self, map: &ObjId, range: impl RangeBounds<String> + 'static) -> MapRange<'_> {
        let crdt = &self.document.crdt;
        match self.at {
            None => crdt.map_range(map, range),
            Some(at) => crdt.map_range_at(map, range, at),
        }
    }

    fn object(&self, parent: &ObjId, key: &str) -> Option<ObjId> {
        match self.get(parent, key) {
            Some((Crdt::Object(ObjType::Map), id)) => Some(id),
            _ => None,
        }
    }

    /// The rows of one of the document's maps, in the order of their keys.
    fn rows(&self, map: &str) -> Vec<(String, ObjId)> {
        let Some(map) = self.object(&ROOT, map) else { return Vec::new() };
        let items = self.map_range(&map, ..);
        items
            .filter(|item| matches!(item.value.clone().into_value(), Crdt::Object(ObjType::Map)))
            .map(|item| (item.key.to_string(), item.id()))
            .collect()
    }

    fn fields(&self, object: &ObjId, wanted: &[Field]) -> Fields {
        let mut fields = BTreeMap::new();
        for item in self.map_range(object, ..) {
            let Some(field) = Field::from_key(&item.key).filter(|field| wanted.contains(field)) else { continue };
            let Crdt::Scalar(scalar) = item.value.clone().into_value() else { continue };
            let value = Value::from_scalar(&scalar);
            let apart = if item.conflict { self.apart(object, &item.key) } else { Vec::new() };
            fields.insert(field, Register { value, apart });
        }
        for open in self.reopened.iter().filter(|open| open.object == *object) {
            let Some(field) = Field::from_key(&open.key).filter(|field| wanted.contains(field)) else { continue };
            fields.entry(field).or_default().apart = self.apart(object, &open.key);
        }
        Fields(fields)
    }

    fn reopened(&self, object: &ObjId, key: &str) -> Option<&Reopened> {
        self.reopened.iter().find(|open| open.object == *object && open.key == key)
    }

    /// What a register says and, where a decision about it was taken back, what it said before (Q3). The shown one first.
    fn said(&self, object: &ObjId, key: &str) -> Vec<(Crdt<'_>, ObjId)> {
        // Automerge gives the losers first and the shown one last.
        let mut said: Vec<_> = self.get_all(object, key).into_iter().rev().collect();
        for heads in self.reopened(object, key).iter().flat_map(|open| &open.stood) {
            let stood = self.document.crdt.get_all_at(object, key, heads).unwrap_or_default();
            for one in stood.into_iter().rev() {
                if said.iter().all(|(_, id)| *id != one.1) {
                    said.push(one);
                }
            }
        }
        said
    }

    /// All values of a register where they differ: two people who typed the same agree.
    fn apart(&self, object: &ObjId, key: &str) -> Vec<Apart> {
        let mut apart: Vec<Apart> = Vec::new();
        let reopened = self.reopened(object, key).is_some();
        for (value, id) in self.said(object, key) {
            let Crdt::Scalar(scalar) = value else { continue };
            let value = Value::from_scalar(&scalar);
            match apart.iter_mut().find(|other| other.value == value) {
                None => apart.push(Apart { value, by: writer(&id), at_ms: self.written_ms(&id) }),
                // Q3: whose word it was before somebody decided for it.
                Some(first) if reopened => (first.by, first.at_ms) = (writer(&id), self.written_ms(&id)),
                Some(_) => {}
            }
        }
        if apart.len() > 1 { apart } else { Vec::new() }
    }

    fn change_of(&self, id: &ObjId) -> Option<ChangeHash> {
        self.document.crdt.hash_for_opid(id)
    }

    fn written_ms(&self, id: &ObjId) -> u64 {
        let hash = self.change_of(id);
        let seconds =
            hash.and_then(|hash| self.document.crdt.get_change_meta_by_hash(&hash)).map_or(0, |m| m.timestamp);
        u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
    }

    fn scalar(&self, object: &ObjId, key: &str) -> Option<ScalarValue> {
        match self.get(object, key) {
            Some((Crdt::Scalar(scalar), _)) => Some(scalar.into_owned()),
            _ => None,
        }
    }

    fn string(&self, object: &ObjId, key: &str) -> String {
        self.scalar(object, key).map_or_else(String::new, |scalar| Value::from_scalar(&scalar).to_string())
    }

    fn person(&self, fields: Fields) -> PersonRecord {
        let not_same = self.object(&ROOT, "not_same").map_or_else(Vec::new, |map| {
            self.document.crdt.map_range(&map, ..).filter_map(|item| item.key.parse().ok()).collect()
        });
        let all = [Field::Given, Field::Family, Field::NameAr].map(|field| fields.text(field)).join(" ");
        PersonRecord { search: names::fold_search(&all), fields, not_same }
    }

    /// The ids of a family's keys at the root.
    fn keys_of(&self, family: &str) -> Vec<DocumentId> {
        let keys = self.document.crdt.map_range(&ROOT, format!("{family}/")..format!("{family}0"));
        keys.filter_map(|item| item.key.split_once('/')?.1.parse().ok()).collect()
    }

    fn contact(&self, fields: Fields) -> ContactRecord {
        let phones = self.rows("phones").into_iter().filter_map(|(key, row)| {
            Some(PhoneRow {
                id: key.parse().ok()?,
                raw: self.string(&row, "raw"),
                country: self.string(&row, "country"),
                e164: self.string(&row, "e164"),
            })
        });
        let emails = self.rows("emails").into_iter().map(|(_, row)| self.string(&row, "address"));
        ContactRecord { phones: phones.collect(), emails: emails.collect(), fields }
    }

    fn event(&self, fields: Fields) -> EventRecord {
        let mut removed = Vec::new();
        let slots = self.rows("slots").into_iter().filter_map(|(key, row)| {
            let slot = Slot { id: key.parse().ok()?, fields: self.fields(&row, Field::SLOT) };
            removed.extend(self.is_removed(&row).then_some(slot.id));
            Some(slot)
        });
        let mut slots: Vec<_> = slots.collect();
        slots.sort_by_key(|slot| {
            let [day, starts] = [Field::Day, Field::Starts].map(|field| slot.fields.text(field).to_owned());
            (day, starts, slot.id)
        });
        let mut roster = BTreeMap::new();
        let mut off: BTreeSet<DocumentId> = BTreeSet::new();
        if let Some(map) = self.object(&ROOT, "roster") {
            for item in self.document.crdt.map_range(&map, ..) {
                let Ok(person) = item.key.parse() else { continue };
                let said = |value: Crdt<'_>, word: &str| matches!(value, Crdt::Scalar(s) if s.as_str() == Some(word));
                let mut walk_in = said(item.value.clone().into_value(), "walk_in");
                if said(item.value.clone().into_value(), edit::TAKEN_OFF) {
                    // Taken off here and expected there, apart: they may come.
                    let others = self.get_all(&map, &item.key);
                    if others.iter().all(|(value, _)| said(value.clone(), edit::TAKEN_OFF)) {
                        off.insert(person);
                        continue;
                    }
                    walk_in = others.iter().any(|(value, _)| said(value.clone(), "walk_in"));
                }
                roster.insert(person, if walk_in { Joined::WalkIn } else { Joined::Expected });
            }
        }
        let sheets = self.sheets();
        let sealed = sheets.last().map(|(_, version)| version.as_slice());
        let (mut withdrawn, withdrawn_late) = self.withdrawals(sealed);
        let marks = self.marks(sealed, &mut withdrawn);
        let signatures = self.signatures(sealed, &mut withdrawn);
        let trainers = self.family(edit::TRAINER).into_iter().filter_map(|(key, row)| {
            let id = key.parse().ok()?;
            let signed = signatures.iter().any(|one| one.signer == Signer::Trainer(id) && one.withdrawn.is_none());
            let stays = signed || !self.is_removed(&row);
            stays.then(|| Trainer { id, fields: self.fields(&row, Field::TRAINER) })
        });
        let mut event = EventRecord {
            trainers: trainers.collect(),
            headcounts: self.headcounts(),
            papers: self.papers(),
            links: self.links(),
            sheets: sheets.into_iter().map(|(sheet, _)| sheet).collect(),
            fields,
            slots,
            roster,
            marks,
            signatures,
            withdrawn_late,
            rows: self.tables(),
        };
        // Taken off here and marked there, apart: they stay.
        off.retain(|person| event.has_word_of(*person));
        event.roster.extend(off.into_iter().map(|person| (person, Joined::Expected)));
        // Removed here and used there, apart: nothing of what was marked vanishes.
        removed.retain(|slot| !event.slot_is_used(*slot));
        event.slots.retain(|slot| !removed.contains(&slot.id));
        event
    }

    fn is_removed(&self, row: &ObjId) -> bool {
        let states = self.get_all(row, "state");
        !states.is_empty() && states.iter().all(|(value, _)| value.as_str() == Some("removed"))
    }

    /// What stands at the root under `family/…`, with what comes after the slash.
    fn of_family(&self, family: &str) -> Vec<(String, Crdt<'_>, ObjId)> {
        // '0' comes after '/'.
        let items = self.map_range(&ROOT, format!("{family}/")..format!("{family}0"));
        let key = |key: &str| key.split_once('/').map_or("", |(_, id)| id).to_owned();
        items.map(|item| (key(&item.key), item.value.clone().into_value(), item.id())).collect()
    }

    /// The rows of a family.
    fn family(&self, family: &str) -> Vec<(String, ObjId)> {
        let rows = self.of_family(family).into_iter();
        rows.filter(|(_, value, _)| matches!(value, Crdt::Object(ObjType::Map))).map(|(key, _, id)| (key, id)).collect()
    }

    /// The sealed versions in their order, each with the changes up to which it speaks.
    fn sheets(&self) -> Vec<(SealedSheet, Vec<ChangeHash>)> {
        let rows = self.family(edit::SHEET).into_iter().filter_map(|(key, row)| {
            let [reason, code, version] = ["reason", "code", "version"].map(|cell| self.string(&row, cell));
            let sheet = SealedSheet { id: key.parse().ok()?, at_ms: self.at_ms(&row), reason, code };
            Some((sheet, edit::version_heads(&version)))
        });
        let mut sheets: Vec<_> = rows.collect();
        sheets.sort_by_key(|(sheet, _)| (sheet.at_ms, sheet.id));
        sheets
    }

    /// What was taken back, by what it was; and of how much of that a sealed version says otherwise.
    fn withdrawals(&self, sealed: Option<&[ChangeHash]>) -> (BTreeMap<RowId, Withdrawal>, u32) {
        let crdt = self.document.crdt();
        let standing = decision::standing(crdt, None);
        let seen = self.keys_at("withdrawals", sealed);
        let stood = sealed.map(|sealed| decision::standing(crdt, Some(sealed))).unwrap_or_default();
        let mut then = BTreeSet::new();
        let mut withdrawn: BTreeMap<RowId, Withdrawal> = BTreeMap::new();
        for (key, row) in self.rows("withdrawals") {
            let Ok(mark) = self.string(&row, "mark").parse::<RowId>() else { continue };
            // Q3: what a decision took back counts while the decision stands.
            let decision = self.string(&row, decision::BY_DECISION).parse::<RowId>().ok();
            let counts = |standing: &[RowId]| decision.is_none_or(|id| standing.contains(&id));
            if seen.as_ref().is_some_and(|seen| seen.contains(&key)) && counts(&stood) {
                then.insert(mark);
            }
            if !counts(&standing) {
                continue;
            }
            let at_ms = self.at_ms(&row);
            let made = Withdrawal { reason: self.string(&row, "reason"), by: writer(&row), at_ms };
            let first = withdrawn.entry(mark).or_insert_with(|| made.clone());
            // Two withdrawals of one mark: the earlier is shown, whatever order they arrived in.
            if (made.at_ms, made.by) < (first.at_ms, first.by) {
                *first = made;
            }
        }
        let (Some(marks), Some(signed)) = (self.keys_at("marks", sealed), self.root_keys_at(sealed)) else {
            return (withdrawn, 0);
        };
        let sealed = |mark: &&RowId| {
            marks.contains(&mark.to_string()) || signed.contains(&format!("{}/{mark}", edit::SIGNATURE))
        };
        let now = withdrawn.keys().filter(|mark| !then.contains(*mark) && sealed(mark)).count();
        let again = then.iter().filter(|mark| !withdrawn.contains_key(*mark) && sealed(mark)).count();
        (withdrawn, u32::try_from(now + again).unwrap_or(u32::MAX))
    }

    /// The keys that one of the document's maps had in that version; none if nothing was sealed.
    fn keys_at(&self, map: &str, sealed: Option<&[ChangeHash]>) -> Option<BTreeSet<String>> {
        let map = self.object(&ROOT, map)?;
        Some(self.document.crdt.keys_at(&map, sealed?).collect())
    }

    fn root_keys_at(&self, sealed: Option<&[ChangeHash]>) -> Option<BTreeSet<String>> {
        Some(self.document.crdt.keys_at(ROOT, sealed?).collect())
    }

    fn marks(&self, sealed: Option<&[ChangeHash]>, withdrawn: &mut BTreeMap<RowId, Withdrawal>) -> Vec<Mark> {
        let seen = self.keys_at("marks", sealed);
        let marks = self.rows("marks").into_iter().filter_map(|(key, row)| {
            let late = seen.as_ref().is_some_and(|seen| !seen.contains(&key));
            self.mark(&key, &row, late, withdrawn)
        });
        marks.collect()
    }

    fn signatures(&self, sealed: Option<&[ChangeHash]>, withdrawn: &mut BTreeMap<RowId, Withdrawal>) -> Vec<Signature> {
        let seen = self.root_keys_at(sealed);
        let rows = self.family(edit::SIGNATURE).into_iter().filter_map(|(key, row)| {
            let id = key.parse().ok()?;
            let signer = match (self.bytes(&row, "person"), self.bytes(&row, "trainer")) {
                (Some(person), _) => Signer::Person(DocumentId(person)),
                (None, Some(trainer)) => Signer::Trainer(RowId(trainer)),
                (None, None) => return None,
            };
            Some(Signature {
                id,
                signer,
                slot: RowId(self.bytes(&row, "slot")?),
                ink: self.string(&row, "ink"),
                how: How::from_word(&self.string(&row, "how")).unwrap_or_default(),
                at_ms: self.at_ms(&row),
                by: writer(&row),
                late: seen.as_ref().is_some_and(|seen| !seen.contains(&format!("{}/{key}", edit::SIGNATURE))),
                withdrawn: withdrawn.remove(&id),
            })
        });
        rows.collect()
    }

    fn bytes<const N: usize>(&self, row: &ObjId, cell: &str) -> Option<[u8; N]> {
        self.scalar(row, cell)?.as_bytes().and_then(|bytes| bytes.try_into().ok())
    }

    fn headcounts(&self) -> Vec<Headcount> {
        let rows = self.of_family(edit::HEADCOUNT).into_iter().filter_map(|(key, value, _)| {
            let mut parts = key.splitn(3, '/');
            let (slot, sex, age_band) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
            let Crdt::Scalar(scalar) = value else { return None };
            let people = Value::from_scalar(&scalar).number().and_then(|n| u32::try_from(n).ok())?;
            let apart = self.apart(&ROOT, &format!("{}/{key}", edit::HEADCOUNT));
            Some(Headcount { slot, sex: sex.to_owned(), age_band: age_band.to_owned(), people, apart })
        });
        rows.collect()
    }

    fn papers(&self) -> Vec<Paper> {
        let rows = self.family(edit::PAPER).into_iter().filter(|(_, row)| !self.is_removed(row));
        let papers = rows.filter_map(|(key, row)| {
            let (slot, blob) = (self.bytes(&row, "slot").map(RowId), self.string(&row, "blob"));
            Some(Paper { id: key.parse().ok()?, slot, blob, at_ms: self.at_ms(&row), by: writer(&row) })
        });
        papers.collect()
    }

    fn links(&self) -> Vec<(DocumentId, Kind)> {
        let links = self.of_family(edit::LINK).into_iter().filter_map(|(key, value, _)| {
            let kind = edit::LINKED_KINDS.into_iter().find(|kind| value.as_str() == Some(kind.as_str()))?;
            Some((key.parse().ok()?, kind))
        });
        links.collect()
    }

    fn mark(&self, key: &str, row: &ObjId, late: bool, withdrawn: &mut BTreeMap<RowId, Withdrawal>) -> Option<Mark> {
        let id = key.parse().ok()?;
        let (mut person, mut slot, mut status, mut minutes, mut at_ms) = (None, None, None, None, 0);
        let mut how = How::Tap;
        for item in self.document.crdt.map_range(row, ..) {
            let Crdt::Scalar(scalar) = item.value.clone().into_value() else { continue };
            match (&*item.key, scalar.as_ref()) {
                ("person", ScalarValue::Bytes(bytes)) => person = bytes.as_slice().try_into().ok().map(DocumentId),
                ("slot", ScalarValue::Bytes(bytes)) => slot = bytes.as_slice().try_into().ok().map(RowId),
                ("status", ScalarValue::Str(word)) => status = Status::from_word(word),
                ("minutes", ScalarValue::Int(n)) => minutes = u16::try_from(*n).ok(),
                ("at_ms", ScalarValue::Int(n)) => at_ms = u64::try_from(*n).unwrap_or(0),
                ("how", ScalarValue::Str(word)) => how = How::from_word(word).unwrap_or_default(),
                _ => {}
            }
        }
        Some(Mark {
            id,
            person: person?,
            slot: slot?,
            status: status?,
            minutes,
            how,
            late,
            at_ms,
            by: writer(row),
            withdrawn: withdrawn.remove(&id),
        })
    }

    fn at_ms(&self, row: &ObjId) -> u64 {
        self.scalar(row, "at_ms").and_then(|s| s.as_i64()).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
    }

    fn dossier(&self, fields: Fields) -> DossierRecord {
        let mut sections = BTreeMap::new();
        if let Some(map) = self.object(&ROOT, "sections") {
            for item in self.map_range(&map, ..) {
                sections.insert(item.key.to_string(), self.section(&map, &item.key));
            }
        }
        if self.at.is_none() {
            self.read_again(&mut sections);
        }
        let lines = self.rows("lines").into_iter().filter_map(|(key, row)| self.line(&key, &row));
        let mut lines: Vec<_> = lines.collect();
        lines.sort_by(|a, b| (a.side, &a.order, a.id).cmp(&(b.side, &b.order, b.id)));
        let time = self.family(edit::TIME).into_iter().filter_map(|(key, row)| {
            let (fields, state) = (self.fields(&row, Field::TIME), self.line_state(&row));
            Some(TimeRow { id: key.parse().ok()?, fields, state })
        });
        let mut time: Vec<_> = time.collect();
        time.sort_by_cached_key(|entry| (entry.fields.text(Field::Day).to_owned(), entry.id));
        let (moves, visas, reviews) = (self.moves(), self.visas(), self.reviews());
        DossierRecord { fields, sections, lines, time, rows: self.tables(), moves, visas, reviews }
    }

    fn moves(&self) -> Vec<Moved> {
        let rows = self.family(edit::MOVE).into_iter().filter_map(|(key, row)| {
            Some(Moved {
                id: key.parse().ok()?,
                to: self.string(&row, "to"),
                reason: self.string(&row, "reason"),
                at_ms: self.at_ms(&row),
                by: writer(&row),
                version: edit::version_text(&[self.change_of(&row)?]),
            })
        });
        let mut moves: Vec<_> = rows.collect();
        moves.sort_by_key(|one| (one.at_ms, one.id));
        moves
    }

    fn visas(&self) -> Vec<Visa> {
        let rows = self.family(edit::VISA).into_iter().filter_map(|(key, row)| {
            let order = self.scalar(&row, "order").and_then(|s| s.as_i64()).and_then(|n| u32::try_from(n).ok());
            Some(Visa {
                id: key.parse().ok()?,
                order: order.unwrap_or(0),
                version: self.string(&row, "version"),
                verdict: Verdict::from_word(&self.string(&row, "verdict"))?,
                remarks: self.string(&row, "remarks"),
                at_ms: self.at_ms(&row),
                by: writer(&row),
            })
        });
        let mut visas: Vec<_> = rows.collect();
        visas.sort_by_key(|one| (one.order, one.id));
        visas
    }

    fn reviews(&self) -> Vec<Review> {
        let said = self.get_all(&ROOT, edit::REVIEW).into_iter().rev().filter_map(|(value, id)| {
            let Crdt::Scalar(scalar) = value else { return None };
            let at_ms = Value::from_scalar(&scalar).number().and_then(|n| u64::try_from(n).ok())?;
            Some(Review { by: writer(&id), at_ms })
        });
        said.collect()
    }

    /// Every table of this kind of document in which there is a row.
    fn tables(&self) -> Rows {
        let mut rows = BTreeMap::new();
        for table in Table::of(self.document.kind) {
            let family = self.family(table.key()).into_iter().filter_map(|(key, row)| {
                Some(Row {
                    id: key.parse().ok()?,
                    fields: self.fields(&row, table.fields()),
                    state: self.line_state(&row),
                    by: writer(&row),
                    at_ms: self.at_ms(&row),
                })
            });
            let mut of_table: Vec<Row> = family.collect();
            of_table.sort_by_cached_key(|row| (row.fields.text(Field::Order).to_owned(), row.id));
            if !of_table.is_empty() {
                rows.insert(table, of_table);
            }
        }
        Rows(rows)
    }

    fn section(&self, map: &ObjId, key: &str) -> Section {
        let crdt = &self.document.crdt;
        let text = |id: &ObjId| self.at.map_or_else(|| crdt.text(id), |at| crdt.text_at(id, at)).ok();
        let of = |all: Vec<(Crdt<'_>, ObjId)>| {
            let all = all.into_iter().filter(|(value, _)| matches!(value, Crdt::Object(ObjType::Text)));
            all.map(|(_, id)| id).collect::<Vec<_>>()
        };
        let mut texts: Vec<String> = of(self.get_all(map, key)).iter().filter_map(text).collect();
        let text = texts.pop().unwrap_or_default();
        for heads in self.reopened(map, key).iter().flat_map(|open| &open.stood) {
            let stood = of(crdt.get_all_at(map, key, heads).unwrap_or_default());
            texts.extend(stood.iter().filter_map(|id| crdt.text_at(id, heads).ok()));
        }
        texts.sort();
        texts.dedup();
        texts.retain(|other| !other.is_empty() && *other != text);
        Section { text, begun_apart: texts, read_again: Vec::new() }
    }

    fn read_again(&self, sections: &mut BTreeMap<String, Section>) {
        let crdt = &self.document.crdt;
        let (Some(touched), Some(map)) = (self.object(&ROOT, "touched"), self.object(&ROOT, "sections")) else {
            return;
        };
        let asked = |item: &MapRangeItem<'_>| item.conflict || self.reopened(&touched, &item.key).is_some();
        for item in crdt.map_range(&touched, ..).filter(asked) {
            let Some((key, anchor)) = item.key.split_once('/') else { continue };
            let Some(section) = sections.get_mut(key) else { continue };
            let Ok(Some((_, text))) = crdt.get(&map, key) else { continue };
            let mut versions = Vec::new();
            // Of those who said it, the loser first.
            for (_, id) in self.said(&touched, &item.key).into_iter().rev() {
                let Some(hash) = self.change_of(&id) else { continue };
                // Whoever typed into another text of that key did not touch this one.
                let texts = crdt.get_all_at(&map, key, &[hash]).unwrap_or_default();
                if texts.iter().all(|(_, id)| *id != text) {
                    continue;
                }
                let left = text::paragraph(self.document, &text, anchor, &[hash]).unwrap_or_default();
                versions.push(Apart { value: Value::from(&*left), by: writer(&id), at_ms: self.written_ms(&id) });
            }
            let now = text::paragraph(self.document, &text, anchor, &crdt.get_heads()).unwrap_or_default();
            let is_now = |version: &Apart| version.value == Value::from(&*now);
            if self.reopened(&touched, &item.key).is_some() {
                // Q3: those who said that it is right as it stands left nothing of their own.
                versions.retain(|version| !is_now(version));
            }
            // Those who each left what stands there now agree.
            if versions.len() > 1 && !versions.iter().all(is_now) {
                section.read_again.push(ReadAgain { anchor: anchor.to_owned(), text: now, versions });
            }
        }
    }

    fn line(&self, key: &str, row: &ObjId) -> Option<Line> {
        Some(Line {
            id: key.parse().ok()?,
            side: if self.string(row, "side") == "resource" { Side::Resource } else { Side::Expense },
            order: self.string(row, "order"),
            fields: self.fields(row, Field::LINE),
            state: self.line_state(row),
        })
    }

    fn line_state(&self, row: &ObjId) -> LineState {
        let states = self.get_all(row, "state");
        let is = |word: &str| states.iter().any(|(value, _)| value.as_str() == Some(word));
        if self.reopened(row, "state").is_some() {
            return LineState::RemovedAndChanged;
        }
        match (is("removed"), is("kept")) {
            (true, true) => LineState::RemovedAndChanged,
            (true, false) => LineState::Removed,
            (false, _) => LineState::Kept,
        }
    }

    fn call(&self, fields: Fields) -> CallRecord {
        let rows = self.rows("sections").into_iter().map(|(key, row)| {
            let [title, guidance, order] = ["title", "guidance", "order"].map(|name| self.string(&row, name));
            let chars_max = self.scalar(&row, "chars_max").and_then(|s| s.as_i64());
            let chars_max = chars_max.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            // A call that was begun with its sections wants each of them.
            (order, CallSection { key, title, guidance, chars_max, required: true })
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| (&a.0, &a.1.key).cmp(&(&b.0, &b.1.key)));
        let begun_with = rows.into_iter().map(|(_, section)| section).collect();
        let rows = self.tables();
        CallRecord {
            fields,
            sections: call::sections(begun_with, &rows),
            rows,
            to_confirm: self.to_confirm(),
            versions: self.call_versions(),
        }
    }

    fn to_confirm(&self) -> Vec<Field> {
        let marked = self.of_family(edit::CONFIRM).into_iter().filter(|(_, value, _)| value.as_str() == Some("yes"));
        marked.filter_map(|(key, ..)| Field::from_key(&key)).collect()
    }

    /// Those that were published apart under one number follow each other, the same everywhere.
    fn call_versions(&self) -> Vec<CallVersion> {
        let rows = self.family(edit::VERSION).into_iter().filter_map(|(key, row)| {
            let number = self.scalar(&row, "number").and_then(|s| s.as_i64()).unwrap_or(0);
            let [heads, note] = ["heads", "note"].map(|cell| self.string(&row, cell));
            let id = key.parse().ok()?;
            let number = u32::try_from(number).unwrap_or(0);
            Some(CallVersion { id, number, at_ms: self.at_ms(&row), by: writer(&row), note, heads })
        });
        let mut versions: Vec<_> = rows.collect();
        versions.sort_by_key(|version| (version.number, version.at_ms, version.id));
        for n in 1..versions.len() {
            versions[n].number = versions[n].number.max(versions[n - 1].number.saturating_add(1));
        }
        versions
    }
}

/// The device whose change made this object or value.
fn writer(id: &ObjId) -> Option<DeviceId> {
    match id {
        ObjId::Root => None,
        ObjId::Id(_, actor, _) => device_of(actor.to_bytes()),
    }
}
