//! What single cells of a list say: names, sex, age.

use serde::Serialize;
use shared::names::fold_search;

/// As the documents have it: see [`Sex::word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
    Other,
    #[default]
    Unspecified,
}

impl Sex {
    /// The word of a person's field `sex`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Female => "f",
            Self::Male => "h",
            Self::Other => "other",
            Self::Unspecified => "unspecified",
        }
    }

    /// What a cell says, or nothing where it cannot be told.
    pub(super) fn read(text: &str) -> Option<Self> {
        if says_nothing(text) {
            return Some(Self::Unspecified);
        }
        Some(match fold_search(text).as_str() {
            "f" | "femme" | "feminin" | "feminine" | "fem" | "mme" | "mlle" | "madame" | "mademoiselle" | "fille"
            | "dame" => Self::Female,
            "female" | "woman" | "girl" | "w" | "mrs" | "ms" | "miss" | "انثي" | "امراه" | "مراه" | "السيده"
            | "اناث" => Self::Female,
            "h" | "homme" | "m" | "masculin" | "masc" | "mr" | "monsieur" | "garcon" => Self::Male,
            "male" | "man" | "boy" | "ذكر" | "رجل" | "السيد" | "ذكور" => Self::Male,
            "autre" | "a" | "x" | "nb" | "non binaire" | "other" | "اخر" => Self::Other,
            _ => return None,
        })
    }
}

/// Bands instead of birth dates. Both ends belong to a band: who is 30 is in `From18To30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeBand {
    Under18,
    From18To30,
    From31To60,
    Over60,
    #[default]
    Unknown,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub year: u32,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: u32,
}

impl Day {
    /// The calendar day of a moment, in UTC.
    #[must_use]
    pub fn of(ms: u64) -> Self {
        let instant = time::OffsetDateTime::from_unix_timestamp(i64::try_from(ms / 1000).unwrap_or(0));
        let date = instant.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).date();
        let year = u32::try_from(date.year()).unwrap_or(0);
        Self { year, month: u8::from(date.month()).into(), day: date.day().into() }
    }
}

impl AgeBand {
    /// The first and the last year of each band.
    const BANDS: [(Self, u32, u32); 4] =
        [(Self::Under18, 0, 17), (Self::From18To30, 18, 30), (Self::From31To60, 31, 60), (Self::Over60, 61, 120)];

    /// The word of a person's field `age_band`; nothing where it is unknown.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Under18 => Some("under_18"),
            Self::From18To30 => Some("18_30"),
            Self::From31To60 => Some("31_60"),
            Self::Over60 => Some("over_60"),
            Self::Unknown => None,
        }
    }

    fn of_years(years: u32) -> Option<Self> {
        Self::BANDS.iter().find(|(_, first, last)| (*first..=*last).contains(&years)).map(|(band, ..)| *band)
    }

    /// The band that a range lies in. Ranges are written with ends that belong to both neighbours: 30-60, 15-18.
    fn of_range(first: u32, last: u32) -> Option<Self> {
        let inside = |band: &&(Self, u32, u32)| first + 1 >= band.1 && last <= band.2 + 1;
        Self::BANDS.iter().filter(|_| first < last).find(inside).map(|(band, ..)| *band)
    }

    /// The band of a cell with years, a range, a limit or a birth year; nothing where it cannot be told.
    pub(super) fn read(text: &str, today: Day) -> Option<Self> {
        if says_nothing(text) {
            return Some(Self::Unknown);
        }
        let folded = fold_search(text);
        let says = |words: &[&str]| folded.split(' ').any(|word| words.contains(&word));
        let below = text.contains(['<', '≤', '-', '–']) && text.trim_start().starts_with(['<', '≤', '-', '–'])
            || says(&["moins", "under", "less", "below", "اقل"]);
        let above = text.contains(['>', '≥', '+']) || says(&["plus", "over", "above", "more", "اكثر"]);
        match numbers(&folded)[..] {
            [] if says(&["mineur", "mineure", "enfant", "قاصر"]) => Some(Self::Under18),
            [] => None,
            [limit] if below => (limit <= 18).then_some(Self::Under18),
            [limit] if above => (60..=120).contains(&limit).then_some(Self::Over60),
            [year] if year >= 1900 => today.year.checked_sub(year).and_then(Self::of_years),
            [years] => Self::of_years(years),
            [first, last] => Self::of_range(first, last),
            _ => Self::read_birth(text, today),
        }
    }

    /// The band of somebody who was born on the day that a cell names.
    pub(super) fn read_birth(text: &str, today: Day) -> Option<Self> {
        if says_nothing(text) {
            return Some(Self::Unknown);
        }
        let born = match numbers(&fold_search(text))[..] {
            [year] => Day { year, month: 1, day: 1 },
            [year, month, day, ..] if year >= 1900 => Day { year, month, day },
            [day, month, year, ..] => {
                let century = if year < 100 && 2000 + year <= today.year { 2000 } else { 1900 };
                Day { year: if year < 100 { century + year } else { year }, month, day }
            }
            _ => return None,
        };
        if born.year < 1900 || !(1..=12).contains(&born.month) || !(1..=31).contains(&born.day) {
            return None;
        }
        let birthday_to_come = (today.month, today.day) < (born.month, born.day);
        today.year.checked_sub(born.year + u32::from(birthday_to_come)).and_then(Self::of_years)
    }
}

