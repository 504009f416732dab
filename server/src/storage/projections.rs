//! Projections: plain rows that lists, reports and search read. Each row follows from one document alone.

mod counted;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction, named_params, params_from_iter, types::Value as Sql};
use shared::{
    document::Kind,
    due,
    field::Field,
    id::{DocumentId, RowId},
    mark::{Attendance, Mark, Status, attendance},
    names, question,
    record::{ContactRecord, DossierRecord, EventRecord, Fields, PersonRecord, Record, Side},
    table, territory,
    twin::{self, Traits},
};

use super::{StoreError, listed};

/// A projection's table, its columns after `document_id`, and the statements on it.
struct Table {
    name: &'static str,
    insert: &'static str,
    delete: &'static str,
    select: &'static str,
}

/// Declares the projections once: the statements are literals, and cannot drift apart.
macro_rules! tables {
    ($($name:literal: $columns:literal, $marks:literal, $order:literal;)*) => {
        const TABLES: &[Table] = &[$(Table {
            name: $name,
            insert: concat!("INSERT INTO ", $name, " (document_id, ", $columns, ") VALUES (?, ", $marks, ")"),
            delete: concat!("DELETE FROM ", $name, " WHERE document_id = ?"),
            select: concat!("SELECT ", $columns, " FROM ", $name, " WHERE document_id = ? ORDER BY ", $order),
        },)*];
    };
}

tables! {
    "person": "name, name_ar, search, sex, age_band, commune, association, same_as, sort, place", "?, ?, ?, ?, ?, ?, ?, ?, ?, ?", "name";
    "phone": "row, person, e164, raw", "?, ?, ?, ?", "row";
    "association": "title, search, rna, siret, postcode, city, short_title, name_ar, same_as, place, sectors, networks", "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", "title";
    "event": "title, event_kind, place, commune, first_day, last_day, expected, place_code", "?, ?, ?, ?, ?, ?, ?, ?", "title";
    "event_link": "association", "?", "association";
    "attendance": "slot, person, status, contradicted, marks, minutes", "?, ?, ?, ?, ?, ?", "slot, person";
    "dossier": "title, stage, territory, association, call, expenses_cents, resources_cents, place_code, sector, coordinator, grant_cents", "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", "title";
    "reach": "role, code", "?, ?", "role, code";
    "due": "row, kind, day, label, assigned_to, coordinator", "?, ?, ?, ?, ?, ?", "row";
    "question": "id, ask, content", "?, ?, ?", "id";
    "half_day": "row, day, minutes", "?, ?, ?", "row";
    "headcount": "slot, sex, age_band, people", "?, ?, ?, ?", "slot, sex, age_band";
    "opinion": "row, day, useful, clear, again", "?, ?, ?, ?, ?", "row";
    "support": "row, day, minutes, is_collective", "?, ?, ?, ?", "row";
    "event_tally": "project_code, sheets, late", "?, ?, ?", "sheets";
    "place": "departement, origin", "?, ?", "origin";
    "way": "asked_cents, granted_cents, filed, decided, outcome, visaed, is_published", "?, ?, ?, ?, ?, ?, ?", "filed";
    "move": "row, at_ms, stage", "?, ?, ?", "row";
    "programme": "title, programme", "?, ?", "title";
    "leader": "row, person, from_day, until_day", "?, ?, ?, ?", "row";
    "twin_key": "subject, key", "?, ?", "key";
    "told_apart": "other", "?", "other";
}

/// The rows of one document: the table's name, and the columns after `document_id`.
type Rows = Vec<(&'static str, Vec<Sql>)>;

/// What a document projects to, each table's rows in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    rows: Rows,
    /// What full-text search finds it by.
    text: String,
}

