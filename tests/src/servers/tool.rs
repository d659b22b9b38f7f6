//! Runs external programs.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::Trouble;

/// Returns a command for a program of the machine. Programs in the sbin folders are also found by ordinary users.
pub(super) fn tool(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(OsString::from(":/usr/sbin:/sbin"));
    let mut command = Command::new(name);
    command.env("PATH", path).env("LC_ALL", "C.UTF-8");
    command
}

/// Returns the path of a script in `tests/servers`.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(name)
}

/// Runs a program until it exits and returns its output.
pub(super) fn run(command: &mut Command) -> Result<String, Trouble> {
    feed(command, Vec::new())
}

/// Runs a program with the given standard input until it exits and returns its output.
///
/// # Errors
///
/// If the program does not exist or fails; the error contains the end of its output.
pub(super) fn feed(command: &mut Command, input: Vec<u8>) -> Result<String, Trouble> {
    let name = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Trouble::from(format!("the program `{name}` is not installed: run tests/servers/install"))
        }
        _ => format!("{name}: {error}").into(),
    })?;
    let mut stdin = child.stdin.take().ok_or("standard input is not piped")?;
    // Input is written on a thread of its own, because the program may write output before it has read all input. If
    // the program stops reading, its exit code reports the error.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    let _ = writer.join();
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{name}: {}\n{}", output.status, ending(&String::from_utf8_lossy(&said))).into())
}

/// Returns the last lines of a text.
pub(super) fn ending(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

const LINES: usize = 25;
