//! Calls custom code: plain methods in separate threads, coroutines in the event loop of the caller.

use std::sync::Arc;

use gotosync_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::understood;
use crate::run::WAITING;

/// A custom object written in Python.
#[derive(Clone)]
pub(crate) struct Own {
    object: Arc<Py<PyAny>>,
    pub(crate) name: String,
}

/// The kind of result of a method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// One value.
    Value,
    /// One value, or items one by one.
    Items,
}

/// A running call. Dropping this abandons the call.
struct Call(Option<Py<PyAny>>);

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            let given_up = Python::try_attach(|py| call.call_method0(py, "give_up"));
            drop(given_up);
        }
    }
}

impl Own {
    /// Wraps an object. Its name is its attribute `name`, or the name of its class.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> Self {
        let named = object.getattr("name").and_then(|name| name.extract::<String>()).ok();
        let named = named.filter(|name| !name.trim().is_empty());
        let class = || object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
        Self { object: Arc::new(object.clone().unbind()), name: named.unwrap_or_else(class) }
    }

    /// Returns `true` if the object has this method, and did not inherit it from this package.
    pub(crate) fn has(&self, method: &str) -> bool {
        Python::attach(|py| {
            let Ok(found) = self.object.bind(py).getattr(method) else { return false };
            // Methods inherited from this package are builtins.
            !found.get_type().name().is_ok_and(|name| name == "builtin_function_or_method")
        })
    }

    /// Calls a method, waits for its result, and converts the result.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        method: &'static str,
        what: Gives,
        arguments: impl FnOnce(Python<'_>) -> PyResult<Bound<'_, PyTuple>> + Send + 'static,
        made: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> Result<T, PyErr> {
        let object = Arc::clone(&self.object);
        let waiting = WAITING.try_with(Arc::clone).ok();
        let call = attached(|py| Ok(py.import("gotosync._own")?.getattr("Call")?.call0()?.unbind()))?;
        let mut caller = attached(|py| Ok(Call(Some(call.clone_ref(py)))))?;
        let work = move || {
            attached(|py| {
                let call = call.bind(py);
                call.call_method0("enter")?;
                let given = (|| {
                    let (home, context) = match &waiting {
                        Some(waiting) => (waiting.home.bind(py).clone(), waiting.context.bind(py).clone()),
                        None => (py.import("gotosync._own")?.getattr("Home")?.call1((py.None(),))?, {
                            py.import("contextvars")?.call_method0("copy_context")?
                        }),
                    };
                    let method = object.bind(py).getattr(method)?;
                    let items = what == Gives::Items;
                    let given = call.call_method1("run", (method, arguments(py)?, context, &home, items))?;
                    if waiting.is_none() {
                        home.call_method0("close")?;
                    }
                    made(&given)
                })();
                call.call_method0("leave")?;
                given
            })
        };
        let ended = tokio::task::spawn_blocking(work).await;
        caller.0 = None;
        match ended {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => Err(PyRuntimeError::new_err(format!(
                    "could not read the result of custom code: {}",
                    message(&*panic)
                ))),
                Err(_) => Err(PyRuntimeError::new_err("the program is exiting")),
            },
        }
    }
}

/// Returns the message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the result changed while it was read")
}

/// Runs a function with the interpreter, if the interpreter is still running.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> PyResult<T> {
    Python::try_attach(work).unwrap_or_else(|| Err(PyRuntimeError::new_err("the interpreter has exited")))
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

/// Converts an exception of custom code to an error of the engine.
pub(crate) fn error_of(raised: PyErr) -> Error {
    Python::attach(|py| understood(py, raised))
}

/// Returns an empty tuple of arguments.
#[expect(clippy::unnecessary_wraps, reason = "the signature must match functions that can fail")]
pub(crate) fn nothing(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    Ok(PyTuple::empty(py))
}

/// Returns `true` for a text or a dict, which can be iterated, but is not a list of items.
pub(crate) fn is_one(given: &Bound<'_, PyAny>) -> bool {
    given.is_instance_of::<pyo3::types::PyString>()
        || given.is_instance_of::<pyo3::types::PyBytes>()
        || given.is_instance_of::<PyDict>()
}

/// Returns the exception for an object that cannot be a part of an engine.
pub(crate) fn no_part(object: &Bound<'_, PyAny>, what: &str, method: &str) -> PyErr {
    let class = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let error = Error::new(ErrorKind::Input, format!("a {class} is not a {what}"));
    crate::error::raised(object.py(), &error.hint(format!("it must have a method `{method}`")))
}
