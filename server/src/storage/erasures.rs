//! What was erased: how its rows go, and what is remembered so that it cannot come back.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use sha2::Sha256;
use shared::{
    id::{DeviceId, DocumentId},
    wire::Hash,
};

use super::{StoreError, blobs, documents, projections, server};
use crate::secret::{hex, unhex};

/// HMAC-SHA256 of a document's id under the file's own key.
pub type Mark = [u8; 32];

/// The list as it is taken out of one file and into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub key: [u8; 32],
    /// The marks, and when each document was erased.
    pub marks: Vec<(Mark, u64)>,
}

/// Under which key the list stands.
pub fn key(db: &Connection) -> Result<[u8; 32], StoreError> {
    Ok(db.prepare_cached("SELECT erasure_key FROM server")?.query_row([], |row| row.get(0))?)
}

/// What the list holds of a document.
#[must_use]
pub fn mark_of(key: &[u8; 32], document: DocumentId) -> Mark {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&document.0);
    mac.finalize().into_bytes().into()
}

/// Whether the document was erased.
pub fn is_erased(db: &Connection, document: DocumentId) -> Result<bool, StoreError> {
    let mark = mark_of(&key(db)?, document);
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM erasure WHERE mark = :mark)")?;
    Ok(statement.query_row(named_params! { ":mark": mark }, |row| row.get(0))?)
}

/// When the document was erased, if it was.
pub fn erased_ms(db: &Connection, document: DocumentId) -> Result<Option<u64>, StoreError> {
    let mark = mark_of(&key(db)?, document);
    let mut statement = db.prepare_cached("SELECT erased_ms FROM erasure WHERE mark = :mark")?;
    Ok(statement.query_row(named_params! { ":mark": mark }, |row| row.get(0)).optional()?)
}

/// What the list holds of a blob. No document's id is so long.
fn mark_of_blob(key: &[u8; 32], hash: &Hash) -> Mark {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(hash);
    mac.finalize().into_bytes().into()
}

/// Whether the blob was erased with the person whose it was.
pub fn is_blob_erased(db: &Connection, hash: &Hash) -> Result<bool, StoreError> {
    let mark = mark_of_blob(&key(db)?, hash);
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM erasure WHERE mark = :mark)")?;
    Ok(statement.query_row(named_params! { ":mark": mark }, |row| row.get(0))?)
}

/// Remembers that a blob was erased.
pub fn remember_blob(tx: &Transaction<'_>, hash: &Hash, now_ms: u64) -> Result<(), StoreError> {
    let mark = mark_of_blob(&key(tx)?, hash);
    tx.prepare_cached("INSERT OR IGNORE INTO erasure (mark, erased_ms) VALUES (:mark, :now_ms)")?
        .execute(named_params! { ":mark": mark, ":now_ms": now_ms })?;
    Ok(())
}

/// Takes a document out of every table, and remembers that it was erased. Once for a document that there never was, too: its
/// changes may be on a phone still.
pub fn erase(tx: &Transaction<'_>, document: DocumentId, now_ms: u64) -> Result<(), StoreError> {
    let id = named_params! { ":id": document.0 };
    if let Some(standing) = documents::standing(tx, document)? {
        documents::take_out_of_bucket(tx, document, &standing)?;
        projections::remove(tx, document)?;
    }
    blobs::erase_with(tx, document, now_ms)?;
    for statement in [
        "DELETE FROM change WHERE document_id = :id",
        "DELETE FROM snapshot WHERE document_id = :id",
        "DELETE FROM quarantine WHERE document_id = :id",
        "DELETE FROM rewriting WHERE document_id = :id",
        "DELETE FROM tombstone WHERE document_id = :id",
        "DELETE FROM assignment WHERE document_id = :id",
        "DELETE FROM invite_document WHERE document_id = :id",
        "DELETE FROM registration WHERE event_id = :id",
        "DELETE FROM import_document WHERE document_id = :id",
        "DELETE FROM registration_link WHERE event_id = :id",
        // What names it keeps a bare id, and the links that follow from that.
        "DELETE FROM link WHERE source_id = :id",
        // Territories are no documents: that they lead here follows from the document.
        "DELETE FROM link WHERE target_id = :id AND NOT EXISTS (SELECT 1 FROM document WHERE id = source_id)",
        "DELETE FROM document WHERE id = :id",
    ] {
        tx.prepare_cached(statement)?.execute(id)?;
    }
    let arrival = server::next_arrivals(tx, 1)?;
    let key = key(tx)?;
    tx.prepare_cached("INSERT OR IGNORE INTO erasure (mark, erased_ms) VALUES (:mark, :now_ms)")?
        .execute(named_params! { ":mark": mark_of(&key, document), ":now_ms": now_ms })?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO farewell (document_id, arrival, since_ms) VALUES (:id, :arrival, :now_ms)",
    )?
    .execute(named_params! { ":id": document.0, ":arrival": arrival, ":now_ms": now_ms })?;
    Ok(())
}

