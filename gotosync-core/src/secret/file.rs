//! Secrets in files that nobody else may read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::{Existing, LARGEST, Secret, taken};
use crate::{Error, ErrorKind, Result};

/// Reads a secret from a file that is nobody else's business.
pub(super) fn read(path: &Path) -> Result<Secret> {
    read_if(path, |metadata| guarded(path, metadata))
}

/// Reads a secret that something else keeps others away from.
pub(super) fn read_guarded(path: &Path) -> Result<Secret> {
    read_if(path, |_| Ok(()))
}

/// Refuses a file with a secret in it that others may read, or that is not ours.
///
/// On systems without owners and permissions of this kind only what is no file is refused.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Input`] for what is no file, [`ErrorKind::Denied`] for a file that
/// must not be used as it is, with the command that mends it.
pub fn check_private(path: &Path) -> Result<()> {
    guarded(path, &fs::metadata(path).map_err(|error| failed(error, path))?)
}

/// Writes a file that its owner alone can read, from its first moment on.
///
/// Where one is replaced, it is the old one or the new one at any moment. The folder must be there.
///
/// # Errors
/// [`ErrorKind::NotFound`] without the folder, [`ErrorKind::Conflict`] when there is a file that is to stay.
pub fn write_private(path: &Path, text: &str, existing: Existing) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("there is no folder `{}`", folder.display());
        return Err(Error::new(ErrorKind::NotFound, message)
            .with("file", path.display())
            .hint("make the folder first"));
    }
    if path.file_name().is_none() || path.is_dir() {
        return Err(Error::new(ErrorKind::Input, "it is a folder, expected a file").with("file", path.display()));
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
        IoKind::AlreadyExists => Error::new(ErrorKind::Conflict, "the file is there already")
            .with("file", path.display())
            .hint("add --force to replace it, or name another one"),
        _ => Error::from(error).with("file", path.display()),
    })
}

/// Removes a file.
pub(super) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| failed(error, path))
}

fn read_if(path: &Path, check: impl Fn(&Metadata) -> Result<()>) -> Result<Secret> {
    // Before it is opened as well: opening a pipe waits for whoever writes into it.
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
        return Err(refused("it is too large for a secret", "the file must hold the secret and nothing else"));
    }
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.starts_with('\u{feff}') && !text.contains('\0'));
    let text = text.ok_or_else(|| refused("it is not UTF-8", "save it as UTF-8 without a byte order mark"))?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    taken(text).ok_or_else(|| refused("it is empty", "the file must hold the secret and nothing else"))
}

fn check_is_file(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Input, "it is no regular file").with("file", path.display()).hint("name a file"))
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
            format!("it belongs to the user with number {owner}, expected {own}, who runs this, or root"),
            format!("if it is what it should be: chown {own} '{quoted}'"),
        );
    }
    if metadata.mode() & 0o077 != 0 {
        return denied(
            format!("others than its owner can use it: its mode is {:04o}", metadata.mode() & 0o7777),
            format!("close it to others: chmod 600 '{quoted}'; if they could read it, change the secret as well"),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn guarded(path: &Path, metadata: &Metadata) -> Result<()> {
    check_is_file(path, metadata)
}

/// Makes a file that was not there.
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

/// A name in the same folder that nobody else takes.
fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

fn failed(error: std::io::Error, path: &Path) -> Error {
    let denied = error.kind() == IoKind::PermissionDenied;
    let error = Error::from(error).with("file", path.display());
    if denied { error.hint("it must belong to whoever runs this") } else { error }
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
    fn one_line_end_is_taken_off_and_nothing_else() {
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
    fn a_file_that_others_can_use_is_refused_with_what_mends_it() {
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
    fn a_file_of_somebody_else_is_refused() {
        let (_folder, path) = with_mode(b"hunter2", 0o600);
        // Only root can give a file away; to others the file of somebody else is closed anyway.
        if std::os::unix::fs::chown(&path, Some(4711), None).is_err() {
            return assert_ne!(rustix::process::geteuid().as_raw(), 0);
        }
        let error = read(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains("4711") && error.help().unwrap().contains("chown"), "{error:?}");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused() {
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
        assert!(read(folder.path()).unwrap_err().to_string().contains("no regular file"));
        let missing = read(&folder.path().join("none")).unwrap_err();
        assert!(missing.kind() == ErrorKind::NotFound && missing.help().is_some());
    }

    #[test]
    fn a_link_to_a_good_file_is_followed() {
        let (folder, path) = with_mode(b"hunter2", 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link).unwrap().expose(), "hunter2");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(&link).unwrap_err().kind(), ErrorKind::Denied);
    }

    #[test]
    fn what_is_written_is_closed_to_others_and_reads_back() {
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
        assert_eq!(read(&path).unwrap().expose(), "other", "the mode of the old file is not taken over");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

        let nowhere = write_private(&folder.path().join("no/ldap"), "x", Existing::Replace).unwrap_err();
        assert!(nowhere.kind() == ErrorKind::NotFound && nowhere.help().is_some());
        assert_eq!(write_private(folder.path(), "x", Existing::Replace).unwrap_err().kind(), ErrorKind::Input);
        remove(&path).unwrap();
        assert_eq!(remove(&path).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
