//! The links by which people register for events, and those who wait to be taken.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use sha2::Sha256;
use shared::{
    id::{DeviceId, DocumentId},
    phone::Phone,
};

use super::StoreError;
use crate::secret;

/// The link of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub event: DocumentId,
    pub nonce: [u8; 16],
    pub closes_ms: u64,
    /// Somebody has closed it.
    pub is_closed: bool,
    /// All who ever came by it, but those that were no registrations.
    pub received: u64,
}

/// Somebody who registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub id: DocumentId,
    pub given: String,
    pub family: String,
    /// As written; empty if none was named.
    pub association: String,
    pub phone: Option<Phone>,
    /// Empty if none was given.
    pub email: String,
    pub received_ms: u64,
    /// Another device is taking them since then.
    pub taken: Option<(DeviceId, u64)>,
}

/// The secret part of a link, in hex.
pub fn token(db: &Connection, event: DocumentId, nonce: &[u8; 16]) -> Result<String, StoreError> {
    let key: [u8; 32] = db.prepare_cached("SELECT registration_key FROM server")?.query_row([], |row| row.get(0))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(&event.0);
    mac.update(nonce);
    Ok(secret::hex(&mac.finalize().into_bytes()[..16]))
}

const LINK: &str = "SELECT event_id, nonce, closes_ms, is_closed, received FROM registration_link";

fn link_at(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        event: DocumentId(row.get(0)?),
        nonce: row.get(1)?,
        closes_ms: row.get(2)?,
        is_closed: row.get(3)?,
        received: row.get(4)?,
    })
}

/// The link of an event, if it ever had one.
pub fn link(db: &Connection, event: DocumentId) -> Result<Option<Link>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{LINK} WHERE event_id = :event"))?;
    Ok(statement.query_row(named_params! { ":event": event.0 }, link_at).optional()?)
}

/// The link with that secret part.
pub fn link_of(db: &Connection, token: &str) -> Result<Option<Link>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{LINK} WHERE hash = :hash"))?;
    Ok(statement.query_row(named_params! { ":hash": secret::hash(token.as_bytes()) }, link_at).optional()?)
}

/// Opens an event's link, with another secret part if its nonce is another one.
pub fn open(tx: &Transaction<'_>, event: DocumentId, nonce: &[u8; 16], closes_ms: u64) -> Result<(), StoreError> {
    let hash = secret::hash(token(tx, event, nonce)?.as_bytes());
    tx.execute(
        "INSERT INTO registration_link (event_id, nonce, hash, closes_ms, is_closed)
         VALUES (:event, :nonce, :hash, :closes_ms, 0)
         ON CONFLICT (event_id) DO UPDATE SET nonce = excluded.nonce, hash = excluded.hash,
             closes_ms = excluded.closes_ms, is_closed = 0,
             received = iif(nonce = excluded.nonce, received,
                            (SELECT count(*) FROM registration WHERE event_id = :event))",
        named_params! { ":event": event.0, ":nonce": nonce, ":hash": hash, ":closes_ms": closes_ms },
    )?;
    Ok(())
}

/// Closes an event's link. Returns whether it has one.
pub fn close(tx: &Transaction<'_>, event: DocumentId) -> Result<bool, StoreError> {
    let closed = tx.execute(
        "UPDATE registration_link SET is_closed = 1 WHERE event_id = :event",
        named_params! { ":event": event.0 },
    )?;
    Ok(closed > 0)
}

/// Keeps somebody who registers, and counts them.
pub fn add(tx: &Transaction<'_>, event: DocumentId, one: &Registration) -> Result<(), StoreError> {
    let phone = one.phone.as_ref();
    tx.execute(
        "INSERT INTO registration
             (id, event_id, given, family, association, phone, phone_e164, country, email, received_ms)
         VALUES (:id, :event, :given, :family, :association, :phone, :e164, :country, :email, :received_ms)",
        named_params! {
            ":id": one.id.0,
            ":event": event.0,
            ":given": one.given,
            ":family": one.family,
            ":association": one.association,
            ":phone": phone.map_or("", |phone| &phone.raw),
            ":e164": phone.and_then(|phone| phone.e164.as_deref()).unwrap_or_default(),
            ":country": phone.and_then(|phone| phone.country.as_deref()).unwrap_or_default(),
            ":email": one.email,
            ":received_ms": one.received_ms,
        },
    )?;
    tx.execute(
        "UPDATE registration_link SET received = received + 1 WHERE event_id = :event",
        named_params! { ":event": event.0 },
    )?;
    Ok(())
}

