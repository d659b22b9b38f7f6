//! What happened, and what led there.

use gotosync_core::explain::Explanation as CoreExplanation;
use gotosync_core::model::{self, Effect, Fault, Outcome as CoreOutcome, UserKey};
use gotosync_core::report as core;
use gotosync_core::state::RunRecord as CoreRecord;
use gotosync_core::{Error, ErrorKind, render};
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::{kind, of_fault, raised};
use crate::plan::{Note, Plan, Step, length};
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

/// What became of one action. Targets of your own make them; see ``ProvisioningTarget``.
///
/// >>> outcome = gotosync.Outcome.failed("denied", "not this user")
/// >>> outcome.kind, outcome.done, str(outcome), outcome.message
/// (OutcomeKind.FAILED, False, 'failed', 'not this user')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Outcome(pub(crate) Became);

/// An outcome, or that something was done whose effect its action tells.
#[derive(Clone, PartialEq)]
pub(crate) enum Became {
    /// What is known.
    Known(CoreOutcome),
    /// It was done; of a creation, this is the user.
    Done(Option<UserKey>),
}

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
/// ('2', 'remembered: bob@example.test is this person\'s user')
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
    fn inner(&self) -> &core::Line {
        &self.0
    }
}

written!(Line, "line");

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

impl Outcome {
    fn fault(&self) -> Option<&Fault> {
        match &self.0 {
            Became::Known(CoreOutcome::Failed { fault } | CoreOutcome::InDoubt { fault }) => Some(fault),
            _ => None,
        }
    }
}

#[pymethods]
impl Outcome {
    /// It was done. Of a creation ``user`` is the key of the new user.
    ///
    /// >>> gotosync.Outcome.success(user="4711").done
    /// True
    #[staticmethod]
    #[pyo3(signature = (*, user = None))]
    fn success(user: Option<String>) -> Self {
        Self(Became::Done(user.map(UserKey::new)))
    }

    /// The address belongs to another account, whose owner was asked to come over.
    ///
    /// >>> str(gotosync.Outcome.transfer_invited())
    /// 'transfer invited'
    #[staticmethod]
    fn transfer_invited() -> Self {
        Self(Became::Known(Effect::TransferInvited.into()))
    }

    /// It was tried and nothing changed. ``kind`` is the word of an error's kind.
    ///
    /// >>> gotosync.Outcome.failed("unavailable", "try later", retryable=True).retryable
    /// True
    #[staticmethod]
    #[pyo3(signature = (kind, message, *, retryable = None))]
    fn failed(py: Python<'_>, kind: &str, message: String, retryable: Option<bool>) -> PyResult<Self> {
        let mut fault = Fault::new(kind_of(py, kind)?, message);
        fault.retryable = retryable.unwrap_or(fault.retryable);
        Ok(Self(Became::Known(CoreOutcome::Failed { fault })))
    }

    /// It was tried, and whether anything changed is not known.
    ///
    /// >>> str(gotosync.Outcome.in_doubt("the connection broke"))
    /// 'in doubt'
    #[staticmethod]
    fn in_doubt(message: String) -> Self {
        Self(Became::Known(CoreOutcome::InDoubt { fault: Fault::new(ErrorKind::Unavailable, message) }))
    }

    /// It was not tried.
    ///
    /// >>> gotosync.Outcome.skipped("not on a Friday").message
    /// 'not on a Friday'
    #[staticmethod]
    fn skipped(reason: String) -> Self {
        Self(Became::Known(CoreOutcome::skipped(reason)))
    }

    /// The coarsest word.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(
            py,
            "OutcomeKind",
            match &self.0 {
                Became::Done(_) | Became::Known(CoreOutcome::Done { .. }) => "done",
                Became::Known(CoreOutcome::Failed { .. }) => "failed",
                Became::Known(CoreOutcome::InDoubt { .. }) => "in-doubt",
                Became::Known(CoreOutcome::Skipped { .. }) => "skipped",
            },
        )
    }

    /// Whether it was done.
    #[getter]
    fn done(&self) -> bool {
        match &self.0 {
            Became::Done(_) => true,
            Became::Known(outcome) => outcome.is_done(),
        }
    }

    /// The key of a user who was made.
    #[getter]
    fn user(&self) -> Option<&str> {
        match &self.0 {
            Became::Done(user) => user.as_ref().map(UserKey::as_str),
            Became::Known(CoreOutcome::Done { effect: Effect::Created { user } }) => Some(user.as_str()),
            Became::Known(_) => None,
        }
    }

    /// Why it was not done, in one line.
    #[getter]
    fn message(&self) -> Option<&str> {
        match &self.0 {
            Became::Known(CoreOutcome::Skipped { reason }) => Some(reason),
            _ => self.fault().map(|fault| fault.message.as_str()),
        }
    }

    /// Whether trying again later may work.
    #[getter]
    fn retryable(&self) -> bool {
        self.fault().is_some_and(|fault| fault.retryable)
    }

    /// Why it failed, as an exception. In the process in which it happened, what a target of your own raised is its cause, with the
    /// traceback.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.fault().map(|fault| of_fault(py, fault)).transpose()
    }

    fn __bool__(&self) -> bool {
        self.done()
    }

    fn __hash__(&self) -> u64 {
        crate::value::hash_of(&(self.__str__(), self.message()))
    }

    fn __str__(&self) -> &str {
        match &self.0 {
            Became::Done(_) => "done",
            Became::Known(outcome) => outcome.as_str(),
        }
    }

    fn __repr__(&self) -> String {
        match self.message() {
            Some(message) => format!("<Outcome {}: {message}>", self.__str__()),
            None => format!("<Outcome {}>", self.__str__()),
        }
    }
}

fn kind_of(py: Python<'_>, word: &str) -> PyResult<ErrorKind> {
    kind(word).ok_or_else(|| {
        let words: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let error = Error::new(ErrorKind::Input, format!("`{word}` is no kind of error"));
        raised(py, &error.hint(format!("one of {}", words.join(", "))))
    })
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
