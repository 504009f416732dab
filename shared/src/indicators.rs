//! The indicators of the house over a period: each defined once, in [`Code`], and counted from plain rows that the server gathers.
//!
//! People, participations, what is new, départements and territories of origin are those of an event's figures (F1 to F6), counted
//! over all events of the period; what leaves the house is masked by the same rule (F7). [`Code::definition`] says each in words, as
//! reports print it.
//!
//! - A half-day, an act of support, a word on an event count on their own day; what has no day counts only where no period is asked for.
//! - A *programme* is an event's project code, or the programme of a dossier's call, as written. What an association was given outside
//!   any dossier is of no programme.
//! - A *territory* is where an event takes place, where a dossier's project happens, where an association has its seat.
//! - Days of moves and visas are those of UTC.

mod count;
mod facts;

use serde::{Deserialize, Serialize};

use crate::figures::{CELL_MIN, Shown, masked};

pub use count::{Reference, count, records};
pub use facts::{
    Act, Association, Dossier, Event, Facts, HalfDay, Leader, Moved, Opinion, Person, Presence, Unnamed, day_of,
    outcome,
};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "IndicatorUnit"))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things, people.
    Count,
    /// Minutes.
    Minutes,
    /// Cents of euros.
    Cents,
    /// Hundredths of a percent.
    BasisPoints,
}

/// Declares the indicators: the Rust name, number and key, unit, what it is called and its definition, both in French.
macro_rules! indicators {
    ($($name:ident = $number:literal $key:literal, $unit:ident, $label:literal, $definition:literal;)*) => {
        /// An indicator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "IndicatorCode"))]
        pub enum Code {
            $(#[doc = $definition] #[serde(rename = $key)] $name,)*
        }

        impl Code {
            /// Every indicator, in the order in which reports have them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its number in reports: `I1`.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// Its key in addresses, targets and messages.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it counts.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// What it is called, in French.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What it is, in one or two sentences of French.
            #[must_use]
            pub fn definition(self) -> &'static str {
                match self { $(Self::$name => $definition,)* }
            }

            /// The indicator of that key.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$name),)* _ => None }
            }
        }
    };
}

