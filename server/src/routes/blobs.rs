//! `/api/blobs/{hash}`: photos, scans and signatures, up piece by piece, down whole.

use std::{convert::Infallible, fmt};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{State, rejection::BytesRejection},
    http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use rusqlite::Transaction;
use serde::{Deserialize, Deserializer, de::Error as _};
use shared::wire::Hash;
use tokio::task::spawn_blocking;

use super::{
    AppState,
    body::{Body as Sent, Id, Query, unread},
    sync::RESCUE_MS,
};
use crate::{
    auth::{BringBlobs, Enrolled, Known},
    blobs::{self, Piece, Refusal},
    error::ApiError,
    glance,
    media::Media,
    secret,
    storage::{StoreError, access, blobs as stored},
};

/// Blobs that are being read, all phones together, until they are in the network's hands. In bytes: beyond it phones ask again later.
pub const BYTES_LEAVING_MAX: usize = 32 * 1024 * 1024;
/// What is handed to the network at once. In bytes.
const SLICE_BYTES: usize = 64 * 1024;

/// The name of a blob in an address: lower-case hex.
#[derive(Clone, Copy)]
pub struct Name(Hash);

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name")
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hash = secret::unhex(&text).filter(|hash| secret::hex(hash) == text);
        hash.map(Self).ok_or_else(|| D::Error::custom("no SHA-256 in lower-case hex"))
    }
}

/// What a phone says of a piece.
#[derive(Debug, Deserialize)]
pub struct Ask {
    media: String,
    at: u64,
    total: u64,
}

/// `GET /api/blobs/{hash}/state`: from where on to bring it.
pub async fn state(
    State(state): State<AppState>,
    BringBlobs(known): BringBlobs,
    Id(Name(hash)): Id<Name>,
) -> Result<Json<blobs::State>, ApiError> {
    in_time(&state, &known)?;
    let account = known.account.id;
    let found = state.store.read(move |db| blobs::state(db, account, &hash)).await?;
    Ok(Json(found?))
}

/// `POST /api/blobs/{hash}`: one piece.
pub async fn bring(
    State(state): State<AppState>,
    BringBlobs(known): BringBlobs,
    Id(Name(hash)): Id<Name>,
    Query(Ask { media, at, total }): Query<Ask>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<blobs::State>, ApiError> {
    in_time(&state, &known)?;
    let bytes = body.map_err(|rejection| unread(&rejection))?.to_vec();
    let media = Media::from_word(&media).ok_or(Refusal::Media)?;
    let piece = Piece { hash, media, at, total, bytes };
    piece.check()?;
    if !piece.fits() {
        return Err(ApiError::Malformed("the piece is empty, or does not lie in the whole"));
    }
    let (account, device, now_ms) = (known.account.id, known.device.id, state.clock.now_ms());
    let take = move |tx: &Transaction<'_>| {
        let taken = blobs::take(tx, account, &piece, now_ms)?;
        if matches!(taken, Ok(blobs::State { whole: true, .. })) {
            access::note_blob(tx, device)?;
        }
        Ok::<_, StoreError>(taken)
    };
    let taken = state.store.write(take).await?;
    Ok(Json(taken?))
}

/// Some blobs by their names.
#[derive(Debug, Deserialize)]
pub struct Names {
    hashes: Vec<Name>,
}

/// `POST /api/blobs/lacking`: which of those that a phone has brought are not here (any more).
pub async fn lacking(
    State(state): State<AppState>,
    _: Enrolled,
    Sent(Names { hashes }): Sent<Names>,
) -> Result<Json<serde_json::Value>, ApiError> {
    if hashes.len() > blobs::ASKED_MAX {
        return Err(ApiError::TooLarge);
    }
    let hashes = hashes.into_iter().map(|Name(hash)| hash).collect();
    let found = state.store.read(move |db| blobs::lacking(db, hashes)).await?;
    let hashes: Vec<String> = found.iter().map(|hash| secret::hex(hash)).collect();
    Ok(Json(serde_json::json!({ "hashes": hashes })))
}

/// `GET /api/blobs/{hash}`: all of it. Of no type that a browser would run or show: the page knows what it asked for.
pub async fn read(
    State(state): State<AppState>,
    enrolled: Enrolled,
    Id(Name(hash)): Id<Name>,
) -> Result<Response, ApiError> {
    let account = enrolled.account;
    let size = state.store.read(move |db| {
        Ok::<_, StoreError>(if blobs::may_read(db, &account, &hash)? { stored::size(db, &hash)? } else { None })
    });
    let size = size.await?.ok_or(Refusal::Unknown)?;
    let places = u32::try_from(size).unwrap_or(u32::MAX);
    let room = state.blob_room.clone().try_acquire_many_owned(places).map_err(|_| ApiError::Busy)?;
    let blob = state.store.read(move |db| stored::read(db, &hash)).await?.ok_or(Refusal::Unknown)?;
    let name = format!("attachment; filename=\"{}.{}\"", secret::hex(&hash), blob.media.ending());
    let length = blob.bytes.len().to_string();
    let slices = stream::unfold((Bytes::from(blob.bytes), room), async |(mut left, room)| {
        let slice = left.split_to(SLICE_BYTES.min(left.len()));
        // The room is given back with the last of it.
        (!slice.is_empty()).then_some((Ok::<_, Infallible>(slice), (left, room)))
    });
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (CONTENT_DISPOSITION, &name), (CONTENT_LENGTH, &length)];
    Ok((headers, Body::from_stream(slices)).into_response())
}

/// `GET /api/blobs/{hash}/first-page`: of a PDF, as a picture.
pub async fn first_page(
    State(state): State<AppState>,
    enrolled: Enrolled,
    Id(Name(hash)): Id<Name>,
) -> Result<Response, ApiError> {
    let account = enrolled.account;
    let _room = state.export_rooms.clone().acquire_owned().await.map_err(|_| ApiError::Busy)?;
    let blob = state.store.read(move |db| {
        Ok::<_, StoreError>(if blobs::may_read(db, &account, &hash)? { stored::read(db, &hash)? } else { None })
    });
    let blob = blob.await?.filter(|blob| blob.media == Media::Pdf).ok_or(Refusal::Unknown)?;
    let drawn = spawn_blocking(move || glance::first_page(&blob.bytes)).await.map_err(|_| ApiError::Panicked)?;
    let png = drawn.ok_or(Refusal::Unknown)?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// A device whose access has ended may deliver for as long as its documents are taken.
fn in_time(state: &AppState, known: &Known) -> Result<(), ApiError> {
    let late = known.ended_ms.is_some_and(|ended_ms| state.clock.now_ms() > ended_ms + RESCUE_MS);
    if late { Err(ApiError::DeviceRevoked) } else { Ok(()) }
}
