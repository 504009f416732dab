//! Forgetting: one person who asks for it, a text in which somebody was named, and whatever has had its time.
//!
//! Nothing goes without a plan that a human has seen: each plan has a hash, and is done only if it is still the same.

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::{
    document::{Author, Kind},
    field::Field,
    id::{DeviceId, DocumentId},
    question,
    record::{Fields, Record},
    renewal,
    settings::{SETTINGS, Settings},
};
use time::{Date, Month, OffsetDateTime};

use crate::{
    ingest::{Ingest, load},
    storage::{
        StoreError, blobs, documents,
        erasures::{self, Due, Limits, Sheet},
        journal,
    },
};

/// Documents that one run of the retention erases. The human's word holds for all that was shown; the page asks again until
/// nothing is left, and the writer is free for others in between.
pub const BATCH_MAX: usize = 50;
/// Rows of each list that a plan shows. Its hash and its counts are of all.
const ROWS_MAX: usize = 500;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such document")]
    Unknown,
    #[error("it is no longer what was shown")]
    PlanChanged,
    #[error("documents of this kind are not written anew")]
    Kind,
    #[error("Questions about it are open")]
    QuestionsOpen,
    #[error("changes of it wait for a decision")]
    ChangesWait,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What will happen if somebody is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonPlan {
    /// Names this plan.
    pub plan: String,
    /// The person, then whoever a human said they are too.
    pub people: Vec<Named>,
    /// What the law or a funder makes us keep: sheets under retention, on which the name will no longer be readable.
    pub kept: Vec<KeptSheet>,
    /// Other events that name them. A number without a name stays there.
    pub others: Vec<Sheet>,
    /// What goes: documents, and the changes in them.
    pub documents: usize,
    pub changes: u64,
    pub phones: usize,
    pub emails: usize,
    /// Changes that wait for a decision, and go too.
    pub waiting: u64,
}

/// A document and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub document: DocumentId,
    pub title: String,
}

/// A sheet that must be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptSheet {
    #[serde(flatten)]
    pub sheet: Sheet,
    /// `2036-11-23`
    pub keep_until: String,
}

/// The house's rules, as the server has them.
///
/// # Errors
/// What the storage fails on.
pub fn settings(db: &Connection) -> Result<Fields, StoreError> {
    Ok(match record(db, SETTINGS)? {
        Some(Record::Settings(fields)) => fields,
        _ => Fields::default(),
    })
}

/// What a document says; none if the server has nothing of it.
///
/// # Errors
/// What the storage fails on.
pub fn record(db: &Connection, id: DocumentId) -> Result<Option<Record>, StoreError> {
    let Some(standing) = documents::standing(db, id)? else { return Ok(None) };
    Ok(Some(Record::read(&load(db, id, &standing)?)))
}

/// Somebody and all that they are, if the server knows them.
///
/// # Errors
/// [`Refusal::Unknown`]; what the storage fails on.
pub fn people_of(db: &Connection, person: DocumentId) -> Result<Vec<DocumentId>, Refusal> {
    let standing = documents::standing(db, person)?.ok_or(Refusal::Unknown)?;
    if standing.kind != Kind::Person {
        return Err(Refusal::Unknown);
    }
    Ok(erasures::joined(db, person)?)
}

