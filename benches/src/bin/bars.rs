//! Prints the ratios for which there are bars (maximum values), each computed from two measurements of the same run.
//!
//! `bars` measures all of them; `bars read`, `bars growth`, and `bars memory` measure a part. With `--strict`, the exit code is 1 if
//! a ratio exceeds its bar. `GOTOSYNC_BENCH_MAX` is the maximum number of people in a case, default 1,000,000. Measurements that need
//! more people are skipped with a message.

use std::env;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::{Command, ExitCode};

use gotosync_benches::{Case, Corpus, Export, Packing, Situation, Stage, expressions, median, rules};
use gotosync_core::Rules;
use gotosync_core::model::{ReadRequest, Scope};

/// A name, the number of people that it needs, and the function that measures it.
type Part = (&'static str, usize, fn(&mut Table));

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, situation, people, saved] = arguments.as_slice()
        && flag == "--peak"
    {
        peak(situation, people.parse().expect("a number of people"), Path::new(saved));
        return ExitCode::SUCCESS;
    }
    let max = env::var("GOTOSYNC_BENCH_MAX").ok().and_then(|max| max.parse().ok()).unwrap_or(MILLION);
    let mut table = Table::default();
    let parts: [Part; 3] =
        [("read", OFFICE, against_the_read), ("growth", MILLION, growth), ("memory", MILLION, memory)];
    let all = parts.iter().all(|(name, ..)| !arguments.iter().any(|argument| argument == name));
    for (name, people, part) in parts {
        if !all && !arguments.iter().any(|argument| argument == name) {
            continue;
        }
        if people <= max {
            part(&mut table);
        } else {
            println!("{name}: skipped, because it needs {people} people");
        }
    }
    let strict = arguments.iter().any(|argument| argument == "--strict");
    if strict && table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Measures the stages from rules to check for 25,000 people, relative to reading their export.
fn against_the_read(table: &mut Table) {
    let corpus = Corpus::new(OFFICE);
    let export = Export::new(&corpus, Packing::Plain).expect("a folder for an export");
    let zipped = Export::new(&corpus, Packing::Gzip).expect("a folder for an export");
    println!("export of {OFFICE} people: {} bytes", fs::metadata(export.path()).map_or(0, |file| file.len()));
    let (plain, mapped) = (rules().request(), expressions().request());
    let once = ReadRequest { scopes: vec![Scope::Everyone], ..plain.clone() };
    let mapped_once = ReadRequest { scopes: vec![Scope::Everyone], ..mapped.clone() };
    let case = |rules: fn() -> Rules, situation| {
        let directory = corpus.directory(&rules().request().attributes);
        Case::new(directory, rules(), situation)
    };
    let cases: Vec<(String, Case)> = Situation::ALL
        .iter()
        .flat_map(|situation| {
            [("defaults", rules as fn() -> Rules), ("expressions", expressions)]
                .map(|(name, rules)| (format!("{name}, {}", situation.as_str()), case(rules, *situation)))
        })
        .collect();
    let mut stages = vec![
        Stage::new("read LDIF, defaults", || export.read(&plain)),
        Stage::new("read LDIF, expressions", || export.read(&mapped)),
        Stage::new("read LDIF, defaults, one pass", || export.read(&once)),
        Stage::new("read LDIF, expressions, one pass", || export.read(&mapped_once)),
        Stage::new("read LDIF, defaults, gzip", || zipped.read(&plain)),
    ];
    stages.extend(cases.iter().map(|(name, case)| Stage::new(name.as_str(), || case.run())));
    stages.extend(cases.iter().map(|(name, case)| Stage::new(format!("{name}, no check"), || case.plan())));
    let times = median(&mut stages, 9);
    let ms: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    for (stage, ms) in stages.iter().zip(&ms) {
        println!("{:<44} {ms:>9.1} ms", stage.name);
    }
    println!();
    for (at, (name, _)) in cases.iter().enumerate() {
        let (read, bar) = if name.starts_with("defaults") { (0, 0.5) } else { (1, 1.0) };
        let own = ms[5 + at];
        table.row(&format!("25 k {name} / read"), own, ms[read], "ms", Some(bar));
        table.row(&format!("25 k {name} / read in one pass"), own, ms[read + 2], "ms", None);
    }
}

/// Measures a million people relative to a hundred thousand.
fn growth(table: &mut Table) {
    for situation in Situation::ALL {
        let case = |people| Case::new(Corpus::new(people).directory(&rules().request().attributes), rules(), situation);
        let (large, small) = (case(MILLION), case(CITY));
        let mut stages = [Stage::new("1 M", || large.run()), Stage::new("100 k", || small.run())];
        let ms: Vec<f64> = median(&mut stages, 3).iter().map(|time| time.as_secs_f64() * 1e3).collect();
        table.row(&format!("{}, 1 M / 100 k", situation.as_str()), ms[0], ms[1], "ms", Some(12.0));
    }
}

/// Measures the peak memory of a separate process that builds the directory, loads the account, plans, and checks.
fn memory(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder for accounts");
    for situation in Situation::ALL {
        let saved = folder.path().join(situation.as_str());
        if situation != Situation::First {
            let case = Case::new(Corpus::new(MILLION).directory(&rules().request().attributes), rules(), situation);
            case.save(BufWriter::new(File::create(&saved).expect("a file for an account")));
        }
        let mut child = Command::new(env::current_exe().expect("this program"));
        child.arg("--peak").arg(situation.as_str()).arg(MILLION.to_string()).arg(&saved);
        let output = child.output().expect("this program starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let bytes: f64 = text.trim().parse().unwrap_or_else(|_| panic!("expected a number, got {text:?}"));
        table.row(&format!("{}, peak memory for 1 M / 1 GB", situation.as_str()), bytes / 1e9, 1.0, "GB", Some(2.5));
    }
}

/// Runs one case, and prints the peak memory of this process in bytes.
fn peak(situation: &str, people: usize, saved: &Path) {
    let directory = Corpus::new(people).directory(&rules().request().attributes);
    let case = if situation == Situation::First.as_str() {
        Case::new(directory, rules(), Situation::First)
    } else {
        Case::restore(directory, rules(), BufReader::new(File::open(saved).expect("an account that was saved")))
    };
    let result = case.run();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0);
    println!("{}", kilobytes * 1024);
    drop(result);
}

#[derive(Default)]
struct Table {
    begun: bool,
    missed: bool,
}

impl Table {
    fn row(&mut self, name: &str, a: f64, b: f64, unit: &str, bar: Option<f64>) {
        if !self.begun {
            println!("{:<44} {:>12} {:>12} {:>8} {:>6}", "", "A", "B", "A / B", "bar");
            self.begun = true;
        }
        let ratio = a / b;
        let missed = bar.is_some_and(|bar| ratio > bar);
        self.missed |= missed;
        let verdict = bar.map_or(String::new(), |bar| format!("{bar:>6.2} {}", if missed { "over" } else { "ok" }));
        println!("{name:<44} {a:>9.2} {unit} {b:>9.2} {unit} {ratio:>8.2} {verdict}");
    }
}

const OFFICE: usize = 25_000;
const CITY: usize = 100_000;
const MILLION: usize = 1_000_000;
