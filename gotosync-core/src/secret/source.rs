//! The places where a secret can be stored, and how to read it from there.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::{Existing, Secret, command, file, keyring, taken};
use crate::{Error, ErrorKind, Result};

/// The place where a secret is stored. It contains no secret and may be shown.
///
/// ```
/// use std::ffi::OsString;
/// use gotosync_core::secret::SecretSource;
///
/// let place = SecretSource::Variable("LDAP_PASSWORD".into());
/// let secret = place.fetch(&|name| (name == "LDAP_PASSWORD").then(|| OsString::from("correct horse")))?;
/// assert_eq!(secret.expose(), "correct horse");
/// assert_eq!(place.to_string(), "variable LDAP_PASSWORD");
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that contains only the secret; one line ending at the end is ignored.
    ///
    /// On Unix the file must belong to the current user or to root, and only its owner may have access.
    File(PathBuf),
    /// An environment variable. Other programs of the same user can see it, and child processes inherit it.
    Variable(String),
    /// A systemd credential (`LoadCredential=`, `SetCredentialEncrypted=`), by its name.
    Systemd(String),
    /// A command that prints the secret as the first line of its output.
    Command {
        /// The program and its arguments; they are not passed through a shell.
        words: Vec<String>,
        /// The working folder of the command.
        folder: PathBuf,
    },
    /// The operating system's keyring: the kernel keyring on Linux, Credential Manager on Windows, the keychain on macOS.
    Keyring {
        /// The service (program) that the secret belongs to.
        service: String,
        /// The name of the secret.
        name: String,
    },
}

impl SecretSource {
    /// Parses the name of a keyring entry: `name`, or `service/name` for an entry of another program.
    pub fn keyring(text: &str) -> Self {
        let (service, name) = text.split_once('/').unwrap_or((SERVICE, text));
        Self::Keyring { service: service.to_owned(), name: name.to_owned() }
    }

    /// Reads the secret. The function in `variables` looks up environment variables.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no secret, [`ErrorKind::Denied`] for a file that others can access or that belongs
    /// to another user, [`ErrorKind::Input`] if the content cannot be a secret, [`ErrorKind::Unavailable`] if a command
    /// fails. No error shows the content.
    pub fn fetch(&self, variables: &dyn Fn(&str) -> Option<OsString>) -> Result<Secret> {
        match self {
            Self::File(path) => file::read(path),
            Self::Variable(name) => {
                let value = variables(name).ok_or_else(|| unset(name))?;
                let text = value.into_string().map_err(|_| {
                    Error::new(ErrorKind::Input, format!("the value of `{name}` is not UTF-8"))
                        .hint("store the secret in a file")
                })?;
                taken(&Zeroizing::new(text)).ok_or_else(|| {
                    Error::new(ErrorKind::Input, format!("the environment variable `{name}` is empty"))
                        .hint("set it to the secret")
                })
            }
            Self::Systemd(name) => {
                let folder = variables(SYSTEMD).filter(|folder| !folder.is_empty()).ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, "systemd passed no credentials to this process")
                        .with("credential", name)
                        .hint(format!(
                            "add `LoadCredential={name}:/path/to/the/file` to the [Service] section of the unit"
                        ))
                })?;
                file::read_guarded(&Path::new(&folder).join(name))
            }
            Self::Command { words, folder } => command::first_line(words, folder),
            Self::Keyring { service, name } => keyring::fetch(service, name),
        }
    }

    /// `true` if the system has a keyring that survives a restart; the Linux kernel keyring does not.
    pub const LASTING_KEYRING: bool = cfg!(all(feature = "keyring", any(target_os = "windows", target_os = "macos")));

    /// Stores a secret in this place.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a secret exists and is to be kept, [`ErrorKind::Unsupported`] if this kind of place is
    /// read-only, and any error from writing.
    pub fn store(&self, secret: &Secret, existing: Existing) -> Result<()> {
        match self {
            Self::File(path) => file::write_private(path, secret.expose(), existing),
            Self::Keyring { service, name } => keyring::store(service, name, secret, existing),
            Self::Variable(_) | Self::Systemd(_) | Self::Command { .. } => Err(elsewhere(self)),
        }
    }

    /// Removes the secret.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no secret; otherwise the same as [`store`](Self::store).
    pub fn remove(&self) -> Result<()> {
        match self {
            Self::File(path) => file::remove(path),
            Self::Keyring { service, name } => keyring::remove(service, name),
            Self::Variable(_) | Self::Systemd(_) | Self::Command { .. } => Err(elsewhere(self)),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Systemd(name) => write!(f, "systemd credential {name}"),
            // The arguments may contain secrets.
            Self::Command { words, .. } => write!(f, "command {}", words.first().map_or("", String::as_str)),
            Self::Keyring { service, name } => write!(f, "keyring {service}/{name}"),
        }
    }
}

fn unset(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the environment variable `{name}` is not set"))
        .hint("set it for the process, or store the secret in a file")
}

fn elsewhere(place: &SecretSource) -> Error {
    Error::new(ErrorKind::Unsupported, format!("gotosync cannot write to the {place}"))
        .hint("store the secret in a file or in the keyring")
}

/// The service name of keyring entries that are given without a service.
const SERVICE: &str = "gotosync";

/// The environment variable in which systemd passes the folder of a service's credentials.
const SYSTEMD: &str = "CREDENTIALS_DIRECTORY";

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn looks_up_a_variable_with_the_function_of_the_caller() {
        let place = SecretSource::Variable("X".into());
        let with = |value: &'static str| place.fetch(&move |name| (name == "X").then(|| value.into()));
        assert_eq!(with("a b ").unwrap().expose(), "a b ");
        assert_eq!(with("").unwrap_err().kind(), ErrorKind::Input);
        let missing = place.fetch(&nothing).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        assert!(missing.to_string().contains("`X`") && missing.help().is_some());
    }

    #[test]
    fn finds_the_systemd_credentials_folder_in_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ldap"), "hunter2\n").unwrap();
        let place = SecretSource::Systemd("ldap".into());
        let path = folder.path().as_os_str().to_owned();
        let found = place.fetch(&move |name| (name == "CREDENTIALS_DIRECTORY").then(|| path.clone()));
        assert_eq!(found.unwrap().expose(), "hunter2");
        let missing = place.fetch(&nothing).unwrap_err();
        assert!(missing.help().unwrap().contains("LoadCredential=ldap"), "{missing:?}");
    }

    #[test]
    fn parses_a_keyring_name_with_or_without_a_service() {
        let own = SecretSource::Keyring { service: "gotosync".into(), name: "ldap".into() };
        assert_eq!(SecretSource::keyring("ldap"), own);
        assert_eq!(SecretSource::keyring("gotosync/ldap"), own);
        assert_eq!(SecretSource::keyring("other/a/b").to_string(), "keyring other/a/b");
    }

    #[test]
    fn cannot_write_to_variables_systemd_or_commands() {
        let words = vec!["pass".to_owned(), "show".to_owned()];
        for place in [
            SecretSource::Variable("X".into()),
            SecretSource::Systemd("x".into()),
            SecretSource::Command { words, folder: PathBuf::new() },
        ] {
            let error = place.store(&Secret::new("x"), Existing::Replace).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert_eq!(place.remove().unwrap_err().kind(), ErrorKind::Unsupported);
        }
    }
}
