//! Documents as they are kept: changes, standing, snapshots, the running digest, and what was set aside.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use shared::{
    document::Kind,
    id::{AccountId, DeviceId, DocumentId},
    wire::{BUCKETS, Hash, bucket_of, bucket_part},
};

use super::StoreError;

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub kind: Kind,
    /// Sorted.
    pub heads: Vec<Hash>,
    pub digest: u128,
    pub first_arrival: u64,
    pub last_arrival: u64,
    pub changes: u64,
    pub created_by: AccountId,
    /// How often it was written anew.
    pub epoch: u32,
}

/// A change that was accepted.
#[derive(Debug, Clone, Copy)]
pub struct NewChange<'a> {
    pub arrival: u64,
    pub document: DocumentId,
    pub hash: &'a Hash,
    pub device: DeviceId,
    pub brought_by: DeviceId,
    pub received_ms: u64,
    pub bytes: &'a [u8],
}

/// A change that was not.
#[derive(Debug, Clone, Copy)]
pub struct NewAside<'a> {
    pub document: DocumentId,
    pub kind: Kind,
    pub digest: &'a Hash,
    pub hash: Option<&'a Hash>,
    pub device: DeviceId,
    pub account: AccountId,
    pub code: &'a str,
    pub received_ms: u64,
    pub bytes: &'a [u8],
}

pub(super) fn kind_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    let number: u8 = row.get(column)?;
    Kind::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, i64::from(number)))
}

pub(super) fn digest_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u128> {
    row.get::<_, [u8; 16]>(column).map(u128::from_be_bytes)
}

pub(super) fn heads_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Hash>> {
    let bytes: Vec<u8> = row.get(column)?;
    Ok(bytes.chunks_exact(32).filter_map(|head| head.try_into().ok()).collect())
}

/// Where a document stands; none if the server has nothing of it.
pub fn standing(db: &Connection, document: DocumentId) -> Result<Option<Standing>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT kind, heads, digest, first_arrival, last_arrival, changes, created_by, epoch
         FROM document WHERE id = :document",
    )?;
    let standing = statement.query_row(named_params! { ":document": document.0 }, |row| {
        Ok(Standing {
            kind: kind_at(row, 0)?,
            heads: heads_at(row, 1)?,
            digest: digest_at(row, 2)?,
            first_arrival: row.get(3)?,
            last_arrival: row.get(4)?,
            changes: row.get(5)?,
            created_by: AccountId(row.get(6)?),
            epoch: row.get(7)?,
        })
    });
    Ok(standing.optional()?)
}

/// Documents in which something arrived after that, the oldest news first; at most `most`.
pub fn arrived_after(db: &Connection, arrival: u64, most: usize) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id FROM document WHERE last_arrival > :arrival ORDER BY last_arrival LIMIT :most")?;
    let rows =
        statement.query_map(named_params! { ":arrival": arrival, ":most": most }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes where a document stands now, and moves the running digest along.
pub fn put_standing(tx: &Transaction<'_>, document: DocumentId, now: &Standing) -> Result<(), StoreError> {
    let before = standing(tx, document)?.map_or(0, |before| before.digest);
    let mut statement = tx.prepare_cached(
        "INSERT INTO document (id, kind, heads, digest, first_arrival, last_arrival, changes, created_by, epoch)
         VALUES (:id, :kind, :heads, :digest, :first_arrival, :last_arrival, :changes, :created_by, :epoch)
         ON CONFLICT (id) DO UPDATE
         SET heads = :heads, digest = :digest, first_arrival = :first_arrival, last_arrival = :last_arrival,
             changes = :changes, epoch = :epoch",
    )?;
    statement.execute(named_params! {
        ":id": document.0,
        ":kind": now.kind as u8,
        ":heads": now.heads.concat(),
        ":digest": now.digest.to_be_bytes(),
        ":first_arrival": now.first_arrival,
        ":last_arrival": now.last_arrival,
        ":changes": now.changes,
        ":created_by": now.created_by.0,
        ":epoch": now.epoch,
    })?;
    add_to_bucket(tx, now.kind, bucket_of(document), before ^ now.digest)
}

/// Takes a document out of the running digest: it is about to go.
pub fn take_out_of_bucket(tx: &Transaction<'_>, document: DocumentId, standing: &Standing) -> Result<(), StoreError> {
    add_to_bucket(tx, standing.kind, bucket_of(document), standing.digest)
}

fn add_to_bucket(tx: &Transaction<'_>, kind: Kind, bucket: u8, difference: u128) -> Result<(), StoreError> {
    let key = named_params! { ":kind": kind as u8, ":bucket": bucket };
    let mut select = tx.prepare_cached("SELECT digest FROM bucket WHERE kind = :kind AND bucket = :bucket")?;
    let before = select.query_row(key, |row| digest_at(row, 0)).optional()?.unwrap_or(0);
    let mut put = tx.prepare_cached(
        "INSERT INTO bucket (kind, bucket, digest) VALUES (:kind, :bucket, :digest)
         ON CONFLICT (kind, bucket) DO UPDATE SET digest = :digest",
    )?;
    put.execute(named_params! {
        ":kind": kind as u8,
        ":bucket": bucket,
        ":digest": (before ^ difference).to_be_bytes(),
    })?;
    Ok(())
}

/// Forgets every digest: each document's standing adds its own anew.
pub fn clear_digests(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch("DELETE FROM bucket; UPDATE document SET digest = zeroblob(16)")?)
}

