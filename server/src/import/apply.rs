//! Works what was read into the documents, as edits like everybody's, and says what became of each row.
//!
//! Safe to repeat: ids follow from what was read, and what is there already stays as it is. Nobody is ever taken for somebody
//! else because of a name (M7): whoever seems known is only pointed at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use shared::{
    edit::{Edit, Library as _, NewPerson, Refusal},
    field::{Field, Value},
    id::DocumentId,
    names, phone,
    record::{PhoneRow, Record},
    role::Role,
    twin::{self, Reason, Traits},
};

use super::{
    Finding, Problem, Readout, Unreadable,
    gazetteer::{Found, Gazetteer, Territory},
    morocco::{self, Commune},
    participants::Participant,
    plan::{self, PlannedAssociation},
    rna::RnaRow,
};
use crate::{
    clock::Clock,
    hand::{Hand, HandError},
    storage::{
        Store, StoreError, imports,
        lookups::{self, KnownAssociation},
        server,
        territories::{self, Kept},
    },
    twins,
};

/// Rows of a file that are kept together. A row touches up to three documents, and all of them share an event.
const ROWS_PER_COMMIT: usize = 150;
/// People who seem to be the one of a row, as far as they are named.
const LIKENESSES_SHOWN: usize = 3;
/// How the history names whoever imports.
const NAME: &str = "Import";

/// How many were begun, were there already, and were there but lacked something of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub new: usize,
    pub known: usize,
    pub completed: usize,
}

/// What a row's person was before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Was {
    New,
    Known,
    /// Known, and something that the row says was lacking.
    Incomplete,
}

/// What became of one row that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Taken {
    pub line: u64,
    pub person: DocumentId,
    pub was: Was,
    /// The person was on the event's roster already.
    pub expected: bool,
}

/// Whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Goes as it would in earnest, and is then forgotten.
    Trial,
    InEarnest,
}

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    pub associations: Tally,
    pub people: Tally,
    /// People on the event's roster.
    pub expected: Tally,
    pub communes: Tally,
    /// The rows of people that were taken, in the order of the file.
    pub taken: Vec<Taken>,
    /// Rows of which nothing was taken, by line.
    pub refused: Vec<Finding>,
    /// What somebody should look at, by line.
    pub notes: Vec<Finding>,
    /// Associations that are gone.
    pub passed_over: usize,
    /// Rows that say a function or a remark, for which documents have no place.
    pub without_place: usize,
    /// People whose commune has its official code now.
    pub communes_coded: usize,
    /// People whose commune is called like one of Morocco, where nobody stated the territory: without a code.
    pub communes_unplaced: usize,
}

impl Outcome {
    fn of<Row>(readout: &Readout<Row>) -> Self {
        Self { refused: readout.refused.clone(), notes: readout.notes.clone(), ..Self::default() }
    }

    fn note(&mut self, line: u64, problem: Problem) {
        self.notes.push(Finding { line, problem });
    }

    fn refuse(&mut self, line: u64, problem: Problem) {
        self.refused.push(Finding { line, problem });
    }

    fn by_line(mut self) -> Self {
        self.refused.sort_by_key(|finding| finding.line);
        self.notes.sort_by_key(|finding| finding.line);
        self
    }
}

/// Why a file was not taken, or not to its end. What was kept before is found again when it is repeated.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Hand(#[from] HandError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("aucun événement n’a cet identifiant : {0}")]
    EventUnknown(DocumentId),
    #[error("aucune association n’a cet identifiant : {0}")]
    AssociationUnknown(DocumentId),
    #[error("aucun territoire du Maroc n’a ce nom ou ce code : {0}")]
    TerritoryUnknown(String),
    #[error("la liste des communes fournie avec le programme : {0}")]
    Lists(#[from] Unreadable),
}

/// What whoever sends a list says of all its people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Common {
    /// They are expected there.
    pub event: Option<DocumentId>,
    /// Theirs, where a row names none.
    pub association: Option<DocumentId>,
    /// The province or region of Morocco of their communes, where a row states none: a name or a code, or `Maroc`.
    pub territory: Option<String>,
    /// Lines that somebody has left out.
    pub left_out: BTreeSet<u64>,
    /// Lines of people whom somebody has recognised: nothing but a human makes two people one (M7).
    pub recognised: BTreeMap<u64, DocumentId>,
    /// Under which what is made is noted, so that it can be taken back.
    pub import: Option<DocumentId>,
}

