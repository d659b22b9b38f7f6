//! Runs the laws, conformance tests that every source or target must pass, on custom sources and targets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use gotosync_core::laws::{Factory, source as source_laws, target as target_laws};
use gotosync_core::model::{Account as CoreAccount, AccountKey, RunId};
use gotosync_core::state::{Ending, Link, RunRecord};
use gotosync_core::target::{MemoryTarget, ProvisioningTarget as CoreTarget};
use jiff::Timestamp;
use pyo3::prelude::*;

use crate::account::Account;
use crate::error::raised;
use crate::run::{wait, wait_apart};
use crate::state::StateStore;
use crate::value::{from_json, text_of};
use crate::{source, target};

/// Checks a source against every law, and returns the broken laws.
#[pyfunction]
pub(crate) fn broken_source_laws(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let source = source::taken(source)?;
    wait_apart(py, move || run_laws(source_laws::broken(&*source)))?
}

/// Checks targets against every law, and returns the broken laws. `make` takes an account, and returns a target that holds it.
#[pyfunction]
pub(crate) fn broken_target_laws(py: Python<'_>, make: Py<PyAny>) -> PyResult<Vec<String>> {
    let failed: Arc<Mutex<Option<PyErr>>> = Arc::default();
    let trouble = Arc::clone(&failed);
    let make = move |account: &CoreAccount| -> Box<dyn CoreTarget> {
        let target = Python::attach(|py| {
            let account = Account(Arc::new(account.clone()));
            target::taken(make.call1(py, (account,))?.bind(py))
        });
        target.map_or_else(
            |error| {
                trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                // A stand-in for the target that `make` failed to return. The error is raised below, and the result of the laws dropped.
                Box::new(MemoryTarget::new(CoreAccount::empty("none", "none"))) as Box<dyn CoreTarget>
            },
            |target| Box::new(target),
        )
    };
    let broken = wait_apart(py, move || {
        let make: &Factory<'_> = &make;
        run_laws(target_laws::broken(make))
    })??;
    match failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error),
        None => Ok(broken),
    }
}

/// Runs laws on this thread.
fn run_laws(laws: impl Future<Output = Vec<String>>) -> PyResult<Vec<String>> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(laws))
}

/// Returns the names of the laws of sources and of targets.
#[pyfunction]
pub(crate) fn laws() -> (Vec<&'static str>, Vec<&'static str>) {
    let sources = source_laws::ALL.iter().map(|(name, _)| *name);
    let targets = target_laws::ALL.iter().map(|(name, _)| *name);
    (sources.collect(), targets.collect())
}

/// Stores links (in the format of plans) and the numbers of people per rule, as if an earlier run had written them.
#[pyfunction]
pub(crate) fn remember(
    state: &Bound<'_, StateStore>,
    account: &str,
    links: &Bound<'_, PyAny>,
    populations: BTreeMap<String, usize>,
    started: Timestamp,
) -> PyResult<()> {
    let (py, store) = (state.py(), Arc::clone(&state.get().0));
    let links: Vec<Link> = from_json(py, &text_of(links)?, "a list of links")?;
    let record = RunRecord {
        run: RunId::new("earlier"),
        account: AccountKey::new(account),
        command: "an earlier run".to_owned(),
        started,
        ended: Some(started),
        plan: None,
        ending: Ending::Open,
        outcomes: BTreeMap::new(),
        reason: None,
    };
    let work = async move {
        store.begin(&record, "{}", &links).await?;
        store.finish(&RunRecord { ending: Ending::Done, ..record }, Some(&populations)).await
    };
    wait(py, None, work)?.map_err(|error| raised(py, &error))
}
