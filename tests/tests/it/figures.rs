//! An event's figures, over real HTTP, against a count so simple that it cannot be wrong; and what of them leaves the house.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use server::{
    hand::Hand,
    storage::access::{self, Decision, Given},
    verify,
};
use shared::{
    edit::{Edit, NewPerson, NewSlot},
    field::{AGE_BANDS, Field, SEXES, Value},
    id::{AccountId, DocumentId, RowId},
    mark::{How, Status},
    role::Role,
};
use tests::{
    server::{Client, START_MS, TestServer},
    world::Rng,
};

/// Houses that every run counts.
const SEEDS: std::ops::Range<u64> = 1..9;
const DAYS: [&str; 3] = ["2026-03-01", "2026-03-02", "2026-04-10"];
const HOURS: [(&str, &str, u32); 2] = [("09:00", "12:30", 210), ("14:00", "17:00", 180)];

fn document(kind: u8, n: usize) -> DocumentId {
    let mut bytes = [kind; 16];
    bytes[15] = u8::try_from(n).unwrap();
    DocumentId(bytes)
}

fn event(n: usize) -> DocumentId {
    document(3, n)
}

fn slot(event: usize, n: usize) -> RowId {
    RowId([9, 9, 9, 9, 9, 9, u8::try_from(event).unwrap(), u8::try_from(n).unwrap()])
}

/// What is so of one person, in the words of the figures.
#[derive(Debug, Clone, Default)]
struct Told {
    sex: &'static str,
    age_band: &'static str,
    departement: &'static str,
    association: Option<usize>,
    /// Another of whom a human said that they are the same.
    same_as: Option<usize>,
}

/// Fields that say where something is.
type Place = &'static [(Field, &'static str)];
/// Event, half-day, person.
type At = (usize, usize, usize);
/// A status, and how long, where it was said.
type Seen = (Status, Option<u16>);

/// An association: the fields that say where it is, then its département and its territory of origin.
const ASSOCIATIONS: [(Place, &str, &str); 5] = [
    (&[(Field::Postcode, "13005"), (Field::Origin, "09.541.05.13")], "13", "09.541"),
    (&[(Field::CommuneCode, "06088"), (Field::Origin, "09.581, 09.551")], "06", "several"),
    (&[(Field::CommuneCode, "09.581.01.01")], "MA", "09.581"),
    (&[(Field::Postcode, "20200")], "2B", ""),
    (&[], "", ""),
];

/// A house with three events, and everything that is so of it.
struct House {
    server: TestServer,
    hand: Hand,
    staff: Client,
    people: Vec<Told>,
    /// The presences that were seen there.
    present: BTreeMap<At, Vec<Seen>>,
    /// Event, sex, age band: people without names.
    unnamed: Vec<(usize, &'static str, &'static str, u32)>,
}

impl House {
    fn empty() -> Self {
        let server = TestServer::start();
        let hand = Hand::open(&server.state.store, "Bureau", Role::Admin, &server.state.clock).unwrap();
        let staff = server.enrolled(Role::Staff, "Équipe");
        Self { server, hand, staff, people: Vec::new(), present: BTreeMap::new(), unnamed: Vec::new() }
    }

    fn edit(&mut self, edit: &Edit) {
        self.hand.edit(edit, START_MS).unwrap();
    }

    fn add_event(&mut self, n: usize, kind: &str) {
        let slots = (0..HOURS.len()).map(|half| NewSlot {
            slot: slot(n, half),
            day: DAYS[n].to_owned(),
            starts: HOURS[half].0.to_owned(),
            ends: HOURS[half].1.to_owned(),
        });
        let fields = [(Field::Title, Value::from("Atelier")), (Field::EventKind, Value::from(kind))].into();
        self.edit(&Edit::CreateEvent { event: event(n), fields, slots: slots.collect() });
    }

