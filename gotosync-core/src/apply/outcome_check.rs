//! Checks outcomes for plausibility. An outcome that cannot be true leaves the step in doubt.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashSet;

use super::stale::Index;
use crate::ErrorKind;
use crate::model::{Action, ActionKind, Effect, Fault, Outcome, UserKey};
use crate::plan::Step;

/// Checks the outcomes of one run.
pub(super) struct OutcomeCheck<'a> {
    index: &'a Index<'a>,
    /// The keys of the users created in this run.
    made: Mutex<HashSet<UserKey>>,
}

impl<'a> OutcomeCheck<'a> {
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        Self { index, made: Mutex::default() }
    }

    /// Returns the outcome, or an outcome in doubt if it is implausible: an effect of another action, or a new user with the key of
    /// another user.
    pub(super) fn checked(&self, step: &Step, outcome: Outcome) -> Outcome {
        let Outcome::Done { effect } = &outcome else { return outcome };
        match self.problem(&step.action, effect) {
            Some(problem) => Outcome::InDoubt { fault: Fault::new(ErrorKind::Bug, problem) },
            None => outcome,
        }
    }

    fn problem(&self, action: &Action, effect: &Effect) -> Option<String> {
        let kind = action.kind();
        if !fits(kind, effect) {
            return Some(format!("the target reports `{}` for a step to `{}`", effect.as_str(), kind.as_str()));
        }
        let (Effect::Created { user }, Action::Create(creation)) = (effect, action) else { return None };
        if user.as_str().trim().is_empty() {
            return Some("the target returned no key for the user it created".to_owned());
        }
        if self.index.user(user).is_some_and(|other| other.email != creation.user.email) {
            return Some(format!("the target returned the key of another user for the user it created: {user}"));
        }
        let new = self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(user.clone());
        (!new).then(|| format!("the target returned the same key for two users it created: {user}"))
    }
}

/// Returns `true` if an action can have an effect.
fn fits(kind: ActionKind, effect: &Effect) -> bool {
    match kind {
        ActionKind::Suspend => *effect == Effect::Suspended,
        ActionKind::Release => *effect == Effect::Released,
        ActionKind::Delete => *effect == Effect::Deleted,
        ActionKind::CreateGroup => *effect == Effect::GroupCreated,
        ActionKind::WriteTemplate => *effect == Effect::TemplateWritten,
        ActionKind::Update => *effect == Effect::Updated,
        ActionKind::Reactivate => *effect == Effect::Reactivated,
        ActionKind::Create => matches!(effect, Effect::Created { .. } | Effect::TransferInvited),
        // The step may resend an invitation to a user in another account.
        ActionKind::Invite => matches!(effect, Effect::Invited | Effect::TransferInvited),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{account, create, delete, suspend, update, user};
    use super::*;
    use crate::model::{Role, UserChanges, WelcomeEmail};

    #[test]
    fn leaves_a_step_in_doubt_if_its_outcome_is_implausible() {
        let (gone, own) = (user("u1", &[], Role::Member), user("u2", &["g2m"], Role::Member));
        let account = account([gone.clone(), own.clone()]);
        let steps = [
            suspend(&own),
            update(&own, UserChanges::default()),
            delete(&gone),
            create(user("u3", &[], Role::Member), WelcomeEmail::None),
            create(user("u4", &[], Role::Member), WelcomeEmail::None),
            create(user("u2", &[], Role::Member), WelcomeEmail::None),
        ];
        let index = Index::new(&account, &steps, None);
        let outcome_check = OutcomeCheck::new(&index);
        let created = |key: &str| Effect::Created { user: key.into() };
        let problem = |at: usize, effect: Effect| match outcome_check.checked(&steps[at], effect.into()) {
            Outcome::Done { .. } => None,
            Outcome::InDoubt { fault } => Some(fault.message),
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(0, Effect::Suspended), None);
        assert_eq!(
            problem(0, Effect::TransferInvited).as_deref(),
            Some("the target reports `transfer invited` for a step to `suspend`")
        );
        assert_eq!(
            problem(1, Effect::Suspended).as_deref(),
            Some("the target reports `suspended` for a step to `update`")
        );
        assert_eq!(problem(2, created("u9")).as_deref(), Some("the target reports `created` for a step to `delete`"));
        assert_eq!(problem(3, created(" ")).as_deref(), Some("the target returned no key for the user it created"));
        assert_eq!(
            problem(3, created("u1")).as_deref(),
            Some("the target returned the key of another user for the user it created: u1")
        );
        assert_eq!(problem(3, created("u3")), None);
        assert_eq!(
            problem(4, created("u3")).as_deref(),
            Some("the target returned the same key for two users it created: u3")
        );
        // A user who existed already, with the same address.
        assert_eq!(problem(5, created("u2")), None);
        let refused = Outcome::failed(ErrorKind::Denied, "no");
        assert_eq!(outcome_check.checked(&steps[4], refused.clone()), refused);
    }
}
