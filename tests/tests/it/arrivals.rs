//! How people come to be expected at an event: lists from spreadsheets, and registering by a link.

use std::{fs, io::Write as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use server::{
    config::Proxy,
    erasure,
    hand::Hand,
    import::participants::{self, Circumstances, Day},
    rates::{LINK, REGISTRATION},
    registration,
    storage::{Place, StoreError},
    verify,
};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{Field, Value},
    id::DocumentId,
    record::{EventRecord, Record},
    role::Role,
};
use tempfile::TempDir;
use tests::server::{Client, HOUR_MS, Plan, START_MS, TestServer};

use crate::rules::{document, row};

const EVENT: u8 = 3;
const OTHER: u8 = 4;
const ZAHRA: u8 = 100;
const DAY_MS: u64 = 24 * HOUR_MS;
const LIST: &str = "Nom;Prénom;Tél;Association\n\
                    Oulhaj;Idir;06 12 34 56 78;Tiwizi Vaucluse\n\
                    Aboulkacem;Zahra;;\n\
                    ;;0612000000;\n\
                    Amezian;Tuda;+212661987654;Tiwizi Vaucluse\n";
const WORKSHOP: &[u8] = include_bytes!("../../fixtures/participants/workshop_windows1252.csv");
const WORKSHOP_XLSX: &[u8] = include_bytes!("../../fixtures/participants/workshop.xlsx");
const WORKSHOP_ODS: &[u8] = include_bytes!("../../fixtures/participants/workshop.ods");
const REGISTERED_XLSX: &[u8] = include_bytes!("../../fixtures/participants/registered.xlsx");

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Two events, the first a month from now, and somebody who is in the directory already.
struct Door {
    server: TestServer,
    amina: Client,
    folder: TempDir,
}

impl Door {
    fn open() -> Self {
        Self::with(Plan::default())
    }

    fn with(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = TestServer::with(Plan { place: Place::in_folder(folder.path()).unwrap(), ..plan });
        let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        for (event, title) in [(EVENT, "Atelier budget"), (OTHER, "Forum")] {
            let [day, starts, ends] = ["2026-04-01", "09:00", "12:30"].map(str::to_owned);
            let fields = [
                (Field::Title, Value::from(title)),
                (Field::Place, Value::from("Salle des fêtes")),
                (Field::Capacity, Value::Number(3)),
            ];
            let slots = vec![NewSlot { slot: row(event), day, starts, ends }];
            hand.edit(&Edit::CreateEvent { event: document(event), fields: fields.into(), slots }, START_MS).unwrap();
        }
        let new = NewPerson { given: "Zahra".into(), family: "Aboulkacem".into(), ..NewPerson::default() };
        hand.edit(&Edit::CreatePerson { person: document(ZAHRA), new, notice_read: true }, START_MS).unwrap();
        hand.keep(START_MS).unwrap();
        let amina = server.enrolled(Role::Coordinator, "Amina");
        Self { server, amina, folder }
    }

