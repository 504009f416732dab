//! What indicators are counted from, read from projections; and what is said of how much of it there is.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rusqlite::{Connection, Row, named_params};
use shared::{
    document::Kind,
    field::{AGE_BANDS, OPINIONS, SEXES},
    figures::SUPPORT,
    id::{DocumentId, RowId},
    indicators::{
        Act, Association, Dossier, Event, Facts, HalfDay, Leader, Moved, Opinion, Person, Presence, Unnamed, day,
        day_of,
    },
    mark::Status,
    territory, twin,
};

use super::{
    StoreError,
    figures::{Ties, stands_for, ties},
    sheets::Outstanding,
};

/// Which records are counted, beside the days.
#[derive(Debug, Default)]
pub struct Chosen {
    /// An event's project code, or the programme of a dossier's call; none is all.
    pub programme: Option<String>,
    /// The code of a territory, as `territory::id_of` spells it: `FR.13`, `MA.09.541`; none is everywhere.
    pub territory: Option<String>,
    /// Only these documents; none is all of the house.
    pub held: Option<HashSet<DocumentId>>,
}

/// What is counted, as documents name it and as facts do.
#[derive(Default)]
struct Places {
    people: HashMap<DocumentId, u32>,
    associations: HashMap<DocumentId, u32>,
    events: HashMap<DocumentId, u32>,
    half_days: HashMap<(u32, String), u32>,
}

/// Whether a document lies in the territory and is held by whoever asks.
struct Within<'a> {
    chosen: &'a Chosen,
    territory: Option<HashSet<DocumentId>>,
}

impl<'a> Within<'a> {
    fn of(db: &Connection, chosen: &'a Chosen) -> Result<Self, StoreError> {
        let Some(code) = &chosen.territory else { return Ok(Self { chosen, territory: None }) };
        let mut lies = HashSet::new();
        if let Some(id) = territory::id_of(code) {
            let mut statement =
                db.prepare_cached("SELECT target_id FROM link WHERE source_id = :id AND until_arrival IS NULL")?;
            let rows = statement.query_map(named_params! { ":id": id.0 }, |row| row.get(0).map(DocumentId))?;
            lies = rows.collect::<Result<_, _>>()?;
        }
        Ok(Self { chosen, territory: Some(lies) })
    }

    fn has(&self, document: DocumentId) -> bool {
        self.territory.as_ref().is_none_or(|lies| lies.contains(&document))
            && self.chosen.held.as_ref().is_none_or(|held| held.contains(&document))
    }

    fn is_of(&self, programme: &str) -> bool {
        self.chosen.programme.as_ref().is_none_or(|wanted| wanted == programme.trim())
    }
}

/// Reads everything that is counted.
pub fn facts(db: &Connection, chosen: &Chosen) -> Result<Facts, StoreError> {
    let within = Within::of(db, chosen)?;
    let mut facts = Facts::default();
    let mut places = Places::default();
    events(db, &within, &mut facts, &mut places)?;
    half_days(db, &mut facts, &mut places)?;
    associations(db, &mut facts, &mut places)?;
    let ties = ties(db)?;
    presences(db, &ties, &mut facts, &mut places)?;
    leaders(db, &ties, &mut facts, &places)?;
    unnamed(db, &mut facts, &places)?;
    opinions(db, &mut facts, &places)?;
    dossiers(db, &within, &mut facts)?;
    acts(db, &within, &mut facts)?;
    Ok(facts)
}

fn place(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn id_at(row: &Row<'_>, column: usize) -> rusqlite::Result<DocumentId> {
    row.get(column).map(DocumentId)
}

/// A word of a closed list; empty for any other.
fn word(row: &Row<'_>, column: usize, words: &[&'static str]) -> rusqlite::Result<&'static str> {
    let text = row.get_ref(column)?.as_str()?;
    Ok(words.iter().copied().find(|word| *word == text).unwrap_or_default())
}

fn day_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<i32>> {
    Ok(day(row.get_ref(column)?.as_str()?))
}

fn cents_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn events(db: &Connection, within: &Within<'_>, facts: &mut Facts, places: &mut Places) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT event.document_id, event_kind, project_code FROM event JOIN event_tally USING (document_id)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = id_at(row, 0)?;
        let is_support = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? == SUPPORT;
        let programme = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        let counts = within.has(id) && within.is_of(programme);
        places.events.insert(id, place(facts.events.len()));
        facts.events.push(Event { id, is_support, counts });
    }
    Ok(())
}

