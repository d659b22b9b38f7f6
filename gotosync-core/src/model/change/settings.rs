//! Changes to the settings few users have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::field::Field;
use super::user::FieldChange;
use super::{Change, SetChange};
use crate::model::account::{SettingsTemplate, UserSettings};
use crate::model::catalog::Mac;
use crate::model::id::LicenseKey;

/// What changes about the settings of one user; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsChanges {
    /// The time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Change<Box<str>>>,
    /// The telephone extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<Change<Box<str>>>,
    /// The settings templates by licence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<LicenseKey, Change<SettingsTemplate>>,
    /// Products inside a licence that are switched on or, where they go, off.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub nested: BTreeMap<LicenseKey, SetChange<String>>,
    /// Custom fields by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, Change<String>>,
    /// Device access groups.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub device_groups: SetChange<String>,
    /// Devices.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub devices: SetChange<Mac>,
}

impl SettingsChanges {
    /// Says whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each change as text, in the order of the fields.
    pub(super) fn list(&self) -> Vec<FieldChange<'_>> {
        let mut list = Vec::new();
        for (field, change) in [(Field::TimeZone, &self.time_zone), (Field::Extension, &self.extension)] {
            list.extend(change.as_ref().map(|change| FieldChange::of(field, None, change, |text| (&**text).into())));
        }
        for (license, change) in &self.templates {
            list.push(FieldChange::of(Field::Templates, Some(license.as_str()), change, |template| {
                template.as_str().into()
            }));
        }
        for (license, change) in &self.nested {
            list.extend(FieldChange::of_set(Field::Products, Some(license.as_str()), change, Into::into));
        }
        for (name, change) in &self.custom_fields {
            list.push(FieldChange::of(Field::CustomFields, Some(name), change, Into::into));
        }
        list.extend(FieldChange::of_set(Field::DeviceGroups, None, &self.device_groups, Into::into));
        list.extend(FieldChange::of_set(Field::Devices, None, &self.devices, |mac| mac.to_string().into()));
        list
    }

    /// The first field that is no longer as it was before.
    pub(super) fn stale(&self, now: &UserSettings) -> Option<Field> {
        let template = |(license, change): (_, &Change<_>)| change.before() != now.templates.get(license);
        let nested = |(license, change): (_, &SetChange<String>)| {
            let off = now.off.get(license).unwrap_or(NOTHING);
            change.is_stale(|code| !off.contains(code))
        };
        let custom = |(name, change): (&String, &Change<String>)| change.before() != now.custom_fields.get(name);
        [
            (Field::TimeZone, self.time_zone.as_ref().is_some_and(|change| change.before() != now.time_zone.as_ref())),
            (Field::Extension, self.extension.as_ref().is_some_and(|change| change.before() != now.extension.as_ref())),
            (Field::Templates, self.templates.iter().any(template)),
            (Field::Products, self.nested.iter().any(nested)),
            (Field::CustomFields, self.custom_fields.iter().any(custom)),
            (Field::DeviceGroups, self.device_groups.is_stale(|name| now.device_groups.contains(name))),
            (Field::Devices, self.devices.is_stale(|mac| now.devices.contains(mac))),
        ]
        .into_iter()
        .find(|(_, stale)| *stale)
        .map(|(field, _)| field)
    }

    /// Says whether the settings are as after the change.
    pub(super) fn has_arrived(&self, now: &UserSettings) -> bool {
        let off = |license| now.off.get(license).unwrap_or(NOTHING);
        self.time_zone.as_ref().is_none_or(|change| change.after() == now.time_zone.as_ref())
            && self.extension.as_ref().is_none_or(|change| change.after() == now.extension.as_ref())
            && self.templates.iter().all(|(license, change)| change.after() == now.templates.get(license))
            && self.nested.iter().all(|(license, change)| change.has_arrived(|code| !off(license).contains(code)))
            && self.custom_fields.iter().all(|(name, change)| change.after() == now.custom_fields.get(name))
            && self.device_groups.has_arrived(|name| now.device_groups.contains(name))
            && self.devices.has_arrived(|mac| now.devices.contains(mac))
    }

    pub(super) fn apply_to(&self, settings: &mut UserSettings) {
        if let Some(change) = &self.time_zone {
            settings.time_zone = change.after().cloned();
        }
        if let Some(change) = &self.extension {
            settings.extension = change.after().cloned();
        }
        put_all(&mut settings.templates, &self.templates);
        put_all(&mut settings.custom_fields, &self.custom_fields);
        for (license, change) in &self.nested {
            let off = settings.off.entry(license.clone()).or_default();
            off.retain(|code| !change.added().contains(code));
            off.extend(change.removed().iter().cloned());
        }
        apply_set(&mut settings.device_groups, &self.device_groups);
        apply_set(&mut settings.devices, &self.devices);
    }
}

fn put_all<K: Ord + Clone, V: Clone>(values: &mut BTreeMap<K, V>, changes: &BTreeMap<K, Change<V>>) {
    for (key, change) in changes {
        match change.after() {
            Some(value) => values.insert(key.clone(), value.clone()),
            None => values.remove(key),
        };
    }
}

fn apply_set<T: Ord + Clone>(set: &mut BTreeSet<T>, change: &SetChange<T>) {
    set.retain(|item| !change.removed().contains(item));
    set.extend(change.added().iter().cloned());
}

const NOTHING: &BTreeSet<String> = &BTreeSet::new();
