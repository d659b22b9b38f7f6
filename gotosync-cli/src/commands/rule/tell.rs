//! The messages after a rule was saved.

use std::collections::HashSet;
use std::sync::Arc;

use gotosync_core::model::text::count;
use gotosync_core::model::{Directory, PersonIx};
use gotosync_core::rules::{FindingKind, RulesFile, Trial, desire, lint};
use gotosync_core::target::FieldLimits;
use gotosync_core::{Config, Rules};

use super::look::{self, Seen};
use crate::output::say;

/// Prints the saved change, the number of people that the rule selects, and notes about the rule.
///
/// Uses the directory in `seen` if it was read already.
pub(super) async fn saved(
    config: &Config,
    before: &RulesFile,
    after: &RulesFile,
    name: &str,
    done: &str,
    seen: Option<Seen>,
) {
    let name = name.trim();
    if !after.is_changed() {
        return say(format_args!("rule `{name}` in {} is unchanged: it was like this already", after.file()));
    }
    let place = after.line_of(name).map_or_else(String::new, |line| format!(", line {line}"));
    let what = format!("{done} rule `{name}` in {}{place}", after.file());
    let Ok(rules) = after.rules() else { return say(what) };
    let old = before.rules().ok();
    let read = match seen.and_then(Seen::into_directory) {
        Some(read) => read,
        None => look::directory(config, &look::request(old.as_ref(), &rules, name)).await,
    };
    let directory = match read {
        Ok(directory) => directory,
        Err(error) => return say(format_args!("{what}; could not count the people that it selects: {error}")),
    };
    say(format_args!("{what}{}", selects(&rules, name, &directory)));
    let gone = old.map_or(0, |old| lost(&old, &rules, &directory));
    if gone > 0 {
        say(format_args!(
            "note: {} no longer selected by any rule; those that a run has synced become leavers",
            count(gone, "person is", "people are")
        ));
    }
    let shown =
        [FindingKind::NoEffect, FindingKind::NeverApplies, FindingKind::UnusedMapping, FindingKind::ExcludesItself];
    for finding in lint(after, Some(&directory), None).unwrap_or_default() {
        if finding.rule.as_deref() == Some(name) && shown.contains(&finding.kind) {
            say(format_args!("note: {finding}"));
        }
    }
}

/// Returns the number of people that a rule selects, or would select if enabled, in words.
fn selects(rules: &Rules, name: &str, directory: &Arc<Directory>) -> String {
    let Some(index) = rules.list.iter().position(|rule| &*rule.name == name) else { return String::new() };
    let on = look::switched_on(rules, name);
    let desires = desire(&on, directory, FieldLimits::VENDOR, Trial::Include);
    if let Some(broken) = desires.broken.iter().find(|broken| broken.index == index) {
        return format!("; it cannot be evaluated: {}", broken.error);
    }
    let number = count(desires.populations[index], "person", "people");
    if rules.list[index].enabled {
        format!("; it selects {number}")
    } else {
        format!("; it is disabled, and would select {number}")
    }
}

/// Returns the number of people that a rule selected before and no rule selects now.
fn lost(before: &Rules, after: &Rules, directory: &Arc<Directory>) -> usize {
    let selected = |rules: &Rules| -> HashSet<PersonIx> {
        desire(rules, directory, FieldLimits::VENDOR, Trial::Include)
            .people
            .iter()
            .map(|desire| desire.person)
            .collect()
    };
    selected(before).difference(&selected(after)).count()
}
