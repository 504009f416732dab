//! What leaves for the funder's portal: the dossier in each of its forms, its pieces, and a copy of one that was refused. Opened again by other
//! programs where there are any.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read as _, Write as _},
    path::Path,
    process::Command,
};

use expect_test::expect;
use server::{
    blobs::PIECE_BYTES_MAX,
    guard::{self, Owner, Verdict},
    hand::Hand,
    secret,
    storage::access::{self, Decision, Given},
};
use sha2::{Digest as _, Sha256};
use shared::{
    document::{Document, Kind},
    edit::{Edit, Refusal},
    field::{Field, Value},
    id::{AccountId, DocumentId, RowId},
    limit,
    record::{CallSection, DossierRecord, LineState, Record, Side},
    role::Role,
    table::{DEPOSIT_PROOF, Table},
};
use tests::server::{Client, HOUR_MS, START_MS, TestServer};

use super::rules::Desk;

const CALL: DocumentId = DocumentId([1; 16]);
const ASSOCIATION: DocumentId = DocumentId([2; 16]);
const DOSSIER: DocumentId = DocumentId([3; 16]);
const COPY: DocumentId = DocumentId([4; 16]);

fn row(n: u8) -> RowId {
    RowId([n; 8])
}

fn fields<const N: usize>(fields: [(Field, Value); N]) -> BTreeMap<Field, Value> {
    fields.into()
}

fn says(field: Field, text: &str) -> (Field, Value) {
    (field, Value::from(text))
}

fn set(row: Option<RowId>, field: Field, value: impl Into<Value>) -> Edit {
    Edit::SetField { document: DOSSIER, row, field, value: value.into() }
}

fn add(document: DocumentId, table: Table, id: u8, cells: BTreeMap<Field, Value>) -> Edit {
    Edit::AddRow { document, table, row: row(id), fields: cells }
}

fn write(section: &str, text: &str) -> Edit {
    let version = String::new();
    Edit::EditSection {
        dossier: DOSSIER,
        section: section.into(),
        version,
        before: String::new(),
        after: text.to_owned(),
    }
}

/// A line of so many units, in cents.
fn line(id: u8, side: Side, label: &str, cells: &[(Field, Value)]) -> Vec<Edit> {
    let begun = Edit::AddLine { dossier: DOSSIER, line: row(id), side, label: label.to_owned() };
    let set = cells.iter().map(|(field, value)| set(Some(row(id)), *field, value.clone()));
    [begun].into_iter().chain(set).collect()
}

/// A page of an attachment.
fn page(id: u8, of: u8, blob: &[u8], name: &str, order: &str) -> Edit {
    let mut cells = fields([
        (Field::Of, Value::Text(row(of).to_string())),
        (Field::Blob, Value::Text(secret::hex(&Sha256::digest(blob)))),
        says(Field::Order, order),
    ]);
    cells.extend((!name.is_empty()).then(|| says(Field::FileName, name)));
    add(DOSSIER, Table::Page, id, cells)
}

fn photo(tone: u8) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_fn(300, 400, |x, y| {
        image::Rgb([tone, u8::try_from(x % 251).unwrap(), u8::try_from(y % 241).unwrap()])
    });
    drawn.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

const STATUTES: &[u8] = b"%PDF-1.7\nles statuts\n%%EOF";
const AWAY: &[u8] = b"%PDF-1.7\nencore sur un telephone\n%%EOF";

