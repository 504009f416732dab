//! Accounts, devices, invites, and what was given to whom.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, types::Type};
use serde::{Deserialize, Serialize};
use shared::{
    id::{AccountId, DeviceId, DocumentId},
    role::{Role, Scope},
    wire::{Failure, Lock},
};

use super::{StoreError, server};
use crate::{proof::PublicKey, secret};

/// Invites that may be open at once: a loop in somebody's script fills a list, not a disk.
pub const INVITES_OPEN_MAX: u64 = 1_000;
/// Rows of a list that is sent whole.
pub const LIST_ROWS_MAX: u64 = 5_000;
/// How long the phone that used an invite may ask again for its credential. In milliseconds.
pub const REISSUE_MS: u64 = 60 * 60 * 1000;

/// The languages of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Fr,
    Ar,
    En,
}

impl Language {
    const ALL: [Self; 3] = [Self::Fr, Self::Ar, Self::En];

    /// The word for it in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::Ar => "ar",
            Self::En => "en",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == word)
    }
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub scope: Scope,
}

/// One enrolled browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    pub id: DeviceId,
    pub label: String,
}

/// A device as its credential is checked.
#[derive(Debug, Clone)]
pub struct Standing {
    pub account: Account,
    pub device: Device,
    pub credential_hash: [u8; 32],
    /// None for a device from before there were keys, until it brings one.
    pub public_key: Option<PublicKey>,
    pub revoked: bool,
    pub disabled: bool,
    /// When its access ended, if it has.
    pub ended_ms: Option<u64>,
    /// Whether somebody has vouched for it.
    pub confirmed: bool,
    /// What its code is made of, while it asks to be confirmed.
    pub asks: Option<[u8; 32]>,
    /// Since when its session runs.
    pub session_ms: u64,
    /// When its user last proved by a passkey that it is them.
    pub factor_ms: Option<u64>,
    /// Whether the account has a passkey.
    pub has_passkey: bool,
    /// Whether it said that the app is installed.
    pub installed: bool,
}

/// Why somebody is not let in, or something not done. The code is what the app translates.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("no invite has this code")]
    InviteUnknown,
    #[error("this invite has expired")]
    InviteExpired,
    #[error("this invite was used already")]
    InviteUsed,
    #[error("this invite was taken back")]
    InviteWithdrawn,
    #[error("too many invites are open")]
    InvitesTooMany,
    #[error("the guest gave no name, and neither does the invite")]
    NameMissing,
    #[error("this account is closed")]
    AccountDisabled,
    #[error("there is no such account")]
    AccountUnknown,
    #[error("there is no such device")]
    DeviceUnknown,
    #[error("this role may not do that to that account")]
    RoleTooLow,
    #[error("the device brought another key before")]
    KeyOther,
    #[error("the device does not show this code")]
    CodeWrong,
    #[error("this role cannot have that scope")]
    ScopeWrong,
    #[error("there is no such passkey")]
    PasskeyUnknown,
    #[error("the account has too many passkeys")]
    PasskeysTooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The device of the server's own console with that account's name; made, with the account, where there is none.
///
/// Its credential is the hash of nothing that anybody could present.
pub fn console_device(
    tx: &Transaction<'_>,
    account: &Account,
    device: DeviceId,
    now_ms: u64,
) -> Result<(DeviceId, Account), StoreError> {
    let found = tx
        .query_row(
            "SELECT account.id, account.name, account.role, account.language, account.scope, device.id
             FROM device JOIN account ON account.id = device.account_id
             WHERE credential_hash = zeroblob(32) AND account.name = :name AND device.label = 'Serveur'",
            named_params! { ":name": account.name },
            |row| Ok((DeviceId(row.get(5)?), account_of(row)?)),
        )
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    insert_account(tx, account, now_ms)?;
    tx.execute(
        "INSERT INTO device (id, account_id, label, credential_hash, created_ms, confirmed_ms, session_ms)
         VALUES (:id, :account, 'Serveur', zeroblob(32), :now_ms, :now_ms, :now_ms)",
        named_params! { ":id": device.0, ":account": account.id.0, ":now_ms": now_ms },
    )?;
    Ok((device, account.clone()))
}

