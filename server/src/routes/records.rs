//! Events, dossiers and whole documents, as other programs read them; and which of them changed.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    document::Kind,
    id::DocumentId,
    record::{Fields, Record},
};
use utoipa::{IntoParams, ToSchema};

use super::{
    AppState,
    body::{Id, Query},
    page::{Page, ROWS_MAX, Turn, place},
};
use crate::{
    auth::{ReadDocuments, ReadDossiers, ReadEvents, ReadQuestions},
    erasure,
    error::ApiError,
    export::as_json,
    ingest::load,
    storage::{
        access::Account,
        documents, erasures,
        records::{self, DossiersWanted, EventsWanted, Held},
        server,
    },
};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsAsk {
    /// Those that end on this day or later: `2026-03-01`.
    from: Option<String>,
    /// Those that begin on this day or before.
    until: Option<String>,
}

/// An event in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventItem {
    #[schema(value_type = String, format = "uuid")]
    id: DocumentId,
    title: String,
    /// `workshop`, `training`, `meeting`…; empty where nobody said.
    kind: String,
    place: String,
    /// As written, or its official code.
    commune: String,
    /// `2026-03-01`; empty while it has no half-day.
    first_day: String,
    last_day: String,
    /// People on the list.
    expected: u64,
    /// Different people who were there, in one half-day at least.
    attended: u64,
    /// The number of its last change: see `/api/v1/changes`.
    arrival: u64,
}

impl From<records::EventRow> for EventItem {
    fn from(row: records::EventRow) -> Self {
        let records::EventRow { id, title, kind, place, commune, first_day, last_day, expected, attended, arrival } =
            row;
        Self { id, title, kind, place, commune, first_day, last_day, expected, attended, arrival }
    }
}

/// `GET /api/v1/events`: by day.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", params(EventsAsk, Turn),
    security(("token" = ["read:events"])),
    responses((status = 200, description = "One page, by first day", body = Page<EventItem>)),
)]
pub async fn events(
    State(state): State<AppState>,
    ReadEvents(by): ReadEvents,
    Query(ask): Query<EventsAsk>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<EventItem>>, ApiError> {
    let wanted = EventsWanted { from: ask.from, until: ask.until, after: turn.after()?, limit: turn.limit() };
    let page = state.store.read(move |db| {
        let held = Held::of(db, &by.account)?;
        let limit = wanted.limit;
        let (rows, total) = records::events(db, &held, &wanted)?;
        let next = next(&rows, limit, |row| place(&(&row.first_day, row.id)));
        Ok::<_, ApiError>(Page { items: rows.into_iter().map(EventItem::from).collect(), next, total })
    });
    Ok(Json(page.await?))
}

/// Where the next page begins. A page that is full by chance is followed by an empty one.
fn next<T>(rows: &[T], limit: usize, place: impl FnOnce(&T) -> String) -> Option<String> {
    rows.last().filter(|_| rows.len() == limit).map(place)
}

/// An event with its half-days.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDetail {
    #[schema(value_type = String, format = "uuid")]
    id: DocumentId,
    /// What stands in its fields, by their names. A whole number, or a text.
    #[schema(value_type = BTreeMap<String, Value>)]
    fields: BTreeMap<String, Value>,
    /// The people on its list.
    #[schema(value_type = Vec<String>)]
    expected: Vec<DocumentId>,
    slots: Vec<SlotDetail>,
    arrival: u64,
}

/// A half-day, and who was there.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotDetail {
    id: String,
    #[schema(value_type = BTreeMap<String, Value>)]
    fields: BTreeMap<String, Value>,
    attendance: Vec<AttendanceItem>,
}

/// What the marks of a person come to in a half-day: where they contradict each other, the prevailing one.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceItem {
    #[schema(value_type = String, format = "uuid")]
    person: DocumentId,
    name: String,
    /// `present`, `partial`, `remote`, `excused`, `absent`.
    status: String,
    /// The marks contradict each other, and a human is asked.
    contradicted: bool,
    marks: u32,
}

