//! Laws (conformance tests) of targets for e-mails: templates, invitations, and invitations to move here from another account.

use std::sync::Arc;

use crate::ErrorKind;
use crate::model::{
    Account, Action, ActionKind, Change, Creation, Effect, Email, Invitation, Outcome, Transfer, User, UserKey,
    WelcomeEmail, WelcomeTemplate, Whole,
};
use crate::target::Feature;

use super::ask::{can, create, done, execute, has, key, refused, user};
use super::corpus::mail;
use super::{Factory, Held, corpus, same};

/// A template is read as it was written, in sort order.
pub async fn templates_are_made_and_changed(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::WriteTemplate]) {
        return Ok(());
    }
    let mut expected = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &expected).ok_or("the account was not read completely")?;
    let (sales, legal) = (mail("Sales", "Welcome, {first_name} {last_name}"), mail("Legal", "Hello"));
    let changed = Change::replace(whole, mail("Sales", "Hello {first_name}"), Some(sales.clone()));
    let outcomes = execute(&*target, [changed, Change::fill(legal.clone())].map(write)).await?;
    same("the outcomes", &outcomes, &vec![Outcome::from(Effect::TemplateWritten); 2])?;
    expected.catalog.welcome_emails = vec![legal, sales];
    same("the account", &target.read().await?, &expected)
}

/// A write fails if the template has changed since it was read, or if the new template is invalid.
pub async fn templates_fit_what_was_read(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::WriteTemplate]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let stale = [
        Change::fill(mail("Sales", "Hello")),
        Change::replace(whole, mail("Sales", "Hello"), Some(mail("Sales", "Hi"))),
        Change::replace(whole, mail("Legal", "Hello"), Some(mail("Legal", "Hi"))),
    ];
    refused(&execute(&*target, stale.map(write)).await?, ErrorKind::Conflict)?;
    let strange = [
        mail("", "Hello"),
        mail("Legal", " "),
        mail("Legal", "Hello {frist_name}"),
        WelcomeTemplate { text: "x".repeat(10_001), ..mail("Legal", "Hello") },
    ];
    refused(&execute(&*target, strange.map(|new| write(Change::fill(new)))).await?, ErrorKind::Input)?;
    same("the account", &target.read().await?, &account)
}

/// Creating a user with an unknown welcome e-mail template fails.
pub async fn a_welcome_mail_must_be_there(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) || !has(&info, Feature::Invitations) {
        return Ok(());
    }
    let account = target.read().await?;
    let none = welcomed("gus@example.test", WelcomeEmail::Template("None".to_owned()));
    refused(&execute(&*target, [none]).await?, ErrorKind::NotFound)?;
    same("the account", &target.read().await?, &account)
}

/// A user created with a welcome e-mail has one invitation, and a user created without one has none.
pub async fn a_welcome_mail_is_the_first_invitation(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) || !has(&info, Feature::Invitations) {
        return Ok(());
    }
    let template = WelcomeEmail::Template("Sales".to_owned());
    let mails =
        [("a@x.test", WelcomeEmail::Default, 1), ("b@x.test", template, 1), ("c@x.test", WelcomeEmail::None, 0)];
    for (email, welcome, sent) in mails {
        done(&execute(&*target, [welcomed(email, welcome)]).await?)?;
        let account = target.read().await?;
        let new = user(&account, key(&account, email)?.as_str())?;
        same(email, &new.invitation, &Some(Invitation { sent, expired: false }))?;
    }
    let mut given = User::new("d@x.test", "Gus", "Lee");
    given.invitation = Some(Invitation::default());
    let given = Action::Create(Creation::new(given, WelcomeEmail::None));
    refused(&execute(&*target, [given]).await?, ErrorKind::Input)
}

/// Each request sends one invitation, and only to a user who has not signed in yet. Repeating a request with the same count
/// fails.
pub async fn an_invitation_is_sent_once_for_each_asking(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Invite]) {
        return Ok(());
    }
    let invite = |user: &str, sent| Action::Invite { user: UserKey::new(user), sent };
    let mut expected = target.read().await?;
    let outcomes = execute(&*target, [invite("2", 1), invite("2", 1), invite("1", 0), invite("3", 0)]).await?;
    same("the outcome", &outcomes[0], &Effect::Invited.into())?;
    refused(&outcomes[1..], ErrorKind::Conflict)?;
    let bob =
        expected.users.iter_mut().find(|user| user.key == Some("2".into())).ok_or("the account has no user Bob")?;
    Arc::make_mut(bob).invitation = Some(Invitation { sent: 2, expired: false });
    same("the account", &target.read().await?, &expected)
}

/// Creating a user with an address of another account invites the address's owner to move here instead. A new invitation is
/// sent only after the previous one has expired.
pub async fn an_address_elsewhere_becomes_a_transfer(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) || !has(&info, Feature::Transfers) {
        return Ok(());
    }
    let before = target.read().await?;
    let both = [create("gil@other.test", &["g2m"]), create("hal@other.test", &[])];
    let outcomes = execute(&*target, both.clone()).await?;
    same("the outcomes", &outcomes, &vec![Outcome::from(Effect::TransferInvited); 2])?;
    let asked = |email: &str, sent| Transfer { email: Email::new(email), expired: false, sent };
    let transfers = vec![asked("gil@other.test", 1), asked("hal@other.test", 2)];
    let expected = Account { transfers, ..before };
    same("the account", &target.read().await?, &expected)?;
    refused(&execute(&*target, both).await?, ErrorKind::Conflict)?;
    same("the account", &target.read().await?, &expected)
}

fn write(template: Change<WelcomeTemplate>) -> Action {
    Action::WriteTemplate { template }
}

fn welcomed(email: &str, welcome: WelcomeEmail) -> Action {
    Action::Create(Creation::new(User::new(email, "Gus", "Lee"), welcome))
}
