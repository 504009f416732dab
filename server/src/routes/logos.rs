//! The logos at the head of papers: the house's, and its funders'.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared::limit::SHORT_CHARS_MAX;

use super::{
    AppState,
    body::{Body, Id},
};
use crate::{
    auth::ChangeSettings,
    error::ApiError,
    logos::{self, Refusal},
    storage::{
        journal::{self, Action},
        logos as kept,
        logos::Logo,
    },
};

/// A picture, and whose it is.
#[derive(Debug, Deserialize)]
pub struct Brought {
    /// The funder's name, as events have it; empty for the house.
    #[serde(default)]
    name: String,
    /// A PNG or JPEG in base64.
    picture: String,
}

/// `GET /api/logos`.
pub async fn list(State(state): State<AppState>, _: ChangeSettings) -> Result<Json<Vec<Logo>>, ApiError> {
    Ok(Json(state.store.read(kept::list).await?))
}

/// `POST /api/logos`: keeps a logo, in place of the one that was there.
pub async fn put(
    State(state): State<AppState>,
    ChangeSettings(by): ChangeSettings,
    Body(brought): Body<Brought>,
) -> Result<StatusCode, ApiError> {
    let name = brought.name.trim().to_owned();
    if name.chars().count() > SHORT_CHARS_MAX {
        return Err(ApiError::Malformed("the name of a funder is longer than an event's may be"));
    }
    // Decoding takes a while: not on the writer's thread, and not on one that serves others.
    let bytes = tokio::task::spawn_blocking(move || logos::checked(&brought.picture))
        .await
        .map_err(|_| ApiError::Panicked)??;
    let (account, now_ms) = (by.account.id, state.clock.now_ms());
    // A funder's name is no personal data.
    let entry = by.did(Action::LogoChanged, "", now_ms).with(serde_json::json!({ "name": name, "bytes": bytes.len() }));
    let write = state.store.write(move |tx| {
        if kept::others(tx, &name)? >= logos::LOGOS_MAX {
            return Err(Refusal::TooMany);
        }
        kept::put(tx, &name, &bytes, account, now_ms)?;
        Ok(journal::note(tx, &entry)?)
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/logos/{id}`: the picture.
pub async fn picture(State(state): State<AppState>, _: ChangeSettings, Id(id): Id<u32>) -> Result<Response, ApiError> {
    let bytes = state.store.read(move |db| kept::picture(db, id)).await?.ok_or(Refusal::Unknown)?;
    let media = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok(([(CONTENT_TYPE, media)], bytes).into_response())
}

/// `POST /api/logos/{id}/remove`.
pub async fn remove(
    State(state): State<AppState>,
    ChangeSettings(by): ChangeSettings,
    Id(id): Id<u32>,
) -> Result<StatusCode, ApiError> {
    let entry = by.did(Action::LogoChanged, "", state.clock.now_ms()).with(serde_json::json!({ "removed": true }));
    let write = state.store.write(move |tx| {
        if !kept::remove(tx, id)? {
            return Err(Refusal::Unknown);
        }
        Ok(journal::note(tx, &entry)?)
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}
