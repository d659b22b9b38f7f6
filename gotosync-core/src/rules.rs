//! Rules: which people are meant, what may be done for them, and what they get.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Email, Field, Filter, Fingerprint, Privilege, ReadRequest, Scope, SettingsTemplate, UserGroupPath, Voicemail,
    WelcomeEmail, WelcomeTemplate, known_attribute,
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

/// The rules of one file, highest priority first.
///
/// **Priority.** For what a user has once (a name, a language, a user group) the first rule that sets it wins; what a user
/// has several of (licenses) is united over all rules that select the person.
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
    /// What becomes of leavers whose rule does not say.
    pub leavers: Leavers,
    /// Whether anything is applied at all.
    pub mode: Mode,
    /// Users from whom nothing is taken and who are never deleted, by e-mail.
    pub protected: Vec<Email>,
    /// How addresses are rewritten, so that a rehearsal mails no real person.
    pub rewrite: Option<Rewrite>,
    /// Templates of welcome e-mails that the account shall have.
    pub welcome_emails: Vec<WelcomeTemplate>,
    /// What to do when there are fewer seats than people for them.
    pub seats: SeatPolicy,
    /// How much may change in one run.
    pub limits: Limits,
    /// People who are not in the directory, and what the fields of their users must come to.
    pub examples: Vec<Example>,
    /// The text of the rules, in short: a plan names it.
    pub fingerprint: Fingerprint,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, which no other rule has.
    pub name: Arc<str>,
    /// Whether it takes part. What a rule that does not take part gives is still named by a rule.
    pub enabled: bool,
    /// Whether what it says is applied, or only shown.
    pub mode: Mode,
    /// Which people are meant: those in any of the scopes, and in none of the exclusions.
    pub people: Selection,
    /// Whether it makes users.
    pub create: bool,
    /// Whether it changes users, disables whom the directory disabled, and gives access back.
    pub update: bool,
    /// What its people get.
    pub gives: Gives,
    /// How fields come from attributes, where the rule says so. `None` leaves the field alone.
    pub fields: BTreeMap<Field, Option<Mapping>>,
    /// How custom fields come from attributes, by the field's name. `None` leaves the field alone.
    pub custom_fields: BTreeMap<String, Option<Mapping>>,
    /// How what somebody has several of comes from attributes, one expression for each: devices by MAC address or name,
    /// telephone numbers, numbers as caller id, secondary extensions. What is not set is absent, and never empty.
    pub lists: BTreeMap<Field, Vec<Mapping>>,
    /// What becomes of its people when no rule selects them any more.
    pub leavers: Option<Leavers>,
    /// How much of it may change in one run.
    pub limits: Limits,
}

/// Who is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// In any of these.
    pub scopes: Vec<Scope>,
    /// And matching this.
    pub filter: Option<Filter>,
    /// And in none of these.
    pub not_scopes: Vec<Scope>,
    /// And not matching this.
    pub not_filter: Option<Filter>,
}

/// What people get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gives {
    /// Licenses.
    pub products: Vec<Given>,
    /// The user group, or that there is none.
    pub user_group: Option<GroupChoice>,
    /// Whether a missing user group is made.
    pub create_user_group: bool,
    /// The role.
    pub role: Option<RoleGrant>,
    /// Settings templates by product.
    pub templates: Vec<(String, SettingsTemplate)>,
    /// Device access groups.
    pub device_groups: Vec<String>,
    /// The mail that new users get.
    pub welcome: Option<WelcomeEmail>,
    /// The range of which people without a telephone extension get the next free number.
    pub extensions: Option<RangeInclusive<u32>>,
    /// The voicemail of an extension that comes.
    pub voicemail: Option<Voicemail>,
}

/// A license that a rule gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The license, by name, key or product code.
    pub product: String,
    /// The products inside it that are switched off, by product code; all others are on. `None` leaves that alone.
    pub without: Option<Vec<String>>,
}

/// The user group that a rule sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChoice {
    /// None: its people stand in no group.
    Nowhere,
    /// This one.
    Path(UserGroupPath),
}

/// The role that a rule gives, by the names of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleGrant {
    /// None: its people administer nothing.
    Member,
    /// Everything.
    Administrator,
    /// Some things.
    Manager {
        /// What the manager may do.
        privileges: Vec<Privilege>,
        /// The user groups the manager may do it for; all if none is listed.
        groups: Vec<UserGroupPath>,
        /// The licenses the manager may do it for, by name, key or product code; all if none is listed.
        products: Vec<String>,
    },
    /// A role set of the account.
    Set(String),
}

/// Whether something is applied or only shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is applied.
    #[default]
    Apply,
    /// It is planned and shown, and nothing of it is applied. People whom only such rules select are left as they are.
    Simulate,
}