impl Projection {
    /// Follows from the record alone.
    #[must_use]
    pub fn of(id: DocumentId, record: &Record) -> Self {
        let mut rows: Rows = match record {
            Record::Person(person) => vec![of_person(person)],
            Record::Contact(contact) => of_contact(contact),
            Record::Association(association) => vec![of_association(&association.fields)],
            Record::Event(event) => of_event(event),
            Record::Dossier(dossier) => [vec![of_dossier(dossier)], dues_of(dossier)].concat(),
            Record::Call(_) | Record::Settings(_) => Vec::new(),
        };
        let mut questions = question::of_record(id, record);
        questions.sort_by_key(question::Question::id);
        rows.extend(reach_of(record));
        rows.extend(questions.into_iter().map(|question| {
            let content = serde_json::to_value(&question).unwrap_or_default();
            let ask = content["ask"].as_str().unwrap_or_default().to_owned();
            ("question", vec![question.id().into(), ask.into(), content.to_string().into()])
        }));
        rows.extend(twin_rows(id, record));
        rows.extend(counted::of(record));
        // As they are read back, table by table.
        rows.sort_by_key(|(table, _)| TABLES.iter().position(|one| one.name == *table));
        Self { rows, text: text_of(record) }
    }
}

fn text(fields: &Fields, field: Field) -> Sql {
    fields.text(field).to_owned().into()
}

fn document(fields: &Fields, field: Field) -> Sql {
    fields.document(field).map_or(Sql::Null, |id| Sql::Blob(id.0.to_vec()))
}

fn of_person(person: &PersonRecord) -> (&'static str, Vec<Sql>) {
    let f = &person.fields;
    let row = vec![
        person.name().into(),
        text(f, Field::NameAr),
        person.search.clone().into(),
        text(f, Field::Sex),
        text(f, Field::AgeBand),
        text(f, Field::Commune),
        document(f, Field::Association),
        document(f, Field::SameAs),
        sorting(&[Field::Family, Field::Given, Field::NameAr].map(|field| f.text(field)).join(" ")).into(),
        place(f.text(Field::CommuneCode)).into(),
    ];
    ("person", row)
}

fn of_contact(contact: &ContactRecord) -> Rows {
    let rows = contact.phones.iter().map(|phone| {
        let person = document(&contact.fields, Field::Person);
        ("phone", vec![phone.id.to_string().into(), person, phone.e164.clone().into(), phone.raw.clone().into()])
    });
    rows.collect()
}

fn of_association(f: &Fields) -> (&'static str, Vec<Sql>) {
    let names = [Field::Title, Field::ShortTitle, Field::NameAr, Field::Alias];
    let all = names.map(|field| f.text(field)).join(" ");
    let row = vec![
        text(f, Field::Title),
        names::fold_search(&all).into(),
        text(f, Field::RnaNumber),
        text(f, Field::SiretNumber),
        text(f, Field::Postcode),
        text(f, Field::City),
        text(f, Field::ShortTitle),
        text(f, Field::NameAr),
        document(f, Field::SameAssociation),
        seat(f).into(),
        text(f, Field::Sectors),
        text(f, Field::Networks),
    ];
    ("association", row)
}

/// What sorts last: names that are not known.
pub const UNNAMED: &str = "\u{10ffff}";

/// A text as lists sort it; what is empty comes last.
#[must_use]
pub fn sorting(text: &str) -> String {
    let folded = names::fold_search(text);
    if folded.is_empty() { UNNAMED.to_owned() } else { folded }
}

/// The smallest territory around a code: `FR.13`, `MA.09.541`, or empty.
fn place(code: &str) -> String {
    territory::around_commune(code).pop().unwrap_or_default()
}

/// Where an association has its seat.
fn seat(f: &Fields) -> String {
    let by_commune = place(f.text(Field::CommuneCode));
    let by_postcode = || territory::around_postcode(f.text(Field::Postcode)).pop().unwrap_or_default();
    if by_commune.is_empty() { by_postcode() } else { by_commune }
}

