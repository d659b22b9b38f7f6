//! Directory sources: the trait that each of them implements, and the implementations.

use std::fmt::{Debug, Display};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use crate::Result;
use crate::model::{Dn, ReadRequest, Reading, UnitKind};

#[cfg(feature = "csv")]
pub mod csv;
#[cfg(any(feature = "ldif", feature = "ldap"))]
mod entries;
mod info;
#[cfg(feature = "ldap")]
pub mod ldap;
#[cfg(feature = "ldif")]
pub mod ldif;
pub mod list;
mod listing;
mod memory;
mod merged;
pub(crate) mod people;
mod forward;
pub(crate) mod place;
mod tree;

#[cfg(feature = "csv")]
pub use csv::CsvSource;
pub use info::{DirectoryInfo, Domain, Identity, Level, Levels, Oid, Readable, ServerInfo};
#[cfg(feature = "ldap")]
pub use ldap::{ForestSource, LdapSource};
#[cfg(feature = "ldif")]
pub use ldif::LdifSource;
pub use list::ListSource;
#[allow(deprecated, reason = "the old name is kept for one version")]
pub use listing::Place;
pub use listing::{FoundNode, LIST_ATTRIBUTES, ListQuery, Listed, Listing, Standing, listing_of};
pub use memory::MemorySource;
pub use merged::MergedSource;
pub use people::{PeopleBuilder, PersonRecord};
pub use tree::children_of;

/// A directory that people are read from.
///
/// An implementation guarantees three things:
///
/// - **Completeness is reported.** A [`Reading`] is marked complete only if everything that was requested has arrived. A
///   truncated response is never passed off as an empty one.
/// - **The result is a superset.** It may contain people outside the requested scopes, but none of the people inside them are missing.
/// - **Reads are deterministic.** Two reads without a change in between return equal directories.
///
/// `Err` means that the read returned nothing usable.
// mockall stores the arguments as they are declared, including references to options.
#[cfg_attr(feature = "mock", allow(clippy::ref_option_ref), mockall::automock)]
#[async_trait]
pub trait DirectorySource: Debug + Display + Send + Sync {
    /// Describes the directory, and the servers that hold it.
    async fn describe(&self) -> Result<DirectoryInfo>;

    /// Lists one level of the tree: the naming contexts for `None`, otherwise the immediate children of an OU, container, or
    /// group.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the directory has no such OU, container, or group.
    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>>;

    /// Lists the people in an OU, container, or group page by page, and finds people, OUs, containers, and groups by name.
    ///
    /// The default implementation reads all people. A source that can narrow the search on the server overrides it; names
    /// are then matched as the server matches them. Active Directory, for example, matches the beginning of a name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the directory has no such OU, container, or group.
    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        let reading = self.read(&ReadRequest::everyone(LIST_ATTRIBUTES)).await?;
        let listing = listing_of(&reading.directory, query, Timestamp::now())?;
        Ok(Listing { completeness: reading.completeness, ..listing })
    }

    /// Reads the groups, the units, and the people that the request asks for.
    async fn read(&self, request: &ReadRequest) -> Result<Reading>;
}

/// The kind of a node in the directory tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// A naming context: the root of a directory tree.
    NamingContext,
    /// An organizational unit.
    Unit,
    /// A container.
    Container,
    /// A group.
    Group,
}

impl NodeKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::NamingContext, Self::Unit, Self::Container, Self::Group];
}

/// One node in a listing of the directory tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The distinguished name.
    pub dn: Dn,
    /// The kind of node.
    pub kind: NodeKind,
    /// The number of people directly in it; for a group, the number of people who are direct members.
    pub people: usize,
    /// The number of people in it and anywhere below it; for a group, including members of nested groups.
    pub people_below: usize,
    /// `true` if it has children to list.
    pub children: bool,
}

fn node_kind(kind: UnitKind) -> NodeKind {
    match kind {
        UnitKind::NamingContext => NodeKind::NamingContext,
        UnitKind::Unit => NodeKind::Unit,
        UnitKind::Container => NodeKind::Container,
    }
}

#[cfg(feature = "mock")]
impl Display for MockDirectorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mock directory")
    }
}
