//! Everything out of a server in open formats, and into an empty one: nothing is lost, nothing that opens anything goes along, and
//! damage is named.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};
use server::{
    cli::{self, Console},
    demo,
    hand::Hand,
    media::Media,
    qr::Paint,
    secret, sheet,
    storage::{
        self, Place, StoreError,
        blobs::{self, Blob},
        documents, erasures,
    },
    verify,
};
use sha2::{Digest as _, Sha256};
use shared::{
    edit::Edit,
    id::{AccountId, DocumentId},
    mark::{How, Signer},
    record::Record,
    role::Role,
};
use tests::server::{Plan, START_MS, TestServer};

use crate::rules::row;

fn said(words: &[&str]) -> (bool, String) {
    let mut out = Vec::new();
    let done = cli::run_from(words.iter().copied(), &mut Console { out: &mut out, paint: Paint::Plain });
    let mut said = String::from_utf8(out).unwrap();
    if let Err(error) = &done {
        said.push_str(&error.to_string());
    }
    (done.is_ok(), said)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A house with all that there can be: the demonstration, people with phones, a signature, a sealed sheet, a logo, somebody who was
/// erased, a change that waits. Its data, and an export of them.
struct House {
    folder: tempfile::TempDir,
    erased: DocumentId,
    /// What is secret of it: none of this may stand in the export.
    secrets: Vec<String>,
}

impl House {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn export(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::in_folder(&folder.path().join("data")).unwrap();
        let mut server = TestServer::with(Plan { place, ..Plan::default() });
        let store = server.state.store.clone();
        demo::fill(&store, &server.state.clock).unwrap().unwrap();
        let mut admin = server.enrolled(Role::Admin, "Amina");
        let mut volunteer = server.enrolled(Role::Volunteer, "Latifa");

        let (event, slot, person) = first_event(&server);
        let account = volunteer.get("/api/session").json()["account"]["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/api/accounts/{account}/assign"), &json!({ "document": event, "given": true }));
        let bytes = br#"{"ink":1,"width":600,"height":200,"strokes":[[10,20,300,100,590,30]]}"#.to_vec();
        let name: [u8; 32] = Sha256::digest(&bytes).into();
        let blob = Blob { media: Media::Ink, bytes };
        let put = store.write_blocking(move |tx, _| blobs::insert(tx, &name, &blob, AccountId([1; 16]), START_MS));
        Result::<(), StoreError>::unwrap(put);
        let mut hand = Hand::open(&store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let (signature, mark, ink) = (row(101), row(102), secret::hex(&name));
        let sign = Edit::Sign { event, slot, signer: Signer::Person(person), signature, ink, how: How::Kiosk, mark };
        hand.edit(&sign, START_MS).unwrap();
        hand.keep(START_MS).unwrap();
        let address = format!("/api/events/{event}/sheet");
        let plan = admin.get(&address).json()["plan"].clone();
        let sealed = admin.post(&address, &json!({ "plan": plan, "reason": "" }));
        assert_eq!(sealed.status, 200, "{sealed:?}");

        let picture = include_bytes!("../../../pwa/public/icon-192.png");
        let picture = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, picture);
        let logo = admin.post("/api/logos", &json!({ "name": "", "picture": picture }));
        assert!(logo.status < 300, "{logo:?}");

        let erased = DocumentId([0x77; 16]);
        let erase = store.write_blocking(move |tx, _| erasures::erase(tx, erased, START_MS));
        Result::<(), StoreError>::unwrap(erase);
        let made = admin.post("/api/tokens", &json!({ "name": "Tableur", "scopes": ["read:events"], "days": 30 }));
        let secrets = vec![
            made.json()["token"].as_str().unwrap().to_owned(),
            admin.cookie.clone().unwrap().rsplit('.').next().unwrap().to_owned(),
            volunteer.signer.as_ref().unwrap().public_key(),
        ];
        let credentials = store.read_blocking(|db| {
            let mut statement =
                db.prepare("SELECT hex(credential_hash) FROM device WHERE credential_hash <> zeroblob(32)")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>(rows.into_iter().map(|hex| hex.to_lowercase()).collect::<Vec<_>>())
        });
        let secrets = [secrets, credentials.unwrap()].concat();
        server.stop();
        Self { folder, erased, secrets }
    }

    fn write(&self) {
        let (done, said) = said(&["tiwizi", "export", "--all", text(&self.export()), "--data", text(&self.data())]);
        assert!(done && said.contains("documents"), "{said}");
    }
}

/// An event of the demonstration with a half-day and somebody on its list.
fn first_event(server: &TestServer) -> (DocumentId, shared::id::RowId, DocumentId) {
    server
        .state
        .store
        .read_blocking(|db| {
            for (id, standing) in documents::all(db)? {
                if let Record::Event(event) = Record::read(&server::ingest::load(db, id, &standing)?)
                    && let (Some(slot), Some(person)) = (event.slots.first(), event.roster.keys().next())
                {
                    return Ok::<_, StoreError>((id, slot.id, *person));
                }
            }
            unreachable!("the demonstration has events")
        })
        .unwrap()
}

