//! `tiwizi verify` and `tiwizi rebuild`: that everything kept follows from the changes, and making it follow again.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};
use sha2::{Digest as _, Sha256};
use shared::{
    document::{Document, Kind},
    id::DocumentId,
    record::Record,
    territory,
    wire::{BUCKETS, Hash, bucket_of, bucket_part, digest_of},
};

use crate::{
    guard,
    ingest::{blob_links, extend, load},
    sheet,
    storage::{
        self, StoreError, blobs,
        documents::{self, Standing},
        erasures,
        journal::{self, Chain},
        projections::{self, Projection},
        scope, server,
    },
};

/// What a verification looked at, and what it found wrong.
#[derive(Debug, Default)]
pub struct Findings {
    pub documents: usize,
    pub changes: u64,
    /// Sealed versions of sheets.
    pub sheets: usize,
    /// Photos, scans and signatures, and their bytes.
    pub blobs: u64,
    pub blob_bytes: u64,
    /// Changes that wait for staff.
    pub set_aside: u64,
    /// Whether each row of the journal follows from the one before it.
    pub journal: Chain,
    pub problems: Vec<Problem>,
}

/// Something that does not follow from the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The document, where it is about one.
    pub document: Option<DocumentId>,
    /// A stable code.
    pub code: &'static str,
}

/// Reads every document from its changes alone and compares all that is kept of it.
///
/// # Errors
/// Only if the file cannot be read at all.
pub fn verify(db: &Connection) -> Result<Findings, StoreError> {
    let mut findings = Findings::default();
    let mut buckets = vec![0; BUCKETS];
    let mut whole = 0;
    let last_arrival = server::last_arrival(db)?;
    for (id, standing) in documents::all(db)? {
        findings.documents += 1;
        findings.changes += standing.changes;
        whole ^= standing.digest;
        buckets[usize::from(bucket_of(id))] ^= bucket_part(standing.digest);
        if standing.last_arrival > last_arrival {
            findings.note(Some(id), "arrival.ahead");
        }
        verify_document(db, id, &standing, &mut findings)?;
    }
    if documents::digest(db, |_| true)? != (whole, buckets) {
        findings.note(None, "digest.differs");
    }
    for id in erasures::left_behind(db)? {
        findings.note(Some(id), "erasure.left_behind");
    }
    if erasures::unburied(db)? > 0 {
        findings.note(None, "rewriting.change_left");
    }
    verify_blobs(db, &mut findings)?;
    if projections::orphans(db)? > 0 {
        findings.note(None, "projection.orphan");
    }
    if !storage::is_sound(db)? {
        findings.note(None, "file.damaged");
    }
    let (sheets, problems) = sheet::verify(db)?;
    findings.sheets = sheets;
    for (event, code) in problems {
        findings.note(Some(event), code);
    }
    findings.journal = journal::chain(db)?;
    findings.set_aside = documents::set_aside_counts(db)?.iter().map(|(_, count)| count).sum();
    Ok(findings)
}

/// Each blob is what its name says, one after the other: together they may be larger than the memory.
fn verify_blobs(db: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
    (findings.blobs, findings.blob_bytes) = blobs::sizes(db)?;
    for hash in blobs::all(db)? {
        let Some(blob) = blobs::read(db, &hash)? else { continue };
        if <Hash>::from(Sha256::digest(&blob.bytes)) != hash {
            findings.note(None, "blob.hash_differs");
        } else if !blob.media.is(&blob.bytes) {
            findings.note(None, "blob.media_differs");
        }
    }
    for _ in blobs::left_behind(db)? {
        findings.note(None, "erasure.blob_left");
    }
    if blobs::orphans(db)? > 0 {
        findings.note(None, "blob.link_orphan");
    }
    Ok(())
}

