//! Out of a server.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::wire::Hash;

use super::{ArchiveError, BLOBS, ERASURES, FORMAT, HEAD, Head, SUMS};
use crate::{
    export::as_json,
    ingest::load,
    secret::{self, hex},
    sheet::manifest,
    storage::{StoreError, archive, blobs, documents, erasures, logos, sheets},
};

/// Writes everything into an empty folder, and returns what the export says of itself.
///
/// `db` is one moment: a transaction. An export that broke off has no head, and nothing takes it in.
///
/// # Errors
/// [`ArchiveError`]; files that were written before it stay.
pub fn export(db: &Connection, folder: &Path, now_ms: u64) -> Result<Head, ArchiveError> {
    make_folder(folder)?;
    if fs::read_dir(folder).map_err(|cause| ArchiveError::file(folder, cause))?.next().is_some() {
        return Err(ArchiveError::NotEmptyFolder);
    }
    let mut out = Folder::open(folder)?;
    let (documents, changes) = write_documents(db, &mut out)?;
    let blobs = write_blobs(db, &mut out)?;
    let sheets = write_sheets(db, &mut out)?;
    for logo in logos::list(db)? {
        if let Some(bytes) = logos::picture(db, logo.id)? {
            let ending = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
            out.put(&format!("logos/{}.{ending}", logo.id), &bytes)?;
        }
    }
    for table in archive::row_tables() {
        out.lines(&format!("tables/{table}.jsonl"), |write| archive::each_row(db, table, |row| write(&row)))?;
    }
    out.put(ERASURES, erasures::list(db)?.to_text().as_bytes())?;
    let (identity, last_arrival) = archive::head(db)?;
    let (files, sums) = out.close()?;
    let head = Head {
        format: FORMAT,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        made_ms: now_ms,
        server: hex(&identity.identity),
        last_arrival,
        documents,
        changes,
        blobs,
        sheets,
        files,
        sums: hex(&sums),
    };
    // Last, and on the disk: what has a head is whole.
    let path = folder.join(HEAD);
    let mut file = create(&path)?;
    let text = serde_json::to_string_pretty(&head).unwrap_or_default() + "\n";
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|cause| ArchiveError::file(&path, cause))?;
    Ok(head)
}

fn write_documents(db: &Connection, out: &mut Folder) -> Result<(u64, u64), ArchiveError> {
    let (mut count, mut changes) = (0, 0);
    for (id, kind) in archive::documents(db)? {
        let standing = documents::standing(db, id)?.ok_or(StoreError::Corrupt("a document without a standing"))?;
        let document = load(db, id, &standing)?;
        let place = format!("documents/{}/{id}", kind.as_str());
        out.put(&format!("{place}.automerge"), &document.save())?;
        let mut said = as_json(db, &document)?;
        said["created_by"] = json!(standing.created_by);
        said["epoch"] = standing.epoch.into();
        let provenance = archive::provenance(db, id)?;
        changes += provenance.len() as u64;
        said["provenance"] = provenance
            .iter()
            .map(|change| {
                json!({
                    "change": hex(&change.hash),
                    "arrival": change.arrival,
                    "brought_by": change.brought_by,
                    "received_ms": change.received_ms,
                })
            })
            .collect();
        out.put(&format!("{place}.json"), &pretty(&said))?;
        count += 1;
    }
    Ok((count, changes))
}

fn write_blobs(db: &Connection, out: &mut Folder) -> Result<u64, ArchiveError> {
    let rows = archive::blobs(db)?;
    for row in &rows {
        let blob = blobs::read(db, &row.hash)?.ok_or(StoreError::Corrupt("a blob that was listed is missing"))?;
        out.put(&format!("blobs/{}.{}", hex(&row.hash), row.media.as_str()), &blob.bytes)?;
    }
    out.lines(BLOBS, |write| {
        rows.iter().try_for_each(|row| {
            write(&json!({
                "hash": hex(&row.hash),
                "media": row.media,
                "stored_ms": row.stored_ms,
                "account": row.account,
            }))
        })
    })?;
    Ok(rows.len() as u64)
}

