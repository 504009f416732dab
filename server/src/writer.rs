//! The one thread that writes.
//!
//! A flush to the disk costs the same for one change as for a hundred, so the jobs that wait are run in one transaction,
//! each in its own savepoint, and committed together. **No job is answered before the commit**: an answer is a receipt.
//!
//! Beside the connection the thread owns a state `S` (the documents in hand), which follows the transaction through
//! [`CommitHooks`].

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use crate::storage::{self, StoreError, lock};

/// Jobs that may wait for the writer. Beyond it callers hear [`StoreError::Busy`].
pub const JOBS_WAITING_MAX: usize = 256;
/// Jobs in one commit: bounds how long the first of them waits, and how much a failed commit undoes.
pub const JOBS_PER_COMMIT_MAX: usize = 128;

/// How the state follows the transaction.
///
/// A panic in a hook ends the writer, since the state can no longer be trusted.
pub trait CommitHooks {
    /// A transaction has begun, and another process has committed since the last one: what was read before may be stale.
    fn others_committed(&mut self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let _ = tx;
        Ok(())
    }

    /// The job that just ran failed, and its writes were undone: so must be what it did to the state.
    fn job_undone(&mut self) {}

    /// The job that just ran will be in the commit.
    fn job_kept(&mut self) {}

    /// All jobs have run. A last chance to write, and to refuse: on an error nothing is committed.
    fn before_commit(&mut self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let _ = tx;
        Ok(())
    }

    /// What was kept is on the disk.
    fn committed(&mut self) {}

    /// Whether what was deleted must be gone from the write-ahead log too, before anybody is answered. Asked after each commit.
    fn empties_log(&self) -> bool {
        false
    }

    /// The write-ahead log is empty.
    fn log_emptied(&mut self) {}

    /// Nothing since the beginning of the transaction was kept, whatever [`CommitHooks::job_kept`] said.
    fn rolled_back(&mut self) {}
}

/// Something that tests make go wrong, once, at the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The commit fails as on a full disk: every job is told, the writer goes on.
    RefuseCommit,
    /// The writer dies as in a power cut, before the commit: nothing was kept, nobody is answered.
    CrashBeforeCommit,
    /// The writer dies after the commit: all was kept, nobody is answered.
    CrashAfterCommit,
}

impl Fault {
    const ALL: [Self; 3] = [Self::RefuseCommit, Self::CrashBeforeCommit, Self::CrashAfterCommit];
}

/// What a writer has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Jobs run, failed ones included.
    pub jobs: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Transactions that could not be committed.
    pub failed_commits: u64,
}

/// The door to the writer thread. Dropped, it waits for the thread to finish.
pub struct Writer<S> {
    queue: SyncSender<Message<S>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

impl<S: CommitHooks + Send + 'static> Writer<S> {
    /// Starts the thread. It owns `db` and `state` from now on.
    #[must_use]
    pub fn start(db: Connection, state: S) -> Self {
        let (queue, jobs) = sync_channel(JOBS_WAITING_MAX);
        let shared = Arc::new(Shared { running: AtomicBool::new(true), ..Shared::default() });
        let seen_version = storage::data_version(&db).ok();
        let desk = Desk { db, state, seen_version, shared: Arc::clone(&shared) };
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || desk.work(&jobs))
            .expect("the system gives one thread at start");
        Self { queue, thread: Mutex::new(Some(thread)), shared }
    }

    /// Runs `job` in the next commit and answers when that is on the disk.
    ///
    /// A job that fails or panics is undone alone. When too many wait: [`StoreError::Busy`] at once.
    pub async fn write<T, E>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (task, reply) = Task::new(job);
        self.queue.try_send(Message::Job(task)).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        reply.await.unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }

    /// Like [`Writer::write`], for a thread that may wait: also for room in the queue.
    pub fn write_blocking<T, E>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &mut S) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (task, reply) = Task::new(job);
        self.queue.send(Message::Job(task)).map_err(|_| StoreError::Stopped)?;
        reply.blocking_recv().unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }
}

impl<S> Writer<S> {
    /// Finishes the jobs that wait, checkpoints, and ends the thread. Blocks until it has.
    pub fn stop(&self) {
        let Some(thread) = lock(&self.thread).take() else { return };
        // Refused only when the thread has ended already.
        let _ = self.queue.send(Message::Stop);
        if thread.thread().id() != thread::current().id() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }

    /// Makes the next commit go wrong.
    pub fn inject(&self, fault: Fault) {
        self.shared.fault.store(fault as u8 + 1, Ordering::SeqCst);
    }

