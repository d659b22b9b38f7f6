//! What the status of an answer means: the only match on numbers.

use crate::ErrorKind;

/// What the status of an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It was done.
    Done,
    /// Nothing has changed since what the request names.
    NotModified,
    /// It is somewhere else.
    Elsewhere,
    /// The request is not what the service takes.
    Refused,
    /// Nobody is signed in, or not any more.
    SignInNeeded,
    /// Whoever is signed in may not do this.
    Denied,
    /// It is not there.
    NotFound,
    /// The service cannot do this.
    Unsupported,
    /// Something stands against it.
    Conflict,
    /// It is no longer as the request supposes.
    Changed,
    /// The request is too large.
    TooLarge,
    /// Too many requests: nothing was done.
    Slower,
    /// Something broke while the service worked.
    Broken,
    /// Something on the way broke, or the service is away for a while.
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

    /// Reads a status.
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

    /// The kind of the error that it makes, unless the body says better.
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

    /// Says whether the same call may well succeed a little later.
    pub(super) fn passes(self) -> bool {
        matches!(self, Self::Slower | Self::Broken | Self::Away)
    }

    /// Says whether the service has answered for sure that it did nothing.
    pub(super) fn nothing_was_done(self) -> bool {
        !matches!(self, Self::Done | Self::Broken | Self::Away)
    }
}

/// Says whether an answer is about the token and not about what its owner may do.
///
/// GoTo's meeting service answers 403 to a bad token, with a body that names it (goto-api, 2.11 and 5.3), and its SCIM answers
/// 401 to a good one whose owner lacks a role (goto-api, 3.1).
pub(super) fn is_about_the_token(meaning: Meaning, body: &[u8]) -> bool {
    match meaning {
        Meaning::SignInNeeded => !says(body, &[NO_ROLE]),
        Meaning::Denied => says(body, WORDS),
        _ => false,
    }
}

/// Says whether the beginning of a body holds one of these words, in whatever letters.
fn says(body: &[u8], words: &[&str]) -> bool {
    let said = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).to_ascii_lowercase();
    words.iter().any(|word| said.contains(word))
}

/// What GoTo's SCIM says where a role in the organization is missing.
const NO_ROLE: &str = "not.authorized";
const LOOKED_AT: usize = 4096;
const WORDS: &[&str] = &["invalidtoken", "invalid_token", "expired_token", "expiredtoken", "malformed_token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_done_is_not_taken_for_refused() {
        for status in [500, 502, 503, 504, 408, 599, 700] {
            assert!(!Meaning::of(status).nothing_was_done(), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 412, 422, 429] {
            assert!(Meaning::of(status).nothing_was_done(), "{status}");
        }
    }

    #[test]
    fn a_403_about_the_token_is_told_from_one_about_rights() {
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
