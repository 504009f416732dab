//! The indicators of the house: what `shared::indicators` counts, for whoever asks, with what is said of how complete it is.

mod report;

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;
use serde::Serialize;
use shared::{
    field::Field,
    id::DocumentId,
    indicators::{self, Code, Facts, Grouping, Indicators, Period, Reference, Table, day, day_text},
    permission::Capability,
    role::Scope,
    settings::Settings,
};
use utoipa::ToSchema;

pub use self::report::{Form, Section, report};
use crate::{
    erasure,
    import::morocco,
    places,
    storage::{
        StoreError,
        access::Account,
        indicators::{self as stored, Chosen},
        scope,
    },
};

/// Why nothing was counted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("a day is no day, or the last comes before the first")]
    Period,
    #[error("there is no such indicator, or no such line")]
    Unknown,
    #[error("who stands outside is given whole years of the whole house")]
    WholeYears,
    #[error("the organisation has no identifier in the IATI register yet")]
    NoReporter,
    #[error("the report could not be made: {0}")]
    Paper(#[from] papers::PaperError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The first day, `2026-01-01`; empty is from the beginning.
    pub from: String,
    /// The last day; empty is until the end.
    pub to: String,
    /// A project code or the programme of a call; empty is all.
    pub programme: String,
    /// The code of a territory; empty is everywhere.
    pub territory: String,
}

impl Asked {
    fn period(&self) -> Result<Period, Refusal> {
        let read = |text: &str| match text {
            "" => Ok(None),
            text => day(text).map(Some).ok_or(Refusal::Period),
        };
        let period = Period { from: read(&self.from)?, to: read(&self.to)? };
        let is_turned = period.from.zip(period.to).is_some_and(|(from, to)| to < from);
        if is_turned { Err(Refusal::Period) } else { Ok(period) }
    }

    /// The part of the house that is counted: what is asked for, and no more than whoever asks holds.
    fn chosen(&self, db: &Connection, account: &Account) -> Result<Chosen, StoreError> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let held = match account.scope {
            Scope::Everything => None,
            Scope::Assigned => {
                let held = scope::assigned(db, account.id)?.into_iter();
                Some(held.map(|document| document.id).collect::<HashSet<_>>())
            }
        };
        Ok(Chosen { programme: said(&self.programme), territory: said(&self.territory), held })
    }

    fn is_whole_house(&self) -> bool {
        self.programme.trim().is_empty() && self.territory.trim().is_empty()
    }
}

/// Whether an account stands outside the house: it sees what leaves it, and no record.
#[must_use]
pub fn is_outside(account: &Account) -> bool {
    !account.role.may(Capability::ReadDirectory)
}

/// The indicators of a period, those of the one before, and what could have been asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// The period that was asked for: each number with its code, unit, target and how it leaves the house; tables by sex, age band,
    /// département, territory of origin, month, stage. See `docs/indicateurs.md`.
    #[schema(value_type = Object)]
    pub now: Indicators,
    /// The period before, as long; none where all time was asked for.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Indicators>,
    /// What is hidden is left out: who asks stands outside the house.
    pub is_masked: bool,
    pub completeness: Completeness,
    /// Programmes that can be asked for.
    pub programmes: Vec<String>,
    /// Territories that can be asked for.
    pub territories: Vec<Territory>,
}

/// A région, département or province.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Territory {
    /// `FR.13`, `FR.R93`, `MA.09`, `MA.09.541`.
    pub code: String,
    /// What it is called in French; its code where no list has it.
    pub name: String,
    /// In Arabic, where it has a name in it.
    pub name_ar: String,
}

/// How complete the numbers are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Completeness {
    /// Events that were held in the period.
    pub events: u64,
    /// Of them, those whose sheet was never sealed.
    pub unsealed: u64,
    /// Of them, those in whose sheet something came or went after it was sealed.
    pub changed: u64,
    /// Questions that are open in those events and in the dossiers that are counted.
    pub questions: u64,
    /// Half-days of the whole house without a day: they count in no period.
    pub undated: u64,
    /// Phones that hold something unsent, or have not come since the period ended.
    pub phones: u64,
    /// The share of the people that came of whom this is not filled in, in hundredths of a percent: sex, age band, département,
    /// territory of origin.
    pub unknown_bp: [u64; 4],
    /// When something changed last, by the server's clock: milliseconds since 1970.
    pub changed_ms: u64,
}

/// What was counted for one account.
struct Counted {
    facts: Facts,
    period: Period,
    now: Indicators,
    before: Option<Indicators>,
}

