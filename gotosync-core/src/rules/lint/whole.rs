//! Things that an admin should know about a file: simulations, rehearsals, and deletions.

use super::{Finding, FindingKind};
use crate::model::text::count;
use crate::model::{Field, WelcomeEmail};
use crate::rules::{Leavers, Mode, Rule, Rules};

/// Finds things that are true of the whole file.
pub(super) fn of_file(rules: &Rules) -> Vec<Finding> {
    let finding =
        |kind, evidence: String, hint: &str| Finding { kind, rule: None, line: None, evidence, hint: hint.into() };
    let mut findings = Vec::new();
    if rules.mode == Mode::Simulate {
        let hint = "remove `mode` to apply the rules";
        findings.push(finding(FindingKind::OnTrial, "no changes are applied".to_owned(), hint));
    }
    if let Some(rewrite) = &rules.rewrite {
        let evidence = format!("ann@example.test becomes {rewrite}");
        findings.push(finding(FindingKind::Rewrites, evidence, "remove `rewrite_email` after the rehearsal"));
    }
    if let Some(evidence) = deletes(rules.leavers) {
        findings.push(finding(FindingKind::Deletes, evidence, EACH_APPROVED));
    }
    for template in &rules.welcome_emails {
        let uses =
            |rule: &Rule| matches!(&rule.gives.welcome, Some(WelcomeEmail::Template(name)) if *name == template.name);
        if !rules.list.iter().any(uses) {
            let evidence = format!("no rule has `welcome_email = {{ template = \"{}\" }}`", template.name);
            findings.push(finding(FindingKind::UnusedTemplate, evidence, "use it in a rule, or remove it"));
        }
    }
    findings
}

/// Finds things that are true of one rule. `people` is the number of people that it selects, if known.
pub(super) fn of_rule(rules: &Rules, rule: &Rule, people: Option<usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rule.is_simulated() {
        let selected = people.map_or_else(String::new, |people| format!(" for {}", count(people, "person", "people")));
        let hint = "remove `mode` from the rule to apply it";
        findings.push(Finding::of(FindingKind::OnTrial, rule, format!("no changes are applied{selected}"), hint));
    }
    for (at, given) in rule.gives.products.iter().enumerate() {
        if rule.gives.products[..at].iter().any(|other| other.product == given.product) {
            let evidence = format!("`products` lists `{}` twice, and only the first entry is used", given.product);
            findings.push(Finding::of(FindingKind::UnusedKey, rule, evidence, "remove one of them"));
        }
    }
    let gives_extension = |rule: &Rule| {
        rule.enabled && (rule.gives.extensions.is_some() || rule.mapping(Field::Extension, None).is_some())
    };
    if rule.gives.voicemail.is_some() && !rules.list.iter().any(gives_extension) {
        let evidence = "`voicemail` is applied together with a new `extension`, but no rule sets `extension`";
        let hint = "set `extension` too, or remove `voicemail`";
        findings.push(Finding::of(FindingKind::UnusedKey, rule, evidence, hint));
    }
    if let Some(evidence) = rule.leavers.and_then(deletes) {
        findings.push(Finding::of(FindingKind::Deletes, rule, evidence, EACH_APPROVED));
    }
    findings
}

fn deletes(leavers: Leavers) -> Option<String> {
    let after = leavers.delete?;
    let (days, reads) =
        (count(after.days as usize, "day", "days"), count(after.reads as usize, "read", "complete reads"));
    Some(format!("after {days} and {reads}"))
}

const EACH_APPROVED: &str = "each plan with deletions needs the approval of an admin";
