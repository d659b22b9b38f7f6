//! The rate limit (goto-api, 4: 10 requests per second for each API, then 429).

use std::collections::HashMap;
use std::time::Instant;

use super::call::Api;

/// A token bucket for each API, with a capacity of one second.
///
/// The vendor documents the number, but not how requests are counted. Counting per second of the wall clock would admit
/// twice as many requests around the boundary of a second.
#[derive(Debug)]
pub(super) struct Limit {
    per_second: Option<u32>,
    buckets: HashMap<Api, (f64, Instant)>,
}

impl Limit {
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self { per_second, buckets: HashMap::new() }
    }

    /// Returns `true` if the request is admitted.
    pub(super) fn admit(&mut self, api: Api, now: Instant) -> bool {
        let Some(rate) = self.per_second.map(f64::from) else { return true };
        // No limit is known for token requests.
        if api == Api::Token {
            return true;
        }
        let (level, since) = self.buckets.entry(api).or_insert((rate, now));
        *level = (*level + now.duration_since(*since).as_secs_f64() * rate).min(rate);
        *since = now;
        if *level < 1.0 {
            return false;
        }
        *level -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn admits_ten_requests_at_once_and_then_ten_per_second() {
        let (mut limit, begun) = (Limit::new(Some(10)), Instant::now());
        let mut at = |millis: u64, api| limit.admit(api, begun + Duration::from_millis(millis));
        assert!((0..10).all(|_| at(0, Api::Admin)));
        assert!(!at(0, Api::Admin) && at(0, Api::Connect) && at(0, Api::Token));
        assert!(at(101, Api::Admin) && !at(101, Api::Admin));
        assert_eq!((0..30).filter(|_| at(5000, Api::Admin)).count(), 10);
    }
}
