//! The calendar feed of an account: when and where its events are, and what is due on its dossiers, for whatever calendar the person
//! uses. No participant is named.

use std::collections::BTreeSet;

use icalendar::{Calendar, Component as _, Event as Entry, EventLike as _, Property};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use rusqlite::Connection;
use shared::{
    due::{DueKind, Somebody},
    field::Field,
    id::{AccountId, DocumentId},
    record::Record,
    role::Scope,
};

use crate::{
    erasure,
    sheet::calendar,
    storage::{
        StoreError,
        access::{self, Account, Language},
        calendars::{self, DueRow},
        scope,
    },
};

/// Events of one feed.
const EVENTS_MAX: usize = 500;
/// What is due, of one feed.
const DUES_MAX: usize = 500;
/// So long ago they are still in it.
const DAYS_BACK: i64 = 180;
/// So long before it a report is recalled by an entry of its own: calendars pass over the alarms of what they subscribe to.
const RECALLED_DAYS: i64 = 14;

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
    let wanted = |document: &DocumentId| held.as_ref().is_none_or(|held| held.contains(document));
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
    let me = Somebody { account: account.id, name: &account.name };
    // A to-do is for whoever it was given to; a report for those who hold its dossier by an assignment, else for whoever
    // accompanies it, and where nobody is said to, for everybody.
    let is_mine = |due: &DueRow| match due.kind == DueKind::Todo.as_str() {
        true => me.is_named(&due.assigned_to),
        false => held.is_some() || due.coordinator.is_empty() || me.is_named(&due.coordinator),
    };
    let dues = calendars::dues_since(db, &since, |due| wanted(&due.dossier) && is_mine(due), DUES_MAX)?;
    for due in &dues {
        put_due(&mut feed, &account, due, now_ms);
    }
    for call in calendars::calls_waited_for(db, wanted)? {
        let Some(Record::Call(record)) = erasure::record(db, call)? else { continue };
        let closes = record.fields.get(Field::ClosesMs).number().and_then(|ms| u64::try_from(ms).ok());
        let Some(closes) = closes.filter(|ms| *ms > 0) else { continue };
        let title = record.fields.text(Field::Title);
        let mut entry = Entry::new();
        entry
            .uid(&format!("closes@{call}.tiwizi"))
            .add_property("DTSTAMP", utc(now_ms))
            .add_property("DTSTART", utc(closes))
            .add_property("DTEND", utc(closes))
            .summary(&said(account.language, Said::Closes, title));
        feed.push(entry.done());
    }
    Ok(feed.to_string())
}

/// What is due, on its day, and a report once more two weeks before. What somebody is to do is told by its dossier alone: such words
/// name people.
fn put_due(feed: &mut Calendar, account: &Account, due: &DueRow, now_ms: u64) {
    let Ok(day) = due.day.parse::<Date>() else { return };
    let is_todo = due.kind == DueKind::Todo.as_str();
    let of = format!("{} — {}", due.label, due.title);
    let summary = match is_todo {
        true => said(account.language, Said::Todo, &due.title),
        false => of.clone(),
    };
    feed.push(whole_day(&format!("{}@{}.tiwizi", due.row, due.dossier), day, &summary, now_ms));
    if due.kind == DueKind::Report.as_str()
        && let Ok(before) = day.checked_sub(RECALLED_DAYS.days())
    {
        let summary = said(account.language, Said::InTwoWeeks, &of);
        feed.push(whole_day(&format!("{}-before@{}.tiwizi", due.row, due.dossier), before, &summary, now_ms));
    }
}

/// An entry of no time of day: the same day wherever one is.
fn whole_day(uid: &str, day: Date, summary: &str, now_ms: u64) -> Entry {
    let date = |key, day: Date| {
        let mut property = Property::new(key, day.strftime("%Y%m%d").to_string());
        property.add_parameter("VALUE", "DATE");
        property.done()
    };
    let mut entry = Entry::new();
    entry.uid(uid).add_property("DTSTAMP", utc(now_ms)).append_property(date("DTSTART", day)).summary(summary);
    if let Ok(next) = day.tomorrow() {
        entry.append_property(date("DTEND", next));
    }
    entry.done()
}

/// What the feed says in words of its own.
#[derive(Clone, Copy)]
enum Said {
    Todo,
    InTwoWeeks,
    Closes,
}

fn said(language: Language, said: Said, of: &str) -> String {
    match (said, language) {
        (Said::Todo, Language::Fr) => format!("À faire : {of}"),
        (Said::Todo, Language::Ar) => format!("للإنجاز: {of}"),
        (Said::Todo, Language::En) => format!("To do: {of}"),
        (Said::InTwoWeeks, Language::Fr) => format!("Dans deux semaines : {of}"),
        (Said::InTwoWeeks, Language::Ar) => format!("بعد أسبوعين: {of}"),
        (Said::InTwoWeeks, Language::En) => format!("In two weeks: {of}"),
        (Said::Closes, Language::Fr) => format!("Clôture : {of}"),
        (Said::Closes, Language::Ar) => format!("إغلاق النداء: {of}"),
        (Said::Closes, Language::En) => format!("Closes: {of}"),
    }
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
