//! The only way in: bytes → guarded → merged → permitted → kept → projected, in one commit.
//!
//! [`Ingest`] is the writer thread's state. An upload is one job: its changes are judged and kept, each document on a copy
//! of its own. Before the commit, every document that was touched is proved to save and load back equal, and its
//! standing, snapshot, links and projection are written. A receipt leaves only after that commit.
//!
//! Invariant: a document in the cache is exactly what is on the disk.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{Change, ChangeHash, ReadDoc as _};
use rusqlite::{Connection, Transaction};
use sha2::{Digest as _, Sha256};
use shared::{
    document::{Author, Document, Kind, device_of, genesis_hash},
    edit::Seal,
    id::{AccountId, DeviceId, DocumentId},
    limit,
    permission::Capability,
    record::Record,
    renewal,
    role::{Role, Scope},
    territory,
    wire::{Hash, Receipt, Upload, Verdict, digest_of},
};

use crate::{
    cache::{Cache, weight},
    guard::{self, Refusal},
    pokes, secret,
    storage::{
        self, StoreError,
        access::{self, Account},
        blobs,
        documents::{self, NewAside, NewChange, Standing},
        erasures, journal,
        projections::{self, Projection},
        quarantine::{self, Aside},
        scope, server,
    },
    writer::CommitHooks,
};

/// The code under which the work of a device waits whose access has ended.
pub const ENDED: &str = "device.access_ended";
/// The code of what was written into a document that the account does not hold.
const OUTSIDE: &str = "scope.outside";

/// Rewritings of one document between two restores of the file.
const EPOCHS_PER_LIFE: u32 = 1 << 16;

/// Who uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uploader {
    /// The device: its actors begin with it.
    pub device: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
    /// What it may hold.
    pub scope: Scope,
    /// Its access has ended: whatever it brings waits for staff.
    pub ended: bool,
}

impl Uploader {
    /// A device of that account, in good standing.
    #[must_use]
    pub fn of(device: DeviceId, account: &Account) -> Self {
        Self { device, account: account.id, role: account.role, scope: account.scope, ended: false }
    }
}

/// What became of an upload.
#[derive(Debug, Default)]
pub struct Taken {
    /// One for each upload, in their order.
    pub receipts: Vec<Receipt>,
    /// Documents in which something is new, and the last arrival of it.
    pub news: Vec<DocumentId>,
    /// See `news`.
    pub arrival: u64,
    /// What this device has brought, now or before: it need not be sent back.
    pub known: HashSet<Hash>,
    /// Documents that the device brought and does not hold: it must forget them.
    pub not_held: BTreeSet<DocumentId>,
}

impl Taken {
    /// Whether the device need not send any of this again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let open = |verdict: &Verdict| matches!(verdict, Verdict::Missing | Verdict::Later | Verdict::StaleEpoch);
        !self.receipts.iter().flat_map(|receipt| &receipt.verdicts).any(open)
    }

    /// How many changes there were.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.receipts.iter().map(|receipt| receipt.verdicts.len() as u64).sum()
    }
}

/// The writer thread's state. See the module.
#[derive(Debug, Default)]
pub struct Ingest {
    cache: Cache,
    /// What this transaction has touched so far.
    open: BTreeMap<DocumentId, Open>,
    /// How each document was before the job that runs touched it; none if it was not open.
    undo: BTreeMap<DocumentId, Option<Open>>,
    /// Documents that could not be proved: from now on they are proved in each job, so that one upload answers for itself.
    suspicious: BTreeSet<DocumentId>,
    /// What goes into the cache once the commit is done.
    proved: Vec<(Arc<Document>, usize)>,
    /// Something was erased, and the write-ahead log may still hold it.
    empties_log: bool,
    /// The last arrival that this process knows of.
    arrival: u64,
    /// What other processes wrote and nobody was told of yet.
    others: OthersNews,
    /// They are told of it if this transaction is committed.
    others_told: bool,
}

/// What other processes have written into the same file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OthersNews {
    /// Documents in which something is new: at most one more than are looked up for a poke.
    pub documents: Vec<DocumentId>,
    /// The last arrival of it.
    pub arrival: u64,
}

/// A document in this transaction.
#[derive(Debug, Clone)]
struct Open {
    /// Never changed in place: an upload puts another one here.
    document: Arc<Document>,
    standing: Option<Standing>,
    created_by: AccountId,
    last_arrival: u64,
    first_arrival: u64,
    changes: u64,
    /// How often it was written anew.
    epoch: u32,
}

