//! News that phones wait for: "something that concerns you has changed: pull". Never what has changed.
//!
//! A poke may be lost, doubled or needless without harm: the phone asks the server what it lacks by its own cursor.

use std::sync::Arc;

use rusqlite::Connection;
use shared::id::{AccountId, DeviceId, DocumentId};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use crate::storage::StoreError;

/// News that a slow listener may be behind by. One that is further behind is poked without looking.
const NEWS_WAITING_MAX: usize = 256;
/// Documents looked up for one poke. For more, the poke goes out without looking.
pub const DOCUMENTS_LOOKED_UP_MAX: usize = 1_000;

/// Whether any of these documents is in the scope of that account. Asked only for accounts that do not hold everything.
pub type Concerns = fn(&Connection, AccountId, &[DocumentId]) -> Result<bool, StoreError>;

/// The hub. Clones share it.
#[derive(Debug, Clone)]
pub struct Pokes(broadcast::Sender<News>);

#[derive(Debug, Clone)]
enum News {
    Changed {
        documents: Arc<[DocumentId]>,
        arrival: u64,
    },
    /// What this account holds has changed.
    Scope {
        account: AccountId,
        arrival: u64,
    },
    DeviceEnded(DeviceId),
    AccountEnded(AccountId),
}

impl Default for Pokes {
    fn default() -> Self {
        Self(broadcast::Sender::new(NEWS_WAITING_MAX))
    }
}

impl Pokes {
    /// Tells everyone concerned that these documents have changed, the last of them at `arrival`. After the commit.
    pub fn publish(&self, documents: Arc<[DocumentId]>, arrival: u64) {
        self.send(News::Changed { documents, arrival });
    }

    /// Tells an account's devices that documents were given to it or taken back.
    pub fn publish_scope(&self, account: AccountId, arrival: u64) {
        self.send(News::Scope { account, arrival });
    }

    /// Stops telling a device anything.
    pub fn end_device(&self, device: DeviceId) {
        self.send(News::DeviceEnded(device));
    }

    /// Stops telling an account's devices anything.
    pub fn end_account(&self, account: AccountId) {
        self.send(News::AccountEnded(account));
    }

    /// Listens from now on. To be called before the listener's state is read, so that nothing falls in between.
    #[must_use]
    pub fn subscribe(&self, account: AccountId, device: DeviceId) -> Listener {
        Listener { news: self.0.subscribe(), account, device }
    }

    /// Listens whether anything changes at all, from now on.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes(self.0.subscribe())
    }

    fn send(&self, news: News) {
        // Refused only when nobody listens.
        let _ = self.0.send(news);
    }
}

/// An ear for whether anything changes.
#[derive(Debug)]
pub struct Changes(broadcast::Receiver<News>);

impl Changes {
    /// Waits for the next news. Those that were missed are news too.
    pub async fn any(&mut self) {
        if matches!(self.0.recv().await, Err(RecvError::Closed)) {
            // Nobody is left who could tell anything.
            std::future::pending::<()>().await;
        }
    }
}

/// One device's ear.
#[derive(Debug)]
pub struct Listener {
    news: broadcast::Receiver<News>,
    account: AccountId,
    device: DeviceId,
}

/// What a burst of news came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// These documents changed; whether they concern the listener is for the caller to find out.
    Documents { documents: Vec<DocumentId>, arrival: u64 },
    /// The listener is concerned, or it cannot be said whether.
    Concerned { arrival: u64 },
    /// There will be no more: the device is revoked, or the server ends.
    Ended,
}

impl Listener {
    /// Waits for news, then takes along all that waits too.
    pub async fn next(&mut self) -> Heard {
        let mut burst = Burst::default();
        loop {
            match self.news.recv().await {
                Ok(news) => burst.add(news, self.account, self.device),
                // The oldest news still kept comes next, and has an arrival.
                Err(RecvError::Lagged(_)) => {
                    burst.concerned = true;
                    continue;
                }
                Err(RecvError::Closed) => burst.ended = true,
            }
            self.drain(&mut burst);
            if let Some(heard) = burst.take() {
                return heard;
            }
        }
    }

    fn drain(&mut self, burst: &mut Burst) {
        loop {
            match self.news.try_recv() {
                Ok(news) => burst.add(news, self.account, self.device),
                Err(TryRecvError::Lagged(_)) => burst.concerned = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

#[derive(Debug, Default)]
struct Burst {
    documents: Vec<DocumentId>,
    arrival: u64,
    concerned: bool,
    ended: bool,
}

impl Burst {
    fn add(&mut self, news: News, listener: AccountId, device: DeviceId) {
        match news {
            News::Changed { documents, arrival } => {
                self.arrival = self.arrival.max(arrival);
                if self.documents.len() + documents.len() > DOCUMENTS_LOOKED_UP_MAX {
                    self.concerned = true;
                } else {
                    self.documents.extend_from_slice(&documents);
                }
            }
            News::Scope { account, arrival } if account == listener => {
                self.arrival = self.arrival.max(arrival);
                self.concerned = true;
            }
            News::DeviceEnded(ended) if ended == device => self.ended = true,
            News::AccountEnded(account) if account == listener => self.ended = true,
            News::Scope { .. } | News::DeviceEnded(_) | News::AccountEnded(_) => {}
        }
    }

    fn take(&mut self) -> Option<Heard> {
        let Self { mut documents, arrival, concerned, ended } = std::mem::take(self);
        if ended {
            Some(Heard::Ended)
        } else if concerned {
            Some(Heard::Concerned { arrival })
        } else if documents.is_empty() {
            None
        } else {
            documents.sort_unstable();
            documents.dedup();
            Some(Heard::Documents { documents, arrival })
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const ME: (AccountId, DeviceId) = (AccountId([1; 16]), DeviceId([1; 16]));
    const OTHER: (AccountId, DeviceId) = (AccountId([2; 16]), DeviceId([2; 16]));

    fn document(n: u8) -> DocumentId {
        DocumentId([n; 16])
    }

    /// What one listener hears of what `tell` says, until it would wait.
    fn check(tell: impl FnOnce(&Pokes), expected: &[Heard]) {
        let pokes = Pokes::default();
        let mut listener = pokes.subscribe(ME.0, ME.1);
        tell(&pokes);
        for heard in expected {
            assert_eq!(listener.next().now_or_never().as_ref(), Some(heard));
        }
        assert_eq!(listener.next().now_or_never(), None);
    }

    #[test]
    fn a_burst_is_one_poke() {
        check(
            |pokes| {
                pokes.publish([document(2), document(1)].into(), 4);
                pokes.publish([document(1)].into(), 5);
            },
            &[Heard::Documents { documents: vec![document(1), document(2)], arrival: 5 }],
        );
    }

    #[test]
    fn a_listener_that_lags_is_poked_without_looking() {
        check(
            |pokes| (0..=NEWS_WAITING_MAX as u64).for_each(|n| pokes.publish([document(1)].into(), n)),
            &[Heard::Concerned { arrival: NEWS_WAITING_MAX as u64 }],
        );
    }

    #[test]
    fn scope_and_end_reach_those_they_are_for() {
        check(|pokes| pokes.publish_scope(OTHER.0, 7), &[]);
        check(|pokes| pokes.publish_scope(ME.0, 7), &[Heard::Concerned { arrival: 7 }]);
        check(|pokes| pokes.end_device(OTHER.1), &[]);
        check(|pokes| pokes.end_account(OTHER.0), &[]);
        check(|pokes| pokes.end_device(ME.1), &[Heard::Ended]);
        check(|pokes| pokes.end_account(ME.0), &[Heard::Ended]);
    }
}
