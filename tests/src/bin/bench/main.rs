//! Measures the figures that Tiwizi promises, on the real release binary over real HTTP, and writes `tests/bench/RESULTS.md`.
//!
//! `TIWIZI` names the binary; else `target/release/tiwizi`. A missed target is a line in the table, not a failure.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    sync::Barrier,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ::tests::signer::Signer;
use server::{guard, guesses};
use shared::{
    document::{Document, Kind},
    edit::{Edit, Entry, NewPerson, NewSlot},
    field::Field,
    id::{DocumentId, RowId},
    mark::{How, Status},
    record::Side,
    replica::{Exchanged, Identity, Replica},
    role::Role,
    wire::{self, Report, Request, Response, Verdict},
};

#[path = "../../../../papers/tests/papers/sample.rs"]
#[expect(dead_code, reason = "the other papers are made from it in their own tests")]
mod sample;

mod directory;
mod dossiers;
mod indicators;
mod twins;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What Chromium sends with a fetch beside what the app asks for, on a phone: counted as bytes up.
const BROWSER_HEADERS: &str = "Connection: keep-alive\r\n\
    sec-ch-ua-platform: \"Android\"\r\n\
    User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36\r\n\
    sec-ch-ua: \"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n\
    sec-ch-ua-mobile: ?1\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: fr-FR,fr;q=0.9\r\n";

const LEVEL_DOCUMENTS: usize = 300;
const ROSTER: usize = 60;
const CHECK_INS: usize = 200;
const RUSH_PHONES: usize = 100;
const RUSH_CHANGES: usize = 200;
const RUSH_EVENTS: usize = 20;
const CHANGED_DOCUMENTS: usize = 10;
const ROSTERS: [usize; 3] = [500, 1_000, 5_000];
const GUESSES: usize = 2_000;
/// So often the guard is run with and without the table of permissions, one after the other.
const JUDGEMENTS: usize = 31;

/// The running binary.
struct Server {
    child: Child,
    port: u16,
    folder: Rc<tempfile::TempDir>,
}

