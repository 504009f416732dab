//! The directory over real HTTP: lists that agree with a slow count, whoever asks; searches that forgive; files; saved views.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value as Json, json};
use server::{
    erasure,
    hand::Hand,
    storage::{
        Place, StoreError,
        access::{self, Decision, Given},
    },
    verify,
};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{AGE_BANDS, Field, SEXES, Value},
    id::{AccountId, DocumentId, RowId},
    mark::{How, Status},
    role::Role,
    table::Table,
};
use tests::{
    server::{Client, Plan, START_MS, TestServer},
    world::Rng,
};

/// Houses that every run draws.
const SEEDS: std::ops::Range<u64> = 1..7;
const NAMES: [(&str, &str, &str); 8] = [
    ("Fatima Zahra", "Oufkir", "فاطمة الزهراء أوفقير"),
    ("Fatma-Zohra", "Oufqir", ""),
    ("Mohamed", "Aït Baha", "محمد ايت باها"),
    ("M'hamed", "El Aboulkacem", ""),
    ("Lahoucine", "Amrani", "الحسين عمراني"),
    ("Amina", "Idrissi", "أمينة الإدريسي"),
    ("Hélène", "N'Diaye", ""),
    ("", "", "زهرة"),
];
const COMMUNES: [&str; 4] = ["13055", "09.541.05.13", "2A004", ""];
const DAYS: [&str; 4] = ["2026-01-10", "2026-02-11", "2026-05-02", "2026-08-30"];

fn document(kind: u8, n: usize) -> DocumentId {
    let mut bytes = [kind; 16];
    bytes[14..].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    DocumentId(bytes)
}

fn person(n: usize) -> DocumentId {
    document(1, n)
}

fn association(n: usize) -> DocumentId {
    document(2, n)
}

fn event(n: usize) -> DocumentId {
    document(3, n)
}

fn row(kind: u8, n: usize) -> RowId {
    let [high, low] = u16::try_from(n).unwrap().to_be_bytes();
    RowId([kind, 0, 0, 0, 0, 0, high, low])
}

struct House {
    server: TestServer,
    hand: Hand,
    staff: Client,
    people: usize,
    marks: usize,
}

impl House {
    fn open(plan: Plan) -> Self {
        let server = TestServer::with(plan);
        let hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let staff = server.enrolled(Role::Staff, "Équipe");
        Self { server, hand, staff, people: 0, marks: 0 }
    }

    fn edit(&mut self, edit: &Edit) {
        self.hand.edit(edit, START_MS).unwrap();
    }

    fn keep(&mut self) {
        self.hand.keep(START_MS).unwrap();
    }

    fn add_association(&mut self, n: usize, fields: &[(Field, &str)]) {
        let fields = fields.iter().map(|(field, value)| (*field, Value::from(*value))).collect();
        self.edit(&Edit::CreateAssociation { association: association(n), fields });
    }

    fn add_person(&mut self, new: NewPerson) -> DocumentId {
        let id = person(self.people);
        self.people += 1;
        self.edit(&Edit::CreatePerson { person: id, new, notice_read: true });
        id
    }

    fn named(&mut self, given: &str, family: &str, name_ar: &str) -> DocumentId {
        let [given, family, name_ar] = [given, family, name_ar].map(str::to_owned);
        self.add_person(NewPerson { given, family, name_ar, ..NewPerson::default() })
    }

    fn add_event(&mut self, n: usize, commune_code: &str) {
        let slot = NewSlot {
            slot: row(9, n),
            day: DAYS[n % DAYS.len()].to_owned(),
            starts: "09:00".to_owned(),
            ends: "12:00".to_owned(),
        };
        let title = format!("Atelier {n}");
        let fields = [(Field::Title, Value::from(&*title)), (Field::CommuneCode, Value::from(commune_code))].into();
        self.edit(&Edit::CreateEvent { event: event(n), fields, slots: vec![slot] });
    }

