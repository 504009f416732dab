//! Into an empty server.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use automerge::ReadDoc as _;
use rusqlite::Transaction;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use shared::{
    document::{Document, Kind, device_of},
    id::{AccountId, DeviceId, DocumentId},
    wire::{Hash, digest_of},
};

use super::{ArchiveError, BLOBS, ERASURES, FORMAT, HEAD, Head, NAMED_MAX, SUMS};
use crate::{
    media::Media,
    secret::{hex, unhex},
    storage::{
        archive::{self, row_tables},
        blobs::{self, Blob},
        documents::{self, NewChange, Standing},
        erasures, sheets,
    },
    verify,
};

/// A line of a table, or of the list of hashes, is never longer. In bytes: a logo in hexadecimal.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What was taken in.
#[derive(Debug)]
pub struct Taken {
    pub head: Head,
    /// SHA-256 of the head itself: the one number that stands for all of the export.
    pub hash: Hash,
}

/// Takes an export into an empty server, in the transaction of whoever calls: all of it, or nothing. So one that was interrupted is
/// simply begun again.
///
/// # Errors
/// [`ArchiveError`]: damage is named, file by file, before anything is written.
pub fn import(tx: &Transaction<'_>, folder: &Path, now_ms: u64) -> Result<Taken, ArchiveError> {
    let source = Source::open(folder)?;
    if !archive::is_empty(tx)? {
        return Err(ArchiveError::NotEmpty);
    }
    source.check()?;
    archive::begin(tx)?;
    let list = String::from_utf8(source.file(ERASURES)?).ok().and_then(|text| erasures::List::from_text(&text));
    if !erasures::add(tx, &list.ok_or_else(|| ArchiveError::Nonsense(ERASURES.to_owned()))?)? {
        return Err(ArchiveError::NotEmpty);
    }
    for table in row_tables() {
        let path = format!("tables/{table}.jsonl");
        source.lines(&path, |row: Value| {
            let put = archive::put_row(tx, table, &row, now_ms);
            // A rule of the table that a row breaks is a fault of the row.
            let put = put.or_else(|error| if error.is_constraint() { Ok(false) } else { Err(error) })?;
            if put { Ok(()) } else { Err(ArchiveError::Nonsense(path.clone())) }
        })?;
    }
    source.lines(BLOBS, |row: BlobRow| take_blob(tx, &source, &row))?;
    source.each(|path, _| {
        let Some(place) = path.strip_suffix(".json") else { return Ok(()) };
        if let Some(place) = place.strip_prefix("documents/") {
            take_document(tx, &source, place)
        } else if place.starts_with("sheets/") && !place.contains('.') {
            take_sheet(tx, &source, place)
        } else {
            Ok(())
        }
    })?;
    archive::put_arrival(tx, source.head.last_arrival)?;
    let documents = verify::rebuild(tx)?;
    let counted = documents as u64 == source.head.documents
        && blobs::sizes(tx)?.0 == source.head.blobs
        && archive::sheets(tx)?.len() as u64 == source.head.sheets;
    if !counted {
        return Err(ArchiveError::Nonsense(HEAD.to_owned()));
    }
    Ok(Taken { head: source.head, hash: source.hash })
}

#[derive(Deserialize)]
struct BlobRow {
    hash: String,
    media: Media,
    stored_ms: u64,
    account: AccountId,
}

fn take_blob(tx: &Transaction<'_>, source: &Source, row: &BlobRow) -> Result<(), ArchiveError> {
    let path = format!("blobs/{}.{}", row.hash, row.media.as_str());
    let bytes = source.file(&path)?;
    let hash: Hash = Sha256::digest(&bytes).into();
    if hex(&hash) != row.hash || !row.media.is(&bytes) {
        return Err(ArchiveError::Nonsense(path));
    }
    Ok(blobs::insert(tx, &hash, &Blob { media: row.media, bytes }, row.account, row.stored_ms)?)
}

