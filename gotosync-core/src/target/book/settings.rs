//! What is asked of the settings few users have.

use super::{Book, Done, refuse, unknown};
use crate::error::ErrorKind;
use crate::model::text::nearest;
use crate::model::{
    LicenseKey, Mac, NamedNumber, PhoneNumber, SettingsChanges, SettingsTemplate, Sole, UserKey, UserSettings,
    Voicemail,
};

/// What comes to a user. What goes is never in the way, even where the account has come to lack it.
#[derive(Debug, Default)]
pub(super) struct Coming<'s> {
    time_zone: Option<&'s str>,
    extension: Option<&'s str>,
    templates: Vec<(&'s LicenseKey, &'s SettingsTemplate)>,
    /// Products inside licences that are switched on or off.
    nested: Vec<(&'s LicenseKey, &'s str)>,
    custom_fields: Vec<(&'s str, &'s str)>,
    device_groups: Vec<&'s str>,
    devices: Vec<Mac>,
    location: Option<&'s str>,
    phone_numbers: Vec<(&'s PhoneNumber, &'s str)>,
    caller_id_numbers: Vec<&'s PhoneNumber>,
    secondary_extensions: Vec<&'s str>,
    voicemail: Option<&'s Voicemail>,
}

impl<'s> From<&'s UserSettings> for Coming<'s> {
    fn from(settings: &'s UserSettings) -> Self {
        let off = settings.off.iter().flat_map(|(license, codes)| codes.iter().map(move |code| (license, code)));
        Self {
            time_zone: settings.time_zone.as_deref(),
            extension: settings.extension.as_deref(),
            templates: settings.templates.iter().collect(),
            nested: off.map(|(license, code)| (license, code.as_str())).collect(),
            custom_fields: settings.custom_fields.iter().map(|(name, value)| (&**name, &**value)).collect(),
            device_groups: settings.device_groups.iter().map(String::as_str).collect(),
            devices: settings.devices.iter().copied().collect(),
            location: settings.location.as_deref(),
            phone_numbers: settings.phone_numbers.iter().map(|(number, name)| (number, &**name)).collect(),
            caller_id_numbers: settings.caller_id_numbers.iter().collect(),
            secondary_extensions: settings.secondary_extensions.iter().map(String::as_str).collect(),
            voicemail: None,
        }
    }
}

impl<'s> From<&'s SettingsChanges> for Coming<'s> {
    fn from(changes: &'s SettingsChanges) -> Self {
        let nested = changes.nested.iter().flat_map(|(license, change)| {
            change.added().iter().chain(change.removed()).map(move |code| (license, code.as_str()))
        });
        let templates = changes.templates.iter();
        let custom = changes.custom_fields.iter();
        let numbers = changes.phone_numbers.iter();
        Self {
            time_zone: changes.time_zone.as_ref().and_then(|change| change.after()).map(|zone| &**zone),
            extension: changes.extension.as_ref().and_then(|change| change.after()).map(|extension| &**extension),
            templates: templates.filter_map(|(license, change)| Some((license, change.after()?))).collect(),
            nested: nested.collect(),
            custom_fields: custom.filter_map(|(name, change)| Some((&**name, &**change.after()?))).collect(),
            device_groups: changes.device_groups.added().iter().map(String::as_str).collect(),
            devices: changes.devices.added().to_vec(),
            location: changes.location.as_ref().and_then(|change| change.after()).map(|location| &**location),
            phone_numbers: numbers.filter_map(|(number, change)| Some((number, &**change.after()?))).collect(),
            caller_id_numbers: changes.caller_id_numbers.added().iter().collect(),
            secondary_extensions: changes.secondary_extensions.added().iter().map(String::as_str).collect(),
            voicemail: changes.voicemail.as_ref(),
        }
    }
}