/// The numbers in a folded text. One beyond every age and year ends as a number that is neither.
fn numbers(folded: &str) -> Vec<u32> {
    let runs = folded.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap_or(u32::MAX)).collect()
}

/// Which half of a whole name comes first, where capitals do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    First,
    Last,
}

/// A name in its parts, any of which may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PersonName {
    pub(super) given: String,
    pub(super) family: String,
    pub(super) arabic: String,
    /// What a title before the name says.
    pub(super) sex: Option<Sex>,
}

impl PersonName {
    /// From two columns.
    pub(super) fn of_parts(given: &str, family: &str) -> Self {
        let (given, given_sex) = without_title(given);
        let (family, family_sex) = without_title(family);
        let ((given, given_ar), (family, family_ar)) = (split_by_script(given), split_by_script(family));
        let arabic = [given_ar, family_ar].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Self { given, family, arabic, sex: given_sex.or(family_sex) }
    }

    /// From one column. Capitals tell the family name (`BENALI Fatima`); else the order of the header does, and a particle
    /// belongs to what follows it (`Ait Oufkir Naima`).
    pub(super) fn split(text: &str, order: Given) -> Self {
        let (text, sex) = without_title(text);
        let (latin, arabic) = split_by_script(text);
        let words: Vec<&str> = latin.split(' ').filter(|word| !word.is_empty()).collect();
        let (given, family) = by_capitals(&words).unwrap_or_else(|| by_order(&words, order));
        Self { given, family, arabic, sex }
    }
}

/// The given name and the family name, where one is in capitals and the other is not.
fn by_capitals(words: &[&str]) -> Option<(String, String)> {
    let is_capital =
        |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.chars().any(char::is_lowercase);
    let mut in_family: Vec<bool> = words.iter().map(|word| is_capital(word)).collect();
    for place in (1..words.len()).rev() {
        // Ait OUFKIR, el ALAOUI.
        in_family[place - 1] |= in_family[place] && is_particle(words[place - 1]);
    }
    let part = |family: bool| {
        let words = words.iter().zip(&in_family).filter(|(_, in_family)| **in_family == family);
        words.map(|(word, _)| *word).collect::<Vec<_>>().join(" ")
    };
    let (given, family) = (part(false), part(true));
    (!given.is_empty() && !family.is_empty()).then_some((given, family))
}

