//! Letting people in and out, and giving them their events and dossiers.

use axum::{Json, extract::State, http::StatusCode};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    id::{AccountId, DeviceId, DocumentId},
    role::{Role, Scope},
};

use super::{
    AppState,
    body::{Body, Id},
    enroll::name_of,
};
use crate::{
    auth::{Enrolled, ManageAccess, SeeAccess},
    error::ApiError,
    secret::InviteCode,
    storage::{
        access::{self, AccountRow, Decision, DeviceRow, Given, InviteRow, Language, NewInvite, Refusal},
        journal::{Action, note},
    },
};

/// How long an invite lasts when nobody says. In hours.
pub const INVITE_HOURS: u64 = 72;
/// How long an invite may last. In hours: a month.
pub const INVITE_HOURS_MAX: u64 = 24 * 31;
/// Documents that one invite hands over.
const INVITE_DOCUMENTS_MAX: usize = 64;
const HOUR_MS: u64 = 60 * 60 * 1000;

/// An invite to make.
#[derive(Debug, Deserialize)]
pub struct InviteAsk {
    role: Role,
    /// Which documents the new account holds; the role's usual scope where nobody says.
    scope: Option<Scope>,
    /// Whose new phone it is for; the role is then that account's.
    account: Option<AccountId>,
    name: Option<String>,
    language: Option<Language>,
    #[serde(default)]
    documents: Vec<DocumentId>,
    hours: Option<u64>,
}

/// A fresh invite. The only time that its code is seen.
#[derive(Debug, Serialize)]
pub struct Invited {
    id: i64,
    code: String,
    link: String,
    expires_ms: u64,
}

/// `POST /api/invites`.
pub async fn invite(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Body(ask): Body<InviteAsk>,
) -> Result<Json<Invited>, ApiError> {
    if ask.documents.len() > INVITE_DOCUMENTS_MAX {
        return Err(ApiError::Malformed("too many documents for one invite"));
    }
    let hours = ask.hours.unwrap_or(INVITE_HOURS);
    if hours == 0 || hours > INVITE_HOURS_MAX {
        return Err(ApiError::Malformed("`hours` is out of range"));
    }
    let now_ms = state.clock.now_ms();
    let code = InviteCode::draw();
    let mut invite = NewInvite {
        code_hash: code.hash(),
        role: ask.role,
        scope: scope_for(ask.role, ask.scope)?,
        account: ask.account,
        name: name_of(ask.name)?,
        language: ask.language,
        documents: ask.documents,
        created_by: Some(host.device.id),
        now_ms,
        expires_ms: now_ms + hours * HOUR_MS,
    };
    let expires_ms = invite.expires_ms;
    let id = state
        .store
        .write(move |tx| {
            if let Some(id) = invite.account {
                // Another phone for oneself is no favour that needs a role.
                let (account, _) = access::account_with_state(tx, id)?.ok_or(Refusal::AccountUnknown)?;
                invite.role = account.role;
                if id == host.account.id {
                    return add_invite(tx, &host, &invite);
                }
            }
            if !host.account.role.may_govern(invite.role) {
                return Err(Refusal::RoleTooLow);
            }
            add_invite(tx, &host, &invite)
        })
        .await?;
    Ok(Json(Invited { id, link: state.config.public_url.join_link(&code), code: code.to_string(), expires_ms }))
}

fn add_invite(tx: &Transaction<'_>, host: &Enrolled, invite: &NewInvite) -> Result<i64, Refusal> {
    let id = access::add_invite(tx, invite)?;
    let detail = json!({ "role": invite.role, "account": invite.account, "documents": invite.documents.len() });
    note(tx, &host.did(Action::InviteMade, id, invite.now_ms).with(detail))?;
    Ok(id)
}

/// The scope that was asked for, if the role may have it.
fn scope_for(role: Role, asked: Option<Scope>) -> Result<Scope, ApiError> {
    let scopes = role.scopes();
    let scope = asked.unwrap_or(scopes[0]);
    if scopes.contains(&scope) { Ok(scope) } else { Err(ApiError::Malformed("this role cannot have that scope")) }
}

