//! What waits for staff because it was not allowed, in words that they can judge, and what they decide.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde_json::json;
use shared::{
    document::{Document, Kind},
    edit::Library as _,
    history::{self, Did, HistoryEntry},
    id::{AccountId, DocumentId, RowId},
    record::Record,
    revert,
    wire::Hash,
};

use crate::{
    guard,
    hand::{Hand, HandError},
    ingest::{Taken, Uploader, load},
    secret,
    storage::{
        Store, StoreError, access, documents, journal, lookups,
        quarantine::{self, Aside, Judgement},
        server,
    },
};

/// What staff see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// How many changes wait, those beyond the list too.
    pub waiting: u64,
    /// Those that wait, the oldest first, then those judged lately, the newest first.
    pub rows: Vec<Row>,
}

/// One change that was set aside.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub number: i64,
    pub document: DocumentId,
    pub kind: Kind,
    /// What the document is called, with this change or without it; empty if nothing says.
    pub title: String,
    /// Why it waits: a stable code.
    pub code: String,
    pub account_name: String,
    pub device_label: String,
    pub received_ms: u64,
    /// What it would do; none if it cannot be read, or builds on what is not here.
    pub entry: Option<HistoryEntry>,
    /// Names of the documents that `entry` speaks of.
    pub names: BTreeMap<DocumentId, String>,
    pub judgement: Option<Judged>,
    /// Who looks after it.
    pub assigned: Option<AccountId>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    pub accepted: bool,
    pub at_ms: u64,
    pub by_name: String,
    pub word: String,
}

/// Reads what waits.
///
/// # Errors
/// What the storage fails on.
pub fn waiting(db: &Connection) -> Result<Waiting, StoreError> {
    let asides = quarantine::list(db)?;
    let mut by_document: BTreeMap<DocumentId, Vec<&Aside>> = BTreeMap::new();
    for aside in &asides {
        by_document.entry(aside.document).or_default().push(aside);
    }
    let mut previews: BTreeMap<DocumentId, Document> = BTreeMap::new();
    for (id, mut asides) in by_document {
        asides.sort_by_key(|aside| aside.number);
        previews.insert(id, preview(db, id, &asides)?);
    }
    let rows = asides.into_iter().map(|aside| row(db, &previews[&aside.document], aside)).collect::<Result<_, _>>()?;
    Ok(Waiting { waiting: quarantine::waiting(db)?, rows })
}

/// The document as it would be with all that was set aside of it, as far as that can be read.
fn preview(db: &Connection, id: DocumentId, asides: &[&Aside]) -> Result<Document, StoreError> {
    let kind = asides.first().map_or(Kind::Person, |aside| aside.kind);
    let document = match documents::standing(db, id)? {
        Some(standing) => load(db, id, &standing)?,
        None => Document::new(id, kind),
    };
    let bytes: Vec<&[u8]> = asides.iter().map(|aside| &aside.bytes[..]).collect();
    let admitted = guard::admit(document.crdt(), &guard::Owner::Anyone, None, &bytes);
    Ok(Document::from_crdt(id, document.kind, admitted.document))
}

fn row(db: &Connection, preview: &Document, aside: Aside) -> Result<Row, StoreError> {
    let entry = aside.hash.and_then(|hash| guard::contain(|| history::entry(preview, &hash)).flatten());
    let mut names = BTreeMap::new();
    for id in entry.iter().flat_map(|entry| &entry.did).filter_map(named) {
        if let Some(title) = lookups::title(db, id)? {
            names.insert(id, title);
        }
    }
    let title = match lookups::title(db, aside.document)? {
        Some(title) => title,
        None => guard::contain(|| Record::read(preview).title()).unwrap_or_default(),
    };
    let sender = access::standing(db, aside.device)?;
    let judgement = match aside.judgement {
        Some(Judgement { accepted, at_ms, by, word }) => {
            let by_name = access::standing(db, by)?.map_or_else(String::new, |standing| standing.account.name);
            Some(Judged { accepted, at_ms, by_name, word })
        }
        None => None,
    };
    let (account_name, device_label) =
        sender.map_or_else(Default::default, |standing| (standing.account.name, standing.device.label));
    Ok(Row {
        number: aside.number,
        document: aside.document,
        kind: aside.kind,
        title,
        code: aside.code,
        account_name,
        device_label,
        received_ms: aside.received_ms,
        entry,
        names,
        judgement,
        assigned: aside.assigned,
    })
}

