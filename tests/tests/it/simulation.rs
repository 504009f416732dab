//! The seeded simulator: phones of every role edit, fall, lose their network and their disks, against a server that dies
//! and is restored; in the end everyone is online, and everything must agree.
//!
//! `TIWIZI_SIM_SEED=7` plays one seed again, with its steps; `TIWIZI_SIM_SEEDS=1000` adds so many fresh ones.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::permission::needs;
use server::{
    erasure,
    storage::{Place, access::Given},
    writer::Fault,
};
use shared::{
    document::{Author, Document, Kind},
    edit::{Edit, Library, NewAssociation, NewPerson, NewSlot, NewTrainer, Refusal},
    field::{Accepts, Field, STAGES, Value},
    id::{DeviceId, DocumentId, RowId},
    mark::{How, Signer, Status},
    permission::Capability,
    phone::Phone,
    question::Question,
    record::{CallSection, EventRecord, Record, Rows, Side},
    renewal,
    replica::Replica,
    role::Role,
    settings::SETTINGS,
    stage,
    table::Table,
    view::{View, ViewKey},
    visa,
    wire::{BUCKETS, Request, Upload, Verdict},
};
use tests::world::{Disk, Fall, Medium, Mishap, Outcome, World};

/// Seeds that every run plays.
const SEEDS: std::ops::Range<u64> = 1..61;
/// Fresh seeds that every run adds.
const FRESH_SEEDS: u64 = 6;
/// What happens between the first exchange and the last.
const STEPS: usize = 220;

/// Seeds are shared out, so that they run beside each other.
fn play_share(share: u64) {
    if let Some(seed) = number("TIWIZI_SIM_SEED") {
        if share == 0 {
            play(seed);
        }
        return;
    }
    SEEDS.filter(|seed| seed % SHARES == share).for_each(play);
}

const SHARES: u64 = 4;

#[test]
fn the_first_quarter_of_the_seeds_heals() {
    play_share(0);
}

#[test]
fn the_second_quarter_of_the_seeds_heals() {
    play_share(1);
}

#[test]
fn the_third_quarter_of_the_seeds_heals() {
    play_share(2);
}

#[test]
fn the_last_quarter_of_the_seeds_heals() {
    play_share(3);
}

#[test]
fn fresh_seeds_heal() {
    if number("TIWIZI_SIM_SEED").is_some() {
        return;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let first = u64::try_from(since.as_millis()).unwrap_or_default();
    let count = number("TIWIZI_SIM_SEEDS").unwrap_or(FRESH_SEEDS);
    println!("fresh seeds: {first} and {count} on");
    (first..first + count).for_each(play);
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn play(seed: u64) {
    let mut play = Play::begin(seed);
    for _ in 0..STEPS {
        play.step();
    }
    play.end();
}

/// One seed.
struct Play {
    seed: u64,
    world: World,
    /// Copies of disks, by phone.
    disks: BTreeMap<usize, Disk>,
    server_copy: Option<Place>,
    /// What a page shows of a section, seen some time ago.
    opened: Option<(usize, DocumentId, String, String, String)>,
    /// Whether phones are cloned and restored; whether the server is.
    phones_are_copied: bool,
    server_is_copied: bool,
    /// A phone whose own check of permissions was taken out, and that asks for what it may not have.
    hostile: Option<usize>,
    trace: Vec<String>,
}

impl Drop for Play {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.trace {
                println!("{line}");
            }
            println!("this was seed {0}: play it again with TIWIZI_SIM_SEED={0}", self.seed);
        }
    }
}

impl Play {
    fn begin(seed: u64) -> Self {
        let medium = if seed % 6 == 5 { Medium::File } else { Medium::Memory };
        let mut play = Self {
            seed,
            world: World::new(seed, medium),
            disks: BTreeMap::new(),
            server_copy: None,
            opened: None,
            phones_are_copied: seed.is_multiple_of(3),
            server_is_copied: seed.is_multiple_of(4),
            hostile: (!seed.is_multiple_of(3)).then_some(1),
            trace: Vec::new(),
        };
        play.world.join("phone 0", Role::Staff);
        for n in 1..3 + play.world.rng.below(5) {
            let role = *play.world.rng.pick(&ROLES).unwrap_or(&Role::Volunteer);
            play.world.join(&format!("phone {n}"), role);
        }
        for _ in 0..4 {
            play.do_edit(0, Wish::Person);
        }
        for wish in
            [Wish::Event, Wish::Dossier, Wish::Association, Wish::Call, Wish::Roster, Wish::Roster, Wish::Roster]
        {
            play.do_edit(0, wish);
        }
        play.world.sync(0);
        for _ in 0..3 {
            play.decide();
        }
        play.world.settle();
        play
    }

    fn note(&mut self, what: String) {
        self.trace.push(what);
    }

    fn a_phone(&mut self) -> usize {
        let count = self.world.phones.len();
        self.world.rng.below(count)
    }

