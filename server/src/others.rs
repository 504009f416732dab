//! What other processes write into the same file: `tiwizi import` beside `tiwizi serve`. Phones are told of it too.
//!
//! The writer notices by SQLite's own count of commits (see [`crate::writer`]), and the ingest finds out what is new. Here
//! somebody asks for it: in a quiet house nothing else would.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    ingest::OthersNews,
    pokes::Pokes,
    storage::{Store, StoreError, server},
};

/// How often to look. One small read, where a phone that nobody pokes asks once a minute.
const LOOK: Duration = Duration::from_secs(2);

/// Looks until the server stops, and pokes whom the news concerns.
pub async fn follow(store: Store, pokes: Pokes, stopping: CancellationToken) {
    let mut seen = None;
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        match look(&store, &mut seen).await {
            Ok(news) if news.documents.is_empty() => {}
            Ok(news) => pokes.publish(news.documents.into(), news.arrival),
            // The next look finds the same news.
            Err(StoreError::Busy) => {}
            Err(StoreError::Stopped) => return,
            Err(error) => tracing::warn!(%error, "what other processes wrote cannot be seen"),
        }
    }
}

/// What others wrote since the last time. Asks the writer only where something has arrived, from whomever.
async fn look(store: &Store, seen: &mut Option<u64>) -> Result<OthersNews, StoreError> {
    let arrival = store.read(server::last_arrival).await?;
    if *seen == Some(arrival) {
        return Ok(OthersNews::default());
    }
    let news = store.write_with(|_, ingest| Ok::<_, StoreError>(ingest.take_others())).await?;
    *seen = Some(arrival);
    Ok(news)
}
