//! Registering for an event by a link: who may be let in by it, what is kept of them until somebody takes them, and for how long.
//!
//! Whoever has the link reads when and where, and leaves their own name. They read nobody's, and nothing that they send is in a document
//! before somebody of the event has looked at it.

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use shared::{
    field::Field,
    id::{DeviceId, DocumentId},
    limit,
    names::{fold_search, tidy},
    phone::Phone,
    record::{EventRecord, Record},
    settings::{SETTINGS, Settings},
};

use crate::{
    erasure,
    import::{
        Problem,
        participants::email,
        phones::{self, HomeCountry},
    },
    ingest::Ingest,
    sheet::calendar,
    storage::{
        StoreError,
        registrations::{self, Link, Registration, Was},
    },
};

/// People that a link lets in where the event does not say how many there is room for.
const RECEIVED_MAX: u64 = 300;
/// Times the room that there is: not all who register come.
const ROOMS: u64 = 2;
/// A name as people have them, in characters.
const NAME_CHARS_MAX: usize = 80;
/// So long a device keeps those whom it is taking to itself.
const TAKING_MS: u64 = 10 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// So long an event without half-days takes registrations, unless somebody says otherwise. In days.
const OPEN_DAYS: u64 = 30;
/// A link is open no longer. In days.
const OPEN_DAYS_MAX: u64 = 400;
/// What was not taken is deleted so long after the event. In days.
const KEPT_DAYS: u64 = 30;

/// Why somebody could not register, or be taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such link, or nobody of that id waits")]
    Unknown,
    #[error("registration is closed")]
    Closed,
    #[error("there is no room left")]
    Full,
    #[error("somebody else is taking this person")]
    Taken,
    #[error("the name is missing")]
    NameMissing,
    #[error("a text is too long")]
    TextTooLong,
    #[error("the day is past, or too far off")]
    ClosingWrong,
    #[error("the phone cannot be read: {0}")]
    Phone(Problem),
    #[error("the email cannot be read")]
    Email,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// The stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "registration.unknown",
            Self::Closed => "registration.closed",
            Self::Full => "registration.full",
            Self::Taken => "registration.taken",
            Self::NameMissing => "registration.name_missing",
            Self::TextTooLong => "registration.text_too_long",
            Self::ClosingWrong => "registration.closing_wrong",
            Self::Phone(problem) => problem.code(),
            Self::Email => Problem::EmailInvalid.code(),
            Self::Store(_) => "server.failed",
        }
    }
}

/// What the event's own people see.
#[derive(Debug, Serialize)]
pub struct State {
    /// None before it was ever opened.
    link: Option<String>,
    is_open: bool,
    closes_ms: u64,
    received: u64,
    received_max: u64,
    waiting: Vec<Waiting>,
}

/// Somebody who waits.
#[derive(Debug, Serialize)]
pub struct Waiting {
    id: DocumentId,
    given: String,
    family: String,
    association: String,
    phone: Option<Phone>,
    email: String,
    received_ms: u64,
    /// Another device is taking them.
    is_taken: bool,
}

impl Waiting {
    fn of(one: Registration, device: DeviceId, now_ms: u64) -> Self {
        let Registration { id, given, family, association, phone, email, received_ms, taken } = one;
        let is_taken = taken.is_some_and(|(other, at_ms)| other != device && at_ms + TAKING_MS >= now_ms);
        Self { id, given, family, association, phone, email, received_ms, is_taken }
    }
}

/// The event, as whoever has the link reads it.
#[derive(Debug, Serialize)]
pub struct Page {
    title: String,
    slots: Vec<Slot>,
    place: String,
    closes_ms: u64,
    /// Who answers for what is noted, and how they are reached; empty where the house has not said.
    house: String,
    contact: String,
    /// How long people, and sheets, are kept. In months.
    person_months: i64,
    sheet_months: i64,
}

#[derive(Debug, Serialize)]
struct Slot {
    day: String,
    starts: String,
    ends: String,
}

/// What somebody sends by a link.
#[derive(Debug, Deserialize)]
pub struct Submission {
    given: String,
    family: String,
    #[serde(default)]
    association: String,
    #[serde(default)]
    phone: String,
    /// Of a phone without one: `FR` or `MA`.
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    email: String,
    /// A field that nobody sees: whoever fills it in is a machine.
    #[serde(default)]
    website: String,
}

fn event_of(db: &Connection, event: DocumentId) -> Result<EventRecord, Refusal> {
    match erasure::record(db, event)? {
        Some(Record::Event(event)) => Ok(event),
        _ => Err(Refusal::Unknown),
    }
}

