//! What every handler may reach.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Config,
    guesses::Guesses,
    house::Rules,
    metrics::Metrics,
    passkeys::Passkeys,
    pokes::{Concerns, Pokes},
    rates::Rates,
    storage::{
        Store, StoreError, WriterState, scope,
        server::{self, Identity},
    },
    twins::Twins,
};

/// Cloned for each request; everything in it is shared.
#[derive(Debug, Clone)]
pub struct AppState {
    pub store: Store,
    pub pokes: Pokes,
    pub concerns: Concerns,
    pub clock: Clock,
    pub config: Arc<Config>,
    pub metrics: Arc<Metrics>,
    pub guesses: Arc<Guesses>,
    pub rates: Arc<Rates>,
    /// The house's rules, as each request asks for them.
    pub rules: Arc<Rules>,
    pub passkeys: Arc<Passkeys>,
    pub identity: Identity,
    /// The places for phones that listen for pokes.
    pub chairs: Arc<Semaphore>,
    /// The places for exchanges under way.
    pub exchanges: Arc<Semaphore>,
    /// Room for what exchanges bring and that is not on the disk yet. In bytes.
    pub upload_room: Arc<Semaphore>,
    /// Room for blobs that are being read. In bytes.
    pub blob_room: Arc<Semaphore>,
    /// See [`super::deposit::ROOMS`].
    pub export_rooms: Arc<Semaphore>,
    /// The one place for a list that is read: it takes as much memory as a few hundred documents.
    pub list_turn: Arc<Semaphore>,
    /// The people and associations that may be one.
    pub twins: Arc<Twins>,
    /// Cancelled when the server shall stop: whatever waits for long must listen to it.
    pub stopping: CancellationToken,
}

impl AppState {
    /// Opens the database and everything around it.
    pub fn open(config: Config, clock: Clock, state: WriterState) -> Result<Self, StoreError> {
        let store = Store::open(&config.place, state)?;
        let identity = store.read_blocking(server::identity)?;
        Ok(Self {
            store,
            pokes: Pokes::default(),
            concerns: scope::concerns,
            rates: Arc::new(Rates::new(&clock)),
            clock,
            rules: Arc::default(),
            passkeys: Arc::new(Passkeys::new(&config.public_url)),
            config: Arc::new(config),
            metrics: Arc::default(),
            guesses: Arc::default(),
            identity,
            chairs: super::pokes::chairs(),
            exchanges: Arc::new(Semaphore::new(super::sync::EXCHANGES_MAX)),
            upload_room: Arc::new(Semaphore::new(super::sync::UPLOAD_BYTES_WAITING_MAX)),
            blob_room: Arc::new(Semaphore::new(super::blobs::BYTES_LEAVING_MAX)),
            export_rooms: Arc::new(Semaphore::new(super::deposit::ROOMS)),
            list_turn: Arc::new(Semaphore::new(1)),
            twins: Arc::default(),
            stopping: CancellationToken::new(),
        })
    }
}
