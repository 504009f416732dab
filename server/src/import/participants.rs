//! Lists of participants as volunteers send them from their spreadsheets.
//!
//! Workbooks, or texts in any usual encoding, separated by semicolons, commas or tabs, with headers in French, Arabic or English in any order and
//! spelling, a letterhead above them, totals below, and phones written in any way.

mod cells;
mod columns;

use std::{collections::HashMap, rc::Rc};

use serde::Serialize;
use shared::{limit, names, phone::Phone};

use self::{
    cells::{Given, split_by_script},
    columns::{Column, Header},
};
use super::{
    Finding, Problem, Readout, Unreadable,
    phones::{self, HomeCountry},
    table::{self, Row, Rows},
    workbook::{self, Sheet},
};

pub use self::cells::{AgeBand, Day, Sex, email};

/// A list of all people that an association ever knew is far below.
const MEBIBYTES_MAX: usize = 16;
/// Lines above the header: a letterhead, the title of the event, its date.
const HEADER_LINE_MAX: usize = 40;

/// What the file itself does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The country of its bare phone numbers, where its sender knows one for all.
    pub country: Option<HomeCountry>,
    /// By which birth dates become age bands: today.
    pub today: Day,
}

/// One person of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Where the row begins in the file.
    pub line: u64,
    /// In Latin letters as given, or empty.
    pub given: String,
    /// In Latin letters as given, or empty.
    pub family: String,
    /// The whole name in Arabic letters as given, or empty.
    pub name_ar: String,
    pub sex: Sex,
    pub age: AgeBand,
    /// The association's name as written.
    pub association: Option<String>,
    /// What the person does there.
    pub role: Option<String>,
    /// Where they live or act, as written.
    pub commune: Option<String>,
    /// The province or region of that commune, as written: the narrowest that the row states.
    pub territory: Option<String>,
    /// In the order of the row. A number without E.164 has a note that says why.
    pub phones: Vec<Phone>,
    pub emails: Vec<String>,
    pub remarks: Option<String>,
}

/// What was read, and how the file was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParticipantList {
    pub readout: Readout<Participant>,
    /// `UTF-8`, `windows-1252`, `UTF-16LE`, …; of a workbook `XLSX` or `ODS`.
    pub encoding: &'static str,
    /// What separates cells in a text; none in a workbook.
    pub delimiter: Option<char>,
    /// The line of the headers.
    pub header_line: u64,
    /// Headers of columns that were not read: unknown ones, and those that are not kept on purpose (addresses, signatures).
    pub columns_left_out: Vec<String>,
    /// Totals and repeated headers.
    pub rows_passed_over: usize,
}

/// Reads a list.
///
/// # Errors
/// Where the file is neither text nor a workbook, too large, or has no column of names.
pub fn read(bytes: &[u8], circumstances: &Circumstances) -> Result<ParticipantList, Unreadable> {
    let mut best: Option<Candidate> = None;
    // The likeliest reading comes first, and keeps its place unless another understands more.
    let mut consider = |candidate: Option<Candidate>| {
        if candidate.as_ref().map(Candidate::understood) > best.as_ref().map(Candidate::understood) {
            best = candidate;
        }
    };
    for source in sources(bytes)? {
        consider(Candidate::new(source));
    }
    best.map(|list| list.read(circumstances)).ok_or(Unreadable(Problem::HeaderMissing))
}

/// What a column of people may be told to say, by key.
pub(super) fn keys() -> Vec<&'static str> {
    Column::TOLD.iter().map(|(key, _)| *key).collect()
}

/// What headings seem to say, by key; empty where they say nothing that is read.
pub(super) fn guess(titles: &[String]) -> Vec<String> {
    Header::of(titles).keys()
}

/// A table that was found in a file, before it is known what its columns say.
#[derive(Debug)]
pub struct Opened {
    source: Source,
    titles: Vec<String>,
    header_line: u64,
}

impl Opened {
    pub(super) fn titles(&self) -> &[String] {
        &self.titles
    }

    /// The rows below the headings.
    pub(super) fn rows(&self) -> impl Iterator<Item = Result<Row, Finding>> + '_ {
        let below = |row: &Result<Row, Finding>| match row {
            Ok(row) => row.line > self.header_line,
            Err(finding) => finding.line > self.header_line,
        };
        self.source.rows().filter(below)
    }
}

