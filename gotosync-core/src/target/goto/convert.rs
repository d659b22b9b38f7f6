//! Conversion of API data to users and licenses.

use std::collections::BTreeMap;

use super::assumed::{product_name, status};
use super::names::{Names, path_of};
use super::wire::{Key, WireLicense, WireUser};
use crate::model::{
    Email, Invitation, License, LicenseKey, Locks, Privilege, Role, Status, User, UserKey, UserSettings,
};
use crate::target::RoleAccess;

/// The extent to which telephones are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telephones {
    /// Telephones are read.
    Read,
    /// Telephones are not read and nothing is known about them.
    Left,
}

/// Converts a user, as far as the signed-in user can see it.
///
/// Sets the extension only if `telephones` says so. Other telephone settings are added later.
pub(super) fn user(wire: &WireUser, names: &Names, roles: RoleAccess, telephones: Telephones) -> User {
    let mut licenses: Vec<LicenseKey> = wire.license_keys.iter().map(|key| LicenseKey::new(key.as_str())).collect();
    licenses.sort();
    licenses.dedup();
    let role = if roles == RoleAccess::Full { role(wire, names) } else { Role::Member };
    let bare = licenses.is_empty() && wire.admin_roles.is_empty() && wire.role_sets.is_empty();
    let status = status(&wire.status, bare);
    let group = wire.group_key.as_ref().map(|key| match names.group_paths.get(key) {
        Some(path) => path.clone(),
        // The group was created after the groups were listed.
        None => path_of(&wire.group_name_path),
    });
    let read_only = wire.identity_read_only.unwrap_or_default();
    let custom_fields = wire.attributes.iter().filter_map(|field| {
        let name = names.fields.get(&field.key).cloned().unwrap_or_else(|| field.key.0.clone());
        Some((name, field.value.clone().filter(|value| !value.is_empty())?))
    });
    let settings = UserSettings {
        time_zone: filled(wire.time_zone.as_deref()),
        custom_fields: custom_fields.collect(),
        extension: match telephones {
            Telephones::Read => {
                let connect = wire.settings.as_ref().and_then(|settings| settings.connect.as_ref());
                filled(connect.and_then(|own| own.primary_extension_number.as_ref()).map(Key::as_str))
            }
            Telephones::Left => None,
        },
        ..UserSettings::default()
    };
    let mut user = User {
        person: None,
        key: Some(UserKey::new(wire.key.as_str())),
        email: Email::new(&wire.email),
        first_name: wire.first_name.as_str().into(),
        last_name: wire.last_name.as_str().into(),
        language: filled(wire.locale.as_deref()),
        status,
        licenses,
        group,
        role,
        locks: Locks {
            email: read_only || wire.email_locked.unwrap_or_default(),
            name: read_only || wire.name_locked.unwrap_or_default(),
        },
        invitation: invitation(wire, status),
        settings: None,
    };
    user.set_settings(|own| *own = settings);
    user
}

fn filled(text: Option<&str>) -> Option<Box<str>> {
    text.filter(|text| !text.is_empty()).map(Into::into)
}

/// Returns the pending invitation. Invitations no longer count once the user has signed in.
fn invitation(wire: &WireUser, status: Status) -> Option<Invitation> {
    let sent = wire.invite_count?;
    let waits = matches!(status, Status::Invited | Status::Suspended);
    waits.then(|| Invitation { sent, expired: wire.invitation_expired.unwrap_or_default() })
}

/// Returns the role of a user. Unknown words become a role of their own, which no rule grants or revokes.
fn role(wire: &WireUser, names: &Names) -> Role {
    if wire.admin_roles.iter().any(|word| word == SUPER_USER) {
        return Role::Administrator;
    }
    if wire.admin_roles.is_empty() {
        let Some(set) = wire.role_sets.first() else { return Role::Member };
        return Role::Set(names.role_sets.get(set).cloned().unwrap_or_else(|| set.0.clone()));
    }
    let known: Option<Vec<Privilege>> = wire.admin_roles.iter().map(|word| privilege(word)).collect();
    let Some(privileges) = known else {
        let mut words = wire.admin_roles.clone();
        words.sort();
        return Role::Set(words.join(" + "));
    };
    let groups = wire.managed_group_keys.iter().filter_map(|key| names.group_paths.get(key).cloned()).collect();
    let products = wire.managed_license_keys.iter().map(|key| LicenseKey::new(key.as_str())).collect();
    Role::Manager { privileges, groups, products }.normal()
}

