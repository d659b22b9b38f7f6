//! How a group is named.

use std::fmt;

use serde::Serialize;

use super::dn::Dn;
use super::id::GroupId;

/// A reference to a group, as an admin writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupRef {
    /// By distinguished name.
    Dn(Dn),
    /// By immutable id.
    Id(GroupId),
    /// By account name or common name, which two groups may share.
    Name(String),
}

impl GroupRef {
    /// Reads a reference: a UUID is an id, a text that parses as a distinguished name is one, anything else is a name.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let looks_like_dn = ["cn=", "ou=", "uid=", "dc="]
            .iter()
            .any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)));
        if uuid::Uuid::try_parse(text).is_ok() {
            Self::Id(GroupId::parse(text))
        } else if let (true, Ok(dn)) = (looks_like_dn, Dn::parse(text)) {
            Self::Dn(dn)
        } else {
            Self::Name(text.to_owned())
        }
    }
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dn(dn) => dn.fmt(f),
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}
