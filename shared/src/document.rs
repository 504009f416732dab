//! A document: one Automerge document of a kind, that starts from its kind's genesis.

use automerge::{
    ActorId, Automerge, Change, ChangeHash, LoadOptions, ObjType, ROOT, ReadDoc, TextEncoding,
    transaction::{CommitOptions, Transactable, Transaction},
};
use serde::{Deserialize, Serialize};

use crate::{
    edit::Refusal,
    id::{DeviceId, DocumentId, RowId},
    limit,
};

/// What a document is about. The number travels and is stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// A participant or contact: what a door needs to know of them. Names live nowhere else.
    Person = 0,
    /// Phones and emails of a person, held by those who may call.
    Contact = 1,
    /// An OSIM or a partner.
    Association = 2,
    /// A workshop, training or meeting, with its slots, roster and marks.
    Event = 3,
    /// A project being written, submitted and followed.
    Dossier = 4,
    /// The rules of one call for projects.
    Call = 5,
    /// The house's rules: one document, see [`crate::settings`].
    Settings = 6,
}

impl Kind {
    /// Every kind, by number.
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Contact, Self::Association, Self::Event, Self::Dossier, Self::Call, Self::Settings];

    /// The kind of that number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The word for it in documents, JSON, SQL and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Contact => "contact",
            Self::Association => "association",
            Self::Event => "event",
            Self::Dossier => "dossier",
            Self::Call => "call",
            Self::Settings => "settings",
        }
    }

    /// The maps that every document of this kind has from its genesis on.
    ///
    /// Two phones that each made such a map on the way would hide one of the two: that is why none is made later.
    pub(crate) fn maps(self) -> &'static [&'static str] {
        match self {
            Self::Person => &["not_same"],
            Self::Contact => &["phones", "emails"],
            Self::Association | Self::Settings => &[],
            Self::Event => &["slots", "roster", "marks", "withdrawals"],
            Self::Dossier => &["sections", "touched", "lines"],
            Self::Call => &["sections"],
        }
    }
}

/// Length of an actor: the device's id, then a nonce of its own for each hold of a document.
pub const ACTOR_BYTES: usize = 24;

/// Who writes, and when by their own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The device: the first 16 bytes of the actor.
    pub device: DeviceId,
    /// Fresh at each hold of a document, so that a cloned or restored phone never forks a sequence.
    pub nonce: [u8; 8],
    /// The device's clock, milliseconds since 1970. A claim: nothing is decided by it.
    pub at_ms: u64,
}

impl Author {
    fn actor(&self) -> ActorId {
        let mut bytes = [0; ACTOR_BYTES];
        bytes[..16].copy_from_slice(&self.device.0);
        bytes[16..].copy_from_slice(&self.nonce);
        ActorId::from(&bytes[..])
    }
}

/// The device that wrote with this actor, or none for the genesis and for strangers.
#[must_use]
pub fn device_of(actor: &[u8]) -> Option<DeviceId> {
    if actor.len() != ACTOR_BYTES {
        return None;
    }
    actor[..16].try_into().ok().map(DeviceId)
}

/// A change that was just made: what travels, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// SHA-256 of the change.
    pub hash: ChangeHash,
    /// The change as Automerge encodes it.
    pub bytes: Vec<u8>,
}

/// One document, parsed.
#[derive(Debug, Clone)]
pub struct Document {
    /// Which one.
    pub id: DocumentId,
    /// Of what kind.
    pub kind: Kind,
    pub(crate) crdt: Automerge,
}

/// Bytes that are no document of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a document: {0}")]
pub struct Unreadable(pub String);

impl Document {
    /// A document with nothing in it but its genesis.
    ///
    /// The genesis of a kind is the same change on every device, so that a document may be begun on two phones apart.
    #[must_use]
    pub fn new(id: DocumentId, kind: Kind) -> Self {
        Self { id, kind, crdt: genesis(kind).clone() }
    }

