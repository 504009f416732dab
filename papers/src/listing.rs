//! A list as a file: a workbook, or text for any spreadsheet.

use rust_xlsxwriter::{ExcelDateTime, Format, XlsxError};

use crate::{
    error::{PaperError, at_most},
    said,
    sheet::{book, heading},
};

/// Lines of one file: what a spreadsheet still opens.
pub const LISTING_LINES_MAX: usize = 500_000;
/// Lines by which a column's width is guessed.
const LOOKED_AT: usize = 200;
/// Widths of columns, in letters.
const WIDTHS: (usize, usize) = (8, 48);

/// A list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    pub title: &'static str,
    pub heads: Vec<&'static str>,
    /// Each as long as the heads.
    pub lines: Vec<Vec<ListingCell>>,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// What stands in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingCell {
    Text(String),
    Number(i64),
    Cents(i64),
    /// `2026-11-23`, or empty.
    Day(String),
}

impl ListingCell {
    fn said(&self) -> String {
        match self {
            Self::Text(text) => said::kept(text, said::TEXT_MAX),
            Self::Number(number) => number.to_string(),
            // A comma and no separators: what a French spreadsheet takes for a number.
            Self::Cents(cents) => format!("{},{:02}", cents / 100, (cents % 100).abs()),
            Self::Day(day) => day.clone(),
        }
    }
}

impl Listing {
    fn check(&self) -> Result<(), PaperError> {
        at_most("lines", self.lines.len(), LISTING_LINES_MAX)
    }
}

/// UTF-8 with a byte order mark, semicolons, as French spreadsheets read it; nothing in it is a formula.
///
/// # Errors
/// More than a spreadsheet opens.
pub fn listing_csv(listing: &Listing) -> Result<Vec<u8>, PaperError> {
    listing.check()?;
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    let failed = |e: csv::Error| PaperError::Table(e.to_string());
    writer.write_record(&listing.heads).map_err(failed)?;
    for line in &listing.lines {
        let cells = line.iter().map(|cell| match cell {
            ListingCell::Text(_) => said::harmless(&cell.said()),
            _ => cell.said(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| PaperError::Table(e.to_string()))
}

/// A workbook of one page that can be filtered and stays under its heads.
///
/// # Errors
/// As [`listing_csv`].
pub fn listing_xlsx(listing: &Listing) -> Result<Vec<u8>, PaperError> {
    listing.check()?;
    write(listing).map_err(|e| PaperError::Table(e.to_string()))
}

fn write(listing: &Listing) -> Result<Vec<u8>, XlsxError> {
    let mut book = book(listing.title, listing.made_ms)?;
    let page = book.add_worksheet().set_name(listing.title)?;
    let (head, day, money) =
        (heading(), Format::new().set_num_format("dd/mm/yyyy"), Format::new().set_num_format("#,##0.00"));
    for (at, label) in (0..).zip(&listing.heads) {
        page.write_string_with_format(0, at, *label, &head)?;
        let seen = listing.lines.iter().take(LOOKED_AT).filter_map(|line| line.get(usize::from(at)));
        let widest = seen.map(|cell| cell.said().chars().count()).chain([label.chars().count()]).max().unwrap_or(0);
        page.set_column_width(at, f64::from(u32::try_from(widest.clamp(WIDTHS.0, WIDTHS.1) + 2).unwrap_or(10)))?;
    }
    for (row, line) in (1..).zip(&listing.lines) {
        for (at, cell) in (0..).zip(line) {
            match cell {
                ListingCell::Number(number) => {
                    page.write_number(row, at, i32::try_from(*number).unwrap_or(i32::MAX))?
                }
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a workbook has no other numbers; cents of any grant are exact"
                )]
                ListingCell::Cents(cents) => page.write_number_with_format(row, at, *cents as f64 / 100.0, &money)?,
                ListingCell::Day(text) => match ExcelDateTime::parse_from_str(text) {
                    Ok(date) => page.write_datetime_with_format(row, at, &date, &day)?,
                    Err(_) => page.write_string(row, at, text)?,
                },
                ListingCell::Text(_) => page.write_string(row, at, cell.said())?,
            };
        }
    }
    page.set_freeze_panes(1, 0)?;
    if let (Ok(last), Some(columns)) = (u32::try_from(listing.lines.len()), listing.heads.len().checked_sub(1)) {
        page.autofilter(0, 0, last, u16::try_from(columns).unwrap_or(0))?;
    }
    book.save_to_buffer()
}
