//! Taking a dossier out: as pages, as a Word file, its budget as a workbook, and all of it with its pieces in one ZIP.
//!
//! Deposit itself happens on the funder's portal. What leaves here bears the moment of the last change and not today's: the same
//! version gives the same bytes, whoever asks and whenever.

mod gather;
mod pieces;
mod words;

use papers::{Packed, PaperError, bundle, file_name};
use rusqlite::Connection;
use serde::Deserialize;
use shared::id::{DocumentId, RowId};

use self::gather::Gathered;
pub(crate) use self::gather::changed_ms;
use crate::{sheet::File, storage::StoreError};

/// What one ZIP may hold, before it is packed: as much as an account's uploads may have under way, twice. In bytes.
pub const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why nothing was taken out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such document, or piece")]
    Unknown,
    #[error("the file of this piece has not arrived yet")]
    PieceAway,
    #[error("its pieces are larger than one file may be")]
    TooLarge,
    #[error("the paper could not be made: {0}")]
    Paper(#[from] PaperError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Pdf,
    Docx,
    /// The budget alone.
    Xlsx,
    /// Everything.
    Zip,
}

const PDF: (&str, &str) = ("application/pdf", "pdf");
const DOCX: (&str, &str) = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx");
const XLSX: (&str, &str) = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
const ZIP: (&str, &str) = ("application/zip", "zip");

/// A file, and what it is called without its ending.
#[derive(Debug)]
pub struct Named {
    pub name: String,
    pub file: File,
}

/// A dossier in one of its forms.
///
/// # Errors
/// [`Refusal::Unknown`] where it is no dossier; [`Refusal::TooLarge`]; what the storage fails on.
pub fn export(db: &Connection, id: DocumentId, form: Form) -> Result<Named, Refusal> {
    let gathered = gather::gather(db, id)?.ok_or(Refusal::Unknown)?;
    let paper = &gathered.paper;
    let slug = file_name(&paper.title, "projet");
    let (name, bytes, kind) = match form {
        Form::Pdf => (format!("dossier-{slug}"), papers::dossier_pdf(paper)?, PDF),
        Form::Docx => (format!("dossier-{slug}"), papers::dossier_docx(paper)?, DOCX),
        Form::Xlsx => (format!("budget-{slug}"), papers::budget_xlsx(paper)?, XLSX),
        Form::Zip => (format!("depot-{slug}"), packed(db, &gathered)?, ZIP),
    };
    Ok(Named { name, file: File { bytes, media: kind.0, ending: kind.1 } })
}

/// Everything of a dossier in one ZIP: what is in it and what is missing, the dossier, its budget, its pieces.
fn packed(db: &Connection, gathered: &Gathered) -> Result<Vec<u8>, Refusal> {
    if gathered.bytes() > BUNDLE_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let paper = &gathered.paper;
    let mut files = vec![
        Packed { path: words::DOSSIER_PDF.to_owned(), bytes: papers::dossier_pdf(paper)? },
        Packed { path: words::DOSSIER_DOCX.to_owned(), bytes: papers::dossier_docx(paper)? },
        Packed { path: words::BUDGET_XLSX.to_owned(), bytes: papers::budget_xlsx(paper)? },
    ];
    let mut unread = Vec::new();
    for file in gathered.files() {
        files.extend(pieces::made(db, file, paper.made_ms, &mut unread)?);
    }
    let summary = words::summary(gathered, &files, &unread);
    files.insert(0, Packed { path: words::SUMMARY.to_owned(), bytes: summary.into_bytes() });
    Ok(bundle(&files, paper.made_ms)?)
}

/// One piece of a dossier or of an association as one file: its photos as one PDF, or the file as it was given.
///
/// # Errors
/// [`Refusal::Unknown`] where there is none, [`Refusal::PieceAway`] where its file is still on a phone.
pub fn piece(db: &Connection, document: DocumentId, row: RowId) -> Result<Named, Refusal> {
    pieces::one(db, document, row)
}
