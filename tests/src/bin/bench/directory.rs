//! Lists of the directory at 5,000, 50,000 and 500,000 people: pages, filters and searches as the server answers them, without HTTP.

use std::{collections::BTreeMap, time::Instant};

use ::tests::world::Rng;
use server::storage::{
    Place, Store, StoreError, WriterState,
    documents::{self, Standing},
    listed::{self, Sort, Wanted},
    projections::{self, Projection},
};
use shared::{
    document::Kind,
    field::{Field, Value},
    id::{AccountId, DocumentId, RowId},
    mark::{How, Mark, Status},
    names,
    record::{AssociationRecord, EventRecord, Fields, Joined, PersonRecord, Record, Register, Slot},
};

use crate::{Outcome, Row};

const SIZES: [usize; 3] = [5_000, 50_000, 500_000];
/// People of one association, and of one event.
const TOGETHER: usize = 25;
/// How often each question is asked.
const TIMES: usize = 40;
const PAGE: usize = 200;

const GIVEN: [(&str, &str); 16] = [
    ("Fatima", "فاطمة"),
    ("Fatma", ""),
    ("Fatima Zahra", "فاطمة الزهراء"),
    ("Mohamed", "محمد"),
    ("Mohammed", ""),
    ("M'hamed", "امحمد"),
    ("Lahcen", "لحسن"),
    ("Lahoucine", "الحسين"),
    ("Hassan", "حسن"),
    ("Amina", "أمينة"),
    ("Khadija", "خديجة"),
    ("Youssef", "يوسف"),
    ("Brahim", "ابراهيم"),
    ("Rachid", ""),
    ("Naïma", "نعيمة"),
    ("Abdellah", "عبد الله"),
];
const SYLLABLES: [&str; 18] = [
    "ou", "ab", "kas", "mou", "ben", "ta", "ri", "fka", "zer", "lgh", "ima", "dri", "ssi", "am", "ran", "ait", "bou",
    "hal",
];

fn fields(of: &[(Field, String)]) -> Fields {
    let register = |value: &String| Register { value: Value::from(&**value), apart: Vec::new() };
    Fields(of.iter().map(|(field, value)| (*field, register(value))).collect())
}

fn id(kind: u8, n: usize) -> DocumentId {
    let mut bytes = [kind; 16];
    bytes[8..].copy_from_slice(&(n as u64).to_be_bytes());
    DocumentId(bytes)
}

fn person(rng: &mut Rng, n: usize, associations: usize) -> Record {
    let (given, name_ar) = GIVEN[rng.below(GIVEN.len())];
    let family: String = (0..2 + rng.below(3)).map(|_| SYLLABLES[rng.below(SYLLABLES.len())]).collect();
    let fields = fields(&[
        (Field::Given, given.to_owned()),
        (Field::Family, family.clone()),
        (Field::NameAr, name_ar.to_owned()),
        (Field::Sex, ["f", "h"][n % 2].to_owned()),
        (Field::CommuneCode, ["13055", "09.541.05.13", "06088", ""][rng.below(4)].to_owned()),
        (Field::Association, id(2, rng.below(associations)).to_string()),
    ]);
    let search = names::fold_search(&format!("{given} {family} {name_ar}"));
    Record::Person(PersonRecord { fields, not_same: Vec::new(), search })
}

fn event(rng: &mut Rng, n: usize, people: usize) -> Record {
    let slot = RowId([1; 8]);
    let day = format!("2026-{:02}-{:02}", 1 + n % 12, 1 + n % 28);
    let who: Vec<DocumentId> = (0..TOGETHER).map(|_| id(1, rng.below(people))).collect();
    let mark = |(n, person): (usize, &DocumentId)| Mark {
        id: RowId([9, 0, 0, 0, 0, 0, 0, u8::try_from(n).unwrap_or(0)]),
        person: *person,
        slot,
        status: Status::Present,
        minutes: None,
        how: How::Tap,
        at_ms: 0,
        by: None,
        late: false,
        withdrawn: None,
    };
    Record::Event(EventRecord {
        fields: fields(&[(Field::Title, format!("Atelier {n}"))]),
        slots: vec![Slot { id: slot, fields: fields(&[(Field::Day, day)]) }],
        marks: who.iter().enumerate().map(mark).collect(),
        roster: who.iter().map(|one| (*one, Joined::Expected)).collect::<BTreeMap<_, _>>(),
        ..EventRecord::default()
    })
}

