//! References to directory groups.

use std::fmt;

use serde::Serialize;

use super::dn::Dn;
use super::id::GroupId;

/// A reference to a directory group, as an admin writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupRef {
    /// A reference by distinguished name (DN).
    Dn(Dn),
    /// A reference by immutable id.
    Id(GroupId),
    /// A reference by account name or common name. Several groups may have the same name.
    Name(String),
}

impl GroupRef {
    /// Parses a reference: a UUID is an id, a text in the form of a distinguished name is a DN, and everything else is a name.
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
