//! Saves changed rules atomically, and never overwrites a concurrent change.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind as IoKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Config, file_error};
use crate::rules::RulesFile;
use crate::{Error, ErrorKind, Result};

impl Config {
    /// Reads the rules file for editing. Its rules may be invalid, so that they can be corrected. A missing file counts as a
    /// file without rules.
    ///
    /// # Errors
    /// TOML syntax errors, or one error if the file cannot be read.
    pub fn rules_file(&self) -> Result<RulesFile, Vec<Error>> {
        match read_rules(&self.rules) {
            Err(errors) if errors.iter().all(|error| error.kind() == ErrorKind::NotFound) => {
                RulesFile::parse("", &self.rules.display().to_string())
            }
            read => read,
        }
    }

    /// Writes changed rules back: see [`write_rules`]. If the file existed before and was deleted since, this fails.
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

/// Reads a rules file for editing. Its rules may be invalid, so that they can be corrected.
///
/// # Errors
/// TOML syntax errors, or one error if the file cannot be read.
pub fn read_rules(file: &Path) -> Result<RulesFile, Vec<Error>> {
    let text = fs::read_to_string(file).map_err(|error| vec![failed("read", file, error)])?;
    RulesFile::parse(&text, &file.display().to_string())
}

/// Writes rules to a file atomically: at any moment, the file has either the old or the new content. Replaces an existing file
/// only if it has not changed since the rules were read.
///
/// Keeps the permissions, and the owner where the system allows it. If the path is a symbolic link, writes the file that it
/// points to.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the file has changed since it was read; also errors of writing the file.
pub fn write_rules(rules: &RulesFile, path: &Path) -> Result<()> {
    // Hold the lock until the end. If two processes write at once, the second one then detects the change.
    let held = match File::open(path) {
        Err(error) if error.kind() == IoKind::NotFound => return write_new(path, rules.text()),
        opened => opened.map_err(|error| failed("save", path, error))?,
    };
    match held.lock() {
        // The file system has no locks: rely on the comparison below alone.
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
            .hint("make the file writable first, or change the original if this file is a managed copy"));
    }
    // The lock makes this the only writer, so a fixed name for the temporary file is safe.
    replace(&file, &part_of(&file), rules.text(), Some(&now)).map_err(|error| failed("save", path, error))
}

/// Creates the file, unless another process has created it in the meantime.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let part = own_part_of(path);
    let _ = fs::remove_file(&part);
    let written = write(&part, text, None).and_then(|()| fs::hard_link(&part, path));
    let _ = fs::remove_file(&part);
    written.map_err(|error| match error.kind() {
        IoKind::AlreadyExists => changed(path),
        IoKind::NotFound => Error::new(ErrorKind::NotFound, "the folder of the file does not exist")
            .during("save the rules")
            .with("file", path.display())
            .hint("create the folder first"),
        _ => failed("save", path, error),
    })
}

fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "the file was changed by another process in the meantime; nothing was written")
        .during("save the rules")
        .with("file", path.display())
        .hint("run the command again; it will use the changed file")
}

fn failed(verb: &str, path: &Path, error: std::io::Error) -> Error {
    file_error(error).during(format!("{verb} the rules")).with("file", path.display())
}

/// Writes a temporary file `part` and renames it to `file`. Copies owner and permissions from `old`. An existing `part` is left
/// over from a killed process, and is deleted.
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

/// Returns the name of the temporary file. It is in the same folder, because renames must stay within one file system.
fn part_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.part"))
}

/// Returns a unique name for a temporary file, for files without a lock.
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

/// Gives a new file the owner of the old one. Ignores errors: only root may change owners, and for other users the owner is
/// usually the same already.
#[cfg(unix)]
fn keep_owner(part: &Path, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let _ = chown(part, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Metadata) {}

/// Makes the rename durable against a power failure, if the file system supports that. Ignores errors.
#[cfg(unix)]
fn sync_folder(file: &Path) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) {}
