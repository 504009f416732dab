//! The real binary over real sockets: killed, cut off and fed with garbage.

mod abuse;
mod common;
mod edge;
mod glance;
mod kill;
#[expect(unreachable_pub, reason = "it is public in the crate of the tests")]
#[path = "../../../tests/src/signer.rs"]
mod signer;
mod silence;
