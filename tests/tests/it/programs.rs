//! Other programs: what a token opens and what it does not, what is written by one, and whom news reach.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use serde_json::{Value as Json, json};
use server::{
    programs::{
        address::Reach,
        news::{self, DELIVERY, SIGNATURE},
    },
    routes::programs::TOKEN_DAYS_MAX,
};
use shared::{
    edit::{Edit, NewSlot},
    field::{Field, Value},
    id::{DocumentId, RowId},
    role::Role,
};
use tests::server::{Client, HOUR_MS, Plan, START_MS, TestServer, filled, routes};

const DAY_MS: u64 = 24 * HOUR_MS;

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn event(n: u8) -> DocumentId {
    DocumentId([n; 16])
}

/// What an administrator gives a program: the token's id and the program itself.
fn token(admin: &mut Client, ask: &Json) -> (String, Client) {
    let mut whole = json!({ "name": "Tableur", "days": 30 });
    whole.as_object_mut().unwrap().extend(ask.as_object().unwrap().clone());
    let made = admin.post("/api/tokens", &whole);
    assert_eq!(made.status, 200, "{made:?}");
    let mut program = admin.clone();
    program.cookie = None;
    program.passkey = None;
    program.signer = None;
    program.headers = vec![("authorization", format!("Bearer {}", made.json()["token"].as_str().unwrap()))];
    (made.json()["id"].as_str().unwrap().to_owned(), program)
}

/// Events with a half-day on the first days of March, by the console's hand.
fn plan_events(server: &TestServer, count: u8) {
    let mut hand = server::hand::Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    for n in 1..=count {
        let [day, starts, ends] = [format!("2026-03-{n:02}"), "09:00".to_owned(), "12:30".to_owned()];
        let fields = [(Field::Title, Value::from(format!("Atelier {n}").as_str()))];
        let slots = vec![NewSlot { slot: RowId([n; 8]), day, starts, ends }];
        hand.edit(&Edit::CreateEvent { event: event(n), fields: fields.into(), slots }, START_MS).unwrap();
    }
    hand.keep(START_MS).unwrap();
}

fn account(client: &mut Client) -> String {
    client.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned()
}

/// What each token opens. Whoever adds an address for programs adds it here.
fn opens(path: &str) -> Option<&'static str> {
    Some(match path {
        path if path.ends_with("/export") || path.starts_with("/api/v1/lists/") => "read:directory",
        path if path.ends_with("/receipts") || path.ends_with("/records") => "read:directory",
        path if path.starts_with("/api/v1/duplicates") => "read:directory",
        "/api/v1/people" | "/api/v1/associations" | "/api/v1/territories" => "read:directory",
        "/api/v1/indicators" | "/api/v1/report.pdf" | "/api/v1/report.xlsx" | "/api/v1/iati.xml" => "read:figures",
        "/api/v1/questions" => "read:questions",
        path if path.starts_with("/api/v1/events") => "read:events",
        path if path.starts_with("/api/v1/dossiers") => "read:dossiers",
        path if path.starts_with("/api/v1/documents") || path == "/api/v1/changes" => "read:documents",
        "/api/v1/edits" => "write:edits",
        _ => return None,
    })
}

