//! The state shared by all requests: accounts, tokens, and recorded requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::StatusCode;
use gotosync_core::model::{AccountKey, UserKey};
use gotosync_core::target::{Capabilities, MemoryTarget};

use super::answer::Refusal;
use super::call::{Call, Mail};
use super::clock::Clock;
use super::connect::Switchboard;
use super::fault::Faults;
use super::limit::Limit;
use super::oauth::Desk;
use super::options::Options;

/// The emulated service.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    pub(super) tenants: Vec<Tenant>,
    pub(super) begun: Instant,
    pub(super) clock: Clock,
    desk: Mutex<Desk>,
    limit: Mutex<Limit>,
    faults: Mutex<Faults>,
    record: Mutex<Record>,
}

/// An account of the service.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) key: AccountKey,
    pub(super) target: MemoryTarget,
    board: Mutex<Switchboard>,
}

impl Tenant {
    /// Returns the account's telephones. The lock is never held across an await point.
    pub(super) fn board(&self) -> MutexGuard<'_, Switchboard> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The recorded requests and e-mails.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) mails: Vec<Mail>,
}

impl World {
    pub(super) fn new(options: Options) -> Arc<Self> {
        // A request may contain any number of users, because GoTo's maximum is not known.
        let capabilities = Capabilities { batch: usize::MAX, ..MemoryTarget::capabilities() };
        let tenant = |account: &gotosync_core::model::Account| Tenant {
            key: account.key.clone(),
            target: MemoryTarget::new(account.clone()).with_capabilities(capabilities.clone()),
            board: Mutex::default(),
        };
        let tenants = options.accounts.iter().map(tenant).collect();
        Arc::new(Self {
            tenants,
            begun: Instant::now(),
            clock: Clock::default(),
            desk: Mutex::new(Desk::new(options.seed)),
            limit: Mutex::new(Limit::new(options.per_second)),
            faults: Mutex::new(Faults::new(options.seed, options.faults.clone())),
            record: Mutex::default(),
            options,
        })
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limit(&self) -> MutexGuard<'_, Limit> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an e-mail.
    pub(super) fn mail(&self, to: &str, what: &str) {
        self.record().mails.push(Mail { to: to.to_owned(), what: what.to_owned() });
    }

    /// Returns the user who gives consent on the consent page.
    pub(super) fn login(&self) -> Option<UserKey> {
        self.tenants.first().and_then(|tenant| tenant.target.glance().login().cloned())
    }

    /// Returns an account by key, if the caller is a member.
    pub(super) fn tenant(&self, key: &str, user: &UserKey) -> Result<&Tenant, Refusal> {
        let tenant = self.tenants.iter().find(|tenant| tenant.key.as_str() == key);
        tenant
            .filter(|tenant| tenant.target.glance().user(user).is_some())
            .ok_or_else(|| Refusal::admin(StatusCode::FORBIDDEN, "not.authorized", key))
    }
}
