//! The addresses of calendar feeds.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use shared::id::{AccountId, DocumentId};

use super::StoreError;

/// Gives an account an address, in place of the one it had.
pub fn put(tx: &Transaction<'_>, account: AccountId, hash: &[u8; 32], now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO calendar (account_id, hash, made_ms) VALUES (:account, :hash, :now_ms)
         ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, made_ms = excluded.made_ms",
        named_params! { ":account": account.0, ":hash": hash, ":now_ms": now_ms },
    )?;
    Ok(())
}

/// Takes an account's address away. Returns whether it had one.
pub fn remove(tx: &Transaction<'_>, account: AccountId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM calendar WHERE account_id = :account", named_params! { ":account": account.0 })? > 0)
}

/// Whose address that is. Of an account that was closed it is nobody's.
pub fn account_of(db: &Connection, hash: &[u8; 32]) -> Result<Option<AccountId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account_id FROM calendar JOIN account ON account.id = account_id
         WHERE hash = :hash AND account.disabled_ms IS NULL",
    )?;
    Ok(statement.query_row(named_params! { ":hash": hash }, |row| row.get(0).map(AccountId)).optional()?)
}

/// Events that are not over since before that day, of those that are `wanted`: the nearest first, so many at most.
pub fn events_since(
    db: &Connection,
    day: &str,
    wanted: impl Fn(&DocumentId) -> bool,
    most: usize,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT document_id FROM event WHERE last_day >= :day ORDER BY first_day, document_id")?;
    let rows = statement.query_map(named_params! { ":day": day }, |row| row.get(0).map(DocumentId))?;
    let events = rows.filter(|event| event.as_ref().map_or(true, &wanted));
    Ok(events.take(most).collect::<Result<_, _>>()?)
}

/// Something that is due on a dossier.
#[derive(Debug, Clone)]
pub struct DueRow {
    pub dossier: DocumentId,
    pub row: String,
    /// One of `DueKind`.
    pub kind: String,
    /// `2026-11-23`
    pub day: String,
    pub label: String,
    pub assigned_to: String,
    pub coordinator: String,
    /// The dossier's.
    pub title: String,
}

/// What is due on dossiers since that day and is `wanted`: the nearest first, so much at most.
pub fn dues_since(
    db: &Connection,
    day: &str,
    wanted: impl Fn(&DueRow) -> bool,
    most: usize,
) -> Result<Vec<DueRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, row, kind, day, label, assigned_to, due.coordinator, dossier.title
         FROM due JOIN dossier USING (document_id) WHERE day >= :day ORDER BY day, document_id, row",
    )?;
    let rows = statement.query_map(named_params! { ":day": day }, |row| {
        Ok(DueRow {
            dossier: DocumentId(row.get(0)?),
            row: row.get(1)?,
            kind: row.get(2)?,
            day: row.get(3)?,
            label: row.get(4)?,
            assigned_to: row.get(5)?,
            coordinator: row.get(6)?,
            title: row.get(7)?,
        })
    })?;
    let dues = rows.filter(|due| due.as_ref().map_or(true, &wanted));
    Ok(dues.take(most).collect::<Result<_, _>>()?)
}

/// The calls that dossiers which are not filed yet answer, of those that are `wanted`.
pub fn calls_waited_for(db: &Connection, wanted: impl Fn(&DocumentId) -> bool) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document_id, call FROM dossier
         WHERE call IS NOT NULL AND stage IN ('', 'idea', 'accompaniment', 'writing', 'visa') ORDER BY call",
    )?;
    let rows = statement.query_map([], |row| Ok((DocumentId(row.get(0)?), DocumentId(row.get(1)?))))?;
    let mut calls = Vec::new();
    for row in rows {
        let (dossier, call) = row?;
        if wanted(&dossier) {
            calls.push(call);
        }
    }
    calls.dedup();
    Ok(calls)
}
