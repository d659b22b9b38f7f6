//! What the engine remembers between runs: who is whom, the last good reads, the journal, and the history of runs.
//!
//! Losing it costs no account data: links are found again by e-mail, and nobody is taken from on account of it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::journal::Event;
use crate::model::{AccountKey, Kept, RunId};
pub use crate::model::{Ending, Failure, Had, Learned, Link, Remembered, RunRecord, SetAside};

mod forward;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::{CrashPoint, MemoryState, RUNS_KEPT};
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

    /// Adds events to the journal of an open run, and what was learned from them, in order.
    async fn record(&self, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()>;

    /// Closes a run, or keeps one that never opened because it was stopped or failed before the first write.
    ///
    /// `populations` are how many people each rule selects, and only given after a read that was complete.
    async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()>;

    /// The run that was begun and never finished, if there is one.
    async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>>;

    /// The latest runs, newest first.
    async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>>;

    /// Who is set aside, in ascending order of person: what [`load`](Self::load) gives as well, without the links.
    async fn set_aside(&self, account: &AccountKey) -> Result<Vec<SetAside>>;

    /// The runs that started after a moment, newest first.
    async fn runs_since(&self, account: &AccountKey, moment: Timestamp) -> Result<Vec<RunRecord>>;

    /// What the last reading of a source left, from which the next can start; sources are told apart by name.
    async fn kept(&self, account: &AccountKey, source: &str) -> Result<Option<Kept>>;

    /// Keeps what a reading left in place of what was kept before.
    async fn keep(&self, account: &AccountKey, source: &str, kept: &Kept) -> Result<()>;
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
