//! Converts errors of the core to exceptions, and exceptions of custom sources and targets to errors.

use gotosync_core::error::Retry;
use gotosync_core::model::Fault;
use gotosync_core::{Error, ErrorKind};
use pyo3::exceptions::{
    PyConnectionError, PyFileNotFoundError, PyNotImplementedError, PyOSError, PyPermissionError, PyTimeoutError,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Converts an error to an exception. Its cause is chained: for custom code, the original exception with its traceback.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = exception(py, error.kind(), error.message(), &error.to_string()).and_then(|made| {
        made.setattr("_engine", true)?;
        made.setattr("retryable", error.retryable())?;
        made.setattr("operation", error.operation())?;
        made.setattr("hint", error.help())?;
        let context = PyDict::new(py);
        for (name, value) in error.context() {
            let number = ["line", "column"].contains(name).then(|| value.parse::<u64>().ok()).flatten();
            match number {
                Some(number) => context.set_item(name, number)?,
                None => context.set_item(name, value)?,
            }
        }
        made.setattr("context", context)?;
        Ok(PyErr::from_value(made))
    });
    made.map_or_else(
        |trouble| trouble,
        |made| {
            made.set_cause(py, cause(py, std::error::Error::source(error)));
            made
        },
    )
}

/// Converts several errors, such as the problems of a rules file, to one exception: the first, with all of them in `problems`.
pub(crate) fn all_raised(py: Python<'_>, errors: Vec<Error>) -> PyErr {
    let problems: Vec<PyErr> = errors.iter().map(|error| raised(py, error)).collect();
    let Some(first) = problems.first().map(|first| first.clone_ref(py)) else {
        return raised(py, &Error::new(ErrorKind::Bug, "an operation failed without an error"));
    };
    let values: Vec<_> = problems.into_iter().map(|problem| problem.into_value(py)).collect();
    match pyo3::types::PyTuple::new(py, values).and_then(|problems| first.value(py).setattr("problems", problems)) {
        Ok(()) => first,
        Err(trouble) => trouble,
    }
}

/// Converts a fault, the reason why a step failed, to an exception.
pub(crate) fn of_fault<'py>(py: Python<'py>, fault: &Fault) -> PyResult<Bound<'py, PyAny>> {
    let made = exception(py, fault.kind, &fault.message, &fault.message)?;
    made.setattr("retryable", fault.retryable)?;
    let error = PyErr::from_value(made);
    let beneath = fault.cause.error().map(|error| error as &(dyn std::error::Error + 'static));
    error.set_cause(py, cause(py, beneath));
    Ok(error.into_value(py).into_bound(py).into_any())
}

fn exception<'py>(py: Python<'py>, kind: ErrorKind, message: &str, line: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("gotosync._errors")?.getattr("of")?.call1((kind.as_str(), message, line))
}

fn cause(py: Python<'_>, beneath: Option<&(dyn std::error::Error + 'static)>) -> Option<PyErr> {
    beneath.map(|error| match error.downcast_ref::<PyErr>() {
        Some(raised) => raised.clone_ref(py),
        None => pyo3::exceptions::PyRuntimeError::new_err(error.to_string()),
    })
}

/// Converts an exception of custom code to an error. Exceptions of this package keep their kind.
pub(crate) fn understood(py: Python<'_>, raised: PyErr) -> Error {
    let value = raised.value(py);
    let text = value.str().map(|text| text.to_string()).unwrap_or_default();
    if let Some(kind) = own_kind(value) {
        let message = value.getattr("message").and_then(|message| message.extract()).unwrap_or(text);
        let retryable = value.getattr("retryable").and_then(|it| it.extract::<bool>()).unwrap_or(false);
        let mut error = Error::new(kind, message);
        error = error.retry(if retryable { Retry::Later } else { Retry::Never });
        if let Ok(Some(hint)) = value.getattr("hint").and_then(|hint| hint.extract::<Option<String>>()) {
            error = error.hint(hint);
        }
        return error.caused_by(raised);
    }
    let text: String = text.chars().map(|c| if c.is_control() || c == '\u{2028}' { ' ' } else { c }).collect();
    let name = value.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let message = if text.is_empty() { name } else { format!("{name}: {}", text.trim()) };
    let (kind, retry) = foreign_kind(py, &raised);
    Error::new(kind, message).retry(retry).caused_by(raised)
}

/// Returns `true` if an exception means that nothing was done: an exception of this package, raised on purpose by custom code. This
/// excludes errors that the engine raised because the custom code called this package wrongly.
pub(crate) fn says_nothing_was_done(value: &Bound<'_, PyAny>) -> bool {
    let Some(kind) = own_kind(value) else { return false };
    let by_engine = value.getattr("_engine").and_then(|it| it.extract::<bool>()).unwrap_or(false);
    !by_engine || !matches!(kind, ErrorKind::Input | ErrorKind::Data | ErrorKind::Bug)
}

/// Returns the error kind of an exception of this package.
pub(crate) fn own_kind(value: &Bound<'_, PyAny>) -> Option<ErrorKind> {
    let class = value.py().import("gotosync._errors").and_then(|errors| errors.getattr("GotosyncError")).ok()?;
    if !value.is_instance(&class).unwrap_or(false) {
        return None;
    }
    let word: String = value.getattr("kind").ok()?.extract().ok()?;
    kind(&word)
}

/// Returns the error kind for a word.
pub(crate) fn kind(word: &str) -> Option<ErrorKind> {
    ErrorKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

/// Returns the error kind for a Python exception, and whether a retry may succeed.
fn foreign_kind(py: Python<'_>, raised: &PyErr) -> (ErrorKind, Retry) {
    if raised.is_instance_of::<PyFileNotFoundError>(py) {
        (ErrorKind::NotFound, Retry::Never)
    } else if raised.is_instance_of::<PyPermissionError>(py) {
        (ErrorKind::Denied, Retry::Never)
    } else if raised.is_instance_of::<PyConnectionError>(py) || raised.is_instance_of::<PyTimeoutError>(py) {
        (ErrorKind::Unavailable, Retry::Later)
    } else if raised.is_instance_of::<PyOSError>(py) {
        (ErrorKind::Unavailable, Retry::Never)
    } else if raised.is_instance_of::<PyNotImplementedError>(py) {
        (ErrorKind::Unsupported, Retry::Never)
    } else {
        (ErrorKind::Data, Retry::Never)
    }
}
