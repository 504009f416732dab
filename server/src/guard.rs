//! The intake guard: what a device sends, judged before it touches anything shared.
//!
//! Automerge trusts its input. Stock 0.12 panics on some hostile changes and, worse, accepts others and keeps a document
//! that can no longer be saved, loaded or edited. So every change passes here, against the document as the server
//! holds it:
//!
//! 1. Its frame is bounded: kind, size, inflated size, checksum, and the number of operations, all before decoding.
//! 2. Automerge parses it, with panics caught.
//! 3. It continues what the document holds: its actor is the device's, its number the next one, all that it builds on is
//!    here and in its own past.
//!    What it does there is what its author may do: [`shared::effect`], where an author is given.
//! 4. It is applied to a clone, with panics caught.
//! 5. Read back from the clone, it is byte for byte what arrived.
//! 6. [`prove`]: the clone saves, loads back equal and reads equal, before anything is committed.
//!
//! Steps 1 to 5 are [`admit`]. Step 6 costs as much as loading the document, so it runs once for all changes that one
//! commit brings. Document chunks are never accepted: the server makes its snapshots itself.
//!
//! This needs a build that unwinds: with `panic = "abort"` one hostile change ends the process.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Once};

use automerge::{Automerge, Change, LoadOptions};
use shared::{
    document::{Document, Kind},
    edit,
    id::DocumentId,
    limit,
    role::Role,
};

mod batch;
mod chunk;
mod operations;
mod past;
mod reading;

use batch::Batch;

/// Bytes of one change, both as sent and inflated: four times what a phone allows itself.
pub const CHANGE_BYTES_MAX: usize = 4 * limit::CHANGE_BYTES_MAX;
/// Operations of one change. The largest edit puts one long text in the place of another: each character is one operation.
/// Decoding so many takes some 70 MB.
pub const CHANGE_OPS_MAX: u64 = 2 * limit::SECTION_CHARS_MAX as u64 + 10_000;
/// Predecessors that the operations of one change name together.
pub const CHANGE_PREDS_MAX: u64 = 2 * CHANGE_OPS_MAX;
/// Changes that one change may build on directly; and so the heads that a document may have.
pub const CHANGE_DEPS_MAX: u64 = limit::DOCUMENT_HEADS_MAX;
/// Bytes of the message that comes with a change.
pub const CHANGE_MESSAGE_BYTES_MAX: usize = 1_024;
/// Bytes of one string or byte value. Longer text is Text, whose elements are single characters.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one map key.
pub const KEY_BYTES_MAX: usize = 256;
/// Maps and lists inside each other. Reading recurses, in Automerge too: a thousand levels overflow a thread's stack, which
/// ends the process and cannot be caught.
pub const DEPTH_MAX: usize = 16;
/// A change's claimed time lies within this many units around the epoch: wide enough for any wrong clock, and narrow
/// enough that the differences which Automerge stores cannot overflow. It is also JavaScript's largest exact integer.
pub const TIME_MAX: i64 = (1 << 53) - 1;
/// Work for one call of [`admit`]: operations, predecessors, ancestors looked through, and each 32 bytes. It is some
/// seconds at most, and 16 MB of changes held at once. What is left over is [`Refusal::Postponed`]. Where batches fail before anything
/// is judged, the first change is granted as much once more.
pub const UPLOAD_WORK_MAX: u64 = 500_000;
const POSTPONED: Verdict = Verdict::Refused(Refusal::Postponed);
/// One change alone costs less: of every upload the first one is judged.
const _: () = assert!(
    1 + CHANGE_OPS_MAX
        + CHANGE_PREDS_MAX
        + CHANGE_BYTES_MAX as u64 / chunk::BYTES_PER_WORK
        + limit::DOCUMENT_CHANGES_MAX
        + CHANGE_DEPS_MAX
        + READING_WORK
        <= UPLOAD_WORK_MAX
);
/// What it costs of that when applying fails: another clone of the document.
const SPOILT_WORK: u64 = 2_500;
/// What it costs to read a whole dossier in order to judge a move of it.
const READING_WORK: u64 = 10_000;

/// Bytes of an actor id: the device's 16, then 8 that each start of the engine takes fresh.
pub const ACTOR_BYTES: usize = 24;

