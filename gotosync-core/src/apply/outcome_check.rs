//! Whether an outcome can be believed: a target that says what cannot be has said nothing.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashSet;

use super::stale::Index;
use crate::ErrorKind;
use crate::model::{Action, ActionKind, Effect, Fault, Outcome, UserKey};
use crate::plan::Step;

/// Looks at the outcomes of one run.
pub(super) struct OutcomeCheck<'a> {
    index: &'a Index<'a>,
    /// Keys of the users that were made in this run.
    made: Mutex<HashSet<UserKey>>,
}

impl<'a> OutcomeCheck<'a> {
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        Self { index, made: Mutex::default() }
    }

    /// The outcome, or that nobody knows what became of the step: what a target says of another action is believed of none, and a new
    /// user is never known by the key of somebody else.
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
            return Some(format!("the target says `{}` of what was to be `{}`", effect.as_str(), kind.as_str()));
        }
        let (Effect::Created { user }, Action::Create(creation)) = (effect, action) else { return None };
        if user.as_str().trim().is_empty() {
            return Some("the target gives no key for the user it made".to_owned());
        }
        if self.index.user(user).is_some_and(|other| other.email != creation.user.email) {
            return Some(format!("the target gives the key of another user for the one it made: {user}"));
        }
        let new = self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(user.clone());
        (!new).then(|| format!("the target gives one key for two users it made: {user}"))
    }
}

/// Whether an action can have an effect.
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
        // Somebody in another account is asked once more.
        ActionKind::Invite => matches!(effect, Effect::Invited | Effect::TransferInvited),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{account, create, delete, suspend, update, user};
    use super::*;
    use crate::model::{Role, UserChanges, WelcomeEmail};

    #[test]
    fn what_cannot_be_is_not_believed() {
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
        let told = |at: usize, effect: Effect| match outcome_check.checked(&steps[at], effect.into()) {
            Outcome::Done { .. } => None,
            Outcome::InDoubt { fault } => Some(fault.message),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(0, Effect::Suspended), None);
        assert_eq!(
            told(0, Effect::TransferInvited).as_deref(),
            Some("the target says `transfer invited` of what was to be `suspend`")
        );
        assert_eq!(
            told(1, Effect::Suspended).as_deref(),
            Some("the target says `suspended` of what was to be `update`")
        );
        assert_eq!(told(2, created("u9")).as_deref(), Some("the target says `created` of what was to be `delete`"));
        assert_eq!(told(3, created(" ")).as_deref(), Some("the target gives no key for the user it made"));
        assert_eq!(
            told(3, created("u1")).as_deref(),
            Some("the target gives the key of another user for the one it made: u1")
        );
        assert_eq!(told(3, created("u3")), None);
        assert_eq!(told(4, created("u3")).as_deref(), Some("the target gives one key for two users it made: u3"));
        // Somebody who was there already, under the very address.
        assert_eq!(told(5, created("u2")), None);
        let refused = Outcome::failed(ErrorKind::Denied, "no");
        assert_eq!(outcome_check.checked(&steps[4], refused.clone()), refused);
    }
}
