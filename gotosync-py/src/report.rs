//! Reports, run records, and explanations.

use gotosync_core::explain::Explanation as CoreExplanation;
use gotosync_core::model;
use gotosync_core::render;
use gotosync_core::report as core;
use gotosync_core::state::RunRecord as CoreRecord;
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::note::Note;
use crate::outcome::{Became, Outcome};
use crate::plan::{Plan, Step, length};
use crate::table::{self, Table};
use crate::value::{json, objects, read_back, word, written};

/// The result of applying a plan. A step counts as done only if that is certain.
///
/// ``str()`` is the text that the command prints.
///
/// >>> print(report)  # doctest: +ELLIPSIS
/// run ... of plan ...: done
///   created               1
///   updated               1
/// <BLANKLINE>
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Report(pub(crate) core::Report);

/// The result of one step.
///
/// >>> line = report.lines[0]
/// >>> line.step, line.kind, line.subject, str(line.outcome)
/// (1, ActionKind.UPDATE, 'bob@example.test', 'updated')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Line(pub(crate) core::Line);

/// A run in the history.
///
/// >>> record = engine.history()[0]
/// >>> record.command, record.ending, record.outcomes
/// ('gotosync', Ending.DONE, {'created': 1, 'updated': 1})
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct RunRecord(pub(crate) CoreRecord);

/// The explanation of one person: rules, fields, the linked user, and planned steps.
///
/// >>> explanation = engine.explain("bob@example.test")
/// >>> explanation.id, explanation.link
/// ('people:2', 'by stored link: bob@example.test')
#[pyclass(frozen, module = "gotosync")]
#[derive(Clone)]
pub(crate) struct Explanation(pub(crate) CoreExplanation);

impl Report {
    fn wrap(report: core::Report) -> Self {
        Self(report)
    }

    fn inner(&self) -> &core::Report {
        &self.0
    }
}

written!(Report, "report");
read_back!(Report, core::Report, "a report", "report");

#[pymethods]
impl Report {
    /// The id of the run.
    #[getter]
    fn run(&self) -> &str {
        self.0.run.as_str()
    }

    /// The id of the plan.
    #[getter]
    fn plan(&self) -> &str {
        self.0.plan.as_str()
    }

    /// The start time of the run.
    #[getter]
    fn started(&self) -> Timestamp {
        self.0.started
    }

    /// The end time of the run.
    #[getter]
    fn ended(&self) -> Timestamp {
        self.0.ended
    }

    /// The way in which the run ended.
    #[getter]
    fn ending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Ending", self.0.ending.as_str())
    }

    /// One line for each step of the plan, in order.
    #[getter]
    fn lines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.lines.iter().cloned().map(Line).collect::<Vec<_>>())
    }

    /// The lines of steps that were not done.
    #[getter]
    fn undone<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.undone().cloned().map(Line).collect::<Vec<_>>())
    }

    /// ``True`` if every step was done.
    #[getter]
    fn all_done(&self) -> bool {
        self.0.all_done()
    }

    /// The number of steps with each outcome.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.counts())
    }

    /// The notes of the planning and the check.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes.iter().cloned().map(Note).collect::<Vec<_>>())
    }

    /// The people that later runs skip (set aside) because a step failed, as dicts.
    #[getter]
    fn set_aside<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0.set_aside)?)
    }

    /// The searches, entries, and time that reading the directory took, in words, if a server was read.
    #[getter]
    fn effort(&self) -> Option<String> {
        self.0.effort.as_ref().map(ToString::to_string)
    }

    /// The planned deletions that need an approval, as a separate plan; ``None`` if there are none.
    #[getter]
    fn deletions(&self) -> Option<Plan> {
        self.0.deletions.clone().map(Plan)
    }

    /// Returns the report as the command prints it; ``full`` shows long lists in full.
    ///
    /// >>> report.text() == str(report)
    /// True
    #[pyo3(signature = (*, full = false))]
    fn text(&self, full: bool) -> String {
        render::report(&self.0, length(full)).to_string()
    }

    /// Returns the lines as a table: step, kind, subject, outcome, message.
    ///
    /// >>> report.table().column_names
    /// ['step', 'kind', 'subject', 'outcome', 'message']
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        table::lines(py, &self.0.lines)
    }

    /// Returns the notes as a table: severity, kind, subject, evidence.
    ///
    /// >>> len(report.notes_table())
    /// 0
    fn notes_table(&self, py: Python<'_>) -> PyResult<Table> {
        table::notes(py, &self.0.notes)
    }

    fn __str__(&self) -> String {
        self.text(false)
    }

    fn __repr__(&self) -> String {
        format!("<Report of run {}, {}, {} steps>", self.0.run, self.0.ending.as_str(), self.0.lines.len())
    }
}

