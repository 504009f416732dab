//! People and associations that may be one (M7): a list to be looked through by a human, and why two are or are not in it.

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use shared::{
    document::Kind,
    id::DocumentId,
    role::Scope,
    twin::{Against, Certainty, Reason, Weighed},
};
use utoipa::{IntoParams, ToSchema};

use super::{
    AppState,
    body::Query,
    openapi::Failure,
    page::{Page, Turn, place},
};
use crate::{
    auth::ReadDirectory,
    error::ApiError,
    storage::{
        StoreError,
        access::Account,
        scope,
        twins::{self, Card},
    },
    twins::why,
};

/// Which pairs somebody wants to see.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Ask {
    /// `person` or `association`; both where nothing is said.
    kind: Option<Of>,
    /// The least certainty: `low`, `middle` or `high`; `low` where nothing is said.
    certainty: Option<Sure>,
    /// What the page before gave as `next`.
    after: Option<String>,
    /// How many rows, 1 to 1,000; 100 where nothing is said.
    limit: Option<usize>,
}

/// What a pair is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    Person,
    Association,
}

/// How sure a pair seems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// The name alone.
    Low,
    /// The name, and where they are or come from.
    Middle,
    /// The name and a phone or an email; a number of a register.
    High,
}

impl From<Sure> for Certainty {
    fn from(sure: Sure) -> Self {
        match sure {
            Sure::Low => Self::Low,
            Sure::Middle => Self::Middle,
            Sure::High => Self::High,
        }
    }
}

impl From<Certainty> for Sure {
    fn from(certainty: Certainty) -> Self {
        match certainty {
            Certainty::Low => Self::Low,
            Certainty::Middle => Self::Middle,
            Certainty::High => Self::High,
        }
    }
}

/// Two that may be one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Duplicate {
    kind: Of,
    one: Card,
    other: Card,
    certainty: Sure,
    /// Why: `same_name`, `name_sounds`, `name_across_scripts`, `name_alike`, `same_phone`, `same_email`, `same_rna`, `same_siren`,
    /// `same_association`, `same_commune`.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<Reason>,
}

/// `GET /api/v1/duplicates`: the pairs of the caller's scope, the surest first.
///
/// # Errors
/// A place that no page gave; what the storage fails on.
#[utoipa::path(
    get,
    path = "/api/v1/duplicates",
    operation_id = "duplicates",
    tag = "directory",
    security(("token" = ["read:directory"])),
    params(Ask),
    responses((status = 200, description = "A page of pairs that may be one", body = Page<Duplicate>))
)]
pub async fn list(
    State(state): State<AppState>,
    ReadDirectory(by): ReadDirectory,
    Query(ask): Query<Ask>,
) -> Result<Json<Page<Duplicate>>, ApiError> {
    let turn: Turn = Turn::new(ask.after, ask.limit);
    let after: Option<(Certainty, DocumentId, DocumentId)> = turn.after()?;
    let after = after.map(|(certainty, one, other)| (Reverse(certainty), one, other));
    let (least, kind) = (ask.certainty.map_or(Certainty::Low, Certainty::from), ask.kind);
    let known = Arc::clone(&state.twins);
    let page = state.store.read(move |db| {
        let held = held_by(db, &by.account)?;
        known.with(db, |pairs| {
            let wanted = pairs.iter().filter(|(_, pair)| {
                pair.certainty >= least
                    && kind.is_none_or(|kind| (kind == Of::Person) == (pair.kind == Kind::Person))
                    && held.as_ref().is_none_or(|held| held.contains(&pair.one) && held.contains(&pair.other))
            });
            let (mut total, mut items, mut last, mut more) = (0, Vec::new(), None, false);
            for (at, pair) in wanted {
                total += 1;
                if after.is_some_and(|after| *at <= after) {
                    continue;
                }
                if items.len() == turn.limit() {
                    more = true;
                    continue;
                }
                let (Some(one), Some(other)) = (twins::card(db, pair.one)?, twins::card(db, pair.other)?) else {
                    continue;
                };
                last = Some((pair.certainty, pair.one, pair.other));
                items.push(Duplicate {
                    kind: if pair.kind == Kind::Person { Of::Person } else { Of::Association },
                    one,
                    other,
                    certainty: pair.certainty.into(),
                    reasons: pair.reasons.clone(),
                });
            }
            Ok(Page { items, next: last.filter(|_| more).map(|last| place(&last)), total })
        })
    });
    Ok(Json(page.await?))
}

/// Two records that somebody wants to be told about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Both {
    #[param(value_type = String, format = "uuid")]
    one: DocumentId,
    #[param(value_type = String, format = "uuid")]
    other: DocumentId,
}

/// Why two are proposed as one, or why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    kind: Of,
    one: Card,
    other: Card,
    /// None where they are not proposed.
    certainty: Option<Sure>,
    /// As in the list.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<Reason>,
    /// What speaks against it: `joined`, `told_apart`, `names_differ`, `name_common`, `sex_differs`, `age_differs`, `phones_differ`,
    /// `emails_differ`, `rna_differs`, `siren_differs`, `association_differs`, `commune_differs`.
    #[schema(value_type = Vec<String>)]
    against: Vec<Against>,
}

/// `GET /api/v1/duplicates/why`: what speaks for and against two being one.
///
/// # Errors
/// Two that the caller does not hold, or that are not of one kind; what the storage fails on.
#[utoipa::path(
    get,
    path = "/api/v1/duplicates/why",
    operation_id = "duplicates_why",
    tag = "directory",
    security(("token" = ["read:directory"])),
    params(Both),
    responses(
        (status = 200, description = "What speaks for and against", body = Why),
        (status = 404, description = "`document.unknown`: one of them is not there, or not for this account", body = Failure),
    )
)]
pub async fn explain(
    State(state): State<AppState>,
    ReadDirectory(by): ReadDirectory,
    Query(Both { one, other }): Query<Both>,
) -> Result<Json<Why>, ApiError> {
    let found = state.store.read(move |db| {
        let held = held_by(db, &by.account)?;
        if held.is_some_and(|held| !held.contains(&one) || !held.contains(&other)) {
            return Ok::<_, StoreError>(None);
        }
        let (Some(Weighed { reasons, against, certainty }), Some(one), Some(other)) =
            (why(db, one, other)?, twins::card(db, one)?, twins::card(db, other)?)
        else {
            return Ok(None);
        };
        let kind = if twins::one(db, one.document)?.is_some_and(|one| one.kind == Kind::Person) {
            Of::Person
        } else {
            Of::Association
        };
        Ok(Some(Why { kind, one, other, certainty: certainty.map(Sure::from), reasons, against }))
    });
    found.await?.map(Json).ok_or(ApiError::NoSheet(crate::sheet::Refusal::Unknown))
}

/// The documents of whoever sees only what they were given; none for those who see everything.
pub(super) fn held_by(db: &Connection, by: &Account) -> Result<Option<BTreeSet<DocumentId>>, StoreError> {
    Ok(match by.scope {
        Scope::Everything => None,
        Scope::Assigned => Some(scope::assigned(db, by.id)?.into_iter().map(|scoped| scoped.id).collect()),
    })
}
