//! Whole tables, row by row, for an export of everything and its way back.
//!
//! A row is a JSON object by column. Bytes are text, since JSON has none: ids as UUIDs, all else in hexadecimal.

use rusqlite::{
    Connection, OptionalExtension as _, Transaction, named_params,
    types::{Value as Sql, ValueRef},
};
use serde_json::{Map, Value};
use shared::{
    document::Kind,
    id::{AccountId, DeviceId, DocumentId},
    wire::Hash,
};

use super::{
    StoreError,
    documents::kind_at,
    server::{self, Identity},
};
use crate::{media::Media, secret};

/// What becomes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its rows go as they are, but for columns that are left out: they come back as the table's own default, or as
    /// [`Way::Rows::given`] says.
    Rows {
        /// By these columns they are sorted: the same data give the same file.
        order: &'static str,
        without: &'static [&'static str],
        /// What stands there instead when they come back: columns, and SQL for each.
        given: &'static [(&'static str, &'static str)],
    },
    /// It goes in files of its own: documents, blobs, sheets.
    Files,
    /// It follows from what goes, and is made anew.
    Follows,
    /// It opens something, or is of no use anywhere else: it stays.
    Stays,
}

const fn rows(order: &'static str) -> Way {
    Way::Rows { order, without: &[], given: &[] }
}

/// Every table, in an order in which they can be filled. A new one is named here, or a test says so.
pub const TABLES: &[(&str, Way)] = &[
    ("account", rows("id")),
    // What a phone proves itself by is known to its old server only: here it is a device whose access has ended, which its work names.
    // The server's own console stays what it is.
    (
        "device",
        Way::Rows {
            order: "id",
            without: &["public_key", "asks", "factor_ms", "session_ms", "sent_arrival"],
            given: &[
                ("credential_hash", "coalesce(:credential_hash, randomblob(32))"),
                ("revoked_ms", "iif(:credential_hash IS NULL, coalesce(:revoked_ms, :now_ms), :revoked_ms)"),
            ],
        },
    ),
    ("assignment", rows("account_id, document_id")),
    ("commune", rows("code")),
    ("quarantine", rows("number")),
    ("journal", rows("number")),
    ("rewriting", rows("document_id, epoch")),
    ("tombstone", rows("document_id, hash")),
    ("counted", rows("event_id, sex, age_band")),
    ("logo", rows("id")),
    // The secret part of the link was made with a key that stays: those who registered by it are here, and it is closed.
    (
        "registration_link",
        Way::Rows {
            order: "event_id",
            without: &["nonce", "hash"],
            given: &[("nonce", "randomblob(16)"), ("hash", "randomblob(32)"), ("is_closed", "1")],
        },
    ),
    ("registration", rows("id")),
    ("saved_view", rows("id")),
    ("import", rows("id")),
    ("import_document", rows("import_id, document_id")),
    ("import_undone", rows("mark")),
    ("import_left", rows("id")),
    ("import_mapping", rows("headings")),
    ("change", Way::Files),
    ("document", Way::Files),
    ("blob", Way::Files),
    ("sheet", Way::Files),
    ("erasure", Way::Files),
    ("snapshot", Way::Follows),
    ("bucket", Way::Follows),
    ("link", Way::Follows),
    ("blob_link", Way::Follows),
    ("blob_loose", Way::Follows),
    ("person", Way::Follows),
    ("phone", Way::Follows),
    ("association", Way::Follows),
    ("event", Way::Follows),
    ("attendance", Way::Follows),
    ("dossier", Way::Follows),
    ("due", Way::Follows),
    ("question", Way::Follows),
    ("search", Way::Follows),
    ("twin_key", Way::Follows),
    ("told_apart", Way::Follows),
    ("reach", Way::Follows),
    ("event_link", Way::Follows),
    ("listed", Way::Follows),
    ("listed_text", Way::Follows),
    ("listed_word", Way::Follows),
    ("half_day", Way::Follows),
    ("leader", Way::Follows),
    ("headcount", Way::Follows),
    ("opinion", Way::Follows),
    ("support", Way::Follows),
    ("event_tally", Way::Follows),
    ("place", Way::Follows),
    ("way", Way::Follows),
    ("move", Way::Follows),
    ("programme", Way::Follows),
    ("server", Way::Stays),
    ("invite", Way::Stays),
    ("invite_document", Way::Stays),
    ("passkey", Way::Stays),
    ("calendar", Way::Stays),
    ("token", Way::Stays),
    ("edit_request", Way::Stays),
    ("webhook", Way::Stays),
    ("delivery", Way::Stays),
    ("told", Way::Stays),
    // Uploads under way, and what phones that know the old server only are told.
    ("blob_part", Way::Stays),
    ("blob_piece", Way::Stays),
    ("farewell", Way::Stays),
];

