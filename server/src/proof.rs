//! That a request comes from the device itself, and not from whoever copied its cookie.
//!
//! The device signs each request with a key pair of its own (ECDSA on P-256, SHA-256) that its browser never gives out. What is
//! signed: the method, the path with the query, the SHA-256 of the body, and the time, which is the device's estimate of the
//! *server's* clock: a phone may be a year off, so it corrects itself by the time in the refusal and signs again.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::secret::{hex, unhex};

/// The header that carries a proof: the time in milliseconds since 1970, the body's hash and the signature in base64url without
/// padding, with dots between them. Hex, as earlier versions of the app sent it, is read too.
pub const HEADER: &str = "x-tiwizi-proof";
/// How far the time of a proof may be from ours. In milliseconds: 5 minutes. A proof that somebody recorded is of no use later.
pub const TOLERANCE_MS: u64 = 5 * 60 * 1000;

/// The public half of a device's key pair: a point of P-256, uncompressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 65]);

impl PublicKey {
    /// Reads the hex that a phone sends. None for what cannot be a point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        unhex::<65>(text).filter(|bytes| bytes[0] == 4).map(Self)
    }

    /// The six digits that both sides show while a device waits to be confirmed. They depend on its key, so that whoever came in
    /// by a stolen invite shows others.
    #[must_use]
    pub fn code(&self, asks: &[u8; 32]) -> String {
        let digest = Sha256::new().chain_update(b"tiwizi confirms").chain_update(self.0).chain_update(asks).finalize();
        let number = digest[..4].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        format!("{:06}", number % 1_000_000)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}…)", hex(&self.0[1..5]))
    }
}

/// A proof as it was sent, not checked yet.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// When it was signed, as the device takes our clock.
    pub at_ms: u64,
    /// SHA-256 of the body. Whoever reads the body must compare.
    pub body_hash: [u8; 32],
    signature: [u8; 64],
}

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It was not made with this key, or not for this request.
    Wrong,
    /// It is too old, or of the future.
    Stale,
}

impl Proof {
    /// Reads the header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let at_ms = parts.next()?.parse().ok()?;
        let proof = Self { at_ms, body_hash: decode(parts.next()?)?, signature: decode(parts.next()?)? };
        parts.next().is_none().then_some(proof)
    }

    /// Whether that key made it for that request, lately.
    ///
    /// # Errors
    /// [`Doubt`]: see there.
    pub fn check(&self, key: &PublicKey, method: &str, path: &str, now_ms: u64) -> Result<(), Doubt> {
        let signed = message(method, path, &self.body_hash, self.at_ms);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.0)
            .verify(&signed, &self.signature)
            .map_err(|_| Doubt::Wrong)?;
        if self.at_ms.abs_diff(now_ms) > TOLERANCE_MS { Err(Doubt::Stale) } else { Ok(()) }
    }
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex(text).or_else(|| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok())
}

/// What is signed.
#[must_use]
pub fn message(method: &str, path: &str, body_hash: &[u8; 32], at_ms: u64) -> Vec<u8> {
    format!("tiwizi\n{method}\n{path}\n{}\n{at_ms}", hex(body_hash)).into_bytes()
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };

    use super::*;

    const NOW_MS: u64 = 1_772_352_000_000;

    fn key_pair() -> (EcdsaKeyPair, PublicKey) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let public = PublicKey(pair.public_key().as_ref().try_into().unwrap());
        (pair, public)
    }

    fn header(pair: &EcdsaKeyPair, method: &str, path: &str, body: &[u8], at_ms: u64) -> String {
        let hash: [u8; 32] = Sha256::digest(body).into();
        let signature = pair.sign(&SystemRandom::new(), &message(method, path, &hash, at_ms)).unwrap();
        format!("{at_ms}.{}.{}", hex(&hash), hex(signature.as_ref()))
    }

    #[test]
    fn a_proof_holds_for_its_own_request_by_its_own_key_for_some_minutes() {
        let (pair, key) = key_pair();
        let (_, other) = key_pair();
        let proof = Proof::parse(&header(&pair, "POST", "/api/sync?x=1", b"body", NOW_MS)).unwrap();
        let check = |key, method, path, now_ms| proof.check(key, method, path, now_ms);
        assert_eq!(check(&key, "POST", "/api/sync?x=1", NOW_MS), Ok(()));
        assert_eq!(check(&key, "POST", "/api/sync?x=1", NOW_MS + TOLERANCE_MS), Ok(()));
        assert_eq!(check(&key, "POST", "/api/sync?x=1", NOW_MS - TOLERANCE_MS), Ok(()));
        assert_eq!(check(&key, "POST", "/api/sync?x=1", NOW_MS + TOLERANCE_MS + 1), Err(Doubt::Stale));
        assert_eq!(check(&key, "POST", "/api/sync?x=1", NOW_MS - TOLERANCE_MS - 1), Err(Doubt::Stale));
        assert_eq!(check(&key, "GET", "/api/sync?x=1", NOW_MS), Err(Doubt::Wrong));
        assert_eq!(check(&key, "POST", "/api/sync", NOW_MS), Err(Doubt::Wrong));
        assert_eq!(check(&other, "POST", "/api/sync?x=1", NOW_MS), Err(Doubt::Wrong));
        assert_eq!(proof.body_hash, <[u8; 32]>::from(Sha256::digest(b"body")));
        for (start, replaced) in
            [(NOW_MS.to_string(), (NOW_MS + 1).to_string()), (hex(&proof.body_hash), hex(&[0; 32]))]
        {
            let text = header(&pair, "POST", "/api/sync?x=1", b"body", NOW_MS).replace(&start, &replaced);
            let changed = Proof::parse(&text).unwrap();
            assert_eq!(changed.check(&key, "POST", "/api/sync?x=1", NOW_MS), Err(Doubt::Wrong));
        }
    }

    #[test]
    fn what_is_no_proof_is_not_read() {
        let (pair, _) = key_pair();
        let whole = header(&pair, "GET", "/", b"", NOW_MS);
        for bad in ["", "1", "1.2.3", &whole[1..].replace('.', ""), &format!("{whole}.1"), &format!("-{whole}")] {
            assert!(Proof::parse(bad).is_none(), "{bad}");
        }
        assert!(PublicKey::parse(&"04".repeat(65)).is_some());
        assert!(PublicKey::parse(&"02".repeat(65)).is_none());
        assert!(PublicKey::parse("04").is_none());
    }

    #[test]
    fn the_code_has_six_digits_and_depends_on_key_and_invite() {
        let key = PublicKey([4; 65]);
        assert_eq!(key.code(&[1; 32]).len(), 6);
        assert_ne!(key.code(&[1; 32]), key.code(&[2; 32]));
        assert_ne!(key.code(&[1; 32]), PublicKey([5; 65]).code(&[1; 32]));
    }
}
