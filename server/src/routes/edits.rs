//! Edits that another program makes: the same that the app makes, judged the same way.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::{edit::Edit, role::Scope};
use utoipa::ToSchema;

use super::{AppState, body::Body};
use crate::{
    auth::WriteEdits,
    error::ApiError,
    hand::{Hand, HandError},
    ingest::Uploader,
    storage::{
        Store, StoreError,
        journal::{Action, Actor, Entry, note},
        programs, scope, server,
    },
};

/// Edits of one request.
pub const EDITS_MAX: usize = 100;

/// Edits to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EditsAsk {
    /// Chosen by the program, anew for each request: sent again with the same edits, nothing is done twice. 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    key: String,
    /// Each as the app makes it: an object whose `do` names what is done, for example
    /// `{"do": "add_association", "association": {"association": "…", "title": "…"}}`. The program chooses the ids of what it adds
    /// (UUIDs of version 7, rows as 16 hexadecimal digits).
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 100)]
    edits: Vec<Value>,
}

/// What became of the edits.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditsDone {
    /// One for each edit, in their order.
    outcomes: Vec<Outcome>,
}

/// What became of one edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    result: Done,
    /// Why it was refused or set aside: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// What became of one edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It is kept.
    Kept,
    /// It would have changed nothing.
    Unchanged,
    /// A rule or the role does not allow it: nothing was done.
    Refused,
    /// The server did not accept it: it waits for staff.
    SetAside,
}

/// `POST /api/v1/edits`: one after the other; what is refused stops none of those behind it.
#[utoipa::path(
    post, path = "/api/v1/edits", tag = "edits", request_body = EditsAsk,
    security(("token" = ["write:edits"])),
    responses((status = 200, description = "What became of each edit", body = EditsDone)),
)]
pub async fn make(
    State(state): State<AppState>,
    by: WriteEdits,
    Body(ask): Body<EditsAsk>,
) -> Result<Json<EditsDone>, ApiError> {
    if !(1..=64).contains(&ask.key.chars().count()) || ask.key.contains('\0') {
        return Err(ApiError::Malformed("`key` has 1 to 64 characters"));
    }
    if !(1..=EDITS_MAX).contains(&ask.edits.len()) {
        return Err(ApiError::Malformed("`edits` has 1 to 100 of them"));
    }
    // One request at a time, so that one that is sent twice at once is done once. The same turn as a list's: both write at length.
    let turn = Arc::clone(&state.list_turn).acquire_owned().await.map_err(|_| ApiError::Stopping)?;
    let (store, now_ms) = (state.store.clone(), state.clock.now_ms());
    let made = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work(&store, &by, &ask, now_ms)
    });
    let (outcomes, touched) = made.await.unwrap_or(Err(ApiError::Panicked))?;
    if !touched.is_empty() {
        let arrival = state.store.read(server::last_arrival).await?;
        state.pokes.publish(touched.into(), arrival);
    }
    Ok(Json(EditsDone { outcomes }))
}

type Worked = (Vec<Outcome>, Vec<shared::id::DocumentId>);

fn work(store: &Store, by: &WriteEdits, ask: &EditsAsk, now_ms: u64) -> Result<Worked, ApiError> {
    let hash: [u8; 32] = Sha256::digest(json!(ask.edits).to_string()).into();
    let (token, key) = (by.token, ask.key.clone());
    let entry =
        Entry::of(Actor { account: Some(by.account.id), device: Some(token) }, Action::ProgramEdited, token, now_ms)
            .with(json!({ "edits": ask.edits.len() }));
    let before = store.write_blocking(move |tx, _| {
        let before = programs::edit_request(tx, token, &key, &hash)?;
        if before.is_none() {
            // Said before it is done, since it is many commits.
            note(tx, &entry)?;
            programs::put_edit_request(tx, token, &key, &hash, "[]", now_ms)?;
        }
        Ok::<_, crate::programs::Refusal>(before)
    })?;
    let mut outcomes: Vec<Outcome> = before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let mut touched = BTreeSet::new();
    for edit in ask.edits.iter().skip(outcomes.len()) {
        outcomes.push(make_one(store, by, edit, now_ms, &mut touched)?);
        let (key, text) = (ask.key.clone(), serde_json::to_string(&outcomes).unwrap_or_default());
        store.write_blocking(move |tx, _| programs::put_edit_request(tx, token, &key, &hash, &text, now_ms))?;
    }
    Ok((outcomes, touched.into_iter().collect()))
}

fn make_one(
    store: &Store,
    by: &WriteEdits,
    edit: &Value,
    now_ms: u64,
    touched: &mut BTreeSet<shared::id::DocumentId>,
) -> Result<Outcome, ApiError> {
    let refused = |code: String| Outcome { result: Done::Refused, code: Some(code) };
    let Ok(edit) = serde_json::from_value::<Edit>(edit.clone()) else {
        return Ok(refused("request.malformed".to_owned()));
    };
    let mut hand = Hand::of(store, Uploader::of(by.token, &by.account));
    if by.account.scope == Scope::Assigned {
        let account = by.account.id;
        let held = store.read_blocking(|db| scope::assigned(db, account))?;
        hand = hand.within(held.into_iter().map(|scoped| scoped.id).collect());
    }
    if let Err(error) = hand.edit(&edit, now_ms) {
        return match error {
            HandError::Refused(refusal) => {
                let code = serde_json::to_value(refusal).ok().and_then(|code| code.as_str().map(str::to_owned));
                Ok(refused(code.unwrap_or_default()))
            }
            HandError::Store(error) => Err(error.into()),
            HandError::SetAside(code) => Ok(Outcome { result: Done::SetAside, code: Some(code) }),
        };
    }
    let documents = hand.touched().into_iter().map(|(id, _)| id);
    match hand.keep(now_ms) {
        Ok(kept) => {
            touched.extend(documents);
            Ok(Outcome { result: if kept > 0 { Done::Kept } else { Done::Unchanged }, code: None })
        }
        Err(HandError::SetAside(code)) => Ok(Outcome { result: Done::SetAside, code: Some(code) }),
        Err(HandError::Store(error)) => Err(error.into()),
        Err(HandError::Refused(_)) => Err(StoreError::Corrupt("an edit was refused when it was kept").into()),
    }
}
