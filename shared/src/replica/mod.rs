//! One device's documents, and its side of the exchange with the server.
//!
//! Sans-IO: a replica never reads, writes, waits or asks the time. It says what must be stored ([`Replica::take_batch`]) and what
//! must be sent ([`Replica::request`]), and the caller makes it so.
//!
//! Invariant: nothing is sent before it is on the device's own disk. Otherwise a crash could lose a mark that another phone
//! has already built on.

mod exchange;
mod follow;
mod inbox;
mod known;
mod stored;
mod views;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};

use crate::{
    decision::Decided,
    document::{Author, Document, Kind},
    edit::{Edit, Entry, Library, Refusal, version_heads},
    field::Field,
    id::{AccountId, DeviceId, DocumentId, RowId},
    limit,
    record::{CallRecord, Record},
    role::Role,
    settings::{SETTINGS, Settings},
    view::{JudgedView, SetAside},
    wire::{AuthorEntry, Cursor, Hash, ServerId, bucket_of, bucket_part, digest_of},
};

pub use exchange::{ExchangeError, Exchanged};
pub use known::{KnownPerson, Sought};
pub use stored::Batch;
pub use views::ViewUpdate;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Whose device this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The device: the beginning of every actor that it writes with.
    pub device: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
}

/// A change that the server has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    hash: Hash,
    deps: Vec<Hash>,
    bytes: serde_bytes::ByteBuf,
    /// The marks that it makes: a roster says which of them are on the server.
    marks: Vec<RowId>,
    /// The batch that it was stored with; it may leave when that batch is on disk.
    #[serde(skip)]
    batch: u64,
}

/// One document on this device. Parsed when needed, else its bytes and its record only.
#[derive(Debug)]
struct Held {
    kind: Kind,
    /// The whole document as of the last time it was packed.
    saved: Vec<u8>,
    /// Changes since then.
    tail: Vec<Vec<u8>>,
    parsed: Option<Document>,
    record: Record,
    decided: Decided,
    /// What the server is known to have: heads, sorted.
    server_heads: Vec<Hash>,
    pending: Vec<Pending>,
    /// This hold's own nonce, from its first edit in this run on.
    nonce: Option<[u8; 8]>,
    /// See [`crate::wire::Down::epoch`].
    epoch: u32,
    /// How far somebody has looked at it here; none before the first time.
    seen: Option<follow::Seen>,
    /// What a server had acknowledged before it was restored from an older copy: heads. Should the document come back written anew,
    /// this much of it was in that, and is not to be said again.
    once_heads: Vec<Hash>,
}

/// One device's documents. See the module.
#[derive(Debug)]
pub struct Replica {
    identity: Identity,
    held: BTreeMap<DocumentId, Held>,
    authors: BTreeMap<DeviceId, AuthorEntry>,
    set_aside: Vec<SetAside>,
    judged: Vec<JudgedView>,
    /// The server has ended this device's access.
    ended: bool,
    server: ServerId,
    cursor: Cursor,
    exchanged_ms: u64,
    clock_ahead_ms: i64,
    /// When this device last said what time it is; 0 before it did.
    now_ms: u64,
    /// The first run of pages is complete.
    complete: bool,

    /// Random at each start; holds count up from it.
    nonce: u64,
    /// Documents of which a whole copy is asked.
    want: BTreeSet<DocumentId>,
    /// Documents that hold a change which the server has set aside: fetched anew once nothing of them is pending.
    tainted: BTreeSet<DocumentId>,
    /// Stored values that could not be read. They are left where they are.
    unreadable: usize,
    in_flight: Option<exchange::InFlight>,
    repair: exchange::Repair,

    stored: stored::Stored,
    wanted: Vec<views::Wanted>,
    changed: BTreeSet<DocumentId>,
    /// Versions of calls that were read: they never change (C1).
    published: BTreeMap<(DocumentId, RowId), CallRecord>,
    /// Brought up to date by whoever reads it.
    twins: RefCell<known::Twins>,
}

