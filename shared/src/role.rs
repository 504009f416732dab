//! Roles: what an account is. What each may do stands in one table, in [`crate::permission`].

use serde::{Deserialize, Serialize};

/// What an account is. Not ordered: the auditor stands beside the others, so nothing may ask for 'this role or more'.
///
/// The number travels and is stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the door of the events, and writes the dossiers, that were given to them.
    Volunteer,
    /// Prepares events and accompanies dossiers.
    Coordinator,
    /// Reviews what was merged, and reports.
    Staff,
    /// Lets people in and out, and sets the house's rules.
    Admin,
    /// Reads what was given to them for a funder, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role, by number.
    pub const ALL: [Self; 5] = [Self::Volunteer, Self::Coordinator, Self::Staff, Self::Admin, Self::Auditor];

    /// The word for it in SQL, on the command line and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Coordinator => "coordinator",
            Self::Staff => "staff",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Which scopes an account of this role may have, the usual one first.
    #[must_use]
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Volunteer | Self::Auditor => &[Scope::Assigned],
            Self::Coordinator => &[Scope::Everything, Scope::Assigned],
            Self::Staff | Self::Admin => &[Scope::Everything],
        }
    }
}

/// Which documents an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The events, dossiers, associations and territories given to the account, and what these name.
    Assigned,
    /// Every document of the kinds that the role may read.
    Everything,
}

impl Scope {
    /// The word for it in SQL and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Everything => "everything",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Assigned, Self::Everything].into_iter().find(|scope| scope.as_str() == word)
    }
}
