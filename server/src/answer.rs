//! The answer to somebody who asks what is known of them: all of it, in one file that they can read, and one for machines.

use std::{collections::BTreeMap, fmt::Write as _};

use rusqlite::Connection;
use serde::Serialize;
use shared::{
    document::{Document, Kind},
    field::{Field, Value},
    history::{self, Did},
    id::{DeviceId, DocumentId},
    mark::Status,
    record::{Fields, Joined, PhoneRow, Record},
};

use crate::{
    erasure::{self, Named, Refusal},
    ingest::load,
    media::{Ink, Media},
    secret,
    storage::{StoreError, access, blobs, documents, erasures, journal, scope},
};

/// Lines of the journal that one answer shows.
const READS_MAX: usize = 1_000;

/// All that is known of somebody. Moments are milliseconds since 1970.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    pub made_ms: u64,
    /// The record that was asked for, then those that a human said are the same human being.
    pub records: Vec<PersonAnswer>,
    /// Who read or answered with their contact data, and when.
    pub reads: Vec<Read>,
    /// The accounts on whose phones their contact data may be.
    pub holders: Vec<Holder>,
}

/// One record of a person.
#[derive(Debug, Clone, Serialize)]
pub struct PersonAnswer {
    pub person: DocumentId,
    pub name: String,
    pub fields: Vec<FieldAnswer>,
    pub phones: Vec<PhoneRow>,
    pub emails: Vec<String>,
    pub association: Option<Named>,
    pub events: Vec<EventAnswer>,
    /// Their signatures, and the photos and scans of them alone.
    pub blobs: Vec<BlobAnswer>,
    /// The newest first, of the record and of the contact.
    pub history: Vec<Changed>,
    /// Changes about them that wait for a decision.
    pub waiting: u64,
}

/// One field, with every value where people disagreed.
#[derive(Debug, Clone, Serialize)]
pub struct FieldAnswer {
    pub field: Field,
    pub value: Value,
    pub apart: Vec<ApartAnswer>,
}

/// One of several values.
#[derive(Debug, Clone, Serialize)]
pub struct ApartAnswer {
    pub value: Value,
    pub by: Writer,
    pub at_ms: u64,
}

/// Who wrote something, on what.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Writer {
    pub name: String,
    pub device: String,
}

/// An event that names them.
#[derive(Debug, Clone, Serialize)]
pub struct EventAnswer {
    pub event: DocumentId,
    pub title: String,
    pub place: String,
    pub joined: Joined,
    pub marks: Vec<MarkAnswer>,
}

/// What was said of their presence.
#[derive(Debug, Clone, Serialize)]
pub struct MarkAnswer {
    pub day: String,
    pub starts: String,
    pub status: Status,
    pub minutes: Option<u16>,
    pub by: Writer,
    pub at_ms: u64,
    /// Why it was taken back, if it was.
    pub withdrawn: Option<String>,
}

/// A signature, a photo or a scan.
#[derive(Debug, Clone, Serialize)]
pub struct BlobAnswer {
    /// Its name: SHA-256 in hex. Whoever answers opens a photo or a scan in the app.
    pub hash: String,
    pub media: Media,
    pub size: u64,
    pub stored_ms: u64,
    /// A signature itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ink: Option<Ink>,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    pub by: Writer,
    pub at_ms: u64,
    pub did: Vec<Did>,
}

/// One reading of their contact data.
#[derive(Debug, Clone, Serialize)]
pub struct Read {
    pub at_ms: u64,
    pub name: String,
    pub action: String,
}

/// Somebody who may hold their contact data.
#[derive(Debug, Clone, Serialize)]
pub struct Holder {
    pub name: String,
    pub role: shared::role::Role,
}

/// Gathers all that is known of somebody.
///
/// # Errors
/// [`Refusal::Unknown`]; what the storage fails on.
pub fn gather(db: &Connection, person: DocumentId, now_ms: u64) -> Result<Answer, Refusal> {
    let people = erasure::people_of(db, person)?;
    let mut desk = Desk { db, writers: BTreeMap::new() };
    let mut answer = Answer { made_ms: now_ms, records: Vec::new(), reads: Vec::new(), holders: Vec::new() };
    for id in people {
        answer.records.extend(desk.person(id)?);
        answer.reads.extend(desk.reads(id)?);
    }
    answer.reads.sort_by_key(|read| std::cmp::Reverse(read.at_ms));
    answer.holders = desk.holders(person)?;
    Ok(answer)
}

