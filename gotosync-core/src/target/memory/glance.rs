//! A view of an account in memory that does not copy it.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use super::ledger::Ledger;
use crate::model::{Catalog, Device, Email, Exclusive, License, Mac, NamedNumber, Transfer, User, UserGroup, UserKey};

/// A view of the account of a [`MemoryTarget`](super::MemoryTarget), for servers that return it page by page and user by user.
///
/// The account is locked until the view is dropped, so code that holds the view must not call the target. The view shows
/// every role.
pub struct Glance<'t>(MutexGuard<'t, Ledger>);

impl<'t> Glance<'t> {
    pub(super) fn of(ledger: MutexGuard<'t, Ledger>) -> Self {
        Self(ledger)
    }

    /// Returns the account's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the key of the signed-in user.
    pub fn login(&self) -> Option<&UserKey> {
        self.0.login.as_ref()
    }

    /// Looks up a user by key.
    pub fn user(&self, key: &UserKey) -> Option<&Arc<User>> {
        self.0.users.get(key).map(|record| &record.user)
    }

    /// Looks up a user by e-mail address.
    pub fn user_by_email(&self, email: &Email) -> Option<&Arc<User>> {
        self.user(self.0.addresses.get(&*email.key())?)
    }

    /// Returns the number of users.
    pub fn len(&self) -> usize {
        self.0.users.len()
    }

    /// Returns `true` if the account has no users.
    pub fn is_empty(&self) -> bool {
        self.0.users.is_empty()
    }

    /// Returns the users in ascending order of e-mail key.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users_from(0)
    }

    /// Returns the users in ascending order of e-mail key, without the first `offset` users. Skipped users cost no lookup.
    pub fn users_from(&self, offset: usize) -> impl Iterator<Item = &Arc<User>> {
        self.0.addresses.values().skip(offset).map(|key| &self.0.users[key].user)
    }

    /// Returns the licenses in ascending order of key.
    pub fn licenses(&self) -> impl Iterator<Item = &License> {
        self.0.licenses.values()
    }

    /// Returns the user groups in ascending order of path.
    pub fn groups(&self) -> impl Iterator<Item = &UserGroup> {
        self.0.groups.values()
    }

    /// Returns the short lists of the catalog: everything except devices, phone numbers, extensions, and addresses of other
    /// accounts.
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// Returns the devices in ascending order of MAC address.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.0.devices.values()
    }

    /// Returns every phone number, assigned or not, in ascending order.
    pub fn phone_numbers(&self) -> impl Iterator<Item = &NamedNumber> {
        self.0.phone_numbers.values()
    }

    /// Returns the unassigned extensions in ascending order.
    pub fn nobodys_extensions(&self) -> impl Iterator<Item = &str> {
        self.0.nobodys_extensions()
    }

    /// Returns the key of the user who has an exclusive value: a device, an extension, or a phone number.
    pub fn holder_of(&self, one: &Exclusive) -> Option<&UserKey> {
        self.0.holders.get(one)
    }

    /// Returns the key of the user who has a device.
    pub fn holder_of_device(&self, mac: Mac) -> Option<&UserKey> {
        self.holder_of(&Exclusive::device(mac))
    }

    /// Returns the key of the user who has an extension.
    pub fn holder_of_extension(&self, extension: &str) -> Option<&UserKey> {
        self.holder_of(&Exclusive::extension(extension))
    }

    /// Returns `true` if an address belongs to another account, whether or not its owner was invited to move here.
    pub fn is_elsewhere(&self, email: &Email) -> bool {
        self.0.elsewhere.contains_key(&*email.key()) || self.transfer(email).is_some()
    }

    /// Returns the invitation to move here that was sent to this address.
    pub fn transfer(&self, email: &Email) -> Option<&Transfer> {
        self.0.transfers.get(&*email.key())
    }
}

impl fmt::Debug for Glance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "view of account {}", self.0.key)
    }
}
