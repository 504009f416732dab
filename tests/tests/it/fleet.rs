//! Where phones are, and whether those of tomorrow's events are ready.

use serde_json::{Value as Json, json};
use server::{
    exchange,
    hand::Hand,
    ingest::Uploader,
    storage::{access, fleet},
};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value},
    id::{AccountId, DeviceId, DocumentId, RowId},
    role::Role,
    wire::{self, Failure, Report, Request},
};
use tests::server::{Client, HOUR_MS, SECOND_MS, START_MS, TestServer};

const EVENT: DocumentId = DocumentId([3; 16]);

struct House {
    server: TestServer,
    hand: Hand,
    admin: Client,
}

impl House {
    /// An event of tomorrow with two people on its list.
    fn open() -> Self {
        let server = TestServer::start();
        let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        for (event, title, day) in [(EVENT, "Demain", "2026-03-02"), (DocumentId([4; 16]), "Plus tard", "2026-03-09")] {
            let fields = [(Field::Title, Value::from(title))];
            let [day, starts, ends] = [day, "09:00", "12:30"].map(str::to_owned);
            let slots = vec![NewSlot { slot: RowId([1; 8]), day, starts, ends }];
            hand.edit(&Edit::CreateEvent { event, fields: fields.into(), slots }, START_MS).unwrap();
        }
        let admin = server.enrolled(Role::Admin, "Amina");
        let mut house = Self { server, hand, admin };
        house.comes(1);
        house.comes(2);
        house
    }

    /// Somebody more is on the list.
    fn comes(&mut self, n: u8) {
        let person = DocumentId([100 + n; 16]);
        let new = NewPerson { given: format!("Zahra {n}"), ..NewPerson::default() };
        self.hand.edit(&Edit::CreatePerson { person, new, notice_read: true }, START_MS).unwrap();
        self.hand.edit(&Edit::AddToRoster { event: EVENT, person }, START_MS).unwrap();
        self.hand.keep(START_MS).unwrap();
    }

    /// A volunteer to whom the event was given, and their phone.
    fn volunteer(&mut self, name: &str) -> Client {
        let mut phone = self.server.enrolled(Role::Volunteer, name);
        let account = phone.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned();
        let given =
            self.admin.post(&format!("/api/accounts/{account}/assign"), &json!({ "document": EVENT, "given": true }));
        assert_eq!(given.status, 204);
        phone
    }

