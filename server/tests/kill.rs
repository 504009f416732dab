//! The server is killed in the middle of uploads, again and again: whatever had a receipt is there, and all agrees.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use automerge::Change;
use server::storage::{self, Place, documents};
use shared::{
    edit::{Edit, Entry, NewPerson, NewSlot},
    field::Field,
    id::{AccountId, DeviceId, DocumentId, RowId},
    replica::{Identity, Replica},
    role::Role,
    wire::{self, Hash, Report, Request, Response, Verdict},
};

const PHONES: usize = 3;
const KILLS: usize = 12;
/// Receipts between two kills, so that each finds the server in the middle of its work.
const RECEIPTS_BETWEEN_KILLS: usize = 25;
const NOW_MS: u64 = 1_795_000_000_000;

/// The running binary, and the port that it keeps over its lives.
struct Program {
    child: Child,
    port: u16,
}

impl Program {
    fn start(data: &Path, port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_tiwizi"))
            .args(["serve", "--log", "off", "--listen", &listen, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut printed = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let opened = printed.find(|line| line.contains("est ouvert sur"));
        // Read to its end: a server whose output nobody takes would end with an error.
        thread::spawn(move || printed.for_each(drop));
        let address = opened.expect("the server says where it is");
        let port = address.rsplit(':').next().and_then(|port| port.trim().parse().ok()).expect("a port");
        Self { child, port }
    }

    /// SIGKILL: no destructor runs, no log is emptied.
    fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

fn run(data: &Path, words: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tiwizi")).args(words).arg("--data").arg(data).output().expect("the binary runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words:?}: {printed}");
    printed
}

/// Whether the server is up, for phones that wait for it.
#[derive(Default)]
struct Weather {
    up: Mutex<bool>,
    changed: Condvar,
    ending: AtomicBool,
    receipts: AtomicUsize,
    progressed: Condvar,
    progress: Mutex<()>,
}

impl Weather {
    fn set(&self, up: bool) {
        *self.up.lock().expect("no panic while holding it") = up;
        self.changed.notify_all();
    }

    fn wait_until_up(&self) {
        let up = self.up.lock().expect("no panic while holding it");
        drop(self.changed.wait_while(up, |up| !*up).expect("no panic while holding it"));
    }

    fn count(&self, receipts: usize) {
        self.receipts.fetch_add(receipts, Ordering::SeqCst);
        let _held = self.progress.lock().expect("no panic while holding it");
        self.progressed.notify_all();
    }

    fn wait_for_receipts(&self, many: usize) {
        let held = self.progress.lock().expect("no panic while holding it");
        let enough = |_: &mut ()| self.receipts.load(Ordering::SeqCst) < many;
        drop(self.progressed.wait_while(held, enough).expect("no panic while holding it"));
    }
}

struct Phone {
    replica: Replica,
    url: String,
    cookie: String,
    made: u64,
    /// What the server gave a receipt for.
    acknowledged: BTreeSet<(DocumentId, Hash)>,
}

impl Phone {
    fn enroll(data: &Path, url: &str, nonce: u8) -> Self {
        let printed = run(data, &["invite", "--role", "coordinator"]);
        let code = printed.split("#/join/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a code");
        let body = serde_json::json!({
            "code": code,
            "name": format!("Phone {nonce}"),
            "device_label": "test",
            "language": "fr",
            "attempt": format!("{nonce:032x}"),
        });
        let mut reply = ureq::post(format!("{url}/api/enroll"))
            .header("x-tiwizi", "1")
            .header("content-type", "application/json")
            .send(body.to_string())
            .expect("enrolled");
        let cookie = reply.headers()["set-cookie"].to_str().expect("a cookie").split(';').next().expect("a cookie").to_owned();
        let text = reply.body_mut().read_to_string().expect("a session");
        let session: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let id = |of: &str| session[of]["id"].as_str().expect("an id").to_owned();
        let identity = Identity {
            device: id("device").parse::<DeviceId>().expect("an id"),
            account: id("account").parse::<AccountId>().expect("an id"),
            name: format!("Phone {nonce}"),
            role: Role::Coordinator,
        };
        let replica = Replica::open(identity, [nonce; 8], []);
        Self { replica, url: url.to_owned(), cookie, made: 0, acknowledged: BTreeSet::new() }
    }

    fn unique<const N: usize>(&mut self) -> [u8; N] {
        self.made += 1;
        let mut bytes = [0; N];
        bytes[..8].copy_from_slice(&self.made.to_be_bytes());
        bytes[0] = self.replica.identity().device.0[15];
        bytes[1] = self.replica.identity().device.0[14];
        bytes
    }

    fn edit(&mut self, edit: Edit) {
        self.replica.edit(&Entry { at_ms: NOW_MS + self.made, edit }).expect("the engine takes it");
        self.store();
    }

    /// The disk of this phone never fails: the server's is what is tried.
    fn store(&mut self) {
        while let Some(batch) = self.replica.take_batch() {
            self.replica.persisted(batch.id);
        }
    }

    /// One exchange. Returns how many receipts it brought; none if the server was not there, or went away meanwhile.
    fn exchange(&mut self) -> Option<usize> {
        let frame = self.replica.request(NOW_MS, Report::default()).expect("nothing is under way");
        let Some(reply) = self.send(&frame) else {
            self.replica.request_failed();
            return None;
        };
        self.replica.response(&reply, NOW_MS).expect("a whole reply");
        self.store();
        let asked: Request = wire::decode(&frame).expect("our own frame");
        let said: Response = wire::decode(&reply).expect("a reply");
        let before = self.acknowledged.len();
        for (upload, receipt) in asked.uploads.iter().zip(&said.receipts) {
            for (bytes, verdict) in upload.changes.iter().zip(&receipt.verdicts) {
                assert_eq!(*verdict, Verdict::Stored, "an honest change");
                let change = Change::from_bytes(bytes.to_vec()).expect("our own change");
                self.acknowledged.insert((upload.document, change.hash().0));
            }
        }
        Some(self.acknowledged.len() - before)
    }

    fn send(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let request = ureq::post(format!("{}/api/sync", self.url))
            .header("x-tiwizi", "1")
            .header("content-type", "application/octet-stream")
            .header("cookie", &self.cookie);
        request.send(frame).ok()?.body_mut().read_to_vec().ok()
    }

    /// Registers people and marks them, until told to end; then sends what is left.
    fn work(mut self, weather: &Weather, event: DocumentId, slot: RowId) -> Self {
        while !weather.ending.load(Ordering::SeqCst) {
            let unique = self.unique();
            let person = DocumentId::new(NOW_MS + self.made, unique);
            let mark = RowId(self.unique());
            self.edit(Edit::RegisterWalkIn {
                event,
                slot,
                person,
                mark,
                new: NewPerson { given: "Zahra".to_owned(), family: format!("N {}", self.made), ..NewPerson::default() },
                new_association: None,
                phone: None,
                notice_read: true,
            });
            weather.wait_until_up();
            weather.count(self.exchange().unwrap_or(0));
        }
        self.settle();
        self
    }

    fn settle(&mut self) {
        for _ in 0..50 {
            self.exchange().expect("the server is there to stay");
            if self.replica.unsent() == 0 {
                return;
            }
        }
        panic!("something is never acknowledged");
    }
}

#[test]
fn nothing_with_a_receipt_is_missing_after_kills() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path();
    let mut program = Program::start(data, 0);
    let (port, url) = (program.port, format!("http://127.0.0.1:{}", program.port));
    let mut phones: Vec<Phone> = (1..=PHONES).map(|n| Phone::enroll(data, &url, u8::try_from(n).expect("few"))).collect();
    let unique = phones[0].unique();
    let event = DocumentId::new(NOW_MS, unique);
    let slot = RowId(phones[0].unique());
    let new = NewSlot { slot, day: "2026-11-23".to_owned(), starts: "09:00".to_owned(), ends: "12:30".to_owned() };
    phones[0].edit(Edit::CreateEvent { event, fields: [(Field::Title, "Atelier".into())].into(), slots: vec![new] });
    phones.iter_mut().for_each(Phone::settle);
    phones.iter_mut().for_each(Phone::settle);

    let weather = Weather::default();
    weather.set(true);
    let phones: Vec<Phone> = thread::scope(|scope| {
        let hands: Vec<_> =
            phones.into_iter().map(|phone| scope.spawn(|| phone.work(&weather, event, slot))).collect();
        for round in 1..=KILLS {
            weather.wait_for_receipts(round * RECEIPTS_BETWEEN_KILLS);
            weather.set(false);
            program.kill();
            run(data, &["verify"]);
            program = Program::start(data, port);
            weather.set(true);
        }
        weather.ending.store(true, Ordering::SeqCst);
        hands.into_iter().map(|hand| hand.join().expect("a phone does not panic")).collect()
    });
    program.kill();
    run(data, &["verify"]);

    let db = storage::connect(&Place::in_folder(data).expect("the folder")).expect("the database");
    let mut kept = BTreeSet::new();
    for (id, _) in documents::all(&db).expect("documents") {
        let changes = documents::changes_after(&db, id, 0).expect("changes");
        kept.extend(changes.into_iter().map(|(hash, _)| (id, hash)));
    }
    for phone in &phones {
        let lost: Vec<_> = phone.acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        assert!(phone.acknowledged.len() > KILLS, "it worked through the kills");
    }
}
