//! What is compared when duplicates are looked for, read from projections: see [`shared::twin`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::Serialize;
use shared::{
    document::Kind,
    id::DocumentId,
    names::fold_search,
    twin::{self, Member, Traits, company},
};
use utoipa::ToSchema;

use super::{StoreError, documents::kind_at};

/// Members of a group that are read at most: of a name that more bear, the rest is not compared with somebody who is new.
const GROUP_MAX: usize = 20_000;

/// What a page shows of one of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Card {
    #[schema(value_type = String, format = "uuid")]
    pub document: DocumentId,
    /// In Latin letters, or an association's title.
    pub name: String,
    pub name_ar: String,
    /// Where a person comes from; an association's RNA number.
    pub of: String,
    /// The commune of a person; the town of an association.
    pub commune: String,
}

fn person(row: &Row<'_>) -> rusqlite::Result<Traits> {
    let (name, name_ar): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(Traits {
        sex: row.get(3)?,
        age_band: row.get(4)?,
        commune: fold_search(&row.get::<_, String>(5)?),
        association: row.get::<_, Option<_>>(6)?.map(DocumentId),
        same_as: row.get::<_, Option<_>>(7)?.map(DocumentId),
        ..Traits::person(DocumentId(row.get(0)?), &name, &name_ar)
    })
}

fn association(row: &Row<'_>) -> rusqlite::Result<Traits> {
    let titles: [String; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
    let (rna, siret): (String, String) = (row.get(4)?, row.get(5)?);
    Ok(Traits {
        numbers: twin::register_keys(&rna, &siret),
        commune: fold_search(&row.get::<_, String>(6)?),
        same_as: row.get::<_, Option<_>>(7)?.map(DocumentId),
        ..Traits::association(DocumentId(row.get(0)?), titles.iter().map(String::as_str))
    })
}

/// The traits of all people and associations.
pub fn all(db: &Connection) -> Result<Vec<Traits>, StoreError> {
    let mut all = Vec::new();
    let mut statement =
        db.prepare("SELECT document_id, name, name_ar, sex, age_band, commune, association, same_as FROM person")?;
    for traits in statement.query_map([], person)? {
        all.push(traits?);
    }
    let mut statement =
        db.prepare("SELECT document_id, title, short_title, name_ar, rna, siret, city, same_as FROM association")?;
    for traits in statement.query_map([], association)? {
        all.push(traits?);
    }
    let index: HashMap<DocumentId, usize> = all.iter().enumerate().map(|(n, traits)| (traits.id, n)).collect();
    // Phones and emails: those of registers are the association's own.
    let mut statement = db.prepare(
        "SELECT subject, key FROM twin_key WHERE (key >= 'p ' AND key < 'p!') OR (key >= 'e ' AND key < 'e!')
         ORDER BY subject, key",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(n) = index.get(&DocumentId(row.get(0)?)) {
            all[*n].numbers.push(row.get(1)?);
        }
    }
    let mut statement = db.prepare("SELECT document_id, other FROM told_apart")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(n) = index.get(&DocumentId(row.get(0)?)) {
            all[*n].not_same.push(DocumentId(row.get(1)?));
        }
    }
    Ok(all)
}

/// The traits of one of them; none where there is no such person or association.
pub fn one(db: &Connection, id: DocumentId) -> Result<Option<Traits>, StoreError> {
    let key = named_params! { ":id": id.0 };
    let found = db
        .prepare_cached(
            "SELECT document_id, name, name_ar, sex, age_band, commune, association, same_as FROM person
             WHERE document_id = :id",
        )?
        .query_row(key, person)
        .optional()?;
    let found = match found {
        Some(traits) => Some(traits),
        None => db
            .prepare_cached(
                "SELECT document_id, title, short_title, name_ar, rna, siret, city, same_as FROM association
                 WHERE document_id = :id",
            )?
            .query_row(key, association)
            .optional()?,
    };
    let Some(mut traits) = found else { return Ok(None) };
    if traits.kind == Kind::Person {
        let mut statement =
            db.prepare_cached("SELECT key FROM twin_key WHERE document_id = :contact AND subject = :id ORDER BY key")?;
        let contact = DocumentId::contact_of(id);
        let keys = statement.query_map(named_params! { ":contact": contact.0, ":id": id.0 }, |row| row.get(0))?;
        traits.numbers = keys.collect::<Result<_, _>>()?;
    }
    let mut statement = db.prepare_cached("SELECT other FROM told_apart WHERE document_id = :id")?;
    let others = statement.query_map(key, |row| row.get(0).map(DocumentId))?;
    traits.not_same = others.collect::<Result<_, _>>()?;
    Ok(Some(traits))
}

