//! The sheet as tables and as data.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::{Cell, Row, Sheet, page::delivered};
use crate::{
    error::PaperError,
    gathering::Slot,
    said, when,
    words::{self, column},
};

/// One line for each person and half-day, so that its columns are the same for every event.
const COLUMNS: [&str; 17] = [
    column::PROJECT,
    column::TITLE,
    column::DAY,
    column::STARTS,
    column::ENDS,
    column::PLANNED,
    column::DELIVERED,
    column::FAMILY,
    column::GIVEN,
    column::NAME_AR,
    column::ASSOCIATION,
    column::ROLE,
    column::STATUS,
    column::MINUTES,
    column::SIGNED,
    column::SIGNED_ON,
    column::LATE,
];

/// What stands in one cell of a table.
enum Datum {
    Text(String),
    Number(u32),
    /// Not known.
    Empty,
}

/// One line for each person and half-day: UTF-8 with a byte order mark, semicolons, as French spreadsheets read it.
///
/// # Errors
/// As [`super::sheet_pdf`].
pub fn sheet_csv(sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
    sheet.check()?;
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    let failed = |e: csv::Error| PaperError::Table(e.to_string());
    writer.write_record(COLUMNS).map_err(failed)?;
    for (row, slot, cell) in lines(sheet) {
        let line = line(sheet, row, slot, cell).map(|datum| match datum {
            Datum::Text(text) => said::harmless(&text),
            Datum::Number(number) => number.to_string(),
            Datum::Empty => String::new(),
        });
        writer.write_record(line).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| PaperError::Table(e.to_string()))
}

/// All of the sheet, as JSON: `{"sheet": 1, …}`.
///
/// # Errors
/// As [`super::sheet_pdf`].
pub fn sheet_json(sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
    #[derive(serde::Serialize)]
    struct Numbered<'a> {
        /// The format's version.
        sheet: u8,
        #[serde(flatten)]
        rest: &'a Sheet,
    }
    sheet.check()?;
    serde_json::to_vec_pretty(&Numbered { sheet: 1, rest: sheet }).map_err(|e| PaperError::Table(e.to_string()))
}

fn lines(sheet: &Sheet) -> impl Iterator<Item = (&Row, &Slot, &Cell)> {
    let slots = &sheet.gathering.slots;
    sheet.people.iter().flat_map(move |row| slots.iter().zip(&row.cells).map(move |(slot, cell)| (row, slot, cell)))
}

fn line(sheet: &Sheet, row: &Row, slot: &Slot, cell: &Cell) -> [Datum; 17] {
    let line = |text: &str| Datum::Text(said::clean(text, said::LINE_MAX));
    let yes = |is: bool| Datum::Text(if is { words::YES } else { words::NO }.to_owned());
    [
        line(&sheet.gathering.project),
        Datum::Text(said::clean(&sheet.gathering.title, said::TEXT_MAX)),
        line(&slot.day),
        line(&slot.starts),
        line(&slot.ends),
        Datum::Number(slot.minutes_planned.into()),
        slot.minutes_delivered.map_or(Datum::Empty, |minutes| Datum::Number(minutes.into())),
        line(&row.family),
        line(&row.given),
        line(&row.name_ar),
        line(&row.association),
        line(&row.role),
        Datum::Text(words::status(cell.status).to_owned()),
        Datum::Number(cell.minutes_attended(slot)),
        yes(cell.is_signed()),
        Datum::Text(cell.how.map_or("", words::how).to_owned()),
        yes(cell.late),
    ]
}

/// A workbook of three pages: the sheet as it is read, one line for each person and half-day, and what is known to be missing.
///
/// # Errors
/// As [`super::sheet_pdf`].
pub fn sheet_xlsx(sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
    sheet.check()?;
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut book = book(words::SHEET_TITLE, sheet.made_ms)?;
        read_as_sheet(sheet, book.add_worksheet().set_name(words::SHEET_TAB)?)?;
        read_as_rows(sheet, book.add_worksheet().set_name(words::ROWS_TAB)?)?;
        read_as_state(sheet, book.add_worksheet().set_name(words::STATE_TAB)?)?;
        book.save_to_buffer()
    };
    write().map_err(|e| PaperError::Table(e.to_string()))
}

/// A workbook that bears the date it is given, and not today's.
pub(crate) fn book(title: &str, made_ms: u64) -> Result<Workbook, XlsxError> {
    let seconds = i64::try_from(made_ms / 1_000).unwrap_or(0);
    let made = ExcelDateTime::from_timestamp(seconds)?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(title).set_author("Tiwizi").set_creation_datetime(&made));
    Ok(book)
}

pub(crate) fn heading() -> Format {
    Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Thin)
}

/// What is one cell of a grid: a bold label, then its value.
fn fact(page: &mut Worksheet, row: u32, label: &str, value: &str) -> Result<(), XlsxError> {
    page.write_string_with_format(row, 0, label, &Format::new().set_bold())?;
    page.write_string(row, 1, value)?;
    Ok(())
}

