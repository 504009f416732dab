//! Tokens of other programs, what they asked to write, who is told of news, and the messages that wait.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use serde::Serialize;
use shared::{
    document::Kind,
    id::{AccountId, DeviceId, DocumentId},
    role::Role,
};

use super::{
    StoreError,
    access::{Account, account_of, role_at},
    documents::kind_at,
    server,
};
use crate::programs::{Grant, Refusal};

/// Tokens that may be open at once.
pub const TOKENS_MAX: u64 = 100;
/// Listeners that there may be.
pub const WEBHOOKS_MAX: u64 = 20;
/// Messages that may wait for one listener. Whoever is further behind asks for what changed.
pub const WAITING_MAX: u64 = 1_000;
/// Documents whose news are written down at once.
const NEWS_ROWS: u64 = 1_000;
/// Deliveries shown of each listener.
const SHOWN: u64 = 10;
/// How long what became of messages, and of requests to write, is kept. In milliseconds.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub id: DeviceId,
    pub hash: [u8; 32],
    pub name: String,
    pub account: AccountId,
    pub grants: Vec<Grant>,
    pub made_by: DeviceId,
    pub now_ms: u64,
    pub expires_ms: u64,
}

fn words(grants: &[Grant]) -> String {
    grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>().join(" ")
}

fn grants_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Grant>> {
    Ok(row.get::<_, String>(column)?.split(' ').filter_map(Grant::from_word).collect())
}

/// Keeps a token, and the device by which it is known in what it writes.
pub fn add_token(tx: &Transaction<'_>, token: &NewToken) -> Result<(), Refusal> {
    let open: u64 = tx.query_row(
        "SELECT count(*) FROM token WHERE revoked_ms IS NULL AND expires_ms > :now_ms",
        named_params! { ":now_ms": token.now_ms },
        |row| row.get(0),
    )?;
    if open >= TOKENS_MAX {
        return Err(Refusal::TokensTooMany);
    }
    // Like the server's own console: a credential that nobody can present.
    tx.execute(
        "INSERT INTO device (id, account_id, label, credential_hash, created_ms, confirmed_ms, session_ms)
         VALUES (:id, :account, :name, zeroblob(32), :now_ms, :now_ms, :now_ms)",
        named_params! { ":id": token.id.0, ":account": token.account.0, ":name": token.name, ":now_ms": token.now_ms },
    )?;
    tx.execute(
        "INSERT INTO token (id, hash, name, account_id, scopes, made_by, made_ms, expires_ms)
         VALUES (:id, :hash, :name, :account, :scopes, :made_by, :now_ms, :expires_ms)",
        named_params! {
            ":id": token.id.0,
            ":hash": token.hash,
            ":name": token.name,
            ":account": token.account.0,
            ":scopes": words(&token.grants),
            ":made_by": token.made_by.0,
            ":now_ms": token.now_ms,
            ":expires_ms": token.expires_ms,
        },
    )?;
    Ok(())
}

/// A token as it is checked.
#[derive(Debug, Clone)]
pub struct Standing {
    pub id: DeviceId,
    pub account: Account,
    pub grants: Vec<Grant>,
    /// The role of whoever made it, as it is now.
    pub maker: Role,
    /// Neither it, nor the account for which it acts, nor the one that made it was closed.
    pub open: bool,
    pub expires_ms: u64,
    pub used_ms: Option<u64>,
}

/// The token of that hash, whatever its state.
pub fn token(db: &Connection, hash: &[u8; 32]) -> Result<Option<Standing>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account.id, account.name, account.role, account.language, account.scope,
                token.id, token.scopes, maker.role,
                token.revoked_ms IS NULL AND account.disabled_ms IS NULL AND maker.disabled_ms IS NULL,
                token.expires_ms, token.used_ms
         FROM token JOIN account ON account.id = token.account_id
              JOIN device ON device.id = token.made_by JOIN account AS maker ON maker.id = device.account_id
         WHERE token.hash = :hash",
    )?;
    let found = statement.query_row(named_params! { ":hash": hash }, |row| {
        Ok(Standing {
            account: account_of(row)?,
            id: DeviceId(row.get(5)?),
            grants: grants_at(row, 6)?,
            maker: role_at(row, 7)?,
            open: row.get(8)?,
            expires_ms: row.get(9)?,
            used_ms: row.get(10)?,
        })
    });
    Ok(found.optional()?)
}

