//! When the server received what people wrote: a phone's clock is a claim, and a phone never learns how late a word arrived.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{
    document::device_of,
    id::{DeviceId, DocumentId},
    role::Scope,
};
use utoipa::{IntoParams, ToSchema};

use super::{
    AppState,
    body::{Id, Query},
    openapi::Failure,
    page::{Page, ROWS_MAX},
};
use crate::{
    auth::{Caller, ReadDirectory},
    error::ApiError,
    ingest,
    sheet::Refusal,
    storage::{StoreError, documents, scope},
};

/// When the server received a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// The device that made it.
    #[schema(value_type = String, format = "uuid")]
    pub device: DeviceId,
    /// When, by that device's clock: milliseconds since 1970, whole seconds.
    pub made_ms: u64,
    /// When, by the server's clock: milliseconds since 1970.
    pub received_ms: u64,
}

/// Of which moments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Moments {
    /// Moments by the clocks of those who wrote, in whole seconds since 1970, with commas between: 1,000 at most.
    moments: String,
}

/// When the server received the changes of one document that were made at some moments.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{id}/receipts",
    operation_id = "receipts",
    tag = "documents",
    security(("token" = ["read:directory"])),
    params(("id" = String, Path, format = "uuid", description = "Which document."), Moments),
    responses(
        (status = 200, description = "One page", body = Page<Receipt>),
        (status = 400, description = "`request.malformed`: not a list of moments", body = Failure),
        (status = 404, description = "`document.unknown`: no such document, or not given to whoever asks", body = Failure),
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Id(document): Id<DocumentId>,
    Query(Moments { moments }): Query<Moments>,
) -> Result<Json<Page<Receipt>>, ApiError> {
    let moments: Option<Vec<i64>> = moments.split(',').map(|moment| moment.trim().parse().ok()).collect();
    let Some(moments) = moments.filter(|all| all.len() <= ROWS_MAX) else {
        return Err(ApiError::Malformed("moments are whole seconds, with commas between"));
    };
    let items = state.store.read(move |db| receipts(db, &caller, document, &moments)).await?;
    let items = items.ok_or(Refusal::Unknown)?;
    let total = items.len() as u64;
    Ok(Json(Page { items, next: None, total }))
}

/// None for a document that the caller does not hold.
fn receipts(
    db: &rusqlite::Connection,
    caller: &Caller,
    document: DocumentId,
    moments: &[i64],
) -> Result<Option<Vec<Receipt>>, StoreError> {
    let Some(standing) = documents::standing(db, document)? else { return Ok(None) };
    let account = &caller.account;
    let holds = account.scope == Scope::Everything || scope::concerns(db, account.id, &[document])?;
    if !holds || !account.role.may_read(standing.kind) {
        return Ok(None);
    }
    let received: BTreeMap<_, _> =
        documents::receipts(db, document)?.into_iter().map(|(hash, received_ms, _)| (hash, received_ms)).collect();
    let read = ingest::load(db, document, &standing)?;
    let made = read.crdt().get_changes_meta(&[]).into_iter().filter(|meta| moments.contains(&meta.timestamp));
    let receipts = made.filter_map(|meta| {
        Some(Receipt {
            device: device_of(meta.actor.to_bytes())?,
            made_ms: u64::try_from(meta.timestamp).ok()?.saturating_mul(1_000),
            received_ms: *received.get(&meta.hash.0)?,
        })
    });
    Ok(Some(receipts.collect()))
}
