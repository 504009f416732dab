//! Lists of people and of associations that staff bring at the desk: what would become of each row, taking them, and taking all of it back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared::{
    id::{AccountId, DocumentId},
    limit::LINES_CHARS_MAX,
    permission::Capability,
    role::Scope,
    wire::Hash,
};

use super::{
    AppState,
    body::{Body, Id},
    duplicates::held_by,
    lists::{Said, failed},
    quarantine::tell_house,
};
use crate::{
    auth::{BringLists, Enrolled},
    error::ApiError,
    hand::Hand,
    import::{
        Finding, Problem, Unreadable,
        apply::{self, Common, Outcome, Was, Way},
        desk::{self, ColumnSeen, Of, Read, Rows},
        participants::{Circumstances, Day},
        phones::HomeCountry,
        undo::{self, UndoPlan},
    },
    ingest::Uploader,
    secret,
    storage::{
        imports::{self, Counts, Import, Left},
        journal, server,
    },
};

/// A file. In mebibytes.
const FILE_MEBIBYTES_MAX: usize = 4;
/// The same in base 64, with room for what was said of its rows. In bytes.
pub const BODY_BYTES_MAX: usize = (FILE_MEBIBYTES_MAX * 4 / 3 + 2) * MEBIBYTE;
const MEBIBYTE: usize = 1 << 20;
/// Rows of one file.
const ROWS_MAX: usize = 5_000;
/// Rows that a plan shows: those with something to look at come first.
const SHOWN_MAX: usize = 300;
/// Lines that are kept of those that an import did not take.
const LINES_KEPT: usize = 50;
/// What a file may be called. In characters.
const NAME_CHARS_MAX: usize = 200;

/// A list, and what its sender says of it.
#[derive(Debug, Deserialize)]
pub struct Sent {
    /// In base 64.
    file: String,
    /// What it is called.
    #[serde(default)]
    name: String,
    /// `person` or `association`.
    kind: Kind,
    /// What each column says, by key; what was told the last time of such a file, else what its headings seem to say.
    #[serde(default)]
    columns: Option<Vec<String>>,
    /// The country of numbers without one: `FR` or `MA`.
    #[serde(default)]
    country: Option<String>,
    /// Lines that shall not be taken.
    #[serde(default)]
    left_out: Vec<u64>,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Person,
    Association,
}

impl Kind {
    fn of(self) -> Of {
        match self {
            Self::Person => Of::People,
            Self::Association => Of::Associations,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Association => "association",
        }
    }
}

/// A row that would be taken.
#[derive(Debug, Serialize)]
struct Row {
    line: u64,
    title: String,
    /// What else tells who it is.
    detail: String,
    document: DocumentId,
    was: Was,
    notes: Vec<Said>,
}

/// A row that would not.
#[derive(Debug, Serialize)]
struct Refused {
    line: u64,
    #[serde(flatten)]
    why: Said,
}

/// How many rows of each kind there are.
#[derive(Debug, Serialize)]
struct Figures {
    created: usize,
    completed: usize,
    known: usize,
    refused: usize,
    /// Rows of somebody who may be known already.
    maybe_known: usize,
    /// Associations that rows of people name and that are begun with them.
    associations_created: usize,
}

/// `POST /api/imports/plan`: what would become of each row. Nothing is kept, but that a file could not be read.
pub async fn plan(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Body(sent): Body<Sent>,
) -> Result<Json<Value>, ApiError> {
    let kind = sent.kind;
    let Worked { read, outcome, remembered, .. } = work(&state, &by, sent, Way::Trial).await?;
    let held = {
        let account = by.account.clone();
        state.store.read(move |db| held_by(db, &account)).await?
    };
    Ok(Json(told(kind, &read, &outcome, held.as_ref(), remembered)))
}

