//! Photos, scans and signatures: that they arrive whole however often the network breaks, that nobody reads what is not theirs to
//! read, and that they go with whoever they are of.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use server::{
    blobs::{DAY_BYTES_MAX, LOOSE_KEEP_MS, PART_KEEP_MS, PIECE_BYTES_MAX, UNDER_WAY_BYTES_MAX},
    erasure,
    hand::Hand,
    ingest::Ingest,
    media::{JPEG_BYTES_MAX, PDF_BYTES_MAX},
    routes::{blobs::BYTES_LEAVING_MAX, sync::RESCUE_MS},
    secret,
    storage::{
        Place, StoreError,
        access::{self, Decision, Given},
        blobs::{self, Gone, Link},
        journal::Actor,
    },
    verify,
};
use sha2::{Digest as _, Sha256};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value as Is},
    id::{AccountId, DocumentId, RowId},
    phone::Phone,
    role::Role,
    wire::Hash,
};
use tests::server::{Client, HOUR_MS, Plan, Reply, START_MS, TestServer};

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn hash_of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The address of a blob.
fn at(bytes: &[u8]) -> String {
    format!("/api/blobs/{}", secret::hex(&hash_of(bytes)))
}

/// A photo of that size, of which no part is like another, or like one of another size.
fn jpeg(size: usize) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF".to_vec();
    bytes.extend((0..).flat_map(|n: usize| Sha256::digest(format!("{size} {n}")).to_vec()).take(size - 5));
    bytes.extend(b"\xFF\xD9");
    bytes
}

fn ink(points: u32) -> Vec<u8> {
    let stroke: Vec<u32> = (0..points).flat_map(|n| [n % 600, n % 200]).collect();
    json!({ "ink": 1, "width": 600, "height": 200, "strokes": [stroke] }).to_string().into_bytes()
}

fn bring(phone: &mut Client, media: &str, bytes: &[u8], from: usize, to: usize) -> Reply {
    let path = format!("{}?media={media}&at={from}&total={}", at(bytes), bytes.len());
    phone.send("POST", &path, Some(("application/octet-stream", &bytes[from..to])))
}

/// How the phone does it: from where the server says, to the end.
fn bring_all(phone: &mut Client, media: &str, bytes: &[u8]) -> Reply {
    let state = phone.get(&format!("{}/state", at(bytes)));
    if state.status != 200 || state.json()["whole"] == true {
        return state;
    }
    let mut size = usize::try_from(state.json()["size"].as_u64().unwrap()).unwrap();
    loop {
        let reply = bring(phone, media, bytes, size, bytes.len().min(size + PIECE_BYTES_MAX));
        if reply.status != 200 || reply.json()["whole"] == true {
            return reply;
        }
        size = usize::try_from(reply.json()["size"].as_u64().unwrap()).unwrap();
    }
}

fn state(phone: &mut Client, bytes: &[u8]) -> Value {
    phone.get(&format!("{}/state", at(bytes))).json()
}

fn link(server: &TestServer, document: DocumentId, links: &[(&[u8], Option<DocumentId>)]) -> Gone {
    let links: Vec<Link> =
        links.iter().map(|(bytes, subject)| Link { hash: hash_of(bytes), subject: *subject }).collect();
    server.state.store.write_blocking(move |tx, _| blobs::set_links(tx, document, &links)).unwrap()
}

fn sweep(server: &TestServer) {
    let now_ms = server.state.clock.now_ms();
    server.state.store.write_blocking(move |tx, ingest| server::blobs::sweep(tx, ingest, now_ms)).unwrap();
}

fn is_here(server: &TestServer, bytes: &[u8]) -> bool {
    let hash = hash_of(bytes);
    server.state.store.read_blocking(|db| blobs::exists(db, &hash)).unwrap()
}

fn problems(server: &TestServer) -> Vec<&'static str> {
    let found = server.state.store.read_blocking(verify::verify).unwrap();
    found.problems.into_iter().map(|problem| problem.code).collect()
}

