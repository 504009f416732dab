//! Possible duplicates at 5,000, 50,000 and 500,000 people: a full run, and one person among them; and whom a walk-in may be, on a phone.

use std::time::{Duration, Instant};

use ::tests::world::Rng;
use rusqlite::{Connection, params};
use server::storage::{self, Place, twins};
use shared::{
    edit::{Edit, Entry, NewPerson},
    id::{AccountId, DeviceId, DocumentId, RowId},
    phone::Phone,
    replica::{Identity, Replica, Sought},
    role::Role,
    twin::{self, Certainty, Traits},
};

use crate::{Outcome, Row, spaced};

const SIZES: [usize; 3] = [5_000, 50_000, 500_000];
/// Percent of the people who are somebody again: another spelling, the same phone.
const AGAIN: usize = 2;
/// People who are looked up one by one.
const LOOKED_UP: usize = 200;

fn given() -> Vec<&'static str> {
    include_str!("../../../../shared/vectors/name_families.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .flat_map(|line| line.trim_start_matches('?').split('|'))
        .collect()
}

/// Families are called after them here.
fn communes() -> Vec<&'static str> {
    let lines = include_str!("../../../../reference/morocco/communes.csv").lines().skip(1);
    lines.filter_map(|line| line.split(',').nth(1)).collect()
}

fn fill(db: &mut Connection, people: usize) -> Outcome<()> {
    let mut rng = Rng::new(7);
    let (given, communes) = (given(), communes());
    let tx = db.transaction()?;
    for n in 0..people {
        let mut id = [1; 16];
        id[8..].copy_from_slice(&(n as u64).to_be_bytes());
        let (id, commune) = (DocumentId(id), communes[rng.below(communes.len())]);
        let of = if n > 100 && rng.chance(AGAIN) { rng.below(n) } else { n };
        let mut own = Rng::new(of as u64 + 1);
        let family = communes[own.below(communes.len())];
        let name = format!("{} {family}", given[own.below(given.len())]);
        tx.prepare_cached("INSERT INTO person (document_id, name, name_ar, search, sex, age_band, commune) VALUES (?, ?, '', '', '', '', ?)")?
            .execute(params![id.0, name, commune])?;
        let mut add = tx.prepare_cached("INSERT INTO twin_key VALUES (?, ?, ?)")?;
        for key in Traits::person(id, &name, "").keys() {
            add.execute(params![id.0, id.0, key])?;
        }
        add.execute(params![DocumentId::contact_of(id).0, id.0, format!("p +336{of:08}")])?;
    }
    Ok(tx.commit()?)
}

/// A full run reads everybody and weighs whoever shares a key; one person is looked up as at a door or in an import.
pub(crate) fn twins(rows: &mut Vec<Row>) -> Outcome<()> {
    for people in SIZES {
        let folder = tempfile::tempdir()?;
        let mut db = storage::connect(&Place::in_folder(folder.path())?)?;
        fill(&mut db, people)?;
        let began = Instant::now();
        let all = twins::all(&db)?;
        let read = began.elapsed();
        let pairs = twin::pairs(&all);
        let full = began.elapsed();
        let sure = pairs.iter().filter(|pair| pair.certainty == Certainty::High).count();
        let (mut longest, mut sum) = (Duration::ZERO, Duration::ZERO);
        for n in 0..LOOKED_UP {
            let traits = twins::one(&db, all[(n * 7_919) % all.len()].id)?.ok_or("everybody is known")?;
            let began = Instant::now();
            server::twins::like(&db, traits)?;
            let took = began.elapsed();
            longest = longest.max(took);
            sum += took;
        }
        let one_ms = sum.as_secs_f64() * 1_000.0 / LOOKED_UP as f64;
        let longest_ms = longest.as_secs_f64() * 1_000.0;
        let (read, full) = (read.as_secs_f64(), full.as_secs_f64());
        let measured = format!(
            "{full:.2} s, of it {read:.2} s reading: {} pairs, {} of them sure; one person {one_ms:.1} ms, at worst {longest_ms:.1} ms",
            spaced(pairs.len() as u64),
            spaced(sure as u64)
        );
        eprintln!("{people} people: {measured}");
        let is_held = people <= 50_000;
        rows.push(Row {
            what: format!("Possible duplicates among {} people: a full run; one person", spaced(people as u64)),
            target: if is_held { "≤ 10 s; ≤ 50 ms" } else { "–" }.to_owned(),
            measured,
            met: !is_held || (full <= 10.0 && longest_ms <= 50.0),
        });
    }
    Ok(())
}

