//! `tiwizi export`.

use std::{error::Error, path::PathBuf};

use shared::id::DocumentId;

use super::{Console, Data};
use crate::{export, storage};

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
    let tx = db.transaction()?;
    let count = export::export(&tx, args.document, &args.to)?;
    writeln!(console.out, "{count} documents écrits dans {}", args.to.display())?;
    Ok(())
}
