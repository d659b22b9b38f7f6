//! Plans, their steps, and the reasons for these.

use gotosync_core::plan as core;
use gotosync_core::render::{self, Length};
use gotosync_core::{Plan as CorePlan, config};
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::path::PathBuf;

use crate::error::raised;
use crate::note::Note;
use crate::table::{self, Table};
use crate::value::{hash_of, json, objects, word, written};

/// A plan: the changes to make to an account. It is immutable, so the plan that you show, check, and approve is the plan that is
/// applied.
///
/// ``str()`` is the text that the command prints.
///
/// >>> print(plan)  # doctest: +ELLIPSIS
/// plan ... for the account Example
///   directory  memory directory: 3 people read, 2 selected
///   account    memory account 1: 2 users, 2 with access
///   rule       Sales: 2 people
///   ~ update              1
///   + create              1
/// ~ update bob@example.test
///     last_name: Rey -> Ray  [Sales: sn, or the last word of displayName]
/// + create ann@example.test: Ann Lee, GoToMeeting  [Sales]
/// <BLANKLINE>
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Plan(pub(crate) CorePlan);

/// A step of a plan, with its action, subject, and reasons.
///
/// >>> step = plan.steps[0]
/// >>> step.number, step.kind, step.subject, step.rules
/// (1, ActionKind.UPDATE, 'bob@example.test', ('Sales',))
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Step(pub(crate) core::Step);

/// The reason for one change.
///
/// >>> reason = plan.steps[0].reasons[0]
/// >>> reason.field, reason.before, reason.after, reason.rule
/// ('last_name', 'Rey', 'Ray', 'Sales')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Reason(pub(crate) core::Reason);

/// Returns how much of a long list to show.
pub(crate) fn length(full: bool) -> Length {
    if full { Length::Full } else { Length::Short(10) }
}

#[pymethods]
impl Plan {
    /// The plan's id: a hash of everything in it.
    #[getter]
    fn id(&self) -> &str {
        self.0.id().as_str()
    }

    /// The steps, in the order in which they are applied.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.steps().iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// Steps of simulated rules, which are not applied.
    #[getter]
    fn simulated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.simulated().iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// The notes of the planning.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes().iter().cloned().map(Note).collect::<Vec<_>>())
    }

    /// The number of steps of each kind.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
        let counts = pyo3::types::PyDict::new(py);
        for (kind, number) in self.0.counts() {
            counts.set_item(kind.as_str(), number)?;
        }
        Ok(counts)
    }

    /// The time at which the plan was made.
    #[getter]
    fn made_at(&self) -> Timestamp {
        self.0.basis().made_at
    }

    /// The basis of the plan, as a dict: time, directory and account with their completeness, seats, administrators, and rules.
    #[getter]
    fn basis<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, self.0.basis())?)
    }

    /// Returns the plan as the command prints it; ``full`` shows long lists in full.
    ///
    /// >>> plan.text(full=True) == str(plan)
    /// True
    #[pyo3(signature = (*, full = false))]
    fn text(&self, full: bool) -> String {
        render::plan(&self.0, length(full)).to_string()
    }

    /// Returns the plan as JSON, in the format ``gotosync-plan/1``, as written by ``gotosync plan --out``.
    ///
    /// >>> plan.to_json().splitlines()[1]
    /// '  "format": "gotosync-plan/1",'
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// Returns the JSON form of the plan as dicts and lists.
    ///
    /// >>> sorted(plan.to_dict())
    /// ['basis', 'format', 'id', 'links', 'notes', 'steps']
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &self.0.to_json())
    }

    /// Reads a plan from ``to_json``. Rejects a plan that was edited.
    ///
    /// >>> gotosync.Plan.from_json(plan.to_json()) == plan
    /// True
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        CorePlan::from_json(text).map(Self).map_err(|error| raised(py, &error))
    }

    /// Reads a plan from ``to_dict``.
    ///
    /// >>> gotosync.Plan.from_dict(plan.to_dict()) == plan
    /// True
    #[staticmethod]
    fn from_dict(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::from_json(value.py(), &crate::value::text_of(value)?)
    }

    /// Writes the plan to a file atomically, to apply exactly this plan later.
    ///
    /// >>> plan.save(folder / "plan.json")
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        config::write_plan(&self.0, &path).map_err(|error| raised(py, &error))
    }

    /// Reads a plan from a file.
    ///
    /// >>> plan.save(folder / "plan.json")
    /// >>> gotosync.Plan.load(folder / "plan.json") == plan
    /// True
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        config::read_plan(&path).map(Self).map_err(|error| raised(py, &error))
    }

    /// Returns the steps as a table: number, stage, kind, subject, person, rules, reasons.
    ///
    /// >>> plan.table().column_names
    /// ['number', 'stage', 'kind', 'subject', 'person', 'rules', 'reasons']
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        table::steps(py, self.0.steps())
    }

    /// Returns the notes as a table: severity, kind, subject, evidence.
    ///
    /// >>> plan.notes_table().column_names
    /// ['severity', 'kind', 'subject', 'evidence']
    fn notes_table(&self, py: Python<'_>) -> PyResult<Table> {
        table::notes(py, self.0.notes())
    }

    fn __len__(&self) -> usize {
        self.0.steps().len()
    }

    fn __bool__(&self) -> bool {
        !self.0.is_empty()
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.0.id())
    }

    fn __str__(&self) -> String {
        self.text(false)
    }

    fn __repr__(&self) -> String {
        format!("<Plan {} of {} steps, {} notes>", self.0.id(), self.0.steps().len(), self.0.notes().len())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.py().get_type::<Self>().getattr("from_json")?, (slf.get().to_json(),)))
    }
}

