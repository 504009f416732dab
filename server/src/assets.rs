//! The app's files: built into the binary, compressed when they were built, cached as their names allow.

use std::{
    borrow::Cow,
    fs,
    path::{Component, Path},
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use rust_embed::Embed;

use crate::{config::AppSource, error::ApiError, routes::AppState, secret};

/// What the bundler wrote, with a `.br` and a `.gz` beside each file that compresses.
#[derive(Embed)]
#[folder = "../pwa/dist"]
#[allow_missing = true]
struct BuiltIn;

/// The address by which people register for an event, and the page that is there. Which event it is the page alone knows: what stands
/// behind the `#` of an address is sent to nobody.
const REGISTER: &str = "register";
const REGISTER_PAGE: &str = "register.html";
/// Files here carry a hash in their name, so their content never changes.
const HASHED: &str = "assets/";
/// Those of them that workers begin with.
const WORKERS: &str = "assets/worker-";
/// Modules of pages are UTF-8 whatever is said of them (HTML, 'fetch a single module script'; Blink, WebKit and Gecko do so). Said to be
/// of a charset that Chromium cannot decode aside, they come from its cache of compiled code: since it fetches in the background
/// (`BackgroundResourceFetch`, seen in 148), it compiles all others anew at each start of the app, a quarter of what a start computes.
/// Workers' scripts it reads as they say, and does not compile aside.
const MODULE: &str = "text/javascript; charset=iso-8859-15";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked about at each use: the page, the service worker, the manifest decide which version runs.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Everything that is not a route: a file of the app, or the app itself for a page that it draws.
pub async fn serve(State(state): State<AppState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::RouteUnknown.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::MethodUnknown.into_response();
    }
    match &state.config.app {
        source @ AppSource::BuiltIn => answer(source, path, &headers),
        source @ AppSource::Folder(_) => {
            let (source, path) = (source.clone(), path.to_owned());
            let answered = tokio::task::spawn_blocking(move || answer(&source, &path, &headers)).await;
            answered.unwrap_or_else(|_| ApiError::Panicked.into_response())
        }
    }
}

/// The app's build, as phones say it of themselves: the end of the name of their worker's file. None where no app is there.
#[must_use]
pub fn build(source: &AppSource) -> Option<String> {
    let names: Vec<String> = match source {
        AppSource::BuiltIn => BuiltIn::iter().map(std::borrow::Cow::into_owned).collect(),
        AppSource::Folder(folder) => {
            let files = std::fs::read_dir(folder.join("assets")).into_iter().flatten().flatten();
            files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
        }
    };
    let worker = names.iter().find(|name| name.contains("worker-worker-") && name.ends_with(".js"))?;
    worker.strip_suffix(".js")?.rsplit('-').next().map(str::to_owned)
}

fn answer(source: &AppSource, path: &str, headers: &HeaderMap) -> Response {
    let path = if path == REGISTER { REGISTER_PAGE } else { path };
    if !path.is_empty() && path != "index.html" {
        if let Some(found) = find(source, path, headers) {
            return found;
        }
        // A missing script must not be answered with a page: the browser would cache and run it.
        if path.starts_with(HASHED) || !accepts(headers, ACCEPT, "text/html") {
            return ApiError::RouteUnknown.into_response();
        }
    }
    find(source, "index.html", headers).unwrap_or_else(|| not_built_in(headers))
}

/// The file, in the best encoding that exists and is accepted.
fn find(source: &AppSource, path: &str, headers: &HeaderMap) -> Option<Response> {
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(headers, ACCEPT_ENCODING, encoding)
            && let Some(file) = read(source, &format!("{path}{suffix}"))
        {
            let mut response = send(path, file, headers);
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            return Some(response);
        }
    }
    read(source, path).map(|file| send(path, file, headers))
}

/// A file as it is sent, and the hash of its bytes: each encoding has its own.
struct File {
    bytes: Bytes,
    hash: [u8; 32],
}

fn read(source: &AppSource, path: &str) -> Option<File> {
    match source {
        AppSource::BuiltIn => BuiltIn::get(path).map(|file| File {
            bytes: match file.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            },
            hash: file.metadata.sha256_hash(),
        }),
        AppSource::Folder(folder) => {
            let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            if !inside {
                return None;
            }
            let bytes = fs::read(folder.join(path)).ok()?;
            Some(File { hash: secret::hash(&bytes), bytes: bytes.into() })
        }
    }
}

fn send(path: &str, file: File, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", secret::hex(&file.hash[..16]));
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(file.bytes).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        response
    };
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, if path.starts_with(HASHED) { FOREVER } else { ASK_AGAIN });
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answer.insert(ETAG, tag);
    }
    response
}

/// The types that the app's folder holds. Browsers are told not to guess.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" if path.starts_with(HASHED) && !path.starts_with(WORKERS) => MODULE,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether a list like `br;q=1, gzip` names `word` with a weight above zero.
fn accepts(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next().is_some_and(|named| named.eq_ignore_ascii_case(word))
                && !parts.any(|part| {
                    part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
                })
        },
    )
}

/// A server built without Node says so, to browsers as a page.
fn not_built_in(headers: &HeaderMap) -> Response {
    const PAGE: &str = include_str!("not_built_in.html");
    if !accepts(headers, ACCEPT, "text/html") {
        return ApiError::RouteUnknown.into_response();
    }
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")), (CACHE_CONTROL, ASK_AGAIN)];
    (StatusCode::NOT_FOUND, headers, PAGE).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_refused_by_weight_is_not_taken() {
        let check = |list: &'static str, word| {
            accepts(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(list))]), ACCEPT_ENCODING, word)
        };
        assert!(check("gzip, deflate, br;q=0.5", "br"));
        assert!(check("GZIP;q=1", "gzip"));
        assert!(!check("gzip, br;q=0", "br"));
        assert!(!check("gzip, br; q=0.0", "br"));
        assert!(!check("identity", "gzip"));
        assert!(!check("brotli", "br"));
    }
}
