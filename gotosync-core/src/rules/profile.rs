//! What the same set of rules gives everybody it selects; worked out once per set, not once per person.

use std::sync::Arc;

use super::{LeaverPolicy, Mapping, Rule, Rules};
use crate::model::{Field, UserGroupPath, WelcomeEmail};

/// What a set of rules comes to.
///
/// For a user who exists, only rules with `update` count; for a new one all of the set do, those with `update` first. So a
/// user who was just created is not changed by the next run.
#[derive(Clone, Debug)]
pub struct Profile<'r> {
    /// The rules by name, highest first.
    pub rules: Arc<[Arc<str>]>,
    /// Their places in the list, from 0.
    pub indexes: Vec<usize>,
    /// Whether one of them makes users.
    pub create: bool,
    /// Whether one of them changes users.
    pub update: bool,
    /// The products, each with the highest rule that gives it.
    pub products: Vec<Grant<'r>>,
    /// The user group, if a rule sets one.
    pub group: Option<GroupGrant<'r>>,
    /// Where the e-mail comes from.
    pub email: Source<'r>,
    /// Where the first name comes from.
    pub first_name: Source<'r>,
    /// Where the last name comes from.
    pub last_name: Source<'r>,
    /// Where the language comes from, if a rule sets it.
    pub language: Option<Source<'r>>,
    /// The mail that a new user gets.
    pub welcome: &'r WelcomeEmail,
}

/// A product that a rule gives.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'r> {
    /// The product as the rule names it.
    pub product: &'r str,
    /// The rule's place in the list, from 0.
    pub rule: usize,
    /// Whether users who exist get it as well.
    pub managed: bool,
}

/// A user group that a rule sets.
#[derive(Clone, Copy, Debug)]
pub struct GroupGrant<'r> {
    /// The group.
    pub path: &'r UserGroupPath,
    /// The rule's place in the list, from 0.
    pub rule: usize,
    /// Whether users who exist are moved into it.
    pub managed: bool,
}

/// Where the value of a field comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'r> {
    /// The expression, or `None` for the default.
    pub mapping: Option<&'r Mapping>,
    /// The rule that sets it, or `None` for the default.
    pub rule: Option<usize>,
    /// Whether the field of a user who exists is changed.
    pub managed: bool,
}

impl<'r> Profile<'r> {
    /// Works out what the rules at these places give, in ascending order.
    pub(super) fn new(rules: &'r Rules, indexes: Vec<usize>) -> Self {
        let update = indexes.iter().any(|index| rules.list[*index].update);
        // Rules that update come first: what they say holds for new users too.
        let mut order: Vec<(usize, &Rule)> = indexes.iter().map(|index| (*index, &rules.list[*index])).collect();
        order.sort_by_key(|(index, rule)| (!rule.update, *index));
        let mut products: Vec<Grant<'r>> = Vec::new();
        for (index, rule) in &order {
            for product in &rule.gives.products {
                if !products.iter().any(|grant| grant.product == product) {
                    products.push(Grant { product, rule: *index, managed: rule.update });
                }
            }
        }
        let group = order.iter().find_map(|(index, rule)| {
            rule.gives.user_group.as_ref().map(|path| GroupGrant { path, rule: *index, managed: rule.update })
        });
        let source = |field| source(&order, field);
        let by_default = Source { mapping: None, rule: None, managed: update };
        Self {
            rules: indexes.iter().map(|index| Arc::clone(&rules.list[*index].name)).collect(),
            create: indexes.iter().any(|index| rules.list[*index].create),
            update,
            products,
            group,
            email: source(Field::Email).unwrap_or(by_default),
            first_name: source(Field::FirstName).unwrap_or(by_default),
            last_name: source(Field::LastName).unwrap_or(by_default),
            language: source(Field::Language).filter(|source| source.mapping.is_some()),
            welcome: order.first().map_or(&WelcomeEmail::Default, |(_, rule)| &rule.gives.welcome),
            indexes,
        }
    }

    /// Where a field comes from.
    pub fn source(&self, field: Field) -> Option<Source<'r>> {
        match field {
            Field::Email => Some(self.email),
            Field::FirstName => Some(self.first_name),
            Field::LastName => Some(self.last_name),
            Field::Language => self.language,
            Field::UserGroup | Field::Products | Field::Access => None,
        }
    }
}

impl Source<'_> {
    /// How the source reads, for reasons and explanations.
    pub fn text(&self, field: Field) -> &str {
        self.mapping.map_or(super::defaults::Defaults::text(field), Mapping::text)
    }
}

fn source<'r>(order: &[(usize, &'r Rule)], field: Field) -> Option<Source<'r>> {
    order.iter().find_map(|(index, rule)| {
        let mapping = rule.fields.get(&field)?;
        Some(Source { mapping: mapping.as_ref(), rule: Some(*index), managed: rule.update && mapping.is_some() })
    })
}

impl Rules {
    /// What becomes of somebody whom no rule selects any more: what the highest rule says that selected them last and is
    /// still in the file, or else what the file says for all.
    pub(crate) fn leaver_policy(&self, last: &[Arc<str>]) -> LeaverPolicy {
        let remembered = self.list.iter().find(|rule| last.contains(&rule.name));
        remembered.and_then(|rule| rule.leavers).unwrap_or(self.leavers)
    }
}