    fn step(&mut self) {
        self.world.now_ms += self.world.rng.next() % 60_000;
        let phone = self.a_phone();
        match self.world.rng.below(100) {
            // Erasing is rare, and each seed does one kind of it or none.
            75..=76 if self.seed % 5 == 1 => self.erase_somebody(),
            75..=77 if self.seed % 5 == 2 => self.rewrite_something(),
            0..=54 => {
                let wish = *self.world.rng.pick(&WISHES).unwrap_or(&Wish::Mark);
                self.do_edit(phone, wish);
            }
            55..=82 => {
                self.do_exchange(phone);
                if Some(phone) == self.hostile {
                    self.attack(phone);
                }
            }
            83..=86 => {
                let online = !self.world.phones[phone].online;
                self.world.phones[phone].online = online;
                self.note(format!("{phone} online: {online}"));
            }
            87..=89 => self.do_fall(phone),
            90 => {
                self.world.phones[phone].falls();
                self.world.start(phone);
                self.note(format!("{phone} restarts"));
            }
            91..=92 => self.decide(),
            93 => self.judge(),
            94 => self.replay(),
            95 if phone != 0 => {
                let role = *self.world.rng.pick(&ROLES).unwrap_or(&Role::Volunteer);
                self.world.set_role(phone, role);
                self.note(format!("{phone} becomes {role:?}"));
            }
            96 => {
                self.world.server.start();
                self.note("the server restarts".to_owned());
            }
            97 if self.phones_are_copied && phone != 0 => self.copy_phone(phone),
            98..=99 if self.server_is_copied => self.copy_server(),
            _ => {}
        }
    }

    fn do_exchange(&mut self, phone: usize) {
        if !self.world.phones[phone].online {
            return;
        }
        self.world.wake(phone);
        let mishap = match self.world.rng.below(100) {
            0..=69 => Mishap::None,
            70..=76 => Mishap::RequestLost,
            77..=84 => Mishap::ReplyLost,
            85..=89 => Mishap::ArrivesTwice,
            90..=92 => Mishap::PhoneFalls,
            93..=95 => Mishap::Server(Fault::CrashBeforeCommit),
            96..=97 => Mishap::Server(Fault::CrashAfterCommit),
            _ => Mishap::Server(Fault::RefuseCommit),
        };
        if mishap == Mishap::None {
            let count = self.world.sync(phone);
            self.note(format!("{phone} syncs, {count} exchanges"));
        } else {
            self.world.mishaps.insert(phone, mishap);
            let outcome = self.world.exchange(phone);
            self.note(format!("{phone} exchanges, {mishap:?}: {outcome:?}"));
            if outcome == Outcome::Silent {
                self.world.mishaps.remove(&phone);
            }
        }
    }

    fn do_fall(&mut self, phone: usize) {
        let falls = [Fall::BeforeEdit, Fall::BeforeStore, Fall::AfterStore];
        let fall = *self.world.rng.pick(&falls).unwrap_or(&Fall::BeforeEdit);
        self.world.phones[phone].fall = Some(fall);
        self.note(format!("{phone} will fall {fall:?}"));
    }

    /// An old request of any phone arrives once more.
    fn replay(&mut self) {
        let old = self.world.arrived.len();
        let old = self.world.rng.below(old);
        let Some((phone, frame)) = self.world.arrived.get(old).cloned() else { return };
        self.world.arrive(phone, &frame);
        self.note(format!("request {old}, of {phone}, arrives again"));
    }

    fn decide(&mut self) {
        let whose = self.a_phone();
        let given = if self.world.rng.chance(75) { Given::Yes } else { Given::No };
        let Some(document) = self.some_document(0, &[Kind::Event, Kind::Dossier]) else { return };
        self.world.decide(0, whose, document, given);
        self.note(format!("{document} given to {whose}: {given:?}"));
    }

    /// Staff judge what was set aside, or take every judgement back.
    fn judge(&mut self) {
        let (what, stand) = match self.world.rng.below(3) {
            0 => ("accepted", self.world.judge_all(0, true, "")),
            1 => ("refused", self.world.judge_all(0, false, "Non")),
            _ => ("judged anew", self.world.reopen_all(0, "Jugé trop vite")),
        };
        self.note(format!("what was set aside is {what}, but for {stand:?}"));
    }

    fn erase_somebody(&mut self) {
        let people = self.world.server.records().into_iter().filter(|(_, record)| matches!(record, Record::Person(_)));
        let people: Vec<DocumentId> = people.map(|(id, _)| id).collect();
        let Some(person) = self.world.rng.pick(&people).copied() else { return };
        let erased = self.world.erase_person(0, person);
        self.note(format!("{person} is erased: {erased:?}"));
        erased.expect("nothing came between");
    }

    fn rewrite_something(&mut self) {
        let documents = self.world.server.documents().into_iter();
        let documents = documents.filter(|(_, document)| renewal::may_be_rewritten(document.kind));
        let documents: Vec<DocumentId> = documents.map(|(id, _)| id).collect();
        let Some(document) = self.world.rng.pick(&documents).copied() else { return };
        let rewritten = self.world.rewrite(0, document);
        self.note(format!("{document} is written anew: {rewritten:?}"));
        let asks = matches!(rewritten, Err(erasure::Refusal::QuestionsOpen | erasure::Refusal::ChangesWait));
        assert!(rewritten.is_ok() || asks, "{rewritten:?}");
    }