/// When the event begins and ends, where it has half-days.
fn span(event: &EventRecord) -> Option<(u64, u64)> {
    let zone = calendar::zone(&event.fields);
    let spans: Vec<(u64, u64)> = event.slots.iter().filter_map(|slot| calendar::span(&zone, slot)).collect();
    Some((spans.iter().map(|span| span.0).min()?, spans.iter().map(|span| span.1).max()?))
}

fn received_max(event: &EventRecord) -> u64 {
    let room =
        event.fields.get(Field::Capacity).number().and_then(|room| u64::try_from(room).ok()).filter(|room| *room > 0);
    room.map_or(RECEIVED_MAX, |room| room.saturating_mul(ROOMS))
}

fn is_open(link: &Link, now_ms: u64) -> bool {
    !link.is_closed && now_ms < link.closes_ms
}

/// Where registration of an event stands, and who waits.
///
/// # Errors
/// [`Refusal::Unknown`] where there is no such event; what the storage fails on.
pub fn state(
    db: &Connection,
    event: DocumentId,
    device: DeviceId,
    origin: &str,
    now_ms: u64,
) -> Result<State, Refusal> {
    let record = event_of(db, event)?;
    let Some(link) = registrations::link(db, event)? else {
        let (begins_ms, ends_ms) = span(&record).unwrap_or_default();
        let usual_ms = [begins_ms, ends_ms].into_iter().find(|at_ms| *at_ms > now_ms);
        return Ok(State {
            link: None,
            is_open: false,
            closes_ms: usual_ms.unwrap_or(now_ms + OPEN_DAYS * DAY_MS),
            received: 0,
            received_max: received_max(&record),
            waiting: Vec::new(),
        });
    };
    let token = registrations::token(db, event, &link.nonce)?;
    let waiting = registrations::waiting(db, event)?;
    Ok(State {
        link: Some(format!("{origin}/register#{token}")),
        is_open: is_open(&link, now_ms),
        closes_ms: link.closes_ms,
        received: link.received,
        received_max: received_max(&record),
        waiting: waiting.into_iter().map(|one| Waiting::of(one, device, now_ms)).collect(),
    })
}

/// Which link is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The one that there is, if there is one.
    Same,
    /// Another one: the one before opens nothing any more.
    New,
}

/// Opens registration until then.
///
/// # Errors
/// [`Refusal::Unknown`], [`Refusal::ClosingWrong`]; what the storage fails on.
pub fn open(
    tx: &Transaction<'_>,
    event: DocumentId,
    closes_ms: u64,
    which: Which,
    nonce: [u8; 16],
    now_ms: u64,
) -> Result<(), Refusal> {
    event_of(tx, event)?;
    if closes_ms <= now_ms || closes_ms > now_ms + OPEN_DAYS_MAX * DAY_MS {
        return Err(Refusal::ClosingWrong);
    }
    let before = registrations::link(tx, event)?.filter(|_| which == Which::Same);
    Ok(registrations::open(tx, event, &before.map_or(nonce, |link| link.nonce), closes_ms)?)
}

/// The event that a link is of, while it is open.
///
/// # Errors
/// [`Refusal::Unknown`], [`Refusal::Closed`]; what the storage fails on.
pub fn link(db: &Connection, token: &str, now_ms: u64) -> Result<Link, Refusal> {
    let link = registrations::link_of(db, token)?.ok_or(Refusal::Unknown)?;
    if is_open(&link, now_ms) { Ok(link) } else { Err(Refusal::Closed) }
}

/// What stands on the page of a link.
///
/// # Errors
/// As [`link`], and [`Refusal::Full`].
pub fn page(db: &Connection, token: &str, now_ms: u64) -> Result<Page, Refusal> {
    let link = link(db, token, now_ms)?;
    let event = event_of(db, link.event)?;
    if link.received >= received_max(&event) {
        return Err(Refusal::Full);
    }
    let record = erasure::record(db, SETTINGS)?;
    let fields = record.as_ref().map(Record::fields);
    let settings = Settings(fields);
    let place = [Field::Place, Field::Address, Field::Commune].map(|field| event.fields.text(field));
    Ok(Page {
        title: event.fields.text(Field::Title).to_owned(),
        slots: event
            .slots
            .iter()
            .map(|slot| {
                let [day, starts, ends] =
                    [Field::Day, Field::Starts, Field::Ends].map(|field| slot.fields.text(field).to_owned());
                Slot { day, starts, ends }
            })
            .collect(),
        place: place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        closes_ms: link.closes_ms,
        house: settings.text(Field::HouseName).to_owned(),
        contact: settings.text(Field::HouseContact).to_owned(),
        person_months: settings.get(Field::PersonKeepMonths),
        sheet_months: settings.get(Field::SheetKeepMonths),
    })
}

