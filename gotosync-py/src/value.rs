//! Common methods of values: values are immutable, compare by content, and convert to JSON.

use std::hash::{DefaultHasher, Hash, Hasher};

use gotosync_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::raised;

/// Returns a value as JSON. Fails only if a type has a bug.
pub(crate) fn json(py: Python<'_>, value: &impl Serialize) -> PyResult<String> {
    serde_json::to_string_pretty(value).map_err(|error| raised(py, &Error::new(ErrorKind::Bug, error.to_string())))
}

/// Parses a value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(py: Python<'_>, text: &str, what: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| {
        let error = Error::new(ErrorKind::Data, format!("the text is not {what}: {error}"));
        raised(py, &error.hint("use the output of `to_json`"))
    })
}

/// Converts JSON text to Python objects.
pub(crate) fn objects<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}

/// Converts Python objects (dicts, lists, enums, sets, `timedelta`, …) to JSON text.
pub(crate) fn text_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let keywords = PyDict::new(py);
    keywords.set_item("default", py.import("gotosync._values")?.getattr("jsonable")?)?;
    keywords.set_item("allow_nan", false)?;
    py.import("json")?.call_method("dumps", (value,), Some(&keywords))?.extract()
}

/// Converts Python objects to a JSON value.
pub(crate) fn value_of(value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    from_json(value.py(), &text_of(value)?, "JSON")
}

/// Converts the value of a key to JSON.
///
/// # Errors
/// `InputError` with the key, if JSON cannot represent the value.
pub(crate) fn keyed(key: &str, value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    value_of(value).map_err(|trouble| {
        let py = value.py();
        let message = format!("the value of `{key}` is invalid: {}", trouble.value(py));
        let error = raised(py, &Error::new(ErrorKind::Input, message).hint("use texts, numbers, lists, and dicts"));
        error.set_cause(py, Some(trouble));
        error
    })
}

/// Parses a word.
///
/// # Errors
/// `InputError` if the word is unknown.
pub(crate) fn named<T: DeserializeOwned>(py: Python<'_>, text: &str, what: &str) -> PyResult<T> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|error| raised(py, &Error::new(ErrorKind::Input, format!("`{text}` is not {what}: {error}"))))
}

/// Returns a hash of the content of a value.
pub(crate) fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns the member of an enum of this package for a word.
pub(crate) fn word<'py>(py: Python<'py>, class: &str, word: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("gotosync._words")?.getattr(class)?.call1((word,))
}

/// Adds JSON forms and a hash to a class that wraps a value. `$name` is a variable with an instance in doc examples.
macro_rules! written {
    ($class:ident, $name:literal) => {
        #[pymethods]
        impl $class {
            #[doc = concat!(
                "Returns the content as dicts, lists, texts, and numbers.\n\n>>> ", $name, ".to_dict() == json.loads(", $name,
                ".to_json())\nTrue\n"
            )]
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                $crate::value::objects(py, &self.to_json(py)?)
            }

            #[doc = concat!("Returns the content as JSON text.\n\n>>> type(", $name, ".to_json())\n<class 'str'>\n")]
            fn to_json(&self, py: Python<'_>) -> PyResult<String> {
                $crate::value::json(py, self.inner())
            }

            fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
                Ok($crate::value::hash_of(&self.to_json(py)?))
            }
        }
    };
}

/// Adds constructors from JSON and dicts to a class, and support for pickling and copying.
macro_rules! read_back {
    ($class:ident, $inner:ty, $what:literal, $name:literal) => {
        #[pymethods]
        impl $class {
            #[doc = concat!(
                "Reads a value from `to_json`.\n\n>>> gotosync.", stringify!($class), ".from_json(", $name, ".to_json()) == ", $name,
                "\nTrue\n"
            )]
            #[staticmethod]
            fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
                Ok(Self::wrap($crate::value::from_json::<$inner>(py, text, $what)?))
            }

            #[doc = concat!(
                "Reads a value from `to_dict`.\n\n>>> gotosync.", stringify!($class), ".from_dict(", $name, ".to_dict()) == ", $name,
                "\nTrue\n"
            )]
            #[staticmethod]
            fn from_dict(value: &Bound<'_, PyAny>) -> PyResult<Self> {
                Self::from_json(value.py(), &$crate::value::text_of(value)?)
            }

            fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
                let py = slf.py();
                Ok((py.get_type::<Self>().getattr("from_json")?, (slf.get().to_json(py)?,)))
            }
        }
    };
}

pub(crate) use {read_back, written};
