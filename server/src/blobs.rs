//! Photos, scans and signatures: how they come in piece by piece, who may read them, and when they go.
//!
//! A blob's name is the SHA-256 of its bytes. So whoever brings one needs no permission to overwrite anything, the same photo
//! is kept once, and a document that refers to it cannot be shown another.

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::{id::AccountId, role::Scope, wire::Hash};

use crate::{
    ingest::Ingest,
    media::Media,
    storage::{
        StoreError,
        access::Account,
        blobs::{self, Blob, Gone, Part},
        documents, erasures, scope,
    },
};

/// One piece of an upload. In bytes: half a minute on the slowest network that carries anything.
pub const PIECE_BYTES_MAX: usize = 64 * 1024;
/// What one account may bring in 24 hours: three workshops of a hundred signatures, their sheets and twenty scans. In bytes.
pub const DAY_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// What an account's uploads that are under way may have in the end. Each of its phones brings one blob after the other. In bytes.
pub const UNDER_WAY_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// An upload with which nobody has gone on for so long is thrown away. In milliseconds: 7 days.
pub const PART_KEEP_MS: u64 = 7 * DAY_MS;
/// So long a blob stays to which no document refers. In milliseconds: 30 days, since what refers to it may be on a phone still.
pub const LOOSE_KEEP_MS: u64 = 30 * DAY_MS;
/// When one that has brought too much may ask again. In seconds.
pub const QUOTA_WAIT_S: u64 = 60 * 60;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How far a blob has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct State {
    /// So many of its first bytes are here.
    pub size: u64,
    /// All of it is, and is what its name says.
    pub whole: bool,
}

/// Why a blob is not taken, or not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none, or not for who asks: strangers learn nothing.
    #[error("there is no such blob")]
    Unknown,
    #[error("the next piece of it begins elsewhere")]
    Offset(State),
    #[error("it was erased")]
    Erased,
    #[error("it is larger than one of its kind may be")]
    TooLarge,
    #[error("this kind of file is not kept")]
    Media,
    #[error("it is not what its kind says")]
    Damaged,
    #[error("it is not what its name says")]
    HashMismatch,
    #[error("this account has brought too much")]
    Quota,
}

impl Refusal {
    /// The stable name of this refusal.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "blob.unknown",
            Self::Offset(_) => "blob.offset",
            Self::Erased => "blob.erased",
            Self::TooLarge => "blob.too_large",
            Self::Media => "blob.media",
            Self::Damaged => "blob.damaged",
            Self::HashMismatch => "blob.hash_mismatch",
            Self::Quota => "blob.quota",
        }
    }
}

/// One piece of a blob, as it was brought.
#[derive(Debug, Clone)]
pub struct Piece {
    pub hash: Hash,
    pub media: Media,
    /// Where it begins.
    pub at: u64,
    /// What the whole shall have.
    pub total: u64,
    pub bytes: Vec<u8>,
}

impl Piece {
    /// Whether a blob of that kind and size would be taken.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`].
    pub fn check(&self) -> Result<(), Refusal> {
        if self.total > self.media.bytes_max() { Err(Refusal::TooLarge) } else { Ok(()) }
    }

    /// Whether it lies in the whole, and has anything in it.
    #[must_use]
    pub fn fits(&self) -> bool {
        let end = self.at.checked_add(self.bytes.len() as u64);
        !self.bytes.is_empty() && end.is_some_and(|end| end <= self.total)
    }
}

/// How far a blob has come, for an account that brings it.
///
/// # Errors
/// What the storage fails on.
pub fn state(db: &Connection, account: AccountId, hash: &Hash) -> Result<Result<State, Refusal>, StoreError> {
    if let Some(size) = blobs::size(db, hash)? {
        return Ok(Ok(State { size, whole: true }));
    }
    if erasures::is_blob_erased(db, hash)? {
        return Ok(Err(Refusal::Erased));
    }
    let size = blobs::part(db, hash, account)?.map_or(0, |part| part.received);
    Ok(Ok(State { size, whole: false }))
}

