//! Why there is no paper.

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// Longer than any paper that somebody would print.
    #[error("more than {max} {what}")]
    TooMany { what: &'static str, max: usize },
    /// A row that does not have one cell for each slot.
    #[error("row {row}: {cells} cells for {slots} slots")]
    Cells { row: usize, cells: usize, slots: usize },
    /// What a QR code should say does not fit one that can be scanned from paper.
    #[error("too long for a QR code on paper")]
    Code,
    /// A photo that no program can open.
    #[error("photo {page} cannot be read")]
    Photo { page: usize },
    /// A fault of ours: whatever people write can be set.
    #[error("setting the pages: {0}")]
    Typeset(String),
    /// A fault of ours as well.
    #[error("writing the table: {0}")]
    Table(String),
}

impl PaperError {
    /// The stable name by which others know this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "paper_too_many",
            Self::Cells { .. } => "paper_cells",
            Self::Code => "paper_code",
            Self::Photo { .. } => "paper_photo",
            Self::Typeset(_) | Self::Table(_) => "paper_failed",
        }
    }
}

/// Fails where there are more of `what` than `max`.
pub(crate) fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), PaperError> {
    if count > max { Err(PaperError::TooMany { what, max }) } else { Ok(()) }
}
