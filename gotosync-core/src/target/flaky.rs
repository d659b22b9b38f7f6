//! A target with faults that a seed decides.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{ProvisioningTarget, TargetInfo};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Account, Action, Batch, Completeness, Fault, Gap, Outcome};

/// A target that fails now and then, for tests of whoever has to live with that.
///
/// The same seed and the same calls in the same order give the same faults; calls that overlap have no order. It keeps
/// every promise of the trait: what it says was not done was not done, and where an answer is lost the outcome is in
/// doubt. Faults come on top of those of the target inside. A description never fails.
#[derive(Debug)]
pub struct FlakyTarget<T> {
    inner: T,
    per_mille: u16,
    enabled: BTreeSet<Mishap>,
    fate: Mutex<Fate>,
}

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// A batch was refused and nothing of it was tried: an error of kind `Unavailable`.
    BatchRefused,
    /// An action was not done: a failure of kind `Unavailable`.
    ActionFailed,
    /// An action reached the target inside, and what became of it did not come back: in doubt.
    AnswerLost,
    /// A read lost the users at its end and says so.
    ReadCut,
    /// A read failed: an error of kind `Unavailable`.
    ReadFailed,
}

impl Mishap {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::BatchRefused, Self::ActionFailed, Self::AnswerLost, Self::ReadCut, Self::ReadFailed];
}

impl<T: ProvisioningTarget> FlakyTarget<T> {
    /// Lets so many of a thousand chances go wrong: each batch is one, each action of it, and each read. All kinds of
    /// faults happen; from 1000 on, every chance goes wrong.
    pub fn new(inner: T, seed: u64, per_mille: u16) -> Self {
        let fate = Fate { state: seed, mishaps: Vec::new() };
        Self { inner, per_mille, enabled: Mishap::ALL.into(), fate: Mutex::new(fate) }
    }

    /// Lets only these faults happen.
    #[must_use]
    pub fn only(mut self, mishaps: impl IntoIterator<Item = Mishap>) -> Self {
        self.enabled = mishaps.into_iter().collect();
        self
    }

    /// The target inside.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// The faults that were decided so far, in order; those of a batch before it is sent on.
    pub fn mishaps(&self) -> Vec<Mishap> {
        self.fate().mishaps.clone()
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what goes wrong at one chance, if anything does.
    fn chance(&self, possible: &[Mishap]) -> Option<Mishap> {
        let possible: Vec<_> = possible.iter().filter(|mishap| self.enabled.contains(mishap)).collect();
        let mut fate = self.fate();
        // Drawn even where nothing is possible, so that a chance means the same whatever is enabled.
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
        // A target need not expect a batch of nothing where something was sent.
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
    gaps.push(Gap { place: "users".into(), problem: format!("the listing broke off after {kept}") });
    account.completeness = Completeness::Incomplete(gaps);
}

fn unavailable(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, MESSAGE).during(operation)
}

fn fault() -> Fault {
    Fault::new(ErrorKind::Unavailable, MESSAGE)
}

/// What comes next, and what came so far.
#[derive(Debug)]
struct Fate {
    state: u64,
    mishaps: Vec<Mishap>,
}

impl Fate {
    /// The next number of `SplitMix64` (Steele, Lea and Flood, 2014): one word of state, and every seed is a good one.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below an end; 0 where the end is 0.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

const MESSAGE: &str = "the connection was lost (a fault on purpose)";

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
    async fn without_chances_nothing_goes_wrong() {
        let target = FlakyTarget::new(memory(), 1, 0);
        let outcomes = target.execute(&groups(0)).await.unwrap();
        assert!(outcomes.iter().all(Outcome::is_done));
        assert!(target.read().await.unwrap().completeness.is_complete());
        assert_eq!(target.mishaps(), []);
    }

    #[tokio::test]
    async fn what_is_told_is_true() {
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
    async fn an_invitation_whose_answer_was_lost_went_out() {
        let memory = MemoryTarget::new(cases::account());
        let target = FlakyTarget::new(memory, 7, 1000).only([Mishap::AnswerLost]);
        let invite: Batch = [Action::Invite { user: "2".into(), sent: 0 }].into_iter().collect();
        assert_eq!(target.execute(&invite).await.unwrap(), [Outcome::InDoubt { fault: fault() }]);
        let sent = || target.inner().account().user(&"2".into()).unwrap().invitation.unwrap().sent;
        assert_eq!(sent(), 1);
        // Whoever asks once more for the same invitation does not send a second one.
        target.execute(&invite).await.unwrap();
        assert_eq!(sent(), 1);
    }

    #[tokio::test]
    async fn a_batch_of_failures_never_reaches_the_target() {
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
    async fn a_cut_read_says_so_and_a_failed_one_fails() {
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
        let mut told = Vec::new();
        for seed in [3, 3, 4] {
            let target = FlakyTarget::new(memory(), seed, 300);
            let mut answers = Vec::new();
            for round in 0..5 {
                answers.push(target.execute(&groups(round * 50)).await.ok());
                answers.push(target.read().await.ok().map(|account| vec![Effect::Updated.into(); account.users.len()]));
            }
            told.push((target.mishaps(), answers));
        }
        assert_eq!(told[0], told[1]);
        assert_ne!(told[0].0, told[2].0);
    }
}