/// Those who wait, the first first.
pub fn waiting(db: &Connection, event: DocumentId) -> Result<Vec<Registration>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, given, family, association, phone, phone_e164, country, email, received_ms, taken_by, taken_ms
         FROM registration WHERE event_id = :event ORDER BY received_ms, id",
    )?;
    let rows = statement.query_map(named_params! { ":event": event.0 }, |row| {
        let filled = |at: usize| row.get::<_, String>(at).map(|text| Some(text).filter(|text| !text.is_empty()));
        let (raw, e164, country) = (filled(4)?, filled(5)?, filled(6)?);
        let taken: (Option<[u8; 16]>, Option<u64>) = (row.get(9)?, row.get(10)?);
        Ok(Registration {
            id: DocumentId(row.get(0)?),
            given: row.get(1)?,
            family: row.get(2)?,
            association: row.get(3)?,
            phone: raw.map(|raw| Phone { e164, country, raw }),
            email: row.get(7)?,
            received_ms: row.get(8)?,
            taken: taken.0.map(DeviceId).zip(taken.1),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reserves somebody for a device, unless another reserved them since `since_ms`. Returns whether they are this device's now.
pub fn take(
    tx: &Transaction<'_>,
    event: DocumentId,
    id: DocumentId,
    device: DeviceId,
    since_ms: u64,
    now_ms: u64,
) -> Result<bool, StoreError> {
    let taken = tx.execute(
        "UPDATE registration SET taken_by = :device, taken_ms = :now_ms
         WHERE id = :id AND event_id = :event
           AND (taken_by IS NULL OR taken_by = :device OR taken_ms < :since_ms)",
        named_params! {
            ":id": id.0, ":event": event.0, ":device": device.0, ":since_ms": since_ms, ":now_ms": now_ms,
        },
    )?;
    Ok(taken > 0)
}

/// What somebody was whom nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Was {
    /// They are in the documents now.
    Somebody,
    /// Nobody: a joke, a machine, the same person again. Not counted.
    Nobody,
}

/// Deletes somebody who waited. Returns whether they were there.
pub fn remove(tx: &Transaction<'_>, event: DocumentId, id: DocumentId, was: Was) -> Result<bool, StoreError> {
    let key = named_params! { ":id": id.0, ":event": event.0 };
    let removed = tx.execute("DELETE FROM registration WHERE id = :id AND event_id = :event", key)? > 0;
    if removed && was == Was::Nobody {
        tx.execute(
            "UPDATE registration_link SET received = max(received, 1) - 1 WHERE event_id = :event",
            named_params! { ":event": event.0 },
        )?;
    }
    Ok(removed)
}

/// Events whose links have had their time: their last day, or else the day on which they close, is before `day`; or there is no such
/// event any more.
pub fn over(db: &Connection, day: &str) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT event_id FROM registration_link LEFT JOIN event ON event.document_id = event_id
         WHERE event.document_id IS NULL
            OR iif(last_day <> '', last_day, date(closes_ms / 1000, 'unixepoch')) < :day",
    )?;
    let rows = statement.query_map(named_params! { ":day": day }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes an event's link with all who wait.
pub fn forget(tx: &Transaction<'_>, event: DocumentId) -> Result<(), StoreError> {
    for statement in
        ["DELETE FROM registration WHERE event_id = :event", "DELETE FROM registration_link WHERE event_id = :event"]
    {
        tx.execute(statement, named_params! { ":event": event.0 })?;
    }
    Ok(())
}