fn read_as_sheet(sheet: &Sheet, page: &mut Worksheet) -> Result<(), XlsxError> {
    let event = &sheet.gathering;
    let line = |text: &str| said::clean(text, said::LINE_MAX);
    let joined = |parts: Vec<String>| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let funders = joined(event.funders.iter().map(|funder| line(&funder.name)).collect());
    let place = joined([&event.place, &event.address, &event.commune].map(|part| line(part)).to_vec());
    let languages = joined(event.languages.iter().map(|language| line(language)).collect());
    let trainers = joined(sheet.trainers.iter().map(|trainer| line(&trainer.name)).collect());
    let planned = when::minutes(event.slots.iter().map(|slot| u32::from(slot.minutes_planned)).sum());
    let given = delivered(&event.slots).map_or(String::new(), when::minutes);
    let facts = [
        ("Organisation", line(&event.house.name)),
        ("Avec le soutien de", funders),
        (column::PROJECT, line(&event.project)),
        (column::TITLE, said::clean(&event.title, said::TEXT_MAX)),
        ("Nature", line(&event.kind)),
        ("Dates", event.days()),
        ("Lieu", place),
        ("Langues", languages),
        ("Modalité", line(&event.modality)),
        ("Durée prévue", planned),
        ("Durée réalisée", given),
        ("Intervenantes et intervenants", trainers),
    ];
    let mut at = 0;
    for (label, value) in &facts {
        fact(page, at, label, value)?;
        at += 1;
    }
    at += 1;
    let head = heading();
    let firsts = [column::FAMILY, column::GIVEN, column::NAME_AR, column::ASSOCIATION, column::ROLE];
    for (place, label) in (0..).zip(firsts) {
        page.write_string_with_format(at, place, label, &head)?;
        page.set_column_width(place, if place == 3 { 34 } else { 24 })?;
    }
    for (place, slot) in (5..).zip(&event.slots) {
        page.write_string_with_format(at, place, format!("{}\n{}", slot.day(), slot.hours()), &head)?;
        page.set_column_width(place, 26)?;
    }
    page.set_freeze_panes(at + 1, 2)?;
    for row in &sheet.people {
        at += 1;
        for (place, text) in (0..).zip([&row.family, &row.given, &row.name_ar, &row.association, &row.role]) {
            page.write_string(at, place, line(text))?;
        }
        for (place, (slot, cell)) in (5..).zip(event.slots.iter().zip(&row.cells)) {
            page.write_string(at, place, said_of(cell, slot))?;
        }
    }
    page.set_landscape();
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// One cell in words: `présence partielle, 1 h 30, retard ; signé sur écran`.
fn said_of(cell: &Cell, slot: &Slot) -> String {
    let mut words = vec![words::status(cell.status).to_owned()];
    if cell.status == super::Status::Partial {
        words.push(when::minutes(cell.minutes_attended(slot)));
    }
    if cell.late {
        words.push(words::LATE.to_owned());
    }
    let signed = match (cell.is_signed(), cell.how) {
        (true, Some(super::How::Paper)) => words::ON_PAPER,
        (true, Some(super::How::Kiosk)) => words::ON_KIOSK,
        (true, _) => words::ON_SCREEN,
        (false, _) if cell.is_attended() => words::UNSIGNED,
        (false, _) => return words.join(", "),
    };
    format!("{} ; {signed}", words.join(", "))
}

fn read_as_rows(sheet: &Sheet, page: &mut Worksheet) -> Result<(), XlsxError> {
    let head = heading();
    for (place, label) in (0..).zip(COLUMNS) {
        page.write_string_with_format(0, place, label, &head)?;
        page.set_column_width(place, 16)?;
    }
    page.set_freeze_panes(1, 0)?;
    let mut at = 0;
    for (row, slot, cell) in lines(sheet) {
        at += 1;
        for (place, datum) in (0..).zip(line(sheet, row, slot, cell)) {
            match datum {
                Datum::Text(text) => page.write_string(at, place, text)?,
                Datum::Number(number) => page.write_number(at, place, number)?,
                Datum::Empty => continue,
            };
        }
    }
    if at > 0 {
        page.autofilter(0, 0, at, 16)?;
    }
    Ok(())
}

fn read_as_state(sheet: &Sheet, page: &mut Worksheet) -> Result<(), XlsxError> {
    let known = &sheet.completeness;
    page.set_column_width(0, 44)?;
    page.set_column_width(1, 44)?;
    let bold = Format::new().set_bold();
    let phones = u32::try_from(known.phones_outstanding.len()).unwrap_or(u32::MAX);
    let counts = [
        (words::STATE_PRESENT, known.present),
        (words::STATE_PARTIAL, known.partial),
        (words::STATE_UNSIGNED, known.unsigned),
        (words::STATE_TO_CHECK, known.to_check),
        (words::STATE_CONTRADICTORY, known.contradictory),
        (words::STATE_PHONES, phones),
    ];
    let mut at = 0;
    for (label, count) in counts {
        page.write_string_with_format(at, 0, label, &bold)?;
        page.write_number(at, 1, count)?;
        at += 1;
    }
    for phone in &known.phones_outstanding {
        page.write_string(at, 1, said::clean(phone, said::LINE_MAX))?;
        at += 1;
    }
    at += 1;
    for head in &sheet.heads {
        page.write_string(at, 0, said::clean(&head.label, said::LINE_MAX))?;
        page.write_number(at, 1, head.count)?;
        at += 1;
    }
    if let Some(seal) = &sheet.seal {
        at += 1;
        fact(page, at, "Version", &seal.version.to_string())?;
        fact(page, at + 1, "Scellée le", &said::clean(&seal.sealed_at, said::LINE_MAX))?;
        fact(page, at + 2, "Motif", &said::clean(&seal.reason, said::TEXT_MAX))?;
        fact(page, at + 3, "Code", &said::clean(&seal.code, said::LINE_MAX))?;
        fact(page, at + 4, "Remplace", &said::clean(seal.previous.as_deref().unwrap_or_default(), said::LINE_MAX))?;
        fact(page, at + 5, "Adresse de vérification", &said::clean(&seal.url, said::TEXT_MAX))?;
    }
    Ok(())
}
