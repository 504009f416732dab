//! The indicators of the house over years, against a slow count by another program in another language over what is exported; what of
//! them leaves the house, who sees what is behind them, and what is made of them: reports, and the register of aid.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value as Json, json};
use server::{
    export::export,
    hand::Hand,
    ingest,
    storage::{
        self,
        access::{self, Decision, Given},
        documents,
    },
    verify,
};
use shared::{
    edit::{Edit, NewPerson, NewSlot, version_text},
    field::{AGE_BANDS, Field, OPINIONS, SEXES, STAGES, Value},
    id::{AccountId, DocumentId, RowId},
    indicators::{Code, day, day_text},
    mark::{How, Status},
    record::Side,
    role::Role,
    settings::SETTINGS,
    table::Table,
    visa::Verdict,
};
use tests::{
    server::{Client, START_MS, TestServer},
    world::Rng,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Years that every run counts.
const SEEDS: std::ops::Range<u64> = 1..4;
const EVENTS: usize = 18;
const PEOPLE: usize = 48;
const DOSSIERS: usize = 14;
const PROGRAMMES: [&str; 3] = ["PRA/OSIM", "Région Sud", ""];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn id(kind: u8, n: usize) -> DocumentId {
    let mut bytes = [kind; 16];
    bytes[14..].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    DocumentId(bytes)
}

fn row(kind: u8, n: usize) -> RowId {
    let mut bytes = [kind; 8];
    bytes[4..].copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes());
    RowId(bytes)
}

/// The moment of a day, in the middle of it.
fn at(text: &str) -> u64 {
    u64::try_from(day(text).unwrap()).unwrap() * DAY_MS + DAY_MS / 2
}

struct House {
    server: TestServer,
    hand: Hand,
    staff: Client,
    rows: usize,
    /// Where each dossier was brought.
    stages: BTreeMap<DocumentId, String>,
}

impl House {
    fn empty() -> Self {
        let server = TestServer::start();
        let hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let staff = server.enrolled(Role::Staff, "Équipe");
        Self { server, hand, staff, rows: 0, stages: BTreeMap::new() }
    }

    fn row(&mut self) -> RowId {
        self.rows += 1;
        row(7, self.rows)
    }

    fn edit_at(&mut self, edit: &Edit, at_ms: u64) {
        self.hand.edit(edit, at_ms).unwrap_or_else(|error| panic!("{edit:?}: {error}"));
    }

    fn edit(&mut self, edit: &Edit) {
        self.edit_at(edit, START_MS);
    }

    fn set(&mut self, document: DocumentId, field: Field, value: impl Into<Value>) {
        self.edit(&Edit::SetField { document, row: None, field, value: value.into() });
    }

    fn add_row(&mut self, document: DocumentId, table: Table, fields: &[(Field, Value)]) {
        let row = self.row();
        self.edit(&Edit::AddRow { document, table, row, fields: fields.iter().cloned().collect() });
    }

    fn add_association(&mut self, n: usize, fields: &[(Field, &str)]) {
        let title = (Field::Title, Value::from(format!("Association {n}").as_str()));
        let fields = fields.iter().map(|(field, value)| (*field, Value::from(*value))).chain([title]);
        self.edit(&Edit::CreateAssociation { association: id(2, n), fields: fields.collect() });
    }

    fn add_person(&mut self, n: usize, new: NewPerson) {
        let new = NewPerson { given: "Zahra".to_owned(), family: format!("Aboulkacem-{n}"), ..new };
        self.edit(&Edit::CreatePerson { person: id(1, n), new, notice_read: true });
    }

    /// An event of two half-days.
    fn add_event(&mut self, n: usize, day: &str, fields: &[(Field, &str)]) {
        let hours = [("09:00", "12:30"), ("14:00", "17:00")];
        let slots = hours.iter().enumerate().map(|(half, (starts, ends))| NewSlot {
            slot: slot(n, half),
            day: day.to_owned(),
            starts: (*starts).to_owned(),
            ends: (*ends).to_owned(),
        });
        let title = (Field::Title, Value::from(format!("Atelier {n}").as_str()));
        let fields = fields.iter().map(|(field, value)| (*field, Value::from(*value))).chain([title]);
        self.edit(&Edit::CreateEvent { event: id(3, n), fields: fields.collect(), slots: slots.collect() });
    }

    fn mark(&mut self, event: usize, half: usize, person: usize, status: Status, minutes: Option<u16>) {
        let mark = self.row();
        let (event, slot, person) = (id(3, event), slot(event, half), id(1, person));
        self.edit(&Edit::AddToRoster { event, person });
        self.edit(&Edit::CheckIn { event, slot, person, mark, status, minutes, how: How::Tap });
    }

