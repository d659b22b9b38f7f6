//! Loading an existing account into an account store.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Record;
use super::users::normal;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Account, Catalog, Email, Mac, PhoneNumber, Role, Status, TemplateName, User, UserKey, UserSettings,
};

/// The key of the first user that an account creates.
pub(in crate::target) const FIRST_USER: u64 = 1_000_000_001;

/// Returns the users of an account as records, in the order of the account.
///
/// Users without a key get one from `next`. Licenses and roles are sorted. The status is derived in the same way as after a
/// write. `signed_in` returns `Some` with the sign-in state of a user who was already in the store. Limits are not checked,
/// because an existing account may exceed a limit that was introduced or lowered later. Invitations and locks are kept as
/// given.
///
/// # Errors
/// Returns [`ErrorKind::Input`] if something is present twice that must be unique: a key, an address, a license, a group, an
/// entry of the catalog, a transfer, or an extension, device, or phone number assigned to two users.
pub(in crate::target) fn opening(
    account: &Account,
    next: &mut u64,
    signed_in: impl Fn(&UserKey) -> Option<bool>,
) -> Result<Vec<Record>> {
    unique("license", account.licenses.iter().map(|license| license.key.as_str()))?;
    unique("user group", account.groups.iter().map(|group| group.path.as_str()))?;
    unique("user key", account.users.iter().filter_map(|user| user.key.as_ref()).map(UserKey::as_str))?;
    unique("e-mail address", account.users.iter().map(|user| user.email.key()))?;
    unique("transfer", account.transfers.iter().map(|transfer| transfer.email.key()))?;
    let settings = || account.users.iter().filter_map(|user| user.settings.as_deref());
    unique("assigned device", settings().flat_map(|settings| &settings.devices).map(Mac::to_string))?;
    let own = settings().flat_map(|settings| settings.phone_numbers.keys());
    let listed = account.catalog.phone_numbers.iter().map(|listed| &listed.number);
    unique("phone number", listed.chain(own).map(PhoneNumber::as_str))?;
    let own = settings().filter_map(|settings| settings.extension.as_deref());
    unique("extension", account.catalog.extensions.iter().map(String::as_str).chain(own))?;
    unique_in(&account.catalog)?;
    let taken: HashSet<_> = account.users.iter().filter_map(|user| user.key.as_ref()).map(UserKey::as_str).collect();
    let mut fresh = || {
        loop {
            let key = next.to_string();
            *next += 1;
            if !taken.contains(key.as_str()) {
                return UserKey::new(key);
            }
        }
    };
    Ok(account.users.iter().map(|user| normalized(user, &mut fresh, &signed_in)).collect())
}

/// Converts a user into the normal form of account stores. A user who already has this form is shared, not copied.
fn normalized(
    user: &Arc<User>,
    fresh: impl FnOnce() -> UserKey,
    signed_in: impl Fn(&UserKey) -> Option<bool>,
) -> Record {
    let mut user = Arc::clone(user);
    let key = user.key.clone().unwrap_or_else(fresh);
    let before = signed_in(&key);
    // The account does not record whether a suspended user ever signed in; most have.
    let signed_in = match user.status {
        Status::Active | Status::Inactive => true,
        Status::Suspended => before.unwrap_or(true),
        Status::Invited => before.unwrap_or(false),
    };
    let mut status = user.status;
    if user.is_bare() || status == Status::Suspended {
        let mut derived = User::clone(&user);
        derived.derive_status(signed_in);
        status = derived.status;
    }
    if user.key.is_none() || user.status != status || !is_normal(&user) {
        user = Arc::new(User { key: Some(key.clone()), status, ..normal(&user) });
    }
    Record { key, user, signed_in }
}

fn is_normal(user: &User) -> bool {
    let settings = user.settings.as_deref();
    user.licenses.is_sorted_by(|a, b| a < b)
        && matches!(user.role, Role::Member | Role::Administrator)
        && settings.is_none_or(|own| own != UserSettings::NONE && !own.off.values().any(BTreeSet::is_empty))
}

fn unique_in(catalog: &Catalog) -> Result<()> {
    let template = |template: &TemplateName| format!("{} (license {})", template.name, template.license);
    unique("settings template", catalog.templates.iter().map(template))?;
    unique("welcome e-mail template", catalog.welcome_emails.iter().map(|template| &template.name))?;
    unique("role set", catalog.role_sets.iter())?;
    unique("device group", catalog.device_groups.iter())?;
    unique("custom field", catalog.custom_fields.iter())?;
    unique("device", catalog.devices.iter().map(|device| device.mac.to_string()))?;
    unique("location", catalog.locations.iter())?;
    unique("address of another account", catalog.elsewhere.iter().map(Email::key))
}

