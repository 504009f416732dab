//! Twins (M7): who is proposed as one, with what reasons; that joining, parting and telling apart hold everywhere at once; lists of people and
//! associations that are taken and taken back.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};
use server::{
    hand::Hand,
    storage::{
        self, Place, StoreError,
        access::{self, Decision, Given},
        twins,
    },
    twins::Twins,
    verify,
};
use shared::{
    edit::{Edit, Entry, NewPerson, NewSlot},
    field::{Field, Value},
    id::{AccountId, DeviceId, DocumentId},
    mark::{How, Status},
    phone::Phone,
    question::{self, Question},
    record::Record,
    replica::{Identity, Replica, Sought},
    role::Role,
    twin::{self, Pair},
};
use tests::{
    server::{Client, Plan, START_MS, TestServer},
    world::Rng,
};

use crate::rules::row;

fn id(kind: u8, n: usize) -> DocumentId {
    let mut bytes = [kind; 16];
    bytes[14..].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    DocumentId(bytes)
}

fn person(n: usize) -> DocumentId {
    id(1, n)
}

fn association(n: usize) -> DocumentId {
    id(2, n)
}

/// A server with an office that knows people.
struct House {
    server: TestServer,
    hand: Hand,
    staff: Client,
}

impl House {
    fn open() -> Self {
        Self::with(Plan::default())
    }

    fn with(plan: Plan) -> Self {
        let server = TestServer::with(plan);
        let hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let staff = server.enrolled(Role::Staff, "Karima");
        Self { server, hand, staff }
    }

    fn edit(&mut self, edit: &Edit) {
        self.hand.edit(edit, START_MS).unwrap();
    }

    fn keep(&mut self) {
        self.hand.keep(START_MS).unwrap();
    }

    fn add(&mut self, n: usize, given: &str, family: &str, of: Option<usize>, commune: &str, phone: &str) {
        let new = NewPerson {
            given: given.into(),
            family: family.into(),
            association: of.map(association),
            commune: commune.into(),
            ..NewPerson::default()
        };
        self.edit(&Edit::CreatePerson { person: person(n), new, notice_read: true });
        self.phone(n, phone);
    }

    fn phone(&mut self, n: usize, phone: &str) {
        if !phone.is_empty() {
            let phone = Phone { raw: phone.into(), country: Some("FR".into()), e164: Some(phone.into()) };
            self.edit(&Edit::AddPhone { person: person(n), row: row(u8::try_from(n % 250).unwrap()), phone });
        }
    }

    fn add_association(&mut self, n: usize, fields: &[(Field, &str)]) {
        let fields = fields.iter().map(|(field, text)| (*field, Value::from(*text))).collect();
        self.edit(&Edit::CreateAssociation { association: association(n), fields });
    }

    fn link(&mut self, one: DocumentId, same_as: DocumentId) {
        self.edit(&Edit::LinkSame { person: one, same_as });
    }

    fn part(&mut self, n: usize) {
        let field = Field::SameAs;
        self.edit(&Edit::SetField { document: person(n), row: None, field, value: Value::Empty });
    }

