//! The server's side of the exchange: takes what a device brings, answers what it lacks.
//!
//! Blocking throughout: the route runs it off the async threads, the simulator on its own.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::Connection;
use shared::{
    id::{DeviceId, DocumentId},
    limit,
    role::{Role, Scope},
    wire::{
        AuthorEntry, BUCKETS, Cursor, Differences, Differing, Down, Failure, Hash, Part, Request, Response, ServerId,
        Verdict, bucket_of, bucket_part,
    },
};

use crate::{
    ingest::{Taken, Uploader, load},
    storage::{
        Store, StoreError,
        access::{self, Exchange},
        documents, erasures, journal, quarantine,
        scope::{self, Scoped},
        server,
    },
};

/// What an exchange came to.
#[derive(Debug)]
pub struct Answered {
    /// To be sent back.
    pub response: Response,
    /// Documents in which something is new to others, and the arrival of it.
    pub news: Vec<DocumentId>,
    /// See `news`.
    pub arrival: u64,
    /// Something of what it brought was set aside for staff.
    pub set_aside: bool,
    /// Up to which arrival the device has everything with this answer; none where another page follows.
    pub sent: Option<u64>,
}

/// Restores between an old copy of the file and the newest one that a device may tell of. A device that says more is not
/// believed, lest one word of it use up the numbers.
const LATER_LIVES_MAX: u64 = 100;

/// Answers one request. What it brought is on the disk when this returns.
///
/// # Errors
/// What the storage fails on; then nothing was acknowledged, and the device asks again.
pub fn answer(store: &Store, who: Uploader, request: Request, now_ms: u64) -> Result<Answered, StoreError> {
    let Request { server: theirs, cursor, now_ms: phone_ms, report, uploads, want, buckets } = request;
    let said = Exchange {
        last_exchange_ms: now_ms,
        clock_offset_ms: i64::try_from(i128::from(phone_ms) - i128::from(now_ms)).unwrap_or(0),
        unsent: u64::from(report.unsent),
        unsent_blobs: u64::from(report.unsent_blobs),
        app_build: cut(&report.build),
        persisted: report.persisted,
        installed: report.installed,
        lock: report.lock,
        storage_percent: report.storage_percent.map(|percent| percent.min(100)),
        failure: report.failure.map(|failure| Failure { code: cut(&failure.code), at_ms: failure.at_ms }),
    };
    let ahead = store.read_blocking(server::last_arrival)? < cursor.base.max(cursor.paged);
    let taken = store.write_blocking(move |tx, ingest| {
        // A device that has seen more than there is: this file was restored from an older copy.
        let server::Identity { identity, epoch } = server::identity(tx)?;
        let later_lives = u64::from(theirs.epoch).checked_sub(epoch).filter(|_| theirs.identity == identity);
        // Or one that has known a later life of this server: that restored file was itself put aside for an older copy.
        let was_restored = later_lives.is_some_and(|lives| if lives == 0 { ahead } else { lives <= LATER_LIVES_MAX });
        if was_restored {
            server::raise_epoch(tx, u64::from(theirs.epoch))?;
        }
        access::note_exchange(tx, who.device, &said)?;
        let taken = ingest.take(tx, who, &uploads, now_ms)?;
        if who.ended
            && taken.is_final()
            && taken.changes() >= said.unsent
            && access::note_rescued(tx, who.device, now_ms)?
        {
            journal::note(
                tx,
                &journal::Entry {
                    at_ms: now_ms,
                    by: journal::Actor { account: Some(who.account), device: Some(who.device) },
                    action: journal::Action::DeviceRescued,
                    subject: who.device.to_string(),
                    detail: serde_json::json!({ "changes": taken.changes() }),
                },
            )?;
        }
        Ok::<_, StoreError>(taken)
    })?;
    let Taken { receipts, news, arrival, known, not_held } = taken;
    let asked = Asked { who, server: theirs, cursor, want, buckets, known, not_held };
    let mut response = store.read_blocking(move |db| asked.answer(db, now_ms))?;
    let mut verdicts = receipts.iter().flat_map(|receipt| &receipt.verdicts);
    let set_aside = verdicts.any(|verdict| matches!(verdict, Verdict::SetAside(_)));
    response.receipts = receipts;
    // The digest comes with the last page.
    let sent = response.digest.is_some().then_some(response.cursor.base);
    Ok(Answered { response, news, arrival, set_aside, sent })
}

/// A word of the device's own, no longer than we keep.
fn cut(word: &str) -> String {
    word.chars().take(limit::SHORT_CHARS_MAX).collect()
}

/// What a device asks, once its upload is dealt with.
struct Asked {
    who: Uploader,
    server: ServerId,
    cursor: Cursor,
    want: Vec<DocumentId>,
    buckets: Vec<u64>,
    known: HashSet<Hash>,
    not_held: BTreeSet<DocumentId>,
}

