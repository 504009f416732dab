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

/// First line of the file, so that nothing else is taken for one.
const HEAD: &str = "tiwizi erasures 1";

/// Writes the list, or takes one in. Also while the server runs.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let store = Store::open(&args.data.place()?, Ingest::default())?;
    if let Some(path) = &args.way.export {
        let list = store.read_blocking(erasures::list)?;
        write_private(path, &written(&list))?;
        writeln!(console.out, "{} effacements écrits dans {}", list.marks.len(), path.display())?;
    }
    if let Some(path) = &args.way.import {
        let list = read(&fs::read_to_string(path)?).ok_or("ce fichier n’est pas une liste d’effacements")?;
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

fn written(list: &erasures::List) -> String {
    let hex = |bytes: &[u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut text = format!("{HEAD}\nkey {}\n", hex(&list.key));
    for (mark, erased_ms) in &list.marks {
        text.push_str(&format!("{} {erased_ms}\n", hex(mark)));
    }
    text
}

fn read(text: &str) -> Option<erasures::List> {
    let mut lines = text.lines();
    if lines.next()? != HEAD {
        return None;
    }
    let key = bytes_of(lines.next()?.strip_prefix("key ")?)?;
    let marks = lines.map(|line| {
        let (mark, erased_ms) = line.split_once(' ')?;
        Some((bytes_of(mark)?, erased_ms.parse().ok()?))
    });
    Some(erasures::List { key, marks: marks.collect::<Option<_>>()? })
}

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let digits =
        hex.as_bytes().chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    digits.collect::<Option<Vec<u8>>>()?.try_into().ok().filter(|_| hex.len() == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_and_nothing_else_is_one() {
        let list = erasures::List { key: [7; 32], marks: vec![([1; 32], 5), ([255; 32], 1_790_000_000_000)] };
        assert_eq!(read(&written(&list)), Some(list.clone()));
        assert_eq!(read(&written(&list).replace("01 5", "5")), None);
        assert_eq!(read("nom,prénom\n"), None);
    }
}
