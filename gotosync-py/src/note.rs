//! The notes of plans and checks.

use gotosync_core::model;
use pyo3::prelude::*;

use crate::value::{read_back, word, written};

/// A finding of the planning or the check, with severity, kind, subject, and evidence.
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

    /// The kind, such as ``no-email``.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// The severity.
    #[getter]
    fn severity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Severity", self.0.severity().as_str())
    }

    /// The heading for notes of this kind.
    #[getter]
    fn heading(&self) -> &'static str {
        self.0.kind.heading()
    }

    /// The person, user, rule, or license that the note is about, or the directory or the account.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The evidence, in words.
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
