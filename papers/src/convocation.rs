//! Invitations by name, with a code that opens the door.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    error::PaperError,
    gathering::{Gathering, name},
    press::{self, Job, Pictures, Template},
    qr, said,
};

/// Invitations to one event: a page for each person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Convocations {
    pub gathering: Gathering,
    /// What else people should know.
    pub message: String,
    /// Whom to ask: a name, a phone.
    pub contact: String,
    pub people: Vec<Invited>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// Who is invited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invited {
    pub family: String,
    pub given: String,
    pub name_ar: String,
    pub association: String,
    /// What the code says, byte for byte.
    pub token: String,
}

/// The invitations, on A4.
///
/// # Errors
/// More than fits any paper; a token too long for a QR code.
pub fn convocations_pdf(convocations: &Convocations) -> Result<Vec<u8>, PaperError> {
    convocations.gathering.check(convocations.people.len())?;
    let mut pictures = Pictures::default();
    let people: Result<Vec<_>, PaperError> = convocations
        .people
        .iter()
        .map(|person| {
            Ok(json!({
                "name": name(&person.family, &person.given),
                "name_ar": said::line(&person.name_ar),
                "association": said::line(&person.association),
                "qr": qr::svg(&person.token)?,
            }))
        })
        .collect();
    let data = json!({
        "event": convocations.gathering.view(&mut pictures),
        "message": said::text(&convocations.message),
        "contact": said::line(&convocations.contact),
        "people": people?,
    });
    press::print(Job { template: Template::Convocations, data, pictures, made_ms: convocations.made_ms })
}
