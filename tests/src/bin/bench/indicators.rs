//! The indicators of a house as it grows: rows as projections have them, written straight into a file.

use std::time::Instant;

use rusqlite::{Connection, named_params};
use server::storage::{
    self, Place,
    indicators::{Chosen, facts},
};
use shared::indicators::{Code, Period, count, day, records};

use crate::{Outcome, Row, spaced};

const SIZES: [usize; 3] = [5_000, 50_000, 500_000];
/// People of one event, who come to both of its half-days.
const EVENT_PEOPLE: usize = 50;
const ASSOCIATION_PEOPLE: usize = 20;
/// Each measurement is taken so often; the one in the middle counts.
const TIMES: usize = 5;

/// An id of its kind, scattered over the whole range as real ones are.
fn id(kind: u8, n: usize) -> [u8; 16] {
    let mixed = (n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mut id = mixed.to_be_bytes();
    id[15] = kind;
    id
}

fn fill(db: &mut Connection, people: usize) -> Outcome<()> {
    let tx = db.transaction()?;
    let places = ["13", "06", "84", "2A", "MA", ""];
    for n in 0..people / ASSOCIATION_PEOPLE {
        let key = named_params! { ":id": id(2, n), ":place": places[n % 6], ":origin": ["09.541", "09.581", "several", ""][n % 4] };
        tx.prepare_cached(
            "INSERT INTO association (document_id, title, search, rna, siret, postcode, city)
             VALUES (:id, 'A', 'a', '', '', '', '')",
        )?
        .execute(&key[..1])?;
        tx.prepare_cached("INSERT INTO place VALUES (:id, :place, :origin)")?.execute(key)?;
    }
    for n in 0..people {
        tx.prepare_cached(
            "INSERT INTO person (document_id, name, name_ar, search, sex, age_band, commune, association)
             VALUES (:id, 'P', '', 'p', :sex, :age, '', :association)",
        )?
        .execute(named_params! {
            ":id": id(1, n),
            ":sex": ["f", "f", "h", ""][n % 4],
            ":age": ["18_30", "31_60", "over_60", ""][n / 4 % 4],
            ":association": id(2, n / ASSOCIATION_PEOPLE),
        })?;
        tx.prepare_cached("INSERT INTO place VALUES (:id, :place, '')")?
            .execute(named_params! { ":id": id(1, n), ":place": places[n % 6] })?;
    }
    for n in 0..people / EVENT_PEOPLE {
        let on = format!("202{}-{:02}-{:02}", 4 + n % 3, 1 + n % 12, 1 + n % 28);
        tx.prepare_cached(
            "INSERT INTO event (document_id, title, event_kind, place, commune, first_day, last_day, expected)
             VALUES (:id, 'E', 'group_support', '', '', :day, :day, 50)",
        )?
        .execute(named_params! { ":id": id(3, n), ":day": on })?;
        tx.prepare_cached("INSERT INTO event_tally VALUES (:id, 'PRA/OSIM', 0, 0)")?
            .execute(named_params! { ":id": id(3, n) })?;
        for half in 0..2 {
            let slot = format!("{half:016x}");
            tx.prepare_cached("INSERT INTO half_day VALUES (:id, :slot, :day, 180)")?
                .execute(named_params! { ":id": id(3, n), ":slot": slot, ":day": on })?;
            for one in n * EVENT_PEOPLE..(n + 1) * EVENT_PEOPLE {
                let came = "INSERT INTO attendance VALUES (:id, :slot, :person, 'present', 0, 1, NULL)";
                tx.prepare_cached(came)?
                    .execute(named_params! { ":id": id(3, n), ":slot": slot, ":person": id(1, one) })?;
            }
        }
    }
    Ok(tx.commit()?)
}

/// The time in the middle, in ms.
fn middle(mut measure: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let started = Instant::now();
        measure()?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[TIMES / 2])
}

/// A year with the year before, and the first page of what is behind a number.
pub(crate) fn indicators(rows: &mut Vec<Row>) -> Outcome<()> {
    let year = Period { from: day("2025-01-01"), to: day("2025-12-31") };
    let before = year.before().ok_or("a year has one before")?;
    let (mut told, mut whole) = (Vec::new(), 0.0);
    for people in SIZES {
        let folder = tempfile::tempdir()?;
        let mut db = storage::connect(&Place::in_folder(folder.path())?)?;
        fill(&mut db, people)?;
        let reading = middle(|| facts(&db, &Chosen::default()).map(drop).map_err(Into::into))?;
        let known = facts(&db, &Chosen::default())?;
        let counting = middle(|| {
            let counted =
                count(&known, year).value(Code::Participations).zip(count(&known, before).value(Code::People));
            if counted.is_some_and(|(now, then)| now > 0 && then > 0) { Ok(()) } else { Err("nobody came".into()) }
        })?;
        let behind = middle(|| {
            if records(&known, year, Code::Participations, None).is_empty() { Err("none".into()) } else { Ok(()) }
        })?;
        told.push(format!(
            "{} people, {} participations: read {reading:.0} ms, counted {counting:.0} ms, records {behind:.0} ms",
            spaced(people as u64),
            spaced(2 * people as u64)
        ));
        whole = reading + counting;
        eprintln!("{}", told.last().map_or("", String::as_str));
    }
    rows.push(Row {
        what: "The indicators of a year and of the year before, all tables, from a file; and the records behind one"
            .to_owned(),
        target: "≤ 5 s at 500 000 people, growing with them".to_owned(),
        measured: told.join("; "),
        met: whole <= 5_000.0,
    });
    Ok(())
}
