//! Rules: they select people in the directory, set what these people get in the account, and control what gotosync may change.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Email, Feature, Field, Filter, Fingerprint, Privilege, ReadRequest, Scope, SettingsTemplate, UserGroupPath,
    Voicemail, WelcomeEmail, WelcomeTemplate, known_attribute,
};

mod defaults;
mod desire;
mod document;
mod edit;
mod example;
mod grammar;
mod key;
mod limits;
mod lint;
pub(crate) mod lookup;
mod mapping;
mod parse;
mod profile;
mod rewrite;
mod schema;
mod select;

pub(crate) use desire::explain_selection;
pub use desire::{Desire, Desires, Extras, FieldProblem, desire};
pub use document::Problems;
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub(crate) use document::{Document, StringOrTable, Table};
#[allow(deprecated, reason = "the old name is kept for one version")]
pub use edit::Place;
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub(crate) use edit::toml_text;
pub use edit::{Change, Position, RulesFile, Single};
pub use example::Example;
pub use key::{Key, KeyKind, Need, Word};
pub use limits::{Amount, Limit, Limits};
pub use lint::{Finding, FindingKind, lint, unknown_names};
pub use mapping::{Cut, Mapping, filters};
pub(crate) use profile::list_fields;
pub use profile::{ExtensionSource, Grant, Profile, Setting, Source, Trial};
pub use rewrite::Rewrite;
pub use schema::{json_schema, keys, keys_markdown};
pub use select::{BrokenRule, Miss};

/// The contents of a rules file.
///
/// **Priority.** If several rules that select a person set the same single value (a name, a language, a user group), the first rule
/// wins. Licenses and device groups are combined from all rules that select the person.
///
/// ```
/// let rules = gotosync_core::Rules::parse(
///     r#"
///     [[rule]]
///     name = "Sales"
///     ou = "OU=Sales,DC=example,DC=test"
///     products = ["GoToMeeting"]
///     "#,
///     "rules.toml",
/// )?;
/// assert_eq!(rules.list[0].name.as_ref(), "Sales");
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    /// The rules, highest priority first.
    pub list: Vec<Rule>,
    /// The handling of leavers, unless their rule sets its own. A leaver is a linked user who is no longer selected by any rule.
    pub leavers: Leavers,
    /// The mode of the whole file. [`Mode::Simulate`] applies nothing.
    pub mode: Mode,
    /// The e-mail addresses of protected users, who never lose access and are never deleted.
    pub protected: Vec<Email>,
    /// The rewriting of e-mail addresses for a rehearsal, so that no mail goes to real people.
    pub rewrite: Option<Rewrite>,
    /// The welcome e-mail templates to create or update in the account.
    pub welcome_emails: Vec<WelcomeTemplate>,
    /// The handling of licenses with too few free seats.
    pub seats: SeatPolicy,
    /// The limits of one run.
    pub limits: Limits,
    /// Made-up people with the field values that the rules must give them.
    pub examples: Vec<Example>,
    /// The hash of the file's text. A plan records it.
    pub fingerprint: Fingerprint,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The unique name.
    pub name: Arc<str>,
    /// `true` if the rule is used. The licenses and device groups that a disabled rule names still count as managed by rules.
    pub enabled: bool,
    /// The mode of the rule. The changes of a simulated rule are only shown.
    pub mode: Mode,
    /// The people that the rule selects.
    pub people: Selection,
    /// `true` if the rule creates users.
    pub create: bool,
    /// `true` if the rule changes existing users, suspends people who are disabled in the directory, and reactivates them.
    pub update: bool,
    /// The licenses, groups, and other things that the rule gives to its people.
    pub gives: Gives,
    /// The expressions for fields with one value. `None` leaves the field unchanged.
    pub fields: BTreeMap<Field, Option<Mapping>>,
    /// The expressions for custom fields, by name. `None` leaves the field unchanged.
    pub custom_fields: BTreeMap<String, Option<Mapping>>,
    /// The expressions for fields with several values, one expression per value: devices by MAC address or name, phone numbers, caller ID
    /// numbers, and secondary extensions. A field that the rule does not set has no entry; a list is never empty.
    pub lists: BTreeMap<Field, Vec<Mapping>>,
    /// The handling of people of this rule who become leavers. `None` uses [`Rules::leavers`].
    pub leavers: Option<Leavers>,
    /// The limits of this rule in one run.
    pub limits: Limits,
}

/// A selection of people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The scopes. The selected people are in at least one of them.
    pub scopes: Vec<Scope>,
    /// The filter that the selected people match.
    pub filter: Option<Filter>,
    /// The excluded scopes. The selected people are in none of them.
    pub not_scopes: Vec<Scope>,
    /// The exclusion filter. The selected people do not match it.
    pub not_filter: Option<Filter>,
}