struct Desk<'a> {
    db: &'a Connection,
    writers: BTreeMap<DeviceId, Writer>,
}

impl Desk<'_> {
    fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        documents::standing(self.db, id)?.map(|standing| load(self.db, id, &standing)).transpose()
    }

    fn writer(&mut self, device: Option<DeviceId>) -> Result<Writer, StoreError> {
        let Some(device) = device else { return Ok(Writer::default()) };
        if let Some(writer) = self.writers.get(&device) {
            return Ok(writer.clone());
        }
        let standing = access::standing(self.db, device)?;
        let writer = standing
            .map_or_else(Writer::default, |found| Writer { name: found.account.name, device: found.device.label });
        self.writers.insert(device, writer.clone());
        Ok(writer)
    }

    fn person(&mut self, id: DocumentId) -> Result<Option<PersonAnswer>, StoreError> {
        let Some(document) = self.document(id)? else { return Ok(None) };
        let Record::Person(person) = Record::read(&document) else { return Ok(None) };
        let mut answer = PersonAnswer {
            person: id,
            name: person.name(),
            fields: Vec::new(),
            phones: Vec::new(),
            emails: Vec::new(),
            association: None,
            events: Vec::new(),
            blobs: Vec::new(),
            history: self.history(&document)?,
            waiting: erasures::waiting(self.db, id)?,
        };
        for field in Field::of(Kind::Person) {
            answer.fields.extend(self.field(&person.fields, *field)?);
        }
        if let Some(association) = person.fields.document(Field::Association) {
            let record = erasure::record(self.db, association)?;
            let title = record.map_or_else(String::new, |record| record.fields().text(Field::Title).to_owned());
            answer.association = Some(Named { document: association, title });
        }
        let contact_id = DocumentId::contact_of(id);
        answer.waiting += erasures::waiting(self.db, contact_id)?;
        if let Some(document) = self.document(contact_id)? {
            answer.history.extend(self.history(&document)?);
            answer.history.sort_by_key(|changed| std::cmp::Reverse(changed.at_ms));
            if let Record::Contact(contact) = Record::read(&document) {
                answer.fields.extend(self.field(&contact.fields, Field::MessagesConsent)?);
                answer.phones = contact.phones;
                answer.emails = contact.emails;
            }
        }
        for sheet in erasures::sheets(self.db, id)? {
            answer.events.extend(self.event(sheet.event, id)?);
        }
        for blobs::Listed { hash, media, size, stored_ms } in blobs::of_subject(self.db, id)? {
            let is_ink = media == Media::Ink;
            let ink = if is_ink { blobs::read(self.db, &hash)?.and_then(|blob| Ink::read(&blob.bytes)) } else { None };
            answer.blobs.push(BlobAnswer { hash: secret::hex(&hash), media, size, stored_ms, ink });
        }
        Ok(Some(answer))
    }

    fn field(&mut self, fields: &Fields, field: Field) -> Result<Option<FieldAnswer>, StoreError> {
        let Some(register) = fields.0.get(&field) else { return Ok(None) };
        let mut apart = Vec::new();
        for one in &register.apart {
            let (value, at_ms) = (one.value.clone(), one.at_ms);
            apart.push(ApartAnswer { value, by: self.writer(one.by)?, at_ms });
        }
        Ok(Some(FieldAnswer { field, value: register.value.clone(), apart }))
    }

    fn event(&mut self, id: DocumentId, person: DocumentId) -> Result<Option<EventAnswer>, StoreError> {
        let Some(Record::Event(event)) = erasure::record(self.db, id)? else { return Ok(None) };
        let Some(joined) = event.roster.get(&person).copied() else { return Ok(None) };
        let mut marks = Vec::new();
        for mark in event.marks.iter().filter(|mark| mark.person == person) {
            let slot = event.slots.iter().find(|slot| slot.id == mark.slot);
            let text = |field| slot.map_or_else(String::new, |slot| slot.fields.text(field).to_owned());
            marks.push(MarkAnswer {
                day: text(Field::Day),
                starts: text(Field::Starts),
                status: mark.status,
                minutes: mark.minutes,
                by: self.writer(mark.by)?,
                at_ms: mark.at_ms,
                withdrawn: mark.withdrawn.as_ref().map(|withdrawal| withdrawal.reason.clone()),
            });
        }
        marks.sort_by_key(|mark| mark.at_ms);
        let text = |field| event.fields.text(field).to_owned();
        Ok(Some(EventAnswer { event: id, title: text(Field::Title), place: text(Field::Place), joined, marks }))
    }

    fn history(&mut self, document: &Document) -> Result<Vec<Changed>, StoreError> {
        let (entries, _) = history::history(document, usize::MAX);
        let mut changes = Vec::with_capacity(entries.len());
        for entry in entries {
            changes.push(Changed { by: self.writer(entry.by)?, at_ms: entry.at_ms, did: entry.did });
        }
        Ok(changes)
    }

    fn reads(&self, person: DocumentId) -> Result<Vec<Read>, StoreError> {
        let mut reads = Vec::new();
        let mut wanted = journal::Wanted { subject: Some(person.to_string()), ..journal::Wanted::default() };
        loop {
            let lines = journal::lines(self.db, &wanted)?;
            let Some(last) = lines.last() else { return Ok(reads) };
            wanted.before = Some(last.number);
            let about_reading =
                [journal::Action::ContactRead, journal::Action::PersonAnswered].map(journal::Action::as_str);
            reads.extend(
                lines.into_iter().filter(|line| about_reading.contains(&line.action.as_str())).map(|line| Read {
                    at_ms: line.at_ms,
                    name: line.name.unwrap_or_default(),
                    action: line.action,
                }),
            );
            if reads.len() >= READS_MAX {
                return Ok(reads);
            }
        }
    }

    fn holders(&self, person: DocumentId) -> Result<Vec<Holder>, StoreError> {
        let mut holders = Vec::new();
        for row in access::accounts(self.db)?.into_iter().filter(|row| !row.disabled) {
            let account = row.account;
            let holds = account.role.may_read(Kind::Contact)
                && (account.scope == shared::role::Scope::Everything
                    || scope::concerns(self.db, account.id, &[person])?);
            if holds {
                holders.push(Holder { name: account.name, role: account.role });
            }
        }
        Ok(holders)
    }
}

