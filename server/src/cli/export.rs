//! `tiwizi export`.

use std::{error::Error, path::PathBuf};

use shared::id::DocumentId;

use super::{Console, Data};
use crate::{
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
    #[command(flatten)]
    data: Data,
}

/// Writes every document as an Automerge file and as JSON.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    // Said before it is done, since files that were written stay when an export breaks off; and apart, since a running server must not
    // wait for it.
    let subject = args.document.map_or_else(String::new, |document| document.to_string());
    let noting = storage::begin(&mut db)?;
    note(&noting, &Entry::of(Actor::default(), Action::Exported, subject, Clock::system().now_ms()))?;
    noting.commit()?;
    let tx = db.transaction()?;
    let count = export::export(&tx, args.document, &args.to)?;
    writeln!(console.out, "{count} documents écrits dans {}", args.to.display())?;
    Ok(())
}
