//! Files that people really send: what is taken from them, what is refused by name, and that nothing is taken twice.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::json;
use server::{
    cli::{self, Console},
    clock::Clock,
    hand::Hand,
    qr::Paint,
    storage::{self, Place, Store, WriterState, documents, lookups, territories},
    verify,
};
use shared::{
    document::Kind,
    edit::{Edit, Library as _},
    field::{Field, Value},
    id::DocumentId,
    record::Record,
    role::Role,
};
use tempfile::TempDir;
use tests::server::{Plan, START_MS, TestServer};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// A data folder and files beside it.
struct Office {
    folder: TempDir,
}

impl Office {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    }

    /// What `tiwizi import …` prints, or why it fails.
    fn import(&self, words: &[&str]) -> Result<String, String> {
        let data = self.data();
        let words = ["tiwizi", "import"].iter().chain(words).copied().chain(["--data", &data]);
        let mut out = Vec::new();
        let mut console = Console { out: &mut out, paint: Paint::Plain };
        cli::run_from(words, &mut console).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).expect("text"))
    }

    fn place(&self) -> Place {
        Place::in_folder(Path::new(&self.data())).expect("a place")
    }

    /// The heads of every document, and that everything agrees with the changes.
    fn state(&self) -> BTreeMap<DocumentId, (Kind, u64)> {
        let db = storage::connect(&self.place()).expect("a database");
        assert!(verify::verify(&db).expect("a look").is_clean());
        let all = documents::all(&db).expect("documents");
        all.into_iter().map(|(id, standing)| (id, (standing.kind, standing.changes))).collect()
    }

    fn count(&self, kind: Kind) -> usize {
        self.state().values().filter(|(other, _)| *other == kind).count()
    }

    /// What staff does meanwhile.
    fn by_hand<T>(&self, work: impl FnOnce(&mut Hand) -> T) -> T {
        let store = Store::open(&self.place(), WriterState::default()).expect("a store");
        let mut hand = Hand::open(&store, "Karima", Role::Staff, &Clock::system()).expect("a hand");
        let done = work(&mut hand);
        hand.keep(START_MS).expect("kept");
        store.stop();
        done
    }

    fn record(&self, id: DocumentId) -> Record {
        self.by_hand(|hand| Record::read(&hand.copy(id).expect("a document")))
    }
}

fn fixture(name: &str) -> String {
    format!("{FIXTURES}/{name}")
}

/// Fails unless each line stands in the text.
fn check_says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|said| said.trim() == *line), "no « {line} » in:\n{text}");
    }
}

#[test]
fn both_layouts_of_the_register_are_taken_once() {
    let office = Office::new();
    let (today, before) = (fixture("rna_waldec_sample.csv"), fixture("rna_import_sample.csv"));
    check_says(
        &office.import(&["rna", &today]).expect("taken"),
        &["Associations nouvelles : 3", "Lignes refusées : 0"],
    );
    check_says(&office.import(&["rna", &before]).expect("taken"), &["Associations nouvelles : 3"]);
    // What the register says of each by law.
    for (id, _) in office.state().into_iter().filter(|(_, (kind, _))| *kind == Kind::Association) {
        let said = office.record(id);
        let said = [Field::RegisterNature, Field::Grouping].map(|field| said.fields().text(field).to_owned());
        assert_eq!(said, ["declared", "simple"]);
    }
    let state = office.state();
    assert_eq!(office.count(Kind::Association), 6);
    for file in [&today, &before] {
        let again = office.import(&["rna", file]).expect("taken");
        check_says(&again, &["Associations nouvelles : 0", "Associations déjà là : 3"]);
    }
    assert_eq!(office.state(), state);
}

#[test]
fn what_staff_wrote_stands_against_the_register() {
    let office = Office::new();
    let file = fixture("rna_waldec_sample.csv");
    // Somebody met this association before the register was read: it is known by its number.
    let ours = DocumentId::new(START_MS, [7; 10]);
    let fields = BTreeMap::from([(Field::Title, Value::from("Ariane")), (Field::RnaNumber, Value::from("W012000002"))]);
    let create = Edit::CreateAssociation { association: ours, fields };
    office.by_hand(|hand| hand.edit(&create, START_MS)).expect("an association");
    let text = office.import(&["rna", &file]).expect("taken");
    check_says(&text, &["Associations nouvelles : 2", "Associations déjà là : 1"]);
    assert!(text.contains(&format!("ligne 3 : la fiche {ours}")) && text.contains("[association.differs]"), "{text}");
    assert_eq!(office.record(ours).fields().text(Field::Title), "Ariane");
}

