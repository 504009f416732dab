//! Certificates from an authority that asks by ACME (RFC 8555), proved on the port that phones use (TLS-ALPN-01, RFC 8737):
//! nothing else must be open. The protocol is `instant-acme`'s; when to ask, what to keep and what to show is here.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};
use tokio_rustls::rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use tokio_util::sync::CancellationToken;
use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer as _, X509Certificate},
    time::ASN1Time,
};

use crate::{
    clock::Clock,
    secret,
    tls::{self, Certificates, TlsError},
};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// The longest that [`Keeper::keep`] sleeps: the machine's clock may jump, and a certificate may be put into the folder.
const LOOK_AGAIN_MS: u64 = HOUR_MS;
/// After a first failure. Doubled at each further one: authorities allow few attempts an hour.
const RETRY_MS: u64 = 5 * MINUTE_MS;
const RETRY_MS_MAX: u64 = 12 * HOUR_MS;
/// How long an authority may take over one order. In seconds.
const ORDER_S_MAX: u64 = 120;
/// Names on one certificate.
pub const NAMES_MAX: usize = 20;

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The names that phones use.
    pub names: Vec<String>,
    /// Whom the authority may write to: `mailto:` addresses.
    pub contacts: Vec<String>,
    /// The authority's directory.
    pub directory: String,
    /// The authority's own root (PEM), where it is none that the system trusts.
    pub directory_root: Option<PathBuf>,
    /// Account, certificate and key are kept here; readable by this user only.
    pub cache: PathBuf,
}

/// Why no certificate was obtained.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    #[error("{0}")]
    Protocol(#[from] instant_acme::Error),
    #[error("the authority cannot prove {0} by TLS-ALPN-01")]
    NoSuchChallenge(String),
    #[error("the authority did not accept the proof")]
    NotProved,
    #[error("the authority took too long")]
    TimedOut,
    #[error("the proof could not be made: {0}")]
    Proof(#[from] rcgen::Error),
    #[error("{0}")]
    Certificate(#[from] TlsError),
    #[error("{path}: {error}")]
    Cache { path: PathBuf, error: io::Error },
    #[error("the account that was kept cannot be read: {0}")]
    Account(#[from] serde_json::Error),
}

/// Keeps a certificate in force.
#[derive(Debug)]
pub struct Keeper {
    plan: Plan,
    certificates: Arc<Certificates>,
    /// When the certificate that is shown should be renewed; none while none is shown.
    renew_ms: Option<u64>,
    failures: u32,
}

impl Keeper {
    #[must_use]
    pub fn new(plan: Plan, certificates: Arc<Certificates>) -> Self {
        Self { plan, certificates, renew_ms: None, failures: 0 }
    }

    /// Tends the certificate until `stopping`.
    pub async fn keep(mut self, clock: Clock, stopping: CancellationToken) {
        loop {
            let wait_ms = self.tend(clock.now_ms()).await.min(LOOK_AGAIN_MS);
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
            }
        }
    }

    /// Shows what was kept, and obtains a certificate when that is due. Returns after how many milliseconds there may be
    /// something to do again.
    pub async fn tend(&mut self, now_ms: u64) -> u64 {
        if self.renew_ms.is_none() {
            let shown = self.plan.read(KEPT_CERTIFICATE).and_then(|kept| kept.map_or(Ok(()), |kept| self.show(&kept)));
            if let Err(error) = shown {
                tracing::warn!(%error, "the certificate that was kept cannot be shown");
            }
        }
        if let Some(renew_ms) = self.renew_ms.filter(|due| *due > now_ms) {
            return renew_ms - now_ms;
        }
        let obtained = tokio::time::timeout(Duration::from_secs(ORDER_S_MAX), self.obtain()).await;
        self.certificates.forget_proofs();
        match obtained.unwrap_or(Err(AcmeError::TimedOut)) {
            Ok(()) => {
                self.failures = 0;
                tracing::info!("a certificate was obtained");
                self.renew_ms.map_or(LOOK_AGAIN_MS, |due| due.saturating_sub(now_ms))
            }
            Err(error) => {
                let wait_ms = RETRY_MS.saturating_mul(1 << self.failures.min(16)).min(RETRY_MS_MAX);
                self.failures += 1;
                tracing::error!(%error, retry_min = wait_ms / MINUTE_MS, "no certificate was obtained");
                wait_ms
            }
        }
    }

    /// One order, from the account to the certificate on the disk and at the door.
    async fn obtain(&mut self) -> Result<(), AcmeError> {
        let account = self.account().await?;
        let names: Vec<Identifier> = self.plan.names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            // Proved lately: the authority remembers.
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
                return Err(AcmeError::NoSuchChallenge(name));
            };
            self.certificates.prove(&name, proof(&name, challenge.key_authorization().digest().as_ref())?);
            challenge.set_ready().await?;
        }
        let patience = RetryPolicy::new().timeout(Duration::from_secs(ORDER_S_MAX));
        if order.poll_ready(&patience).await? != OrderStatus::Ready {
            return Err(AcmeError::NotProved);
        }
        let key = order.finalize().await?;
        let kept = format!("{key}\n{}", order.poll_certificate(&patience).await?);
        self.show(&kept)?;
        self.plan.keep(KEPT_CERTIFICATE, &kept)
    }

    /// The account that was kept, else a new one, kept before it is used.
    async fn account(&self) -> Result<Account, AcmeError> {
        let builder = match &self.plan.directory_root {
            Some(root) => Account::builder_with_root(root)?,
            None => Account::builder()?,
        };
        if let Some(kept) = self.plan.read(KEPT_ACCOUNT)? {
            return Ok(builder.from_credentials(serde_json::from_str(&kept)?).await?);
        }
        let contacts: Vec<&str> = self.plan.contacts.iter().map(String::as_str).collect();
        let new = NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder.create(&new, self.plan.directory.clone(), None).await?;
        self.plan.keep(KEPT_ACCOUNT, &serde_json::to_string(&credentials)?)?;
        Ok(account)
    }

    /// Shows a key and its chain (PEM), and notes when to renew them: after two thirds of their life, whatever that is.
    fn show(&mut self, kept: &str) -> Result<(), AcmeError> {
        let unreadable = |_| TlsError::NotX509;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(kept.as_bytes()).collect::<Result<_, _>>().map_err(unreadable)?;
        let key = PrivateKeyDer::from_pem_slice(kept.as_bytes()).map_err(unreadable)?;
        let says = Says::read(chain.first().ok_or(TlsError::NotX509)?)?;
        self.certificates.show(tls::certified(chain, key)?);
        // The operator has added a name since: what was kept serves until the new one is there.
        let whole = self.plan.names.iter().all(|name| says.names.contains(name));
        self.renew_ms = Some(if whole { says.from_ms + says.until_ms.saturating_sub(says.from_ms) / 3 * 2 } else { 0 });
        Ok(())
    }
}

