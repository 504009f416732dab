//! Workbooks (XLSX, ODS) as tables of texts, whoever made them.
//!
//! A workbook is an archive that says of itself how large it is. Nothing of that is believed: what it holds is unpacked within a bound
//! and packed anew, stored as it is, before the reader of workbooks sees it; and whatever would make that reader take room for what is
//! not there (repeated cells of an ODS, counts of texts of an XLSX, far corners of a sheet) is cut down or passed over.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{Data, DataRef, Ods, Reader as _, Xlsx};
use flate2::{Crc, read::DeflateDecoder};

use super::{Problem, Unreadable, table::Row};

/// What a list with its styles takes unpacked, many times over. In bytes.
const UNPACKED_BYTES_MAX: usize = 24 << 20;
/// The workbook itself. In mebibytes.
const MEBIBYTES_MAX: usize = 16;
/// Parts of the archive that are looked at.
const PARTS_MAX: usize = 2_000;
/// Sheets of a workbook that are looked at, the first ones.
const SHEETS_MAX: usize = 12;
/// Rows of one sheet.
const ROWS_MAX: usize = 10_000;
/// Columns of one sheet: what stands further right belongs to no list.
const COLUMNS_MAX: usize = 200;
/// A cell's text is cut behind so many characters: longer than every field, so that it is refused there as too long.
const CELL_CHARS_MAX: usize = 6_000;
/// All texts of a sheet together, as often as they occur. In bytes.
const TEXT_BYTES_MAX: usize = 16 << 20;

/// One sheet, as a table.
#[derive(Debug)]
pub(super) struct Sheet {
    /// `XLSX` or `ODS`.
    pub(super) form: &'static str,
    pub(super) rows: Vec<Row>,
}

/// Whether the file is an archive, as workbooks are.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
}

/// The sheets of a workbook, in its order.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Unreadable> {
    if bytes.len() > MEBIBYTES_MAX << 20 {
        return Err(Unreadable(Problem::FileTooLarge { mebibytes_max: MEBIBYTES_MAX }));
    }
    let parts = unpack(bytes).map_err(Unreadable)?;
    // The reader may panic on what no spreadsheet program writes. Nothing of it outlives this.
    let read = catch_unwind(AssertUnwindSafe(|| {
        if parts.iter().any(|part| part.name == "content.xml") { ods(parts) } else { xlsx(parts) }
    }));
    read.unwrap_or(Err(Problem::WorkbookUnreadable)).map_err(Unreadable)
}

fn xlsx(mut parts: Vec<Part>) -> Result<Vec<Sheet>, Problem> {
    for part in &mut parts {
        forget_counts(&mut part.bytes);
    }
    let mut book = Xlsx::new(Cursor::new(pack(&parts))).map_err(|_| Problem::WorkbookUnreadable)?;
    let names: Vec<String> = book.sheet_names().into_iter().take(SHEETS_MAX).collect();
    let mut sheets = Vec::new();
    for name in names {
        // A sheet that is a chart has no cells.
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else { continue };
        let mut table = Table::default();
        while let Some(cell) = cells.next_cell().map_err(|_| Problem::WorkbookUnreadable)? {
            table.put(cell.get_position(), said_there(cell.get_value()))?;
        }
        sheets.push(table.sheet("XLSX"));
    }
    Ok(sheets)
}

fn ods(mut parts: Vec<Part>) -> Result<Vec<Sheet>, Problem> {
    for part in parts.iter_mut().filter(|part| part.name == "content.xml") {
        part.bytes = without_repetitions(&part.bytes)?;
    }
    let mut book = Ods::new(Cursor::new(pack(&parts))).map_err(|_| Problem::WorkbookUnreadable)?;
    let names: Vec<String> = book.sheet_names().into_iter().take(SHEETS_MAX).collect();
    let mut sheets = Vec::new();
    for name in names {
        let range = book.worksheet_range(&name).map_err(|_| Problem::WorkbookUnreadable)?;
        let (top, first) = range.start().unwrap_or_default();
        let mut table = Table::default();
        for (row, column, value) in range.used_cells() {
            let place = (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX));
            table.put((place.0.saturating_add(top), place.1.saturating_add(first)), said(value))?;
        }
        sheets.push(table.sheet("ODS"));
    }
    Ok(sheets)
}

/// Cells by their places, as they come.
#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<u32, BTreeMap<usize, String>>,
    text_bytes: usize,
}

