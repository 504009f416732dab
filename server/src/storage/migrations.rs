//! Brings a file to the schema that this build speaks. Each SQL file is applied once, in order, and never edited after.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use crate::verify;

/// "TIWI" in a SQLite header: we open no other program's file.
const APPLICATION_ID: i32 = 0x5449_5749;

/// Every schema change, the oldest first. `user_version` counts how many a file has had.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_access.sql"),
    include_str!("migrations/0002_documents.sql"),
    include_str!("migrations/0003_projections.sql"),
    include_str!("migrations/0004_communes.sql"),
    include_str!("migrations/0005_trust.sql"),
    include_str!("migrations/0006_credentials.sql"),
    include_str!("migrations/0007_erasure.sql"),
    include_str!("migrations/0008_blobs.sql"),
    include_str!("migrations/0009_sheets.sql"),
    include_str!("migrations/0010_calendar.sql"),
    include_str!("migrations/0011_registration.sql"),
    include_str!("migrations/0012_logos.sql"),
    include_str!("migrations/0016_due.sql"),
    include_str!("migrations/0018_twins.sql"),
    include_str!("migrations/0019_directory.sql"),
    include_str!("migrations/0020_indicators.sql"),
    include_str!("migrations/0021_programs.sql"),
    include_str!("migrations/0022_leaders.sql"),
    include_str!("migrations/0023_inbox.sql"),
];

/// Applies what is missing, all of it or nothing.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    // Tables that others refer to are made anew: references are checked at the end instead.
    db.pragma_update(None, "foreign_keys", false)?;
    let migrated = migrate_all(db);
    db.pragma_update(None, "foreign_keys", true)?;
    if migrated? == Migrated::Older {
        // What earlier builds deleted still stands in the free pages of their file.
        db.execute_batch("VACUUM")?;
    }
    Ok(())
}

/// What a file was before.
#[derive(PartialEq, Eq)]
enum Migrated {
    /// Empty, or of this build's schema.
    Current,
    /// Of an older schema.
    Older,
}

fn migrate_all(db: &mut Connection) -> Result<Migrated, StoreError> {
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
        if done > 0 {
            // New columns and tables of projections say what the documents of this file say.
            verify::project(&tx)?;
        }
        let dangling: usize = tx.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        if dangling > 0 {
            return Err(StoreError::Corrupt("a reference leads nowhere after a migration"));
        }
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", MIGRATIONS.len())?;
    }
    tx.commit()?;
    Ok(if (1..MIGRATIONS.len()).contains(&done) { Migrated::Older } else { Migrated::Current })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Place, connect};

    #[test]
    fn a_new_file_is_ours_and_opens_again() {
        let place = Place::in_memory().unwrap();
        for _ in 0..2 {
            let db = connect(&place).unwrap();
            assert_eq!(db.pragma_query_value(None, "application_id", |row| row.get(0)), Ok(APPLICATION_ID));
            assert_eq!(db.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(MIGRATIONS.len()));
            assert_eq!(db.pragma_query_value(None, "foreign_keys", |row| row.get(0)), Ok(true));
        }
    }

    #[test]
    fn each_step_leads_to_the_same_schema() {
        let schema = |db: &Connection| {
            let mut statement =
                db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
        };
        let whole = schema(&connect(&Place::in_memory().unwrap()).unwrap());
        for done in 1..MIGRATIONS.len() {
            let mut db = Connection::open_in_memory().unwrap();
            for step in &MIGRATIONS[..done] {
                db.execute_batch(step).unwrap();
            }
            db.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            db.pragma_update(None, "user_version", done).unwrap();
            migrate(&mut db).unwrap();
            assert_eq!(schema(&db), whole, "from version {done}");
        }
    }

    #[test]
    fn a_foreign_file_and_one_from_the_future_are_left_alone() {
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut foreign), Err(StoreError::NotOurs)));
        let place = Place::in_memory().unwrap();
        let db = connect(&place).unwrap();
        db.pragma_update(None, "user_version", MIGRATIONS.len() + 1).unwrap();
        assert!(matches!(connect(&place), Err(StoreError::TooNew { .. })));
    }
}
