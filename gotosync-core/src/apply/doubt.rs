//! What a read shows of a step that was under way when a run died.

use super::stale::{Index, sent};
use crate::model::{Action, Creation, Effect, Status, User};
use crate::plan::{Step, fingerprint};

/// What a read shows.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// The effect is there.
    Done(Effect),
    /// All is as it was before.
    NotDone,
    /// Whether it was done cannot be told, and does not matter any more; the text says why.
    Moot(&'static str),
    /// Neither.
    Unclear,
}

/// Looks for the effect of a step.
pub(super) fn see(step: &Step, index: &Index<'_>) -> Seen {
    let unchanged = |user: &User| step.basis.as_ref().is_none_or(|basis| fingerprint(user) == *basis);
    let user = step.action.user().and_then(|key| index.user(key));
    match (&step.action, user) {
        (Action::CreateGroup { path }, _) => {
            decide(index.account.has_group(path).then_some(Effect::GroupCreated), || true)
        }
        (Action::WriteTemplate { template }, _) => {
            let now = index.template(template);
            decide((now == template.after()).then_some(Effect::TemplateWritten), || now == template.before())
        }
        (Action::Create(creation), _) => see_creation(creation, index),
        // A key may be given again, an address need not be the same person's: only both together are the user.
        (Action::Delete(deletion), user) => match user {
            Some(user) if user.email == *deletion.email() => Seen::NotDone,
            _ => Seen::Done(Effect::Deleted),
        },
        (_, None) => Seen::Unclear,
        (Action::Suspend(suspension), Some(user)) => {
            let done = (user.status == Status::Suspended).then_some(Effect::Suspended);
            decide(done, || unchanged(user) && user.licenses == suspension.licenses())
        }
        (Action::Release(release), Some(user)) => {
            let has = |license| user.licenses.contains(license);
            let done = (!release.licenses().iter().any(has)).then_some(Effect::Released);
            decide(done, || unchanged(user) && release.licenses().iter().all(has))
        }
        (Action::Update(update), Some(user)) => {
            let done = update.changes.have_arrived(user).then_some(Effect::Updated);
            decide(done, || update.changes.stale(user).is_none())
        }
        (Action::Reactivate(update), Some(user)) => {
            let done = update.changes.have_arrived(user) && user.status != Status::Suspended;
            decide(done.then_some(Effect::Reactivated), || update.changes.stale(user).is_none())
        }
        (Action::Invite { sent: before, .. }, Some(user)) => match user.status {
            _ if sent(user) > *before => Seen::Done(Effect::Invited),
            Status::Active | Status::Inactive => Seen::Moot("the user has signed in meanwhile"),
            Status::Invited if sent(user) == *before => Seen::NotDone,
            Status::Invited | Status::Suspended => Seen::Unclear,
        },
    }
}

fn see_creation(creation: &Creation, index: &Index<'_>) -> Seen {
    let email = &creation.user.email;
    if let Some(user) = index.user_by_email(email) {
        return user.key.clone().map_or(Seen::Unclear, |user| Seen::Done(Effect::Created { user }));
    }
    match index.transfer(email) {
        None => Seen::NotDone,
        Some(transfer) if !transfer.expired && transfer.sent >= 1 => Seen::Done(Effect::TransferInvited),
        // Left from before, or not sent: trying again might send a second mail.
        Some(_) => Seen::Unclear,
    }
}

fn decide(done: Option<Effect>, before: impl FnOnce() -> bool) -> Seen {
    match done {
        Some(effect) => Seen::Done(effect),
        None if before() => Seen::NotDone,
        None => Seen::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{account, create, delete, invite, invited, template, user, write_template};
    use super::*;
    use crate::model::{Account, Email, Role, Transfer, WelcomeEmail};

    fn seen(step: &Step, account: &Account) -> Seen {
        see(step, &Index::new(account, std::slice::from_ref(step), None))
    }

    #[test]
    fn a_deletion_was_done_where_the_user_is_gone() {
        let before = user("u1", &[], Role::Member);
        let step = delete(&before);
        assert_eq!(seen(&step, &account([])), Seen::Done(Effect::Deleted));
        let other = User { email: Email::new("somebody.else@example.test"), ..before.clone() };
        assert_eq!(seen(&step, &account([other])), Seen::Done(Effect::Deleted), "the key was given again");
        assert_eq!(seen(&step, &account([before])), Seen::NotDone);
    }

    #[test]
    fn a_template_was_written_where_it_reads_as_after() {
        let (new, over) = (write_template(None, "Hello"), write_template(Some("Hi"), "Hello"));
        let with = |text: Option<&str>| {
            let mut now = account([]);
            now.catalog.welcome_emails.extend(text.map(template));
            now
        };
        assert_eq!(seen(&new, &with(Some("Hello"))), Seen::Done(Effect::TemplateWritten));
        assert_eq!(seen(&over, &with(Some("Hello"))), Seen::Done(Effect::TemplateWritten));
        assert_eq!(seen(&new, &with(None)), Seen::NotDone);
        assert_eq!(seen(&over, &with(Some("Hi"))), Seen::NotDone);
        assert_eq!(seen(&new, &with(Some("Hi"))), Seen::Unclear);
        assert_eq!(seen(&over, &with(None)), Seen::Unclear);
    }

    #[test]
    fn an_invitation_went_out_where_more_are_counted() {
        let step = invite(&invited("u1", 2), 2);
        assert_eq!(seen(&step, &account([invited("u1", 3)])), Seen::Done(Effect::Invited));
        assert_eq!(seen(&step, &account([invited("u1", 2)])), Seen::NotDone);
        assert_eq!(seen(&step, &account([invited("u1", 1)])), Seen::Unclear);
        assert_eq!(seen(&step, &account([])), Seen::Unclear);
        let signed_in = user("u1", &["g2m"], Role::Member);
        assert_eq!(seen(&step, &account([signed_in])), Seen::Moot("the user has signed in meanwhile"));
        assert_eq!(seen(&step, &account([user("u1", &[], Role::Member)])), Seen::Unclear);
    }

    #[test]
    fn a_creation_may_have_become_an_invitation_to_come_over() {
        let wanted = user("u1", &["g2m"], Role::Member);
        let step = create(wanted.clone(), WelcomeEmail::None);
        let with = |expired, sent| {
            let email = Email::new("U1@example.test");
            Account { transfers: vec![Transfer { email, expired, sent }], ..account([]) }
        };
        assert_eq!(seen(&step, &account([])), Seen::NotDone);
        assert_eq!(seen(&step, &with(false, 1)), Seen::Done(Effect::TransferInvited));
        assert_eq!(seen(&step, &with(false, 0)), Seen::Unclear);
        assert_eq!(seen(&step, &with(true, 1)), Seen::Unclear);
        let created = Seen::Done(Effect::Created { user: "u1".into() });
        assert_eq!(seen(&step, &Account { transfers: with(false, 1).transfers, ..account([wanted]) }), created);
    }
}
