//! Edits made on the server itself: by the importer, also for whoever sends a list, and by the demonstration data. They go the way of every other edit.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    document::{Author, Document, Made},
    edit::{Edit, Library, Refusal},
    id::{AccountId, DeviceId, DocumentId},
    limit,
    role::{Role, Scope},
    wire::{Hash, Upload, Verdict},
};

use crate::{
    clock::Clock,
    ingest::{Uploader, load},
    secret,
    storage::{
        Store, StoreError,
        access::{self, Account, Language},
        documents,
    },
};

/// Somebody who edits on the server: a device like any other, but without a credential.
#[derive(Debug)]
pub struct Hand {
    store: Store,
    uploader: Uploader,
    nonce: u64,
    /// The documents in hand: as they were when first touched, with what was done since.
    documents: BTreeMap<DocumentId, Document>,
    nonces: BTreeMap<DocumentId, [u8; 8]>,
    /// Of those that were written anew.
    epochs: BTreeMap<DocumentId, u32>,
    /// Those that this hand has begun.
    begun: BTreeSet<DocumentId>,
    /// What was done and is not kept yet, by document, in the order of first touch.
    made: Vec<(DocumentId, Vec<Made>)>,
    failed: Option<StoreError>,
    /// Of which documents alone it knows; none for all.
    held: Option<BTreeSet<DocumentId>>,
}

/// Why edits were not kept.
#[derive(Debug, thiserror::Error)]
pub enum HandError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    #[error("set aside: {0}")]
    SetAside(String),
}

impl Hand {
    /// The device of that name on the server's console; made, with its account, at the first time.
    ///
    /// # Errors
    /// What the storage fails on.
    pub fn open(store: &Store, name: &str, role: Role, clock: &Clock) -> Result<Self, StoreError> {
        let (name, now_ms) = (name.to_owned(), clock.now_ms());
        let random = || secret::draw::<10>();
        let (id, scope) = (AccountId::new(now_ms, random()), Scope::Everything);
        let account = Account { id, name, role, language: Language::Fr, scope };
        let device = DeviceId::new(now_ms, random());
        let uploader = store.write_blocking(move |tx, _| {
            let (device, account) = access::console_device(tx, &account, device, now_ms)?;
            Ok::<_, StoreError>(Uploader::of(device, &account))
        })?;
        Ok(Self::of(store, uploader))
    }

    /// The hand of somebody who asks the server to do what their phone could have done, edit by edit.
    #[must_use]
    pub fn of(store: &Store, uploader: Uploader) -> Self {
        Self {
            store: store.clone(),
            uploader,
            nonce: u64::from_be_bytes(secret::draw()),
            documents: BTreeMap::new(),
            nonces: BTreeMap::new(),
            epochs: BTreeMap::new(),
            begun: BTreeSet::new(),
            made: Vec::new(),
            failed: None,
            held: None,
        }
    }

    /// A hand that knows of these documents and of no others: as if it were a phone that holds them.
    #[must_use]
    pub fn within(self, held: BTreeSet<DocumentId>) -> Self {
        Self { held: Some(held), ..self }
    }

    /// Works an edit in, as meant at `at_ms`. It is kept by [`Hand::keep`].
    ///
    /// # Errors
    /// The refusal, or what the storage failed on. Then nothing was done.
    pub fn edit(&mut self, edit: &Edit, at_ms: u64) -> Result<(), HandError> {
        let role = self.uploader.role;
        let outcome = edit.apply(self, role, at_ms);
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        for (document, made) in outcome?.written {
            let id = document.id;
            if self.documents.insert(id, document).is_none() {
                self.begun.insert(id);
            }
            match self.made.iter_mut().find(|(other, _)| *other == id) {
                Some((_, changes)) => changes.push(made),
                None => self.made.push((id, vec![made])),
            }
        }
        Ok(())
    }

    /// The documents in which something was done that is not kept yet, and whether this hand has begun each.
    #[must_use]
    pub fn touched(&self) -> Vec<(DocumentId, bool)> {
        self.made.iter().map(|(id, _)| (*id, self.begun.contains(id))).collect()
    }

    /// The changes of a document that are not kept yet.
    #[must_use]
    pub fn made_in(&self, id: DocumentId) -> Vec<Hash> {
        let made = self.made.iter().filter(|(document, _)| *document == id);
        made.flat_map(|(_, changes)| changes.iter().map(|made| made.hash.0)).collect()
    }

    /// Whether the server has this document already, or this hand has begun it.
    ///
    /// # Errors
    /// What the storage fails on.
    pub fn has(&mut self, id: DocumentId) -> Result<bool, StoreError> {
        let found = self.copy(id).is_some();
        self.failed.take().map_or(Ok(found), Err)
    }

    /// Forgets what was done and is not kept. What others write from now on is seen when a document is touched again.
    pub fn let_go(&mut self) {
        self.made.clear();
        self.documents.clear();
        self.nonces.clear();
        self.epochs.clear();
    }

    /// Keeps what was done since the last time. On the disk when this returns. Returns how many changes.
    ///
    /// # Errors
    /// What the storage fails on, or the code under which a change was set aside.
    pub fn keep(&mut self, now_ms: u64) -> Result<usize, HandError> {
        let mut kept = 0;
        let made = std::mem::take(&mut self.made);
        for page in made.chunks(limit::PAGE_DOCUMENTS) {
            let uploads: Vec<Upload> = page
                .iter()
                .map(|(id, changes)| Upload {
                    document: *id,
                    kind: self.documents[id].kind,
                    epoch: self.epochs.get(id).copied().unwrap_or(0),
                    changes: changes.iter().map(|made| made.bytes.clone().into()).collect(),
                })
                .collect();
            let uploader = self.uploader;
            let taken = self.store.write_blocking(move |tx, ingest| ingest.take(tx, uploader, &uploads, now_ms))?;
            for verdict in taken.receipts.into_iter().flat_map(|receipt| receipt.verdicts) {
                match verdict {
                    Verdict::Stored => kept += 1,
                    // It was erased: what an import or a list says of it is not kept.
                    Verdict::Erased => {}
                    Verdict::SetAside(code) => return Err(HandError::SetAside(code)),
                    Verdict::Missing | Verdict::Later | Verdict::StaleEpoch => {
                        return Err(HandError::SetAside("not taken".to_owned()));
                    }
                }
            }
        }
        self.let_go();
        Ok(kept)
    }
}

impl Library for Hand {
    fn copy(&mut self, id: DocumentId) -> Option<Document> {
        if let Some(document) = self.documents.get(&id) {
            return Some(document.clone());
        }
        if self.held.as_ref().is_some_and(|held| !held.contains(&id)) {
            return None;
        }
        let found = self.store.read_blocking(|db| match documents::standing(db, id)? {
            Some(standing) => load(db, id, &standing).map(|document| Some((document, standing.epoch))),
            None => Ok::<_, StoreError>(None),
        });
        match found {
            Ok(found) => {
                let (document, epoch) = found?;
                self.documents.insert(id, document.clone());
                self.epochs.insert(id, epoch);
                Some(document)
            }
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    fn author(&mut self, id: DocumentId, at_ms: u64) -> Author {
        let nonce = *self.nonces.entry(id).or_insert_with(|| {
            self.nonce = self.nonce.wrapping_add(1);
            self.nonce.to_be_bytes()
        });
        Author { device: self.uploader.device, nonce, at_ms }
    }
}
