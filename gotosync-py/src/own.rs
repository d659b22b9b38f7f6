//! Calls of somebody's own parts: plain methods in a thread of their own, coroutines in the event loop that waits.

use std::sync::Arc;

use gotosync_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::understood;
use crate::run::LOOP;

/// An object with methods that somebody else wrote.
#[derive(Clone)]
pub(crate) struct Own {
    object: Arc<Py<PyAny>>,
    pub(crate) name: String,
}

impl Own {
    /// Takes an object; it is called by its `name`, or by that of its class.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> Self {
        let named = object.getattr("name").and_then(|name| name.extract::<String>()).ok();
        let named = named.filter(|name| !name.trim().is_empty());
        let class = || object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
        Self { object: Arc::new(object.clone().unbind()), name: named.unwrap_or_else(class) }
    }

    /// Says whether a method is there that is not one of this package's own.
    pub(crate) fn has(&self, method: &str) -> bool {
        Python::attach(|py| {
            let object = self.object.bind(py);
            let Ok(found) = object.get_type().getattr(method).or_else(|_| object.getattr(method)) else { return false };
            // A method of this package is a descriptor made by the module itself.
            !found.get_type().name().is_ok_and(|name| name == "method_descriptor")
        })
    }

    /// Calls a method, waits for what it gives, and makes a value of that.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        method: &'static str,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Bound<'_, PyTuple>> + Send + 'static,
        made: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> Result<T, PyErr> {
        let object = Arc::clone(&self.object);
        let waiting = LOOP.try_with(|here| Python::attach(|py| here.clone_ref(py))).ok();
        let work = move || {
            Python::attach(|py| {
                let mut given = object.bind(py).call_method1(method, arguments(py)?)?;
                if given.hasattr("__await__")? || given.hasattr("__aiter__")? {
                    given = py.import("gotosync._aio")?.call_method1("finished", (given, waiting))?;
                }
                made(&given)
            })
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(_) => Err(pyo3::exceptions::PyRuntimeError::new_err("the program is shutting down")),
        }
    }
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Own({})", self.name)
    }
}

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// An exception of somebody's own part as an error of the engine.
pub(crate) fn error_of(raised: PyErr) -> Error {
    Python::attach(|py| understood(py, raised))
}

/// No arguments.
#[expect(clippy::unnecessary_wraps, reason = "others cannot always be made")]
pub(crate) fn nothing(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    Ok(PyTuple::empty(py))
}

/// What an object that is no part of an engine is told.
pub(crate) fn no_part(object: &Bound<'_, PyAny>, what: &str, method: &str) -> PyErr {
    let class = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let error = Error::new(ErrorKind::Input, format!("a {class} is no {what}"));
    crate::error::raised(object.py(), &error.hint(format!("it needs a method `{method}`")))
}
