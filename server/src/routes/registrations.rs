//! Registering for an event by its link; and for the event's own people the link, and those who came by it.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use shared::id::DocumentId;

use super::{
    AppState,
    body::{Body, Id},
    sheets::held,
};
use crate::{
    auth::{Address, ChangeEvent},
    error::ApiError,
    registration::{self, Page, Refusal, Submission, Which},
    secret,
    storage::registrations::{self, Was},
};

/// Until when, and by which link.
#[derive(Debug, Deserialize)]
pub struct Opening {
    closes_ms: u64,
    which: Which,
}

/// Somebody who waits.
#[derive(Debug, Deserialize)]
pub struct Whom {
    id: DocumentId,
}

/// Somebody who waits no longer.
#[derive(Debug, Deserialize)]
pub struct Done {
    id: DocumentId,
    was: Was,
}

/// `GET /api/events/{id}/registration`: the link, and who waits.
pub async fn state(
    State(state): State<AppState>,
    ChangeEvent(by): ChangeEvent,
    Id(event): Id<DocumentId>,
) -> Result<Json<registration::State>, ApiError> {
    held(&state, &by, event).await?;
    let (device, now_ms) = (by.device.id, state.clock.now_ms());
    let origin = state.config.public_url.origin().to_owned();
    let found = state.store.read(move |db| registration::state(db, event, device, &origin, now_ms)).await;
    Ok(Json(found?))
}

/// `POST /api/events/{id}/registration/open`: opens the link, or another one.
pub async fn open(
    State(state): State<AppState>,
    ChangeEvent(by): ChangeEvent,
    Id(event): Id<DocumentId>,
    Body(Opening { closes_ms, which }): Body<Opening>,
) -> Result<StatusCode, ApiError> {
    held(&state, &by, event).await?;
    let (nonce, now_ms) = (secret::draw(), state.clock.now_ms());
    state.store.write(move |tx| registration::open(tx, event, closes_ms, which, nonce, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/events/{id}/registration/close`
pub async fn close(
    State(state): State<AppState>,
    ChangeEvent(by): ChangeEvent,
    Id(event): Id<DocumentId>,
) -> Result<StatusCode, ApiError> {
    held(&state, &by, event).await?;
    let closed = state.store.write(move |tx| registrations::close(tx, event)).await?;
    if closed { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::Unknown.into()) }
}

/// `POST /api/events/{id}/registration/take`: reserves somebody for the device that asks.
pub async fn take(
    State(state): State<AppState>,
    ChangeEvent(by): ChangeEvent,
    Id(event): Id<DocumentId>,
    Body(Whom { id }): Body<Whom>,
) -> Result<StatusCode, ApiError> {
    held(&state, &by, event).await?;
    let (device, now_ms) = (by.device.id, state.clock.now_ms());
    state.store.write(move |tx| registration::take(tx, event, id, device, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/events/{id}/registration/drop`: nothing is kept of somebody who was taken, or was nobody.
pub async fn drop_one(
    State(state): State<AppState>,
    ChangeEvent(by): ChangeEvent,
    Id(event): Id<DocumentId>,
    Body(Done { id, was }): Body<Done>,
) -> Result<StatusCode, ApiError> {
    held(&state, &by, event).await?;
    let (device, now_ms) = (by.device.id, state.clock.now_ms());
    state.store.write_with(move |tx, ingest| registration::remove(tx, ingest, event, id, was, device, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/register/{token}`: what whoever has the link reads. Nobody's name but the house's.
pub async fn page(State(state): State<AppState>, Id(token): Id<String>) -> Result<Json<Page>, ApiError> {
    let now_ms = state.clock.now_ms();
    Ok(Json(state.store.read(move |db| registration::page(db, &token, now_ms)).await?))
}

/// `POST /api/register/{token}`: somebody registers. A machine is answered as everybody is.
pub async fn submit(
    State(state): State<AppState>,
    Address(address): Address,
    Id(token): Id<String>,
    Body(submission): Body<Submission>,
) -> Result<StatusCode, ApiError> {
    state.rates.registration(address)?;
    let now_ms = state.clock.now_ms();
    let known = token.clone();
    let link = state.store.read(move |db| registration::link(db, &known, now_ms)).await?;
    state.rates.link(link.event)?;
    let id = DocumentId::new(now_ms, secret::draw());
    if let Some(one) = registration::read(&submission, id, now_ms)? {
        state.store.write(move |tx| registration::submit(tx, &token, &one)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
