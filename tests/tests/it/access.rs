//! Coming in, what each role may do, and going out.

use serde_json::{Value, json};
use server::{
    cli::{self, Console},
    config::AppSource,
    guesses::{GUESS_BACK_MS, GUESSES_MAX},
    passkeys::{CEREMONY_MS, FACTOR_MS},
    proof::TOLERANCE_MS,
    qr::Paint,
    storage::{Place, StoreError, access::REISSUE_MS},
};
use shared::{id::DocumentId, role::Role};
use tests::{
    passkey::SoftPasskey,
    server::{Client, HOUR_MS, Plan, Reply, SECOND_MS, START_MS, TestServer, filled, routes},
};

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn document(n: u8) -> DocumentId {
    DocumentId([n; 16])
}

/// An invite made by somebody over the API; its code.
fn invited(host: &mut Client, ask: &Value) -> String {
    let reply = host.post("/api/invites", ask);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["code"].as_str().expect("a code").to_owned()
}

fn id(reply: &Reply, of: &str) -> String {
    reply.json()[of]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_invite_lets_one_phone_in_and_says_who_it_is() {
    let server = TestServer::start();
    let mut phone = server.stranger();
    let reply = phone.enroll(&json!({ "code": server.console_invite(Role::Admin), "name": "  Amina \n Aït Ali " }));
    assert_eq!(reply.status, 200);
    let session = phone.get("/api/session").json();
    assert_eq!(session, reply.json());
    assert_eq!(session["account"]["name"], "Amina Aït Ali");
    assert_eq!(session["account"]["role"], "admin");
    assert_eq!(session["account"]["language"], "fr");
    assert_eq!(session["device"]["label"], "Chrome, Android");
    assert_eq!(session["server"]["epoch"], 1);
    assert_eq!(session["server"]["now_ms"], START_MS);
    assert_eq!(session["server"]["protocol"], shared::wire::PROTOCOL);
    assert_eq!(session["server"]["identity"].as_str().map(str::len), Some(32));
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let server = TestServer::start();
    let code = server.console_invite(Role::Volunteer);
    let typed = format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
    let reply = server.stranger().enroll(&json!({ "code": typed, "name": "Badr" }));
    assert_eq!(reply.status, 200, "{typed:?} for {code}");
}

#[test]
fn an_invite_works_once() {
    let server = TestServer::start();
    let code = server.console_invite(Role::Volunteer);
    let first = server.stranger().enroll(&json!({ "code": code, "name": "Amina" }));
    assert_eq!(first.status, 200);
    let second = server.stranger().enroll(&json!({ "code": code, "name": "Badr", "attempt": "11".repeat(16) }));
    assert_eq!(second.refusal(), refused(409, "invite.used"));
    assert_eq!(second.header("set-cookie"), None);
    assert_eq!(server.devices().len(), 1);
}

#[test]
fn an_invite_expires() {
    let server = TestServer::start();
    let code = server.console_invite(Role::Volunteer);
    server.time.pass(72 * HOUR_MS - 1);
    let other = server.console_invite(Role::Volunteer);
    assert_eq!(server.stranger().enroll(&json!({ "code": other, "name": "Amina" })).status, 200);
    server.time.pass(1);
    let late = server.stranger().enroll(&json!({ "code": code, "name": "Badr" }));
    assert_eq!(late.refusal(), refused(410, "invite.expired"));
}

#[test]
fn an_invite_can_be_taken_back() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let code = invited(&mut admin, &json!({ "role": "volunteer", "hours": 2 }));
    let invites = admin.get("/api/invites").json();
    assert_eq!(invites[0]["state"], "open");
    assert_eq!(invites[0]["created_by"], "Amina");
    assert_eq!(invites[0]["expires_ms"], START_MS + 2 * HOUR_MS);
    let withdraw = format!("/api/invites/{}/withdraw", invites[0]["id"]);
    assert_eq!(admin.post(&withdraw, &Value::Null).status, 204);
    let reply = server.stranger().enroll(&json!({ "code": code, "name": "Badr" }));
    assert_eq!(reply.refusal(), refused(410, "invite.withdrawn"));
    assert_eq!(admin.post(&withdraw, &Value::Null).refusal(), refused(404, "invite.unknown"));
    let invites = admin.get("/api/invites").json();
    assert_eq!([&invites[0]["state"], &invites[1]["state"]], ["withdrawn", "used"]);
    assert_eq!(invites[1]["used_by"], "Amina");
}

#[test]
fn a_reply_lost_on_the_way_locks_nobody_out() {
    let server = TestServer::start();
    let code = server.console_invite(Role::Volunteer);
    let ask = json!({ "code": code, "name": "Amina", "attempt": "ab".repeat(16) });
    let mut lost = server.stranger();
    let first = lost.enroll(&ask);
    server.time.pass(REISSUE_MS);
    // The same browser: it has the same key.
    let mut phone = lost.clone();
    let again = phone.enroll(&ask);
    assert_eq!(again.status, 200);
    assert_eq!(id(&first, "device"), id(&again, "device"));
    assert_eq!(id(&first, "account"), id(&again, "account"));
    assert_eq!(phone.get("/api/session").status, 200);
    // The credential that nobody received opens nothing.
    assert_eq!(lost.get("/api/session").refusal(), refused(401, "session.none"));
    server.time.pass(1);
    assert_eq!(server.stranger().enroll(&ask).refusal(), refused(409, "invite.used"));
    assert_eq!(server.devices().len(), 1);
}

