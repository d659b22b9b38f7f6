//! A target that somebody else wrote.

use std::fmt;

use async_trait::async_trait;
use gotosync_core::model::{
    Account as CoreAccount, Action as CoreAction, ActionKind, Batch, Effect, Fault, Outcome as CoreOutcome, UserKey,
};
use gotosync_core::target::{Capabilities, FieldLimits, ProvisioningTarget as CoreTarget, TargetInfo as CoreInfo};
use gotosync_core::{ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::TargetInfo;
use crate::account::Account;
use crate::action::Action;
use crate::error::{own_kind, understood};
use crate::outcome::{Became, Outcome};
use crate::own::{Own, error_of, nothing};
use crate::value::{from_json, text_of};

/// Somebody's own target.
#[derive(Clone, Debug)]
pub(super) struct OwnTarget(pub(super) Own);

impl fmt::Display for OwnTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl CoreTarget for OwnTarget {
    async fn describe(&self) -> Result<CoreInfo> {
        if self.0.has("describe") {
            let told = |told: &Bound<'_, PyAny>| Ok(told.cast::<TargetInfo>()?.get().0.clone());
            let mut info = self.0.call("describe", nothing, told).await.map_err(error_of)?;
            if info.name.is_empty() {
                info.name.clone_from(&self.0.name);
            }
            return Ok(info);
        }
        let account = self.read().await?;
        Ok(CoreInfo {
            name: self.0.name.clone(),
            account: account.key,
            login: account.login,
            capabilities: Capabilities::all(),
            limits: FieldLimits::VENDOR,
            remarks: Vec::new(),
        })
    }

    async fn read(&self) -> Result<CoreAccount> {
        self.0.call("read", nothing, account).await.map_err(error_of)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<CoreOutcome>> {
        if self.0.has("execute") {
            return self.all(batch).await;
        }
        let mut outcomes = Vec::with_capacity(batch.actions.len());
        for action in &batch.actions {
            let own = Action(action.clone());
            let done = self.0.call("perform", move |py| PyTuple::new(py, [Py::new(py, own)?]), became);
            outcomes.push(match done.await {
                Ok(became) => known(became, action),
                Err(raised) => Python::attach(|py| of_exception(py, raised)),
            });
        }
        Ok(outcomes)
    }
}

impl OwnTarget {
    async fn all(&self, batch: &Batch) -> Result<Vec<CoreOutcome>> {
        let actions: Vec<Action> = batch.actions.iter().cloned().map(Action).collect();
        let given = self.0.call(
            "execute",
            move |py| {
                let actions = actions.into_iter().map(|action| Py::new(py, action)).collect::<PyResult<Vec<_>>>()?;
                PyTuple::new(py, [PyList::new(py, actions)?])
            },
            |given| given.try_iter()?.map(|one| became(&one?)).collect::<PyResult<Vec<Became>>>(),
        );
        match given.await {
            Ok(given) if given.len() == batch.actions.len() => {
                Ok(given.into_iter().zip(&batch.actions).map(|(became, action)| known(became, action)).collect())
            }
            Ok(given) => {
                let message = format!("the target gave {} outcomes for {} actions", given.len(), batch.actions.len());
                Ok(vec![in_doubt(Fault::new(ErrorKind::Bug, message)); batch.actions.len()])
            }
            // An error of this package says that nothing of the batch was tried; of anything else nobody knows.
            Err(raised) => Python::attach(|py| {
                if own_kind(raised.value(py)).is_some() {
                    return Err(understood(py, raised));
                }
                Ok(vec![of_exception(py, raised); batch.actions.len()])
            }),
        }
    }
}

/// An account that somebody's own target gave.
fn account(given: &Bound<'_, PyAny>) -> PyResult<CoreAccount> {
    if let Ok(account) = given.cast::<Account>() {
        return Ok(CoreAccount::clone(&account.get().0));
    }
    let mut account: CoreAccount = from_json(given.py(), &text_of(given)?, "an account")?;
    account.sort();
    Ok(account)
}

/// An outcome that somebody's own target gave: one, the key of a new user, or nothing for what was done.
fn became(given: &Bound<'_, PyAny>) -> PyResult<Became> {
    if given.is_none() {
        return Ok(Became::Done(None));
    }
    if let Ok(outcome) = given.cast::<Outcome>() {
        return Ok(outcome.get().0.clone());
    }
    Ok(Became::Done(Some(UserKey::new(given.extract::<String>()?))))
}

/// What is known of an action that became this.
fn known(became: Became, action: &CoreAction) -> CoreOutcome {
    let user = match became {
        Became::Known(outcome) => return outcome,
        Became::Done(user) => user,
    };
    let effect = match (action.kind(), user) {
        (ActionKind::Create, Some(user)) => Effect::Created { user },
        (ActionKind::Create, None) => {
            let message = "the target does not say which user it made: give its key";
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

/// What an exception says of one action.
fn of_exception(py: Python<'_>, raised: PyErr) -> CoreOutcome {
    let said = own_kind(raised.value(py)).is_some();
    let fault = Fault::from(understood(py, raised));
    if said { CoreOutcome::Failed { fault } } else { in_doubt(fault) }
}

fn in_doubt(fault: Fault) -> CoreOutcome {
    CoreOutcome::InDoubt { fault }
}
