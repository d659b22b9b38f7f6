//! What nobody outside GoTo knows, or what is inferred only: every choice that had to be made up, in one place.
//!
//! A client that works against the emulator has shown nothing about these. Where a customer's account shows better, this
//! file changes, and its counterpart in the client with it.

use axum::http::StatusCode;
use gotosync_core::ErrorKind;
use gotosync_core::model::Fault;
use serde::Serialize;

use crate::goto::answer::Refusal;

use super::wire::Key;

/// Not found: how an invitation is sent again. `POST`, with an empty body.
pub(super) const INVITATIONS: &str = "/accounts/{account}/users/{user}/invitations";

/// Not found: the name in the body of a new group for the group above it. That there is one follows from `keyPath`.
pub(super) const PARENT: &str = "parentKey";

/// Not found: the name beside `users` for the template of the welcome mail, by its key.
pub(super) const TEMPLATE: &str = "templateKey";

/// Not found: the name beside `adminRoles` for the licenses a manager is limited to.
pub(super) const MANAGED_LICENSES: &str = "managedLicenseKeys";

/// Not found: the name of a user's custom fields, a list of `{"key": …, "value": …}`. In an update those that are named
/// change, and `null` takes one away.
pub(super) const ATTRIBUTES: &str = "attributes";

/// Not found: users on a page unless told; 14 came at once.
pub(super) const PAGE: usize = 25;

/// Seen as the most that a page holds; what happens above it is not known, and here it is as if it had been asked for.
pub(super) const MOST: usize = 1000;

/// The part of a user whose wire names are not known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnsureOfUser<'u> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Attribute<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) managed_group_keys: Vec<Key<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) managed_license_keys: Vec<Key<'u>>,
    /// Whether the last invitation can no longer be accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) invitation_expired: bool,
}

/// A custom field of a user.
#[derive(Debug, Serialize)]
pub(super) struct Attribute<'u> {
    pub(super) key: Key<'u>,
    pub(super) value: &'u str,
}

/// What the book refused, by status and code. Known are `user.not.found`, `user.name.conflict` and those of groups.
pub(super) fn refused(fault: &Fault) -> Refusal {
    let (status, code) = match fault.kind {
        ErrorKind::NotFound if fault.message.contains("user group") => (StatusCode::NOT_FOUND, "group.not.found"),
        ErrorKind::NotFound if fault.message.contains("has no user") => (StatusCode::NOT_FOUND, "user.not.found"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not.found"),
        ErrorKind::Conflict if fault.message.starts_with("user group") => (StatusCode::CONFLICT, "group.name.conflict"),
        ErrorKind::Conflict if fault.message.starts_with("email") => (StatusCode::CONFLICT, "user.name.conflict"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::Exhausted if fault.message.starts_with("no seat") => (StatusCode::BAD_REQUEST, NO_SEAT),
        ErrorKind::Exhausted => (StatusCode::BAD_REQUEST, "account.full"),
        ErrorKind::Denied if fault.message.contains("locked") => (StatusCode::BAD_REQUEST, "user.locked"),
        ErrorKind::Denied => (StatusCode::FORBIDDEN, "not.authorized"),
        ErrorKind::Unavailable => (StatusCode::BAD_REQUEST, "license.not.active"),
        _ => (StatusCode::BAD_REQUEST, "invalid"),
    };
    Refusal::admin(status, code, &fault.message)
}

/// Not found: the code where no seat is free. Of a request for several users none is made then.
pub(super) const NO_SEAT: &str = "license.full";
