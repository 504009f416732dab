//! Official lists of territories. They are no documents: nobody edits them, and each list replaces what it names.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use super::StoreError;
use crate::import::morocco::{Commune, CommuneKind};

/// What became of a commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New,
    Changed,
    Already,
}

fn word(kind: CommuneKind) -> &'static str {
    match kind {
        CommuneKind::Urban => "urban",
        CommuneKind::Rural => "rural",
    }
}

fn commune_at(row: &Row<'_>) -> rusqlite::Result<Commune> {
    Ok(Commune {
        code: row.get(0)?,
        name_fr: row.get(1)?,
        name_ar: row.get(2)?,
        region: row.get(3)?,
        province: row.get(4)?,
        kind: if row.get_ref(5)?.as_str()? == "urban" { CommuneKind::Urban } else { CommuneKind::Rural },
        population: row.get(6)?,
    })
}

/// The commune of that code, if a list had it.
pub fn commune(db: &Connection, code: &str) -> Result<Option<Commune>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT code, name_fr, name_ar, region, province, kind, population FROM commune WHERE code = :code",
    )?;
    Ok(statement.query_row(named_params! { ":code": code }, commune_at).optional()?)
}

/// Every commune that a list had, by code.
pub fn communes(db: &Connection) -> Result<Vec<Commune>, StoreError> {
    let mut statement =
        db.prepare("SELECT code, name_fr, name_ar, region, province, kind, population FROM commune ORDER BY code")?;
    Ok(statement.query_map([], commune_at)?.collect::<Result<_, _>>()?)
}

/// Keeps a commune as its list has it.
pub fn put_commune(tx: &Transaction<'_>, now: &Commune) -> Result<Kept, StoreError> {
    let before = commune(tx, &now.code)?;
    if before.as_ref() == Some(now) {
        return Ok(Kept::Already);
    }
    let mut statement = tx.prepare_cached(
        "INSERT INTO commune (code, name_fr, name_ar, region, province, kind, population)
         VALUES (:code, :name_fr, :name_ar, :region, :province, :kind, :population)
         ON CONFLICT (code) DO UPDATE
         SET name_fr = :name_fr, name_ar = :name_ar, region = :region, province = :province, kind = :kind,
             population = :population",
    )?;
    statement.execute(named_params! {
        ":code": now.code,
        ":name_fr": now.name_fr,
        ":name_ar": now.name_ar,
        ":region": now.region,
        ":province": now.province,
        ":kind": word(now.kind),
        ":population": now.population,
    })?;
    Ok(if before.is_some() { Kept::Changed } else { Kept::New })
}
