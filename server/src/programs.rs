//! Other programs: what a token lets them do ([`Grant`]), and whom the server tells of news ([`news`]).
//!
//! A token acts for an account, as a device of that account would, and is a device in what it writes and in the journal. It passes
//! only where an address names a [`Grant`], and only those that it was given.

pub mod address;
pub mod news;

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use shared::permission::Capability;

use crate::{secret, storage::StoreError};

/// What a token may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grant {
    /// People and associations.
    #[serde(rename = "read:directory")]
    ReadDirectory,
    /// Figures and reports.
    #[serde(rename = "read:figures")]
    ReadFigures,
    /// Events, with who was there.
    #[serde(rename = "read:events")]
    ReadEvents,
    /// Dossiers.
    #[serde(rename = "read:dossiers")]
    ReadDossiers,
    /// What waits for a decision.
    #[serde(rename = "read:questions")]
    ReadQuestions,
    /// Every document whole, and which of them changed.
    #[serde(rename = "read:documents")]
    ReadDocuments,
    /// Make edits, as the account itself could.
    #[serde(rename = "write:edits")]
    WriteEdits,
}

impl Grant {
    pub const ALL: [Self; 7] = [
        Self::ReadDirectory,
        Self::ReadFigures,
        Self::ReadEvents,
        Self::ReadDossiers,
        Self::ReadQuestions,
        Self::ReadDocuments,
        Self::WriteEdits,
    ];

    /// The word for it in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadDirectory => "read:directory",
            Self::ReadFigures => "read:figures",
            Self::ReadEvents => "read:events",
            Self::ReadDossiers => "read:dossiers",
            Self::ReadQuestions => "read:questions",
            Self::ReadDocuments => "read:documents",
            Self::WriteEdits => "write:edits",
        }
    }

    /// The grant of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == word)
    }

    /// What a token must have been given where a person must have this capability; none where no token passes.
    #[must_use]
    pub fn of(capability: Capability) -> Option<Self> {
        match capability {
            Capability::ReadDirectory => Some(Self::ReadDirectory),
            Capability::ReadFigures => Some(Self::ReadFigures),
            _ => None,
        }
    }
}

/// What tokens begin with, so that one that has leaked is recognised for what it is.
const PREFIX: &str = "tiwizi_";

/// What a program proves itself by.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh one.
    #[must_use]
    pub fn draw() -> Self {
        Self(secret::draw())
    }

    /// From the header of a request.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        // 32 bytes are 43 letters: nothing longer is decoded.
        let bytes = (secret.len() == 43).then(|| BASE64_URL_SAFE_NO_PAD.decode(secret).ok()).flatten()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text, for whoever made it: the only time that it is seen.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        secret::hash(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

/// Why something was not done for, or by, a program. The code is what the app translates.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such token")]
    TokenUnknown,
    #[error("too many tokens are open")]
    TokensTooMany,
    #[error("a token needs a name, something that it may do, and an end within a year")]
    TokenIncomplete,
    #[error("whoever makes a token may not govern this account")]
    TokenAccount,
    #[error("there is no such listener")]
    WebhookUnknown,
    #[error("too many listeners")]
    WebhooksTooMany,
    #[error("news are sent to https addresses only, and to none inside the house's own network")]
    WebhookAddress,
    #[error("the same key was sent with other edits")]
    KeyUsed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Refusal {
    /// The stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenUnknown => "token.unknown",
            Self::TokensTooMany => "token.too_many",
            Self::TokenIncomplete => "token.incomplete",
            Self::TokenAccount => "role.forbidden",
            Self::WebhookUnknown => "webhook.unknown",
            Self::WebhooksTooMany => "webhook.too_many",
            Self::WebhookAddress => "webhook.address",
            Self::KeyUsed => "edits.key_used",
            Self::Store(_) => "server.failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_shows_itself_to_nobody_else() {
        let token = Token::draw();
        assert_eq!(Token::parse(&token.reveal()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "Token(secret)");
        for text in ["", "tiwizi_", &token.reveal()[1..], &format!("{}A", token.reveal()), "tiwizi_é"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_grant_is_called_the_same_everywhere() {
        for grant in Grant::ALL {
            assert_eq!(serde_json::to_value(grant).unwrap(), grant.as_str());
            assert_eq!(Grant::from_word(grant.as_str()), Some(grant));
        }
    }
}
