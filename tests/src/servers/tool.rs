//! Programs that are run to their end.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::Trouble;

/// A program of the machine; those for administrators are found as well, whoever asks.
pub(super) fn tool(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(OsString::from(":/usr/sbin:/sbin"));
    let mut command = Command::new(name);
    command.env("PATH", path).env("LC_ALL", "C.UTF-8");
    command
}

/// A file that belongs to these servers and is kept beside the tests.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(name)
}

/// Runs a program to its end and takes what it writes.
pub(super) fn run(command: &mut Command) -> Result<String, Trouble> {
    feed(command, Vec::new())
}

/// Runs a program to its end with this as its input, and takes what it writes.
///
/// # Errors
///
/// It is not there, or says with its exit code that it failed; then the end of what it said comes along.
pub(super) fn feed(command: &mut Command, input: Vec<u8>) -> Result<String, Trouble> {
    let name = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Trouble::from(format!("there is no `{name}` on this machine: run tests/servers/install"))
        }
        _ => format!("{name}: {error}").into(),
    })?;
    let mut stdin = child.stdin.take().ok_or("no way in")?;
    // On a thread of its own, since the program may write before it has read everything. One that stops reading says
    // why with its exit code.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    let _ = writer.join();
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{name}: {}\n{}", output.status, ending(&String::from_utf8_lossy(&said))).into())
}

/// The last lines of a text.
pub(super) fn ending(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

const LINES: usize = 25;