    fn read(&mut self) -> Json {
        let reply = self.admin.get("/api/fleet");
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// What each phone has of tomorrow's event, by whose it is.
    fn readiness(&mut self) -> Vec<String> {
        let fleet = self.read();
        assert_eq!((fleet["soon"].as_array().unwrap().len(), &fleet["soon"][0]["title"]), (1, &json!("Demain")));
        let people = fleet["soon"][0]["people"].as_array().unwrap().iter();
        let lines = people.map(|one| {
            let phones = one["phones"].as_array().unwrap().iter().map(|phone| phone["has"].as_str().unwrap());
            format!("{}: {}", one["name"].as_str().unwrap(), phones.collect::<Vec<_>>().join(" "))
        });
        lines.collect()
    }

    /// The phone exchanges until it has everything, and the server has noted it.
    fn pulls(&mut self, phone: &mut Client) {
        let session = phone.get("/api/session").json();
        let device: DeviceId = session["device"]["id"].as_str().unwrap().parse().unwrap();
        let account: AccountId = session["account"]["id"].as_str().unwrap().parse().unwrap();
        let store = &self.server.state.store;
        let (standing, _) = store.read_blocking(|db| access::account_with_state(db, account)).unwrap().unwrap();
        let answered = exchange::answer(store, Uploader::of(device, &standing), Request::default(), START_MS).unwrap();
        let sent = answered.sent.expect("one page");
        store.write_blocking(move |tx, _| fleet::note_sent(tx, device, sent)).unwrap();
    }
}

#[test]
fn the_phones_of_tomorrow_have_the_list_or_have_it_not() {
    let mut house = House::open();
    let mut badr = house.volunteer("Badr");
    let _latifa = house.volunteer("Latifa");
    assert_eq!(house.readiness(), ["Badr: nothing", "Latifa: nothing"]);
    house.pulls(&mut badr);
    assert_eq!(house.readiness(), ["Badr: everything", "Latifa: nothing"]);
    // Somebody more comes: what the phone has is no longer all.
    house.comes(3);
    assert_eq!(house.readiness(), ["Badr: not_the_last", "Latifa: nothing"]);
    house.pulls(&mut badr);
    assert_eq!(house.readiness(), ["Badr: everything", "Latifa: nothing"]);
    // Another event's news do not count.
    let title =
        Edit::SetField { document: DocumentId([4; 16]), row: None, field: Field::Title, value: "Ailleurs".into() };
    house.hand.edit(&title, START_MS).unwrap();
    house.hand.keep(START_MS).unwrap();
    assert_eq!(house.readiness()[0], "Badr: everything");
    // A phone that was level before the event was given to it has nothing of it.
    let mut nadia = house.server.enrolled(Role::Volunteer, "Nadia");
    house.pulls(&mut nadia);
    let account = nadia.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned();
    house.admin.post(&format!("/api/accounts/{account}/assign"), &json!({ "document": EVENT, "given": true }));
    assert_eq!(house.readiness()[2], "Nadia: nothing");
    // The phone is lost: whoever has none has nothing to keep the door with.
    let device = badr.get("/api/session").json()["device"]["id"].as_str().unwrap().to_owned();
    house.admin.post(&format!("/api/devices/{device}/revoke"), &Json::Null);
    assert_eq!(house.readiness()[0], "Badr: ");
    // The day after it is over.
    house.server.time.pass(48 * HOUR_MS);
    assert_eq!(house.read()["soon"], json!([]));
}

#[test]
fn a_phone_reports_by_its_next_exchange_what_failed_before() {
    let mut house = House::open();
    let mut phone = house.volunteer("Badr");
    let failure = Some(Failure { code: "server.unreachable".to_owned(), at_ms: START_MS - 90 * SECOND_MS });
    let report = Report {
        build: "B7Wbq_1V".to_owned(),
        unsent: 3,
        unsent_blobs: 2,
        persisted: Some(false),
        storage_percent: Some(93),
        failure,
        ..Report::default()
    };
    let request = Request { report, now_ms: START_MS, ..Request::default() };
    let frame = wire::encode(&request);
    let reply = phone.send("POST", "/api/sync", Some(("application/octet-stream", &frame)));
    assert_eq!(reply.status, 200);
    let fleet = house.read();
    // Photos and signatures are counted apart, one less with each that has come.
    let blobs_of = |fleet: &Json| {
        let devices = fleet["devices"].as_array().unwrap().iter();
        devices.clone().find(|device| device["account_name"] == "Badr").unwrap()["unsent_blobs"].as_u64().unwrap()
    };
    assert_eq!(blobs_of(&fleet), 2);
    let of =
        |name: &str| fleet["devices"].as_array().unwrap().iter().find(|device| device["account_name"] == name).unwrap();
    let said = of("Badr");
    assert_eq!(
        (&said["unsent"], &said["app_build"], &said["storage_percent"]),
        (&json!(3), &json!("B7Wbq_1V"), &json!(93))
    );
    assert_eq!(said["failure"], json!({ "code": "server.unreachable", "at_ms": START_MS - 90 * SECOND_MS }));
    let account = said["account"].as_str().unwrap();
    assert_eq!(fleet["given"][account], json!([{ "id": EVENT, "title": "Demain" }]));
    assert!(fleet["given"].as_object().unwrap().len() == 1);
}

#[test]
fn the_fleet_is_for_those_who_look_after_it() {
    let house = House::open();
    for role in Role::ALL {
        let mut client = house.server.enrolled(role, role.as_str());
        let may = role.may(shared::permission::Capability::SeeAccess);
        assert_eq!(client.get("/api/fleet").status, if may { 200 } else { 403 }, "{role:?}");
    }
}