/// Why a change was not admitted. [`Refusal::code`] is the stable name that goes to the device and into the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    #[error("the change, or something in it, is larger than its limit")]
    TooBig,
    #[error("the bytes are not what their own lengths and types promise")]
    Malformed,
    #[error("a chunk, but of a document or a bundle")]
    NotAChange,
    #[error("the checksum does not match the bytes")]
    Checksum,
    #[error("marks, counters, tables, authors, blocks in text, or a value that JSON cannot hold")]
    Unsupported,
    #[error("the actor does not belong to the device that sends the change")]
    ForeignActor,
    #[error("not the actor's next change, or not built on its last one")]
    SeqGap,
    #[error("the actor has made another change of this number: a fork")]
    DuplicateSeq,
    #[error("builds on changes that the document does not hold")]
    MissingDeps,
    #[error("does not count its operations from where its past ends")]
    StartOp,
    #[error("names an actor that the document does not know")]
    UnknownActor,
    #[error("refers to an operation that is not in its own past, or is not of the kind it is taken for")]
    UnknownOperation,
    #[error("the document has reached its limit of operations, changes, actors or heads")]
    DocumentFull,
    #[error("Automerge would write the same change in other bytes")]
    NotCanonical,
    #[error("Automerge panicked or refused")]
    Panicked,
    #[error("with it, the document does not save, load back and read equal")]
    Unsaveable,
    #[error("{0}")]
    Forbidden(edit::Refusal),
    #[error("not judged: the upload has used up its work; innocent, to be sent again")]
    Postponed,
}

impl Refusal {
    /// Every refusal of the guard's own, for whoever keeps a table of them; those of edits have their own codes.
    pub const ALL: [Refusal; 17] = [
        Refusal::TooBig,
        Refusal::Malformed,
        Refusal::NotAChange,
        Refusal::Checksum,
        Refusal::Unsupported,
        Refusal::ForeignActor,
        Refusal::SeqGap,
        Refusal::DuplicateSeq,
        Refusal::MissingDeps,
        Refusal::StartOp,
        Refusal::UnknownActor,
        Refusal::UnknownOperation,
        Refusal::DocumentFull,
        Refusal::NotCanonical,
        Refusal::Panicked,
        Refusal::Unsaveable,
        Refusal::Postponed,
    ];

    /// The stable code that the app translates.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::TooBig => "change.too_big",
            Refusal::Malformed => "change.malformed",
            Refusal::NotAChange => "change.not_a_change",
            Refusal::Checksum => "change.checksum",
            Refusal::Unsupported => "change.unsupported",
            Refusal::ForeignActor => "change.foreign_actor",
            Refusal::SeqGap => "change.seq_gap",
            Refusal::DuplicateSeq => "change.duplicate_seq",
            Refusal::MissingDeps => "change.missing_deps",
            Refusal::StartOp => "change.start_op",
            Refusal::UnknownActor => "change.unknown_actor",
            Refusal::UnknownOperation => "change.unknown_operation",
            Refusal::DocumentFull => "change.document_full",
            Refusal::NotCanonical => "change.not_canonical",
            Refusal::Panicked => "change.panicked",
            Refusal::Unsaveable => "change.unsaveable",
            Refusal::Forbidden(refusal) => refusal.code(),
            Refusal::Postponed => "change.postponed",
        }
    }
}

/// What became of one change of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted(AcceptedChange),
    /// The document already holds the change of this hash: a device sends again after a lost receipt.
    Duplicate([u8; 32]),
    Refused(Refusal),
}

/// One change that the document now holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedChange {
    pub hash: [u8; 32],
    /// The chunk as it arrived, deflated or not.
    pub bytes: Vec<u8>,
    /// The device's 16 bytes and the 8 of its engine's start.
    pub actor: [u8; ACTOR_BYTES],
    /// Counts the actor's changes, from 1.
    pub seq: u64,
    /// Counter of its first operation.
    pub start_op: u64,
    /// Counter of its last operation; `start_op - 1` if it has none.
    pub max_op: u64,
    /// The device's claim, in the unit that the engine writes. The time of receipt is the server's to add.
    pub claimed_time: i64,
}

/// The outcome of [`admit`].
#[derive(Debug)]
pub struct Admitted {
    /// The document with all accepted changes applied.
    pub document: Automerge,
    /// One for each change of the upload, in its order.
    pub verdicts: Vec<Verdict>,
}

impl Admitted {
    pub fn accepted(&self) -> impl Iterator<Item = &AcceptedChange> {
        self.verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Accepted(change) => Some(change),
            _ => None,
        })
    }
}

/// Whose actors an upload may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Those that begin with the uploading device's 16 bytes.
    Device([u8; 16]),
    /// Any: a server that was restored is given back what others had written.
    Anyone,
}

/// Who is taken to have meant the changes of an upload, and of which document.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    pub role: Role,
    pub document: DocumentId,
    pub kind: Kind,
    /// The other documents that it takes to judge them. Where there are none, what these say is not judged.
    pub library: Option<&'a dyn Library>,
}