/// Says what erasing somebody would do.
///
/// # Errors
/// [`Refusal::Unknown`]; what the storage fails on.
pub fn plan_person(db: &Connection, person: DocumentId, now_ms: u64) -> Result<PersonPlan, Refusal> {
    let house = settings(db)?;
    let keep_months = Settings(Some(&house)).get(Field::SheetKeepMonths);
    let today = day_of(now_ms);
    let mut plan = PersonPlan {
        plan: String::new(),
        people: Vec::new(),
        kept: Vec::new(),
        others: Vec::new(),
        documents: 0,
        changes: 0,
        phones: 0,
        emails: 0,
        waiting: 0,
    };
    let mut versions = Vec::new();
    for id in people_of(db, person)? {
        for document in [id, DocumentId::contact_of(id)] {
            plan.waiting += erasures::waiting(db, document)?;
            if let Some(standing) = documents::standing(db, document)? {
                plan.documents += 1;
                plan.changes += standing.changes;
                versions.push(standing.heads);
            }
        }
        if let Some(Record::Person(person)) = record(db, id)? {
            plan.people.push(Named { document: id, title: person.name() });
        }
        if let Some(Record::Contact(contact)) = record(db, DocumentId::contact_of(id))? {
            plan.phones += contact.phones.len();
            plan.emails += contact.emails.len();
        }
        for sheet in erasures::sheets(db, id)? {
            let until = months_after(&sheet.last_day, keep_months).filter(|until| *until >= today && sheet.marked > 0);
            match until {
                Some(keep_until) => plan.kept.push(KeptSheet { sheet, keep_until }),
                None => plan.others.push(sheet),
            }
        }
    }
    plan.plan = hash_of(&(&plan, versions));
    Ok(plan)
}

/// Erases somebody, as the plan of that hash says. Returns the documents that went.
///
/// # Errors
/// [`Refusal`]; then nothing was erased.
pub fn erase_person(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    person: DocumentId,
    plan: &str,
    by: journal::Actor,
    now_ms: u64,
) -> Result<Vec<DocumentId>, Refusal> {
    let found = plan_person(tx, person, now_ms)?;
    if found.plan != plan {
        return Err(Refusal::PlanChanged);
    }
    let mut gone = Vec::new();
    for Named { document, .. } in &found.people {
        gone.extend(forget_person(tx, ingest, *document, now_ms)?);
    }
    forget_told(tx, now_ms)?;
    journal::note(
        tx,
        &journal::Entry {
            at_ms: now_ms,
            by,
            action: journal::Action::PersonErased,
            subject: person.to_string(),
            detail: serde_json::json!({ "documents": found.documents, "sheets_kept": found.kept.len() }),
        },
    )?;
    Ok(gone)
}

fn forget_person(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    person: DocumentId,
    now_ms: u64,
) -> Result<[DocumentId; 2], StoreError> {
    erasures::count_presence(tx, person)?;
    let documents = [person, DocumentId::contact_of(person)];
    for document in documents {
        ingest.erase(tx, document, now_ms)?;
    }
    Ok(documents)
}

/// The ids of what was erased are kept for as long as a phone may be away without being let in anew.
fn forget_told(tx: &Transaction<'_>, now_ms: u64) -> Result<(), StoreError> {
    let house = settings(tx)?;
    let days = u64::try_from(Settings(Some(&house)).get(Field::DeviceAwayDays)).unwrap_or(0);
    erasures::end_farewells(tx, now_ms.saturating_sub(days * DAY_MS))
}

/// What will happen if a document is written anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RewritePlan {
    /// Names this plan.
    pub plan: String,
    pub title: String,
    /// Changes that go, with all that they took out and put in.
    pub changes: u64,
    /// Values of which only the one shown would come along: they are settled first.
    pub questions: usize,
    /// Changes that wait for a decision: it is made first.
    pub waiting: u64,
}

/// Says what writing a document anew would do.
///
/// # Errors
/// [`Refusal::Unknown`], [`Refusal::Kind`]; what the storage fails on.
pub fn plan_rewrite(db: &Connection, id: DocumentId) -> Result<RewritePlan, Refusal> {
    let standing = documents::standing(db, id)?.ok_or(Refusal::Unknown)?;
    if !renewal::may_be_rewritten(standing.kind) {
        return Err(Refusal::Kind);
    }
    let record = record(db, id)?.ok_or(Refusal::Unknown)?;
    let title = match &record {
        Record::Person(person) => person.name(),
        other => other.fields().text(Field::Title).to_owned(),
    };
    Ok(RewritePlan {
        plan: hash_of(&(id, &standing.heads, standing.epoch)),
        title,
        changes: standing.changes,
        questions: question::of_record(id, &record).len(),
        waiting: erasures::waiting(db, id)?,
    })
}