fn half_days(db: &Connection, facts: &mut Facts, places: &mut Places) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id, row, day, minutes FROM half_day")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(&event) = places.events.get(&id_at(row, 0)?) else { continue };
        places.half_days.insert((event, row.get(1)?), place(facts.half_days.len()));
        facts.half_days.push(HalfDay { event, day: day_at(row, 2)?, minutes: row.get(3)? });
    }
    Ok(())
}

/// Of those that a human joined the one that stands for them (M7): whoever is of any of them is of that one.
fn associations(db: &Connection, facts: &mut Facts, places: &mut Places) -> Result<(), StoreError> {
    let mut texts = Texts::default();
    let mut links: HashMap<DocumentId, Option<DocumentId>> = HashMap::new();
    let mut statement = db.prepare_cached(
        "SELECT association.document_id, departement, origin, same_as FROM association JOIN place USING (document_id)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = id_at(row, 0)?;
        links.insert(id, row.get::<_, Option<_>>(3)?.map(DocumentId));
        places.associations.insert(id, place(facts.associations.len()));
        let (departement, origin) = (texts.at(row, 1)?, texts.at(row, 2)?);
        facts.associations.push(Association { id, departement, origin });
    }
    for joined in links.iter().filter(|(_, same_as)| same_as.is_some()).map(|(id, _)| *id) {
        let stands = twin::stands_for(joined, |id| links.contains_key(&id), |id| links.get(&id).copied().flatten());
        if let Some(at) = places.associations.get(&stands).copied() {
            places.associations.insert(joined, at);
        }
    }
    Ok(())
}

/// Who leads the associations, each as the person who stands for them.
fn leaders(
    db: &Connection,
    ties: &HashMap<DocumentId, Ties>,
    facts: &mut Facts,
    places: &Places,
) -> Result<(), StoreError> {
    let mut known = db.prepare_cached("SELECT sex, age_band FROM person WHERE document_id = :id")?;
    let mut statement = db.prepare_cached("SELECT document_id, person, from_day, until_day FROM leader")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (Some(&association), Some(person)) =
            (places.associations.get(&id_at(row, 0)?), row.get::<_, Option<_>>(1)?.map(DocumentId))
        else {
            continue;
        };
        let person = stands_for(ties, person);
        // Of somebody who was erased nothing is known but that they lead.
        let mut found = known.query(named_params! { ":id": person.0 })?;
        let (sex, age_band) = match found.next()? {
            Some(person) => (word(person, 0, SEXES)?, word(person, 1, AGE_BANDS)?),
            None => ("", ""),
        };
        let (from, until) = (day_at(row, 2)?, day_at(row, 3)?);
        facts.leaders.push(Leader { association, person, sex, age_band, from, until });
    }
    Ok(())
}

/// Texts that many rows have, each kept once.
#[derive(Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn at(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<str>> {
        let text = row.get_ref(column)?.as_str()?;
        if let Some(known) = self.0.get(text) {
            return Ok(Arc::clone(known));
        }
        let known: Arc<str> = text.into();
        self.0.insert(Arc::clone(&known));
        Ok(known)
    }
}

/// Whoever was there anywhere, and where. Of somebody who was erased nothing is known but that they came.
fn presences(
    db: &Connection,
    ties: &HashMap<DocumentId, Ties>,
    facts: &mut Facts,
    places: &mut Places,
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, slot, person, status, minutes FROM attendance
         WHERE status IN ('present', 'partial', 'remote')",
    )?;
    let mut rows = statement.query([])?;
    // Rows of one half-day stand together: its place is looked up once.
    let mut last: Option<(DocumentId, String, Option<u32>)> = None;
    while let Some(row) = rows.next()? {
        let (event, slot) = (id_at(row, 0)?, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        let half_day = match &last {
            Some((of, known, at)) if *of == event && known == slot => *at,
            _ => {
                let of = places.events.get(&event).copied();
                let at = of.and_then(|of| places.half_days.get(&(of, slot.to_owned())).copied());
                last = Some((event, slot.to_owned(), at));
                at
            }
        };
        let (Some(half_day), Some(status)) =
            (half_day, Status::from_word(row.get_ref(3)?.as_str().unwrap_or_default()))
        else {
            continue;
        };
        let stands = stands_for(ties, id_at(row, 2)?);
        let next = place(places.people.len());
        let person = *places.people.entry(stands).or_insert(next);
        facts.presences.push(Presence { person, half_day, status, minutes: row.get(4)? });
    }
    people(db, facts, places)
}

