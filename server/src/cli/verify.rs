//! `tiwizi verify` and `tiwizi rebuild`.

use std::error::Error;

use super::{Console, Data};
use serde_json::json;

use crate::{
    clock::Clock,
    secret,
    storage::{
        self,
        journal::{Action, Actor, Entry, note},
    },
    verify,
};

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
    if found.sheets > 0 {
        writeln!(out, "{} feuilles scellées vérifiées.", found.sheets)?;
    }
    if found.blobs > 0 {
        writeln!(out, "{} photos, scans et signatures vérifiés, {} octets.", found.blobs, found.blob_bytes)?;
    }
    if found.set_aside > 0 {
        writeln!(out, "{} modifications mises de côté attendent une décision.", found.set_aside)?;
    }
    let journal = &found.journal;
    writeln!(out, "{} lignes du journal vérifiées ; empreinte {}.", journal.rows, secret::hex(&journal.last))?;
    if let Some(row) = journal.broken_at {
        writeln!(out, "  problème : la ligne {row} du journal a été changée, ou une ligne avant elle a disparu")?;
    }
    for problem in &found.problems {
        let document = problem.document.map_or_else(String::new, |id| format!(" (document {id})"));
        writeln!(out, "  problème : {}{document}", problem.code)?;
    }
    if found.is_clean() {
        writeln!(out, "Tout concorde.")?;
        return Ok(());
    }
    if found.problems.is_empty() {
        return Err("le journal a été changé : rien ne le refait, comparez avec une sauvegarde".into());
    }
    if found.problems.iter().all(|problem| problem.code.starts_with("sheet.")) {
        return Err("des feuilles scellées ont été changées : rien ne les refait, comparez avec une sauvegarde".into());
    }
    Err("des différences ont été trouvées ; « tiwizi rebuild » refait ce qui découle des modifications".into())
}

/// Makes everything that follows from the changes anew.
pub fn rebuild(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = storage::begin(&mut db)?;
    let documents = verify::rebuild(&tx)?;
    let entry = Entry::of(Actor::default(), Action::Rebuilt, "", Clock::system().now_ms());
    note(&tx, &entry.with(json!({ "documents": documents })))?;
    tx.commit()?;
    writeln!(console.out, "{documents} documents refaits à partir de leurs modifications.")?;
    Ok(())
}
