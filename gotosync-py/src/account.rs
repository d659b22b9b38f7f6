//! Accounts, users, and licenses as Python values.

use std::sync::Arc;

use gotosync_core::model::{self, Completeness, Gap, LicenseKey, UserGroup, UserGroupPath, UserKey};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::directory::gaps;
use crate::table::{self, Table};
use crate::value::{json, objects, read_back, word, written};

/// An account with its users, licenses, and user groups.
///
/// >>> account.name, [user.email for user in account.users], account.licenses[0].free
/// ('Example', ['admin@example.test', 'bob@example.test'], 4)
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Account(pub(crate) Arc<model::Account>);

/// A user in an account.
///
/// >>> user = gotosync.User("ann@example.test", "Ann", "Lee", licenses=["10"], group="Sales")
/// >>> user.full_name, user.licenses, user.group
/// ('Ann Lee', ('10',), 'Sales')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct User(pub(crate) Arc<model::User>);

/// A license with its seats.
///
/// >>> gotosync.License("10", "GoToMeeting", ["G2M"], seats=5).free
/// 5
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct License(pub(crate) model::License);

impl Account {
    pub(crate) fn wrap(mut account: model::Account) -> Self {
        account.sort();
        Self(Arc::new(account))
    }

    fn inner(&self) -> &model::Account {
        &self.0
    }
}

written!(Account, "account");
read_back!(Account, model::Account, "an account", "account");

#[pymethods]
impl Account {
    #[new]
    #[pyo3(signature = (key, name, *, users = Vec::new(), licenses = Vec::new(), groups = Vec::new(), login = None, gaps = Vec::new()))]
    fn new(
        key: String,
        name: String,
        users: Vec<Py<User>>,
        licenses: Vec<Py<License>>,
        groups: Vec<String>,
        login: Option<String>,
        gaps: Vec<(String, String)>,
    ) -> Self {
        let mut account = model::Account::empty(key, name);
        account.users = users.iter().map(|user| Arc::clone(&user.get().0)).collect();
        account.licenses = licenses.iter().map(|license| license.get().0.clone()).collect();
        account.groups = groups.iter().map(|path| UserGroup { key: None, path: UserGroupPath::new(path) }).collect();
        account.login = login.map(UserKey::new);
        let gaps = gaps.into_iter().map(|(place, problem)| Gap { place, problem }).collect();
        account.completeness = Completeness::from_gaps(gaps);
        Self::wrap(account)
    }

    /// The account's key.
    #[getter]
    fn key(&self) -> &str {
        self.0.key.as_str()
    }

    /// The account's name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The key of the sync's own user, if known.
    #[getter]
    fn login(&self) -> Option<&str> {
        self.0.login.as_ref().map(UserKey::as_str)
    }

    /// The users, sorted by e-mail.
    #[getter]
    fn users<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.users.iter().map(|user| User(Arc::clone(user))).collect::<Vec<_>>())
    }

    /// The licenses, sorted by key.
    #[getter]
    fn licenses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses.iter().cloned().map(License).collect::<Vec<_>>())
    }

    /// The paths of the user groups, parents before children.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.groups.iter().map(|group| group.path.as_str()))
    }

    /// ``True`` if the account was read completely.
    #[getter]
    fn complete(&self) -> bool {
        self.0.completeness.is_complete()
    }

    /// The parts that could not be read: pairs of a place and a problem.
    #[getter]
    fn gaps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        gaps(py, &self.0.completeness)
    }

    /// Returns the user with this e-mail, or `None`. Ignores case.
    ///
    /// >>> account.find("BOB@example.test").first_name
    /// 'Bob'
    fn find(&self, email: &str) -> Option<User> {
        self.0.user_by_email(&model::Email::new(email)).map(|user| User(Arc::clone(user)))
    }

    /// Returns the users as a table.
    ///
    /// >>> account.table().column_names[:3]
    /// ['key', 'email', 'first_name']
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        table::users(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<Account {} {:?} of {} users>", self.0.key, self.0.name, self.0.users.len())
    }
}

impl User {
    pub(crate) fn wrap(user: model::User) -> Self {
        Self(Arc::new(user))
    }

