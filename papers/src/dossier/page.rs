//! The dossier as pages.

use serde_json::{Value, json};

use super::{
    Budget, Chronogram, Dossier, Side,
    docx::{group_label, lines_of, quantity, unit_cost, weights},
};
use crate::{
    error::PaperError,
    money,
    press::{self, Job, Pictures, Template},
    said, when,
    words::{self, column},
};

/// The whole dossier on A4.
///
/// # Errors
/// More than fits any dossier; rows that do not have one cell for each column.
pub fn dossier_pdf(dossier: &Dossier) -> Result<Vec<u8>, PaperError> {
    dossier.check()?;
    let mut pictures = Pictures::default();
    let facts: Vec<_> =
        dossier.facts.iter().map(|fact| json!([said::line(&fact.label), said::paragraphs(&fact.value)])).collect();
    let parts: Vec<_> = dossier
        .parts
        .iter()
        .map(|part| json!({ "title": said::text(&part.title), "text": said::paragraphs(&part.text) }))
        .collect();
    let tables: Vec<_> = dossier
        .tables
        .iter()
        .map(|table| {
            let rows: Vec<Vec<_>> =
                table.rows.iter().map(|row| row.iter().map(|text| said::paragraphs(text)).collect()).collect();
            json!({
                "title": said::text(&table.title),
                "columns": table.columns.iter().map(|column| said::line(column)).collect::<Vec<_>>(),
                "weights": weights(&table.columns, &table.rows),
                "rows": rows,
            })
        })
        .collect();
    let pieces: Vec<_> = dossier
        .pieces
        .iter()
        .map(|piece| {
            json!({
                "title": said::text(&piece.title),
                "issued": when::date(&piece.issued),
                "expires": when::date(&piece.expires),
                "file": said::line(if piece.file.is_empty() { words::MISSING } else { &piece.file }),
                "missing": piece.file.is_empty(),
            })
        })
        .collect();
    let data = json!({
        // What the head of all papers shows: here the house alone.
        "event": {
            "house": said::line(&dossier.house.name),
            "logo": pictures.place(dossier.house.logo.as_ref()),
            "funders": [],
            "title": said::text(&dossier.title),
        },
        "association": said::line(&dossier.association),
        "association_ar": said::line(&dossier.association_ar),
        "call": said::line(&dossier.call),
        "facts": facts,
        "parts": parts,
        "tables": tables,
        "chronogram": dossier.chronogram.as_ref().map(months),
        "budget": (!dossier.budget.is_empty()).then(|| budget(&dossier.budget)),
        "pieces": pieces,
        "version": said::clean(&dossier.version, said::LINE_MAX),
        "changed_at": said::clean(&dossier.changed_at, said::LINE_MAX),
    });
    press::print(Job { template: Template::Dossier, data, pictures, made_ms: dossier.made_ms })
}

fn months(chronogram: &Chronogram) -> Value {
    let step = chronogram.step();
    let columns = chronogram.columns();
    let bars: Vec<_> = chronogram
        .bars
        .iter()
        .map(|bar| {
            let months: Vec<bool> = columns.iter().map(|first| bar.is_in(*first, step)).collect();
            json!({ "label": said::text(&bar.label), "months": months })
        })
        .collect();
    let labels: Vec<_> = columns.iter().map(|first| Chronogram::label(*first, step)).collect();
    json!({ "months": labels, "bars": bars })
}

fn budget(budget: &Budget) -> Value {
    let sides: Vec<_> = [Side::Expense, Side::Resource].map(|side| side_of(budget, side)).into();
    let time: Vec<_> = budget
        .time
        .iter()
        .map(|one| {
            json!([
                said::line(&one.who),
                when::date(&one.day),
                said::text(&one.task),
                money::hundredths(one.hours_e2),
                money::plain(one.hour_cents),
                money::plain(one.amount_cents),
            ])
        })
        .collect();
    let heads = [column::WHO, column::DAY, column::TASK, column::HOURS, column::HOUR_WORTH, column::AMOUNT];
    json!({ "sides": sides, "time": time, "time_heads": heads, "time_total": money::plain(budget.time_cents) })
}

fn side_of(budget: &Budget, side: Side) -> Value {
    let is_expense = side == Side::Expense;
    let groups: Vec<_> = budget
        .groups_of(side)
        .map(|group| {
            let lines: Vec<_> = lines_of(budget, group)
                .map(|line| {
                    let (second, third) = match is_expense {
                        true => (quantity(line), unit_cost(line)),
                        false => (line.proof.clone(), line.funding.clone()),
                    };
                    json!([
                        said::text(&line.label),
                        said::line(&second),
                        said::paragraphs(&third),
                        money::plain(line.amount_cents)
                    ])
                })
                .collect();
            json!({
                "label": said::line(&group_label(group)),
                "share": money::share(group.share_bp),
                "sum": money::plain(group.cents),
                "lines": lines,
            })
        })
        .collect();
    let heads = match is_expense {
        true => [column::LABEL, column::QUANTITY, column::UNIT_COST, column::AMOUNT],
        false => [column::LABEL, column::PROOF, column::FUNDING, column::AMOUNT],
    };
    json!({
        "title": words::of_side(side),
        "total_label": words::total_of(side),
        "total": money::plain(budget.total_cents(side)),
        "heads": heads,
        "third_is_number": is_expense,
        "groups": groups,
    })
}
