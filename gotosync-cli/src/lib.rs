//! The command `gotosync`.
//!
//! It is a library with one function, so that the Python package can run the same command.

use std::ffi::OsString;

mod again;
mod cli;
mod commands;
mod complete;
mod exit;
mod failure;
mod json;
mod output;
mod progress;
mod setup;
mod signals;
mod trace;

pub use exit::Exit;

/// Runs the command with these arguments, and returns its exit code. The first argument is the program name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    if complete::answers() {
        return Exit::Done;
    }
    let cli = match cli::Cli::read(words) {
        Ok(cli) => cli,
        Err(usage) => {
            // clap would exit with 2 after invalid arguments, but here 2 means that changes are pending.
            let _ = usage.print();
            return if usage.use_stderr() { Exit::Failed } else { Exit::Done };
        }
    };
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(gotosync_core::Error::from(error).during("start").into()),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