/// Takes the rows of the register.
///
/// # Errors
/// What the storage fails on.
pub fn rna(store: &Store, clock: &Clock, readout: &Readout<RnaRow>) -> Result<Outcome, ImportError> {
    let mut desk = Desk::console(store, clock)?;
    let mut known = store.read_blocking(lookups::associations_by_rna)?;
    let mut outcome = Outcome::of(readout);
    for row in &readout.rows {
        if plan::is_gone(row) {
            outcome.passed_over += 1;
            continue;
        }
        match plan::association(row) {
            Ok(planned) => desk.association(row.line, planned, &mut known, &mut outcome)?,
            Err(problem) => outcome.refuse(row.line, problem),
        }
        desk.row_done()?;
    }
    desk.keep()?;
    Ok(outcome.by_line())
}

/// Takes the people of a list, from the server's console.
///
/// # Errors
/// An event, association or territory that is not there; what the storage fails on.
pub fn participants(
    store: &Store,
    clock: &Clock,
    readout: &Readout<Participant>,
    common: Common,
) -> Result<Outcome, ImportError> {
    take(store, Desk::console(store, clock)?, readout, common)
}

/// Takes the people of a list, by the hand of somebody.
///
/// # Errors
/// As [`participants`].
pub fn participants_by(
    store: &Store,
    hand: Hand,
    way: Way,
    now_ms: u64,
    readout: &Readout<Participant>,
    common: Common,
) -> Result<Outcome, ImportError> {
    let desk = Desk { store: store.clone(), hand, now_ms, way, import: common.import, tried: HashSet::new(), rows: 0 };
    take(store, desk, readout, common)
}

/// Takes the associations of a list, by the hand of somebody.
///
/// # Errors
/// What the storage fails on.
pub fn associations_by(
    store: &Store,
    hand: Hand,
    way: Way,
    now_ms: u64,
    readout: &Readout<RnaRow>,
    common: &Common,
) -> Result<Outcome, ImportError> {
    let mut desk =
        Desk { store: store.clone(), hand, now_ms, way, import: common.import, tried: HashSet::new(), rows: 0 };
    let server = DocumentId(store.read_blocking(server::identity)?.identity).to_string();
    let mut known = store.read_blocking(lookups::associations_by_rna)?;
    let titles = titles(store)?;
    let mut outcome = Outcome::of(readout);
    for row in readout.rows.iter().filter(|row| !common.left_out.contains(&row.line)) {
        let mut planned = match plan::brought(&server, row) {
            Ok(planned) => planned,
            Err(problem) => {
                outcome.refuse(row.line, problem);
                continue;
            }
        };
        planned.id = desk.current(planned.id)?;
        // What is called alike and has no number of its own is that one: as where a list of people names it.
        if let (None, Some([one])) = (&row.rna_id, titles.get(&names::fold_search(&row.title)).map(Vec::as_slice)) {
            planned.id = *one;
        }
        let (id, before) = (planned.id, outcome.associations);
        let there = row.rna_id.as_ref().and_then(|rna| known.get(rna)).map(|there| there.id);
        desk.association(row.line, planned, &mut known, &mut outcome)?;
        if outcome.associations.new > before.new {
            for (other, reasons) in desk.associations_like(id, row)? {
                outcome.note(row.line, Problem::AssociationMaybeKnown(other, reasons));
            }
        }
        if outcome.associations != before {
            let was = if outcome.associations.new > before.new { Was::New } else { Was::Known };
            outcome.taken.push(Taken { line: row.line, person: there.unwrap_or(id), was, expected: false });
        }
        desk.row_done()?;
    }
    desk.keep()?;
    Ok(outcome.by_line())
}

