//! Brings a file to the schema that this build speaks. Each SQL file is applied once, in order, and never edited after.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// "TIWI" in a SQLite header: we open no other program's file.
const APPLICATION_ID: i32 = 0x5449_5749;

/// Every schema change, the oldest first. `user_version` counts how many a file has had.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_access.sql"),
    include_str!("migrations/0002_documents.sql"),
    include_str!("migrations/0003_projections.sql"),
    include_str!("migrations/0004_communes.sql"),
];

/// Applies what is missing, all of it or nothing.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    // Immediate: two processes that start together take turns, and the second finds the work done.
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: i32 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let done: usize = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: usize = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        return Err(StoreError::NotOurs);
    }
    if done > MIGRATIONS.len() {
        return Err(StoreError::TooNew { version: done, known: MIGRATIONS.len() });
    }
    for migration in &MIGRATIONS[done..] {
        tx.execute_batch(migration)?;
    }
    if done < MIGRATIONS.len() {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", MIGRATIONS.len())?;
    }
    Ok(tx.commit()?)
}
