//! The account store in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::error::Result;
use crate::model::{
    Account, AccountKey, Catalog, Completeness, Device, Email, Exclusive, License, LicenseKey, Mac, NamedNumber,
    PhoneNumber, Status, Transfer, User, UserGroup, UserGroupPath, UserKey, WelcomeTemplate,
};
use crate::target::account_rules::{self, AccountStore, Activity, FIRST_USER, Record};

/// The account with indexes, so that no lookup iterates over the users.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) key: AccountKey,
    pub(super) name: String,
    pub(super) login: Option<UserKey>,
    pub(super) users: HashMap<UserKey, Record>,
    /// User keys by e-mail key. The index gives the order of reads and the only user of an address.
    pub(super) addresses: BTreeMap<Box<str>, UserKey>,
    /// Licenses, with `used` kept up to date.
    pub(super) licenses: BTreeMap<LicenseKey, License>,
    pub(super) groups: BTreeMap<UserGroupPath, UserGroup>,
    /// The short lists of the catalog.
    pub(super) catalog: Arc<Catalog>,
    pub(super) devices: BTreeMap<Mac, Device>,
    /// Every phone number, assigned or not.
    pub(super) phone_numbers: BTreeMap<PhoneNumber, NamedNumber>,
    /// Every extension, assigned or not.
    pub(super) extensions: BTreeSet<Box<str>>,
    /// Addresses of other accounts by e-mail key.
    pub(super) elsewhere: BTreeMap<Box<str>, Email>,
    pub(super) transfers: BTreeMap<Box<str>, Transfer>,
    /// The requested users who have an invitation to move here from another account, by e-mail key.
    asked: HashMap<Box<str>, Arc<User>>,
    administrators: BTreeSet<UserKey>,
    /// The users of exclusive values.
    pub(super) holders: HashMap<Exclusive, UserKey>,
    pub(super) completeness: Completeness,
    next_user: u64,
    pub(super) activity: Vec<Activity>,
}

impl Ledger {
    pub(super) fn open(account: Account) -> Self {
        Self::build(account, FIRST_USER, |_| None)
    }

    /// Returns the ledger for an edited account. Data that the account does not contain, such as the history, is kept.
    pub(super) fn reopened(&mut self, account: Account) -> Self {
        let signed_in = |key: &UserKey| self.users.get(key).map(|record| record.signed_in);
        let mut ledger = Self::build(account, self.next_user, signed_in);
        ledger.activity = std::mem::take(&mut self.activity);
        ledger.asked = std::mem::take(&mut self.asked);
        ledger
    }

    fn build(account: Account, mut next_user: u64, signed_in: impl Fn(&UserKey) -> Option<bool>) -> Self {
        let records = match account_rules::opening(&account, &mut next_user, signed_in) {
            Ok(records) => records,
            Err(error) => panic!("{error}"),
        };
        let mut catalog = account.catalog;
        let devices = std::mem::take(&mut catalog.devices);
        let elsewhere = std::mem::take(&mut catalog.elsewhere);
        let phone_numbers = std::mem::take(&mut catalog.phone_numbers);
        let extensions = std::mem::take(&mut catalog.extensions);
        catalog.sort();
        let unused = |license: License| (license.key.clone(), License { used: 0, ..license });
        let mut ledger = Self {
            key: account.key,
            name: account.name,
            login: account.login,
            users: HashMap::with_capacity(records.len()),
            addresses: BTreeMap::new(),
            licenses: account.licenses.into_iter().map(unused).collect(),
            groups: account.groups.into_iter().map(|group| (group.path.clone(), group)).collect(),
            catalog: Arc::new(catalog),
            devices: devices.into_iter().map(|device| (device.mac, device)).collect(),
            phone_numbers: phone_numbers.into_iter().map(|own| (own.number.clone(), own)).collect(),
            extensions: extensions.into_iter().map(Into::into).collect(),
            elsewhere: elsewhere.into_iter().map(|email| (email.key().into(), email)).collect(),
            transfers: account.transfers.into_iter().map(|asked| (asked.email.key().into(), asked)).collect(),
            asked: HashMap::new(),
            administrators: BTreeSet::new(),
            holders: HashMap::new(),
            completeness: account.completeness,
            next_user,
            activity: Vec::new(),
        };
        for record in records {
            ledger.put(record);
        }
        ledger
    }

