//! The first page of a PDF that somebody brought, drawn by a process of its own: whatever a stranger's file makes it do ends with it.

use std::{
    env,
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

/// The word by which this program draws one: a PDF comes in, a PNG goes out.
pub const WORD: &str = "first-page";
/// Of the picture, in bytes.
const PICTURE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Of the process: a gigabyte of addresses and ten seconds, behind all that is urgent.
const APART: &str = r#"ulimit -v 1048576 2>/dev/null; ulimit -t 10 2>/dev/null; exec nice -n 10 "$0" first-page"#;

/// The first page as a PNG; none where it cannot be drawn, or not within the limits. Blocks for as long as that takes.
#[must_use]
pub fn first_page(pdf: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", APART])
        .arg(env::current_exe().ok()?)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It reads all before it writes anything.
    let written = child.stdin.take().is_some_and(|mut stdin| stdin.write_all(pdf).is_ok());
    let mut png = Vec::new();
    let read = child.stdout.take().is_some_and(|out| out.take(PICTURE_BYTES_MAX).read_to_end(&mut png).is_ok());
    let ended = child.wait().is_ok_and(|status| status.success());
    (written && read && ended && !png.is_empty()).then_some(png)
}
