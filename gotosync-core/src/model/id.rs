//! Identifiers. Each kind has its own type, so that they cannot be mixed up.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The immutable id of a person in a directory: an AD `objectGUID`, an `entryUUID`, or any text that a source guarantees not
/// to change while the person exists.
///
/// A text in the form of a UUID is stored as that UUID, regardless of letter case and braces. So an id survives a round trip
/// through JSON or CSV.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonId(Repr);

/// The immutable id of a group in a directory; see [`PersonId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Uuid([u8; 16]),
    Text(Box<str>),
}

impl Repr {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        Uuid::try_parse(text).map_or_else(|_| Self::Text(text.into()), |uuid| Self::Uuid(*uuid.as_bytes()))
    }
}

impl fmt::Display for Repr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(bytes) => Uuid::from_bytes(*bytes).hyphenated().fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

macro_rules! directory_id {
    ($name:ident) => {
        impl $name {
            /// Parses an id; every text is valid.
            pub fn parse(text: &str) -> Self {
                Self(Repr::parse(text))
            }

            /// Converts the 16 bytes of an AD `objectGUID`, whose first three fields are little-endian (MS-DTYP 2.3.4).
            pub fn from_object_guid(bytes: [u8; 16]) -> Self {
                Self(Repr::Uuid(*Uuid::from_bytes_le(bytes).as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::parse(&String::deserialize(deserializer)?))
            }
        }
    };
}

directory_id!(PersonId);
directory_id!(GroupId);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Creates an id from a text, unchanged.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

text_id! {
    /// The key of an account at a target.
    AccountKey
}
text_id! {
    /// The key of a user in an account. GoTo's keys are 64-bit integers; they are kept as text and never converted to a float.
    UserKey
}
text_id! {
    /// The key of a license in an account.
    LicenseKey
}
text_id! {
    /// The id of a plan, derived from its content: two plans with the same id are identical, byte for byte.
    PlanId
}
text_id! {
    /// The id of a run of the engine.
    RunId
}
text_id! {
    /// A short hash of a subject's content; it stays the same as long as nothing about the subject changes.
    Fingerprint
}

impl Fingerprint {
    /// Computes the fingerprint of bytes: the first 64 bits of their BLAKE3 hash.
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(&blake3::hash(bytes).to_hex().as_str()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_guid_in_any_notation_to_the_same_id() {
        let guid = [0x00, 0x29, 0xc0, 0xff, 0x1f, 0xc6, 0xd7, 0x49, 0x83, 0x53, 0xd8, 0xae, 0x8f, 0xb3, 0x68, 0x2e];
        let id = PersonId::from_object_guid(guid);
        assert_eq!(id.to_string(), "ffc02900-c61f-49d7-8353-d8ae8fb3682e");
        assert_eq!(PersonId::parse("{FFC02900-C61F-49D7-8353-D8AE8FB3682E}"), id);
        assert_ne!(PersonId::parse("E100355"), id);
    }
}
