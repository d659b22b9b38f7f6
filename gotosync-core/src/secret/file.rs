//! Secrets in files that only their owner can read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::{Existing, LARGEST, Secret, taken};
use crate::{Error, ErrorKind, Result};

/// Reads a secret from a file after checking that only its owner can read it.
pub(super) fn read(path: &Path) -> Result<Secret> {
    read_if(path, |metadata| guarded(path, metadata))
}

/// Reads a secret from a file whose access is controlled by something else, e.g. systemd.
pub(super) fn read_guarded(path: &Path) -> Result<Secret> {
    read_if(path, |_| Ok(()))
}

/// Checks that a file with a secret is private: owned by the current user or root, with no access for others.
///
/// On systems without Unix permissions, the function checks only that the path is a regular file.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no such file, [`ErrorKind::Input`] if the path is not a regular file,
/// [`ErrorKind::Denied`] if the owner or the mode is wrong; the hint then shows the command that fixes it.
pub fn check_private(path: &Path) -> Result<()> {
    guarded(path, &fs::metadata(path).map_err(|error| failed(error, path))?)
}

/// Writes a file that only its owner can read, from the moment it is created.
///
/// An existing file is replaced atomically. The folder must exist.
///
/// # Errors
/// [`ErrorKind::NotFound`] if the folder does not exist, [`ErrorKind::Conflict`] if the file exists and is to be kept.
pub fn write_private(path: &Path, text: &str, existing: Existing) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("the folder `{}` does not exist", folder.display());
        return Err(Error::new(ErrorKind::NotFound, message)
            .with("file", path.display())
            .hint("create the folder first"));
    }
    if path.file_name().is_none() || path.is_dir() {
        return Err(Error::new(ErrorKind::Input, "the path is a folder, not a file").with("file", path.display()));
    }
    let written = match existing {
        Existing::Keep => write_new(path, text).map_err(|error| (error, path.to_owned())),
        Existing::Replace => {
            let part = part_of(path);
            let written = write_new(&part, text).map_err(|error| (error, part.clone()));
            written.and_then(|()| {
                fs::rename(&part, path).map_err(|error| {
                    let _ = fs::remove_file(&part);
                    (error, path.to_owned())
                })
            })
        }
    };
    written.map_err(|(error, path)| match error.kind() {
        IoKind::AlreadyExists => Error::new(ErrorKind::Conflict, "the file already exists")
            .with("file", path.display())
            .hint("add --force to replace it, or choose another file"),
        _ => Error::from(error).with("file", path.display()),
    })
}

/// Removes a file.
pub(super) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| failed(error, path))
}

fn read_if(path: &Path, check: impl Fn(&Metadata) -> Result<()>) -> Result<Secret> {
    // Check before opening, too: opening a named pipe blocks until a program writes to it.
    let found = fs::metadata(path).map_err(|error| {
        let missing = error.kind() == IoKind::NotFound;
        let error = failed(error, path);
        if !missing {
            return error;
        }
        error.hint(format!("write it with `gotosync credential set --file '{}'`", path.display()))
    })?;
    check_is_file(path, &found)?;
    let file = File::open(path).map_err(|error| failed(error, path))?;
    check(&file.metadata().map_err(|error| failed(error, path))?)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| failed(error, path))?;
    let refused = |message: &str, hint: &str| {
        Error::new(ErrorKind::Input, message).with("file", path.display()).hint(hint.to_owned())
    };
    if bytes.len() as u64 > LARGEST {
        return Err(refused("the file is too large for a secret", "the file must contain only the secret"));
    }
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.starts_with('\u{feff}') && !text.contains('\0'));
    let text = text.ok_or_else(|| refused("the file is not UTF-8", "save it as UTF-8 without a byte order mark"))?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    taken(text).ok_or_else(|| refused("the file is empty", "the file must contain only the secret"))
}

fn check_is_file(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Input, "the path is not a regular file")
        .with("file", path.display())
        .hint("give the path of a file"))
}

