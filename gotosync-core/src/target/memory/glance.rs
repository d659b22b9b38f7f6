//! A look at an account in memory that copies nothing but what it is asked for.

use std::fmt;
use std::sync::{Arc, MutexGuard};

use super::ledger::Ledger;
use crate::model::{Catalog, Device, Email, Exclusive, License, Mac, NamedNumber, Transfer, User, UserGroup, UserKey};

/// A look at the account of a [`MemoryTarget`](super::MemoryTarget): for whoever serves it page by page and user by user.
///
/// The account is held until it is dropped, so nobody writes meanwhile, and whoever has one must not ask the target
/// anything. Every role is seen.
pub struct Glance<'t>(MutexGuard<'t, Ledger>);

impl<'t> Glance<'t> {
    pub(super) fn of(ledger: MutexGuard<'t, Ledger>) -> Self {
        Self(ledger)
    }

    /// The account's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The user whose login is in use.
    pub fn login(&self) -> Option<&UserKey> {
        self.0.login.as_ref()
    }

    /// A user by key.
    pub fn user(&self, key: &UserKey) -> Option<&Arc<User>> {
        self.0.users.get(key).map(|record| &record.user)
    }

    /// A user by address.
    pub fn user_by_email(&self, email: &Email) -> Option<&Arc<User>> {
        self.user(self.0.addresses.get(&*email.key())?)
    }

    /// The number of users.
    pub fn len(&self) -> usize {
        self.0.users.len()
    }

    /// Says whether there is no user.
    pub fn is_empty(&self) -> bool {
        self.0.users.is_empty()
    }

    /// Users in ascending order of e-mail key.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users_from(0)
    }

    /// The same from a place on; those before it are passed over and not looked up.
    pub fn users_from(&self, offset: usize) -> impl Iterator<Item = &Arc<User>> {
        self.0.addresses.values().skip(offset).map(|key| &self.0.users[key].user)
    }

    /// Licenses in ascending order of key.
    pub fn licenses(&self) -> impl Iterator<Item = &License> {
        self.0.licenses.values()
    }

    /// User groups in ascending order of path.
    pub fn groups(&self) -> impl Iterator<Item = &UserGroup> {
        self.0.groups.values()
    }

    /// The lists of the catalog that are short: neither devices, phone numbers, extensions nor addresses of other accounts.
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// Devices in ascending order of MAC address.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.0.devices.values()
    }

    /// Every telephone number in ascending order, whoever has it.
    pub fn phone_numbers(&self) -> impl Iterator<Item = &NamedNumber> {
        self.0.phone_numbers.values()
    }

    /// Telephone extensions that are no user's, in ascending order.
    pub fn nobodys_extensions(&self) -> impl Iterator<Item = &str> {
        self.0.nobodys_extensions()
    }

    /// The key of the user who has something exclusive.
    pub fn holder_of(&self, one: &Exclusive) -> Option<&UserKey> {
        self.0.holders.get(one)
    }

    /// The key of the user who has a device.
    pub fn holder_of_device(&self, mac: Mac) -> Option<&UserKey> {
        self.holder_of(&Exclusive::device(mac))
    }

    /// The key of the user who has a telephone extension.
    pub fn holder_of_extension(&self, extension: &str) -> Option<&UserKey> {
        self.holder_of(&Exclusive::extension(extension))
    }

    /// Says whether an address belongs to another account, whether or not its owner was asked to come over.
    pub fn is_elsewhere(&self, email: &Email) -> bool {
        self.0.elsewhere.contains_key(&*email.key()) || self.transfer(email).is_some()
    }

    /// What the owner of an address was asked.
    pub fn transfer(&self, email: &Email) -> Option<&Transfer> {
        self.0.transfers.get(&*email.key())
    }
}

impl fmt::Debug for Glance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a glance at account {}", self.0.key)
    }
}
