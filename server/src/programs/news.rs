//! News for other programs: that something changed, never what. Each message names documents, and whoever may read them asks for them.
//!
//! Messages are written down in the file before they are sent, so that they survive a restart; a listener hears of them in their
//! order. One that cannot be delivered is tried again with growing pauses for a day; then the listener is given up, and
//! administrators see it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{
    Request,
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rusqlite::Transaction;
use serde_json::json;
use sha2::Sha256;
use shared::{document::Kind, id::DocumentId};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};
use url::Url;

use super::address::{self, Reach};
use crate::{
    routes::AppState,
    secret,
    storage::{
        StoreError,
        journal::{self, Action, Actor, Entry},
        programs::{self, Attempt, Due, News},
    },
};

/// What somebody may hear of: kinds of documents that changed, Questions that opened, sheets that were sealed.
pub const KINDS: [&str; 7] = ["person", "association", "event", "dossier", "call", "question", "sheet"];
/// Over the time and the body, in hexadecimal: `t=SECONDS,v1=HEX`.
pub const SIGNATURE: &str = "tiwizi-signature";
/// The message's number: the same at each attempt.
pub const DELIVERY: &str = "tiwizi-delivery";
/// Documents that one message names.
const DOCUMENTS_MAX: usize = 100;
/// A burst of exchanges is one message. Also how soon a message goes at the earliest.
const SETTLE: Duration = Duration::from_secs(1);
/// How often is looked whether something is due, when nothing happens.
const ROUND: Duration = Duration::from_secs(30);
/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_secs(15);
const MINUTE_MS: u64 = 60 * 1000;
/// The pauses between attempts, in minutes: a day in all.
const PAUSES: [u64; 9] = [1, 2, 5, 15, 60, 120, 240, 360, 720];

/// Writes down what is news and sends what is due, until the server stops.
pub async fn keep(state: AppState) {
    let mut changes = state.pokes.changes();
    loop {
        if let Err(error) = round(&state).await {
            tracing::error!(%error, "news for other programs were not sent");
        }
        tokio::select! {
            () = state.stopping.cancelled() => return,
            () = tokio::time::sleep(ROUND) => {}
            () = changes.any() => tokio::select! {
                () = state.stopping.cancelled() => return,
                () = tokio::time::sleep(SETTLE) => {}
            },
        }
    }
}

/// One round: everything that is news, and everything that is due.
///
/// # Errors
/// What the storage fails on.
pub async fn round(state: &AppState) -> Result<(), StoreError> {
    while state.store.read(programs::is_news).await? {
        let now_ms = state.clock.now_ms();
        state.store.write(move |tx| write_down(tx, now_ms)).await?;
    }
    loop {
        let now_ms = state.clock.now_ms();
        let due = state.store.read(move |db| programs::due(db, now_ms)).await?;
        if due.is_empty() || state.stopping.is_cancelled() {
            return Ok(());
        }
        // One of each listener: none waits for another.
        let mut sending = JoinSet::new();
        for message in due {
            let reach = state.config.reach;
            sending.spawn(async move {
                let answer = send(&message, reach, now_ms).await;
                (message, answer)
            });
        }
        while let Some(sent) = sending.join_next().await {
            let Ok((message, answer)) = sent else { continue };
            let now_ms = state.clock.now_ms();
            state.store.write(move |tx| note(tx, &message, answer, now_ms)).await?;
        }
    }
}

/// Puts the news in line for each who wants them.
fn write_down(tx: &Transaction<'_>, now_ms: u64) -> Result<(), StoreError> {
    let Some(news) = programs::take_news(tx)? else { return Ok(()) };
    for (webhook, kinds) in programs::listeners(tx)? {
        for (event, kind, documents) in messages(&news, &kinds) {
            let body = json!({ "event": event, "kind": kind, "documents": documents, "arrival": news.arrival });
            if !programs::queue(tx, webhook, event, &body.to_string(), now_ms)? {
                give_up(tx, webhook, "too_many", now_ms)?;
                break;
            }
        }
    }
    Ok(())
}

/// What a listener hears: what happened, to documents of which kind, and which.
fn messages(news: &News, wanted: &[String]) -> Vec<(&'static str, &'static str, Vec<DocumentId>)> {
    let wants = |word: &str| wanted.iter().any(|wanted| wanted == word);
    let mut all = Vec::new();
    let mut tell = |event, kind, documents: Vec<DocumentId>| {
        all.extend(documents.chunks(DOCUMENTS_MAX).map(|some| (event, kind, some.to_vec())));
    };
    for kind in Kind::ALL.into_iter().filter(|kind| wants(kind.as_str())) {
        let changed = news.changed.iter().filter(|(_, of)| *of == kind).map(|(id, _)| *id);
        tell("document_changed", kind.as_str(), changed.collect());
    }
    if wants("question") {
        tell("question_opened", "question", news.asked.clone());
    }
    if wants("sheet") {
        tell("sheet_sealed", "sheet", news.sealed.clone());
    }
    all
}