    fn mark(&mut self, n: usize, person: DocumentId, status: Status) {
        self.marks += 1;
        let mark = row(7, self.marks);
        self.edit(&Edit::AddToRoster { event: event(n), person });
        let minutes = (status == Status::Partial).then_some(30);
        let how = How::Tap;
        self.edit(&Edit::CheckIn { event: event(n), slot: row(9, n), person, mark, status, minutes, how });
    }

    /// A house as chance has it.
    fn drawn(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut house = Self::open(Plan::default());
        for (n, (title, postcode)) in
            [("Amis de Tiznit", "13005"), ("Tifaouine", "06000"), ("Été d'ailleurs", "")].iter().enumerate()
        {
            let origin = ["09.581", "09.541.05.13, 09.551", ""][n];
            let sectors = ["water, health", "education", ""][n];
            let fields = [
                (Field::Title, *title),
                (Field::Postcode, *postcode),
                (Field::Origin, origin),
                (Field::Sectors, sectors),
            ];
            house.add_association(n, &fields);
        }
        for (n, commune) in COMMUNES.iter().enumerate().take(DAYS.len()) {
            house.add_event(n, commune);
            if rng.chance(50) {
                let kind = Some(shared::document::Kind::Association);
                house.edit(&Edit::LinkEvent { event: event(n), document: association(n % 3), kind });
            }
        }
        for n in 0..15 + rng.below(20) {
            let (given, family, name_ar) = NAMES[rng.below(NAMES.len())];
            house.add_person(NewPerson {
                given: given.to_owned(),
                family: if family.is_empty() {
                    String::new()
                } else {
                    format!("{family} {}", ["", "Ben Ali", "Souss"][n % 3])
                },
                name_ar: name_ar.to_owned(),
                sex: if rng.chance(70) { SEXES[rng.below(SEXES.len())].to_owned() } else { String::new() },
                age_band: if rng.chance(70) { AGE_BANDS[rng.below(AGE_BANDS.len())].to_owned() } else { String::new() },
                commune_code: COMMUNES[rng.below(COMMUNES.len())].to_owned(),
                association: rng.chance(60).then(|| association(rng.below(3))),
                ..NewPerson::default()
            });
        }
        for _ in 0..60 {
            let status =
                [Status::Present, Status::Partial, Status::Absent, Status::Excused, Status::Remote][rng.below(5)];
            let (n, one) = (rng.below(DAYS.len()), person(rng.below(house.people)));
            house.mark(n, one, status);
        }
        for n in 0..4 {
            let fields = [
                (Field::Title, Value::from(&*format!("Dossier {n}"))),
                (Field::Association, Value::from(&*association(n % 2).to_string())),
                (Field::Territory, Value::from(["09.541", "Tinzert"][n % 2])),
            ];
            house.edit(&Edit::CreateDossier { dossier: document(4, n), fields: fields.into(), sections: Vec::new() });
        }
        house.keep();
        for _ in 0..5 {
            let (one, other) = (person(rng.below(house.people)), person(rng.below(house.people)));
            if one != other {
                // Rings and chains are refused or made, as it comes: the lists live with either.
                let _ = house.hand.edit(&Edit::LinkSame { person: one, same_as: other }, START_MS);
            }
        }
        for _ in 0..rng.below(3) {
            let (one, other) = (association(rng.below(3)), association(rng.below(3)));
            if one != other {
                let _ = house.hand.edit(&Edit::LinkSame { person: one, same_as: other }, START_MS);
            }
        }
        house.keep();
        house
    }

    /// A coordinator who sees what was given to them, and no more.
    fn narrow(&mut self) -> Client {
        let mut karim = self.server.enrolled(Role::Coordinator, "Karim");
        let change = format!("/api/accounts/{}/change", Self::account(&mut karim));
        assert_eq!(self.staff.post(&change, &json!({ "scope": "assigned" })).json()["scope"], "assigned");
        karim
    }

    fn account(client: &mut Client) -> AccountId {
        serde_json::from_value(client.get("/api/session").json()["account"]["id"].clone()).unwrap()
    }

    fn give(&self, client: &mut Client, documents: impl IntoIterator<Item = DocumentId>) {
        let account = Self::account(client);
        for document in documents {
            let decision = Decision { account, document, given: Given::Yes, by: None, now_ms: START_MS };
            self.server.state.store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap();
        }
    }

