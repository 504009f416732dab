//! `tiwizi export`.

use std::{error::Error, path::PathBuf};

use serde_json::json;
use shared::id::DocumentId;

use super::{Console, Data};
use crate::{
    archive::{self, Head},
    clock::Clock,
    export,
    storage::{
        self,
        journal::{Action, Actor, Entry, note},
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DOSSIER", help = "Où écrire les fichiers ; créé s’il manque")]
    to: PathBuf,
    #[arg(long, value_name = "ID", help = "Un seul document")]
    document: Option<DocumentId>,
    #[arg(
        long,
        conflicts_with = "document",
        help = "Tout : aussi photos, comptes, listes scellées et journal, pour « tiwizi import » dans un serveur vide"
    )]
    all: bool,
    #[command(flatten)]
    data: Data,
}

/// Writes every document as an Automerge file and as JSON, or everything there is.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    // Said before it is done, since files that were written stay when an export breaks off; and apart, since a running server must not
    // wait for it.
    let subject = args.document.map_or_else(String::new, |document| document.to_string());
    let noting = storage::begin(&mut db)?;
    let now_ms = Clock::system().now_ms();
    let entry = Entry::of(Actor::default(), Action::Exported, subject, now_ms);
    note(&noting, &if args.all { entry.with(json!({ "everything": true })) } else { entry })?;
    noting.commit()?;
    let tx = db.transaction()?;
    if args.all {
        let head = archive::export(&tx, &args.to, now_ms)?;
        let Head { documents, changes, blobs, sheets, files, .. } = head;
        writeln!(console.out, "{documents} documents, {changes} modifications écrits dans {}", args.to.display())?;
        writeln!(console.out, "{blobs} photos, scans et signatures, {sheets} feuilles scellées ; {files} fichiers.")?;
        return Ok(());
    }
    let count = export::export(&tx, args.document, &args.to)?;
    writeln!(console.out, "{count} documents écrits dans {}", args.to.display())?;
    Ok(())
}
