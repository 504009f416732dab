//! The calendar feed of an account: when and where its events are, for whatever calendar the person uses. No participant is named.

use std::collections::BTreeSet;

use icalendar::{Calendar, Component as _, Event as Entry, EventLike as _};
use jiff::Timestamp;
use rusqlite::Connection;
use shared::{field::Field, id::AccountId, record::Record, role::Scope};

use crate::{
    erasure,
    sheet::calendar,
    storage::{StoreError, access, calendars, scope},
};

/// Events of one feed.
const EVENTS_MAX: usize = 500;
/// So long ago they are still in it.
const DAYS_BACK: i64 = 180;

/// The feed, as iCalendar (RFC 5545).
///
/// # Errors
/// What the storage fails on.
pub fn of(db: &Connection, account: AccountId, now_ms: u64) -> Result<String, StoreError> {
    let Some((account, _)) = access::account_with_state(db, account)? else { return Ok(String::new()) };
    let since = day_of(now_ms, DAYS_BACK);
    let held: Option<BTreeSet<_>> = match account.scope {
        Scope::Assigned => Some(scope::assigned(db, account.id)?.into_iter().map(|scoped| scoped.id).collect()),
        _ => None,
    };
    let wanted = |event: &_| held.as_ref().is_none_or(|held| held.contains(event));
    let events = calendars::events_since(db, &since, wanted, EVENTS_MAX)?;
    let mut feed = Calendar::new();
    feed.name("Tiwizi");
    for id in events {
        let Some(Record::Event(event)) = erasure::record(db, id)? else { continue };
        let f = &event.fields;
        let place: Vec<&str> = [Field::Place, Field::Address, Field::Commune]
            .map(|field| f.text(field))
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let zone = calendar::zone(f);
        for slot in &event.slots {
            let Some((starts, ends)) = calendar::span(&zone, slot) else { continue };
            let mut entry = Entry::new();
            entry
                .uid(&format!("{}@{id}.tiwizi", slot.id))
                .add_property("DTSTAMP", utc(now_ms))
                .add_property("DTSTART", utc(starts))
                .add_property("DTEND", utc(ends))
                .summary(f.text(Field::Title));
            if !place.is_empty() {
                entry.location(&place.join(", "));
            }
            feed.push(entry.done());
        }
    }
    Ok(feed.to_string())
}

/// `20261123T080000Z`
fn utc(ms: u64) -> String {
    let at = Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(i64::MAX)).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The calendar day so many days before.
fn day_of(now_ms: u64, days: i64) -> String {
    let ms = i64::try_from(now_ms).unwrap_or(i64::MAX).saturating_sub(days * 24 * 60 * 60 * 1000);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d").to_string()
}
