//! The data that the laws (conformance tests) use: an account, and a directory both as a value and as LDIF.

use std::str::FromStr;
use std::sync::Arc;

use crate::Result;
use crate::model::{
    Account, Capabilities, Catalog, Completeness, Device, Directory, DirectoryBuilder, Dn, Email, Feature, GroupEntry,
    GroupId, Invitation, License, Locks, Mac, NamedNumber, PersonEntry, PersonId, PhoneNumber, Privilege, Reading,
    RingsAt, Role, SettingsTemplate, Status, TemplateName, Transfer, User, UserGroup, UserGroupPath, UserKey,
    UserSettings, WelcomeTemplate,
};

/// Returns the account of the laws, with users in every state: Ann and Bob have access, Cyd and Fay are suspended, Dan is an
/// administrator and the signed-in user, Eve has every kind of field and setting, and Fay's name and address are locked. One
/// seat of each license is free. Each list of the catalog has an unused entry, Gil's address belongs to another account, and
/// Hal was invited to move here.
pub fn account() -> Account {
    let mut account = Account::empty("1", "Example");
    let invitation = Some(Invitation { sent: 1, expired: true });
    let role = Role::Manager {
        privileges: vec![Privilege::ManageUsers, Privilege::RunReports],
        groups: vec![UserGroupPath::new("Sales")],
        products: vec!["g2m".into()],
    };
    account.users = vec![
        user("1", "ann", &["g2m"], Status::Active),
        Arc::new(User { invitation, ..(*user("2", "bob", &["g2w"], Status::Invited)).clone() }),
        user("3", "cyd", &[], Status::Suspended),
        Arc::new(User { role: Role::Administrator, ..(*user("4", "dan", &[], Status::Active)).clone() }),
        Arc::new(User {
            language: Some("en_US".into()),
            group: Some(UserGroupPath::new("Sales")),
            role,
            settings: Some(Box::new(settings())),
            ..(*user("5", "eve", &["g2m", "g2w"], Status::Inactive)).clone()
        }),
        Arc::new(User {
            locks: Locks { email: true, name: true },
            ..(*user("6", "fay", &[], Status::Suspended)).clone()
        }),
    ];
    account.catalog = catalog();
    account.transfers = vec![Transfer { email: Email::new("hal@other.test"), expired: true, sent: 1 }];
    account.login = Some(UserKey::new("4"));
    account.licenses = vec![license("g2m", "GoToMeeting", "G2M"), license("g2w", "GoToWebinar", "G2W")];
    account.groups = ["Sales", "Sales/EMEA"].map(|path| UserGroup { key: None, path: UserGroupPath::new(path) }).into();
    account
}

/// Returns the account of the laws without the data of features that the target does not declare.
pub fn limited(capabilities: &Capabilities) -> Account {
    cut(account(), capabilities)
}

/// Removes the data of features that a target does not declare from an account.
pub(super) fn cut(mut account: Account, capabilities: &Capabilities) -> Account {
    capabilities.limit(&mut account);
    if !capabilities.has(Feature::Seats) {
        account.licenses.iter_mut().for_each(|license| license.seats = UNLIMITED);
    }
    account
}

/// Removes the settings that a target does not declare.
pub(super) fn cut_settings(own: &UserSettings, capabilities: &Capabilities) -> UserSettings {
    let mut own = own.clone();
    own.retain(|feature| capabilities.has(feature));
    own
}

/// Returns one setting of every kind.
pub(super) fn settings() -> UserSettings {
    UserSettings {
        time_zone: Some("Europe/Berlin".into()),
        extension: Some("100".into()),
        templates: [("g2m".into(), SettingsTemplate::Named("Quiet".to_owned()))].into(),
        off: [("g2w".into(), ["G2W".to_owned()].into())].into(),
        custom_fields: [("Cost centre".to_owned(), "4711".to_owned())].into(),
        device_groups: ["Floor 1".to_owned()].into(),
        devices: [mac(1)].into(),
        location: Some("Head office".into()),
        phone_numbers: [(number(1), "Reception".to_owned())].into(),
        caller_id_numbers: [number(1), number(3)].into(),
        texting_numbers: [number(1)].into(),
        secondary_extensions: ["900".to_owned()].into(),
    }
}

fn catalog() -> Catalog {
    let template = |license: &str, name: &str| TemplateName { license: license.into(), name: name.to_owned() };
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let device = |at: u8, name: &str| Device { mac: mac(at), name: name.to_owned() };
    let phone = |at, name: &str| NamedNumber { number: number(at), name: name.to_owned(), rings_at: None };
    Catalog {
        templates: vec![template("g2m", "Loud"), template("g2m", "Quiet"), template("g2w", "Loud")],
        welcome_emails: vec![mail("Sales", "Hello {first_name}")],
        role_sets: names(["Auditor", "Helpdesk"]),
        device_groups: names(["Floor 1", "Floor 2"]),
        custom_fields: names(["Badge", "Cost centre"]),
        devices: vec![device(1, "Reception"), device(2, "Lobby")],
        phone_numbers: vec![
            phone(2, "Spare"),
            NamedNumber { rings_at: Some(RingsAt::Elsewhere), ..phone(3, "Hotline") },
        ],
        extensions: names(["900", "901"]),
        locations: names(["Branch", "Head office"]),
        elsewhere: vec![Email::new("gil@other.test")],
    }
}