    pub(super) fn account(&self) -> Account {
        // The indexes are in the order of `Account::sort`. Addresses are unique, so the e-mail key determines the order of users.
        Account {
            key: self.key.clone(),
            name: self.name.clone(),
            login: self.login.clone(),
            users: self.addresses.values().map(|key| Arc::clone(&self.users[key].user)).collect(),
            licenses: self.licenses.values().cloned().collect(),
            groups: self.groups.values().cloned().collect(),
            catalog: Catalog {
                devices: self.devices.values().cloned().collect(),
                phone_numbers: self.phone_numbers.values().filter(|own| self.is_free(own)).cloned().collect(),
                extensions: self.nobodys_extensions().map(Into::into).collect(),
                elsewhere: self.elsewhere.values().cloned().collect(),
                ..Catalog::clone(&self.catalog)
            },
            transfers: self.transfers.values().cloned().collect(),
            completeness: self.completeness.clone(),
        }
    }

    fn is_free(&self, own: &NamedNumber) -> bool {
        !self.holders.contains_key(&Exclusive::phone_number(&own.number))
    }

    /// Returns the unassigned extensions in ascending order.
    pub(super) fn nobodys_extensions(&self) -> impl Iterator<Item = &str> {
        let is_free = |own: &&str| !self.holders.contains_key(&Exclusive::extension(own));
        self.extensions.iter().map(|own| &**own).filter(is_free)
    }

    /// Returns the key of the user with an address.
    pub(super) fn key_of(&self, email: &Email) -> UserKey {
        self.addresses.get(&*email.key()).cloned().unwrap_or_else(|| panic!("there is no user {email}"))
    }

    /// Changes a user as the service itself does, without checking any rule.
    pub(super) fn change_user(&mut self, key: &UserKey, change: impl FnOnce(&mut Record)) {
        let mut record = self.users.get(key).cloned().unwrap_or_else(|| panic!("there is no user {key}"));
        change(&mut record);
        self.put(record);
    }

    pub(super) fn expire_transfer(&mut self, email: &Email) {
        self.asked(email).expired = true;
    }

    /// Remembers the requested user until the owner of the address accepts the invitation to move here.
    pub(super) fn remember_asked(&mut self, user: &Arc<User>) {
        self.asked.insert(user.email.key().into(), Arc::clone(user));
    }

    pub(super) fn accept_transfer(&mut self, email: &Email) {
        assert!(!self.asked(email).expired, "the invitation of {email} to move here has expired");
        let address = email.key();
        let user = self.asked.get(&*address).cloned().unwrap_or_else(|| Arc::new(User::new(email.as_str(), "", "")));
        let mut account = self.account();
        account.transfers.retain(|transfer| transfer.email != *email);
        account.catalog.elsewhere.retain(|own| own != email);
        account.users.push(Arc::new(User { status: Status::Active, ..User::clone(&user) }));
        *self = self.reopened(account);
        self.asked.remove(&*address);
    }

    fn asked(&mut self, email: &Email) -> &mut Transfer {
        let transfer = self.transfers.get_mut(&*email.key());
        transfer.unwrap_or_else(|| panic!("no user with the address {email} was invited to move here"))
    }

    fn put(&mut self, record: Record) {
        let before = self.users.get(&record.key).and_then(|own| own.user.settings().extension.clone());
        self.remove(&record.key);
        let (key, user) = (&record.key, &record.user);
        self.count(user, |used| used + 1);
        self.addresses.insert(user.email.key().into(), key.clone());
        if user.role.is_administrator() {
            self.administrators.insert(key.clone());
        }
        let settings = user.settings();
        self.holders.extend(settings.exclusive().into_iter().map(|one| (one, key.clone())));
        if let Some(now) = &settings.extension
            && self.extensions.insert(now.clone())
            && let Some(before) = before
        {
            // The new number did not exist in the account, so the user's old extension was renumbered.
            self.extensions.remove(&before);
        }
        for (number, name) in &settings.phone_numbers {
            let named = NamedNumber { number: number.clone(), name: name.clone(), rings_at: None };
            self.phone_numbers.insert(number.clone(), named);
        }
        self.users.insert(key.clone(), record);
    }