fn id_of(client: &mut Client) -> AccountId {
    serde_json::from_value(client.get("/api/session").json()["account"]["id"].clone()).unwrap()
}

/// An event with two people on its roster, one of them with a phone, and a dossier.
struct Documents {
    event: DocumentId,
    zahra: DocumentId,
    fadma: DocumentId,
    dossier: DocumentId,
}

fn documents(server: &TestServer) -> Documents {
    let id = |n: u8| DocumentId([n; 16]);
    let (event, zahra, fadma, dossier) = (id(1), id(2), id(3), id(4));
    let named = |given: &str| NewPerson { given: given.into(), family: "Mouttaki".into(), ..NewPerson::default() };
    let titled = |title: &str| BTreeMap::from([(Field::Title, Is::from(title))]);
    let day = NewSlot { slot: RowId([1; 8]), day: "2026-03-01".into(), starts: "09:00".into(), ends: "12:00".into() };
    let number = Phone { raw: "06 12 34 56 78".into(), country: Some("MA".into()), e164: Some("+212612345678".into()) };
    let mut hand = Hand::open(&server.state.store, "Salma", Role::Staff, &server.state.clock).unwrap();
    for edit in [
        Edit::CreatePerson { person: zahra, new: named("Zahra"), notice_read: true },
        Edit::CreatePerson { person: fadma, new: named("Fadma"), notice_read: true },
        Edit::AddPhone { person: zahra, row: RowId([2; 8]), phone: number },
        Edit::CreateEvent { event, fields: titled("Atelier"), slots: vec![day] },
        Edit::AddToRoster { event, person: zahra },
        Edit::AddToRoster { event, person: fadma },
        Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec!["needs".into()] },
    ] {
        hand.edit(&edit, START_MS).unwrap();
    }
    hand.keep(START_MS).unwrap();
    Documents { event, zahra, fadma, dossier }
}

fn give(server: &TestServer, client: &mut Client, document: DocumentId) {
    let decision = Decision { account: id_of(client), document, given: Given::Yes, by: None, now_ms: START_MS };
    server.state.store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap();
}

fn erase(server: &TestServer, person: DocumentId) {
    let now_ms = server.state.clock.now_ms();
    let plan = server.state.store.read_blocking(|db| erasure::plan_person(db, person, now_ms)).unwrap().plan;
    let erase = move |tx: &rusqlite::Transaction<'_>, ingest: &mut Ingest| {
        erasure::erase_person(tx, ingest, person, &plan, Actor::default(), now_ms)
    };
    server.state.store.write_blocking(erase).unwrap();
}

// --- Coming in

#[test]
fn an_upload_that_is_cut_after_any_piece_goes_on_from_there_also_on_a_server_that_was_restarted() {
    let photo = jpeg(5 * PIECE_BYTES_MAX - 7);
    let place = Place::in_memory().unwrap();
    let mut server = TestServer::with(Plan { place: place.clone(), ..Plan::default() });
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    for cut in 0..5 {
        let to = photo.len().min((cut + 1) * PIECE_BYTES_MAX);
        let reply = bring(&mut phone, "jpeg", &photo, cut * PIECE_BYTES_MAX, to);
        let whole = to == photo.len();
        assert_eq!((reply.status, reply.json()), (200, json!({ "size": to, "whole": whole })));
        server.stop();
        server = TestServer::with(Plan { place: place.clone(), ..Plan::default() });
        let mut again = server.stranger();
        (again.cookie, again.signer) = (phone.cookie.clone(), phone.signer.clone());
        phone = again;
        assert_eq!(state(&mut phone, &photo), json!({ "size": to, "whole": whole }));
    }
    let read = phone.get(&at(&photo));
    assert_eq!((read.status, read.body == photo), (200, true));
    assert_eq!(problems(&server), Vec::<&str>::new());
}

