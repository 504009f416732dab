//! The device's side of the exchange: what goes up, what came down, and how differences heal.

use std::collections::BTreeSet;

use automerge::{Change, ChangeHash};

use super::{Held, Pending, Replica};
use crate::{
    document::{Document, Kind, Made, device_of},
    id::{DocumentId, RowId},
    limit, renewal,
    role::Role,
    view::{JudgedView, SetAside},
    wire::{
        self, Cursor, Differences, Down, FrameError, Hash, Judged, Part, Receipt, Report, Request, Response, ServerId,
        Upload, Verdict,
    },
};

/// A request that is under way: its changes by document, in the order of its uploads.
#[derive(Debug)]
pub(super) struct InFlight {
    uploads: Vec<(DocumentId, Vec<Hash>)>,
    want: BTreeSet<DocumentId>,
    /// It asks by buckets, and for no document.
    seeks: bool,
    /// The last batch that was on the disk: what came later cannot have been sent before either.
    durable: u64,
    sent_ms: u64,
}

/// How far the search for a difference has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Repair {
    /// The next request asks by buckets.
    seek: bool,
    /// Searches since both sides last agreed.
    searches: u32,
}

/// Searches before this device stops asking and only reports: a difference that does not heal is a bug, not a busy loop.
const SEARCHES_MAX: u32 = 4;

/// What a reply amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    /// There is more to fetch or to send: ask again at once.
    pub again: bool,
    /// Both sides have the same documents at the same versions, as far as the server said.
    pub level: bool,
    /// Something left this device, or was written anew: what is kept beside the replica must not tell of it any longer.
    pub forgot: bool,
}

/// A reply that was not taken. Nothing was changed: ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The frame could not be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// No request was under way, or the reply is not to it.
    #[error("not a reply to the request under way")]
    Unasked,
}

impl ExchangeError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Frame(error) => error.code(),
            Self::Unasked => "exchange.unasked",
        }
    }
}

impl Replica {
    /// The next request as a frame, or nothing while one is under way or something is still to be stored.
    pub fn request(&mut self, now_ms: u64, mut report: Report) -> Option<Vec<u8>> {
        if self.in_flight.is_some() || !self.stored.is_settled() {
            return None;
        }
        report.unsent = u32::try_from(self.unsent()).unwrap_or(u32::MAX);
        let uploads = self.uploads();
        let hashes = |upload: &Upload| {
            let pending = &self.held[&upload.document].pending;
            pending[..upload.changes.len()].iter().map(|pending| pending.hash).collect()
        };
        let in_flight = uploads.iter().map(|upload| (upload.document, hashes(upload))).collect();
        let seeks = self.repair.seek;
        self.in_flight = Some(InFlight {
            uploads: in_flight,
            want: self.want.clone(),
            seeks,
            durable: self.stored.durable(),
            sent_ms: now_ms,
        });
        let request = Request {
            server: self.server,
            cursor: self.cursor,
            now_ms,
            report,
            uploads,
            // A server that may have lost something is first told what: what is asked for might be among it.
            want: if seeks { Vec::new() } else { self.want.iter().copied().take(limit::PAGE_DOCUMENTS).collect() },
            buckets: if seeks { self.buckets() } else { Vec::new() },
        };
        Some(wire::encode(&request))
    }

    /// Unacknowledged changes that are on this device's disk, up to a page.
    ///
    /// Contacts and people go before the events that name them, so that no page tears a walk-in apart for long.
    fn uploads(&self) -> Vec<Upload> {
        let mut uploads = Vec::new();
        let mut bytes = 0;
        let mut held: Vec<_> = self.held.iter().filter(|(_, held)| !held.pending.is_empty()).collect();
        held.sort_by_key(|(_, held)| held.kind);
        for (id, held) in held {
            let durable = held.pending.iter().take_while(|pending| self.stored.is_durable(pending.batch));
            let mut changes = Vec::new();
            for pending in durable.take(limit::CHANGES_PER_UPLOAD_MAX) {
                if bytes > 0 && bytes + pending.bytes.len() > limit::PAGE_BYTES {
                    break;
                }
                bytes += pending.bytes.len();
                changes.push(pending.bytes.clone());
            }
            if !changes.is_empty() {
                uploads.push(Upload { document: *id, kind: held.kind, epoch: held.epoch, changes });
            }
            if bytes >= limit::PAGE_BYTES || uploads.len() >= limit::PAGE_DOCUMENTS {
                break;
            }
        }
        uploads
    }

