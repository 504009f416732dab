//! Everything in open formats, in one folder: out of a server, and into an empty one.
//!
//! ```text
//! tiwizi.json                    what this is, and the hash of the list of hashes: written last
//! SHA256SUMS                     of every other file, as `sha256sum -c` reads it
//! documents/KIND/ID.automerge    each document as stock Automerge opens it
//! documents/KIND/ID.json         what it says; who wrote each change, when, and when it arrived
//! blobs/HASH.jpeg                photos, scans, signatures; blobs.jsonl who brought them, and when
//! sheets/EVENT-VERSION.pdf       sealed sheets, with .manifest.json, .data.json and .json
//! logos/ID.jpeg                  what stands at the head of papers
//! tables/NAME.jsonl              accounts, devices, assignments, journal…: one row a line
//! erasures.txt                   what was erased and must not come back
//! ```
//!
//! What opens something stays where it is: cookies and keys of phones, invites, passkeys, tokens, calendar addresses, the key that
//! seals. So whoever has the folder reads everything and can pass for nobody; whoever takes it in lets people in anew.
//!
//! Nothing is held in memory but one document, one blob or one row at a time, and the ids of documents.

mod read;
mod write;

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

pub use self::{
    read::{Taken, import},
    write::export,
};
use crate::storage::StoreError;

/// The layout of the folder. Another number is another layout.
const FORMAT: u32 = 1;
const HEAD: &str = "tiwizi.json";
const SUMS: &str = "SHA256SUMS";
const BLOBS: &str = "blobs/blobs.jsonl";
const ERASURES: &str = "erasures.txt";
/// Damaged files that are named: a disk that has failed would fill the screen.
const NAMED_MAX: usize = 20;

/// What an export says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub format: u32,
    /// The build that wrote it.
    pub build: String,
    pub made_ms: u64,
    /// Which server it comes from, in hexadecimal.
    pub server: String,
    /// Its last arrival number: a server that takes it in goes on from there.
    pub last_arrival: u64,
    pub documents: u64,
    pub changes: u64,
    pub blobs: u64,
    pub sheets: u64,
    /// Files in the list of hashes.
    pub files: u64,
    /// SHA-256 of the list of hashes, in hexadecimal.
    pub sums: String,
}

/// Why an export or an import broke off.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{path} : {cause}")]
    File { path: String, cause: io::Error },
    #[error("le dossier n’est pas vide : écrivez dans un autre")]
    NotEmptyFolder,
    #[error("ce dossier n’est pas un export complet : il y manque {HEAD}")]
    NotComplete,
    #[error("cet export est d’un autre format ({0}) : utilisez une version plus récente de Tiwizi")]
    OtherFormat(u32),
    #[error("ce serveur contient déjà des données : reprenez l’export dans un dossier de données vide")]
    NotEmpty,
    #[error("rien n’a été repris : {} fichiers sont abîmés ou manquent{}", .0.len(), listed(.0))]
    Damaged(Vec<String>),
    /// Its hash is right and its content is not: it was written so.
    #[error("rien n’a été repris : {0} ne contient pas ce qu’il devrait")]
    Nonsense(String),
}

fn listed(names: &[String]) -> String {
    let more = if names.len() > NAMED_MAX { "\n  …" } else { "" };
    names.iter().take(NAMED_MAX).map(|name| format!("\n  {name}")).collect::<String>() + more
}

impl ArchiveError {
    fn file(path: &Path, cause: io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }
}
