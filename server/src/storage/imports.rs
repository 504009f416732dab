//! Imports that can be undone: what each made, and how columns of a file were told apart.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use serde::Serialize;
use shared::{
    document::Kind,
    id::{AccountId, DocumentId},
    territory,
    wire::Hash,
};

use super::{
    StoreError,
    documents::{heads_at, kind_at},
    erasures,
};

/// Imports that the register shows, the newest first.
const SHOWN_MAX: usize = 200;

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    pub id: DocumentId,
    pub at_ms: u64,
    pub account: AccountId,
    /// Who brought it, as their account is called today.
    pub by: String,
    /// As its file was called.
    pub name: String,
    /// `person` or `association`.
    pub kind: String,
    /// Records that were begun, that were there and were completed, and that were there as they are.
    pub created: u64,
    pub completed: u64,
    pub known: u64,
    /// Rows of which nothing was taken.
    pub refused: u64,
    /// When it was undone, if it was.
    pub undone_ms: Option<u64>,
}

/// What became of an import's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub created: usize,
    pub completed: usize,
    pub known: usize,
    pub refused: usize,
}

/// Notes an import before it is done: an import is many commits.
pub fn begin(tx: &Transaction<'_>, import: &Import) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO import (id, at_ms, account_id, file_name, kind) VALUES (:id, :at_ms, :account, :name, :kind)",
        named_params! {
            ":id": import.id.0, ":at_ms": import.at_ms, ":account": import.account.0, ":name": import.name, ":kind": import.kind,
        },
    )?;
    Ok(())
}

/// Notes what became of its rows.
pub fn end(tx: &Transaction<'_>, id: DocumentId, counts: Counts) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE import SET created = :created, completed = :completed, known = :known, refused = :refused WHERE id = :id",
        named_params! {
            ":id": id.0, ":created": counts.created, ":completed": counts.completed, ":known": counts.known,
            ":refused": counts.refused,
        },
    )?;
    Ok(())
}

/// Notes a document that an import is about to write in, and whether it begins it.
pub fn announce(tx: &Transaction<'_>, id: DocumentId, document: DocumentId, begun: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO import_document (import_id, document_id, begun) VALUES (:id, :document, :begun)",
    )?
    .execute(named_params! { ":id": id.0, ":document": document.0, ":begun": begun })?;
    Ok(())
}

/// Notes how an import has left a document: whatever differs from that was done by somebody else.
pub fn settle(tx: &Transaction<'_>, id: DocumentId, document: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE import_document SET heads = (SELECT heads FROM document WHERE id = :document)
         WHERE import_id = :id AND document_id = :document",
    )?
    .execute(named_params! { ":id": id.0, ":document": document.0 })?;
    Ok(())
}

fn import_at(row: &Row<'_>) -> rusqlite::Result<Import> {
    Ok(Import {
        id: DocumentId(row.get(0)?),
        at_ms: row.get(1)?,
        account: AccountId(row.get(2)?),
        by: row.get(3)?,
        name: row.get(4)?,
        kind: row.get(5)?,
        created: row.get(6)?,
        completed: row.get(7)?,
        known: row.get(8)?,
        refused: row.get(9)?,
        undone_ms: row.get(10)?,
    })
}

/// The latest imports; of one account only, where it is named.
pub fn list(db: &Connection, account: Option<AccountId>) -> Result<Vec<Import>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT import.id, at_ms, account_id, coalesce(account.name, ''), file_name, import.kind, created, completed, known, refused,
                undone_ms
         FROM import LEFT JOIN account ON account.id = account_id
         WHERE :account IS NULL OR account_id = :account ORDER BY at_ms DESC, import.id LIMIT :most",
    )?;
    let key = named_params! { ":account": account.map(|account| account.0), ":most": SHOWN_MAX };
    let rows = statement.query_map(key, import_at)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them.
pub fn one(db: &Connection, id: DocumentId) -> Result<Option<Import>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT import.id, at_ms, account_id, coalesce(account.name, ''), file_name, import.kind, created, completed, known, refused,
                undone_ms
         FROM import LEFT JOIN account ON account.id = account_id WHERE import.id = :id",
    )?;
    Ok(statement.query_row(named_params! { ":id": id.0 }, import_at).optional()?)
}