/// The tables whose rows go as they are.
pub fn row_tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|(_, way)| matches!(way, Way::Rows { .. })).map(|(name, _)| *name)
}

fn way_of(table: &str) -> Result<Way, StoreError> {
    let found = TABLES.iter().find(|(name, _)| *name == table);
    found.map(|(_, way)| *way).ok_or(StoreError::Corrupt("a table that nothing is known of"))
}

/// The columns of a table, and whether each holds bytes.
fn columns(db: &Connection, table: &str) -> Result<Vec<(String, bool)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT name, type = 'BLOB' FROM pragma_table_info(:table) ORDER BY cid")?;
    let rows = statement.query_map(named_params! { ":table": table }, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Hands each row of a table to `take`, one after the other.
///
/// # Errors
/// What the storage fails on, or `take`.
pub fn each_row<E: From<StoreError>>(
    db: &Connection,
    table: &str,
    mut take: impl FnMut(Value) -> Result<(), E>,
) -> Result<(), E> {
    let Way::Rows { order, without, .. } = way_of(table)? else {
        return Err(StoreError::Corrupt("a table that does not go row by row").into());
    };
    let kept: Vec<String> = columns(db, table)?
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !without.contains(&name.as_str()))
        .collect();
    // Names of our own schema only: none comes from outside.
    let sql = format!("SELECT {} FROM {table} ORDER BY {order}", kept.join(", "));
    let mut statement = db.prepare(&sql).map_err(StoreError::from)?;
    let mut found = statement.query([]).map_err(StoreError::from)?;
    while let Some(row) = found.next().map_err(StoreError::from)? {
        let mut object = Map::new();
        for (n, name) in kept.iter().enumerate() {
            let value = row.get_ref(n).map_err(StoreError::from)?;
            object.insert(name.clone(), json_of(table, name, value)?);
        }
        take(Value::Object(object))?;
    }
    Ok(())
}

fn json_of(table: &str, column: &str, value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => {
            String::from_utf8(text.to_vec()).map_err(|_| StoreError::Corrupt("a text that is no UTF-8"))?.into()
        }
        // What a phone proves itself by stays; that it is the server's own console is no secret.
        ValueRef::Blob(bytes) if (table, column) == ("device", "credential_hash") && bytes != [0; 32] => Value::Null,
        ValueRef::Blob(bytes) => text_of(bytes).into(),
    })
}

fn text_of(bytes: &[u8]) -> String {
    match bytes.try_into() {
        Ok(id) => DocumentId(id).to_string(),
        Err(_) => secret::hex(bytes),
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if text.len() == 36 && text.contains('-') {
        return text.parse::<DocumentId>().ok().map(|id| id.0.to_vec());
    }
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    text.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

/// Puts a row back. False where it is not one of this table: of another build, or no row at all.
///
/// # Errors
/// What the storage fails on, also where the row breaks a rule of its table.
pub fn put_row(tx: &Transaction<'_>, table: &str, row: &Value, now_ms: u64) -> Result<bool, StoreError> {
    let Way::Rows { without, given, .. } = way_of(table)? else { return Ok(false) };
    let known = columns(tx, table)?;
    let Some(object) = row.as_object() else { return Ok(false) };
    let mut values: Vec<(String, Sql)> = vec![(":now_ms".to_owned(), Sql::Integer(i64::try_from(now_ms).unwrap_or(0)))];
    let (mut names, mut marks) = (Vec::new(), Vec::new());
    for (name, value) in object {
        let Some((_, holds_bytes)) = known.iter().find(|(known, _)| known == name) else { return Ok(false) };
        if without.contains(&name.as_str()) {
            return Ok(false);
        }
        let Some(value) = sql_of(value, *holds_bytes) else { return Ok(false) };
        values.push((format!(":{name}"), value));
        if !given.iter().any(|(other, _)| other == name) {
            names.push(name.clone());
            marks.push(format!(":{name}"));
        }
    }
    for (name, sql) in given {
        names.push((*name).to_owned());
        marks.push((*sql).to_owned());
    }
    // Names of our own schema only: `known` has let nothing else through.
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), marks.join(", "));
    let mut statement = tx.prepare_cached(&sql)?;
    let bound: Vec<(&str, &dyn rusqlite::ToSql)> = values
        .iter()
        .filter(|(name, _)| matches!(statement.parameter_index(name), Ok(Some(_))))
        .map(|(name, value)| (name.as_str(), value as &dyn rusqlite::ToSql))
        .collect();
    statement.execute(bound.as_slice())?;
    Ok(true)
}

fn sql_of(value: &Value, holds_bytes: bool) -> Option<Sql> {
    Some(match value {
        Value::Null => Sql::Null,
        Value::Number(number) => Sql::Integer(number.as_i64()?),
        Value::String(text) if holds_bytes => Sql::Blob(bytes_of(text)?),
        Value::String(text) => Sql::Text(text.clone()),
        _ => return None,
    })
}