    fn copy_phone(&mut self, phone: usize) {
        match self.world.rng.below(3) {
            0 if self.world.phones.len() < 8 => {
                let clone = self.world.clone_phone(phone);
                self.note(format!("{phone} is cloned as {clone}"));
            }
            1 if self.disks.contains_key(&phone) => {
                let disk = self.disks[&phone].clone();
                self.world.wake(phone);
                self.world.restore_phone(phone, disk);
                self.note(format!("{phone} is restored"));
            }
            _ => {
                self.disks.insert(phone, self.world.phones[phone].disk.clone());
                self.note(format!("{phone} is copied"));
            }
        }
    }

    /// A restore loses nothing, provided that a phone of those who run the house was level: it gives back what others wrote.
    fn copy_server(&mut self) {
        if self.server_copy.is_none() || self.world.rng.chance(60) {
            self.server_copy = Some(self.world.server.copy());
            return self.note("the server is copied".to_owned());
        }
        self.world.phones[0].fall = None;
        self.world.wake(0);
        self.world.sync(0);
        if let Some(copy) = &self.server_copy {
            // As the manual says: the list of erasures is taken out of the old file and into the restored one.
            let list = self.world.erasure_list();
            self.world.restore_server(copy);
            self.world.take_erasure_list(list);
        }
        self.note("the server is restored".to_owned());
    }

    /// Everyone comes back, and everything must agree.
    fn end(mut self) {
        self.world.mishaps.clear();
        for phone in 0..self.world.phones.len() {
            self.world.phones[phone].fall = None;
            self.world.phones[phone].online = true;
            self.world.wake(phone);
        }
        self.note("all online".to_owned());
        self.world.settle();
        self.world.audit_healed();
        for (code, count) in self.world.server.set_aside() {
            // Who was away meanwhile may have lost the role in which they acted, or the right to move a stage freely.
            let families = ["scope.", "permission.", "quarantine.", "stage."];
            let expected = families.iter().any(|family| code.starts_with(family));
            let may_be = expected || self.server_is_copied || self.hostile.is_some();
            assert!(may_be, "{count} changes of honest phones were refused: {code}");
        }
        for phone in &self.world.phones {
            assert!(!phone.refused.contains(&Refusal::Failed), "an edit of the log failed");
        }
    }

    fn do_edit(&mut self, phone: usize, wish: Wish) {
        if self.world.phones[phone].replica.is_none() && self.world.rng.chance(50) {
            self.world.start(phone);
        }
        if self.world.phones[phone].replica.is_none() {
            return;
        }
        let Some(edit) = self.edit(phone, wish) else { return };
        let said = format!("{phone} {edit:?}");
        let result = self.world.edit(phone, edit);
        self.note(format!("{said}: {result:?}"));
        assert_ne!(result, Err(Refusal::Failed), "the engine failed");
    }
}

/// The hostile phone's library: what it holds, and of everything else the genesis, which anybody can make.
struct Forger<'a> {
    replica: &'a mut Replica,
    kinds: &'a BTreeMap<DocumentId, Kind>,
    device: DeviceId,
    nonce: [u8; 8],
}

impl Library for Forger<'_> {
    fn copy(&mut self, id: DocumentId) -> Option<Document> {
        let held = self.replica.document(id);
        held.or_else(|| self.kinds.get(&id).map(|kind| Document::new(id, *kind)))
    }

    fn author(&mut self, _id: DocumentId, at_ms: u64) -> Author {
        Author { device: self.device, nonce: self.nonce, at_ms }
    }
}

impl Play {
    /// The hostile phone asks for everything, and sends an edit that its own engine would have refused.
    fn attack(&mut self, phone: usize) {
        if self.world.phones[phone].replica.is_none() {
            return;
        }
        let held = self.world.scope_of(phone);
        let all = self.world.server.documents();
        let kinds: BTreeMap<DocumentId, Kind> = all.iter().map(|(id, document)| (*id, document.kind)).collect();
        let identity = self.world.phones[phone].identity.clone();
        let other = self.a_phone();
        let as_itself = self.world.rng.chance(75);
        let device = if as_itself { identity.device } else { self.world.phones[other].identity.device };
        let as_itself = device == identity.device;
        let Some(edit) = self.forged_edit(phone, &kinds) else { return };
        let (nonce, at_ms) = (self.world.rng.bytes(), self.world.now_ms);
        let replica = self.world.phones[phone].replica.as_mut().expect("a running phone");
        let mut forger = Forger { replica, kinds: &kinds, device, nonce };
        let Ok(outcome) = edit.apply(&mut forger, Role::Admin, at_ms) else { return };
        let uploads: Vec<Upload> = outcome
            .written
            .iter()
            .map(|(document, made)| Upload {
                document: document.id,
                kind: document.kind,
                epoch: 0,
                changes: vec![made.bytes.clone().into()],
            })
            .collect();
        let want: Vec<DocumentId> = all.keys().copied().filter(|_| self.world.rng.chance(50)).take(50).collect();
        let buckets = if self.world.rng.chance(30) { vec![7; BUCKETS] } else { Vec::new() };
        let server = self.world.phones[phone].engine().server();
        let request = Request { server, uploads: uploads.clone(), want, buckets, ..Request::default() };
        let Some(response) = self.world.answer(phone, request) else { return };
        self.note(format!("{phone} attacks, itself: {as_itself}, {edit:?}: {:?}", response.receipts));
        let now_held = self.world.scope_of(phone);
        let may_hold = |id: &DocumentId| held.contains_key(id) || now_held.contains_key(id);
        assert!(response.down.iter().all(|down| may_hold(&down.document)), "it reads what it may not hold");
        let told = response.differences.iter().flat_map(|differences| &differences.documents);
        assert!(told.clone().all(|differing| may_hold(&differing.document)), "it learns of what it may not hold");
        let role = self.world.role(phone);
        for (upload, receipt) in uploads.iter().zip(&response.receipts) {
            let stored = receipt.verdicts == [Verdict::Stored];
            let read = |id| all.get(&id).map_or_else(|| Record::empty(upload.kind), Record::read);
            let may = needs(&edit, &read).iter().all(|capability| role.may(*capability));
            let is_new = !all.contains_key(&upload.document);
            // A number taken at the door is added without holding the others.
            let reaches = held.contains_key(&upload.document) || is_new || upload.kind == Kind::Contact;
            let gives_back = self.server_is_copied && role.may(Capability::GiveBack);
            let allowed = may && reaches && (as_itself || gives_back);
            assert!(!stored || allowed, "{role:?} did {edit:?} as itself: {as_itself}");
        }
    }

