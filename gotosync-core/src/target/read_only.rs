//! A decorator that rejects every write to a target.

use std::fmt;

use async_trait::async_trait;

use super::{Capabilities, ProvisioningTarget, TargetInfo};
use crate::error::{ErrorKind, Result};
use crate::model::{Account, Batch, Outcome};

/// A target that can only be read.
///
/// It declares no actions, and every action fails with [`ErrorKind::Denied`] without reaching the wrapped target.
#[derive(Debug)]
pub struct ReadOnly<T> {
    inner: T,
}

impl<T: ProvisioningTarget> ReadOnly<T> {
    /// Wraps a target to protect it from writes.
    pub fn new(inner: T) -> Self {
        Self { inner }
    }

    /// Returns the wrapped target.
    pub fn inner(&self) -> &T {
        &self.inner
    }
}

impl<T: ProvisioningTarget> fmt::Display for ReadOnly<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, read-only", self.inner)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for ReadOnly<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        let info = self.inner.describe().await?;
        // Reads are forwarded, so the capabilities that describe reads stay those of the wrapped target.
        let capabilities = Capabilities {
            roles: info.capabilities.roles,
            features: info.capabilities.features,
            visibility: info.capabilities.visibility,
            ..Capabilities::default()
        };
        Ok(TargetInfo { capabilities, ..info })
    }

    async fn read(&self) -> Result<Account> {
        self.inner.read().await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let denied = |_| Outcome::failed(ErrorKind::Denied, "the target is read-only");
        Ok(batch.actions.iter().map(denied).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, UserGroupPath};
    use crate::target::{MemoryTarget, RoleAccess};

    #[tokio::test]
    async fn keeps_the_capabilities_that_describe_reads() {
        let inside = Capabilities { roles: RoleAccess::Hidden, ..MemoryTarget::capabilities() };
        let target = ReadOnly::new(MemoryTarget::new(Account::empty("1", "Test")).with_capabilities(inside.clone()));
        let capabilities = target.describe().await.unwrap().capabilities;
        assert_eq!((capabilities.roles, capabilities.features), (RoleAccess::Hidden, inside.features));
        assert!(capabilities.actions.is_empty());
    }

    #[tokio::test]
    async fn forwards_no_write_to_the_wrapped_target() {
        let inside: Box<dyn ProvisioningTarget> = Box::new(MemoryTarget::new(Account::empty("1", "Test")));
        let target = ReadOnly::new(inside);
        let batch = [Action::CreateGroup { path: UserGroupPath::new("Sales") }].into_iter().collect();
        let denied = vec![Outcome::failed(ErrorKind::Denied, "the target is read-only")];
        assert_eq!(target.execute(&batch).await.unwrap(), denied);
        assert!(target.read().await.unwrap().groups.is_empty());
        assert!(target.describe().await.unwrap().capabilities.actions.is_empty());
        assert_eq!(target.to_string(), "memory account 1, read-only");
    }
}
