//! A decorator that injects faults, chosen by a seed, into a target.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{ProvisioningTarget, TargetInfo};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Account, Action, Batch, Completeness, Fault, Gap, Outcome};

/// A target that fails at random, for tests of code that must handle failures.
///
/// The same seed and the same calls in the same order give the same faults; overlapping calls have no defined order. The
/// decorator keeps every guarantee of the trait: an action reported as failed was not executed, and an action whose reply
/// is lost is reported as in doubt. Injected faults come on top of those of the wrapped target. `describe` never gets an
/// injected fault.
#[derive(Debug)]
pub struct FlakyTarget<T> {
    inner: T,
    per_mille: u16,
    enabled: BTreeSet<Mishap>,
    fate: Mutex<Fate>,
}

/// A kind of injected fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// A batch is refused, and none of its actions is attempted: an error of kind `Unavailable`.
    BatchRefused,
    /// An action is not executed: a failure of kind `Unavailable`.
    ActionFailed,
    /// An action is executed by the wrapped target, but its outcome is lost: in doubt.
    AnswerLost,
    /// A read omits the last users and is marked incomplete.
    ReadCut,
    /// A read fails: an error of kind `Unavailable`.
    ReadFailed,
}

impl Mishap {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::BatchRefused, Self::ActionFailed, Self::AnswerLost, Self::ReadCut, Self::ReadFailed];
}

impl<T: ProvisioningTarget> FlakyTarget<T> {
    /// Wraps a target and injects faults with a probability of `per_mille` in 1000.
    ///
    /// The probability applies separately to each batch, to each action of a batch, and to each read. All kinds of faults
    /// occur. With 1000 or more, every batch, action, and read fails.
    pub fn new(inner: T, seed: u64, per_mille: u16) -> Self {
        let fate = Fate { state: seed, mishaps: Vec::new() };
        Self { inner, per_mille, enabled: Mishap::ALL.into(), fate: Mutex::new(fate) }
    }

    /// Restricts the faults to these kinds.
    #[must_use]
    pub fn only(mut self, mishaps: impl IntoIterator<Item = Mishap>) -> Self {
        self.enabled = mishaps.into_iter().collect();
        self
    }

    /// Returns the wrapped target.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Returns the faults chosen so far, in order. The faults of a batch are chosen before the batch is forwarded.
    pub fn mishaps(&self) -> Vec<Mishap> {
        self.fate().mishaps.clone()
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the next fault, if one occurs, from the possible kinds.
    fn chance(&self, possible: &[Mishap]) -> Option<Mishap> {
        let possible: Vec<_> = possible.iter().filter(|mishap| self.enabled.contains(mishap)).collect();
        let mut fate = self.fate();
        // Drawn even if no fault is possible, so that enabling other kinds does not shift the random sequence.
        let (strikes, which) = (fate.below(1000) < u64::from(self.per_mille), fate.next());
        if !strikes || possible.is_empty() {
            return None;
        }
        let mishap = *possible[(which % possible.len() as u64) as usize];
        fate.mishaps.push(mishap);
        Some(mishap)
    }
}

impl<T: ProvisioningTarget> fmt::Display for FlakyTarget<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, flaky", self.inner)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for FlakyTarget<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        self.inner.describe().await
    }

    async fn read(&self) -> Result<Account> {
        let mishap = self.chance(&[Mishap::ReadCut, Mishap::ReadFailed]);
        if mishap == Some(Mishap::ReadFailed) {
            return Err(unavailable("read the account"));
        }
        let mut account = self.inner.read().await?;
        if mishap == Some(Mishap::ReadCut) {
            let kept = self.fate().below(account.users.len() as u64) as usize;
            cut(&mut account, kept);
        }
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        if self.chance(&[Mishap::BatchRefused]).is_some() {
            return Err(unavailable("execute a batch"));
        }
        let fates: Vec<_> =
            batch.actions.iter().map(|_| self.chance(&[Mishap::ActionFailed, Mishap::AnswerLost])).collect();
        let forwarded: Batch = forwarded(batch, &fates).cloned().collect();
        // Do not send the wrapped target an empty batch if the caller's batch had actions.
        let answers = if forwarded.actions.is_empty() && !batch.actions.is_empty() {
            Vec::new()
        } else {
            self.inner.execute(&forwarded).await?
        };
        let mut answers = answers.into_iter();
        let outcome = |fate: Option<Mishap>| match fate {
            Some(Mishap::ActionFailed) => Some(Outcome::Failed { fault: fault() }),
            Some(_) => answers.next().map(|_| Outcome::InDoubt { fault: fault() }),
            None => answers.next(),
        };
        Ok(fates.into_iter().map_while(outcome).collect())
    }
}

fn forwarded<'b>(batch: &'b Batch, fates: &'b [Option<Mishap>]) -> impl Iterator<Item = &'b Action> {
    let pairs = batch.actions.iter().zip(fates);
    pairs.filter(|(_, fate)| **fate != Some(Mishap::ActionFailed)).map(|(action, _)| action)
}

fn cut(account: &mut Account, kept: usize) {
    account.users.truncate(kept);
    let mut gaps = account.completeness.gaps().to_vec();
    gaps.push(Gap { place: "users".into(), problem: format!("the listing ended early, after {kept} users") });
    account.completeness = Completeness::Incomplete(gaps);
}

