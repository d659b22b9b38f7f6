//! Targets: the built-in targets, and custom targets.

mod own;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use gotosync_core::model::{Account as CoreAccount, AccountKey, ActionKind, Batch, UserKey};
use gotosync_core::target::{
    self as core, Capabilities, FieldLimits, ProvisioningTarget as CoreTarget, RoleAccess, TargetInfo as CoreInfo,
    Visibility,
};
use pyo3::PyClass;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use serde::de::DeserializeOwned;

use crate::account::Account;
use crate::action::Action;
use crate::error::raised;
use crate::outcome::{Became, Outcome};
use crate::own::{Own, no_part};
use crate::run::wait;
use crate::value::{json, named, objects};
use own::OwnTarget;

/// A target: the account in which users are provisioned.
///
/// For a custom target, inherit from this class, or write a class with the same methods, plain or ``async``. ``read`` returns an
/// ``Account``. ``perform`` executes one ``Action`` and returns an ``Outcome``, the key of the user that it created, or ``None`` for
/// other successful actions. ``execute`` executes several actions and returns a list with one outcome for each; if it exists, it is
/// called instead of ``perform``. ``describe`` returns a ``TargetInfo``, if the defaults do not fit.
///
/// An exception in ``perform`` becomes the outcome of that step: an error of this package means that nothing was changed; any other
/// exception means that the outcome is unknown. ``line.outcome.error`` has the exception with its traceback.
///
/// >>> class Tickets(gotosync.ProvisioningTarget):
/// ...     def read(self):
/// ...         return gotosync.Account("1", "Tickets")
/// ...     def perform(self, action):
/// ...         return gotosync.Outcome.skipped(f"a ticket was opened to {action}")
/// >>> everybody = gotosync.Rules([gotosync.Rule("All", everyone=True)])
/// >>> report = gotosync.Engine(source, Tickets(), everybody).run()
/// >>> report.lines[0].outcome.message
/// 'a ticket was opened to create ann@example.test'
#[pyclass(frozen, module = "gotosync", subclass)]
pub(crate) struct ProvisioningTarget(Option<Native>);

/// A built-in target.
enum Native {
    Memory(Arc<core::MemoryTarget>),
    Any(Arc<dyn CoreTarget>),
}

/// An account in a local file.
///
/// >>> local = gotosync.LocalAccount.create(folder / "account.db", account)
/// >>> local.read() == account
/// True
#[pyclass(frozen, module = "gotosync", extends = ProvisioningTarget)]
pub(crate) struct LocalAccount;

/// An account in memory that is as strict as GoTo, for tests.
///
/// >>> gotosync.MemoryTarget(account).read() == account
/// True
#[pyclass(frozen, module = "gotosync", extends = ProvisioningTarget)]
pub(crate) struct MemoryTarget;

/// A wrapper around another target that never writes to it.
///
/// >>> gotosync.ReadOnly(target).read() == target.read()
/// True
#[pyclass(frozen, module = "gotosync", extends = ProvisioningTarget)]
pub(crate) struct ReadOnly;

/// The description of a target: its account, capabilities, and limits.
///
/// ``features`` lists the features that the target supports besides users with an e-mail and a name: values of ``Feature`` such as
/// ``products``, ``user-groups``, ``roles``, and ``time-zone``. By default, no feature is supported. Unsupported features are read as
/// empty, and a plan must not use them. ``actions`` defaults to all nine actions. Batch size and limits default to those of GoTo.
///
/// >>> info = gotosync.TargetInfo("1", name="tickets", actions=["create"], features=[gotosync.Feature.PRODUCTS])
/// >>> info.account, info.actions, info.features
/// ('1', ('create',), ('products',))
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct TargetInfo(CoreInfo);

impl Native {
    fn target(&self) -> Arc<dyn CoreTarget> {
        match self {
            Self::Memory(target) => Arc::clone(target) as Arc<dyn CoreTarget>,
            Self::Any(target) => Arc::clone(target),
        }
    }
}

/// Wraps a built-in target in an object of its Python class.
fn native<T: PyClass<BaseType = ProvisioningTarget>>(
    class: T,
    target: impl CoreTarget + 'static,
) -> PyClassInitializer<T> {
    PyClassInitializer::from(ProvisioningTarget(Some(Native::Any(Arc::new(target))))).add_subclass(class)
}

