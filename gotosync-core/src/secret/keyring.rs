//! Secrets in the operating system's keyring.

use keyring_core::{Entry, Error as Problem};
use secrecy::zeroize::Zeroizing;

use super::{Existing, Secret, taken};
use crate::{Error, ErrorKind, Result};

/// Reads a secret.
pub(super) fn fetch(service: &str, name: &str) -> Result<Secret> {
    let found = entry(service, name).and_then(|entry| entry.get_password());
    let text = Zeroizing::new(found.map_err(|problem| failed(&problem, service, name))?);
    taken(&text).ok_or_else(|| failed(&Problem::NoEntry, service, name))
}

/// Stores a secret.
pub(super) fn store(service: &str, name: &str, secret: &Secret, existing: Existing) -> Result<()> {
    let entry = entry(service, name).map_err(|problem| failed(&problem, service, name))?;
    if existing == Existing::Keep && entry.get_password().map(Zeroizing::new).is_ok() {
        return Err(Error::new(ErrorKind::Conflict, "the keyring already has a secret with this name")
            .with("keyring", place(service, name))
            .hint("add --force to replace it, or choose another name"));
    }
    entry.set_password(secret.expose()).map_err(|problem| failed(&problem, service, name))
}

/// Removes a secret.
pub(super) fn remove(service: &str, name: &str) -> Result<()> {
    let removed = entry(service, name).and_then(|entry| entry.delete_credential());
    removed.map_err(|problem| failed(&problem, service, name))
}

fn entry(service: &str, name: &str) -> keyring_core::Result<Entry> {
    use keyring_core::api::CredentialStoreApi;
    #[cfg(target_os = "linux")]
    let store = linux_keyutils_keyring_store::Store::new()?;
    #[cfg(target_os = "windows")]
    let store = windows_native_keyring_store::Store::new()?;
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new()?;
    store.build(service, name, None)
}

fn failed(problem: &Problem, service: &str, name: &str) -> Error {
    let (kind, message, hint) = match problem {
        Problem::NoEntry => (
            ErrorKind::NotFound,
            "the keyring has no secret with this name".to_owned(),
            "store it with `gotosync credential set`; on Linux the keyring is empty after a restart of the machine",
        ),
        Problem::NoStorageAccess(cause) => (
            ErrorKind::Denied,
            format!("could not access the keyring: {cause}"),
            "on Linux check that the session has a keyring (`keyctl show`), or store the secret in a file",
        ),
        Problem::Ambiguous(_) => (
            ErrorKind::Ambiguous,
            "the keyring has several secrets with this name".to_owned(),
            "remove all but one with the operating system's credential manager",
        ),
        // These errors carry the stored value, so they are not shown.
        Problem::BadEncoding(_) | Problem::BadDataFormat(..) => (
            ErrorKind::Input,
            "the stored secret is not text".to_owned(),
            "store it again with `gotosync credential set`",
        ),
        Problem::TooLong(what, most) => (
            ErrorKind::Input,
            format!("the {what} is too long: at most {most} characters"),
            "store the secret in a file",
        ),
        Problem::PlatformFailure(cause) => {
            (ErrorKind::Unavailable, format!("the keyring failed: {cause}"), "store the secret in a file")
        }
        other => (
            ErrorKind::Unsupported,
            format!("the keyring does not support this: {other}"),
            "store the secret in a file",
        ),
    };
    Error::new(kind, message).with("keyring", place(service, name)).hint(hint)
}

fn place(service: &str, name: &str) -> String {
    format!("{service}/{name}")
}
