//! The Python package as a wheel: its own tests, its types, its style, and a fresh environment that has nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use gotosync_tests::command::as_from_a_shell;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the workspace")
}

fn folder() -> PathBuf {
    root().join("tests/python")
}

/// An environment with the wheel and what the tests need, in the folder of everything that is built.
static ENVIRONMENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let environment = target.join("python");
    done(as_from_a_shell(&mut Command::new(folder().join("install"))).arg(&environment));
    environment
});

fn python() -> PathBuf {
    ENVIRONMENT.join("bin/python")
}

/// Runs a command to its end.
///
/// # Panics
/// With all that it said, if it failed.
fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
}

/// A tool of the environment that is run in a folder. What it writes beside sources stays away.
fn tool(module: &str, words: &[&str]) -> Command {
    // Ctrl-C is tested: whoever started this may have it ignored, as a shell does for what runs in its background.
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
    let work = tempfile::tempdir().expect("a folder");
    let known = folder().join("stubtest-allowlist.txt");
    done(tool("mypy.stubtest", &["gotosync._gotosync", "--allowlist"]).arg(known).current_dir(work.path()));
}

#[test]
fn examples_package_and_tests_pass_type_checks() {
    // Kept beside the environment: what has not changed is not checked again.
    let cache = ENVIRONMENT.join("mypy");
    let cache = cache.to_str().expect("a name");
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
    let work = tempfile::tempdir().expect("a folder");
    let fresh = work.path().join("fresh");
    done(Command::new(python()).args(["-m", "venv"]).arg(&fresh));
    let wheels: Vec<_> = std::fs::read_dir(ENVIRONMENT.join("wheels")).expect("wheels").collect();
    let [Ok(wheel)] = &wheels[..] else { panic!("one wheel was built, and not {wheels:?}") };
    let name = wheel.file_name().to_string_lossy().into_owned();
    assert!(name.contains("-cp39-abi3-"), "{name} is good for one version of Python alone");
    let own = |program: &str| fresh.join("bin").join(program);
    done(Command::new(own("pip")).args(["install", "--quiet", "--no-index"]).arg(wheel.path()));
    done(
        Command::new(own("python"))
            .current_dir(work.path())
            .args(["-c", "import gotosync; print(gotosync.__version__)"]),
    );
    // The examples and the command run there; who looks on runs here.
    done(pytest(&["test_examples.py", "test_command.py"]).env("GOTOSYNC_PYTHON", own("python")));
}