fn unique<T: AsRef<str> + Eq + std::hash::Hash>(what: &str, keys: impl Iterator<Item = T>) -> Result<()> {
    let mut seen = HashSet::new();
    for key in keys {
        if let Some(twice) = seen.replace(key) {
            return Err(Error::new(
                ErrorKind::Input,
                format!("the account contains the {what} `{}` more than once", twice.as_ref()),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Privilege;

    fn account(users: Vec<User>) -> Account {
        Account { users: users.into_iter().map(Arc::new).collect(), ..Account::empty("1", "Test") }
    }

    #[test]
    fn gives_users_unused_keys() {
        let mut next = FIRST_USER;
        let first = User { key: Some(UserKey::new("1000000001")), ..User::new("a@example.test", "A", "A") };
        let records =
            opening(&account(vec![User::new("b@example.test", "B", "B"), first]), &mut next, |_| None).unwrap();
        assert_eq!(records[0].user.key, Some(UserKey::new("1000000002")));
        assert_eq!(next, 1_000_000_003);
    }

    #[test]
    fn shares_a_user_who_needs_no_change() {
        let ann = User { key: Some("7".into()), licenses: vec!["g2m".into()], ..User::new("a@example.test", "A", "A") };
        let account = account(vec![ann]);
        let records = opening(&account, &mut 1, |_| None).unwrap();
        assert!(Arc::ptr_eq(&records[0].user, &account.users[0]));
        assert!(!records[0].signed_in);
    }

    #[test]
    fn rejects_a_duplicate_address() {
        let users = vec![User::new("a@example.test", "A", "A"), User::new("A@Example.test", "B", "B")];
        let error = opening(&account(users), &mut 1, |_| None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.to_string(), "the account contains the e-mail address `a@example.test` more than once");
    }

    #[test]
    fn rejects_an_exclusive_value_of_two_users() {
        let with = |email: &str, change: fn(&mut UserSettings)| {
            let mut user = User::new(email, "A", "A");
            user.set_settings(change);
            user
        };
        let mac = "00:0b:82:00:00:01";
        for (change, message) in [
            ((|own| own.extension = Some("12".into())) as fn(&mut UserSettings), "extension `12`"),
            (|own| own.devices = ["00:0b:82:00:00:01".parse().unwrap()].into(), &format!("assigned device `{mac}`")),
        ] {
            let users = vec![with("a@example.test", change), with("b@example.test", change)];
            let error = opening(&account(users), &mut 1, |_| None).unwrap_err();
            assert_eq!(error.to_string(), format!("the account contains the {message} more than once"));
        }
    }

    #[test]
    fn rejects_duplicates_in_the_catalog() {
        let catalog = r#"{
            "templates": [{ "license": "g2m", "name": "Quiet" }, { "license": "g2w", "name": "Quiet" }],
            "welcome_emails": [{ "name": "Sales", "subject": "Hi", "text": "" }],
            "role_sets": ["Helpdesk"], "device_groups": ["Floor 1"], "custom_fields": ["Badge"],
            "devices": [{ "mac": "00:0b:82:00:00:01", "name": "Lobby" }], "elsewhere": ["gil@other.test"]
        }"#;
        let catalog: Catalog = serde_json::from_str(catalog).unwrap();
        let open = |catalog: Catalog| opening(&Account { catalog, ..account(Vec::new()) }, &mut 1, |_| None);
        open(catalog.clone()).unwrap();
        let twice: [fn(&mut Catalog); 7] = [
            |own| own.templates.push(own.templates[0].clone()),
            |own| own.welcome_emails.push(own.welcome_emails[0].clone()),
            |own| own.role_sets.push("Helpdesk".into()),
            |own| own.device_groups.push("Floor 1".into()),
            |own| own.custom_fields.push("Badge".into()),
            |own| own.devices.push(own.devices[0].clone()),
            |own| own.elsewhere.push(Email::new("GIL@other.test")),
        ];
        for change in twice {
            let mut wrong = catalog.clone();
            change(&mut wrong);
            assert_eq!(open(wrong).unwrap_err().kind(), ErrorKind::Input);
        }
    }

    #[test]
    fn normalizes_users() {
        let role = Role::Manager {
            privileges: vec![Privilege::RunReports, Privilege::ManageUsers],
            groups: Vec::new(),
            products: Vec::new(),
        };
        let mut ann = User { role: role.clone(), ..User::new("a@example.test", "A", "A") };
        ann.settings = Some(Box::default());
        let records = opening(&account(vec![ann]), &mut 1, |_| None).unwrap();
        assert_eq!((&records[0].user.role, &records[0].user.settings), (&role.normal(), &None));
    }
}
