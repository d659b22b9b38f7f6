//! Builds the `gotosync` command once and runs it as a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Returns the path of the `gotosync` binary of this workspace, building it on the first call.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

/// Removes the variables that `cargo test` sets and a build from a shell does not have. Some build scripts, such as
/// that of `ring`, watch them: cargo would rebuild every crate that depends on `ring`, and rebuild them again for the
/// next build from a shell.
pub fn as_from_a_shell(command: &mut Command) -> &mut Command {
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_PACKAGE"];
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| own.iter().any(|own| name.to_string_lossy().starts_with(own))) {
        command.env_remove(name);
    }
    command
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = as_from_a_shell(&mut Command::new(cargo))
        .args(["build", "--package", "gotosync-cli", "--bin", "gotosync", "--message-format", "json"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the command does not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back();
    executable.expect("cargo reports the path of the command")
}

/// The output of a finished command.
#[derive(Debug)]
pub struct Said {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The text on standard output.
    pub out: String,
    /// The text on standard error.
    pub err: String,
}

/// Prepares the command to run in a folder, without starting it.
pub fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(words).current_dir(folder).stdin(Stdio::null()).env_remove("GOTOSYNC_CONFIG");
    command
}

/// Runs the command until it exits.
pub fn run(folder: &Path, words: &[&str]) -> Said {
    said(command(folder, words).output().expect("the command starts"))
}

/// Converts the output of a finished process.
pub fn said(output: Output) -> Said {
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command writes UTF-8");
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}
