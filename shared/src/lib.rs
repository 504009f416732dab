//! Tiwizi's engine: everything that knows what an event, a mark, a dossier, a budget or a merge rule is.
//!
//! It is compiled twice, natively into the server and the tests and to WebAssembly into the phone, so that the phone and the
//! server cannot disagree. It has no IO, no clock and no randomness: those are passed in.
//!
//! The way through: a person's [`edit::Edit`] becomes a change of a [`document::Document`]; a document is read into a
//! [`record::Record`]; records give [`question`]s and [`view`]s; a [`replica::Replica`] holds a device's documents and
//! exchanges [`wire`] frames with the server.

pub mod id;
pub mod limit;
pub mod permission;
pub mod revert;
pub mod role;

pub mod document;
pub mod field;
pub mod mark;
pub mod record;
pub mod table;

pub mod budget;
pub mod calendar;
pub mod call;
pub mod consent;
pub mod decision;
pub mod plan;

pub mod edit;
pub mod effect;
pub mod renewal;
pub mod settings;
pub mod stage;
mod text;
pub mod visa;

pub mod compare;
pub mod due;
pub mod figures;
pub mod history;
pub mod indicators;
pub mod news;
pub mod oddity;
pub mod question;
pub mod spending;
pub mod twin;
pub mod view;
pub mod wire;

pub mod json;

pub mod replica;

pub mod names;
pub mod phone;
pub mod registry;
pub mod territory;
