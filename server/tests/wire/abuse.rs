//! Bad input over real HTTP: each has a clear outcome, and loses nothing.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::common::{NOW_MS, Phone, Program};
use flate2::{Compression, write::DeflateEncoder};
use shared::{
    edit::{Edit, NewPerson},
    field::Field,
    id::DocumentId,
    limit,
    role::Role,
    view::{View, ViewKey},
    wire::{self, Receipt, Response, Verdict},
};

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

fn house(run: impl FnOnce(&std::path::Path, Program)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = Program::start(folder.path(), 0);
    run(folder.path(), program);
}

/// Registers somebody, so that there is something to send.
fn add_person(phone: &mut Phone) -> DocumentId {
    let unique = phone.unique();
    let person = DocumentId::new(NOW_MS + phone.made, unique);
    let new = NewPerson { given: "Zahra".to_owned(), family: format!("N {}", phone.made), ..NewPerson::default() };
    phone.edit(Edit::CreatePerson { person, new, notice_read: true });
    person
}

fn settle(phone: &mut Phone) {
    for _ in 0..20 {
        phone.exchange(NOW_MS).expect("the server is there");
        if phone.replica.unsent() == 0 {
            return;
        }
    }
    panic!("something is never acknowledged");
}

/// What the server says to that body: the status and the code.
fn refusal(phone: &Phone, body: &[u8]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent
        .post(format!("{}/api/sync", phone.url))
        .header("x-tiwizi", "1")
        .header("content-type", "application/octet-stream")
        .header("cookie", &phone.cookie)
        .header("x-tiwizi-proof", phone.proof("POST", "/api/sync", body));
    let mut reply = request.send(body).expect("an answer");
    let text = reply.body_mut().read_to_string().expect("its body");
    let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    (reply.status().as_u16(), said["code"].as_str().unwrap_or(&text).to_owned())
}

/// The server refuses these bodies with that, and then takes in what the phone had to send all along.
fn is_refused(bodies: impl FnOnce(&[u8]) -> Vec<Vec<u8>>, status: u16, code: &str) {
    house(|data, program| {
        let mut phone = Phone::enroll(data, &program.url(), 1, Role::Coordinator);
        let person = add_person(&mut phone);
        let honest = phone.request(NOW_MS);
        phone.replica.request_failed();
        for body in bodies(&honest) {
            assert_eq!(refusal(&phone, &body), (status, code.to_owned()), "{} bytes", body.len());
        }
        assert_eq!(phone.replica.unsent(), 1, "the phone still has it");
        settle(&mut phone);
        let mut other = Phone::enroll(data, &program.url(), 2, Role::Coordinator);
        settle(&mut other);
        assert!(other.replica.record(person).is_some(), "it arrived, and goes on to others");
    });
}

/// Bytes without a pattern, the same at each run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| byte()).collect()
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut deflater = DeflateEncoder::new(b"TWZ\x01".to_vec(), Compression::best());
    deflater.write_all(plain).expect("into memory");
    deflater.finish().expect("into memory")
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    is_refused(|_| vec![noise(limit::FRAME_BYTES_MAX + 1)], 413, "request.too_large");
}

#[test]
fn a_frame_of_a_future_protocol_is_refused() {
    let of_protocol = |honest: &[u8], protocol| [&honest[..3], &[protocol], &honest[4..]].concat();
    is_refused(
        |honest| vec![of_protocol(honest, wire::PROTOCOL + 1), of_protocol(honest, 255)],
        400,
        "frame.protocol_too_new",
    );
}

#[test]
fn random_bytes_are_refused() {
    let framed = |bytes: &[u8]| [b"TWZ\x01", bytes].concat();
    let bodies =
        || vec![Vec::new(), noise(1), noise(3_000), framed(&noise(3_000)), deflated(&noise(3_000)), deflated(&[])];
    is_refused(|_| bodies(), 400, "frame.malformed");
}

#[test]
fn a_frame_that_broke_off_is_refused() {
    is_refused(
        |honest| (0..honest.len()).step_by(5).map(|end| honest[..end].to_vec()).collect(),
        400,
        "frame.malformed",
    );
}

#[test]
fn a_frame_that_swells_is_refused() {
    let bomb = |bytes| vec![deflated(&vec![0; bytes])];
    // 256 MB in 260 kB: less than a body may have.
    is_refused(|_| bomb(256 << 20), 413, "frame.too_large");
    is_refused(|_| bomb(limit::FRAME_INFLATED_BYTES_MAX + 1), 413, "frame.too_large");
}

#[test]
fn a_change_outside_the_scope_waits_for_staff_and_holds_nothing_else_up() {
    house(|data, program| {
        let url = program.url();
        let mut coordinator = Phone::enroll(data, &url, 1, Role::Coordinator);
        let unique = coordinator.unique();
        let event = DocumentId::new(NOW_MS, unique);
        coordinator.edit(Edit::CreateEvent { event, fields: [(Field::Title, "Atelier".into())].into(), slots: vec![] });
        settle(&mut coordinator);
        settle(&mut coordinator);

        // A volunteer who came by a copy of the event, as from a phone that was theirs to look at.
        let mut volunteer = Phone::enroll(data, &url, 2, Role::Volunteer);
        let cookie = std::mem::replace(&mut volunteer.cookie, coordinator.cookie.clone());
        let signer = std::mem::replace(&mut volunteer.signer, coordinator.signer.clone());
        settle(&mut volunteer);
        (volunteer.cookie, volunteer.signer) = (cookie, signer);
        let title =
            |value: &str| Edit::SetField { document: event, row: None, field: Field::Title, value: value.into() };
        volunteer.edit(title("Un autre"));
        let person = add_person(&mut volunteer);

        let (asked, said) = volunteer.exchange(NOW_MS).expect("the server is there");
        let told = |id| {
            let at = asked.uploads.iter().position(|upload| upload.document == id).expect("it was sent");
            said.receipts[at].verdicts.clone()
        };
        assert_eq!(told(event), [Verdict::SetAside("scope.outside".to_owned())]);
        assert_eq!(told(person), [Verdict::Stored]);
        assert!(
            volunteer.replica.set_aside().iter().any(|aside| aside.document == event && aside.code == "scope.outside")
        );
        assert_eq!(volunteer.replica.unsent(), 0, "the server keeps it: it is not sent again");
        settle(&mut volunteer);
        assert!(volunteer.replica.record(event).is_none(), "nor held any longer");

        settle(&mut coordinator);
        let record = coordinator.replica.record(event).expect("the event");
        assert_eq!(record.fields().text(Field::Title), "Atelier");
        assert!(coordinator.replica.record(person).is_some(), "what was innocent arrived");
    });
}

