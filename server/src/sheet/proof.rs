//! What no longer holds of a sealed sheet. The codes are the operator's, as those of `tiwizi verify`.

use automerge::ReadDoc as _;
use rusqlite::Connection;
use shared::{id::DocumentId, record::EventRecord};

use super::manifest::{self, Manifest, SealedMark, SealedSignature};
use crate::{
    ingest::load,
    secret,
    storage::{StoreError, blobs, documents, sheets},
};

/// What does not hold of one sealed version: stable codes.
///
/// # Errors
/// What the storage fails on.
pub fn problems(db: &Connection, sheet: &sheets::Sheet, public_key: &[u8]) -> Result<Vec<&'static str>, StoreError> {
    let mut problems = Vec::new();
    let mut note = |holds: bool, code| problems.extend((!holds).then_some(code));
    let key = sheet.public_key.as_ref().map_or(public_key, |key| key);
    note(manifest::is_signed(key, &sheet.manifest, &sheet.pdf, &sheet.signature), "sheet.signature_wrong");
    note(manifest::code(&sheet.manifest) == sheet.code, "sheet.code_wrong");
    let Ok(sealed) = serde_json::from_slice::<Manifest>(&sheet.manifest) else {
        note(false, "sheet.manifest_unreadable");
        return Ok(problems);
    };
    note(sealed.data == manifest::hash(&sheet.data), "sheet.data_changed");
    let agrees = (sealed.event, sealed.version, sealed.sealed_ms, sealed.account, &sealed.reason)
        == (sheet.event, sheet.version, sheet.sealed_ms, sheet.account, &sheet.reason);
    note(agrees, "sheet.row_changed");
    // An event whose time is over was erased whole; what was sealed of it stands by itself.
    if let Some(standing) = documents::standing(db, sheet.event)? {
        let document = load(db, sheet.event, &standing)?;
        let heads: Vec<_> = sealed.heads.iter().filter_map(|head| head.parse().ok()).collect();
        let known = heads.iter().all(|head| document.crdt().get_change_by_hash(head).is_some());
        note(known && heads.len() == sealed.heads.len(), "sheet.history_lost");
        if let shared::record::Record::Event(event) = shared::record::Record::read(&document) {
            note(sealed.marks.iter().all(|mark| still_says(&event, mark)), "sheet.mark_changed");
            note(sealed.signatures.iter().all(|one| still_signed(&event, one)), "sheet.signature_changed");
            note(event.sheets.iter().any(|known| known.code == sheet.code), "sheet.seal_lost");
        }
        for one in &sealed.signatures {
            let hash = secret::unhex::<32>(&one.ink);
            let kept = hash.map_or(Ok(None), |hash| blobs::read(db, &hash))?;
            // Erased with its person, or still on a phone: its strokes stand in what was printed.
            let same = kept.is_none_or(|blob| manifest::hash(&blob.bytes) == one.ink);
            note(same, "sheet.ink_changed");
        }
    }
    Ok(problems)
}

fn still_says(event: &EventRecord, sealed: &SealedMark) -> bool {
    event.marks.iter().any(|mark| {
        (mark.id, mark.person, mark.slot, mark.status, mark.minutes, mark.at_ms)
            == (sealed.id, sealed.person, sealed.slot, sealed.status, sealed.minutes, sealed.at_ms)
    })
}

fn still_signed(event: &EventRecord, sealed: &SealedSignature) -> bool {
    event.signatures.iter().any(|one| {
        (one.id, one.signer, one.slot, &one.ink, one.at_ms)
            == (sealed.id, sealed.signer, sealed.slot, &sealed.ink, sealed.at_ms)
    })
}

/// An event, and a code.
pub type Found = (DocumentId, &'static str);

/// What does not hold of all sealed versions, and of their chain, by event.
///
/// # Errors
/// What the storage fails on.
pub fn verify(db: &Connection) -> Result<(usize, Vec<Found>), StoreError> {
    let public_key = manifest::public_key(db)?.unwrap_or_default();
    let sheets = sheets::all(db)?;
    let mut found = Vec::new();
    let mut before: Option<&sheets::Sheet> = None;
    for sheet in &sheets {
        found.extend(problems(db, sheet, &public_key)?.into_iter().map(|code| (sheet.event, code)));
        let follows = before.filter(|before| before.event == sheet.event);
        let previous = follows.map(|before| manifest::hash(&before.manifest));
        let sealed = serde_json::from_slice::<Manifest>(&sheet.manifest).ok();
        let in_order = sheet.version == follows.map_or(1, |before| before.version + 1);
        if !in_order || sealed.is_some_and(|sealed| sealed.previous != previous) {
            found.push((sheet.event, "sheet.chain_broken"));
        }
        before = Some(sheet);
    }
    Ok((sheets.len(), found))
}
