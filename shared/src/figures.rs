//! An event's figures: who came, counted, and what of it may leave the house. Every definition stands here and nowhere else.
//!
//! - F1 A *participation* is one person in one half-day whose status is that of somebody who took part (M2): present, partial or
//!   remote. A *person* is counted once, however many half-days they came to; people of whom a human said that they are the same count
//!   as one (M7). Whoever was expected and did not come is not counted.
//! - F2 *New* is a person who was present at no earlier event of the house; an association is *reached* when one of its people was
//!   present, and *new* when none of its people was present at an earlier event. Earlier is what began on an earlier day.
//! - F3 The *département* is that of the person's commune, else that of their association's seat. The *territory of origin* is the
//!   association's, never the person's: the provinces of the communes that it says its members come from, else that of its seat, if
//!   that is in Morocco.
//! - F4 What is not filled in is a row of its own, and so is 'not specified'.
//! - F5 People who were counted without a name are participations of a kind of their own: they are never mixed with unique people.
//! - F6 *Support hours* are of collective support only: for each participation the length of the half-day, and of a partial one what was
//!   said of it, if anything was.
//! - F7 No cell of 1 to 4 people leaves the house, nor any other by which it could be computed. See [`publish`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    field::{AGE_BANDS, Field, SEXES},
    id::DocumentId,
    mark::{Status, attendance},
    record::{EventRecord, Fields, Slot},
    territory,
};

/// The fewest people of a cell that is published.
pub const CELL_MIN: u32 = 5;
/// The key of what is not filled in.
pub const UNKNOWN: &str = "";
/// The key of the département of whoever lives, or acts, in Morocco.
pub const IN_MOROCCO: &str = "MA";
/// The key of the origin of an association whose people come from several provinces.
pub const SEVERAL: &str = "several";
/// The kind of event whose hours are support.
pub const SUPPORT: &str = "group_support";

/// Somebody on the roster: what is counted of them, and nothing of who they are.
#[derive(Debug, Clone, Default)]
pub struct Somebody {
    /// Everybody who is the same human being, says a human.
    pub all: Vec<DocumentId>,
    /// One of [`SEXES`], or empty.
    pub sex: String,
    /// One of [`AGE_BANDS`], or empty.
    pub age_band: String,
    /// INSEE code, [`IN_MOROCCO`] or [`UNKNOWN`]: see [`departement_of`].
    pub departement: String,
    /// HCP code, [`SEVERAL`] or [`UNKNOWN`]: see [`origin_of`].
    pub origin: String,
    /// The association that they come from.
    pub association: Option<DocumentId>,
    /// They were present at an earlier event.
    pub is_known: bool,
    /// One of their association's people was present at an earlier event.
    pub association_is_known: bool,
}

/// How a number leaves the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// As it is.
    Plain,
    /// As 'fewer than 5', which it is.
    Few,
    /// Not at all, for another could be computed from it.
    Withheld,
}

/// By what people are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// `new` or `returning`.
    Novelty,
    /// [`SEXES`].
    Sex,
    /// [`AGE_BANDS`].
    AgeBand,
    /// See [`departement_of`].
    Departement,
    /// See [`origin_of`].
    Origin,
    /// Those without names, by [`SEXES`].
    UnnamedSex,
    /// Those without names, by [`AGE_BANDS`].
    UnnamedAgeBand,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FigureRow {
    /// A word, or the official code of a place; [`UNKNOWN`] for what is not filled in.
    pub key: String,
    /// What a place is called; empty for words, which the app knows.
    pub name: String,
    /// The same in Arabic, where it has a name in it.
    pub name_ar: String,
    /// Unique people; none of those who were counted without names.
    pub people: Option<u32>,
    /// Of them, or of those without names.
    pub participations: u32,
    /// How both leave the house.
    pub shown: Shown,
}

impl FigureRow {
    /// What decides whether it may be published.
    fn cell(&self) -> u32 {
        self.people.unwrap_or(self.participations)
    }
}

/// One table: its lines add up to the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FigureTable {
    /// By what.
    pub by: By,
    /// Words in their order, places by their codes, what is not filled in at the end: never by size, which would tell of masked ones.
    pub rows: Vec<FigureRow>,
    /// Whether it may leave the house at all.
    pub is_published: bool,
}

