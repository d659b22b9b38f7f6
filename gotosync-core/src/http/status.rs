//! The meaning of HTTP status codes. Only this module matches on their numbers.

use crate::ErrorKind;

/// The meaning of a response status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The request succeeded.
    Done,
    /// Nothing has changed since the version that the request names.
    NotModified,
    /// The service redirects to another address.
    Elsewhere,
    /// The service rejects the request as invalid.
    Refused,
    /// The request has no valid token.
    SignInNeeded,
    /// The signed-in user may not do this.
    Denied,
    /// The object does not exist.
    NotFound,
    /// The service does not support this request.
    Unsupported,
    /// The request conflicts with the current state, such as an address that another user has.
    Conflict,
    /// The object has changed since the caller read it.
    Changed,
    /// The request is too large.
    TooLarge,
    /// The client sent too many requests; the service did not process this one.
    Slower,
    /// The service failed while it processed the request.
    Broken,
    /// The service or a gateway before it is temporarily unavailable.
    Away,
}

impl Meaning {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::NotModified,
        Self::Elsewhere,
        Self::Refused,
        Self::SignInNeeded,
        Self::Denied,
        Self::NotFound,
        Self::Unsupported,
        Self::Conflict,
        Self::Changed,
        Self::TooLarge,
        Self::Slower,
        Self::Broken,
        Self::Away,
    ];

    /// Maps a status code to its meaning.
    pub(super) fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Done,
            304 => Self::NotModified,
            300..=399 => Self::Elsewhere,
            401 => Self::SignInNeeded,
            403 | 407 => Self::Denied,
            404 | 410 => Self::NotFound,
            405 | 501 => Self::Unsupported,
            409 => Self::Conflict,
            412 | 428 => Self::Changed,
            413 => Self::TooLarge,
            408 | 425 | 502 | 503 | 504 => Self::Away,
            429 => Self::Slower,
            400..=499 => Self::Refused,
            _ => Self::Broken,
        }
    }

    /// Returns the kind of error for this status, unless the body is more specific.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::SignInNeeded | Self::Denied => ErrorKind::Denied,
            Self::NotFound => ErrorKind::NotFound,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::Conflict | Self::Changed => ErrorKind::Conflict,
            Self::Slower | Self::Broken | Self::Away => ErrorKind::Unavailable,
            Self::Refused | Self::TooLarge => ErrorKind::Input,
            Self::Done | Self::NotModified | Self::Elsewhere => ErrorKind::Data,
        }
    }

    /// Returns `true` if the same call may succeed shortly after.
    pub(super) fn passes(self) -> bool {
        matches!(self, Self::Slower | Self::Broken | Self::Away)
    }

    /// Returns `true` if the status proves that the service did not process the request.
    pub(super) fn nothing_was_done(self) -> bool {
        !matches!(self, Self::Done | Self::Broken | Self::Away)
    }
}

/// Returns `true` if a response rejects the token itself, not the permissions of its user.
///
/// GoTo's meeting service answers 403 to an invalid token and names the token in the body (goto-api, 2.11 and 5.3).
/// GoTo's SCIM service answers 401 to a valid token whose user lacks a role (goto-api, 3.1).
pub(super) fn is_about_the_token(meaning: Meaning, body: &[u8]) -> bool {
    match meaning {
        Meaning::SignInNeeded => !says(body, &[NO_ROLE]),
        Meaning::Denied => says(body, WORDS),
        _ => false,
    }
}

/// Returns `true` if the beginning of a body contains one of these words, ignoring case.
fn says(body: &[u8], words: &[&str]) -> bool {
    let said = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).to_ascii_lowercase();
    words.iter().any(|word| said.contains(word))
}

/// The code in GoTo's SCIM responses for a missing role in the organization.
const NO_ROLE: &str = "not.authorized";
const LOOKED_AT: usize = 4096;
const WORDS: &[&str] = &["invalidtoken", "invalid_token", "expired_token", "expiredtoken", "malformed_token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_refusals_from_outcomes_in_doubt() {
        for status in [500, 502, 503, 504, 408, 599, 700] {
            assert!(!Meaning::of(status).nothing_was_done(), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 412, 422, 429] {
            assert!(Meaning::of(status).nothing_was_done(), "{status}");
        }
    }

    #[test]
    fn distinguishes_an_invalid_token_from_missing_permissions() {
        let token = br#"{"int_err_code":"InvalidToken","msg":"Invalid token passed"}"#;
        assert!(is_about_the_token(Meaning::of(403), token));
        assert!(is_about_the_token(Meaning::of(403), br#"{"errorCode":"AUTHN_EXPIRED_TOKEN"}"#));
        assert!(!is_about_the_token(Meaning::of(403), br#"{"errorCode":"AUTHZ_INSUFFICIENT_SCOPE"}"#));
        assert!(is_about_the_token(Meaning::of(401), b""));
        assert!(is_about_the_token(Meaning::of(401), br#"{"errors":[{"code":"not.authenticated"}]}"#));
        assert!(!is_about_the_token(Meaning::of(401), br#"{"code":"not.authorized","uri":"/v1/Users"}"#));
        assert!(!is_about_the_token(Meaning::of(404), token));
    }
}