indicators! {
    Events = "I1" "events", Count, "Événements tenus",
        "Événements dont une demi-journée au moins tombe dans la période et où quelqu’un a été présent ou compté.";
    Participations = "I2" "participations", Count, "Participations",
        "Une personne présente, présente en partie ou à distance pendant une demi-journée. Qui était attendu et n’est pas venu ne compte pas.";
    People = "I3" "people", Count, "Personnes différentes",
        "Personnes qui ont au moins une participation : chacune compte une fois, et celles qu’un humain a reconnues comme une seule comptent pour une.";
    PeopleNew = "I4" "people_new", Count, "Personnes venues pour la première fois",
        "Parmi ces personnes, celles qui n’étaient venues à aucun événement de la maison commencé un jour plus tôt.";
    Unnamed = "I5" "unnamed", Count, "Participations comptées sans nom",
        "Personnes comptées sans être nommées, par demi-journée. Elles ne sont jamais mêlées aux personnes différentes.";
    Associations = "I6" "associations", Count, "Associations touchées",
        "Associations dont au moins une personne a une participation. Celles qu’un humain a reconnues comme une seule comptent pour une.";
    AssociationsNew = "I7" "associations_new", Count, "Associations touchées pour la première fois",
        "Parmi ces associations, celles dont personne n’était venu à un événement de la maison commencé un jour plus tôt.";
    SupportAttended = "I8" "support_attended", Minutes, "Heures suivies en appui collectif",
        "Pour chaque participation à un événement d’appui collectif, la durée de la demi-journée ; d’une présence partielle, la durée dite.";
    SupportIndividual = "I9" "support_individual", Minutes, "Heures d’appui individuel",
        "Durée des appuis notés au journal d’une association ou d’un dossier, hors appuis collectifs.";
    SupportCollective = "I10" "support_collective", Minutes, "Heures d’appui collectif au journal",
        "Durée des appuis notés comme collectifs au journal d’une association ou d’un dossier. Les événements n’y sont pas : voir I8.";
    Dossiers = "I11" "dossiers", Count, "Dossiers accompagnés",
        "Dossiers qui ont changé d’étape, reçu un appui, été déposés ou décidés pendant la période ; tous, si aucune période n’est demandée.";
    DossiersVisaed = "I12" "dossiers_visaed", Count, "Dossiers visés",
        "Dossiers qui ont reçu leur premier visa pendant la période.";
    DossiersFiled = "I13" "dossiers_filed", Count, "Dossiers déposés",
        "Dossiers dont le jour de dépôt tombe dans la période.";
    AskedCents = "I14" "asked_cents", Cents, "Montant demandé",
        "Somme des subventions demandées par les dossiers déposés pendant la période.";
    DossiersGranted = "I15" "dossiers_granted", Count, "Dossiers financés",
        "Dossiers dont la décision, prise pendant la période, est un accord.";
    GrantedCents = "I16" "granted_cents", Cents, "Montant accordé",
        "Somme des subventions accordées par ces décisions.";
    DossiersRefused = "I17" "dossiers_refused", Count, "Dossiers refusés",
        "Dossiers dont la décision, prise pendant la période, est un refus. Un ajournement n’en est pas un.";
    SuccessRate = "I18" "success_rate", BasisPoints, "Taux de réussite",
        "Part des dossiers financés parmi ceux qui ont été financés ou refusés pendant la période.";
    Opinions = "I19" "opinions", Count, "Avis recueillis",
        "Avis anonymes donnés après un événement, sur trois questions.";
    Satisfaction = "I20" "satisfaction", BasisPoints, "Satisfaction",
        "Part des réponses « satisfait » parmi toutes les réponses données aux trois questions des avis.";
    LedByWomen = "I21" "led_by_women", BasisPoints, "Part d’associations dirigées par des femmes",
        "Part, parmi les associations touchées dont on peut le dire, de celles où les femmes sont plus de la moitié du bureau et du conseil d’administration, le dernier jour de la période. On ne peut le dire si personne n’y est inscrit, ou si le sexe de ses membres n’est pas assez renseigné.";
    LedByYouth = "I22" "led_by_youth", BasisPoints, "Part d’associations dirigées par des jeunes",
        "Part, parmi les associations touchées dont on peut le dire, de celles où les personnes de 30 ans et moins sont plus de la moitié du bureau et du conseil d’administration, le dernier jour de la période. On ne peut le dire si personne n’y est inscrit, ou si l’âge de ses membres n’est pas assez renseigné.";
}

/// Which days: from the first to the last, both included, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first day; none is from the beginning.
    pub from: Option<i32>,
    /// The last day; none is until the end.
    pub to: Option<i32>,
}

impl Period {
    /// Whether a day falls in it. What has no day falls in the one that has no ends.
    #[must_use]
    pub fn has(self, day: Option<i32>) -> bool {
        match day {
            Some(day) => self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to),
            None => self.is_open(),
        }
    }

    /// Whether it is all time.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// The period before, as long: of whole months the months before, else as many days. None where it has no two ends.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        let (from, to) = (self.from?, self.to?);
        let ((first_year, first_month, first_day), (year, month, day)) = (date(from), date(to + 1));
        let months = (year * 12 + month) - (first_year * 12 + first_month);
        let begins = if first_day == 1 && day == 1 && months > 0 {
            let count = first_year * 12 + first_month - 1 - months;
            number(count.div_euclid(12), count.rem_euclid(12) + 1, 1)
        } else {
            from - (to - from + 1)
        };
        Some(Self { from: Some(begins), to: Some(from - 1) })
    }

    /// The year, where it is exactly one of the calendar.
    #[must_use]
    pub fn year(self) -> Option<i32> {
        let (from, to) = (self.from?, self.to?);
        let (year, ..) = date(from);
        (from == number(year, 1, 1) && to == number(year, 12, 31)).then_some(year)
    }
}

