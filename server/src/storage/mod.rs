//! Everything that is kept, in one SQLite file. SQL stands in this folder and nowhere else.
//!
//! [`Store`] has two doors. Reading borrows one of a few connections and sees one moment. Writing hands a job to the one
//! writer thread (see [`crate::writer`]), which commits many jobs together and answers only when they are on the disk.

pub mod access;
pub mod archive;
pub mod blobs;
pub mod calendars;
pub mod documents;
pub mod erasures;
pub mod figures;
pub mod fleet;
pub mod imports;
pub mod indicators;
pub mod journal;
pub mod listed;
pub mod logos;
pub mod lookups;
mod migrations;
pub mod passkeys;
pub mod programs;
pub mod projections;
pub mod quarantine;
mod readers;
pub mod records;
pub mod registrations;
pub mod saved_views;
pub mod scope;
pub mod server;
pub mod sheets;
pub mod territories;
pub mod twins;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use self::readers::Readers;
use crate::{
    ingest::Ingest,
    writer::{Counts, Fault, Writer},
};

/// Connections that read at the same time. More would only queue on the disk.
const READERS: usize = 4;
/// What each of them keeps of the file. Little, since the system has every page in hand as well.
const READER_CACHE_KB: i64 = 512;
/// How long a connection waits for another process (`tiwizi invite` beside `tiwizi serve`).
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// The write-ahead log is cut back to this once it was longer. In bytes.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// What the writer thread keeps between jobs.
pub type WriterState = Ingest;

/// Why storage could not do what was asked. Cloned to every job of a commit that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("SQLite: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// Too many jobs wait already. Nothing was done: ask again later.
    #[error("the write queue is full")]
    Busy,
    /// The writer has ended, or ended before it could answer: the job may or may not be on the disk.
    #[error("the writer has stopped")]
    Stopped,
    /// The job panicked and was undone.
    #[error("a storage job panicked")]
    Panicked,
    /// The job itself was fine, but the transaction around it could not be committed. Nothing was kept.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(Arc<str>),
    /// A row that our own rules exclude.
    #[error("a stored row makes no sense: {0}")]
    Corrupt(&'static str),
    #[error("this SQLite file was made by another program")]
    NotOurs,
    #[error("this file has schema {version}, and this build knows {known}: use a newer build")]
    TooNew { version: usize, known: usize },
    #[error("this disk does not bear a write-ahead log (a network share?)")]
    NoLog,
    #[error("{action} {path}: {cause}")]
    Folder { action: &'static str, path: PathBuf, cause: Arc<std::io::Error> },
}

impl StoreError {
    /// Whether a row broke a rule of its table, as opposed to SQLite failing.
    #[must_use]
    pub fn is_constraint(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Place {
    File(PathBuf),
    Memory(MemoryPlace),
}

impl Place {
    /// The database file in a data folder, which is made if it is missing and closed to other users of the machine.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|cause| StoreError::Folder {
            action: "creating",
            path: folder.to_owned(),
            cause: Arc::new(cause),
        })?;
        Ok(Self::File(folder.join("tiwizi.sqlite")))
    }

    /// A fresh database in memory. It lives as long as this value or a clone, whatever stores open and close on it:
    /// a test can crash a store and open the next one at the same place.
    pub fn in_memory() -> Result<Self, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // The leading slash is what makes SQLite's memdb share one database between connections.
        let uri = format!("file:/tiwizi-{}?vfs=memdb", COUNT.fetch_add(1, Ordering::Relaxed));
        let keeper = Connection::open_with_flags(&uri, OPEN_FLAGS)?;
        Ok(Self::Memory(MemoryPlace { uri, keeper: Arc::new(Mutex::new(keeper)) }))
    }

    fn open(&self) -> Result<Connection, StoreError> {
        Ok(match self {
            Self::File(path) => Connection::open_with_flags(path, OPEN_FLAGS)?,
            Self::Memory(memory) => Connection::open_with_flags(&memory.uri, OPEN_FLAGS)?,
        })
    }
}

/// A database in memory that several connections share.
#[derive(Clone)]
pub struct MemoryPlace {
    uri: String,
    /// SQLite frees the database with its last connection: this one only stays open.
    keeper: Arc<Mutex<Connection>>,
}

impl fmt::Debug for MemoryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} keepers)", self.uri, Arc::strong_count(&self.keeper))
    }
}

/// No mutex: a connection is used by one thread at a time.
const OPEN_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_CREATE)
    .union(OpenFlags::SQLITE_OPEN_URI)
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens the database for writing, with the schema of this build.
pub fn connect(place: &Place) -> Result<Connection, StoreError> {
    let mut db = place.open()?;
    db.busy_timeout(BUSY_WAIT)?;
    // Readers never wait for the writer, nor the writer for them.
    db.pragma_update(None, "journal_mode", "wal")?;
    let mode: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" && matches!(place, Place::File(_)) {
        return Err(StoreError::NoLog);
    }
    // A receipt promises that the change survives a power cut: every commit is flushed.
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    // What is deleted is overwritten: whoever finds the file finds nobody who asked to be forgotten.
    db.pragma_update(None, "secure_delete", true)?;
    migrations::migrate(&mut db)?;
    Ok(db)
}

