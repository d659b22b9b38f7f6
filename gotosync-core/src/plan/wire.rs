//! A plan as it is read back: steps that take something away are built by the same constructors as everywhere, with the
//! evidence that the plan's own basis gives.

use std::sync::Arc;

use serde::Deserialize;

use super::{Basis, Reason, Step};
use crate::model::{
    Action, Change, Creation, Email, Fingerprint, LicenseChange, LicenseKey, Note, PersonId, PlanId, Release, Role,
    Suspension, Update, UserChanges, UserGroupPath, UserKey, Whole,
};
use crate::state::Link;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRead {
    pub(super) format: String,
    pub(super) id: PlanId,
    pub(super) basis: Basis,
    pub(super) steps: Vec<StepRead>,
    pub(super) notes: Vec<Note>,
    pub(super) links: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRead {
    number: u32,
    stage: u32,
    action: ActionRead,
    subject: Box<str>,
    #[serde(default)]
    person: Option<PersonId>,
    #[serde(default)]
    rules: Option<Arc<[Arc<str>]>>,
    reasons: Vec<Reason>,
    #[serde(default)]
    basis: Option<Fingerprint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
enum ActionRead {
    Suspend {
        user: UserKey,
        licenses: Vec<LicenseKey>,
        #[serde(default)]
        role: Role,
    },
    Release {
        user: UserKey,
        licenses: Vec<LicenseKey>,
    },
    CreateGroup {
        path: UserGroupPath,
    },
    Update(UpdateRead),
    Reactivate(UpdateRead),
    Create(Creation),
}

#[derive(Deserialize)]
struct UpdateRead {
    user: UserKey,
    changes: ChangesRead,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ChangesRead {
    email: Option<ChangeRead<Email>>,
    first_name: Option<ChangeRead<Box<str>>>,
    last_name: Option<ChangeRead<Box<str>>>,
    language: Option<ChangeRead<Box<str>>>,
    group: Option<ChangeRead<UserGroupPath>>,
    licenses: LicensesRead,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRead<T> {
    before: Option<T>,
    after: Option<T>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LicensesRead {
    add: Vec<LicenseKey>,
    remove: Vec<LicenseKey>,
}

/// A step takes something away, and there is no evidence that it may.
pub(super) struct Unproven;

impl StepRead {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Builds the step.
    pub(super) fn build(self, whole: Option<Whole<'_>>) -> Result<Step, Unproven> {
        Ok(Step {
            number: self.number,
            stage: self.stage,
            action: self.action.build(whole)?,
            subject: self.subject,
            person: self.person,
            rules: self.rules.unwrap_or_default(),
            reasons: self.reasons,
            basis: self.basis,
        })
    }
}

impl ActionRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<Action, Unproven> {
        Ok(match self {
            Self::Suspend { user, licenses, role } => {
                Action::Suspend(Suspension::new(whole.ok_or(Unproven)?, user, licenses, role))
            }
            Self::Release { user, licenses } => Action::Release(Release::new(whole.ok_or(Unproven)?, user, licenses)),
            Self::CreateGroup { path } => Action::CreateGroup { path },
            Self::Update(update) => Action::Update(update.build(whole)?),
            Self::Reactivate(update) => Action::Reactivate(update.build(whole)?),
            Self::Create(creation) => Action::Create(creation),
        })
    }
}

impl UpdateRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<Update, Unproven> {
        let read = self.changes;
        let mut licenses = LicenseChange::adding(read.licenses.add);
        if !read.licenses.remove.is_empty() {
            licenses = licenses.removing(whole.ok_or(Unproven)?, read.licenses.remove);
        }
        let changes = UserChanges {
            email: build(read.email, whole)?,
            first_name: build(read.first_name, whole)?,
            last_name: build(read.last_name, whole)?,
            language: build(read.language, whole)?,
            group: build(read.group, whole)?,
            licenses,
        };
        Ok(Update { user: self.user, changes })
    }
}

fn build<T>(read: Option<ChangeRead<T>>, whole: Option<Whole<'_>>) -> Result<Option<Change<T>>, Unproven> {
    match read {
        None | Some(ChangeRead { before: None, after: None }) => Ok(None),
        Some(ChangeRead { before: None, after: Some(after) }) => Ok(Some(Change::fill(after))),
        Some(ChangeRead { before: Some(before), after }) => {
            Ok(Some(Change::replace(whole.ok_or(Unproven)?, before, after)))
        }
    }
}
