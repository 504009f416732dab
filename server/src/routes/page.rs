//! Lists that are read page by page, by the app and by other programs alike.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;

/// Rows of a page, where nobody asks for another number.
const ROWS: usize = 100;
/// Rows of a page at most.
pub const ROWS_MAX: usize = 1_000;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins, to be sent back as `after`; none after the last one.
    pub next: Option<String>,
    /// How many rows the whole list has as it stands now.
    pub total: u64,
}

/// Which page. `after` is what the page before gave as `next`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Turn {
    /// What the page before gave as `next`.
    after: Option<String>,
    /// How many rows, 1 to 1,000; 100 where nothing is said.
    limit: Option<usize>,
}

impl Turn {
    /// As part of a question that asks for more than a page.
    #[must_use]
    pub fn new(after: Option<String>, limit: Option<usize>) -> Self {
        Self { after, limit }
    }

    /// How many rows are wanted.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(ROWS).clamp(1, ROWS_MAX)
    }

    /// The key of the last row that was read: whatever the list sorts by, as [`place`] wrote it.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] for what no page gave.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        let Some(text) = &self.after else { return Ok(None) };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        key.map(Some).ok_or(ApiError::Malformed("no page gave such a place"))
    }
}

/// The place after a row with this key, as it is given to whoever reads on.
#[must_use]
pub fn place(key: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}
