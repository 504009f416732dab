//! `POST /api/sync`: one frame up, one frame down. Bounds and parses; decides nothing.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use shared::{
    permission::Capability,
    wire::{self, FrameError, Request, Upload},
};

use super::{AppState, body::unread, quarantine::tell_house};
use crate::{auth::Known, error::ApiError, exchange, ingest::Uploader, storage::fleet};

/// Exchanges under way at once. Each holds a thread and a few frames; beyond it phones ask again later.
pub const EXCHANGES_MAX: usize = 200;

/// For how long after its end a device may still deliver what it had not sent. In milliseconds: a season in the village.
pub const RESCUE_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// What exchanges under way have brought together, until it is on the disk. In bytes, inflated: their number alone would let
/// a few hundred full frames fill the memory of a small server. Beyond it phones ask again later.
pub const UPLOAD_BYTES_WAITING_MAX: usize = 64 * 1024 * 1024;
/// What a change or document of an upload holds beside its own bytes.
const UPLOAD_PIECE_BYTES: usize = 64;

/// Exchanges with one device. One whose access has ended may still deliver what it had not sent: staff will find it, and it is told to
/// forget everything.
pub async fn sync(
    State(state): State<AppState>,
    known: Known,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|rejection| unread(&rejection))?;
    let (protocol, request) = wire::decode_request(&body).map_err(ApiError::Frame)?;
    if !request.is_within_limits() {
        return Err(ApiError::Frame(FrameError::TooLarge));
    }
    let now_ms = state.clock.now_ms();
    if known.ended_ms.is_some_and(|ended_ms| now_ms > ended_ms + RESCUE_MS) {
        return Err(ApiError::DeviceRevoked);
    }
    let who = Uploader { ended: known.ended_ms.is_some(), ..Uploader::of(known.device.id, &known.account) };
    let turn = state.exchanges.clone().try_acquire_owned().map_err(|_| ApiError::Busy)?;
    let room = state.upload_room.clone().try_acquire_many_owned(weight(&request)).map_err(|_| ApiError::Busy)?;
    let store = state.store.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let _held = (turn, room);
        let answered = exchange::answer(&store, who, request, now_ms)?;
        let exchange::Answered { response, news, arrival, set_aside, sent } = answered;
        Ok::<_, ApiError>((wire::encode_for(protocol, response), news, arrival, set_aside, sent))
    });
    let (frame, news, arrival, set_aside, sent) = answered.await.map_err(|_| ApiError::Panicked)??;
    if !news.is_empty() {
        state.pokes.publish(news.into(), arrival);
    }
    if set_aside {
        tell_house(&state, Capability::JudgeQuarantine).await?;
    }
    if let Some(sent) = sent {
        // The phone does not wait for it: what it was sent is noted for those who look after the phones.
        let (store, device) = (state.store, known.device.id);
        tokio::spawn(async move {
            if let Err(error) = store.write(move |tx| fleet::note_sent(tx, device, sent)).await {
                tracing::warn!(%error, "what a phone was sent was not noted");
            }
        });
    }
    Ok(([(CONTENT_TYPE, "application/octet-stream")], frame).into_response())
}

/// What a request's uploads hold in memory. In bytes; never more than there is room for where nobody else is.
fn weight(request: &Request) -> u32 {
    let of = |upload: &Upload| upload.changes.iter().map(|change| change.len() + UPLOAD_PIECE_BYTES).sum::<usize>();
    let bytes: usize = request.uploads.iter().map(|upload| of(upload) + UPLOAD_PIECE_BYTES).sum();
    u32::try_from(bytes.min(UPLOAD_BYTES_WAITING_MAX)).unwrap_or(u32::MAX)
}
