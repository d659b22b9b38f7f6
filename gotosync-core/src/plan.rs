//! The plan: exactly what would be done, why, and what it was computed from.
//!
//! A plan is written as JSON in the format `gotosync-plan/1`:
//!
//! | key | what stands there |
//! |---|---|
//! | `format` | `gotosync-plan/1` |
//! | `id` | the BLAKE3 hash of the rest, shortened; a plan that was edited no longer fits its id and is refused |
//! | `basis` | what the plan was computed from: time, both sides with their completeness, seats, administrators, rules |
//! | `steps` | in the order they are done: `number`, `stage`, `action`, `subject`, `person`, `rules`, `reasons`, `basis` |
//! | `simulated` | steps of rules, or of a whole run, that are only simulated: shown and never applied |
//! | `notes` | what planning found: `kind`, `subject`, `evidence` |
//! | `settled` | people who were set aside after a failure and for whom nothing is to be done any more |
//! | `links` | people and users that were found to belong together, to be remembered |

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

/// What would be done to an account. Immutable: the same plan is shown, checked, approved and applied.
/// A clone is the same plan, and costs nothing.
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

/// One unit of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its number, from 1, in the order of the plan.
    pub number: u32,
    /// Steps of one stage do not depend on each other; a stage begins when the one before it has ended.
    pub stage: u32,
    /// What is done.
    pub action: Action,
    /// Whom or what it is about: an e-mail, or the path of a user group.
    pub subject: Box<str>,
    /// The person behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The rules that select the person, highest first; for a leaver, those that did.
    #[serde(default, skip_serializing_if = "no_rules")]
    pub rules: Arc<[Arc<str>]>,
    /// Why, one line for each thing that changes.
    pub reasons: Vec<Reason>,
    /// How the user looked when the step was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Fingerprint>,
}

impl Reason {
    /// Says whether it tells of a license that goes, and not of a product inside one.
    pub(crate) fn is_license_taken(&self) -> bool {
        self.field == Field::Products && self.part.is_none() && self.after.is_none()
    }

    /// Says whether it tells of a license that comes, and not of a product inside one.
    pub(crate) fn is_license_given(&self) -> bool {
        self.field == Field::Products && self.part.is_none() && self.after.is_some()
    }
}

/// Numbers steps anew; stages become 1, 2, 3.
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

/// Why one thing changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The rule that says so, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Arc<str>>,
    /// What changes.
    pub field: Field,
    /// Which part of it, where it has several: a license, or the name of a custom field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Box<str>>,
    /// Where its value comes from.
    pub because: Cow<'static, str>,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<str>>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Box<str>>,
}

/// What a plan was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// When.
    pub made_at: Timestamp,
    /// What for.
    #[serde(default, skip_serializing_if = "Purpose::is_sync")]
    pub purpose: Purpose,
    /// The source.
    pub source: SourceBasis,
    /// The account.
    pub account: AccountBasis,
    /// The enabled rules, highest first.
    pub rules: Vec<RuleBasis>,
    /// The rules file, in short.
    pub rules_fingerprint: Fingerprint,
}

/// What a plan is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To keep directory and account the same.
    #[default]
    Sync,
    /// To bring in people from a file: nothing about them is remembered.
    Import,
    /// To be shown: nothing of it is applied, and nothing is remembered.
    Simulation,
}

impl Purpose {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Sync, Self::Import, Self::Simulation];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field by reference")]
    fn is_sync(&self) -> bool {
        *self == Self::Sync
    }
}

/// What was read of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceBasis {
    /// What it is.
    pub name: String,
    /// People who were read.
    pub people: usize,
    /// People whom a rule selects.
    pub selected: usize,
    /// Whether that is everything.
    pub completeness: Completeness,
}

/// What was read of the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountBasis {
    /// What it is.
    pub target: String,
    /// The account.
    pub key: AccountKey,
    /// Its name.
    pub name: String,
    /// Its users.
    pub users: usize,
    /// Its users who are not suspended.
    pub with_access: usize,
    /// Those of them who are a selected person's, or a leaver's.
    pub managed: usize,
    /// The most users it takes.
    pub user_limit: usize,
    /// Its licenses with their seats.
    pub licenses: Vec<License>,
    /// Its full administrators who are not suspended.
    pub administrators: Vec<UserKey>,
    /// The login's own user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<UserKey>,
    /// What the target can do.
    pub actions: Vec<ActionKind>,
    /// What it lacks of what an account can have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Feature>,
    /// Whether everything was read.
    pub completeness: Completeness,
}

