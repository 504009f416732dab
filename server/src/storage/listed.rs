//! The lines of lists: people, associations, events and dossiers, each with what stands in several documents. Joined people are one line
//! (M7).
//!
//! There are two ways to a list. Who sees everything reads the table `listed`, by its indexes and its full-text index. For whom a part
//! was given, the lines are made of that part alone, and sorted and filtered here: a number in them counts nothing that they may not
//! see. Tests hold the two against each other.

mod keep;
mod line;
mod reach;

use std::{cmp::Ordering, collections::BTreeSet};

use rusqlite::{Connection, Row, types::Value as Sql};
use serde::{Deserialize, Serialize};
use shared::{
    document::Kind,
    id::DocumentId,
    names::{self, Mistyped},
};

use self::line::Scene;
pub use self::{
    keep::{Before, agrees, rebuild, refresh},
    reach::{Reached, people_by_place, reached},
};
use super::{StoreError, documents::kind_at};

/// Words of a query that are looked at.
const WORDS_MAX: usize = 8;
/// Where fewer are found by what was typed, names that differ by a letter or two are looked for.
const FEW: usize = 20;
/// How well those fit, behind the four of [`queries`].
const NEAR: i64 = 4;
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

/// The filters that are asked for, as a condition: one that is not would cost as much as one that is. As [`fits`].
fn condition(wanted: &Wanted) -> String {
    let asked = [
        (!wanted.place.is_empty(), "(place = :place OR substr(place, 1, length(:place) + 1) = :place || '.')"),
        (wanted.association.is_some(), "association = :association"),
        (!wanted.sex.is_empty(), "sex = :sex"),
        (!wanted.age_band.is_empty(), "age_band = :age_band"),
        (!wanted.sector.is_empty(), "instr(sectors, '|' || :sector || '|') > 0"),
        (!wanted.network.is_empty(), "instr(networks, '|' || :network || '|') > 0"),
        (!wanted.origin.is_empty(), "instr(origin, '|' || :origin || '|') > 0"),
        (!wanted.word.is_empty(), "word = :word"),
        (!wanted.from.is_empty(), "day >= :from"),
        (!wanted.until.is_empty(), "day <> '' AND day <= :until"),
        (
            !wanted.lacks.is_empty(),
            "CASE :lacks WHEN 'place' THEN place = '' WHEN 'association' THEN association IS NULL WHEN 'sex' THEN sex = ''
                 WHEN 'age_band' THEN age_band = '' WHEN 'sectors' THEN sectors = '' WHEN 'networks' THEN networks = ''
                 WHEN 'origin' THEN origin = '' WHEN 'events' THEN events = 0 WHEN 'dossiers' THEN dossiers = 0 ELSE 0 END",
        ),
    ];
    let asked = asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, condition)| condition);
    std::iter::once("kind = :kind").chain(asked).collect::<Vec<_>>().join(" AND ")
}

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
    let scene = Scene { db, held };
    let mut wanted = wanted.clone();
    // Lines name the association that stands for theirs.
    wanted.association = wanted.association.map(|id| scene.stands_for(id)).transpose()?;
    match held {
        Some(held) => list_of(db, kind, &wanted, &asked, held, after, limit),
        None => list_all(db, kind, &wanted, &asked, after, limit),
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
    let typed: Vec<Mistyped> = asked.words.iter().map(|word| Mistyped::new(word)).collect();
    let mut near: Vec<Vec<String>> = vec![Vec::new(); asked.words.len()];
    let mut terms = statement.query([])?;
    while let Some(row) = terms.next()? {
        let term = row.get_ref(0)?.as_str().unwrap_or_default();
        for (word, near) in typed.iter().zip(&mut near) {
            if near.len() < NEAR_WORDS_MAX && word.is_near(term) {
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

/// In which order places come.
fn order(wanted: &Wanted, a: &Place, b: &Place) -> Ordering {
    let keys = (&a.1, a.2).cmp(&(&b.1, b.2));
    a.0.cmp(&b.0).then(if wanted.descends { keys.reverse() } else { keys })
}

fn list_all(
    db: &Connection,
    kind: Kind,
    wanted: &Wanted,
    asked: &Asked,
    after: Option<&Place>,
    limit: usize,
) -> Result<Lines, StoreError> {
    if asked.words.is_empty() {
        return browse(db, kind, wanted, after, limit);
    }
    let queries = queries(asked);
    let mut found = hits(db, kind, wanted, &queries)?;
    if found.len() < FEW {
        let near = near_query(db, asked)?;
        let known: BTreeSet<i64> = found.iter().map(|(_, _, number)| *number).collect();
        let near = hits(db, kind, wanted, &[near])?.into_iter().filter(|(_, _, number)| !known.contains(number));
        found.extend(near.map(|(_, key, number)| (NEAR, key, number)));
    }
    found.sort_by(|a, b| order(wanted, a, b));
    let total = found.len() as u64;
    let page =
        found.into_iter().filter(|place| after.is_none_or(|after| order(wanted, place, after).is_gt())).take(limit);
    let mut statement = db.prepare_cached("SELECT * FROM listed WHERE number = ?")?;
    let lines = page.map(|place| Ok((statement.query_row([place.2], listed_at)?, place)));
    Ok(Lines { lines: lines.collect::<Result<_, StoreError>>()?, total })
}

/// Lines in the order of an index.
fn browse(
    db: &Connection,
    kind: Kind,
    wanted: &Wanted,
    after: Option<&Place>,
    limit: usize,
) -> Result<Lines, StoreError> {
    let condition = condition(wanted);
    let mut names = filters(kind, wanted);
    let total = db
        .prepare_cached(&format!("SELECT count(*) FROM listed WHERE {condition}"))?
        .query_row(bound(&names).as_slice(), |row| row.get(0))?;
    // Only words of ours stand in the statement; whatever somebody typed is bound.
    let (column, order, beyond) = match wanted.descends {
        true => (wanted.sort.column(), "DESC", "<"),
        false => (wanted.sort.column(), "ASC", ">"),
    };
    let behind = match after {
        Some(_) => format!("AND ({column}, number) {beyond} (:key, :number)"),
        None => String::new(),
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT * FROM listed WHERE {condition} {behind} ORDER BY {column} {order}, number {order} LIMIT :limit"
    ))?;
    names.push((":limit", Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX))));
    if let Some((_, key, number)) = after {
        names.extend([(":key", key.into()), (":number", Sql::Integer(*number))]);
    }
    let rows = statement.query_map(bound(&names).as_slice(), |row| {
        let one = listed_at(row)?;
        let place = (0, wanted.sort.of(&one), one.number);
        Ok((one, place))
    })?;
    Ok(Lines { lines: rows.collect::<Result<_, _>>()?, total })
}

/// The places of all lines that fit one of the queries, by the first that each fits.
fn hits(db: &Connection, kind: Kind, wanted: &Wanted, queries: &[String]) -> Result<Vec<Place>, StoreError> {
    const MATCHES: [&str; 4] = [":match0", ":match1", ":match2", ":match3"];
    let found = MATCHES.iter().zip(queries).enumerate().map(|(tier, (name, _))| {
        format!("SELECT rowid AS number, {tier} AS tier FROM listed_text WHERE listed_text MATCH {name}")
    });
    let statement = format!(
        "SELECT tier, {}, number FROM (SELECT number, min(tier) AS tier FROM ({}) GROUP BY number) JOIN listed USING (number)
         WHERE {}",
        wanted.sort.column(),
        found.collect::<Vec<_>>().join(" UNION ALL "),
        condition(wanted)
    );
    let mut names = filters(kind, wanted);
    names.extend(MATCHES.into_iter().zip(queries).map(|(name, query)| (name, Sql::Text(query.clone()))));
    let mut statement = db.prepare_cached(&statement)?;
    let rows = statement.query_map(bound(&names).as_slice(), |row| {
        let key = match row.get(1)? {
            Sql::Integer(number) => Key::Number(number),
            Sql::Text(text) => Key::Text(text),
            _ => Key::Text(String::new()),
        };
        Ok((row.get(0)?, key, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn bound<'a>(names: &'a [(&'static str, Sql)]) -> Vec<(&'static str, &'a dyn rusqlite::ToSql)> {
    names.iter().map(|(name, value)| (*name, value as &dyn rusqlite::ToSql)).collect()
}

/// The values of [`condition`].
fn filters(kind: Kind, wanted: &Wanted) -> Vec<(&'static str, Sql)> {
    let texts = [
        (":place", &wanted.place),
        (":sex", &wanted.sex),
        (":age_band", &wanted.age_band),
        (":sector", &wanted.sector),
        (":network", &wanted.network),
        (":origin", &wanted.origin),
        (":word", &wanted.word),
        (":from", &wanted.from),
        (":until", &wanted.until),
        (":lacks", &wanted.lacks),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let association = wanted.association.map(|id| (":association", Sql::Blob(id.0.to_vec())));
    std::iter::once((":kind", Sql::Integer(i64::from(kind as u8))))
        .chain(association)
        .chain(texts.map(|(name, text)| (name, Sql::Text(text.clone()))))
        .collect()
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
    let few = all.iter().filter(|(tier, ..)| tier.is_some()).count() < FEW;
    let mut found: Vec<(i64, Listed)> = Vec::new();
    for (tier, one, text) in all {
        if let Some(tier) = tier.or_else(|| (few && is_near(asked, &text)).then_some(NEAR)) {
            found.push((tier, one));
        }
    }
    let place = |tier: i64, one: &Listed| (tier, wanted.sort.of(one), one.number);
    let mut lines: Vec<(Listed, Place)> = found
        .into_iter()
        .map(|(tier, one)| {
            let place = place(tier, &one);
            (one, place)
        })
        .collect();
    lines.sort_by(|(_, a), (_, b)| order(wanted, a, b));
    let total = lines.len() as u64;
    lines.retain(|(_, place)| after.is_none_or(|after| order(wanted, place, after).is_gt()));
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
        let mistyped = Mistyped::new(typed);
        text.name.split(' ').any(|word| word.starts_with(typed.as_str()) || mistyped.is_near(word))
    };
    asked.words.iter().all(near)
}
