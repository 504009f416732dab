//! The journal: security-relevant acts and acts of staff, in a chain of hashes.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::id::{AccountId, DeviceId, DocumentId};

use super::{StoreError, lookups};

/// Rows of one page of the journal.
pub const PAGE_ROWS: u64 = 200;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Actor {
    /// None on the server's own console, or where nobody is known yet.
    pub account: Option<AccountId>,
    /// See `account`.
    pub device: Option<DeviceId>,
}

/// What there is to note. The word is stable: the app translates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    InviteMade,
    InviteWithdrawn,
    DeviceEnrolled,
    DeviceConfirmed,
    DeviceRevoked,
    DeviceRescued,
    AccountClosed,
    AccountOpened,
    AccountChanged,
    Given,
    TakenBack,
    QuarantineAccepted,
    QuarantineRefused,
    QuarantineReopened,
    ContactRead,
    SettingChanged,
    PasskeyAdded,
    PasskeyRemoved,
    SecondFactorFailed,
    PersonErased,
    DocumentRewritten,
    PersonAnswered,
    RetentionRun,
    Exported,
    Imported,
    ImportUndone,
    RecoveryInvite,
    Rebuilt,
    SheetSealed,
    LogoChanged,
    TokenMade,
    TokenRevoked,
    WebhookAdded,
    WebhookRemoved,
    WebhookGivenUp,
    WebhookResumed,
    ProgramEdited,
}

impl Action {
    /// The word for it in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InviteMade => "invite_made",
            Self::InviteWithdrawn => "invite_withdrawn",
            Self::DeviceEnrolled => "device_enrolled",
            Self::DeviceConfirmed => "device_confirmed",
            Self::DeviceRevoked => "device_revoked",
            Self::DeviceRescued => "device_rescued",
            Self::AccountClosed => "account_closed",
            Self::AccountOpened => "account_opened",
            Self::AccountChanged => "account_changed",
            Self::Given => "given",
            Self::TakenBack => "taken_back",
            Self::QuarantineAccepted => "quarantine_accepted",
            Self::QuarantineRefused => "quarantine_refused",
            Self::QuarantineReopened => "quarantine_reopened",
            Self::ContactRead => "contact_read",
            Self::SettingChanged => "setting_changed",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::SecondFactorFailed => "second_factor_failed",
            Self::PersonErased => "person_erased",
            Self::DocumentRewritten => "document_rewritten",
            Self::PersonAnswered => "person_answered",
            Self::RetentionRun => "retention_run",
            Self::Exported => "exported",
            Self::Imported => "imported",
            Self::ImportUndone => "import_undone",
            Self::RecoveryInvite => "recovery_invite",
            Self::Rebuilt => "rebuilt",
            Self::SheetSealed => "sheet_sealed",
            Self::LogoChanged => "logo_changed",
            Self::TokenMade => "token_made",
            Self::TokenRevoked => "token_revoked",
            Self::WebhookAdded => "webhook_added",
            Self::WebhookRemoved => "webhook_removed",
            Self::WebhookGivenUp => "webhook_given_up",
            Self::WebhookResumed => "webhook_resumed",
            Self::ProgramEdited => "program_edited",
        }
    }
}

/// One line to write.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at_ms: u64,
    pub by: Actor,
    pub action: Action,
    /// An id or a number as text; empty if it is about nothing in particular.
    pub subject: String,
    /// No personal data: ids, roles, codes, counts. `null` if there is nothing to add.
    pub detail: serde_json::Value,
}

impl Entry {
    /// That somebody did that to `subject`.
    #[must_use]
    pub fn of(by: Actor, action: Action, subject: impl ToString, at_ms: u64) -> Self {
        Self { at_ms, by, action, subject: subject.to_string(), detail: serde_json::Value::Null }
    }

    /// The same with its particulars.
    #[must_use]
    pub fn with(self, detail: serde_json::Value) -> Self {
        Self { detail, ..self }
    }
}

