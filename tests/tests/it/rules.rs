//! What no story tells: what must never change, what is refused, and what happens at the limits.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, Automerge, ObjType, ROOT, ReadDoc as _,
    transaction::{CommitOptions, Transactable as _},
};
use expect_test::{Expect, expect};
use server::guard;
use shared::{
    consent::{Agreed, Consent},
    document::{Author, Document, Kind, genesis_hash},
    edit::{
        Edit, Entry, Library, NewAssociation, NewPerson, NewSlot, NewTrainer, Outcome, Refusal, Seal, version_text,
    },
    field::{Field, Value},
    history::{Did, history},
    id::{AccountId, DeviceId, DocumentId, RowId},
    limit,
    mark::{Attendance, How, Mark, Signer, Status, attendance, signature_that_counts},
    phone::Phone,
    question::{Question, of_record},
    record::{CallSection, EventRecord, Record, Side},
    replica::{ExchangeError, Identity, Replica, ViewUpdate},
    role::Role,
    table::Table,
    view::{View, ViewKey},
    wire::{
        self, AuthorEntry, Cursor, Differences, Differing, Down, Failure, FrameError, Judged, Lock, Part, Receipt,
        Report, Request, Response, ServerId, Upload, Verdict,
    },
};
use tests::world::{Medium, Mishap, Outcome as Exchange, Rng, World};

// What must never change.

