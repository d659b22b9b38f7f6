//! The history of runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AccountKey, PlanId, RunId};

/// A run in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The id of the run.
    pub run: RunId,
    /// The account.
    pub account: AccountKey,
    /// The command, such as `gotosync apply`.
    pub command: String,
    /// The start time.
    pub started: Timestamp,
    /// The end time, if the run has ended.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// The plan, if one was made.
    #[serde(default)]
    pub plan: Option<PlanId>,
    /// The ending.
    pub ending: Ending,
    /// The number of steps with each outcome.
    #[serde(default)]
    pub outcomes: BTreeMap<String, usize>,
    /// The reason why the run was stopped or failed.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The ending of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The run has not ended, or its process crashed.
    Open,
    /// The run was only simulated; nothing was written.
    Simulated,
    /// Every step was done.
    Done,
    /// Some steps were not done.
    Partial,
    /// A user asked the run to stop.
    Interrupted,
    /// A check stopped the run before the first write.
    Stopped,
    /// An error ended the run.
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