impl Asked {
    fn answer(self, db: &Connection, now_ms: u64) -> Result<Response, StoreError> {
        let identity = server::identity(db)?;
        let epoch = u32::try_from(identity.epoch).unwrap_or(u32::MAX);
        let ours = ServerId { identity: identity.identity, epoch };
        let arrival = server::last_arrival(db)?;
        let mut page = Page {
            bytes: 0,
            response: Response { server: ours, now_ms, role: Some(self.who.role), ..Response::default() },
        };
        page.response.cursor = self.cursor;
        page.response.forget = self.not_held.iter().copied().collect();
        if self.who.ended {
            page.response.ended = true;
            return Ok(page.response);
        }
        let holdings = Holdings::of(db, self.who)?;
        if self.server != ours && self.server != ServerId::default() {
            // Another life of this server: the device will ask by buckets, and stand where we stand. What it asks for now
            // may be what we have lost.
            page.response.cursor = Cursor::level(arrival);
        } else if self.buckets.len() == BUCKETS {
            page.response.differences = Some(holdings.differences(db, &self.buckets)?);
        } else {
            self.pull(db, &holdings, arrival, &mut page)?;
            self.wanted(db, &holdings, &mut page)?;
        }
        page.response.authors = authors(db, &page.response.down)?;
        Ok(page.response)
    }

    /// The documents that are news to the device, in the order of their news, up to a page.
    fn pull(&self, db: &Connection, holdings: &Holdings, arrival: u64, page: &mut Page) -> Result<(), StoreError> {
        let Cursor { base, .. } = self.cursor;
        let news = holdings.news(db, self.cursor)?;
        for (sent, scoped) in news.iter().enumerate() {
            let part = if self.who.role.may_read(scoped.kind) { self.part(db, scoped, base)? } else { None };
            let down = part.map(|part| Down { document: scoped.id, kind: scoped.kind, epoch: scoped.epoch, part });
            if sent == limit::PAGE_DOCUMENTS || down.as_ref().is_some_and(|down| !page.takes(down)) {
                page.response.more = true;
                return Ok(());
            }
            page.response.cursor = Cursor { base, paged: scoped.news(), page_end: Some(scoped.id) };
            down.into_iter().for_each(|down| page.put(down));
        }
        page.response.forget.extend(holdings.lost_since(db, self.who, base)?);
        page.response.forget.extend(erasures::farewells_since(db, base)?);
        page.response.judged = quarantine::judged_since(db, self.who.device, base)?;
        page.response.cursor = Cursor::level(arrival);
        page.response.digest = Some(holdings.digest(db)?);
        Ok(())
    }

    /// What a device lacks of one document: what arrived of it since, or all of it where that is shorter or the device has
    /// none. Nothing where it brought all that itself.
    fn part(&self, db: &Connection, scoped: &Scoped, base: u64) -> Result<Option<Part>, StoreError> {
        let changes = documents::changes_after(db, scoped.id, base)?;
        let changes: Vec<Vec<u8>> =
            changes.into_iter().filter(|(hash, _)| !self.known.contains(hash)).map(|(_, bytes)| bytes).collect();
        let new_to_it = scoped.since > base;
        if changes.is_empty() && !new_to_it {
            return Ok(None);
        }
        let begun_before = scoped.first_arrival <= base && !new_to_it;
        let snapshot = documents::snapshot(db, scoped.id)?.filter(|(arrival, _)| *arrival == scoped.last_arrival);
        let length: usize = changes.iter().map(Vec::len).sum();
        let shorter = snapshot.as_ref().is_none_or(|(_, bytes)| length <= bytes.len());
        Ok(Some(match snapshot {
            _ if begun_before && shorter => Part::Changes(changes.into_iter().map(Into::into).collect()),
            Some((_, bytes)) => Part::Whole(bytes.into()),
            None => Part::Whole(whole(db, scoped.id)?.into()),
        }))
    }

    fn wanted(&self, db: &Connection, holdings: &Holdings, page: &mut Page) -> Result<(), StoreError> {
        for id in self.want.iter().take(limit::PAGE_DOCUMENTS) {
            let Some(standing) = documents::standing(db, *id)? else {
                let erased = erasures::is_erased(db, *id)?;
                if erased { &mut page.response.forget } else { &mut page.response.lacking }.push(*id);
                continue;
            };
            if !self.who.role.may_read(standing.kind) || !holdings.contain(*id) {
                // Asked for by a device that may not, or no longer, hold it.
                page.response.forget.push(*id);
                continue;
            }
            let down = Down {
                document: *id,
                kind: standing.kind,
                epoch: standing.epoch,
                part: Part::Whole(whole(db, *id)?.into()),
            };
            if !page.takes(&down) {
                page.response.more = true;
                break;
            }
            page.response.down.retain(|down| down.document != *id);
            page.put(down);
        }
        Ok(())
    }
}

/// A response that is being filled.
struct Page {
    response: Response,
    bytes: usize,
}

impl Page {
    /// Whether there is room left; an empty page takes whatever comes.
    fn takes(&self, down: &Down) -> bool {
        self.bytes == 0 || self.bytes + length(down) <= limit::PAGE_BYTES
    }

    fn put(&mut self, down: Down) {
        self.bytes += length(&down);
        self.response.down.push(down);
    }
}

fn length(down: &Down) -> usize {
    match &down.part {
        Part::Whole(bytes) => bytes.len(),
        Part::Changes(changes) => changes.iter().map(|bytes| bytes.len()).sum(),
    }
}

