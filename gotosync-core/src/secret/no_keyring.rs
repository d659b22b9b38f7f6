//! The keyring functions for builds and systems without a keyring: each returns an error.

use super::{Existing, Secret};
use crate::{Error, ErrorKind, Result};

pub(super) fn fetch(_: &str, _: &str) -> Result<Secret> {
    Err(missing())
}

pub(super) fn store(_: &str, _: &str, _: &Secret, _: Existing) -> Result<()> {
    Err(missing())
}

pub(super) fn remove(_: &str, _: &str) -> Result<()> {
    Err(missing())
}

fn missing() -> Error {
    Error::new(ErrorKind::Unsupported, "this build does not support keyrings")
        .hint("build with the feature `keyring`, or store the secret in a file")
}
