//! Makes the folder of the built app, if it is missing.
//!
//! The server builds without Node: the folder is then empty, and the server says that the app is not built in. But cargo
//! takes a watched path that does not exist for changed, and would build the server anew at every command.

use std::{env, fs, path::Path};

fn main() {
    let dist = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where we are")).join("../pwa/dist");
    // On a read-only tree the build goes on, only slower.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed=../pwa/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
