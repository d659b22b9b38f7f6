//! Custom targets, written in Python.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use gotosync_core::model::{
    Account as CoreAccount, Action as CoreAction, ActionKind, Batch, Effect, Fault, Outcome as CoreOutcome, Role,
    UserKey,
};
use gotosync_core::target::{
    Capabilities, FieldLimits, ProvisioningTarget as CoreTarget, RoleAccess, TargetInfo as CoreInfo,
};
use gotosync_core::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::{BATCH, TargetInfo, undescribed};
use crate::account::Account;
use crate::action::Action;
use crate::error::{says_nothing_was_done, understood};
use crate::outcome::{Became, Outcome};
use crate::own::{Gives, Own, error_of, is_one, nothing};
use crate::value::{from_json, text_of};

/// A custom target.
#[derive(Clone, Debug)]
pub(super) struct OwnTarget {
    own: Own,
    /// The maximum number of actions in a batch.
    most: Arc<AtomicUsize>,
    /// The capabilities, once described.
    capabilities: Arc<OnceLock<Capabilities>>,
    /// `true` if the target raised `SystemExit` or similar: then no further actions are tried.
    left: Arc<AtomicBool>,
}

impl fmt::Display for OwnTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.own.fmt(f)
    }
}

#[async_trait]
impl CoreTarget for OwnTarget {
    async fn describe(&self) -> Result<CoreInfo> {
        let mut info = if self.own.has("describe") {
            self.own
                .call("describe", Gives::Value, nothing, |info| Ok(info.cast::<TargetInfo>()?.get().0.clone()))
                .await
                .map_err(error_of)?
        } else {
            let account = self.raw().await?;
            CoreInfo {
                name: String::new(),
                capabilities: Capabilities { roles: roles(&account), ..undescribed() },
                account: account.key,
                login: account.login,
                limits: FieldLimits::VENDOR,
                remarks: Vec::new(),
            }
        };
        if info.name.is_empty() {
            info.name.clone_from(&self.own.name);
        }
        // `perform` executes one action at a time, so that each outcome is known before the next action.
        if !self.own.has("execute") {
            info.capabilities.batch = 1;
        }
        self.most.store(info.capabilities.batch, Ordering::Relaxed);
        self.capabilities.get_or_init(|| info.capabilities.clone());
        Ok(info)
    }

    async fn read(&self) -> Result<CoreAccount> {
        let mut account = self.raw().await?;
        self.claimed().await?.limit(&mut account);
        if !self.own.has("describe") && roles(&account) == RoleAccess::Hidden {
            account.users.iter_mut().for_each(|user| Arc::make_mut(user).role = Role::Member);
        }
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<CoreOutcome>> {
        let (number, most) = (batch.actions.len(), self.most.load(Ordering::Relaxed));
        if number > most {
            let message = format!("a batch of {number} actions exceeds the maximum of {most}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if self.left.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Stopped,
                "the target asked the program to exit, so this step was not tried",
            ));
        }
        let claimed = self.claimed().await?;
        let refused: Vec<Option<Fault>> = batch.actions.iter().map(|action| claimed.refusal(action)).collect();
        let taken = batch.actions.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
        let taken: Batch = taken.map(|(action, _)| action.clone()).collect();
        let given = match taken.actions.len() {
            0 => Vec::new(),
            _ if self.own.has("execute") => self.all(&taken).await?,
            _ => self.each(&taken).await,
        };
        let mut given = given.into_iter();
        let outcome = |refused: Option<Fault>| match refused {
            Some(fault) => Some(CoreOutcome::Failed { fault }),
            None => given.next(),
        };
        Ok(refused.into_iter().filter_map(outcome).collect())
    }
}

impl OwnTarget {
    pub(super) fn new(own: Own) -> Self {
        let most = if own.has("execute") { BATCH } else { 1 };
        Self { own, most: Arc::new(most.into()), capabilities: Arc::default(), left: Arc::default() }
    }

    /// Reads the account without applying the capabilities.
    async fn raw(&self) -> Result<CoreAccount> {
        self.own.call("read", Gives::Value, nothing, account).await.map_err(error_of)
    }

    /// Returns the capabilities that the target claims.
    async fn claimed(&self) -> Result<Capabilities> {
        match self.capabilities.get() {
            Some(known) => Ok(known.clone()),
            None if self.own.has("describe") => Ok(self.describe().await?.capabilities),
            None => Ok(undescribed()),
        }
    }

    async fn each(&self, batch: &Batch) -> Vec<CoreOutcome> {
        let mut outcomes = Vec::with_capacity(batch.actions.len());
        for action in &batch.actions {
            let asked = Action(action.clone());
            let done =
                self.own.call("perform", Gives::Value, move |py| PyTuple::new(py, [Py::new(py, asked)?]), became);
            outcomes.push(match done.await {
                Ok(became) => known(became, action),
                Err(raised) => Python::attach(|py| self.of_exception(py, raised)),
            });
        }
        outcomes
    }