#[pymethods]
impl ProvisioningTarget {
    #[new]
    #[pyo3(signature = (*_args, **_keywords))]
    fn new(_args: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(None)
    }

    /// Reads users, licenses, user groups, and all other supported features of the account.
    ///
    /// >>> len(target.read().users)
    /// 2
    fn read(slf: &Bound<'_, Self>) -> PyResult<Account> {
        let (py, target) = (slf.py(), Self::native(slf)?);
        let account = wait(py, None, async move { target.read().await })?;
        account.map(Account::wrap).map_err(|error| raised(py, &error))
    }

    /// Returns the description of the account and its capabilities.
    ///
    /// >>> target.describe().account
    /// '1'
    fn describe(slf: &Bound<'_, Self>) -> PyResult<TargetInfo> {
        let (py, target) = (slf.py(), Self::native(slf)?);
        let info = wait(py, None, async move { target.describe().await })?;
        info.map(TargetInfo).map_err(|error| raised(py, &error))
    }

    /// Executes several independent actions, and returns one outcome for each. For custom targets that wrap another target.
    ///
    /// >>> target.execute([])
    /// []
    fn execute<'py>(slf: &Bound<'py, Self>, actions: Vec<Py<Action>>) -> PyResult<Bound<'py, PyList>> {
        let (py, target) = (slf.py(), Self::native(slf)?);
        let batch: Batch = actions.iter().map(|action| action.get().0.clone()).collect();
        let outcomes = wait(py, None, async move { target.execute(&batch).await })?;
        let outcomes = outcomes.map_err(|error| raised(py, &error))?.into_iter();
        PyList::new(py, outcomes.map(|outcome| Outcome(Became::Known(outcome))).collect::<Vec<_>>())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let class = slf.get_type().name()?;
        Ok(match &slf.get().0 {
            Some(native) => format!("<{class} {}>", native.target()),
            None => format!("<{class}>"),
        })
    }
}

impl ProvisioningTarget {
    fn native(slf: &Bound<'_, Self>) -> PyResult<Arc<dyn CoreTarget>> {
        slf.get()
            .0
            .as_ref()
            .map(Native::target)
            .ok_or_else(|| PyNotImplementedError::new_err("a custom target must implement this method itself"))
    }
}

#[pymethods]
impl LocalAccount {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<PyClassInitializer<Self>> {
        Ok(native(Self, core::LocalAccount::open(path).map_err(|error| raised(py, &error))?))
    }

    /// Creates an account in a new file.
    ///
    /// >>> gotosync.LocalAccount.create(folder / "new.db", account).read().name
    /// 'Example'
    #[staticmethod]
    fn create(py: Python<'_>, path: PathBuf, account: &Bound<'_, Account>) -> PyResult<Py<Self>> {
        let made = core::LocalAccount::create(path, &account.get().0).map_err(|error| raised(py, &error))?;
        Py::new(py, native(Self, made))
    }
}

#[pymethods]
impl MemoryTarget {
    #[new]
    fn new(account: &Bound<'_, Account>) -> PyClassInitializer<Self> {
        let target = core::MemoryTarget::new(CoreAccount::clone(&account.get().0));
        PyClassInitializer::from(ProvisioningTarget(Some(Native::Memory(Arc::new(target))))).add_subclass(Self)
    }

    /// Marks all following reads as incomplete; without arguments, as complete again.
    ///
    /// >>> target.incomplete("users", "page 2 was lost")
    /// >>> target.read().complete
    /// False
    #[pyo3(signature = (place = None, problem = ""))]
    fn incomplete(slf: &Bound<'_, Self>, place: Option<&str>, problem: &str) {
        if let Some(Native::Memory(target)) = &slf.as_super().get().0 {
            match place {
                Some(place) => target.incomplete(place, problem),
                None => target.complete(),
            }
        }
    }

    /// Replaces the account, as if an admin had changed it between runs.
    ///
    /// >>> target.edit(gotosync.Account("1", "Empty"))
    /// >>> target.read().users
    /// ()
    fn edit(slf: &Bound<'_, Self>, account: &Bound<'_, Account>) {
        if let Some(Native::Memory(target)) = &slf.as_super().get().0 {
            target.edit(|own| *own = CoreAccount::clone(&account.get().0));
        }
    }
}

#[pymethods]
impl ReadOnly {
    #[new]
    fn new(target: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Ok(native(Self, core::ReadOnly::new(taken(target)?)))
    }
}

