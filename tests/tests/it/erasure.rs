//! Forgetting: that it reaches every byte and every phone, that nothing brings anybody back, and that nothing else is lost by it.

use std::collections::BTreeMap;

use serde_json::json;
use server::{
    answer, erasure,
    storage::{access::Given, journal, projections},
};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value},
    history::{self, Did},
    id::{DocumentId, RowId},
    mark::{How, Status},
    names,
    permission::Capability,
    phone::Phone,
    record::{Record, Side},
    role::Role,
};
use tests::{
    server::TestServer,
    world::{Fall, Medium, Mishap, World},
};

const STAFF: usize = 0;
const AMINA: usize = 1;
const BADR: usize = 2;

/// A house with an event, somebody on its roster, and a dossier in which they are named.
struct House {
    world: World,
    event: DocumentId,
    slot: RowId,
    zahra: DocumentId,
    dossier: DocumentId,
}

const GIVEN: &str = "Zahraoua";
const FAMILY: &str = "Aït-Ouqqaïd";
const NAME_AR: &str = "زهراوة أيت وقايد";
const PHONE: &str = "+212612345678";
const EMAIL: &str = "zahraoua.ouqqaid@example.org";

impl House {
    /// Staff, and two phones that hold everything.
    fn open(medium: Medium) -> Self {
        let mut world = World::new(11, medium);
        world.join("Salma", Role::Staff);
        world.join("Amina", Role::Coordinator);
        world.join("Badr", Role::Coordinator);
        let (event, zahra, dossier) = (world.document_id(), world.document_id(), world.document_id());
        let other = world.document_id();
        let (slot, row) = (world.row_id(), world.row_id());
        let day = NewSlot { slot, day: "2026-09-20".into(), starts: "09:00".into(), ends: "12:00".into() };
        let titled = |title: &str| BTreeMap::from([(Field::Title, Value::from(title))]);
        let named = |given: &str, family: &str, name_ar: &str| NewPerson {
            given: given.into(),
            family: family.into(),
            name_ar: name_ar.into(),
            sex: "f".into(),
            ..NewPerson::default()
        };
        let number = Phone { raw: "06 12 34 56 78".into(), country: Some("MA".into()), e164: Some(PHONE.into()) };
        for edit in [
            Edit::CreatePerson { person: other, new: named("Fadma", "Idrissi", "فاطمة"), notice_read: true },
            Edit::CreatePerson { person: zahra, new: named(GIVEN, FAMILY, NAME_AR), notice_read: true },
            Edit::AddPhone { person: zahra, row, phone: number },
            Edit::AddEmail { person: zahra, row, address: EMAIL.into() },
            Edit::CreateEvent { event, fields: titled("Atelier"), slots: vec![day] },
            Edit::AddToRoster { event, person: zahra },
            Edit::AddToRoster { event, person: other },
            Edit::CreateDossier { dossier, fields: titled("Puits de Tagmout"), sections: vec!["needs".into()] },
        ] {
            world.edit(STAFF, edit).unwrap();
        }
        world.settle();
        Self { world, event, slot, zahra, dossier }
    }

    fn mark(&mut self, phone: usize) {
        let (event, slot, person, mark) = (self.event, self.slot, self.zahra, self.world.row_id());
        let check_in =
            Edit::CheckIn { event, slot, person, mark, status: Status::Present, minutes: None, how: How::Tap };
        self.world.edit(phone, check_in).unwrap();
    }

    fn write(&mut self, phone: usize, after: &str) {
        let before = self.section(phone);
        let document = self.world.phones[phone].engine().document(self.dossier).unwrap();
        let version = shared::edit::version_text(&document.heads());
        let (dossier, section) = (self.dossier, "needs".to_owned());
        self.world.edit(phone, Edit::EditSection { dossier, section, version, before, after: after.into() }).unwrap();
    }

    fn set_person(&mut self, phone: usize, field: Field, value: &str) {
        let edit = Edit::SetField { document: self.zahra, row: None, field, value: Value::from(value) };
        self.world.edit(phone, edit).unwrap();
    }