/// Days since 1970 of a day of the calendar, `2026-11-23`; none for what is none.
#[must_use]
pub fn day(text: &str) -> Option<i32> {
    let day = i32::try_from(crate::record::day_number(text)?).ok()?;
    (day_text(day) == text).then_some(day)
}

/// The day of the calendar, `2026-11-23`.
#[must_use]
pub fn day_text(day: i32) -> String {
    let (year, month, day) = date(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day. Years that begin in March put the leap day last (H. Hinnant, 'chrono-compatible low-level date algorithms').
pub(crate) fn date(day: i32) -> (i32, i32, i32) {
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (of_era_year + era * 400 + i32::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Days since 1970 of a year, month and day that there are; 0 for others.
pub(crate) fn number(year: i32, month: i32, day: i32) -> i32 {
    let text = format!("{year:04}-{month:02}-{day:02}");
    crate::record::day_number(&text).and_then(|day| i32::try_from(day).ok()).unwrap_or(0)
}

/// By what a table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Participations, by month: `2026-03`.
    Month,
    /// People, `new` or `returning`.
    Novelty,
    /// People, by `field::SEXES`.
    Sex,
    /// People, by `field::AGE_BANDS`.
    AgeBand,
    /// People, by département: see `figures::departement_of`.
    Departement,
    /// People, by their association's territory of origin: see `figures::origin_of`.
    Origin,
    /// Those without names, by sex.
    UnnamedSex,
    /// Those without names, by age band.
    UnnamedAgeBand,
    /// Associations, by territory of origin.
    AssociationOrigin,
    /// Associations, by the département of their seat.
    AssociationDepartement,
    /// Associations, whether women lead them: `yes` or `no`, where that can be told.
    LedByWomen,
    /// Associations, whether people of 30 or less lead them.
    LedByYouth,
    /// Dossiers as they stood at the end of the period, by stage.
    Stage,
    /// Answers to 'was it of use', by `field::OPINIONS`.
    Useful,
    /// Answers to 'was it clear'.
    Clear,
    /// Answers to 'would you come again'.
    Again,
}

impl Grouping {
    /// Every one, in the order in which reports have them.
    pub const ALL: [Self; 16] = [
        Self::Month,
        Self::Novelty,
        Self::Sex,
        Self::AgeBand,
        Self::Departement,
        Self::Origin,
        Self::UnnamedSex,
        Self::UnnamedAgeBand,
        Self::AssociationOrigin,
        Self::AssociationDepartement,
        Self::LedByWomen,
        Self::LedByYouth,
        Self::Stage,
        Self::Useful,
        Self::Clear,
        Self::Again,
    ];

    /// What its columns count: the first decides how a line leaves the house.
    #[must_use]
    pub fn columns(self) -> &'static [Code] {
        match self {
            Self::Month | Self::Novelty | Self::Sex | Self::AgeBand | Self::Departement | Self::Origin => {
                &[Code::People, Code::Participations]
            }
            Self::UnnamedSex | Self::UnnamedAgeBand => &[Code::Unnamed],
            Self::AssociationOrigin | Self::AssociationDepartement | Self::LedByWomen | Self::LedByYouth => {
                &[Code::Associations, Code::AssociationsNew]
            }
            Self::Stage => &[Code::Dossiers, Code::AskedCents, Code::GrantedCents],
            Self::Useful | Self::Clear | Self::Again => &[Code::Opinions],
        }
    }

    /// Whether its lines count people, few of whom leave no house.
    fn is_of_people(self) -> bool {
        !matches!(
            self,
            Self::AssociationOrigin | Self::AssociationDepartement | Self::LedByWomen | Self::LedByYouth | Self::Stage
        )
    }

    fn is_of_opinions(self) -> bool {
        matches!(self, Self::Useful | Self::Clear | Self::Again)
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "Indicator"))]
pub struct Figure {
    /// Of what.
    pub code: Code,
    /// What it counts.
    pub unit: Unit,
    /// None where there is nothing of which a share could be, or where it is hidden.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub value: Option<u64>,
    /// How it leaves the house.
    pub shown: Shown,
    /// What it is to reach in this year, where somebody has said so.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub target: Option<u64>,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "IndicatorLine"))]
pub struct Line {
    /// A word, a month, or the official code of a place; empty for what is not filled in.
    pub key: String,
    /// What a place is called; empty for words, which the app knows.
    pub name: String,
    /// The same in Arabic, where it has a name in it.
    pub name_ar: String,
    /// One for each column; none where hidden.
    #[cfg_attr(feature = "typescript", ts(type = "(number | null)[]"))]
    pub values: Vec<Option<u64>>,
    /// How they leave the house.
    pub shown: Shown,
}

/// One table: the first column adds up to the whole, but for people by month, who may come in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "IndicatorTable"))]
pub struct Table {
    /// By what.
    pub by: Grouping,
    /// What each column counts.
    pub columns: Vec<Code>,
    /// Words in their order, months and places by their codes, what is not filled in at the end.
    pub rows: Vec<Line>,
    /// Whether it may leave the house at all.
    pub is_published: bool,
}

/// The indicators of one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Indicators {
    /// The first day; empty where it has none.
    pub from: String,
    /// The last day; empty where it has none.
    pub to: String,
    /// One for each of [`Code::ALL`].
    pub figures: Vec<Figure>,
    /// Those that have lines.
    pub tables: Vec<Table>,
}

impl Indicators {
    /// That number.
    #[must_use]
    pub fn value(&self, code: Code) -> Option<u64> {
        self.figures.iter().find(|figure| figure.code == code).and_then(|figure| figure.value)
    }

    /// The table of that grouping, where there is one.
    #[must_use]
    pub fn table(&self, by: Grouping) -> Option<&Table> {
        self.tables.iter().find(|table| table.by == by)
    }

    /// Writes down what is to be reached in the year that it is of, if it is of one.
    pub fn aim(&mut self, year: Option<i32>, targets: &[Target]) {
        for figure in &mut self.figures {
            let said = targets.iter().rfind(|target| target.code == figure.code && Some(target.year) == year);
            figure.target = said.map(|target| target.value);
        }
    }

    /// F7: says of each number how it may leave the house.
    ///
    /// Each period is masked for itself: two that share no day share no participation, so that nothing follows from both. Two that
    /// overlap can be subtracted; so whoever stands outside is given whole years only (see the server's `indicators`).
    pub(crate) fn publish(&mut self) {
        let whole = |code| self.value(code).unwrap_or(0);
        let masked_whole = |whole: u64| match (1..u64::from(CELL_MIN)).contains(&whole) {
            true => Shown::Few,
            false => Shown::Plain,
        };
        let [people, unnamed, opinions] =
            [Code::People, Code::Unnamed, Code::Opinions].map(|code| masked_whole(whole(code)));
        for table in &mut self.tables {
            let whole = match table.by {
                Grouping::UnnamedSex | Grouping::UnnamedAgeBand => unnamed,
                Grouping::Stage => Shown::Plain,
                by if by.is_of_opinions() => opinions,
                _ => people,
            };
            table.is_published = whole == Shown::Plain && (!table.by.is_of_people() || mask(&mut table.rows));
        }
        let of_people = if people == Shown::Plain { Shown::Plain } else { Shown::Withheld };
        let newcomers = self.table(Grouping::Novelty).filter(|table| table.is_published);
        let people_new = newcomers.and_then(|table| table.rows.first()).map_or(Shown::Withheld, |row| row.shown);
        // Shares would tell of the masked answers.
        let answers = self.tables.iter().filter(|table| table.by.is_of_opinions());
        let all_plain = answers.clone().all(|t| t.is_published && t.rows.iter().all(|row| row.shown == Shown::Plain));
        let satisfaction = if opinions == Shown::Plain && all_plain { Shown::Plain } else { Shown::Withheld };
        for figure in &mut self.figures {
            figure.shown = match figure.code {
                Code::People => people,
                Code::PeopleNew => people_new,
                Code::Participations
                | Code::Associations
                | Code::AssociationsNew
                | Code::SupportAttended
                | Code::LedByWomen
                | Code::LedByYouth => of_people,
                Code::Unnamed => unnamed,
                Code::Opinions => opinions,
                Code::Satisfaction => satisfaction,
                _ => Shown::Plain,
            };
        }
    }

    /// As it leaves the house: what is hidden is not there.
    #[must_use]
    pub fn outside(mut self) -> Self {
        for figure in &mut self.figures {
            figure.value = figure.value.filter(|_| figure.shown == Shown::Plain);
        }
        for table in &mut self.tables {
            table.rows.retain(|_| table.is_published);
            for row in table.rows.iter_mut().filter(|row| row.shown != Shown::Plain) {
                row.values.fill(None);
            }
        }
        self
    }
}

fn mask(rows: &mut [Line]) -> bool {
    let cell = |row: &Line| u32::try_from(row.values.first().copied().flatten().unwrap_or(0)).unwrap_or(u32::MAX);
    let Some(shown) = masked(&rows.iter().map(cell).collect::<Vec<_>>()) else { return false };
    rows.iter_mut().zip(shown).for_each(|(row, shown)| row.shown = shown);
    true
}

/// What an indicator is to reach in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub code: Code,
    /// In which year.
    pub year: i32,
    /// How much, in the indicator's unit.
    pub value: u64,
}

