//! Resolves a step that was in progress when a run crashed, by looking for its effect in the account.

use super::stale::Index;
use crate::model::{Action, Arrival, Creation, Effect};
use crate::plan::{Step, fingerprint};

/// Looks for the effect of a step in the account.
pub(super) fn see(step: &Step, index: &Index<'_>) -> Arrival {
    match &step.action {
        Action::CreateGroup { path } => {
            let there = index.account.has_group(path);
            if there { Arrival::Done(Effect::GroupCreated) } else { Arrival::NotDone }
        }
        Action::WriteTemplate { template } => match index.template(template) {
            now if now == template.after() => Arrival::Done(Effect::TemplateWritten),
            now if now == template.before() => Arrival::NotDone,
            _ => Arrival::Unclear,
        },
        Action::Create(creation) => see_creation(creation, index),
        action => {
            let user = action.user().and_then(|key| index.user(key));
            action.arrival(user, |user| step.basis.as_ref().is_none_or(|basis| fingerprint(user) == *basis))
        }
    }
}

fn see_creation(creation: &Creation, index: &Index<'_>) -> Arrival {
    let email = &creation.user.email;
    if let Some(user) = index.user_by_email(email) {
        return user.key.clone().map_or(Arrival::Unclear, |user| Arrival::Done(Effect::Created { user }));
    }
    match index.transfer(email) {
        None => Arrival::NotDone,
        Some(transfer) if !transfer.expired && transfer.sent >= 1 => Arrival::Done(Effect::TransferInvited),
        // The invitation is older, or was not sent: a retry might send a second e-mail.
        Some(_) => Arrival::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{account, create, delete, invite, invited, template, user, write_template};
    use super::*;
    use crate::model::{Account, Email, Role, Transfer, User, WelcomeEmail};

    fn seen(step: &Step, account: &Account) -> Arrival {
        see(step, &Index::new(account, std::slice::from_ref(step), None))
    }

    #[test]
    fn treats_a_deletion_as_done_if_the_user_is_gone() {
        let before = user("u1", &[], Role::Member);
        let step = delete(&before);
        assert_eq!(seen(&step, &account([])), Arrival::Done(Effect::Deleted));
        let other = User { email: Email::new("somebody.else@example.test"), ..before.clone() };
        assert_eq!(seen(&step, &account([other])), Arrival::Done(Effect::Deleted), "the service reused the key");
        assert_eq!(seen(&step, &account([before])), Arrival::NotDone);
    }

    #[test]
    fn treats_a_template_as_written_if_it_has_the_new_text() {
        let (new, over) = (write_template(None, "Hello"), write_template(Some("Hi"), "Hello"));
        let with = |text: Option<&str>| {
            let mut now = account([]);
            now.catalog.welcome_emails.extend(text.map(template));
            now
        };
        assert_eq!(seen(&new, &with(Some("Hello"))), Arrival::Done(Effect::TemplateWritten));
        assert_eq!(seen(&over, &with(Some("Hello"))), Arrival::Done(Effect::TemplateWritten));
        assert_eq!(seen(&new, &with(None)), Arrival::NotDone);
        assert_eq!(seen(&over, &with(Some("Hi"))), Arrival::NotDone);
        assert_eq!(seen(&new, &with(Some("Hi"))), Arrival::Unclear);
        assert_eq!(seen(&over, &with(None)), Arrival::Unclear);
    }

    #[test]
    fn treats_an_invitation_as_sent_if_the_count_has_grown() {
        let step = invite(&invited("u1", 2), 2);
        assert_eq!(seen(&step, &account([invited("u1", 3)])), Arrival::Done(Effect::Invited));
        assert_eq!(seen(&step, &account([invited("u1", 2)])), Arrival::NotDone);
        assert_eq!(seen(&step, &account([invited("u1", 1)])), Arrival::Unclear);
        assert_eq!(seen(&step, &account([])), Arrival::Unclear);
        let signed_in = user("u1", &["g2m"], Role::Member);
        assert_eq!(seen(&step, &account([signed_in])), Arrival::Moot("the user has already signed in"));
        assert_eq!(seen(&step, &account([user("u1", &[], Role::Member)])), Arrival::Unclear);
    }

    #[test]
    fn treats_a_creation_as_done_if_an_invitation_to_move_was_sent() {
        let wanted = user("u1", &["g2m"], Role::Member);
        let step = create(wanted.clone(), WelcomeEmail::None);
        let with = |expired, sent| {
            let email = Email::new("U1@example.test");
            Account { transfers: vec![Transfer { email, expired, sent }], ..account([]) }
        };
        assert_eq!(seen(&step, &account([])), Arrival::NotDone);
        assert_eq!(seen(&step, &with(false, 1)), Arrival::Done(Effect::TransferInvited));
        assert_eq!(seen(&step, &with(false, 0)), Arrival::Unclear);
        assert_eq!(seen(&step, &with(true, 1)), Arrival::Unclear);
        let created = Arrival::Done(Effect::Created { user: "u1".into() });
        assert_eq!(seen(&step, &Account { transfers: with(false, 1).transfers, ..account([wanted]) }), created);
    }
}
