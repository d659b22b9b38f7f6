//! Test cases for suspension, reactivation, and deletion.

use std::sync::Arc;

use super::{
    MEETING, Make, WEBINAR, account, adding, all_settings, created, deleted, done, keys, made, manager, person,
    reactivated, refused, released, ruled, settings, suspended, taken_by, updated, used, user,
};
use crate::error::ErrorKind;
use crate::model::{Action, Effect, Role, Status, Update, User, UserChanges, UserGroupPath};

pub(in crate::target) async fn losing_the_last_license_suspends_a_user(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, released("2", &[MEETING])).await;
    assert_eq!(user(target, "2").await.status, Status::Suspended);
    // An update that adds a license also restores access.
    done(target, updated("2", adding(&[MEETING]))).await;
    assert_eq!(user(target, "2").await.status, Status::Invited);
}

pub(in crate::target) async fn suspension_removes_access_and_frees_the_seat(make: Make<'_>) {
    let mut account = account();
    account.licenses[1].seats = 2;
    Arc::make_mut(&mut account.users[1]).role = Role::Administrator;
    let bench = make(account);
    let target = &*bench.target;
    assert_eq!(done(target, suspended("2", &[MEETING], Role::Administrator)).await, Effect::Suspended);
    let bob = user(target, "2").await;
    assert_eq!((bob.status, &bob.role, bob.licenses.len()), (Status::Suspended, &Role::Member, 0));
    done(target, created("dan@example.test", &[MEETING])).await;
    assert_eq!(used(target, MEETING).await, 2);
}

pub(in crate::target) async fn rejects_a_stale_suspension(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "products has changed since it was read";
    refused(target, suspended("2", &[], Role::Member), ErrorKind::Conflict, message).await;
    refused(target, suspended("2", &[MEETING, WEBINAR], Role::Member), ErrorKind::Conflict, message).await;
    let message = "role has changed since it was read";
    refused(target, suspended("2", &[MEETING], Role::Administrator), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn rejects_removing_access_of_the_signed_in_user(make: Make<'_>) {
    let mut account = account();
    person(&mut account, "1").role = Role::Member;
    let bench = make(account);
    let target = &*bench.target;
    let message = "cannot suspend the user that gotosync signs in as";
    refused(target, suspended("1", &[MEETING], Role::Member), ErrorKind::Denied, message).await;
    let message = "cannot remove the last product of the user that gotosync signs in as";
    refused(target, released("1", &[MEETING]), ErrorKind::Denied, message).await;
}

pub(in crate::target) async fn reactivation_restores_the_former_status(make: Make<'_>) {
    let mut account = account();
    account.login = None;
    person(&mut account, "1").role = Role::Member;
    let bench = make(account);
    let target = &*bench.target;
    for (key, status) in [("1", Status::Active), ("2", Status::Invited)] {
        done(target, suspended(key, &[MEETING], Role::Member)).await;
        assert_eq!(done(target, reactivated(key, &[MEETING])).await, Effect::Reactivated);
        assert_eq!(user(target, key).await.status, status);
    }
    // Cid was already suspended when the account was loaded, and counts as a user who has signed in.
    done(target, reactivated("3", &[WEBINAR])).await;
    assert_eq!(user(target, "3").await.status, Status::Active);
}

pub(in crate::target) async fn reactivates_only_suspended_users(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    refused(target, reactivated("1", &[WEBINAR]), ErrorKind::Conflict, "the user is active, not suspended").await;
    let message = "the change adds neither a product nor a role, so the user would stay suspended";
    refused(target, reactivated("3", &[]), ErrorKind::Input, message).await;
}

pub(in crate::target) async fn reactivates_a_user_with_a_role_alone(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let changes = UserChanges { settings: Some(Box::new(all_settings())), ..ruled(None, Some(manager())) };
    let back = Action::Reactivate(Update { user: "3".into(), changes });
    assert_eq!(done(target, back).await, Effect::Reactivated);
    let cid = user(target, "3").await;
    assert_eq!((cid.status, &cid.role, cid.settings()), (Status::Active, &manager(), &settings()));
}

pub(in crate::target) async fn suspension_keeps_settings_and_group(make: Make<'_>) {
    let mut account = taken_by("2");
    let bob = person(&mut account, "2");
    bob.group = Some(UserGroupPath::new("Sales"));
    let kept = bob.clone();
    let bench = make(account);
    done(&*bench.target, suspended("2", &[MEETING], Role::Member)).await;
    let expected = User { licenses: Vec::new(), status: Status::Suspended, ..kept };
    assert_eq!(*user(&*bench.target, "2").await, expected);
}

pub(in crate::target) async fn deletes_a_suspended_user(make: Make<'_>) {
    let bench = make(taken_by("3"));
    let target = &*bench.target;
    assert_eq!(done(target, deleted("3", "CID@example.test")).await, Effect::Deleted);
    let read = target.read().await.unwrap();
    assert_eq!((read.user(&"3".into()), read.users.len()), (None, 2));
    // The address, the extension, and the device are free again; the key is never reused.
    let mut again = User { licenses: keys(&[WEBINAR]), ..User::new("cid@example.test", "Cid", "Lee") };
    again.set_settings(|own| *own = settings());
    assert_eq!(done(target, made(again)).await, Effect::Created { user: "1000000001".into() });
    done(target, suspended("1000000001", &[WEBINAR], Role::Member)).await;
    done(target, deleted("1000000001", "cid@example.test")).await;
    let effect = done(target, created("cid@example.test", &[WEBINAR])).await;
    assert_eq!((effect, used(target, WEBINAR).await), (Effect::Created { user: "1000000002".into() }, 1));
}

pub(in crate::target) async fn rejects_deleting_users_who_are_not_suspended(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "the user is invited, but only suspended users can be deleted";
    refused(target, deleted("2", "bob@example.test"), ErrorKind::Conflict, message).await;
    let message = "email has changed since it was read";
    refused(target, deleted("3", "bob@example.test"), ErrorKind::Conflict, message).await;
    let message = "cannot delete the user that gotosync signs in as";
    refused(target, deleted("1", "ann@example.test"), ErrorKind::Denied, message).await;
}
