//! Tests of each action on a user in the expected state and in other states.

use super::*;
use crate::model::{
    Change, Completeness, Deletion, Email, Invitation, LicenseKey, Locks, Privilege, Release, Role, SetChange,
    SettingsChanges, Suspension, Update, WelcomeEmail, Whole,
};

/// The limits of the account in these tests.
const LIMITS: FieldLimits = FieldLimits { name: 64, email: 64, users: 10 };

fn whole<T>(make: impl FnOnce(Whole<'_>) -> T) -> T {
    make(Whole::recorded(&Completeness::Complete, &Completeness::Complete).unwrap())
}

fn keys(licenses: &[&str]) -> Vec<LicenseKey> {
    licenses.iter().map(|key| LicenseKey::new(*key)).collect()
}

/// A user with a key, a status, and some licenses.
fn ann(status: Status, licenses: &[&str]) -> User {
    User { key: Some("1".into()), status, licenses: keys(licenses), ..User::new("ann@example.test", "Ann", "Lee") }
}

fn suspend(licenses: &[&str], role: Role) -> Action {
    Action::Suspend(whole(|whole| Suspension::new(whole, "1".into(), keys(licenses), role)))
}

fn release(licenses: &[&str]) -> Action {
    Action::Release(whole(|whole| Release::new(whole, "1".into(), keys(licenses))))
}

fn delete(email: &str) -> Action {
    Action::Delete(whole(|whole| Deletion::new(whole, "1".into(), Email::new(email))))
}

fn update(changes: UserChanges) -> Action {
    Action::Update(Update { user: "1".into(), changes })
}

fn reactivate(changes: UserChanges) -> Action {
    Action::Reactivate(Update { user: "1".into(), changes })
}

fn invite(sent: u32) -> Action {
    Action::Invite { user: "1".into(), sent }
}

fn replaced<T>(before: T, after: T) -> Change<T> {
    whole(|whole| Change::replace(whole, before, Some(after)))
}

fn named(before: &str, after: &str) -> UserChanges {
    UserChanges { first_name: Some(replaced(before.into(), after.into())), ..UserChanges::default() }
}

fn given(licenses: &[&str]) -> UserChanges {
    UserChanges { licenses: SetChange::adding(keys(licenses)), ..UserChanges::default() }
}

fn ruled(before: Option<Role>, after: Role) -> UserChanges {
    let change = match before {
        Some(before) => replaced(before, after),
        None => Change::fill(after),
    };
    UserChanges { role: Some(Box::new(change)), ..UserChanges::default() }
}

/// Guards with the signed-in user and that user's access to roles.
fn guards(login: Option<&UserKey>, roles: RoleAccess) -> Guards<'_> {
    Guards { login, roles, limits: LIMITS }
}

fn full() -> Guards<'static> {
    guards(None, RoleAccess::Full)
}

fn after(action: &Action, now: &User) -> User {
    action.guard(Some(now), &full()).unwrap().unwrap()
}

fn fault(action: &Action, now: Option<&User>, guards: &Guards<'_>) -> (ErrorKind, String) {
    let fault = action.guard(now, guards).unwrap_err();
    (fault.kind, fault.message)
}

#[test]
fn returns_the_user_after_each_action() {
    let now = ann(Status::Active, &["g2m", "g2w"]);
    assert_eq!(after(&suspend(&["g2w", "g2m"], Role::Member), &now).licenses, keys(&[]));
    assert_eq!(after(&release(&["g2w"]), &now).licenses, keys(&["g2m"]));
    assert_eq!(after(&update(named("Ann", "Anna")), &now).first_name.to_string(), "Anna");
    assert_eq!(after(&reactivate(given(&["g2m"])), &ann(Status::Suspended, &[])).licenses, keys(&["g2m"]));
    let gone = delete("ann@example.test").guard(Some(&ann(Status::Suspended, &[])), &full());
    assert_eq!(gone.unwrap(), None);
    let expired = Invitation { sent: 2, expired: true };
    let waits = User { invitation: Some(expired), ..ann(Status::Invited, &["g2m"]) };
    assert_eq!(after(&invite(2), &waits).invitation, Some(Invitation { sent: 3, expired: false }));
}

