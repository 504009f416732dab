//! The second factor: adding passkeys, proving by one that it is oneself, and removing them.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use webauthn_rs::prelude::{
    CreationChallengeResponse, PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse,
};

use super::{AppState, body::Body, enroll::label_of};
use crate::{
    auth::{Enrolled, Returning},
    error::ApiError,
    passkeys::Broken,
    secret::hex,
    storage::{
        access::{self, Refusal},
        journal::{Action, Actor, Entry, note},
        passkeys::{self, NewPasskey, PasskeyRow},
    },
};

/// `GET /api/passkeys`: one's own, the oldest first.
pub async fn list(State(state): State<AppState>, enrolled: Enrolled) -> Result<Json<Vec<PasskeyRow>>, ApiError> {
    Ok(Json(state.store.read(move |db| passkeys::list(db, enrolled.account.id)).await?))
}

/// `POST /api/passkeys/add`: what the browser must ask its user. The first one is added as one is; each further one takes one that
/// there is.
pub async fn add(
    State(state): State<AppState>,
    enrolled: Enrolled,
) -> Result<Json<CreationChallengeResponse>, ApiError> {
    let now_ms = state.clock.now_ms();
    let account = enrolled.account.id;
    let known = state.store.read(move |db| passkeys::contents(db, account)).await?;
    if !known.is_empty() {
        enrolled.sure(now_ms)?;
    }
    Ok(Json(state.passkeys.add(enrolled.device.id, account, &enrolled.account.name, &known, now_ms)?))
}

/// A new passkey.
#[derive(Debug, Deserialize)]
pub struct Added {
    label: String,
    credential: RegisterPublicKeyCredential,
}

/// `POST /api/passkeys/added`. Whoever has just added a passkey has proved that it is them.
pub async fn added(
    State(state): State<AppState>,
    enrolled: Enrolled,
    Body(ask): Body<Added>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let kept = state.passkeys.added(enrolled.device.id, &ask.credential, now_ms)?;
    let new = NewPasskey {
        id: kept.id,
        account: enrolled.account.id,
        label: label_of(&ask.label),
        content: kept.content,
        added_by: enrolled.device.id,
        now_ms,
    };
    state
        .store
        .write(move |tx| {
            passkeys::add(tx, &new)?;
            access::note_factor(tx, enrolled.device.id, now_ms)?;
            Ok::<_, Refusal>(note(tx, &enrolled.did(Action::PasskeyAdded, hex(&new.id), now_ms))?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/passkeys/prove`: what the browser must ask its user. Also for a device whose session has ended.
pub async fn prove(
    State(state): State<AppState>,
    Returning(present): Returning,
) -> Result<Json<RequestChallengeResponse>, ApiError> {
    let account = present.account.id;
    let known = state.store.read(move |db| passkeys::contents(db, account)).await?;
    if known.is_empty() {
        return Err(ApiError::FactorMissing);
    }
    Ok(Json(state.passkeys.prove(present.device.id, &known, state.clock.now_ms())?))
}

/// What the passkey answered.
#[derive(Debug, Deserialize)]
pub struct Answer {
    credential: PublicKeyCredential,
}

/// `POST /api/passkeys/proved`: from now on, for some minutes, this device may what takes a passkey; and its session begins anew.
pub async fn proved(
    State(state): State<AppState>,
    Returning(present): Returning,
    Body(ask): Body<Answer>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let (device, account) = (present.device.id, present.account.id);
    let by = Actor { account: Some(account), device: Some(device) };
    let proved = match state.passkeys.proved(device, &ask.credential, now_ms) {
        Ok(proved) => proved,
        Err(broken) => {
            if broken == Broken::Wrong {
                let failed = Entry::of(by, Action::SecondFactorFailed, device, now_ms);
                state.store.write(move |tx| note(tx, &failed)).await?;
            }
            return Err(broken.into());
        }
    };
    state
        .store
        .write(move |tx| {
            // Removed meanwhile: it proves nothing any more.
            let before = passkeys::content(tx, account, &proved.id)?.ok_or(Broken::Wrong)?;
            let now = proved.content(&before).ok_or(Broken::Wrong)?;
            passkeys::note_used(tx, &proved.id, &now, now_ms)?;
            access::note_factor(tx, device, now_ms)?;
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A passkey of one's own.
#[derive(Debug, Deserialize)]
pub struct Removed {
    /// In hex, as the list has it.
    id: String,
}

/// `POST /api/passkeys/remove`. It takes one that there is, even the same.
pub async fn remove(
    State(state): State<AppState>,
    enrolled: Enrolled,
    Body(ask): Body<Removed>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    enrolled.sure(now_ms)?;
    state
        .store
        .write(move |tx| {
            passkeys::remove(tx, enrolled.account.id, &ask.id)?;
            Ok::<_, Refusal>(note(tx, &enrolled.did(Action::PasskeyRemoved, ask.id, now_ms))?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
