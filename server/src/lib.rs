//! Tiwizi server.