fn named(did: &Did) -> Option<DocumentId> {
    match did {
        Did::Set { value, .. } => value.text().parse().ok(),
        Did::Joined { person } | Did::TookOff { person } => person.parse().ok(),
        Did::Marked { person, .. } | Did::Withdrew { person, .. } | Did::Signed { person } => *person,
        Did::Linked { document } => *document,
        _ => None,
    }
}

/// What staff decide.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Which changes. They are taken in the order in which they came, since one may build on another.
    pub numbers: Vec<i64>,
    pub accept: bool,
    /// To the sender; empty if nothing.
    pub word: String,
    pub by: Uploader,
    pub now_ms: u64,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub number: i64,
    /// What stands against accepting it, or that there is no such change any more; none if it is done.
    pub code: Option<String>,
}

/// The code of a change that somebody else has judged meanwhile, or that never was.
pub const GONE: &str = "quarantine.gone";

/// The code of a change that was accepted and that no edit takes back: its record is put right where it stands.
pub const STANDS: &str = "quarantine.stands";

/// What a decision came to.
#[derive(Debug, Default)]
pub struct Done {
    /// One for each change that was named.
    pub outcomes: Vec<Outcome>,
    /// Documents in which something is new, and the last arrival of it.
    pub taken: Taken,
    /// Whose changes were judged: they are to be told.
    pub senders: BTreeSet<AccountId>,
    /// The last arrival of a judgement.
    pub arrival: u64,
}

/// Does what was decided. Blocks.
///
/// # Errors
/// What the storage fails on.
pub fn judge(store: &Store, decision: Decision) -> Result<Done, StoreError> {
    // Those that were accepted once and taken back are in their documents: accepted again, what took them back is taken back.
    let mut again = BTreeMap::new();
    if decision.accept {
        for aside in asked(store, &decision.numbers)? {
            if aside.judgement.is_none() && aside.last_by.is_some() {
                let done = take_back(store, decision.by, &aside, &decision.word, decision.now_ms)?;
                again.insert(aside.number, done);
            }
        }
    }
    store.write_blocking(move |tx, ingest| {
        let mut done = Done::default();
        for number in in_order(&decision.numbers) {
            let aside = quarantine::one(tx, number)?.filter(|aside| aside.judgement.is_none());
            let code = match (&aside, again.get(&number)) {
                (None, _) => Some(GONE),
                (Some(aside), Some(Ok(changes))) => {
                    quarantine::accepted_again(tx, number, changes)?;
                    done.taken.news.push(aside.document);
                    None
                }
                (_, Some(Err(code))) => Some(*code),
                (Some(aside), None) if decision.accept => {
                    ingest.accept(tx, decision.by, aside, decision.now_ms, &mut done.taken)?
                }
                (Some(_), None) => None,
            };
            if let (Some(aside), None) = (&aside, code) {
                note(tx, &decision, aside)?;
                done.senders.insert(aside.account);
            }
            done.outcomes.push(Outcome { number, code: code.map(str::to_owned) });
        }
        done.arrival = server::last_arrival(tx)?;
        Ok::<_, StoreError>(done)
    })
}