    fn remove(&mut self, key: &UserKey) {
        let Some(Record { user, .. }) = self.users.remove(key) else { return };
        self.count(&user, |used| used - 1);
        self.addresses.remove(&*user.email.key());
        self.administrators.remove(key);
        let settings = user.settings();
        settings.exclusive().into_iter().for_each(|one| drop(self.holders.remove(&one)));
    }

    fn count(&mut self, user: &User, step: fn(u32) -> u32) {
        for key in &user.licenses {
            // A license that is not in the account has no seats to count.
            if let Some(license) = self.licenses.get_mut(key) {
                license.used = step(license.used);
            }
        }
    }
}

impl AccountStore for Ledger {
    fn login(&self) -> Result<Option<UserKey>> {
        Ok(self.login.clone())
    }

    fn user(&self, key: &UserKey) -> Result<Option<Record>> {
        Ok(self.users.get(key).cloned())
    }

    fn holder(&self, email: &Email) -> Result<Option<UserKey>> {
        Ok(self.addresses.get(&*email.key()).cloned())
    }

    fn users(&self) -> Result<usize> {
        Ok(self.users.len())
    }

    fn license(&self, key: &LicenseKey) -> Result<Option<License>> {
        Ok(self.licenses.get(key).cloned())
    }

    fn has_group(&self, path: &UserGroupPath) -> Result<bool> {
        Ok(self.groups.contains_key(path))
    }

    fn catalog(&self) -> Result<Arc<Catalog>> {
        Ok(Arc::clone(&self.catalog))
    }

    fn device(&self, mac: Mac) -> Result<Option<Device>> {
        Ok(self.devices.get(&mac).cloned())
    }

    fn phone_number(&self, number: &PhoneNumber) -> Result<Option<NamedNumber>> {
        Ok(self.phone_numbers.get(number).cloned())
    }

    fn has_extension(&self, extension: &str) -> Result<bool> {
        Ok(self.extensions.contains(extension))
    }

    fn holder_of(&self, one: &Exclusive) -> Result<Option<UserKey>> {
        Ok(self.holders.get(one).cloned())
    }

    fn is_elsewhere(&self, email: &Email) -> Result<bool> {
        Ok(self.elsewhere.contains_key(&*email.key()))
    }

    fn transfer(&self, email: &Email) -> Result<Option<Transfer>> {
        Ok(self.transfers.get(&*email.key()).cloned())
    }

    fn has_administrator_beside(&self, user: &UserKey) -> Result<bool> {
        Ok(self.administrators.iter().any(|own| own != user))
    }

    fn put_user(&mut self, record: Record) -> Result<()> {
        self.put(record);
        Ok(())
    }

    fn remove_user(&mut self, key: &UserKey) -> Result<()> {
        self.remove(key);
        Ok(())
    }

    fn put_welcome_email(&mut self, template: WelcomeTemplate) -> Result<()> {
        account_rules::put_template(Arc::make_mut(&mut self.catalog), template);
        Ok(())
    }

    fn put_transfer(&mut self, transfer: Transfer) -> Result<()> {
        self.transfers.insert(transfer.email.key().into(), transfer);
        Ok(())
    }

    fn put_group(&mut self, group: UserGroup) -> Result<()> {
        self.groups.insert(group.path.clone(), group);
        Ok(())
    }

    fn next_user(&mut self) -> Result<u64> {
        self.next_user += 1;
        Ok(self.next_user - 1)
    }

    fn append(&mut self, entry: Activity) -> Result<()> {
        let sequence = self.activity.len() as u64 + 1;
        self.activity.push(Activity { sequence, ..entry });
        Ok(())
    }
}
