//! Engine for the app worker.
