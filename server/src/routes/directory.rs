//! The directory: lists of people, associations, events and dossiers, as pages and as files; the territories that they reach; and lists
//! as people want to see them again.

pub mod export;

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use shared::{document::Kind, id::DocumentId, role::Scope, territory};
use utoipa::{IntoParams, ToSchema};

use super::{
    AppState,
    body::{Body, Id, Query},
    page::{Page, Turn, place},
};
use crate::{
    auth::{Caller, Enrolled, ReadDirectory},
    error::ApiError,
    places,
    storage::{
        StoreError,
        listed::{self, LACKS, Listed, Place, Sort, Wanted},
        saved_views::{self, NewView, SavedView},
        scope,
    },
};

/// Letters of what is looked for.
const SEARCH_CHARS_MAX: usize = 200;
/// Letters of a saved view's name, and of its filters.
const VIEW_CHARS_MAX: (usize, usize) = (80, 2_000);
/// The lists that there are, as addresses and saved views name them.
const LISTS: [&str; 4] = ["people", "associations", "events", "dossiers"];

/// Which lines of a list, and in which order. What is left out is not asked for; what a list does not have, no line of it fits.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Words in any order, or their beginnings, in Latin or Arabic letters; digits of a number. Spellings that sound alike are found, and
    /// where few are, names that differ by a letter or two. The best come first.
    #[serde(default)]
    q: String,
    /// `name`, `place`, `association`, `day`, `events`, `people`, `dossiers` or `cents`; with `-` in front the other way round.
    #[serde(default)]
    sort: String,
    /// A territory: `FR.13`, `MA.09.541`, or `MA.09` for all provinces of a région.
    #[serde(default)]
    place: String,
    /// The association of people or dossiers.
    #[param(value_type = Option<String>, format = "uuid")]
    association: Option<DocumentId>,
    /// `f`, `h`, `other` or `unspecified`.
    #[serde(default)]
    sex: String,
    /// `under_18`, `18_30`, `31_60` or `over_60`.
    #[serde(default)]
    age_band: String,
    /// A sector of calls.
    #[serde(default)]
    sector: String,
    /// `forim`, `cosim`, `fosim` or `md`.
    #[serde(default)]
    network: String,
    /// A commune or province from which an association's people come, by its HCP code.
    #[serde(default)]
    origin: String,
    /// The kind of an event, the stage of a dossier.
    #[serde(default)]
    word: String,
    /// Seen, or held, on that day or later.
    #[serde(default)]
    from: String,
    /// Seen, or held, on that day or earlier.
    #[serde(default)]
    until: String,
    /// What is not filled in: `place`, `association`, `sex`, `age_band`, `sectors`, `networks`, `origin`, `events` or `dossiers`.
    #[serde(default)]
    lacks: String,
}

impl Filter {
    fn wanted(self) -> Result<Wanted, ApiError> {
        let (column, descends) = match self.sort.strip_prefix('-') {
            Some(column) => (column, true),
            None => (self.sort.as_str(), false),
        };
        let sort = if column.is_empty() { Some(Sort::Name) } else { Sort::from_word(column) };
        let Some(sort) = sort else { return Err(ApiError::Malformed("a list is not sorted by that")) };
        if self.q.chars().count() > SEARCH_CHARS_MAX {
            return Err(ApiError::Malformed("more letters than any name has"));
        }
        if !self.lacks.is_empty() && !LACKS.contains(&self.lacks.as_str()) {
            return Err(ApiError::Malformed("a line does not lack that"));
        }
        Ok(Wanted {
            words: self.q,
            place: self.place,
            association: self.association,
            sex: self.sex,
            age_band: self.age_band,
            sector: self.sector,
            network: self.network,
            origin: self.origin,
            word: self.word,
            from: self.from,
            until: self.until,
            lacks: self.lacks,
            sort,
            descends,
        })
    }
}

/// A territory that somebody or something is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Territory {
    /// `FR.13`, `MA.09.541`.
    code: String,
    name: String,
    /// Empty in France.
    name_ar: String,
}