#[test]
fn pieces_of_any_length_make_the_whole() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    for (n, length) in [(0, 3), (1, 7), (2, 100), (3, 299), (4, 300)] {
        let mut photo = jpeg(300);
        photo[10] = n;
        let mut from = 0;
        while from < 300 {
            let to = 300.min(from + length);
            assert_eq!(bring(&mut phone, "jpeg", &photo, from, to).json(), json!({ "size": to, "whole": to == 300 }));
            from = to;
        }
        assert_eq!(phone.get(&at(&photo)).body, photo);
    }
}

#[test]
fn a_piece_at_a_wrong_place_is_answered_with_the_right_one() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let photo = jpeg(1_000);
    let wrong = |reply: &Reply, size: usize| {
        assert_eq!(reply.refusal(), refused(409, "blob.offset"));
        assert_eq!((&reply.json()["size"], &reply.json()["whole"]), (&json!(size), &json!(false)));
    };
    wrong(&bring(&mut phone, "jpeg", &photo, 500, 600), 0);
    assert_eq!(bring(&mut phone, "jpeg", &photo, 0, 400).status, 200);
    // Its answer was lost: the phone sends it again, and hears where to go on.
    wrong(&bring(&mut phone, "jpeg", &photo, 0, 400), 400);
    wrong(&bring(&mut phone, "jpeg", &photo, 399, 500), 400);
    wrong(&bring(&mut phone, "jpeg", &photo, 401, 500), 400);
    assert_eq!(bring(&mut phone, "jpeg", &photo, 400, 1_000).json(), json!({ "size": 1_000, "whole": true }));
    // What is whole is whole, whatever is brought of it.
    for (from, to) in [(0, 400), (700, 1_000)] {
        assert_eq!(bring(&mut phone, "jpeg", &photo, from, to).json(), json!({ "size": 1_000, "whole": true }));
    }
}

#[test]
fn bytes_that_are_not_what_their_name_says_are_thrown_away() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let photo = jpeg(1_000);
    let mut other = photo.clone();
    other[100] ^= 1;
    let send = |phone: &mut Client, from: usize, to: usize| {
        let path = format!("{}?media=jpeg&at={from}&total=1000", at(&photo));
        phone.send("POST", &path, Some(("application/octet-stream", &other[from..to])))
    };
    assert_eq!(send(&mut phone, 0, 500).status, 200);
    assert_eq!(send(&mut phone, 500, 1_000).refusal(), refused(422, "blob.hash_mismatch"));
    assert!(!is_here(&server, &photo));
    assert_eq!(state(&mut phone, &photo), json!({ "size": 0, "whole": false }));
    assert_eq!(bring_all(&mut phone, "jpeg", &photo).status, 200);
}

#[test]
fn what_is_no_photo_scan_or_signature_is_refused() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let page = b"<script>alert(1)</script>".to_vec();
    for media in ["html", "", "svg", "application/pdf", "Jpeg"] {
        assert_eq!(bring(&mut phone, media, &page, 0, page.len()).refusal(), refused(415, "blob.media"), "{media}");
    }
    for media in ["ink", "jpeg", "pdf"] {
        assert_eq!(bring_all(&mut phone, media, &page).refusal(), refused(422, "blob.damaged"), "{media}");
        assert_eq!(state(&mut phone, &page), json!({ "size": 0, "whole": false }), "{media}");
    }
    let mut cut = jpeg(500);
    cut.truncate(499);
    assert_eq!(bring_all(&mut phone, "jpeg", &cut).refusal(), refused(422, "blob.damaged"));
    let signature = ink(40);
    assert_eq!(bring_all(&mut phone, "pdf", &signature).refusal(), refused(422, "blob.damaged"));
    assert_eq!(bring_all(&mut phone, "ink", &signature).status, 200);
    assert_eq!(bring_all(&mut phone, "pdf", b"%PDF-1.7\n%%EOF").status, 200);
}

