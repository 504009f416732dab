//! Letting other programs in, and telling them of news. For administrators.

use axum::{Json, extract::State, http::StatusCode};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    id::{AccountId, DeviceId},
    limit,
};

use super::{
    AppState,
    body::{Body, Id},
};
use crate::{
    auth::{ConnectPrograms, Sure},
    error::ApiError,
    programs::{Grant, Refusal, Token, address, news::KINDS},
    secret,
    storage::{
        access,
        journal::{Action, Entry, note},
        programs::{self, NewToken, NewWebhook, TokenRow, WebhookRow},
    },
};

/// How long a token may last. In days.
pub const TOKEN_DAYS_MAX: u64 = 366;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A token to make.
#[derive(Debug, Deserialize)]
pub struct TokenAsk {
    name: String,
    scopes: Vec<Grant>,
    /// For whom it acts; whoever makes it where nobody is named.
    account: Option<AccountId>,
    /// 1 to 366.
    days: u64,
}

/// A fresh token. The only time that it is seen.
#[derive(Debug, Serialize)]
pub struct TokenMade {
    id: DeviceId,
    token: String,
    expires_ms: u64,
}

/// `POST /api/tokens`.
pub async fn make_token(
    State(state): State<AppState>,
    ConnectPrograms(by): ConnectPrograms,
    _: Sure,
    Body(ask): Body<TokenAsk>,
) -> Result<Json<TokenMade>, ApiError> {
    let name = ask.name.trim().to_owned();
    let mut grants = ask.scopes;
    grants.sort_unstable();
    grants.dedup();
    let named = !name.is_empty() && name.chars().count() <= limit::SHORT_CHARS_MAX;
    if !named || grants.is_empty() || !(1..=TOKEN_DAYS_MAX).contains(&ask.days) {
        return Err(Refusal::TokenIncomplete.into());
    }
    let (now_ms, token) = (state.clock.now_ms(), Token::draw());
    let new = NewToken {
        id: DeviceId::new(now_ms, secret::draw()),
        hash: token.hash(),
        name,
        account: ask.account.unwrap_or(by.account.id),
        grants,
        made_by: by.device.id,
        now_ms,
        expires_ms: now_ms + ask.days * DAY_MS,
    };
    let made = TokenMade { id: new.id, token: token.reveal(), expires_ms: new.expires_ms };
    state
        .store
        .write(move |tx| {
            let (account, closed) =
                access::account_with_state(tx, new.account)?.ok_or(access::Refusal::AccountUnknown)?;
            if closed {
                return Err(access::Refusal::AccountDisabled.into());
            }
            if !by.account.role.may_govern(account.role) {
                return Err(Refusal::TokenAccount.into());
            }
            programs::add_token(tx, &new)?;
            let detail = json!({ "account": new.account, "scopes": new.grants, "expires_ms": new.expires_ms });
            note(tx, &by.did(Action::TokenMade, new.id, now_ms).with(detail))?;
            Ok::<_, ApiError>(())
        })
        .await?;
    Ok(Json(made))
}

/// `GET /api/tokens`: the newest first.
pub async fn list_tokens(State(state): State<AppState>, _: ConnectPrograms) -> Result<Json<Vec<TokenRow>>, ApiError> {
    Ok(Json(state.store.read(programs::tokens).await?))
}

/// `POST /api/tokens/{id}/revoke`. Repeating it changes nothing.
pub async fn revoke_token(
    State(state): State<AppState>,
    ConnectPrograms(by): ConnectPrograms,
    Id(token): Id<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let entry = by.did(Action::TokenRevoked, token, now_ms);
    changed(&state, entry, move |tx| programs::revoke_token(tx, token, now_ms)).await
}

/// Changes one of them, and notes it where that changed anything.
async fn changed(
    state: &AppState,
    entry: Entry,
    change: impl FnOnce(&Transaction<'_>) -> Result<bool, Refusal> + Send + 'static,
) -> Result<StatusCode, ApiError> {
    let write = move |tx: &Transaction<'_>| {
        if change(tx)? {
            note(tx, &entry)?;
        }
        Ok::<_, Refusal>(())
    };
    state.store.write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody to be told of news.
#[derive(Debug, Deserialize)]
pub struct WebhookAsk {
    url: String,
    kinds: Vec<String>,
}

/// A fresh listener. The only time that its key is seen.
#[derive(Debug, Serialize)]
pub struct WebhookMade {
    id: i64,
    /// The key of its signatures, in hexadecimal.
    secret: String,
}

/// `POST /api/webhooks`.
pub async fn add_webhook(
    State(state): State<AppState>,
    ConnectPrograms(by): ConnectPrograms,
    _: Sure,
    Body(ask): Body<WebhookAsk>,
) -> Result<Json<WebhookMade>, ApiError> {
    let url = address::parse(ask.url.trim(), state.config.reach).ok_or(Refusal::WebhookAddress)?;
    let kinds: Vec<&'static str> =
        KINDS.into_iter().filter(|kind| ask.kinds.iter().any(|asked| asked == kind)).collect();
    if kinds.is_empty() {
        return Err(ApiError::Malformed("`kinds` names nothing that anybody can be told of"));
    }
    let (secret, now_ms) = (secret::draw(), state.clock.now_ms());
    let new = NewWebhook { url: url.into(), secret, kinds, made_by: by.device.id, now_ms };
    let id = state
        .store
        .write(move |tx| {
            let id = programs::add_webhook(tx, &new)?;
            // The address may hold a secret of the other side's: the number is enough.
            note(tx, &by.did(Action::WebhookAdded, id, now_ms).with(json!({ "kinds": new.kinds })))?;
            Ok::<_, Refusal>(id)
        })
        .await?;
    Ok(Json(WebhookMade { id, secret: secret::hex(&secret) }))
}

/// `GET /api/webhooks`: the newest first, with their last messages.
pub async fn list_webhooks(
    State(state): State<AppState>,
    _: ConnectPrograms,
) -> Result<Json<Vec<WebhookRow>>, ApiError> {
    Ok(Json(state.store.read(programs::webhooks).await?))
}

/// `POST /api/webhooks/{id}/resume`: takes one up again that was given up, from now on.
pub async fn resume_webhook(
    State(state): State<AppState>,
    ConnectPrograms(by): ConnectPrograms,
    Id(webhook): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let entry = by.did(Action::WebhookResumed, webhook, state.clock.now_ms());
    changed(&state, entry, move |tx| programs::set_webhook(tx, webhook, None)).await
}

/// `POST /api/webhooks/{id}/remove`.
pub async fn remove_webhook(
    State(state): State<AppState>,
    ConnectPrograms(by): ConnectPrograms,
    Id(webhook): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let entry = by.did(Action::WebhookRemoved, webhook, state.clock.now_ms());
    changed(&state, entry, move |tx| programs::remove_webhook(tx, webhook).map(|()| true)).await
}