/// What stands beside a document's bytes. What it says in words is for people, and is not read.
#[derive(Deserialize)]
struct Beside {
    document: DocumentId,
    created_by: AccountId,
    epoch: u32,
    provenance: Vec<Arrived>,
}

#[derive(Deserialize)]
struct Arrived {
    change: String,
    arrival: u64,
    brought_by: DeviceId,
    received_ms: u64,
}

fn take_document(tx: &Transaction<'_>, source: &Source, place: &str) -> Result<(), ArchiveError> {
    let path = format!("documents/{place}.json");
    let nonsense = || ArchiveError::Nonsense(path.clone());
    let beside: Beside = source.json(&path)?;
    let kind = place.split('/').next().and_then(|word| Kind::ALL.into_iter().find(|kind| kind.as_str() == word));
    let kind = kind.ok_or_else(nonsense)?;
    let id = beside.document;
    if place != format!("{}/{id}", kind.as_str()) {
        return Err(nonsense());
    }
    let bytes = source.file(&format!("documents/{place}.automerge"))?;
    let document = Document::load(id, kind, &bytes).map_err(|_| nonsense())?;
    let changes = document.changes_since(&[]);
    let (Some(first), Some(last)) = (beside.provenance.first(), beside.provenance.last()) else {
        return Err(nonsense());
    };
    let (first_arrival, last_arrival) = (first.arrival, last.arrival);
    if changes.len() != beside.provenance.len() || last_arrival > source.head.last_arrival {
        return Err(nonsense());
    }
    for arrived in &beside.provenance {
        let made = changes.iter().find(|made| made.hash.to_string() == arrived.change).ok_or_else(nonsense)?;
        let change = document.crdt().get_change_by_hash(&made.hash);
        let device = change.and_then(|change| device_of(change.actor_id().to_bytes())).ok_or_else(nonsense)?;
        let put = documents::add_change(
            tx,
            &NewChange {
                arrival: arrived.arrival,
                document: id,
                hash: &made.hash.0,
                device,
                brought_by: arrived.brought_by,
                received_ms: arrived.received_ms,
                bytes: &made.bytes,
            },
        );
        put.map_err(|error| if error.is_constraint() { nonsense() } else { error.into() })?;
    }
    let heads: Vec<Hash> = document.heads().into_iter().map(|hash| hash.0).collect();
    let standing = Standing {
        kind,
        digest: digest_of(id, &heads),
        heads,
        first_arrival,
        last_arrival,
        changes: changes.len() as u64,
        created_by: beside.created_by,
        epoch: beside.epoch,
    };
    Ok(documents::put_standing(tx, id, &standing)?)
}

#[derive(Deserialize)]
struct SheetRow {
    row: String,
    event: DocumentId,
    version: u32,
    code: String,
    sealed_ms: u64,
    account: AccountId,
    reason: String,
    signature: String,
    public_key: String,
}

fn take_sheet(tx: &Transaction<'_>, source: &Source, place: &str) -> Result<(), ArchiveError> {
    let path = format!("{place}.json");
    let nonsense = || ArchiveError::Nonsense(path.clone());
    let row: SheetRow = source.json(&path)?;
    if place != format!("sheets/{}-{}", row.event, row.version) {
        return Err(nonsense());
    }
    let sheet = sheets::Sheet {
        signature: unhex(&row.signature).ok_or_else(nonsense)?,
        public_key: Some(unhex(&row.public_key).ok_or_else(nonsense)?),
        row: row.row,
        event: row.event,
        version: row.version,
        code: row.code,
        sealed_ms: row.sealed_ms,
        account: row.account,
        reason: row.reason,
        manifest: source.file(&format!("{place}.manifest.json"))?,
        data: source.file(&format!("{place}.data.json"))?,
        pdf: source.file(&format!("{place}.pdf"))?,
    };
    let put = sheets::add(tx, &sheet);
    put.map_err(|error| if error.is_constraint() { nonsense() } else { error.into() })
}

