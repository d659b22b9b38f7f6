//! Changes to the settings few users have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::field::Field;
use super::user::FieldChange;
use super::{Change, SetChange, Whole};
use crate::model::account::{SettingsTemplate, UserSettings};
use crate::model::catalog::Mac;
use crate::model::id::LicenseKey;
use crate::model::telephone::{PhoneNumber, Voicemail};

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
    /// The location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Change<Box<str>>>,
    /// Telephone numbers and their names: what comes rings at the user's extension, what goes rings nowhere.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phone_numbers: BTreeMap<PhoneNumber, Change<String>>,
    /// Telephone numbers that the user may show as caller id.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub caller_id_numbers: SetChange<PhoneNumber>,
    /// Extensions that ring at the user too.
    #[serde(skip_serializing_if = "SetChange::is_empty")]
    pub secondary_extensions: SetChange<String>,
    /// The voicemail of the extension that comes. It is set before the extension is the user's, since it cannot be read:
    /// where the extension has come, the voicemail has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<Voicemail>,
}

impl SettingsChanges {
    /// What brings these settings to somebody who has none.
    pub fn making(settings: &UserSettings) -> Self {
        let all = |set: &BTreeSet<String>| SetChange::adding(set.iter().cloned().collect());
        let numbers = settings.phone_numbers.iter();
        let custom = settings.custom_fields.iter();
        let templates = settings.templates.iter();
        Self {
            time_zone: settings.time_zone.clone().map(Change::fill),
            extension: settings.extension.clone().map(Change::fill),
            templates: templates.map(|(license, own)| (license.clone(), Change::fill(own.clone()))).collect(),
            // Switching something off takes it away: nobody new has anything to lose.
            nested: BTreeMap::new(),
            custom_fields: custom.map(|(name, own)| (name.clone(), Change::fill(own.clone()))).collect(),
            device_groups: all(&settings.device_groups),
            devices: SetChange::adding(settings.devices.iter().copied().collect()),
            location: settings.location.clone().map(Change::fill),
            phone_numbers: numbers.map(|(number, name)| (number.clone(), Change::fill(name.clone()))).collect(),
            caller_id_numbers: SetChange::adding(settings.caller_id_numbers.iter().cloned().collect()),
            secondary_extensions: all(&settings.secondary_extensions),
            voicemail: None,
        }
    }

    /// What leads from some settings to others. Products inside a licence that are switched off go, and come when they are
    /// switched on.
    pub fn between(whole: Whole<'_>, before: &UserSettings, after: &UserSettings) -> Self {
        let licenses: BTreeSet<_> = before.off.keys().chain(after.off.keys()).collect();
        let off = |settings: &UserSettings, license| settings.off.get(license).unwrap_or(NOTHING).clone();
        let nested = licenses
            .into_iter()
            .map(|license| (license.clone(), set(whole, &off(after, license), &off(before, license))));
        Self {
            time_zone: one(whole, before.time_zone.as_ref(), after.time_zone.as_ref()),
            extension: one(whole, before.extension.as_ref(), after.extension.as_ref()),
            templates: each(whole, &before.templates, &after.templates),
            nested: nested.filter(|(_, change)| !change.is_empty()).collect(),
            custom_fields: each(whole, &before.custom_fields, &after.custom_fields),
            device_groups: set(whole, &before.device_groups, &after.device_groups),
            devices: set(whole, &before.devices, &after.devices),
            location: one(whole, before.location.as_ref(), after.location.as_ref()),
            phone_numbers: each(whole, &before.phone_numbers, &after.phone_numbers),
            caller_id_numbers: set(whole, &before.caller_id_numbers, &after.caller_id_numbers),
            secondary_extensions: set(whole, &before.secondary_extensions, &after.secondary_extensions),
            voicemail: None,
        }
    }

    /// Says whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each change as text, in the order of the fields.
    pub(super) fn list(&self) -> Vec<FieldChange<'_>> {
        let mut list = Vec::new();
        let texts = [
            (Field::TimeZone, &self.time_zone),
            (Field::Extension, &self.extension),
            (Field::Location, &self.location),
        ];
        for (field, change) in texts {
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
        for (number, change) in &self.phone_numbers {
            list.push(FieldChange::of(Field::PhoneNumbers, Some(number.as_str()), change, Into::into));
        }
        let digits = |number: &PhoneNumber| number.to_string().into();
        list.extend(FieldChange::of_set(Field::CallerIdNumbers, None, &self.caller_id_numbers, digits));
        list.extend(FieldChange::of_set(Field::SecondaryExtensions, None, &self.secondary_extensions, Into::into));
        list.extend(self.voicemail.as_ref().map(|own| FieldChange::coming(Field::Voicemail, own.to_string())));
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
        let number =
            |(number, change): (&PhoneNumber, &Change<String>)| change.before() != now.phone_numbers.get(number);
        [
            (Field::TimeZone, self.time_zone.as_ref().is_some_and(|change| change.before() != now.time_zone.as_ref())),
            (Field::Extension, self.extension.as_ref().is_some_and(|change| change.before() != now.extension.as_ref())),
            (Field::Templates, self.templates.iter().any(template)),
            (Field::Products, self.nested.iter().any(nested)),
            (Field::CustomFields, self.custom_fields.iter().any(custom)),
            (Field::DeviceGroups, self.device_groups.is_stale(|name| now.device_groups.contains(name))),
            (Field::Devices, self.devices.is_stale(|mac| now.devices.contains(mac))),
            (Field::Location, self.location.as_ref().is_some_and(|change| change.before() != now.location.as_ref())),
            (Field::PhoneNumbers, self.phone_numbers.iter().any(number)),
            (Field::CallerIdNumbers, self.caller_id_numbers.is_stale(|own| now.caller_id_numbers.contains(own))),
            (
                Field::SecondaryExtensions,
                self.secondary_extensions.is_stale(|own| now.secondary_extensions.contains(own)),
            ),
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
            && self.location.as_ref().is_none_or(|change| change.after() == now.location.as_ref())
            && self.phone_numbers.iter().all(|(number, change)| change.after() == now.phone_numbers.get(number))
            && self.caller_id_numbers.has_arrived(|number| now.caller_id_numbers.contains(number))
            && self.secondary_extensions.has_arrived(|number| now.secondary_extensions.contains(number))
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
        if let Some(change) = &self.location {
            settings.location = change.after().cloned();
        }
        put_all(&mut settings.phone_numbers, &self.phone_numbers);
        apply_set(&mut settings.caller_id_numbers, &self.caller_id_numbers);
        apply_set(&mut settings.secondary_extensions, &self.secondary_extensions);
    }
}

fn one<T: Clone + PartialEq>(whole: Whole<'_>, before: Option<&T>, after: Option<&T>) -> Option<Change<T>> {
    match (before, after) {
        (before, after) if before == after => None,
        (Some(before), after) => Some(Change::replace(whole, before.clone(), after.cloned())),
        (None, after) => after.cloned().map(Change::fill),
    }
}

fn each<K: Ord + Clone, V: Clone + PartialEq>(
    whole: Whole<'_>,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> BTreeMap<K, Change<V>> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let changed = |key: &K| Some((key.clone(), one(whole, before.get(key), after.get(key))?));
    keys.into_iter().filter_map(changed).collect()
}

fn set<T: Ord + Clone>(whole: Whole<'_>, before: &BTreeSet<T>, after: &BTreeSet<T>) -> SetChange<T> {
    let goes = before.difference(after).cloned().collect();
    SetChange::adding(after.difference(before).cloned().collect()).removing(whole, goes)
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