#[test]
fn each_kind_has_its_cap_and_each_piece_has_one() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let mut ask = |query: &str, body: &[u8]| {
        let path = format!("{}?{query}", at(b"x"));
        phone.send("POST", &path, Some(("application/octet-stream", body))).refusal()
    };
    for (media, most) in [("ink", 16 * 1024), ("jpeg", JPEG_BYTES_MAX), ("pdf", PDF_BYTES_MAX)] {
        let too_large = ask(&format!("media={media}&at=0&total={}", most + 1), b"x");
        assert_eq!(too_large, refused(413, "blob.too_large"), "{media}");
        assert_eq!(ask(&format!("media={media}&at=0&total={most}"), b"x").0, 200, "{media}");
    }
    let piece = vec![0; PIECE_BYTES_MAX + 1];
    assert_eq!(ask("media=pdf&at=0&total=1000000", &piece), refused(413, "request.too_large"));
    assert_eq!(ask("media=pdf&at=0&total=1000000", &piece[1..]).0, 200);
    for query in ["media=pdf&at=0&total=1", "media=pdf&at=18446744073709551615&total=9"] {
        assert_eq!(ask(query, b"xx"), refused(400, "request.malformed"), "{query}");
    }
    for query in ["media=pdf&at=0&total=9", "media=pdf&at=0&total=0"] {
        assert_eq!(ask(query, b""), refused(400, "request.malformed"), "{query}");
    }
    for query in ["", "media=pdf&at=0", "media=pdf&at=-1&total=9", "media=pdf&at=0&total=1e3"] {
        assert_eq!(ask(query, b"x"), refused(400, "request.malformed"), "{query}");
    }
    for name in ["x", &"0".repeat(63), &"A".repeat(64), &"g".repeat(64)] {
        for path in [format!("/api/blobs/{name}"), format!("/api/blobs/{name}/state")] {
            assert_eq!(phone.get(&path).refusal(), refused(400, "request.malformed"), "{path}");
        }
    }
}

#[test]
fn two_phones_may_bring_the_same_photo_and_nobody_spoils_anothers() {
    let server = TestServer::start();
    let mut amina = server.enrolled(Role::Volunteer, "Amina");
    let mut badr = server.enrolled(Role::Volunteer, "Badr");
    let photo = jpeg(900);
    assert_eq!(bring(&mut amina, "jpeg", &photo, 0, 300).json()["size"], 300);
    assert_eq!(state(&mut badr, &photo)["size"], 0, "another's upload is none of his business");
    // Of another kind, of another size, or other bytes: his own affair.
    let path = format!("{}?media=jpeg&at=0&total=900", at(&photo));
    assert_eq!(badr.send("POST", &path, Some(("application/octet-stream", &[7; 500]))).status, 200);
    assert_eq!(bring(&mut amina, "jpeg", &photo, 300, 600).json()["size"], 600);
    assert_eq!(bring(&mut amina, "jpeg", &photo, 600, 900).json()["whole"], true);
    let reply = badr.send("POST", &path.replace("at=0", "at=500"), Some(("application/octet-stream", &[7; 400])));
    assert_eq!(reply.json(), json!({ "size": 900, "whole": true }));
    assert_eq!(server.state.store.read_blocking(blobs::sizes).unwrap(), (1, 900));

    // At the very same time, from many phones of two accounts.
    let scan = [b"%PDF-1.7".to_vec(), jpeg(20_000)].concat();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (mut phone, scan) = (if n % 2 == 0 { amina.clone() } else { badr.clone() }, &scan);
            scope.spawn(move || {
                let mut size = 0;
                while size < scan.len() {
                    let reply = bring(&mut phone, "pdf", scan, size, scan.len().min(size + 1_000 + 100 * n));
                    assert!([200, 409].contains(&reply.status), "{reply:?}");
                    size = usize::try_from(reply.json()["size"].as_u64().unwrap()).unwrap();
                }
            });
        }
    });
    assert_eq!(server.state.store.read_blocking(blobs::sizes).unwrap(), (2, 900 + scan.len() as u64));
    assert_eq!(problems(&server), Vec::<&str>::new());
}