/// The figures of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Figures {
    /// The sheet is not sealed, or something came since.
    pub is_provisional: bool,
    /// Half-days.
    pub slots: u32,
    /// Unique people who were present.
    pub people: u32,
    /// Of them, those who came to no earlier event.
    pub people_new: u32,
    /// People times half-days.
    pub participations: u32,
    /// Associations of which somebody was present.
    pub associations: u32,
    /// Of them, those of which nobody came to an earlier event.
    pub associations_new: u32,
    /// Participations of people who were counted without a name.
    pub unnamed: u32,
    /// Minutes of collective support; none where the event is something else.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub support_minutes: Option<u64>,
    /// How everything that is counted of people leaves the house.
    pub shown: Shown,
    /// How `unnamed` does.
    pub unnamed_shown: Shown,
    /// Those without names have theirs only where there are any.
    pub tables: Vec<FigureTable>,
}

impl Figures {
    /// The table of that kind, where there is one.
    #[must_use]
    pub fn table(&self, by: By) -> Option<&FigureTable> {
        self.tables.iter().find(|table| table.by == by)
    }
}

/// Counts.
#[must_use]
pub fn figures(event: &EventRecord, people: &[Somebody], is_final: bool) -> Figures {
    let came: Vec<(&Somebody, u32)> =
        people.iter().map(|one| (one, participations(event, one))).filter(|(_, count)| *count > 0).collect();
    let associations: BTreeSet<_> = came.iter().filter_map(|(one, _)| one.association).collect();
    let known: BTreeSet<_> =
        came.iter().filter(|(one, _)| one.association_is_known).filter_map(|(one, _)| one.association).collect();
    let is_support = event.fields.text(Field::EventKind) == SUPPORT;
    let mut figures = Figures {
        is_provisional: !is_final,
        slots: count(event.slots.len()),
        people: count(came.len()),
        people_new: count(came.iter().filter(|(one, _)| !one.is_known).count()),
        participations: came.iter().map(|(_, count)| count).sum(),
        associations: count(associations.len()),
        associations_new: count(associations.difference(&known).count()),
        unnamed: counted(event).map(|count| count.people).sum(),
        support_minutes: is_support.then(|| came.iter().map(|(one, _)| support_minutes(event, one)).sum()),
        shown: Shown::Plain,
        unnamed_shown: Shown::Plain,
        tables: Vec::new(),
    };
    figures.tables = vec![
        table(By::Novelty, &["new", "returning"], named(&came, |one| if one.is_known { "returning" } else { "new" })),
        table(By::Sex, SEXES, named(&came, |one| &one.sex)),
        table(By::AgeBand, AGE_BANDS, named(&came, |one| &one.age_band)),
        table(By::Departement, &[], named(&came, |one| &one.departement)),
        table(By::Origin, &[], named(&came, |one| &one.origin)),
    ];
    if figures.unnamed > 0 {
        let cells = |key: fn(&crate::record::Headcount) -> &str| {
            counted(event).map(move |count| (key(count).to_owned(), None, count.people)).collect()
        };
        figures.tables.push(table(By::UnnamedSex, SEXES, cells(|count| &count.sex)));
        figures.tables.push(table(By::UnnamedAgeBand, AGE_BANDS, cells(|count| &count.age_band)));
    }
    publish(&mut figures);
    figures
}

/// F1: in how many of the half-days somebody took part.
#[must_use]
pub fn participations(event: &EventRecord, one: &Somebody) -> u32 {
    count(event.slots.iter().filter(|slot| took_part(event, one, slot).is_some()).count())
}

/// The status by which somebody took part in a half-day, if they did.
fn took_part(event: &EventRecord, one: &Somebody, slot: &Slot) -> Option<Status> {
    let marks = event.marks.iter().filter(|mark| mark.slot == slot.id && one.all.contains(&mark.person));
    attendance(marks).status().filter(|status| status.attended())
}