fn take(store: &Store, mut desk: Desk, readout: &Readout<Participant>, common: Common) -> Result<Outcome, ImportError> {
    let identity = store.read_blocking(server::identity)?.identity;
    if let Some(association) = common.association
        && !matches!(desk.record(association)?, Some(Record::Association(_)))
    {
        return Err(ImportError::AssociationUnknown(association));
    }
    let roster = match common.event.map(|event| Ok::<_, ImportError>((event, desk.record(event)?))).transpose()? {
        None => HashSet::new(),
        Some((_, Some(Record::Event(event)))) => event.roster.into_keys().collect(),
        Some((event, _)) => return Err(ImportError::EventUnknown(event)),
    };
    let gazetteer = gazetteer(store)?;
    let territory = match &common.territory {
        None => None,
        Some(stated) => Some(gazetteer.territory(stated).ok_or_else(|| ImportError::TerritoryUnknown(stated.clone()))?),
    };
    let mut list = List {
        gazetteer,
        territory,
        server: DocumentId(identity).to_string(),
        titles: titles(store)?,
        store: store.clone(),
        common,
        roster,
        met: HashSet::new(),
        outcome: Outcome::of(readout),
        desk,
    };
    for row in &readout.rows {
        if list.common.left_out.contains(&row.line) {
            continue;
        }
        list.row(row)?;
        list.desk.row_done()?;
    }
    list.desk.keep()?;
    Ok(list.outcome.by_line())
}

/// Takes the communes, all or none.
///
/// # Errors
/// What the storage fails on.
pub fn communes(store: &Store, readout: &Readout<morocco::Commune>) -> Result<Outcome, ImportError> {
    let rows = readout.rows.clone();
    let communes = store.write_blocking(move |tx, _| {
        let mut tally = Tally::default();
        for commune in &rows {
            match territories::put_commune(tx, commune)? {
                Kept::New => tally.new += 1,
                Kept::Changed => tally.completed += 1,
                Kept::Already => tally.known += 1,
            }
        }
        Ok::<_, StoreError>(tally)
    })?;
    Ok(Outcome { communes, ..Outcome::of(readout) }.by_line())
}

/// The communes that were imported, else those that come with the program.
fn gazetteer(store: &Store) -> Result<Gazetteer, ImportError> {
    let mut communes = store.read_blocking(territories::communes)?;
    if communes.is_empty() {
        communes = morocco::communes(morocco::COMMUNES)?.rows;
    }
    let (provinces, regions) = (morocco::provinces(morocco::PROVINCES)?, morocco::regions(morocco::REGIONS)?);
    Ok(Gazetteer::new(communes, &provinces.rows, &regions.rows))
}

/// Some communes with their codes, for a human to choose from.
fn listed(communes: &[&Commune]) -> String {
    let shown = communes.iter().take(LIKENESSES_SHOWN);
    shown.map(|commune| format!("{} {}", commune.name_fr, commune.code)).collect::<Vec<_>>().join(", ")
}

/// Where edits are made and kept.
struct Desk {
    store: Store,
    hand: Hand,
    now_ms: u64,
    way: Way,
    /// See [`Common::import`].
    import: Option<DocumentId>,
    /// The documents that a trial would have begun.
    tried: HashSet<DocumentId>,
    rows: usize,
}

impl Desk {
    fn console(store: &Store, clock: &Clock) -> Result<Self, StoreError> {
        let hand = Hand::open(store, NAME, Role::Staff, clock)?;
        Ok(Self {
            store: store.clone(),
            hand,
            now_ms: clock.now_ms(),
            way: Way::InEarnest,
            import: None,
            tried: HashSet::new(),
            rows: 0,
        })
    }

    /// Whether there is such a document, or this import has begun it.
    fn has(&mut self, id: DocumentId) -> Result<bool, StoreError> {
        Ok(self.tried.contains(&id) || self.hand.has(id)?)
    }

    /// What a document says now; none where there is no such document.
    fn record(&mut self, id: DocumentId) -> Result<Option<Record>, StoreError> {
        if !self.hand.has(id)? {
            return Ok(None);
        }
        Ok(self.hand.copy(id).map(|document| Record::read(&document)))
    }

    /// The refusal, if the edit was refused.
    fn edit(&mut self, edit: &Edit) -> Result<Option<Refusal>, HandError> {
        match self.hand.edit(edit, self.now_ms) {
            Ok(()) => Ok(None),
            Err(HandError::Refused(refusal)) => Ok(Some(refusal)),
            Err(error) => Err(error),
        }
    }

