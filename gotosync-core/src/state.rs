//! What the engine remembers between runs: who is whom, the last good reads, the journal, and the history of runs.
//!
//! Losing it costs no account data: links are found again by e-mail, and nobody is taken from on account of it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::journal::Event;
use crate::model::{AccountKey, Email, PersonId, PlanId, RunId, UserKey};

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::{CrashPoint, MemoryState};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteState;

/// Keeps what must outlive a run.
///
/// An implementation promises: when a call returns, what it was given survives the death of the process; what one call is
/// given is kept whole or not at all; and at most one [`Hold`] on an account exists at a time, which ends with the process
/// that has it at the latest.
#[async_trait]
pub trait StateStore: Debug + Display + Send + Sync {
    /// What is remembered of an account.
    async fn load(&self, account: &AccountKey) -> Result<Remembered>;

    /// Takes an account for one run, until the hold is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Held`](crate::ErrorKind::Held), naming the holder, when another run has it.
    async fn hold(&self, account: &AccountKey, holder: &Holder) -> Result<Box<dyn Hold>>;

    /// Opens a run: keeps its plan, and the links that planning found, before the first write.
    async fn begin(&self, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()>;

    /// Adds events to the journal of an open run, and what they change about links.
    async fn record(&self, run: &RunId, events: &[Event], links: &[LinkChange]) -> Result<()>;

    /// Closes a run, or keeps one that never opened because it was stopped or failed before the first write.
    ///
    /// `populations` are how many people each rule selects, and only given after a read that was complete.
    async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()>;

    /// The run that was begun and never finished, if there is one.
    async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>>;

    /// The latest runs, newest first.
    async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>>;
}

/// Keeps an account for one run; dropping it lets go.
pub trait Hold: Debug + Send + Sync {}

/// Who holds an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What runs, such as `gotosync apply`.
    pub command: String,
    /// Its process id.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
}

/// What is remembered of an account: a value that the pure stages are handed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remembered {
    /// Who is whom, in ascending order of person.
    pub links: Vec<Link>,
    /// How many people each rule selected at the last good read.
    pub populations: BTreeMap<String, usize>,
}

/// A person and their user, remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The person.
    pub person: PersonId,
    /// The user.
    pub user: UserKey,
    /// The user's e-mail when last seen, for people to read.
    pub email: Email,
    /// The rules that selected the person when last seen, highest first.
    pub rules: Arc<[Arc<str>]>,
    /// When the engine suspended the user; `None` if it did not, or gave access back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Timestamp>,
    /// Since when no rule has selected the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaver_since: Option<Timestamp>,
}

/// How an outcome changes what is remembered of a person.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkChange {
    /// The person has this user now, and nobody else has.
    Put(Link),
    /// The engine suspended the person's user.
    Suspended(PersonId, Timestamp),
    /// The engine gave access back.
    Reactivated(PersonId),
}

/// One run, as history tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The account.
    pub account: AccountKey,
    /// What ran, such as `gotosync apply`.
    pub command: String,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, unless it has not.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// The plan, unless none was made.
    #[serde(default)]
    pub plan: Option<PlanId>,
    /// How it ended.
    pub ending: Ending,
    /// How many steps came to which outcome.
    #[serde(default)]
    pub outcomes: BTreeMap<String, usize>,
    /// What stopped it or failed it, in words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It has not, or nobody could say so any more.
    Open,
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
    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// A run that was begun and never finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// The run.
    pub record: RunRecord,
    /// Its plan, as JSON.
    pub plan: String,
    /// What its journal says, in order.
    pub events: Vec<Event>,
}

impl Remembered {
    /// The link of a person.
    pub fn link(&self, person: &PersonId) -> Option<&Link> {
        self.links.binary_search_by(|link| link.person.cmp(person)).ok().map(|at| &self.links[at])
    }
}
