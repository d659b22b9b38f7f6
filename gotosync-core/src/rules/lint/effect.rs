//! Rules, and parts of rules, that have no effect because other rules have a higher priority.

use std::collections::BTreeSet;

use super::{Finding, FindingKind, named, population};
use crate::model::text::count;
use crate::model::{Depth, Field, Scope, WelcomeEmail};
use crate::rules::desire::Desires;
use crate::rules::{Gives, GroupChoice, Limits, Mapping, Mode, Rule, Rules, Selection};

/// The statements of a rule, grouped by how they combine with those of other rules.
pub(super) struct Says {
    /// Single values, with key and value. The first rule that sets a key wins.
    once: Vec<(String, String)>,
    /// Licenses and device groups, which are combined from all rules.
    products: Vec<String>,
    /// The kinds of changes that the rule allows for its people. One rule that allows a change is enough.
    does: Vec<&'static str>,
    /// `true` if the rule has settings of its own that other rules cannot replace.
    own: bool,
}

/// A value that never applies.
struct Lost<'r> {
    key: &'r str,
    value: &'r str,
    /// The rules that take precedence, each with its value.
    winners: BTreeSet<(usize, String)>,
}

/// Finds statements of a rule that have no effect. `all` holds the statements of every rule.
pub(super) fn of_rule(rules: &Rules, all: &[Says], index: usize, desires: Option<&Desires<'_>>) -> Vec<Finding> {
    let (rule, says) = (&rules.list[index], &all[index]);
    let sets = sets(rules, index, desires);
    let mut findings: Vec<Finding> = only_selects(rules, index, &sets, desires).into_iter().collect();
    let before: Vec<Vec<usize>> = sets.iter().map(|set| before(rules, index, set)).collect();
    let own: Vec<&(String, String)> = says.once.iter().filter(|(_, value)| value != LEFT_ALONE).collect();
    let lost: Vec<Lost<'_>> = own.iter().filter_map(|(key, value)| lost(all, &before, key, value)).collect();
    let each =
        |test: &dyn Fn(&Says) -> bool| before.iter().all(|earlier| earlier.iter().any(|other| test(&all[*other])));
    let said_before = each(&|_| true)
        && lost.len() == own.len()
        && says.products.iter().all(|product| each(&|other| other.products.contains(product)))
        && says.does.iter().all(|word| each(&|other| other.does.contains(word)))
        && !says.own;
    let people = match population(desires, index) {
        Some(number) if number > 0 => format!("for {}", each_of(number)),
        _ => "for everyone that it can select".to_owned(),
    };
    let (lost, same): (Vec<_>, Vec<_>) = lost.into_iter().partition(Lost::differs);
    if said_before && lost.is_empty() {
        let others: BTreeSet<usize> = before.iter().flatten().copied().collect();
        let names = several(others.into_iter().map(|other| named(rules, other)).collect());
        let evidence = format!("{people}, everything that it sets is already set by {names}");
        let hint = "move the rule up (`gotosync rule move`), or remove it";
        findings.push(Finding::of(FindingKind::NoEffect, rule, evidence, hint));
    }
    for Lost { key, value, winners } in &lost {
        let kind = if key.starts_with("fields.") { FindingKind::UnusedMapping } else { FindingKind::NeverApplies };
        let won = winners.iter().map(|(other, value)| format!("{} (`{value}`)", named(rules, *other))).collect();
        let rest =
            if said_before && same.len() + says.products.len() > 0 { "; earlier rules set the rest, too" } else { "" };
        let evidence =
            format!("{people}, `{key}` is set first by {}, so its own `{value}` is never used{rest}", several(won));
        let hint = format!("move the rule up (`gotosync rule move`), or remove `{key}` from it");
        findings.push(Finding::of(kind, rule, evidence, hint));
    }
    findings
}

impl Lost<'_> {
    /// Returns `true` if a different value takes precedence for at least one person.
    fn differs(&self) -> bool {
        self.winners.iter().any(|(_, won)| won != self.value)
    }
}

/// Returns `true` if everyone in the narrow scope is certainly in the wide scope, whatever the directory contains.
pub(super) fn reaches(wide: &Scope, narrow: &Scope) -> bool {
    match (wide, narrow) {
        (Scope::Everyone, _) => true,
        (Scope::Unit { dn: wide, depth: Depth::Subtree }, Scope::Unit { dn: narrow, .. }) => narrow.is_within(wide),
        _ => wide == narrow,
    }
}

