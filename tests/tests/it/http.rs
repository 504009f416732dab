//! The house around the routes: what is refused before it is looked at, what every answer carries, the app's files, the
//! end.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};
use server::{
    clock::Clock,
    config::{AppSource, Proxy},
    routes::{JSON_BYTES_MAX, sync::UPLOAD_BYTES_WAITING_MAX},
    storage::{Place, StoreError},
};
use shared::{
    document::Kind,
    id::DocumentId,
    role::Role,
    wire::{self, Request, Upload},
};
use tests::server::{Client, Plan, START_MS, TestServer, filled, routes, write_app};

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn every_route_but_the_open_ones_is_closed_to_strangers() {
    let open = [
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("POST", "/api/enroll"),
        // Whoever holds a printed sheet; a calendar program, by a secret address.
        ("GET", "/api/check/{code}"),
        ("GET", "/api/calendar/{token}"),
        // Whoever has the link of an event.
        ("GET", "/api/register/{token}"),
        ("POST", "/api/register/{token}"),
        // What there is for other programs: it tells nothing of anybody.
        ("GET", "/api/v1/openapi.json"),
    ];
    let server = TestServer::start();
    for (method, path) in routes() {
        if open.contains(&(method, path.as_str())) {
            continue;
        }
        let filled = filled(&path);
        let body = (method != "GET").then_some(("application/json", &b"{}"[..]));
        let reply = server.stranger().send(method, &filled, body);
        assert_eq!(reply.refusal(), refused(401, "session.none"), "{method} {path}");
    }
}

#[test]
fn nothing_but_the_app_changes_anything() {
    let server = TestServer::start();
    let mut bare = server.enrolled(Role::Admin, "Amina");
    let host = server.address.to_string();
    bare.headers.clear();
    for (method, path) in routes() {
        if method != "GET" {
            let path = path.replace("{id}", "1");
            let reply = bare.send(method, &path, Some(("application/json", b"{}")));
            assert_eq!(reply.refusal(), refused(403, "request.cross_site"), "{method} {path}");
        }
    }
    let end = |client: &mut Client| client.post("/api/invites", &json!({ "role": "volunteer" })).refusal();
    let app = bare.with("x-tiwizi", "1");
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(end(&mut app.with(name, value)), refused(403, "request.cross_site"), "{name}: {value}");
    }
    let mut ours = app.with("origin", &format!("http://{host}")).with("sec-fetch-site", "same-origin");
    assert_eq!(end(&mut ours).0, 200);
    assert_eq!(bare.get("/api/session").status, 200, "reading needs no header: the cookie is not sent across sites");
}

#[test]
fn every_answer_carries_the_headers_that_keep_a_page_to_itself() {
    let server = TestServer::start();
    for path in ["/", "/healthz", "/api/session", "/api/nothing", "/assets/nothing.js"] {
        let reply = server.stranger().get(path);
        let policy = reply.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains('*'), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        assert_eq!(reply.header("strict-transport-security"), None, "plain HTTP");
        if path.starts_with("/api") {
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
    }
    let server = TestServer::with(Plan { public_url: Some("https://tiwizi.example"), ..Plan::default() });
    assert!(server.stranger().get("/").header("strict-transport-security").is_some());
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let server = TestServer::start();
    let send = |body: &[u8], kind| server.stranger().send("POST", "/api/enroll", Some((kind, body))).refusal();
    let large = format!("{{\"code\":\"{}\"}}", "0".repeat(JSON_BYTES_MAX));
    assert_eq!(send(large.as_bytes(), "application/json"), refused(413, "request.too_large"));
    assert_eq!(send(b"{}", "text/plain"), refused(415, "request.content_type"));
    assert_eq!(send(b"{", "application/json"), refused(400, "request.malformed"));
    assert_eq!(send(b"{}", "application/json"), refused(400, "request.malformed"));
    assert_eq!(send(&[0xff; 100], "application/json"), refused(400, "request.malformed"));
    let mut admin = server.enrolled(Role::Admin, "Amina");
    assert_eq!(admin.get("/api/nothing").refusal(), refused(404, "route.unknown"));
    assert_eq!(admin.get("/api").refusal(), refused(404, "route.unknown"));
    assert_eq!(admin.send("DELETE", "/api/session", None).refusal(), refused(405, "route.method"));
    assert_eq!(admin.post("/somewhere", &Value::Null).refusal(), refused(405, "route.method"));
    assert_eq!(admin.post("/api/devices/x/revoke", &Value::Null).refusal(), refused(400, "request.malformed"));
    let reply = admin.get("/api/nothing");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.json()["message"].is_string());
}

/// A body that never says how long it is cannot be larger either.
#[test]
fn a_body_without_a_length_is_bounded_too() {
    let server = TestServer::start();
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let head = "POST /api/enroll HTTP/1.1\r\nhost: x\r\nx-tiwizi: 1\r\nconnection: close\r\n\
                content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a request");
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    // The server answers and hangs up somewhere on the way: what then fails to be sent is its refusal.
    for _ in 0..=JSON_BYTES_MAX / 0x4000 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(std::str::from_utf8(&answer), Ok("HTTP/1.1 413"));
}

