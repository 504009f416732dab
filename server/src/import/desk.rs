//! Lists that staff bring at the desk: which column says what is guessed from the headings and may be told otherwise; people or
//! associations come of it.

use std::collections::HashMap;

use shared::{
    field::Field,
    limit,
    names::{self, fold_search},
    registry,
};

use super::{
    Finding, Problem, Readout, Unreadable,
    participants::{self, Circumstances, Opened, Participant},
    rna::{Layout, Position, RnaRow},
    table::Row,
};

/// Cells of each column that are shown, so that somebody can tell what stands in it.
const SAMPLES: usize = 3;
/// Columns that are told apart. What stands beyond is not read.
const COLUMNS_MAX: usize = 60;

/// What the rows of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    People,
    Associations,
}

/// What a column may say, by the keys that stand in a mapping. An empty key: it is not read.
pub type Key = String;

/// One column of the file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ColumnSeen {
    /// Its heading, as written.
    pub title: String,
    /// What stands in its first rows.
    pub samples: Vec<String>,
    /// What it is taken to say.
    pub says: Key,
}

/// A list as it was read.
#[derive(Debug)]
pub struct Read {
    pub columns: Vec<ColumnSeen>,
    /// The headings, folded: the same for files that come from one place.
    pub headings: Vec<String>,
    pub rows: Rows,
}

/// Its rows.
#[derive(Debug)]
pub enum Rows {
    People(Readout<Participant>),
    Associations(Readout<RnaRow>),
}

impl Rows {
    /// How many rows there are, refused ones too.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::People(readout) => readout.rows.len() + readout.refused.len(),
            Self::Associations(readout) => readout.rows.len() + readout.refused.len(),
        }
    }
}

/// The fields of associations that a list brings, with the words of headings that name them, folded; the first that fits decides.
const ASSOCIATION: &[(Field, &[&str])] = &[
    (Field::RnaNumber, &["rna", "waldec"]),
    (Field::SiretNumber, &["siret", "siren"]),
    (Field::NameAr, &["arabe", "arabic", "بالعربيه", "العربيه"]),
    (Field::ShortTitle, &["sigle", "acronyme", "court", "abrege", "short", "acronym"]),
    (Field::Postcode, &["cp", "postal", "postcode", "zip"]),
    (Field::City, &["ville", "commune", "localite", "city", "town", "المدينه", "الجماعه"]),
    (Field::Object, &["objet", "but", "mission", "purpose", "object", "activite", "activites", "الهدف", "الاهداف"]),
    (Field::Founded, &["creation", "creee", "fondee", "founded", "created", "التاسيس"]),
    (Field::Address, &["adresse", "siege", "address", "العنوان"]),
    (
        Field::Title,
        &[
            "nom",
            "titre",
            "association",
            "asso",
            "denomination",
            "structure",
            "organisme",
            "osim",
            "name",
            "title",
            "اسم",
            "الاسم",
            "الجمعيه",
        ],
    ),
];

/// The keys that a mapping may have.
#[must_use]
pub fn keys(of: Of) -> Vec<&'static str> {
    match of {
        Of::People => participants::keys(),
        Of::Associations => ASSOCIATION.iter().map(|(field, _)| field.key()).collect(),
    }
}

fn guess(of: Of, titles: &[String]) -> Vec<Key> {
    match of {
        Of::People => participants::guess(titles),
        Of::Associations => {
            let mut taken: Vec<Field> = Vec::new();
            let guesses = titles.iter().map(|title| {
                let folded = fold_search(title);
                let mail = folded.contains("mail") || folded.contains("electronique");
                let fits = |words: &&[&str]| folded.split(' ').any(|word| words.contains(&word));
                let found = ASSOCIATION.iter().find(|(field, words)| !mail && fits(words) && !taken.contains(field));
                found.map_or_else(String::new, |(field, _)| {
                    taken.push(*field);
                    field.key().to_owned()
                })
            });
            guesses.collect()
        }
    }
}

/// Finds the table in a file, and what its columns seem to say.
///
/// # Errors
/// Where the file is neither text nor a workbook, too large, or empty.
pub fn open(bytes: &[u8], of: Of) -> Result<Opened, Unreadable> {
    let understood = |titles: &[String]| {
        let short = titles.iter().filter(|title| title.chars().count() <= 60);
        let short: Vec<String> = short.cloned().collect();
        guess(of, &short).iter().filter(|key| !key.is_empty()).count()
    };
    participants::open(bytes, understood)
}

/// The headings of a table, folded.
#[must_use]
pub fn headings(opened: &Opened) -> Vec<String> {
    opened.titles().iter().take(COLUMNS_MAX).map(|title| fold_search(title)).collect()
}

