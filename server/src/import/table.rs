//! Tables: in text files which encoding, and where a row ends; in those and in workbooks what a cell says.

use csv::ByteRecord;
use encoding_rs::{Encoding, MACINTOSH, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1256};
use shared::names;

use super::{Finding, Problem, Unreadable};

/// Rows that a quoted cell with line breaks may reach over. A quote that is still open then was never meant as one.
const ROW_LINES_MAX: usize = 30;

/// Refuses what is no text: spreadsheets, PDF, and files beyond the limit, in mebibytes.
pub(super) fn check(bytes: &[u8], mebibytes_max: usize) -> Result<(), Unreadable> {
    const NO_TEXT: &[&[u8]] = &[b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b"];
    if bytes.len() > mebibytes_max << 20 {
        return Err(Unreadable(Problem::FileTooLarge { mebibytes_max }));
    }
    if NO_TEXT.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(Unreadable(Problem::FileNotText));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable(Problem::FileEmpty));
    }
    Ok(())
}

/// A text and the name of the encoding it was in.
pub(super) type Decoded = (String, &'static str);

/// The texts that the bytes may stand for, the likeliest first. There is more than one only where nothing in the bytes tells:
/// who reads on must see which one makes sense.
pub(super) fn decodings(bytes: &[u8]) -> Vec<Decoded> {
    let (encodings, bytes): (&[&'static Encoding], &[u8]) = if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        (&[encoding], &bytes[mark..])
    } else if let Some(encoding) = utf16_without_mark(bytes) {
        (&[encoding], bytes)
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        return vec![(text.to_owned(), "UTF-8")];
    } else {
        // What spreadsheets on Windows in French and in Arabic and on old Macs write.
        (&[WINDOWS_1252, MACINTOSH, WINDOWS_1256], bytes)
    };
    let decode =
        |encoding: &&'static Encoding| (encoding.decode_without_bom_handling(bytes).0.into_owned(), encoding.name());
    encodings.iter().map(decode).collect()
}

/// UTF-16 of Latin text has a zero in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(512) & !1];
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let most = sample.len() * 2 / 5;
    if sample.is_empty() {
        None
    } else if zeros(1) >= most {
        Some(UTF_16LE)
    } else if zeros(0) >= most {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The rows of a table, with their line numbers. Blank lines are passed over.
///
/// A quote that is never closed costs its own line only, not the rest of the file.
pub(super) struct Rows<'a> {
    rest: &'a [u8],
    line: u64,
    delimiter: u8,
}

/// One of them: the line where it begins, and its cells as they stand.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: u64,
    cells: ByteRecord,
}

impl<'a> Rows<'a> {
    pub(super) fn new(text: &'a [u8], delimiter: u8) -> Self {
        let rest = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self { rest, line: 1, delimiter }
    }

    /// How many bytes the next row takes, and whether it ends as a row should.
    fn row_end(&self) -> (usize, bool) {
        let mut quoted = false;
        let mut cell_start = true;
        let mut lines = 0;
        let mut first_line_end = None;
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at) {
            at += 1;
            match byte {
                b'"' if quoted && self.rest.get(at) == Some(&b'"') => at += 1,
                b'"' if quoted => quoted = false,
                b'"' if cell_start => quoted = true,
                b'\n' if !quoted => return (at, true),
                b'\n' => {
                    first_line_end.get_or_insert(at);
                    lines += 1;
                    if lines == ROW_LINES_MAX {
                        break;
                    }
                }
                _ => {}
            }
            cell_start = !quoted && byte == self.delimiter;
        }
        if quoted { (first_line_end.unwrap_or(at), false) } else { (at, true) }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let (end, whole) = self.row_end();
            let (row, rest) = self.rest.split_at(end);
            let line = self.line;
            self.rest = rest;
            self.line += row.iter().filter(|byte| **byte == b'\n').count() as u64;
            if row.iter().all(|byte| byte.is_ascii_whitespace() || *byte == self.delimiter) {
                continue;
            }
            let cells = if whole { cells(row, self.delimiter) } else { None };
            return Some(
                cells.map(|cells| Row { line, cells }).ok_or(Finding { line, problem: Problem::RowQuoteOpen }),
            );
        }
    }
}