fn verify_document(
    db: &Connection,
    id: DocumentId,
    standing: &Standing,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let Ok(document) = extend(db, Document::new(id, standing.kind), 0) else {
        findings.note(Some(id), "change.unreadable");
        return Ok(());
    };
    let heads: Vec<Hash> = document.heads().into_iter().map(|hash| hash.0).collect();
    if heads != standing.heads {
        findings.note(Some(id), "heads.differ");
    }
    if erasures::last_epoch(db, id)?.unwrap_or(0) != standing.epoch {
        findings.note(Some(id), "rewriting.epoch_differs");
    }
    if digest_of(id, &heads) != standing.digest {
        findings.note(Some(id), "digest.differs");
    }
    if document.changes_since(&[]).len() as u64 != standing.changes {
        findings.note(Some(id), "changes.differ");
    }
    let snapshot = documents::snapshot(db, id)?.filter(|(arrival, _)| *arrival == standing.last_arrival);
    let loads = |(_, bytes): (u64, Vec<u8>)| {
        Document::load(id, standing.kind, &bytes).is_ok_and(|d| d.heads() == document.heads())
    };
    if !snapshot.is_none_or(loads) {
        findings.note(Some(id), "snapshot.differs");
    }
    let record = Record::read(&document);
    if projections::stored(db, id)? != Projection::of(id, &record) {
        findings.note(Some(id), "projection.differs");
    }
    let named: BTreeSet<DocumentId> = record.names().into_iter().collect();
    let links = scope::links(db, id)?;
    if links.into_iter().filter(|(_, open)| *open).map(|(target, _)| target).collect::<BTreeSet<_>>() != named {
        findings.note(Some(id), "links.differ");
    }
    let refers: BTreeSet<blobs::Link> = blob_links(&record).into_iter().collect();
    let known = blobs::links_of(db, id)?;
    for link in refers.difference(&known) {
        // What is of somebody who was erased is in no table.
        if !link.subject.map_or(Ok(false), |subject| erasures::is_erased(db, subject))? {
            findings.note(Some(id), "blob.link_missing");
        }
    }
    let lies_in: BTreeSet<DocumentId> = territory::of_record(standing.kind, &record).into_iter().collect();
    let territories = scope::territories(db, id)?;
    if territories.into_iter().filter(|(_, open)| *open).map(|(source, _)| source).collect::<BTreeSet<_>>() != lies_in {
        findings.note(Some(id), "territories.differ");
    }
    Ok(())
}

impl Findings {
    fn note(&mut self, document: Option<DocumentId>, code: &'static str) {
        self.problems.push(Problem { document, code });
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.journal.broken_at.is_none()
    }
}

/// Makes everything that follows from the changes anew: standings, snapshots, links and projections. Returns how many
/// documents there are.
///
/// # Errors
/// [`StoreError::Corrupt`] if a document cannot be made from its changes. Then nothing was changed.
pub fn rebuild(tx: &Transaction<'_>) -> Result<usize, StoreError> {
    let all = documents::all(tx)?;
    projections::clear(tx)?;
    documents::clear_digests(tx)?;
    for (id, before) in &all {
        let document = extend(tx, Document::new(*id, before.kind), 0)?;
        let saved = guard::prove(document.crdt()).map_err(|_| StoreError::Corrupt("a document could not be proved"))?;
        let heads: Vec<Hash> = document.heads().into_iter().map(|hash| hash.0).collect();
        let standing = Standing { digest: digest_of(*id, &heads), heads, ..before.clone() };
        documents::put_standing(tx, *id, &standing)?;
        documents::put_snapshot(tx, *id, before.last_arrival, &saved)?;
        let record = Record::read(&document);
        scope::put_links(tx, *id, &record.names(), before.last_arrival)?;
        scope::put_territories(tx, *id, &territory::of_record(before.kind, &record), before.last_arrival)?;
        blobs::set_links(tx, *id, &blob_links(&record))?;
        projections::put(tx, *id, &Projection::of(*id, &record))?;
    }
    Ok(all.len())
}

/// Makes the rows that documents from before a migration are owed: at the next start those that are left, if this one is cut short.
///
/// # Errors
/// If the file cannot be read or written.
pub fn project_owed(db: &mut Connection) -> Result<(), StoreError> {
    /// Of one commit.
    const DOCUMENTS: usize = 500;
    while !projections::owed(db, 1)?.is_empty() {
        let tx = storage::begin(db)?;
        for id in projections::owed(&tx, DOCUMENTS)? {
            if let Some(standing) = documents::standing(&tx, id)? {
                let document = load(&tx, id, &standing)?;
                projections::put(&tx, id, &Projection::of(id, &Record::read(&document)))?;
            }
            projections::paid(&tx, id)?;
        }
        tx.commit()?;
    }
    Ok(())
}

/// The kinds of documents and how many there are of each.
///
/// # Errors
/// If the file cannot be read.
pub fn count_by_kind(db: &Connection) -> Result<Vec<(Kind, usize)>, StoreError> {
    let all = documents::all(db)?;
    Ok(Kind::ALL.map(|kind| (kind, all.iter().filter(|(_, standing)| standing.kind == kind).count())).into())
}
