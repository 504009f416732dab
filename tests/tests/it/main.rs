//! Every test that needs more than one crate: one binary, one file per fear.

mod access;
mod arrivals;
mod blobs;
mod calendar;
mod calls;
mod codes;
mod contract;
mod decisions;
mod deposit;
mod edge;
mod erasure;
mod figures;
mod follow;
mod guard;
mod http;
mod import;
mod journal;
mod permission;
mod rules;
mod sheets;
mod simulation;
mod stories;
mod supply;
mod tidiness;
mod way;