    /// Whether jobs are still taken.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.running.load(Ordering::SeqCst)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            jobs: self.shared.jobs.load(Ordering::Relaxed),
            commits: self.shared.commits.load(Ordering::Relaxed),
            failed_commits: self.shared.failed_commits.load(Ordering::Relaxed),
        }
    }
}

impl<S> Drop for Writer<S> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<S> fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("shared", &self.shared).finish_non_exhaustive()
    }
}

/// What both sides of the door see.
#[derive(Debug, Default)]
struct Shared {
    running: AtomicBool,
    jobs: AtomicU64,
    commits: AtomicU64,
    failed_commits: AtomicU64,
    /// 0, or one more than the place in [`Fault::ALL`].
    fault: AtomicU8,
}

impl Shared {
    fn take_fault(&self) -> Option<Fault> {
        let number = self.fault.swap(0, Ordering::SeqCst);
        Fault::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

enum Message<S> {
    Job(Box<dyn Job<S>>),
    Stop,
}

/// Whether a job's writes stay in the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Keep,
    Undo,
}

/// A job whose types are forgotten. First run, then answered.
trait Job<S>: Send {
    fn run(&mut self, tx: &Transaction<'_>, state: &mut S) -> Verdict;
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Task<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    fn new(work: F) -> (Box<Self>, oneshot::Receiver<Result<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (Box::new(Self { work: Some(work), result: None, reply }), receiver)
    }
}

impl<S, F, T, E> Job<S> for Task<F, T, E>
where
    F: FnOnce(&Transaction<'_>, &mut S) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &Transaction<'_>, state: &mut S) -> Verdict {
        let Some(work) = self.work.take() else { return Verdict::Undo };
        // Unwind safe: what a panic leaves half done in `tx` and `state` is undone by the caller.
        let result =
            catch_unwind(AssertUnwindSafe(|| work(tx, state))).unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let verdict = if result.is_ok() { Verdict::Keep } else { Verdict::Undo };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let answer = match (self.result, commit) {
            // Its own error says more than the fate of the others' commit.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(StoreError::Stopped.into()),
        };
        // The caller may have gone: a phone that lost its network. What it sent is kept all the same.
        let _ = self.reply.send(answer);
    }
}

/// What a commit came to.
enum End {
    Committed,
    Failed(StoreError),
    /// By [`Fault`]: as in a power cut.
    Crashed,
}

/// The writer thread's own side.
struct Desk<S> {
    db: Connection,
    state: S,
    seen_version: Option<i64>,
    shared: Arc<Shared>,
}

impl<S: CommitHooks> Desk<S> {
    fn work(mut self, jobs: &Receiver<Message<S>>) {
        let shared = Arc::clone(&self.shared);
        // However the thread ends, nobody must believe that it still writes.
        let _closed = Closed(&shared);
        while let Some(Batch { mut jobs, last }) = Batch::take(jobs) {
            match self.commit(&mut jobs) {
                End::Committed => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
                End::Failed(error) => {
                    tracing::error!(%error, jobs = jobs.len(), "a commit failed");
                    jobs.into_iter().for_each(|job| job.answer(Err(error.clone())));
                }
                End::Crashed => return,
            }
            if last {
                break;
            }
        }
        if let Err(error) = storage::checkpoint(&self.db) {
            tracing::warn!(%error, "the write-ahead log stays for the next start");
        }
    }

    /// Runs the jobs in one transaction. On return it is over, one way or the other.
    fn commit(&mut self, jobs: &mut [Box<dyn Job<S>>]) -> End {
        if jobs.is_empty() {
            return End::Committed;
        }
        self.shared.jobs.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        let fault = self.shared.take_fault();
        let end = match self.transact(jobs, fault) {
            Ok(end) => end,
            Err(error) => End::Failed(not_committed(&error)),
        };
        match end {
            End::Committed => {
                self.shared.commits.fetch_add(1, Ordering::Relaxed);
                self.state.committed();
                self.empty_log_if_asked();
            }
            End::Failed(_) => {
                self.shared.failed_commits.fetch_add(1, Ordering::Relaxed);
                self.state.rolled_back();
            }
            End::Crashed => {}
        }
        end
    }

    fn empty_log_if_asked(&mut self) {
        if !self.state.empties_log() {
            return;
        }
        match storage::checkpoint(&self.db) {
            Ok(true) => self.state.log_emptied(),
            Ok(false) => {
                tracing::warn!("a reader keeps what was erased in the write-ahead log: it goes with the next commit");
            }
            Err(error) => tracing::warn!(%error, "what was erased stays in the write-ahead log until the next commit"),
        }
    }

