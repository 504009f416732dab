//! The binary's own TLS: the certificate changes while connections go on.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Leaves a new certificate for `localhost` in `folder`, and returns it.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(["localhost".to_owned()]).expect("a name").self_signed(&key);
    let certificate = certificate.expect("a certificate");
    fs::write(folder.join("key.pem"), key.serialize_pem()).expect("a file");
    fs::write(folder.join("cert.pem"), certificate.pem()).expect("a file");
    certificate.der().clone()
}

/// A connection to a server that shows what `trusted` vouches for.
fn connect(port: u16, trusted: &CertificateDer<'static>) -> std::io::Result<Tls> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port))?);
    stream.flush()?;
    Ok(stream)
}

/// Asks for `path` on a connection that stays open. The head of the answer.
fn ask(stream: &mut (impl std::io::Read + std::io::Write), path: &str) -> String {
    write!(stream, "HEAD {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("a request");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text").to_lowercase()
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already is no fault.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
#[cfg(unix)]
fn a_new_certificate_cuts_nobody_off_and_plain_http_leads_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = renew(folder.path());
    let child = Command::new(env!("CARGO_BIN_EXE_tiwizi"))
        .args(["serve", "--listen", "127.0.0.1:0", "--redirect", "127.0.0.1:0", "--data", "data"])
        .args(["--tls-cert", "cert.pem", "--tls-key", "key.pem"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut program = Program(child.expect("the binary starts"));
    let mut printed = BufReader::new(program.0.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let mut logged = BufReader::new(program.0.stderr.take().expect("its log")).lines().map_while(Result::ok);
    let mut port_in = |pattern: &str| {
        let line = printed.find(|line| line.contains(pattern)).expect("the server says where it is");
        let port = line.split_once(pattern).and_then(|(_, rest)| rest.split(' ').next()?.parse::<u16>().ok());
        port.expect("a port")
    };
    let plain = port_in("http://localhost:");
    let port = port_in("https://localhost:");
    // Read to its end: a server whose output nobody takes would end with an error.
    std::thread::spawn(move || printed.for_each(drop));
    let mut old = connect(port, &first).expect("TLS");
    let answer = ask(&mut old, "/healthz");
    assert!(answer.starts_with("http/1.1 200") && answer.contains("strict-transport-security: max-age="), "{answer}");

    let mut stream = TcpStream::connect(("127.0.0.1", plain)).expect("a connection");
    let answer = ask(&mut stream, "/a?b");
    assert!(answer.starts_with("http/1.1 308"), "{answer}");
    assert!(answer.contains(&format!("location: https://localhost:{port}/a?b\r\n")), "{answer}");

    let second = renew(folder.path());
    let asked = Command::new("kill").args(["-HUP", &program.0.id().to_string()]).status();
    assert!(asked.expect("a signal").success());
    logged.find(|line| line.contains("the certificate was read again")).expect("a line in the log");
    assert!(connect(port, &first).and_then(|mut tls| tls.read(&mut [0])).is_err(), "the first one is gone");
    let mut new = connect(port, &second).expect("TLS");
    assert!(ask(&mut new, "/healthz").starts_with("http/1.1 200"));
    assert!(ask(&mut old, "/healthz").starts_with("http/1.1 200"), "whoever was there stays");

    // A key that is not the certificate's changes nothing.
    fs::write(folder.path().join("key.pem"), KeyPair::generate().expect("a key").serialize_pem()).expect("a file");
    let asked = Command::new("kill").args(["-HUP", &program.0.id().to_string()]).status();
    assert!(asked.expect("a signal").success());
    logged.find(|line| line.contains("the certificate stays as it was")).expect("a line in the log");
    assert!(ask(&mut connect(port, &second).expect("TLS"), "/healthz").starts_with("http/1.1 200"));
}
