//! User groups of an account.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A user group by its names from the top: `Sales/EMEA`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserGroupPath(Arc<str>);

impl UserGroupPath {
    /// Takes a path, without blanks around its names. An empty name in it is told by [`problem`](Self::problem).
    pub fn new(path: &str) -> Self {
        if path.split('/').all(|name| name.trim() == name) {
            return Self(path.into());
        }
        Self(path.split('/').map(str::trim).collect::<Vec<_>>().join("/").into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name of the path.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path one level up.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// Says whether it is the other path or stands somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The number of names in the path.
    pub fn depth(&self) -> usize {
        self.0.split('/').count()
    }

    /// Says what is wrong with the path, if anything.
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
    /// Its key, where the target has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<str>>,
    /// Where it stands in the tree.
    pub path: UserGroupPath,
}
