//! One change as text, for reasons and reports.

use std::borrow::Cow;

use super::Field;
use crate::model::change::{Change, SetChange};

/// One thing that changes, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange<'c> {
    /// The field.
    pub field: Field,
    /// Which part of it, where it has several: the key of a license, the name of a custom field.
    pub part: Option<&'c str>,
    /// The value that goes.
    pub before: Option<Cow<'c, str>>,
    /// The value that comes.
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

    /// Something that is set and cannot be read.
    pub(in crate::model) fn coming(field: Field, value: String) -> Self {
        Self { field, part: None, before: None, after: Some(value.into()) }
    }

    /// One for each thing that comes or goes.
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