    fn section(&mut self, phone: usize) -> String {
        match self.world.phones[phone].engine().record(self.dossier) {
            Some(Record::Dossier(dossier)) => dossier.sections["needs"].text.clone(),
            other => panic!("no dossier: {other:?}"),
        }
    }

    fn knows(&self, phone: usize) -> bool {
        self.world.phones[phone].replica.as_ref().unwrap().record(self.zahra).is_some()
    }

    /// Everyone agrees, the file is in order, and nobody knows her.
    fn check_forgotten(&mut self) {
        self.world.settle();
        self.world.audit_healed();
        let digests: Vec<u128> = (1..3).map(|phone| self.world.phones[phone].engine().digest()).collect();
        assert_eq!(digests[0], digests[1], "both coordinators hold the same");
        let records = self.world.server.records();
        for id in [self.zahra, DocumentId::contact_of(self.zahra)] {
            assert!(!records.contains_key(&id), "the server knows her");
        }
        assert_eq!(self.world.server.set_aside(), [], "nothing of her waits for staff");
        for phone in 0..self.world.phones.len() {
            assert!(!self.knows(phone), "phone {phone} knows her");
        }
    }
}

/// Every way in which a word may stand in a file: as it is, folded for search, and as Automerge's deflate would leave a short one.
fn spellings(words: &[&str]) -> Vec<Vec<u8>> {
    let mut spellings: Vec<Vec<u8>> = Vec::new();
    for word in words {
        spellings.push(word.as_bytes().to_vec());
        spellings.push(word.to_lowercase().into_bytes());
        spellings.extend(names::fold_search(word).split(' ').map(|word| word.as_bytes().to_vec()));
    }
    spellings.retain(|spelling| spelling.len() > 3);
    spellings
}

fn find(bytes: &[u8], spelling: &[u8]) -> bool {
    bytes.windows(spelling.len()).any(|window| window == spelling)
}