    fn forged_edit(&mut self, phone: usize, kinds: &BTreeMap<DocumentId, Kind>) -> Option<Edit> {
        let ids: Vec<DocumentId> = kinds.keys().copied().collect();
        let any = *self.world.rng.pick(&ids)?;
        let set =
            |document, field, value: &str| Edit::SetField { document, row: None, field, value: Value::from(value) };
        match self.world.rng.below(8) {
            0 => Some(Edit::SetField {
                document: SETTINGS,
                row: None,
                field: Field::EventKeepDays,
                value: Value::Number(3_000),
            }),
            1 => Some(self.begin_document(Wish::Event)),
            2 => Some(self.begin_document(Wish::Call)),
            3..=5 => Some(match kinds[&any] {
                Kind::Person => set(any, Field::Given, "Mallory"),
                Kind::Association => set(any, Field::City, "Elsewhere"),
                Kind::Event => set(any, Field::Place, "Elsewhere"),
                Kind::Dossier if self.world.rng.chance(50) => set(any, Field::Stage, "granted"),
                Kind::Dossier => set(any, Field::Territory, "Elsewhere"),
                Kind::Call => set(any, Field::Programme, "Mine"),
                Kind::Contact | Kind::Settings => return None,
            }),
            _ => {
                let wish = *self.world.rng.pick(&WISHES)?;
                self.edit(phone, wish)
            }
        }
    }
}

const ROLES: [Role; 5] = [Role::Volunteer, Role::Volunteer, Role::Volunteer, Role::Coordinator, Role::Staff];

/// A kind of edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Move,
    Visa,
    Mark,
    Undo,
    WalkIn,
    Roster,
    Field,
    Cell,
    Text,
    Open,
    Settle,
    Line,
    Remove,
    Person,
    Association,
    Event,
    Dossier,
    Call,
    CallRow,
    Publish,
    Follow,
    Number,
    Link,
    Unlink,
}

/// How often each is wished for.
const WISHES: [Wish; 48] = [
    Wish::Move,
    Wish::Move,
    Wish::Move,
    Wish::Visa,
    Wish::Visa,
    Wish::Mark,
    Wish::Mark,
    Wish::Mark,
    Wish::Mark,
    Wish::Mark,
    Wish::Mark,
    Wish::Mark,
    Wish::Undo,
    Wish::Undo,
    Wish::WalkIn,
    Wish::WalkIn,
    Wish::WalkIn,
    Wish::Roster,
    Wish::Field,
    Wish::Field,
    Wish::Field,
    Wish::Field,
    Wish::Cell,
    Wish::Cell,
    Wish::Cell,
    Wish::Text,
    Wish::Text,
    Wish::Text,
    Wish::Text,
    Wish::Text,
    Wish::Text,
    Wish::Open,
    Wish::Settle,
    Wish::Settle,
    Wish::Settle,
    Wish::Line,
    Wish::Line,
    Wish::Remove,
    Wish::Person,
    Wish::Association,
    Wish::Event,
    Wish::Dossier,
    Wish::CallRow,
    Wish::Publish,
    Wish::Follow,
    Wish::Number,
    Wish::Link,
    Wish::Unlink,
];

const WORDS: [&str; 10] = ["puits", "eau", "école", "😀", "👩🏽‍🌾", "ماء", "ⵜⵉⵡⵉⵣⵉ", "\n", "\n\n", "a\u{301}"];

impl Play {
    fn edit(&mut self, phone: usize, wish: Wish) -> Option<Edit> {
        match wish {
            Wish::Mark | Wish::Undo | Wish::WalkIn | Wish::Roster => self.edit_of_event(phone, wish),
            Wish::Text | Wish::Open | Wish::Line | Wish::Remove => self.edit_of_dossier(phone, wish),
            Wish::Move => self.move_stage(phone),
            Wish::Visa => self.review(phone),
            Wish::Field => self.set_field(phone),
            Wish::Cell => self.set_cell(phone),
            Wish::Settle => self.settle_question(phone),
            Wish::Number | Wish::Link | Wish::Unlink => self.edit_of_person(phone, wish),
            Wish::CallRow | Wish::Publish => self.edit_of_call(phone, wish),
            Wish::Follow => self.follow(phone),
            Wish::Person | Wish::Association | Wish::Event | Wish::Dossier | Wish::Call => {
                Some(self.begin_document(wish))
            }
        }
    }

