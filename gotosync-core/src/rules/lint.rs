//! A linter for rules: it finds rules that are valid, but probably not what their author means.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::desire::{Desires, desire};
use super::profile::Trial;
use super::{Rule, Rules, RulesFile};
use crate::Error;
use crate::model::{Account, Directory, Severity, kinds};
use crate::target::{Capabilities, FieldLimits};

mod effect;
mod names;
mod people;
mod whole;

/// A finding of the linter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of finding.
    pub kind: FindingKind,
    /// The rule it is about; `None` if it is about the whole file.
    pub rule: Option<String>,
    /// The line in which that rule starts.
    pub line: Option<usize>,
    /// The details: the facts that led to the finding.
    pub evidence: String,
    /// A suggestion for fixing it.
    pub hint: String,
}

kinds! {
    /// A kind of finding. Each kind has a severity, a word, and a heading. No finding is worse than a warning, because the check of a
    /// plan finds everything that must stop a run.
    FindingKind;

    /// A rule names an OU or a group that the directory does not have.
    ScopeMissing = "scope-missing", Warning, "names an OU or group that the directory does not have";
    /// A rule names a group by a name that several groups have.
    ScopeAmbiguous = "scope-ambiguous", Warning, "names a group by a name that several groups have";
    /// A rule names a product that the account has no license for.
    UnknownProduct = "unknown-product", Warning, "names a product that the account does not have";
    /// A rule names a user group that the account does not have, and does not create it.
    UnknownGroup = "unknown-group", Warning, "names a user group that the account does not have";
    /// A rule names a template, role set, device group, or custom field that gotosync cannot find in the account.
    UnknownSetting = "unknown-setting", Warning, "names a setting that gotosync cannot find in the account";
    /// The file defines a welcome e-mail that no rule uses.
    UnusedTemplate = "unused-template", Info, "defines a welcome e-mail that no rule uses";
    /// A rule, or the whole file, is only simulated.
    OnTrial = "on-trial", Info, "is only simulated";
    /// The file rewrites every e-mail address.
    Rewrites = "rewrites", Warning, "rewrites every e-mail address";
    /// The file or a rule deletes leavers.
    Deletes = "deletes", Info, "deletes leavers";
    /// A filter or the file names an attribute that no person in the directory has.
    UnknownAttribute = "unknown-attribute", Warning, "names an unknown attribute";
    /// The file declares an attribute that no filter and no expression uses.
    UnusedAttribute = "unused-attribute", Info, "declares an unused attribute";
    /// A rule excludes everyone that it selects.
    ExcludesItself = "excludes-itself", Warning, "excludes everyone that it selects";
    /// A rule currently selects no one.
    SelectsNobody = "selects-nobody", Warning, "selects no one";
    /// Earlier rules already set everything that a rule sets, for all of its people.
    NoEffect = "no-effect", Warning, "has no effect";
    /// A rule sets a value, but earlier rules set another value for all of its people.
    NeverApplies = "never-applies", Warning, "sets a value that never applies, because an earlier rule sets it";
    /// An expression is never used because earlier rules have other expressions for all of the people.
    UnusedMapping = "unused-mapping", Warning, "has an expression that is never used";
    /// A rule neither creates nor changes users.
    OnlySelects = "only-selects", Info, "neither creates nor changes users";
    /// A rule has a key that has no effect.
    UnusedKey = "unused-key", Info, "has a key without effect";
}

impl Finding {
    fn of(kind: FindingKind, rule: &Rule, evidence: impl Into<String>, hint: impl Into<String>) -> Self {
        let (evidence, hint) = (evidence.into(), hint.into());
        Self { kind, rule: Some(rule.name.to_string()), line: None, evidence, hint }
    }

    /// Returns the severity.
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

/// Finds rules that probably do not do what they seem to do. Findings are in the order of the file; disabled rules are skipped.
///
/// Some findings need the directory, or the account with the capabilities of its target. Pass `None` if one of them could not be
/// read completely; those findings are then omitted.
///
/// # Errors
/// Every problem in a file that is not valid.
pub fn lint(
    file: &RulesFile,
    directory: Option<&Arc<Directory>>,
    account: Option<(&Account, &Capabilities)>,
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

/// Finds the names in one rule that the directory or the account does not have. The rule may be enabled or disabled.
///
/// # Errors
/// Every problem in a file that is not valid.
pub fn unknown_names(
    file: &RulesFile,
    rule: &str,
    directory: Option<&Directory>,
    account: Option<(&Account, &Capabilities)>,
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

/// Returns the number of people that a rule selects, if the directory is known and the rule can be evaluated.
fn population(desires: Option<&Desires<'_>>, index: usize) -> Option<usize> {
    let desires = desires?;
    let broken = desires.broken.iter().any(|broken| broken.index == index);
    (!broken).then(|| desires.populations[index])
}

/// Returns the name of a rule in backticks.
fn named(rules: &Rules, index: usize) -> String {
    format!("`{}`", rules.list[index].name)
}

#[cfg(test)]
mod tests;