/// A document begun on two phones apart starts from this change on both: were it another, they would never merge again.
#[test]
fn the_genesis_of_each_kind_is_what_it_always_was() {
    let hashes = Kind::ALL.map(|kind| format!("{} {}", kind.as_str(), genesis_hash(kind)));
    expect![[r#"
        person b7d3ff9c5b3681e0fa7f0c6bff814753ae1bd86e2ac4a916d1930e989637257c
        contact 0eb0c78db87713b9aa21fa68819679069aa95894c8e3e6f8322fdb180b68c7f2
        association 92c196d97cc9259a36cfb9811eb9b1b04f0108693d24aeb878e24be74fe130bb
        event 6f015e139b6cde0b761843ed99edb950e37e1fc593c0394943eb4721433f9d6d
        dossier 195d02a0509ce21f994bc7599976c211f4ad4faf041b31d2b110004b86f35da3
        call efab0b182f879004b1f0b355ce1c1fc3425ae1afe439bfd3a457f1d272292ba9
        settings 520a86e38d9fc3896a232993749e320567d72c9dc9a24c1ef9aee05575c1fae9"#]]
    .assert_eq(&hashes.join("\n"));
}

pub(super) fn document(n: u8) -> DocumentId {
    DocumentId([n; 16])
}

pub(super) fn row(n: u8) -> RowId {
    RowId([n; 8])
}

fn a_request() -> Request {
    Request {
        server: ServerId { identity: [1; 16], epoch: 2 },
        cursor: Cursor { base: 3, paged: 400, page_end: Some(document(5)) },
        now_ms: 1_772_352_000_000,
        report: Report { build: "1.0".to_owned(), unsent: 6, persisted: Some(true), ..Report::default() },
        uploads: vec![Upload { document: document(7), kind: Kind::Event, epoch: 0, changes: vec![vec![8, 9].into()] }],
        want: vec![document(10)],
        buckets: vec![0, u64::MAX],
    }
}

fn a_response() -> Response {
    let verdicts =
        vec![Verdict::Stored, Verdict::SetAside("scope.outside".to_owned()), Verdict::Missing, Verdict::Later];
    Response {
        server: ServerId { identity: [1; 16], epoch: 2 },
        now_ms: 1_772_352_000_000,
        receipts: vec![Receipt { document: document(7), verdicts, heads: vec![[3; 32]] }],
        down: vec![
            Down { document: document(7), kind: Kind::Event, epoch: 0, part: Part::Changes(vec![vec![8, 9].into()]) },
            Down { document: document(8), kind: Kind::Person, epoch: 0, part: Part::Whole(vec![10].into()) },
        ],
        forget: vec![document(9)],
        lacking: vec![document(10)],
        cursor: Cursor::level(500),
        more: true,
        digest: Some(u128::MAX - 1),
        authors: vec![AuthorEntry {
            device: DeviceId([11; 16]),
            account: AccountId([12; 16]),
            name: "Amina".to_owned(),
            label: "Chrome, Android".to_owned(),
        }],
        differences: Some(Differences {
            buckets: vec![0, 255],
            documents: vec![Differing { document: document(13), kind: Kind::Call, heads: vec![[14; 32]] }],
        }),
        role: Some(Role::Coordinator),
        judged: Vec::new(),
        ended: false,
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    let lines: Vec<String> =
        bytes.chunks(48).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
    lines.join("\n") + "\n"
}

/// Phones keep an older app for weeks: what they send is read for ever, and they are answered in their own protocol.
#[test]
fn frames_of_older_protocols_are_read_and_written_for_ever() {
    let (request, response) =
        (include_str!("../../fixtures/request_v1.hex"), include_str!("../../fixtures/response_v1.hex"));
    assert_eq!(wire::decode_request(&unhex(request)), Ok((1, a_request())));
    assert_eq!(wire::encode_for(1, a_response()), unhex(response));
}

/// What protocol 2 added, beside what the frames of protocol 1 hold.
fn a_newer_request() -> Request {
    let mut request = a_request();
    request.report.installed = true;
    request.report.lock = Lock::Pin;
    request.report.storage_percent = Some(93);
    request.report.failure = Some(Failure { code: "server.busy".to_owned(), at_ms: 1_772_352_000_001 });
    request.uploads[0].epoch = 2;
    request
}

fn a_newer_response() -> Response {
    let mut response = a_response();
    response.receipts[0].verdicts.extend([Verdict::StaleEpoch, Verdict::Erased]);
    response.down[1].epoch = 3;
    response.judged = vec![Judged {
        document: document(7),
        code: "scope.outside".to_owned(),
        changes: 2,
        accepted: false,
        word: "Déjà noté par Amina.".to_owned(),
    }];
    response.ended = true;
    response
}

#[test]
fn frames_of_protocol_2_are_read_for_ever() {
    let (request, response) =
        (include_str!("../../fixtures/request_v2.hex"), include_str!("../../fixtures/response_v2.hex"));
    assert_eq!(wire::decode_request(&unhex(request)), Ok((2, a_newer_request())));
    assert_eq!(wire::encode_for(2, a_newer_response()), unhex(response));
    // A phone of 0.1.0 drops what was erased, and waits with what must be said anew until it is updated.
    let told = wire::encode_for(1, a_newer_response());
    assert_eq!(told[3], 1);
}

/// What protocol 3 added.
fn the_newest_request() -> Request {
    let mut request = a_newer_request();
    request.report.unsent_blobs = 4;
    request
}

#[test]
fn frames_of_protocol_3_are_read_for_ever() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    if std::env::var_os("TIWIZI_NEW_FRAMES").is_some() {
        std::fs::write(format!("{folder}/request_v3.hex"), hex(&wire::encode(&the_newest_request()))).unwrap();
        std::fs::write(format!("{folder}/response_v3.hex"), hex(&wire::encode(&a_newer_response()))).unwrap();
    }
    let fixture = |name: &str| unhex(&std::fs::read_to_string(format!("{folder}/{name}.hex")).unwrap());
    assert_eq!(wire::decode_request(&fixture("request_v3")), Ok((3, the_newest_request())));
    assert_eq!(wire::decode(&fixture("response_v3")), Ok(a_newer_response()));
}

#[test]
fn what_is_no_frame_is_told_why() {
    let frame = wire::encode(&a_request());
    let check = |bytes: &[u8], error: FrameError, code: &str| {
        assert_eq!(wire::decode::<Request>(bytes), Err(error));
        assert_eq!(error.code(), code);
    };
    check(b"", FrameError::Malformed, "frame.malformed");
    check(b"TW", FrameError::Malformed, "frame.malformed");
    check(b"TWZ", FrameError::Malformed, "frame.malformed");
    check(b"{\"hello\":1}", FrameError::Malformed, "frame.malformed");
    check(&[b"TWZ\x00", &frame[4..]].concat(), FrameError::Malformed, "frame.malformed");
    check(&[b"TWZ\x04", &frame[4..]].concat(), FrameError::TooNew(4), "frame.protocol_too_new");
    for end in 4..frame.len() {
        check(&frame[..end], FrameError::Malformed, "frame.malformed");
    }
    let longer = wire::encode(&(a_request(), 0_u8));
    check(&longer, FrameError::Malformed, "frame.malformed");
    check(&vec![b'T'; limit::FRAME_BYTES_MAX + 1], FrameError::TooLarge, "frame.too_large");
    let bomb = wire::encode(&vec![0_u8; limit::FRAME_INFLATED_BYTES_MAX + 1]);
    assert!(bomb.len() < limit::FRAME_BYTES_MAX / 100);
    check(&bomb, FrameError::TooLarge, "frame.too_large");
}

#[test]
fn random_bytes_are_no_frame_and_no_panic() {
    let mut rng = Rng::new(1);
    let frame = wire::encode(&a_response());
    for _ in 0..20_000 {
        let mut bytes = frame.clone();
        for _ in 0..=rng.below(3) {
            let at = 3 + rng.below(bytes.len() - 3);
            bytes[at] = rng.bytes::<1>()[0];
        }
        // A flipped bit may still say something; it never panics.
        wire::decode::<Response>(&bytes).ok();
        let noise: Vec<u8> =
            b"TWZ\x02".iter().copied().chain((0..rng.below(60)).map(|_| rng.bytes::<1>()[0])).collect();
        wire::decode::<Request>(&noise).ok();
    }
}

// One phone's engine, by itself.

/// One device's documents without a server: what an edit needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) device: DeviceId,
    pub(super) nonce: u8,
    pub(super) documents: BTreeMap<DocumentId, Document>,
}

impl Desk {
    pub(super) fn new(device: u8) -> Self {
        Self { device: DeviceId([device; 16]), nonce: device, documents: BTreeMap::new() }
    }

    pub(super) fn edit(&mut self, edit: &Edit) -> Result<Outcome, Refusal> {
        let outcome = edit.apply(self, Role::Admin, 1_772_352_000_000)?;
        for (document, _) in &outcome.written {
            self.documents.insert(document.id, document.clone());
        }
        Ok(outcome)
    }

    pub(super) fn did(&mut self, edit: &Edit) {
        self.edit(edit).unwrap_or_else(|refusal| panic!("{edit:?}: {refusal}"));
    }

    pub(super) fn take(&mut self, other: &Self) {
        for (id, document) in &other.documents {
            let ours = self.documents.entry(*id).or_insert_with(|| Document::new(*id, document.kind));
            ours.take_copy(&mut document.clone()).unwrap();
        }
    }

    pub(super) fn text(&self, dossier: DocumentId, section: &str) -> String {
        match Record::read(&self.documents[&dossier]) {
            Record::Dossier(record) => record.sections[section].text.clone(),
            _ => panic!("not a dossier"),
        }
    }

    pub(super) fn rewords(&mut self, dossier: DocumentId, version: &str, before: &str, after: &str) {
        self.did(&Edit::EditSection {
            dossier,
            section: "motivation".to_owned(),
            version: version.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        });
    }

    pub(super) fn version(&self, dossier: DocumentId) -> String {
        version_text(&self.documents[&dossier].heads())
    }
}

impl Library for Desk {
    fn copy(&mut self, id: DocumentId) -> Option<Document> {
        self.documents.get(&id).cloned()
    }

    fn author(&mut self, _id: DocumentId, at_ms: u64) -> Author {
        Author { device: self.device, nonce: [self.nonce; 8], at_ms }
    }
}

const PERSON: u8 = 1;
const OTHER: u8 = 2;
const EVENT: u8 = 3;
const DOSSIER: u8 = 4;
const SLOT: u8 = 5;
const LINE: u8 = 6;

fn titled(title: &str) -> BTreeMap<Field, Value> {
    BTreeMap::from([(Field::Title, Value::from(title))])
}

fn a_person(given: &str) -> NewPerson {
    NewPerson { given: given.to_owned(), family: "Amrani".to_owned(), ..NewPerson::default() }
}

fn a_slot() -> NewSlot {
    let [day, starts, ends] = ["2026-03-01", "09:00", "12:30"].map(str::to_owned);
    NewSlot { slot: row(SLOT), day, starts, ends }
}

fn a_phone() -> Phone {
    Phone { e164: Some("+212612345678".to_owned()), country: Some("MA".to_owned()), raw: "06 12 34 56 78".to_owned() }
}

fn check_in(mark: u8, status: Status) -> Edit {
    Edit::CheckIn {
        event: document(EVENT),
        slot: row(SLOT),
        person: document(PERSON),
        mark: row(mark),
        status,
        minutes: None,
        how: How::Tap,
    }
}

fn signed(id: u8, signer: Signer) -> Edit {
    Edit::Sign {
        event: document(EVENT),
        slot: row(SLOT),
        signer,
        signature: row(id),
        ink: format!("{id:02x}").repeat(32),
        how: How::Kiosk,
        mark: row(id + 100),
    }
}

/// One of every kind, each possible after those before it.
pub(super) fn every_edit() -> Vec<Edit> {
    let (event, slot, person, dossier, section) =
        (document(EVENT), row(SLOT), document(PERSON), document(DOSSIER), "motivation".to_owned());
    let activity = [(Field::Label, "Forer".into()), (Field::MonthFrom, Value::Number(3))].into();
    let support = [(Field::Day, "2026-11-23".into()), (Field::Minutes, Value::Number(90))].into();
    vec![
        Edit::CreatePerson { person, new: a_person("Zahra"), notice_read: true },
        Edit::CreatePerson { person: document(OTHER), new: a_person("Brahim"), notice_read: false },
        Edit::SetField { document: person, row: None, field: Field::Commune, value: Value::from("Tiznit") },
        Edit::AddPhone { person, row: row(10), phone: a_phone() },
        Edit::AddEmail { person, row: row(11), address: "zahra@example.org".to_owned() },
        Edit::CreateAssociation { association: document(12), fields: titled("Tamont") },
        Edit::CreateEvent { event, fields: titled("Atelier"), slots: vec![a_slot()] },
        Edit::AddToRoster { event, person },
        check_in(13, Status::Present),
        check_in(14, Status::Absent),
        Edit::SettleMarks {
            event,
            slot,
            person,
            status: Status::Present,
            withdrawal: row(15),
            reason: "seen".to_owned(),
        },
        Edit::Undo { event, slot, person, withdrawal: row(16), reason: "wrong row".to_owned() },
        Edit::RegisterWalkIn {
            event,
            slot,
            person: document(17),
            mark: row(18),
            new: NewPerson { photo_consent: true, messages_consent: true, ..a_person("Youssef") },
            new_association: Some(NewAssociation { association: document(19), title: "Ayni".to_owned() }),
            phone: Some(a_phone()),
            notice_read: true,
        },
        Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec![section.clone()] },
        Edit::EditSection {
            dossier,
            section: section.clone(),
            version: String::new(),
            before: String::new(),
            after: "Le puits est loin.".to_owned(),
        },
        Edit::ReadAgain { dossier, section: section.clone(), anchor: "first".to_owned() },
        Edit::SettleSection { dossier, section, text: "Le puits est loin.".to_owned() },
        Edit::AddLine { dossier, line: row(LINE), side: Side::Expense, label: "Pompe".to_owned() },
        Edit::SetField {
            document: dossier,
            row: Some(row(LINE)),
            field: Field::UnitCents,
            value: Value::Number(150_000),
        },
        Edit::SetField { document: dossier, row: Some(row(LINE)), field: Field::RateE4, value: Value::Number(108_500) },
        Edit::SetField { document: dossier, row: Some(row(LINE)), field: Field::Nature, value: Value::from("in_kind") },
        Edit::SetLineState { dossier, line: row(LINE), keep: false },
        Edit::AddTime { dossier, time: row(27), label: "Creuser la tranchée".to_owned() },
        Edit::SetField { document: dossier, row: Some(row(27)), field: Field::HoursE2, value: Value::Number(250) },
        Edit::SetLineState { dossier, line: row(27), keep: false },
        Edit::AddRow { document: dossier, table: Table::Activity, row: row(28), fields: activity },
        Edit::SetField { document: dossier, row: Some(row(28)), field: Field::MonthTo, value: Value::Number(6) },
        Edit::KeepRow { document: dossier, row: row(28), keep: false },
        Edit::AddRow { document: document(12), table: Table::Support, row: row(29), fields: support },
        Edit::LinkSame { person, same_as: document(OTHER) },
        Edit::NotSame { person, other: document(OTHER) },
        Edit::Settle {
            document: person,
            asked: format!("same/{}", document(OTHER)),
            decision: row(32),
            answer: Some(Box::new(Edit::LinkSame { person, same_as: document(OTHER) })),
            reason: "same phone".to_owned(),
        },
        Edit::Reopen { document: person, of: row(32), decision: row(33), reason: String::new() },
        Edit::AssignQuestion {
            document: person,
            asked: format!("same/{}", document(OTHER)),
            account: Some(AccountId([7; 16])),
        },
        Edit::CreateCall { call: document(20), fields: titled("PRA"), sections: vec![a_call_section("motivation")] },
        Edit::AddRow { document: document(20), table: Table::Section, row: row(30), fields: a_section_row("Jeunesse") },
        Edit::ConfirmRule { call: document(20), field: Field::GrantMaxCents, confirmed: false },
        Edit::PublishCall { call: document(20), version: row(31), note: "Plafond relevé".to_owned() },
        Edit::SetField {
            document: dossier,
            row: None,
            field: Field::Call,
            value: Value::Text(document(20).to_string()),
        },
        Edit::SetConsent { person, consent: Consent::Photo, agreed: Agreed::Given },
        Edit::SetConsent { person, consent: Consent::Photo, agreed: Agreed::Withdrawn },
        Edit::SetConsent { person, consent: Consent::Messages, agreed: Agreed::Given },
        Edit::SetConsent { person, consent: Consent::Messages, agreed: Agreed::Withdrawn },
        Edit::AddSlot { event, slot: NewSlot { slot: row(21), ..a_slot() } },
        Edit::KeepEventRow { event, row: row(21), keep: false },
        Edit::AddTrainer { event, trainer: NewTrainer { trainer: row(22), name: "Naïma".to_owned() } },
        Edit::SetField { document: event, row: Some(row(22)), field: Field::Label, value: Value::from("Naïma Aït") },
        Edit::LinkEvent { event, document: document(12), kind: Some(Kind::Association) },
        Edit::SetHeadcount { event, slot, sex: "f".to_owned(), age_band: "18_30".to_owned(), people: Some(43) },
        signed(23, Signer::Person(person)),
        signed(24, Signer::Trainer(row(22))),
        Edit::WithdrawSignature {
            event,
            signature: row(24),
            withdrawal: row(25),
            reason: "somebody else's".to_owned(),
        },
        Edit::AddPaper { event, paper: row(26), slot: Some(slot), blob: "0a".repeat(32) },
        Edit::MoveStage {
            dossier,
            moved: row(30),
            to: "idea".to_owned(),
            fields: BTreeMap::new(),
            reason: String::new(),
        },
        Edit::ReviewDossier { dossier, review: true },
        Edit::AddToRoster { event, person: document(OTHER) },
        Edit::TakeFromRoster { event, person: document(OTHER) },
    ]
}