    fn event(&self) -> EventRecord {
        let record = self.server.state.store.read_blocking(|db| erasure::record(db, document(EVENT)));
        match record.unwrap() {
            Some(Record::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    fn names(&self) -> Vec<String> {
        let names = self.server.state.store.read_blocking(|db| {
            let mut statement = db.prepare("SELECT name FROM person ORDER BY name")?;
            let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok::<_, StoreError>(names)
        });
        names.unwrap()
    }

    fn plan(&mut self, list: &[u8], more: Json) -> Json {
        let reply = self.amina.post(&address(EVENT, "list/plan"), &sent(list, more));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn take(&mut self, list: &[u8], more: Json) -> Json {
        let reply = self.amina.post(&address(EVENT, "list"), &sent(list, more));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// Opens registration until the event begins. Returns the secret part of its link.
    fn link(&mut self, event: u8) -> String {
        let state = self.amina.get(&address(event, "registration")).json();
        let closes_ms = state["closes_ms"].as_u64().unwrap();
        let opened =
            self.amina.post(&address(event, "registration/open"), &json!({ "closes_ms": closes_ms, "which": "same" }));
        assert_eq!(opened.status, 204, "{opened:?}");
        let state = self.amina.get(&address(event, "registration")).json();
        state["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    }

    fn waiting(&mut self) -> Vec<Json> {
        self.amina.get(&address(EVENT, "registration")).json()["waiting"].as_array().unwrap().clone()
    }

    /// Whether a text stands anywhere in the files, as somebody who finds them would read it.
    fn occurs(&self, text: &str) -> bool {
        let files = fs::read_dir(self.folder.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

fn address(event: u8, what: &str) -> String {
    format!("/api/events/{}/{what}", document(event))
}

fn sent(list: &[u8], more: Json) -> Json {
    let mut body = json!({ "file": BASE64_STANDARD.encode(list) });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

fn register(server: &TestServer, token: &str, one: Json) -> (u16, String) {
    server.stranger().post(&format!("/api/register/{token}"), &one).refusal()
}

fn idir() -> Json {
    json!({ "given": " Idir ", "family": "OULHAJ", "phone": "+33 6 12 34 56 78", "association": "Tiwizi Vaucluse" })
}

#[test]
fn a_list_is_looked_over_and_then_taken_once() {
    let mut door = Door::open();
    let before = door.names();
    let plan = door.plan(LIST.as_bytes(), Json::Null);
    let seen: Vec<String> = plan["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let codes: Vec<&str> =
                row["notes"].as_array().unwrap().iter().flat_map(|note| note["code"].as_str()).collect();
            format!("{} {} {} {} {codes:?}", row["line"], row["family"], row["was"], row["expected"])
        })
        .collect();
    assert_eq!(
        seen,
        [
            r#"2 "Oulhaj" "new" false ["phone.country_needed"]"#,
            r#"3 "Aboulkacem" "new" false ["person.maybe_known"]"#,
            r#"5 "Amezian" "new" false []"#,
        ]
    );
    assert_eq!(plan["refused"], json!([{ "line": 4, "code": "participant.name_missing" }]));
    assert_eq!(plan["country_needed"], true);
    assert_eq!(plan["rows"][1]["notes"][0]["about"], document(ZAHRA).to_string());
    assert_eq!((door.names(), door.event().roster.len()), (before, 0), "a plan keeps nothing");

    // She is the one in the directory; one line is left out; the country is told.
    let said = json!({ "country": "FR", "left_out": [5], "recognised": { "3": document(ZAHRA).to_string() } });
    assert!(door.plan(LIST.as_bytes(), said.clone())["country_needed"] == false);
    let taken = door.take(LIST.as_bytes(), said.clone());
    assert_eq!(taken, json!({ "created": 1, "expected": 2, "refused": 1 }));
    assert_eq!(door.names(), ["Idir Oulhaj", "Zahra Aboulkacem"]);
    assert!(door.event().roster.contains_key(&document(ZAHRA)));

    let again = door.plan(LIST.as_bytes(), said.clone());
    let there: Vec<&Json> = again["rows"].as_array().unwrap().iter().map(|row| &row["expected"]).collect();
    assert_eq!(there, [true, true]);
    assert_eq!(again["rows"][0]["was"], "known");
    assert_eq!(door.take(LIST.as_bytes(), said), json!({ "created": 0, "expected": 0, "refused": 1 }));
    assert_eq!((door.names().len(), door.event().roster.len()), (2, 2));
    assert!(door.server.state.store.read_blocking(verify::verify).unwrap().is_clean());

    let mut staff = door.server.enrolled(Role::Staff, "Chérifa");
    let journal = staff.get("/api/journal").json().to_string();
    assert!(journal.contains("imported") && journal.contains(&document(EVENT).to_string()), "{journal}");
    assert!(!journal.contains("Oulhaj"), "{journal}");
}

#[test]
fn whoever_imports_is_who_wrote_it() {
    let mut door = Door::open();
    door.take(LIST.as_bytes(), Json::Null);
    // The coordinator's own device, not the console's: its access may be looked up in the history.
    let session = door.amina.get("/api/session").json();
    let device = session["device"]["id"].as_str().unwrap().to_owned();
    let person = door.plan(LIST.as_bytes(), Json::Null)["rows"][0]["person"].as_str().unwrap().to_owned();
    let person: DocumentId = person.parse().unwrap();
    let authors = door.server.state.store.read_blocking(move |db: &Connection| {
        let mut statement = db.prepare("SELECT DISTINCT device_id FROM change WHERE document_id = ?")?;
        let rows = statement.query_map([person.0], |row| row.get::<_, [u8; 16]>(0))?;
        Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let authors: Vec<String> =
        authors.unwrap().into_iter().map(|device| shared::id::DeviceId(device).to_string()).collect();
    assert_eq!(authors, [device]);
}

#[test]
fn a_workbook_says_what_the_same_list_says_as_text() {
    let circumstances = Circumstances { country: None, today: Day { year: 2025, month: 11, day: 23 } };
    let text = participants::read(WORKSHOP, &circumstances).unwrap();
    for (bytes, form) in [(WORKSHOP_XLSX, "XLSX"), (WORKSHOP_ODS, "ODS")] {
        let book = participants::read(bytes, &circumstances).unwrap();
        assert_eq!((book.encoding, book.delimiter), (form, None));
        assert_eq!(book.readout, text.readout, "{form}");
        assert_eq!(book.columns_left_out, text.columns_left_out);
        assert_eq!((book.header_line, book.rows_passed_over), (text.header_line, text.rows_passed_over));
    }
    // A number and a day, as spreadsheets keep them.
    let book = participants::read(REGISTERED_XLSX, &circumstances).unwrap();
    let idir = &book.readout.rows[0];
    assert_eq!((idir.phones[0].raw.as_str(), idir.age.word()), ("612345678", Some("31_60")));
}

#[test]
fn a_workbook_is_taken_by_the_route() {
    let mut door = Door::open();
    let taken = door.take(REGISTERED_XLSX, json!({ "country": "FR" }));
    assert_eq!(taken, json!({ "created": 3, "expected": 3, "refused": 1 }));
    // The sheet of the event, as the app itself writes it, is a list too.
    let mut staff = door.server.enrolled(Role::Coordinator, "Badr");
    let paper = staff.get(&address(EVENT, "papers?what=xlsx"));
    assert_eq!(paper.status, 200);
    let rows = door.plan(&paper.body, Json::Null)["rows"].as_array().unwrap().len();
    assert_eq!(rows, 3);
}

/// A file of an archive that says whatever it likes.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut all, mut contents) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        let packed = packed.finish().unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        let mut head = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for figure in [sum.sum() as usize, packed.len(), bytes.len()] {
            head.extend(u32::try_from(figure).unwrap().to_le_bytes());
        }
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend([0; 2]);
        contents.extend(b"PK\x01\x02\x14\x00");
        contents.extend(&head);
        contents.extend([0; 10]);
        contents.extend(u32::try_from(all.len()).unwrap().to_le_bytes());
        contents.extend(name.as_bytes());
        all.extend(b"PK\x03\x04");
        all.extend(head);
        all.extend(name.as_bytes());
        all.extend(packed);
    }
    let (count, at) = (u16::try_from(parts.len()).unwrap(), u32::try_from(all.len()).unwrap());
    let size = u32::try_from(contents.len()).unwrap();
    all.extend(contents);
    all.extend(b"PK\x05\x06\x00\x00\x00\x00");
    all.extend(count.to_le_bytes());
    all.extend(count.to_le_bytes());
    all.extend(size.to_le_bytes());
    all.extend(at.to_le_bytes());
    all.extend([0; 2]);
    all
}

/// An XLSX of one sheet with these cells and these shared texts.
fn xlsx(sheet: &str, texts: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let package = format!(
        r#"<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let relations = format!(
        r#"<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let sheet = format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>"#);
    archive(&[
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn inline(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content><office:body><office:spreadsheet><table:table table:name="a">{table}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest></manifest:manifest>"),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
fn a_hostile_workbook_is_refused_by_name() {
    let circumstances = Circumstances { country: None, today: Day { year: 2026, month: 3, day: 1 } };
    let code = |bytes: &[u8]| {
        participants::read(bytes, &circumstances).map(|list| list.readout.rows.len()).map_err(|no| no.0.code())
    };
    let texts = "<sst><si><t>x</t></si></sst>";
    let list = format!("<row r=\"1\">{}</row><row r=\"2\">{}</row>", inline("A1", "Nom"), inline("A2", "Oulhaj"));
    assert_eq!(code(&xlsx(&list, texts)), Ok(1), "what follows is refused for its hostility alone");

    let (unreadable, large) = (Err("file.workbook_unreadable"), Err("file.workbook_too_large"));
    assert_eq!(code(b"PK\x03\x04 garbage"), unreadable);
    assert_eq!(code(&xlsx(&list, texts)[..400]), unreadable);
    let mut upside_down = xlsx(&list, texts);
    upside_down.reverse();
    upside_down.splice(0..0, *b"PK");
    assert_eq!(code(&upside_down), unreadable);
    // A hundred kilobytes that are a hundred megabytes.
    assert_eq!(code(&xlsx(&list, &" ".repeat(100 << 20))), large);
    // Room for as many texts as the whole memory holds.
    let counted = r#"<sst count="1" uniqueCount="999999999999999"><si><t>x</t></si></sst>"#;
    assert_eq!(code(&xlsx(&list, counted)), Ok(1));
    // The far corner of the sheet.
    let corner = format!("{list}<row r=\"1048576\">{}</row>", inline("XFD1048576", "x"));
    assert_eq!(code(&xlsx(&corner, texts)), Ok(1));
    // One text of a megabyte, in every cell.
    let shared: String =
        (1..9_000).map(|n| format!("<row r=\"{n}\"><c r=\"A{n}\" t=\"s\"><v>0</v></c></row>")).collect();
    assert_eq!(code(&xlsx(&shared, &format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1 << 20)))), large);
    let rows: String =
        (1..20_000).map(|n| format!("<row r=\"{n}\">{}</row>", inline(&format!("A{n}"), "Ali"))).collect();
    assert_eq!(code(&xlsx(&rows, texts)), Err("file.rows_too_many"));

    let cell = |attribute: &str, text: &str| {
        format!("<table:table-cell office:value-type=\"string\"{attribute}><text:p>{text}</text:p></table:table-cell>")
    };
    let ods_row = |attribute: &str, cells: &str| format!("<table:table-row{attribute}>{cells}</table:table-row>");
    let names = ods_row("", &cell("", "Nom")) + &ods_row("", &cell("", "Oulhaj"));
    assert_eq!(code(&ods(&names)), Ok(1));
    // A million times the same, in each of thousands of rows.
    let repeated = cell(" table:number-columns-repeated=\"1000000\"", "x");
    let million = " table:number-rows-repeated=\"1000000\"";
    let wide: String = (0..30_000).map(|_| ods_row(million, &repeated)).collect();
    assert_eq!(code(&ods(&(names.clone() + &wide))), large);
    // Once, it is cut down to what may be meant.
    let once = names.clone() + &ods_row(million, &cell("", "Benali"));
    assert_eq!(code(&ods(&once)), Ok(1_001));
    assert_eq!(code(&ods(&(names.clone() + "<!-- <table:table-row> -->"))), unreadable);
    let spaces = ods_row("", &cell("", "A<text:s text:c=\"99999999999\"/>B"));
    assert_eq!(code(&ods(&(names + &spaces))), Ok(2));
}

#[test]
fn a_file_that_is_no_list_is_refused_by_the_route_and_nothing_is_kept() {
    let mut door = Door::open();
    let mut refusal = |list: &[u8]| door.amina.post(&address(EVENT, "list"), &sent(list, Json::Null)).refusal();
    assert_eq!(refusal(b"%PDF-1.7"), refused(422, "file.not_text"));
    assert_eq!(refusal(b"PK\x03\x04"), refused(422, "file.workbook_unreadable"));
    assert_eq!(refusal(b"a;b\n1;2\n"), refused(422, "file.header_missing"));
    let long = format!("Nom\n{}", "Oulhaj\n".repeat(2_001));
    assert_eq!(refusal(long.as_bytes()), refused(422, "file.rows_too_many"));
    assert_eq!(refusal(&vec![b'\n'; (2 << 20) + 1]), refused(413, "file.too_large"));
    assert_eq!(refusal(&vec![b'\n'; 5 << 20]), refused(413, "request.too_large"));
    let odd = json!({ "file": "§", "country": null });
    assert_eq!(door.amina.post(&address(EVENT, "list"), &odd).refusal(), refused(400, "request.malformed"));
    let odd = sent(LIST.as_bytes(), json!({ "country": "BE" }));
    assert_eq!(door.amina.post(&address(EVENT, "list"), &odd).refusal(), refused(400, "request.malformed"));
    assert_eq!((door.names().len(), door.event().roster.len()), (1, 0));
}

#[test]
fn lists_and_links_are_for_those_who_hold_the_event() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    assert_eq!(register(&door.server, &token, idir()), refused(204, ""));
    let whom = door.waiting()[0]["id"].clone();
    let asks = |client: &mut Client, event: u8| -> Vec<(u16, String)> {
        let list = sent(LIST.as_bytes(), Json::Null);
        let opening = json!({ "closes_ms": START_MS + DAY_MS, "which": "same" });
        [
            ("list/plan", Some(list.clone())),
            ("list", Some(list)),
            ("registration", None),
            ("registration/open", Some(opening)),
            ("registration/close", Some(Json::Null)),
            ("registration/take", Some(json!({ "id": whom }))),
            ("registration/drop", Some(json!({ "id": whom, "was": "nobody" }))),
        ]
        .into_iter()
        .map(|(what, body)| match body {
            None => client.get(&address(event, what)).refusal(),
            Some(body) => client.post(&address(event, what), &body).refusal(),
        })
        .collect()
    };
    for role in [Role::Volunteer, Role::Auditor] {
        let mut client = door.server.enrolled(role, "Badr");
        assert!(asks(&mut client, EVENT).iter().all(|refusal| refusal.0 == 403), "{role:?}");
    }
    let mut admin = door.server.enrolled(Role::Admin, "Chérifa");
    let mut assigned = door.server.enrolled(Role::Coordinator, "Driss");
    let account = assigned.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned();
    let narrow = json!({ "role": "coordinator", "scope": "assigned" });
    assert_eq!(admin.post(&format!("/api/accounts/{account}/change"), &narrow).status, 200);
    let unknown = vec![refused(404, "document.unknown"); 7];
    assert_eq!(asks(&mut assigned, EVENT), unknown);
    assert_eq!(door.waiting().len(), 1, "nothing of it was done");

    let give = json!({ "document": document(EVENT), "given": true });
    assert_eq!(admin.post(&format!("/api/accounts/{account}/assign"), &give).status, 204);
    let plan = assigned.post(&address(EVENT, "list/plan"), &sent(LIST.as_bytes(), Json::Null)).json();
    assert_eq!(plan["rows"][1]["notes"], json!([]), "somebody whom they do not hold is not even hinted at");
    let known = sent(LIST.as_bytes(), json!({ "recognised": { "3": document(ZAHRA) } }));
    assert_eq!(assigned.post(&address(EVENT, "list"), &known).refusal(), refused(404, "document.unknown"));
    assert!(asks(&mut assigned, EVENT).iter().all(|refusal| [200, 204].contains(&refusal.0)));
    assert_eq!(asks(&mut assigned, OTHER), unknown);
}

#[test]
fn somebody_registers_and_is_taken_and_nothing_is_left_of_it() {
    let mut door = Door::open();
    let before = door.amina.get(&address(EVENT, "registration")).json();
    let begins_ms = START_MS + 30 * DAY_MS + 23 * HOUR_MS;
    assert_eq!((&before["link"], &before["closes_ms"]), (&Json::Null, &json!(begins_ms)), "9:00 in Paris, in summer");
    let token = door.link(EVENT);
    assert!(!door.occurs(&token), "the secret part is in no row");

    let page = door.server.stranger().get(&format!("/api/register/{token}"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let page = page.json();
    assert_eq!((&page["title"], &page["place"]), (&json!("Atelier budget"), &json!("Salle des fêtes")));
    assert_eq!(page["slots"], json!([{ "day": "2026-04-01", "starts": "09:00", "ends": "12:30" }]));
    assert!(!page.to_string().contains("Zahra"));

    assert_eq!(register(&door.server, &token, idir()), refused(204, ""));
    assert_eq!(register(&door.server, &token, idir()), refused(204, ""), "a second tap");
    let waiting = door.waiting();
    assert_eq!(waiting.len(), 1);
    let one = &waiting[0];
    assert_eq!((&one["given"], &one["family"]), (&json!("Idir"), &json!("OULHAJ")));
    assert_eq!(one["phone"]["e164"], "+33612345678");
    assert_eq!(door.names().len(), 1, "nobody is in the documents before somebody took them");

    // Two people accept at once: one does.
    let whom = json!({ "id": one["id"] });
    let mut badr = door.server.enrolled(Role::Coordinator, "Badr");
    assert_eq!(door.amina.post(&address(EVENT, "registration/take"), &whom).status, 204);
    let late = badr.post(&address(EVENT, "registration/take"), &whom);
    assert_eq!(late.refusal(), refused(409, "registration.taken"));
    assert_eq!(badr.get(&address(EVENT, "registration")).json()["waiting"][0]["is_taken"], true);
    let done = json!({ "id": one["id"], "was": "somebody" });
    assert_eq!(badr.post(&address(EVENT, "registration/drop"), &done).refusal(), refused(409, "registration.taken"));
    assert_eq!(door.amina.post(&address(EVENT, "registration/take"), &whom).status, 204, "asked again, it is hers");
    assert!(door.occurs("OULHAJ"));
    assert_eq!(door.amina.post(&address(EVENT, "registration/drop"), &done).status, 204);
    assert_eq!(door.amina.post(&address(EVENT, "registration/drop"), &done).status, 204, "asked again");
    let after = door.amina.get(&address(EVENT, "registration")).json();
    assert_eq!((&after["waiting"], &after["received"]), (&json!([]), &json!(1)));
    assert!(!door.occurs("OULHAJ") && !door.occurs("33612345678"), "nothing of them is in the file");
    assert_eq!(badr.post(&address(EVENT, "registration/take"), &whom).refusal(), refused(404, "registration.unknown"));
}

#[test]
fn whoever_took_somebody_and_went_away_leaves_them_to_others() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    register(&door.server, &token, idir());
    let whom = json!({ "id": door.waiting()[0]["id"] });
    let mut badr = door.server.enrolled(Role::Coordinator, "Badr");
    assert_eq!(door.amina.post(&address(EVENT, "registration/take"), &whom).status, 204);
    door.server.time.pass(HOUR_MS);
    assert_eq!(badr.get(&address(EVENT, "registration")).json()["waiting"][0]["is_taken"], false);
    assert_eq!(badr.post(&address(EVENT, "registration/take"), &whom).status, 204);
}

#[test]
fn what_is_sent_by_a_link_is_bounded() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    let send = |key: &str, value: Json| {
        let mut one = idir();
        one[key] = value;
        register(&door.server, &token, one)
    };
    assert_eq!(send("given", json!("   ")), refused(422, "registration.name_missing"));
    assert_eq!(send("family", json!("12")), refused(422, "registration.name_missing"));
    assert_eq!(send("family", json!("x".repeat(81))), refused(422, "registration.text_too_long"));
    assert_eq!(send("association", json!("x".repeat(10_000))), refused(422, "registration.text_too_long"));
    assert_eq!(send("phone", json!("06 12 34 56 78")), refused(422, "phone.country_needed"));
    assert_eq!(send("phone", json!("0612")), refused(422, "phone.invalid"));
    assert_eq!(send("email", json!("idir@")), refused(422, "email.invalid"));
    assert_eq!(send("given", json!(7)), refused(400, "request.malformed"));
    assert_eq!(send("website", json!("http://spam.example")), refused(204, ""), "a machine is told nothing");
    assert_eq!(door.waiting(), Vec::<Json>::new());
    let mut moroccan = idir();
    (moroccan["phone"], moroccan["country"]) = (json!("0661 23 45 67"), json!("MA"));
    assert_eq!(register(&door.server, &token, moroccan), refused(204, ""));
    assert_eq!(door.waiting()[0]["phone"]["e164"], "+212661234567");
}

#[test]
fn a_link_lets_in_twice_as_many_as_there_is_room_for() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    let one =
        |n: usize| json!({ "given": "Ali", "family": format!("Benali {}", ["a", "b", "c", "d", "e", "f", "g"][n]) });
    for n in 0..6 {
        assert_eq!(register(&door.server, &token, one(n)), refused(204, ""));
    }
    assert_eq!(register(&door.server, &token, one(6)), refused(409, "registration.full"));
    assert_eq!(
        door.server.stranger().get(&format!("/api/register/{token}")).refusal(),
        refused(409, "registration.full")
    );
    // One was a joke: there is room for another.
    let joke = json!({ "id": door.waiting()[0]["id"], "was": "nobody" });
    assert_eq!(door.amina.post(&address(EVENT, "registration/drop"), &joke).status, 204);
    assert_eq!(register(&door.server, &token, one(6)), refused(204, ""));
}

#[test]
fn a_link_is_closed_replaced_and_has_its_time() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    let path = |token: &str| format!("/api/register/{token}");
    let (unknown, closed) = (refused(404, "registration.unknown"), refused(410, "registration.closed"));
    for wrong in ["", "0", &"0".repeat(32), &token[1..], &token.to_uppercase()] {
        let reply = door.server.stranger().get(&path(wrong));
        assert!([unknown.clone(), refused(404, "route.unknown")].contains(&reply.refusal()), "{wrong}");
    }
    assert_eq!(door.amina.post(&address(EVENT, "registration/close"), &Json::Null).status, 204);
    assert_eq!(door.server.stranger().get(&path(&token)).refusal(), closed);
    assert_eq!(register(&door.server, &token, idir()), closed);
    assert_eq!(door.link(EVENT), token, "opened again, what was printed works again");

    let replace = json!({ "closes_ms": START_MS + DAY_MS, "which": "new" });
    assert_eq!(door.amina.post(&address(EVENT, "registration/open"), &replace).status, 204);
    assert_eq!(door.server.stranger().get(&path(&token)).refusal(), unknown);
    let fresh = door.amina.get(&address(EVENT, "registration")).json()["link"].as_str().unwrap().to_owned();
    let fresh = fresh.split_once('#').unwrap().1;
    assert_ne!(fresh, token);
    // Each event has its own.
    let other = door.link(OTHER);
    assert_eq!(register(&door.server, &other, idir()), refused(204, ""));
    assert_eq!(door.waiting(), Vec::<Json>::new());
    let elsewhere = door.amina.get(&address(OTHER, "registration")).json()["waiting"][0]["id"].clone();
    let taken = door.amina.post(&address(EVENT, "registration/take"), &json!({ "id": elsewhere }));
    assert_eq!(taken.refusal(), unknown);

    door.server.time.pass(DAY_MS);
    assert_eq!(register(&door.server, fresh, idir()), closed);
    for closes_ms in [0, START_MS, START_MS + 1_000 * DAY_MS] {
        let reply =
            door.amina.post(&address(EVENT, "registration/open"), &json!({ "closes_ms": closes_ms, "which": "same" }));
        assert_eq!(reply.refusal(), refused(422, "registration.closing_wrong"));
    }
}

#[test]
fn registering_is_paced_by_address_and_by_link() {
    let mut door = Door::with(Plan { proxy: Proxy::Trusted, ..Plan::default() });
    let token = door.link(EVENT);
    let path = format!("/api/register/{token}");
    // Machines count too: they are told nothing, and slowed down.
    let machine = json!({ "given": "a", "family": "b", "website": "x" });
    let mut here = door.server.stranger().with("x-forwarded-for", "192.0.2.1");
    for _ in 0..REGISTRATION.burst {
        assert_eq!(here.post(&path, &machine).status, 204);
    }
    assert_eq!(here.post(&path, &machine).refusal(), refused(429, "request.slow_down"));
    let mut there = door.server.stranger().with("x-forwarded-for", "192.0.2.2");
    for _ in REGISTRATION.burst..LINK.burst {
        assert_eq!(there.post(&path, &machine).status, 204);
    }
    assert_eq!(there.post(&path, &machine).refusal(), refused(429, "request.slow_down"), "the link's own share");
    let other = door.link(OTHER);
    assert_eq!(there.post(&format!("/api/register/{other}"), &idir()).status, 204);
    door.server.time.pass(u64::try_from(REGISTRATION.each.as_millis()).unwrap());
    assert_eq!(here.post(&path, &idir()).status, 204);
    assert_eq!(door.waiting().len(), 1);
}

#[test]
fn registrations_do_not_outlive_their_event_by_much() {
    let mut door = Door::open();
    let (token, other) = (door.link(EVENT), door.link(OTHER));
    register(&door.server, &token, idir());
    register(&door.server, &other, idir());
    let sweep = |door: &Door| {
        let now_ms = door.server.state.clock.now_ms();
        door.server.state.store.write_blocking(move |tx, ingest| registration::sweep(tx, ingest, now_ms)).unwrap();
    };
    // 1 April is a month away; then thirty days.
    door.server.time.pass(61 * DAY_MS);
    sweep(&door);
    assert_eq!(door.waiting().len(), 1);
    door.server.time.pass(DAY_MS);
    sweep(&door);
    assert_eq!(door.waiting(), Vec::<Json>::new());
    assert!(!door.occurs("OULHAJ"));
}

#[test]
fn an_event_that_is_erased_takes_its_registrations_along() {
    let mut door = Door::open();
    let token = door.link(EVENT);
    register(&door.server, &token, idir());
    door.server.state.store.write_blocking(|tx, ingest| ingest.erase(tx, document(EVENT), START_MS)).unwrap();
    assert_eq!(register(&door.server, &token, idir()), refused(404, "registration.unknown"));
    assert!(!door.occurs("OULHAJ"));
}