fn filled(store: &Store, people: usize) -> Result<(), StoreError> {
    let mut rng = Rng::new(7);
    let associations = people / TOGETHER;
    store.write_blocking(move |tx, _| {
        let put = |kind: Kind, id: DocumentId, arrival: u64, record: &Record| {
            let standing = Standing {
                kind,
                heads: vec![[0; 32]],
                digest: u128::from_be_bytes(id.0),
                first_arrival: arrival,
                last_arrival: arrival,
                changes: 1,
                created_by: AccountId([0; 16]),
                epoch: 0,
            };
            documents::put_standing(tx, id, &standing)?;
            projections::put_rows(tx, id, &Projection::of(id, record))
        };
        let mut arrival = 0;
        let mut next = || {
            arrival += 1;
            arrival
        };
        for n in 0..associations {
            let title = (Field::Title, format!("Association {} {n}", SYLLABLES[n % SYLLABLES.len()]));
            let of = fields(&[title, (Field::Postcode, ["13001", "06000", "59000"][n % 3].to_owned())]);
            put(
                Kind::Association,
                id(2, n),
                next(),
                &Record::Association(AssociationRecord { fields: of, ..Default::default() }),
            )?;
        }
        for n in 0..people {
            put(Kind::Person, id(1, n), next(), &person(&mut rng, n, associations))?;
        }
        // Four events for each person, which is what a faithful house comes to.
        for n in 0..people * 4 / TOGETHER {
            put(Kind::Event, id(3, n), next(), &event(&mut rng, n, people))?;
        }
        listed::rebuild(tx)
    })
}

/// What is asked, in words and as the server is asked.
fn questions() -> Vec<(&'static str, Wanted)> {
    let of = |words: &str| Wanted { words: words.to_owned(), ..Wanted::default() };
    vec![
        ("first page by name", Wanted::default()),
        ("by last seen", Wanted { sort: Sort::Day, descends: true, ..Wanted::default() }),
        ("by number of events", Wanted { sort: Sort::Events, descends: true, ..Wanted::default() }),
        ("filtered by territory and sex", Wanted { place: "FR.13".into(), sex: "f".into(), ..Wanted::default() }),
        ("two letters", of("mo")),
        ("one common name", of("fatima")),
        ("two words", of("oukas mohamed")),
        ("Arabic", of("فاطمة الزهراء")),
        ("two letters wrong", of("khadjia moubnetari")),
        ("nobody", of("xyzzyplugh")),
    ]
}

/// Fills the three sizes one after the other, and asks each of them everything.
pub(crate) fn directory(rows: &mut Vec<Row>) -> Outcome<()> {
    for people in SIZES {
        let folder = tempfile::tempdir()?;
        let store = Store::open(&Place::in_folder(folder.path())?, WriterState::default())?;
        let began = Instant::now();
        filled(&store, people)?;
        eprintln!("{people} people: filled in {:.1} s", began.elapsed().as_secs_f64());
        let mut worst: f64 = 0.0;
        for (what, wanted) in questions() {
            let mut took = Vec::with_capacity(TIMES);
            let mut total = 0;
            for _ in 0..TIMES {
                let began = Instant::now();
                let lines = store.read_blocking(|db| listed::list(db, Kind::Person, &wanted, None, None, PAGE))?;
                took.push(began.elapsed().as_secs_f64() * 1_000.0);
                total = lines.total;
            }
            took.sort_by(f64::total_cmp);
            let (p50, p95) = (took[TIMES / 2], took[TIMES * 95 / 100]);
            eprintln!("{people} people, {what}: p50 {p50:.1} ms, p95 {p95:.1} ms, {total} found");
            worst = worst.max(p95);
        }
        store.stop();
        rows.push(Row {
            what: format!(
                "Lists and searches among {} people: the slowest of ten questions, p95",
                crate::spaced(people as u64)
            ),
            target: (if people <= 50_000 { "≤ 100 ms" } else { "–" }).to_owned(),
            measured: format!("{worst:.0} ms"),
            met: people > 50_000 || worst <= 100.0,
        });
    }
    Ok(())
}
