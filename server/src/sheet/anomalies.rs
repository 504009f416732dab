//! What an auditor would ask about a sheet (`domain.md` section 2: warnings from case law). Nothing here is forbidden: whoever seals has
//! seen it.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use shared::{
    field::Field,
    id::{DeviceId, DocumentId, RowId},
    mark::{Signature, Signer, Status, attendance, signature_that_counts},
    names,
    record::{EventRecord, Record, Slot},
};

use super::calendar;
use crate::{
    erasure,
    storage::{StoreError, sheets},
};

/// So many signatures taken on one phone within so short a time look as if one hand had made them.
const IN_A_ROW_MIN: usize = 5;
/// From one to the next.
const IN_A_ROW_MS: u64 = 5_000;
/// Most signatures of a half-day in its last minutes, or after it.
const AT_THE_END_MS: u64 = 10 * 60_000;
/// Before this part of a half-day one may well sign.
const EARLY_MS: u64 = 30 * 60_000;
/// Other events of those days that are looked at.
const EVENTS_MAX: usize = 200;

/// One thing that an auditor would ask about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "anomaly", rename_all = "snake_case")]
pub enum Anomaly {
    /// Signatures one after the other, seconds apart, on one phone.
    InARow { slot: RowId, device: Option<DeviceId>, device_name: String, signatures: usize, seconds: u64 },
    /// Nearly all signatures were taken in the last minutes of the half-day, or after it.
    AtTheEnd { slot: RowId, signatures: usize, of: usize },
    /// Signatures from before the half-day began.
    BeforeItBegan { slot: RowId, signatures: usize },
    /// More people signed or were there than the room holds.
    OverCapacity { slot: RowId, people: usize, capacity: i64 },
    /// The half-day is on a public holiday.
    Holiday { slot: RowId, name: String },
    /// A trainer teaches at another event at the same time.
    TrainerElsewhere { slot: RowId, trainer: String, event: DocumentId, title: String },
}

/// All of them, by half-day.
pub(super) fn find(db: &Connection, id: DocumentId, event: &EventRecord) -> Result<Vec<Anomaly>, StoreError> {
    let zone = calendar::zone(&event.fields);
    let mut found = Vec::new();
    for slot in &event.slots {
        let signatures = counting(event, slot.id);
        in_a_row(db, slot, &signatures, &mut found)?;
        if let Some((starts_ms, ends_ms)) = calendar::span(&zone, slot) {
            at_its_time(slot, &signatures, starts_ms, ends_ms, &mut found);
        }
        over_capacity(event, slot, &mut found);
        if let Some(name) = calendar::holiday(&event.fields, slot.fields.text(Field::Day)) {
            found.push(Anomaly::Holiday { slot: slot.id, name: name.to_owned() });
        }
    }
    trainers_elsewhere(db, id, event, &mut found)?;
    Ok(found)
}

/// The participants' signatures of a half-day that count, by time.
fn counting(event: &EventRecord, slot: RowId) -> Vec<&Signature> {
    let mut by_signer: BTreeMap<Signer, Vec<&Signature>> = BTreeMap::new();
    for one in event.signatures.iter().filter(|one| one.slot == slot && matches!(one.signer, Signer::Person(_))) {
        by_signer.entry(one.signer).or_default().push(one);
    }
    let mut counting: Vec<_> = by_signer.into_values().filter_map(signature_that_counts).collect();
    counting.sort_by_key(|one| (one.at_ms, one.id));
    counting
}

