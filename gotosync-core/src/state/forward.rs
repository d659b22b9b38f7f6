//! Implementations of [`StateStore`] for pointers to a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Hold, Holder, Interrupted, Learned, Link, Remembered, RunRecord, SetAside, StateStore};
use crate::Result;
use crate::journal::Event;
use crate::model::{AccountKey, Kept, RunId};

/// Implements the trait for pointers, so that an embedder can own, share, or borrow a store.
macro_rules! pointer {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<T: StateStore + ?Sized> StateStore for $pointer {
            async fn load(&self, account: &AccountKey) -> Result<Remembered> {
                (**self).load(account).await
            }

            async fn hold(&self, account: &AccountKey, holder: &Holder) -> Result<Box<dyn Hold>> {
                (**self).hold(account, holder).await
            }

            async fn begin(&self, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()> {
                (**self).begin(run, plan, links).await
            }

            async fn record(&self, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()> {
                (**self).record(run, events, learned).await
            }

            async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()> {
                (**self).finish(run, populations).await
            }

            async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>> {
                (**self).unfinished(account).await
            }

            async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>> {
                (**self).history(account, limit).await
            }

            async fn set_aside(&self, account: &AccountKey) -> Result<Vec<SetAside>> {
                (**self).set_aside(account).await
            }

            async fn runs_since(&self, account: &AccountKey, moment: Timestamp) -> Result<Vec<RunRecord>> {
                (**self).runs_since(account, moment).await
            }

            async fn kept(&self, account: &AccountKey, source: &str) -> Result<Option<Kept>> {
                (**self).kept(account, source).await
            }

            async fn keep(&self, account: &AccountKey, source: &str, kept: &Kept) -> Result<()> {
                (**self).keep(account, source, kept).await
            }
        }
    )+};
}

pointer!(&T, Box<T>, Arc<T>);