/// Writes a line, in the transaction of what it tells of: neither is there without the other.
///
/// # Errors
/// What the storage fails on.
pub fn note(tx: &Transaction<'_>, entry: &Entry) -> Result<(), StoreError> {
    let last = tx
        .query_row("SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    let (number, before) = last.map_or((1, [0; 32]), |(number, hash)| (number + 1, hash));
    let row = Row {
        number,
        at_ms: entry.at_ms,
        account: entry.by.account.map(|account| account.0),
        device: entry.by.device.map(|device| device.0),
        action: entry.action.as_str().to_owned(),
        subject: entry.subject.clone(),
        // serde_json keeps the keys of an object sorted.
        detail: entry.detail.to_string(),
    };
    tx.execute(
        "INSERT INTO journal (number, at_ms, account_id, device_id, action, subject, detail, hash)
         VALUES (:number, :at_ms, :account, :device, :action, :subject, :detail, :hash)",
        named_params! {
            ":number": row.number,
            ":at_ms": row.at_ms,
            ":account": row.account,
            ":device": row.device,
            ":action": row.action,
            ":subject": row.subject,
            ":detail": row.detail,
            ":hash": row.hash(&before),
        },
    )?;
    Ok(())
}

/// A row without its hash.
struct Row {
    number: i64,
    at_ms: u64,
    account: Option<[u8; 16]>,
    device: Option<[u8; 16]>,
    action: String,
    subject: String,
    detail: String,
}

impl Row {
    /// Each part with its length before it: no two rows are written alike.
    fn hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        let (number, at_ms) = (self.number.to_be_bytes(), self.at_ms.to_be_bytes());
        let none: &[u8] = &[];
        let parts: [&[u8]; 8] = [
            before,
            &number,
            &at_ms,
            self.account.as_ref().map_or(none, |id| id),
            self.device.as_ref().map_or(none, |id| id),
            self.action.as_bytes(),
            self.subject.as_bytes(),
            self.detail.as_bytes(),
        ];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// What a reading of the whole journal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain {
    /// The first row that does not follow from the one before it; none if each does.
    pub broken_at: Option<i64>,
    /// Rows read.
    pub rows: u64,
    /// The hash of the last of them: whoever wrote it down elsewhere would see even that the end was cut off.
    pub last: [u8; 32],
}

/// Reads the whole journal, up to the first row that does not follow from the one before it.
///
/// # Errors
/// What the storage fails on.
pub fn chain(db: &Connection) -> Result<Chain, StoreError> {
    let mut statement = db.prepare(
        "SELECT number, at_ms, account_id, device_id, action, subject, detail, hash FROM journal ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut chain = Chain::default();
    while let Some(found) = rows.next()? {
        let row = Row {
            number: found.get(0)?,
            at_ms: found.get(1)?,
            account: found.get(2)?,
            device: found.get(3)?,
            action: found.get(4)?,
            subject: found.get(5)?,
            detail: found.get(6)?,
        };
        let hash: [u8; 32] = found.get(7)?;
        chain.rows += 1;
        if row.hash(&chain.last) != hash || u64::try_from(row.number) != Ok(chain.rows) {
            return Ok(Chain { broken_at: Some(row.number), ..chain });
        }
        chain.last = hash;
    }
    Ok(chain)
}

/// Which rows somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only rows before this number: where the page before ended.
    pub before: Option<i64>,
    pub action: Option<String>,
    pub subject: Option<String>,
    pub account: Option<AccountId>,
}

/// One line as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub number: i64,
    pub at_ms: u64,
    pub account: Option<AccountId>,
    /// The account's name today; none on the server's own console.
    pub name: Option<String>,
    pub device: Option<DeviceId>,
    pub action: String,
    pub subject: String,
    /// The particulars, as they were written.
    pub detail: serde_json::Value,
}

/// A page of the journal, the newest first.
///
/// # Errors
/// What the storage fails on.
pub fn lines(db: &Connection, wanted: &Wanted) -> Result<Vec<Line>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT journal.number, journal.at_ms, journal.account_id, account.name, journal.device_id,
                journal.action, journal.subject, journal.detail
         FROM journal LEFT JOIN account ON account.id = journal.account_id
         WHERE journal.number < coalesce(:before, 9223372036854775807)
           AND journal.action = coalesce(:action, journal.action)
           AND journal.subject = coalesce(:subject, journal.subject)
           AND (:account IS NULL OR journal.account_id = :account)
         ORDER BY journal.number DESC LIMIT :rows",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":before": wanted.before,
            ":action": wanted.action,
            ":subject": wanted.subject,
            ":account": wanted.account.map(|account| account.0),
            ":rows": PAGE_ROWS,
        },
        |row| {
            Ok(Line {
                number: row.get(0)?,
                at_ms: row.get(1)?,
                account: row.get::<_, Option<_>>(2)?.map(AccountId),
                name: row.get(3)?,
                device: row.get::<_, Option<_>>(4)?.map(DeviceId),
                action: row.get(5)?,
                subject: row.get(6)?,
                detail: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the ids are called today that lines speak of: accounts, devices with whose they are, documents. What was erased has no name.
///
/// # Errors
/// What the storage fails on.
pub fn names(db: &Connection, lines: &[Line]) -> Result<BTreeMap<String, String>, StoreError> {
    let mut names = BTreeMap::new();
    for line in lines {
        let particulars = line.detail.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
        for id in particulars.chain([line.subject.as_str()]) {
            if names.contains_key(id) {
                continue;
            }
            let Ok(known) = id.parse::<DocumentId>() else { continue };
            if let Some(name) = name(db, known)? {
                names.insert(id.to_owned(), name);
            }
        }
    }
    Ok(names)
}

/// Ids of every sort are random, so that one is never two things.
fn name(db: &Connection, id: DocumentId) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT name FROM account WHERE id = :id
         UNION ALL
         SELECT account.name || ' (' || device.label || ')' FROM device JOIN account ON account.id = device.account_id
         WHERE device.id = :id",
    )?;
    let name = statement.query_row(named_params! { ":id": id.0 }, |row| row.get(0)).optional()?;
    if name.is_some() { Ok(name) } else { lookups::title(db, id) }
}
