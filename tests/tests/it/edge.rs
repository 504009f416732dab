//! The server's edge: what a connection may do, how often anybody may ask, how a certificate is obtained and renewed, and
//! what every answer carries.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use server::{
    acme::{Keeper, Plan as AcmePlan},
    config::Proxy,
    rates::{ADDRESS, DEVICE, ENROLMENT},
    serve::{HEAD_BYTES_MAX, Limits},
    tls::Certificates,
};
use shared::role::Role;
use tests::{
    acme::{Authority, LIFE_MS, connect, shown_at},
    server::{Plan, TestServer},
};

const NAME: &str = "tiwizi.example";
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const MINUTE_MS: u64 = 60 * 1_000;
/// So short that a test may wait for it.
const IMPATIENT: Duration = Duration::from_millis(200);

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn impatient() -> Limits {
    Limits { handshake: IMPATIENT, silence: IMPATIENT, unread: IMPATIENT, ..Limits::default() }
}

/// Whether the server has hung up. Waits until it has, or says so.
fn hangs_up(stream: &mut impl Read) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof),
    }
}

/// A connection on which nothing is waited for longer than a fault would last.
fn call(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
    stream
}

fn ask(stream: &mut (impl Read + Write)) -> String {
    stream.write_all(b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("a request");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

#[test]
fn whoever_says_nothing_loses_the_place() {
    let server = TestServer::with(Plan { limits: impatient(), ..Plan::default() });
    assert!(hangs_up(&mut call(&server)), "not a word");
    let mut slow = call(&server);
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-begun").expect("half a head");
    assert!(hangs_up(&mut slow), "half a head");
    let mut idle = call(&server);
    assert!(ask(&mut idle).starts_with("HTTP/1.1 200"));
    assert!(hangs_up(&mut idle), "between two requests");
}

#[test]
fn a_handshake_that_is_never_finished_ends() {
    let certificates = Arc::new(Certificates::default());
    let plan = Plan { certificates: Some(certificates), limits: impatient(), ..Plan::default() };
    let server = TestServer::with(plan);
    let mut stream = call(&server);
    // The first bytes of a TLS record that never comes.
    stream.write_all(&[0x16, 3, 1, 2, 0]).expect("a beginning");
    assert!(hangs_up(&mut stream));
    // Nothing to show yet: refused, and the server goes on.
    assert!(shown_at(server.address, NAME, None).is_none());
    assert!(shown_at(server.address, NAME, Some(b"acme-tls/1")).is_none());
}

#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    // Larger than what the system keeps for both ends, so that it waits for its reader.
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("index.html"), vec![b' '; 64 * 1024 * 1024]).expect("a file");
    let app = server::config::AppSource::Folder(folder.path().to_owned());
    let limits = Limits { connections_max: 1, ..impatient() };
    let server = TestServer::with(Plan { app, limits, ..Plan::default() });
    let mut greedy = call(&server);
    greedy.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").expect("a request");
    // There is one place. Whoever comes next has it once the first is given up.
    assert!(ask(&mut call(&server)).starts_with("HTTP/1.1 200"));
}

#[test]
fn beyond_the_last_place_one_waits() {
    let limits = Limits { connections_max: 1, silence: IMPATIENT, ..Limits::default() };
    let server = TestServer::with(Plan { limits, ..Plan::default() });
    let mut first = call(&server);
    assert!(ask(&mut first).starts_with("HTTP/1.1 200"));
    assert!(ask(&mut call(&server)).starts_with("HTTP/1.1 200"));
    // Served only after the first had gone, so its end is here already.
    first.set_nonblocking(true).expect("a socket");
    assert!(matches!(first.read(&mut [0]), Ok(0)), "both were served at once");
}

#[test]
fn a_head_without_end_is_cut_off() {
    let server = TestServer::start();
    let mut stream = call(&server);
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-long: ").expect("a beginning");
    // The server may answer and hang up before it has read all of it.
    let sent = stream.write_all(&vec![b'a'; 2 * HEAD_BYTES_MAX]);
    let mut answer = String::new();
    match sent.and_then(|()| stream.read_to_string(&mut answer)) {
        Ok(_) => assert!(answer.starts_with("HTTP/1.1 431"), "{answer}"),
        Err(error) => assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}"),
    }
}

