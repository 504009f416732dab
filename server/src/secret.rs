//! What lets somebody in: invite codes and device credentials. Drawn from the system's randomness, kept only as hashes,
//! never shown by `Debug`.

use std::fmt;

use sha2::{Digest, Sha256};
use shared::id::DeviceId;
use subtle::ConstantTimeEq as _;

/// Crockford's base 32: no I, L, O, U, so that a code survives being read aloud and written on a wall.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code. Twelve are 60 bits: nobody guesses one in its lifetime, even without the limit on guesses.
const CODE_LETTERS: usize = 12;
const GROUP_LETTERS: usize = 4;
/// What a code may be typed with at most: its letters, and a separator around each.
const TYPED_CHARS_MAX: usize = 64;

/// Fills an array from the system's randomness.
#[must_use]
pub fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a system without randomness can keep no secret");
    bytes
}

/// SHA-256: enough for secrets that are random, unlike passwords.
#[must_use]
pub fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether two hashes of secrets are the same, in the same time whatever the answer.
#[must_use]
pub fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.ct_eq(right).into()
}

/// The code of an invite.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCode([u8; CODE_LETTERS]);

impl InviteCode {
    #[must_use]
    pub fn draw() -> Self {
        Self(draw::<CODE_LETTERS>().map(|byte| ALPHABET[usize::from(byte % 32)]))
    }

    /// Reads a code as people type it: any case, O for 0, I or L for 1, with spaces or dashes.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.chars().count() > TYPED_CHARS_MAX {
            return None;
        }
        let letters: Vec<u8> = typed
            .chars()
            .filter(|letter| !letter.is_whitespace() && !is_dash(*letter))
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => Some(b'0'),
                'I' | 'L' => Some(b'1'),
                letter => u8::try_from(letter).ok().filter(|letter| ALPHABET.contains(letter)),
            })
            .collect::<Option<_>>()?;
        letters.try_into().ok().map(Self)
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

/// The dashes that keyboards and messaging apps make of one.
fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, letter) in self.0.iter().enumerate() {
            if n > 0 && n % GROUP_LETTERS == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode(secret)")
    }
}

/// What a device shows at every request: who it is, and 32 random bytes that only it has.
#[derive(Clone)]
pub struct Credential {
    pub device: DeviceId,
    secret: [u8; 32],
}

impl Credential {
    #[must_use]
    pub fn draw(device: DeviceId) -> Self {
        Self { device, secret: draw() }
    }

    /// The same secret for another device: one whose enrolment is being repeated.
    #[must_use]
    pub fn bound_to(self, device: DeviceId) -> Self {
        Self { device, ..self }
    }

    /// Reads what [`Credential::reveal`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (device, secret) = text.split_once('.')?;
        Some(Self { device: device.parse().ok()?, secret: unhex(secret)? })
    }

    /// The text for the cookie: the device's id, a dot, the secret in hex. For the cookie alone.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.device, hex(&self.secret))
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.secret)
    }

    /// Whether this is the credential that was kept as `hash`, in the same time whatever the answer.
    #[must_use]
    pub fn matches(&self, hash: &[u8; 32]) -> bool {
        same(&self.hash(), hash)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, secret)", self.device)
    }
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly `N` bytes from hex.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = InviteCode(*b"01AB23CDEFGH");
        assert_eq!(code.to_string(), "01AB-23CD-EFGH");
        for typed in ["01AB-23CD-EFGH", "oiab23cdefgh", " OLab 23cd\u{a0}efgh\n", "0\u{2013}1-A-B-2-3-C-D-E-F-G-H"] {
            assert_eq!(InviteCode::parse(typed), Some(code.clone()), "{typed:?}");
        }
        for typed in ["", "01AB-23CD-EFG", "01AB-23CD-EFGHJ", "U1AB-23CD-EFGH", "é1AB-23CD-EFGH", &"-".repeat(65)] {
            assert_eq!(InviteCode::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_drawn_code_reads_back() {
        let code = InviteCode::draw();
        assert_eq!(InviteCode::parse(&code.to_string()), Some(code.clone()));
        assert_ne!(InviteCode::draw(), code);
        assert_eq!(format!("{code:?}"), "InviteCode(secret)");
    }

    #[test]
    fn a_credential_matches_its_own_hash_only() {
        let credential = Credential::draw(DeviceId([7; 16]));
        let shown = Credential::parse(&credential.reveal()).unwrap();
        assert_eq!(shown.device, credential.device);
        assert!(shown.matches(&credential.hash()));
        assert!(!shown.matches(&Credential::draw(credential.device).hash()));
        assert!(!format!("{credential:?}").contains(&hex(&credential.secret)));
        for bad in [
            "",
            ".",
            "x.y",
            &credential.reveal()[1..],
            &credential.reveal()[..80],
            &format!("{}0", credential.reveal()),
        ] {
            assert!(Credential::parse(bad).is_none(), "{bad:?}");
        }
    }
}