    /// A call is written, its rules are doubted and confirmed, and it is published.
    fn edit_of_call(&mut self, phone: usize, wish: Wish) -> Option<Edit> {
        let call = self.some_document(phone, &[Kind::Call])?;
        let Record::Call(record) = self.record(phone, call)? else { return None };
        if wish == Wish::Publish {
            return Some(Edit::PublishCall { call, version: self.world.row_id(), note: String::new() });
        }
        let rows: Vec<RowId> = record.rows.0.values().flatten().map(|row| row.id).collect();
        let name = Value::from(&*self.name());
        let row = self.world.row_id();
        let rng = &mut self.world.rng;
        Some(match rng.below(4) {
            0 => Edit::ConfirmRule { call, field: Field::GrantMaxCents, confirmed: rng.chance(50) },
            1 if !rows.is_empty() => Edit::KeepRow { document: call, row: *rng.pick(&rows)?, keep: rng.chance(30) },
            2 if !rows.is_empty() => {
                Edit::SetField { document: call, row: Some(*rng.pick(&rows)?), field: Field::Label, value: name }
            }
            _ => {
                let table = *rng.pick(&[Table::Section, Table::Piece, Table::Criterion, Table::Heading])?;
                let mut fields = BTreeMap::from([(Field::Label, name)]);
                fields.entry(table.required()).or_insert_with(|| "piece".into());
                Edit::AddRow { document: call, table, row, fields }
            }
        })
    }

    /// A dossier takes a call, or moves to another version of its own.
    fn follow(&mut self, phone: usize) -> Option<Edit> {
        let document = self.some_document(phone, &[Kind::Dossier])?;
        let Record::Dossier(dossier) = self.record(phone, document)? else { return None };
        let followed = dossier.fields.document(Field::Call).and_then(|call| self.record(phone, call));
        let (field, value) = match followed {
            Some(Record::Call(call)) if !call.versions.is_empty() => {
                (Field::CallVersion, Value::Text(self.world.rng.pick(&call.versions)?.id.to_string()))
            }
            _ => (Field::Call, Value::Text(self.some_document(phone, &[Kind::Call])?.to_string())),
        };
        Some(Edit::SetField { document, row: None, field, value })
    }

    /// A document of one of these kinds that a phone holds.
    fn some_document(&mut self, phone: usize, kinds: &[Kind]) -> Option<DocumentId> {
        let engine = self.world.phones[phone].replica.as_ref()?;
        let held: Vec<DocumentId> =
            engine.documents().filter(|(_, kind)| kinds.contains(kind)).map(|(id, _)| id).collect();
        self.world.rng.pick(&held).copied()
    }

    fn record(&self, phone: usize, id: DocumentId) -> Option<Record> {
        self.world.phones[phone].replica.as_ref()?.record(id).cloned()
    }

    fn some_event(&mut self, phone: usize) -> Option<(DocumentId, EventRecord)> {
        let id = self.some_document(phone, &[Kind::Event])?;
        match self.record(phone, id)? {
            Record::Event(event) => Some((id, event)),
            _ => None,
        }
    }

    fn edit_of_event(&mut self, phone: usize, wish: Wish) -> Option<Edit> {
        let (id, event) = self.some_event(phone)?;
        let slots: Vec<RowId> = event.slots.iter().map(|slot| slot.id).collect();
        let slot = *self.world.rng.pick(&slots)?;
        if wish == Wish::WalkIn {
            return Some(self.walk_in(phone, id, slot));
        }
        if wish == Wish::Roster {
            return Some(Edit::AddToRoster { event: id, person: self.some_document(phone, &[Kind::Person])? });
        }
        if self.world.rng.chance(15) {
            return Some(self.edit_around_the_door(id, slot, &event));
        }
        let roster: Vec<DocumentId> = event.roster.keys().copied().collect();
        let person = *self.world.rng.pick(&roster)?;
        if self.world.rng.chance(20) {
            return Some(self.signature(id, slot, Signer::Person(person)));
        }
        if wish == Wish::Undo {
            let withdrawal = self.world.row_id();
            return Some(Edit::Undo { event: id, slot, person, withdrawal, reason: "wrong row".to_owned() });
        }
        let (mark, status) = (self.world.row_id(), *self.world.rng.pick(&Status::ALL)?);
        Some(Edit::CheckIn { event: id, slot, person, mark, status, minutes: None, how: How::Tap })
    }

    fn signature(&mut self, event: DocumentId, slot: RowId, signer: Signer) -> Edit {
        let (signature, mark) = (self.world.row_id(), self.world.row_id());
        let ink = self.blob_name();
        Edit::Sign { event, slot, signer, signature, ink, how: How::Kiosk, mark }
    }

    fn blob_name(&mut self) -> String {
        format!("{:016x}", self.world.rng.below(usize::MAX)).repeat(4)
    }

