//! What an account knows and a user does not: addresses, groups and seats, asked before anything is written.

use super::{AccountStore, Done, Record, mail, refuse};
use crate::error::ErrorKind;
use crate::model::{Email, LicenseKey, UserChanges, UserGroupPath, UserKey};

/// Checks that a new address is free, and that a user group is there.
pub(super) fn check_changes(store: &dyn AccountStore, changes: &UserChanges, before: &Record) -> Done<()> {
    if let Some(email) = changes.email.as_ref().and_then(|change| change.after()) {
        check_address(store, email, Some(&before.key))?;
        if *email != before.user.email && mail::is_foreign(store, email)? {
            return refuse(ErrorKind::Conflict, format!("email {email} belongs to another account"));
        }
    }
    changes.group.as_ref().and_then(|change| change.after()).map_or(Ok(()), |path| check_group(store, path))
}

/// Checks that no other user has an address. The answer does not say who has it.
pub(super) fn check_address(store: &dyn AccountStore, email: &Email, own: Option<&UserKey>) -> Done<()> {
    match store.holder(email)? {
        Some(holder) if own != Some(&holder) => refuse(ErrorKind::Conflict, format!("email {email} is taken")),
        _ => Ok(()),
    }
}

pub(super) fn check_group(store: &dyn AccountStore, path: &UserGroupPath) -> Done<()> {
    if store.has_group(path)? {
        return Ok(());
    }
    refuse(ErrorKind::NotFound, format!("the account has no user group `{path}`"))
}

/// Checks that the licenses that come exist, are active, and have a seat each; a license that the user has already needs
/// none.
pub(super) fn check_seats(store: &dyn AccountStore, before: &[LicenseKey], after: &[LicenseKey]) -> Done<()> {
    let mut missing = Vec::new();
    for key in after.iter().filter(|key| !before.contains(key)) {
        let Some(license) = store.license(key)? else {
            return refuse(ErrorKind::NotFound, format!("the account has no license {key}"));
        };
        if license.pending {
            let message = format!("{} is not active yet: that takes up to 48 hours after it was bought", license.name);
            return refuse(ErrorKind::Unavailable, message);
        }
        if license.free() == 0 {
            missing.push(format!("{}: 1 missing", license.name));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    refuse(ErrorKind::Exhausted, format!("no seat is free in {}", missing.join(", in ")))
}
