//! The outcomes of actions.

use gotosync_core::model::{Effect, Fault, Outcome as CoreOutcome, UserKey};
use gotosync_core::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::error::{kind, of_fault, raised};
use crate::value::word;

/// The outcome of one action. Custom targets return outcomes; see ``ProvisioningTarget``.
///
/// >>> outcome = gotosync.Outcome.failed("denied", "not this user")
/// >>> outcome.kind, outcome.done, str(outcome), outcome.message
/// (OutcomeKind.FAILED, False, 'failed', 'not this user')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Outcome(pub(crate) Became);

/// An outcome, or a success whose effect follows from the action.
#[derive(Clone, PartialEq)]
pub(crate) enum Became {
    /// A complete outcome.
    Known(CoreOutcome),
    /// A success. For a ``create``, this is the key of the new user.
    Done(Option<UserKey>),
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
    /// Returns the outcome of a successful action. For a ``create``, ``user`` is the key of the new user.
    ///
    /// >>> gotosync.Outcome.success(user="4711").done
    /// True
    #[staticmethod]
    #[pyo3(signature = (*, user = None))]
    fn success(user: Option<String>) -> Self {
        Self(Became::Done(user.map(UserKey::new)))
    }

    /// Returns the outcome of a ``create`` for an address in another account, whose user was invited to move to this account.
    ///
    /// >>> str(gotosync.Outcome.transfer_invited())
    /// 'transfer invited'
    #[staticmethod]
    fn transfer_invited() -> Self {
        Self(Became::Known(Effect::TransferInvited.into()))
    }

    /// Returns the outcome of an action that failed and changed nothing. ``kind`` is a kind of error.
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

    /// Returns the outcome of an action that may or may not have changed something.
    ///
    /// >>> str(gotosync.Outcome.in_doubt("the connection broke"))
    /// 'in doubt'
    #[staticmethod]
    fn in_doubt(message: String) -> Self {
        Self(Became::Known(CoreOutcome::InDoubt { fault: Fault::new(ErrorKind::Unavailable, message) }))
    }

    /// Returns the outcome of an action that was not tried.
    ///
    /// >>> gotosync.Outcome.skipped("not on a Friday").message
    /// 'not on a Friday'
    #[staticmethod]
    fn skipped(reason: String) -> Self {
        Self(Became::Known(CoreOutcome::skipped(reason)))
    }

    /// The kind of outcome.
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

    /// ``True`` if the action was done.
    #[getter]
    fn done(&self) -> bool {
        match &self.0 {
            Became::Done(_) => true,
            Became::Known(outcome) => outcome.is_done(),
        }
    }

    /// The key of the created user, if any.
    #[getter]
    fn user(&self) -> Option<&str> {
        match &self.0 {
            Became::Done(user) => user.as_ref().map(UserKey::as_str),
            Became::Known(CoreOutcome::Done { effect: Effect::Created { user } }) => Some(user.as_str()),
            Became::Known(_) => None,
        }
    }

    /// The reason why the action was not done, in one line.
    #[getter]
    fn message(&self) -> Option<&str> {
        match &self.0 {
            Became::Known(CoreOutcome::Skipped { reason }) => Some(reason),
            _ => self.fault().map(|fault| fault.message.as_str()),
        }
    }

    /// ``True`` if a retry may succeed.
    #[getter]
    fn retryable(&self) -> bool {
        self.fault().is_some_and(|fault| fault.retryable)
    }

    /// The reason for the failure, as an exception. In the process of the run, its cause is the exception that a custom target raised,
    /// with its traceback.
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
        let error = Error::new(ErrorKind::Input, format!("`{word}` is not a kind of error"));
        raised(py, &error.hint(format!("use one of {}", words.join(", "))))
    })
}
