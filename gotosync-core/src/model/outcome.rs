//! The outcome of an action.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::UserKey;
use crate::error::{Error, ErrorKind};

/// The outcome of an action. It claims no more than is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The action was done.
    Done {
        /// The change that was made.
        #[serde(flatten)]
        effect: Effect,
    },
    /// The action failed, and nothing changed.
    Failed {
        /// The reason.
        fault: Fault,
    },
    /// The outcome is unknown, e.g. because the reply to a call was lost. Something may have changed.
    InDoubt {
        /// The observed error.
        fault: Fault,
    },
    /// The action was not attempted.
    Skipped {
        /// The reason.
        reason: String,
    },
}

/// The change made by an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "effect")]
pub enum Effect {
    /// A user was created.
    Created {
        /// The new user's key.
        user: UserKey,
    },
    /// A user was changed.
    Updated,
    /// A user lost every product and role.
    Suspended,
    /// A user lost some licenses.
    Released,
    /// A user got access back.
    Reactivated,
    /// A user group was created.
    GroupCreated,
    /// A user was deleted.
    Deleted,
    /// A template was created or changed.
    TemplateWritten,
    /// An invitation was sent.
    Invited,
    /// The address belongs to another account, and its user was invited to move to this account. The user exists only after the
    /// invitation is accepted.
    TransferInvited,
}

/// The reason why an action was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The category of the error.
    pub kind: ErrorKind,
    /// The message, on one line.
    pub message: String,
    /// `true` if a later retry may succeed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// The underlying error. It is available only in the process in which it occurred.
    #[serde(skip)]
    pub cause: Cause,
}

/// The underlying error of a fault, if known. It is not serialized, and comparisons of faults ignore it.
#[derive(Clone, Debug, Default)]
pub struct Cause(Option<Arc<dyn StdError + Send + Sync>>);

impl Cause {
    /// Stores an error.
    pub fn new(error: impl Into<Arc<dyn StdError + Send + Sync>>) -> Self {
        Self(Some(error.into()))
    }

    /// Returns the error.
    pub fn error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.as_deref()
    }
}

impl PartialEq for Cause {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cause {}

impl Fault {
    /// Creates a fault. It is retryable only if the kind is [`ErrorKind::Unavailable`].
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retryable = kind == ErrorKind::Unavailable;
        Self { kind, message: message.into(), retryable, cause: Cause::default() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let (kind, message, retryable) = (error.kind(), error.to_string(), error.retryable());
        let cause = error.into_cause().map(Cause::new).unwrap_or_default();
        Self { kind, message, retryable, cause }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Effect {
    /// The word used in reports.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Updated => "updated",
            Self::Suspended => "suspended",
            Self::Released => "released",
            Self::Reactivated => "reactivated",
            Self::GroupCreated => "group created",
            Self::Deleted => "deleted",
            Self::TemplateWritten => "template written",
            Self::Invited => "invited",
            Self::TransferInvited => "transfer invited",
        }
    }
}

impl Outcome {
    /// Creates a failed outcome.
    pub fn failed(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Failed { fault: Fault::new(kind, message) }
    }

    /// Creates a skipped outcome.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped { reason: reason.into() }
    }

    /// The word used in reports.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done { effect } => effect.as_str(),
            Self::Failed { .. } => "failed",
            Self::InDoubt { .. } => "in doubt",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// Returns `true` if the action was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

impl From<Effect> for Outcome {
    fn from(effect: Effect) -> Self {
        Self::Done { effect }
    }
}
