//! What is asked of names, addresses and fields before anything is written.

use super::fault::Stop;
use super::offers::Offers;
use super::{ScimOptions, products};
use crate::ErrorKind;
use crate::model::text::nearest;
use crate::model::{Change, Email, Field, LicenseKey, SettingsChanges, User, UserChanges, UserSettings};
use crate::target::FieldLimits;

/// Checks somebody new.
pub(super) fn new(user: &User, offers: &Offers, options: &ScimOptions) -> Result<(), Stop> {
    if user.key.is_some() {
        return Err(Stop::refused(ErrorKind::Input, "a user who is yet to be created cannot have a key"));
    }
    if !user.locks.none() || user.invitation.is_some() {
        return Err(Stop::refused(ErrorKind::Input, "nobody is created with locks or an invitation"));
    }
    email(&user.email)?;
    name(Field::FirstName, &user.first_name)?;
    name(Field::LastName, &user.last_name)?;
    licenses(&user.licenses, options)?;
    let settings = user.settings();
    let (time_zone, custom_fields) = (settings.time_zone.clone(), settings.custom_fields.clone());
    if *settings != (UserSettings { time_zone, custom_fields, ..UserSettings::default() }) {
        return Err(unknown_settings());
    }
    settings.time_zone.as_deref().map_or(Ok(()), self::time_zone)?;
    settings.custom_fields.iter().try_for_each(|(name, value)| custom_field(name, Some(value), offers))
}

/// Checks what changes, and only that.
pub(super) fn changes(changes: &UserChanges, offers: &Offers, options: &ScimOptions) -> Result<(), Stop> {
    if changes.role.is_some() {
        return Err(super::offers::not_offered("roles").into());
    }
    if let Some(change) = &changes.email {
        let missing = || Stop::refused(ErrorKind::Input, "an e-mail cannot be taken away");
        email(change.after().ok_or_else(missing)?)?;
    }
    for (field, change) in [(Field::FirstName, &changes.first_name), (Field::LastName, &changes.last_name)] {
        change.as_ref().and_then(Change::after).map_or(Ok(()), |text| name(field, text))?;
    }
    licenses(changes.licenses.added(), options)?;
    let Some(settings) = changes.settings.as_deref() else { return Ok(()) };
    let (time_zone, custom_fields) = (settings.time_zone.clone(), settings.custom_fields.clone());
    if *settings != (SettingsChanges { time_zone, custom_fields, ..SettingsChanges::default() }) {
        return Err(unknown_settings());
    }
    settings.time_zone.as_ref().and_then(Change::after).map_or(Ok(()), |zone| self::time_zone(zone))?;
    settings.custom_fields.iter().try_for_each(|(name, change)| custom_field(name, change.after(), offers))
}

fn email(email: &Email) -> Result<(), Stop> {
    if let Some(problem) = email.problem() {
        let message = format!("email `{}` is not accepted: {problem}", email.as_str().escape_debug());
        return Err(Stop::refused(ErrorKind::Input, message));
    }
    within("email", email.as_str(), LIMITS.email)
}

fn name(field: Field, name: &str) -> Result<(), Stop> {
    within(field.as_str(), name, LIMITS.name)
}

fn within(what: &str, text: &str, most: usize) -> Result<(), Stop> {
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(Stop::refused(ErrorKind::Input, format!("{what} has {length} characters, {most} are accepted")))
}

fn licenses(wanted: &[LicenseKey], options: &ScimOptions) -> Result<(), Stop> {
    let known = products(options);
    match wanted.iter().find(|key| !known.iter().any(|own| own.key == **key)) {
        Some(key) => Err(Stop::refused(ErrorKind::NotFound, format!("the account has no licence {key}"))),
        None => Ok(()),
    }
}

fn custom_field(name: &str, value: Option<&String>, offers: &Offers) -> Result<(), Stop> {
    if offers.enterprise.contains(name) {
        return value.map_or(Ok(()), |value| within(name, value, CUSTOM_FIELD));
    }
    let near = nearest(name, offers.enterprise.iter().copied());
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(Stop::refused(ErrorKind::NotFound, format!("the account has no custom field `{}`{near}", name.escape_debug())))
}

/// RFC 7643, section 4.1.1: a name of the time zone database.
fn time_zone(zone: &str) -> Result<(), Stop> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    let short = zone.len() > 2 && !zone.bytes().any(|b| b.is_ascii_lowercase());
    if zone.split('/').all(part) && (zone.contains('/') || short) {
        return Ok(());
    }
    let zone = zone.escape_debug();
    let message = format!("time_zone `{zone}` is not accepted: a name as `Europe/Berlin` or `UTC` is expected");
    Err(Stop::refused(ErrorKind::Input, message))
}

fn unknown_settings() -> Stop {
    Stop::refused(
        ErrorKind::Unsupported,
        "a SCIM service has no telephones, locations, settings templates or device groups",
    )
}

/// Characters in the value of a custom field.
const CUSTOM_FIELD: usize = 256;

/// What is sent at most: SCIM itself names no limit, and services have theirs.
pub(super) const LIMITS: FieldLimits = FieldLimits { name: 60, email: 128, users: 1_000_000 };