/// The account and device behind a credential, whatever their state.
pub fn standing(db: &Connection, device: DeviceId) -> Result<Option<Standing>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account.id, account.name, account.role, account.language, account.scope,
                account.disabled_ms IS NOT NULL, device.label, device.credential_hash, device.revoked_ms IS NOT NULL,
                nullif(min(ifnull(device.revoked_ms, 1 << 62), ifnull(account.disabled_ms, 1 << 62)), 1 << 62),
                device.public_key, device.confirmed_ms IS NOT NULL, device.asks,
                coalesce(device.session_ms, device.created_ms), device.factor_ms,
                EXISTS (SELECT 1 FROM passkey WHERE passkey.account_id = account.id), coalesce(device.installed, 0)
         FROM device JOIN account ON account.id = device.account_id
         WHERE device.id = :device",
    )?;
    let standing = statement
        .query_row(named_params! { ":device": device.0 }, |row| {
            Ok(Standing {
                account: account_of(row)?,
                disabled: row.get(5)?,
                device: Device { id: device, label: row.get(6)? },
                credential_hash: row.get(7)?,
                revoked: row.get(8)?,
                ended_ms: row.get(9)?,
                public_key: row.get::<_, Option<_>>(10)?.map(PublicKey),
                confirmed: row.get(11)?,
                asks: row.get(12)?,
                session_ms: row.get(13)?,
                factor_ms: row.get(14)?,
                has_passkey: row.get(15)?,
                installed: row.get(16)?,
            })
        })
        .optional()?;
    Ok(standing)
}

/// Reads `id, name, role, language, scope` from the first five columns.
pub(super) fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        name: row.get(1)?,
        role: role_at(row, 2)?,
        language: language_at(row, 3)?,
        scope: scope_at(row, 4)?,
    })
}

fn insert_account(tx: &Transaction<'_>, account: &Account, now_ms: u64) -> rusqlite::Result<usize> {
    tx.execute(
        "INSERT INTO account (id, name, role, language, scope, created_ms)
         VALUES (:id, :name, :role, :language, :scope, :now_ms)",
        named_params! {
            ":id": account.id.0,
            ":name": account.name,
            ":role": account.role.as_str(),
            ":language": account.language.as_str(),
            ":scope": account.scope.as_str(),
            ":now_ms": now_ms,
        },
    )
}

fn scope_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Scope> {
    let word: String = row.get(column)?;
    Scope::from_word(&word)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not a scope".into()))
}

pub(super) fn role_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let word: String = row.get(column)?;
    Role::from_word(&word)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not a role".into()))
}

fn language_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Language> {
    let word: String = row.get(column)?;
    Language::from_word(&word)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not a language".into()))
}

/// Whether an administrator can still come in: an account that is open, on a device that is, and that is not the server's
/// own console.
pub fn has_admin(db: &Connection) -> Result<bool, StoreError> {
    Ok(db.query_row(
        "SELECT EXISTS (
             SELECT 1 FROM account JOIN device ON device.account_id = account.id
             WHERE account.role = 'admin' AND account.disabled_ms IS NULL AND device.revoked_ms IS NULL
               AND device.credential_hash <> zeroblob(32)
         )",
        [],
        |row| row.get(0),
    )?)
}

/// An invite to make.
#[derive(Debug, Clone)]
pub struct NewInvite {
    pub code_hash: [u8; 32],
    pub role: Role,
    pub scope: Scope,
    /// The account that the guest's device joins; none makes a new account.
    pub account: Option<AccountId>,
    pub name: Option<String>,
    pub language: Option<Language>,
    pub documents: Vec<DocumentId>,
    /// None on the server's own console.
    pub created_by: Option<DeviceId>,
    pub now_ms: u64,
    pub expires_ms: u64,
}

/// Keeps a new invite and returns its number.
pub fn add_invite(tx: &Transaction<'_>, invite: &NewInvite) -> Result<i64, Refusal> {
    let open: u64 = tx.query_row(
        "SELECT count(*) FROM invite
         WHERE used_ms IS NULL AND withdrawn_ms IS NULL AND expires_ms > :now_ms",
        named_params! { ":now_ms": invite.now_ms },
        |row| row.get(0),
    )?;
    if open >= INVITES_OPEN_MAX {
        return Err(Refusal::InvitesTooMany);
    }
    let id = tx.query_row(
        "INSERT INTO invite (code_hash, role, scope, account_id, name, language, created_by, created_ms, expires_ms)
         VALUES (:code_hash, :role, :scope, :account, :name, :language, :created_by, :now_ms, :expires_ms)
         RETURNING id",
        named_params! {
            ":code_hash": invite.code_hash,
            ":role": invite.role.as_str(),
            ":scope": invite.scope.as_str(),
            ":account": invite.account.map(|account| account.0),
            ":name": invite.name,
            ":language": invite.language.map(Language::as_str),
            ":created_by": invite.created_by.map(|device| device.0),
            ":now_ms": invite.now_ms,
            ":expires_ms": invite.expires_ms,
        },
        |row| row.get(0),
    )?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO invite_document (invite_id, document_id) VALUES (:invite, :document)
         ON CONFLICT DO NOTHING",
    )?;
    for document in &invite.documents {
        statement.execute(named_params! { ":invite": id, ":document": document.0 })?;
    }
    Ok(id)
}

