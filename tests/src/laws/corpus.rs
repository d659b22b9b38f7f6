//! What laws are asked about: one account, and one directory in the two forms in which sources have it.

use std::sync::Arc;

use gotosync_core::Result;
use gotosync_core::model::{
    Account, Completeness, Directory, DirectoryBuilder, Dn, GroupEntry, GroupId, License, PersonEntry, PersonId,
    Reading, Role, Status, User, UserGroup, UserGroupPath, UserKey,
};

/// An account with somebody of every kind: Ann and Bob have access, Cyd is suspended, Dan administers and is whose login
/// is in use, Eve has all there is. One seat of each licence is free.
pub fn account() -> Account {
    let mut account = Account::empty("1", "Example");
    account.users = vec![
        user("1", "ann", &["g2m"], Status::Active),
        user("2", "bob", &["g2w"], Status::Invited),
        user("3", "cyd", &[], Status::Suspended),
        Arc::new(User { role: Role::Administrator, ..(*user("4", "dan", &[], Status::Active)).clone() }),
        Arc::new(User {
            language: Some("en_US".into()),
            group: Some(UserGroupPath::new("Sales")),
            ..(*user("5", "eve", &["g2m", "g2w"], Status::Inactive)).clone()
        }),
    ];
    account.login = Some(UserKey::new("4"));
    account.licenses = vec![license("g2m", "GoToMeeting", "G2M"), license("g2w", "GoToWebinar", "G2W")];
    account.groups = ["Sales", "Sales/EMEA"].map(|path| UserGroup { key: None, path: UserGroupPath::new(path) }).into();
    account
}

fn user(key: &str, name: &str, licenses: &[&str], status: Status) -> Arc<User> {
    let mut user = User::new(&format!("{name}@example.test"), name, "Lee");
    user.key = Some(UserKey::new(key));
    user.licenses = licenses.iter().map(|license| (*license).into()).collect();
    user.status = status;
    Arc::new(user)
}

fn license(key: &str, name: &str, product: &str) -> License {
    License { key: key.into(), name: name.into(), products: vec![product.into()], seats: 3, used: 2 }
}

/// A reading of a directory without anybody: together with an account that was read whole it lets actions be made.
pub fn nobody() -> Result<Reading> {
    let directory = Arc::new(DirectoryBuilder::new().build()?);
    Ok(Reading { directory, completeness: Completeness::Complete, remarks: Vec::new() })
}

/// The people of [`LDIF`], as a value.
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
        Ok::<_, gotosync_core::Error>(GroupEntry::new(GroupId::parse(&id(number)), dn))
    };
    let inner = "CN=Inner,OU=Groups,DC=example,DC=test";
    builder.group(group(101, "All")?.member(inner).member("CN=Ann Lee,OU=Sales,DC=example,DC=test"));
    builder.group(group(102, "Inner")?.member("CN=Dan Lee,OU=Legal,DC=example,DC=test"));
    builder.build()
}

fn id(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

/// Four people in three units, and a group in a group.
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
