//! A state store in memory, for the tests of embedders and for runs that should leave no state behind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, btree_map::Entry};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Ending, Hold, Holder, Interrupted, Learned, Link, Remembered, RunRecord, SetAside, StateStore};
use crate::journal::Event;
use crate::model::{AccountKey, Kept, PersonId, RunId, UserKey};
use crate::{Error, ErrorKind, Result};

/// A state store in memory. It has the same contract as `SqliteState`, except that its data does not outlive the process.
///
/// Clones share the same data. So a test can drop an engine in the middle of a run, like a crash, and continue with another
/// engine on a clone. [`crash_after`](Self::crash_after) and [`crash_at`](Self::crash_at) choose the moment of the crash.
///
/// The journal of a run is deleted when the run is finished, because it can no longer be read.
///
/// ```
/// use gotosync_core::ErrorKind;
/// use gotosync_core::model::AccountKey;
/// use gotosync_core::state::{Holder, MemoryState, StateStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> gotosync_core::Result<()> {
/// let state = MemoryState::new();
/// let account = AccountKey::new("4711");
/// assert!(state.load(&account).await?.links.is_empty());
///
/// let me = Holder { command: "gotosync apply".into(), pid: 123, since: "2026-10-01T06:00:00Z".parse().unwrap() };
/// let hold = state.hold(&account, &me).await?;
/// assert_eq!(state.clone().hold(&account, &me).await.unwrap_err().kind(), ErrorKind::Held);
/// drop(hold);
/// assert!(state.hold(&account, &me).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    inner: Arc<Mutex<Inner>>,
}

/// The moment of a crash relative to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// The data of the call is lost.
    Before,
    /// The data of the call is stored, but the caller gets an error.
    After,
}

impl CrashPoint {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Before, Self::After];
}

#[derive(Debug, Default)]
struct Inner {
    accounts: BTreeMap<AccountKey, Account>,
    /// In the order in which they were first stored.
    runs: Vec<Run>,
    /// The number distinguishes a hold from a later one that was taken after [`MemoryState::heal`].
    holds: BTreeMap<AccountKey, (u64, Holder)>,
    holds_given: u64,
    crash: Option<Crash>,
}

