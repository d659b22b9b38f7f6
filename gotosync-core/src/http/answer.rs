//! What a service answered, or why it did not.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::status::Meaning;
use crate::model::text::shown;
use crate::{Error, ErrorKind, Result};

/// An answer that says that it was done.
#[derive(Clone)]
pub struct Answer {
    /// The body.
    pub body: Vec<u8>,
    /// Where what was made is, or how it is known, by headers that count: `ETag`, `Location`.
    pub(super) headers: reqwest::header::HeaderMap,
    /// Whether an attempt before this one may have been done already.
    pub after_doubt: bool,
    pub(super) request_id: Option<String>,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub struct Failure {
    /// What it means for the caller.
    pub error: Error,
    /// Whether it may have been done all the same.
    pub reached: Reached,
    /// What the status of the answer meant; `None` if there was none.
    pub meaning: Option<Meaning>,
    /// The body of the answer; it may hold people's data.
    pub body: Vec<u8>,
    /// For how long the service wants to be left alone.
    pub pause: Option<Duration>,
}

/// Whether a call that failed may have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It was not done for sure.
    Not,
    /// Nobody knows.
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
    /// [`ErrorKind::Data`] with what was found instead, such as the page of a gateway.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let found = kind_of(&self.body);
            let error = Error::new(ErrorKind::Data, format!("the answer is not what was expected: {error}"))
                .with("found", found);
            identified(error, self.request_id.as_deref())
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for Answer {
    /// Shows no body: it holds people's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an answer of {} bytes", self.body.len())
    }
}

impl Failure {
    /// One that was not answered.
    pub(super) fn lost(error: Error, reached: Reached) -> Self {
        Self { error, reached, meaning: None, body: Vec::new(), pause: None }
    }

    /// One whose answer cannot be read: it may well have been done.
    pub fn unread(error: Error) -> Self {
        Self::lost(error, Reached::Perhaps)
    }

    /// The body as JSON, if it is any.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// Adds the number by which the service's own people find a call.
pub(super) fn identified(error: Error, id: Option<&str>) -> Error {
    match id {
        Some(id) => error.with("request", shown(id, 64)),
        None => error,
    }
}

/// What a body looks like, in a few words and without showing it.
pub(super) fn kind_of(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    let begins = |text: &str| start.len() >= text.len() && start[..text.len()].eq_ignore_ascii_case(text.as_bytes());
    if start.is_empty() {
        "nothing"
    } else if begins("<!doctype html") || begins("<html") {
        "a web page, as gateways and sign-in portals send them"
    } else if start[0] == b'<' {
        "XML"
    } else if start[0] == b'{' || start[0] == b'[' {
        "JSON, cut off or of another form"
    } else {
        "text"
    }
}
