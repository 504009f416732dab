//! Some changes of one upload: judged one by one, then applied together.

use std::collections::HashMap;

use automerge::legacy::OpId;
use automerge::{ActorId, Automerge, Change, ChangeHash, ReadDoc};
use shared::{
    document::genesis_hash,
    effect::Judge,
    limit::{DOCUMENT_ACTORS_MAX, DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX},
    renewal,
};

use super::operations::{self, Checked, Object};
use super::past::{Held, Past};
use super::{
    ACTOR_BYTES, AcceptedChange, Author, CHANGE_DEPS_MAX, Owner, READING_WORK, Refusal, SPOILT_WORK, TIME_MAX, Verdict,
    chunk, contained, past,
};

pub(super) struct Batch<'a> {
    owner: &'a Owner,
    author: Option<Author<'a>>,
    /// The stages that changes of this batch wrote.
    stages: HashMap<OpId, String>,
    held: Held<'a>,
    past: Past,
    /// Maps, lists and texts that have been looked up or made.
    objects: HashMap<OpId, Object>,
    /// The document's last change of each actor that has been asked for: its number and hash.
    last_in_document: HashMap<ActorId, Option<(u64, ChangeHash)>>,
    new_actors: u64,
    /// The document to come: a clone, as soon as one is needed.
    next: Option<Automerge>,
    work_left: &'a mut u64,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        document: &'a Automerge,
        owner: &'a Owner,
        author: Option<Author<'a>>,
        work_left: &'a mut u64,
    ) -> Self {
        Self {
            owner,
            author,
            stages: HashMap::new(),
            held: Held::new(document),
            past: Past::default(),
            objects: HashMap::new(),
            last_in_document: HashMap::new(),
            new_actors: 0,
            next: None,
            work_left,
        }
    }

    /// Steps 1 to 3 for one change. An accepted one is held, to be applied with the others.
    pub(super) fn judge(&mut self, bytes: &[u8]) -> Result<Verdict, Refusal> {
        let pledge = chunk::opening_work(bytes);
        self.spend(pledge)?;
        let opened = chunk::open(bytes)?;
        *self.work_left += pledge; // Only what is opened in vain counts; the others are charged for what they hold.
        let hash = ChangeHash(opened.hash);
        if self.held.max_op(&hash).is_some() {
            return Ok(Verdict::Duplicate(opened.hash));
        }
        self.spend(opened.work)?;
        let change = contained(|| opened.parse())?;
        let actor = self.owned_actor(&change)?;
        // A document is written anew by the server; only after a restore does a phone give that back.
        if *self.owner != Owner::Anyone && change.message().is_some_and(|message| message == renewal::MESSAGE) {
            return Err(Refusal::Unsupported);
        }
        let Checked { objects, stages, reads } = contained(|| self.continues(&change))?;
        self.spend(if reads { READING_WORK } else { 0 })?;
        self.objects.extend(objects);
        self.stages.extend(stages);
        self.new_actors += u64::from(change.seq() == 1);
        self.past.advance(&change);
        let accepted = AcceptedChange {
            hash: opened.hash,
            bytes: bytes.to_vec(),
            actor,
            seq: change.seq(),
            start_op: change.start_op().get(),
            max_op: change.max_op(),
            claimed_time: change.timestamp(),
        };
        self.held.take(change);
        Ok(Verdict::Accepted(accepted))
    }

    /// Takes from the upload's allowance, or ends it: otherwise a body of tiny chunks could ask for minutes.
    fn spend(&mut self, work: u64) -> Result<(), Refusal> {
        let left = self.work_left.checked_sub(work);
        *self.work_left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Refusal::Postponed)
    }

    /// An actor belongs to the device whose id it starts with.
    fn owned_actor(&self, change: &Change) -> Result<[u8; ACTOR_BYTES], Refusal> {
        let actor: [u8; ACTOR_BYTES] = change.actor_id().to_bytes().try_into().map_err(|_| Refusal::ForeignActor)?;
        let owned = match self.owner {
            Owner::Device(device) => actor.starts_with(device),
            Owner::Anyone => true,
        };
        owned.then_some(actor).ok_or(Refusal::ForeignActor)
    }

    /// Step 3: the change continues this document. Returns the objects that it makes or names.
    fn continues(&mut self, change: &Change) -> Result<Checked, Refusal> {
        if !(-TIME_MAX..=TIME_MAX).contains(&change.timestamp()) {
            return Err(Refusal::TooBig);
        }
        past::check_start(&self.held, change)?;
        self.has_room(change)?;
        let last = self.last_of_actor(change.actor_id());
        past::check_seq(change, last)?;
        let searched = self.past.move_to(&self.held, change.deps());
        self.spend(searched)?;
        if last.is_some_and(|(_, hash)| !self.past.holds(&hash)) {
            return Err(Refusal::SeqGap); // An actor that is concurrent with itself would name two operations alike.
        }
        for actor in change.other_actor_ids() {
            self.last_of_actor(actor).ok_or(Refusal::UnknownActor)?;
        }
        // The first change of a document needs what it takes to begin one, not to change it.
        let begins = |author: &Author<'_>| {
            self.held.taken.is_empty() && self.held.document.get_heads() == [genesis_hash(author.kind)]
        };
        let judge = self.author.map(|author| Judge::new(author.document, author.kind, author.role, begins(&author)));
        let library = self.author.and_then(|author| author.library);
        let so_far = operations::SoFar { objects: &self.objects, stages: &self.stages, library };
        operations::check(&self.held, &self.past, &so_far, judge, change)
    }

    fn has_room(&self, change: &Change) -> Result<(), Refusal> {
        let stats = self.held.document.stats();
        let room = change.max_op() <= DOCUMENT_OPS_MAX
            && self.held.heads_with(change) as u64 <= CHANGE_DEPS_MAX
            && stats.num_changes + (self.held.taken.len() as u64) < DOCUMENT_CHANGES_MAX
            && (change.seq() > 1 || stats.num_actors + self.new_actors < DOCUMENT_ACTORS_MAX);
        room.then_some(()).ok_or(Refusal::DocumentFull)
    }

    /// The number and hash of the last change of an actor.
    fn last_of_actor(&mut self, actor: &ActorId) -> Option<(u64, ChangeHash)> {
        if let Some(last) = self.held.last_taken(actor) {
            return Some((last.seq(), last.hash()));
        }
        if let Some(last) = self.last_in_document.get(actor) {
            return *last;
        }
        // Automerge answers this for the document's own actor only.
        let next = self.next.get_or_insert_with(|| self.held.document.clone());
        let own = next.get_actor().clone();
        next.set_actor(actor.clone());
        let last = next.get_last_local_change();
        next.set_actor(own);
        let last = last.map(|change| (change.seq(), change.hash()));
        self.last_in_document.insert(actor.clone(), last);
        last
    }

    /// Steps 4 and 5: applies what was accepted, and reads it back. Returns the new document, unless it is the old one.
    pub(super) fn apply(self) -> Result<Option<Automerge>, Refusal> {
        if self.held.taken.is_empty() {
            return Ok(None);
        }
        let heads = self.held.document.get_heads();
        let mut next = self.next.unwrap_or_else(|| self.held.document.clone());
        let taken = self.held.taken;
        let applied = contained(|| {
            next.apply_changes(taken.iter().cloned()).map_err(|_| Refusal::Panicked)?;
            // What the document would hand to other devices must be, byte for byte, what this one gets its receipts for.
            let mut kept = next.get_changes(&heads);
            let mut arrived: Vec<&Change> = taken.iter().collect();
            kept.sort_unstable_by_key(Change::hash);
            arrived.sort_unstable_by_key(|change| change.hash());
            let kept = kept.iter().map(Change::raw_bytes);
            let same = kept.eq(arrived.into_iter().map(Change::raw_bytes));
            same.then_some(()).ok_or(Refusal::NotCanonical)
        });
        if applied.is_err() {
            *self.work_left = self.work_left.saturating_sub(SPOILT_WORK);
        }
        applied.map(|()| Some(next))
    }
}
