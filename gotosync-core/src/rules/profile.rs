//! What the same set of rules gives everybody it selects; worked out once per set, not once per person.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{GroupChoice, Leavers, Mapping, RoleGrant, Rule, Rules};
use crate::model::{Arity, ExpressionKey, Field, SettingsTemplate, Voicemail, WelcomeEmail};

/// What a set of rules comes to.
///
/// For a user who exists, only rules with `update` count; for a new one all of the set do, those with `update` first. So a
/// user who was just created is not changed by the next run. Of a rule that is only simulated nothing is given; but what it
/// would give is not taken away for want of a rule either.
#[derive(Clone, Debug)]
pub struct Profile<'r> {
    /// The rules by name, highest first; none that is only tried, where those do not count.
    pub rules: Arc<[Arc<str>]>,
    /// Their places in the list, from 0.
    pub indexes: Vec<usize>,
    /// The places of all rules that select these people, whether they count or not.
    pub selecting: Vec<usize>,
    /// Whether one of them is applied, and not only simulated.
    pub live: bool,
    /// Whether one of them makes users.
    pub create: bool,
    /// Whether one of them changes users.
    pub update: bool,
    /// The products, each with the highest rule that gives it.
    pub products: Vec<Grant<'r>>,
    /// The user group, if a rule sets one.
    pub group: Option<Setting<&'r GroupChoice>>,
    /// The role, if a rule gives one.
    pub role: Option<Setting<&'r RoleGrant>>,
    /// The role that a rule gives which is only simulated: what the user has is left alone then.
    pub role_on_trial: Option<&'r RoleGrant>,
    /// The settings templates by product, each from the highest rule that sets it.
    pub templates: Vec<(&'r str, Setting<&'r SettingsTemplate>)>,
    /// The device access groups, each with the highest rule that gives it.
    pub device_groups: Vec<Grant<'r>>,
    /// Where the e-mail comes from.
    pub email: Source<'r>,
    /// Where the first name comes from.
    pub first_name: Source<'r>,
    /// Where the last name comes from.
    pub last_name: Source<'r>,
    /// Where other fields with one value come from, for those that a rule sets.
    pub singles: Vec<(Field, Source<'r>)>,
    /// Where the telephone extension comes from, if a rule sets it.
    pub extension: Option<Setting<ExtensionSource<'r>>>,
    /// Where custom fields come from, in ascending order of name.
    pub custom_fields: Vec<(&'r str, Source<'r>)>,
    /// Where what somebody has several of comes from, by field, for what a rule sets.
    pub lists: Vec<(Field, Setting<&'r [Mapping]>)>,
    /// The voicemail of an extension that comes, if a rule sets it.
    pub voicemail: Option<Setting<&'r Voicemail>>,
    /// The mail that a new user gets.
    pub welcome: Setting<&'r WelcomeEmail>,
}

/// Something a user has several of, such as a product, and that a rule gives.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'r> {
    /// Its name as the rule writes it.
    pub name: &'r str,
    /// The products inside it that are switched off, where the rule says so.
    pub without: Option<&'r [String]>,
    /// The rule's place in the list, from 0.
    pub rule: usize,
    /// Whether users who exist get it as well.
    pub managed: bool,
    /// Whether anybody gets it: not if the rule is only simulated.
    pub given: bool,
}

/// Something a user has once, and that a rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What is set.
    pub value: T,
    /// The rule's place in the list, from 0.
    pub rule: usize,
    /// Whether it is changed for users who exist.
    pub managed: bool,
}

/// Where the telephone extension comes from.
#[derive(Clone, Copy, Debug)]
pub enum ExtensionSource<'r> {
    /// An expression.
    Mapping(&'r Mapping),
    /// The next free number of a range, for who has none.
    Range(&'r RangeInclusive<u32>),
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

/// The rules of a set that count, those that update first: what they say holds for new users too.
type Order<'r> = [(usize, &'r Rule)];

