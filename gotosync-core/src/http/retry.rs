//! The retry policy: which calls are retried, and after how long.

use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use super::answer::Reached;
use super::request::Safety;

/// The number of attempts and the waits between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The maximum number of attempts.
    pub attempts: u32,
    /// The maximum wait before the second attempt. It doubles for each further attempt.
    pub first: Duration,
    /// The upper limit of a wait, unless the service asks for a longer one (`Retry-After`).
    pub longest: Duration,
    /// The longest `Retry-After` that is accepted; if the service asks for more, the call fails.
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
    /// A single attempt, no retries.
    pub const NONE: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO, named: Duration::ZERO };

    /// Returns the wait before the next attempt, or `None` if the call must not be retried.
    ///
    /// `attempt` is the number of the failed attempt, starting at 1; `named` is the wait that the service asked for.
    pub(super) fn wait(&self, attempt: u32, named: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        if let Some(named) = named {
            // Wait slightly longer, by a random amount, so that clients do not all return at the same moment.
            let spread = Duration::from_millis(500).mul_f64(chance);
            return (named <= self.named).then_some(named + spread);
        }
        // Full jitter: a random wait up to the maximum, so that clients that failed together do not retry together.
        let most = self.first.saturating_mul(1 << (attempt - 1).min(16)).min(self.longest);
        Some(most.mul_f64(chance))
    }
}

/// Returns `true` if a failed call can be retried without the risk of doing its work twice.
pub(super) fn may_repeat(safety: Safety, reached: Reached) -> bool {
    match reached {
        Reached::Not => true,
        Reached::Perhaps => safety == Safety::Repeatable,
    }
}

/// Parses the two forms of `Retry-After` (RFC 9110, section 10.2.3): seconds and a date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // An HTTP date has the format of RFC 2822, except for the name of its time zone.
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Returns a random number from 0 up to, but not including, 1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0; 4];
    // If the system has no random numbers, use the middle.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return 0.5;
    }
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        assert_eq!(retry_after("125", now), Some(Duration::from_secs(125)));
        assert_eq!(retry_after(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(Duration::ZERO), "the time has passed");
        for wrong in ["", "-1", "1.5", "soon", "2015-10-21"] {
            assert_eq!(retry_after(wrong, now), None, "{wrong}");
        }
        let patience = Patience::default();
        assert_eq!(patience.wait(1, retry_after("99999999999999999999", now), 0.0), None, "longer than the limit");
    }

    #[test]
    fn doubles_waits_and_limits_attempts() {
        let patience = Patience::default();
        let most: Vec<f32> = (1..7).map(|attempt| patience.wait(attempt, None, 1.0).unwrap().as_secs_f32()).collect();
        assert_eq!(most, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]);
        assert_eq!(patience.wait(3, None, 0.0), Some(Duration::ZERO));
        assert_eq!(patience.wait(7, None, 0.5), None);
        assert_eq!(patience.wait(2, Some(Duration::from_secs(2)), 0.0), Some(Duration::from_secs(2)));
        assert_eq!(patience.wait(2, Some(Duration::from_secs(301)), 0.0), None);
    }

    #[test]
    fn repeats_a_request_in_doubt_only_if_it_is_repeatable() {
        assert!(may_repeat(Safety::Once, Reached::Not));
        assert!(!may_repeat(Safety::Once, Reached::Perhaps));
        assert!(may_repeat(Safety::Repeatable, Reached::Perhaps));
    }

    #[test]
    fn draws_different_random_numbers() {
        let some: Vec<f64> = (0..50).map(|_| chance()).collect();
        assert!(some.iter().all(|one| (0.0..1.0).contains(one)));
        assert!(some.windows(2).any(|two| (two[0] - two[1]).abs() > 0.01));
    }
}
