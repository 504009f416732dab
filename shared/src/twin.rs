//! Twins: two people, or two associations, that may be one (M7).
//!
//! The same rule proposes them on a phone and on the server: it gives its reasons, and decides nothing. Who is looked up by keys is
//! compared with the few who share one; what is compared stands in [`Traits`], whether it was read from a record or from a projection.

mod index;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use serde::{Deserialize, Serialize};

use crate::{
    document::Kind,
    field::Field,
    id::DocumentId,
    names::{Heard, Likeness, fold_search},
    record::{AssociationRecord, ContactRecord, PersonRecord, Record},
};

pub use index::Index;

/// Whoever shares a name's key with more than so many is not proposed for that name alone: a name that half a village bears says nothing by
/// itself. Those of the same association or place are still compared.
pub const NAMESAKES_MAX: usize = 40;
/// Holders of one number of a telephone or register that are compared with each other.
const HOLDERS_MAX: usize = 400;

/// Why two records seem to be of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The names are the same but for accents, hyphens and the order of words.
    SameName,
    /// The names are two spellings of the same sounds.
    NameSounds,
    /// One name is in Latin and the other in Arabic letters.
    NameAcrossScripts,
    /// The names differ by what is often exchanged: a vowel, an article, a title, a space.
    NameAlike,
    /// They share a phone number.
    SamePhone,
    /// They share an email address.
    SameEmail,
    /// They have the same number in the Répertoire National des Associations.
    SameRna,
    /// They have the same SIREN: the first nine digits of a SIRET.
    SameSiren,
    /// They come from the same association.
    SameAssociation,
    /// They are in the same commune.
    SameCommune,
}

/// What speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// They are joined already.
    Joined,
    /// A human said that they are two.
    ToldApart,
    /// The names are those of two.
    NamesDiffer,
    /// So many bear this name that it says nothing by itself.
    NameCommon,
    /// One is a woman and the other a man.
    SexDiffers,
    /// They are of different ages.
    AgeDiffers,
    /// Each has phones, and none is the same.
    PhonesDiffer,
    /// Each has email addresses, and none is the same.
    EmailsDiffer,
    /// Each has an RNA number of its own.
    RnaDiffers,
    /// Each has a SIREN of its own.
    SirenDiffers,
    /// They come from different associations.
    AssociationDiffers,
    /// They are in different communes.
    CommuneDiffers,
}

/// How sure it seems: for sorting and for choosing what to look at first. Nothing is ever joined for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The name alone.
    Low,
    /// The name, and where they are or come from.
    Middle,
    /// The name and a phone or an email; a number of a register.
    High,
}

impl Certainty {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Middle, Self::High];
}

/// What of a person or an association is compared.
#[derive(Debug, Clone)]
pub struct Traits {
    /// Whose.
    pub id: DocumentId,
    /// [`Kind::Person`] or [`Kind::Association`].
    pub kind: Kind,
    /// In Latin and in Arabic letters; titles without what nearly all titles have.
    pub names: Vec<Heard>,
    /// Phones, emails and numbers of registers: see [`phone_key`] and its like. Sorted.
    pub numbers: Vec<String>,
    /// Where a person comes from.
    pub association: Option<DocumentId>,
    /// The commune, folded.
    pub commune: String,
    /// A person's.
    pub sex: String,
    /// A person's.
    pub age_band: String,
    /// Whom a human joined it to.
    pub same_as: Option<DocumentId>,
    /// Those of whom a human said that they are others.
    pub not_same: Vec<DocumentId>,
}

/// The key of a phone number in E.164; none for an empty one.
#[must_use]
pub fn phone_key(e164: &str) -> Option<String> {
    (!e164.is_empty()).then(|| format!("p {e164}"))
}

/// The key of an email address.
#[must_use]
pub fn email_key(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    (!address.is_empty()).then(|| format!("e {address}"))
}

/// The key of an RNA number.
#[must_use]
pub fn rna_key(number: &str) -> Option<String> {
    (!number.is_empty()).then(|| format!("r {number}"))
}

/// The key of a SIRET's first nine digits: its last five say which of its places it is.
#[must_use]
pub fn siren_key(siret: &str) -> Option<String> {
    siret.get(..9).map(|siren| format!("s {siren}"))
}

/// Words of titles that tell none from another, folded.
const USUAL: &[&str] = &[
    "association",
    "associations",
    "asso",
    "assoc",
    "ass",
    "de",
    "des",
    "du",
    "d",
    "la",
    "le",
    "les",
    "l",
    "et",
    "pour",
    "en",
    "a",
    "au",
    "aux",
    "loi",
    "1901",
    "the",
    "of",
    "and",
    "for",
    "جمعيه",
    "الجمعيه",
    "و",
    "من",
];

