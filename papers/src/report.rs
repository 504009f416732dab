//! What the house did over a period, for those who pay for it. What may be said of few people was decided before: a number that is not
//! here cannot be in the file.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};
use serde_json::{Value, json};

use crate::{
    error::{PaperError, at_most},
    gathering::House,
    money,
    press::{self, Job, Pictures, Template},
    said,
    sheet::{book, heading},
    when,
    words::{self, column},
};

/// Lines of one table, far more than there are départements, provinces or months of a programme.
const LINES_MAX: usize = 1_000;
/// Sections, and tables of one.
const PARTS_MAX: usize = 50;

/// The report of one period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub house: House,
    /// In words: `Du 1er janvier 2026 au 31 décembre 2026`.
    pub period: String,
    /// The one it is compared with; empty where it is with none.
    pub before_period: String,
    /// Empty for all of them.
    pub programme: String,
    /// Empty for everywhere.
    pub territory: String,
    pub sections: Vec<ReportSection>,
    /// Number, label and definition of each indicator.
    pub definitions: Vec<[String; 3]>,
    /// What is missing, and how much of it.
    pub completeness: Vec<(String, ReportCell)>,
    /// When the data changed last, as a text in local time.
    pub changed_at: String,
    /// The date that the file bears: milliseconds since 1970.
    pub made_ms: u64,
}

/// A part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportSection {
    pub title: String,
    pub figures: Vec<ReportFigure>,
    pub tables: Vec<ReportTable>,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFigure {
    /// `I1`
    pub number: String,
    pub label: String,
    pub value: ReportCell,
    /// In the period before, where it is compared with one.
    pub before: Option<ReportCell>,
    pub target: Option<ReportCell>,
}

/// One table. One without rows is not published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportTable {
    pub title: String,
    pub columns: Vec<String>,
    /// What it counts, and one cell for each column.
    pub rows: Vec<(String, Vec<ReportCell>)>,
}

/// What stands in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportCell {
    Number(u64),
    /// A duration, shown as hours.
    Minutes(u64),
    /// Cents of euros.
    Cents(u64),
    /// Hundredths of a percent.
    BasisPoints(u64),
    /// From 1 to 4.
    Few,
    /// Hidden, for another could be computed from it.
    Withheld,
    /// There is nothing to say.
    None,
}

impl ReportCell {
    fn said(self) -> String {
        match self {
            Self::Number(number) => money::grouped(number),
            Self::Minutes(minutes) => when::minutes(u32::try_from(minutes).unwrap_or(u32::MAX)),
            Self::Cents(cents) => money::euros(i64::try_from(cents).unwrap_or(i64::MAX)),
            Self::BasisPoints(share) => money::share(u32::try_from(share).unwrap_or(u32::MAX)),
            Self::Few => words::FEW.to_owned(),
            Self::Withheld => words::WITHHELD.to_owned(),
            Self::None => words::NOTHING.to_owned(),
        }
    }
}

impl Report {
    fn check(&self) -> Result<(), PaperError> {
        at_most("sections", self.sections.len(), PARTS_MAX)?;
        at_most("definitions", self.definitions.len(), LINES_MAX)?;
        for section in &self.sections {
            at_most("tables", section.tables.len(), PARTS_MAX)?;
            section.tables.iter().try_for_each(|table| at_most("lines", table.rows.len(), LINES_MAX))?;
        }
        Ok(())
    }