#[test]
fn an_attempt_is_not_repeated_for_a_device_that_was_revoked() {
    let server = TestServer::start();
    let ask = json!({ "code": server.console_invite(Role::Volunteer), "name": "Amina" });
    let mut phone = server.stranger();
    phone.enroll(&ask);
    assert_eq!(phone.post("/api/session/end", &Value::Null).status, 204);
    assert_eq!(server.stranger().enroll(&ask).refusal(), refused(409, "invite.used"));
}

#[test]
fn somebody_without_a_name_is_asked_for_it() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let code = invited(&mut admin, &json!({ "role": "volunteer" }));
    for (name, expected) in [
        (Value::Null, refused(422, "enroll.name_missing")),
        (json!(" \u{a0}\n"), refused(422, "enroll.name_missing")),
        (json!("n".repeat(201)), refused(422, "enroll.name_too_long")),
    ] {
        let reply = server.stranger().enroll(&json!({ "code": code, "name": name }));
        assert_eq!(reply.refusal(), expected);
    }
    // None of it has spent the invite.
    assert_eq!(server.stranger().enroll(&json!({ "code": code, "name": "Badr" })).status, 200);
    let code = invited(&mut admin, &json!({ "role": "volunteer", "name": "Chérifa" }));
    assert_eq!(server.stranger().enroll(&json!({ "code": code })).json()["account"]["name"], "Chérifa");
}

#[test]
fn a_second_phone_joins_the_account() {
    let server = TestServer::start();
    let mut coordinator = server.enrolled(Role::Coordinator, "Amina");
    let me = id(&coordinator.get("/api/session"), "account");
    // For oneself, whatever one's role; the role asked for is not the one given.
    let code = invited(&mut coordinator, &json!({ "role": "admin", "account": me }));
    let reply = server.stranger().enroll(&json!({ "code": code, "name": "Somebody" }));
    assert_eq!(id(&reply, "account"), me);
    assert_eq!(reply.json()["account"]["name"], "Amina");
    assert_eq!(reply.json()["account"]["role"], "coordinator");
    assert_eq!(server.devices().len(), 2);
    // For somebody above oneself it would be a way up.
    let admin = id(&server.enrolled(Role::Admin, "Badr").get("/api/session"), "account");
    let reply = coordinator.post("/api/invites", &json!({ "role": "volunteer", "account": admin }));
    assert_eq!(reply.refusal(), refused(403, "role.forbidden"));
    let nobody = "00000000-0000-0000-0000-000000000000";
    let reply = coordinator.post("/api/invites", &json!({ "role": "volunteer", "account": nobody }));
    assert_eq!(reply.refusal(), refused(404, "account.unknown"));
}

#[test]
fn the_credential_is_out_of_reach_of_scripts_and_other_sites() {
    let attributes = |url, name| {
        let server = TestServer::with(Plan { public_url: Some(url), ..Plan::default() });
        let mut phone = server.stranger();
        let reply = phone.enroll(&json!({ "code": server.console_invite(Role::Admin), "name": "Amina" }));
        let cookie = reply.header("set-cookie").expect("a cookie").to_owned();
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        assert_eq!(phone.get("/api/session").header("set-cookie"), Some(cookie.as_str()), "sent anew, the same");
        cookie.split_once("; ").expect("attributes").1.to_owned()
    };
    assert_eq!(attributes("http://localhost:8080", "tiwizi"), "HttpOnly; SameSite=Strict; Path=/; Max-Age=34560000");
    assert_eq!(
        attributes("https://tiwizi.example", "__Host-tiwizi"),
        "HttpOnly; SameSite=Strict; Path=/; Max-Age=34560000; Secure"
    );
}

#[test]
fn a_wrong_credential_is_no_credential() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Admin, "Amina");
    let cookie = phone.cookie.clone().expect("a cookie");
    let (start, last) = cookie.split_at(cookie.len() - 1);
    let flipped = format!("{start}{}", if last == "0" { "1" } else { "0" });
    for wrong in [flipped, start.to_owned(), "tiwizi=".to_owned(), "tiwizi=x.y".to_owned(), "other=1".to_owned()] {
        phone.cookie = Some(wrong.clone());
        assert_eq!(phone.get("/api/session").refusal(), refused(401, "session.none"), "{wrong}");
    }
    // Other cookies of the same host do not hide ours.
    phone.cookie = Some(format!("a=b; {cookie}; tiwizi2=c"));
    assert_eq!(phone.get("/api/session").status, 200);
}

#[test]
fn wrong_codes_run_out_but_a_roomful_of_right_ones_does_not() {
    let server = TestServer::start();
    for n in 0..2 * GUESSES_MAX {
        let reply = server
            .stranger()
            .enroll(&json!({ "code": server.console_invite(Role::Volunteer), "name": format!("{n}") }));
        assert_eq!(reply.status, 200);
    }
    for _ in 0..GUESSES_MAX {
        let reply = server.stranger().enroll(&json!({ "code": "0000-0000-0000", "name": "Eve" }));
        assert_eq!(reply.refusal(), refused(404, "invite.unknown"));
    }
    let reply = server.stranger().enroll(&json!({ "code": "nonsense", "name": "Eve" }));
    assert_eq!(reply.refusal(), refused(429, "enroll.slow_down"));
    assert_eq!(reply.header("retry-after"), Some("30"));
    // Without a trusted proxy the header is anybody's word.
    let reply = server.stranger().with("x-forwarded-for", "192.0.2.1").enroll(&json!({ "code": "nonsense" }));
    assert_eq!(reply.status, 429);
    server.time.pass(GUESS_BACK_MS);
    let code = server.console_invite(Role::Volunteer);
    assert_eq!(server.stranger().enroll(&json!({ "code": code, "name": "Amina" })).status, 200);
}

