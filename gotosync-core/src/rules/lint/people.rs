//! Rules that select no one.

use super::{Finding, FindingKind, population};
use crate::model::text::count;
use crate::rules::desire::Desires;
use crate::rules::select::{Miss, Selector};
use crate::rules::{Rules, Selection};

use super::effect::reaches;

/// Finds the reason why a rule selects no one, if that is so.
pub(super) fn of_rule(rules: &Rules, index: usize, desires: Option<&Desires<'_>>) -> Option<Finding> {
    let rule = &rules.list[index];
    let hint = "correct `exclude`, or disable the rule with `gotosync rule disable`";
    if let Some(what) = excluded_by_itself(&rule.people) {
        return Some(Finding::of(FindingKind::ExcludesItself, rule, what, hint));
    }
    let desires = desires.filter(|_| population(desires, index) == Some(0))?;
    let selector = Selector::new(rules, desires.directory);
    let (mut excluded, mut unmatched) = (0, 0);
    for person in desires.directory.people() {
        match selector.why_not(index, person) {
            Some(Miss::Excluded { .. } | Miss::ExcludedByFilter { .. }) => excluded += 1,
            Some(Miss::Filter { .. }) => unmatched += 1,
            _ => {}
        }
    }
    let people = |number| count(number, "person", "people");
    Some(if excluded > 0 {
        let evidence = format!("its `exclude` removes all of the {} that it would select", people(excluded));
        Finding::of(FindingKind::ExcludesItself, rule, evidence, hint)
    } else if unmatched > 0 {
        let evidence = format!("none of the {} in its OUs and groups matches its filter", people(unmatched));
        Finding::of(FindingKind::SelectsNobody, rule, evidence, "check one of them with `gotosync explain PERSON`")
    } else {
        let scopes: Vec<_> = rule.people.scopes.iter().map(ToString::to_string).collect();
        let evidence = format!("there are no people in {}", scopes.join(", "));
        Finding::of(FindingKind::SelectsNobody, rule, evidence, "check the directory with `gotosync browse`")
    })
}

/// Returns the reason if a selection excludes everyone that it would select, as far as this is visible without a directory.
fn excluded_by_itself(people: &Selection) -> Option<String> {
    let covered = |scope| people.not_scopes.iter().any(|not| reaches(not, scope));
    if !people.scopes.is_empty() && people.scopes.iter().all(covered) {
        return Some("its `exclude` covers all of its OUs and groups".to_owned());
    }
    let same = people.filter.is_some() && people.filter == people.not_filter;
    same.then(|| "its `filter` is the same as the filter of its `exclude`".to_owned())
}
