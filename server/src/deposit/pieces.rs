//! The pieces of a dossier: what the call asks for, what is there, and what it is called when it leaves.

use papers::{Packed, PaperError, Scan, file_name, scan_pdf};
use rusqlite::Connection;
use shared::{
    field::Field,
    id::{DocumentId, RowId},
    record::{CallRecord, Row, Rows},
    table::Table,
    wire::Hash,
};

use super::{Named, Refusal};
use crate::{
    erasure,
    media::Media,
    secret,
    sheet::File,
    storage::{StoreError, blobs},
};

/// A piece that the call asks for, or that was added to those.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) title: String,
    pub(super) required: bool,
    /// What there is of it: often one paper, sometimes several.
    pub(super) papers: Vec<Paper>,
}

/// One attachment.
#[derive(Debug)]
pub(super) struct Paper {
    pub(super) issued: String,
    pub(super) expires: String,
    pub(super) files: Vec<PieceFile>,
}

/// One file of an attachment as it leaves: photos of pages are one.
#[derive(Debug)]
pub(super) struct PieceFile {
    /// Folder and name, `pieces/03_statuts.pdf`.
    pub(super) path: String,
    pub(super) title: String,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// Photos of pages in their order, with the bytes of all.
    Photos(Vec<Hash>, u64),
    File(Hash, Media, u64),
    /// Still on a phone.
    Away,
}

impl PieceFile {
    pub(super) fn bytes(&self) -> u64 {
        match self.what {
            What::Photos(_, bytes) | What::File(_, _, bytes) => bytes,
            What::Away => 0,
        }
    }

    pub(super) fn is_away(&self) -> bool {
        matches!(self.what, What::Away)
    }
}

/// The pieces in the call's order, then those that it does not ask for.
pub(super) fn all(db: &Connection, rows: &Rows, call: Option<&CallRecord>) -> Result<Vec<Piece>, StoreError> {
    let asked: Vec<&Row> = call.into_iter().flat_map(|call| call.rows.kept(Table::Piece)).collect();
    let attached: Vec<&Row> = rows.kept(Table::Attachment).filter(|row| !row.is_deposit_proof()).collect();
    let mut pieces = Vec::new();
    for piece in &asked {
        let key = piece.fields.text(Field::Key);
        let of_it = attached.iter().copied().filter(|row| row.fields.text(Field::Piece) == key);
        pieces.push((title_of(piece), piece.fields.text(Field::Required) == "yes", of_it.collect::<Vec<_>>()));
    }
    for row in &attached {
        let key = row.fields.text(Field::Piece);
        if !asked.iter().any(|piece| piece.fields.text(Field::Key) == key) {
            pieces.push((row.fields.text(Field::Label).to_owned(), false, vec![*row]));
        }
    }
    let mut made = Vec::with_capacity(pieces.len());
    for (number, (title, required, attached)) in (1..).zip(pieces) {
        let stem = format!("pieces/{number:02}_{}", file_name(&title, "piece"));
        let mut papers = Vec::with_capacity(attached.len());
        let mut taken = 0;
        for row in attached {
            let mut files = files_of(db, rows, row)?;
            for file in &mut files {
                taken += 1;
                let nth = if taken > 1 { format!("_{taken}") } else { String::new() };
                file.path = format!("{stem}{nth}.{}", file.path);
            }
            let text = |field| row.fields.text(field).to_owned();
            papers.push(Paper { issued: text(Field::Issued), expires: text(Field::Expires), files });
        }
        made.push(Piece { title, required, papers });
    }
    Ok(made)
}

/// A piece that was given no name is called by its key.
fn title_of(piece: &Row) -> String {
    let label = piece.fields.text(Field::Label);
    if label.is_empty() { piece.fields.text(Field::Key) } else { label }.to_owned()
}

