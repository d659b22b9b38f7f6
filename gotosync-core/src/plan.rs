//! The plan: the exact steps to apply, the reason for each, and the basis that they were computed from.
//!
//! A plan is written as JSON in the format `gotosync-plan/1`:
//!
//! | key | content |
//! |---|---|
//! | `format` | `gotosync-plan/1` |
//! | `id` | a shortened BLAKE3 hash of the rest; a plan that was edited no longer matches its id and is rejected |
//! | `basis` | the inputs of the plan: time, both sides with their completeness, seats, administrators, rules |
//! | `steps` | the steps in the order of execution: `number`, `stage`, `action`, `subject`, `person`, `rules`, `reasons`, `basis` |
//! | `simulated` | steps of simulated rules, or of a simulated run: shown and never applied |
//! | `notes` | problems and states found during planning: `kind`, `subject`, `evidence` |
//! | `settled` | people who were set aside (skipped after a failure) and need no steps anymore |
//! | `links` | links between people and users, to be stored |

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountKey, Action, ActionKind, Completeness, Field, Fingerprint, License, LicenseKey, Link, Note, PersonId,
    PlanId, Role, Status, Unproven, User, UserKey, UserSettings, Whole,
};
use crate::target::Feature;
use crate::{Error, ErrorKind, Result};

mod aside;
mod build;
mod draft;
mod inputs;
mod missing;
mod review;
mod seats;
mod steps;
mod wire;

pub use build::{Planned, plan};
pub use inputs::{Inputs, Override};
pub(crate) use missing::Missing;
pub use review::{LeftOut, Review};

/// The steps that would change an account. Immutable: the same plan is shown, checked, approved, and applied.
///
/// Cloning is cheap: clones share their content.
#[derive(Clone, Debug)]
pub struct Plan(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    content: Content,
    id: OnceLock<PlanId>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Content {
    basis: Basis,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    simulated: Vec<Step>,
    notes: Vec<Note>,
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "settled")]
    cleared: Vec<PersonId>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The number of the step, from 1, in the order of the plan.
    pub number: u32,
    /// The stage. Steps of one stage do not depend on each other; a stage begins when the previous one has ended.
    pub stage: u32,
    /// The action.
    pub action: Action,
    /// The subject: an e-mail address, the path of a user group, or the name of a template.
    pub subject: Box<str>,
    /// The person that the step is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The rules that select the person, highest first; for a leaver, the last rules that did.
    #[serde(default, skip_serializing_if = "no_rules")]
    pub rules: Arc<[Arc<str>]>,
    /// The reasons, one for each change.
    pub reasons: Vec<Reason>,
    /// A fingerprint of the user at the time of planning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Fingerprint>,
}

impl Reason {
    /// Returns `true` if the reason is about a license that is taken away, not about a product inside one.
    pub(crate) fn is_license_taken(&self) -> bool {
        self.field == Field::Products && self.part.is_none() && self.after.is_none()
    }

    /// Returns `true` if the reason is about a license that is given, not about a product inside one.
    pub(crate) fn is_license_given(&self) -> bool {
        self.field == Field::Products && self.part.is_none() && self.after.is_some()
    }
}

/// Renumbers steps and stages consecutively from 1.
fn renumbered(steps: impl Iterator<Item = Step>) -> Vec<Step> {
    let (mut stage, mut last) = (0, None);
    let number = |(number, step): (u32, Step)| {
        if last.replace(step.stage) != Some(step.stage) {
            stage += 1;
        }
        Step { number, stage, ..step }
    };
    (1..).zip(steps).map(number).collect()
}

fn no_rules(rules: &Arc<[Arc<str>]>) -> bool {
    rules.is_empty()
}

/// The reason for one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The rule that causes the change, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Arc<str>>,
    /// The field that changes.
    pub field: Field,
    /// The part of the field, if it has several: a license, or the name of a custom field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Box<str>>,
    /// The origin of the new value, or the cause of the change.
    pub because: Cow<'static, str>,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<str>>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Box<str>>,
}

/// The inputs that a plan was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The time of planning.
    pub made_at: Timestamp,
    /// The purpose of the plan.
    #[serde(default, skip_serializing_if = "Purpose::is_sync")]
    pub purpose: Purpose,
    /// The source.
    pub source: SourceBasis,
    /// The account.
    pub account: AccountBasis,
    /// The enabled rules, highest first.
    pub rules: Vec<RuleBasis>,
    /// A fingerprint of the rules file.
    pub rules_fingerprint: Fingerprint,
}

/// The purpose of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Keeping the account in sync with the directory.
    #[default]
    Sync,
    /// Importing people from a file: no links are stored for them.
    Import,
    /// Simulation: the plan is shown only, not applied, and nothing is stored.
    Simulation,
}

