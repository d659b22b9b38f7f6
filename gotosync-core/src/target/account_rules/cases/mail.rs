//! Test cases for welcome e-mail templates, invitations, and invitations to move here from another account.

use super::{
    Make, WEBINAR, account, change, created, done, invited, made, mail_template, moved, person, refused, updated, user,
    welcomed, written,
};
use crate::error::ErrorKind;
use crate::model::{
    Account, Action, Effect, Email, Invitation, Locks, Outcome, Status, Transfer, User, WelcomeEmail, WelcomeTemplate,
};

pub(in crate::target) async fn sends_at_most_one_invitation_to_a_new_user(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let mails = [WelcomeEmail::Default, WelcomeEmail::Template("Sales".into()), WelcomeEmail::None];
    for (at, (welcome, sent)) in mails.into_iter().zip([1, 1, 0]).enumerate() {
        let new = User::new(&format!("u{at}@example.test"), "New", "User");
        done(target, welcomed(new, welcome)).await;
        let invitation = user(target, &format!("100000000{}", at + 1)).await.invitation;
        assert_eq!(invitation, Some(Invitation { sent, expired: false }));
    }
}

pub(in crate::target) async fn rejects_an_unknown_welcome_email_template(make: Make<'_>) {
    let bench = make(account());
    let new = User::new("dan@example.test", "Dan", "Lee");
    let message = "the account has no welcome e-mail template `Sale`; did you mean `Sales`?";
    let action = welcomed(new, WelcomeEmail::Template("Sale".into()));
    refused(&*bench.target, action, ErrorKind::NotFound, message).await;
}

pub(in crate::target) async fn rejects_a_new_user_with_locks_or_an_invitation(make: Make<'_>) {
    let bench = make(account());
    let message = "a new user cannot have locks or invitations: only the account sets them";
    let new = || User::new("dan@example.test", "Dan", "Lee");
    for user in [
        User { locks: Locks { email: true, name: false }, ..new() },
        User { locks: Locks { email: false, name: true }, ..new() },
        User { invitation: Some(Invitation::default()), ..new() },
    ] {
        refused(&*bench.target, made(user), ErrorKind::Input, message).await;
    }
}

pub(in crate::target) async fn resends_an_invitation(make: Make<'_>) {
    let mut account = account();
    person(&mut account, "2").invitation = Some(Invitation { sent: 2, expired: true });
    let bench = make(account);
    let target = &*bench.target;
    let message = "another invitation was sent in the meantime";
    refused(target, invited("2", 1), ErrorKind::Conflict, message).await;
    assert_eq!(done(target, invited("2", 2)).await, Effect::Invited);
    let bob = user(target, "2").await;
    assert_eq!((bob.status, bob.invitation), (Status::Invited, Some(Invitation { sent: 3, expired: false })));
    refused(target, invited("2", 2), ErrorKind::Conflict, message).await;
    refused(target, invited("1", 0), ErrorKind::Conflict, "the user is active, not invited").await;
    refused(target, invited("3", 0), ErrorKind::Conflict, "the user is suspended, not invited").await;
    // A user who was loaded without an invitation count starts at zero.
    let none = make(super::account());
    done(&*none.target, invited("2", 0)).await;
    assert_eq!(user(&*none.target, "2").await.invitation, Some(Invitation { sent: 1, expired: false }));
}

pub(in crate::target) async fn writes_templates_in_sorted_order(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    for name in ["Ops", "Zoo", "Legal"] {
        assert_eq!(done(target, written(None, mail_template(name, "Hi"))).await, Effect::TemplateWritten);
    }
    let sales = WelcomeTemplate { text: "x".repeat(10_000), ..mail_template("Sales", "{not a word} {products}") };
    done(target, written(Some(mail_template("Sales", "Hello {first_name}")), sales.clone())).await;
    let expected: Vec<_> =
        [mail_template("Legal", "Hi"), mail_template("Ops", "Hi"), sales, mail_template("Zoo", "Hi")].into();
    assert_eq!(target.read().await.unwrap().catalog.welcome_emails, expected);
    // A later action of the same batch can use a template that was just written.
    let new = User::new("dan@example.test", "Dan", "Lee");
    let batch = [written(None, mail_template("Late", "Hi")), welcomed(new, WelcomeEmail::Template("Late".into()))];
    let outcomes = target.execute(&batch.into_iter().collect()).await.unwrap();
    assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
}