    fn inner(&self) -> &model::User {
        &self.0
    }
}

written!(User, "user");
read_back!(User, model::User, "a user", "user");

#[pymethods]
impl User {
    #[new]
    #[pyo3(signature = (email, first_name, last_name, *, key = None, licenses = Vec::new(), group = None, language = None, status = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        email: &str,
        first_name: &str,
        last_name: &str,
        key: Option<String>,
        licenses: Vec<String>,
        group: Option<&str>,
        language: Option<&str>,
        status: Option<&str>,
    ) -> PyResult<Self> {
        let mut user = model::User::new(email, first_name, last_name);
        user.key = key.map(UserKey::new);
        user.licenses = licenses.into_iter().map(LicenseKey::new).collect();
        user.licenses.sort();
        user.group = group.map(UserGroupPath::new);
        user.language = language.map(Into::into);
        if let Some(status) = status {
            user.status = crate::value::named(py, status, "a status")?;
        }
        Ok(Self::wrap(user))
    }

    /// The user's key; `None` if the user is not created yet.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.0.key.as_ref().map(UserKey::as_str)
    }

    /// The e-mail, which is the sign-in name.
    #[getter]
    fn email(&self) -> &str {
        self.0.email.as_str()
    }

    /// The first name.
    #[getter]
    fn first_name(&self) -> &str {
        &self.0.first_name
    }

    /// The last name.
    #[getter]
    fn last_name(&self) -> &str {
        &self.0.last_name
    }

    /// The first and last name.
    #[getter]
    fn full_name(&self) -> String {
        self.0.full_name()
    }

    /// The language, such as `en_US`.
    #[getter]
    fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    /// The user's status.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        word(py, "Status", self.0.status.as_str())
    }

    /// The keys of the licenses.
    #[getter]
    fn licenses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.licenses.iter().map(LicenseKey::as_str))
    }

    /// The path of the user group, if any.
    #[getter]
    fn group(&self) -> Option<&str> {
        self.0.group.as_ref().map(UserGroupPath::as_str)
    }

    /// The role: a word, or a dict.
    #[getter]
    fn role<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, &self.0.role)?)
    }

    /// Less common settings: time zone, extension, templates, custom fields, device groups, devices, phone numbers, caller id
    /// numbers, secondary extensions, and location.
    #[getter]
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &json(py, self.0.settings())?)
    }

    fn __str__(&self) -> &str {
        self.email()
    }

    fn __repr__(&self) -> String {
        format!("<User {} {}>", self.0.email, self.0.status.as_str())
    }
}

impl License {
    pub(crate) fn wrap(license: model::License) -> Self {
        Self(license)
    }

    fn inner(&self) -> &model::License {
        &self.0
    }
}

written!(License, "license");
read_back!(License, model::License, "a license", "license");

#[pymethods]
impl License {
    #[new]
    #[pyo3(signature = (key, name, products = Vec::new(), *, seats, used = 0, pending = false))]
    fn new(key: String, name: String, products: Vec<String>, seats: u32, used: u32, pending: bool) -> Self {
        Self(model::License { key: LicenseKey::new(key), name, products, seats, used, pending })
    }

    /// The license's key.
    #[getter]
    fn key(&self) -> &str {
        self.0.key.as_str()
    }

    /// The license's name, as used in rules.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The codes of the products in the license.
    #[getter]
    fn products<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.products)
    }

    /// The number of seats bought.
    #[getter]
    fn seats(&self) -> u32 {
        self.0.seats
    }

    /// The number of seats used.
    #[getter]
    fn used(&self) -> u32 {
        self.0.used
    }

    /// The number of free seats.
    #[getter]
    fn free(&self) -> u32 {
        self.0.free()
    }

    /// ``True`` if the license was bought, but is not active yet.
    #[getter]
    fn pending(&self) -> bool {
        self.0.pending
    }

    fn __str__(&self) -> &str {
        self.name()
    }

    fn __repr__(&self) -> String {
        format!("<License {} {:?}, {} of {} seats used>", self.0.key, self.0.name, self.0.used, self.0.seats)
    }
}
