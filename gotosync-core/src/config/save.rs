//! Rules that were changed come back to their file: whole or not at all, and never over somebody else's change.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind as IoKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Config;
use crate::rules::RulesFile;
use crate::{Error, ErrorKind, Result};

impl Config {
    /// Reads the rules file to be changed. Rules in it may be wrong, so that they can be mended; a file that is not there
    /// yet has no rules.
    ///
    /// # Errors
    /// What is not TOML, or the one error that the file cannot be read at all.
    pub fn rules_file(&self) -> Result<RulesFile, Vec<Error>> {
        let text = match fs::read_to_string(&self.rules) {
            Err(error) if error.kind() == IoKind::NotFound => String::new(),
            read => read.map_err(|error| vec![self.failed("read", error)])?,
        };
        RulesFile::parse(&text, &self.rules.display().to_string())
    }

    /// Writes changed rules back, so that at any moment the file is the old one or the new one.
    ///
    /// Permissions stay, and so does the owner where the system allows it. A symbolic link stays one: what it points to is
    /// written.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the file is not as it was when it was read, and whatever keeps it from being written.
    pub fn save_rules(&self, rules: &RulesFile) -> Result<()> {
        if !rules.is_changed() {
            return Ok(());
        }
        // Held until the end: of two who would write at once, the second finds that the file is not what it read.
        let held = match File::open(&self.rules) {
            Err(error) if error.kind() == IoKind::NotFound && rules.read().is_empty() => {
                return self.write_new(rules.text());
            }
            opened => opened.map_err(|error| self.failed("save", error))?,
        };
        match held.lock() {
            // A file system without locks: the comparison below is what is left.
            Err(error) if error.kind() == IoKind::Unsupported => {}
            locked => locked.map_err(|error| self.failed("save", error))?,
        }
        let file = fs::canonicalize(&self.rules).map_err(|error| self.failed("save", error))?;
        let (now, locked) = (fs::metadata(&file), held.metadata());
        let (now, locked) = now.and_then(|now| Ok((now, locked?))).map_err(|error| self.failed("save", error))?;
        let text = fs::read(&file).map_err(|error| self.failed("save", error))?;
        if text != rules.read().as_bytes() || !is_same(&now, &locked) {
            return Err(self.changed());
        }
        if now.permissions().readonly() {
            return Err(Error::new(ErrorKind::Denied, "the file is read-only")
                .during("save the rules")
                .with("file", file.display())
                .hint("make it writable first, or change it where it comes from"));
        }
        // Whoever holds the file is alone, and needs no name of their own.
        replace(&file, &part_of(&file), rules.text(), Some(&now)).map_err(|error| self.failed("save", error))
    }

    /// Makes the file, unless somebody else has by now.
    fn write_new(&self, text: &str) -> Result<()> {
        let part = own_part_of(&self.rules);
        let _ = fs::remove_file(&part);
        let written = write(&part, text, None).and_then(|()| fs::hard_link(&part, &self.rules));
        let _ = fs::remove_file(&part);
        written.map_err(|error| match error.kind() {
            IoKind::AlreadyExists => self.changed(),
            _ => self.failed("save", error),
        })
    }

    fn changed(&self) -> Error {
        Error::new(ErrorKind::Conflict, "the file was changed by somebody else in the meantime; nothing was written")
            .during("save the rules")
            .with("file", self.rules.display())
            .hint("do it again: it starts from the file as it is now")
    }

    fn failed(&self, verb: &str, error: std::io::Error) -> Error {
        Error::from(error).during(format!("{verb} the rules")).with("file", self.rules.display())
    }
}

/// Writes a file beside another, like it if there is one, and moves it there. What lies under the name of the part was left
/// by a process that was killed.
pub(super) fn replace(file: &Path, part: &Path, text: &str, old: Option<&Metadata>) -> std::io::Result<()> {
    let _ = fs::remove_file(part);
    let written = write(part, text, old).and_then(|()| fs::rename(part, file));
    if written.is_err() {
        let _ = fs::remove_file(part);
    }
    sync_folder(file);
    written
}

fn write(part: &Path, text: &str, like: Option<&Metadata>) -> std::io::Result<()> {
    let mut open = File::create_new(part)?;
    if let Some(old) = like {
        keep_owner(part, old);
        fs::set_permissions(part, old.permissions())?;
    }
    open.write_all(text.as_bytes())?;
    open.sync_all()
}

/// A name in the same folder, so that the last move is one within a file system.
fn part_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.part"))
}

/// One that nobody else takes, for files that nobody holds.
pub(super) fn own_part_of(file: &Path) -> PathBuf {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let (process, serial) = (std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{process}-{serial}.part"))
}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Gives a new file the owner of the old one; only root may always do so, and for others the owner is already right.
#[cfg(unix)]
fn keep_owner(part: &Path, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let _ = chown(part, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Metadata) {}

/// Makes the move itself outlast a power cut, where the file system can promise that; it is done either way.
#[cfg(unix)]
fn sync_folder(file: &Path) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) {}