#[test]
fn the_apps_files_are_cached_as_their_names_allow() {
    let folder = tempfile::tempdir().expect("a folder");
    write_app(folder.path());
    std::fs::write(folder.path().join("../secret.txt"), "outside").ok();
    let server = TestServer::with(Plan { app: AppSource::Folder(folder.path().to_owned()), ..Plan::default() });
    let table = [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/assets/engine-1a2b3c.wasm", "application/wasm", "public, max-age=31536000, immutable"),
        // What a page is made of is to come from a browser's cache of compiled code: see `assets.rs`. A worker is read as it says.
        ("/assets/index-4d5e6f.js", "text/javascript; charset=iso-8859-15", "public, max-age=31536000, immutable"),
        ("/assets/worker-7a8b9c.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ];
    for (path, kind, caching) in table {
        let reply = server.stranger().get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), Some(kind), "{path}");
        assert_eq!(reply.header("cache-control"), Some(caching), "{path}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"), "{path}");
        let tag = reply.header("etag").expect("a tag").to_owned();
        let again = server.stranger().with("if-none-match", &tag).get(path);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let head = server.stranger().send("HEAD", path, None);
        assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, Some(tag.as_str())), "{path}");
    }
}

#[test]
fn the_smallest_encoding_that_is_accepted_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    write_app(folder.path());
    let server = TestServer::with(Plan { app: AppSource::Folder(folder.path().to_owned()), ..Plan::default() });
    let get = |path, accepted| {
        let reply = server.stranger().with("accept-encoding", accepted).get(path);
        (reply.header("content-encoding").unwrap_or("-").to_owned(), String::from_utf8(reply.body).expect("text"))
    };
    let sent = |encoding: &str, content: &str| (encoding.to_owned(), content.to_owned());
    let engine = "/assets/engine-1a2b3c.wasm";
    assert_eq!(get(engine, "gzip, deflate, br"), sent("br", "brotli engine"));
    assert_eq!(get(engine, "gzip, br;q=0"), sent("gzip", "gzip engine"));
    assert_eq!(get(engine, "identity"), sent("-", "plain engine"));
    assert_eq!(get("/assets/index-4d5e6f.js", "br, gzip"), sent("-", "plain script"));
    // The compressed files have no address of their own.
    assert_eq!(server.stranger().get("/assets/engine-1a2b3c.wasm.br").status, 404);
}

#[test]
fn an_address_that_the_app_draws_is_the_app_and_a_missing_file_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = folder.path().join("app");
    write_app(&app);
    std::fs::write(folder.path().join("secret.txt"), "outside").expect("a file");
    let server = TestServer::with(Plan { app: AppSource::Folder(app), ..Plan::default() });
    let page = |path| server.stranger().with("accept", "text/html,*/*;q=0.8").get(path);
    assert!(page("/evenements/42").body.starts_with(b"<!doctype html>"));
    assert_eq!(page("/assets/gone-000000.js").refusal(), refused(404, "route.unknown"));
    assert_eq!(server.stranger().get("/evenements/42").refusal(), refused(404, "route.unknown"));
    // Nothing outside the folder is a file of the app. Raw, since a client would tidy the path.
    for path in ["/../secret.txt", "/assets/../../secret.txt", "//secret.txt", "/%2e%2e/secret.txt"] {
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(!answer.contains("outside") && answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
}

#[test]
fn a_server_without_the_app_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = TestServer::with(Plan { app: AppSource::Folder(folder.path().to_owned()), ..Plan::default() });
    let reply = server.stranger().with("accept", "text/html").get("/");
    assert_eq!(reply.status, 404);
    let page = String::from_utf8(reply.body).expect("text");
    assert!(page.contains("make run") && page.contains("not built in") && page.contains("n’y est pas"), "{page}");
}

