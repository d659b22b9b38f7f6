//! Tests of the Python wheel: its own tests, types, and code style, and its use in a fresh environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use gotosync_tests::command::as_from_a_shell;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace")
}

fn folder() -> PathBuf {
    root().join("tests/python")
}

/// A Python environment with the wheel and the test tools, inside the target folder.
static ENVIRONMENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let environment = target.join("python");
    done(as_from_a_shell(&mut Command::new(folder().join("install"))).arg(&environment));
    environment
});

fn python() -> PathBuf {
    ENVIRONMENT.join("bin/python")
}

/// Runs a command until it exits.
///
/// # Panics
/// If the command fails; the message contains its output.
fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
}

/// Returns a tool of the environment, which runs in a folder and writes no caches beside the sources.
fn tool(module: &str, words: &[&str]) -> Command {
    // Ctrl-C is tested, but a shell ignores SIGINT in background jobs, and this process may have inherited that.
    let mut command = Command::new("env");
    command
        .arg("--default-signal=INT")
        .arg(python())
        .args(["-m", module])
        .args(words)
        .current_dir(folder())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn pytest(words: &[&str]) -> Command {
    let mut command = tool("pytest", &["-q", "--strict-config", "-p", "no:cacheprovider"]);
    command.args(words);
    command
}

#[test]
fn the_package_tests_pass() {
    done(&mut pytest(&[]));
}

#[test]
fn the_stub_matches_the_module() {
    let work = tempfile::tempdir().expect("a temporary folder can be created");
    let known = folder().join("stubtest-allowlist.txt");
    done(tool("mypy.stubtest", &["gotosync._gotosync", "--allowlist"]).arg(known).current_dir(work.path()));
}

#[test]
fn examples_package_and_tests_pass_type_checks() {
    // The cache is kept beside the environment, so that unchanged files are not checked again.
    let cache = ENVIRONMENT.join("mypy");
    let cache = cache.to_str().expect("the path is UTF-8");
    let package = root().join("gotosync-py");
    done(tool("mypy", &["--strict", "--cache-dir", cache, "python/gotosync", "examples"]).current_dir(&package));
    done(&mut tool("mypy", &["--strict", "--cache-dir", cache, "."]));
    done(tool("pyright", &["--pythonpath"]).arg(python()).args(["python/gotosync", "examples"]).current_dir(&package));
}

#[test]
fn python_code_passes_the_style_checks() {
    let settings = root().join("gotosync-py/pyproject.toml");
    for words in [&["check", "--no-cache"][..], &["format", "--check", "--no-cache"]] {
        let mut command = tool("ruff", words);
        command.arg("--config").arg(&settings).arg(folder()).arg(root().join("gotosync-py"));
        done(&mut command);
    }
}

#[test]
fn a_fresh_environment_needs_only_the_wheel() {
    let work = tempfile::tempdir().expect("a temporary folder can be created");
    let fresh = work.path().join("fresh");
    done(Command::new(python()).args(["-m", "venv"]).arg(&fresh));
    let wheels: Vec<_> = std::fs::read_dir(ENVIRONMENT.join("wheels")).expect("wheels").collect();
    let [Ok(wheel)] = &wheels[..] else { panic!("expected exactly one wheel: {wheels:?}") };
    let name = wheel.file_name().to_string_lossy().into_owned();
    assert!(name.contains("-cp39-abi3-"), "{name} supports only one version of Python");
    let own = |program: &str| fresh.join("bin").join(program);
    done(Command::new(own("pip")).args(["install", "--quiet", "--no-index"]).arg(wheel.path()));
    done(
        Command::new(own("python"))
            .current_dir(work.path())
            .args(["-c", "import gotosync; print(gotosync.__version__)"]),
    );
    // The examples and the command run in the fresh environment, and pytest runs in the other one.
    done(pytest(&["test_examples.py", "test_command.py"]).env("GOTOSYNC_PYTHON", own("python")));
}
