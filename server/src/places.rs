//! What the territories of lists and figures are called.

use crate::import::morocco;

/// The départements of France, by their INSEE codes. See `reference/README.md`.
const DEPARTEMENTS: &str = include_str!("../../reference/france/departements.csv");

/// What a département is called.
#[must_use]
pub fn departement(code: &str) -> Option<&'static str> {
    let mut listed = DEPARTEMENTS.lines().filter_map(|line| line.split_once(','));
    listed.find(|(listed, _)| *listed == code).map(|(_, name)| name)
}

/// The French and, where there is one, the Arabic name of a territory: `FR.13`, `MA.09`, `MA.09.541`.
#[must_use]
pub fn names_of(place: &str) -> Option<(&'static str, &'static str)> {
    match place.split_once('.') {
        Some(("FR", code)) => departement(code).map(|name| (name, "")),
        Some(("MA", code)) => morocco::names_of(code),
        _ => None,
    }
}