impl Replica {
    /// What this device is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Works an edit in. Done a second time, it changes nothing.
    ///
    /// Afterwards [`Replica::take_batch`] gives what must be stored.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing was done.
    pub fn edit(&mut self, entry: &Entry) -> Result<(), Refusal> {
        if let Edit::Look { dossier, version } = &entry.edit {
            self.look(*dossier, &version_heads(version), entry.at_ms);
            return Ok(());
        }
        let role = self.identity.role;
        let outcome = entry.edit.apply(self, role, entry.at_ms)?;
        for (document, made) in outcome.written {
            let deps = document.crdt.get_change_meta_by_hash(&made.hash).map(|meta| meta.deps);
            let pending = Pending {
                hash: made.hash.0,
                deps: deps.unwrap_or_default().into_iter().map(|hash| hash.0).collect(),
                bytes: made.bytes.into(),
                marks: match &entry.edit {
                    Edit::CheckIn { mark, .. } | Edit::RegisterWalkIn { mark, .. } => vec![*mark],
                    Edit::Sign { mark, signature, .. } => vec![*mark, *signature],
                    _ => Vec::new(),
                },
                batch: self.stored.open_batch(),
            };
            self.wrote(document, pending);
        }
        self.forget_parsed();
        Ok(())
    }

    fn wrote(&mut self, document: Document, pending: Pending) {
        let (id, kind) = (document.id, document.kind);
        self.stored.wrote(id, kind, &pending);
        let held = self.held.entry(id).or_insert_with(|| Held::new(kind));
        held.nonce.get_or_insert_with(|| self.nonce.to_be_bytes());
        held.tail.push(pending.bytes.to_vec());
        let sees = held.see_own(&pending.deps, pending.hash);
        held.pending.push(pending);
        if sees {
            self.stored.seen_changed();
        }
        held.know(&document);
        held.parsed = Some(document);
        self.changed.insert(id);
    }

    /// Changes that the server has not acknowledged.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.held.values().map(|held| held.pending.len()).sum()
    }

    /// The changes that the server has not acknowledged, by document.
    pub fn unacknowledged(&self) -> impl Iterator<Item = (DocumentId, Hash)> + '_ {
        self.held.iter().flat_map(|(id, held)| held.pending.iter().map(|pending| (*id, pending.hash)))
    }

    /// What the server has kept for staff instead of applying it.
    #[must_use]
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// Whether the server has ended this device's access. Once nothing is [unsent](Replica::unsent), the device must forget
    /// everything.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The house's rules, as far as this device knows them.
    #[must_use]
    pub fn settings(&self) -> Settings<'_> {
        Settings(self.record(SETTINGS).map(Record::fields))
    }

    /// A volunteer's device forgets events that are over for longer than the house keeps them there, with the people that nothing
    /// else names. What the server has not acknowledged stays until it has.
    ///
    /// To be called at the start and once a day; `now_ms` is the device's clock.
    pub fn expire(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        if self.identity.role != Role::Volunteer {
            return;
        }
        let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX).saturating_sub(self.clock_ahead_ms);
        let keep_days = self.settings().get(Field::EventKeepDays);
        let is_over = |held: &Held| match &held.record {
            Record::Event(event) => event.last_day().is_some_and(|day| now_ms / DAY_MS > day + keep_days),
            _ => false,
        };
        let over: Vec<DocumentId> =
            self.held.iter().filter(|(_, held)| held.pending.is_empty() && is_over(held)).map(|(id, _)| *id).collect();
        let mut named: BTreeSet<DocumentId> = BTreeSet::new();
        for id in over {
            named.extend(self.held[&id].record.names());
            self.forget(id);
        }
        let still_named: BTreeSet<DocumentId> = self.held.values().flat_map(|held| held.record.names()).collect();
        for id in named.difference(&still_named) {
            self.forget(*id);
        }
    }

    /// Stored values that could not be read at the start.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The documents on this device.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentId, Kind)> + '_ {
        self.held.iter().map(|(id, held)| (*id, held.kind))
    }

    /// What a document says.
    #[must_use]
    pub fn record(&self, id: DocumentId) -> Option<&Record> {
        self.held.get(&id).map(|held| &held.record)
    }

    /// A copy of a document.
    #[must_use]
    pub fn document(&mut self, id: DocumentId) -> Option<Document> {
        self.held.get_mut(&id).map(|held| held.parse(id).clone())
    }

    /// The digest of what the server is known to have of this device's documents.
    #[must_use]
    pub fn digest(&self) -> u128 {
        self.held.iter().filter_map(|(id, held)| held.digest(*id)).fold(0, |sum, digest| sum ^ digest)
    }

    fn buckets(&self) -> Vec<u64> {
        let mut buckets = vec![0; crate::wire::BUCKETS];
        for (id, held) in &self.held {
            if let Some(digest) = held.digest(*id) {
                buckets[usize::from(bucket_of(*id))] ^= bucket_part(digest);
            }
        }
        buckets
    }

    /// Keeps memory bounded: drops the parsed form of documents that nobody looks at, when there are many.
    fn forget_parsed(&mut self) {
        let parsed = self.held.values().filter(|held| held.parsed.is_some()).count();
        if parsed > limit::PARSED_DOCUMENTS_MAX {
            let looked_at: BTreeSet<DocumentId> =
                self.wanted.iter().filter_map(|wanted| wanted.key.document()).collect();
            for (id, held) in &mut self.held {
                // A long tail is costly to parse again; it is packed soon.
                if !looked_at.contains(id) && held.tail.len() < 32 {
                    held.parsed = None;
                }
            }
        }
    }
}

