//! What waits for staff because it was not allowed.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::limit::LINES_CHARS_MAX;

use super::{AppState, body::Body};
use crate::{
    auth::JudgeQuarantine,
    error::ApiError,
    ingest::Uploader,
    quarantine::{self, Decision, Outcome, Waiting},
    storage::quarantine::ROWS_MAX,
};

/// `GET /api/quarantine`: what waits, then what was decided lately.
pub async fn list(State(state): State<AppState>, _: JudgeQuarantine) -> Result<Json<Waiting>, ApiError> {
    Ok(Json(state.store.read(quarantine::waiting).await?))
}

/// A decision about some changes.
#[derive(Debug, Deserialize)]
pub struct Ask {
    numbers: Vec<i64>,
    accept: bool,
    #[serde(default)]
    word: String,
}

/// What became of each.
#[derive(Debug, Serialize)]
pub struct Done {
    outcomes: Vec<Outcome>,
}

/// `POST /api/quarantine/judge`. One that was judged meanwhile stays as it was, and is said to be gone.
pub async fn judge(
    State(state): State<AppState>,
    JudgeQuarantine(judge): JudgeQuarantine,
    Body(ask): Body<Ask>,
) -> Result<Json<Done>, ApiError> {
    let word = ask.word.trim().to_owned();
    if ask.numbers.len() as u64 > ROWS_MAX || word.chars().count() > LINES_CHARS_MAX {
        return Err(ApiError::Malformed("too many changes, or too long a word"));
    }
    let by = Uploader::of(judge.device.id, &judge.account);
    let decision = Decision { numbers: ask.numbers, accept: ask.accept, word, by, now_ms: state.clock.now_ms() };
    let quarantine::Done { outcomes, taken, senders, arrival } =
        state.store.write_with(move |tx, ingest| quarantine::judge(tx, ingest, &decision)).await?;
    if !taken.news.is_empty() {
        state.pokes.publish(taken.news.into(), taken.arrival);
    }
    senders.into_iter().for_each(|sender| state.pokes.publish_scope(sender, arrival));
    Ok(Json(Done { outcomes }))
}
