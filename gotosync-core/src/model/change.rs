//! Changes to a user. A change that takes something away can be built only with proof that both sides were read completely.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Serialize;

use super::reading::Completeness;

mod read;
mod user;

pub(crate) use read::{ChangeRead, SetRead, Unproven};
pub use user::UserChanges;
pub(crate) use user::UserChangesRead;

/// Proof that a directory and an account were both read completely.
///
/// Every constructor of a change that removes or overwrites something requires this proof, and only [`Whole::of`] creates it.
/// So a truncated search, a lost page, or an unreachable server can never lead to a suspension, even if the planner has a bug:
///
/// ```compile_fail
/// use gotosync_core::model::{Release, UserKey, Whole};
///
/// // The fields are private:
/// let whole = Whole { read: std::marker::PhantomData };
/// Release::new(whole, UserKey::new("1"), vec![]);
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Action;
///
/// // Such an action cannot be deserialized on its own, only as part of a plan that contains the proof:
/// let action: Action = serde_json::from_str(r#"{ "do": "release", "user": "1", "licenses": ["10"] }"#).unwrap();
/// ```
///
/// ```compile_fail
/// use gotosync_core::model::Change;
///
/// // Overwriting a value requires the proof, too:
/// Change { before: Some("Ann"), after: Some("Anna") };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Whole<'r> {
    read: PhantomData<&'r ()>,
}

impl Whole<'_> {
    /// Restores the proof from the completeness of the two reads that a saved plan was made from.
    pub(crate) fn recorded(source: &Completeness, account: &Completeness) -> Option<Self> {
        (source.is_complete() && account.is_complete()).then_some(Self { read: PhantomData })
    }
}

/// A change that may be empty.
pub(crate) trait Unchanged {
    /// Returns `true` if nothing changes.
    fn is_unchanged(&self) -> bool;
}

/// Returns `true` if nothing changes. Serde uses it to leave out empty changes.
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

/// The value of a field of a user before and after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<T>,
}

impl<T> Change<T> {
    /// Sets a field that is empty, so no value is lost.
    pub fn fill(after: T) -> Self {
        Self { before: None, after: Some(after) }
    }

    /// Overwrites or removes a value.
    pub fn replace(_: Whole<'_>, before: T, after: Option<T>) -> Self {
        Self { before: Some(before), after }
    }

    /// Returns the old value, if there was one.
    pub fn before(&self) -> Option<&T> {
        self.before.as_ref()
    }

    /// Returns the new value, if there is one.
    pub fn after(&self) -> Option<&T> {
        self.after.as_ref()
    }

    /// Returns `true` if the change overwrites or removes a value.
    pub fn takes_away(&self) -> bool {
        self.before.is_some()
    }
}

/// A change to a set of values of one user, e.g. licenses.
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
    /// Creates a change that adds values.
    pub fn adding(add: Vec<T>) -> Self {
        Self { add, remove: Vec::new() }
    }

    /// Also removes values.
    #[must_use]
    pub fn removing(mut self, _: Whole<'_>, remove: Vec<T>) -> Self {
        self.remove = remove;
        self
    }

    /// Returns the values to add.
    pub fn added(&self) -> &[T] {
        &self.add
    }

    /// Returns the values to remove.
    pub fn removed(&self) -> &[T] {
        &self.remove
    }

    /// Returns `true` if nothing is added or removed.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// Returns `true` if the change no longer fits: a value to remove is missing, or a value to add is already present.
    pub(crate) fn is_stale(&self, has: impl Fn(&T) -> bool) -> bool {
        !self.remove.iter().all(&has) || self.add.iter().any(has)
    }

    /// Returns `true` if the change has been made: all added values are present, and all removed values are gone.
    pub(crate) fn has_arrived(&self, has: impl Fn(&T) -> bool) -> bool {
        self.add.iter().all(&has) && !self.remove.iter().any(has)
    }
}
