//! A dossier as files, and its pieces.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use rusqlite::Connection;
use serde::Deserialize;
use shared::{
    id::{DocumentId, RowId},
    role::Scope,
};

use super::{
    AppState,
    body::{Id, Query},
};
use crate::{
    auth::{Enrolled, ExportDossier},
    deposit::{self, Form, Named, Refusal},
    error::ApiError,
    storage::{StoreError, documents, scope},
};

/// Files that are made and leave at the same time, all accounts together: each may be large. Beyond it people ask again later.
pub const ROOMS: usize = 4;
/// A ZIP of everything takes as much as two others.
const ROOMS_OF_ALL: u32 = 2;
/// What is handed to the network at once. In bytes.
const SLICE_BYTES: usize = 64 * 1024;

/// In which form.
#[derive(Debug, Deserialize)]
pub struct What {
    what: Form,
}

/// Nobody reaches a document that was not given to them, or that their role may not hold.
async fn held(state: &AppState, by: &Enrolled, document: DocumentId) -> Result<(), ApiError> {
    let account = by.account.clone();
    let holds = state.store.read(move |db| {
        let Some(standing) = documents::standing(db, document)? else { return Ok::<_, StoreError>(false) };
        let given = account.scope == Scope::Everything || scope::concerns(db, account.id, &[document])?;
        Ok(given && account.role.may_read(standing.kind))
    });
    if holds.await? { Ok(()) } else { Err(Refusal::Unknown.into()) }
}

/// `GET /api/dossiers/{id}/papers?what=pdf`: a dossier in one of its forms, as it is now.
pub async fn paper(
    State(state): State<AppState>,
    ExportDossier(by): ExportDossier,
    Id(dossier): Id<DocumentId>,
    Query(What { what }): Query<What>,
) -> Result<Response, ApiError> {
    held(&state, &by, dossier).await?;
    let rooms = if what == Form::Zip { ROOMS_OF_ALL } else { 1 };
    send(&state, rooms, move |db| deposit::export(db, dossier, what)).await
}

/// `GET /api/documents/{id}/pieces/{row}`: an attachment of a dossier or of an association as one file.
pub async fn piece(
    State(state): State<AppState>,
    ExportDossier(by): ExportDossier,
    Id((document, row)): Id<(DocumentId, RowId)>,
) -> Result<Response, ApiError> {
    held(&state, &by, document).await?;
    send(&state, 1, move |db| deposit::piece(db, document, row)).await
}

/// Makes a file and sends it slice by slice. The room that it takes is given back with the last of them.
async fn send(
    state: &AppState,
    rooms: u32,
    make: impl FnOnce(&Connection) -> Result<Named, Refusal> + Send + 'static,
) -> Result<Response, ApiError> {
    let room = state.export_rooms.clone().try_acquire_many_owned(rooms).map_err(|_| ApiError::Busy)?;
    let Named { name, file } = state.store.read(make).await?;
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(80).collect();
    let headers = [
        (CONTENT_TYPE, file.media.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", file.ending)),
        (CONTENT_LENGTH, file.bytes.len().to_string()),
    ];
    let slices = stream::unfold((Bytes::from(file.bytes), room), async |(mut left, room)| {
        let slice = left.split_to(SLICE_BYTES.min(left.len()));
        (!slice.is_empty()).then_some((Ok::<_, Infallible>(slice), (left, room)))
    });
    Ok((headers, Body::from_stream(slices)).into_response())
}
