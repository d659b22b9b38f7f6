//! The command `gotosync` with everything that it can be built with, Kerberos included. Cargo builds it with the tests, so that no
//! test builds the core a second time for these features.

use std::process::ExitCode;

fn main() -> ExitCode {
    gotosync_cli::run(std::env::args_os()).into()
}
