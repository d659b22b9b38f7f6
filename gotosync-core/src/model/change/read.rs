//! Deserialization of changes. Changes that take something away go through the same constructors as all others, with the proof of
//! complete reads that the text contains.

use serde::Deserialize;

use super::{Change, SetChange, Whole};

/// A deserialized change that has not been built yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRead<T> {
    before: Option<T>,
    after: Option<T>,
}

/// A deserialized set change that has not been built yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRead<T> {
    #[serde(default = "Vec::new")]
    add: Vec<T>,
    #[serde(default = "Vec::new")]
    remove: Vec<T>,
}

impl<T> Default for SetRead<T> {
    fn default() -> Self {
        Self { add: Vec::new(), remove: Vec::new() }
    }
}

/// The error for a change that takes something away without proof of complete reads.
pub(crate) struct Unproven;

impl<T> ChangeRead<T> {
    /// Builds the change; a change without values before and after gives `None`.
    pub(crate) fn build(read: Option<Self>, whole: Option<Whole<'_>>) -> Result<Option<Change<T>>, Unproven> {
        match read {
            None | Some(Self { before: None, after: None }) => Ok(None),
            Some(Self { before: None, after: Some(after) }) => Ok(Some(Change::fill(after))),
            Some(Self { before: Some(before), after }) => {
                Ok(Some(Change::replace(whole.ok_or(Unproven)?, before, after)))
            }
        }
    }
}

impl<T> SetRead<T> {
    /// Builds the change.
    pub(crate) fn build(self, whole: Option<Whole<'_>>) -> Result<SetChange<T>, Unproven> {
        let change = SetChange::adding(self.add);
        if self.remove.is_empty() { Ok(change) } else { Ok(change.removing(whole.ok_or(Unproven)?, self.remove)) }
    }
}