/// Takes judgements back: what was judged waits again. What was accepted is undone by edits of whoever asks, as far as nobody has written
/// over it since. `reason` is not empty. Blocks.
///
/// # Errors
/// What the storage fails on.
pub fn reopen(store: &Store, by: Uploader, numbers: &[i64], reason: &str, now_ms: u64) -> Result<Done, StoreError> {
    let mut done = Done::default();
    // The newest first: one may build on another.
    for aside in asked(store, numbers)?.into_iter().rev() {
        let Aside { number, document, account, .. } = aside;
        let changes = match &aside.judgement {
            None => Err(GONE),
            Some(Judgement { accepted: false, .. }) => Ok(None),
            Some(_) => take_back(store, by, &aside, reason, now_ms)?.map(Some),
        };
        if let Ok(changes) = &changes {
            let changes = changes.clone();
            store.write_blocking(move |tx, _| {
                quarantine::reopen(tx, number, changes.as_deref())?;
                let entry = journal::Entry {
                    at_ms: now_ms,
                    by: journal::Actor { account: Some(by.account), device: Some(by.device) },
                    action: journal::Action::QuarantineReopened,
                    subject: document.to_string(),
                    detail: json!({ "number": number, "code": aside.code, "from": aside.device }),
                };
                journal::note(tx, &entry)
            })?;
            done.taken.news.push(document);
            done.senders.insert(account);
        }
        done.outcomes.push(Outcome { number, code: changes.err().map(str::to_owned) });
    }
    done.arrival = store.read_blocking(server::last_arrival)?;
    Ok(done)
}

/// Those that are there, in the order in which they came.
fn asked(store: &Store, numbers: &[i64]) -> Result<Vec<Aside>, StoreError> {
    store.read_blocking(|db| {
        let found = in_order(numbers).into_iter().map(|number| quarantine::one(db, number));
        found.filter_map(Result::transpose).collect()
    })
}

/// They are taken in the order in which they came, since one may build on another.
fn in_order(numbers: &[i64]) -> BTreeSet<i64> {
    numbers.iter().copied().collect()
}

/// Takes back what was done of a change the last time, and keeps that. The changes that do it, or what stands against it.
fn take_back(
    store: &Store,
    by: Uploader,
    aside: &Aside,
    reason: &str,
    now_ms: u64,
) -> Result<Result<Vec<Hash>, &'static str>, StoreError> {
    let last = aside.last_by.clone().unwrap_or_else(|| aside.hash.into_iter().collect());
    let mut hand = Hand::of(store, by);
    for change in last.iter().rev() {
        let Some(document) = hand.copy(aside.document) else { return Ok(Err(STANDS)) };
        let new_row = || RowId(secret::draw());
        let Some(Ok(edits)) = guard::contain(|| revert::reverting(&document, change, reason, new_row)) else {
            return Ok(Err(STANDS));
        };
        for edit in &edits {
            match hand.edit(edit, now_ms) {
                Ok(()) => {}
                Err(HandError::Store(error)) => return Err(error),
                Err(HandError::Refused(refusal)) => return Ok(Err(refusal.code())),
                Err(HandError::SetAside(_)) => return Ok(Err(STANDS)),
            }
        }
    }
    let made = hand.made_in(aside.document);
    match hand.keep(now_ms) {
        Ok(_) => Ok(Ok(made)),
        Err(HandError::Store(error)) => Err(error),
        Err(_) => Ok(Err(STANDS)),
    }
}

fn note(tx: &Transaction<'_>, decision: &Decision, aside: &Aside) -> Result<(), StoreError> {
    let judgement = Judgement {
        accepted: decision.accept,
        at_ms: decision.now_ms,
        by: decision.by.device,
        word: decision.word.clone(),
    };
    quarantine::judge(tx, aside.number, &judgement)?;
    journal::note(
        tx,
        &journal::Entry {
            at_ms: decision.now_ms,
            by: journal::Actor { account: Some(decision.by.account), device: Some(decision.by.device) },
            action: if decision.accept {
                journal::Action::QuarantineAccepted
            } else {
                journal::Action::QuarantineRefused
            },
            subject: aside.document.to_string(),
            detail: json!({ "number": aside.number, "code": aside.code, "from": aside.device }),
        },
    )
}
