//! Where users live: the contract of every provisioning target.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::model::{Account, AccountKey, ActionKind, Batch, Note, Outcome, UserKey};

mod book;
mod feature;
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

pub use book::Activity;
pub use feature::Feature;
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

    /// Reads users, licences with their seats, user groups, and whatever else the account has to give.
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

/// What a target can do, as data: nothing asks for its type or its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capabilities {
    /// The actions it takes.
    pub actions: BTreeSet<ActionKind>,
    /// The most actions one batch may hold.
    pub batch: usize,
    /// The most batches that may be under way at once.
    pub concurrency: usize,
    /// Whether what was written can be read at once.
    pub visibility: Visibility,
    /// Whether the login sees and gives roles.
    pub roles: RoleAccess,
    /// What it does not have of all that an account can have: it is read as absent, and refused when it is written.
    pub lacks: BTreeSet<Feature>,
}

/// What a login may do about roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleAccess {
    /// It is a full administrator's: roles are read and written.
    Full,
    /// It is another administrator's: everybody looks like a member, and a role cannot be given.
    Hidden,
}

/// When a write can be seen by a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// At once: what a read does not show was not done.
    Immediate,
    /// Within so many seconds: whoever waits for that knows.
    Within(u32),
    /// At some time: what a read does not show may still have been done.
    Eventual,
}

impl Visibility {
    /// Says whether a read that waited long enough shows whatever was written before.
    pub fn is_certain(self) -> bool {
        self != Self::Eventual
    }

    /// How long to wait after a write.
    pub fn wait(self) -> Duration {
        match self {
            Self::Immediate | Self::Eventual => Duration::ZERO,
            Self::Within(seconds) => Duration::from_secs(u64::from(seconds)),
        }
    }
}

/// What a target accepts in the fields of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FieldLimits {
    /// Characters in a first or last name.
    pub name: usize,
    /// Characters in an e-mail address.
    pub email: usize,
    /// Users in the account.
    pub users: usize,
}

impl FieldLimits {
    /// The vendor's own: names of 32 characters, addresses of 128, 25,000 users.
    pub const VENDOR: Self = Self { name: 32, email: 128, users: 25_000 };
}

impl Capabilities {
    /// Everything but which person a user is, in batches of 100 one after another, seen at once.
    pub fn all() -> Self {
        Self {
            actions: ActionKind::ALL.into(),
            batch: 100,
            concurrency: 1,
            visibility: Visibility::Immediate,
            roles: RoleAccess::Full,
            lacks: [Feature::People].into(),
        }
    }

    /// Nothing but reading.
    pub fn none() -> Self {
        Self { actions: BTreeSet::new(), ..Self::all() }
    }
}

#[cfg(feature = "mock")]
impl Display for MockProvisioningTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mock target")
    }
}