    fn is_sound(&self) {
        let found = self.server.state.store.read_blocking(verify::verify).unwrap();
        assert!(found.problems.is_empty(), "{:?}", found.problems);
    }
}

/// As a browser writes it into an address.
fn escaped(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._=&".contains(&byte);
    text.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A whole list, page by page.
fn read(client: &mut Client, list: &str, query: &str, limit: usize) -> Vec<Json> {
    let mut all: Vec<Json> = Vec::new();
    let mut after = String::new();
    loop {
        let list = match list {
            "events" | "dossiers" => &format!("lists/{list}"),
            list => list,
        };
        let page = client.get(&format!("/api/v1/{list}?{}&limit={limit}{after}", escaped(query)));
        assert_eq!(page.status, 200, "{list}?{query}: {page:?}");
        let page = page.json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => {
                assert_eq!(page["total"], all.len(), "{list}?{query}");
                return all;
            }
        }
        assert!(all.len() < 1_000, "the pages of {list}?{query} have an end");
    }
}

fn names(lines: &[Json]) -> Vec<String> {
    lines.iter().map(|line| line["name"].as_str().unwrap_or_default().to_owned()).collect()
}

const QUERIES: [(&str, &[&str]); 4] = [
    (
        "people",
        &[
            "",
            "sort=-name",
            "sort=events",
            "sort=-events",
            "sort=-day",
            "sort=place",
            "sort=-association",
            "place=FR.13",
            "place=MA.09",
            "sex=f",
            "age_band=18_30&sort=-day",
            "from=2026-02-11",
            "until=2026-05-01",
            "lacks=association",
            "lacks=events&sort=place",
            "q=fatma zohra",
            "q=فاطمة",
            "q=oufkir fatima",
            "q=fatimazahra",
            "q=aboulkasem",
            "q=ben",
            "q=tiznit&sort=-events",
            "q=mohamed&sex=h",
            "q=xyzzy",
        ],
    ),
    (
        "associations",
        &[
            "",
            "sort=-people",
            "sort=-events",
            "q=tifawin",
            "sector=water",
            "origin=09.541",
            "lacks=sectors",
            "q=ete ailleurs",
        ],
    ),
    ("events", &["", "sort=-day", "sort=-people", "place=MA", "from=2026-02-01"]),
    ("dossiers", &["", "q=tiznit", "place=MA.09.541", "sort=association"]),
];

/// Who holds every document one by one is answered from the documents; who sees everything from the index. The answers are the same.
#[test]
fn lists_of_the_index_are_those_of_the_documents() {
    for seed in SEEDS {
        let mut house = House::drawn(seed);
        house.is_sound();
        let mut all = house.narrow();
        let people = (0..house.people).map(person);
        let others = (0..3).map(association).chain((0..DAYS.len()).map(event)).chain((0..4).map(|n| document(4, n)));
        house.give(&mut all, people.chain(others));
        for (list, queries) in QUERIES {
            for query in queries {
                let whole = read(&mut house.staff, list, query, 1_000);
                assert_eq!(read(&mut all, list, query, 1_000), whole, "seed {seed}: {list}?{query}");
                assert_eq!(read(&mut house.staff, list, query, 3), whole, "seed {seed}: page by page, {list}?{query}");
                assert_eq!(read(&mut all, list, query, 4), whole, "seed {seed}: page by page, {list}?{query}");
            }
        }
        // Made anew, it is all the same.
        let before = read(&mut house.staff, "people", "sort=-events", 100);
        house.server.state.store.write_blocking(|tx, _| verify::rebuild(tx)).unwrap();
        house.is_sound();
        assert_eq!(read(&mut house.staff, "people", "sort=-events", 100), before);
    }
}

