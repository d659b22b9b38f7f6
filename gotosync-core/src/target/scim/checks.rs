//! Checks of products and fields before anything is written.

use super::fault::Stop;
use super::offers::Offers;
use super::{ScimOptions, products};
use crate::ErrorKind;
use crate::model::text::nearest;
use crate::model::{Change, FieldLimits, Form, LicenseKey, SettingsChanges, User, UserChanges};

/// Checks a new user.
pub(super) fn new(user: &User, offers: &Offers, options: &ScimOptions) -> Result<(), Stop> {
    licenses(&user.licenses, options)?;
    settings(&SettingsChanges::making(user.settings()), offers)
}

/// Checks only the changed fields.
pub(super) fn changes(changes: &UserChanges, offers: &Offers, options: &ScimOptions) -> Result<(), Stop> {
    licenses(changes.licenses.added(), options)?;
    changes.settings.as_deref().map_or(Ok(()), |changes| settings(changes, offers))
}

fn licenses(wanted: &[LicenseKey], options: &ScimOptions) -> Result<(), Stop> {
    let known = products(options);
    match wanted.iter().find(|key| !known.iter().any(|own| own.key == **key)) {
        Some(key) => Err(Stop::refused(ErrorKind::NotFound, format!("the account has no license {key}"))),
        None => Ok(()),
    }
}

fn settings(changes: &SettingsChanges, offers: &Offers) -> Result<(), Stop> {
    let zone = changes.time_zone.as_ref().and_then(Change::after);
    if let Some(problem) = zone.and_then(|zone| Form::TimeZone.problem(zone)) {
        return Err(Stop::refused(ErrorKind::Input, format!("time_zone: {problem}")));
    }
    changes.custom_fields.iter().try_for_each(|(name, change)| custom_field(name, change.after(), offers))
}

fn custom_field(name: &str, value: Option<&String>, offers: &Offers) -> Result<(), Stop> {
    if offers.enterprise.contains(name) {
        let length = value.map_or(0, |value| value.chars().count());
        if length <= CUSTOM_FIELD {
            return Ok(());
        }
        let message = format!("{name} has {length} characters; the maximum is {CUSTOM_FIELD}");
        return Err(Stop::refused(ErrorKind::Input, message));
    }
    let near = nearest(name, offers.enterprise.iter().copied());
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(Stop::refused(ErrorKind::NotFound, format!("the account has no custom field `{}`{near}", name.escape_debug())))
}

/// The maximum length of a custom field, in characters.
const CUSTOM_FIELD: usize = 256;

/// The limits for sent values. SCIM itself defines none, and services have their own.
pub(super) const LIMITS: FieldLimits = FieldLimits { name: 60, email: 128, users: 1_000_000 };
