//! Prints the overhead of Python, as ratios of two measurements of the same run: planning 25,000 people through the Python package
//! relative to planning them in Rust, and reading a source written in Python relative to only building its dicts.
//!
//! With `--strict`, the exit code is 1 if a ratio exceeds its bar. `tests/python/install` builds the wheel with the release profile,
//! and installs it into a separate environment.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use gotosync_benches::{Case, Corpus, Export, Packing, RULES, Situation, Stage, rules};
use gotosync_core::Engine;
use gotosync_core::source::LdifSource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let corpus = Corpus::new(OFFICE);
    let export = Export::new(&corpus, Packing::Plain).expect("a folder for an export");
    let account = Case::new(corpus.directory(&[]), rules(), Situation::First).account;
    let folder = tempfile::tempdir().expect("a folder");
    let (account_file, rules_file) = (folder.path().join("account.json"), folder.path().join("rules.toml"));
    fs::write(&account_file, serde_json::to_string(&account).expect("JSON")).expect("a file for the account");
    fs::write(&rules_file, RULES).expect("a file for the rules");
    let mut python = Python::start(&[export.path(), &account_file, &rules_file]);

    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let engine = Engine::new(LdifSource::open(export.path()), MemoryTarget::new(account), MemoryState::new(), rules());
    let mut here = Stage::new("plan", || {
        let planned = runtime.block_on(engine.plan()).expect("a plan");
        (engine.check(&planned.plan, None), planned)
    });
    let mut times = [const { Vec::new() }; 4];
    // The stages take turns. The first round warms up caches and is not counted.
    for round in 0..=ROUNDS {
        let took = [here.once(), python.once("plan"), python.once("dicts"), python.once("source")];
        if round > 0 {
            times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
        }
    }
    let [rust, plan, dicts, source] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    });
    println!("{:<56} {:>9} {:>12} {:>8} {:>5}", "", "A", "B", "A / B", "bar");
    let over = [
        row("planning 25 k through Python / through Rust", plan, rust, 1.05),
        row("a source of 25 k dicts / building them", source, dicts, 2.0),
    ];
    let strict = env::args().any(|argument| argument == "--strict");
    if strict && over.contains(&true) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints a ratio, and returns `true` if it exceeds its bar.
fn row(name: &str, a: f64, b: f64, bar: f64) -> bool {
    let over = a / b > bar;
    println!("{name:<56} {a:>6.1} ms {b:>9.1} ms {:>8.2} {bar:>5.2} {}", a / b, if over { "over" } else { "ok" });
    over
}

/// A Python process that runs measurements on request.
struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(arguments: &[&Path]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let environment = target.join("python-release");
        let installed = Command::new(root.join("tests/python/install")).arg(&environment).arg("release").status();
        assert!(installed.expect("the script starts").success(), "could not install the wheel");
        let mut child = Command::new(environment.join("bin/python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/python/serve.py"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let (requests, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        Self { child, requests, answers: BufReader::new(answers) }
    }

    /// Runs one measurement, and returns the time measured by Python.
    fn once(&mut self, what: &str) -> Duration {
        writeln!(self.requests, "{what}").and_then(|()| self.requests.flush()).expect("Python reads requests");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        Duration::from_secs_f64(
            line.trim().parse().unwrap_or_else(|_| panic!("expected a number of seconds, got {line:?}")),
        )
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const OFFICE: usize = 25_000;
const ROUNDS: usize = 9;