fn told(kind: Kind, read: &Read, outcome: &Outcome, held: Option<&BTreeSet<DocumentId>>, remembered: bool) -> Value {
    let names: BTreeMap<u64, (String, String)> = match &read.rows {
        Rows::People(readout) => readout
            .rows
            .iter()
            .map(|row| {
                let name = format!("{} {}", row.given, row.family);
                let name = if name.trim().is_empty() { row.name_ar.clone() } else { name.trim().to_owned() };
                let phone = row.phones.first().map(|phone| phone.e164.clone().unwrap_or_else(|| phone.raw.clone()));
                let detail = [row.association.clone(), row.commune.clone(), phone, row.emails.first().cloned()];
                (row.line, (name, detail.into_iter().flatten().collect::<Vec<_>>().join(" · ")))
            })
            .collect(),
        Rows::Associations(readout) => readout
            .rows
            .iter()
            .map(|row| {
                let detail = [row.rna_id.clone(), row.siret.clone(), row.city.clone()];
                (row.line, (row.title.clone(), detail.into_iter().flatten().collect::<Vec<_>>().join(" · ")))
            })
            .collect(),
    };
    // Of whoever the account does not hold it learns not even that they are there.
    let is_shown = |problem: &Problem| match problem {
        Problem::PersonMaybeKnown(id, _) | Problem::AssociationMaybeKnown(id, _) => {
            held.is_none_or(|held| held.contains(id))
        }
        _ => true,
    };
    let mut notes: BTreeMap<u64, Vec<Said>> = BTreeMap::new();
    for Finding { line, problem } in outcome.notes.iter().filter(|note| is_shown(&note.problem)) {
        notes.entry(*line).or_default().push(problem.into());
    }
    let is_hint = |said: &Said| said.code.ends_with(".maybe_known");
    let maybe_known = notes.values().filter(|notes| notes.iter().any(is_hint)).count();
    let mut rows: Vec<Row> = outcome
        .taken
        .iter()
        .map(|taken| {
            let (title, detail) = names.get(&taken.line).cloned().unwrap_or_default();
            let notes = notes.remove(&taken.line).unwrap_or_default();
            Row { line: taken.line, title, detail, document: taken.person, was: taken.was, notes }
        })
        .collect();
    rows.sort_by_key(|row| (row.notes.is_empty(), row.line));
    rows.truncate(SHOWN_MAX);
    let refused: Vec<Refused> =
        outcome.refused.iter().map(|Finding { line, problem }| Refused { line: *line, why: problem.into() }).collect();
    let counts = counts(kind, outcome);
    let figures = Figures {
        created: counts.created,
        completed: counts.completed,
        known: counts.known,
        refused: counts.refused,
        maybe_known,
        associations_created: if matches!(kind, Kind::Person) { outcome.associations.new } else { 0 },
    };
    json!({
        "columns": read.columns.iter().collect::<Vec<&ColumnSeen>>(),
        "keys": desk::keys(kind.of()),
        "remembered": remembered,
        "figures": figures,
        "rows": rows,
        "refused": refused.iter().take(SHOWN_MAX).collect::<Vec<_>>(),
        "country_needed": outcome.notes.iter().any(|note| note.problem == Problem::PhoneCountryNeeded),
    })
}

fn counts(kind: Kind, outcome: &Outcome) -> Counts {
    let tally = match kind {
        Kind::Person => outcome.people,
        Kind::Association => outcome.associations,
    };
    Counts { created: tally.new, completed: tally.completed, known: tally.known, refused: outcome.refused.len() }
}

/// `POST /api/imports`: takes the rows of a list, under a number by which all of it can be taken back. Sent again it makes nothing more.
pub async fn take(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Body(sent): Body<Sent>,
) -> Result<Json<Value>, ApiError> {
    let kind = sent.kind;
    let Worked { outcome, import, .. } = work(&state, &by, sent, Way::InEarnest).await?;
    let touched: Vec<DocumentId> = outcome.taken.iter().map(|taken| taken.person).collect();
    let arrival = state.store.read(server::last_arrival).await?;
    if !touched.is_empty() {
        state.pokes.publish(touched.into(), arrival);
    }
    // What it left, or mended.
    tell_house(&state, Capability::AddPerson).await?;
    let counts = counts(kind, &outcome);
    Ok(Json(json!({
        "import": import,
        "created": counts.created,
        "completed": counts.completed,
        "known": counts.known,
        "refused": counts.refused,
    })))
}

struct Worked {
    read: Read,
    outcome: Outcome,
    import: DocumentId,
    /// The columns are what was told of such a file before.
    remembered: bool,
}