#[test]
fn numbers_are_those_of_a_slow_count_and_joined_people_are_one_line() {
    let mut house = House::open(Plan::default());
    house.add_association(0, &[(Field::Title, "Amis de Tiznit"), (Field::Postcode, "13005")]);
    let theirs = Some(association(0));
    for n in 0..3 {
        house.add_event(n, "09.541.05.13");
    }
    let zahra = house.add_person(NewPerson {
        given: "Zahra".into(),
        family: "Amrani".into(),
        association: theirs,
        ..NewPerson::default()
    });
    let twin = house.add_person(NewPerson {
        given: "Zohra".into(),
        family: "Lamrani".into(),
        association: theirs,
        ..NewPerson::default()
    });
    let absent = house.named("Ali", "Alaoui", "");
    house.mark(0, zahra, Status::Present);
    house.mark(1, zahra, Status::Absent);
    house.mark(0, twin, Status::Partial);
    house.mark(2, twin, Status::Remote);
    house.mark(1, absent, Status::Excused);
    house.keep();
    let said = |house: &mut House| -> BTreeMap<String, (i64, String, i64)> {
        let lines = read(&mut house.staff, "people", "", 10);
        let line = |line: &Json| {
            let key = line["name"].as_str().unwrap().to_owned();
            (
                key,
                (
                    line["events"].as_i64().unwrap(),
                    line["seen"].as_str().unwrap().to_owned(),
                    line["joined"].as_i64().unwrap(),
                ),
            )
        };
        lines.iter().map(line).collect()
    };
    let of = |house: &mut House| read(&mut house.staff, "associations", "", 10)[0].clone();
    let apart: BTreeMap<_, _> = [
        ("Ali Alaoui".to_owned(), (0, String::new(), 0)),
        ("Zahra Amrani".to_owned(), (1, DAYS[0].to_owned(), 0)),
        ("Zohra Lamrani".to_owned(), (2, DAYS[2].to_owned(), 0)),
    ]
    .into();
    assert_eq!(said(&mut house), apart);
    assert_eq!((of(&mut house)["people"].clone(), of(&mut house)["events"].clone()), (json!(2), json!(2)));
    assert_eq!(read(&mut house.staff, "people", "", 10)[0]["territory"], Json::Null);
    assert_eq!(read(&mut house.staff, "people", "q=zahra", 10)[0]["territory"]["name"], "Bouches-du-Rhône");

    house.edit(&Edit::LinkSame { person: twin, same_as: zahra });
    house.keep();
    let joined: BTreeMap<_, _> =
        [("Ali Alaoui".to_owned(), (0, String::new(), 0)), ("Zahra Amrani".to_owned(), (2, DAYS[2].to_owned(), 1))]
            .into();
    assert_eq!(said(&mut house), joined);
    assert_eq!((of(&mut house)["people"].clone(), of(&mut house)["events"].clone()), (json!(1), json!(2)));
    // Under the other name the same line is found; an event counts them once.
    assert_eq!(names(&read(&mut house.staff, "people", "q=lamrani", 10)), ["Zahra Amrani"]);
    assert_eq!(read(&mut house.staff, "events", "sort=day", 10)[0]["people"], 1);
    house.is_sound();

    // Parted again, everything is as it was.
    let same_as = Edit::SetField { document: twin, row: None, field: Field::SameAs, value: Value::Empty };
    house.edit(&same_as);
    house.keep();
    assert_eq!(said(&mut house), apart);
    house.is_sound();
}