/// F6: how long somebody was supported.
#[must_use]
pub fn support_minutes(event: &EventRecord, one: &Somebody) -> u64 {
    let minutes = event.slots.iter().filter_map(|slot| {
        let whole = slot_minutes(slot);
        let part = event.marks.iter().filter(|mark| {
            mark.slot == slot.id
                && mark.withdrawn.is_none()
                && mark.status == Status::Partial
                && one.all.contains(&mark.person)
        });
        match took_part(event, one, slot)? {
            Status::Partial => {
                Some(part.filter_map(|mark| mark.minutes).max().map_or(whole, |said| whole.min(said.into())))
            }
            _ => Some(whole),
        }
    });
    minutes.sum()
}

/// From the beginning of a half-day to its end; 0 where it does not say.
#[must_use]
pub fn slot_minutes(slot: &Slot) -> u64 {
    let minute = |field| {
        let (hours, minutes) = slot.fields.text(field).split_once(':')?;
        Some(hours.parse::<u64>().ok()? * 60 + minutes.parse::<u64>().ok()?)
    };
    let (Some(starts), Some(ends)) = (minute(Field::Starts), minute(Field::Ends)) else { return 0 };
    ends.saturating_sub(starts)
}

/// F3: the INSEE code of a person's département; [`IN_MOROCCO`]; [`UNKNOWN`].
#[must_use]
pub fn departement_of(person: &Fields, association: Option<&Fields>) -> String {
    let by_commune = |fields: &Fields| territory::around_commune(fields.text(Field::CommuneCode));
    let places = [
        by_commune(person),
        association.map_or_else(Vec::new, by_commune),
        association.map_or_else(Vec::new, |fields| territory::around_postcode(fields.text(Field::Postcode))),
    ];
    let place = places.into_iter().find_map(|mut around| around.pop()).unwrap_or_default();
    match place.strip_prefix("FR.") {
        Some(departement) => departement.to_owned(),
        None if place.is_empty() => UNKNOWN.to_owned(),
        None => IN_MOROCCO.to_owned(),
    }
}

/// F3: the HCP code of the province, or région, that an association's people come from; [`SEVERAL`]; [`UNKNOWN`].
#[must_use]
pub fn origin_of(association: Option<&Fields>) -> String {
    let Some(fields) = association else { return UNKNOWN.to_owned() };
    let province = |code: &str| Some(territory::around_commune(code).pop()?.strip_prefix("MA.")?.to_owned());
    let said = fields.text(Field::Origin).split([',', ';']).filter_map(|code| province(code.trim()));
    let mut provinces: BTreeSet<String> = said.collect();
    if provinces.is_empty() {
        provinces.extend(province(fields.text(Field::CommuneCode)));
    }
    match provinces.len() {
        0 => UNKNOWN.to_owned(),
        1 => provinces.pop_first().unwrap_or_default(),
        _ => SEVERAL.to_owned(),
    }
}

/// A key, people where they have names, participations.
type Cell = (String, Option<u32>, u32);

fn named<'a>(came: &[(&'a Somebody, u32)], key: impl Fn(&'a Somebody) -> &'a str) -> Vec<Cell> {
    came.iter().map(|(one, count)| (key(one).to_owned(), Some(1), *count)).collect()
}

/// The people without names of the half-days that there are.
fn counted(event: &EventRecord) -> impl Iterator<Item = &crate::record::Headcount> {
    event.headcounts.iter().filter(|count| event.slots.iter().any(|slot| slot.id == count.slot))
}

/// Adds cells up: those words that there are in any case, and whatever else occurs; F4.
fn table(by: By, words: &[&str], cells: Vec<Cell>) -> FigureTable {
    let words: Vec<&str> = words.iter().copied().filter(|word| *word != "unspecified").collect();
    let is_named = !matches!(by, By::UnnamedSex | By::UnnamedAgeBand);
    let row = |key: &str| FigureRow {
        key: key.to_owned(),
        name: String::new(),
        name_ar: String::new(),
        people: is_named.then_some(0),
        participations: 0,
        shown: Shown::Plain,
    };
    let mut sums: BTreeMap<String, FigureRow> = BTreeMap::new();
    for (key, people, participations) in cells {
        let key = if key == "unspecified" { UNKNOWN.to_owned() } else { key };
        let sum = sums.entry(key.clone()).or_insert_with(|| row(&key));
        sum.people = sum.people.zip(people).map(|(sum, people)| sum.saturating_add(people));
        sum.participations = sum.participations.saturating_add(participations);
    }
    let unknown = sums.remove(UNKNOWN).unwrap_or_else(|| row(UNKNOWN));
    let mut rows: Vec<_> = words.iter().map(|word| sums.remove(*word).unwrap_or_else(|| row(word))).collect();
    rows.extend(sums.into_values());
    // Whether somebody is new is known of everybody.
    if by != By::Novelty {
        rows.push(unknown);
    }
    FigureTable { by, rows, is_published: true }
}

