//! What is tried again, and after how long: the only place that knows.

use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use super::answer::Reached;
use super::request::Safety;

/// How often, and for how long, a call is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts altogether.
    pub attempts: u32,
    /// The wait before the second attempt is at most this, before the third at most twice as long, and so on.
    pub first: Duration,
    /// No wait is longer, unless the service names its time.
    pub longest: Duration,
    /// The longest time that a service may name; for more the call fails.
    pub named: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 7,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            named: Duration::from_mins(5),
        }
    }
}

impl Patience {
    /// No second attempt.
    pub const NONE: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO, named: Duration::ZERO };

    /// The wait before the next attempt, if there is to be one.
    ///
    /// `attempt` counts from 1 and is the one that failed; `named` is what the service said.
    pub(super) fn wait(&self, attempt: u32, named: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        if let Some(named) = named {
            // A little later than named, and not all at once.
            let spread = Duration::from_millis(500).mul_f64(chance);
            return (named <= self.named).then_some(named + spread);
        }
        // Full jitter: any time up to the most, so that those who failed together do not come back together.
        let most = self.first.saturating_mul(1 << (attempt - 1).min(16)).min(self.longest);
        Some(most.mul_f64(chance))
    }
}

/// Says whether a call that failed so may be tried again without the risk of doing it twice.
pub(super) fn may_repeat(safety: Safety, reached: Reached) -> bool {
    match reached {
        Reached::Not => true,
        Reached::Perhaps => safety == Safety::Repeatable,
    }
}

/// Reads `Retry-After` in its two forms (RFC 9110, section 10.2.3): seconds, or a date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // An HTTP date is one of RFC 2822 but for the name of its zone.
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// A number from 0 up to 1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Where the system has no random numbers the middle is as good as any.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return 0.5;
    }
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_two_forms() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        assert_eq!(retry_after("125", now), Some(Duration::from_secs(125)));
        assert_eq!(retry_after(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(Duration::ZERO), "it is over");
        for wrong in ["", "-1", "1.5", "soon", "2015-10-21"] {
            assert_eq!(retry_after(wrong, now), None, "{wrong}");
        }
        let patience = Patience::default();
        assert_eq!(patience.wait(1, retry_after("99999999999999999999", now), 0.0), None, "longer than anybody waits");
    }

    #[test]
    fn waits_grow_and_have_an_end() {
        let patience = Patience::default();
        let most: Vec<f32> = (1..7).map(|attempt| patience.wait(attempt, None, 1.0).unwrap().as_secs_f32()).collect();
        assert_eq!(most, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]);
        assert_eq!(patience.wait(3, None, 0.0), Some(Duration::ZERO));
        assert_eq!(patience.wait(7, None, 0.5), None);
        assert_eq!(patience.wait(2, Some(Duration::from_secs(2)), 0.0), Some(Duration::from_secs(2)));
        assert_eq!(patience.wait(2, Some(Duration::from_secs(301)), 0.0), None);
    }

    #[test]
    fn only_what_is_safe_is_repeated_after_it_may_have_been_done() {
        assert!(may_repeat(Safety::Once, Reached::Not));
        assert!(!may_repeat(Safety::Once, Reached::Perhaps));
        assert!(may_repeat(Safety::Repeatable, Reached::Perhaps));
    }

    #[test]
    fn chances_differ() {
        let some: Vec<f64> = (0..50).map(|_| chance()).collect();
        assert!(some.iter().all(|one| (0.0..1.0).contains(one)));
        assert!(some.windows(2).any(|two| (two[0] - two[1]).abs() > 0.01));
    }
}
