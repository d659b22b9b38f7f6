//! Small accounts and steps for unit tests.

use std::sync::Arc;

use crate::model::{
    Account, Action, Change, Completeness, Creation, Deletion, Invitation, PersonId, Release, Role, SetChange, Status,
    Suspension, Update, User, UserChanges, WelcomeEmail, WelcomeTemplate, Whole,
};
use crate::plan::{Step, fingerprint};

/// Returns the evidence of two complete reads.
pub(crate) fn whole() -> Whole<'static> {
    Whole::recorded(&Completeness::Complete, &Completeness::Complete).unwrap()
}

/// Returns a user with the address `<key>@example.test`.
pub(crate) fn user(key: &str, licenses: &[&str], role: Role) -> User {
    let user = User::new(&format!("{key}@example.test"), "Ann", "Lee");
    let bare = licenses.is_empty() && role.is_member();
    let licenses = licenses.iter().map(|&key| key.into()).collect();
    User {
        key: Some(key.into()),
        licenses,
        role,
        status: if bare { Status::Suspended } else { Status::Active },
        ..user
    }
}

/// Returns a user with this number of invitations.
pub(crate) fn invited(key: &str, sent: u32) -> User {
    let invitation = Some(Invitation { sent, expired: true });
    User { status: Status::Invited, invitation, ..user(key, &["g2m"], Role::Member) }
}

/// Returns an account with these users.
pub(crate) fn account(users: impl IntoIterator<Item = User>) -> Account {
    let mut account = Account::empty("1", "Test");
    account.users.extend(users.into_iter().map(Arc::new));
    account.sort();
    account
}

/// Returns a step about the person `p`, with the user as its basis.
pub(crate) fn step(action: Action, before: Option<&User>) -> Step {
    Step {
        number: 1,
        stage: 1,
        action,
        subject: "ann@example.test".into(),
        person: Some(PersonId::parse("p")),
        rules: Arc::new([]),
        reasons: Vec::new(),
        basis: before.map(fingerprint),
    }
}

/// Returns a step that suspends a user.
pub(crate) fn suspend(user: &User) -> Step {
    let key = user.key.clone().unwrap();
    let suspension = Suspension::new(whole(), key, user.licenses.clone(), user.role.clone());
    step(Action::Suspend(suspension), Some(user))
}

/// Returns a step that takes licenses from a user.
pub(crate) fn release(user: &User, licenses: &[&str]) -> Step {
    let licenses = licenses.iter().map(|&key| key.into()).collect();
    step(Action::Release(Release::new(whole(), user.key.clone().unwrap(), licenses)), Some(user))
}

/// Returns a step that deletes a user.
pub(crate) fn delete(user: &User) -> Step {
    step(Action::Delete(Deletion::new(whole(), user.key.clone().unwrap(), user.email.clone())), Some(user))
}

/// Returns a step that updates a user.
pub(crate) fn update(user: &User, changes: UserChanges) -> Step {
    step(Action::Update(Update { user: user.key.clone().unwrap(), changes }), Some(user))
}

/// Returns a change of role.
pub(crate) fn role(before: &Role, after: &Role) -> UserChanges {
    let after = (!after.is_member()).then(|| after.clone());
    let change = match (before.is_member(), after) {
        (true, None) => None,
        (true, Some(after)) => Some(Change::fill(after)),
        (false, after) => Some(Change::replace(whole(), before.clone(), after)),
    };
    UserChanges { role: change.map(Box::new), ..UserChanges::default() }
}

/// Returns a change that gives a license.
pub(crate) fn license(key: &str) -> UserChanges {
    UserChanges { licenses: SetChange::adding(vec![key.into()]), ..UserChanges::default() }
}

/// Returns a step that creates a user.
pub(crate) fn create(user: User, welcome: WelcomeEmail) -> Step {
    step(Action::Create(Creation::new(User { key: None, ..user }, welcome)), None)
}

/// Returns a step that resends an invitation to a user with this number of invitations.
pub(crate) fn invite(user: &User, sent: u32) -> Step {
    step(Action::Invite { user: user.key.clone().unwrap(), sent }, Some(user))
}

/// Returns a welcome e-mail template with this text.
pub(crate) fn template(text: &str) -> WelcomeTemplate {
    WelcomeTemplate { name: "Sales".into(), subject: "Welcome".into(), text: text.into() }
}

/// Returns a step that writes a template.
pub(crate) fn write_template(before: Option<&str>, after: &str) -> Step {
    let template = match before {
        None => Change::fill(template(after)),
        Some(before) => Change::replace(whole(), template(before), Some(template(after))),
    };
    Step { person: None, ..step(Action::WriteTemplate { template }, None) }
}