/// Lets go of the ids that every phone has been told by now, or must be let in anew.
pub fn end_farewells(tx: &Transaction<'_>, before_ms: u64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM farewell WHERE since_ms < :before_ms", named_params! { ":before_ms": before_ms })?;
    Ok(())
}

/// The documents that were erased since that arrival.
pub fn farewells_since(db: &Connection, arrival: u64) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT document_id FROM farewell WHERE arrival > :arrival")?;
    let rows = statement.query_map(named_params! { ":arrival": arrival }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes the changes of a document out, remembers their hashes, and begins an epoch.
pub fn bury(
    tx: &Transaction<'_>,
    document: DocumentId,
    epoch: u32,
    by: DeviceId,
    now_ms: u64,
) -> Result<(), StoreError> {
    let id = named_params! { ":id": document.0 };
    for statement in [
        "INSERT OR IGNORE INTO tombstone (document_id, hash) SELECT document_id, hash FROM change WHERE document_id = :id",
        "DELETE FROM change WHERE document_id = :id",
        "DELETE FROM snapshot WHERE document_id = :id",
        // What staff have decided about says what it said all the same.
        "DELETE FROM quarantine WHERE document_id = :id AND judged_ms IS NOT NULL",
    ] {
        tx.prepare_cached(statement)?.execute(id)?;
    }
    tx.execute(
        "INSERT INTO rewriting (document_id, epoch, at_ms, device_id) VALUES (:id, :epoch, :now_ms, :by)",
        named_params! { ":id": document.0, ":epoch": epoch, ":now_ms": now_ms, ":by": by.0 },
    )?;
    Ok(())
}

/// Whether a change went when its document was written anew.
pub fn is_buried(db: &Connection, document: DocumentId, hash: &Hash) -> Result<bool, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstone WHERE document_id = :id AND hash = :hash)")?;
    Ok(statement.query_row(named_params! { ":id": document.0, ":hash": hash }, |row| row.get(0))?)
}

/// Changes of a document that wait for staff.
pub fn waiting(db: &Connection, document: DocumentId) -> Result<u64, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM quarantine WHERE document_id = :id AND judged_ms IS NULL")?;
    Ok(statement.query_row(named_params! { ":id": document.0 }, |row| row.get(0))?)
}

/// The epoch that a document's last rewriting began; none where there was none.
pub fn last_epoch(db: &Connection, document: DocumentId) -> Result<Option<u32>, StoreError> {
    let mut statement = db.prepare_cached("SELECT max(epoch) FROM rewriting WHERE document_id = :id")?;
    Ok(statement.query_row(named_params! { ":id": document.0 }, |row| row.get(0))?)
}

/// Changes that were to be gone with a rewriting, and are still here.
pub fn unburied(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row("SELECT count(*) FROM change JOIN tombstone USING (document_id, hash)", [], |row| row.get(0))?)
}