/// Checks what comes to a user, who has a key unless they are yet to be created, and how it goes together with all that they
/// have then.
pub(super) fn check(book: &dyn Book, coming: &Coming<'_>, own: Option<&UserKey>, after: &UserSettings) -> Done<()> {
    coming.time_zone.map_or(Ok(()), check_time_zone)?;
    coming.extension.map_or(Ok(()), |extension| check_extension(book, extension, own))?;
    coming.templates.iter().try_for_each(|(license, template)| check_template(book, license, template))?;
    coming.nested.iter().try_for_each(|(license, code)| check_nested(book, license, code))?;
    coming.custom_fields.iter().try_for_each(|(name, value)| check_custom_field(book, name, value))?;
    coming.device_groups.iter().try_for_each(|name| check_device_group(book, name))?;
    coming.devices.iter().try_for_each(|mac| check_device(book, *mac, own))?;
    coming.location.map_or(Ok(()), |name| check_location(book, name))?;
    coming
        .phone_numbers
        .iter()
        .try_for_each(|(number, name)| check_phone_number(book, number, name, own, after.extension.as_deref()))?;
    coming.caller_id_numbers.iter().try_for_each(|number| known_number(book, number).map(drop))?;
    coming.secondary_extensions.iter().try_for_each(|extension| check_known_extension(book, extension))?;
    coming.voicemail.map_or(Ok(()), |voicemail| check_voicemail(book, voicemail))?;
    does_not_go_together(after).map_or(Ok(()), |message| refuse(ErrorKind::Input, message))
}

/// Says what of a user's telephones does not go together.
pub(in crate::target) fn does_not_go_together(after: &UserSettings) -> Option<String> {
    if after.extension.is_none() && !after.phone_numbers.is_empty() {
        return Some("phone numbers ring at an extension, and the user has none".to_owned());
    }
    let own = after.extension.as_deref().filter(|own| after.secondary_extensions.contains(*own))?;
    Some(format!("extension {own} is the user's own, and cannot be a secondary one as well"))
}

/// Checks the voicemail of an extension.
pub(super) fn check_voicemail(book: &dyn Book, voicemail: &Voicemail) -> Done<()> {
    voicemail.time_zone.as_deref().map_or(Ok(()), check_time_zone)?;
    voicemail.operator.as_deref().map_or(Ok(()), |operator| check_known_extension(book, operator))
}

fn check_location(book: &dyn Book, name: &str) -> Done<()> {
    let catalog = book.catalog()?;
    if catalog.locations.iter().any(|own| own == name) {
        return Ok(());
    }
    unknown("location", name, catalog.locations.iter().map(String::as_str))
}

/// Checks that a number is there and rings at nobody else. The answer does not say at whom.
fn check_phone_number(
    book: &dyn Book,
    number: &PhoneNumber,
    name: &str,
    own: Option<&UserKey>,
    extension: Option<&str>,
) -> Done<()> {
    if name.trim().is_empty() {
        return refuse(ErrorKind::Input, format!("phone number {number} needs a name"));
    }
    if !known_number(book, number)?.is_free_for(extension) {
        return refuse(ErrorKind::Conflict, format!("phone number {number} rings elsewhere"));
    }
    match book.holder_of(&Sole::PhoneNumber(number.clone()))? {
        Some(holder) if own != Some(&holder) => {
            refuse(ErrorKind::Conflict, format!("phone number {number} rings at somebody else"))
        }
        _ => Ok(()),
    }
}

/// A number that is there.
fn known_number(book: &dyn Book, number: &PhoneNumber) -> Done<NamedNumber> {
    match book.phone_number(number)? {
        Some(known) => Ok(known),
        None => refuse(ErrorKind::NotFound, format!("the account has no phone number {number}")),
    }
}

fn check_known_extension(book: &dyn Book, extension: &str) -> Done<()> {
    if book.has_extension(extension)? {
        return Ok(());
    }
    refuse(ErrorKind::NotFound, format!("the account has no extension `{}`", extension.escape_debug()))
}

fn check_time_zone(zone: &str) -> Done<()> {
    if is_time_zone(zone) {
        return Ok(());
    }
    let zone = zone.escape_debug();
    refuse(
        ErrorKind::Input,
        format!("time_zone `{zone}` is not accepted: a name as `Europe/Berlin` or `UTC` is expected"),
    )
}