#[pymethods]
impl TargetInfo {
    #[new]
    #[pyo3(signature = (
        account, *, name = None, login = None, actions = None, batch = 100, concurrency = 1, visibility = "immediate",
        roles = "full", features = None, name_limit = 32, email_limit = 128, user_limit = 25_000
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        account: String,
        name: Option<String>,
        login: Option<String>,
        actions: Option<&Bound<'_, PyAny>>,
        batch: usize,
        concurrency: usize,
        visibility: &str,
        roles: &str,
        features: Option<&Bound<'_, PyAny>>,
        name_limit: usize,
        email_limit: usize,
        user_limit: usize,
    ) -> PyResult<Self> {
        let actions = match actions {
            Some(actions) => words(actions, "an action")?,
            None => every_action(),
        };
        let features = match features {
            Some(features) => words(features, "a feature of an account, such as `products`")?,
            None => BTreeSet::new(),
        };
        let visibility: Visibility = named(py, visibility, "`immediate` or `eventual`")?;
        let roles: RoleAccess = named(py, roles, "`full` or `hidden`")?;
        Ok(Self(CoreInfo {
            name: name.unwrap_or_default(),
            account: AccountKey::new(account),
            login: login.map(UserKey::new),
            capabilities: Capabilities { actions, batch, concurrency, visibility, roles, features },
            limits: FieldLimits { name: name_limit, email: email_limit, users: user_limit },
            remarks: Vec::new(),
        }))
    }

    /// The kind and location of the target, in a few words.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The key of the account.
    #[getter]
    fn account(&self) -> &str {
        self.0.account.as_str()
    }

    /// The key of the sync's own user, if known.
    #[getter]
    fn login(&self) -> Option<&str> {
        self.0.login.as_ref().map(UserKey::as_str)
    }

    /// The supported features, such as ``user-groups``.
    #[getter]
    fn features<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let words = self.0.capabilities.features.iter().map(|feature| json(py, feature));
        PyTuple::new(py, words.map(|word| objects(py, &word?)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The maximum number of actions in a batch.
    #[getter]
    fn batch(&self) -> usize {
        self.0.capabilities.batch
    }

    /// Returns a copy with another name.
    ///
    /// >>> gotosync.TargetInfo("1").named("tickets").name
    /// 'tickets'
    fn named(&self, name: String) -> Self {
        Self(CoreInfo { name, ..self.0.clone() })
    }

    /// The kinds of actions that the target supports.
    #[getter]
    fn actions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.capabilities.actions.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
    }

    fn __repr__(&self) -> String {
        format!("<TargetInfo of account {}>", self.0.account)
    }
}

impl TargetInfo {
    fn inner(&self) -> &CoreInfo {
        &self.0
    }
}

crate::value::written!(TargetInfo, "info");

/// Returns the default actions of a target. The list is fixed, so that older custom targets never get actions of later versions.
fn every_action() -> BTreeSet<ActionKind> {
    use ActionKind::{Create, CreateGroup, Delete, Invite, Reactivate, Release, Suspend, Update, WriteTemplate};
    [Suspend, Release, Delete, CreateGroup, WriteTemplate, Create, Update, Reactivate, Invite].into()
}

/// Returns the capabilities of a target without a description: all actions, and no features.
fn undescribed() -> Capabilities {
    Capabilities {
        actions: every_action(),
        batch: BATCH,
        visibility: Visibility::Immediate,
        roles: RoleAccess::Full,
        ..Capabilities::default()
    }
}

/// The default for the maximum number of actions in a batch.
const BATCH: usize = 100;

/// Parses a list of words.
fn words<T: Ord + DeserializeOwned>(given: &Bound<'_, PyAny>, what: &str) -> PyResult<BTreeSet<T>> {
    given.try_iter()?.map(|word| named(given.py(), &word?.extract::<String>()?, what)).collect()
}

/// Converts a built-in or custom target to a target of the core.
pub(crate) fn taken(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn CoreTarget>> {
    if let Ok(target) = object.cast::<ProvisioningTarget>()
        && let Some(native) = &target.get().0
    {
        return Ok(native.target());
    }
    let own = Own::new(object);
    if own.has("read") {
        Ok(Arc::new(OwnTarget::new(own)))
    } else {
        Err(no_part(object, "provisioning target", "read"))
    }
}
