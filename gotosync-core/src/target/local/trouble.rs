//! Error messages for the file of a local account.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind, Result, Retry};

/// Converts `SQLite` errors into errors for the caller. No other code looks at `SQLite`'s error codes.
pub(super) trait Fail<T> {
    /// Converts the error, and adds the path of the file and a hint.
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

/// Returns the error for a file that is not an account.
pub(super) fn foreign(path: &Path) -> Error {
    Error::new(ErrorKind::Data, "the file is not a gotosync account")
        .with("file", path.display())
        .hint("check the path; an empty file may be left over from an interrupted creation and can be deleted")
}

/// Returns the kind, message, and hint for a `SQLite` error; `None` if the file is not a `SQLite` database.
fn meaning(error: &rusqlite::Error) -> Option<(ErrorKind, &'static str, &'static str)> {
    use rusqlite::Error as E;
    if matches!(error, E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..)) {
        return Some((ErrorKind::Data, "the file contains a row that could not be read", DAMAGED));
    }
    let state = |message, hint| Some((ErrorKind::State, message, hint));
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => None,
        Some(ErrorCode::DatabaseCorrupt) => Some((ErrorKind::Data, "the file is damaged", DAMAGED)),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            state(BUSY, "wait until the other process has finished, then retry")
        }
        Some(ErrorCode::CannotOpen) => {
            state("the file could not be opened", "check the permissions of the file and its folder")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            state("the file is not writable", "check the permissions of the file and its folder")
        }
        Some(ErrorCode::DiskFull) => state("the disk is full", "free some disk space, then retry"),
        _ => state("the file could not be read or written", "check the disk; the cause contains the error from SQLite"),
    }
}

/// The message while another process has the file locked.
pub(super) const BUSY: &str = "another process is using the file";

/// The hint for a damaged file.
pub(super) const DAMAGED: &str = "restore the file from a backup";