fn write_sheets(db: &Connection, out: &mut Folder) -> Result<u64, ArchiveError> {
    let own = manifest::public_key(db)?.unwrap_or_default();
    let all = archive::sheets(db)?;
    for (event, code) in &all {
        let sheet = sheets::by_code(db, code)?.ok_or(StoreError::Corrupt("a sheet that was listed is missing"))?;
        let place = format!("sheets/{event}-{}", sheet.version);
        out.put(&format!("{place}.pdf"), &sheet.pdf)?;
        out.put(&format!("{place}.manifest.json"), &sheet.manifest)?;
        out.put(&format!("{place}.data.json"), &sheet.data)?;
        let said = json!({
            "row": sheet.row,
            "event": sheet.event,
            "version": sheet.version,
            "code": sheet.code,
            "sealed_ms": sheet.sealed_ms,
            "account": sheet.account,
            "reason": sheet.reason,
            "signature": hex(&sheet.signature),
            "public_key": hex(sheet.public_key.as_ref().map_or(&own[..], |key| key)),
        });
        out.put(&format!("{place}.json"), &pretty(&said))?;
    }
    Ok(all.len() as u64)
}

fn pretty(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

/// A folder that is being filled, and the list of hashes of what is in it.
struct Folder {
    root: PathBuf,
    sums: BufWriter<File>,
    sums_hash: Sha256,
    files: u64,
}

impl Folder {
    fn open(root: &Path) -> Result<Self, ArchiveError> {
        let sums = BufWriter::new(create(&root.join(SUMS))?);
        Ok(Self { root: root.to_owned(), sums, sums_hash: Sha256::new(), files: 0 })
    }

    /// Writes one file whole.
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let full = self.place(path)?;
        create(&full)?.write_all(bytes).map_err(|cause| ArchiveError::file(&full, cause))?;
        self.note(path, Sha256::digest(bytes).into())
    }

    /// Writes one file line by line.
    fn lines(
        &mut self,
        path: &str,
        fill: impl FnOnce(&mut dyn FnMut(&Value) -> Result<(), ArchiveError>) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let full = self.place(path)?;
        let (mut file, mut hash) = (BufWriter::new(create(&full)?), Sha256::new());
        fill(&mut |line| {
            let text = format!("{line}\n");
            hash.update(text.as_bytes());
            file.write_all(text.as_bytes()).map_err(|cause| ArchiveError::file(&full, cause))
        })?;
        file.flush().map_err(|cause| ArchiveError::file(&full, cause))?;
        self.note(path, hash.finalize().into())
    }

    fn place(&self, path: &str) -> Result<PathBuf, ArchiveError> {
        let full = self.root.join(path);
        if let Some(folder) = full.parent() {
            make_folder(folder)?;
        }
        Ok(full)
    }

    fn note(&mut self, path: &str, hash: Hash) -> Result<(), ArchiveError> {
        let line = format!("{}  {path}\n", secret::hex(&hash));
        self.sums_hash.update(line.as_bytes());
        self.files += 1;
        self.sums.write_all(line.as_bytes()).map_err(|cause| ArchiveError::file(&self.root.join(SUMS), cause))
    }

    /// How many files there are, and the hash of their list.
    fn close(mut self) -> Result<(u64, Hash), ArchiveError> {
        let whole = self.sums.flush().and_then(|()| self.sums.get_ref().sync_all());
        whole.map_err(|cause| ArchiveError::file(&self.root.join(SUMS), cause))?;
        Ok((self.files, self.sums_hash.finalize().into()))
    }
}

/// Closed to the machine's other users: it is everything that is known of everybody.
fn make_folder(path: &Path) -> Result<(), ArchiveError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|cause| ArchiveError::file(path, cause))
}

fn create(path: &Path) -> Result<File, ArchiveError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|cause| ArchiveError::file(path, cause))
}
