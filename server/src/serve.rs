//! From a listening socket to served requests, and to the end of them.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    auth::Peer,
    others,
    routes::{self, AppState},
};

/// Connections held at once, those that listen for pokes included. More wait in the system's queue.
pub const CONNECTIONS_MAX: usize = 1024;
/// How long a connection may take to say what it wants, and stay silent between two requests.
const SILENCE: Duration = Duration::from_secs(30);
/// How long requests in hand may go on once the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no file descriptor left.
const BREATH: Duration = Duration::from_millis(200);

/// Serves until `state.stopping` is cancelled, then lets the requests in hand finish and closes the database.
pub async fn serve(state: AppState, listener: TcpListener) -> io::Result<()> {
    let (stopping, store) = (state.stopping.clone(), state.store.clone());
    tokio::spawn(others::follow(store.clone(), state.pokes.clone(), stopping.clone()));
    let router = routes::router(state);
    let mut connections = accept(&listener, &router, &stopping).await;
    // Closed first: who comes now hears at once that nobody is here.
    drop(listener);
    tracing::info!(connections = connections.len(), "stopping");
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "cut off");
        connections.shutdown().await;
    }
    tokio::task::spawn_blocking(move || store.stop()).await.map_err(io::Error::other)
}

async fn accept(listener: &TcpListener, router: &Router, stopping: &CancellationToken) -> JoinSet<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => return connections,
            accepted = next_connection(listener, &places) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, place)) => {
                connections.spawn(converse(stream, peer, place, router.clone(), stopping.clone()));
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

/// Serves one connection to its end. Over TLS the proxy speaks HTTP/2 with phones; here HTTP/1.1 is all there is.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
    router: Router,
    stopping: CancellationToken,
) {
    // A receipt is small and waited for. A socket that refuses this is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SILENCE)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Phones lose their network: nothing to warn of.
        tracing::debug!(%error, "a connection broke off");
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