#[test]
fn an_account_brings_so_much_in_a_day_and_so_much_at_once() {
    let server = TestServer::start();
    let mut amina = server.enrolled(Role::Volunteer, "Amina");
    let begin = |phone: &mut Client, n: u64, total: u64| {
        let path = format!("{}?media=pdf&at=0&total={total}", at(&n.to_le_bytes()));
        phone.send("POST", &path, Some(("application/octet-stream", b"%PDF-")))
    };
    let fits = UNDER_WAY_BYTES_MAX / PDF_BYTES_MAX;
    for n in 0..fits {
        assert_eq!(begin(&mut amina, n, PDF_BYTES_MAX).status, 200);
    }
    let reply = begin(&mut amina, fits, PDF_BYTES_MAX);
    assert_eq!(reply.refusal(), refused(429, "blob.quota"));
    assert_eq!(reply.header("retry-after"), Some("3600"));
    // Those that were begun go on, and others have their own share.
    let path = format!("{}?media=pdf&at=5&total={PDF_BYTES_MAX}", at(&0_u64.to_le_bytes()));
    assert_eq!(amina.send("POST", &path, Some(("application/octet-stream", b"x"))).json()["size"], 6);
    assert_eq!(begin(&mut server.enrolled(Role::Volunteer, "Badr"), 0, PDF_BYTES_MAX).status, 200);

    // A small one counts as a page of the file: else a million of them would be nothing.
    let mut zineb = server.enrolled(Role::Volunteer, "Zineb");
    let account = id_of(&mut zineb);
    server
        .state
        .store
        .write_blocking(move |tx, _| {
            for n in 0..DAY_BYTES_MAX / blobs::COST_BYTES_MIN {
                let blob = blobs::Blob { media: server::media::Media::Pdf, bytes: format!("%PDF-{n}").into() };
                blobs::insert(tx, &hash_of(&blob.bytes), &blob, account, START_MS)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(bring_all(&mut zineb, "ink", &ink(9)).refusal(), refused(429, "blob.quota"));
    server.time.pass(24 * HOUR_MS + 1);
    assert_eq!(bring_all(&mut zineb, "ink", &ink(9)).status, 200);
}

#[test]
fn an_upload_with_which_nobody_goes_on_ends_after_a_week() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let photo = jpeg(900);
    assert_eq!(bring(&mut phone, "jpeg", &photo, 0, 300).status, 200);
    server.time.pass(PART_KEEP_MS);
    sweep(&server);
    assert_eq!(bring(&mut phone, "jpeg", &photo, 300, 600).status, 200, "a slow phone is not cut off");
    server.time.pass(PART_KEEP_MS + 1);
    sweep(&server);
    assert_eq!(state(&mut phone, &photo), json!({ "size": 0, "whole": false }));
}

// --- Who may

#[test]
fn whoever_may_neither_mark_nor_write_brings_nothing() {
    let server = TestServer::start();
    let mut auditor = server.enrolled(Role::Auditor, "Nora");
    assert_eq!(bring(&mut auditor, "ink", &ink(9), 0, 9).refusal(), refused(403, "role.forbidden"));
    assert_eq!(auditor.get(&format!("{}/state", at(b"x"))).refusal(), refused(403, "role.forbidden"));
    for role in [Role::Volunteer, Role::Coordinator, Role::Staff, Role::Admin] {
        let mut phone = server.enrolled(role, "Badr");
        assert_eq!(bring_all(&mut phone, "ink", &ink(9)).status, 200, "{role:?}");
    }
}

#[test]
fn a_blob_is_read_by_those_who_hold_a_document_that_refers_to_it() {
    let server = TestServer::start();
    let Documents { event, zahra, dossier, .. } = documents(&server);
    let mut at_the_door = server.enrolled(Role::Volunteer, "Amina");
    let mut elsewhere = server.enrolled(Role::Volunteer, "Badr");
    let mut coordinator = server.enrolled(Role::Coordinator, "Karima");
    let mut auditor = server.enrolled(Role::Auditor, "Nora");
    give(&server, &mut at_the_door, event);
    give(&server, &mut auditor, dossier);
    let signature = ink(12);
    let mut bringer = elsewhere.clone();
    let mut reads = |bytes: &[u8]| {
        let everybody = [&mut at_the_door, &mut elsewhere, &mut coordinator, &mut auditor];
        everybody.map(|client| {
            let reply = client.get(&at(bytes));
            assert!(reply.body == bytes || reply.refusal() == refused(404, "blob.unknown"), "{reply:?}");
            reply.status == 200
        })
    };
    assert_eq!(reads(&signature), [false; 4], "there is none");
    assert_eq!(bring_all(&mut bringer, "ink", &signature).status, 200);
    assert_eq!(reads(&signature), [false, true, false, false], "nothing refers to it: it is his who brought it");
    link(&server, event, &[(&signature, Some(zahra))]);
    assert_eq!(reads(&signature), [true, false, true, false], "now it is the event's");
    link(&server, dossier, &[(&signature, None)]);
    assert_eq!(reads(&signature), [true, false, true, true]);
    link(&server, event, &[]);
    assert_eq!(reads(&signature), [false, false, true, true]);
    // The door holds the person, not their contact data.
    link(&server, dossier, &[]);
    link(&server, DocumentId::contact_of(zahra), &[(&signature, None)]);
    assert_eq!(reads(&signature), [false, false, true, false]);
    link(&server, zahra, &[(&signature, None)]);
    assert_eq!(reads(&signature), [true, false, true, false]);
    assert_eq!(server.stranger().get(&at(&signature)).refusal(), refused(401, "session.none"));
}

#[test]
fn what_is_read_is_of_no_type_that_a_browser_would_run() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    for (media, bytes, ending) in
        [("ink", ink(9), "json"), ("jpeg", jpeg(99), "jpg"), ("pdf", b"%PDF-1".to_vec(), "pdf")]
    {
        bring_all(&mut phone, media, &bytes);
        let reply = phone.get(&at(&bytes));
        let name = format!("attachment; filename=\"{}.{ending}\"", secret::hex(&hash_of(&bytes)));
        for (header, value) in [
            ("content-type", "application/octet-stream"),
            ("content-disposition", name.as_str()),
            ("content-length", bytes.len().to_string().as_str()),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(header), Some(value), "{media}");
        }
    }
}

