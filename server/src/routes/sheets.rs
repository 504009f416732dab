//! Sheets: what is missing on one, sealing a version, and every paper of an event.

use axum::{
    Json,
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared::{id::DocumentId, role::Scope};

use super::{
    AppState,
    body::{Body, Id, Query},
};
use crate::{
    auth::{Enrolled, ReadSheet, SealSheet},
    error::ApiError,
    secret,
    sheet::{self, Check, Done, File, Plan, Refusal, Sealing, Wanted},
    storage::{journal, scope},
};

/// What was seen, and why there is another version.
#[derive(Debug, Deserialize)]
pub struct Confirmed {
    plan: String,
    #[serde(default)]
    reason: String,
}

/// In which form.
#[derive(Debug, Deserialize)]
pub struct Form {
    form: String,
}

/// Which paper.
#[derive(Debug, Deserialize)]
pub struct What {
    what: Wanted,
}

/// Nobody reaches an event that was not given to them.
pub(super) async fn held(state: &AppState, by: &Enrolled, event: DocumentId) -> Result<(), ApiError> {
    let account = by.account.id;
    let holds = match by.account.scope {
        Scope::Everything => true,
        Scope::Assigned => state.store.read(move |db| scope::concerns(db, account, &[event])).await?,
    };
    if holds { Ok(()) } else { Err(Refusal::Unknown.into()) }
}

/// `GET /api/events/{id}/sheet`: what sealing it now would seal, what is missing, what an auditor would ask.
pub async fn plan(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(event): Id<DocumentId>,
) -> Result<Json<Plan>, ApiError> {
    held(&state, &by, event).await?;
    let now_ms = state.clock.now_ms();
    Ok(Json(state.store.read(move |db| sheet::plan(db, event, now_ms)).await?))
}

/// `POST /api/events/{id}/sheet`: seals a version, as the confirmed plan says.
pub async fn seal(
    State(state): State<AppState>,
    SealSheet(by): SealSheet,
    Id(event): Id<DocumentId>,
    Body(confirmed): Body<Confirmed>,
) -> Result<Json<Done>, ApiError> {
    held(&state, &by, event).await?;
    let sealing = Sealing {
        event,
        plan: confirmed.plan,
        reason: confirmed.reason,
        account: by.account.id,
        device: by.device.id,
        now_ms: state.clock.now_ms(),
        origin: state.config.public_url.origin().to_owned(),
    };
    let prepared = state.store.read(move |db| sheet::prepare(db, &sealing)).await?;
    let nonce = secret::draw();
    let (done, arrival) = state.store.write_with(move |tx, ingest| sheet::seal(tx, ingest, prepared, nonce)).await?;
    state.pokes.publish([event].into(), arrival);
    Ok(Json(done))
}

/// `GET /api/events/{id}/papers?what=…`: a paper of the event as it is now.
pub async fn paper(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(event): Id<DocumentId>,
    Query(What { what }): Query<What>,
) -> Result<Response, ApiError> {
    held(&state, &by, event).await?;
    if !by.account.role.may(what.needs()) {
        return Err(ApiError::RoleForbidden);
    }
    let now_ms = state.clock.now_ms();
    if matches!(what, Wanted::Contacts | Wanted::ContactsXlsx) {
        let entry = by.did(journal::Action::ContactRead, event, now_ms);
        state.store.write(move |tx| journal::note(tx, &entry)).await?;
    }
    let file = state.store.read(move |db| sheet::paper(db, event, what, now_ms)).await?;
    Ok(download(file, "emargement"))
}

/// `GET /api/sheets/{code}?form=pdf`: a sealed version in one of its forms.
pub async fn sealed(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(code): Id<String>,
    Query(Form { form }): Query<Form>,
) -> Result<Response, ApiError> {
    let origin = state.config.public_url.origin().to_owned();
    let name = format!("feuille-{code}");
    let (event, file) = state.store.read(move |db| sheet::sealed(db, &code, &form, &origin)).await?;
    held(&state, &by, event).await?;
    Ok(download(file, &name))
}

/// `GET /api/check/{code}`: whether a sheet is genuine, for whoever holds one. No name.
pub async fn check(State(state): State<AppState>, Id(code): Id<String>) -> Result<Json<Check>, ApiError> {
    Ok(Json(state.store.read(move |db| sheet::check(db, &code)).await?))
}

pub(super) fn download(file: File, name: &str) -> Response {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
    let disposition = format!("attachment; filename=\"{name}.{}\"", file.ending);
    ([(CONTENT_TYPE, file.media.to_owned()), (CONTENT_DISPOSITION, disposition)], file.bytes).into_response()
}