#[test]
fn behind_a_trusted_proxy_each_phone_has_its_own_guesses() {
    let server = TestServer::with(Plan { proxy: server::config::Proxy::Trusted, ..Plan::default() });
    let guess = |address: &str| {
        server.stranger().with("x-forwarded-for", address).enroll(&json!({ "code": "nonsense" })).status
    };
    for n in 0..GUESSES_MAX {
        assert_eq!(guess(&format!("203.0.113.{n}, 192.0.2.1")), 404);
    }
    assert_eq!(guess("203.0.113.99, 192.0.2.1"), 429);
    assert_eq!(guess("192.0.2.1, 192.0.2.2"), 404);
}

/// What each role hears at each address: the whole table of permissions.
#[test]
fn each_role_may_do_its_own() {
    let server = TestServer::start();
    let mut victim = server.enrolled(Role::Volunteer, "Victim");
    let session = victim.get("/api/session");
    let (account, device) = (id(&session, "account"), id(&session, "device"));
    let invite = |role: &str| ("/api/invites".to_owned(), Some(json!({ "role": role })));
    let asks = [
        ("invite volunteer", invite("volunteer")),
        ("invite coordinator", invite("coordinator")),
        ("invite staff", invite("staff")),
        ("invite admin", invite("admin")),
        ("invite auditor", invite("auditor")),
        ("list invites", ("/api/invites".to_owned(), None)),
        ("list devices", ("/api/devices".to_owned(), None)),
        ("list accounts", ("/api/accounts".to_owned(), None)),
        (
            "assign",
            (format!("/api/accounts/{account}/assign"), Some(json!({ "document": document(1), "given": true }))),
        ),
        ("disable", (format!("/api/accounts/{account}/disable"), Some(json!({ "disabled": false })))),
        ("revoke volunteer", (format!("/api/devices/{device}/revoke"), Some(Value::Null))),
    ];
    let mut table = String::new();
    let mut clients = Role::ALL.map(|role| server.enrolled(role, role.as_str()));
    for (what, (path, body)) in &asks {
        table += &format!("{what:<20}");
        for client in &mut clients {
            let reply = match body {
                Some(body) => client.post(path, body),
                None => client.get(path),
            };
            table += match reply.refusal() {
                (200 | 204, _) => " yes",
                (403, code) if code == "role.forbidden" => "  - ",
                other => panic!("{what}: {other:?}"),
            };
        }
        table = table.trim_end().to_owned() + "\n";
    }
    let expected = "
invite volunteer      -  yes yes yes  -
invite coordinator    -   -  yes yes  -
invite staff          -   -   -  yes  -
invite admin          -   -   -  yes  -
invite auditor        -   -  yes yes  -
list invites          -  yes yes yes  -
list devices          -  yes yes yes  -
list accounts         -  yes yes yes  -
assign                -  yes yes yes  -
disable               -  yes yes yes  -
revoke volunteer      -  yes yes yes  -
";
    assert_eq!(table, expected.trim_start(), "\n{table}");
    assert_eq!(victim.get("/api/session").refusal(), refused(401, "device.revoked"));
}

#[test]
fn nobody_ends_the_access_of_somebody_above_them() {
    let server = TestServer::start();
    let device = |client: &mut Client| id(&client.get("/api/session"), "device");
    let mut coordinator = server.enrolled(Role::Coordinator, "Amina");
    let mut peer = server.enrolled(Role::Coordinator, "Badr");
    let mut admin = server.enrolled(Role::Admin, "Chérifa");
    for above in [&mut peer, &mut admin] {
        let reply = coordinator.post(&format!("/api/devices/{}/revoke", device(above)), &Value::Null);
        assert_eq!(reply.refusal(), refused(403, "role.forbidden"));
        assert_eq!(above.get("/api/session").status, 200);
    }
    let nobody = "/api/devices/00000000-0000-0000-0000-000000000000/revoke";
    assert_eq!(admin.post(nobody, &Value::Null).refusal(), refused(404, "device.unknown"));
    let reply = admin.post(&format!("/api/devices/{}/revoke", device(&mut coordinator)), &Value::Null);
    assert_eq!(reply.status, 204);
    assert_eq!(coordinator.get("/api/devices").refusal(), refused(401, "device.revoked"));
}

#[test]
fn leaving_ends_the_device_and_forgets_the_credential() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let cookie = phone.cookie.clone();
    let reply = phone.post("/api/session/end", &Value::Null);
    assert_eq!(reply.header("set-cookie"), Some("tiwizi=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
    assert_eq!(phone.cookie, None);
    phone.cookie = cookie;
    assert_eq!(phone.get("/api/session").refusal(), refused(401, "device.revoked"));
    assert_eq!(server.devices()[0].revoked_ms, Some(START_MS));
}

#[test]
fn a_closed_account_is_closed_on_all_its_devices_until_it_is_opened_again() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut phone = server.enrolled(Role::Volunteer, "Badr");
    let account = id(&phone.get("/api/session"), "account");
    let mut stream = phone.listen();
    assert_eq!(stream.event().as_deref(), Some("poke 0"));
    let path = format!("/api/accounts/{account}/disable");
    assert_eq!(admin.post(&path, &json!({ "disabled": true })).status, 204);
    assert_eq!(stream.event(), None, "the stream ends with the access");
    assert_eq!(phone.get("/api/session").refusal(), refused(401, "account.disabled"));
    assert_eq!(admin.get("/api/accounts").json()[1]["disabled"], true);
    assert_eq!(admin.post(&path, &json!({ "disabled": false })).status, 204);
    assert_eq!(phone.get("/api/session").status, 200);
}

