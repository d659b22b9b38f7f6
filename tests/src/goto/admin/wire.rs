//! The structures of responses, as they were recorded (goto-api, 2).

use std::borrow::Cow;
use std::collections::HashMap;

use gotosync_core::model::{LicenseKey, Privilege, Role, Status, User, UserGroup, UserGroupPath};
use gotosync_core::target::Glance;
use serde::{Serialize, Serializer};

use super::unsure::{Attribute, UnsureOfUser};
use crate::goto::options::KeyForm;

/// A key: a string, or a number if numbers are configured and the key is one.
#[derive(Debug, Clone)]
pub(super) struct Key<'k>(Cow<'k, str>, KeyForm);

impl<'k> Key<'k> {
    pub(super) fn new(key: impl Into<Cow<'k, str>>, form: KeyForm) -> Self {
        Self(key.into(), form)
    }
}

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<u64>() {
            Ok(number) if self.1 == KeyForm::Numbers => serializer.serialize_u64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    /// Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) results: Vec<T>,
    pub(super) from_index: usize,
    /// The index after the last row.
    pub(super) to_index: usize,
    pub(super) total: usize,
}

impl<T> Page<T> {
    /// Builds a page of rows that starts at an offset, from a list of `total` rows.
    pub(super) fn new(results: Vec<T>, offset: usize, total: usize) -> Self {
        Self { from_index: offset, to_index: offset + results.len(), results, total }
    }

    /// Builds a page with the complete list.
    pub(super) fn whole(results: Vec<T>) -> Self {
        let total = results.len();
        Self::new(results, 0, total)
    }
}

/// A user. Empty fields are omitted.
#[expect(clippy::struct_excessive_bools, reason = "the API has these fields")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUser<'u> {
    key: Key<'u>,
    email: &'u str,
    first_name: &'u str,
    last_name: &'u str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'u str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    license_keys: Vec<Key<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    products: Vec<&'u str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_key: Option<Key<'u>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<&'u str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_key_path: Vec<Key<'u>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_name_path: Vec<&'u str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    admin_roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    role_sets: Vec<Key<'u>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings<'u>>,
    password_created: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_count: Option<u32>,
    name_locked: bool,
    email_locked: bool,
    identity_read_only: bool,
    can_authenticate: bool,
    status: &'static str,
    #[serde(flatten)]
    unsure: UnsureOfUser<'u>,
}

/// Product-specific settings; only the relevant one of many.
#[derive(Debug, Serialize)]
struct Settings<'u> {
    #[serde(rename = "JIVE")]
    connect: ConnectSettings<'u>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectSettings<'u> {
    primary_extension_number: &'u str,
}

/// The names in an account and their keys, for one request.
#[derive(Debug)]
pub(super) struct Dictionary {
    form: KeyForm,
    roles_shown: bool,
    groups: HashMap<UserGroupPath, String>,
    products: HashMap<LicenseKey, Vec<String>>,
}

impl Dictionary {
    pub(super) fn of(glance: &Glance<'_>, form: KeyForm) -> Self {
        let login = glance.login().and_then(|key| glance.user(key));
        Self {
            form,
            // As at GoTo, a user who is not a full administrator cannot see roles.
            roles_shown: login.is_none_or(|login| login.role.is_administrator()),
            groups: glance.groups().map(|group| (group.path.clone(), group_key(group))).collect(),
            products: glance.licenses().map(|own| (own.key.clone(), own.products.clone())).collect(),
        }
    }