impl Purpose {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Sync, Self::Import, Self::Simulation];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
    fn is_sync(&self) -> bool {
        *self == Self::Sync
    }
}

/// The read of the source, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceBasis {
    /// The name of the source.
    pub name: String,
    /// The number of people read.
    pub people: usize,
    /// The number of people that a rule selects.
    pub selected: usize,
    /// The completeness of the read.
    pub completeness: Completeness,
}

/// The read of the account, in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountBasis {
    /// The name of the target.
    pub target: String,
    /// The key of the account.
    pub key: AccountKey,
    /// The name of the account.
    pub name: String,
    /// The number of its users.
    pub users: usize,
    /// The number of its users that are not suspended.
    pub with_access: usize,
    /// The number of users with access that belong to a selected person or are leavers.
    pub managed: usize,
    /// The maximum number of users.
    pub user_limit: usize,
    /// Its licenses with their seats.
    pub licenses: Vec<License>,
    /// Its full administrators that are not suspended.
    pub administrators: Vec<UserKey>,
    /// The user that gotosync signs in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<UserKey>,
    /// The actions that the target supports.
    pub actions: Vec<ActionKind>,
    /// The features that the target does not support.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Feature>,
    /// The completeness of the read.
    pub completeness: Completeness,
}

/// One rule, with the number of people that it selects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleBasis {
    /// The name of the rule.
    pub name: Arc<str>,
    /// The number of people that the rule selects; `None` if it could not be evaluated.
    pub people: Option<usize>,
    /// The number of people that the rule selected at the last complete read, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<usize>,
}

#[derive(Serialize)]
struct Written<'p> {
    format: &'static str,
    id: &'p PlanId,
    #[serde(flatten)]
    content: &'p Content,
}

impl Plan {
    fn new(mut content: Content) -> Self {
        content.notes.sort();
        content.notes.dedup();
        Self(Arc::new(Inner { content, id: OnceLock::new() }))
    }

