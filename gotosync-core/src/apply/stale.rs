//! Refuses steps whose subject has changed since the plan was made.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use crate::model::{Account, Action, Change, Email, Role, Status, Transfer, User, UserKey, WelcomeTemplate};
use crate::plan::{Step, fingerprint};

/// An index of the account's users by key and by e-mail, for the steps of one plan.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    by_key: HashMap<&'a str, &'a User>,
    by_email: HashMap<Cow<'a, str>, &'a User>,
    transfers: HashMap<Cow<'a, str>, &'a Transfer>,
    /// Users whose e-mail the plan itself changes, so that their address becomes free for another user.
    leaving: HashSet<&'a str>,
    /// The current administrators, if the plan would remove all of them: some may have lost the role since the plan was checked.
    last_administrators: HashSet<&'a str>,
    /// The user that gotosync signs in as, now and when the plan was made.
    logins: [Option<&'a UserKey>; 2],
}

impl<'a> Index<'a> {
    /// Indexes an account for these steps; `login` is the user that gotosync signed in as when they were planned.
    pub(super) fn new(account: &'a Account, steps: &'a [Step], login: Option<&'a UserKey>) -> Self {
        let by_key = account.users.iter().filter_map(|user| Some((user.key.as_ref()?.as_str(), &**user))).collect();
        let by_email = account.users.iter().map(|user| (user.email.key(), &**user)).collect();
        let transfers = account.transfers.iter().map(|transfer| (transfer.email.key(), transfer)).collect();
        let leaving = steps.iter().filter_map(|step| match &step.action {
            Action::Update(update) | Action::Reactivate(update) if update.changes.email.is_some() => {
                Some(update.user.as_str())
            }
            _ => None,
        });
        let taken: HashSet<&str> =
            steps.iter().filter_map(|step| ends_administration(&step.action)).map(UserKey::as_str).collect();
        let administrators = account.users.iter().filter(|user| user.role.is_administrator());
        let administrators = administrators.filter(|user| user.status != Status::Suspended);
        let mut last_administrators: HashSet<&str> =
            administrators.filter_map(|user| Some(user.key.as_ref()?.as_str())).collect();
        if !last_administrators.is_subset(&taken) {
            last_administrators.clear();
        }
        let logins = [account.login.as_ref(), login];
        Self { account, by_key, by_email, transfers, leaving: leaving.collect(), last_administrators, logins }
    }

    pub(super) fn user(&self, key: &UserKey) -> Option<&'a User> {
        self.by_key.get(key.as_str()).copied()
    }

    /// Returns the user with this e-mail, unless the plan changes that user's e-mail.
    pub(super) fn user_by_email(&self, email: &Email) -> Option<&'a User> {
        let leaves = |user: &&User| user.key.as_ref().is_some_and(|key| self.leaving.contains(key.as_str()));
        self.by_email.get(&*email.key()).copied().filter(|user| !leaves(user))
    }

    /// Returns the invitation to move to this account that was sent to an address.
    pub(super) fn transfer(&self, email: &Email) -> Option<&'a Transfer> {
        self.transfers.get(&*email.key()).copied()
    }

    /// Returns the current template that a change is about.
    pub(super) fn template(&self, change: &Change<WelcomeTemplate>) -> Option<&'a WelcomeTemplate> {
        let name = &change.after().or(change.before())?.name;
        self.account.catalog.welcome_email(name)
    }
}

/// Returns the reason for refusing a step, if its subject has changed since the plan was made.
pub(super) fn stale(step: &Step, index: &Index<'_>) -> Option<String> {
    match &step.action {
        Action::CreateGroup { path } => index.account.has_group(path).then(|| changed("the group exists now")),
        Action::WriteTemplate { template } => {
            (index.template(template) != template.before()).then(|| changed("the template is different now"))
        }
        Action::Create(creation) => {
            let email = &creation.user.email;
            let asked = || index.transfer(email).is_some_and(|transfer| !transfer.expired);
            match index.user_by_email(email) {
                Some(_) => Some(changed("a user with this e-mail exists now")),
                None => asked().then(|| changed("the owner of this e-mail has a pending invitation to move here")),
            }
        }
        action => {
            let Some(user) = action.user().and_then(|key| index.user(key)) else {
                let gone = index.account.completeness.is_complete();
                let unread = "the user was not found in the part of the account that was read";
                return Some(if gone { changed("the user no longer exists") } else { unread.to_owned() });
            };
            if let Some(why) = forbidden(action, user, index) {
                return Some(changed(why));
            }
            // A step without a basis follows another step on the same user; the target guards it.
            let basis = step.basis.as_ref()?;
            (fingerprint(user) != *basis).then(|| match action {
                Action::Update(update) | Action::Reactivate(update) => match update.changes.stale(user) {
                    Some(field) => changed(&format!("{field} has a different value now")),
                    None => changed("the user is different now"),
                },
                _ => changed("the user is different now"),
            })
        }
    }
}

