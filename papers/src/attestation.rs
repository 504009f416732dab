//! Certificates of attendance.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    error::{PaperError, at_most},
    gathering::{Gathering, SLOTS_MAX, name},
    ink::Ink,
    press::{self, Job, Pictures, Template},
    said, when,
};

/// Certificates of one event: a page for each person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attestations {
    pub gathering: Gathering,
    pub trainers: Vec<String>,
    pub signatory: Signatory,
    /// Where and when they are signed: a town, and a day such as `2026-11-25`.
    pub done_at: String,
    pub done_on: String,
    pub people: Vec<Attested>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// Who signs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signatory {
    pub name: String,
    pub function: String,
    /// Nothing where it is signed by hand.
    pub ink: Option<Ink>,
}

/// Whose attendance is certified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attested {
    pub family: String,
    pub given: String,
    pub name_ar: String,
    pub association: String,
    pub role: String,
    pub attended: Vec<Attended>,
}

/// A half-day that they attended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attended {
    /// `2026-11-25`
    pub day: String,
    /// `09:00`
    pub starts: String,
    pub ends: String,
    pub minutes: u16,
    pub remote: bool,
}

/// The certificates, on A4.
///
/// # Errors
/// More than fits any paper.
pub fn attestations_pdf(attestations: &Attestations) -> Result<Vec<u8>, PaperError> {
    attestations.gathering.check(attestations.people.len())?;
    for person in &attestations.people {
        at_most("slots", person.attended.len(), SLOTS_MAX)?;
    }
    let mut pictures = Pictures::default();
    let people: Vec<_> = attestations.people.iter().map(view).collect();
    let trainers: Vec<_> = attestations.trainers.iter().take(8).map(|trainer| said::line(trainer)).collect();
    let data = json!({
        "event": attestations.gathering.view(&mut pictures),
        "trainers": trainers,
        "signatory": said::line(&attestations.signatory.name),
        "function": said::line(&attestations.signatory.function),
        "ink": attestations.signatory.ink.as_ref().map(Ink::to_svg),
        "done_at": said::line(&attestations.done_at),
        "done_on": said::clean(&when::date(&attestations.done_on), said::LINE_MAX),
        "people": people,
    });
    press::print(Job { template: Template::Attestations, data, pictures, made_ms: attestations.made_ms })
}

fn view(person: &Attested) -> serde_json::Value {
    let clean = |text: String| said::clean(&text, said::LINE_MAX);
    let attended: Vec<_> = person
        .attended
        .iter()
        .map(|slot| {
            json!({
                "day": clean(when::day(&slot.day)),
                "hours": clean(when::hours(&slot.starts, &slot.ends)),
                "minutes": when::minutes(slot.minutes.into()),
                "remote": slot.remote,
            })
        })
        .collect();
    json!({
        "name": name(&person.family, &person.given),
        "name_ar": said::line(&person.name_ar),
        "association": said::line(&person.association),
        "role": said::line(&person.role),
        "attended": attended,
        "total": when::minutes(person.attended.iter().map(|slot| u32::from(slot.minutes)).sum()),
    })
}
