//! Runs every fuzzing entry point without a fuzzer: with its seeds and with reproducible mutations of them. Every
//! finding of a fuzzer becomes a seed.

use std::any::Any;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use gotosync_core::{Config, Plan, Rules, model::Account};
use gotosync_tests::fuzz::{ENTRANCES, Mutator, words};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    paths.sort();
    paths
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let paths = listed(&folder().join("seeds").join(name));
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

fn dictionary(name: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(folder().join("dictionaries").join(name)).expect("the dictionary can be read");
    words(&text).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}

/// Runs an entry point on all seeds and on the given number of mutations, and panics with the input that breaks a
/// guarantee.
fn hold(name: &str, mutations: usize) {
    let entrance = ENTRANCES.iter().find(|entrance| entrance.name == name).expect("the entry point is listed");
    let (seeds, words) = (seeds(name), dictionary(name));
    let drawn = Mutator::new(&seeds, &words).take(mutations);
    for bytes in seeds.iter().cloned().chain(drawn) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (entrance.enter)(&bytes))) {
            panic!("{name}: {}\nthe bytes: b\"{}\"", message(&*panic), bytes.escape_ascii());
        }
    }
}

#[test]
fn plans_or_rejects_any_account() {
    hold("account", 1_000);
}

#[test]
fn reads_or_rejects_any_configuration() {
    hold("config", 2_000);
}

#[test]
fn reads_or_rejects_any_csv() {
    hold("csv", 2_000);
}

#[test]
fn splits_any_list() {
    hold("list", 4_000);
}

#[test]
fn evaluates_or_rejects_any_expression() {
    hold("expression", 2_000);
}

#[test]
fn evaluates_or_rejects_any_filter() {
    hold("filter", 4_000);
}

#[test]
fn reads_or_rejects_any_ldif_export() {
    hold("ldif", 1_000);
}

#[test]
fn reads_or_rejects_any_name() {
    hold("names", 4_000);
}

#[test]
fn applies_or_rejects_any_plan() {
    hold("plan", 1_000);
}

#[test]
fn plans_with_or_rejects_any_rules() {
    hold("rules", 1_000);
}

#[test]
fn fuzzes_every_entry_point() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("the fuzzers have a manifest");
    let names: BTreeSet<String> = ENTRANCES.iter().map(|entrance| entrance.name.to_owned()).collect();
    let stems = |place: &str| -> BTreeSet<String> {
        let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        listed(&folder().join(place)).iter().map(stem).collect()
    };
    for place in ["seeds", "dictionaries", "targets"] {
        assert_eq!(stems(place), names, "{place}");
    }
    for name in &names {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name} is not built");
        let target = fs::read_to_string(folder().join(format!("targets/{name}.rs"))).expect("a target can be read");
        assert!(target.contains(&format!("fuzz!({name});")), "{name} does not fuzz its entry point");
    }
}

#[test]
fn seeds_are_small_and_pass_the_parser() {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all: usize = ENTRANCES.iter().flat_map(|entrance| seeds(entrance.name)).map(|seed| seed.len()).sum();
    assert!(all < 200_000, "the seeds have {all} bytes");
    let plans = seeds("plan");
    let read = plans.iter().filter(|seed| Plan::from_json(&text(seed)).is_ok()).count();
    assert!(read > plans.len() / 2, "too few plans can still be parsed: write new ones with `gotosync plan --out`");
    assert!(seeds("rules").iter().any(|seed| Rules::parse(&text(seed), "rules.toml").is_ok()));
    assert!(seeds("account").iter().any(|seed| serde_json::from_slice::<Account>(seed).is_ok()));
    assert!(Config::load(folder().join("seeds/config/full")).is_ok());
}
