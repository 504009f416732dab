//! Letting people in and out, and giving them their events and dossiers.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{
    field::Field,
    id::{AccountId, DeviceId, DocumentId},
    role::{Role, Scope},
};

use super::{
    AppState,
    body::{Body, Id},
    enroll::name_of,
};
use crate::{
    auth::{ManageAccess, SeeAccess, Sure},
    error::ApiError,
    secret::InviteCode,
    storage::{
        access::{
            self, AccountChange, AccountRow, Decision, DeviceRow, Given, InviteRow, Language, NewInvite, Refusal,
        },
        journal::{Action, note},
        server,
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
    let rules = state.rules.clone();
    let usual = state.store.read(move |db| rules.get(db, Field::InviteHours)).await?;
    let hours = ask.hours.unwrap_or(u64::try_from(usual).unwrap_or(INVITE_HOURS));
    if hours == 0 || hours > INVITE_HOURS_MAX {
        return Err(ApiError::Malformed("`hours` is out of range"));
    }
    let now_ms = state.clock.now_ms();
    // Who joins an account is known only once that is read: then it is as sure as the account's role demands.
    let sure = host.sure(now_ms);
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
            }
            if invite.account != Some(host.account.id) && !host.account.role.may_govern(invite.role) {
                return Err(Refusal::RoleTooLow.into());
            }
            if invite.role.is_watched() {
                sure?;
            }
            let number = access::add_invite(tx, &invite)?;
            let detail = json!({ "role": invite.role, "account": invite.account, "documents": invite.documents.len() });
            note(tx, &host.did(Action::InviteMade, number, now_ms).with(detail))?;
            Ok::<_, ApiError>(number)
        })
        .await?;
    Ok(Json(Invited { id, link: state.config.public_url.join_link(&code), code: code.to_string(), expires_ms }))
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
            Ok(note(tx, &host.did(Action::InviteWithdrawn, invite, now_ms).with(json!({ "role": role })))?)
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
    _: Sure,
    Id(device): Id<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    state
        .store
        .write(move |tx| {
            let standing = access::standing(tx, device)?.ok_or(Refusal::DeviceUnknown)?;
            let subject = standing.account;
            if subject.id != host.account.id && !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            access::revoke(tx, device, host.device.id, now_ms)?;
            if standing.revoked {
                return Ok(());
            }
            let detail = json!({ "account": subject.id });
            Ok(note(tx, &host.did(Action::DeviceRevoked, device, now_ms).with(detail))?)
        })
        .await?;
    state.pokes.end_device(device);
    Ok(StatusCode::NO_CONTENT)
}

/// What the other side shows.
#[derive(Debug, Deserialize)]
pub struct Confirming {
    /// Six digits.
    code: String,
}

/// `POST /api/devices/{id}/confirm`: lets in a device that waits, or one whose session has ended, when both sides show the same code.
pub async fn confirm_device(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    _: Sure,
    Id(device): Id<DeviceId>,
    Body(ask): Body<Confirming>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    state
        .store
        .write(move |tx| {
            let standing = access::standing(tx, device)?.ok_or(Refusal::DeviceUnknown)?;
            let subject = standing.account;
            // Nobody vouches for the device that they are asking with.
            let another_of_mine = subject.id == host.account.id && device != host.device.id;
            if !another_of_mine && !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            access::confirm(tx, device, &ask.code, now_ms)?;
            let detail = json!({ "account": subject.id, "again": standing.confirmed });
            Ok(note(tx, &host.did(Action::DeviceConfirmed, device, now_ms).with(detail))?)
        })
        .await?;
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
                let action = if decision.given == Given::Yes { Action::Given } else { Action::TakenBack };
                let detail = json!({ "document": decision.document });
                note(tx, &host.did(action, account, now_ms).with(detail))?;
            }
            Ok::<_, Refusal>(arrival)
        })
        .await?;
    if let Some(arrival) = arrival {
        state.pokes.publish_scope(account, arrival);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What shall change of an account; what is left out stays.
#[derive(Debug, Deserialize)]
pub struct Changing {
    name: Option<String>,
    role: Option<Role>,
    scope: Option<Scope>,
    language: Option<Language>,
}

/// `POST /api/accounts/{id}/change`. One's own name and language anybody may change who sees this; a role and a scope are given by
/// those who may govern both what the account was and what it becomes. Phones learn of it at their next exchange.
pub async fn change_account(
    State(state): State<AppState>,
    ManageAccess(host): ManageAccess,
    Id(account): Id<AccountId>,
    Body(ask): Body<Changing>,
) -> Result<Json<access::Account>, ApiError> {
    let now_ms = state.clock.now_ms();
    let sure = host.sure(now_ms);
    let change = AccountChange { name: name_of(ask.name)?, role: ask.role, scope: ask.scope, language: ask.language };
    let (after, arrival) = state
        .store
        .write(move |tx| {
            let (before, _) = access::account_with_state(tx, account)?.ok_or(Refusal::AccountUnknown)?;
            let becomes = change.role.unwrap_or(before.role);
            let rights = becomes != before.role || change.scope.is_some_and(|scope| scope != before.scope);
            let my_own = account == host.account.id && !rights;
            let governs = |role| host.account.role.may_govern(role);
            if !(my_own || governs(before.role) && governs(becomes)) {
                return Err(Refusal::RoleTooLow.into());
            }
            if !my_own && (before.role.is_watched() || becomes.is_watched()) {
                sure?;
            }
            let after = access::change_account(tx, &before, &change)?;
            if after == before {
                return Ok((after, None));
            }
            // Ids and roles only: the names stay with the account.
            let detail = json!({
                "role": [before.role, after.role],
                "scope": [before.scope, after.scope],
                "named": before.name != after.name,
            });
            note(tx, &host.did(Action::AccountChanged, account, now_ms).with(detail))?;
            let arrival = server::next_arrivals(tx, 1)?;
            Ok::<_, ApiError>((after, Some(arrival)))
        })
        .await?;
    if let Some(arrival) = arrival {
        state.pokes.publish_scope(account, arrival);
    }
    Ok(Json(after))
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
    _: Sure,
    Id(account): Id<AccountId>,
    Body(ask): Body<Disabling>,
) -> Result<StatusCode, ApiError> {
    let now_ms = state.clock.now_ms();
    let since_ms = ask.disabled.then_some(now_ms);
    state
        .store
        .write(move |tx| {
            let (subject, was_closed) = access::account_with_state(tx, account)?.ok_or(Refusal::AccountUnknown)?;
            if !host.account.role.may_govern(subject.role) {
                return Err(Refusal::RoleTooLow);
            }
            access::set_disabled(tx, account, since_ms)?;
            if was_closed == ask.disabled {
                return Ok(());
            }
            let action = if ask.disabled { Action::AccountClosed } else { Action::AccountOpened };
            Ok(note(tx, &host.did(action, account, now_ms))?)
        })
        .await?;
    if ask.disabled {
        state.pokes.end_account(account);
    }
    Ok(StatusCode::NO_CONTENT)
}
