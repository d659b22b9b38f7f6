//! Test cases that every account store must pass: the account in memory and the account on disk.

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

/// A target under test, and a value that must live as long as the target, such as its temporary folder.
pub(in crate::target) struct Bench {
    pub(in crate::target) target: Box<dyn ProvisioningTarget>,
    pub(in crate::target) _beside: Box<dyn Send>,
}

/// Generates one test per case. The argument is a function that makes a [`Bench`] from an account.
macro_rules! every_case {
    ($make:path) => {
        crate::target::account_rules::cases::every_case! { $make:
            users::creates_an_invited_user_who_takes_a_seat,
            users::creates_a_user_without_access_as_suspended,
            users::allocates_keys_in_sequence_and_skips_used_ones,
            users::rejects_names_and_addresses_beyond_the_limits,
            users::rejects_an_address_that_another_user_has,
            users::rejects_a_new_user_in_a_full_account,
            users::rejects_unknown_users_licenses_and_groups,
            users::assigns_all_requested_seats_or_none,
            users::rejects_a_license_that_is_not_active_yet,
            users::updates_exactly_the_named_fields,
            users::rejects_a_stale_update,
            users::keeps_an_existing_value_that_exceeds_a_limit,
            users::rejects_changes_to_locked_fields,
            users::releases_licenses,
            users::creates_a_group_only_below_an_existing_parent,
            users::reads_the_account_in_sorted_order,
            users::actions_see_the_effects_of_earlier_actions,
            access::losing_the_last_license_suspends_a_user,
            access::suspension_removes_access_and_frees_the_seat,
            access::suspension_keeps_settings_and_group,
            access::rejects_a_stale_suspension,
            access::rejects_removing_access_of_the_signed_in_user,
            access::reactivation_restores_the_former_status,
            access::reactivates_only_suspended_users,
            access::reactivates_a_user_with_a_role_alone,
            access::deletes_a_suspended_user,
            access::rejects_deleting_users_who_are_not_suspended,
            roles::gives_and_removes_roles,
            roles::rejects_a_role_with_unknown_names,
            roles::rejects_a_stale_role,
            roles::rejects_changing_the_role_of_the_signed_in_user,
            roles::rejects_removing_the_last_administrator,
            roles::hides_roles_from_users_who_are_not_administrators,
            roles::rejects_role_changes_by_users_who_are_not_administrators,
            roles::shows_roles_if_the_credentials_belong_to_no_user,
            settings::creates_a_user_with_settings,
            settings::changes_and_removes_settings,
            settings::rejects_stale_settings,
            settings::rejects_settings_with_unknown_names,
            settings::rejects_invalid_settings,
            settings::removes_settings_that_no_longer_exist_in_the_account,
            settings::rejects_an_extension_that_another_user_has,
            settings::rejects_a_device_that_another_user_has,
            settings::rejects_a_phone_number_routed_elsewhere,
            settings::keeps_the_catalog,
            mail::sends_at_most_one_invitation_to_a_new_user,
            mail::rejects_an_unknown_welcome_email_template,
            mail::rejects_a_new_user_with_locks_or_an_invitation,
            mail::resends_an_invitation,
            mail::writes_templates_in_sorted_order,
            mail::rejects_a_stale_template,
            mail::rejects_an_invalid_template,
            mail::invites_the_owner_of_an_address_in_another_account,
            mail::repeats_an_expired_transfer_invitation,
            mail::rejects_a_change_to_an_address_in_another_account,
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

/// The account of the cases: three meeting seats and one webinar seat. Ann has a meeting seat, is an administrator, and is the
/// signed-in user; Bob is invited and has a meeting seat; Cid is suspended. Each list of the catalog has at most two entries.
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

/// Returns a user of the account to change before the account is loaded.
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

/// A manager role for users of the group Sales.
fn manager() -> Role {
    Role::Manager {
        privileges: vec![Privilege::ManageUsers],
        groups: vec![UserGroupPath::new("Sales")],
        products: keys(&[MEETING]),
    }
}

/// The account in which Bob has one setting of each kind.
fn taken() -> Account {
    taken_by("2")
}

/// The account in which the user with this key has one setting of each kind.
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

/// The changes that give [`settings`] to a user who has none.
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

/// Asserts that an action is refused and changes nothing.
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

/// A batch in which every action depends on earlier ones.
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

/// Formats entries of the history as lines without the time.
pub(in crate::target) fn lines(entries: &[Activity]) -> Vec<String> {
    entries.iter().map(|e| format!("{} {} {}: {}", e.sequence, e.action.as_str(), e.subject, e.detail)).collect()
}

/// The history after [`story`].
pub(in crate::target) const STORY: [&str; 5] = [
    "1 suspend bob@example.test: products -GoToMeeting, status invited -> suspended",
    "2 create-group Ops: ",
    "3 create dan@example.test: email none -> \"dan@example.test\", first_name none -> \"Dan\", last_name none -> \"Lee\", \
     user_group none -> \"Ops\", products +GoToMeeting, role none -> member, status none -> invited, invitation none -> 0 sent",
    "4 create eve@example.test: email none -> \"eve@example.test\", first_name none -> \"New\", last_name none -> \"User\", \
     products +GoToMeeting +GoToWebinar, role none -> member, status none -> invited, invitation none -> 0 sent",
    "5 update dan@example.test: first_name \"Dan\" -> \"Daniel\"",
];

/// A batch with the kinds of changes that [`story`] does not make.
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

/// The history after [`sequel`].
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