/// Notes that a token was used.
pub fn note_use(tx: &Transaction<'_>, token: DeviceId, now_ms: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE token SET used_ms = :now_ms WHERE id = :id",
        named_params! { ":id": token.0, ":now_ms": now_ms },
    )?;
    Ok(())
}

/// A token in the list.
#[derive(Debug, Clone, Serialize)]
pub struct TokenRow {
    pub id: DeviceId,
    pub name: String,
    pub account: AccountId,
    pub account_name: String,
    pub scopes: Vec<Grant>,
    pub made_by: String,
    pub made_ms: u64,
    pub expires_ms: u64,
    pub revoked_ms: Option<u64>,
    pub used_ms: Option<u64>,
}

/// The tokens, the newest first.
pub fn tokens(db: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT token.id, token.name, token.account_id, account.name, token.scopes, maker.name, token.made_ms,
                token.expires_ms, token.revoked_ms, token.used_ms
         FROM token JOIN account ON account.id = token.account_id
              JOIN device ON device.id = token.made_by JOIN account AS maker ON maker.id = device.account_id
         ORDER BY token.made_ms DESC, token.id DESC LIMIT :rows",
    )?;
    let rows = statement.query_map(named_params! { ":rows": super::access::LIST_ROWS_MAX }, |row| {
        Ok(TokenRow {
            id: DeviceId(row.get(0)?),
            name: row.get(1)?,
            account: AccountId(row.get(2)?),
            account_name: row.get(3)?,
            scopes: grants_at(row, 4)?,
            made_by: row.get(5)?,
            made_ms: row.get(6)?,
            expires_ms: row.get(7)?,
            revoked_ms: row.get(8)?,
            used_ms: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends a token. Returns whether that is news.
pub fn revoke_token(tx: &Transaction<'_>, token: DeviceId, now_ms: u64) -> Result<bool, Refusal> {
    let key = named_params! { ":id": token.0, ":now_ms": now_ms };
    let rows = tx.execute("UPDATE token SET revoked_ms = :now_ms WHERE id = :id AND revoked_ms IS NULL", key)?;
    if rows == 1 {
        return Ok(true);
    }
    let key = named_params! { ":id": token.0 };
    let known: Option<i64> = tx.query_row("SELECT 1 FROM token WHERE id = :id", key, |row| row.get(0)).optional()?;
    known.map(|_| false).ok_or(Refusal::TokenUnknown)
}

/// What became of the edits of a request so far, as JSON; none where it is a new one.
pub fn edit_request(
    tx: &Transaction<'_>,
    token: DeviceId,
    key: &str,
    hash: &[u8; 32],
) -> Result<Option<String>, Refusal> {
    let found = tx
        .query_row(
            "SELECT hash, outcomes FROM edit_request WHERE token_id = :token AND key = :key",
            named_params! { ":token": token.0, ":key": key },
            |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?)),
        )
        .optional()?;
    match found {
        Some((before, _)) if before != *hash => Err(Refusal::KeyUsed),
        found => Ok(found.map(|(_, outcomes)| outcomes)),
    }
}

/// Keeps what became of the edits of a request so far, and lets go of what is old.
pub fn put_edit_request(
    tx: &Transaction<'_>,
    token: DeviceId,
    key: &str,
    hash: &[u8; 32],
    outcomes: &str,
    now_ms: u64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO edit_request (token_id, key, hash, outcomes, at_ms) VALUES (:token, :key, :hash, :outcomes, :now_ms)
         ON CONFLICT (token_id, key) DO UPDATE SET outcomes = :outcomes, at_ms = :now_ms",
        named_params! { ":token": token.0, ":key": key, ":hash": hash, ":outcomes": outcomes, ":now_ms": now_ms },
    )?;
    let before_ms = now_ms.saturating_sub(KEPT_MS);
    tx.execute("DELETE FROM edit_request WHERE at_ms < :before_ms", named_params! { ":before_ms": before_ms })?;
    Ok(())
}

// --- Who is told of news

/// Somebody to be told.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub url: String,
    pub secret: [u8; 32],
    pub kinds: Vec<&'static str>,
    pub made_by: DeviceId,
    pub now_ms: u64,
}

