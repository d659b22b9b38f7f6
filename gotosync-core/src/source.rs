//! Where people come from: the contract of every directory source.

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

    /// Lists people of a place or a group page by page, and finds people, places and groups by name.
    ///
    /// As it stands here it reads everybody. A source that can ask for fewer does, and may then match names as its server
    /// does: Active Directory by how they begin.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such place or group.
    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        let reading = self.read(&ReadRequest::everyone(LIST_ATTRIBUTES)).await?;
        let listing = listing_of(&reading.directory, query, Timestamp::now())?;
        Ok(Listing { completeness: reading.completeness, ..listing })
    }

    /// Reads groups, units and the people a request asks for.
    async fn read(&self, request: &ReadRequest) -> Result<Reading>;
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

impl NodeKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::NamingContext, Self::Unit, Self::Container, Self::Group];
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