/// `GET /api/v1/events/{id}`.
#[utoipa::path(
    get, path = "/api/v1/events/{id}", tag = "events", params(("id" = String, Path, format = "uuid")),
    security(("token" = ["read:events"])),
    responses((status = 200, description = "The event", body = EventDetail)),
)]
pub async fn event(
    State(state): State<AppState>,
    ReadEvents(by): ReadEvents,
    Id(id): Id<DocumentId>,
) -> Result<Json<EventDetail>, ApiError> {
    let detail = state.store.read(move |db| {
        let (record, arrival) = read(db, &by.account, id, Kind::Event)?;
        let Record::Event(event) = record else { return Err(unknown()) };
        let mut attendance = records::attendance(db, id)?;
        let slots = event.slots.iter().map(|slot| {
            let word = slot.id.to_string();
            let here = attendance.extract_if(.., |row| row.slot == word).map(|row| {
                let records::AttendanceRow { person, name, status, contradicted, marks, .. } = row;
                AttendanceItem { person, name, status, contradicted, marks }
            });
            SlotDetail { attendance: here.collect(), fields: plain(&slot.fields), id: word }
        });
        let slots = slots.collect();
        let expected = event.roster.keys().copied().collect();
        Ok(EventDetail { id, fields: plain(&event.fields), expected, slots, arrival })
    });
    Ok(Json(detail.await?))
}

/// Which dossiers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DossiersAsk {
    /// `draft`, `submitted`, `granted`…
    stage: Option<String>,
    #[param(value_type = Option<String>, format = "uuid")]
    association: Option<DocumentId>,
    #[param(value_type = Option<String>, format = "uuid")]
    call: Option<DocumentId>,
}

/// A dossier in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierItem {
    #[schema(value_type = String, format = "uuid")]
    id: DocumentId,
    title: String,
    stage: String,
    territory: String,
    #[schema(value_type = Option<String>, format = "uuid")]
    association: Option<DocumentId>,
    #[schema(value_type = Option<String>, format = "uuid")]
    call: Option<DocumentId>,
    /// What its budget spends, in cents.
    expenses_cents: i64,
    /// What its budget is paid from, in cents.
    resources_cents: i64,
    /// The number of its last change: see `/api/v1/changes`.
    arrival: u64,
}

impl From<records::DossierRow> for DossierItem {
    fn from(row: records::DossierRow) -> Self {
        let records::DossierRow {
            id,
            title,
            stage,
            territory,
            association,
            call,
            expenses_cents,
            resources_cents,
            arrival,
        } = row;
        Self { id, title, stage, territory, association, call, expenses_cents, resources_cents, arrival }
    }
}

/// `GET /api/v1/dossiers`: in the order in which they were begun.
#[utoipa::path(
    get, path = "/api/v1/dossiers", tag = "dossiers", params(DossiersAsk, Turn),
    security(("token" = ["read:dossiers"])),
    responses((status = 200, description = "One page, in the order in which they were begun", body = Page<DossierItem>)),
)]
pub async fn dossiers(
    State(state): State<AppState>,
    ReadDossiers(by): ReadDossiers,
    Query(ask): Query<DossiersAsk>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<DossierItem>>, ApiError> {
    let DossiersAsk { stage, association, call } = ask;
    let wanted = DossiersWanted { stage, association, call, after: turn.after()?, limit: turn.limit() };
    let page = state.store.read(move |db| {
        let held = Held::of(db, &by.account)?;
        let limit = wanted.limit;
        let (rows, total) = records::dossiers(db, &held, &wanted)?;
        let next = next(&rows, limit, |row| place(&row.id));
        Ok::<_, ApiError>(Page { items: rows.into_iter().map(DossierItem::from).collect(), next, total })
    });
    Ok(Json(page.await?))
}

/// A dossier with its fields and texts. Budget, activities and all else stand in the document: `/api/v1/documents/{id}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierDetail {
    #[serde(flatten)]
    head: DossierItem,
    #[schema(value_type = BTreeMap<String, Value>)]
    fields: BTreeMap<String, Value>,
    /// Its long texts, by the names of their sections.
    sections: BTreeMap<String, String>,
}