    fn add_person(&mut self, told: Told, commune_code: &str) {
        let n = self.people.len();
        let new = NewPerson {
            given: "Zahra".to_owned(),
            family: format!("Aboulkacem-{n}"),
            sex: told.sex.to_owned(),
            age_band: told.age_band.to_owned(),
            commune_code: commune_code.to_owned(),
            association: told.association.map(|n| document(2, n)),
            ..NewPerson::default()
        };
        self.edit(&Edit::CreatePerson { person: document(1, n), new, notice_read: true });
        self.people.push(told);
    }

    /// Somebody is on a roster, and is marked.
    fn mark(&mut self, at: At, status: Status, minutes: Option<u16>, mark: u16) {
        let (n, half, one) = at;
        let [high, low] = mark.to_be_bytes();
        let (event, slot, person) = (event(n), slot(n, half), document(1, one));
        let mark = RowId([7, 0, 0, 0, 0, u8::try_from(n).unwrap(), high, low]);
        self.edit(&Edit::AddToRoster { event, person });
        self.edit(&Edit::CheckIn { event, slot, person, mark, status, minutes, how: How::Tap });
        if status.attended() {
            self.present.entry(at).or_default().push((status, minutes));
        }
    }

    fn keep(&mut self) {
        self.hand.keep(START_MS).unwrap();
    }

    fn drawn(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut house = Self::empty();
        for (n, (fields, ..)) in ASSOCIATIONS.iter().enumerate() {
            let title = (Field::Title, Value::from(format!("Association {n}").as_str()));
            let fields = fields.iter().map(|(field, value)| (*field, Value::from(*value))).chain([title]);
            house.edit(&Edit::CreateAssociation { association: document(2, n), fields: fields.collect() });
        }
        for n in 0..DAYS.len() {
            house.add_event(n, if n == 1 { "group_support" } else { "writing_workshop" });
        }
        let people = 4 + rng.below(30);
        for _ in 0..people {
            let association = rng.chance(80).then(|| rng.below(ASSOCIATIONS.len()));
            let (commune, departement) =
                *rng.pick(&[("", ""), ("", ""), ("13055", "13"), ("97411", "974"), ("09.541.01.05", "MA")]).unwrap();
            let of_association = association.map_or("", |n| ASSOCIATIONS[n].1);
            let told = Told {
                sex: rng.pick(&["f", "f", "h", "other", "unspecified", ""]).unwrap(),
                age_band: rng.pick(&["under_18", "18_30", "31_60", "31_60", "over_60", ""]).unwrap(),
                departement: if departement.is_empty() { of_association } else { departement },
                association,
                same_as: None,
            };
            house.add_person(told, commune);
        }
        let mut number = 0;
        for n in 0..DAYS.len() {
            for one in (0..people).filter(|_| rng.chance(60)).collect::<Vec<_>>() {
                for half in 0..HOURS.len() {
                    // Some are marked twice, also so that the marks contradict.
                    for _ in 0..rng.below(3) {
                        let status = *rng.pick(&Status::ALL).unwrap();
                        let minutes = rng.chance(50).then(|| u16::try_from(rng.below(400)).unwrap());
                        number += 1;
                        house.mark((n, half, one), status, minutes.filter(|_| status == Status::Partial), number);
                    }
                }
            }
            for _ in 0..rng.below(4) {
                let (sex, age_band) = (*rng.pick(SEXES).unwrap(), *rng.pick(AGE_BANDS).unwrap());
                let count = u32::try_from(rng.below(12)).unwrap();
                let half = slot(n, rng.below(2));
                let set = Edit::SetHeadcount {
                    event: event(n),
                    slot: half,
                    sex: sex.to_owned(),
                    age_band: age_band.to_owned(),
                    people: Some(count),
                };
                // One number for each: a second one takes the place of the first.
                if house.unnamed.iter().all(|(at, s, a, _)| (*at, *s, *a) != (n, sex, age_band)) {
                    house.edit(&set);
                    house.unnamed.push((n, sex, age_band, count));
                }
            }
        }
        // The last two are the first, says a human.
        for one in [people - 2, people - 1] {
            if one > 1 && rng.chance(60) {
                let value = Value::from(document(1, 0).to_string().as_str());
                house.edit(&Edit::SetField { document: document(1, one), row: None, field: Field::SameAs, value });
                house.people[one].same_as = Some(0);
            }
        }
        house.keep();
        house
    }

