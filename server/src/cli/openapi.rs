//! `tiwizi openapi`.

use std::error::Error;

use super::Console;
use crate::routes::openapi;

/// Prints the description of the interface for other programs.
pub fn run(console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(console.out, "{}", serde_json::to_string_pretty(&openapi::description())?)?)
}