/// Reads a list and works it in, or tries to. One at a time.
async fn work(state: &AppState, by: &Enrolled, sent: Sent, way: Way) -> Result<Worked, ApiError> {
    let turn = Arc::clone(&state.list_turn).acquire_owned().await.map_err(|_| ApiError::Stopping)?;
    let country = sent.country.as_deref().map(str::parse::<HomeCountry>).transpose();
    let country = country.map_err(|_| ApiError::Malformed("the country is FR or MA"))?;
    let (store, now_ms) = (state.store.clone(), state.clock.now_ms());
    let uploader = Uploader::of(by.device.id, &by.account);
    let import = Import {
        id: DocumentId::new(now_ms, secret::draw()),
        at_ms: now_ms,
        account: by.account.id,
        by: String::new(),
        name: shared::names::tidy(&sent.name).chars().take(NAME_CHARS_MAX).collect(),
        kind: sent.kind.as_str().to_owned(),
        created: 0,
        completed: 0,
        known: 0,
        refused: 0,
        undone_ms: None,
    };
    let entry = by.did(journal::Action::Imported, import.id, now_ms);
    let noted = import.clone();
    let worked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let file = BASE64_STANDARD.decode(&sent.file).map_err(|_| ApiError::Malformed("the file is not base 64"))?;
        if file.len() > FILE_MEBIBYTES_MAX * MEBIBYTE {
            return Err(Unreadable(Problem::FileTooLarge { mebibytes_max: FILE_MEBIBYTES_MAX }).into());
        }
        let of = sent.kind.of();
        let opened = desk::open(&file, of)?;
        let headings = hash_of(sent.kind, &desk::headings(&opened));
        let known = match &sent.columns {
            Some(_) => None,
            None => store.read_blocking(|db| imports::mapping(db, &headings))?,
        };
        let known: Option<Vec<String>> = known.and_then(|columns| serde_json::from_str(&columns).ok());
        let remembered = known.is_some();
        let circumstances = Circumstances { country, today: Day::of(now_ms) };
        let read = desk::read(opened, of, sent.columns.or(known), &circumstances);
        if read.rows.count() > ROWS_MAX {
            return Err(Unreadable(Problem::RowsTooMany { rows_max: ROWS_MAX }).into());
        }
        let (id, rows, ended) = (import.id, read.rows.count(), import.clone());
        if way == Way::InEarnest {
            let columns: Vec<&String> = read.columns.iter().map(|column| &column.says).collect();
            let columns = serde_json::to_string(&columns).unwrap_or_default();
            // Said before it is done, since an import is many commits.
            let entry = entry.with(json!({ "rows": rows }));
            store.write_blocking(move |tx, _| {
                journal::note(tx, &entry)?;
                imports::remember_mapping(tx, &headings, &columns, now_ms)?;
                imports::begin(tx, &import)
            })?;
        }
        let hand = Hand::of(&store, uploader);
        let common =
            Common { left_out: sent.left_out.iter().copied().collect(), import: Some(id), ..Common::default() };
        let outcome = match &read.rows {
            Rows::People(readout) => apply::participants_by(&store, hand, way, now_ms, readout, common),
            Rows::Associations(readout) => apply::associations_by(&store, hand, way, now_ms, readout, &common),
        };
        let outcome = outcome.map_err(failed)?;
        if way == Way::InEarnest {
            let counts = counts(sent.kind, &outcome);
            let rest = (!outcome.refused.is_empty()).then(|| left(&ended, None, &outcome.refused));
            store.write_blocking(move |tx, _| {
                imports::end(tx, id, counts)?;
                match rest {
                    Some(rest) => imports::leave(tx, &rest),
                    None => imports::mended(tx, &ended),
                }
            })?;
        }
        Ok(Worked { read, outcome, import: id, remembered })
    });
    let worked = worked.await.unwrap_or(Err(ApiError::Panicked));
    if let Err(ApiError::List(Unreadable(problem))) = &worked {
        let rest = left(&noted, Some(problem.code()), &[]);
        state.store.write(move |tx| imports::leave(tx, &rest)).await?;
        tell_house(state, Capability::AddPerson).await?;
    }
    worked
}

/// What an import did not take.
fn left(import: &Import, code: Option<&str>, refused: &[Finding]) -> Left {
    let lines =
        refused.iter().take(LINES_KEPT).map(|Finding { line, problem }| Refused { line: *line, why: problem.into() });
    Left {
        id: import.id,
        at_ms: import.at_ms,
        account: import.account,
        by: String::new(),
        name: import.name.clone(),
        kind: import.kind.clone(),
        code: code.map(str::to_owned),
        refused: refused.len() as u64,
        lines: json!(lines.collect::<Vec<_>>()),
        settled: None,
        assigned: None,
    }
}

fn hash_of(kind: Kind, headings: &[String]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(kind.as_str());
    for heading in headings {
        hash.update("\n");
        hash.update(heading);
    }
    hash.finalize().into()
}

