//! What few rules set: time zone, extension, custom fields, devices.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Extras, FieldProblem, trimmed};
use crate::model::{Directory, Field, PersonIx};
use crate::rules::mapping::{BoundMapping, Cut, Fault};
use crate::rules::profile::Profile;

/// The expressions of one profile, ready for one directory.
pub(super) struct BoundExtras<'d> {
    time_zone: Option<BoundMapping<'d>>,
    extension: Option<BoundMapping<'d>>,
    custom_fields: Vec<(&'d str, BoundMapping<'d>)>,
    devices: Vec<BoundMapping<'d>>,
}

impl<'d> BoundExtras<'d> {
    pub(super) fn bind(profile: &Profile<'d>, directory: &'d Arc<Directory>) -> Self {
        let bind =
            |field| profile.source(field).and_then(|source| source.mapping).map(|mapping| mapping.bind(directory));
        let custom = profile.custom_fields.iter();
        let devices = profile.devices.map_or(&[][..], |devices| devices.value);
        Self {
            time_zone: bind(Field::TimeZone),
            extension: bind(Field::Extension),
            custom_fields: custom
                .filter_map(|(name, source)| source.mapping.map(|mapping| (*name, mapping.bind(directory))))
                .collect(),
            devices: devices.iter().map(|mapping| mapping.bind(directory)).collect(),
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
        let devices = self.devices.iter().filter_map(|bound| value(Field::Devices, bound, |_| None)).collect();
        Extras { time_zone, extension, custom_fields, devices, problems: extras.problems }
    }
}

/// An extension has two to eight digits.
fn not_an_extension(text: &str) -> Option<String> {
    let fine = (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (!fine).then(|| format!("`{text}` is no extension: two to eight digits"))
}

/// A time zone is written as in the IANA database; whether it is in there, the account says.
fn not_a_zone(text: &str) -> Option<String> {
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
