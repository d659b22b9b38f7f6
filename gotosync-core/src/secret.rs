//! Passwords and the like: where they come from, and that they reach no log, no plan and no error.

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

/// A text that is shown to nobody: `Debug` hides it, there is no `Display`, and its memory is overwritten when it is dropped.
///
/// ```
/// let password = gotosync_core::Secret::new("correct horse");
/// assert_eq!(format!("{password:?}"), "[secret]");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Says whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// The text, for whoever sends it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A text as a secret; `None` if there is nothing in it.
fn taken(text: &str) -> Option<Secret> {
    // From a slice, so that its memory is taken once and in the right size, and no copy is left behind.
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The largest secret that is taken, in bytes: what is larger is something else.
const LARGEST: u64 = 64 << 10;
