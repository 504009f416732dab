//! A world in one process: the real server behind real frames, and any number of phones, each a real replica over a disk
//! that survives its crashes.
//!
//! Nothing here asks the clock or the system's randomness: the same steps give the same bytes. What goes wrong is decided
//! by whoever drives the world: see [`Mishap`], [`Fall`] and [`server::writer::Fault`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use automerge::{Change, ReadDoc as _};
use server::{
    erasure, exchange,
    ingest::{self, Ingest, Uploader},
    proof::PublicKey,
    quarantine,
    storage::{
        self, Place, Store,
        access::{self, Decision, Enrolment, Given, Language, NewInvite},
        documents, erasures, journal, scope,
    },
    verify,
    writer::Fault,
};
use shared::{
    decision::Decided,
    document::{Document, Kind},
    edit::{Edit, Entry, Refusal},
    id::{AccountId, DeviceId, DocumentId, RowId},
    limit, oddity,
    permission::Capability,
    question::{self, Question},
    record::Record,
    replica::{Batch, Exchanged, Identity, Replica},
    role::{Role, Scope},
    wire::{self, Hash, Report, Request, Response, Verdict},
};

use crate::server::START_MS;

/// Exchanges that one phone may need in a row. More is a loop that never ends.
pub const EXCHANGES_MAX: usize = 80;
/// Rounds in which all phones exchange until nothing is new. More is a disagreement that never heals.
pub const ROUNDS_MAX: usize = 12;

/// A small seeded generator (SplitMix64): the same seed gives the same world on every machine.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    #[expect(clippy::should_implement_trait, reason = "it never ends, and nothing iterates over it")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them; none where there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}

/// What a phone keeps when its engine dies: what batches wrote, and the edits that are in none of them yet.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    pub values: BTreeMap<String, Vec<u8>>,
    pub log: VecDeque<Entry>,
}

impl Disk {
    /// Writes a batch, and takes the edits that it holds out of the log: in one step, as IndexedDB does.
    fn write(&mut self, batch: &Batch, done: usize) {
        for key in &batch.deletes {
            self.values.remove(key);
        }
        self.values.extend(batch.puts.iter().cloned());
        self.log.drain(..done);
    }
}

/// When a phone's engine dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fall {
    /// At its next edit: that is in the log, and nothing was done yet.
    BeforeEdit,
    /// At its next edit or reply: it is worked in, and nothing of it is stored.
    BeforeStore,
    /// At its next edit or reply: it is stored, and the engine does not know.
    AfterStore,
}

/// One phone.
#[derive(Debug)]
pub struct Phone {
    pub identity: Identity,
    pub disk: Disk,
    /// None after a fall, until [`World::start`].
    pub replica: Option<Replica>,
    pub online: bool,
    /// How far its clock is ahead of everybody else's.
    pub clock_ahead_ms: i64,
    /// Edits that were refused when the log was replayed.
    pub refused: Vec<Refusal>,
    pub fall: Option<Fall>,
}

impl Phone {
    /// The running engine.
    ///
    /// # Panics
    /// If the phone fell and was not started.
    pub fn engine(&mut self) -> &mut Replica {
        self.replica.as_mut().expect("this phone fell and was not started")
    }

    fn clock_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.clock_ahead_ms)
    }

    /// Works in the oldest `count` edits of the log and stores what follows. A refused one leaves the log too. Where the
    /// engine is down, the log waits for it.
    fn work_in(&mut self, count: usize) -> Vec<Result<(), Refusal>> {
        if self.replica.is_none() {
            return Vec::new();
        }
        if self.fall == Some(Fall::BeforeEdit) {
            self.falls();
            return Vec::new();
        }
        let entries: Vec<Entry> = self.disk.log.iter().take(count).cloned().collect();
        let engine = self.engine();
        let results = entries.iter().map(|entry| engine.edit(entry)).collect();
        self.store(count);
        results
    }

    /// Stores what must be, with `done` edits of the log in it.
    pub fn store(&mut self, mut done: usize) {
        if self.fall == Some(Fall::BeforeStore) {
            return self.falls();
        }
        while let Some(batch) = self.engine().take_batch() {
            self.disk.write(&batch, done);
            done = 0;
            if self.fall == Some(Fall::AfterStore) {
                return self.falls();
            }
            self.engine().persisted(batch.id);
        }
        // Edits that changed nothing have no batch to leave with.
        self.disk.log.drain(..done);
    }

    /// The engine is gone, with all that was not stored.
    pub fn falls(&mut self) {
        self.replica = None;
        self.fall = None;
    }
}