/// A title without the words that nearly all titles have; the whole one where nothing would be left.
fn bare(title: &str) -> String {
    let folded = fold_search(title);
    let words: Vec<&str> = folded.split(' ').filter(|word| !USUAL.contains(word)).collect();
    if words.is_empty() { folded } else { words.join(" ") }
}

impl Traits {
    /// A person by their names, in Latin and in Arabic letters.
    #[must_use]
    pub fn person(id: DocumentId, name: &str, name_ar: &str) -> Self {
        Self::named(id, Kind::Person, [name, name_ar].into_iter().map(Heard::new))
    }

    /// An association by what it is called.
    #[must_use]
    pub fn association<'a>(id: DocumentId, titles: impl IntoIterator<Item = &'a str>) -> Self {
        Self::named(id, Kind::Association, titles.into_iter().map(|title| Heard::new(&bare(title))))
    }

    fn named(id: DocumentId, kind: Kind, names: impl Iterator<Item = Heard>) -> Self {
        let mut different: Vec<Heard> = Vec::new();
        for name in names.filter(|name| !name.is_empty()) {
            if !different.contains(&name) {
                different.push(name);
            }
        }
        Self {
            id,
            kind,
            names: different,
            numbers: Vec::new(),
            association: None,
            commune: String::new(),
            sex: String::new(),
            age_band: String::new(),
            same_as: None,
            not_same: Vec::new(),
        }
    }

    /// The traits of a person, with their contact where this side holds it.
    #[must_use]
    pub fn of_person(id: DocumentId, record: &PersonRecord, contact: Option<&ContactRecord>) -> Self {
        let f = &record.fields;
        Self {
            numbers: contact.map(contact_keys).unwrap_or_default(),
            association: f.document(Field::Association),
            commune: fold_search(f.text(Field::Commune)),
            sex: f.text(Field::Sex).to_owned(),
            age_band: f.text(Field::AgeBand).to_owned(),
            same_as: f.document(Field::SameAs),
            not_same: record.not_same.clone(),
            ..Self::person(id, &record.name(), f.text(Field::NameAr))
        }
    }

    /// The traits of an association.
    #[must_use]
    pub fn of_association(id: DocumentId, record: &AssociationRecord) -> Self {
        let f = &record.fields;
        let titles = [Field::Title, Field::ShortTitle, Field::NameAr].map(|field| f.text(field));
        Self {
            numbers: register_keys(f.text(Field::RnaNumber), f.text(Field::SiretNumber)),
            commune: fold_search(f.text(Field::City)),
            same_as: f.document(Field::SameAssociation),
            not_same: record.not_same.clone(),
            ..Self::association(id, titles)
        }
    }

    /// What it is looked up by.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let family = if self.kind == Kind::Person { 'n' } else { 't' };
        let names = self.names.iter().flat_map(Heard::keys).map(|key| format!("{family} {key}"));
        let mut keys: Vec<String> = names.chain(self.numbers.iter().cloned()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// As one of a group.
    #[must_use]
    pub fn member(&self) -> Member {
        Member { id: self.id, association: self.association, commune: self.commune.clone() }
    }

    fn numbers_of(&self, family: char) -> impl Iterator<Item = &String> {
        self.numbers.iter().filter(move |number| number.starts_with(family))
    }
}

/// The keys of a contact's phones and emails, sorted.
#[must_use]
pub fn contact_keys(contact: &ContactRecord) -> Vec<String> {
    let phones = contact.phones.iter().filter_map(|phone| phone_key(&phone.e164));
    let mut keys: Vec<String> = phones.chain(contact.emails.iter().filter_map(|address| email_key(address))).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys of an association's numbers.
#[must_use]
pub fn register_keys(rna: &str, siret: &str) -> Vec<String> {
    rna_key(rna).into_iter().chain(siren_key(siret)).collect()
}

/// What comes of comparing two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// Why they seem to be one.
    pub reasons: Vec<Reason>,
    /// What speaks against it.
    pub against: Vec<Against>,
    /// How sure it seems; none where they are not proposed.
    pub certainty: Option<Certainty>,
}