/// A call, an association, and a dossier in which something of everything stands.
fn edits() -> Vec<Edit> {
    let section = |key: &str, title: &str, chars_max| CallSection {
        key: key.into(),
        title: title.into(),
        guidance: String::new(),
        chars_max,
        required: true,
    };
    let piece = |key: &str, label: &str, order: &str| {
        fields([
            says(Field::Key, key),
            says(Field::Label, label),
            says(Field::Required, "yes"),
            says(Field::Order, order),
        ])
    };
    let attachment = |label: &str, piece: &str| fields([says(Field::Label, label), says(Field::Piece, piece)]);
    let mut statutes = attachment("Statuts signés", "statutes");
    statutes.extend([says(Field::Issued, "2019-03-12"), says(Field::GivenBy, "Fatima")]);
    let mut edits = vec![
        Edit::CreateCall {
            call: CALL,
            fields: fields([
                says(Field::Title, "PRA/OSIM 2026"),
                (Field::GrantMaxCents, Value::Number(1_500_000)),
                (Field::GrantShareMaxBp, Value::Number(7_000)),
            ]),
            sections: vec![
                section("context", "Contexte et territoire", 60),
                section("need", "Origine du besoin", 4_000),
            ],
        },
        add(CALL, Table::Piece, 1, piece("statutes", "Statuts", "1")),
        add(CALL, Table::Piece, 2, piece("minutes", "Procès-verbal d’AG", "2")),
        add(CALL, Table::Piece, 3, piece("bank", "Relevé d’identité bancaire", "3")),
        Edit::CreateAssociation {
            association: ASSOCIATION,
            fields: fields([
                says(Field::Title, "Association Tinzert"),
                says(Field::NameAr, "جمعية تينزرت للتنمية"),
                says(Field::RnaNumber, "W133012345"),
                says(Field::City, "Marseille"),
            ]),
        },
        Edit::CreateDossier {
            dossier: DOSSIER,
            fields: fields([
                says(Field::Title, "Eau potable à Tagmout"),
                (Field::Association, Value::Text(ASSOCIATION.to_string())),
                (Field::Call, Value::Text(CALL.to_string())),
                says(Field::Sector, "water"),
                (Field::DurationMonths, Value::Number(12)),
            ]),
            sections: vec!["context".into(), "need".into(), "own".into()],
        },
        write("context", "Le village n’a pas d’eau.\nالماء حق للجميع، تقول فاطمة الزهراء العمراني."),
        write("own", "Une remarque de l’association."),
        add(
            DOSSIER,
            Table::Activity,
            11,
            fields([says(Field::Label, "Forage"), (Field::MonthFrom, 1.into()), (Field::MonthTo, 3.into())]),
        ),
        add(DOSSIER, Table::Goal, 12, fields([(Field::GoalNumber, 6.into()), says(Field::MainGoal, "yes")])),
        add(
            DOSSIER,
            Table::Partner,
            13,
            fields([says(Field::Label, "جمعية أفولكي"), says(Field::Contribution, "Terrain")]),
        ),
        add(
            DOSSIER,
            Table::Comment,
            14,
            fields([says(Field::About, "section/context"), says(Field::Body, "À relire")]),
        ),
        add(DOSSIER, Table::Attachment, 21, statutes),
        page(22, 21, STATUTES, "statuts.pdf", "1"),
        add(DOSSIER, Table::Attachment, 23, attachment("PV du 3 mai", "minutes")),
        // Brought in another order than they stand.
        page(26, 23, &photo(3), "", "3"),
        page(24, 23, &photo(1), "", "1"),
        page(25, 23, &photo(2), "", "2"),
        add(DOSSIER, Table::Attachment, 27, attachment("Lettre de la commune", "")),
        page(28, 27, AWAY, "lettre.pdf", "1"),
        add(DOSSIER, Table::Attachment, 29, attachment("Accusé du portail", DEPOSIT_PROOF)),
        page(30, 29, STATUTES, "accuse.pdf", "1"),
        Edit::AddTime { dossier: DOSSIER, time: row(41), label: "Creuser".into() },
        set(Some(row(41)), Field::HoursE2, 250),
        set(Some(row(41)), Field::HourCents, 1_500),
    ];
    let eur = |cents: i64| (Field::UnitCents, Value::Number(cents));
    edits.extend(line(31, Side::Expense, "Forage", &[eur(2_108_722), says(Field::Heading, "works")]));
    let pump = [
        eur(123_456),
        (Field::Quantity, 3.into()),
        says(Field::Currency, "mad"),
        (Field::RateE4, 108_500.into()),
        says(Field::RateDay, "2026-01-05"),
        says(Field::Heading, "Pompes & tuyaux"),
    ];
    edits.extend(line(32, Side::Expense, "Pompe solaire", &pump));
    edits.extend(line(33, Side::Resource, "Subvention", &[eur(1_499_999), says(Field::Nature, "grant")]));
    let own =
        [eur(642_858), says(Field::Heading, "Village"), says(Field::Funding, "acquired"), says(Field::Proof, "Relevé")];
    edits.extend(line(34, Side::Resource, "Fonds propres", &own));
    edits.extend(line(35, Side::Expense, "Retirée", &[eur(9_999)]));
    edits.push(Edit::SetLineState { dossier: DOSSIER, line: row(35), keep: false });
    edits
}

