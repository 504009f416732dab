//! Photos, scans and signatures, by the SHA-256 of their bytes; uploads of them under way; and which document refers to which.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use shared::{
    id::{AccountId, DocumentId},
    wire::Hash,
};

use super::{StoreError, erasures};
use crate::media::Media;

/// What a small blob costs at least, where bytes are counted: a page of the file. In bytes.
pub const COST_BYTES_MIN: u64 = 4096;

/// A blob that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub media: Media,
    pub bytes: Vec<u8>,
}

/// A blob without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub hash: Hash,
    pub media: Media,
    pub size: u64,
    pub stored_ms: u64,
}

/// An upload under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    number: i64,
    pub media: Media,
    pub total: u64,
    pub received: u64,
}

/// That a document refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub hash: Hash,
    /// Whose it is, where it is one person's: it is erased with them.
    pub subject: Option<DocumentId>,
}

/// Whether something that stood in the file is gone now: then its write-ahead log must not keep it either
/// ([`crate::ingest::Ingest::empty_log`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    Nothing,
    Something,
}

/// Whether the blob is here, whole.
pub fn exists(db: &Connection, hash: &Hash) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM blob WHERE hash = :hash)")?;
    Ok(statement.query_row(named_params! { ":hash": hash }, |row| row.get(0))?)
}

/// How large it is, without reading it; none where it is not here.
pub fn size(db: &Connection, hash: &Hash) -> Result<Option<u64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT size FROM blob WHERE hash = :hash")?;
    Ok(statement.query_row(named_params! { ":hash": hash }, |row| row.get(0)).optional()?)
}