#[derive(Debug, Default)]
struct Account {
    links: BTreeMap<PersonId, Link>,
    /// The person of each user in `links`.
    people: HashMap<UserKey, PersonId>,
    set_aside: BTreeMap<PersonId, SetAside>,
    populations: BTreeMap<String, usize>,
    kept: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Run {
    record: RunRecord,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    plan: String,
    events: Vec<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Crash {
    /// The number of changes that still succeed.
    left: usize,
    point: CrashPoint,
}

#[derive(Debug)]
struct MemoryHold {
    inner: Arc<Mutex<Inner>>,
    account: AccountKey,
    number: u64,
}

impl MemoryState {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `calls` more changes succeed; each later change fails and is not stored, until [`heal`](Self::heal) is called.
    ///
    /// Changes are calls of [`begin`](StateStore::begin), [`record`](StateStore::record), [`finish`](StateStore::finish), and
    /// [`keep`](StateStore::keep) that would succeed. They fail with [`ErrorKind::State`]. All other calls still work, so that
    /// a test can inspect the stored data.
    pub fn crash_after(&self, calls: usize) {
        self.lock().crash = Some(Crash { left: calls, point: CrashPoint::Before });
    }

    /// Makes one change fail, either before or after it is stored: the `call`th from now, counted from 1. Each later change fails
    /// and is not stored, until [`heal`](Self::heal) is called.
    ///
    /// See [`crash_after`](Self::crash_after) for the definition of a change.
    pub fn crash_at(&self, call: usize, point: CrashPoint) {
        self.lock().crash = Some(Crash { left: call.saturating_sub(1), point });
    }

    /// Simulates the start of a new process: changes succeed again, and no account is locked.
    pub fn heal(&self) {
        let mut inner = self.lock();
        inner.crash = None;
        inner.holds.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn change(&self, work: impl FnOnce(&mut Inner) -> Result<()>) -> Result<()> {
        let mut inner = self.lock();
        match inner.crash {
            None => work(&mut inner),
            Some(Crash { left: 0, point: CrashPoint::Before }) => Err(crashed()),
            Some(Crash { left: 0, point: CrashPoint::After }) => {
                work(&mut inner)?;
                inner.crash = Some(Crash { left: 0, point: CrashPoint::Before });
                Err(crashed())
            }
            Some(crash) => {
                work(&mut inner)?;
                inner.crash = Some(Crash { left: crash.left - 1, ..crash });
                Ok(())
            }
        }
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn load(&self, account: &AccountKey) -> Result<Remembered> {
        let inner = self.lock();
        let Some(known) = inner.accounts.get(account) else { return Ok(Remembered::default()) };
        Ok(Remembered {
            links: known.links.values().cloned().collect(),
            populations: known.populations.clone(),
            set_aside: known.set_aside.values().cloned().collect(),
        })
    }

    async fn hold(&self, account: &AccountKey, holder: &Holder) -> Result<Box<dyn Hold>> {
        let mut inner = self.lock();
        inner.holds_given += 1;
        let number = inner.holds_given;
        match inner.holds.entry(account.clone()) {
            Entry::Occupied(entry) => Err(held_by(Some(&entry.get().1))),
            Entry::Vacant(entry) => {
                entry.insert((number, holder.clone()));
                Ok(Box::new(MemoryHold { inner: Arc::clone(&self.inner), account: account.clone(), number }))
            }
        }
    }

    async fn begin(&self, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()> {
        self.change(|inner| {
            if inner.runs.iter().any(|known| known.record.run == run.run) {
                return Err(begun_twice(&run.run));
            }
            let record = RunRecord { ending: Ending::Open, ..run.clone() };
            inner.runs.push(Run { record, open: Some(Open { plan: plan.to_owned(), events: Vec::new() }) });
            let account = inner.accounts.entry(run.account.clone()).or_default();
            for link in links {
                account.put(link);
            }
            Ok(())
        })
    }

    async fn record(&self, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()> {
        self.change(|inner| {
            let known = inner.runs.iter_mut().rfind(|known| known.record.run == *run);
            let Some(Run { record, open: Some(open) }) = known else { return Err(not_open(run)) };
            open.events.extend_from_slice(events);
            let account = inner.accounts.entry(record.account.clone()).or_default();
            for learned in learned {
                account.learn(learned);
            }
            Ok(())
        })
    }

    async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()> {
        self.change(|inner| {
            match inner.runs.iter_mut().rfind(|known| known.record.run == run.run) {
                Some(known) => *known = Run { record: run.clone(), open: None },
                None => inner.runs.push(Run { record: run.clone(), open: None }),
            }
            if let Some(populations) = populations {
                inner.accounts.entry(run.account.clone()).or_default().populations.clone_from(populations);
            }
            inner.prune(&run.account);
            Ok(())
        })
    }

    async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>> {
        let inner = self.lock();
        // Of runs with the same start time, `max_by_key` returns the last, which was stored last.
        let newest = of(&inner.runs, account).filter(|run| run.open.is_some()).max_by_key(|run| run.record.started);
        Ok(newest.and_then(|Run { record, open }| {
            open.as_ref().map(|open| Interrupted {
                record: record.clone(),
                plan: open.plan.clone(),
                events: open.events.clone(),
            })
        }))
    }

    async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>> {
        let inner = self.lock();
        Ok(newest_first(&inner.runs, account).into_iter().take(limit).cloned().collect())
    }

    async fn set_aside(&self, account: &AccountKey) -> Result<Vec<SetAside>> {
        let inner = self.lock();
        Ok(inner.accounts.get(account).map(|known| known.set_aside.values().cloned().collect()).unwrap_or_default())
    }

    async fn runs_since(&self, account: &AccountKey, moment: Timestamp) -> Result<Vec<RunRecord>> {
        let inner = self.lock();
        let runs = newest_first(&inner.runs, account);
        Ok(runs.into_iter().take_while(|run| run.started > moment).cloned().collect())
    }

    async fn kept(&self, account: &AccountKey, source: &str) -> Result<Option<Kept>> {
        Ok(self.lock().accounts.get(account).and_then(|known| known.kept.get(source).cloned()))
    }

    async fn keep(&self, account: &AccountKey, source: &str, kept: &Kept) -> Result<()> {
        self.change(|inner| {
            inner.accounts.entry(account.clone()).or_default().kept.insert(source.to_owned(), kept.clone());
            Ok(())
        })
    }
}

impl Inner {
    /// Deletes the oldest finished runs of an account; an open run is never deleted.
    fn prune(&mut self, account: &AccountKey) {
        let mut finished: Vec<_> = of(&self.runs, account).filter(|run| run.open.is_none()).collect();
        let Some(surplus) = finished.len().checked_sub(RUNS_KEPT).filter(|surplus| *surplus > 0) else { return };
        finished.sort_by_key(|run| run.record.started);
        let forgotten: Vec<RunId> = finished[..surplus].iter().map(|run| run.record.run.clone()).collect();
        self.runs.retain(|run| !forgotten.contains(&run.record.run));
    }
}

impl Account {
    fn put(&mut self, link: &Link) {
        if let Some(other) = self.people.insert(link.user.clone(), link.person.clone())
            && other != link.person
        {
            self.links.remove(&other);
        }
        if let Some(before) = self.links.insert(link.person.clone(), link.clone())
            && before.user != link.user
        {
            self.people.remove(&before.user);
        }
    }

    fn learn(&mut self, learned: &Learned) {
        match learned {
            Learned::Linked(link) => self.put(link),
            Learned::Suspended(person, at, had) => self.change(person, |link| link.suspend(*at, had)),
            Learned::Reactivated(person) => self.change(person, Link::reactivate),
            Learned::Role(person, role) => self.change(person, |link| link.role.clone_from(role)),
            Learned::Deleted(person) => {
                if let Some(link) = self.links.remove(person) {
                    self.people.remove(&link.user);
                }
                self.set_aside.remove(person);
            }
            Learned::Failed(failure) => {
                let aside = SetAside::after(failure.clone(), self.set_aside.get(&failure.person));
                self.set_aside.insert(failure.person.clone(), aside);
            }
            Learned::Cleared(person) => {
                self.set_aside.remove(person);
            }
        }
    }

    fn change(&mut self, person: &PersonId, change: impl FnOnce(&mut Link)) {
        if let Some(link) = self.links.get_mut(person) {
            change(link);
        }
    }
}

impl Hold for MemoryHold {}

impl Drop for MemoryHold {
    fn drop(&mut self) {
        let mut inner = lock(&self.inner);
        if inner.holds.get(&self.account).is_some_and(|(number, _)| *number == self.number) {
            inner.holds.remove(&self.account);
        }
    }
}

impl fmt::Display for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("state in memory")
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Each change validates first and stores afterwards, so a panic cannot leave a partial change.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of<'a>(runs: &'a [Run], account: &'a AccountKey) -> impl Iterator<Item = &'a Run> {
    runs.iter().filter(move |run| run.record.account == *account)
}

fn newest_first<'a>(runs: &'a [Run], account: &'a AccountKey) -> Vec<&'a RunRecord> {
    let mut runs: Vec<_> = of(runs, account).map(|run| &run.record).collect();
    runs.reverse();
    runs.sort_by_key(|run| Reverse(run.started));
    runs
}

fn crashed() -> Error {
    Error::new(ErrorKind::State, "crashed").hint("call `MemoryState::heal` to continue")
}

/// Returns the error of all stores for an account that is locked.
pub(super) fn held_by(holder: Option<&Holder>) -> Error {
    let error = Error::new(ErrorKind::Held, "another run holds the lock on the account")
        .hint("wait until that run ends; if it hangs, stop its process");
    match holder {
        Some(Holder { command, pid, since }) => {
            error.with("holder", format_args!("{command}, process {pid}, since {since}"))
        }
        None => error,
    }
}

/// Returns the error of all stores for a run that is begun a second time.
pub(super) fn begun_twice(run: &RunId) -> Error {
    Error::new(ErrorKind::Bug, "a run was begun twice").with("run", run)
}

/// Returns the error of all stores for a change to a run that was not begun or is already finished.
pub(super) fn not_open(run: &RunId) -> Error {
    Error::new(ErrorKind::Bug, "the run is not open").with("run", run)
}

/// The number of finished runs that the history of an account keeps.
pub const RUNS_KEPT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::state::{self as laws, link, run};
    use crate::model::{Had, Role};

    #[tokio::test]
    async fn passes_the_conformance_tests_of_state_stores() {
        let broken = laws::broken(&|| {
            let state = MemoryState::new();
            Box::new(move || Box::new(state.clone()))
        });
        assert_eq!(broken.await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_crash_keeps_earlier_writes_and_no_later_ones() {
        let state = MemoryState::new();
        state.crash_after(2);
        state.begin(&run("a", "r1", 1), "plan", &[]).await.unwrap();
        state.record(&"r1".into(), &[Event::Intended { step: 1 }], &[]).await.unwrap();
        for _ in 0..2 {
            let error = state.record(&"r1".into(), &[Event::Intended { step: 2 }], &[]).await.unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::State, "crashed"));
        }
        assert!(state.finish(&run("a", "r1", 1), None).await.is_err());
        let left = state.unfinished(&"a".into()).await.unwrap().unwrap();
        assert_eq!(left.events, [Event::Intended { step: 1 }]);

        state.heal();
        state.finish(&run("a", "r1", 1), None).await.unwrap();
        assert_eq!(state.unfinished(&"a".into()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_crash_after_a_write_keeps_only_that_write() {
        let account = AccountKey::new("a");
        for (point, kept) in [(CrashPoint::Before, 0), (CrashPoint::After, 1)] {
            let state = MemoryState::new();
            state.crash_at(1, point);
            assert!(state.begin(&run("a", "r1", 1), "plan", &[link("p1", "u1")]).await.is_err());
            assert!(state.begin(&run("a", "r2", 2), "plan", &[link("p2", "u2")]).await.is_err());
            assert_eq!(state.load(&account).await.unwrap().links.len(), kept, "{point:?}");
            assert_eq!(state.history(&account, 9).await.unwrap().len(), kept, "{point:?}");
        }
    }

    /// A fact and the event that it follows from are stored together or not at all.
    #[tokio::test]
    async fn a_crash_never_separates_a_fact_from_its_event() {
        let account = AccountKey::new("a");
        let person = PersonId::parse("p1");
        for (point, kept) in [(CrashPoint::Before, 0), (CrashPoint::After, 1)] {
            for learned in [
                laws::failed("p2", "f", 1),
                Learned::Deleted(person.clone()),
                Learned::Role(person.clone(), Some(Role::Administrator)),
                Learned::Suspended(person.clone(), laws::at(1), Had { licenses: vec!["g2m".into()], ..Had::default() }),
            ] {
                let state = MemoryState::new();
                state.begin(&run("a", "r1", 1), "plan", &[link("p1", "u1")]).await.unwrap();
                let before = state.load(&account).await.unwrap();
                state.crash_at(1, point);
                assert!(state.record(&"r1".into(), &[Event::Intended { step: 1 }], &[learned]).await.is_err());
                assert_eq!(state.unfinished(&account).await.unwrap().unwrap().events.len(), kept, "{point:?}");
                assert_eq!(state.load(&account).await.unwrap() != before, kept == 1, "{point:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_call_that_fails_anyway_does_not_count_towards_a_crash() {
        let state = MemoryState::new();
        state.crash_after(1);
        assert_eq!(state.record(&"r1".into(), &[], &[]).await.unwrap_err().kind(), ErrorKind::Bug);
        state.begin(&run("a", "r1", 1), "plan", &[]).await.unwrap();
        assert_eq!(state.record(&"r1".into(), &[], &[]).await.unwrap_err().message(), "crashed");
    }

    #[tokio::test]
    async fn dropping_a_hold_from_before_a_crash_does_not_release_a_later_one() {
        let state = MemoryState::new();
        let before = state.hold(&"a".into(), &laws::holder()).await.unwrap();
        state.heal();
        let _after = state.hold(&"a".into(), &laws::holder()).await.unwrap();
        drop(before);
        assert_eq!(state.hold(&"a".into(), &laws::holder()).await.unwrap_err().kind(), ErrorKind::Held);
    }
}