/// The server's own time, read on the machine that it runs on.
fn system_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("before the year 500 million")
}

#[test]
fn a_phone_a_year_off_is_served_and_told() {
    house(|data, program| {
        let mut phone = Phone::enroll(data, &program.url(), 1, Role::Coordinator);
        for phone_ms in [system_ms() + YEAR_MS, system_ms() - YEAR_MS] {
            let person = add_person(&mut phone);
            let before_ms = system_ms();
            let (_, said) = phone.exchange(phone_ms).expect("the server is there");
            let after_ms = system_ms();
            assert!((before_ms..=after_ms).contains(&said.now_ms), "the server's clock, not the phone's");
            let View::Sync(view) = phone.replica.view(&ViewKey::Sync) else { panic!("another view") };
            let ahead = |server_ms: u64| i64::try_from(i128::from(phone_ms) - i128::from(server_ms)).expect("a year");
            assert!((ahead(after_ms)..=ahead(before_ms)).contains(&view.clock_ahead_ms), "{}", view.clock_ahead_ms);
            assert_eq!(phone.replica.unsent(), 0);
            let mut other =
                Phone::enroll(data, &program.url(), u8::try_from(2 + phone.made).expect("few"), Role::Coordinator);
            settle(&mut other);
            assert!(other.replica.record(person).is_some(), "what it wrote is there for others");
        }
    });
}

/// Reads one HTTP message: its head, then as many bytes as the head says.
fn read_message(stream: &mut TcpStream) -> (Vec<u8>, usize) {
    let mut message = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&message[..end]).to_lowercase();
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if message.len() >= end + 4 + length {
                return (message, end + 4);
            }
        }
        let read = stream.read(&mut piece).expect("the other side is there");
        assert!(read > 0, "it broke off by itself");
        message.extend_from_slice(&piece[..read]);
    }
}

/// Passes one request on, and of the reply only what `cut` leaves. Returns the receipts in the whole reply.
fn cut_one_reply(listener: &TcpListener, port: u16, cut: fn(usize, usize) -> usize) -> Vec<Receipt> {
    let (mut phone, _) = listener.accept().expect("the phone comes");
    let mut server = TcpStream::connect(("127.0.0.1", port)).expect("the server is there");
    let (request, _) = read_message(&mut phone);
    server.write_all(&request).expect("the server listens");
    let (reply, body) = read_message(&mut server);
    phone.write_all(&reply[..cut(body, reply.len())]).expect("the phone listens");
    phone.shutdown(Shutdown::Both).ok();
    wire::decode::<Response>(&reply[body..]).expect("a reply").receipts
}

#[test]
fn a_server_that_stops_in_the_middle_of_a_reply_loses_nothing() {
    house(|data, program| {
        let url = program.url();
        let mut phone = Phone::enroll(data, &url, 1, Role::Coordinator);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let cut_url = format!("http://{}", listener.local_addr().expect("its address"));
        // Where the body begins, and where the reply ends.
        let cuts: [fn(usize, usize) -> usize; 9] = [
            |_, _| 0,
            |_, _| 1,
            |_, _| 12,
            |body, _| body / 2,
            |body, _| body,
            |body, _| body + 1,
            |body, _| body + 4,
            |body, end| body + (end - body) / 2,
            |_, end| end - 1,
        ];
        let mut people = Vec::new();
        for cut in cuts {
            people.push(add_person(&mut phone));
            let unsent: Vec<_> = phone.replica.unacknowledged().collect();
            let digest = phone.replica.digest();
            phone.url.clone_from(&cut_url);
            let lost = thread::scope(|scope| {
                let proxy = scope.spawn(|| cut_one_reply(&listener, program.port, cut));
                assert!(phone.exchange(NOW_MS).is_none(), "half a reply is none");
                proxy.join().expect("the proxy does not panic")
            });
            assert_eq!(phone.replica.unacknowledged().collect::<Vec<_>>(), unsent, "nothing passes for sent");
            assert_eq!(phone.replica.digest(), digest, "nor for received");
            phone.url.clone_from(&url);
            let (_, said) = phone.exchange(NOW_MS).expect("the server is there");
            assert_eq!(said.receipts, lost, "the same receipts the second time");
            assert!(lost.iter().flat_map(|receipt| &receipt.verdicts).all(|verdict| *verdict == Verdict::Stored));
            assert_eq!(phone.replica.unsent(), 0);
        }
        let mut other = Phone::enroll(data, &url, 2, Role::Coordinator);
        settle(&mut other);
        assert!(people.iter().all(|person| other.replica.record(*person).is_some()));
        assert_eq!(other.replica.digest(), phone.replica.digest());
    });
}
