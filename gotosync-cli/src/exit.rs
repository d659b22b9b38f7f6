//! The exit codes of the command.

use std::process::ExitCode;

use gotosync_core::Report;

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing to do, or everything was done.
    Done = 0,
    /// The command failed with an error.
    Failed = 1,
    /// Changes are pending.
    Pending = 2,
    /// A check stopped the run, and nothing was written.
    Stopped = 3,
    /// The run finished, but some steps failed or were skipped.
    Partial = 4,
}

impl Exit {
    /// Returns the exit code for a report.
    pub(crate) fn of(report: &Report) -> Self {
        if report.all_done() { Self::Done } else { Self::Partial }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
