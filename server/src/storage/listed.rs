//! The lines of lists: people, associations, events and dossiers, each with what stands in several documents. Joined people are one line
//! (M7).
//!
//! There are two ways to a list. Who sees everything reads the table `listed`, by its indexes and its full-text index. For whom a part
//! was given, the lines are made of that part alone, and sorted and filtered here: a number in them counts nothing that they may not
//! see. Tests hold the two against each other.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, types::Value as Sql};
use serde::{Deserialize, Serialize};
use shared::{document::Kind, id::DocumentId, names};

use super::{
    StoreError,
    documents::kind_at,
    projections::{UNNAMED, sorting},
};
use crate::places;

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

// Making lines.

/// What may be looked at.
struct Scene<'a> {
    db: &'a Connection,
    held: Option<&'a BTreeSet<DocumentId>>,
}

impl Scene<'_> {
    fn sees(&self, id: DocumentId) -> bool {
        self.held.is_none_or(|held| held.contains(&id))
    }

    fn ids(&self, statement: &'static str, id: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        let mut statement = self.db.prepare_cached(statement)?;
        let rows = statement.query_map([id.0], |row| row.get(0).map(DocumentId))?;
        let mut ids = rows.collect::<Result<Vec<_>, _>>()?;
        ids.retain(|id| self.sees(*id));
        Ok(ids)
    }

    /// Whom a person points at; nothing where there is no such person here.
    fn points_at(&self, person: DocumentId) -> Result<Option<Option<DocumentId>>, StoreError> {
        if !self.sees(person) {
            return Ok(None);
        }
        let mut statement = self.db.prepare_cached("SELECT same_as FROM person WHERE document_id = ?")?;
        let same_as = statement.query_row([person.0], |row| row.get::<_, Option<_>>(0)).optional()?;
        Ok(same_as.map(|same_as| same_as.map(DocumentId)))
    }

    /// Who stands for a person, as phones have it (`Replica::stands_for`): the end of the links, or the smallest id of a ring.
    fn stands_for(&self, person: DocumentId) -> Result<DocumentId, StoreError> {
        let mut seen = vec![person];
        loop {
            let at = seen[seen.len() - 1];
            match self.points_at(at)? {
                // The end of the links is not here: the last one that is stands for all.
                None => return Ok(seen[seen.len().saturating_sub(2)]),
                Some(None) => return Ok(at),
                Some(Some(next)) => match seen.iter().position(|id| *id == next) {
                    Some(ring) => return Ok(seen[ring..].iter().copied().min().unwrap_or(at)),
                    None => seen.push(next),
                },
            }
        }
    }

    /// Everybody for whom this one stands, themselves first.
    fn joined(&self, stands: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        let mut all = vec![stands];
        let mut at = 0;
        while at < all.len() {
            for id in self.ids("SELECT document_id FROM person WHERE same_as = ?", all[at])? {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
            at += 1;
        }
        Ok(all)
    }

    /// The events in which these people took part.
    fn attended(&self, people: &[DocumentId]) -> Result<BTreeSet<DocumentId>, StoreError> {
        let mut events = BTreeSet::new();
        for person in people {
            events.extend(self.ids(
                "SELECT DISTINCT document_id FROM attendance
                 WHERE person = ? AND status IN ('present', 'partial', 'remote')",
                *person,
            )?);
        }
        Ok(events)
    }

    fn last_day(&self, events: &BTreeSet<DocumentId>) -> Result<String, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT last_day FROM event WHERE document_id = ?")?;
        let mut last = String::new();
        for event in events {
            last = last.max(statement.query_row([event.0], |row| row.get(0)).optional()?.unwrap_or_default());
        }
        Ok(last)
    }

    /// The title and the place of an association.
    fn association(&self, id: Option<DocumentId>) -> Result<(String, String), StoreError> {
        let Some(id) = id.filter(|id| self.sees(*id)) else { return Ok(Default::default()) };
        let mut statement = self.db.prepare_cached("SELECT title, place FROM association WHERE document_id = ?")?;
        Ok(statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or_default())
    }

    /// A document's line, if it is one of that kind that has a line.
    fn line(&self, kind: Kind, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        match kind {
            Kind::Person => self.person(id),
            Kind::Association => self.of_association(id),
            Kind::Event => self.event(id),
            Kind::Dossier => self.dossier(id),
            Kind::Contact | Kind::Call | Kind::Settings => Ok(None),
        }
    }

    fn blank(&self, kind: Kind, id: DocumentId) -> Result<Listed, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT number FROM document WHERE id = ?")?;
        let number = statement.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or_default();
        let unnamed = || UNNAMED.to_owned();
        Ok(Listed {
            number,
            document: id,
            kind,
            title: String::new(),
            title_ar: String::new(),
            sort: unnamed(),
            sex: String::new(),
            age_band: String::new(),
            commune: String::new(),
            place: String::new(),
            place_sort: unnamed(),
            association: None,
            association_title: String::new(),
            association_sort: unnamed(),
            word: String::new(),
            sectors: String::new(),
            networks: String::new(),
            origin: String::new(),
            coordinator: String::new(),
            joined: 0,
            events: 0,
            people: 0,
            dossiers: 0,
            cents: 0,
            day: String::new(),
        })
    }

    fn person(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        if self.points_at(id)?.is_none() || self.stands_for(id)? != id {
            return Ok(None);
        }
        let mut one = self.blank(Kind::Person, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT name, name_ar, sort, sex, age_band, commune, place, association FROM person WHERE document_id = ?",
        )?;
        statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.title_ar = row.get(1)?;
            one.sort = row.get(2)?;
            one.sex = row.get(3)?;
            one.age_band = row.get(4)?;
            one.commune = row.get(5)?;
            one.place = row.get(6)?;
            one.association = row.get::<_, Option<_>>(7)?.map(DocumentId);
            Ok(())
        })?;
        let all = self.joined(id)?;
        let events = self.attended(&all)?;
        let (title, seat) = self.association(one.association)?;
        one.lie(if one.place.is_empty() { seat } else { one.place.clone() });
        one.belong(title);
        one.joined = length(all.len() - 1);
        one.events = length(events.len());
        one.day = self.last_day(&events)?;
        let mut text = Text::default();
        for person in all {
            self.add_names(person, &mut text)?;
        }
        text.also(&one.association_title);
        text.also(&one.commune);
        text.also(places::names_of(&one.place).unwrap_or_default().0);
        Ok(Some((one, text)))
    }

    /// The names and numbers by which one of several joined people is found.
    fn add_names(&self, person: DocumentId, text: &mut Text) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached("SELECT name, name_ar FROM person WHERE document_id = ?")?;
        let (name, name_ar): (String, String) =
            statement.query_row([person.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or_default();
        text.named(&name);
        if name_ar != name {
            text.named(&name_ar);
        }
        if self.sees(DocumentId::contact_of(person)) {
            let mut statement = self.db.prepare_cached("SELECT e164 FROM phone WHERE person = ? ORDER BY e164")?;
            let phones = statement.query_map([person.0], |row| row.get::<_, String>(0))?;
            for phone in phones {
                text.dialled(&phone?);
            }
        }
        Ok(())
    }

    fn of_association(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        let mut one = self.blank(Kind::Association, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, name_ar, place, city, sectors, networks, search, rna, siret
             FROM association WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.title_ar = row.get(1)?;
            one.commune = row.get(3)?;
            one.sectors = barred(&row.get::<_, String>(4)?);
            one.networks = barred(&row.get::<_, String>(5)?);
            Ok((row.get::<_, String>(2)?, row.get::<_, String>(6)?, row.get::<_, String>(7)?, row.get::<_, String>(8)?))
        });
        let Some((place, search, rna, siret)) = read.optional()? else { return Ok(None) };
        one.sort = sorting(if one.title.is_empty() { &one.title_ar } else { &one.title });
        one.lie(place);
        one.origin = self.origin(id)?;
        let people = self.ids("SELECT document_id FROM person WHERE association = ?", id)?;
        let mut stand = BTreeSet::new();
        for person in &people {
            stand.insert(self.stands_for(*person)?);
        }
        let mut events = self.attended(&people)?;
        events.extend(self.ids("SELECT document_id FROM event_link WHERE association = ?", id)?);
        one.people = length(stand.len());
        one.events = length(events.len());
        one.day = self.last_day(&events)?;
        one.dossiers = length(self.ids("SELECT document_id FROM dossier WHERE association = ?", id)?.len());
        let mut text = Text::default();
        text.named_folded(&search);
        text.sounding(&one.title);
        text.sounding(&one.title_ar);
        for other in [&one.commune, &rna, &siret] {
            text.also(other);
        }
        text.also(places::names_of(&one.place).unwrap_or_default().0);
        Ok(Some((one, text)))
    }

    /// The provinces and communes of origin, each province once more by itself.
    fn origin(&self, id: DocumentId) -> Result<String, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT code FROM reach WHERE document_id = ? AND role = 'origin' ORDER BY code")?;
        let codes = statement.query_map([id.0], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut all = BTreeSet::new();
        for code in codes {
            let around = shared::territory::around_commune(&code);
            all.extend(around.iter().filter_map(|place| place.strip_prefix("MA.")).map(str::to_owned));
            all.insert(code);
        }
        Ok(barred(&all.into_iter().collect::<Vec<_>>().join(",")))
    }

    fn event(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        let mut one = self.blank(Kind::Event, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, event_kind, place, commune, first_day, place_code FROM event WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.word = row.get(1)?;
            one.commune = row.get(3)?;
            one.day = row.get(4)?;
            Ok((row.get::<_, String>(2)?, row.get::<_, String>(5)?))
        });
        let Some((hall, place)) = read.optional()? else { return Ok(None) };
        one.sort = sorting(&one.title);
        one.lie(place);
        let came = self.ids(
            "SELECT DISTINCT person FROM attendance
             WHERE document_id = ? AND status IN ('present', 'partial', 'remote')",
            id,
        )?;
        let mut stand = BTreeSet::new();
        for person in came {
            stand.insert(self.stands_for(person)?);
        }
        one.people = length(stand.len());
        let mut text = Text::default();
        text.named_folded(&names::fold_search(&one.title));
        text.also(&hall);
        text.also(&one.commune);
        Ok(Some((one, text)))
    }

    fn dossier(&self, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
        let mut one = self.blank(Kind::Dossier, id)?;
        let mut statement = self.db.prepare_cached(
            "SELECT title, stage, territory, association, place_code, sector, coordinator, grant_cents
             FROM dossier WHERE document_id = ?",
        )?;
        let read = statement.query_row([id.0], |row| {
            one.title = row.get(0)?;
            one.word = row.get(1)?;
            one.commune = row.get(2)?;
            one.association = row.get::<_, Option<_>>(3)?.map(DocumentId);
            one.sectors = barred(&row.get::<_, String>(5)?);
            one.coordinator = row.get(6)?;
            one.cents = row.get(7)?;
            row.get::<_, String>(4)
        });
        let Some(place) = read.optional()? else { return Ok(None) };
        one.sort = sorting(&one.title);
        one.lie(place);
        let (title, _) = self.association(one.association)?;
        one.belong(title);
        let mut text = Text::default();
        text.named_folded(&names::fold_search(&one.title));
        for other in [&one.association_title, &one.commune, &one.coordinator] {
            text.also(other);
        }
        Ok(Some((one, text)))
    }
}

