//! The Répertoire National des Associations, in both layouts of its monthly files.
//!
//! `rna_waldec` has the associations that the present register knows, by their RNA number. `rna_import` has those that were
//! declared before 2009 and never changed since, by an older number; where one has moved to the other file, its row says so
//! in `observation`. Both are separated by semicolons and write `0001-01-01` for 'no date'; both lost accents on their way,
//! in some rows to U+FFFD and in others without a trace.
//!
//! Telephones and emails of the files are not read: many are the private ones of whoever declared the association.

use std::collections::HashMap;

use serde::Serialize;
use shared::registry;

use super::{
    Finding, Problem, Readout, Unreadable,
    table::{self, Row, Rows},
};

/// The largest file of one département is far below.
const MEBIBYTES_MAX: usize = 512;
/// A title or an address. In characters.
const SHORT_CHARS_MAX: usize = 1_000;
/// The object of an association. In characters.
const OBJECT_CHARS_MAX: usize = 20_000;

/// The letters of its column `nature`; `I` is none that is known.
const NATURES: &[(&str, &str)] = &[
    ("A", "assistance"),
    ("B", "charity"),
    ("D", "declared"),
    ("G", "general_interest"),
    ("M", "medical_research"),
    ("R", "public_utility"),
    ("S", "scientific_research"),
    ("U", "worship"),
];
/// Those of `groupement`.
const GROUPINGS: &[(&str, &str)] = &[("S", "simple"), ("U", "union"), ("F", "federation")];

/// Which of the two files a row is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `rna_waldec`: of today.
    Waldec,
    /// `rna_import`: of before 2009.
    Import,
}

/// What the register says of an association's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    Active,
    Dissolved,
    /// Struck off.
    Removed,
    /// Has moved to `rna_waldec`, under [`RnaRow::rna_id`].
    Replaced,
    Unknown,
}

/// One association as the register has it. Dates are `YYYY-MM-DD`; what the register leaves empty is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RnaRow {
    /// Where it stands in its file.
    pub line: u64,
    pub layout: Layout,
    /// `W` and nine signs; absent in `rna_import` for associations that never got one.
    pub rna_id: Option<String>,
    /// The number of before 2009: `751P00085568`, or what the prefecture noted.
    pub old_id: Option<String>,
    pub siret: Option<String>,
    /// Its name; the short title where there is no other.
    pub title: String,
    pub short_title: Option<String>,
    /// Of a list that is brought at the desk: the register has none.
    pub name_ar: Option<String>,
    /// What it is for, in its founders' words.
    pub object: Option<String>,
    /// Up to two codes of the register's own list, six digits each.
    pub object_codes: Vec<String>,
    pub created: Option<String>,
    /// Its latest declaration.
    pub declared: Option<String>,
    /// In the Journal officiel.
    pub published: Option<String>,
    pub dissolved: Option<String>,
    /// Number and street of the seat.
    pub address: Option<String>,
    pub postcode: Option<String>,
    /// INSEE code of the seat's commune.
    pub insee_commune: Option<String>,
    pub city: Option<String>,
    pub website: Option<String>,
    pub position: Position,
    /// What it is by law, and whether it has people or others for members: words of `field::REGISTER_NATURES` and `field::GROUPINGS`.
    pub nature: Option<&'static str>,
    pub grouping: Option<&'static str>,
}

/// Reads a whole file. Columns may stand in any order and more of them may come.
///
/// # Errors
/// Where the file is no text, too large, or neither of the two.
pub fn read(bytes: &[u8]) -> Result<Readout<RnaRow>, Unreadable> {
    table::check(bytes, MEBIBYTES_MAX)?;
    let mut rows = Rows::new(bytes, b';');
    let Some(Ok(header)) = rows.next() else { return Err(Unreadable(Problem::LayoutUnknown)) };
    let columns = Columns::new(&header)?;
    let mut readout = Readout::default();
    for row in rows {
        match row {
            Ok(row) => columns.read(&row, &mut readout),
            Err(finding) => readout.refused.push(finding),
        }
    }
    Ok(readout)
}

struct Columns {
    layout: Layout,
    by_name: HashMap<String, usize>,
    count: usize,
}