impl Open {
    /// A document that the server has nothing of yet.
    fn new(id: DocumentId, kind: Kind, created_by: AccountId) -> Self {
        Self {
            document: Arc::new(Document::new(id, kind)),
            standing: None,
            created_by,
            last_arrival: 0,
            first_arrival: 0,
            changes: 0,
            epoch: 0,
        }
    }
}

impl Ingest {
    /// Takes an upload in. To be run as one job of the writer.
    ///
    /// # Errors
    /// Only what the storage fails on: a bad change is a verdict and never fails the others.
    pub fn take(
        &mut self,
        tx: &Transaction<'_>,
        uploader: Uploader,
        uploads: &[Upload],
        now_ms: u64,
    ) -> Result<Taken, StoreError> {
        let mut taken = Taken::default();
        let (mut held, mut waiting) = (None, None);
        let restored = server::identity(tx)?.epoch > 1;
        for (n, upload) in uploads.iter().enumerate() {
            let mut intake = Intake {
                ingest: self,
                tx,
                uploader,
                upload,
                now_ms,
                restored,
                held: &mut held,
                waiting: &mut waiting,
                taken: &mut taken,
            };
            let receipt = if n < limit::DOCUMENTS_PER_EXCHANGE_MAX { intake.take()? } else { intake.all_later() };
            taken.receipts.push(receipt);
        }
        Ok(taken)
    }