    pub(super) fn key<'k>(&self, key: impl Into<Cow<'k, str>>) -> Key<'k> {
        Key::new(key, self.form)
    }

    pub(super) fn user<'u>(&'u self, user: &'u User) -> WireUser<'u> {
        let settings = user.settings();
        let role = if self.roles_shown { &user.role } else { &Role::Member };
        let group = user.group.as_ref();
        let path: Vec<&UserGroupPath> = group.map(|path| self.path(path)).unwrap_or_default();
        let keys = |path: &UserGroupPath| self.groups.get(path).map(|key| self.key(key.as_str()));
        let invitation = user.invitation.unwrap_or_default();
        let attributes = settings
            .custom_fields
            .iter()
            .map(|(name, value)| Attribute { key: self.key(named_key("attribute", name)), value });
        WireUser {
            key: self.key(user.key.as_ref().map_or("", |key| key.as_str())),
            email: user.email.as_str(),
            first_name: &user.first_name,
            last_name: &user.last_name,
            locale: user.language.as_deref(),
            time_zone: settings.time_zone.as_deref(),
            license_keys: user.licenses.iter().map(|key| self.key(key.as_str())).collect(),
            products: user.licenses.iter().flat_map(|key| self.codes(key)).collect(),
            group_key: group.and_then(keys),
            group_name: group.map(UserGroupPath::name),
            group_key_path: path.iter().filter_map(|path| keys(path)).collect(),
            group_name_path: path.iter().map(|path| path.name()).collect(),
            admin_roles: admin_roles(role),
            role_sets: match role {
                Role::Set(name) => vec![self.key(named_key("roleset", name))],
                _ => Vec::new(),
            },
            settings: settings
                .extension
                .as_deref()
                .map(|extension| Settings { connect: ConnectSettings { primary_extension_number: extension } }),
            password_created: user.status == Status::Active,
            invite_count: user.invitation.map(|invitation| invitation.sent),
            name_locked: user.locks.name,
            email_locked: user.locks.email,
            identity_read_only: false,
            can_authenticate: matches!(user.status, Status::Active | Status::Inactive),
            status: status(user.status),
            unsure: UnsureOfUser {
                attributes: attributes.collect(),
                managed_group_keys: role.groups().iter().filter_map(keys).collect(),
                managed_license_keys: role.products().iter().map(|key| self.key(key.as_str())).collect(),
                invitation_expired: invitation.expired,
            },
        }
    }

    /// Returns a group and its ancestors, starting at the top, as far as the account contains them.
    fn path<'p>(&'p self, path: &UserGroupPath) -> Vec<&'p UserGroupPath> {
        let mut paths = Vec::new();
        let mut at = Some(path.clone());
        while let Some(path) = at {
            paths.extend(self.groups.get_key_value(&path).map(|(own, _)| own));
            at = path.parent();
        }
        paths.reverse();
        paths
    }

    /// Returns the products of a license.
    fn codes(&self, key: &LicenseKey) -> impl Iterator<Item = &str> {
        self.products.get(key).into_iter().flatten().map(String::as_str)
    }
}

/// Returns the key of a user group: its own key, or one derived from its path.
pub(super) fn group_key(group: &UserGroup) -> String {
    group.key.as_deref().map_or_else(|| named_key("group", group.path.as_str()), str::to_owned)
}

/// Derives a key from a name: a stable 63-bit number.
pub(super) fn named_key(kind: &str, name: &str) -> String {
    let hash = blake3::hash(format!("{kind} {name}").as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    (u64::from_be_bytes(bytes) >> 1).to_string()
}

/// Returns the API words for a role (goto-api, 2.10).
pub(super) fn admin_roles(role: &Role) -> Vec<&'static str> {
    match role {
        Role::Member | Role::Set(_) => Vec::new(),
        Role::Administrator => vec![SUPER_USER],
        Role::Manager { privileges, .. } => privileges.iter().copied().map(privilege_word).collect(),
    }
}

pub(super) fn privilege_word(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::ManageUsers => "MANAGE_USERS",
        Privilege::ManageSeats => "MANAGE_SEATS",
        Privilege::ManageSettings => "MANAGE_SETTINGS",
        Privilege::ManageGroups => "MANAGE_GROUPS",
        Privilege::RunReports => "RUN_REPORTS",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "ACTIVE",
        Status::Inactive => "INACTIVE",
        Status::Invited => "INVITED",
        Status::Suspended => "SUSPENDED",
    }
}

/// The API word for a full administrator.
pub(super) const SUPER_USER: &str = "SUPER_USER";
