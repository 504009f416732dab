//! Test harness.

pub mod server;
pub mod story;
pub mod world;
