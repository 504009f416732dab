//! The real server on a loopback port, and a blocking client to ask it.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::{Value, json};
use server::{
    cli::invite,
    clock::Clock,
    config::{AppSource, Config, Proxy, PublicUrl},
    programs::address::Reach,
    proof,
    routes::AppState,
    serve::{self, Door, Limits},
    storage::{Place, WriterState, access},
    tls::Certificates,
};
use shared::role::Role;
use ureq::{Agent, http};

use crate::{passkey::SoftPasskey, signer::Signer};

/// When the tests take place: 1 March 2026, 08:00 UTC.
pub const START_MS: u64 = 1_772_352_000_000;
pub const SECOND_MS: u64 = 1_000;
pub const HOUR_MS: u64 = 60 * 60 * SECOND_MS;

/// A clock that stands until it is moved.
#[derive(Debug, Clone)]
pub struct Time(Arc<AtomicU64>);

impl Time {
    #[must_use]
    pub fn start() -> Self {
        Self(Arc::new(AtomicU64::new(START_MS)))
    }

    pub fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::from_fn(move || now.load(Ordering::SeqCst))
    }
}

/// How a test server differs from the plain one: in memory, over HTTP, with no app.
#[derive(Debug)]
pub struct Plan {
    pub place: Place,
    pub public_url: Option<&'static str>,
    pub app: AppSource,
    pub proxy: Proxy,
    pub reach: Reach,
    /// None: that of [`TestServer::time`].
    pub clock: Option<Clock>,
    /// None: plain HTTP.
    pub certificates: Option<Arc<Certificates>>,
    pub limits: Limits,
}

impl Default for Plan {
    fn default() -> Self {
        let place = Place::in_memory().expect("memory");
        Self {
            place,
            public_url: None,
            app: AppSource::BuiltIn,
            proxy: Proxy::None,
            reach: Reach::Public,
            clock: None,
            certificates: None,
            limits: Limits::default(),
        }
    }
}

/// A running server. Dropped, it stops as on SIGTERM, and is waited for.
#[derive(Debug)]
pub struct TestServer {
    pub address: SocketAddr,
    pub state: AppState,
    pub time: Time,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    #[must_use]
    pub fn start() -> Self {
        Self::with(Plan::default())
    }