/// Compares two of a kind. Whether they are joined or told apart already is the business of [`pairs`].
#[must_use]
pub fn weigh(a: &Traits, b: &Traits) -> Weighed {
    let (mut reasons, mut against) = (Vec::new(), Vec::new());
    match a.names.iter().flat_map(|one| b.names.iter().filter_map(|other| one.alike(other))).min() {
        Some(Likeness::Same) => reasons.push(Reason::SameName),
        Some(Likeness::SameKey) => reasons.push(Reason::NameSounds),
        Some(Likeness::AcrossScripts) => reasons.push(Reason::NameAcrossScripts),
        Some(Likeness::CloseKey) => reasons.push(Reason::NameAlike),
        None => against.push(Against::NamesDiffer),
    }
    let named = !reasons.is_empty();
    for (family, same, differs) in [
        ('p', Reason::SamePhone, Against::PhonesDiffer),
        ('e', Reason::SameEmail, Against::EmailsDiffer),
        ('r', Reason::SameRna, Against::RnaDiffers),
        ('s', Reason::SameSiren, Against::SirenDiffers),
    ] {
        if a.numbers_of(family).any(|number| b.numbers.binary_search(number).is_ok()) {
            reasons.push(same);
        } else if a.numbers_of(family).next().is_some() && b.numbers_of(family).next().is_some() {
            against.push(differs);
        }
    }
    match (a.association, b.association) {
        (Some(one), Some(other)) if one == other => reasons.push(Reason::SameAssociation),
        (Some(_), Some(_)) => against.push(Against::AssociationDiffers),
        _ => {}
    }
    if !a.commune.is_empty() && !b.commune.is_empty() {
        match a.commune == b.commune {
            true => reasons.push(Reason::SameCommune),
            false => against.push(Against::CommuneDiffers),
        }
    }
    let told = |sex: &str| matches!(sex, "f" | "h");
    if told(&a.sex) && told(&b.sex) && a.sex != b.sex {
        against.push(Against::SexDiffers);
    }
    if !a.age_band.is_empty() && !b.age_band.is_empty() && a.age_band != b.age_band {
        against.push(Against::AgeDiffers);
    }
    against.sort_unstable();
    let certainty = match a.kind {
        Kind::Person => person_certainty(named, &reasons, &against),
        _ => association_certainty(named, &reasons, &against),
    };
    Weighed { reasons, against, certainty }
}

/// A shared family phone, or a shared village, is no identity by itself: the names must be alike.
fn person_certainty(named: bool, reasons: &[Reason], against: &[Against]) -> Option<Certainty> {
    let reached = reasons.iter().any(|reason| matches!(reason, Reason::SamePhone | Reason::SameEmail));
    let placed = reasons.iter().any(|reason| matches!(reason, Reason::SameAssociation | Reason::SameCommune));
    let certainty = match (named, reached, placed) {
        (false, ..) => return None,
        (true, true, _) => 3,
        (true, false, true) => 2,
        (true, false, false) => 1,
    };
    // A slip when a box was ticked, or two whose names are said alike.
    certainty_of(certainty - i32::from(against.contains(&Against::SexDiffers)))
}

/// A number of a register is one association's: two that have different ones are two, whatever they are called.
fn association_certainty(named: bool, reasons: &[Reason], against: &[Against]) -> Option<Certainty> {
    let has = |reason: Reason| reasons.contains(&reason);
    if has(Reason::SameRna) || (has(Reason::SameSiren) && !against.contains(&Against::RnaDiffers)) {
        return Some(Certainty::High);
    }
    if !named || against.iter().any(|one| matches!(one, Against::RnaDiffers | Against::SirenDiffers)) {
        return None;
    }
    Some(if has(Reason::SameCommune) { Certainty::Middle } else { Certainty::Low })
}

fn certainty_of(points: i32) -> Option<Certainty> {
    match points {
        i32::MIN..=0 => None,
        1 => Some(Certainty::Low),
        2 => Some(Certainty::Middle),
        _ => Some(Certainty::High),
    }
}

/// Two that may be one: those who stand for each, the lesser id first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// [`Kind::Person`] or [`Kind::Association`].
    pub kind: Kind,
    /// One.
    pub one: DocumentId,
    /// The other.
    pub other: DocumentId,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How sure it seems.
    pub certainty: Certainty,
    /// The two records that were compared: the pair itself, or others that were joined to it.
    pub by: [DocumentId; 2],
}

impl Pair {
    /// The one of the two that is not this one.
    #[must_use]
    pub fn beside(&self, id: DocumentId) -> DocumentId {
        if self.one == id { self.other } else { self.one }
    }
}

/// Somebody of a group that shares a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: DocumentId,
    /// Where they come from.
    pub association: Option<DocumentId>,
    /// The commune, folded.
    pub commune: String,
}

