//! What nobody outside GoTo knows for sure: everything that was inferred, or had to be made up, in one place.
//!
//! GoTo's Admin API has no public reference. What stands here is not documented: where a customer's account shows better,
//! this file changes and nothing else does. `docs/goto.md` lists it for people. Each item says how it came to be: *inferred*
//! from something that was seen, or *not found* and made up.

use super::wire::Key;
use crate::http::Request;
use crate::model::{Email, Status};

/// Inferred: what a user's status is called in words that were seen. One that is not among them counts as active, or as
/// suspended where there is neither a product nor a role.
pub(super) fn status(word: &str, bare: bool) -> Status {
    match word.to_ascii_uppercase().as_str() {
        "SUSPENDED" => Status::Suspended,
        "INVITED" => Status::Invited,
        "INACTIVE" => Status::Inactive,
        // Also of somebody without products: a role that the login does not see may be why.
        "ACTIVE" => Status::Active,
        _ if bare => Status::Suspended,
        _ => Status::Active,
    }
}

/// Inferred from `(email="x")` and `email eq "x"`, both of which were seen: quotes in a value are not known to have an
/// escape, so an address with one is looked for in a whole listing.
pub(super) fn filter_by_email(email: &Email) -> Option<String> {
    let text = email.as_str();
    (!text.contains(['"', '\\'])).then(|| format!("email eq \"{text}\""))
}

/// Not found: how an invitation is sent again.
pub(super) fn invitation(account: &str, user: &str) -> Request {
    Request::new(
        crate::http::Method::Post,
        format!("/accounts/{}/users/{}/invitations", Request::part(account), Request::part(user)),
    )
    .json(&serde_json::json!({}))
}

/// Not found: the name, in the body of a new group, of the key of the group above it. That there are groups below others is
/// seen from `keyPath`.
pub(super) const PARENT: &str = "parentKey";

/// Not found: the name beside `users` for the template of the welcome mail, by its key.
pub(super) const TEMPLATE: &str = "templateKey";

/// Not found: the name, beside `adminRoles`, of the licenses that a manager is limited to.
pub(super) const MANAGED_LICENSES: &str = "managedLicenseKeys";

/// Not found: the name of a user's custom fields, a list of `{"key": …, "value": …}`; in a change those that are named
/// change, and `null` takes one away.
pub(super) const ATTRIBUTES: &str = "attributes";

/// Not found: that `null` takes away a language, a time zone or a user's group. What takes a user out of all groups was
/// seen, and is used for that.
pub(super) const ABSENT: serde_json::Value = serde_json::Value::Null;

/// Not found: the most users that one call makes. 100 is what one call of the organization's API takes.
pub(super) const BATCH: usize = 100;

/// Inferred: no client asks for more users on a page.
pub(super) const PAGE: usize = 1000;

/// Inferred from clients that try a second time: how long what was written may not be readable, in seconds.
pub(super) const VISIBLE_WITHIN: u32 = 20;

/// Seen in tokens of 2026, and documented in an older version of the vendor's page: a refresh token lasts 30 days.
pub(super) const LOGIN_DAYS: i64 = 30;

/// Inferred: codes of refusals where no seat is free. `LICENSE_FULL` is the Connect API's.
pub(super) fn is_out_of_seats(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("license") && (code.contains("full") || code.contains("exceeded") || code.contains("seat"))
        || code.contains("no.seat")
}

/// Inferred: codes of refusals for a license that was bought and is not active yet.
pub(super) fn is_inactive_license(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("license") && (code.contains("not.active") || code.contains("pending") || code.contains("inactive"))
}

/// Inferred from the flags of a user: codes of refusals to change what an identity provider owns.
pub(super) fn is_locked(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code.contains("locked") || code.contains("readonly") || code.contains("read.only")
}

/// Seen in licenses, with the names they are sold under. It is no closed list: whatever else a license names is known by
/// that name.
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

/// Inferred: that what a user may do with a telephone number is written as a whole, so that a word which is left out is taken
/// away. The words, and that each user's are a row with a `userKey`, are published.
pub(super) fn permissions(user: &str, words: &[String]) -> serde_json::Value {
    serde_json::json!({ "userKey": user, "permissions": words })
}

/// Inferred from what is posted there: whoever is at a location is a row of this name.
pub(super) const LOCATED: &str = "userKey";

/// Inferred: what is left of a user without products and roles, which is how a user is suspended.
pub(super) fn suspended() -> serde_json::Value {
    serde_json::json!({ "licenseKeys": Vec::<Key>::new(), "adminRoles": Vec::<String>::new() })
}
