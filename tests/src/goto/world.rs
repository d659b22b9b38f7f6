//! What all requests share: accounts, tokens, and the memory of what was asked.

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

/// The service.
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

/// One account that is served.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) key: AccountKey,
    pub(super) target: MemoryTarget,
    board: Mutex<Switchboard>,
}

impl Tenant {
    /// Its telephones. Nobody holds them and waits.
    pub(super) fn board(&self) -> MutexGuard<'_, Switchboard> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) mails: Vec<Mail>,
}

impl World {
    pub(super) fn new(options: Options) -> Arc<Self> {
        // A request may carry any number of users: how many GoTo takes is not known.
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

    /// Remembers a mail.
    pub(super) fn mail(&self, to: &str, what: &str) {
        self.record().mails.push(Mail { to: to.to_owned(), what: what.to_owned() });
    }

    /// Whoever consents at the page for that.
    pub(super) fn login(&self) -> Option<UserKey> {
        self.tenants.first().and_then(|tenant| tenant.target.glance().login().cloned())
    }

    /// An account by key, if whoever asks is in it.
    pub(super) fn tenant(&self, key: &str, user: &UserKey) -> Result<&Tenant, Refusal> {
        let tenant = self.tenants.iter().find(|tenant| tenant.key.as_str() == key);
        tenant
            .filter(|tenant| tenant.target.glance().user(user).is_some())
            .ok_or_else(|| Refusal::admin(StatusCode::FORBIDDEN, "not.authorized", key))
    }
}
