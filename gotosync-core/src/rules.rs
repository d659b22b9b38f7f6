//! Rules: which people are meant, what may be done for them, and what they get.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Field, Filter, Fingerprint, ReadRequest, Scope, UserGroupPath, WelcomeEmail};

mod defaults;
mod desire;
mod document;
mod limits;
mod mapping;
mod parse;
mod profile;
mod select;

pub(crate) use desire::explain_selection;
pub use desire::{Desire, Desires, FieldProblem, desire};
pub use document::Problems;
#[cfg(all(feature = "ldif", feature = "sqlite"))]
pub(crate) use document::{Document, Table};
pub use limits::{Amount, Limit, Limits};
pub use mapping::{Mapping, filters};
pub use profile::{Profile, Source};
pub use select::{BrokenRule, Miss};

/// The rules of one file, highest priority first.
///
/// **Priority.** For what a user has once (a name, a language, a user group) the first rule that sets it wins; what a user
/// has several of (licences) is united over all rules that select the person.
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
    pub leavers: LeaverPolicy,
    /// What to do when there are fewer seats than people for them.
    pub seats: SeatPolicy,
    /// How much may change in one run.
    pub limits: Limits,
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
    /// What becomes of its people when no rule selects them any more.
    pub leavers: Option<LeaverPolicy>,
    /// How much of it may change in one run.
    pub limits: Limits,
}

/// Who is selected.
#[derive(Clone, Debug, Default)]
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
    /// Licences, by name, key or product code.
    pub products: Vec<String>,
    /// The user group.
    pub user_group: Option<UserGroupPath>,
    /// Whether a missing user group is made.
    pub create_user_group: bool,
    /// The mail that new users get.
    pub welcome: WelcomeEmail,
}

/// What becomes of a linked user whom no rule selects any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaverPolicy {
    /// Nothing.
    Keep,
    /// The licences that rules name go; roles stay.
    RemoveProducts,
    /// Every licence that rules name and the role go, so that the user cannot sign in.
    #[default]
    Suspend,
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
        let mut request = ReadRequest { attributes: Vec::new(), scopes: Vec::new() };
        let mut everyone = false;
        for rule in self.list.iter().filter(|rule| rule.enabled) {
            request.scopes.extend(rule.people.scopes.iter().cloned());
            for filter in rule.people.filter.iter().chain(&rule.people.not_filter) {
                request.attributes.extend(filter.attributes());
                everyone |= filter.walks_people();
            }
            for mapping in rule.fields.values().flatten() {
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
        self.list.iter().flat_map(|rule| rule.gives.products.iter().map(move |product| (rule, product.as_str())))
    }

    /// The rule with a name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.list.iter().find(|rule| &*rule.name == name)
    }
}