/// The things that a rule gives to its people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gives {
    /// The licenses.
    pub products: Vec<Given>,
    /// The user group, or the choice of no group. `None` leaves the group unchanged.
    pub user_group: Option<GroupChoice>,
    /// `true` if a missing user group is created.
    pub create_user_group: bool,
    /// The role.
    pub role: Option<RoleGrant>,
    /// The settings templates by product.
    pub templates: Vec<(String, SettingsTemplate)>,
    /// The device access groups, by name.
    pub device_groups: Vec<String>,
    /// The welcome e-mail for new users.
    pub welcome: Option<WelcomeEmail>,
    /// The range from which people without a telephone extension get the next free number.
    pub extensions: Option<RangeInclusive<u32>>,
    /// The voicemail settings for a newly assigned extension.
    pub voicemail: Option<Voicemail>,
}

/// A license that a rule assigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The license, by name, key, or product code.
    pub product: String,
    /// The products of the license to turn off, by product code; all others are turned on. `None` leaves them unchanged.
    pub without: Option<Vec<String>>,
}

/// The user group that a rule sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChoice {
    /// No group.
    Nowhere,
    /// A group by its path.
    Path(UserGroupPath),
}

/// The admin role that a rule assigns, with the names of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleGrant {
    /// No admin rights.
    Member,
    /// All admin rights.
    Administrator,
    /// Some admin rights.
    Manager {
        /// The privileges of the manager.
        privileges: Vec<Privilege>,
        /// The user groups that the manager may administer; all groups if the list is empty.
        groups: Vec<UserGroupPath>,
        /// The licenses that the manager may administer, by name, key, or product code; all licenses if the list is empty.
        products: Vec<String>,
    },
    /// A role set of the account, by name.
    Set(String),
}

/// The mode of a file or a rule: changes are applied or only shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Changes are applied.
    #[default]
    Apply,
    /// Changes are planned and shown but not applied. People selected only by simulated rules are left unchanged.
    Simulate,
}

impl Mode {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Apply, Self::Simulate];
}

/// The handling of leavers, in two stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leavers {
    /// The immediate action.
    pub first: LeaverPolicy,
    /// The later deletion; `None` never deletes leavers. Every deletion needs the approval of an admin.
    pub delete: Option<DeleteAfter>,
}

/// The minimum waiting time before a suspended leaver is deleted. Both conditions must be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAfter {
    /// The number of days since a rule last selected the person.
    pub days: u32,
    /// The number of complete reads in which no rule selected the person.
    pub reads: u32,
}

/// The immediate action for a leaver: a linked user who is no longer selected by any rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaverPolicy {
    /// Leaves the user unchanged.
    Keep,
    /// Removes the licenses that rules name and keeps the role.
    RemoveProducts,
    /// Removes the role and all licenses that rules name, so that the user loses access.
    #[default]
    Suspend,
}

impl LeaverPolicy {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Keep, Self::RemoveProducts, Self::Suspend];
}

/// The handling of licenses with too few free seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatPolicy {
    /// Stops the run before anything is changed.
    #[default]
    Stop,
    /// Assigns the free seats by priority of rules. The other people wait, each with a note.
    Fill,
}

impl SeatPolicy {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Stop, Self::Fill];
}

impl Rules {
    /// Parses a rules file. `file` is the file name to show in errors.
    ///
    /// # Errors
    /// Every problem in the file, with line, column, the expected value, and the nearest valid word.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problems> {
        parse::rules(text, file)
    }

    /// Returns the read request for a source: everything that is needed to evaluate the enabled rules.
    pub fn request(&self) -> ReadRequest {
        self.request_for(|rule| rule.enabled)
    }

    /// Returns the read request for evaluating all rules for the people of some rules only. `meant` chooses those rules; they are
    /// included even if they are disabled.
    pub fn request_for(&self, meant: impl Fn(&Rule) -> bool) -> ReadRequest {
        let mut request = ReadRequest::default();
        let mut everyone = false;
        // To find out whether anyone has a custom attribute, the people of all rules have to be read.
        let strange =
            |rule: &Rule| rule.filters().any(|it| it.attributes().iter().any(|it| known_attribute(it).is_none()));
        let all = self.list.iter().any(|rule| meant(rule) && strange(rule));
        for rule in self.list.iter().filter(|rule| rule.enabled || meant(rule)) {
            if all || meant(rule) {
                request.scopes.extend(rule.people.scopes.iter().cloned());
            }
            for filter in rule.filters() {
                request.attributes.extend(filter.attributes());
                everyone |= filter.walks_people();
            }
            for mapping in rule.mappings() {
                request.attributes.extend(mapping.attributes().iter().cloned());
            }
        }
        if everyone {
            request.scopes = vec![Scope::Everyone];
        }
        request.attributes.extend(defaults::ATTRIBUTES.iter().map(|name| (*name).to_owned()));
        request.attributes.sort_by_key(|name| name.to_ascii_lowercase());
        request.attributes.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        request
    }

    /// Returns every product that a rule names, including disabled rules.
    pub fn products(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.list.iter().flat_map(|rule| rule.gives.products.iter().map(move |given| (rule, given.product.as_str())))
    }

    /// Returns `true` if the user with this address is protected.
    pub fn protects(&self, email: &Email) -> bool {
        self.protected.contains(email)
    }

    /// Returns the rule with a name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.list.iter().find(|rule| &*rule.name == name)
    }
}

