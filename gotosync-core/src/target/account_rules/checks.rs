//! Checks against the rest of the account: addresses, groups, and seats. They run before anything is written.

use super::{AccountStore, Done, Record, mail, refuse};
use crate::error::ErrorKind;
use crate::model::{Email, LicenseKey, UserChanges, UserGroupPath, UserKey};

/// Checks that a new address is free and that a new user group exists.
pub(super) fn check_changes(store: &dyn AccountStore, changes: &UserChanges, before: &Record) -> Done<()> {
    if let Some(email) = changes.email.as_ref().and_then(|change| change.after()) {
        check_address(store, email, Some(&before.key))?;
        if *email != before.user.email && mail::is_foreign(store, email)? {
            return refuse(ErrorKind::Conflict, format!("email {email} belongs to another account"));
        }
    }
    changes.group.as_ref().and_then(|change| change.after()).map_or(Ok(()), |path| check_group(store, path))
}

/// Checks that no other user has an address. The message does not name the user who has it.
pub(super) fn check_address(store: &dyn AccountStore, email: &Email, own: Option<&UserKey>) -> Done<()> {
    match store.holder(email)? {
        Some(holder) if own != Some(&holder) => {
            refuse(ErrorKind::Conflict, format!("email {email} already belongs to another user"))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_group(store: &dyn AccountStore, path: &UserGroupPath) -> Done<()> {
    if store.has_group(path)? {
        return Ok(());
    }
    refuse(ErrorKind::NotFound, format!("the account has no user group `{path}`"))
}

/// Checks that each added license exists, is active, and has a free seat. A license that the user already has needs no
/// further seat.
pub(super) fn check_seats(store: &dyn AccountStore, before: &[LicenseKey], after: &[LicenseKey]) -> Done<()> {
    let mut missing = Vec::new();
    for key in after.iter().filter(|key| !before.contains(key)) {
        let Some(license) = store.license(key)? else {
            return refuse(ErrorKind::NotFound, format!("the account has no license {key}"));
        };
        if license.pending {
            let message = format!("{} is not active yet; activation takes up to 48 hours after purchase", license.name);
            return refuse(ErrorKind::Unavailable, message);
        }
        if license.free() == 0 {
            missing.push(license.name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    refuse(ErrorKind::Exhausted, format!("no seat is free in {}", missing.join(" or ")))
}
