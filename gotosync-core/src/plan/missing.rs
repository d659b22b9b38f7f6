//! What a step needs that an earlier step of the plan was to make, and did not.

use std::collections::BTreeSet;
use std::fmt;

use super::Step;
use crate::model::{Action, Outcome, UserGroupPath, WelcomeEmail};

/// What was to be made and is not.
#[derive(Debug, Default)]
pub(crate) struct Missing<'p> {
    groups: BTreeSet<&'p str>,
    templates: BTreeSet<&'p str>,
}

/// One thing that a step needs and that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A user group.
    Group(UserGroupPath),
    /// A template of welcome e-mails.
    Template(String),
}

impl Need {
    /// How it would have come about.
    pub(crate) const fn made(&self) -> &'static str {
        match self {
            Self::Group(_) => "made",
            Self::Template(_) => "written",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(path) => write!(f, "the user group `{path}`"),
            Self::Template(name) => write!(f, "the template `{name}` of welcome e-mails"),
        }
    }
}

impl<'p> Missing<'p> {
    /// Looks at the outcomes so far.
    pub(crate) fn after(steps: &'p [Step], outcomes: &[Option<Outcome>]) -> Self {
        let mut missing = Self::default();
        for (step, outcome) in steps.iter().zip(outcomes) {
            let is_missing = match (&step.action, outcome) {
                (Action::CreateGroup { .. }, Some(Outcome::Failed { .. } | Outcome::InDoubt { .. })) => true,
                // One that was skipped has another text by now, which nobody has seen who approved the plan.
                (Action::WriteTemplate { .. }, Some(outcome)) => !outcome.is_done(),
                _ => false,
            };
            if is_missing {
                missing.add(step);
            }
        }
        missing
    }

    /// Takes what a step makes for missing.
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

    /// What is missing for a step, if something is.
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
            let sales = Need::Template("Sales".to_owned());
            assert_eq!(after.need(&welcome("Sales")), missing.then(|| sales.clone()), "{outcomes:?}");
            assert_eq!(after.need(&welcome("Support")), None);
            assert_eq!(after.need(&create(user("u1", &[], Role::Member), WelcomeEmail::Default)), None);
        }
        assert_eq!(Missing::after(&steps, &[None]).need(&welcome("Sales")), None, "it is yet to come");
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