impl<'r> Profile<'r> {
    /// Works out what the rules at these places give, in ascending order.
    pub(super) fn new(rules: &'r Rules, indexes: Vec<usize>, trial: Trial) -> Self {
        let all: Vec<(usize, &Rule)> = indexes.iter().map(|index| (*index, &rules.list[*index])).collect();
        let counts = |rule: &&Rule| trial == Trial::Include || !rule.is_simulated();
        let (mut order, on_trial): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, rule)| counts(rule));
        order.sort_by_key(|(index, rule)| (!rule.update, *index));
        let update = order.iter().any(|(_, rule)| rule.update);
        let selecting = indexes.clone();
        let indexes: Vec<usize> = indexes.into_iter().filter(|index| counts(&&rules.list[*index])).collect();
        let source = |field| source(&order, field);
        let by_default = Source { mapping: None, rule: None, managed: update };
        Self {
            rules: indexes.iter().map(|index| Arc::clone(&rules.list[*index].name)).collect(),
            selecting,
            live: !order.is_empty(),
            create: order.iter().any(|(_, rule)| rule.create),
            update,
            products: grants(&order, &on_trial, |rule| {
                rule.gives.products.iter().map(|given| (given.product.as_str(), given.without.as_deref())).collect()
            }),
            group: setting(&order, |rule| rule.gives.user_group.as_ref()),
            role: setting(&order, |rule| rule.gives.role.as_ref()),
            role_on_trial: on_trial.iter().find_map(|(_, rule)| rule.gives.role.as_ref()),
            templates: templates(&order),
            device_groups: grants(&order, &on_trial, |rule| {
                rule.gives.device_groups.iter().map(|name| (name.as_str(), None)).collect()
            }),
            email: source(Field::Email).unwrap_or(by_default),
            first_name: source(Field::FirstName).unwrap_or(by_default),
            last_name: source(Field::LastName).unwrap_or(by_default),
            singles: single_fields()
                .skip(NAMES)
                .filter(|field| *field != Field::Extension)
                .filter_map(|field| Some((field, source(field).filter(|source| source.mapping.is_some())?)))
                .collect(),
            extension: extension(&order),
            custom_fields: custom_fields(&order),
            lists: list_fields()
                .filter_map(|field| Some((field, setting(&order, |rule| rule.lists.get(&field).map(Vec::as_slice))?)))
                .collect(),
            voicemail: setting(&order, |rule| rule.gives.voicemail.as_ref()),
            welcome: setting(&order, |rule| rule.gives.welcome.as_ref()).unwrap_or(Setting {
                value: &WelcomeEmail::Default,
                rule: indexes.first().copied().unwrap_or_default(),
                managed: false,
            }),
            indexes,
        }
    }

    /// Where a field comes from, if it comes from an expression or a default.
    pub fn source(&self, field: Field) -> Option<Source<'r>> {
        match field {
            Field::Email => Some(self.email),
            Field::FirstName => Some(self.first_name),
            Field::LastName => Some(self.last_name),
            Field::Extension => self.extension.and_then(|extension| match extension.value {
                ExtensionSource::Mapping(mapping) => {
                    Some(Source { mapping: Some(mapping), rule: Some(extension.rule), managed: extension.managed })
                }
                ExtensionSource::Range(_) => None,
            }),
            field => self.singles.iter().find(|(own, _)| *own == field).map(|(_, source)| *source),
        }
    }

    /// Every field that comes from an expression or a default, in the order in which they are told; custom fields with
    /// their names.
    pub fn mapped(&self) -> Vec<(Field, Option<&'r str>, Source<'r>)> {
        let single = single_fields().filter_map(|field| Some((field, None, self.source(field)?)));
        let custom = self.custom_fields.iter().map(|(name, source)| (Field::CustomFields, Some(*name), *source));
        let lists =
            self.lists.iter().flat_map(|(field, set)| set.value.iter().map(move |mapping| (field, set, mapping)));
        let lists = lists.map(|(field, set, mapping)| {
            (*field, None, Source { mapping: Some(mapping), rule: Some(set.rule), managed: set.managed })
        });
        single.chain(custom).chain(lists).collect()
    }

    /// Where a list comes from, if a rule sets it.
    pub fn list(&self, field: Field) -> Option<Setting<&'r [Mapping]>> {
        self.lists.iter().find(|(own, _)| *own == field).map(|(_, set)| *set)
    }

    /// The voicemail for an extension that comes, if one does, to somebody new or who exists.
    pub(crate) fn voicemail_for(&self, extension: Option<&str>, exists: bool) -> Option<Voicemail> {
        extension.and(self.voicemail).filter(|set| set.managed || !exists).map(|set| set.value.clone())
    }

    /// Where a custom field comes from.
    pub fn custom_field(&self, name: &str) -> Option<Source<'r>> {
        self.custom_fields.iter().find(|(own, _)| *own == name).map(|(_, source)| *source)
    }

    /// Says whether any expression beyond names, e-mail and language is to be evaluated.
    pub(super) fn has_extras(&self) -> bool {
        let by_mapping = self.extension.is_some_and(|extension| matches!(extension.value, ExtensionSource::Mapping(_)));
        let one = self.singles.iter().any(|(field, _)| *field != Field::Language);
        one || by_mapping || !self.custom_fields.is_empty() || !self.lists.is_empty()
    }
}