fn counted(db: &Connection, account: &Account, asked: &Asked) -> Result<Counted, Refusal> {
    let period = asked.period()?;
    // Who could subtract one answer from another would know what neither says.
    if is_outside(account) && (period.year().is_none() || !asked.is_whole_house()) {
        return Err(Refusal::WholeYears);
    }
    let facts = stored::facts(db, &asked.chosen(db, account)?)?;
    let settings = erasure::settings(db)?;
    let targets = indicators::targets(Settings(Some(&settings)).text(Field::Targets));
    let count = |period: Period| {
        let mut counted = indicators::count(&facts, period);
        counted.tables.iter_mut().for_each(name);
        counted
    };
    let mut now = count(period);
    now.aim(period.year().filter(|_| asked.is_whole_house()), &targets);
    let before = period.before().map(count);
    Ok(Counted { now, before, facts, period })
}

/// Counts what an account may know of.
///
/// # Errors
/// [`Refusal::Period`]; [`Refusal::WholeYears`] for an auditor; what the storage fails on.
pub fn answer(db: &Connection, account: &Account, asked: &Asked) -> Result<Answer, Refusal> {
    let counted = counted(db, account, asked)?;
    let completeness = completeness(db, &counted)?;
    let is_masked = is_outside(account);
    let (programmes, territories) = if is_masked { Default::default() } else { stored::choices(db)? };
    let leave = |indicators: Indicators| if is_masked { indicators.outside() } else { indicators };
    Ok(Answer {
        now: leave(counted.now),
        before: counted.before.map(leave),
        is_masked,
        completeness: if is_masked { completeness.outside() } else { completeness },
        programmes,
        territories: territories.into_iter().map(territory).collect(),
    })
}

impl Completeness {
    /// Shares to the tenth, so that no number of people follows from them.
    fn outside(mut self) -> Self {
        self.unknown_bp = self.unknown_bp.map(|share| (share + 500) / 1_000 * 1_000);
        self
    }
}

fn completeness(db: &Connection, counted: &Counted) -> Result<Completeness, StoreError> {
    let mut held = indicators::records(&counted.facts, counted.period, Code::Events, None);
    held.dedup_by_key(|one| one.document);
    let mut complete = Completeness {
        events: held.len() as u64,
        undated: stored::undated(db)?,
        changed_ms: stored::changed_ms(db)?,
        ..Completeness::default()
    };
    for one in &held {
        if let Some(event) = stored::held(db, one.document)? {
            complete.unsealed += u64::from(!event.is_sealed);
            complete.changed += u64::from(event.is_sealed && event.is_changed);
        }
        complete.questions += stored::open_questions(db, one.document)?;
    }
    for one in indicators::records(&counted.facts, counted.period, Code::Dossiers, None) {
        complete.questions += stored::open_questions(db, one.document)?;
    }
    // A phone that came after the last half-day has brought it: later ones are still to come.
    let last = stored::last_day(db)?.unwrap_or(i32::MIN);
    let until = counted.period.to.map_or(last, |to| to.min(last));
    complete.phones = if last == i32::MIN { 0 } else { stored::phones_behind(db, until)?.len() as u64 };
    let groupings = [Grouping::Sex, Grouping::AgeBand, Grouping::Departement, Grouping::Origin];
    complete.unknown_bp = groupings.map(|by| counted.now.table(by).map_or(0, unknown_bp));
    Ok(complete)
}

/// The share of a table's first column that is not filled in, in hundredths of a percent.
fn unknown_bp(table: &Table) -> u64 {
    let cells = |is: fn(&str) -> bool| -> u64 {
        table.rows.iter().filter(|row| is(&row.key)).filter_map(|row| row.values.first().copied().flatten()).sum()
    };
    (cells(str::is_empty) * 10_000).checked_div(cells(|_| true)).unwrap_or(0)
}

/// Says what the places of a table are called.
fn name(table: &mut Table) {
    for row in &mut table.rows {
        let names = match table.by {
            Grouping::Departement | Grouping::AssociationDepartement => {
                places::departement(&row.key).map(|name| (name, ""))
            }
            Grouping::Origin | Grouping::AssociationOrigin => morocco::names_of(&row.key),
            _ => None,
        };
        if let Some((name, name_ar)) = names {
            (row.name, row.name_ar) = (name.to_owned(), name_ar.to_owned());
        }
    }
}

