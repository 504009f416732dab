//! What people may ask for, and what has had its time: the right of access, erasure, rewriting, retention.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared::id::DocumentId;

use super::{
    AppState,
    body::{Body, Id},
};
use crate::{
    answer,
    auth::{AnswerPeople, Enrolled, RunRetention, Sure},
    erasure::{self, PersonPlan, Refusal, RetentionPlan, RewritePlan, Run},
    error::ApiError,
    secret,
    storage::{journal, server},
};

/// What was seen and is confirmed.
#[derive(Debug, Deserialize)]
pub struct Confirmed {
    plan: String,
}

/// In which form somebody wants their answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Html,
    Json,
}

/// See [`Form`].
#[derive(Debug, Deserialize)]
pub struct AnswerAsk {
    form: Form,
}

fn actor(by: &Enrolled) -> journal::Actor {
    journal::Actor { account: Some(by.account.id), device: Some(by.device.id) }
}

/// `POST /api/people/{id}/answer`: all that is known of somebody, as a file. The journal keeps that it was read.
pub async fn answer(
    State(state): State<AppState>,
    AnswerPeople(by): AnswerPeople,
    Id(person): Id<DocumentId>,
    Body(ask): Body<AnswerAsk>,
) -> Result<Response, ApiError> {
    let now_ms = state.clock.now_ms();
    let by = actor(&by);
    // In the transaction that reads: the journal tells of each reading, and of none that did not happen.
    let answer = state
        .store
        .write(move |tx| {
            let answer = answer::gather(tx, person, now_ms)?;
            for action in [journal::Action::ContactRead, journal::Action::PersonAnswered] {
                let entry = journal::Entry {
                    at_ms: now_ms,
                    by,
                    action,
                    subject: person.to_string(),
                    detail: serde_json::Value::Null,
                };
                journal::note(tx, &entry)?;
            }
            Ok::<_, Refusal>(answer)
        })
        .await?;
    Ok(match ask.form {
        Form::Json => Json(answer).into_response(),
        Form::Html => ([(CONTENT_TYPE, "text/html; charset=utf-8")], answer::html(&answer)).into_response(),
    })
}

/// `GET /api/people/{id}/erasure`: what erasing somebody would do.
pub async fn plan_erasure(
    State(state): State<AppState>,
    _: AnswerPeople,
    Id(person): Id<DocumentId>,
) -> Result<Json<PersonPlan>, ApiError> {
    let now_ms = state.clock.now_ms();
    Ok(Json(state.store.read(move |db| erasure::plan_person(db, person, now_ms)).await?))
}

/// `POST /api/people/{id}/erasure`: erases somebody everywhere, as the confirmed plan says.
pub async fn erase(
    State(state): State<AppState>,
    AnswerPeople(by): AnswerPeople,
    _: Sure,
    Id(person): Id<DocumentId>,
    Body(confirmed): Body<Confirmed>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let by = actor(&by);
    let (gone, arrival) = state
        .store
        .write_with(move |tx, ingest| {
            let gone = erasure::erase_person(tx, ingest, person, &confirmed.plan, by, now_ms)?;
            Ok::<_, Refusal>((gone, server::last_arrival(tx)?))
        })
        .await?;
    state.pokes.publish(gone.into(), arrival);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/documents/{id}/rewriting`: what writing a document anew would do.
pub async fn plan_rewriting(
    State(state): State<AppState>,
    _: AnswerPeople,
    Id(document): Id<DocumentId>,
) -> Result<Json<RewritePlan>, ApiError> {
    Ok(Json(state.store.read(move |db| erasure::plan_rewrite(db, document)).await?))
}

/// `POST /api/documents/{id}/rewriting`: writes a document anew without its history, as the confirmed plan says.
pub async fn rewrite(
    State(state): State<AppState>,
    AnswerPeople(by): AnswerPeople,
    _: Sure,
    Id(document): Id<DocumentId>,
    Body(confirmed): Body<Confirmed>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let by = (actor(&by), secret::draw());
    let arrival = state
        .store
        .write_with(move |tx, ingest| erasure::rewrite(tx, ingest, document, &confirmed.plan, by, now_ms))
        .await?;
    state.pokes.publish([document].into(), arrival);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/retention`: what has had its time.
pub async fn plan_retention(State(state): State<AppState>, _: RunRetention) -> Result<Json<RetentionPlan>, ApiError> {
    let now_ms = state.clock.now_ms();
    Ok(Json(state.store.read(move |db| erasure::plan_retention(db, now_ms)).await?))
}

/// `POST /api/retention`: erases the first of what the confirmed plan shows. Asked again, with the plan that it answers, until nothing
/// is left.
pub async fn run_retention(
    State(state): State<AppState>,
    RunRetention(by): RunRetention,
    _: Sure,
    Body(confirmed): Body<Confirmed>,
) -> Result<Json<Run>, ApiError> {
    let now_ms = state.clock.now_ms();
    let by = actor(&by);
    let (run, arrival) = state
        .store
        .write_with(move |tx, ingest| {
            let run = erasure::run_retention(tx, ingest, &confirmed.plan, by, now_ms)?;
            Ok::<_, Refusal>((run, server::last_arrival(tx)?))
        })
        .await?;
    if !run.gone.is_empty() {
        state.pokes.publish(run.gone.clone().into(), arrival);
    }
    Ok(Json(run))
}