    fn list(&mut self, ask: &str) -> Json {
        let reply = self.staff.get(&format!("/api/v1/duplicates{ask}"));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// Each pair of a list with its certainty and reasons.
    fn told(&mut self, ask: &str) -> Vec<String> {
        self.keep();
        told(&self.list(ask))
    }

    fn why(&mut self, one: DocumentId, other: DocumentId) -> String {
        self.keep();
        let reply = self.staff.get(&format!("/api/v1/duplicates/why?one={one}&other={other}"));
        assert_eq!(reply.status, 200, "{}", reply.json());
        let why = reply.json();
        format!("{} {} {}", why["certainty"], why["reasons"], why["against"]).replace('"', "")
    }
}

fn told(list: &Json) -> Vec<String> {
    let items = list["items"].as_array().expect("items").iter();
    let line = |pair: &Json| {
        let name = |side: &str| pair[side]["name"].as_str().unwrap_or_default().to_owned();
        let mut names = [name("one"), name("other")];
        names.sort();
        let reasons: Vec<&str> = pair["reasons"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        format!("{} | {}: {} {}", names[0], names[1], pair["certainty"].as_str().unwrap(), reasons.join(" "))
    };
    items.map(line).collect()
}

#[test]
fn people_are_proposed_with_reasons_the_surest_first() {
    let mut house = House::open();
    house.add_association(1, &[(Field::Title, "Tiwizi Vaucluse")]);
    house.add(1, "Mohamed", "Amrani", Some(1), "Avignon", "+33612345678");
    house.add(2, "محمد", "عمراني", None, "", "+33612345678");
    house.add(3, "Mohammed", "El Amrani", Some(1), "", "");
    house.add(4, "M'hamed", "Amrani", Some(1), "Avignon", "+33612345678");
    house.add(5, "Aïcha", "Benali", None, "Tiznit", "");
    house.add(6, "Aicha", "BENALI", None, "Agadir", "");
    house.add(7, "Khadija", "Oulhaj", None, "Tiznit", "");
    assert_eq!(
        house.told(""),
        [
            "Mohamed Amrani | محمد عمراني: high name_across_scripts same_phone",
            "Mohamed Amrani | Mohammed El Amrani: middle name_sounds same_association",
            "Mohammed El Amrani | محمد عمراني: low name_across_scripts",
            "Aicha BENALI | Aïcha Benali: low same_name",
        ]
    );
    assert_eq!(house.told("?certainty=middle").len(), 2);
    assert_eq!(house.told("?kind=association"), [""; 0]);
    // Page by page it is the same list.
    let (mut pages, mut after, mut all) = (0, String::new(), Vec::new());
    loop {
        let page = house.list(&format!("?limit=1{after}"));
        assert_eq!(page["total"], 4);
        all.extend(told(&page));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((pages, all), (4, house.told("")));
    assert_eq!(house.staff.get("/api/v1/duplicates?after=x").refusal().0, 400);

    // What a phone finds in the same records is the same.
    let records = records(&house);
    let phone: BTreeSet<String> =
        question::duplicates(records.iter().map(|(id, record)| (*id, record))).iter().map(Question::id).collect();
    let server: BTreeSet<String> = house.list("")["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            format!(
                "same/{}/{}",
                pair["one"]["document"].as_str().unwrap(),
                pair["other"]["document"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(phone, server);

    // Why, and why not.
    assert_eq!(house.why(person(1), person(2)), "high [name_across_scripts,same_phone] []");
    assert_eq!(
        house.why(person(1), person(4)),
        "null [same_phone,same_association,same_commune] [names_differ]",
        "brothers at one phone"
    );
    assert_eq!(house.why(person(5), person(6)), "low [same_name] [commune_differs]");
    let reply = house.staff.get(&format!("/api/v1/duplicates/why?one={}&other={}", person(1), association(1)));
    assert_eq!(reply.status, 404);
}

fn records(house: &House) -> BTreeMap<DocumentId, Record> {
    let read = house.server.state.store.read_blocking(|db| {
        let mut records = BTreeMap::new();
        for (id, _) in storage::documents::all(db)? {
            records.extend(server::erasure::record(db, id)?.map(|record| (id, record)));
        }
        Ok::<_, StoreError>(records)
    });
    read.unwrap()
}

#[test]
fn what_a_human_said_holds_until_it_is_taken_back() {
    let mut house = House::open();
    for n in 1..=3 {
        house.add(n, "Zahra", "Amrani", None, ["Arles", "Arles", "Nîmes"][n - 1], "");
    }
    assert_eq!(house.told("").len(), 3);
    // Joined: two are one, and the third is asked about once.
    house.link(person(2), person(1));
    assert_eq!(house.told("").len(), 1);
    assert_eq!(house.why(person(1), person(2)), "null [same_name,same_commune] [joined]");
    // Told apart of whom they were joined to: of all of them.
    house.edit(&Edit::NotSame { person: person(3), other: person(1) });
    assert_eq!(house.told(""), [""; 0]);
    assert_eq!(house.why(person(3), person(1)), "null [same_name] [told_apart,commune_differs]");
    // Parted again: what was never told is asked again, what was told is not.
    house.part(2);
    assert_eq!(house.told("").len(), 2);
    // Joined by two people apart: each to the other.
    house.link(person(2), person(1));
    house.link(person(1), person(2));
    assert_eq!(house.told(""), [""; 0]);
}

#[test]
fn associations_are_one_by_their_numbers_or_by_title_and_town() {
    let mut house = House::open();
    let rna = |n: usize| ["W842000001", "W842000002"][n];
    house.add_association(
        1,
        &[(Field::Title, "Association Tiwizi Vaucluse"), (Field::RnaNumber, rna(0)), (Field::City, "Avignon")],
    );
    house.add_association(2, &[(Field::Title, "TIWIZI 84"), (Field::RnaNumber, rna(0))]);
    house.add_association(3, &[(Field::Title, "Tiwizi-Vaucluse"), (Field::City, "AVIGNON")]);
    house
        .add_association(4, &[(Field::Title, "Tiwizi Vaucluse"), (Field::RnaNumber, rna(1)), (Field::City, "Avignon")]);
    house.add_association(5, &[(Field::Title, "Amis de Tiznit"), (Field::NameAr, "جمعية تويزي فوكليز")]);
    assert_eq!(
        house.told("?kind=association"),
        [
            "Association Tiwizi Vaucluse | TIWIZI 84: high same_rna",
            "Association Tiwizi Vaucluse | Tiwizi-Vaucluse: middle same_name same_commune",
            "Tiwizi Vaucluse | Tiwizi-Vaucluse: middle same_name same_commune",
        ]
    );
    assert!(house.why(association(1), association(4)).ends_with("[rna_differs]"));
    house.link(association(2), association(1));
    house.edit(&Edit::NotSame { person: association(4), other: association(3) });
    house.link(association(3), association(1));
    // The fourth is neither the third nor, by its number, the first.
    assert_eq!(house.told("?kind=association"), [""; 0]);
    let field = Field::SameAssociation;
    house.edit(&Edit::SetField { document: association(2), row: None, field, value: Value::Empty });
    assert_eq!(house.told("?kind=association"), ["Association Tiwizi Vaucluse | TIWIZI 84: high same_rna"]);
}

#[test]
fn nobody_hears_of_people_whom_they_do_not_hold() {
    let mut house = House::open();
    for n in 1..=3 {
        house.add(n, "Zahra", "Amrani", None, "Arles", "");
    }
    let slots = vec![NewSlot { slot: row(1), day: "2026-04-01".into(), starts: "09:00".into(), ends: "12:30".into() }];
    let fields = [(Field::Title, Value::from("Atelier"))].into();
    house.edit(&Edit::CreateEvent { event: id(3, 1), fields, slots });
    for n in 1..=2 {
        house.edit(&Edit::AddToRoster { event: id(3, 1), person: person(n) });
    }
    house.keep();
    let mut amina = house.server.enrolled(Role::Coordinator, "Amina");
    let account: AccountId = amina.get("/api/session").json()["account"]["id"].as_str().unwrap().parse().unwrap();
    let decision = Decision { account, document: id(3, 1), given: Given::Yes, by: None, now_ms: START_MS };
    let store = &house.server.state.store;
    let narrow = move |tx: &rusqlite::Transaction<'_>| -> Result<usize, StoreError> {
        Ok(tx.execute("UPDATE account SET scope = 'assigned' WHERE id = ?", [account.0])?)
    };
    assert_eq!(store.write_blocking(move |tx, _| narrow(tx)).unwrap(), 1);
    store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap();
    let list = amina.get("/api/v1/duplicates").json();
    assert_eq!((list["total"].as_u64(), told(&list).len()), (Some(1), 1));
    let why =
        |amina: &mut Client, n| amina.get(&format!("/api/v1/duplicates/why?one={}&other={}", person(1), person(n)));
    assert_eq!(why(&mut amina, 2).status, 200);
    assert_eq!(why(&mut amina, 3).refusal().0, 404);
    assert_eq!(house.server.enrolled(Role::Volunteer, "Badr").get("/api/v1/duplicates").refusal().0, 403);
    assert_eq!(house.told("").len(), 3);
}

/// Whoever stands for somebody of an event is on the phones at its door, by however many links.
#[test]
fn a_chain_of_joins_is_held_to_its_end() {
    let mut house = House::open();
    for n in 1..=6 {
        house.add(n, "Zahra", "Amrani", None, "", "");
    }
    house.add_association(1, &[(Field::Title, "Tiwizi")]);
    let fields = [(Field::Title, Value::from("Atelier"))].into();
    house.edit(&Edit::CreateEvent { event: id(3, 1), fields, slots: Vec::new() });
    house.edit(&Edit::AddToRoster { event: id(3, 1), person: person(1) });
    for n in 1..=5 {
        house.link(person(n), person(n + 1));
    }
    let value = Value::from(association(1).to_string().as_str());
    house.edit(&Edit::SetField { document: person(6), row: None, field: Field::Association, value });
    house.keep();
    let badr = house.server.enrolled(Role::Volunteer, "Badr").get("/api/session").json();
    let account: AccountId = badr["account"]["id"].as_str().unwrap().parse().unwrap();
    let decision = Decision { account, document: id(3, 1), given: Given::Yes, by: None, now_ms: START_MS };
    let store = house.server.state.store.clone();
    store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap();
    let holds = || -> BTreeSet<DocumentId> {
        let held = store.read_blocking(|db| storage::scope::assigned(db, account)).unwrap();
        held.into_iter().map(|scoped| scoped.id).collect()
    };
    let all: Vec<DocumentId> = (1..=6).map(person).chain([association(1)]).collect();
    assert!(all.iter().all(|one| holds().contains(one)));
    for one in &all {
        assert!(store.read_blocking(|db| storage::scope::concerns(db, account, &[*one])).unwrap());
    }
    // Parted in the middle, the rest goes.
    let level = store.read_blocking(storage::server::last_arrival).unwrap();
    house.part(3);
    house.keep();
    assert_eq!(holds().into_iter().filter(|one| all.contains(one)).collect::<Vec<_>>(), all[..3]);
    let lost = store.read_blocking(|db| storage::scope::lost_since(db, account, level)).unwrap();
    assert!(all[3..].iter().all(|one| lost.contains(one)), "{lost:?}");
}

/// The pairs that are kept in hand, brought up to date edit by edit, are those of a full run.
#[test]
fn pairs_in_hand_are_those_of_a_full_run() {
    const GIVEN: [&str; 6] = ["Zahra", "Zohra", "Mohamed", "Mohammed", "محمد", "Idir"];
    const FAMILY: [&str; 4] = ["Amrani", "El Amrani", "Benali", "Ben Ali"];
    for seed in 1..6 {
        let (mut rng, mut house) = (Rng::new(seed), House::open());
        for n in 1..=2 {
            house.add_association(n, &[(Field::Title, ["Tiwizi", "Amis"][n - 1])]);
        }
        let mut people = 0;
        let hand = Twins::default();
        for step in 0..60 {
            let (one, other) = (1 + rng.below(people.max(1)), 1 + rng.below(people.max(1)));
            match rng.below(8) {
                0..=3 => {
                    people += 1;
                    let (given, family) = (GIVEN[rng.below(6)], FAMILY[rng.below(4)]);
                    let phone = if rng.chance(30) { format!("+3361234567{}", rng.below(4)) } else { String::new() };
                    let of = rng.chance(50).then(|| 1 + rng.below(2));
                    house.add(people, given, family, of, ["", "Arles", "Tiznit"][rng.below(3)], &phone);
                }
                4 if people > 1 && one != other => house.link(person(one), person(other)),
                5 if people > 0 => house.part(one),
                6 if people > 1 && one != other => {
                    house.edit(&Edit::NotSame { person: person(one), other: person(other) });
                }
                7 if people > 0 => house.phone(one, "+33612345670"),
                _ => {}
            }
            if step % 3 == 0 {
                house.keep();
                let (known, full) = house
                    .server
                    .state
                    .store
                    .read_blocking(|db| {
                        let known = hand.with(db, |pairs| Ok(pairs.values().cloned().collect::<Vec<Pair>>()))?;
                        Ok::<_, StoreError>((known, twin::pairs(&twins::all(db)?)))
                    })
                    .unwrap();
                let by_ids = |mut pairs: Vec<Pair>| {
                    pairs.sort_by_key(|pair| (pair.one, pair.other));
                    pairs
                };
                assert_eq!(by_ids(known), by_ids(full), "seed {seed}, step {step}");
            }
        }
    }
}

/// What a phone keeps in hand, brought up to date edit by edit, is what it would find anew.
#[test]
fn what_a_phone_keeps_in_hand_is_what_it_would_find_anew() {
    const GIVEN: [&str; 6] = ["Zahra", "Zohra", "Mohamed", "Mohammed", "محمد", "Idir"];
    const FAMILY: [&str; 4] = ["Amrani", "El Amrani", "Benali", "Ben Ali"];
    for seed in 1..4 {
        let mut rng = Rng::new(seed);
        let identity =
            Identity { device: DeviceId([1; 16]), account: AccountId([1; 16]), name: String::new(), role: Role::Staff };
        let mut phone = Replica::open(identity.clone(), [1; 8], []);
        let mut disk = BTreeMap::new();
        let mut people = 0;
        for step in 0..120 {
            let (one, other) = (1 + rng.below(people.max(1)), 1 + rng.below(people.max(1)));
            let number = Phone { raw: "06".into(), country: None, e164: Some("+33612345678".into()) };
            let name = (GIVEN[rng.below(6)], FAMILY[rng.below(4)]);
            let edit = match rng.below(8) {
                0..=3 => {
                    people += 1;
                    let new = NewPerson { given: name.0.into(), family: name.1.into(), ..NewPerson::default() };
                    Edit::CreatePerson { person: person(people), new, notice_read: true }
                }
                4 if one != other => Edit::LinkSame { person: person(one), same_as: person(other) },
                5 if one != other => Edit::NotSame { person: person(one), other: person(other) },
                6 if people > 0 => Edit::AddPhone { person: person(one), row: row(1), phone: number },
                7 if people > 0 => {
                    Edit::SetField { document: person(one), row: None, field: Field::Family, value: name.1.into() }
                }
                _ => continue,
            };
            // Some are refused, as of somebody who was not added yet: that changes nothing.
            phone.edit(&Entry { at_ms: START_MS, edit }).ok();
            if let Some(batch) = phone.take_batch() {
                disk.extend(batch.puts);
                disk.retain(|key, _| !batch.deletes.contains(key));
                phone.persisted(batch.id);
            }
            if rng.chance(30) {
                drop(phone.updates());
            }
            if step % 6 > 0 {
                continue;
            }
            let sought = |n: usize| Sought {
                person: person(1_000 + n),
                name: format!("{} {}", GIVEN[n % 6], FAMILY[n % 4]),
                name_ar: String::new(),
                phone: ["", "+33612345678"][n % 2].into(),
                email: String::new(),
                association: None,
            };
            let all: Vec<Sought> = (0..24).map(sought).collect();
            let anew = Replica::open(identity.clone(), [2; 8], disk.clone());
            assert_eq!(phone.known(&all), anew.known(&all), "seed {seed}, step {step}");
            assert_eq!(phone.questions(), anew.questions(), "seed {seed}, step {step}");
        }
    }
}

/// Who bears the name of half a village is not proposed for that alone.
#[test]
fn a_name_that_many_bear_says_nothing_by_itself() {
    let mut house = House::open();
    for n in 1..=twin::NAMESAKES_MAX + 1 {
        house.add(n, "Mohamed", "Alaoui", None, if n < 3 { "Tiznit" } else { "" }, "");
    }
    assert_eq!(house.told(""), ["Mohamed Alaoui | Mohamed Alaoui: middle same_name same_commune"]);
    assert_eq!(house.why(person(3), person(4)), "null [same_name] [name_common]");
}

/// What a list names twice, and who signed under two names, is one in figures and on the roster: along chains, in rings, and where two people
/// joined them apart.
#[test]
fn whoever_was_joined_is_one_in_every_count() {
    let mut house = House::open();
    house.add_association(1, &[(Field::Title, "Tiwizi")]);
    house.add_association(2, &[(Field::Title, "Tiwizi bis")]);
    for n in 1..=5 {
        house.add(n, ["Zahra", "Zohra", "Zahra", "Idir", "Idir"][n - 1], "Amrani", Some(1 + n % 2), "", "");
    }
    for event in 1..=2 {
        let day = format!("2026-0{event}-01");
        let slots = vec![NewSlot { slot: row(1), day, starts: "09:00".into(), ends: "12:30".into() }];
        let fields = [(Field::Title, Value::from("Atelier"))].into();
        house.edit(&Edit::CreateEvent { event: id(3, event), fields, slots });
        for n in 1..=5 {
            house.edit(&Edit::AddToRoster { event: id(3, event), person: person(n) });
            let mark = row(u8::try_from(10 * event + n).unwrap());
            house.edit(&Edit::CheckIn {
                event: id(3, event),
                slot: row(1),
                person: person(n),
                mark,
                status: Status::Present,
                minutes: None,
                how: How::Tap,
            });
        }
    }
    let counted = |house: &mut House| {
        house.keep();
        let figures = house.staff.get(&format!("/api/events/{}/figures", id(3, 2))).json();
        let count = |name: &str| figures[name].as_u64().unwrap_or_else(|| panic!("{name} in {figures}"));
        (count("people"), count("associations"), count("people_new"), count("associations_new"))
    };
    assert_eq!(counted(&mut house), (5, 2, 0, 0));
    // A chain, and a ring: as when two people join the same two apart.
    house.link(person(3), person(2));
    house.link(person(2), person(1));
    house.link(person(4), person(5));
    house.link(person(5), person(4));
    house.link(association(2), association(1));
    assert_eq!(counted(&mut house), (2, 1, 0, 0));
    house.part(2);
    let field = Field::SameAssociation;
    house.edit(&Edit::SetField { document: association(2), row: None, field, value: Value::Empty });
    assert_eq!(counted(&mut house).0, 3);
    assert_eq!(counted(&mut house).1, 2);
}

#[test]
fn a_file_from_before_is_made_complete() {
    let place = Place::in_memory().unwrap();
    let mut house = House::with(Plan { place: place.clone(), ..Plan::default() });
    house.add(1, "Zahra", "Amrani", None, "Arles", "+33612345678");
    house.add(2, "Zohra", "Amrani", None, "Arles", "+33612345678");
    house.add_association(1, &[(Field::Title, "Tiwizi"), (Field::ShortTitle, "TW")]);
    let before = house.told("");
    house.server.stop();
    let mut db = storage::connect(&place).unwrap();
    // As the file was before the tables, and as whoever opens an older file brings it up to date.
    db.execute_batch("DELETE FROM twin_key; DELETE FROM told_apart; UPDATE association SET short_title = '';").unwrap();
    let tx = db.transaction().unwrap();
    verify::project(&tx).unwrap();
    tx.commit().unwrap();
    let findings = verify::verify(&db).unwrap();
    assert!(findings.is_clean(), "{:?}", findings.problems);
    let found = Twins::default().with(&db, |pairs| Ok(pairs.len())).unwrap();
    assert_eq!((found, before.len()), (1, 1));
}

/// A desk at which lists are brought.
impl House {
    fn sent(&self, kind: &str, file: &str, columns: Option<&[&str]>) -> Json {
        json!({ "file": BASE64_STANDARD.encode(file), "name": "liste.csv", "kind": kind, "columns": columns })
    }

    fn plan(&mut self, ask: &Json) -> Json {
        let reply = self.staff.post("/api/imports/plan", ask);
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn take(&mut self, ask: &Json) -> Json {
        let reply = self.staff.post("/api/imports", ask);
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn count(&self, kind: &str) -> usize {
        let title = |record: &Record| match record {
            Record::Person(_) => "person",
            Record::Association(_) => "association",
            _ => "",
        };
        records(self).values().filter(|record| title(record) == kind).count()
    }

    fn undo(&mut self, import: &Json) -> (Json, Json) {
        let address = format!("/api/imports/{}/undo", import["import"].as_str().unwrap());
        let plan = self.staff.get(&address);
        assert_eq!(plan.status, 200, "{}", plan.json());
        let done = self.staff.post(&address, &Json::Null);
        assert_eq!(done.status, 200, "{}", done.json());
        (plan.json(), done.json())
    }

    fn verify(&self) {
        self.server
            .state
            .store
            .read_blocking(|db| {
                let findings = verify::verify(db)?;
                assert!(findings.is_clean(), "{:?}", findings.problems);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn what_a_list_leaves_waits_in_the_inbox_until_it_is_mended_or_somebody_says_why() {
    let mut house = House::open();
    let left = |client: &mut Client| client.get("/api/imports/left").json();
    let ask = house.sent("person", PEOPLE, Some(&["given", "family", "phone", "association"]));
    house.plan(&ask);
    assert_eq!(left(&mut house.staff)["open"], 0, "a trial that can be read leaves nothing");
    house.take(&ask);
    let told = left(&mut house.staff);
    assert_eq!(told["open"], 1, "{told}");
    let one = &told["left"][0];
    assert_eq!((&one["name"], &one["by"], &one["refused"]), (&json!("liste.csv"), &json!("Karima"), &json!(1)));
    assert_eq!(one["code"], Json::Null);
    assert_eq!(one["lines"], json!([{ "line": 5, "code": "participant.name_missing" }]));
    // A file that nobody can read stands there once, however often it is tried.
    let spoilt = json!({ "file": BASE64_STANDARD.encode("PK\u{3}\u{4}abîmé"), "name": "vieux.xlsx", "kind": "person" });
    for _ in 0..2 {
        assert_eq!(
            house.staff.post("/api/imports/plan", &spoilt).refusal(),
            (422, "file.workbook_unreadable".to_owned())
        );
    }
    let told = left(&mut house.staff);
    assert_eq!((&told["open"], told["left"].as_array().unwrap().len()), (&json!(2), 2));
    let unread = told["left"].as_array().unwrap().iter().find(|one| one["code"] == "file.workbook_unreadable").unwrap();
    // Somebody says why it may stay so, and takes that back.
    let address = format!("/api/imports/left/{}", unread["id"].as_str().unwrap());
    let reason = json!({ "settled": true, "reason": "doublon de la liste de mars" });
    assert_eq!(house.staff.post(&address, &reason).status, 204);
    let told = left(&mut house.staff);
    assert_eq!(told["open"], 1);
    let settled = &told["left"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "file.workbook_unreadable")
        .unwrap()["settled"];
    assert_eq!((&settled["by"], &settled["reason"]), (&json!("Karima"), &json!("doublon de la liste de mars")));
    assert_eq!(house.staff.post(&address, &json!({ "settled": false })).status, 204);
    assert_eq!(left(&mut house.staff)["open"], 2);
    // Somebody looks after it, until nobody does.
    let karima = house.staff.get("/api/session").json()["account"]["id"].clone();
    for account in [karima, Json::Null] {
        assert_eq!(house.staff.post(&format!("{address}/assign"), &json!({ "account": account })).status, 204);
        let told = left(&mut house.staff);
        let one =
            told["left"].as_array().unwrap().iter().find(|one| one["code"] == "file.workbook_unreadable").unwrap();
        assert_eq!(one["assigned"], account);
    }
    // Whoever holds a part sees what they brought themselves.
    let mut amina = house.server.enrolled(Role::Coordinator, "Amina");
    let account: AccountId = amina.get("/api/session").json()["account"]["id"].as_str().unwrap().parse().unwrap();
    let narrow = move |tx: &rusqlite::Transaction<'_>| -> Result<usize, StoreError> {
        Ok(tx.execute("UPDATE account SET scope = 'assigned' WHERE id = ?", [account.0])?)
    };
    house.server.state.store.write_blocking(move |tx, _| narrow(tx)).unwrap();
    assert_eq!(left(&mut amina), json!({ "open": 0, "left": [] }));
    assert_eq!(amina.post(&address, &reason).refusal().0, 404);
    assert_eq!(amina.post(&format!("{address}/assign"), &json!({ "account": null })).refusal().0, 404);
    assert_eq!(house.server.enrolled(Role::Volunteer, "Badr").get("/api/imports/left").status, 403);
    // The list is mended and brought again: it is settled by itself.
    let mended = house.sent("person", &PEOPLE.replace(";;+33699999999;", "Salma;;+33699999999;"), None);
    house.take(&mended);
    let told = left(&mut house.staff);
    assert_eq!(told["open"], 1, "{told}");
    assert_eq!(told["left"][0]["code"], "file.workbook_unreadable");
    house.verify();
}

const PEOPLE: &str = "Liste des adhérents;;;\n\
                      Qui;Nom de famille;Contact;Structure\n\
                      Zahra;Amrani;+33612345678;Tiwizi Vaucluse\n\
                      Idir;Oulhaj;+212661987654;Tiwizi Vaucluse\n\
                      ;;+33699999999;\n\
                      Mohamed;Benali;;Amis de Tiznit\n";

fn says(plan: &Json) -> Vec<&str> {
    plan["columns"].as_array().unwrap().iter().filter_map(|column| column["says"].as_str()).collect()
}

#[test]
fn a_list_of_people_is_mapped_tried_taken_and_taken_back() {
    let mut house = House::open();
    house.add(1, "Zohra", "Amrani", None, "", "+33612345678");
    house.keep();
    let first = house.sent("person", PEOPLE, None);
    let guessed = house.plan(&first);
    assert_eq!(says(&guessed), ["", "family_given", "", "association"], "{guessed}");
    assert_eq!(guessed["columns"][2]["samples"], json!(["+33612345678", "+212661987654", "+33699999999"]));
    // Somebody says what the others are.
    let columns = ["given", "family", "phone", "association"];
    let told = house.sent("person", PEOPLE, Some(&columns));
    let plan = house.plan(&told);
    let figures = &plan["figures"];
    assert_eq!(
        [&figures["created"], &figures["refused"], &figures["maybe_known"], &figures["associations_created"]],
        [3, 1, 1, 2]
    );
    assert_eq!(plan["refused"], json!([{ "line": 5, "code": "participant.name_missing" }]));
    assert_eq!(
        plan["rows"][0]["notes"],
        json!([{ "code": "person.maybe_known", "about": person(1), "because": ["name_sounds", "same_phone"] }])
    );
    // A trial keeps nothing.
    assert_eq!((house.count("person"), house.count("association")), (1, 0));
    let import = house.take(&told);
    assert_eq!((house.count("person"), house.count("association")), (4, 2));
    // Once more it makes nothing more; and what was told of such headings is known.
    let again = house.take(&first);
    assert_eq!((&again["created"], &again["known"]), (&json!(0), &json!(3)));
    assert_eq!(says(&house.plan(&first)), columns);
    assert_eq!(house.plan(&first)["remembered"], true);
    let register = house.staff.get("/api/imports").json();
    let listed: Vec<_> =
        register["imports"].as_array().unwrap().iter().map(|one| (&one["created"], &one["by"])).collect();
    assert!(listed.contains(&(&json!(3), &json!("Karima"))), "{register}");

    // One of them is corrected, and stays with the association that they come from.
    let zahra = plan["rows"].as_array().unwrap().iter().find(|row| row["title"] == "Zahra Amrani").unwrap()["document"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let value = Value::from("Avignon");
    house.edit(&Edit::SetField { document: zahra, row: None, field: Field::Commune, value });
    house.keep();
    let (plan, done) = house.undo(&import);
    assert_eq!((&plan["people"], &plan["associations"]), (&json!(2), &json!(1)));
    let why = |said: &Json| {
        let mut why: Vec<(String, String)> = said["stays"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["title"].as_str().unwrap().to_owned(), one["why"].as_str().unwrap().to_owned()))
            .collect();
        why.sort();
        why
    };
    let stays =
        [("Tiwizi Vaucluse", "named"), ("Zahra Amrani", "changed")].map(|(one, why)| (one.to_owned(), why.to_owned()));
    assert_eq!((why(&plan), why(&done)), (stays.to_vec(), stays.to_vec()));
    assert_eq!((house.count("person"), house.count("association")), (2, 1));
    house.verify();
    // Taken back twice it takes nothing more; and the same list may come again.
    assert_eq!(house.undo(&import).1["documents"], 0);
    assert_eq!(house.take(&first)["created"], 2);
    assert_eq!((house.count("person"), house.count("association")), (4, 2));
    house.verify();
}

#[test]
fn a_list_of_associations_is_taken_and_what_is_known_already_is_said() {
    let mut house = House::open();
    house.add_association(1, &[(Field::Title, "Association Tiwizi"), (Field::City, "Avignon")]);
    house.keep();
    let list = "Nom de l'association;Sigle;N° RNA;SIRET;Ville;Date de création\n\
                Tiwizi;TW;W842000001;;Avignon;17/06/2014\n\
                Amis de Tiznit;;W84;73282932000075;Arles;\n\
                Tiwizi;;W842000001;;Avignon;\n\
                ;;W842000003;;;\n";
    let ask = house.sent("association", list, None);
    let plan = house.plan(&ask);
    assert_eq!(says(&plan), ["title", "short_title", "rna", "siret", "city", "founded"]);
    let codes = |of: &Json| -> Vec<String> {
        of.as_array().unwrap().iter().map(|one| format!("{} {}", one["line"], one["code"].as_str().unwrap())).collect()
    };
    assert_eq!(codes(&plan["refused"]), ["4 association.repeated", "5 rna.title_missing"]);
    let notes: Vec<String> = plan["rows"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| {
            row["notes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|note| format!("{} {}", row["line"], note["code"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(notes, ["2 association.maybe_known", "3 rna.number_left", "3 rna.siret_invalid"]);
    let import = house.take(&ask);
    assert_eq!(house.count("association"), 3);
    let founded: Vec<String> = records(&house)
        .values()
        .map(|record| record.fields().text(Field::Founded).to_owned())
        .filter(|day| !day.is_empty())
        .collect();
    assert_eq!(founded, ["2014-06-17"]);
    // Others see neither the import nor how it would be taken back.
    let mut amina = house.server.enrolled(Role::Coordinator, "Amina");
    let account: AccountId = amina.get("/api/session").json()["account"]["id"].as_str().unwrap().parse().unwrap();
    let narrow = move |tx: &rusqlite::Transaction<'_>| -> Result<usize, StoreError> {
        Ok(tx.execute("UPDATE account SET scope = 'assigned' WHERE id = ?", [account.0])?)
    };
    house.server.state.store.write_blocking(move |tx, _| narrow(tx)).unwrap();
    assert_eq!(amina.get("/api/imports").json()["imports"], json!([]));
    let address = format!("/api/imports/{}/undo", import["import"].as_str().unwrap());
    assert_eq!(amina.post(&address, &Json::Null).refusal().0, 404);
    assert_eq!(house.undo(&import).1["staying"], 0);
    assert_eq!(house.count("association"), 1);
    house.verify();
}
