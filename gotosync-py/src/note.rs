//! What planning and checking found.

use gotosync_core::model;
use pyo3::prelude::*;

use crate::value::{read_back, word, written};

/// One thing that planning or checking found: how severe, what kind, about whom, and what shows it.
///
/// >>> note = gotosync.Note("no-email", "Cyd Fox", "no mail")
/// >>> note.severity, str(note)
/// (Severity.WARNING, 'warning: Cyd Fox: no mail')
#[pyclass(frozen, module = "gotosync", eq, ord)]
#[derive(Clone, PartialEq, PartialOrd)]
pub(crate) struct Note(pub(crate) model::Note);

impl Note {
    pub(crate) fn wrap(note: model::Note) -> Self {
        Self(note)
    }

    fn inner(&self) -> &model::Note {
        &self.0
    }
}

written!(Note, "note");
read_back!(Note, model::Note, "a note", "note");

#[pymethods]
impl Note {
    #[new]
    fn new(py: Python<'_>, kind: &str, subject: String, evidence: String) -> PyResult<Self> {
        let kind = crate::value::named(py, kind, "a kind of note")?;
        Ok(Self(model::Note::new(kind, subject, evidence)))
    }

    /// What it is about, by its word, such as ``no-email``.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// How much it matters.
    #[getter]
    fn severity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Severity", self.0.severity().as_str())
    }

    /// What its kind says of all its subjects.
    #[getter]
    fn heading(&self) -> &'static str {
        self.0.kind.heading()
    }

    /// The person, user, rule, license or side it is about.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// What shows it, in words.
    #[getter]
    fn evidence(&self) -> &str {
        &self.0.evidence
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Note {} about {}>", self.0.kind.as_str(), self.0.subject)
    }
}
