//! What is odd about an attendance sheet: nothing that is forbidden, but what an auditor would ask about. The engine finds what follows
//! from the events that a device holds; the server adds what takes the hours of a place (`sheet/anomalies.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    calendar,
    field::Field,
    id::{DeviceId, DocumentId, RowId},
    mark::{Mark, Signature, Signer, Status, attendance, signature_that_counts},
    names,
    record::{EventRecord, Slot},
};

/// So many signatures taken on one phone within so short a time look as if one hand had made them.
pub const IN_A_ROW_MIN: usize = 5;
/// From one to the next.
const IN_A_ROW_MS: u64 = 5_000;
/// So long before a half-day begins, and after it has ended, one may well sign.
const NEAR_MS: u64 = 30 * 60_000;
/// Most signatures of a half-day in its last minutes, or after it.
const AT_THE_END_MS: u64 = 10 * 60_000;

/// One thing that an auditor would ask about a half-day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "odd", rename_all = "snake_case")]
pub enum Oddity {
    /// Signatures one after the other, seconds apart, on one phone.
    InARow {
        /// Which phone.
        device: Option<DeviceId>,
        /// How many.
        signatures: u32,
        /// From the first to the last.
        seconds: u32,
    },
    /// More people signed or were there than the room holds.
    OverCapacity {
        /// How many were there.
        people: u32,
        /// How many the room holds.
        capacity: u32,
    },
    /// A trainer teaches at another event at the same time.
    TrainerElsewhere {
        /// Who.
        trainer: String,
        /// Where else.
        other: DocumentId,
    },
    /// M3: somebody signed more than once. The first signature counts, whatever anybody decides.
    SignedAgain {
        /// Whose signatures.
        signer: Signer,
        /// How many stand.
        signatures: u32,
    },
    /// Signatures from before the half-day began.
    BeforeItBegan {
        /// How many.
        signatures: u32,
    },
    /// Signatures from after it had ended.
    AfterItEnded {
        /// How many.
        signatures: u32,
    },
    /// Nearly all signatures were taken in the last minutes of the half-day, or after it.
    AtTheEnd {
        /// How many.
        signatures: u32,
        /// Of how many.
        of: u32,
    },
    /// Somebody was there on a public holiday.
    Holiday {
        /// Which day.
        day: String,
    },
}

impl Oddity {
    /// What names it within its half-day.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::InARow { device, .. } => format!("in_a_row/{}", device.map_or_else(String::new, |id| id.to_string())),
            Self::OverCapacity { .. } => "over_capacity".to_owned(),
            Self::TrainerElsewhere { other, .. } => format!("{ELSEWHERE}/{other}"),
            Self::BeforeItBegan { .. } => "before".to_owned(),
            Self::AfterItEnded { .. } => "after".to_owned(),
            Self::AtTheEnd { .. } => "at_the_end".to_owned(),
            Self::Holiday { .. } => "holiday".to_owned(),
            Self::SignedAgain { signer: Signer::Person(person), .. } => format!("signed_again/{person}"),
            Self::SignedAgain { signer: Signer::Trainer(trainer), .. } => format!("signed_again/{trainer}"),
        }
    }

    /// What there is to be seen of it (Q4).
    #[must_use]
    pub fn seen(&self) -> String {
        match self {
            Self::InARow { signatures, seconds, .. } => format!("{signatures}/{seconds}"),
            Self::OverCapacity { people, capacity } => format!("{people}/{capacity}"),
            Self::TrainerElsewhere { .. } => SEEN.to_owned(),
            Self::SignedAgain { signatures, .. }
            | Self::BeforeItBegan { signatures }
            | Self::AfterItEnded { signatures } => signatures.to_string(),
            Self::AtTheEnd { signatures, of } => format!("{signatures}/{of}"),
            Self::Holiday { day } => day.clone(),
        }
    }
}

