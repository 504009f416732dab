//! Passkeys: the ceremonies by which one is added, and by which its owner proves that it is them.
//!
//! A ceremony has two steps, and what the first one asked must be known in the second: it is kept in memory, one for each device,
//! for a few minutes. A server that restarts forgets them, and people begin again.

use std::{collections::HashMap, fmt, sync::Mutex};

use shared::id::{AccountId, DeviceId};
use webauthn_rs::prelude::{
    CreationChallengeResponse, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::{config::PublicUrl, storage::lock};

/// How long a ceremony may take. In milliseconds.
pub const CEREMONY_MS: u64 = 5 * 60 * 1000;
/// Ceremonies at once. Each is a few hundred bytes; above it the oldest are forgotten.
pub const CEREMONIES_MAX: usize = 1_000;
/// For how long a proof by passkey is good for what needs one. In milliseconds: 10 minutes, so that somebody who sorts out devices
/// is asked once.
pub const FACTOR_MS: u64 = 10 * 60 * 1000;

/// Why a ceremony does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Browsers know passkeys under a name only, and over HTTPS.
    #[error("passkeys need a public address with a name")]
    Unavailable,
    #[error("no ceremony is under way on this device")]
    Over,
    #[error("the passkey did not answer what was asked")]
    Wrong,
}

/// Ceremonies under way.
pub struct Passkeys {
    webauthn: Option<Webauthn>,
    ceremonies: Mutex<HashMap<DeviceId, Ceremony>>,
}

impl fmt::Debug for Passkeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkeys").field("under_way", &lock(&self.ceremonies).len()).finish_non_exhaustive()
    }
}

struct Ceremony {
    began_ms: u64,
    step: Step,
}

enum Step {
    Adding(PasskeyRegistration),
    Proving(PasskeyAuthentication),
}

/// A passkey that has just answered, and is to be stored.
#[derive(Debug)]
pub struct Kept {
    pub id: Vec<u8>,
    pub content: String,
}

impl Passkeys {
    /// For a server at that address.
    #[must_use]
    pub fn new(url: &PublicUrl) -> Self {
        let webauthn = url.origin().parse::<Url>().ok().and_then(|origin| {
            let name = origin.domain()?.to_owned();
            WebauthnBuilder::new(&name, &origin).ok()?.rp_name("Tiwizi").build().ok()
        });
        Self { webauthn, ceremonies: Mutex::default() }
    }

    fn webauthn(&self) -> Result<&Webauthn, Broken> {
        self.webauthn.as_ref().ok_or(Broken::Unavailable)
    }

    /// Begins to add a passkey: what the browser must ask its user. `known` are the contents of the account's passkeys.
    ///
    /// # Errors
    /// [`Broken::Unavailable`].
    pub fn add(
        &self,
        device: DeviceId,
        account: AccountId,
        name: &str,
        known: &[String],
        now_ms: u64,
    ) -> Result<CreationChallengeResponse, Broken> {
        let known = known.iter().filter_map(|content| read(content)).map(|passkey| passkey.cred_id().clone()).collect();
        let (asked, state) = self
            .webauthn()?
            .start_passkey_registration(Uuid::from_bytes(account.0), name, name, Some(known))
            .map_err(|_| Broken::Unavailable)?;
        self.begin(device, Step::Adding(state), now_ms);
        Ok(asked)
    }

    /// Ends it: the passkey to keep.
    ///
    /// # Errors
    /// [`Broken`]: see there.
    pub fn added(&self, device: DeviceId, answer: &RegisterPublicKeyCredential, now_ms: u64) -> Result<Kept, Broken> {
        let Step::Adding(state) = self.end(device, now_ms)? else { return Err(Broken::Over) };
        let passkey = self.webauthn()?.finish_passkey_registration(answer, &state).map_err(|_| Broken::Wrong)?;
        kept(&passkey)
    }

    /// Begins a proof by one of these passkeys.
    ///
    /// # Errors
    /// [`Broken::Unavailable`].
    pub fn prove(&self, device: DeviceId, known: &[String], now_ms: u64) -> Result<RequestChallengeResponse, Broken> {
        let known: Vec<Passkey> = known.iter().filter_map(|content| read(content)).collect();
        let (asked, state) = self.webauthn()?.start_passkey_authentication(&known).map_err(|_| Broken::Unavailable)?;
        self.begin(device, Step::Proving(state), now_ms);
        Ok(asked)
    }

    /// Ends it: the passkey that answered, with its counter as it is now. `content` finds what is kept under an id.
    ///
    /// # Errors
    /// [`Broken`]: see there.
    pub fn proved(&self, device: DeviceId, answer: &PublicKeyCredential, now_ms: u64) -> Result<Proved, Broken> {
        let Step::Proving(state) = self.end(device, now_ms)? else { return Err(Broken::Over) };
        let result = self.webauthn()?.finish_passkey_authentication(answer, &state).map_err(|_| Broken::Wrong)?;
        Ok(Proved { id: result.cred_id().to_vec(), result })
    }

    fn begin(&self, device: DeviceId, step: Step, now_ms: u64) {
        let mut ceremonies = lock(&self.ceremonies);
        ceremonies.retain(|_, ceremony| now_ms.saturating_sub(ceremony.began_ms) <= CEREMONY_MS);
        if ceremonies.len() >= CEREMONIES_MAX {
            let oldest = ceremonies.iter().min_by_key(|(_, ceremony)| ceremony.began_ms).map(|(device, _)| *device);
            oldest.and_then(|device| ceremonies.remove(&device));
        }
        ceremonies.insert(device, Ceremony { began_ms: now_ms, step });
    }

    /// Each ceremony ends once, well or badly.
    fn end(&self, device: DeviceId, now_ms: u64) -> Result<Step, Broken> {
        let ceremony = lock(&self.ceremonies).remove(&device).ok_or(Broken::Over)?;
        if now_ms.saturating_sub(ceremony.began_ms) > CEREMONY_MS { Err(Broken::Over) } else { Ok(ceremony.step) }
    }
}

/// A passkey that has proved whose it is.
#[derive(Debug)]
pub struct Proved {
    pub id: Vec<u8>,
    result: webauthn_rs::prelude::AuthenticationResult,
}

impl Proved {
    /// What is to be kept of the passkey from now on, given what was kept; none for another passkey's content.
    #[must_use]
    pub fn content(&self, before: &str) -> Option<String> {
        let mut passkey = read(before)?;
        passkey.update_credential(&self.result)?;
        serde_json::to_string(&passkey).ok()
    }
}

fn read(content: &str) -> Option<Passkey> {
    serde_json::from_str(content).ok()
}

fn kept(passkey: &Passkey) -> Result<Kept, Broken> {
    let content = serde_json::to_string(passkey).map_err(|_| Broken::Wrong)?;
    Ok(Kept { id: passkey.cred_id().to_vec(), content })
}
