//! What was not accepted and waits for staff, and what they decided about it.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use serde::Serialize;
use shared::{
    document::Kind,
    id::{AccountId, DeviceId, DocumentId},
    limit,
    wire::{Hash, Judged},
};

use super::{StoreError, documents::kind_at, server};

/// Rows of the list that staff see.
pub const ROWS_MAX: u64 = 500;
/// Bytes of a change in that list; a longer one is listed without its content.
pub const SHOWN_BYTES_MAX: usize = 64 * 1024;

/// Changes of one device that may wait. What comes beyond waits on the device: a flood fills no disk of ours.
pub const WAITING_OF_DEVICE_MAX: u64 = 10_000;
/// Their bytes together.
pub const WAITING_BYTES_OF_DEVICE_MAX: u64 = 32 * 1024 * 1024;

/// A change that was set aside.
#[derive(Debug, Clone)]
pub struct Aside {
    pub number: i64,
    pub document: DocumentId,
    pub kind: Kind,
    /// None where the bytes are no change at all.
    pub hash: Option<Hash>,
    pub device: DeviceId,
    pub account: AccountId,
    /// Why it was set aside.
    pub code: String,
    pub received_ms: u64,
    pub bytes: Vec<u8>,
    pub judgement: Option<Judgement>,
    /// Who looks after it.
    pub assigned: Option<AccountId>,
    /// The changes by which it was last taken back, or accepted again; none as long as it is the change itself.
    pub last_by: Option<Vec<Hash>>,
}

/// What was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    pub accepted: bool,
    pub at_ms: u64,
    pub by: DeviceId,
    /// What was written to the sender; empty if nothing.
    pub word: String,
}

const COLUMNS: &str = "number, document_id, kind, hash, device_id, account_id, code, received_ms, accepted, judged_ms,
                       judged_by, word, assigned, last_by";

fn aside_of(row: &Row<'_>) -> rusqlite::Result<Aside> {
    let judgement = match row.get(8)? {
        Some(accepted) => Some(Judgement {
            accepted,
            at_ms: row.get(9)?,
            by: DeviceId(row.get(10)?),
            word: row.get::<_, Option<String>>(11)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Aside {
        number: row.get(0)?,
        document: DocumentId(row.get(1)?),
        kind: kind_at(row, 2)?,
        hash: row.get(3)?,
        device: DeviceId(row.get(4)?),
        account: AccountId(row.get(5)?),
        code: row.get(6)?,
        received_ms: row.get(7)?,
        bytes: row.get(14)?,
        judgement,
        assigned: row.get::<_, Option<_>>(12)?.map(AccountId),
        last_by: row.get::<_, Option<Vec<u8>>>(13)?.map(|hashes| hashes.as_chunks().0.to_vec()),
    })
}

/// What waits, the oldest first, then what was decided lately, the newest first.
pub fn list(db: &Connection) -> Result<Vec<Aside>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS}, iif(length(bytes) <= :bytes_max, bytes, x'') FROM quarantine
         ORDER BY judged_ms IS NOT NULL, iif(judged_ms IS NULL, number, -judged_ms) LIMIT :rows"
    ))?;
    let key = named_params! { ":rows": ROWS_MAX, ":bytes_max": SHOWN_BYTES_MAX };
    let rows = statement.query_map(key, aside_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
pub fn one(db: &Connection, number: i64) -> Result<Option<Aside>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS}, bytes FROM quarantine WHERE number = :number"))?;
    Ok(statement.query_row(named_params! { ":number": number }, aside_of).optional()?)
}

/// How many wait.
pub fn waiting(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row("SELECT count(*) FROM quarantine WHERE judged_ms IS NULL", [], |row| row.get(0))?)
}

/// How many changes of a device wait, and their bytes.
pub fn waiting_of(db: &Connection, device: DeviceId) -> Result<(u64, u64), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM quarantine
         WHERE device_id = :device AND judged_ms IS NULL",
    )?;
    Ok(statement.query_row(named_params! { ":device": device.0 }, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Writes what was decided. One that was decided already stays as it is.
pub fn judge(tx: &Transaction<'_>, number: i64, judgement: &Judgement) -> Result<(), StoreError> {
    let arrival = server::next_arrivals(tx, 1)?;
    let rows = tx.execute(
        "UPDATE quarantine SET accepted = :accepted, judged_ms = :at_ms, judged_by = :by, word = :word,
                               judged_arrival = :arrival
         WHERE number = :number AND judged_ms IS NULL",
        named_params! {
            ":number": number,
            ":accepted": judgement.accepted,
            ":at_ms": judgement.at_ms,
            ":by": judgement.by.0,
            ":word": judgement.word,
            ":arrival": arrival,
        },
    )?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Corrupt("a change was judged twice")) }
}

/// Takes a judgement back: the change waits again. `last_by` are the changes that took back what was accepted, if any.
pub fn reopen(tx: &Transaction<'_>, number: i64, last_by: Option<&[Hash]>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quarantine SET accepted = NULL, judged_ms = NULL, judged_by = NULL, word = NULL, judged_arrival = NULL,
                               last_by = coalesce(:last_by, last_by)
         WHERE number = :number",
        named_params! { ":number": number, ":last_by": last_by.map(<[Hash]>::as_flattened) },
    )?;
    Ok(())
}

/// Notes by which changes it was accepted again.
pub fn accepted_again(tx: &Transaction<'_>, number: i64, last_by: &[Hash]) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quarantine SET last_by = :last_by WHERE number = :number",
        named_params! { ":number": number, ":last_by": last_by.as_flattened() },
    )?;
    Ok(())
}

/// Says who looks after it; nobody where none is named.
pub fn assign(tx: &Transaction<'_>, number: i64, account: Option<AccountId>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE quarantine SET assigned = :account WHERE number = :number",
        named_params! { ":number": number, ":account": account.map(|account| account.0) },
    )?;
    Ok(())
}

/// What was decided about a device's changes since that arrival, for the device itself.
pub fn judged_since(db: &Connection, device: DeviceId, arrival: u64) -> Result<Vec<Judged>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, code, accepted, coalesce(word, ''), count(*), max(judged_arrival) AS last FROM quarantine
         WHERE device_id = :device AND judged_arrival > :arrival
         GROUP BY document_id, code, accepted, word ORDER BY last LIMIT :rows",
    )?;
    let key = named_params! { ":device": device.0, ":arrival": arrival, ":rows": limit::JUDGED_MAX };
    let rows = statement.query_map(key, |row| {
        Ok(Judged {
            document: DocumentId(row.get(0)?),
            code: row.get(1)?,
            accepted: row.get(2)?,
            word: row.get(3)?,
            changes: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