    async fn all(&self, batch: &Batch) -> Result<Vec<CoreOutcome>> {
        let actions: Vec<Action> = batch.actions.iter().cloned().map(Action).collect();
        let number = actions.len();
        let given = self.own.call(
            "execute",
            Gives::Value,
            move |py| {
                let actions = actions.into_iter().map(|action| Py::new(py, action)).collect::<PyResult<Vec<_>>>()?;
                PyTuple::new(py, [PyList::new(py, actions)?])
            },
            outcomes,
        );
        match given.await {
            Ok((given, None)) if given.len() != number => {
                let message = format!("the target returned {} outcomes for {number} actions", given.len());
                Ok(vec![in_doubt(Fault::new(ErrorKind::Bug, message)); number])
            }
            // If an iterator of outcomes raised an exception, the outcomes before it are known. The others are in doubt.
            Ok((given, broke)) => {
                let rest = broke.map(|raised| in_doubt(Fault::from(error_of(raised))));
                let given = given.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
                let one = |(became, action): (Option<Became>, &CoreAction)| match (became, &rest) {
                    (Some(became), _) => known(became, action),
                    (None, Some(rest)) => rest.clone(),
                    (None, None) => {
                        in_doubt(Fault::new(ErrorKind::Bug, "the target returned no outcome for this action"))
                    }
                };
                Ok(given.zip(&batch.actions).map(one).collect())
            }
            // An error of this package means that no action of the batch was tried. After any other exception, all outcomes are in doubt.
            Err(raised) => Python::attach(|py| {
                if says_nothing_was_done(raised.value(py)) {
                    return Err(understood(py, raised));
                }
                Ok(vec![self.of_exception(py, raised); number])
            }),
        }
    }

    /// Converts an exception to the outcome of one action.
    fn of_exception(&self, py: Python<'_>, raised: PyErr) -> CoreOutcome {
        if !raised.is_instance_of::<PyException>(py) {
            self.left.store(true, Ordering::SeqCst);
        }
        let said = says_nothing_was_done(raised.value(py));
        let fault = Fault::from(understood(py, raised));
        if said { CoreOutcome::Failed { fault } } else { in_doubt(fault) }
    }
}

/// Returns the access to roles for a target without a description: hidden if the sync's own user is known and is no administrator.
fn roles(account: &CoreAccount) -> RoleAccess {
    let login = account.login.as_ref().and_then(|login| account.user(login));
    let is_less = login.is_some_and(|login| !login.role.is_administrator());
    if is_less { RoleAccess::Hidden } else { RoleAccess::Full }
}

/// Converts the outcomes that a custom target returned. If the iterator raised an exception, returns this, too.
fn outcomes(given: &Bound<'_, PyAny>) -> PyResult<(Vec<Became>, Option<PyErr>)> {
    if is_one(given) {
        let class = given.get_type().name()?;
        return Err(PyTypeError::new_err(format!("`execute` returned a {class}, expected a list of outcomes")));
    }
    let mut all = Vec::new();
    for one in given.try_iter()? {
        match one.and_then(|one| became(&one)) {
            Ok(became) => all.push(became),
            Err(broke) => return Ok((all, Some(broke))),
        }
    }
    Ok((all, None))
}

/// Converts an account that a custom target returned.
fn account(given: &Bound<'_, PyAny>) -> PyResult<CoreAccount> {
    if let Ok(account) = given.cast::<Account>() {
        return Ok(CoreAccount::clone(&account.get().0));
    }
    let mut account: CoreAccount = from_json(given.py(), &text_of(given)?, "an account")?;
    account.sort();
    Ok(account)
}

/// Converts the result of a custom target for one action: an outcome, the key of a new user, or `None` for success.
fn became(given: &Bound<'_, PyAny>) -> PyResult<Became> {
    if given.is_none() {
        return Ok(Became::Done(None));
    }
    if let Ok(outcome) = given.cast::<Outcome>() {
        return Ok(outcome.get().0.clone());
    }
    Ok(Became::Done(Some(UserKey::new(given.extract::<String>()?))))
}

/// Returns the complete outcome of an action.
fn known(became: Became, action: &CoreAction) -> CoreOutcome {
    let user = match became {
        Became::Known(outcome) => return outcome,
        Became::Done(Some(key)) if action.kind() != ActionKind::Create => {
            let message = format!("the target returned `{key}`, expected an outcome or None");
            return in_doubt(Fault::new(ErrorKind::Bug, message));
        }
        Became::Done(user) => user,
    };
    let effect = match (action.kind(), user) {
        (ActionKind::Create, Some(user)) => Effect::Created { user },
        (ActionKind::Create, None) => {
            let message = "the target created a user, but did not return its key";
            return in_doubt(Fault::new(ErrorKind::Bug, message));
        }
        (ActionKind::Suspend, _) => Effect::Suspended,
        (ActionKind::Release, _) => Effect::Released,
        (ActionKind::Delete, _) => Effect::Deleted,
        (ActionKind::CreateGroup, _) => Effect::GroupCreated,
        (ActionKind::WriteTemplate, _) => Effect::TemplateWritten,
        (ActionKind::Update, _) => Effect::Updated,
        (ActionKind::Reactivate, _) => Effect::Reactivated,
        (ActionKind::Invite, _) => Effect::Invited,
    };
    effect.into()
}

fn in_doubt(fault: Fault) -> CoreOutcome {
    CoreOutcome::InDoubt { fault }
}
