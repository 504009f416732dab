//! Who may do what: one table, read by the phone to refuse early and by the server to decide.

use serde::{Deserialize, Serialize};

use crate::document::Kind;

/// What an account may do. Ordered: each role may do what the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the door of the events, and writes the dossiers, that were given to them.
    Volunteer,
    /// Prepares events and accompanies dossiers.
    Coordinator,
    /// Reviews what was merged, and reports.
    Staff,
    /// Lets people in and out.
    Admin,
}

impl Role {
    /// Every role, the least powerful first.
    pub const ALL: [Self; 4] = [Self::Volunteer, Self::Coordinator, Self::Staff, Self::Admin];

    /// The word for it in SQL, on the command line and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Coordinator => "coordinator",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Which documents this role holds.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Volunteer => Scope::Assigned,
            Self::Coordinator | Self::Staff | Self::Admin => Scope::Everything,
        }
    }

    /// Whether this role may hold documents of this kind at all.
    #[must_use]
    pub fn may_read(self, kind: Kind) -> bool {
        match kind {
            // Phones and emails are for those who call people; the door needs names only.
            Kind::Contact => self >= Self::Coordinator,
            Kind::Person | Kind::Association | Kind::Event | Kind::Dossier | Kind::Call => true,
        }
    }

    /// Whether this role may bring a document of this kind into being.
    ///
    /// A walk-in makes a person and their contact; a volunteer may deliver a contact that they will not hold.
    #[must_use]
    pub fn may_create(self, kind: Kind) -> bool {
        match kind {
            Kind::Person | Kind::Contact | Kind::Association => true,
            Kind::Event | Kind::Dossier => self >= Self::Coordinator,
            Kind::Call => self >= Self::Staff,
        }
    }

    /// Whether this role may change documents of this kind that it holds.
    #[must_use]
    pub fn may_change(self, kind: Kind) -> bool {
        match kind {
            Kind::Person | Kind::Contact | Kind::Association | Kind::Event | Kind::Dossier => true,
            Kind::Call => self >= Self::Staff,
        }
    }
}

/// Which documents an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The events and dossiers given to the account, and the people and associations that these name.
    Assigned,
    /// Every document of the kinds that the role may read.
    Everything,
}