/// Documents of which some table holds something though they were erased.
pub fn left_behind(db: &Connection) -> Result<Vec<DocumentId>, StoreError> {
    let key = key(db)?;
    let mut marks = db.prepare("SELECT mark FROM erasure")?;
    let marks = marks.query_map([], |row| row.get(0))?.collect::<Result<BTreeSet<Mark>, _>>()?;
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare(
        "SELECT id FROM document UNION SELECT document_id FROM change UNION SELECT document_id FROM snapshot
         UNION SELECT document_id FROM quarantine UNION SELECT document_id FROM person
         UNION SELECT document_id FROM phone UNION SELECT document_id FROM attendance
         UNION SELECT document_id FROM twin_key UNION SELECT subject FROM twin_key UNION SELECT document_id FROM told_apart
         UNION SELECT document_id FROM import_document",
    )?;
    let ids = statement.query_map([], |row| row.get(0).map(DocumentId))?.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().filter(|id| marks.contains(&mark_of(&key, *id))).collect())
}

/// First line of the list as a file, so that nothing else is taken for one.
const HEAD: &str = "tiwizi erasures 1";

impl List {
    /// As a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\nkey {}\n", hex(&self.key));
        for (mark, erased_ms) in &self.marks {
            text.push_str(&format!("{} {erased_ms}\n", hex(mark)));
        }
        text
    }

    /// From a file; none where it is another file.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != HEAD {
            return None;
        }
        let key = unhex(lines.next()?.strip_prefix("key ")?)?;
        let marks = lines.map(|line| {
            let (mark, erased_ms) = line.split_once(' ')?;
            Some((unhex(mark)?, erased_ms.parse().ok()?))
        });
        Some(Self { key, marks: marks.collect::<Option<_>>()? })
    }
}

/// The whole list.
pub fn list(db: &Connection) -> Result<List, StoreError> {
    let mut statement = db.prepare("SELECT mark, erased_ms FROM erasure ORDER BY mark")?;
    let marks = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(List { key: key(db)?, marks })
}

/// Adds the marks of another file's list. False, and nothing done, where both have marks under different keys.
pub fn add(tx: &Transaction<'_>, list: &List) -> Result<bool, StoreError> {
    if key(tx)? != list.key {
        let own: Option<i64> = tx.query_row("SELECT 1 FROM erasure LIMIT 1", [], |row| row.get(0)).optional()?;
        if own.is_some() {
            return Ok(false);
        }
        tx.execute("UPDATE server SET erasure_key = :key", named_params! { ":key": list.key })?;
    }
    for (mark, erased_ms) in &list.marks {
        tx.prepare_cached("INSERT OR IGNORE INTO erasure (mark, erased_ms) VALUES (:mark, :erased_ms)")?
            .execute(named_params! { ":mark": mark, ":erased_ms": erased_ms })?;
    }
    Ok(true)
}

/// Counts somebody who is about to be erased among those who were present at each of their events.
pub fn count_presence(tx: &Transaction<'_>, person: DocumentId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO counted (event_id, sex, age_band, people)
         SELECT DISTINCT attendance.document_id, person.sex, person.age_band, 1
         FROM attendance JOIN person ON person.document_id = attendance.person
         WHERE attendance.person = :person AND attendance.status IN ('present', 'partial', 'remote')
         ON CONFLICT (event_id, sex, age_band) DO UPDATE SET people = people + 1",
        named_params! { ":person": person.0 },
    )?;
    Ok(())
}