#[test]
fn devices_are_listed_with_what_is_known_of_them() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    server.time.pass(1);
    let _badr = server.enrolled(Role::Volunteer, "Badr");
    let devices = admin.get("/api/devices").json();
    let names: Vec<_> = devices.as_array().expect("a list").iter().map(|row| &row["account_name"]).collect();
    assert_eq!(names, ["Amina", "Badr"]);
    assert_eq!(devices[1]["role"], "volunteer");
    assert_eq!(devices[1]["label"], "Chrome, Android");
    assert_eq!(devices[1]["created_ms"], START_MS + 1);
    assert_eq!(devices[1].get("unsent"), None, "it has never exchanged");
}

#[test]
fn an_invite_hands_its_documents_over() {
    let server = TestServer::start();
    let mut coordinator = server.enrolled(Role::Coordinator, "Amina");
    let documents = [document(1), document(2), document(1)];
    let code = invited(&mut coordinator, &json!({ "role": "volunteer", "documents": documents }));
    assert_eq!(server.stranger().enroll(&json!({ "code": code, "name": "Badr" })).status, 200);
    let accounts = coordinator.get("/api/accounts").json();
    assert_eq!(accounts[1]["name"], "Badr");
    assert_eq!(accounts[1]["documents"], json!([document(1), document(2)]));
    let many: Vec<_> = (0..65).map(document).collect();
    let reply = coordinator.post("/api/invites", &json!({ "role": "volunteer", "documents": many }));
    assert_eq!(reply.refusal(), refused(400, "request.malformed"));
}

#[test]
fn what_is_given_or_taken_back_pokes_those_concerned() {
    let server = TestServer::start();
    let mut coordinator = server.enrolled(Role::Coordinator, "Amina");
    let mut badr = server.enrolled(Role::Volunteer, "Badr");
    let cherifa = server.enrolled(Role::Volunteer, "Chérifa");
    let (mut at_badr, mut at_cherifa, mut at_amina) = (badr.listen(), cherifa.listen(), coordinator.listen());
    for stream in [&mut at_badr, &mut at_cherifa, &mut at_amina] {
        assert_eq!(stream.event().as_deref(), Some("poke 0"), "where the server stands");
    }
    let path = format!("/api/accounts/{}/assign", id(&badr.get("/api/session"), "account"));
    let give = json!({ "document": document(1), "given": true });
    assert_eq!(coordinator.post(&path, &give).status, 204);
    assert_eq!(coordinator.post(&path, &give).status, 204, "repeating it changes nothing");
    assert_eq!(at_badr.event().as_deref(), Some("poke 1"));
    // News of the document itself reach Badr and the coordinator; Chérifa hears only of what concerns her.
    server.state.pokes.publish([document(1)].into(), 7);
    server.state.pokes.publish_scope(
        serde_json::from_value(cherifa.clone().get("/api/session").json()["account"]["id"].clone()).expect("an id"),
        9,
    );
    assert_eq!(at_badr.event().as_deref(), Some("poke 7"));
    assert_eq!(at_amina.event().as_deref(), Some("poke 7"));
    assert_eq!(at_cherifa.event().as_deref(), Some("poke 9"));
    let take = json!({ "document": document(1), "given": false });
    assert_eq!(coordinator.post(&path, &take).status, 204);
    assert_eq!(at_badr.event().as_deref(), Some("poke 2"));
    let nobody = "/api/accounts/00000000-0000-0000-0000-000000000000/assign";
    assert_eq!(coordinator.post(nobody, &give).refusal(), refused(404, "account.unknown"));
}

#[test]
fn what_one_settles_of_what_was_set_aside_all_who_judge_hear_of() {
    let server = TestServer::start();
    let mut karima = server.enrolled(Role::Staff, "Karima");
    let amina = server.enrolled(Role::Admin, "Amina");
    let mut badr = server.enrolled(Role::Volunteer, "Badr");
    let (mut at_amina, mut at_badr) = (amina.listen(), badr.listen());
    assert_eq!(at_amina.event().as_deref(), Some("poke 0"));
    assert_eq!(at_badr.event().as_deref(), Some("poke 0"));
    let numbers = json!([7]);
    let asks = [
        ("/api/quarantine/judge", json!({ "numbers": numbers, "accept": true })),
        ("/api/quarantine/reopen", json!({ "numbers": numbers, "reason": "Jugé trop vite" })),
        ("/api/quarantine/assign", json!({ "numbers": numbers, "account": null })),
    ];
    for (path, ask) in &asks {
        assert_eq!(badr.post(path, ask).refusal(), refused(403, "role.forbidden"), "{path}");
        let status = karima.post(path, ask).status;
        assert!(matches!(status, 200 | 204), "{path}: {status}");
        assert_eq!(at_amina.event().as_deref(), Some("poke 0"), "{path}");
    }
    // What takes an acceptance back stands in the record with its reason.
    let silent = json!({ "numbers": numbers, "reason": " " });
    assert_eq!(karima.post("/api/quarantine/reopen", &silent).refusal(), refused(400, "request.malformed"));
    // Badr has heard nothing of it: the next that he hears is his own.
    let account = id(&badr.get("/api/session"), "account");
    let give = json!({ "document": document(1), "given": true });
    assert_eq!(karima.post(&format!("/api/accounts/{account}/assign"), &give).status, 204);
    assert_eq!(at_badr.event().as_deref(), Some("poke 1"));
}

#[test]
fn a_revoked_phone_hears_nothing_more() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut phone = server.enrolled(Role::Volunteer, "Badr");
    let mut stream = phone.listen();
    assert_eq!(stream.event().as_deref(), Some("poke 0"));
    let device = id(&phone.get("/api/session"), "device");
    assert_eq!(admin.post(&format!("/api/devices/{device}/revoke"), &Value::Null).status, 204);
    assert_eq!(stream.event(), None);
    assert_eq!(phone.get("/api/pokes").refusal(), refused(401, "device.revoked"));
}