impl Server {
    fn start() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(binary())
            .args(["serve", "--log", "off", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut printed = BufReader::new(child.stdout.take().ok_or("no output")?).lines().map_while(Result::ok);
        let opened = printed.find(|line| line.contains("est ouvert sur"));
        // It goes on printing, the first invite for one, and somebody must read it.
        thread::spawn(move || printed.for_each(drop));
        let port = opened.as_deref().and_then(|line| line.rsplit(':').next()?.trim().parse().ok());
        Ok(Self { child, port: port.ok_or("the server did not open")?, folder: Rc::new(folder) })
    }

    /// A line of `/proc/PID/status`, in kB: `VmRSS` now, `VmHWM` at its highest.
    fn memory_kb(&self, line: &str) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = status.lines().find_map(|of| of.strip_prefix(line)?.strip_prefix(':'));
        Ok(found.and_then(|of| of.split_whitespace().next()).ok_or("no such line")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A code by which a coordinator comes in.
fn invite(server: &Server) -> Outcome<String> {
    let made = Command::new(binary())
        .args(["invite", "--role", "coordinator", "--data"])
        .arg(server.folder.path())
        .output()?;
    let printed = String::from_utf8(made.stdout)?;
    let code = printed.split("#/join/").nth(1).and_then(|rest| rest.split_whitespace().next()).ok_or("no code")?;
    Ok(code.to_owned())
}

fn binary() -> PathBuf {
    env::var_os("TIWIZI").map_or_else(|| root().join("target/release/tiwizi"), PathBuf::from)
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What crossed the network. In bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Traffic {
    round_trips: usize,
    body_up: usize,
    body_down: usize,
    all_up: usize,
    all_down: usize,
    took: Duration,
}

impl Traffic {
    fn describe(&self) -> String {
        let Self { round_trips, body_up, body_down, all_up, all_down, .. } = self;
        format!(
            "{round_trips} round trip(s); {body_up} B up, {body_down} B down (with HTTP headers {all_up} / {all_down})"
        )
    }
}

/// A phone: the real engine, and a connection.
struct Phone {
    replica: Replica,
    stream: TcpStream,
    host: String,
    cookie: String,
    signer: Signer,
    made: u64,
}

impl Phone {
    fn enroll(server: &Server, nonce: u8) -> Outcome<Self> {
        let signer = Signer::draw();
        let ask = serde_json::json!({
            "public_key": signer.public_key(),
            "code": invite(server)?, "name": format!("Phone {nonce}"), "device_label": "bench", "language": "fr",
            "attempt": format!("{nonce:032x}"),
        });
        let host = format!("127.0.0.1:{}", server.port);
        let mut stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /api/enroll HTTP/1.1\r\nHost: {host}\r\nx-tiwizi: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            ask.to_string().len()
        );
        stream.write_all(format!("{head}{ask}").as_bytes())?;
        let reply = Reply::read(&mut stream)?;
        let cookie =
            reply.header("set-cookie").and_then(|cookie| cookie.split(';').next()).ok_or("no cookie")?.to_owned();
        let session: serde_json::Value = serde_json::from_slice(&reply.body)?;
        let id = |of: &str| session[of]["id"].as_str().ok_or("no id");
        let (device, account) = (id("device")?.parse()?, id("account")?.parse()?);
        let identity = Identity { device, account, name: format!("Phone {nonce}"), role: Role::Coordinator };
        let replica = Replica::open(identity, [nonce; 8], []);
        Ok(Self { replica, stream, host, cookie, signer, made: 0 })
    }

    /// Bytes that no other call of no other phone returns.
    fn unique<const N: usize>(&mut self) -> [u8; N] {
        self.made += 1;
        let device = self.replica.identity().device.0;
        let mut bytes = [0; N];
        // Spread as random ones are, so that they compress as badly.
        let mut state = self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ u64::from_be_bytes([
                device[8], device[9], device[10], device[11], device[12], device[13], device[14], device[15],
            ]);
        for byte in &mut bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_be_bytes()[0];
        }
        bytes
    }

    fn document(&mut self) -> DocumentId {
        DocumentId::new(now_ms(), self.unique())
    }

    fn row(&mut self) -> RowId {
        RowId(self.unique())
    }

    fn edit(&mut self, edit: Edit) -> Outcome<()> {
        self.replica.edit(&Entry { at_ms: now_ms(), edit })?;
        Ok(())
    }

    /// Disks of phones are not what is measured here.
    fn store(&mut self) {
        while let Some(batch) = self.replica.take_batch() {
            self.replica.persisted(batch.id);
        }
    }

    fn request(&mut self) -> Outcome<Vec<u8>> {
        self.store();
        Ok(self.replica.request(now_ms(), Report::default()).ok_or("a request is under way")?)
    }

    /// Sends a frame and reads the reply, without taking it in.
    fn send(&mut self, frame: &[u8], traffic: &mut Traffic) -> Outcome<Vec<u8>> {
        let head = format!(
            "POST /api/sync HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nx-tiwizi: 1\r\n\
            Content-Type: application/octet-stream\r\nOrigin: http://{host}\r\nReferer: http://{host}/\r\n\
            {BROWSER_HEADERS}Cookie: {cookie}\r\nx-tiwizi-proof: {proof}\r\n\r\n",
            host = self.host,
            length = frame.len(),
            cookie = self.cookie,
            proof = self.signer.proof("POST", "/api/sync", frame, now_ms()),
        );
        self.stream.write_all(&[head.as_bytes(), frame].concat())?;
        let reply = Reply::read(&mut self.stream)?;
        if reply.status() != 200 {
            return Err(format!("{}: {}", reply.status(), String::from_utf8_lossy(&reply.body)).into());
        }
        traffic.round_trips += 1;
        traffic.body_up += frame.len();
        traffic.body_down += reply.body.len();
        traffic.all_up += head.len() + frame.len();
        traffic.all_down += reply.head.len() + reply.body.len();
        Ok(reply.body)
    }

    /// Comes back into the network: what was connected before is no longer.
    fn connect(&mut self) -> Outcome<()> {
        self.stream = TcpStream::connect(&self.host)?;
        Ok(self.stream.set_nodelay(true)?)
    }

    /// Exchanges until neither side has anything more to say.
    fn settle(&mut self) -> Outcome<Traffic> {
        let mut traffic = Traffic::default();
        let started = Instant::now();
        self.connect()?;
        loop {
            let frame = self.request()?;
            let reply = self.send(&frame, &mut traffic)?;
            let Exchanged { again, .. } = self.replica.response(&reply, now_ms())?;
            if !again && self.replica.unsent() == 0 {
                break;
            }
        }
        self.store();
        traffic.took = started.elapsed();
        Ok(traffic)
    }

    fn create_person(&mut self, n: usize) -> Outcome<DocumentId> {
        const GIVEN: [&str; 8] = ["Zahra", "Mohamed", "Fatima", "Brahim", "Khadija", "Hassan", "Aïcha", "Lahcen"];
        const FAMILY: [&str; 7] = ["Aït Oufella", "El Idrissi", "Ben Moussa", "Amrani", "Ouhadda", "Tazi", "Bouzidi"];
        let person = self.document();
        let new = NewPerson {
            given: GIVEN[n % GIVEN.len()].to_owned(),
            family: format!("{} {n}", FAMILY[n % FAMILY.len()]),
            commune: "Tinzert".to_owned(),
            ..NewPerson::default()
        };
        self.edit(Edit::CreatePerson { person, new, notice_read: true })?;
        Ok(person)
    }

    /// An event of one half-day that expects these people.
    fn create_event(&mut self, title: &str, expected: &[DocumentId]) -> Outcome<(DocumentId, RowId)> {
        let (event, slot) = (self.document(), self.row());
        let new = NewSlot { slot, day: "2026-11-23".into(), starts: "09:00".into(), ends: "12:30".into() };
        self.edit(Edit::CreateEvent { event, fields: [(Field::Title, title.into())].into(), slots: vec![new] })?;
        for person in expected {
            self.edit(Edit::AddToRoster { event, person: *person })?;
        }
        Ok((event, slot))
    }

    fn check_in(&mut self, (event, slot): (DocumentId, RowId), person: DocumentId) -> Outcome<()> {
        let mark = self.row();
        self.edit(Edit::CheckIn { event, slot, person, mark, status: Status::Present, minutes: None, how: How::Tap })
    }
}

/// An HTTP reply as it arrived.
struct Reply {
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn read(stream: &mut TcpStream) -> Outcome<Self> {
        let (mut bytes, mut piece) = (Vec::new(), [0; 65536]);
        loop {
            let read = stream.read(&mut piece)?;
            if read == 0 {
                return Err("the reply broke off".into());
            }
            bytes.extend_from_slice(&piece[..read]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let mut reply = Self { head: String::from_utf8(bytes[..end + 4].to_vec())?, body: Vec::new() };
            let length: usize = reply.header("content-length").ok_or("no length")?.parse()?;
            if bytes.len() == end + 4 + length {
                reply.body = bytes.split_off(end + 4);
                return Ok(reply);
            }
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.trim()))
    }

    fn status(&self) -> u16 {
        self.head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

/// One line of the table.
#[derive(serde::Deserialize)]
struct Row {
    what: String,
    target: String,
    measured: String,
    met: bool,
}

/// What the app weighs, as `pwa/tools/budgets.js` counts it for every build.
fn app_sizes() -> Outcome<Vec<Row>> {
    let run = Command::new("node")
        .arg(root().join("pwa/tools/budgets.js"))
        .arg("--json")
        .stderr(Stdio::inherit())
        .output()?;
    let sizes: Vec<serde_json::Value> =
        serde_json::from_slice(&run.stdout).map_err(|_| "pwa/dist is missing: run `make app`")?;
    let row = |what: &str, size: &str, target: &str, max| {
        let bytes =
            sizes.iter().find(|row| row["what"] == size).and_then(|row| row["bytes"].as_u64()).unwrap_or(u64::MAX);
        Row {
            what: String::from(what),
            target: String::from(target),
            measured: format!("{} B", spaced(bytes)),
            met: bytes <= max,
        }
    };
    Ok(vec![
        row("To first paint: HTML, CSS and JS, brotli", "to first paint", "≤ 60 kB", 60_000),
        row("Engine, brotli", "engine", "≤ 360 kB", 360_000),
        row("All that is precached, brotli", "all that is kept for offline", "≤ 900 kB", 900_000),
    ])
}

fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// What a coordinator's phone holds: 3 events with 60 people each, 5 dossiers, 20 associations, and people.
struct Holdings {
    events: Vec<(DocumentId, RowId)>,
    people: Vec<DocumentId>,
}

fn fill(phone: &mut Phone) -> Outcome<Holdings> {
    for n in 0..20 {
        let association = phone.document();
        let fields = [(Field::Title, format!("Association Tifaouine {n}").as_str().into())].into();
        phone.edit(Edit::CreateAssociation { association, fields })?;
    }
    for n in 0..5 {
        let dossier = phone.document();
        let fields = [(Field::Title, format!("Un réseau d’eau {n}").as_str().into())].into();
        phone.edit(Edit::CreateDossier { dossier, fields, sections: vec!["context".to_owned()] })?;
        for label in ["Forage", "Conduites", "Main d’œuvre", "Suivi"] {
            let line = phone.row();
            phone.edit(Edit::AddLine { dossier, line, side: Side::Expense, label: label.to_owned() })?;
        }
    }
    let people = (0..LEVEL_DOCUMENTS - 28).map(|n| phone.create_person(n)).collect::<Outcome<Vec<_>>>()?;
    let events = (0..3)
        .map(|n| phone.create_event(&format!("Atelier {n}"), &people[n * ROSTER..(n + 1) * ROSTER]))
        .collect::<Outcome<Vec<_>>>()?;
    phone.settle()?;
    Ok(Holdings { events, people })
}

/// A phone that is level, one with check-ins to send, and the comparison with automerge-repo: on the same documents.
fn one_phone(rows: &mut Vec<Row>) -> Outcome<Option<String>> {
    let server = Server::start()?;
    let mut author = Phone::enroll(&server, 1)?;
    let holdings = fill(&mut author)?;
    let folder = tempfile::tempdir()?;
    save(&mut author, &folder.path().join("before"), None)?;

    let mut phone = Phone::enroll(&server, 2)?;
    let first = phone.settle()?;
    let level = phone.settle()?;
    let held = phone.replica.documents().count();
    if held != LEVEL_DOCUMENTS || phone.replica.digest() != author.replica.digest() {
        return Err(format!("the phone holds {held} documents").into());
    }
    rows.push(Row {
        what: "A phone with 300 documents, level with the server, comes back".into(),
        target: "1 round trip, ≤ 1 kB each way".into(),
        measured: level.describe(),
        met: level.round_trips == 1 && level.all_up <= 1_000 && level.all_down <= 1_000,
    });

    let touched: Vec<DocumentId> = holdings.people[..CHANGED_DOCUMENTS].to_vec();
    for person in &touched {
        author.edit(Edit::SetField { document: *person, row: None, field: Field::Commune, value: "Ighrem".into() })?;
    }
    author.settle()?;
    save(&mut author, &folder.path().join("after"), Some(&touched))?;
    let changed = phone.settle()?;

    for n in 0..CHECK_INS {
        // Everybody on the three rosters once, then some of them again, as two helpers at one door do.
        let (event, at) = (n % 3, n / 3 % ROSTER);
        phone.check_in(holdings.events[event], holdings.people[event * ROSTER + at])?;
    }
    let unsent = phone.replica.unsent();
    let sent = phone.settle()?;
    rows.push(Row {
        what: "A phone with 200 unsent check-ins in 3 events".into(),
        target: "1 round trip, ≤ 20 kB up".into(),
        measured: format!("{unsent} changes: {}", sent.describe()),
        met: unsent == CHECK_INS && sent.round_trips == 1 && sent.all_up <= 20_000,
    });
    drop(server);
    let ours = [("first sync", first), ("level again", level), ("10 documents changed", changed)];
    Ok(beside_peer(rows, folder.path(), ours).unwrap_or_else(|error| {
        eprintln!("automerge-repo was not measured: {error}");
        None
    }))
}

/// Writes documents as stock Automerge opens them.
fn save(phone: &mut Phone, folder: &Path, only: Option<&[DocumentId]>) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    let all: Vec<DocumentId> = phone.replica.documents().map(|(id, _)| id).collect();
    for id in all.into_iter().filter(|id| only.is_none_or(|only| only.contains(id))) {
        let document = phone.replica.document(id).ok_or("a document went away")?;
        fs::write(folder.join(format!("{id}.automerge")), document.save())?;
    }
    Ok(())
}

/// automerge-repo's own server and client with the same documents. Returns a table, or nothing where it is not installed.
fn beside_peer(rows: &mut Vec<Row>, documents: &Path, ours: [(&str, Traffic); 3]) -> Outcome<Option<String>> {
    let peer = root().join("tests/bench/peer");
    if !peer.join("node_modules").exists() {
        let installed =
            Command::new("npm").args(["ci", "--prefer-offline", "--loglevel=error"]).current_dir(&peer).status();
        if !installed.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
    }
    let run = Command::new("node").arg(peer.join("measure.js")).arg(documents).stderr(Stdio::inherit()).output()?;
    let measured: serde_json::Value = serde_json::from_slice(&run.stdout)?;
    let mut table = String::from(
        "| case | | messages up + down | bytes up + down, bodies | bytes up + down, as on the socket | time, ms |\n|---|---|---|---|---|---|\n",
    );
    let mut ahead = true;
    for ((case, ours), key) in ours.into_iter().zip(["first", "level", "changed"]) {
        let of = |name: &str| measured[key][name].as_u64().unwrap_or(0);
        let sum = |a: &str, b: &str| of(a) + of(b);
        let ms = ours.took.as_secs_f64() * 1000.0;
        let Traffic { round_trips, body_up, body_down, all_up, all_down, .. } = ours;
        writeln!(
            table,
            "| {case} | Tiwizi | {round_trips} + {round_trips} | {body_up} + {body_down} | {all_up} + {all_down} | {ms:.1} |"
        )?;
        writeln!(
            table,
            "| | automerge-repo | {} + {} | {} + {} | {} + {} | {} |",
            of("messages_up"),
            of("messages_down"),
            of("bytes_up"),
            of("bytes_down"),
            of("socket_up"),
            of("socket_down"),
            of("ms")
        )?;
        ahead &= (all_up + all_down) as u64 <= sum("socket_up", "socket_down");
        ahead &= 2 * round_trips as u64 <= sum("messages_up", "messages_down") && ms <= of("ms") as f64;
    }
    rows.push(Row {
        what: "Against automerge-repo’s own sync server and client, same documents and changes".into(),
        target: "ahead in bytes, messages and time".into(),
        measured: "see the table below".to_owned(),
        met: ahead,
    });
    Ok(Some(table))
}

/// 100 phones come back at once, each with 10 check-ins at each of 20 events.
fn rush() -> Outcome<Row> {
    let server = Server::start()?;
    let mut author = Phone::enroll(&server, 0)?;
    let people = (0..RUSH_CHANGES).map(|n| author.create_person(n)).collect::<Outcome<Vec<_>>>()?;
    let events =
        (0..RUSH_EVENTS).map(|n| author.create_event(&format!("Atelier {n}"), &people)).collect::<Outcome<Vec<_>>>()?;
    author.settle()?;
    let mut phones = Vec::new();
    for n in 1..=RUSH_PHONES {
        let mut phone = Phone::enroll(&server, u8::try_from(n)?)?;
        phone.settle()?;
        for change in 0..RUSH_CHANGES {
            // Different people for different phones, with some in common.
            phone.check_in(events[change % RUSH_EVENTS], people[(n * 7 + change / RUSH_EVENTS) % people.len()])?;
        }
        phones.push(phone);
    }
    let before_kb = server.memory_kb("VmRSS")?;
    let together = Barrier::new(RUSH_PHONES + 1);
    let (took, rounds) = thread::scope(|scope| {
        let hands: Vec<_> = phones.iter_mut().map(|phone| scope.spawn(|| bring(phone, &together))).collect();
        together.wait();
        let started = Instant::now();
        let done =
            hands.into_iter().map(|hand| hand.join().map_err(|_| "a phone panicked")?.map_err(|error| error.into()));
        let done: Outcome<Vec<(Instant, usize)>> = done.collect();
        done.map(|done| {
            let last = done.iter().map(|(at, _)| *at).max().unwrap_or(started);
            (last - started, done.iter().map(|(_, rounds)| *rounds).max().unwrap_or(0))
        })
    })?;
    let peak_kb = server.memory_kb("VmHWM")?;
    Ok(Row {
        what: "100 phones × 200 changes over 20 documents come back at once".into(),
        target: "all receipts ≤ 10 s on 2 cores, server ≤ 200 MB".into(),
        measured: format!(
            "{:.1} s until the last receipt, {rounds} round trip(s) at most; peak {} kB (before: {} kB)",
            took.as_secs_f64(),
            spaced(peak_kb),
            spaced(before_kb)
        ),
        met: took <= Duration::from_secs(10) && peak_kb <= 200_000,
    })
}

/// Sends until everything has a receipt. Phones are other machines: what they do with a reply is not counted, since nobody
/// begins it before all have theirs.
fn bring(phone: &mut Phone, together: &Barrier) -> Result<(Instant, usize), String> {
    let work = |phone: &mut Phone| -> Outcome<(Instant, usize)> {
        let mut frame = phone.request()?;
        together.wait();
        phone.connect()?;
        for round in 1.. {
            let reply = phone.send(&frame, &mut Traffic::default())?;
            let arrived = Instant::now();
            let response: Response = wire::decode(&reply)?;
            let verdicts = response.receipts.iter().flat_map(|receipt| &receipt.verdicts);
            let stored = verdicts.filter(|verdict| **verdict == Verdict::Stored).count();
            if stored == phone.replica.unsent() {
                return Ok((arrived, round));
            }
            phone.replica.response(&reply, now_ms())?;
            frame = phone.request()?;
        }
        Err("never".into())
    };
    work(phone).map_err(|error| error.to_string())
}

/// The changes of one document in a request.
fn changes_of(frame: &[u8], document: DocumentId) -> Outcome<Vec<Vec<u8>>> {
    let request: Request = wire::decode(frame)?;
    let uploads = request.uploads.into_iter().filter(|upload| upload.document == document);
    Ok(uploads.flat_map(|upload| upload.changes).map(|change| change.into_vec()).collect())
}

/// What it costs to hold what each change does against the table of permissions. The same check-ins are judged with and without it, and
/// sent: the difference, as a share of what their exchange takes.
fn permission_check() -> Outcome<Row> {
    let server = Server::start()?;
    let mut phone = Phone::enroll(&server, 1)?;
    let people = (0..CHECK_INS).map(|n| phone.create_person(n)).collect::<Outcome<Vec<_>>>()?;
    let at = phone.create_event("Atelier", &people)?;
    let frame = phone.request()?;
    let mut event = Document::new(at.0, Kind::Event);
    event.take(&changes_of(&frame, at.0)?)?;
    let reply = phone.send(&frame, &mut Traffic::default())?;
    phone.replica.response(&reply, now_ms())?;
    phone.settle()?;
    for person in &people {
        phone.check_in(at, *person)?;
    }
    let frame = phone.request()?;
    let changes = changes_of(&frame, at.0)?;
    let author = guard::Author { role: Role::Coordinator, document: at.0, kind: Kind::Event, library: None };
    let mut judged = [Vec::new(), Vec::new()];
    for _ in 0..JUDGEMENTS {
        for (author, took) in [None, Some(author)].into_iter().zip(&mut judged) {
            let started = Instant::now();
            let admitted = guard::admit(event.crdt(), &guard::Owner::Anyone, author, &changes);
            took.push(started.elapsed());
            if admitted.verdicts.iter().any(|verdict| !matches!(verdict, guard::Verdict::Accepted(_))) {
                return Err("a check-in was refused".into());
            }
        }
    }
    let [without, with] = judged.map(|mut took| {
        took.sort_unstable();
        took[took.len() / 2]
    });
    let started = Instant::now();
    phone.send(&frame, &mut Traffic::default())?;
    let ingest = started.elapsed();
    let each = |took: Duration| took.as_secs_f64() * 1e6 / changes.len() as f64;
    let cost = with.saturating_sub(without);
    let share = 100.0 * cost.as_secs_f64() / ingest.as_secs_f64();
    Ok(Row {
        what: format!("Permission check, per change ({} check-ins of one event)", changes.len()),
        target: "≤ 15 % of ingest".into(),
        measured: format!("{share:.1} %: {:.1} µs of {:.0} µs", each(cost), each(ingest)),
        met: share <= 15.0,
    })
}

/// Codes guessed from one address, as fast as the server answers.
fn guessing() -> Outcome<Row> {
    let server = Server::start()?;
    let host = format!("127.0.0.1:{}", server.port);
    let mut stream = TcpStream::connect(&host)?;
    let (mut looked_at, mut turned_away) = (0, 0);
    let started = Instant::now();
    for n in 0..GUESSES {
        let signer = Signer::draw();
        // Codes are letters and digits that are not mistaken for one another.
        let code =
            format!("{:04}-{:04}-{:04}", n % 10_000, (n * 7) % 10_000, (n * 13) % 10_000).replace(['0', '1'], "A");
        let ask = serde_json::json!({
            "public_key": signer.public_key(), "code": code, "name": "Personne", "device_label": "bench", "language": "fr",
            "attempt": format!("{n:032x}"),
        })
        .to_string();
        let head = format!(
            "POST /api/enroll HTTP/1.1\r\nHost: {host}\r\nx-tiwizi: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            ask.len()
        );
        // A connection may be closed on whoever errs too often.
        let asked = stream.write_all(format!("{head}{ask}").as_bytes()).map_err(Into::into);
        match asked.and_then(|()| Reply::read(&mut stream)) {
            Ok(reply) if reply.status() == 429 => turned_away += 1,
            Ok(reply) if reply.status() == 200 => return Err("a guess came in".into()),
            Ok(_) => looked_at += 1,
            Err(_) => {
                turned_away += 1;
                stream = TcpStream::connect(&host)?;
            }
        }
    }
    let back = u64::try_from(started.elapsed().as_millis())? / guesses::GUESS_BACK_MS;
    let most = u64::from(guesses::GUESSES_MAX) + back;
    Ok(Row {
        what: format!("{} invite codes guessed from one address", spaced(GUESSES as u64)),
        target: format!("≤ {} looked at, and one more each {} s", guesses::GUESSES_MAX, guesses::GUESS_BACK_MS / 1000),
        measured: format!("{looked_at} looked at, {} turned away, none came in", spaced(turned_away)),
        met: looked_at <= most,
    })
}

/// The sheet of 200 people who signed two half-days each.
fn sheet() -> Outcome<Row> {
    let sheet = sample::sheet(200, 2);
    let started = Instant::now();
    let pdf = papers::sheet_pdf(&sheet)?;
    let took = started.elapsed();
    let rest = Instant::now();
    papers::sheet_xlsx(&sheet)?;
    papers::sheet_csv(&sheet)?;
    papers::sheet_json(&sheet)?;
    Ok(Row {
        what: "A sheet of 200 people, two half-days signed: PDF / XLSX, CSV and JSON".into(),
        target: "≤ 2 s".into(),
        measured: format!("{} ms, {} kB / {} ms", took.as_millis(), pdf.len() / 1000, rest.elapsed().as_millis()),
        met: took <= Duration::from_secs(2),
    })
}

/// The server's memory after 2,000 documents, and after 20,000.
fn many_documents() -> Outcome<Row> {
    let server = Server::start()?;
    let mut phone = Phone::enroll(&server, 1)?;
    let mut after = Vec::new();
    for n in 1..=20_000 {
        phone.create_person(n)?;
        if n % 500 == 0 {
            phone.settle()?;
        }
        if n == 2_000 || n == 20_000 {
            after.push(server.memory_kb("VmRSS")?);
        }
    }
    let ratio = after[1] as f64 / after[0] as f64;
    Ok(Row {
        what: "Server memory after touching 20 000 documents".into(),
        target: "≤ 1.3 × that after 2 000".into(),
        measured: format!("{} kB after 2 000, {} kB after 20 000: {ratio:.2} ×", spaced(after[0]), spaced(after[1])),
        met: ratio <= 1.3,
    })
}

/// What a browser shows, and when: `tests/bench/browser.js` on the data of three servers. Returns what it says of the processor.
fn browser(rows: &mut Vec<Row>) -> Outcome<String> {
    let mut node = Command::new("node");
    node.arg(root().join("tests/bench/browser.js")).env("TIWIZI", binary()).stderr(Stdio::inherit());
    let mut folders = Vec::new();
    for expected in ROSTERS {
        let server = Server::start()?;
        let mut author = Phone::enroll(&server, 1)?;
        let people = (0..expected).map(|n| author.create_person(n)).collect::<Outcome<Vec<_>>>()?;
        let (event, _) = author.create_event("Atelier", &people)?;
        author.settle()?;
        node.arg(server.folder.path()).arg(event.to_string()).arg(invite(&server)?);
        // The data outlive this server.
        folders.push(Rc::clone(&server.folder));
        eprintln!("a roster of {expected}: filled");
    }
    let run = node.output()?;
    let measured: Browser = serde_json::from_slice(&run.stdout)?;
    rows.extend(measured.rows);
    Ok(measured.slowness)
}

/// What `browser.js` prints.
#[derive(serde::Deserialize)]
struct Browser {
    rows: Vec<Row>,
    slowness: String,
}

fn machine() -> String {
    let line = |file: &str, start: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let found = text.lines().find(|line| line.starts_with(start)).and_then(|line| line.split_once(':'));
        found.map_or_else(|| "?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores ({}), {} of memory, Linux {}; everything measured runs at nice {}; load {} at the start",
        line("/proc/cpuinfo", "model name"),
        line("/proc/meminfo", "MemTotal"),
        kernel.trim(),
        niceness(),
        load(),
    )
}

/// Of this process, and so of all that it starts.
fn niceness() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The 19th field; the second, the name, may hold spaces and ends with the last bracket.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(16).unwrap_or("?").to_owned()
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// Everything is measured and written down. `bench PART…` measures some parts and only prints them.
fn main() -> Outcome<()> {
    let parts: Vec<String> = env::args().skip(1).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let machine = machine();
    let mut rows = Vec::new();
    let (mut slowness, mut peer) = (None, None);
    if wanted("sizes") {
        rows.extend(app_sizes()?);
    }
    if wanted("browser") {
        slowness = Some(browser(&mut rows)?);
    }
    if wanted("dossiers") {
        dossiers::dossiers(&mut rows)?;
        eprintln!("dossiers: done");
    }
    if wanted("indicators") {
        indicators::indicators(&mut rows)?;
        eprintln!("indicators: done");
    }
    if wanted("phone") {
        peer = one_phone(&mut rows)?;
        eprintln!("one phone: done");
    }
    if wanted("rush") {
        rows.push(rush()?);
        eprintln!("100 phones: done");
    }
    if wanted("trust") {
        rows.extend([permission_check()?, guessing()?]);
        eprintln!("trust: done");
    }
    if wanted("sheet") {
        rows.push(sheet()?);
    }
    if wanted("directory") {
        directory::directory(&mut rows)?;
        eprintln!("directory: done");
    }
    if wanted("twins") {
        twins::twins(&mut rows)?;
        eprintln!("twins: done");
    }
    if wanted("door") {
        twins::door(&mut rows)?;
    }
    if wanted("memory") {
        rows.push(many_documents()?);
    }
    let mut text = format!(
        "# Figures\n\nWritten by `make bench`. The machine: {machine}, {} at the end; a load above its cores means that other \
        work ran beside, and that times are longer than they need be.\n\n| what | target | measured | |\n|---|---|---|---|\n",
        load()
    );
    for Row { what, target, measured, met } in rows {
        writeln!(text, "| {what} | {target} | {measured} | {} |", if met { "reached" } else { "**missed**" })?;
    }
    text.push_str(NOTES);
    if let Some(slowness) = slowness {
        writeln!(text, "{BROWSER_NOTES} Here {slowness}.")?;
    }
    if let Some(peer) = peer {
        write!(text, "{PEER_NOTES}{peer}")?;
    }
    print!("{text}");
    if parts.is_empty() {
        fs::write(root().join("tests/bench/RESULTS.md"), text)?;
    }
    Ok(())
}

const NOTES: &str = "\nServer: the release binary, over HTTP on loopback, its database on the disk of the machine. Phones: the real engine, \
    native, their storage in memory; each comes back over a new connection. Targets in bytes are held against all that crosses the socket, with the headers that \
    Chromium sends. In the rush of 100 phones the clock runs until each has a reply with a receipt for each change; what phones do with the rest of \
    that reply comes after.\n";

const BROWSER_NOTES: &str = "\nBrowser: Debian's Chromium without a screen, 390 × 844, the release binary; medians. A start is a new page of an installed \
    app whose server is stopped: the clock runs from the navigation until the frame with the first row of the roster was drawn, and until \
    the engine has opened every document. A tap runs from the event's own time until the frame with the mark was drawn, and until the page, \
    having heard from IndexedDB (strict durability), says so. A keystroke runs from the event's own time until the frame with the \
    narrowed list was drawn. A roster is scrolled by a whole screen with each frame, from the first row to the last, three times: the longest time from one frame \
    to the next counts. DevTools slow the page's thread only, not the engine's worker; a sixth of a core holds for every process of the browser.";

const PEER_NOTES: &str = "\n## Beside automerge-repo 2.5.6\n\nThe same 300 documents, byte for byte, and the same ten changes. Its sync server and its client \
    are two Node processes with its own file storage and its own WebSocket adapters; its phone is told the 300 addresses, since it lists no documents, \
    and has read what it holds before the clock starts. Its engine is WebAssembly in V8, ours is native here: of the times, \
    a part of the difference is that. An exchange of Tiwizi counts as one message each way.\n\n";