impl Listed {
    fn lie(&mut self, place: String) {
        self.place_sort = sorting(places::names_of(&place).unwrap_or_default().0);
        self.place = place;
    }

    fn belong(&mut self, association_title: String) {
        self.association_sort = sorting(&association_title);
        self.association_title = association_title;
    }
}

impl Text {
    fn named(&mut self, name: &str) {
        self.named_folded(&names::fold_search(name));
        self.sounding(name);
    }

    /// The words; two neighbours as one, since many write them so; Arabic words without their article.
    fn named_folded(&mut self, folded: &str) {
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        let glued = words.windows(2).map(<[&str]>::concat);
        let bare = words.iter().filter_map(|word| word.strip_prefix("ال")).filter(|bare| bare.chars().count() >= 3);
        let all = words.iter().map(|word| (*word).to_owned()).chain(glued).chain(bare.map(str::to_owned));
        for word in all {
            push(&mut self.name, &word);
        }
    }

    fn sounding(&mut self, name: &str) {
        for key in names::sound_keys(name).into_iter().flatten() {
            push(&mut self.sound, &key);
        }
    }

    fn also(&mut self, text: &str) {
        push(&mut self.other, &names::fold_search(text));
    }

    /// A number as it is dialled from abroad, and at home.
    fn dialled(&mut self, e164: &str) {
        let digits = e164.trim_start_matches('+');
        push(&mut self.other, digits);
        if let Some(rest) = digits.strip_prefix("33").or_else(|| digits.strip_prefix("212")) {
            push(&mut self.other, &format!("0{rest}"));
        }
    }
}

