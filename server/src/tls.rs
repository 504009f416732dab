//! The certificates that this server shows, and how they change while connections go on.
//!
//! Each handshake asks [`Certificates`] anew; a connection that stands keeps what it began with, so that a renewed
//! certificate cuts nobody off.

use std::{
    collections::HashMap,
    fs, io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
};
use tokio_util::sync::CancellationToken;

/// What this server speaks. HTTP/2 is a proxy's; see `serve.rs`.
const HTTP: &[u8] = b"http/1.1";
/// What an ACME server speaks to see that a name is ours (RFC 8737).
pub const ACME_TLS: &[u8] = b"acme-tls/1";
/// How often files are looked at. An operator who cannot wait sends SIGHUP.
const LOOK: Duration = Duration::from_secs(60);

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path} : {error}")]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{path} ne contient pas de certificat ou de clé au format PEM : {error}")]
    NotPem { path: PathBuf, error: pem::Error },
    #[error("le certificat ou sa clé ne peut pas servir : {0}")]
    Unusable(#[from] rustls::Error),
    #[error("le certificat est illisible")]
    NotX509,
}

/// What is shown at handshakes. Shared by the accept loop and by whoever renews.
#[derive(Debug, Default)]
pub struct Certificates {
    /// Missing until the first one was read or obtained: until then handshakes fail.
    shown: RwLock<Option<Arc<CertifiedKey>>>,
    /// By name, the proofs that an ACME server is asking for now.
    proofs: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let proves = hello.alpn().is_some_and(|mut spoken| spoken.any(|word| word == ACME_TLS));
        if proves {
            let proofs = self.proofs.read().unwrap_or_else(PoisonError::into_inner);
            return proofs.get(hello.server_name()?).cloned();
        }
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Certificates {
    /// Shows `key` from the next handshake on.
    pub fn show(&self, key: CertifiedKey) {
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(key));
    }

    /// Shows `key` to an ACME server that asks about `name`.
    pub fn prove(&self, name: &str, key: CertifiedKey) {
        self.proofs.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(key));
    }

    /// Nothing is asked about any more.
    pub fn forget_proofs(&self) {
        self.proofs.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Handshakes that show these certificates. TLS 1.2 and 1.3; without client certificates.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![HTTP.to_vec(), ACME_TLS.to_vec()];
        Ok(Arc::new(config).into())
    }
}

/// A certificate chain and the private key that belongs to its first one; refused when they do not match.
pub fn certified(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, TlsError> {
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// The same without looking whether they match: the proof for an ACME server carries an extension that is critical and that
/// the check does not know.
pub fn certified_by_ourselves(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, TlsError> {
    Ok(CertifiedKey::new(vec![certificate], provider().key_provider.load_private_key(key)?))
}

/// `ring`, because it needs no C compiler of its own kind; named here, so that a second one in the tree changes nothing.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A certificate and its key as an operator, or another program that renews them, leaves them on the disk.
#[derive(Debug, Clone)]
pub struct Files {
    /// PEM: the certificate, then those between it and the authority.
    pub cert: PathBuf,
    /// PEM: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// How two files looked: whether one of them has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look([(SystemTime, u64); 2]);

impl Files {
    /// Reads both and shows them. What was shown before stays when they cannot be used.
    pub fn load(&self, certificates: &Certificates) -> Result<(), TlsError> {
        let chain = pem_of(&self.cert, |bytes| CertificateDer::pem_slice_iter(bytes).collect())?;
        let key = pem_of(&self.key, PrivateKeyDer::from_pem_slice)?;
        certificates.show(certified(chain, key)?);
        Ok(())
    }

    /// How they look now; none while one of them is missing.
    #[must_use]
    pub fn look(&self) -> Option<Look> {
        let one = |path: &PathBuf| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        };
        Some(Look([one(&self.cert)?, one(&self.key)?]))
    }

    /// Loads them again on SIGHUP and when they have changed, until `stopping`. `seen` is how they looked when they were
    /// loaded last.
    pub async fn watch(
        self,
        mut seen: Option<Look>,
        certificates: Arc<Certificates>,
        stopping: CancellationToken,
    ) -> io::Result<()> {
        let mut hangups = Hangups::listen()?;
        loop {
            let asked = tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = hangups.next() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let look = self.look();
            if !asked && (look.is_none() || look == seen) {
                continue;
            }
            match self.load(&certificates) {
                Ok(()) => tracing::info!("the certificate was read again"),
                // One of the two may have been replaced and the other not yet: looked at again next time.
                Err(error) => tracing::warn!(%error, "the certificate stays as it was"),
            }
            seen = look;
        }
    }
}

fn pem_of<T>(path: &PathBuf, read: impl FnOnce(&[u8]) -> Result<T, pem::Error>) -> Result<T, TlsError> {
    let bytes = fs::read(path).map_err(|error| TlsError::Unreadable { path: path.clone(), error })?;
    read(&bytes).map_err(|error| TlsError::NotPem { path: path.clone(), error })
}

/// SIGHUP, where there is one.
struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        self.signal.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
