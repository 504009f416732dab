//! The phones: whose they are, how they stand, and whether those of tomorrow's events are ready.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;
use shared::id::{AccountId, DocumentId};

use super::AppState;
use crate::{
    assets,
    auth::SeeAccess,
    error::ApiError,
    storage::{
        StoreError,
        access::{self, DeviceRow},
        fleet::{self, Soon},
    },
};

/// All that is known of the phones.
#[derive(Debug, Serialize)]
pub struct Fleet {
    now_ms: u64,
    /// The app as the server gives it out: a phone that says another has not taken it up yet. None where none is built in.
    build: Option<String>,
    devices: Vec<DeviceRow>,
    /// What is not over and was given to each account.
    given: BTreeMap<AccountId, Vec<Titled>>,
    /// Today's events and tomorrow's.
    soon: Vec<Soon>,
}

/// An event by its title.
#[derive(Debug, Serialize)]
pub struct Titled {
    id: DocumentId,
    title: String,
}

/// `GET /api/fleet`.
pub async fn read(State(state): State<AppState>, _: SeeAccess) -> Result<Json<Fleet>, ApiError> {
    let now_ms = state.clock.now_ms();
    let build = assets::build(&state.config.app);
    let (today, tomorrow) = days(now_ms);
    let fleet = state.store.read(move |db| {
        let mut given: BTreeMap<AccountId, Vec<Titled>> = BTreeMap::new();
        for (account, id, title) in fleet::given(db, &today)? {
            given.entry(account).or_default().push(Titled { id, title });
        }
        let (devices, soon) = (access::devices(db)?, fleet::soon(db, &today, &tomorrow)?);
        Ok::<_, StoreError>(Fleet { now_ms, build, devices, given, soon })
    });
    Ok(Json(fleet.await?))
}

/// Today and tomorrow where the staff is.
fn days(now_ms: u64) -> (String, String) {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    let now = Timestamp::from_millisecond(i64::try_from(now_ms).unwrap_or(0)).unwrap_or_default();
    let day = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date().to_string();
    (day(now), day(now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_staff() {
        // 1 March 2026, 23:30 UTC: past midnight in Paris.
        assert_eq!(days(1_772_407_800_000), ("2026-03-02".to_owned(), "2026-03-03".to_owned()));
    }
}