/// F7: says of each number how it may leave the house.
///
/// A cell of 1 to 4 is published as 'fewer than 5'. Each table adds up to a published whole, so further lines are withheld, the smallest
/// first, until every masked cell has two values or more that agree with all that is published: the whole, the lines beside it, and
/// that a masked cell is from 1 to 4 and a withheld one 5 or more. Where no line is left to withhold, the table is not published. Where the
/// whole itself is 1 to 4, no table is, and nothing else that is counted of these people.
///
/// Participations of a masked line are masked with it: in one half-day they are the people. Associations are no people, and are masked
/// only where the whole is.
pub fn publish(figures: &mut Figures) {
    let masked = |whole: u32| if (1..CELL_MIN).contains(&whole) { Shown::Few } else { Shown::Plain };
    figures.shown = masked(figures.people);
    figures.unnamed_shown = masked(figures.unnamed);
    for table in &mut figures.tables {
        let is_unnamed = matches!(table.by, By::UnnamedSex | By::UnnamedAgeBand);
        let whole = if is_unnamed { figures.unnamed_shown } else { figures.shown };
        table.is_published = whole == Shown::Plain && mask(&mut table.rows);
    }
}

/// Masks the lines of one table. False where that cannot be done.
fn mask(rows: &mut [FigureRow]) -> bool {
    let cells: Vec<u32> = rows.iter().map(FigureRow::cell).collect();
    let Some(shown) = masked(&cells) else { return false };
    rows.iter_mut().zip(shown).for_each(|(row, shown)| row.shown = shown);
    true
}

/// F7 for the cells of one table that add up to a published whole: how each leaves the house. None where no way is safe.
#[must_use]
pub fn masked(cells: &[u32]) -> Option<Vec<Shown>> {
    let few = |cell: &u32| if (1..CELL_MIN).contains(cell) { Shown::Few } else { Shown::Plain };
    let mut shown: Vec<Shown> = cells.iter().map(few).collect();
    while !is_safe(cells, &shown) {
        let left = (0..cells.len()).filter(|n| shown[*n] == Shown::Plain && cells[*n] > 0);
        let smallest = left.min_by_key(|n| cells[*n])?;
        shown[smallest] = Shown::Withheld;
    }
    Some(shown)
}