#[test]
fn joined_associations_are_one_line_everywhere() {
    let mut house = House::open(Plan::default());
    house.add_association(
        0,
        &[(Field::Title, "Tiwizi Vaucluse"), (Field::Postcode, "84000"), (Field::Origin, "09.581")],
    );
    house.add_association(1, &[(Field::Title, "Tiwizi 84"), (Field::Postcode, "84000"), (Field::Origin, "09.581")]);
    for (n, given) in ["Zahra", "Ali", "Amina"].into_iter().enumerate() {
        let association = Some(association(n % 2));
        house.add_person(NewPerson { given: given.to_owned(), association, ..NewPerson::default() });
    }
    house.add_event(0, "");
    house.add_event(1, "");
    house.mark(0, person(0), Status::Present);
    house.mark(1, person(1), Status::Present);
    for n in 0..2 {
        let association = Value::from(&*association(n).to_string());
        let fields = [(Field::Title, Value::from("Un four")), (Field::Association, association)].into();
        house.edit(&Edit::CreateDossier { dossier: document(4, n), fields, sections: Vec::new() });
    }
    house.keep();
    /// Title, people, events, dossiers, joined; the association of each person; seats of associations in the first territory.
    type Seen = (Vec<(String, [i64; 4])>, Vec<String>, i64);
    fn seen(house: &mut House) -> Seen {
        let line = |line: &Json| {
            let numbers = ["people", "events", "dossiers", "joined"].map(|name| line[name].as_i64().unwrap());
            (line["title"].as_str().unwrap().to_owned(), numbers)
        };
        let associations = read(&mut house.staff, "associations", "", 10).iter().map(line).collect();
        let people = read(&mut house.staff, "people", "", 10);
        let whose = people.iter().map(|line| line["association_title"].as_str().unwrap().to_owned()).collect();
        let reached = house.staff.get("/api/v1/territories").json();
        let vaucluse = reached.as_array().unwrap().iter().find(|place| place["code"] == "FR.84").unwrap();
        (associations, whose, vaucluse["seats"].as_i64().unwrap())
    }
    let apart = seen(&mut house);
    let text = str::to_owned;
    assert_eq!(apart.0, [(text("Tiwizi 84"), [1, 1, 1, 0]), (text("Tiwizi Vaucluse"), [2, 1, 1, 0])]);
    assert_eq!(apart.1, ["Tiwizi 84", "Tiwizi Vaucluse", "Tiwizi Vaucluse"]);

    house.edit(&Edit::LinkSame { person: association(1), same_as: association(0) });
    house.keep();
    let joined = seen(&mut house);
    assert_eq!(joined.0, [(text("Tiwizi Vaucluse"), [3, 2, 2, 1])]);
    assert_eq!(joined.1, ["Tiwizi Vaucluse"; 3]);
    assert_eq!((apart.2, joined.2), (2, 1));
    // Found by either title; whoever asks for the people of either has those of both.
    assert_eq!(read(&mut house.staff, "associations", "q=tiwizi 84", 10).len(), 1);
    for n in 0..2 {
        let of = format!("association={}", association(n));
        assert_eq!(read(&mut house.staff, "people", &of, 10).len(), 3);
        assert_eq!(read(&mut house.staff, "dossiers", &of, 10).len(), 2);
    }
    house.is_sound();

    // What stands for both is renamed: its people say so, those who came from the other too.
    let title = Value::from("Tiwizi en Vaucluse");
    house.edit(&Edit::SetField { document: association(0), row: None, field: Field::Title, value: title });
    house.keep();
    assert_eq!(seen(&mut house).1, ["Tiwizi en Vaucluse"; 3]);
    house.is_sound();

    for (field, value) in [(Field::SameAssociation, Value::Empty), (Field::Title, Value::from("Tiwizi Vaucluse"))] {
        let document = association(usize::from(field == Field::SameAssociation));
        house.edit(&Edit::SetField { document, row: None, field, value });
    }
    house.keep();
    assert_eq!(seen(&mut house), apart);
    house.is_sound();
}

