//! Values from the process that a front end passes in, because the library does not read them itself.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// The environment variables, and the callback for every call to a service.
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

/// A function that looks up environment variables, because the library does not read the environment. By default, no variable is
/// set.
#[derive(Clone, Default)]
pub struct Variables(Option<Arc<Lookup>>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Variables {
    /// Uses this lookup function, such as `std::env::var_os`.
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// Returns the value of a variable, if it is set.
    pub fn value(&self, name: &str) -> Option<OsString> {
        self.0.as_ref().and_then(|lookup| lookup(name))
    }
}

impl fmt::Debug for Variables {
    /// Writes no values, because they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "[variables]" } else { "[no variables]" })
    }
}
