//! From a listening socket to served requests, and to the end of them.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    http::{Request, StatusCode, Uri, header::LOCATION},
    response::IntoResponse as _,
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use shared::limit;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    auth::Peer,
    config::PublicUrl,
    guesses::neighbourhood,
    others,
    routes::{self, AppState},
    storage::lock,
    tls::ACME_TLS,
};

/// What a listening socket bears. Tests make it small and impatient.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections held at once, those that listen for pokes included. More wait in the system's queue.
    pub connections_max: usize,
    /// Those of one address (IPv6: of one network). A village hall's phones share one, so this leaves them room and
    /// yet leaves room for others. Does not bind this machine: that is a proxy, or the operator.
    pub address_connections_max: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long a connection may take to say what it wants, and stay silent between two requests.
    pub silence: Duration,
    /// How long an answer may lie unread: a phone without a network, or somebody who holds a place by reading nothing.
    pub unread: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            address_connections_max: 512,
            handshake: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            unread: Duration::from_secs(60),
        }
    }
}

/// The line and the headers of a request. In bytes.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long, and how many bytes of, a body that was refused unread may still come in. In bytes: a whole exchange.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: u64 = 2 * limit::FRAME_BYTES_MAX as u64;
/// How long requests in hand may go on once the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no file descriptor left.
const BREATH: Duration = Duration::from_millis(200);

/// One way in: a socket, and how it is spoken on.
#[expect(missing_debug_implementations, reason = "an acceptor holds keys, and has none")]
pub struct Door {
    pub listener: TcpListener,
    /// Missing for plain HTTP.
    pub tls: Option<TlsAcceptor>,
    pub limits: Limits,
}

impl Door {
    /// Plain HTTP: this machine, or behind a proxy.
    #[must_use]
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, tls: None, limits: Limits::default() }
    }
}

/// Serves until `state.stopping` is cancelled, then lets the requests in hand finish and closes the database.
pub async fn serve(state: AppState, door: Door) -> io::Result<()> {
    let (stopping, store) = (state.stopping.clone(), state.store.clone());
    tokio::spawn(others::follow(store.clone(), state.pokes.clone(), stopping.clone()));
    stand(door, routes::router(state), stopping).await;
    tokio::task::spawn_blocking(move || store.stop()).await.map_err(io::Error::other)
}

/// Sends whoever comes by plain HTTP to the same page of `url`, until `stopping`. To that name only, whatever the request
/// says: else anybody could send people anywhere in our name.
pub async fn redirect(door: Door, url: PublicUrl, stopping: CancellationToken) {
    let elsewhere = move |uri: Uri| async move {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        (StatusCode::PERMANENT_REDIRECT, [(LOCATION, format!("{url}{path}"))]).into_response()
    };
    stand(door, Router::new().fallback(elsewhere), stopping).await;
}

/// Stands at the door until `stopping`, then until the last guest has left or [`DRAIN`] is over.
async fn stand(door: Door, router: Router, stopping: CancellationToken) {
    let mut connections = accept(&door, &router, &stopping).await;
    // Closed first: who comes now hears at once that nobody is here.
    drop(door);
    tracing::info!(connections = connections.len(), "stopping");
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "cut off");
        connections.shutdown().await;
    }
}

