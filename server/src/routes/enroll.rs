//! The door: an invite code for a credential.

use std::fmt;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header::SET_COOKIE},
};
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::json;
use shared::{
    id::{AccountId, DeviceId},
    limit::SHORT_CHARS_MAX,
};

use super::{
    AppState,
    body::Body,
    session::{Session, describe},
};
use crate::{
    auth::{self, Address},
    error::ApiError,
    proof::PublicKey,
    secret::{self, Credential, InviteCode},
    storage::{
        access::{self, Enrolment, Language, Refusal},
        journal::{Action, Actor, Entry, note},
    },
};

/// The label of a device. In characters; what is longer is cut, since the app made it.
const LABEL_CHARS_MAX: usize = 80;

/// What a phone sends to come in.
#[derive(Deserialize)]
pub struct Ask {
    /// As it was typed, or from the link.
    code: String,
    /// 16 random bytes in hex, the same at each attempt with this code: after a lost reply the phone asks again.
    attempt: String,
    /// The public half of the key pair that the device made for itself, the same at each attempt: a point of P-256,
    /// uncompressed, in hex.
    public_key: String,
    /// Missing when the invite knows it or joins an account.
    name: Option<String>,
    /// "Chrome, Android".
    device_label: String,
    language: Language,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask(secret)")
    }
}

/// `POST /api/enroll`: sets the credential and says who one is now.
pub async fn enroll(
    State(state): State<AppState>,
    Address(address): Address,
    Body(ask): Body<Ask>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Session>), ApiError> {
    let now_ms = state.clock.now_ms();
    state.rates.enrolment(address)?;
    state
        .guesses
        .check(address, now_ms)
        .map_err(|wait| ApiError::TooManyGuesses { retry_after_s: wait.ms.div_ceil(1000) })?;
    let Some(code) = InviteCode::parse(&ask.code) else {
        state.guesses.note_wrong(address, now_ms);
        return Err(Refusal::InviteUnknown.into());
    };
    let attempt: [u8; 16] =
        secret::unhex(&ask.attempt).ok_or(ApiError::Malformed("`attempt` is not 16 bytes in hex"))?;
    let public_key = PublicKey::parse(&ask.public_key).ok_or(ApiError::Malformed("`public_key` is no point in hex"))?;
    // Drawn for a new device; if the attempt turns out to be a repeated one, it is bound to that device below.
    let fresh = Credential::draw(DeviceId::new(now_ms, secret::draw()));
    let guest = Enrolment {
        code_hash: code.hash(),
        attempt_hash: secret::hash(&attempt),
        name: name_of(ask.name)?,
        device_label: label_of(&ask.device_label),
        language: ask.language,
        account: AccountId::new(now_ms, secret::draw()),
        device: fresh.device,
        credential_hash: fresh.hash(),
        public_key,
        now_ms,
    };
    let let_in = move |tx: &Transaction<'_>| {
        let enrolled = access::enroll(tx, &guest)?;
        let by = Actor { account: Some(enrolled.account.id), device: Some(enrolled.device.id) };
        let again = enrolled.device.id != guest.device;
        let detail = json!({ "account": enrolled.account.id, "role": enrolled.account.role, "again": again });
        note(tx, &Entry::of(by, Action::DeviceEnrolled, enrolled.device.id, now_ms).with(detail))?;
        Ok(enrolled)
    };
    let enrolled = state.store.write(let_in).await.inspect_err(|refusal| {
        if matches!(refusal, Refusal::InviteUnknown) {
            state.guesses.note_wrong(address, now_ms);
        }
    })?;
    if !enrolled.given.is_empty() {
        state.pokes.publish_scope(enrolled.account.id, enrolled.arrival);
    }
    let credential = fresh.bound_to(enrolled.device.id);
    let cookie = auth::keep_credential(&credential, &state.config.public_url);
    let present = auth::newcomer(&state, credential).await?;
    Ok(([(SET_COOKIE, cookie)], Json(describe(&state, present))))
}

/// A name without stray spaces; none when there is nothing else.
pub fn name_of(name: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(name) = name.map(|name| tidy(&name)).filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.chars().count() > SHORT_CHARS_MAX {
        return Err(ApiError::NameTooLong { chars_max: SHORT_CHARS_MAX });
    }
    Ok(Some(name))
}

/// What a device or a passkey is called, cut to what a list shows: the app made it.
pub fn label_of(label: &str) -> String {
    tidy(label).chars().take(LABEL_CHARS_MAX).collect()
}

/// One line: control characters and runs of spaces become one space.
fn tidy(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
