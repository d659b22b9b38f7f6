//! Passwords and the like, which reach no log, no plan and no error.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

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
