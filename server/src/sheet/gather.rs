//! What goes on an event's papers, gathered from its document and from those of its people.

use std::collections::BTreeMap;

use papers::{Cell, Gathering, HeadCount, House, How, Ink, Picture, Row, Sheet, Slot, Trainer};
use rusqlite::Connection;
use shared::{
    field::{Field, Value},
    id::{DocumentId, RowId},
    mark::{self, Attendance, Mark, Signature, Signer, attendance, signature_that_counts},
    names,
    record::{EventRecord, PersonRecord, Record},
    settings::Settings,
};

use super::calendar;
use crate::{
    erasure, secret,
    storage::{StoreError, blobs, figures::LINKS_MAX, logos},
};

/// An event with everything around it that its papers name.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) event: EventRecord,
    /// The people on its roster, linked ones as one, by family name.
    pub(super) people: Vec<Participant>,
    pub(super) gathering: Gathering,
}

/// Somebody on the roster.
#[derive(Debug)]
pub(super) struct Participant {
    pub(super) person: DocumentId,
    /// Everybody who is the same human being, says a human.
    pub(super) all: Vec<DocumentId>,
    pub(super) record: PersonRecord,
    pub(super) association: String,
}

pub(super) fn gather(db: &Connection, id: DocumentId) -> Result<Option<Gathered>, StoreError> {
    let Some(Record::Event(event)) = erasure::record(db, id)? else { return Ok(None) };
    let mut people: BTreeMap<DocumentId, Participant> = BTreeMap::new();
    let mut titles: BTreeMap<DocumentId, String> = BTreeMap::new();
    for person in event.roster.keys() {
        let (stands, record) = stands_for(db, *person)?;
        if let Some(known) = people.get_mut(&stands) {
            known.all.push(*person);
            continue;
        }
        let association = match record.fields.document(Field::Association) {
            Some(id) => match titles.get(&id) {
                Some(title) => title.clone(),
                None => {
                    let title = erasure::record(db, id)?.map_or_else(String::new, |record| record.title());
                    titles.insert(id, title.clone());
                    title
                }
            },
            None => String::new(),
        };
        people.insert(stands, Participant { person: stands, all: vec![*person], record, association });
    }
    let mut people: Vec<_> = people.into_values().collect();
    people.sort_by_cached_key(|one| {
        let parts = [Field::Family, Field::Given, Field::NameAr].map(|field| one.record.fields.text(field));
        (names::fold_search(&parts.join(" ")), one.person)
    });
    let gathering = gathering(db, &event)?;
    Ok(Some(Gathered { event, people, gathering }))
}

/// The person who stands for this one, and what is known of them. Of somebody who was erased nothing is.
fn stands_for(db: &Connection, person: DocumentId) -> Result<(DocumentId, PersonRecord), StoreError> {
    let mut at = person;
    let mut known = PersonRecord::default();
    for _ in 0..LINKS_MAX {
        let Some(Record::Person(record)) = erasure::record(db, at)? else { break };
        let next = record.fields.document(Field::SameAs);
        known = record;
        match next {
            Some(next) if next != person => at = next,
            _ => break,
        }
    }
    Ok((at, known))
}