/// Where an invite stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteState {
    Open,
    Used,
    Expired,
    Withdrawn,
}

/// One invite in the list. Its code is not known any more.
#[derive(Debug, Clone, Serialize)]
pub struct InviteRow {
    pub id: i64,
    pub role: Role,
    pub name: Option<String>,
    pub created_ms: u64,
    pub expires_ms: u64,
    /// The name of who made it; none when made on the server's own console.
    pub created_by: Option<String>,
    pub state: InviteState,
    /// The name of who came in by it.
    pub used_by: Option<String>,
}

/// The invites, the newest first.
pub fn invites(db: &Connection, now_ms: u64) -> Result<Vec<InviteRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT invite.id, invite.role, invite.name, invite.created_ms, invite.expires_ms,
                invite.used_ms, invite.withdrawn_ms, maker.name, guest.name
         FROM invite
         LEFT JOIN device AS maker_device ON maker_device.id = invite.created_by
         LEFT JOIN account AS maker ON maker.id = maker_device.account_id
         LEFT JOIN device AS guest_device ON guest_device.id = invite.used_by_device
         LEFT JOIN account AS guest ON guest.id = guest_device.account_id
         ORDER BY invite.id DESC
         LIMIT :rows",
    )?;
    let rows = statement.query_map(named_params! { ":rows": LIST_ROWS_MAX }, |row| {
        let expires_ms = row.get(4)?;
        let state = if row.get::<_, Option<u64>>(5)?.is_some() {
            InviteState::Used
        } else if row.get::<_, Option<u64>>(6)?.is_some() {
            InviteState::Withdrawn
        } else if expires_ms <= now_ms {
            InviteState::Expired
        } else {
            InviteState::Open
        };
        Ok(InviteRow {
            id: row.get(0)?,
            role: role_at(row, 1)?,
            name: row.get(2)?,
            created_ms: row.get(3)?,
            expires_ms,
            state,
            created_by: row.get(7)?,
            used_by: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The role that an invite gives, if it can still be used or taken back.
pub fn open_invite_role(db: &Connection, invite: i64) -> Result<Option<Role>, StoreError> {
    Ok(db
        .query_row(
            "SELECT role FROM invite WHERE id = :id AND used_ms IS NULL AND withdrawn_ms IS NULL",
            named_params! { ":id": invite },
            |row| role_at(row, 0),
        )
        .optional()?)
}

/// Takes an invite back. One that was used already, or that never was, is refused.
pub fn withdraw_invite(tx: &Transaction<'_>, invite: i64, now_ms: u64) -> Result<(), Refusal> {
    let rows = tx.execute(
        "UPDATE invite SET withdrawn_ms = :now_ms
         WHERE id = :id AND used_ms IS NULL AND withdrawn_ms IS NULL",
        named_params! { ":id": invite, ":now_ms": now_ms },
    )?;
    if rows == 1 { Ok(()) } else { Err(Refusal::InviteUnknown) }
}

/// A phone at the door.
#[derive(Debug, Clone)]
pub struct Enrolment {
    pub code_hash: [u8; 32],
    /// Of the random number that the phone sends with every attempt at this code.
    pub attempt_hash: [u8; 32],
    pub name: Option<String>,
    pub device_label: String,
    pub language: Language,
    /// Ids for what is made, if it is made.
    pub account: AccountId,
    pub device: DeviceId,
    pub credential_hash: [u8; 32],
    /// The same at each attempt.
    pub public_key: PublicKey,
    pub now_ms: u64,
}

/// A phone that is in.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub account: Account,
    pub device: Device,
    /// What came with the invite, and the arrival number of the last of it.
    pub given: Vec<DocumentId>,
    pub arrival: u64,
}

struct Invite {
    id: i64,
    role: Role,
    scope: Scope,
    account: Option<AccountId>,
    name: Option<String>,
    expires_ms: u64,
    withdrawn: bool,
    used: Option<Used>,
    created_by: Option<DeviceId>,
}

struct Used {
    ms: u64,
    device: DeviceId,
    attempt_hash: [u8; 32],
}

fn invite_of(tx: &Transaction<'_>, code_hash: [u8; 32]) -> Result<Option<Invite>, StoreError> {
    Ok(tx
        .query_row(
            "SELECT id, role, account_id, name, expires_ms, withdrawn_ms IS NOT NULL,
                    used_ms, used_by_device, attempt_hash, created_by, scope
             FROM invite WHERE code_hash = :code_hash",
            named_params! { ":code_hash": code_hash },
            |row| {
                let used = match row.get(6)? {
                    Some(ms) => Some(Used { ms, device: DeviceId(row.get(7)?), attempt_hash: row.get(8)? }),
                    None => None,
                };
                Ok(Invite {
                    id: row.get(0)?,
                    role: role_at(row, 1)?,
                    account: row.get::<_, Option<_>>(2)?.map(AccountId),
                    name: row.get(3)?,
                    expires_ms: row.get(4)?,
                    withdrawn: row.get(5)?,
                    used,
                    created_by: row.get::<_, Option<_>>(9)?.map(DeviceId),
                    scope: scope_at(row, 10)?,
                })
            },
        )
        .optional()?)
}

/// Lets a phone in by an invite: its account, its device, and what the invite gives, or nothing at all.
///
/// Safe to repeat: the same code with the same attempt within [`REISSUE_MS`] gives the same device a new credential, so
/// that a reply lost on the way locks nobody out.
pub fn enroll(tx: &Transaction<'_>, guest: &Enrolment) -> Result<Enrolled, Refusal> {
    let invite = invite_of(tx, guest.code_hash)?.ok_or(Refusal::InviteUnknown)?;
    if let Some(used) = &invite.used {
        return reissue(tx, guest, used);
    }
    if invite.withdrawn {
        return Err(Refusal::InviteWithdrawn);
    }
    if invite.expires_ms <= guest.now_ms {
        return Err(Refusal::InviteExpired);
    }
    let account = match invite.account {
        Some(account) => open_account(tx, account)?,
        None => add_account(tx, guest, &invite)?,
    };
    // Whoever made an invite on the server's own console is there to see who uses it.
    let waits = account.role.is_watched() && invite.created_by.is_some();
    tx.execute(
        "INSERT INTO device (id, account_id, label, credential_hash, created_ms, public_key, confirmed_ms, asks, session_ms)
         VALUES (:id, :account, :label, :credential_hash, :now_ms, :public_key, :confirmed_ms, :asks, :now_ms)",
        named_params! {
            ":id": guest.device.0,
            ":account": account.id.0,
            ":label": guest.device_label,
            ":credential_hash": guest.credential_hash,
            ":public_key": guest.public_key.0,
            ":confirmed_ms": (!waits).then_some(guest.now_ms),
            ":asks": waits.then_some(guest.code_hash),
            ":now_ms": guest.now_ms,
        },
    )?;
    let (given, arrival) = give_invited(tx, &invite, account.id, guest.now_ms)?;
    tx.execute(
        "UPDATE invite SET used_ms = :now_ms, used_by_device = :device, attempt_hash = :attempt_hash
         WHERE id = :id",
        named_params! {
            ":id": invite.id,
            ":now_ms": guest.now_ms,
            ":device": guest.device.0,
            ":attempt_hash": guest.attempt_hash,
        },
    )?;
    let device = Device { id: guest.device, label: guest.device_label.clone() };
    Ok(Enrolled { account, device, given, arrival })
}

fn reissue(tx: &Transaction<'_>, guest: &Enrolment, used: &Used) -> Result<Enrolled, Refusal> {
    // Hashes of secrets, so how long it takes to compare them tells nothing.
    if !secret::same(&used.attempt_hash, &guest.attempt_hash) || guest.now_ms.saturating_sub(used.ms) > REISSUE_MS {
        return Err(Refusal::InviteUsed);
    }
    let standing = standing(tx, used.device)?.ok_or(StoreError::Corrupt("an invite's device is missing"))?;
    // Another key is another device.
    if standing.revoked || standing.disabled || standing.public_key != Some(guest.public_key) {
        return Err(Refusal::InviteUsed);
    }
    tx.execute(
        "UPDATE device SET credential_hash = :credential_hash WHERE id = :device",
        named_params! { ":credential_hash": guest.credential_hash, ":device": used.device.0 },
    )?;
    let arrival = server::last_arrival(tx)?;
    Ok(Enrolled { account: standing.account, device: standing.device, given: Vec::new(), arrival })
}

fn open_account(tx: &Transaction<'_>, account: AccountId) -> Result<Account, Refusal> {
    let row = account_with_state(tx, account)?.ok_or(Refusal::AccountUnknown)?;
    if row.1 { Err(Refusal::AccountDisabled) } else { Ok(row.0) }
}

/// An account, and whether it is closed.
pub fn account_with_state(db: &Connection, account: AccountId) -> Result<Option<(Account, bool)>, StoreError> {
    Ok(db
        .query_row(
            "SELECT id, name, role, language, scope, disabled_ms IS NOT NULL FROM account WHERE id = :account",
            named_params! { ":account": account.0 },
            |row| Ok((account_of(row)?, row.get(5)?)),
        )
        .optional()?)
}

fn add_account(tx: &Transaction<'_>, guest: &Enrolment, invite: &Invite) -> Result<Account, Refusal> {
    let name = guest.name.clone().or_else(|| invite.name.clone()).ok_or(Refusal::NameMissing)?;
    let account = Account { id: guest.account, name, role: invite.role, language: guest.language, scope: invite.scope };
    insert_account(tx, &account, guest.now_ms)?;
    Ok(account)
}

fn give_invited(
    tx: &Transaction<'_>,
    invite: &Invite,
    account: AccountId,
    now_ms: u64,
) -> Result<(Vec<DocumentId>, u64), StoreError> {
    let documents: Vec<DocumentId> = tx
        .prepare_cached("SELECT document_id FROM invite_document WHERE invite_id = :invite")?
        .query_map(named_params! { ":invite": invite.id }, |row| row.get(0).map(DocumentId))?
        .collect::<Result<_, _>>()?;
    let mut arrival = server::last_arrival(tx)?;
    for &document in &documents {
        let decision = Decision { account, document, given: Given::Yes, by: invite.created_by, now_ms };
        arrival = decide(tx, &decision)?.unwrap_or(arrival);
    }
    Ok((documents, arrival))
}

/// Whether an account holds a document by assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    Yes,
    No,
}

/// One assignment, or its end.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    pub account: AccountId,
    pub document: DocumentId,
    pub given: Given,
    pub by: Option<DeviceId>,
    pub now_ms: u64,
}

/// Gives a document to an account or takes it back. Returns the arrival number of the change; none when nothing changed.
pub fn decide(tx: &Transaction<'_>, decision: &Decision) -> Result<Option<u64>, StoreError> {
    let before: Option<bool> = tx
        .query_row(
            "SELECT given FROM assignment WHERE account_id = :account AND document_id = :document",
            named_params! { ":account": decision.account.0, ":document": decision.document.0 },
            |row| row.get(0),
        )
        .optional()?;
    let given = decision.given == Given::Yes;
    if before.unwrap_or(false) == given {
        return Ok(None);
    }
    let arrival = server::next_arrivals(tx, 1)?;
    tx.execute(
        "INSERT INTO assignment (account_id, document_id, given, since_arrival, since_ms, decided_by)
         VALUES (:account, :document, :given, :arrival, :now_ms, :by)
         ON CONFLICT (account_id, document_id) DO UPDATE
         SET given = :given, since_arrival = :arrival, since_ms = :now_ms, decided_by = :by",
        named_params! {
            ":account": decision.account.0,
            ":document": decision.document.0,
            ":given": given,
            ":arrival": arrival,
            ":now_ms": decision.now_ms,
            ":by": decision.by.map(|device| device.0),
        },
    )?;
    Ok(Some(arrival))
}

/// Whether any of the documents was given to the account.
pub fn holds_any(db: &Connection, account: AccountId, documents: &[DocumentId]) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (
             SELECT 1 FROM assignment
             WHERE account_id = :account AND document_id = :document AND given = 1
         )",
    )?;
    for document in documents {
        let row = named_params! { ":account": account.0, ":document": document.0 };
        if statement.query_row(row, |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An account in the list, with what was given to it.
#[derive(Debug, Clone, Serialize)]
pub struct AccountRow {
    #[serde(flatten)]
    pub account: Account,
    pub disabled: bool,
    pub documents: Vec<DocumentId>,
}

/// The accounts, by name.
pub fn accounts(db: &Connection) -> Result<Vec<AccountRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, name, role, language, scope, disabled_ms IS NOT NULL FROM account ORDER BY name, id LIMIT :rows",
    )?;
    let mut rows: Vec<AccountRow> = statement
        .query_map(named_params! { ":rows": LIST_ROWS_MAX }, |row| {
            Ok(AccountRow { account: account_of(row)?, disabled: row.get(5)?, documents: Vec::new() })
        })?
        .collect::<Result<_, _>>()?;
    let mut statement = db.prepare_cached(
        "SELECT document_id FROM assignment WHERE account_id = :account AND given = 1 ORDER BY since_arrival",
    )?;
    for row in &mut rows {
        row.documents = statement
            .query_map(named_params! { ":account": row.account.id.0 }, |row| row.get(0).map(DocumentId))?
            .collect::<Result<_, _>>()?;
    }
    Ok(rows)
}