/// The digest of all documents of these kinds: as a whole, and what goes into each bucket.
pub fn digest(db: &Connection, readable: impl Fn(Kind) -> bool) -> Result<(u128, Vec<u64>), StoreError> {
    let mut statement = db.prepare_cached("SELECT kind, bucket, digest FROM bucket")?;
    let mut rows = statement.query([])?;
    let (mut whole, mut buckets) = (0, vec![0; BUCKETS]);
    while let Some(row) = rows.next()? {
        if readable(kind_at(row, 0)?) {
            let digest = digest_at(row, 2)?;
            whole ^= digest;
            buckets[row.get::<_, usize>(1)?] ^= bucket_part(digest);
        }
    }
    Ok((whole, buckets))
}

/// Keeps a change. The guard has seen to it that it is new.
pub fn add_change(tx: &Transaction<'_>, change: &NewChange<'_>) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO change (arrival, document_id, hash, device_id, brought_by, received_ms, bytes)
         VALUES (:arrival, :document, :hash, :device, :brought_by, :received_ms, :bytes)",
    )?;
    statement.execute(named_params! {
        ":arrival": change.arrival,
        ":document": change.document.0,
        ":hash": change.hash,
        ":device": change.device.0,
        ":brought_by": change.brought_by.0,
        ":received_ms": change.received_ms,
        ":bytes": change.bytes,
    })?;
    Ok(())
}

/// The changes of a document that arrived after `arrival`, in their order: hash and bytes.
pub fn changes_after(db: &Connection, document: DocumentId, arrival: u64) -> Result<Vec<(Hash, Vec<u8>)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT hash, bytes FROM change WHERE document_id = :document AND arrival > :arrival ORDER BY arrival",
    )?;
    let key = named_params! { ":document": document.0, ":arrival": arrival };
    let rows = statement.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When each change of a document arrived, by the server's clock, and who brought it.
pub fn receipts(db: &Connection, document: DocumentId) -> Result<Vec<(Hash, u64, DeviceId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT hash, received_ms, device_id FROM change WHERE document_id = :document ORDER BY arrival",
    )?;
    let rows = statement.query_map(named_params! { ":document": document.0 }, |row| {
        Ok((row.get(0)?, row.get(1)?, DeviceId(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The devices that wrote a document.
pub fn writers(db: &Connection, document: DocumentId) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT DISTINCT device_id FROM change WHERE document_id = :document")?;
    let rows = statement.query_map(named_params! { ":document": document.0 }, |row| row.get(0).map(DeviceId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every document and where it stands, by id.
pub fn all(db: &Connection) -> Result<Vec<(DocumentId, Standing)>, StoreError> {
    let mut statement = db.prepare("SELECT id FROM document ORDER BY id")?;
    let ids = statement.query_map([], |row| row.get(0).map(DocumentId))?.collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.extend(standing(db, id)?.map(|standing| (id, standing)));
    }
    Ok(all)
}

/// The documents of these buckets, for a phone that differs in them.
pub fn in_buckets(db: &Connection, buckets: &[u8]) -> Result<Vec<(DocumentId, Kind, Vec<Hash>)>, StoreError> {
    // A rare search over everything: not worth an index that each write would pay for.
    let mut statement = db.prepare_cached("SELECT id, kind, heads FROM document")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = DocumentId(row.get(0)?);
        if buckets.contains(&bucket_of(id)) {
            found.push((id, kind_at(row, 1)?, heads_at(row, 2)?));
        }
    }
    Ok(found)
}

/// The whole document as of an arrival, if that is cached.
pub fn snapshot(db: &Connection, document: DocumentId) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT arrival, bytes FROM snapshot WHERE document_id = :document")?;
    let key = named_params! { ":document": document.0 };
    Ok(statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Caches the whole document. Only what was proved to load back equal.
pub fn put_snapshot(tx: &Transaction<'_>, document: DocumentId, arrival: u64, bytes: &[u8]) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO snapshot (document_id, arrival, bytes) VALUES (:document, :arrival, :bytes)
         ON CONFLICT (document_id) DO UPDATE SET arrival = :arrival, bytes = :bytes",
    )?;
    statement.execute(named_params! { ":document": document.0, ":arrival": arrival, ":bytes": bytes })?;
    Ok(())
}

/// Keeps what was not accepted. The same bytes from the same device are kept once.
pub fn set_aside(tx: &Transaction<'_>, aside: &NewAside<'_>) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT OR IGNORE INTO quarantine
             (document_id, kind, digest, hash, device_id, account_id, code, received_ms, bytes)
         VALUES (:document, :kind, :digest, :hash, :device, :account, :code, :received_ms, :bytes)",
    )?;
    statement.execute(named_params! {
        ":document": aside.document.0,
        ":kind": aside.kind as u8,
        ":digest": aside.digest,
        ":hash": aside.hash,
        ":device": aside.device.0,
        ":account": aside.account.0,
        ":code": aside.code,
        ":received_ms": aside.received_ms,
        ":bytes": aside.bytes,
    })?;
    Ok(())
}

/// Whether a change of that hash waits for staff.
pub fn is_set_aside(db: &Connection, document: DocumentId, hash: &Hash) -> Result<bool, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE document_id = :document AND hash = :hash)")?;
    Ok(statement.query_row(named_params! { ":document": document.0, ":hash": hash }, |row| row.get(0))?)
}

/// How many changes wait for staff, by code.
pub fn set_aside_counts(db: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement =
        db.prepare("SELECT code, count(*) FROM quarantine WHERE judged_ms IS NULL GROUP BY code ORDER BY code")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
