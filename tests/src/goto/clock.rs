//! The emulator's clock: the machine's time plus an offset.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that tests can advance.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Duration>);

impl Clock {
    /// Returns the time since 1970.
    pub(super) fn now(&self) -> Duration {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        machine + *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Advances the clock.
    pub(super) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}