    /// That the request under way got no reply. What it carried will be sent again.
    pub fn request_failed(&mut self) {
        self.in_flight = None;
    }

    /// Takes a reply in. Afterwards [`Replica::take_batch`] gives what must be stored.
    ///
    /// # Errors
    /// [`ExchangeError`]; then nothing was changed, and the request counts as failed.
    pub fn response(&mut self, frame: &[u8], now_ms: u64) -> Result<Exchanged, ExchangeError> {
        let in_flight = self.in_flight.take().ok_or(ExchangeError::Unasked)?;
        let response: Response = wire::decode(frame)?;
        let answers = |(receipt, (id, hashes)): (&Receipt, &(DocumentId, Vec<Hash>))| {
            receipt.document == *id && receipt.verdicts.len() == hashes.len()
        };
        let fits = response.receipts.len() == in_flight.uploads.len();
        if !fits || !response.receipts.iter().zip(&in_flight.uploads).all(answers) {
            return Err(ExchangeError::Unasked);
        }
        let mut progress = self.take_receipts(&response.receipts, &in_flight.uploads, now_ms);
        let unsent = self.unsent();
        self.cleanse();
        for author in response.authors {
            self.authors.insert(author.device, author);
        }
        for down in response.down {
            self.take_down(down, &in_flight);
        }
        let another_life = self.server != ServerId::default() && response.server != self.server;
        self.server = response.server;
        // Another life of the server may lack what it had acknowledged: nothing goes before everything was compared.
        let forget: &[DocumentId] = if another_life { &[] } else { &response.forget };
        forget.iter().for_each(|id| self.forget(*id));
        response.lacking.iter().for_each(|id| self.is_lacking(*id));
        if let Some(role) = response.role {
            self.identity.role = role;
        }
        self.ended = response.ended;
        for judged in response.judged {
            self.was_judged(judged, now_ms);
        }
        if another_life {
            self.repair = Repair { seek: true, searches: 0 };
        } else if let Some(differences) = &response.differences {
            self.repair.seek = false;
            self.heal(differences);
        }
        self.cursor = response.cursor;
        self.exchanged_ms = now_ms;
        let middle_ms = in_flight.sent_ms.midpoint(now_ms);
        self.clock_ahead_ms = i64::try_from(i128::from(middle_ms) - i128::from(response.now_ms)).unwrap_or(0);
        let level = self.compare(response.digest);
        self.complete |= !response.more;
        self.stored.meta_changed();
        self.forget_parsed();
        progress |= self.unsent() > unsent;
        let send = progress && self.unsent() > 0;
        let fetch = !self.want.is_empty() && (in_flight.seeks || self.want != in_flight.want);
        Ok(Exchanged {
            again: response.more || self.repair.seek || send || fetch,
            level,
            forgot: self.stored.packs_soon(),
        })
    }

    /// Whether both sides agree; if they should and do not, seeks where they differ.
    fn compare(&mut self, digest: Option<u128>) -> bool {
        // While copies are awaited there is nothing to compare yet.
        let Some(theirs) = digest.filter(|_| self.want.is_empty()) else { return false };
        if theirs == self.digest() {
            self.repair = Repair::default();
            self.held.values_mut().for_each(|held| held.once_heads.clear());
            return true;
        }
        if self.repair.searches < SEARCHES_MAX && !self.repair.seek {
            self.repair.searches += 1;
            self.repair.seek = true;
        }
        false
    }

    /// Returns whether anything was acknowledged, so that asking again makes sense.
    fn take_receipts(&mut self, receipts: &[Receipt], sent: &[(DocumentId, Vec<Hash>)], now_ms: u64) -> bool {
        let mut progress = false;
        for (receipt, (id, hashes)) in receipts.iter().zip(sent) {
            if receipt.verdicts.contains(&Verdict::Erased) {
                // Nothing of it is to be said any more, and no word of it stays.
                self.erase(*id);
                progress = true;
                continue;
            }
            let (mut stored, mut aside, mut missing) = (Vec::new(), None::<(String, u32)>, false);
            for (hash, verdict) in hashes.iter().zip(&receipt.verdicts) {
                match verdict {
                    Verdict::Stored => stored.push(*hash),
                    Verdict::SetAside(code) => {
                        let (_, count) = aside.get_or_insert_with(|| (code.clone(), 0));
                        *count += 1;
                    }
                    Verdict::Missing => missing = true,
                    Verdict::Later | Verdict::Erased => {}
                    Verdict::StaleEpoch => {
                        self.want.insert(*id);
                    }
                }
            }
            progress |= !stored.is_empty() || aside.is_some();
            self.acknowledge(*id, &stored);
            if missing {
                progress |= self.send_what_is_missing(*id, &receipt.heads);
            }
            if let Some((code, changes)) = aside {
                self.was_set_aside(*id, code, changes, hashes, &receipt.verdicts, now_ms);
            }
        }
        progress
    }

