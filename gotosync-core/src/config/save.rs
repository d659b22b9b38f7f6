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
        match read_rules(&self.rules) {
            Err(errors) if errors.iter().all(|error| error.kind() == ErrorKind::NotFound) => {
                RulesFile::parse("", &self.rules.display().to_string())
            }
            read => read,
        }
    }

    /// Writes changed rules back: see [`write_rules`]. A file that was read and is gone is not made again.
    ///
    /// # Errors
    /// As [`write_rules`].
    pub fn save_rules(&self, rules: &RulesFile) -> Result<()> {
        if !rules.is_changed() {
            return Ok(());
        }
        if !rules.read().is_empty() {
            fs::metadata(&self.rules).map_err(|error| failed("save", &self.rules, error))?;
        }
        write_rules(rules, &self.rules)
    }
}

/// Reads a rules file to be changed. Rules in it may be wrong, so that they can be mended.
///
/// # Errors
/// What is not TOML, or the one error that the file cannot be read at all.
pub fn read_rules(file: &Path) -> Result<RulesFile, Vec<Error>> {
    let text = fs::read_to_string(file).map_err(|error| vec![failed("read", file, error)])?;
    RulesFile::parse(&text, &file.display().to_string())
}

/// Writes rules to a file, so that at any moment it is the old one or the new one. A file that is there is replaced only if
/// it is as it was when the rules were read.
///
/// Permissions stay, and so does the owner where the system allows it. A symbolic link stays one: what it points to is
/// written.
///
/// # Errors
/// [`ErrorKind::Conflict`] when the file is not as it was when it was read, and whatever keeps it from being written.
pub fn write_rules(rules: &RulesFile, path: &Path) -> Result<()> {
    // Held until the end: of two who would write at once, the second finds that the file is not what it read.
    let held = match File::open(path) {
        Err(error) if error.kind() == IoKind::NotFound => return write_new(path, rules.text()),
        opened => opened.map_err(|error| failed("save", path, error))?,
    };
    match held.lock() {
        // A file system without locks: the comparison below is what is left.
        Err(error) if error.kind() == IoKind::Unsupported => {}
        locked => locked.map_err(|error| failed("save", path, error))?,
    }
    let file = fs::canonicalize(path).map_err(|error| failed("save", path, error))?;
    let (now, locked) = (fs::metadata(&file), held.metadata());
    let (now, locked) = now.and_then(|now| Ok((now, locked?))).map_err(|error| failed("save", path, error))?;
    let text = fs::read(&file).map_err(|error| failed("save", path, error))?;
    if text != rules.read().as_bytes() || !is_same(&now, &locked) {
        return if text == rules.text().as_bytes() { Ok(()) } else { Err(changed(path)) };
    }
    if now.permissions().readonly() {
        return Err(Error::new(ErrorKind::Denied, "the file is read-only")
            .during("save the rules")
            .with("file", file.display())
            .hint("make it writable first, or change it where it comes from"));
    }
    // Whoever holds the file is alone, and needs no name of their own.
    replace(&file, &part_of(&file), rules.text(), Some(&now)).map_err(|error| failed("save", path, error))
}

/// Makes the file, unless somebody else has by now.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let part = own_part_of(path);
    let _ = fs::remove_file(&part);
    let written = write(&part, text, None).and_then(|()| fs::hard_link(&part, path));
    let _ = fs::remove_file(&part);
    written.map_err(|error| match error.kind() {
        IoKind::AlreadyExists => changed(path),
        _ => failed("save", path, error),
    })
}

fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "the file was changed by somebody else in the meantime; nothing was written")
        .during("save the rules")
        .with("file", path.display())
        .hint("do it again: it starts from the file as it is now")
}

fn failed(verb: &str, path: &Path, error: std::io::Error) -> Error {
    Error::from(error).during(format!("{verb} the rules")).with("file", path.display())
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