/// Reads the rows of a table by a mapping, or by the guess where there is none. A key that is none of [`keys`] is not read.
#[must_use]
pub fn read(opened: Opened, of: Of, mapping: Option<Vec<Key>>, circumstances: &Circumstances) -> Read {
    let titles: Vec<String> = opened.titles().iter().take(COLUMNS_MAX).cloned().collect();
    let mut says = mapping.unwrap_or_else(|| guess(of, &titles));
    says.resize(titles.len(), String::new());
    let known = keys(of);
    for key in &mut says {
        if !known.contains(&key.as_str()) {
            key.clear();
        }
    }
    let mut samples: Vec<Vec<String>> = vec![Vec::new(); titles.len()];
    for row in opened.rows().filter_map(Result::ok).take(200) {
        for (column, samples) in samples.iter_mut().enumerate() {
            let text = row.text(column);
            if samples.len() < SAMPLES && !text.is_empty() && !samples.contains(&text) {
                samples.push(text.chars().take(80).collect());
            }
        }
    }
    let headings = headings(&opened);
    let columns = titles.into_iter().zip(samples).zip(&says);
    let columns = columns.map(|((title, samples), says)| ColumnSeen { title, samples, says: says.clone() }).collect();
    let rows = match of {
        Of::People => Rows::People(participants::read_told(opened, &says, circumstances)),
        Of::Associations => Rows::Associations(associations(&opened, &says)),
    };
    Read { columns, headings, rows }
}

/// The associations of a table.
fn associations(opened: &Opened, says: &[Key]) -> Readout<RnaRow> {
    let mut readout = Readout::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for row in opened.rows() {
        let row = match row {
            Ok(row) => row,
            Err(finding) => {
                readout.refused.push(finding);
                continue;
            }
        };
        if row.texts().all(|text| text.is_empty()) {
            continue;
        }
        let mut notes = Vec::new();
        match association(&row, says, &mut notes) {
            Ok(association) => {
                let same = association.rna_id.clone().unwrap_or_else(|| fold_search(&association.title));
                if let Some(first) = seen.get(&same) {
                    readout.refuse(row.line, Problem::AssociationRepeated(*first));
                    continue;
                }
                seen.insert(same, row.line);
                readout.notes.extend(notes.into_iter().map(|problem| Finding { line: row.line, problem }));
                readout.rows.push(association);
            }
            Err(problem) => readout.refuse(row.line, problem),
        }
    }
    readout
}

fn association(row: &Row, says: &[Key], notes: &mut Vec<Problem>) -> Result<RnaRow, Problem> {
    let text = |field: Field| -> Option<String> {
        let columns = says.iter().enumerate().filter(|(_, key)| *key == field.key());
        columns.map(|(column, _)| names::tidy(&row.text(column))).find(|text| !text.is_empty())
    };
    let short = |field: Field, title: &'static str| match text(field) {
        Some(text) if text.chars().count() > limit::SHORT_CHARS_MAX => Err(Problem::RowTextTooLong(title)),
        text => Ok(text),
    };
    let short_title = short(Field::ShortTitle, "Sigle")?;
    let title = short(Field::Title, "Nom")?.or_else(|| short_title.clone()).ok_or(Problem::RnaTitleMissing)?;
    let mut number = |field: Field, is_one: fn(&str) -> bool, problem: Problem| {
        let bare = registry::bare(&text(field)?);
        if is_one(&bare) {
            return Some(bare);
        }
        notes.push(problem);
        None
    };
    let rna_id = number(Field::RnaNumber, registry::is_rna, Problem::RnaNumberLeft);
    let siret = number(Field::SiretNumber, registry::is_siret, Problem::RnaSiretInvalid);
    let created = text(Field::Founded).and_then(|text| {
        let day = day_of(&text);
        if day.is_none() {
            notes.push(Problem::RnaDateInvalid("création"));
        }
        day
    });
    Ok(RnaRow {
        line: row.line,
        layout: Layout::Waldec,
        rna_id,
        old_id: None,
        siret,
        title,
        short_title,
        name_ar: short(Field::NameAr, "Nom en arabe")?,
        object: text(Field::Object),
        object_codes: Vec::new(),
        created,
        declared: None,
        published: None,
        dissolved: None,
        address: short(Field::Address, "Adresse")?,
        postcode: text(Field::Postcode),
        insee_commune: None,
        city: short(Field::City, "Ville")?,
        website: None,
        position: Position::Unknown,
        nature: None,
        grouping: None,
    })
}

/// `2014-06-17` of a day as people write it: `17/06/2014`, `17.6.2014`, or so already.
fn day_of(text: &str) -> Option<String> {
    let parts: Vec<u32> =
        text.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).map_while(|part| part.parse().ok()).collect();
    let (year, month, day) = match parts[..] {
        [year, month, day] if year >= 1800 => (year, month, day),
        [day, month, year] if year >= 1800 => (year, month, day),
        _ => return None,
    };
    let date = time::Date::from_calendar_date(
        i32::try_from(year).ok()?,
        u8::try_from(month).ok()?.try_into().ok()?,
        u8::try_from(day).ok()?,
    );
    date.ok().map(|_| format!("{year:04}-{month:02}-{day:02}"))
}
