//! The lines of lists: people, associations, events and dossiers, each with what stands in several documents. Joined people are one line
//! (M7).
//!
//! There are two ways to a list. Who sees everything reads the table `listed`, by its indexes and its full-text index. For whom a part
//! was given, the lines are made of that part alone, and sorted and filtered here: a number in them counts nothing that they may not
//! see. Tests hold the two against each other.

mod keep;
mod line;
mod reach;

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, types::Value as Sql};
use serde::{Deserialize, Serialize};
use shared::{document::Kind, id::DocumentId, names};

use self::line::Scene;
pub use self::{
    keep::{Before, agrees, rebuild, refresh},
    reach::{Reached, people_by_place, reached},
};
use super::{StoreError, documents::kind_at};

/// Words of a query that are looked at.
const WORDS_MAX: usize = 8;
/// Where fewer are found by what was typed, names that differ by a letter or two are looked for.
const FEW: u64 = 20;
/// Words by which one that was typed wrongly is understood.
const NEAR_WORDS_MAX: usize = 200;
/// Digits from which on a query is a number of something.
const DIGITS_MIN: usize = 4;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub number: i64,
    pub document: DocumentId,
    pub kind: Kind,
    pub title: String,
    pub title_ar: String,
    pub sort: String,
    pub sex: String,
    pub age_band: String,
    pub commune: String,
    pub place: String,
    pub place_sort: String,
    pub association: Option<DocumentId>,
    pub association_title: String,
    pub association_sort: String,
    pub word: String,
    pub sectors: String,
    pub networks: String,
    pub origin: String,
    pub coordinator: String,
    pub joined: i64,
    pub events: i64,
    pub people: i64,
    pub dossiers: i64,
    pub cents: i64,
    pub day: String,
}

/// By what a line is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Text {
    name: String,
    other: String,
    sound: String,
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Name,
    Place,
    Association,
    Day,
    Events,
    People,
    Dossiers,
    Cents,
}

impl Sort {
    /// The column by that word of an address.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "name" => Self::Name,
            "place" => Self::Place,
            "association" => Self::Association,
            "day" => Self::Day,
            "events" => Self::Events,
            "people" => Self::People,
            "dossiers" => Self::Dossiers,
            "cents" => Self::Cents,
            _ => return None,
        })
    }

    fn column(self) -> &'static str {
        match self {
            Self::Name => "sort",
            Self::Place => "place_sort",
            Self::Association => "association_sort",
            Self::Day => "day",
            Self::Events => "events",
            Self::People => "people",
            Self::Dossiers => "dossiers",
            Self::Cents => "cents",
        }
    }

    fn of(self, one: &Listed) -> Key {
        match self {
            Self::Name => Key::Text(one.sort.clone()),
            Self::Place => Key::Text(one.place_sort.clone()),
            Self::Association => Key::Text(one.association_sort.clone()),
            Self::Day => Key::Text(one.day.clone()),
            Self::Events => Key::Number(one.events),
            Self::People => Key::Number(one.people),
            Self::Dossiers => Key::Number(one.dossiers),
            Self::Cents => Key::Number(one.cents),
        }
    }
}

/// What a line is sorted by, in its column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    Number(i64),
    Text(String),
}

impl From<&Key> for Sql {
    fn from(key: &Key) -> Self {
        match key {
            Key::Number(number) => Self::Integer(*number),
            Key::Text(text) => Self::Text(text.clone()),
        }
    }
}

/// Where a page ended: how well the last line fitted what was looked for, its key, its number.
pub type Place = (i64, Key, i64);

/// Which lines, and in which order. Empty is whatever there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub words: String,
    /// A territory, or one around others: `MA.09`.
    pub place: String,
    pub association: Option<DocumentId>,
    pub sex: String,
    pub age_band: String,
    pub sector: String,
    pub network: String,
    /// A province or commune from which an association's people come.
    pub origin: String,
    /// The kind of an event, the stage of a dossier.
    pub word: String,
    pub from: String,
    pub until: String,
    /// What is not filled in: one of [`LACKS`].
    pub lacks: String,
    pub sort: Sort,
    pub descends: bool,
}

/// What a line may lack.
pub const LACKS: &[&str] =
    &["place", "association", "sex", "age_band", "sectors", "networks", "origin", "events", "dossiers"];

/// Some lines of a list, each with the place behind it, and how many the list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub lines: Vec<(Listed, Place)>,
    pub total: u64,
}

