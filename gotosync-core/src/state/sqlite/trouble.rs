//! The errors of the state database, and their translation into errors for the caller.

use std::error::Error as StdError;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::Retry;
use crate::model::RunId;
use crate::state::memory::{begun_twice, not_open};
use crate::{Error, ErrorKind};

#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("the file belongs to another program")]
    Foreign,
    #[error("schema version {0}")]
    Newer(i64),
    #[error("journal mode {0}")]
    NoWal(String),
    #[error("unreadable value in column {0}")]
    Unreadable(&'static str, #[source] Source),
    #[error("run {0} was already begun")]
    BegunTwice(RunId),
    #[error("run {0} is not open")]
    NotOpen(RunId),
}

type Source = Box<dyn StdError + Send + Sync>;

impl Trouble {
    /// Returns `true` if another connection was using the database, so that a retry may succeed.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Converts the error for the database at `path`.
    pub(super) fn at(self, path: &Path) -> Error {
        let (message, hint) = self.message_and_hint();
        let retry = if self.is_busy() { Retry::Later } else { Retry::Never };
        let error = match self {
            Self::BegunTwice(run) => return begun_twice(&run),
            Self::NotOpen(run) => return not_open(&run),
            Self::Foreign => state(message, path),
            Self::Newer(version) => state(message, path).with("schema", version),
            Self::NoWal(mode) => state(message, path).with("journal mode", mode),
            Self::Unreadable(column, source) => state(message, path).with("column", column).caused_by(source),
            Self::Sql(error) => state(message, path).caused_by(error),
        };
        error.retry(retry).hint(hint)
    }

    fn message_and_hint(&self) -> (&'static str, &'static str) {
        let code = match self {
            Self::Foreign => return ("the file belongs to another program", ELSEWHERE),
            Self::Newer(_) => return ("the state database was written by a newer version", UPDATE),
            Self::NoWal(_) => return ("the file system does not support a state database (SQLite in WAL mode)", LOCAL),
            Self::Unreadable(..) => return ("the state database contains an unreadable value", START_AFRESH),
            Self::BegunTwice(_) | Self::NotOpen(_) => return ("", ""),
            Self::Sql(error) => error.sqlite_error_code(),
        };
        match code {
            Some(ErrorCode::NotADatabase) => ("the file is not a state database", START_AFRESH),
            Some(ErrorCode::DatabaseCorrupt) => ("the state database is damaged", START_AFRESH),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                ("another process is using the state database", "retry in a moment")
            }
            Some(ErrorCode::DiskFull) => ("no space is left for the state database", "free some space on its disk"),
            Some(ErrorCode::CannotOpen) => {
                ("could not open the state database", "its folder must exist and be writable")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                ("could not write to the state database", "the file and its folder must be writable")
            }
            _ => ("could not read or write the state database", START_AFRESH),
        }
    }
}

/// Creates an error about the state database at this path.
pub(super) fn state(message: &str, path: &Path) -> Error {
    Error::new(ErrorKind::State, message).with("file", path.display())
}

const START_AFRESH: &str =
    "you can delete the file without losing account data: the next run links users again by e-mail address";
const ELSEWHERE: &str =
    "choose another file for the state; this loses no account data: the next run links users again by e-mail address";
const UPDATE: &str =
    "use that version, or choose another file for the state: the next run links users again by e-mail address";
const LOCAL: &str = "choose a file on a local disk; network file systems are not supported";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_show_what_to_do() {
        let path = Path::new("/var/lib/state.db");
        let sql = |code| Trouble::Sql(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        for (trouble, text, hint, retryable) in [
            (Trouble::Foreign, "the file belongs to another program (file: /var/lib/state.db)", ELSEWHERE, false),
            (
                Trouble::Newer(9),
                "the state database was written by a newer version (file: /var/lib/state.db, schema: 9)",
                UPDATE,
                false,
            ),
            (
                sql(rusqlite::ffi::SQLITE_BUSY),
                "another process is using the state database (file: /var/lib/state.db)",
                "retry in a moment",
                true,
            ),
            (
                sql(rusqlite::ffi::SQLITE_CORRUPT),
                "the state database is damaged (file: /var/lib/state.db)",
                START_AFRESH,
                false,
            ),
        ] {
            let error = trouble.at(path);
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::State, text));
            assert_eq!((error.help(), error.retryable()), (Some(hint), retryable));
        }
    }
}
