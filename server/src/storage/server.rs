//! The server's own row: who it is, and the counter of arrivals.

use rusqlite::{Connection, Transaction, named_params};

use super::StoreError;

/// Which server this is, and since which restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub identity: [u8; 16],
    pub epoch: u64,
}

/// Reads the server's identity.
pub fn identity(db: &Connection) -> Result<Identity, StoreError> {
    Ok(db.query_row("SELECT identity, epoch FROM server", [], |row| {
        Ok(Identity { identity: row.get(0)?, epoch: row.get(1)? })
    })?)
}

/// Says that this file was restored from a backup: phones will give back what it lacks. The new epoch is above `known`,
/// the last one that anybody has seen, and above its own.
pub fn raise_epoch(tx: &Transaction<'_>, known: u64) -> Result<u64, StoreError> {
    let sql = "UPDATE server SET epoch = max(epoch, :known) + 1 RETURNING epoch";
    Ok(tx.query_row(sql, named_params! { ":known": known }, |row| row.get(0))?)
}

/// The last arrival number that was given.
pub fn last_arrival(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row("SELECT last_arrival FROM server", [], |row| row.get(0))?)
}

/// Gives `count` arrival numbers and returns the first. They count only if the transaction commits.
pub fn next_arrivals(tx: &Transaction<'_>, count: u64) -> Result<u64, StoreError> {
    Ok(tx.query_row(
        "UPDATE server SET last_arrival = last_arrival + :count RETURNING last_arrival - :count + 1",
        named_params! { ":count": count },
        |row| row.get(0),
    )?)
}