impl Line {
    fn wrap(line: core::Line) -> Self {
        Self(line)
    }

    fn inner(&self) -> &core::Line {
        &self.0
    }
}

written!(Line, "line");
read_back!(Line, core::Line, "a line of a report", "line");

#[pymethods]
impl Line {
    /// The number of the step.
    #[getter]
    fn step(&self) -> u32 {
        self.0.step
    }

    /// The kind of the action.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.kind.as_str())
    }

    /// The subject of the step.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The outcome of the step.
    #[getter]
    fn outcome(&self) -> Outcome {
        Outcome(Became::Known(self.0.outcome.clone()))
    }

    fn __str__(&self) -> String {
        format!("{} {}: {}", self.0.kind.as_str(), self.0.subject, self.0.outcome.as_str())
    }

    fn __repr__(&self) -> String {
        format!("<Line {}: {} {}, {}>", self.0.step, self.0.kind.as_str(), self.0.subject, self.0.outcome.as_str())
    }
}

impl RunRecord {
    fn wrap(record: CoreRecord) -> Self {
        Self(record)
    }

    fn inner(&self) -> &CoreRecord {
        &self.0
    }
}

written!(RunRecord, "record");
read_back!(RunRecord, CoreRecord, "a run", "record");

#[pymethods]
impl RunRecord {
    /// The id of the run.
    #[getter]
    fn run(&self) -> &str {
        self.0.run.as_str()
    }

    /// The command that ran, such as ``gotosync apply``.
    #[getter]
    fn command(&self) -> &str {
        &self.0.command
    }

    /// The start time.
    #[getter]
    fn started(&self) -> Timestamp {
        self.0.started
    }

    /// The end time; ``None`` if the run has not ended.
    #[getter]
    fn ended(&self) -> Option<Timestamp> {
        self.0.ended
    }

    /// The id of the plan; ``None`` if no plan was made.
    #[getter]
    fn plan(&self) -> Option<&str> {
        self.0.plan.as_ref().map(model::PlanId::as_str)
    }

    /// The way in which the run ended.
    #[getter]
    fn ending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Ending", self.0.ending.as_str())
    }

    /// The number of steps with each outcome.
    #[getter]
    fn outcomes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.outcomes.clone())
    }

    /// The reason why the run was stopped or failed, in words.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<RunRecord {}, {}>", self.0.run, self.0.ending.as_str())
    }
}

#[pymethods]
impl Explanation {
    /// The person's id.
    #[getter]
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    /// The linked user and the reason for the link, in words.
    #[getter]
    fn link(&self) -> &str {
        &self.0.link
    }

    /// The planned steps.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.steps.iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// Returns the explanation as a dict: rules and why they select the person or not, fields and their origins, user, and steps.
    ///
    /// >>> explanation.to_dict()["rules"][0]["rule"]
    /// 'Sales'
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0)?)
    }

    fn __str__(&self) -> String {
        render::explanation(&self.0).to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Explanation of {}>", self.0.id)
    }
}

fn counts(py: Python<'_>, counted: impl IntoIterator<Item = (String, usize)>) -> PyResult<Bound<'_, PyDict>> {
    let counts = PyDict::new(py);
    for (word, number) in counted {
        counts.set_item(word, number)?;
    }
    Ok(counts)
}
