//! `tiwizi serve`.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use shared::role::Role;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

use super::{Console, Data, invite};
use crate::{
    clock::Clock,
    config::{AppSource, Config, Proxy, PublicUrl},
    logs,
    routes::{AppState, staff::INVITE_HOURS},
    serve,
    storage::{WriterState, access},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(
        long,
        value_name = "ADRESSE:PORT",
        env = "TIWIZI_LISTEN",
        default_value = "127.0.0.1:8080",
        help = "Où écouter"
    )]
    listen: SocketAddr,
    #[arg(
        long,
        value_name = "ADRESSE",
        env = "TIWIZI_PUBLIC_URL",
        help = "L’adresse que les téléphones ouvrent, par exemple https://tiwizi.exemple.org"
    )]
    public_url: Option<PublicUrl>,
    #[arg(long, help = "Un serveur mandataire de confiance ajoute l’adresse des téléphones à X-Forwarded-For")]
    behind_proxy: bool,
    #[arg(long, value_name = "DOSSIER", help = "Prend l’application dans ce dossier plutôt que celle intégrée")]
    app: Option<PathBuf>,
    #[arg(
        long,
        value_name = "NIVEAU",
        env = "TIWIZI_LOG",
        default_value = "info",
        help = "Le journal : off, error, warn, info ou debug"
    )]
    log: LevelFilter,
    #[command(flatten)]
    data: Data,
}

/// Serves until asked to stop.
pub fn run(args: Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    logs::start(args.log);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(open(args, console))
}

async fn open(args: Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    // Before anything is written: a second server on the same port must change nothing.
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("impossible d’écouter sur {} : {error}", args.listen))?;
    let public_url = args.public_url.unwrap_or(PublicUrl::local(listener.local_addr()?));
    let config = Config {
        place: args.data.place()?,
        public_url: public_url.clone(),
        app: args.app.map_or(AppSource::BuiltIn, AppSource::Folder),
        proxy: if args.behind_proxy { Proxy::Trusted } else { Proxy::None },
    };
    let state = AppState::open(config, Clock::system(), WriterState::default())?;
    writeln!(console.out, "Tiwizi est ouvert sur {public_url}")?;
    invite_first_admin(&state, console).await?;
    let stopping = state.stopping.clone();
    tokio::spawn(async move {
        if let Err(error) = serve::asked_to_stop().await {
            tracing::error!(%error, "signals cannot be heard");
        }
        stopping.cancel();
    });
    serve::serve(state, listener).await?;
    writeln!(console.out, "Tiwizi est arrêté ; tout est enregistré.")?;
    Ok(())
}

/// While no administrator can come in, each start prints a way.
async fn invite_first_admin(state: &AppState, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    let clock = state.clock.clone();
    let code = state
        .store
        .write(move |tx| match access::has_admin(tx)? {
            true => Ok::<_, access::Refusal>(None),
            false => {
                let new = invite::New { role: Role::Admin, name: None, hours: INVITE_HOURS, documents: Vec::new() };
                invite::make(tx, &new, &clock).map(Some)
            }
        })
        .await?;
    match code {
        Some(code) => invite::print(console, &code, Role::Admin, INVITE_HOURS, &state.config.public_url),
        None => Ok(()),
    }
}
