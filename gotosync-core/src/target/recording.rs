//! A target that remembers what it was asked.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{ProvisioningTarget, TargetInfo};
use crate::error::{ErrorKind, Result};
use crate::model::{Account, Batch, Outcome};

/// A target that forwards every call and remembers it, for tests that ask what was sent.
///
/// A call is remembered when its answer has come; one that is dropped before is not.
#[derive(Debug)]
pub struct RecordingTarget<T> {
    inner: T,
    calls: Mutex<Vec<Recorded>>,
}

/// One call that a [`RecordingTarget`] forwarded.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// It was described, or tried to be.
    Described,
    /// It was read, or tried to be.
    Read,
    /// A batch was executed, with an outcome for each action.
    Executed(Batch, Vec<Outcome>),
    /// A batch was refused as a whole: nothing of it was tried.
    Refused(Batch, ErrorKind),
}

impl<T: ProvisioningTarget> RecordingTarget<T> {
    /// Listens in on a target.
    pub fn new(inner: T) -> Self {
        Self { inner, calls: Mutex::default() }
    }

    /// The target inside.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// The calls so far, in the order of their answers.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.calls().clone()
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ProvisioningTarget> fmt::Display for RecordingTarget<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for RecordingTarget<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        let answer = self.inner.describe().await;
        self.calls().push(Recorded::Described);
        answer
    }

    async fn read(&self) -> Result<Account> {
        let answer = self.inner.read().await;
        self.calls().push(Recorded::Read);
        answer
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let answer = self.inner.execute(batch).await;
        self.calls().push(match &answer {
            Ok(outcomes) => Recorded::Executed(batch.clone(), outcomes.clone()),
            Err(error) => Recorded::Refused(batch.clone(), error.kind()),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, Effect, UserGroupPath};
    use crate::target::{Capabilities, MemoryTarget};

    #[tokio::test]
    async fn calls_are_told_in_order() {
        let memory = MemoryTarget::new(Account::empty("1", "Test"))
            .with_capabilities(Capabilities { batch: 1, ..Capabilities::built_in() });
        let target = RecordingTarget::new(&memory);
        let group = Action::CreateGroup { path: UserGroupPath::new("Sales") };
        let one: Batch = [group.clone()].into_iter().collect();
        let two: Batch = [group.clone(), group].into_iter().collect();
        target.describe().await.unwrap();
        target.read().await.unwrap();
        target.execute(&one).await.unwrap();
        target.execute(&two).await.unwrap_err();
        assert_eq!(
            target.recorded(),
            [
                Recorded::Described,
                Recorded::Read,
                Recorded::Executed(one, vec![Effect::GroupCreated.into()]),
                Recorded::Refused(two, ErrorKind::Unsupported),
            ]
        );
    }
}
