//! Who is looked up by what, kept in hand: somebody at a door is compared with the few who share a key, among thousands, and the pairs of all
//! are found again without reading every name anew.

use std::collections::{BTreeSet, HashMap};

use super::{Member, Pair, Sieve, Traits, company, is_of_name, is_telling, like, most_of};
use crate::id::DocumentId;

/// A key as it is kept: a hash, whose last bit says whether it is of a name. Two keys that fall together cost a comparison and propose nobody.
type Key = u64;

fn kept(key: &str) -> Key {
    // FNV-1a: nobody gains by keys that fall together.
    let hash =
        key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ Key::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash & !1) | Key::from(is_of_name(key))
}

/// That somebody is looked up by a key, and which document says so: their own, or their contact.
#[derive(Debug)]
struct Entry {
    key: Key,
    subject: DocumentId,
    document: DocumentId,
}

/// People and associations by their keys, of each document that says some. It holds no name: whoever asks reads the traits of those few.
///
/// One list without order: for the thousands that a phone holds, running through it costs less than the code of anything better.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// Whom a human joined to whom.
    links: Vec<(DocumentId, DocumentId)>,
}

impl Index {
    /// Takes in what a document says that is not in here: of somebody, or of their contact. `same_as` is whom they were joined to.
    pub fn put(&mut self, document: DocumentId, subject: DocumentId, keys: &[String], same_as: Option<DocumentId>) {
        self.entries.extend(keys.iter().map(|key| Entry { key: kept(key), subject, document }));
        self.links.extend(same_as.map(|other| (document, other)));
    }

    /// Forgets what these documents said.
    pub fn remove(&mut self, documents: &BTreeSet<DocumentId>) {
        self.entries.retain(|entry| !documents.contains(&entry.document));
        self.links.retain(|(document, _)| !documents.contains(document));
    }

    /// See [`super::like`]. `read` gives the traits of somebody who is in here.
    pub fn like(&self, sought: Traits, read: impl Fn(DocumentId) -> Option<Traits>) -> Vec<Pair> {
        let (me, keys) = (sought.member(), sought.keys());
        let hashes: Vec<Key> = keys.iter().map(|key| kept(key)).collect();
        let mut holders: Vec<Vec<DocumentId>> = vec![Vec::new(); keys.len()];
        for entry in self.entries.iter().filter(|entry| entry.subject != me.id) {
            if let Some(at) = hashes.iter().position(|hash| *hash == entry.key) {
                holders[at].push(entry.subject);
            }
        }
        let mut others: BTreeSet<DocumentId> = BTreeSet::new();
        for (key, holders) in keys.iter().zip(holders) {
            if is_telling(key, holders.len() + 1) {
                others.extend(holders);
                continue;
            }
            let members = holders.into_iter().filter_map(|id| Some(read(id)?.member()));
            let members: Vec<Member> = members.chain([me.clone()]).collect();
            others.extend(company(key, &me, &members));
        }
        let joined = self.joined_with(others.clone()).into_iter();
        let known = joined.filter(|id| *id != me.id).filter_map(read).collect();
        like(sought, known, others)
    }

    /// See [`super::pairs`].
    pub fn pairs(&self, read: impl Fn(DocumentId) -> Option<Traits>) -> Vec<Pair> {
        let mut groups: HashMap<Key, Vec<DocumentId>> = HashMap::new();
        for entry in &self.entries {
            groups.entry(entry.key).or_default().push(entry.subject);
        }
        groups.retain(|_, members| members.len() > 1);
        let ids = self.joined_with(groups.values().flatten().copied().collect());
        let all: Vec<Traits> = ids.into_iter().filter_map(read).collect();
        let mut sieve = Sieve::new(&all);
        for (key, members) in groups {
            let members: Vec<u32> = members.iter().filter_map(|id| sieve.index.get(id).copied()).collect();
            sieve.group(members.len() <= most_of(key & 1 == 1), &members);
        }
        sieve.pairs()
    }

    /// All who are joined with one of these, along the links in both directions, themselves too.
    fn joined_with(&self, mut joined: BTreeSet<DocumentId>) -> BTreeSet<DocumentId> {
        loop {
            let before = joined.len();
            for (one, other) in &self.links {
                if joined.contains(one) || joined.contains(other) {
                    joined.extend([*one, *other]);
                }
            }
            if joined.len() == before {
                return joined;
            }
        }
    }
}