impl Library for Replica {
    fn copy(&mut self, id: DocumentId) -> Option<Document> {
        self.document(id)
    }

    fn author(&mut self, id: DocumentId, at_ms: u64) -> Author {
        let nonce = match self.held.get(&id).and_then(|held| held.nonce) {
            Some(nonce) => nonce,
            None => {
                // A nonce for each hold: a document that was forgotten and came back begins a new sequence.
                self.nonce = self.nonce.wrapping_add(1);
                self.nonce.to_be_bytes()
            }
        };
        if let Some(held) = self.held.get_mut(&id) {
            held.nonce = Some(nonce);
        }
        Author { device: self.identity.device, nonce, at_ms }
    }
}

impl Held {
    /// Of a document in which nothing was written yet.
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            saved: Vec::new(),
            tail: Vec::new(),
            parsed: None,
            record: Record::empty(kind),
            decided: Decided::default(),
            server_heads: Vec::new(),
            pending: Vec::new(),
            nonce: None,
            epoch: 0,
            seen: None,
            once_heads: Vec::new(),
        }
    }

    /// Reads what a document says.
    fn know(&mut self, document: &Document) {
        self.record = Record::read(document);
        self.decided = Decided::read(document);
    }

    fn read(&mut self, id: DocumentId) {
        let document = self.parse(id);
        let (record, decided) = (Record::read(document), Decided::read(document));
        (self.record, self.decided) = (record, decided);
    }

    fn parse(&mut self, id: DocumentId) -> &mut Document {
        let kind = self.kind;
        let (saved, tail) = (&self.saved, &self.tail);
        self.parsed.get_or_insert_with(|| {
            let begun = if saved.is_empty() { None } else { Document::load(id, kind, saved).ok() };
            let mut document = begun.unwrap_or_else(|| Document::new(id, kind));
            // Our own bytes, verified when they were stored: what cannot be read again is healed by the digest.
            document.take(tail).ok();
            document
        })
    }

    /// Of what the server has; none for a document that it has nothing of.
    fn digest(&self, id: DocumentId) -> Option<u128> {
        (!self.server_heads.is_empty()).then(|| digest_of(id, &self.server_heads))
    }

    /// The server has this change: it becomes a head in place of those that it builds on.
    fn acknowledge(&mut self, hash: Hash, deps: &[Hash]) {
        self.server_heads.retain(|head| !deps.contains(head) && *head != hash);
        self.server_heads.push(hash);
        self.server_heads.sort_unstable();
    }
}
