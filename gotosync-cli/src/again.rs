//! Variables that a process must have from its start: it cannot safely give them to itself, so it starts itself anew.

use std::env;
use std::ffi::OsString;

use gotosync_core::Error;

/// Goes on with these variables of the environment. If one is not so, the same command takes the place of this process.
///
/// # Errors
/// What keeps the command from being started again.
#[cfg(unix)]
pub(crate) fn with(mut variables: Vec<(&'static str, OsString)>) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    variables.retain(|(name, value)| env::var_os(name).as_ref() != Some(value));
    if variables.is_empty() {
        return Ok(());
    }
    let failed = |error: std::io::Error| Error::from(error).during("start anew with other variables");
    let mut words = env::args_os();
    let mut command = Command::new(env::current_exe().map_err(failed)?);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    Err(failed(command.args(words).envs(variables).exec()))
}

/// Where a process cannot take another one's place, the source that needs the variables says so.
#[cfg(not(unix))]
pub(crate) fn with(_: Vec<(&'static str, OsString)>) -> Result<(), Error> {
    Ok(())
}