fn push(words: &mut String, more: &str) {
    if !more.is_empty() && !words.is_empty() {
        words.push(' ');
    }
    words.push_str(more);
}

/// Words with commas between as columns hold them: `|water|health|`.
fn barred(words: &str) -> String {
    let words: Vec<&str> = words.split([',', ';']).map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { String::new() } else { format!("|{}|", words.join("|")) }
}

fn length(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

// Keeping the table.

/// What the lines of others depend on, before a document changes.
#[derive(Debug, Default)]
pub struct Before {
    /// Everybody who is the same as a person, the person themselves included.
    joined: Vec<DocumentId>,
    says: Says,
}

/// What of a document the lines of others depend on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Says {
    /// Of a person: whom they are the same as; whose contact it is.
    person: Option<DocumentId>,
    /// Of a person or a dossier.
    association: Option<DocumentId>,
    /// What an association is called and where it is; on which days an event is; the numbers of a contact.
    words: [String; 2],
    /// Of an event: who came, and what it is linked to.
    people: BTreeSet<DocumentId>,
    associations: BTreeSet<DocumentId>,
}

impl Says {
    fn of(db: &Connection, id: DocumentId) -> Result<Self, StoreError> {
        let scene = Scene { db, held: None };
        let mut says = Self::default();
        let ids = |row: &Row<'_>| Ok((row.get::<_, Option<_>>(0)?, row.get::<_, Option<_>>(1)?));
        let person = "SELECT same_as, association FROM person WHERE document_id = ?";
        let contact = "SELECT person, NULL FROM phone WHERE document_id = ? LIMIT 1";
        let dossier = "SELECT NULL, association FROM dossier WHERE document_id = ?";
        for statement in [person, contact, dossier] {
            let read = db.prepare_cached(statement)?.query_row([id.0], ids).optional()?;
            if let Some((person, association)) = read {
                (says.person, says.association) = (person.map(DocumentId), association.map(DocumentId));
            }
        }
        let association = "SELECT title, place FROM association WHERE document_id = ?";
        let event = "SELECT first_day, last_day FROM event WHERE document_id = ?";
        let phones = "SELECT group_concat(e164), '' FROM phone WHERE document_id = ? HAVING count(*) > 0";
        for statement in [association, event, phones] {
            let words = db.prepare_cached(statement)?.query_row([id.0], |row| Ok([row.get(0)?, row.get(1)?]));
            if let Some(words) = words.optional()? {
                says.words = words;
            }
        }
        let came = "SELECT DISTINCT person FROM attendance
                    WHERE document_id = ? AND status IN ('present', 'partial', 'remote')";
        says.people = scene.ids(came, id)?.into_iter().collect();
        let linked = "SELECT association FROM event_link WHERE document_id = ?";
        says.associations = scene.ids(linked, id)?.into_iter().collect();
        Ok(says)
    }
}

