//! Passkeys: the second factor of those who let others in and out.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::Serialize;
use shared::id::{AccountId, DeviceId};

use super::{StoreError, access::Refusal};

/// Passkeys of one account: two phones, a computer and a key in a drawer fit many times.
pub const PASSKEYS_MAX: usize = 16;

/// A passkey to keep.
#[derive(Debug)]
pub struct NewPasskey {
    pub id: Vec<u8>,
    pub account: AccountId,
    pub label: String,
    /// As the library that checks it writes it.
    pub content: String,
    pub added_by: DeviceId,
    pub now_ms: u64,
}

/// A passkey in the list of its owner.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyRow {
    /// In hex.
    pub id: String,
    pub label: String,
    pub created_ms: u64,
    pub used_ms: Option<u64>,
}

/// Keeps a passkey.
pub fn add(tx: &Transaction<'_>, new: &NewPasskey) -> Result<(), Refusal> {
    if contents(tx, new.account)?.len() >= PASSKEYS_MAX {
        return Err(Refusal::PasskeysTooMany);
    }
    tx.execute(
        "INSERT INTO passkey (id, account_id, label, content, created_ms, added_by)
         VALUES (:id, :account, :label, :content, :now_ms, :added_by)",
        named_params! {
            ":id": new.id,
            ":account": new.account.0,
            ":label": new.label,
            ":content": new.content,
            ":now_ms": new.now_ms,
            ":added_by": new.added_by.0,
        },
    )?;
    Ok(())
}

/// The contents of an account's passkeys, the oldest first.
pub fn contents(db: &Connection, account: AccountId) -> Result<Vec<String>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT content FROM passkey WHERE account_id = :account ORDER BY created_ms, id")?;
    let rows = statement.query_map(named_params! { ":account": account.0 }, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The passkeys of an account, the oldest first.
pub fn list(db: &Connection, account: AccountId) -> Result<Vec<PasskeyRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT lower(hex(id)), label, created_ms, used_ms FROM passkey
         WHERE account_id = :account ORDER BY created_ms, id",
    )?;
    let rows = statement.query_map(named_params! { ":account": account.0 }, |row| {
        Ok(PasskeyRow { id: row.get(0)?, label: row.get(1)?, created_ms: row.get(2)?, used_ms: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The content of one passkey of an account.
pub fn content(db: &Connection, account: AccountId, id: &[u8]) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT content FROM passkey WHERE account_id = :account AND id = :id")?;
    Ok(statement.query_row(named_params! { ":account": account.0, ":id": id }, |row| row.get(0)).optional()?)
}

/// Notes that a passkey was used, and what that changed of it (its counter).
pub fn note_used(tx: &Transaction<'_>, id: &[u8], content: &str, now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE passkey SET content = :content, used_ms = :now_ms WHERE id = :id",
        named_params! { ":content": content, ":now_ms": now_ms, ":id": id },
    )?;
    Ok(())
}

/// Removes a passkey of an account.
pub fn remove(tx: &Transaction<'_>, account: AccountId, id_hex: &str) -> Result<(), Refusal> {
    let rows = tx.execute(
        "DELETE FROM passkey WHERE account_id = :account AND lower(hex(id)) = :id",
        named_params! { ":account": account.0, ":id": id_hex },
    )?;
    if rows == 1 { Ok(()) } else { Err(Refusal::PasskeyUnknown) }
}
