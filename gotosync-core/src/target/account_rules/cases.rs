//! What every store must do: the same cases for the account in memory and the account on disk.

use std::sync::Arc;

use super::Activity;
use crate::error::ErrorKind;
use crate::model::{
    Account, Action, Batch, Catalog, Change, Creation, Deletion, Device, DirectoryBuilder, Effect, Email, License,
    LicenseKey, Mac, NamedNumber, Outcome, PhoneNumber, Privilege, Reading, Release, Role, SetChange, SettingsChanges,
    SettingsTemplate, Status, Suspension, TemplateName, Update, User, UserChanges, UserGroup, UserGroupPath,
    UserSettings, WelcomeEmail, WelcomeTemplate, Whole,
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
        crate::target::account_rules::cases::every_case! { $make:
            users::a_user_is_created_invited_and_takes_a_seat,
            users::a_user_without_products_is_created_suspended,
            users::keys_are_counted_and_skip_those_that_are_taken,
            users::what_does_not_fit_is_refused,
            users::an_address_belongs_to_one_user,
            users::the_account_takes_no_more_users_than_it_may,
            users::what_an_action_names_must_exist,
            users::seats_are_given_all_or_none,
            users::a_license_that_is_not_active_yet_cannot_be_given,
            users::an_update_changes_what_it_says,
            users::a_stale_update_is_refused,
            users::an_old_value_that_breaks_a_limit_may_stay,
            users::what_is_locked_stays,
            users::licenses_are_released,
            users::groups_grow_from_the_top,
            users::an_account_is_read_in_order,
            users::actions_see_those_before_them,
            access::losing_everything_suspends,
            access::a_suspension_takes_everything_and_frees_the_seat,
            access::a_suspension_keeps_what_is_no_access,
            access::a_stale_suspension_is_refused,
            access::the_login_cannot_lock_itself_out,
            access::access_comes_back_as_it_was,
            access::only_the_suspended_are_reactivated,
            access::access_comes_back_with_a_role_alone,
            access::the_suspended_are_deleted,
            access::nobody_else_is_deleted,
            roles::roles_are_given_and_taken,
            roles::a_role_that_names_what_is_not_there_is_refused,
            roles::a_stale_role_is_refused,
            roles::nobody_changes_the_role_of_the_login,
            roles::the_last_administrator_stays,
            roles::whoever_is_no_administrator_sees_no_roles,
            roles::whoever_is_no_administrator_gives_no_roles,
            roles::a_login_that_is_nobodys_sees_everything,
            settings::settings_come_with_a_new_user,
            settings::settings_change_and_go,
            settings::stale_settings_are_refused,
            settings::settings_that_name_what_is_not_there_are_refused,
            settings::settings_that_do_not_fit_are_refused,
            settings::what_goes_need_not_be_there_any_more,
            settings::an_extension_belongs_to_one_user,
            settings::a_device_belongs_to_one_user,
            settings::a_phone_number_rings_at_one_place,
            settings::the_catalog_is_kept,
            mail::a_new_user_is_invited_once_or_not_at_all,
            mail::a_welcome_mail_must_exist,
            mail::nobody_is_created_with_what_the_account_keeps,
            mail::an_invitation_is_sent_again,
            mail::templates_are_written_in_order,
            mail::a_stale_template_is_refused,
            mail::a_template_must_make_sense,
            mail::an_address_elsewhere_is_asked_over,
            mail::a_transfer_that_expired_is_asked_again,
            mail::an_address_elsewhere_is_nobodys_new_address,
        }
    };
    ($make:path: $($module:ident::$case:ident,)+) => {$(
        #[tokio::test]
        async fn $case() {
            crate::target::account_rules::cases::$module::$case(&|account| $make(&account)).await;
        }
    )+};
}
pub(in crate::target) use every_case;

pub(in crate::target) mod access;
pub(in crate::target) mod mail;
pub(in crate::target) mod roles;
pub(in crate::target) mod settings;
pub(in crate::target) mod users;

type Make<'m> = &'m (dyn Fn(Account) -> Bench + Sync);

const MEETING: &str = "g2m";
const WEBINAR: &str = "g2w";

/// Two meeting seats and one webinar seat; Ann has a meeting seat, administers and is the login, Bob is invited with a
/// meeting seat, Cid is suspended. The catalog has two things of a kind at most.
pub(in crate::target) fn account() -> Account {
    let license =
        |key: &str, name: &str, seats| License { used: 77, ..License::new(key, name, &[&key.to_uppercase()], seats) };
    let user = |key: &str, name: &str, status, licenses: &[&str]| {
        Arc::new(User {
            key: Some(key.into()),
            status,
            licenses: keys(licenses),
            ..User::new(&format!("{name}@example.test"), name, "Lee")
        })
    };
    let ann = User { role: Role::Administrator, ..User::clone(&user("1", "ann", Status::Active, &[MEETING])) };
    Account {
        login: Some("1".into()),
        users: vec![
            user("3", "cid", Status::Suspended, &[]),
            user("2", "bob", Status::Invited, &[MEETING]),
            Arc::new(ann),
        ],
        catalog: catalog(),
        licenses: vec![license(WEBINAR, "GoToWebinar", 1), license(MEETING, "GoToMeeting", 3)],
        groups: vec![UserGroup { key: None, path: UserGroupPath::new("Sales") }],
        ..Account::empty("4711", "Example")
    }
}

