//! `tiwizi serve`.

use std::{
    error::Error,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use instant_acme::LetsEncrypt;
use shared::role::Role;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing::level_filters::LevelFilter;

use super::{Console, Data, invite};
use crate::{
    acme,
    clock::Clock,
    config::{AppSource, Config, Proxy, PublicUrl},
    house, logs,
    programs::{address::Reach, news},
    routes::{AppState, staff::INVITE_HOURS},
    serve::{self, Door},
    storage::{WriterState, access},
    tls::{self, Certificates},
};

const HOUR_MS: u64 = 60 * 60 * 1000;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(
        long,
        value_name = "HEURES",
        hide = true,
        default_value_t = 0,
        help = "Avance l’horloge du serveur : pour les essais de ce qui a une fin"
    )]
    clock_ahead_hours: u64,
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
    #[arg(
        long,
        help = "Annonce aussi les nouveautés à des programmes du réseau local, même sans https : à n’activer que si l’un d’eux y est"
    )]
    webhooks_anywhere: bool,
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
    tls: Tls,
    #[command(flatten)]
    data: Data,
}

/// How phones reach the server without a proxy in between.
#[derive(Debug, clap::Args)]
struct Tls {
    #[arg(
        long,
        value_name = "FICHIER",
        requires = "tls_key",
        help = "Le certificat (PEM, chaîne complète) ; relu s’il change ou sur SIGHUP"
    )]
    tls_cert: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", requires = "tls_cert", help = "La clé privée du certificat (PEM)")]
    tls_key: Option<PathBuf>,
    #[arg(
        long = "acme-domain",
        value_name = "NOM",
        num_args = 1..,
        conflicts_with = "tls_cert",
        help = "Obtient et renouvelle un certificat pour ce nom (le port 443 doit arriver ici)"
    )]
    acme_domains: Vec<String>,
    #[arg(
        long = "acme-contact",
        value_name = "COURRIEL",
        num_args = 1..,
        requires = "acme_domains",
        help = "À qui l’autorité de certification écrit"
    )]
    acme_contacts: Vec<String>,
    #[arg(
        long,
        value_name = "DOSSIER",
        requires = "acme_domains",
        help = "Où garder compte et certificats [défaut : acme, dans le dossier des données]"
    )]
    acme_cache: Option<PathBuf>,
    #[arg(
        long,
        value_name = "ADRESSE",
        requires = "acme_domains",
        default_value = LetsEncrypt::Production.url(),
        help = "L’annuaire ACME de l’autorité"
    )]
    acme_directory: String,
    #[arg(
        long,
        value_name = "FICHIER",
        requires = "acme_domains",
        help = "Le certificat racine (PEM) d’une autorité que le système ne connaît pas"
    )]
    acme_root: Option<PathBuf>,
    #[arg(
        long,
        value_name = "ADRESSE:PORT",
        help = "Où écouter en HTTP simple pour renvoyer vers https, par exemple 0.0.0.0:80"
    )]
    redirect: Option<SocketAddr>,
}

/// Where the certificates come from.
enum Source {
    Files(tls::Files),
    Acme(acme::Plan),
}

impl Tls {
    fn source(self, data: &Path) -> Result<Option<Source>, String> {
        if let (Some(cert), Some(key)) = (self.tls_cert, self.tls_key) {
            return Ok(Some(Source::Files(tls::Files { cert, key })));
        }
        if self.acme_domains.is_empty() {
            return Ok(None);
        }
        if self.acme_domains.len() > acme::NAMES_MAX {
            return Err(format!("au plus {} noms par certificat", acme::NAMES_MAX));
        }
        Ok(Some(Source::Acme(acme::Plan {
            names: self.acme_domains.iter().map(|name| name.to_ascii_lowercase()).collect(),
            contacts: self.acme_contacts.iter().map(|address| format!("mailto:{address}")).collect(),
            directory: self.acme_directory,
            directory_root: self.acme_root,
            cache: self.acme_cache.unwrap_or_else(|| data.join("acme")),
        })))
    }
}

impl Source {
    /// The address that phones open, when the operator does not say.
    fn url(&self, listening: SocketAddr) -> PublicUrl {
        let named = match self {
            Self::Acme(plan) => plan.names.first().and_then(|name| format!("https://{name}").parse().ok()),
            Self::Files(_) => None,
        };
        named.unwrap_or_else(|| PublicUrl::local(listening).over_tls())
    }

    /// Shows the certificates at the door, and keeps them in force until the server stops.
    fn guard(self, state: &AppState) -> Result<TlsAcceptor, Box<dyn Error>> {
        let certificates = Arc::new(Certificates::default());
        let acceptor = certificates.acceptor()?;
        let (clock, stopping) = (state.clock.clone(), state.stopping.clone());
        match self {
            Self::Files(files) => {
                let seen = files.look();
                files.load(&certificates)?;
                tokio::spawn(async move {
                    if let Err(error) = files.watch(seen, certificates, stopping).await {
                        tracing::error!(%error, "signals cannot be heard: a new certificate needs a new start");
                    }
                });
            }
            Self::Acme(plan) => {
                tokio::spawn(acme::Keeper::new(plan, certificates).keep(clock, stopping));
            }
        }
        Ok(acceptor)
    }
}

/// Serves until asked to stop.
pub fn run(args: Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    logs::start(args.log);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(open(args, console))
}

async fn open(args: Args, console: &mut Console<'_>) -> Result<(), Box<dyn Error>> {
    // Before anything is written: a second server on the same port must change nothing.
    let listener = listen(args.listen).await?;
    let redirect = match args.tls.redirect {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let source = args.tls.source(args.data.folder())?;
    let listening = listener.local_addr()?;
    let public_url = match (&source, args.public_url) {
        (Some(_), Some(url)) if !url.is_https() => {
            return Err("avec TLS, --public-url doit commencer par https://".into());
        }
        (_, Some(url)) => url,
        (Some(source), None) => source.url(listening),
        (None, None) => PublicUrl::local(listening),
    };
    let config = Config {
        place: args.data.place()?,
        public_url: public_url.clone(),
        app: args.app.map_or(AppSource::BuiltIn, AppSource::Folder),
        proxy: if args.behind_proxy { Proxy::Trusted } else { Proxy::None },
        reach: if args.webhooks_anywhere { Reach::Anywhere } else { Reach::Public },
    };
    let state =
        AppState::open(config, Clock::ahead_of_system(args.clock_ahead_hours * HOUR_MS), WriterState::default())?;
    let tls = source.map(|source| source.guard(&state)).transpose()?;
    if let Some(listener) = redirect {
        let plain = PublicUrl::local(listener.local_addr()?);
        heard(writeln!(console.out, "{plain} renvoie vers {public_url}").map_err(Into::into));
        tokio::spawn(serve::redirect(Door::plain(listener), public_url.clone(), state.stopping.clone()));
    }
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
    tokio::spawn(news::keep(state.clone()));
    serve::serve(state, Door { tls, ..Door::plain(listener) }).await?;
    heard(writeln!(console.out, "Tiwizi est arrêté ; tout est enregistré.").map_err(Into::into));
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("impossible d’écouter sur {address} : {error}"))
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
        proof::PublicKey,
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
            public_key: PublicKey([4; 65]),
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
            reach: Reach::Public,
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