/// What it is and how large, without reading it; none where it is not here.
pub fn kind(db: &Connection, hash: &Hash) -> Result<Option<(Media, u64)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT media, size FROM blob WHERE hash = :hash")?;
    let found = statement.query_row(named_params! { ":hash": hash }, |row| Ok((media_at(row, 0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// The blob, if it is here.
pub fn read(db: &Connection, hash: &Hash) -> Result<Option<Blob>, StoreError> {
    let mut statement = db.prepare_cached("SELECT media, bytes FROM blob WHERE hash = :hash")?;
    let found = statement
        .query_row(named_params! { ":hash": hash }, |row| Ok(Blob { media: media_at(row, 0)?, bytes: row.get(1)? }))
        .optional()?;
    Ok(found)
}

/// Who brought it, if it is here.
pub fn brought_by(db: &Connection, hash: &Hash) -> Result<Option<AccountId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT account_id FROM blob WHERE hash = :hash")?;
    Ok(statement.query_row(named_params! { ":hash": hash }, |row| row.get(0).map(AccountId)).optional()?)
}

/// Keeps a blob, and lets go of every upload of it. Whoever calls has compared its hash. One that is here already stays as it is.
pub fn insert(
    tx: &Transaction<'_>,
    hash: &Hash,
    blob: &Blob,
    account: AccountId,
    now_ms: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO blob (hash, media, size, stored_ms, account_id, bytes)
         VALUES (:hash, :media, :size, :now_ms, :account, :bytes)",
    )?
    .execute(named_params! {
        ":hash": hash,
        ":media": blob.media.as_str(),
        ":size": blob.bytes.len(),
        ":now_ms": now_ms,
        ":account": account.0,
        ":bytes": blob.bytes,
    })?;
    remove_parts(tx, hash)?;
    Ok(())
}

/// Takes a blob out, with every upload of it. What refers to it stays.
pub fn remove(tx: &Transaction<'_>, hash: &Hash) -> Result<Gone, StoreError> {
    let parts = remove_parts(tx, hash)?;
    let hash = named_params! { ":hash": hash };
    tx.prepare_cached("DELETE FROM blob_loose WHERE hash = :hash")?.execute(hash)?;
    let blobs = tx.prepare_cached("DELETE FROM blob WHERE hash = :hash")?.execute(hash)?;
    Ok(gone(parts + blobs))
}

/// How many there are, and their bytes together.
pub fn sizes(db: &Connection) -> Result<(u64, u64), StoreError> {
    Ok(db.query_row("SELECT count(*), coalesce(sum(size), 0) FROM blob", [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The hashes of all that are here.
pub fn all(db: &Connection) -> Result<Vec<Hash>, StoreError> {
    let mut statement = db.prepare("SELECT hash FROM blob ORDER BY hash")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

// --- Uploads under way

/// What an account has brought of a blob so far.
pub fn part(db: &Connection, hash: &Hash, account: AccountId) -> Result<Option<Part>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT number, media, total, received FROM blob_part WHERE hash = :hash AND account_id = :account",
    )?;
    let found = statement
        .query_row(named_params! { ":hash": hash, ":account": account.0 }, |row| {
            Ok(Part { number: row.get(0)?, media: media_at(row, 1)?, total: row.get(2)?, received: row.get(3)? })
        })
        .optional()?;
    Ok(found)
}

/// Begins an upload.
pub fn begin_part(
    tx: &Transaction<'_>,
    hash: &Hash,
    account: AccountId,
    media: Media,
    total: u64,
    now_ms: u64,
) -> Result<Part, StoreError> {
    tx.prepare_cached(
        "INSERT INTO blob_part (hash, account_id, media, total, received, started_ms, touched_ms)
         VALUES (:hash, :account, :media, :total, 0, :now_ms, :now_ms)",
    )?
    .execute(named_params! {
        ":hash": hash,
        ":account": account.0,
        ":media": media.as_str(),
        ":total": total,
        ":now_ms": now_ms,
    })?;
    Ok(Part { number: tx.last_insert_rowid(), media, total, received: 0 })
}

/// Adds what comes next.
pub fn add_piece(tx: &Transaction<'_>, part: &Part, bytes: &[u8], now_ms: u64) -> Result<Part, StoreError> {
    tx.prepare_cached("INSERT INTO blob_piece (part, at, bytes) VALUES (:part, :at, :bytes)")?
        .execute(named_params! { ":part": part.number, ":at": part.received, ":bytes": bytes })?;
    let received = part.received + bytes.len() as u64;
    tx.prepare_cached("UPDATE blob_part SET received = :received, touched_ms = :now_ms WHERE number = :part")?
        .execute(named_params! { ":received": received, ":now_ms": now_ms, ":part": part.number })?;
    Ok(Part { received, ..*part })
}

/// All that was brought of it.
pub fn part_bytes(db: &Connection, part: &Part) -> Result<Vec<u8>, StoreError> {
    let mut statement = db.prepare_cached("SELECT bytes FROM blob_piece WHERE part = :part ORDER BY at")?;
    let mut rows = statement.query(named_params! { ":part": part.number })?;
    let mut bytes = Vec::with_capacity(usize::try_from(part.received).unwrap_or(0));
    while let Some(row) = rows.next()? {
        let piece = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Corrupt("a piece of a blob is no bytes"))?;
        bytes.extend_from_slice(piece);
    }
    Ok(bytes)
}

/// Throws an upload away.
pub fn remove_part(tx: &Transaction<'_>, part: &Part) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM blob_part WHERE number = :part")?.execute(named_params! { ":part": part.number })?;
    Ok(())
}

fn remove_parts(tx: &Transaction<'_>, hash: &Hash) -> Result<usize, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM blob_part WHERE hash = :hash")?.execute(named_params! { ":hash": hash })?)
}

/// Throws away the uploads with which nobody went on since then.
pub fn end_parts(tx: &Transaction<'_>, before_ms: u64) -> Result<Gone, StoreError> {
    let parts =
        tx.execute("DELETE FROM blob_part WHERE touched_ms < :before_ms", named_params! { ":before_ms": before_ms })?;
    Ok(gone(parts))
}

/// The bytes that an account's uploads under way shall have in the end.
pub fn under_way(db: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT coalesce(sum(max(total, :min)), 0) FROM blob_part WHERE account_id = :account")?;
    Ok(statement.query_row(named_params! { ":account": account.0, ":min": COST_BYTES_MIN }, |row| row.get(0))?)
}

/// The bytes of the blobs that an account has brought since then.
pub fn brought_since(db: &Connection, account: AccountId, since_ms: u64) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(max(size, :min)), 0) FROM blob WHERE account_id = :account AND stored_ms > :since_ms",
    )?;
    let key = named_params! { ":account": account.0, ":since_ms": since_ms, ":min": COST_BYTES_MIN };
    Ok(statement.query_row(key, |row| row.get(0))?)
}

// --- What refers to them

/// Writes which blobs a document refers to now. What is of somebody who was erased is not written but erased, were it here or still
/// to come: a mark of them stays in its event, and their signature must not.
pub fn set_links(tx: &Transaction<'_>, document: DocumentId, links: &[Link]) -> Result<Gone, StoreError> {
    let before = links_of(tx, document)?;
    let now: BTreeSet<Link> = links.iter().copied().collect();
    for Link { hash, subject } in before.difference(&now) {
        tx.prepare_cached(
            "DELETE FROM blob_link WHERE document_id = :document AND hash = :hash AND subject = :subject",
        )?
        .execute(named_params! { ":document": document.0, ":hash": hash, ":subject": bytes_of(subject.as_ref()) })?;
    }
    let mut forbidden = Vec::new();
    for Link { hash, subject } in now.difference(&before) {
        match subject.map(|subject| erasures::erased_ms(tx, subject)).transpose()?.flatten() {
            Some(erased_ms) => forbidden.push((*hash, erased_ms)),
            None => {
                tx.prepare_cached(
                    "INSERT INTO blob_link (hash, document_id, subject) VALUES (:hash, :document, :subject)",
                )?
                .execute(
                    named_params! { ":hash": hash, ":document": document.0, ":subject": bytes_of(subject.as_ref()) },
                )?;
            }
        }
    }
    let mut gone = Gone::Nothing;
    for (hash, erased_ms) in forbidden {
        gone = gone.or(erase_unless_linked(tx, &hash, erased_ms)?);
    }
    Ok(gone)
}

/// What a document refers to.
pub fn links_of(db: &Connection, document: DocumentId) -> Result<BTreeSet<Link>, StoreError> {
    let mut statement = db.prepare_cached("SELECT hash, subject FROM blob_link WHERE document_id = :document")?;
    let rows = statement.query_map(named_params! { ":document": document.0 }, |row| {
        let subject: Vec<u8> = row.get(1)?;
        Ok(Link { hash: row.get(0)?, subject: subject.try_into().ok().map(DocumentId) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The hashes that a document refers to, whether or not they are here.
pub fn referenced(db: &Connection, document: DocumentId) -> Result<BTreeSet<Hash>, StoreError> {
    Ok(links_of(db, document)?.into_iter().map(|link| link.hash).collect())
}

/// The documents that refer to a blob.
pub fn referring(db: &Connection, hash: &Hash) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT DISTINCT document_id FROM blob_link WHERE hash = :hash")?;
    let rows = statement.query_map(named_params! { ":hash": hash }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is somebody's, of what is here, the oldest first.
pub fn of_subject(db: &Connection, person: DocumentId) -> Result<Vec<Listed>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT blob.hash, media, size, stored_ms FROM blob_link JOIN blob ON blob.hash = blob_link.hash
         WHERE subject = :person ORDER BY stored_ms, blob.hash",
    )?;
    let rows = statement.query_map(named_params! { ":person": person.0 }, |row| {
        Ok(Listed { hash: row.get(0)?, media: media_at(row, 1)?, size: row.get(2)?, stored_ms: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

// --- What goes

/// With a document that is erased goes what only it referred to; with a person, what is theirs and nobody else's. The latter is
/// remembered, so that a late phone does not bring it back. A document's attachment is not: the same statutes may be attached to
/// the next dossier.
pub fn erase_with(tx: &Transaction<'_>, document: DocumentId, now_ms: u64) -> Result<(), StoreError> {
    let id = named_params! { ":id": document.0 };
    let hashes = |statement: &str| -> Result<Vec<Hash>, StoreError> {
        Ok(tx.prepare_cached(statement)?.query_map(id, |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let theirs = hashes("SELECT DISTINCT hash FROM blob_link WHERE subject = :id")?;
    let its_own = hashes("SELECT DISTINCT hash FROM blob_link WHERE document_id = :id")?;
    tx.prepare_cached("DELETE FROM blob_link WHERE document_id = :id OR subject = :id")?.execute(id)?;
    for hash in theirs {
        erase_unless_linked(tx, &hash, now_ms)?;
    }
    for hash in its_own {
        if referring(tx, &hash)?.is_empty() {
            remove(tx, &hash)?;
        }
    }
    Ok(())
}

fn erase_unless_linked(tx: &Transaction<'_>, hash: &Hash, now_ms: u64) -> Result<Gone, StoreError> {
    if referring(tx, hash)?.is_empty() { erase(tx, hash, now_ms) } else { Ok(Gone::Nothing) }
}

/// Takes a blob out and remembers that it was erased.
pub fn erase(tx: &Transaction<'_>, hash: &Hash, now_ms: u64) -> Result<Gone, StoreError> {
    erasures::remember_blob(tx, hash, now_ms)?;
    remove(tx, hash)
}

/// Blobs that are here, in part or whole, though they were erased.
pub fn left_behind(db: &Connection) -> Result<Vec<Hash>, StoreError> {
    let mut statement = db.prepare("SELECT hash FROM blob UNION SELECT hash FROM blob_part")?;
    let hashes = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<Hash>, _>>()?;
    let mut left = Vec::new();
    for hash in hashes {
        if erasures::is_blob_erased(db, &hash)? {
            left.push(hash);
        }
    }
    Ok(left)
}

/// Notes since when nothing refers to which blob.
pub fn note_loose(tx: &Transaction<'_>, now_ms: u64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM blob_loose WHERE EXISTS (SELECT 1 FROM blob_link WHERE hash = blob_loose.hash)", [])?;
    tx.execute(
        "INSERT OR IGNORE INTO blob_loose (hash, since_ms)
         SELECT hash, :now_ms FROM blob WHERE NOT EXISTS (SELECT 1 FROM blob_link WHERE hash = blob.hash)",
        named_params! { ":now_ms": now_ms },
    )?;
    Ok(())
}

/// Takes out the blobs to which nothing has referred since then. What came with changes that wait for a decision stays until it is
/// made.
pub fn remove_loose(tx: &Transaction<'_>, before_ms: u64) -> Result<Vec<Hash>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT hash FROM blob_loose JOIN blob USING (hash)
         WHERE since_ms < :before_ms AND NOT EXISTS (
             SELECT 1 FROM quarantine WHERE quarantine.account_id = blob.account_id AND judged_ms IS NULL)",
    )?;
    let hashes = statement
        .query_map(named_params! { ":before_ms": before_ms }, |row| row.get(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for hash in &hashes {
        remove(tx, hash)?;
    }
    Ok(hashes)
}

/// Links of documents that there are not.
pub fn orphans(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row(
        "SELECT count(*) FROM blob_link WHERE NOT EXISTS (SELECT 1 FROM document WHERE id = document_id)",
        [],
        |row| row.get(0),
    )?)
}

impl Gone {
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Something { self } else { other }
    }
}

fn gone(rows: usize) -> Gone {
    if rows > 0 { Gone::Something } else { Gone::Nothing }
}

fn bytes_of(subject: Option<&DocumentId>) -> &[u8] {
    subject.map_or(&[], |subject| &subject.0)
}

fn media_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Media> {
    let word: String = row.get(column)?;
    Media::from_word(&word).ok_or(rusqlite::Error::InvalidQuery)
}