pub(in crate::target) async fn rejects_a_stale_template(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "welcome e-mail template `Sales` has changed since it was read";
    let new = mail_template("Sales", "Hi");
    for before in [None, Some(mail_template("Sales", "Hello")), Some(mail_template("Ops", "Hello {first_name}"))] {
        refused(target, written(before, new.clone()), ErrorKind::Conflict, message).await;
    }
    let action = written(Some(new), mail_template("Ops", "Hi"));
    let message = "welcome e-mail template `Ops` has changed since it was read";
    refused(target, action, ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn rejects_an_invalid_template(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let new = mail_template("Ops", "Hi");
    let words = "available placeholders: `{first_name}`, `{last_name}`, `{email}`, `{account}`, `{products}`";
    for (template, message) in [
        (mail_template(" ", "Hi"), "a welcome e-mail template needs a name".to_owned()),
        (mail_template("Ops", "\t"), "a welcome e-mail template needs a subject".to_owned()),
        (mail_template("Ops", "{e_mail}"), "unknown placeholder `{e_mail}`; did you mean `{email}`?".to_owned()),
        (
            WelcomeTemplate { text: "{colour}".into(), ..new.clone() },
            format!("unknown placeholder `{{colour}}`; {words}"),
        ),
        (
            WelcomeTemplate { text: "x".repeat(10_001), ..new.clone() },
            "the text of the template has 10001 characters; at most 10000 are allowed".to_owned(),
        ),
    ] {
        refused(target, written(None, template), ErrorKind::Input, &message).await;
    }
    let gone = Action::WriteTemplate { template: change(Some(mail_template("Sales", "Hello {first_name}")), None) };
    refused(target, gone, ErrorKind::Input, "a welcome e-mail template cannot be deleted").await;
}

pub(in crate::target) async fn invites_the_owner_of_an_address_in_another_account(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let before = target.read().await.unwrap();
    assert_eq!(done(target, created("FOX@other.test", &[WEBINAR])).await, Effect::TransferInvited);
    let asked = Transfer { email: Email::new("FOX@other.test"), expired: false, sent: 1 };
    let read = target.read().await.unwrap();
    assert_eq!(read, Account { transfers: vec![asked], ..before });
    let message =
        "email fox@other.test belongs to a user in another account, who already has a pending invitation to move here";
    refused(target, created("fox@other.test", &[]), ErrorKind::Conflict, message).await;
    // No invitation is sent if the user could not be created here anyway.
    refused(target, created("gil@other.test", &["g2x"]), ErrorKind::NotFound, "the account has no license g2x").await;
    done(target, created("dan@example.test", &[WEBINAR])).await;
    let message = "no seat is free in GoToWebinar";
    refused(target, created("gil@other.test", &[WEBINAR]), ErrorKind::Exhausted, message).await;
}

pub(in crate::target) async fn repeats_an_expired_transfer_invitation(make: Make<'_>) {
    let mut account = account();
    let asked = |email: &str, sent, expired| Transfer { email: Email::new(email), expired, sent };
    account.transfers = vec![asked("zac@third.test", 4, true), asked("hal@other.test", 1, false)];
    let bench = make(account);
    let target = &*bench.target;
    assert_eq!(done(target, created("zac@third.test", &[])).await, Effect::TransferInvited);
    let expected = vec![asked("hal@other.test", 1, false), asked("zac@third.test", 5, false)];
    assert_eq!(target.read().await.unwrap().transfers, expected);
    let message =
        "email hal@other.test belongs to a user in another account, who already has a pending invitation to move here";
    refused(target, created("hal@other.test", &[]), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn rejects_a_change_to_an_address_in_another_account(make: Make<'_>) {
    let mut account = account();
    account.transfers = vec![Transfer { email: Email::new("hal@other.test"), expired: false, sent: 1 }];
    person(&mut account, "3").email = Email::new("gil@other.test");
    let bench = make(account);
    let target = &*bench.target;
    for email in ["fox@other.test", "hal@other.test"] {
        let message = format!("email {email} belongs to another account");
        refused(target, updated("2", moved("bob@example.test", email)), ErrorKind::Conflict, &message).await;
    }
    // A user who already has such an address may change its letter case.
    done(target, updated("3", moved("gil@other.test", "Gil@other.test"))).await;
}