#[test]
fn a_name_is_found_in_three_spellings_and_with_letters_wrong() {
    let mut house = House::open(Plan::default());
    house.add_association(
        0,
        &[(Field::Title, "Migrations et Développement Taroudannt"), (Field::RnaNumber, "W133000001")],
    );
    let zahra = house.named("Fatima Zahra", "Aboulkacem", "");
    house.named("فاطمة", "", "فاطمة الزهراء أبو القاسم");
    house.named("Fatma-Zohra", "Aboulkassim", "");
    house.named("Hassan", "El Houcine", "");
    house.named("Élodie", "Müller", "");
    let phone = shared::phone::Phone {
        raw: "06 12 34 56 78".to_owned(),
        country: Some("FR".to_owned()),
        e164: Some("+33612345678".to_owned()),
    };
    house.edit(&Edit::AddPhone { person: zahra, row: row(5, 1), phone });
    house.keep();
    let mut found = |query: &str| names(&read(&mut house.staff, "people", query, 100));
    // Words in any order, their beginnings, without accents, in the other script, with an l, c or s more or less.
    assert_eq!(found("q=aboulkacem zahra")[0], "Fatima Zahra Aboulkacem");
    assert_eq!(found("q=aboul fat")[0], "Fatima Zahra Aboulkacem");
    assert_eq!(found("q=muller elo"), ["Élodie Müller"]);
    let three: BTreeSet<String> = found("q=fatima zahra").into_iter().collect();
    assert!(
        three.is_superset(&["Fatima Zahra Aboulkacem", "Fatma-Zohra Aboulkassim", "فاطمة"].map(str::to_owned).into()),
        "{three:?}"
    );
    assert!(found("q=فاطمة الزهراء").contains(&"Fatima Zahra Aboulkacem".to_owned()));
    assert_eq!(found("q=abuolkacem")[0], "Fatima Zahra Aboulkacem", "two letters exchanged");
    assert_eq!(found("q=mulleer"), ["Élodie Müller"]);
    assert_eq!(found("q=houcine"), ["Hassan El Houcine"]);
    // By number, as it is said at home and abroad; and by nothing that nobody has.
    for typed in ["06 12 34 56 78", "+33 6 12 34 56 78", "0033612345678", "0612"] {
        assert_eq!(found(&format!("q={typed}")), ["Fatima Zahra Aboulkacem"], "{typed}");
    }
    assert_eq!(found("q=09 99"), [""; 0]);
    assert_eq!(found("q=\"* OR name:(x"), [""; 0], "what the index takes for signs is none of them");
    assert_eq!(read(&mut house.staff, "associations", "q=devlopement tarudant", 10).len(), 1);
    assert_eq!(read(&mut house.staff, "associations", "q=w133000001", 10).len(), 1);

    // Somebody who is erased is found under no word any more.
    let now_ms = START_MS;
    let plan = house.server.state.store.read_blocking(move |db| erasure::plan_person(db, zahra, now_ms)).unwrap();
    let reply = house.staff.post(&format!("/api/people/{zahra}/erasure"), &json!({ "plan": plan.plan }));
    assert_eq!(reply.status, 204, "{reply:?}");
    let mut found = |query: &str| names(&read(&mut house.staff, "people", query, 100));
    assert_eq!(found("q=0612"), [""; 0]);
    assert!(!found("q=aboulkacem").contains(&"Fatima Zahra Aboulkacem".to_owned()));
    let words: i64 = house
        .server
        .state
        .store
        .read_blocking(|db| {
            Ok::<_, StoreError>(db.query_row(
                "SELECT count(*) FROM listed_word WHERE term LIKE '%kacem%'",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    assert_eq!(words, 0);
    house.is_sound();
}

#[test]
fn whoever_was_given_a_part_sees_and_counts_that_part() {
    let mut house = House::open(Plan::default());
    house.add_association(0, &[(Field::Title, "Amis de Tiznit")]);
    house.add_association(1, &[(Field::Title, "Tifaouine")]);
    house.add_event(0, "09.541.05.13");
    house.add_event(1, "13055");
    let mine = house.add_person(NewPerson {
        given: "Zahra".into(),
        association: Some(association(0)),
        ..NewPerson::default()
    });
    let twin = house.named("Zohra", "Ailleurs", "");
    house.named("Ali", "Alaoui", "");
    house.mark(0, mine, Status::Present);
    house.mark(1, mine, Status::Present);
    house.keep();
    house.edit(&Edit::LinkSame { person: twin, same_as: mine });
    house.keep();
    let mut karim = house.narrow();
    assert_eq!(read(&mut karim, "people", "", 10), [json!(null); 0]);
    house.give(&mut karim, [event(0)]);
    let lines = read(&mut karim, "people", "", 10);
    assert_eq!(names(&lines), ["Zahra"]);
    // Of the other event, and of whom she is joined with, nothing is said: not even how many.
    assert_eq!((&lines[0]["events"], &lines[0]["joined"], &lines[0]["seen"]), (&json!(1), &json!(0), &json!(DAYS[0])));
    assert_eq!(read(&mut karim, "people", "q=ailleurs", 10), [json!(null); 0]);
    assert_eq!(read(&mut karim, "associations", "", 10).len(), 1);
    assert_eq!(read(&mut karim, "events", "", 10).len(), 1);
    let reached = karim.get("/api/v1/territories").json();
    assert_eq!(reached.as_array().unwrap().len(), 1, "{reached}");
    assert_eq!((&reached[0]["code"], &reached[0]["events"]), (&json!("MA.09.541"), &json!(1)));
    let whole = house.staff.get("/api/v1/territories").json();
    assert_eq!(whole.as_array().unwrap().len(), 2, "{whole}");
    // A file holds no more than the list.
    let csv = String::from_utf8(karim.get("/api/v1/people/export?as=csv").body).unwrap();
    assert!(csv.contains("Zahra") && !csv.contains("Ailleurs") && !csv.contains("Alaoui"), "{csv}");
    for role in [Role::Volunteer, Role::Auditor] {
        let mut other = house.server.enrolled(role, "Latifa");
        for path in ["people", "associations/export?as=xlsx", "territories"] {
            assert_eq!(other.get(&format!("/api/v1/{path}")).status, 403, "{role:?}: {path}");
        }
    }
}

#[test]
fn a_list_leaves_as_a_file_that_is_what_it_shows_and_is_noted() {
    let mut house = House::open(Plan::default());
    house.add_association(
        0,
        &[
            (Field::Title, "=HYPERLINK(\"http://x\")"),
            (Field::Sectors, "water, health"),
            (Field::Networks, "forim, md"),
        ],
    );
    house.add_event(0, "13055");
    let zahra = house.add_person(NewPerson {
        given: "Zahra".into(),
        family: "Aït Oufella".into(),
        name_ar: "زهرة ايت أوفلا".into(),
        sex: "f".into(),
        association: Some(association(0)),
        ..NewPerson::default()
    });
    house.named("Ali", "Alaoui", "");
    house.mark(0, zahra, Status::Present);
    house.keep();
    let file = house.staff.get("/api/v1/people/export?as=csv&sort=-events");
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"personnes.csv\""));
    let text = String::from_utf8(file.body).unwrap();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').expect("a byte order mark").lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("Zahra Aït Oufella;زهرة ايت أوفلا;\"'=HYPERLINK(\"\"http://x\"\")\""), "{}", lines[1]);
    assert!(lines[1].contains(";femme;;1;2026-01-10;"), "{}", lines[1]);

    let file = house.staff.get("/api/v1/people/export?as=xlsx&q=zahra");
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file.body)).unwrap();
    let page = book.worksheet_range("Personnes").unwrap();
    assert_eq!(
        (page.height(), page.get((0, 0)), page.get((1, 1))),
        (2, Some(&Data::String("Nom".into())), Some(&Data::String("زهرة ايت أوفلا".into())))
    );
    assert_eq!(page.get((1, 2)), Some(&Data::String("=HYPERLINK(\"http://x\")".into())), "a text, and no formula");
    assert_eq!(page.get((1, 7)), Some(&Data::Float(1.0)));
    assert!(matches!(page.get((1, 8)), Some(Data::DateTime(_))), "{:?}", page.get((1, 8)));

    let listed = read(&mut house.staff, "associations", "", 10);
    let file: Vec<Json> = serde_json::from_slice(&house.staff.get("/api/v1/associations/export?as=json").body).unwrap();
    assert_eq!(file, listed);
    let csv = String::from_utf8(house.staff.get("/api/v1/associations/export?as=csv").body).unwrap();
    assert!(csv.contains("Eau, Santé;FORIM, Réseau M&D"), "{csv}");
    assert_eq!(house.staff.get("/api/v1/people/export?as=pdf").status, 400);
    assert_eq!(house.staff.get("/api/v1/people?sort=secret").status, 400);
    assert_eq!(house.staff.get("/api/v1/people?lacks=secret").status, 400);
    assert_eq!(house.staff.get("/api/v1/people?after=bm90aGluZw").status, 400);
    let noted = house.staff.get("/api/journal?action=exported").json();
    let details: Vec<&Json> = noted["lines"].as_array().unwrap().iter().map(|line| &line["detail"]).collect();
    assert_eq!(details.len(), 4);
    assert_eq!(*details[3], json!({ "list": "people", "lines": 2 }));
}

