//! Who was present before an event: what tells the new ones (F2).

use std::collections::HashMap;

use rusqlite::{Connection, named_params};
use shared::{id::DocumentId, twin};

use super::StoreError;

/// Everybody who took part in another event that began on a day before `first_day`, by the ids that its marks name.
pub fn present_before(db: &Connection, event: DocumentId, first_day: &str) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT attendance.person FROM attendance JOIN event USING (document_id)
         WHERE document_id <> :event AND event.first_day <> '' AND event.first_day < :first_day
           AND attendance.status IN ('present', 'partial', 'remote')",
    )?;
    let key = named_params! { ":event": event.0, ":first_day": first_day };
    let rows = statement.query_map(key, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whom somebody is the same as, and their association.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ties {
    pub same_as: Option<DocumentId>,
    pub association: Option<DocumentId>,
}

/// What is known of everybody's ties, by their ids.
pub fn ties(db: &Connection) -> Result<HashMap<DocumentId, Ties>, StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id, same_as, association FROM person")?;
    let rows = statement.query_map([], |row| {
        let [same_as, association] = [row.get::<_, Option<_>>(1)?, row.get(2)?].map(|id| id.map(DocumentId));
        Ok((DocumentId(row.get(0)?), Ties { same_as, association }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The person who stands for this one (M7).
#[must_use]
pub fn stands_for(ties: &HashMap<DocumentId, Ties>, person: DocumentId) -> DocumentId {
    twin::stands_for(person, |id| ties.contains_key(&id), |id| ties.get(&id)?.same_as)
}
