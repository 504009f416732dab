//! The description of everything under `/api/v1`, for whoever writes a program: it follows from the handlers themselves.

use axum::Json;
use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        self, RefOr, ResponseBuilder,
        content::Content,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use super::{directory, duplicates, edits, indicators, receipts, records};
use crate::programs::Grant;

/// Everything that other programs may ask.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Tiwizi",
        description = "What Tiwizi tells other programs, and what they may write.\n\nA program shows a token, made by an \
            administrator under « Autres programmes »: `Authorization: Bearer tiwizi_…`. It acts for an account, and sees what that \
            account sees.\n\nLists are read page by page: `next` of one answer is `after` of the next question. Amounts are in cents, \
            times in milliseconds since 1970 (UTC), days are `2026-03-01`. Fields may be added at any time; none changes its meaning.",
    ),
    paths(
        describe,
        records::events,
        records::event,
        records::dossiers,
        records::dossier,
        records::document,
        records::changes,
        records::questions,
        edits::make,
        directory::people,
        directory::associations,
        directory::events,
        directory::dossiers,
        directory::territories,
        directory::export::people,
        directory::export::associations,
        directory::export::events,
        directory::export::dossiers,
        duplicates::list,
        duplicates::explain,
        indicators::read,
        indicators::records,
        indicators::pdf,
        indicators::xlsx,
        indicators::iati,
        receipts::list,
    ),
    components(schemas(Failure)),
    modifiers(&Common),
)]
struct Description;

/// Why a request was not served.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `ApiError` answers")]
pub struct Failure {
    /// Stable: a program may decide by it.
    code: String,
    /// For whoever writes the program. May change.
    message: String,
    /// When trying again may help. In seconds.
    retry_after_s: Option<u64>,
}

/// What every operation has: the token, and the same refusals.
struct Common;

/// A status, and which codes come with it.
const REFUSALS: [(&str, &str); 9] = [
    ("400", "`request.malformed`: the address or the body is not what is taken here"),
    ("401", "`session.none`: no token. `token.wrong`: it is unknown, has expired or was taken back"),
    ("403", "`token.scope`: the token was not given this. `role.forbidden`: the account for which it acts may not"),
    ("404", "`document.unknown`: there is no such document, or not for this account"),
    ("409", "`edits.key_used`: the same key was sent with other edits"),
    ("413", "`request.too_large`: the body is longer than 64 kB"),
    ("415", "`request.content_type`: the body is not said to be JSON"),
    ("429", "`request.slow_down`: too many requests; `Retry-After` says when to come back"),
    ("503", "`server.busy`, `server.timeout`, `server.stopping`: later"),
];

impl Modify for Common {
    fn modify(&self, description: &mut openapi::OpenApi) {
        let scopes = Grant::ALL.map(Grant::as_str).join("`, `");
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some(format!("A token with the scope that the operation names: `{scopes}`."));
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        for (path, item) in &mut description.paths.paths {
            let operations: [&mut Option<Operation>; 5] =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let has_body = operation.request_body.is_some();
                for (status, words) in REFUSALS {
                    let never = match status {
                        "404" => !path.contains('{'),
                        "409" => !path.ends_with("/edits"),
                        "413" | "415" => !has_body,
                        _ => false,
                    };
                    if !never && !operation.responses.responses.contains_key(status) {
                        let schema = openapi::Ref::from_schema_name("Failure");
                        let content = Content::new(Some(RefOr::Ref(schema)));
                        let answer = ResponseBuilder::new().description(words).content("application/json", content);
                        operation.responses.responses.insert(status.to_owned(), RefOr::T(answer.build()));
                    }
                }
            }
        }
    }
}

/// The whole description, as JSON.
#[must_use]
pub fn description() -> Value {
    let mut said = serde_json::to_value(Description::openapi()).unwrap_or_default();
    // What a handler says of itself begins with its own address, which stands beside it.
    said["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    said
}

/// `GET /api/v1/openapi.json`: this description. It tells nothing of anybody, and needs no token.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "description", security(()),
    responses((status = 200, description = "This description", body = Object)),
)]
pub async fn describe() -> Json<Value> {
    Json(description())
}