#[test]
fn blobs_that_are_being_read_are_bounded_in_bytes() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Volunteer, "Amina");
    let photo = jpeg(200_000);
    bring_all(&mut phone, "jpeg", &photo);
    let taken = u32::try_from(BYTES_LEAVING_MAX - 199_999).unwrap();
    let held = server.state.blob_room.clone().try_acquire_many_owned(taken).unwrap();
    assert_eq!(phone.get(&at(&photo)).refusal(), refused(503, "server.busy"));
    drop(held);
    for _ in 0..200 {
        assert_eq!(phone.get(&at(&photo)).body.len(), photo.len(), "the room is given back");
    }
}

#[test]
fn a_device_whose_access_has_ended_delivers_and_reads_nothing() {
    let server = TestServer::start();
    let mut admin = server.enrolled(Role::Admin, "Amina");
    let mut phone = server.enrolled(Role::Volunteer, "Badr");
    let (signature, other) = (ink(9), ink(10));
    assert_eq!(bring_all(&mut phone, "ink", &signature).status, 200);
    let device = phone.get("/api/session").json()["device"]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.post(&format!("/api/devices/{device}/revoke"), &Value::Null).status, 204);
    assert_eq!(phone.get(&at(&signature)).refusal(), refused(401, "device.revoked"));
    assert_eq!(bring_all(&mut phone, "ink", &other).status, 200);
    server.time.pass(RESCUE_MS + 1);
    assert_eq!(bring(&mut phone, "ink", &ink(11), 0, 9).refusal(), refused(401, "device.revoked"));
}