    fn row_done(&mut self) -> Result<(), HandError> {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_PER_COMMIT) { self.keep() } else { Ok(()) }
    }

    fn keep(&mut self) -> Result<(), HandError> {
        if self.way == Way::Trial {
            // What a trial has begun is not held on to: thousands of documents would be.
            self.tried.extend(self.hand.touched().into_iter().filter(|(_, begun)| *begun).map(|(id, _)| id));
            self.hand.let_go();
            return Ok(());
        }
        let Some(import) = self.import else { return self.hand.keep(self.now_ms).map(drop) };
        // Noted before and after: what broke off in between is not taken for somebody else's work, and is not taken back either.
        let touched = self.hand.touched();
        let announced = touched.clone();
        self.store.write_blocking(move |tx, _| {
            announced.iter().try_for_each(|(document, begun)| imports::announce(tx, import, *document, *begun))
        })?;
        self.hand.keep(self.now_ms)?;
        self.store.write_blocking(move |tx, _| {
            touched.iter().try_for_each(|(document, _)| imports::settle(tx, import, *document))
        })?;
        Ok(())
    }

    /// The id under which a record is taken that would have this one, if that was taken back with an import.
    fn current(&self, mut id: DocumentId) -> Result<DocumentId, StoreError> {
        while self.store.read_blocking(|db| imports::is_undone(db, id))? {
            id = plan::again(id);
        }
        Ok(id)
    }

    /// The associations that were known before and that the row may be (M7), the likeliest first.
    fn associations_like(&self, id: DocumentId, row: &RnaRow) -> Result<Vec<(DocumentId, Vec<Reason>)>, StoreError> {
        let titles = [Some(row.title.as_str()), row.short_title.as_deref(), row.name_ar.as_deref()];
        let traits = Traits {
            numbers: twin::register_keys(
                row.rna_id.as_deref().unwrap_or_default(),
                row.siret.as_deref().unwrap_or_default(),
            ),
            commune: names::fold_search(row.city.as_deref().unwrap_or_default()),
            ..Traits::association(id, titles.into_iter().flatten())
        };
        let pairs = self.store.read_blocking(|db| twins::like(db, traits))?.into_iter();
        let others = pairs.map(|pair| (pair.beside(id), pair.reasons));
        Ok(others.take(LIKENESSES_SHOWN).collect())
    }

    fn association(
        &mut self,
        line: u64,
        planned: PlannedAssociation,
        known: &mut HashMap<String, KnownAssociation>,
        outcome: &mut Outcome,
    ) -> Result<(), ImportError> {
        let PlannedAssociation { id, rna, fields, notes } = planned;
        if let Some(there) = rna.as_ref().and_then(|rna| known.get(rna)) {
            outcome.associations.known += 1;
            let said = |field| fields.get(&field).unwrap_or(&Value::Empty).text();
            let pairs = [
                (Field::Title, &there.title),
                (Field::SiretNumber, &there.siret),
                (Field::Postcode, &there.postcode),
                (Field::City, &there.city),
            ];
            // What the register leaves empty contradicts nobody.
            if pairs.iter().any(|(field, kept)| !said(*field).is_empty() && said(*field) != kept.as_str()) {
                outcome.note(line, Problem::AssociationDiffers(there.id));
            }
            return Ok(());
        }
        if self.has(id)? {
            outcome.associations.known += 1;
            return Ok(());
        }
        let edit = Edit::CreateAssociation { association: id, fields: fields.clone() };
        if let Some(refusal) = self.edit(&edit)? {
            outcome.refuse(line, Problem::NotTaken(refusal));
            return Ok(());
        }
        outcome.associations.new += 1;
        outcome.notes.extend(notes);
        if let Some(rna) = rna {
            let said = |field| fields.get(&field).unwrap_or(&Value::Empty).text().to_owned();
            let [title, siret, postcode, city] =
                [Field::Title, Field::SiretNumber, Field::Postcode, Field::City].map(said);
            known.insert(rna, KnownAssociation { id, title, siret, postcode, city });
        }
        Ok(())
    }
}

/// The associations by their folded titles.
fn titles(store: &Store) -> Result<HashMap<String, Vec<DocumentId>>, StoreError> {
    let mut titles: HashMap<String, Vec<DocumentId>> = HashMap::new();
    for (id, title) in store.read_blocking(lookups::association_titles)? {
        titles.entry(names::fold_search(&title)).or_default().push(id);
    }
    Ok(titles)
}

/// A list on its way into the documents.
struct List {
    gazetteer: Gazetteer,
    /// Where their communes lie, if nothing narrower is stated.
    territory: Option<Territory>,
    server: String,
    desk: Desk,
    common: Common,
    titles: HashMap<String, Vec<DocumentId>>,
    store: Store,
    roster: HashSet<DocumentId>,
    /// The associations that were counted.
    met: HashSet<DocumentId>,
    outcome: Outcome,
}

