//! What is known already of the associations and people that a list names. Reads only.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, named_params};
use shared::id::DocumentId;

use super::StoreError;

/// An association as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAssociation {
    pub id: DocumentId,
    pub title: String,
    pub siret: String,
    pub postcode: String,
    pub city: String,
}

/// What a document is called; none if there is no such document, or it has no name.
pub fn title(db: &Connection, document: DocumentId) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT title FROM (
             SELECT iif(name <> '', name, name_ar) AS title FROM person WHERE document_id = :document
             UNION ALL SELECT title FROM association WHERE document_id = :document
             UNION ALL SELECT title FROM event WHERE document_id = :document
             UNION ALL SELECT title FROM dossier WHERE document_id = :document
         ) WHERE title <> ''",
    )?;
    Ok(statement.query_row(named_params! { ":document": document.0 }, |row| row.get(0)).optional()?)
}

/// Every association that has an RNA number, by that number. Where several have the same, the one with the lowest id.
pub fn associations_by_rna(db: &Connection) -> Result<HashMap<String, KnownAssociation>, StoreError> {
    let mut statement = db.prepare(
        "SELECT rna, document_id, title, siret, postcode, city FROM association WHERE rna <> '' ORDER BY document_id DESC",
    )?;
    let rows = statement.query_map([], |row| {
        let known = KnownAssociation {
            id: DocumentId(row.get(1)?),
            title: row.get(2)?,
            siret: row.get(3)?,
            postcode: row.get(4)?,
            city: row.get(5)?,
        };
        Ok((row.get(0)?, known))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every association with its title.
pub fn association_titles(db: &Connection) -> Result<Vec<(DocumentId, String)>, StoreError> {
    let mut statement = db.prepare("SELECT document_id, title FROM association ORDER BY document_id")?;
    let rows = statement.query_map([], |row| Ok((DocumentId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
