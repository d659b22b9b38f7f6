//! An account in memory: the strict fake.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::book::{self, Activity, Book, FIRST_USER, Record, Terms};
use super::{Capabilities, FieldLimits, ProvisioningTarget, TargetInfo};
use crate::error::Result;
use crate::model::{
    Account, AccountKey, Batch, Completeness, Email, Gap, License, LicenseKey, Outcome, User, UserGroup, UserGroupPath,
    UserKey,
};

/// An account in memory, for the tests of whoever embeds this crate.
///
/// It is as strict as the vendor and stricter where the vendor does not say: names and addresses have limits, an address
/// belongs to one user, licences and user groups must exist, no seat is given twice, and an action whose `before` is not
/// how the user is now is refused. It keeps the same rules as [`LocalAccount`](super::LocalAccount), in the same code.
/// What it does not have is the vendor's delay: what was written can be read at once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> gotosync_core::Result<()> {
/// use std::sync::Arc;
///
/// use gotosync_core::model::{Account, Action, Creation, License, LicenseKey, User, WelcomeEmail};
/// use gotosync_core::target::{MemoryTarget, ProvisioningTarget};
///
/// let meeting = LicenseKey::new("g2m");
/// let mut account = Account::empty("1", "Example");
/// account.licenses.push(License {
///     key: meeting.clone(),
///     name: "GoToMeeting".into(),
///     products: vec!["G2M".into()],
///     seats: 1,
///     used: 0,
/// });
/// let target = MemoryTarget::new(account);
///
/// let create = |email: &str| {
///     let user = User { licenses: vec![meeting.clone()], ..User::new(email, "Ann", "Lee") };
///     Action::Create(Creation { user: Arc::new(user), welcome: WelcomeEmail::None })
/// };
/// let batch = [create("ann@example.test"), create("bob@example.test")].into_iter().collect();
/// let outcomes = target.execute(&batch).await?;
/// assert!(outcomes[0].is_done());
/// assert!(!outcomes[1].is_done()); // no seat is free in GoToMeeting: 1 missing
/// assert_eq!(target.account().users.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryTarget {
    ledger: Mutex<Ledger>,
    capabilities: Capabilities,
    limits: FieldLimits,
}

impl MemoryTarget {
    /// Takes over an account as it is.
    ///
    /// Users without a key get one, counted from 1000000001. `status` and `used` are derived: who has neither a product
    /// nor a role is suspended, whatever the value says. Limits are asked of writes only.
    ///
    /// # Panics
    /// If a key, an address, a licence or a user group stands in the account twice: no account is like that.
    pub fn new(account: Account) -> Self {
        Self {
            ledger: Mutex::new(Ledger::open(account)),
            capabilities: Capabilities::all(),
            limits: FieldLimits::VENDOR,
        }
    }

    /// Sets what is accepted in fields; [`FieldLimits::VENDOR`] unless told.
    #[must_use]
    pub fn with_limits(mut self, limits: FieldLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what it says it can do, and holds callers to it; [`Capabilities::all`] unless told.
    ///
    /// An action outside of it fails, and a batch that is too large is refused. `concurrency` and `visibility` are said
    /// and not played.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The account as it is now; the same as a read.
    pub fn account(&self) -> Account {
        self.ledger().account()
    }

    /// What actions have changed so far, in order. What [`edit`](Self::edit) did is not in it.
    pub fn activity(&self) -> Vec<Activity> {
        self.ledger().activity.clone()
    }

    /// Lets a human admin change the account between runs: anything goes, and `status` and `used` follow.
    ///
    /// The account is held until `change` returns, so it must not ask this target anything.
    ///
    /// # Panics
    /// Like [`new`](Self::new); nothing has changed then.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        let mut ledger = self.ledger();
        let mut account = ledger.account();
        let answer = change(&mut account);
        *ledger = ledger.reopened(account);
        answer
    }

    /// Makes every read from now on say that something is missing at a place.
    ///
    /// Nothing is left out of the answer: what was read is right and may not be taken for all there is.
    pub fn incomplete(&self, place: impl Into<String>, problem: impl Into<String>) {
        let mut ledger = self.ledger();
        let mut gaps = ledger.completeness.gaps().to_vec();
        gaps.push(Gap { place: place.into(), problem: problem.into() });
        ledger.completeness = Completeness::from_gaps(gaps);
    }