/// The condition that all filters come to. As [`fits`].
const FILTERS: &str = "listed.kind = :kind
    AND (:place = '' OR place = :place OR substr(place, 1, length(:place) + 1) = :place || '.')
    AND (:association IS NULL OR association = :association)
    AND (:sex = '' OR sex = :sex)
    AND (:age_band = '' OR age_band = :age_band)
    AND (:sector = '' OR instr(sectors, '|' || :sector || '|') > 0)
    AND (:network = '' OR instr(networks, '|' || :network || '|') > 0)
    AND (:origin = '' OR instr(origin, '|' || :origin || '|') > 0)
    AND (:word = '' OR word = :word)
    AND (:from = '' OR day >= :from)
    AND (:until = '' OR (day <> '' AND day <= :until))
    AND CASE :lacks WHEN '' THEN 1 WHEN 'place' THEN place = '' WHEN 'association' THEN association IS NULL
        WHEN 'sex' THEN sex = '' WHEN 'age_band' THEN age_band = '' WHEN 'sectors' THEN sectors = ''
        WHEN 'networks' THEN networks = '' WHEN 'origin' THEN origin = '' WHEN 'events' THEN events = 0
        WHEN 'dossiers' THEN dossiers = 0 ELSE 0 END";

fn fits(wanted: &Wanted, one: &Listed) -> bool {
    let is = |said: &str, wanted: &str| wanted.is_empty() || said == wanted;
    let has = |said: &str, wanted: &str| wanted.is_empty() || said.contains(&format!("|{wanted}|"));
    let lies = |around: &str| is(&one.place, around) || one.place.starts_with(&format!("{around}."));
    let lacks = match wanted.lacks.as_str() {
        "" => true,
        "place" => one.place.is_empty(),
        "association" => one.association.is_none(),
        "sex" => one.sex.is_empty(),
        "age_band" => one.age_band.is_empty(),
        "sectors" => one.sectors.is_empty(),
        "networks" => one.networks.is_empty(),
        "origin" => one.origin.is_empty(),
        "events" => one.events == 0,
        "dossiers" => one.dossiers == 0,
        _ => false,
    };
    lies(&wanted.place)
        && wanted.association.is_none_or(|id| one.association == Some(id))
        && is(&one.sex, &wanted.sex)
        && is(&one.age_band, &wanted.age_band)
        && has(&one.sectors, &wanted.sector)
        && has(&one.networks, &wanted.network)
        && has(&one.origin, &wanted.origin)
        && is(&one.word, &wanted.word)
        && (wanted.from.is_empty() || one.day >= wanted.from)
        && (wanted.until.is_empty() || (!one.day.is_empty() && one.day <= wanted.until))
        && lacks
}

/// Lists documents of a kind, from behind `after` on. `held` is what the caller may see; everything where it is none.
pub fn list(
    db: &Connection,
    kind: Kind,
    wanted: &Wanted,
    held: Option<&BTreeSet<DocumentId>>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Lines, StoreError> {
    let asked = Asked::of(&wanted.words);
    match held {
        Some(held) => list_of(db, kind, wanted, &asked, held, after, limit),
        None => list_all(db, kind, wanted, &asked, after, limit),
    }
}

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
struct Asked {
    words: Vec<String>,
    /// See `names::sound_keys`.
    sounds: Vec<Vec<String>>,
}

impl Asked {
    fn of(words: &str) -> Self {
        let folded = names::fold_search(words);
        let mut words: Vec<String> = folded.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        words.truncate(WORDS_MAX);
        let digits: String = words.concat();
        if digits.len() >= DIGITS_MIN && digits.bytes().all(|b| b.is_ascii_digit()) {
            words = vec![digits.strip_prefix("00").unwrap_or(&digits).to_owned()];
        }
        Self { sounds: names::sound_keys(&folded), words }
    }

    /// The words, and the same with two neighbours written as one.
    fn readings(&self) -> Vec<Vec<String>> {
        let glued = (1..self.words.len()).map(|at| {
            let mut words = self.words.clone();
            let second = words.remove(at);
            words[at - 1].push_str(&second);
            words
        });
        std::iter::once(self.words.clone()).chain(glued).collect()
    }
}

// Looking in everything.

/// How well lines fit, by what each fits: whole words of the name, beginnings of them, of anything, the sound of the name, letters.
fn queries(asked: &Asked) -> Vec<String> {
    let words = |columns: &str, star: &str| {
        let readings = asked.readings().into_iter().map(|words| {
            let all = words.iter().map(|word| format!("\"{word}\"{star}")).collect::<Vec<_>>().join(" AND ");
            format!("({all})")
        });
        format!("{{{columns}}} : ({})", readings.collect::<Vec<_>>().join(" OR "))
    };
    let mut queries = vec![words("name", ""), words("name", "*"), words("name other", "*")];
    let sounds = asked
        .sounds
        .iter()
        .map(|keys| format!("({})", keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(" OR ")));
    let sounds = sounds.collect::<Vec<_>>().join(" AND ");
    if !sounds.is_empty() {
        queries.push(format!("{{sound}} : ({sounds})"));
    }
    queries
}

/// The query for names of which some letters are others.
fn near_query(db: &Connection, asked: &Asked) -> Result<String, StoreError> {
    let mut statement = db.prepare_cached("SELECT term FROM listed_word WHERE col = 'name'")?;
    let mut near: Vec<Vec<String>> = vec![Vec::new(); asked.words.len()];
    let mut terms = statement.query([])?;
    while let Some(row) = terms.next()? {
        let term = row.get_ref(0)?.as_str().unwrap_or_default();
        for (word, near) in asked.words.iter().zip(&mut near) {
            if near.len() < NEAR_WORDS_MAX && names::is_near(word, term) {
                near.push(format!("\"{term}\""));
            }
        }
    }
    let words = asked.words.iter().zip(near).map(|(word, near)| {
        let all: Vec<String> = std::iter::once(format!("\"{word}\"*")).chain(near).collect();
        format!("({})", all.join(" OR "))
    });
    Ok(format!("{{name}} : ({})", words.collect::<Vec<_>>().join(" AND ")))
}

/// What a statement reads from: all lines, or those that fit one of the queries.
fn source(tiers: usize) -> String {
    if tiers == 0 {
        return "SELECT listed.*, 0 AS tier FROM listed".to_owned();
    }
    let found = (0..tiers).map(|tier| {
        format!("SELECT rowid AS number, {tier} AS tier FROM listed_text WHERE listed_text MATCH :match{tier}")
    });
    let found = found.collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "SELECT listed.*, tier FROM (SELECT number, min(tier) AS tier FROM ({found}) GROUP BY number) JOIN listed USING (number)"
    )
}

