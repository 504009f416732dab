//! Who did and read what, in their own right: see [`crate::storage::journal`].

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::id::AccountId;

use super::{AppState, body::Query};
use crate::{
    auth::ReadJournal,
    error::ApiError,
    storage::{
        StoreError,
        journal::{self, Line, PAGE_ROWS, Wanted},
    },
};

/// Which lines somebody wants to see. Ids only: no name stands in an address.
#[derive(Debug, Deserialize)]
pub struct Ask {
    action: Option<String>,
    /// A document, an account, a device, an invite's number.
    subject: Option<String>,
    /// Who did it.
    account: Option<AccountId>,
    /// The number of the last line of the page before.
    before: Option<i64>,
}

/// A page of the journal.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The newest first.
    lines: Vec<Line>,
    /// What the ids in them are called today.
    names: BTreeMap<String, String>,
    /// Whether there may be older ones.
    more: bool,
}

/// `GET /api/journal`.
pub async fn list(
    State(state): State<AppState>,
    _: ReadJournal,
    Query(ask): Query<Ask>,
) -> Result<Json<Page>, ApiError> {
    let Ask { action, subject, account, before } = ask;
    let wanted = Wanted { before, action, subject, account };
    let page = state.store.read(move |db| {
        let lines = journal::lines(db, &wanted)?;
        let names = journal::names(db, &lines)?;
        Ok::<_, StoreError>(Page { more: lines.len() as u64 == PAGE_ROWS, lines, names })
    });
    Ok(Json(page.await?))
}
