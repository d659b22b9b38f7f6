//! The account at the target. The same type describes the current and the desired state.

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
/// Users are shared: if no rule asks for a change, the desired account contains the same [`User`] values as the current
/// account, so that comparing the two is cheap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The account's key.
    pub key: AccountKey,
    /// The account's name.
    pub name: String,
    /// The user that gotosync signs in as. This user never loses access.
    pub login: Option<UserKey>,
    /// Users in ascending order of e-mail key.
    pub users: Vec<Arc<User>>,
    /// Licenses in ascending order of key.
    pub licenses: Vec<License>,
    /// User groups in ascending order of path, parents before children.
    pub groups: Vec<UserGroup>,
    /// Everything else that can be assigned to users: templates, role sets, device groups, devices, numbers, locations.
    #[serde(default, skip_serializing_if = "Catalog::is_empty")]
    pub catalog: Catalog,
    /// Invitations to people whose address belongs to another account, in ascending order of e-mail key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// The completeness of the read.
    pub completeness: Completeness,
}

/// A user in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The user's key; `None` only in a desired account, for a user who is yet to be created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<UserKey>,
    /// The directory person that this user belongs to, if the account stores it. It is written when a user is created and never
    /// changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The e-mail address, which is also the sign-in name.
    pub email: Email,
    /// The first name.
    pub first_name: Box<str>,
    /// The last name.
    pub last_name: Box<str>,
    /// The language of e-mails and of the user interface, e.g. `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// The user's status. The target derives it; it is never written.
    pub status: Status,
    /// The licenses, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseKey>,
    /// The user group. A user has at most one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UserGroupPath>,
    /// The administrative role.
    #[serde(default, skip_serializing_if = "Role::is_member")]
    pub role: Role,
    /// The fields that the account does not allow to change.
    #[serde(default, skip_serializing_if = "Locks::none")]
    pub locks: Locks,
    /// The invitations sent to the user, until the user signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
    /// The optional settings; `None` if the user has none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Box<UserSettings>>,
}

/// The fields of a user that cannot be changed through the account because an identity provider or a verified domain owns
/// them (`emailLocked`, `nameLocked`, and `identityReadOnly` in GoTo's API).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Locks {
    /// `true` if the e-mail address is locked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email: bool,
    /// `true` if the first and last name are locked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub name: bool,
}

impl Locks {
    /// Returns `true` if no field is locked.
    pub fn none(&self) -> bool {
        !self.email && !self.name
    }
}

/// The invitations sent to a user who has not signed in yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Invitation {
    /// The number of invitations sent.
    pub sent: u32,
    /// `true` if the last invitation has expired.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

/// The status of a user. GoTo derives it from the user's products, role, and sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The user signs in.
    Active,
    /// The user has not signed in for a long time.
    Inactive,
    /// The user was invited and has not signed in yet.
    Invited,
    /// The user has neither a product nor a role, and cannot sign in.
    Suspended,
}

impl Status {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Active, Self::Inactive, Self::Invited, Self::Suspended];

    /// The word used by the service and in this crate's output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Invited => "invited",
            Self::Suspended => "suspended",
        }
    }
}

/// The welcome e-mail of a new user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WelcomeEmail {
    /// The default e-mail of the account.
    #[default]
    Default,
    /// An e-mail made from a template of the account, by name.
    Template(String),
    /// No e-mail.
    None,
}

/// A license with its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// The license's key.
    pub key: LicenseKey,
    /// The display name, which rules use.
    pub name: String,
    /// The codes of the products that the license contains (`G2M`, `G2W`, …). This is not a closed list.
    #[serde(default)]
    pub products: Vec<String>,
    /// The number of seats bought.
    pub seats: u32,
    /// The number of seats in use.
    pub used: u32,
    /// `true` if the license has been bought but is not active yet. Activation can take GoTo up to 48 hours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