    /// Programme, territory and the period that it is compared with, where there are such.
    fn facts(&self) -> Vec<(&'static str, &str)> {
        let facts = [
            (words::PROGRAMME, self.programme.as_str()),
            (words::TERRITORY, &self.territory),
            (words::PERIOD_BEFORE, &self.before_period),
        ];
        facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// The report on A4.
///
/// # Errors
/// More than fits any report.
pub fn report_pdf(report: &Report) -> Result<Vec<u8>, PaperError> {
    report.check()?;
    let mut pictures = Pictures::default();
    let line = |text: &str| said::line(text);
    let figure = |one: &ReportFigure| {
        json!({
            "number": one.number,
            "label": line(&one.label),
            "value": one.value.said(),
            "before": one.before.map(ReportCell::said),
            "target": one.target.map(ReportCell::said),
        })
    };
    let table = |table: &ReportTable| {
        let row = |(label, cells): &(String, Vec<ReportCell>)| json!({ "label": line(label), "cells": cells.iter().map(|cell| cell.said()).collect::<Vec<_>>() });
        json!({
            "title": line(&table.title),
            "columns": table.columns.iter().map(|column| line(column)).collect::<Vec<_>>(),
            "rows": table.rows.iter().map(row).collect::<Vec<Value>>(),
        })
    };
    let section = |section: &ReportSection| {
        json!({
            "title": line(&section.title),
            "figures": section.figures.iter().map(figure).collect::<Vec<Value>>(),
            "tables": section.tables.iter().map(table).collect::<Vec<Value>>(),
            "has_before": section.figures.iter().any(|one| one.before.is_some()),
            "has_target": section.figures.iter().any(|one| one.target.is_some()),
        })
    };
    let data = json!({
        // What the head of all papers shows: here the house alone.
        "event": {
            "house": line(&report.house.name),
            "house_address": line(&report.house.address),
            "logo": pictures.place(report.house.logo.as_ref()),
            "funders": [],
        },
        "period": line(&report.period),
        "facts": report.facts().into_iter().map(|(label, text)| json!([label, line(text)])).collect::<Vec<Value>>(),
        "sections": report.sections.iter().map(section).collect::<Vec<Value>>(),
        "definitions": report.definitions.iter().map(|[number, label, text]| {
            json!({ "number": number, "label": line(label), "text": said::text(text) })
        }).collect::<Vec<Value>>(),
        "completeness": report.completeness.iter().map(|(label, cell)| json!([said::text(label), cell.said()]))
            .collect::<Vec<Value>>(),
        "changed_at": said::clean(&report.changed_at, said::LINE_MAX),
    });
    press::print(Job { template: Template::Report, data, pictures, made_ms: report.made_ms })
}

/// The report as a workbook: as it is read, one line for each number, and the definitions.
///
/// # Errors
/// As [`report_pdf`].
pub fn report_xlsx(report: &Report) -> Result<Vec<u8>, PaperError> {
    report.check()?;
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut book = book(words::REPORT_TITLE, report.made_ms)?;
        read_as_page(report, book.add_worksheet().set_name(words::REPORT_TAB)?)?;
        read_as_rows(report, book.add_worksheet().set_name(words::NUMBERS_TAB)?)?;
        definitions(report, book.add_worksheet().set_name(words::DEFINITIONS)?)?;
        book.save_to_buffer()
    };
    write().map_err(|e| PaperError::Table(e.to_string()))
}

/// A number is a number, in hours, euros and percent where it is of such; what is masked is a text, that no sum takes in.
#[expect(clippy::cast_precision_loss, reason = "a workbook keeps floating numbers")]
fn put(page: &mut Worksheet, row: u32, place: u16, cell: ReportCell) -> Result<(), XlsxError> {
    let number = |format: &str| Format::new().set_num_format(format);
    match cell {
        ReportCell::Number(value) => page.write_number_with_format(row, place, value as f64, &number("#,##0"))?,
        // A day is one.
        ReportCell::Minutes(value) => {
            page.write_number_with_format(row, place, value as f64 / 1_440.0, &number("[h]\" h \"mm"))?
        }
        ReportCell::Cents(value) => {
            page.write_number_with_format(row, place, value as f64 / 100.0, &number("#,##0.00 \"€\""))?
        }
        ReportCell::BasisPoints(value) => {
            page.write_number_with_format(row, place, value as f64 / 10_000.0, &number("0.00%"))?
        }
        other => {
            let right = Format::new().set_align(FormatAlign::Right);
            page.write_string_with_format(row, place, other.said(), &right)?
        }
    };
    Ok(())
}

fn clean(text: &str) -> String {
    said::clean(text, said::TEXT_MAX)
}

fn read_as_page(report: &Report, page: &mut Worksheet) -> Result<(), XlsxError> {
    let (bold, head) = (Format::new().set_bold(), heading());
    page.set_column_width(0, 6)?;
    page.set_column_width(1, 58)?;
    for place in 2..=4 {
        page.set_column_width(place, 20)?;
    }
    page.write_string_with_format(0, 0, words::REPORT_TITLE, &bold)?;
    page.write_string(1, 0, clean(&report.house.name))?;
    page.write_string(2, 0, clean(&report.period))?;
    let mut at = 3;
    for (label, text) in report.facts() {
        page.write_string(at, 0, clean(&format!("{label} {text}")))?;
        at += 1;
    }
    for section in &report.sections {
        at += 1;
        page.write_string_with_format(at, 0, clean(&section.title), &bold)?;
        at += 1;
        for (place, label) in
            ["", words::INDICATOR, column::VALUE, words::BEFORE, words::TARGET].into_iter().enumerate()
        {
            page.write_string_with_format(at, u16::try_from(place).unwrap_or(0), label, &head)?;
        }
        at += 1;
        for one in &section.figures {
            page.write_string(at, 0, &one.number)?;
            page.write_string(at, 1, clean(&one.label))?;
            put(page, at, 2, one.value)?;
            for (place, cell) in [(3, one.before), (4, one.target)] {
                cell.map_or(Ok(()), |cell| put(page, at, place, cell))?;
            }
            at += 1;
        }
        for table in &section.tables {
            at += 1;
            page.write_string_with_format(at, 0, "", &head)?;
            page.write_string_with_format(at, 1, clean(&table.title), &head)?;
            for (place, label) in (2..).zip(&table.columns) {
                page.write_string_with_format(at, place, clean(label), &head)?;
            }
            at += 1;
            for (label, cells) in &table.rows {
                page.write_string(at, 1, clean(label))?;
                for (place, cell) in (2..).zip(cells) {
                    put(page, at, place, *cell)?;
                }
                at += 1;
            }
            if table.rows.is_empty() {
                page.write_string(at, 1, words::UNPUBLISHED)?;
                at += 1;
            }
        }
    }
    at += 1;
    page.write_string_with_format(at, 0, words::COMPLETENESS, &bold)?;
    for (label, cell) in &report.completeness {
        at += 1;
        page.write_string(at, 1, clean(label))?;
        put(page, at, 2, *cell)?;
    }
    page.write_string(at + 2, 0, words::MASKED)?;
    page.write_string(at + 3, 0, clean(&format!("{} {}", words::CHANGED_AT, report.changed_at)))?;
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn read_as_rows(report: &Report, page: &mut Worksheet) -> Result<(), XlsxError> {
    let head = heading();
    for (place, label) in (0..).zip([column::TABLE, column::LINE, column::MEASURE, column::VALUE]) {
        page.write_string_with_format(0, place, label, &head)?;
        page.set_column_width(place, if place < 3 { 40 } else { 18 })?;
    }
    let mut at = 1;
    let mut line = |table: &str, line: &str, measure: &str, cell: ReportCell| -> Result<(), XlsxError> {
        for (place, text) in (0..).zip([table, line, measure]) {
            page.write_string(at, place, clean(text))?;
        }
        put(page, at, 3, cell)?;
        at += 1;
        Ok(())
    };
    for section in &report.sections {
        for one in &section.figures {
            line(words::WHOLE, &one.number, &one.label, one.value)?;
        }
        for table in &section.tables {
            for (label, cells) in &table.rows {
                for (column, cell) in table.columns.iter().zip(cells) {
                    line(&format!("{} – {}", section.title, table.title), label, column, *cell)?;
                }
            }
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(())
}

fn definitions(report: &Report, page: &mut Worksheet) -> Result<(), XlsxError> {
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (place, width) in [(0, 6), (1, 40), (2, 90)] {
        page.set_column_width(place, width)?;
    }
    for (at, definition) in (0..).zip(&report.definitions) {
        for (place, text) in (0..).zip(definition) {
            page.write_string_with_format(at, place, clean(text), &wrap)?;
        }
    }
    Ok(())
}
