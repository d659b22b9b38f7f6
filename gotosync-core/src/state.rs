//! The state that the engine keeps between runs: links between people and users, the last complete reads, the journal, and the
//! history of runs.
//!
//! If the state is lost, no account data is lost: users are linked to people again by e-mail address, and the lost state never
//! causes anything to be taken away from a user.

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

/// A store for the state that must outlive a run.
///
/// An implementation guarantees: when a call returns, its data survives a crash of the process; the data of each call is stored
/// completely or not at all; and there is at most one [`Hold`] on an account at a time, which ends at the latest with the process
/// that owns it.
#[async_trait]
pub trait StateStore: Debug + Display + Send + Sync {
    /// Returns the remembered state of an account.
    async fn load(&self, account: &AccountKey) -> Result<Remembered>;

    /// Locks an account for one run, until the hold is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Held`](crate::ErrorKind::Held) with the holder if another run holds the lock.
    async fn hold(&self, account: &AccountKey, holder: &Holder) -> Result<Box<dyn Hold>>;

    /// Opens a run: stores its plan, and the links found during planning, before the first write.
    async fn begin(&self, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()>;

    /// Appends events to the journal of an open run, and applies the facts learned from them, in order.
    async fn record(&self, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()>;

    /// Closes a run, or stores a run that never opened because it was stopped or failed before the first write.
    ///
    /// `populations` is the number of people that each rule selects. It is given only after a complete read.
    async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()>;

    /// Returns the run that was begun and not finished, if there is one.
    async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>>;

    /// Returns the latest runs, newest first.
    async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>>;

    /// Returns the people who are set aside (skipped until a retry time after a failed step), in ascending order of person.
    /// [`load`](Self::load) returns them, too, but also loads the links.
    async fn set_aside(&self, account: &AccountKey) -> Result<Vec<SetAside>>;

    /// Returns the runs that started after a time, newest first.
    async fn runs_since(&self, account: &AccountKey, moment: Timestamp) -> Result<Vec<RunRecord>>;

    /// Returns the state that the last read of a source saved, from which the next read can continue. Sources are identified by
    /// name.
    async fn kept(&self, account: &AccountKey, source: &str) -> Result<Option<Kept>>;

    /// Stores the state that a read saved, and replaces the earlier state of the same source.
    async fn keep(&self, account: &AccountKey, source: &str, kept: &Kept) -> Result<()>;
}

/// A lock on an account for one run. Dropping it releases the lock.
pub trait Hold: Debug + Send + Sync {}

/// The process that holds the lock on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The command, e.g. `gotosync apply`.
    pub command: String,
    /// The process id.
    pub pid: u32,
    /// The time since which the lock has been held.
    pub since: Timestamp,
}

/// A run that was begun and not finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// The run.
    pub record: RunRecord,
    /// The plan, as JSON.
    pub plan: String,
    /// The events in its journal, in order.
    pub events: Vec<Event>,
}
