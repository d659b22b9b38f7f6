//! Error responses of a service (RFC 7644, section 3.12).

use super::wire::WireError;
use crate::http::{Failure, Meaning, Reached};
use crate::model::text::shown;
use crate::model::{Fault, Outcome};
use crate::{Error, ErrorKind};

/// The reason why an action ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The action had no effect.
    Refused(Fault),
    /// The outcome is unknown.
    Doubt(Fault),
}

impl Stop {
    pub(super) fn refused(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Refused(Fault::new(kind, message))
    }

    /// Returns this stop as a doubt, because a part of the action was completed before it.
    pub(super) fn halfway(self, done: &str) -> Self {
        let (Self::Refused(fault) | Self::Doubt(fault)) = self;
        Self::Doubt(Fault { message: format!("{done}, then the action failed: {}", fault.message), ..fault })
    }
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(fault) => Self::Failed { fault },
            Stop::Doubt(fault) => Self::InDoubt { fault },
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        let reached = failure.reached;
        let fault = Fault::from(error_of(failure));
        match reached {
            Reached::Not => Self::Refused(fault),
            Reached::Perhaps => Self::Doubt(fault),
        }
    }
}

/// Converts a failed call to an error, with the service's own message.
pub(super) fn error_of(failure: Failure) -> Error {
    let wire: WireError = failure.json().unwrap_or_default();
    // Only GoTo uses this code (goto-api, 3.1). It comes with a status that other services use for invalid tokens.
    if wire.code.as_deref() == Some("not.authorized") {
        let message = "the signed-in user has no role in the organization that allows this";
        return Error::new(ErrorKind::Denied, message)
            .hint("account roles do not count here: assign the role Admin in the Organization Center, under Users");
    }
    said(failure.error, failure.meaning, &wire)
}

/// Replaces the message and kind of an error with those in the response, if it has any.
pub(super) fn said(error: Error, meaning: Option<Meaning>, wire: &WireError) -> Error {
    let kind = match wire.scim_type.as_deref() {
        Some("uniqueness") => ErrorKind::Conflict,
        Some("mutability") => ErrorKind::Denied,
        Some("tooMany" | "sensitive") => ErrorKind::Unsupported,
        Some("invalidFilter" | "invalidSyntax" | "invalidPath" | "noTarget" | "invalidValue" | "invalidVers") => {
            ErrorKind::Input
        }
        _ => meaning.map_or(error.kind(), Meaning::kind),
    };
    let Some(detail) = wire.detail.as_deref().filter(|detail| !detail.trim().is_empty()) else { return error };
    let message = format!("the service reported: {}", shown(detail, 200));
    let mut replaced = Error::new(kind, message);
    for (name, value) in error.context() {
        replaced = replaced.with(name, value);
    }
    if error.retryable() { replaced.retry(crate::error::Retry::Later) } else { replaced }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_error_kind_from_the_scim_type() {
        let converted = |scim_type: &str| {
            let wire = WireError { scim_type: Some(scim_type.into()), detail: Some("No.\nWay".into()), code: None };
            said(Error::new(ErrorKind::Input, "refused").with("call", "POST"), Some(Meaning::Refused), &wire)
        };
        assert_eq!(converted("uniqueness").kind(), ErrorKind::Conflict);
        assert_eq!(converted("mutability").kind(), ErrorKind::Denied);
        assert_eq!(converted("unheard").kind(), ErrorKind::Input);
        assert!(!converted("uniqueness").to_string().contains('\n'), "{}", converted("uniqueness"));
        assert!(converted("uniqueness").to_string().ends_with("(call: POST)"));
    }
}
