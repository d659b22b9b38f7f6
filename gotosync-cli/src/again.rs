//! Restarts the process with other environment variables.
//!
//! Some system libraries read variables only at process start, and a running process cannot set them safely.

use std::env;
use std::ffi::OsString;

use gotosync_core::Error;

/// Makes sure that these environment variables are set. If one differs, replaces this process with the same command, started
/// with these variables.
///
/// # Errors
/// The command cannot be started again.
#[cfg(unix)]
pub(crate) fn with(mut variables: Vec<(&'static str, OsString)>) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    variables.retain(|(name, value)| env::var_os(name).as_ref() != Some(value));
    if variables.is_empty() {
        return Ok(());
    }
    let failed = |error: std::io::Error| Error::from(error).during("restart with other environment variables");
    let mut words = env::args_os();
    let mut command = Command::new(env::current_exe().map_err(failed)?);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    Err(failed(command.args(words).envs(variables).exec()))
}

/// Does nothing: this platform cannot replace a process. The source that needs the variables reports them as missing.
#[cfg(not(unix))]
pub(crate) fn with(_: Vec<(&'static str, OsString)>) -> Result<(), Error> {
    Ok(())
}
