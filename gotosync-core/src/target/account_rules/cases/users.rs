//! Test cases for users and user groups.

use std::sync::Arc;

use super::{
    MEETING, Make, WEBINAR, account, adding, change, created, deleted, done, grouped, invited, keys, made, moved,
    person, reactivated, refused, released, renamed, story, suspended, updated, used, user, whole,
};
use crate::error::ErrorKind;
use crate::model::{
    Action, Change, Completeness, Effect, Email, Fault, Invitation, Locks, Outcome, Role, SetChange, Status, Update,
    User, UserChanges, UserGroup, UserGroupPath, UserKey,
};

pub(in crate::target) async fn creates_an_invited_user_who_takes_a_seat(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let new = User {
        licenses: keys(&[WEBINAR, MEETING, MEETING]),
        group: Some(UserGroupPath::new("Sales")),
        status: Status::Active,
        ..User::new("dan@example.test", "Dan", "Lee")
    };
    let effect = done(target, made(new.clone())).await;
    assert_eq!(effect, Effect::Created { user: UserKey::new("1000000001") });
    let expected = User {
        key: Some("1000000001".into()),
        status: Status::Invited,
        licenses: keys(&[MEETING, WEBINAR]),
        invitation: Some(Invitation::default()),
        ..new
    };
    assert_eq!(*user(target, "1000000001").await, expected);
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (3, 1));
}

pub(in crate::target) async fn creates_a_user_without_access_as_suspended(make: Make<'_>) {
    let bench = make(account());
    done(&*bench.target, created("dan@example.test", &[])).await;
    assert_eq!(user(&*bench.target, "1000000001").await.status, Status::Suspended);
    let admin = User { role: Role::Administrator, ..User::new("eve@example.test", "Eve", "Lee") };
    done(&*bench.target, made(admin)).await;
    assert_eq!(user(&*bench.target, "1000000002").await.status, Status::Invited);
}

pub(in crate::target) async fn allocates_keys_in_sequence_and_skips_used_ones(make: Make<'_>) {
    let mut account = account();
    Arc::make_mut(&mut account.users[0]).key = Some("1000000002".into());
    Arc::make_mut(&mut account.users[1]).key = None;
    let bench = make(account);
    assert_eq!(user(&*bench.target, "1000000001").await.email.as_str(), "bob@example.test");
    let effect = done(&*bench.target, created("dan@example.test", &[])).await;
    assert_eq!(effect, Effect::Created { user: UserKey::new("1000000003") });
    let keyed = User { key: Some("9".into()), ..User::new("eve@example.test", "Eve", "Lee") };
    let message = "a new user cannot have a key";
    refused(&*bench.target, made(keyed), ErrorKind::Input, message).await;
}

pub(in crate::target) async fn rejects_names_and_addresses_beyond_the_limits(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    // The limit counts characters, not bytes: 32 umlauts fit.
    let (fits, too_long) = ("ü".repeat(32), "ü".repeat(33));
    done(target, made(User::new("dan@example.test", &fits, &fits))).await;
    let message = "last_name has 33 characters; at most 32 are allowed";
    refused(target, made(User::new("eve@example.test", &fits, &too_long)), ErrorKind::Input, message).await;
    let message = "first_name has 33 characters; at most 32 are allowed";
    refused(target, updated("2", renamed("bob", &too_long)), ErrorKind::Input, message).await;
    let address = |length: usize| {
        let domain = format!("{}.{}.test", "d".repeat(50), "e".repeat(length - 2 - 51 - 5));
        format!("a@{domain}")
    };
    assert_eq!(address(115).len(), 115);
    let long = format!("{}{}", "a".repeat(13), address(115));
    done(target, made(User::new(&long, "Fay", "Lee"))).await;
    let message = "email has 129 characters; at most 128 are allowed";
    refused(target, made(User::new(&format!("a{long}"), "Gus", "Lee")), ErrorKind::Input, message).await;
    let message = "email `gus` is invalid: it has no @";
    refused(target, made(User::new("gus", "Gus", "Lee")), ErrorKind::Input, message).await;
    refused(target, updated("2", moved("bob@example.test", "gus")), ErrorKind::Input, message).await;
    let changes = UserChanges {
        email: Some(whole(|whole| Change::replace(whole, Email::new("bob@example.test"), None))),
        ..UserChanges::default()
    };
    refused(target, updated("2", changes), ErrorKind::Input, "the e-mail address of a user cannot be removed").await;
}

