//! A linter for rules: what can be read and yet is not what its author means.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::desire::{Desires, desire};
use super::profile::Trial;
use super::{Rule, Rules, RulesFile};
use crate::Error;
use crate::model::{Account, Directory, Severity, kinds};
use crate::target::FieldLimits;

mod effect;
mod names;
mod people;
mod whole;

/// One thing that the linter found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The rule it is about, unless it is about the file.
    pub rule: Option<String>,
    /// The line in which that rule starts.
    pub line: Option<usize>,
    /// What shows it, in words.
    pub evidence: String,
    /// What can be done about it.
    pub hint: String,
}

kinds! {
    /// What a finding is about. Each kind has one severity, nothing worse than a warning, because what stops a run is found
    /// by its check; one word and one heading.
    FindingKind;

    /// A rule names an OU or a group that is not there.
    ScopeMissing = "scope-missing", Warning, "names what is not in the directory";
    /// A rule names a group by a name that several have.
    ScopeAmbiguous = "scope-ambiguous", Warning, "names a group that could be one of several";
    /// A rule names a product the account has no license for.
    UnknownProduct = "unknown-product", Warning, "names a product the account lacks";
    /// A rule names a user group that the account does not have, and does not make it.
    UnknownGroup = "unknown-group", Warning, "names a user group the account lacks";
    /// A rule names a template, a role set, a device group or a custom field that the account does not have.
    UnknownSetting = "unknown-setting", Warning, "names a setting the account lacks";
    /// The file makes a welcome e-mail that no rule uses.
    UnusedTemplate = "unused-template", Info, "makes a welcome e-mail that no rule uses";
    /// A rule, or the whole file, is only simulated.
    OnTrial = "on-trial", Info, "is only simulated";
    /// Every address is rewritten.
    Rewrites = "rewrites", Warning, "rewrites every address";
    /// Leavers are deleted.
    Deletes = "deletes", Info, "deletes leavers";
    /// A filter or the file names an attribute nobody has.
    UnknownAttribute = "unknown-attribute", Warning, "names an attribute that is not there";
    /// The file declares an attribute that nothing uses.
    UnusedAttribute = "unused-attribute", Info, "declares an attribute that nothing uses";
    /// A rule takes out everybody it means.
    ExcludesItself = "excludes-itself", Warning, "excludes everybody it means";
    /// A rule selects nobody now.
    SelectsNobody = "selects-nobody", Warning, "selects nobody";
    /// Whatever a rule says, earlier rules say for all of its people.
    NoEffect = "no-effect", Warning, "has no effect";
    /// A rule sets something that an earlier rule sets otherwise for all of its people.
    NeverApplies = "never-applies", Warning, "contradicts an earlier rule and never applies";
    /// The expression of a field is never used, because an earlier rule has another for all of the people.
    UnusedMapping = "unused-mapping", Warning, "has an expression that is never used";
    /// A rule makes nobody and changes nobody.
    OnlySelects = "only-selects", Info, "makes nobody and changes nobody";
    /// A rule has a key that says nothing without another.
    UnusedKey = "unused-key", Info, "has a key that says nothing";
}

impl Finding {
    fn of(kind: FindingKind, rule: &Rule, evidence: impl Into<String>, hint: impl Into<String>) -> Self {
        let (evidence, hint) = (evidence.into(), hint.into());
        Self { kind, rule: Some(rule.name.to_string()), line: None, evidence, hint }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.severity().as_str())?;
        match &self.rule {
            Some(rule) => write!(f, "rule `{rule}` ")?,
            None => f.write_str("the file ")?,
        }
        write!(f, "{}: {}", self.kind.heading(), self.evidence)
    }
}

/// Looks for rules that do not do what they seem to, in the order of the file.
///
/// Without a directory or an account, what only they can tell is left out; whoever has read one in part should leave it out
/// too. Rules that are off are left alone.
///
/// # Errors
/// Every problem of a file that cannot be used.
pub fn lint(
    file: &RulesFile,
    directory: Option<&Arc<Directory>>,
    account: Option<&Account>,
) -> Result<Vec<Finding>, Vec<Error>> {
    let rules = file.rules()?;
    let desires = directory.map(|directory| desire(&rules, directory, FieldLimits::VENDOR, Trial::Include));
    let declared = file.declared();
    let says: Vec<_> = rules.list.iter().map(effect::says).collect();
    let mut findings = whole::of_file(&rules);
    findings.extend(names::declared(&declared, &rules, desires.as_ref()));
    for (index, rule) in rules.list.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        findings.extend(names::of_rule(rule, &rules, &declared, desires.as_ref().map(|it| it.directory), account));
        findings.extend(whole::of_rule(&rules, rule, population(desires.as_ref(), index)));
        findings.extend(people::of_rule(&rules, index, desires.as_ref()));
        findings.extend(effect::of_rule(&rules, &says, index, desires.as_ref()));
    }
    Ok(placed(file, findings))
}

/// Looks for what one rule names and the directory or the account lacks; whether the rule is on or off.
///
/// # Errors
/// Every problem of a file that cannot be used.
pub fn unknown_names(
    file: &RulesFile,
    rule: &str,
    directory: Option<&Directory>,
    account: Option<&Account>,
) -> Result<Vec<Finding>, Vec<Error>> {
    let rules = file.rules()?;
    let found = rules.rule(rule).map(|rule| names::of_rule(rule, &rules, &file.declared(), directory, account));
    Ok(placed(file, found.unwrap_or_default()))
}

fn placed(file: &RulesFile, mut findings: Vec<Finding>) -> Vec<Finding> {
    let lines = file.lines();
    for finding in &mut findings {
        finding.line = finding.rule.as_deref().and_then(|rule| lines.get(rule)).copied();
    }
    findings
}

/// The people that a rule selects, where the directory is known and the rule can be evaluated.
fn population(desires: Option<&Desires<'_>>, index: usize) -> Option<usize> {
    let desires = desires?;
    let broken = desires.broken.iter().any(|broken| broken.index == index);
    (!broken).then(|| desires.populations[index])
}

/// The rule at a place, and its name in backticks.
fn named(rules: &Rules, index: usize) -> String {
    format!("`{}`", rules.list[index].name)
}

#[cfg(test)]
mod tests;
