//! The response of a service, or the reason why a call failed.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::status::Meaning;
use crate::model::text::shown;
use crate::{Error, ErrorKind, Result};

/// A successful response.
#[derive(Clone)]
pub struct Answer {
    /// The response body.
    pub body: Vec<u8>,
    /// The response headers. Callers read `ETag` and `Location`.
    pub(super) headers: reqwest::header::HeaderMap,
    /// `true` if an earlier attempt may already have taken effect.
    pub after_doubt: bool,
    pub(super) request_id: Option<String>,
}

/// A failed call.
#[derive(Debug)]
pub struct Failure {
    /// The error for the caller.
    pub error: Error,
    /// The possible effect of the failed call.
    pub reached: Reached,
    /// The meaning of the response status; `None` if there was no response.
    pub meaning: Option<Meaning>,
    /// The response body; it may contain personal data.
    pub body: Vec<u8>,
    /// The wait that the service asks for (`Retry-After`).
    pub pause: Option<Duration>,
}

/// The possible effect of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The service certainly did not process the request.
    Not,
    /// The outcome is unknown: the service may have processed the request.
    Perhaps,
}

impl Reached {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Not, Self::Perhaps];
}

impl Answer {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] with the kind of content that was found instead, such as the HTML page of a gateway.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let found = kind_of(&self.body);
            let error = Error::new(ErrorKind::Data, format!("the service sent an unexpected response: {error}"))
                .with("found", found);
            identified(error, self.request_id.as_deref())
        })
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for Answer {
    /// Hides the body, which may contain personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a response of {} bytes", self.body.len())
    }
}

impl Failure {
    /// Creates a failure for a call without a usable response.
    pub(super) fn lost(error: Error, reached: Reached) -> Self {
        Self { error, reached, meaning: None, body: Vec::new(), pause: None }
    }

    /// Creates a failure for a response that could not be read. The request may well have been processed.
    pub fn unread(error: Error) -> Self {
        Self::lost(error, Reached::Perhaps)
    }

    /// Parses the body as JSON; `None` if it is not JSON of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// Adds the request ID, by which the service's support team can find the call.
pub(super) fn identified(error: Error, id: Option<&str>) -> Error {
    match id {
        Some(id) => error.with("request", shown(id, 64)),
        None => error,
    }
}

/// Describes the kind of a body in a few words, without showing its content.
pub(super) fn kind_of(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    let begins = |text: &str| start.len() >= text.len() && start[..text.len()].eq_ignore_ascii_case(text.as_bytes());
    if start.is_empty() {
        "an empty body"
    } else if begins("<!doctype html") || begins("<html") {
        "an HTML page, probably from a proxy or a sign-in portal"
    } else if start[0] == b'<' {
        "XML"
    } else if start[0] == b'{' || start[0] == b'[' {
        "JSON that is truncated or has another structure"
    } else {
        "text"
    }
}
