//! Where a secret is kept, and how it comes from there.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::{Existing, Secret, command, file, keyring, taken};
use crate::{Error, ErrorKind, Result};

/// Where a secret is kept. It is a place and no secret: it may be shown.
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
    /// A file that holds nothing else; one line end behind it does not count.
    ///
    /// On Unix it must belong to whoever runs this or to root, and be open to nobody but its owner.
    File(PathBuf),
    /// An environment variable. Programs of the same user can see it, and whatever is started inherits it.
    Variable(String),
    /// A credential that systemd hands to a service (`LoadCredential=`, `SetCredentialEncrypted=`), by its name.
    Systemd(String),
    /// A program that prints it, as the first line of its output.
    Command {
        /// The program and its arguments; no shell sees them.
        words: Vec<String>,
        /// The folder it runs in.
        folder: PathBuf,
    },
    /// The key store of the system: the keyrings of the kernel on Linux, Credential Manager on Windows, the keychain on
    /// macOS.
    Keyring {
        /// Whose secret it is.
        service: String,
        /// Which one.
        name: String,
    },
}

impl SecretSource {
    /// Reads a name in the key store: `name`, or `service/name` for one that another program keeps.
    pub fn keyring(text: &str) -> Self {
        let (service, name) = text.split_once('/').unwrap_or((SERVICE, text));
        Self::Keyring { service: service.to_owned(), name: name.to_owned() }
    }

    /// Fetches the secret. Variables of the environment are looked up by whoever calls.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Denied`] for a file that is open to others or not ours,
    /// [`ErrorKind::Input`] for what cannot be a secret, [`ErrorKind::Unavailable`] when a program fails. None shows what
    /// was found.
    pub fn fetch(&self, variables: &dyn Fn(&str) -> Option<OsString>) -> Result<Secret> {
        match self {
            Self::File(path) => file::read(path),
            Self::Variable(name) => {
                let value = variables(name).ok_or_else(|| unset(name))?;
                let text = value.into_string().map_err(|_| {
                    Error::new(ErrorKind::Input, format!("the value of `{name}` is not UTF-8"))
                        .hint("keep the secret in a file")
                })?;
                taken(&Zeroizing::new(text)).ok_or_else(|| {
                    Error::new(ErrorKind::Input, format!("the environment variable `{name}` is empty"))
                        .hint("set it to the secret")
                })
            }
            Self::Systemd(name) => {
                let folder = variables(SYSTEMD).filter(|folder| !folder.is_empty()).ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, "systemd handed over no credentials")
                        .with("credential", name)
                        .hint(format!("add `LoadCredential={name}:/path/to/the/file` to the [Service] of the unit"))
                })?;
                file::read_guarded(&Path::new(&folder).join(name))
            }
            Self::Command { words, folder } => command::first_line(words, folder),
            Self::Keyring { service, name } => keyring::fetch(service, name),
        }
    }

    /// Whether the system has a keyring that outlasts a restart: that of Linux does not.
    pub const LASTING_KEYRING: bool = cfg!(all(feature = "keyring", any(target_os = "windows", target_os = "macos")));

    /// Keeps a secret there.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when there is one that is to stay, [`ErrorKind::Unsupported`] where nothing can be kept, and
    /// whatever stands against writing.
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
    /// [`ErrorKind::NotFound`] when there is none, otherwise as [`store`](Self::store).
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
            // The arguments are left out: some are nobody's business.
            Self::Command { words, .. } => write!(f, "command {}", words.first().map_or("", String::as_str)),
            Self::Keyring { service, name } => write!(f, "keyring {service}/{name}"),
        }
    }
}

fn unset(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the environment variable `{name}` is not set"))
        .hint("set it for the process, or keep the secret in a file")
}

fn elsewhere(place: &SecretSource) -> Error {
    Error::new(ErrorKind::Unsupported, format!("no secret can be kept in the {place}"))
        .hint("keep it in a file or in the keyring")
}

/// Whose secrets are meant by a name alone.
const SERVICE: &str = "gotosync";

/// Where systemd says which folder its credentials are in.
const SYSTEMD: &str = "CREDENTIALS_DIRECTORY";

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn a_variable_is_looked_up_by_whoever_calls() {
        let place = SecretSource::Variable("X".into());
        let with = |value: &'static str| place.fetch(&move |name| (name == "X").then(|| value.into()));
        assert_eq!(with("a b ").unwrap().expose(), "a b ");
        assert_eq!(with("").unwrap_err().kind(), ErrorKind::Input);
        let missing = place.fetch(&nothing).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        assert!(missing.to_string().contains("`X`") && missing.help().is_some());
    }

    #[test]
    fn systemd_names_its_folder_in_the_environment() {
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
    fn a_name_in_the_key_store_may_have_a_service() {
        let own = SecretSource::Keyring { service: "gotosync".into(), name: "ldap".into() };
        assert_eq!(SecretSource::keyring("ldap"), own);
        assert_eq!(SecretSource::keyring("gotosync/ldap"), own);
        assert_eq!(SecretSource::keyring("other/a/b").to_string(), "keyring other/a/b");
    }

    #[test]
    fn what_only_others_keep_is_not_written() {
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
