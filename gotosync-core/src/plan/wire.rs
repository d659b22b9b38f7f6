//! Reading a plan from JSON.
//!
//! Steps that remove or overwrite something are built with the same constructors as during planning, with the evidence of complete
//! reads taken from the plan's own basis.

use std::sync::Arc;

use serde::Deserialize;

use super::{Basis, Reason, Step};
use crate::model::{
    Action, ChangeRead, Creation, Deletion, Email, Fingerprint, LicenseKey, Link, Note, PersonId, PlanId, Release,
    Role, Suspension, Unproven, Update, UserChangesRead, UserGroupPath, UserKey, WelcomeTemplate, Whole,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRead {
    pub(super) format: String,
    pub(super) id: PlanId,
    pub(super) basis: Basis,
    pub(super) steps: Vec<StepRead>,
    #[serde(default)]
    pub(super) simulated: Vec<StepRead>,
    pub(super) notes: Vec<Note>,
    pub(super) links: Vec<Link>,
    #[serde(default)]
    #[serde(rename = "settled")]
    pub(super) cleared: Vec<PersonId>,
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
    Delete {
        user: UserKey,
        email: Email,
    },
    CreateGroup {
        path: UserGroupPath,
    },
    WriteTemplate {
        template: ChangeRead<WelcomeTemplate>,
    },
    Update(UpdateRead),
    Reactivate(UpdateRead),
    Create(Creation),
    Invite {
        user: UserKey,
        sent: u32,
    },
}

#[derive(Deserialize)]
struct UpdateRead {
    user: UserKey,
    changes: UserChangesRead,
}

impl StepRead {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Builds the step. Fails if it removes or overwrites something without evidence of complete reads.
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
            Self::Delete { user, email } => Action::Delete(Deletion::new(whole.ok_or(Unproven)?, user, email)),
            Self::CreateGroup { path } => Action::CreateGroup { path },
            Self::WriteTemplate { template } => {
                // A change from nothing to nothing is invalid.
                let template = ChangeRead::build(Some(template), whole)?.ok_or(Unproven)?;
                Action::WriteTemplate { template }
            }
            Self::Invite { user, sent } => Action::Invite { user, sent },
            Self::Update(update) => Action::Update(update.build(whole)?),
            Self::Reactivate(update) => Action::Reactivate(update.build(whole)?),
            Self::Create(creation) => Action::Create(creation),
        })
    }
}

impl UpdateRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<Update, Unproven> {
        Ok(Update { user: self.user, changes: self.changes.build(whole)? })
    }
}
