//! What a change builds on: what is held, and which part of it lies in the change's past.

use std::collections::{BTreeSet, HashMap, HashSet};

use automerge::legacy::OpId;
use automerge::{ActorId, Automerge, Change, ChangeHash, ObjId};

use super::Refusal;

/// The changes of the document, and those taken from the upload that will join them.
pub(super) struct Held<'a> {
    pub(super) document: &'a Automerge,
    /// In the order in which they were accepted. Each comes after those of them that it builds on.
    pub(super) taken: Vec<Change>,
    /// What nothing that is held builds on.
    heads: BTreeSet<ChangeHash>,
    by_hash: HashMap<ChangeHash, usize>,
    by_actor: HashMap<ActorId, Vec<usize>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(document: &'a Automerge) -> Self {
        Self {
            document,
            taken: Vec::new(),
            heads: document.get_heads().into_iter().collect(),
            by_hash: HashMap::new(),
            by_actor: HashMap::new(),
        }
    }

    pub(super) fn take(&mut self, change: Change) {
        self.heads.retain(|head| change.deps().binary_search(head).is_err());
        self.heads.insert(change.hash());
        let index = self.taken.len();
        self.by_hash.insert(change.hash(), index);
        let of_actor = self.by_actor.entry(change.actor_id().clone());
        of_actor.or_default().push(index);
        self.taken.push(change);
    }

    /// The counter at which a change ends, if it is held.
    pub(super) fn max_op(&self, hash: &ChangeHash) -> Option<u64> {
        if let Some(index) = self.by_hash.get(hash) {
            return Some(self.taken[*index].max_op());
        }
        let change = self.document.get_change_meta_by_hash(hash);
        change.map(|change| change.max_op)
    }

    /// How many heads there will be once a change is taken whose direct ancestors are named in ascending order.
    pub(super) fn heads_with(&self, change: &Change) -> usize {
        let rest = self.heads.iter().filter(|head| change.deps().binary_search(head).is_err());
        rest.count() + 1
    }

    pub(super) fn last_taken(&self, actor: &ActorId) -> Option<&Change> {
        let index = self.by_actor.get(actor)?.last()?;
        Some(&self.taken[*index])
    }

    /// The change that an operation is part of, if it is held.
    pub(super) fn change_of(&self, id: &OpId) -> Option<ChangeHash> {
        let taken = self.by_actor.get(id.actor()).and_then(|indices| {
            // Ascending, since each builds on the one before.
            let at = indices.partition_point(|index| self.taken[*index].max_op() < id.counter());
            let change = &self.taken[*indices.get(at)?];
            (change.start_op().get() <= id.counter()).then(|| change.hash())
        });
        taken.or_else(|| self.document.hash_for_opid(&object_id(id)))
    }
}

/// The name of an operation as the object that it made.
pub(super) fn object_id(id: &OpId) -> ObjId {
    ObjId::Id(id.counter(), id.actor().clone(), 0)
}

/// What a change at some point of the history can have seen of what is held.
///
/// Honest phones hold long chains of changes, each built on the one before. Their past is the same but for the chain
/// itself, so it is searched once per chain.
#[derive(Default)]
pub(super) struct Past {
    /// The direct ancestors that this past belongs to, ascending.
    deps: Vec<ChangeHash>,
    /// Changes of the document that are not in it.
    unseen: HashSet<ChangeHash>,
    /// Taken changes that are in it, and all that are taken.
    seen_taken: HashSet<ChangeHash>,
    all_taken: HashSet<ChangeHash>,
}

impl Past {
    /// Finds the past of a change with these direct ancestors, all of them held. Returns how many changes it searched.
    pub(super) fn move_to(&mut self, held: &Held<'_>, deps: &[ChangeHash]) -> u64 {
        if self.deps == deps {
            return 0;
        }
        self.seen_taken.clear();
        let mut frontier = Vec::new();
        let mut to_visit = deps.to_vec();
        while let Some(hash) = to_visit.pop() {
            match held.by_hash.get(&hash) {
                Some(index) if self.seen_taken.insert(hash) => {
                    to_visit.extend(held.taken[*index].deps());
                }
                Some(_) => {}
                None => frontier.push(hash),
            }
        }
        self.deps = deps.to_vec();
        self.unseen.clear();
        frontier.sort_unstable();
        let level = held.document.get_heads().iter().all(|head| frontier.binary_search(head).is_ok());
        if !level {
            let unseen = held.document.get_changes_meta(&frontier);
            self.unseen.extend(unseen.iter().map(|change| change.hash));
        }
        (self.seen_taken.len() + frontier.len() + self.unseen.len()) as u64
    }

    /// The change that this past was found for is taken.
    pub(super) fn advance(&mut self, change: &Change) {
        debug_assert_eq!(self.deps, change.deps());
        self.deps = vec![change.hash()];
        self.seen_taken.insert(change.hash());
        self.all_taken.insert(change.hash());
    }

    /// Whether a held change lies in this past.
    pub(super) fn holds(&self, hash: &ChangeHash) -> bool {
        if self.all_taken.contains(hash) { self.seen_taken.contains(hash) } else { !self.unseen.contains(hash) }
    }
}

/// The change builds on changes that are here, named once each in ascending order, and counts on from the last of them.
///
/// Automerge would queue a change whose ancestors are missing, without any bound.
pub(super) fn check_start(held: &Held<'_>, change: &Change) -> Result<(), Refusal> {
    // Every document starts from its kind's first change: what builds on nothing is not of this document.
    if change.deps().is_empty() {
        return Err(Refusal::MissingDeps);
    }
    if !change.deps().is_sorted_by(|a, b| a < b) {
        return Err(Refusal::NotCanonical);
    }
    let mut max_op = 0;
    for dep in change.deps() {
        max_op = max_op.max(held.max_op(dep).ok_or(Refusal::MissingDeps)?);
    }
    // Lower, and the document no longer loads; higher, and its counters run out.
    let continues = change.start_op().get() == max_op + 1;
    continues.then_some(()).ok_or(Refusal::StartOp)
}

/// The change is its actor's next one.
pub(super) fn check_seq(change: &Change, last: Option<(u64, ChangeHash)>) -> Result<(), Refusal> {
    let last = last.map_or(0, |(seq, _)| seq);
    match change.seq() {
        seq if seq == last + 1 => Ok(()),
        seq if seq <= last => Err(Refusal::DuplicateSeq),
        _ => Err(Refusal::SeqGap),
    }
}