/// All that follows from the documents, table by table, and what was kept beside them.
fn everything(data: &Path) -> BTreeMap<String, Vec<String>> {
    let db = storage::connect(&Place::in_folder(data).unwrap()).unwrap();
    let mut tables = BTreeMap::new();
    for table in [
        "account",
        "assignment",
        "change",
        "blob",
        "blob_link",
        "erasure",
        "logo",
        "person",
        "phone",
        "association",
        "event",
        "attendance",
        "dossier",
        "due",
        "question",
        "commune",
        "counted",
        "quarantine",
        "rewriting",
        "tombstone",
    ] {
        let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        // What stands in a change is the same; how its bytes are packed is not looked at.
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let kept: Vec<usize> = (0..columns.len())
            .filter(|n| columns[*n] != "number" && !(table == "change" && columns[*n] == "bytes"))
            .collect();
        let mut rows: Vec<String> = statement
            .query_map([], |row| {
                kept.iter()
                    .map(|n| Ok(format!("{:?}", row.get_ref(*n)?)))
                    .collect::<Result<Vec<_>, _>>()
                    .map(|all| all.join("|"))
            })
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        rows.sort();
        tables.insert(table.to_owned(), rows);
    }
    let standings = documents::all(&db).unwrap().into_iter().map(|(id, standing)| format!("{id} {standing:?}"));
    tables.insert("standing".to_owned(), standings.collect());
    let figures =
        documents::all(&db).unwrap().into_iter().filter(|(_, standing)| standing.kind == shared::document::Kind::Event);
    let figures = figures.map(|(id, _)| serde_json::to_string(&sheet::figures(&db, id).unwrap()).unwrap());
    tables.insert("figures".to_owned(), figures.collect());
    tables
}

#[test]
fn what_goes_out_comes_in_whole_and_opens_nothing() {
    let house = House::build();
    let before = everything(&house.data());
    house.write();

    // Nothing that opens anything goes along.
    let mut files = vec![house.export()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let content = fs::read(&path).unwrap();
        let found = |secret: &String| content.windows(secret.len()).any(|some| some == secret.as_bytes());
        let leaked = house.secrets.iter().filter(|secret| found(secret)).count();
        assert_eq!(leaked, 0, "{}", path.display());
    }

    let other = house.folder.path().join("other");
    let (done, printed) = said(&["tiwizi", "import", text(&house.export()), "--data", text(&other)]);
    assert!(done && printed.contains("tout concorde"), "{printed}");
    let after = everything(&other);
    for (table, rows) in &before {
        assert!(
            !rows.is_empty()
                || ["counted", "due", "quarantine", "rewriting", "tombstone", "commune"].contains(&table.as_str()),
            "{table}"
        );
        assert_eq!(rows, &after[table], "{table}");
    }
    let (clean, printed) = said(&["tiwizi", "verify", "--data", text(&other)]);
    assert!(clean && printed.contains("1 feuilles scellées vérifiées"), "{printed}");
    let db = storage::connect(&Place::in_folder(&other).unwrap()).unwrap();
    assert!(erasures::is_erased(&db, house.erased).unwrap());
    // Phones of the old house do not come in by what they have; whoever takes over lets people in anew.
    assert!(!storage::access::has_admin(&db).unwrap());
    drop(db);

    // What came in goes out again, the same but for what the import itself noted.
    let again = house.folder.path().join("again");
    let (done, printed) = said(&["tiwizi", "export", "--all", text(&again), "--data", text(&other)]);
    assert!(done, "{printed}");
    let sums = |folder: &Path| -> BTreeMap<String, String> {
        let lines = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        let lines = lines.lines().filter_map(|line| line.split_once("  "));
        // The journal has gone on; phones are out; the link of a registration is closed.
        let moved = ["tables/journal.jsonl", "tables/device.jsonl"];
        // Changes made apart are written in the order in which they were taken in, which is another one: that documents are equal is seen by
        // their heads and digests above.
        let kept = lines.filter(|(_, path)| !moved.contains(path) && !path.starts_with("documents/"));
        kept.map(|(sum, path)| (path.to_owned(), sum.to_owned())).collect()
    };
    assert_eq!(sums(&house.export()), sums(&again));

    // And the house goes on where it was: seals a next version with a key of its own.
    let place = Place::in_folder(&other).unwrap();
    let server = TestServer::with(Plan { place, ..Plan::default() });
    let mut admin = server.enrolled(Role::Admin, "Nadia");
    let (event, ..) = first_event(&server);
    let address = format!("/api/events/{event}/sheet");
    let plan = admin.get(&address).json()["plan"].clone();
    let sealed = admin.post(&address, &json!({ "plan": plan, "reason": "Repris" }));
    assert!(sealed.status == 200 || sealed.code() == "sheet.nothing_new", "{sealed:?}");
    let found = server.state.store.read_blocking(verify::verify).unwrap();
    assert!(found.is_clean(), "{:?}", found.problems);
}

