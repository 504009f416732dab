//! An event's figures: what `shared::figures` counts, gathered from documents and projections; and what of it leaves the house.

use std::collections::{BTreeMap, BTreeSet};

use papers::{FigureBook, FigureCell, FigureLine, FigureSection};
use rusqlite::Connection;
use shared::{
    field::Field,
    figures::{self, By, FigureRow, FigureTable, Figures, IN_MOROCCO, SEVERAL, Shown, Somebody, UNKNOWN},
    id::DocumentId,
    record::{EventRecord, Fields, Record},
};

use super::{
    File, Refusal, calendar, changed_since, file,
    gather::{self, Gathered, Participant},
};
use crate::{
    erasure,
    import::morocco,
    places,
    storage::{
        StoreError,
        figures::{present_before, stands_for, ties},
        sheets, twins,
    },
};

/// An event's figures, for the house.
///
/// # Errors
/// [`Refusal::Unknown`]; what the storage fails on.
pub fn figures(db: &Connection, id: DocumentId) -> Result<Figures, Refusal> {
    Ok(gathered(db, id)?.1)
}

fn gathered(db: &Connection, id: DocumentId) -> Result<(Gathered, Figures), Refusal> {
    let gathered = gather::gather(db, id)?.ok_or(Refusal::Unknown)?;
    let before = Before::of(db, id, &gathered.event)?;
    let mut associations = BTreeMap::new();
    let mut people = Vec::with_capacity(gathered.people.len());
    for one in &gathered.people {
        people.push(somebody(db, one, &before, &mut associations)?);
    }
    let is_final = sheets::last(db, id)?.is_some() && !changed_since(db, id, &gathered.event)?;
    let mut figures = figures::figures(&gathered.event, &people, is_final);
    figures.tables.iter_mut().for_each(name);
    Ok((gathered, figures))
}

/// Who came to earlier events: the people, as they stand for themselves, and their associations.
#[derive(Default)]
struct Before {
    people: BTreeSet<DocumentId>,
    associations: BTreeSet<DocumentId>,
}

impl Before {
    fn of(db: &Connection, id: DocumentId, event: &EventRecord) -> Result<Self, StoreError> {
        let first_day = event.slots.iter().map(|slot| slot.fields.text(Field::Day)).find(|day| !day.is_empty());
        let Some(first_day) = first_day else { return Ok(Self::default()) };
        let ties = ties(db)?;
        let mut before = Self::default();
        for person in present_before(db, id, first_day)? {
            let stands = stands_for(&ties, person);
            before.people.insert(stands);
            if let Some(association) = ties.get(&stands).and_then(|ties| ties.association) {
                before.associations.insert(twins::association_stands_for(db, association)?);
            }
        }
        Ok(before)
    }
}

fn somebody(
    db: &Connection,
    one: &Participant,
    before: &Before,
    associations: &mut BTreeMap<DocumentId, Option<Fields>>,
) -> Result<Somebody, StoreError> {
    let association = one.record.fields.document(Field::Association);
    let association = association.map(|id| twins::association_stands_for(db, id)).transpose()?;
    if let Some(id) = association.filter(|id| !associations.contains_key(id)) {
        let fields = match erasure::record(db, id)? {
            Some(Record::Association(association)) => Some(association.fields),
            _ => None,
        };
        associations.insert(id, fields);
    }
    let fields = association.and_then(|id| associations.get(&id)).and_then(Option::as_ref);
    let text = |field| one.record.fields.text(field).to_owned();
    Ok(Somebody {
        all: one.all.clone(),
        sex: text(Field::Sex),
        age_band: text(Field::AgeBand),
        departement: figures::departement_of(&one.record.fields, fields),
        origin: figures::origin_of(fields),
        association,
        is_known: before.people.contains(&one.person),
        association_is_known: association.is_some_and(|id| before.associations.contains(&id)),
    })
}

/// Says what the places of a table are called.
fn name(table: &mut FigureTable) {
    for row in &mut table.rows {
        let names = match table.by {
            By::Departement => places::departement(&row.key).map(|name| (name, "")),
            By::Origin => morocco::names_of(&row.key),
            _ => None,
        };
        if let Some((name, name_ar)) = names {
            (row.name, row.name_ar) = (name.to_owned(), name_ar.to_owned());
        }
    }
}

/// The forms in which figures leave the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    Xlsx,
}

