//! From the code that unlocks the app to a key: Argon2id (RFC 9106).
//!
//! A module of its own and not a part of the engine, since WebAssembly never gives memory back: the worker that derives a key
//! ends, and its mebibytes with it, before the engine opens.

use argon2::{Algorithm, Argon2, Params, Version};
use wasm_bindgen::prelude::*;

/// In bytes: a key of AES-256.
const KEY_BYTES: usize = 32;

/// The key that follows from a code.
///
/// `salt` are at least 8 random bytes; `memory_kib` and `passes` are what a guess shall cost (`m` and `t` of the standard, whose
/// `p` is 1: a page has one thread to spare).
///
/// # Errors
/// A sentence for developers, if the standard does not allow such a cost or such a salt.
#[wasm_bindgen]
pub fn derive(code: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<Vec<u8>, JsError> {
    let cost = Params::new(memory_kib, passes, 1, Some(KEY_BYTES)).map_err(told)?;
    let mut key = vec![0; KEY_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost)
        .hash_password_into(code.as_bytes(), salt, &mut key)
        .map_err(told)?;
    Ok(key)
}

fn told(error: argon2::Error) -> JsError {
    JsError::new(&error.to_string())
}
