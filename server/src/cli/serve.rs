//! `tiwizi serve`.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use shared::role::Role;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

use super::{Console, Data, invite};
use crate::{
    clock::Clock,
    config::{AppSource, Config, Proxy, PublicUrl},
    house, logs,
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
    heard(writeln!(console.out, "Tiwizi est ouvert sur {public_url}").map_err(Into::into));
    invite_first_admin(&state, console).await?;
    let stopping = state.stopping.clone();
    tokio::spawn(async move {
        if let Err(error) = serve::asked_to_stop().await {
            tracing::error!(%error, "signals cannot be heard");
        }
        stopping.cancel();
    });
    tokio::spawn(house::keep(state.clone()));
    serve::serve(state, listener).await?;
    heard(writeln!(console.out, "Tiwizi est arrêté ; tout est enregistré.").map_err(Into::into));
    Ok(())
}

/// Whoever started the server may have closed its output, or filled the disk behind it: phones need it all the same.
fn heard(said: Result<(), Box<dyn Error>>) {
    if let Err(error) = said {
        tracing::warn!(%error, "nobody reads what the server prints; `tiwizi invite` makes another invite");
    }
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
    if let Some(code) = code {
        heard(invite::print(console, &code, Role::Admin, INVITE_HOURS, &state.config.public_url));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::{
        id::{AccountId, DeviceId},
        role::Scope,
    };

    use super::*;
    use crate::{
        qr::Paint,
        secret::InviteCode,
        storage::{
            Place,
            access::{Account, Enrolment, Language, Refusal},
        },
    };

    /// What the start of a server prints.
    async fn start(state: &AppState) -> String {
        let mut out = Vec::new();
        invite_first_admin(state, &mut Console { out: &mut out, paint: Paint::Plain }).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Comes in by the invite that a start has printed.
    async fn enroll(state: &AppState, printed: &str) -> DeviceId {
        let code = printed.split("/#/join/").nth(1).unwrap().lines().next().unwrap();
        let guest = Enrolment {
            code_hash: InviteCode::parse(code).unwrap().hash(),
            attempt_hash: [1; 32],
            name: Some("Amina".to_owned()),
            device_label: String::new(),
            language: Language::Fr,
            account: AccountId([1; 16]),
            device: DeviceId([1; 16]),
            credential_hash: [1; 32],
            now_ms: state.clock.now_ms(),
        };
        state.store.write(move |tx| access::enroll(tx, &guest)).await.unwrap().device.id
    }

    #[tokio::test]
    async fn each_start_prints_a_way_in_while_no_administrator_can_come_in() {
        let config = Config {
            place: Place::in_memory().unwrap(),
            public_url: "http://localhost:8080".parse().unwrap(),
            app: AppSource::BuiltIn,
            proxy: Proxy::None,
        };
        let state = AppState::open(config, Clock::from_fn(|| 1_000), WriterState::default()).unwrap();
        let (first, second) = (start(&state).await, start(&state).await);
        assert!(first.contains("Invitation (administration)") && first != second);
        // The server's own console writes as an administrator, and is nobody who could come in.
        let console = Account {
            id: AccountId([2; 16]),
            name: "Import".to_owned(),
            role: Role::Admin,
            language: Language::Fr,
            scope: Scope::Everything,
        };
        let made = move |tx: &rusqlite::Transaction<'_>| {
            Ok::<_, Refusal>(access::console_device(tx, &console, DeviceId([2; 16]), 1_000)?)
        };
        state.store.write(made).await.unwrap();
        let third = start(&state).await;
        assert!(!third.is_empty());
        let device = enroll(&state, &second).await;
        assert_eq!(start(&state).await, "");
        // The last administrator lost their phone.
        state.store.write(move |tx| access::revoke(tx, device, device, 2_000)).await.unwrap();
        assert!(!start(&state).await.is_empty());
    }
}
