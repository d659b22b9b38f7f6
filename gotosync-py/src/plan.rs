//! Plans, their steps, and what a check says of them.

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

/// What would be done to an account: immutable, so that the same plan is shown, checked, approved and applied.
///
/// ``str()`` is what the command prints.
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

/// One unit of a plan: its verb, whom it is about, and why.
///
/// >>> step = plan.steps[0]
/// >>> step.number, step.kind, step.subject, step.rules
/// (1, ActionKind.UPDATE, 'bob@example.test', ('Sales',))
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Step(pub(crate) core::Step);

/// Why one thing changes.
///
/// >>> reason = plan.steps[0].reasons[0]
/// >>> reason.field, reason.before, reason.after, reason.rule
/// ('last_name', 'Rey', 'Ray', 'Sales')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Reason(pub(crate) core::Reason);

/// How much of long lists a text shows.
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

    /// The steps, in the order they are done.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.steps().iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// Steps that are only simulated.
    #[getter]
    fn simulated<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.simulated().iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// What planning found.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes().iter().cloned().map(Note).collect::<Vec<_>>())
    }

    /// How many steps there are of each kind, by its word.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyDict>> {
        let counts = pyo3::types::PyDict::new(py);
        for (kind, number) in self.0.counts() {
            counts.set_item(kind.as_str(), number)?;
        }
        Ok(counts)
    }

    /// When it was made.
    #[getter]
    fn made_at(&self) -> Timestamp {
        self.0.basis().made_at
    }

    /// What it was computed from, as a dict: time, both sides with their completeness, seats, administrators, rules.
    #[getter]
    fn basis<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, self.0.basis())?)
    }

    /// The plan as the command prints it; ``full`` shows every line of long lists.
    ///
    /// >>> plan.text(full=True) == str(plan)
    /// True
    #[pyo3(signature = (*, full = false))]
    fn text(&self, full: bool) -> String {
        render::plan(&self.0, length(full)).to_string()
    }

    /// The plan as JSON, in the format ``gotosync-plan/1``: what ``gotosync plan --out`` writes.
    ///
    /// >>> plan.to_json().splitlines()[1]
    /// '  "format": "gotosync-plan/1",'
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The same as plain dicts and lists.
    ///
    /// >>> sorted(plan.to_dict())
    /// ['basis', 'format', 'id', 'links', 'notes', 'steps']
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &self.0.to_json())
    }

    /// Reads a plan that ``to_json`` wrote. One that was changed since is refused.
    ///
    /// >>> gotosync.Plan.from_json(plan.to_json()) == plan
    /// True
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        CorePlan::from_json(text).map(Self).map_err(|error| raised(py, &error))
    }

    /// Reads what ``to_dict`` gave.
    ///
    /// >>> gotosync.Plan.from_dict(plan.to_dict()) == plan
    /// True
    #[staticmethod]
    fn from_dict(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::from_json(value.py(), &crate::value::text_of(value)?)
    }

    /// Writes the plan to a file, whole or not at all, to be applied exactly so later.
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

    /// Steps as a table: number, stage, kind, subject, person, rules, reasons.
    ///
    /// >>> plan.table().column_names
    /// ['number', 'stage', 'kind', 'subject', 'person', 'rules', 'reasons']
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        table::steps(py, self.0.steps())
    }

    /// Notes as a table: severity, kind, subject, evidence.
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
    /// Its number, from 1, in the order of the plan.
    #[getter]
    fn number(&self) -> u32 {
        self.0.number
    }

    /// Steps of one stage do not depend on each other.
    #[getter]
    fn stage(&self) -> u32 {
        self.0.stage
    }

    /// The verb.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.action.kind().as_str())
    }

    /// Whom or what it is about: an e-mail, or the path of a user group.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The id of the person behind it, if there is one.
    #[getter]
    fn person(&self) -> Option<String> {
        self.0.person.as_ref().map(ToString::to_string)
    }

    /// The names of the rules that select the person, highest first; for a leaver, those that did.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.rules.iter().map(|rule| &**rule))
    }

    /// Why, one for each thing that changes.
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.reasons.iter().cloned().map(Reason).collect::<Vec<_>>())
    }

    /// What is done, as a dict.
    #[getter]
    fn action<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0.action)?)
    }

    /// Whether it overwrites or takes away anything.
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
    /// The rule that says so, where one does.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.0.rule.as_deref()
    }

    /// What changes.
    #[getter]
    fn field(&self) -> String {
        self.0.field.to_string()
    }

    /// Which part of it, where it has several: a license, or the name of a custom field.
    #[getter]
    fn part(&self) -> Option<&str> {
        self.0.part.as_deref()
    }

    /// Where its value comes from.
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
