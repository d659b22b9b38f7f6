//! Rules for the code base that a program can check.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gotosync_tests::imports::Imports;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace").to_path_buf()
}

/// Returns every file below a folder with one of these endings, with its text. Build folders, which cargo marks, and
/// hidden folders are omitted.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be listed").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !path.join("CACHEDIR.TAG").exists() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let short = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
                found.push((short, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no files found in {folder}");
    found
}

/// Returns the code of a Rust file before its inline tests, without comments.
fn code(text: &str) -> String {
    let net = text.split("#[cfg(test)]").next().unwrap_or_default();
    net.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn core_code() -> Vec<(String, String)> {
    // The parents of test-only files declare them under `#[cfg(test)]`.
    let only_tests = ["http/cases.rs", "target/account_rules/cases.rs", "target/account_rules/cases/"];
    files("gotosync-core/src", &[".rs"])
        .into_iter()
        .filter(|(name, _)| !only_tests.iter().any(|test| name.contains(test)))
        .map(|(name, text)| (name, code(&text)))
        .collect()
}

/// Returns the lines that contain one of these words, in files whose path `place` accepts.
fn holding(place: impl Fn(&str) -> bool, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in core_code() {
        if place(name.trim_start_matches("gotosync-core/src/")) {
            for line in text.lines().filter(|line| words.iter().any(|word| line.contains(word))) {
                found.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    found
}

/// Public unit enums have a constant `ALL`, so that no code lists their values by hand.
#[test]
fn every_public_word_enum_lists_its_values() {
    let mut found = Vec::new();
    for (name, text) in files("gotosync-core/src", &[".rs"]) {
        for part in text.split("\npub enum ").skip(1) {
            let Some((head, body)) = part.split_once(" {\n") else { continue };
            let body = body.split("\n}").next().unwrap_or_default();
            let lines: Vec<&str> =
                body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with('#')).collect();
            if lines.iter().any(|line| line.contains(['(', '{', '$'])) {
                continue;
            }
            let begin = format!("\nimpl {head} {{\n");
            let own = text.split(&begin).skip(1).map(|own| own.split("\n}").next());
            let all = own.flatten().find_map(|own| own.split_once("pub const ALL")).map_or("", |(_, all)| all);
            let all = all.split(';').collect::<Vec<_>>().join(" ");
            let missing = lines.iter().map(|line| line.trim_end_matches(',')).filter(|variant| {
                !variant.is_empty() && !all.split(|c: char| !c.is_alphanumeric()).any(|word| word == *variant)
            });
            found.extend(missing.map(|variant| format!("{name}: {head}::{variant} is not in {head}::ALL")));
        }
    }
    none(&found);
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The modules of the core in the order of the data flow. A module imports only from the lines above its own, so a
/// source and a target know neither each other nor any later stage.
const STAGES: &[&[&str]] = &[
    &["error"],
    &["secret", "tls", "model"],
    &["http", "journal"],
    &["source", "target", "rules", "state"],
    &["link", "diff"],
    &["desired"],
    &["plan"],
    &["check", "report"],
    &["trace"],
    &["apply", "explain"],
    &["invite", "render"],
    &["sync"],
    &["laws", "import"],
    &["config"],
];

fn imports() -> Imports {
    let files = files("gotosync-core/src", &[".rs"]);
    Imports::read(files.iter().map(|(name, text)| (name.trim_start_matches("gotosync-core/src/"), text.as_str())))
}

#[test]
fn data_flows_from_stage_to_stage_and_never_returns() {
    let place = |module: &str| STAGES.iter().position(|line| line.contains(&module));
    let imports = imports();
    let edges = imports.of_stages();
    assert!(edges.len() > STAGES.len(), "the imports were not read: {edges:?}");
    let backward = edges.iter().filter(|((from, to), _)| match (place(from), place(to)) {
        (Some(from), Some(to)) => to >= from,
        _ => true,
    });
    none(&backward.map(|((from, to), file)| format!("{from} imports {to}, in {file}")).collect::<Vec<_>>());
}

#[test]
fn only_a_parent_and_its_submodules_import_each_other() {
    let imports = imports();
    assert!(imports.modules() > 200, "only {} modules were read", imports.modules());
    let circles = imports.circles();
    none(&circles.iter().map(|circle| circle.iter().cloned().collect::<Vec<_>>().join(", ")).collect::<Vec<_>>());
}

/// Former type names that only their author could guess.
const COINAGES: &[&str] =
    &["Behind", "Book", "Hope", "Lift", "Place", "Places", "Settle", "Settled", "Sole", "Sound", "Told"];

#[test]
fn types_have_predictable_names() {
    let mut found = Vec::new();
    for folder in ["gotosync-core/src", "gotosync-cli/src", "gotosync-py/src", "tests/src", "benches"] {
        for (name, text) in files(folder, &[".rs"]) {
            for line in text.lines() {
                let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                let declares = words.by_ref().any(|word| ["struct", "enum", "trait"].contains(&word));
                if declares && words.next().is_some_and(|word| COINAGES.contains(&word)) {
                    found.push(format!("{name}: {}", line.trim()));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn the_pure_stages_use_no_clock_no_randomness_and_no_io() {
    let stages =
        ["model", "rules", "link", "desired", "diff", "plan", "check", "report", "explain", "render", "journal"];
    let pure =
        |name: &str| stages.iter().any(|stage| name == format!("{stage}.rs") || name.starts_with(&format!("{stage}/")));
    let impure = [
        "async ",
        ".await",
        "Timestamp::now",
        "SystemTime",
        "Instant::",
        "std::fs",
        "std::net",
        "std::env",
        "tokio",
        "thread_rng",
    ];
    none(&holding(pure, &impure));
}

#[test]
fn the_library_prints_nothing_and_reads_no_environment() {
    none(&holding(|_| true, &["println!", "print!(", "dbg!", "std::env", "std::process::exit", "process::abort"]));
}

#[test]
fn the_core_does_not_depend_on_front_ends() {
    let manifest = fs::read_to_string(root().join("gotosync-core/Cargo.toml")).expect("the core has a manifest");
    for word in ["clap", "pyo3", "indicatif", "anstream"] {
        assert!(!manifest.contains(word), "gotosync-core depends on {word}");
    }
}

#[test]
fn every_workspace_member_inherits_the_lints() {
    for member in ["gotosync-core", "gotosync-cli", "gotosync-py", "tests", "benches"] {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a member has a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
        let own = manifest.lines().filter(|line| line.contains("version = \"") && line.contains('{')).count();
        assert_eq!(own, 0, "{member} sets a version that belongs in the table of the workspace");
    }
}

#[test]
fn no_file_is_too_long() {
    for folder in [
        "gotosync-core/src",
        "gotosync-cli/src",
        "gotosync-py/src",
        "tests/src",
        "tests/tests",
        "tests/fuzz",
        "benches",
    ] {
        for (name, text) in files(folder, &[".rs"]) {
            let lines = text.split("\n#[cfg(test)]").next().unwrap_or_default().lines().count();
            assert!(lines <= 600, "{name} has {lines} lines before its tests: split it");
        }
    }
}

#[test]
fn no_file_contains_a_machine_specific_path() {
    // Composed here, so that this file does not match.
    let places = ["work", "root", "home", "farm"].map(|name| format!("/{name}/"));
    for folder in ["gotosync-core", "gotosync-cli", "gotosync-py", "tests", "benches"] {
        for (name, text) in files(folder, &[".rs", ".toml", ".ldif", ".json"]) {
            for place in &places {
                assert!(!text.contains(place.as_str()), "{name} contains {place}");
            }
        }
    }
}

#[test]
fn the_top_level_has_only_expected_files() {
    // The two commands of the README may leave these files, which are not part of the project.
    let allowed = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "benches",
        "gotosync-cli",
        "gotosync-core",
        "gotosync-py",
        "gotosync-quickstart",
        "target",
        "tests",
    ];
    for entry in fs::read_dir(root()).expect("the workspace can be listed") {
        let name = entry.expect("the entry can be read").file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} does not belong here");
    }
}

/// Returns the page of the rule language as it is, and with its generated parts renewed from the code.
fn page() -> (String, String) {
    let page = fs::read_to_string(root().join("gotosync-core/docs/rules.md")).expect("the file can be read");
    let mut filters = String::from("| filter | description | example | result |\n|---|---|---|---|\n");
    for (name, about, example, gives) in gotosync_core::rules::filters() {
        let cells = [*name, *about, *example, *gives].map(|cell| cell.replace('|', "\\|"));
        let [name, about, example, gives] = cells;
        let _ = writeln!(filters, "| `{name}` | {about} | `{example}` | `{gives}` |");
    }
    let keys = gotosync_core::rules::keys_markdown();
    let mut wanted = page.clone();
    for (name, text) in [("keys", keys.trim()), ("filters", filters.trim())] {
        let (before, rest) = wanted.split_once(&format!("<!-- generated: {name} -->\n")).expect("a mark");
        let (_, after) = rest.split_once("<!-- end -->").expect("its end");
        wanted = format!("{before}<!-- generated: {name} -->\n{text}\n<!-- end -->{after}");
    }
    (page, wanted)
}

/// With `GOTOSYNC_BLESS=1`, the test writes the tables and fails nevertheless if they differed.
#[test]
fn the_rules_page_documents_every_key_and_every_filter() {
    let (page, wanted) = page();
    if page != wanted && std::env::var_os("GOTOSYNC_BLESS").is_some() {
        fs::write(root().join("gotosync-core/docs/rules.md"), &wanted).expect("the file can be written");
    }
    assert!(page == wanted, "the rule language has changed: run with GOTOSYNC_BLESS=1 to write the tables again");
    let readme = fs::read_to_string(root().join("README.md")).expect("the file can be read");
    assert!(readme.contains("(gotosync-core/docs/rules.md)"), "the README must link to the page");
}

/// Every rules file in the docs is valid, and its examples give the documented results.
#[test]
fn rules_in_the_docs_are_valid() {
    for (name, least) in [("README.md", 1), ("gotosync-core/docs/rules.md", 3)] {
        let text = fs::read_to_string(root().join(name)).expect("the file can be read");
        let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        let rules: Vec<&&str> = blocks.iter().filter(|block| block.contains("[[rule]]")).collect();
        assert!(rules.len() >= least, "{name} shows {} rules files", rules.len());
        for text in rules {
            match gotosync_core::Rules::parse(text, name) {
                Ok(rules) => assert!(rules.verify_examples().is_empty(), "{:?}", rules.verify_examples()),
                Err(problems) => panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
            }
        }
    }
}
