//! What goes on in a run, for whoever watches.

use std::time::Duration;

/// Something that goes on, told to whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The account may not show yet what was last written: it is waited for.
    Waiting {
        /// For so long.
        time: Duration,
    },
    /// Both sides are being read.
    Reading,
    /// Both sides were read: how many people and how many users.
    Read {
        /// People who were read.
        people: usize,
        /// Users of the account.
        users: usize,
    },
    /// So many steps of so many have an outcome.
    Applied {
        /// Steps with an outcome so far, whatever it is.
        done: usize,
        /// All of them.
        of: usize,
    },
}