    /// What coordinators and volunteers do beside marking.
    fn edit_around_the_door(&mut self, event: DocumentId, slot: RowId, record: &EventRecord) -> Edit {
        let row = self.world.row_id();
        let trainers: Vec<RowId> = record.trainers.iter().map(|trainer| trainer.id).collect();
        let papers: Vec<RowId> = record.papers.iter().map(|paper| paper.id).collect();
        let rows: Vec<RowId> = trainers.iter().chain(&papers).copied().chain([slot]).collect();
        match self.world.rng.below(7) {
            0 => Edit::AddTrainer { event, trainer: NewTrainer { trainer: row, name: self.name() } },
            1 => {
                let [day, starts, ends] = ["2026-03-02", "14:00", "17:00"].map(str::to_owned);
                Edit::AddSlot { event, slot: NewSlot { slot: row, day, starts, ends } }
            }
            2 => {
                let (row, keep) = (self.world.rng.pick(&rows).copied().unwrap_or(slot), self.world.rng.chance(30));
                Edit::KeepEventRow { event, row, keep }
            }
            3 => {
                let people = self.world.rng.chance(80).then(|| u32::try_from(self.world.rng.below(90)).unwrap_or(0));
                Edit::SetHeadcount { event, slot, sex: "f".to_owned(), age_band: String::new(), people }
            }
            4 => {
                let blob = self.blob_name();
                Edit::AddPaper { event, paper: row, slot: Some(slot), blob }
            }
            5 => match self.world.rng.pick(&trainers).copied() {
                Some(trainer) => self.signature(event, slot, Signer::Trainer(trainer)),
                None => Edit::LinkEvent { event, document: self.world.document_id(), kind: Some(Kind::Dossier) },
            },
            _ => match record.signatures.first() {
                Some(one) => Edit::WithdrawSignature {
                    event,
                    signature: one.id,
                    withdrawal: row,
                    reason: "somebody else's".to_owned(),
                },
                None => self.signature(event, slot, Signer::Trainer(row)),
            },
        }
    }

    fn walk_in(&mut self, phone: usize, event: DocumentId, slot: RowId) -> Edit {
        let (person, mark) = (self.world.document_id(), self.world.row_id());
        let mut new = self.new_person();
        let mut new_association = None;
        if self.world.rng.chance(30) {
            new_association = Some(NewAssociation { association: self.world.document_id(), title: self.name() });
        } else if self.world.rng.chance(50) {
            new.association = self.some_document(phone, &[Kind::Association]);
        }
        let phone = self.world.rng.chance(60).then(|| self.number());
        Edit::RegisterWalkIn { event, slot, person, mark, new, new_association, phone, notice_read: true }
    }

    fn number(&mut self) -> Phone {
        let digits = format!("0612{:06}", self.world.rng.below(1_000_000));
        if self.world.rng.chance(20) {
            return Phone { raw: digits, country: None, e164: None };
        }
        Phone { e164: Some(format!("+212{}", &digits[1..])), country: Some("MA".to_owned()), raw: digits }
    }

    fn name(&mut self) -> String {
        let names = ["Zahra", "Brahim", "Hassan", "Fatima", "Aït Ali", "Ouali", "Amrani", "زهرة"];
        (*self.world.rng.pick(&names).unwrap_or(&"Zahra")).to_owned()
    }

    fn new_person(&mut self) -> NewPerson {
        NewPerson { given: self.name(), family: self.name(), ..NewPerson::default() }
    }

    fn edit_of_dossier(&mut self, phone: usize, wish: Wish) -> Option<Edit> {
        let dossier = self.some_document(phone, &[Kind::Dossier])?;
        let Record::Dossier(record) = self.record(phone, dossier)? else { return None };
        if self.world.rng.chance(40) && [Wish::Line, Wish::Remove].contains(&wish) {
            return self.edit_of_table(dossier, &record.rows, wish);
        }
        let lines: Vec<RowId> =
            record.lines.iter().map(|line| line.id).chain(record.time.iter().map(|entry| entry.id)).collect();
        match wish {
            Wish::Line if self.world.rng.chance(30) => {
                Some(Edit::AddTime { dossier, time: self.world.row_id(), label: self.name() })
            }
            Wish::Line => {
                let side = if self.world.rng.chance(70) { Side::Expense } else { Side::Resource };
                Some(Edit::AddLine { dossier, line: self.world.row_id(), side, label: self.name() })
            }
            Wish::Remove => {
                let line = *self.world.rng.pick(&lines)?;
                Some(Edit::SetLineState { dossier, line, keep: self.world.rng.chance(20) })
            }
            Wish::Open => {
                self.open_section(phone, dossier);
                None
            }
            _ => self.type_text(phone, dossier),
        }
    }

    fn edit_of_table(&mut self, document: DocumentId, rows: &Rows, wish: Wish) -> Option<Edit> {
        if wish == Wish::Remove {
            let rows: Vec<RowId> = rows.0.values().flatten().map(|row| row.id).collect();
            let row = *self.world.rng.pick(&rows)?;
            return Some(Edit::KeepRow { document, row, keep: self.world.rng.chance(20) });
        }
        let table = *self.world.rng.pick(&[Table::Activity, Table::Goal, Table::Comment, Table::Attachment])?;
        let label = match table.required().accepts() {
            Accepts::Number(least, _) => Value::Number(least),
            _ => Value::from(&*self.name()),
        };
        let fields = [(table.required(), label)].into();
        Some(Edit::AddRow { document, table, row: self.world.row_id(), fields })
    }

