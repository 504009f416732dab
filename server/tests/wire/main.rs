//! The real binary over real sockets: killed, cut off and fed with garbage.

mod abuse;
mod common;
mod edge;
mod kill;
mod silence;
