//! Writes the JavaScript and TypeScript side of the compiled engine.
//!
//! It stands here instead of the `wasm-bindgen` command so that its version comes from `Cargo.lock`, like that of the
//! engine itself: the two must be equal to the last digit.
//!
//! Usage: `bindgen ENGINE.wasm FOLDER`; it leaves `engine.js`, `engine.d.ts`, `engine_bg.wasm` and its types in FOLDER.

use std::{env, error::Error, path::PathBuf};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(engine), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: bindgen ENGINE.wasm FOLDER".into());
    };
    Bindgen::new()
        .input_path(engine)
        .out_name("engine")
        // A module that is told where its WebAssembly is: only the app's bundler knows the hashed name.
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
