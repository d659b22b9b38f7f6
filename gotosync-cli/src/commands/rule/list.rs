//! `gotosync rule list` and `gotosync rule show`

use std::fmt::{self, Display};

use gotosync_core::model::text::count;
use gotosync_core::rules::{Rule, RulesFile, Trial, desire};
use gotosync_core::target::FieldLimits;
use gotosync_core::{Config, Rules};
use serde::Serialize;
use serde_json::Value;

use super::look;
use crate::cli::Json;
use crate::cli::rule::Show;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::ConfigLocation;

/// Lists every rule.
pub(super) async fn list(json: Json, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    config.rules()?;
    let file = config.rules_file()?;
    let rows = rows(&config, &file).await?;
    if json.json {
        json::print_json(serde_json::to_string_pretty(&rows))?;
    } else {
        print(Table(&rows))?;
    }
    Ok(Exit::Done)
}

/// Shows one rule.
pub(super) async fn show(args: &Show, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    let file = config.rules_file()?;
    let written = file.written(&args.name)?;
    let rows = rows(&config, &file).await?;
    let row = rows.into_iter().find(|row| row.name == args.name.trim());
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&row))?;
        return Ok(Exit::Done);
    }
    print(written.replace("\r\n", "\n").trim_end().to_owned() + "\n")?;
    if let Some(row) = row {
        let people = match (row.people, row.enabled) {
            (Some(people), _) => count(people, "person", "people"),
            (None, false) => "no people because it is disabled".to_owned(),
            (None, true) => "an unknown number of people".to_owned(),
        };
        say(format_args!("rule {} of {}, line {}; it selects {people}", row.number, file.file(), row.line));
    }
    Ok(Exit::Done)
}

/// A rule in the list, as text or JSON.
#[derive(Serialize)]
struct Row {
    number: usize,
    name: String,
    enabled: bool,
    line: usize,
    /// The selection, in words.
    who: String,
    /// The number of people that the rule selects now; `None` if the rule is disabled or the number is unknown.
    people: Option<usize>,
    /// The reason why the rule cannot be evaluated.
    problem: Option<String>,
    /// The keys as written in the file.
    keys: Value,
}

/// Returns a row for each rule. If the directory cannot be read, the numbers of people are missing.
async fn rows(config: &Config, file: &RulesFile) -> Result<Vec<Row>, Failure> {
    let rules: Rules = file.rules()?;
    let read = look::directory(config, &rules.request()).await;
    if let Err(error) = &read {
        say(format_args!("note: could not count the people that each rule selects: {error}"));
    }
    let desires = read.as_ref().ok().map(|directory| desire(&rules, directory, FieldLimits::VENDOR, Trial::Include));
    let (keys, lines) = (file.json(), file.lines());
    let row = |(index, rule): (usize, &Rule)| {
        let broken = desires.as_ref().and_then(|it| it.broken.iter().find(|broken| broken.index == index));
        let people = desires.as_ref().filter(|_| rule.enabled && broken.is_none()).map(|it| it.populations[index]);
        Row {
            number: index + 1,
            name: rule.name.to_string(),
            enabled: rule.enabled,
            line: lines.get(&*rule.name).copied().unwrap_or_default(),
            who: who(rule),
            people,
            problem: broken.map(|broken| broken.error.to_string()),
            keys: keys["rule"][index].clone(),
        }
    };
    Ok(rules.list.iter().enumerate().map(row).collect())
}

fn who(rule: &Rule) -> String {
    let people = &rule.people;
    let names = |scopes: &[gotosync_core::model::Scope]| {
        scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    };
    let filter = people.filter.as_ref().map(|filter| format!(" with {filter}"));
    let text = names(&people.scopes) + &filter.unwrap_or_default();
    let filter = people.not_filter.as_ref().map(|filter| format!("people with {filter}"));
    let not: Vec<String> =
        (!people.not_scopes.is_empty()).then(|| names(&people.not_scopes)).into_iter().chain(filter).collect();
    if not.is_empty() { text } else { format!("{text}, but not {}", not.join(" or ")) }
}

/// Returns the settings of a rule, without its selection.
fn gives(keys: &Value) -> String {
    let Some(keys) = keys.as_object() else { return String::new() };
    let said = keys.iter().filter(|(key, _)| !WHO.contains(&key.as_str()));
    said.map(|(key, value)| format!("{key} {}", short(value))).collect::<Vec<_>>().join("; ")
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let inner: Vec<_> = map.iter().map(|(key, value)| format!("{key} {}", short(value))).collect();
            format!("({})", inner.join(", "))
        }
        other => other.to_string(),
    }
}

struct Table<'r>(&'r [Row]);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|row| row.name.chars().count()).max().unwrap_or_default().clamp(4, NAME);
        writeln!(f, "{:>3}  {:>7}  {:<width$}  selection and settings", "no", "people", "name")?;
        for row in self.0 {
            let people = match (row.people, row.enabled) {
                (Some(people), _) => people.to_string(),
                (None, false) => "off".to_owned(),
                (None, true) => "?".to_owned(),
            };
            writeln!(f, "{:>3}  {people:>7}  {:<width$}  {}", row.number, row.name, row.who)?;
            let gives = gives(&row.keys);
            for line in [&gives].into_iter().filter(|line| !line.is_empty()).chain(&row.problem) {
                writeln!(f, "{:>14}{:<width$}  {line}", "", "")?;
            }
        }
        Ok(())
    }
}

/// Keys of the selection.
const WHO: [&str; 7] = ["name", "enabled", "ou", "group", "everyone", "filter", "exclude"];
/// The maximum width of the name column. Longer names shift their line to the right.
const NAME: usize = 40;