/// Keeps a listener, who hears of what happens from now on. Returns its number.
pub fn add_webhook(tx: &Transaction<'_>, webhook: &NewWebhook) -> Result<i64, Refusal> {
    let there: u64 = tx.query_row("SELECT count(*) FROM webhook", [], |row| row.get(0))?;
    if there >= WEBHOOKS_MAX {
        return Err(Refusal::WebhooksTooMany);
    }
    if !has_webhooks(tx)? {
        begin_news(tx)?;
    }
    Ok(tx.query_row(
        "INSERT INTO webhook (url, secret, kinds, made_by, made_ms) VALUES (:url, :secret, :kinds, :made_by, :now_ms)
         RETURNING id",
        named_params! {
            ":url": webhook.url,
            ":secret": webhook.secret,
            ":kinds": webhook.kinds.join(" "),
            ":made_by": webhook.made_by.0,
            ":now_ms": webhook.now_ms,
        },
        |row| row.get(0),
    )?)
}

fn has_webhooks(db: &Connection) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM webhook WHERE disabled_ms IS NULL)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Nobody was told of anything for a while: what is there now is no news.
fn begin_news(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch(
        "UPDATE server SET told_arrival = last_arrival;
         DELETE FROM told;
         INSERT INTO told (document_id, news, id) SELECT document_id, 'question', id FROM question;
         INSERT INTO told (document_id, news, id) SELECT event_id, 'sheet', version FROM sheet;",
    )?)
}

/// Takes a listener out, with its messages.
pub fn remove_webhook(tx: &Transaction<'_>, webhook: i64) -> Result<(), Refusal> {
    let rows = tx.execute("DELETE FROM webhook WHERE id = :id", named_params! { ":id": webhook })?;
    if rows == 1 { Ok(()) } else { Err(Refusal::WebhookUnknown) }
}

/// Gives a listener up, for a reason; or, without one, takes it up again from now on. Returns whether that is news.
pub fn set_webhook(tx: &Transaction<'_>, webhook: i64, given_up: Option<(&str, u64)>) -> Result<bool, Refusal> {
    let known: Option<bool> = tx
        .query_row("SELECT disabled_ms IS NULL FROM webhook WHERE id = :id", named_params! { ":id": webhook }, |row| {
            row.get(0)
        })
        .optional()?;
    let open = known.ok_or(Refusal::WebhookUnknown)?;
    if open != given_up.is_some() {
        return Ok(false);
    }
    if given_up.is_none() && !has_webhooks(tx)? {
        begin_news(tx)?;
    }
    let (failure, disabled_ms) = given_up.unzip();
    tx.execute(
        "UPDATE webhook SET disabled_ms = :disabled_ms, failure = :failure WHERE id = :id",
        named_params! { ":id": webhook, ":disabled_ms": disabled_ms, ":failure": failure },
    )?;
    // What waits for whoever is given up waits no more.
    tx.execute(
        "UPDATE delivery SET next_ms = NULL, failure = coalesce(failure, :failure)
         WHERE webhook_id = :id AND next_ms IS NOT NULL",
        named_params! { ":id": webhook, ":failure": failure },
    )?;
    Ok(true)
}

/// A listener in the list.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookRow {
    pub id: i64,
    pub url: String,
    pub kinds: Vec<String>,
    pub made_by: String,
    pub made_ms: u64,
    pub disabled_ms: Option<u64>,
    pub failure: Option<String>,
    /// Messages that wait.
    pub waiting: u64,
    /// The last messages, the newest first.
    pub deliveries: Vec<DeliveryRow>,
}

/// A message in the list.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveryRow {
    pub id: i64,
    pub news: String,
    pub made_ms: u64,
    pub attempts: u32,
    pub next_ms: Option<u64>,
    pub tried_ms: Option<u64>,
    /// What was answered.
    pub status: Option<u16>,
    /// Why nothing was.
    pub failure: Option<String>,
}

