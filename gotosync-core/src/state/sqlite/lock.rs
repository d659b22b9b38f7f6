//! One run at a time on an account, kept by a lock file beside the database.
//!
//! The lock is the operating system's and ends with the process, however that ends; the text in the file only tells
//! others who has it. The file itself is never deleted: between its opening and its locking by one process another
//! could put a new file in its place, and both would have a lock.

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

/// The lock file of an account beside the database at `database`.
pub(super) fn path(database: &Path, account: &AccountKey) -> PathBuf {
    // An account's key may hold what a file name must not.
    let short = Fingerprint::of(account.as_str().as_bytes());
    let mut name = OsString::from(database);
    name.push(format!(".{short}.lock"));
    name.into()
}

impl FileHold {
    /// Takes the lock, or tells who has it.
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
            // For a moment after it was taken, or before it is let go, a lock has no text.
            let known = read(&mut file);
            patience -= 1;
            if known.is_some() || patience == 0 {
                return Err(held_by(known.as_ref()));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        // From here on the guard lets go of the lock, whatever fails.
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
        // Neither can be mended here: text that stays is replaced by the next holder, and a lock that stays ends when
        // the file is closed. It is not left to the closing alone because a child process that is being started may
        // have the open file for a moment, and the lock with it.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Who has the lock; unknown while they are writing it, and where a lock keeps others from reading (Windows).
fn read(file: &mut File) -> Option<Holder> {
    let mut text = Vec::new();
    file.rewind().ok()?;
    file.read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// How often a lock without text is looked at again, and how long apart: half a second in all.
const LOOKS: u32 = 25;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

fn broken(path: &Path, error: std::io::Error) -> Error {
    state("the lock of the account cannot be taken", path)
        .hint("the directory of the state must be writable and on a file system with locks")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ErrorKind;
    use crate::laws::state::holder;

    #[test]
    fn the_file_stays_and_tells_who_has_it() {
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
    fn text_without_a_lock_holds_nothing_and_a_lock_without_text_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let stale = Holder { command: "a much longer command line than that of the next".into(), ..holder() };
        fs::write(&path, serde_json::to_vec(&stale).unwrap()).unwrap();
        let _hold = FileHold::take(&path, &holder()).unwrap();
        assert_eq!(serde_json::from_slice::<Holder>(&fs::read(&path).unwrap()).unwrap(), holder());

        fs::write(&path, "{").unwrap();
        let error = FileHold::take(&path, &holder()).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Held, "another run has the account".into()));
    }

    #[test]
    fn a_lock_that_cannot_be_taken_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/lock");
        let error = FileHold::take(&path, &holder()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().ends_with("missing/lock)"), "{error}");
    }
}