// --- Over HTTP

fn house() -> TestServer {
    let server = TestServer::start();
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    edits().iter().for_each(|edit| hand.edit(edit, START_MS).unwrap());
    hand.keep(START_MS).unwrap();
    let mut phone = server.enrolled(Role::Coordinator, "Amina");
    for (media, bytes) in [("pdf", STATUTES.to_vec()), ("jpeg", photo(1)), ("jpeg", photo(2)), ("jpeg", photo(3))] {
        bring(&mut phone, media, &bytes);
    }
    server
}

fn bring(phone: &mut Client, media: &str, bytes: &[u8]) {
    let hash = secret::hex(&Sha256::digest(bytes));
    for (n, piece) in bytes.chunks(PIECE_BYTES_MAX).enumerate() {
        let path = format!("/api/blobs/{hash}?media={media}&at={}&total={}", n * PIECE_BYTES_MAX, bytes.len());
        assert_eq!(phone.send("POST", &path, Some(("application/octet-stream", piece))).status, 200);
    }
}

fn export(client: &mut Client, what: &str) -> Vec<u8> {
    let reply = client.get(&format!("/api/dossiers/{DOSSIER}/papers?what={what}"));
    assert_eq!(reply.status, 200, "{what}: {}", String::from_utf8_lossy(&reply.body));
    reply.body
}

fn opened(zip: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("a ZIP");
    let mut files = BTreeMap::new();
    for n in 0..zip.len() {
        let mut entry = zip.by_index(n).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.name().unwrap().into_owned(), bytes);
    }
    files
}