/// What shall change of an account; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub scope: Option<Scope>,
    pub language: Option<Language>,
}

/// Changes an account and returns it as it is now. A scope that the role cannot have becomes the role's usual one, unless it was
/// asked for.
pub fn change_account(tx: &Transaction<'_>, before: &Account, change: &AccountChange) -> Result<Account, Refusal> {
    let role = change.role.unwrap_or(before.role);
    let scope = match change.scope {
        Some(scope) if !role.scopes().contains(&scope) => return Err(Refusal::ScopeWrong),
        Some(scope) => scope,
        None if role.scopes().contains(&before.scope) => before.scope,
        None => role.scopes()[0],
    };
    let account = Account {
        id: before.id,
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        role,
        language: change.language.unwrap_or(before.language),
        scope,
    };
    let rows = tx.execute(
        "UPDATE account SET name = :name, role = :role, language = :language, scope = :scope WHERE id = :id",
        named_params! {
            ":id": account.id.0,
            ":name": account.name,
            ":role": account.role.as_str(),
            ":language": account.language.as_str(),
            ":scope": account.scope.as_str(),
        },
    )?;
    if rows == 1 { Ok(account) } else { Err(Refusal::AccountUnknown) }
}

/// Closes an account, or opens it again.
pub fn set_disabled(tx: &Transaction<'_>, account: AccountId, since_ms: Option<u64>) -> Result<(), Refusal> {
    let rows = tx.execute(
        "UPDATE account SET disabled_ms = :since_ms WHERE id = :account",
        named_params! { ":account": account.0, ":since_ms": since_ms },
    )?;
    if since_ms.is_none() {
        forget_rescues(tx, account)?;
    }
    if rows == 1 { Ok(()) } else { Err(Refusal::AccountUnknown) }
}

