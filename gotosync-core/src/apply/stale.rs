//! Whether the subject of a step is still as it was when the plan was made.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use crate::model::{Account, Action, Change, Email, Role, Status, Transfer, User, UserKey, WelcomeTemplate};
use crate::plan::{Step, fingerprint};

/// The users of an account by key and by e-mail, as a plan may count on them.
pub(super) struct Index<'a> {
    pub(super) account: &'a Account,
    by_key: HashMap<&'a str, &'a User>,
    by_email: HashMap<Cow<'a, str>, &'a User>,
    transfers: HashMap<Cow<'a, str>, &'a Transfer>,
    /// Users to whom the plan itself gives another e-mail: their address becomes free for somebody else.
    leaving: HashSet<&'a str>,
    /// Administrators as they are now, if the plan would take all of them: some may have gone since it was checked.
    last_administrators: HashSet<&'a str>,
    /// The login's own user, as it is now and as it was when the plan was made.
    logins: [Option<&'a UserKey>; 2],
}

impl<'a> Index<'a> {
    /// Indexes an account for these steps; `login` is the login's own user as it was when they were planned.
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

    /// The user who has an e-mail, and to whom the plan does not give another.
    pub(super) fn user_by_email(&self, email: &Email) -> Option<&'a User> {
        let leaves = |user: &&User| user.key.as_ref().is_some_and(|key| self.leaving.contains(key.as_str()));
        self.by_email.get(&*email.key()).copied().filter(|user| !leaves(user))
    }

    /// The invitation to come over with an address.
    pub(super) fn transfer(&self, email: &Email) -> Option<&'a Transfer> {
        self.transfers.get(&*email.key()).copied()
    }

    /// The template that a change is about, as it is now.
    pub(super) fn template(&self, change: &Change<WelcomeTemplate>) -> Option<&'a WelcomeTemplate> {
        let name = &change.after().or(change.before())?.name;
        self.account.catalog.welcome_email(name)
    }
}

/// Says why a step is refused, if its subject has changed since the plan was made.
pub(super) fn stale(step: &Step, index: &Index<'_>) -> Option<String> {
    match &step.action {
        Action::CreateGroup { path } => index.account.has_group(path).then(|| changed("the group exists now")),
        Action::WriteTemplate { template } => {
            (index.template(template) != template.before()).then(|| changed("the template is not as it was"))
        }
        Action::Create(creation) => {
            let email = &creation.user.email;
            let asked = || index.transfer(email).is_some_and(|transfer| !transfer.expired);
            match index.user_by_email(email) {
                Some(_) => Some(changed("a user with this e-mail exists now")),
                None => asked().then(|| changed("the owner of this e-mail was asked to come over")),
            }
        }
        action => {
            let Some(user) = action.user().and_then(|key| index.user(key)) else {
                let gone = index.account.completeness.is_complete();
                let unread = "the user is not among those that were read";
                return Some(if gone { changed("the user is gone") } else { unread.to_owned() });
            };
            if let Some(why) = forbidden(action, user, index) {
                return Some(changed(why));
            }
            // Without a basis the step follows another step on the same user; the target guards it.
            let basis = step.basis.as_ref()?;
            (fingerprint(user) != *basis).then(|| match action {
                Action::Update(update) | Action::Reactivate(update) => match update.changes.stale(user) {
                    Some(field) => changed(&format!("{field} is not what it was")),
                    None => changed("the user is not as it was"),
                },
                _ => changed("the user is not as it was"),
            })
        }
    }
}

