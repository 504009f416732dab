//! Records: what a document says, read into plain types. Views, Questions and projections are made from these alone.

use std::collections::BTreeMap;

use automerge::{ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value as Crdt};
use serde::{Deserialize, Serialize};

use crate::{
    document::{Document, Kind, device_of},
    field::{Field, Value},
    id::{DeviceId, DocumentId, RowId},
    mark::{Mark, Status, Withdrawal},
    names, text,
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
    /// An association has fields only.
    Association(Fields),
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
    /// By day, then by time of beginning.
    pub slots: Vec<Slot>,
    /// The people expected or registered, and how they got on the roster.
    pub roster: BTreeMap<DocumentId, Joined>,
    /// Every mark that was ever made, withdrawn ones too, in the order of their ids.
    pub marks: Vec<Mark>,
}

impl EventRecord {
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
    /// Label, quantity, unit cost.
    pub fields: Fields,
    /// Whether it still counts (M6).
    pub state: LineState,
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
    /// Sum of the lines of one side that count, in cents.
    #[must_use]
    pub fn total_cents(&self, side: Side) -> i64 {
        let counted = self.lines.iter().filter(|line| line.side == side && line.state != LineState::Removed);
        counted.fold(0, |sum: i64, line| sum.saturating_add(line.amount_cents()))
    }
}

impl Line {
    /// Quantity times unit cost in cents. An empty quantity counts as one.
    #[must_use]
    pub fn amount_cents(&self) -> i64 {
        let quantity = self.fields.get(Field::Quantity).number().unwrap_or(1);
        let unit = self.fields.get(Field::UnitCents).number().unwrap_or(0);
        // The field's own limits keep this far below overflow; a stranger's values must not panic.
        quantity.saturating_mul(unit)
    }
}

/// The rules of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallRecord {
    /// Title, deadline, ceilings.
    pub fields: Fields,
    /// The sections that a dossier must have, in their order.
    pub sections: Vec<CallSection>,
}

/// One section that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CallSection {
    /// Its key in dossiers.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What to write there.
    pub guidance: String,
    /// How long it may be, in characters.
    pub chars_max: u32,
}

impl Record {
    /// Reads a document. What is missing or of another shape reads as empty: a record never fails.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let reader = Reader { document };
        let fields = reader.fields(&ROOT, Field::of(document.kind));
        match document.kind {
            Kind::Person => Self::Person(reader.person(fields)),
            Kind::Contact => Self::Contact(reader.contact(fields)),
            Kind::Association => Self::Association(fields),
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
            Self::Association(fields) | Self::Settings(fields) => fields,
            Self::Event(record) => &record.fields,
            Self::Dossier(record) => &record.fields,
            Self::Call(record) => &record.fields,
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

    /// The documents that this one names: who holds it under an assignment holds those too.
    #[must_use]
    pub fn names(&self) -> Vec<DocumentId> {
        let mut named: Vec<_> = match self {
            Self::Event(event) => event.roster.keys().copied().collect(),
            _ => Vec::new(),
        };
        for field in [Field::Association, Field::Call, Field::SameAs] {
            let register = self.fields().0.get(&field);
            named.extend(register.iter().filter_map(|register| register.value.text().parse::<DocumentId>().ok()));
        }
        named.sort_unstable();
        named.dedup();
        named
    }
}

struct Reader<'a> {
    document: &'a Document,
}

