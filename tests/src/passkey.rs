//! An authenticator made of software: what a phone does when its owner puts a finger on it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use server::secret::{draw, hash};

/// Flags of what an authenticator says: somebody was there, and was verified.
const PRESENT_AND_VERIFIED: u8 = 0x05;
/// A new credential follows.
const WITH_CREDENTIAL: u8 = 0x40;

/// One passkey.
#[derive(Clone)]
pub struct SoftPasskey {
    id: [u8; 16],
    pair: Arc<EcdsaKeyPair>,
    uses: Arc<AtomicU32>,
    origin: String,
}

impl fmt::Debug for SoftPasskey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftPasskey({})", text(&self.id))
    }
}

impl SoftPasskey {
    /// Makes a passkey, used by the page of that origin.
    #[must_use]
    pub fn draw(origin: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key pair");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key pair");
        Self { id: draw(), pair: Arc::new(pair), uses: Arc::default(), origin: origin.to_owned() }
    }

    /// Its id as the server's list has it.
    #[must_use]
    pub fn id(&self) -> String {
        server::secret::hex(&self.id)
    }

    /// The browser's answer to `POST /api/passkeys/add`.
    #[must_use]
    pub fn register(&self, asked: &Value) -> Value {
        let asked = &asked["publicKey"];
        let client = self.client_data("webauthn.create", &asked["challenge"]);
        let mut said = self.said(asked["rp"]["id"].as_str().expect("a name"), PRESENT_AND_VERIFIED | WITH_CREDENTIAL);
        said.extend([0; 16]);
        said.extend((self.id.len() as u16).to_be_bytes());
        said.extend(self.id);
        // COSE: an elliptic curve key (1: 2) for ES256 (3: -7) on P-256 (-1: 1), and its point (-2, -3).
        said.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        let point = self.pair.public_key().as_ref();
        said.extend(&point[1..33]);
        said.extend([0x22, 0x58, 0x20]);
        said.extend(&point[33..]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(said.len()).expect("a short one"));
        attestation.extend(said);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "extensions": {},
            "response": { "attestationObject": text(&attestation), "clientDataJSON": text(&client) },
        })
    }

    /// The browser's answer to `POST /api/passkeys/prove`.
    #[must_use]
    pub fn prove(&self, asked: &Value) -> Value {
        let asked = &asked["publicKey"];
        let client = self.client_data("webauthn.get", &asked["challenge"]);
        let said = self.said(asked["rpId"].as_str().expect("a name"), PRESENT_AND_VERIFIED);
        let signed = [&said[..], &hash(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": text(&said), "clientDataJSON": text(&client), "signature": text(signature.as_ref()),
                "userHandle": null,
            },
        })
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn said(&self, name: &str, flags: u8) -> Vec<u8> {
        let uses = self.uses.fetch_add(1, Ordering::SeqCst) + 1;
        [&hash(name.as_bytes())[..], &[flags], &uses.to_be_bytes()].concat()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
