//! The combined effect of a set of rules. It is computed once for each set of rules that selects people, not once for each person.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{GroupChoice, Leavers, Mapping, RoleGrant, Rule, Rules};
use crate::model::{Arity, ExpressionKey, Field, SettingsTemplate, Voicemail, WelcomeEmail};

/// The combined effect of a set of rules.
///
/// For an existing user, only rules with `update` count. For a new user, all rules of the set count, those with `update` first, so the
/// next run does not change a user who was just created. A simulated rule gives nothing, but what it would give is not removed for
/// lack of another rule either.
#[derive(Clone, Debug)]
pub struct Profile<'r> {
    /// The names of the rules that count, highest priority first. Simulated rules are omitted unless they are included.
    pub rules: Arc<[Arc<str>]>,
    /// The indexes of these rules in the list.
    pub indexes: Vec<usize>,
    /// The indexes of all rules that select these people, including simulated rules.
    pub selecting: Vec<usize>,
    /// `true` if at least one rule counts.
    pub live: bool,
    /// `true` if at least one rule creates users.
    pub create: bool,
    /// `true` if at least one rule changes users.
    pub update: bool,
    /// The licenses, each with the first rule that assigns it.
    pub products: Vec<Grant<'r>>,
    /// The user group, if a rule sets one.
    pub group: Option<Setting<&'r GroupChoice>>,
    /// The role, if a rule assigns one.
    pub role: Option<Setting<&'r RoleGrant>>,
    /// The role that a simulated rule would assign. The user's current role is then left unchanged.
    pub role_on_trial: Option<&'r RoleGrant>,
    /// The settings templates by product, each from the first rule that sets it.
    pub templates: Vec<(&'r str, Setting<&'r SettingsTemplate>)>,
    /// The device access groups, each with the first rule that assigns it.
    pub device_groups: Vec<Grant<'r>>,
    /// The source of the e-mail address.
    pub email: Source<'r>,
    /// The source of the first name.
    pub first_name: Source<'r>,
    /// The source of the last name.
    pub last_name: Source<'r>,
    /// The sources of other fields with one value that a rule sets.
    pub singles: Vec<(Field, Source<'r>)>,
    /// The source of the telephone extension, if a rule sets it.
    pub extension: Option<Setting<ExtensionSource<'r>>>,
    /// The sources of custom fields, in ascending order of name.
    pub custom_fields: Vec<(&'r str, Source<'r>)>,
    /// The expressions for fields with several values that a rule sets.
    pub lists: Vec<(Field, Setting<&'r [Mapping]>)>,
    /// The voicemail settings for a newly assigned extension, if a rule sets them.
    pub voicemail: Option<Setting<&'r Voicemail>>,
    /// The welcome e-mail for new users.
    pub welcome: Setting<&'r WelcomeEmail>,
}

/// An item that a rule assigns and of which a user can have several, such as a license.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'r> {
    /// The name as written in the rule.
    pub name: &'r str,
    /// The products of the license to turn off; `None` leaves them unchanged.
    pub without: Option<&'r [String]>,
    /// The index of the rule.
    pub rule: usize,
    /// `true` if existing users get it as well.
    pub managed: bool,
    /// `true` if users get it; `false` if the rule is only simulated.
    pub given: bool,
}

/// A single value that a rule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The index of the rule.
    pub rule: usize,
    /// `true` if it is changed for existing users.
    pub managed: bool,
}

/// The source of the telephone extension.
#[derive(Clone, Copy, Debug)]
pub enum ExtensionSource<'r> {
    /// An expression.
    Mapping(&'r Mapping),
    /// The next free number in a range, for users without an extension.
    Range(&'r RangeInclusive<u32>),
}

/// The source of a field's value.
#[derive(Clone, Copy, Debug)]
pub struct Source<'r> {
    /// The expression, or `None` for the default.
    pub mapping: Option<&'r Mapping>,
    /// The index of the rule that sets the field, or `None` for the default.
    pub rule: Option<usize>,
    /// `true` if the field is changed for existing users.
    pub managed: bool,
}

/// The rules of a set that count. Rules with `update` come first because their values apply to new users as well.
type Order<'r> = [(usize, &'r Rule)];

impl<'r> Profile<'r> {
    /// Computes the combined effect of the rules with these indexes, which are in ascending order.
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

    /// Returns the source of a field if it is an expression or a default.
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

    /// Returns every field with an expression or a default, in the order in which output shows them. Custom fields come with their
    /// names.
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

    /// Returns the expressions for a field with several values, if a rule sets it.
    pub fn list(&self, field: Field) -> Option<Setting<&'r [Mapping]>> {
        self.lists.iter().find(|(own, _)| *own == field).map(|(_, set)| *set)
    }

    /// Returns the voicemail settings for a newly assigned extension, if there is one. `exists` is `true` for existing users.
    pub(crate) fn voicemail_for(&self, extension: Option<&str>, exists: bool) -> Option<Voicemail> {
        extension.and(self.voicemail).filter(|set| set.managed || !exists).map(|set| set.value.clone())
    }

    /// Returns the source of a custom field.
    pub fn custom_field(&self, name: &str) -> Option<Source<'r>> {
        self.custom_fields.iter().find(|(own, _)| *own == name).map(|(_, source)| *source)
    }

    /// Returns `true` if there are expressions to evaluate besides those for the names, the e-mail address, and the language.
    pub(super) fn has_extras(&self) -> bool {
        let by_mapping = self.extension.is_some_and(|extension| matches!(extension.value, ExtensionSource::Mapping(_)));
        let one = self.singles.iter().any(|(field, _)| *field != Field::Language);
        one || by_mapping || !self.custom_fields.is_empty() || !self.lists.is_empty()
    }
}

impl Source<'_> {
    /// Returns the text of the source, for reasons and explanations.
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

/// Converts a setting of a rule to a source. A setting of `None` leaves the field unchanged.
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

/// The names that a rule lists, each with the products to turn off.
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
    /// Returns the handling of a leaver: that of the first rule in the file that last selected the person, or else that of the file.
    pub(crate) fn leavers_of(&self, last: &[Arc<str>]) -> Leavers {
        let remembered = self.list.iter().find(|rule| last.contains(&rule.name));
        remembered.and_then(|rule| rule.leavers).unwrap_or(self.leavers)
    }
}

/// Returns the fields with one value that expressions can set, in the order in which output shows them.
pub(crate) fn single_fields() -> impl Iterator<Item = Field> {
    let first = [Field::Email, Field::FirstName, Field::LastName, Field::Language];
    first.into_iter().chain(fields_of(Arity::One))
}

/// Returns the fields with several values, in the order in which output shows them.
pub(crate) fn list_fields() -> impl Iterator<Item = Field> {
    fields_of(Arity::Several)
}

fn fields_of(arity: Arity) -> impl Iterator<Item = Field> {
    ExpressionKey::all().filter(move |key| key.arity == arity).map(|key| key.field)
}

/// The number of fields with one value that every user has: the e-mail address and the two names.
const NAMES: usize = 3;

/// The treatment of simulated rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Simulated rules neither give nor remove anything.
    Hold,
    /// Simulated rules count as if they were applied.
    Include,
}

impl Trial {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Hold, Self::Include];
}
