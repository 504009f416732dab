//! A certificate authority on loopback that speaks ACME as far as `server::acme` needs it: it hands out nonces once, looks
//! at the door that claims a name (TLS-ALPN-01), and signs what it was shown. It believes signatures without looking: those
//! are `instant-acme`'s.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, ServerConnection, SignatureScheme,
    StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::server::Time;

/// How long a certificate of this authority is valid. In milliseconds: 90 days.
pub const LIFE_MS: u64 = 90 * 24 * 60 * 60 * 1_000;
const TOKEN: &str = "a-token-that-nobody-guesses";
/// The extension that carries the proof (RFC 8737): its object identifier in DER.
const ACME_IDENTIFIER: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x1f];

/// The authority. Dropped, it ends.
#[derive(Debug)]
pub struct Authority {
    address: SocketAddr,
    folder: TempDir,
    book: Arc<Mutex<Book>>,
    thread: Option<JoinHandle<()>>,
}

/// What it has written down.
#[derive(Debug, Default)]
struct Book {
    nonces: HashSet<String>,
    nonces_given: u32,
    /// Of the account's key (RFC 7638).
    thumbprint: String,
    /// Where it looks for whoever claims a name.
    door: Option<SocketAddr>,
    names: Vec<String>,
    orders: u32,
    accounts: u32,
    proved: bool,
    chain: Option<String>,
}

impl Authority {
    /// Begins; its certificates are valid from the moment that `time` says.
    #[must_use]
    pub fn start(time: Time) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("a bound socket");
        let folder = tempfile::tempdir().expect("a folder");
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key")).expect("a root");
        fs::write(folder.path().join("root.pem"), root.pem()).expect("a file");
        let key = KeyPair::generate().expect("a key");
        let own = CertificateParams::new(["localhost".to_owned()]).expect("a name").signed_by(&key, &root);
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![own.expect("a certificate").der().clone()], key)
            .expect("a certificate");
        let book = Arc::new(Mutex::new(Book::default()));
        let desk = Desk { base: format!("https://localhost:{}", address.port()), root, time, book: Arc::clone(&book) };
        let tls = Arc::new(tls);
        let thread = thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // Whoever hangs up, hangs up; and so ends the authority.
                if desk.serve(stream, &tls).is_err() && desk.book.lock().expect("a book").names == ["end"] {
                    return;
                }
            }
        });
        Self { address, folder, book, thread: Some(thread) }
    }

    /// Where it is found.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/directory", self.address.port())
    }

    /// What vouches for it.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// Looks for names there from now on; nowhere, and every proof fails.
    pub fn look_at(&self, door: Option<SocketAddr>) {
        self.book().door = door;
    }

    /// How many accounts and orders it was asked for.
    #[must_use]
    pub fn asked(&self) -> (u32, u32) {
        let book = self.book();
        (book.accounts, book.orders)
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().expect("a book")
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.book().names = vec!["end".to_owned()];
        // It wakes, finds nobody, and sees that it shall end.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || thread::panicking(), "the authority panicked");
        }
    }
}

struct Desk {
    base: String,
    root: CertifiedIssuer<'static, KeyPair>,
    time: Time,
    book: Arc<Mutex<Book>>,
}

/// A status, a `Location` and a body.
type Answer = (u16, Option<String>, Vec<u8>);

