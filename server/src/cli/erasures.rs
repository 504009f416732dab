//! `tiwizi erasures`: the list of what was erased, so that an older copy of the file does not bring it back.

use std::{error::Error, fs, io::Write as _, path::PathBuf};

use super::{Console, Data};
use crate::{
    clock::Clock,
    erasure,
    ingest::Ingest,
    storage::{Store, StoreError, erasures},
};

#[derive(Debug, clap::Args)]
#[group(id = "way", required = true, multiple = false)]
pub struct Way {
    #[arg(long, value_name = "FICHIER", help = "Écrit la liste ; à garder à part des sauvegardes")]
    export: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Reprend la liste et efface ce que la copie restaurée a ramené")]
    import: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    data: Data,
}

/// Writes the list, or takes one in. Also while the server runs.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let store = Store::open(&args.data.place()?, Ingest::default())?;
    if let Some(path) = &args.way.export {
        let list = store.read_blocking(erasures::list)?;
        write_private(path, &list.to_text())?;
        writeln!(console.out, "{} effacements écrits dans {}", list.marks.len(), path.display())?;
    }
    if let Some(path) = &args.way.import {
        let list = erasures::List::from_text(&fs::read_to_string(path)?)
            .ok_or("ce fichier n’est pas une liste d’effacements")?;
        let count = list.marks.len();
        let now_ms = Clock::system().now_ms();
        let gone = store.write_blocking(move |tx, ingest| {
            if erasures::add(tx, &list)? {
                return Ok::<_, StoreError>(Some(erasure::erase_listed(tx, ingest, now_ms)?));
            }
            Ok(None)
        })?;
        let gone = gone.ok_or("cette liste vient d’un autre serveur, et celui-ci a déjà la sienne")?;
        writeln!(console.out, "{count} effacements repris ; {gone} documents ou pièces effacés de nouveau.")?;
    }
    store.stop();
    Ok(())
}

/// The key is a secret: with it, whoever guesses an id can tell whether it was erased.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