    fn acknowledge(&mut self, id: DocumentId, hashes: &[Hash]) {
        let Some(held) = self.held.get_mut(&id).filter(|_| !hashes.is_empty()) else { return };
        for hash in hashes {
            if let Some(at) = held.pending.iter().position(|pending| pending.hash == *hash) {
                let pending = held.pending.remove(at);
                held.acknowledge(pending.hash, &pending.deps);
            }
        }
        self.stored.acknowledged(id, hashes.to_vec(), held);
        self.changed.insert(id);
    }

    /// The server holds these changes for staff: they are safe there, and no longer part of this device's document.
    ///
    /// The document is fetched anew once nothing of it is pending; until then what builds on them follows them.
    fn was_set_aside(
        &mut self,
        id: DocumentId,
        code: String,
        changes: u32,
        hashes: &[Hash],
        verdicts: &[Verdict],
        now_ms: u64,
    ) {
        let title = self.title(id);
        let Some(held) = self.held.get_mut(&id) else { return };
        let aside: BTreeSet<Hash> = hashes
            .iter()
            .zip(verdicts)
            .filter_map(|(hash, verdict)| matches!(verdict, Verdict::SetAside(_)).then_some(*hash))
            .collect();
        held.pending.retain(|pending| !aside.contains(&pending.hash));
        self.stored.acknowledged(id, aside.into_iter().collect(), held);
        match self.set_aside.iter_mut().find(|entry| entry.document == id && entry.code == code) {
            Some(entry) => {
                entry.changes += changes;
                entry.at_ms = now_ms;
            }
            None => self.set_aside.push(SetAside { document: id, title, code, changes, at_ms: now_ms }),
        }
        self.tainted.insert(id);
        self.changed.insert(id);
        self.stored.meta_changed();
    }

    /// Staff have decided about changes of ours that were set aside.
    fn was_judged(&mut self, judged: Judged, now_ms: u64) {
        let Judged { document, code, changes, accepted, word } = judged;
        let mut title = self.title(document);
        if let Some(at) = self.set_aside.iter().position(|entry| entry.document == document && entry.code == code) {
            let entry = &mut self.set_aside[at];
            entry.changes = entry.changes.saturating_sub(changes);
            if title.is_empty() {
                title.clone_from(&entry.title);
            }
            if entry.changes == 0 {
                self.set_aside.remove(at);
            }
        }
        self.judged.insert(0, JudgedView { document, title, code, changes, accepted, word, at_ms: now_ms });
        self.judged.truncate(limit::JUDGED_MAX);
    }

    /// Documents of which the server has everything that was made here are fetched anew where it set something aside.
    fn cleanse(&mut self) {
        let held = &self.held;
        let settled = |id: &DocumentId| held.get(id).is_none_or(|held| held.pending.is_empty());
        let ready: Vec<DocumentId> = self.tainted.iter().copied().filter(settled).collect();
        for id in ready {
            self.tainted.remove(&id);
            self.want.insert(id);
        }
    }

    /// The server lacks what a change builds on: everything that it lacks is pending again.
    fn send_what_is_missing(&mut self, id: DocumentId, server_heads: &[Hash]) -> bool {
        let Some(held) = self.held.get_mut(&id) else { return false };
        let before = held.pending.len();
        let ours = held.know_server_heads(id, server_heads);
        if !ours {
            self.want.insert(id);
        }
        self.stored.whole_of(id, held);
        self.held.get(&id).is_some_and(|held| held.pending.len() > before) || !ours
    }

