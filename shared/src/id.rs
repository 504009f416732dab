//! Identities. Every id is 16 bytes, made where the thing was created, and written as a UUID.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// Makes an id type of 16 bytes: text in JSON and TypeScript, bytes in binary formats.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(as = "String"))]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A UUIDv7: the time it was made (milliseconds since 1970), then 74 random bits.
            #[must_use]
            pub fn new(made_ms: u64, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(made_ms, &random).into_uuid().into_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                uuid::Uuid::try_parse(text).map(|id| Self(id.into_bytes())).map_err(|_| BadId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    <std::borrow::Cow<'de, str>>::deserialize(from)?.parse().map_err(D::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(from).map(Self)
                }
            }
        }
    };
}

/// A text that is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct BadId;

id!(
    /// Any document, whatever its kind.
    DocumentId
);
id!(
    /// An enrolled browser. The first 16 bytes of every actor that it writes with.
    DeviceId
);
id!(
    /// Whose device it is: a person who may sign in, not a participant.
    AccountId
);

impl DocumentId {
    /// The contact document of a person.
    ///
    /// Derived, so that two phones which take a number apart write into one document.
    #[must_use]
    pub fn contact_of(person: Self) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"tiwizi contact of ");
        hash.update(person.0);
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid().into_bytes())
    }
}

/// Something inside a document: a mark, a slot, a budget line. Eight bytes, unique within its document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(as = "String"))]
pub struct RowId(pub [u8; 8]);

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RowId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        // In one way only: two keys of a document that read as one row would be two rows of one id.
        if text.len() != 16 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(BadId);
        }
        u64::from_str_radix(text, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| BadId)
    }
}

impl Serialize for RowId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for RowId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            <std::borrow::Cow<'de, str>>::deserialize(from)?.parse().map_err(D::Error::custom)
        } else {
            <[u8; 8]>::deserialize(from).map(Self)
        }
    }
}