#[test]
fn a_view_is_kept_for_its_account_and_shared_with_the_house() {
    let house = House::open(Plan::default());
    let mut amina = house.staff.clone();
    let mut badr = house.server.enrolled(Role::Staff, "Badr");
    let save = |client: &mut Client, name: &str, shared: bool| {
        client.post(
            "/api/views",
            &json!({ "list": "people", "name": name, "query": "sex=f&sort=-day", "shared": shared }),
        )
    };
    assert_eq!(save(&mut amina, " Femmes ", false).status, 200);
    let saved = save(&mut amina, "Toute la maison", true).json();
    let seen = |client: &mut Client| -> Vec<(String, bool)> {
        let views = client.get("/api/views?list=people").json();
        let one = |view: &Json| (view["name"].as_str().unwrap().to_owned(), view["mine"].as_bool().unwrap());
        views.as_array().unwrap().iter().map(one).collect()
    };
    assert_eq!(seen(&mut amina), [("Femmes".to_owned(), true), ("Toute la maison".to_owned(), true)]);
    assert_eq!(seen(&mut badr), [("Toute la maison".to_owned(), false)]);
    assert_eq!(amina.get("/api/views?list=dossiers").json(), json!([]));
    // Only their owner takes them away.
    let address = format!("/api/views/{}/remove", saved["id"]);
    assert_eq!(badr.post(&address, &json!({})).status, 204);
    assert_eq!(seen(&mut badr).len(), 1);
    assert_eq!(amina.post(&address, &json!({})).status, 204);
    assert_eq!(seen(&mut badr), []);
    assert_eq!(save(&mut amina, "  ", false).status, 400);
    assert_eq!(save(&mut amina, &"x".repeat(81), false).refusal().1, "enroll.name_too_long");
    assert_eq!(
        amina.post("/api/views", &json!({ "list": "secrets", "name": "x", "query": "", "shared": false })).status,
        400
    );
}

