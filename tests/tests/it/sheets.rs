//! Sealed sheets over real HTTP: the plan, the papers, the proof, and whoever tampers with it (M8).

use rusqlite::named_params;
use serde_json::{Value as Json, json};
use server::{
    hand::Hand,
    media::Media,
    sheet::{self, manifest},
    storage::{StoreError, blobs, sheets},
    verify,
};
use sha2::{Digest as _, Sha256};
use shared::{
    edit::{Edit, NewPerson, NewSlot, NewTrainer},
    field::{Field, Value},
    id::{AccountId, DocumentId, RowId},
    mark::{How, Signer, Status},
    role::Role,
};
use tests::server::{Client, SECOND_MS, START_MS, TestServer};

use crate::rules::{document, row};

const EVENT: u8 = 3;
const SLOT: u8 = 5;
const TRAINER: u8 = 6;

/// An event of that morning (9:00 to 12:30 in Paris is 8:00 to 11:30 UTC: the tests begin at 8:00 UTC).
struct Door {
    server: TestServer,
    hand: Hand,
    staff: Client,
}

fn ink(n: u8) -> Vec<u8> {
    format!(r#"{{"ink":1,"width":600,"height":200,"strokes":[[10,{n},300,100,590,{n}]]}}"#).into_bytes()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Door {
    fn open(people: u8) -> Self {
        let server = TestServer::start();
        let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let [day, starts, ends] = ["2026-03-01", "09:00", "12:30"].map(str::to_owned);
        let fields = [
            (Field::Title, Value::from("Atelier d’écriture : de l’idée au dossier")),
            (Field::EventKind, Value::from("writing_workshop")),
            (Field::Capacity, Value::Number(40)),
            (Field::Funders, Value::from("AFD, Région Sud")),
        ];
        let slots = vec![NewSlot { slot: row(SLOT), day, starts, ends }];
        hand.edit(&Edit::CreateEvent { event: document(EVENT), fields: fields.into(), slots }, START_MS).unwrap();
        let trainer = NewTrainer { trainer: row(TRAINER), name: "Naïma Aït Oufkir".to_owned() };
        hand.edit(&Edit::AddTrainer { event: document(EVENT), trainer }, START_MS).unwrap();
        for n in 0..people {
            let new = NewPerson {
                given: "Zahra".to_owned(),
                family: format!("Aboulkacem-{n}"),
                name_ar: "زهرة أبو القاسم".to_owned(),
                ..NewPerson::default()
            };
            let person = document(100 + n);
            hand.edit(&Edit::CreatePerson { person, new, notice_read: true }, START_MS).unwrap();
            hand.edit(&Edit::AddToRoster { event: document(EVENT), person }, START_MS).unwrap();
        }
        hand.keep(START_MS).unwrap();
        let staff = server.enrolled(Role::Coordinator, "Coordination");
        Self { server, hand, staff }
    }

    /// The app gives it before it asks for the first badge.
    fn has_a_badge_key(&mut self) {
        let value = Value::from("0123456789abcdef0123456789abcdef");
        let set = Edit::SetField { document: document(EVENT), row: None, field: Field::BadgeKey, value };
        self.hand.edit(&set, START_MS).unwrap();
        self.hand.keep(START_MS).unwrap();
    }

    fn bring_ink(&self, bytes: Vec<u8>) -> String {
        let name = hash(&bytes);
        let blob = blobs::Blob { media: Media::Ink, bytes };
        let write = self
            .server
            .state
            .store
            .write_blocking(move |tx, _| blobs::insert(tx, &name, &blob, AccountId([1; 16]), START_MS));
        Result::<(), StoreError>::unwrap(write);
        server::secret::hex(&name)
    }

    /// Somebody signs, so many seconds after nine.
    fn signs(&mut self, n: u8, seconds: u64) {
        let ink = self.bring_ink(ink(n));
        self.sign(n, Signer::Person(document(100 + n)), ink, seconds);
    }

    fn sign(&mut self, n: u8, signer: Signer, ink: String, seconds: u64) {
        let (event, slot, signature, mark) = (document(EVENT), row(SLOT), row(100 + n), row(150 + n));
        let sign = Edit::Sign { event, slot, signer, signature, ink, how: How::Kiosk, mark };
        let at_ms = START_MS + seconds * SECOND_MS;
        self.hand.edit(&sign, at_ms).unwrap();
        self.hand.keep(at_ms).unwrap();
    }

    fn plan(&mut self) -> Json {
        let reply = self.staff.get(&address());
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn seal(&mut self, reason: &str) -> Json {
        let plan = self.plan()["plan"].clone();
        let reply = self.staff.post(&address(), &json!({ "plan": plan, "reason": reason }));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn problems(&self) -> Vec<&'static str> {
        let found = self.server.state.store.read_blocking(verify::verify).unwrap();
        found.problems.iter().map(|problem| problem.code).collect()
    }

    /// Somebody with the file in hand changes it, and takes it back afterwards.
    fn tampered(&self, sql: &'static str) -> Vec<&'static str> {
        let store = &self.server.state.store;
        let keep: Vec<sheets::Sheet> = store.read_blocking(sheets::all).unwrap();
        store.write_blocking(move |tx, _| Ok::<_, StoreError>(tx.execute_batch(sql)?)).unwrap();
        let found = self.problems();
        let restore = store.write_blocking(move |tx, _| {
            tx.execute_batch("DELETE FROM sheet")?;
            keep.iter().try_for_each(|sheet| sheets::add(tx, sheet))
        });
        Result::<(), StoreError>::unwrap(restore);
        found
    }
}

fn address() -> String {
    format!("/api/events/{}/sheet", document(EVENT))
}

fn codes(list: &Json, of: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[of].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn m8_a_plan_says_what_is_missing_and_what_an_auditor_would_ask() {
    let mut door = Door::open(8);
    for n in 0..6 {
        door.signs(n, 3600 + u64::from(n) * 2);
    }
    let (event, slot, minutes, how) = (document(EVENT), row(SLOT), None, How::Tap);
    for (mark, status) in [(201, Status::Present), (202, Status::Absent)] {
        let check_in = Edit::CheckIn { event, slot, person: document(106), mark: row(mark), status, minutes, how };
        door.hand.edit(&check_in, START_MS).unwrap();
    }
    door.hand.keep(START_MS).unwrap();
    // A signature whose strokes have not come.
    door.sign(7, Signer::Trainer(row(TRAINER)), "0b".repeat(32), 60);
    let plan = door.plan();
    assert_eq!(plan["version"], 1);
    assert_eq!((&plan["presences"], &plan["signed"]), (&json!(7), &json!(6)));
    assert_eq!(codes(&plan["unsigned"], "name"), ["Zahra Aboulkacem-6"]);
    assert_eq!(plan["contradicted"].as_array().unwrap().len(), 1);
    assert_eq!(plan["trainers_unsigned"], json!([]));
    assert_eq!(plan["inks_missing"], 1);
    // Six on one device within ten seconds, on a Sunday that is no holiday.
    assert_eq!(codes(&plan["anomalies"], "anomaly"), ["in_a_row"]);
    assert_eq!((&plan["anomalies"][0]["signatures"], &plan["anomalies"][0]["seconds"]), (&json!(6), &json!(10)));
    // Nothing is sealed that was not seen.
    let other = door.staff.post(&address(), &json!({ "plan": "another" }));
    assert_eq!((other.status, other.code().as_str()), (409, "plan.changed"));
}

#[test]
fn m8_a_sealed_version_is_proved_by_anybody_and_stays_when_another_comes() {
    let mut door = Door::open(3);
    door.signs(0, 60);
    door.signs(1, 600);
    let first = door.seal("");
    let code = first["code"].as_str().unwrap().to_owned();
    assert_eq!((first["version"].clone(), door.plan()["is_sealed"].clone()), (json!(1), json!(true)));
    assert_eq!(door.problems(), [""; 0]);
    // Once is enough.
    let plan = door.plan()["plan"].clone();
    let again = door.staff.post(&address(), &json!({ "plan": plan, "reason": "for fun" }));
    assert_eq!((again.status, again.code().as_str()), (409, "sheet.nothing_new"));
    // A stranger learns that it is genuine, and no name.
    let mut stranger = door.server.stranger();
    let check = stranger.get(&format!("/api/check/{}", manifest::printed(&code).to_lowercase()));
    let said = check.json();
    assert_eq!(
        (check.status, &said["genuine"], &said["people"], &said["signatures"]),
        (200, &json!(true), &json!(3), &json!(2))
    );
    assert!(!said.to_string().contains("Aboulkacem"));
    assert_eq!(stranger.get("/api/check/0000-0000-0000").refusal(), (404, "sheet.unknown".to_owned()));
    assert_eq!(stranger.get(&format!("/api/sheets/{code}?form=pdf")).status, 401);
    // The file is what was signed.
    let pdf = door.staff.get(&format!("/api/sheets/{code}?form=pdf"));
    assert_eq!(server::secret::hex(&hash(&pdf.body)), said["pdf"].as_str().unwrap());
    assert!(pdf.body.starts_with(b"%PDF-"));
    for form in ["xlsx", "csv", "json", "manifest"] {
        assert_eq!(door.staff.get(&format!("/api/sheets/{code}?form={form}")).status, 200, "{form}");
    }
    // A mark that comes late asks for another version, with its reason; the old one stays.
    door.signs(2, 900);
    let late = door.plan();
    assert_eq!((&late["late"], &late["version"], &late["is_sealed"]), (&json!(2), &json!(2), &json!(false)));
    let silent = door.staff.post(&address(), &json!({ "plan": late["plan"] }));
    assert_eq!((silent.status, silent.code().as_str()), (422, "edit.reason_missing"));
    let second = door.seal("un téléphone arrivé plus tard");
    assert_eq!(second["version"], 2);
    let replaced = door.server.stranger().get(&format!("/api/check/{code}")).json();
    assert_eq!((&replaced["genuine"], &replaced["replaced_by"]), (&json!(true), &json!(2)));
    assert_eq!(door.problems(), [""; 0]);
    assert_eq!(door.staff.get(&format!("/api/sheets/{code}?form=pdf")).body, pdf.body);
}

#[test]
fn changing_one_byte_of_a_sealed_sheet_is_found() {
    let mut door = Door::open(2);
    door.signs(0, 60);
    door.seal("");
    door.signs(1, 120);
    door.seal("un téléphone arrivé plus tard");
    assert_eq!(door.problems(), [""; 0]);
    let one_byte = |column: &str| {
        format!(
            "UPDATE sheet SET {column} = CAST(substr({column}, 1, 99) || x'20' || substr({column}, 101) AS BLOB) WHERE version = 1"
        )
    };
    let pdf: &'static str = one_byte("pdf").leak();
    let data: &'static str = one_byte("data").leak();
    let manifest: &'static str = one_byte("manifest").leak();
    assert_eq!(door.tampered(pdf), ["sheet.signature_wrong"]);
    assert_eq!(door.tampered(data), ["sheet.data_changed"]);
    assert!(door.tampered(manifest).contains(&"sheet.signature_wrong"));
    assert_eq!(door.tampered("UPDATE sheet SET reason = 'x' WHERE version = 1"), ["sheet.row_changed"]);
    assert_eq!(door.tampered("DELETE FROM sheet WHERE version = 1"), ["sheet.chain_broken"]);
    // Another key does not help.
    let store = &door.server.state.store;
    let key = store.read_blocking(sheets::signing_key).unwrap().unwrap();
    let other = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let put = |key: Vec<u8>| {
        let write = store.write_blocking(move |tx, _| {
            tx.execute("UPDATE server SET signing_key = :key", named_params! { ":key": key })?;
            Ok::<_, StoreError>(())
        });
        write.unwrap();
    };
    put(other.as_ref().to_vec());
    assert!(door.problems().contains(&"sheet.signature_wrong"));
    put(key);
    assert_eq!(door.problems(), [""; 0]);
    // The strokes of a signature.
    let name = server::secret::unhex::<32>(&server::secret::hex(&hash(&ink(0)))).unwrap();
    let forge = store.write_blocking(move |tx, _| {
        let forged = ink(9);
        let size = forged.len();
        let key = named_params! { ":bytes": forged, ":size": size, ":hash": name };
        tx.execute("UPDATE blob SET bytes = :bytes, size = :size WHERE hash = :hash", key)?;
        Ok::<_, StoreError>(())
    });
    forge.unwrap();
    assert!(door.problems().contains(&"sheet.ink_changed"));
}

#[test]
fn a_mark_that_was_changed_in_the_database_is_found() {
    let mut door = Door::open(2);
    door.signs(0, 60);
    door.seal("");
    let store = &door.server.state.store;
    let lose = store.write_blocking(move |tx, _| {
        // The newest change before the seal: the signature with its mark.
        let last: u64 = tx.query_row(
            "SELECT arrival FROM change WHERE document_id = ? ORDER BY arrival DESC LIMIT 1 OFFSET 1",
            [document(EVENT).0],
            |row| row.get(0),
        )?;
        let mut bytes: Vec<u8> =
            tx.query_row("SELECT bytes FROM change WHERE arrival = ?", [last], |row| row.get(0))?;
        let at = bytes.len() - 3;
        bytes[at] ^= 1;
        tx.execute(
            "UPDATE change SET bytes = :bytes WHERE arrival = :arrival",
            named_params! { ":bytes": bytes, ":arrival": last },
        )?;
        Ok::<_, StoreError>(())
    });
    lose.unwrap();
    assert!(door.problems().contains(&"change.unreadable"), "{:?}", door.problems());
}

#[test]
fn papers_are_for_those_who_may_and_contacts_are_noted() {
    let mut door = Door::open(2);
    door.signs(0, 60);
    door.has_a_badge_key();
    let mut volunteer = door.server.enrolled(Role::Volunteer, "Amina");
    let mut auditor = door.server.enrolled(Role::Auditor, "Contrôle");
    let paper = |what: &str| format!("/api/events/{}/papers?what={what}", document(EVENT));
    for what in
        ["draft", "blank", "xlsx", "csv", "json", "attestations", "convocations", "badges", "contacts", "contacts_xlsx"]
    {
        let reply = door.staff.get(&paper(what));
        assert_eq!(reply.status, 200, "{what}: {}", String::from_utf8_lossy(&reply.body));
        assert!(reply.body.len() > 100, "{what}");
        assert_eq!(volunteer.get(&paper(what)).refusal(), (403, "role.forbidden".to_owned()), "{what}");
    }
    // A funder's auditor reads sheets of what was given to them, and no phone.
    assert_eq!(auditor.get(&paper("contacts")).refusal(), (404, "document.unknown".to_owned()));
    assert_eq!(auditor.post(&address(), &json!({ "plan": "" })).refusal(), (403, "role.forbidden".to_owned()));
    let mut admin = door.server.enrolled(Role::Staff, "Équipe");
    let noted = admin.get(&format!("/api/journal?action=contact_read&subject={}", document(EVENT)));
    assert_eq!(noted.json()["lines"].as_array().unwrap().len(), 2);
}

#[test]
fn a_trainer_in_two_places_a_full_room_and_a_signature_from_before_are_seen() {
    let mut door = Door::open(6);
    let event = document(EVENT);
    let set = |field, value: Value| Edit::SetField { document: event, row: None, field, value };
    door.hand.edit(&set(Field::Capacity, Value::Number(4)), START_MS).unwrap();
    let day_of = |slot, day: &str| Edit::SetField {
        document: event,
        row: Some(row(slot)),
        field: Field::Day,
        value: Value::from(day),
    };
    door.hand.edit(&day_of(SLOT, "2026-05-14"), START_MS).unwrap();
    let [day, starts, ends] = ["2026-05-14", "11:00", "13:00"].map(str::to_owned);
    let elsewhere = DocumentId([4; 16]);
    let slots = vec![NewSlot { slot: RowId([1; 8]), day, starts, ends }];
    let fields = [(Field::Title, Value::from("Ailleurs"))].into();
    door.hand.edit(&Edit::CreateEvent { event: elsewhere, fields, slots }, START_MS).unwrap();
    let trainer = NewTrainer { trainer: row(9), name: "NAIMA AIT-OUFKIR".to_owned() };
    door.hand.edit(&Edit::AddTrainer { event: elsewhere, trainer }, START_MS).unwrap();
    door.hand.keep(START_MS).unwrap();
    for n in 0..5 {
        door.signs(n, u64::from(n) * 60);
    }
    let plan = door.plan();
    assert_eq!(
        codes(&plan["anomalies"], "anomaly"),
        ["before_it_began", "over_capacity", "holiday", "trainer_elsewhere"]
    );
    assert_eq!(plan["anomalies"][2]["name"], "Ascension");
}

#[test]
fn a_badge_says_nothing_of_whom_it_is() {
    let mut door = Door::open(1);
    let asked = door.staff.get(&format!("/api/events/{}/papers?what=badges", document(EVENT)));
    assert_eq!(asked.refusal(), (409, "sheet.no_badge_key".to_owned()), "not with a key that everybody knows");
    door.has_a_badge_key();
    let badges =
        door.server.state.store.read_blocking(|db| sheet::paper(db, document(EVENT), sheet::Wanted::Badges, START_MS));
    assert!(badges.unwrap().bytes.starts_with(b"%PDF-"));
}
