//! Reading requests, so that whatever cannot be read is refused in our own words.

use std::error::Error;

use axum::{
    Json,
    body::Body as Stream,
    extract::{
        FromRequest, FromRequestParts, Path, Request,
        rejection::{BytesRejection, FailedToBufferBody, JsonRejection},
    },
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::{
    error::ApiError,
    proof::{self, Proof},
};

/// The body is not the one that the device signed.
#[derive(Debug, thiserror::Error)]
#[error("another body was signed")]
struct OtherBody;

/// Has a signed request's body hashed while it is read: who is asking was found out before, and a body that was changed on the way
/// ends in [`ApiError::ProofWrong`].
pub async fn as_signed(request: Request, next: Next) -> Response {
    let proof = request.headers().get(proof::HEADER).and_then(|header| Proof::parse(header.to_str().ok()?));
    let Some(Proof { body_hash, .. }) = proof else { return next.run(request).await };
    let request = request.map(|body| {
        let pieces = stream::unfold(Some((body.into_data_stream(), Sha256::new())), move |reading| async move {
            let (mut body, hash) = reading?;
            match body.next().await {
                Some(Ok(piece)) => {
                    let hash = hash.chain_update(&piece);
                    Some((Ok(piece), Some((body, hash))))
                }
                Some(Err(error)) => Some((Err(error), None)),
                None if hash.finalize()[..] == body_hash => None,
                None => Some((Err(axum::Error::new(OtherBody)), None)),
            }
        });
        Stream::from_stream(pieces)
    });
    next.run(request).await
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::ContentType),
            Err(JsonRejection::BytesRejection(rejection)) => Err(unread(&rejection)),
            Err(_) => Err(ApiError::Malformed("the body is not the JSON that this address takes")),
        }
    }
}

/// Why the bytes of a body did not arrive.
pub fn unread(rejection: &BytesRejection) -> ApiError {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => ApiError::TooLarge,
        rejection if is_other_body(rejection) => ApiError::ProofWrong,
        _ => ApiError::Malformed("the body broke off"),
    }
}

fn is_other_body(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<OtherBody>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// One id in the path.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(ApiError::Malformed("the address holds no such id")),
        }
    }
}

/// What stands behind the `?` of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(ApiError::Malformed("the address asks for something that there is not")),
        }
    }
}
