//! Lists as files: the whole list, as filtered and sorted, noted in the journal before it leaves.

use axum::{extract::State, response::Response};
use papers::{LISTING_LINES_MAX, Listing, ListingCell};
use serde::{Deserialize, Serialize};
use shared::{
    document::Kind,
    field::{AGE_BANDS, EVENT_KINDS, SEXES, STAGES},
    id::DocumentId,
};
use utoipa::{IntoParams, ToSchema};

use super::{AssociationLine, DossierLine, EventLine, Filter, LISTS, PersonLine, held, unbarred};
use crate::{
    auth::{Caller, ExportList, ReadDirectory},
    error::ApiError,
    places,
    routes::{
        AppState,
        body::{Body, Query},
        sheets::download,
    },
    sheet::File,
    storage::{
        journal::{self, Action},
        listed::{self, Listed},
    },
};

/// The forms in which a list leaves the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Xlsx,
    Csv,
    Json,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct As {
    /// `xlsx`, `csv` or `json`.
    #[serde(rename = "as")]
    #[param(inline)]
    form: Form,
}

/// `GET /api/v1/people/export`: the whole list, as filtered and sorted, as a file.
#[utoipa::path(get, path = "/api/v1/people/export", operation_id = "export_people", tag = "directory", security(("token" = ["read:directory"])), params(Filter, As), responses((status = 200, description = "The file", content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "text/csv"), (Value = "application/json")))))]
pub async fn people(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(form): Query<As>,
) -> Result<Response, ApiError> {
    export::<PersonLine>(&state, caller, Kind::Person, filter, form.form).await
}

/// `GET /api/v1/associations/export`: as for people.
#[utoipa::path(get, path = "/api/v1/associations/export", operation_id = "export_associations", tag = "directory", security(("token" = ["read:directory"])), params(Filter, As), responses((status = 200, description = "The file", content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "text/csv"), (Value = "application/json")))))]
pub async fn associations(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(form): Query<As>,
) -> Result<Response, ApiError> {
    export::<AssociationLine>(&state, caller, Kind::Association, filter, form.form).await
}

/// `GET /api/v1/events/export`: as for people.
#[utoipa::path(get, path = "/api/v1/events/export", operation_id = "export_events", tag = "directory", security(("token" = ["read:directory"])), params(Filter, As), responses((status = 200, description = "The file", content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "text/csv"), (Value = "application/json")))))]
pub async fn events(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(form): Query<As>,
) -> Result<Response, ApiError> {
    export::<EventLine>(&state, caller, Kind::Event, filter, form.form).await
}

/// `GET /api/v1/dossiers/export`: as for people.
#[utoipa::path(get, path = "/api/v1/dossiers/export", operation_id = "export_dossiers", tag = "directory", security(("token" = ["read:directory"])), params(Filter, As), responses((status = 200, description = "The file", content(
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Vec<u8> = "text/csv"), (Value = "application/json")))))]
pub async fn dossiers(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(form): Query<As>,
) -> Result<Response, ApiError> {
    export::<DossierLine>(&state, caller, Kind::Dossier, filter, form.form).await
}

/// The dossiers of a list as its page filters it: by what a phone alone can tell, such as what is due next.
#[derive(Debug, Deserialize)]
pub struct These {
    dossiers: Vec<DocumentId>,
}

/// `POST /api/dossiers/export?as=xlsx`: these dossiers, in this order, as a file.
pub async fn these_dossiers(
    State(state): State<AppState>,
    ExportList(by): ExportList,
    Query(form): Query<As>,
    Body(asked): Body<These>,
) -> Result<Response, ApiError> {
    if asked.dossiers.len() > LISTING_LINES_MAX {
        return Err(ApiError::Malformed("more dossiers than a file has lines"));
    }
    let by = Caller { account: by.account, device: Some(by.device.id) };
    let caller = by.clone();
    let read = state.store.read(move |db| {
        let held = held(db, &caller)?;
        listed::these(db, Kind::Dossier, &asked.dossiers, held.as_ref())
    });
    let lines = read.await.map_err(ApiError::from)?;
    leave::<DossierLine>(&state, by, Kind::Dossier, lines, form.form).await
}