/// What was known of one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleBasis {
    /// The rule.
    pub name: Arc<str>,
    /// People it selects; `None` if it could not be evaluated.
    pub people: Option<usize>,
    /// People it selected at the last good read, if there was one.
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

    /// The plan with some of its steps, and with the user groups and templates that these need.
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

    /// The plan with this step and no other, from the same basis. It teaches nothing about who is whom.
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

    /// The plan without deletions, and the deletions by themselves if there are any: they wait for an admin, and what
    /// else there is need not.
    pub fn split_deletions(&self) -> (Self, Option<Self>) {
        let deletes = |step: &Step| matches!(step.action, Action::Delete(_));
        if !self.0.content.steps.iter().any(deletes) {
            return (self.clone(), None);
        }
        (self.only(|step| !deletes(step)), Some(self.only(deletes)))
    }

    /// The same steps for people who are not to be remembered: no step names its person, and no link is kept, so that
    /// nobody of an import is a leaver of the next run. Nor are the sizes of its rules.
    pub(crate) fn into_import(self) -> Self {
        let mut content = self.0.content.clone();
        content.basis.purpose = Purpose::Import;
        content.steps.iter_mut().chain(&mut content.simulated).for_each(|step| step.person = None);
        Self::new(Content { links: Vec::new(), cleared: Vec::new(), ..content })
    }

    /// The plan's id: a hash of everything in it, computed when it is first asked for.
    pub fn id(&self) -> &PlanId {
        self.0.id.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            match serde_json::to_writer(&mut hasher, &self.0.content) {
                Ok(()) => PlanId::new(&hasher.finalize().to_hex().as_str()[..16]),
                Err(error) => unreachable!("a plan is written to memory: {error}"),
            }
        })
    }

    /// What the plan was computed from.
    pub fn basis(&self) -> &Basis {
        &self.0.content.basis
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.0.content.steps
    }

    /// Steps that are only simulated: what would be done if their rules were applied.
    pub fn simulated(&self) -> &[Step] {
        &self.0.content.simulated
    }

    /// What planning found.
    pub fn notes(&self) -> &[Note] {
        &self.0.content.notes
    }

    /// People and users that were found to belong together.
    pub fn links(&self) -> &[Link] {
        &self.0.content.links
    }

    /// People who were set aside after a failure and for whom nothing is to be done any more.
    pub fn cleared(&self) -> &[PersonId] {
        &self.0.content.cleared
    }

    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.content.steps.is_empty()
    }

    /// How many steps there are of each kind.
    pub fn counts(&self) -> BTreeMap<ActionKind, usize> {
        let mut counts = BTreeMap::new();
        for step in &self.0.content.steps {
            *counts.entry(step.action.kind()).or_insert(0) += 1;
        }
        counts
    }

    /// The name of a license, or its key where the account does not list it.
    pub fn license_name<'p>(&'p self, key: &'p LicenseKey) -> &'p str {
        let license = self.0.content.basis.account.licenses.iter().find(|license| license.key == *key);
        license.map_or(key.as_str(), |license| &license.name)
    }

    /// Writes the plan as JSON.
    pub fn to_json(&self) -> String {
        let written = Written { format: FORMAT, id: self.id(), content: &self.0.content };
        match serde_json::to_string_pretty(&written) {
            Ok(text) => text,
            Err(error) => unreachable!("a plan is written to memory: {error}"),
        }
    }

    /// Reads a plan that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when the text is not a plan, was changed since it was written, or takes something away though it
    /// says itself that a read was not complete.
    pub fn from_json(text: &str) -> Result<Self> {
        let bad = |message: String| Error::new(ErrorKind::Data, message).during("read the plan");
        let read: wire::PlanRead = serde_json::from_str(text).map_err(|error| {
            bad(format!("it is not a plan: {error}")).hint("write one with `gotosync plan --out plan.json`")
        })?;
        if read.format != FORMAT {
            return Err(bad(format!("its format is `{}`, expected `{FORMAT}`", read.format)));
        }
        let whole = Whole::recorded(&read.basis.source.completeness, &read.basis.account.completeness);
        let build = |list: Vec<wire::StepRead>| {
            let mut steps = Vec::with_capacity(list.len());
            for (step, number) in list.into_iter().zip(1..) {
                if step.number() != number {
                    return Err(bad("its steps are not numbered from 1".to_owned()));
                }
                let unproven = "takes something away, and the plan was made from an incomplete read";
                steps.push(step.build(whole).map_err(|_: Unproven| bad(format!("step {number} {unproven}")))?);
            }
            Ok(steps)
        };
        let (steps, simulated) = (build(read.steps)?, build(read.simulated)?);
        let (basis, notes, links, cleared) = (read.basis, read.notes, read.links, read.cleared);
        let content = Content { basis, steps, simulated, notes, links, cleared };
        let plan = Self(Arc::new(Inner { content, id: OnceLock::new() }));
        if *plan.id() != read.id {
            return Err(bad(format!("its content does not fit its id {}: it was changed after it was made", read.id))
                .hint("make a new plan; a plan is applied exactly as it was checked"));
        }
        Ok(plan)
    }
}

impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.0.content == other.0.content
    }
}

/// How a user looks, in short. A user who signs in for the first time looks the same; one who is suspended does not.
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
