//! The account at the target: one type for how it is and for how the rules want it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, Transfer};
use super::email::Email;
use super::id::{AccountKey, LicenseKey, PersonId, UserKey};
use super::reading::Completeness;
use super::role::Role;
use super::settings::{Feature, UserSettings};
use super::user_group::{UserGroup, UserGroupPath};

/// An account with its users, licenses and user groups.
///
/// Users are shared: the desired account holds the very same [`User`] values as the current one wherever no rule asks for
/// a change, so that comparing the two costs next to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The account's key.
    pub key: AccountKey,
    /// Its name.
    pub name: String,
    /// The user whose login reads and writes, who is never taken from.
    pub login: Option<UserKey>,
    /// Users in ascending order of e-mail key.
    pub users: Vec<Arc<User>>,
    /// Licenses in ascending order of key.
    pub licenses: Vec<License>,
    /// User groups in ascending order of path, parents before children.
    pub groups: Vec<UserGroup>,
    /// What else the account has to give: templates, role sets, device groups, devices, numbers, locations.
    #[serde(default, skip_serializing_if = "Catalog::is_empty")]
    pub catalog: Catalog,
    /// People whose address belongs to another account and who were asked to come over, in ascending order of e-mail key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// Whether all of it was read.
    pub completeness: Completeness,
}

/// Somebody in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The user's key; `None` only in a desired account, for a user who is yet to be created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<UserKey>,
    /// The person of the directory that the account says the user is, where it keeps that. It is written with a new user and
    /// not changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The e-mail address, which is the sign-in name.
    pub email: Email,
    /// The first name.
    pub first_name: Box<str>,
    /// The last name.
    pub last_name: Box<str>,
    /// The language of mails and of the interface, as `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// Where the user stands. A target derives it: it is never written.
    pub status: Status,
    /// The licenses, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseKey>,
    /// The one user group, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UserGroupPath>,
    /// What the user may administer.
    #[serde(default, skip_serializing_if = "Role::is_member")]
    pub role: Role,
    /// What of the user the account does not let anybody change.
    #[serde(default, skip_serializing_if = "Locks::none")]
    pub locks: Locks,
    /// The invitations that were sent, until the user signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
    /// The settings few users have; `None` where all of them are absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Box<UserSettings>>,
}

/// What of a user cannot be changed through the account, because an identity provider or a verified domain owns it
/// (goto-api, 2.4: `emailLocked`, `nameLocked`, `identityReadOnly`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Locks {
    /// The e-mail address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email: bool,
    /// The first and the last name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub name: bool,
}

impl Locks {
    /// Says whether nothing is locked.
    pub fn none(&self) -> bool {
        !self.email && !self.name
    }
}

/// What is known of the invitations to somebody who has not signed in yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Invitation {
    /// How many mails went out.
    pub sent: u32,
    /// Whether the last one can no longer be accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

/// Where a user stands (goto-api: derived by the service from products, roles and sign-ins).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Signs in.
    Active,
    /// Has not signed in for a long time.
    Inactive,
    /// Was invited and has not signed in yet.
    Invited,
    /// Has neither a product nor a role, and cannot sign in.
    Suspended,
}

impl Status {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Active, Self::Inactive, Self::Invited, Self::Suspended];

    /// The word as the service and this crate's output write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Invited => "invited",
            Self::Suspended => "suspended",
        }
    }
}

/// The mail a new user gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WelcomeEmail {
    /// The account's default text.
    #[default]
    Default,
    /// A template of the account, by name.
    Template(String),
    /// None at all.
    None,
}

/// A license with its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// Its key.
    pub key: LicenseKey,
    /// The name people know it by; rules name it so.
    pub name: String,
    /// The product codes it carries (`G2M`, `G2W`, …); never a closed list.
    #[serde(default)]
    pub products: Vec<String>,
    /// How many seats were bought.
    pub seats: u32,
    /// How many of them are taken.
    pub used: u32,
    /// Whether the license was bought and is not active yet, which takes the service up to 48 hours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

impl License {
    /// A license with its seats, none of them taken.
    pub fn new(key: &str, name: &str, products: &[&str], seats: u32) -> Self {
        let products = products.iter().map(|&code| code.to_owned()).collect();
        Self { key: key.into(), name: name.to_owned(), products, seats, used: 0, pending: false }
    }

    /// The seats nobody has. An account that was cut down may have more users than seats: then it is 0.
    pub fn free(&self) -> u32 {
        self.seats.saturating_sub(self.used)
    }
}

impl Account {
    /// An account without users, licenses or groups, completely read.
    pub fn empty(key: impl Into<Arc<str>>, name: impl Into<String>) -> Self {
        Self {
            key: AccountKey::new(key),
            name: name.into(),
            login: None,
            users: Vec::new(),
            licenses: Vec::new(),
            groups: Vec::new(),
            catalog: Catalog::default(),
            transfers: Vec::new(),
            completeness: Completeness::Complete,
        }
    }

