//! An event's figures as tables. What may be said of few people was decided before: a number that is not here cannot be in the file.

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use crate::{
    error::{PaperError, at_most},
    gathering::Gathering,
    said,
    sheet::{book, heading},
    when,
    words::{self, column},
};

/// Lines of one section, far more than there are départements.
const LINES_MAX: usize = 500;

/// The figures of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FigureBook {
    pub gathering: Gathering,
    /// Something may still come.
    pub is_provisional: bool,
    /// What stands above the tables.
    pub head: Vec<(&'static str, FigureCell)>,
    pub sections: Vec<FigureSection>,
    /// When, as a text in local time.
    pub made_at: String,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// One table. One without lines is not published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FigureSection {
    pub title: &'static str,
    pub lines: Vec<FigureLine>,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureLine {
    pub label: String,
    /// Nothing where people were counted without names.
    pub people: Option<FigureCell>,
    pub participations: FigureCell,
}

/// What stands in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureCell {
    Number(u32),
    /// A duration, shown as hours.
    Minutes(u32),
    /// From 1 to 4.
    Few,
    /// Hidden, for another could be computed from it.
    Withheld,
}

impl FigureCell {
    fn said(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Minutes(minutes) => when::minutes(minutes),
            Self::Few => words::FEW.to_owned(),
            Self::Withheld => words::WITHHELD.to_owned(),
        }
    }
}

impl FigureBook {
    fn check(&self) -> Result<(), PaperError> {
        self.gathering.check(0)?;
        self.sections.iter().try_for_each(|section| at_most("lines", section.lines.len(), LINES_MAX))
    }

    /// Every number with what it is of: table, line, measure.
    fn cells(&self) -> Vec<[String; 4]> {
        let line = |text: &str| said::clean(text, said::LINE_MAX);
        let head = self
            .head
            .iter()
            .map(|(label, cell)| [words::WHOLE.to_owned(), (*label).to_owned(), String::new(), cell.said()]);
        let mut cells: Vec<_> = head.collect();
        for section in &self.sections {
            for one in &section.lines {
                let people = one.people.map(|cell| (column::PEOPLE, cell));
                for (measure, cell) in people.into_iter().chain([(column::PARTICIPATIONS, one.participations)]) {
                    cells.push([section.title.to_owned(), line(&one.label), measure.to_owned(), cell.said()]);
                }
            }
            if section.lines.is_empty() {
                cells.push([section.title.to_owned(), words::UNPUBLISHED.to_owned(), String::new(), String::new()]);
            }
        }
        cells
    }

    fn state(&self) -> &'static str {
        if self.is_provisional { words::PROVISIONAL } else { words::FINAL }
    }
}

/// One line for each number: UTF-8 with a byte order mark, semicolons, as French spreadsheets read it.
///
/// # Errors
/// More than fits any paper.
pub fn figures_csv(figures: &FigureBook) -> Result<Vec<u8>, PaperError> {
    figures.check()?;
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    let failed = |e: csv::Error| PaperError::Table(e.to_string());
    let heads =
        [column::PROJECT, column::TITLE, column::STATE, column::TABLE, column::LINE, column::MEASURE, column::VALUE];
    writer.write_record(heads).map_err(failed)?;
    let event = &figures.gathering;
    let own = [
        said::harmless(&said::clean(&event.project, said::LINE_MAX)),
        said::harmless(&said::clean(&event.title, said::TEXT_MAX)),
    ];
    for cells in figures.cells() {
        let cells = cells.iter().map(|cell| said::harmless(cell));
        let row = own.iter().cloned().chain([figures.state().to_owned()]).chain(cells);
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| PaperError::Table(e.to_string()))
}

/// A workbook of two pages: the figures as they are read, and one line for each number.
///
/// # Errors
/// As [`figures_csv`].
pub fn figures_xlsx(figures: &FigureBook) -> Result<Vec<u8>, PaperError> {
    figures.check()?;
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut book = book(words::FIGURES_TITLE, figures.made_ms)?;
        read_as_page(figures, book.add_worksheet().set_name(words::FIGURES_TAB)?)?;
        read_as_rows(figures, book.add_worksheet().set_name(words::NUMBERS_TAB)?)?;
        book.save_to_buffer()
    };
    write().map_err(|e| PaperError::Table(e.to_string()))
}

/// A number is a number; what is masked is a text, that no sum takes in.
fn put(page: &mut Worksheet, row: u32, place: u16, cell: FigureCell) -> Result<(), XlsxError> {
    match cell {
        FigureCell::Number(number) => page.write_number(row, place, number)?,
        other => page.write_string_with_format(
            row,
            place,
            other.said(),
            &Format::new().set_align(rust_xlsxwriter::FormatAlign::Right),
        )?,
    };
    Ok(())
}

fn read_as_page(figures: &FigureBook, page: &mut Worksheet) -> Result<(), XlsxError> {
    let event = &figures.gathering;
    let line = |text: &str| said::clean(text, said::LINE_MAX);
    let bold = Format::new().set_bold();
    page.set_column_width(0, 46)?;
    page.set_column_width(1, 20)?;
    page.set_column_width(2, 20)?;
    page.write_string_with_format(0, 0, said::clean(&event.title, said::TEXT_MAX), &bold)?;
    page.write_string(
        1,
        0,
        [event.days(), line(&event.place), line(&event.commune)]
            .map(|part| part.trim().to_owned())
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
    )?;
    page.write_string(2, 0, format!("{}, {}", figures.state(), line(&figures.made_at)))?;
    let mut at = 4;
    for (label, cell) in &figures.head {
        page.write_string(at, 0, *label)?;
        put(page, at, 1, *cell)?;
        at += 1;
    }
    let head = heading();
    for section in &figures.sections {
        at += 1;
        let is_named = section.lines.iter().any(|one| one.people.is_some());
        page.write_string_with_format(at, 0, section.title, &head)?;
        let heads =
            if is_named { &[column::PEOPLE, column::PARTICIPATIONS][..] } else { &[column::PARTICIPATIONS][..] };
        for (place, label) in (1..).zip(heads) {
            page.write_string_with_format(at, place, *label, &head)?;
        }
        at += 1;
        for one in &section.lines {
            page.write_string(at, 0, line(&one.label))?;
            for (place, cell) in (1..).zip(one.people.into_iter().chain([one.participations])) {
                put(page, at, place, cell)?;
            }
            at += 1;
        }
        if section.lines.is_empty() {
            page.write_string(at, 0, words::UNPUBLISHED)?;
            at += 1;
        }
    }
    page.write_string(at + 1, 0, words::MASKED)?;
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn read_as_rows(figures: &FigureBook, page: &mut Worksheet) -> Result<(), XlsxError> {
    let head = heading();
    for (place, label) in (0..).zip([column::TABLE, column::LINE, column::MEASURE, column::VALUE]) {
        page.write_string_with_format(0, place, label, &head)?;
        page.set_column_width(place, if place < 2 { 40 } else { 18 })?;
    }
    for (at, cells) in (1..).zip(figures.cells()) {
        for (place, cell) in (0..).zip(cells) {
            match cell.parse::<u32>() {
                Ok(number) if place == 3 => page.write_number(at, place, number)?,
                _ => page.write_string(at, place, cell)?,
            };
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(())
}
