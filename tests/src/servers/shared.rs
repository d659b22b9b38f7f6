//! Servers that several tests share and only read from.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Trouble;

/// The shared servers of one kind in this process, by their options.
#[derive(Debug)]
pub(super) struct Shared<S: 'static>(Mutex<BTreeMap<String, &'static OnceLock<Result<S, String>>>>);

impl<S> Shared<S> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the server with these options. The first caller starts it while the others wait. The server ends with
    /// the process.
    ///
    /// # Errors
    /// If the server does not start. Every caller gets the same error.
    pub(super) fn get(
        &self,
        options: String,
        start: impl FnOnce() -> Result<S, Trouble>,
    ) -> Result<&'static S, Trouble> {
        let server = *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(options)
            .or_insert_with(|| Box::leak(Box::default()));
        server
            .get_or_init(|| start().map_err(|trouble| trouble.to_string()))
            .as_ref()
            .map_err(|told| told.as_str().into())
    }
}
