//! Implementations of the target trait for pointers to targets.

use std::sync::Arc;

use async_trait::async_trait;

use super::{ProvisioningTarget, TargetInfo};
use crate::Result;
use crate::model::{Account, Batch, Outcome};

/// Implements the trait for pointer types, so that a decorator can own, share, or borrow a target.
macro_rules! pointer {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<T: ProvisioningTarget + ?Sized> ProvisioningTarget for $pointer {
            async fn describe(&self) -> Result<TargetInfo> {
                (**self).describe().await
            }

            async fn read(&self) -> Result<Account> {
                (**self).read().await
            }

            async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
                (**self).execute(batch).await
            }
        }
    )+};
}

pointer!(&T, Box<T>, Arc<T>);
