//! Assumptions about GoTo's API: everything that is inferred or made up, in one place.
//!
//! GoTo's Admin API has no public reference, so nothing in this file is documented. If an account behaves differently,
//! this is the only file to change. `docs/goto.md` lists these assumptions for admins. Each item states its origin:
//! *inferred* from something observed, or *not found* and made up.

use super::wire::Key;
use crate::http::Request;
use crate::model::{Email, Status};

/// Inferred: the words for a user's status, as far as they were observed. An unknown word counts as active, or as
/// suspended if the user has neither a product nor a role.
pub(super) fn status(word: &str, bare: bool) -> Status {
    match word.to_ascii_uppercase().as_str() {
        "SUSPENDED" => Status::Suspended,
        "INVITED" => Status::Invited,
        "INACTIVE" => Status::Inactive,
        // This includes users without products: they may have a role that the signed-in user cannot see.
        "ACTIVE" => Status::Active,
        _ if bare => Status::Suspended,
        _ => Status::Active,
    }
}

/// Inferred from `(email="x")` and `email eq "x"`, which were both observed. No escape for quotes is known, so an
/// address that contains one is searched for in a complete list instead.
pub(super) fn filter_by_email(email: &Email) -> Option<String> {
    let text = email.as_str();
    (!text.contains(['"', '\\'])).then(|| format!("email eq \"{text}\""))
}

/// Not found: the request that resends an invitation.
pub(super) fn invitation(account: &str, user: &str) -> Request {
    Request::new(
        crate::http::Method::Post,
        format!("/accounts/{}/users/{}/invitations", Request::part(account), Request::part(user)),
    )
    .json(&serde_json::json!({}))
}

/// Not found: the field in the body of a new group for the key of its parent group. The field `keyPath` shows that
/// groups can be nested.
pub(super) const PARENT: &str = "parentKey";

/// Not found: the field beside `users` for the key of the welcome e-mail template.
pub(super) const TEMPLATE: &str = "templateKey";

/// Not found: the field beside `adminRoles` for the licenses that a manager may manage.
pub(super) const MANAGED_LICENSES: &str = "managedLicenseKeys";

/// Not found: the field for a user's custom fields, a list of `{"key": …, "value": …}`. In a change, only the listed
/// fields change, and `null` clears a field.
pub(super) const ATTRIBUTES: &str = "attributes";

/// Not found: `null` clears a language, a time zone, or a user's group. For removing a user from all groups, a request
/// was observed and is used instead.
pub(super) const ABSENT: serde_json::Value = serde_json::Value::Null;

/// Not found: the maximum number of users that one call creates. 100 is the maximum of the organization's API.
pub(super) const BATCH: usize = 100;

/// Inferred: the maximum page size. No observed client requests more users per page.
pub(super) const PAGE: usize = 1000;

/// Inferred from clients that retry a read: the time in seconds until changes become visible.
pub(super) const VISIBLE_WITHIN: u32 = 20;

/// Observed in tokens of 2026, and documented in an older version of the vendor's page: a refresh token is valid for 30
/// days.
pub(super) const LOGIN_DAYS: i64 = 30;

/// Inferred: error codes for a license without free seats. `LICENSE_FULL` is a code of the Connect API.
pub(super) fn is_out_of_seats(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("license") && (code.contains("full") || code.contains("exceeded") || code.contains("seat"))
        || code.contains("no.seat")
}

/// Inferred: error codes for a license that was bought but is not active yet.
pub(super) fn is_inactive_license(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("license") && (code.contains("not.active") || code.contains("pending") || code.contains("inactive"))
}

/// Inferred from the flags of a user: error codes for a change to data that an identity provider manages.
pub(super) fn is_locked(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("locked") || code.contains("readonly") || code.contains("read.only")
}

/// Observed in licenses, with their commercial names. The list is not complete: any other code serves as the product's
/// name.
pub(super) fn product_name(code: &str) -> &str {
    PRODUCTS.iter().find(|(own, _)| own.eq_ignore_ascii_case(code)).map_or(code, |(_, name)| name)
}

const PRODUCTS: &[(&str, &str)] = &[
    ("G2M", "GoToMeeting"),
    ("G2MFREE", "GoToMeeting Free"),
    ("G2W", "GoToWebinar"),
    ("G2T", "GoToTraining"),
    ("JIVE", "GoTo Connect"),
    ("OPENVOICE", "OpenVoice"),
    ("OV", "OpenVoice"),
];

/// Inferred: writing a user's permissions on a phone number replaces all of them, so an omitted word is removed. The
/// words and the row per user with a `userKey` are published.
pub(super) fn permissions(user: &str, words: &[String]) -> serde_json::Value {
    serde_json::json!({ "userKey": user, "permissions": words })
}

/// Inferred from the body of the POST request: the field that names a user at a location.
pub(super) const LOCATED: &str = "userKey";

/// Inferred: the body that removes all products and roles, which is how a user is suspended.
pub(super) fn suspended() -> serde_json::Value {
    serde_json::json!({ "licenseKeys": Vec::<Key>::new(), "adminRoles": Vec::<String>::new() })
}