    /// Puts users, licenses, groups and whatever else is listed into their order.
    pub fn sort(&mut self) {
        self.catalog.sort();
        self.transfers.sort_by_cached_key(|transfer| transfer.email.key().into_owned());
        self.users.sort_by_cached_key(|user| (user.email.key().into_owned(), user.key.clone()));
        self.licenses.sort_by(|a, b| a.key.cmp(&b.key));
        self.groups.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// A license by key.
    pub fn license(&self, key: &LicenseKey) -> Option<&License> {
        self.licenses.iter().find(|license| license.key == *key)
    }

    /// A user by key; it looks at every user.
    pub fn user(&self, key: &UserKey) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.key.as_ref() == Some(key))
    }

    /// A user by e-mail; it looks at every user.
    pub fn user_by_email(&self, email: &Email) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.email == *email)
    }

    /// Says whether a user group exists.
    pub fn has_group(&self, path: &UserGroupPath) -> bool {
        self.groups.binary_search_by(|group| group.path.cmp(path)).is_ok()
    }

    /// Takes out everything whose feature is not kept: a target that does not have a feature is read without it.
    pub fn retain(&mut self, keeps: impl Fn(Feature) -> bool) {
        for user in &mut self.users {
            if !user.is_within(&keeps) {
                Arc::make_mut(user).retain(&keeps);
            }
        }
        if !keeps(Feature::Products) {
            self.licenses.clear();
        }
        if !keeps(Feature::UserGroups) {
            self.groups.clear();
        }
        if !keeps(Feature::Transfers) {
            self.transfers.clear();
        }
        self.catalog.retain(keeps);
    }

    /// The name of a license, or its key where the account does not list it.
    pub fn license_name<'a>(&'a self, key: &'a LicenseKey) -> &'a str {
        self.license(key).map_or(key.as_str(), |license| &license.name)
    }
}

impl User {
    /// A user who is to be created.
    pub fn new(email: &str, first_name: &str, last_name: &str) -> Self {
        Self {
            key: None,
            person: None,
            email: Email::new(email),
            first_name: first_name.into(),
            last_name: last_name.into(),
            language: None,
            status: Status::Invited,
            licenses: Vec::new(),
            group: None,
            role: Role::Member,
            locks: Locks::default(),
            invitation: None,
            settings: None,
        }
    }

    /// The settings, none of them where the user has none.
    pub fn settings(&self) -> &UserSettings {
        self.settings.as_deref().unwrap_or(UserSettings::NONE)
    }

    /// Changes the settings; settings that are all absent take no room.
    pub fn set_settings(&mut self, change: impl FnOnce(&mut UserSettings)) {
        let mut settings = self.settings.take().unwrap_or_default();
        change(&mut settings);
        settings.off.retain(|_, codes| !codes.is_empty());
        self.settings = (*settings != *UserSettings::NONE).then_some(settings);
    }

    /// Takes out everything whose feature is not kept.
    fn retain(&mut self, keeps: &impl Fn(Feature) -> bool) {
        self.set_settings(|own| own.retain(keeps));
        if !keeps(Feature::Products) {
            self.licenses.clear();
        }
        if !keeps(Feature::UserGroups) {
            self.group = None;
        }
        match &mut self.role {
            Role::Manager { products, .. } if !keeps(Feature::ManagedProducts) => products.clear(),
            _ => {}
        }
        if !keeps(Feature::Roles) {
            self.role = Role::Member;
            // Where products are not known either, a user without any is no sign of a suspension.
            if keeps(Feature::Products) {
                self.derive_status(true);
            }
        }
        if !keeps(Feature::SignIns) && self.status != Status::Suspended {
            self.status = Status::Active;
        }
        if !keeps(Feature::Language) {
            self.language = None;
        }
        if !keeps(Feature::Invitations) {
            self.invitation = None;
        }
        if !keeps(Feature::Locks) {
            self.locks = Locks::default();
        }
        if !keeps(Feature::People) {
            self.person = None;
        }
    }

    /// Says whether everything about the user has a feature that is kept.
    fn is_within(&self, keeps: &impl Fn(Feature) -> bool) -> bool {
        let mut cut = self.clone();
        cut.retain(keeps);
        cut == *self
    }

    /// Says whether the user has neither a product nor a role: the service calls such a user suspended.
    pub fn is_bare(&self) -> bool {
        self.licenses.is_empty() && self.role.is_member()
    }

    /// Sets the status that follows from what the user has: neither a product nor a role means suspended, anything else that the user
    /// is not (goto-api, 2.4: the service derives it and never lets it be set).
    ///
    /// A suspended user who gets access back is active if they have signed in before, and invited if they have not.
    pub fn derive_status(&mut self, signed_in: bool) {
        self.status = match self.status {
            _ if self.is_bare() => Status::Suspended,
            Status::Suspended if signed_in => Status::Active,
            Status::Suspended => Status::Invited,
            status => status,
        };
    }

    /// Returns how many invitations were sent to the user.
    pub fn invitations_sent(&self) -> u32 {
        self.invitation.map_or(0, |invitation| invitation.sent)
    }

    /// The name as people say it.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}