/// Lets the devices of an account that was opened again start afresh: they have nothing to be rescued from any more.
fn forget_rescues(tx: &Transaction<'_>, account: AccountId) -> rusqlite::Result<usize> {
    tx.execute(
        "UPDATE device SET rescued_ms = NULL WHERE account_id = :account AND revoked_ms IS NULL",
        named_params! { ":account": account.0 },
    )
}

/// A device in the list: whose phone it is and how much of its work may be at risk.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceRow {
    #[serde(flatten)]
    pub device: Device,
    pub account: AccountId,
    pub account_name: String,
    pub role: Role,
    pub created_ms: u64,
    #[serde(flatten)]
    pub exchange: Option<Exchange>,
    pub revoked_ms: Option<u64>,
    /// Its access has ended, and it has delivered what it had not sent. Without it, it may hold unsent work.
    pub rescued_ms: Option<u64>,
    /// The code that it shows, while it asks to be confirmed.
    pub code: Option<String>,
    /// Whether somebody has vouched for it already: then it asks because its session has ended.
    pub confirmed: bool,
    /// Whether it has a key of its own. One that has not brings it with its next exchange.
    pub has_key: bool,
}

/// What a phone said at its last exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    pub last_exchange_ms: u64,
    /// Its clock minus ours.
    pub clock_offset_ms: i64,
    /// Changes it still has to send.
    pub unsent: u64,
    /// Photos, scans and signatures that it has still to bring.
    pub unsent_blobs: u64,
    pub app_build: String,
    /// Whether its browser promised to keep the storage; none where it did not say.
    pub persisted: Option<bool>,
    /// Whether the app is installed, or only a tab.
    pub installed: bool,
    /// What opens the app.
    pub lock: Lock,
    /// How full its storage is, 0 to 100.
    pub storage_percent: Option<u8>,
    /// The last exchange that failed before this one.
    pub failure: Option<Failure>,
}