fn a_section_row(label: &str) -> BTreeMap<Field, Value> {
    BTreeMap::from([(Field::Label, label.into()), (Field::CharsMax, Value::Number(500))])
}

fn a_call_section(key: &str) -> CallSection {
    CallSection { key: key.to_owned(), title: "Motivation".to_owned(), chars_max: 2_000, ..CallSection::default() }
}

#[test]
fn an_edit_that_is_done_twice_is_done_once() {
    let mut desk = Desk::new(1);
    for edit in every_edit() {
        desk.did(&edit);
        let before = desk.documents.clone();
        let again = desk.edit(&edit).unwrap_or_else(|refusal| panic!("again {edit:?}: {refusal}"));
        // A line that is changed says anew that it stays, and whoever reads again says so again (M5, M6).
        for (document, _) in again.written {
            assert_eq!(Record::read(&before[&document.id]), Record::read(&document), "{edit:?}");
        }
    }
}

#[test]
fn an_edit_is_one_change_in_each_document_that_it_touches() {
    let mut desk = Desk::new(1);
    for edit in every_edit() {
        let outcome = desk.edit(&edit).unwrap();
        let touched: BTreeSet<DocumentId> = outcome.written.iter().map(|(document, _)| document.id).collect();
        assert_eq!(touched.len(), outcome.written.len(), "{edit:?}");
    }
}

#[test]
fn m10_every_edit_has_its_place_in_the_history() {
    let mut desk = Desk::new(1);
    for edit in every_edit() {
        for (document, _) in desk.edit(&edit).unwrap().written {
            let (entries, older) = history(&document, 1);
            assert_eq!(entries[0].by, Some(desk.device), "{edit:?}");
            assert_eq!(entries[0].at_ms, 1_772_352_000_000, "{edit:?}");
            assert_eq!(older + 1, document.changes_since(&[]).len(), "{edit:?}");
        }
    }
}

/// What a desk knows of a person's consents: of the photo, of messages.
fn consents(desk: &Desk, person: DocumentId) -> [Option<Agreed>; 2] {
    Consent::ALL.map(|consent| {
        let id = if consent == Consent::Photo { person } else { DocumentId::contact_of(person) };
        desk.documents.get(&id).and_then(|document| consent.agreed(Record::read(document).fields()))
    })
}

#[test]
fn a_consent_is_what_was_said_and_nothing_is_assumed() {
    let mut desk = Desk::new(1);
    for edit in every_edit().iter().take(13) {
        desk.did(edit);
    }
    // Registered without a word about it; registered at the door with both.
    assert_eq!(consents(&desk, document(PERSON)), [None, None]);
    assert_eq!(consents(&desk, document(17)), [Some(Agreed::Given); 2]);
    // One of them taken back leaves the other.
    let no = |consent| Edit::SetConsent { person: document(17), consent, agreed: Agreed::Withdrawn };
    desk.did(&no(Consent::Photo));
    assert_eq!(consents(&desk, document(17)), [Some(Agreed::Withdrawn), Some(Agreed::Given)]);
    let (entries, _) = history(&desk.documents[&document(17)], 1);
    let said = Did::Set { field: Field::PhotoConsent, value: Value::from("withdrawn") };
    assert_eq!((entries[0].did.as_slice(), entries[0].at_ms), (&[said][..], 1_772_352_000_000));
}

#[test]
fn m4_a_no_that_was_said_apart_holds_until_somebody_settles_it() {
    let person = document(PERSON);
    let say = |consent, agreed| Edit::SetConsent { person, consent, agreed };
    for consent in Consent::ALL {
        let mut staff = Desk::new(1);
        staff.did(&every_edit()[0]);
        let mut door = Desk::new(2);
        // A volunteer's phone does not hold the contact: the no is said all the same, in a contact that it begins.
        if consent == Consent::Photo {
            door.take(&staff);
        }
        staff.did(&say(consent, Agreed::Given));
        door.did(&say(consent, Agreed::Withdrawn));
        staff.take(&door);
        assert!(consents(&staff, person).contains(&Some(Agreed::Withdrawn)), "{consent:?}");
        let id = if consent == Consent::Photo { person } else { DocumentId::contact_of(person) };
        let asked = of_record(id, &Record::read(&staff.documents[&id]));
        assert!(
            matches!(&asked[..], [Question::FieldSetApart { field, .. }] if *field == consent.field()),
            "{asked:?}"
        );
        staff.did(&Edit::SetField { document: id, row: None, field: consent.field(), value: Value::from("given") });
        assert!(consents(&staff, person).contains(&Some(Agreed::Given)), "{consent:?}");
    }
}