#[test]
fn rejects_an_action_on_a_user_who_has_changed() {
    let now = ann(Status::Active, &["g2m"]);
    let waits = User { invitation: Some(Invitation { sent: 1, expired: false }), ..ann(Status::Invited, &["g2m"]) };
    for (action, now, message) in [
        (suspend(&[], Role::Member), &now, "products has changed since it was read"),
        (suspend(&["g2m"], Role::Administrator), &now, "role has changed since it was read"),
        (release(&["g2w"]), &now, "products has changed since it was read"),
        (delete("other@example.test"), &now, "email has changed since it was read"),
        (delete("ann@example.test"), &now, "the user is active, but only suspended users can be deleted"),
        (update(named("Anna", "Anne")), &now, "first_name has changed since it was read"),
        (update(ruled(Some(Role::Administrator), Role::Member)), &now, "role has changed since it was read"),
        (reactivate(given(&["g2w"])), &now, "the user is active, not suspended"),
        (invite(0), &now, "the user is active, not invited"),
        (invite(0), &waits, "another invitation was sent in the meantime"),
    ] {
        assert_eq!(fault(&action, Some(now), &full()), (ErrorKind::Conflict, message.to_owned()));
        assert_eq!(fault(&action, None, &full()), (ErrorKind::NotFound, "the account has no user 1".to_owned()));
    }
}

#[test]
fn keeps_access_and_role_of_the_signed_in_user() {
    let login = UserKey::new("1");
    let own = guards(Some(&login), RoleAccess::Full);
    let manager = Role::Manager { privileges: vec![Privilege::ManageUsers], groups: Vec::new(), products: Vec::new() };
    let active = ann(Status::Active, &["g2m"]);
    for (action, now, message) in [
        (suspend(&["g2m"], Role::Member), &active, "cannot suspend the user that gotosync signs in as"),
        (delete("ann@example.test"), &ann(Status::Suspended, &[]), "cannot delete the user that gotosync signs in as"),
        (release(&["g2m"]), &active, "cannot remove the last product of the user that gotosync signs in as"),
        (update(ruled(None, manager)), &active, "cannot change the role of the user that gotosync signs in as"),
    ] {
        assert_eq!(fault(&action, Some(now), &own), (ErrorKind::Denied, message.to_owned()));
    }
    assert!(release(&["g2m"]).guard(Some(&ann(Status::Active, &["g2m", "g2w"])), &own).is_ok());
    assert!(update(named("Ann", "Anna")).guard(Some(&active), &own).is_ok());
}

#[test]
fn neither_changes_nor_reveals_roles_without_a_full_administrator() {
    let hidden = guards(None, RoleAccess::Hidden);
    let message = "cannot change roles: the signed-in user is not a full administrator".to_owned();
    let administrator = User { role: Role::Administrator, ..ann(Status::Active, &["g2m"]) };
    for action in [
        suspend(&["g2m"], Role::Member),
        delete("ann@example.test"),
        update(ruled(Some(Role::Administrator), Role::Member)),
        update(ruled(None, Role::Administrator)),
    ] {
        assert_eq!(fault(&action, Some(&administrator), &hidden), (ErrorKind::Denied, message.clone()));
    }
    let new = User { role: Role::Administrator, ..User::new("new@example.test", "New", "User") };
    let refused = Creation::new(new, WelcomeEmail::None).guard(&hidden).unwrap_err();
    assert_eq!((refused.kind, &*refused.message), (ErrorKind::Denied, &*message));
}

#[test]
fn rejects_values_that_no_account_accepts() {
    let now = ann(Status::Active, &["g2m"]);
    let long = "x".repeat(LIMITS.name + 1);
    let moved = |email: &str| UserChanges {
        email: Some(replaced(Email::new("ann@example.test"), Email::new(email))),
        ..UserChanges::default()
    };
    let numbers = SettingsChanges {
        phone_numbers: [("+15555550100".parse().unwrap(), Change::fill("Ann".to_owned()))].into(),
        ..SettingsChanges::default()
    };
    let nothing = Role::Manager { privileges: Vec::new(), groups: Vec::new(), products: Vec::new() };
    let suspended = ann(Status::Suspended, &[]);
    for (action, now, part) in [
        (update(moved("ann")), &now, "email `ann` is invalid: it has no @"),
        (update(named("Ann", &long)), &now, "first_name has "),
        (update(ruled(None, nothing)), &now, "a manager needs at least one privilege"),
        (
            update(UserChanges { settings: Some(Box::new(numbers)), ..UserChanges::default() }),
            &now,
            "the user has phone numbers but no extension where they can ring",
        ),
        (reactivate(named("Ann", "Anna")), &suspended, "the change adds neither a product nor a role"),
    ] {
        let (kind, message) = fault(&action, Some(now), &full());
        assert_eq!(kind, ErrorKind::Input, "{message}");
        assert!(message.starts_with(part), "{message}");
    }
    let locked = User { locks: Locks { email: true, name: true }, ..now };
    for (changes, field) in [(moved("a@example.test"), "email"), (named("Ann", "Anna"), "first_name")] {
        let (kind, message) = fault(&update(changes), Some(&locked), &full());
        assert_eq!((kind, message.starts_with(&format!("{field} is locked"))), (ErrorKind::Denied, true), "{message}");
    }
}

