//! Selection of people by rules. Scopes become bits on units and groups, so each person costs only a few bit operations.

use serde::Serialize;

use super::Rules;
use crate::model::{CompiledFilter, Depth, Directory, FoundScope, Person, Scope, ScopeError};

/// A rule that cannot be evaluated because an OU or group that it names is missing or ambiguous.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrokenRule {
    /// The index of the rule.
    pub index: usize,
    /// The reason.
    pub error: ScopeError,
}

/// The reason why a rule does not select a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Miss {
    /// The rule is disabled.
    Off,
    /// The rule cannot be evaluated.
    Broken {
        /// The reason.
        error: ScopeError,
    },
    /// The person is in none of its scopes.
    OutsideScopes {
        /// The scopes.
        scopes: Vec<String>,
    },
    /// The person does not match its filter.
    Filter {
        /// The part of the filter that does not match.
        part: String,
    },
    /// The person is excluded by a scope.
    Excluded {
        /// The excluded scopes of the rule.
        scopes: Vec<String>,
    },
    /// The person is excluded by a filter.
    ExcludedByFilter {
        /// The exclusion filter.
        filter: String,
    },
}

/// A bit set.
pub(super) type Bits = Vec<u64>;

/// Rules that are ready to select people of one directory.
#[derive(Debug)]
pub(super) struct Selector<'d> {
    rules: &'d Rules,
    directory: &'d Directory,
    /// The number of 64-bit words in a set of scopes.
    words: usize,
    /// For each unit, the scopes that include people directly in it.
    units: Bits,
    /// For each group, the scopes that include its direct members.
    groups: Bits,
    everyone: Bits,
    bound: Vec<Bound<'d>>,
    pub(super) broken: Vec<BrokenRule>,
}

#[derive(Debug)]
struct Bound<'d> {
    active: bool,
    include: Bits,
    exclude: Bits,
    filter: Option<CompiledFilter<'d>>,
    not_filter: Option<CompiledFilter<'d>>,
}

impl<'d> Selector<'d> {
    pub(super) fn new(rules: &'d Rules, directory: &'d Directory) -> Self {
        let count: usize = rules.list.iter().map(|rule| rule.people.scopes.len() + rule.people.not_scopes.len()).sum();
        let words = count.div_ceil(64).max(1);
        let mut selector = Self {
            rules,
            directory,
            words,
            units: vec![0; words * directory.units().len()],
            groups: vec![0; words * directory.groups().len()],
            everyone: vec![0; words],
            bound: Vec::with_capacity(rules.list.len()),
            broken: Vec::new(),
        };
        let mut number = 0;
        for (index, rule) in rules.list.iter().enumerate() {
            let before = selector.broken.len();
            let include = selector.place(index, &rule.people.scopes, &mut number);
            let exclude = selector.place(index, &rule.people.not_scopes, &mut number);
            selector.bound.push(Bound {
                active: rule.enabled && selector.broken.len() == before,
                include,
                exclude,
                filter: rule.people.filter.as_ref().map(|filter| filter.compile(directory)),
                not_filter: rule.people.not_filter.as_ref().map(|filter| filter.compile(directory)),
            });
        }
        selector.inherit();
        selector
    }

    /// Finds scopes in the directory, marks the units and groups that they include, and returns the set of their numbers.
    fn place(&mut self, index: usize, scopes: &[Scope], number: &mut usize) -> Bits {
        let mut set = vec![0; self.words];
        for scope in scopes {
            let (word, bit) = (*number / 64, 1 << (*number % 64));
            *number += 1;
            set[word] |= bit;
            match scope.find(self.directory) {
                Ok(FoundScope::Everyone) => self.everyone[word] |= bit,
                Ok(FoundScope::Unit(unit, Depth::OneLevel)) => self.units[unit.index() * self.words + word] |= bit,
                Ok(FoundScope::Unit(base, Depth::Subtree)) => {
                    for (at, _) in self.directory.units().iter().enumerate() {
                        if self.directory.unit_is_within(crate::model::UnitIx(at as u32), base) {
                            self.units[at * self.words + word] |= bit;
                        }
                    }
                }
                Ok(FoundScope::Groups(groups)) => {
                    for group in groups {
                        self.groups[group.index() * self.words + word] |= bit;
                    }
                }
                // A disabled rule may name OUs and groups that no longer exist.
                Err(error) if self.rules.list[index].enabled => self.broken.push(BrokenRule { index, error }),
                Err(_) => {}
            }
        }
        set
    }

    /// Adds scopes that include everyone to every unit.
    fn inherit(&mut self) {
        for unit in self.units.chunks_mut(self.words) {
            unit.iter_mut().zip(&self.everyone).for_each(|(word, everyone)| *word |= everyone);
        }
    }

    /// Returns the number of 64-bit words in a set of rules.
    pub(super) fn rule_words(&self) -> usize {
        self.bound.len().div_ceil(64).max(1)
    }

    /// Adds the rules that select a person to `found`. `hits` is a reusable buffer of any size.
    pub(super) fn rules_of(&self, person: &Person, hits: &mut Bits, found: &mut [u64]) {
        self.scopes_of(person, hits);
        for (index, bound) in self.bound.iter().enumerate() {
            let selected = bound.active
                && overlap(hits, &bound.include)
                && bound.filter.as_ref().is_none_or(|filter| filter.matches(person))
                && !overlap(hits, &bound.exclude)
                && !bound.not_filter.as_ref().is_some_and(|filter| filter.matches(person));
            if selected {
                found[index / 64] |= 1 << (index % 64);
            }
        }
    }

    fn scopes_of(&self, person: &Person, hits: &mut Bits) {
        hits.clear();
        let unit = person.unit.index() * self.words;
        hits.extend_from_slice(&self.units[unit..unit + self.words]);
        for group in person.direct_groups() {
            let at = group.index() * self.words;
            hits.iter_mut().zip(&self.groups[at..at + self.words]).for_each(|(word, scopes)| *word |= scopes);
        }
    }

    /// Returns why a rule does not select a person, or `None` if it does.
    pub(super) fn why_not(&self, index: usize, person: &Person) -> Option<Miss> {
        let (rule, bound) = (&self.rules.list[index], &self.bound[index]);
        if !rule.enabled {
            return Some(Miss::Off);
        }
        if let Some(broken) = self.broken.iter().find(|broken| broken.index == index) {
            return Some(Miss::Broken { error: broken.error.clone() });
        }
        let mut hits = Vec::new();
        self.scopes_of(person, &mut hits);
        let names = |scopes: &[Scope]| scopes.iter().map(Scope::to_string).collect();
        if !overlap(&hits, &bound.include) {
            return Some(Miss::OutsideScopes { scopes: names(&rule.people.scopes) });
        }
        if let Some(filter) = &rule.people.filter
            && let Some(part) = filter.explain(self.directory, person)
        {
            return Some(Miss::Filter { part });
        }
        if overlap(&hits, &bound.exclude) {
            return Some(Miss::Excluded { scopes: names(&rule.people.not_scopes) });
        }
        match (&rule.people.not_filter, &bound.not_filter) {
            (Some(filter), Some(compiled)) if compiled.matches(person) => {
                Some(Miss::ExcludedByFilter { filter: filter.to_string() })
            }
            _ => None,
        }
    }
}

fn overlap(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}
