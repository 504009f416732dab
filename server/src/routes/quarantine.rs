//! What waits for staff because it was not allowed.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use shared::{id::AccountId, limit::LINES_CHARS_MAX, permission::Capability};

use super::{AppState, body::Body};
use crate::{
    auth::JudgeQuarantine,
    error::ApiError,
    ingest::Uploader,
    quarantine::{self, Decision, Outcome, Waiting},
    storage::{StoreError, access, quarantine as storage, quarantine::ROWS_MAX, server},
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
    let store = state.store.clone();
    let done = tokio::task::spawn_blocking(move || quarantine::judge(&store, decision)).await;
    told(&state, done.map_err(|_| ApiError::Panicked)??).await
}

/// Judgements to be taken back.
#[derive(Debug, Deserialize)]
pub struct Again {
    numbers: Vec<i64>,
    /// Not empty: it stands in the history of what was accepted.
    reason: String,
}

/// `POST /api/quarantine/reopen`: what was judged waits again. What was accepted is undone by edits of whoever asks; where nothing undoes
/// it, its judgement stays.
pub async fn reopen(
    State(state): State<AppState>,
    JudgeQuarantine(judge): JudgeQuarantine,
    Body(ask): Body<Again>,
) -> Result<Json<Done>, ApiError> {
    let reason = ask.reason.trim().to_owned();
    if ask.numbers.len() as u64 > ROWS_MAX || reason.is_empty() || reason.chars().count() > LINES_CHARS_MAX {
        return Err(ApiError::Malformed("too many changes, no reason, or too long a one"));
    }
    let by = Uploader::of(judge.device.id, &judge.account);
    let (store, now_ms) = (state.store.clone(), state.clock.now_ms());
    let done = tokio::task::spawn_blocking(move || quarantine::reopen(&store, by, &ask.numbers, &reason, now_ms)).await;
    told(&state, done.map_err(|_| ApiError::Panicked)??).await
}

/// Who looks after some changes.
#[derive(Debug, Deserialize)]
pub struct Assigning {
    numbers: Vec<i64>,
    /// None gives them up.
    account: Option<AccountId>,
}

/// `POST /api/quarantine/assign`.
pub async fn assign(
    State(state): State<AppState>,
    _: JudgeQuarantine,
    Body(ask): Body<Assigning>,
) -> Result<StatusCode, ApiError> {
    if ask.numbers.len() as u64 > ROWS_MAX {
        return Err(ApiError::Malformed("too many changes"));
    }
    state
        .store
        .write(move |tx| ask.numbers.iter().try_for_each(|number| storage::assign(tx, *number, ask.account)))
        .await?;
    tell_house(&state, Capability::JudgeQuarantine).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(state: &AppState, done: quarantine::Done) -> Result<Json<Done>, ApiError> {
    let quarantine::Done { outcomes, taken, senders, arrival } = done;
    if !taken.news.is_empty() {
        state.pokes.publish(taken.news.into(), arrival);
    }
    senders.into_iter().for_each(|sender| state.pokes.publish_scope(sender, arrival));
    tell_house(state, Capability::JudgeQuarantine).await?;
    Ok(Json(Done { outcomes }))
}

/// What the inbox of everybody with that capability asks the server about has changed.
pub(super) async fn tell_house(state: &AppState, capability: Capability) -> Result<(), ApiError> {
    let (accounts, arrival) =
        state.store.read(|db| Ok::<_, StoreError>((access::accounts(db)?, server::last_arrival(db)?))).await?;
    let concerned = accounts.into_iter().filter(|row| !row.disabled && row.account.role.may(capability));
    concerned.for_each(|row| state.pokes.publish_scope(row.account.id, arrival));
    Ok(())
}
