//! Provisioning targets: the contract that every target implements, and the targets that come with the crate.

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

/// An account in which users are provisioned.
///
/// Every implementation guarantees three things:
///
/// - **Honest completeness.** An [`Account`] is marked complete only if every listing was read up to its last page.
/// - **One outcome per action, in order.** A failed action has changed nothing. If the target cannot know whether an action
///   took effect, the outcome is [`Outcome::InDoubt`], never a guess.
/// - **Guarded writes.** An action whose `before` values differ from the user's current values fails with
///   [`ErrorKind::Conflict`](crate::ErrorKind::Conflict).
///
/// `Err` from [`execute`](Self::execute) means that no action of the batch was attempted.
///
/// The module `laws` (feature `laws`) contains conformance tests for this contract.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ProvisioningTarget: Debug + Display + Send + Sync {
    /// Describes the account and what the target can do with it.
    async fn describe(&self) -> Result<TargetInfo>;

    /// Reads the account: users, licenses with their seats, user groups, and the catalog.
    ///
    /// If the signed-in user is not allowed to see roles, every user is read as a member.
    async fn read(&self) -> Result<Account>;

    /// Executes the actions of a batch, and returns one outcome per action, in the same order.
    ///
    /// An action that fails does not keep the target from executing the others.
    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>>;
}

/// The identity, capabilities, and limits of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetInfo {
    /// The kind and location of the target in a few words, such as `local account account.db`.
    pub name: String,
    /// The key of the account.
    pub account: AccountKey,
    /// The signed-in user; `None` if the credentials do not belong to a user.
    pub login: Option<UserKey>,
    /// The actions and features that the target supports.
    pub capabilities: Capabilities,
    /// The limits that the target sets for fields.
    pub limits: FieldLimits,
    /// Notes that every report repeats, such as a sign-in that expires soon.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Note>,
}

#[cfg(feature = "mock")]
impl Display for MockProvisioningTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mock target")
    }
}