/// Writes a document anew, as the plan of that hash says. Returns the last arrival of it.
///
/// # Errors
/// [`Refusal`]; then nothing was done.
pub fn rewrite(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    id: DocumentId,
    plan: &str,
    (by, nonce): (journal::Actor, [u8; 8]),
    now_ms: u64,
) -> Result<u64, Refusal> {
    let found = plan_rewrite(tx, id)?;
    if found.plan != plan {
        return Err(Refusal::PlanChanged);
    }
    if found.questions > 0 {
        return Err(Refusal::QuestionsOpen);
    }
    if found.waiting > 0 {
        return Err(Refusal::ChangesWait);
    }
    // By the hand of whoever confirmed it: history names them, on a sequence that their phone never uses.
    let author = Author { device: by.device.unwrap_or(DeviceId([0; 16])), nonce, at_ms: now_ms };
    let arrival = ingest.rewrite(tx, id, &author, now_ms)?.ok_or(Refusal::Unknown)?;
    journal::note(
        tx,
        &journal::Entry {
            at_ms: now_ms,
            by,
            action: journal::Action::DocumentRewritten,
            subject: id.to_string(),
            detail: serde_json::json!({ "changes": found.changes }),
        },
    )?;
    Ok(arrival)
}

/// What has had its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetentionPlan {
    /// Names this plan.
    pub plan: String,
    pub people: DueList,
    pub dossiers: DueList,
    pub events: DueList,
    /// The periods, in months.
    pub person_months: i64,
    pub sheet_months: i64,
    pub dossier_months: i64,
}

/// The documents of one kind that are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueList {
    pub count: usize,
    /// The oldest of them.
    pub rows: Vec<Due>,
}

impl DueList {
    fn of(mut rows: Vec<Due>) -> Self {
        let count = rows.len();
        rows.truncate(ROWS_MAX);
        Self { count, rows }
    }
}

/// Everything due, in the order in which it goes: people first, so that the sheets which hold them back are still there.
struct AllDue {
    people: Vec<Due>,
    dossiers: Vec<Due>,
    events: Vec<Due>,
    months: [i64; 3],
}