/// Returns why an action is refused as the user is now, whatever else has changed.
fn forbidden(action: &Action, user: &User, index: &Index<'_>) -> Option<&'static str> {
    let key = user.key.as_ref();
    let last = || key.is_some_and(|key| index.last_administrators.contains(key.as_str()));
    match action {
        Action::Delete(deletion) if user.email != *deletion.email() => Some("the user has another e-mail"),
        Action::Delete(_) if user.status != Status::Suspended => Some("the user is no longer suspended"),
        Action::Delete(_) if index.logins.contains(&key) => Some("it is the login's own user"),
        Action::Invite { .. } if user.status != Status::Invited => Some("the user no longer waits for an invitation"),
        Action::Invite { sent: before, .. } if user.invitations_sent() != *before => Some("an invitation was sent"),
        action if ends_administration(action).is_some() && index.logins.contains(&key) => {
            Some("it is the login's own user")
        }
        action if ends_administration(action).is_some() && last() => Some("no other administrator is left"),
        _ => None,
    }
}

/// The user who administers everything no longer after an action.
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

    /// Why a step is refused in an account, without the words that every reason begins with.
    fn why(step: &Step, account: &Account) -> Option<String> {
        let index = Index::new(account, std::slice::from_ref(step), None);
        let told = stale(step, &index)?;
        Some(told.strip_prefix("changed since the plan was made: ").unwrap_or(&told).to_owned())
    }

    #[test]
    fn nobody_is_deleted_who_is_not_as_planned() {
        let gone = user("u1", &[], Role::Member);
        let step = delete(&gone);
        assert_eq!(why(&step, &account([gone.clone()])), None);
        for (now, reason) in [
            (User { email: Email::new("other@example.test"), ..gone.clone() }, "the user has another e-mail"),
            (user("u1", &["g2m"], Role::Member), "the user is no longer suspended"),
            (User { first_name: "Bob".into(), ..gone.clone() }, "the user is not as it was"),
            (user("u2", &[], Role::Member), "the user is gone"),
        ] {
            assert_eq!(why(&step, &account([now])).as_deref(), Some(reason));
        }
    }

    #[test]
    fn the_logins_own_user_is_never_deleted() {
        let own = user("u1", &[], Role::Member);
        let step = delete(&own);
        let now = Account { login: Some("u1".into()), ..account([own.clone()]) };
        assert_eq!(why(&step, &now).as_deref(), Some("it is the login's own user"));
        // It was when the plan was made.
        let (before, now) = (UserKey::new("u1"), account([own]));
        let index = Index::new(&now, std::slice::from_ref(&step), Some(&before));
        assert!(stale(&step, &index).unwrap().ends_with("it is the login's own user"));
    }

    #[test]
    fn a_template_is_written_over_what_was_seen_only() {
        let mut now = account([]);
        let (new, over) = (write_template(None, "Hello"), write_template(Some("Hi"), "Hello"));
        assert_eq!(why(&new, &now), None);
        assert_eq!(why(&over, &now).as_deref(), Some("the template is not as it was"));
        now.catalog.welcome_emails.push(template("Hi"));
        assert_eq!(why(&new, &now).as_deref(), Some("the template is not as it was"));
        assert_eq!(why(&over, &now), None);
    }

    #[test]
    fn an_invitation_is_for_who_still_waits_for_it() {
        let before = invited("u1", 2);
        let step = invite(&before, 2);
        assert_eq!(why(&step, &account([before.clone()])), None);
        assert_eq!(why(&step, &account([invited("u1", 3)])).as_deref(), Some("an invitation was sent"));
        let signed_in = User { status: Status::Active, invitation: None, ..before };
        assert_eq!(why(&step, &account([signed_in])).as_deref(), Some("the user no longer waits for an invitation"));
    }

    #[test]
    fn nobody_is_created_who_was_asked_to_come_over() {
        let step = create(user("u1", &["g2m"], Role::Member), WelcomeEmail::None);
        let asked = |expired, email: &str| {
            let transfer = Transfer { email: Email::new(email), expired, sent: 1 };
            why(&step, &Account { transfers: vec![transfer], ..account([]) })
        };
        let reason = "the owner of this e-mail was asked to come over";
        assert_eq!(asked(false, "U1@Example.test").as_deref(), Some(reason));
        assert_eq!(asked(true, "u1@example.test"), None, "that one can no longer be accepted");
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
        // A suspended administrator is none that is left.
        let suspended = User { status: Status::Suspended, ..user("u3", &[], Role::Administrator) };
        assert_eq!(refused(&account([one.clone(), two.clone(), suspended]), &steps), [true, true]);
        assert_eq!(refused(&account([one.clone(), two]), &steps[..1]), [false]);
        // A new name is no demotion.
        let renamed = update(&one, crate::model::UserChanges::default());
        assert_eq!(refused(&account([one]), &[renamed]), [false]);
    }
}