    /// Makes every read from now on complete again.
    pub fn complete(&self) {
        self.ledger().completeness = Completeness::Complete;
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic of `edit` leaves the ledger as it was: it is replaced whole or not at all.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for MemoryTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory account {}", self.ledger().key)
    }
}

#[async_trait]
impl ProvisioningTarget for MemoryTarget {
    async fn describe(&self) -> Result<TargetInfo> {
        let ledger = self.ledger();
        Ok(TargetInfo {
            name: format!("memory account {}", ledger.key),
            account: ledger.key.clone(),
            login: ledger.login.clone(),
            capabilities: self.capabilities.clone(),
            limits: self.limits,
        })
    }

    async fn read(&self) -> Result<Account> {
        Ok(self.account())
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        book::admit(batch, &self.capabilities)?;
        let terms = Terms { capabilities: &self.capabilities, limits: self.limits, now: Timestamp::now() };
        let mut ledger = self.ledger();
        batch.actions.iter().map(|action| book::perform(&mut *ledger, action, &terms)).collect()
    }
}

/// The account, indexed: no lookup walks over users.
#[derive(Debug)]
struct Ledger {
    key: AccountKey,
    name: String,
    login: Option<UserKey>,
    users: HashMap<UserKey, Record>,
    /// Users by e-mail key: the order of a read, and the one holder of an address.
    addresses: BTreeMap<Box<str>, UserKey>,
    /// Licences, with `used` kept up to date.
    licenses: BTreeMap<LicenseKey, License>,
    groups: BTreeMap<UserGroupPath, UserGroup>,
    completeness: Completeness,
    next_user: u64,
    activity: Vec<Activity>,
}

impl Ledger {
    fn open(account: Account) -> Self {
        Self::build(account, FIRST_USER, |_| None)
    }

    /// The ledger after an edit: what only it knows stays.
    fn reopened(&mut self, account: Account) -> Self {
        let signed_in = |key: &UserKey| self.users.get(key).map(|record| record.signed_in);
        let mut ledger = Self::build(account, self.next_user, signed_in);
        ledger.activity = std::mem::take(&mut self.activity);
        ledger
    }

    fn build(account: Account, mut next_user: u64, signed_in: impl Fn(&UserKey) -> Option<bool>) -> Self {
        let records = match book::opening(&account, &mut next_user, signed_in) {
            Ok(records) => records,
            Err(error) => panic!("{error}"),
        };
        let unused = |license: License| (license.key.clone(), License { used: 0, ..license });
        let mut ledger = Self {
            key: account.key,
            name: account.name,
            login: account.login,
            users: HashMap::with_capacity(records.len()),
            addresses: BTreeMap::new(),
            licenses: account.licenses.into_iter().map(unused).collect(),
            groups: account.groups.into_iter().map(|group| (group.path.clone(), group)).collect(),
            completeness: account.completeness,
            next_user,
            activity: Vec::new(),
        };
        for record in records {
            ledger.put(record);
        }
        ledger
    }

    fn account(&self) -> Account {
        // The indexes are in the order of `Account::sort`: an address belongs to one user, so its key decides alone.
        Account {
            key: self.key.clone(),
            name: self.name.clone(),
            login: self.login.clone(),
            users: self.addresses.values().map(|key| Arc::clone(&self.users[key].user)).collect(),
            licenses: self.licenses.values().cloned().collect(),
            groups: self.groups.values().cloned().collect(),
            completeness: self.completeness.clone(),
        }
    }

    fn put(&mut self, record: Record) {
        if let Some(before) = self.users.remove(&record.key) {
            self.count(&before.user, |used| used - 1);
            self.addresses.remove(&*before.user.email.key());
        }
        self.count(&record.user, |used| used + 1);
        self.addresses.insert(record.user.email.key().into(), record.key.clone());
        self.users.insert(record.key.clone(), record);
    }

    fn count(&mut self, user: &User, step: fn(u32) -> u32) {
        for key in &user.licenses {
            // A licence that the account does not list has no seats to count.
            if let Some(license) = self.licenses.get_mut(key) {
                license.used = step(license.used);
            }
        }
    }
}