/// `GET /api/v1/dossiers/{id}`.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}", tag = "dossiers", params(("id" = String, Path, format = "uuid")),
    security(("token" = ["read:dossiers"])),
    responses((status = 200, description = "The dossier", body = DossierDetail)),
)]
pub async fn dossier(
    State(state): State<AppState>,
    ReadDossiers(by): ReadDossiers,
    Id(id): Id<DocumentId>,
) -> Result<Json<DossierDetail>, ApiError> {
    let detail = state.store.read(move |db| {
        let (record, _) = read(db, &by.account, id, Kind::Dossier)?;
        let (Record::Dossier(dossier), Some(row)) = (record, records::dossier(db, id)?) else { return Err(unknown()) };
        let sections = dossier.sections.iter().map(|(name, section)| (name.to_string(), section.text.clone()));
        Ok(DossierDetail { head: row.into(), fields: plain(&dossier.fields), sections: sections.collect() })
    });
    Ok(Json(detail.await?))
}

/// What a merge left to a human.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionItem {
    /// The same everywhere.
    id: String,
    #[schema(value_type = String, format = "uuid")]
    document: DocumentId,
    /// What is asked: `field_set_apart`, `marks_contradict`, `read_again`…
    ask: String,
    /// All that stands there, as the app has it.
    #[schema(value_type = Object)]
    question: Value,
}

/// `GET /api/v1/questions`: those that documents raise by themselves. Possible duplicates are a list of their own.
#[utoipa::path(
    get, path = "/api/v1/questions", tag = "questions", params(Turn),
    security(("token" = ["read:questions"])),
    responses((status = 200, description = "One page, document by document", body = Page<QuestionItem>)),
)]
pub async fn questions(
    State(state): State<AppState>,
    ReadQuestions(by): ReadQuestions,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<QuestionItem>>, ApiError> {
    let (after, limit) = (turn.after()?, turn.limit());
    let page = state.store.read(move |db| {
        let held = Held::of(db, &by.account)?;
        let (rows, total) = records::questions(db, &held, &by.account, after, limit)?;
        let next = next(&rows, limit, |row| place(&(row.document, &row.id)));
        let items = rows.into_iter().map(|records::QuestionRow { document, id, ask, content }| QuestionItem {
            id,
            document,
            ask,
            question: serde_json::from_str(&content).unwrap_or_default(),
        });
        Ok::<_, ApiError>(Page { items: items.collect(), next, total })
    });
    Ok(Json(page.await?))
}

/// A document whole, as `tiwizi export` writes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeDocument {
    #[schema(value_type = String, format = "uuid")]
    document: Value,
    /// `person`, `contact`, `association`, `event`, `dossier`, `call` or `settings`.
    #[schema(value_type = String)]
    kind: Value,
    /// All that stands in it, under the names of the format.
    #[schema(value_type = Object)]
    content: Value,
    /// Who changed it on which device: when by that device's clock, and when it arrived.
    #[schema(value_type = Vec<HistoryItem>)]
    history: Value,
}

/// One change of a document.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `export::as_json` writes")]
pub struct HistoryItem {
    /// Its hash, in hexadecimal.
    change: String,
    #[schema(format = "uuid")]
    device: String,
    claimed_ms: i64,
    received_ms: Option<u64>,
}