    fn take_down(&mut self, down: Down, in_flight: &InFlight) {
        let id = down.document;
        let held = self.held.get(&id).map(|held| held.epoch);
        match down.part {
            // A server that was restored lags behind a rewriting: whoever runs the house gives it back.
            _ if held.is_some_and(|epoch| epoch > down.epoch) => {
                self.want.remove(&id);
                return;
            }
            Part::Whole(bytes) if held.is_some_and(|epoch| epoch < down.epoch) => {
                self.take_anew(id, down.kind, &bytes, down.epoch, in_flight);
            }
            Part::Whole(bytes) => {
                self.take_whole(id, down.kind, &bytes);
                self.held.entry(id).and_modify(|held| held.epoch = down.epoch);
            }
            Part::Changes(_) if held.unwrap_or_default() != down.epoch => {
                self.want.insert(id);
            }
            Part::Changes(changes) => {
                let changes: Vec<Vec<u8>> = changes.into_iter().map(serde_bytes::ByteBuf::into_vec).collect();
                self.take_changes(id, down.kind, &changes);
            }
        }
        self.changed.insert(id);
    }

    fn take_whole(&mut self, id: DocumentId, kind: Kind, bytes: &[u8]) {
        let Ok(theirs) = Document::load(id, kind, bytes) else { return };
        let server_heads: Vec<Hash> = theirs.heads().into_iter().map(|hash| hash.0).collect();
        let held = self.held.entry(id).or_insert_with(|| Held::new(kind));
        held.kind = kind;
        let mut pending = held.no_longer_in(id, &theirs);
        // What the server has is no longer pending, whoever brought it there.
        pending.extend(held.pending.drain(..).filter(|pending| !has(&theirs, &pending.hash)));
        held.pending = pending;
        let mut merged = theirs;
        let pending: Vec<Vec<u8>> = held.pending.iter().map(|pending| pending.bytes.to_vec()).collect();
        if merged.take(&pending).is_err() {
            // Something pending builds on what only this device has: keep both.
            let mut ours = held.parse(id).clone();
            if merged.take_copy(&mut ours).is_err() {
                return;
            }
        }
        held.know(&merged);
        held.saved = merged.save();
        held.tail.clear();
        held.parsed = None;
        held.server_heads = server_heads;
        // What was set aside may come back: its sequence must not be used again.
        held.nonce = None;
        self.want.remove(&id);
        self.stored.whole(id, held);
    }

    /// The document was written anew: this copy gives way whole, and what was not sent of it is said again on top.
    fn take_anew(&mut self, id: DocumentId, kind: Kind, bytes: &[u8], epoch: u32, in_flight: &InFlight) {
        let Ok(mut anew) = Document::load(id, kind, bytes) else { return };
        let Some(held) = self.held.get_mut(&id) else { return };
        let sent = in_flight.uploads.iter().find(|(document, _)| *document == id).map_or(&[][..], |(_, sent)| sent);
        let may_be_known = |pending: &Pending| pending.batch <= in_flight.durable && !sent.contains(&pending.hash);
        if held.pending.iter().any(may_be_known) {
            // The server may have had this before it wrote the document anew: it is asked first, lest it be said twice.
            self.want.insert(id);
            return;
        }
        let server_heads: Vec<Hash> = anew.heads().into_iter().map(|hash| hash.0).collect();
        let mut again = None;
        if let Some(last) = held.pending.last().map(|pending| pending.hash) {
            let ours = held.parse(id).clone();
            let acknowledged = held.server_heads.iter().chain(&held.once_heads).filter(|head| has(&ours, head));
            let heads: Vec<ChangeHash> = acknowledged.map(|hash| ChangeHash(*hash)).collect();
            let base = match ours.crdt.fork_at(&heads) {
                Ok(base) if !heads.is_empty() => Document::from_crdt(id, kind, base),
                _ => Document::new(id, kind),
            };
            let meta = ours.crdt.get_change_meta_by_hash(&ChangeHash(last));
            let seconds = meta.map_or(0, |meta| u64::try_from(meta.timestamp).unwrap_or(0));
            // Another document of this id: a sequence of its own.
            self.held.entry(id).and_modify(|held| held.nonce = None);
            let author = crate::edit::Library::author(self, id, seconds.saturating_mul(1000));
            again = renewal::say_again(&base, &ours, &mut anew, &author).unwrap_or_default();
        }
        let batch = self.stored.open_batch();
        let Some(held) = self.held.get_mut(&id) else { return };
        held.pending = again.and_then(Pending::anew).into_iter().map(|pending| Pending { batch, ..pending }).collect();
        held.know(&anew);
        held.saved = anew.save();
        held.tail.clear();
        held.parsed = None;
        held.server_heads = server_heads;
        held.epoch = epoch;
        held.once_heads.clear();
        if held.pending.is_empty() {
            held.nonce = None;
        }
        self.want.remove(&id);
        self.tainted.remove(&id);
        self.stored.whole(id, held);
        self.stored.pack_soon();
        self.stored.meta_changed();
    }

