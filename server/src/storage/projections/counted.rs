//! The rows from which indicators are counted: see `storage/indicators.rs`. In the order of the tables, as they are read back.

use rusqlite::types::Value as Sql;
use shared::{
    field::Field,
    figures::{departement_of, origin_of, slot_minutes},
    indicators::{day_of, day_text, outcome},
    record::{DossierRecord, EventRecord, Fields, Record, Rows as Tables},
    table::Table,
    visa::Verdict,
};

use super::{Rows, count, document, text};

pub(super) fn of(record: &Record) -> Rows {
    match record {
        Record::Person(person) => vec![place(departement_of(&person.fields, None), String::new())],
        Record::Association(association) => {
            let f = &association.fields;
            let place = place(departement_of(&Fields::default(), Some(f)), origin_of(Some(f)));
            [support(&association.rows), leaders(&association.rows), vec![place]].concat()
        }
        Record::Event(event) => of_event(event),
        Record::Dossier(dossier) => [support(&dossier.rows), of_dossier(dossier)].concat(),
        Record::Call(call) => {
            vec![("programme", vec![text(&call.fields, Field::Title), text(&call.fields, Field::Programme)])]
        }
        Record::Contact(_) | Record::Settings(_) => Vec::new(),
    }
}

fn place(departement: String, origin: String) -> (&'static str, Vec<Sql>) {
    ("place", vec![departement.into(), origin.into()])
}

fn of_event(event: &EventRecord) -> Rows {
    let tally =
        vec![text(&event.fields, Field::ProjectCode), count(event.sheets.len()), i64::from(event.late()).into()];
    let mut rows = Rows::new();
    let mut half_days: Vec<_> = event.slots.iter().map(|slot| (slot.id.to_string(), slot)).collect();
    half_days.sort_by(|a, b| a.0.cmp(&b.0));
    rows.extend(half_days.into_iter().map(|(id, slot)| {
        let minutes = i64::try_from(slot_minutes(slot)).unwrap_or(0);
        ("half_day", vec![id.into(), text(&slot.fields, Field::Day), minutes.into()])
    }));
    let counts = event.headcounts.iter().map(|one| (one.slot.to_string(), &one.sex, &one.age_band, one.people));
    let mut counts: Vec<_> = counts.collect();
    counts.sort_unstable();
    rows.extend(counts.into_iter().map(|(slot, sex, age_band, people)| {
        let row = vec![slot.into(), sex.clone().into(), age_band.clone().into(), i64::from(people).into()];
        ("headcount", row)
    }));
    rows.extend(by_id(&event.rows, Table::Opinion, "opinion", |f| {
        [Field::Day, Field::Useful, Field::Clear, Field::Again].map(|field| text(f, field)).into()
    }));
    rows.push(("event_tally", tally));
    rows
}

fn support(tables: &Tables) -> Rows {
    by_id(tables, Table::Support, "support", |f| {
        let minutes = f.get(Field::Minutes).number().unwrap_or(0);
        let is_collective = f.text(Field::SupportKind) == "collective";
        vec![text(f, Field::Day), minutes.into(), i64::from(is_collective).into()]
    })
}

/// Whoever is honoured leads nothing.
fn leaders(tables: &Tables) -> Rows {
    let mut rows: Vec<_> = tables.kept(Table::Bureau).map(|row| (row.id.to_string(), &row.fields)).collect();
    rows.retain(|(_, f)| f.text(Field::Function) != "honorary");
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let cells = |f: &Fields| vec![document(f, Field::Person), text(f, Field::FromDay), text(f, Field::UntilDay)];
    rows.into_iter().map(|(id, f)| ("leader", [vec![id.into()], cells(f)].concat())).collect()
}

/// The rows of a table that count, by their ids.
fn by_id(tables: &Tables, table: Table, name: &'static str, cells: impl Fn(&Fields) -> Vec<Sql>) -> Rows {
    let mut rows: Vec<_> = tables.kept(table).map(|row| (row.id.to_string(), row)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(id, row)| (name, [vec![id.into()], cells(&row.fields)].concat())).collect()
}

fn of_dossier(dossier: &DossierRecord) -> Rows {
    let f = &dossier.fields;
    let cents = |field| Sql::Integer(f.get(field).number().unwrap_or(0));
    let (outcome, moved) = outcome(dossier);
    let said = f.text(Field::DecisionDay).to_owned();
    let decided = if said.is_empty() { moved.map_or_else(String::new, day_text) } else { said };
    let visa =
        dossier.visas.iter().filter(|visa| visa.verdict == Verdict::Approved).map(|visa| day_of(visa.at_ms)).min();
    let way = vec![
        cents(Field::GrantCents),
        cents(Field::GrantedCents),
        text(f, Field::FiledDay),
        decided.into(),
        outcome.to_owned().into(),
        visa.map_or_else(String::new, day_text).into(),
        i64::from(f.text(Field::Published) == "yes").into(),
    ];
    let mut moves: Vec<_> = dossier.moves.iter().map(|one| (one.id.to_string(), one)).collect();
    moves.sort_by(|a, b| a.0.cmp(&b.0));
    let moves = moves.into_iter().map(|(id, one)| {
        ("move", vec![id.into(), i64::try_from(one.at_ms).unwrap_or(i64::MAX).into(), one.to.clone().into()])
    });
    [("way", way)].into_iter().chain(moves).collect()
}
