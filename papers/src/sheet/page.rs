//! The sheet as pages.

use std::ops::Range;

use serde_json::{Value, json};

use super::{Cell, How, Row, SLOTS_PER_SHEET, Sheet, Status, WALK_IN_ROWS};
use crate::{
    error::PaperError,
    gathering::{Slot, name},
    ink::Ink,
    press::{self, Job, Pictures, Template},
    qr, said, when, words,
};

/// The sheet as it was signed: landscape A4, up to four half-days side by side.
///
/// # Errors
/// More than fits any paper, rows that do not have one cell for each slot, an address too long for a QR code.
pub fn sheet_pdf(sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
    print(sheet, Fill::Record)
}

/// The same sheet to be signed by hand: empty cells, and [`WALK_IN_ROWS`] empty rows.
///
/// # Errors
/// As [`sheet_pdf`].
pub fn blank_sheet_pdf(sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
    print(sheet, Fill::Nothing)
}

/// What stands in the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Record,
    Nothing,
}

fn print(sheet: &Sheet, fill: Fill) -> Result<Vec<u8>, PaperError> {
    sheet.check()?;
    let mut pictures = Pictures::default();
    let data = view(sheet, fill, &mut pictures)?;
    press::print(Job { template: Template::Sheet, data, pictures, made_ms: sheet.made_ms })
}