    /// Reads what [`Document::save`] wrote, possibly followed by changes.
    ///
    /// # Errors
    /// [`Unreadable`] if the bytes are damaged. Only for bytes of our own: hostile ones may panic.
    pub fn load(id: DocumentId, kind: Kind, bytes: &[u8]) -> Result<Self, Unreadable> {
        let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
        let crdt = Automerge::load_with_options(bytes, options).map_err(|e| Unreadable(e.to_string()))?;
        if crdt.get_change_by_hash(&genesis_hash(kind)).is_none() {
            return Err(Unreadable("another kind".to_owned()));
        }
        Ok(Self { id, kind, crdt })
    }

    /// Wraps what a guard has admitted.
    #[must_use]
    pub fn from_crdt(id: DocumentId, kind: Kind, crdt: Automerge) -> Self {
        Self { id, kind, crdt }
    }

    /// The document as it was at those heads; none where one of them is unknown here.
    #[must_use]
    pub fn at(&self, heads: &[ChangeHash]) -> Option<Self> {
        let known = !heads.is_empty() && heads.iter().all(|head| self.crdt.get_change_by_hash(head).is_some());
        let crdt = known.then(|| self.crdt.fork_at(heads).ok())??;
        Some(Self { id: self.id, kind: self.kind, crdt })
    }

    /// The Automerge document, for the server's guard and for exports.
    #[must_use]
    pub fn crdt(&self) -> &Automerge {
        &self.crdt
    }