impl AllDue {
    fn find(db: &Connection, now_ms: u64) -> Result<Self, StoreError> {
        let house = settings(db)?;
        let months = [Field::PersonKeepMonths, Field::SheetKeepMonths, Field::DossierKeepMonths]
            .map(|field| Settings(Some(&house)).get(field));
        let today = day_of(now_ms);
        let [person_day, sheet_day, dossier_day] =
            months.map(|months| months_after(&today, -months).unwrap_or_default());
        let limits = Limits { person_day, sheet_day, dossier_day };
        Ok(Self {
            people: erasures::people_due(db, &limits)?,
            dossiers: erasures::dossiers_due(db, &limits)?,
            events: erasures::events_due(db, &limits)?,
            months,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Due> {
        self.people.iter().chain(&self.dossiers).chain(&self.events)
    }

    /// Names what goes, from the `done`th on: the run of a plan goes on under the same word.
    fn hash(&self, done: usize) -> String {
        hash_of(&self.all().skip(done).map(|due| due.document).collect::<Vec<_>>())
    }
}

/// Says what is due.
///
/// # Errors
/// What the storage fails on.
pub fn plan_retention(db: &Connection, now_ms: u64) -> Result<RetentionPlan, StoreError> {
    let due = AllDue::find(db, now_ms)?;
    Ok(RetentionPlan {
        plan: due.hash(0),
        people: DueList::of(due.people),
        dossiers: DueList::of(due.dossiers),
        events: DueList::of(due.events),
        person_months: due.months[0],
        sheet_months: due.months[1],
        dossier_months: due.months[2],
    })
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    pub erased: usize,
    pub left: usize,
    /// Names what is left of the plan that was confirmed.
    pub plan: String,
    #[serde(skip)]
    pub gone: Vec<DocumentId>,
}

/// Erases the first [`BATCH_MAX`] of what the plan of that hash shows.
///
/// # Errors
/// [`Refusal::PlanChanged`]; what the storage fails on. Then nothing was erased.
pub fn run_retention(
    tx: &Transaction<'_>,
    ingest: &mut Ingest,
    plan: &str,
    by: journal::Actor,
    now_ms: u64,
) -> Result<Run, Refusal> {
    let due = AllDue::find(tx, now_ms)?;
    if due.hash(0) != plan {
        return Err(Refusal::PlanChanged);
    }
    let total = due.all().count();
    let mut run = Run { erased: 0, left: 0, plan: String::new(), gone: Vec::new() };
    let mut erased = [0_usize; 3];
    for (n, Due { document, .. }) in due.all().take(BATCH_MAX).enumerate() {
        let kind = usize::from(n >= due.people.len()) + usize::from(n >= due.people.len() + due.dossiers.len());
        erased[kind] += 1;
        run.erased += 1;
        if kind == 0 {
            run.gone.extend(forget_person(tx, ingest, *document, now_ms)?);
        } else {
            ingest.erase(tx, *document, now_ms)?;
            run.gone.push(*document);
        }
    }
    run.left = total - run.erased;
    run.plan = due.hash(run.erased);
    forget_told(tx, now_ms)?;
    if run.erased > 0 {
        journal::note(
            tx,
            &journal::Entry {
                at_ms: now_ms,
                by,
                action: journal::Action::RetentionRun,
                subject: String::new(),
                detail: serde_json::json!({ "people": erased[0], "dossiers": erased[1], "events": erased[2] }),
            },
        )?;
    }
    Ok(run)
}

/// Erases whatever the list names and an older copy of the file has brought back. Returns how many documents and blobs.
///
/// # Errors
/// What the storage fails on.
pub fn erase_listed(tx: &Transaction<'_>, ingest: &mut Ingest, now_ms: u64) -> Result<usize, StoreError> {
    let back = erasures::left_behind(tx)?;
    for document in &back {
        ingest.erase(tx, *document, now_ms)?;
    }
    let signatures = blobs::left_behind(tx)?;
    for hash in &signatures {
        blobs::remove(tx, hash)?;
        ingest.empty_log();
    }
    Ok(back.len() + signatures.len())
}

fn hash_of(plan: &impl Serialize) -> String {
    let text = serde_json::to_vec(plan).unwrap_or_default();
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The calendar day of a moment, in UTC: `2026-11-23`.
#[must_use]
pub fn day_of(at_ms: u64) -> String {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(0);
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| String::new(), |at| iso(at.date()))
}

/// The day so many months after another; the last of its month where it has no such day. None for what is no day.
fn months_after(day: &str, months: i64) -> Option<String> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let count = year * 12 + (month - 1) + months;
    let year = i32::try_from(count.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(count.rem_euclid(12) + 1).ok()?).ok()?;
    let day = u8::try_from(day).ok()?.min(month.length(year));
    Date::from_calendar_date(year, month, day).ok().map(iso)
}

fn iso(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_by_the_calendar() {
        let check = |day: &str, months: i64, expected: Option<&str>| {
            assert_eq!(months_after(day, months).as_deref(), expected, "{day} and {months} months");
        };
        check("2026-11-23", 120, Some("2036-11-23"));
        check("2026-01-31", 1, Some("2026-02-28"));
        check("2024-03-31", -1, Some("2024-02-29"));
        check("2026-11-23", -36, Some("2023-11-23"));
        check("", 12, None);
        assert_eq!(day_of(1_790_000_000_000), "2026-09-21");
    }
}
