//! Fills the limit of a service, and slows down when it says so all the same.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lets calls out one after another, as fast as a service allows.
///
/// They are spaced evenly, a little wider than the limit asks for: then calls that travel unevenly still do not come to be
/// one too many in any second, however the service counts. After a 429 the spacing grows by half; each calm stretch brings
/// it back by a tenth of the way.
#[derive(Debug)]
pub(super) struct Limit {
    spacing: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the next call may start; `None` before the first.
    next: Option<Instant>,
    /// The spacing now.
    spacing: Duration,
    /// Calls that went well since the spacing was last changed.
    calm: u32,
    /// Since when a 429 counts: those of calls that were under way when the spacing grew are the same sign.
    grown: Option<Instant>,
}

impl Limit {
    /// So many calls a second; without a number as many as come.
    pub(super) fn new(per_second: Option<f64>) -> Self {
        let spacing = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / (rate * SHARE)));
        Self { spacing, state: Mutex::new(State { next: None, spacing, calm: 0, grown: None }) }
    }

    /// Waits for a turn, and gives the moment at which it began.
    pub(super) async fn turn(&self) -> Instant {
        let at = self.reserve(Instant::now());
        sleep_until(at).await;
        at
    }

    /// Takes the next free turn. No lock is held while a caller waits for it.
    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let at = state.next.map_or(now, |next| next.max(now));
        state.next = Some(at + state.spacing);
        at
    }

    /// Says that a call went well.
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

    /// Says that the service wants fewer calls, of a call whose turn began at `began`; `pause` is for how long it wants none.
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

/// How much of the limit is used.
const SHARE: f64 = 0.975;
/// Calls that have to go well before it goes faster again.
const CALM: u32 = 10;
/// What a spacing grows from where there is none.
const LEAST: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_filled_and_not_passed() {
        let limit = Limit::new(Some(10.0));
        let began = Instant::now();
        let starts: Vec<Instant> = (0..1000).map(|_| limit.reserve(began)).collect();
        let rate = 999.0 / (starts[999] - began).as_secs_f64();
        assert!((9.5..10.0).contains(&rate), "{rate}");
        assert!(starts.windows(11).all(|eleven| eleven[10] - eleven[0] > Duration::from_secs(1)));
        // Turns that nobody took are not made up for.
        let later = began + Duration::from_hours(1);
        assert_eq!(limit.reserve(later), later);
        assert!(limit.reserve(later) > later);
    }

    #[test]
    fn it_slows_down_when_told_and_comes_back() {
        let limit = Limit::new(Some(10.0));
        let (before, now) = (limit.state().spacing, Instant::now());
        let (one, two) = (limit.reserve(now), limit.reserve(now));
        let told = two + Duration::from_millis(5);
        limit.slower(one, told, Duration::from_secs(2));
        limit.slower(two, told, Duration::from_secs(2));
        assert_eq!(limit.state().spacing, before.mul_f64(1.5), "two that were under way are one sign");
        assert!(limit.reserve(told) - told >= Duration::from_secs(2));
        limit.slower(told + Duration::from_secs(2), told + Duration::from_secs(3), Duration::ZERO);
        assert_eq!(limit.state().spacing, before.mul_f64(1.5).mul_f64(1.5), "a later one is another sign");
        (0..2000).for_each(|_| limit.calm());
        assert_eq!(limit.state().spacing, before);
    }

    #[test]
    fn without_a_limit_nobody_waits_until_told() {
        let (limit, now) = (Limit::new(None), Instant::now());
        assert!((0..9).all(|_| limit.reserve(now) == now));
        limit.slower(now, now, Duration::from_secs(1));
        assert_eq!(limit.reserve(now), now + Duration::from_secs(1));
        assert!(limit.state().spacing > Duration::ZERO);
    }
}
