//! Nobody is locked in: every document as an `.automerge` file that stock Automerge opens, and as JSON.

use std::{fs, io, path::Path};

use automerge::AutoSerde;
use rusqlite::Connection;
use serde_json::json;
use shared::{
    document::{Document, device_of},
    id::DocumentId,
};

use crate::{
    ingest::load,
    storage::{StoreError, documents},
};

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("writing: {0}")]
    Write(#[from] io::Error),
    #[error("there is no such document")]
    Unknown,
}

/// Writes one document, or all of them, into `folder`: `KIND/ID.automerge` and `KIND/ID.json`. Returns how many.
///
/// The JSON holds what the document says, and its history: who, when by their clock, when it arrived.
///
/// # Errors
/// [`ExportError`]; files that were written before it stay.
pub fn export(db: &Connection, only: Option<DocumentId>, folder: &Path) -> Result<usize, ExportError> {
    let all = documents::all(db)?;
    let chosen: Vec<_> = all.iter().filter(|(id, _)| only.is_none_or(|only| only == *id)).collect();
    if only.is_some() && chosen.is_empty() {
        return Err(ExportError::Unknown);
    }
    for (id, standing) in &chosen {
        let document = load(db, *id, standing)?;
        let place = folder.join(standing.kind.as_str());
        fs::create_dir_all(&place)?;
        fs::write(place.join(format!("{id}.automerge")), document.save())?;
        fs::write(
            place.join(format!("{id}.json")),
            serde_json::to_vec_pretty(&as_json(db, &document)?).map_err(io::Error::other)?,
        )?;
    }
    Ok(chosen.len())
}

/// What a document says, and its history: who, when by their clock, when it arrived.
///
/// # Errors
/// What the storage fails on.
pub fn as_json(db: &Connection, document: &Document) -> Result<serde_json::Value, StoreError> {
    let receipts = documents::receipts(db, document.id)?;
    let crdt = document.crdt();
    let history = crdt.get_changes_meta(&[]).into_iter().filter_map(|meta| {
        let device = device_of(meta.actor.to_bytes())?;
        let received = receipts.iter().find(|(hash, ..)| *hash == meta.hash.0).map(|(_, at_ms, _)| *at_ms);
        Some(json!({
            "change": meta.hash.to_string(),
            "device": device,
            "claimed_ms": meta.timestamp.saturating_mul(1000),
            "received_ms": received,
        }))
    });
    Ok(json!({
        "document": document.id,
        "kind": document.kind,
        "content": AutoSerde::from(crdt),
        "history": history.collect::<Vec<_>>(),
    }))
}