impl Columns {
    fn new(header: &Row) -> Result<Self, Unreadable> {
        let by_name: HashMap<String, usize> =
            header.texts().enumerate().map(|(column, name)| (name.to_lowercase(), column)).collect();
        let layout = if by_name.contains_key("date_decla") && by_name.contains_key("adrs_libvoie") {
            Layout::Waldec
        } else if by_name.contains_key("adr1") && by_name.contains_key("observation") {
            Layout::Import
        } else {
            return Err(Unreadable(Problem::LayoutUnknown));
        };
        for needed in ["id", "titre", "position"] {
            if !by_name.contains_key(needed) {
                return Err(Unreadable(Problem::ColumnMissing(needed)));
            }
        }
        Ok(Self { layout, by_name, count: header.len() })
    }

    fn read(&self, row: &Row, readout: &mut Readout<RnaRow>) {
        let cells = Cells { columns: self, row, notes: Vec::new() };
        match cells.association() {
            Ok((association, notes)) => {
                readout.rows.push(association);
                readout.notes.extend(notes);
            }
            Err(problem) => readout.refuse(row.line, problem),
        }
    }
}

struct Cells<'a> {
    columns: &'a Columns,
    row: &'a Row,
    notes: Vec<Finding>,
}

impl Cells<'_> {
    fn association(mut self) -> Result<(RnaRow, Vec<Finding>), Problem> {
        let (found, expected) = (self.row.len(), self.columns.count);
        if found != expected {
            return Err(Problem::RowColumns { found, expected });
        }
        let (rna_id, old_id) = self.numbers()?;
        let short_title = self.short("titre_court")?;
        let title = self.short("titre")?.or_else(|| short_title.clone()).ok_or(Problem::RnaTitleMissing)?;
        let object = self.filled("objet");
        if object.as_ref().is_some_and(|object| object.chars().count() > OBJECT_CHARS_MAX) {
            return Err(Problem::RowTextTooLong("objet"));
        }
        if [Some(&title), object.as_ref()].into_iter().flatten().any(|text| text.contains('\u{fffd}')) {
            self.note(Problem::RnaAccentsLost);
        }
        let association = RnaRow {
            line: self.row.line,
            layout: self.columns.layout,
            rna_id,
            old_id,
            siret: self.siret(),
            title,
            short_title,
            name_ar: None,
            object,
            object_codes: self.object_codes(),
            created: self.date("date_creat"),
            declared: self.date("date_decla"),
            published: self.date("date_publi"),
            dissolved: self.date("date_disso"),
            address: self.address()?,
            postcode: self.filled("adrs_codepostal").filter(|code| code.len() == 5 && all_digits(code)),
            insee_commune: self.filled("adrs_codeinsee").filter(|code| registry::is_insee_commune(code)),
            city: self.city()?,
            website: self.short("siteweb")?,
            position: self.position(),
            nature: self.coded("nature", NATURES),
            grouping: self.coded("groupement", GROUPINGS),
        };
        Ok((association, self.notes))
    }

    /// A cell's text. The register writes an underscore, and a doubled quote, for 'nothing'.
    fn filled(&self, column: &str) -> Option<String> {
        let text = self.columns.by_name.get(column).map(|column| self.row.text(*column))?;
        (!matches!(text.as_str(), "" | "_" | "\"\"")).then_some(text)
    }

    fn short(&self, column: &'static str) -> Result<Option<String>, Problem> {
        let text = self.filled(column);
        if text.as_ref().is_some_and(|text| text.chars().count() > SHORT_CHARS_MAX) {
            return Err(Problem::RowTextTooLong(column));
        }
        Ok(text)
    }

    fn note(&mut self, problem: Problem) {
        self.notes.push(Finding { line: self.row.line, problem });
    }

    /// The RNA number and the older one.
    fn numbers(&self) -> Result<(Option<String>, Option<String>), Problem> {
        let id = registry::bare(&self.filled("id").unwrap_or_default());
        match self.columns.layout {
            Layout::Waldec if registry::is_rna(&id) => Ok((Some(id), self.short("id_ex")?)),
            Layout::Waldec => Err(Problem::RnaNumberInvalid),
            Layout::Import if id.is_empty() => Err(Problem::RnaNumberInvalid),
            Layout::Import => {
                let moved_to = self.filled("observation").map(|number| registry::bare(&number));
                Ok((moved_to.filter(|number| registry::is_rna(number)), Some(id)))
            }
        }
    }

    fn siret(&mut self) -> Option<String> {
        let siret = registry::bare(&self.filled("siret")?);
        if registry::is_siret(&siret) {
            return Some(siret);
        }
        self.note(Problem::RnaSiretInvalid);
        None
    }

    fn object_codes(&self) -> Vec<String> {
        let codes = ["objet_social1", "objet_social2"].into_iter().filter_map(|column| self.filled(column));
        let mut codes: Vec<String> =
            codes.filter(|code| code.len() == 6 && all_digits(code) && code != "000000").collect();
        codes.dedup();
        codes
    }

    fn date(&mut self, column: &'static str) -> Option<String> {
        let date = self.filled(column).filter(|date| date != "0001-01-01")?;
        if is_date(&date) {
            return Some(date);
        }
        self.note(Problem::RnaDateInvalid(column));
        None
    }

    fn address(&self) -> Result<Option<String>, Problem> {
        const PARTS: &[&str] = &[
            "adrs_complement",
            "adrs_numvoie",
            "adrs_repetition",
            "adrs_typevoie",
            "adrs_libvoie",
            "adrs_distrib",
            "adr1",
            "adr2",
            "adr3",
        ];
        let mut parts = Vec::new();
        for part in PARTS {
            parts.extend(self.short(part)?);
        }
        Ok((!parts.is_empty()).then(|| parts.join(" ")))
    }

    fn city(&self) -> Result<Option<String>, Problem> {
        for column in ["adrs_libcommune", "libcom", "adrg_achemine"] {
            if let Some(city) = self.short(column)? {
                return Ok(Some(city));
            }
        }
        Ok(None)
    }

    /// The word of ours for a letter of the register; nothing for one that says nothing.
    fn coded(&self, column: &str, words: &[(&str, &'static str)]) -> Option<&'static str> {
        let letter = self.filled(column)?;
        words.iter().find(|(known, _)| *known == letter).map(|(_, word)| *word)
    }

    fn position(&self) -> Position {
        match self.filled("position").as_deref() {
            Some("A") => Position::Active,
            Some("D") => Position::Dissolved,
            Some("S") => Position::Removed,
            Some("R") => Position::Replaced,
            _ => Position::Unknown,
        }
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A day of the calendar since the first associations. The register holds years like 0205 and 2108, which are slips.
fn is_date(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    if [year.len(), month.len(), day.len()] != [4, 2, 2] || ![year, month, day].into_iter().all(all_digits) {
        return false;
    }
    let [year, month, day] = [year, month, day].map(|part| part.parse::<u32>().unwrap_or(0));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1800..=2100).contains(&year) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALDEC: &[u8] = include_bytes!("../../../tests/fixtures/rna_waldec_sample.csv");
    const IMPORT: &[u8] = include_bytes!("../../../tests/fixtures/rna_import_sample.csv");

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_register_of_today_is_read() {
        let readout = read(WALDEC).expect("the sample");
        assert_eq!((readout.rows.len(), &readout.refused, &readout.notes), (3, &vec![], &vec![]));
        let first = &readout.rows[0];
        let object = "promouvoir la scne indpendante musicale \"psychdlique\" travers l'organisation d'vnements de type concert \
                      et ou festival";
        assert_eq!(
            first,
            &RnaRow {
                line: 2,
                layout: Layout::Waldec,
                rna_id: text("W632007046"),
                old_id: None,
                siret: None,
                title: "BLACK OWL".to_owned(),
                short_title: text("BLACK OWL"),
                name_ar: None,
                object: text(object),
                object_codes: vec!["006030".to_owned()],
                created: text("2014-06-17"),
                declared: text("2015-01-21"),
                published: text("2014-06-28"),
                dissolved: text("2015-01-20"),
                address: text("35 RUE Pascal"),
                postcode: text("63000"),
                insee_commune: text("63113"),
                city: text("Clermont-Ferrand"),
                website: None,
                position: Position::Dissolved,
                nature: Some("declared"),
                grouping: Some("simple"),
            }
        );
        let last = &readout.rows[2];
        assert_eq!(last.title, "UNITE FRANCAISE D'INTERVENTION EN CATASTROPHE (UFIC)");
        assert_eq!((&last.old_id, &last.published, last.position), (&text("0012011852"), &None, Position::Active));
        assert_eq!(last.object_codes, ["020000"]);
    }

    #[test]
    fn the_register_of_before_2009_is_read() {
        let readout = read(IMPORT).expect("the sample");
        assert_eq!((readout.rows.len(), &readout.refused, &readout.notes), (3, &vec![], &vec![]));
        let first = &readout.rows[0];
        assert_eq!((&first.rna_id, &first.old_id), (&text("W751085568"), &text("751P00085568")));
        assert_eq!((first.layout, first.position), (Layout::Import, Position::Replaced));
        assert_eq!(first.address, text("10 BD Brune"));
        assert_eq!((&first.created, &first.published), (&text("1988-04-15"), &None));
        assert_eq!((&first.city, &first.insee_commune), (&text("PARIS"), &text("75114")));
        assert_eq!(readout.rows[2].object_codes, ["007000", "005000"]);
    }

    /// A file of the present layout with these columns only, for the cases that the sample lacks.
    fn small(rows: &str) -> Vec<u8> {
        let header =
            "\u{feff}ID;siret;date_creat;date_decla;titre;titre_court;objet;adrs_libvoie;adrs_codeinsee;position\r\n";
        format!("{header}{rows}").into_bytes()
    }

    fn codes(findings: &[Finding]) -> Vec<(u64, &'static str)> {
        findings.iter().map(|finding| (finding.line, finding.problem.code())).collect()
    }

    #[test]
    fn each_refused_row_has_its_line_and_its_reason() {
        let file = small(
            "W2A1000123;;;;CORSICA;;;;2A004;A\r\n\
             X12;;;;SANS NUMERO;;;;;A\r\n\
             \r\n\
             W751000001;;;;;;;;;A\r\n\
             W751000002;;;;TROP COURT\r\n\
             W751000003;;;;\"JAMAIS FERME;;;;;A\r\n\
             w751 000 004;;;;;AMICALE;;;;Z\r\n",
        );
        let readout = read(&file).expect("a file");
        let expected = [(3, "rna.number_invalid"), (5, "rna.title_missing"), (6, "row.columns"), (7, "row.quote_open")];
        assert_eq!(codes(&readout.refused), expected);
        let titles: Vec<_> = readout.rows.iter().map(|row| (row.line, row.title.as_str())).collect();
        assert_eq!(titles, [(2, "CORSICA"), (8, "AMICALE")]);
        assert_eq!(readout.rows[1].rna_id, text("W751000004"));
        assert_eq!(readout.rows[1].position, Position::Unknown);
    }

    #[test]
    fn bad_cells_are_left_out_and_said() {
        let file = small(
            "W751000001;732 829 320 00074;2008-02-29;0001-01-01;BON;;;;75114;A\n\
             W751000002;73282932000075;2007-02-29;2108-01-01;MAUVAIS;;;;751;A\n\
             W751000003;;;;ASSOCI\u{fffd}S;;;_;;A\n",
        );
        let readout = read(&file).expect("a file");
        assert_eq!(readout.rows[0].siret, text("73282932000074"));
        assert_eq!(readout.rows[0].created, text("2008-02-29"));
        assert_eq!(readout.rows[1].siret, None);
        assert_eq!((&readout.rows[1].created, &readout.rows[1].insee_commune), (&None, &None));
        assert_eq!(readout.rows[2].address, None);
        let expected =
            [(3, "rna.siret_invalid"), (3, "rna.date_invalid"), (3, "rna.date_invalid"), (4, "rna.accents_lost")];
        assert_eq!(codes(&readout.notes), expected);
    }

    #[test]
    fn windows_1252_and_utf8_may_stand_in_one_file() {
        let mut file = small("W751000001;;;;ÉCOLE POUR TOUS;;;;;A\n");
        file.extend_from_slice(b"W751000002;;;;\xc9COLE DE MUSIQUE;;L\x92\xe9t\xe9;;;A\n");
        let readout = read(&file).expect("a file");
        assert_eq!(readout.rows[0].title, "ÉCOLE POUR TOUS");
        assert_eq!(readout.rows[1].title, "ÉCOLE DE MUSIQUE");
        assert_eq!(readout.rows[1].object, text("L’été"));
    }

    #[test]
    fn other_files_are_not_taken_for_the_register() {
        let code = |bytes: &[u8]| read(bytes).map(|_| ()).map_err(|refused| refused.0.code());
        assert_eq!(code(b"nom;prenom\nAli;Zoe\n"), Err("file.layout_unknown"));
        assert_eq!(code(b""), Err("file.empty"));
        assert_eq!(code(b"id;date_decla;adrs_libvoie;position\n"), Err("file.column_missing"));
        assert_eq!(code(b"\"id;date_decla"), Err("file.layout_unknown"));
    }
}