/// What goes wrong with one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    None,
    /// The request never arrives.
    RequestLost,
    /// The server answers, and the phone never hears it.
    ReplyLost,
    /// The request arrives twice, and the phone hears the second answer.
    ArrivesTwice,
    /// The phone's engine dies while it waits.
    PhoneFalls,
    /// The server's commit goes wrong.
    Server(Fault),
}

/// What became of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The phone took the reply in.
    Exchanged(Exchanged),
    /// There was no reply, or the phone died over it.
    Failed,
    /// The phone had nothing to ask with: it is down, or something waits to be stored.
    Silent,
}

/// The server, at whatever life.
#[derive(Debug)]
pub struct Server {
    place: Place,
    store: Option<Store>,
    /// Keeps the files of file places.
    folder: Option<tempfile::TempDir>,
    files: usize,
}

/// Where a server keeps its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    Memory,
    File,
}

impl Server {
    fn open(medium: Medium) -> Self {
        let folder = (medium == Medium::File).then(|| tempfile::tempdir().expect("a folder"));
        let mut server = Self { place: Place::in_memory().expect("memory"), store: None, folder, files: 0 };
        server.place = server.fresh_place();
        server.start();
        server
    }

    fn fresh_place(&mut self) -> Place {
        self.files += 1;
        match &self.folder {
            None => Place::in_memory().expect("memory"),
            Some(folder) => Place::File(folder.path().join(format!("{}.sqlite", self.files))),
        }
    }

    /// Opens whatever is at the place: after a crash, or after a stop.
    pub fn start(&mut self) {
        self.store = None;
        self.store = Some(Store::open(&self.place, Ingest::default()).expect("a database"));
    }

    /// # Panics
    /// If the server is down.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.store.as_ref().expect("the server is down")
    }

    /// A copy of the database as it is now.
    pub fn copy(&mut self) -> Place {
        let copy = self.fresh_place();
        storage::copy(&self.place, &copy).expect("a copy");
        copy
    }

    /// Puts an older copy in the place of what there is.
    pub fn restore(&mut self, copy: &Place) {
        let place = self.fresh_place();
        storage::copy(copy, &place).expect("a copy");
        self.store = None;
        self.place = place;
        self.start();
    }

    /// Every document, read from what is kept.
    #[must_use]
    pub fn documents(&self) -> BTreeMap<DocumentId, Document> {
        let all = self.store().read_blocking(|db| {
            let all = documents::all(db)?.into_iter();
            all.map(|(id, standing)| Ok((id, ingest::load(db, id, &standing)?))).collect()
        });
        all.map_err(|error: storage::StoreError| error).expect("readable documents")
    }

    /// What every document says.
    #[must_use]
    pub fn records(&self) -> BTreeMap<DocumentId, Record> {
        self.documents().into_iter().map(|(id, document)| (id, Record::read(&document))).collect()
    }

    /// What `tiwizi verify` finds wrong.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let findings = self.store().read_blocking(verify::verify).expect("a readable database");
        findings.problems.iter().map(|problem| format!("{} {:?}", problem.code, problem.document)).collect()
    }

    /// The database's own files, byte for byte: the file, and the log beside it.
    ///
    /// # Panics
    /// In a world in memory.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Place::File(path) = &self.place else { panic!("a world in memory has no files") };
        let names = ["", "-wal", "-journal"].map(|end| format!("{}{end}", path.display()));
        names.into_iter().filter_map(|name| Some((name.clone(), std::fs::read(name).ok()?))).collect()
    }

    /// Whether a change went with what was erased: with its document, or when that was written anew.
    #[must_use]
    pub fn has_erased(&self, (id, hash): (DocumentId, Hash)) -> bool {
        let erased = self.store().read_blocking(|db| {
            Ok::<_, storage::StoreError>(erasures::is_erased(db, id)? || erasures::is_buried(db, id, &hash)?)
        });
        erased.expect("a database")
    }

    /// Whether a document was written anew.
    #[must_use]
    pub fn was_rewritten(&self, id: DocumentId) -> bool {
        self.store().read_blocking(|db| erasures::last_epoch(db, id)).expect("a database").is_some()
    }

    /// Whether the server has a change, applied or set aside.
    #[must_use]
    pub fn has(&self, documents: &BTreeMap<DocumentId, Document>, change: (DocumentId, Hash)) -> bool {
        let (id, hash) = change;
        let applied = documents.get(&id).is_some_and(|document| holds(document, &hash));
        applied || self.store().read_blocking(|db| documents::is_set_aside(db, id, &hash)).expect("a database")
    }

    /// The last arrival number given.
    #[must_use]
    pub fn arrival(&self) -> u64 {
        self.store().read_blocking(storage::server::last_arrival).expect("a database")
    }

    /// Changes that wait for staff, by code.
    #[must_use]
    pub fn set_aside(&self) -> Vec<(String, u64)> {
        self.store().read_blocking(documents::set_aside_counts).expect("a database")
    }
}