fn list_all(
    db: &Connection,
    kind: Kind,
    wanted: &Wanted,
    asked: &Asked,
    after: Option<&Place>,
    limit: usize,
) -> Result<Lines, StoreError> {
    let mut queries = if asked.words.is_empty() { Vec::new() } else { queries(asked) };
    let mut total = count(db, kind, wanted, &queries)?;
    if !asked.words.is_empty() && total < FEW {
        // By place, so that a list without sounds has the same places.
        while queries.len() < 4 {
            queries.push(queries[0].clone());
        }
        queries.push(near_query(db, asked)?);
        total = count(db, kind, wanted, &queries)?;
    }
    // Only words of ours stand in the statement; whatever somebody typed is bound.
    let (column, order, beyond) = match wanted.descends {
        true => (wanted.sort.column(), "DESC", "<"),
        false => (wanted.sort.column(), "ASC", ">"),
    };
    let behind = match after {
        Some(_) => {
            format!("AND (tier > :tier OR (tier = :tier AND ({column}, number) {beyond} (:key, :number)))")
        }
        None => String::new(),
    };
    let source = source(queries.len());
    let statement = format!(
        "SELECT * FROM ({source}) AS listed WHERE {FILTERS} {behind}
         ORDER BY {}{column} {order}, number {order} LIMIT :limit",
        if queries.is_empty() { "" } else { "tier, " }
    );
    let mut statement = db.prepare_cached(&statement)?;
    let mut names = filters(kind, wanted, &queries);
    names.push((":limit".to_owned(), Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX))));
    if let Some((tier, key, number)) = after {
        names.push((":tier".to_owned(), Sql::Integer(*tier)));
        names.push((":key".to_owned(), key.into()));
        names.push((":number".to_owned(), Sql::Integer(*number)));
    }
    let names: Vec<(&str, &dyn rusqlite::ToSql)> =
        names.iter().map(|(name, value)| (name.as_str(), value as &dyn rusqlite::ToSql)).collect();
    let rows = statement.query_map(names.as_slice(), |row| {
        let one = listed_at(row)?;
        let place = (row.get("tier")?, wanted.sort.of(&one), one.number);
        Ok((one, place))
    })?;
    Ok(Lines { lines: rows.collect::<Result<_, _>>()?, total })
}

fn filters(kind: Kind, wanted: &Wanted, queries: &[String]) -> Vec<(String, Sql)> {
    let text = |name: &str, value: &str| (name.to_owned(), Sql::Text(value.to_owned()));
    let mut all = vec![
        (":kind".to_owned(), Sql::Integer(i64::from(kind as u8))),
        text(":place", &wanted.place),
        (":association".to_owned(), wanted.association.map_or(Sql::Null, |id| Sql::Blob(id.0.to_vec()))),
        text(":sex", &wanted.sex),
        text(":age_band", &wanted.age_band),
        text(":sector", &wanted.sector),
        text(":network", &wanted.network),
        text(":origin", &wanted.origin),
        text(":word", &wanted.word),
        text(":from", &wanted.from),
        text(":until", &wanted.until),
        text(":lacks", &wanted.lacks),
    ];
    all.extend(queries.iter().enumerate().map(|(tier, query)| text(&format!(":match{tier}"), query)));
    all
}