/// An event's figures as a file: masked, by [`shared::figures::publish`].
///
/// # Errors
/// [`Refusal::Unknown`]; [`Refusal::Paper`] if it cannot be made.
pub fn figures_file(db: &Connection, id: DocumentId, form: Form, now_ms: u64) -> Result<File, Refusal> {
    let (gathered, figures) = gathered(db, id)?;
    let book = FigureBook {
        is_provisional: figures.is_provisional,
        head: head(&figures),
        sections: figures.tables.iter().map(section).collect(),
        made_at: calendar::written(&calendar::zone(&gathered.event.fields), now_ms),
        gathering: gathered.gathering,
        made_ms: now_ms,
    };
    Ok(match form {
        Form::Csv => file(papers::figures_csv(&book)?, super::CSV),
        Form::Xlsx => file(papers::figures_xlsx(&book)?, super::XLSX),
    })
}

fn cell(number: u32, shown: Shown) -> FigureCell {
    match shown {
        Shown::Plain => FigureCell::Number(number),
        Shown::Few => FigureCell::Few,
        Shown::Withheld => FigureCell::Withheld,
    }
}

/// What is counted of few people at all is withheld whole, but for how many they are.
fn head(figures: &Figures) -> Vec<(&'static str, FigureCell)> {
    let is_few = figures.shown != Shown::Plain;
    let of_people = |number| if is_few { FigureCell::Withheld } else { FigureCell::Number(number) };
    let new = figures.table(By::Novelty).and_then(|table| table.rows.first().filter(|_| table.is_published));
    let mut head = vec![
        ("Demi-journées", FigureCell::Number(figures.slots)),
        ("Personnes présentes", cell(figures.people, figures.shown)),
        (
            "dont venues pour la première fois",
            new.map_or(FigureCell::Withheld, |row| cell(figures.people_new, row.shown)),
        ),
        ("Participations (personnes × demi-journées)", of_people(figures.participations)),
        ("Associations touchées", of_people(figures.associations)),
        ("dont touchées pour la première fois", of_people(figures.associations_new)),
        ("Participations comptées sans nom", cell(figures.unnamed, figures.unnamed_shown)),
    ];
    if let Some(minutes) = figures.support_minutes {
        let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
        head.push((
            "Heures d’appui collectif",
            if is_few { FigureCell::Withheld } else { FigureCell::Minutes(minutes) },
        ));
    }
    head
}

fn section(table: &FigureTable) -> FigureSection {
    let rows = table.rows.iter().filter(|_| table.is_published);
    FigureSection {
        title: match table.by {
            By::Novelty => "Premières venues",
            By::Sex => "Par sexe",
            By::AgeBand => "Par tranche d’âge",
            By::Departement => "Par département",
            By::Origin => "Par territoire d’origine des associations",
            By::UnnamedSex => "Sans nom, par sexe",
            By::UnnamedAgeBand => "Sans nom, par tranche d’âge",
        },
        lines: rows
            .map(|row| FigureLine {
                label: label(table.by, row),
                people: row.people.map(|people| cell(people, row.shown)),
                participations: cell(row.participations, row.shown),
            })
            .collect(),
    }
}

/// What a line counts, as papers say it.
fn label(by: By, row: &FigureRow) -> String {
    let word = match (by, row.key.as_str()) {
        (By::Novelty, "new") => "venues pour la première fois",
        (By::Novelty, _) => "déjà venues",
        (_, UNKNOWN) => "non renseigné",
        (By::Sex | By::UnnamedSex, "f") => "femmes",
        (By::Sex | By::UnnamedSex, "h") => "hommes",
        (By::Sex | By::UnnamedSex, "other") => "autre",
        (By::AgeBand | By::UnnamedAgeBand, "under_18") => "moins de 18 ans",
        (By::AgeBand | By::UnnamedAgeBand, "18_30") => "18 à 30 ans",
        (By::AgeBand | By::UnnamedAgeBand, "31_60") => "31 à 60 ans",
        (By::AgeBand | By::UnnamedAgeBand, "over_60") => "plus de 60 ans",
        (By::Departement, IN_MOROCCO) => "au Maroc",
        (By::Origin, SEVERAL) => "plusieurs territoires",
        (_, key) if row.name.is_empty() => key,
        (_, key) => return format!("{} ({key})", row.name),
    };
    word.to_owned()
}
