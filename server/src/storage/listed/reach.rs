//! What territories are reached.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, named_params};
use shared::{document::Kind, id::DocumentId};

use super::line::Scene;
use crate::storage::StoreError;

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

/// Every territory that documents speak of, as far as the caller sees them; joined associations once.
pub fn reached(db: &Connection, held: Option<&BTreeSet<DocumentId>>) -> Result<Vec<Reached>, StoreError> {
    let mut statement = db.prepare_cached("SELECT role, code, document_id FROM reach ORDER BY role, code")?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, DocumentId(row.get(2)?))))?;
    let joined = db
        .prepare_cached("SELECT document_id FROM association WHERE same_as IS NOT NULL")?
        .query_map([], |row| row.get(0).map(DocumentId))?
        .collect::<Result<BTreeSet<_>, _>>()?;
    let scene = Scene { db, held };
    let mut all: Vec<Reached> = Vec::new();
    for row in rows {
        let (role, code, document) = row?;
        if held.is_some_and(|held| !held.contains(&document)) {
            continue;
        }
        let document = if joined.contains(&document) { scene.stands_for(document)? } else { document };
        match all.last_mut().filter(|last| last.role == role && last.code == code) {
            Some(last) => {
                last.documents.insert(document);
            }
            None => all.push(Reached { role, code, documents: BTreeSet::from([document]) }),
        }
    }
    Ok(all)
}