    fn transact(&mut self, jobs: &mut [Box<dyn Job<S>>], fault: Option<Fault>) -> Result<End, StoreError> {
        // Dropped on every way out but the last, and then rolled back.
        let tx = storage::begin(&mut self.db)?;
        let version = storage::data_version(&tx)?;
        if self.seen_version != Some(version) {
            self.state.others_committed(&tx)?;
            self.seen_version = Some(version);
        }
        for job in jobs {
            storage::open_savepoint(&tx)?;
            let verdict = job.run(&tx, &mut self.state);
            if tx.is_autocommit() {
                // A full disk or a lack of memory makes SQLite undo the whole transaction by itself: the savepoint is
                // gone, and with it what the jobs before had written.
                return Err(StoreError::NotCommitted("SQLite gave the transaction up".into()));
            }
            match verdict {
                Verdict::Keep => {
                    storage::keep_savepoint(&tx)?;
                    self.state.job_kept();
                }
                Verdict::Undo => {
                    storage::undo_savepoint(&tx)?;
                    self.state.job_undone();
                }
            }
        }
        self.state.before_commit(&tx)?;
        match fault {
            Some(Fault::CrashBeforeCommit) => return Ok(End::Crashed),
            Some(Fault::RefuseCommit) => return Err(StoreError::NotCommitted("refused by a test".into())),
            Some(Fault::CrashAfterCommit) | None => tx.commit()?,
        }
        Ok(if fault.is_some() { End::Crashed } else { End::Committed })
    }
}

/// What every job of a failed commit is told.
fn not_committed(error: &StoreError) -> StoreError {
    match error {
        StoreError::NotCommitted(_) => error.clone(),
        other => StoreError::NotCommitted(other.to_string().into()),
    }
}

struct Closed<'a>(&'a Shared);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::SeqCst);
    }
}

/// Jobs that go into one commit.
struct Batch<S> {
    jobs: Vec<Box<dyn Job<S>>>,
    /// Whether the writer was told to stop after it.
    last: bool,
}

