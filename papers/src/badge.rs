//! Badges to cut out.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    error::PaperError,
    gathering::{Gathering, name},
    press::{self, Job, Pictures, Template},
    qr, said,
};

/// Badges of one event: eight on a page, with cut marks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Badges {
    pub gathering: Gathering,
    pub people: Vec<Badge>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// Whose badge it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Badge {
    pub family: String,
    pub given: String,
    pub name_ar: String,
    pub association: String,
    pub role: String,
    /// What the code says, byte for byte.
    pub token: String,
}

/// The badges, on A4.
///
/// # Errors
/// More than fits any paper; a token too long for a QR code.
pub fn badges_pdf(badges: &Badges) -> Result<Vec<u8>, PaperError> {
    badges.gathering.check(badges.people.len())?;
    let mut pictures = Pictures::default();
    let people: Result<Vec<_>, PaperError> = badges
        .people
        .iter()
        .map(|person| {
            Ok(json!({
                "whole": name(&person.family, &person.given),
                "given": said::line(&person.given),
                "family": name(&person.family, ""),
                "name_ar": said::line(&person.name_ar),
                "association": said::line(&person.association),
                "role": said::line(&person.role),
                "qr": qr::svg(&person.token)?,
            }))
        })
        .collect();
    let data = json!({ "event": badges.gathering.view(&mut pictures), "people": people? });
    press::print(Job { template: Template::Badges, data, pictures, made_ms: badges.made_ms })
}
