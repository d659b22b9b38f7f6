//! State stores.

use std::path::PathBuf;
use std::sync::Arc;

use gotosync_core::state as core;
use pyo3::prelude::*;

use crate::error::raised;

/// The state that an engine keeps between runs: links between people and users, journal, and history.
///
/// >>> isinstance(gotosync.MemoryState(), gotosync.StateStore)
/// True
#[pyclass(frozen, module = "gotosync", subclass)]
pub(crate) struct StateStore(pub(crate) Arc<dyn core::StateStore>);

/// A state store in a file, which is created if missing.
///
/// >>> gotosync.SqliteState(folder / "state.db")  # doctest: +ELLIPSIS
/// <SqliteState ...state.db>
#[pyclass(frozen, module = "gotosync", extends = StateStore)]
pub(crate) struct SqliteState;

/// A state store in memory, which lives as long as the object: for tests, and for runs that must leave no files behind.
///
/// >>> engine = gotosync.Engine(source, target, rules, state=gotosync.MemoryState())
/// >>> engine.history()
/// []
#[pyclass(frozen, module = "gotosync", extends = StateStore)]
pub(crate) struct MemoryState;

#[pymethods]
impl StateStore {
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("<{} {}>", slf.get_type().name()?, slf.get().0))
    }
}

#[pymethods]
impl SqliteState {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<PyClassInitializer<Self>> {
        let state = core::SqliteState::open(path).map_err(|error| raised(py, &error))?;
        Ok(PyClassInitializer::from(StateStore(Arc::new(state))).add_subclass(Self))
    }
}

#[pymethods]
impl MemoryState {
    #[new]
    fn new() -> PyClassInitializer<Self> {
        PyClassInitializer::from(StateStore(Arc::new(core::MemoryState::new()))).add_subclass(Self)
    }
}
