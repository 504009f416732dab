//! Logos: the house's, and those of its funders.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::Serialize;
use shared::{id::AccountId, names};

use super::StoreError;

/// A logo, without its picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logo {
    pub id: u32,
    /// The funder's name as it was written; empty for the house.
    pub name: String,
    pub put_ms: u64,
}

/// Whose a name is, however it is written; empty for the house.
fn owner(name: &str) -> String {
    names::fold_search(name)
}

/// All of them, the house's first, then by the funders' names.
pub fn list(db: &Connection) -> Result<Vec<Logo>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, name, put_ms FROM logo ORDER BY owner")?;
    let rows = statement.query_map([], |row| Ok(Logo { id: row.get(0)?, name: row.get(1)?, put_ms: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The picture of one.
pub fn picture(db: &Connection, id: u32) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT bytes FROM logo WHERE id = :id")?;
    Ok(statement.query_row(named_params! { ":id": id }, |row| row.get(0)).optional()?)
}

/// The picture of the house (an empty name), or of a funder.
pub fn picture_of(db: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT bytes FROM logo WHERE owner = :owner")?;
    Ok(statement.query_row(named_params! { ":owner": owner(name) }, |row| row.get(0)).optional()?)
}

/// How many there are, but for that of one name.
pub fn others(db: &Connection, name: &str) -> Result<usize, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM logo WHERE owner <> :owner")?;
    Ok(statement.query_row(named_params! { ":owner": owner(name) }, |row| row.get(0))?)
}

/// Keeps a picture; the one that was there before goes.
pub fn put(tx: &Transaction<'_>, name: &str, bytes: &[u8], account: AccountId, now_ms: u64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO logo (owner, name, bytes, account_id, put_ms) VALUES (:owner, :name, :bytes, :account, :now_ms)
         ON CONFLICT (owner) DO UPDATE SET name = :name, bytes = :bytes, account_id = :account, put_ms = :now_ms",
    )?
    .execute(named_params! {
        ":owner": owner(name),
        ":name": name,
        ":bytes": bytes,
        ":account": account.0,
        ":now_ms": now_ms,
    })?;
    Ok(())
}

/// Takes one away. False where it is gone already.
pub fn remove(tx: &Transaction<'_>, id: u32) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM logo WHERE id = :id", named_params! { ":id": id })? > 0)
}
