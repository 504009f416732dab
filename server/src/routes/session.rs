//! Who one is, coming back in, and leaving.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header::SET_COOKIE},
};
use serde::{Deserialize, Serialize};

use super::{AppState, body::Body};
use crate::{
    auth::{self, Present, Returning, Unsigned},
    error::ApiError,
    proof::PublicKey,
    secret,
    storage::{
        access::{self, Account, Device},
        journal::{Action, Actor, Entry, note},
    },
};

/// What a phone learns when it comes in, and whenever it asks.
#[derive(Debug, Serialize)]
pub struct Session {
    account: Account,
    device: Device,
    /// The code to show to somebody who may confirm this device; none where nobody has to. Until then it may nothing, or, when
    /// its session has ended, nothing more.
    code: Option<String>,
    /// When its session ends; none where it does not.
    ends_ms: Option<u64>,
    /// Until when the last proof by passkey holds.
    factor_until_ms: Option<u64>,
    /// Whether the account has a passkey.
    has_passkey: bool,
    server: ServerCard,
}

/// The server, as a phone must know it.
#[derive(Debug, Serialize)]
struct ServerCard {
    /// 16 bytes in hex.
    identity: String,
    epoch: u64,
    now_ms: u64,
    build: &'static str,
    /// The version of the exchange that this server speaks.
    protocol: u8,
}

/// The session of a device.
pub fn describe(state: &AppState, present: Present) -> Session {
    let server = ServerCard {
        identity: secret::hex(&state.identity.identity),
        epoch: state.identity.epoch,
        now_ms: state.clock.now_ms(),
        build: env!("CARGO_PKG_VERSION"),
        protocol: shared::wire::PROTOCOL,
    };
    let Present { account, device, code, ends_ms, factor_until_ms, has_passkey, .. } = present;
    Session { account, device, code, ends_ms, factor_until_ms, has_passkey, server }
}

/// `GET /api/session`: also for a device that waits or whose session has ended. Makes the browser keep its credential for longer.
pub async fn session(
    State(state): State<AppState>,
    present: Present,
) -> ([(HeaderName, HeaderValue); 1], Json<Session>) {
    let cookie = auth::keep_credential(&present.credential, &state.config.public_url);
    ([(SET_COOKIE, cookie)], Json(describe(&state, present)))
}

/// A device's key.
#[derive(Debug, Deserialize)]
pub struct Key {
    /// As at enrolment.
    public_key: String,
}

/// `POST /api/session/key`: a device from before there were keys brings its own, once. Bringing the same one again changes nothing.
pub async fn bind_key(
    State(state): State<AppState>,
    Unsigned(device, account): Unsigned,
    Body(ask): Body<Key>,
) -> Result<StatusCode, ApiError> {
    let key = PublicKey::parse(&ask.public_key).ok_or(ApiError::Malformed("`public_key` is no point in hex"))?;
    let now_ms = state.clock.now_ms();
    state
        .store
        .write(move |tx| {
            if access::bind_key(tx, device.id, key)? {
                let by = Actor { account: Some(account.id), device: Some(device.id) };
                let entry = Entry::of(by, Action::DeviceEnrolled, device.id, now_ms);
                note(tx, &entry.with(serde_json::json!({ "key": "bound" })))?;
            }
            Ok::<_, access::Refusal>(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A device whose session has ended asks to be confirmed anew.
#[derive(Debug, Deserialize)]
pub struct Reopening {
    /// 32 random bytes in hex: what the code is made of, beside the key.
    asks: String,
}

/// `POST /api/session/reopen`: for an account without a passkey; one that has any uses it. The code then stands in the session.
pub async fn reopen(
    State(state): State<AppState>,
    Returning(present): Returning,
    Body(ask): Body<Reopening>,
) -> Result<StatusCode, ApiError> {
    if present.has_passkey {
        return Err(ApiError::FactorRequired);
    }
    let asks = secret::unhex::<32>(&ask.asks).ok_or(ApiError::Malformed("`asks` is not 32 bytes in hex"))?;
    state.store.write(move |tx| access::ask_confirmation(tx, present.device.id, &asks)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/session/end`: this device leaves. What it had sent stays.
pub async fn end(
    State(state): State<AppState>,
    present: Present,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), ApiError> {
    let (device, now_ms) = (present.device.id, state.clock.now_ms());
    state
        .store
        .write(move |tx| {
            access::revoke(tx, device, device, now_ms)?;
            let by = Actor { account: Some(present.account.id), device: Some(device) };
            Ok::<_, access::Refusal>(note(tx, &Entry::of(by, Action::DeviceRevoked, device, now_ms))?)
        })
        .await?;
    state.pokes.end_device(device);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, auth::forget_credential(&state.config.public_url))]))
}
