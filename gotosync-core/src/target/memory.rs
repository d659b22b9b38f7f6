//! An account in memory: a strict fake for tests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::account_rules::{self, Activity, Terms};
use super::{Capabilities, FieldLimits, ProvisioningTarget, TargetInfo};
use crate::error::Result;
use crate::model::{Account, Action, Batch, Completeness, Effect, Email, Gap, Invitation, Outcome, Status, UserKey};

mod glance;
mod ledger;

pub use glance::Glance;
use ledger::Ledger;

/// An account in memory, for tests of programs that embed this crate.
///
/// It is as strict as the vendor, and stricter where the vendor's behavior is undocumented: names and addresses have
/// limits, an address belongs to one user, licenses and user groups must exist, no seat is assigned twice, and an action
/// whose `before` values differ from the user's current values is refused. A signed-in user who is not a full
/// administrator can neither see nor change roles. The rules are the same as those of
/// [`LocalAccount`](super::LocalAccount) and share its code. Unlike at the vendor, changes are visible to reads
/// immediately.
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
/// account.licenses.push(License::new("g2m", "GoToMeeting", &["G2M"], 1));
/// let target = MemoryTarget::new(account);
///
/// let create = |email: &str| {
///     let user = User { licenses: vec![meeting.clone()], ..User::new(email, "Ann", "Lee") };
///     Action::Create(Creation::new(user, WelcomeEmail::None))
/// };
/// let batch = [create("ann@example.test"), create("bob@example.test")].into_iter().collect();
/// let outcomes = target.execute(&batch).await?;
/// assert!(outcomes[0].is_done());
/// assert!(!outcomes[1].is_done()); // no seat is free in GoToMeeting
/// assert_eq!(target.account().users.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryTarget {
    ledger: Mutex<Ledger>,
    capabilities: Capabilities,
    limits: FieldLimits,
    /// `true` if the capabilities lack a feature that the ledger supports.
    limited: bool,
}

impl MemoryTarget {
    /// Creates a target that holds the account as given.
    ///
    /// Users without a key get one, counted from 1000000001. `status` and `used` are derived: a user with neither a product
    /// nor a role is suspended, whatever the given status. Limits apply only to later writes.
    ///
    /// # Panics
    /// Panics if the account contains a duplicate that no real account can have, such as two users with one key or address,
    /// two licenses with one key, or two user groups with one path.
    pub fn new(account: Account) -> Self {
        Self {
            ledger: Mutex::new(Ledger::open(account)),
            capabilities: Capabilities::built_in(),
            limits: FieldLimits::VENDOR,
            limited: false,
        }
    }

    /// Sets the limits for fields; the default is [`FieldLimits::VENDOR`].
    #[must_use]
    pub fn with_limits(mut self, limits: FieldLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the default capabilities: every action, and every feature except
    /// [`Feature::People`](super::Feature::People).
    pub fn capabilities() -> Capabilities {
        Capabilities::built_in()
    }

    /// Sets the capabilities that the target declares and enforces; the default is [`capabilities`](Self::capabilities).
    ///
    /// Actions that are not declared, or that need a feature that is not declared, fail; reads omit the data of such a feature.
    /// A batch above the limit is refused. Roles can be hidden even from a full administrator. `concurrency` and `visibility`
    /// are declared but not simulated.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.limited = capabilities.features != Self::capabilities().features;
        self.capabilities = capabilities;
        self
    }

    /// Returns the current account. Unlike a read, it shows every role and every feature.
    pub fn account(&self) -> Account {
        self.ledger().account()
    }