fn catalog() -> Catalog {
    let template = |license: &str, name: &str| TemplateName { license: license.into(), name: name.to_owned() };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let device = |at: u8, name: &str| Device { mac: mac(at), name: name.to_owned() };
    let phone = |end: &str, name: &str| NamedNumber { number: number(end), name: name.to_owned(), rings_at: None };
    Catalog {
        templates: vec![template(WEBINAR, "Loud"), template(MEETING, "Quiet")],
        welcome_emails: vec![mail_template("Sales", "Hello {first_name}")],
        role_sets: names(&["Helpdesk"]),
        device_groups: names(&["Floor 2", "Floor 1"]),
        custom_fields: names(&["Cost centre", "Badge"]),
        devices: vec![device(2, "Lobby"), device(1, "Reception")],
        phone_numbers: vec![phone("0101", "Hotline"), phone("0100", "Spare")],
        extensions: names(&["901", "900"]),
        locations: names(&["Head office", "Branch"]),
        elsewhere: vec![Email::new("gil@other.test"), Email::new("Fox@other.test")],
    }
}

/// A user of the account, to be changed before it is taken over.
fn person<'a>(account: &'a mut Account, key: &str) -> &'a mut User {
    let user = account.users.iter_mut().find(|user| user.key == Some(key.into()));
    Arc::make_mut(user.unwrap_or_else(|| panic!("no user {key}")))
}

fn number(end: &str) -> PhoneNumber {
    format!("+1555555{end}").parse().unwrap()
}

fn mac(at: u8) -> Mac {
    format!("00:0b:82:00:00:{at:02x}").parse().unwrap()
}

fn mail_template(name: &str, subject: &str) -> WelcomeTemplate {
    WelcomeTemplate { name: name.to_owned(), subject: subject.to_owned(), text: "Welcome.".to_owned() }
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
    Action::Create(Creation::new(user, WelcomeEmail::None))
}

pub(in crate::target) fn welcomed(user: User, welcome: WelcomeEmail) -> Action {
    Action::Create(Creation::new(user, welcome))
}

fn deleted(user: &str, email: &str) -> Action {
    Action::Delete(whole(|whole| Deletion::new(whole, user.into(), Email::new(email))))
}

fn invited(user: &str, sent: u32) -> Action {
    Action::Invite { user: user.into(), sent }
}

fn written(before: Option<WelcomeTemplate>, after: WelcomeTemplate) -> Action {
    Action::WriteTemplate { template: change(before, Some(after)) }
}

fn updated(user: &str, changes: UserChanges) -> Action {
    Action::Update(Update { user: user.into(), changes })
}

fn reactivated(user: &str, licenses: &[&str]) -> Action {
    let changes = UserChanges { licenses: SetChange::adding(keys(licenses)), ..UserChanges::default() };
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
    UserChanges { licenses: SetChange::adding(keys(licenses)), ..UserChanges::default() }
}

fn renamed(before: &str, after: &str) -> UserChanges {
    let change = whole(|whole| Change::replace(whole, before.into(), Some(after.into())));
    UserChanges { first_name: Some(change), ..UserChanges::default() }
}

fn change<T>(before: Option<T>, after: Option<T>) -> Change<T> {
    match (before, after) {
        (None, Some(after)) => Change::fill(after),
        (Some(before), after) => whole(|whole| Change::replace(whole, before, after)),
        (None, None) => panic!("nothing changes"),
    }
}

fn ruled(before: Option<Role>, after: Option<Role>) -> UserChanges {
    UserChanges { role: Some(Box::new(change(before, after))), ..UserChanges::default() }
}

fn set(changes: SettingsChanges) -> UserChanges {
    UserChanges { settings: Some(Box::new(changes)), ..UserChanges::default() }
}

/// A manager of users of the group Sales.
fn manager() -> Role {
    Role::Manager {
        privileges: vec![Privilege::ManageUsers],
        groups: vec![UserGroupPath::new("Sales")],
        products: keys(&[MEETING]),
    }
}

/// The account, and Bob has one setting of each kind.
fn taken() -> Account {
    taken_by("2")
}

/// The account, and somebody has one setting of each kind.
fn taken_by(key: &str) -> Account {
    let mut account = account();
    let own = settings();
    account.catalog.phone_numbers.retain(|listed| !own.phone_numbers.contains_key(&listed.number));
    person(&mut account, key).set_settings(|settings| *settings = own);
    account
}