/// Everything that a thief of the file would read.
fn bytes_of(folder: &std::path::Path) -> Vec<u8> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.into_iter().flat_map(|file| std::fs::read(file).expect("a file")).collect()
}

#[test]
fn no_secret_is_on_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::in_folder(folder.path()).expect("a place");
    let mut server = TestServer::with(Plan { place, ..Plan::default() });
    let unused = server.console_invite(Role::Staff);
    let (used, attempt) = (server.console_invite(Role::Admin), "5ec3e7a77e4d7b0ad5ec3e7a77e4d7b0");
    let mut phone = server.stranger();
    assert_eq!(phone.enroll(&json!({ "code": used, "name": "Amina", "attempt": attempt })).status, 200);
    let cookie = phone.cookie.expect("a cookie");
    let secret = cookie.split_once('.').expect("an id and a secret").1;
    let raw: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&secret[2 * n..2 * n + 2], 16).expect("hex")).collect();
    let check = |bytes: &[u8]| {
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(holds(b"Amina"), "we look where the rest would be");
        for code in [&unused, &used] {
            assert!(!holds(code.as_bytes()) && !holds(code.replace('-', "").as_bytes()), "{code}");
        }
        for part in [secret.as_bytes(), &raw, attempt.as_bytes()] {
            assert!(!holds(part));
        }
    };
    check(&bytes_of(folder.path()));
    server.stop();
    check(&bytes_of(folder.path()));
}

/// What a command prints.
fn said(words: &[&str]) -> String {
    let mut out = Vec::new();
    let mut console = Console { out: &mut out, paint: Paint::Plain };
    cli::run_from(words.iter().copied(), &mut console).expect("a command that works");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_operator_invites_while_the_server_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::in_folder(folder.path()).expect("a place");
    let server = TestServer::with(Plan { place, clock: Some(server::clock::Clock::system()), ..Plan::default() });
    let path = folder.path().to_str().expect("a path");
    let words = [
        "tiwizi",
        "invite",
        "--role",
        "equipe",
        "--name",
        "Amina",
        "--data",
        path,
        "--public-url",
        "https://t.example",
    ];
    let text = said(&words);
    assert!(text.contains("Invitation (équipe), valable 72 h"), "{text}");
    let code = text.split("https://t.example/#/join/").nth(1).expect("a link").lines().next().expect("a code");
    assert!(text.contains('█') && text.contains(&format!("Ou à saisir dans l’application : {code}")), "{text}");
    let session = server.stranger().enroll(&json!({ "code": code })).json();
    assert_eq!([&session["account"]["name"], &session["account"]["role"]], ["Amina", "staff"]);
}

#[test]
fn a_wrong_command_is_explained() {
    let mut out = Vec::new();
    for (words, explanation) in [
        (&["tiwizi", "invite", "--role", "chef"][..], "rôle inconnu"),
        (&["tiwizi", "invite", "--role", "admin", "--hours", "9999"], "9999"),
        (&["tiwizi", "serve", "--public-url", "exemple.org"], "adresse attendue"),
    ] {
        let mut console = Console { out: &mut out, paint: Paint::Plain };
        let error = cli::run_from(words.iter().copied(), &mut console).expect_err("a refusal");
        assert!(error.to_string().contains(explanation), "{error}");
    }
    assert!(out.is_empty());
}

#[test]
fn an_account_survives_a_restart() {
    let place = Place::in_memory().expect("memory");
    let mut server = TestServer::with(Plan { place: place.clone(), ..Plan::default() });
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let before = phone.get("/api/session").json();
    server.stop();
    let server = TestServer::with(Plan { place, app: AppSource::BuiltIn, ..Plan::default() });
    server.time.pass(SECOND_MS);
    let mut again = server.stranger();
    (again.cookie, again.signer) = (phone.cookie.take(), phone.signer.take());
    let after = again.get("/api/session").json();
    assert_eq!(after["account"], before["account"]);
    assert_eq!(after["server"]["identity"], before["server"]["identity"]);
}

/// Open to everybody, signed in or not.
const OPEN: [&str; 8] = [
    "GET /healthz",
    "GET /metrics",
    "POST /api/enroll",
    // Whoever holds a printed sheet; a calendar program, by a secret address.
    "GET /api/check/{code}",
    "GET /api/calendar/{token}",
    // Whoever has the link of an event.
    "GET /api/register/{token}",
    "POST /api/register/{token}",
    // What there is for other programs: it tells nothing of anybody.
    "GET /api/v1/openapi.json",
];
/// Open to a device that has not yet a key: it brings one.
const BINDS: &str = "POST /api/session/key";

/// Checks that every route but the open ones, and those of `except`, refuses with that.
fn refuses_everywhere(client: &mut Client, status: u16, code: &str, except: &[&str]) {
    for (method, path) in routes() {
        let is_open = OPEN.contains(&format!("{method} {path}").as_str());
        let path = filled(&path);
        let route = format!("{method} {path}");
        if !is_open && !except.contains(&route.as_str()) {
            let body = (method != "GET").then_some(("application/json", &b"{}"[..]));
            assert_eq!(client.send(method, &path, body).refusal(), refused(status, code), "{route}");
        }
    }
}

