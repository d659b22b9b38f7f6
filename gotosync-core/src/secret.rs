//! Passwords and other secrets: where to load them from, and how to keep them out of logs, plans, and errors.

mod command;
mod existing;
mod file;
#[cfg_attr(
    not(all(feature = "keyring", any(target_os = "linux", target_os = "windows", target_os = "macos"))),
    path = "secret/no_keyring.rs"
)]
mod keyring;
mod source;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub use existing::Existing;
pub use file::{check_private, write_private};
pub use source::SecretSource;

/// A secret text. `Debug` hides it, there is no `Display`, and its memory is overwritten on drop.
///
/// ```
/// let password = gotosync_core::Secret::new("correct horse");
/// assert_eq!(format!("{password:?}"), "[secret]");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Creates a secret from a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Returns `true` if the text is empty.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Returns the text in the clear, for the code that sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Wraps a text in a secret; returns `None` if it is empty.
fn taken(text: &str) -> Option<Secret> {
    // From a slice, so that the memory is allocated once in the right size and no copy is left behind.
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The maximum size of a secret, in bytes: a larger text is most likely not a secret.
const LARGEST: u64 = 64 << 10;
