//! A device's own key pair, and the proofs that it makes (`server::proof`). Also taken in by the server's own tests, by its path.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use server::{
    proof,
    secret::{hash, hex},
};

/// What the browser keeps and never gives out.
#[derive(Clone)]
pub struct Signer(Arc<EcdsaKeyPair>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public_key())
    }
}

impl Signer {
    /// A new key pair.
    #[must_use]
    pub fn draw() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key pair");
        Self(Arc::new(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key pair")))
    }

    /// The public half, as enrolment takes it.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    /// The header's value for a request.
    #[must_use]
    pub fn proof(&self, method: &str, path: &str, body: &[u8], at_ms: u64) -> String {
        let body_hash = hash(body);
        let message = proof::message(method, path, &body_hash, at_ms);
        let signature = self.0.sign(&SystemRandom::new(), &message).expect("a signature");
        format!("{at_ms}.{}.{}", URL_SAFE_NO_PAD.encode(body_hash), URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
