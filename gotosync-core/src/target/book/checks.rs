//! What is asked of names, addresses, groups and seats before anything is written.

use super::{Book, Done, Record, mail, refuse};
use crate::error::ErrorKind;
use crate::model::{Email, Field, LicenseKey, Locks, UserChanges, UserGroupPath, UserKey};
use crate::target::FieldLimits;

/// Refuses to change what an identity provider or a verified domain owns.
pub(super) fn check_locks(changes: &UserChanges, locks: Locks) -> Done<()> {
    for (field, changes, locked) in [
        (Field::Email, changes.email.is_some(), locks.email),
        (Field::FirstName, changes.first_name.is_some(), locks.name),
        (Field::LastName, changes.last_name.is_some(), locks.name),
    ] {
        if changes && locked {
            let message = format!("{field} is locked: an identity provider or a verified domain owns it");
            return refuse(ErrorKind::Denied, message);
        }
    }
    Ok(())
}

/// Checks what changes, and only that: a user who came from elsewhere may break a limit that nobody touches.
pub(super) fn check_changes(book: &dyn Book, changes: &UserChanges, before: &Record, limits: FieldLimits) -> Done<()> {
    if let Some(change) = &changes.email {
        let Some(email) = change.after() else { return refuse(ErrorKind::Input, "an e-mail cannot be taken away") };
        check_email(email, limits)?;
        check_address(book, email, Some(&before.key))?;
        if *email != before.user.email && mail::is_foreign(book, email)? {
            return refuse(ErrorKind::Conflict, format!("email {email} belongs to another account"));
        }
    }
    for (field, change) in [(Field::FirstName, &changes.first_name), (Field::LastName, &changes.last_name)] {
        if let Some(name) = change.as_ref().and_then(|change| change.after()) {
            check_name(field, name, limits)?;
        }
    }
    changes.group.as_ref().and_then(|change| change.after()).map_or(Ok(()), |path| check_group(book, path))
}

pub(super) fn check_name(field: Field, name: &str, limits: FieldLimits) -> Done<()> {
    let length = name.chars().count();
    if length <= limits.name {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("{field} has {length} characters, {} are accepted", limits.name))
}

pub(super) fn check_email(email: &Email, limits: FieldLimits) -> Done<()> {
    if let Some(problem) = email.problem() {
        return refuse(
            ErrorKind::Input,
            format!("email `{}` is not accepted: {problem}", email.as_str().escape_debug()),
        );
    }
    let length = email.as_str().chars().count();
    if length <= limits.email {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("email has {length} characters, {} are accepted", limits.email))
}

/// Checks that nobody else has an address. The answer does not say who has it.
pub(super) fn check_address(book: &dyn Book, email: &Email, own: Option<&UserKey>) -> Done<()> {
    match book.holder(email)? {
        Some(holder) if own != Some(&holder) => refuse(ErrorKind::Conflict, format!("email {email} is taken")),
        _ => Ok(()),
    }
}

pub(super) fn check_group(book: &dyn Book, path: &UserGroupPath) -> Done<()> {
    if book.has_group(path)? {
        return Ok(());
    }
    refuse(ErrorKind::NotFound, format!("the account has no user group `{path}`"))
}

/// Checks that the licences that come exist, are active, and have a seat each; a licence that the user has already needs
/// none.
pub(super) fn check_seats(book: &dyn Book, before: &[LicenseKey], after: &[LicenseKey]) -> Done<()> {
    let mut missing = Vec::new();
    for key in after.iter().filter(|key| !before.contains(key)) {
        let Some(license) = book.license(key)? else {
            return refuse(ErrorKind::NotFound, format!("the account has no licence {key}"));
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
