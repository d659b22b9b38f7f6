//! A wrapper for a target whose service assigns its own keys, so that the conformance tests can use their usual keys
//! and names.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gotosync_core::Result;
use gotosync_core::model::{
    Account, Action, Batch, Change, Creation, Deletion, Effect, Outcome, Release, Suspension, Update, User,
    UserChanges, UserKey, Whole,
};
use gotosync_core::target::{ProvisioningTarget, TargetInfo};

use crate::laws::corpus;

/// A wrapper that translates user keys and custom field names between a test and the wrapped target.
///
/// Group keys are not translated, because the conformance tests identify groups by path.
#[derive(Debug)]
pub struct Rekeyed<T> {
    inner: T,
    account: Account,
    /// The key in the wrapped target for each key that the test uses.
    keys: Mutex<HashMap<UserKey, UserKey>>,
    fields: Vec<(String, String)>,
}

impl<T: ProvisioningTarget> Rekeyed<T> {
    /// Presents a target as this account, although its users have other keys there. `fields` maps custom field names
    /// of the test to those of the target.
    pub fn new(inner: T, account: Account, keys: HashMap<UserKey, UserKey>, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(here, there)| ((*here).to_owned(), (*there).to_owned())).collect();
        Self { inner, account, keys: Mutex::new(keys), fields }
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<UserKey, UserKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn there(&self, key: &UserKey) -> UserKey {
        self.keys().get(key).cloned().unwrap_or_else(|| key.clone())
    }

    fn here(&self, key: &UserKey) -> UserKey {
        self.keys().iter().find(|(_, there)| *there == key).map_or_else(|| key.clone(), |(here, _)| here.clone())
    }

    /// Returns a user whose custom field names are translated in one direction.
    fn renamed(&self, user: &User, to: impl Fn(&(String, String)) -> (&str, &str)) -> User {
        let mut user = user.clone();
        user.set_settings(|own| {
            own.custom_fields = std::mem::take(&mut own.custom_fields)
                .into_iter()
                .map(|(name, value)| (self.field(&name, &to), value))
                .collect();
        });
        user
    }

    fn field(&self, name: &str, to: impl Fn(&(String, String)) -> (&str, &str)) -> String {
        self.fields.iter().map(to).find(|(from, _)| *from == name).map_or(name, |(_, to)| to).to_owned()
    }

    fn action(&self, action: &Action) -> Result<Action> {
        let (reading, account) = (corpus::nobody()?, Account::empty("0", "evidence"));
        let Some(whole) = Whole::of(&reading, &account) else { unreachable!("both reads are complete") };
        Ok(match action {
            Action::Suspend(own) => {
                let user = self.there(own.user());
                Action::Suspend(Suspension::new(whole, user, own.licenses().to_vec(), own.role().clone()))
            }
            Action::Release(own) => {
                Action::Release(Release::new(whole, self.there(own.user()), own.licenses().to_vec()))
            }
            Action::Delete(own) => Action::Delete(Deletion::new(whole, self.there(own.user()), own.email().clone())),
            Action::Update(own) => Action::Update(self.update(own)),
            Action::Reactivate(own) => Action::Reactivate(self.update(own)),
            Action::Create(own) => Action::Create(Creation {
                user: Arc::new(self.renamed(&own.user, |(here, there)| (here, there))),
                ..own.clone()
            }),
            Action::Invite { user, sent } => Action::Invite { user: self.there(user), sent: *sent },
            other @ (Action::CreateGroup { .. } | Action::WriteTemplate { .. }) => other.clone(),
        })
    }

    fn update(&self, update: &Update) -> Update {
        let mut changes: UserChanges = update.changes.clone();
        if let Some(settings) = &mut changes.settings {
            settings.custom_fields = std::mem::take(&mut settings.custom_fields)
                .into_iter()
                .map(|(name, change): (String, Change<String>)| {
                    (self.field(&name, |(here, there)| (here, there)), change)
                })
                .collect();
        }
        Update { user: self.there(&update.user), changes }
    }
}

impl<T: fmt::Display> fmt::Display for Rekeyed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for Rekeyed<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        let info = self.inner.describe().await?;
        let login = info.login.as_ref().map(|key| self.here(key));
        Ok(TargetInfo { account: self.account.key.clone(), login, ..info })
    }

    async fn read(&self) -> Result<Account> {
        let mut account = self.inner.read().await?;
        account.key = self.account.key.clone();
        account.name.clone_from(&self.account.name);
        account.login = account.login.as_ref().map(|key| self.here(key));
        for user in &mut account.users {
            let mut own = self.renamed(user, |(here, there)| (there, here));
            own.key = own.key.as_ref().map(|key| self.here(key));
            *user = Arc::new(own);
        }
        for group in &mut account.groups {
            group.key = None;
        }
        for license in &mut account.licenses {
            if let Some(own) = self.account.license(&license.key) {
                license.products.clone_from(&own.products);
            }
        }
        let known = |name: &String| self.fields.iter().any(|(_, there)| there == name);
        account.catalog.custom_fields.retain(known);
        for name in &mut account.catalog.custom_fields {
            *name = self.field(name, |(here, there)| (there, here));
        }
        account.sort();
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let actions = batch.actions.iter().map(|action| self.action(action)).collect::<Result<Vec<_>>>()?;
        let outcomes = self.inner.execute(&actions.into_iter().collect()).await?;
        let told = |outcome: Outcome| match outcome {
            Outcome::Done { effect: Effect::Created { user } } => Effect::Created { user: self.here(&user) }.into(),
            other => other,
        };
        Ok(outcomes.into_iter().map(told).collect())
    }
}
