//! Lists with their filters, as people want to see them again.

use rusqlite::{Connection, Transaction, named_params};
use serde::Serialize;
use shared::id::AccountId;
use utoipa::ToSchema;

use super::StoreError;

/// Of one account. A house of thirty people with this many each would still read them at a glance.
pub const VIEWS_MAX: u64 = 100;

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedView {
    pub id: i64,
    /// `people`, `associations`, `events` or `dossiers`.
    pub list: String,
    pub name: String,
    /// As in the address of the list.
    pub query: String,
    /// Whether the house sees it.
    pub shared: bool,
    /// Whether it is the caller's own.
    pub mine: bool,
}

/// Those of a list that an account sees: its own, and what others share; by name.
pub fn list(db: &Connection, list: &str, account: AccountId) -> Result<Vec<SavedView>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, list, name, query, shared, account_id = :account FROM saved_view
         WHERE list = :list AND (shared = 1 OR account_id = :account) ORDER BY name, id",
    )?;
    let rows = statement.query_map(named_params! { ":list": list, ":account": account.0 }, |row| {
        Ok(SavedView {
            id: row.get(0)?,
            list: row.get(1)?,
            name: row.get(2)?,
            query: row.get(3)?,
            shared: row.get(4)?,
            mine: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many an account has.
pub fn count(db: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM saved_view WHERE account_id = :account")?;
    Ok(statement.query_row(named_params! { ":account": account.0 }, |row| row.get(0))?)
}

/// A view to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewView<'a> {
    pub list: &'a str,
    pub name: &'a str,
    pub query: &'a str,
    pub shared: bool,
}

/// Keeps one; returns its number.
pub fn add(tx: &Transaction<'_>, view: NewView<'_>, account: AccountId, now_ms: u64) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO saved_view (account_id, list, name, query, shared, saved_ms)
         VALUES (:account, :list, :name, :query, :shared, :now_ms)",
    )?
    .execute(named_params! {
        ":account": account.0,
        ":list": view.list,
        ":name": view.name,
        ":query": view.query,
        ":shared": view.shared,
        ":now_ms": now_ms,
    })?;
    Ok(tx.last_insert_rowid())
}

/// Takes one of an account's own away. False where it has no such view.
pub fn remove(tx: &Transaction<'_>, id: i64, account: AccountId) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM saved_view WHERE id = :id AND account_id = :account")?;
    Ok(statement.execute(named_params! { ":id": id, ":account": account.0 })? > 0)
}