impl Mode {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Apply, Self::Simulate];
}

/// What becomes of leavers, in stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leavers {
    /// At once.
    pub first: LeaverPolicy,
    /// Later, if it is said: never by itself.
    pub delete: Option<DeleteAfter>,
}

/// When a suspended leaver is deleted: not before both have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAfter {
    /// Days since no rule has selected the person.
    pub days: u32,
    /// Complete reads in which no rule selected the person.
    pub reads: u32,
}

/// What becomes of a linked user whom no rule selects any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaverPolicy {
    /// Nothing.
    Keep,
    /// The licenses that rules name go; roles stay.
    RemoveProducts,
    /// Every license that rules name and the role go, so that the user cannot sign in.
    #[default]
    Suspend,
}

impl LeaverPolicy {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Keep, Self::RemoveProducts, Self::Suspend];
}

/// What to do when there are fewer seats than people for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatPolicy {
    /// Nothing is written.
    #[default]
    Stop,
    /// Seats go by priority of rules; the others wait, each with a note.
    Fill,
}

impl SeatPolicy {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Stop, Self::Fill];
}

impl Rules {
    /// Reads a rules file. `file` is how problems call it.
    ///
    /// # Errors
    /// Every problem of the file with its line and column, what was expected, and the nearest right word.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problems> {
        parse::rules(text, file)
    }

    /// What a source must be asked for, so that these rules can be evaluated.
    pub fn request(&self) -> ReadRequest {
        self.request_for(|rule| rule.enabled)
    }

    /// What a source must be asked for, so that all rules can be evaluated for the people whom some of them mean. Those take
    /// part in it even if they are off.
    pub fn request_for(&self, meant: impl Fn(&Rule) -> bool) -> ReadRequest {
        let mut request = ReadRequest::default();
        let mut everyone = false;
        // Whether anybody has an attribute of one's own schema is asked of all whom rules mean.
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

    /// Every product that a rule names, whether the rule takes part or not.
    pub fn products(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.list.iter().flat_map(|rule| rule.gives.products.iter().map(move |given| (rule, given.product.as_str())))
    }

    /// Says whether a user is protected.
    pub fn protects(&self, email: &Email) -> bool {
        self.protected.contains(email)
    }

    /// The rule with a name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.list.iter().find(|rule| &*rule.name == name)
    }
}

impl Rule {
    /// Its filters, those that select and those that exclude.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.people.filter.iter().chain(&self.people.not_filter)
    }

    /// Every expression of the rule.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.fields.values().chain(self.custom_fields.values()).flatten().chain(self.lists.values().flatten())
    }

    /// The expression for a field with one value, or for a custom field by name.
    pub fn mapping(&self, field: Field, custom: Option<&str>) -> Option<&Mapping> {
        match custom {
            None => self.fields.get(&field)?.as_ref(),
            Some(name) => self.custom_fields.get(name)?.as_ref(),
        }
    }

    /// Says whether the rule, if it takes part, makes a user group on the way to its own.
    pub(crate) fn makes_group(&self, path: &UserGroupPath) -> bool {
        let own = |choice: &GroupChoice| matches!(choice, GroupChoice::Path(own) if own.is_within(path));
        self.enabled && self.gives.create_user_group && self.gives.user_group.as_ref().is_some_and(own)
    }

    /// Says whether the rule is only simulated.
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
    fn what_some_rules_need_is_less_than_what_all_need() {
        let rules = |filter: &str| {
            let text = format!(
                "[[rule]]\nname = 'A'\nou = 'OU=A'\nfilter = '(title=x)'\n[[rule]]\nname = 'B'\nou = 'OU=B'\n{filter}\n\
                 [[rule]]\nname = 'Off'\nenabled = false\nou = 'OU=C'\n"
            );
            Rules::parse(&text, "rules.toml").unwrap()
        };
        let asked = |rules: &Rules, name: &str| {
            let request = rules.request_for(|rule| &*rule.name == name);
            assert_eq!(request.attributes, rules.request().attributes, "every rule must be evaluated");
            request.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let plain = rules("");
        assert_eq!(plain.request().scopes.len(), 2);
        assert_eq!((asked(&plain, "A"), asked(&plain, "Off")), ("the OU `OU=A`".into(), "the OU `OU=C`".into()));
        // Whether anybody has it, and who is above whom, only all the people tell.
        let strange = rules("filter = '(favouriteDrink=tea)'");
        assert_eq!(
            (asked(&strange, "A"), asked(&strange, "B")),
            ("the OU `OU=A`".into(), "the OU `OU=A` the OU `OU=B`".into())
        );
        let chain = rules("filter = '(manager:1.2.840.113556.1.4.1941:=CN=x)'");
        assert_eq!(asked(&chain, "A"), "everyone");
    }
}