/// How a list is called, in addresses and on the file.
fn names(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Association => (LISTS[1], "Associations"),
        Kind::Event => (LISTS[2], "Evenements"),
        Kind::Dossier => (LISTS[3], "Dossiers"),
        _ => (LISTS[0], "Personnes"),
    }
}

async fn export<T: From<Listed> + Serialize + Send + 'static>(
    state: &AppState,
    caller: Caller,
    kind: Kind,
    filter: Filter,
    form: Form,
) -> Result<Response, ApiError> {
    let wanted = filter.wanted()?;
    let by = caller.clone();
    let read = state.store.read(move |db| {
        let held = held(db, &caller)?;
        listed::list(db, kind, &wanted, held.as_ref(), None, LISTING_LINES_MAX)
    });
    let lines: Vec<Listed> = read.await.map_err(ApiError::from)?.lines.into_iter().map(|(one, _)| one).collect();
    leave::<T>(state, by, kind, lines, form).await
}

async fn leave<T: From<Listed> + Serialize + Send + 'static>(
    state: &AppState,
    by: Caller,
    kind: Kind,
    lines: Vec<Listed>,
    form: Form,
) -> Result<Response, ApiError> {
    let now_ms = state.clock.now_ms();
    let (list, title) = names(kind);
    let detail = serde_json::json!({ "list": list, "lines": lines.len() });
    // Writing a workbook takes a while: not on a thread that serves others.
    let file = tokio::task::spawn_blocking(move || made::<T>(kind, title, lines, form, now_ms))
        .await
        .map_err(|_| ApiError::Panicked)??;
    // Nothing leaves that is not noted.
    let entry = by.did(Action::Exported, "", now_ms).with(detail);
    state.store.write(move |tx| journal::note(tx, &entry)).await.map_err(ApiError::from)?;
    Ok(download(file, &title.to_lowercase()))
}

fn made<T: From<Listed> + Serialize>(
    kind: Kind,
    title: &'static str,
    lines: Vec<Listed>,
    form: Form,
    made_ms: u64,
) -> Result<File, ApiError> {
    let broken = |_| ApiError::Panicked;
    if form == Form::Json {
        let lines: Vec<T> = lines.into_iter().map(T::from).collect();
        let bytes = serde_json::to_vec_pretty(&lines).map_err(|_| ApiError::Panicked)?;
        return Ok(File { bytes, media: "application/json", ending: "json" });
    }
    let columns = columns(kind);
    let listing = Listing {
        title,
        heads: columns.iter().map(|(head, _)| *head).collect(),
        lines: lines.iter().map(|one| columns.iter().map(|(_, cell)| cell(one)).collect()).collect(),
        made_ms,
    };
    Ok(match form {
        Form::Csv => {
            let bytes = papers::listing_csv(&listing).map_err(broken)?;
            File { bytes, media: "text/csv; charset=utf-8", ending: "csv" }
        }
        Form::Xlsx | Form::Json => File {
            bytes: papers::listing_xlsx(&listing).map_err(broken)?,
            media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ending: "xlsx",
        },
    })
}