    fn figures(&mut self, n: usize) -> Json {
        let reply = self.staff.get(&format!("/api/events/{}/figures", event(n)));
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply.json()
    }

    fn csv(&mut self, n: usize) -> Vec<[String; 4]> {
        let reply = self.staff.get(&format!("/api/events/{}/figures.csv", event(n)));
        assert_eq!(reply.status, 200, "{}", reply.json());
        let text = String::from_utf8(reply.body).unwrap();
        let rows = text.trim_start_matches('\u{feff}').lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(';').collect();
            assert_eq!(cells.len(), 7, "{line}");
            [3, 4, 5, 6].map(|place| cells[place].to_owned())
        });
        rows.collect()
    }

    /// Who stands for somebody.
    fn stands(&self, one: usize) -> usize {
        self.people[one].same_as.unwrap_or(one)
    }

    /// The half-days of an event to which each human being came.
    fn came(&self, n: usize) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut came: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (at, half, one) in self.present.keys() {
            if *at == n {
                came.entry(self.stands(*one)).or_default().insert(*half);
            }
        }
        came
    }

    /// The same by counting one after the other.
    fn counted(&self, n: usize) -> Json {
        let came = self.came(n);
        let before: BTreeSet<usize> = (0..n).flat_map(|n| self.came(n).into_keys()).collect();
        let of = |one: &usize| self.people[*one].association;
        let reached: BTreeSet<usize> = came.keys().filter_map(of).collect();
        let known: BTreeSet<usize> = before.iter().filter_map(of).collect();
        let by = |key: &dyn Fn(usize) -> &'static str| {
            let mut sums: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
            for (one, halves) in &came {
                let key = Some(key(*one)).filter(|key| *key != "unspecified").unwrap_or("");
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + 1, sum.1 + halves.len());
            }
            sums.iter().map(|(key, (people, times))| json!([key, people, times])).collect::<Vec<_>>()
        };
        let origin = |one| of(&one).map_or("", |n| ASSOCIATIONS[n].2);
        let support = (0..HOURS.len()).flat_map(|half| came.iter().map(move |(one, halves)| (half, one, halves)));
        let minutes = support.filter(|(half, _, halves)| halves.contains(half)).map(|(half, stands, _)| {
            let all =
                self.present.iter().filter(|((at, h, one), _)| (*at, *h, self.stands(*one)) == (n, half, *stands));
            let seen: Vec<_> = all.flat_map(|(_, seen)| seen.iter().copied()).collect();
            attended(&seen, HOURS[half].2)
        });
        json!({
            "people": came.len(),
            "participations": came.values().map(BTreeSet::len).sum::<usize>(),
            "people_new": came.keys().filter(|one| !before.contains(one)).count(),
            "associations": reached.len(),
            "associations_new": reached.difference(&known).count(),
            "unnamed": self.unnamed.iter().filter(|(at, ..)| *at == n).map(|(.., count)| count).sum::<u32>(),
            "support_minutes": (n == 1).then(|| minutes.sum::<u32>()),
            "novelty": by(&|one| if before.contains(&one) { "returning" } else { "new" }),
            "sex": by(&|one| self.people[one].sex),
            "age_band": by(&|one| self.people[one].age_band),
            "departement": by(&|one| self.people[one].departement),
            "origin": by(&origin),
        })
    }
}

/// M2: present prevails over partial, partial over remote. Who was there in part was there for as long as somebody said, if anybody did.
fn attended(seen: &[Seen], whole: u32) -> u32 {
    let partial = seen.iter().filter(|(status, _)| *status == Status::Partial);
    if seen.iter().any(|(status, _)| *status == Status::Present) {
        return whole;
    }
    partial.filter_map(|(_, minutes)| *minutes).max().map_or(whole, |minutes| whole.min(minutes.into()))
}

