//! Values that few rules set: the settings of users.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Extras, FieldProblem, trimmed};
use crate::model::{Directory, ExpressionKey, Field, Form, PersonIx};
use crate::rules::mapping::{BoundMapping, Cut, Fault};
use crate::rules::profile::{Profile, single_fields};

/// The expressions of one profile, bound to one directory.
pub(super) struct BoundExtras<'d> {
    singles: Vec<(Field, BoundMapping<'d>)>,
    custom_fields: Vec<(&'d str, BoundMapping<'d>)>,
    lists: Vec<(Field, Vec<BoundMapping<'d>>)>,
}

impl<'d> BoundExtras<'d> {
    pub(super) fn bind(profile: &Profile<'d>, directory: &'d Arc<Directory>) -> Self {
        let settings = single_fields().filter(|field| ExpressionKey::of(*field).is_some());
        let single = |field| Some((field, profile.source(field)?.mapping?.bind(directory)));
        let custom = profile.custom_fields.iter();
        let lists = profile.lists.iter();
        Self {
            singles: settings.filter_map(single).collect(),
            custom_fields: custom
                .filter_map(|(name, source)| source.mapping.map(|mapping| (*name, mapping.bind(directory))))
                .collect(),
            lists: lists
                .map(|(field, set)| (*field, set.value.iter().map(|mapping| mapping.bind(directory)).collect()))
                .collect(),
        }
    }

    /// Evaluates the expressions for a person. An invalid value becomes a problem and is omitted, so the user keeps the current value.
    pub(super) fn evaluate(&self, ix: PersonIx, cuts: &mut Vec<(Field, Cut)>) -> Extras<'d> {
        let mut problems = Vec::new();
        let mut value = |field, bound: &BoundMapping<'d>, problem: &dyn Fn(&str) -> Option<String>| {
            let mut cut = Vec::new();
            let found = bound.value(ix, &mut cut).map(|value| value.map(trimmed)).map_err(Fault::into_message);
            cuts.extend(cut.into_iter().map(|cut| (field, cut)));
            let checked = found.and_then(|value| match value.as_deref().and_then(problem) {
                Some(problem) => Err(problem),
                None => Ok(value),
            });
            checked.unwrap_or_else(|problem| {
                problems.push(FieldProblem { field, problem });
                None
            })
        };
        let form = |field| {
            let form = ExpressionKey::of(field).map_or(Form::Any, |key| key.form);
            move |text: &str| form.problem(text)
        };
        let singles: Vec<(Field, Cow<'_, str>)> = self
            .singles
            .iter()
            .filter_map(|(field, bound)| Some((*field, value(*field, bound, &form(*field))?)))
            .collect();
        let custom = self.custom_fields.iter();
        let custom_fields: Vec<(&str, Cow<'_, str>)> =
            custom.filter_map(|(name, bound)| Some((*name, value(Field::CustomFields, bound, &too_long)?))).collect();
        let lists = self.lists.iter().map(|(field, list)| {
            let problem = form(*field);
            (*field, list.iter().filter_map(|bound| value(*field, bound, &problem)).collect::<Vec<_>>())
        });
        let lists = lists.filter(|(_, list)| !list.is_empty()).collect();
        Extras { singles, custom_fields, lists, problems }
    }
}

/// Returns a message if a text is too long for a custom field of the account.
fn too_long(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length > CUSTOM_FIELD).then(|| format!("it has {length} characters, but the account allows {CUSTOM_FIELD}"))
}

/// The maximum length of a custom field in characters.
const CUSTOM_FIELD: usize = 256;