/// Who stands for a record: the end of its links (M7), or the smallest id of a ring of them. `next` gives the record that one points to,
/// and nothing where it points to none; a record that is not known here ends the chain before it.
#[must_use]
pub fn stands_for(
    start: DocumentId,
    is_known: impl Fn(DocumentId) -> bool,
    next: impl Fn(DocumentId) -> Option<DocumentId>,
) -> DocumentId {
    let mut seen = vec![start];
    let mut at = start;
    while let Some(to) = next(at) {
        if let Some(ring) = seen.iter().position(|id| *id == to) {
            return seen[ring..].iter().copied().min().unwrap_or(at);
        }
        if !is_known(to) {
            return at;
        }
        seen.push(to);
        at = to;
    }
    at
}

/// M7: all pairs that may be one, with the reasons. Those whom a human has joined or told apart are left out, and of those who are joined
/// the one who stands for them is proposed. In the order of their ids.
#[must_use]
pub fn pairs(all: &[Traits]) -> Vec<Pair> {
    let mut groups: HashMap<String, Vec<u32>> = HashMap::new();
    for (n, traits) in (0..).zip(all) {
        for key in traits.keys() {
            groups.entry(key).or_default().push(n);
        }
    }
    let mut sieve = Sieve::new(all);
    for (key, members) in groups.into_iter().filter(|(_, members)| members.len() > 1) {
        sieve.group(is_telling(&key, members.len()), &members);
    }
    sieve.pairs()
}

/// The same of so many as stand in `candidates`: whoever looks for the twins of one record gives it with its [`company`]. All whom those are
/// joined with are to be in `all`.
#[must_use]
pub fn pairs_among(all: &[Traits], candidates: &[(DocumentId, DocumentId)]) -> Vec<Pair> {
    let mut sieve = Sieve::new(all);
    for (one, other) in candidates {
        if let [Some(one), Some(other)] = [one, other].map(|id| sieve.index.get(id).copied()) {
            sieve.compare(one, other);
        }
    }
    sieve.pairs()
}

/// M7: who somebody may be who is only being written down, the likeliest first. `company` is theirs, and `known` the traits of all of those
/// and of whoever is joined with one of them. Who was told apart from one that it surely seems to be is not proposed beside that one.
#[must_use]
pub fn like(sought: Traits, mut known: Vec<Traits>, company: impl IntoIterator<Item = DocumentId>) -> Vec<Pair> {
    let id = sought.id;
    known.push(sought);
    let mut sieve = Sieve::new(&known);
    let me = sieve.index[&id];
    for other in company {
        if let Some(other) = sieve.index.get(&other).copied() {
            sieve.compare(me, other);
        }
    }
    let apart = std::mem::take(&mut sieve.apart);
    let mut found = sieve.pairs();
    found.retain(|pair| pair.one == id || pair.other == id);
    let is_sure = |pair: &Pair| pair.certainty == Certainty::High;
    let sure: Vec<DocumentId> = found.iter().filter(|pair| is_sure(pair)).map(|pair| pair.beside(id)).collect();
    found.retain(|pair| is_sure(pair) || !sure.iter().any(|one| apart.contains(&ordered(*one, pair.beside(id)))));
    // There are few: put in their places one by one, they bring no code for sorting into the engine.
    let place = |pair: &Pair| (Reverse(pair.certainty), pair.reasons.first().copied(), pair.beside(id));
    let mut sorted: Vec<Pair> = Vec::new();
    for pair in found {
        sorted.insert(sorted.partition_point(|other| place(other) < place(&pair)), pair);
    }
    sorted
}

/// Of those who share a key with somebody, the ones whom they are compared with.
pub fn company<'a>(key: &str, of: &'a Member, members: &'a [Member]) -> impl Iterator<Item = DocumentId> + 'a {
    let shares = [
        is_telling(key, members.len()),
        of.association.is_some() && few(members, |one| one.association == of.association),
        !of.commune.is_empty() && few(members, |one| one.commune == of.commune),
    ];
    let others = members.iter().filter(|one| one.id != of.id);
    let near = others.filter(move |one| {
        shares[0] || shares[1] && one.association == of.association || shares[2] && one.commune == of.commune
    });
    near.map(|one| one.id)
}

fn few(members: &[Member], is_one: impl Fn(&Member) -> bool) -> bool {
    members.iter().filter(|one| is_one(one)).count() <= NAMESAKES_MAX
}