    /// Accepts a change that was set aside, as an act of `staff`; its author stays who it was. Returns the code of what stands against
    /// it, if anything does: then nothing was changed.
    ///
    /// # Errors
    /// Only what the storage fails on.
    pub fn accept(
        &mut self,
        tx: &Transaction<'_>,
        staff: Uploader,
        aside: &Aside,
        now_ms: u64,
        taken: &mut Taken,
    ) -> Result<Option<&'static str>, StoreError> {
        let open = self.open(tx, aside.document)?;
        let open = open.unwrap_or_else(|| Open::new(aside.document, aside.kind, aside.account));
        if open.document.kind != aside.kind {
            return Ok(Some("document.other_kind"));
        }
        let upload = Upload {
            document: aside.document,
            kind: aside.kind,
            epoch: open.epoch,
            changes: vec![aside.bytes.clone().into()],
        };
        let mut intake = Intake {
            ingest: self,
            tx,
            uploader: staff,
            upload: &upload,
            now_ms,
            restored: false,
            held: &mut None,
            waiting: &mut None,
            taken,
        };
        intake.accept(open)
    }

    /// Begins at that arrival: nobody listens yet who would have to be told of what came before.
    pub fn begin_at(&mut self, arrival: u64) {
        self.arrival = arrival;
    }

    /// What other processes wrote since the last time that this was asked. To be run as one job of the writer.
    pub fn take_others(&mut self) -> OthersNews {
        self.others_told = true;
        self.others.clone()
    }

    /// The document as this transaction sees it; none if the server has nothing of it.
    fn open(&mut self, tx: &Transaction<'_>, id: DocumentId) -> Result<Option<Open>, StoreError> {
        if let Some(open) = self.open.get(&id) {
            return Ok(Some(open.clone()));
        }
        let Some(standing) = documents::standing(tx, id)? else { return Ok(None) };
        let document = match self.cache.get(id) {
            Some(document) => document,
            None => Arc::new(load(tx, id, &standing)?),
        };
        Ok(Some(Open {
            document,
            created_by: standing.created_by,
            last_arrival: standing.last_arrival,
            first_arrival: standing.first_arrival,
            changes: standing.changes,
            epoch: standing.epoch,
            standing: Some(standing),
        }))
    }

    /// Erases a document from everything that is kept, and from what this transaction has in hand. To be run in a job of the
    /// writer.
    ///
    /// # Errors
    /// What the storage fails on.
    pub fn erase(&mut self, tx: &Transaction<'_>, id: DocumentId, now_ms: u64) -> Result<(), StoreError> {
        erasures::erase(tx, id, now_ms)?;
        if let Some(before) = self.open.remove(&id) {
            self.undo.entry(id).or_insert(Some(before));
        }
        self.cache.remove(id);
        self.empties_log = true;
        Ok(())
    }

    /// Something was deleted in this job that the write-ahead log must not keep either, once it is answered.
    pub fn empty_log(&mut self) {
        self.empties_log = true;
    }

    /// Writes a document anew as it reads now, without its history, by the hand of `author`. Returns the last arrival of it, or none
    /// where there is no such document.
    ///
    /// # Errors
    /// What the storage fails on; [`StoreError::Corrupt`] for a kind that is not written anew.
    pub fn rewrite(
        &mut self,
        tx: &Transaction<'_>,
        id: DocumentId,
        author: &Author,
        now_ms: u64,
    ) -> Result<Option<u64>, StoreError> {
        let Some(before) = self.open(tx, id)? else { return Ok(None) };
        let anew = renewal::rewrite(&before.document, author)
            .map_err(|_| StoreError::Corrupt("a document could not be written anew"))?;
        let life = u32::try_from(server::identity(tx)?.epoch).unwrap_or(u32::MAX);
        // Epochs given after a restore never meet those that the lost file had given.
        let epoch = (before.epoch + 1).max((life - 1).saturating_mul(EPOCHS_PER_LIFE) + 1);
        erasures::bury(tx, id, epoch, author.device, now_ms)?;
        let changes = anew.changes_since(&[]);
        let first_arrival = server::next_arrivals(tx, changes.len() as u64)?;
        let mut last_arrival = first_arrival;
        for (arrival, made) in (first_arrival..).zip(&changes) {
            documents::add_change(
                tx,
                &NewChange {
                    arrival,
                    document: id,
                    hash: &made.hash.0,
                    device: author.device,
                    brought_by: author.device,
                    received_ms: now_ms,
                    bytes: &made.bytes,
                },
            )?;
            last_arrival = arrival;
        }
        let changes = changes.len() as u64;
        self.touch(id, Open { document: Arc::new(anew), first_arrival, last_arrival, changes, epoch, ..before });
        self.empties_log = true;
        Ok(Some(last_arrival))
    }

    /// Writes into an event that a version of its sheet was sealed. Returns the arrival of that, or none where there is no such event.
    ///
    /// # Errors
    /// What the storage fails on; [`StoreError::Corrupt`] where it was sealed as often as may be.
    pub fn seal(
        &mut self,
        tx: &Transaction<'_>,
        seal: &Seal,
        author: &Author,
        now_ms: u64,
    ) -> Result<Option<u64>, StoreError> {
        let Some(before) = self.open(tx, seal.event)? else { return Ok(None) };
        let mut document = Document::clone(&before.document);
        let made =
            seal.write(&mut document, author).map_err(|_| StoreError::Corrupt("an event could not be sealed"))?;
        let Some(made) = made else { return Ok(Some(before.last_arrival)) };
        let arrival = server::next_arrivals(tx, 1)?;
        documents::add_change(
            tx,
            &NewChange {
                arrival,
                document: seal.event,
                hash: &made.hash.0,
                device: author.device,
                brought_by: author.device,
                received_ms: now_ms,
                bytes: &made.bytes,
            },
        )?;
        let changes = before.changes + 1;
        self.touch(seal.event, Open { document: Arc::new(document), last_arrival: arrival, changes, ..before });
        Ok(Some(arrival))
    }

    fn touch(&mut self, id: DocumentId, now: Open) {
        let before = self.open.insert(id, now);
        self.undo.entry(id).or_insert(before);
    }

    /// A document that cannot be read without a panic fails alone, and ends no writer.
    fn try_to_settle(tx: &Transaction<'_>, open: &Open) -> Result<Settled, StoreError> {
        // Unwind safe: what was half written is undone with the transaction or its savepoint.
        catch_unwind(AssertUnwindSafe(|| Self::settle(tx, open))).unwrap_or(Err(StoreError::Panicked))
    }

    /// Writes everything that follows from a document's changes.
    fn settle(tx: &Transaction<'_>, open: &Open) -> Result<Settled, StoreError> {
        let document = &open.document;
        let saved = guard::prove(document.crdt()).map_err(|_| StoreError::Corrupt("a document could not be proved"))?;
        let heads: Vec<Hash> = document.heads().into_iter().map(|hash| hash.0).collect();
        let standing = Standing {
            kind: document.kind,
            digest: digest_of(document.id, &heads),
            heads,
            first_arrival: open.first_arrival,
            last_arrival: open.last_arrival,
            changes: open.changes,
            created_by: open.created_by,
            epoch: open.epoch,
        };
        documents::put_standing(tx, document.id, &standing)?;
        documents::put_snapshot(tx, document.id, open.last_arrival, &saved)?;
        let record = Record::read(document);
        scope::put_links(tx, document.id, &record.names(), open.last_arrival)?;
        scope::put_territories(tx, document.id, &territory::of_record(document.kind, &record), open.last_arrival)?;
        projections::put(tx, document.id, &Projection::of(document.id, &record))?;
        let gone = blobs::set_links(tx, document.id, &blob_links(&record))?;
        Ok(Settled { document: Arc::clone(document), weight: weight(open.changes, saved.len()), gone })
    }
}

