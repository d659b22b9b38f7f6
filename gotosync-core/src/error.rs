//! The error type of this crate: what failed, where, and what the caller can do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of every fallible function in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The category of an error, independent of the component that returned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Input from an admin (a rules file, a configuration, an argument) is invalid.
    Input,
    /// Data that was read (an export, a plan, a server's response) is malformed.
    Data,
    /// The named object does not exist.
    NotFound,
    /// A name matches more than one object.
    Ambiguous,
    /// The current identity does not have the necessary permission.
    Denied,
    /// The other side has changed in the meantime, or holds an object that conflicts with the request.
    Conflict,
    /// Too few seats, users, or other countable resources are left.
    Exhausted,
    /// A read is incomplete.
    Incomplete,
    /// A check or a stop request ended the run before its first write.
    Stopped,
    /// Another run holds the lock on the account.
    Held,
    /// The other side is unreachable or temporarily unavailable.
    Unavailable,
    /// This backend or version does not support the operation.
    Unsupported,
    /// The local state cannot be read or written.
    State,
    /// A bug in this library: please report it.
    Bug,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Input,
        Self::Data,
        Self::NotFound,
        Self::Ambiguous,
        Self::Denied,
        Self::Conflict,
        Self::Exhausted,
        Self::Incomplete,
        Self::Stopped,
        Self::Held,
        Self::Unavailable,
        Self::Unsupported,
        Self::State,
        Self::Bug,
    ];

    /// The word used in JSON and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Data => "data",
            Self::NotFound => "not-found",
            Self::Ambiguous => "ambiguous",
            Self::Denied => "denied",
            Self::Conflict => "conflict",
            Self::Exhausted => "exhausted",
            Self::Incomplete => "incomplete",
            Self::Stopped => "stopped",
            Self::Held => "held",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::State => "state",
            Self::Bug => "bug",
        }
    }
}

/// The chance that the same call succeeds later without any change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// A retry gives the same result.
    Never,
    /// A later retry may succeed.
    Later,
}

impl Retry {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Never, Self::Later];
}

/// The reason why a run, a call, or the use of a file failed.
///
/// `Display` writes one line that begins in lower case, contains no secret, and does not repeat
/// [`source`](StdError::source). The advice on what to do next is separate: see [`help`](Self::help). A failed step is not an
/// `Error` of the run but an [`Outcome`](crate::model::Outcome).
///
/// ```
/// use gotosync_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no group is named `Slaes`")
///     .with("rule", "Sales")
///     .hint("did you mean `Sales`?");
/// assert_eq!(error.to_string(), "no group is named `Slaes` (rule: Sales)");
/// assert_eq!(error.help(), Some("did you mean `Sales`?"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    operation: Option<Cow<'static, str>>,
    message: String,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error from a kind and a message: one line, first letter in lower case, no final period.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retry = if kind == ErrorKind::Unavailable || kind == ErrorKind::Held { Retry::Later } else { Retry::Never };
        Self(Box::new(Inner {
            kind,
            retry,
            operation: None,
            message: message.into(),
            context: Vec::new(),
            hint: None,
            source: None,
        }))
    }

    /// Sets the operation that failed, e.g. `read the directory`. An operation that is already set is kept.
    #[must_use]
    pub fn during(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation.get_or_insert(operation.into());
        self
    }

    /// Adds a fact that helps to find the place: a file, a line, a rule, a person.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((name, value.to_string()));
        self
    }

    /// Sets the advice on what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the underlying error; `Display` does not repeat it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Sets whether the same call may succeed later.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Replaces the message; everything else stays.
    #[cfg(feature = "http")]
    #[must_use]
    pub(crate) fn reworded(mut self, message: String) -> Self {
        self.0.message = message;
        self
    }

    /// Returns the category of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns `true` if a later retry may succeed.
    pub fn retryable(&self) -> bool {
        self.0.retry == Retry::Later
    }

    /// Returns the operation that failed, if known.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Returns the message without operation and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the facts about the place, in the order in which they were added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// Returns the underlying error, if there is one.
    pub(crate) fn into_cause(self) -> Option<Box<dyn StdError + Send + Sync>> {
        self.0.source
    }

    /// Returns the advice on what to do next, if there is any.
    pub fn help(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "could not {operation}: ")?;
        }
        f.write_str(&self.message)?;
        for (index, (name, value)) in self.context.iter().enumerate() {
            let open = if index == 0 { " (" } else { ", " };
            write!(f, "{open}{name}: {value}")?;
        }
        if !self.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error[{}]: {}", self.0.kind.as_str(), self.0)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        if let Some(source) = &self.0.source {
            write!(f, "; because {source}")?;
        }
        Ok(())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => ErrorKind::Data,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}
