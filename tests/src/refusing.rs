//! A target that rejects some users, like a service that rejects single invalid records of a batch.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use async_trait::async_trait;
use gotosync_core::model::{Account, Action, Batch, Email, Fault, Outcome, UserKey};
use gotosync_core::target::{ProvisioningTarget, TargetInfo};
use gotosync_core::{ErrorKind, Result};

/// A target that rejects every action on some users.
#[derive(Debug)]
pub struct RefusingTarget<T> {
    inner: T,
    refused: BTreeMap<String, String>,
}

impl<T: ProvisioningTarget> RefusingTarget<T> {
    /// Creates a target that rejects the users with these e-mail addresses, each with the given error message. A new
    /// user is identified by the address that the action sets, and an existing user by the current address.
    pub fn new(inner: T, refused: BTreeMap<String, String>) -> Self {
        Self { inner, refused }
    }

    /// Returns the failure for an action, if the target rejects it.
    fn refusal(&self, action: &Action, addresses: &HashMap<&UserKey, &Email>) -> Option<Outcome> {
        let email = match action {
            Action::Create(creation) => &creation.user.email,
            action => addresses.get(action.user()?)?,
        };
        let told = self.refused.iter().find(|(address, _)| Email::new(address) == *email);
        told.map(|(_, message)| Outcome::Failed { fault: Fault::new(ErrorKind::Input, message) })
    }
}

impl<T: fmt::Display> fmt::Display for RefusingTarget<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for RefusingTarget<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        self.inner.describe().await
    }

    async fn read(&self) -> Result<Account> {
        self.inner.read().await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        if self.refused.is_empty() {
            return self.inner.execute(batch).await;
        }
        let account = self.inner.read().await?;
        let addresses = account.users.iter().filter_map(|user| Some((user.key.as_ref()?, &user.email))).collect();
        let refusals: Vec<Option<Outcome>> =
            batch.actions.iter().map(|action| self.refusal(action, &addresses)).collect();
        let taken = batch.actions.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
        let taken: Batch = taken.map(|(action, _)| action.clone()).collect();
        let mut done = self.inner.execute(&taken).await?.into_iter();
        Ok(refusals.into_iter().filter_map(|refusal| refusal.or_else(|| done.next())).collect())
    }
}

#[cfg(test)]
mod tests {

    use gotosync_core::model::{Creation, License, User, WelcomeEmail};
    use gotosync_core::target::MemoryTarget;

    use super::*;

    fn create(email: &str) -> Action {
        let user = User { licenses: vec!["g2m".into()], ..User::new(email, "A", "B") };
        Action::Create(Creation::new(user, WelcomeEmail::Default))
    }

    #[tokio::test]
    async fn refuses_one_user_and_accepts_the_others() {
        let mut account = Account::empty("1", "Example");
        account.licenses.push(License::new("g2m", "GoToMeeting", &["G2M"], 5));
        let refused = BTreeMap::from([("bob@x.test".to_owned(), "not this one".to_owned())]);
        let target = RefusingTarget::new(MemoryTarget::new(account), refused);
        let batch: Batch = ["ann@x.test", "Bob@x.test", "cyd@x.test"].map(create).into_iter().collect();
        let outcomes = target.execute(&batch).await.unwrap();
        assert_eq!(outcomes.iter().map(Outcome::is_done).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(outcomes[1], Outcome::Failed { fault: Fault::new(ErrorKind::Input, "not this one") });
        let users = target.read().await.unwrap().users;
        assert_eq!(users.iter().map(|user| user.email.as_str()).collect::<Vec<_>>(), ["ann@x.test", "cyd@x.test"]);
    }
}