#[cfg(unix)]
fn guarded(path: &Path, metadata: &Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    check_is_file(path, metadata)?;
    let (owner, own) = (metadata.uid(), rustix::process::geteuid().as_raw());
    let quoted = path.display().to_string().replace('\'', r"'\''");
    let denied = |message: String, hint: String| {
        Err(Error::new(ErrorKind::Denied, message).with("file", path.display()).hint(hint))
    };
    if owner != own && owner != 0 {
        return denied(
            format!("the file belongs to the user with UID {owner}, not to UID {own} (the current user) or root"),
            format!("if you trust the file, run: chown {own} '{quoted}'"),
        );
    }
    if metadata.mode() & 0o077 != 0 {
        return denied(
            format!("users other than the owner have access to the file: its mode is {:04o}", metadata.mode() & 0o7777),
            format!("run: chmod 600 '{quoted}'; if others could read the file, change the secret, too"),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn guarded(path: &Path, metadata: &Metadata) -> Result<()> {
    check_is_file(path, metadata)
}

/// Creates a file; fails if it already exists.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Returns a temporary name in the same folder that no other process uses.
fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

fn failed(error: std::io::Error, path: &Path) -> Error {
    let denied = error.kind() == IoKind::PermissionDenied;
    let error = Error::from(error).with("file", path.display());
    if denied { error.hint("the file must belong to the user that runs gotosync") } else { error }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn with_mode(bytes: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's secret");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn strips_exactly_one_line_ending() {
        for (bytes, text) in [
            (&b"hunter2"[..], "hunter2"),
            (b"hunter2\n", "hunter2"),
            (b"hunter2\r\n", "hunter2"),
            (b" hunter2 \n\n", " hunter2 \n"),
            ("pässwörd\n".as_bytes(), "pässwörd"),
        ] {
            let (_folder, path) = with_mode(bytes, 0o600);
            assert_eq!(read(&path).unwrap().expose(), text);
        }
    }

    #[test]
    fn rejects_a_file_with_access_for_others_and_shows_the_fix() {
        for mode in [0o644, 0o640, 0o604, 0o660, 0o620, 0o601] {
            let (_folder, path) = with_mode(b"hunter2", mode);
            let error = read(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied, "{mode:o}");
            assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
            assert!(
                error.help().unwrap().contains(r"chmod 600 '") && error.help().unwrap().contains(r"it'\''s secret")
            );
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        for mode in [0o600, 0o400] {
            let (_folder, path) = with_mode(b"hunter2", mode);
            assert!(read(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn rejects_a_file_of_another_user() {
        let (_folder, path) = with_mode(b"hunter2", 0o600);
        // Only root can give a file away. For other users, the file of another user is unreadable anyway.
        if std::os::unix::fs::chown(&path, Some(4711), None).is_err() {
            return assert_ne!(rustix::process::geteuid().as_raw(), 0);
        }
        let error = read(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains("4711") && error.help().unwrap().contains("chown"), "{error:?}");
    }

    #[test]
    fn rejects_content_that_cannot_be_a_secret() {
        for (bytes, problem) in [
            (&b""[..], "empty"),
            (b"\n", "empty"),
            (b"\r\n", "empty"),
            (b"\xff\xfeh\0", "UTF-8"),
            (b"\xef\xbb\xbfhunter2", "UTF-8"),
            (b"h\0", "UTF-8"),
            (&vec![b'x'; 65 << 10], "too large"),
        ] {
            let (_folder, path) = with_mode(bytes, 0o600);
            let error = read(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Input);
            assert!(error.to_string().contains(problem) && error.help().is_some(), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("not a regular file"));
        let missing = read(&folder.path().join("none")).unwrap_err();
        assert!(missing.kind() == ErrorKind::NotFound && missing.help().is_some());
    }

    #[test]
    fn follows_a_symlink_to_a_private_file() {
        let (folder, path) = with_mode(b"hunter2", 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link).unwrap().expose(), "hunter2");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(&link).unwrap_err().kind(), ErrorKind::Denied);
    }

    #[test]
    fn writes_a_private_file_that_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ldap");
        write_private(&path, "hunter2", Existing::Keep).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(read(&path).unwrap().expose(), "hunter2");

        let error = write_private(&path, "other", Existing::Keep).unwrap_err();
        assert!(error.kind() == ErrorKind::Conflict && error.help().unwrap().contains("--force"));
        assert_eq!(read(&path).unwrap().expose(), "hunter2");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, "other", Existing::Replace).unwrap();
        assert_eq!(read(&path).unwrap().expose(), "other", "the new file took over the mode of the old one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left behind");

        let nowhere = write_private(&folder.path().join("no/ldap"), "x", Existing::Replace).unwrap_err();
        assert!(nowhere.kind() == ErrorKind::NotFound && nowhere.help().is_some());
        assert_eq!(write_private(folder.path(), "x", Existing::Replace).unwrap_err().kind(), ErrorKind::Input);
        remove(&path).unwrap();
        assert_eq!(remove(&path).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
