//! What became of one action.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::UserKey;
use crate::error::{Error, ErrorKind};

/// What became of one action; it never says more than is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// It was done.
    Done {
        /// What changed.
        #[serde(flatten)]
        effect: Effect,
    },
    /// It was tried and nothing changed.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// It was tried, and whether anything changed is not known.
    InDoubt {
        /// What was seen.
        fault: Fault,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        reason: String,
    },
}

/// What an action changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "effect")]
pub enum Effect {
    /// A user was made.
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
    /// A user group was made.
    GroupCreated,
    /// A user was deleted.
    Deleted,
    /// A template was made or changed.
    TemplateWritten,
    /// An invitation was sent.
    Invited,
    /// The address belongs to another account: its owner was asked to come over. There is no user until they do.
    TransferInvited,
}

/// Why an action was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What it means.
    pub kind: ErrorKind,
    /// One line.
    pub message: String,
    /// Whether trying again later may work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// What lies beneath, in the process in which it happened.
    #[serde(skip)]
    pub cause: Cause,
}

/// The error beneath a fault, if one is known. It is not written anywhere, and two faults that are alike but for it are equal.
#[derive(Clone, Debug, Default)]
pub struct Cause(Option<Arc<dyn StdError + Send + Sync>>);

impl Cause {
    /// Keeps an error.
    pub fn new(error: impl Into<Arc<dyn StdError + Send + Sync>>) -> Self {
        Self(Some(error.into()))
    }

    /// The error.
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
    /// Makes a fault that trying again does not mend.
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
    /// Shorthand for a failure.
    pub fn failed(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Failed { fault: Fault::new(kind, message) }
    }

    /// Shorthand for something that was not tried.
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

    /// Says whether the action was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

impl From<Effect> for Outcome {
    fn from(effect: Effect) -> Self {
        Self::Done { effect }
    }
}
