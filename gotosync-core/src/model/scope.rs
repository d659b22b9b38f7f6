//! Which people are meant: a place, a group, or everyone; and what a source is asked to read.

use std::fmt;

use serde::Serialize;

use super::directory::{Directory, GroupIx, UnitIx};
use super::dn::Dn;
use super::group_ref::GroupRef;
use super::reading::Kept;
use crate::Error;

/// How far below a unit a scope reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// The unit and everything below it.
    #[default]
    Subtree,
    /// Only people right in the unit.
    OneLevel,
}

impl Depth {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Subtree, Self::OneLevel];
}

/// Which members of a group a scope means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// Members, and members of the groups nested in it, to any depth.
    #[default]
    Nested,
    /// Only people the group itself names.
    Direct,
}

impl Membership {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Nested, Self::Direct];
}

/// One way to say which people are meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everybody in the directory.
    Everyone,
    /// People in a unit.
    Unit {
        /// The unit.
        dn: Dn,
        /// How far below it.
        depth: Depth,
    },
    /// People in a group.
    Group {
        /// The group.
        group: GroupRef,
        /// Which of its members.
        membership: Membership,
    },
}

/// A scope found in a directory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FoundScope {
    /// Everybody.
    Everyone,
    /// A unit.
    Unit(UnitIx, Depth),
    /// A group with everything the scope reaches through it.
    Groups(Vec<GroupIx>),
}

/// Why a scope selects nobody: never because it is empty.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum ScopeError {
    /// What the scope names is not in the directory.
    Missing {
        /// The scope as written.
        scope: String,
        /// A name that is in the directory and near to it.
        nearest: Option<String>,
    },
    /// The scope names several groups.
    Ambiguous {
        /// The scope as written.
        scope: String,
        /// The groups it could mean.
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
                write!(f, "{scope} could be any of:")?;
                (0..).zip(candidates).try_for_each(|(at, dn)| write!(f, "{} `{dn}`", if at == 0 { "" } else { "," }))
            }
        }
    }
}

impl Scope {
    /// Finds what the scope names.
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

/// What a source is asked to read. Groups and units are always read whole; people only as far as a scope reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadRequest {
    /// Names of the attributes that people must come with. What says who a person is, whether they are enabled and which
    /// groups they are in is always read.
    pub attributes: Vec<String>,
    /// People in any of these scopes are wanted; a source may return more. A scope the source cannot find is no error of
    /// the read: whoever asked finds it missing in the directory that comes back.
    pub scopes: Vec<Scope>,
    /// What an earlier reading left: a source that can reads only what changed since. The answer is the same.
    pub since: Option<Kept>,
}

impl ReadRequest {
    /// Asks for everybody with these attributes.
    pub fn everyone<I: IntoIterator<Item: Into<String>>>(attributes: I) -> Self {
        Self {
            attributes: attributes.into_iter().map(Into::into).collect(),
            scopes: vec![Scope::Everyone],
            since: None,
        }
    }

    /// Says whether everybody is wanted.
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