/// A phone's own people, of which the index is made when somebody at its door is first written down.
const AT_THE_DOOR: usize = 5_000;

/// One phone with so many people, each with a contact: whom a walk-in may be, with the first question and with each that follows an edit.
pub(crate) fn door(rows: &mut Vec<Row>) -> Outcome<()> {
    let mut rng = Rng::new(7);
    let (given, families) = (given(), communes());
    let identity = Identity {
        device: DeviceId([1; 16]),
        account: AccountId([1; 16]),
        name: "Amina".to_owned(),
        role: Role::Coordinator,
    };
    let mut phone = Replica::open(identity, [1; 8], []);
    let work = |phone: &mut Replica, edit: Edit| phone.edit(&Entry { at_ms: 1, edit }).map_err(|no| no.code());
    let person = |n: usize| {
        let mut id = [1; 16];
        id[8..].copy_from_slice(&(n as u64).to_be_bytes());
        DocumentId(id)
    };
    let mut names = Vec::new();
    for n in 0..AT_THE_DOOR {
        let of = if n > 100 && rng.chance(AGAIN) { rng.below(n) } else { n };
        let mut own = Rng::new(of as u64 + 1);
        let (family, first) = (families[own.below(families.len())], given[own.below(given.len())]);
        let new = NewPerson { given: first.to_owned(), family: family.to_owned(), ..NewPerson::default() };
        work(&mut phone, Edit::CreatePerson { person: person(n), new, notice_read: true })?;
        let e164 = format!("+336{of:08}");
        let number = Phone { raw: e164.clone(), country: Some("FR".to_owned()), e164: Some(e164.clone()) };
        work(&mut phone, Edit::AddPhone { person: person(n), row: RowId([1; 8]), phone: number })?;
        names.push((format!("{first} {family}"), e164));
    }
    drop(phone.updates());
    let sought = |n: usize| {
        let (name, phone) = names[n % names.len()].clone();
        let person = person(AT_THE_DOOR + n);
        [Sought { person, name, name_ar: String::new(), phone, email: String::new(), association: None }]
    };
    let began = Instant::now();
    let mut found = phone.known(&sought(0))[0].len();
    let first_ms = began.elapsed().as_secs_f64() * 1_000.0;
    let (mut longest, mut sum) = (Duration::ZERO, Duration::ZERO);
    for (n, (name, _)) in names.iter().enumerate().take(LOOKED_UP) {
        let new = NewPerson { given: name.clone(), ..NewPerson::default() };
        work(&mut phone, Edit::CreatePerson { person: person(2 * AT_THE_DOOR + n), new, notice_read: true })?;
        drop(phone.updates());
        let one = sought(n * 7_919);
        let began = Instant::now();
        found += phone.known(&one)[0].len();
        let took = began.elapsed();
        longest = longest.max(took);
        sum += took;
    }
    let one_ms = sum.as_secs_f64() * 1_000.0 / LOOKED_UP as f64;
    let longest_ms = longest.as_secs_f64() * 1_000.0;
    let measured = format!(
        "{one_ms:.2} ms, at worst {longest_ms:.2} ms; the first one, which makes the index, {first_ms:.0} ms; {found} people named"
    );
    eprintln!("door: {measured}");
    rows.push(Row {
        what: format!("Whom a walk-in may be, on a phone with {} people", spaced(AT_THE_DOOR as u64)),
        target: "≤ 50 ms".to_owned(),
        measured,
        met: longest_ms <= 50.0,
    });
    Ok(())
}
