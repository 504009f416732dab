//! Test harness.

pub mod acme;
pub mod passkey;
pub mod server;
pub mod signer;
pub mod story;
pub mod world;
