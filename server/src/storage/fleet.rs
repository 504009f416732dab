//! Phones and the events for which they are needed.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::Serialize;
use shared::id::{AccountId, DeviceId, DocumentId};

use super::StoreError;

/// Events that are looked at: more are not prepared for one morning.
const EVENTS_MAX: u64 = 50;

/// An event that begins soon or has begun, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Soon {
    pub id: DocumentId,
    pub title: String,
    pub place: String,
    pub first_day: String,
    pub last_day: String,
    /// People on the list.
    pub expected: u64,
    pub people: Vec<Needed>,
}

/// Somebody to whom an event was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needed {
    pub account: AccountId,
    pub name: String,
    /// Their phones whose access stands; none: they have nothing to keep the door with.
    pub phones: Vec<Phone>,
}

/// A phone, and what it has of an event, as far as the server knows: what it was sent last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phone {
    pub device: DeviceId,
    pub label: String,
    pub has: Has,
    pub last_exchange_ms: Option<u64>,
}

/// What a phone has of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Has {
    /// The list as it stands.
    Everything,
    /// The event, but not the last changes of it or of the people on its list.
    NotTheLast,
    /// Nothing of it.
    Nothing,
}

/// Up to which arrival a device was sent everything. Never back: an answer that is lost is given again.
pub fn note_sent(tx: &Transaction<'_>, device: DeviceId, arrival: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE device SET sent_arrival = :arrival WHERE id = :device AND sent_arrival IS NOT :arrival")?
        .execute(named_params! { ":device": device.0, ":arrival": arrival })?;
    Ok(())
}

/// The events between two days with the phones of those to whom they were given.
pub fn soon(db: &Connection, today: &str, until: &str) -> Result<Vec<Soon>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, title, place, first_day, last_day, expected FROM event
         WHERE first_day <> '' AND first_day <= :until AND last_day >= :today
         ORDER BY first_day, title, document_id LIMIT :rows",
    )?;
    let key = named_params! { ":today": today, ":until": until, ":rows": EVENTS_MAX };
    let rows = statement.query_map(key, |row| {
        Ok(Soon {
            id: DocumentId(row.get(0)?),
            title: row.get(1)?,
            place: row.get(2)?,
            first_day: row.get(3)?,
            last_day: row.get(4)?,
            expected: row.get(5)?,
            people: Vec::new(),
        })
    })?;
    let mut events: Vec<Soon> = rows.collect::<Result<_, _>>()?;
    for event in &mut events {
        let last = last_news(db, event.id)?;
        for (account, name, since) in given_to(db, event.id)? {
            event.people.push(Needed { account, name, phones: phones(db, account, since, last)? });
        }
    }
    Ok(events)
}

/// The last arrival of an event and of all that it names: its list, and who is on it.
fn last_news(db: &Connection, event: DocumentId) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT max(last_arrival) FROM document
         WHERE id = :event OR id IN (SELECT target_id FROM link WHERE source_id = :event AND until_arrival IS NULL)",
    )?;
    let last: Option<u64> =
        statement.query_row(named_params! { ":event": event.0 }, |row| row.get(0)).optional()?.flatten();
    Ok(last.unwrap_or(0))
}

/// The open accounts to which an event was given, by name, and the arrival from which on each holds it.
fn given_to(db: &Connection, event: DocumentId) -> Result<Vec<(AccountId, String, u64)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account.id, account.name, max(since_arrival, first_arrival)
         FROM assignment JOIN account ON account.id = account_id JOIN document ON document.id = document_id
         WHERE document_id = :event AND given = 1 AND disabled_ms IS NULL ORDER BY account.name, account.id",
    )?;
    let rows = statement
        .query_map(named_params! { ":event": event.0 }, |row| Ok((AccountId(row.get(0)?), row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn phones(db: &Connection, account: AccountId, since: u64, last: u64) -> Result<Vec<Phone>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, label, sent_arrival, last_exchange_ms FROM device
         WHERE account_id = :account AND revoked_ms IS NULL AND confirmed_ms IS NOT NULL
           AND credential_hash <> zeroblob(32)
         ORDER BY last_exchange_ms DESC, id",
    )?;
    let rows = statement.query_map(named_params! { ":account": account.0 }, |row| {
        let has = match row.get::<_, Option<u64>>(2)? {
            // What was sent before the event was given to them is not on it, however new.
            Some(sent) if sent < since => Has::Nothing,
            Some(sent) if sent >= last => Has::Everything,
            Some(_) => Has::NotTheLast,
            None => Has::Nothing,
        };
        Ok(Phone { device: DeviceId(row.get(0)?), label: row.get(1)?, has, last_exchange_ms: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The events that are not over and were given to an account whose scope they are, the next ones first.
pub fn given(db: &Connection, today: &str) -> Result<Vec<(AccountId, DocumentId, String)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, event.document_id, title
         FROM assignment JOIN event ON event.document_id = assignment.document_id
         WHERE given = 1 AND (last_day = '' OR last_day >= :today)
         ORDER BY first_day = '', first_day, title, event.document_id LIMIT 5000",
    )?;
    let rows = statement.query_map(named_params! { ":today": today }, |row| {
        Ok((AccountId(row.get(0)?), DocumentId(row.get(1)?), row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
