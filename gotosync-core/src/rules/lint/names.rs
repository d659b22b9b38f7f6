//! Names in rules that the directory or the account does not have.

use super::super::lookup::missing;
use super::{Finding, FindingKind};
use crate::model::text::{fold, nearest};
use crate::model::{
    Account, Directory, Dn, GroupRef, NoteKind, Scope, ScopeError, UserGroupPath, known_attribute, known_attributes,
};
use crate::rules::desire::Desires;
use crate::rules::{GroupChoice, Rule, Rules};
use crate::target::Capabilities;

/// Finds unknown names in one rule.
pub(super) fn of_rule(
    rule: &Rule,
    rules: &Rules,
    declared: &[String],
    directory: Option<&Directory>,
    account: Option<(&Account, &Capabilities)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(directory) = directory {
        let scopes = rule.people.scopes.iter().chain(&rule.people.not_scopes);
        findings.extend(scopes.filter_map(|scope| missing_scope(rule, scope, directory)));
    }
    let filters = rule.people.filter.iter().chain(&rule.people.not_filter);
    let mut attributes: Vec<String> = filters.flat_map(crate::model::Filter::attributes).collect();
    attributes.sort();
    attributes.dedup();
    findings.extend(attributes.iter().filter_map(|name| unknown_attribute(rule, name, declared, directory)));
    if let Some((account, capabilities)) = account {
        findings.extend(unknown(rule, rules, account, capabilities));
        findings.extend(unknown_group(rule, account));
    }
    if rule.gives.create_user_group && !matches!(rule.gives.user_group, Some(GroupChoice::Path(_))) {
        let evidence = "`create_user_group` has no effect without the path of a `user_group`";
        findings.push(Finding::of(FindingKind::UnusedKey, rule, evidence, "set `user_group`, or remove the key"));
    }
    findings
}

/// Finds attributes that the file declares although they are unused or unknown.
pub(super) fn declared(declared: &[String], rules: &Rules, desires: Option<&Desires<'_>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in declared {
        let same = |own: &String| own.eq_ignore_ascii_case(name);
        let used = rules.list.iter().any(|rule| {
            let mut filters = rule.people.filter.iter().chain(&rule.people.not_filter);
            filters.any(|filter| filter.attributes().iter().any(same))
                || rule.mappings().any(|mapping| mapping.attributes().iter().any(same))
        });
        let finding =
            |kind, evidence, hint: &str| Finding { kind, rule: None, line: None, evidence, hint: hint.into() };
        if !used {
            let evidence = format!("no filter and no expression uses `{name}`");
            findings.push(finding(FindingKind::UnusedAttribute, evidence, "remove it from `attributes`"));
        } else if desires.is_some_and(|desires| !anyone_has(desires.directory, name)) {
            let evidence = format!("`attributes` declares `{name}`, but no person in the directory has it");
            let hint = match nearest(name, known_attributes()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "check how the directory spells it".to_owned(),
            };
            findings.push(finding(FindingKind::UnknownAttribute, evidence, &hint));
        }
    }
    findings
}

fn missing_scope(rule: &Rule, scope: &Scope, directory: &Directory) -> Option<Finding> {
    match scope.find(directory).err()? {
        ScopeError::Missing { scope: name, .. } => {
            let near = near_scopes(scope, directory);
            let hint = match (&*near, scope) {
                ([], Scope::Unit { .. }) => "find it with `gotosync browse`".to_owned(),
                ([], _) => "write the account name, common name, DN, or ID of the group".to_owned(),
                _ => format!("did you mean {}?", alternatives(&near)),
            };
            Some(Finding::of(FindingKind::ScopeMissing, rule, format!("{name} is not in the directory"), hint))
        }
        error @ ScopeError::Ambiguous { .. } => {
            let hint = "write its distinguished name or its ID instead";
            Some(Finding::of(FindingKind::ScopeAmbiguous, rule, error.to_string(), hint))
        }
    }
}

/// Returns units or groups of the directory with names similar to that of a scope, nearest first.
fn near_scopes(scope: &Scope, directory: &Directory) -> Vec<String> {
    match scope {
        Scope::Everyone => Vec::new(),
        Scope::Unit { dn, .. } => near_units(dn, directory),
        Scope::Group { group: GroupRef::Dn(dn), .. } => {
            near(&dn.name(), directory.groups().iter().map(|group| (group.dn.name(), group.dn.to_string())))
        }
        Scope::Group { group, .. } => near(
            &group.to_string(),
            directory.groups().iter().map(|group| (group.name.to_string(), group.name.to_string())),
        ),
    }
}

