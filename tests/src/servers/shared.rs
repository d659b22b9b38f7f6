//! Servers that tests only read from, started once.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Trouble;

/// The servers of one kind that this process shares among its tests, by their options.
#[derive(Debug)]
pub(super) struct Shared<S: 'static>(Mutex<BTreeMap<String, &'static OnceLock<Result<S, String>>>>);

impl<S> Shared<S> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the server with these options. The first caller starts it while the others wait; it ends with the process.
    ///
    /// # Errors
    /// When it does not start; every caller gets the same error.
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
