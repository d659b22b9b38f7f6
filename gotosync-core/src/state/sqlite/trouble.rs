//! What can go wrong with the state database, and what it means to the caller.

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
    #[error("a file of another program")]
    Foreign,
    #[error("schema version {0}")]
    Newer(i64),
    #[error("journal mode {0}")]
    NoWal(String),
    #[error("unreadable {0}")]
    Unreadable(&'static str, #[source] Source),
    #[error("run {0} was begun before")]
    BegunTwice(RunId),
    #[error("run {0} is not open")]
    NotOpen(RunId),
}

type Source = Box<dyn StdError + Send + Sync>;

impl Trouble {
    /// Whether another connection was in the way, so that the same may go well in a moment.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Tells it of the database at `path`.
    pub(super) fn at(self, path: &Path) -> Error {
        let (message, hint) = self.told();
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

    fn told(&self) -> (&'static str, &'static str) {
        let code = match self {
            Self::Foreign => return ("the file belongs to another program", ELSEWHERE),
            Self::Newer(_) => return ("the state database was written by a newer version", UPDATE),
            Self::NoWal(_) => return ("the file system cannot hold a state database", LOCAL),
            Self::Unreadable(..) => return ("the state database holds a value of no known form", START_AFRESH),
            Self::BegunTwice(_) | Self::NotOpen(_) => return ("", ""),
            Self::Sql(error) => error.sqlite_error_code(),
        };
        match code {
            Some(ErrorCode::NotADatabase) => ("the file is not a state database", START_AFRESH),
            Some(ErrorCode::DatabaseCorrupt) => ("the state database is damaged", START_AFRESH),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                ("another process keeps the state database busy", "try again in a moment")
            }
            Some(ErrorCode::DiskFull) => ("no space is left for the state database", "make room on its disk"),
            Some(ErrorCode::CannotOpen) => {
                ("the state database cannot be opened", "its directory must exist and be writable")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                ("the state database cannot be written", "the file and its directory must be writable")
            }
            _ => ("the state database cannot be read or written", START_AFRESH),
        }
    }
}

/// An error of the state at this path.
pub(super) fn state(message: &str, path: &Path) -> Error {
    Error::new(ErrorKind::State, message).with("file", path.display())
}

const START_AFRESH: &str = "the state can be deleted without losing account data: links are found again by e-mail";
const ELSEWHERE: &str =
    "name another file for the state; a new one loses no account data: links are found again by e-mail";
const UPDATE: &str = "use that version, or name another file for the state: links are found again by e-mail";
const LOCAL: &str = "name a file on a local disk; network file systems do not do";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
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
                "another process keeps the state database busy (file: /var/lib/state.db)",
                "try again in a moment",
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