/// The listeners with their last messages, the newest first.
pub fn webhooks(db: &Connection) -> Result<Vec<WebhookRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT webhook.id, url, kinds, account.name, made_ms, webhook.disabled_ms, failure,
                (SELECT count(*) FROM delivery WHERE webhook_id = webhook.id AND next_ms IS NOT NULL)
         FROM webhook JOIN device ON device.id = made_by JOIN account ON account.id = device.account_id
         ORDER BY webhook.id DESC",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(WebhookRow {
            id: row.get(0)?,
            url: row.get(1)?,
            kinds: row.get::<_, String>(2)?.split(' ').map(str::to_owned).collect(),
            made_by: row.get(3)?,
            made_ms: row.get(4)?,
            disabled_ms: row.get(5)?,
            failure: row.get(6)?,
            waiting: row.get(7)?,
            deliveries: Vec::new(),
        })
    })?;
    let mut webhooks: Vec<WebhookRow> = rows.collect::<Result<_, _>>()?;
    for webhook in &mut webhooks {
        webhook.deliveries = deliveries(db, webhook.id)?;
    }
    Ok(webhooks)
}

fn deliveries(db: &Connection, webhook: i64) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, news, made_ms, attempts, next_ms, tried_ms, status, failure FROM delivery
         WHERE webhook_id = :webhook ORDER BY id DESC LIMIT :rows",
    )?;
    let rows = statement.query_map(named_params! { ":webhook": webhook, ":rows": SHOWN }, |row| {
        Ok(DeliveryRow {
            id: row.get(0)?,
            news: row.get(1)?,
            made_ms: row.get(2)?,
            attempts: row.get(3)?,
            next_ms: row.get(4)?,
            tried_ms: row.get(5)?,
            status: row.get(6)?,
            failure: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

// --- News

/// What happened since the last time, for whoever is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    pub changed: Vec<(DocumentId, Kind)>,
    /// Documents in which a Question has opened.
    pub asked: Vec<DocumentId>,
    /// Events of which a version was sealed.
    pub sealed: Vec<DocumentId>,
    /// Up to which arrival this goes.
    pub arrival: u64,
}

/// Whether somebody is to be told of something.
pub fn is_news(db: &Connection) -> Result<bool, StoreError> {
    Ok(has_webhooks(db)? && db.query_row("SELECT last_arrival > told_arrival FROM server", [], |row| row.get(0))?)
}

/// Takes the news since the last time: nobody takes them again. None when there are none.
pub fn take_news(tx: &Transaction<'_>) -> Result<Option<News>, StoreError> {
    if !is_news(tx)? {
        return Ok(None);
    }
    let told: u64 = tx.query_row("SELECT told_arrival FROM server", [], |row| row.get(0))?;
    let mut statement = tx.prepare_cached(
        "SELECT id, kind, last_arrival FROM document WHERE last_arrival > :told ORDER BY last_arrival LIMIT :rows",
    )?;
    let rows = statement.query_map(named_params! { ":told": told, ":rows": NEWS_ROWS }, |row| {
        Ok((DocumentId(row.get(0)?), kind_at(row, 1)?, row.get(2)?))
    })?;
    let rows: Vec<(DocumentId, Kind, u64)> = rows.collect::<Result<_, _>>()?;
    let full = rows.len() as u64 == NEWS_ROWS;
    let last = rows.last().map(|(.., arrival)| *arrival).filter(|_| full);
    let mut news = News { arrival: last.map_or_else(|| server::last_arrival(tx), Ok)?, ..News::default() };
    for (id, kind, _) in rows {
        news.changed.push((id, kind));
        if tell(tx, id, "question", "SELECT id FROM question WHERE document_id = :document")? {
            news.asked.push(id);
        }
        if tell(tx, id, "sheet", "SELECT CAST(version AS TEXT) FROM sheet WHERE event_id = :document")? {
            news.sealed.push(id);
        }
    }
    tx.execute("UPDATE server SET told_arrival = :arrival", named_params! { ":arrival": news.arrival })?;
    Ok(Some(news))
}

/// Notes what there is of a document now. Returns whether something is there that was not.
fn tell(tx: &Transaction<'_>, document: DocumentId, news: &str, select: &str) -> Result<bool, StoreError> {
    let mut statement = tx.prepare_cached(select)?;
    let now: Vec<String> =
        statement.query_map(named_params! { ":document": document.0 }, |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut statement = tx.prepare_cached("SELECT id FROM told WHERE document_id = :document AND news = :news")?;
    let key = named_params! { ":document": document.0, ":news": news };
    let before: Vec<String> = statement.query_map(key, |row| row.get(0))?.collect::<Result<_, _>>()?;
    // What was settled and opens again is news again.
    for id in before.iter().filter(|id| !now.contains(id)) {
        tx.prepare_cached("DELETE FROM told WHERE document_id = :document AND news = :news AND id = :id")?
            .execute(named_params! { ":document": document.0, ":news": news, ":id": id })?;
    }
    let mut opened = false;
    for id in now.iter().filter(|id| !before.contains(id)) {
        opened = true;
        tx.prepare_cached("INSERT INTO told (document_id, news, id) VALUES (:document, :news, :id)")?
            .execute(named_params! { ":document": document.0, ":news": news, ":id": id })?;
    }
    Ok(opened)
}

/// Who is told: numbers, and what each wants to hear of.
pub fn listeners(db: &Connection) -> Result<Vec<(i64, Vec<String>)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, kinds FROM webhook WHERE disabled_ms IS NULL ORDER BY id")?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.split(' ').map(str::to_owned).collect())))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts a message in line. False where so many wait that it is no use.
pub fn queue(tx: &Transaction<'_>, webhook: i64, news: &str, body: &str, now_ms: u64) -> Result<bool, StoreError> {
    let waiting: u64 = tx.query_row(
        "SELECT count(*) FROM delivery WHERE webhook_id = :webhook AND next_ms IS NOT NULL",
        named_params! { ":webhook": webhook },
        |row| row.get(0),
    )?;
    if waiting >= WAITING_MAX {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO delivery (webhook_id, news, body, made_ms, next_ms) VALUES (:webhook, :news, :body, :now_ms, :now_ms)",
        named_params! { ":webhook": webhook, ":news": news, ":body": body, ":now_ms": now_ms },
    )?;
    Ok(true)
}

/// A message that is due.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: i64,
    pub webhook: i64,
    pub url: String,
    pub secret: [u8; 32],
    pub news: String,
    pub body: String,
    pub attempts: u32,
}

/// The messages that are due: the oldest of each listener, so that they arrive in their order.
pub fn due(db: &Connection, now_ms: u64) -> Result<Vec<Due>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT delivery.id, webhook_id, url, secret, news, body, attempts
         FROM delivery JOIN webhook ON webhook.id = webhook_id
         WHERE delivery.id IN (SELECT min(id) FROM delivery WHERE next_ms IS NOT NULL GROUP BY webhook_id)
           AND next_ms <= :now_ms AND webhook.disabled_ms IS NULL
         ORDER BY delivery.id",
    )?;
    let rows = statement.query_map(named_params! { ":now_ms": now_ms }, |row| {
        Ok(Due {
            id: row.get(0)?,
            webhook: row.get(1)?,
            url: row.get(2)?,
            secret: row.get(3)?,
            news: row.get(4)?,
            body: row.get(5)?,
            attempts: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub delivery: i64,
    pub now_ms: u64,
    pub status: Option<u16>,
    pub failure: Option<&'a str>,
    /// When to try again; none when it was delivered or is given up.
    pub next_ms: Option<u64>,
}

/// Notes an attempt, and lets go of what is old.
pub fn note_attempt(tx: &Transaction<'_>, attempt: &Attempt<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE delivery SET attempts = attempts + 1, tried_ms = :now_ms, status = :status, failure = :failure,
                             next_ms = :next_ms
         WHERE id = :id",
        named_params! {
            ":id": attempt.delivery,
            ":now_ms": attempt.now_ms,
            ":status": attempt.status,
            ":failure": attempt.failure,
            ":next_ms": attempt.next_ms,
        },
    )?;
    tx.execute(
        "DELETE FROM delivery WHERE next_ms IS NULL AND made_ms < :before_ms",
        named_params! { ":before_ms": attempt.now_ms.saturating_sub(KEPT_MS) },
    )?;
    Ok(())
}
