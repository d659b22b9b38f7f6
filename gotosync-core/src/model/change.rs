//! Changes to one user; those that take something away cannot be built without evidence that both sides were read whole.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Serialize;

use super::reading::Completeness;

mod read;
mod user;

pub(crate) use read::{ChangeRead, SetRead, Unproven};
pub use user::UserChanges;
pub(crate) use user::UserChangesRead;

/// Evidence that a directory and an account were both read to their ends.
///
/// Every constructor of something that takes away or overwrites asks for it, and only [`Whole::of`] makes one. So a
/// truncated search, a lost page or an unreachable server cannot become a suspension, whoever writes the planner:
///
/// ```compile_fail
/// use gotosync_core::model::{Release, UserKey, Whole};
///
/// // There is no other way to make one:
/// let whole = Whole { read: std::marker::PhantomData };
/// Release::new(whole, UserKey::new("1"), vec![]);
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Action;
///
/// // Nor does text become one, but as part of a plan that bears the evidence:
/// let action: Action = serde_json::from_str(r#"{ "do": "release", "user": "1", "licenses": ["10"] }"#).unwrap();
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Change;
///
/// // Nor to overwrite without one:
/// Change { before: Some("Ann"), after: Some("Anna") };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Whole<'r> {
    read: PhantomData<&'r ()>,
}

impl Whole<'_> {
    /// The evidence that a plan bears which was made from two complete reads and kept as text.
    pub(crate) fn recorded(source: &Completeness, account: &Completeness) -> Option<Self> {
        (source.is_complete() && account.is_complete()).then_some(Self { read: PhantomData })
    }
}

/// A change that may be none.
pub(crate) trait Unchanged {
    /// Says whether nothing changes.
    fn is_unchanged(&self) -> bool;
}

/// Says whether nothing changes: what is so is not written.
pub(crate) fn is_unchanged(change: &impl Unchanged) -> bool {
    change.is_unchanged()
}

impl<T> Unchanged for Option<Change<T>> {
    fn is_unchanged(&self) -> bool {
        self.is_none()
    }
}

impl<T> Unchanged for SetChange<T> {
    fn is_unchanged(&self) -> bool {
        self.is_empty()
    }
}

impl<K, T> Unchanged for BTreeMap<K, T> {
    fn is_unchanged(&self) -> bool {
        self.is_empty()
    }
}

/// One value of a user before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<T>,
}

impl<T> Change<T> {
    /// Sets a value where there is none: nothing is lost by it.
    pub fn fill(after: T) -> Self {
        Self { before: None, after: Some(after) }
    }

    /// Overwrites or removes a value.
    pub fn replace(_: Whole<'_>, before: T, after: Option<T>) -> Self {
        Self { before: Some(before), after }
    }

    /// The value that is lost, if there was one.
    pub fn before(&self) -> Option<&T> {
        self.before.as_ref()
    }

    /// The value that comes, if one does.
    pub fn after(&self) -> Option<&T> {
        self.after.as_ref()
    }

    /// Says whether something is lost.
    pub fn takes_away(&self) -> bool {
        self.before.is_some()
    }
}

/// Things that come and go for one user in one change, such as licenses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetChange<T> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remove: Vec<T>,
}

impl<T> Default for SetChange<T> {
    fn default() -> Self {
        Self { add: Vec::new(), remove: Vec::new() }
    }
}

impl<T> SetChange<T> {
    /// What comes.
    pub fn adding(add: Vec<T>) -> Self {
        Self { add, remove: Vec::new() }
    }

    /// The same, and other things go.
    #[must_use]
    pub fn removing(mut self, _: Whole<'_>, remove: Vec<T>) -> Self {
        self.remove = remove;
        self
    }

    /// What comes.
    pub fn added(&self) -> &[T] {
        &self.add
    }

    /// What goes.
    pub fn removed(&self) -> &[T] {
        &self.remove
    }

    /// Says whether nothing comes and nothing goes.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// Says whether what goes is not there, or what comes is there already.
    pub(crate) fn is_stale(&self, has: impl Fn(&T) -> bool) -> bool {
        !self.remove.iter().all(&has) || self.add.iter().any(has)
    }

    /// Says whether what comes is there, and what goes is not.
    pub(crate) fn has_arrived(&self, has: impl Fn(&T) -> bool) -> bool {
        self.add.iter().all(&has) && !self.remove.iter().any(has)
    }
}