fn gathering(db: &Connection, event: &EventRecord) -> Result<Gathering, StoreError> {
    let settings = erasure::settings(db)?;
    let house = Settings(Some(&settings));
    let f = &event.fields;
    let text = |field| f.text(field).to_owned();
    let listed = |field| -> Vec<String> {
        f.text(field).split([',', ';']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    let mut funders = Vec::new();
    for name in listed(Field::Funders) {
        let logo = logo(db, &name)?;
        funders.push(papers::Funder { name, logo });
    }
    let slots = event.slots.iter().map(|slot| Slot {
        day: slot.fields.text(Field::Day).to_owned(),
        starts: slot.fields.text(Field::Starts).to_owned(),
        ends: slot.fields.text(Field::Ends).to_owned(),
        minutes_planned: calendar::minutes(slot),
        minutes_delivered: None,
    });
    let remote = event.marks.iter().filter(|mark| mark.withdrawn.is_none() && mark.status == mark::Status::Remote);
    Ok(Gathering {
        house: House {
            name: house.text(Field::HouseName).to_owned(),
            address: house.text(Field::HouseContact).to_owned(),
            logo: logo(db, "")?,
        },
        funders,
        project: text(Field::ProjectCode),
        title: text(Field::Title),
        kind: kind_label(f.text(Field::EventKind)),
        place: text(Field::Place),
        address: text(Field::Address),
        commune: text(Field::Commune),
        languages: listed(Field::Languages).iter().map(|language| language_label(language)).collect(),
        modality: if remote.count() > 0 { "En présence et à distance" } else { "En présence" }.to_owned(),
        slots: slots.collect(),
    })
}

/// The logo of a funder, or of the house (an empty name), if there is one. A sealed sheet keeps it in what its manifest names the hash of.
fn logo(db: &Connection, name: &str) -> Result<Option<Picture>, StoreError> {
    // It was looked through before it was kept.
    Ok(logos::picture_of(db, name)?.and_then(|bytes| Picture::new(bytes).ok()))
}

/// What an event is, as papers say it.
fn kind_label(kind: &str) -> String {
    match kind {
        "writing_workshop" => "Atelier d’écriture",
        "project_training" => "Formation au montage de projets",
        "finance_training" => "Formation à la gestion financière",
        "information_meeting" => "Réunion d’information",
        "group_support" => "Appui collectif",
        "other" => "Autre événement",
        own => own,
    }
    .to_owned()
}

fn language_label(language: &str) -> String {
    match language {
        "fr" => "français",
        "ar" => "arabe",
        "shi" => "tachelhit",
        "en" => "anglais",
        other => other,
    }
    .to_owned()
}

impl Gathered {
    /// The sheet as it is now, not sealed.
    pub(super) fn sheet(&self, db: &Connection, now_ms: u64) -> Result<Sheet, StoreError> {
        let event = &self.event;
        let mut people = Vec::with_capacity(self.people.len());
        for one in &self.people {
            let mut cells = Vec::with_capacity(event.slots.len());
            for slot in &event.slots {
                cells.push(self.cell(db, one, slot.id)?);
            }
            let text = |field| one.record.fields.text(field).to_owned();
            people.push(Row {
                family: text(Field::Family),
                given: text(Field::Given),
                name_ar: text(Field::NameAr),
                association: one.association.clone(),
                role: String::new(),
                cells,
            });
        }
        let mut trainers = Vec::new();
        for trainer in &event.trainers {
            let mut inks = Vec::new();
            for slot in &event.slots {
                let counts = signature_that_counts(event.signatures_of(Signer::Trainer(trainer.id), slot.id));
                inks.push(counts.map_or(Ok(None), |one| ink(db, &one.ink))?);
            }
            trainers.push(Trainer { name: trainer.name().to_owned(), inks });
        }
        // One who is printed as a name only, as events of earlier versions had it.
        if let (Value::Text(name), true) = (event.fields.get(Field::Trainer), trainers.is_empty()) {
            trainers.push(Trainer { name: name.clone(), inks: event.slots.iter().map(|_| None).collect() });
        }
        Ok(Sheet {
            gathering: self.gathering.clone(),
            trainers,
            people,
            heads: self.heads(),
            completeness: papers::Completeness::default(),
            seal: None,
            made_ms: now_ms,
        })
    }

    pub(super) fn marks_of<'a>(&'a self, one: &'a Participant, slot: RowId) -> impl Iterator<Item = &'a Mark> {
        self.event.marks.iter().filter(move |mark| mark.slot == slot && one.all.contains(&mark.person))
    }

    pub(super) fn signature_of(&self, one: &Participant, slot: RowId) -> Option<&Signature> {
        let all = one.all.iter().flat_map(|person| self.event.signatures_of(Signer::Person(*person), slot));
        signature_that_counts(all)
    }

    pub(super) fn attendance_of(&self, one: &Participant, slot: RowId) -> Attendance {
        attendance(self.marks_of(one, slot))
    }

    fn cell(&self, db: &Connection, one: &Participant, slot: RowId) -> Result<Cell, StoreError> {
        let all = self.attendance_of(one, slot);
        let standing = self.marks_of(one, slot).filter(|mark| mark.withdrawn.is_none());
        let prevailing =
            standing.filter(|mark| Some(mark.status) == all.status()).max_by_key(|mark| (mark.at_ms, mark.id));
        let signature = self.signature_of(one, slot);
        let on_paper = prevailing.is_some_and(|mark| mark.how == mark::How::Paper);
        Ok(Cell {
            status: match all.status() {
                Some(mark::Status::Present) => papers::Status::Present,
                Some(mark::Status::Partial) => papers::Status::Partial,
                Some(mark::Status::Remote) => papers::Status::Remote,
                Some(mark::Status::Excused) => papers::Status::Excused,
                Some(mark::Status::Absent) => papers::Status::Absent,
                None => papers::Status::None,
            },
            minutes: prevailing.and_then(|mark| mark.minutes),
            ink: signature.map_or(Ok(None), |one| ink(db, &one.ink))?,
            how: match signature.map(|one| one.how) {
                Some(mark::How::Kiosk) => Some(How::Kiosk),
                Some(mark::How::Paper) => Some(How::Paper),
                Some(_) => Some(How::Screen),
                None if on_paper => Some(How::Paper),
                None => None,
            },
            late: prevailing.is_some_and(|mark| mark.late),
        })
    }

    fn heads(&self) -> Vec<HeadCount> {
        let label = |count: &shared::record::Headcount| {
            let slot = self.event.slots.iter().find(|slot| slot.id == count.slot);
            let when = slot.map_or_else(String::new, |slot| {
                format!("{} {}", slot.fields.text(Field::Day), slot.fields.text(Field::Starts))
            });
            let sex = match count.sex.as_str() {
                "f" => "femmes",
                "h" => "hommes",
                "other" => "autre",
                _ => "sexe non précisé",
            };
            let band = match count.age_band.as_str() {
                "under_18" => "moins de 18 ans",
                "18_30" => "18 à 30 ans",
                "31_60" => "31 à 60 ans",
                "over_60" => "plus de 60 ans",
                _ => "âge non précisé",
            };
            format!("{when} : {sex}, {band}")
        };
        let counted = self.event.headcounts.iter().filter(|count| count.people > 0);
        counted.map(|count| HeadCount { label: label(count), count: count.people }).collect()
    }
}

/// The strokes of a signature; none where the phone that took it has not brought them yet.
fn ink(db: &Connection, name: &str) -> Result<Option<Ink>, StoreError> {
    let Some(hash) = secret::unhex::<32>(name) else { return Ok(None) };
    Ok(blobs::read(db, &hash)?.and_then(|blob| Ink::from_json(&blob.bytes).ok()))
}
