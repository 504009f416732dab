//! For whoever watches the server.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
};
use serde::Serialize;

use super::AppState;
use crate::{auth::Local, error::ApiError, metrics, storage::server};

/// What `/healthz` says.
#[derive(Debug, Serialize)]
pub struct Health {
    /// Whether changes can be kept.
    writes: bool,
    build: &'static str,
}

/// `GET /healthz`: 200 when the database can be read and written, else 503.
pub async fn healthz(State(state): State<AppState>) -> Result<(StatusCode, Json<Health>), ApiError> {
    state.store.read(server::last_arrival).await?;
    let writes = state.store.is_writing();
    let status = if writes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(Health { writes, build: env!("CARGO_PKG_VERSION") })))
}

/// `GET /metrics`, for this machine only.
///
/// On the same port, because a second one is a second thing to forget in a firewall. Nothing in it is about people, so a
/// proxy that hides its traces gives away no more than how busy we are.
pub async fn metrics(State(state): State<AppState>, _: Local) -> ([(HeaderName, HeaderValue); 1], String) {
    let page = state.metrics.render(&state.store);
    ([(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE))], page)
}
