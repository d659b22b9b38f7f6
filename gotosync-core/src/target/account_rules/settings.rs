//! Checks of the settings that a user gets. A setting can always be removed, even if its value no longer exists in the account.

use std::collections::{BTreeMap, BTreeSet};

use super::{AccountStore, Done, refuse, unknown};
use crate::error::ErrorKind;
use crate::model::text::nearest;
use crate::model::{
    Form, License, LicenseKey, Listed, Mac, NamedNumber, PhoneNumber, SettingsChanges, SettingsTemplate, UserKey,
    UserSettings, Voicemail,
};

/// Checks the settings that a user gets. `own` is the user's key; a user who is yet to be created has none.
pub(super) fn check(
    store: &dyn AccountStore,
    changes: &SettingsChanges,
    own: Option<&UserKey>,
    after: &UserSettings,
) -> Done<()> {
    let added = |change: Option<&crate::model::Change<Box<str>>>| change.and_then(|change| change.after().cloned());
    added(changes.time_zone.as_ref()).map_or(Ok(()), |zone| check_form("time_zone", &zone, Form::TimeZone))?;
    added(changes.extension.as_ref()).map_or(Ok(()), |number| check_form("extension", &number, Form::Extension))?;
    for (license, change) in &changes.templates {
        change.after().map_or(Ok(()), |template| check_template(store, license, template))?;
    }
    for (license, switched) in &changes.nested {
        let mut products = switched.added().iter().chain(switched.removed());
        products.try_for_each(|product| check_switch(store, license, product))?;
    }
    for (name, change) in &changes.custom_fields {
        change.after().map_or(Ok(()), |value| check_custom_field(store, name, value))?;
    }
    changes.device_groups.added().iter().try_for_each(|name| check_device_group(store, name))?;
    for (number, change) in &changes.phone_numbers {
        change.after().map_or(Ok(()), |name| check_phone_number(store, number, name, after.extension.as_deref()))?;
    }
    for (list, value) in changes.listed() {
        check_listed(store, list, &value)?;
    }
    check_exclusive(store, changes, own)?;
    changes.voicemail.as_ref().map_or(Ok(()), |voicemail| check_voicemail(store, voicemail))
}

/// Checks the products that are switched off for a new user.
pub(super) fn check_switches(store: &dyn AccountStore, off: &BTreeMap<LicenseKey, BTreeSet<String>>) -> Done<()> {
    off.iter().try_for_each(|(license, codes)| codes.iter().try_for_each(|code| check_switch(store, license, code)))
}

fn check_form(what: &str, text: &str, form: Form) -> Done<()> {
    match form.problem(text) {
        None => Ok(()),
        Some(problem) => refuse(ErrorKind::Input, format!("{what}: {problem}")),
    }
}

fn check_voicemail(store: &dyn AccountStore, voicemail: &Voicemail) -> Done<()> {
    voicemail.time_zone.as_deref().map_or(Ok(()), |zone| check_form("time_zone", zone, Form::TimeZone))?;
    voicemail.operator.as_deref().map_or(Ok(()), |operator| check_listed(store, Listed::Extensions, operator))
}

/// Checks that a value is in the account's list of allowed values.
fn check_listed(store: &dyn AccountStore, list: Listed, value: &str) -> Done<()> {
    match list {
        Listed::Locations => {
            let catalog = store.catalog()?;
            if catalog.locations.iter().any(|own| own == value) {
                return Ok(());
            }
            unknown("location", value, catalog.locations.iter().map(String::as_str))
        }
        Listed::Devices => match value.parse::<Mac>().ok().map(|mac| store.device(mac)).transpose()?.flatten() {
            Some(_) => Ok(()),
            None => refuse(ErrorKind::NotFound, format!("the account has no device {value}")),
        },
        Listed::PhoneNumbers => match value.parse().ok() {
            Some(number) => known_number(store, &number).map(drop),
            None => refuse(ErrorKind::NotFound, format!("the account has no phone number {value}")),
        },
        Listed::Extensions if store.has_extension(value)? => Ok(()),
        Listed::Extensions => {
            refuse(ErrorKind::NotFound, format!("the account has no extension `{}`", value.escape_debug()))
        }
    }
}