impl<S> Batch<S> {
    /// Waits for a job, then takes along those that wait too. None when nobody can send any more.
    fn take(queue: &Receiver<Message<S>>) -> Option<Self> {
        let mut batch = Self { jobs: Vec::new(), last: false };
        let mut message = queue.recv().ok()?;
        loop {
            match message {
                Message::Job(job) => batch.jobs.push(job),
                Message::Stop => batch.last = true,
            }
            if batch.last || batch.jobs.len() >= JOBS_PER_COMMIT_MAX {
                return Some(batch);
            }
            match queue.try_recv() {
                Ok(next) => message = next,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Some(batch),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::storage::Place;

    /// Remembers what the hooks were told.
    #[derive(Default)]
    struct Log(Arc<Mutex<Vec<&'static str>>>, bool);

    impl CommitHooks for Log {
        fn job_undone(&mut self) {
            lock(&self.0).push("undone");
        }
        fn job_kept(&mut self) {
            lock(&self.0).push("kept");
        }
        fn before_commit(&mut self, _tx: &Transaction<'_>) -> Result<(), StoreError> {
            if self.1 { Err(StoreError::Corrupt("as asked")) } else { Ok(()) }
        }
        fn committed(&mut self) {
            lock(&self.0).push("committed");
        }
        fn rolled_back(&mut self) {
            lock(&self.0).push("rolled back");
        }
    }

    fn epoch(place: &Place) -> u64 {
        storage::server::identity(&storage::connect(place).unwrap()).unwrap().epoch
    }

    fn raise(tx: &Transaction<'_>) -> Result<u64, StoreError> {
        storage::server::raise_epoch(tx, 0)
    }

    fn writer(state: Log) -> (Place, Writer<Log>, Arc<Mutex<Vec<&'static str>>>) {
        let place = Place::in_memory().unwrap();
        let log = Arc::clone(&state.0);
        let writer = Writer::start(storage::connect(&place).unwrap(), state);
        (place, writer, log)
    }

    /// Queues four jobs behind one that holds the thread, so that they share a commit.
    fn run_together(writer: &Writer<Log>) -> Vec<Result<u64, StoreError>> {
        let (open_gate, gate) = mpsc::channel::<()>();
        let (entered, at_gate) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(|| {
                writer.write_blocking::<_, StoreError>(move |_, _| {
                    entered.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(())
                })
            });
            at_gate.recv().unwrap();
            let replies = [
                queue(writer, |tx, _| raise(tx)),
                queue(writer, |tx, _| raise(tx).and(Err(StoreError::Corrupt("as asked")))),
                queue(writer, |tx, _| {
                    raise(tx)?;
                    panic!("as asked")
                }),
                queue(writer, |tx, _| raise(tx)),
            ];
            open_gate.send(()).unwrap();
            replies.map(|reply| reply.blocking_recv().unwrap()).into()
        })
    }

    fn queue<F>(writer: &Writer<Log>, work: F) -> oneshot::Receiver<Result<u64, StoreError>>
    where
        F: FnOnce(&Transaction<'_>, &mut Log) -> Result<u64, StoreError> + Send + 'static,
    {
        let (task, reply) = Task::new(work);
        writer.queue.send(Message::Job(task)).map_err(|_| "stopped").unwrap();
        reply
    }

    #[test]
    fn a_job_that_fails_or_panics_is_undone_alone() {
        let (place, writer, log) = writer(Log::default());
        let results = run_together(&writer);
        assert!(
            matches!(results[..], [Ok(2), Err(StoreError::Corrupt(_)), Err(StoreError::Panicked), Ok(3)]),
            "{results:?}"
        );
        assert_eq!(epoch(&place), 3);
        assert_eq!(lock(&log)[2..], ["kept", "undone", "undone", "kept", "committed"]);
        assert_eq!(writer.counts(), Counts { jobs: 5, commits: 2, failed_commits: 0 });
        assert!(writer.is_running());
    }

    #[test]
    fn a_commit_that_fails_fails_every_job_in_it() {
        let (place, writer, log) = writer(Log(Arc::default(), true));
        let result = writer.write_blocking(|tx, _| raise(tx));
        assert!(matches!(result, Err(StoreError::NotCommitted(_))), "{result:?}");
        assert_eq!(epoch(&place), 1);
        assert_eq!(*lock(&log), ["kept", "rolled back"]);
    }

    #[test]
    fn injected_faults_keep_what_their_names_say() {
        for (fault, kept, running) in
            [(Fault::RefuseCommit, 1, true), (Fault::CrashBeforeCommit, 1, false), (Fault::CrashAfterCommit, 2, false)]
        {
            let (place, writer, _) = writer(Log::default());
            writer.inject(fault);
            let result = writer.write_blocking(|tx, _| raise(tx));
            assert!(matches!(result, Err(StoreError::NotCommitted(_) | StoreError::Stopped)), "{fault:?} {result:?}");
            if running {
                writer.write_blocking(|_, _| Ok::<_, StoreError>(())).unwrap();
            } else {
                let after = writer.write_blocking(|tx, _| raise(tx));
                assert!(matches!(after, Err(StoreError::Stopped)), "{after:?}");
            }
            assert_eq!(epoch(&place), kept, "{fault:?}");
        }
    }

    #[test]
    fn stopping_finishes_what_waits() {
        let (place, writer, _) = writer(Log::default());
        let reply = queue(&writer, |tx, _| raise(tx));
        writer.stop();
        assert_eq!(reply.blocking_recv().unwrap().unwrap(), 2);
        assert_eq!(epoch(&place), 2);
        assert!(!writer.is_running());
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let (_, writer, _) = writer(Log::default());
        let (open_gate, gate) = mpsc::channel::<()>();
        let (entered, at_gate) = mpsc::channel::<()>();
        let held = queue(&writer, move |_, _| {
            entered.send(()).unwrap();
            gate.recv().unwrap();
            Ok(0)
        });
        at_gate.recv().unwrap();
        let waiting: Vec<_> = (0..JOBS_WAITING_MAX).map(|_| queue(&writer, |tx, _| raise(tx))).collect();
        let refused = futures_util::FutureExt::now_or_never(writer.write(|tx, _| raise(tx)));
        assert!(matches!(refused, Some(Err(StoreError::Busy))), "{refused:?}");
        open_gate.send(()).unwrap();
        held.blocking_recv().unwrap().unwrap();
        for reply in waiting {
            reply.blocking_recv().unwrap().unwrap();
        }
    }

    #[test]
    fn another_process_that_committed_is_noticed() {
        struct Others(Arc<AtomicU64>);
        impl CommitHooks for Others {
            fn others_committed(&mut self, _tx: &Transaction<'_>) -> Result<(), StoreError> {
                self.0.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        }
        let place = Place::in_memory().unwrap();
        let seen = Arc::new(AtomicU64::new(0));
        let writer = Writer::start(storage::connect(&place).unwrap(), Others(Arc::clone(&seen)));
        let write = || writer.write_blocking(|tx, _| raise(tx)).unwrap();
        write();
        write();
        assert_eq!(seen.load(Ordering::SeqCst), 0);
        let mut other = storage::connect(&place).unwrap();
        let tx = storage::begin(&mut other).unwrap();
        raise(&tx).unwrap();
        tx.commit().unwrap();
        write();
        write();
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
}
