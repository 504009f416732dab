//! What an auditor would ask about a sheet (`domain.md` section 2: warnings from case law). Nothing here is forbidden: whoever seals has
//! seen it.

use rusqlite::Connection;
use serde::Serialize;
use shared::{
    field::Field,
    id::{DeviceId, DocumentId, RowId},
    mark::Signature,
    names,
    oddity::{self, Times},
    record::{EventRecord, Record, Slot},
};

use super::calendar;
use crate::{
    erasure,
    storage::{StoreError, sheets},
};

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
    /// Signatures from after it had ended.
    AfterItEnded { slot: RowId, signatures: usize },
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
        let signatures = oddity::counting(event, slot.id);
        in_a_row(db, slot, &signatures, &mut found)?;
        if let Some((starts_ms, ends_ms)) = calendar::span(&zone, slot) {
            let Times { before, after, at_the_end } = Times::of(&signatures, starts_ms, ends_ms);
            found.extend((before > 0).then_some(Anomaly::BeforeItBegan { slot: slot.id, signatures: before }));
            found.extend((after > 0).then_some(Anomaly::AfterItEnded { slot: slot.id, signatures: after }));
            let of = signatures.len();
            found.extend(at_the_end.map(|late| Anomaly::AtTheEnd { slot: slot.id, signatures: late, of }));
        }
        if let Some((people, capacity)) = oddity::over_capacity(event, slot.id) {
            found.push(Anomaly::OverCapacity { slot: slot.id, people, capacity });
        }
        if let Some(name) = shared::calendar::holiday(&event.fields, slot.fields.text(Field::Day)) {
            found.push(Anomaly::Holiday { slot: slot.id, name: name.to_owned() });
        }
    }
    trainers_elsewhere(db, id, event, &mut found)?;
    Ok(found)
}

fn in_a_row(
    db: &Connection,
    slot: &Slot,
    signatures: &[&Signature],
    found: &mut Vec<Anomaly>,
) -> Result<(), StoreError> {
    for (device, signatures, seconds) in oddity::in_a_row(signatures) {
        let device_name = device.map_or(Ok(String::new()), |device| sheets::device_name(db, device))?;
        found.push(Anomaly::InARow { slot: slot.id, device, device_name, signatures, seconds });
    }
    Ok(())
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