/// The server's answer, in the shape of [`House::counted`].
fn told(figures: &Json) -> Json {
    let mut told = json!({});
    for key in
        ["people", "participations", "people_new", "associations", "associations_new", "unnamed", "support_minutes"]
    {
        told[key] = figures[key].clone();
    }
    for table in figures["tables"].as_array().unwrap() {
        let mut rows: Vec<_> = table["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["people"] != json!(0) && row["people"] != Json::Null)
            .map(|row| json!([row["key"], row["people"], row["participations"]]))
            .collect();
        rows.sort_by_key(|row| row[0].as_str().unwrap().to_owned());
        let by = table["by"].as_str().unwrap();
        if !by.starts_with("unnamed") {
            told[by] = rows.into();
        }
    }
    told
}

#[test]
fn f1_to_f6_figures_are_what_a_simple_count_says() {
    let mut people = 0;
    for seed in SEEDS {
        let mut house = House::drawn(seed);
        for n in 0..DAYS.len() {
            let figures = house.figures(n);
            assert_eq!(told(&figures), house.counted(n), "seed {seed}, event {n}");
            people += figures["people"].as_u64().unwrap();
            // F4: what is not filled in is always there, and each table adds up.
            for table in figures["tables"].as_array().unwrap() {
                let rows = table["rows"].as_array().unwrap();
                let by = table["by"].as_str().unwrap();
                assert!(by == "novelty" || rows.last().unwrap()["key"] == "", "{by}");
                let sum: u64 = rows.iter().map(|row| row["participations"].as_u64().unwrap()).sum();
                let whole = if by.starts_with("unnamed") { "unnamed" } else { "participations" };
                assert_eq!(sum, figures[whole].as_u64().unwrap(), "{by}");
            }
        }
    }
    assert!(people > 100);
}

/// A number as a file has it.
#[derive(Debug, Clone, Copy)]
enum Published {
    Known(u32),
    /// Of the first, and at most the second.
    Between(u32, u32),
}

fn published(text: &str) -> Published {
    match text {
        "< 5" => Published::Between(1, 4),
        "n. p." => Published::Between(5, 10_000),
        number => Published::Known(number.parse().unwrap_or_else(|_| panic!("{number}"))),
    }
}

/// How many values one cell may have where all of them add up to the whole: what anybody can work out who has the file.
fn values(cells: &[Published], of: usize, whole: u32) -> u32 {
    let bounds = |cell: &Published| match cell {
        Published::Known(number) => (*number, *number),
        Published::Between(least, most) => (*least, *most),
    };
    let others = || cells.iter().enumerate().filter(|(n, _)| *n != of).map(|(_, cell)| bounds(cell));
    let (least, most) = others().fold((0, 0), |sum, bound| (sum.0 + bound.0, sum.1 + bound.1));
    let (own_least, own_most) = bounds(&cells[of]);
    (own_least..=own_most.min(whole)).filter(|own| (least..=most).contains(&(whole - own))).fold(0, |n, _| n + 1)
}

#[test]
fn f7_what_leaves_the_house_tells_of_no_small_group() {
    let (mut masked, mut unpublished) = (0, 0);
    for seed in SEEDS {
        let mut house = House::drawn(seed);
        for n in 0..DAYS.len() {
            let rows = house.csv(n);
            let head =
                |label: &str| rows.iter().find(|row| row[0] == "Ensemble" && row[1] == label).unwrap()[3].clone();
            let tables: BTreeSet<&String> = rows.iter().map(|row| &row[0]).filter(|name| *name != "Ensemble").collect();
            for table in tables {
                let unnamed = table.starts_with("Sans nom");
                let whole = head(if unnamed { "Participations comptées sans nom" } else { "Personnes présentes" });
                let measure = if unnamed { "Participations" } else { "Personnes" };
                let lines: Vec<_> = rows.iter().filter(|row| row[0] == *table && row[2] == measure).collect();
                if lines.is_empty() {
                    unpublished += 1;
                    continue;
                }
                let Published::Known(whole) = published(&whole) else { panic!("{table}: parts of a masked whole") };
                let cells: Vec<_> = lines.iter().map(|row| published(&row[3])).collect();
                for (of, cell) in cells.iter().enumerate() {
                    match cell {
                        Published::Known(number) => assert!(!(1..5).contains(number), "seed {seed}: {table}"),
                        Published::Between(..) => {
                            assert!(values(&cells, of, whole) > 1, "seed {seed}, event {n}: {table}: {cells:?}");
                            masked += 1;
                        }
                    }
                }
                // A masked line is masked in each of its columns.
                for line in &lines {
                    let all = rows.iter().filter(|row| row[0] == *table && row[1] == line[1]);
                    let marks: BTreeSet<_> = all.map(|row| row[3].parse::<u32>().is_err()).collect();
                    assert_eq!(marks.len(), 1, "{table}: {}", line[1]);
                }
            }
        }
    }
    assert!(masked > 50 && unpublished > 0, "{masked}, {unpublished}");
}

#[test]
fn figures_are_for_those_who_read_sheets_and_final_once_sealed() {
    let mut house = House::drawn(3);
    let address = format!("/api/events/{}/figures", event(0));
    let mut volunteer = house.server.enrolled(Role::Volunteer, "Amina");
    let mut coordinator = house.server.enrolled(Role::Coordinator, "Badr");
    let mut auditor = house.server.enrolled(Role::Auditor, "Contrôle");
    for form in ["", ".csv", ".xlsx"] {
        let address = format!("{address}{form}");
        assert_eq!(volunteer.get(&address).refusal(), (403, "role.forbidden".to_owned()));
        assert_eq!(coordinator.get(&address).status, 200);
        assert_eq!(auditor.get(&address).refusal(), (404, "document.unknown".to_owned()));
    }
    let account: AccountId =
        serde_json::from_value(auditor.get("/api/session").json()["account"]["id"].clone()).unwrap();
    let decision = Decision { account, document: event(0), given: Given::Yes, by: None, now_ms: START_MS };
    house.server.state.store.write_blocking(move |tx, _| access::decide(tx, &decision)).unwrap();
    for form in ["", ".csv", ".xlsx"] {
        assert_eq!(auditor.get(&format!("{address}{form}")).status, 200);
        assert_eq!(auditor.get(&format!("/api/events/{}/figures{form}", event(1))).status, 404);
    }
    assert_eq!(house.figures(0)["is_provisional"], true);
    let sheet = format!("/api/events/{}/sheet", event(0));
    let plan = coordinator.get(&sheet).json()["plan"].clone();
    assert_eq!(coordinator.post(&sheet, &json!({ "plan": plan })).status, 200);
    assert_eq!(house.figures(0)["is_provisional"], false);
    // What comes after the seal makes them provisional again.
    house.mark((0, 0, 1), Status::Present, None, 60_000);
    house.keep();
    assert_eq!(house.figures(0)["is_provisional"], true);
}

/// A PNG of one colour: eight bits, RGB.
fn png(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(data);
        bytes.extend(kind);
        bytes.extend(data);
        bytes.extend(crc.sum().to_be_bytes());
    };
    let [width, height] = [side.to_be_bytes(), side.to_be_bytes()];
    chunk(b"IHDR", &[&width[..], &height, &[8, 2, 0, 0, 0]].concat());
    let row: Vec<u8> = [0].into_iter().chain([23, 89, 92].into_iter().cycle().take(3 * side as usize)).collect();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &row.repeat(side as usize)).unwrap();
    chunk(b"IDAT", &packed.finish().unwrap());
    chunk(b"IEND", &[]);
    bytes
}