/// What is seen of that which either is or is not.
pub(crate) const SEEN: &str = "seen";
/// The key of what takes two events to see.
pub(crate) const ELSEWHERE: &str = "elsewhere";

/// What one event shows by itself, by half-day.
#[must_use]
pub fn of_event(event: &EventRecord) -> Vec<(RowId, Oddity)> {
    let mut found = Vec::new();
    for slot in &event.slots {
        let signed = counting(event, slot.id);
        if let Some((starts_ms, ends_ms)) = calendar::span_at_most(&event.fields, slot) {
            let times = Times::of(&signed, starts_ms, ends_ms);
            let at = |oddity| (slot.id, oddity);
            let (before, after) = (count(times.before), count(times.after));
            found.extend((before > 0).then(|| at(Oddity::BeforeItBegan { signatures: before })));
            found.extend((after > 0).then(|| at(Oddity::AfterItEnded { signatures: after })));
            found.extend(
                times.at_the_end.map(|late| at(Oddity::AtTheEnd { signatures: count(late), of: count(signed.len()) })),
            );
        }
        let day = slot.fields.text(Field::Day);
        if calendar::holiday(&event.fields, day).is_some() && anybody(event, slot.id) {
            found.push((slot.id, Oddity::Holiday { day: day.to_owned() }));
        }
        for (device, signatures, seconds) in in_a_row(&signed) {
            let (signatures, seconds) = (count(signatures), u32::try_from(seconds).unwrap_or(u32::MAX));
            found.push((slot.id, Oddity::InARow { device, signatures, seconds }));
        }
        if let Some((people, capacity)) = over_capacity(event, slot.id) {
            let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
            found.push((slot.id, Oddity::OverCapacity { people: count(people), capacity }));
        }
        for ((signer, _), all) in by_signer(event, slot.id) {
            let standing = all.iter().filter(|one| one.withdrawn.is_none()).count();
            if standing > 1 {
                found.push((slot.id, Oddity::SignedAgain { signer, signatures: count(standing) }));
            }
        }
    }
    found
}

/// Trainers who teach at two events at the same hours, told at both, where both keep the same time: in one country.
#[must_use]
pub fn elsewhere<'a>(
    events: impl IntoIterator<Item = (DocumentId, &'a EventRecord)>,
) -> Vec<(DocumentId, RowId, Oddity)> {
    let mut taught: Vec<(DocumentId, &Slot, &str)> = Vec::new();
    let mut by_day: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (id, event) in events {
        let in_morocco = calendar::in_morocco(&event.fields);
        for trainer in &event.trainers {
            let folded = names::fold_search(trainer.name());
            for slot in event.slots.iter().filter(|slot| !slot.fields.text(Field::Day).is_empty()) {
                let key = format!("{in_morocco} {} {folded}", slot.fields.text(Field::Day));
                by_day.entry(key).or_default().push(taught.len());
                taught.push((id, slot, trainer.name()));
            }
        }
    }
    let mut found = Vec::new();
    for same in by_day.into_values() {
        for (event, slot, trainer) in same.iter().map(|n| taught[*n]) {
            let others = same.iter().map(|n| taught[*n]);
            let others = others.filter(|(other, there, _)| *other != event && overlap(slot, there));
            found.extend(
                others.map(|(other, ..)| {
                    (event, slot.id, Oddity::TrainerElsewhere { trainer: trainer.to_owned(), other })
                }),
            );
        }
    }
    found
}

fn overlap(a: &Slot, b: &Slot) -> bool {
    let [(from, to), (begins, stops)] =
        [a, b].map(|slot| (slot.fields.text(Field::Starts), slot.fields.text(Field::Ends)));
    begins < to && from < stops
}

fn by_signer(event: &EventRecord, slot: RowId) -> BTreeMap<(Signer, RowId), Vec<&Signature>> {
    let mut by_signer: BTreeMap<(Signer, RowId), Vec<&Signature>> = BTreeMap::new();
    for one in event.signatures.iter().filter(|one| one.slot == slot) {
        by_signer.entry((one.signer, slot)).or_default().push(one);
    }
    by_signer
}