impl Before {
    /// Reads it, before the document's rows are replaced.
    pub fn of(tx: &Transaction<'_>, id: DocumentId) -> Result<Self, StoreError> {
        let scene = Scene { db: tx, held: None };
        Ok(Self { joined: scene.joined(scene.stands_for(id)?)?, says: Says::of(tx, id)? })
    }
}

/// Writes the lines anew that a document's rows have changed: its own, and those of whoever depends on it.
pub fn refresh(tx: &Transaction<'_>, id: DocumentId, before: Before) -> Result<(), StoreError> {
    let scene = Scene { db: tx, held: None };
    let now = Says::of(tx, id)?;
    let was = before.says;
    let mut people: BTreeSet<DocumentId> = before.joined.into_iter().collect();
    let mut others = BTreeSet::from([id]);
    if was != now {
        people.extend([was.person, now.person].into_iter().flatten());
        others.extend([was.association, now.association].into_iter().flatten());
        let days_differ = was.words != now.words;
        let concerned = |was: &BTreeSet<DocumentId>, now: &BTreeSet<DocumentId>| -> Vec<DocumentId> {
            if days_differ {
                was.union(now).copied().collect()
            } else {
                was.symmetric_difference(now).copied().collect()
            }
        };
        people.extend(concerned(&was.people, &now.people));
        others.extend(concerned(&was.associations, &now.associations));
        if days_differ {
            people.extend(scene.ids("SELECT document_id FROM person WHERE association = ?", id)?);
            others.extend(scene.ids("SELECT document_id FROM dossier WHERE association = ?", id)?);
        }
    }
    // Whoever is the same as one of them now: one line for all.
    let mut joined = BTreeSet::new();
    for person in &people {
        joined.extend(scene.joined(scene.stands_for(*person)?)?);
    }
    for person in joined.union(&people) {
        if was != now {
            let mut statement = tx.prepare_cached("SELECT association FROM person WHERE document_id = ?")?;
            let association = statement.query_row([person.0], |row| row.get::<_, Option<_>>(0)).optional()?;
            others.extend(association.flatten().map(DocumentId));
            // A door counts somebody once, whoever they are joined with.
            others.extend(if was.person == now.person {
                Vec::new()
            } else {
                scene.attended(&[*person])?.into_iter().collect()
            });
        }
        write(&scene, tx, *person)?;
    }
    for other in others.iter().filter(|other| !joined.contains(other) && !people.contains(other)) {
        write(&scene, tx, *other)?;
    }
    Ok(())
}