/// Notes what a phone said of itself.
pub fn note_exchange(tx: &Transaction<'_>, device: DeviceId, exchange: &Exchange) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "UPDATE device SET last_exchange_ms = :last_exchange_ms, clock_offset_ms = :clock_offset_ms,
                           unsent = :unsent, unsent_blobs = :unsent_blobs, app_build = :app_build, persisted = :persisted, installed = :installed,
                           lock = :lock, storage_percent = :storage_percent, failure_code = :failure_code,
                           failure_ms = :failure_ms
         WHERE id = :device",
    )?;
    let rows = statement.execute(named_params! {
        ":device": device.0,
        ":last_exchange_ms": exchange.last_exchange_ms,
        ":clock_offset_ms": exchange.clock_offset_ms,
        ":unsent": exchange.unsent,
        ":unsent_blobs": exchange.unsent_blobs,
        ":app_build": exchange.app_build,
        ":persisted": exchange.persisted,
        ":installed": exchange.installed,
        ":lock": lock_word(exchange.lock),
        ":storage_percent": exchange.storage_percent,
        ":failure_code": exchange.failure.as_ref().map(|failure| &failure.code),
        ":failure_ms": exchange.failure.as_ref().map(|failure| failure.at_ms),
    })?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Corrupt("an exchange with a device that is not enrolled")) }
}