/// Returns a welcome e-mail template.
pub(super) fn mail(name: &str, subject: &str) -> WelcomeTemplate {
    WelcomeTemplate { name: name.to_owned(), subject: subject.to_owned(), text: "Welcome to {account}.".to_owned() }
}

/// Returns the MAC address of a device of the account, by the device's number.
pub(super) fn mac(at: u8) -> Mac {
    Mac::from_str(&format!("00:0b:82:00:00:{at:02x}")).unwrap_or_else(|_| unreachable!("twelve digits"))
}

/// Returns a phone number of the account, by its last two digits: Eve has number 1, and number 3 is routed to a destination
/// that is not a user.
pub(super) fn number(at: u8) -> PhoneNumber {
    PhoneNumber::from_str(&format!("+155555501{at:02}")).unwrap_or_else(|_| unreachable!("eleven digits"))
}

fn user(key: &str, name: &str, licenses: &[&str], status: Status) -> Arc<User> {
    let mut user = User::new(&format!("{name}@example.test"), name, "Lee");
    user.key = Some(UserKey::new(key));
    user.licenses = licenses.iter().map(|license| (*license).into()).collect();
    user.status = status;
    Arc::new(user)
}

fn license(key: &str, name: &str, product: &str) -> License {
    License { used: 2, ..License::new(key, name, &[product], 3) }
}

/// Returns a complete reading of an empty directory. Together with a complete account it gives the evidence that actions
/// such as suspensions require.
pub fn nobody() -> Result<Reading> {
    let directory = Arc::new(DirectoryBuilder::new().build()?);
    Ok(Reading { directory, completeness: Completeness::Complete, remarks: Vec::new(), effort: None, kept: None })
}

/// Returns the directory of [`LDIF`] as a value.
pub fn directory() -> Result<Directory> {
    let mut builder = DirectoryBuilder::new();
    let names = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
    for (number, (first, unit)) in
        [("Ann", "OU=Sales"), ("Bob", "OU=Sales"), ("Cyd", "OU=Emea,OU=Sales"), ("Dan", "OU=Legal")].iter().enumerate()
    {
        let dn = Dn::parse(&format!("CN={first} Lee,{unit},DC=example,DC=test"))?;
        let mail = format!("{}@example.test", first.to_lowercase());
        let values = [mail.as_str(), first, "Lee"];
        let person = PersonEntry::new(PersonId::parse(&id(number + 1)), dn);
        builder.person(names.iter().zip(values).fold(person, |person, (name, value)| person.with(*name, value)));
    }
    let group = |number: usize, name: &str| {
        let dn = Dn::parse(&format!("CN={name},OU=Groups,DC=example,DC=test"))?;
        Ok::<_, crate::Error>(GroupEntry::new(GroupId::parse(&id(number)), dn))
    };
    let inner = "CN=Inner,OU=Groups,DC=example,DC=test";
    builder.group(group(101, "All")?.member(inner).member("CN=Ann Lee,OU=Sales,DC=example,DC=test"));
    builder.group(group(102, "Inner")?.member("CN=Dan Lee,OU=Legal,DC=example,DC=test"));
    builder.build()
}

fn id(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

/// The number of seats of a license if the target does not count seats.
pub const UNLIMITED: u32 = 1_000_000;

/// Four people in three OUs, and a nested group.
pub const LDIF: &str = "\
dn: CN=Ann Lee,OU=Sales,DC=example,DC=test
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
givenName: Ann
sn: Lee
mail: ann@example.test

dn: CN=Bob Lee,OU=Sales,DC=example,DC=test
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAg==
givenName: Bob
sn: Lee
mail: bob@example.test

dn: CN=Cyd Lee,OU=Emea,OU=Sales,DC=example,DC=test
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAw==
givenName: Cyd
sn: Lee
mail: cyd@example.test

dn: CN=Dan Lee,OU=Legal,DC=example,DC=test
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAABA==
givenName: Dan
sn: Lee
mail: dan@example.test

dn: CN=All,OU=Groups,DC=example,DC=test
objectClass: group
objectGUID:: AAAAAAAAAAAAAAAAAAAAZQ==
sAMAccountName: All
member: CN=Inner,OU=Groups,DC=example,DC=test
member: CN=Ann Lee,OU=Sales,DC=example,DC=test

dn: CN=Inner,OU=Groups,DC=example,DC=test
objectClass: group
objectGUID:: AAAAAAAAAAAAAAAAAAAAZg==
sAMAccountName: Inner
member: CN=Dan Lee,OU=Legal,DC=example,DC=test
";