impl Desk {
    /// Answers one request, then hangs up.
    fn serve(&self, stream: TcpStream, tls: &Arc<ServerConfig>) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let connection = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
        let mut stream = BufReader::new(StreamOwned::new(connection, stream));
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let path = line.split(' ').nth(1).ok_or(std::io::ErrorKind::UnexpectedEof)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header)?;
            match header.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(std::io::Error::other)?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let (status, location, body) = self.answer(&path, &body);
        let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        head += &format!("replay-nonce: {}\r\n", self.nonce());
        if let Some(location) = location {
            head += &format!("location: {location}\r\n");
        }
        let stream = stream.get_mut();
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        stream.write_all(&body)?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn nonce(&self) -> String {
        let mut book = self.book.lock().expect("a book");
        book.nonces_given += 1;
        let nonce = format!("nonce-{}", book.nonces_given);
        book.nonces.insert(nonce.clone());
        nonce
    }

    fn answer(&self, path: &str, body: &[u8]) -> Answer {
        let base = &self.base;
        let (protected, payload) = match path {
            "/directory" => {
                let of = |what| format!("{base}/{what}");
                let directory =
                    json!({ "newNonce": of("nonce"), "newAccount": of("account"), "newOrder": of("order") });
                return (200, None, directory.to_string().into());
            }
            "/nonce" => return (200, None, Vec::new()),
            _ => read_jws(body),
        };
        let nonce = protected["nonce"].as_str().unwrap_or_default();
        if !self.book.lock().expect("a book").nonces.remove(nonce) {
            return (400, None, json!({ "type": "urn:ietf:params:acme:error:badNonce" }).to_string().into());
        }
        match path {
            "/account" => self.account(&protected["jwk"]),
            "/order" => self.order(&payload),
            "/challenge" => self.look(),
            "/finalize" => self.sign(&payload),
            "/certificate" => (200, None, self.book.lock().expect("a book").chain.clone().unwrap_or_default().into()),
            "/authorization" => (200, None, self.authorization().to_string().into()),
            _ => (200, None, self.order_state().to_string().into()),
        }
    }

    fn account(&self, jwk: &Value) -> Answer {
        let key = format!(r#"{{"crv":{},"kty":{},"x":{},"y":{}}}"#, jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]);
        let mut book = self.book.lock().expect("a book");
        book.accounts += 1;
        book.thumbprint = BASE64.encode(Sha256::digest(key));
        (201, Some(format!("{}/account/1", self.base)), json!({ "status": "valid" }).to_string().into())
    }

    fn order(&self, payload: &Value) -> Answer {
        let mut book = self.book.lock().expect("a book");
        book.orders += 1;
        (book.proved, book.chain) = (false, None);
        let names = payload["identifiers"].as_array().expect("identifiers");
        book.names = names.iter().map(|name| name["value"].as_str().expect("a name").to_owned()).collect();
        drop(book);
        (201, Some(format!("{}/order/1", self.base)), self.order_state().to_string().into())
    }

    fn order_state(&self) -> Value {
        let book = self.book.lock().expect("a book");
        let status = match (&book.chain, book.proved) {
            (Some(_), _) => "valid",
            (None, true) => "ready",
            (None, false) => "pending",
        };
        let base = &self.base;
        let mut state = json!({
            "status": status,
            "identifiers": book.names.iter().map(|name| json!({ "type": "dns", "value": name })).collect::<Vec<_>>(),
            "authorizations": [format!("{base}/authorization")],
            "finalize": format!("{base}/finalize"),
            "certificate": format!("{base}/certificate"),
        });
        if book.door.is_none() {
            state["error"] = json!({ "detail": "nobody there", "status": 400 });
        }
        state
    }

    fn authorization(&self) -> Value {
        let book = self.book.lock().expect("a book");
        let status = if book.proved { "valid" } else { "pending" };
        json!({
            "status": status,
            "identifier": { "type": "dns", "value": book.names[0] },
            "challenges": [
                { "type": "http-01", "url": format!("{}/other", self.base), "token": "other", "status": "pending" },
                { "type": "tls-alpn-01", "url": format!("{}/challenge", self.base), "token": TOKEN, "status": "pending" },
            ],
        })
    }

    /// Goes to the door and looks whether it shows the proof for the name, and nothing but it.
    fn look(&self) -> Answer {
        let (door, name, expected) = {
            let book = self.book.lock().expect("a book");
            let proof = Sha256::digest(format!("{TOKEN}.{}", book.thumbprint));
            (book.door, book.names[0].clone(), [&ACME_IDENTIFIER[..], &[1, 1, 0xff, 4, 34, 4, 32], &proof].concat())
        };
        let shown = door.and_then(|door| shown_at(door, &name, Some(b"acme-tls/1")));
        let proved = shown.is_some_and(|shown| shown.windows(expected.len()).any(|part| part == expected));
        self.book.lock().expect("a book").proved = proved;
        let status = if proved { "valid" } else { "invalid" };
        let challenge = json!({ "type": "tls-alpn-01", "url": self.base, "token": TOKEN, "status": status });
        (200, None, challenge.to_string().into())
    }

    fn sign(&self, payload: &Value) -> Answer {
        let csr = BASE64.decode(payload["csr"].as_str().expect("a request")).expect("base64");
        let mut csr = CertificateSigningRequestParams::from_der(&csr.into()).expect("a request");
        let from = time::OffsetDateTime::UNIX_EPOCH + Duration::from_millis(self.time.clock().now_ms());
        csr.params.not_before = from;
        csr.params.not_after = from + Duration::from_millis(LIFE_MS);
        let certificate = csr.signed_by(&self.root).expect("a certificate");
        self.book.lock().expect("a book").chain = Some(certificate.pem());
        (200, None, self.order_state().to_string().into())
    }
}

/// The header and the payload of a signed message.
fn read_jws(body: &[u8]) -> (Value, Value) {
    let message: Value = serde_json::from_slice(body).expect("a message");
    let part = |name: &str| {
        let bytes = BASE64.decode(message[name].as_str().expect("a part")).expect("base64");
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    };
    (part("protected"), part("payload"))
}

/// The certificate that a door shows to whoever asks for `name` and speaks `alpn`; none when it shows nothing.
#[must_use]
pub fn shown_at(door: SocketAddr, name: &str, alpn: Option<&[u8]>) -> Option<CertificateDer<'static>> {
    let stream = connect(door, name, alpn).ok()?;
    stream.conn.peer_certificates()?.first().cloned().map(CertificateDer::into_owned)
}

/// A connection to that door, whatever certificate it shows.
pub fn connect(
    door: SocketAddr,
    name: &str,
    alpn: Option<&[u8]>,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    config.alpn_protocols.extend(alpn.map(<[u8]>::to_vec));
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(door)?);
    stream.sock.set_read_timeout(Some(Duration::from_secs(60)))?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Believes everybody: what is shown is for the caller to judge.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
