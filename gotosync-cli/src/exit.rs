//! How the command ends, as scripts see it.

use std::process::ExitCode;

use gotosync_core::Report;

/// An exit code and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// There was nothing to do, or everything was done.
    Done = 0,
    /// An error.
    Failed = 1,
    /// Changes are pending.
    Pending = 2,
    /// A check stopped it, and nothing was written.
    Stopped = 3,
    /// It ran, and some steps were not done.
    Partial = 4,
}

impl Exit {
    /// What a report comes to.
    pub(crate) fn of(report: &Report) -> Self {
        if report.all_done() { Self::Done } else { Self::Partial }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
