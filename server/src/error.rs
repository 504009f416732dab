//! The one error of the HTTP side. Its code is the contract: the app translates it, tests name it, it never changes.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use papers::PaperError;
use serde_json::json;
use shared::wire::FrameError;

use crate::{
    blobs, deposit, erasure,
    import::{Problem, Unreadable},
    indicators, logos,
    passkeys::Broken,
    programs,
    rates::TooOften,
    registration, sheet,
    storage::{StoreError, access::Refusal},
};

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("there is nothing at this address")]
    RouteUnknown,
    #[error("this address does not take this method")]
    MethodUnknown,
    /// What is wrong, in words for a developer; quotes nothing of the request's content.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
    #[error("the body is not of the type that this address takes")]
    ContentType,
    #[error("the body is larger than this address takes")]
    TooLarge,
    #[error("the frame cannot be read: {0}")]
    Frame(FrameError),
    #[error("the request does not come from the app itself")]
    CrossSite,
    #[error("no device is signed in")]
    NotEnrolled,
    #[error("the request is not signed with the device's key")]
    ProofMissing,
    #[error("the request was not signed by this device, or was changed since")]
    ProofWrong,
    /// What the device takes for our time is too far off: here it is.
    #[error("the request was signed at another time")]
    ProofStale { now_ms: u64 },
    #[error("this device's access was ended")]
    DeviceRevoked,
    #[error("nobody has confirmed this device yet")]
    DeviceUnconfirmed,
    #[error("the session of this device has ended")]
    SessionExpired,
    #[error("this takes a passkey, and the account has none")]
    FactorMissing,
    #[error("this takes the account's passkey")]
    FactorRequired,
    #[error(transparent)]
    Passkey(#[from] Broken),
    #[error("the role of this account does not allow it")]
    RoleForbidden,
    #[error("the name has more than {chars_max} characters")]
    NameTooLong { chars_max: usize },
    #[error("too many wrong codes from this address")]
    TooManyGuesses { retry_after_s: u64 },
    #[error("too many requests")]
    TooOften { retry_after_s: u64 },
    #[error(transparent)]
    Refused(Refusal),
    /// Nothing more is said: whether it never was, has expired, or was taken back.
    #[error("this token opens nothing")]
    TokenWrong,
    #[error("this token was not given what this address takes")]
    TokenScope,
    #[error(transparent)]
    Program(programs::Refusal),
    #[error(transparent)]
    NotErased(erasure::Refusal),
    #[error(transparent)]
    NoSheet(sheet::Refusal),
    #[error(transparent)]
    NotCounted(indicators::Refusal),
    #[error(transparent)]
    NotExported(deposit::Refusal),
    #[error(transparent)]
    NoLogo(logos::Refusal),
    #[error(transparent)]
    Blob(#[from] blobs::Refusal),
    #[error("the list cannot be read: {0}")]
    List(#[from] Unreadable),
    #[error(transparent)]
    NotRegistered(registration::Refusal),
    #[error("the server has too much to do")]
    Busy,
    #[error("the request took too long")]
    TimedOut,
    #[error("the server is stopping")]
    Stopping,
    /// A fault of ours. The cause is logged here and never sent.
    #[error("the server failed")]
    Failed(StoreError),
    #[error("the server failed")]
    Panicked,
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

impl From<TooOften> for ApiError {
    fn from(refusal: TooOften) -> Self {
        Self::TooOften { retry_after_s: refusal.retry_after_s() }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            other => Self::Refused(other),
        }
    }
}

impl From<programs::Refusal> for ApiError {
    fn from(refusal: programs::Refusal) -> Self {
        match refusal {
            programs::Refusal::Store(error) => error.into(),
            other => Self::Program(other),
        }
    }
}

impl From<erasure::Refusal> for ApiError {
    fn from(refusal: erasure::Refusal) -> Self {
        match refusal {
            erasure::Refusal::Store(error) => error.into(),
            other => Self::NotErased(other),
        }
    }
}

impl From<sheet::Refusal> for ApiError {
    fn from(refusal: sheet::Refusal) -> Self {
        match refusal {
            sheet::Refusal::Store(error) => error.into(),
            other => Self::NoSheet(other),
        }
    }
}

impl From<deposit::Refusal> for ApiError {
    fn from(refusal: deposit::Refusal) -> Self {
        match refusal {
            deposit::Refusal::Store(error) => error.into(),
            other => Self::NotExported(other),
        }
    }
}

impl From<indicators::Refusal> for ApiError {
    fn from(refusal: indicators::Refusal) -> Self {
        match refusal {
            indicators::Refusal::Store(error) => error.into(),
            other => Self::NotCounted(other),
        }
    }
}

impl From<registration::Refusal> for ApiError {
    fn from(refusal: registration::Refusal) -> Self {
        match refusal {
            registration::Refusal::Store(error) => error.into(),
            other => Self::NotRegistered(other),
        }
    }
}

impl From<logos::Refusal> for ApiError {
    fn from(refusal: logos::Refusal) -> Self {
        match refusal {
            logos::Refusal::Store(error) => error.into(),
            other => Self::NoLogo(other),
        }
    }
}

impl ApiError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RouteUnknown => "route.unknown",
            Self::MethodUnknown => "route.method",
            Self::Malformed(_) => "request.malformed",
            Self::ContentType => "request.content_type",
            Self::TooLarge => "request.too_large",
            Self::Frame(error) => error.code(),
            Self::CrossSite => "request.cross_site",
            Self::NotEnrolled => "session.none",
            Self::ProofMissing => "proof.missing",
            Self::ProofWrong | Self::Refused(Refusal::KeyOther) => "proof.wrong",
            Self::ProofStale { .. } => "proof.stale",
            Self::DeviceRevoked => "device.revoked",
            Self::DeviceUnconfirmed => "device.unconfirmed",
            Self::SessionExpired => "session.expired",
            Self::FactorMissing => "factor.missing",
            Self::FactorRequired => "factor.required",
            Self::Passkey(Broken::Unavailable) => "passkey.unavailable",
            Self::Passkey(Broken::Over) => "passkey.over",
            Self::Passkey(Broken::Wrong) => "passkey.wrong",
            Self::Refused(Refusal::PasskeyUnknown) => "passkey.unknown",
            Self::Refused(Refusal::PasskeysTooMany) => "passkey.too_many",
            Self::Refused(Refusal::CodeWrong) => "confirm.wrong",
            Self::Refused(Refusal::ScopeWrong) => "account.scope",
            Self::RoleForbidden | Self::Refused(Refusal::RoleTooLow) => "role.forbidden",
            Self::NameTooLong { .. } => "enroll.name_too_long",
            Self::TooManyGuesses { .. } => "enroll.slow_down",
            Self::TooOften { .. } => "request.slow_down",
            Self::Refused(Refusal::InviteUnknown) => "invite.unknown",
            Self::Refused(Refusal::InviteExpired) => "invite.expired",
            Self::Refused(Refusal::InviteUsed) => "invite.used",
            Self::Refused(Refusal::InviteWithdrawn) => "invite.withdrawn",
            Self::Refused(Refusal::InvitesTooMany) => "invite.too_many",
            Self::Refused(Refusal::NameMissing) => "enroll.name_missing",
            Self::Refused(Refusal::AccountDisabled) => "account.disabled",
            Self::Refused(Refusal::AccountUnknown) => "account.unknown",
            Self::Refused(Refusal::DeviceUnknown) => "device.unknown",
            Self::TokenWrong => "token.wrong",
            Self::TokenScope => "token.scope",
            Self::Program(refusal) => refusal.code(),
            Self::NotErased(erasure::Refusal::Unknown) => "document.unknown",
            Self::NotErased(erasure::Refusal::PlanChanged) => "plan.changed",
            Self::NotErased(erasure::Refusal::Kind) => "rewrite.kind",
            Self::NotErased(erasure::Refusal::QuestionsOpen) => "rewrite.questions_open",
            Self::NotErased(erasure::Refusal::ChangesWait) => "rewrite.changes_wait",
            Self::NotErased(erasure::Refusal::Store(_)) => "server.failed",
            Self::NoSheet(sheet::Refusal::Unknown) => "document.unknown",
            Self::NoSheet(sheet::Refusal::CodeUnknown) => "sheet.unknown",
            Self::NoSheet(sheet::Refusal::PlanChanged) => "plan.changed",
            Self::NoSheet(sheet::Refusal::ReasonMissing) => "edit.reason_missing",
            Self::NoSheet(sheet::Refusal::Empty) => "sheet.empty",
            Self::NoSheet(sheet::Refusal::NothingNew) => "sheet.nothing_new",
            Self::NoSheet(sheet::Refusal::NoBadgeKey) => "sheet.no_badge_key",
            Self::NoSheet(sheet::Refusal::Paper(_)) => "sheet.paper_failed",
            Self::NoSheet(sheet::Refusal::Store(_)) => "server.failed",
            Self::NotCounted(refusal) => match refusal {
                indicators::Refusal::Period => "indicators.period",
                indicators::Refusal::Unknown => "indicators.unknown",
                indicators::Refusal::WholeYears => "indicators.whole_years",
                indicators::Refusal::NoReporter => "iati.no_reporter",
                indicators::Refusal::Paper(_) | indicators::Refusal::Store(_) => "server.failed",
            },
            Self::NotExported(deposit::Refusal::Unknown) => "document.unknown",
            Self::NotExported(deposit::Refusal::PieceAway) => "deposit.piece_away",
            Self::NotExported(deposit::Refusal::TooLarge) => "deposit.too_large",
            Self::NotExported(deposit::Refusal::Paper(PaperError::Photo { .. })) => "deposit.photo_unreadable",
            Self::NotExported(deposit::Refusal::Paper(_)) => "deposit.paper_failed",
            Self::NotExported(deposit::Refusal::Store(_)) => "server.failed",
            Self::Blob(refusal) => refusal.code(),
            Self::List(unreadable) => unreadable.0.code(),
            Self::NotRegistered(refusal) => refusal.code(),
            Self::NoLogo(refusal) => refusal.code(),
            Self::Busy => "server.busy",
            Self::TimedOut => "server.timeout",
            Self::Stopping => "server.stopping",
            Self::Failed(_) | Self::Panicked | Self::Refused(Refusal::Store(_)) => "server.failed",
        }
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotEnrolled
            | Self::ProofMissing
            | Self::ProofWrong
            | Self::ProofStale { .. }
            | Self::DeviceRevoked
            | Self::TokenWrong
            | Self::Refused(Refusal::AccountDisabled | Refusal::KeyOther) => StatusCode::UNAUTHORIZED,
            // The device is known, and may come back to this when its user has done something.
            Self::DeviceUnconfirmed | Self::SessionExpired | Self::FactorMissing | Self::FactorRequired => {
                StatusCode::FORBIDDEN
            }
            Self::CrossSite
            | Self::RoleForbidden
            | Self::TokenScope
            | Self::Program(programs::Refusal::TokenAccount)
            | Self::Passkey(Broken::Wrong)
            | Self::Refused(Refusal::RoleTooLow) => StatusCode::FORBIDDEN,
            Self::RouteUnknown
            | Self::Refused(
                Refusal::InviteUnknown | Refusal::AccountUnknown | Refusal::DeviceUnknown | Refusal::PasskeyUnknown,
            ) => StatusCode::NOT_FOUND,
            Self::MethodUnknown => StatusCode::METHOD_NOT_ALLOWED,
            Self::Refused(
                Refusal::InviteUsed | Refusal::InvitesTooMany | Refusal::PasskeysTooMany | Refusal::CodeWrong,
            )
            | Self::Passkey(Broken::Over) => StatusCode::CONFLICT,
            Self::Refused(Refusal::InviteExpired | Refusal::InviteWithdrawn) => StatusCode::GONE,
            Self::TooLarge | Self::Frame(FrameError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Frame(_) => StatusCode::BAD_REQUEST,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NameTooLong { .. } | Self::Refused(Refusal::NameMissing | Refusal::ScopeWrong) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Passkey(Broken::Unavailable) => StatusCode::NOT_IMPLEMENTED,
            Self::TooManyGuesses { .. } | Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Program(refusal) => match refusal {
                programs::Refusal::TokenUnknown | programs::Refusal::WebhookUnknown => StatusCode::NOT_FOUND,
                programs::Refusal::TokenIncomplete | programs::Refusal::WebhookAddress => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                programs::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::CONFLICT,
            },
            Self::NotErased(refusal) => match refusal {
                erasure::Refusal::Unknown => StatusCode::NOT_FOUND,
                erasure::Refusal::Kind => StatusCode::UNPROCESSABLE_ENTITY,
                erasure::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::CONFLICT,
            },
            Self::NoSheet(refusal) => match refusal {
                sheet::Refusal::Unknown | sheet::Refusal::CodeUnknown => StatusCode::NOT_FOUND,
                sheet::Refusal::PlanChanged | sheet::Refusal::NothingNew | sheet::Refusal::NoBadgeKey => {
                    StatusCode::CONFLICT
                }
                sheet::Refusal::ReasonMissing | sheet::Refusal::Empty => StatusCode::UNPROCESSABLE_ENTITY,
                sheet::Refusal::Paper(_) | sheet::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::NotCounted(refusal) => match refusal {
                indicators::Refusal::Unknown => StatusCode::NOT_FOUND,
                indicators::Refusal::WholeYears => StatusCode::FORBIDDEN,
                indicators::Refusal::Period | indicators::Refusal::NoReporter => StatusCode::UNPROCESSABLE_ENTITY,
                indicators::Refusal::Paper(_) | indicators::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::NotExported(refusal) => match refusal {
                deposit::Refusal::Unknown => StatusCode::NOT_FOUND,
                deposit::Refusal::PieceAway => StatusCode::CONFLICT,
                deposit::Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                deposit::Refusal::Paper(PaperError::Photo { .. } | PaperError::TooMany { .. }) => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                deposit::Refusal::Paper(_) | deposit::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::NoLogo(refusal) => match refusal {
                logos::Refusal::Unknown => StatusCode::NOT_FOUND,
                logos::Refusal::TooMany => StatusCode::CONFLICT,
                logos::Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                logos::Refusal::Picture => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                logos::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Blob(refusal) => match refusal {
                blobs::Refusal::Unknown => StatusCode::NOT_FOUND,
                blobs::Refusal::Offset(_) => StatusCode::CONFLICT,
                blobs::Refusal::Erased => StatusCode::GONE,
                blobs::Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                blobs::Refusal::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                blobs::Refusal::Damaged | blobs::Refusal::HashMismatch => StatusCode::UNPROCESSABLE_ENTITY,
                blobs::Refusal::Quota => StatusCode::TOO_MANY_REQUESTS,
            },
            Self::List(Unreadable(Problem::FileTooLarge { .. })) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::List(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotRegistered(refusal) => match refusal {
                registration::Refusal::Unknown => StatusCode::NOT_FOUND,
                registration::Refusal::Closed => StatusCode::GONE,
                registration::Refusal::Full | registration::Refusal::Taken => StatusCode::CONFLICT,
                registration::Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
            Self::Busy | Self::TimedOut | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) | Self::Panicked | Self::Refused(Refusal::Store(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// When trying again may help. In seconds.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyGuesses { retry_after_s } | Self::TooOften { retry_after_s } => Some(*retry_after_s),
            Self::Busy | Self::Stopping => Some(1),
            Self::Blob(blobs::Refusal::Quota) => Some(blobs::QUOTA_WAIT_S),
            _ => None,
        }
    }
}

/// The code of the error that a response carries, for the access log.
#[derive(Debug, Clone, Copy)]
pub struct ErrorCode(pub &'static str);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::NoSheet(sheet::Refusal::Paper(cause)) = &self {
            tracing::error!(%cause, "a paper could not be made");
        }
        if let Self::Failed(cause) | Self::Refused(Refusal::Store(cause)) = &self {
            tracing::error!(%cause, "a request failed");
        }
        let mut body = json!({ "code": self.code(), "message": self.to_string() });
        let mut retry = None;
        if let Some(seconds) = self.retry_after_s() {
            body["retry_after_s"] = seconds.into();
            retry = Some(HeaderValue::from(seconds));
        }
        if let Self::ProofStale { now_ms } = self {
            body["now_ms"] = now_ms.into();
        }
        if let Self::Blob(blobs::Refusal::Offset(state)) = self {
            body["size"] = state.size.into();
            body["whole"] = state.whole.into();
        }
        if let Self::NameTooLong { chars_max } = self {
            body["chars_max"] = chars_max.into();
        }
        let mut response = (self.status(), Json(body)).into_response();
        response.extensions_mut().insert(ErrorCode(self.code()));
        if let Some(seconds) = retry {
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
