//! An event's figures: for the house as they are, masked where they leave it.

use axum::{Json, extract::State, response::Response};
use shared::{figures::Figures, id::DocumentId};

use super::{
    AppState,
    body::Id,
    sheets::{download, held},
};
use crate::{
    auth::{Enrolled, ReadSheet},
    error::ApiError,
    sheet::{self, Form},
};

/// `GET /api/events/{id}/figures`.
pub async fn read(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(event): Id<DocumentId>,
) -> Result<Json<Figures>, ApiError> {
    held(&state, &by, event).await?;
    Ok(Json(state.store.read(move |db| sheet::figures(db, event)).await?))
}

/// `GET /api/events/{id}/figures.csv`.
pub async fn csv(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(event): Id<DocumentId>,
) -> Result<Response, ApiError> {
    file(&state, &by, event, Form::Csv).await
}

/// `GET /api/events/{id}/figures.xlsx`.
pub async fn xlsx(
    State(state): State<AppState>,
    ReadSheet(by): ReadSheet,
    Id(event): Id<DocumentId>,
) -> Result<Response, ApiError> {
    file(&state, &by, event, Form::Xlsx).await
}

async fn file(state: &AppState, by: &Enrolled, event: DocumentId, form: Form) -> Result<Response, ApiError> {
    held(state, by, event).await?;
    let now_ms = state.clock.now_ms();
    let file = state.store.read(move |db| sheet::figures_file(db, event, form, now_ms)).await?;
    Ok(download(file, "chiffres"))
}