/// Whether each masked cell could be another, for somebody who subtracts.
fn is_safe(cells: &[u32], shown: &[Shown]) -> bool {
    let of = |wanted| cells.iter().zip(shown).filter(move |(_, shown)| **shown == wanted).map(|(cell, _)| *cell);
    let (few, withheld) = (count(of(Shown::Few).count()), count(of(Shown::Withheld).count()));
    let sum: u32 = of(Shown::Few).chain(of(Shown::Withheld)).sum();
    match (few, withheld) {
        (0, 0) => true,
        // All from 1 to 4: neither the least that they can be together, nor the most.
        (_, 0) => few > 1 && few < sum && sum < few * (CELL_MIN - 1),
        // One more than the least that they can be: then each may be one more.
        _ => sum > few + withheld * CELL_MIN,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[u32]) -> Vec<FigureRow> {
        let row = |(n, cell): (usize, &u32)| FigureRow {
            key: n.to_string(),
            name: String::new(),
            name_ar: String::new(),
            people: Some(*cell),
            participations: *cell,
            shown: Shown::Plain,
        };
        cells.iter().enumerate().map(row).collect()
    }

    /// The lines as they are published, or that they are not.
    fn published(cells: &[u32]) -> String {
        let mut rows = rows(cells);
        if !mask(&mut rows) {
            return "nothing".to_owned();
        }
        let words = rows.iter().map(|row| match row.shown {
            Shown::Plain => row.cell().to_string(),
            Shown::Few => "<5".to_owned(),
            Shown::Withheld => "-".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// How many values each masked cell may have, for somebody who tries all.
    fn possible(cells: &[u32]) -> Option<Vec<BTreeSet<u32>>> {
        let mut rows = rows(cells);
        if !mask(&mut rows) {
            return None;
        }
        let masked: Vec<_> = rows.iter().filter(|row| row.shown != Shown::Plain).collect();
        let sum: u32 = masked.iter().map(|row| row.cell()).sum();
        let mut possible = vec![BTreeSet::new(); masked.len()];
        let mut tried = Vec::new();
        attempt(&masked, sum, &mut tried, &mut possible);
        Some(possible)
    }

    fn attempt(masked: &[&FigureRow], left: u32, tried: &mut Vec<u32>, possible: &mut [BTreeSet<u32>]) {
        let Some(row) = masked.get(tried.len()) else {
            if left == 0 {
                tried.iter().zip(possible).for_each(|(value, known)| {
                    known.insert(*value);
                });
            }
            return;
        };
        let values = if row.shown == Shown::Few { 1..=4.min(left) } else { 5..=left };
        for value in values {
            tried.push(value);
            attempt(masked, left - value, tried, possible);
            tried.pop();
        }
    }

    #[test]
    fn f7_a_small_cell_is_masked_and_another_with_it() {
        assert_eq!(published(&[12, 9, 0]), "12 9 0");
        assert_eq!(published(&[12, 3, 0]), "- <5 0");
        assert_eq!(published(&[12, 3, 2]), "12 <5 <5");
        // Two that are together 2, or 8, are known to be 1 and 1, or 4 and 4.
        assert_eq!(published(&[12, 7, 1, 1]), "12 - <5 <5");
        assert_eq!(published(&[12, 7, 4, 4]), "12 - <5 <5");
        // 6 is 1 and 5, and nothing else.
        assert_eq!(published(&[12, 5, 1]), "- - <5");
        assert_eq!(published(&[5, 1]), "nothing");
        assert_eq!(published(&[1, 1, 1, 1, 1]), "nothing");
    }

    #[test]
    fn f7_no_masked_cell_follows_from_what_is_published() {
        let mut masked = 0;
        for n in 0..9_u32.pow(5) {
            let cells: Vec<u32> = (0..5).map(|place| n / 9_u32.pow(place) % 9).collect();
            for (values, cells) in possible(&cells).into_iter().flatten().zip(std::iter::repeat(&cells)) {
                assert!(values.len() > 1, "{cells:?}: {values:?}");
                masked += 1;
            }
        }
        assert!(masked > 100_000);
    }

    #[test]
    fn f3_where_somebody_is_of() {
        let fields = |all: &[(Field, &str)]| {
            let register = |value: &str| crate::record::Register { value: value.into(), apart: Vec::new() };
            Fields(all.iter().map(|(field, value)| (*field, register(value))).collect())
        };
        let nobody = fields(&[]);
        let marseille = fields(&[(Field::CommuneCode, "13055")]);
        let nice = fields(&[(Field::Postcode, "06000")]);
        let tiznit = fields(&[(Field::CommuneCode, "09.581.01.01"), (Field::Postcode, "85000")]);
        assert_eq!(departement_of(&marseille, Some(&nice)), "13");
        assert_eq!(departement_of(&nobody, Some(&nice)), "06");
        assert_eq!(departement_of(&nobody, Some(&tiznit)), IN_MOROCCO);
        assert_eq!(departement_of(&nobody, None), UNKNOWN);
        assert_eq!(origin_of(Some(&tiznit)), "09.581");
        assert_eq!(origin_of(Some(&nice)), UNKNOWN);
        let of = |said| fields(&[(Field::CommuneCode, "13055"), (Field::Origin, said)]);
        assert_eq!(origin_of(Some(&of("09.541.05.13, 09.541.01.05"))), "09.541");
        assert_eq!(origin_of(Some(&of("09.541;09.551.01.01"))), SEVERAL);
    }
}