/// `GET /api/v1/documents/{id}`.
#[utoipa::path(
    get, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = String, Path, format = "uuid")),
    security(("token" = ["read:documents"])),
    responses((status = 200, description = "The document", body = WholeDocument)),
)]
pub async fn document(
    State(state): State<AppState>,
    ReadDocuments(by): ReadDocuments,
    Id(id): Id<DocumentId>,
) -> Result<Json<WholeDocument>, ApiError> {
    let whole = state.store.read(move |db| {
        let standing = records::standing(db, &by.account, id)?.ok_or_else(unknown)?;
        let mut said = as_json(db, &load(db, id, &standing)?)?;
        let mut take = |name: &str| said[name].take();
        Ok::<_, ApiError>(WholeDocument {
            document: take("document"),
            kind: standing.kind.as_str().into(),
            content: take("content"),
            history: take("history"),
        })
    });
    Ok(Json(whole.await?))
}

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesAsk {
    /// What the answer before gave as `next`; 0 for everything.
    #[serde(default)]
    after: u64,
    /// How many documents at least, 1 to 1,000; 100 where nothing is said.
    limit: Option<usize>,
}

/// What changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// In the order of their last changes. A document that changes again is in a later answer again.
    items: Vec<ChangedDocument>,
    /// Documents that were erased since `after`, or longer ago: whoever has a copy deletes it. With the last page only.
    #[schema(value_type = Vec<String>)]
    erased: Vec<DocumentId>,
    /// To be sent as `after` the next time.
    next: u64,
    /// Whether there is more already.
    more: bool,
}

/// A document that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedDocument {
    #[schema(value_type = String, format = "uuid")]
    document: DocumentId,
    /// `person`, `contact`, `association`, `event`, `dossier`, `call` or `settings`.
    kind: &'static str,
    /// The number of its last change, or under which it came into one's scope.
    arrival: u64,
}

/// `GET /api/v1/changes`: which documents changed since.
#[utoipa::path(
    get, path = "/api/v1/changes", tag = "documents", params(ChangesAsk),
    security(("token" = ["read:documents"])),
    responses((status = 200, description = "Which documents changed, and where to go on", body = Changes)),
)]
pub async fn changes(
    State(state): State<AppState>,
    ReadDocuments(by): ReadDocuments,
    Query(ask): Query<ChangesAsk>,
) -> Result<Json<Changes>, ApiError> {
    // SQLite counts to 2^63, and nobody has seen that many changes.
    let after = ask.after.min(i64::MAX as u64);
    let limit = ask.limit.unwrap_or(100).clamp(1, ROWS_MAX);
    let changes = state.store.read(move |db| {
        let last = server::last_arrival(db)?;
        let (news, read_to) = records::changes(db, &by.account, after, limit)?;
        let more = read_to.is_some_and(|read_to| read_to < last);
        let erased = if more { Vec::new() } else { erasures::farewells_since(db, after)? };
        let items = news.into_iter().map(|scoped| ChangedDocument {
            document: scoped.id,
            kind: scoped.kind.as_str(),
            arrival: scoped.news(),
        });
        // Never back: somebody may ask with a number of another server.
        let next = read_to.unwrap_or(last).max(after);
        Ok::<_, ApiError>(Changes { items: items.collect(), erased, next, more })
    });
    Ok(Json(changes.await?))
}

fn unknown() -> ApiError {
    erasure::Refusal::Unknown.into()
}

/// A document of that kind that the account may see, and the number of its last change.
fn read(db: &rusqlite::Connection, account: &Account, id: DocumentId, kind: Kind) -> Result<(Record, u64), ApiError> {
    let standing: documents::Standing = records::standing(db, account, id)?.ok_or_else(unknown)?;
    if standing.kind != kind {
        return Err(unknown());
    }
    Ok((Record::read(&load(db, id, &standing)?), standing.last_arrival))
}

/// Fields as JSON, without those that nobody has filled in.
fn plain(fields: &Fields) -> BTreeMap<String, Value> {
    let filled = fields.0.iter().map(|(field, register)| {
        let name = serde_json::to_value(field).ok().and_then(|name| name.as_str().map(str::to_owned));
        (name.unwrap_or_default(), serde_json::to_value(&register.value).unwrap_or_default())
    });
    filled.filter(|(_, value)| !value.is_null()).collect()
}