fn in_a_row(
    db: &Connection,
    slot: &Slot,
    signatures: &[&Signature],
    found: &mut Vec<Anomaly>,
) -> Result<(), StoreError> {
    let mut by_device: BTreeMap<Option<DeviceId>, Vec<u64>> = BTreeMap::new();
    for one in signatures {
        by_device.entry(one.by).or_default().push(one.at_ms);
    }
    for (device, times) in by_device {
        // The longest run in which each follows the one before within seconds.
        let mut longest: &[u64] = &[];
        let mut from = 0;
        for n in 1..=times.len() {
            let goes_on = n < times.len() && times[n] - times[n - 1] <= IN_A_ROW_MS;
            if !goes_on {
                longest = if n - from > longest.len() { &times[from..n] } else { longest };
                from = n;
            }
        }
        if let ([first, .., last], true) = (longest, longest.len() >= IN_A_ROW_MIN) {
            let device_name = device.map_or(Ok(String::new()), |device| sheets::device_name(db, device))?;
            let (signatures, seconds) = (longest.len(), (last - first).div_ceil(1000));
            found.push(Anomaly::InARow { slot: slot.id, device, device_name, signatures, seconds });
        }
    }
    Ok(())
}

fn at_its_time(slot: &Slot, signatures: &[&Signature], starts_ms: u64, ends_ms: u64, found: &mut Vec<Anomaly>) {
    let early = signatures.iter().filter(|one| one.at_ms + EARLY_MS < starts_ms).count();
    if early > 0 {
        found.push(Anomaly::BeforeItBegan { slot: slot.id, signatures: early });
    }
    let late = signatures.iter().filter(|one| one.at_ms + AT_THE_END_MS >= ends_ms).count();
    if late >= IN_A_ROW_MIN && late * 10 >= signatures.len() * 9 {
        found.push(Anomaly::AtTheEnd { slot: slot.id, signatures: late, of: signatures.len() });
    }
}

fn over_capacity(event: &EventRecord, slot: &Slot, found: &mut Vec<Anomaly>) {
    let Some(capacity) = event.fields.get(Field::Capacity).number().filter(|capacity| *capacity > 0) else { return };
    let mut marks: BTreeMap<DocumentId, Vec<_>> = BTreeMap::new();
    for mark in event.marks.iter().filter(|mark| mark.slot == slot.id) {
        marks.entry(mark.person).or_default().push(mark);
    }
    let in_the_room = |status: Status| matches!(status, Status::Present | Status::Partial);
    let named = marks.into_values().filter(|marks| attendance(marks.iter().copied()).status().is_some_and(in_the_room));
    let counted: usize =
        event.headcounts.iter().filter(|count| count.slot == slot.id).map(|count| count.people as usize).sum();
    let people = named.count() + counted;
    if i64::try_from(people).unwrap_or(i64::MAX) > capacity {
        found.push(Anomaly::OverCapacity { slot: slot.id, people, capacity });
    }
}

fn trainers_elsewhere(
    db: &Connection,
    id: DocumentId,
    event: &EventRecord,
    found: &mut Vec<Anomaly>,
) -> Result<(), StoreError> {
    let days: Vec<&str> =
        event.slots.iter().map(|slot| slot.fields.text(Field::Day)).filter(|day| !day.is_empty()).collect();
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { return Ok(()) };
    let trainers: Vec<(String, &str)> =
        event.trainers.iter().map(|trainer| (names::fold_search(trainer.name()), trainer.name())).collect();
    if trainers.is_empty() {
        return Ok(());
    }
    let zone = calendar::zone(&event.fields);
    for other in sheets::events_between(db, id, first, last, EVENTS_MAX)? {
        let Some(Record::Event(elsewhere)) = erasure::record(db, other)? else { continue };
        let there: Vec<String> = elsewhere.trainers.iter().map(|one| names::fold_search(one.name())).collect();
        let their_zone = calendar::zone(&elsewhere.fields);
        for (_, trainer) in trainers.iter().filter(|(folded, _)| there.contains(folded)) {
            for slot in &event.slots {
                let Some((starts, ends)) = calendar::span(&zone, slot) else { continue };
                let overlaps = elsewhere
                    .slots
                    .iter()
                    .filter_map(|slot| calendar::span(&their_zone, slot))
                    .any(|(begins, stops)| begins < ends && starts < stops);
                if overlaps {
                    found.push(Anomaly::TrainerElsewhere {
                        slot: slot.id,
                        trainer: (*trainer).to_owned(),
                        event: other,
                        title: elsewhere.fields.text(Field::Title).to_owned(),
                    });
                }
            }
        }
    }
    Ok(())
}
