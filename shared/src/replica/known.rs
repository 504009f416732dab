//! Whom somebody may be who is being written down (M7): looked up among all who are held here, by the index that duplicates are found with too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Replica;
use crate::{
    field::Field,
    id::DocumentId,
    record::Record,
    twin::{Index, Pair, Reason, Traits, contact_keys, email_key, phone_key},
    view::PersonCard,
};

/// Who is shown for one name: more is not read at a door.
const KNOWN_MAX: usize = 6;

/// Somebody who is being written down, as far as it has been typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Sought {
    /// The person whom they will be: never proposed to themselves, and what was said of them holds.
    pub person: DocumentId,
    /// As it is written, in either script.
    pub name: String,
    /// In Arabic letters, if that was written too.
    pub name_ar: String,
    /// In E.164, or empty.
    pub phone: String,
    /// An address, or empty.
    pub email: String,
    /// Where they come from.
    pub association: Option<DocumentId>,
}

/// Somebody who may be meant: the one who stands for all whom a human has joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KnownPerson {
    /// As in the directory.
    pub card: PersonCard,
    /// Why. No number or address is told.
    pub reasons: Vec<Reason>,
}

/// The index, from when somebody first asked. It follows from the records and is stored nowhere.
#[derive(Debug, Default)]
pub(super) struct Twins {
    index: Option<Index>,
    /// Documents that changed, or left, since the index last looked.
    stale: BTreeSet<DocumentId>,
}

impl Twins {
    pub(super) fn changed(&mut self, documents: &BTreeSet<DocumentId>) {
        if self.index.is_some() {
            self.stale.extend(documents);
        }
    }
}

impl Replica {
    /// For each of them who of this device's people may be meant, the likeliest first; a few. The first who asks waits for the index.
    #[must_use]
    pub fn known(&self, sought: &[Sought]) -> Vec<Vec<KnownPerson>> {
        self.with_index(|index| sought.iter().map(|one| self.known_as(index, one)).collect())
    }

    fn known_as(&self, index: &Index, sought: &Sought) -> Vec<KnownPerson> {
        let numbers = email_key(&sought.email).into_iter().chain(phone_key(&sought.phone));
        let not_same = match self.record(sought.person) {
            Some(Record::Person(person)) => person.not_same.clone(),
            _ => Vec::new(),
        };
        let traits = Traits {
            numbers: numbers.collect(),
            association: sought.association,
            not_same,
            ..Traits::person(sought.person, &sought.name, &sought.name_ar)
        };
        let found = index.like(traits, |id| self.traits(id)).into_iter().take(KNOWN_MAX);
        let known =
            found.map(|pair| KnownPerson { card: self.person_card(pair.beside(sought.person)), reasons: pair.reasons });
        known.collect()
    }

    /// M7: the pairs of this device that may be one.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        self.with_index(|index| index.pairs(|id| self.traits(id)))
    }

    fn traits(&self, id: DocumentId) -> Option<Traits> {
        match self.record(id)? {
            Record::Person(person) => {
                let contact = match self.record(DocumentId::contact_of(id)) {
                    Some(Record::Contact(contact)) => Some(contact),
                    _ => None,
                };
                Some(Traits::of_person(id, person, contact))
            }
            Record::Association(association) => Some(Traits::of_association(id, association)),
            _ => None,
        }
    }

    /// Brings the index up to date and looks into it.
    fn with_index<T>(&self, look: impl FnOnce(&Index) -> T) -> T {
        let mut twins = self.twins.borrow_mut();
        let mut stale = std::mem::take(&mut twins.stale);
        if twins.index.is_none() {
            stale.extend(self.held.keys());
        } else {
            stale.extend(&self.changed);
        }
        let index = twins.index.get_or_insert_default();
        index.remove(&stale);
        for id in stale {
            match self.record(id) {
                Some(Record::Contact(contact)) => {
                    if let Some(person) = contact.fields.document(Field::Person) {
                        index.put(id, person, &contact_keys(contact), None);
                    }
                }
                Some(Record::Person(person)) => {
                    let names = Traits::person(id, &person.name(), person.fields.text(Field::NameAr));
                    index.put(id, id, &names.keys(), person.fields.document(Field::SameAs));
                }
                Some(Record::Association(association)) => {
                    let traits = Traits::of_association(id, association);
                    index.put(id, id, &traits.keys(), traits.same_as);
                }
                _ => {}
            }
        }
        look(index)
    }
}
