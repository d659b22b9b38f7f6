//! Changes as they are read from text: those that take something away are built by the constructors that everybody uses, with the
//! evidence that the text's own basis gives.

use serde::Deserialize;

use super::{Change, SetChange, Whole};

/// A change that was read, and that is not built yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRead<T> {
    before: Option<T>,
    after: Option<T>,
}

/// Things that come and go, as they were read.
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

/// A change takes something away, and there is no evidence that it may.
pub(crate) struct Unproven;

impl<T> ChangeRead<T> {
    /// Builds the change; one from nothing to nothing is none.
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
