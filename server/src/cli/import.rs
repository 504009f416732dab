//! `tiwizi import`: associations, lists of participants and communes from the files that people have.

use std::{
    error::Error,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::json;
use shared::id::DocumentId;

use super::{Console, Data};
use crate::{
    archive::{self, Head, Taken},
    clock::Clock,
    import::{
        apply::{self, Common, Outcome},
        morocco,
        participants::{self, Circumstances, Day},
        phones::HomeCountry,
        rna,
    },
    secret,
    storage::{
        self, Place, Store, StoreError, WriterState,
        journal::{Action, Actor, Entry, note},
    },
    verify,
};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[arg(
        value_name = "DOSSIER",
        required = true,
        help = "Un export complet (« tiwizi export --all »), dans un serveur vide"
    )]
    everything: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    list: Option<List>,
}

#[derive(Debug, clap::Subcommand)]
enum List {
    #[command(about = "Les associations d’un fichier du Répertoire national (rna_waldec ou rna_import)")]
    Rna {
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[command(flatten)]
        way: Way,
    },
    #[command(about = "Les personnes d’une liste tenue dans un tableur (XLSX, ODS, CSV)")]
    Participants {
        #[arg(value_name = "FICHIER")]
        file: PathBuf,
        #[arg(long, value_name = "ID", help = "L’événement auquel ces personnes sont attendues")]
        event: Option<DocumentId>,
        #[arg(long, value_name = "FR|MA", help = "Le pays des numéros de téléphone écrits sans indicatif")]
        country: Option<HomeCountry>,
        #[arg(long, value_name = "ID", help = "L’association des personnes dont la ligne n’en nomme aucune")]
        association: Option<DocumentId>,
        #[arg(
            long,
            value_name = "NOM|CODE",
            help = "La province ou la région des communes (ou Maroc) : leurs codes officiels sont alors repris"
        )]
        territory: Option<String>,
        #[command(flatten)]
        way: Way,
    },
    #[command(about = "Les communes du Maroc : celles du HCP fournies avec le programme, ou d’autres fichiers")]
    Communes {
        #[arg(value_name = "FICHIER")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        way: Way,
    },
}

/// Into which data, and whether in earnest.
#[derive(Debug, clap::Args)]
struct Way {
    #[arg(long, help = "Dit ce qui serait fait, sans rien écrire")]
    dry_run: bool,
    #[command(flatten)]
    data: Data,
}

impl Way {
    /// The database; for a trial, a copy in memory of what there is, so that it goes exactly as it would in earnest.
    fn open(&self) -> Result<Store, StoreError> {
        if !self.dry_run {
            return Store::open(&self.data.place()?, WriterState::default());
        }
        let copy = Place::in_memory()?;
        if let Some(there) = self.data.place_if_there() {
            storage::copy(&there, &copy)?;
        }
        Store::open(&copy, WriterState::default())
    }
}

/// Reads a file, takes what can be taken, and says what became of every other row.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    match &args.list {
        None => everything(args, console),
        Some(List::Rna { file, way }) => rna(file, way, console),
        Some(List::Participants { file, event, country, association, territory, way }) => {
            let common =
                Common { event: *event, association: *association, territory: territory.clone(), ..Common::default() };
            participants(file, *country, common, way, console)
        }
        Some(List::Communes { files, way }) => communes(files, way, console),
    }
}

/// Takes an export of everything in: all of it, or nothing.
fn everything(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let folder = args.everything.as_deref().ok_or("quel dossier ?")?;
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = storage::begin(&mut db)?;
    let now_ms = Clock::system().now_ms();
    let Taken { head, hash } = archive::import(&tx, folder, now_ms)?;
    let found = verify::verify(&tx)?;
    if let Some(problem) = found.problems.first() {
        return Err(format!("rien n’a été repris : {} ne concorde pas", problem.code).into());
    }
    if found.journal.broken_at.is_some() {
        return Err("rien n’a été repris : le journal de l’export a été changé".into());
    }
    let entry = Entry::of(Actor::default(), Action::Imported, "everything", now_ms);
    note(&tx, &entry.with(json!({ "documents": head.documents, "export": secret::hex(&hash) })))?;
    tx.commit()?;
    let Head { documents, changes, blobs, sheets, .. } = head;
    writeln!(console.out, "{documents} documents, {changes} modifications repris ; tout concorde.")?;
    writeln!(console.out, "{blobs} photos, scans et signatures, {sheets} feuilles scellées.")?;
    writeln!(console.out, "Les appareils se reconnectent par invitation : « tiwizi serve » en affiche une.")?;
    Ok(())
}

fn rna(file: &Path, way: &Way, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let readout = rna::read(&bytes(file)?).map_err(|problem| of_file(file, &problem))?;
    let store = way.open()?;
    note_import(&store, "rna", readout.rows.len())?;
    let outcome = apply::rna(&store, &Clock::system(), &readout)?;
    store.stop();
    if let Some(row) = readout.rows.first() {
        let layout = match row.layout {
            rna::Layout::Waldec => "rna_waldec",
            rna::Layout::Import => "rna_import (d’avant 2009)",
        };
        writeln!(console.out, "Fichier {} : disposition {layout}.", file.display())?;
    }
    count(console, "Associations nouvelles", outcome.associations.new)?;
    count(console, "Associations déjà là", outcome.associations.known)?;
    if outcome.passed_over > 0 {
        count(console, "Associations disparues, passées", outcome.passed_over)?;
    }
    report(console, &outcome, way)
}

