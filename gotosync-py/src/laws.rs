//! The laws of sources and targets, to hold somebody's own to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotosync_core::laws::{Factory, source as source_laws, target as target_laws};
use gotosync_core::model::{Account as CoreAccount, AccountKey, RunId};
use gotosync_core::state::{Ending, Link, RunRecord};
use gotosync_core::target::ProvisioningTarget as CoreTarget;
use jiff::Timestamp;
use pyo3::prelude::*;

use crate::account::Account;
use crate::error::raised;
use crate::run::{runtime, wait};
use crate::state::StateStore;
use crate::value::{from_json, text_of};
use crate::{source, target};

/// Asks a source every law, and tells those that it breaks.
#[pyfunction]
pub(crate) fn broken_source_laws(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let (source, runtime) = (source::taken(source)?, runtime()?);
    Ok(py.detach(|| runtime.block_on(source_laws::broken(&*source))))
}

/// Asks targets every law, and tells those that they break. `make` is given an account, and gives a target that holds it.
#[pyfunction]
pub(crate) fn broken_target_laws(py: Python<'_>, make: Py<PyAny>) -> PyResult<Vec<String>> {
    let runtime = runtime()?;
    let make = move |account: &CoreAccount| -> Box<dyn CoreTarget> {
        let target = Python::attach(|py| {
            let account = Account(Arc::new(account.clone()));
            target::taken(make.call1(py, (account,))?.bind(py))
        });
        match target {
            Ok(target) => Box::new(target),
            Err(error) => std::panic::panic_any(format!("no target was made: {error}")),
        }
    };
    let make: &Factory<'_> = &make;
    Ok(py.detach(|| runtime.block_on(target_laws::broken(make))))
}

/// The names of the laws of sources and of targets.
#[pyfunction]
pub(crate) fn laws() -> (Vec<&'static str>, Vec<&'static str>) {
    let sources = source_laws::ALL.iter().map(|(name, _)| *name);
    let targets = target_laws::ALL.iter().map(|(name, _)| *name);
    (sources.collect(), targets.collect())
}

/// Lets a state remember, as if an earlier run had found it out: links as plans write them, and how many people rules selected.
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
