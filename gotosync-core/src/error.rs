//! The one public error: what went wrong, where, and what the caller can do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of anything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an error means to the caller, whatever part of the system it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something an admin wrote (a rules file, a configuration, an argument) cannot be used as it stands.
    Input,
    /// Data that was read (an export, a plan, a server's answer) is not what its format says.
    Data,
    /// What was named does not exist.
    NotFound,
    /// What was named exists more than once.
    Ambiguous,
    /// The identity in use may not do this.
    Denied,
    /// The other side has changed, or holds something that stands against it.
    Conflict,
    /// There are not enough seats, users or other countable things left.
    Exhausted,
    /// A read did not reach its end.
    Incomplete,
    /// A check, or somebody who asked, stopped the run before the first write.
    Stopped,
    /// Another run holds the account.
    Held,
    /// The other side cannot be reached, or not now.
    Unavailable,
    /// This backend or version cannot do it.
    Unsupported,
    /// The local state cannot be read or written.
    State,
    /// A broken promise of this library: please report it.
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

/// Whether the same call may succeed later without anybody changing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Trying again gives the same answer.
    Never,
    /// Trying again later may work.
    Later,
}

impl Retry {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Never, Self::Later];
}

/// Says that a run, a call or a file cannot go on, and why.
///
/// `Display` is one line in lower case, holds no secret and does not repeat [`source`](StdError::source); what to do about
/// it is apart, in [`hint`](Self::hint). A step that failed is not an `Error` of the run: it is an
/// [`Outcome`](crate::model::Outcome).
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
    /// Makes an error of a kind with a message: one line, lower case, no full stop.
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

    /// Names what was being done, e.g. `read the directory`.
    #[must_use]
    pub fn during(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation.get_or_insert(operation.into());
        self
    }

    /// Adds one fact about the place: a file, a line, a rule, a person.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((name, value.to_string()));
        self
    }

    /// Says what the caller can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the error underneath; it is not repeated in `Display`.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says whether the same call may succeed later by itself.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// What the error means.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether trying again later may work.
    pub fn retryable(&self) -> bool {
        self.0.retry == Retry::Later
    }

    /// What was being done, where it is known.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The message without operation and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts about the place, in the order they were added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// The error underneath, if there is one.
    pub(crate) fn into_cause(self) -> Option<Box<dyn StdError + Send + Sync>> {
        self.0.source
    }

    /// What the caller can do about it.
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
