//! What a replica keeps on its device's disk: a log of what happened, packed from time to time.
//!
//! To the disk it is a set of keys with bytes. Documents are packed into buckets, so that packing rewrites only those in
//! which something happened.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Held, Identity, Pending, Replica, exchange, follow::Seen};
use crate::{
    document::Kind,
    id::DocumentId,
    view::{JudgedView, SetAside},
    wire::{AuthorEntry, Cursor, Hash, ServerId},
};

/// Batches in the log before it is packed.
const LOG_BATCHES_MAX: usize = 48;
/// Documents that the log speaks of before it is packed: each of them is read from its changes at the next start.
const LOG_DOCUMENTS_MAX: usize = 32;
/// Bytes in the log before it is packed.
const LOG_BYTES_MAX: usize = 512 * 1024;
/// Documents are packed by the last byte of their id, which is random, into so many packs.
const PACKS: u8 = 32;
/// First byte of every value, so that a later build knows what it reads.
const FORMAT: u8 = 1;
/// To be raised when the shape of records changes: stored ones of another shape are read again from the documents.
const RECORD_SHAPE: u32 = 7;

/// What must be written in one step, all of it or nothing, before anything of it may leave the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// To be given to [`Replica::persisted`].
    pub id: u64,
    /// Keys and their bytes.
    pub puts: Vec<(String, Vec<u8>)>,
    /// Keys that go.
    pub deletes: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Stored {
    next_batch: u64,
    /// The highest batch that is on disk.
    durable: u64,
    events: Vec<Happened>,
    /// Keys of the log that are on disk or on their way there.
    log: Vec<String>,
    log_bytes: usize,
    /// Documents that the log speaks of.
    dirty: BTreeSet<DocumentId>,
    meta_changed: bool,
    /// Somebody has looked at something.
    seen_changed: bool,
    /// The next batch packs: something was erased, and the log still tells it.
    packs_next: bool,
    /// Values that could not be read at the start, by key: to be put out of the way of what is written next.
    damaged: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Happened {
    /// A change that this device made.
    Wrote { id: DocumentId, kind: Kind, pending: Pending },
    /// Changes that the server sent.
    Took { id: DocumentId, kind: Kind, changes: Vec<serde_bytes::ByteBuf>, server_heads: Vec<Hash> },
    /// The server has these changes of ours.
    Acknowledged { id: DocumentId, hashes: Vec<Hash>, server_heads: Vec<Hash> },
    /// The document as a whole, in place of whatever was there.
    Whole(Packed),
    /// The document left this device.
    Forgot { id: DocumentId },
}

#[derive(Debug, Serialize, Deserialize)]
struct Packed {
    id: DocumentId,
    kind: Kind,
    saved: serde_bytes::ByteBuf,
    pending: Vec<Pending>,
    server_heads: Vec<Hash>,
    /// The shape and bytes of the record: apart, so that another shape does not make the document unreadable.
    record: (u32, serde_bytes::ByteBuf),
}

#[derive(Debug, Serialize, Deserialize)]
struct Meta {
    server: ServerId,
    cursor: Cursor,
    exchanged_ms: u64,
    clock_ahead_ms: i64,
    complete: bool,
    want: BTreeSet<DocumentId>,
    tainted: BTreeSet<DocumentId>,
    authors: Vec<AuthorEntry>,
    set_aside: Vec<SetAside>,
}

/// What came with protocol 2. Apart, so that what 0.1.0 stored stays readable.
#[derive(Debug, Serialize, Deserialize)]
struct Trust {
    judged: Vec<JudgedView>,
    ended: bool,
    /// Of the documents that were written anew at least once.
    epochs: BTreeMap<DocumentId, u32>,
    /// See [`Held::once_heads`], where there are any.
    once_heads: BTreeMap<DocumentId, Vec<Hash>>,
}

const META: &str = "meta";
const TRUST: &str = "trust";
/// How far which document was looked at. Apart, for the same reason as [`Trust`].
const SEEN: &str = "seen";
/// What stands before the key of a value that could not be read: a later build, or a human, may yet read it.
const DAMAGED: &str = "damaged-";

impl Replica {
    /// Opens what earlier batches left on disk: every key with its bytes, in any order.
    ///
    /// `nonce` is random, fresh at each start. What cannot be read is left out, and healed from the server.
    #[must_use]
    pub fn open(identity: Identity, nonce: [u8; 8], stored: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut replica = Self {
            identity,
            held: BTreeMap::new(),
            authors: BTreeMap::new(),
            set_aside: Vec::new(),
            judged: Vec::new(),
            ended: false,
            server: ServerId::default(),
            cursor: Cursor::default(),
            exchanged_ms: 0,
            clock_ahead_ms: 0,
            now_ms: 0,
            complete: false,
            nonce: u64::from_be_bytes(nonce),
            want: BTreeSet::new(),
            tainted: BTreeSet::new(),
            unreadable: 0,
            in_flight: None,
            repair: exchange::Repair::default(),
            stored: Stored { next_batch: 1, ..Stored::default() },
            wanted: Vec::new(),
            published: BTreeMap::new(),
            changed: BTreeSet::new(),
            twins: RefCell::default(),
        };
        // Packs before the log, the log in the order of its numbers: "log-…" sorts before "pack-…".
        let (mut packs, mut log) = (Vec::new(), BTreeMap::new());
        let (mut trust, mut seen) = (None, None);
        for (key, bytes) in stored {
            if key == META {
                replica.open_meta(key, &bytes);
            } else if key == TRUST {
                trust = replica.read::<Trust>(&key, &bytes);
            } else if key == SEEN {
                seen = replica.read::<Vec<(DocumentId, Seen)>>(&key, &bytes);
            } else if key.starts_with("pack-") {
                packs.push((key, bytes));
            } else if key.starts_with(DAMAGED) {
                replica.unreadable += 1;
            } else {
                log.insert(key, bytes);
            }
        }
        for (key, bytes) in packs {
            for packed in replica.read::<Vec<Packed>>(&key, &bytes).unwrap_or_default() {
                replica.open_packed(packed);
            }
        }
        replica.open_log(log);
        for (id, seen) in seen.unwrap_or_default() {
            replica.held.entry(id).and_modify(|held| held.seen = Some(seen));
        }
        if let Some(trust) = trust {
            replica.judged = trust.judged;
            replica.ended = trust.ended;
            for (id, epoch) in trust.epochs {
                replica.held.entry(id).and_modify(|held| held.epoch = epoch);
            }
            for (id, heads) in trust.once_heads {
                replica.held.entry(id).and_modify(|held| held.once_heads = heads);
            }
        }
        replica
    }

    fn read<T: DeserializeOwned>(&mut self, key: &str, value: &[u8]) -> Option<T> {
        let read = value.split_first().filter(|(format, _)| **format == FORMAT);
        let read = read.and_then(|(_, bytes)| postcard::from_bytes(bytes).ok());
        if read.is_none() {
            self.unreadable += 1;
            self.stored.damaged.push((key.to_owned(), value.to_vec()));
        }
        read
    }

    fn open_meta(&mut self, key: String, bytes: &[u8]) {
        let Some(meta) = self.read::<Meta>(&key, bytes) else { return };
        self.server = meta.server;
        self.cursor = meta.cursor;
        self.exchanged_ms = meta.exchanged_ms;
        self.clock_ahead_ms = meta.clock_ahead_ms;
        self.complete = meta.complete;
        self.want = meta.want;
        self.tainted = meta.tainted;
        self.authors = meta.authors.into_iter().map(|author| (author.device, author)).collect();
        self.set_aside = meta.set_aside;
    }

    fn open_packed(&mut self, packed: Packed) {
        let mut held = Held::new(packed.kind);
        held.saved = packed.saved.into_vec();
        held.pending = packed.pending;
        held.server_heads = packed.server_heads;
        let (shape, record) = packed.record;
        match postcard::from_bytes(&record) {
            Ok(read) if shape == RECORD_SHAPE => (held.record, held.decided) = read,
            _ => held.read(packed.id),
        }
        self.held.insert(packed.id, held);
    }

    fn open_log(&mut self, log: BTreeMap<String, Vec<u8>>) {
        let mut touched = BTreeSet::new();
        for (key, bytes) in log {
            self.stored.log_bytes += bytes.len();
            let number = key.trim_start_matches("log-").parse().unwrap_or(0);
            self.stored.next_batch = self.stored.next_batch.max(number + 1);
            let read = self.read::<Vec<Happened>>(&key, &bytes);
            self.stored.log.push(key);
            for happened in read.unwrap_or_default() {
                touched.insert(happened.document());
                self.open_happened(happened);
            }
        }
        self.stored.durable = self.stored.next_batch - 1;
        for id in &touched {
            if let Some(held) = self.held.get_mut(id) {
                held.read(*id);
                if !held.is_whole(*id) {
                    self.want.insert(*id);
                }
            }
        }
        self.stored.dirty = touched;
        self.forget_parsed();
    }

    fn open_happened(&mut self, happened: Happened) {
        match happened {
            Happened::Wrote { id, kind, pending } => {
                let held = self.held.entry(id).or_insert_with(|| Held::new(kind));
                held.tail.push(pending.bytes.to_vec());
                held.pending.push(pending);
            }
            Happened::Took { id, kind, changes, server_heads } => {
                let held = self.held.entry(id).or_insert_with(|| Held::new(kind));
                held.tail.extend(changes.into_iter().map(serde_bytes::ByteBuf::into_vec));
                held.server_heads = server_heads;
            }
            Happened::Acknowledged { id, hashes, server_heads } => {
                if let Some(held) = self.held.get_mut(&id) {
                    held.pending.retain(|pending| !hashes.contains(&pending.hash));
                    held.server_heads = server_heads;
                }
            }
            Happened::Whole(packed) => {
                self.held.remove(&packed.id);
                self.open_packed(packed);
            }
            Happened::Forgot { id } => {
                self.held.remove(&id);
            }
        }
    }

    /// What must be stored now, or nothing. To be called after every edit and every reply, until it gives nothing.
    pub fn take_batch(&mut self) -> Option<Batch> {
        let changed = self.stored.meta_changed || self.stored.seen_changed;
        if self.stored.events.is_empty() && !changed && self.stored.damaged.is_empty() {
            return None;
        }
        let id = self.stored.next_batch;
        self.stored.next_batch += 1;
        let mut batch = Batch { id, puts: Vec::new(), deletes: Vec::new() };
        let events = std::mem::take(&mut self.stored.events);
        self.stored.dirty.extend(events.iter().map(Happened::document));
        let bytes = value(&events);
        self.stored.log_bytes += bytes.len();
        let full = self.stored.log.len() >= LOG_BATCHES_MAX
            || self.stored.dirty.len() > LOG_DOCUMENTS_MAX
            || self.stored.log_bytes > LOG_BYTES_MAX;
        if std::mem::take(&mut self.stored.packs_next) || full {
            self.pack(&mut batch);
        } else if !events.is_empty() {
            let key = format!("log-{id:012}");
            self.stored.log.push(key.clone());
            batch.puts.push((key, bytes));
        }
        if std::mem::take(&mut self.stored.meta_changed) {
            batch.puts.push((META.to_owned(), self.meta()));
            batch.puts.push((TRUST.to_owned(), self.trust()));
        }
        if std::mem::take(&mut self.stored.seen_changed) {
            let seen = self.held.iter().filter_map(|(id, held)| held.seen.as_ref().map(|seen| (*id, seen)));
            batch.puts.push((SEEN.to_owned(), value(&seen.collect::<Vec<(DocumentId, &Seen)>>())));
        }
        self.put_aside_damaged(&mut batch);
        Some(batch)
    }

    /// What could not be read moves out of the way of what is written in its place: nothing of it is ever overwritten.
    fn put_aside_damaged(&mut self, batch: &mut Batch) {
        for (key, bytes) in std::mem::take(&mut self.stored.damaged) {
            if batch.puts.iter().all(|(other, _)| *other != key) {
                batch.deletes.push(key.clone());
            }
            self.stored.log.retain(|other| *other != key);
            batch.puts.push((format!("{DAMAGED}{key}"), bytes));
        }
    }

    /// Rewrites the packs in which something happened, and empties the log.
    fn pack(&mut self, batch: &mut Batch) {
        let packs: BTreeSet<u8> = self.stored.dirty.iter().map(|id| id.0[15] % PACKS).collect();
        for pack in packs {
            let mut packed = Vec::new();
            for (id, held) in self.held.iter_mut().filter(|(id, _)| id.0[15] % PACKS == pack) {
                if self.stored.dirty.contains(id) {
                    held.saved = held.parse(*id).save();
                    held.tail.clear();
                }
                packed.push(held.pack(*id));
            }
            let key = format!("pack-{pack:02}");
            if packed.is_empty() {
                batch.deletes.push(key);
            } else {
                batch.puts.push((key, value(&packed)));
            }
        }
        batch.deletes.append(&mut self.stored.log);
        self.stored.log_bytes = 0;
        self.stored.dirty.clear();
    }

    fn meta(&self) -> Vec<u8> {
        let meta = Meta {
            server: self.server,
            cursor: self.cursor,
            exchanged_ms: self.exchanged_ms,
            clock_ahead_ms: self.clock_ahead_ms,
            complete: self.complete,
            want: self.want.clone(),
            tainted: self.tainted.clone(),
            authors: self.authors.values().cloned().collect(),
            set_aside: self.set_aside.clone(),
        };
        value(&meta)
    }

    fn trust(&self) -> Vec<u8> {
        let epochs = self.held.iter().filter(|(_, held)| held.epoch > 0).map(|(id, held)| (*id, held.epoch));
        let once = self.held.iter().filter(|(_, held)| !held.once_heads.is_empty());
        let once_heads = once.map(|(id, held)| (*id, held.once_heads.clone())).collect();
        value(&Trust { judged: self.judged.clone(), ended: self.ended, epochs: epochs.collect(), once_heads })
    }

    /// That a batch, and every one before it, is on disk.
    pub fn persisted(&mut self, batch: u64) {
        self.stored.durable = self.stored.durable.max(batch);
    }
}

impl Stored {
    /// The number of the batch that what happens now will be stored with.
    pub(super) fn open_batch(&self) -> u64 {
        self.next_batch
    }

    /// The highest batch that is on disk.
    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    /// Whether the next batch is a pack because something is gone.
    pub(super) fn packs_soon(&self) -> bool {
        self.packs_next
    }

    /// Makes the next batch a pack.
    pub(super) fn pack_soon(&mut self) {
        self.packs_next = true;
    }

    pub(super) fn is_durable(&self, batch: u64) -> bool {
        batch <= self.durable
    }

    /// Whether everything that happened is on disk.
    pub(super) fn is_settled(&self) -> bool {
        self.events.is_empty() && !self.meta_changed && !self.seen_changed && self.durable + 1 == self.next_batch
    }

    pub(super) fn wrote(&mut self, id: DocumentId, kind: Kind, pending: &Pending) {
        self.events.push(Happened::Wrote { id, kind, pending: pending.clone() });
    }

    pub(super) fn took(&mut self, id: DocumentId, kind: Kind, changes: &[Vec<u8>], held: &Held) {
        let changes = changes.iter().map(|bytes| serde_bytes::ByteBuf::from(bytes.clone())).collect();
        self.events.push(Happened::Took { id, kind, changes, server_heads: held.server_heads.clone() });
    }

    pub(super) fn acknowledged(&mut self, id: DocumentId, hashes: Vec<Hash>, held: &Held) {
        self.events.push(Happened::Acknowledged { id, hashes, server_heads: held.server_heads.clone() });
    }

    pub(super) fn whole(&mut self, id: DocumentId, held: &Held) {
        self.events.push(Happened::Whole(held.pack(id)));
    }

    pub(super) fn forgot(&mut self, id: DocumentId) {
        self.events.push(Happened::Forgot { id });
    }

    pub(super) fn meta_changed(&mut self) {
        self.meta_changed = true;
    }

    pub(super) fn seen_changed(&mut self) {
        self.seen_changed = true;
    }
}

impl Happened {
    fn document(&self) -> DocumentId {
        match self {
            Self::Wrote { id, .. } | Self::Took { id, .. } | Self::Acknowledged { id, .. } | Self::Forgot { id } => *id,
            Self::Whole(packed) => packed.id,
        }
    }
}

impl Held {
    /// Whether the document holds all that it should: a value of the log that could not be read leaves a gap.
    fn is_whole(&mut self, id: DocumentId) -> bool {
        let document = self.parse(id).clone();
        let pending = self.pending.iter().map(|pending| &pending.hash);
        self.server_heads.iter().chain(pending).all(|hash| exchange::has(&document, hash))
    }

    /// Needs `saved` to be fresh, or the tail to be stored elsewhere.
    fn pack(&self, id: DocumentId) -> Packed {
        Packed {
            id,
            kind: self.kind,
            saved: serde_bytes::ByteBuf::from(self.saved.clone()),
            pending: self.pending.clone(),
            server_heads: self.server_heads.clone(),
            record: (RECORD_SHAPE, postcard::to_allocvec(&(&self.record, &self.decided)).unwrap_or_default().into()),
        }
    }
}

fn value<T: Serialize>(content: &T) -> Vec<u8> {
    // Writing plain data into memory cannot fail.
    postcard::to_extend(content, vec![FORMAT]).unwrap_or_default()
}
