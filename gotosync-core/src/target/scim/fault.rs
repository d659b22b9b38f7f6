//! What a service says against a request (RFC 7644, section 3.12).

use super::wire::WireError;
use crate::http::{Failure, Meaning, Reached};
use crate::model::text::shown;
use crate::model::{Fault, Outcome};
use crate::{Error, ErrorKind};

/// Why an action ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nothing was done.
    Refused(Fault),
    /// Nobody knows whether it was done.
    Doubt(Fault),
}

impl Stop {
    pub(super) fn refused(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Refused(Fault::new(kind, message))
    }

    /// The doubt, where something was done before it.
    pub(super) fn halfway(self, done: &str) -> Self {
        let (Self::Refused(fault) | Self::Doubt(fault)) = self;
        Self::Doubt(Fault { message: format!("{done}, and then: {}", fault.message), ..fault })
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
        let fault = Fault::from(told(failure));
        match reached {
            Reached::Not => Self::Refused(fault),
            Reached::Perhaps => Self::Doubt(fault),
        }
    }
}

/// The error of a failed call, with the service's own words.
pub(super) fn told(failure: Failure) -> Error {
    let wire: WireError = failure.json().unwrap_or_default();
    // Only GoTo says it so (goto-api, 3.1), and with a status that others say of tokens.
    if wire.code.as_deref() == Some("not.authorized") {
        return Error::new(ErrorKind::Denied, "the login has no role in the organization that lets it do this").hint(
            "roles of the account do not count here: give the login the role Admin in the Organization Center, under Users",
        );
    }
    said(failure.error, failure.meaning, &wire)
}

/// An error with what the service said about it.
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
    let message = format!("the service says: {}", shown(detail, 200));
    let mut told = Error::new(kind, message);
    for (name, value) in error.context() {
        told = told.with(name, value);
    }
    if error.retryable() { told.retry(crate::error::Retry::Later) } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_an_error_says_what_it_means() {
        let tell = |scim_type: &str| {
            let wire = WireError { scim_type: Some(scim_type.into()), detail: Some("No.\nWay".into()), code: None };
            said(Error::new(ErrorKind::Input, "refused").with("call", "POST"), Some(Meaning::Refused), &wire)
        };
        assert_eq!(tell("uniqueness").kind(), ErrorKind::Conflict);
        assert_eq!(tell("mutability").kind(), ErrorKind::Denied);
        assert_eq!(tell("unheard").kind(), ErrorKind::Input);
        assert!(!tell("uniqueness").to_string().contains('\n'), "{}", tell("uniqueness"));
        assert!(tell("uniqueness").to_string().ends_with("(call: POST)"));
    }
}