/// Whether all of so many who share a key are compared with each other.
fn is_telling(key: &str, members: usize) -> bool {
    members <= most_of(is_of_name(key))
}

fn is_of_name(key: &str) -> bool {
    key.starts_with(['n', 't'])
}

fn most_of(is_name: bool) -> usize {
    if is_name { NAMESAKES_MAX } else { HOLDERS_MAX }
}

struct Sieve<'a> {
    all: &'a [Traits],
    index: HashMap<DocumentId, u32>,
    apart: HashSet<(DocumentId, DocumentId)>,
    compared: HashSet<(u32, u32)>,
    found: BTreeMap<(DocumentId, DocumentId), Pair>,
}

impl<'a> Sieve<'a> {
    fn new(all: &'a [Traits]) -> Self {
        let index = (0..).zip(all).map(|(n, traits)| (traits.id, n)).collect();
        let mut sieve = Self { all, index, apart: HashSet::new(), compared: HashSet::new(), found: BTreeMap::new() };
        for traits in all {
            for other in &traits.not_same {
                let pair = ordered(sieve.stands(traits.id), sieve.stands(*other));
                sieve.apart.insert(pair);
            }
        }
        sieve
    }

    fn pairs(self) -> Vec<Pair> {
        self.found.into_values().collect()
    }

    fn traits(&self, n: u32) -> &'a Traits {
        &self.all[n as usize]
    }

    fn stands(&self, id: DocumentId) -> DocumentId {
        let next = |id| self.index.get(&id).and_then(|n| self.traits(*n).same_as);
        stands_for(id, |id| self.index.contains_key(&id), next)
    }

    fn group(&mut self, is_telling: bool, members: &[u32]) {
        if is_telling {
            return self.compare_all(members);
        }
        // Of a name that many bear: those who have something else in common.
        let mut nearer: BTreeMap<(Option<DocumentId>, &'a str), Vec<u32>> = BTreeMap::new();
        for member in members {
            let traits = self.traits(*member);
            if traits.association.is_some() {
                nearer.entry((traits.association, "")).or_default().push(*member);
            }
            if !traits.commune.is_empty() {
                nearer.entry((None, &traits.commune)).or_default().push(*member);
            }
        }
        for members in nearer.values().filter(|members| members.len() <= NAMESAKES_MAX) {
            self.compare_all(members);
        }
    }

    fn compare_all(&mut self, members: &[u32]) {
        for (n, one) in members.iter().enumerate() {
            for other in &members[n + 1..] {
                self.compare(*one, *other);
            }
        }
    }

    fn compare(&mut self, one: u32, other: u32) {
        // By the order of the ids, so that everybody finds the same, in whatever order they looked.
        let (a, b) = (self.traits(one), self.traits(other));
        let (a, b) = if a.id < b.id { (a, b) } else { (b, a) };
        if a.kind != b.kind || !self.compared.insert((one.min(other), one.max(other))) {
            return;
        }
        let Weighed { reasons, certainty: Some(certainty), .. } = weigh(a, b) else { return };
        let pair = ordered(self.stands(a.id), self.stands(b.id));
        if pair.0 == pair.1 || self.apart.contains(&pair) {
            return;
        }
        let found = Pair { kind: a.kind, one: pair.0, other: pair.1, reasons, certainty, by: [a.id, b.id] };
        let better = |known: &Pair| (found.certainty, known.by) > (known.certainty, found.by);
        if self.found.get(&pair).is_none_or(better) {
            self.found.insert(pair, found);
        }
    }
}

fn ordered(a: DocumentId, b: DocumentId) -> (DocumentId, DocumentId) {
    if a < b { (a, b) } else { (b, a) }
}

/// What of documents is compared: people with their contacts, and associations.
#[must_use]
pub fn traits_of<'a>(records: impl IntoIterator<Item = (DocumentId, &'a Record)>) -> Vec<Traits> {
    let mut contacts: BTreeMap<DocumentId, &ContactRecord> = BTreeMap::new();
    let (mut people, mut traits): (Vec<(DocumentId, &PersonRecord)>, Vec<Traits>) = (Vec::new(), Vec::new());
    for (id, record) in records {
        match record {
            Record::Person(person) => people.push((id, person)),
            Record::Contact(contact) => drop(contacts.insert(id, contact)),
            Record::Association(association) => traits.push(Traits::of_association(id, association)),
            _ => {}
        }
    }
    let people = people
        .into_iter()
        .map(|(id, person)| Traits::of_person(id, person, contacts.get(&DocumentId::contact_of(id)).copied()));
    traits.extend(people);
    traits
}