    fn take_changes(&mut self, id: DocumentId, kind: Kind, changes: &[Vec<u8>]) {
        let mut begun = Held::new(kind);
        let held = self.held.get_mut(&id).unwrap_or(&mut begun);
        let before = held.parse(id).clone();
        if held.parse(id).take(changes).is_err() {
            // This device lacks something that the server thinks it has.
            self.want.insert(id);
            self.stored.meta_changed();
            return;
        }
        let mut arrived = Vec::new();
        for change in changes.iter().filter_map(|bytes| Change::from_bytes(bytes.clone()).ok()) {
            let hash = change.hash().0;
            let pending = held.pending.iter().position(|pending| pending.hash == hash);
            // What comes a second time, in a later page, is a head no more if something builds on it.
            if pending.is_some() || !has(&before, &hash) {
                let deps: Vec<Hash> = change.deps().iter().map(|hash| hash.0).collect();
                held.acknowledge(hash, &deps);
            }
            arrived.extend(pending.map(|at| held.pending.remove(at).hash));
        }
        held.tail.extend(changes.iter().cloned());
        held.read(id);
        self.stored.took(id, kind, changes, held);
        if !arrived.is_empty() {
            self.stored.acknowledged(id, arrived, held);
        }
        self.held.entry(id).or_insert(begun);
    }

    /// The document leaves this device. What was not acknowledged of it never leaves unsaid.
    pub(super) fn forget(&mut self, id: DocumentId) {
        self.want.remove(&id);
        let Some(held) = self.held.get(&id) else { return };
        if !held.pending.is_empty() {
            // It will be asked to go again, once these changes have arrived.
            return;
        }
        self.leave(id);
    }

    /// The document was erased: it leaves this device with what was not sent of it, and with what is remembered of it.
    fn erase(&mut self, id: DocumentId) {
        self.want.remove(&id);
        self.tainted.remove(&id);
        self.set_aside.retain(|entry| entry.document != id);
        self.judged.retain(|entry| entry.document != id);
        self.stored.meta_changed();
        if self.held.contains_key(&id) {
            self.leave(id);
        }
    }

    fn leave(&mut self, id: DocumentId) {
        let Some(held) = self.held.remove(&id) else { return };
        if held.kind == Kind::Person {
            // Names live nowhere else.
            let titles = self.set_aside.iter_mut().map(|entry| (entry.document, &mut entry.title));
            let titles = titles.chain(self.judged.iter_mut().map(|entry| (entry.document, &mut entry.title)));
            titles.filter(|(document, _)| *document == id).for_each(|(_, title)| title.clear());
        }
        self.stored.forgot(id);
        // What is gone must not stay readable in the log until the next pack.
        self.stored.pack_soon();
        self.changed.insert(id);
    }

    /// The server has nothing of a document that this device asked for. What it once had is given back; what it never took
    /// leaves.
    fn is_lacking(&mut self, id: DocumentId) {
        let Some(held) = self.held.get_mut(&id).filter(|held| !held.server_heads.is_empty()) else {
            return self.forget(id);
        };
        held.know_server_heads(id, &[]);
        self.stored.whole_of(id, held);
        self.want.remove(&id);
        self.changed.insert(id);
    }

    /// What the server lacks becomes pending; what this device lacks is asked for.
    fn heal(&mut self, differences: &Differences) {
        for theirs in &differences.documents {
            if !self.held.contains_key(&theirs.document) {
                self.want.insert(theirs.document);
            } else {
                self.compare_document(theirs.document, &theirs.heads);
            }
        }
        let listed: BTreeSet<DocumentId> = differences.documents.iter().map(|theirs| theirs.document).collect();
        let in_them = |id: &&DocumentId| differences.buckets.contains(&wire::bucket_of(**id)) && !listed.contains(*id);
        let lacking: Vec<DocumentId> = self.held.keys().filter(in_them).copied().collect();
        for id in lacking {
            self.compare_document(id, &[]);
        }
    }

