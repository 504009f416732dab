//! An account's calendar: what a calendar program gets from its address, and for how long.

use serde_json::json;
use server::{hand::Hand, secret, storage::StoreError};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value},
    id::AccountId,
    role::Role,
    table::Table,
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
fn what_is_due_on_dossiers_is_in_the_calendars_of_those_who_follow_them() {
    let server = TestServer::start();
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    let call = document(4);
    // 18 November 2026, noon in France.
    let closes = 1_794_999_600_000_i64;
    let fields = [(Field::Title, Value::from("PRA/OSIM")), (Field::ClosesMs, Value::Number(closes))].into();
    hand.edit(&Edit::CreateCall { call, fields, sections: Vec::new() }, START_MS).unwrap();
    for (n, title, coordinator) in [(1, "Puits", "Amina"), (2, "École", ""), (3, "Route", "Samira")] {
        let mut fields = [(Field::Title, Value::from(title)), (Field::Stage, Value::from("idea"))].to_vec();
        fields.push((Field::Coordinator, Value::from(coordinator)));
        fields.push((Field::Call, Value::Text(call.to_string())));
        let dossier = document(n);
        hand.edit(&Edit::CreateDossier { dossier, fields: fields.into_iter().collect(), sections: vec![] }, START_MS)
            .unwrap();
        let report = [(Field::Label, "Compte rendu final".into()), (Field::Due, Value::from("2026-12-15"))].into();
        hand.edit(
            &Edit::AddRow { document: dossier, table: Table::Report, row: row(10 + n), fields: report },
            START_MS,
        )
        .unwrap();
    }
    hand.keep(START_MS).unwrap();
    let mut samira = server.enrolled(Role::Staff, "Samira");
    let mut amina = server.enrolled(Role::Coordinator, "Amina");
    let account: AccountId = amina.get("/api/session").json()["account"]["id"].as_str().unwrap().parse().unwrap();
    let todo = [
        (Field::Label, "Appeler Zahra Aboulkacem".into()),
        (Field::Due, Value::from("2026-11-30")),
        (Field::AssignedTo, Value::Text(account.to_string())),
    ];
    let edit = Edit::AddRow { document: document(3), table: Table::Todo, row: row(20), fields: todo.into() };
    hand.edit(&edit, START_MS).unwrap();
    hand.keep(START_MS).unwrap();
    let invite = json!({ "role": "volunteer", "name": "Badr", "documents": [document(3)] });
    let code = samira.post("/api/invites", &invite).json()["code"].as_str().unwrap().to_owned();
    let mut badr = server.stranger();
    assert_eq!(badr.enroll(&json!({ "code": code, "device_label": "Chrome" })).status, 200);

    let feed = |client: &mut Client| {
        let path = path_of(client);
        let reply = server.stranger().get(&path);
        assert_eq!(reply.status, 200);
        String::from_utf8(reply.body).unwrap().replace("\r\n ", "")
    };
    let said = |feed: &str| -> Vec<String> {
        let mut said: Vec<String> = feed
            .split("BEGIN:VEVENT")
            .skip(1)
            .map(|entry| {
                let line =
                    |key: &str| entry.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
                let day = line("DTSTART;VALUE=DATE:") + &line("DTSTART:");
                format!("{day} {}", line("SUMMARY:"))
            })
            .collect();
        said.sort();
        said
    };
    let amina_feed = feed(&mut amina);
    assert_eq!(
        said(&amina_feed),
        [
            "20261118T110000Z Clôture : PRA/OSIM",
            "20261130 À faire : Route",
            "20261201 Dans deux semaines : Compte rendu final — Puits",
            "20261201 Dans deux semaines : Compte rendu final — École",
            "20261215 Compte rendu final — Puits",
            "20261215 Compte rendu final — École",
        ]
    );
    assert!(!amina_feed.contains("Zahra"), "what somebody is to do may name people");
    // It was given to Badr, whoever accompanies it.
    assert_eq!(
        said(&feed(&mut badr)),
        [
            "20261118T110000Z Clôture : PRA/OSIM",
            "20261201 Dans deux semaines : Compte rendu final — Route",
            "20261215 Compte rendu final — Route",
        ]
    );
    // A report that was sent, and a to-do that is done, are due no more; what is filed waits for no call.
    for (row, field, value) in [(row(11), Field::Sent, "2026-11-01"), (row(20), Field::Done, "yes")] {
        let document = if row == self::row(20) { document(3) } else { document(1) };
        hand.edit(&Edit::SetField { document, row: Some(row), field, value: Value::from(value) }, START_MS).unwrap();
    }
    for n in 1..=3 {
        let (document, value) = (document(n), Value::from("filed"));
        hand.edit(&Edit::SetField { document, row: None, field: Field::Stage, value }, START_MS).unwrap();
    }
    hand.keep(START_MS).unwrap();
    let left = ["20261201 Dans deux semaines : Compte rendu final — École", "20261215 Compte rendu final — École"];
    assert_eq!(said(&feed(&mut amina)), left);
    assert!(server.state.store.read_blocking(server::verify::verify).unwrap().is_clean());
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