/// Opens a connection that cannot write. The database exists already: [`connect`] came first.
fn connect_reader(place: &Place) -> Result<Connection, StoreError> {
    let db = place.open()?;
    db.busy_timeout(BUSY_WAIT)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", -READER_CACHE_KB)?;
    Ok(db)
}

/// The open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Doors>);

#[derive(Debug)]
struct Doors {
    // First, so that it ends first: the last connection to close is a reader, and then the log is empty.
    writer: Writer<WriterState>,
    readers: Readers,
}

impl Store {
    /// Opens, migrates, and starts the writer thread with what it shall keep between jobs.
    pub fn open(place: &Place, mut state: WriterState) -> Result<Self, StoreError> {
        let db = connect(place)?;
        state.begin_at(server::last_arrival(&db)?);
        let readers = match place {
            Place::File(_) => READERS,
            // memdb has no write-ahead log: readers make the writer wait, and one suffices for tests.
            Place::Memory(_) => 1,
        };
        let readers = (0..readers).map(|_| connect_reader(place)).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Doors { writer: Writer::start(db, state), readers: Readers::new(readers) })))
    }

    /// A fresh database that is gone with the store.
    pub fn open_in_memory(state: WriterState) -> Result<Self, StoreError> {
        Self::open(&Place::in_memory()?, state)
    }

    /// Runs `query` in one read transaction, off the async threads.
    pub async fn read<T, E>(&self, query: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _turn = self.0.readers.turn().await?;
        let doors = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || doors.readers.read(query)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Panicked.into()),
        }
    }

    /// Runs `query` in one read transaction, here. For threads that may wait.
    pub fn read_blocking<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.readers.read(query)
    }

    /// Runs `job` on the writer thread and answers once it is on the disk. A job that fails leaves no trace.
    ///
    /// Full queue: [`StoreError::Busy`] at once.
    pub async fn write<T, E>(&self, job: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.writer.write(move |tx, _| job(tx)).await
    }

    /// Like [`Store::write`], with the writer's state.
    pub async fn write_with<T, E>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &mut WriterState) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.writer.write(job).await
    }

    /// Like [`Store::write_with`], for threads that may wait: also for room in the queue.
    pub fn write_blocking<T, E>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &mut WriterState) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.writer.write_blocking(job)
    }

    /// Finishes what waits, empties the write-ahead log into the file and ends the writer. Blocks.
    pub fn stop(&self) {
        self.0.writer.stop();
    }

    /// What the writer has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.writer.counts()
    }

    /// Makes the next commit fail or the writer die around it: for tests of what then happens.
    pub fn inject(&self, fault: Fault) {
        self.0.writer.inject(fault);
    }

    /// Whether the writer still takes jobs.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.0.writer.is_running()
    }
}

/// Begins the writer's transaction. Immediate, so that another process's write makes us wait here and not half-way.
pub(crate) fn begin(db: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(db.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Marks where to come back to if the next job fails.
pub(crate) fn open_savepoint(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch("SAVEPOINT job")?)
}

/// Keeps what was done since the mark.
pub(crate) fn keep_savepoint(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch("RELEASE job")?)
}

/// Undoes what was done since the mark.
pub(crate) fn undo_savepoint(tx: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(tx.execute_batch("ROLLBACK TO job; RELEASE job")?)
}

/// Copies the database as it is at this moment into an empty place, while others read and write it.
pub fn copy(from: &Place, into: &Place) -> Result<(), StoreError> {
    let target = match into {
        Place::File(path) => path.to_string_lossy().into_owned(),
        Place::Memory(memory) => memory.uri.clone(),
    };
    from.open()?.execute("VACUUM INTO ?", [target])?;
    Ok(())
}

/// Whether SQLite finds its own structures whole.
pub fn is_sound(db: &Connection) -> Result<bool, StoreError> {
    Ok(db.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0))? == "ok")
}

/// A number that changes when another connection has committed.
pub(crate) fn data_version(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

/// Moves the write-ahead log into the file and empties it. False if a reader was in the way for too long: it is whole, and
/// emptied at the next try.
pub(crate) fn checkpoint(db: &Connection) -> Result<bool, StoreError> {
    Ok(db.query_row("PRAGMA wal_checkpoint (TRUNCATE)", [], |row| row.get::<_, i64>(0))? == 0)
}

/// The lock's content, whoever panicked while holding it: used where the content is valid at every moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
