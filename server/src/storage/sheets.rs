//! Sealed sheets, and what sealing one must know of phones.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use serde::Serialize;
use shared::id::{AccountId, DeviceId, DocumentId};

use super::StoreError;

/// A sealed version, without the papers themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sealed {
    pub version: u32,
    pub code: String,
    pub sealed_ms: u64,
    pub reason: String,
    /// Who sealed it, by the account's name today.
    pub by_name: String,
}

/// A sealed version, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub row: String,
    pub event: DocumentId,
    pub version: u32,
    pub code: String,
    pub sealed_ms: u64,
    pub account: AccountId,
    pub reason: String,
    pub manifest: Vec<u8>,
    pub signature: [u8; 64],
    pub data: Vec<u8>,
    pub pdf: Vec<u8>,
    /// The key that proves it, where it was sealed on another server and came with its export; none: this server's own.
    pub public_key: Option<[u8; 32]>,
}

const COLUMNS: &str = "row, event_id, version, code, sealed_ms, account_id, reason, manifest, signature, data, pdf, public_key FROM sheet";

fn sheet_at(row: &Row<'_>) -> rusqlite::Result<Sheet> {
    Ok(Sheet {
        row: row.get(0)?,
        event: DocumentId(row.get(1)?),
        version: row.get(2)?,
        code: row.get(3)?,
        sealed_ms: row.get(4)?,
        account: AccountId(row.get(5)?),
        reason: row.get(6)?,
        manifest: row.get(7)?,
        signature: row.get(8)?,
        data: row.get(9)?,
        pdf: row.get(10)?,
        public_key: row.get(11)?,
    })
}

/// The versions of an event's sheet, the first one first.
pub fn of_event(db: &Connection, event: DocumentId) -> Result<Vec<Sealed>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT version, code, sealed_ms, reason, coalesce(account.name, '')
         FROM sheet LEFT JOIN account ON account.id = sheet.account_id WHERE event_id = :event ORDER BY version",
    )?;
    let rows = statement.query_map(named_params! { ":event": event.0 }, |row| {
        Ok(Sealed {
            version: row.get(0)?,
            code: row.get(1)?,
            sealed_ms: row.get(2)?,
            reason: row.get(3)?,
            by_name: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The last version of an event's sheet.
pub fn last(db: &Connection, event: DocumentId) -> Result<Option<Sheet>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE event_id = :event ORDER BY version DESC LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row(named_params! { ":event": event.0 }, sheet_at).optional()?)
}

/// The version of that code.
pub fn by_code(db: &Connection, code: &str) -> Result<Option<Sheet>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE code = :code");
    Ok(db.prepare_cached(&sql)?.query_row(named_params! { ":code": code }, sheet_at).optional()?)
}

/// Every version of every sheet, by event and version.
pub fn all(db: &Connection) -> Result<Vec<Sheet>, StoreError> {
    let sql = format!("SELECT {COLUMNS} ORDER BY event_id, version");
    Ok(db.prepare(&sql)?.query_map([], sheet_at)?.collect::<Result<_, _>>()?)
}

/// Keeps a version.
pub fn add(tx: &Transaction<'_>, sheet: &Sheet) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO sheet (row, event_id, version, code, sealed_ms, account_id, reason, manifest, signature, data, pdf, public_key)
         VALUES (:row, :event, :version, :code, :sealed_ms, :account, :reason, :manifest, :signature, :data, :pdf, :public_key)",
    )?
    .execute(named_params! {
        ":row": sheet.row,
        ":event": sheet.event.0,
        ":version": sheet.version,
        ":code": sheet.code,
        ":sealed_ms": sheet.sealed_ms,
        ":account": sheet.account.0,
        ":reason": sheet.reason,
        ":manifest": sheet.manifest,
        ":signature": sheet.signature,
        ":data": sheet.data,
        ":pdf": sheet.pdf,
        ":public_key": sheet.public_key,
    })?;
    Ok(())
}

/// What the organisation signs with, if it has sealed anything: PKCS #8.
pub fn signing_key(db: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db.query_row("SELECT signing_key FROM server", [], |row| row.get(0))?)
}

/// Keeps the key that was just made; the one that is there already stays.
pub fn keep_signing_key(tx: &Transaction<'_>, key: &[u8]) -> Result<(), StoreError> {
    tx.execute("UPDATE server SET signing_key = :key WHERE signing_key IS NULL", named_params! { ":key": key })?;
    Ok(())
}

/// A phone that may still hold something of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outstanding {
    pub device: DeviceId,
    pub label: String,
    pub account_name: String,
    /// None where it never came.
    pub last_exchange_ms: Option<u64>,
    /// Changes that it said it still has to send.
    pub unsent: u64,
}

impl Outstanding {
    /// Device, label, account, last exchange, unsent.
    pub(super) fn at(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            device: DeviceId(row.get(0)?),
            label: row.get(1)?,
            account_name: row.get(2)?,
            last_exchange_ms: row.get(3)?,
            unsent: row.get::<_, Option<u64>>(4)?.unwrap_or(0),
        })
    }
}

/// The phones that wrote in an event or whose account was given it, and that have said since that they hold something unsent, or
/// have not come at all since `since_ms`.
pub fn outstanding(db: &Connection, event: DocumentId, since_ms: u64) -> Result<Vec<Outstanding>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT device.id, device.label, account.name, device.last_exchange_ms, device.unsent
         FROM device JOIN account ON account.id = device.account_id
         WHERE device.credential_hash <> zeroblob(32)
           AND (device.id IN (SELECT DISTINCT device_id FROM change WHERE document_id = :event)
                OR (device.revoked_ms IS NULL AND account.role = 'volunteer' AND account.id IN
                    (SELECT account_id FROM assignment WHERE document_id = :event AND given = 1)))
           AND (device.unsent > 0 OR device.unsent_blobs > 0 OR device.last_exchange_ms IS NULL OR device.last_exchange_ms < :since_ms)
           AND device.rescued_ms IS NULL
         ORDER BY account.name, device.id",
    )?;
    let rows = statement.query_map(named_params! { ":event": event.0, ":since_ms": since_ms }, Outstanding::at)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What devices are called, with whose they are: `Galaxy A12 (Amina)`.
pub fn device_name(db: &Connection, device: DeviceId) -> Result<String, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT device.label, account.name FROM device JOIN account ON account.id = device.account_id
         WHERE device.id = :device",
    )?;
    let name = statement.query_row(named_params! { ":device": device.0 }, |row| {
        let (label, account): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(if label.is_empty() { account } else { format!("{label} ({account})") })
    });
    Ok(name.optional()?.unwrap_or_default())
}

/// Other events that have a half-day between those two days, by what is projected of them.
pub fn events_between(
    db: &Connection,
    except: DocumentId,
    first_day: &str,
    last_day: &str,
    most: usize,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id FROM event
         WHERE document_id <> :except AND first_day <> '' AND first_day <= :last_day AND last_day >= :first_day
         ORDER BY document_id LIMIT :most",
    )?;
    let key = named_params! { ":except": except.0, ":first_day": first_day, ":last_day": last_day, ":most": most };
    let rows = statement.query_map(key, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
