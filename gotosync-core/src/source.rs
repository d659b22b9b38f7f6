//! Where people come from: the contract of every directory source.

use std::fmt::{Debug, Display};

use async_trait::async_trait;
use serde::Serialize;

use crate::Result;
use crate::model::{Dn, ReadRequest, Reading};

#[cfg(feature = "csv")]
pub mod csv;
#[cfg(any(feature = "ldif", feature = "ldap"))]
mod entries;
#[cfg(feature = "ldap")]
pub mod ldap;
#[cfg(feature = "ldif")]
pub mod ldif;
pub mod list;
mod memory;
mod merged;
mod forward;
pub(crate) mod place;
mod tree;

#[cfg(feature = "csv")]
pub use csv::CsvSource;
#[cfg(feature = "ldap")]
pub use ldap::LdapSource;
#[cfg(feature = "ldif")]
pub use ldif::LdifSource;
pub use list::ListSource;
pub use memory::MemorySource;
pub use merged::MergedSource;
pub use tree::children_of;

/// A directory that people are read from.
///
/// An implementation promises three things. **Whole or said not to be:** a [`Reading`] is marked complete only if
/// everything asked for has arrived; a truncated answer is never an empty one. **Superset:** people outside the request's
/// scopes may come along, but none inside them may be missing. **Same question, same answer:** reading twice without a
/// change in between gives equal directories.
///
/// `Err` means that nothing can be said about the directory at all.
// The mock keeps arguments as it finds them.
#[cfg_attr(feature = "mock", allow(clippy::ref_option_ref), mockall::automock)]
#[async_trait]
pub trait DirectorySource: Debug + Display + Send + Sync {
    /// Says what this directory is.
    async fn describe(&self) -> Result<DirectoryInfo>;

    /// Lists one level of the tree: the naming contexts for `None`, otherwise what stands right below a place.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such place.
    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>>;

    /// Reads groups, units and the people a request asks for.
    async fn read(&self, request: &ReadRequest) -> Result<Reading>;
}

/// What a directory is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryInfo {
    /// Its kind and place in a few words, such as `LDIF export directory.ldif.gz`.
    pub name: String,
    /// The vendor or format, such as `Active Directory`, where it is known.
    pub vendor: Option<String>,
    /// The naming contexts.
    pub naming_contexts: Vec<Dn>,
}

/// What a node of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The top of a tree.
    NamingContext,
    /// An organizational unit.
    Unit,
    /// A container.
    Container,
    /// A group.
    Group,
}

/// One line of a listing of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Where it stands.
    pub dn: Dn,
    /// What it is.
    pub kind: NodeKind,
    /// People right in it; for a group, its direct members who are people.
    pub people: usize,
    /// People in it and anywhere below it; for a group, through nested groups too.
    pub people_below: usize,
    /// Whether it has children to list.
    pub children: bool,
}

#[cfg(feature = "mock")]
impl Display for MockDirectorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mock directory")
    }
}