/// Returns the statements of a rule. Every new key of rules must be handled here; the exhaustive patterns make the compiler insist.
pub(super) fn says(rule: &Rule) -> Says {
    let Rule { name: _, enabled: _, mode, people: _, create, update, gives, fields, custom_fields, lists, .. } = rule;
    let Rule { leavers, limits, .. } = rule;
    let Gives { products, user_group, create_user_group, role, templates, device_groups, welcome, .. } = gives;
    let Gives { extensions, voicemail, .. } = gives;
    let mut once: Vec<(String, String)> = Vec::new();
    for (field, mapping) in fields {
        let key = field.as_str();
        let inner = matches!(field, Field::Email | Field::FirstName | Field::LastName);
        once.push((if inner { format!("fields.{key}") } else { key.to_owned() }, text_of(mapping.as_ref())));
    }
    for (name, mapping) in custom_fields {
        once.push((format!("custom_fields.{name}"), text_of(mapping.as_ref())));
    }
    for (field, list) in lists {
        once.push((field.as_str().to_owned(), list.iter().map(Mapping::text).collect::<Vec<_>>().join(", ")));
    }
    once.extend(voicemail.iter().map(|voicemail| ("voicemail".to_owned(), voicemail.to_string())));
    once.extend(templates.iter().map(|(product, set)| (format!("templates.{product}"), set.as_str().to_owned())));
    once.extend(
        extensions.iter().map(|range| ("extension".to_owned(), format!("{} to {}", range.start(), range.end()))),
    );
    once.extend(role.iter().map(|role| ("role".to_owned(), role.to_string())));
    once.extend(welcome.iter().map(|mail| ("welcome_email".to_owned(), mail_name(mail))));
    once.extend(user_group.iter().map(|group| ("user_group".to_owned(), group_name(group))));
    let own = leavers.is_some() || *limits != Limits::default() || *mode == Mode::Simulate;
    let flags = [(*create, "create"), (*update, "update"), (*create_user_group && user_group.is_some(), "make groups")];
    let does = flags.into_iter().filter_map(|(flag, word)| flag.then_some(word)).collect();
    // The first rule that assigns a license decides which of its products are turned off, even if it has no `without`.
    once.extend(products.iter().map(|given| {
        let without = given.without.as_ref().map_or_else(|| LEFT_ALONE.to_owned(), |codes| codes.join(", "));
        (format!("products.{}.without", given.product), without)
    }));
    let products = products
        .iter()
        .map(|given| given.product.clone())
        .chain(device_groups.iter().map(|name| format!("device group {name}")))
        .collect();
    Says { once, products, does, own }
}

fn text_of(mapping: Option<&Mapping>) -> String {
    mapping.map_or("false", Mapping::text).to_owned()
}

fn mail_name(mail: &WelcomeEmail) -> String {
    match mail {
        WelcomeEmail::Default => "default".to_owned(),
        WelcomeEmail::None => "none".to_owned(),
        WelcomeEmail::Template(name) => name.clone(),
    }
}

fn group_name(choice: &GroupChoice) -> String {
    match choice {
        GroupChoice::Nowhere => "false".to_owned(),
        GroupChoice::Path(path) => path.to_string(),
    }
}

/// Returns the sets of rules that select people together with this one: the actual sets, or, without a directory, the one set of
/// rules that certainly select the same people.
fn sets(rules: &Rules, index: usize, desires: Option<&Desires<'_>>) -> Vec<Vec<usize>> {
    let profiles = desires.map_or(&[][..], |desires| &desires.profiles);
    let found: Vec<_> = profiles.iter().filter(|it| it.indexes.contains(&index)).map(|it| it.indexes.clone()).collect();
    if !found.is_empty() {
        return found;
    }
    let own = &rules.list[index].people;
    let certain = rules.list.iter().enumerate().filter(|(at, other)| {
        let broken = desires.is_some_and(|desires| desires.broken.iter().any(|broken| broken.index == *at));
        *at == index || (other.enabled && !broken && covers(&other.people, own))
    });
    vec![certain.map(|(at, _)| at).collect()]
}

/// Returns `true` if the wide selection certainly contains everyone in the narrow selection.
fn covers(wide: &Selection, narrow: &Selection) -> bool {
    narrow.scopes.iter().all(|scope| wide.scopes.iter().any(|own| reaches(own, scope)))
        && (wide.filter.is_none() || wide.filter == narrow.filter)
        && wide.not_scopes.iter().all(|scope| narrow.not_scopes.iter().any(|own| reaches(own, scope)))
        && (wide.not_filter.is_none() || wide.not_filter == narrow.not_filter)
}

/// Returns the rules of a set with a higher priority than the given rule: rules with `update` come first, then the order of the file
/// applies.
fn before(rules: &Rules, index: usize, set: &[usize]) -> Vec<usize> {
    let turn = |at: usize| (!rules.list[at].update, at);
    let mut earlier: Vec<usize> = set.iter().copied().filter(|other| turn(*other) < turn(index)).collect();
    earlier.sort_by_key(|at| turn(*at));
    earlier
}

fn lost<'s>(all: &[Says], before: &[Vec<usize>], key: &'s str, value: &'s str) -> Option<Lost<'s>> {
    let mut winners = BTreeSet::new();
    for earlier in before {
        let winner = earlier.iter().find_map(|other| {
            let said = all[*other].once.iter().find(|(own, _)| own == key);
            said.map(|(_, value)| (*other, value.clone()))
        });
        winners.insert(winner?);
    }
    Some(Lost { key, value, winners })
}

/// Finds a rule that neither creates nor changes users, unless another rule creates users for its people: those users start with
/// what this rule gives.
fn only_selects(rules: &Rules, index: usize, sets: &[Vec<usize>], desires: Option<&Desires<'_>>) -> Option<Finding> {
    let rule = &rules.list[index];
    let makes = |other: &usize| *other != index && rules.list[*other].enabled && rules.list[*other].create;
    let everyone: Vec<usize> = (0..rules.list.len()).collect();
    let made = match population(desires, index) {
        Some(number) if number > 0 => sets.iter().flatten().any(makes),
        _ => everyone.iter().any(makes),
    };
    if rule.create || rule.update || made {
        return None;
    }
    let evidence = "`create` and `update` are false, and no rule that creates users selects its people: the rule only keeps \
                    them from becoming leavers";
    Some(Finding::of(FindingKind::OnlySelects, rule, evidence, "if this is not intended, set one of the keys to true"))
}

fn each_of(number: usize) -> String {
    if number == 1 {
        "the only person it selects".to_owned()
    } else {
        format!("all of the {}", count(number, "person", "people it selects"))
    }
}

/// Joins names, of which only the first few are listed.
fn several(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

/// The maximum number of rules that a finding names.
const NAMED: usize = 3;

/// The value of a key that a rule omits although other rules may set it.
const LEFT_ALONE: &str = "unchanged";