#[test]
fn a_token_opens_what_it_was_given_and_nothing_else() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let all = [
        "read:directory",
        "read:figures",
        "read:events",
        "read:dossiers",
        "read:questions",
        "read:documents",
        "write:edits",
    ];
    let open: [&str; 8] = [
        "GET /healthz",
        "GET /metrics",
        "POST /api/enroll",
        "GET /api/check/{code}",
        "GET /api/calendar/{token}",
        "GET /api/register/{token}",
        "POST /api/register/{token}",
        "GET /api/v1/openapi.json",
    ];
    let (_, mut all_program) = token(&mut admin, &json!({ "scopes": all }));
    for one in all {
        let (_, mut program) = token(&mut admin, &json!({ "scopes": [one] }));
        for (method, path) in routes() {
            if open.contains(&format!("{method} {path}").as_str()) {
                continue;
            }
            let body = (method != "GET").then_some(("application/json", &b"{}"[..]));
            let (status, code) = program.send(method, &filled(&path), body).refusal();
            if !path.starts_with("/api/v1/") {
                // Also with every scope there is: these are for devices.
                assert_eq!((status, code.as_str()), (401, "session.none"), "{method} {path}");
                let refusal = all_program.send(method, &filled(&path), body).refusal();
                assert_eq!(refusal, refused(401, "session.none"), "{method} {path}");
                continue;
            }
            let mine = opens(&path).is_none_or(|needed| needed == one);
            if opens(&path).is_some() && !mine {
                assert_eq!((status, code.as_str()), (403, "token.scope"), "{one}: {method} {path}");
            } else if opens(&path).is_some() {
                // An organisation without an identifier publishes nothing.
                assert!([200, 400, 404, 422].contains(&status), "{one}: {method} {path}: {status} {code}");
            }
            assert_ne!(status, 401, "{method} {path}");
            assert!(status < 500, "{method} {path}");
        }
    }
}

#[test]
fn a_token_is_shown_once_ends_and_is_taken_back() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let (id, mut program) = token(&mut admin, &json!({ "scopes": ["read:events"], "days": 30 }));
    let page = program.get("/api/v1/events").json();
    assert_eq!((page["total"].clone(), page["items"].clone()), (json!(0), json!([])));
    let row = admin.get("/api/tokens").json()[0].clone();
    assert_eq!((&row["id"], &row["name"], &row["made_by"]), (&json!(id), &json!("Tableur"), &json!("Amina")));
    assert_eq!((&row["used_ms"], &row["expires_ms"]), (&json!(START_MS), &json!(START_MS + 30 * DAY_MS)));
    let secret = program.headers[0].1.trim_start_matches("Bearer ").to_owned();
    assert!(!admin.get("/api/tokens").body.windows(secret.len()).any(|some| some == secret.as_bytes()));

    // Beside a token no cookie counts, and no token passes for a cookie.
    let mut both = admin.clone();
    both.headers.extend(program.headers.clone());
    assert_eq!(both.get("/api/session").refusal(), refused(401, "session.none"));
    assert_eq!(both.post("/api/invites", &json!({ "role": "admin" })).refusal(), refused(401, "session.none"));
    let mut wrong = program.clone();
    for header in ["Bearer tiwizi_x", "Bearer ", &format!("Bearer {secret}A")] {
        wrong.headers = vec![("authorization", header.to_owned())];
        assert_eq!(wrong.get("/api/v1/events").refusal(), refused(401, "token.wrong"), "{header}");
    }
    wrong.headers = vec![("authorization", format!("Basic {secret}"))];
    assert_eq!(wrong.get("/api/v1/events").refusal(), refused(401, "session.none"));

    server.time.pass(30 * DAY_MS - 1);
    assert_eq!(program.get("/api/v1/events").status, 200);
    server.time.pass(1);
    assert_eq!(program.get("/api/v1/events").refusal(), refused(401, "token.wrong"));

    let (id, mut program) = token(&mut admin, &json!({ "scopes": ["read:events"] }));
    assert_eq!(program.get("/api/v1/events").status, 200);
    for _ in 0..2 {
        assert_eq!(admin.post(&format!("/api/tokens/{id}/revoke"), &Json::Null).status, 204);
    }
    assert_eq!(program.get("/api/v1/events").refusal(), refused(401, "token.wrong"));
    let unknown = admin.post(&filled("/api/tokens/{id}/revoke"), &Json::Null);
    assert_eq!(unknown.refusal(), refused(404, "token.unknown"));
    let lines = admin.get("/api/journal?action=token_revoked").json();
    assert_eq!((lines["lines"].as_array().unwrap().len(), &lines["lines"][0]["subject"]), (1, &json!(id)));
    assert_eq!(lines["names"][&id], "Amina (Tableur)");

    for ask in [
        json!({ "name": " ", "scopes": ["read:events"], "days": 30 }),
        json!({ "name": "x", "scopes": [], "days": 30 }),
        json!({ "name": "x", "scopes": ["read:events"], "days": 0 }),
        json!({ "name": "x", "scopes": ["read:events"], "days": TOKEN_DAYS_MAX + 1 }),
    ] {
        assert_eq!(admin.post("/api/tokens", &ask).refusal(), refused(422, "token.incomplete"), "{ask}");
    }
    assert_eq!(
        admin.post("/api/tokens", &json!({ "name": "x", "scopes": ["all"], "days": 1 })).code(),
        "request.malformed"
    );
    for role in [Role::Volunteer, Role::Coordinator, Role::Staff, Role::Auditor] {
        let mut other = server.enrolled(role, role.as_str());
        assert_eq!(other.get("/api/tokens").refusal(), refused(403, "role.forbidden"), "{role:?}");
        assert_eq!(other.get("/api/webhooks").refusal(), refused(403, "role.forbidden"), "{role:?}");
    }
    // It takes the passkey.
    admin.passkey = None;
    server.time.pass(DAY_MS);
    let ask = json!({ "name": "x", "scopes": ["read:events"], "days": 1 });
    assert_eq!(admin.post("/api/tokens", &ask).status, 403);
}

