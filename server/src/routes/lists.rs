//! Lists of participants from spreadsheets: what would become of each row, and then what somebody has confirmed.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use axum::{Json, extract::State};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{document::Kind, id::DocumentId, role::Scope, twin::Reason};

use super::{
    AppState,
    body::{Body, Id},
    sheets::held,
};
use crate::{
    auth::{BringLists, Enrolled},
    error::ApiError,
    hand::{Hand, HandError},
    import::{
        Finding, Problem, Unreadable,
        apply::{self, Common, ImportError, Outcome, Was, Way},
        participants::{self, Circumstances, Day, Participant, ParticipantList},
        phones::HomeCountry,
    },
    ingest::Uploader,
    storage::{StoreError, documents, journal, scope, server},
};

/// A file. In mebibytes.
const FILE_MEBIBYTES_MAX: usize = 2;
/// The same in base 64, with room for what was said of its rows. In bytes.
pub const BODY_BYTES_MAX: usize = FILE_MEBIBYTES_MAX * 4 / 3 * MEBIBYTE + 2 * MEBIBYTE;
const MEBIBYTE: usize = 1 << 20;
/// More than any event has participants.
const ROWS_MAX: usize = 2_000;

/// A list, and what its sender says of it.
#[derive(Debug, Deserialize)]
pub struct Sent {
    /// In base 64.
    file: String,
    /// The country of numbers without one: `FR` or `MA`.
    #[serde(default)]
    country: Option<String>,
    /// Lines that shall not be taken.
    #[serde(default)]
    left_out: Vec<u64>,
    /// Lines of people whom the sender knows.
    #[serde(default)]
    recognised: BTreeMap<u64, DocumentId>,
}

/// Something to look at, by its stable code.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    pub(super) code: &'static str,
    /// A line, a column or a document, where the code speaks of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<Value>,
    /// Why somebody may be known already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    because: Vec<Reason>,
}

impl From<&Problem> for Said {
    fn from(problem: &Problem) -> Self {
        let about = match problem {
            Problem::ParticipantRepeated(line) => Some(json!(line)),
            Problem::RowTextTooLong(column) => Some(json!(column)),
            Problem::AssociationRepeated(line) => Some(json!(line)),
            Problem::PersonMaybeKnown(one, _) | Problem::AssociationMaybeKnown(one, _) => Some(json!(one)),
            _ => None,
        };
        let because = match problem {
            Problem::PersonMaybeKnown(_, reasons) | Problem::AssociationMaybeKnown(_, reasons) => reasons.clone(),
            _ => Vec::new(),
        };
        Self { code: problem.code(), about, because }
    }
}

/// A row that would be taken.
#[derive(Debug, Serialize)]
struct Row<'a> {
    line: u64,
    given: &'a str,
    family: &'a str,
    name_ar: &'a str,
    association: &'a str,
    phones: Vec<&'a str>,
    emails: &'a [String],
    person: DocumentId,
    was: Was,
    expected: bool,
    notes: Vec<Said>,
}

/// A row that would not.
#[derive(Debug, Serialize)]
struct Refused {
    line: u64,
    #[serde(flatten)]
    why: Said,
}

/// `POST /api/events/{id}/list/plan`: what would become of each row of a list. Nothing is kept.
pub async fn plan(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(event): Id<DocumentId>,
    Body(sent): Body<Sent>,
) -> Result<Json<Value>, ApiError> {
    held(&state, &by, event).await?;
    let (list, outcome) = work(&state, &by, event, sent, Way::Trial).await?;
    let held = alike_and_held(&state, &by, &outcome).await?;
    let rows: BTreeMap<u64, &Participant> = list.readout.rows.iter().map(|row| (row.line, row)).collect();
    let rows: Vec<Row> = outcome
        .taken
        .iter()
        .filter_map(|taken| {
            let row = rows.get(&taken.line)?;
            let shown =
                |problem: &Problem| !matches!(problem, Problem::PersonMaybeKnown(person, _) if !held.contains(person));
            let notes = outcome.notes.iter().filter(|note| note.line == taken.line && shown(&note.problem));
            Some(Row {
                line: taken.line,
                given: &row.given,
                family: &row.family,
                name_ar: &row.name_ar,
                association: row.association.as_deref().unwrap_or_default(),
                phones: row.phones.iter().map(|phone| phone.e164.as_ref().unwrap_or(&phone.raw).as_str()).collect(),
                emails: &row.emails,
                person: taken.person,
                was: taken.was,
                expected: taken.expected,
                notes: notes.map(|note| Said::from(&note.problem)).collect(),
            })
        })
        .collect();
    let refused: Vec<Refused> =
        outcome.refused.iter().map(|Finding { line, problem }| Refused { line: *line, why: problem.into() }).collect();
    Ok(Json(json!({
        "rows": rows,
        "refused": refused,
        "columns_left_out": list.columns_left_out,
        "country_needed": list.readout.notes.iter().any(|note| note.problem == Problem::PhoneCountryNeeded),
    })))
}

