//! Calls of somebody's own parts: plain methods in a thread of their own, coroutines in the event loop that waits.

use std::sync::Arc;

use gotosync_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::understood;
use crate::run::WAITING;

/// An object with methods that somebody else wrote.
#[derive(Clone)]
pub(crate) struct Own {
    object: Arc<Py<PyAny>>,
    pub(crate) name: String,
}

/// What a method may give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// One value.
    Value,
    /// That, or things one by one.
    Items,
}

/// A call whose caller may go away: then it is to end.
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
            let Ok(found) = self.object.bind(py).getattr(method) else { return false };
            // A method of this package is bound by the module itself.
            !found.get_type().name().is_ok_and(|name| name == "builtin_function_or_method")
        })
    }

    /// Calls a method, waits for what it gives, and makes a value of that.
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
                Ok(panic) => Err(PyRuntimeError::new_err(format!("what was given cannot be read: {}", told(&*panic)))),
                Err(_) => Err(PyRuntimeError::new_err("the program is ending")),
            },
        }
    }
}

/// What a panic said.
fn told(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it changed meanwhile")
}

/// Does something with the interpreter, if there still is one.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> PyResult<T> {
    Python::try_attach(work).unwrap_or_else(|| Err(PyRuntimeError::new_err("the interpreter has ended")))
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

/// Says whether something is a text or a dict, of which one can go through the parts and would mean nothing by it.
pub(crate) fn is_one(given: &Bound<'_, PyAny>) -> bool {
    given.is_instance_of::<pyo3::types::PyString>()
        || given.is_instance_of::<pyo3::types::PyBytes>()
        || given.is_instance_of::<PyDict>()
}

/// What an object that is no part of an engine is told.
pub(crate) fn no_part(object: &Bound<'_, PyAny>, what: &str, method: &str) -> PyErr {
    let class = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let error = Error::new(ErrorKind::Input, format!("a {class} is no {what}"));
    crate::error::raised(object.py(), &error.hint(format!("it needs a method `{method}`")))
}
