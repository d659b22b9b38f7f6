//! The description of a directory and its servers.

use serde::Serialize;

use crate::model::Dn;

/// A description of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryInfo {
    /// A short name that shows the kind and the location, such as `LDIF export directory.ldif.gz`.
    pub name: String,
    /// The vendor or format, such as `Active Directory`, if known.
    pub vendor: Option<String>,
    /// The roots of the tree: the naming contexts, or the base DNs that reads are limited to.
    pub naming_contexts: Vec<Dn>,
    /// The servers that were asked: none for a file, and one for each part of a directory that consists of several.
    pub servers: Vec<ServerInfo>,
}

impl DirectoryInfo {
    /// Describes a directory without a server, of which nothing else is known.
    pub fn new(name: impl Into<String>, naming_contexts: Vec<Dn>) -> Self {
        Self { name: name.into(), vendor: None, naming_contexts, servers: Vec::new() }
    }
}

/// A directory server, and the rights that the signed-in user has on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerInfo {
    /// The URL that it was reached at, such as `ldaps://dc1.example.test:636`.
    pub address: String,
    /// `true` if TLS protects the connection.
    pub encrypted: bool,
    /// The DNS host name that the server reports.
    pub host: Option<String>,
    /// The version of the server software, if the server reports it.
    pub version: Option<String>,
    /// The DNS name of the domain that the server belongs to.
    pub domain: Option<String>,
    /// The forest of that domain, as the DNS name of the forest root domain.
    pub forest: Option<String>,
    /// The domains of the forest, including the server's own domain, sorted by name.
    pub domains: Vec<Domain>,
    /// All naming contexts, including those without people.
    pub naming_contexts: Vec<Dn>,
    /// The signed-in user.
    pub identity: Identity,
    /// The functional levels; only Active Directory has them.
    pub levels: Option<Levels>,
    /// The supported LDAP controls.
    pub controls: Vec<Oid>,
    /// The supported capabilities, extended operations, and other features.
    pub capabilities: Vec<Oid>,
    /// The supported SASL mechanisms.
    pub mechanisms: Vec<String>,
    /// The number of seconds by which the server's clock is ahead of this machine's clock; negative if it is behind. It is 0
    /// if the difference is not larger than the round trip of the request, and `None` if the server does not report its time.
    pub clock_ahead: Option<i64>,
    /// `true` if the server supports the paged results control.
    pub pages: bool,
    /// The access to people; `None` if it cannot be determined without reading all of them.
    pub people: Option<Readable>,
    /// `true` if the signed-in user can read the deleted objects, which show who has left since the last read; `None` if the
    /// directory does not have them.
    pub deleted_objects: Option<bool>,
    /// `true` if the signed-in user can read the changes since the last read with the `DirSync` control, which takes the
    /// right «Replicating Directory Changes»; `None` if the server does not support it or did not answer the test.
    pub replication: Option<bool>,
}

/// A domain in an Active Directory forest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The distinguished name of the domain.
    pub dn: Dn,
    /// The DNS name.
    pub dns: String,
    /// The NetBIOS name.
    pub netbios: Option<String>,
    /// `true` if this server holds the people of the domain. People of other domains are read from the servers of these domains.
    pub here: bool,
}

/// The signed-in user of a directory server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The name that the server reports; otherwise the name that was used to bind.
    pub name: String,
    /// The distinguished name of the user, if it can be found.
    pub dn: Option<Dn>,
}

/// The functional levels of Active Directory, which set the oldest Windows Server version that a domain controller may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Levels {
    /// The level of the domain controller itself.
    pub controller: Option<Level>,
    /// The level of its domain.
    pub domain: Option<Level>,
    /// The level of the forest.
    pub forest: Option<Level>,
}

/// A functional level (MS-ADTS 6.1.4.2 to 6.1.4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The number of the level.
    pub number: i64,
    /// The Windows Server version that the level is named after, if known.
    pub name: Option<&'static str>,
}

/// An object identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oid {
    /// The identifier in dotted decimal notation.
    pub oid: String,
    /// The name of the feature, if known.
    pub name: Option<&'static str>,
}

/// The signed-in user's access to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readable {
    /// No person is readable.
    Nobody,
    /// People are readable, but the immutable id that identifies them is not: a sync is not possible.
    WithoutId,
    /// People and their ids are readable.
    People,
}

impl Readable {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Nobody, Self::WithoutId, Self::People];
}