impl List {
    fn row(&mut self, row: &Participant) -> Result<(), ImportError> {
        let mut planned = plan::person(&self.server, row);
        for id in &mut planned.ids {
            *id = self.desk.current(*id)?;
        }
        let mut there = None;
        for id in self.common.recognised.get(&row.line).into_iter().chain(&planned.ids) {
            if self.desk.has(*id)? {
                there = Some(*id);
                break;
            }
        }
        let person = match there {
            Some(person) => person,
            None => {
                let person = planned.ids[0];
                let (association, commune_code) = (self.association(row)?, self.commune_code(row));
                let new = NewPerson { association, commune_code: commune_code.unwrap_or_default(), ..planned.new };
                let coded = !new.commune_code.is_empty();
                // Nobody read the notice to somebody who only stands in a list.
                let edit = Edit::CreatePerson { person, new, notice_read: false };
                if let Some(refusal) = self.desk.edit(&edit)? {
                    self.outcome.refuse(row.line, Problem::NotTaken(refusal));
                    return Ok(());
                }
                self.outcome.communes_coded += usize::from(coded);
                person
            }
        };
        let coded = there.is_some() && self.code_commune(person, row)?;
        let added = self.contact(person, row)? | coded;
        let was = match (there, added) {
            (None, _) => {
                self.outcome.people.new += 1;
                for (known, reasons) in self.alike(person, row)? {
                    self.outcome.note(row.line, Problem::PersonMaybeKnown(known, reasons));
                }
                Was::New
            }
            (Some(_), false) => {
                self.outcome.people.known += 1;
                Was::Known
            }
            (Some(_), true) => {
                self.outcome.people.completed += 1;
                Was::Incomplete
            }
        };
        self.outcome.without_place += usize::from(row.role.is_some() || row.remarks.is_some());
        let expected = self.roster.contains(&person);
        self.outcome.taken.push(Taken { line: row.line, person, was, expected });
        self.expect(person, row.line)
    }

    /// Those who were known before and whom the row may be (M7), the likeliest first.
    fn alike(&mut self, person: DocumentId, row: &Participant) -> Result<Vec<(DocumentId, Vec<Reason>)>, StoreError> {
        let mut numbers: Vec<String> =
            row.phones.iter().filter_map(|phone| twin::phone_key(phone.e164.as_deref()?)).collect();
        numbers.extend(row.emails.iter().filter_map(|address| twin::email_key(address)));
        numbers.sort_unstable();
        let association = match self.desk.record(person)? {
            Some(record) => record.fields().document(Field::Association),
            None => None,
        };
        let traits = Traits {
            numbers,
            association,
            commune: names::fold_search(row.commune.as_deref().unwrap_or_default()),
            sex: row.sex.word().to_owned(),
            age_band: row.age.word().unwrap_or_default().to_owned(),
            ..Traits::person(person, format!("{} {}", row.given, row.family).trim(), &row.name_ar)
        };
        let mine: HashSet<DocumentId> = self.outcome.taken.iter().map(|taken| taken.person).collect();
        let pairs = self.store.read_blocking(|db| twins::like(db, traits))?.into_iter();
        let others = pairs.map(|pair| (pair.beside(person), pair.reasons));
        Ok(others.filter(|(other, _)| !mine.contains(other)).take(LIKENESSES_SHOWN).collect())
    }

    /// The association that a row names, begun where nobody knows it yet.
    fn association(&mut self, row: &Participant) -> Result<Option<DocumentId>, ImportError> {
        let title = row.association.as_deref().unwrap_or_default();
        let folded = names::fold_search(title);
        if folded.is_empty() {
            return Ok(self.common.association);
        }
        let id = match self.titles.get(&folded).map(Vec::as_slice) {
            Some([id]) => *id,
            Some([_, _, ..]) => {
                self.outcome.note(row.line, Problem::AssociationAmbiguous);
                return Ok(None);
            }
            Some([]) | None => self.desk.current(plan::named_association(&self.server, &folded))?,
        };
        if !self.met.insert(id) {
            return Ok(Some(id));
        }
        if self.desk.has(id)? {
            self.outcome.associations.known += 1;
            return Ok(Some(id));
        }
        let fields = [(Field::Title, Value::from(title))].into();
        if let Some(refusal) = self.desk.edit(&Edit::CreateAssociation { association: id, fields })? {
            self.outcome.note(row.line, Problem::NotTaken(refusal));
            self.met.remove(&id);
            return Ok(None);
        }
        self.outcome.associations.new += 1;
        Ok(Some(id))
    }