fn people(db: &Connection, facts: &mut Facts, places: &Places) -> Result<(), StoreError> {
    let nobody: Arc<str> = "".into();
    let mut people: Vec<Option<Person>> = places.people.iter().map(|_| None).collect();
    let mut texts = Texts::default();
    let mut statement = db.prepare_cached(
        "SELECT person.document_id, sex, age_band, departement, association FROM person JOIN place USING (document_id)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = id_at(row, 0)?;
        let Some(&at) = places.people.get(&id) else { continue };
        let association = row.get::<_, Option<_>>(4)?.map(DocumentId);
        people[at as usize] = Some(Person {
            id,
            sex: word(row, 1, SEXES)?,
            age_band: word(row, 2, AGE_BANDS)?,
            departement: texts.at(row, 3)?,
            association: association.and_then(|id| places.associations.get(&id).copied()),
        });
    }
    for (id, at) in &places.people {
        let erased = || Person { id: *id, sex: "", age_band: "", departement: Arc::clone(&nobody), association: None };
        people[*at as usize].get_or_insert_with(erased);
    }
    facts.people = people.into_iter().flatten().collect();
    Ok(())
}

fn unnamed(db: &Connection, facts: &mut Facts, places: &Places) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("SELECT document_id, slot, sex, age_band, people FROM headcount WHERE people > 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let event = places.events.get(&id_at(row, 0)?).copied();
        let half_day = match event {
            Some(event) => places.half_days.get(&(event, row.get(1)?)).copied(),
            None => None,
        };
        let Some(half_day) = half_day else { continue };
        let (sex, age_band) = (word(row, 2, SEXES)?, word(row, 3, AGE_BANDS)?);
        facts.unnamed.push(Unnamed { half_day, sex, age_band, people: row.get(4)? });
    }
    Ok(())
}

fn opinions(db: &Connection, facts: &mut Facts, places: &Places) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id, day, useful, clear, again FROM opinion")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(&event) = places.events.get(&id_at(row, 0)?) else { continue };
        let answers = [word(row, 2, OPINIONS)?, word(row, 3, OPINIONS)?, word(row, 4, OPINIONS)?];
        facts.opinions.push(Opinion { event, day: day_at(row, 1)?, answers });
    }
    Ok(())
}

fn dossiers(db: &Connection, within: &Within<'_>, facts: &mut Facts) -> Result<(), StoreError> {
    let mut at = HashMap::new();
    let mut statement = db.prepare_cached(
        "SELECT dossier.document_id, stage, asked_cents, granted_cents, filed, decided, outcome, visaed,
                coalesce(programme, '')
         FROM dossier JOIN way USING (document_id) LEFT JOIN programme ON programme.document_id = dossier.call",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = id_at(row, 0)?;
        if !within.has(id) || !within.is_of(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?) {
            continue;
        }
        at.insert(id, facts.dossiers.len());
        facts.dossiers.push(Dossier {
            id,
            stage: row.get(1)?,
            asked_cents: cents_at(row, 2)?,
            granted_cents: cents_at(row, 3)?,
            filed: day_at(row, 4)?,
            decided: day_at(row, 5)?,
            outcome: row.get(6)?,
            visaed: day_at(row, 7)?,
            moves: Vec::new(),
        });
    }
    let mut statement =
        db.prepare_cached("SELECT document_id, at_ms, stage FROM move ORDER BY document_id, at_ms, row")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(&at) = at.get(&id_at(row, 0)?) else { continue };
        facts.dossiers[at].moves.push(Moved { day: day_of(row.get(1)?), to: row.get(2)? });
    }
    Ok(())
}

fn acts(db: &Connection, within: &Within<'_>, facts: &mut Facts) -> Result<(), StoreError> {
    let of_programme: HashSet<DocumentId> = facts.dossiers.iter().map(|dossier| dossier.id).collect();
    let any = within.chosen.programme.is_none();
    let mut statement = db.prepare_cached("SELECT document_id, row, day, minutes, is_collective FROM support")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let document = id_at(row, 0)?;
        if !within.has(document) || !any && !of_programme.contains(&document) {
            continue;
        }
        let text: String = row.get(1)?;
        let Ok(id) = text.parse::<RowId>() else { continue };
        let act = Act { document, row: id, day: day_at(row, 2)?, minutes: row.get(3)?, is_collective: row.get(4)? };
        facts.acts.push(act);
    }
    Ok(())
}