fn cells(row: &[u8], delimiter: u8) -> Option<ByteRecord> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(row.len());
    let mut cells = ByteRecord::new();
    reader.from_reader(row).read_byte_record(&mut cells).ok()?.then_some(cells)
}

impl Row {
    /// The row of a workbook.
    pub(super) fn of_cells<'a>(line: u64, cells: impl IntoIterator<Item = &'a str>) -> Self {
        Self { line, cells: cells.into_iter().collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// A cell's text, tidy; empty where there is no such cell.
    ///
    /// Files that were put together from several sources mix encodings: each cell is decoded by itself.
    pub(super) fn text(&self, column: usize) -> String {
        names::tidy(&self.raw(column))
    }

    /// The same with its line breaks and spaces.
    pub(super) fn raw(&self, column: usize) -> String {
        let bytes = self.cells.get(column).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        (0..self.len()).map(|column| self.text(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: u8) -> Vec<(u64, Option<Vec<String>>)> {
        let rows = Rows::new(text.as_bytes(), delimiter);
        rows.map(|row| match row {
            Ok(row) => (row.line, Some(row.texts().collect())),
            Err(finding) => (finding.line, None),
        })
        .collect()
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Option<Vec<String>>) {
        (line, Some(cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn rows_keep_their_line_numbers_over_blank_lines_and_broken_cells() {
        let text = "\u{feff}a;b\r\n\r\n;;\n\"x\ny\";\"say \"\"hi\"\" ; \"\n l'\"asso\" ; 2\nlast;";
        let expected = [
            row(1, &["a", "b"]),
            row(4, &["x y", "say \"hi\" ;"]),
            row(6, &["l'\"asso\"", "2"]),
            row(7, &["last", ""]),
        ];
        assert_eq!(rows(text, b';'), expected);
    }

    #[test]
    fn an_open_quote_costs_one_row() {
        let mut text = "a;b\n\"open;1\n".to_owned();
        for n in 0..100 {
            text.push_str(&format!("row {n};{n}\n"));
        }
        let found = rows(&text, b';');
        assert_eq!(found.len(), 102);
        assert_eq!(found[1], (2, None));
        assert_eq!(found[2], row(3, &["row 0", "0"]));
        assert_eq!(rows("a\n\"open\nb", b';'), [row(1, &["a"]), (2, None), row(3, &["b"])]);
    }

    #[test]
    fn encodings_are_told_from_the_bytes() {
        let utf16 = |little: bool, mark: bool| {
            let text = format!("{}Prénom;Nom\nZoé;Ali", if mark { "\u{feff}" } else { "" });
            let unit = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()
        };
        for little in [true, false] {
            for mark in [true, false] {
                assert_eq!(decodings(&utf16(little, mark))[0].0, "Prénom;Nom\nZoé;Ali", "little {little}, mark {mark}");
            }
        }
        assert_eq!(decodings("\u{feff}Prénom".as_bytes()), [("Prénom".to_owned(), "UTF-8")]);
        assert_eq!(decodings("Prénom".as_bytes()), [("Prénom".to_owned(), "UTF-8")]);
        assert_eq!(decodings(b"Pr\xe9nom \x80 \x9cuvre")[0], ("Prénom € œuvre".to_owned(), "windows-1252"));
        assert!(decodings(b"Pr\x8enom").contains(&("Prénom".to_owned(), "macintosh")));
    }

    #[test]
    fn files_that_are_no_text_are_refused() {
        let code = |bytes: &[u8]| check(bytes, 1).map_err(|refused| refused.0.code());
        assert_eq!(code(b"a;b"), Ok(()));
        assert_eq!(code(b"PK\x03\x04 a spreadsheet"), Err("file.not_text"));
        assert_eq!(code(b" \r\n "), Err("file.empty"));
        assert_eq!(code(&vec![b'a'; (1 << 20) + 1]), Err("file.too_large"));
    }
}
