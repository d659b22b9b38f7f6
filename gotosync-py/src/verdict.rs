//! Verdicts of checks, and approvals.

use gotosync_core::model::PlanId;
use gotosync_core::{Plan as CorePlan, Verdict as CoreVerdict, render};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::raised;
use crate::note::Note;
use crate::plan::{Plan, length};
use crate::value::hash_of;

/// The result of checking a plan.
///
/// >>> verdict = engine.check(plan)
/// >>> verdict.passes, print(verdict)
/// check passed
/// <BLANKLINE>
/// (True, None)
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Verdict(pub(crate) CoreVerdict);

#[pymethods]
impl Verdict {
    /// ``True`` if the plan may be applied.
    #[getter]
    fn passes(&self) -> bool {
        self.0.passes()
    }

    /// ``True`` if an approval lifted the notes that would block the plan.
    #[getter]
    fn approved(&self) -> bool {
        self.0.approved()
    }

    /// ``True`` if an approval can lift all notes that block the plan.
    #[getter]
    fn approvable(&self) -> bool {
        self.0.approvable()
    }

    /// All notes, most severe first.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes.iter().cloned().map(Note).collect::<Vec<_>>())
    }

    /// The notes that block the plan.
    #[getter]
    fn stops<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.stops().cloned().map(Note).collect::<Vec<_>>())
    }

    /// The checked plan.
    #[getter]
    fn plan(&self) -> Plan {
        Plan(self.0.plan().clone())
    }

    /// Raises ``StoppedError`` with a hint on how to approve the plan, if the check stops it.
    ///
    /// >>> verdict.raise_for_stop()
    fn raise_for_stop(&self, py: Python<'_>) -> PyResult<()> {
        let plan = self.0.plan().clone();
        self.0.clone().into_result().map_err(|error| stopped(py, &error, Some(plan)))
    }

    /// Returns the verdict as the command prints it; ``full`` shows long lists in full.
    ///
    /// >>> verdict.text()
    /// 'check passed\n'
    #[pyo3(signature = (*, full = false))]
    fn text(&self, full: bool) -> String {
        render::verdict(&self.0, length(full)).to_string()
    }

    fn __bool__(&self) -> bool {
        self.0.passes()
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.0.plan().id())
    }

    fn __str__(&self) -> String {
        self.text(false)
    }

    fn __repr__(&self) -> String {
        let word = if self.0.passes() { "passes" } else { "stops" };
        format!("<Verdict {word} plan {}, {} notes>", self.0.plan().id(), self.0.notes.len())
    }
}

/// Returns the exception for a plan that a check stopped.
pub(crate) fn stopped(py: Python<'_>, error: &gotosync_core::Error, plan: Option<CorePlan>) -> PyErr {
    let exception = raised(py, error);
    if let Some(plan) = plan
        && let Err(trouble) = exception.value(py).setattr("plan", Plan(plan))
    {
        return trouble;
    }
    exception
}

/// Returns the id of the approved plan: from a text, or from `True` for this plan.
pub(crate) fn approval(plan: &CorePlan, approve: Option<&Bound<'_, PyAny>>) -> PyResult<Option<PlanId>> {
    let Some(approve) = approve else { return Ok(None) };
    if let Ok(yes) = approve.extract::<bool>() {
        return Ok(yes.then(|| plan.id().clone()));
    }
    Ok(Some(PlanId::new(approve.extract::<String>()?)))
}
