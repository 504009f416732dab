//! Counters for Prometheus, without personal data: routes, statuses, durations, what the writer did.

use std::{sync::atomic::Ordering, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::storage::Store;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The labels of one kind of request. The route is the pattern, never the path: paths hold ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

/// All that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Histogram,
    /// Phones that listen for pokes now.
    pub listeners: Gauge,
    jobs: Counter,
    commits: Counter,
    failed_commits: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tiwizi");
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            // From 1 ms to 8 s.
            durations: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            listeners: Gauge::default(),
            jobs: Counter::default(),
            commits: Counter::default(),
            failed_commits: Counter::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time to answer a request",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("poke_listeners", "Phones that listen for news", metrics.listeners.clone());
        registry.register("write_jobs", "Jobs that the writer ran", metrics.jobs.clone());
        registry.register("commits", "Transactions committed", metrics.commits.clone());
        registry.register("failed_commits", "Transactions not committed", metrics.failed_commits.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Notes one answered request.
    pub fn note_request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.durations.observe(took.as_secs_f64());
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn render(&self, store: &Store) -> String {
        let counts = store.counts();
        self.jobs.inner().store(counts.jobs, Ordering::Relaxed);
        self.commits.inner().store(counts.commits, Ordering::Relaxed);
        self.failed_commits.inner().store(counts.failed_commits, Ordering::Relaxed);
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("writing to a string does not fail");
        page
    }
}
