//! Tiwizi's server: one binary, one SQLite file.
//!
//! The way through: [`cli`] opens the [`storage`] and a socket; [`serve`] accepts connections, by [`tls`] where it is asked
//! to; [`routes`] names every address and the layers before them; [`auth`] says who is asking; [`storage`] reads at one moment and writes through
//! the one [`writer`] thread; [`pokes`] tells phones that there is news, also of what [`others`] wrote.

pub mod cli;
pub mod config;

pub mod auth;
pub mod error;
pub mod routes;
pub mod serve;

pub mod acme;
pub mod tls;

pub mod assets;
pub mod guesses;
pub mod others;
pub mod passkeys;
pub mod pokes;
pub mod quarantine;
pub mod rates;

pub mod answer;
pub mod blobs;
pub mod deposit;
pub mod erasure;
pub mod exchange;
pub mod feed;
pub mod logos;
pub mod media;
pub mod registration;
pub mod sheet;

pub mod demo;
pub mod export;
pub mod hand;
pub mod import;
pub mod verify;

pub mod cache;
pub mod calls;
pub mod glance;
pub mod guard;
pub mod house;
pub mod ingest;

pub mod storage;
pub mod writer;

pub mod clock;
pub mod logs;
pub mod metrics;
pub mod proof;
pub mod qr;
pub mod secret;