    /// Along the table, or anywhere.
    fn move_stage(&mut self, phone: usize) -> Option<Edit> {
        let dossier = self.some_document(phone, &[Kind::Dossier])?;
        let Record::Dossier(record) = self.record(phone, dossier)? else { return None };
        let next: Vec<_> = stage::moves_from(record.fields.text(Field::Stage)).collect();
        let (to, records) = match self.world.rng.pick(&next) {
            Some(one) if self.world.rng.chance(85) => (one.to, one.records),
            _ => (*self.world.rng.pick(STAGES)?, &[][..]),
        };
        let mut fields = BTreeMap::new();
        for field in records {
            if self.world.rng.chance(90) {
                fields.insert(*field, self.value(phone, *field)?);
            }
        }
        let reason = if self.world.rng.chance(60) { self.name() } else { String::new() };
        Some(Edit::MoveStage { dossier, moved: self.world.row_id(), to: to.to_owned(), fields, reason })
    }

    fn review(&mut self, phone: usize) -> Option<Edit> {
        let dossier = self.some_document(phone, &[Kind::Dossier])?;
        if self.world.rng.chance(40) {
            return Some(Edit::ReviewDossier { dossier, review: self.world.rng.chance(70) });
        }
        let View::Way(way) = self.world.phones[phone].engine().view(&ViewKey::Way { dossier }) else { return None };
        let verdict = if self.world.rng.chance(70) { visa::Verdict::Approved } else { visa::Verdict::ChangesAsked };
        Some(Edit::GiveVisa { dossier, visa: self.world.row_id(), version: way.version, verdict, remarks: self.name() })
    }

    fn open_section(&mut self, phone: usize, dossier: DocumentId) {
        let section = (*self.world.rng.pick(&["motivation", "context", "notes"]).unwrap_or(&"notes")).to_owned();
        let View::Dossier(view) = self.world.phones[phone].engine().view(&ViewKey::Dossier { dossier }) else { return };
        let shown = view.sections.iter().find(|shown| shown.about.key == section);
        let text = shown.map_or_else(String::new, |shown| shown.text.clone());
        self.opened = Some((phone, dossier, section, view.version, text));
    }

    /// Types into a section as somebody saw it, now or some time ago.
    fn type_text(&mut self, phone: usize, dossier: DocumentId) -> Option<Edit> {
        if self.opened.as_ref().is_none_or(|opened| (opened.0, opened.1) != (phone, dossier)) {
            self.open_section(phone, dossier);
        }
        let (_, _, section, version, before) = self.opened.take()?;
        let mut chars: Vec<char> = before.chars().collect();
        let at = self.world.rng.below(chars.len() + 1);
        let removed = self.world.rng.below(6).min(chars.len() - at);
        let inserted: String =
            (0..1 + self.world.rng.below(3)).filter_map(|_| self.world.rng.pick(&WORDS)).copied().collect();
        chars.splice(at..at + removed, inserted.chars());
        Some(Edit::EditSection { dossier, section, version, before, after: chars.into_iter().collect() })
    }

    fn set_field(&mut self, phone: usize) -> Option<Edit> {
        let kinds = [Kind::Person, Kind::Event, Kind::Dossier, Kind::Association];
        let kind = *self.world.rng.pick(&kinds)?;
        let document = self.some_document(phone, &[kind])?;
        let fields: Vec<Field> = Field::of(kind).iter().copied().filter(|field| *field != Field::SameAs).collect();
        let field = *self.world.rng.pick(&fields)?;
        let value = self.value(phone, field)?;
        Some(Edit::SetField { document, row: None, field, value })
    }

    fn set_cell(&mut self, phone: usize) -> Option<Edit> {
        let document = self.some_document(phone, &[Kind::Event, Kind::Dossier])?;
        let (rows, fields): (Vec<RowId>, _) = match self.record(phone, document)? {
            Record::Event(event) => (event.slots.iter().map(|slot| slot.id).collect(), Field::SLOT),
            Record::Dossier(dossier) if self.world.rng.chance(30) => {
                let (table, row) = self.world.rng.pick(&dossier.rows.all_kept().collect::<Vec<_>>()).copied()?;
                (vec![row.id], table.fields())
            }
            Record::Dossier(dossier) if self.world.rng.chance(30) => {
                (dossier.time.iter().map(|entry| entry.id).collect(), Field::TIME)
            }
            Record::Dossier(dossier) => (dossier.lines.iter().map(|line| line.id).collect(), Field::LINE),
            _ => return None,
        };
        let (row, field) = (*self.world.rng.pick(&rows)?, *self.world.rng.pick(fields)?);
        let value = self.value(phone, field)?;
        Some(Edit::SetField { document, row: Some(row), field, value })
    }

    fn value(&mut self, phone: usize, field: Field) -> Option<Value> {
        Some(match field.accepts() {
            Accepts::Text(_) => Value::from(&*self.name()),
            Accepts::Word(words) => Value::from(*self.world.rng.pick(words)?),
            Accepts::Day => Value::from("2026-03-02"),
            Accepts::Time => Value::from(*self.world.rng.pick(&["08:30", "09:00", "14:15"])?),
            Accepts::Number(least, most) => {
                let some = i64::try_from(self.world.rng.below(5)).unwrap_or(0);
                Value::Number((least + some).min(most))
            }
            Accepts::Document(kind) => Value::Text(self.some_document(phone, &[kind])?.to_string()),
            Accepts::Row => Value::Text(self.world.row_id().to_string()),
            Accepts::Rna
            | Accepts::OldRna
            | Accepts::Siren
            | Accepts::Siret
            | Accepts::Ice
            | Accepts::Digits(_)
            | Accepts::Blob => Value::Empty,
        })
    }