/// What can be chosen: every programme that an event or a call names, and every territory in which something lies.
pub fn choices(db: &Connection) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT trim(project_code) FROM event_tally WHERE trim(project_code) <> ''
         UNION SELECT trim(programme) FROM programme WHERE trim(programme) <> '' ORDER BY 1",
    )?;
    let programmes = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT source_id FROM link WHERE substr(source_id, 1, 4) = :prefix AND until_arrival IS NULL",
    )?;
    let rows = statement.query_map(named_params! { ":prefix": territory::PREFIX }, |row| id_at(row, 0))?;
    let ids = rows.collect::<Result<Vec<_>, _>>()?;
    let mut territories: Vec<String> = ids.into_iter().filter_map(territory::code_of).collect();
    territories.sort_unstable();
    Ok((programmes, territories))
}

/// What a record is called, and of what kind it is. Nothing for one that was erased.
pub fn called(db: &Connection, id: DocumentId) -> Result<Option<(Kind, String)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document.kind,
                coalesce((SELECT name FROM person WHERE document_id = document.id),
                         (SELECT title FROM association WHERE document_id = document.id),
                         (SELECT title FROM event WHERE document_id = document.id),
                         (SELECT title FROM dossier WHERE document_id = document.id), '')
         FROM document WHERE id = :id",
    )?;
    let mut rows = statement.query(named_params! { ":id": id.0 })?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((super::documents::kind_at(row, 0)?, row.get(1)?)))
}

/// How an event stands.
#[derive(Debug, Clone)]
pub struct Held {
    pub title: String,
    pub first_day: String,
    pub is_sealed: bool,
    /// Something came or went after the last version was sealed.
    pub is_changed: bool,
}

/// The event of that id, as its sheet stands.
pub fn held(db: &Connection, id: DocumentId) -> Result<Option<Held>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT title, first_day, sheets > 0, late > 0 FROM event JOIN event_tally USING (document_id)
         WHERE document_id = :id",
    )?;
    let mut rows = statement.query(named_params! { ":id": id.0 })?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Held { title: row.get(0)?, first_day: row.get(1)?, is_sealed: row.get(2)?, is_changed: row.get(3)? }))
}

/// Questions that are open in a document.
pub fn open_questions(db: &Connection, id: DocumentId) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM question WHERE document_id = :id")?;
    Ok(statement.query_row(named_params! { ":id": id.0 }, |row| row.get(0))?)
}

/// The half-days of an event that have no day.
pub fn undated(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row("SELECT count(*) FROM half_day WHERE day = ''", [], |row| row.get(0))?)
}

/// The phones that have said that they hold something unsent, or have not come since the end of a day.
pub fn phones_behind(db: &Connection, until: i32) -> Result<Vec<Outstanding>, StoreError> {
    let since_ms = (i64::from(until) + 1) * 24 * 60 * 60 * 1000;
    let mut statement = db.prepare_cached(
        "SELECT device.id, device.label, account.name, device.last_exchange_ms, device.unsent
         FROM device JOIN account ON account.id = device.account_id
         WHERE device.credential_hash <> zeroblob(32) AND device.rescued_ms IS NULL
           AND (device.unsent > 0 OR device.unsent_blobs > 0 OR device.revoked_ms IS NULL AND account.role IN ('volunteer', 'coordinator')
                AND (device.last_exchange_ms IS NULL OR device.last_exchange_ms < :since_ms))
         ORDER BY account.name, device.id",
    )?;
    let rows = statement.query_map(named_params! { ":since_ms": since_ms }, Outstanding::at)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The moment of the last change that arrived, by the server's clock: milliseconds since 1970. 0 where none did.
pub fn changed_ms(db: &Connection) -> Result<u64, StoreError> {
    let last = "SELECT coalesce((SELECT received_ms FROM change ORDER BY arrival DESC LIMIT 1), 0)";
    Ok(db.query_row(last, [], |row| row.get(0))?)
}

/// The last day of any half-day, where there is one.
pub fn last_day(db: &Connection) -> Result<Option<i32>, StoreError> {
    let last: Option<String> = db.query_row("SELECT max(day) FROM half_day", [], |row| row.get(0))?;
    Ok(last.and_then(|text| day(&text)))
}

/// The dossiers that the public is told of.
pub fn published(db: &Connection) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id FROM way WHERE is_published = 1 ORDER BY document_id")?;
    Ok(statement.query_map([], |row| id_at(row, 0))?.collect::<Result<_, _>>()?)
}
