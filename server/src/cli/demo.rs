//! `tiwizi demo`.

use std::error::Error;

use shared::role::Role;

use super::{Console, Data, invite};
use crate::{
    clock::Clock,
    config::PublicUrl,
    demo,
    routes::staff::INVITE_HOURS,
    storage::{Store, WriterState},
};

#[derive(Debug, clap::Args)]
pub struct Args {
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

/// Fills an empty data folder and prints an invite for each role.
pub fn run(args: &Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let store = Store::open(&args.data.place()?, WriterState::default())?;
    let clock = Clock::system();
    let Some(made) = demo::fill(&store, &clock)? else {
        writeln!(console.out, "Ce dossier contient déjà des données : rien n’a été ajouté.")?;
        return Ok(());
    };
    let (people, events, dossiers) = (made.people, made.events, made.dossiers);
    writeln!(console.out, "{people} personnes, {events} événements et {dossiers} dossiers inventés.")?;
    for (role, name, documents) in [
        (Role::Staff, "Samira", Vec::new()),
        (Role::Coordinator, "Youssef", Vec::new()),
        (Role::Volunteer, "Latifa", made.for_volunteers),
    ] {
        let invite = invite::New { role, name: Some(name.to_owned()), hours: INVITE_HOURS, documents };
        let clock = clock.clone();
        let code = store.write_blocking(move |tx, _| invite::make(tx, &invite, &clock))?;
        invite::print(console, &code, role, INVITE_HOURS, &args.public_url)?;
    }
    store.stop();
    Ok(())
}