/// Those whom somebody is compared with: known here or only about to be.
pub fn company_of(db: &Connection, traits: &Traits) -> Result<BTreeSet<DocumentId>, StoreError> {
    let sql = match traits.kind {
        Kind::Person => {
            "SELECT DISTINCT subject, association, commune FROM twin_key JOIN person ON person.document_id = subject
             WHERE key = :key LIMIT :most"
        }
        _ => {
            "SELECT DISTINCT subject, NULL, city FROM twin_key JOIN association ON association.document_id = subject
             WHERE key = :key LIMIT :most"
        }
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut found = BTreeSet::new();
    let me = traits.member();
    for key in traits.keys() {
        let members = statement.query_map(named_params! { ":key": key, ":most": GROUP_MAX }, |row| {
            Ok(Member {
                id: DocumentId(row.get(0)?),
                association: row.get::<_, Option<_>>(1)?.map(DocumentId),
                commune: fold_search(&row.get::<_, String>(2)?),
            })
        })?;
        let mut members: Vec<Member> = members.collect::<Result<_, _>>()?;
        if !members.iter().any(|one| one.id == me.id) {
            members.push(me.clone());
        }
        found.extend(company(&key, &me, &members));
    }
    Ok(found)
}

/// How many share the key of a name or number.
pub fn bearers(db: &Connection, key: &str) -> Result<usize, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(DISTINCT subject) FROM twin_key WHERE key = :key")?;
    Ok(statement.query_row(named_params! { ":key": key }, |row| row.get(0))?)
}

/// All who are joined with one of these, along the links in both directions, themselves too.
pub fn joined_with(
    db: &Connection,
    start: impl IntoIterator<Item = DocumentId>,
) -> Result<BTreeSet<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT same_as FROM person WHERE document_id = :id AND same_as IS NOT NULL
         UNION SELECT document_id FROM person WHERE same_as = :id
         UNION SELECT same_as FROM association WHERE document_id = :id AND same_as IS NOT NULL
         UNION SELECT document_id FROM association WHERE same_as = :id",
    )?;
    let mut joined: BTreeSet<DocumentId> = BTreeSet::new();
    let mut wait: Vec<DocumentId> = start.into_iter().collect();
    while let Some(id) = wait.pop() {
        if joined.insert(id) {
            for next in statement.query_map(named_params! { ":id": id.0 }, |row| row.get(0).map(DocumentId))? {
                wait.push(next?);
            }
        }
    }
    Ok(joined)
}

/// The association that stands for this one (M7).
pub fn association_stands_for(db: &Connection, id: DocumentId) -> Result<DocumentId, StoreError> {
    stands_for_among(db, id, |_| true)
}

/// The person or the association that stands for this one (M7), among those that somebody sees.
pub fn stands_for_among(
    db: &Connection,
    id: DocumentId,
    sees: impl Fn(DocumentId) -> bool,
) -> Result<DocumentId, StoreError> {
    let mut links: BTreeMap<DocumentId, Option<DocumentId>> = BTreeMap::new();
    let mut next = Some(id);
    while let Some(at) = next.filter(|at| sees(*at) && !links.contains_key(at)) {
        let Some(same_as) = points_at(db, at)? else { break };
        next = same_as;
        links.insert(at, next);
    }
    Ok(twin::stands_for(id, |id| links.contains_key(&id), |id| links.get(&id).copied().flatten()))
}

/// What a person or an association was joined to; nothing where there is no such person or association.
fn points_at(db: &Connection, id: DocumentId) -> Result<Option<Option<DocumentId>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT same_as FROM person WHERE document_id = :id
         UNION ALL SELECT same_as FROM association WHERE document_id = :id",
    )?;
    let same_as = statement.query_row(named_params! { ":id": id.0 }, |row| row.get::<_, Option<_>>(0)).optional()?;
    Ok(same_as.map(|same_as| same_as.map(DocumentId)))
}

/// What is shown of one of them.
pub fn card(db: &Connection, id: DocumentId) -> Result<Option<Card>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT name, name_ar,
                coalesce((SELECT title FROM association WHERE association.document_id = person.association), ''), commune
         FROM person WHERE document_id = :id
         UNION ALL SELECT title, name_ar, rna, city FROM association WHERE document_id = :id",
    )?;
    let card = statement.query_row(named_params! { ":id": id.0 }, |row| {
        Ok(Card { document: id, name: row.get(0)?, name_ar: row.get(1)?, of: row.get(2)?, commune: row.get(3)? })
    });
    Ok(card.optional()?)
}

/// Where the documents and what was erased of them stand: when nothing of this differs, nobody has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub arrival: u64,
    pub erased: u64,
}

/// Where they stand now.
pub fn mark(db: &Connection) -> Result<Mark, StoreError> {
    let erased = db.query_row("SELECT count(*) FROM erasure", [], |row| row.get(0))?;
    Ok(Mark { arrival: super::server::last_arrival(db)?, erased })
}

/// The people, contacts and associations of which something arrived since; at most `most`.
pub fn changed_since(db: &Connection, arrival: u64, most: usize) -> Result<Vec<(DocumentId, Kind)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, kind FROM document WHERE last_arrival > :arrival AND kind IN (0, 1, 2) LIMIT :most",
    )?;
    let key = named_params! { ":arrival": arrival, ":most": most };
    let rows = statement.query_map(key, |row| Ok((DocumentId(row.get(0)?), kind_at(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
