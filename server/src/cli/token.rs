//! `tiwizi token`: a token for another program, made on the server's own console.

use std::error::Error;

use serde_json::json;
use shared::{
    id::{AccountId, DeviceId},
    role::{Role, Scope},
};

use super::{Console, Data};
use crate::{
    clock::Clock,
    programs::{Grant, Token},
    routes::programs::TOKEN_DAYS_MAX,
    secret,
    storage::{
        self,
        access::{self, Account, Language},
        journal::{Action, Actor, Entry, note},
        programs::{self, NewToken},
    },
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// As whom such a program acts.
const ACCOUNT: &str = "Programmes";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "NOM", help = "Le nom du programme, tel que le journal le montre")]
    name: String,
    #[arg(
        long = "scope",
        value_name = "DROIT",
        required = true,
        num_args = 1..,
        value_parser = grant,
        help = "Ce qu’il peut faire : read:events, read:dossiers, read:directory, read:figures, read:questions, read:documents, write:edits"
    )]
    scopes: Vec<Grant>,
    #[arg(
        long,
        value_name = "JOURS",
        default_value_t = 90,
        value_parser = clap::value_parser!(u64).range(1..=TOKEN_DAYS_MAX),
        help = "La durée de validité, en jours"
    )]
    days: u64,
    #[command(flatten)]
    data: Data,
}

fn grant(word: &str) -> Result<Grant, String> {
    Grant::from_word(word).ok_or_else(|| "droit inconnu".to_owned())
}

/// Makes the token and prints it, on a line of its own.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let mut db = storage::connect(&args.data.place()?)?;
    let tx = storage::begin(&mut db)?;
    let now_ms = Clock::system().now_ms();
    let account = Account {
        id: AccountId::new(now_ms, secret::draw()),
        name: ACCOUNT.to_owned(),
        role: Role::Admin,
        language: Language::Fr,
        scope: Scope::Everything,
    };
    let (device, account) = access::console_device(&tx, &account, DeviceId::new(now_ms, secret::draw()), now_ms)?;
    let token = Token::draw();
    let new = NewToken {
        id: DeviceId::new(now_ms, secret::draw()),
        hash: token.hash(),
        name: args.name.trim().to_owned(),
        account: account.id,
        grants: args.scopes.clone(),
        made_by: device,
        now_ms,
        expires_ms: now_ms + args.days * DAY_MS,
    };
    programs::add_token(&tx, &new)?;
    let entry = Entry::of(Actor::default(), Action::TokenMade, new.id, now_ms);
    note(&tx, &entry.with(json!({ "account": new.account, "scopes": new.grants, "expires_ms": new.expires_ms })))?;
    tx.commit()?;
    Ok(writeln!(console.out, "{}", token.reveal())?)
}