fn participants(
    file: &Path,
    country: Option<HomeCountry>,
    common: Common,
    way: &Way,
    console: &mut Console<'_>,
) -> Result<(), Box<dyn Error>> {
    let clock = Clock::system();
    let circumstances = Circumstances { country, today: Day::of(clock.now_ms()) };
    let list = participants::read(&bytes(file)?, &circumstances).map_err(|problem| of_file(file, &problem))?;
    let store = way.open()?;
    let expecting = common.event.is_some();
    note_import(&store, "participants", list.readout.rows.len())?;
    let outcome = apply::participants(&store, &clock, &list.readout, common)?;
    store.stop();
    let form = match list.delimiter {
        None => list.encoding.to_owned(),
        Some('\t') => format!("{}, séparateur « tabulation »", list.encoding),
        Some(delimiter) => format!("{}, séparateur « {delimiter} »", list.encoding),
    };
    let out = &mut console.out;
    writeln!(out, "Fichier {} : {form}, en-têtes à la ligne {}.", file.display(), list.header_line)?;
    if !list.columns_left_out.is_empty() {
        writeln!(out, "Colonnes non lues : {}.", list.columns_left_out.join(", "))?;
    }
    count(console, "Personnes nouvelles", outcome.people.new)?;
    count(console, "Personnes déjà là", outcome.people.known)?;
    count(console, "Personnes déjà là, coordonnées complétées", outcome.people.completed)?;
    count(console, "Associations nouvelles", outcome.associations.new)?;
    count(console, "Associations déjà là", outcome.associations.known)?;
    if expecting {
        count(console, "Ajouts à la liste de l’événement", outcome.expected.new)?;
        count(console, "Déjà sur la liste de l’événement", outcome.expected.known)?;
    }
    if outcome.communes_coded > 0 {
        count(console, "Communes reprises avec leur code officiel", outcome.communes_coded)?;
    }
    if outcome.communes_unplaced > 0 {
        count(console, "Communes du même nom au Maroc, sans code (indiquez --territory)", outcome.communes_unplaced)?;
    }
    if list.rows_passed_over > 0 {
        count(console, "Totaux et en-têtes répétés, passés", list.rows_passed_over)?;
    }
    if outcome.without_place > 0 {
        count(console, "Lignes dont la fonction ou la remarque n’est pas gardée", outcome.without_place)?;
    }
    report(console, &outcome, way)
}

fn communes(files: &[PathBuf], way: &Way, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut lists = Vec::new();
    for file in files {
        let readout = morocco::communes(&bytes(file)?).map_err(|problem| of_file(file, &problem))?;
        lists.push((format!("Fichier {}", file.display()), readout));
    }
    if files.is_empty() {
        lists.push((
            "Communes du Maroc, Haut-Commissariat au Plan, 2024".to_owned(),
            morocco::communes(morocco::COMMUNES)?,
        ));
    }
    let store = way.open()?;
    for (title, readout) in lists {
        note_import(&store, "communes", readout.rows.len())?;
        let outcome = apply::communes(&store, &readout)?;
        writeln!(console.out, "{title}.")?;
        count(console, "Communes nouvelles", outcome.communes.new)?;
        count(console, "Communes changées", outcome.communes.completed)?;
        count(console, "Communes déjà là", outcome.communes.known)?;
        report(console, &outcome, way)?;
    }
    store.stop();
    Ok(())
}

/// Said before it is done, since an import is many commits. The file is not named: its name may be somebody's.
fn note_import(store: &Store, list: &'static str, rows: usize) -> Result<(), StoreError> {
    let entry = Entry::of(Actor::default(), Action::Imported, list, Clock::system().now_ms());
    store.write_blocking(move |tx, _| note(tx, &entry.with(json!({ "rows": rows }))))
}

fn count(console: &mut Console<'_>, what: &str, count: usize) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(console.out, "  {what} : {count}")?)
}

/// The rows that somebody must look at, and whether anything was written.
fn report(console: &mut Console<'_>, outcome: &Outcome, way: &Way) -> Result<(), Box<dyn Error>> {
    count(console, "Lignes refusées", outcome.refused.len())?;
    let out = &mut console.out;
    for finding in &outcome.refused {
        writeln!(out, "    {finding}")?;
    }
    if !outcome.notes.is_empty() {
        writeln!(out, "  À regarder : {}", outcome.notes.len())?;
    }
    for finding in &outcome.notes {
        writeln!(out, "    {finding}")?;
    }
    let end = if way.dry_run { "Essai : rien n’a été écrit." } else { "C’est enregistré." };
    Ok(writeln!(out, "{end}")?)
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "il n’existe pas".to_owned(),
            ErrorKind::PermissionDenied => "il n’est pas ouvert à la lecture".to_owned(),
            ErrorKind::IsADirectory => "c’est un dossier".to_owned(),
            _ => error.to_string(),
        };
        of_file(file, &why)
    })
}

fn of_file(file: &Path, why: &impl ToString) -> String {
    format!("le fichier {} ne peut pas être lu : {}", file.display(), why.to_string())
}
