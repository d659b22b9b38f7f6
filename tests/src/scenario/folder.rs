//! The files of a scenario, found and read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gotosync_core::model::{Account, Gap};
use gotosync_core::state::Link;
use jiff::Timestamp;
use serde::Deserialize;

use crate::Trouble;

/// One folder.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, which is the folder's.
    pub name: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// The account before the first run.
    pub before: Account,
    /// What is remembered before the first run.
    pub memory: Memory,
    /// The runs, in order.
    pub runs: Vec<Run>,
}

/// What is remembered of earlier runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// Who is whom.
    pub links: Vec<Link>,
    /// How many people each rule selected.
    pub populations: BTreeMap<String, usize>,
}

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// From 1.
    pub number: usize,
    /// The directory, as LDIF.
    pub directory: String,
    /// The rules, as TOML.
    pub rules: String,
    /// What is changed by hand before it.
    pub edit: Option<String>,
    /// What is not as usual.
    pub settings: Settings,
}

/// What is not as usual in a run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The clock; 2026-11-22T09:00:00Z if nothing is said.
    pub now: Option<Timestamp>,
    /// Whether an admin approves the plan.
    pub approve: bool,
    /// Whether the state was lost before this run.
    pub forget: bool,
    /// What is missing from reads of the account.
    pub account_gaps: Vec<Gap>,
    /// Users, by e-mail, whom the service refuses, and what it says.
    pub refuse: BTreeMap<String, String>,
    /// Why planning again is not empty.
    pub unsettled: Option<String>,
    /// Why the account does not equal the desired one.
    pub behind: Option<String>,
}

impl Scenario {
    /// Reads a folder.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Trouble> {
        let folder = folder.into();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let about = fs::read_to_string(folder.join("about.txt")).map_err(|error| format!("about.txt: {error}"))?;
        if about.trim().is_empty() || about.trim().lines().count() != 1 {
            return Err("about.txt is one sentence on one line".into());
        }
        let mut before: Account = json(&folder, "before.json")?.ok_or("there is no before.json")?;
        before.sort();
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=last_run(&folder)? {
            let inherited = runs.last();
            let file = |stem: &str, extension: &str| text(&folder, &file_name(stem, number, extension));
            let directory = file("directory", "ldif")?.or_else(|| inherited.map(|run| run.directory.clone()));
            let rules = file("rules", "toml")?.or_else(|| inherited.map(|run| run.rules.clone()));
            runs.push(Run {
                number,
                directory: directory.ok_or("there is no directory.ldif")?,
                rules: rules.ok_or("there is no rules.toml")?,
                edit: file("edit", "json")?,
                settings: json(&folder, &file_name("settings", number, "json"))?.unwrap_or_default(),
            });
        }
        let memory = json(&folder, "memory.json")?.unwrap_or_default();
        Ok(Self { name, folder, before, memory, runs })
    }
}

/// What a file of a run is called: the first run has no number.
pub(super) fn file_name(stem: &str, run: usize, extension: &str) -> String {
    if run == 1 { format!("{stem}.{extension}") } else { format!("{stem}.{run}.{extension}") }
}

/// The highest number in a file's name, and refuses files that nothing reads.
fn last_run(folder: &Path) -> Result<usize, Trouble> {
    let mut last = 1;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let known = |name: &str| KNOWN.contains(&name);
        match name.split('.').collect::<Vec<_>>()[..] {
            [stem, number, extension] if known(&format!("{stem}.{extension}")) => {
                last = last.max(number.parse().map_err(|_| format!("{name}: no number of a run"))?);
            }
            _ if known(&name) => {}
            _ => return Err(format!("{name} is no file of a scenario").into()),
        }
    }
    Ok(last)
}

fn text(folder: &Path, name: &str) -> Result<Option<String>, Trouble> {
    let path = folder.join(name);
    if path.exists() { Ok(Some(fs::read_to_string(path)?)) } else { Ok(None) }
}

fn json<T: for<'de> Deserialize<'de>>(folder: &Path, name: &str) -> Result<Option<T>, Trouble> {
    let Some(text) = text(folder, name)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| format!("{name}: {error}").into())
}

const KNOWN: [&str; 10] = [
    "about.txt",
    "directory.ldif",
    "rules.toml",
    "before.json",
    "memory.json",
    "settings.json",
    "edit.json",
    "plan.txt",
    "report.txt",
    "after.json",
];