impl Territory {
    fn of(code: &str) -> Option<Self> {
        let (name, name_ar) = places::names_of(code).unwrap_or_default();
        (!code.is_empty()).then(|| Self { code: code.to_owned(), name: name.to_owned(), name_ar: name_ar.to_owned() })
    }
}

/// Somebody in the list of people. Joined people are one line.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonLine {
    #[schema(value_type = String, format = "uuid")]
    person: DocumentId,
    name: String,
    name_ar: String,
    sex: String,
    age_band: String,
    /// As written.
    commune: String,
    /// Where they are, or where their association is.
    territory: Option<Territory>,
    #[schema(value_type = Option<String>, format = "uuid")]
    association: Option<DocumentId>,
    association_title: String,
    /// Events in which they took part.
    events: i64,
    /// The last day of the last of them, or empty.
    seen: String,
    /// Others who are the same human being.
    joined: i64,
}

impl From<Listed> for PersonLine {
    fn from(one: Listed) -> Self {
        Self {
            person: one.document,
            name: one.title,
            name_ar: one.title_ar,
            sex: one.sex,
            age_band: one.age_band,
            commune: one.commune,
            territory: Territory::of(&one.place),
            association: one.association,
            association_title: one.association_title,
            events: one.events,
            seen: one.day,
            joined: one.joined,
        }
    }
}

/// An association in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssociationLine {
    #[schema(value_type = String, format = "uuid")]
    association: DocumentId,
    title: String,
    title_ar: String,
    city: String,
    territory: Option<Territory>,
    sectors: Vec<String>,
    networks: Vec<String>,
    /// HCP codes of the provinces and communes from which its people come.
    origin: Vec<String>,
    people: i64,
    /// Events in which its people took part, or which are linked to it.
    events: i64,
    dossiers: i64,
    /// The last day of the last of those events, or empty.
    seen: String,
    /// Others that are the same association.
    joined: i64,
}

fn unbarred(words: &str) -> Vec<String> {
    words.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl From<Listed> for AssociationLine {
    fn from(one: Listed) -> Self {
        Self {
            association: one.document,
            title: one.title,
            title_ar: one.title_ar,
            city: one.commune,
            territory: Territory::of(&one.place),
            sectors: unbarred(&one.sectors),
            networks: unbarred(&one.networks),
            origin: unbarred(&one.origin),
            people: one.people,
            events: one.events,
            dossiers: one.dossiers,
            seen: one.day,
            joined: one.joined,
        }
    }
}

/// An event in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventLine {
    #[schema(value_type = String, format = "uuid")]
    event: DocumentId,
    title: String,
    kind: String,
    commune: String,
    territory: Option<Territory>,
    first_day: String,
    /// Who took part, each once.
    people: i64,
}

impl From<Listed> for EventLine {
    fn from(one: Listed) -> Self {
        Self {
            event: one.document,
            title: one.title,
            kind: one.word,
            commune: one.commune,
            territory: Territory::of(&one.place),
            first_day: one.day,
            people: one.people,
        }
    }
}

/// A dossier in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierLine {
    #[schema(value_type = String, format = "uuid")]
    dossier: DocumentId,
    title: String,
    stage: String,
    sector: String,
    /// As written.
    place: String,
    territory: Option<Territory>,
    #[schema(value_type = Option<String>, format = "uuid")]
    association: Option<DocumentId>,
    association_title: String,
    coordinator: String,
    /// The grant that is asked for.
    grant_cents: i64,
}

impl From<Listed> for DossierLine {
    fn from(one: Listed) -> Self {
        Self {
            dossier: one.document,
            title: one.title,
            stage: one.word,
            sector: unbarred(&one.sectors).concat(),
            place: one.commune,
            territory: Territory::of(&one.place),
            association: one.association,
            association_title: one.association_title,
            coordinator: one.coordinator,
            grant_cents: one.cents,
        }
    }
}

/// What the caller may see; everything where it is none.
fn held(db: &Connection, caller: &Caller) -> Result<Option<BTreeSet<DocumentId>>, StoreError> {
    Ok(match caller.account.scope {
        Scope::Everything => None,
        Scope::Assigned => Some(scope::assigned(db, caller.account.id)?.into_iter().map(|one| one.id).collect()),
    })
}

