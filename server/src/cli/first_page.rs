//! `tiwizi first-page`: what the server starts for each PDF that it shows; see [`crate::glance`].

use std::{
    error::Error,
    io::{Read as _, stdin},
};

use super::Console;

/// A PDF comes in, a PNG goes out.
pub fn run(console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut pdf = Vec::new();
    stdin().lock().read_to_end(&mut pdf)?;
    let png = papers::first_page(pdf).ok_or("ce fichier ne se laisse pas montrer")?;
    Ok(console.out.write_all(&png)?)
}