// --- Going

#[test]
fn what_is_of_somebody_goes_with_them_and_what_is_also_anothers_stays() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::with(Plan { place: Place::in_folder(folder.path()).unwrap(), ..Plan::default() });
    let Documents { event, zahra, fadma, .. } = documents(&server);
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    let (hers, half, portrait, sheet, others) = (ink(1_000), jpeg(70_000), jpeg(30_000), jpeg(50_000), ink(11));
    for (media, bytes) in [("ink", &hers), ("jpeg", &portrait), ("jpeg", &sheet), ("ink", &others)] {
        assert_eq!(bring_all(&mut phone, media, bytes).status, 200);
    }
    bring(&mut phone, "jpeg", &half, 0, PIECE_BYTES_MAX);
    let links = [
        (&hers[..], Some(zahra)),
        (&half, Some(zahra)),
        // Two people on one photo, and a sheet that many have signed.
        (&portrait, Some(zahra)),
        (&portrait, Some(fadma)),
        (&sheet, Some(zahra)),
        (&sheet, None),
        (&others, Some(fadma)),
    ];
    link(&server, event, &links);
    let in_files = |bytes: &[u8]| {
        std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|file| file.windows(64).any(|window| window == &bytes[200..264]))
    };
    assert!(in_files(&hers) && in_files(&half));
    erase(&server, zahra);
    assert!(!in_files(&hers) && !in_files(&half), "no byte is left");
    assert!(in_files(&sheet) && in_files(&portrait));
    for (bytes, here) in [(&hers, false), (&half, false), (&portrait, true), (&sheet, true), (&others, true)] {
        assert_eq!(is_here(&server, bytes), here);
    }
    // A late phone does not bring it back, nor does the mark that stays in the event.
    assert_eq!(bring(&mut phone, "ink", &hers, 0, hers.len()).refusal(), refused(410, "blob.erased"));
    assert_eq!(phone.get(&format!("{}/state", at(&half))).refusal(), refused(410, "blob.erased"));
    assert_eq!(link(&server, event, &links), Gone::Nothing);
    let found = server.state.store.read_blocking(|db| blobs::referenced(db, event)).unwrap();
    assert_eq!(found, [&portrait, &sheet, &others].map(|bytes| hash_of(bytes)).into());
    assert_eq!(problems(&server), Vec::<&str>::new());
}

#[test]
fn a_signature_that_comes_after_its_person_was_erased_is_not_kept() {
    let server = TestServer::start();
    let Documents { event, zahra, .. } = documents(&server);
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    let (first, second) = (ink(20), ink(21));
    assert_eq!(bring_all(&mut phone, "ink", &first).status, 200);
    erase(&server, zahra);
    // The marks of a late phone: one whose signature is here already, one whose signature is still to come.
    assert_eq!(link(&server, event, &[(&first, Some(zahra)), (&second, Some(zahra))]), Gone::Something);
    assert!(!is_here(&server, &first));
    assert_eq!(bring(&mut phone, "ink", &second, 0, 9).refusal(), refused(410, "blob.erased"));
    assert_eq!(problems(&server), Vec::<&str>::new());
}

#[test]
fn the_attachments_of_a_document_go_with_it_and_may_come_again() {
    let server = TestServer::start();
    let Documents { event, dossier, .. } = documents(&server);
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    let (statutes, shared) = (b"%PDF-statutes".to_vec(), b"%PDF-shared".to_vec());
    for bytes in [&statutes, &shared] {
        assert_eq!(bring_all(&mut phone, "pdf", bytes).status, 200);
    }
    link(&server, dossier, &[(&statutes, None), (&shared, None)]);
    link(&server, event, &[(&shared, None)]);
    server.state.store.write_blocking(move |tx, ingest| ingest.erase(tx, dossier, START_MS)).unwrap();
    assert_eq!((is_here(&server, &statutes), is_here(&server, &shared)), (false, true));
    assert_eq!(bring_all(&mut phone, "pdf", &statutes).status, 200);
    assert_eq!(problems(&server), Vec::<&str>::new());
}

