//! The laws of sources and targets, to hold somebody's own to them.

use std::sync::Arc;

use gotosync_core::laws::{Factory, source as source_laws, target as target_laws};
use gotosync_core::model::Account as CoreAccount;
use gotosync_core::target::ProvisioningTarget as CoreTarget;
use pyo3::prelude::*;

use crate::account::Account;
use crate::run::runtime;
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
