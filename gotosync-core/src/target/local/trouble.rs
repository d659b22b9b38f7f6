//! What errors of the file of a local account mean.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind, Result, Retry};

/// Turns errors of the file into what they mean to a caller, in the one place that knows their codes.
pub(super) trait Fail<T> {
    /// Names the file and says what can be done.
    fn or_fail(self, path: &Path) -> Result<T>;
}

impl<T> Fail<T> for rusqlite::Result<T> {
    fn or_fail(self, path: &Path) -> Result<T> {
        self.map_err(|error| match meaning(&error) {
            None => foreign(path).caused_by(error),
            Some((kind, message, hint)) => {
                let retry = if message == BUSY { Retry::Later } else { Retry::Never };
                Error::new(kind, message).with("file", path.display()).hint(hint).retry(retry).caused_by(error)
            }
        })
    }
}

/// The error of a file that is no account.
pub(super) fn foreign(path: &Path) -> Error {
    Error::new(ErrorKind::Data, "the file is not a gotosync account")
        .with("file", path.display())
        .hint("check the path; an empty file is left when making an account was cut short, and may be deleted")
}

/// What an error of `SQLite` means and what to do about it; `None` if the file is not one of its own.
fn meaning(error: &rusqlite::Error) -> Option<(ErrorKind, &'static str, &'static str)> {
    use rusqlite::Error as E;
    if matches!(error, E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..)) {
        return Some((ErrorKind::Data, "a row of the file cannot be read", DAMAGED));
    }
    let state = |message, hint| Some((ErrorKind::State, message, hint));
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => None,
        Some(ErrorCode::DatabaseCorrupt) => Some((ErrorKind::Data, "the file is damaged", DAMAGED)),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            state(BUSY, "wait until the other process is done, and try again")
        }
        Some(ErrorCode::CannotOpen) => state("the file cannot be opened", "check who may write in its folder"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            state("the file cannot be written", "check who may write to it and in its folder")
        }
        Some(ErrorCode::DiskFull) => state("the disk is full", "make room on it, and try again"),
        _ => state("the file cannot be read or written", "check the disk; the cause says what SQLite found"),
    }
}

/// What is said while somebody else uses the file.
pub(super) const BUSY: &str = "another process is using the file";

/// What to do about a file that is damaged.
pub(super) const DAMAGED: &str = "restore the file from a copy";