fn check_files(world: &World, words: &[&str], expected: bool) {
    let files = world.server.files();
    for spelling in spellings(words) {
        let found: Vec<&str> =
            files.iter().filter(|(_, bytes)| find(bytes, &spelling)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(!found.is_empty(), expected, "{:?} in {found:?}", String::from_utf8_lossy(&spelling));
    }
}

#[test]
fn a_person_who_is_erased_leaves_no_byte_in_the_file_or_on_a_phone() {
    let mut house = House::open(Medium::File);
    house.mark(AMINA);
    house.set_person(BADR, Field::Commune, "Tagmoutine");
    house.world.settle();
    let words = [GIVEN, FAMILY, NAME_AR, EMAIL, PHONE, "Tagmoutine"];
    check_files(&house.world, &[EMAIL, PHONE], true);
    house.world.erase_person(STAFF, house.zahra).unwrap();
    check_files(&house.world, &words, false);
    house.check_forgotten();
    check_files(&house.world, &words, false);
    for phone in &house.world.phones {
        for (key, value) in &phone.disk.values {
            for spelling in spellings(&words) {
                let word = String::from_utf8_lossy(&spelling).into_owned();
                assert!(!find(value, &spelling), "{word:?} on a phone, in {key}");
            }
        }
    }
    // The sheet keeps a number without a name, and its counts.
    let Record::Event(event) = &house.world.server.records()[&house.event] else { panic!("no event") };
    assert!(event.roster.contains_key(&house.zahra));
    assert_eq!(event.marks.len(), 1);
    let found = house.world.server.store().read_blocking(|db| projections::search(db, GIVEN, 10)).unwrap();
    assert!(found.is_empty(), "{found:?}");
    let lines = house.world.server.store().read_blocking(|db| journal::lines(db, &journal::Wanted::default())).unwrap();
    assert_eq!(lines[0].action, "person_erased");
}

#[test]
fn the_plan_says_first_what_the_law_makes_us_keep_and_holds_only_while_it_is_true() {
    let mut house = House::open(Medium::Memory);
    let plan = |house: &House| {
        let (person, now_ms) = (house.zahra, house.world.now_ms);
        house.world.server.store().read_blocking(move |db| erasure::plan_person(db, person, now_ms)).unwrap()
    };
    let before = plan(&house);
    assert_eq!((before.kept.len(), before.others.len()), (0, 1), "expected, and nothing said of her yet");
    house.mark(AMINA);
    house.world.settle();
    let after = plan(&house);
    assert_eq!(after.kept.len(), 1);
    assert_eq!(after.kept[0].keep_until, "2036-09-20");
    assert_eq!((after.documents, after.phones, after.emails), (2, 1, 1));
    assert_ne!(before.plan, after.plan);
    let (person, now_ms) = (house.zahra, house.world.now_ms);
    let late = house.world.server.store().write_blocking(move |tx, ingest| {
        erasure::erase_person(tx, ingest, person, &before.plan, journal::Actor::default(), now_ms)
    });
    assert!(matches!(late, Err(erasure::Refusal::PlanChanged)), "{late:?}");
    assert!(house.world.server.records().contains_key(&house.zahra));
}

#[test]
fn people_who_were_joined_are_erased_together() {
    let mut house = House::open(Medium::Memory);
    let twin = house.world.document_id();
    let new = NewPerson { given: "Zahra".into(), family: "Ouqaid".into(), ..NewPerson::default() };
    house.world.edit(STAFF, Edit::CreatePerson { person: twin, new, notice_read: true }).unwrap();
    house.world.edit(STAFF, Edit::LinkSame { person: twin, same_as: house.zahra }).unwrap();
    house.world.settle();
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.check_forgotten();
    assert!(!house.world.server.records().contains_key(&twin));
}

#[test]
fn a_late_phone_forgets_what_it_had_not_sent() {
    let mut house = House::open(Medium::Memory);
    house.world.phones[AMINA].online = false;
    house.world.phones[BADR].online = false;
    house.set_person(AMINA, Field::Commune, "Tata");
    house.mark(AMINA);
    let row = house.world.row_id();
    let edit = Edit::AddEmail { person: house.zahra, row, address: "zahra@example.org".into() };
    house.world.edit(AMINA, edit).unwrap();
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.world.settle();
    house.world.phones[AMINA].online = true;
    house.world.phones[BADR].online = true;
    house.check_forgotten();
    // What she had done stays counted.
    let Record::Event(event) = &house.world.server.records()[&house.event] else { panic!("no event") };
    assert_eq!(event.marks.len(), 1);
    assert!(house.world.phones[AMINA].engine().set_aside().is_empty());
}

#[test]
fn a_phone_that_was_away_too_long_to_be_told_is_told_by_the_comparison() {
    let mut house = House::open(Medium::Memory);
    house.world.phones[AMINA].online = false;
    house.world.erase_person(STAFF, house.zahra).unwrap();
    let much_later = house.world.now_ms + 1;
    house
        .world
        .server
        .store()
        .write_blocking(move |tx, _| server::storage::erasures::end_farewells(tx, much_later))
        .unwrap();
    house.world.phones[AMINA].online = true;
    house.check_forgotten();
}

#[test]
fn a_restored_phone_does_not_bring_her_back() {
    let mut house = House::open(Medium::Memory);
    house.set_person(AMINA, Field::Commune, "Tata");
    let disk = house.world.phones[AMINA].disk.clone();
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.world.settle();
    house.world.restore_phone(AMINA, disk);
    assert!(house.knows(AMINA));
    house.check_forgotten();
}

#[test]
fn an_erasure_whose_reply_is_lost_or_that_falls_half_way_is_done_at_the_next_exchange() {
    for mishap in [Mishap::ReplyLost, Mishap::ArrivesTwice, Mishap::PhoneFalls] {
        let mut house = House::open(Medium::Memory);
        house.set_person(AMINA, Field::Commune, "Tata");
        house.world.erase_person(STAFF, house.zahra).unwrap();
        house.world.mishaps.insert(AMINA, mishap);
        house.world.exchange(AMINA);
        house.world.wake(AMINA);
        house.check_forgotten();
    }
    let mut house = House::open(Medium::Memory);
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.world.phones[AMINA].fall = Some(Fall::BeforeStore);
    house.world.exchange(AMINA);
    house.world.wake(AMINA);
    house.check_forgotten();
}

#[test]
fn a_restored_server_forgets_again_once_it_has_the_list() {
    let mut house = House::open(Medium::File);
    let copy = house.world.server.copy();
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.world.phones[BADR].online = false;
    house.world.settle();
    let list = house.world.erasure_list();
    house.world.restore_server(&copy);
    assert!(house.world.server.records().contains_key(&house.zahra), "the copy is older");
    assert_eq!(house.world.take_erasure_list(list), 2);
    check_files(&house.world, &[GIVEN, FAMILY, NAME_AR, EMAIL, PHONE], false);
    house.world.phones[BADR].online = true;
    house.check_forgotten();
}

#[test]
fn verify_finds_what_an_erasure_left_behind() {
    let mut house = House::open(Medium::Memory);
    let (zahra, now_ms) = (house.zahra, house.world.now_ms);
    house.write(AMINA, "Un puits.");
    house.world.settle();
    house.world.rewrite(STAFF, house.dossier).unwrap();
    assert_eq!(house.world.server.problems(), Vec::<String>::new());
    house
        .world
        .server
        .store()
        .write_blocking(move |tx, _| {
            let standing = server::storage::documents::standing(tx, zahra)?.unwrap();
            server::storage::erasures::erase(tx, zahra, now_ms)?;
            server::storage::documents::put_snapshot(tx, zahra, standing.last_arrival, b"left behind")
        })
        .unwrap();
    let problems = house.world.server.problems().join("\n");
    assert!(problems.contains("erasure.left_behind"), "{problems}");
}

#[test]
fn a_document_that_is_written_anew_keeps_what_it_says_and_no_byte_of_what_it_said() {
    let mut house = House::open(Medium::File);
    house.write(AMINA, "Vu Zahraoua Ouqqaïd au village.\nLe puits est à sec.");
    let line = house.world.row_id();
    let dossier = house.dossier;
    house.world.edit(BADR, Edit::AddLine { dossier, line, side: Side::Expense, label: "Pompe".into() }).unwrap();
    house.world.settle();
    house.write(STAFF, "Vu une habitante au village.\nLe puits est à sec.");
    house.world.settle();
    let before = house.world.server.records()[&house.dossier].clone();
    house.world.erase_person(STAFF, house.zahra).unwrap();
    house.world.rewrite(STAFF, house.dossier).unwrap();
    let words = ["Zahraoua", "Ouqqaïd"];
    check_files(&house.world, &words, false);
    assert_eq!(house.world.server.records()[&house.dossier], before, "it says what it said");
    house.check_forgotten();
    check_files(&house.world, &words, false);
    for phone in [STAFF, AMINA, BADR] {
        let document = house.world.phones[phone].engine().document(house.dossier).unwrap();
        for spelling in spellings(&words) {
            assert!(!find(&document.save(), &spelling));
        }
        let (history, older) = history::history(&document, 10);
        let device = house.world.phones[STAFF].identity.device;
        assert_eq!((history.len(), older, history[0].by), (1, 0, Some(device)));
        assert_eq!(history[0].did, [Did::Rewritten]);
        for (key, value) in &house.world.phones[phone].disk.values {
            assert!(!find(value, b"Zahraoua"), "on phone {phone}, in {key}");
        }
    }
}

#[test]
fn what_was_meant_for_the_document_before_is_said_again_on_top_of_the_new_one() {
    let mut house = House::open(Medium::Memory);
    house.write(STAFF, "Vu Zahra au village.\nLe puits est à sec.");
    house.world.settle();
    house.world.phones[AMINA].online = false;
    let dossier = house.dossier;
    house.write(AMINA, "Le 3, vu Zahra au village.\nLe puits est à sec. Il faut creuser.");
    let line = house.world.row_id();
    let edit = Edit::AddLine { dossier, line, side: Side::Resource, label: "Apport".into() };
    house.world.edit(AMINA, edit).unwrap();
    let edit = Edit::SetField { document: dossier, row: None, field: Field::Territory, value: "Tata".into() };
    house.world.edit(AMINA, edit).unwrap();
    house.write(STAFF, "Vu une habitante au village.\nLe puits est à sec.");
    house.world.sync(STAFF);
    house.world.rewrite(STAFF, dossier).unwrap();
    house.world.settle();
    house.world.phones[AMINA].online = true;
    house.world.settle();
    house.world.audit_healed();
    for phone in [STAFF, AMINA, BADR] {
        let text = house.section(phone);
        assert_eq!(text, "Le 3, vu une habitante au village.\nLe puits est à sec. Il faut creuser.", "phone {phone}");
        let Some(Record::Dossier(record)) = house.world.phones[phone].engine().record(dossier) else { panic!() };
        assert_eq!(record.fields.text(Field::Territory), "Tata");
        assert_eq!(record.lines.len(), 1);
        assert_eq!(record.lines[0].fields.text(Field::Label), "Apport");
        let document = house.world.phones[phone].engine().document(dossier).unwrap();
        assert!(!find(&document.save(), b"Zahra"));
    }
    let amina = house.world.phones[AMINA].identity.device;
    let document = house.world.server.documents()[&dossier].clone();
    assert_eq!(history::history(&document, 10).0[0].by, Some(amina), "said by her who meant it");
}

#[test]
fn what_the_server_had_before_it_wrote_a_document_anew_is_not_said_twice() {
    let mut house = House::open(Medium::Memory);
    house.write(STAFF, "Le puits.");
    house.world.settle();
    house.write(AMINA, "Le puits est à sec.");
    // It arrived, and she never heard.
    house.world.mishaps.insert(AMINA, Mishap::ReplyLost);
    house.world.exchange(AMINA);
    house.world.sync(STAFF);
    house.world.rewrite(STAFF, house.dossier).unwrap();
    house.world.settle();
    house.world.audit_healed();
    assert_eq!(house.section(BADR), "Le puits est à sec.");
    assert_eq!(house.section(AMINA), "Le puits est à sec.");
}

#[test]
fn a_rewriting_is_given_back_to_a_restored_server_by_staff() {
    let mut house = House::open(Medium::Memory);
    house.write(BADR, "Vu Zahra.");
    house.world.settle();
    let copy = house.world.server.copy();
    house.write(BADR, "Vu Zahra deux fois.");
    house.world.settle();
    house.world.phones[AMINA].online = false;
    house.write(STAFF, "Vu une habitante deux fois.");
    house.world.sync(STAFF);
    house.world.rewrite(STAFF, house.dossier).unwrap();
    house.world.settle();
    house.world.restore_server(&copy);
    // A coordinator comes first, then one who was away, then staff.
    house.world.sync(BADR);
    house.world.phones[AMINA].online = true;
    house.world.sync(AMINA);
    house.world.settle();
    house.world.audit_healed();
    for phone in [STAFF, AMINA, BADR] {
        assert_eq!(house.section(phone), "Vu une habitante deux fois.");
        let document = house.world.phones[phone].engine().document(house.dossier).unwrap();
        assert!(!find(&document.save(), b"Zahra"));
    }
}

#[test]
fn a_server_that_is_restored_twice_from_one_copy_is_given_back_a_rewriting_twice() {
    let mut house = House::open(Medium::Memory);
    house.write(BADR, "Vu Zahra.");
    house.world.settle();
    let copy = house.world.server.copy();
    house.write(STAFF, "Vu une habitante.");
    house.world.sync(STAFF);
    house.world.rewrite(STAFF, house.dossier).unwrap();
    house.write(STAFF, "Vu une habitante deux fois.");
    house.world.settle();
    for _ in 0..2 {
        house.world.restore_server(&copy);
        // The phones have known a later life of this server: the copy, which has not, believes them.
        house.world.settle();
        house.world.audit_healed();
        assert_eq!(house.section(BADR), "Vu une habitante deux fois.");
    }
}

#[test]
fn a_number_reaches_a_contact_that_was_written_anew_from_who_does_not_hold_it() {
    let mut house = House::open(Medium::Memory);
    let door = house.world.join("Porte", Role::Volunteer);
    house.world.decide(STAFF, door, house.event, Given::Yes);
    house.world.settle();
    let contact = DocumentId::contact_of(house.zahra);
    house.world.rewrite(STAFF, contact).unwrap();
    let number = Phone { raw: "0712".into(), country: None, e164: None };
    let (person, row) = (house.zahra, house.world.row_id());
    house.world.edit(door, Edit::AddPhone { person, row, phone: number }).unwrap();
    house.world.settle();
    house.world.audit_healed();
    assert_eq!(house.world.server.set_aside(), []);
    let Some(Record::Contact(record)) = house.world.phones[STAFF].engine().record(contact) else { panic!() };
    assert_eq!(record.phones.iter().map(|phone| &*phone.raw).collect::<Vec<_>>(), ["06 12 34 56 78", "0712"]);
}

#[test]
fn what_somebody_wrote_into_an_older_writing_waits_for_staff_once_they_hold_it_no_more() {
    let mut house = House::open(Medium::Memory);
    house.world.phones[AMINA].online = false;
    let number = Phone { raw: "0712".into(), country: None, e164: None };
    let (person, row) = (house.zahra, house.world.row_id());
    house.world.edit(AMINA, Edit::AddPhone { person, row, phone: number }).unwrap();
    house.world.set_role(AMINA, Role::Volunteer);
    house.world.rewrite(STAFF, DocumentId::contact_of(house.zahra)).unwrap();
    house.world.phones[AMINA].online = true;
    house.world.settle();
    house.world.audit_healed();
    assert_eq!(house.world.server.set_aside(), [("scope.outside".to_owned(), 1)]);
}

#[test]
fn a_sheet_and_a_document_with_open_questions_are_not_written_anew() {
    let mut house = House::open(Medium::Memory);
    assert!(matches!(house.world.rewrite(STAFF, house.event), Err(erasure::Refusal::Kind)));
    house.world.phones[AMINA].online = false;
    for (phone, value) in [(AMINA, "Tata"), (BADR, "Tiznit")] {
        let edit = Edit::SetField { document: house.dossier, row: None, field: Field::Territory, value: value.into() };
        house.world.edit(phone, edit).unwrap();
    }
    house.world.settle();
    house.world.phones[AMINA].online = true;
    house.world.settle();
    assert!(matches!(house.world.rewrite(STAFF, house.dossier), Err(erasure::Refusal::QuestionsOpen)));
}

#[test]
fn retention_shows_what_is_due_and_erases_it_in_batches() {
    const MONTH_MS: u64 = 31 * 24 * 60 * 60 * 1000;
    let mut house = House::open(Medium::Memory);
    house.mark(AMINA);
    for n in 0..erasure::BATCH_MAX + 5 {
        let person = house.world.document_id();
        let new = NewPerson { given: format!("Contact {n}"), ..NewPerson::default() };
        house.world.edit(STAFF, Edit::CreatePerson { person, new, notice_read: true }).unwrap();
    }
    house.world.settle();
    let plan = |house: &House| {
        let now_ms = house.world.now_ms;
        house.world.server.store().read_blocking(move |db| erasure::plan_retention(db, now_ms)).unwrap()
    };
    assert_eq!(plan(&house).people.count, 0);
    house.world.now_ms += 50 * MONTH_MS;
    let due = plan(&house);
    // Fadma came to nothing; Zahra is on a sheet that must be kept.
    assert_eq!((due.people.count, due.dossiers.count, due.events.count), (erasure::BATCH_MAX + 6, 0, 0));
    let run = |house: &House, plan: String| {
        let now_ms = house.world.now_ms;
        house.world.server.store().write_blocking(move |tx, ingest| {
            erasure::run_retention(tx, ingest, &plan, journal::Actor::default(), now_ms)
        })
    };
    assert!(matches!(run(&house, "another".to_owned()), Err(erasure::Refusal::PlanChanged)));
    let first = run(&house, due.plan).unwrap();
    assert_eq!((first.erased, first.left), (erasure::BATCH_MAX, 6));
    let second = run(&house, first.plan).unwrap();
    assert_eq!((second.erased, second.left), (6, 0));
    assert_eq!(plan(&house).people.count, 0);
    house.world.settle();
    house.world.audit_healed();
    assert!(house.knows(AMINA));
    house.world.now_ms += 100 * MONTH_MS;
    let due = plan(&house);
    assert_eq!((due.people.count, due.events.count), (1, 1));
    assert_eq!(run(&house, due.plan).unwrap().erased, 2);
    house.check_forgotten();
}

#[test]
fn the_answer_holds_all_that_is_known_of_somebody_and_who_read_it() {
    let mut house = House::open(Medium::Memory);
    house.mark(AMINA);
    house.world.settle();
    house.world.phones[AMINA].online = false;
    house.set_person(AMINA, Field::Commune, "<b>Tata</b>");
    house.set_person(BADR, Field::Commune, "Tiznit");
    house.world.settle();
    house.world.phones[AMINA].online = true;
    house.world.settle();
    let (person, now_ms) = (house.zahra, house.world.now_ms);
    let account = house.world.phones[STAFF].identity.account;
    house
        .world
        .server
        .store()
        .write_blocking(move |tx, _| {
            let by = journal::Actor { account: Some(account), device: None };
            let action = journal::Action::ContactRead;
            let detail = serde_json::Value::Null;
            journal::note(tx, &journal::Entry { at_ms: now_ms, by, action, subject: person.to_string(), detail })
        })
        .unwrap();
    let found = house.world.server.store().read_blocking(move |db| answer::gather(db, person, now_ms)).unwrap();
    let record = &found.records[0];
    assert_eq!((record.phones.len(), record.emails.as_slice()), (1, &[EMAIL.to_owned()][..]));
    assert_eq!(record.events[0].marks[0].by.name, "Amina");
    let commune = record.fields.iter().find(|field| field.field == Field::Commune).unwrap();
    assert_eq!(commune.apart.len(), 2, "every value, where people disagree");
    assert_eq!(found.reads[0].name, "Salma");
    assert_eq!(found.holders.iter().map(|holder| holder.name.as_str()).collect::<Vec<_>>(), ["Amina", "Badr", "Salma"]);
    let page = answer::html(&found);
    for word in
        [GIVEN, FAMILY, NAME_AR, EMAIL, PHONE, "Atelier", "Coordonnées lues", "&lt;b&gt;Tata&lt;/b&gt;", "dir=\"auto\""]
    {
        assert!(page.contains(word), "{word} in the page");
    }
    assert!(!page.contains("<b>"), "what people typed is text");
    assert!(!page.contains("http"), "the page asks nothing of anybody");
}

#[test]
fn these_addresses_are_for_those_whom_the_table_lets_answer_people_and_run_the_retention() {
    let server = TestServer::start();
    let id = "0192f0c0-0000-7000-8000-000000000001";
    for role in Role::ALL {
        let mut client = server.enrolled(role, role.as_str());
        let may = |capability| role.may(capability);
        let (answers, retains) = (may(Capability::AnswerPeople), may(Capability::RunRetention));
        for path in [format!("/api/people/{id}/erasure"), format!("/api/documents/{id}/rewriting")] {
            assert_eq!(client.get(&path).status, if answers { 404 } else { 403 }, "{role:?} {path}");
            let done = client.post(&path, &json!({ "plan": "x" }));
            assert_eq!(done.status, if answers { 404 } else { 403 }, "{role:?} {path}");
        }
        let answered = client.post(&format!("/api/people/{id}/answer"), &json!({ "form": "html" }));
        assert_eq!(answered.status, if answers { 404 } else { 403 }, "{role:?}");
        assert_eq!(client.get("/api/retention").status, if retains { 200 } else { 403 }, "{role:?}");
        let run = client.post("/api/retention", &json!({ "plan": "x" }));
        assert_eq!(run.status, if retains { 409 } else { 403 }, "{role:?}");
    }
    for path in [format!("/api/people/{id}/erasure"), "/api/retention".to_owned()] {
        assert_eq!(server.stranger().get(&path).status, 401);
    }
}
