//! Finds and reads the files of a scenario.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gotosync_core::model::{Account, Gap};
use gotosync_core::state::Link;
use jiff::Timestamp;
use serde::Deserialize;

use crate::Trouble;

/// A scenario folder.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of the folder.
    pub name: String,
    /// The path of the folder.
    pub folder: PathBuf,
    /// The account before the first run.
    pub before: Account,
    /// The stored state before the first run.
    pub memory: Memory,
    /// The runs, in order.
    pub runs: Vec<Run>,
}

/// The state that earlier runs stored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// The links between people and users.
    pub links: Vec<Link>,
    /// The number of people that each rule selected.
    pub populations: BTreeMap<String, usize>,
}

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// The number of the run, starting at 1.
    pub number: usize,
    /// The directory, as LDIF.
    pub directory: String,
    /// The rules, as TOML.
    pub rules: String,
    /// The manual changes before the run, as JSON.
    pub edit: Option<String>,
    /// The settings of the run.
    pub settings: Settings,
}

/// The settings of a run that differ from the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The time of the clock; 2026-11-22T09:00:00Z by default.
    pub now: Option<Timestamp>,
    /// `true` if an admin approves the plan.
    pub approve: bool,
    /// `true` if the state is lost before this run.
    pub forget: bool,
    /// The gaps of every account read.
    pub account_gaps: Vec<Gap>,
    /// Users that the service rejects, by e-mail, with the error message.
    pub refuse: BTreeMap<String, String>,
    /// The reason why planning again gives a non-empty plan, if that is expected.
    pub unsettled: Option<String>,
    /// The reason why the account differs from the desired account, if that is expected.
    pub behind: Option<String>,
}

impl Scenario {
    /// Reads a scenario folder.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Trouble> {
        let folder = folder.into();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let about = fs::read_to_string(folder.join("about.txt")).map_err(|error| format!("about.txt: {error}"))?;
        if about.trim().is_empty() || about.trim().lines().count() != 1 {
            return Err("about.txt must be one sentence on one line".into());
        }
        let mut before: Account = json(&folder, "before.json")?.ok_or("before.json is missing")?;
        before.sort();
        let mut runs: Vec<Run> = Vec::new();
        for number in 1..=last_run(&folder)? {
            let inherited = runs.last();
            let file = |stem: &str, extension: &str| text(&folder, &file_name(stem, number, extension));
            let directory = file("directory", "ldif")?.or_else(|| inherited.map(|run| run.directory.clone()));
            let rules = file("rules", "toml")?.or_else(|| inherited.map(|run| run.rules.clone()));
            runs.push(Run {
                number,
                directory: directory.ok_or("directory.ldif is missing")?,
                rules: rules.ok_or("rules.toml is missing")?,
                edit: file("edit", "json")?,
                settings: json(&folder, &file_name("settings", number, "json"))?.unwrap_or_default(),
            });
        }
        let memory = json(&folder, "memory.json")?.unwrap_or_default();
        Ok(Self { name, folder, before, memory, runs })
    }
}

/// Returns the name of a file for a run. The file names of the first run have no number.
pub(super) fn file_name(stem: &str, run: usize, extension: &str) -> String {
    if run == 1 { format!("{stem}.{extension}") } else { format!("{stem}.{run}.{extension}") }
}

/// Returns the highest run number in the file names, and rejects unknown files.
fn last_run(folder: &Path) -> Result<usize, Trouble> {
    let mut last = 1;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let known = |name: &str| KNOWN.contains(&name);
        match name.split('.').collect::<Vec<_>>()[..] {
            [stem, number, extension] if known(&format!("{stem}.{extension}")) => {
                last = last.max(number.parse().map_err(|_| format!("{name}: invalid run number"))?);
            }
            _ if known(&name) => {}
            _ => return Err(format!("{name} is not a scenario file").into()),
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
