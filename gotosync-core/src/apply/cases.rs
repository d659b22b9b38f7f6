//! Small accounts and steps for the tests of what surrounds a call.

use std::sync::Arc;

use crate::model::{
    Account, Action, Change, Completeness, Creation, Deletion, Invitation, PersonId, Release, Role, SetChange, Status,
    Suspension, Update, User, UserChanges, WelcomeEmail, WelcomeTemplate, Whole,
};
use crate::plan::{Step, fingerprint};

/// The evidence of two complete reads.
pub(crate) fn whole() -> Whole<'static> {
    Whole::recorded(&Completeness::Complete, &Completeness::Complete).unwrap()
}

/// A user with the address `<key>@example.test`.
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

/// A user who was invited so often.
pub(crate) fn invited(key: &str, sent: u32) -> User {
    let invitation = Some(Invitation { sent, expired: true });
    User { status: Status::Invited, invitation, ..user(key, &["g2m"], Role::Member) }
}

/// An account of these users.
pub(crate) fn account(users: impl IntoIterator<Item = User>) -> Account {
    let mut account = Account::empty("1", "Test");
    account.users.extend(users.into_iter().map(Arc::new));
    account.sort();
    account
}

/// A step about the person `p`, with the user as its basis.
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

/// The suspension of a user as they are.
pub(crate) fn suspend(user: &User) -> Step {
    let key = user.key.clone().unwrap();
    let suspension = Suspension::new(whole(), key, user.licenses.clone(), user.role.clone());
    step(Action::Suspend(suspension), Some(user))
}

/// The release of licenses of a user.
pub(crate) fn release(user: &User, licenses: &[&str]) -> Step {
    let licenses = licenses.iter().map(|&key| key.into()).collect();
    step(Action::Release(Release::new(whole(), user.key.clone().unwrap(), licenses)), Some(user))
}

/// The deletion of a user as they are.
pub(crate) fn delete(user: &User) -> Step {
    step(Action::Delete(Deletion::new(whole(), user.key.clone().unwrap(), user.email.clone())), Some(user))
}

/// An update of a user.
pub(crate) fn update(user: &User, changes: UserChanges) -> Step {
    step(Action::Update(Update { user: user.key.clone().unwrap(), changes }), Some(user))
}

/// Another role for a user.
pub(crate) fn role(before: &Role, after: &Role) -> UserChanges {
    let after = (!after.is_member()).then(|| after.clone());
    let change = match (before.is_member(), after) {
        (true, None) => None,
        (true, Some(after)) => Some(Change::fill(after)),
        (false, after) => Some(Change::replace(whole(), before.clone(), after)),
    };
    UserChanges { role: change.map(Box::new), ..UserChanges::default() }
}

/// A license for a user.
pub(crate) fn license(key: &str) -> UserChanges {
    UserChanges { licenses: SetChange::adding(vec![key.into()]), ..UserChanges::default() }
}

/// The creation of a user as they shall be.
pub(crate) fn create(user: User, welcome: WelcomeEmail) -> Step {
    step(Action::Create(Creation::new(User { key: None, ..user }, welcome)), None)
}

/// An invitation to a user who had so many.
pub(crate) fn invite(user: &User, sent: u32) -> Step {
    step(Action::Invite { user: user.key.clone().unwrap(), sent }, Some(user))
}

/// A template with a text.
pub(crate) fn template(text: &str) -> WelcomeTemplate {
    WelcomeTemplate { name: "Sales".into(), subject: "Welcome".into(), text: text.into() }
}

/// The writing of a template.
pub(crate) fn write_template(before: Option<&str>, after: &str) -> Step {
    let template = match before {
        None => Change::fill(template(after)),
        Some(before) => Change::replace(whole(), template(before), Some(template(after))),
    };
    Step { person: None, ..step(Action::WriteTemplate { template }, None) }
}