fn count(db: &Connection, kind: Kind, wanted: &Wanted, queries: &[String]) -> Result<u64, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT count(*) FROM ({}) AS listed WHERE {FILTERS}", source(queries.len())))?;
    let names = filters(kind, wanted, queries);
    let names: Vec<(&str, &dyn rusqlite::ToSql)> =
        names.iter().map(|(name, value)| (name.as_str(), value as &dyn rusqlite::ToSql)).collect();
    Ok(statement.query_row(names.as_slice(), |row| row.get(0))?)
}

fn listed_at(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        number: row.get("number")?,
        document: DocumentId(row.get("document_id")?),
        kind: kind_at(row, 2)?,
        title: row.get("title")?,
        title_ar: row.get("title_ar")?,
        sort: row.get("sort")?,
        sex: row.get("sex")?,
        age_band: row.get("age_band")?,
        commune: row.get("commune")?,
        place: row.get("place")?,
        place_sort: row.get("place_sort")?,
        association: row.get::<_, Option<_>>("association")?.map(DocumentId),
        association_title: row.get("association_title")?,
        association_sort: row.get("association_sort")?,
        word: row.get("word")?,
        sectors: row.get("sectors")?,
        networks: row.get("networks")?,
        origin: row.get("origin")?,
        coordinator: row.get("coordinator")?,
        joined: row.get("joined")?,
        events: row.get("events")?,
        people: row.get("people")?,
        dossiers: row.get("dossiers")?,
        cents: row.get("cents")?,
        day: row.get("day")?,
    })
}

// Looking in what was given to somebody.

fn list_of(
    db: &Connection,
    kind: Kind,
    wanted: &Wanted,
    asked: &Asked,
    held: &BTreeSet<DocumentId>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Lines, StoreError> {
    let scene = Scene { db, held: Some(held) };
    let mut all = Vec::new();
    for id in held {
        if let Some((one, text)) = scene.line(kind, *id)?.filter(|(one, _)| fits(wanted, one)) {
            all.push((tier(asked, &text), one, text));
        }
    }
    let few = all.iter().filter(|(tier, ..)| tier.is_some()).count() < usize::try_from(FEW).unwrap_or(usize::MAX);
    let mut found: Vec<(i64, Listed)> = Vec::new();
    for (tier, one, text) in all {
        if let Some(tier) = tier.or_else(|| (few && is_near(asked, &text)).then_some(4)) {
            found.push((tier, one));
        }
    }
    let place = |tier: i64, one: &Listed| (tier, wanted.sort.of(one), one.number);
    let by = |a: &Place, b: &Place| {
        let keys = (&a.1, a.2).cmp(&(&b.1, b.2));
        a.0.cmp(&b.0).then(if wanted.descends { keys.reverse() } else { keys })
    };
    let mut lines: Vec<(Listed, Place)> = found
        .into_iter()
        .map(|(tier, one)| {
            let place = place(tier, &one);
            (one, place)
        })
        .collect();
    lines.sort_by(|(_, a), (_, b)| by(a, b));
    let total = lines.len() as u64;
    lines.retain(|(_, place)| after.is_none_or(|after| by(place, after).is_gt()));
    lines.truncate(limit);
    Ok(Lines { lines, total })
}

/// See [`queries`].
fn tier(asked: &Asked, text: &Text) -> Option<i64> {
    if asked.words.is_empty() {
        return Some(0);
    }
    let words = |columns: &[&str], fits: &dyn Fn(&str, &str) -> bool| {
        let found = |word: &String| columns.iter().flat_map(|text| text.split(' ')).any(|other| fits(word, other));
        asked.readings().iter().any(|reading| reading.iter().all(found))
    };
    let begins = |typed: &str, word: &str| word.starts_with(typed);
    if words(&[&text.name], &|typed, word| typed == word) {
        Some(0)
    } else if words(&[&text.name], &begins) {
        Some(1)
    } else if words(&[&text.name, &text.other], &begins) {
        Some(2)
    } else {
        let sounds = |keys: &Vec<String>| keys.iter().any(|key| text.sound.split(' ').any(|other| other == key));
        (!asked.sounds.is_empty() && asked.sounds.iter().all(sounds)).then_some(3)
    }
}

fn is_near(asked: &Asked, text: &Text) -> bool {
    let near = |typed: &String| {
        text.name.split(' ').any(|word| word.starts_with(typed.as_str()) || names::is_near(typed, word))
    };
    asked.words.iter().all(near)
}