impl Reader<'_> {
    fn object(&self, parent: &ObjId, key: &str) -> Option<ObjId> {
        match self.document.crdt.get(parent, key) {
            Ok(Some((Crdt::Object(ObjType::Map), id))) => Some(id),
            _ => None,
        }
    }

    /// The rows of one of the document's maps, in the order of their keys.
    fn rows(&self, map: &str) -> Vec<(String, ObjId)> {
        let Some(map) = self.object(&ROOT, map) else { return Vec::new() };
        let items = self.document.crdt.map_range(&map, ..);
        items
            .filter(|item| matches!(item.value.clone().into_value(), Crdt::Object(ObjType::Map)))
            .map(|item| (item.key.to_string(), item.id()))
            .collect()
    }

    fn fields(&self, object: &ObjId, wanted: &[Field]) -> Fields {
        let mut fields = BTreeMap::new();
        for item in self.document.crdt.map_range(object, ..) {
            let Some(field) = Field::from_key(&item.key).filter(|field| wanted.contains(field)) else { continue };
            let Crdt::Scalar(scalar) = item.value.clone().into_value() else { continue };
            let value = Value::from_scalar(&scalar);
            let apart = if item.conflict { self.apart(object, &item.key) } else { Vec::new() };
            fields.insert(field, Register { value, apart });
        }
        Fields(fields)
    }

    /// All values of a register where they differ: two people who typed the same agree.
    fn apart(&self, object: &ObjId, key: &str) -> Vec<Apart> {
        let crdt = &self.document.crdt;
        let mut apart: Vec<Apart> = Vec::new();
        // Automerge gives the losers first and the shown one last.
        for (value, id) in crdt.get_all(object, key).unwrap_or_default().into_iter().rev() {
            let Crdt::Scalar(scalar) = value else { continue };
            let value = Value::from_scalar(&scalar);
            if apart.iter().all(|other| other.value != value) {
                apart.push(Apart { value, by: writer(&id), at_ms: self.written_ms(&id) });
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
        match self.document.crdt.get(object, key) {
            Ok(Some((Crdt::Scalar(scalar), _))) => Some(scalar.into_owned()),
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
        let slots = self
            .rows("slots")
            .into_iter()
            .filter_map(|(key, row)| Some(Slot { id: key.parse().ok()?, fields: self.fields(&row, Field::SLOT) }));
        let mut slots: Vec<_> = slots.collect();
        slots.sort_by_key(|slot| {
            let [day, starts] = [Field::Day, Field::Starts].map(|field| slot.fields.text(field).to_owned());
            (day, starts, slot.id)
        });
        let mut roster = BTreeMap::new();
        if let Some(map) = self.object(&ROOT, "roster") {
            for item in self.document.crdt.map_range(&map, ..) {
                let Ok(person) = item.key.parse() else { continue };
                let walk_in =
                    matches!(item.value.clone().into_value(), Crdt::Scalar(s) if s.as_str() == Some("walk_in"));
                roster.insert(person, if walk_in { Joined::WalkIn } else { Joined::Expected });
            }
        }
        EventRecord { fields, slots, roster, marks: self.marks() }
    }

    fn marks(&self) -> Vec<Mark> {
        let mut withdrawn: BTreeMap<RowId, Withdrawal> = BTreeMap::new();
        for (_, row) in self.rows("withdrawals") {
            let Ok(mark) = self.string(&row, "mark").parse() else { continue };
            let at_ms = self.at_ms(&row);
            let made = Withdrawal { reason: self.string(&row, "reason"), by: writer(&row), at_ms };
            let first = withdrawn.entry(mark).or_insert_with(|| made.clone());
            // Two withdrawals of one mark: the earlier is shown, whatever order they arrived in.
            if (made.at_ms, made.by) < (first.at_ms, first.by) {
                *first = made;
            }
        }
        let marks = self.rows("marks").into_iter().filter_map(|(key, row)| self.mark(&key, &row, &mut withdrawn));
        marks.collect()
    }

    fn mark(&self, key: &str, row: &ObjId, withdrawn: &mut BTreeMap<RowId, Withdrawal>) -> Option<Mark> {
        let id = key.parse().ok()?;
        let (mut person, mut slot, mut status, mut minutes, mut at_ms) = (None, None, None, None, 0);
        for item in self.document.crdt.map_range(row, ..) {
            let Crdt::Scalar(scalar) = item.value.clone().into_value() else { continue };
            match (&*item.key, scalar.as_ref()) {
                ("person", ScalarValue::Bytes(bytes)) => person = bytes.as_slice().try_into().ok().map(DocumentId),
                ("slot", ScalarValue::Bytes(bytes)) => slot = bytes.as_slice().try_into().ok().map(RowId),
                ("status", ScalarValue::Str(word)) => status = Status::from_word(word),
                ("minutes", ScalarValue::Int(n)) => minutes = u16::try_from(*n).ok(),
                ("at_ms", ScalarValue::Int(n)) => at_ms = u64::try_from(*n).unwrap_or(0),
                _ => {}
            }
        }
        Some(Mark {
            id,
            person: person?,
            slot: slot?,
            status: status?,
            minutes,
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
            for item in self.document.crdt.map_range(&map, ..) {
                sections.insert(item.key.to_string(), self.section(&map, &item.key));
            }
        }
        self.read_again(&mut sections);
        let lines = self.rows("lines").into_iter().filter_map(|(key, row)| self.line(&key, &row));
        let mut lines: Vec<_> = lines.collect();
        lines.sort_by(|a, b| (a.side, &a.order, a.id).cmp(&(b.side, &b.order, b.id)));
        DossierRecord { fields, sections, lines }
    }

    fn section(&self, map: &ObjId, key: &str) -> Section {
        let texts = self.document.crdt.get_all(map, key).unwrap_or_default();
        let mut texts: Vec<_> = texts
            .into_iter()
            .filter(|(value, _)| matches!(value, Crdt::Object(ObjType::Text)))
            .filter_map(|(_, id)| self.document.crdt.text(&id).ok())
            .collect();
        let text = texts.pop().unwrap_or_default();
        texts.retain(|other| !other.is_empty() && *other != text);
        Section { text, begun_apart: texts, read_again: Vec::new() }
    }

    fn read_again(&self, sections: &mut BTreeMap<String, Section>) {
        let crdt = &self.document.crdt;
        let (Some(touched), Some(map)) = (self.object(&ROOT, "touched"), self.object(&ROOT, "sections")) else {
            return;
        };
        for item in crdt.map_range(&touched, ..).filter(|item| item.conflict) {
            let Some((key, anchor)) = item.key.split_once('/') else { continue };
            let Some(section) = sections.get_mut(key) else { continue };
            let Ok(Some((_, text))) = crdt.get(&map, key) else { continue };
            let mut versions = Vec::new();
            for (_, id) in crdt.get_all(&touched, &*item.key).unwrap_or_default() {
                let Some(hash) = self.change_of(&id) else { continue };
                // Whoever typed into another text of that key did not touch this one.
                let texts = crdt.get_all_at(&map, key, &[hash]).unwrap_or_default();
                if texts.iter().all(|(_, id)| *id != text) {
                    continue;
                }
                let left = text::paragraph(self.document, &text, anchor, &[hash]).unwrap_or_default();
                versions.push(Apart { value: Value::from(&*left), by: writer(&id), at_ms: self.written_ms(&id) });
            }
            if versions.len() > 1 {
                let now = text::paragraph(self.document, &text, anchor, &crdt.get_heads()).unwrap_or_default();
                section.read_again.push(ReadAgain { anchor: anchor.to_owned(), text: now, versions });
            }
        }
    }

    fn line(&self, key: &str, row: &ObjId) -> Option<Line> {
        let states = self.document.crdt.get_all(row, "state").unwrap_or_default();
        let is = |word: &str| states.iter().any(|(value, _)| value.as_str() == Some(word));
        Some(Line {
            id: key.parse().ok()?,
            side: if self.string(row, "side") == "resource" { Side::Resource } else { Side::Expense },
            order: self.string(row, "order"),
            fields: self.fields(row, Field::LINE),
            state: match (is("removed"), is("kept")) {
                (true, true) => LineState::RemovedAndChanged,
                (true, false) => LineState::Removed,
                (false, _) => LineState::Kept,
            },
        })
    }

    fn call(&self, fields: Fields) -> CallRecord {
        let rows = self.rows("sections").into_iter().map(|(key, row)| {
            let [title, guidance, order] = ["title", "guidance", "order"].map(|name| self.string(&row, name));
            let chars_max = self.scalar(&row, "chars_max").and_then(|s| s.as_i64());
            let chars_max = chars_max.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            (order, CallSection { key, title, guidance, chars_max })
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| (&a.0, &a.1.key).cmp(&(&b.0, &b.1.key)));
        CallRecord { fields, sections: rows.into_iter().map(|(_, section)| section).collect() }
    }
}

/// The device whose change made this object or value.
fn writer(id: &ObjId) -> Option<DeviceId> {
    match id {
        ObjId::Root => None,
        ObjId::Id(_, actor, _) => device_of(actor.to_bytes()),
    }
}