/// Notes what an attempt came to, and when to try again.
fn note(tx: &Transaction<'_>, message: &Due, answer: Result<u16, &'static str>, now_ms: u64) -> Result<(), StoreError> {
    let (status, failure) = match answer {
        Ok(status) if (200..300).contains(&status) => (Some(status), None),
        Ok(status) => (Some(status), Some("answer")),
        Err(failure) => (None, Some(failure)),
    };
    // Whoever answers that it is gone for good is believed.
    let pause = if status == Some(410) { None } else { PAUSES.get(message.attempts as usize) };
    let next_ms = failure.and(pause).map(|minutes| now_ms + minutes * MINUTE_MS);
    programs::note_attempt(tx, &Attempt { delivery: message.id, now_ms, status, failure, next_ms })?;
    match failure {
        Some(failure) if next_ms.is_none() => give_up(tx, message.webhook, failure, now_ms),
        _ => Ok(()),
    }
}

fn give_up(tx: &Transaction<'_>, webhook: i64, failure: &str, now_ms: u64) -> Result<(), StoreError> {
    match programs::set_webhook(tx, webhook, Some((failure, now_ms))) {
        Ok(false) | Err(super::Refusal::WebhookUnknown) => Ok(()),
        Ok(true) => {
            let entry = Entry::of(Actor::default(), Action::WebhookGivenUp, webhook, now_ms);
            journal::note(tx, &entry.with(json!({ "failure": failure })))
        }
        Err(super::Refusal::Store(error)) => Err(error),
        Err(_) => Err(StoreError::Corrupt("a listener could not be given up")),
    }
}

/// What proves that a message comes from here, and when it was sent.
#[must_use]
pub fn signature(secret: &[u8; 32], at_s: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{at_s}.{body}").as_bytes());
    format!("t={at_s},v1={}", secret::hex(&mac.finalize().into_bytes()))
}

/// Sends a message once. The status that was answered, or a word for why there is none: `address` (the name leads nowhere),
/// `private` (it leads where the server does not go), `connect`, `tls`, `timeout`.
async fn send(message: &Due, reach: Reach, now_ms: u64) -> Result<u16, &'static str> {
    let attempt = async {
        let url = address::parse(&message.url, reach).ok_or("private")?;
        let to = address::resolve(&url, reach).await?;
        let stream = TcpStream::connect(to).await.map_err(|_| "connect")?;
        let request = request(message, &url, now_ms / 1000).ok_or("address")?;
        if url.scheme() == "http" {
            return post(stream, request).await;
        }
        let name = url.host_str().and_then(|name| ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).ok());
        let stream = connector().connect(name.ok_or("address")?, stream).await.map_err(|_| "tls")?;
        post(stream, request).await
    };
    tokio::time::timeout(ATTEMPT, attempt).await.unwrap_or(Err("timeout"))
}

fn request(message: &Due, url: &Url, at_s: u64) -> Option<Request<String>> {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    Request::post(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(HOST, host)
        .header(USER_AGENT, concat!("tiwizi/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(DELIVERY, message.id)
        .header(SIGNATURE, signature(&message.secret, at_s, &message.body))
        .body(message.body.clone())
        .ok()
}

/// One request on a connection of its own. It follows no one elsewhere, and does not read what is answered.
async fn post(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<String>,
) -> Result<u16, &'static str> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| "connect")?;
    // It ends with this attempt, whatever the other side does.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let response = sender.send_request(request).await.map_err(|_| "connect")?;
    Ok(response.status().as_u16())
}

/// Trusts whom the system trusts. Read once: a new root takes a new start.
fn connector() -> TlsConnector {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (added, ignored) = roots.add_parsable_certificates(found.certs);
        tracing::debug!(added, ignored, "roots of the system");
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let config = ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("ring speaks what rustls asks for")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    });
    TlsConnector::from(Arc::clone(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_the_time_and_the_body() {
        // As the documentation computes it with `openssl dgst -sha256 -mac HMAC -macopt hexkey:…`.
        let key = [0x0b; 32];
        let signed = signature(&key, 1_790_000_000, r#"{"event":"document_changed"}"#);
        assert!(signed.starts_with("t=1790000000,v1=") && signed.len() == "t=1790000000,v1=".len() + 64);
        assert_ne!(signed, signature(&key, 1_790_000_001, r#"{"event":"document_changed"}"#));
        assert_ne!(signed, signature(&[0x0c; 32], 1_790_000_000, r#"{"event":"document_changed"}"#));
    }

    #[test]
    fn a_listener_hears_of_what_it_asked_for_and_of_no_more() {
        let id = |n| DocumentId([n; 16]);
        let many: Vec<_> = (0..150).map(|n| (id(n), Kind::Event)).collect();
        let changed = [many, vec![(id(200), Kind::Contact), (id(201), Kind::Dossier)]].concat();
        let news = News { changed, asked: vec![id(1)], sealed: vec![id(2)], arrival: 9 };
        let wanted = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let heard: Vec<_> = messages(&news, &wanted(&["event", "question"]))
            .into_iter()
            .map(|(event, kind, documents)| (event, kind, documents.len()))
            .collect();
        assert_eq!(
            heard,
            [("document_changed", "event", 100), ("document_changed", "event", 50), ("question_opened", "question", 1)]
        );
        assert_eq!(messages(&news, &wanted(&["sheet"])), [("sheet_sealed", "sheet", vec![id(2)])]);
        assert!(messages(&news, &wanted(&["call"])).is_empty());
    }

    #[test]
    fn attempts_go_on_for_a_day() {
        let minutes: u64 = PAUSES.iter().sum();
        assert!((24 * 60..26 * 60).contains(&minutes), "{minutes}");
    }
}
