//! A change to a field as text, for reasons and reports.

use std::borrow::Cow;

use super::Field;
use crate::model::change::{Change, SetChange};

/// A change to a field, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange<'c> {
    /// The field.
    pub field: Field,
    /// The part of the field, if it has several: e.g. the key of a license, or the name of a custom field.
    pub part: Option<&'c str>,
    /// The old value.
    pub before: Option<Cow<'c, str>>,
    /// The new value.
    pub after: Option<Cow<'c, str>>,
}

impl<'c> FieldChange<'c> {
    pub(in crate::model) fn of<T>(
        field: Field,
        part: Option<&'c str>,
        change: &'c Change<T>,
        text: impl Fn(&'c T) -> Cow<'c, str>,
    ) -> Self {
        Self { field, part, before: change.before().map(&text), after: change.after().map(text) }
    }

    /// Creates the change for a value that is set and cannot be read back.
    pub(in crate::model) fn coming(field: Field, value: String) -> Self {
        Self { field, part: None, before: None, after: Some(value.into()) }
    }

    /// Creates a change for each value that is added or removed.
    pub(in crate::model) fn of_set<T>(
        field: Field,
        part: Option<&'c str>,
        change: &'c SetChange<T>,
        text: impl Fn(&'c T) -> Cow<'c, str> + 'c,
    ) -> impl Iterator<Item = Self> {
        let added = change.added().iter().map(|item| (item, true));
        let all = added.chain(change.removed().iter().map(|item| (item, false)));
        all.map(move |(item, comes)| {
            let value = Some(text(item));
            let (before, after) = if comes { (None, value) } else { (value, None) };
            Self { field, part, before, after }
        })
    }
}