/// A refusal that needs no body is sent before the body is there. It must arrive all the same.
#[test]
fn a_refusal_reaches_whoever_is_still_speaking() {
    let server = TestServer::start();
    let mut stream = call(&server);
    let body = vec![b' '; 256 * 1024];
    // Without the app's header: refused by its first line.
    let head = format!("POST /api/sync HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).expect("a head");
    // Waits for the answer and leaves it where a reset would destroy it.
    assert!(stream.peek(&mut [0]).is_ok_and(|bytes| bytes > 0), "an answer");
    for piece in body.chunks(1024) {
        stream.write_all(piece).expect("the server hears it out");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer, and an end");
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("request.cross_site"), "{answer}");
}

#[test]
fn an_address_that_asks_too_often_waits_and_another_does_not() {
    let server = TestServer::with(Plan { proxy: Proxy::Trusted, ..Plan::default() });
    let mut here = server.stranger().with("x-forwarded-for", "192.0.2.1");
    for _ in 0..ADDRESS.burst.get() {
        assert_eq!(here.get("/api/session").refusal(), refused(401, "session.none"));
    }
    let reply = here.get("/api/session");
    assert_eq!(reply.refusal(), refused(429, "request.slow_down"));
    assert_eq!((reply.header("retry-after"), &reply.json()["retry_after_s"]), (Some("1"), &json!(1)));
    assert!(reply.json()["message"].is_string() && reply.header("content-security-policy").is_some());
    assert_eq!(here.get("/healthz").status, 200, "whoever watches is not counted");
    let mut there = server.stranger().with("x-forwarded-for", "192.0.2.2");
    assert_eq!(there.get("/api/session").status, 401);
    server.time.pass(1_000);
    for _ in 0..ADDRESS.per_s.get() {
        assert_eq!(here.get("/api/session").status, 401);
    }
    assert_eq!(here.get("/api/session").status, 429);
}

#[test]
fn a_device_that_asks_too_often_waits_and_nobody_can_use_up_anothers_share() {
    let server = TestServer::start();
    let mut amina = server.enrolled(Role::Volunteer, "Amina");
    // Somebody who knows the device's id and not its secret.
    let mut thief = server.stranger();
    thief.cookie = amina.cookie.as_ref().map(|cookie| format!("{}{}", &cookie[..cookie.len() - 2], "zz"));
    for _ in 0..=DEVICE.burst.get() {
        assert_eq!(thief.get("/api/session").status, 401);
    }
    for _ in 0..DEVICE.burst.get() {
        assert_eq!(amina.get("/api/session").status, 200);
    }
    let reply = amina.get("/api/session");
    assert_eq!(reply.refusal(), refused(429, "request.slow_down"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(server.enrolled(Role::Volunteer, "Badr").get("/api/session").status, 200);
    server.time.pass(1_000);
    assert_eq!(amina.get("/api/session").status, 200);
}

#[test]
fn coming_in_is_paced_whatever_the_code() {
    let server = TestServer::with(Plan { proxy: Proxy::Trusted, ..Plan::default() });
    let code = server.console_invite(Role::Volunteer);
    let ask = json!({ "code": code, "name": "Amina" });
    // One browser, with one key.
    let browser = server.stranger();
    let enroll = |from| browser.with("x-forwarded-for", from).enroll(&ask);
    // A repeated attempt is answered each time, and counts each time.
    for _ in 0..ENROLMENT.burst.get() {
        assert_eq!(enroll("192.0.2.1").status, 200);
    }
    let reply = enroll("192.0.2.1");
    assert_eq!(reply.refusal(), refused(429, "request.slow_down"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(enroll("192.0.2.2").status, 200);
    server.time.pass(1_000);
    assert_eq!(enroll("192.0.2.1").status, 200);
}

/// The life of a certificate: asked for, proved at the door, shown, kept, renewed in time; and an authority that fails.
#[test]
fn a_certificate_is_obtained_kept_and_renewed_before_it_expires() {
    let certificates = Arc::new(Certificates::default());
    let url = Some("https://tiwizi.example");
    let plan = Plan { certificates: Some(Arc::clone(&certificates)), public_url: url, ..Plan::default() };
    let server = TestServer::with(plan);
    let authority = Authority::start(server.time.clone());
    let cache = tempfile::tempdir().expect("a folder");
    let plan = AcmePlan {
        names: vec![NAME.to_owned()],
        contacts: vec!["mailto:amina@tiwizi.example".to_owned()],
        directory: authority.directory(),
        directory_root: Some(authority.root()),
        cache: cache.path().join("acme"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let tend = |keeper: &mut Keeper| runtime.block_on(keeper.tend(server.time.clock().now_ms()));
    let shown = || shown_at(server.address, NAME, None).expect("a certificate");

    // Nobody finds the door: the keeper asks again, each time later.
    let mut keeper = Keeper::new(plan.clone(), Arc::clone(&certificates));
    assert_eq!([tend(&mut keeper), tend(&mut keeper)], [5 * MINUTE_MS, 10 * MINUTE_MS]);
    assert!(shown_at(server.address, NAME, None).is_none());

    authority.look_at(Some(server.address));
    assert_eq!(tend(&mut keeper), LIFE_MS / 3 * 2);
    assert_eq!(authority.asked(), (1, 3), "one account, and an order at each attempt");
    let first = shown();
    let mut standing = connect(server.address, NAME, Some(b"http/1.1")).expect("TLS");
    assert!(ask(&mut standing).contains("strict-transport-security: max-age="));
    assert!(shown_at(server.address, NAME, Some(b"acme-tls/1")).is_none(), "nothing is proved any more");

    server.time.pass(59 * DAY_MS);
    assert_eq!(tend(&mut keeper), DAY_MS);
    assert_eq!(shown(), first);
    server.time.pass(DAY_MS);
    assert_eq!(tend(&mut keeper), LIFE_MS / 3 * 2);
    let second = shown();
    assert_ne!(second, first, "thirty days before it would have expired");
    assert!(ask(&mut standing).starts_with("HTTP/1.1 200"), "whoever was there stays");

    // A server that starts again shows what it has and asks nobody, not even for an account.
    let mut again = Keeper::new(plan.clone(), Arc::clone(&certificates));
    authority.look_at(None);
    assert_eq!(tend(&mut again), LIFE_MS / 3 * 2);
    assert_eq!((shown(), authority.asked()), (second.clone(), (1, 4)));
    // Another name: what is there is shown until the authority has seen that one too.
    let mut more = plan;
    more.names.push("www.tiwizi.example".to_owned());
    assert_eq!(tend(&mut Keeper::new(more, certificates)), 5 * MINUTE_MS);
    assert_eq!((shown(), authority.asked()), (second, (1, 5)));
    #[cfg(unix)]
    for entry in fs::read_dir(cache.path().join("acme")).expect("a folder").flatten() {
        for file in fs::read_dir(entry.path()).expect("a folder").flatten() {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata().expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is readable by others", file.path().display());
        }
    }
}

/// A page of another site learns nothing, and a page of ours asks nobody else: read on every answer there is.
#[test]
fn every_header_on_every_route() {
    let url = Some("https://tiwizi.example");
    let server = TestServer::with(Plan { public_url: url, ..Plan::default() });
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut asked = tests::server::routes();
    asked.extend(
        [("GET", "/"), ("GET", "/sw.js"), ("GET", "/api/nothing"), ("DELETE", "/")].map(|(m, p)| (m, p.to_owned())),
    );
    for (method, path) in asked {
        // Ended last, by nobody.
        if path == "/api/pokes" || path == "/api/session/end" {
            continue;
        }
        let path = tests::server::filled(&path);
        let body = (method != "GET").then_some(("application/json", &b"{}"[..]));
        for reply in [server.stranger().send(method, &path, body), admin.send(method, &path, body)] {
            let place = format!("{method} {path}: {}", reply.status);
            let header = |name| reply.header(name).unwrap_or_else(|| panic!("{place}: no {name}"));
            check_policy(header("content-security-policy"));
            check_permissions(header("permissions-policy"));
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cross-origin-embedder-policy", "require-corp"),
                ("strict-transport-security", "max-age=31536000"),
            ] {
                assert_eq!(header(name), value, "{place}");
            }
            if path.starts_with("/api") {
                assert_eq!(header("cache-control"), "no-store", "{place}");
            }
            // Nobody else's page may read it, and nothing names who serves.
            for name in ["access-control-allow-origin", "server", "x-powered-by", "location", "refresh"] {
                assert_eq!(reply.header(name), None, "{place}");
            }
        }
    }
}

/// Our own files, what a page made itself, WebAssembly; nothing else, and no inline script.
fn check_policy(policy: &str) {
    let allowed = ["'none'", "'self'", "data:", "blob:"];
    for directive in policy.split(';').map(str::trim) {
        let (name, sources) = directive.split_once(' ').expect("a directive");
        for source in sources.split(' ') {
            let engine = name == "script-src" && source == "'wasm-unsafe-eval'";
            let script = name == "script-src" || name == "worker-src" || name == "default-src";
            assert!(engine || allowed.contains(&source), "{directive}");
            assert!(!(script && source.ends_with(':')), "{directive}");
        }
    }
    for part in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
}

fn check_permissions(policy: &str) {
    for part in ["camera=(self)", "microphone=()", "geolocation=()", "payment=()", "usb=()", "display-capture=()"] {
        assert!(policy.split(", ").any(|given| given == part), "{part} in {policy}");
    }
    assert!(!policy.contains('*') && !policy.contains("http"), "{policy}");
}
