//! What indicators are counted from: rows that name each other by their places, so that half a million of them fit in little.

use std::sync::Arc;

use crate::{
    field::Field,
    id::{DocumentId, RowId},
    record::DossierRecord,
};

/// Everything that is counted. Events that were not asked for are there too: they tell who was known before.
#[derive(Debug, Default)]
pub struct Facts {
    /// Those who stand for themselves (M7).
    pub people: Vec<Person>,
    /// Those that a person comes from. Of those that were joined nobody is of any but the one that stands for them (M7).
    pub associations: Vec<Association>,
    /// Those who lead an association, or did.
    pub leaders: Vec<Leader>,
    /// Every one of the house.
    pub events: Vec<Event>,
    /// Of every event.
    pub half_days: Vec<HalfDay>,
    /// F1, of every event: of people who are one several may stand for one half-day.
    pub presences: Vec<Presence>,
    /// Of the events that were asked for.
    pub unnamed: Vec<Unnamed>,
    /// Of the events that were asked for.
    pub opinions: Vec<Opinion>,
    /// Those that were asked for.
    pub acts: Vec<Act>,
    /// Those that were asked for.
    pub dossiers: Vec<Dossier>,
}

/// Somebody.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub id: DocumentId,
    /// One of `field::SEXES`, or empty.
    pub sex: &'static str,
    /// One of `field::AGE_BANDS`, or empty.
    pub age_band: &'static str,
    /// F3, by their own commune; empty where that does not say.
    pub departement: Arc<str>,
    /// Where in [`Facts::associations`].
    pub association: Option<u32>,
}

/// An association.
#[derive(Debug)]
pub struct Association {
    /// Which.
    pub id: DocumentId,
    /// F3, of its seat.
    pub departement: Arc<str>,
    /// F3.
    pub origin: Arc<str>,
}

/// Somebody in the bureau or board of an association.
#[derive(Debug)]
pub struct Leader {
    /// Where in [`Facts::associations`].
    pub association: u32,
    /// Who, as they stand for themselves (M7).
    pub person: DocumentId,
    /// One of `field::SEXES`, or empty.
    pub sex: &'static str,
    /// One of `field::AGE_BANDS`, or empty.
    pub age_band: &'static str,
    /// The first day, where it was said.
    pub from: Option<i32>,
    /// The last day, where it was said.
    pub until: Option<i32>,
}

impl Leader {
    /// Whether they lead on a day; on none, whether they lead without an end.
    #[must_use]
    pub fn leads(&self, on: Option<i32>) -> bool {
        match on {
            Some(on) => self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until),
            None => self.until.is_none(),
        }
    }
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// Which.
    pub id: DocumentId,
    /// Its hours are support (F6).
    pub is_support: bool,
    /// It was asked for: its programme, territory and whoever asks agree.
    pub counts: bool,
}

/// A half-day of an event.
#[derive(Debug, Clone, Copy)]
pub struct HalfDay {
    /// Where in [`Facts::events`].
    pub event: u32,
    /// In days since 1970, where it says so.
    pub day: Option<i32>,
    /// From its beginning to its end.
    pub minutes: u32,
}

/// Somebody took part in a half-day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Presence {
    /// Where in [`Facts::people`].
    pub person: u32,
    /// Where in [`Facts::half_days`].
    pub half_day: u32,
    /// The prevailing status, as M2 has them in order.
    pub status: crate::mark::Status,
    /// How long, of a partial one, where it was said.
    pub minutes: Option<u16>,
}

/// People without names.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed {
    /// Where in [`Facts::half_days`].
    pub half_day: u32,
    /// One of `field::SEXES`.
    pub sex: &'static str,
    /// One of `field::AGE_BANDS`, or empty.
    pub age_band: &'static str,
    /// How many.
    pub people: u32,
}

/// What somebody thought of an event.
#[derive(Debug, Clone, Copy)]
pub struct Opinion {
    /// Where in [`Facts::events`].
    pub event: u32,
    /// When they said it.
    pub day: Option<i32>,
    /// Useful, clear, again: each one of `field::OPINIONS`, or empty.
    pub answers: [&'static str; 3],
}

/// Support that was given and written in a log.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// The association or dossier.
    pub document: DocumentId,
    /// Which row of it.
    pub row: RowId,
    /// When.
    pub day: Option<i32>,
    /// How long.
    pub minutes: u32,
    /// To several at once.
    pub is_collective: bool,
}

/// A dossier.
#[derive(Debug)]
pub struct Dossier {
    /// Which.
    pub id: DocumentId,
    /// One of `field::STAGES`, or empty.
    pub stage: String,
    /// The grant asked for, in cents.
    pub asked_cents: u64,
    /// The grant decided, in cents.
    pub granted_cents: u64,
    /// The day on which it was filed.
    pub filed: Option<i32>,
    /// The day on which the funder decided.
    pub decided: Option<i32>,
    /// What the funder decided: `granted`, `refused`, `deferred`, or empty.
    pub outcome: String,
    /// The day of its first visa.
    pub visaed: Option<i32>,
    /// Its moves, the earliest first.
    pub moves: Vec<Moved>,
}

/// A move of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// When, by UTC.
    pub day: i32,
    /// To which stage.
    pub to: String,
}

impl Dossier {
    /// The stage at the end of a period; none where it had not begun. One without a log is where it stands.
    #[must_use]
    pub fn stage_at(&self, to: Option<i32>) -> Option<&str> {
        let (Some(to), false) = (to, self.moves.is_empty()) else { return Some(&self.stage) };
        self.moves.iter().rfind(|one| one.day <= to).map(|one| one.to.as_str())
    }
}

/// What the funder decided of a dossier, `granted`, `refused` or `deferred`, and the day of the move that says so, by UTC.
///
/// The log's last word counts: a dossier that went back to being examined is not decided. One without a log is where it stands.
#[must_use]
pub fn outcome(dossier: &DossierRecord) -> (&'static str, Option<i32>) {
    const DECISIONS: [&str; 3] = ["granted", "refused", "deferred"];
    let decision = |stage: &str| DECISIONS.into_iter().find(|one| *one == stage);
    let last = dossier.moves.iter().rfind(|one| one.to == "instruction" || decision(&one.to).is_some());
    if let Some(moved) = last {
        return decision(&moved.to).map_or(("", None), |one| (one, Some(day_of(moved.at_ms))));
    }
    let stands = match dossier.fields.text(Field::Stage) {
        "agreed" | "running" | "interim_report" | "final_report" => "granted",
        "closed" if dossier.fields.get(Field::GrantedCents).number().is_some_and(|cents| cents > 0) => "granted",
        stage => decision(stage).unwrap_or_default(),
    };
    (stands, None)
}

/// The day of a moment, by UTC, in days since 1970.
#[must_use]
pub fn day_of(at_ms: u64) -> i32 {
    i32::try_from(at_ms / (24 * 60 * 60 * 1000)).unwrap_or(i32::MAX)
}