    #[must_use]
    pub fn with(plan: Plan) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a bound socket");
        let time = Time::start();
        let config = Config {
            place: plan.place,
            public_url: plan.public_url.map_or(PublicUrl::local(address), |url| url.parse().expect("a public URL")),
            app: plan.app,
            proxy: plan.proxy,
            reach: plan.reach,
        };
        let clock = plan.clock.unwrap_or_else(|| time.clock());
        let state = AppState::open(config, clock, WriterState::default()).expect("a database");
        let house = state.clone();
        let tls = plan.certificates.map(|certificates| certificates.acceptor().expect("TLS"));
        let limits = plan.limits;
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("threads").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                serve::serve(house, Door { listener, tls, limits }).await.expect("a clean end");
            });
        });
        Self { address, state, time, thread: Some(thread) }
    }

    /// Stops, and waits until everything is on the disk.
    pub fn stop(&mut self) {
        self.state.stopping.cancel();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
        }
    }

    /// Somebody who is not signed in.
    #[must_use]
    pub fn stranger(&self) -> Client {
        Client::new(self.address, self.state.config.public_url.origin())
    }

    /// An invite made on the server's console.
    #[must_use]
    pub fn console_invite(&self, role: Role) -> String {
        let clock = self.state.clock.clone();
        let new = invite::New { role, name: None, hours: 72, documents: Vec::new() };
        let made = self.state.store.write_blocking(move |tx, _| invite::make(tx, &new, &clock));
        made.expect("an invite").to_string()
    }

    /// Somebody who came in by the console's invite.
    #[must_use]
    pub fn enrolled(&self, role: Role, name: &str) -> Client {
        let mut client = self.stranger();
        let reply = client.enroll(&json!({ "code": self.console_invite(role), "name": name }));
        assert_eq!(reply.status, 200, "{reply:?}");
        if role.has_second_factor() {
            client.add_passkey();
        }
        client
    }

    /// The devices of the database, whatever the API shows.
    #[must_use]
    pub fn devices(&self) -> Vec<access::DeviceRow> {
        self.state.store.read_blocking(access::devices).expect("a database")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A browser: it keeps its cookie and its key, sets the app's header, signs its requests, and uses its passkey where one is asked
/// for, all as the app does.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    origin: String,
    /// What it takes for the server's time: wrong at first, as on a phone a year off.
    server_ms: Arc<AtomicU64>,
    /// The device's key; none signs nothing.
    pub signer: Option<Signer>,
    /// The account's passkey, if it is at hand.
    pub passkey: Option<SoftPasskey>,
    /// What the browser would send: `name=value`.
    pub cookie: Option<String>,
    /// Further headers of every request.
    pub headers: Vec<(&'static str, String)>,
}

/// Bodies beyond this are sent once the server wants them: it may refuse one by its length alone, and end the connection.
const WAITED_FOR_BYTES: usize = 1 << 20;

impl Client {
    #[must_use]
    pub fn new(address: SocketAddr, origin: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .accept("")
            .accept_encoding("")
            // The server closes the connection of a request whose body it did not want. A browser asks again; this client fails.
            .max_idle_connections(0)
            // No test waits for it: only a fault would.
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self {
            agent,
            base: format!("http://{address}"),
            origin: origin.to_owned(),
            server_ms: Arc::default(),
            signer: Some(Signer::draw()),
            passkey: None,
            cookie: None,
            headers: vec![("x-tiwizi", "1".to_owned())],
        }
    }

    /// The same browser with one more header.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value.to_owned()));
        client
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Sends `(type, bytes)` and keeps the cookie that comes back.
    pub fn send(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Reply {
        let reply = self.send_once(method, path, body);
        let wants_passkey = ["factor.required", "session.expired"].contains(&reply.code().as_str());
        match self.passkey.clone() {
            Some(passkey) if wants_passkey => {
                let proved = self.prove(&passkey);
                assert_eq!(proved.status, 204, "{proved:?}");
                self.send_once(method, path, body)
            }
            _ => reply,
        }
    }

    fn send_once(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Reply {
        let reply = Reply::read(self.ask(method, path, body).expect("an answer"));
        if let Some(now_ms) = reply.json()["server"]["now_ms"].as_u64() {
            self.server_ms.store(now_ms, Ordering::SeqCst);
        }
        if let Some(cookie) = reply.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        reply
    }

    /// Asks, and once more when the server says that its time is another one.
    fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let reply = self.ask_once(method, path, body)?;
        if reply.status() != 401 {
            return Ok(reply);
        }
        let (parts, body_of_reply) = reply.into_parts();
        let read = Reply::read(http::Response::from_parts(parts.clone(), body_of_reply));
        match read.json()["now_ms"].as_u64() {
            Some(now_ms) => {
                self.server_ms.store(now_ms, Ordering::SeqCst);
                self.ask_once(method, path, body)
            }
            None => Ok(http::Response::from_parts(parts, ureq::Body::builder().data(read.body))),
        }
    }

    fn ask_once(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
            if let Some(signer) = &self.signer {
                let bytes = body.map_or(&[][..], |(_, bytes)| bytes);
                let proof = signer.proof(method, path, bytes, self.server_ms.load(Ordering::SeqCst));
                request = request.header(proof::HEADER, proof);
            }
        }
        if body.is_some_and(|(_, bytes)| bytes.len() > WAITED_FOR_BYTES) {
            request = request.header("expect", "100-continue");
        }
        match body {
            Some((kind, bytes)) => self.agent.run(request.header("content-type", kind).body(bytes).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        }
    }

    /// Adds a passkey to the account, and keeps it at hand.
    pub fn add_passkey(&mut self) -> SoftPasskey {
        let passkey = SoftPasskey::draw(&self.origin);
        let asked = self.post("/api/passkeys/add", &Value::Null);
        assert_eq!(asked.status, 200, "{asked:?}");
        let added = json!({ "label": "Finger", "credential": passkey.register(&asked.json()) });
        let reply = self.post("/api/passkeys/added", &added);
        assert_eq!(reply.status, 204, "{reply:?}");
        self.passkey = Some(passkey.clone());
        passkey
    }

    /// Proves by a passkey that it is oneself.
    pub fn prove(&mut self, passkey: &SoftPasskey) -> Reply {
        let asked = self.send_once("POST", "/api/passkeys/prove", None);
        if asked.status != 200 {
            return asked;
        }
        let body = json!({ "credential": passkey.prove(&asked.json()) }).to_string();
        self.send_once("POST", "/api/passkeys/proved", Some(("application/json", body.as_bytes())))
    }

    /// Whether anybody answers at all.
    #[must_use]
    pub fn reaches(&self) -> bool {
        self.ask("GET", "/healthz", None).is_ok()
    }

    /// Comes in, with what a test does not care about filled in.
    pub fn enroll(&mut self, ask: &Value) -> Reply {
        let mut body = json!({ "attempt": "00".repeat(16), "device_label": "Chrome, Android", "language": "fr" });
        if let Some(signer) = &self.signer {
            body["public_key"] = signer.public_key().into();
        }
        for (key, value) in ask.as_object().expect("an object") {
            body[key] = value.clone();
        }
        self.post("/api/enroll", &body)
    }

    /// Opens the stream of pokes.
    #[must_use]
    pub fn listen(&self) -> Stream {
        let reply = self.ask("GET", "/api/pokes", None).expect("an answer");
        assert_eq!(reply.status(), 200, "{:?}", reply.headers());
        Stream(Box::new(BufReader::new(reply.into_body().into_reader())))
    }
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    fn read(reply: http::Response<ureq::Body>) -> Self {
        let (parts, mut body) = reply.into_parts();
        let mut bytes = Vec::new();
        body.as_reader().read_to_end(&mut bytes).expect("a whole answer");
        Self { status: parts.status.as_u16(), headers: parts.headers, body: bytes }
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }

    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The stable code of a refusal; empty when it is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and code, as most tests compare them.
    #[must_use]
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

/// An open stream of server-sent events.
pub struct Stream(Box<dyn std::io::BufRead>);

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Stream {
    /// The next event as `name data`, waited for; none when the server ends the stream. Keep-alive comments are skipped.
    pub fn event(&mut self) -> Option<String> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("a stream that ends cleanly") == 0 {
                return None;
            }
            match line.trim_end().split_once(':') {
                Some(("event", value)) => name = value.trim().to_owned(),
                Some(("data", value)) => data = value.trim().to_owned(),
                None if !name.is_empty() => return Some(format!("{name} {data}")),
                _ => {}
            }
        }
    }
}

/// A folder as the app's bundler leaves it.
pub fn write_app(folder: &Path) {
    for (path, content) in [
        ("index.html", "<!doctype html><title>App</title>"),
        ("sw.js", "// service worker"),
        ("manifest.webmanifest", "{}"),
        ("assets/engine-1a2b3c.wasm", "plain engine"),
        ("assets/engine-1a2b3c.wasm.br", "brotli engine"),
        ("assets/engine-1a2b3c.wasm.gz", "gzip engine"),
        ("assets/index-4d5e6f.js", "plain script"),
        ("assets/worker-7a8b9c.js", "worker script"),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
}

/// The address of a route, with ids in it of which there is nothing.
#[must_use]
pub fn filled(path: &str) -> String {
    path.replace("{id}", "00000000-0000-0000-0000-000000000000")
        .replace("{hash}", &"0".repeat(64))
        .replace("{code}", "000000000000")
        .replace("{token}", &"0".repeat(32))
        .replace("{row}", &"0".repeat(16))
}

/// Every `(method, path)` that the router's source names: a route added there is in these tests by itself.
#[must_use]
pub fn routes() -> BTreeSet<(&'static str, String)> {
    let source = include_str!("../../server/src/routes/mod.rs");
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut routes = BTreeSet::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).expect("a path");
        let handlers = &route[..route.find(".route(").unwrap_or(route.len())];
        let handlers = handlers.split(".layer(").next().unwrap_or_default();
        for (word, method) in
            [("get(", "GET"), ("post(", "POST"), ("put(", "PUT"), ("patch(", "PATCH"), ("delete(", "DELETE")]
        {
            if handlers.contains(word) {
                routes.insert((method, path.to_owned()));
            }
        }
    }
    assert!(routes.len() > 10, "{routes:?}");
    routes
}