#[test]
fn m2_the_order_of_marks_does_not_matter() {
    let mark = |n: u8, status| Mark {
        id: row(n),
        person: document(1),
        slot: row(1),
        status,
        minutes: None,
        how: How::Tap,
        late: false,
        at_ms: u64::from(n),
        by: None,
        withdrawn: None,
    };
    for (n, first) in Status::ALL.into_iter().enumerate() {
        assert_eq!(attendance(&[mark(1, first), mark(2, first)]), Attendance::Agreed(first));
        for second in &Status::ALL[n + 1..] {
            let marks = [mark(1, first), mark(2, *second)];
            assert_eq!(attendance(&marks), Attendance::Contradicted(first));
            assert_eq!(attendance(marks.iter().rev()), Attendance::Contradicted(first));
        }
    }
    assert_eq!(attendance(&[]), Attendance::Unmarked);
}

/// An event with one half-day, a trainer and somebody expected.
fn a_door(device: u8) -> Desk {
    let (event, person) = (document(EVENT), document(PERSON));
    let mut desk = Desk::new(device);
    desk.did(&Edit::CreatePerson { person, new: a_person("Zahra"), notice_read: true });
    desk.did(&Edit::CreateEvent { event, fields: titled("Atelier"), slots: vec![a_slot()] });
    desk.did(&Edit::AddToRoster { event, person });
    desk.did(&Edit::AddTrainer { event, trainer: NewTrainer { trainer: row(22), name: "Naïma".to_owned() } });
    desk
}

fn door_of(desk: &Desk) -> EventRecord {
    match Record::read(&desk.documents[&document(EVENT)]) {
        Record::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn m3_the_first_signature_counts_and_every_other_is_kept() {
    let person = Signer::Person(document(PERSON));
    let (mut left, mut right) = (a_door(1), Desk::new(2));
    right.take(&left);
    left.did(&signed(31, person));
    right.did(&signed(30, person));
    let both = [&left, &right].map(|desk| {
        let mut both = Desk::new(3);
        both.take(desk);
        both.take(if desk.nonce == 1 { &right } else { &left });
        door_of(&both)
    });
    assert_eq!(both[0], both[1], "whatever came first");
    let [door, _] = both;
    // Both clocks say the same: then the smaller id, everywhere.
    assert_eq!(signature_that_counts(&door.signatures).map(|one| one.id), Some(row(30)));
    assert_eq!(door.signatures.len(), 2);
    // Whoever signs was there: each phone said so, and they agree.
    assert_eq!(attendance(&door.marks), Attendance::Agreed(Status::Present));
    assert_eq!(door.marks.iter().map(|mark| mark.how).collect::<Vec<_>>(), [How::Kiosk, How::Kiosk]);
}

#[test]
fn m1_m3_a_signature_goes_with_the_marks_that_said_so_and_stays_in_the_history() {
    let (event, slot, person) = (document(EVENT), row(SLOT), document(PERSON));
    let mut desk = a_door(1);
    desk.did(&signed(30, Signer::Person(person)));
    desk.did(&Edit::Undo { event, slot, person, withdrawal: row(40), reason: "another Zahra".to_owned() });
    let door = door_of(&desk);
    assert_eq!(attendance(&door.marks), Attendance::Unmarked);
    assert_eq!(signature_that_counts(&door.signatures), None);
    assert_eq!(door.signatures[0].withdrawn.as_ref().map(|one| one.reason.as_str()), Some("another Zahra"));
    // Of those who only came late the signature stays.
    desk.did(&signed(31, Signer::Person(person)));
    desk.did(&check_in(41, Status::Partial));
    let (status, withdrawal, reason) = (Status::Partial, row(42), "came at ten".to_owned());
    desk.did(&Edit::SettleMarks { event, slot, person, status, withdrawal, reason });
    let door = door_of(&desk);
    assert_eq!(attendance(&door.marks), Attendance::Agreed(Status::Partial));
    assert_eq!(signature_that_counts(&door.signatures).map(|one| one.id), Some(row(31)));
}

#[test]
fn nobody_signs_for_whom_is_not_expected_and_no_half_day_in_use_is_removed() {
    let event = document(EVENT);
    let mut desk = a_door(1);
    assert_eq!(desk.edit(&signed(30, Signer::Person(document(OTHER)))).unwrap_err(), Refusal::RowUnknown);
    assert_eq!(desk.edit(&signed(30, Signer::Trainer(row(99)))).unwrap_err(), Refusal::RowUnknown);
    let mut foreign = signed(30, Signer::Trainer(row(22)));
    if let Edit::Sign { ink, .. } = &mut foreign {
        "no blob".clone_into(ink);
    }
    assert_eq!(desk.edit(&foreign).unwrap_err(), Refusal::ValueInvalid);
    let counted =
        |people| Edit::SetHeadcount { event, slot: row(SLOT), sex: "f".to_owned(), age_band: String::new(), people };
    desk.did(&counted(Some(43)));
    let remove = Edit::KeepEventRow { event, row: row(SLOT), keep: false };
    assert_eq!(desk.edit(&remove).unwrap_err(), Refusal::RowInUse);
    // Removed there, and used here, apart: it stays.
    let mut other = a_door(2);
    other.did(&remove);
    assert_eq!(door_of(&other).slots, []);
    other.take(&desk);
    assert_eq!(door_of(&other).slots.len(), 1);
    desk.did(&counted(None));
    assert_eq!(door_of(&desk).headcounts, []);
}

#[test]
fn m4_headcounts_that_were_set_apart_keep_both_values() {
    let (mut left, mut right) = (a_door(1), Desk::new(2));
    right.take(&left);
    let counted = |people| Edit::SetHeadcount {
        event: document(EVENT),
        slot: row(SLOT),
        sex: "h".to_owned(),
        age_band: "18_30".to_owned(),
        people: Some(people),
    };
    left.did(&counted(12));
    right.did(&counted(14));
    left.take(&right);
    let [count] = &door_of(&left).headcounts[..] else { panic!("one") };
    assert_eq!(count.apart.len(), 2);
    left.did(&counted(14));
    let [count] = &door_of(&left).headcounts[..] else { panic!("one") };
    assert_eq!((count.people, count.apart.len()), (14, 0));
}

fn seal(desk: &mut Desk, n: u8, reason: &str) {
    let mut event = desk.documents[&document(EVENT)].clone();
    let seal = Seal {
        event: document(EVENT),
        sheet: row(n),
        version: event.heads(),
        reason: reason.to_owned(),
        code: format!("CODE{n}"),
    };
    let author = Author { device: DeviceId([9; 16]), nonce: [n; 8], at_ms: 1_772_352_100_000 + u64::from(n) };
    seal.write(&mut event, &author).unwrap().unwrap();
    desk.documents.insert(event.id, event);
}

#[test]
fn m8_what_comes_after_the_seal_is_late_until_another_version_is_sealed() {
    let late = |desk: &Desk| {
        let door = door_of(desk);
        let asked = of_record(document(EVENT), &Record::Event(door.clone()));
        let asked = asked.iter().filter(|question| matches!(question, Question::LateMarks { .. })).count();
        assert_eq!(asked, usize::from(door.late() > 0));
        door.late()
    };
    let (event, slot, person) = (document(EVENT), row(SLOT), document(PERSON));
    let mut desk = a_door(1);
    let mut away = Desk::new(2);
    away.take(&desk);
    desk.did(&signed(30, Signer::Person(person)));
    assert_eq!(late(&desk), 0, "nothing is late before it is sealed");
    seal(&mut desk, 50, "");
    assert_eq!(late(&desk), 0);
    // A phone that was away comes with a mark and a signature from before, by its clock.
    away.did(&signed(31, Signer::Person(person)));
    desk.take(&away);
    assert_eq!(late(&desk), 2);
    assert_eq!(door_of(&desk).marks.iter().filter(|mark| mark.late).count(), 1);
    seal(&mut desk, 51, "a phone came late");
    assert_eq!(late(&desk), 0);
    let sheets: Vec<_> = door_of(&desk).sheets.iter().map(|sheet| (sheet.code.clone(), sheet.reason.clone())).collect();
    let expected = [("CODE50", ""), ("CODE51", "a phone came late")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(sheets, expected, "the old version stays");
    // What a sealed version says, and was taken back since, is late too; what is both new and taken back is not.
    desk.did(&Edit::Undo { event, slot, person, withdrawal: row(60), reason: "not her".to_owned() });
    assert_eq!(late(&desk), 4, "two marks and two signatures");
    seal(&mut desk, 52, "not her");
    desk.did(&check_in(61, Status::Present));
    desk.did(&Edit::Undo { event, slot, person, withdrawal: row(70), reason: "wrong row".to_owned() });
    assert_eq!(late(&desk), 0);
}

// M5: text.

/// Letters of one to four bytes and of one or two UTF-16 units, each only once, so that each can be found again.
fn alphabet() -> Vec<char> {
    let ranges = ['a'..='z', 'à'..='ÿ', 'ا'..='ي', 'ⴰ'..='ⵥ', '😀'..='😿', '\u{10300}'..='\u{1031f}'];
    ranges.into_iter().flatten().collect()
}

struct Typing {
    at: usize,
    removed: usize,
    inserted: String,
}

impl Typing {
    fn of(rng: &mut Rng, base: &[char], letters: &mut Vec<char>) -> Self {
        let at = rng.below(base.len() + 1);
        let removed = rng.below(4).min(base.len() - at);
        let count = if removed == 0 { 1 + rng.below(3) } else { rng.below(4) };
        Self { at, removed, inserted: letters.split_off(letters.len() - count).into_iter().collect() }
    }

    fn on(&self, base: &[char]) -> String {
        let (begin, end) = (&base[..self.at], &base[self.at + self.removed..]);
        begin.iter().copied().chain(self.inserted.chars()).chain(end.iter().copied()).collect()
    }

    fn keeps(&self, index: usize) -> bool {
        !(self.at..self.at + self.removed).contains(&index)
    }
}

#[test]
fn m5_typing_on_an_older_version_lands_where_it_was_meant() {
    let mut rng = Rng::new(5);
    for round in 0..300 {
        let mut letters = alphabet();
        let base: Vec<char> = (0..1 + rng.below(12)).map(|_| letters.swap_remove(rng.below(letters.len()))).collect();
        let mut desk = Desk::new(1);
        let dossier = document(DOSSIER);
        desk.did(&Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec!["motivation".to_owned()] });
        let text: String = base.iter().collect();
        desk.rewords(dossier, "", "", &text);
        let version = desk.version(dossier);
        let mut other = desk.clone();
        (other.device, other.nonce) = (DeviceId([2; 16]), 2);
        let (theirs, ours) = (Typing::of(&mut rng, &base, &mut letters), Typing::of(&mut rng, &base, &mut letters));
        other.rewords(dossier, &version, &text, &theirs.on(&base));
        desk.take(&other);
        desk.rewords(dossier, &version, &text, &ours.on(&base));
        let merged = desk.text(dossier, "motivation");
        // What neither took out stands in its order, with each insertion in its place.
        let kept: Vec<char> = (0..base.len()).filter(|n| theirs.keeps(*n) && ours.keeps(*n)).map(|n| base[n]).collect();
        let left: Vec<char> = merged.chars().filter(|c| base.contains(c)).collect();
        assert_eq!(left, kept, "round {round}: {text:?} became {merged:?}");
        for typing in [&theirs, &ours].into_iter().filter(|typing| !typing.inserted.is_empty()) {
            let place = merged.find(&typing.inserted);
            let place = place.unwrap_or_else(|| panic!("round {round}: {:?} is torn in {merged:?}", typing.inserted));
            let before = merged[..place].chars().filter(|c| base.contains(c)).count();
            let meant = (0..typing.at).filter(|n| theirs.keeps(*n) && ours.keeps(*n)).count();
            assert_eq!(before, meant, "round {round}: {:?} in {text:?} became {merged:?}", typing.inserted);
        }
    }
}

#[test]
fn m5_typing_on_a_version_that_this_phone_does_not_know_loses_nothing() {
    let dossier = document(DOSSIER);
    let check = |now: &str, before: &str, after: &str, merged: Expect| {
        let mut desk = Desk::new(1);
        desk.did(&Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec!["motivation".to_owned()] });
        desk.rewords(dossier, "", "", now);
        desk.rewords(dossier, "not a version", before, after);
        merged.assert_eq(&desk.text(dossier, "motivation"));
    };
    check("Un puits profond", "Un puits", "Un grand puits", expect!["Un grand puits profond"]);
    check("Ici, un puits", "un puits", "un puits sec", expect!["Ici, un puits sec"]);
    check("un étang", "un puits", "un lac", expect!["un étanglac"]);
    check("", "un puits", "un lac", expect!["lac"]);
    check("un lac", "un puits", "un lac", expect!["un lac"]);
}

/// Anchors are plain keys of a document, and a stranger's hand may write any: reading must not panic at them.
#[test]
fn m5_anchors_from_a_strangers_hand_are_read_without_a_panic() {
    let mut desk = Desk::new(1);
    let dossier = document(DOSSIER);
    desk.did(&Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec!["motivation".to_owned()] });
    desk.rewords(dossier, "", "", "Un\npuits\n");
    let begun = desk.documents[&dossier].crdt().clone();
    let actor = begun.get_actor().clone();
    let mut anchors: Vec<String> =
        ["", "s", "e", "é", "/", "1", "@", "first", "0@", "1@zz", "1@é", "-1@00", "99999999999999999999@00"]
            .map(str::to_owned)
            .into();
    // Every operation of the document, whatever it is of: a stranger points where they like.
    anchors.extend((0..60).flat_map(|n| ["", "-"].map(|sign| format!("{sign}{n}@{actor}"))));
    let touch = |device: u8| {
        let mut crdt = begun.fork().with_actor(ActorId::from(vec![device; 24]));
        let mut tx = crdt.transaction();
        let (_, touched) = tx.get(ROOT, "touched").unwrap().unwrap();
        for anchor in &anchors {
            tx.put(&touched, format!("motivation/{anchor}"), i64::from(device)).unwrap();
        }
        tx.commit_with(CommitOptions::default());
        crdt
    };
    let mut merged = touch(7);
    merged.merge(&mut touch(8)).unwrap();
    let Record::Dossier(record) = Record::read(&Document::from_crdt(dossier, Kind::Dossier, merged)) else {
        panic!("not a dossier");
    };
    assert_eq!(record.sections["motivation"].text, "Un\npuits\n");
}