fn by_order(words: &[&str], order: Given) -> (String, String) {
    let parts = |at: usize| (words[..at].join(" "), words[at..].join(" "));
    match order {
        // One word is the family name, as the header says.
        Given::Last => {
            let particles = words.iter().take_while(|word| is_particle(word)).count();
            let (family, given) = parts((particles + 1).min(words.len()));
            (given, family)
        }
        Given::First if words.len() < 2 => parts(words.len()),
        Given::First => {
            let mut at = words.len() - 1;
            while at > 1 && is_particle(words[at - 1]) {
                at -= 1;
            }
            parts(at)
        }
    }
}

fn is_particle(word: &str) -> bool {
    matches!(
        fold_search(word).as_str(),
        "ait"
            | "ayt"
            | "el"
            | "al"
            | "ben"
            | "ibn"
            | "bent"
            | "bint"
            | "bou"
            | "abou"
            | "ou"
            | "o"
            | "oulad"
            | "ouled"
            | "ould"
            | "ida"
            | "bni"
            | "beni"
            | "moulay"
            | "sidi"
            | "my"
            | "lalla"
            | "haj"
            | "hadj"
            | "de"
            | "du"
            | "des"
            | "le"
            | "la"
            | "van"
            | "von"
    )
}

/// `12. Mme Fatima` without its number and its title, and what the title says.
fn without_title(text: &str) -> (&str, Option<Sex>) {
    let numbered = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = if numbered.len() < text.len() { numbered.trim_start_matches(['.', ')', '-', ' ']) } else { text };
    let Some((title, rest)) = text.split_once([' ', '.']) else { return (text, None) };
    let rest = rest.trim_start_matches(['.', ' ']);
    match fold_search(title).as_str() {
        "mme" | "mlle" | "madame" | "mademoiselle" | "mrs" | "ms" | "السيده" => (rest, Some(Sex::Female)),
        "m" | "mr" | "monsieur" | "السيد" if !rest.is_empty() => (rest, Some(Sex::Male)),
        _ => (text, None),
    }
}

/// The words in Latin and those in Arabic letters.
pub(super) fn split_by_script(text: &str) -> (String, String) {
    let is_arabic = |word: &&str| word.chars().any(|c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}'));
    let (arabic, latin): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(is_arabic);
    // Whatever stands between the two, `Ali / علي`, belongs to neither.
    let latin: Vec<&str> =
        latin.into_iter().filter(|word| word.chars().any(char::is_alphabetic) || arabic.is_empty()).collect();
    (latin.join(" "), arabic.join(" "))
}

/// Words of a name. A sentence has more.
const NAME_WORDS_MAX: usize = 9;

/// Whether a text may be a part of somebody's name: a remark, an address and a place to sign are not.
pub(super) fn may_be_a_name(text: &str) -> bool {
    let words = text.split(' ').count();
    let first_words = fold_search(text);
    let footer =
        ["fait a", "signature", "cachet", "nom du", "nom de l", "animateur", "formateur", "atelier", "liste d"];
    words <= NAME_WORDS_MAX
        && (text.is_empty() || text.chars().any(char::is_alphabetic))
        && !text.contains([':', '@', '=', ';'])
        && !text.chars().any(char::is_numeric)
        && !footer.iter().any(|footer| first_words.starts_with(footer))
}

/// A line that counts the others.
pub(super) fn is_total(first_cell: &str) -> bool {
    let folded = fold_search(first_cell);
    let first = folded.split(' ').next().unwrap_or_default();
    matches!(first, "total" | "totaux" | "sous" | "nombre" | "effectif" | "nb" | "المجموع" | "العدد")
}

/// `idem` and its signs: the same as in the row above.
pub(super) fn is_ditto(text: &str) -> bool {
    matches!(text, "\"" | "''" | "〃" | "//" | "-//-" | "- // -" | "″" | "”" | "»" | "' '" | "\" \"")
        || matches!(fold_search(text).as_str(), "idem" | "id" | "meme" | "la meme" | "ditto" | "نفسه" | "نفس الجمعيه")
}

