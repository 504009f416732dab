//! Who holds what: from what an account was given, along what those documents name.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction, named_params};
use shared::{
    document::Kind,
    id::{AccountId, DocumentId},
    settings::SETTINGS,
    territory,
    wire::Hash,
};

use super::{
    StoreError,
    documents::{digest_at, heads_at, kind_at},
};

/// A document that somebody holds, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    pub id: DocumentId,
    pub kind: Kind,
    pub heads: Vec<Hash>,
    pub digest: u128,
    pub epoch: u32,
    pub first_arrival: u64,
    pub last_arrival: u64,
    /// The arrival number from which on it is held.
    pub since: u64,
}

impl Scoped {
    /// The number under which this document is news to a phone.
    #[must_use]
    pub fn news(&self) -> u64 {
        self.last_arrival.max(self.since)
    }
}

/// The documents that the account was given and what those lead to, and those that it began and that nothing names yet. In the
/// order of their news.
///
/// A territory leads to events, an event names people, people name associations, and both name whoever they were joined to (M7): by however
/// many links, a phone holds the one who stands for them.
pub fn assigned(db: &Connection, account: AccountId) -> Result<Vec<Scoped>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE reached (id, since) AS (
             SELECT document_id, since_arrival FROM assignment WHERE account_id = :account AND given = 1
             UNION SELECT target_id, max(since, since_arrival)
             FROM reached JOIN link ON source_id = reached.id AND until_arrival IS NULL
         ), begun AS (
             SELECT id, 0 AS since FROM document
             WHERE created_by = :account AND kind IN (0, 2)
               AND NOT EXISTS (SELECT 1 FROM link WHERE target_id = document.id)
         ), held AS (
             SELECT id, min(since) AS since FROM (
                 SELECT * FROM reached UNION ALL SELECT * FROM begun
                 -- The house's rules are everybody's.
                 UNION ALL SELECT id, 0 AS since FROM document WHERE kind = 6
             ) GROUP BY id
         )
         SELECT document.id, kind, heads, digest, first_arrival, last_arrival, since, epoch
         FROM held JOIN document ON document.id = held.id",
    )?;
    let rows = statement.query_map(named_params! { ":account": account.0 }, |row| {
        Ok(Scoped {
            id: DocumentId(row.get(0)?),
            kind: kind_at(row, 1)?,
            heads: heads_at(row, 2)?,
            digest: digest_at(row, 3)?,
            first_arrival: row.get(4)?,
            last_arrival: row.get(5)?,
            since: row.get(6)?,
            epoch: row.get(7)?,
        })
    })?;
    let mut scoped = rows.collect::<Result<Vec<_>, _>>()?;
    scoped.sort_by_key(|document| (document.news(), document.id));
    Ok(scoped)
}