/// The answer as a page of its own: in French, to be printed or sent.
#[must_use]
pub fn html(answer: &Answer) -> String {
    let mut page = Html(String::with_capacity(16 * 1024));
    let name = answer.records.first().map_or("", |record| record.name.as_str());
    page.raw("<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    page.text(&format!("Données personnelles : {name}"));
    page.raw("</title>\n<style>");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<h1>Ce que nous savons de ");
    page.bdi(name);
    page.raw("</h1>\n<p>Réponse à une demande d’accès (article 15 du RGPD), établie le ");
    page.text(&moment(answer.made_ms));
    page.raw(
        ". Heures en temps universel. Vous pouvez demander la correction ou l’effacement de ces données, et saisir la CNIL.</p>\n",
    );
    for record in &answer.records {
        page.person(record, answer.records.len() > 1);
    }
    page.raw("<h2>Qui a consulté les coordonnées</h2>\n");
    page.table(
        &["Quand", "Qui", "Quoi"],
        answer.reads.iter().map(|read| {
            let what =
                if read.action == "contact_read" { "Coordonnées lues" } else { "Réponse à une demande d’accès" };
            [moment(read.at_ms), read.name.clone(), what.to_owned()]
        }),
    );
    page.raw("<h2>Qui peut détenir les coordonnées sur son appareil</h2>\n");
    page.table(
        &["Qui", "Rôle"],
        answer.holders.iter().map(|holder| [holder.name.clone(), role(holder.role).to_owned()]),
    );
    page.raw("</body>\n</html>\n");
    page.0
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #999}\
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid #ccc}\
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}";

/// HTML being written. Whatever comes from documents is escaped, and stands in its own direction of writing.
struct Html(String);

impl Html {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    fn bdi(&mut self, text: &str) {
        self.raw("<bdi>");
        self.text(text);
        self.raw("</bdi>");
    }

    fn table<const N: usize>(&mut self, head: &[&str; N], rows: impl Iterator<Item = [String; N]>) {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return self.raw("<p>Rien.</p>\n");
        }
        self.raw("<table>\n<thead><tr>");
        for cell in head {
            self.raw("<th scope=\"col\">");
            self.text(cell);
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for cell in row {
                self.raw("<td dir=\"auto\">");
                self.text(&cell);
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }

    /// A signature as it was drawn. Numbers only.
    fn signature(&mut self, ink: &Ink) {
        let Ink { width, height, .. } = ink;
        let head =
            format!("<p><svg role=\"img\" aria-label=\"Signature\" width=\"300\" viewBox=\"0 0 {width} {height}\">");
        self.raw(&head);
        for stroke in &ink.strokes {
            let points: Vec<String> = stroke.iter().map(ToString::to_string).collect();
            self.raw("<polyline fill=\"none\" stroke=\"#000\" stroke-width=\"3\" stroke-linecap=\"round\" points=\"");
            self.raw(&points.join(" "));
            self.raw("\"/>");
        }
        self.raw("</svg></p>\n");
    }

    fn person(&mut self, person: &PersonAnswer, one_of_many: bool) {
        if one_of_many {
            self.raw("<h2>Fiche de ");
            self.bdi(&person.name);
            self.raw("</h2>\n<p>Cette fiche a été réunie avec les autres par une personne de l’équipe.</p>\n");
        }
        self.raw("<h2>Identité</h2>\n");
        let fields = person.fields.iter().flat_map(|field| {
            let shown = [label(field.field).to_owned(), said(field.field, &field.value), String::new()];
            let apart = field.apart.iter().map(|apart| {
                let who = format!("{} ({}), {}", apart.by.name, apart.by.device, moment(apart.at_ms));
                [format!("{} : une des valeurs", label(field.field)), said(field.field, &apart.value), who]
            });
            let kept = (field.value != Value::Empty).then_some(shown);
            kept.into_iter().chain(apart).collect::<Vec<_>>()
        });
        let named = person.association.as_ref().map(|named| named.title.clone());
        let association = named.map(|title| ["Nom de l’association".to_owned(), title, String::new()]);
        self.table(&["Donnée", "Valeur", "Écrite par"], fields.chain(association));
        self.raw("<h2>Coordonnées</h2>\n");
        let phones = person.phones.iter().map(|phone| {
            let number =
                if phone.e164.is_empty() { phone.raw.clone() } else { format!("{} ({})", phone.e164, phone.raw) };
            ["Téléphone".to_owned(), number]
        });
        let emails = person.emails.iter().map(|email| ["Adresse électronique".to_owned(), email.clone()]);
        self.table(&["Donnée", "Valeur"], phones.chain(emails));
        self.raw("<h2>Événements et pointages</h2>\n");
        let rows = person.events.iter().flat_map(|event| {
            let joined = if event.joined == Joined::WalkIn { "Inscription sur place" } else { "Attendue, attendu" };
            let head = [format!("{}, {}", event.title, event.place), joined.to_owned(), String::new()];
            let marks = event.marks.iter().map(|mark| {
                let mut word = status(mark.status).to_owned();
                if let Some(minutes) = mark.minutes {
                    write!(word, ", {minutes} minutes").ok();
                }
                if let Some(reason) = &mark.withdrawn {
                    write!(word, " ; retiré : {reason}").ok();
                }
                let who = format!("{} ({}), {}", mark.by.name, mark.by.device, moment(mark.at_ms));
                [format!("{} {}", mark.day, mark.starts), word, who]
            });
            std::iter::once(head).chain(marks).collect::<Vec<_>>()
        });
        self.table(&["Événement ou demi-journée", "Ce qui est dit", "Par qui et quand"], rows);
        self.raw("<h2>Signatures et photos</h2>\n");
        let blobs = person.blobs.iter().map(|blob| {
            let what = match blob.media {
                Media::Ink => "Signature",
                Media::Jpeg => "Photo",
                Media::Pdf => "Document numérisé",
                Media::Docx | Media::Xlsx | Media::Odt | Media::Ods => "Document",
            };
            [moment(blob.stored_ms), what.to_owned(), format!("{} octets", blob.size), blob.hash.clone()]
        });
        self.table(&["Reçue le", "Quoi", "Taille", "Empreinte SHA-256"], blobs);
        for ink in person.blobs.iter().filter_map(|blob| blob.ink.as_ref()) {
            self.signature(ink);
        }
        self.raw("<h2>Historique</h2>\n");
        self.table(
            &["Quand", "Qui", "Quoi"],
            person.history.iter().map(|changed| {
                let who = format!("{} ({})", changed.by.name, changed.by.device);
                let what: Vec<String> = changed.did.iter().map(told).collect();
                [moment(changed.at_ms), who, what.join(" ; ")]
            }),
        );
        if person.waiting > 0 {
            self.raw("<p>");
            self.text(&format!("{} modifications attendent une décision de l’équipe.", person.waiting));
            self.raw("</p>\n");
        }
    }
}

fn moment(at_ms: u64) -> String {
    let minutes = at_ms / 60_000;
    format!("{} à {:02}:{:02}", erasure::day_of(at_ms), minutes / 60 % 24, minutes % 60)
}

fn label(field: Field) -> &'static str {
    match field {
        Field::Given => "Prénom",
        Field::Family => "Nom de famille",
        Field::NameAr => "Nom en arabe",
        Field::Sex => "Sexe",
        Field::AgeBand => "Tranche d’âge",
        Field::Commune => "Commune",
        Field::Origin => "Territoires d’origine",
        Field::Association => "Association (numéro interne)",
        Field::SameAs => "Même personne que (numéro interne)",
        Field::NoticeRead => "Note d’information lue le",
        Field::PhotoConsent => "Accord pour les photos",
        Field::MessagesConsent => "Accord pour les messages",
        other => other.key(),
    }
}

fn said(field: Field, value: &Value) -> String {
    let word = match (field, value) {
        (Field::NoticeRead, Value::Number(at_ms)) => return moment(u64::try_from(*at_ms).unwrap_or(0)),
        (Field::Sex, Value::Text(word)) => match word.as_str() {
            "f" => "femme",
            "h" => "homme",
            "other" => "autre",
            "unspecified" => "non précisé",
            other => other,
        },
        (Field::AgeBand, Value::Text(word)) => match word.as_str() {
            "under_18" => "moins de 18 ans",
            "18_30" => "18 à 30 ans",
            "31_60" => "31 à 60 ans",
            "over_60" => "plus de 60 ans",
            other => other,
        },
        (Field::PhotoConsent | Field::MessagesConsent, Value::Text(word)) => match word.as_str() {
            "given" => "donné",
            "withdrawn" => "retiré",
            other => other,
        },
        (_, value) => return value.to_string(),
    };
    word.to_owned()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Present => "présence",
        Status::Partial => "présence partielle",
        Status::Absent => "absence",
        Status::Excused => "absence excusée",
        Status::Remote => "à distance",
    }
}