/// `GET /api/imports`: the register of imports, the newest first; of whoever sees only what they were given their own.
pub async fn list(State(state): State<AppState>, BringLists(by): BringLists) -> Result<Json<Value>, ApiError> {
    let account = (by.account.scope == Scope::Assigned).then_some(by.account.id);
    let imports = state.store.read(move |db| imports::list(db, account)).await?;
    Ok(Json(json!({ "imports": imports })))
}

/// `GET /api/imports/left`: files that could not be read and rows that were not taken, what nobody has settled first; to whoever sees only
/// what they were given what they brought themselves.
pub async fn list_left(State(state): State<AppState>, BringLists(by): BringLists) -> Result<Json<Value>, ApiError> {
    let account = (by.account.scope == Scope::Assigned).then_some(by.account.id);
    let left = state.store.read(move |db| imports::lefts(db, account)).await?;
    let open = left.iter().filter(|one| one.settled.is_none()).count();
    Ok(Json(json!({ "open": open, "left": left })))
}

/// What becomes of something that was left.
#[derive(Debug, Deserialize)]
pub struct Settling {
    /// False asks about it again.
    settled: bool,
    #[serde(default)]
    reason: String,
}

/// `POST /api/imports/left/{id}`: it is settled, or asked about again. Repeating it changes nothing.
pub async fn settle_left(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(id): Id<DocumentId>,
    Body(ask): Body<Settling>,
) -> Result<StatusCode, ApiError> {
    let reason = ask.reason.trim().to_owned();
    if reason.chars().count() > LINES_CHARS_MAX {
        return Err(ApiError::Malformed("too long a reason"));
    }
    theirs(&state, &by, id).await?;
    let settled = ask.settled.then_some((by.account.id, state.clock.now_ms()));
    state.store.write(move |tx| imports::settle_left(tx, id, settled, &reason)).await?;
    tell_house(&state, Capability::AddPerson).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who looks after what was left; nobody where none is named.
#[derive(Debug, Deserialize)]
pub struct Assigning {
    account: Option<AccountId>,
}

/// `POST /api/imports/left/{id}/assign`.
pub async fn assign_left(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(id): Id<DocumentId>,
    Body(ask): Body<Assigning>,
) -> Result<StatusCode, ApiError> {
    theirs(&state, &by, id).await?;
    state.store.write(move |tx| imports::assign_left(tx, id, ask.account)).await?;
    tell_house(&state, Capability::AddPerson).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever sees only what they were given settles what they brought themselves.
async fn theirs(state: &AppState, by: &Enrolled, id: DocumentId) -> Result<(), ApiError> {
    let (account, all) = (by.account.id, by.account.scope == Scope::Everything);
    match state.store.read(move |db| imports::left_by(db, id)).await? {
        Some(whose) if all || whose == account => Ok(()),
        _ => Err(crate::sheet::Refusal::Unknown.into()),
    }
}

/// `GET /api/imports/{id}/undo`: what taking an import back would do.
pub async fn plan_undo(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(id): Id<DocumentId>,
) -> Result<Json<UndoPlan>, ApiError> {
    known(&state, &by, id).await?;
    Ok(Json(state.store.read(move |db| undo::plan(db, id)).await?))
}

/// `POST /api/imports/{id}/undo`: takes an import back, and says what stays.
pub async fn undo(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(id): Id<DocumentId>,
) -> Result<Json<Value>, ApiError> {
    known(&state, &by, id).await?;
    let now_ms = state.clock.now_ms();
    let entry = by.did(journal::Action::ImportUndone, id, now_ms);
    state.store.write(move |tx| journal::note(tx, &entry)).await?;
    let mut gone = 0;
    loop {
        let step = state.store.write_with(move |tx, ingest| undo::step(tx, ingest, id, now_ms)).await?;
        gone += step.gone.len();
        if !step.gone.is_empty() {
            state.pokes.publish(step.gone.into(), step.arrival);
        }
        if step.done {
            break;
        }
    }
    let plan = state.store.read(move |db| undo::plan(db, id)).await?;
    Ok(Json(json!({ "documents": gone, "staying": plan.staying, "stays": plan.stays })))
}

/// Only whoever brought a list, or sees everything, takes it back.
async fn known(state: &AppState, by: &Enrolled, id: DocumentId) -> Result<(), ApiError> {
    let (account, all) = (by.account.id, by.account.scope == Scope::Everything);
    let import = state.store.read(move |db| imports::one(db, id)).await?;
    match import {
        Some(import) if all || import.account == account => Ok(()),
        _ => Err(crate::sheet::Refusal::Unknown.into()),
    }
}
