//! `tiwizi verify-sheet`: whether a file is a sealed sheet of this organisation, unchanged.

use std::{error::Error, path::PathBuf};

use super::{Console, Data};
use crate::{
    sheet::{self, manifest},
    storage,
};

/// A larger file is no sheet of ours.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: Data,
    #[arg(value_name = "FICHIER", help = "La feuille en PDF, telle qu’elle a été reçue")]
    file: PathBuf,
}

/// Says whether the file is genuine. No name is printed.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    if std::fs::metadata(&args.file)?.len() > FILE_BYTES_MAX {
        return Err("ce fichier est trop grand pour être une feuille".into());
    }
    let bytes = std::fs::read(&args.file)?;
    let place = args.data.place_if_there().ok_or("aucune donnée dans ce dossier")?;
    let db = storage::connect(&place)?;
    let found = sheet::recognise(&db, &bytes)?;
    let Some(found) = found else {
        return Err("ce fichier n’est pas une feuille scellée ici, ou il a été changé depuis".into());
    };
    let check = sheet::check(&db, &found.code)?;
    let out = &mut console.out;
    writeln!(out, "Feuille {}, version {}.", manifest::printed(&found.code), found.version)?;
    if let Some(version) = check.replaced_by {
        writeln!(out, "La version {version} la remplace.")?;
    }
    let public_key = manifest::public_key(&db)?.unwrap_or_default();
    let problems = sheet::problems(&db, &found, &public_key)?;
    for code in &problems {
        writeln!(out, "  problème : {code}")?;
    }
    if problems.is_empty() {
        writeln!(out, "Elle est authentique et n’a pas été changée.")?;
        return Ok(());
    }
    Err("ce qui est gardé de cette feuille a été changé".into())
}