/// An export, whose head and list of hashes belong together.
struct Source {
    root: PathBuf,
    head: Head,
    hash: Hash,
}

impl Source {
    fn open(root: &Path) -> Result<Self, ArchiveError> {
        let path = root.join(HEAD);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ArchiveError::NotComplete),
            Err(error) => return Err(ArchiveError::file(&path, error)),
        };
        let said: Value = serde_json::from_slice(&text).map_err(|_| ArchiveError::Nonsense(HEAD.to_owned()))?;
        let format = said["format"].as_u64().and_then(|format| u32::try_from(format).ok());
        if let Some(format) = format.filter(|format| *format != FORMAT) {
            return Err(ArchiveError::OtherFormat(format));
        }
        let head = serde_json::from_value(said).map_err(|_| ArchiveError::Nonsense(HEAD.to_owned()))?;
        Ok(Self { root: root.to_owned(), head, hash: Sha256::digest(&text).into() })
    }

    /// That every file is there and is what it was when it was written. Nothing else is read before.
    fn check(&self) -> Result<(), ArchiveError> {
        let (mut damaged, mut files) = (Vec::new(), 0);
        let sums = hash_of(&self.root.join(SUMS)).ok().map(|hash| hex(&hash));
        if sums.as_ref() != Some(&self.head.sums) {
            return Err(ArchiveError::Damaged(vec![SUMS.to_owned()]));
        }
        self.each(|path, sum| {
            files += 1;
            let same = hash_of(&self.root.join(path)).is_ok_and(|hash| hex(&hash) == sum);
            // One more than are named, so that it is seen that there are more.
            if !same && damaged.len() <= NAMED_MAX {
                damaged.push(path.to_owned());
            }
            Ok(())
        })?;
        if files != self.head.files {
            return Err(ArchiveError::Nonsense(HEAD.to_owned()));
        }
        if damaged.is_empty() { Ok(()) } else { Err(ArchiveError::Damaged(damaged)) }
    }

    /// Hands over each path of the list with its hash.
    fn each(&self, mut take: impl FnMut(&str, &str) -> Result<(), ArchiveError>) -> Result<(), ArchiveError> {
        self.raw_lines(SUMS, |line| {
            let (sum, path) = line.split_once("  ").ok_or_else(|| ArchiveError::Nonsense(SUMS.to_owned()))?;
            // A list from elsewhere does not lead out of the folder.
            if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(ArchiveError::Nonsense(SUMS.to_owned()));
            }
            take(path, sum)
        })
    }

    /// One file whole.
    fn file(&self, path: &str) -> Result<Vec<u8>, ArchiveError> {
        let full = self.root.join(path);
        std::fs::read(&full).map_err(|cause| ArchiveError::file(&full, cause))
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ArchiveError> {
        serde_json::from_slice(&self.file(path)?).map_err(|_| ArchiveError::Nonsense(path.to_owned()))
    }

    fn lines<T: DeserializeOwned>(
        &self,
        path: &str,
        mut take: impl FnMut(T) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        self.raw_lines(path, |line| {
            take(serde_json::from_str(line).map_err(|_| ArchiveError::Nonsense(path.to_owned()))?)
        })
    }

    fn raw_lines(
        &self,
        path: &str,
        mut take: impl FnMut(&str) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let full = self.root.join(path);
        let mut file = BufReader::new(File::open(&full).map_err(|cause| ArchiveError::file(&full, cause))?);
        let mut line = String::new();
        loop {
            line.clear();
            let read = file.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
            match read {
                Ok(0) => return Ok(()),
                Ok(_) => take(line.trim_end_matches('\n'))?,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Err(ArchiveError::Nonsense(path.to_owned()));
                }
                Err(error) => return Err(ArchiveError::file(&full, error)),
            }
        }
    }
}

fn hash_of(path: &Path) -> io::Result<Hash> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&piece[..read]);
    }
}
