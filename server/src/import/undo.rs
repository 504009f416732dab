//! Taking back a whole import: what it made and nobody touched since. What stays is said with its reason.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use shared::{document::Kind, id::DocumentId};

use crate::{
    ingest::Ingest,
    storage::{
        StoreError, documents,
        imports::{self, Wrote},
        lookups, scope, server,
    },
};

/// Records that one commit takes back: others write in between.
const BATCH_MAX: usize = 50;
/// What stays is listed up to so many; it is counted in full.
const LISTED_MAX: usize = 200;

/// What taking an import back would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UndoPlan {
    /// Records that go.
    pub people: usize,
    pub associations: usize,
    /// Records that stay.
    pub staying: usize,
    pub stays: Vec<Stays>,
}

/// A record that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stays {
    pub document: DocumentId,
    pub title: String,
    /// `known`: it was there before; `changed`: somebody wrote in it since; `named`: something else refers to it; `waiting`: something of
    /// it waits for a decision.
    pub why: &'static str,
}

/// A record of an import: its documents that go with it, and why it stays, if it does.
type Of = (DocumentId, Kind, Vec<DocumentId>, Option<&'static str>);

/// The records of an import, each with the documents that make it up, and why it stays, if it does.
fn records(db: &Connection, id: DocumentId) -> Result<Vec<Of>, StoreError> {
    let wrote = imports::wrote(db, id)?;
    let by_id: BTreeMap<DocumentId, &Wrote> = wrote.iter().map(|one| (one.document, one)).collect();
    let why = |one: &Wrote| {
        if !one.begun {
            Some("known")
        } else if one.changed {
            Some("changed")
        } else if one.waits {
            Some("waiting")
        } else if one.named {
            Some("named")
        } else {
            None
        }
    };
    let people: BTreeSet<DocumentId> =
        wrote.iter().filter(|one| one.kind == Kind::Person).map(|one| DocumentId::contact_of(one.document)).collect();
    let mut records = Vec::new();
    for one in &wrote {
        match one.kind {
            Kind::Person => {
                let contact = DocumentId::contact_of(one.document);
                let reached = by_id.get(&contact).copied().filter(|contact| contact.begun);
                let mut stays = why(one).or_else(|| reached.and_then(why));
                let mut together = vec![one.document];
                match reached {
                    Some(reached) => together.push(reached.document),
                    // Somebody has added a phone since.
                    None if documents::standing(db, contact)?.is_some() => {
                        stays = stays.or(Some("changed"));
                    }
                    None => {}
                }
                records.push((one.document, one.kind, together, stays));
            }
            // Of somebody who was known before.
            Kind::Contact if people.contains(&one.document) => {}
            Kind::Contact => records.push((one.document, one.kind, Vec::new(), Some("known"))),
            _ => records.push((one.document, one.kind, vec![one.document], why(one))),
        }
    }
    // Whoever stays keeps the association that they come from.
    let mut kept: BTreeSet<DocumentId> = BTreeSet::new();
    for (document, _, _, stays) in &records {
        if stays.is_some() {
            let links = scope::links(db, *document)?;
            kept.extend(links.into_iter().filter(|(_, open)| *open).map(|(target, _)| target));
        }
    }
    for (document, _, _, stays) in &mut records {
        if stays.is_none() && kept.contains(document) {
            *stays = Some("named");
        }
    }
    Ok(records)
}

/// Says what taking an import back would do.
///
/// # Errors
/// What the storage fails on.
pub fn plan(db: &Connection, id: DocumentId) -> Result<UndoPlan, StoreError> {
    let mut plan = UndoPlan::default();
    for (document, kind, _, stays) in records(db, id)? {
        match (stays, kind) {
            (Some(why), _) => {
                plan.staying += 1;
                if plan.stays.len() < LISTED_MAX {
                    let title = lookups::title(db, document)?.unwrap_or_default();
                    plan.stays.push(Stays { document, title, why });
                }
            }
            (None, Kind::Person) => plan.people += 1,
            (None, _) => plan.associations += 1,
        }
    }
    Ok(plan)
}

/// What one step took back.
#[derive(Debug)]
pub struct Step {
    pub gone: Vec<DocumentId>,
    pub arrival: u64,
    /// Whether nothing is left to be taken back.
    pub done: bool,
}

/// Takes back the first records of an import that nobody touched. Again and again until it is done: each step looks anew at what was touched
/// meanwhile.
///
/// # Errors
/// What the storage fails on.
pub fn step(tx: &Transaction<'_>, ingest: &mut Ingest, id: DocumentId, now_ms: u64) -> Result<Step, StoreError> {
    let mut going: Vec<(Kind, Vec<DocumentId>)> = records(tx, id)?
        .into_iter()
        .filter(|(_, _, _, stays)| stays.is_none())
        .map(|(_, kind, documents, _)| (kind, documents))
        .collect();
    // People before what they come from.
    going.sort_by_key(|(kind, _)| *kind != Kind::Person);
    let done = going.len() <= BATCH_MAX;
    let mut gone = Vec::new();
    for document in going.into_iter().take(BATCH_MAX).flat_map(|(_, documents)| documents) {
        imports::remember_undone(tx, document)?;
        ingest.erase(tx, document, now_ms)?;
        gone.push(document);
    }
    if done {
        imports::undone(tx, id, now_ms)?;
    }
    Ok(Step { gone, arrival: server::last_arrival(tx)?, done })
}