/// Returns the reason why the current state of the user forbids an action, even if the fingerprint matches.
fn forbidden(action: &Action, user: &User, index: &Index<'_>) -> Option<&'static str> {
    let key = user.key.as_ref();
    let last = || key.is_some_and(|key| index.last_administrators.contains(key.as_str()));
    match action {
        Action::Delete(deletion) if user.email != *deletion.email() => Some("the user has a different e-mail now"),
        Action::Delete(_) if user.status != Status::Suspended => Some("the user is no longer suspended"),
        Action::Delete(_) if index.logins.contains(&key) => Some("gotosync signs in as this user"),
        Action::Invite { .. } if user.status != Status::Invited => Some("the user no longer has a pending invitation"),
        Action::Invite { sent: before, .. } if user.invitations_sent() != *before => {
            Some("another invitation was sent")
        }
        action if ends_administration(action).is_some() && index.logins.contains(&key) => {
            Some("gotosync signs in as this user")
        }
        action if ends_administration(action).is_some() && last() => Some("no other administrator is left"),
        _ => None,
    }
}

/// Returns the user that is no longer a full administrator after an action.
fn ends_administration(action: &Action) -> Option<&UserKey> {
    match action {
        Action::Suspend(suspension) => Some(suspension.user()),
        Action::Update(update) | Action::Reactivate(update) => {
            let change = update.changes.role.as_ref()?;
            (!change.after().is_some_and(Role::is_administrator)).then_some(&update.user)
        }
        _ => None,
    }
}

fn changed(what: &str) -> String {
    format!("changed since the plan was made: {what}")
}

#[cfg(test)]
mod tests {
    use super::super::cases::write_template;
    use super::super::cases::{account, create, delete, invite, invited, role, suspend, template, update, user};
    use super::*;
    use crate::model::WelcomeEmail;

    /// Returns the reason for refusing a step in an account, without the common prefix.
    fn why(step: &Step, account: &Account) -> Option<String> {
        let index = Index::new(account, std::slice::from_ref(step), None);
        let reason = stale(step, &index)?;
        Some(reason.strip_prefix("changed since the plan was made: ").unwrap_or(&reason).to_owned())
    }

    #[test]
    fn refuses_to_delete_a_user_that_has_changed() {
        let gone = user("u1", &[], Role::Member);
        let step = delete(&gone);
        assert_eq!(why(&step, &account([gone.clone()])), None);
        for (now, reason) in [
            (User { email: Email::new("other@example.test"), ..gone.clone() }, "the user has a different e-mail now"),
            (user("u1", &["g2m"], Role::Member), "the user is no longer suspended"),
            (User { first_name: "Bob".into(), ..gone.clone() }, "the user is different now"),
            (user("u2", &[], Role::Member), "the user no longer exists"),
        ] {
            assert_eq!(why(&step, &account([now])).as_deref(), Some(reason));
        }
    }

    #[test]
    fn never_deletes_the_user_that_gotosync_signs_in_as() {
        let own = user("u1", &[], Role::Member);
        let step = delete(&own);
        let now = Account { login: Some("u1".into()), ..account([own.clone()]) };
        assert_eq!(why(&step, &now).as_deref(), Some("gotosync signs in as this user"));
        // It did when the plan was made.
        let (before, now) = (UserKey::new("u1"), account([own]));
        let index = Index::new(&now, std::slice::from_ref(&step), Some(&before));
        assert!(stale(&step, &index).unwrap().ends_with("gotosync signs in as this user"));
    }

    #[test]
    fn refuses_to_overwrite_a_template_that_has_changed() {
        let mut now = account([]);
        let (new, over) = (write_template(None, "Hello"), write_template(Some("Hi"), "Hello"));
        assert_eq!(why(&new, &now), None);
        assert_eq!(why(&over, &now).as_deref(), Some("the template is different now"));
        now.catalog.welcome_emails.push(template("Hi"));
        assert_eq!(why(&new, &now).as_deref(), Some("the template is different now"));
        assert_eq!(why(&over, &now), None);
    }

    #[test]
    fn refuses_to_invite_a_user_without_a_pending_invitation() {
        let before = invited("u1", 2);
        let step = invite(&before, 2);
        assert_eq!(why(&step, &account([before.clone()])), None);
        assert_eq!(why(&step, &account([invited("u1", 3)])).as_deref(), Some("another invitation was sent"));
        let signed_in = User { status: Status::Active, invitation: None, ..before };
        assert_eq!(why(&step, &account([signed_in])).as_deref(), Some("the user no longer has a pending invitation"));
    }

    #[test]
    fn refuses_to_create_a_user_with_a_pending_invitation_to_move() {
        let step = create(user("u1", &["g2m"], Role::Member), WelcomeEmail::None);
        let asked = |expired, email: &str| {
            let transfer = Transfer { email: Email::new(email), expired, sent: 1 };
            why(&step, &Account { transfers: vec![transfer], ..account([]) })
        };
        let reason = "the owner of this e-mail has a pending invitation to move here";
        assert_eq!(asked(false, "U1@Example.test").as_deref(), Some(reason));
        assert_eq!(asked(true, "u1@example.test"), None, "the invitation has expired");
        assert_eq!(asked(false, "u2@example.test"), None);
    }

    #[test]
    fn the_last_administrator_keeps_role_and_access() {
        let (one, two) = (user("u1", &["g2m"], Role::Administrator), user("u2", &[], Role::Administrator));
        let demoted = update(&one, role(&Role::Administrator, &Role::Member));
        let steps = [demoted, suspend(&two)];
        let refused = |account: &Account, steps: &[Step]| {
            let index = Index::new(account, steps, None);
            steps.iter().map(|step| stale(step, &index).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(refused(&account([one.clone(), two.clone()]), &steps), [true, true]);
        let three = user("u3", &["g2m"], Role::Administrator);
        assert_eq!(refused(&account([one.clone(), two.clone(), three]), &steps), [false, false]);
        // A suspended administrator does not count.
        let suspended = User { status: Status::Suspended, ..user("u3", &[], Role::Administrator) };
        assert_eq!(refused(&account([one.clone(), two.clone(), suspended]), &steps), [true, true]);
        assert_eq!(refused(&account([one.clone(), two]), &steps[..1]), [false]);
        // A new name does not end the role.
        let renamed = update(&one, crate::model::UserChanges::default());
        assert_eq!(refused(&account([one]), &[renamed]), [false]);
    }
}