/// Says whether a text looks like a name of the time zone database: places with `/` between them, or an abbreviation.
pub(in crate::target) fn is_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    let short = |text: &str| text.len() > 2 && !text.bytes().any(|b| b.is_ascii_lowercase());
    text.split('/').all(part) && (text.contains('/') || short(text))
}

fn check_extension(book: &dyn Book, extension: &str, own: Option<&UserKey>) -> Done<()> {
    if !(2..=8).contains(&extension.len()) || !extension.bytes().all(|b| b.is_ascii_digit()) {
        let extension = extension.escape_debug();
        return refuse(ErrorKind::Input, format!("extension `{extension}` is not accepted: it has 2 to 8 digits"));
    }
    match book.holder_of(&Sole::Extension(extension.into()))? {
        Some(holder) if own != Some(&holder) => refuse(ErrorKind::Conflict, format!("extension {extension} is taken")),
        _ => Ok(()),
    }
}

fn check_template(book: &dyn Book, license: &LicenseKey, template: &SettingsTemplate) -> Done<()> {
    let Some(license) = book.license(license)? else { return no_license(license) };
    let SettingsTemplate::Named(name) = template else { return Ok(()) };
    let catalog = book.catalog()?;
    let mut names = catalog.templates.iter().filter(|own| own.license == license.key).map(|own| own.name.as_str());
    if names.clone().any(|own| own == name) {
        return Ok(());
    }
    unknown(&format!("settings template for {}", license.name), name, names.by_ref())
}

fn check_nested(book: &dyn Book, license: &LicenseKey, code: &str) -> Done<()> {
    let Some(license) = book.license(license)? else { return no_license(license) };
    if license.products.iter().any(|own| own == code) {
        return Ok(());
    }
    let near = nearest(code, license.products.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refuse(ErrorKind::Input, format!("{} has no product `{}`{near}", license.name, code.escape_debug()))
}

fn check_custom_field(book: &dyn Book, name: &str, value: &str) -> Done<()> {
    let catalog = book.catalog()?;
    if !catalog.custom_fields.iter().any(|own| own == name) {
        return unknown("custom field", name, catalog.custom_fields.iter().map(String::as_str));
    }
    let length = value.chars().count();
    if length <= CUSTOM_FIELD {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("custom field `{name}` has {length} characters, {CUSTOM_FIELD} are accepted"))
}

fn check_device_group(book: &dyn Book, name: &str) -> Done<()> {
    let catalog = book.catalog()?;
    if catalog.device_groups.iter().any(|own| own == name) {
        return Ok(());
    }
    unknown("device group", name, catalog.device_groups.iter().map(String::as_str))
}

/// Checks that a device is there and that nobody else has it. The answer does not say who has it.
fn check_device(book: &dyn Book, mac: Mac, own: Option<&UserKey>) -> Done<()> {
    let Some(device) = book.device(mac)? else {
        return refuse(ErrorKind::NotFound, format!("the account has no device {mac}"));
    };
    match book.holder_of(&Sole::Device(mac))? {
        Some(holder) if own != Some(&holder) => {
            refuse(ErrorKind::Conflict, format!("device {mac} ({}) belongs to somebody else", device.name))
        }
        _ => Ok(()),
    }
}

fn no_license(key: &LicenseKey) -> Done<()> {
    refuse(ErrorKind::NotFound, format!("the account has no licence {key}"))
}

/// Characters in the value of a custom field.
const CUSTOM_FIELD: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_a_place_or_an_abbreviation() {
        for zone in
            ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1", "EST5EDT", "America/Port-au-Prince"]
        {
            assert!(is_time_zone(zone), "{zone}");
        }
        for text in [
            "",
            "Z",
            "Berlin",
            "utc",
            "Europe/",
            "/Berlin",
            "Europe/ Berlin",
            "W. Europe Standard Time",
            "+01",
            "Europe/Zürich",
        ] {
            assert!(!is_time_zone(text), "{text}");
        }
    }
}