impl Rule {
    /// Returns the filters of the rule, both the selecting and the excluding one.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.people.filter.iter().chain(&self.people.not_filter)
    }

    /// Returns every expression of the rule.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.fields.values().chain(self.custom_fields.values()).flatten().chain(self.lists.values().flatten())
    }

    /// Returns the expression for a field with one value, or for the custom field with a name.
    pub fn mapping(&self, field: Field, custom: Option<&str>) -> Option<&Mapping> {
        match custom {
            None => self.fields.get(&field)?.as_ref(),
            Some(name) => self.custom_fields.get(name)?.as_ref(),
        }
    }

    /// Returns `true` if the rule is enabled and creates a user group, either as its own group or as a parent of it.
    pub(crate) fn makes_group(&self, path: &UserGroupPath) -> bool {
        let own = |choice: &GroupChoice| matches!(choice, GroupChoice::Path(own) if own.is_within(path));
        self.enabled && self.gives.create_user_group && self.gives.user_group.as_ref().is_some_and(own)
    }

    /// Returns `true` if the rule sets something that needs a feature of the target.
    pub(crate) fn sets(&self, feature: Feature) -> bool {
        let gives = &self.gives;
        match feature {
            Feature::NestedProducts => gives.products.iter().any(|given| given.without.is_some()),
            Feature::Products => !gives.products.is_empty(),
            Feature::UserGroups => gives.user_group.is_some(),
            Feature::Roles | Feature::ManagedProducts => gives.role.is_some(),
            Feature::Invitations => gives.welcome.is_some(),
            Feature::Voicemail => gives.voicemail.is_some(),
            Feature::Templates => !gives.templates.is_empty(),
            Feature::DeviceGroups => !gives.device_groups.is_empty(),
            Feature::CustomFields => !self.custom_fields.is_empty(),
            Feature::Extensions if gives.extensions.is_some() => true,
            feature => feature.field().is_some_and(|field| {
                self.lists.contains_key(&field) || self.fields.get(&field).is_some_and(Option::is_some)
            }),
        }
    }

    /// Returns `true` if the rule is only simulated.
    pub fn is_simulated(&self) -> bool {
        self.mode == Mode::Simulate
    }
}

impl std::fmt::Display for RoleGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member => f.write_str("member"),
            Self::Administrator => f.write_str("administrator"),
            Self::Set(name) => write!(f, "role set {name}"),
            Self::Manager { privileges, groups, products } => {
                let list: Vec<&str> = privileges.iter().map(|privilege| privilege.as_str()).collect();
                write!(f, "manager: {}", list.join(", "))?;
                if !products.is_empty() {
                    write!(f, "; for {}", products.join(", "))?;
                }
                if !groups.is_empty() {
                    let paths: Vec<&str> = groups.iter().map(UserGroupPath::as_str).collect();
                    write!(f, "; in {}", paths.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_only_the_people_of_the_chosen_rules() {
        let rules = |filter: &str| {
            let text = format!(
                "[[rule]]\nname = 'A'\nou = 'OU=A'\nfilter = '(title=x)'\n[[rule]]\nname = 'B'\nou = 'OU=B'\n{filter}\n\
                 [[rule]]\nname = 'Off'\nenabled = false\nou = 'OU=C'\n"
            );
            Rules::parse(&text, "rules.toml").unwrap()
        };
        let asked = |rules: &Rules, name: &str| {
            let request = rules.request_for(|rule| &*rule.name == name);
            assert_eq!(request.attributes, rules.request().attributes, "the attributes of all rules must be requested");
            request.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let plain = rules("");
        assert_eq!(plain.request().scopes.len(), 2);
        assert_eq!((asked(&plain, "A"), asked(&plain, "Off")), ("the OU `OU=A`".into(), "the OU `OU=C`".into()));
        // Custom attributes and manager chains can only be evaluated with all people.
        let strange = rules("filter = '(favouriteDrink=tea)'");
        assert_eq!(
            (asked(&strange, "A"), asked(&strange, "B")),
            ("the OU `OU=A`".into(), "the OU `OU=A` the OU `OU=B`".into())
        );
        let chain = rules("filter = '(manager:1.2.840.113556.1.4.1941:=CN=x)'");
        assert_eq!(asked(&chain, "A"), "everyone");
    }
}