#[test]
fn a_token_sees_what_its_account_sees_and_ends_with_it() {
    let server = TestServer::start();
    plan_events(&server, 5);
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut volunteer = server.enrolled(Role::Volunteer, "Badr");
    let badr = account(&mut volunteer);
    for n in [2, 4] {
        admin.post(&format!("/api/accounts/{badr}/assign"), &json!({ "document": event(n), "given": true }));
    }
    let reads = ["read:events", "read:documents", "read:dossiers", "read:directory"];
    let (_, mut all) = token(&mut admin, &json!({ "scopes": reads }));
    let (_, mut some) = token(&mut admin, &json!({ "scopes": reads, "account": badr }));

    // Page by page, in order, each once.
    let walk = |program: &mut Client, query: &str| {
        let (mut titles, mut after) = (Vec::new(), String::new());
        loop {
            let page = program.get(&format!("/api/v1/events?limit=2{query}{after}")).json();
            titles.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return (titles, page["total"].as_u64().unwrap()),
            }
        }
    };
    let titles = |ns: &[u8]| ns.iter().map(|n| format!("Atelier {n}")).collect::<Vec<_>>();
    assert_eq!(walk(&mut all, ""), (titles(&[1, 2, 3, 4, 5]), 5));
    assert_eq!(walk(&mut some, ""), (titles(&[2, 4]), 2));
    assert_eq!(walk(&mut all, "&from=2026-03-02&until=2026-03-03"), (titles(&[2, 3]), 2));
    assert_eq!(all.get("/api/v1/events?after=x").code(), "request.malformed");

    let one = |program: &mut Client, of: &str, n: u8| program.get(&format!("/api/v1/{of}/{}", event(n)));
    let detail = one(&mut some, "events", 2).json();
    assert_eq!(detail["fields"]["title"], "Atelier 2");
    assert_eq!((&detail["slots"][0]["fields"]["day"], &detail["expected"]), (&json!("2026-03-02"), &json!([])));
    assert_eq!(one(&mut some, "events", 1).refusal(), refused(404, "document.unknown"));
    assert_eq!(one(&mut some, "documents", 1).refusal(), refused(404, "document.unknown"));
    assert_eq!(one(&mut all, "dossiers", 1).refusal(), refused(404, "document.unknown"), "of another kind");
    let whole = one(&mut some, "documents", 4).json();
    assert_eq!((&whole["kind"], &whole["document"]), (&json!("event"), &json!(event(4))));
    assert_eq!(whole["content"]["title"], "Atelier 4");
    assert_eq!(whole["history"].as_array().unwrap().len(), 1);

    let ids = |changes: &Json| {
        let items = changes["items"].as_array().unwrap().iter();
        items.map(|item| item["document"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let changed = some.get("/api/v1/changes").json();
    assert_eq!(ids(&changed), [event(2).to_string(), event(4).to_string()]);
    let next = changed["next"].as_u64().unwrap();
    assert_eq!(ids(&some.get(&format!("/api/v1/changes?after={next}")).json()), Vec::<String>::new());
    let first = all.get("/api/v1/changes?limit=2").json();
    assert_eq!((ids(&first).len(), &first["more"]), (2, &json!(true)));
    let rest = all.get(&format!("/api/v1/changes?after={}", first["next"])).json();
    assert_eq!((ids(&rest).len(), &rest["more"]), (3, &json!(false)));
    assert_eq!(all.get(&format!("/api/v1/changes?after={}", u64::MAX)).status, 200);

    // A volunteer may not list people, whatever their token was given.
    assert_ne!(all.get("/api/v1/events").status, 403);
    admin.post(&format!("/api/accounts/{badr}/disable"), &json!({ "disabled": true }));
    assert_eq!(some.get("/api/v1/events").refusal(), refused(401, "token.wrong"));
    assert_eq!(all.get("/api/v1/events").status, 200);
    // Nor more than whoever made it may.
    let amina = account(&mut admin);
    let mut other = server.enrolled(Role::Admin, "Nadia");
    other.post(&format!("/api/accounts/{amina}/change"), &json!({ "role": "staff" }));
    assert_eq!(all.get("/api/v1/events").refusal(), refused(401, "token.wrong"));
}

#[test]
fn a_program_writes_as_its_account_could_and_once() {
    let server = TestServer::start();
    plan_events(&server, 2);
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut volunteer = server.enrolled(Role::Volunteer, "Badr");
    let badr = account(&mut volunteer);
    admin.post(&format!("/api/accounts/{badr}/assign"), &json!({ "document": event(1), "given": true }));
    let scopes = ["write:edits", "read:documents"];
    let (id, mut program) = token(&mut admin, &json!({ "scopes": scopes, "account": badr }));
    let title = |n: u8, title: &str| json!({ "do": "set_field", "document": event(n), "row": null, "field": "title", "value": title });
    let person = DocumentId([0x55; 16]);
    let expect = json!({ "do": "add_to_roster", "event": event(1), "person": person });
    let new = json!({ "do": "create_person", "person": person, "new": { "given": "Zahra", "family": "Aït" }, "notice_read": true });
    let edits = json!([new, expect, title(1, "Non"), title(2, "Non"), { "do": "nothing" }, expect]);
    let ask = json!({ "key": "lundi", "edits": edits });
    let done = program.post("/api/v1/edits", &ask);
    assert_eq!(done.status, 200, "{done:?}");
    let results = |done: &Json| {
        let outcomes = done["outcomes"].as_array().unwrap().iter();
        let words = outcomes.map(|one| {
            format!("{} {}", one["result"].as_str().unwrap(), one["code"].as_str().unwrap_or_default())
                .trim()
                .to_owned()
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(
        results(&done.json()),
        [
            "kept",
            "kept",
            "refused permission.not_allowed",
            // Not theirs: they learn not even that it is there.
            "refused edit.document_unknown",
            "refused request.malformed",
            "unchanged",
        ]
    );
    // Sent again, as after an answer that was lost: nothing is done twice.
    let before = admin.get("/api/v1/changes").json();
    assert_eq!(program.post("/api/v1/edits", &ask).json(), done.json());
    assert_eq!(admin.get("/api/v1/changes").json(), before);
    let other = json!({ "key": "lundi", "edits": [title(1, "Autre")] });
    assert_eq!(program.post("/api/v1/edits", &other).refusal(), refused(409, "edits.key_used"));
    // What it wrote bears its name.
    let history = program.get(&format!("/api/v1/documents/{person}")).json()["history"].clone();
    assert_eq!(history[0]["device"], json!(id));
    let lines = admin.get("/api/journal?action=program_edited").json();
    assert_eq!((&lines["lines"][0]["device"], &lines["lines"][0]["name"]), (&json!(id), &json!("Badr")));
    for ask in [json!({ "key": "", "edits": [new] }), json!({ "key": "x", "edits": [] }), json!({ "edits": [new] })] {
        assert_eq!(program.post("/api/v1/edits", &ask).code(), "request.malformed", "{ask}");
    }
    // A device writes by its exchange.
    assert_eq!(volunteer.post("/api/v1/edits", &ask).refusal(), refused(403, "token.scope"));
    let found = server.state.store.read_blocking(server::verify::verify).unwrap();
    assert!(found.is_clean(), "{:?}", found.problems);
}

/// What a listener was sent: its headers, in small letters, and its body.
struct Heard {
    headers: String,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let line = self.headers.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} in {}", self.headers))
    }
}

/// Another program, that answers each message with the next of these statuses and hands over what it was sent.
fn listener(statuses: Vec<u16>) -> (String, mpsc::Receiver<Heard>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/news?key=x", socket.local_addr().unwrap());
    let (tell, heard) = mpsc::channel();
    thread::spawn(move || {
        for status in statuses {
            let (stream, _) = socket.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut headers, mut line) = (String::new(), String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                headers.push_str(&line.to_lowercase().replace("\r\n", "\n"));
                line.clear();
            }
            let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            tell.send(Heard { headers, body: String::from_utf8(body).unwrap() }).unwrap();
        }
    });
    (url, heard)
}

/// One round of what the server does by itself.
fn round(server: &TestServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(news::round(&server.state)).unwrap();
}

fn rename(server: &TestServer, n: u8, title: &str) {
    let mut hand = server::hand::Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    let value = Value::from(title);
    hand.edit(&Edit::SetField { document: event(n), row: None, field: Field::Title, value }, START_MS).unwrap();
    hand.keep(START_MS).unwrap();
}

#[test]
fn news_are_signed_tried_again_and_given_up_after_a_day() {
    let server = TestServer::with(Plan { reach: Reach::Anywhere, ..Plan::default() });
    plan_events(&server, 3);
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let (url, heard) = listener(vec![200, 500, 302, 204]);
    let made = admin.post("/api/webhooks", &json!({ "url": url, "kinds": ["event", "dossier"] }));
    assert_eq!(made.status, 200, "{made:?}");
    let secret: [u8; 32] = server::secret::unhex(made.json()["secret"].as_str().unwrap()).unwrap();
    // What was there before is no news.
    round(&server);
    assert!(heard.try_recv().is_err());

    rename(&server, 1, "Rabat");
    rename(&server, 2, "Agadir");
    round(&server);
    let message = heard.recv().unwrap();
    let said: Json = serde_json::from_str(&message.body).unwrap();
    assert_eq!((&said["event"], &said["kind"]), (&json!("document_changed"), &json!("event")));
    assert_eq!(said["documents"], json!([event(1), event(2)]));
    assert!(!message.body.contains("Rabat"), "ids only");
    let (at, _) = message.header(SIGNATURE).split_once(',').unwrap();
    let at_s: u64 = at.trim_start_matches("t=").parse().unwrap();
    assert_eq!(at_s, START_MS / 1000);
    assert_eq!(message.header(SIGNATURE), news::signature(&secret, at_s, &message.body));
    assert!(message.headers.starts_with("post /news?key=x http/1.1"), "{}", message.headers);

    // It fails twice, also by sending us elsewhere, and arrives at the third attempt: the same message, once.
    rename(&server, 3, "Tanger");
    round(&server);
    let first = heard.recv().unwrap();
    round(&server);
    assert!(heard.try_recv().is_err(), "not before the pause is over");
    let delivery = |admin: &mut Client| admin.get("/api/webhooks").json()[0]["deliveries"][0].clone();
    assert_eq!((&delivery(&mut admin)["status"], &delivery(&mut admin)["failure"]), (&json!(500), &json!("answer")));
    server.time.pass(60_000);
    round(&server);
    let second = heard.recv().unwrap();
    assert_eq!((&first.body, first.header(DELIVERY)), (&second.body, second.header(DELIVERY)));
    assert_ne!(first.header(SIGNATURE), second.header(SIGNATURE), "signed anew");
    server.time.pass(2 * 60_000);
    round(&server);
    assert_eq!(heard.recv().unwrap().body, first.body);
    let arrived = delivery(&mut admin);
    assert_eq!((&arrived["status"], &arrived["attempts"], &arrived["next_ms"]), (&json!(204), &json!(3), &Json::Null));

    // Nobody is there any more: after a day it is given up, and administrators see why.
    rename(&server, 3, "Oujda");
    let mut attempts = 0;
    while admin.get("/api/webhooks").json()[0]["disabled_ms"].is_null() {
        round(&server);
        attempts += 1;
        assert!(attempts < 20);
        server.time.pass(12 * HOUR_MS);
    }
    assert_eq!(attempts, 10);
    let given_up = admin.get("/api/webhooks").json()[0].clone();
    assert_eq!((&given_up["failure"], &given_up["waiting"]), (&json!("connect"), &json!(0)));
    assert_eq!(admin.get("/api/journal?action=webhook_given_up").json()["lines"].as_array().unwrap().len(), 1);

    // Taken up again it hears of what happens from then on.
    let id = given_up["id"].clone();
    assert_eq!(admin.post(&format!("/api/webhooks/{id}/resume"), &Json::Null).status, 204);
    assert!(admin.get("/api/webhooks").json()[0]["disabled_ms"].is_null());
    round(&server);
    assert_eq!(admin.get("/api/webhooks").json()[0]["waiting"], 0);
    assert_eq!(admin.post(&format!("/api/webhooks/{id}/remove"), &Json::Null).status, 204);
    assert_eq!(admin.get("/api/webhooks").json(), json!([]));
    assert_eq!(
        admin.post(&format!("/api/webhooks/{id}/remove"), &Json::Null).refusal(),
        refused(404, "webhook.unknown")
    );
}

#[test]
fn what_waits_survives_a_restart() {
    let place = server::storage::Place::in_memory().unwrap();
    let (url, heard) = listener(vec![200]);
    {
        let server = TestServer::with(Plan { place: place.clone(), reach: Reach::Anywhere, ..Plan::default() });
        plan_events(&server, 1);
        let mut admin = server.enrolled(Role::Admin, "Amina");
        admin.post("/api/webhooks", &json!({ "url": url, "kinds": ["event"] }));
        rename(&server, 1, "Rabat");
    }
    let server = TestServer::with(Plan { place, reach: Reach::Anywhere, ..Plan::default() });
    round(&server);
    assert!(heard.recv().unwrap().body.contains(&event(1).to_string()));
}

#[test]
fn news_go_nowhere_inside_the_house() {
    let server = TestServer::start();
    plan_events(&server, 1);
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let ask = |admin: &mut Client, url: &str| admin.post("/api/webhooks", &json!({ "url": url, "kinds": ["event"] }));
    for url in
        ["http://exemple.org/", "https://127.0.0.1/", "https://[::1]:8080/", "https://169.254.169.254/latest", "x"]
    {
        assert_eq!(ask(&mut admin, url).refusal(), refused(422, "webhook.address"), "{url}");
    }
    assert_eq!(
        admin.post("/api/webhooks", &json!({ "url": "https://exemple.org/", "kinds": ["all"] })).code(),
        "request.malformed"
    );
    // A name that means this machine is found out when it is asked what it means.
    assert_eq!(ask(&mut admin, "https://localhost:1/").status, 200);
    rename(&server, 1, "Rabat");
    round(&server);
    let delivery = admin.get("/api/webhooks").json()[0]["deliveries"][0].clone();
    assert_eq!((&delivery["failure"], &delivery["status"]), (&json!("private"), &Json::Null));
}
