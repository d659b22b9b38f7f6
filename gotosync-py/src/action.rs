//! What a target is asked to do.

use std::sync::Arc;

use gotosync_core::model::{Action as CoreAction, LicenseKey, UserGroupPath, UserKey};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::account::User;
use crate::value::word;

/// One thing to do to an account, as a target of your own is asked for it.
///
/// ``str()`` says it in words; ``to_dict()`` is what stands in a plan.
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
    /// The verb.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "ActionKind", self.0.kind().as_str())
    }

    /// The key of the existing user it is about, if it is about one.
    #[getter]
    fn user(&self) -> Option<&str> {
        self.0.user().map(UserKey::as_str)
    }

    /// The user to be made, of a ``create``.
    #[getter]
    fn new_user(&self) -> Option<User> {
        self.created().map(|user| User(Arc::clone(user)))
    }

    /// The path of the user group to be made, of a ``create-group``.
    #[getter]
    fn path(&self) -> Option<&str> {
        match &self.0 {
            CoreAction::CreateGroup { path } => Some(path.as_str()),
            _ => None,
        }
    }

    /// The keys of licenses it gives.
    #[getter]
    fn licenses_given<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses_given().iter().map(LicenseKey::as_str))
    }

    /// The keys of licenses it takes.
    #[getter]
    fn licenses_taken<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses_taken().iter().map(LicenseKey::as_str))
    }

    /// The path of the user group it puts somebody into.
    #[getter]
    fn group_joined(&self) -> Option<&str> {
        self.0.group_joined().map(UserGroupPath::as_str)
    }

    /// Whether it overwrites or takes away anything.
    #[getter]
    fn takes_away(&self) -> bool {
        self.0.takes_away()
    }

    /// Whether it makes the service send a mail to the user.
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