/// Reads `Field::Targets`: `people 2026 400`, one a line. A line of another shape says nothing; of two for one year the later counts.
#[must_use]
pub fn targets(text: &str) -> Vec<Target> {
    let read = |line: &str| {
        let mut parts = line.split_whitespace();
        let (code, year, value) = (Code::from_key(parts.next()?)?, parts.next()?, parts.next()?);
        Some(Target { code, year: year.parse().ok()?, value: value.parse().ok()? })
    };
    text.lines().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period { from: day(from), to: day(to) }
    }

    #[test]
    fn days_are_read_and_written() {
        for (text, expected) in [("1970-01-01", 0), ("2024-02-29", 19_782), ("2026-11-23", 20_780)] {
            assert_eq!(day(text), Some(expected));
            assert_eq!(day_text(expected), text);
        }
        assert_eq!([day("2026-02-30"), day("2026-2-3"), day("")], [None; 3]);
    }

    #[test]
    fn the_period_before_is_as_long() {
        let check = |from, to, before: (&str, &str)| {
            assert_eq!(period(from, to).before(), Some(period(before.0, before.1)), "{from} {to}");
        };
        check("2026-01-01", "2026-12-31", ("2025-01-01", "2025-12-31"));
        check("2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31"));
        check("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29"));
        check("2026-03-10", "2026-03-19", ("2026-02-28", "2026-03-09"));
        assert_eq!(Period::default().before(), None);
        assert_eq!(
            [period("2026-01-01", "2026-12-31").year(), period("2026-01-01", "2026-06-30").year()],
            [Some(2026), None]
        );
    }

    #[test]
    fn indicators_are_numbered_in_their_order_and_found_by_their_keys() {
        for (n, code) in (1..).zip(Code::ALL) {
            assert_eq!(code.number(), format!("I{n}"));
            assert_eq!(Code::from_key(code.key()), Some(*code));
        }
    }

    #[test]
    fn targets_are_read_line_by_line() {
        let read = targets("people 2026 400\nnothing 2026 1\npeople 2026 450\nevents 2027 x\nevents 2027 12");
        let said: Vec<_> = read.iter().map(|target| (target.code, target.year, target.value)).collect();
        assert_eq!(said, [(Code::People, 2026, 400), (Code::People, 2026, 450), (Code::Events, 2027, 12)]);
    }
}
