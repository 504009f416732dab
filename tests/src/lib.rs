//! Test harness.

pub mod server;
