//! Documents in hand, bounded: parsed ones are kept for the next upload, and the least used go first.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use shared::{document::Document, id::DocumentId};

/// What the kept documents may weigh together. In bytes, as [`weight`] estimates: some 1,800 small documents, or twenty sheets
/// with a thousand marks each.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The kept documents.
#[derive(Debug, Default)]
pub struct Cache {
    documents: HashMap<DocumentId, Kept>,
    /// By last use, the longest ago first.
    order: BTreeMap<u64, DocumentId>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    document: Arc<Document>,
    bytes: usize,
    used: u64,
}

/// What a document weighs in memory: measured at about 16 kB for a small one, and 300 bytes for each change.
#[must_use]
pub fn weight(changes: u64, saved_bytes: usize) -> usize {
    16 * 1024 + usize::try_from(changes).unwrap_or(usize::MAX / 1024).saturating_mul(300) + 8 * saved_bytes
}

impl Cache {
    /// The document, if it is in hand.
    pub fn get(&mut self, id: DocumentId) -> Option<Arc<Document>> {
        let kept = self.documents.get_mut(&id)?;
        self.order.remove(&kept.used);
        self.uses += 1;
        kept.used = self.uses;
        self.order.insert(self.uses, id);
        Some(Arc::clone(&kept.document))
    }

    /// Keeps a document, and lets go of what is used least until all fit.
    pub fn put(&mut self, document: Arc<Document>, bytes: usize) {
        let id = document.id;
        self.remove(id);
        self.uses += 1;
        self.order.insert(self.uses, id);
        self.documents.insert(id, Kept { document, bytes, used: self.uses });
        self.bytes += bytes;
        while self.bytes > BYTES_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.bytes -= self.documents.remove(&oldest).map_or(0, |kept| kept.bytes);
        }
    }

    /// Lets go of a document.
    pub fn remove(&mut self, id: DocumentId) {
        if let Some(kept) = self.documents.remove(&id) {
            self.order.remove(&kept.used);
            self.bytes -= kept.bytes;
        }
    }

    /// Lets go of everything: another process has written.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Documents in hand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}
