//! Scopes, which select people by unit or group, and the request that a source reads.

use std::fmt;

use serde::Serialize;

use super::directory::{Directory, GroupIx, UnitIx};
use super::dn::Dn;
use super::group_ref::GroupRef;
use super::reading::Kept;
use crate::Error;

/// The depth of a unit scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// The unit and everything below it.
    #[default]
    Subtree,
    /// Only people directly in the unit.
    OneLevel,
}

impl Depth {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Subtree, Self::OneLevel];
}

/// The kind of group membership that a scope includes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// Direct members and members of nested groups, at any depth.
    #[default]
    Nested,
    /// Only direct members of the group.
    Direct,
}

impl Membership {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Nested, Self::Direct];
}

/// A selection of people: everyone, the people in a unit, or the members of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All people in the directory.
    Everyone,
    /// People in a unit.
    Unit {
        /// The unit.
        dn: Dn,
        /// The depth below the unit.
        depth: Depth,
    },
    /// People in a group.
    Group {
        /// The group.
        group: GroupRef,
        /// The kind of membership.
        membership: Membership,
    },
}

/// A scope resolved against a directory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FoundScope {
    /// All people.
    Everyone,
    /// A unit.
    Unit(UnitIx, Depth),
    /// A group, followed by the nested groups if the scope includes them.
    Groups(Vec<GroupIx>),
}

/// The reason why a scope could not be resolved. A scope that exists but selects no people is not an error.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum ScopeError {
    /// The OU or group does not exist in the directory.
    Missing {
        /// The scope as written.
        scope: String,
        /// The most similar name in the directory.
        nearest: Option<String>,
    },
    /// The name matches several groups.
    Ambiguous {
        /// The scope as written.
        scope: String,
        /// The matching groups.
        candidates: Vec<Dn>,
    },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { scope, nearest } => {
                write!(f, "{scope} is not in the directory")?;
                nearest.as_ref().map_or(Ok(()), |name| write!(f, "; did you mean `{name}`?"))
            }
            Self::Ambiguous { scope, candidates } => {
                write!(f, "{scope} matches several groups:")?;
                (0..).zip(candidates).try_for_each(|(at, dn)| write!(f, "{} `{dn}`", if at == 0 { "" } else { "," }))
            }
        }
    }
}

impl Scope {
    /// Resolves the scope against a directory.
    pub(crate) fn find(&self, directory: &Directory) -> Result<FoundScope, ScopeError> {
        match self {
            Self::Everyone => Ok(FoundScope::Everyone),
            Self::Unit { dn, depth } => {
                if let Some(unit) = directory.find_unit(dn) {
                    return Ok(FoundScope::Unit(unit, *depth));
                }
                let names: Vec<String> = directory.units().iter().map(|unit| unit.dn.name()).collect();
                let nearest = super::text::nearest(&dn.name(), names.iter().map(String::as_str));
                let nearest = nearest.and_then(|name| names.iter().position(|own| own == name));
                let nearest = nearest.map(|at| directory.units()[at].dn.to_string());
                Err(ScopeError::Missing { scope: self.to_string(), nearest })
            }
            Self::Group { group, membership } => match *directory.find_groups(group) {
                [] => {
                    let wanted = if let GroupRef::Dn(dn) = group { dn.name() } else { group.to_string() };
                    let names = directory.groups().iter().map(|group| &*group.name);
                    let nearest = super::text::nearest(&wanted, names).map(str::to_owned);
                    Err(ScopeError::Missing { scope: self.to_string(), nearest })
                }
                [one] => Ok(FoundScope::Groups(match membership {
                    Membership::Nested => directory.nested_groups(one),
                    Membership::Direct => vec![one],
                })),
                ref several => {
                    let candidates = several.iter().map(|ix| directory.group(*ix).dn.clone()).collect();
                    Err(ScopeError::Ambiguous { scope: self.to_string(), candidates })
                }
            },
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Unit { dn, depth: Depth::Subtree } => write!(f, "the OU `{dn}`"),
            Self::Unit { dn, depth: Depth::OneLevel } => write!(f, "the OU `{dn}` (one level)"),
            Self::Group { group, membership: Membership::Nested } => write!(f, "the group `{group}`"),
            Self::Group { group, membership: Membership::Direct } => write!(f, "the group `{group}` (direct members)"),
        }
    }
}

/// A request to a source. Groups and units are always read completely; people are read only as far as a scope selects them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadRequest {
    /// The names of the attributes to read for people. The attributes for id, enabled state, and group memberships are always
    /// read.
    pub attributes: Vec<String>,
    /// The scopes to read; people in any of them are included, and a source may return more. A scope that does not exist is not
    /// an error of the read: the caller will find it missing in the returned directory.
    pub scopes: Vec<Scope>,
    /// The state saved by an earlier read. A source that supports it reads only the changes since then; the result is the same.
    pub since: Option<Kept>,
}

impl ReadRequest {
    /// Creates a request for all people with these attributes.
    pub fn everyone<I: IntoIterator<Item: Into<String>>>(attributes: I) -> Self {
        Self {
            attributes: attributes.into_iter().map(Into::into).collect(),
            scopes: vec![Scope::Everyone],
            since: None,
        }
    }

    /// Returns `true` if all people are requested.
    pub fn wants_everyone(&self) -> bool {
        self.scopes.contains(&Scope::Everyone)
    }
}

impl From<ScopeError> for Error {
    fn from(error: ScopeError) -> Self {
        let kind = match error {
            ScopeError::Missing { .. } => crate::ErrorKind::NotFound,
            ScopeError::Ambiguous { .. } => crate::ErrorKind::Ambiguous,
        };
        Self::new(kind, error.to_string())
    }
}
