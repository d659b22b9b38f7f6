//! The `gotosync` command with all optional features, including Kerberos. Cargo builds it together with the tests, so
//! the core is not compiled a second time for these features.

use std::process::ExitCode;

fn main() -> ExitCode {
    gotosync_cli::run(std::env::args_os()).into()
}