/// A document in which an import wrote, and how it stands today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    pub document: DocumentId,
    pub kind: Kind,
    pub begun: bool,
    /// Somebody else wrote in it since.
    pub changed: bool,
    /// Another document names it, which the import has not begun.
    pub named: bool,
    /// Something of it waits for a decision.
    pub waits: bool,
}

/// The documents of an import that are still there.
pub fn wrote(db: &Connection, id: DocumentId) -> Result<Vec<Wrote>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT document.id, kind, begun, import_document.heads, document.heads,
                EXISTS (SELECT 1 FROM link WHERE target_id = document.id AND until_arrival IS NULL
                        AND substr(source_id, 1, 4) <> :territory
                        AND source_id NOT IN (SELECT document_id FROM import_document WHERE import_id = :id AND begun = 1)),
                EXISTS (SELECT 1 FROM quarantine WHERE quarantine.document_id = document.id AND judged_ms IS NULL)
         FROM import_document JOIN document ON document.id = document_id WHERE import_id = :id ORDER BY document.id",
    )?;
    let key = named_params! { ":id": id.0, ":territory": territory::PREFIX };
    let rows = statement.query_map(key, |row| {
        let left: Option<Vec<u8>> = row.get(3)?;
        let now: Vec<Hash> = heads_at(row, 4)?;
        Ok(Wrote {
            document: DocumentId(row.get(0)?),
            kind: kind_at(row, 1)?,
            begun: row.get(2)?,
            changed: left != Some(now.concat()),
            named: row.get(5)?,
            waits: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers that a document was taken back with its import: the same row may come again, under another id.
pub fn remember_undone(tx: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    let mark = erasures::mark_of(&erasures::key(tx)?, document);
    tx.prepare_cached("INSERT OR IGNORE INTO import_undone (mark) VALUES (:mark)")?
        .execute(named_params! { ":mark": mark })?;
    Ok(())
}

/// Whether a document was taken back with its import.
pub fn is_undone(db: &Connection, document: DocumentId) -> Result<bool, StoreError> {
    let mark = erasures::mark_of(&erasures::key(db)?, document);
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM import_undone WHERE mark = :mark)")?;
    Ok(statement.query_row(named_params! { ":mark": mark }, |row| row.get(0))?)
}

/// An import was undone, but for what stays.
pub fn undone(tx: &Transaction<'_>, id: DocumentId, now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE import SET undone_ms = :now_ms WHERE id = :id AND undone_ms IS NULL",
        named_params! { ":id": id.0, ":now_ms": now_ms },
    )?;
    Ok(())
}

/// What an import did not take: a file that nobody can read, or some of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub id: DocumentId,
    pub at_ms: u64,
    #[serde(skip)]
    pub account: AccountId,
    /// Who brought it, as their account is called today.
    pub by: String,
    /// As its file was called.
    pub name: String,
    /// `person` or `association`.
    pub kind: String,
    /// Why the file could not be read: a stable code. None where it was.
    pub code: Option<String>,
    /// Rows of which nothing was taken.
    pub refused: u64,
    /// The first of them: `{ line, code, about }`.
    pub lines: serde_json::Value,
    pub settled: Option<Settled>,
    /// Who looks after it.
    pub assigned: Option<AccountId>,
}

/// Somebody has brought it again, or said why it may stay so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    pub at_ms: u64,
    pub by: String,
    pub reason: String,
}

/// Notes what an import left. A file that cannot be read stands there once, however often somebody tries.
pub fn leave(tx: &Transaction<'_>, left: &Left) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM import_left WHERE account_id = :account AND file_name = :name AND kind = :kind AND settled_ms IS NULL",
        named_params! { ":account": left.account.0, ":name": left.name, ":kind": left.kind },
    )?;
    tx.execute(
        "INSERT INTO import_left (id, at_ms, account_id, file_name, kind, code, refused, lines)
         VALUES (:id, :at_ms, :account, :name, :kind, :code, :refused, :lines)",
        named_params! {
            ":id": left.id.0, ":at_ms": left.at_ms, ":account": left.account.0, ":name": left.name, ":kind": left.kind,
            ":code": left.code, ":refused": left.refused, ":lines": left.lines.to_string(),
        },
    )?;
    Ok(())
}