/// Pictures in a PDF.
fn pictures(pdf: &[u8]) -> usize {
    assert!(pdf.starts_with(b"%PDF-"));
    pdf.windows(14).filter(|bytes| bytes == b"/Subtype/Image" || &bytes[..] == b"/Subtype /Imag").count()
}

#[test]
fn a_logo_stands_on_papers_and_stays_on_what_is_sealed() {
    let mut house = House::empty();
    house.add_event(0, "writing_workshop");
    house.add_person(Told::default(), "");
    house.mark((0, 0, 0), Status::Present, None, 1);
    let value = Value::from("Agence française de développement, Région Sud");
    house.edit(&Edit::SetField { document: event(0), row: None, field: Field::Funders, value });
    // Convocations carry a code that is made with it.
    let value = Value::from("0123456789abcdef0123456789abcdef");
    house.edit(&Edit::SetField { document: event(0), row: None, field: Field::BadgeKey, value });
    house.keep();
    let mut admin = house.server.enrolled(Role::Admin, "Amina");
    let paper = |what: &str| format!("/api/events/{}/papers?what={what}", event(0));
    let papers = ["draft", "blank", "attestations", "convocations"];
    for what in papers {
        assert_eq!(pictures(&admin.get(&paper(what)).body), 0, "{what}");
    }
    // What may be kept, and by whom.
    let logo = |name: &str, bytes: &[u8]| json!({ "name": name, "picture": STANDARD.encode(bytes) });
    assert_eq!(house.staff.post("/api/logos", &logo("", &png(40))).refusal(), (403, "role.forbidden".to_owned()));
    for (bytes, status, code) in [
        (b"<svg/>".to_vec(), 415, "logo.picture"),
        (png(40)[..60].to_vec(), 415, "logo.picture"),
        // Few bytes, and four million pixels.
        (png(2000), 413, "logo.too_large"),
        (vec![0; 46 * 1024], 413, "logo.too_large"),
    ] {
        assert_eq!(admin.post("/api/logos", &logo("", &bytes)).refusal(), (status, code.to_owned()));
    }
    assert_eq!(admin.post("/api/logos", &logo("", &png(40))).status, 204);
    // Whatever the capitals and accents; one that the event does not name is not printed.
    assert_eq!(admin.post("/api/logos", &logo("AGENCE FRANCAISE DE DEVELOPPEMENT", &png(50))).status, 204);
    assert_eq!(admin.post("/api/logos", &logo("FORIM", &png(60))).status, 204);
    for what in papers {
        assert_eq!(pictures(&admin.get(&paper(what)).body), 2, "{what}");
    }
    // Sealed with them, and proved after they went.
    let sheet = format!("/api/events/{}/sheet", event(0));
    let plan = admin.get(&sheet).json()["plan"].clone();
    let code = admin.post(&sheet, &json!({ "plan": plan })).json()["code"].as_str().unwrap().to_owned();
    let sealed = format!("/api/sheets/{code}?form=pdf");
    let pdf = admin.get(&sealed).body;
    assert_eq!(pictures(&pdf), 2);
    let listed = admin.get("/api/logos").json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    let first = &listed[0];
    assert_eq!(first["name"], "");
    assert_eq!(admin.get(&format!("/api/logos/{}", first["id"])).body, png(40));
    for one in listed.as_array().unwrap() {
        assert_eq!(admin.post(&format!("/api/logos/{}/remove", one["id"]), &json!({})).status, 204);
    }
    let gone = admin.post(&format!("/api/logos/{}/remove", first["id"]), &json!({}));
    assert_eq!(gone.refusal(), (404, "logo.unknown".to_owned()));
    assert_eq!(pictures(&admin.get(&paper("draft")).body), 0);
    assert_eq!(admin.get(&sealed).body, pdf);
    assert_eq!(house.server.stranger().get(&format!("/api/check/{code}")).json()["genuine"], true);
    let found = house.server.state.store.read_blocking(verify::verify).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let noted = admin.get("/api/journal?action=logo_changed").json();
    assert_eq!(noted["lines"].as_array().unwrap().len(), 6);
}
