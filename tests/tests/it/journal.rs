//! The journal: what is noted, who may read it, and that nobody changes it unseen.

use serde_json::{Value, json};
use server::{
    cli::{self, Console},
    qr::Paint,
    storage::{self, Place},
};
use shared::role::Role;
use tests::server::{Client, Plan, START_MS, TestServer};

/// The actions of the lines, the oldest first, with what stands behind the `?`.
fn actions(reader: &mut Client, filter: &str) -> Vec<String> {
    let lines = page(reader, filter)["lines"].as_array().expect("lines").clone();
    lines.iter().rev().map(|line| line["action"].as_str().expect("a word").to_owned()).collect()
}

fn page(reader: &mut Client, filter: &str) -> Value {
    let reply = reader.get(&format!("/api/journal{filter}"));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// What `tiwizi ...` prints, and whether it went well.
fn said(words: &[&str]) -> (bool, String) {
    let mut out = Vec::new();
    let went_well = cli::run_from(words.iter().copied(), &mut Console { out: &mut out, paint: Paint::Plain }).is_ok();
    (went_well, String::from_utf8(out).expect("text"))
}

#[test]
fn every_act_of_staff_is_noted_with_who_when_and_about_what() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let event = "0192f0c0-0000-7000-8000-000000000001";
    let invite =
        admin.post("/api/invites", &json!({ "role": "volunteer", "name": "Badr", "documents": [event] })).json();
    let mut badr = server.stranger();
    let session = badr.enroll(&json!({ "code": invite["code"] })).json();
    let (account, device) = (session["account"]["id"].as_str().unwrap(), session["device"]["id"].as_str().unwrap());
    let open = admin.post("/api/invites", &json!({ "role": "volunteer" })).json()["id"].clone();
    for (path, ask) in [
        (format!("/api/invites/{open}/withdraw"), Value::Null),
        (format!("/api/accounts/{account}/assign"), json!({ "document": event, "given": false })),
        // Said twice, done once, noted once.
        (format!("/api/accounts/{account}/assign"), json!({ "document": event, "given": false })),
        (format!("/api/accounts/{account}/assign"), json!({ "document": event, "given": true })),
        (format!("/api/accounts/{account}/disable"), json!({ "disabled": true })),
        (format!("/api/accounts/{account}/disable"), json!({ "disabled": false })),
        (format!("/api/devices/{device}/revoke"), Value::Null),
    ] {
        assert_eq!(admin.post(&path, &ask).status, 204, "{path}");
    }
    // What was refused was not done.
    let unknown = "0192f0c0-0000-7000-8000-0000000000ff";
    assert_eq!(admin.post(&format!("/api/devices/{unknown}/revoke"), &Value::Null).status, 404);

    let all = [
        "recovery_invite",
        "device_enrolled",
        "passkey_added",
        "invite_made",
        "device_enrolled",
        "invite_made",
        "invite_withdrawn",
        "taken_back",
        "given",
        "account_closed",
        "account_opened",
        "device_revoked",
    ];
    assert_eq!(actions(&mut admin, ""), all);
    let page = page(&mut admin, "?action=taken_back");
    let line = &page["lines"][0];
    assert_eq!((&line["at_ms"], &line["name"], &line["subject"]), (&json!(START_MS), &json!("Amina"), &json!(account)));
    assert_eq!(line["detail"], json!({ "document": event }));
    // Names are looked up when it is read; the journal itself holds ids.
    assert_eq!(page["names"][account], "Badr");
    assert_eq!(
        actions(&mut admin, &format!("?subject={account}")),
        ["taken_back", "given", "account_closed", "account_opened"]
    );
    assert_eq!(actions(&mut admin, &format!("?account={account}")), ["device_enrolled"]);
    let fourth = self::page(&mut admin, "")["lines"][8]["number"].clone();
    assert_eq!(
        actions(&mut admin, &format!("?before={fourth}")),
        ["recovery_invite", "device_enrolled", "passkey_added"]
    );
    assert_eq!(admin.get("/api/journal?before=x").code(), "request.malformed");
}

#[test]
fn the_journal_is_for_those_whom_the_table_lets_read_it() {
    let server = TestServer::start();
    for role in Role::ALL {
        let mut reader = server.enrolled(role, role.as_str());
        let may = role.may(shared::permission::Capability::ReadJournal);
        assert_eq!(reader.get("/api/journal").status, if may { 200 } else { 403 }, "{role:?}");
    }
    assert_eq!(server.stranger().get("/api/journal").status, 401);
}

#[test]
fn a_line_that_was_changed_or_taken_out_is_named() {
    for (tampering, broken) in [
        ("UPDATE journal SET subject = '7' WHERE number = 2", 2),
        ("UPDATE journal SET at_ms = at_ms - 1 WHERE number = 3", 3),
        ("DELETE FROM journal WHERE number = 1", 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let place = Place::in_folder(folder.path()).unwrap();
        let mut server = TestServer::with(Plan { place: place.clone(), ..Plan::default() });
        let mut admin = server.enrolled(Role::Admin, "Amina");
        admin.post("/api/invites", &json!({ "role": "volunteer", "name": "Badr" }));
        server.stop();
        let (_, printed) = said(&["tiwizi", "export", &format!("{data}/files"), "--data", data]);
        assert!(printed.contains("0 documents"), "{printed}");
        let (clean, printed) = said(&["tiwizi", "verify", "--data", data]);
        assert!(clean && printed.contains("5 lignes du journal vérifiées"), "{printed}");

        storage::connect(&place).unwrap().execute(tampering, []).unwrap();
        let (clean, printed) = said(&["tiwizi", "verify", "--data", data]);
        assert!(!clean && printed.contains(&format!("la ligne {broken} du journal")), "{tampering}: {printed}");
    }
}