    /// Settles a Question, with a decision beside it or without; or takes a decision back, or gives a Question to somebody.
    fn settle_question(&mut self, phone: usize) -> Option<Edit> {
        if self.world.rng.chance(20) {
            return self.take_back(phone);
        }
        let questions = self.world.phones[phone].engine().questions();
        let (row, decision) = (self.world.row_id(), self.world.row_id());
        let question = self.world.rng.pick(&questions)?.clone();
        let (document, asked) = (question.document(), question.place());
        if self.world.rng.chance(10) {
            let account = Some(self.world.phones[phone].identity.account);
            return Some(Edit::AssignQuestion { document, asked, account });
        }
        let reason = if self.world.rng.chance(50) { "as seen".to_owned() } else { String::new() };
        let answer = match question {
            Question::FieldSetApart { document, row, field, values } => {
                let value = self.world.rng.pick(&values)?.value.clone();
                Edit::SetField { document, row, field, value }
            }
            Question::MarksContradict { event, slot, person, marks } => {
                let status = self.world.rng.pick(&marks)?.status;
                let reason = "as seen".to_owned();
                Edit::SettleMarks { event, slot, person, status, withdrawal: row, reason }
            }
            Question::CountedApart { event, slot, sex, age_band, values } => {
                let people = self.world.rng.pick(&values)?.value.number().and_then(|n| u32::try_from(n).ok());
                Edit::SetHeadcount { event, slot, sex, age_band, people }
            }
            Question::SheetOdd { .. } | Question::LateMarks { .. } => {
                return Some(Edit::Settle { document, asked, decision, answer: None, reason });
            }
            Question::ReadAgain { dossier, section, paragraph } => {
                Edit::ReadAgain { dossier, section, anchor: paragraph.anchor }
            }
            Question::SectionBegunApart { dossier, section, texts } => {
                Edit::SettleSection { dossier, section, text: texts.concat() }
            }
            Question::LineRemovedAndChanged { dossier, line, .. } => {
                Edit::SetLineState { dossier, line, keep: self.world.rng.chance(50) }
            }
            Question::RowRemovedAndChanged { document, row, .. } => {
                Edit::KeepRow { document, row, keep: self.world.rng.chance(50) }
            }
            Question::PossibleDuplicate { person, other, .. } if self.world.rng.chance(50) => {
                Edit::LinkSame { person, same_as: other }
            }
            Question::PossibleDuplicate { person, other, .. } => Edit::NotSame { person, other },
        };
        let plainly = self.world.rng.chance(30);
        Some(if plainly {
            answer
        } else {
            Edit::Settle { document, asked, decision, answer: Some(Box::new(answer)), reason }
        })
    }

    fn take_back(&mut self, phone: usize) -> Option<Edit> {
        let View::Questions(view) = self.world.phones[phone].engine().view(&ViewKey::Questions) else { return None };
        let settled = self.world.rng.pick(&view.settled)?.clone();
        let decision = self.world.row_id();
        Some(Edit::Reopen { document: settled.document, of: settled.decision.id, decision, reason: String::new() })
    }

    fn edit_of_person(&mut self, phone: usize, wish: Wish) -> Option<Edit> {
        let person = self.some_document(phone, &[Kind::Person])?;
        let row = self.world.row_id();
        Some(match wish {
            Wish::Number if self.world.rng.chance(30) => {
                Edit::AddEmail { person, row, address: "zahra@example.org".to_owned() }
            }
            Wish::Number => Edit::AddPhone { person, row, phone: self.number() },
            Wish::Link => Edit::LinkSame { person, same_as: self.some_document(phone, &[Kind::Person])? },
            _ => Edit::SetField { document: person, row: None, field: Field::SameAs, value: Value::Empty },
        })
    }

    fn begin_document(&mut self, wish: Wish) -> Edit {
        let id = self.world.document_id();
        let fields = BTreeMap::from([(Field::Title, Value::from(&*self.name()))]);
        match wish {
            Wish::Association => Edit::CreateAssociation { association: id, fields },
            Wish::Event => {
                let slots = ["09:00", "14:00"].map(|starts| NewSlot {
                    slot: self.world.row_id(),
                    day: "2026-03-01".to_owned(),
                    starts: starts.to_owned(),
                    ends: "18:00".to_owned(),
                });
                Edit::CreateEvent { event: id, fields, slots: slots.into() }
            }
            Wish::Dossier => {
                let sections = ["motivation", "context"].map(str::to_owned).into();
                Edit::CreateDossier { dossier: id, fields, sections }
            }
            Wish::Call => {
                let section = |key: &str| CallSection {
                    key: key.to_owned(),
                    title: key.to_owned(),
                    chars_max: 2_000,
                    ..CallSection::default()
                };
                Edit::CreateCall { call: id, fields, sections: vec![section("motivation"), section("context")] }
            }
            _ => Edit::CreatePerson { person: id, new: self.new_person(), notice_read: true },
        }
    }
}