/// Makes every line anew.
pub fn rebuild(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute_batch("DELETE FROM listed; DELETE FROM listed_text;")?;
    let scene = Scene { db: tx, held: None };
    let ids = tx
        .prepare("SELECT id FROM document ORDER BY number")?
        .query_map([], |row| row.get(0).map(DocumentId))?
        .collect::<Result<Vec<_>, _>>()?;
    ids.into_iter().try_for_each(|id| write(&scene, tx, id))
}

/// Whether a document's line is what follows from the projections.
pub fn agrees(db: &Connection, id: DocumentId, kind: Kind) -> Result<bool, StoreError> {
    Ok(stored(db, id)? == Scene { db, held: None }.line(kind, id)?)
}

fn stored(db: &Connection, id: DocumentId) -> Result<Option<(Listed, Text)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM listed WHERE document_id = ?")?;
    let Some(one) = statement.query_row([id.0], listed_at).optional()? else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT name, other, sound FROM listed_text WHERE rowid = ?")?;
    let text = statement
        .query_row([one.number], |row| Ok(Text { name: row.get(0)?, other: row.get(1)?, sound: row.get(2)? }))
        .optional()?;
    Ok(Some((one, text.unwrap_or_default())))
}

/// Writes a document's line, where it is not as it stands already.
fn write(scene: &Scene<'_>, tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("SELECT kind FROM document WHERE id = ?")?;
    let kind = statement.query_row([id.0], |row| kind_at(row, 0)).optional()?;
    let line = match kind {
        Some(kind) => scene.line(kind, id)?,
        None => None,
    };
    let before = stored(tx, id)?;
    if before == line {
        return Ok(());
    }
    if let Some((before, text)) = &before {
        tx.prepare_cached("DELETE FROM listed WHERE number = ?")?.execute([before.number])?;
        if line.as_ref().is_none_or(|(_, now)| now != text) {
            tx.prepare_cached("DELETE FROM listed_text WHERE rowid = ?")?.execute([before.number])?;
        }
    }
    let Some((one, text)) = line else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO listed (number, document_id, kind, title, title_ar, sort, sex, age_band, commune, place, place_sort,
             association, association_title, association_sort, word, sectors, networks, origin, coordinator, joined, events,
             people, dossiers, cents, day)
         VALUES (:number, :document, :kind, :title, :title_ar, :sort, :sex, :age_band, :commune, :place, :place_sort,
             :association, :association_title, :association_sort, :word, :sectors, :networks, :origin, :coordinator, :joined,
             :events, :people, :dossiers, :cents, :day)",
    )?
    .execute(named_params! {
        ":number": one.number,
        ":document": one.document.0,
        ":kind": one.kind as u8,
        ":title": one.title,
        ":title_ar": one.title_ar,
        ":sort": one.sort,
        ":sex": one.sex,
        ":age_band": one.age_band,
        ":commune": one.commune,
        ":place": one.place,
        ":place_sort": one.place_sort,
        ":association": one.association.map(|id| id.0),
        ":association_title": one.association_title,
        ":association_sort": one.association_sort,
        ":word": one.word,
        ":sectors": one.sectors,
        ":networks": one.networks,
        ":origin": one.origin,
        ":coordinator": one.coordinator,
        ":joined": one.joined,
        ":events": one.events,
        ":people": one.people,
        ":dossiers": one.dossiers,
        ":cents": one.cents,
        ":day": one.day,
    })?;
    if before.is_none_or(|(_, was)| was != text) {
        tx.prepare_cached(
            "INSERT INTO listed_text (rowid, name, other, sound) VALUES (:number, :name, :other, :sound)",
        )?
        .execute(named_params! {
            ":number": one.number,
            ":name": text.name,
            ":other": text.other,
            ":sound": text.sound,
        })?;
    }
    Ok(())
}

