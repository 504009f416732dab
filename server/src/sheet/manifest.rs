//! The manifest of a sealed sheet: what was sealed, by ids and hashes and without a name, signed and chained.

use ring::{
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::{
    document::Document,
    id::{AccountId, DeviceId, DocumentId, RowId},
    mark::{How, Signer, Status},
};

use automerge::{ROOT, ReadDoc as _};

use crate::{
    secret,
    storage::{StoreError, documents, sheets},
};

/// Letters and digits that nobody confuses when they are read aloud or copied by hand (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 60 bits, printed in three groups.
pub const CODE_LETTERS: usize = 12;

/// What was sealed. Its JSON, byte for byte, is what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format.
    pub manifest: u8,
    pub event: DocumentId,
    pub version: u32,
    pub sealed_ms: u64,
    pub account: AccountId,
    pub device: Option<DeviceId>,
    /// Why there is another version; empty for the first.
    pub reason: String,
    /// The hash of the manifest of the version before, in hexadecimal; none for the first.
    pub previous: Option<String>,
    /// The version of the document: the hashes of its newest changes.
    pub heads: Vec<String>,
    /// The hash of what is printed.
    pub data: String,
    pub marks: Vec<SealedMark>,
    pub signatures: Vec<SealedSignature>,
    /// Anomalies that whoever sealed had seen.
    pub anomalies: serde_json::Value,
    /// Phones that had not delivered.
    pub outstanding: Vec<DeviceId>,
}

/// A mark as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedMark {
    pub id: RowId,
    pub person: DocumentId,
    pub slot: RowId,
    pub status: Status,
    pub minutes: Option<u16>,
    pub how: How,
    /// The device that made it, and when by its clock.
    pub device: Option<DeviceId>,
    pub at_ms: u64,
    /// When it was on the server's disk, by the server's clock.
    pub received_ms: u64,
    /// It was taken back before the seal.
    pub withdrawn: bool,
}

/// A signature as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSignature {
    pub id: RowId,
    pub signer: Signer,
    pub slot: RowId,
    /// The hash of its strokes.
    pub ink: String,
    pub how: How,
    pub device: Option<DeviceId>,
    pub at_ms: u64,
    pub received_ms: u64,
    pub withdrawn: bool,
}

impl Manifest {
    /// What is signed and hashed.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The hash of something, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    secret::hex(&Sha256::digest(bytes))
}

/// The code of a manifest: the beginning of its hash.
pub fn code(manifest: &[u8]) -> String {
    let digest = Sha256::digest(manifest);
    let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |n: usize| char::from(LETTERS[(bits >> (59 - 5 * n) & 31) as usize]);
    (0..CODE_LETTERS).map(letter).collect()
}

/// A code as it is printed: `3F7K-9QXA-01BD`.
pub fn printed(code: &str) -> String {
    let groups: Vec<&str> =
        (0..code.len()).step_by(4).filter_map(|at| code.get(at..(at + 4).min(code.len()))).collect();
    groups.join("-")
}

/// A code as somebody typed it: letters that are taken for others, spaces, hyphens and small letters are no matter.
pub fn typed(text: &str) -> Option<String> {
    let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    let code: String = letters.take(CODE_LETTERS + 1).collect();
    let known = code.len() == CODE_LETTERS && code.bytes().all(|letter| LETTERS.contains(&letter));
    known.then_some(code)
}

/// When the change that made a row of the document was on the server's disk.
pub fn received(
    db: &Connection,
    document: &Document,
) -> Result<impl Fn(Option<&str>, &str) -> u64 + use<>, StoreError> {
    let receipts: std::collections::HashMap<_, _> =
        documents::receipts(db, document.id)?.into_iter().map(|(hash, received_ms, _)| (hash, received_ms)).collect();
    let crdt = document.crdt().clone();
    Ok(move |map: Option<&str>, key: &str| {
        let parent = match map {
            Some(map) => crdt.get(ROOT, map).ok().flatten().map(|(_, id)| id),
            None => Some(ROOT),
        };
        let row = parent.and_then(|parent| crdt.get(parent, key).ok().flatten()).map(|(_, id)| id);
        let change = row.and_then(|row| crdt.hash_for_opid(&row));
        change.and_then(|change| receipts.get(&change.0)).copied().unwrap_or(0)
    })
}

/// What the organisation signs with.
pub struct Key(Ed25519KeyPair);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").finish_non_exhaustive()
    }
}

impl Key {
    /// The key of this server, made when it is first needed.
    pub fn of_house(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        if let Some(key) = Self::known(tx)? {
            return Ok(key);
        }
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| StoreError::Corrupt("no random numbers for a signing key"))?;
        sheets::keep_signing_key(tx, made.as_ref())?;
        Self::known(tx)?.ok_or(StoreError::Corrupt("the signing key was not kept"))
    }

    fn known(db: &Connection) -> Result<Option<Self>, StoreError> {
        let Some(pkcs8) = sheets::signing_key(db)? else { return Ok(None) };
        let key = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| StoreError::Corrupt("the signing key is damaged"))?;
        Ok(Some(Self(key)))
    }

    pub fn sign(&self, manifest: &[u8], pdf: &[u8]) -> Result<[u8; 64], StoreError> {
        let signature = self.0.sign(&statement(manifest, pdf));
        signature.as_ref().try_into().map_err(|_| StoreError::Corrupt("a signature of another length"))
    }
}

/// The key that proves the organisation's signatures; none before anything was sealed.
pub fn public_key(db: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(Key::known(db)?.map(|key| key.0.public_key().as_ref().to_vec()))
}

/// What the organisation says of a version: these are the hashes of its manifest and of its PDF.
fn statement(manifest: &[u8], pdf: &[u8]) -> Vec<u8> {
    format!("tiwizi sheet 1\n{}\n{}\n", hash(manifest), hash(pdf)).into_bytes()
}

/// Whether the organisation has signed just this.
pub fn is_signed(public_key: &[u8], manifest: &[u8], pdf: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key).verify(&statement(manifest, pdf), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_was_typed() {
        let code = code(b"manifest");
        assert_eq!(code.len(), CODE_LETTERS);
        assert_eq!(typed(&printed(&code)), Some(code.clone()));
        assert_eq!(typed(&printed(&code).to_lowercase().replace('-', " ")), Some(code));
        assert_eq!(typed("OIL0-1234-5678").as_deref(), Some("011012345678"));
        for no in ["", "1234", "1234-5678-90ab-c", "UUUU-UUUU-UUUU", "é234-5678-9012"] {
            assert_eq!(typed(no), None, "{no}");
        }
    }
}
