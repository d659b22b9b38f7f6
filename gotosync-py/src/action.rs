//! Actions for custom targets.

use std::sync::Arc;

use gotosync_core::model::{Action as CoreAction, LicenseKey, UserGroupPath, UserKey};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::account::User;
use crate::value::word;

/// One change to an account, as passed to a custom target.
///
/// ``str()`` describes it in words; ``to_dict()`` is its form in a plan.
///
/// >>> plan.steps[1].action["do"]
/// 'create'
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Action(pub(crate) CoreAction);

impl Action {
    fn inner(&self) -> &CoreAction {
        &self.0
    }

    fn created(&self) -> Option<&Arc<gotosync_core::model::User>> {
        match &self.0 {
            CoreAction::Create(creation) => Some(&creation.user),
            _ => None,
        }
    }
}

crate::value::written!(Action, "action");

#[pymethods]
impl Action {
    /// The kind of the action.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.kind().as_str())
    }

    /// The key of the existing user that the action changes, if any.
    #[getter]
    fn user(&self) -> Option<&str> {
        self.0.user().map(UserKey::as_str)
    }

    /// The user to create, for a ``create``.
    #[getter]
    fn new_user(&self) -> Option<User> {
        self.created().map(|user| User(Arc::clone(user)))
    }

    /// The path of the user group to create, for a ``create-group``.
    #[getter]
    fn path(&self) -> Option<&str> {
        match &self.0 {
            CoreAction::CreateGroup { path } => Some(path.as_str()),
            _ => None,
        }
    }

    /// The keys of licenses that the action gives.
    #[getter]
    fn licenses_given<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses_given().iter().map(LicenseKey::as_str))
    }

    /// The keys of licenses that the action takes away.
    #[getter]
    fn licenses_taken<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses_taken().iter().map(LicenseKey::as_str))
    }

    /// The path of the user group that the user joins.
    #[getter]
    fn group_joined(&self) -> Option<&str> {
        self.0.group_joined().map(UserGroupPath::as_str)
    }

    /// ``True`` if the action overwrites a value or takes something away.
    #[getter]
    fn takes_away(&self) -> bool {
        self.0.takes_away()
    }

    /// ``True`` if the service sends the user an e-mail.
    #[getter]
    fn sends_mail(&self) -> bool {
        self.0.sends_mail()
    }

    fn __str__(&self) -> String {
        let about = self.created().map(|user| user.email.as_str()).or(self.user()).or(self.path());
        format!("{} {}", self.0.kind().as_str(), about.unwrap_or_default()).trim_end().to_owned()
    }

    fn __repr__(&self) -> String {
        format!("<Action {}>", self.__str__())
    }
}
