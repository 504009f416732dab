//! What waits for staff because it was not allowed, in words that they can judge, and what they decide.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde_json::json;
use shared::{
    document::{Document, Kind},
    history::{self, Did, HistoryEntry},
    id::{AccountId, DocumentId},
    record::Record,
};

use crate::{
    guard,
    ingest::{Ingest, Taken, Uploader, load},
    storage::{
        StoreError, access, documents, journal, lookups,
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
    pub code: Option<&'static str>,
}

/// The code of a change that somebody else has judged meanwhile, or that never was.
pub const GONE: &str = "quarantine.gone";

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

/// Does what was decided. To be run as one job of the writer.
///
/// # Errors
/// What the storage fails on.
pub fn judge(tx: &Transaction<'_>, ingest: &mut Ingest, decision: &Decision) -> Result<Done, StoreError> {
    let mut numbers = decision.numbers.clone();
    numbers.sort_unstable();
    numbers.dedup();
    let mut done = Done::default();
    for number in numbers {
        let aside = quarantine::one(tx, number)?.filter(|aside| aside.judgement.is_none());
        let code = match &aside {
            None => Some(GONE),
            Some(_) if !decision.accept => None,
            Some(aside) => ingest.accept(tx, decision.by, aside, decision.now_ms, &mut done.taken)?,
        };
        if let (Some(aside), None) = (&aside, code) {
            note(tx, decision, aside)?;
            done.senders.insert(aside.account);
        }
        done.outcomes.push(Outcome { number, code });
    }
    done.arrival = server::last_arrival(tx)?;
    Ok(done)
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
