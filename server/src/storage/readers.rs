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