pub(in crate::target) async fn rejects_an_address_that_another_user_has(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "email ANN@example.test already belongs to another user";
    refused(target, created("ANN@example.test", &[]), ErrorKind::Conflict, message).await;
    refused(target, updated("2", moved("bob@example.test", "ANN@example.test")), ErrorKind::Conflict, message).await;
    // Changing the letter case of the user's own address is no conflict, and an address that a user gave up is free again.
    done(target, updated("2", moved("bob@example.test", "Bob@Example.test"))).await;
    assert_eq!(user(target, "2").await.email.as_str(), "Bob@Example.test");
    done(target, updated("2", moved("bob@example.test", "robert@example.test"))).await;
    done(target, created("bob@example.test", &[])).await;
}

pub(in crate::target) async fn rejects_a_new_user_in_a_full_account(make: Make<'_>) {
    let mut account = account();
    account.users.extend((3..25_000).map(|n| Arc::new(User::new(&format!("u{n}@example.test"), "U", "U"))));
    let bench = make(account);
    let message = "the account already has the maximum of 25000 users";
    refused(&*bench.target, created("dan@example.test", &[]), ErrorKind::Exhausted, message).await;
    assert_eq!(bench.target.read().await.unwrap().users.len(), 25_000);
}

pub(in crate::target) async fn rejects_unknown_users_licenses_and_groups(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let no_license = "the account has no license g2x";
    refused(target, created("dan@example.test", &["g2x"]), ErrorKind::NotFound, no_license).await;
    refused(target, updated("2", adding(&["g2x"])), ErrorKind::NotFound, no_license).await;
    let no_group = "the account has no user group `Nowhere`";
    let nowhere = UserGroupPath::new("Nowhere");
    let lost = User { group: Some(nowhere.clone()), ..User::new("dan@example.test", "Dan", "Lee") };
    refused(target, made(lost), ErrorKind::NotFound, no_group).await;
    let changes = UserChanges { group: Some(Change::fill(nowhere)), ..UserChanges::default() };
    refused(target, updated("2", changes), ErrorKind::NotFound, no_group).await;
    for action in [
        updated("9", UserChanges::default()),
        reactivated("9", &[MEETING]),
        suspended("9", &[], Role::Member),
        released("9", &[]),
        deleted("9", "nobody@example.test"),
        invited("9", 0),
    ] {
        refused(target, action, ErrorKind::NotFound, "the account has no user 9").await;
    }
}

pub(in crate::target) async fn assigns_all_requested_seats_or_none(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, created("dan@example.test", &[MEETING, WEBINAR])).await;
    let one = "no seat is free in GoToMeeting";
    refused(target, created("eve@example.test", &[MEETING]), ErrorKind::Exhausted, one).await;
    let both = "no seat is free in GoToMeeting or GoToWebinar";
    refused(target, updated("3", adding(&[WEBINAR, MEETING])), ErrorKind::Exhausted, both).await;
    refused(target, reactivated("3", &[MEETING, WEBINAR]), ErrorKind::Exhausted, both).await;
    // A user who changes products gives one seat back and takes another.
    done(target, released("1000000001", &[WEBINAR])).await;
    let changes = whole(|whole| UserChanges {
        licenses: SetChange::adding(keys(&[WEBINAR])).removing(whole, keys(&[MEETING])),
        ..UserChanges::default()
    });
    done(target, updated("2", changes)).await;
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (2, 1));
}

pub(in crate::target) async fn updates_exactly_the_named_fields(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let before = user(target, "1").await;
    let changes = UserChanges {
        language: Some(Change::fill("de_DE".into())),
        group: Some(Change::fill(UserGroupPath::new("Sales"))),
        licenses: SetChange::adding(keys(&[WEBINAR])),
        ..renamed("ann", "Anna")
    };
    assert_eq!(done(target, updated("1", changes)).await, Effect::Updated);
    let expected = User {
        first_name: "Anna".into(),
        language: Some("de_DE".into()),
        group: Some(UserGroupPath::new("Sales")),
        licenses: keys(&[MEETING, WEBINAR]),
        ..User::clone(&before)
    };
    assert_eq!(*user(target, "1").await, expected);
}

pub(in crate::target) async fn rejects_a_stale_update(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "first_name has changed since it was read";
    refused(target, updated("2", renamed("rob", "Bob")), ErrorKind::Conflict, message).await;
    let message = "products has changed since it was read";
    refused(target, updated("2", adding(&[MEETING])), ErrorKind::Conflict, message).await;
    refused(target, released("2", &[WEBINAR]), ErrorKind::Conflict, message).await;
    let changes = UserChanges { last_name: Some(Change::fill("Ray".into())), ..adding(&[MEETING]) };
    let message = "last_name has changed since it was read";
    refused(target, Action::Reactivate(Update { user: "3".into(), changes }), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn keeps_an_existing_value_that_exceeds_a_limit(make: Make<'_>) {
    let mut account = account();
    Arc::make_mut(&mut account.users[1]).last_name = "x".repeat(99).into();
    account.licenses[1].seats = 1;
    let bench = make(account);
    done(&*bench.target, updated("2", renamed("bob", "Bob"))).await;
    let message = "no seat is free in GoToMeeting";
    refused(&*bench.target, reactivated("3", &[MEETING]), ErrorKind::Exhausted, message).await;
}

pub(in crate::target) async fn releases_licenses(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, updated("2", adding(&[WEBINAR]))).await;
    assert_eq!(done(target, released("2", &[MEETING])).await, Effect::Released);
    let bob = user(target, "2").await;
    assert_eq!((bob.status, &bob.licenses), (Status::Invited, &keys(&[WEBINAR])));
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (1, 1));
}