/// The files of an attachment. Their paths are their endings alone.
fn files_of(db: &Connection, rows: &Rows, attachment: &Row) -> Result<Vec<PieceFile>, StoreError> {
    let title = attachment.fields.text(Field::Label).to_owned();
    let of = attachment.id.to_string();
    let mut photos: (Vec<Hash>, u64) = (Vec::new(), 0);
    let mut files = Vec::new();
    let mut add = |path: &str, what| files.push(PieceFile { path: path.to_owned(), title: title.clone(), what });
    for page in rows.kept(Table::Page).filter(|row| row.fields.text(Field::Of) == of) {
        let Some(hash) = secret::unhex::<32>(page.fields.text(Field::Blob)) else { continue };
        match blobs::kind(db, &hash)? {
            Some((Media::Jpeg, bytes)) => {
                photos.0.push(hash);
                photos.1 += bytes;
            }
            Some((media, bytes)) => add(media.ending(), What::File(hash, media, bytes)),
            None => add("", What::Away),
        }
    }
    if !photos.0.is_empty() {
        let (hashes, bytes) = photos;
        files.insert(0, PieceFile { path: "pdf".to_owned(), title, what: What::Photos(hashes, bytes) });
    }
    Ok(files)
}

/// A file of the ZIP with its bytes. Photos that no program can read go as they are, and are noted.
pub(super) fn made(
    db: &Connection,
    file: &PieceFile,
    made_ms: u64,
    unread: &mut Vec<String>,
) -> Result<Vec<Packed>, Refusal> {
    let read = |hash: &Hash| Ok::<_, StoreError>(blobs::read(db, hash)?.map(|blob| blob.bytes));
    match &file.what {
        What::Away => Ok(Vec::new()),
        What::File(hash, ..) => {
            Ok(read(hash)?.into_iter().map(|bytes| Packed { path: file.path.clone(), bytes }).collect())
        }
        What::Photos(hashes, _) => {
            let pages = hashes.iter().filter_map(|hash| read(hash).transpose()).collect::<Result<Vec<_>, _>>()?;
            let scan = Scan { title: file.title.clone(), pages, made_ms };
            match scan_pdf(&scan) {
                Ok(bytes) => Ok(vec![Packed { path: file.path.clone(), bytes }]),
                Err(PaperError::Photo { .. } | PaperError::TooMany { .. }) => {
                    unread.push(file.path.clone());
                    let stem = file.path.trim_end_matches(".pdf");
                    let photos = (1..).zip(scan.pages);
                    Ok(photos.map(|(n, bytes)| Packed { path: format!("{stem}_page_{n}.jpg"), bytes }).collect())
                }
                Err(other) => Err(other.into()),
            }
        }
    }
}

/// One attachment of a document as one file.
pub(super) fn one(db: &Connection, document: DocumentId, row: RowId) -> Result<Named, Refusal> {
    let record = erasure::record(db, document)?.ok_or(Refusal::Unknown)?;
    let rows = record.rows();
    let attachment = rows.kept(Table::Attachment).find(|one| one.id == row).ok_or(Refusal::Unknown)?;
    let mut files = files_of(db, rows, attachment)?;
    let name = file_name(attachment.fields.text(Field::Label), "piece");
    let Some(file) = (!files.is_empty()).then(|| files.remove(0)) else { return Err(Refusal::Unknown) };
    let (bytes, kind) = match &file.what {
        What::Away => return Err(Refusal::PieceAway),
        What::File(hash, media, _) => {
            let blob = blobs::read(db, hash)?.ok_or(Refusal::PieceAway)?;
            (blob.bytes, (media.content_type(), media.ending()))
        }
        What::Photos(hashes, _) => {
            let mut pages = Vec::with_capacity(hashes.len());
            for hash in hashes {
                pages.push(blobs::read(db, hash)?.ok_or(Refusal::PieceAway)?.bytes);
            }
            // The day on which it was kept: the same photos give the same file.
            (scan_pdf(&Scan { title: file.title, pages, made_ms: attachment.at_ms })?, super::PDF)
        }
    };
    Ok(Named { name, file: File { bytes, media: kind.0, ending: kind.1 } })
}