impl License {
    /// Creates a license with all seats free.
    pub fn new(key: &str, name: &str, products: &[&str], seats: u32) -> Self {
        let products = products.iter().map(|&code| code.to_owned()).collect();
        Self { key: key.into(), name: name.to_owned(), products, seats, used: 0, pending: false }
    }

    /// Returns the number of free seats: 0 if more seats are in use than were bought, e.g. after the license was reduced.
    pub fn free(&self) -> u32 {
        self.seats.saturating_sub(self.used)
    }
}

impl Account {
    /// Creates a completely read account without users, licenses, or groups.
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

    /// Sorts users, licenses, groups, and all other lists into the documented order.
    pub fn sort(&mut self) {
        self.catalog.sort();
        self.transfers.sort_by_cached_key(|transfer| transfer.email.key().into_owned());
        self.users.sort_by_cached_key(|user| (user.email.key().into_owned(), user.key.clone()));
        self.licenses.sort_by(|a, b| a.key.cmp(&b.key));
        self.groups.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// Finds a license by key.
    pub fn license(&self, key: &LicenseKey) -> Option<&License> {
        self.licenses.iter().find(|license| license.key == *key)
    }

    /// Finds a user by key with a linear search.
    pub fn user(&self, key: &UserKey) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.key.as_ref() == Some(key))
    }

    /// Finds a user by e-mail address with a linear search.
    pub fn user_by_email(&self, email: &Email) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.email == *email)
    }

    /// Returns `true` if a user group exists.
    pub fn has_group(&self, path: &UserGroupPath) -> bool {
        self.groups.binary_search_by(|group| group.path.cmp(path)).is_ok()
    }

    /// Clears everything whose feature `keeps` rejects. Used for targets that do not support all features.
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

    /// Returns the name of a license, or its key if the account does not list it.
    pub fn license_name<'a>(&'a self, key: &'a LicenseKey) -> &'a str {
        self.license(key).map_or(key.as_str(), |license| &license.name)
    }
}

impl User {
    /// Creates a user without a key and without products, to be created in the account.
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

    /// Returns the settings; all are empty if the user has none.
    pub fn settings(&self) -> &UserSettings {
        self.settings.as_deref().unwrap_or(UserSettings::NONE)
    }

    /// Changes the settings; if all of them are empty afterwards, they are stored as `None`.
    pub fn set_settings(&mut self, change: impl FnOnce(&mut UserSettings)) {
        let mut settings = self.settings.take().unwrap_or_default();
        change(&mut settings);
        settings.off.retain(|_, codes| !codes.is_empty());
        self.settings = (*settings != *UserSettings::NONE).then_some(settings);
    }

    /// Clears everything whose feature `keeps` rejects.
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
            // If products are not supported either, a user without products may still have access.
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

    /// Returns `true` if everything about the user belongs to features that `keeps` accepts.
    fn is_within(&self, keeps: &impl Fn(Feature) -> bool) -> bool {
        let mut cut = self.clone();
        cut.retain(keeps);
        cut == *self
    }

    /// Returns `true` if the user has neither a product nor a role. GoTo calls such a user suspended.
    pub fn is_bare(&self) -> bool {
        self.licenses.is_empty() && self.role.is_member()
    }

    /// Derives the status from products and role: a user with neither is suspended; any other user is not. GoTo, too, derives
    /// the status and never lets it be set.
    ///
    /// A suspended user who gets access back becomes active after an earlier sign-in (`signed_in`), and invited otherwise.
    pub fn derive_status(&mut self, signed_in: bool) {
        self.status = match self.status {
            _ if self.is_bare() => Status::Suspended,
            Status::Suspended if signed_in => Status::Active,
            Status::Suspended => Status::Invited,
            status => status,
        };
    }

    /// Returns the number of invitations sent to the user.
    pub fn invitations_sent(&self) -> u32 {
        self.invitation.map_or(0, |invitation| invitation.sent)
    }

    /// Returns the first and last name, separated by a space.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}
