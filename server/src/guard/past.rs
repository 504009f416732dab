//! What a change builds on: its ancestors, and which changes of the document are not among them.

use std::collections::HashSet;

use automerge::{Automerge, Change, ChangeHash};

use super::Refusal;

/// The changes that a change at some point of the history cannot have seen.
///
/// Honest phones hold long chains of changes, each built on the one before. Their past is the same but for the chain
/// itself, so it is found once per chain.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The direct ancestors that this past belongs to, ascending.
    deps: Vec<ChangeHash>,
    unseen: HashSet<ChangeHash>,
}

impl Past {
    /// Finds the past of a change with these direct ancestors, all of which the document holds.
    pub(super) fn move_to(&mut self, document: &Automerge, deps: &[ChangeHash]) {
        if self.deps == deps {
            return;
        }
        self.deps = deps.to_vec();
        self.unseen.clear();
        if document.get_heads() != deps {
            let unseen = document.get_changes_meta(deps);
            self.unseen.extend(unseen.iter().map(|change| change.hash));
        }
    }

    /// The change that this past was found for is now in the document.
    pub(super) fn advance(&mut self, hash: ChangeHash, deps: &[ChangeHash]) {
        debug_assert_eq!(self.deps, deps);
        self.deps = vec![hash];
    }

    /// Whether a change of the document lies in this past.
    pub(super) fn holds(&self, hash: &ChangeHash) -> bool {
        !self.unseen.contains(hash)
    }
}

/// The change builds on changes that are here, named once each in ascending order, and counts on from the last of them.
///
/// Automerge would queue a change whose ancestors are missing, without any bound.
pub(super) fn check_start(document: &Automerge, change: &Change) -> Result<(), Refusal> {
    // Every document starts from its kind's first change: what builds on nothing is not of this document.
    if change.deps().is_empty() {
        return Err(Refusal::MissingDeps);
    }
    if !change.deps().is_sorted_by(|a, b| a < b) {
        return Err(Refusal::NotCanonical);
    }
    let mut max_op = 0;
    for dep in change.deps() {
        let dep = document
            .get_change_meta_by_hash(dep)
            .ok_or(Refusal::MissingDeps)?;
        max_op = max_op.max(dep.max_op);
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