impl Step {
    fn inner(&self) -> &core::Step {
        &self.0
    }
}

written!(Step, "step");

#[pymethods]
impl Step {
    /// The number of the step in the plan, from 1.
    #[getter]
    fn number(&self) -> u32 {
        self.0.number
    }

    /// The stage of the step. Steps of the same stage do not depend on each other.
    #[getter]
    fn stage(&self) -> u32 {
        self.0.stage
    }

    /// The kind of the action.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.action.kind().as_str())
    }

    /// The subject of the step: the e-mail of a user, or the path of a user group.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The id of the person, if any.
    #[getter]
    fn person(&self) -> Option<String> {
        self.0.person.as_ref().map(ToString::to_string)
    }

    /// The names of the rules that select the person, highest priority first; for a leaver, the rules that selected the person before.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.rules.iter().map(|rule| &**rule))
    }

    /// The reasons, one for each change.
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.reasons.iter().cloned().map(Reason).collect::<Vec<_>>())
    }

    /// The action, as a dict.
    #[getter]
    fn action<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0.action)?)
    }

    /// ``True`` if the step overwrites a value or takes something away.
    #[getter]
    fn takes_away(&self) -> bool {
        self.0.action.takes_away()
    }

    fn __str__(&self) -> String {
        format!("{} {}", self.0.action.kind().as_str(), self.0.subject)
    }

    fn __repr__(&self) -> String {
        format!("<Step {}: {} {}>", self.0.number, self.0.action.kind().as_str(), self.0.subject)
    }
}

impl Reason {
    fn inner(&self) -> &core::Reason {
        &self.0
    }
}

written!(Reason, "reason");

#[pymethods]
impl Reason {
    /// The rule that causes the change, if any.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.0.rule.as_deref()
    }

    /// The field that changes.
    #[getter]
    fn field(&self) -> String {
        self.0.field.to_string()
    }

    /// The part of the field, if it has several: a license, or the name of a custom field.
    #[getter]
    fn part(&self) -> Option<&str> {
        self.0.part.as_deref()
    }

    /// The origin of the value.
    #[getter]
    fn because(&self) -> &str {
        &self.0.because
    }

    /// The value before.
    #[getter]
    fn before(&self) -> Option<&str> {
        self.0.before.as_deref()
    }

    /// The value after.
    #[getter]
    fn after(&self) -> Option<&str> {
        self.0.after.as_deref()
    }

    fn __repr__(&self) -> String {
        let (before, after) = (self.before().unwrap_or("nothing"), self.after().unwrap_or("nothing"));
        format!("<Reason {}: {before} -> {after}>", self.0.field)
    }
}