/// `POST /api/events/{id}/list`: takes the rows of a list. Sent again it does nothing more.
pub async fn take(
    State(state): State<AppState>,
    BringLists(by): BringLists,
    Id(event): Id<DocumentId>,
    Body(sent): Body<Sent>,
) -> Result<Json<Value>, ApiError> {
    held(&state, &by, event).await?;
    let (_, outcome) = work(&state, &by, event, sent, Way::InEarnest).await?;
    let arrival = state.store.read(server::last_arrival).await?;
    state.pokes.publish([event].into(), arrival);
    Ok(Json(json!({
        "created": outcome.people.new,
        "expected": outcome.expected.new,
        "refused": outcome.refused.len(),
    })))
}

/// Reads a list and works it in, or tries to. One at a time.
async fn work(
    state: &AppState,
    by: &Enrolled,
    event: DocumentId,
    sent: Sent,
    way: Way,
) -> Result<(ParticipantList, Outcome), ApiError> {
    let turn = Arc::clone(&state.list_turn).acquire_owned().await.map_err(|_| ApiError::Stopping)?;
    let country = sent.country.as_deref().map(str::parse::<HomeCountry>).transpose();
    let country = country.map_err(|_| ApiError::Malformed("the country is FR or MA"))?;
    recognises(state, by, sent.recognised.values().copied().collect()).await?;
    let (store, now_ms) = (state.store.clone(), state.clock.now_ms());
    let uploader = Uploader::of(by.device.id, &by.account);
    let entry = by.did(journal::Action::Imported, event, now_ms);
    let common = Common {
        event: Some(event),
        left_out: sent.left_out.iter().copied().collect(),
        recognised: sent.recognised,
        ..Common::default()
    };
    let worked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let file = BASE64_STANDARD.decode(&sent.file).map_err(|_| ApiError::Malformed("the file is not base 64"))?;
        if file.len() > FILE_MEBIBYTES_MAX * MEBIBYTE {
            return Err(Unreadable(Problem::FileTooLarge { mebibytes_max: FILE_MEBIBYTES_MAX }).into());
        }
        let list = participants::read(&file, &Circumstances { country, today: Day::of(now_ms) })?;
        let rows = list.readout.rows.len();
        if rows + list.readout.refused.len() > ROWS_MAX {
            return Err(Unreadable(Problem::RowsTooMany { rows_max: ROWS_MAX }).into());
        }
        if way == Way::InEarnest {
            // Said before it is done, since an import is many commits.
            let entry = entry.with(json!({ "rows": rows }));
            store.write_blocking(move |tx, _| journal::note(tx, &entry))?;
        }
        let hand = Hand::of(&store, uploader);
        let outcome = apply::participants_by(&store, hand, way, now_ms, &list.readout, common).map_err(failed)?;
        Ok((list, outcome))
    });
    worked.await.unwrap_or(Err(ApiError::Panicked))
}

/// Nobody takes a row for somebody whom they do not hold.
async fn recognises(state: &AppState, by: &Enrolled, people: Vec<DocumentId>) -> Result<(), ApiError> {
    let (account, all) = (by.account.id, by.account.scope == Scope::Everything);
    let known = state.store.read(move |db| {
        for person in people {
            let standing = documents::standing(db, person)?;
            let is_person = standing.is_some_and(|standing| standing.kind == Kind::Person);
            if !is_person || !(all || scope::concerns(db, account, &[person])?) {
                return Ok::<_, StoreError>(false);
            }
        }
        Ok(true)
    });
    if known.await? { Ok(()) } else { Err(crate::sheet::Refusal::Unknown.into()) }
}

/// Those whom a row may be and whom the account holds: of others it learns not even that they are there.
async fn alike_and_held(state: &AppState, by: &Enrolled, outcome: &Outcome) -> Result<HashSet<DocumentId>, ApiError> {
    let alike = outcome.notes.iter().filter_map(|note| match note.problem {
        Problem::PersonMaybeKnown(person, _) => Some(person),
        _ => None,
    });
    let mut alike: HashSet<DocumentId> = alike.collect();
    if by.account.scope == Scope::Assigned && !alike.is_empty() {
        let account = by.account.id;
        let held = state.store.read(move |db| scope::assigned(db, account)).await?;
        let held: HashSet<DocumentId> = held.into_iter().map(|scoped| scoped.id).collect();
        alike.retain(|person| held.contains(person));
    }
    Ok(alike)
}

pub(super) fn failed(error: ImportError) -> ApiError {
    match error {
        ImportError::Store(error) | ImportError::Hand(HandError::Store(error)) => error.into(),
        ImportError::EventUnknown(_) => crate::sheet::Refusal::Unknown.into(),
        error => {
            // The engine and the table of permissions allow what a list asks for: what is refused all the same is a fault of ours.
            tracing::error!(%error, "a list could not be taken");
            ApiError::Panicked
        }
    }
}