/// Returns sibling units with a similar name, or else units elsewhere with the same name, or else units elsewhere with a similar name.
fn near_units(wanted: &Dn, directory: &Directory) -> Vec<String> {
    let (name, place) = (wanted.name(), wanted.parent());
    let all = || directory.units().iter().map(|unit| &unit.dn);
    let called = |dn: &Dn| (dn.name(), dn.to_string());
    let beside = near(&name, all().filter(|dn| dn.parent() == place).map(called));
    if !beside.is_empty() {
        return beside;
    }
    let elsewhere = all().filter(|dn| fold(&dn.name()) == fold(&name));
    let elsewhere = near(wanted.as_str(), elsewhere.map(|dn| (dn.to_string(), dn.to_string())));
    if elsewhere.is_empty() { near(&name, all().map(called)) } else { elsewhere }
}

fn unknown_attribute(rule: &Rule, name: &str, declared: &[String], directory: Option<&Directory>) -> Option<Finding> {
    let is_declared = declared.iter().any(|own| own.eq_ignore_ascii_case(name));
    if known_attribute(name).is_some() || is_declared || directory.is_some_and(|it| anyone_has(it, name)) {
        return None;
    }
    let near = nearest(name, known_attributes());
    let (evidence, hint) = match (near, directory) {
        (Some(known), _) => (format!("the filter uses `{name}`"), format!("did you mean `{known}`?")),
        (None, Some(_)) => {
            let evidence = format!("the filter uses `{name}`, but no person in the directory has it");
            (evidence, "check how the directory spells it; if it is right, declare it in `attributes`".to_owned())
        }
        // Without a directory, a custom attribute cannot be distinguished from a typo.
        (None, None) => return None,
    };
    Some(Finding::of(FindingKind::UnknownAttribute, rule, evidence, hint))
}

fn anyone_has(directory: &Directory, name: &str) -> bool {
    directory.people().iter().any(|person| !directory.values(person, name).is_empty())
}

/// Finds products, templates, roles, and other names in a rule that gotosync cannot find in the account.
fn unknown(rule: &Rule, rules: &Rules, account: &Account, capabilities: &Capabilities) -> Vec<Finding> {
    // A user group that another rule creates will exist in time.
    let created = |path: &UserGroupPath| rules.list.iter().any(|other| other.makes_group(path));
    let has_group = |path: &UserGroupPath| account.has_group(path) || created(path);
    let missing = missing(rule, &rules.welcome_emails, account, capabilities, has_group);
    let finding = |(kind, message): (NoteKind, String)| {
        let (kind, remedy) = match kind {
            NoteKind::UnknownProduct => (FindingKind::UnknownProduct, "buy the license, or remove it from the rule"),
            _ => (FindingKind::UnknownSetting, "create it in the account, or remove it from the rule"),
        };
        let (evidence, hint) = match message.split_once("; ") {
            Some((evidence, hint)) => (evidence.to_owned(), hint.to_owned()),
            None => (message, remedy.to_owned()),
        };
        Finding::of(kind, rule, evidence, hint)
    };
    missing.into_iter().map(finding).collect()
}

fn unknown_group(rule: &Rule, account: &Account) -> Option<Finding> {
    let Some(GroupChoice::Path(path)) = &rule.gives.user_group else { return None };
    if rule.gives.create_user_group || account.has_group(path) {
        return None;
    }
    let groups = || account.groups.iter().map(|group| group.path.to_string());
    let near = near(path.as_str(), groups().map(|path| (path.clone(), path)));
    let hint = if near.is_empty() {
        "write `create_user_group = true` to have it created".to_owned()
    } else {
        format!("did you mean {}? Or write `create_user_group = true` to have it created", alternatives(&near))
    };
    Some(Finding::of(FindingKind::UnknownGroup, rule, format!("the account has no user group `{path}`"), hint))
}

/// Returns the few candidates with the nearest names. A candidate is a name and the text to show for it.
fn near(wanted: &str, candidates: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut left: Vec<(String, String)> = candidates.collect();
    let mut found = Vec::new();
    while found.len() < OFFERED {
        let Some(name) = nearest(wanted, left.iter().map(|(name, _)| name.as_str())) else { break };
        let Some(at) = left.iter().position(|(own, _)| own == name) else { break };
        found.push(left.swap_remove(at).1);
    }
    found
}

fn alternatives(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match &*quoted {
        [init @ .., last] if !init.is_empty() => format!("{} or {last}", init.join(", ")),
        _ => quoted.concat(),
    }
}

/// The maximum number of suggestions.
const OFFERED: usize = 3;