fn unavailable(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, MESSAGE).during(operation)
}

fn fault() -> Fault {
    Fault::new(ErrorKind::Unavailable, MESSAGE)
}

/// The state of the random number generator, and the faults chosen so far.
#[derive(Debug)]
struct Fate {
    state: u64,
    mishaps: Vec<Mishap>,
}

impl Fate {
    /// Returns the next number of `SplitMix64` (Steele, Lea, and Flood, 2014). It needs one word of state, and every seed is
    /// suitable.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`, or 0 if `end` is 0.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

const MESSAGE: &str = "the connection was lost (injected fault)";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Effect, User, UserGroupPath};
    use crate::target::MemoryTarget;
    use crate::target::account_rules::cases;

    fn memory() -> MemoryTarget {
        let users = (0..20).map(|n| Arc::new(User::new(&format!("u{n}@example.test"), "U", "U"))).collect();
        MemoryTarget::new(Account { users, ..Account::empty("1", "Test") })
    }

    fn groups(from: usize) -> Batch {
        (from..from + 50).map(|n| Action::CreateGroup { path: UserGroupPath::new(&format!("group {n}")) }).collect()
    }

    fn has(account: &Account, action: &Action) -> bool {
        matches!(action, Action::CreateGroup { path } if account.has_group(path))
    }

    #[tokio::test]
    async fn injects_no_fault_at_probability_zero() {
        let target = FlakyTarget::new(memory(), 1, 0);
        let outcomes = target.execute(&groups(0)).await.unwrap();
        assert!(outcomes.iter().all(Outcome::is_done));
        assert!(target.read().await.unwrap().completeness.is_complete());
        assert_eq!(target.mishaps(), []);
    }

    #[tokio::test]
    async fn reported_outcomes_match_the_account() {
        let target = FlakyTarget::new(memory(), 7, 500).only([Mishap::ActionFailed, Mishap::AnswerLost]);
        let batch = groups(0);
        let outcomes = target.execute(&batch).await.unwrap();
        assert_eq!(outcomes.len(), 50);
        let account = target.inner().account();
        for (action, outcome) in batch.actions.iter().zip(&outcomes) {
            let failed = matches!(outcome, Outcome::Failed { .. });
            assert_eq!(has(&account, action), !failed, "{outcome:?}");
        }
        let in_doubt = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::InDoubt { .. })).count();
        let lost = target.mishaps().iter().filter(|mishap| **mishap == Mishap::AnswerLost).count();
        assert!(lost > 0);
        assert_eq!(in_doubt, lost);
    }

    #[tokio::test]
    async fn sends_an_invitation_once_even_if_its_outcome_is_lost() {
        let memory = MemoryTarget::new(cases::account());
        let target = FlakyTarget::new(memory, 7, 1000).only([Mishap::AnswerLost]);
        let invite: Batch = [Action::Invite { user: "2".into(), sent: 0 }].into_iter().collect();
        assert_eq!(target.execute(&invite).await.unwrap(), [Outcome::InDoubt { fault: fault() }]);
        let sent = || target.inner().account().user(&"2".into()).unwrap().invitation.unwrap().sent;
        assert_eq!(sent(), 1);
        // Requesting the same invitation again does not send a second one.
        target.execute(&invite).await.unwrap();
        assert_eq!(sent(), 1);
    }

    #[tokio::test]
    async fn does_not_forward_a_batch_in_which_every_action_fails() {
        let target = FlakyTarget::new(memory(), 7, 1000).only([Mishap::ActionFailed]);
        let outcomes = target.execute(&groups(0)).await.unwrap();
        assert_eq!(outcomes, vec![Outcome::Failed { fault: fault() }; 50]);
        assert!(target.inner().account().groups.is_empty());
    }

    #[tokio::test]
    async fn a_refused_batch_changes_nothing() {
        let target = FlakyTarget::new(memory(), 7, 1000).only([Mishap::BatchRefused]);
        let error = target.execute(&groups(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.retryable());
        assert!(target.inner().account().groups.is_empty());
    }

    #[tokio::test]
    async fn marks_a_cut_read_incomplete_and_fails_a_failed_read() {
        let target = FlakyTarget::new(memory(), 7, 1000).only([Mishap::ReadCut]);
        let account = target.read().await.unwrap();
        assert!(account.users.len() < 20);
        assert!(!account.completeness.is_complete());
        let target = FlakyTarget::new(memory(), 7, 1000).only([Mishap::ReadFailed]);
        assert_eq!(target.read().await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(target.mishaps(), [Mishap::ReadFailed]);
    }

    #[tokio::test]
    async fn the_same_seed_gives_the_same_faults() {
        let mut runs = Vec::new();
        for seed in [3, 3, 4] {
            let target = FlakyTarget::new(memory(), seed, 300);
            let mut answers = Vec::new();
            for round in 0..5 {
                answers.push(target.execute(&groups(round * 50)).await.ok());
                answers.push(target.read().await.ok().map(|account| vec![Effect::Updated.into(); account.users.len()]));
            }
            runs.push((target.mishaps(), answers));
        }
        assert_eq!(runs[0], runs[1]);
        assert_ne!(runs[0].0, runs[2].0);
    }
}