    /// Returns the plan with only the steps that `keep` selects, and the steps for user groups and templates that they need.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Step) -> bool) -> Self {
        let steps = &self.0.content.steps;
        let kept: Vec<&Step> = steps.iter().filter(|step| keep(step)).collect();
        let needed = |step: &&Step| match &step.action {
            Action::CreateGroup { path } => {
                let mut needed = kept.iter().flat_map(|step| step.action.groups_needed());
                needed.any(|group| group.is_within(path))
            }
            Action::WriteTemplate { template } => {
                let name = template.after().map(|template| template.name.as_str());
                kept.iter().any(|step| name.is_some_and(|name| step.action.uses_template(name)))
            }
            _ => false,
        };
        let steps = steps.iter().filter(|step| keep(step) || needed(step)).cloned();
        let simulated = self.0.content.simulated.iter().filter(|step| keep(step)).cloned();
        let (steps, simulated) = (renumbered(steps), renumbered(simulated));
        let content = Content { steps, simulated, ..self.0.content.clone() };
        Self::new(content)
    }

    /// Returns a plan with just this step and the same basis, without links to store.
    pub(crate) fn with_only(&self, step: Step) -> Self {
        let (basis, notes) = (self.0.content.basis.clone(), Vec::new());
        Self::new(Content {
            basis,
            steps: vec![step],
            simulated: Vec::new(),
            notes,
            links: Vec::new(),
            cleared: Vec::new(),
        })
    }

    /// Splits off deletions: returns the plan without them, and a plan of the deletions alone if there are any. Deletions wait for
    /// an admin; the other steps need not.
    pub fn split_deletions(&self) -> (Self, Option<Self>) {
        let deletes = |step: &Step| matches!(step.action, Action::Delete(_));
        if !self.0.content.steps.iter().any(deletes) {
            return (self.clone(), None);
        }
        (self.only(|step| !deletes(step)), Some(self.only(deletes)))
    }

    /// Turns the plan into an import: the steps name no person and no links are stored, so that an imported user never becomes a
    /// leaver in the next run. The number of people that each rule selects is not stored either.
    pub(crate) fn into_import(self) -> Self {
        let mut content = self.0.content.clone();
        content.basis.purpose = Purpose::Import;
        content.steps.iter_mut().chain(&mut content.simulated).for_each(|step| step.person = None);
        Self::new(Content { links: Vec::new(), cleared: Vec::new(), ..content })
    }

    /// Returns the plan's id: a hash of its content, computed on first use.
    pub fn id(&self) -> &PlanId {
        self.0.id.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            match serde_json::to_writer(&mut hasher, &self.0.content) {
                Ok(()) => PlanId::new(&hasher.finalize().to_hex().as_str()[..16]),
                Err(error) => unreachable!("writing a plan to memory cannot fail: {error}"),
            }
        })
    }

    /// Returns the inputs that the plan was computed from.
    pub fn basis(&self) -> &Basis {
        &self.0.content.basis
    }

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.0.content.steps
    }

    /// Returns the simulated steps: those that would be added if their rules were applied.
    pub fn simulated(&self) -> &[Step] {
        &self.0.content.simulated
    }

    /// Returns the notes from planning.
    pub fn notes(&self) -> &[Note] {
        &self.0.content.notes
    }

    /// Returns the links between people and users, to be stored.
    pub fn links(&self) -> &[Link] {
        &self.0.content.links
    }

    /// Returns people who were set aside (skipped after a failure) and need no steps anymore.
    pub fn cleared(&self) -> &[PersonId] {
        &self.0.content.cleared
    }

    /// Returns `true` if there are no steps to apply.
    pub fn is_empty(&self) -> bool {
        self.0.content.steps.is_empty()
    }

    /// Returns the number of steps of each kind.
    pub fn counts(&self) -> BTreeMap<ActionKind, usize> {
        let mut counts = BTreeMap::new();
        for step in &self.0.content.steps {
            *counts.entry(step.action.kind()).or_insert(0) += 1;
        }
        counts
    }

    /// Returns the name of a license, or its key if the account does not list the license.
    pub fn license_name<'p>(&'p self, key: &'p LicenseKey) -> &'p str {
        let license = self.0.content.basis.account.licenses.iter().find(|license| license.key == *key);
        license.map_or(key.as_str(), |license| &license.name)
    }

    /// Returns the plan as JSON.
    pub fn to_json(&self) -> String {
        let written = Written { format: FORMAT, id: self.id(), content: &self.0.content };
        match serde_json::to_string_pretty(&written) {
            Ok(text) => text,
            Err(error) => unreachable!("writing a plan to memory cannot fail: {error}"),
        }
    }

    /// Reads a plan that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Data`] if the text is not a plan, if the plan was edited after it was written, or if it removes or
    /// overwrites something although its basis says that a read was incomplete.
    pub fn from_json(text: &str) -> Result<Self> {
        let bad = |message: String| Error::new(ErrorKind::Data, message).during("read the plan");
        let read: wire::PlanRead = serde_json::from_str(text).map_err(|error| {
            bad(format!("the text is not a plan: {error}")).hint("write one with `gotosync plan --out plan.json`")
        })?;
        if read.format != FORMAT {
            return Err(bad(format!("the format is `{}`, expected `{FORMAT}`", read.format)));
        }
        let whole = Whole::recorded(&read.basis.source.completeness, &read.basis.account.completeness);
        let build = |list: Vec<wire::StepRead>| {
            let mut steps = Vec::with_capacity(list.len());
            for (step, number) in list.into_iter().zip(1..) {
                if step.number() != number {
                    return Err(bad("the steps are not numbered consecutively from 1".to_owned()));
                }
                let unproven = "removes or overwrites something, but the plan was made from an incomplete read";
                steps.push(step.build(whole).map_err(|_: Unproven| bad(format!("step {number} {unproven}")))?);
            }
            Ok(steps)
        };
        let (steps, simulated) = (build(read.steps)?, build(read.simulated)?);
        let (basis, notes, links, cleared) = (read.basis, read.notes, read.links, read.cleared);
        let content = Content { basis, steps, simulated, notes, links, cleared };
        let plan = Self(Arc::new(Inner { content, id: OnceLock::new() }));
        if *plan.id() != read.id {
            return Err(bad(format!(
                "the content does not match the id {}: the plan was edited after it was made",
                read.id
            ))
            .hint("make a new plan: gotosync applies a plan only exactly as it was checked"));
        }
        Ok(plan)
    }
}

impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.0.content == other.0.content
    }
}

/// Returns a fingerprint of a user. A first sign-in does not change it; a suspension does.
pub(crate) fn fingerprint(user: &User) -> Fingerprint {
    #[derive(Serialize)]
    struct Looks<'u>(
        Cow<'u, str>,
        [&'u str; 2],
        Option<&'u str>,
        bool,
        &'u [LicenseKey],
        Option<&'u str>,
        &'u Role,
        Option<&'u UserSettings>,
    );
    let looks = Looks(
        user.email.key(),
        [&user.first_name, &user.last_name],
        user.language.as_deref(),
        user.status == Status::Suspended,
        &user.licenses,
        user.group.as_ref().map(crate::model::UserGroupPath::as_str),
        &user.role,
        user.settings.as_deref(),
    );
    Fingerprint::of(&serde_json::to_vec(&looks).unwrap_or_default())
}

const FORMAT: &str = "gotosync-plan/1";
