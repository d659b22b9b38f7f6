//! The progress of a run, for callbacks.

use std::time::Duration;

/// A progress event, passed to the callback of [`Engine::watch`](super::Engine::watch).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The engine waits, because the account may not show the latest writes yet.
    Waiting {
        /// The time to wait.
        time: Duration,
    },
    /// The engine has started to read both sides.
    Reading,
    /// Both sides have been read.
    Read {
        /// The number of people read.
        people: usize,
        /// The number of users in the account.
        users: usize,
    },
    /// Some steps have an outcome.
    Applied {
        /// The number of steps with an outcome of any kind.
        done: usize,
        /// The number of all steps.
        of: usize,
    },
}
