//! What every book must do: the same cases for the account in memory and the account on disk.

use std::sync::Arc;

use super::Activity;
use crate::error::ErrorKind;
use crate::model::{
    Account, Action, Batch, Change, Completeness, Creation, DirectoryBuilder, Effect, Email, License, LicenseChange,
    LicenseKey, Outcome, Privilege, Reading, Release, Role, Status, Suspension, Update, User, UserChanges, UserGroup,
    UserGroupPath, UserKey, WelcomeEmail, Whole,
};
use crate::target::ProvisioningTarget;

/// An account under test, with what must stay alive beside it.
pub(in crate::target) struct Bench {
    pub(in crate::target) target: Box<dyn ProvisioningTarget>,
    pub(in crate::target) _beside: Box<dyn Send>,
}

/// Makes a test of every case, for a function that makes a [`Bench`] from an account.
macro_rules! every_case {
    ($make:path) => {
        crate::target::book::cases::every_case! { $make:
            a_user_is_created_invited_and_takes_a_seat,
            a_user_without_products_is_created_suspended,
            keys_are_counted_and_skip_those_that_are_taken,
            what_does_not_fit_is_refused,
            an_address_belongs_to_one_user,
            the_account_takes_no_more_users_than_it_may,
            what_an_action_names_must_exist,
            seats_are_given_all_or_none,
            an_update_changes_what_it_says,
            a_stale_update_is_refused,
            an_old_value_that_breaks_a_limit_may_stay,
            losing_everything_suspends,
            a_suspension_takes_everything_and_frees_the_seat,
            a_stale_suspension_is_refused,
            the_login_cannot_lock_itself_out,
            access_comes_back_as_it_was,
            only_the_suspended_are_reactivated,
            licences_are_released,
            groups_grow_from_the_top,
            an_account_is_read_in_order,
            actions_see_those_before_them,
        }
    };
    ($make:path: $($case:ident,)+) => {$(
        #[tokio::test]
        async fn $case() {
            crate::target::book::cases::$case(&|account| $make(&account)).await;
        }
    )+};
}
pub(in crate::target) use every_case;

type Make<'m> = &'m (dyn Fn(Account) -> Bench + Sync);

const MEETING: &str = "g2m";
const WEBINAR: &str = "g2w";

/// Two meeting seats and one webinar seat; Ann has a meeting seat and is the login, Bob is invited with a meeting seat,
/// Cid is suspended.
pub(in crate::target) fn account() -> Account {
    let license = |key: &str, name: &str, seats| License {
        key: key.into(),
        name: name.into(),
        products: vec![key.to_uppercase()],
        seats,
        used: 77,
    };
    let user = |key: &str, name: &str, status, licenses: &[&str]| {
        Arc::new(User {
            key: Some(key.into()),
            status,
            licenses: keys(licenses),
            ..User::new(&format!("{name}@example.test"), name, "Lee")
        })
    };
    Account {
        login: Some("1".into()),
        users: vec![
            user("3", "cid", Status::Suspended, &[]),
            user("2", "bob", Status::Invited, &[MEETING]),
            user("1", "ann", Status::Active, &[MEETING]),
        ],
        licenses: vec![license(WEBINAR, "GoToWebinar", 1), license(MEETING, "GoToMeeting", 3)],
        groups: vec![UserGroup { key: None, path: UserGroupPath::new("Sales") }],
        ..Account::empty("4711", "Example")
    }
}

fn keys(licenses: &[&str]) -> Vec<LicenseKey> {
    licenses.iter().map(|key| LicenseKey::new(*key)).collect()
}