#[test]
fn damage_is_named_and_nothing_is_taken_in() {
    let house = House::build();
    house.write();
    let export = house.export();
    let other = house.folder.path().join("other");
    let import = || said(&["tiwizi", "import", text(&export), "--data", text(&other)]);
    let some = |folder: &str, ending: &str| -> PathBuf {
        let mut files: Vec<PathBuf> =
            fs::read_dir(export.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().find(|path| text(path).ends_with(ending)).unwrap()
    };
    let spoiled = [
        some("documents/event", ".automerge"),
        some("documents/person", ".json"),
        some("blobs", ".ink"),
        some("sheets", ".pdf"),
        export.join("tables/account.jsonl"),
    ];
    for path in &spoiled {
        let whole = fs::read(path).unwrap();
        let name = text(path.strip_prefix(&export).unwrap()).to_owned();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        for damage in [Some(changed), Some(whole[..whole.len() - 1].to_vec()), None] {
            match damage {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
            let (done, printed) = import();
            assert!(!done && printed.contains(&name) && printed.contains("rien n’a été repris"), "{name}: {printed}");
        }
        fs::write(path, whole).unwrap();
    }
    // Also where somebody wrote the hash anew: what a file says is compared with what it must be.
    for (path, content) in [
        (some("documents/event", ".automerge"), fs::read(some("documents/dossier", ".automerge")).unwrap()),
        (some("documents/person", ".json"), fs::read(some("documents/association", ".json")).unwrap()),
        (export.join("tables/assignment.jsonl"), b"{\"account_id\":1}\n".to_vec()),
        (export.join("tables/account.jsonl"), b"{\"other\":1}\n".to_vec()),
        (export.join("erasures.txt"), b"nom\n".to_vec()),
    ] {
        let whole = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        sign(&export);
        let (done, printed) = import();
        assert!(!done && printed.contains("rien n’a été repris"), "{}: {printed}", path.display());
        fs::write(&path, whole).unwrap();
        sign(&export);
    }
    let head = fs::read_to_string(export.join("tiwizi.json")).unwrap();
    for (written, because) in [
        (head.replace("\"format\": 1", "\"format\": 9"), "d’un autre format (9)"),
        (head.replace("\"files\": ", "\"files\": 1"), "tiwizi.json"),
        ("{}".to_owned(), "tiwizi.json"),
    ] {
        fs::write(export.join("tiwizi.json"), written).unwrap();
        let (done, printed) = import();
        assert!(!done && printed.contains(because), "{because}: {printed}");
    }
    // An export that broke off has no head.
    fs::remove_file(export.join("tiwizi.json")).unwrap();
    assert!(import().1.contains("n’est pas un export complet"));
    fs::write(export.join("tiwizi.json"), head).unwrap();

    // After all these attempts the folder is as empty as before, and takes the export in.
    let (done, printed) = import();
    assert!(done, "{printed}");
    let (done, printed) = import();
    assert!(!done && printed.contains("contient déjà des données"), "{printed}");
    let (done, printed) = said(&["tiwizi", "export", "--all", text(&export), "--data", text(&house.data())]);
    assert!(!done && printed.contains("n’est pas vide"), "{printed}");
}

/// Writes the list of hashes and its own hash anew, as somebody might who changed the files.
fn sign(export: &Path) {
    let list = fs::read_to_string(export.join("SHA256SUMS")).unwrap();
    let lines = list.lines().filter_map(|line| line.split_once("  ")).map(|(_, path)| {
        let sum = secret::hex(&Sha256::digest(fs::read(export.join(path)).unwrap()));
        format!("{sum}  {path}\n")
    });
    let list: String = lines.collect();
    fs::write(export.join("SHA256SUMS"), &list).unwrap();
    let head = fs::read(export.join("tiwizi.json")).unwrap();
    let mut head: Json = serde_json::from_slice(&head).unwrap();
    head["sums"] = secret::hex(&Sha256::digest(list.as_bytes())).into();
    fs::write(export.join("tiwizi.json"), serde_json::to_vec_pretty(&head).unwrap()).unwrap();
}

#[test]
fn an_import_that_dies_half_way_is_begun_again() {
    let house = House::build();
    house.write();
    let other = house.folder.path().join("other");
    // As if the machine had failed before the commit: the transaction is dropped with all that was written.
    let mut db = storage::connect(&Place::in_folder(&other).unwrap()).unwrap();
    let tx = db.transaction().unwrap();
    let taken = server::archive::import(&tx, &house.export(), START_MS).unwrap();
    assert!(taken.head.documents > 0);
    drop(tx);
    drop(db);
    let (done, printed) = said(&["tiwizi", "import", text(&house.export()), "--data", text(&other)]);
    assert!(done, "{printed}");
    assert_eq!(everything(&house.data()), everything(&other));
}