async fn accept(door: &Door, router: &Router, stopping: &CancellationToken) -> JoinSet<()> {
    let places = Arc::new(Semaphore::new(door.limits.connections_max));
    let crowds = Crowds::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => return connections,
            accepted = next_connection(&door.listener, &places) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, place)) => {
                // Closed without a word: an answer would be work, which is what this one has had enough of.
                let Some(seat) = crowds.enter(peer.ip(), door.limits.address_connections_max) else { continue };
                let guest = Guest { peer, limits: door.limits, router: router.clone(), stopping: stopping.clone() };
                let tls = door.tls.clone();
                connections.spawn(async move {
                    guest.meet(stream, tls).await;
                    drop((seat, place));
                });
            }
            Err(error) => {
                // The peer gave up, or we are out of descriptors. Neither is a reason to end, nor to spin.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn next_connection(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// How many connections each address holds. As small as the connections are few.
#[derive(Clone, Default)]
struct Crowds(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Crowds {
    /// A seat for one more of them; none when they are too many.
    fn enter(&self, address: IpAddr, seats_max: usize) -> Option<Seat> {
        if address.to_canonical().is_loopback() {
            return Some(Seat { crowds: self.clone(), address: None });
        }
        let address = neighbourhood(address);
        let mut crowds = lock(&self.0);
        let seats = crowds.entry(address).or_default();
        if *seats >= seats_max {
            return None;
        }
        *seats += 1;
        Some(Seat { crowds: self.clone(), address: Some(address) })
    }
}

struct Seat {
    crowds: Crowds,
    address: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut crowds = lock(&self.crowds.0);
        if let Some(seats) = crowds.get_mut(&address) {
            *seats -= 1;
            if *seats == 0 {
                crowds.remove(&address);
            }
        }
    }
}

/// One connection, and what is needed to serve it.
struct Guest {
    peer: SocketAddr,
    limits: Limits,
    router: Router,
    stopping: CancellationToken,
}

impl Guest {
    /// Serves the connection to its end.
    async fn meet(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // A receipt is small and waited for. A socket that refuses this is about to fail anyway.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.unread));
        let stream = Box::pin(stream);
        let Some(tls) = tls else { return self.converse(stream).await };
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(self.limits.handshake, tls.accept(stream)) => greeted,
            () = self.stopping.cancelled() => return,
        };
        match greeted {
            // An ACME server has seen what it came for.
            Ok(Ok(mut stream)) if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) => {
                // It may have hung up first.
                let _ = stream.shutdown().await;
            }
            Ok(Ok(stream)) => self.converse(stream).await,
            // Scanners and phones that lose their network: nothing to warn of.
            Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    }

    /// Speaks HTTP/1.1, which is all there is: where many streams share a connection, a proxy speaks HTTP/2 with phones.
    async fn converse(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let ended = self.answer(&mut stream).await;
        let timed_out = ended.as_ref().is_err_and(hyper::Error::is_timeout);
        if let Err(error) = ended {
            // Phones lose their network: nothing to warn of.
            tracing::debug!(%error, "a connection broke off");
        }
        if !timed_out {
            // A socket that is closed with something unread is reset, and the peer may lose the answer: a refusal that came
            // before the body. Whoever has hung up already ends this at once.
            let mut rest = stream.take(LINGER_BYTES_MAX);
            let mut nowhere = tokio::io::sink();
            tokio::select! {
                _ = tokio::time::timeout(LINGER, tokio::io::copy(&mut rest, &mut nowhere)) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    /// Answers requests until one side has had enough.
    async fn answer(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> hyper::Result<()> {
        let peer = self.peer;
        let service = self.router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.silence)
                .max_buf_size(HEAD_BYTES_MAX)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        );
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    }
}

/// Waits until the operator or the system asks the server to stop.
pub async fn asked_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_place() {
        let crowds = Crowds::default();
        let enter = |address: &str| crowds.enter(address.parse().unwrap(), 2);
        let (first, second) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(first.is_some() && enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some(), "another's affair");
        drop(first);
        assert!(enter("192.0.2.1").is_some(), "whoever leaves makes room");
        // An IPv6 subscriber has one network and every address in it.
        let network = [enter("2001:db8::1"), enter("2001:db8::2")];
        assert!(enter("2001:db8::3").is_none());
        // This machine: a proxy, which counts for itself.
        let all: Vec<_> = (0..9).map(|_| enter("127.0.0.1")).collect();
        assert!(all.iter().all(Option::is_some));
        drop((all, second, network));
        assert!(lock(&crowds.0).is_empty(), "nobody is remembered who has left");
    }
}