/// What an account holds.
enum Holdings {
    Everything(Role),
    Assigned(Vec<Scoped>),
}

impl Holdings {
    fn of(db: &Connection, who: Uploader) -> Result<Self, StoreError> {
        Ok(match who.scope {
            Scope::Everything => Self::Everything(who.role),
            Scope::Assigned => {
                let mut scoped = scope::assigned(db, who.account)?;
                scoped.retain(|scoped| who.role.may_read(scoped.kind));
                Self::Assigned(scoped)
            }
        })
    }

    fn contain(&self, id: DocumentId) -> bool {
        match self {
            Self::Everything(_) => true,
            Self::Assigned(scoped) => scoped.iter().any(|scoped| scoped.id == id),
        }
    }

    /// What is news past the cursor, in the order in which it is sent: one more than a page, so that the caller sees whether
    /// there is more.
    fn news(&self, db: &Connection, cursor: Cursor) -> Result<Vec<Scoped>, StoreError> {
        match self {
            Self::Everything(_) => scope::news(db, cursor.paged, limit::PAGE_DOCUMENTS + 1),
            Self::Assigned(scoped) => {
                let news = scoped.iter().filter(|scoped| !cursor.is_past(scoped.news(), scoped.id));
                Ok(news.take(limit::PAGE_DOCUMENTS + 1).cloned().collect())
            }
        }
    }

    fn digest(&self, db: &Connection) -> Result<u128, StoreError> {
        match self {
            Self::Everything(role) => Ok(documents::digest(db, |kind| role.may_read(kind))?.0),
            Self::Assigned(scoped) => Ok(scoped.iter().fold(0, |sum, scoped| sum ^ scoped.digest)),
        }
    }

    fn differences(&self, db: &Connection, theirs: &[u64]) -> Result<Differences, StoreError> {
        let ours = match self {
            Self::Everything(role) => documents::digest(db, |kind| role.may_read(kind))?.1,
            Self::Assigned(scoped) => {
                let mut buckets = vec![0; BUCKETS];
                for scoped in scoped {
                    buckets[usize::from(bucket_of(scoped.id))] ^= bucket_part(scoped.digest);
                }
                buckets
            }
        };
        let buckets: Vec<u8> = (0..=u8::MAX).filter(|n| ours[usize::from(*n)] != theirs[usize::from(*n)]).collect();
        let mut documents: Vec<Differing> = match self {
            Self::Everything(role) => {
                let found =
                    documents::in_buckets(db, &buckets)?.into_iter().filter(|(_, kind, _)| role.may_read(*kind));
                found.map(|(document, kind, heads)| Differing { document, kind, heads }).collect()
            }
            Self::Assigned(scoped) => {
                let found = scoped.iter().filter(|scoped| buckets.contains(&bucket_of(scoped.id)));
                found.map(|s| Differing { document: s.id, kind: s.kind, heads: s.heads.clone() }).collect()
            }
        };
        // Whole buckets only: what a listed bucket does not name, the device takes for lacking here.
        documents.sort_by_key(|differing| (bucket_of(differing.document), differing.document));
        let beyond = documents.get(limit::DIFFERING_DOCUMENTS_MAX).map(|differing| bucket_of(differing.document));
        let listed = |bucket: &u8| beyond.is_none_or(|beyond| *bucket < beyond.max(1));
        documents.retain(|differing| listed(&bucket_of(differing.document)));
        Ok(Differences { buckets: buckets.into_iter().filter(listed).collect(), documents })
    }

    fn lost_since(&self, db: &Connection, who: Uploader, base: u64) -> Result<Vec<DocumentId>, StoreError> {
        match self {
            Self::Everything(_) => Ok(Vec::new()),
            Self::Assigned(_) => {
                let lost = scope::lost_since(db, who.account, base)?;
                Ok(lost.into_iter().filter(|id| !self.contain(*id)).collect())
            }
        }
    }
}

/// All of a document, from the snapshot where it is level, else from its changes.
fn whole(db: &Connection, id: DocumentId) -> Result<Vec<u8>, StoreError> {
    let standing = documents::standing(db, id)?.ok_or(StoreError::Corrupt("a document without a standing"))?;
    match documents::snapshot(db, id)? {
        Some((arrival, bytes)) if arrival == standing.last_arrival => Ok(bytes),
        _ => Ok(load(db, id, &standing)?.save()),
    }
}

/// Who wrote the documents of a page.
fn authors(db: &Connection, down: &[Down]) -> Result<Vec<AuthorEntry>, StoreError> {
    let mut devices: BTreeMap<DeviceId, ()> = BTreeMap::new();
    for down in down {
        devices.extend(documents::writers(db, down.document)?.into_iter().map(|device| (device, ())));
    }
    let mut authors = Vec::with_capacity(devices.len());
    for device in devices.into_keys() {
        if let Some(standing) = access::standing(db, device)? {
            authors.push(AuthorEntry {
                device,
                account: standing.account.id,
                name: standing.account.name,
                label: standing.device.label,
            });
        }
    }
    Ok(authors)
}
