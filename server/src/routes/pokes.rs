//! The stream of pokes: one `poke` event, with the arrival number it is about, for each burst of news that concerns the
//! phone. A phone whose cursor is there already has nothing to pull.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use shared::{id::DocumentId, role::Scope};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::AppState;
use crate::{
    auth::Enrolled,
    error::ApiError,
    pokes::{Heard, Listener},
    storage::{StoreError, access, server},
};

/// Phones that listen at once. Above it they pull on their timer.
pub const LISTENERS_MAX: usize = 800;
/// The least time between two pokes of a phone: a busy door pokes once a second, not at every mark.
const PAUSE: Duration = Duration::from_secs(1);
/// So that proxies and phone networks keep a silent stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// `GET /api/pokes`: server-sent events. The first tells where the server stands now.
pub async fn listen(
    State(state): State<AppState>,
    enrolled: Enrolled,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, ApiError> {
    let chair = Arc::clone(&state.chairs).try_acquire_owned().map_err(|_| ApiError::Busy)?;
    // Subscribed before the state is read: what happens in between is told twice rather than never, and a device that is
    // revoked just now does not listen on.
    let device = enrolled.device.id;
    let listener = state.pokes.subscribe(enrolled.account.id, device);
    let (arrival, standing) = state
        .store
        .read(move |db| Ok::<_, StoreError>((server::last_arrival(db)?, access::standing(db, device)?)))
        .await?;
    if standing.is_none_or(|standing| standing.revoked || standing.disabled) {
        return Err(ApiError::DeviceRevoked);
    }
    state.metrics.listeners.inc();
    let ear = Ear { state, enrolled, listener, first: Some(arrival), quiet_until: Instant::now(), _chair: chair };
    let events = stream::unfold(ear, |mut ear| async move {
        let arrival = ear.next().await?;
        Some((Ok(Event::default().event("poke").data(arrival.to_string())), ear))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The places for listeners.
#[must_use]
pub fn chairs() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LISTENERS_MAX))
}

/// One phone's open stream.
struct Ear {
    state: AppState,
    enrolled: Enrolled,
    listener: Listener,
    first: Option<u64>,
    quiet_until: Instant,
    _chair: OwnedSemaphorePermit,
}

impl Ear {
    /// The arrival number of the next poke; none when the stream ends.
    async fn next(&mut self) -> Option<u64> {
        if let Some(arrival) = self.first.take() {
            return Some(arrival);
        }
        let stopping = self.state.stopping.clone();
        let arrival = tokio::select! {
            () = stopping.cancelled() => None,
            arrival = self.concerning() => arrival,
        };
        self.quiet_until = Instant::now() + PAUSE;
        arrival
    }

    async fn concerning(&mut self) -> Option<u64> {
        tokio::time::sleep_until(self.quiet_until).await;
        loop {
            match self.listener.next().await {
                Heard::Ended => return None,
                Heard::Concerned { arrival } => return Some(arrival),
                Heard::Documents { documents, arrival } => {
                    if self.concerns(documents).await {
                        return Some(arrival);
                    }
                }
            }
        }
    }

    async fn concerns(&self, documents: Vec<DocumentId>) -> bool {
        match self.enrolled.account.scope {
            Scope::Everything => true,
            Scope::Assigned => {
                let (concerns, account) = (self.state.concerns, self.enrolled.account.id);
                let looked_up = self.state.store.read(move |db| concerns(db, account, &documents)).await;
                // When in doubt, poke: a needless pull is harmless, a missed one is not seen.
                looked_up.unwrap_or(true)
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.state.metrics.listeners.dec();
    }
}