fn whole<T>(make: impl FnOnce(Whole<'_>) -> T) -> T {
    let reading = Reading::complete(DirectoryBuilder::new().build().unwrap());
    make(Whole::of(&reading, &Account::empty("1", "Test")).unwrap())
}

pub(in crate::target) fn created(email: &str, licenses: &[&str]) -> Action {
    made(User { licenses: keys(licenses), ..User::new(email, "New", "User") })
}

fn made(user: User) -> Action {
    Action::Create(Creation { user: Arc::new(user), welcome: WelcomeEmail::None })
}

fn updated(user: &str, changes: UserChanges) -> Action {
    Action::Update(Update { user: user.into(), changes })
}

fn reactivated(user: &str, licenses: &[&str]) -> Action {
    let changes = UserChanges { licenses: LicenseChange::adding(keys(licenses)), ..UserChanges::default() };
    Action::Reactivate(Update { user: user.into(), changes })
}

fn suspended(user: &str, licenses: &[&str], role: Role) -> Action {
    Action::Suspend(whole(|whole| Suspension::new(whole, user.into(), keys(licenses), role)))
}

fn released(user: &str, licenses: &[&str]) -> Action {
    Action::Release(whole(|whole| Release::new(whole, user.into(), keys(licenses))))
}

fn grouped(path: &str) -> Action {
    Action::CreateGroup { path: UserGroupPath::new(path) }
}

fn adding(licenses: &[&str]) -> UserChanges {
    UserChanges { licenses: LicenseChange::adding(keys(licenses)), ..UserChanges::default() }
}

fn renamed(before: &str, after: &str) -> UserChanges {
    let change = whole(|whole| Change::replace(whole, before.into(), Some(after.into())));
    UserChanges { first_name: Some(change), ..UserChanges::default() }
}

fn moved(before: &str, after: &str) -> UserChanges {
    let change = whole(|whole| Change::replace(whole, Email::new(before), Some(Email::new(after))));
    UserChanges { email: Some(change), ..UserChanges::default() }
}

async fn one(target: &dyn ProvisioningTarget, action: Action) -> Outcome {
    let mut outcomes = target.execute(&[action].into_iter().collect()).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

async fn done(target: &dyn ProvisioningTarget, action: Action) -> Effect {
    match one(target, action).await {
        Outcome::Done { effect } => effect,
        outcome => panic!("{outcome:?}"),
    }
}

/// Expects a refusal that changes nothing.
async fn refused(target: &dyn ProvisioningTarget, action: Action, kind: ErrorKind, message: &str) {
    let before = target.read().await.unwrap();
    let outcome = one(target, action).await;
    assert_eq!(outcome, Outcome::failed(kind, message));
    assert_eq!(target.read().await.unwrap(), before, "{message}");
}

async fn user(target: &dyn ProvisioningTarget, key: &str) -> Arc<User> {
    let account = target.read().await.unwrap();
    Arc::clone(account.user(&key.into()).unwrap_or_else(|| panic!("no user {key}")))
}

async fn used(target: &dyn ProvisioningTarget, license: &str) -> u32 {
    target.read().await.unwrap().license(&license.into()).unwrap().used
}

pub(in crate::target) async fn a_user_is_created_invited_and_takes_a_seat(make: Make<'_>) {
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
    let expected =
        User { key: Some("1000000001".into()), status: Status::Invited, licenses: keys(&[MEETING, WEBINAR]), ..new };
    assert_eq!(*user(target, "1000000001").await, expected);
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (3, 1));
}

pub(in crate::target) async fn a_user_without_products_is_created_suspended(make: Make<'_>) {
    let bench = make(account());
    done(&*bench.target, created("dan@example.test", &[])).await;
    assert_eq!(user(&*bench.target, "1000000001").await.status, Status::Suspended);
    let admin = User { role: Role::Administrator, ..User::new("eve@example.test", "Eve", "Lee") };
    done(&*bench.target, made(admin)).await;
    assert_eq!(user(&*bench.target, "1000000002").await.status, Status::Invited);
}

pub(in crate::target) async fn keys_are_counted_and_skip_those_that_are_taken(make: Make<'_>) {
    let mut account = account();
    Arc::make_mut(&mut account.users[0]).key = Some("1000000002".into());
    Arc::make_mut(&mut account.users[1]).key = None;
    let bench = make(account);
    assert_eq!(user(&*bench.target, "1000000001").await.email.as_str(), "bob@example.test");
    let effect = done(&*bench.target, created("dan@example.test", &[])).await;
    assert_eq!(effect, Effect::Created { user: UserKey::new("1000000003") });
    let keyed = User { key: Some("9".into()), ..User::new("eve@example.test", "Eve", "Lee") };
    let message = "a user who is yet to be created cannot have a key";
    refused(&*bench.target, made(keyed), ErrorKind::Input, message).await;
}

pub(in crate::target) async fn what_does_not_fit_is_refused(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    // Characters count, not bytes: 32 umlauts fit.
    let (fits, too_long) = ("ü".repeat(32), "ü".repeat(33));
    done(target, made(User::new("dan@example.test", &fits, &fits))).await;
    let message = "last_name has 33 characters, 32 are accepted";
    refused(target, made(User::new("eve@example.test", &fits, &too_long)), ErrorKind::Input, message).await;
    let message = "first_name has 33 characters, 32 are accepted";
    refused(target, updated("2", renamed("bob", &too_long)), ErrorKind::Input, message).await;
    let address = |length: usize| {
        let domain = format!("{}.{}.test", "d".repeat(50), "e".repeat(length - 2 - 51 - 5));
        format!("a@{domain}")
    };
    assert_eq!(address(115).len(), 115);
    let long = format!("{}{}", "a".repeat(13), address(115));
    done(target, made(User::new(&long, "Fay", "Lee"))).await;
    let message = "email has 129 characters, 128 are accepted";
    refused(target, made(User::new(&format!("a{long}"), "Gus", "Lee")), ErrorKind::Input, message).await;
    let message = "email `nobody` is not accepted: it has no @";
    refused(target, made(User::new("nobody", "Gus", "Lee")), ErrorKind::Input, message).await;
    refused(target, updated("2", moved("bob@example.test", "nobody")), ErrorKind::Input, message).await;
    let changes = UserChanges {
        email: Some(whole(|whole| Change::replace(whole, Email::new("bob@example.test"), None))),
        ..UserChanges::default()
    };
    refused(target, updated("2", changes), ErrorKind::Input, "an e-mail cannot be taken away").await;
}

pub(in crate::target) async fn an_address_belongs_to_one_user(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "email ANN@example.test is taken";
    refused(target, created("ANN@example.test", &[]), ErrorKind::Conflict, message).await;
    refused(target, updated("2", moved("bob@example.test", "ANN@example.test")), ErrorKind::Conflict, message).await;
    // One's own address in other letters is no conflict, and an address that was left is free again.
    done(target, updated("2", moved("bob@example.test", "Bob@Example.test"))).await;
    assert_eq!(user(target, "2").await.email.as_str(), "Bob@Example.test");
    done(target, updated("2", moved("bob@example.test", "robert@example.test"))).await;
    done(target, created("bob@example.test", &[])).await;
}

pub(in crate::target) async fn the_account_takes_no_more_users_than_it_may(make: Make<'_>) {
    let mut account = account();
    account.users.extend((3..25_000).map(|n| Arc::new(User::new(&format!("u{n}@example.test"), "U", "U"))));
    let bench = make(account);
    let message = "the account has 25000 users, its most";
    refused(&*bench.target, created("dan@example.test", &[]), ErrorKind::Exhausted, message).await;
    assert_eq!(bench.target.read().await.unwrap().users.len(), 25_000);
}

pub(in crate::target) async fn what_an_action_names_must_exist(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let no_license = "the account has no licence g2x";
    refused(target, created("dan@example.test", &["g2x"]), ErrorKind::NotFound, no_license).await;
    refused(target, updated("2", adding(&["g2x"])), ErrorKind::NotFound, no_license).await;
    let no_group = "the account has no user group `Nowhere`";
    let nowhere = UserGroupPath::new("Nowhere");
    let lost = User { group: Some(nowhere.clone()), ..User::new("dan@example.test", "Dan", "Lee") };
    refused(target, made(lost), ErrorKind::NotFound, no_group).await;
    let changes = UserChanges { group: Some(Change::fill(nowhere.clone())), ..UserChanges::default() };
    refused(target, updated("2", changes), ErrorKind::NotFound, no_group).await;
    let role = Role::Manager { privileges: vec![Privilege::ManageUsers], groups: vec![nowhere] };
    let manager = User { role, ..User::new("dan@example.test", "Dan", "Lee") };
    refused(target, made(manager), ErrorKind::NotFound, no_group).await;
    for action in [
        updated("9", UserChanges::default()),
        reactivated("9", &[MEETING]),
        suspended("9", &[], Role::Member),
        released("9", &[]),
    ] {
        refused(target, action, ErrorKind::NotFound, "the account has no user 9").await;
    }
}

pub(in crate::target) async fn seats_are_given_all_or_none(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, created("dan@example.test", &[MEETING, WEBINAR])).await;
    let one = "no seat is free in GoToMeeting: 1 missing";
    refused(target, created("eve@example.test", &[MEETING]), ErrorKind::Exhausted, one).await;
    let both = "no seat is free in GoToMeeting: 1 missing, in GoToWebinar: 1 missing";
    refused(target, updated("3", adding(&[WEBINAR, MEETING])), ErrorKind::Exhausted, both).await;
    refused(target, reactivated("3", &[MEETING, WEBINAR]), ErrorKind::Exhausted, both).await;
    // Who changes the product gives one seat and takes another.
    done(target, released("1000000001", &[WEBINAR])).await;
    let changes = whole(|whole| UserChanges {
        licenses: LicenseChange::adding(keys(&[WEBINAR])).removing(whole, keys(&[MEETING])),
        ..UserChanges::default()
    });
    done(target, updated("2", changes)).await;
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (2, 1));
}