/// Whether a document holds a change.
#[must_use]
pub fn holds(document: &Document, hash: &Hash) -> bool {
    document.crdt().get_change_by_hash(&automerge::ChangeHash(*hash)).is_some()
}

/// A change, named by its document and hash.
pub type ChangeName = (DocumentId, Hash);

/// Everything. See the module.
#[derive(Debug)]
pub struct World {
    pub server: Server,
    pub phones: Vec<Phone>,
    pub rng: Rng,
    pub now_ms: u64,
    /// What happens to the next exchange of a phone.
    pub mishaps: BTreeMap<usize, Mishap>,
    /// Requests that arrived, for later repetition: the phone and its frame.
    pub arrived: Vec<(usize, Vec<u8>)>,
    /// Changes that a receipt was given for. Those that a restore took away again are taken out here too.
    pub receipted: BTreeSet<ChangeName>,
    /// Changes of edits that a phone stored.
    pub confirmed: BTreeSet<ChangeName>,
    /// What staff refused: it is kept until its document is written anew.
    refused: BTreeSet<ChangeName>,
    /// What accounts may do, where that is no longer what they came in with.
    roles: BTreeMap<AccountId, Role>,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, medium: Medium) -> Self {
        Self {
            server: Server::open(medium),
            phones: Vec::new(),
            rng: Rng::new(seed),
            now_ms: START_MS,
            mishaps: BTreeMap::new(),
            arrived: Vec::new(),
            receipted: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            refused: BTreeSet::new(),
            roles: BTreeMap::new(),
        }
    }

    /// An id for something new.
    pub fn document_id(&mut self) -> DocumentId {
        DocumentId::new(self.now_ms, self.rng.bytes())
    }

    pub fn row_id(&mut self) -> RowId {
        RowId(self.rng.bytes())
    }

    /// Somebody comes in with a phone of their own. Returns its number.
    pub fn join(&mut self, name: &str, role: Role) -> usize {
        let now_ms = self.now_ms;
        let code_hash = self.rng.bytes();
        let invite = NewInvite {
            code_hash,
            role,
            scope: role.scopes()[0],
            account: None,
            name: None,
            language: None,
            documents: Vec::new(),
            created_by: None,
            now_ms,
            expires_ms: now_ms + 1,
        };
        let guest = Enrolment {
            code_hash,
            attempt_hash: self.rng.bytes(),
            name: Some(name.to_owned()),
            device_label: format!("phone of {name}"),
            language: Language::Fr,
            account: AccountId::new(now_ms, self.rng.bytes()),
            device: DeviceId::new(now_ms, self.rng.bytes()),
            credential_hash: self.rng.bytes(),
            // No request is signed here: phones speak to the engine of the server, not to its routes.
            public_key: PublicKey([4; 65]),
            now_ms,
        };
        let enrolled = self.server.store().write_blocking(move |tx, _| {
            access::add_invite(tx, &invite)?;
            access::enroll(tx, &guest)
        });
        let enrolled = enrolled.expect("an enrolment");
        let identity =
            Identity { device: enrolled.device.id, account: enrolled.account.id, name: enrolled.account.name, role };
        self.add_phone(identity, Disk::default())
    }

    fn add_phone(&mut self, identity: Identity, disk: Disk) -> usize {
        let phone =
            Phone { identity, disk, replica: None, online: true, clock_ahead_ms: 0, refused: Vec::new(), fall: None };
        self.phones.push(phone);
        let phone = self.phones.len() - 1;
        self.start(phone);
        phone
    }

    /// A second phone with the same disk: somebody copied a browser's profile. Returns its number.
    pub fn clone_phone(&mut self, phone: usize) -> usize {
        let (identity, disk) = (self.phones[phone].identity.clone(), self.phones[phone].disk.clone());
        let clone = self.add_phone(identity, disk);
        self.phones[clone].clock_ahead_ms = self.phones[phone].clock_ahead_ms;
        clone
    }

    /// Puts an older copy of its disk in the place of what a phone has. What only it had is gone, and no longer claimed.
    pub fn restore_phone(&mut self, phone: usize, disk: Disk) {
        let lost: BTreeSet<ChangeName> = self.unacknowledged(phone);
        self.phones[phone].falls();
        self.phones[phone].disk = disk;
        self.start(phone);
        let kept: BTreeSet<ChangeName> = (0..self.phones.len()).flat_map(|n| self.unacknowledged(n)).collect();
        for change in lost.difference(&kept).filter(|change| !self.receipted.contains(*change)) {
            self.confirmed.remove(change);
        }
    }

    /// What the server has not acknowledged of a phone's changes.
    #[must_use]
    pub fn unacknowledged(&self, phone: usize) -> BTreeSet<ChangeName> {
        self.phones[phone].replica.iter().flat_map(Replica::unacknowledged).collect()
    }

    /// Starts a phone's engine on its disk, and replays its log.
    pub fn start(&mut self, phone: usize) {
        let nonce = self.rng.bytes();
        let phone_number = phone;
        let phone = &mut self.phones[phone];
        let values = phone.disk.values.clone();
        phone.replica = Some(Replica::open(phone.identity.clone(), nonce, values));
        while phone.replica.is_some() && !phone.disk.log.is_empty() {
            for result in phone.work_in(1) {
                phone.refused.extend(result.err());
            }
        }
        self.confirm(phone_number);
    }

    /// Starts it if it is down.
    pub fn wake(&mut self, phone: usize) {
        if self.phones[phone].replica.is_none() {
            self.start(phone);
        }
    }

    /// What a phone has stored and not sent is claimed from now on.
    fn confirm(&mut self, phone: usize) {
        let stored = self.unacknowledged(phone);
        self.confirmed.extend(stored);
    }

    /// A tap: into the log, worked in, stored.
    ///
    /// # Errors
    /// The engine's refusal. An engine that dies over it refuses nothing: the log remembers.
    pub fn edit(&mut self, phone: usize, edit: Edit) -> Result<(), Refusal> {
        self.edits(phone, [edit]).into_iter().collect()
    }

    /// Several taps that are stored together.
    pub fn edits(&mut self, phone: usize, edits: impl IntoIterator<Item = Edit>) -> Vec<Result<(), Refusal>> {
        let at_ms = self.phones[phone].clock_ms(self.now_ms);
        let entries: Vec<Entry> = edits.into_iter().map(|edit| Entry { at_ms, edit }).collect();
        let count = entries.len();
        self.phones[phone].disk.log.extend(entries);
        let results = self.phones[phone].work_in(count);
        self.confirm(phone);
        results
    }

    /// Gives a document to somebody, or takes it back.
    pub fn decide(&mut self, by: usize, whose: usize, document: DocumentId, given: Given) {
        let account = self.phones[whose].identity.account;
        let by = Some(self.phones[by].identity.device);
        let decision = Decision { account, document, given, by, now_ms: self.now_ms };
        let decided = self.server.store().write_blocking(move |tx, _| access::decide(tx, &decision));
        decided.expect("a decision");
    }

    /// Changes what somebody may do. Every phone of theirs learns it at its next exchange.
    pub fn set_role(&mut self, whose: usize, role: Role) {
        self.roles.insert(self.phones[whose].identity.account, role);
    }

    /// What the server lets somebody do; their phone may not have heard of it yet.
    #[must_use]
    pub fn role(&self, phone: usize) -> Role {
        let identity = &self.phones[phone].identity;
        self.roles.get(&identity.account).copied().unwrap_or(identity.role)
    }

    /// What the server says to a frame; none if it dies over it, or does not know the device.
    ///
    /// # Panics
    /// If the reply breaks a limit.
    pub fn arrive(&mut self, phone: usize, frame: &[u8]) -> Option<Vec<u8>> {
        let reply = wire::encode(&self.answer(phone, wire::decode(frame).expect("a frame of our own"))?);
        assert!(reply.len() <= limit::FRAME_BYTES_MAX, "a reply of {} bytes", reply.len());
        Some(reply)
    }

    /// What the server answers; none if it dies over it, or does not know the device.
    pub fn answer(&mut self, phone: usize, request: Request) -> Option<Response> {
        let device = self.phones[phone].identity.device;
        let standing =
            self.server.store().read_blocking(move |db| access::standing(db, device)).expect("a database")?;
        let role = self.roles.get(&standing.account.id).copied().unwrap_or(standing.account.role);
        let ended = standing.revoked || standing.disabled;
        let who = Uploader { device, account: standing.account.id, role, scope: role.scopes()[0], ended };
        let uploads = request.uploads.clone();
        let response = match exchange::answer(self.server.store(), who, request, self.now_ms) {
            Ok(answered) => answered.response,
            Err(error) => {
                // It died over this one, and is started again.
                if matches!(error, storage::StoreError::Stopped) {
                    self.server.start();
                }
                return None;
            }
        };
        self.note_receipts(&uploads, &response);
        Some(response)
    }

    /// Ends a device's access.
    pub fn end_access(&mut self, by: usize, whose: usize) {
        let (by, device, now_ms) = (self.phones[by].identity.device, self.phones[whose].identity.device, self.now_ms);
        let ended = self.server.store().write_blocking(move |tx, _| access::revoke(tx, device, by, now_ms));
        ended.expect("an end");
    }

    /// Staff decide about everything that waits. Returns the codes of what could not be accepted.
    pub fn judge_all(&mut self, by: usize, accept: bool, word: &str) -> Vec<String> {
        let waiting = self.waiting().rows.into_iter().filter(|row| row.judgement.is_none());
        let (numbers, word, now_ms) = (waiting.map(|row| row.number).collect(), word.to_owned(), self.now_ms);
        if !accept {
            let asides = self.server.store().read_blocking(storage::quarantine::list).expect("a readable database");
            self.refused.extend(asides.iter().filter_map(|aside| Some((aside.document, aside.hash?))));
        }
        let decision = quarantine::Decision { numbers, accept, word, by: self.hand_of(by), now_ms };
        let done = quarantine::judge(self.server.store(), decision).expect("a judgement");
        done.outcomes.into_iter().filter_map(|outcome| outcome.code).collect()
    }

    /// Takes back every judgement. The codes of those that stand.
    pub fn reopen_all(&mut self, by: usize, reason: &str) -> Vec<String> {
        let judged = self.waiting().rows.into_iter().filter(|row| row.judgement.is_some());
        let numbers: Vec<i64> = judged.map(|row| row.number).collect();
        let done = quarantine::reopen(self.server.store(), self.hand_of(by), &numbers, reason, self.now_ms);
        done.expect("judgements that can be taken back")
            .outcomes
            .into_iter()
            .filter_map(|outcome| outcome.code)
            .collect()
    }

    fn hand_of(&self, phone: usize) -> Uploader {
        let Identity { device, account, role, .. } = self.phones[phone].identity;
        Uploader { device, account, role, scope: role.scopes()[0], ended: false }
    }

    /// What waits for staff, as they read it.
    #[must_use]
    pub fn waiting(&self) -> quarantine::Waiting {
        self.server.store().read_blocking(quarantine::waiting).expect("a readable database")
    }

    fn note_receipts(&mut self, uploads: &[wire::Upload], response: &Response) {
        for (upload, receipt) in uploads.iter().zip(&response.receipts) {
            for (bytes, verdict) in upload.changes.iter().zip(&receipt.verdicts) {
                if matches!(verdict, Verdict::Stored | Verdict::SetAside(_))
                    && let Ok(change) = Change::from_bytes(bytes.to_vec())
                {
                    self.receipted.insert((upload.document, change.hash().0));
                }
            }
        }
    }

    /// One exchange.
    pub fn exchange(&mut self, phone: usize) -> Outcome {
        let mishap = self.mishaps.remove(&phone).unwrap_or(Mishap::None);
        let now_ms = self.now_ms;
        let report = Report { build: "world".to_owned(), ..Report::default() };
        let one = &mut self.phones[phone];
        let clock_ms = one.clock_ms(now_ms);
        let Some(frame) = one.replica.as_mut().and_then(|replica| replica.request(clock_ms, report)) else {
            return Outcome::Silent;
        };
        assert!(frame.len() <= limit::FRAME_BYTES_MAX, "a request of {} bytes", frame.len());
        if mishap == Mishap::RequestLost {
            self.phones[phone].engine().request_failed();
            return Outcome::Failed;
        }
        if let Mishap::Server(fault) = mishap {
            self.server.store().inject(fault);
        }
        self.arrived.push((phone, frame.clone()));
        let mut reply = self.arrive(phone, &frame);
        if mishap == Mishap::ArrivesTwice {
            reply = self.arrive(phone, &frame);
        }
        match (reply, mishap) {
            (_, Mishap::PhoneFalls) => {
                self.phones[phone].falls();
                Outcome::Failed
            }
            (Some(reply), mishap) if mishap != Mishap::ReplyLost => self.hear(phone, &reply),
            _ => {
                self.phones[phone].engine().request_failed();
                Outcome::Failed
            }
        }
    }

    fn hear(&mut self, number: usize, reply: &[u8]) -> Outcome {
        let phone = &mut self.phones[number];
        let clock_ms = phone.clock_ms(self.now_ms);
        let before: BTreeSet<ChangeName> = phone.engine().unacknowledged().collect();
        let exchanged = phone.engine().response(reply, clock_ms).expect("a reply to what was asked");
        let after: BTreeSet<ChangeName> = phone.engine().unacknowledged().collect();
        phone.identity.role = phone.engine().role();
        // An engine that dies once it has stored has stored.
        let dies_late = phone.fall == Some(Fall::AfterStore);
        phone.store(0);
        // What was said again on top of a document that was written anew is claimed in place of what it was before.
        let said_again = |id: DocumentId| self.server.was_rewritten(id);
        let receipted = &self.receipted;
        let gone = before.difference(&after).filter(|change| !receipted.contains(*change) && said_again(change.0));
        let gone: Vec<ChangeName> = gone.copied().collect();
        let stored = phone.replica.is_some() || dies_late;
        if stored {
            gone.iter().for_each(|change| {
                self.confirmed.remove(change);
            });
            self.confirmed.extend(after);
        }
        let phone = &mut self.phones[number];
        if phone.replica.is_some() { Outcome::Exchanged(exchanged) } else { Outcome::Failed }
    }

    /// Exchanges until the phone says that there is no more. Returns how many it took.
    ///
    /// # Panics
    /// If it never ends.
    pub fn sync(&mut self, phone: usize) -> usize {
        for count in 1..=EXCHANGES_MAX {
            match self.exchange(phone) {
                Outcome::Exchanged(Exchanged { again: true, .. }) => {}
                Outcome::Exchanged(_) | Outcome::Failed | Outcome::Silent => return count,
            }
        }
        panic!("phone {phone} asks again and again");
    }

    /// Lets every phone that is online exchange until none has news for another.
    ///
    /// # Panics
    /// If that never comes to rest.
    pub fn settle(&mut self) {
        let mut before = Vec::new();
        for _ in 0..ROUNDS_MAX {
            for phone in 0..self.phones.len() {
                if self.phones[phone].online {
                    self.sync(phone);
                }
            }
            let engines = self.phones.iter().filter_map(|phone| phone.replica.as_ref());
            let mut now: Vec<_> =
                engines.map(|engine| (engine.digest(), engine.unsent(), engine.cursor().base)).collect();
            now.push((0, 0, self.server.arrival()));
            if now == before {
                return;
            }
            before = now;
        }
        panic!("the phones never come to rest");
    }

    /// Takes a copy of the server's file back into use. Claims that nobody can make good any more are dropped: what the
    /// copy lacks, and no phone that may bring it still holds.
    pub fn restore_server(&mut self, copy: &Place) {
        let before: BTreeSet<ChangeName> = self.receipted.clone();
        self.server.restore(copy);
        let documents = self.server.documents();
        let gone: Vec<ChangeName> = before.into_iter().filter(|change| !self.server.has(&documents, *change)).collect();
        // What is on a disk counts, whether or not its engine runs.
        let disks = self.phones.iter().map(|phone| {
            let relays = phone.identity.role.may(Capability::GiveBack);
            (relays, Replica::open(phone.identity.clone(), [0; 8], phone.disk.values.clone()))
        });
        let mut disks: Vec<(bool, Replica)> = disks.collect();
        for change in gone {
            self.receipted.remove(&change);
            if !disks.iter_mut().any(|(relays, disk)| can_bring_back(disk, *relays, change)) {
                self.confirmed.remove(&change);
            }
        }
    }

    /// Somebody is erased, as the plan of that moment says.
    ///
    /// # Errors
    /// The refusal.
    pub fn erase_person(&mut self, by: usize, person: DocumentId) -> Result<(), erasure::Refusal> {
        let (by, now_ms) = (self.actor(by), self.now_ms);
        let plan = self.server.store().read_blocking(move |db| erasure::plan_person(db, person, now_ms))?.plan;
        let erased = self
            .server
            .store()
            .write_blocking(move |tx, ingest| erasure::erase_person(tx, ingest, person, &plan, by, now_ms));
        erased.map(drop)
    }

    /// A document is written anew, as the plan of that moment says.
    ///
    /// # Errors
    /// The refusal.
    pub fn rewrite(&mut self, by: usize, document: DocumentId) -> Result<(), erasure::Refusal> {
        let (by, nonce, now_ms) = (self.actor(by), self.rng.bytes(), self.now_ms);
        let plan = self.server.store().read_blocking(move |db| erasure::plan_rewrite(db, document))?.plan;
        let rewritten = self
            .server
            .store()
            .write_blocking(move |tx, ingest| erasure::rewrite(tx, ingest, document, &plan, (by, nonce), now_ms));
        rewritten.map(drop)
    }

    fn actor(&self, phone: usize) -> journal::Actor {
        let Identity { account, device, .. } = self.phones[phone].identity;
        journal::Actor { account: Some(account), device: Some(device) }
    }

    /// The list of what was erased, as `tiwizi erasures --export` writes it.
    #[must_use]
    pub fn erasure_list(&self) -> erasures::List {
        self.server.store().read_blocking(erasures::list).expect("a database")
    }

    /// Takes such a list in, as `tiwizi erasures --import` does. Returns how many documents went again.
    pub fn take_erasure_list(&mut self, list: erasures::List) -> usize {
        let now_ms = self.now_ms;
        let gone = self.server.store().write_blocking(move |tx, ingest| {
            assert!(erasures::add(tx, &list)?, "a list of the same server");
            erasure::erase_listed(tx, ingest, now_ms)
        });
        gone.map_err(|error: storage::StoreError| error).expect("a database")
    }

    /// What a phone should hold, as the server sees it: the documents and their heads.
    #[must_use]
    pub fn scope_of(&self, phone: usize) -> BTreeMap<DocumentId, Vec<Hash>> {
        let (account, role) = (self.phones[phone].identity.account, self.role(phone));
        let held = self.server.store().read_blocking(|db| {
            let all = documents::all(db)?;
            Ok::<_, storage::StoreError>(match role.scopes()[0] {
                Scope::Everything => {
                    all.into_iter().map(|(id, standing)| (id, standing.kind, standing.heads)).collect()
                }
                Scope::Assigned => {
                    let scoped = scope::assigned(db, account)?;
                    scoped.into_iter().map(|s| (s.id, s.kind, s.heads)).collect::<Vec<(_, Kind, _)>>()
                }
            })
        });
        let held = held.expect("a database").into_iter().filter(|(_, kind, _)| role.may_read(*kind));
        held.map(|(id, _, heads)| (id, heads)).collect()
    }

    /// Everything that must hold at any moment, whoever is away and whatever went wrong.
    ///
    /// # Panics
    /// With what does not.
    pub fn audit(&mut self) {
        assert_eq!(self.server.problems(), Vec::<String>::new(), "the server's file");
        let documents = self.server.documents();
        for change in &self.receipted {
            let here = self.server.has(&documents, *change) || self.server.has_erased(*change);
            let here = here || self.refused.contains(change) && self.server.was_rewritten(change.0);
            assert!(here, "a receipt was given for {change:?}, and it is gone");
        }
        for phone in 0..self.phones.len() {
            self.audit_disk(phone);
        }
    }

    /// A phone that is started anew from its disk is what it was.
    fn audit_disk(&mut self, phone: usize) {
        let phone = &mut self.phones[phone];
        let Some(engine) = phone.replica.as_mut() else { return };
        let mut anew = Replica::open(phone.identity.clone(), [7; 8], phone.disk.values.clone());
        assert_eq!(anew.unreadable(), 0, "stored values");
        let held: Vec<_> = engine.documents().collect();
        assert_eq!(anew.documents().collect::<Vec<_>>(), held, "documents after a start");
        assert_eq!(anew.digest(), engine.digest(), "digest after a start");
        assert_eq!(anew.cursor(), engine.cursor(), "cursor after a start");
        let unacknowledged: BTreeSet<ChangeName> = engine.unacknowledged().collect();
        assert_eq!(anew.unacknowledged().collect::<BTreeSet<_>>(), unacknowledged, "unsent changes after a start");
        for (id, _) in held {
            assert_eq!(anew.record(id), engine.record(id), "record of {id} after a start");
            let heads = [&mut anew, &mut *engine].map(|replica| replica.document(id).map(|document| document.heads()));
            assert_eq!(heads[0], heads[1], "heads of {id} after a start");
            let read = engine.document(id).map(|document| Record::read(&document));
            assert_eq!(read.as_ref(), engine.record(id), "the record that is kept of {id}");
        }
    }

    /// Everything that must hold once all phones are online and came to rest.
    ///
    /// # Panics
    /// With what does not.
    pub fn audit_healed(&mut self) {
        self.audit();
        let documents = self.server.documents();
        for change in &self.confirmed {
            let here = self.server.has(&documents, *change) || self.server.has_erased(*change);
            assert!(here, "a confirmed edit is lost: {change:?}");
        }
        for phone in 0..self.phones.len() {
            let scope = self.scope_of(phone);
            let role = self.phones[phone].identity.role;
            let engine = self.phones[phone].engine();
            assert_eq!(engine.unsent(), 0, "phone {phone}: unsent changes");
            let held: Vec<DocumentId> = engine.documents().map(|(id, _)| id).collect();
            let heads = |id: DocumentId, engine: &mut Replica| {
                engine.document(id).map(|document| document.heads().iter().map(|hash| hash.0).collect::<Vec<_>>())
            };
            let held: BTreeMap<DocumentId, Vec<Hash>> =
                held.into_iter().filter_map(|id| Some((id, heads(id, engine)?))).collect();
            let (ids, scoped): (Vec<_>, Vec<_>) = (held.keys().collect(), scope.keys().collect());
            assert_eq!(ids, scoped, "phone {phone} ({role:?}): documents held");
            assert_eq!(held, scope, "phone {phone} ({role:?}): heads");
            for id in held.keys() {
                let record = Record::read(&documents[id]);
                assert_eq!(engine.record(*id), Some(&record), "phone {phone}: record of {id}");
            }
            let theirs: BTreeSet<String> = engine.questions().iter().map(Question::id).collect();
            assert_eq!(theirs, questions(&documents, held.keys(), role), "phone {phone}: Questions");
        }
    }
}

