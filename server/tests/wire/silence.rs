//! A server that nobody listens to: its output was closed, as by a supervisor that has read enough.

use std::{
    io,
    net::{TcpListener, TcpStream},
    process::{Command, ExitStatus},
};

use shared::role::Role;

use crate::common::{NOW_MS, Phone};

/// A port that was free a moment ago: the server cannot say which one it took.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener.local_addr().expect("a bound socket").port()
}

/// Serves with both outputs closed, lets `meet` use the server, and ends it as an operator does.
fn serve_unheard(meet: impl FnOnce(&std::path::Path, &str)) -> ExitStatus {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = free_port();
    let closed = || {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_tiwizi"))
        .args(["serve", "--log", "debug", "--listen", &format!("127.0.0.1:{port}"), "--data"])
        .arg(folder.path())
        .stdout(closed())
        .stderr(closed())
        .spawn()
        .expect("the binary starts");
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = child.try_wait().expect("a child");
        assert_eq!(ended, None, "the server ended instead of serving");
        std::thread::yield_now();
    }
    meet(folder.path(), &format!("http://127.0.0.1:{port}"));
    let asked = Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    assert!(asked.success());
    child.wait().expect("it ends")
}

#[test]
fn a_server_whose_output_is_closed_goes_on_serving_and_ends_in_order() {
    let status = serve_unheard(|data, url| {
        let mut phone = Phone::enroll(data, url, 1, Role::Coordinator);
        assert!(phone.exchange(NOW_MS).is_some(), "it answers");
    });
    assert!(status.success(), "{status}");
}