/// One setting of each kind.
fn settings() -> UserSettings {
    UserSettings {
        time_zone: Some("Europe/Berlin".into()),
        extension: Some("123".into()),
        templates: [
            (MEETING.into(), SettingsTemplate::Named("Quiet".into())),
            (WEBINAR.into(), SettingsTemplate::System),
        ]
        .into(),
        off: [(MEETING.into(), ["G2M".to_owned()].into())].into(),
        custom_fields: [("Cost centre".to_owned(), "4711".to_owned())].into(),
        device_groups: ["Floor 1".to_owned()].into(),
        devices: [mac(1)].into(),
        location: Some("Branch".into()),
        phone_numbers: [(number("0100"), "Bob".to_owned())].into(),
        caller_id_numbers: [number("0101")].into(),
        texting_numbers: [number("0100")].into(),
        secondary_extensions: ["900".to_owned()].into(),
    }
}

/// The changes that bring [`settings`] to somebody who has none.
fn all_settings() -> SettingsChanges {
    whole(|whole| SettingsChanges::between(whole, &UserSettings::default(), &settings()))
}

fn goes<T>(items: impl IntoIterator<Item = T>) -> SetChange<T> {
    whole(|whole| SetChange::default().removing(whole, items.into_iter().collect()))
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
     user_group none -> \"Ops\", products +GoToMeeting, role none -> member, status none -> invited, invitation none -> 0 sent",
    "4 create eve@example.test: email none -> \"eve@example.test\", first_name none -> \"New\", last_name none -> \"User\", \
     products +GoToMeeting +GoToWebinar, role none -> member, status none -> invited, invitation none -> 0 sent",
    "5 update dan@example.test: first_name \"Dan\" -> \"Daniel\"",
];

/// A batch that does whatever [`story`] does not.
pub(in crate::target) fn sequel() -> Batch {
    let new = |email: &str| User { licenses: keys(&[MEETING]), ..User::new(email, "New", "User") };
    let dan = User { role: manager(), licenses: Vec::new(), ..new("dan@example.test") };
    [
        written(Some(mail_template("Sales", "Hello {first_name}")), mail_template("Sales", "Hello")),
        written(None, mail_template("Ops", "Hi")),
        updated(
            "2",
            UserChanges { settings: Some(Box::new(all_settings())), ..ruled(None, Some(Role::Set("Helpdesk".into()))) },
        ),
        welcomed(dan, WelcomeEmail::Template("Ops".into())),
        welcomed(new("eve@example.test"), WelcomeEmail::Default),
        invited("1000000001", 1),
        welcomed(User::new("GIL@other.test", "Gil", "Fox"), WelcomeEmail::None),
        suspended("2", &[MEETING], Role::Set("Helpdesk".into())),
        deleted("2", "bob@example.test"),
    ]
    .into_iter()
    .collect()
}

/// How [`sequel`] reads afterwards.
pub(in crate::target) const SEQUEL: [&str; 9] = [
    "1 write-template Sales: subject \"Hello {first_name}\" -> \"Hello\"",
    "2 write-template Ops: subject none -> \"Hi\", text none -> 8 characters",
    "3 update bob@example.test: time_zone none -> \"Europe/Berlin\", extension none -> \"123\", \
     templates GoToMeeting none -> \"Quiet\", templates GoToWebinar none -> \"system\", \
     products off in GoToMeeting +G2M, custom_fields \"Cost centre\" none -> \"4711\", \
     device_groups +\"Floor 1\", devices +00:0b:82:00:00:01, location none -> \"Branch\", \
     phone_numbers +15555550100 none -> \"Bob\", caller_id_numbers ++15555550101, texting_numbers ++15555550100, \
     secondary_extensions +900, \
     role member -> role set Helpdesk",
    "4 create dan@example.test: email none -> \"dan@example.test\", first_name none -> \"New\", \
     last_name none -> \"User\", role none -> manager: manage-users; for GoToMeeting; in Sales, \
     status none -> invited, invitation none -> 1 sent, mail Ops",
    "5 create eve@example.test: email none -> \"eve@example.test\", first_name none -> \"New\", \
     last_name none -> \"User\", products +GoToMeeting, role none -> member, status none -> invited, \
     invitation none -> 1 sent, mail default",
    "6 invite dan@example.test: invitation 1 sent -> 2 sent",
    "7 create GIL@other.test: transfer none -> 1 sent",
    "8 suspend bob@example.test: products -GoToMeeting, role role set Helpdesk -> member, status invited -> suspended",
    "9 delete bob@example.test: email \"bob@example.test\" -> none, first_name \"bob\" -> none, \
     last_name \"Lee\" -> none, time_zone \"Europe/Berlin\" -> none, extension \"123\" -> none, \
     templates GoToMeeting \"Quiet\" -> none, templates GoToWebinar \"system\" -> none, \
     products off in GoToMeeting -G2M, custom_fields \"Cost centre\" \"4711\" -> none, \
     device_groups -\"Floor 1\", devices -00:0b:82:00:00:01, location \"Branch\" -> none, \
     phone_numbers +15555550100 \"Bob\" -> none, caller_id_numbers -+15555550101, texting_numbers -+15555550100, \
     secondary_extensions -900, \
     role member -> none, status suspended -> none",
];
