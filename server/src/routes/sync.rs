//! `POST /api/sync`: one frame up, one frame down. Bounds and parses; decides nothing.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use shared::wire::{self, FrameError, Request};

use super::{AppState, body::unread};
use crate::{auth::Enrolled, error::ApiError, exchange, ingest::Uploader};

/// Exchanges under way at once. Each holds a thread and a few frames; beyond it phones ask again later.
pub const EXCHANGES_MAX: usize = 200;

/// Exchanges with one device.
pub async fn sync(
    State(state): State<AppState>,
    enrolled: Enrolled,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|rejection| unread(&rejection))?;
    let request: Request = wire::decode(&body).map_err(ApiError::Frame)?;
    if !request.is_within_limits() {
        return Err(ApiError::Frame(FrameError::TooLarge));
    }
    let who = Uploader { device: enrolled.device.id, account: enrolled.account.id, role: enrolled.account.role };
    let turn = state.exchanges.clone().try_acquire_owned().map_err(|_| ApiError::Busy)?;
    let (store, now_ms) = (state.store.clone(), state.clock.now_ms());
    let answered = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let answered = exchange::answer(&store, who, request, now_ms)?;
        let frame = wire::encode(&answered.response);
        Ok::<_, ApiError>((frame, answered))
    });
    let (frame, answered) = answered.await.map_err(|_| ApiError::Panicked)??;
    if !answered.news.is_empty() {
        state.pokes.publish(answered.news.into(), answered.arrival);
    }
    Ok(([(CONTENT_TYPE, "application/octet-stream")], frame).into_response())
}