/// Finds the table in a file: the line of headings of which `understood` counts most, else the first that has most cells.
pub(super) fn open(bytes: &[u8], understood: impl Fn(&[String]) -> usize) -> Result<Opened, Unreadable> {
    let mut best: Option<((usize, usize), Opened)> = None;
    for source in sources(bytes)? {
        let mut found: Option<((usize, usize), Vec<String>, u64)> = None;
        for row in source.rows().take(HEADER_LINE_MAX).filter_map(Result::ok) {
            let titles: Vec<String> = row.texts().collect();
            let filled = titles.iter().filter(|title| !title.is_empty()).count();
            let known = understood(&titles);
            let rank = (known, if known == 0 { filled } else { 0 });
            if filled > 0 && found.as_ref().is_none_or(|(best, _, _)| rank > *best) {
                found = Some((rank, titles, row.line));
            }
        }
        if let Some((rank, titles, header_line)) = found
            && best.as_ref().is_none_or(|(best, _)| rank > *best)
        {
            best = Some((rank, Opened { source, titles, header_line }));
        }
    }
    best.map(|(_, opened)| opened).ok_or(Unreadable(Problem::FileEmpty))
}

/// Reads the people of a table whose columns somebody has told apart.
pub(super) fn read_told(opened: Opened, says: &[String], circumstances: &Circumstances) -> Readout<Participant> {
    let Opened { source, titles, header_line } = opened;
    Candidate { source, header: Header::told(&titles, says), header_line }.read(circumstances).readout
}

/// The tables that a file may hold, the likeliest first.
fn sources(bytes: &[u8]) -> Result<Vec<Source>, Unreadable> {
    if workbook::is_one(bytes) {
        return Ok(workbook::sheets(bytes)?.into_iter().map(Source::Sheet).collect());
    }
    table::check(bytes, MEBIBYTES_MAX)?;
    let mut sources = Vec::new();
    for (text, encoding) in table::decodings(bytes) {
        let text: Rc<str> = text.replace("\r\n", "\n").replace('\r', "\n").into();
        for delimiter in [b';', b',', b'\t', b'|'] {
            sources.push(Source::Text { text: Rc::clone(&text), encoding, delimiter });
        }
    }
    Ok(sources)
}

/// A table, and how it is read.
#[derive(Debug)]
enum Source {
    Text { text: Rc<str>, encoding: &'static str, delimiter: u8 },
    Sheet(Sheet),
}

impl Source {
    fn rows(&self) -> Box<dyn Iterator<Item = Result<Row, Finding>> + '_> {
        match self {
            Self::Text { text, delimiter, .. } => Box::new(Rows::new(text.as_bytes(), *delimiter)),
            Self::Sheet(sheet) => Box::new(sheet.rows.iter().cloned().map(Ok)),
        }
    }

    /// See [`ParticipantList::encoding`] and [`ParticipantList::delimiter`].
    fn form(&self) -> (&'static str, Option<char>) {
        match self {
            Self::Text { encoding, delimiter, .. } => (encoding, Some(char::from(*delimiter))),
            Self::Sheet(sheet) => (sheet.form, None),
        }
    }
}

/// The file in one reading, and the header that it has then.
struct Candidate {
    source: Source,
    header: Header,
    header_line: u64,
}

impl Candidate {
    fn new(source: Source) -> Option<Self> {
        let mut best: Option<(Header, u64)> = None;
        for row in source.rows().take(HEADER_LINE_MAX).filter_map(Result::ok) {
            let header = Header::of(&row.texts().collect::<Vec<_>>());
            if header.has_names() && best.as_ref().is_none_or(|(found, _)| header.understood() > found.understood()) {
                best = Some((header, row.line));
            }
        }
        best.map(|(header, header_line)| Self { source, header, header_line })
    }

    fn understood(&self) -> usize {
        self.header.understood()
    }

