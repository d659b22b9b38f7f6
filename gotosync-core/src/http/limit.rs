//! A rate limit that uses the full allowance of a service, and slows down when the service answers 429.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spaces calls as closely as a service allows.
///
/// Calls are spaced evenly, slightly wider than the limit requires, so that network jitter never puts one too many into
/// a second, however the service counts. After a 429 the spacing grows by half; each series of successful calls reduces
/// the excess by a tenth.
#[derive(Debug)]
pub(super) struct Limit {
    spacing: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The time at which the next call may start; `None` before the first call.
    next: Option<Instant>,
    /// The current spacing.
    spacing: Duration,
    /// The number of successful calls since the spacing last changed.
    calm: u32,
    /// When the spacing last grew. A 429 of a call that started earlier belongs to the same overload and does not count
    /// again.
    grown: Option<Instant>,
}

impl Limit {
    /// Creates a limit of so many calls per second; `None` means unlimited.
    pub(super) fn new(per_second: Option<f64>) -> Self {
        let spacing = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / (rate * SHARE)));
        Self { spacing, state: Mutex::new(State { next: None, spacing, calm: 0, grown: None }) }
    }

    /// Waits for a turn and returns the moment at which it began.
    pub(super) async fn turn(&self) -> Instant {
        let at = self.reserve(Instant::now());
        sleep_until(at).await;
        at
    }

    /// Reserves the next free turn. Callers wait for it without holding the lock.
    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let at = state.next.map_or(now, |next| next.max(now));
        state.next = Some(at + state.spacing);
        at
    }

    /// Records a successful call.
    pub(super) fn calm(&self) {
        let mut state = self.state();
        if state.spacing <= self.spacing {
            return;
        }
        state.calm += 1;
        if state.calm >= CALM {
            state.calm = 0;
            let excess = state.spacing.saturating_sub(self.spacing);
            let less = self.spacing + excess.mul_f64(0.9);
            state.spacing = if excess < Duration::from_millis(1) { self.spacing } else { less };
        }
    }

    /// Records that the service asked for fewer calls. `began` is the turn of the rejected call, and `pause` is the
    /// requested wait.
    pub(super) fn slower(&self, began: Instant, now: Instant, pause: Duration) {
        let mut state = self.state();
        state.calm = 0;
        if state.grown.is_none_or(|grown| began >= grown) {
            let base = state.spacing.max(LEAST);
            state.spacing = base.mul_f64(1.5).min(self.spacing.max(LEAST) * 20);
            state.grown = Some(now);
        }
        let until = now + pause;
        if state.next.is_none_or(|next| next < until) {
            state.next = Some(until);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of the limit that is used.
const SHARE: f64 = 0.975;
/// The number of successful calls before the spacing shrinks.
const CALM: u32 = 10;
/// The smallest spacing to grow from, for services without a limit.
const LEAST: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_limit_without_exceeding_it() {
        let limit = Limit::new(Some(10.0));
        let began = Instant::now();
        let starts: Vec<Instant> = (0..1000).map(|_| limit.reserve(began)).collect();
        let rate = 999.0 / (starts[999] - began).as_secs_f64();
        assert!((9.5..10.0).contains(&rate), "{rate}");
        assert!(starts.windows(11).all(|eleven| eleven[10] - eleven[0] > Duration::from_secs(1)));
        // Unused turns do not accumulate.
        let later = began + Duration::from_hours(1);
        assert_eq!(limit.reserve(later), later);
        assert!(limit.reserve(later) > later);
    }

    #[test]
    fn slows_down_after_a_429_and_recovers() {
        let limit = Limit::new(Some(10.0));
        let (before, now) = (limit.state().spacing, Instant::now());
        let (one, two) = (limit.reserve(now), limit.reserve(now));
        let rejected = two + Duration::from_millis(5);
        limit.slower(one, rejected, Duration::from_secs(2));
        limit.slower(two, rejected, Duration::from_secs(2));
        assert_eq!(limit.state().spacing, before.mul_f64(1.5), "two calls in flight at the same time count once");
        assert!(limit.reserve(rejected) - rejected >= Duration::from_secs(2));
        limit.slower(rejected + Duration::from_secs(2), rejected + Duration::from_secs(3), Duration::ZERO);
        assert_eq!(limit.state().spacing, before.mul_f64(1.5).mul_f64(1.5), "a later rejection counts again");
        (0..2000).for_each(|_| limit.calm());
        assert_eq!(limit.state().spacing, before);
    }

    #[test]
    fn delays_unlimited_calls_only_after_a_429() {
        let (limit, now) = (Limit::new(None), Instant::now());
        assert!((0..9).all(|_| limit.reserve(now) == now));
        limit.slower(now, now, Duration::from_secs(1));
        assert_eq!(limit.reserve(now), now + Duration::from_secs(1));
        assert!(limit.state().spacing > Duration::ZERO);
    }
}
