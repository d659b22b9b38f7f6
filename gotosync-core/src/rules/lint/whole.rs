//! What an admin should know who reads the file: trials, rehearsals, deletions.

use super::{Finding, FindingKind};
use crate::model::text::count;
use crate::model::{Field, WelcomeEmail};
use crate::rules::{Leavers, Mode, Rule, Rules};

/// What holds for the whole file.
pub(super) fn of_file(rules: &Rules) -> Vec<Finding> {
    let finding =
        |kind, evidence: String, hint: &str| Finding { kind, rule: None, line: None, evidence, hint: hint.into() };
    let mut findings = Vec::new();
    if rules.mode == Mode::Simulate {
        let hint = "take `mode` out to have it applied";
        findings.push(finding(FindingKind::OnTrial, "nothing of it is applied".to_owned(), hint));
    }
    if let Some(rewrite) = &rules.rewrite {
        let evidence = format!("ann@example.test becomes {rewrite}");
        findings.push(finding(FindingKind::Rewrites, evidence, "take `rewrite_email` out when the rehearsal is over"));
    }
    if let Some(evidence) = deletes(rules.leavers) {
        findings.push(finding(FindingKind::Deletes, evidence, EACH_APPROVED));
    }
    for template in &rules.welcome_emails {
        let uses =
            |rule: &Rule| matches!(&rule.gives.welcome, Some(WelcomeEmail::Template(name)) if *name == template.name);
        if !rules.list.iter().any(uses) {
            let evidence = format!("no rule says `welcome_email = {{ template = \"{}\" }}`", template.name);
            findings.push(finding(FindingKind::UnusedTemplate, evidence, "name it in a rule, or take it out"));
        }
    }
    findings
}

/// What holds for one rule; `people` are those it selects, where that is known.
pub(super) fn of_rule(rules: &Rules, rule: &Rule, people: Option<usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rule.is_simulated() {
        let whom = people.map_or_else(String::new, |people| format!(" for {}", count(people, "person", "people")));
        let hint = "take `mode` out of it to have it applied";
        findings.push(Finding::of(FindingKind::OnTrial, rule, format!("nothing of it is applied{whom}"), hint));
    }
    for (at, given) in rule.gives.products.iter().enumerate() {
        if rule.gives.products[..at].iter().any(|other| other.product == given.product) {
            let evidence = format!("gives `{}` twice, and only the first counts", given.product);
            findings.push(Finding::of(FindingKind::UnusedKey, rule, evidence, "take one out"));
        }
    }
    let gives_extension = |rule: &Rule| {
        rule.enabled && (rule.gives.extensions.is_some() || rule.mapping(Field::Extension, None).is_some())
    };
    if rule.gives.voicemail.is_some() && !rules.list.iter().any(gives_extension) {
        let evidence = "sets `voicemail`, and no rule gives an `extension` that it would come with";
        let hint = "set `extension` too, or take `voicemail` out";
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

const EACH_APPROVED: &str = "each such plan waits for approval";