// The map.

/// How often a territory is spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// `seat`, `origin`, `event`, `project`.
    pub role: String,
    /// As the document has it: a commune, a province, a région.
    pub code: String,
    pub documents: BTreeSet<DocumentId>,
}

/// How many people are in each territory, as far as the caller sees them.
pub fn people_by_place(
    db: &Connection,
    held: Option<&BTreeSet<DocumentId>>,
) -> Result<BTreeMap<String, usize>, StoreError> {
    let Some(held) = held else {
        let mut statement =
            db.prepare_cached("SELECT place, count(*) FROM listed WHERE kind = :kind AND place <> '' GROUP BY place")?;
        let rows =
            statement.query_map(named_params! { ":kind": Kind::Person as u8 }, |row| Ok((row.get(0)?, row.get(1)?)))?;
        return Ok(rows.collect::<Result<_, _>>()?);
    };
    let scene = Scene { db, held: Some(held) };
    let mut counts = BTreeMap::new();
    for id in held {
        if let Some((one, _)) = scene.person(*id)?.filter(|(one, _)| !one.place.is_empty()) {
            *counts.entry(one.place).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Every territory that documents speak of, as far as the caller sees them.
pub fn reached(db: &Connection, held: Option<&BTreeSet<DocumentId>>) -> Result<Vec<Reached>, StoreError> {
    let mut statement = db.prepare_cached("SELECT role, code, document_id FROM reach ORDER BY role, code")?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, DocumentId(row.get(2)?))))?;
    let mut all: Vec<Reached> = Vec::new();
    for row in rows {
        let (role, code, document) = row?;
        if held.is_some_and(|held| !held.contains(&document)) {
            continue;
        }
        match all.last_mut().filter(|last| last.role == role && last.code == code) {
            Some(last) => {
                last.documents.insert(document);
            }
            None => all.push(Reached { role, code, documents: BTreeSet::from([document]) }),
        }
    }
    Ok(all)
}
