//! What happened, and what led there.

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

/// What became of a plan; never more than is known.
///
/// ``str()`` is what the command prints.
///
/// >>> print(report)  # doctest: +ELLIPSIS
/// run ... of plan ...: done
///   created               1
///   updated               1
/// <BLANKLINE>
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Report(pub(crate) core::Report);

/// What became of one step.
///
/// >>> line = report.lines[0]
/// >>> line.step, line.kind, line.subject, str(line.outcome)
/// (1, ActionKind.UPDATE, 'bob@example.test', 'updated')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Line(pub(crate) core::Line);

/// One run, as the history tells it.
///
/// >>> record = engine.history()[0]
/// >>> record.command, record.ending, record.outcomes
/// ('gotosync', Ending.DONE, {'created': 1, 'updated': 1})
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct RunRecord(pub(crate) CoreRecord);

/// Everything that leads from one person to the steps about them.
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
    /// The run.
    #[getter]
    fn run(&self) -> &str {
        self.0.run.as_str()
    }

    /// The id of the plan.
    #[getter]
    fn plan(&self) -> &str {
        self.0.plan.as_str()
    }

    /// When the run began.
    #[getter]
    fn started(&self) -> Timestamp {
        self.0.started
    }

    /// When it ended.
    #[getter]
    fn ended(&self) -> Timestamp {
        self.0.ended
    }

    /// How it ended.
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

    /// Whether every step was done.
    #[getter]
    fn all_done(&self) -> bool {
        self.0.all_done()
    }

    /// How many steps came to which outcome, by its word.
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.counts())
    }

    /// What planning and checking found.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes.iter().cloned().map(Note).collect::<Vec<_>>())
    }

    /// Who is set aside after this run because a step failed, as dicts.
    #[getter]
    fn set_aside<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0.set_aside)?)
    }

    /// What reading the directory took, in words, where a server was asked.
    #[getter]
    fn effort(&self) -> Option<String> {
        self.0.effort.as_ref().map(ToString::to_string)
    }

    /// Deletions that were planned and wait for an approval; a plan of their own.
    #[getter]
    fn deletions(&self) -> Option<Plan> {
        self.0.deletions.clone().map(Plan)
    }

    /// The report as the command prints it; ``full`` shows every line of long lists.
    ///
    /// >>> report.text() == str(report)
    /// True
    #[pyo3(signature = (*, full = false))]
    fn text(&self, full: bool) -> String {
        render::report(&self.0, length(full)).to_string()
    }

    /// Lines as a table: step, kind, subject, outcome, message.
    ///
    /// >>> report.table().column_names
    /// ['step', 'kind', 'subject', 'outcome', 'message']
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        table::lines(py, &self.0.lines)
    }

    /// Notes as a table: severity, kind, subject, evidence.
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
    /// The step's number.
    #[getter]
    fn step(&self) -> u32 {
        self.0.step
    }

    /// What was to be done.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.kind.as_str())
    }

    /// Whom or what it was about.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// What became of it.
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
    /// The run.
    #[getter]
    fn run(&self) -> &str {
        self.0.run.as_str()
    }

    /// What ran, such as ``gotosync apply``.
    #[getter]
    fn command(&self) -> &str {
        &self.0.command
    }

    /// When it started.
    #[getter]
    fn started(&self) -> Timestamp {
        self.0.started
    }

    /// When it ended, unless it has not.
    #[getter]
    fn ended(&self) -> Option<Timestamp> {
        self.0.ended
    }

    /// The id of the plan, unless none was made.
    #[getter]
    fn plan(&self) -> Option<&str> {
        self.0.plan.as_ref().map(model::PlanId::as_str)
    }

    /// How it ended.
    #[getter]
    fn ending<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Ending", self.0.ending.as_str())
    }

    /// How many steps came to which outcome.
    #[getter]
    fn outcomes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.outcomes.clone())
    }

    /// What stopped it or failed it, in words.
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

    /// How the user was found, in words.
    #[getter]
    fn link(&self) -> &str {
        &self.0.link
    }

    /// What would be done.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.steps.iter().cloned().map(Step).collect::<Vec<_>>())
    }

    /// Everything, as a dict: rules and why they do not select the person, fields and where they come from, user, steps.
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
