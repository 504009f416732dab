//! Files that are sent together, in one ZIP.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{error::PaperError, when};

/// Letters of a file's name, its ending apart: portals cut what is longer.
const NAME_MAX: usize = 60;

/// One file in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Folders and name, `pieces/03_statuts.pdf`: see [`file_name`].
    pub path: String,
    pub bytes: Vec<u8>,
}

/// All of them in one ZIP, in their order. Bears the date that it is given, and not today's.
///
/// # Errors
/// Two files of one path.
pub fn bundle(files: &[Packed], made_ms: u64) -> Result<Vec<u8>, PaperError> {
    pack(files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice())), made_ms)
}

/// The same for whatever else is a ZIP.
pub(crate) fn pack<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>, made_ms: u64) -> Result<Vec<u8>, PaperError> {
    let write = || -> Result<Vec<u8>, ZipError> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            // Photos, PDFs and office files are packed already: to pack them anew takes seconds and gains nothing.
            let packed = [".pdf", ".jpg", ".docx", ".xlsx", ".odt", ".ods"].iter().any(|ending| path.ends_with(ending));
            let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
            let options = SimpleFileOptions::default().compression_method(method).last_modified_time(date(made_ms));
            zip.start_file(path, options)?;
            zip.write_all(bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    };
    write().map_err(|e| PaperError::Table(e.to_string()))
}

/// ZIP knows no year before 1980.
fn date(made_ms: u64) -> DateTime {
    let (year, month, day, hour, minute, second) = when::moment(made_ms);
    let year = u16::try_from(year).unwrap_or(0);
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}

/// What people call something, as a name that every portal and program takes: `Procès-verbal d’AG` is `proces-verbal-d-ag`.
/// Letters that are not Latin have no such name: then it is `otherwise`.
#[must_use]
pub fn file_name(text: &str, otherwise: &str) -> String {
    let mut name = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        let c = plain(c);
        let letters = c.chars().all(|c| c.is_ascii_alphanumeric());
        if !letters && !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if letters {
            name.push_str(c);
        }
        if name.len() >= NAME_MAX {
            break;
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

/// A lower-case letter without its accent. What is no letter of French is a blank.
fn plain(c: char) -> &'static str {
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ÿ' => "y",
        'œ' => "oe",
        'æ' => "ae",
        c => ASCII.find(c).map_or(" ", |at| &ASCII[at..=at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        for (text, name) in [
            ("Procès-verbal d’assemblée générale", "proces-verbal-d-assemblee-generale"),
            ("  Statuts (à jour) ", "statuts-a-jour"),
            ("Œuvre n° 2", "oeuvre-n-2"),
            ("../../etc/passwd", "etc-passwd"),
            ("النظام الأساسي", "piece"),
            ("", "piece"),
        ] {
            assert_eq!(file_name(text, "piece"), name);
        }
        assert!(file_name(&"à".repeat(300), "x").len() <= NAME_MAX);
    }
}