    fn read(&self, circumstances: &Circumstances) -> ParticipantList {
        let (encoding, delimiter) = self.source.form();
        let mut list = ParticipantList {
            readout: Readout::default(),
            encoding,
            delimiter,
            header_line: self.header_line,
            columns_left_out: self.header.left_out(),
            rows_passed_over: 0,
        };
        let mut seen: HashMap<Vec<String>, u64> = HashMap::new();
        let mut above = Above::default();
        for row in self.source.rows() {
            match row {
                Ok(row) if row.line <= self.header_line => {}
                Err(finding) if finding.line <= self.header_line => {}
                Ok(row) if self.passed_over(&row) => list.rows_passed_over += 1,
                Ok(row) => self.participant(&row, circumstances, &mut above, &mut seen, &mut list.readout),
                Err(finding) => list.readout.refused.push(finding),
            }
        }
        list
    }

    /// A total, or the headers once more.
    fn passed_over(&self, row: &Row) -> bool {
        let cells: Vec<String> = row.texts().filter(|text| !text.is_empty()).collect();
        let few = cells.len() <= 4;
        let total = cells.first().is_some_and(|first| few && cells::is_total(first));
        total || self.header.is_repeated_by(&row.texts().collect::<Vec<_>>())
    }

    fn participant(
        &self,
        row: &Row,
        circumstances: &Circumstances,
        above: &mut Above,
        seen: &mut HashMap<Vec<String>, u64>,
        readout: &mut Readout<Participant>,
    ) {
        let mut reader = RowReader { header: &self.header, row, circumstances, notes: Vec::new() };
        match reader.participant(above) {
            Ok(None) => {}
            Ok(Some(participant)) => {
                let known_by = |participant: &Participant| {
                    let Participant { given, family, name_ar, association, phones, .. } = participant;
                    let phones = phones
                        .iter()
                        .map(|phone| shared::phone::clean_digits(&phone.raw))
                        .collect::<Vec<_>>()
                        .join(" ");
                    let association = association.clone().unwrap_or_default();
                    [format!("{given} {family}"), name_ar.clone(), association, phones]
                        .map(|text| names::fold_search(&text))
                };
                if let Some(first) = seen.insert(known_by(&participant).to_vec(), row.line) {
                    readout.note(row.line, Problem::ParticipantRepeated(first));
                }
                for problem in reader.notes {
                    readout.note(row.line, problem);
                }
                readout.rows.push(participant);
            }
            Err(problem) => readout.refuse(row.line, problem),
        }
    }
}

/// What the row above said, for cells that say 'the same'.
#[derive(Debug, Default)]
struct Above {
    association: Option<String>,
    role: Option<String>,
    commune: Option<String>,
    province: Option<String>,
    region: Option<String>,
}

struct RowReader<'a> {
    header: &'a Header,
    row: &'a Row,
    circumstances: &'a Circumstances,
    notes: Vec<Problem>,
}