pub(in crate::target) async fn rejects_a_license_that_is_not_active_yet(make: Make<'_>) {
    let mut account = account();
    account.licenses[0].pending = true;
    let bench = make(account);
    let target = &*bench.target;
    let message = "GoToWebinar is not active yet; activation takes up to 48 hours after purchase";
    for action in
        [created("dan@example.test", &[WEBINAR]), updated("2", adding(&[WEBINAR])), reactivated("3", &[WEBINAR])]
    {
        refused(target, action, ErrorKind::Unavailable, message).await;
    }
    assert!(Fault::new(ErrorKind::Unavailable, message).retryable);
    assert!(target.read().await.unwrap().license(&WEBINAR.into()).unwrap().pending);
}

pub(in crate::target) async fn rejects_changes_to_locked_fields(make: Make<'_>) {
    let mut account = account();
    person(&mut account, "2").locks = Locks { email: true, name: false };
    person(&mut account, "3").locks = Locks { email: false, name: true };
    let bench = make(account);
    let target = &*bench.target;
    let owns = "is locked: an identity provider or a verified domain owns it";
    let message = format!("email {owns}");
    refused(target, updated("2", moved("bob@example.test", "rob@example.test")), ErrorKind::Denied, &message).await;
    refused(target, updated("3", renamed("cid", "Sid")), ErrorKind::Denied, &format!("first_name {owns}")).await;
    let last = UserChanges { last_name: Some(change(Some("Lee".into()), Some("Ray".into()))), ..adding(&[MEETING]) };
    let back = Action::Reactivate(Update { user: "3".into(), changes: last });
    refused(target, back, ErrorKind::Denied, &format!("last_name {owns}")).await;
    // Fields that are not locked can change, and the locks stay.
    done(target, updated("2", renamed("bob", "Rob"))).await;
    done(target, updated("3", moved("cid@example.test", "sid@example.test"))).await;
    assert!(user(target, "2").await.locks.email && user(target, "3").await.locks.name);
}

pub(in crate::target) async fn creates_a_group_only_below_an_existing_parent(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    assert_eq!(done(target, grouped("Sales/EMEA")).await, Effect::GroupCreated);
    refused(target, grouped("Sales"), ErrorKind::Conflict, "user group `Sales` already exists").await;
    refused(target, grouped("A/B"), ErrorKind::NotFound, "the account has no user group `A`").await;
    let message = "user group `Sales//EMEA` cannot be created: a name in it is empty";
    refused(target, grouped("Sales//EMEA"), ErrorKind::Input, message).await;
    let groups: Vec<_> = target.read().await.unwrap().groups.into_iter().map(|group| group.path).collect();
    assert_eq!(groups, [UserGroupPath::new("Sales"), UserGroupPath::new("Sales/EMEA")]);
}

pub(in crate::target) async fn reads_the_account_in_sorted_order(make: Make<'_>) {
    let mut account = account();
    for name in ["Zoë", "zoe", "ZOF", "Åsa", "a.b", "a-b"] {
        account.users.push(Arc::new(User::new(&format!("{name}@example.test"), name, "Lee")));
    }
    account
        .groups
        .extend(["Sales/EMEA", "Sales-2", "ops"].map(|p| UserGroup { key: None, path: UserGroupPath::new(p) }));
    let bench = make(account);
    let read = bench.target.read().await.unwrap();
    let mut sorted = read.clone();
    sorted.sort();
    assert_eq!(read, sorted);
    assert_eq!((read.key.as_str(), &*read.name, &read.login), ("4711", "Example", &Some("1".into())));
    assert_eq!(read.completeness, Completeness::Complete);
    let info = bench.target.describe().await.unwrap();
    assert_eq!((&info.account, &info.login), (&read.key, &read.login));
    assert_eq!(info.name, bench.target.to_string());
}

pub(in crate::target) async fn actions_see_the_effects_of_earlier_actions(make: Make<'_>) {
    let bench = make(account());
    let outcomes = bench.target.execute(&story()).await.unwrap();
    let words: Vec<_> = outcomes.iter().map(Outcome::as_str).collect();
    assert_eq!(words, ["suspended", "group created", "failed", "created", "created", "failed", "updated"]);
}