    /// Brings a dossier to a stage on some day, whatever is missing.
    fn bring(&mut self, dossier: DocumentId, to: &str, on: &str) {
        if self.stages.insert(dossier, to.to_owned()).is_some_and(|at| at == to) {
            return;
        }
        let moved = self.row();
        let edit = Edit::MoveStage {
            dossier,
            moved,
            to: to.to_owned(),
            fields: BTreeMap::new(),
            reason: "Repris d’avant".to_owned(),
        };
        self.edit_at(&edit, at(on));
    }

    fn keep(&mut self) {
        self.hand.keep(START_MS).unwrap();
    }

    fn ask(&mut self, query: &str) -> Json {
        self.server.time.pass(1_000);
        let reply = self.staff.get(&format!("/api/v1/indicators?{query}"));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    /// Three years of everything.
    fn drawn(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut house = Self::empty();
        for (n, programme) in PROGRAMMES.iter().enumerate() {
            let fields = [(Field::Title, Value::from("Appel")), (Field::Programme, Value::from(*programme))].into();
            house.edit(&Edit::CreateCall { call: id(5, n), fields, sections: Vec::new() });
        }
        let places: [&[(Field, &str)]; 6] = [
            &[(Field::Postcode, "13005"), (Field::Origin, "09.541.05.13")],
            &[(Field::CommuneCode, "06088"), (Field::Origin, "09.581, 09.551")],
            &[(Field::CommuneCode, "09.581.01.01")],
            &[(Field::Postcode, "20200")],
            &[(Field::Postcode, "13001"), (Field::Origin, "09.541")],
            &[],
        ];
        for (n, fields) in places.iter().enumerate() {
            house.add_association(n, fields);
        }
        for n in 0..PEOPLE {
            let new = NewPerson {
                sex: (*rng.pick(&["f", "f", "h", "other", "unspecified", ""]).unwrap()).to_owned(),
                age_band: (*rng.pick(&["under_18", "18_30", "31_60", "31_60", "over_60", ""]).unwrap()).to_owned(),
                commune_code: (*rng.pick(&["", "", "13055", "97411", "09.541.01.05"]).unwrap()).to_owned(),
                association: rng.chance(80).then(|| id(2, rng.below(places.len()))),
                ..NewPerson::default()
            };
            house.add_person(n, new);
        }
        let begins = day("2024-01-01").unwrap();
        for n in 0..EVENTS {
            let on = day_text(begins + i32::try_from(rng.below(3 * 365)).unwrap());
            let fields = [
                (Field::EventKind, *rng.pick(&["group_support", "writing_workshop"]).unwrap()),
                (Field::ProjectCode, *rng.pick(&PROGRAMMES).unwrap()),
                (Field::CommuneCode, *rng.pick(&["13055", "06088", "09.541.01.05", ""]).unwrap()),
            ];
            // One that nobody has dated.
            house.add_event(n, if n == 0 { "" } else { &on }, &fields);
            house.happen(n, &on, &mut rng);
        }
        for n in PEOPLE - 3..PEOPLE {
            if rng.chance(70) {
                house.set(id(1, n), Field::SameAs, id(1, rng.below(3)).to_string().as_str());
            }
        }
        for n in 0..DOSSIERS {
            house.accompany(n, &mut rng);
        }
        for n in 0..places.len() {
            house.support(id(2, n), &mut rng);
        }
        house.keep();
        house
    }

    /// What happens at an event.
    fn happen(&mut self, n: usize, on: &str, rng: &mut Rng) {
        for one in (0..PEOPLE).filter(|_| rng.chance(30)).collect::<Vec<_>>() {
            for half in 0..2 {
                for _ in 0..rng.below(3) {
                    let status = *rng.pick(&Status::ALL).unwrap();
                    let minutes = rng.chance(50).then(|| u16::try_from(rng.below(400)).unwrap());
                    self.mark(n, half, one, status, minutes.filter(|_| status == Status::Partial));
                }
            }
            if rng.chance(5) {
                let (event, slot, person, withdrawal) = (id(3, n), slot(n, 0), id(1, one), row(8, n * 1_000 + one));
                let reason = "pris pour un autre".to_owned();
                self.edit(&Edit::Undo { event, slot, person, withdrawal, reason });
            }
        }
        for _ in 0..rng.below(4) {
            let (sex, age_band) = (*rng.pick(SEXES).unwrap(), *rng.pick(AGE_BANDS).unwrap());
            self.edit(&Edit::SetHeadcount {
                event: id(3, n),
                slot: slot(n, rng.below(2)),
                sex: sex.to_owned(),
                age_band: age_band.to_owned(),
                people: Some(u32::try_from(rng.below(12)).unwrap()),
            });
        }
        for _ in 0..rng.below(9) {
            let mut said = vec![(Field::Day, Value::from(on))];
            for field in [Field::Useful, Field::Clear, Field::Again] {
                if rng.chance(85) {
                    said.push((field, Value::from(*rng.pick(OPINIONS).unwrap())));
                }
            }
            self.add_row(id(3, n), Table::Opinion, &said);
        }
    }

    /// A dossier goes some way.
    fn accompany(&mut self, n: usize, rng: &mut Rng) {
        let dossier = id(4, n);
        let call = id(5, rng.below(PROGRAMMES.len())).to_string();
        let fields = [
            (Field::Title, Value::from(format!("Projet {n}").as_str())),
            (Field::Call, Value::from(call.as_str())),
            (Field::Territory, Value::from(*rng.pick(&["09.541", "09", "09.581.01.01", "Ailleurs"]).unwrap())),
            (Field::GrantCents, Value::Number(i64::try_from(rng.below(1_500_000)).unwrap())),
        ];
        self.edit(&Edit::CreateDossier { dossier, fields: fields.into(), sections: Vec::new() });
        let mut on = day("2024-01-10").unwrap() + i32::try_from(rng.below(500)).unwrap();
        for _ in 0..rng.below(9) {
            on += i32::try_from(rng.below(90)).unwrap();
            self.bring(dossier, STAGES[rng.below(STAGES.len())], &day_text(on));
        }
        if rng.chance(40) {
            self.bring(dossier, "visa", &day_text(on));
            self.keep();
            let heads = self.server.state.store.read_blocking(|db| {
                let standing = documents::standing(db, dossier)?.expect("it was kept");
                Ok::<_, server::storage::StoreError>(ingest::load(db, dossier, &standing)?.heads())
            });
            let version = version_text(&heads.unwrap());
            let visa = self.row();
            let approves =
                Edit::GiveVisa { dossier, visa, version, verdict: Verdict::Approved, remarks: String::new() };
            self.edit_at(&approves, at(&day_text(on + 3)));
            self.set(dossier, Field::FiledDay, day_text(on + 10).as_str());
            self.bring(dossier, rng.pick(&["filed", "granted", "refused"]).unwrap(), &day_text(on + 10));
        }
        if rng.chance(50) {
            self.set(dossier, Field::DecisionDay, day_text(on + 60).as_str());
            self.set(dossier, Field::GrantedCents, i64::try_from(rng.below(1_500_000)).unwrap());
        }
        self.support(dossier, rng);
    }

    fn support(&mut self, document: DocumentId, rng: &mut Rng) {
        for _ in 0..rng.below(5) {
            let on = day_text(day("2024-02-01").unwrap() + i32::try_from(rng.below(900)).unwrap());
            let minutes = Value::Number(i64::try_from(rng.below(240)).unwrap());
            let kind = *rng.pick(&["meeting", "collective", "writing"]).unwrap();
            let said =
                [(Field::Day, Value::from(on.as_str())), (Field::Minutes, minutes), (Field::SupportKind, kind.into())];
            self.add_row(document, Table::Support, &said);
        }
    }

    fn exported(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        self.server.state.store.read_blocking(|db| export(db, None, folder.path())).unwrap();
        folder
    }
}

fn slot(event: usize, half: usize) -> RowId {
    row(9, event * 10 + half)
}

/// The server's answer in the shape of `recount.py`.
fn told(indicators: &Json) -> Json {
    let figures = indicators["figures"].as_array().unwrap();
    let figures: BTreeMap<_, _> =
        figures.iter().map(|one| (one["code"].as_str().unwrap().to_owned(), one["value"].clone())).collect();
    let mut tables = BTreeMap::new();
    for table in indicators["tables"].as_array().unwrap() {
        let rows = table["rows"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["values"].as_array().unwrap().iter().any(|value| *value != json!(0)));
        let rows: BTreeMap<_, _> =
            rows.map(|row| (row["key"].as_str().unwrap().to_owned(), row["values"].clone())).collect();
        if !rows.is_empty() {
            tables.insert(table["by"].as_str().unwrap().to_owned(), rows);
        }
    }
    json!({ "figures": figures, "tables": tables })
}

#[test]
fn indicators_are_what_another_program_counts_in_what_is_exported() {
    let Ok(python) = Command::new("python3").arg("--version").output() else {
        eprintln!("python3 is not here: the indicators were not counted again");
        return;
    };
    assert!(python.status.success());
    let mut compared = 0;
    for seed in SEEDS {
        let mut house = House::drawn(seed);
        let folder = house.exported();
        for [from, to, programme, territory] in [
            ["", "", "", ""],
            ["2024-01-01", "2024-12-31", "", ""],
            ["2025-01-01", "2025-12-31", "", ""],
            ["2025-03-01", "2026-02-28", "PRA/OSIM", ""],
            ["2024-06-15", "2026-06-14", "", "FR.13"],
            ["2024-01-01", "2026-12-31", "Région Sud", "MA.09.541"],
            ["2025-01-01", "", "", "MA.09"],
        ] {
            let query = [("from", from), ("to", to), ("programme", programme), ("territory", territory)];
            let query: Vec<String> =
                query.map(|(key, value)| format!("{key}={}", value.replace(' ', "%20").replace('é', "%C3%A9"))).into();
            let answer = house.ask(&query.join("&"));
            let script = root().join("tests/indicators/recount.py");
            let recounted = Command::new("python3")
                .arg(script)
                .args([folder.path().to_str().unwrap(), from, to, programme, territory])
                .output()
                .unwrap();
            assert!(recounted.status.success(), "{}", String::from_utf8_lossy(&recounted.stderr));
            let recounted: Json = serde_json::from_slice(&recounted.stdout).unwrap();
            let told = told(&answer["now"]);
            assert_eq!(told, recounted, "seed {seed}: {query:?}");
            compared += told["figures"]["participations"].as_u64().unwrap();
            every_number_has_its_records(&mut house, &answer["now"], &query.join("&"));
        }
        let found = house.server.state.store.read_blocking(verify::verify).unwrap();
        assert!(found.problems.is_empty(), "{:?}", found.problems);
    }
    assert!(compared > 1_000, "{compared}");
}

/// Behind each number stand as many records, or as much in them, as it says.
fn every_number_has_its_records(house: &mut House, indicators: &Json, query: &str) {
    for figure in indicators["figures"].as_array().unwrap() {
        let (code, value) = (figure["code"].as_str().unwrap(), figure["value"].as_u64());
        let (total, sum) = house.behind(&format!("{code}/records?{query}"));
        match code {
            "success_rate" | "satisfaction" => assert_eq!(total > 0, value.is_some(), "{code}"),
            "people" | "people_new" => assert_eq!(Some(total), value, "{code}"),
            _ => assert_eq!(Some(sum), value, "{code}: {query}"),
        }
    }
    for table in indicators["tables"].as_array().unwrap() {
        let by = table["by"].as_str().unwrap();
        for line in table["rows"].as_array().unwrap() {
            for (code, value) in table["columns"].as_array().unwrap().iter().zip(line["values"].as_array().unwrap()) {
                let (code, key) = (code.as_str().unwrap(), line["key"].as_str().unwrap());
                let (total, sum) = house.behind(&format!("{code}/records?{query}&by={by}&key={key}"));
                let found = if code == "people" { total } else { sum };
                assert_eq!(Some(found), value.as_u64(), "{code} by {by}, {key}: {query}");
            }
        }
    }
}

impl House {
    /// How many records there are, and what they add up to, read page by page.
    fn behind(&mut self, address: &str) -> (u64, u64) {
        let (mut read, mut sum, mut after) = (0, 0, String::new());
        loop {
            let page = self.staff.get(&format!("/api/v1/indicators/{address}&limit=150{after}"));
            if page.status == 429 {
                // So many questions that even staff must wait.
                self.server.time.pass(60_000);
                continue;
            }
            assert_eq!(page.status, 200, "{address}: {}", page.json());
            let page = page.json();
            let items = page["items"].as_array().unwrap();
            read += items.len() as u64;
            sum += items.iter().map(|one| one["value"].as_u64().unwrap()).sum::<u64>();
            assert!(items.iter().all(|one| one["title"] != ""), "{address}: {items:?}");
            let Some(next) = page["next"].as_str() else {
                assert_eq!(read, page["total"].as_u64().unwrap(), "{address}");
                return (read, sum);
            };
            after = format!("&after={next}");
        }
    }
}

/// Twelve women and three men at an event of 2025; an opinion of each woman.
fn gathered() -> House {
    let mut house = House::empty();
    house.add_association(0, &[(Field::Postcode, "13005")]);
    house.add_event(0, "2025-03-04", &[(Field::ProjectCode, "PRA/OSIM")]);
    house.add_event(1, "2025-05-06", &[]);
    for n in 0..15 {
        let sex = if n < 12 { "f" } else { "h" }.to_owned();
        house.add_person(n, NewPerson { sex, association: Some(id(2, 0)), ..NewPerson::default() });
        house.mark(0, 0, n, Status::Present, None);
        if n < 12 {
            let answers = [Field::Useful, Field::Clear, Field::Again].map(|field| (field, Value::from("good")));
            let day = (Field::Day, Value::from("2025-03-04"));
            house.add_row(id(3, 0), Table::Opinion, &[&answers[..], &[day]].concat());
        }
    }
    house.mark(1, 0, 0, Status::Present, None);
    house.keep();
    house
}

fn figure<'a>(answer: &'a Json, code: &str) -> &'a Json {
    answer["figures"].as_array().unwrap().iter().find(|one| one["code"] == code).unwrap()
}

