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
use crate::model::{
    AccountKey, ActionKind, Email, Fault, Fingerprint, Kept, LicenseKey, PersonId, PlanId, Role, RunId, UserKey,
};

mod forward;
mod learn;
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

/// What is remembered of an account: a value that the pure stages are handed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remembered {
    /// Who is whom, in ascending order of person.
    pub links: Vec<Link>,
    /// How many people each rule selected at the last good read.
    pub populations: BTreeMap<String, usize>,
    /// Who is left alone for a while because a step failed, in ascending order of person.
    pub set_aside: Vec<SetAside>,
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
    /// In how many complete reads since then nothing selected the person, as far as deleting depends on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absences: u32,
    /// The role that rules gave, while they give it: nobody else's role is ever taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What the engine took when it ended the access, for the day the person returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had: Option<Box<Had>>,
}

/// What a user had before the engine ended the access.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Had {
    /// The licences that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseKey>,
    /// The role that went.
    #[serde(skip_serializing_if = "Role::is_member")]
    pub role: Role,
}

/// A person whose step failed: left alone until a time, and then tried again.
///
/// The times lie ever further apart, so that one bad record costs neither the run nor the service's patience. What is to be
/// done is named by its fingerprint: where the directory or the rules now ask for something else, that is tried at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail, for people to read.
    pub subject: String,
    /// What failed.
    pub kind: ActionKind,
    /// The action that failed, in short.
    pub action: Fingerprint,
    /// Why it failed.
    pub reason: String,
    /// How often it failed.
    pub failures: u32,
    /// When it failed first.
    pub since: Timestamp,
    /// When it is tried again.
    pub next: Timestamp,
}

/// A step that failed, as apply tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail, for people to read.
    pub subject: String,
    /// What failed.
    pub kind: ActionKind,
    /// The action, in short.
    pub action: Fingerprint,
    /// Why.
    pub fault: Fault,
    /// When.
    pub at: Timestamp,
}

impl Link {
    /// A link that says no more than who is whom.
    pub fn new(person: PersonId, user: UserKey, email: Email, rules: Arc<[Arc<str>]>) -> Self {
        let (suspended, leaver_since) = (None, None);
        Self { person, user, email, rules, suspended, leaver_since, absences: 0, role: None, had: None }
    }
}

impl SetAside {
    /// The ladder: hours until the next try after the first, the second … failure; the last step is repeated. Entra's
    /// provisioning waits so for an object that fails.
    pub const HOURS: [i64; 7] = [2, 6, 12, 24, 48, 96, 168];

    /// What is remembered after a failure. One of the same action as before is another rung; of another, the first.
    pub fn after(failure: Failure, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.action == failure.action);
        let failures = same.map_or(0, |before| before.failures).saturating_add(1);
        let rung = (failures as usize).min(Self::HOURS.len()) - 1;
        let wait = jiff::SignedDuration::from_hours(Self::HOURS[rung]);
        Self {
            person: failure.person,
            subject: failure.subject,
            kind: failure.kind,
            action: failure.action,
            reason: failure.fault.message,
            failures,
            since: same.map_or(failure.at, |before| before.since),
            next: failure.at.saturating_add(wait).unwrap_or(Timestamp::MAX),
        }
    }
}

/// What an outcome teaches about a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Learned {
    /// The person has this user now, and nobody else has.
    Linked(Link),
    /// The engine suspended the person's user, who had this before.
    Suspended(PersonId, Timestamp, Had),
    /// The engine gave access back.
    Reactivated(PersonId),
    /// The engine deleted the person's user.
    Deleted(PersonId),
    /// The engine gave this role, or took the one it had given.
    Role(PersonId, Option<Role>),
    /// A step about the person failed.
    Failed(Failure),
    /// The steps about the person are done: nothing is set aside any more.
    Settled(PersonId),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
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

    /// What is set aside about a person.
    pub fn set_aside(&self, person: &PersonId) -> Option<&SetAside> {
        self.set_aside.binary_search_by(|aside| aside.person.cmp(person)).ok().map(|at| &self.set_aside[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn failure(action: &str, hour: i64) -> Failure {
        Failure {
            person: PersonId::parse("p1"),
            subject: "ann@example.test".into(),
            kind: ActionKind::Update,
            action: action.into(),
            fault: Fault::new(ErrorKind::Input, "the name is too long"),
            at: at(hour),
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_812_800 + hour * 3600).unwrap()
    }

    #[test]
    fn each_failure_of_the_same_action_waits_longer_and_the_last_wait_is_repeated() {
        let mut aside: Option<SetAside> = None;
        for (nth, wait) in (1..).zip([2, 6, 12, 24, 48, 96, 168, 168, 168]) {
            let hour = i64::from(nth) * 1000;
            let next = SetAside::after(failure("f", hour), aside.as_ref());
            assert_eq!((next.failures, next.since, next.next), (nth, at(1000), at(hour + wait)));
            aside = Some(next);
        }
    }

    #[test]
    fn another_action_begins_at_the_foot_of_the_ladder() {
        let first = SetAside::after(failure("f", 0), None);
        let second = SetAside::after(failure("f", 2), Some(&first));
        let other = SetAside::after(failure("g", 8), Some(&second));
        assert_eq!((other.failures, other.since, other.next), (1, at(8), at(10)));
        assert_eq!((other.action.as_str(), other.reason.as_str()), ("g", "the name is too long"));
    }

    #[test]
    fn many_failures_at_the_end_of_time_do_not_overflow() {
        let before = SetAside { failures: u32::MAX, ..SetAside::after(failure("f", 0), None) };
        let last = SetAside::after(Failure { at: Timestamp::MAX, ..failure("f", 0) }, Some(&before));
        assert_eq!((last.failures, last.next), (u32::MAX, Timestamp::MAX));
    }
}