/// Two keys that read as one row would make two rows of one id.
#[test]
fn a_row_has_one_spelling() {
    for text in ["00112233445566AA", "+123456789abcdef", "0011223344556", " 0112233445566aa", "0x12233445566aa0"] {
        assert!(text.parse::<RowId>().is_err(), "{text}");
    }
    assert_eq!("00112233445566aa".parse::<RowId>().unwrap().to_string(), "00112233445566aa");
}

// Refusals.

fn refused(edit: &Edit) -> &'static str {
    let mut desk = Desk::new(1);
    for earlier in every_edit().into_iter().take(14) {
        desk.did(&earlier);
    }
    desk.did(&Edit::AddLine {
        dossier: document(DOSSIER),
        line: row(LINE),
        side: Side::Expense,
        label: "Pompe".to_owned(),
    });
    match desk.edit(edit) {
        Err(refusal) => refusal.code(),
        Ok(outcome) => panic!("{edit:?} was done: {} documents", outcome.written.len()),
    }
}

fn set(document: DocumentId, row: Option<RowId>, field: Field, value: impl Into<Value>) -> Edit {
    Edit::SetField { document, row, field, value: value.into() }
}

#[test]
fn an_edit_that_names_what_is_not_there_is_refused() {
    let nowhere = document(99);
    assert_eq!(refused(&set(nowhere, None, Field::Title, "x")), "edit.document_unknown");
    assert_eq!(refused(&Edit::AddToRoster { event: nowhere, person: document(PERSON) }), "edit.document_unknown");
    assert_eq!(
        refused(&Edit::AddToRoster { event: document(PERSON), person: document(PERSON) }),
        "edit.document_unknown"
    );
    let mut unexpected = check_in(40, Status::Present);
    if let Edit::CheckIn { person, .. } = &mut unexpected {
        *person = document(OTHER);
    }
    assert_eq!(refused(&unexpected), "edit.row_unknown");
    assert_eq!(refused(&set(document(DOSSIER), Some(row(99)), Field::Label, "x")), "edit.row_unknown");
    assert_eq!(refused(&set(document(PERSON), Some(row(1)), Field::Label, "x")), "edit.row_unknown");
    let dossier = document(DOSSIER);
    assert_eq!(refused(&Edit::SetLineState { dossier, line: row(99), keep: true }), "edit.row_unknown");
    let section = |section: &str, after: &str| Edit::EditSection {
        dossier,
        section: section.to_owned(),
        version: String::new(),
        before: String::new(),
        after: after.to_owned(),
    };
    assert_eq!(refused(&section("Motivation", "x")), "edit.row_unknown");
    assert_eq!(refused(&section("a/b", "x")), "edit.row_unknown");
    let unknown = "unknown".to_owned();
    assert_eq!(
        refused(&Edit::ReadAgain { dossier, section: unknown.clone(), anchor: "first".to_owned() }),
        "edit.row_unknown"
    );
    assert_eq!(refused(&Edit::SettleSection { dossier, section: unknown, text: String::new() }), "edit.row_unknown");
}