impl CommitHooks for Ingest {
    fn others_committed(&mut self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        self.cache.clear();
        let most = (pokes::DOCUMENTS_LOOKED_UP_MAX + 1).saturating_sub(self.others.documents.len());
        self.others.documents.extend(documents::arrived_after(tx, self.arrival, most)?);
        self.arrival = server::last_arrival(tx)?;
        self.others.arrival = self.arrival;
        Ok(())
    }

    fn job_undone(&mut self) {
        for (id, before) in std::mem::take(&mut self.undo) {
            match before {
                Some(open) => self.open.insert(id, open),
                None => self.open.remove(&id),
            };
        }
    }

    fn job_kept(&mut self) {
        self.undo.clear();
    }

    fn before_commit(&mut self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        self.proved.clear();
        for (id, open) in &self.open {
            match Self::try_to_settle(tx, open) {
                Ok(Settled { document, weight, gone }) => {
                    self.empties_log |= gone == blobs::Gone::Something;
                    self.proved.push((document, weight));
                }
                Err(error) => {
                    self.suspicious.insert(*id);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn committed(&mut self) {
        self.arrival = self.open.values().map(|open| open.last_arrival).fold(self.arrival, u64::max);
        if std::mem::take(&mut self.others_told) {
            self.others = OthersNews::default();
        }
        self.open.clear();
        for (document, bytes) in std::mem::take(&mut self.proved) {
            self.cache.put(document, bytes);
        }
    }

    fn empties_log(&self) -> bool {
        self.empties_log
    }

    fn log_emptied(&mut self) {
        self.empties_log = false;
    }

    fn rolled_back(&mut self) {
        self.open.clear();
        self.undo.clear();
        self.proved.clear();
        self.others_told = false;
    }
}

/// The documents beside the one that is judged, as this transaction sees them.
#[derive(Debug)]
struct Beside<'a, 'tx> {
    ingest: RefCell<&'a mut Ingest>,
    tx: &'a Transaction<'tx>,
    now_ms: u64,
    may_lack: bool,
    /// Why one could not be read, if that happened: the upload fails then, and is judged another time.
    failed: RefCell<Option<StoreError>>,
}

impl guard::Library for Beside<'_, '_> {
    fn document(&self, id: DocumentId) -> Option<Arc<Document>> {
        match self.ingest.borrow_mut().open(self.tx, id) {
            Ok(open) => open.map(|open| open.document),
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }

    fn may_lack(&self) -> bool {
        self.may_lack
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }
}

/// A document of which everything that follows is written.
struct Settled {
    document: Arc<Document>,
    weight: usize,
    gone: blobs::Gone,
}

/// The blobs that a document refers to.
pub fn blob_links(record: &Record) -> Vec<blobs::Link> {
    let named = record.blobs().into_iter();
    named.filter_map(|(name, subject)| Some(blobs::Link { hash: secret::unhex::<32>(&name)?, subject })).collect()
}

/// Reads a document from its snapshot and what arrived since; from its changes alone where there is none.
///
/// # Errors
/// [`StoreError::Corrupt`] if the stored changes do not make the document that the standing names.
pub fn load(db: &Connection, id: DocumentId, standing: &Standing) -> Result<Document, StoreError> {
    let kind = standing.kind;
    let cached = documents::snapshot(db, id)?;
    let cached = cached.and_then(|(arrival, bytes)| Some((arrival, Document::load(id, kind, &bytes).ok()?)));
    let (since, document) = cached.unwrap_or_else(|| (0, Document::new(id, kind)));
    let loaded = extend(db, document, since)?;
    if is_at(&loaded, &standing.heads) {
        return Ok(loaded);
    }
    // The cache is not the truth.
    let rebuilt = extend(db, Document::new(id, kind), 0)?;
    if is_at(&rebuilt, &standing.heads) {
        return Ok(rebuilt);
    }
    Err(StoreError::Corrupt("the changes of a document do not lead to its heads"))
}

/// Applies what arrived of a document since `since`.
///
/// # Errors
/// [`StoreError::Corrupt`] if a stored change cannot be applied.
pub fn extend(db: &Connection, mut document: Document, since: u64) -> Result<Document, StoreError> {
    let changes: Vec<Vec<u8>> = documents::changes_after(db, document.id, since)?.into_iter().map(|(_, b)| b).collect();
    if !changes.is_empty() {
        document.take(&changes).map_err(|_| StoreError::Corrupt("a stored change cannot be applied"))?;
    }
    Ok(document)
}

fn is_at(document: &Document, heads: &[Hash]) -> bool {
    document.heads().iter().map(|hash| &hash.0).eq(heads)
}

/// One document of an upload being judged.
struct Intake<'a, 'tx> {
    ingest: &'a mut Ingest,
    tx: &'a Transaction<'tx>,
    uploader: Uploader,
    upload: &'a Upload,
    now_ms: u64,
    /// This file was once restored from an older copy, and may lack what it had before.
    restored: bool,
    /// What the account holds, asked once for the whole upload.
    held: &'a mut Option<BTreeSet<DocumentId>>,
    /// What of this device waits for staff, asked once for the whole upload.
    waiting: &'a mut Option<(u64, u64)>,
    taken: &'a mut Taken,
}

impl Intake<'_, '_> {
    fn take(&mut self) -> Result<Receipt, StoreError> {
        let id = self.upload.document;
        if erasures::is_erased(self.tx, id)? {
            // Not kept anywhere, not even for staff: the device drops it.
            self.taken.not_held.insert(id);
            let verdicts = vec![Verdict::Erased; self.upload.changes.len()];
            return Ok(Receipt { verdicts, ..self.empty_receipt() });
        }
        let open = self.ingest.open(self.tx, id)?;
        let held = self.is_held(open.as_ref())?;
        if !held {
            self.taken.not_held.insert(id);
        }
        if let Some(code) = self.not_permitted(open.as_ref(), held) {
            if self.restored && open.is_none() && self.is_begun_by_another() {
                return Ok(self.all_later());
            }
            return self.set_all_aside(open.as_ref(), code);
        }
        let ours = open.as_ref().map_or(0, |open| open.epoch);
        if self.upload.epoch < ours {
            if held {
                return self.stale();
            }
            // It adds without holding, and so knows of no writing anew and cannot say anything again: what builds on nothing
            // stands as well on what is here now.
            if !self.builds_on_what_is_here(open.as_ref())? {
                return self.set_all_aside(open.as_ref(), OUTSIDE);
            }
        }
        let ahead = self.upload.epoch > ours;
        if ahead && !self.may_give_back_anew(open.is_some()) {
            return Ok(self.all_later());
        }
        let mut open = open.unwrap_or_else(|| Open::new(id, self.upload.kind, self.uploader.account));
        if ahead {
            // It takes the place of what stood in the older copy of this file.
            open.document = Arc::new(Document::new(id, open.document.kind));
            (open.first_arrival, open.changes, open.epoch) = (0, 0, self.upload.epoch);
        }
        let admitted = self.admit(&open.document)?;
        let (crdt, verdicts) = (admitted.document, admitted.verdicts);
        let merged = Arc::new(Document::from_crdt(id, open.document.kind, crdt));
        if self.ingest.suspicious.contains(&id) && !self.can_be_settled(&open, &merged)? {
            return self.set_all_aside(Some(&open), Refusal::Unsaveable.code());
        }
        let fresh = verdicts.iter().filter(|verdict| matches!(verdict, guard::Verdict::Accepted(_))).count();
        if fresh > 0 {
            if ahead {
                erasures::bury(self.tx, id, open.epoch, self.uploader.device, self.now_ms)?;
                self.ingest.empties_log = true;
            }
            self.keep(&mut open, &verdicts, fresh)?;
            open.document = merged;
            self.taken.news.push(id);
            self.taken.arrival = open.last_arrival;
        }
        let receipt = self.receipt(&open, verdicts)?;
        if fresh > 0 {
            self.ingest.touch(id, open);
        }
        Ok(receipt)
    }

    /// See [`Ingest::accept`].
    fn accept(&mut self, mut open: Open) -> Result<Option<&'static str>, StoreError> {
        // As staff's own act: it must be allowed to them.
        let Upload { document, kind, .. } = *self.upload;
        let author = guard::Author { role: self.uploader.role, document, kind, library: None };
        let crdt = open.document.crdt();
        let guard::Admitted { document, verdicts } =
            guard::admit(crdt, &guard::Owner::Anyone, Some(author), &self.upload.changes);
        match &verdicts[..] {
            [guard::Verdict::Duplicate(_)] => return Ok(None),
            [guard::Verdict::Accepted(_)] => {}
            [guard::Verdict::Refused(refusal)] => return Ok(Some(refusal.code())),
            _ => return Ok(Some(Refusal::Malformed.code())),
        }
        let merged = Arc::new(Document::from_crdt(self.upload.document, self.upload.kind, document));
        if !self.can_be_settled(&open, &merged)? {
            return Ok(Some(Refusal::Unsaveable.code()));
        }
        self.keep(&mut open, &verdicts, 1)?;
        open.document = merged;
        self.taken.news.push(self.upload.document);
        self.taken.arrival = open.last_arrival;
        self.ingest.touch(self.upload.document, open);
        Ok(None)
    }

    /// Changes of a stranger's hand are accepted after a restore only, and from those who run the house only: their phones
    /// give back what others wrote. From anybody else such a change waits on the phone, and with it what builds on it:
    /// whoever wrote it, or runs the house, brings it. Whoever brings it must be allowed to do what it does.
    fn admit(&mut self, document: &Document) -> Result<guard::Admitted, StoreError> {
        let relayed = self.restored && self.uploader.role.may(Capability::GiveBack);
        let owner = if relayed { guard::Owner::Anyone } else { guard::Owner::Device(self.uploader.device.0) };
        let changes = &self.upload.changes;
        let changes = &changes[..changes.len().min(limit::CHANGES_PER_UPLOAD_MAX)];
        let library = Beside {
            ingest: RefCell::new(self.ingest),
            tx: self.tx,
            now_ms: self.now_ms,
            may_lack: self.restored,
            failed: RefCell::default(),
        };
        let Upload { document: id, kind, .. } = *self.upload;
        let author = guard::Author { role: self.uploader.role, document: id, kind, library: Some(&library) };
        let admitted = guard::admit(document.crdt(), &owner, Some(author), changes);
        library.failed.into_inner().map_or(Ok(admitted), Err)
    }

    /// The document was written anew since. What the server had before that, it has in it; the rest must be said again.
    fn stale(&mut self) -> Result<Receipt, StoreError> {
        let mut receipt = self.empty_receipt();
        for bytes in &self.upload.changes {
            let hash = guard::read(bytes).map(|change| change.hash().0);
            let verdict = match hash {
                Some(hash) if self.is_buried(&ChangeHash(hash))? => self.stored(hash),
                _ => Verdict::StaleEpoch,
            };
            receipt.verdicts.push(verdict);
        }
        Ok(receipt)
    }

    /// A device may be ahead in epochs only of a server that was restored. It takes the place of all that the server has of the
    /// document: only for those who may write one anew.
    fn may_give_back_anew(&self, replaces: bool) -> bool {
        let capability = if replaces { Capability::AnswerPeople } else { Capability::GiveBack };
        self.restored && self.uploader.role.may(capability)
    }

    /// Nothing of this was looked at: the device keeps it, and sends it again.
    fn all_later(&self) -> Receipt {
        let verdicts = vec![Verdict::Later; self.upload.changes.len()];
        Receipt { verdicts, ..self.empty_receipt() }
    }

    /// Whether the device gives back a document that somebody else had begun.
    fn is_begun_by_another(&self) -> bool {
        let first = self.upload.changes.first().and_then(|bytes| guard::read(bytes));
        first.is_some_and(|first| device_of(first.actor_id().to_bytes()) != Some(self.uploader.device))
    }

    /// Whether everything that follows from a document could be written, were it to become `merged`.
    fn can_be_settled(&self, open: &Open, merged: &Arc<Document>) -> Result<bool, StoreError> {
        let trial = Open { document: Arc::clone(merged), last_arrival: open.last_arrival.max(1), ..open.clone() };
        storage::open_savepoint(self.tx)?;
        let settled = Ingest::try_to_settle(self.tx, &trial);
        storage::undo_savepoint(self.tx)?;
        match settled {
            Ok(_) => Ok(true),
            Err(StoreError::Corrupt(_) | StoreError::Panicked) => Ok(false),
            Err(error) if error.is_constraint() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn is_held(&mut self, open: Option<&Open>) -> Result<bool, StoreError> {
        let role = self.uploader.role;
        if !role.may_read(self.upload.kind) {
            return Ok(false);
        }
        let Some(open) = open else { return Ok(true) };
        match self.uploader.scope {
            Scope::Everything => Ok(true),
            // Begun in this very transaction: it is in no table yet.
            Scope::Assigned if open.standing.is_none() => Ok(open.created_by == self.uploader.account),
            Scope::Assigned => {
                if self.held.is_none() {
                    let scoped = scope::assigned(self.tx, self.uploader.account)?;
                    *self.held = Some(scoped.into_iter().map(|scoped| scoped.id).collect());
                }
                Ok(self.held.as_ref().is_some_and(|held| held.contains(&self.upload.document)))
            }
        }
    }

    /// Why this device may not write this document, if it may not.
    fn not_permitted(&self, open: Option<&Open>, held: bool) -> Option<&'static str> {
        let (role, kind) = (self.uploader.role, self.upload.kind);
        match open {
            _ if self.uploader.ended => Some(ENDED),
            Some(open) if open.document.kind != kind => Some("document.other_kind"),
            // A number taken at the door is added without holding the others.
            Some(_) if kind == Kind::Contact && role.may(Capability::AddContact) => None,
            Some(_) if !held => Some(OUTSIDE),
            // What each change does is judged one by one.
            _ => None,
        }
    }

    /// Keeps the accepted changes as they arrived.
    fn keep(&mut self, open: &mut Open, verdicts: &[guard::Verdict], fresh: usize) -> Result<(), StoreError> {
        let mut arrival = server::next_arrivals(self.tx, fresh as u64)?;
        if open.first_arrival == 0 {
            open.first_arrival = arrival;
            let first = verdicts.iter().find_map(|verdict| match verdict {
                guard::Verdict::Accepted(change) => device_of(&change.actor),
                _ => None,
            });
            // Not whoever brought it: after a restore that may be another.
            let begun_by = first.map(|device| access::standing(self.tx, device)).transpose()?.flatten();
            open.created_by = begun_by.map_or(self.uploader.account, |begun_by| begun_by.account.id);
        }
        for verdict in verdicts {
            let guard::Verdict::Accepted(change) = verdict else { continue };
            documents::add_change(
                self.tx,
                &NewChange {
                    arrival,
                    document: self.upload.document,
                    hash: &change.hash,
                    device: device_of(&change.actor).unwrap_or(self.uploader.device),
                    brought_by: self.uploader.device,
                    received_ms: self.now_ms,
                    bytes: &change.bytes,
                },
            )?;
            open.last_arrival = arrival;
            open.changes += 1;
            arrival += 1;
        }
        if self.upload.kind == Kind::Settings { self.note_settings(fresh) } else { Ok(()) }
    }

    /// The house's rules are changed by an edit like any other; who did is for the journal too. To what, stands in the document.
    fn note_settings(&self, changes: usize) -> Result<(), StoreError> {
        let by = journal::Actor { account: Some(self.uploader.account), device: Some(self.uploader.device) };
        let entry = journal::Entry::of(by, journal::Action::SettingChanged, self.upload.document, self.now_ms);
        journal::note(self.tx, &entry.with(serde_json::json!({ "changes": changes })))
    }

    fn receipt(&mut self, open: &Open, verdicts: Vec<guard::Verdict>) -> Result<Receipt, StoreError> {
        let mut receipt = self.empty_receipt();
        for (verdict, bytes) in verdicts.into_iter().zip(&self.upload.changes) {
            let said = match verdict {
                guard::Verdict::Accepted(change) => self.stored(change.hash),
                guard::Verdict::Duplicate(hash) => self.stored(hash),
                guard::Verdict::Refused(Refusal::Postponed) => Verdict::Later,
                guard::Verdict::Refused(Refusal::ForeignActor) if self.restored => Verdict::Later,
                guard::Verdict::Refused(refusal @ (Refusal::MissingDeps | Refusal::SeqGap)) => {
                    // It builds on what waits for staff, or on what this server has lost.
                    if self.builds_on_what_is_set_aside(bytes)? {
                        self.set_aside("quarantine.follows", bytes)?
                    } else if refusal == Refusal::SeqGap && self.builds_on_known(open, bytes) {
                        self.set_aside(refusal.code(), bytes)?
                    } else {
                        Verdict::Missing
                    }
                }
                guard::Verdict::Refused(refusal) => self.set_aside(refusal.code(), bytes)?,
            };
            receipt.verdicts.push(said);
        }
        // Beyond the limit of one exchange.
        receipt.verdicts.resize(self.upload.changes.len(), Verdict::Later);
        if receipt.verdicts.contains(&Verdict::Missing) {
            receipt.heads = open.document.heads().into_iter().map(|hash| hash.0).collect();
            if open.changes == 0 {
                receipt.heads.clear();
            }
        }
        Ok(receipt)
    }

    fn empty_receipt(&self) -> Receipt {
        Receipt { document: self.upload.document, verdicts: Vec::new(), heads: Vec::new() }
    }

    fn stored(&mut self, hash: Hash) -> Verdict {
        self.taken.known.insert(hash);
        Verdict::Stored
    }

    fn builds_on_what_is_set_aside(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        let Some(change) = guard::read(bytes) else { return Ok(false) };
        for dep in change.deps() {
            if documents::is_set_aside(self.tx, self.upload.document, &dep.0)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn builds_on_known(&self, open: &Open, bytes: &[u8]) -> bool {
        let Some(change) = guard::read(bytes) else { return false };
        change.deps().iter().all(|dep| open.document.crdt().get_change_by_hash(dep).is_some())
    }

    /// A device that may not write a document loses nothing: all that it sent waits for staff. What the server has already
    /// is no news; what builds on something that the server lacks comes again, with that.
    fn set_all_aside(&mut self, open: Option<&Open>, code: &'static str) -> Result<Receipt, StoreError> {
        let mut receipt = self.empty_receipt();
        for bytes in &self.upload.changes {
            let change = guard::read(bytes);
            let is_here =
                |hash: &ChangeHash| open.is_some_and(|open| open.document.crdt().get_change_by_hash(hash).is_some());
            let verdict = match change {
                Some(change) if is_here(&change.hash()) || self.is_buried(&change.hash())? => {
                    self.stored(change.hash().0)
                }
                // A device whose access has ended does not come again.
                Some(change) if code != ENDED && !self.has_what_it_builds_on(open, &change)? => Verdict::Missing,
                _ => self.set_aside(code, bytes)?,
            };
            receipt.verdicts.push(verdict);
        }
        Ok(receipt)
    }

    fn has_what_it_builds_on(&self, open: Option<&Open>, change: &Change) -> Result<bool, StoreError> {
        for dep in change.deps() {
            let is_here = *dep == genesis_hash(self.upload.kind)
                || open.is_some_and(|open| open.document.crdt().get_change_by_hash(dep).is_some())
                || self.is_buried(dep)?
                || documents::is_set_aside(self.tx, self.upload.document, &dep.0)?;
            if !is_here {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the document had this before it was written anew.
    fn is_buried(&self, hash: &ChangeHash) -> Result<bool, StoreError> {
        erasures::is_buried(self.tx, self.upload.document, &hash.0)
    }

    /// Whether each change builds on nothing, on what the document has now, or on another of this upload; and the document
    /// has not had it before.
    fn builds_on_what_is_here(&self, open: Option<&Open>) -> Result<bool, StoreError> {
        let mut here = HashSet::from([genesis_hash(self.upload.kind)]);
        for change in self.upload.changes.iter().filter_map(|bytes| guard::read(bytes)) {
            let is_here = |dep: &ChangeHash| {
                here.contains(dep) || open.is_some_and(|open| open.document.crdt().get_change_by_hash(dep).is_some())
            };
            if !change.deps().iter().all(is_here) || self.is_buried(&change.hash())? {
                return Ok(false);
            }
            here.insert(change.hash());
        }
        Ok(true)
    }

    /// Whether so much of this device waits for staff already that more must wait on the device.
    fn has_enough_waiting(&mut self, more: usize) -> Result<bool, StoreError> {
        let (changes, bytes) = match *self.waiting {
            Some(waiting) => waiting,
            None => quarantine::waiting_of(self.tx, self.uploader.device)?,
        };
        let now = (changes + 1, bytes + more as u64);
        *self.waiting = Some(now);
        Ok(now.0 > quarantine::WAITING_OF_DEVICE_MAX || now.1 > quarantine::WAITING_BYTES_OF_DEVICE_MAX)
    }

    fn set_aside(&mut self, code: &str, bytes: &[u8]) -> Result<Verdict, StoreError> {
        let digest: Hash = Sha256::digest(bytes).into();
        let hash = guard::read(bytes).map(|change| change.hash().0);
        if self.has_enough_waiting(bytes.len())? {
            return Ok(Verdict::Later);
        }
        documents::set_aside(
            self.tx,
            &NewAside {
                document: self.upload.document,
                kind: self.upload.kind,
                digest: &digest,
                hash: hash.as_ref(),
                device: self.uploader.device,
                account: self.uploader.account,
                code,
                received_ms: self.now_ms,
                bytes,
            },
        )?;
        Ok(Verdict::SetAside(code.to_owned()))
    }
}