/// A file from before there were lists has them as soon as it is opened.
#[test]
fn an_older_file_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::in_folder(folder.path()).unwrap();
    let mut house = House::open(Plan { place: place.clone(), ..Plan::default() });
    house.add_association(0, &[(Field::Title, "Amis de Tiznit"), (Field::Postcode, "13005")]);
    let zahra = house.add_person(NewPerson {
        given: "Zahra".into(),
        association: Some(association(0)),
        ..NewPerson::default()
    });
    house.add_event(0, "13055");
    house.mark(0, zahra, Status::Present);
    let fields =
        [(Field::Person, Value::from(&*zahra.to_string())), (Field::Function, Value::from("president"))].into();
    house.edit(&Edit::AddRow { document: association(0), table: Table::Bureau, row: row(4, 1), fields });
    house.keep();
    let whole = read(&mut house.staff, "people", "", 10);
    house.server.stop();
    let Place::File(path) = &place else { panic!("a file") };
    let mut db = rusqlite::Connection::open(path).unwrap();
    // As the file was before its tables, and as whoever opens an older file brings it up to date.
    let tx = db.transaction().unwrap();
    tx.execute_batch(
        "DELETE FROM listed; DELETE FROM listed_text; DELETE FROM reach; DELETE FROM event_link;
         UPDATE person SET sort = '', place = ''; UPDATE association SET place = '', sectors = '', networks = '';
         UPDATE event SET place_code = ''; UPDATE dossier SET place_code = '', sector = '', coordinator = '', grant_cents = 0;",
    )
    .unwrap();
    verify::project(&tx).unwrap();
    tx.commit().unwrap();
    drop(db);

    let server = TestServer::with(Plan { place, ..Plan::default() });
    let found = server.state.store.read_blocking(verify::verify).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    assert_eq!(read(&mut staff, "people", "", 10), whole);
}
