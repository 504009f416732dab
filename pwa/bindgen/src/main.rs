//! Writes the JavaScript and TypeScript side of what is compiled to WebAssembly.
//!
//! It stands here instead of the `wasm-bindgen` command so that its version comes from `Cargo.lock`, like that of the
//! engine itself: the two must be equal to the last digit.
//!
//! Usage: `bindgen NAME.wasm FOLDER`; it leaves `NAME.js`, `NAME.d.ts`, `NAME_bg.wasm` and its types in FOLDER.

use std::{env, error::Error, ffi::OsStr, path::PathBuf};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(compiled), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: bindgen NAME.wasm FOLDER".into());
    };
    let name = compiled.file_stem().and_then(OsStr::to_str).ok_or("a name in UTF-8 is expected")?.to_owned();
    Bindgen::new()
        .input_path(compiled)
        .out_name(&name)
        // A module that is told where its WebAssembly is: only the app's bundler knows the hashed name.
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