async fn list<T: From<Listed>>(
    state: &AppState,
    caller: Caller,
    kind: Kind,
    filter: Filter,
    turn: Turn,
) -> Result<Json<Page<T>>, ApiError> {
    let (wanted, after, limit) = (filter.wanted()?, turn.after::<Place>()?, turn.limit());
    let lines = state.store.read(move |db| {
        let held = held(db, &caller)?;
        // One more tells whether another page follows.
        listed::list(db, kind, &wanted, held.as_ref(), after.as_ref(), limit + 1)
    });
    let listed::Lines { mut lines, total } = lines.await.map_err(ApiError::from)?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = if more { lines.last().map(|(_, at)| place(at)) } else { None };
    Ok(Json(Page { items: lines.into_iter().map(|(one, _)| one.into()).collect(), next, total }))
}

/// `GET /api/v1/people`: the people of one's scope, joined ones once.
#[utoipa::path(get, path = "/api/v1/people", tag = "directory", security(("token" = ["read:directory"])), params(Filter, Turn), responses((status = 200, description = "One page", body = Page<PersonLine>)))]
pub async fn people(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<PersonLine>>, ApiError> {
    list(&state, caller, Kind::Person, filter, turn).await
}

/// `GET /api/v1/associations`: the associations of one's scope, joined ones once.
#[utoipa::path(get, path = "/api/v1/associations", tag = "directory", security(("token" = ["read:directory"])), params(Filter, Turn), responses((status = 200, description = "One page", body = Page<AssociationLine>)))]
pub async fn associations(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<AssociationLine>>, ApiError> {
    list(&state, caller, Kind::Association, filter, turn).await
}

/// `GET /api/v1/events`: the events of one's scope.
#[utoipa::path(get, path = "/api/v1/lists/events", operation_id = "list_events", tag = "directory", security(("token" = ["read:directory"])), params(Filter, Turn), responses((status = 200, description = "One page", body = Page<EventLine>)))]
pub async fn events(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<EventLine>>, ApiError> {
    list(&state, caller, Kind::Event, filter, turn).await
}

/// `GET /api/v1/dossiers`: the dossiers of one's scope.
#[utoipa::path(get, path = "/api/v1/lists/dossiers", operation_id = "list_dossiers", tag = "directory", security(("token" = ["read:directory"])), params(Filter, Turn), responses((status = 200, description = "One page", body = Page<DossierLine>)))]
pub async fn dossiers(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
    Query(filter): Query<Filter>,
    Query(turn): Query<Turn>,
) -> Result<Json<Page<DossierLine>>, ApiError> {
    list(&state, caller, Kind::Dossier, filter, turn).await
}

/// A territory with what reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReachedTerritory {
    /// A province of Morocco (`MA.09.541`), or its région where no more is said; a département of France (`FR.13`).
    code: String,
    name: String,
    /// Empty in France.
    name_ar: String,
    /// Events that were held there.
    events: usize,
    /// Associations that have their seat there.
    seats: usize,
    /// Associations whose people come from there.
    origins: usize,
    /// Dossiers whose project is there.
    projects: usize,
    /// People who are there, or whose association is.
    people: usize,
    /// The communes among them, by their official codes, with how often each is spoken of.
    communes: BTreeMap<String, usize>,
}

/// `GET /api/v1/territories`: the provinces and départements that the documents of one's scope reach, the most reached first.
#[utoipa::path(get, path = "/api/v1/territories", tag = "directory", security(("token" = ["read:directory"])), responses((status = 200, description = "The territories", body = Vec<ReachedTerritory>)))]
pub async fn territories(
    State(state): State<AppState>,
    ReadDirectory(caller): ReadDirectory,
) -> Result<Json<Vec<ReachedTerritory>>, ApiError> {
    let reached = state.store.read(move |db| {
        let held = held(db, &caller)?;
        Ok::<_, StoreError>((listed::reached(db, held.as_ref())?, listed::people_by_place(db, held.as_ref())?))
    });
    let (reached, people) = reached.await.map_err(ApiError::from)?;
    Ok(Json(by_territory(&reached, &people)))
}

fn by_territory(reached: &[listed::Reached], people: &BTreeMap<String, usize>) -> Vec<ReachedTerritory> {
    let mut all: BTreeMap<String, BTreeMap<&str, BTreeSet<DocumentId>>> =
        people.keys().map(|place| (place.clone(), BTreeMap::new())).collect();
    let mut communes: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for one in reached {
        let is_territory = places::names_of(&one.code).is_some();
        let around = if is_territory { Some(one.code.clone()) } else { territory::around_commune(&one.code).pop() };
        let Some(place) = around else { continue };
        let roles = all.entry(place.clone()).or_default();
        roles.entry(one.role.as_str()).or_default().extend(&one.documents);
        if !is_territory && place.split_once('.').is_none_or(|(_, own)| own != one.code) {
            *communes.entry(place).or_default().entry(one.code.clone()).or_default() += one.documents.len();
        }
    }
    let mut all: Vec<ReachedTerritory> = all
        .into_iter()
        .map(|(code, roles)| {
            let count = |role| roles.get(role).map_or(0, BTreeSet::len);
            let (name, name_ar) = places::names_of(&code).unwrap_or_default();
            ReachedTerritory {
                name: name.to_owned(),
                name_ar: name_ar.to_owned(),
                events: count("event"),
                seats: count("seat"),
                origins: count("origin"),
                projects: count("project"),
                people: people.get(&code).copied().unwrap_or(0),
                communes: communes.remove(&code).unwrap_or_default(),
                code,
            }
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.events + one.seats + one.origins + one.projects, one.people)));
    all
}

/// Of which list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfList {
    /// `people`, `associations`, `events` or `dossiers`.
    list: String,
}