fn view<'a>(sheet: &'a Sheet, fill: Fill, pictures: &mut Pictures<'a>) -> Result<Value, PaperError> {
    let slots = &sheet.gathering.slots;
    let people: Vec<_> = sheet
        .people
        .iter()
        .map(|row| {
            json!({
                "name": name(&row.family, &row.given),
                "name_ar": said::line(&row.name_ar),
                "association": said::line(&row.association),
                "role": said::line(&row.role),
            })
        })
        .collect();
    let sheets: Vec<_> = sheets(slots)
        .into_iter()
        .map(|part| {
            json!({
                "from": part.start,
                "to": part.end,
                "cells": sheet.people.iter().map(|row| cells(row, slots, part.clone(), fill)).collect::<Vec<_>>(),
                "trainers": sheet.trainers.iter().map(|trainer| json!({
                    "name": said::line(&trainer.name),
                    "cells": trainer.inks[part.clone()].iter().map(|ink| signature(ink.as_ref(), fill)).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
                "totals": match fill {
                    Fill::Record => part.map(|slot| totals(sheet, slot)).collect(),
                    Fill::Nothing => Vec::new(),
                },
            })
        })
        .collect();
    let seal = match (&sheet.seal, fill) {
        (Some(seal), Fill::Record) => json!({
            "version": seal.version,
            "reason": said::text(&seal.reason),
            "sealed_at": said::clean(&seal.sealed_at, said::LINE_MAX),
            "previous": seal.previous.as_ref().map(|code| said::line(code)),
            "code": said::line(&seal.code),
            "url": said::clean(&seal.url, said::TEXT_MAX),
            "qr": qr::svg(&seal.url)?,
        }),
        _ => Value::Null,
    };
    Ok(json!({
        "event": sheet.gathering.view(pictures),
        "blank": fill == Fill::Nothing,
        "walk_ins": if fill == Fill::Nothing { WALK_IN_ROWS } else { 0 },
        "people": people,
        "sheets": sheets,
        "planned": sum(slots.iter().map(|slot| u32::from(slot.minutes_planned))),
        "delivered": delivered(slots).map(when::minutes),
        "heads": sheet.heads.iter().map(|head| json!({ "label": said::line(&head.label), "count": head.count })).collect::<Vec<_>>(),
        "heads_total": sheet.heads.iter().map(|head| u64::from(head.count)).sum::<u64>(),
        "state": state(sheet),
        "seal": seal,
    }))
}

fn sum(minutes: impl Iterator<Item = u32>) -> String {
    when::minutes(minutes.sum())
}

/// What was taught in all; nothing as long as one half-day is not known.
pub(super) fn delivered(slots: &[Slot]) -> Option<u32> {
    slots.iter().map(|slot| slot.minutes_delivered.map(u32::from)).sum()
}

/// Which half-days stand on which sheet. A day is not torn apart unless it has more half-days than a sheet.
fn sheets(slots: &[Slot]) -> Vec<Range<usize>> {
    let mut sheets: Vec<Range<usize>> = Vec::new();
    for day in slots.chunk_by(|a, b| a.day == b.day) {
        for part in day.chunks(SLOTS_PER_SHEET) {
            match sheets.last_mut() {
                Some(last) if last.len() + part.len() <= SLOTS_PER_SHEET => last.end += part.len(),
                last => {
                    let start = last.map_or(0, |last| last.end);
                    sheets.push(start..start + part.len());
                }
            }
        }
    }
    // An event without half-days still has its list.
    if sheets.is_empty() { vec![0..0] } else { sheets }
}

fn cells(row: &Row, slots: &[Slot], part: Range<usize>, fill: Fill) -> Vec<Value> {
    if fill == Fill::Nothing {
        return vec![Value::Null; part.len()];
    }
    part.map(|slot| cell(&row.cells[slot], &slots[slot])).collect()
}

/// A word for what is said, and in a second line how it was signed.
fn cell(cell: &Cell, slot: &Slot) -> Value {
    let mut word = words::status(cell.status).to_owned();
    if cell.status == Status::Partial {
        word = format!("{word}, {}", when::minutes(cell.minutes_attended(slot)));
    }
    if cell.late {
        word = format!("{word}, {}", words::LATE);
    }
    let note = match (cell.is_attended(), cell.ink.is_some(), cell.how) {
        (_, _, Some(How::Paper)) => words::ON_PAPER,
        (_, true, Some(How::Kiosk)) => words::ON_KIOSK,
        (_, true, _) => words::ON_SCREEN,
        (true, false, _) => words::UNSIGNED,
        (false, false, _) => "",
    };
    json!({ "ink": cell.ink.as_ref().map(Ink::to_svg), "word": word, "note": note, "there": cell.is_attended() })
}

fn signature(ink: Option<&Ink>, fill: Fill) -> Value {
    match (ink, fill) {
        (_, Fill::Nothing) => Value::Null,
        (Some(ink), Fill::Record) => json!({ "ink": ink.to_svg(), "word": "", "note": "", "there": true }),
        (None, Fill::Record) => json!({ "ink": null, "word": words::UNSIGNED, "note": "", "there": false }),
    }
}

/// How many were there in one half-day, and how many of them signed.
fn totals(sheet: &Sheet, slot: usize) -> Value {
    let cells = || sheet.people.iter().map(|row| &row.cells[slot]);
    let there = cells().filter(|cell| cell.is_attended()).count();
    let signed = cells().filter(|cell| cell.is_attended() && cell.is_signed()).count();
    json!([words::count(there, &words::PRESENCES), words::count(signed, &words::SIGNATURES)])
}

/// What this version knows that it does not know, one line each: what, how many, which.
fn state(sheet: &Sheet) -> Value {
    let known = &sheet.completeness;
    let phones = &known.phones_outstanding;
    let lines = [
        (words::STATE_PRESENT, known.present, false),
        (words::STATE_PARTIAL, known.partial, false),
        (words::STATE_UNSIGNED, known.unsigned, true),
        (words::STATE_TO_CHECK, known.to_check, true),
        (words::STATE_CONTRADICTORY, known.contradictory, true),
        (words::STATE_PHONES, u32::try_from(phones.len()).unwrap_or(u32::MAX), true),
    ];
    let is_complete = lines.iter().all(|(_, count, open)| !open || *count == 0);
    json!({
        "verdict": if is_complete { words::STATE_COMPLETE } else { words::STATE_INCOMPLETE },
        "complete": is_complete,
        "lines": lines.map(|(label, count, open)| json!({ "label": label, "count": count, "open": open && count > 0 })),
        "phones": phones.iter().map(|phone| said::line(phone)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &str) -> Vec<Slot> {
        days.split_whitespace().map(|day| Slot { day: day.to_owned(), ..Slot::default() }).collect()
    }

    #[test]
    fn four_half_days_stand_on_a_sheet_and_a_day_stays_whole() {
        for (slots, cut) in [
            ("", vec![0..0]),
            ("a", vec![0..1]),
            ("a a b b", vec![0..4]),
            ("a a b b c c", vec![0..4, 4..6]),
            ("a a a b b", vec![0..3, 3..5]),
            ("a a a a a a", vec![0..4, 4..6]),
            ("a b c d e", vec![0..4, 4..5]),
        ] {
            assert_eq!(sheets(&days(slots)), cut, "{slots}");
        }
    }
}
