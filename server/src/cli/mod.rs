//! The command line. Its words are French: it is the operator's.

pub mod demo;
pub mod erasures;
pub mod export;
pub mod first_page;
pub mod import;
pub mod invite;
pub mod serve;
pub mod verify;
pub mod verify_sheet;

use std::{
    error::Error,
    fmt,
    io::{self, IsTerminal as _, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    glance,
    qr::Paint,
    storage::{Place, StoreError},
};

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "tiwizi",
    version,
    about = "Tiwizi : pointage et dossiers, même sans réseau.",
    disable_help_subcommand = true
)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(about = "Ouvre le serveur et l’application")]
    Serve(Box<serve::Args>),
    #[command(about = "Crée une invitation, aussi pendant que le serveur tourne")]
    Invite(invite::Args),
    #[command(about = "Remplit un dossier vide d’un jeu d’essai")]
    Demo(demo::Args),
    #[command(about = "Reprend des associations, des listes de participants ou des communes")]
    Import(import::Args),
    #[command(about = "Vérifie que tout ce qui est gardé découle des modifications")]
    Verify(verify::Args),
    #[command(name = "verify-sheet", about = "Dit si un PDF est une feuille scellée ici, inchangée")]
    VerifySheet(verify_sheet::Args),
    #[command(about = "Refait listes, recherche et copies à partir des modifications, serveur arrêté")]
    Rebuild(verify::Args),
    #[command(about = "Écrit chaque document en fichier Automerge et en JSON")]
    Export(export::Args),
    #[command(about = "Sort ou reprend la liste de ce qui a été effacé, pour la restauration d’une sauvegarde")]
    Erasures(erasures::Args),
    #[command(name = glance::WORD, hide = true)]
    FirstPage,
}

/// Where the data is: the same for every command.
#[derive(Debug, Clone, Args)]
pub struct Data {
    #[arg(
        long = "data",
        value_name = "DOSSIER",
        env = "TIWIZI_DATA",
        default_value = "data",
        help = "Le dossier où tout est gardé"
    )]
    folder: PathBuf,
}

impl Data {
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The database in that folder, made if it is missing.
    pub fn place(&self) -> Result<Place, StoreError> {
        Place::in_folder(&self.folder)
    }

    /// The database in that folder, if there is one. Nothing is made.
    pub fn place_if_there(&self) -> Option<Place> {
        let place = self.folder.is_dir().then(|| self.place().ok()).flatten()?;
        match &place {
            Place::File(path) => path.is_file().then_some(place),
            Place::Memory(_) => Some(place),
        }
    }
}

/// Where a command speaks to its operator: the terminal, or a test's buffer.
pub struct Console<'a> {
    pub out: &'a mut dyn Write,
    pub paint: Paint,
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Console({:?})", self.paint)
    }
}

/// Does what this process's command line says.
#[must_use]
pub fn run() -> ExitCode {
    let typed = Typed::parse();
    let mut out = io::stdout();
    let paint = if out.is_terminal() { Paint::Ansi } else { Paint::Plain };
    match obey(typed, &mut Console { out: &mut out, paint }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tiwizi : {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what `words` say, the first being the program's name.
pub fn run_from<'a>(words: impl IntoIterator<Item = &'a str>, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    obey(Typed::try_parse_from(words)?, console)
}

fn obey(typed: Typed, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    match typed.command {
        Command::Serve(args) => serve::run(*args, console),
        Command::Invite(args) => invite::run(&args, console),
        Command::Demo(args) => demo::run(&args, console),
        Command::Import(args) => import::run(&args, console),
        Command::Verify(args) => verify::run(&args, console),
        Command::VerifySheet(args) => verify_sheet::run(&args, console),
        Command::Rebuild(args) => verify::rebuild(&args, console),
        Command::Export(args) => export::run(&args, console),
        Command::Erasures(args) => erasures::run(&args, console),
        Command::FirstPage => first_page::run(console),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Typed::command().debug_assert();
    }
}
