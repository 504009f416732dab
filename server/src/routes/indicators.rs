//! The indicators of the house, the records behind them, and reports made of them.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, de::value::StrDeserializer};
use shared::indicators::{Code, Grouping};
use utoipa::IntoParams;

use super::{
    AppState,
    body::{Id, Query},
    openapi::Failure,
    page::{Page, Turn, place},
    sheets::download,
};
use crate::{
    auth::{Caller, ReadDirectory, ReadFigures},
    error::ApiError,
    iati,
    indicators::{self, Answer, Asked, Behind, Form, Refusal, Section, Wanted},
};

/// Which part of the house, and when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Which {
    /// The first day, `2026-01-01`; from the beginning where nothing is said.
    from: String,
    /// The last day, itself included; until the end where nothing is said.
    to: String,
    /// A project code of events, or the programme of a dossier's call; all where nothing is said.
    programme: String,
    /// The code of a territory: `FR.13`, `FR.R93`, `MA.09`, `MA.09.541`; everywhere where nothing is said.
    territory: String,
}

impl Which {
    fn asked(self) -> Asked {
        let Self { from, to, programme, territory } = self;
        Asked { from, to, programme, territory }
    }
}

/// Which line of a table: the number itself where nothing is said.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Of {
    /// By what the table counts: `sex`, `age_band`, `departement`, `origin`, `month`, `novelty`, `stage`…
    by: Option<String>,
    /// The key of the line; empty for what is not filled in.
    key: String,
}

/// What a report has.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Parts {
    /// `participation`, `associations`, `support`, `dossiers`, `satisfaction`, with commas between; all where nothing is said.
    sections: String,
}

/// The indicators of a period and of the one before, each number with how it leaves the house.
///
/// An auditor is given whole years of the whole house, and of few people nothing.
#[utoipa::path(get, path = "/api/v1/indicators", operation_id = "indicators", tag = "indicators", security(("token" = ["read:figures"])), params(Which),
    responses((status = 200, description = "The figures", body = Answer), (status = 404, description = "`indicators.unknown`: no such programme or territory", body = Failure),
        (status = 422, description = "`indicators.period`: no such period. `indicators.whole_years`: whole years only, for whoever stands outside", body = Failure)))]
pub async fn read(
    State(state): State<AppState>,
    ReadFigures(Caller { account, .. }): ReadFigures,
    Query(which): Query<Which>,
) -> Result<Json<Answer>, ApiError> {
    let asked = which.asked();
    Ok(Json(state.store.read(move |db| indicators::answer(db, &account, &asked)).await?))
}

/// The records behind a number, or behind one line of a table, page by page.
#[utoipa::path(get, path = "/api/v1/indicators/{code}/records", operation_id = "indicator_records", tag = "indicators", security(("token" = ["read:directory"])),
    params(("code" = String, Path, description = "The indicator: `people`, `participations`…"), Which, Of, Turn),
    responses((status = 200, description = "One page", body = Page<Behind>), (status = 404, description = "`indicators.unknown`: no such indicator", body = Failure),
        (status = 422, description = "`indicators.period`, `indicators.whole_years`", body = Failure)))]
pub async fn records(
    State(state): State<AppState>,
    ReadDirectory(Caller { account, .. }): ReadDirectory,
    Id(code): Id<String>,
    Query(which): Query<Which>,
    Query(of): Query<Of>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<Behind>>, ApiError> {
    let code = Code::from_key(&code).ok_or(Refusal::Unknown)?;
    let line = of.by.map(|by| Ok::<_, Refusal>((grouping(&by).ok_or(Refusal::Unknown)?, of.key))).transpose()?;
    let (asked, wanted) = (which.asked(), Wanted { code, line });
    let (after, limit) = (turn.after()?, turn.limit());
    let read = move |db: &_| indicators::behind(db, &account, &asked, &wanted, after.as_ref(), limit);
    let (items, next, total) = state.store.read(read).await?;
    Ok(Json(Page { items, next: next.as_ref().map(place), total }))
}

fn grouping(word: &str) -> Option<Grouping> {
    Grouping::deserialize(StrDeserializer::<serde::de::value::Error>::new(word)).ok()
}

/// The report as pages, in French, ready to be sent.
#[utoipa::path(get, path = "/api/v1/report.pdf", operation_id = "report_pdf", tag = "indicators", security(("token" = ["read:figures"])), params(Which, Parts),
    responses((status = 200, description = "The file", content_type = "application/pdf", body = Vec<u8>),
        (status = 404, description = "`indicators.unknown`: no such indicator, line or section", body = Failure),
        (status = 422, description = "`indicators.period`, `indicators.whole_years`", body = Failure)))]
pub async fn pdf(
    State(state): State<AppState>,
    ReadFigures(by): ReadFigures,
    Query(which): Query<Which>,
    Query(parts): Query<Parts>,
) -> Result<Response, ApiError> {
    report(&state, by, which, &parts, Form::Pdf).await
}

/// The report as a workbook.
#[utoipa::path(get, path = "/api/v1/report.xlsx", operation_id = "report_xlsx", tag = "indicators", security(("token" = ["read:figures"])), params(Which, Parts),
    responses((status = 200, description = "The file", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
        (status = 404, description = "`indicators.unknown`: no such indicator, line or section", body = Failure),
        (status = 422, description = "`indicators.period`, `indicators.whole_years`", body = Failure)))]
pub async fn xlsx(
    State(state): State<AppState>,
    ReadFigures(by): ReadFigures,
    Query(which): Query<Which>,
    Query(parts): Query<Parts>,
) -> Result<Response, ApiError> {
    report(&state, by, which, &parts, Form::Xlsx).await
}

async fn report(state: &AppState, by: Caller, which: Which, parts: &Parts, form: Form) -> Result<Response, ApiError> {
    let words = parts.sections.split(',').filter(|word| !word.is_empty());
    let read = |word| Section::deserialize(StrDeserializer::<serde::de::value::Error>::new(word)).ok();
    let sections: Vec<Section> = words.map(|word| read(word).ok_or(Refusal::Unknown)).collect::<Result<_, _>>()?;
    let asked = which.asked();
    let name = format!("rapport-{}-{}", asked.from, asked.to);
    let make = move |db: &_| indicators::report(db, &by.account, &asked, &sections, form);
    Ok(download(state.store.read(make).await?, &name))
}

/// The published projects as an IATI 2.03 activity file.
#[utoipa::path(get, path = "/api/v1/iati.xml", operation_id = "iati", tag = "indicators", security(("token" = ["read:figures"])),
    responses((status = 200, description = "The file", content_type = "application/xml", body = String),
        (status = 422, description = "`iati.no_reporter`: the organisation has no identifier yet", body = Failure)))]
pub async fn iati(State(state): State<AppState>, ReadFigures(_): ReadFigures) -> Result<Response, ApiError> {
    Ok(download(state.store.read(iati::activities).await?, "iati-activities"))
}
