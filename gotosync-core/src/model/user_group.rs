//! User groups of an account.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The path of a user group, from the top-level group down: `Sales/EMEA`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserGroupPath(Arc<str>);

impl UserGroupPath {
    /// Creates a path and trims spaces around its names. It does not check for empty names; see [`problem`](Self::problem).
    pub fn new(path: &str) -> Self {
        if path.split('/').all(|name| name.trim() == name) {
            return Self(path.into());
        }
        Self(path.split('/').map(str::trim).collect::<Vec<_>>().join("/").into())
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last name of the path.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the path of the parent group.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// Returns `true` if this path equals `other` or is below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the number of names in the path.
    pub fn depth(&self) -> usize {
        self.0.split('/').count()
    }

    /// Returns the reason why the path is invalid, or `None` if it is valid.
    pub fn problem(&self) -> Option<&'static str> {
        self.0.split('/').any(|name| name.trim().is_empty()).then_some("a name in it is empty")
    }
}

impl fmt::Display for UserGroupPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserGroupPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user group of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// The group's key, if the target uses keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<str>>,
    /// The path.
    pub path: UserGroupPath,
}
