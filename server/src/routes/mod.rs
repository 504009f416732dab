//! Every route on one screen, and every layer in one function.

pub mod blobs;
pub mod body;
pub mod calendar;
pub mod deposit;
pub mod directory;
pub mod duplicates;
pub mod edits;
pub mod enroll;
pub mod figures;
pub mod fleet;
pub mod health;
pub mod imports;
pub mod indicators;
pub mod journal;
pub mod lists;
pub mod logos;
pub mod openapi;
pub mod page;
pub mod passkeys;
pub mod pokes;
pub mod privacy;
pub mod programs;
pub mod quarantine;
pub mod receipts;
pub mod records;
pub mod registrations;
pub mod session;
pub mod sheets;
pub mod staff;
mod state;
pub mod sync;

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{
        HeaderName, HeaderValue, Method,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use shared::limit;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::state::AppState;
use crate::{
    assets, auth,
    error::{ApiError, ErrorCode},
};

/// A JSON body. In bytes: an invite with its documents fits many times.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// How long a short request may take, the upload of its body included.
const SHORT: Duration = Duration::from_secs(30);
/// How long an exchange may take: a full frame over a village's network.
const LONG: Duration = Duration::from_secs(180);

/// The whole house.
pub fn router(state: AppState) -> Router {
    let short = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        // Coming in and going out.
        .route("/api/enroll", post(enroll::enroll))
        .route("/api/session", get(session::session))
        .route("/api/session/key", post(session::bind_key))
        .route("/api/session/reopen", post(session::reopen))
        .route("/api/session/end", post(session::end))
        // The second factor.
        .route("/api/passkeys", get(passkeys::list))
        .route("/api/passkeys/add", post(passkeys::add))
        .route("/api/passkeys/added", post(passkeys::added))
        .route("/api/passkeys/prove", post(passkeys::prove))
        .route("/api/passkeys/proved", post(passkeys::proved))
        .route("/api/passkeys/remove", post(passkeys::remove))
        // Letting others in and out.
        .route("/api/invites", get(staff::list_invites).post(staff::invite))
        .route("/api/invites/{id}/withdraw", post(staff::withdraw_invite))
        .route("/api/devices", get(staff::list_devices))
        .route("/api/devices/{id}/confirm", post(staff::confirm_device))
        .route("/api/devices/{id}/revoke", post(staff::revoke_device))
        .route("/api/accounts", get(staff::list_accounts))
        .route("/api/accounts/{id}/change", post(staff::change_account))
        .route("/api/accounts/{id}/assign", post(staff::assign))
        .route("/api/accounts/{id}/disable", post(staff::disable))
        // When the server received what people wrote.
        .route("/api/v1/documents/{id}/receipts", get(receipts::list))
        // What waits because it was not allowed.
        .route("/api/quarantine", get(quarantine::list))
        .route("/api/quarantine/judge", post(quarantine::judge))
        .route("/api/quarantine/reopen", post(quarantine::reopen))
        .route("/api/quarantine/assign", post(quarantine::assign))
        .route("/api/journal", get(journal::list))
        // What people may ask for, and what has had its time.
        .route("/api/people/{id}/answer", post(privacy::answer))
        .route("/api/people/{id}/erasure", get(privacy::plan_erasure).post(privacy::erase))
        .route("/api/documents/{id}/rewriting", get(privacy::plan_rewriting).post(privacy::rewrite))
        .route("/api/retention", get(privacy::plan_retention).post(privacy::run_retention))
        // Sheets, and every paper of an event.
        .route("/api/events/{id}/sheet", get(sheets::plan).post(sheets::seal))
        .route("/api/events/{id}/papers", get(sheets::paper))
        .route("/api/events/{id}/figures", get(figures::read))
        .route("/api/events/{id}/figures.csv", get(figures::csv))
        .route("/api/events/{id}/figures.xlsx", get(figures::xlsx))
        // What the house has done, counted, with the records behind it; reports made of that.
        .route("/api/v1/indicators", get(indicators::read))
        .route("/api/v1/indicators/{code}/records", get(indicators::records))
        .route("/api/v1/report.pdf", get(indicators::pdf))
        .route("/api/v1/report.xlsx", get(indicators::xlsx))
        .route("/api/v1/iati.xml", get(indicators::iati))
        .route("/api/sheets/{code}", get(sheets::sealed))
        .route("/api/check/{code}", get(sheets::check))
        // Coming to an event: by its link, and what the event's own people do with those who came by it.
        .route("/api/events/{id}/registration", get(registrations::state))
        .route("/api/events/{id}/registration/open", post(registrations::open))
        .route("/api/events/{id}/registration/close", post(registrations::close))
        .route("/api/events/{id}/registration/take", post(registrations::take))
        .route("/api/events/{id}/registration/drop", post(registrations::drop_one))
        .route("/api/register/{token}", get(registrations::page).post(registrations::submit))
        // The directory: its lists page by page, what they reach, and how somebody wants to see them again.
        .route("/api/v1/people", get(directory::people))
        .route("/api/v1/associations", get(directory::associations))
        .route("/api/v1/lists/events", get(directory::events))
        .route("/api/v1/lists/dossiers", get(directory::dossiers))
        .route("/api/v1/territories", get(directory::territories))
        .route("/api/views", get(directory::views).post(directory::save_view))
        .route("/api/views/{id}/remove", post(directory::remove_view))
        // What is printed at the head of papers.
        .route("/api/logos", get(logos::list).post(logos::put))
        .route("/api/logos/{id}", get(logos::picture))
        .route("/api/logos/{id}/remove", post(logos::remove))
        // When and where, for calendar programs.
        .route("/api/calendar", post(calendar::renew))
        .route("/api/calendar/end", post(calendar::end))
        .route("/api/calendar/{token}", get(calendar::read))
        // Other programs: letting them in, telling them of news, and what they read and write.
        .route("/api/tokens", get(programs::list_tokens).post(programs::make_token))
        .route("/api/tokens/{id}/revoke", post(programs::revoke_token))
        .route("/api/webhooks", get(programs::list_webhooks).post(programs::add_webhook))
        .route("/api/webhooks/{id}/resume", post(programs::resume_webhook))
        .route("/api/webhooks/{id}/remove", post(programs::remove_webhook))
        .route("/api/v1/openapi.json", get(openapi::describe))
        .route("/api/v1/events", get(records::events))
        .route("/api/v1/events/{id}", get(records::event))
        .route("/api/v1/dossiers", get(records::dossiers))
        .route("/api/v1/dossiers/{id}", get(records::dossier))
        .route("/api/v1/documents/{id}", get(records::document))
        .route("/api/v1/changes", get(records::changes))
        .route("/api/v1/questions", get(records::questions))
        .route("/api/v1/edits", post(edits::make))
        // Where phones are, and what is to be done about them.
        .route("/api/fleet", get(fleet::read))
        .layer(middleware::from_fn_with_state(SHORT, within));
    // The first who asks for duplicates waits until all are compared.
    let desk = Router::new()
        .route("/api/v1/duplicates", get(duplicates::list))
        .route("/api/v1/duplicates/why", get(duplicates::explain))
        .layer(middleware::from_fn_with_state(LONG, within));
    let exchange = Router::new()
        .route("/api/sync", post(sync::sync))
        .layer(DefaultBodyLimit::max(limit::FRAME_BYTES_MAX))
        .layer(middleware::from_fn_with_state(LONG, within));
    let lists = Router::new()
        .route("/api/events/{id}/list/plan", post(lists::plan))
        .route("/api/events/{id}/list", post(lists::take))
        .layer(DefaultBodyLimit::max(lists::BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(LONG, within));
    // At the desk: people and associations by the thousand, and all of it taken back.
    let imports = Router::new()
        .route("/api/imports/plan", post(imports::plan))
        .route("/api/imports", get(imports::list).post(imports::take))
        .route("/api/imports/left", get(imports::list_left))
        .route("/api/imports/left/{id}", post(imports::settle_left))
        .route("/api/imports/left/{id}/assign", post(imports::assign_left))
        .route("/api/imports/{id}/undo", get(imports::plan_undo).post(imports::undo))
        .layer(DefaultBodyLimit::max(imports::BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(LONG, within));
    let blobs = Router::new()
        .route("/api/blobs/lacking", post(blobs::lacking))
        .route("/api/blobs/{hash}/state", get(blobs::state))
        .route("/api/blobs/{hash}", get(blobs::read).post(blobs::bring))
        .layer(DefaultBodyLimit::max(crate::blobs::PIECE_BYTES_MAX))
        .layer(middleware::from_fn_with_state(LONG, within));
    // Files: a dossier with its pieces, or a list of 50,000, takes seconds to make, and longer over a village's network.
    let files = Router::new()
        .route("/api/v1/people/export", get(directory::export::people))
        .route("/api/v1/associations/export", get(directory::export::associations))
        .route("/api/v1/events/export", get(directory::export::events))
        .route("/api/v1/dossiers/export", get(directory::export::dossiers))
        .route("/api/dossiers/export", post(directory::export::these_dossiers))
        .route("/api/dossiers/{id}/papers", get(deposit::paper))
        .route("/api/blobs/{hash}/first-page", get(blobs::first_page))
        .route("/api/documents/{id}/pieces/{row}", get(deposit::piece))
        .layer(middleware::from_fn_with_state(LONG, within));
    let streams = Router::new().route("/api/pokes", get(pokes::listen));
    let routes = short
        .merge(exchange)
        .merge(lists)
        .merge(desk)
        .merge(imports)
        .merge(blobs)
        .merge(files)
        .merge(streams)
        .fallback(assets::serve)
        .method_not_allowed_fallback(method_unknown);
    layers(routes, &state).with_state(state)
}

/// What every request passes, the outermost last.
fn layers(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes
        .layer(middleware::from_fn(body::as_signed))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(middleware::from_fn_with_state(state.clone(), auth::refuse_other_sites))
        .layer(middleware::from_fn_with_state(state.clone(), auth::pace))
        .layer(CatchPanicLayer::custom(|_| ApiError::Panicked.into_response()))
        .layer(middleware::from_fn_with_state(state.clone(), note))
        .layer(middleware::from_fn_with_state(state.clone(), secure))
}

async fn method_unknown() -> ApiError {
    ApiError::MethodUnknown
}

/// Gives a request so much time and no more.
pub async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

/// Writes the access log and counts. The pattern of the route, never the path or the query: they hold ids of people.
async fn note(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = word(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("(app)", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    let code = response.extensions().get::<ErrorCode>().map_or("", |code| code.0);
    tracing::info!(method, route, status, ms = took.as_millis(), code, "answered");
    state.metrics.note_request(method, route, status, took);
    response
}

/// Methods by a closed list: anybody may invent one, and each would be a new line in the metrics.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

/// The headers that keep a page to itself.
async fn secure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 7] = [
        (CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The link of an invite, or the id of a dossier, goes to no other site.
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // Whatever of another site might slip into a page is not even loaded.
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.config.public_url.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // What a route says of people is kept by nobody on the way.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Nothing but our own files; WebAssembly is the engine.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The camera reads invites and badges, and takes photos of sheets; a passkey opens the app. Nothing else is asked of a
/// phone, by whatever script.
const PERMISSIONS: &str = "accelerometer=(), camera=(self), display-capture=(), encrypted-media=(), geolocation=(), \
    gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(self), \
    publickey-credentials-get=(self), serial=(), usb=(), xr-spatial-tracking=()";

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use axum::body::{Body, Bytes};
    use futures_util::stream;
    use tower::ServiceExt as _;

    use super::*;
    use crate::{
        clock::Clock,
        config::{AppSource, Config, Proxy},
        programs::address::Reach,
        storage::{Place, WriterState},
    };

    /// The status and the code of the answer of a route that is given `limit`.
    async fn check(route: Router<AppState>, limit: Duration, body: Body) -> (u16, &'static str) {
        let config = Config {
            place: Place::in_memory().unwrap(),
            public_url: "http://localhost:8080".parse().unwrap(),
            app: AppSource::BuiltIn,
            proxy: Proxy::None,
            reach: Reach::Public,
        };
        let state = AppState::open(config, Clock::system(), WriterState::default()).unwrap();
        let route = route.layer(middleware::from_fn_with_state(limit, within));
        let house = layers(route, &state).with_state(state);
        let request = Request::get("/route").extension(auth::Peer(([127, 0, 0, 1], 9).into())).body(body).unwrap();
        let response = house.oneshot(request).await.unwrap();
        assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
        let code = response.extensions().get::<ErrorCode>().map_or("", |code| code.0);
        (response.status().as_u16(), code)
    }

    async fn panics() {
        panic!("as asked");
    }

    #[tokio::test]
    async fn a_panic_is_answered() {
        let route = Router::new().route("/route", get(panics));
        assert_eq!(check(route, SHORT, Body::empty()).await, (500, "server.failed"));
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_answered() {
        let route = Router::new().route("/route", get(pending::<()>));
        assert_eq!(check(route, Duration::ZERO, Body::empty()).await, (503, "server.timeout"));
    }

    #[tokio::test]
    async fn a_body_that_comes_too_slowly_is_not_waited_for() {
        let route = Router::new().route("/route", get(async |_: Bytes| {}));
        let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(check(route, Duration::ZERO, body).await, (503, "server.timeout"));
    }
}