fn line<'a>(answer: &'a Json, by: &str, key: &str) -> &'a Json {
    let table = answer["tables"].as_array().unwrap().iter().find(|table| table["by"] == by).unwrap();
    table["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()
}

#[test]
fn an_auditor_sees_what_leaves_the_house_and_no_record() {
    let mut house = gathered();
    let year = "/api/v1/indicators?from=2025-01-01&to=2025-12-31";
    let mut auditor = house.server.enrolled(Role::Auditor, "Contrôle");
    let account: AccountId =
        serde_json::from_value(auditor.get("/api/session").json()["account"]["id"].clone()).unwrap();
    // Nothing was given to them yet, so nothing is counted for them.
    assert_eq!(figure(&auditor.get(year).json()["now"], "events")["value"], 0);
    let given = Decision { account, document: id(3, 0), given: Given::Yes, by: None, now_ms: START_MS };
    house.server.state.store.write_blocking(move |tx, _| access::decide(tx, &given)).unwrap();
    let seen = auditor.get(year).json();
    assert_eq!(seen["is_masked"], true);
    assert_eq!(figure(&seen["now"], "events")["value"], 1, "the other event is not theirs");
    assert_eq!(figure(&seen["now"], "people")["value"], 15);
    // Three men are few, and twelve women would tell of them.
    assert_eq!(
        *line(&seen["now"], "sex", "h"),
        json!({ "key": "h", "name": "", "name_ar": "", "values": [null, null], "shown": "few" })
    );
    assert_eq!(line(&seen["now"], "sex", "f")["values"], json!([null, null]));
    assert_eq!(figure(&seen["now"], "satisfaction")["value"], 10_000);
    assert_eq!(seen["programmes"], json!([]));
    // Whoever could subtract would know.
    for part in ["", "?from=2025-01-01&to=2025-06-30", "?from=2025-01-01&to=2025-12-31&programme=PRA/OSIM"] {
        let refused = auditor.get(&format!("/api/v1/indicators{part}")).refusal();
        assert_eq!(refused, (403, "indicators.whole_years".to_owned()), "{part}");
    }
    let behind = "/api/v1/indicators/people/records?from=2025-01-01&to=2025-12-31";
    assert_eq!(auditor.get(behind).refusal(), (403, "role.forbidden".to_owned()));
    assert_eq!(house.server.enrolled(Role::Volunteer, "Amina").get(year).refusal(), (403, "role.forbidden".to_owned()));
    // The house sees all of it, and how it would leave.
    let inside = house.staff.get(year).json();
    assert_eq!(line(&inside["now"], "sex", "h")["values"], json!([3, 3]));
    assert_eq!(line(&inside["now"], "sex", "h")["shown"], "few");
    assert_eq!(figure(&inside["now"], "participations")["value"], 16);
    assert_eq!(inside["completeness"]["unsealed"], 2);
    assert_eq!(inside["completeness"]["unknown_bp"], json!([0, 10_000, 0, 10_000]));
    // Half of them came to the second event only after the first: known by then.
    let second = house.ask("from=2025-05-01&to=2025-05-31");
    assert_eq!(
        [figure(&second["now"], "people")["value"].clone(), figure(&second["now"], "people_new")["value"].clone()],
        [1, 0]
    );
    assert_eq!(figure(second.get("before").unwrap(), "people")["value"], 0);
    for (query, status, code) in
        [("from=2025-13-01", 422, "indicators.period"), ("from=2025-02-01&to=2025-01-01", 422, "indicators.period")]
    {
        assert_eq!(house.staff.get(&format!("/api/v1/indicators?{query}")).refusal(), (status, code.to_owned()));
    }
    let unknown = (404, "indicators.unknown".to_owned());
    assert_eq!(house.staff.get("/api/v1/indicators/nothing/records").refusal(), unknown);
    assert_eq!(house.staff.get("/api/v1/indicators/people/records?by=shoes").refusal(), unknown);
}

