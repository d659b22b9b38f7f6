//! A decorator that records the calls to a target.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{ProvisioningTarget, TargetInfo};
use crate::error::{ErrorKind, Result};
use crate::model::{Account, Batch, Outcome};

/// A target that forwards and records every call, for tests that check which calls were made.
///
/// A call is recorded when it returns. A call that is dropped earlier is not recorded.
#[derive(Debug)]
pub struct RecordingTarget<T> {
    inner: T,
    calls: Mutex<Vec<Recorded>>,
}

/// A call that a [`RecordingTarget`] forwarded.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// A call of `describe`, successful or not.
    Described,
    /// A call of `read`, successful or not.
    Read,
    /// A batch that was executed, with the outcome of each action.
    Executed(Batch, Vec<Outcome>),
    /// A batch that was refused, with the kind of the error. None of its actions was attempted.
    Refused(Batch, ErrorKind),
}

impl<T: ProvisioningTarget> RecordingTarget<T> {
    /// Wraps a target and records its calls.
    pub fn new(inner: T) -> Self {
        Self { inner, calls: Mutex::default() }
    }

    /// Returns the wrapped target.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Returns the calls so far, in the order in which they returned.
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
    async fn records_calls_in_order() {
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