/// What a Word file says, with a line for each paragraph.
fn words_of(docx: Vec<u8>) -> String {
    let document = String::from_utf8(opened(docx).remove("word/document.xml").expect("a document")).unwrap();
    let paragraphs = document.split("</w:p>").map(|paragraph| {
        let runs = paragraph.split("<w:t xml:space=\"preserve\">").skip(1);
        runs.map(|run| run.split("</w:t>").next().unwrap_or_default()).collect::<String>().replace("&amp;", "&")
    });
    paragraphs.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_of_a_dossier_leaves_in_one_zip_under_clear_names() {
    let server = house();
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    let files = opened(export(&mut staff, "zip"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    expect![[r#"
        [
            "00_sommaire.txt",
            "01_dossier.pdf",
            "02_dossier.docx",
            "03_budget.xlsx",
            "pieces/01_statuts.pdf",
            "pieces/02_proces-verbal-d-ag.pdf",
        ]
    "#]]
    .assert_debug_eq(&names);
    assert!(files["pieces/01_statuts.pdf"] == STATUTES, "a file leaves as it came");
    let scan = &files["pieces/02_proces-verbal-d-ag.pdf"];
    assert!(scan.starts_with(b"%PDF-"), "three photos are one PDF");
    let summary = String::from_utf8(files["00_sommaire.txt"].clone()).unwrap();
    let (_, missing) = summary.split_once("À COMPLÉTER").expect("something is missing");
    let (head, contents) = summary.split_once("CONTENU").unwrap();
    assert!(head.contains("Eau potable à Tagmout\r\nAssociation Tinzert\r\nجمعية تينزرت للتنمية\r\n"), "{head}");
    assert!(contents.contains("pieces/01_statuts.pdf : Statuts signés"), "{contents}");
    expect![[r#"
         AVANT LE DÉPÔT
        Pièce demandée, absente : Relevé d’identité bancaire
        Pièce dont le fichier n’est pas encore arrivé : Lettre de la commune
        Texte vide : Origine du besoin
        Texte trop long : Contexte et territoire (11 signes de trop)
        Budget : 1 point à corriger
    "#]]
    .assert_eq(&missing.replace('\r', ""));
}

#[test]
fn each_form_says_what_the_dossier_says_in_its_order_and_nothing_that_was_said_beside_it() {
    let server = house();
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    let words = words_of(export(&mut staff, "docx"));
    let mut from = 0;
    for what in [
        "Eau potable à Tagmout",
        "Association Tinzert",
        "جمعية تينزرت للتنمية",
        "PRA/OSIM 2026",
        "W133012345",
        "Eau et assainissement",
        "12 mois",
        "Contexte et territoire",
        "Le village n’a pas d’eau.",
        "الماء حق للجميع، تقول فاطمة الزهراء العمراني.",
        "Origine du besoin",
        "Rien n’est encore écrit ici.",
        "own",
        "Une remarque de l’association.",
        "Forage",
        "جمعية أفولكي",
        "ODD 6 : Eau propre et assainissement",
        "Travaux",
        "21\u{202f}087,22",
        "Pompes & tuyaux",
        "341,35",
        "Total des dépenses",
        "Total des ressources",
        "Creuser",
        "Procès-verbal d’AG",
        "02_proces-verbal-d-ag.pdf",
        "Relevé d’identité bancaire",
        "manque",
        "Lettre de la commune",
        "pas encore arrivée",
    ] {
        let at = words[from..].find(what).unwrap_or_else(|| panic!("{what} is not after {:?}", &words[..from]));
        from += at;
    }
    for what in ["À relire", "Retirée", "Accusé du portail"] {
        assert!(!words.contains(what), "{what}");
    }
}

#[test]
fn the_same_version_is_the_same_files_whoever_asks_and_whenever() {
    let server = house();
    let (mut one, mut other) = (server.enrolled(Role::Staff, "Équipe"), server.enrolled(Role::Admin, "Bureau"));
    let forms = ["pdf", "docx", "xlsx", "zip"];
    let first = forms.map(|what| export(&mut one, what));
    server.time.pass(HOUR_MS);
    assert!(first == forms.map(|what| export(&mut other, what)));
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    hand.edit(&set(None, Field::Territory, "Tagmout"), START_MS + 60_000).unwrap();
    hand.keep(START_MS + 60_000).unwrap();
    for (what, before) in forms.iter().zip(first) {
        assert!(before != export(&mut other, what), "{what} is of another version");
    }
}

#[test]
fn only_those_who_hold_a_dossier_take_it_out() {
    let server = house();
    let mut volunteer = server.enrolled(Role::Volunteer, "Zahra");
    let account: AccountId =
        serde_json::from_value(volunteer.get("/api/session").json()["account"]["id"].clone()).unwrap();
    let assigned = move |tx: &rusqlite::Transaction<'_>, given| {
        let decision = Decision { account, document: DOSSIER, given, by: None, now_ms: START_MS };
        access::decide(tx, &decision)
    };
    let paper = format!("/api/dossiers/{DOSSIER}/papers?what=pdf");
    let piece = format!("/api/documents/{DOSSIER}/pieces/{}", row(23));
    for path in [&paper, &piece] {
        assert_eq!(volunteer.get(path).refusal(), (404, "document.unknown".to_owned()), "strangers learn nothing");
    }
    server.state.store.write_blocking(move |tx, _| assigned(tx, Given::Yes)).unwrap();
    assert_eq!(volunteer.get(&paper).status, 200);
    let reply = volunteer.get(&piece);
    assert_eq!((reply.status, reply.body.starts_with(b"%PDF-")), (200, true));
    // A dossier is not an event, nor is what is not there.
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    for path in [
        format!("/api/dossiers/{ASSOCIATION}/papers?what=pdf"),
        format!("/api/documents/{DOSSIER}/pieces/{}", row(99)),
        format!("/api/documents/{DOSSIER}/pieces/{}", row(22)),
    ] {
        assert_eq!(staff.get(&path).refusal(), (404, "document.unknown".to_owned()), "{path}");
    }
    let away = format!("/api/documents/{DOSSIER}/pieces/{}", row(27));
    assert_eq!(staff.get(&away).refusal(), (409, "deposit.piece_away".to_owned()));
}

#[test]
fn a_photo_that_no_program_can_open_leaves_as_it_is_and_is_told() {
    let server = house();
    let mut hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
    let mut broken = photo(9);
    broken.drain(100..400);
    for edit in [
        add(DOSSIER, Table::Attachment, 51, fields([says(Field::Label, "Reçu"), says(Field::Piece, "bank")])),
        page(52, 51, &broken, "", "1"),
    ] {
        hand.edit(&edit, START_MS).unwrap();
    }
    hand.keep(START_MS).unwrap();
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    bring(&mut staff, "jpeg", &broken);
    let files = opened(export(&mut staff, "zip"));
    assert!(files["pieces/03_releve-d-identite-bancaire_page_1.jpg"] == broken);
    let summary = String::from_utf8(files["00_sommaire.txt"].clone()).unwrap();
    assert!(summary.contains("Photos illisibles, à refaire : pieces/03_releve-d-identite-bancaire.pdf"), "{summary}");
    let one = format!("/api/documents/{DOSSIER}/pieces/{}", row(51));
    assert_eq!(staff.get(&one).refusal(), (422, "deposit.photo_unreadable".to_owned()));
}

// --- Opened by other programs, where there are any

/// What a program says; none where it is not there. It has two minutes.
fn told(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("timeout").arg("120").arg(program).args(arguments).output().ok()?;
    // 127: no such program.
    if output.status.code() == Some(127) {
        eprintln!("{program} is not here: what it would say is not compared");
        return None;
    }
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The workbook without what its formulas came to, so that whoever opens it computes.
fn uncomputed(book: Vec<u8>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in opened(book) {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        let bytes = match String::from_utf8(bytes) {
            Ok(text) if name.contains("worksheets/") => {
                let mut parts = text.split("</f>");
                let mut stripped = parts.next().unwrap_or_default().to_owned();
                for part in parts {
                    stripped.push_str("</f>");
                    let rest = part.strip_prefix("<v>").and_then(|value| value.split_once("</v>"));
                    stripped.push_str(rest.map_or(part, |(_, rest)| rest));
                }
                stripped.into_bytes()
            }
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// LibreOffice's word on a file.
fn converted(folder: &Path, name: &str, bytes: &[u8], to: &str) -> Option<()> {
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let (out, file) = (folder.display().to_string(), file.display().to_string());
    told("soffice", &[&profile, "--headless", "--convert-to", to, "--outdir", &out, &file]).map(drop)
}

#[test]
fn other_programs_read_what_leaves() {
    let server = house();
    let mut staff = server.enrolled(Role::Staff, "Équipe");
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("dossier.pdf");
    fs::write(&pdf, export(&mut staff, "pdf")).unwrap();
    if let Some(text) = told("pdftotext", &["-layout", pdf.to_str().unwrap(), "-"]) {
        for what in ["Eau potable à Tagmout", "Contexte et territoire", "Total des dépenses", "ODD 6"] {
            assert!(text.contains(what), "poppler does not read {what}: {text}");
        }
        assert!(text.contains("تينزرت"), "poppler does not read Arabic: {text}");
    }
    let text_filter = "txt:Text (encoded):UTF8";
    if converted(folder.path(), "word.docx", &export(&mut staff, "docx"), text_filter).is_some() {
        let text = fs::read_to_string(folder.path().join("word.txt")).unwrap();
        for what in
            ["Eau potable à Tagmout", "جمعية تينزرت للتنمية", "الماء حق للجميع، تقول فاطمة الزهراء العمراني.", "341,35"]
        {
            assert!(text.contains(what), "LibreOffice does not read {what}: {text}");
        }
    }
    let book = uncomputed(export(&mut staff, "xlsx"));
    let sheets = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1";
    if converted(folder.path(), "budget.xlsx", &book, sheets).is_some() {
        let read = |sheet: &str| fs::read_to_string(folder.path().join(format!("budget-{sheet}.csv"))).unwrap();
        let whole = read("Synthèse");
        // What LibreOffice computes by the formulas is what the engine computed in whole cents.
        for what in ["Travaux;Argent;", "Total des dépenses;", "Subvention demandée;;"] {
            assert!(whole.contains(what), "{whole}");
        }
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let line = |label: &str| digits(whole.lines().find(|line| line.starts_with(label)).unwrap_or_default());
        assert_eq!(line("Total des dépenses"), "2146607", "{whole}");
        assert!(line("Pompes & tuyaux").starts_with("34135159"), "341.35, and a share of 1.59 %: {whole}");
        assert_eq!(line("Subvention demandée;;"), "14999991499999", "as much as the call lets be: {whole}");
        assert!(whole.lines().any(|line| line.starts_with("Subvention demandée;;") && line.ends_with("conforme")));
    }
}

// --- Once more

fn refused_dossier(desk: &mut Desk) {
    edits().iter().for_each(|edit| desk.did(edit));
    for (field, value) in
        [(Field::PortalReference, "PRA-117"), (Field::FiledDay, "2026-02-03"), (Field::Stage, "refused")]
    {
        desk.did(&set(None, field, value));
    }
}

fn record(desk: &Desk, id: DocumentId) -> DossierRecord {
    let Record::Dossier(record) = Record::read(&desk.documents[&id]) else { panic!("not a dossier") };
    record
}

#[test]
fn a_refused_dossier_is_filed_again_from_a_copy_that_remembers_it() {
    let mut desk = Desk::new(1);
    refused_dossier(&mut desk);
    let before = record(&desk, DOSSIER);
    desk.did(&Edit::CopyDossier { dossier: COPY, of: DOSSIER, call: None });
    let copy = record(&desk, COPY);
    assert_eq!(record(&desk, DOSSIER), before, "the refused one stays as it is");
    for (key, section) in &before.sections {
        assert_eq!(copy.sections[key].text, section.text);
    }
    let kept: Vec<_> = before.lines.iter().filter(|line| line.state == LineState::Kept).cloned().collect();
    assert_eq!((&copy.lines, &copy.time), (&kept, &before.time));
    for field in Field::CARRIED {
        assert_eq!(copy.fields.get(*field), before.fields.get(*field), "{field:?}");
    }
    assert_eq!(copy.fields.text(Field::Stage), "writing");
    assert_eq!(copy.fields.text(Field::CopiedFrom), DOSSIER.to_string());
    assert_eq!([Field::PortalReference, Field::FiledDay].map(|field| copy.fields.text(field)), ["", ""]);
    let rows = |dossier: &DossierRecord| {
        let rows = dossier.rows.all_kept().map(|(table, row)| (table, row.id, row.fields.clone()));
        rows.collect::<Vec<_>>()
    };
    // Neither what was said beside it, nor the receipt of the first deposit.
    let left = [row(14), row(29), row(30)];
    assert_eq!(rows(&copy), rows(&before).into_iter().filter(|(_, id, _)| !left.contains(id)).collect::<Vec<_>>());
    // Said again, it is the same; another call may be named; nothing else is copied.
    assert!(desk.edit(&Edit::CopyDossier { dossier: COPY, of: DOSSIER, call: None }).unwrap().written.is_empty());
    let other = DocumentId([5; 16]);
    desk.did(&Edit::CopyDossier { dossier: other, of: DOSSIER, call: Some(DocumentId([6; 16])) });
    assert_eq!(record(&desk, other).fields.document(Field::Call), Some(DocumentId([6; 16])));
    let again = Edit::CopyDossier { dossier: DocumentId([7; 16]), of: COPY, call: None };
    assert_eq!(desk.edit(&again).unwrap_err(), Refusal::StageJump, "it is being written, not refused");
}

#[test]
fn a_long_dossier_is_copied_in_changes_that_the_server_takes_from_a_coordinator() {
    let mut desk = Desk::new(1);
    refused_dossier(&mut desk);
    let long: String = (0..59_000).map(|n| if n % 70 == 0 { '\n' } else { ['é', 'a', ' ', 'م'][n % 4] }).collect();
    desk.did(&write("need", &long));
    let outcome = desk.edit(&Edit::CopyDossier { dossier: COPY, of: DOSSIER, call: None }).unwrap();
    assert!(outcome.written.len() > 1);
    assert_eq!(record(&desk, COPY).sections["need"].text, long);
    let mut before = Document::new(COPY, Kind::Dossier);
    for (after, made) in outcome.written {
        assert!(made.bytes.len() <= limit::CHANGE_BYTES_MAX);
        let author = guard::Author { role: Role::Coordinator, document: COPY, kind: Kind::Dossier, library: None };
        let admitted = guard::admit(before.crdt(), &Owner::Anyone, Some(author), &[&made.bytes]);
        assert!(matches!(&admitted.verdicts[..], [Verdict::Accepted(_)]), "{:?}", admitted.verdicts);
        before = after;
    }
}
