//! What a step needs that an earlier step of the plan was to make, and did not.

use std::collections::BTreeSet;

use crate::model::{Action, Outcome, UserGroupPath, WelcomeEmail};
use crate::plan::Step;

/// What was to be made and was not.
#[derive(Default)]
pub(super) struct Missing<'p> {
    groups: BTreeSet<&'p str>,
    templates: BTreeSet<&'p str>,
}

impl<'p> Missing<'p> {
    /// Looks at the outcomes so far.
    pub(super) fn after(steps: &'p [Step], outcomes: &[Option<Outcome>]) -> Self {
        let mut missing = Self::default();
        for (step, outcome) in steps.iter().zip(outcomes) {
            match (&step.action, outcome) {
                (Action::CreateGroup { path }, Some(Outcome::Failed { .. } | Outcome::InDoubt { .. })) => {
                    missing.groups.insert(path.as_str());
                }
                // One that was skipped has another text by now, which nobody has seen who approved the plan.
                (Action::WriteTemplate { template }, Some(outcome)) if !outcome.is_done() => {
                    missing.templates.extend(template.after().map(|template| template.name.as_str()));
                }
                _ => {}
            }
        }
        missing
    }

    /// Says why a step cannot be tried, if something is missing for it.
    pub(super) fn reason(&self, step: &Step) -> Option<String> {
        let made = if let Action::CreateGroup { path } = &step.action { Some(path) } else { None };
        let missing = |group: &&UserGroupPath| {
            std::iter::successors(Some((*group).clone()), UserGroupPath::parent)
                .any(|path| self.groups.contains(path.as_str()))
        };
        if let Some(group) = made.into_iter().chain(step.action.groups_needed()).find(missing) {
            return Some(format!("the user group `{group}` could not be made"));
        }
        let Action::Create(creation) = &step.action else { return None };
        let WelcomeEmail::Template(name) = &creation.welcome else { return None };
        self.templates
            .contains(name.as_str())
            .then(|| format!("the template `{name}` of welcome e-mails could not be written"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{create, update, user, write_template};
    use super::*;
    use crate::ErrorKind;
    use crate::model::{Change, Effect, Role, User, UserChanges};

    fn welcome(name: &str) -> Step {
        create(user("u1", &["g2m"], Role::Member), WelcomeEmail::Template(name.to_owned()))
    }

    #[test]
    fn who_would_get_a_template_that_was_not_written_is_not_created() {
        let steps = [write_template(None, "Hello")];
        for (outcome, missing) in [
            (Outcome::failed(ErrorKind::Denied, "no"), true),
            (Outcome::InDoubt { fault: crate::model::Fault::new(ErrorKind::Unavailable, "lost") }, true),
            (Outcome::skipped("changed since the plan was made: the template is not as it was"), true),
            (Effect::TemplateWritten.into(), false),
        ] {
            let outcomes = [Some(outcome)];
            let after = Missing::after(&steps, &outcomes);
            let reason = "the template `Sales` of welcome e-mails could not be written";
            assert_eq!(after.reason(&welcome("Sales")).as_deref(), missing.then_some(reason), "{outcomes:?}");
            assert_eq!(after.reason(&welcome("Support")), None);
            assert_eq!(after.reason(&create(user("u1", &[], Role::Member), WelcomeEmail::Default)), None);
        }
        assert_eq!(Missing::after(&steps, &[None]).reason(&welcome("Sales")), None, "it is yet to come");
    }

    #[test]
    fn who_would_join_a_group_below_one_that_was_not_made_is_left() {
        let group = |path: &str| Step { person: None, ..group_step(path) };
        let steps = [group("Sales")];
        let outcomes = [Some(Outcome::failed(ErrorKind::Denied, "no"))];
        let missing = Missing::after(&steps, &outcomes);
        let joins = |path: &str| {
            let group = Some(Change::fill(UserGroupPath::new(path)));
            update(&user("u1", &["g2m"], Role::Member), UserChanges { group, ..UserChanges::default() })
        };
        let reason = "the user group `Sales/EMEA` could not be made";
        assert_eq!(missing.reason(&joins("Sales/EMEA")).as_deref(), Some(reason));
        assert_eq!(missing.reason(&group("Sales/EMEA")).as_deref(), Some(reason));
        assert_eq!(missing.reason(&joins("Salesroom")), None);
        let new = User { group: Some(UserGroupPath::new("Sales")), ..user("u1", &["g2m"], Role::Member) };
        assert!(missing.reason(&create(new, WelcomeEmail::None)).is_some());
    }

    fn group_step(path: &str) -> Step {
        super::super::cases::step(Action::CreateGroup { path: UserGroupPath::new(path) }, None)
    }
}