/// Whether a phone holds a change that it wrote, or that it may give back for others.
fn can_bring_back(phone: &mut Replica, relays: bool, (id, hash): ChangeName) -> bool {
    let device = phone.identity().device;
    let document = phone.document(id);
    let change = document.and_then(|d| d.crdt().get_change_by_hash(&automerge::ChangeHash(hash)));
    change.is_some_and(|change| relays || change.actor_id().to_bytes().starts_with(&device.0))
}

/// The Questions that a phone of that role asks of these documents.
fn questions<'a>(
    documents: &BTreeMap<DocumentId, Document>,
    held: impl Iterator<Item = &'a DocumentId>,
    role: Role,
) -> BTreeSet<String> {
    let records: BTreeMap<DocumentId, Record> = held.map(|id| (*id, Record::read(&documents[id]))).collect();
    let mut ids: BTreeSet<String> = records
        .iter()
        .flat_map(|(id, record)| question::of_record(*id, record))
        .map(|question| question.id())
        .collect();
    let events = records.iter().filter_map(|(id, record)| match record {
        Record::Event(event) => Some((*id, event)),
        _ => None,
    });
    let odd = oddity::elsewhere(events).into_iter();
    ids.extend(odd.map(|(event, slot, oddity)| Question::SheetOdd { event, slot, oddity }.id()));
    if role.may(Capability::JoinPeople) {
        let all = records.iter().map(|(id, record)| (*id, record));
        ids.extend(question::duplicates(all.clone()).iter().map(Question::id));
        ids.extend(question::joined_and_told_apart(all, |id| records.get(&id)).iter().map(Question::id));
        for id in records.keys() {
            let decided = Decided::read(&documents[id]);
            let others = decided.open_in("same").filter_map(|place| place.rsplit('/').next()?.parse().ok());
            ids.extend(others.map(|other| question::pair(*id, other).id()));
        }
    }
    ids
}
