//! Tiwizi engine.