    fn compare_document(&mut self, id: DocumentId, server_heads: &[Hash]) {
        let Some(held) = self.held.get_mut(&id) else { return };
        if held.server_heads != server_heads {
            if !held.know_server_heads(id, server_heads) {
                self.want.insert(id);
            }
            self.stored.whole_of(id, held);
            self.changed.insert(id);
        }
    }

    fn title(&self, id: DocumentId) -> String {
        self.held.get(&id).map_or_else(String::new, |held| held.record.title())
    }

    /// What the account may do, as the server last said.
    #[must_use]
    pub fn role(&self) -> Role {
        self.identity.role
    }

    /// The server that this device last spoke to.
    #[must_use]
    pub fn server(&self) -> ServerId {
        self.server
    }

    /// Where this device stands.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }
}

impl Held {
    /// Takes the server's word for what it has: every change beyond that is pending. Returns whether all of the server's
    /// heads are known here.
    fn know_server_heads(&mut self, id: DocumentId, server_heads: &[Hash]) -> bool {
        let heads: Vec<ChangeHash> = server_heads.iter().map(|hash| ChangeHash(*hash)).collect();
        let document = self.parse(id).clone();
        // What is pending stays so, even where a damaged disk has lost what it builds on.
        let apart: Vec<Pending> = self.pending.drain(..).filter(|pending| !has(&document, &pending.hash)).collect();
        let once = self.server_heads.iter().filter(|head| !server_heads.contains(head));
        let once: Vec<Hash> = once.filter(|head| !self.once_heads.contains(head)).copied().collect();
        self.once_heads.extend(once);
        let (known, unknown): (Vec<_>, Vec<_>) =
            heads.into_iter().partition(|head| automerge::ReadDoc::get_change_by_hash(&document.crdt, head).is_some());
        self.pending = document.changes_since(&known).into_iter().filter_map(Pending::anew).chain(apart).collect();
        self.server_heads = known.into_iter().map(|hash| hash.0).collect();
        self.server_heads.sort_unstable();
        self.saved = document.save();
        self.tail.clear();
        unknown.is_empty()
    }

    /// What the server had acknowledged and has no longer, now that it sends its whole copy: it was restored from an older one.
    fn no_longer_in(&mut self, id: DocumentId, theirs: &Document) -> Vec<Pending> {
        if self.server_heads.iter().all(|head| has(theirs, head)) {
            return Vec::new();
        }
        let heads: Vec<ChangeHash> = self.server_heads.iter().map(|hash| ChangeHash(*hash)).collect();
        let Ok(acknowledged) = self.parse(id).crdt.fork_at(&heads) else { return Vec::new() };
        let acknowledged = Document::from_crdt(id, self.kind, acknowledged);
        let lost = acknowledged.changes_since(&[]).into_iter().filter(|made| !has(theirs, &made.hash.0));
        lost.filter_map(Pending::anew).collect()
    }
}

impl Pending {
    /// A change of a document, to be sent again; none for the genesis.
    fn anew(made: Made) -> Option<Self> {
        let change = Change::from_bytes(made.bytes.clone()).ok()?;
        device_of(change.actor_id().to_bytes())?;
        let deps = change.deps().iter().map(|hash| hash.0).collect();
        Some(Self { hash: made.hash.0, deps, bytes: made.bytes.into(), marks: rows_made(&change), batch: 0 })
    }
}

pub(super) fn has(document: &Document, hash: &Hash) -> bool {
    automerge::ReadDoc::get_change_by_hash(&document.crdt, &ChangeHash(*hash)).is_some()
}

/// The rows that a change makes. Marks are among them; what is none is no matter.
fn rows_made(change: &Change) -> Vec<RowId> {
    let operations = change.decode().operations;
    operations
        .iter()
        .filter_map(|op| match &op.key {
            automerge::legacy::Key::Map(key) => key.parse().ok(),
            automerge::legacy::Key::Seq(_) => None,
        })
        .collect()
}

impl super::stored::Stored {
    fn whole_of(&mut self, id: DocumentId, held: &Held) {
        self.whole(id, held);
        self.meta_changed();
    }
}