#[test]
fn a_copied_cookie_opens_nothing() {
    let server = TestServer::start();
    let owner = server.enrolled(Role::Admin, "Amina");
    let mut thief = server.stranger();
    thief.cookie = owner.cookie.clone();
    // With a key of the thief's own, which the server knows as another device's or not at all.
    refuses_everywhere(&mut thief, 401, "proof.wrong", &[BINDS]);
    thief.signer = server.enrolled(Role::Admin, "Eve").signer;
    refuses_everywhere(&mut thief, 401, "proof.wrong", &[BINDS]);
    thief.signer = None;
    refuses_everywhere(&mut thief, 401, "proof.missing", &[BINDS]);
    // Nor can the thief bring a key: the device has its own.
    let key = json!({ "public_key": server.stranger().signer.expect("a key").public_key() });
    assert_eq!(thief.post("/api/session/key", &key).refusal(), refused(401, "proof.wrong"));
    assert_eq!(owner.clone().get("/api/session").status, 200);
}

#[test]
fn a_revoked_device_and_a_closed_account_hear_so_everywhere() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut staff = server.enrolled(Role::Staff, "Badr");
    staff.passkey = None;
    let session = staff.get("/api/session");
    // What it had not sent it may still deliver: see the exchange.
    let blob = filled("/api/blobs/{hash}");
    let (state, bring) = (format!("GET {blob}/state"), format!("POST {blob}"));
    let rescue = [BINDS, "POST /api/sync", &state, &bring];
    admin.post(&format!("/api/accounts/{}/disable", id(&session, "account")), &json!({ "disabled": true }));
    refuses_everywhere(&mut staff, 401, "account.disabled", &rescue);
    admin.post(&format!("/api/accounts/{}/disable", id(&session, "account")), &json!({ "disabled": false }));
    admin.post(&format!("/api/devices/{}/revoke", id(&session, "device")), &Value::Null);
    refuses_everywhere(&mut staff, 401, "device.revoked", &rescue);
    assert_eq!(staff.send("POST", "/api/sync", Some(("application/octet-stream", b"x"))).code(), "frame.malformed");
}

#[test]
fn a_changed_request_is_not_the_one_that_was_signed() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    let signer = phone.signer.take().expect("a key");
    let path = "/api/invites";
    let send = |signed: &str, sent: &str, at_ms: u64| {
        let mut phone = phone.with("x-tiwizi-proof", &signer.proof("POST", path, signed.as_bytes(), at_ms));
        phone.send("POST", path, Some(("application/json", sent.as_bytes())))
    };
    let (ask, other) = (r#"{"role":"volunteer"}"#, r#"{"role":"volunteer","hours":1}"#);
    assert_eq!(send(ask, ask, START_MS).status, 200);
    assert_eq!(send(ask, other, START_MS).refusal(), refused(401, "proof.wrong"));
    assert_eq!(send(ask, "", START_MS).refusal(), refused(401, "proof.wrong"));
    // The time in it is the phone's estimate of the server's; when that is wrong, the server says what time it is.
    for off_ms in [START_MS + TOLERANCE_MS + 1, START_MS - TOLERANCE_MS - 1, 0] {
        let reply = send(ask, ask, off_ms);
        // The client of these tests would sign again, as the app does; here it has no key to do it with.
        assert_eq!(reply.refusal(), refused(401, "proof.stale"));
        assert_eq!(reply.json()["now_ms"], START_MS);
    }
    assert_eq!(send(ask, ask, START_MS + TOLERANCE_MS).status, 200);
    for garbage in ["", "1", "1.2.3", &"9".repeat(4000)] {
        let mut phone = phone.with("x-tiwizi-proof", garbage);
        assert_eq!(phone.get("/api/devices").refusal(), refused(401, "proof.wrong"), "{garbage}");
    }
}

#[test]
fn a_device_from_before_there_were_keys_brings_one_once() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let device = id(&phone.get("/api/session"), "device");
    // As the migration left it.
    server
        .state
        .store
        .write_blocking(|tx, _| Ok::<_, StoreError>(tx.execute("UPDATE device SET public_key = NULL", [])?))
        .expect("an old file");
    assert_eq!(phone.get("/api/session").refusal(), refused(401, "proof.missing"));
    let key = json!({ "public_key": phone.signer.as_ref().expect("a key").public_key() });
    for _ in 0..2 {
        assert_eq!(phone.post("/api/session/key", &key).status, 204, "repeating it changes nothing");
    }
    assert_eq!(id(&phone.get("/api/session"), "device"), device);
    let other = json!({ "public_key": server.stranger().signer.expect("a key").public_key() });
    assert_eq!(phone.post("/api/session/key", &other).refusal(), refused(401, "proof.wrong"));
    assert_eq!(
        phone.post("/api/session/key", &json!({ "public_key": "04" })).refusal(),
        refused(400, "request.malformed")
    );
}

/// Somebody who came in by an invite of the host's, and what they were told.
fn guest_of(server: &TestServer, host: &mut Client, role: Role) -> (Client, Reply) {
    let code = invited(host, &json!({ "role": role }));
    let mut guest = server.stranger();
    let reply = guest.enroll(&json!({ "code": code, "name": "Badr" }));
    assert_eq!(reply.status, 200, "{reply:?}");
    (guest, reply)
}