/// `GET /api/views`: the saved views of a list, one's own and what others share.
pub async fn views(
    State(state): State<AppState>,
    _: Enrolled,
    ReadDirectory(caller): ReadDirectory,
    Query(of): Query<OfList>,
) -> Result<Json<Vec<SavedView>>, ApiError> {
    let read = state.store.read(move |db| saved_views::list(db, &of.list, caller.account.id));
    Ok(Json(read.await.map_err(ApiError::from)?))
}

/// A view to be saved.
#[derive(Debug, Deserialize)]
pub struct ViewToSave {
    /// `people`, `associations`, `events` or `dossiers`.
    list: String,
    /// 1 to 80 characters.
    name: String,
    /// As in the address of the list, at most 2,000 characters.
    query: String,
    /// Whether the house sees it.
    shared: bool,
}

/// The number of what was saved.
#[derive(Debug, Serialize)]
pub struct Saved {
    id: i64,
}

/// `POST /api/views`: saves a view.
pub async fn save_view(
    State(state): State<AppState>,
    _: Enrolled,
    ReadDirectory(caller): ReadDirectory,
    Body(view): Body<ViewToSave>,
) -> Result<Json<Saved>, ApiError> {
    let name = view.name.trim().to_owned();
    if name.is_empty() || !LISTS.contains(&view.list.as_str()) {
        return Err(ApiError::Malformed("a view has a name, and is of a list"));
    }
    if name.chars().count() > VIEW_CHARS_MAX.0 {
        return Err(ApiError::NameTooLong { chars_max: VIEW_CHARS_MAX.0 });
    }
    if view.query.chars().count() > VIEW_CHARS_MAX.1 {
        return Err(ApiError::TooLarge);
    }
    let (account, now_ms) = (caller.account.id, state.clock.now_ms());
    let write = state.store.write(move |tx| {
        if saved_views::count(tx, account)? >= saved_views::VIEWS_MAX {
            return Err(ApiError::TooLarge);
        }
        let new = NewView { list: &view.list, name: &name, query: &view.query, shared: view.shared };
        Ok(saved_views::add(tx, new, account, now_ms)?)
    });
    Ok(Json(Saved { id: write.await? }))
}

/// `POST /api/views/{id}/remove`: takes one of one's own away; what is gone already is no error.
pub async fn remove_view(
    State(state): State<AppState>,
    _: Enrolled,
    ReadDirectory(caller): ReadDirectory,
    Id(id): Id<i64>,
) -> Result<Response, ApiError> {
    let account = caller.account.id;
    state.store.write(move |tx| saved_views::remove(tx, id, account)).await.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