#[test]
fn rejects_a_new_user_with_fields_that_only_the_account_sets() {
    let new = || User::new("new@example.test", "New", "User");
    let refused = |user: User| Creation::new(user, WelcomeEmail::None).guard(&full()).unwrap_err().message;
    assert!(Creation::new(new(), WelcomeEmail::None).guard(&full()).is_ok());
    assert!(refused(User { key: Some("1".into()), ..new() }).contains("cannot have a key"));
    assert!(refused(User { invitation: Some(Invitation::default()), ..new() }).contains("only the account sets them"));
    assert!(
        refused(User { locks: Locks { email: true, name: false }, ..new() }).contains("only the account sets them")
    );
}

#[test]
fn rejects_an_action_without_an_existing_user() {
    let now = ann(Status::Active, &[]);
    let action = Action::CreateGroup { path: crate::model::UserGroupPath::new("Sales") };
    assert_eq!(fault(&action, Some(&now), &full()).0, ErrorKind::NotFound);
    assert_eq!(action.arrival(Some(&now), |_| true), Arrival::Unclear);
}

#[test]
fn detects_whether_an_action_was_done() {
    let waits = |sent| User { invitation: Some(Invitation { sent, expired: false }), ..ann(Status::Invited, &["g2m"]) };
    let active = ann(Status::Active, &["g2m"]);
    let (suspended, bare) = (ann(Status::Suspended, &[]), ann(Status::Active, &[]));
    for (action, now, expected) in [
        (suspend(&["g2m"], Role::Member), &suspended, Arrival::Done(Effect::Suspended)),
        (suspend(&["g2m"], Role::Member), &active, Arrival::NotDone),
        // The user has no product but still has access, so this is not a suspension.
        (suspend(&["g2m"], Role::Member), &bare, Arrival::Unclear),
        (release(&["g2m"]), &bare, Arrival::Done(Effect::Released)),
        (release(&["g2m"]), &active, Arrival::NotDone),
        (release(&["g2m", "g2w"]), &active, Arrival::Unclear),
        (delete("ann@example.test"), &active, Arrival::NotDone),
        (delete("other@example.test"), &active, Arrival::Done(Effect::Deleted)),
        (update(named("Anna", "Ann")), &active, Arrival::Done(Effect::Updated)),
        (update(named("Ann", "Anna")), &active, Arrival::NotDone),
        (update(named("Bob", "Anna")), &active, Arrival::Unclear),
        (reactivate(given(&["g2m"])), &active, Arrival::Done(Effect::Reactivated)),
        (reactivate(given(&["g2m"])), &suspended, Arrival::NotDone),
        (invite(1), &waits(2), Arrival::Done(Effect::Invited)),
        (invite(1), &waits(1), Arrival::NotDone),
        (invite(1), &waits(0), Arrival::Unclear),
        (invite(1), &active, Arrival::Moot("the user has already signed in")),
    ] {
        assert_eq!(action.arrival(Some(now), |_| true), expected, "{action:?}");
        let gone = action.arrival(None, |_| true);
        let deleted = matches!(action, Action::Delete(_));
        assert_eq!(gone, if deleted { Arrival::Done(Effect::Deleted) } else { Arrival::Unclear }, "{action:?}");
    }
    assert_eq!(suspend(&["g2m"], Role::Member).arrival(Some(&active), |_| false), Arrival::Unclear);
}

#[test]
fn detects_the_state_that_the_guard_predicted_as_done() {
    let now = ann(Status::Active, &["g2m"]);
    for action in [suspend(&["g2m"], Role::Member), release(&["g2m"]), update(named("Ann", "Anna"))] {
        let mut after = after(&action, &now);
        after.derive_status(true);
        let effect = action.effect().unwrap();
        assert_eq!(action.arrival(Some(&after), |user| *user == now), Arrival::Done(effect));
        assert_eq!(action.arrival(Some(&now), |user| *user == now), Arrival::NotDone);
    }
}