impl RowReader<'_> {
    /// The person of the row; nothing where only its number is filled in.
    fn participant(&mut self, above: &mut Above) -> Result<Option<Participant>, Problem> {
        if self.header.read_columns().all(|column| self.row.text(column).is_empty()) {
            return Ok(None);
        }
        let mut name = self.name()?;
        let association = self.as_above(Column::Association, &mut above.association)?;
        let role = self.as_above(Column::Role, &mut above.role)?;
        let commune = self.as_above(Column::Commune, &mut above.commune)?;
        let province = self.as_above(Column::Province, &mut above.province)?;
        let region = self.as_above(Column::Region, &mut above.region)?;
        let remarks = self.first(Column::Remarks);
        too_long(&remarks, limit::LINES_CHARS_MAX, "Remarques")?;
        let sex = match self.sex() {
            Sex::Unspecified => name.sex.take().unwrap_or_default(),
            said => said,
        };
        Ok(Some(Participant {
            line: self.row.line,
            given: name.given,
            family: name.family,
            name_ar: name.arabic,
            sex,
            age: self.age(),
            association,
            role,
            commune,
            territory: province.or(region),
            phones: self.phones(),
            emails: self.emails(),
            remarks,
        }))
    }

    /// The text of the first column of a kind that is filled in.
    fn first(&self, kind: Column) -> Option<String> {
        self.header.columns(kind).map(|column| self.row.text(column)).find(|text| !text.is_empty())
    }

    fn as_above(&self, kind: Column, above: &mut Option<String>) -> Result<Option<String>, Problem> {
        let text = match self.first(kind) {
            Some(text) if cells::is_ditto(&text) => above.clone(),
            other => other,
        };
        too_long(&text, limit::SHORT_CHARS_MAX, kind.title())?;
        if text.is_some() {
            above.clone_from(&text);
        }
        Ok(text)
    }

    fn name(&self) -> Result<cells::PersonName, Problem> {
        let mut name = cells::PersonName::default();
        for (kind, order) in [(Column::FamilyThenGiven, Given::Last), (Column::GivenThenFamily, Given::First)] {
            if let Some(text) = self.first(kind) {
                name = cells::PersonName::split(&text, order);
            }
        }
        let (family, given) = (self.first(Column::Family), self.first(Column::Given));
        if family.is_some() || given.is_some() {
            name = cells::PersonName::of_parts(&given.unwrap_or_default(), &family.unwrap_or_default());
        }
        if let Some(arabic) = self.first(Column::NameArabic) {
            name.arabic = split_by_script(&arabic).1;
        }
        let parts = [&name.given, &name.family, &name.arabic];
        if parts.iter().all(|part| part.is_empty()) {
            return Err(Problem::ParticipantNameMissing);
        }
        if parts.iter().any(|part| part.chars().count() > limit::SHORT_CHARS_MAX) {
            return Err(Problem::RowTextTooLong("Nom"));
        }
        if parts.iter().any(|part| !cells::may_be_a_name(part)) {
            return Err(Problem::ParticipantNotAPerson);
        }
        Ok(name)
    }

    fn sex(&mut self) -> Sex {
        let marked = |kind| self.first(kind).is_some_and(|text| cells::is_mark(&text));
        match (marked(Column::FemaleMark), marked(Column::MaleMark)) {
            (true, false) => return Sex::Female,
            (false, true) => return Sex::Male,
            _ => {}
        }
        let Some(text) = self.first(Column::Sex) else { return Sex::Unspecified };
        Sex::read(&text).unwrap_or_else(|| {
            self.notes.push(Problem::SexUnclear);
            Sex::Unspecified
        })
    }

    fn age(&mut self) -> AgeBand {
        let age = self.first(Column::Age).map(|text| AgeBand::read(&text, self.circumstances.today));
        let born = || self.first(Column::Born).map(|text| AgeBand::read_birth(&text, self.circumstances.today));
        age.or_else(born).unwrap_or(Some(AgeBand::Unknown)).unwrap_or_else(|| {
            self.notes.push(Problem::AgeUnclear);
            AgeBand::Unknown
        })
    }

    fn phones(&mut self) -> Vec<Phone> {
        let mut found: Vec<Phone> = Vec::new();
        for column in self.header.columns(Column::Phone) {
            let cell = self.row.raw(column);
            for raw in phones::several(&cell) {
                let (phone, problem) = phones::read(&names::tidy(raw), self.circumstances.country);
                let again = |other: &Phone| match &phone.e164 {
                    Some(number) => other.e164.as_ref() == Some(number),
                    None => other.raw == phone.raw,
                };
                if phone.raw.chars().count() <= limit::SHORT_CHARS_MAX && !found.iter().any(again) {
                    found.push(phone);
                    self.notes.extend(problem);
                }
            }
        }
        found
    }

    fn emails(&mut self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for column in self.header.columns(Column::Email) {
            let cell = self.row.text(column);
            for address in cell.split([' ', ';', ',', '/', '<', '>']).filter(|part| part.contains('@')) {
                match cells::email(address) {
                    Some(address) if !found.contains(&address) => found.push(address),
                    Some(_) => {}
                    None => self.notes.push(Problem::EmailInvalid),
                }
            }
            if !cell.contains('@') && !cells::says_nothing(&cell) {
                self.notes.push(Problem::EmailInvalid);
            }
        }
        found
    }
}

fn too_long(text: &Option<String>, chars_max: usize, column: &'static str) -> Result<(), Problem> {
    match text {
        Some(text) if text.chars().count() > chars_max => Err(Problem::RowTextTooLong(column)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