impl Book for Ledger {
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

    fn put_user(&mut self, record: Record) -> Result<()> {
        self.put(record);
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::{ActionKind, Status};
    use crate::target::book::cases::{Bench, STORY, account, created, every_case, story, told};

    fn bench(account: &Account) -> Bench {
        Bench { target: Box::new(MemoryTarget::new(account.clone())), _beside: Box::new(()) }
    }

    every_case!(bench);

    fn batch(count: usize) -> Batch {
        (0..count).map(|n| created(&format!("u{n}@example.test"), &["g2m"])).collect()
    }

    #[tokio::test]
    async fn what_was_done_is_told() {
        let target = MemoryTarget::new(account());
        target.execute(&story()).await.unwrap();
        assert_eq!(told(&target.activity()), STORY);
    }

    #[tokio::test]
    async fn an_admin_may_change_anything_between_runs() {
        let target = MemoryTarget::new(account());
        target.execute(&story()).await.unwrap();
        target.edit(|account| {
            account.users.retain(|user| &*user.first_name != "ann");
            let dan = account.users.iter_mut().find(|user| &*user.last_name == "Lee" && user.group.is_some()).unwrap();
            Arc::make_mut(dan).licenses.clear();
            account.licenses[0].seats = 9;
        });
        let account = target.account();
        assert_eq!(account.user(&"1000000001".into()).unwrap().status, Status::Suspended);
        assert_eq!((account.licenses[0].seats, account.licenses[0].used), (9, 1));
        // Numbers and history go on.
        target.execute(&[created("gus@example.test", &[])].into_iter().collect()).await.unwrap();
        assert!(target.account().user(&"1000000003".into()).is_some());
        assert_eq!(target.activity().last().unwrap().sequence, 6);
    }

    #[test]
    fn an_edit_that_panics_changes_nothing() {
        let target = MemoryTarget::new(account());
        let before = target.account();
        let twice = || target.edit(|account| account.users.push(Arc::clone(&account.users[0])));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(twice)).is_err());
        assert_eq!(target.account(), before);
    }

    #[tokio::test]
    async fn a_read_can_be_made_incomplete_and_back() {
        let target = MemoryTarget::new(account());
        target.incomplete("users", "page 2 was lost");
        target.incomplete("groups", "no answer");
        let read = target.read().await.unwrap();
        assert_eq!(read.completeness.to_string(), "incomplete; users: page 2 was lost; groups: no answer");
        assert_eq!(read.users.len(), 3);
        target.complete();
        assert!(target.read().await.unwrap().completeness.is_complete());
    }

    #[tokio::test]
    async fn it_keeps_to_what_it_says() {
        let capabilities = Capabilities { actions: [ActionKind::Suspend].into(), batch: 1, ..Capabilities::all() };
        let limits = FieldLimits { name: 2, ..FieldLimits::VENDOR };
        let target = MemoryTarget::new(account()).with_capabilities(capabilities.clone()).with_limits(limits);
        let info = target.describe().await.unwrap();
        assert_eq!((info.capabilities, info.limits), (capabilities, limits));
        let outcomes = target.execute(&batch(1)).await.unwrap();
        assert_eq!(outcomes, [Outcome::failed(ErrorKind::Unsupported, "the account does not take `create`")]);
        assert_eq!(target.execute(&batch(2)).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[tokio::test]
    async fn a_large_account_is_quick() {
        let start = Instant::now();
        let mut account = account();
        account.licenses.iter_mut().for_each(|license| license.seats = 30_000);
        let capabilities = Capabilities { batch: 30_000, ..Capabilities::all() };
        let target = MemoryTarget::new(account).with_capabilities(capabilities);
        let outcomes = target.execute(&batch(24_997)).await.unwrap();
        assert!(outcomes.iter().all(Outcome::is_done));
        let (one, other) = (target.account(), target.account());
        assert_eq!(one.users.len(), 25_000);
        assert!(one.users.iter().zip(&other.users).all(|(a, b)| Arc::ptr_eq(a, b)));
        // Quadratic would be minutes; the margin is for a busy machine without optimisation.
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