#[test]
fn a_watched_role_waits_until_somebody_confirms_the_code_that_both_see() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let waits = ["GET /api/session", "POST /api/session/end", BINDS];
    for role in Role::ALL {
        let (mut guest, reply) = guest_of(&server, &mut admin, role);
        let device = id(&reply, "device");
        if !role.is_watched() {
            assert_eq!(reply.json()["code"], Value::Null);
            assert!(guest.listen().event().is_some());
            continue;
        }
        let code = reply.json()["code"].as_str().expect("a code").to_owned();
        assert_eq!(code.len(), 6);
        refuses_everywhere(&mut guest, 403, "device.unconfirmed", &waits);
        assert_eq!(guest.get("/api/session").json()["code"], code.as_str());
        let row = row_of(&mut admin, &device);
        assert_eq!((&row["code"], &row["confirmed"]), (&json!(code), &json!(false)));
        let confirm = format!("/api/devices/{device}/confirm");
        let other = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(admin.post(&confirm, &json!({ "code": other })).refusal(), refused(409, "confirm.wrong"));
        // Nobody vouches for a role that they may not govern.
        let mut coordinator = server.enrolled(Role::Coordinator, "Chérifa");
        assert_eq!(coordinator.post(&confirm, &json!({ "code": code })).refusal(), refused(403, "role.forbidden"));
        assert_eq!(admin.post(&confirm, &json!({ "code": code })).status, 204);
        assert_eq!(guest.get("/api/session").json()["code"], Value::Null);
        assert_eq!(guest.send("POST", "/api/sync", Some(("application/octet-stream", b"x"))).code(), "frame.malformed");
        assert_eq!(admin.post(&confirm, &json!({ "code": code })).refusal(), refused(409, "confirm.wrong"), "once");
    }
    // One that is refused has never been in: not even to deliver something.
    let (mut eve, reply) = guest_of(&server, &mut admin, Role::Staff);
    assert_eq!(admin.post(&format!("/api/devices/{}/revoke", id(&reply, "device")), &Value::Null).status, 204);
    refuses_everywhere(&mut eve, 401, "device.revoked", &[BINDS]);
    // A further device of one's own is confirmed by oneself, on another one.
    let mut staff = server.enrolled(Role::Staff, "Dounia");
    let me = id(&staff.get("/api/session"), "account");
    let code = invited(&mut staff, &json!({ "role": "staff", "account": me }));
    let mut second = server.stranger();
    let reply = second.enroll(&json!({ "code": code }));
    let confirm = format!("/api/devices/{}/confirm", id(&reply, "device"));
    assert_eq!(
        second.post(&confirm, &json!({ "code": reply.json()["code"] })).refusal(),
        refused(403, "device.unconfirmed")
    );
    assert_eq!(staff.post(&confirm, &json!({ "code": reply.json()["code"] })).status, 204);
    assert_eq!(second.get("/api/devices").status, 200);
}

fn row_of(client: &mut Client, device: &str) -> Value {
    let devices = client.get("/api/devices").json();
    devices.as_array().expect("a list").iter().find(|row| row["id"] == device).expect("the device").clone()
}

#[test]
fn a_session_ends_where_the_app_is_not_installed_and_a_passkey_opens_it_again() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut volunteer = server.enrolled(Role::Volunteer, "Badr");
    let passkey = admin.passkey.take().expect("a passkey");
    let ends_ms = START_MS + 12 * HOUR_MS;
    assert_eq!(admin.get("/api/session").json()["ends_ms"], ends_ms);
    server.time.pass(12 * HOUR_MS - 1);
    assert_eq!(admin.get("/api/devices").status, 200);
    server.time.pass(1);
    let open = [
        "GET /api/session",
        "POST /api/session/end",
        "POST /api/session/reopen",
        "POST /api/passkeys/prove",
        "POST /api/passkeys/proved",
        BINDS,
    ];
    refuses_everywhere(&mut admin, 403, "session.expired", &open);
    let theirs = passkey;
    let passkey = SoftPasskey::draw("http://localhost:1");
    assert_eq!(admin.get("/api/devices").refusal(), refused(403, "session.expired"));
    assert_eq!(admin.prove(&passkey).refusal(), refused(403, "passkey.wrong"), "somebody else's");
    assert_eq!(
        admin.post("/api/session/reopen", &json!({ "asks": "ab".repeat(32) })).refusal(),
        refused(403, "factor.required")
    );
    assert_eq!(admin.prove(&theirs).status, 204);
    assert_eq!(admin.get("/api/devices").status, 200);
    assert_eq!(volunteer.get("/api/session").json()["ends_ms"], Value::Null, "a volunteer's does not end");
    assert!(volunteer.listen().event().is_some());
}

#[test]
fn a_session_without_a_passkey_is_opened_again_by_somebody_who_confirms_it() {
    let server = TestServer::start();
    let mut auditor = server.enrolled(Role::Auditor, "Amina");
    let device = id(&auditor.get("/api/session"), "device");
    server.time.pass(12 * HOUR_MS);
    let mut admin = server.enrolled(Role::Admin, "Badr");
    assert_eq!(auditor.get("/api/passkeys").refusal(), refused(403, "session.expired"));
    assert_eq!(auditor.post("/api/session/reopen", &json!({ "asks": "ab".repeat(32) })).status, 204);
    let code = auditor.get("/api/session").json()["code"].as_str().expect("a code").to_owned();
    let row = row_of(&mut admin, &device);
    assert_eq!((&row["code"], &row["confirmed"]), (&json!(code), &json!(true)));
    assert_eq!(auditor.get("/api/passkeys").refusal(), refused(403, "session.expired"), "asking is not enough");
    assert_eq!(admin.post(&format!("/api/devices/{device}/confirm"), &json!({ "code": code })).status, 204);
    assert_eq!(auditor.get("/api/passkeys").status, 200);
}