#[test]
fn rows_of_the_register_that_are_refused_have_line_and_reason() {
    let office = Office::new();
    let rows = format!(
        "id;siret;date_decla;titre;objet;adrs_libvoie;position\n\
         W751000001;;;BONNE;;;A\n\
         X12;;;SANS NUMERO;;;A\n\
         W751000002;;;{};;;A\n\
         W751000003;;;RADIEE;;;S\n\
         W751000004;;;TROP DIT;{};;A\n\
         W751000001;;;BONNE;;;A\n",
        "T".repeat(201),
        "o".repeat(4_001),
    );
    let text = office.import(&["rna", &office.file("rna.csv", rows.as_bytes())]).expect("taken");
    let said = ["Associations nouvelles : 2", "Associations déjà là : 1", "Associations disparues, passées : 1"];
    check_says(&text, &said);
    check_says(&text, &["Lignes refusées : 2", "À regarder : 1"]);
    for (line, code) in [(3, "rna.number_invalid"), (4, "row.text_too_long"), (6, "row.text_too_long")] {
        let named = |said: &str| said.trim().starts_with(&format!("ligne {line} : ")) && said.contains(code);
        assert!(text.lines().any(named), "{line}: {text}");
    }
}

#[test]
fn a_messy_list_from_a_spreadsheet_is_taken_once() {
    let office = Office::new();
    let list = fixture("participants/workshop_windows1252.csv");
    let text = office.import(&["participants", &list]).expect("taken");
    check_says(&text, &["Personnes nouvelles : 6", "Personnes déjà là : 1", "Associations nouvelles : 3"]);
    assert!(text.contains("windows-1252, séparateur « ; », en-têtes à la ligne 5."), "{text}");
    assert!(text.contains("Colonnes non lues : ") && text.contains("Signature matin"), "{text}");
    assert!(text.contains("[participant.name_missing]"), "the refused row is named: {text}");
    assert!(text.contains("[phone.country_needed]") && text.contains("[phone.damaged]"), "{text}");
    for private in ["Khadija", "OUBELLA", "06 12 34", "exemple"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    let state = office.state();
    assert_eq!(office.count(Kind::Person), 6);
    let again = office.import(&["participants", &list]).expect("taken");
    check_says(&again, &["Personnes nouvelles : 0", "Personnes déjà là : 7", "Associations nouvelles : 0"]);
    assert_eq!(office.state(), state);
}

#[test]
fn the_country_may_be_told_later_and_nobody_is_doubled() {
    let office = Office::new();
    let list = office.file("list.csv", "Nom;Prénom;Tél\nOubella;Khadija;06 12 34 56 78\n".as_bytes());
    check_says(&office.import(&["participants", &list]).expect("taken"), &["Personnes nouvelles : 1"]);
    let told = office.import(&["participants", &list, "--country", "FR"]).expect("taken");
    check_says(&told, &["Personnes nouvelles : 0", "Personnes déjà là, coordonnées complétées : 1"]);
    let state = office.state();
    for words in [&["--country", "FR"][..], &[]] {
        let words = [&["participants", list.as_str()], words].concat();
        check_says(&office.import(&words).expect("taken"), &["Personnes nouvelles : 0", "Personnes déjà là : 1"]);
    }
    assert_eq!(office.state(), state);
}

#[test]
fn people_of_one_name_stay_apart_and_are_pointed_at() {
    let office = Office::new();
    let first = office.file("first.csv", "Nom;Prénom;Tél\nBenali;Mohamed;+33612345678\n".as_bytes());
    let second = office.file("second.csv", "Nom;Prénom;Tél\nBENALI;Mohammed;+212661234567\n".as_bytes());
    office.import(&["participants", &first]).expect("taken");
    let text = office.import(&["participants", &second]).expect("taken");
    check_says(&text, &["Personnes nouvelles : 1", "À regarder : 1"]);
    assert!(text.contains("ligne 2 : ressemble à une personne déjà connue"), "{text}");
    assert_eq!(office.count(Kind::Person), 2);
}

#[test]
fn people_of_a_list_are_expected_at_an_event() {
    let office = Office::new();
    let event = DocumentId::new(START_MS, [9; 10]);
    let fields = BTreeMap::from([(Field::Title, Value::from("Atelier"))]);
    let create = Edit::CreateEvent { event, fields, slots: Vec::new() };
    office.by_hand(|hand| hand.edit(&create, START_MS)).expect("an event");
    let list = fixture("participants/workshop_windows1252.csv");
    let words = ["participants", &list, "--event", &event.to_string()];
    let text = office.import(&words).expect("taken");
    check_says(&text, &["Ajouts à la liste de l’événement : 6", "Déjà sur la liste de l’événement : 1"]);
    let Record::Event(record) = office.record(event) else { panic!("an event") };
    assert_eq!(record.roster.len(), 6);
    let people = record.roster.keys().map(|person| office.record(*person));
    assert!(people.into_iter().all(|person| *person.fields().get(Field::NoticeRead) == Value::Empty));
    let state = office.state();
    office.import(&words).expect("taken");
    assert_eq!(office.state(), state);
    let unknown = DocumentId([1; 16]).to_string();
    let error = office.import(&["participants", &list, "--event", &unknown]).expect_err("no such event");
    assert!(error.contains(&unknown), "{error}");
    let error = office.import(&["participants", &list, "--association", &event.to_string()]).expect_err("an event");
    assert!(error.contains("aucune association"), "{error}");
}

#[test]
fn a_trial_writes_nothing_and_says_what_would_be() {
    let office = Office::new();
    let list = fixture("participants/workshop_windows1252.csv");
    let trial = office.import(&["participants", &list, "--dry-run"]).expect("a trial");
    check_says(&trial, &["Personnes nouvelles : 6", "Essai : rien n’a été écrit."]);
    assert!(!Path::new(&office.data()).exists(), "not even a folder");
    office.import(&["rna", &fixture("rna_waldec_sample.csv")]).expect("taken");
    let file = Path::new(&office.data()).join("tiwizi.sqlite");
    let (state, bytes) = (office.state(), fs::read(&file).expect("a database"));
    let register = fixture("rna_import_sample.csv");
    for words in [vec!["participants", &list], vec!["rna", &register], vec!["communes"]] {
        office.import(&[words.as_slice(), &["--dry-run"]].concat()).expect("a trial");
        assert!(fs::read(&file).expect("a database") == bytes, "{words:?}");
    }
    assert_eq!(office.state(), state);
    let earnest = office.import(&["participants", &list]).expect("taken");
    assert_eq!(earnest.replace("C’est enregistré.", "Essai : rien n’a été écrit."), trial);
}

#[test]
fn a_list_longer_than_a_commit_is_taken_whole() {
    let office = Office::new();
    let letter = |n: u8| char::from(b'a' + n % 26);
    let row = |n: u16| {
        let (tens, ones) = (u8::try_from(n / 26).unwrap_or(0), u8::try_from(n % 26).unwrap_or(0));
        format!("Ait {}{}m;Zahra;+3361234{n:04}\n", letter(tens), letter(ones))
    };
    let rows: String = (0..400).map(row).collect();
    let list = office.file("long.csv", format!("Nom;Prénom;Tél\n{rows}").as_bytes());
    check_says(&office.import(&["participants", &list]).expect("taken"), &["Personnes nouvelles : 400"]);
    let again = office.import(&["participants", &list]).expect("taken");
    check_says(&again, &["Personnes nouvelles : 0", "Personnes déjà là : 400"]);
    assert_eq!((office.count(Kind::Person), office.count(Kind::Contact)), (400, 400));
}

#[test]
fn the_communes_of_morocco_come_with_the_program() {
    let office = Office::new();
    let said = |text: &str, new: usize, changed: usize, known: usize| {
        check_says(text, &[&*format!("Communes nouvelles : {new}"), &format!("Communes changées : {changed}")]);
        check_says(text, &[&*format!("Communes déjà là : {known}")]);
    };
    said(&office.import(&["communes"]).expect("taken"), 1_503, 0, 0);
    said(&office.import(&["communes"]).expect("taken"), 0, 0, 1_503);
    let list = "code;name_fr;name_ar;type;region_code;province_code;population_2024\n\
                01.511.01.0;Tanger (ville);طنجة;urban;01;01.511;1275428\n\
                1.511.01.01;Assilah;;urban;01;01.511;\n";
    let text = office.import(&["communes", &office.file("communes.csv", list.as_bytes())]).expect("taken");
    said(&text, 0, 1, 0);
    assert!(text.contains("ligne 3 : ") && text.contains("[territory.code_invalid]"), "{text}");
    let db = storage::connect(&office.place()).expect("a database");
    let tanger = territories::commune(&db, "01.511.01.0").expect("a look").expect("a commune");
    assert_eq!((&*tanger.name_fr, tanger.population), ("Tanger (ville)", Some(1_275_428)));
}

#[test]
fn a_file_that_cannot_be_read_is_explained() {
    let office = Office::new();
    let spreadsheet = office.file("liste.xlsx", b"PK\x03\x04 a spreadsheet");
    let old = office.file("liste.xls", b"\xd0\xcf\x11\xe0 a spreadsheet");
    let register = fixture("rna_waldec_sample.csv");
    for (words, explanation) in [
        (["participants", "/nothing/there.csv"], "il n’existe pas"),
        (["participants", &spreadsheet], "file.workbook_unreadable"),
        (["participants", &old], "file.not_text"),
        (["rna", &fixture("participants/export_utf8.csv")], "file.layout_unknown"),
        (["communes", &register], "file.column_missing"),
    ] {
        let error = office.import(&words).expect_err("a refusal");
        assert!(error.contains(explanation), "{error}");
    }
    assert!(!Path::new(&office.data()).exists());
}

#[test]
fn a_workbook_is_taken_as_its_text_is() {
    let office = Office::new();
    let text =
        office.import(&["participants", &fixture("participants/workshop.xlsx"), "--country", "FR"]).expect("taken");
    check_says(&text, &["Personnes nouvelles : 6", "Personnes déjà là : 1"]);
    assert!(text.contains("workshop.xlsx : XLSX, en-têtes à la ligne 5."), "{text}");
    for again in ["participants/workshop.ods", "participants/workshop_windows1252.csv"] {
        let text = office.import(&["participants", &fixture(again), "--country", "FR"]).expect("taken");
        check_says(&text, &["Personnes nouvelles : 0", "Personnes déjà là : 7"]);
    }
}

#[test]
fn a_running_server_sees_what_was_imported() {
    let office = Office::new();
    let store = Store::open(&office.place(), WriterState::default()).expect("a store");
    office.import(&["rna", &fixture("rna_waldec_sample.csv")]).expect("taken");
    let known = store.read_blocking(lookups::associations_by_rna).expect("a look");
    let ariadne = &known["W012000002"];
    let mut hand = Hand::open(&store, "Karima", Role::Staff, &Clock::system()).expect("a hand");
    let edit = Edit::SetField { document: ariadne.id, row: None, field: Field::Title, value: Value::from("Ariane") };
    hand.edit(&edit, START_MS).expect("an edit");
    assert_eq!(hand.keep(START_MS).expect("kept"), 1);
    store.stop();
    assert_eq!(office.state()[&ariadne.id], (Kind::Association, 2));
}

#[test]
fn phones_hear_of_what_another_process_imported_and_only_those_that_it_concerns() {
    let office = Office::new();
    let event = DocumentId::new(START_MS, [9; 10]);
    let fields = BTreeMap::from([(Field::Title, Value::from("Atelier"))]);
    let create = Edit::CreateEvent { event, fields, slots: Vec::new() };
    office.by_hand(|hand| hand.edit(&create, START_MS)).expect("an event");
    let server = TestServer::with(Plan { place: office.place(), ..Plan::default() });
    let (mut karima, mut amina) = (server.enrolled(Role::Staff, "Karima"), server.enrolled(Role::Volunteer, "Amina"));
    let account = amina.get("/api/session").json()["account"]["id"].as_str().expect("an id").to_owned();
    let given = karima.post(&format!("/api/accounts/{account}/assign"), &json!({ "document": event, "given": true }));
    assert_eq!(given.status, 204, "{given:?}");
    let (mut of_staff, mut of_volunteer) = (karima.listen(), amina.listen());
    let begun = of_staff.event().expect("where the server stands");
    assert_eq!(of_volunteer.event(), Some(begun.clone()));

    // It concerns those who hold everything.
    office.import(&["rna", &fixture("rna_waldec_sample.csv")]).expect("taken");
    let associations = of_staff.event().expect("a poke");
    assert_ne!(associations, begun);
    // It concerns those who were given the event, too: their next poke is of this, and not of the associations.
    let list = office.file("list.csv", "Nom;Prénom\nOubella;Khadija\n".as_bytes());
    office.import(&["participants", &list, "--event", &event.to_string()]).expect("taken");
    let people = of_staff.event().expect("a poke");
    assert_ne!(people, associations);
    assert_eq!(of_volunteer.event(), Some(people));
}

/// Domain 0.7: the people of Migrations & Développement write 'Tinzert', the census 'Tinzart'.
#[test]
fn communes_get_their_codes_within_the_stated_territory_and_doubts_are_named() {
    let office = Office::new();
    let rows = "Nom;Prénom;Tél;Commune;Région\n\
                Oubella;Khadija;+212612345671;TINZART;\n\
                Amrani;Zoé;+212612345672;Tinzert;\n\
                Idrissi;Ali;+212612345673;Nulle-Part;\n\
                Naciri;Sara;+33612345674;Oulmès;Provence\n\
                Alaoui;Omar;+33612345675;;\n";
    let list = office.file("list.csv", rows.as_bytes());
    let people = |office: &Office| -> BTreeMap<String, (String, String)> {
        let ids: Vec<DocumentId> =
            office.state().iter().filter(|(_, (kind, _))| *kind == Kind::Person).map(|(id, _)| *id).collect();
        let said = |id| {
            let record = office.record(id);
            let text = |field| record.fields().text(field).to_owned();
            (text(Field::Family), (text(Field::Commune), text(Field::CommuneCode)))
        };
        ids.into_iter().map(said).collect()
    };
    let of = |name: &str, code: &str| (name.to_owned(), code.to_owned());

    // Nobody stated where: names stay names.
    let text = office.import(&["participants", &list]).expect("taken");
    check_says(&text, &["Communes du même nom au Maroc, sans code (indiquez --territory) : 1"]);
    assert!(people(&office).values().all(|(_, code)| code.is_empty()));

    // Told later, it completes who was taken, and says which rows are in doubt.
    let text = office.import(&["participants", &list, "--territory", "Souss-Massa"]).expect("taken");
    check_says(&text, &["Personnes nouvelles : 0", "Communes reprises avec leur code officiel : 1"]);
    assert!(text.contains("ligne 3 : ") && text.contains("peut-être Tinzart 09.541."), "{text}");
    assert!(
        text.contains("[commune.maybe]") && text.contains("ligne 4 : ") && text.contains("[commune.unknown]"),
        "{text}"
    );
    let db = storage::connect(&office.place()).expect("a database");
    assert!(territories::communes(&db).expect("a look").is_empty(), "the list that comes with the program was asked");
    let known = people(&office);
    assert!(known["Oubella"].1.starts_with("09.541."), "{known:?}");
    assert_eq!(known["Oubella"].0, "TINZART", "the name stays as given");
    assert_eq!(known["Amrani"], of("Tinzert", ""));
    assert_eq!(known["Naciri"], of("Oulmès", ""), "a region of France is none of Morocco");
    let state = office.state();
    office.import(&["participants", &list, "--territory", "09"]).expect("taken");
    assert_eq!(office.state(), state);

    // The same, in a folder that has seen nothing; and names that several communes share.
    let other = Office::new();
    let list = other.file("list.csv", format!("{rows}Tazi;Lina;+212612345676;Sidi Bouzid;\n").as_bytes());
    let text = other.import(&["participants", &list, "--territory", "Maroc"]).expect("taken");
    assert_eq!(people(&other)["Oubella"], known["Oubella"]);
    assert!(text.contains("[commune.maybe]"), "{text}");
    let error = other.import(&["participants", &list, "--territory", "Atlantide"]).expect_err("no such territory");
    assert!(error.contains("Atlantide"), "{error}");
}
