//! What a directory says of itself.

use serde::Serialize;

use crate::model::Dn;

/// What a directory is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryInfo {
    /// Its kind and place in a few words, such as `LDIF export directory.ldif.gz`.
    pub name: String,
    /// The vendor or format, such as `Active Directory`, where it is known.
    pub vendor: Option<String>,
    /// The naming contexts, or what is read of them: whatever stands at the top when it is browsed.
    pub naming_contexts: Vec<Dn>,
    /// The servers that answer: none for a file, and one for each part of a directory that is made of several.
    pub servers: Vec<ServerInfo>,
}

impl DirectoryInfo {
    /// A directory that no server answers for, and of which nothing more is known.
    pub fn new(name: impl Into<String>, naming_contexts: Vec<Dn>) -> Self {
        Self { name: name.into(), vendor: None, naming_contexts, servers: Vec::new() }
    }
}

/// A server, and what whoever signs in to it may do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerInfo {
    /// Where it answered, such as `ldaps://dc1.example.test:636`.
    pub address: String,
    /// Whether TLS protects the connection.
    pub encrypted: bool,
    /// What it calls itself in DNS.
    pub host: Option<String>,
    /// The version of its software, where it tells.
    pub version: Option<String>,
    /// The domain it serves, as DNS names it.
    pub domain: Option<String>,
    /// The forest of that domain, by the DNS name of its first domain.
    pub forest: Option<String>,
    /// The domains of the forest, this one among them, in the order of their names.
    pub domains: Vec<Domain>,
    /// All naming contexts, those that hold no people among them.
    pub naming_contexts: Vec<Dn>,
    /// Who is signed in.
    pub identity: Identity,
    /// Functional levels; Active Directory alone has them.
    pub levels: Option<Levels>,
    /// Controls that it takes.
    pub controls: Vec<Oid>,
    /// Capabilities, extended operations and other features.
    pub capabilities: Vec<Oid>,
    /// SASL mechanisms by which it lets people sign in.
    pub mechanisms: Vec<String>,
    /// By how many seconds its clock is ahead of this machine's, negative if it is behind; 0 as well where the difference
    /// is no larger than what the question took, and `None` where the server does not tell the time.
    pub clock_ahead: Option<i64>,
    /// Whether it gives long answers in pages.
    pub pages: bool,
    /// What can be read of people; `None` where that cannot be found out without reading everybody.
    pub people: Option<Readable>,
    /// Whether deleted objects can be read, which say who left since the last read; `None` where there is no such thing.
    pub deleted_objects: Option<bool>,
    /// Whether it can be asked what changed since the last read (`DirSync`, for which the right «Replicating Directory
    /// Changes» is needed); `None` where there is no such thing, or the question was not answered.
    pub replication: Option<bool>,
}

/// A domain of a forest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// Its root.
    pub dn: Dn,
    /// Its name in DNS.
    pub dns: String,
    /// Its short name.
    pub netbios: Option<String>,
    /// Whether this server holds its people. Those of other domains are read from servers of their own.
    pub here: bool,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Who it is, in the server's words if it tells, otherwise the name that was used.
    pub name: String,
    /// Where the user stands in the directory, if it can be found.
    pub dn: Option<Dn>,
}

/// Functional levels of Active Directory: what the oldest controller allowed to take part may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Levels {
    /// Of the server itself.
    pub controller: Option<Level>,
    /// Of its domain.
    pub domain: Option<Level>,
    /// Of the forest.
    pub forest: Option<Level>,
}

/// A functional level (MS-ADTS 6.1.4.2 to 6.1.4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Its number.
    pub number: i64,
    /// The name of the system it is called after, if it is a known one.
    pub name: Option<&'static str>,
}

/// An object identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oid {
    /// Its digits.
    pub oid: String,
    /// What it stands for, if it is a known one.
    pub name: Option<&'static str>,
}

/// What can be read of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readable {
    /// Not a single person can be seen.
    Nobody,
    /// People can be seen, but not the id that tells them apart for good: no run is possible.
    WithoutId,
    /// People can be seen, with their ids.
    People,
}

impl Readable {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Nobody, Self::WithoutId, Self::People];
}
