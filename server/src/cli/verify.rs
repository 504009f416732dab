//! `tiwizi verify` and `tiwizi rebuild`.

use std::error::Error;

use super::{Console, Data};
use crate::{storage, verify};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: Data,
}

/// Says whether all that is kept follows from the changes. Also while the server runs: it reads one moment.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    // One transaction, so that a running server's next commit does not look like a difference.
    let tx = db.transaction()?;
    let found = verify::verify(&tx)?;
    let out = &mut console.out;
    writeln!(out, "{} documents, {} modifications vérifiées.", found.documents, found.changes)?;
    if found.set_aside > 0 {
        writeln!(out, "{} modifications mises de côté attendent une décision.", found.set_aside)?;
    }
    for problem in &found.problems {
        let document = problem.document.map_or_else(String::new, |id| format!(" (document {id})"));
        writeln!(out, "  problème : {}{document}", problem.code)?;
    }
    if found.is_clean() {
        writeln!(out, "Tout concorde.")?;
        return Ok(());
    }
    Err("des différences ont été trouvées ; « tiwizi rebuild » refait ce qui découle des modifications".into())
}

/// Makes everything that follows from the changes anew.
pub fn rebuild(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = storage::begin(&mut db)?;
    let documents = verify::rebuild(&tx)?;
    tx.commit()?;
    writeln!(console.out, "{documents} documents refaits à partir de leurs modifications.")?;
    Ok(())
}