#[test]
fn a_value_that_does_not_fit_its_field_is_refused() {
    let (person, dossier, line) = (document(PERSON), document(DOSSIER), Some(row(LINE)));
    assert_eq!(refused(&set(person, None, Field::Title, "x")), "edit.field_unknown");
    assert_eq!(refused(&set(dossier, line, Field::Day, "2026-03-01")), "edit.field_unknown");
    for (field, value) in
        [(Field::Sex, Value::from("x")), (Field::Sex, Value::Number(1)), (Field::Association, Value::from("Tamont"))]
    {
        assert_eq!(refused(&set(person, None, field, value)), "edit.value_invalid");
    }
    for value in [-1, limit::CENTS_MAX + 1, i64::MIN, i64::MAX] {
        assert_eq!(refused(&set(dossier, line, Field::UnitCents, value)), "edit.value_invalid");
    }
    let (event, slot) = (document(EVENT), Some(row(SLOT)));
    for day in ["2026-02-29", "2026-13-01", "2026-1-1", "hier", "2026-03-01-01"] {
        assert_eq!(refused(&set(event, slot, Field::Day, day)), "edit.value_invalid", "{day}");
    }
    for time in ["9:00", "25:00", "09:60", "midi"] {
        assert_eq!(refused(&set(event, slot, Field::Starts, time)), "edit.value_invalid", "{time}");
    }
    for number in ["W12345678", "12345678901234"] {
        let association = document(12);
        assert_eq!(refused(&set(association, None, Field::RnaNumber, number)), "edit.value_invalid");
        assert_eq!(refused(&set(association, None, Field::SiretNumber, number)), "edit.value_invalid");
    }
    assert_eq!(refused(&Edit::LinkSame { person, same_as: person }), "edit.value_invalid");
    for address in ["zahra", "zahra@", "@example.org", "zahra@example", "zahra@a@example.org"] {
        let edit = Edit::AddEmail { person, row: row(40), address: address.to_owned() };
        assert_eq!(refused(&edit), "edit.value_invalid", "{address}");
    }
    let phone = Phone { e164: Some("0612".to_owned()), country: None, raw: "0612".to_owned() };
    assert_eq!(refused(&Edit::AddPhone { person, row: row(40), phone }), "edit.value_invalid");
}

#[test]
fn what_must_be_said_and_is_not_is_refused() {
    let (event, slot, person) = (document(EVENT), row(SLOT), document(PERSON));
    let nameless = Edit::CreatePerson { person: document(40), new: NewPerson::default(), notice_read: true };
    assert_eq!(refused(&nameless), "edit.name_missing");
    assert_eq!(
        refused(&Edit::CreateEvent { event: document(40), fields: titled(" "), slots: vec![] }),
        "edit.name_missing"
    );
    assert_eq!(refused(&set(event, None, Field::Title, " ")), "edit.name_missing");
    assert_eq!(refused(&set(document(DOSSIER), Some(row(LINE)), Field::Label, "")), "edit.name_missing");
    let label = " ".to_owned();
    let line = Edit::AddLine { dossier: document(DOSSIER), line: row(40), side: Side::Expense, label };
    assert_eq!(refused(&line), "edit.name_missing");
    let reason = "  ".to_owned();
    let undo = Edit::Undo { event, slot, person, withdrawal: row(40), reason: reason.clone() };
    assert_eq!(refused(&undo), "edit.reason_missing");
    let settle = Edit::SettleMarks { event, slot, person, status: Status::Present, withdrawal: row(40), reason };
    assert_eq!(refused(&settle), "edit.reason_missing");
    let walk_in = Edit::RegisterWalkIn {
        event,
        slot,
        person: document(40),
        mark: row(40),
        new: a_person("Youssef"),
        new_association: None,
        phone: None,
        notice_read: false,
    };
    assert_eq!(refused(&walk_in), "edit.notice_not_read");
}

#[test]
fn what_is_longer_than_its_limit_is_refused() {
    let long = |chars: usize| "é".repeat(chars);
    let (person, dossier) = (document(PERSON), document(DOSSIER));
    assert_eq!(refused(&set(person, None, Field::Given, &*long(limit::SHORT_CHARS_MAX + 1))), "edit.text_too_long");
    let association = document(12);
    assert_eq!(
        refused(&set(association, None, Field::Object, &*long(limit::LINES_CHARS_MAX + 1))),
        "edit.text_too_long"
    );
    let reason = long(limit::LINES_CHARS_MAX + 1);
    let (event, slot) = (document(EVENT), row(SLOT));
    assert_eq!(refused(&Edit::Undo { event, slot, person, withdrawal: row(40), reason }), "edit.text_too_long");
    let section = Edit::EditSection {
        dossier,
        section: "motivation".to_owned(),
        version: String::new(),
        before: String::new(),
        after: long(limit::SECTION_CHARS_MAX + 1),
    };
    assert_eq!(refused(&section), "edit.text_too_long");
    let mut walk_in = every_edit().remove(12);
    if let Edit::RegisterWalkIn { person, mark, new, .. } = &mut walk_in {
        (*person, *mark, new.commune) = (document(40), row(40), long(limit::SHORT_CHARS_MAX + 1));
    }
    assert_eq!(refused(&walk_in), "edit.text_too_long");
}

#[test]
fn a_document_that_is_full_says_so() {
    let slots = vec![a_slot(); limit::SLOTS_MAX + 1];
    assert_eq!(
        refused(&Edit::CreateEvent { event: document(40), fields: titled("Atelier"), slots }),
        "edit.document_full"
    );
    let sections = vec!["a".to_owned(); limit::SECTIONS_MAX + 1];
    let dossier = Edit::CreateDossier { dossier: document(40), fields: titled("Puits"), sections };
    assert_eq!(refused(&dossier), "edit.value_invalid");
    let mut desk = Desk::new(1);
    let (dossier, sections) = (document(DOSSIER), (0..limit::SECTIONS_MAX).map(|n| format!("s{n}")).collect());
    desk.did(&Edit::CreateDossier { dossier, fields: titled("Puits"), sections });
    let one_more = Edit::EditSection {
        dossier,
        section: "one_more".to_owned(),
        version: String::new(),
        before: String::new(),
        after: "x".to_owned(),
    };
    assert_eq!(desk.edit(&one_more).unwrap_err(), Refusal::DocumentFull);
    // A row more than may be, without waiting for a thousand edits.
    let mut crdt = desk.documents[&dossier].crdt().clone();
    let mut tx = crdt.transaction();
    let (_, lines) = tx.get(ROOT, "lines").unwrap().unwrap();
    for n in 0..limit::LINES_MAX {
        tx.put_object(&lines, format!("{n:016x}"), ObjType::Map).unwrap();
    }
    tx.commit_with(CommitOptions::default());
    desk.documents.insert(dossier, Document::from_crdt(dossier, Kind::Dossier, crdt));
    let line = Edit::AddLine { dossier, line: row(LINE), side: Side::Expense, label: "Pompe".to_owned() };
    assert_eq!(desk.edit(&line).unwrap_err(), Refusal::DocumentFull);
}

/// A library whose every edit is another start of the engine.
struct Restless {
    document: Option<Document>,
    starts: u64,
}

impl Library for Restless {
    fn copy(&mut self, _id: DocumentId) -> Option<Document> {
        self.document.clone()
    }

    fn author(&mut self, _id: DocumentId, at_ms: u64) -> Author {
        self.starts += 1;
        Author { device: DeviceId([1; 16]), nonce: self.starts.to_be_bytes(), at_ms }
    }
}