/// Made here rather than asked for: a certificate that only an ACME server ever sees, with the digest that it expects.
fn proof(name: &str, digest: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| TlsError::NotX509)?;
    Ok(tls::certified_by_ourselves(certificate.der().clone(), key)?)
}

/// What a certificate says that matters here. Times in milliseconds since 1970.
struct Says {
    from_ms: u64,
    until_ms: u64,
    names: Vec<String>,
}

impl Says {
    fn read(certificate: &CertificateDer<'_>) -> Result<Self, TlsError> {
        let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| TlsError::NotX509)?;
        let ms = |time: ASN1Time| u64::try_from(time.timestamp()).unwrap_or(0).saturating_mul(1_000);
        let names = certificate.subject_alternative_name().map_err(|_| TlsError::NotX509)?;
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let life = certificate.validity();
        Ok(Self { from_ms: ms(life.not_before), until_ms: ms(life.not_after), names: names.collect() })
    }
}

/// The key, then the chain.
const KEPT_CERTIFICATE: &str = "certificate.pem";
const KEPT_ACCOUNT: &str = "account.json";

impl Plan {
    /// A folder for each authority: a certificate of one that is only for trials never passes for another's.
    fn folder(&self) -> PathBuf {
        let name = secret::hex(&secret::hash(self.directory.as_bytes())[..8]);
        self.cache.join(name)
    }

    fn read(&self, file: &str) -> Result<Option<String>, AcmeError> {
        let path = self.folder().join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(AcmeError::Cache { path, error }),
        }
    }

    /// Writes beside and renames: a cut leaves the old file or the new one.
    fn keep(&self, file: &str, text: &str) -> Result<(), AcmeError> {
        let (path, beside) = (self.folder().join(file), self.folder().join(format!("{file}.new")));
        let written = fs::create_dir_all(self.folder())
            .and_then(|()| write_for_us_only(&beside, text))
            .and_then(|()| fs::rename(beside, &path));
        written.map_err(|error| AcmeError::Cache { path, error })
    }
}

fn write_for_us_only(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