    /// The whole document, in Automerge's own file format.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.crdt.save()
    }

    /// The newest changes: what names this version. Sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads = self.crdt.get_heads();
        heads.sort_unstable();
        heads
    }

    /// The change that began a row at the root.
    pub(crate) fn made_by(&self, family: &str, row: RowId) -> Option<ChangeHash> {
        let (_, row) = self.crdt.get(ROOT, format!("{family}/{row}")).ok()??;
        self.crdt.hash_for_opid(&row)
    }

    /// What its history uses of each limit, and that limit: operations, changes, actors.
    ///
    /// The server's guard counts alike. What phones wrote apart adds up only there: a document may be full on the server
    /// before it is on any phone.
    fn used(&self) -> [(u64, u64); 3] {
        let stats = self.crdt.stats();
        let heads = self.crdt.get_heads();
        let ops =
            heads.iter().filter_map(|head| self.crdt.get_change_meta_by_hash(head)).map(|change| change.max_op).max();
        [
            (ops.unwrap_or(0), limit::DOCUMENT_OPS_MAX),
            (stats.num_changes, limit::DOCUMENT_CHANGES_MAX),
            (stats.num_actors, limit::DOCUMENT_ACTORS_MAX),
        ]
    }

    /// Whether the server has room for this version.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        self.used().iter().all(|(used, most)| used <= most)
    }

    /// How far its history has come to the nearest of its limits, in percent. It only grows: nothing is ever taken out.
    #[must_use]
    pub fn used_percent(&self) -> u64 {
        self.used().iter().map(|(used, most)| used * 100 / most).max().unwrap_or(0)
    }

    /// Whether nothing but the genesis is in it.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.crdt.get_heads() == [genesis_hash(self.kind)]
    }

    /// Takes in changes that the server has vouched for. Ones that it already has are no matter.
    ///
    /// # Errors
    /// [`Unreadable`] if a change is damaged or one that it builds on is missing. Then nothing was taken.
    pub fn take(&mut self, changes: &[Vec<u8>]) -> Result<(), Unreadable> {
        let mut parsed = Vec::with_capacity(changes.len());
        for bytes in changes {
            let change = Change::from_bytes(bytes.clone()).map_err(|e| Unreadable(e.to_string()))?;
            if self.crdt.get_change_by_hash(&change.hash()).is_none() {
                parsed.push(change);
            }
        }
        let mut merged = self.crdt.clone();
        merged.apply_changes(parsed).map_err(|e| Unreadable(e.to_string()))?;
        if !merged.get_missing_deps(&[]).is_empty() {
            return Err(Unreadable("missing changes".to_owned()));
        }
        self.crdt = merged;
        Ok(())
    }

    /// Takes in everything that another copy of this document has.
    ///
    /// # Errors
    /// [`Unreadable`] if the copies cannot be merged.
    pub fn take_copy(&mut self, other: &mut Self) -> Result<(), Unreadable> {
        self.crdt.merge(&mut other.crdt).map(drop).map_err(|e| Unreadable(e.to_string()))
    }

    /// The changes that are not among the ancestors of `heads`, oldest first; all but the genesis where one of `heads`
    /// is unknown here.
    #[must_use]
    pub fn changes_since(&self, heads: &[ChangeHash]) -> Vec<Made> {
        let genesis = [genesis_hash(self.kind)];
        let known = heads.iter().all(|head| self.crdt.get_change_by_hash(head).is_some());
        let since = if known && !heads.is_empty() { heads } else { &genesis[..] };
        let changes = self.crdt.get_changes(since);
        changes.iter().map(|change| Made { hash: change.hash(), bytes: change.raw_bytes().to_vec() }).collect()
    }

    /// Writes one change. Nothing is written, and nothing returned, if `write` changes nothing.
    ///
    /// # Errors
    /// What `write` refuses; then the document is as before.
    pub(crate) fn write(
        &mut self,
        author: &Author,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<(), Refusal>,
    ) -> Result<Option<Made>, Refusal> {
        self.write_saying(author, None, write)
    }

    /// Like [`Document::write`], with a message in the change.
    pub(crate) fn write_saying(
        &mut self,
        author: &Author,
        message: Option<&str>,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<(), Refusal>,
    ) -> Result<Option<Made>, Refusal> {
        self.crdt.set_actor(author.actor());
        let mut transaction = self.crdt.transaction();
        if let Err(refusal) = write(&mut transaction) {
            transaction.rollback();
            return Err(refusal);
        }
        // Seconds, as every Automerge tool expects. Marks carry their own milliseconds.
        let seconds = i64::try_from(author.at_ms / 1000).unwrap_or(i64::MAX);
        let mut options = CommitOptions::default().with_time(seconds);
        options.message = message.map(str::to_owned);
        let (hash, _) = transaction.commit_with(options);
        Ok(hash.and_then(|hash| {
            let change = self.crdt.get_change_by_hash(&hash)?;
            Some(Made { hash, bytes: change.raw_bytes().to_vec() })
        }))
    }
}

/// The first change of every document of a kind: its kind, the schema's number, and the maps.
///
/// It never travels. A golden hash in the tests keeps it from ever changing.
fn genesis(kind: Kind) -> &'static Automerge {
    use std::sync::OnceLock;
    // Begun and hashed once: a phone begins hundreds of documents whenever it starts.
    static GENESES: OnceLock<[Automerge; 7]> = OnceLock::new();
    &GENESES.get_or_init(|| Kind::ALL.map(begin))[kind as usize]
}

fn begin(kind: Kind) -> Automerge {
    let mut crdt = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
    crdt.set_actor(ActorId::from(&b"tiwizi genesis"[..]));
    let mut transaction = crdt.transaction();
    let made = (|| {
        transaction.put(ROOT, "kind", kind.as_str())?;
        transaction.put(ROOT, "schema", 1_i64)?;
        for map in kind.maps() {
            transaction.put_object(ROOT, *map, ObjType::Map)?;
        }
        Ok::<_, automerge::AutomergeError>(())
    })();
    debug_assert!(made.is_ok(), "writing into an empty document cannot fail");
    transaction.commit_with(CommitOptions::default().with_time(0));
    crdt
}

/// The name of a kind's genesis.
#[must_use]
pub fn genesis_hash(kind: Kind) -> ChangeHash {
    genesis(kind).get_heads()[0]
}
