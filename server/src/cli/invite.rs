//! `tiwizi invite`: the way in when nobody is in yet, or when the last administrator lost their phone.

use std::error::Error;

use rusqlite::Transaction;
use serde_json::json;
use shared::{id::DocumentId, role::Role};

use super::{Console, Data};
use crate::{
    clock::Clock,
    config::PublicUrl,
    qr,
    routes::staff::{INVITE_HOURS, INVITE_HOURS_MAX},
    secret::InviteCode,
    storage::{
        self,
        access::{self, NewInvite, Refusal},
        journal::{Action, Actor, Entry, note},
    },
};

const HOUR_MS: u64 = 60 * 60 * 1000;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(
        long,
        value_name = "RÔLE",
        value_parser = role,
        help = "benevole, coordination, equipe ou admin (ou volunteer, coordinator, staff)"
    )]
    role: Role,
    #[arg(long, value_name = "NOM", help = "Le nom de la personne, qu’elle pourra corriger")]
    name: Option<String>,
    #[arg(
        long,
        value_name = "HEURES",
        default_value_t = INVITE_HOURS,
        value_parser = clap::value_parser!(u64).range(1..=INVITE_HOURS_MAX),
        help = "La durée de validité, en heures"
    )]
    hours: u64,
    #[arg(
        long,
        value_name = "ADRESSE",
        env = "TIWIZI_PUBLIC_URL",
        default_value = "http://localhost:8080",
        help = "L’adresse que les téléphones ouvrent"
    )]
    public_url: PublicUrl,
    #[command(flatten)]
    data: Data,
}

fn role(word: &str) -> Result<Role, String> {
    match word {
        "benevole" | "bénévole" => Some(Role::Volunteer),
        "coordination" => Some(Role::Coordinator),
        "equipe" | "équipe" => Some(Role::Staff),
        "audit" => Some(Role::Auditor),
        _ => Role::from_word(word),
    }
    .ok_or_else(|| "rôle inconnu : benevole, coordination, equipe, admin ou audit".to_owned())
}

/// Makes the invite and prints it.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = storage::begin(&mut db)?;
    let new = New { role: args.role, name: args.name.clone(), hours: args.hours, documents: Vec::new() };
    let code = make(&tx, &new, &Clock::system())?;
    tx.commit()?;
    print(console, &code, args.role, args.hours, &args.public_url)
}

/// An invite to be made on this console.
#[derive(Debug)]
pub struct New {
    pub role: Role,
    pub name: Option<String>,
    pub hours: u64,
    /// Events and dossiers that come with it.
    pub documents: Vec<DocumentId>,
}

/// Keeps an invite made on this console.
pub fn make(tx: &Transaction<'_>, new: &New, clock: &Clock) -> Result<InviteCode, Refusal> {
    let (code, now_ms) = (InviteCode::draw(), clock.now_ms());
    let invite = NewInvite {
        code_hash: code.hash(),
        role: new.role,
        scope: new.role.scopes()[0],
        account: None,
        name: new.name.as_ref().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        language: None,
        documents: new.documents.clone(),
        created_by: None,
        now_ms,
        expires_ms: now_ms + new.hours * HOUR_MS,
    };
    let id = access::add_invite(tx, &invite)?;
    // Whoever may type here may do anything: an administrator let in from here is told apart.
    let action = if new.role == Role::Admin { Action::RecoveryInvite } else { Action::InviteMade };
    let detail = json!({ "role": new.role, "documents": new.documents.len() });
    note(tx, &Entry::of(Actor::default(), action, id, now_ms).with(detail))?;
    Ok(code)
}

/// Shows an invite on the terminal: the only place where its code is ever written.
pub fn print(
    console: &mut Console<'_>,
    code: &InviteCode,
    role: Role,
    hours: u64,
    url: &PublicUrl,
) -> Result<(), Box<dyn Error>> {
    let link = url.join_link(code);
    let picture = qr::draw(&link, console.paint)?;
    let out = &mut console.out;
    writeln!(out, "\nInvitation ({}), valable {hours} h, une seule fois :\n\n  {link}\n", french(role))?;
    writeln!(out, "Ou à saisir dans l’application : {code}\n\n{picture}")?;
    Ok(out.flush()?)
}

fn french(role: Role) -> &'static str {
    match role {
        Role::Volunteer => "bénévole",
        Role::Coordinator => "coordination",
        Role::Staff => "équipe",
        Role::Admin => "administration",
        Role::Auditor => "audit",
    }
}