/// The participants' signatures of a half-day that count, by time.
#[must_use]
pub fn counting(event: &EventRecord, slot: RowId) -> Vec<&Signature> {
    let mut counting: Vec<&Signature> = Vec::new();
    let people = by_signer(event, slot).into_iter().filter(|((signer, _), _)| matches!(signer, Signer::Person(_)));
    for one in people.filter_map(|(_, all)| signature_that_counts(all)) {
        let place = counting.partition_point(|other| (other.at_ms, other.id) < (one.at_ms, one.id));
        counting.insert(place, one);
    }
    counting
}

/// When the signatures of a half-day were taken, beside its own times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many long before it began.
    pub before: usize,
    /// How many long after it had ended.
    pub after: usize,
    /// How many in its last minutes or after it, where that is nearly all of them and not only those of `after`.
    pub at_the_end: Option<usize>,
}

impl Times {
    /// Of a half-day from `starts_ms` to `ends_ms`.
    #[must_use]
    pub fn of(signatures: &[&Signature], starts_ms: u64, ends_ms: u64) -> Self {
        let before = signatures.iter().filter(|one| one.at_ms + NEAR_MS < starts_ms).count();
        let after = signatures.iter().filter(|one| one.at_ms > ends_ms + NEAR_MS).count();
        let late = signatures.iter().filter(|one| one.at_ms + AT_THE_END_MS >= ends_ms).count();
        let nearly_all = late >= IN_A_ROW_MIN && late * 10 >= signatures.len() * 9 && late > after;
        Self { before, after, at_the_end: nearly_all.then_some(late) }
    }
}

/// Whether somebody was there, or signed.
fn anybody(event: &EventRecord, slot: RowId) -> bool {
    let came = event.marks.iter().any(|one| one.slot == slot && one.withdrawn.is_none() && one.status.attended());
    came || event.signatures.iter().any(|one| one.slot == slot && one.withdrawn.is_none())
}

/// Of each phone the longest run of signatures in which each follows the one before within seconds, where it is long: how many, and
/// in how many seconds. `signatures` by time.
#[must_use]
pub fn in_a_row(signatures: &[&Signature]) -> Vec<(Option<DeviceId>, usize, u64)> {
    let mut devices: Vec<Option<DeviceId>> = Vec::new();
    for one in signatures {
        let place = devices.partition_point(|other| *other < one.by);
        if devices.get(place) != Some(&one.by) {
            devices.insert(place, one.by);
        }
    }
    let mut runs = Vec::new();
    for device in devices {
        let times: Vec<u64> = signatures.iter().filter(|one| one.by == device).map(|one| one.at_ms).collect();
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
            runs.push((device, longest.len(), (last - first).div_ceil(1000)));
        }
    }
    runs
}

/// How many were in the room, and how many it holds, where they were more.
#[must_use]
pub fn over_capacity(event: &EventRecord, slot: RowId) -> Option<(usize, i64)> {
    let capacity = event.fields.get(Field::Capacity).number().filter(|capacity| *capacity > 0)?;
    let mut marks: BTreeMap<(RowId, DocumentId), Vec<&Mark>> = BTreeMap::new();
    for mark in event.marks.iter().filter(|mark| mark.slot == slot) {
        marks.entry((slot, mark.person)).or_default().push(mark);
    }
    let in_the_room = |status: Status| matches!(status, Status::Present | Status::Partial);
    let named = marks.into_values().filter(|marks| attendance(marks.iter().copied()).status().is_some_and(in_the_room));
    let counted: usize =
        event.headcounts.iter().filter(|count| count.slot == slot).map(|count| count.people as usize).sum();
    let people = named.count() + counted;
    (i64::try_from(people).unwrap_or(i64::MAX) > capacity).then_some((people, capacity))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