/// A phone has brought a photo, a scan or a signature: it holds one less than it said.
pub fn note_blob(tx: &Transaction<'_>, device: DeviceId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET unsent_blobs = unsent_blobs - 1 WHERE id = :device AND unsent_blobs > 0",
        named_params! { ":device": device.0 },
    )?;
    Ok(())
}

fn lock_word(lock: Lock) -> &'static str {
    match lock {
        Lock::None => "none",
        Lock::Pin => "pin",
        Lock::Passkey => "passkey",
    }
}

fn exchange_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Exchange>> {
    let Some(last_exchange_ms) = row.get(column)? else { return Ok(None) };
    let lock: Option<String> = row.get(column + 6)?;
    let failure = match (row.get(column + 8)?, row.get(column + 9)?) {
        (Some(code), Some(at_ms)) => Some(Failure { code, at_ms }),
        _ => None,
    };
    Ok(Some(Exchange {
        last_exchange_ms,
        clock_offset_ms: row.get(column + 1)?,
        unsent: row.get(column + 2)?,
        unsent_blobs: row.get(column + 10)?,
        app_build: row.get(column + 3)?,
        persisted: row.get(column + 4)?,
        installed: row.get::<_, Option<bool>>(column + 5)?.unwrap_or(false),
        lock: match lock.as_deref() {
            Some("pin") => Lock::Pin,
            Some("passkey") => Lock::Passkey,
            _ => Lock::None,
        },
        storage_percent: row.get(column + 7)?,
        failure,
    }))
}

