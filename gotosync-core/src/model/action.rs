//! What can be done to an account: a closed list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::{Role, User, UserGroupPath, WelcomeEmail};
use super::change::{UserChanges, Whole};
use super::id::{LicenseKey, UserKey};

/// One thing to do to an account.
///
/// The list is closed so that a decorator forwards three calls, a plan serialises, and the laws of the conformance suite
/// can walk over every kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Takes every product and role from a user, who can then no longer sign in.
    Suspend(Suspension),
    /// Takes some licences from a user.
    Release(Release),
    /// Makes a user group; the group above it exists.
    CreateGroup {
        /// Where it stands.
        path: UserGroupPath,
    },
    /// Changes a user.
    Update(Update),
    /// Gives access back to a user who was suspended, with other changes in the same breath.
    Reactivate(Update),
    /// Makes a user.
    Create(Creation),
}

/// Takes every product and role from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspension {
    user: UserKey,
    licenses: Vec<LicenseKey>,
    #[serde(default, skip_serializing_if = "Role::is_member")]
    role: Role,
}

/// Takes some licences from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    user: UserKey,
    licenses: Vec<LicenseKey>,
}

/// Changes a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Update {
    /// The user.
    pub user: UserKey,
    /// What changes.
    pub changes: UserChanges,
}

/// Makes a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Creation {
    /// The user as they shall be.
    pub user: Arc<User>,
    /// The mail they get.
    #[serde(default)]
    pub welcome: WelcomeEmail,
}

impl Suspension {
    /// Takes all that a user has: these licences and this role.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>, role: Role) -> Self {
        Self { user, licenses, role }
    }

    /// The user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// The licences the user has, all of which go.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }

    /// The role the user has, which goes.
    pub fn role(&self) -> &Role {
        &self.role
    }
}

impl Release {
    /// Takes these licences.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>) -> Self {
        Self { user, licenses }
    }

    /// The user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// The licences that go.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }
}

/// The verb of an action, in the order in which a plan does them: what frees seats comes first, groups come before their
/// members, and new users come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// [`Action::Suspend`].
    Suspend,
    /// [`Action::Release`].
    Release,
    /// [`Action::CreateGroup`].
    CreateGroup,
    /// [`Action::Update`].
    Update,
    /// [`Action::Reactivate`].
    Reactivate,
    /// [`Action::Create`].
    Create,
}

impl ActionKind {
    /// Every kind, in order.
    pub const ALL: [Self; 6] =
        [Self::Suspend, Self::Release, Self::CreateGroup, Self::Update, Self::Reactivate, Self::Create];

    /// The word used in plans, capabilities and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Release => "release",
            Self::CreateGroup => "create-group",
            Self::Update => "update",
            Self::Reactivate => "reactivate",
            Self::Create => "create",
        }
    }
}

impl Action {
    /// The verb.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Suspend(_) => ActionKind::Suspend,
            Self::Release(_) => ActionKind::Release,
            Self::CreateGroup { .. } => ActionKind::CreateGroup,
            Self::Update(_) => ActionKind::Update,
            Self::Reactivate(_) => ActionKind::Reactivate,
            Self::Create(_) => ActionKind::Create,
        }
    }

    /// The existing user it is about, if it is about one.
    pub fn user(&self) -> Option<&UserKey> {
        match self {
            Self::Suspend(suspension) => Some(&suspension.user),
            Self::Release(release) => Some(&release.user),
            Self::Update(update) | Self::Reactivate(update) => Some(&update.user),
            Self::CreateGroup { .. } | Self::Create(_) => None,
        }
    }

    /// Says whether it overwrites or takes away anything.
    pub fn takes_away(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::Release(_) => true,
            Self::Update(update) | Self::Reactivate(update) => update.changes.takes_away(),
            Self::CreateGroup { .. } | Self::Create(_) => false,
        }
    }

    /// The licences it gives.
    pub fn licenses_given(&self) -> &[LicenseKey] {
        match self {
            Self::Update(update) | Self::Reactivate(update) => update.changes.licenses.added(),
            Self::Create(creation) => &creation.user.licenses,
            Self::Suspend(_) | Self::Release(_) | Self::CreateGroup { .. } => &[],
        }
    }

    /// The licences it takes.
    pub fn licenses_taken(&self) -> &[LicenseKey] {
        match self {
            Self::Suspend(suspension) => &suspension.licenses,
            Self::Release(release) => &release.licenses,
            Self::Update(update) | Self::Reactivate(update) => update.changes.licenses.removed(),
            Self::Create(_) | Self::CreateGroup { .. } => &[],
        }
    }

    /// The user group it puts somebody into.
    pub fn group_joined(&self) -> Option<&UserGroupPath> {
        match self {
            Self::Update(update) | Self::Reactivate(update) => {
                update.changes.group.as_ref().and_then(|change| change.after())
            }
            Self::Create(creation) => creation.user.group.as_ref(),
            Self::Suspend(_) | Self::Release(_) | Self::CreateGroup { .. } => None,
        }
    }
}

/// Actions that travel to a target together. Each has an outcome of its own: they are not one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The actions, in order.
    pub actions: Vec<Action>,
}

impl FromIterator<Action> for Batch {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self { actions: actions.into_iter().collect() }
    }
}
