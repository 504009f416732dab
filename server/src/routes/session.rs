//! Who one is, and leaving.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header::SET_COOKIE},
};
use rusqlite::Transaction;
use serde::Serialize;

use super::AppState;
use crate::{
    auth::{self, Enrolled, Presented},
    error::ApiError,
    secret,
    storage::{
        access::{self, Account, Device, Refusal},
        journal::{Action, note},
    },
};

/// What a phone learns when it comes in, and whenever it asks.
#[derive(Debug, Serialize)]
pub struct Session {
    account: Account,
    device: Device,
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
pub fn describe(state: &AppState, account: Account, device: Device) -> Session {
    let server = ServerCard {
        identity: secret::hex(&state.identity.identity),
        epoch: state.identity.epoch,
        now_ms: state.clock.now_ms(),
        build: env!("CARGO_PKG_VERSION"),
        protocol: shared::wire::PROTOCOL,
    };
    Session { account, device, server }
}

/// `GET /api/session`. Also makes the browser keep its credential for longer.
pub async fn session(
    State(state): State<AppState>,
    presented: Presented,
) -> ([(HeaderName, HeaderValue); 1], Json<Session>) {
    let Presented { enrolled, credential } = presented;
    let cookie = auth::keep_credential(&credential, &state.config.public_url);
    ([(SET_COOKIE, cookie)], Json(describe(&state, enrolled.account, enrolled.device)))
}

/// `POST /api/session/end`: this device leaves. What it had sent stays.
pub async fn end(
    State(state): State<AppState>,
    enrolled: Enrolled,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), ApiError> {
    let (device, now_ms) = (enrolled.device.id, state.clock.now_ms());
    let leave = move |tx: &Transaction<'_>| {
        access::revoke(tx, device, device, now_ms)?;
        Ok::<_, Refusal>(note(tx, &enrolled.did(Action::DeviceRevoked, device, now_ms))?)
    };
    state.store.write(leave).await?;
    state.pokes.end_device(device);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, auth::forget_credential(&state.config.public_url))]))
}
