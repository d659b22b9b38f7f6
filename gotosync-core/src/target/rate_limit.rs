//! A decorator that limits the rate of calls to a target.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::{ProvisioningTarget, TargetInfo};
use crate::error::Result;
use crate::model::{Account, Batch, Outcome};

/// A target with a maximum number of calls per second.
///
/// Calls are spaced evenly, without bursts, in the order in which they arrive. The limit counts calls of the trait's
/// methods, not network requests: a target that sends several requests per call must limit those itself. A call that is
/// dropped while it waits leaves its slot unused.
///
/// It needs a tokio runtime with time enabled, and uses that runtime's clock.
#[derive(Debug)]
pub struct RateLimited<T> {
    inner: T,
    interval: Duration,
    /// The earliest start of the next call; `None` before the first call.
    next: Mutex<Option<Instant>>,
}

impl<T: ProvisioningTarget> RateLimited<T> {
    /// Limits a target to `per_second` calls per second.
    pub fn new(inner: T, per_second: NonZeroU32) -> Self {
        // Rounded up: an interval that is a nanosecond too short would allow one call too many per second.
        let interval = Duration::from_nanos(NANOSECONDS.div_ceil(u64::from(per_second.get())));
        Self { inner, interval, next: Mutex::default() }
    }

    /// Returns the wrapped target.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    async fn turn(&self) {
        let at = self.reserve(Instant::now());
        sleep_until(at).await;
    }

    /// Reserves the next free slot. The lock is not held while the caller waits for the slot.
    fn reserve(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + self.interval);
        at
    }
}

impl<T: ProvisioningTarget> fmt::Display for RateLimited<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for RateLimited<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        self.turn().await;
        self.inner.describe().await
    }

    async fn read(&self) -> Result<Account> {
        self.turn().await;
        self.inner.read().await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        self.turn().await;
        self.inner.execute(batch).await
    }
}

const NANOSECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{MemoryTarget, Recorded, RecordingTarget};

    fn limited(per_second: u32) -> RateLimited<RecordingTarget<MemoryTarget>> {
        let memory = RecordingTarget::new(MemoryTarget::new(Account::empty("1", "Test")));
        RateLimited::new(memory, NonZeroU32::new(per_second).unwrap())
    }

    #[test]
    fn never_exceeds_the_limit_within_a_second() {
        let target = limited(3);
        let start = Instant::now();
        let turns: Vec<_> = (0..7).map(|_| target.reserve(start)).collect();
        assert_eq!(turns[0], start);
        assert!(turns.windows(4).all(|four| four[3] >= four[0] + Duration::from_secs(1)), "{turns:?}");
    }

    #[test]
    fn does_not_accumulate_unused_slots() {
        let target = limited(2);
        let start = Instant::now();
        target.reserve(start);
        let later = start + Duration::from_mins(1);
        assert_eq!(target.reserve(later), later);
        assert_eq!(target.reserve(later), later + Duration::from_millis(500));
    }

    #[tokio::test]
    async fn forwards_every_call() {
        let target = limited(1_000);
        target.describe().await.unwrap();
        target.read().await.unwrap();
        target.execute(&Batch { actions: Vec::new() }).await.unwrap();
        let executed = Recorded::Executed(Batch { actions: Vec::new() }, Vec::new());
        assert_eq!(target.inner().recorded(), [Recorded::Described, Recorded::Read, executed]);
    }
}