/// The devices: those heard of longest ago first, never heard of before all.
pub fn devices(db: &Connection) -> Result<Vec<DeviceRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT device.id, device.label, account.id, account.name, account.role, device.created_ms, device.revoked_ms,
                device.rescued_ms, device.last_exchange_ms, device.clock_offset_ms, device.unsent, device.app_build,
                device.persisted, device.installed, device.lock, device.storage_percent, device.failure_code,
                device.failure_ms, device.unsent_blobs, device.public_key, device.asks, device.confirmed_ms IS NOT NULL
         FROM device JOIN account ON account.id = device.account_id
         -- Not the server's own console, which is no device that anybody could lose.
         WHERE device.credential_hash <> zeroblob(32)
         ORDER BY device.revoked_ms IS NOT NULL, device.last_exchange_ms NULLS FIRST, device.id
         LIMIT :rows",
    )?;
    let rows = statement.query_map(named_params! { ":rows": LIST_ROWS_MAX }, |row| {
        let public_key = row.get::<_, Option<_>>(19)?.map(PublicKey);
        let asks: Option<[u8; 32]> = row.get(20)?;
        Ok(DeviceRow {
            code: public_key.zip(asks).map(|(key, asks)| key.code(&asks)),
            confirmed: row.get(21)?,
            has_key: public_key.is_some(),
            device: Device { id: DeviceId(row.get(0)?), label: row.get(1)? },
            account: AccountId(row.get(2)?),
            account_name: row.get(3)?,
            role: role_at(row, 4)?,
            created_ms: row.get(5)?,
            revoked_ms: row.get(6)?,
            rescued_ms: row.get(7)?,
            exchange: exchange_of(row, 8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a device whose access has ended has nothing left to deliver. Returns whether that is news.
pub fn note_rescued(tx: &Transaction<'_>, device: DeviceId, now_ms: u64) -> Result<bool, StoreError> {
    let rows = tx.execute(
        "UPDATE device SET rescued_ms = :now_ms, unsent = 0 WHERE id = :device AND rescued_ms IS NULL",
        named_params! { ":device": device.0, ":now_ms": now_ms },
    )?;
    Ok(rows == 1)
}

/// Closes a device. One that is closed already stays so, with its first date.
pub fn revoke(tx: &Transaction<'_>, device: DeviceId, by: DeviceId, now_ms: u64) -> Result<(), Refusal> {
    let rows = tx.execute(
        "UPDATE device SET revoked_by = iif(revoked_ms IS NULL, :by, revoked_by),
                           revoked_ms = ifnull(revoked_ms, :now_ms)
         WHERE id = :device",
        named_params! { ":device": device.0, ":by": by.0, ":now_ms": now_ms },
    )?;
    if rows == 1 { Ok(()) } else { Err(Refusal::DeviceUnknown) }
}

/// Keeps the key of a device from before there were keys. Bringing the same one again changes nothing; another one is refused.
/// Returns whether it is news.
pub fn bind_key(tx: &Transaction<'_>, device: DeviceId, key: PublicKey) -> Result<bool, Refusal> {
    let before = standing(tx, device)?.ok_or(Refusal::DeviceUnknown)?.public_key;
    if let Some(before) = before {
        return if before == key { Ok(false) } else { Err(Refusal::KeyOther) };
    }
    tx.execute(
        "UPDATE device SET public_key = :key WHERE id = :device",
        named_params! { ":key": key.0, ":device": device.0 },
    )?;
    Ok(true)
}

/// Notes that a device whose session has ended asks to be confirmed anew.
pub fn ask_confirmation(tx: &Transaction<'_>, device: DeviceId, asks: &[u8; 32]) -> Result<(), Refusal> {
    let rows = tx.execute(
        "UPDATE device SET asks = :asks WHERE id = :device AND confirmed_ms IS NOT NULL",
        named_params! { ":asks": asks, ":device": device.0 },
    )?;
    if rows == 1 { Ok(()) } else { Err(Refusal::DeviceUnknown) }
}

/// Lets a device in, or in again, that shows this code: its session begins.
pub fn confirm(tx: &Transaction<'_>, device: DeviceId, code: &str, now_ms: u64) -> Result<(), Refusal> {
    let standing = standing(tx, device)?.filter(|standing| !standing.revoked).ok_or(Refusal::DeviceUnknown)?;
    let shown = standing.public_key.zip(standing.asks).map(|(key, asks)| key.code(&asks));
    if shown.as_deref() != Some(code) {
        return Err(Refusal::CodeWrong);
    }
    tx.execute(
        "UPDATE device SET confirmed_ms = ifnull(confirmed_ms, :now_ms), session_ms = :now_ms, asks = NULL
         WHERE id = :device",
        named_params! { ":now_ms": now_ms, ":device": device.0 },
    )?;
    Ok(())
}

/// Notes that the user of a device has proved by a passkey that it is them: its session begins anew.
pub fn note_factor(tx: &Transaction<'_>, device: DeviceId, now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE device SET factor_ms = :now_ms, session_ms = :now_ms,
                           asks = iif(confirmed_ms IS NULL, asks, NULL)
         WHERE id = :device",
        named_params! { ":now_ms": now_ms, ":device": device.0 },
    )?;
    Ok(())
}