#[test]
fn what_somebody_thought_of_an_event_is_theirs_alone() {
    use shared::edit::Refusal;
    let mut house = gathered();
    let folder = house.exported();
    let event: Json =
        serde_json::from_slice(&fs::read(folder.path().join(format!("event/{}.json", id(3, 0)))).unwrap()).unwrap();
    let rows = event["content"].as_object().unwrap().iter().filter(|(key, _)| key.starts_with("opinion/"));
    let cells: BTreeSet<String> = rows.flat_map(|(_, row)| row.as_object().unwrap().keys().cloned()).collect();
    let expected = ["again", "at_ms", "clear", "day", "order", "state", "useful"].map(str::to_owned);
    assert_eq!(cells, expected.into(), "no row says who");
    let document = id(3, 0);
    let opinion = event["content"].as_object().unwrap().keys().find_map(|key| key.strip_prefix("opinion/")).unwrap();
    let opinion: RowId = opinion.parse().unwrap();
    let changes = Edit::SetField { document, row: Some(opinion), field: Field::Useful, value: "bad".into() };
    for edit in [changes, Edit::KeepRow { document, row: opinion, keep: false }] {
        let refused = house.hand.edit(&edit, START_MS).unwrap_err();
        assert!(refused.to_string().contains(&Refusal::Sealed.to_string()), "{refused}");
    }
}