#[test]
fn health_and_metrics_are_for_whoever_watches() {
    let mut server = TestServer::start();
    server.enrolled(Role::Volunteer, "Amina").get("/api/session");
    let health = server.stranger().get("/healthz");
    assert_eq!((health.status, &health.json()["writes"]), (200, &json!(true)));
    let page = String::from_utf8(server.stranger().get("/metrics").body).expect("text");
    for line in [
        "tiwizi_requests_total{method=\"POST\",route=\"/api/enroll\",status=\"200\"} 1",
        "tiwizi_request_duration_seconds_count",
        "tiwizi_commits_total",
        "# EOF",
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    assert!(!page.contains("Amina"));
    // What came through a proxy came from elsewhere.
    let reply = server.stranger().with("x-forwarded-for", "127.0.0.1").get("/metrics");
    assert_eq!(reply.refusal(), refused(404, "route.unknown"));
    server.state.store.stop();
    let health = server.stranger().get("/healthz");
    assert_eq!((health.status, &health.json()["writes"]), (503, &json!(false)));
    server.stop();
}

#[test]
fn stopping_lets_requests_finish_ends_streams_and_closes_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::in_folder(folder.path()).expect("a place");
    // A clock that tells when a handler asks it: then its request is in hand.
    let (asked, clock_asked) = mpsc::channel();
    let clock = Clock::from_fn(move || {
        // Nobody listens any more once the test has seen enough.
        let _ = asked.send(());
        START_MS
    });
    let mut server = TestServer::with(Plan { place: place.clone(), clock: Some(clock), ..Plan::default() });
    let code = server.console_invite(Role::Volunteer);
    let mut stream = server.enrolled(Role::Staff, "Badr").listen();
    assert!(stream.event().is_some());
    let mut phone = server.stranger();
    let (open, gate) = mpsc::channel::<()>();
    let (entered, at_gate) = mpsc::channel();
    let reply = thread::scope(|scope| {
        // Moved in: should the test fail here, the gate opens by itself.
        let open = open;
        let store = &server.state.store;
        // The writer is busy, so the request that follows cannot end before the server is told to stop.
        scope.spawn(|| {
            store.write_blocking::<_, StoreError>(move |_, _| {
                entered.send(()).expect("a test");
                gate.recv().expect("a test");
                Ok(())
            })
        });
        at_gate.recv().expect("a writer");
        while clock_asked.try_recv().is_ok() {}
        let reply = scope.spawn(|| phone.enroll(&json!({ "code": code, "name": "Amina" })));
        clock_asked.recv().expect("a request");
        server.state.stopping.cancel();
        assert_eq!(stream.event(), None, "streams end at once");
        open.send(()).expect("a writer");
        reply.join().expect("an answer")
    });
    assert_eq!(reply.status, 200);
    server.stop();
    assert!(!server.stranger().reaches());
    let log = folder.path().join("tiwizi.sqlite-wal");
    assert!(std::fs::metadata(log).map_or(0, |file| file.len()) == 0, "the file alone holds everything");
    let server = TestServer::with(Plan { place, proxy: Proxy::None, ..Plan::default() });
    let mut again = server.stranger();
    (again.cookie, again.signer) = (phone.cookie, phone.signer);
    assert_eq!(again.get("/api/session").json()["account"]["name"], "Amina");
}

/// What waits for the writer is bounded in bytes too: full frames from a few hundred phones must not fill the memory.
#[test]
fn uploads_that_wait_are_bounded_in_bytes() {
    const UPLOAD_BYTES: usize = 7 * 1024 * 1024;
    let folder = tempfile::tempdir().expect("a folder");
    // A file: only there do readers, who look who is asking, not wait for the writer.
    let place = Place::in_folder(folder.path()).expect("a place");
    let server = TestServer::with(Plan { place, ..Plan::default() });
    // Zeros are small on the way, and large once inflated.
    let upload = |n: u8| Upload {
        document: DocumentId([n; 16]),
        kind: Kind::Event,
        epoch: 0,
        changes: vec![vec![0; UPLOAD_BYTES].into()],
    };
    let phones = u8::try_from(UPLOAD_BYTES_WAITING_MAX / UPLOAD_BYTES).expect("a few");
    let mut clients: Vec<Client> = (0..=phones).map(|n| server.enrolled(Role::Staff, &format!("Phone {n}"))).collect();
    let mut last = clients.pop().expect("a phone");
    let frame = |n: u8| wire::encode(&Request { uploads: vec![upload(n)], ..Request::default() });
    let send =
        |client: &mut Client, n: u8| client.send("POST", "/api/sync", Some(("application/octet-stream", &frame(n))));
    let (open, gate) = mpsc::channel::<()>();
    let (entered, at_gate) = mpsc::channel();
    thread::scope(|scope| {
        // Moved in: should the test fail here, the gate opens by itself.
        let open = open;
        let (store, room) = (&server.state.store, &server.state.upload_room);
        scope.spawn(|| {
            store.write_blocking::<_, StoreError>(move |_, _| {
                entered.send(()).expect("a test");
                gate.recv().expect("a test");
                Ok(())
            })
        });
        at_gate.recv().expect("a writer");
        let waiting: Vec<_> =
            (0u8..).zip(&mut clients).map(|(n, client)| scope.spawn(move || send(client, n).status)).collect();
        while room.available_permits() >= UPLOAD_BYTES {
            assert!(waiting.iter().all(|sent| !sent.is_finished()), "answered while the writer is held");
            thread::yield_now();
        }
        let refusal = send(&mut last, phones);
        assert_eq!(refusal.refusal(), refused(503, "server.busy"));
        assert_eq!(refusal.header("retry-after"), Some("1"));
        open.send(()).expect("a writer");
        assert!(waiting.into_iter().all(|sent| sent.join().expect("an answer") == 200));
    });
    assert_eq!(server.state.upload_room.available_permits(), UPLOAD_BYTES_WAITING_MAX);
    assert_eq!(send(&mut last, phones).status, 200, "what was refused is taken now");
}