/// A cell that was crossed out, or filled with 'not known'.
pub(super) fn says_nothing(text: &str) -> bool {
    let folded = fold_search(text);
    matches!(
        folded.as_str(),
        "" | "nc"
            | "nr"
            | "ns"
            | "neant"
            | "aucun"
            | "aucune"
            | "non renseigne"
            | "non precise"
            | "inconnu"
            | "n a"
            | "unknown"
            | "none"
            | "sans"
            | "rien"
            | "لا يوجد"
    ) && !text.contains(['<', '>', '+'])
}

/// A tick in a column.
pub(super) fn is_mark(text: &str) -> bool {
    !matches!(fold_search(text).as_str(), "0" | "non" | "no") && !matches!(text, "-" | "–" | "/")
}

/// An address as it is stored: the host in small letters. Nothing where it is none.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim_matches(['.', ':', '(', ')', '"', '\'']);
    let (name, host) = text.strip_prefix("mailto:").unwrap_or(text).split_once('@')?;
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let sound = !name.is_empty()
        && text.len() <= 254
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "()[]\\,:".contains(c))
        && host.contains('.')
        && host.split('.').all(label);
    sound.then(|| format!("{name}@{}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day { year: 2025, month: 11, day: 23 };

    #[test]
    fn ages_become_bands() {
        use AgeBand::{From18To30, From31To60, Over60, Under18, Unknown};
        let cases = [
            ("17", Some(Under18)),
            ("18", Some(From18To30)),
            ("30 ans", Some(From18To30)),
            ("31", Some(From31To60)),
            ("60", Some(From31To60)),
            ("٦١", Some(Over60)),
            ("<18", Some(Under18)),
            ("< 18 ans", Some(Under18)),
            ("-18", Some(Under18)),
            ("moins de 18 ans", Some(Under18)),
            ("mineur", Some(Under18)),
            ("18-30", Some(From18To30)),
            ("18 – 30 ans", Some(From18To30)),
            ("18 à 25 ans", Some(From18To30)),
            ("25/30", Some(From18To30)),
            ("31-60", Some(From31To60)),
            ("30-60 ans", Some(From31To60)),
            ("35-45", Some(From31To60)),
            ("60+", Some(Over60)),
            ("+60", Some(Over60)),
            ("+ de 60 ans", Some(Over60)),
            ("60 ans et plus", Some(Over60)),
            ("> 60", Some(Over60)),
            ("over 60", Some(Over60)),
            ("60-75", Some(Over60)),
            ("1985", Some(From31To60)),
            ("12/03/2010", Some(Under18)),
            ("", Some(Unknown)),
            ("-", Some(Unknown)),
            ("NC", Some(Unknown)),
            ("18-60", None),
            ("+18", None),
            ("moins de 30 ans", None),
            ("adulte", None),
            ("250", None),
            ("99999999999", None),
        ];
        for (text, band) in cases {
            assert_eq!(AgeBand::read(text, TODAY), band, "{text}");
        }
    }

    #[test]
    fn birth_dates_become_bands() {
        use AgeBand::{From18To30, From31To60, Over60, Under18};
        let cases = [
            ("23/11/2007", Some(From18To30)),
            ("24/11/2007", Some(Under18)),
            ("2007-11-23", Some(From18To30)),
            ("1-1-64", Some(Over60)),
            ("05.06.10", Some(Under18)),
            ("1975", Some(From31To60)),
            ("31500", None),
            ("12/03", None),
            ("45/13/1985", None),
            ("12/03/2031", None),
        ];
        for (text, band) in cases {
            assert_eq!(AgeBand::read_birth(text, TODAY), band, "{text}");
        }
    }

    #[test]
    fn sexes_are_read_in_three_languages() {
        for text in ["F", "f", "Femme", "Mme", "FÉMININ", "Female", "أنثى", "امرأة"] {
            assert_eq!(Sex::read(text), Some(Sex::Female), "{text}");
        }
        for text in ["H", "Homme", "M", "M.", "Mr", "masculin", "ذكر", "male"] {
            assert_eq!(Sex::read(text), Some(Sex::Male), "{text}");
        }
        assert_eq!(Sex::read("Autre"), Some(Sex::Other));
        assert_eq!(Sex::read("non précisé"), Some(Sex::Unspecified));
        assert_eq!(Sex::read("?"), Some(Sex::Unspecified));
        assert_eq!(Sex::read("oui"), None);
    }

    fn split(text: &str, order: Given) -> (String, String, String) {
        let name = PersonName::split(text, order);
        (name.given, name.family, name.arabic)
    }

    #[test]
    fn whole_names_are_taken_apart() {
        let cases = [
            ("BENALI Fatima Zahra", Given::Last, "Fatima Zahra", "BENALI"),
            ("Fatima Zahra BENALI", Given::Last, "Fatima Zahra", "BENALI"),
            ("Aït OUFKIR Naïma", Given::First, "Naïma", "Aït OUFKIR"),
            ("EL ALAOUI Zoé", Given::First, "Zoé", "EL ALAOUI"),
            ("Ait Oufkir Naima", Given::Last, "Naima", "Ait Oufkir"),
            ("AIT OUFKIR NAIMA", Given::Last, "NAIMA", "AIT OUFKIR"),
            ("Naima Ait Oufkir", Given::First, "Naima", "Ait Oufkir"),
            ("Naima Alaoui", Given::First, "Naima", "Alaoui"),
            ("El Amrani Fatima Zahra", Given::Last, "Fatima Zahra", "El Amrani"),
            ("Lahcen", Given::First, "Lahcen", ""),
            ("Lahcen", Given::Last, "", "Lahcen"),
            ("3. Mme Khadija OUBELLA", Given::First, "Khadija", "OUBELLA"),
            ("M'hamed Alaoui", Given::First, "M'hamed", "Alaoui"),
            ("M. Ali Alaoui", Given::First, "Ali", "Alaoui"),
            ("Ben Ali", Given::Last, "", "Ben Ali"),
        ];
        for (text, order, given, family) in cases {
            assert_eq!(split(text, order), (given.to_owned(), family.to_owned(), String::new()), "{text}");
        }
        let both = split("Khadija OUBELLA / خديجة أوبلا", Given::First);
        assert_eq!(both, ("Khadija".to_owned(), "OUBELLA".to_owned(), "خديجة أوبلا".to_owned()));
        assert_eq!(PersonName::split("Mme Alaoui", Given::First).sex, Some(Sex::Female));
        assert_eq!(PersonName::of_parts("نعيمة", "أيت أوفقير").arabic, "نعيمة أيت أوفقير");
    }

    #[test]
    fn footers_are_no_names() {
        for text in ["Naïma", "Aït Oufkir", "O'Brien", "نعيمة", "Marie-Thérèse de la Tour du Pin"] {
            assert!(may_be_a_name(text), "{text}");
        }
        for text in ["Fait à Agadir", "Signature du formateur", "12 rue", "a@b.fr", "Date :", "…", "( )"] {
            assert!(!may_be_a_name(text), "{text}");
        }
        assert!(is_total("TOTAL : 23") && is_total("Nombre de participants") && !is_total("Totaoui"));
    }

    #[test]
    fn emails_are_checked_for_their_shape() {
        assert_eq!(email("Naima.Ait@Gmail.COM").as_deref(), Some("Naima.Ait@gmail.com"));
        assert_eq!(email("<mailto:a@b.fr>".trim_matches(['<', '>'])).as_deref(), Some("a@b.fr"));
        for text in ["a@b", "@b.fr", "a@", "a@b..fr", "a b@c.fr", "a@b_c.fr"] {
            assert_eq!(email(text), None, "{text}");
        }
    }
}
