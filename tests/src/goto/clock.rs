//! The time as the emulator has it: that of the machine, and whatever it was put forward.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that tests put forward.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Duration>);

impl Clock {
    /// The time since 1970.
    pub(super) fn now(&self) -> Duration {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        machine + *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Puts the clock forward.
    pub(super) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}