/// The documents beside the one that is judged.
pub trait Library: Debug {
    /// The document, as it is here; none if it is not.
    fn document(&self, id: DocumentId) -> Option<Arc<Document>>;
    /// Whether it may lack what was here once: the server was restored, and phones still give things back.
    fn may_lack(&self) -> bool;
    /// The server's clock, in milliseconds since 1970: no author made a change later.
    fn now_ms(&self) -> u64;
}

/// Reads a change without judging it: its hash and what it builds on. None if it cannot be read safely.
pub fn read(bytes: &[u8]) -> Option<Change> {
    contained(|| chunk::open(bytes)?.parse()).ok()
}

/// Judges an upload for one document, change by change in the given order: steps 1 to 5.
///
/// Each change is judged on its own. One that is refused takes down those that build on it, and no other.
/// `document` itself is never touched.
///
/// Changes are applied many at a time: Automerge walks through a whole map for each call, so that one at a time would cost
/// twenty times as much. Where a batch fails it is halved until the culprit stands alone.
///
/// Where an author is given, what each change does is held against the table of permissions too.
pub fn admit(
    document: &Automerge,
    owner: &Owner,
    author: Option<Author<'_>>,
    changes: &[impl AsRef<[u8]>],
) -> Admitted {
    let mut document = Cow::Borrowed(document);
    let mut verdicts = Vec::with_capacity(changes.len());
    let mut work_left = UPLOAD_WORK_MAX;
    let mut size = changes.len();
    while verdicts.len() < changes.len() {
        let rest = &changes[verdicts.len()..];
        let some = &rest[..size.min(rest.len())];
        let is_whole = work_left == UPLOAD_WORK_MAX;
        match take(&document, owner, author, some, &mut work_left) {
            // Batches that failed have used up what the first one needs. It gets its answer, once and alone: else the device
            // would send this same upload for ever.
            Ok((_, taken)) if !is_whole && verdicts.is_empty() && taken[0] == POSTPONED => {
                work_left = UPLOAD_WORK_MAX;
                size = 1;
            }
            Ok((next, taken)) => {
                verdicts.extend(taken);
                document = next.map_or(document, Cow::Owned);
                size *= 2;
            }
            Err(refusal) if some.len() == 1 => {
                verdicts.push(Verdict::Refused(refusal));
                size = 2;
            }
            Err(_) => size = some.len() / 2,
        }
    }
    Admitted { document: document.into_owned(), verdicts }
}

/// Judges some changes and applies at once those that pass. Fails as a whole if applying does.
///
/// Returns the document with them, if there are any.
fn take(
    document: &Automerge,
    owner: &Owner,
    author: Option<Author<'_>>,
    changes: &[impl AsRef<[u8]>],
    work_left: &mut u64,
) -> Result<(Option<Automerge>, Vec<Verdict>), Refusal> {
    let mut batch = Batch::new(document, owner, author, work_left);
    let verdicts = changes.iter().map(|bytes| batch.judge(bytes.as_ref()).unwrap_or_else(Verdict::Refused)).collect();
    Ok((batch.apply()?, verdicts))
}

/// Step 6: the document saves, loads back with equal heads, and reads equal.
///
/// Loading checks every change's hash, so equal heads mean that the whole history came back. Returns the saved bytes,
/// which may be kept as a snapshot.
///
/// Costs as much as loading the document: 2 to 8 ms for a sheet of a thousand changes.
pub fn prove(document: &Automerge) -> Result<Vec<u8>, Refusal> {
    contained(|| {
        let saved = document.save();
        let options = LoadOptions::new().text_encoding(document.text_encoding());
        let loaded = Automerge::load_with_options(&saved, options).map_err(|_| Refusal::Unsaveable)?;
        let equal = loaded.get_heads() == document.get_heads() && reading::read_alike(&loaded, document);
        equal.then_some(saved).ok_or(Refusal::Unsaveable)
    })
    .map_err(|_| Refusal::Unsaveable)
}

/// Reads what hostile bytes may have made, with panics caught; none if there was one.
pub fn contain<T>(read: impl FnOnce() -> T) -> Option<T> {
    contained(|| Ok(read())).ok()
}

thread_local! {
    /// Whether this thread is inside [`contained`].
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what hostile bytes may make panic, and turns a panic into [`Refusal::Panicked`].
///
/// Such a panic is an answer and no accident, so it is not printed: its message may quote what was in the document, and
/// one device could fill the log with it. Panics elsewhere are reported by the hook that was set before.
fn contained<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                report(info);
            }
        }));
    });
    let outer = CONTAINED.replace(true);
    // Whatever a panic leaves half done is thrown away by the caller, who only holds clones.
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    outcome.unwrap_or(Err(Refusal::Panicked))
}
