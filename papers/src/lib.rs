//! What goes on paper: pure functions from plain values to bytes.
//!
//! A [`Gathering`] says what took place; around it stand the papers: the attendance [`Sheet`] that funders audit (signed, or
//! blank to be signed by hand; also as a spreadsheet, CSV and JSON), the [`ContactList`] that is kept apart from it,
//! [`Attestations`], [`Convocations`] and [`Badges`]. A [`FigureBook`] says how many came. A [`Dossier`] goes out as PDF and as a Word
//! file, its budget as a workbook that computes; photos of a paper become one PDF ([`Scan`]), and all of it one ZIP ([`bundle`]).
//! Of a PDF that somebody brought, [`first_page`] is shown.
//!
//! Nothing here reads a file, asks the time or draws a random number: the same input gives the same bytes, which a seal can name
//! by their hash. All wording is in `words`; layout is in `templates/`, which see what people wrote as values only and never
//! as markup. PDFs are PDF/A-2a: readable in ten years, and by a screen reader.

mod attestation;
mod badge;
mod bundle;
mod contacts;
mod convocation;
mod dossier;
mod error;
mod figures;
mod gathering;
mod glance;
mod ink;
mod money;
mod picture;
mod press;
mod qr;
mod said;
mod scan;
mod sheet;
mod when;
mod words;

pub use attestation::{Attended, Attestations, Attested, Signatory, attestations_pdf};
pub use badge::{Badge, Badges, badges_pdf};
pub use bundle::{Packed, bundle, file_name};
pub use contacts::{ContactList, ContactRow, contact_list_pdf, contact_list_xlsx};
pub use convocation::{Convocations, Invited, convocations_pdf};
pub use dossier::{
    Bar, Budget, Chronogram, Currency, Dossier, Fact, Grid, Group, Line, Nature, Part, Piece, Rules, Side, Time,
    budget_xlsx, dossier_docx, dossier_pdf,
};
pub use error::PaperError;
pub use figures::{FigureBook, FigureCell, FigureLine, FigureSection, figures_csv, figures_xlsx};
pub use gathering::{FUNDERS_MAX, Funder, Gathering, House, PEOPLE_MAX, SLOTS_MAX, Slot};
pub use glance::first_page;
pub use ink::{BadInk, Ink};
pub use picture::{BadPicture, Picture};
pub use scan::{SCAN_PAGES_MAX, Scan, scan_pdf};
pub use sheet::{
    Cell, Completeness, HeadCount, How, Row, SLOTS_PER_SHEET, Seal, Sheet, Status, TRAINERS_MAX, Trainer, WALK_IN_ROWS,
    blank_sheet_pdf, sheet_csv, sheet_json, sheet_pdf, sheet_xlsx,
};