#[test]
fn what_touches_the_access_of_others_takes_a_passkey_used_lately() {
    let server = TestServer::start();
    let mut victim = server.enrolled(Role::Volunteer, "Victim");
    let session = victim.get("/api/session");
    let revoke = format!("/api/devices/{}/revoke", id(&session, "device"));
    let close = format!("/api/accounts/{}/disable", id(&session, "account"));
    let confirm = format!("/api/devices/{}/confirm", id(&session, "device"));
    let asks = [
        ("/api/invites", json!({ "role": "auditor" })),
        (revoke.as_str(), Value::Null),
        (close.as_str(), json!({ "disabled": false })),
        (confirm.as_str(), json!({ "code": "000000" })),
    ];
    let mut staff = server.stranger();
    staff.enroll(&json!({ "code": server.console_invite(Role::Staff), "name": "Amina" }));
    for (path, body) in &asks {
        assert_eq!(staff.post(path, body).refusal(), refused(403, "factor.missing"), "{path}");
    }
    assert_eq!(staff.post("/api/invites", &json!({ "role": "volunteer" })).status, 200, "that takes none");
    assert_eq!(staff.post("/api/passkeys/prove", &Value::Null).refusal(), refused(403, "factor.missing"));

    let passkey = staff.add_passkey();
    staff.passkey = None;
    assert_eq!(staff.post("/api/invites", &json!({ "role": "auditor" })).status, 200, "whoever added it was there");
    server.time.pass(FACTOR_MS);
    for (path, body) in &asks {
        assert_eq!(staff.post(path, body).refusal(), refused(403, "factor.required"), "{path}");
    }
    assert_eq!(
        staff.post("/api/passkeys/add", &Value::Null).refusal(),
        refused(403, "factor.required"),
        "nor a further one"
    );
    assert_eq!(staff.prove(&passkey).status, 204);
    assert_eq!(staff.post(&close, &json!({ "disabled": false })).status, 204);
    assert_eq!(staff.post(&revoke, &Value::Null).status, 204);

    // An answer is taken once, and not after its time.
    let asked = staff.post("/api/passkeys/prove", &Value::Null).json();
    let answer = json!({ "credential": passkey.prove(&asked) });
    assert_eq!(staff.post("/api/passkeys/proved", &answer).status, 204);
    assert_eq!(staff.post("/api/passkeys/proved", &answer).refusal(), refused(409, "passkey.over"));
    let asked = staff.post("/api/passkeys/prove", &Value::Null).json();
    server.time.pass(CEREMONY_MS + 1);
    let answer = json!({ "credential": passkey.prove(&asked) });
    assert_eq!(staff.post("/api/passkeys/proved", &answer).refusal(), refused(409, "passkey.over"));
    // A wrong one is noted.
    assert_eq!(staff.prove(&SoftPasskey::draw("http://localhost:1")).refusal(), refused(403, "passkey.wrong"));
    staff.prove(&passkey);
    let journal = staff.get("/api/journal?action=second_factor_failed");
    assert!(journal.status != 200 || String::from_utf8_lossy(&journal.body).contains("second_factor_failed"));

    // Several of one account; a removed one opens nothing.
    let second = staff.add_passkey();
    staff.passkey = None;
    let list = staff.get("/api/passkeys").json();
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert!(list[0]["used_ms"].is_u64() && list[1]["used_ms"].is_null());
    assert_eq!(staff.post("/api/passkeys/remove", &json!({ "id": passkey.id() })).status, 204);
    assert_eq!(
        staff.post("/api/passkeys/remove", &json!({ "id": passkey.id() })).refusal(),
        refused(404, "passkey.unknown")
    );
    assert_eq!(staff.prove(&passkey).refusal(), refused(403, "passkey.wrong"));
    assert_eq!(staff.prove(&second).status, 204);
}

#[test]
fn an_account_is_changed_by_those_who_govern_what_it_was_and_what_it_becomes() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut staff = server.enrolled(Role::Staff, "Badr");
    let mut coordinator = server.enrolled(Role::Coordinator, "Chérifa");
    let mut volunteer = server.enrolled(Role::Volunteer, "Dounia");
    let change = |client: &mut Client| format!("/api/accounts/{}/change", id(&client.get("/api/session"), "account"));
    let (of_volunteer, of_staff, of_coordinator) =
        (change(&mut volunteer), change(&mut staff), change(&mut coordinator));
    let mut stream = volunteer.listen();
    assert_eq!(stream.event().as_deref(), Some("poke 0"));
    assert_eq!(coordinator.post(&of_volunteer, &json!({ "name": " Dounia  B. ", "language": "ar" })).status, 200);
    assert!(stream.event().is_some(), "the phone is told to look");
    let account = volunteer.get("/api/session").json()["account"].clone();
    assert_eq!((&account["name"], &account["language"]), (&json!("Dounia B."), &json!("ar")));
    for (path, body) in [
        (&of_volunteer, json!({ "role": "coordinator" })),
        (&of_staff, json!({ "name": "X" })),
        (&of_coordinator, json!({ "role": "admin" })),
    ] {
        assert_eq!(coordinator.post(path, &body).refusal(), refused(403, "role.forbidden"), "{path} {body}");
    }
    assert_eq!(coordinator.post(&of_coordinator, &json!({ "name": "C." })).status, 200, "one's own name");
    assert_eq!(
        staff.post(&of_volunteer, &json!({ "role": "coordinator" })).json()["scope"],
        "assigned",
        "no more than was said"
    );
    assert_eq!(staff.post(&of_volunteer, &json!({ "scope": "everything" })).json()["scope"], "everything");
    assert_eq!(staff.post(&of_volunteer, &json!({ "role": "admin" })).refusal(), refused(403, "role.forbidden"));
    assert_eq!(
        admin.post(&of_volunteer, &json!({ "role": "staff", "scope": "assigned" })).refusal(),
        refused(422, "account.scope")
    );
    assert_eq!(admin.post(&of_volunteer, &json!({ "role": "staff" })).json()["scope"], "everything");
    assert_eq!(
        admin.post(&of_volunteer, &json!({ "name": "n".repeat(201) })).refusal(),
        refused(422, "enroll.name_too_long")
    );
    assert_eq!(volunteer.get("/api/session").json()["account"]["role"], "staff");
}