/// Takes one piece. What is refused is an answer like another, and what was thrown away for it stays so: hence two results.
///
/// # Errors
/// What the storage fails on. Then nothing was done.
pub fn take(
    tx: &Transaction<'_>,
    account: AccountId,
    piece: &Piece,
    now_ms: u64,
) -> Result<Result<State, Refusal>, StoreError> {
    let Piece { hash, media, at, total, bytes } = piece;
    if let Some(size) = blobs::size(tx, hash)? {
        return Ok(Ok(State { size, whole: true }));
    }
    if erasures::is_blob_erased(tx, hash)? {
        return Ok(Err(Refusal::Erased));
    }
    let known = blobs::part(tx, hash, account)?;
    let part = match known.filter(|part| (part.media, part.total) == (*media, *total)) {
        Some(part) => Some(part),
        None => {
            // Another size or kind under the same name: one of the two is wrong, and the newer one is given its try.
            known.map(|other| blobs::remove_part(tx, &other)).transpose()?;
            None
        }
    };
    let size = part.map_or(0, |part| part.received);
    if *at != size {
        return Ok(Err(Refusal::Offset(State { size, whole: false })));
    }
    let part = match part {
        Some(part) => part,
        None if !may_begin(tx, account, *total, now_ms)? => return Ok(Err(Refusal::Quota)),
        None => blobs::begin_part(tx, hash, account, *media, *total, now_ms)?,
    };
    let part = blobs::add_piece(tx, &part, bytes, now_ms)?;
    if part.received < part.total {
        return Ok(Ok(State { size: part.received, whole: false }));
    }
    finish(tx, hash, &part, account, now_ms)
}

fn may_begin(tx: &Transaction<'_>, account: AccountId, total: u64, now_ms: u64) -> Result<bool, StoreError> {
    let cost = total.max(blobs::COST_BYTES_MIN);
    let under_way = blobs::under_way(tx, account)? + cost;
    let today = blobs::brought_since(tx, account, now_ms.saturating_sub(DAY_MS))?;
    Ok(under_way <= UNDER_WAY_BYTES_MAX && today + under_way <= DAY_BYTES_MAX)
}

/// All of it has come.
fn finish(
    tx: &Transaction<'_>,
    hash: &Hash,
    part: &Part,
    account: AccountId,
    now_ms: u64,
) -> Result<Result<State, Refusal>, StoreError> {
    let bytes = blobs::part_bytes(tx, part)?;
    blobs::remove_part(tx, part)?;
    if <Hash>::from(Sha256::digest(&bytes)) != *hash {
        return Ok(Err(Refusal::HashMismatch));
    }
    if !part.media.is(&bytes) {
        return Ok(Err(Refusal::Damaged));
    }
    blobs::insert(tx, hash, &Blob { media: part.media, bytes }, account, now_ms)?;
    Ok(Ok(State { size: part.total, whole: true }))
}

/// Whether an account may read a blob: it holds a document that refers to it, or brought it and none does yet.
///
/// # Errors
/// What the storage fails on.
pub fn may_read(db: &Connection, account: &Account, hash: &Hash) -> Result<bool, StoreError> {
    let referring = blobs::referring(db, hash)?;
    if referring.is_empty() {
        return Ok(blobs::brought_by(db, hash)? == Some(account.id));
    }
    match account.scope {
        Scope::Everything => {
            for document in referring {
                if documents::standing(db, document)?.is_some_and(|standing| account.role.may_read(standing.kind)) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Scope::Assigned => {
            let held = scope::assigned(db, account.id)?;
            let mut readable = held.iter().filter(|scoped| account.role.may_read(scoped.kind));
            Ok(readable.any(|scoped| referring.contains(&scoped.id)))
        }
    }
}

/// Throws away what nobody goes on with, and takes out what nothing has referred to for long. Done each hour.
///
/// # Errors
/// What the storage fails on.
pub fn sweep(tx: &Transaction<'_>, ingest: &mut Ingest, now_ms: u64) -> Result<(), StoreError> {
    let parts = blobs::end_parts(tx, now_ms.saturating_sub(PART_KEEP_MS))?;
    blobs::note_loose(tx, now_ms)?;
    let loose = blobs::remove_loose(tx, now_ms.saturating_sub(LOOSE_KEEP_MS))?;
    if parts == Gone::Something || !loose.is_empty() {
        ingest.empty_log();
    }
    Ok(())
}
