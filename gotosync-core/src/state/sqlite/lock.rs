//! The lock that allows only one run at a time on an account: a lock file beside the database.
//!
//! The operating system holds the lock and releases it when the process ends, however it ends. The text in the file only shows
//! other processes who holds the lock. The file is never deleted: otherwise, between the opening and the locking of the file by
//! one process, another process could create a new file in its place, and both would hold a lock.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::trouble::state;
use crate::model::{AccountKey, Fingerprint};
use crate::state::memory::held_by;
use crate::state::{Hold, Holder};
use crate::{Error, Result};

#[derive(Debug)]
pub(super) struct FileHold {
    file: File,
}

/// Returns the path of an account's lock file beside the database.
pub(super) fn path(database: &Path, account: &AccountKey) -> PathBuf {
    // An account's key may contain characters that are not allowed in file names.
    let short = Fingerprint::of(account.as_str().as_bytes());
    let mut name = OsString::from(database);
    name.push(format!(".{short}.lock"));
    name.into()
}

impl FileHold {
    /// Takes the lock, or returns an error with the holder.
    pub(super) fn take(path: &Path, holder: &Holder) -> Result<Self> {
        let broken = |error| broken(path, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(broken)?;
        let mut patience = LOOKS;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(broken(error)),
            }
            // A lock has no text for a moment after it is taken and before it is released.
            let known = read(&mut file);
            patience -= 1;
            if known.is_some() || patience == 0 {
                return Err(held_by(known.as_ref()));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        // From here on, dropping the guard releases the lock, even if writing fails.
        let mut hold = Self { file };
        hold.write(holder).map_err(broken)?;
        Ok(hold)
    }

    fn write(&mut self, holder: &Holder) -> std::io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)?;
        self.file.sync_all()
    }
}

impl Hold for FileHold {}

impl Drop for FileHold {
    fn drop(&mut self) {
        // Errors are ignored: the next holder replaces leftover text, and closing the file releases the lock anyway. The lock is
        // released explicitly because a child process that is just starting may briefly have the open file, and with it the lock.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Returns the holder of the lock, or `None` while the holder is being written and where a lock blocks reading (Windows).
fn read(file: &mut File) -> Option<Holder> {
    let mut text = Vec::new();
    file.rewind().ok()?;
    file.read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The number of attempts to read a lock without text, and the pause between them: half a second in total.
const LOOKS: u32 = 25;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

fn broken(path: &Path, error: std::io::Error) -> Error {
    state("could not lock the account", path)
        .hint("the folder of the state database must be writable, and its file system must support locks")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ErrorKind;
    use crate::laws::state::holder;

    #[test]
    fn keeps_the_file_and_shows_the_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder.path().join("state.db"), &"../4711/ä".into());
        assert_eq!(path.parent(), Some(folder.path()));
        assert_eq!(path.extension().unwrap(), "lock");

        let hold = FileHold::take(&path, &holder()).unwrap();
        assert_eq!(serde_json::from_slice::<Holder>(&fs::read(&path).unwrap()).unwrap(), holder());
        drop(hold);
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn only_the_lock_counts_and_not_the_text_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let stale = Holder { command: "a command line that is much longer than the next one".into(), ..holder() };
        fs::write(&path, serde_json::to_vec(&stale).unwrap()).unwrap();
        let _hold = FileHold::take(&path, &holder()).unwrap();
        assert_eq!(serde_json::from_slice::<Holder>(&fs::read(&path).unwrap()).unwrap(), holder());

        fs::write(&path, "{").unwrap();
        let error = FileHold::take(&path, &holder()).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::Held, "another run holds the lock on the account".into())
        );
    }

    #[test]
    fn names_the_file_if_the_lock_cannot_be_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/lock");
        let error = FileHold::take(&path, &holder()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().ends_with("missing/lock)"), "{error}");
    }
}
