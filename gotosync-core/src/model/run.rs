//! Runs, as their history keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AccountKey, PlanId, RunId};

/// One run in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The account.
    pub account: AccountKey,
    /// The command, such as `gotosync apply`.
    pub command: String,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, unless it has not.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// The plan, unless none was made.
    #[serde(default)]
    pub plan: Option<PlanId>,
    /// The ending.
    pub ending: Ending,
    /// The number of steps with each outcome.
    #[serde(default)]
    pub outcomes: BTreeMap<String, usize>,
    /// The reason why it was stopped or failed.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The ending of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It has not ended, or its process died.
    Open,
    /// It was only simulated: nothing was written.
    Simulated,
    /// Every step was done.
    Done,
    /// Some steps were not done.
    Partial,
    /// Somebody asked it to stop.
    Interrupted,
    /// A check stopped it before the first write.
    Stopped,
    /// An error ended it.
    Failed,
}

impl Ending {
    /// Every value.
    pub const ALL: &'static [Self] =
        &[Self::Open, Self::Simulated, Self::Done, Self::Partial, Self::Interrupted, Self::Stopped, Self::Failed];

    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Simulated => "simulated",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}
