//! What took place, or will: what all papers of an event share.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    error::{PaperError, at_most},
    picture::Picture,
    press::Pictures,
    said, when,
};

/// People on one paper.
pub const PEOPLE_MAX: usize = 1_000;
/// Half-days of one event.
pub const SLOTS_MAX: usize = 60;
/// Funders that one paper names.
pub const FUNDERS_MAX: usize = 8;

/// What took place, or will.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gathering {
    pub house: House,
    pub funders: Vec<Funder>,
    /// The funders' code of the project.
    pub project: String,
    /// Identical on every paper.
    pub title: String,
    /// What kind of event, as a label: `Atelier d’écriture`.
    pub kind: String,
    pub place: String,
    pub address: String,
    pub commune: String,
    pub languages: Vec<String>,
    /// `En présence`, `À distance`, `Mixte`.
    pub modality: String,
    pub slots: Vec<Slot>,
}

/// The organiser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct House {
    pub name: String,
    pub address: String,
    pub logo: Option<Picture>,
}

/// Who pays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Funder {
    pub name: String,
    pub logo: Option<Picture>,
}

/// One half-day that is signed for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slot {
    /// `2026-11-25`
    pub day: String,
    /// `09:00`
    pub starts: String,
    pub ends: String,
    pub minutes_planned: u16,
    /// Nothing as long as it is not known.
    pub minutes_delivered: Option<u16>,
}

impl Slot {
    /// What somebody who was there the whole time attended.
    pub(crate) fn minutes(&self) -> u32 {
        self.minutes_delivered.unwrap_or(self.minutes_planned).into()
    }

    pub(crate) fn hours(&self) -> String {
        said::clean(&when::hours(&self.starts, &self.ends), said::LINE_MAX)
    }

    pub(crate) fn day(&self) -> String {
        said::clean(&when::day(&self.day), said::LINE_MAX)
    }
}

impl Gathering {
    pub(crate) fn check(&self, people: usize) -> Result<(), PaperError> {
        at_most("people", people, PEOPLE_MAX)?;
        at_most("slots", self.slots.len(), SLOTS_MAX)?;
        at_most("funders", self.funders.len(), FUNDERS_MAX)
    }

    /// Its days: `mercredi 25 novembre 2026`, or from the first to the last.
    pub(crate) fn days(&self) -> String {
        said::clean(&when::span(self.slots.iter().map(|slot| slot.day.as_str())), said::LINE_MAX)
    }

    /// Place, address and commune in one line, each once.
    pub(crate) fn where_it_is(&self) -> Vec<said::Said> {
        let parts = [&self.place, &self.address, &self.commune];
        parts.into_iter().filter(|part| !part.trim().is_empty()).map(|part| said::line(part)).collect()
    }

    /// What the templates show of it.
    pub(crate) fn view<'a>(&'a self, pictures: &mut Pictures<'a>) -> Value {
        let funders: Vec<_> = self
            .funders
            .iter()
            .map(|funder| json!({ "name": said::line(&funder.name), "logo": pictures.place(funder.logo.as_ref()) }))
            .collect();
        let languages: Vec<_> = self.languages.iter().take(8).map(|language| said::line(language)).collect();
        json!({
            "house": said::line(&self.house.name),
            "house_address": said::line(&self.house.address),
            "logo": pictures.place(self.house.logo.as_ref()),
            "funders": funders,
            "project": said::line(&self.project),
            "title": said::text(&self.title),
            "kind": said::line(&self.kind),
            "where": self.where_it_is(),
            "languages": languages,
            "modality": said::line(&self.modality),
            "days": self.days(),
            "slots": self.slots.iter().map(|slot| json!({
                "day": slot.day(),
                "hours": slot.hours(),
                "planned": when::minutes(slot.minutes_planned.into()),
                "delivered": slot.minutes_delivered.map(|minutes| when::minutes(minutes.into())),
            })).collect::<Vec<_>>(),
        })
    }
}

/// A name as papers write it: the family name in capitals, then the given name.
pub(crate) fn name(family: &str, given: &str) -> said::Said {
    said::line(&format!("{} {}", family.to_uppercase(), given))
}
