//! Where users live: the contract of every provisioning target.

use std::fmt::{Debug, Display};

use async_trait::async_trait;
use serde::Serialize;

use crate::Result;
use crate::model::{Account, AccountKey, Batch, Note, Outcome, UserKey};

mod account_rules;

mod flaky;
mod forward;
#[cfg(feature = "goto")]
pub mod goto;
#[cfg(feature = "sqlite")]
mod local;
mod memory;
mod rate_limit;
mod read_only;
mod recording;
#[cfg(feature = "scim")]
pub mod scim;

pub use crate::model::{Capabilities, Feature, FieldLimits, RoleAccess, Visibility};
pub use account_rules::Activity;
pub use flaky::{FlakyTarget, Mishap};
#[cfg(feature = "sqlite")]
pub use local::LocalAccount;
pub use memory::{Glance, MemoryTarget};
pub use rate_limit::RateLimited;
pub use read_only::ReadOnly;
pub use recording::{Recorded, RecordingTarget};
#[cfg(feature = "scim")]
pub use scim::ScimTarget;

/// An account that users are provisioned in.
///
/// An implementation promises three things. **Whole or said not to be:** an [`Account`] is marked complete only if every
/// listing reached its end. **One outcome for each action, in order:** a failed action changes nothing, and where that is
/// not known the outcome is [`Outcome::InDoubt`], never a guess. **Guarded writes:** an action whose `before` is not how
/// the user is now fails with [`ErrorKind::Conflict`](crate::ErrorKind::Conflict).
///
/// `Err` from [`execute`](Self::execute) means that nothing of the batch was tried.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ProvisioningTarget: Debug + Display + Send + Sync {
    /// Says what this account is and what can be done to it.
    async fn describe(&self) -> Result<TargetInfo>;

    /// Reads users, licenses with their seats, user groups, and whatever else the account has to give.
    ///
    /// Where the login may not see roles, everybody is read as a member.
    async fn read(&self) -> Result<Account>;

    /// Does what a batch says, each action by itself.
    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>>;
}

/// What a target is and can do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetInfo {
    /// Its kind and place in a few words, such as `local account account.db`.
    pub name: String,
    /// The account.
    pub account: AccountKey,
    /// The user whose login is in use.
    pub login: Option<UserKey>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it accepts in fields.
    pub limits: FieldLimits,
    /// What every report is to tell of it, such as a login that ends soon.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Note>,
}

#[cfg(feature = "mock")]
impl Display for MockProvisioningTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mock target")
    }
}