pub(in crate::target) async fn an_update_changes_what_it_says(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let before = user(target, "1").await;
    let changes = UserChanges {
        language: Some(Change::fill("de_DE".into())),
        group: Some(Change::fill(UserGroupPath::new("Sales"))),
        licenses: LicenseChange::adding(keys(&[WEBINAR])),
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

pub(in crate::target) async fn a_stale_update_is_refused(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "first_name is not as it was read";
    refused(target, updated("2", renamed("rob", "Bob")), ErrorKind::Conflict, message).await;
    let message = "products is not as it was read";
    refused(target, updated("2", adding(&[MEETING])), ErrorKind::Conflict, message).await;
    refused(target, released("2", &[WEBINAR]), ErrorKind::Conflict, message).await;
    let changes = UserChanges { last_name: Some(Change::fill("Ray".into())), ..adding(&[MEETING]) };
    let message = "last_name is not as it was read";
    refused(target, Action::Reactivate(Update { user: "3".into(), changes }), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn an_old_value_that_breaks_a_limit_may_stay(make: Make<'_>) {
    let mut account = account();
    Arc::make_mut(&mut account.users[1]).last_name = "x".repeat(99).into();
    account.licenses[1].seats = 1;
    let bench = make(account);
    done(&*bench.target, updated("2", renamed("bob", "Bob"))).await;
    let message = "no seat is free in GoToMeeting: 1 missing";
    refused(&*bench.target, reactivated("3", &[MEETING]), ErrorKind::Exhausted, message).await;
}

pub(in crate::target) async fn losing_everything_suspends(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, released("2", &[MEETING])).await;
    assert_eq!(user(target, "2").await.status, Status::Suspended);
    // An update that brings a product brings access too.
    done(target, updated("2", adding(&[MEETING]))).await;
    assert_eq!(user(target, "2").await.status, Status::Invited);
}

pub(in crate::target) async fn a_suspension_takes_everything_and_frees_the_seat(make: Make<'_>) {
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

pub(in crate::target) async fn a_stale_suspension_is_refused(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "products is not as it was read";
    refused(target, suspended("2", &[], Role::Member), ErrorKind::Conflict, message).await;
    refused(target, suspended("2", &[MEETING, WEBINAR], Role::Member), ErrorKind::Conflict, message).await;
    let message = "role is not as it was read";
    refused(target, suspended("2", &[MEETING], Role::Administrator), ErrorKind::Conflict, message).await;
}

pub(in crate::target) async fn the_login_cannot_lock_itself_out(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let message = "the user whose login is in use cannot be suspended";
    refused(target, suspended("1", &[MEETING], Role::Member), ErrorKind::Denied, message).await;
    let message = "the user whose login is in use cannot lose the last product";
    refused(target, released("1", &[MEETING]), ErrorKind::Denied, message).await;
}

pub(in crate::target) async fn access_comes_back_as_it_was(make: Make<'_>) {
    let mut account = account();
    account.login = None;
    let bench = make(account);
    let target = &*bench.target;
    for (key, status) in [("1", Status::Active), ("2", Status::Invited)] {
        done(target, suspended(key, &[MEETING], Role::Member)).await;
        assert_eq!(done(target, reactivated(key, &[MEETING])).await, Effect::Reactivated);
        assert_eq!(user(target, key).await.status, status);
    }
    // Found suspended: taken for somebody who signed in once.
    done(target, reactivated("3", &[WEBINAR])).await;
    assert_eq!(user(target, "3").await.status, Status::Active);
}

pub(in crate::target) async fn only_the_suspended_are_reactivated(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    refused(target, reactivated("1", &[WEBINAR]), ErrorKind::Conflict, "the user is active, not suspended").await;
    let message = "no product comes, so the user would stay suspended";
    refused(target, reactivated("3", &[]), ErrorKind::Input, message).await;
}

pub(in crate::target) async fn licences_are_released(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, updated("2", adding(&[WEBINAR]))).await;
    assert_eq!(done(target, released("2", &[MEETING])).await, Effect::Released);
    let bob = user(target, "2").await;
    assert_eq!((bob.status, &bob.licenses), (Status::Invited, &keys(&[WEBINAR])));
    assert_eq!((used(target, MEETING).await, used(target, WEBINAR).await), (1, 1));
}

pub(in crate::target) async fn groups_grow_from_the_top(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    assert_eq!(done(target, grouped("Sales/EMEA")).await, Effect::GroupCreated);
    refused(target, grouped("Sales"), ErrorKind::Conflict, "user group `Sales` exists").await;
    refused(target, grouped("A/B"), ErrorKind::NotFound, "the account has no user group `A`").await;
    let message = "user group `Sales//EMEA` cannot be made: a name in it is empty";
    refused(target, grouped("Sales//EMEA"), ErrorKind::Input, message).await;
    let groups: Vec<_> = target.read().await.unwrap().groups.into_iter().map(|group| group.path).collect();
    assert_eq!(groups, [UserGroupPath::new("Sales"), UserGroupPath::new("Sales/EMEA")]);
}

pub(in crate::target) async fn an_account_is_read_in_order(make: Make<'_>) {
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

pub(in crate::target) async fn actions_see_those_before_them(make: Make<'_>) {
    let bench = make(account());
    let outcomes = bench.target.execute(&story()).await.unwrap();
    let words: Vec<_> = outcomes.iter().map(Outcome::as_str).collect();
    assert_eq!(words, ["suspended", "group created", "failed", "created", "created", "failed", "updated"]);
}

/// A batch in which every action leans on those before it.
pub(in crate::target) fn story() -> Batch {
    let new = User {
        group: Some(UserGroupPath::new("Ops")),
        licenses: keys(&[MEETING]),
        ..User::new("dan@example.test", "Dan", "Lee")
    };
    [
        suspended("2", &[MEETING], Role::Member),
        grouped("Ops"),
        grouped("Ops"),
        made(new),
        created("eve@example.test", &[MEETING, WEBINAR]),
        created("fay@example.test", &[MEETING]),
        updated("1000000001", renamed("Dan", "Daniel")),
    ]
    .into_iter()
    .collect()
}

/// What [`story`] leaves in the history, without its times.
pub(in crate::target) fn told(entries: &[Activity]) -> Vec<String> {
    entries.iter().map(|e| format!("{} {} {}: {}", e.sequence, e.action.as_str(), e.subject, e.detail)).collect()
}

/// How [`story`] reads afterwards.
pub(in crate::target) const STORY: [&str; 5] = [
    "1 suspend bob@example.test: products -GoToMeeting, status invited -> suspended",
    "2 create-group Ops: ",
    "3 create dan@example.test: email none -> \"dan@example.test\", first_name none -> \"Dan\", last_name none -> \"Lee\", \
     user_group none -> \"Ops\", products +GoToMeeting, role none -> member, status none -> invited",
    "4 create eve@example.test: email none -> \"eve@example.test\", first_name none -> \"New\", last_name none -> \"User\", \
     products +GoToMeeting +GoToWebinar, role none -> member, status none -> invited",
    "5 update dan@example.test: first_name \"Dan\" -> \"Daniel\"",
];