/// What the server says of the next change of that device, made by an engine that knows no limit.
fn said_of_next(document: &Document) -> String {
    let mut crdt = document.crdt().clone();
    crdt.set_actor(ActorId::from(&[[1; 16].as_slice(), &[0xff; 8]].concat()[..]));
    let mut transaction = crdt.transaction();
    transaction.put(ROOT, "title", "one more").unwrap();
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(1));
    let change = crdt.get_change_by_hash(&hash.unwrap()).unwrap();
    let admitted = guard::admit(document.crdt(), &guard::Owner::Device([1; 16]), None, &[change.raw_bytes()]);
    match &admitted.verdicts[..] {
        [guard::Verdict::Refused(refusal)] => refusal.code().to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_document_whose_actors_are_used_up_is_refused_here_as_on_the_server() {
    let mut library = Restless { document: None, starts: 0 };
    let mut edit = Edit::CreateDossier { dossier: document(DOSSIER), fields: titled("Puits"), sections: vec![] };
    let refusal = loop {
        match edit.apply(&mut library, Role::Admin, 1) {
            Ok(outcome) => library.document = outcome.written.into_iter().next().map(|(document, _)| document),
            Err(refusal) => break refusal,
        }
        edit = set(document(DOSSIER), None, Field::Title, format!("Puits {}", library.starts).as_str());
    };
    assert_eq!(refusal, Refusal::HistoryFull);
    // The genesis has an actor of its own, and the last start wrote nothing.
    assert_eq!(library.starts, limit::DOCUMENT_ACTORS_MAX);
    assert_eq!(said_of_next(&library.document.unwrap()), refusal.code());
}

#[test]
fn a_document_whose_history_fills_up_says_so_before_it_is_refused() {
    let identity = Identity {
        device: DeviceId([1; 16]),
        account: AccountId([2; 16]),
        name: "Amina".to_owned(),
        role: Role::Staff,
    };
    let mut engine = Replica::open(identity, [3; 8], []);
    let dossier = document(DOSSIER);
    let create = Edit::CreateDossier { dossier, fields: titled("Puits"), sections: vec![] };
    engine.edit(&Entry { at_ms: 1, edit: create }).unwrap();
    let longest = "é".repeat(limit::SECTION_CHARS_MAX);
    let mut told = Vec::new();
    let refusal = loop {
        let View::Record(view) = engine.view(&ViewKey::Record { document: dossier }) else { panic!("a record") };
        told.push(view.used_percent);
        let write = Edit::EditSection {
            dossier,
            section: format!("section_{}", told.len()),
            version: version_text(&engine.document(dossier).unwrap().heads()),
            before: String::new(),
            after: longest.clone(),
        };
        if let Err(refusal) = engine.edit(&Entry { at_ms: 1, edit: write }) {
            break refusal;
        }
    };
    assert_eq!((refusal, refusal.code()), (Refusal::HistoryFull, "change.document_full"));
    assert_eq!(told, [None, None, None, None, None, None, None, Some(84), Some(96)]);
    // What is small still goes in, and what was refused left no trace.
    engine.edit(&Entry { at_ms: 1, edit: set(dossier, None, Field::Title, "Le puits") }).unwrap();
}

#[test]
fn a_refused_edit_leaves_no_trace() {
    let mut desk = Desk::new(1);
    every_edit().iter().take(8).for_each(|edit| desk.did(edit));
    let before: Vec<_> = desk.documents.values().map(Document::heads).collect();
    let mut walk_in = every_edit().remove(12);
    if let Edit::RegisterWalkIn { slot, .. } = &mut walk_in {
        // The last step fails: the association, the person and the contact must not stay.
        *slot = row(99);
    }
    assert_eq!(desk.edit(&walk_in).unwrap_err(), Refusal::RowUnknown);
    assert_eq!(desk.documents.values().map(Document::heads).collect::<Vec<_>>(), before);
}

// The exchange at its edges.

/// A staff phone and a volunteer's, and an event that was given to the volunteer.
fn two_phones(people: usize) -> (World, DocumentId) {
    let mut world = World::new(1, Medium::Memory);
    let (staff, volunteer) = (world.join("karima", Role::Staff), world.join("amina", Role::Volunteer));
    let event = world.document_id();
    world.edit(staff, Edit::CreateEvent { event, fields: titled("Atelier"), slots: vec![a_slot()] }).unwrap();
    let people: Vec<DocumentId> = (0..people).map(|_| world.document_id()).collect();
    let begin =
        people.iter().map(|person| Edit::CreatePerson { person: *person, new: a_person("Zahra"), notice_read: true });
    let expect = people.iter().map(|person| Edit::AddToRoster { event, person: *person });
    let edits: Vec<Edit> = begin.chain(expect).collect();
    assert!(world.edits(staff, edits).iter().all(Result::is_ok));
    world.sync(staff);
    world.decide(staff, volunteer, event, server::storage::access::Given::Yes);
    (world, event)
}

#[test]
fn a_large_event_that_is_given_arrives_in_pages_that_resume_where_they_broke_off() {
    let (mut world, _) = two_phones(limit::PAGE_DOCUMENTS + 40);
    let scope = world.scope_of(1).len();
    assert_eq!(scope, limit::PAGE_DOCUMENTS + 41);
    let exchanged = world.exchange(1);
    assert!(matches!(exchanged, Exchange::Exchanged(exchanged) if exchanged.again), "{exchanged:?}");
    assert_eq!(world.phones[1].engine().documents().count(), limit::PAGE_DOCUMENTS);
    world.phones[1].falls();
    world.start(1);
    world.mishaps.insert(1, Mishap::ReplyLost);
    assert_eq!(world.exchange(1), Exchange::Failed);
    // One more page, and no search: the pages left nothing out.
    assert_eq!(world.sync(1), 1);
    assert_eq!(world.phones[1].engine().documents().count(), scope);
    world.settle();
    world.audit_healed();
}

#[test]
fn a_phone_that_is_level_says_so_in_one_exchange() {
    let (mut world, event) = two_phones(20);
    world.settle();
    assert_eq!(world.sync(1), 1);
    let slot = row(SLOT);
    let person = *world.scope_of(1).keys().find(|id| **id != event).unwrap();
    let mark = world.row_id();
    world
        .edit(1, Edit::CheckIn { event, slot, person, mark, status: Status::Present, minutes: None, how: How::Tap })
        .unwrap();
    assert_eq!(world.sync(1), 1);
    assert_eq!(world.sync(0), 1);
    world.audit_healed();
}

#[test]
fn the_longest_text_goes_through_and_is_replaced_by_another() {
    let (mut world, _) = two_phones(0);
    let dossier = world.document_id();
    let sections = vec!["motivation".to_owned()];
    world.edit(0, Edit::CreateDossier { dossier, fields: titled("Puits"), sections }).unwrap();
    let texts = ["ⵣ", "😀"].map(|letter| letter.repeat(limit::SECTION_CHARS_MAX));
    for (before, after) in [("", &*texts[0]), (&*texts[0], &*texts[1]), (&*texts[1], "")] {
        let [section, version] = ["motivation", ""].map(str::to_owned);
        let edit = Edit::EditSection { dossier, section, version, before: before.to_owned(), after: after.to_owned() };
        world.edit(0, edit).unwrap();
        world.sync(0);
        assert_eq!(world.server.set_aside(), []);
    }
    world.settle();
    world.audit_healed();
}

/// Every value on the disk is damaged in turn: what the server has comes back, and what could not be read is kept.
#[test]
fn a_damaged_value_is_healed_from_the_server_and_never_overwritten() {
    let (mut world, event) = two_phones(3);
    world.settle();
    let slot = row(SLOT);
    let people: Vec<DocumentId> = world.scope_of(1).into_keys().filter(|id| *id != event).collect();
    for n in 0..60 {
        let (mark, person) = (world.row_id(), people[n % people.len()]);
        world
            .edit(1, Edit::CheckIn { event, slot, person, mark, status: Status::Present, minutes: None, how: How::Tap })
            .unwrap();
        world.sync(1);
    }
    let whole = world.phones[1].disk.clone();
    assert!(
        whole.values.keys().any(|key| key.starts_with("pack-"))
            && whole.values.keys().any(|key| key.starts_with("log-"))
    );
    for key in whole.values.keys() {
        let mut disk = whole.clone();
        disk.values.insert(key.clone(), b"\xffnonsense".to_vec());
        world.phones[1].falls();
        world.phones[1].disk = disk;
        world.start(1);
        assert_eq!(world.phones[1].engine().unreadable(), 1, "{key}");
        let (mark, person) = (world.row_id(), people[0]);
        world
            .edit(1, Edit::CheckIn { event, slot, person, mark, status: Status::Present, minutes: None, how: How::Tap })
            .ok();
        world.settle();
        let kept = &world.phones[1].disk.values[&format!("damaged-{key}")];
        assert_eq!(kept, b"\xffnonsense", "{key}");
        world.phones[1].disk.values.retain(|key, _| !key.starts_with("damaged-"));
        world.audit_healed();
    }
}

/// It asks for a copy of a document that the restored server has lost: it must give its own back, not forget it.
#[test]
fn a_restored_server_is_given_back_what_a_phone_asks_it_for() {
    let (mut world, _) = two_phones(0);
    world.settle();
    let copy = world.server.copy();
    let bilan = world.document_id();
    world.edit(0, Edit::CreateEvent { event: bilan, fields: titled("Bilan"), slots: vec![] }).unwrap();
    world.edit(0, set(bilan, None, Field::Place, "Tiznit")).unwrap();
    world.sync(0);
    world.edit(0, set(bilan, None, Field::Place, "Agadir")).unwrap();
    world.sync(0);
    // The last value that the phone stored of it is damaged, so that at its start it asks for a whole copy.
    let log: Vec<String> = world.phones[0].disk.values.keys().filter(|key| key.starts_with("log-")).cloned().collect();
    let last_but_one = &log[log.len() - 2];
    world.phones[0].disk.values.insert(last_but_one.clone(), Vec::new());
    world.phones[0].falls();
    world.restore_server(&copy);
    world.start(0);
    world.settle();
    let record = world.server.records().remove(&bilan);
    assert_eq!(record.as_ref().map(|record| record.fields().text(Field::Title)), Some("Bilan"));
    assert_eq!(world.phones[0].engine().record(bilan), record.as_ref());
}

#[test]
fn a_reply_that_nobody_asked_for_changes_nothing() {
    let (mut world, _) = two_phones(1);
    world.settle();
    let identity = world.phones[1].identity.clone();
    let mut engine = Replica::open(identity.clone(), [1; 8], world.phones[1].disk.values.clone());
    let reply = wire::encode(&Response { forget: vec![document(1)], ..Response::default() });
    let unasked = engine.response(&reply, 0);
    assert_eq!(unasked, Err(ExchangeError::Unasked));
    assert_eq!(ExchangeError::Unasked.code(), "exchange.unasked");
    assert!(engine.request(0, Report::default()).is_some());
    let torn = engine.response(b"TWZ", 0);
    assert_eq!(torn, Err(ExchangeError::Frame(FrameError::Malformed)));
    // The reply to another phone's upload does not fit this one's.
    assert!(engine.request(0, Report::default()).is_some());
    let receipt = Receipt { document: document(1), verdicts: vec![Verdict::Stored], heads: vec![] };
    let crossed = wire::encode(&Response { receipts: vec![receipt], ..Response::default() });
    assert_eq!(engine.response(&crossed, 0), Err(ExchangeError::Unasked));
    assert!(engine.take_batch().is_none());
    assert!(engine.request(0, Report::default()).is_some());
    assert!(engine.request(0, Report::default()).is_none(), "one request at a time");
}

#[test]
fn nothing_is_sent_before_it_is_stored() {
    let identity = Identity {
        device: DeviceId([1; 16]),
        account: AccountId([2; 16]),
        name: "Amina".to_owned(),
        role: Role::Staff,
    };
    let mut engine = Replica::open(identity, [3; 8], []);
    let new = a_person("Zahra");
    let edit = Edit::CreatePerson { person: document(PERSON), new, notice_read: true };
    engine.edit(&Entry { at_ms: 1, edit }).unwrap();
    assert!(engine.request(0, Report::default()).is_none());
    let batch = engine.take_batch().unwrap();
    assert!(engine.request(0, Report::default()).is_none());
    engine.persisted(batch.id);
    let frame = engine.request(0, Report::default()).unwrap();
    assert_eq!(wire::decode::<Request>(&frame).unwrap().uploads.len(), 1);
}

/// Takes over what the engine says is new. Returns it in short, having seen that the page then has what there is.
fn paints(engine: &mut Replica, page: &mut BTreeMap<ViewKey, View>) -> Vec<String> {
    let updates: Vec<ViewUpdate> = serde_json::from_str(&engine.updates().unwrap()).unwrap();
    let mut told = Vec::new();
    for update in updates {
        match update {
            ViewUpdate::Whole { key, view } => {
                told.push(format!("{key:?}"));
                page.insert(key, view);
            }
            ViewUpdate::Rows { key, head, rows } => {
                told.push(format!("{} rows", rows.len()));
                let Some(View::Event(event)) = page.get_mut(&key) else { panic!("rows of what is not there") };
                event.head = head;
                for row in rows {
                    let place = event.rows.iter().position(|known| known.person == row.person).unwrap();
                    event.rows[place] = row;
                }
            }
        }
    }
    for (key, view) in page {
        assert_eq!(*view, engine.view(key));
    }
    told
}

#[test]
fn a_page_is_told_what_changed_for_it_and_no_more() {
    let identity = Identity {
        device: DeviceId([1; 16]),
        account: AccountId([2; 16]),
        name: "Amina".to_owned(),
        role: Role::Staff,
    };
    let mut engine = Replica::open(identity, [3; 8], []);
    let mut page = BTreeMap::new();
    let event = document(EVENT);
    let on_roster = |person| Edit::AddToRoster { event, person: document(person) };
    let walks_in =
        |person, given| Edit::CreatePerson { person: document(person), new: a_person(given), notice_read: true };
    let mut edits = vec![Edit::CreateEvent { event, fields: titled("Puits"), slots: vec![a_slot()] }];
    edits.extend([walks_in(PERSON, "Zahra"), walks_in(OTHER, "Omar"), on_roster(PERSON), on_roster(OTHER)]);
    let did = |engine: &mut Replica, edit| engine.edit(&Entry { at_ms: 1, edit }).unwrap();
    edits.into_iter().for_each(|edit| did(&mut engine, edit));

    for key in [ViewKey::Event { event }, ViewKey::Directory, ViewKey::Event { event }] {
        engine.subscribe(key);
    }
    let roster = format!("{:?}", ViewKey::Event { event });
    assert_eq!(paints(&mut engine, &mut page), [roster.clone(), "Directory".to_owned()]);
    assert!(paints(&mut engine, &mut page).is_empty());
    did(&mut engine, check_in(1, Status::Present));
    assert_eq!(paints(&mut engine, &mut page), ["1 rows"]);
    // Its head alone.
    did(&mut engine, set(event, None, Field::Title, "Le puits"));
    assert_eq!(paints(&mut engine, &mut page), ["0 rows"]);
    // Where a new row stands only the whole can say.
    did(&mut engine, walks_in(7, "Badr"));
    assert_eq!(paints(&mut engine, &mut page), ["Directory"]);
    did(&mut engine, on_roster(7));
    assert_eq!(paints(&mut engine, &mut page), [roster]);
    engine.unsubscribe(&ViewKey::Directory);
    page.remove(&ViewKey::Directory);
    did(&mut engine, walks_in(8, "Sara"));
    assert!(paints(&mut engine, &mut page).is_empty());
}

/// A change that honest phones never make stays out, and the others of the same commit go through.
#[test]
fn an_honest_document_is_not_what_its_maps_alone_say() {
    let mut crdt = Automerge::new();
    let mut tx = crdt.transaction();
    tx.put(ROOT, "kind", "event").unwrap();
    tx.commit_with(CommitOptions::default());
    assert!(Document::load(document(1), Kind::Event, &crdt.save()).is_err());
    assert!(Document::load(document(1), Kind::Dossier, &Document::new(document(1), Kind::Event).save()).is_err());
}