#[test]
fn targets_are_of_a_year_and_of_the_whole_house() {
    let mut house = gathered();
    house.set(SETTINGS, Field::Targets, "people 2025 20\npeople 2026 30\nnonsense");
    house.keep();
    let target = |house: &mut House, query: &str| figure(&house.ask(query)["now"], "people")["target"].clone();
    assert_eq!(target(&mut house, "from=2025-01-01&to=2025-12-31"), 20);
    assert_eq!(target(&mut house, "from=2026-01-01&to=2026-12-31"), 30);
    assert_eq!(target(&mut house, "from=2025-01-01&to=2025-06-30"), Json::Null);
    assert_eq!(target(&mut house, "from=2025-01-01&to=2025-12-31&programme=PRA/OSIM"), Json::Null);
}

#[test]
fn a_report_says_what_leaves_the_house_and_the_same_twice() {
    let mut house = gathered();
    let address = |form: &str| format!("/api/v1/report.{form}?from=2025-01-01&to=2025-12-31");
    let pdf = house.staff.get(&address("pdf"));
    assert_eq!(pdf.status, 200);
    let text = pdf_extract::extract_text_from_mem(&pdf.body).unwrap();
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in
        ["Rapport d’activité", "Personnes différentes", "I20", "Ce qui manque encore", "< 5", "Définitions", "Du 1er"]
    {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    let book = house.staff.get(&address("xlsx"));
    assert_eq!(book.status, 200);
    // Time alone changes nothing.
    house.server.time.pass(40 * DAY_MS);
    let again = house.server.enrolled(Role::Staff, "Une autre");
    for (form, before) in [("pdf", pdf.body), ("xlsx", book.body)] {
        assert!(again.clone().get(&address(form)).body == before, "{form} differs");
    }
    let part = house.staff.get(&format!("{}&sections=dossiers,support", address("pdf")));
    let text = pdf_extract::extract_text_from_mem(&part.body).unwrap();
    assert!(!text.contains("Personnes différentes") && text.contains("I18"), "{text}");
    let unknown = house.staff.get(&format!("{}&sections=weather", address("pdf")));
    assert_eq!(unknown.refusal(), (404, "indicators.unknown".to_owned()));
    let volunteer = house.server.enrolled(Role::Volunteer, "Amina").get(&address("pdf")).refusal();
    assert_eq!(volunteer, (403, "role.forbidden".to_owned()));
}

/// Two projects of which one is published: granted, paid in part, with whatever the standard has a place for.
fn published() -> House {
    let mut house = House::empty();
    house.set(SETTINGS, Field::HouseName, "Migrations & <Développement>");
    house.add_association(0, &[]);
    let fields = [(Field::Title, Value::from("Appel")), (Field::Programme, Value::from("PRA/OSIM"))].into();
    house.edit(&Edit::CreateCall { call: id(5, 0), fields, sections: Vec::new() });
    for n in 0..2 {
        let dossier = id(4, n);
        let fields = [
            (Field::Title, Value::from("Eau potable à Tinzart \u{1}")),
            (Field::Association, Value::from(id(2, 0).to_string().as_str())),
            (Field::Call, Value::from(id(5, 0).to_string().as_str())),
            (Field::DacCode, "14031".into()),
            (Field::StartDay, "2025-03-01".into()),
            (Field::DurationMonths, Value::Number(18)),
        ];
        self::begin(&mut house, dossier, fields.into());
    }
    house.keep();
    house
}

fn begin(house: &mut House, dossier: DocumentId, fields: BTreeMap<Field, Value>) {
    house.edit(&Edit::CreateDossier { dossier, fields, sections: vec!["context".to_owned()] });
    house.add_row(dossier, Table::Goal, &[(Field::GoalNumber, Value::Number(6)), (Field::MainGoal, "yes".into())]);
    house.add_row(dossier, Table::Goal, &[(Field::GoalNumber, Value::Number(5)), (Field::MainGoal, "no".into())]);
    house.add_row(
        dossier,
        Table::Place,
        &[(Field::Commune, "Tinzart".into()), (Field::CommuneCode, "09.541.04.61".into())],
    );
    house.add_row(dossier, Table::Objective, &[(Field::Label, "De l’eau toute l’année".into())]);
    house.add_row(dossier, Table::Partner, &[(Field::Label, "Association du douar".into())]);
    let line = house.row();
    house.edit(&Edit::AddLine { dossier, line, side: Side::Expense, label: "Forage".to_owned() });
    for (field, value) in [(Field::Quantity, 3), (Field::UnitCents, 333_333), (Field::SpentCents, 990_000)] {
        house.edit(&Edit::SetField { document: dossier, row: Some(line), field, value: Value::Number(value) });
    }
    house.add_row(
        dossier,
        Table::Instalment,
        &[
            (Field::Label, "Première tranche".into()),
            (Field::Received, "2025-04-02".into()),
            (Field::ReceivedCents, Value::Number(700_000)),
        ],
    );
    house.set(dossier, Field::GrantedCents, 1_000_000);
    house.set(dossier, Field::AgreementDay, "2025-02-20");
    for (stage, on) in [("granted", "2025-02-01"), ("running", "2025-03-05"), ("final_report", "2026-09-30")] {
        house.bring(dossier, stage, on);
    }
}

#[test]
fn published_projects_are_an_iati_file_that_the_standards_schema_takes() {
    let mut house = published();
    assert_eq!(house.staff.get("/api/v1/iati.xml").refusal(), (422, "iati.no_reporter".to_owned()));
    house.set(SETTINGS, Field::HouseIati, "FR-RNA-W133001234");
    house.keep();
    let none = String::from_utf8(house.staff.get("/api/v1/iati.xml").body).unwrap();
    assert!(!none.contains("<iati-activity "), "{none}");
    house.set(id(4, 0), Field::Published, "yes");
    house.keep();
    let reply = house.staff.get("/api/v1/iati.xml");
    let xml = String::from_utf8(reply.body).unwrap();
    assert_eq!(xml.matches("<iati-activity ").count(), 1, "the other is nobody's business");
    for said in [
        "<iati-activities version=\"2.03\" generated-datetime=\"",
        "<iati-activity xml:lang=\"fr\" default-currency=\"EUR\" last-updated-datetime=\"",
        &format!("<iati-identifier>FR-RNA-W133001234-{}</iati-identifier>", id(4, 0)),
        "<narrative>Migrations &amp; &lt;Développement&gt;</narrative>",
        "<narrative>Eau potable à Tinzart</narrative>",
        "<activity-status code=\"3\"/>",
        "<activity-date type=\"1\" iso-date=\"2025-03-01\"/>",
        "<activity-date type=\"2\" iso-date=\"2025-03-05\"/>",
        "<activity-date type=\"3\" iso-date=\"2026-08-31\"/>",
        "<recipient-country code=\"MA\" percentage=\"100\"/>",
        "<location ref=\"09.541.04.61\">",
        "<sector vocabulary=\"1\" code=\"14031\" percentage=\"100\"/>",
        "<tag vocabulary=\"2\" code=\"6\"/>",
        "<policy-marker vocabulary=\"1\" code=\"1\" significance=\"1\"/>",
        "<value currency=\"EUR\" value-date=\"2025-03-01\">6666.66</value>",
        "<value currency=\"EUR\" value-date=\"2026-03-01\">3333.33</value>",
        "<value currency=\"EUR\" value-date=\"2025-04-02\">7000.00</value>",
        "<value currency=\"EUR\" value-date=\"2026-09-30\">9900.00</value>",
    ] {
        assert!(xml.contains(said), "{said}: {xml}");
    }
    let Ok(installed) = Command::new("xmllint").arg("--version").output() else {
        assert!(std::env::var_os("CI").is_none(), "xmllint is not here");
        return;
    };
    assert!(installed.status.success());
    let folder = tempfile::tempdir().unwrap();
    let schema = root().join("tests/iati/iati-activities-schema.xsd");
    // The schema refuses what is not right: else it would prove nothing.
    for (text, is_right) in [(xml.clone(), true), (none, false), (xml.replace("type=\"22\"", "kind=\"22\""), false)] {
        let file = folder.path().join("activities.xml");
        fs::write(&file, &text).unwrap();
        let checked = Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(&schema).arg(&file).output();
        let checked = checked.unwrap();
        assert_eq!(checked.status.success(), is_right, "{}\n{text}", String::from_utf8_lossy(&checked.stderr));
    }
}

#[test]
fn an_iati_file_names_the_association_that_stands_for_the_projects_own() {
    let mut house = published();
    house.set(SETTINGS, Field::HouseIati, "FR-RNA-W133001234");
    house.set(id(4, 0), Field::Published, "yes");
    house.add_association(1, &[]);
    house.edit(&Edit::LinkSame { person: id(2, 0), same_as: id(2, 1) });
    house.keep();
    let xml = String::from_utf8(house.staff.get("/api/v1/iati.xml").body).unwrap();
    assert!(xml.contains("<narrative>Association 1</narrative>") && !xml.contains("Association 0"), "{xml}");
}

/// The page that explains the indicators, as the engine defines them.
fn page() -> String {
    let mut page = fs::read_to_string(root().join("docs/indicateurs.md")).unwrap();
    let head = page.find("| N° |").expect("the table");
    page.truncate(head);
    page.push_str("| N° | Clé | Indicateur | Définition | Unité |\n|---|---|---|---|---|\n");
    for code in Code::ALL {
        let unit = match code.unit() {
            shared::indicators::Unit::Count => "nombre",
            shared::indicators::Unit::Minutes => "minutes",
            shared::indicators::Unit::Cents => "centimes d’euro",
            shared::indicators::Unit::BasisPoints => "centièmes de pour cent",
        };
        let cells = [code.number(), code.key(), code.label(), code.definition(), unit];
        page.push_str(&format!("| {} | `{}` | {} | {} | {} |\n", cells[0], cells[1], cells[2], cells[3], cells[4]));
    }
    page
}

/// `TIWIZI_WRITE_DOCS=1` writes it anew.
#[test]
fn definitions_are_the_same_in_the_engine_on_the_page_and_in_the_app() {
    let place = root().join("docs/indicateurs.md");
    if std::env::var_os("TIWIZI_WRITE_DOCS").is_some() {
        fs::write(&place, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(place).unwrap(), page(), "run this test with TIWIZI_WRITE_DOCS=1");
    let messages: Json =
        serde_json::from_str(&fs::read_to_string(root().join("pwa/messages/fr.json")).unwrap()).unwrap();
    for code in Code::ALL {
        assert_eq!(messages[format!("sums_code_{}", code.key())], code.label());
        assert_eq!(messages[format!("sums_def_{}", code.key())], code.definition());
    }
}

#[test]
fn a_file_from_before_gets_its_rows() {
    let house = gathered();
    let emptied = house.server.state.store.write_blocking(|tx, _| {
        tx.execute_batch(
            "DELETE FROM half_day; DELETE FROM headcount; DELETE FROM opinion; DELETE FROM support; DELETE FROM event_tally;
             DELETE FROM place; DELETE FROM way; DELETE FROM move; DELETE FROM programme;",
        )?;
        Ok::<_, storage::StoreError>(())
    });
    emptied.unwrap();
    let differs = house.server.state.store.read_blocking(verify::verify).unwrap();
    assert!(differs.problems.iter().any(|one| one.code == "projection.differs"));
    // As whoever opens an older file brings it up to date.
    house.server.state.store.write_blocking(|tx, _| verify::project(tx)).unwrap();
    let found = house.server.state.store.read_blocking(verify::verify).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}
