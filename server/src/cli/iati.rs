//! `tiwizi iati`.

use std::error::Error;

use super::{Console, Data};
use crate::{iati, storage};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: Data,
}

/// Writes the published projects as an IATI 2.03 activity file.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = db.transaction()?;
    let file = iati::activities(&tx).map_err(|refusal| match refusal {
        crate::indicators::Refusal::NoReporter => {
            "l’identifiant IATI de l’organisation manque : à renseigner dans les réglages".into()
        }
        other => Box::<dyn Error>::from(other),
    })?;
    Ok(console.out.write_all(&file.bytes)?)
}
