//! The house's rules on the server, and what they do by themselves.

use std::{sync::Mutex, time::Duration};

use rusqlite::{Connection, Transaction};
use serde_json::json;
use shared::{
    field::Field,
    id::AccountId,
    record::{Fields, Record},
    settings::{SETTINGS, Settings},
};

use crate::{
    blobs,
    ingest::load,
    registration,
    routes::AppState,
    storage::{
        StoreError,
        access::{self, Decision, Given},
        documents, journal, lock, scope,
    },
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How often the house looks what is over. Nothing hangs on the hour.
const ROUND: Duration = Duration::from_secs(60 * 60);

/// Does what the rules say by themselves, at the start and each hour, until the server stops.
pub async fn keep(state: AppState) {
    loop {
        let now_ms = state.clock.now_ms();
        match state.store.write(move |tx| take_back_what_is_over(tx, now_ms)).await {
            Ok(changed) => {
                changed.into_iter().for_each(|(account, arrival)| state.pokes.publish_scope(account, arrival));
            }
            Err(error) => tracing::error!(%error, "what is over was not taken back"),
        }
        if let Err(error) = state.store.write_with(move |tx, ingest| blobs::sweep(tx, ingest, now_ms)).await {
            tracing::error!(%error, "blobs that nothing refers to were not taken out");
        }
        if let Err(error) = state.store.write_with(move |tx, ingest| registration::sweep(tx, ingest, now_ms)).await {
            tracing::error!(%error, "registrations for what is over were not deleted");
        }
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = tokio::time::sleep(ROUND) => {}
        }
    }
}

/// The rules as they were last read, as of the arrival number of their document's last change: what each request asks.
#[derive(Debug, Default)]
pub struct Rules(Mutex<Option<(u64, Fields)>>);

impl Rules {
    /// What holds for one setting. Reads the document only when that has changed.
    ///
    /// # Errors
    /// What the storage fails on.
    pub fn get(&self, db: &Connection, field: Field) -> Result<i64, StoreError> {
        let Some(standing) = documents::standing(db, SETTINGS)? else { return Ok(Settings::default().get(field)) };
        let mut read = lock(&self.0);
        let (_, fields) = match read.take().filter(|(arrival, _)| *arrival == standing.last_arrival) {
            Some(before) => read.insert(before),
            None => {
                let record = Record::read(&load(db, SETTINGS, &standing)?);
                read.insert((standing.last_arrival, record.fields().clone()))
            }
        };
        Ok(Settings(Some(fields)).get(field))
    }
}

/// What holds for one setting.
///
/// # Errors
/// What the storage fails on.
pub fn setting(db: &Connection, field: Field) -> Result<i64, StoreError> {
    let Some(standing) = documents::standing(db, SETTINGS)? else { return Ok(Settings::default().get(field)) };
    let record = Record::read(&load(db, SETTINGS, &standing)?);
    Ok(Settings(Some(record.fields())).get(field))
}

/// Takes events back from volunteers when they are over, and were given, for longer than the house keeps them on their phones. Returns
/// whose scope changed, with the arrival of it.
///
/// # Errors
/// What the storage fails on.
pub fn take_back_what_is_over(tx: &Transaction<'_>, now_ms: u64) -> Result<Vec<(AccountId, u64)>, StoreError> {
    let days = u64::try_from(setting(tx, Field::EventKeepDays)?).unwrap_or(0);
    let before_ms = now_ms.saturating_sub(days * DAY_MS);
    let mut changed = Vec::new();
    for (account, document) in scope::over(tx, before_ms)? {
        let decision = Decision { account, document, given: Given::No, by: None, now_ms };
        let Some(arrival) = access::decide(tx, &decision)? else { continue };
        journal::note(
            tx,
            &journal::Entry {
                at_ms: now_ms,
                by: journal::Actor::default(),
                action: journal::Action::TakenBack,
                subject: account.to_string(),
                detail: json!({ "document": document, "over": true }),
            },
        )?;
        changed.push((account, arrival));
    }
    Ok(changed)
}
