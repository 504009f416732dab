//! Twins on the server: the pairs that may be one (M7), kept in hand and brought up to date with what arrived since they were found.
//!
//! They follow from the documents and are stored nowhere. The first who asks waits for a full run; later ones only for those who changed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use rusqlite::Connection;
use shared::{
    document::Kind,
    field::Field,
    id::DocumentId,
    twin::{self, Against, Certainty, Pair, Traits, Weighed},
};

use crate::{
    erasure,
    storage::{
        StoreError, lock,
        twins::{self, Mark},
    },
};

/// Documents that are looked at one by one: where more have changed, a full run is quicker.
const CHANGED_MAX: usize = 1_000;

/// The pairs as of some moment.
#[derive(Debug, Default)]
pub struct Twins(Mutex<Option<Found>>);

/// Where a pair stands in the list: the surest first, then by its ids.
pub type Place = (Reverse<Certainty>, DocumentId, DocumentId);

#[derive(Debug)]
struct Found {
    mark: Mark,
    pairs: BTreeMap<Place, Pair>,
}

fn place(pair: &Pair) -> Place {
    (Reverse(pair.certainty), pair.one, pair.other)
}

impl Twins {
    /// Runs `look` over all pairs as they are now, in their order. Blocks while they are found.
    ///
    /// # Errors
    /// What the storage fails on.
    pub fn with<T>(
        &self,
        db: &Connection,
        look: impl FnOnce(&BTreeMap<Place, Pair>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut found = lock(&self.0);
        let mark = twins::mark(db)?;
        let known = match found.take() {
            // A snapshot that is older than what somebody else has read meanwhile is no reason to go back.
            Some(known) if known.mark.erased == mark.erased && known.mark.arrival <= mark.arrival => {
                known.after(db, mark)?
            }
            _ => Found::new(db, mark)?,
        };
        look(&found.insert(known).pairs)
    }
}

impl Found {
    fn new(db: &Connection, mark: Mark) -> Result<Self, StoreError> {
        let pairs = twin::pairs(&twins::all(db)?);
        Ok(Self { mark, pairs: pairs.into_iter().map(|pair| (place(&pair), pair)).collect() })
    }

    fn after(mut self, db: &Connection, mark: Mark) -> Result<Self, StoreError> {
        let arrived = twins::changed_since(db, self.mark.arrival, CHANGED_MAX + 1)?;
        if arrived.len() > CHANGED_MAX {
            return Self::new(db, mark);
        }
        let mut changed: BTreeSet<DocumentId> = BTreeSet::new();
        for (id, kind) in arrived {
            match kind {
                Kind::Contact => {
                    let person = erasure::record(db, id)?.and_then(|contact| contact.fields().document(Field::Person));
                    changed.extend(person);
                }
                _ => drop(changed.insert(id)),
            }
        }
        self.mark = mark;
        if changed.is_empty() {
            return Ok(self);
        }
        // What was said of them and of whoever they stand or stood for is found anew.
        let mut again = twins::joined_with(db, changed.iter().copied())?;
        for pair in self.pairs.values() {
            if [pair.one, pair.other].into_iter().chain(pair.by).any(|id| changed.contains(&id)) {
                again.extend([pair.one, pair.other]);
            }
        }
        let again = twins::joined_with(db, again)?;
        self.pairs.retain(|_, pair| !again.contains(&pair.one) && !again.contains(&pair.other));
        for pair in pairs_of(db, &again)? {
            self.pairs.insert(place(&pair), pair);
        }
        Ok(self)
    }
}

/// The pairs of some records with all others.
fn pairs_of(db: &Connection, ids: &BTreeSet<DocumentId>) -> Result<Vec<Pair>, StoreError> {
    let mut known: BTreeMap<DocumentId, Traits> = BTreeMap::new();
    let mut candidates = Vec::new();
    for id in ids {
        let Some(traits) = twins::one(db, *id)? else { continue };
        candidates.extend(twins::company_of(db, &traits)?.into_iter().map(|other| (*id, other)));
        known.insert(*id, traits);
    }
    with_company(db, known, &candidates)
}

fn with_company(
    db: &Connection,
    mut known: BTreeMap<DocumentId, Traits>,
    candidates: &[(DocumentId, DocumentId)],
) -> Result<Vec<Pair>, StoreError> {
    for id in twins::joined_with(db, candidates.iter().flat_map(|(one, other)| [*one, *other]))? {
        if !known.contains_key(&id)
            && let Some(traits) = twins::one(db, id)?
        {
            known.insert(id, traits);
        }
    }
    let all: Vec<Traits> = known.into_values().collect();
    Ok(twin::pairs_among(&all, candidates))
}

/// Who somebody may be who is not known here yet, the likeliest first.
///
/// # Errors
/// What the storage fails on.
pub fn like(db: &Connection, traits: Traits) -> Result<Vec<Pair>, StoreError> {
    let company = twins::company_of(db, &traits)?;
    let mut known = Vec::new();
    for id in twins::joined_with(db, company.iter().copied())? {
        if id != traits.id {
            known.extend(twins::one(db, id)?);
        }
    }
    Ok(twin::like(traits, known, company))
}

/// Why two records are proposed as one, or why not; none where one of them is not known here, or they are not of one kind.
///
/// # Errors
/// What the storage fails on.
pub fn why(db: &Connection, one: DocumentId, other: DocumentId) -> Result<Option<Weighed>, StoreError> {
    let (Some(a), Some(b)) = (twins::one(db, one)?, twins::one(db, other)?) else { return Ok(None) };
    if a.kind != b.kind || one == other {
        return Ok(None);
    }
    let mut weighed = twin::weigh(&a, &b);
    if twins::joined_with(db, [one])?.contains(&other) {
        weighed.against.push(Against::Joined);
        weighed.certainty = None;
    } else if weighed.certainty.is_some() {
        let pairs = with_company(db, [(one, a.clone()), (other, b)].into(), &[(one, other)])?;
        if pairs.is_empty() {
            weighed.against.push(Against::ToldApart);
            weighed.certainty = None;
        } else if !twins::company_of(db, &a)?.contains(&other) {
            weighed.against.push(Against::NameCommon);
            weighed.certainty = None;
        }
    } else if a.not_same.contains(&other) || b.not_same.contains(&one) {
        weighed.against.push(Against::ToldApart);
    }
    weighed.against.sort_unstable();
    Ok(Some(weighed))
}
