//! Test cases for reading and changing roles.

use super::{
    MEETING, Make, WEBINAR, account, adding, created, deleted, done, keys, made, manager, person, refused, released,
    ruled, suspended, updated, user,
};
use crate::error::ErrorKind;
use crate::model::{Account, Privilege, Role, Status, User, UserGroupPath};
use crate::target::RoleAccess;

const ONLY_FULL: &str = "cannot change roles: the signed-in user is not a full administrator";

/// The account in which the signed-in user is a manager and Cid is the only full administrator.
fn limited() -> Account {
    let mut account = account();
    person(&mut account, "1").role = manager();
    person(&mut account, "3").role = Role::Administrator;
    account
}

pub(in crate::target) async fn gives_and_removes_roles(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let mixed = Role::Manager {
        privileges: vec![Privilege::RunReports, Privilege::ManageUsers, Privilege::RunReports],
        groups: Vec::new(),
        products: keys(&[WEBINAR, MEETING]),
    };
    let roles = [Role::Administrator, Role::Set("Helpdesk".into()), manager(), mixed];
    for (before, after) in
        [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2)), (Some(2), Some(3)), (Some(3), None)]
    {
        let role = |at: Option<usize>| at.map(|at: usize| roles[at].clone());
        done(target, updated("2", ruled(role(before).map(Role::normal), role(after)))).await;
        assert_eq!(user(target, "2").await.role, role(after).unwrap_or_default().normal());
    }
    let new = User { role: roles[3].clone(), ..User::new("dan@example.test", "Dan", "Lee") };
    done(target, made(new)).await;
    let dan = user(target, "1000000001").await;
    assert_eq!((dan.status, &dan.role), (Status::Invited, &roles[3].clone().normal()));
}

pub(in crate::target) async fn rejects_a_role_with_unknown_names(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let role = |groups: &[&str], products: &[&str]| Role::Manager {
        privileges: vec![Privilege::ManageSeats],
        groups: groups.iter().map(|path| UserGroupPath::new(path)).collect(),
        products: keys(products),
    };
    for (role, message) in [
        (Role::Set("Help desk".into()), "the account has no role set `Help desk`; did you mean `Helpdesk`?"),
        (Role::Set("Auditors".into()), "the account has no role set `Auditors`"),
        (role(&["Sales", "Nowhere"], &[]), "the account has no user group `Nowhere`"),
        (role(&[], &["g2x"]), "the account has no license g2x"),
    ] {
        let new = User { role: role.clone(), ..User::new("dan@example.test", "Dan", "Lee") };
        refused(target, made(new), ErrorKind::NotFound, message).await;
        refused(target, updated("2", ruled(None, Some(role))), ErrorKind::NotFound, message).await;
    }
    let nothing = Role::Manager { privileges: Vec::new(), groups: Vec::new(), products: Vec::new() };
    let message = "a manager needs at least one privilege";
    refused(target, updated("2", ruled(None, Some(nothing))), ErrorKind::Input, message).await;
}

pub(in crate::target) async fn rejects_a_stale_role(make: Make<'_>) {
    let bench = make(account());
    let message = "role has changed since it was read";
    let stale = ruled(Some(manager()), Some(Role::Administrator));
    refused(&*bench.target, updated("2", stale), ErrorKind::Conflict, message).await;
    done(&*bench.target, updated("2", ruled(None, Some(manager())))).await;
    let stale = ruled(None, Some(Role::Administrator));
    refused(&*bench.target, updated("2", stale), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn rejects_changing_the_role_of_the_signed_in_user(make: Make<'_>) {
    let mut account = account();
    person(&mut account, "2").role = Role::Administrator;
    let bench = make(account);
    let target = &*bench.target;
    let message = "cannot change the role of the user that gotosync signs in as";
    for after in [None, Some(manager())] {
        let changes = ruled(Some(Role::Administrator), after);
        refused(target, updated("1", changes), ErrorKind::Denied, message).await;
    }
    // Other fields of the signed-in user may change.
    done(target, updated("1", adding(&[WEBINAR]))).await;
}

pub(in crate::target) async fn rejects_removing_the_last_administrator(make: Make<'_>) {
    let mut account = account();
    account.login = None;
    person(&mut account, "2").role = Role::Administrator;
    let bench = make(account);
    let target = &*bench.target;
    done(target, suspended("2", &[MEETING], Role::Administrator)).await;
    let message = "the last full administrator cannot lose that role";
    refused(target, suspended("1", &[MEETING], Role::Administrator), ErrorKind::Denied, message).await;
    let less = ruled(Some(Role::Administrator), Some(manager()));
    refused(target, updated("1", less.clone()), ErrorKind::Denied, message).await;
    let message = "the user is active, but only suspended users can be deleted";
    refused(target, deleted("1", "ann@example.test"), ErrorKind::Conflict, message).await;
    done(target, updated("3", ruled(None, Some(Role::Administrator)))).await;
    refused(target, deleted("1", "ann@example.test"), ErrorKind::Conflict, message).await;
    done(target, updated("1", less)).await;
    assert_eq!(user(target, "1").await.role, manager());
}

pub(in crate::target) async fn hides_roles_from_users_who_are_not_administrators(make: Make<'_>) {
    let bench = make(limited());
    let read = bench.target.read().await.unwrap();
    assert!(read.users.iter().all(|user| user.role.is_member()));
    // Cid's only access is the hidden role.
    assert_eq!(read.user(&"3".into()).unwrap().status, Status::Active);
    assert_eq!(bench.target.describe().await.unwrap().capabilities.roles, RoleAccess::Hidden);
}

pub(in crate::target) async fn rejects_role_changes_by_users_who_are_not_administrators(make: Make<'_>) {
    let bench = make(limited());
    let target = &*bench.target;
    let new = User { role: manager(), ..User::new("dan@example.test", "Dan", "Lee") };
    for action in [
        made(new),
        updated("2", ruled(None, Some(manager()))),
        // The error must not reveal the user's actual role.
        updated("3", ruled(None, Some(manager()))),
        updated("3", ruled(Some(Role::Administrator), None)),
        suspended("3", &[], Role::Member),
        suspended("3", &[], Role::Administrator),
        deleted("3", "cid@example.test"),
    ] {
        refused(target, action, ErrorKind::Denied, ONLY_FULL).await;
    }
    // Changes that do not concern roles still work, and remove no role.
    done(target, created("dan@example.test", &[WEBINAR])).await;
    done(target, updated("3", adding(&[MEETING]))).await;
    done(target, released("3", &[MEETING])).await;
    assert_eq!(user(target, "3").await.status, Status::Active);
    done(target, suspended("2", &[MEETING], Role::Member)).await;
    done(target, deleted("2", "bob@example.test")).await;
}

pub(in crate::target) async fn shows_roles_if_the_credentials_belong_to_no_user(make: Make<'_>) {
    for login in [None, Some("9".into())] {
        let bench = make(Account { login, ..limited() });
        let target = &*bench.target;
        assert_eq!(target.describe().await.unwrap().capabilities.roles, RoleAccess::Full);
        assert_eq!(user(target, "1").await.role, manager());
        done(target, updated("1", ruled(Some(manager()), None))).await;
    }
}
