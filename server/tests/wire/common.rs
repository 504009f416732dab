//! The real binary, and phones that speak to it over HTTP.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::signer::Signer;
use shared::{
    edit::{Edit, Entry},
    id::{AccountId, DeviceId},
    replica::{Identity, Replica},
    role::Role,
    wire::{self, Report, Request, Response},
};

pub(crate) const NOW_MS: u64 = 1_795_000_000_000;

/// The running binary, and the port that it keeps over its lives.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
}

impl Program {
    pub(crate) fn start(data: &Path, port: u16) -> Self {
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
        std::thread::spawn(move || printed.for_each(drop));
        let address = opened.expect("the server says where it is");
        let port = address.rsplit(':').next().and_then(|port| port.trim().parse().ok()).expect("a port");
        Self { child, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// SIGKILL: no destructor runs, no log is emptied.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves no server behind. One that was killed already is no fault.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs the binary to its end, and returns what it printed.
pub(crate) fn run(data: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tiwizi"))
        .args(words)
        .arg("--data")
        .arg(data)
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words:?}: {printed}");
    printed
}

/// A device whose own disk never fails: the server's side is what is tried.
pub(crate) struct Phone {
    pub(crate) replica: Replica,
    pub(crate) url: String,
    pub(crate) cookie: String,
    pub(crate) signer: Signer,
    pub(crate) made: u64,
}

impl Phone {
    pub(crate) fn enroll(data: &Path, url: &str, nonce: u8, role: Role) -> Self {
        let printed = run(data, &["invite", "--role", role.as_str()]);
        let code = printed.split("#/join/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a code");
        let signer = Signer::draw();
        let body = serde_json::json!({
            "code": code,
            "public_key": signer.public_key(),
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
        let cookie =
            reply.headers()["set-cookie"].to_str().expect("a cookie").split(';').next().expect("a cookie").to_owned();
        let text = reply.body_mut().read_to_string().expect("a session");
        let session: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let id = |of: &str| session[of]["id"].as_str().expect("an id").to_owned();
        let identity = Identity {
            device: id("device").parse::<DeviceId>().expect("an id"),
            account: id("account").parse::<AccountId>().expect("an id"),
            name: format!("Phone {nonce}"),
            role,
        };
        let replica = Replica::open(identity, [nonce; 8], []);
        Self { replica, url: url.to_owned(), cookie, signer, made: 0 }
    }

    /// Bytes that no other call of no other phone returns.
    pub(crate) fn unique<const N: usize>(&mut self) -> [u8; N] {
        self.made += 1;
        let mut bytes = [0; N];
        bytes[..8].copy_from_slice(&self.made.to_be_bytes());
        bytes[0] = self.replica.identity().device.0[15];
        bytes[1] = self.replica.identity().device.0[14];
        bytes
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        self.replica.edit(&Entry { at_ms: NOW_MS + self.made, edit }).expect("the engine takes it");
        self.store();
    }

    pub(crate) fn store(&mut self) {
        while let Some(batch) = self.replica.take_batch() {
            self.replica.persisted(batch.id);
        }
    }

    /// The next request.
    pub(crate) fn request(&mut self, now_ms: u64) -> Vec<u8> {
        self.replica.request(now_ms, Report::default()).expect("nothing is under way")
    }

    /// One exchange: what was asked and what was said; none if the server was not there, or went away meanwhile.
    pub(crate) fn exchange(&mut self, now_ms: u64) -> Option<(Request, Response)> {
        let frame = self.request(now_ms);
        let Some(reply) = self.send(&frame) else {
            self.replica.request_failed();
            return None;
        };
        self.replica.response(&reply, now_ms).expect("a whole reply");
        self.store();
        Some((wire::decode(&frame).expect("our own frame"), wire::decode(&reply).expect("a reply")))
    }

    /// The device's signature of a request that is sent now.
    pub(crate) fn proof(&self, method: &str, path: &str, body: &[u8]) -> String {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
        self.signer.proof(
            method,
            path,
            body,
            u64::try_from(since_1970.as_millis()).expect("a time before the year 500 million"),
        )
    }

    fn send(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let request = ureq::post(format!("{}/api/sync", self.url))
            .header("x-tiwizi", "1")
            .header("content-type", "application/octet-stream")
            .header("cookie", &self.cookie)
            .header("x-tiwizi-proof", self.proof("POST", "/api/sync", frame));
        request.send(frame).ok()?.body_mut().read_to_vec().ok()
    }
}
