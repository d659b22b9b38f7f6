//! The command `gotosync`: arguments, the core, text, an exit code.

use std::process::ExitCode;

use clap::Parser;

mod again;
mod cli;
mod commands;
mod exit;
mod failure;
mod json;
mod output;
mod progress;
mod setup;
mod signals;
mod trace;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // clap would leave with 2 after a mistake, which here means that changes are pending.
            let _ = usage.print();
            return if usage.use_stderr() { exit::Exit::Failed.into() } else { exit::Exit::Done.into() };
        }
    };
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(gotosync_core::Error::from(error).during("start").into()),
    };
    outcome.unwrap_or_else(|failure| failure.tell()).into()
}
