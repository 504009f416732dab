//! An account's calendar: what a calendar program gets from its address, and for how long.

use serde_json::json;
use server::{hand::Hand, secret, storage::StoreError};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value},
    id::AccountId,
    role::Role,
};
use tests::server::{Client, START_MS, TestServer};

use crate::rules::{document, row};

/// `address` without the origin.
fn path_of(client: &mut Client) -> String {
    let address = client.post("/api/calendar", &json!({})).json()["address"].as_str().expect("an address").to_owned();
    let at = address.find("/api/").expect("a path");
    address[at..].to_owned()
}

#[test]
fn a_volunteer_has_the_assigned_events_in_any_calendar_and_nobody_is_named_there() {
    let server = TestServer::start();
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    let long =
        "Atelier d’écriture : de l’idée au dossier, deuxième journée, avec les associations de Tiznit et de Taroudant";
    for (n, title) in [(1, long), (2, "Réunion, salle; haute\\basse"), (3, "Ailleurs")] {
        let fields = [(Field::Title, Value::from(title)), (Field::Place, Value::from("Maison du Maroc"))];
        let [day, starts, ends] = ["2026-03-29", "09:00", "12:30"].map(str::to_owned);
        let slots = vec![NewSlot { slot: row(5), day, starts, ends }];
        hand.edit(&Edit::CreateEvent { event: document(n), fields: fields.into(), slots }, START_MS).unwrap();
    }
    let given = "Zahra".to_owned();
    let new = NewPerson { given, family: "Aboulkacem".to_owned(), ..NewPerson::default() };
    hand.edit(&Edit::CreatePerson { person: document(9), new, notice_read: true }, START_MS).unwrap();
    hand.edit(&Edit::AddToRoster { event: document(1), person: document(9) }, START_MS).unwrap();
    hand.keep(START_MS).unwrap();

    let mut staff = server.enrolled(Role::Staff, "Samira");
    let invite = json!({ "role": "volunteer", "name": "Badr", "documents": [document(1), document(2)] });
    let code = staff.post("/api/invites", &invite).json()["code"].as_str().unwrap().to_owned();
    let mut badr = server.stranger();
    assert_eq!(badr.enroll(&json!({ "code": code, "device_label": "Chrome" })).status, 200);

    let path = path_of(&mut badr);
    let mut program = server.stranger();
    let reply = program.get(&path);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
    let text = String::from_utf8(reply.body.clone()).unwrap();
    assert!(text.lines().count() == text.matches("\r\n").count(), "every line ends as RFC 5545 has it");
    assert!(text.lines().all(|line| line.len() <= 75), "and is folded: {text}");
    let unfolded = text.replace("\r\n ", "");
    assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 2, "those that Badr is assigned to: {unfolded}");
    assert!(unfolded.contains(&format!("SUMMARY:{}", long.replace(',', "\\,"))), "{unfolded}");
    assert!(unfolded.contains("SUMMARY:Réunion\\, salle\\; haute\\\\basse"), "{unfolded}");
    // Clocks in France went forward that night: nine o'clock is seven in UTC.
    assert_eq!(unfolded.matches("DTSTART:20260329T070000Z").count(), 2, "{unfolded}");
    assert_eq!(unfolded.matches("LOCATION:Maison du Maroc").count(), 2);
    for word in ["Zahra", "Aboulkacem", "Ailleurs"] {
        assert!(!unfolded.contains(word), "{word} is nobody's business here");
    }

    let newer = path_of(&mut badr);
    assert_eq!(program.get(&path).refusal().0, 404, "the address before is nobody's");
    assert_eq!(program.get(&newer).status, 200);
    assert_eq!(badr.post("/api/calendar/end", &json!({})).status, 204);
    assert_eq!(program.get(&newer).refusal().0, 404);
}

#[test]
fn a_calendar_address_opens_nothing_else_and_ends_with_its_owner() {
    let server = TestServer::start();
    let mut amina = server.enrolled(Role::Coordinator, "Amina");
    let mut admin = server.enrolled(Role::Admin, "Samira");
    let path = path_of(&mut amina);
    let token = path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(token.len(), 32, "128 bits");
    // Whoever reads the database finds a hash.
    let account: AccountId = amina.get("/api/session").json()["account"]["id"].as_str().unwrap().parse().unwrap();
    let kept = server.state.store.read_blocking(|db| {
        let mut statement = db.prepare("SELECT account_id, hash FROM calendar")?;
        let rows = statement.query_map([], |row| Ok((AccountId(row.get(0)?), row.get::<_, [u8; 32]>(1)?)))?;
        Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    });
    assert_eq!(kept.unwrap(), [(account, secret::hash(token.as_bytes()))]);
    // It is no credential, and has no verb but one.
    let mut thief = server.stranger();
    thief.cookie = Some(format!("tiwizi={token}"));
    assert_eq!(thief.get("/api/session").status, 401);
    for method in ["POST", "PUT", "DELETE"] {
        assert!(thief.send(method, &path, None).status >= 400, "{method}");
    }
    // A closed account has no calendar.
    let status = || server.stranger().get(&path).status;
    assert_eq!(status(), 200);
    let disable = format!("/api/accounts/{account}/disable");
    assert_eq!(admin.post(&disable, &json!({ "disabled": true })).status, 204);
    assert_eq!(status(), 404);
    assert_eq!(admin.post(&disable, &json!({ "disabled": false })).status, 204);
    assert_eq!(status(), 200);
    assert_eq!(server.stranger().get("/api/calendar/00000000000000000000000000000000").status, 404);
}