    /// The code of the commune that a row names, where the stated territory has exactly one of that name.
    fn commune_code(&mut self, row: &Participant) -> Option<String> {
        let name = row.commune.as_deref().unwrap_or_default();
        let within = match &row.territory {
            // A row that states a territory elsewhere is of somebody who lives there.
            Some(stated) => self.gazetteer.territory(stated)?,
            None => match &self.territory {
                Some(territory) => territory.clone(),
                None => {
                    self.outcome.communes_unplaced += usize::from(self.gazetteer.knows(name));
                    return None;
                }
            },
        };
        let problem = match self.gazetteer.find(name, &within) {
            Found::One(commune) => return Some(commune.code.clone()),
            Found::Several(several) => Problem::CommuneAmbiguous(listed(&several)),
            Found::Near(near) => Problem::CommuneMaybe(listed(&near)),
            Found::Nothing if name.is_empty() => return None,
            Found::Nothing => Problem::CommuneUnknown,
        };
        self.outcome.note(row.line, problem);
        None
    }

    /// Adds the code to somebody who was known with that commune and without one. Returns whether it was added.
    fn code_commune(&mut self, person: DocumentId, row: &Participant) -> Result<bool, ImportError> {
        let Some(record) = self.desk.record(person)? else { return Ok(false) };
        let said = |field| record.fields().text(field).to_owned();
        let same =
            names::fold_search(&said(Field::Commune)) == names::fold_search(row.commune.as_deref().unwrap_or_default());
        if !same || !said(Field::CommuneCode).is_empty() {
            return Ok(false);
        }
        let Some(code) = self.commune_code(row) else { return Ok(false) };
        let value = Value::from(code.as_str());
        let edit = Edit::SetField { document: person, row: None, field: Field::CommuneCode, value };
        if let Some(refusal) = self.desk.edit(&edit)? {
            self.outcome.note(row.line, Problem::NotTaken(refusal));
            return Ok(false);
        }
        self.outcome.communes_coded += 1;
        Ok(true)
    }

    /// Adds the phones and emails that the person's contact lacks. Returns whether there were any.
    fn contact(&mut self, person: DocumentId, row: &Participant) -> Result<bool, ImportError> {
        let (mut phones, mut emails) = (Vec::new(), Vec::new());
        if let Some(Record::Contact(contact)) = self.desk.record(DocumentId::contact_of(person))? {
            (phones, emails) = (contact.phones, contact.emails);
        }
        let mut edits = Vec::new();
        for phone in row.phones.iter().filter(|phone| !phones.iter().any(|there| is_in(phone, there))) {
            edits.push(Edit::AddPhone { person, row: plan::phone_row(person, phone), phone: phone.clone() });
        }
        for address in row.emails.iter().filter(|address| !emails.contains(address)) {
            edits.push(Edit::AddEmail { person, row: plan::email_row(person, address), address: address.clone() });
        }
        let mut added = false;
        for edit in edits {
            match self.desk.edit(&edit)? {
                None => added = true,
                Some(refusal) => self.outcome.note(row.line, Problem::NotTaken(refusal)),
            }
        }
        Ok(added)
    }

    /// Puts the person on the event's roster.
    fn expect(&mut self, person: DocumentId, line: u64) -> Result<(), ImportError> {
        let Some(event) = self.common.event else { return Ok(()) };
        if self.roster.contains(&person) {
            self.outcome.expected.known += 1;
            return Ok(());
        }
        // The event grows with each: a trial has seen already that it is there.
        let refused = match self.desk.way {
            Way::Trial => None,
            Way::InEarnest => self.desk.edit(&Edit::AddToRoster { event, person })?,
        };
        match refused {
            None => {
                self.roster.insert(person);
                self.outcome.expected.new += 1;
            }
            Some(refusal) => self.outcome.note(line, Problem::NotTaken(refusal)),
        }
        Ok(())
    }
}

/// Whether a contact has this phone. One whose country is not told is there as soon as its digits are.
fn is_in(phone: &phone::Phone, there: &PhoneRow) -> bool {
    match &phone.e164 {
        Some(number) => there.e164 == *number,
        None => phone::clean_digits(&there.raw) == phone::clean_digits(&phone.raw),
    }
}