/// Checks that no other user has an extension, device, or phone number. The message does not name the user who has it.
fn check_exclusive(store: &dyn AccountStore, changes: &SettingsChanges, own: Option<&UserKey>) -> Done<()> {
    for one in changes.exclusive() {
        let other = store.holder_of(&one)?.filter(|holder| own != Some(holder));
        if other.is_some() {
            let device = one.value().parse::<Mac>().ok().map(|mac| store.device(mac)).transpose()?.flatten();
            let name = device.map(|device| format!(" ({})", device.name)).unwrap_or_default();
            let message = format!("{} {}{name} belongs to another user", one.what(), one.value());
            return refuse(ErrorKind::Conflict, message);
        }
    }
    Ok(())
}

/// Checks that a phone number can be routed to an extension.
fn check_phone_number(store: &dyn AccountStore, number: &PhoneNumber, name: &str, extension: Option<&str>) -> Done<()> {
    if name.trim().is_empty() {
        return refuse(ErrorKind::Input, format!("phone number {number} needs a name"));
    }
    if known_number(store, number)?.is_free_for(extension) {
        return Ok(());
    }
    refuse(ErrorKind::Conflict, format!("phone number {number} is already routed to another destination"))
}

fn known_number(store: &dyn AccountStore, number: &PhoneNumber) -> Done<NamedNumber> {
    match store.phone_number(number)? {
        Some(known) => Ok(known),
        None => refuse(ErrorKind::NotFound, format!("the account has no phone number {number}")),
    }
}

fn check_template(store: &dyn AccountStore, license: &LicenseKey, template: &SettingsTemplate) -> Done<()> {
    let license = known_license(store, license)?;
    let SettingsTemplate::Named(name) = template else { return Ok(()) };
    let catalog = store.catalog()?;
    let mut names = catalog.templates.iter().filter(|own| own.license == license.key).map(|own| own.name.as_str());
    if names.clone().any(|own| own == name) {
        return Ok(());
    }
    unknown(&format!("{} settings template", license.name), name, names.by_ref())
}

fn check_switch(store: &dyn AccountStore, license: &LicenseKey, code: &str) -> Done<()> {
    let license = known_license(store, license)?;
    if license.products.iter().any(|own| own == code) {
        return Ok(());
    }
    let near = nearest(code, license.products.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refuse(ErrorKind::Input, format!("{} has no product `{}`{near}", license.name, code.escape_debug()))
}

fn check_custom_field(store: &dyn AccountStore, name: &str, value: &str) -> Done<()> {
    let catalog = store.catalog()?;
    if !catalog.custom_fields.iter().any(|own| own == name) {
        return unknown("custom field", name, catalog.custom_fields.iter().map(String::as_str));
    }
    let length = value.chars().count();
    if length <= CUSTOM_FIELD {
        return Ok(());
    }
    let message = format!("custom field `{name}` has {length} characters; at most {CUSTOM_FIELD} are allowed");
    refuse(ErrorKind::Input, message)
}

fn check_device_group(store: &dyn AccountStore, name: &str) -> Done<()> {
    let catalog = store.catalog()?;
    if catalog.device_groups.iter().any(|own| own == name) {
        return Ok(());
    }
    unknown("device group", name, catalog.device_groups.iter().map(String::as_str))
}

fn known_license(store: &dyn AccountStore, key: &LicenseKey) -> Done<License> {
    match store.license(key)? {
        Some(license) => Ok(license),
        None => refuse(ErrorKind::NotFound, format!("the account has no license {key}")),
    }
}

/// The maximum length of a custom field's value, in characters.
const CUSTOM_FIELD: usize = 256;
