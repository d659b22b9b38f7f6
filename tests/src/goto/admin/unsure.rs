//! Assumptions of the emulator: everything that is unknown outside GoTo or only inferred, in one place.
//!
//! A client that passes tests against the emulator proves nothing about these assumptions. If an account behaves
//! differently, change this file and its counterpart in the client.

use axum::http::StatusCode;
use gotosync_core::ErrorKind;
use gotosync_core::model::Fault;
use serde::Serialize;

use crate::goto::answer::Refusal;

use super::wire::Key;

/// Not found: the request that resends an invitation, assumed to be a `POST` with an empty body.
pub(super) const INVITATIONS: &str = "/accounts/{account}/users/{user}/invitations";

/// Not found: the field in the body of a new group for its parent group. The field `keyPath` shows that groups can be
/// nested.
pub(super) const PARENT: &str = "parentKey";

/// Not found: the field beside `users` for the key of the welcome e-mail template.
pub(super) const TEMPLATE: &str = "templateKey";

/// Not found: the field beside `adminRoles` for the licenses that a manager may manage.
pub(super) const MANAGED_LICENSES: &str = "managedLicenseKeys";

/// Not found: the field for a user's custom fields, a list of `{"key": …, "value": …}`. In an update, only the listed
/// fields change, and `null` clears a field.
pub(super) const ATTRIBUTES: &str = "attributes";

/// Not found: the default page size. One observed response contained 14 users.
pub(super) const PAGE: usize = 25;

/// The largest observed page size. The behavior for larger values is not known; here they count as this one.
pub(super) const MOST: usize = 1000;

/// The fields of a user whose names in the API are not known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnsureOfUser<'u> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Attribute<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) managed_group_keys: Vec<Key<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) managed_license_keys: Vec<Key<'u>>,
    /// `true` if the last invitation has expired.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) invitation_expired: bool,
}

/// A custom field of a user.
#[derive(Debug, Serialize)]
pub(super) struct Attribute<'u> {
    pub(super) key: Key<'u>,
    pub(super) value: &'u str,
}

/// Converts a refusal of the account's rules to a status and code. Known are `user.not.found`, `user.name.conflict`,
/// and the codes of groups.
pub(super) fn refused(fault: &Fault) -> Refusal {
    let (status, code) = match fault.kind {
        ErrorKind::NotFound if fault.message.contains("user group") => (StatusCode::NOT_FOUND, "group.not.found"),
        ErrorKind::NotFound if fault.message.contains("no user") => (StatusCode::NOT_FOUND, "user.not.found"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not.found"),
        ErrorKind::Conflict if fault.message.starts_with("user group") => (StatusCode::CONFLICT, "group.name.conflict"),
        ErrorKind::Conflict if fault.message.starts_with("e-mail") || fault.message.starts_with("email") => {
            (StatusCode::CONFLICT, "user.name.conflict")
        }
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::Exhausted if fault.message.contains("seat") => (StatusCode::BAD_REQUEST, NO_SEAT),
        ErrorKind::Exhausted => (StatusCode::BAD_REQUEST, "account.full"),
        ErrorKind::Denied if fault.message.contains("locked") => (StatusCode::BAD_REQUEST, "user.locked"),
        ErrorKind::Denied => (StatusCode::FORBIDDEN, "not.authorized"),
        ErrorKind::Unavailable => (StatusCode::BAD_REQUEST, "license.not.active"),
        _ => (StatusCode::BAD_REQUEST, "invalid"),
    };
    Refusal::admin(status, code, &fault.message)
}

/// Not found: the code for a license without free seats. A request for several users then creates none of them.
pub(super) const NO_SEAT: &str = "license.full";
