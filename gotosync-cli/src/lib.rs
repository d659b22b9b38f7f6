//! The command `gotosync`: arguments, the core, text, an exit code.
//!
//! It is a library of one function, so that the Python package is the very same command.

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

/// Runs the command with these words, the first of which is its own name, and says how it ended.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    if complete::answers() {
        return Exit::Done;
    }
    let cli = match cli::Cli::read(words) {
        Ok(cli) => cli,
        Err(usage) => {
            // clap would leave with 2 after a mistake, which here means that changes are pending.
            let _ = usage.print();
            return if usage.use_stderr() { Exit::Failed } else { Exit::Done };
        }
    };
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(gotosync_core::Error::from(error).during("start").into()),
    };
    outcome.unwrap_or_else(|failure| failure.tell())
}