/// Documents that are news after `paged`, for an account that holds everything. In the order of their news, at most `most`.
pub fn news(db: &Connection, paged: u64, most: usize) -> Result<Vec<Scoped>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, kind, heads, digest, first_arrival, last_arrival, epoch FROM document
         WHERE last_arrival > :paged ORDER BY last_arrival LIMIT :most",
    )?;
    let rows = statement.query_map(named_params! { ":paged": paged, ":most": most }, |row| {
        Ok(Scoped {
            id: DocumentId(row.get(0)?),
            kind: kind_at(row, 1)?,
            heads: heads_at(row, 2)?,
            digest: digest_at(row, 3)?,
            first_arrival: row.get(4)?,
            last_arrival: row.get(5)?,
            since: 0,
            epoch: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether any of these documents is in the account's scope: whom a poke concerns.
pub fn concerns(db: &Connection, account: AccountId, documents: &[DocumentId]) -> Result<bool, StoreError> {
    if documents.contains(&SETTINGS) {
        return Ok(true);
    }
    for document in documents {
        if holders(db, *document)?.contains(&account) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The accounts that hold a document because it, or what names it, was given to them.
fn holders(db: &Connection, document: DocumentId) -> Result<BTreeSet<AccountId>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE source (id) AS (
             SELECT :document
             UNION SELECT source_id FROM source JOIN link ON target_id = source.id AND until_arrival IS NULL
         )
         SELECT account_id FROM assignment JOIN source ON document_id = source.id WHERE given = 1",
    )?;
    let rows = statement.query_map(named_params! { ":document": document.0 }, |row| row.get(0).map(AccountId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Documents that the account held at `base` and may have lost since: what it must be told to forget, unless it still holds
/// them another way.
pub fn lost_since(db: &Connection, account: AccountId, base: u64) -> Result<BTreeSet<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE ever (id, lost) AS (
             SELECT document_id, given = 0 AND since_arrival > :base FROM assignment WHERE account_id = :account
             UNION SELECT target_id, ever.lost OR coalesce(until_arrival > :base, 0)
             FROM ever JOIN link ON source_id = ever.id
         )
         SELECT DISTINCT id FROM ever WHERE lost",
    )?;
    let rows = statement
        .query_map(named_params! { ":account": account.0, ":base": base }, |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Events that volunteers hold by assignment though both the event and the assignment are older than that.
pub fn over(db: &Connection, before_ms: u64) -> Result<Vec<(AccountId, DocumentId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, assignment.document_id
         FROM assignment JOIN account ON account.id = account_id
                         JOIN event ON event.document_id = assignment.document_id
         WHERE given = 1 AND role = 'volunteer' AND since_ms < :before_ms
           AND last_day <> '' AND last_day < date(:before_ms / 1000, 'unixepoch')",
    )?;
    let rows = statement.query_map(named_params! { ":before_ms": before_ms }, |row| {
        Ok((AccountId(row.get(0)?), DocumentId(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes which documents a document names now, as of `arrival`.
pub fn put_links(
    tx: &Transaction<'_>,
    source: DocumentId,
    targets: &[DocumentId],
    arrival: u64,
) -> Result<(), StoreError> {
    let before = links(tx, source)?;
    let targets: BTreeSet<DocumentId> = targets.iter().copied().collect();
    for target in targets.iter().filter(|target| before.get(target) != Some(&true)) {
        open_link(tx, source, *target, arrival)?;
    }
    for target in before.iter().filter(|(target, open)| **open && !targets.contains(target)).map(|(target, _)| target) {
        close_link(tx, source, *target, arrival)?;
    }
    Ok(())
}

/// Writes in which territories a document lies now, as of `arrival`: each is a source that names it.
pub fn put_territories(
    tx: &Transaction<'_>,
    target: DocumentId,
    territories: &[DocumentId],
    arrival: u64,
) -> Result<(), StoreError> {
    let before = self::territories(tx, target)?;
    for territory in territories.iter().filter(|territory| before.get(territory) != Some(&true)) {
        open_link(tx, *territory, target, arrival)?;
    }
    for (territory, _) in before.iter().filter(|(territory, open)| **open && !territories.contains(territory)) {
        close_link(tx, *territory, target, arrival)?;
    }
    Ok(())
}

/// The territories that a document lies in or lay in; true where it still does.
pub fn territories(db: &Connection, target: DocumentId) -> Result<BTreeMap<DocumentId, bool>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT source_id, until_arrival IS NULL FROM link
         WHERE target_id = :target AND substr(source_id, 1, 4) = :prefix",
    )?;
    let key = named_params! { ":target": target.0, ":prefix": territory::PREFIX };
    let rows = statement.query_map(key, |row| Ok((DocumentId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn open_link(tx: &Transaction<'_>, source: DocumentId, target: DocumentId, arrival: u64) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO link (source_id, target_id, since_arrival) VALUES (:source, :target, :arrival)
         ON CONFLICT (source_id, target_id) DO UPDATE SET since_arrival = :arrival, until_arrival = NULL",
    )?;
    statement.execute(named_params! { ":source": source.0, ":target": target.0, ":arrival": arrival })?;
    Ok(())
}

fn close_link(tx: &Transaction<'_>, source: DocumentId, target: DocumentId, arrival: u64) -> Result<(), StoreError> {
    let mut statement = tx
        .prepare_cached("UPDATE link SET until_arrival = :arrival WHERE source_id = :source AND target_id = :target")?;
    statement.execute(named_params! { ":source": source.0, ":target": target.0, ":arrival": arrival })?;
    Ok(())
}

/// What a document names or named; true where it still does.
pub fn links(db: &Connection, source: DocumentId) -> Result<BTreeMap<DocumentId, bool>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT target_id, until_arrival IS NULL FROM link WHERE source_id = :source")?;
    let rows =
        statement.query_map(named_params! { ":source": source.0 }, |row| Ok((DocumentId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
