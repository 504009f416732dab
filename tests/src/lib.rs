//! Test harness.

pub mod acme;
pub mod server;
pub mod story;
pub mod world;
