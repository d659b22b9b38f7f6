//! Whether the subject of a step is still as it was when the plan was made.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use crate::model::{Account, Action, Email, Status, User, UserKey};
use crate::plan::{Plan, Step, fingerprint};

/// The users of an account by key and by e-mail, as a plan may count on them.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    by_key: HashMap<&'a str, &'a User>,
    by_email: HashMap<Cow<'a, str>, &'a User>,
    /// Users to whom the plan itself gives another e-mail: their address becomes free for somebody else.
    leaving: HashSet<&'a str>,
    /// Administrators as they are now, if the plan would suspend all of them: some may have gone since it was checked.
    last_administrators: HashSet<&'a str>,
}

impl<'a> Index<'a> {
    pub(super) fn new(account: &'a Account, plan: &'a Plan) -> Self {
        let by_key = account.users.iter().filter_map(|user| Some((user.key.as_ref()?.as_str(), &**user))).collect();
        let by_email = account.users.iter().map(|user| (user.email.key(), &**user)).collect();
        let leaving = plan.steps().iter().filter_map(|step| match &step.action {
            Action::Update(update) | Action::Reactivate(update) if update.changes.email.is_some() => {
                Some(update.user.as_str())
            }
            _ => None,
        });
        let suspended: HashSet<&str> = plan
            .steps()
            .iter()
            .filter_map(|step| match &step.action {
                Action::Suspend(suspension) => Some(suspension.user().as_str()),
                _ => None,
            })
            .collect();
        let administrators = account.users.iter().filter(|user| user.role.is_administrator());
        let administrators = administrators.filter(|user| user.status != Status::Suspended);
        let mut last_administrators: HashSet<&str> =
            administrators.filter_map(|user| Some(user.key.as_ref()?.as_str())).collect();
        if !last_administrators.is_subset(&suspended) {
            last_administrators.clear();
        }
        Self { account, by_key, by_email, leaving: leaving.collect(), last_administrators }
    }

    pub(super) fn user(&self, key: &UserKey) -> Option<&'a User> {
        self.by_key.get(key.as_str()).copied()
    }

    /// The user who has an e-mail, and to whom the plan does not give another.
    pub(super) fn user_by_email(&self, email: &Email) -> Option<&'a User> {
        let leaves = |user: &&User| user.key.as_ref().is_some_and(|key| self.leaving.contains(key.as_str()));
        self.by_email.get(&*email.key()).copied().filter(|user| !leaves(user))
    }
}

/// Says why a step is refused, if its subject has changed since the plan was made.
pub(super) fn stale(step: &Step, index: &Index<'_>) -> Option<String> {
    match &step.action {
        Action::CreateGroup { path } => {
            index.account.has_group(path).then(|| "changed since the plan was made: the group exists now".to_owned())
        }
        Action::Create(creation) => index
            .user_by_email(&creation.user.email)
            .map(|_| "changed since the plan was made: a user with this e-mail exists now".to_owned()),
        action => {
            let Some(user) = action.user().and_then(|key| index.user(key)) else {
                let gone = if index.account.completeness.is_complete() {
                    "changed since the plan was made: the user is gone"
                } else {
                    "the user is not among those that were read"
                };
                return Some(gone.to_owned());
            };
            let key = user.key.as_ref().map_or("", UserKey::as_str);
            if matches!(action, Action::Suspend(_)) && index.last_administrators.contains(key) {
                return Some("changed since the plan was made: no other administrator is left".to_owned());
            }
            // Without a basis the step follows another step on the same user; the target guards it.
            let basis = step.basis.as_ref()?;
            (fingerprint(user) != *basis).then(|| match action {
                Action::Update(update) | Action::Reactivate(update) => match update.changes.stale(user) {
                    Some(field) => format!("changed since the plan was made: {field} is not what it was"),
                    None => CHANGED.to_owned(),
                },
                _ => CHANGED.to_owned(),
            })
        }
    }
}

const CHANGED: &str = "changed since the plan was made: the user is not as it was";
