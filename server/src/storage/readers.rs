//! A few connections that only read, lent one at a time.

use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::StoreError;

/// The pool. Each loan is one read transaction: everything in it is seen at one moment.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
    /// Makes async readers wait without holding a thread.
    turns: Semaphore,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let turns = Semaphore::new(connections.len());
        Self { idle: Mutex::new(connections), returned: Condvar::new(), turns }
    }

    /// Waits for one's turn; to be held while [`Readers::read`] runs on a blocking thread.
    pub(super) async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, StoreError> {
        self.turns.acquire().await.map_err(|_| StoreError::Stopped)
    }

    /// Runs `query` in a read transaction. Blocks until a connection is free.
    pub(super) fn read<T, E: From<StoreError>>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let loan = self.borrow();
        let tx = loan.connection().unchecked_transaction().map_err(StoreError::from)?;
        // Dropped, so rolled back: there is nothing to keep.
        query(&tx)
    }

    fn borrow(&self) -> Loan<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return Loan { readers: self, connection: Some(connection) };
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection that goes back by itself, also when its reader panicked.
struct Loan<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Loan<'_> {
    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a loan holds its connection until dropped")
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        drop(idle);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::storage::{Place, Store, StoreError, WriterState, server};

    /// A store on a disk, since only there readers and the writer do not wait for each other.
    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Place::in_folder(folder.path()).unwrap(), WriterState::default()).unwrap();
        (folder, store)
    }

    #[test]
    fn a_reader_sees_one_moment() {
        let (_folder, store) = store();
        let seen = store.read_blocking(|db| {
            let before = server::last_arrival(db)?;
            store.write_blocking(|tx, _| server::next_arrivals(tx, 3))?;
            Ok::<_, StoreError>((before, server::last_arrival(db)?))
        });
        assert_eq!(seen.unwrap(), (0, 0));
        assert_eq!(store.read_blocking(server::last_arrival).unwrap(), 3);
    }

    #[test]
    fn a_reader_cannot_write_and_one_that_panics_gives_its_connection_back() {
        let (_folder, store) = store();
        let wrote = store.read_blocking(|db| Ok::<_, StoreError>(db.execute("DELETE FROM server", [])?));
        assert!(matches!(wrote, Err(StoreError::Sqlite(_))), "{wrote:?}");
        for _ in 0..2 * super::super::READERS {
            let read = std::panic::AssertUnwindSafe(|| store.read_blocking::<(), StoreError>(|_| panic!("as asked")));
            assert!(std::panic::catch_unwind(read).is_err());
        }
        assert_eq!(store.read_blocking(server::last_arrival).unwrap(), 0);
    }

    #[tokio::test]
    async fn more_readers_than_connections_take_turns() {
        let (_folder, store) = store();
        let (sender, receiver) = mpsc::channel();
        let readers: Vec<_> = (0..50)
            .map(|n| {
                let (store, sender) = (store.clone(), sender.clone());
                tokio::spawn(async move {
                    let read = store.read(move |db| Ok::<_, StoreError>(server::last_arrival(db)? + n)).await;
                    sender.send(read.unwrap()).unwrap();
                })
            })
            .collect();
        for reader in readers {
            reader.await.unwrap();
        }
        drop(sender);
        assert_eq!(receiver.iter().sum::<u64>(), (0..50).sum::<u64>());
    }
}