#[test]
fn what_nothing_refers_to_leaves_after_a_month_unless_somebody_has_still_to_judge_it() {
    let server = TestServer::start();
    let Documents { event, .. } = documents(&server);
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    let mut other = server.enrolled(Role::Coordinator, "Badr");
    let (kept, loose, late, waiting) = (ink(30), ink(31), ink(32), ink(33));
    for bytes in [&kept, &loose, &late] {
        bring_all(&mut phone, "ink", bytes);
    }
    bring_all(&mut other, "ink", &waiting);
    let badr = id_of(&mut other);
    let device = server.devices().into_iter().find(|row| row.account == badr).unwrap().device.id;
    set_aside(&server, badr, device);
    link(&server, event, &[(&kept, None), (&late, None)]);
    sweep(&server);
    // A month begins when nothing refers to it any more.
    server.time.pass(LOOSE_KEEP_MS / 2);
    link(&server, event, &[(&kept, None)]);
    sweep(&server);
    server.time.pass(LOOSE_KEEP_MS / 2 + 1);
    sweep(&server);
    let here = |bytes: &[u8]| is_here(&server, bytes);
    assert_eq!([here(&kept), here(&loose), here(&late), here(&waiting)], [true, false, true, true]);
    link(&server, event, &[(&kept, None), (&late, None)]);
    sweep(&server);
    link(&server, event, &[(&kept, None)]);
    server.time.pass(LOOSE_KEEP_MS);
    sweep(&server);
    server.time.pass(LOOSE_KEEP_MS);
    sweep(&server);
    assert_eq!([here(&kept), here(&late)], [true, true], "it was referred to again in between");
    server.time.pass(1);
    sweep(&server);
    assert_eq!([here(&kept), here(&late), here(&waiting)], [true, false, true]);
}

fn set_aside(server: &TestServer, account: AccountId, device: shared::id::DeviceId) {
    use server::storage::documents::{NewAside, set_aside};
    server
        .state
        .store
        .write_blocking(move |tx, _| {
            let aside = NewAside {
                document: DocumentId([9; 16]),
                kind: shared::document::Kind::Event,
                digest: &[1; 32],
                hash: None,
                device,
                account,
                code: "device.access_ended",
                received_ms: START_MS,
                bytes: b"waits",
            };
            set_aside(tx, &aside)
        })
        .unwrap();
}

// --- Verifying

#[test]
fn verify_finds_a_blob_that_is_not_what_its_name_says() {
    let server = TestServer::start();
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    bring_all(&mut phone, "ink", &ink(40));
    let account = id_of(&mut phone);
    assert_eq!(problems(&server), Vec::<&str>::new());
    server
        .state
        .store
        .write_blocking(move |tx, _| {
            let blob = |bytes: &[u8]| blobs::Blob { media: server::media::Media::Pdf, bytes: bytes.to_vec() };
            blobs::insert(tx, &hash_of(b"another"), &blob(b"%PDF-1"), account, START_MS)?;
            blobs::insert(tx, &hash_of(b"no scan"), &blob(b"no scan"), account, START_MS)?;
            blobs::set_links(tx, DocumentId([9; 16]), &[Link { hash: hash_of(b"another"), subject: None }])?;
            server::storage::erasures::remember_blob(tx, &hash_of(&ink(40)), START_MS)
        })
        .unwrap();
    let mut found = problems(&server);
    found.sort_unstable();
    assert_eq!(found, ["blob.hash_differs", "blob.link_orphan", "blob.media_differs", "erasure.blob_left"]);
    let erased = server.state.store.write_blocking(|tx, ingest| erasure::erase_listed(tx, ingest, START_MS)).unwrap();
    assert_eq!((erased, is_here(&server, &ink(40))), (1, false));
}