/// A column of a file: its head, and what of a line stands there.
type Column = (&'static str, fn(&Listed) -> ListingCell);

fn columns(kind: Kind) -> Vec<Column> {
    const PLACE: Column =
        ("Territoire", |one| text(places::names_of(&one.place).map_or(one.place.as_str(), |(name, _)| name)));
    const COMMUNE: Column = ("Commune", |one| text(&one.commune));
    const ASSOCIATION: Column = ("Association", |one| text(&one.association_title));
    const SEEN: Column = ("Vu pour la dernière fois", |one| ListingCell::Day(one.day.clone()));
    const EVENTS: Column = ("Événements", |one| ListingCell::Number(one.events));
    const ID: Column = ("Identifiant", |one| text(&one.document.to_string()));
    match kind {
        Kind::Association => vec![
            ("Nom", |one| text(&one.title)),
            ("Nom en arabe", |one| text(&one.title_ar)),
            ("Ville", |one| text(&one.commune)),
            PLACE,
            ("Domaines", |one| text(&words(&one.sectors, sector))),
            ("Réseaux", |one| text(&words(&one.networks, network))),
            ("Territoires d’origine", |one| text(&words(&one.origin, origin))),
            ("Personnes", |one| ListingCell::Number(one.people)),
            EVENTS,
            ("Dossiers", |one| ListingCell::Number(one.dossiers)),
            SEEN,
            ID,
        ],
        Kind::Event => vec![
            ("Intitulé", |one| text(&one.title)),
            ("Type", |one| text(event_kind(&one.word))),
            ("Premier jour", |one| ListingCell::Day(one.day.clone())),
            COMMUNE,
            PLACE,
            ("Personnes présentes", |one| ListingCell::Number(one.people)),
            ID,
        ],
        Kind::Dossier => vec![
            ("Intitulé", |one| text(&one.title)),
            ASSOCIATION,
            ("Étape", |one| text(stage(&one.word))),
            ("Domaine", |one| text(&words(&one.sectors, sector))),
            ("Lieu", |one| text(&one.commune)),
            PLACE,
            ("Accompagné par", |one| text(&one.coordinator)),
            ("Subvention demandée (€)", |one| ListingCell::Cents(one.cents)),
            ID,
        ],
        _ => vec![
            ("Nom", |one| text(&one.title)),
            ("Nom en arabe", |one| text(&one.title_ar)),
            ASSOCIATION,
            COMMUNE,
            PLACE,
            ("Sexe", |one| text(sex(&one.sex))),
            ("Tranche d’âge", |one| text(age_band(&one.age_band))),
            EVENTS,
            SEEN,
            ID,
        ],
    }
}

fn text(text: &str) -> ListingCell {
    ListingCell::Text(text.to_owned())
}

/// Several words, with commas between.
fn words(barred: &str, say: fn(&str) -> String) -> String {
    unbarred(barred).iter().map(|word| say(word)).collect::<Vec<_>>().join(", ")
}

fn network(word: &str) -> String {
    if word == "md" { "Réseau M&D".to_owned() } else { word.to_uppercase() }
}

/// A province by its name; what it is around of, and a commune, by its code.
fn origin(code: &str) -> String {
    places::names_of(&format!("MA.{code}")).map_or_else(|| code.to_owned(), |(name, _)| name.to_owned())
}

fn sector(word: &str) -> String {
    let said = match word {
        "health" => "Santé",
        "education" => "Éducation",
        "water" => "Eau",
        "environment" => "Environnement",
        "economy" => "Économie",
        "rural" => "Rural et agricole",
        "social" => "Social",
        "climate" => "Climat",
        "digital" => "Numérique",
        other => other,
    };
    said.to_owned()
}

/// The words of a field in the order in which it has them, and what papers say for each.
fn said<'a>(word: &'a str, words: &[&str], french: &[&'static str]) -> &'a str {
    words.iter().zip(french).find(|(known, _)| **known == word).map_or(word, |(_, said)| said)
}

fn sex(word: &str) -> &str {
    said(word, SEXES, &["femme", "homme", "autre", "non précisé"])
}

fn age_band(word: &str) -> &str {
    said(word, AGE_BANDS, &["moins de 18 ans", "18 à 30 ans", "31 à 60 ans", "plus de 60 ans"])
}

fn event_kind(word: &str) -> &str {
    const FRENCH: &[&str] = &[
        "Atelier d’écriture",
        "Formation au montage de projet",
        "Formation à la gestion financière",
        "Réunion d’information",
        "Appui collectif",
        "Autre",
    ];
    said(word, EVENT_KINDS, FRENCH)
}

fn stage(word: &str) -> &str {
    const FRENCH: &[&str] = &[
        "Idée",
        "Accompagnement",
        "Montage",
        "Visa",
        "Déposé",
        "Instruction",
        "Retenu",
        "Refusé",
        "Ajourné",
        "Conventionné",
        "En cours",
        "Compte rendu intermédiaire",
        "Compte rendu final",
        "Clôturé",
    ];
    said(word, STAGES, FRENCH)
}