/// The territories that a document speaks of, each role and code once.
fn reach_of(record: &Record) -> Rows {
    let f = record.fields();
    let mut said: BTreeSet<(&'static str, String)> = BTreeSet::new();
    // A name is no code: what leads to no territory is left out.
    let mut say = |role, code: &str| {
        if !place(code.trim()).is_empty() {
            said.insert((role, code.trim().to_owned()));
        }
    };
    match record {
        Record::Event(_) => say("event", f.text(Field::CommuneCode)),
        Record::Association(_) => {
            say("seat", f.text(Field::CommuneCode));
            f.text(Field::Origin).split([',', ';']).for_each(|code| say("origin", code));
        }
        Record::Dossier(dossier) => {
            say("project", f.text(Field::Territory));
            for row in dossier.rows.kept(table::Table::Place) {
                say("project", row.fields.text(Field::CommuneCode));
            }
        }
        Record::Person(_) | Record::Contact(_) | Record::Call(_) | Record::Settings(_) => {}
    }
    if let Record::Association(_) = record
        && said.iter().all(|(role, _)| *role != "seat")
        && !seat(f).is_empty()
    {
        // A postcode says the département at least.
        said.insert(("seat", seat(f)));
    }
    said.into_iter().map(|(role, code)| ("reach", vec![role.to_owned().into(), code.into()])).collect()
}

fn of_event(event: &EventRecord) -> Rows {
    let f = &event.fields;
    let day = |slot: Option<&shared::record::Slot>| {
        slot.map_or_else(|| Sql::Text(String::new()), |s| text(&s.fields, Field::Day))
    };
    let head = vec![
        text(f, Field::Title),
        text(f, Field::EventKind),
        text(f, Field::Place),
        text(f, Field::Commune),
        day(event.slots.first()),
        day(event.slots.last()),
        count(event.roster.len()),
        place(f.text(Field::CommuneCode)).into(),
    ];
    let mut marks: BTreeMap<(RowId, DocumentId), Vec<&Mark>> = BTreeMap::new();
    for mark in event.marks.iter().filter(|mark| mark.withdrawn.is_none()) {
        marks.entry((mark.slot, mark.person)).or_default().push(mark);
    }
    let mut rows = vec![("event", head)];
    let linked: BTreeSet<DocumentId> =
        event.links.iter().filter(|(_, kind)| *kind == Kind::Association).map(|(id, _)| *id).collect();
    rows.extend(linked.into_iter().map(|id| ("event_link", vec![Sql::Blob(id.0.to_vec())])));
    for ((slot, person), marks) in marks {
        let all = attendance(marks.iter().copied());
        let status = all.status().map_or("", Status::as_str);
        let contradicted = i64::from(matches!(all, Attendance::Contradicted(_)));
        let row = vec![
            slot.to_string().into(),
            Sql::Blob(person.0.to_vec()),
            status.to_owned().into(),
            contradicted.into(),
            count(marks.len()),
            minutes_of(&marks, all.status()).map_or(Sql::Null, Sql::Integer),
        ];
        rows.push(("attendance", row));
    }
    rows
}

/// How long somebody was there in part, where it was said (F6).
fn minutes_of(marks: &[&Mark], status: Option<Status>) -> Option<i64> {
    let partial = marks.iter().filter(|mark| mark.status == Status::Partial && status == Some(Status::Partial));
    partial.filter_map(|mark| mark.minutes).max().map(i64::from)
}

fn of_dossier(dossier: &DossierRecord) -> (&'static str, Vec<Sql>) {
    let f = &dossier.fields;
    let row = vec![
        text(f, Field::Title),
        text(f, Field::Stage),
        text(f, Field::Territory),
        document(f, Field::Association),
        document(f, Field::Call),
        dossier.total_cents(Side::Expense).into(),
        dossier.total_cents(Side::Resource).into(),
        where_it_happens(dossier).into(),
        text(f, Field::Sector),
        text(f, Field::Coordinator),
        f.get(Field::GrantCents).number().unwrap_or(0).into(),
    ];
    ("dossier", row)
}

/// The territory of a project: as it is said, or the first of its places.
fn where_it_happens(dossier: &DossierRecord) -> String {
    let places = dossier.rows.kept(table::Table::Place).map(|row| row.fields.text(Field::CommuneCode));
    let codes = std::iter::once(dossier.fields.text(Field::Territory)).chain(places);
    codes.map(place).find(|place| !place.is_empty()).unwrap_or_default()
}

/// What it is looked up by when duplicates are proposed, and who is not it.
fn twin_rows(id: DocumentId, record: &Record) -> Rows {
    let (subject, keys, not_same) = match record {
        Record::Person(person) => (id, Traits::of_person(id, person, None).keys(), &person.not_same[..]),
        Record::Association(one) => (id, Traits::of_association(id, one).keys(), &one.not_same[..]),
        Record::Contact(contact) => {
            let Some(person) = contact.fields.document(Field::Person) else { return Vec::new() };
            (person, twin::contact_keys(contact), &[][..])
        }
        _ => return Vec::new(),
    };
    let keys = keys.into_iter().map(|key| ("twin_key", vec![Sql::Blob(subject.0.to_vec()), key.into()]));
    let mut apart: Vec<DocumentId> = not_same.to_vec();
    apart.sort_unstable();
    keys.chain(apart.into_iter().map(|other| ("told_apart", vec![Sql::Blob(other.0.to_vec())]))).collect()
}

/// What is open and has a day, in the order of its rows.
fn dues_of(dossier: &DossierRecord) -> Rows {
    let mut open = due::open(&dossier.rows);
    open.retain(|due| !due.day.is_empty());
    open.sort_by_key(|due| due.row.to_string());
    let rows = open.into_iter().map(|due| {
        let row = vec![
            due.row.to_string().into(),
            due.kind.as_str().to_owned().into(),
            due.day.into(),
            due.label.into(),
            due.assigned_to.into(),
            text(&dossier.fields, Field::Coordinator),
        ];
        ("due", row)
    });
    rows.collect()
}

fn count(n: usize) -> Sql {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

/// Names and long texts. Phones are looked up by number, not by words.
fn text_of(record: &Record) -> String {
    let mut words: Vec<&str> = Vec::new();
    let texts = record.fields().0.iter().filter(|(field, _)| {
        matches!(field.accepts(), shared::field::Accepts::Text(_)) && !matches!(record, Record::Contact(_))
    });
    words.extend(texts.map(|(_, register)| register.value.text()).filter(|text| !text.is_empty()));
    if let Record::Dossier(dossier) = record {
        words.extend(dossier.sections.values().map(|section| section.text.as_str()));
    }
    names::fold_search(&words.join(" "))
}

/// Replaces a document's rows, and the lines of lists that follow from them.
pub fn put(tx: &Transaction<'_>, id: DocumentId, projection: &Projection) -> Result<(), StoreError> {
    let before = listed::Before::of(tx, id)?;
    put_rows(tx, id, projection)?;
    listed::refresh(tx, id, before)
}

/// Replaces a document's rows alone: whoever replaces those of all documents makes the lists anew behind that.
pub fn put_rows(tx: &Transaction<'_>, id: DocumentId, projection: &Projection) -> Result<(), StoreError> {
    for table in TABLES {
        tx.prepare_cached(table.delete)?.execute([id.0])?;
    }
    for (name, row) in &projection.rows {
        let table = TABLES.iter().find(|table| table.name == *name);
        let table = table.ok_or(StoreError::Corrupt("a projection without a table"))?;
        let id = Sql::Blob(id.0.to_vec());
        tx.prepare_cached(table.insert)?.execute(params_from_iter([&id].into_iter().chain(row)))?;
    }
    let number = named_params! { ":id": id.0 };
    tx.prepare_cached("DELETE FROM search WHERE rowid = (SELECT number FROM document WHERE id = :id)")?
        .execute(number)?;
    tx.prepare_cached("INSERT INTO search (rowid, text) SELECT number, :text FROM document WHERE id = :id")?
        .execute(named_params! { ":id": id.0, ":text": projection.text })?;
    Ok(())
}

/// Takes a document's rows away. Its words leave the full-text index too.
pub fn remove(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    let before = listed::Before::of(tx, id)?;
    for table in TABLES {
        tx.prepare_cached(table.delete)?.execute([id.0])?;
    }
    tx.prepare_cached("DELETE FROM search WHERE rowid = (SELECT number FROM document WHERE id = :id)")?
        .execute(named_params! { ":id": id.0 })?;
    listed::refresh(tx, id, before)
}

/// What is stored for a document.
pub fn stored(db: &Connection, id: DocumentId) -> Result<Projection, StoreError> {
    let mut rows: Rows = Vec::new();
    for table in TABLES {
        let mut statement = db.prepare_cached(table.select)?;
        let columns = statement.column_count();
        let mut found = statement.query([id.0])?;
        while let Some(row) = found.next()? {
            rows.push((table.name, (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?));
        }
    }
    let mut statement =
        db.prepare_cached("SELECT text FROM search WHERE rowid = (SELECT number FROM document WHERE id = :id)")?;
    let mut texts = statement.query(named_params! { ":id": id.0 })?;
    let text = match texts.next()? {
        Some(row) => row.get(0)?,
        None => String::new(),
    };
    Ok(Projection { rows, text })
}

/// Takes every row away, before they are made anew.
pub fn clear(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch(
        "DELETE FROM person; DELETE FROM phone; DELETE FROM association; DELETE FROM event; DELETE FROM attendance;
         DELETE FROM dossier; DELETE FROM due; DELETE FROM question; DELETE FROM search; DELETE FROM event_link;
         DELETE FROM reach; DELETE FROM listed; DELETE FROM listed_text; DELETE FROM twin_key; DELETE FROM told_apart;
         DELETE FROM half_day; DELETE FROM headcount; DELETE FROM opinion; DELETE FROM support; DELETE FROM event_tally;
         DELETE FROM place; DELETE FROM way; DELETE FROM move; DELETE FROM programme; DELETE FROM leader;",
    )?)
}

/// Documents whose projections are older than their tables; at most `most`.
pub fn owed(db: &Connection, most: usize) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id FROM owed LIMIT :most")?;
    let rows = statement.query_map(named_params! { ":most": most }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A document's projection is no longer owed.
pub fn paid(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM owed WHERE document_id = :id")?.execute(named_params! { ":id": id.0 })?;
    Ok(())
}

/// Rows in the projections whose document the server does not have.
pub fn orphans(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row(
        "SELECT (SELECT count(*) FROM person WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM phone WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM association WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM event WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM attendance WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM dossier WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM due WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM question WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM event_link WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM reach WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM listed WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM listed_text WHERE rowid NOT IN (SELECT number FROM listed))
              + (SELECT count(*) FROM twin_key WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM told_apart WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM half_day WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM headcount WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM opinion WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM support WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM event_tally WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM place WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM way WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM move WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM programme WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM leader WHERE document_id NOT IN (SELECT id FROM document))
              + (SELECT count(*) FROM search WHERE rowid NOT IN (SELECT number FROM document))",
        [],
        |row| row.get(0),
    )?)
}

/// Somebody whom a search found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Found {
    pub document: DocumentId,
    pub kind: &'static str,
    pub title: String,
}

/// Full-text search: every word of `query` begins a word of the document. At most `most`, the best first.
pub fn search(db: &Connection, query: &str, most: usize) -> Result<Vec<Found>, StoreError> {
    let words: Vec<String> =
        names::fold_search(query).split(' ').filter(|w| !w.is_empty()).map(|w| format!("\"{w}\"*")).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT document.id, document.kind,
                coalesce((SELECT name FROM person WHERE document_id = document.id),
                         (SELECT title FROM association WHERE document_id = document.id),
                         (SELECT title FROM event WHERE document_id = document.id),
                         (SELECT title FROM dossier WHERE document_id = document.id), '')
         FROM search JOIN document ON document.number = search.rowid
         WHERE search MATCH :words ORDER BY rank LIMIT :most",
    )?;
    let key = named_params! { ":words": words.join(" "), ":most": most };
    let rows = statement.query_map(key, |row| {
        Ok(Found {
            document: DocumentId(row.get(0)?),
            kind: super::documents::kind_at(row, 1)?.as_str(),
            title: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every open Question that a document raises by itself, as JSON, and how many there are beyond `most`.
pub fn questions(db: &Connection, most: usize) -> Result<(Vec<serde_json::Value>, u64), StoreError> {
    let all: u64 = db.query_row("SELECT count(*) FROM question", [], |row| row.get(0))?;
    let mut statement = db.prepare_cached("SELECT content FROM question ORDER BY document_id, id LIMIT :most")?;
    let rows = statement.query_map(named_params! { ":most": most }, |row| row.get::<_, String>(0))?;
    let texts = rows.collect::<Result<Vec<_>, _>>()?;
    let questions = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect::<Vec<_>>();
    let beyond = all.saturating_sub(questions.len() as u64);
    Ok((questions, beyond))
}