impl Table {
    fn put(&mut self, (row, column): (u32, u32), text: String) -> Result<(), Problem> {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if text.is_empty() || column >= COLUMNS_MAX {
            return Ok(());
        }
        self.text_bytes += text.len();
        self.rows.entry(row).or_default().insert(column, text);
        if self.rows.len() > ROWS_MAX {
            return Err(Problem::RowsTooMany { rows_max: ROWS_MAX });
        }
        if self.text_bytes > TEXT_BYTES_MAX { Err(Problem::WorkbookTooLarge) } else { Ok(()) }
    }

    fn sheet(self, form: &'static str) -> Sheet {
        let row = |(at, cells): (u32, BTreeMap<usize, String>)| {
            let width = cells.last_key_value().map_or(0, |(column, _)| column + 1);
            let texts = (0..width).map(|column| cells.get(&column).map_or("", String::as_str));
            Row::of_cells(u64::from(at) + 1, texts)
        };
        Sheet { form, rows: self.rows.into_iter().map(row).collect() }
    }
}

/// What a cell says, as somebody would have typed it. Without copying a text that thousands of cells share.
fn said_there(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => cut(text),
        DataRef::String(text) => cut(text),
        other => said(&Data::from(other.clone())),
    }
}

fn said(value: &Data) -> String {
    match value {
        Data::Empty | Data::Error(_) | Data::Bool(false) => String::new(),
        // A box that was ticked.
        Data::Bool(true) => "x".to_owned(),
        Data::String(text) | Data::DurationIso(text) => cut(text),
        Data::Int(number) => number.to_string(),
        // A phone number that a spreadsheet took for a number.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTimeIso(at) => cut(at.split('T').next().unwrap_or_default()),
    }
}

fn cut(text: &str) -> String {
    let end = text.char_indices().nth(CELL_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text[..end].to_owned()
}

/// A file of the archive, unpacked.
struct Part {
    name: String,
    bytes: Vec<u8>,
}

/// Unpacks what a reader of workbooks looks at: text, no pictures.
fn unpack(bytes: &[u8]) -> Result<Vec<Part>, Problem> {
    let mut parts = Vec::new();
    let mut left = UNPACKED_BYTES_MAX;
    for entry in entries(bytes).ok_or(Problem::WorkbookUnreadable)? {
        if entry.name != "mimetype" && ![".xml", ".rels"].iter().any(|ending| entry.name.ends_with(ending)) {
            continue;
        }
        let packed = entry.packed(bytes).ok_or(Problem::WorkbookUnreadable)?;
        let mut unpacked = Vec::new();
        let most = left as u64 + 1;
        let read = match entry.method {
            0 => packed.take(most).read_to_end(&mut unpacked),
            8 => DeflateDecoder::new(packed).take(most).read_to_end(&mut unpacked),
            _ => return Err(Problem::WorkbookUnreadable),
        };
        read.map_err(|_| Problem::WorkbookUnreadable)?;
        left = left.checked_sub(unpacked.len()).ok_or(Problem::WorkbookTooLarge)?;
        // In UTF-16 nothing of what is looked for below would be found.
        if unpacked.contains(&0) {
            return Err(Problem::WorkbookUnreadable);
        }
        parts.push(Part { name: entry.name, bytes: unpacked });
    }
    Ok(parts)
}

/// Where a file of the archive stands, as its table of contents says.
struct Entry {
    name: String,
    method: u16,
    packed_bytes: usize,
    at: usize,
}

impl Entry {
    fn packed<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let head = bytes.get(self.at..)?;
        if !head.starts_with(b"PK\x03\x04") {
            return None;
        }
        let begins = 30 + usize::from(u16_at(head, 26)?) + usize::from(u16_at(head, 28)?);
        head.get(begins..)?.get(..self.packed_bytes)
    }
}

/// The table of contents. Larger archives, whose figures have 64 bits, are no lists.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    // Behind it nothing but a comment, of 64 kB at most.
    let from = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = from + bytes[from..].windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let mut at = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    if count > PARTS_MAX {
        return None;
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let head = bytes.get(at..)?;
        if !head.starts_with(b"PK\x01\x02") {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|place| u16_at(head, place).map(usize::from));
        let (name, next) = (name?, 46 + name? + extra? + comment?);
        entries.push(Entry {
            name: String::from_utf8_lossy(head.get(46..46 + name)?).into_owned(),
            method: u16_at(head, 10)?,
            packed_bytes: usize::try_from(u32_at(head, 20)?).ok()?,
            at: usize::try_from(u32_at(head, 42)?).ok()?,
        });
        at = at.checked_add(next)?;
    }
    Some(entries)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// An archive in which everything is stored as it is.