fn role(role: shared::role::Role) -> &'static str {
    match role {
        shared::role::Role::Volunteer => "bénévole",
        shared::role::Role::Coordinator => "coordination",
        shared::role::Role::Staff => "équipe salariée",
        shared::role::Role::Admin => "administration",
        shared::role::Role::Auditor => "contrôle",
    }
}

fn told(did: &Did) -> String {
    match did {
        Did::Set { field, value: Value::Empty } => format!("{} : effacé", label(*field)),
        Did::Set { field, value } => format!("{} : {}", label(*field), said(*field, value)),
        Did::SetCell { rows, cell, value, .. } => {
            let what = match (rows.as_str(), cell.as_str()) {
                ("phones", "raw") => "Téléphone écrit",
                ("phones", "e164") => "Téléphone",
                ("phones", "country") => "Pays du téléphone",
                ("emails", _) => "Adresse électronique",
                (_, cell) => cell,
            };
            format!("{what} : {value}")
        }
        Did::Decided { chose: Value::Empty, .. } => "Décision reprise".to_owned(),
        Did::Decided { reason, .. } if reason.is_empty() => "Décision entre plusieurs valeurs".to_owned(),
        Did::Decided { reason, .. } => format!("Décision entre plusieurs valeurs : {reason}"),
        Did::Assigned { .. } => "Question confiée".to_owned(),
        Did::Rewritten => "Fiche réécrite sans son historique".to_owned(),
        Did::Joined { .. }
        | Did::TookOff { .. }
        | Did::Marked { .. }
        | Did::Withdrew { .. }
        | Did::Signed { .. }
        | Did::KeptPaper
        | Did::Counted { .. }
        | Did::Linked { .. }
        | Did::Sealed { .. }
        | Did::Moved { .. }
        | Did::Visaed { .. }
        | Did::Reviewed { .. }
        | Did::Reworded { .. }
        | Did::ReadAgain { .. }
        | Did::Published { .. }
        | Did::Confirmed { .. } => "Autre modification".to_owned(),
    }
}