    /// Returns a view of the account that does not copy it. The account is locked until the view is dropped.
    pub fn glance(&self) -> Glance<'_> {
        Glance::of(self.ledger())
    }

    /// Returns the changes that actions have made so far, in order. Changes made with [`edit`](Self::edit) are not included.
    pub fn activity(&self) -> Vec<Activity> {
        self.ledger().activity.clone()
    }

    /// Changes the account without any rules, as an admin might between two runs. `status` and `used` are derived again.
    ///
    /// The account is locked until `change` returns, so `change` must not call this target.
    ///
    /// # Panics
    /// Panics like [`new`](Self::new); the account is then unchanged.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        let mut ledger = self.ledger();
        let mut account = ledger.account();
        let answer = change(&mut account);
        *ledger = ledger.reopened(account);
        answer
    }

    /// Simulates a user's first sign-in: the user becomes active and no longer has an invitation.
    ///
    /// # Panics
    /// Panics if the user does not exist or is suspended.
    pub fn sign_in(&self, user: &UserKey) {
        self.ledger().change_user(user, |record| {
            assert!(record.user.status != Status::Suspended, "{} is suspended", record.user.email);
            record.signed_in = true;
            let user = Arc::make_mut(&mut record.user);
            user.status = Status::Active;
            user.invitation = None;
        });
    }

    /// Makes the last invitation to a user expire.
    ///
    /// # Panics
    /// Panics if no user with this address was invited.
    pub fn expire_invitation(&self, email: &str) {
        let mut ledger = self.ledger();
        let key = ledger.key_of(&Email::new(email));
        ledger.change_user(&key, |record| match &record.user.invitation {
            Some(invitation) if invitation.sent > 0 => {
                let invitation = Some(Invitation { expired: true, ..*invitation });
                Arc::make_mut(&mut record.user).invitation = invitation;
            }
            _ => panic!("no user with the address {email} was invited"),
        });
    }

    /// Simulates a user of another account accepting the invitation to move here.
    ///
    /// The user gets the fields, licenses, and role of the [`Create`](Action::Create) action that sent the invitation, and
    /// counts as a user who has signed in before. If the invitation was already in the account given to [`new`](Self::new),
    /// the user gets only the e-mail address.
    ///
    /// # Panics
    /// Panics if no user with this address was invited to move here, or if the invitation has expired.
    pub fn accept_transfer(&self, email: &str) {
        self.ledger().accept_transfer(&Email::new(email));
    }

    /// Makes the invitation to move here from another account expire.
    ///
    /// # Panics
    /// Panics if no user with this address was invited to move here.
    pub fn expire_transfer(&self, email: &str) {
        self.ledger().expire_transfer(&Email::new(email));
    }

    /// Marks every later read as incomplete, with a gap at this place.
    ///
    /// The reads still return all data; they are only no longer marked complete.
    pub fn incomplete(&self, place: impl Into<String>, problem: impl Into<String>) {
        let mut ledger = self.ledger();
        let mut gaps = ledger.completeness.gaps().to_vec();
        gaps.push(Gap { place: place.into(), problem: problem.into() });
        ledger.completeness = Completeness::from_gaps(gaps);
    }

    /// Marks every later read as complete again.
    pub fn complete(&self) {
        self.ledger().completeness = Completeness::Complete;
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic in `edit` leaves the ledger unchanged, because `edit` replaces it only after everything else succeeded.
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
        let roles = account_rules::access(&*ledger, &self.capabilities)?;
        Ok(TargetInfo {
            name: format!("memory account {}", ledger.key),
            account: ledger.key.clone(),
            login: ledger.login.clone(),
            capabilities: Capabilities { roles, ..self.capabilities.clone() },
            limits: self.limits,
            remarks: Vec::new(),
        })
    }

    async fn read(&self) -> Result<Account> {
        let ledger = self.ledger();
        let roles = account_rules::access(&*ledger, &self.capabilities)?;
        let mut account = account_rules::as_shown(ledger.account(), roles);
        if self.limited {
            self.capabilities.limit(&mut account);
        }
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        account_rules::admit(batch, &self.capabilities)?;
        let terms = Terms { capabilities: &self.capabilities, limits: self.limits, now: Timestamp::now() };
        let mut ledger = self.ledger();
        let mut outcomes = Vec::with_capacity(batch.actions.len());
        for action in &batch.actions {
            let outcome = account_rules::perform(&mut *ledger, action, &terms)?;
            if let (Action::Create(creation), Outcome::Done { effect: Effect::TransferInvited }) = (action, &outcome) {
                ledger.remember_asked(&creation.user);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::error::ErrorKind;
    use crate::model::{ActionKind, Role, User, WelcomeEmail};
    use crate::target::RoleAccess;
    use crate::target::account_rules::cases::{
        Bench, SEQUEL, STORY, account, created, every_case, lines, sequel, story, welcomed,
    };

    fn bench(account: &Account) -> Bench {
        Bench { target: Box::new(MemoryTarget::new(account.clone())), _beside: Box::new(()) }
    }

    every_case!(bench);

    fn batch(count: usize) -> Batch {
        (0..count).map(|n| created(&format!("u{n}@example.test"), &["g2m"])).collect()
    }

    #[tokio::test]
    async fn records_changes_in_the_history() {
        let target = MemoryTarget::new(account());
        target.execute(&story()).await.unwrap();
        assert_eq!(lines(&target.activity()), STORY);
        let target = MemoryTarget::new(account());
        target.execute(&sequel()).await.unwrap();
        assert_eq!(lines(&target.activity()), SEQUEL);
    }

    fn panics(act: impl FnOnce()) {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_err());
    }

    fn asked(email: &str) -> Action {
        let user = User { licenses: vec!["g2w".into()], ..User::new(email, "Gil", "Fox") };
        welcomed(user, WelcomeEmail::Default)
    }

    #[tokio::test]
    async fn the_first_sign_in_ends_the_invitation() {
        let target = MemoryTarget::new(account());
        target.execute(&[asked("dan@example.test")].into_iter().collect()).await.unwrap();
        let (dan, now) = (UserKey::new("1000000001"), || target.account().user(&"1000000001".into()).unwrap().clone());
        target.expire_invitation("DAN@example.test");
        assert_eq!(now().invitation, Some(Invitation { sent: 1, expired: true }));
        target.sign_in(&dan);
        assert_eq!((now().status, now().invitation), (Status::Active, None));
        // After an admin suspends and reactivates the user, the user is active, because the sign-in is remembered.
        target.edit(|account| {
            let dan = account.users.iter_mut().find(|user| user.key.as_ref() == Some(&dan)).unwrap();
            Arc::make_mut(dan).licenses.clear();
        });
        assert_eq!(now().status, Status::Suspended);
        panics(|| target.sign_in(&dan));
        panics(|| target.sign_in(&"9".into()));
        panics(|| target.expire_invitation("dan@example.test"));
        target.edit(|account| {
            let dan = account.users.iter_mut().find(|user| user.key.as_ref() == Some(&dan)).unwrap();
            Arc::make_mut(dan).licenses.push("g2w".into());
        });
        assert_eq!(now().status, Status::Active);
    }

    #[tokio::test]
    async fn a_user_who_accepts_a_transfer_gets_the_requested_fields() {
        let target = MemoryTarget::new(account());
        let both: Batch = [asked("gil@other.test"), asked("fox@other.test")].into_iter().collect();
        let effect: Outcome = Effect::TransferInvited.into();
        assert_eq!(target.execute(&both).await.unwrap(), [effect.clone(), effect]);
        target.expire_transfer("fox@other.test");
        target.edit(|account| account.name.push('!'));
        target.accept_transfer("GIL@other.test");
        let account = target.account();
        let gil = account.user_by_email(&Email::new("gil@other.test")).unwrap();
        assert_eq!((gil.status, &*gil.first_name, gil.licenses.len()), (Status::Active, "Gil", 1));
        assert_eq!(account.license(&"g2w".into()).unwrap().used, 1);
        assert!(!account.catalog.is_elsewhere(&gil.email));
        let left: Vec<_> =
            account.transfers.iter().map(|transfer| (transfer.email.as_str(), transfer.expired)).collect();
        assert_eq!(left, [("fox@other.test", true)]);
        panics(|| target.accept_transfer("fox@other.test"));
        panics(|| target.accept_transfer("gil@other.test"));
        panics(|| target.expire_transfer("gil@other.test"));
        assert_eq!(target.account(), account);
    }

    #[tokio::test]
    async fn a_transfer_from_the_loaded_account_brings_only_the_address() {
        let mut account = account();
        account.transfers = vec![crate::model::Transfer { email: Email::new("hal@x.test"), expired: false, sent: 1 }];
        let target = MemoryTarget::new(account);
        target.accept_transfer("hal@x.test");
        let hal = Arc::clone(target.account().user_by_email(&Email::new("hal@x.test")).unwrap());
        assert_eq!((hal.status, &*hal.last_name, hal.key.is_some()), (Status::Suspended, "", true));
    }

    #[tokio::test]
    async fn roles_can_be_hidden_from_an_administrator() {
        let capabilities = Capabilities { roles: RoleAccess::Hidden, ..Capabilities::built_in() };
        let target = MemoryTarget::new(account()).with_capabilities(capabilities);
        assert_eq!(target.describe().await.unwrap().capabilities.roles, RoleAccess::Hidden);
        let ann = |account: Account| account.user(&"1".into()).unwrap().role.clone();
        assert_eq!(ann(target.read().await.unwrap()), Role::Member);
        assert_eq!(ann(target.account()), Role::Administrator);
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
        // User keys and sequence numbers continue.
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
    async fn enforces_declared_capabilities_and_limits() {
        let capabilities = Capabilities { actions: [ActionKind::Suspend].into(), batch: 1, ..Capabilities::built_in() };
        let limits = FieldLimits { name: 2, ..FieldLimits::VENDOR };
        let target = MemoryTarget::new(account()).with_capabilities(capabilities.clone()).with_limits(limits);
        let info = target.describe().await.unwrap();
        assert_eq!((info.capabilities, info.limits), (capabilities, limits));
        let outcomes = target.execute(&batch(1)).await.unwrap();
        assert_eq!(
            outcomes,
            [Outcome::failed(ErrorKind::Unsupported, "the account does not support the action `create`")]
        );
        assert_eq!(target.execute(&batch(2)).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[tokio::test]
    async fn handles_a_large_account_quickly() {
        let start = Instant::now();
        let mut account = account();
        account.licenses.iter_mut().for_each(|license| license.seats = 30_000);
        let capabilities = Capabilities { batch: 30_000, ..Capabilities::built_in() };
        let target = MemoryTarget::new(account).with_capabilities(capabilities);
        let outcomes = target.execute(&batch(24_997)).await.unwrap();
        assert!(outcomes.iter().all(Outcome::is_done));
        let (one, other) = (target.account(), target.account());
        assert_eq!(one.users.len(), 25_000);
        assert!(one.users.iter().zip(&other.users).all(|(a, b)| Arc::ptr_eq(a, b)));
        // A quadratic algorithm would take minutes; the limit allows for a busy machine and a debug build.
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
