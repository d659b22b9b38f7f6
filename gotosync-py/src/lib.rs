//! The Python module: the engine's objects under their own names, and nothing decided.
//!
//! What is written in Python itself (errors, enums, coroutines) stands in `python/gotosync`. Everything waits in one place,
//! `run`; everything that somebody else wrote is called in one place, `own`.

#![expect(
    clippy::doc_link_with_quotes,
    clippy::doc_markdown,
    reason = "the comments of classes and methods are docstrings of Python"
)]
#![expect(clippy::needless_pass_by_value, reason = "arguments come out of Python as values")]

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

/// The command itself: what the command `gotosync` does with these words, the first of which is its name, and how it ended.
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
    // Records of other libraries are theirs to tell. A second interpreter in this process finds the first one's logger.
    let logger = Logger::new(py, Caching::Loggers)?
        .filter(LevelFilter::Off)
        .filter_target("gotosync".to_owned(), LevelFilter::Debug);
    let _ = logger.install();
    Ok(())
}