fn pack(parts: &[Part]) -> Vec<u8> {
    let (mut archive, mut contents) = (Vec::new(), Vec::new());
    for Part { name, bytes } in parts {
        let mut sum = Crc::new();
        sum.update(bytes);
        let at = of_length(archive.len());
        let mut figures = Vec::new();
        // Version 2.0; no flags; stored; no time.
        for figure in [20_u16, 0, 0, 0, 0] {
            figures.extend(figure.to_le_bytes());
        }
        for figure in [sum.sum(), of_length(bytes.len()), of_length(bytes.len())] {
            figures.extend(figure.to_le_bytes());
        }
        figures.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        figures.extend([0; 2]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&figures);
        archive.extend(name.as_bytes());
        archive.extend(bytes);
        contents.extend(b"PK\x01\x02");
        contents.extend(20_u16.to_le_bytes());
        contents.extend(&figures);
        // No comment, one disk, no attributes.
        contents.extend([0; 10]);
        contents.extend(at.to_le_bytes());
        contents.extend(name.as_bytes());
    }
    let (count, at) = (u16::try_from(parts.len()).unwrap_or(u16::MAX), of_length(archive.len()));
    archive.extend(&contents);
    archive.extend(b"PK\x05\x06");
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(of_length(contents.len()).to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// Bounded by [`UNPACKED_BYTES_MAX`].
fn of_length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The reader makes room for as many texts as an XLSX says that it has. The name of that figure is spoilt, and it counts by itself.
fn forget_counts(bytes: &mut [u8]) {
    const NAME: &[u8] = b"uniqueCount";
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(NAME.len()).position(|window| window == NAME) {
        at += found;
        bytes[at + NAME.len() - 1] = b'_';
    }
}

/// Repetitions of a cell, of a row, and of a space, beyond which an ODS repeats only what is empty.
const CELL_REPEATS_MAX: usize = 64;
const ROW_REPEATS_MAX: usize = 1_000;
/// Cells of all sheets together: those that there are, and those of the widest row in as many rows as there are.
const CELLS_MAX: usize = 1_500_000;

/// The content of an ODS, in which one cell may say that it stands there a million times, with fewer of them.
fn without_repetitions(content: &[u8]) -> Result<Vec<u8>, Problem> {
    let text = std::str::from_utf8(content).map_err(|_| Problem::WorkbookUnreadable)?;
    let mut tamed = Vec::with_capacity(text.len());
    let (mut cells, mut rows, mut in_row, mut widest) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut rest = text;
    while let Some(begins) = rest.find('<') {
        let ends = begins + tag_bytes(&rest[begins..]).ok_or(Problem::WorkbookUnreadable)?;
        let tag = &rest[begins..ends];
        tamed.extend(&rest.as_bytes()[..begins]);
        rest = &rest[ends..];
        let name = tag[1..].split(|c: char| c.is_whitespace() || c == '/' || c == '>').next().unwrap_or_default();
        let most = match name {
            "table:table-cell" | "table:covered-table-cell" => {
                Some(("table:number-columns-repeated", CELL_REPEATS_MAX))
            }
            "table:table-row" => Some(("table:number-rows-repeated", ROW_REPEATS_MAX)),
            "text:s" => Some(("text:c", CELL_REPEATS_MAX)),
            _ => None,
        };
        let Some((attribute, most)) = most else {
            tamed.extend(tag.as_bytes());
            continue;
        };
        let (tag, repeats) = fewer(tag, attribute, most).ok_or(Problem::WorkbookUnreadable)?;
        tamed.extend(tag.as_bytes());
        match name {
            "table:table-row" => {
                rows += repeats;
                in_row = 0;
            }
            "text:s" => {}
            _ => {
                cells += repeats;
                in_row += repeats;
                widest = widest.max(in_row);
            }
        }
    }
    tamed.extend(rest.as_bytes());
    if cells.max(rows.saturating_mul(widest)) > CELLS_MAX { Err(Problem::WorkbookTooLarge) } else { Ok(tamed) }
}

/// How long the tag is at the beginning of a text. None where it never ends, and for what no spreadsheet program writes there and
/// readers may understand otherwise: comments, and a `<` within an attribute.
fn tag_bytes(text: &str) -> Option<usize> {
    if text.starts_with("<!") {
        return None;
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (_, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A tag that repeats itself `most` times at most, and how often. None where the number is none, or stands there twice.
fn fewer(tag: &str, attribute: &str, most: usize) -> Option<(String, usize)> {
    let Some(found) = tag.find(attribute) else { return Some((tag.to_owned(), 1)) };
    let behind = found + attribute.len();
    if tag[behind..].contains(attribute) {
        return None;
    }
    let value = tag[behind..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let (number, rest) = value[1..].split_once(quote)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let repeats = number.parse().unwrap_or(usize::MAX).min(most);
    Some((format!("{}=\"{repeats}\"{rest}", &tag[..behind]), repeats))
}