/// Converts a license.
pub(super) fn license(wire: &WireLicense, name: String, used: usize) -> License {
    License {
        key: LicenseKey::new(wire.key.as_str()),
        name,
        products: wire.products.clone(),
        seats: wire.seats.map_or(0, |seats| u32::try_from(seats).unwrap_or(u32::MAX)),
        used: wire.user_count.map_or(used as u32, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        pending: wire.enabled == Some(false),
    }
}

/// Returns the names of licenses by key: the description, or else the products. Licenses with the same name get their
/// key appended.
pub(super) fn license_names(rows: &[WireLicense]) -> BTreeMap<LicenseKey, String> {
    let plain = |row: &WireLicense| match row.description.trim() {
        "" => {
            // A webinar license also lists the meetings product that it includes.
            let names: Vec<&str> = row.products.iter().map(|code| product_name(code)).collect();
            if names.is_empty() { row.key.0.clone() } else { names.join(" + ") }
        }
        text => text.to_owned(),
    };
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        *times.entry(plain(row)).or_default() += 1;
    }
    let name = |row: &WireLicense| {
        let name = plain(row);
        if times.get(&name).is_some_and(|times| *times > 1) { format!("{name} ({})", row.key.as_str()) } else { name }
    };
    rows.iter().map(|row| (LicenseKey::new(row.key.as_str()), name(row))).collect()
}

/// Returns the API word for a privilege (goto-api, 2.10).
pub(super) fn word(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::ManageUsers => "MANAGE_USERS",
        Privilege::ManageSeats => "MANAGE_SEATS",
        Privilege::ManageSettings => "MANAGE_SETTINGS",
        Privilege::ManageGroups => "MANAGE_GROUPS",
        Privilege::RunReports => "RUN_REPORTS",
    }
}

fn privilege(text: &str) -> Option<Privilege> {
    Privilege::ALL.into_iter().find(|privilege| word(*privilege) == text)
}

/// The API word for a full administrator.
pub(super) const SUPER_USER: &str = "SUPER_USER";

#[cfg(test)]
mod tests {
    use super::*;

    /// A user as recorded from the live service (goto-api, 2.4).
    const RECORDED: &str = r#"{"key":"5348866090447493637","email":"jlh@yahoo.test","firstName":"John Lee",
        "lastName":"Hooker","locale":"en_US","timeZone":"America/Los_Angeles","licenseKeys":["1355534416108530190"],
        "products":["G2MFREE"],"groupKey":"2493304650723090190","groupName":"Defenders","groupKeyPath":["2493304650723090190"],
        "groupNamePath":["Defenders"],"settings":{"G2M":{"recordingEnabled":true}},"passwordCreated":false,
        "invitedDate":1588085082030,"nameLocked":false,"emailLocked":true,"identityReadOnly":false,
        "canAuthenticate":false,"status":"INVITED","inviteCount":1}"#;

    fn read(text: &str) -> User {
        user(&serde_json::from_str(text).unwrap(), &Names::default(), RoleAccess::Full, Telephones::Read)
    }

    #[test]
    fn reads_a_recorded_user() {
        let john = read(RECORDED);
        assert_eq!(john.key, Some("5348866090447493637".into()));
        assert_eq!((john.group.as_ref().unwrap().as_str(), &*john.last_name), ("Defenders", "Hooker"));
        assert_eq!((john.status, john.locks), (Status::Invited, Locks { email: true, name: false }));
        assert_eq!(john.invitation, Some(Invitation { sent: 1, expired: false }));
        assert_eq!(john.settings().time_zone.as_deref(), Some("America/Los_Angeles"));
    }

    #[test]
    fn drops_the_invitation_after_sign_in_and_treats_an_unknown_status_as_active() {
        assert_eq!(read(r#"{"key":1,"status":"ACTIVE","inviteCount":2,"licenseKeys":[5]}"#).invitation, None);
        assert_eq!(read(r#"{"key":1,"status":"DORMANT","licenseKeys":[5]}"#).status, Status::Active);
        assert_eq!(read(r#"{"key":1}"#).status, Status::Suspended);
    }

    #[test]
    fn reads_unknown_role_words_as_a_role_set() {
        let role = |words: &str| read(&format!(r#"{{"key":1,"adminRoles":{words}}}"#)).role;
        assert_eq!(role(r#"["MANAGE_USERS","SUPER_USER"]"#), Role::Administrator);
        assert_eq!(role(r#"["RUN_REPORTS","MANAGE_ACCOUNT"]"#), Role::Set("MANAGE_ACCOUNT + RUN_REPORTS".to_owned()));
        assert!(matches!(role(r#"["RUN_REPORTS"]"#), Role::Manager { .. }));
        let hidden = user(
            &serde_json::from_str(r#"{"adminRoles":["SUPER_USER"]}"#).unwrap(),
            &Names::default(),
            RoleAccess::Hidden,
            Telephones::Left,
        );
        assert_eq!(hidden.role, Role::Member);
    }

    #[test]
    fn gives_licenses_distinct_names() {
        let rows: Vec<WireLicense> = serde_json::from_str(
            r#"[{"key":1,"products":["G2M"]},{"key":2,"products":["G2W","G2M"]},{"key":3,"description":"Pro"},
                {"key":4,"description":"Pro"},{"key":5},{"key":6,"products":["G2MPC"]}]"#,
        )
        .unwrap();
        let names: Vec<String> = license_names(&rows).into_values().collect();
        assert_eq!(names, ["GoToMeeting", "GoToWebinar + GoToMeeting", "Pro (3)", "Pro (4)", "5", "G2MPC"]);
    }
}