/// Somebody, and who a human said they are too (M7): all of them are one human being.
pub fn joined(db: &Connection, person: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE joined (id) AS (
             SELECT :person
             UNION SELECT same_as FROM joined JOIN person ON document_id = joined.id WHERE same_as IS NOT NULL
             UNION SELECT document_id FROM joined JOIN person ON same_as = joined.id
         )
         SELECT id FROM joined ORDER BY id <> :person, id",
    )?;
    let rows = statement.query_map(named_params! { ":person": person.0 }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An event that names somebody.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sheet {
    pub event: DocumentId,
    pub title: String,
    /// `2026-11-23`; empty where no half-day says.
    pub last_day: String,
    /// Half-days in which something is said of them.
    pub marked: u64,
}

/// The events on whose roster somebody is, the latest first.
pub fn sheets(db: &Connection, person: DocumentId) -> Result<Vec<Sheet>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT event.document_id, event.title, event.last_day,
                (SELECT count(*) FROM attendance WHERE document_id = event.document_id AND person = :person)
         FROM link JOIN event ON event.document_id = link.source_id
         WHERE link.target_id = :person AND link.until_arrival IS NULL
         ORDER BY event.last_day DESC, event.document_id",
    )?;
    let rows = statement.query_map(named_params! { ":person": person.0 }, |row| {
        Ok(Sheet { event: DocumentId(row.get(0)?), title: row.get(1)?, last_day: row.get(2)?, marked: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Something whose time is over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Due {
    pub document: DocumentId,
    pub title: String,
    /// Since when nothing came of it: `2026-11-23`.
    pub since: String,
}

/// From when on what is how old. Days as `2026-11-23`: what is older than that day is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub person_day: String,
    pub sheet_day: String,
    pub dossier_day: String,
}

/// People who came to nothing since, and whom no sheet under retention names.
pub fn people_due(db: &Connection, limits: &Limits) -> Result<Vec<Due>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH seen AS (
             SELECT person.document_id AS id, person.name,
                    max(date((SELECT max(received_ms) FROM change WHERE document_id = person.document_id) / 1000, 'unixepoch'),
                        coalesce((SELECT max(event.last_day) FROM link JOIN event ON event.document_id = link.source_id
                                  WHERE link.target_id = person.document_id AND link.until_arrival IS NULL), '')) AS day
             FROM person
         )
         SELECT id, name, day FROM seen
         WHERE day < :person_day AND NOT EXISTS (
             SELECT 1 FROM attendance JOIN event ON event.document_id = attendance.document_id
             WHERE attendance.person = seen.id AND event.last_day >= :sheet_day)
         ORDER BY day, id",
    )?;
    let key = named_params! { ":person_day": limits.person_day, ":sheet_day": limits.sheet_day };
    due(statement.query(key)?)
}

/// Dossiers that were closed or refused, and in which nothing was written since.
pub fn dossiers_due(db: &Connection, limits: &Limits) -> Result<Vec<Due>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH written AS (
             SELECT document_id AS id, title,
                    date((SELECT max(received_ms) FROM change WHERE document_id = dossier.document_id) / 1000, 'unixepoch') AS day
             FROM dossier WHERE stage IN ('closed', 'refused')
         )
         SELECT id, title, day FROM written WHERE day < :dossier_day ORDER BY day, id",
    )?;
    due(statement.query(named_params! { ":dossier_day": limits.dossier_day })?)
}

/// Events whose sheets need not be kept any longer.
pub fn events_due(db: &Connection, limits: &Limits) -> Result<Vec<Due>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, title, last_day FROM event WHERE last_day <> '' AND last_day < :sheet_day
         ORDER BY last_day, document_id",
    )?;
    due(statement.query(named_params! { ":sheet_day": limits.sheet_day })?)
}

fn due(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Due>, StoreError> {
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(Due { document: DocumentId(row.get(0)?), title: row.get(1)?, since: row.get(2)? });
    }
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_and_nothing_else_is_one() {
        let list = List { key: [7; 32], marks: vec![([1; 32], 5), ([255; 32], 1_790_000_000_000)] };
        assert_eq!(List::from_text(&list.to_text()), Some(list.clone()));
        assert_eq!(List::from_text(&list.to_text().replace("01 5", "5")), None);
        assert_eq!(List::from_text("nom,prénom\n"), None);
    }
}
