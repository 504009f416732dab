//! The intake guard: every hostile change that Automerge is known to fall for, then some hundred thousand nobody thought of.

mod documents;
mod forge;
mod fuzz;
mod hostile;
mod wholeness;