impl Source<'_> {
    /// How the source reads, for reasons and explanations.
    pub fn text(&self, field: Field) -> &str {
        self.mapping.map_or(super::defaults::Defaults::text(field), Mapping::text)
    }
}

fn setting<'r, T>(order: &Order<'r>, of: impl Fn(&'r Rule) -> Option<T>) -> Option<Setting<T>> {
    let mut set =
        order.iter().filter_map(|(index, rule)| Some(Setting { value: of(rule)?, rule: *index, managed: rule.update }));
    set.next()
}

fn source<'r>(order: &Order<'r>, field: Field) -> Option<Source<'r>> {
    setting(order, |rule| rule.fields.get(&field)).map(mapped)
}

/// A mapping that a rule sets; `None` within leaves the field alone.
fn mapped(setting: Setting<&Option<Mapping>>) -> Source<'_> {
    let mapping = setting.value.as_ref();
    Source { mapping, rule: Some(setting.rule), managed: setting.managed && mapping.is_some() }
}

fn extension<'r>(order: &Order<'r>) -> Option<Setting<ExtensionSource<'r>>> {
    let set = setting(order, |rule| {
        let range = rule.gives.extensions.as_ref().map(ExtensionSource::Range);
        let mapping = rule.fields.get(&Field::Extension);
        range.map(Some).or_else(|| mapping.map(|mapping| mapping.as_ref().map(ExtensionSource::Mapping)))
    })?;
    set.value.map(|value| Setting { value, rule: set.rule, managed: set.managed })
}

fn custom_fields<'r>(order: &Order<'r>) -> Vec<(&'r str, Source<'r>)> {
    let mut names: Vec<&str> =
        order.iter().flat_map(|(_, rule)| rule.custom_fields.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let sources = names.into_iter().filter_map(|name| {
        let source = mapped(setting(order, |rule| rule.custom_fields.get(name))?);
        source.mapping.map(|_| (name, source))
    });
    sources.collect()
}

fn templates<'r>(order: &Order<'r>) -> Vec<(&'r str, Setting<&'r SettingsTemplate>)> {
    let mut found: Vec<(&str, Setting<&SettingsTemplate>)> = Vec::new();
    for (index, rule) in order {
        for (product, template) in &rule.gives.templates {
            if !found.iter().any(|(own, _)| own == product) {
                found.push((product, Setting { value: template, rule: *index, managed: rule.update }));
            }
        }
    }
    found
}

/// What a rule gives several of: names, and what is left out within each.
type Names<'r> = Vec<(&'r str, Option<&'r [String]>)>;

fn grants<'r>(order: &Order<'r>, on_trial: &Order<'r>, of: impl Fn(&'r Rule) -> Names<'r>) -> Vec<Grant<'r>> {
    let mut grants: Vec<Grant<'r>> = Vec::new();
    let live = order.iter().map(|(index, rule)| (index, rule, true));
    for (index, rule, given) in live.chain(on_trial.iter().map(|(index, rule)| (index, rule, false))) {
        for (name, without) in of(rule) {
            if !grants.iter().any(|grant| grant.name == name) {
                grants.push(Grant { name, without, rule: *index, managed: given && rule.update, given });
            }
        }
    }
    grants
}

impl Rules {
    /// What becomes of somebody whom no rule selects any more: what the highest rule says that selected them last and is
    /// still in the file, or else what the file says for all.
    pub(crate) fn leavers_of(&self, last: &[Arc<str>]) -> Leavers {
        let remembered = self.list.iter().find(|rule| last.contains(&rule.name));
        remembered.and_then(|rule| rule.leavers).unwrap_or(self.leavers)
    }
}

/// Returns the fields with one value that expressions can set, in the order in which they are shown: names first.
pub(crate) fn single_fields() -> impl Iterator<Item = Field> {
    let first = [Field::Email, Field::FirstName, Field::LastName, Field::Language];
    first.into_iter().chain(fields_of(Arity::One))
}

/// Returns the fields of which a user has several values, each by an expression, in the order in which they are shown.
pub(crate) fn list_fields() -> impl Iterator<Item = Field> {
    fields_of(Arity::Several)
}

fn fields_of(arity: Arity) -> impl Iterator<Item = Field> {
    ExpressionKey::all().filter(move |key| key.arity == arity).map(|key| key.field)
}

/// The first of the fields with one value: the e-mail and the names, which every user has.
const NAMES: usize = 3;

/// Whether rules that are only simulated count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// They neither give nor take.
    Hold,
    /// They count as if they were applied.
    Include,
}

impl Trial {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Hold, Self::Include];
}
