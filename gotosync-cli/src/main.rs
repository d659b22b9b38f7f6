//! The binary of the command `gotosync`. The code is in the library beside this file.

use std::process::ExitCode;

fn main() -> ExitCode {
    gotosync_cli::run(std::env::args_os()).into()
}
