//! The calendar feed of an account, and its address.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{AppState, body::Id};
use crate::{
    auth::Enrolled,
    error::ApiError,
    feed, secret,
    storage::{StoreError, calendars},
};

/// `POST /api/calendar`: a new address, in place of the one before. Said once: the server keeps its hash only.
pub async fn renew(State(state): State<AppState>, by: Enrolled) -> Result<Json<Value>, ApiError> {
    let (token, now_ms) = (secret::hex(&secret::draw::<16>()), state.clock.now_ms());
    let (account, hash) = (by.account.id, secret::hash(token.as_bytes()));
    state.store.write(move |tx| calendars::put(tx, account, &hash, now_ms)).await?;
    Ok(Json(json!({ "address": format!("{}/api/calendar/{token}", state.config.public_url.origin()) })))
}

/// `POST /api/calendar/end`: the address is nobody's any more.
pub async fn end(State(state): State<AppState>, by: Enrolled) -> Result<StatusCode, ApiError> {
    let account = by.account.id;
    state.store.write(move |tx| calendars::remove(tx, account)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/calendar/{token}`: asked by a calendar program. When and where; nobody's name.
pub async fn read(State(state): State<AppState>, Id(token): Id<String>) -> Result<Response, ApiError> {
    let (hash, now_ms) = (secret::hash(token.as_bytes()), state.clock.now_ms());
    let feed = state.store.read(move |db| {
        let account = calendars::account_of(db, &hash)?;
        account.map(|account| feed::of(db, account, now_ms)).transpose()
    });
    match feed.await.map_err(|error: StoreError| ApiError::from(error))? {
        Some(feed) => Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], feed).into_response()),
        None => Err(ApiError::RouteUnknown),
    }
}