/// One change of a document, as it stands beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    pub hash: Hash,
    pub arrival: u64,
    pub device: DeviceId,
    pub brought_by: DeviceId,
    pub received_ms: u64,
}

/// Where the changes of a document come from, in the order of their arrival.
pub fn provenance(db: &Connection, document: DocumentId) -> Result<Vec<Provenance>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT hash, arrival, device_id, brought_by, received_ms FROM change WHERE document_id = :document ORDER BY arrival",
    )?;
    let rows = statement.query_map(named_params! { ":document": document.0 }, |row| {
        Ok(Provenance {
            hash: row.get(0)?,
            arrival: row.get(1)?,
            device: DeviceId(row.get(2)?),
            brought_by: DeviceId(row.get(3)?),
            received_ms: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ids of all documents and of what kind each is, sorted.
pub fn documents(db: &Connection) -> Result<Vec<(DocumentId, Kind)>, StoreError> {
    let mut statement = db.prepare("SELECT id, kind FROM document ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((DocumentId(row.get(0)?), kind_at(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is known of a blob beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    pub hash: Hash,
    pub media: Media,
    pub stored_ms: u64,
    pub account: AccountId,
}

/// The blobs, without their bytes, by their names.
pub fn blobs(db: &Connection) -> Result<Vec<BlobRow>, StoreError> {
    let mut statement = db.prepare("SELECT hash, media, stored_ms, account_id FROM blob ORDER BY hash")?;
    let rows = statement.query_map([], |row| {
        let word: String = row.get(1)?;
        Ok((row.get(0)?, word, row.get(2)?, AccountId(row.get(3)?)))
    })?;
    let mut blobs = Vec::new();
    for row in rows {
        let (hash, word, stored_ms, account) = row?;
        let media = Media::from_word(&word).ok_or(StoreError::Corrupt("a blob of an unknown kind"))?;
        blobs.push(BlobRow { hash, media, stored_ms, account });
    }
    Ok(blobs)
}

/// The sealed versions of sheets, by event and version.
pub fn sheets(db: &Connection) -> Result<Vec<(DocumentId, String)>, StoreError> {
    let mut statement = db.prepare("SELECT event_id, code FROM sheet ORDER BY event_id, version")?;
    let rows = statement.query_map([], |row| Ok((DocumentId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the file says of itself.
pub fn head(db: &Connection) -> Result<(Identity, u64), StoreError> {
    Ok((server::identity(db)?, server::last_arrival(db)?))
}

/// Whether nothing has been kept yet: neither people who may come in, nor what they did.
pub fn is_empty(db: &Connection) -> Result<bool, StoreError> {
    let tables = TABLES.iter().filter(|(name, way)| {
        // An official list may be there before everything else; it comes anew.
        !matches!(way, Way::Stays | Way::Follows) && *name != "commune"
    });
    for (table, _) in tables {
        let found: Option<i64> =
            db.query_row(&format!("SELECT 1 FROM {table} LIMIT 1"), [], |row| row.get(0)).optional()?;
        if found.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes ready for rows in any order: references are checked when all are there.
pub fn begin(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.pragma_update(None, "defer_foreign_keys", true)?;
    tx.execute("DELETE FROM commune", [])?;
    Ok(())
}

/// Goes on where the arrival numbers of the export end.
pub fn put_arrival(tx: &Transaction<'_>, arrival: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE server SET last_arrival = :arrival, told_arrival = :arrival",
        named_params! { ":arrival": arrival },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::storage::{Place, connect};

    #[test]
    fn every_table_is_known_to_the_export() {
        let db = connect(&Place::in_memory().unwrap()).unwrap();
        // The tables that a full-text index keeps for itself are part of it.
        let mut statement = db
            .prepare(
                "SELECT name FROM sqlite_schema AS one WHERE type = 'table' AND NOT EXISTS (
                     SELECT 1 FROM sqlite_schema AS whole
                     WHERE whole.sql LIKE 'CREATE VIRTUAL TABLE%' AND substr(one.name, 1, length(whole.name) + 1) = whole.name || '_'
                       AND one.sql NOT LIKE 'CREATE VIRTUAL TABLE%'
                 )",
            )
            .unwrap();
        let there: BTreeSet<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let named: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, named, "say in TABLES what becomes of each");
        for table in row_tables() {
            each_row::<StoreError>(&db, table, |_| Ok(())).unwrap();
        }
    }

    #[test]
    fn bytes_read_back() {
        for bytes in [vec![], vec![7; 16], vec![0, 255], vec![9; 32]] {
            assert_eq!(bytes_of(&text_of(&bytes)), Some(bytes));
        }
        for text in ["0", "0g", "é0", "0123-"] {
            assert_eq!(bytes_of(text), None, "{text}");
        }
    }
}
