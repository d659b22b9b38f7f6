//! The Python module: a thin layer that exposes the objects of the engine, without logic of its own.
//!
//! The parts in Python (errors, enums, coroutines) are in `python/gotosync`. All waiting is in the module `run`, and all calls of custom
//! code are in the module `own`.

#![expect(
    clippy::doc_link_with_quotes,
    clippy::doc_markdown,
    reason = "the doc comments of classes and methods are Python docstrings"
)]
#![expect(clippy::needless_pass_by_value, reason = "arguments come from Python as values")]

use std::ffi::OsString;

use log::LevelFilter;
use pyo3::prelude::*;
use pyo3_log::{Caching, Logger};

mod account;
mod action;
mod directory;
mod engine;
mod error;
mod import;
mod laws;
mod note;
mod outcome;
mod own;
mod people;
mod plan;
mod report;
mod rules;
mod run;
mod source;
mod state;
mod table;
mod target;
mod value;
mod verdict;
mod watch;
mod words;

/// Runs the command `gotosync` with these arguments, the first of which is the program name, and returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| gotosync_cli::run(words)) as u8
}

#[pymodule]
fn _gotosync(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<plan::Step>()?;
    module.add_class::<plan::Reason>()?;
    module.add_class::<note::Note>()?;
    module.add_class::<verdict::Verdict>()?;
    module.add_class::<report::Report>()?;
    module.add_class::<report::Line>()?;
    module.add_class::<outcome::Outcome>()?;
    module.add_class::<report::RunRecord>()?;
    module.add_class::<report::Explanation>()?;
    module.add_class::<rules::Rules>()?;
    module.add_class::<rules::Rule>()?;
    module.add_class::<account::Account>()?;
    module.add_class::<account::User>()?;
    module.add_class::<account::License>()?;
    module.add_class::<directory::Directory>()?;
    module.add_class::<directory::Person>()?;
    module.add_class::<directory::Group>()?;
    module.add_class::<directory::Reading>()?;
    module.add_class::<directory::ReadRequest>()?;
    module.add_class::<people::People>()?;
    module.add_class::<source::DirectorySource>()?;
    module.add_class::<source::LdifSource>()?;
    module.add_class::<source::CsvSource>()?;
    module.add_class::<source::LdapSource>()?;
    module.add_class::<source::ListSource>()?;
    module.add_class::<source::MergedSource>()?;
    module.add_class::<source::MemorySource>()?;
    module.add_class::<target::ProvisioningTarget>()?;
    module.add_class::<target::LocalAccount>()?;
    module.add_class::<target::MemoryTarget>()?;
    module.add_class::<target::ReadOnly>()?;
    module.add_class::<target::TargetInfo>()?;
    module.add_class::<action::Action>()?;
    module.add_class::<state::StateStore>()?;
    module.add_class::<state::SqliteState>()?;
    module.add_class::<state::MemoryState>()?;
    module.add_class::<watch::Progress>()?;
    module.add_class::<watch::Review>()?;
    module.add_class::<import::Import>()?;
    module.add_class::<table::Table>()?;
    module.add_function(wrap_pyfunction!(main, module)?)?;
    module.add_function(wrap_pyfunction!(words::words, module)?)?;
    module.add_function(wrap_pyfunction!(words::rule_keys, module)?)?;
    module.add_function(wrap_pyfunction!(laws::broken_source_laws, module)?)?;
    module.add_function(wrap_pyfunction!(laws::broken_target_laws, module)?)?;
    module.add_function(wrap_pyfunction!(laws::laws, module)?)?;
    module.add_function(wrap_pyfunction!(laws::remember, module)?)?;
    // Forward only records of gotosync. `install` fails if another interpreter in this process has installed a logger before.
    let logger = Logger::new(py, Caching::Loggers)?
        .filter(LevelFilter::Off)
        .filter_target("gotosync".to_owned(), LevelFilter::Debug);
    let _ = logger.install();
    Ok(())
}