/// What of a submission may be kept; nothing where a machine sent it.
///
/// # Errors
/// What of it is missing, too long, or cannot be read.
pub fn read(submission: &Submission, id: DocumentId, now_ms: u64) -> Result<Option<Registration>, Refusal> {
    if !submission.website.is_empty() {
        return Ok(None);
    }
    let [given, family, association, phone, address] = [
        (&submission.given, NAME_CHARS_MAX),
        (&submission.family, NAME_CHARS_MAX),
        (&submission.association, limit::SHORT_CHARS_MAX),
        (&submission.phone, NAME_CHARS_MAX),
        (&submission.email, limit::SHORT_CHARS_MAX),
    ]
    .map(|(text, most)| Some(tidy(text)).filter(|text| text.chars().count() <= most));
    let (Some(given), Some(family), Some(association), Some(phone), Some(address)) =
        (given, family, association, phone, address)
    else {
        return Err(Refusal::TextTooLong);
    };
    let is_name = |name: &str| name.chars().any(char::is_alphabetic);
    if !is_name(&given) || !is_name(&family) {
        return Err(Refusal::NameMissing);
    }
    let country = submission.country.as_deref().and_then(|country| country.parse::<HomeCountry>().ok());
    let phone = match (phone.is_empty(), phones::read(&phone, country)) {
        (true, _) => None,
        (false, (phone, None)) => Some(phone),
        (false, (_, Some(problem))) => return Err(Refusal::Phone(problem)),
    };
    let email = if address.is_empty() { String::new() } else { email(&address).ok_or(Refusal::Email)? };
    Ok(Some(Registration { id, given, family, association, phone, email, received_ms: now_ms, taken: None }))
}

/// Keeps somebody who registered. Who sends the same again is kept once.
///
/// # Errors
/// As [`page`].
pub fn submit(tx: &Transaction<'_>, token: &str, one: &Registration) -> Result<(), Refusal> {
    let link = link(tx, token, one.received_ms)?;
    let name = |one: &Registration| [&one.given, &one.family].map(|name| fold_search(name));
    let reached = |one: &Registration| (one.phone.as_ref().and_then(|phone| phone.e164.clone()), one.email.clone());
    let waiting = registrations::waiting(tx, link.event)?;
    if waiting.iter().any(|other| name(other) == name(one) && reached(other) == reached(one)) {
        return Ok(());
    }
    if link.received >= received_max(&event_of(tx, link.event)?) {
        return Err(Refusal::Full);
    }
    Ok(registrations::add(tx, link.event, one)?)
}

/// Reserves somebody for a device, which then makes them a person, or says who they are.
///
/// # Errors
/// [`Refusal::Unknown`], [`Refusal::Taken`]; what the storage fails on.
pub fn take(
    tx: &Transaction<'_>,
    event: DocumentId,
    id: DocumentId,
    device: DeviceId,
    now_ms: u64,
) -> Result<(), Refusal> {
    if registrations::take(tx, event, id, device, now_ms.saturating_sub(TAKING_MS), now_ms)? {
        return Ok(());
    }
    let waits = registrations::waiting(tx, event)?.iter().any(|one| one.id == id);
    Err(if waits { Refusal::Taken } else { Refusal::Unknown })
}

/// Deletes somebody who waited, unless another device is taking them. That they are not there is what was wanted.
///
/// # Errors
/// [`Refusal::Taken`]; what the storage fails on.
pub fn remove(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    event: DocumentId,
    id: DocumentId,
    was: Was,
    device: DeviceId,
    now_ms: u64,
) -> Result<(), Refusal> {
    match take(tx, event, id, device, now_ms) {
        Ok(()) => {
            registrations::remove(tx, event, id, was)?;
            ingest.empty_log();
            Ok(())
        }
        Err(Refusal::Unknown) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Deletes the links that have had their time, with all who still wait there.
///
/// # Errors
/// What the storage fails on.
pub fn sweep(tx: &Transaction<'_>, ingest: &mut Ingest, now_ms: u64) -> Result<(), StoreError> {
    let day = erasure::day_of(now_ms.saturating_sub(KEPT_DAYS * DAY_MS));
    for event in registrations::over(tx, &day)? {
        registrations::forget(tx, event)?;
        ingest.empty_log();
    }
    Ok(())
}
