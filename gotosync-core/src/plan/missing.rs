//! User groups and templates that a step needs and an earlier step of the plan failed to create.

use std::collections::BTreeSet;
use std::fmt;

use super::Step;
use crate::model::{Action, Outcome, UserGroupPath, WelcomeEmail};

/// User groups and templates that should have been created and were not.
#[derive(Debug, Default)]
pub(crate) struct Missing<'p> {
    groups: BTreeSet<&'p str>,
    templates: BTreeSet<&'p str>,
}

/// A missing user group or template that a step needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A user group.
    Group(UserGroupPath),
    /// A welcome e-mail template.
    Template(String),
}

impl Need {
    /// Returns the verb for creating it, as in "could not be created".
    pub(crate) const fn made(&self) -> &'static str {
        match self {
            Self::Group(_) => "created",
            Self::Template(_) => "written",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(path) => write!(f, "the user group `{path}`"),
            Self::Template(name) => write!(f, "the welcome e-mail template `{name}`"),
        }
    }
}

impl<'p> Missing<'p> {
    /// Collects what is missing from the outcomes so far.
    pub(crate) fn after(steps: &'p [Step], outcomes: &[Option<Outcome>]) -> Self {
        let mut missing = Self::default();
        for (step, outcome) in steps.iter().zip(outcomes) {
            let is_missing = match (&step.action, outcome) {
                (Action::CreateGroup { .. }, Some(Outcome::Failed { .. } | Outcome::InDoubt { .. })) => true,
                // A template step is skipped if the text has changed since: the admin who approved the plan has not seen that text.
                (Action::WriteTemplate { .. }, Some(outcome)) => !outcome.is_done(),
                _ => false,
            };
            if is_missing {
                missing.add(step);
            }
        }
        missing
    }

    /// Marks the group or template that a step would create as missing.
    pub(crate) fn add(&mut self, step: &'p Step) {
        match &step.action {
            Action::CreateGroup { path } => {
                self.groups.insert(path.as_str());
            }
            Action::WriteTemplate { template } => {
                self.templates.extend(template.after().map(|template| template.name.as_str()));
            }
            _ => {}
        }
    }

    /// Returns the first group or template that a step needs and that is missing.
    pub(crate) fn need(&self, step: &Step) -> Option<Need> {
        let made = if let Action::CreateGroup { path } = &step.action { Some(path) } else { None };
        let missing = |group: &&UserGroupPath| {
            std::iter::successors(Some((*group).clone()), UserGroupPath::parent)
                .any(|path| self.groups.contains(path.as_str()))
        };
        if let Some(group) = made.into_iter().chain(step.action.groups_needed()).find(missing) {
            return Some(Need::Group(group.clone()));
        }
        let Action::Create(creation) = &step.action else { return None };
        let WelcomeEmail::Template(name) = &creation.welcome else { return None };
        self.templates.contains(name.as_str()).then(|| Need::Template(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::apply::cases::{create, update, user, write_template};
    use crate::model::{Change, Effect, Role, User, UserChanges};

    fn welcome(name: &str) -> Step {
        create(user("u1", &["g2m"], Role::Member), WelcomeEmail::Template(name.to_owned()))
    }

    #[test]
    fn needs_a_template_that_was_not_written() {
        let steps = [write_template(None, "Hello")];
        for (outcome, missing) in [
            (Outcome::failed(ErrorKind::Denied, "no"), true),
            (Outcome::InDoubt { fault: crate::model::Fault::new(ErrorKind::Unavailable, "lost") }, true),
            (Outcome::skipped("changed since the plan was made: the template is different now"), true),
            (Effect::TemplateWritten.into(), false),
        ] {
            let outcomes = [Some(outcome)];
            let after = Missing::after(&steps, &outcomes);
            let sales = Need::Template("Sales".to_owned());
            assert_eq!(after.need(&welcome("Sales")), missing.then(|| sales.clone()), "{outcomes:?}");
            assert_eq!(after.need(&welcome("Support")), None);
            assert_eq!(after.need(&create(user("u1", &[], Role::Member), WelcomeEmail::Default)), None);
        }
        assert_eq!(Missing::after(&steps, &[None]).need(&welcome("Sales")), None, "the template step has not run yet");
    }

    #[test]
    fn needs_a_group_whose_parent_was_not_created() {
        let group = |path: &str| Step { person: None, ..group_step(path) };
        let steps = [group("Sales")];
        let outcomes = [Some(Outcome::failed(ErrorKind::Denied, "no"))];
        let missing = Missing::after(&steps, &outcomes);
        let joins = |path: &str| {
            let group = Some(Change::fill(UserGroupPath::new(path)));
            update(&user("u1", &["g2m"], Role::Member), UserChanges { group, ..UserChanges::default() })
        };
        let emea = Some(Need::Group(UserGroupPath::new("Sales/EMEA")));
        assert_eq!(missing.need(&joins("Sales/EMEA")), emea);
        assert_eq!(missing.need(&group("Sales/EMEA")), emea);
        assert_eq!(missing.need(&joins("Salesroom")), None);
        let new = User { group: Some(UserGroupPath::new("Sales")), ..user("u1", &["g2m"], Role::Member) };
        assert!(missing.need(&create(new, WelcomeEmail::None)).is_some());
    }

    fn group_step(path: &str) -> Step {
        crate::apply::cases::step(Action::CreateGroup { path: UserGroupPath::new(path) }, None)
    }
}