/// What a territory is called. Régions of France have no list here, and are named by their départements.
fn territory(code: String) -> Territory {
    let names = match code.split_once('.') {
        Some(("MA", place)) => morocco::names_of(place).map(|(name, name_ar)| (name.to_owned(), name_ar.to_owned())),
        Some(("FR", place)) => match place.strip_prefix('R') {
            Some(region) => {
                REGIONS.iter().find(|(code, _)| *code == region).map(|(_, name)| ((*name).to_owned(), String::new()))
            }
            None => places::departement(place).map(|name| (name.to_owned(), String::new())),
        },
        _ => None,
    };
    let (name, name_ar) = names.unwrap_or_else(|| (code.clone(), String::new()));
    Territory { code, name, name_ar }
}

/// Régions of France, by their INSEE codes (code officiel géographique).
const REGIONS: &[(&str, &str)] = &[
    ("01", "Guadeloupe"),
    ("02", "Martinique"),
    ("03", "Guyane"),
    ("04", "La Réunion"),
    ("06", "Mayotte"),
    ("11", "Île-de-France"),
    ("24", "Centre-Val de Loire"),
    ("27", "Bourgogne-Franche-Comté"),
    ("28", "Normandie"),
    ("32", "Hauts-de-France"),
    ("44", "Grand Est"),
    ("52", "Pays de la Loire"),
    ("53", "Bretagne"),
    ("75", "Nouvelle-Aquitaine"),
    ("76", "Occitanie"),
    ("84", "Auvergne-Rhône-Alpes"),
    ("93", "Provence-Alpes-Côte d’Azur"),
    ("94", "Corse"),
];

/// A record behind a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Behind {
    /// When, as a day; empty where it has none, or is counted over the whole period.
    pub day: String,
    /// The person, association, event or dossier.
    #[schema(value_type = String, format = "uuid")]
    pub document: DocumentId,
    /// `person`, `association`, `event` or `dossier`; empty for what was erased since.
    pub kind: String,
    /// What it is called; empty for what was erased since.
    pub title: String,
    /// At which event, where it was at one.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub event: Option<DocumentId>,
    /// What that event is called.
    pub event_title: String,
    /// How much of the number it is, in the number's unit.
    pub value: u64,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub code: Code,
    pub line: Option<(Grouping, String)>,
}

/// A page of the records behind a number: those after `after`, at most so many; and how many there are.
///
/// # Errors
/// [`Refusal::Period`]; [`Refusal::Unknown`]; what the storage fails on.
pub fn behind(
    db: &Connection,
    account: &Account,
    asked: &Asked,
    wanted: &Wanted,
    after: Option<&Place>,
    limit: usize,
) -> Result<(Vec<Behind>, Option<Place>, u64), Refusal> {
    let facts = stored::facts(db, &asked.chosen(db, account)?)?;
    let line = wanted.line.as_ref().map(|(by, key)| (*by, key.as_str()));
    let all = indicators::records(&facts, asked.period()?, wanted.code, line);
    let mut places = numbered(&all);
    let begins = after.map_or(0, |after| places.partition_point(|place| place <= after));
    let page = begins..all.len().min(begins + limit);
    let next = (page.end < all.len() && page.end > 0).then(|| places.swap_remove(page.end - 1));
    let rows = all[page].iter().map(|one| named(db, one)).collect::<Result<_, _>>()?;
    Ok((rows, next, all.len() as u64))
}

/// Where a record stands among all: itself, and which of several that are equal it is.
pub type Place = (String, DocumentId, Option<DocumentId>, u64, u32);

fn numbered(all: &[Reference]) -> Vec<Place> {
    let mut seen: BTreeMap<&Reference, u32> = BTreeMap::new();
    let place = |one| {
        let nth = seen.entry(one).and_modify(|n| *n += 1).or_default();
        (one.day.clone(), one.document, one.event, one.value, *nth)
    };
    all.iter().map(place).collect()
}

fn named(db: &Connection, one: &Reference) -> Result<Behind, StoreError> {
    let (kind, title) = stored::called(db, one.document)?
        .map_or_else(Default::default, |(kind, title)| (kind.as_str().to_owned(), title));
    let event_title = match one.event {
        Some(event) => stored::called(db, event)?.map_or_else(String::new, |(_, title)| title),
        None => String::new(),
    };
    Ok(Behind {
        day: one.day.clone(),
        document: one.document,
        kind,
        title,
        event: one.event,
        event_title,
        value: one.value,
    })
}

/// The days that a period has, in words of French.
fn said(period: Period) -> String {
    match (period.from.map(day_text), period.to.map(day_text)) {
        (None, None) => "Depuis le début".to_owned(),
        (Some(from), None) => format!("Depuis le {}", papers::date(&from)),
        (None, Some(to)) => format!("Jusqu’au {}", papers::date(&to)),
        (Some(from), Some(to)) => format!("Du {} au {}", papers::date(&from), papers::date(&to)),
    }
}