/// A file of that name was taken whole: what was left of it before is mended.
pub fn mended(tx: &Transaction<'_>, import: &Import) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE import_left SET settled_ms = :now_ms, settled_by = :account
         WHERE file_name = :name AND kind = :kind AND settled_ms IS NULL",
        named_params! {
            ":now_ms": import.at_ms, ":account": import.account.0, ":name": import.name, ":kind": import.kind,
        },
    )?;
    Ok(())
}

/// What was left lately, the newest first; by one account only, where it is named.
pub fn lefts(db: &Connection, account: Option<AccountId>) -> Result<Vec<Left>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT import_left.id, at_ms, account_id, coalesce(account.name, ''), file_name, import_left.kind, code, refused, lines,
                settled_ms, coalesce((SELECT name FROM account WHERE id = settled_by), ''), reason, assigned
         FROM import_left LEFT JOIN account ON account.id = account_id
         WHERE :account IS NULL OR account_id = :account ORDER BY settled_ms IS NOT NULL, at_ms DESC, import_left.id LIMIT :most",
    )?;
    let key = named_params! { ":account": account.map(|account| account.0), ":most": SHOWN_MAX };
    let rows = statement.query_map(key, |row| {
        let settled: Option<u64> = row.get(9)?;
        let (by, reason) = (row.get(10)?, row.get(11)?);
        Ok(Left {
            id: DocumentId(row.get(0)?),
            at_ms: row.get(1)?,
            account: AccountId(row.get(2)?),
            by: row.get(3)?,
            name: row.get(4)?,
            kind: row.get(5)?,
            code: row.get(6)?,
            refused: row.get(7)?,
            lines: serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default(),
            settled: settled.map(|at_ms| Settled { at_ms, by, reason }),
            assigned: row.get::<_, Option<_>>(12)?.map(AccountId),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Who brought what was left; none where nothing was.
pub fn left_by(db: &Connection, id: DocumentId) -> Result<Option<AccountId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT account_id FROM import_left WHERE id = :id")?;
    Ok(statement.query_row(named_params! { ":id": id.0 }, |row| row.get(0).map(AccountId)).optional()?)
}

/// Settles what was left, or asks about it again where `settled` is none.
pub fn settle_left(
    tx: &Transaction<'_>,
    id: DocumentId,
    settled: Option<(AccountId, u64)>,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE import_left SET settled_ms = :now_ms, settled_by = :by, reason = :reason WHERE id = :id",
        named_params! {
            ":id": id.0, ":now_ms": settled.map(|(_, now_ms)| now_ms), ":by": settled.map(|(by, _)| by.0),
            ":reason": reason,
        },
    )?;
    Ok(())
}

/// Says who looks after what was left; nobody where none is named.
pub fn assign_left(tx: &Transaction<'_>, id: DocumentId, account: Option<AccountId>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE import_left SET assigned = :account WHERE id = :id",
        named_params! { ":id": id.0, ":account": account.map(|account| account.0) },
    )?;
    Ok(())
}

/// What the columns of a file with these headings were told to be, the last time: keys, as JSON.
pub fn mapping(db: &Connection, headings: &Hash) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT columns FROM import_mapping WHERE headings = :headings")?;
    Ok(statement.query_row(named_params! { ":headings": headings }, |row| row.get(0)).optional()?)
}

/// Remembers that.
pub fn remember_mapping(tx: &Transaction<'_>, headings: &Hash, columns: &str, now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO import_mapping (headings, columns, at_ms) VALUES (:headings, :columns, :now_ms)
         ON CONFLICT (headings) DO UPDATE SET columns = :columns, at_ms = :now_ms",
        named_params! { ":headings": headings, ":columns": columns, ":now_ms": now_ms },
    )?;
    Ok(())
}