/// `GET /api/invites`: the newest first.
pub async fn list_invites(State(state): State<AppState>, _: SeeAccess) -> Result<Json<Vec<InviteRow>>, ApiError> {
    let now_ms = state.clock.now_ms();
    Ok(Json(state.store.read(move |db| access::invites(db, now_ms)).await?))
}

/// `POST /api/invites/{id}/withdraw`.
pub async fn withdraw_invite(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Id(invite): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    state
        .store
        .write(move |tx| {
            let role = access::open_invite_role(tx, invite)?.ok_or(Refusal::InviteUnknown)?;
            if !host.account.role.may_govern(role) {
                return Err(Refusal::RoleTooLow);
            }
            access::withdraw_invite(tx, invite, now_ms)?;
            Ok(note(tx, &host.did(Action::InviteWithdrawn, invite, now_ms))?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/devices`: those whose work is most at risk first.
pub async fn list_devices(State(state): State<AppState>, _: SeeAccess) -> Result<Json<Vec<DeviceRow>>, ApiError> {
    Ok(Json(state.store.read(access::devices).await?))
}

/// `POST /api/devices/{id}/revoke`: ends a device's access, one's own included.
pub async fn revoke_device(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Id(device): Id<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    state
        .store
        .write(move |tx| {
            let subject = access::standing(tx, device)?.ok_or(Refusal::DeviceUnknown)?.account;
            if subject.id != host.account.id && !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            access::revoke(tx, device, host.device.id, now_ms)?;
            Ok(note(tx, &host.did(Action::DeviceRevoked, device, now_ms))?)
        })
        .await?;
    state.pokes.end_device(device);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/accounts`: with what was given to each.
pub async fn list_accounts(State(state): State<AppState>, _: SeeAccess) -> Result<Json<Vec<AccountRow>>, ApiError> {
    Ok(Json(state.store.read(access::accounts).await?))
}

/// One event or dossier, for one account.
#[derive(Debug, Deserialize)]
pub struct Assignment {
    document: DocumentId,
    /// False takes it back.
    given: bool,
}

/// `POST /api/accounts/{id}/assign`. Repeating it changes nothing.
pub async fn assign(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Id(account): Id<AccountId>,
    Body(ask): Body<Assignment>,
) -> Result<StatusCode, ApiError> {
    let given = if ask.given { Given::Yes } else { Given::No };
    let (by, now_ms) = (Some(host.device.id), state.clock.now_ms());
    let decision = Decision { account, document: ask.document, given, by, now_ms };
    let arrival = state
        .store
        .write(move |tx| {
            let (subject, _) = access::account_with_state(tx, account)?.ok_or(Refusal::AccountUnknown)?;
            if !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            let arrival = access::decide(tx, &decision)?;
            if arrival.is_some() {
                let action = if given == Given::Yes { Action::Given } else { Action::TakenBack };
                note(tx, &host.did(action, account, now_ms).with(json!({ "document": decision.document })))?;
            }
            Ok::<_, Refusal>(arrival)
        })
        .await?;
    if let Some(arrival) = arrival {
        state.pokes.publish_scope(account, arrival);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an account shall be closed.
#[derive(Debug, Deserialize)]
pub struct Disabling {
    disabled: bool,
}

/// `POST /api/accounts/{id}/disable`: closes an account on all its devices, or opens it again.
pub async fn disable(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Id(account): Id<AccountId>,
    Body(ask): Body<Disabling>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let (since_ms, action) =
        if ask.disabled { (Some(now_ms), Action::AccountClosed) } else { (None, Action::AccountOpened) };
    state
        .store
        .write(move |tx| {
            let (subject, _) = access::account_with_state(tx, account)?.ok_or(Refusal::AccountUnknown)?;
            if !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            access::set_disabled(tx, account, since_ms)?;
            Ok(note(tx, &host.did(action, account, now_ms))?)
        })
        .await?;
    if ask.disabled {
        state.pokes.end_account(account);
    }
    Ok(StatusCode::NO_CONTENT)
}
