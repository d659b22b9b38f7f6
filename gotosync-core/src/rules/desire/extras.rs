//! What few rules set: time zone, extension, custom fields, telephones, location.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Extras, FieldProblem, trimmed};
use crate::model::{Directory, Field, PersonIx, PhoneNumber};
use crate::rules::mapping::{BoundMapping, Cut, Fault};
use crate::rules::profile::Profile;

/// The expressions of one profile, ready for one directory.
pub(super) struct BoundExtras<'d> {
    time_zone: Option<BoundMapping<'d>>,
    extension: Option<BoundMapping<'d>>,
    custom_fields: Vec<(&'d str, BoundMapping<'d>)>,
    location: Option<BoundMapping<'d>>,
    phone_number_name: Option<BoundMapping<'d>>,
    lists: Vec<(Field, Vec<BoundMapping<'d>>)>,
}

impl<'d> BoundExtras<'d> {
    pub(super) fn bind(profile: &Profile<'d>, directory: &'d Arc<Directory>) -> Self {
        let bind =
            |field| profile.source(field).and_then(|source| source.mapping).map(|mapping| mapping.bind(directory));
        let custom = profile.custom_fields.iter();
        let lists = profile.lists.iter();
        Self {
            time_zone: bind(Field::TimeZone),
            extension: bind(Field::Extension),
            custom_fields: custom
                .filter_map(|(name, source)| source.mapping.map(|mapping| (*name, mapping.bind(directory))))
                .collect(),
            location: bind(Field::Location),
            phone_number_name: bind(Field::PhoneNumberName),
            lists: lists
                .map(|(field, set)| (*field, set.value.iter().map(|mapping| mapping.bind(directory)).collect()))
                .collect(),
        }
    }

    /// The values for a person. What cannot be used is a problem of that value alone: the person keeps what was there.
    pub(super) fn evaluate(&self, ix: PersonIx, cuts: &mut Vec<(Field, Cut)>) -> Extras<'d> {
        let mut extras = Extras::default();
        let problems = &mut extras.problems;
        let mut value = |field, bound: &BoundMapping<'d>, problem: fn(&str) -> Option<String>| {
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
        let time_zone = self.time_zone.as_ref().and_then(|bound| value(Field::TimeZone, bound, not_a_zone));
        let extension = self.extension.as_ref().and_then(|bound| value(Field::Extension, bound, not_an_extension));
        let custom = self.custom_fields.iter();
        let custom_fields: Vec<(&str, Cow<'_, str>)> =
            custom.filter_map(|(name, bound)| Some((*name, value(Field::CustomFields, bound, too_long)?))).collect();
        let any = |_: &str| None;
        let location = self.location.as_ref().and_then(|bound| value(Field::Location, bound, any));
        let name = self.phone_number_name.as_ref();
        let phone_number_name = name.and_then(|bound| value(Field::PhoneNumberName, bound, any));
        let lists = self.lists.iter().map(|(field, list)| {
            let problem = match field {
                Field::PhoneNumbers | Field::CallerIdNumbers => not_a_number,
                Field::SecondaryExtensions => not_an_extension,
                _ => any,
            };
            (*field, list.iter().filter_map(|bound| value(*field, bound, problem)).collect::<Vec<_>>())
        });
        let lists = lists.filter(|(_, list)| !list.is_empty()).collect();
        let problems = extras.problems;
        Extras { time_zone, extension, custom_fields, location, phone_number_name, lists, problems }
    }
}

/// A telephone number is digits, however they are grouped.
fn not_a_number(text: &str) -> Option<String> {
    text.parse::<PhoneNumber>().err().map(|problem| format!("`{text}` cannot be used: {problem}"))
}

/// An extension has two to eight digits.
pub(in crate::rules) fn not_an_extension(text: &str) -> Option<String> {
    let fine = (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (!fine).then(|| format!("`{text}` is no extension: two to eight digits"))
}

/// A time zone is written as in the IANA database; whether it is in there, the account says.
pub(in crate::rules) fn not_a_zone(text: &str) -> Option<String> {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b));
    let fine = text == "UTC" || (text.contains('/') && text.split('/').all(part));
    (!fine).then(|| format!("`{text}` is no time zone as `Europe/Berlin`"))
}

/// The account takes custom fields of at most 256 characters.
fn too_long(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length > CUSTOM_FIELD).then(|| format!("it has {length} characters, the account takes {CUSTOM_FIELD}"))
}

const CUSTOM_FIELD: usize = 256;
