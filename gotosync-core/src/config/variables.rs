//! What a front end knows of the process, and the library does not look at.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// What a front end hands in of the process: variables, and who is told of every call to a service.
#[derive(Clone, Default)]
pub(super) struct Surroundings {
    pub(super) variables: Variables,
    #[cfg(feature = "http")]
    pub(super) trace: Option<crate::http::Watch>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.variables.fmt(f)
    }
}

/// A way to look up environment variables: the library reads none by itself. By default none is set.
#[derive(Clone, Default)]
pub struct Variables(Option<Arc<Lookup>>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Variables {
    /// Looks them up in this way, such as `std::env::var_os`.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// The value of one.
    pub fn value(&self, name: &str) -> Option<OsString> {
        self.0.as_ref().and_then(|lookup| lookup(name))
    }
}

impl fmt::Debug for Variables {
    /// Shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "[variables]" } else { "[no variables]" })
    }
}
