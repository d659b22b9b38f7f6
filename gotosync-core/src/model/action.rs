//! The closed list of actions on an account.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::{User, WelcomeEmail};
use super::catalog::WelcomeTemplate;
use super::change::{Change, UserChanges, Whole};
use super::email::Email;
use super::id::{Fingerprint, LicenseKey, UserKey};
use super::role::Role;
use super::telephone::Voicemail;
use super::user_group::UserGroupPath;

/// An action on an account.
///
/// The list is closed, so wrappers around a target only need to forward three calls, plans can be serialized, and the
/// conformance tests ("laws") can cover every kind of action.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Removes every product and role from a user, who then can no longer sign in.
    Suspend(Suspension),
    /// Removes some licenses from a user.
    Release(Release),
    /// Deletes a user and all data that the service stores for the user.
    Delete(Deletion),
    /// Creates a user group; its parent group must exist.
    CreateGroup {
        /// The path of the group.
        path: UserGroupPath,
    },
    /// Creates or changes a template of welcome e-mails.
    WriteTemplate {
        /// The template before, if it exists, and after the change.
        template: Change<WelcomeTemplate>,
    },
    /// Changes a user.
    Update(Update),
    /// Gives access back to a suspended user and makes other changes in the same step.
    Reactivate(Update),
    /// Creates a user.
    Create(Creation),
    /// Resends an invitation.
    Invite {
        /// The user.
        user: UserKey,
        /// The number of invitations sent before; if more have been sent by now, the action is rejected.
        sent: u32,
    },
}

/// The removal of every product and role from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspension {
    user: UserKey,
    licenses: Vec<LicenseKey>,
    #[serde(default, skip_serializing_if = "Role::is_member")]
    role: Role,
}

/// The removal of some licenses from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    user: UserKey,
    licenses: Vec<LicenseKey>,
}

/// The deletion of a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deletion {
    user: UserKey,
    email: Email,
}

/// A set of changes to a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Update {
    /// The user.
    pub user: UserKey,
    /// The changes.
    pub changes: UserChanges,
}

/// The creation of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Creation {
    /// The user to create.
    pub user: Arc<User>,
    /// The welcome e-mail that the service sends.
    #[serde(default)]
    pub welcome: WelcomeEmail,
    /// The voicemail settings of the user's extension, if rules give any; they are set before the user gets the extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<Voicemail>,
}

impl Creation {
    /// Creates a user with this welcome e-mail and no voicemail settings.
    pub fn new(user: impl Into<Arc<User>>, welcome: WelcomeEmail) -> Self {
        Self { user: user.into(), welcome, voicemail: None }
    }
}

impl Suspension {
    /// Suspends a user: removes all of the user's licenses and the role, which are listed here.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>, role: Role) -> Self {
        Self { user, licenses, role }
    }

    /// Returns the user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// Returns the user's licenses, all of which are removed.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }

    /// Returns the user's role, which is removed.
    pub fn role(&self) -> &Role {
        &self.role
    }
}

impl Release {
    /// Removes these licenses from a user.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>) -> Self {
        Self { user, licenses }
    }

    /// Returns the user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// Returns the licenses to remove.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }
}

impl Deletion {
    /// Deletes a suspended user.
    pub fn new(_: Whole<'_>, user: UserKey, email: Email) -> Self {
        Self { user, email }
    }

    /// Returns the user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// Returns the user's e-mail address. It confirms the identity: a service may reuse a key for another user.
    pub fn email(&self) -> &Email {
        &self.email
    }
}

/// The kind of an action. The order is the order of steps in a plan: first the kinds that free seats, then groups before
/// their members, then new users, and invitations last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// [`Action::Suspend`].
    Suspend,
    /// [`Action::Release`].
    Release,
    /// [`Action::Delete`].
    Delete,
    /// [`Action::CreateGroup`].
    CreateGroup,
    /// [`Action::WriteTemplate`].
    WriteTemplate,
    /// [`Action::Update`].
    Update,
    /// [`Action::Reactivate`].
    Reactivate,
    /// [`Action::Create`].
    Create,
    /// [`Action::Invite`].
    Invite,
}

impl ActionKind {
    /// Every kind, in order.
    pub const ALL: [Self; 9] = [
        Self::Suspend,
        Self::Release,
        Self::Delete,
        Self::CreateGroup,
        Self::WriteTemplate,
        Self::Update,
        Self::Reactivate,
        Self::Create,
        Self::Invite,
    ];

    /// The word used in plans, capabilities, and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Release => "release",
            Self::Delete => "delete",
            Self::CreateGroup => "create-group",
            Self::WriteTemplate => "write-template",
            Self::Update => "update",
            Self::Reactivate => "reactivate",
            Self::Create => "create",
            Self::Invite => "invite",
        }
    }
}

impl Action {
    /// Returns the kind of the action.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Suspend(_) => ActionKind::Suspend,
            Self::Release(_) => ActionKind::Release,
            Self::Delete(_) => ActionKind::Delete,
            Self::CreateGroup { .. } => ActionKind::CreateGroup,
            Self::WriteTemplate { .. } => ActionKind::WriteTemplate,
            Self::Update(_) => ActionKind::Update,
            Self::Reactivate(_) => ActionKind::Reactivate,
            Self::Create(_) => ActionKind::Create,
            Self::Invite { .. } => ActionKind::Invite,
        }
    }

    /// Returns the existing user that the action changes, if it changes one.
    pub fn user(&self) -> Option<&UserKey> {
        match self {
            Self::Suspend(suspension) => Some(&suspension.user),
            Self::Release(release) => Some(&release.user),
            Self::Delete(deletion) => Some(&deletion.user),
            Self::Update(update) | Self::Reactivate(update) => Some(&update.user),
            Self::Invite { user, .. } => Some(user),
            Self::CreateGroup { .. } | Self::WriteTemplate { .. } | Self::Create(_) => None,
        }
    }

    /// Returns `true` if the action overwrites or removes anything.
    pub fn takes_away(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::Release(_) | Self::Delete(_) => true,
            Self::Update(update) | Self::Reactivate(update) => update.changes.takes_away(),
            Self::WriteTemplate { template } => template.takes_away(),
            Self::CreateGroup { .. } | Self::Create(_) | Self::Invite { .. } => false,
        }
    }

    /// Returns the licenses that the action assigns.
    pub fn licenses_given(&self) -> &[LicenseKey] {
        match self {
            Self::Update(update) | Self::Reactivate(update) => update.changes.licenses.added(),
            Self::Create(creation) => &creation.user.licenses,
            Self::Suspend(_)
            | Self::Release(_)
            | Self::Delete(_)
            | Self::CreateGroup { .. }
            | Self::WriteTemplate { .. }
            | Self::Invite { .. } => &[],
        }
    }

    /// Returns the licenses that the action removes.
    pub fn licenses_taken(&self) -> &[LicenseKey] {
        match self {
            Self::Suspend(suspension) => &suspension.licenses,
            Self::Release(release) => &release.licenses,
            Self::Update(update) | Self::Reactivate(update) => update.changes.licenses.removed(),
            // A deleted user was suspended before and has no licenses.
            Self::Delete(_)
            | Self::Create(_)
            | Self::CreateGroup { .. }
            | Self::WriteTemplate { .. }
            | Self::Invite { .. } => &[],
        }
    }

    /// Returns the user group that the user joins.
    pub fn group_joined(&self) -> Option<&UserGroupPath> {
        match self {
            Self::Update(update) | Self::Reactivate(update) => {
                update.changes.group.as_ref().and_then(|change| change.after())
            }
            Self::Create(creation) => creation.user.group.as_ref(),
            Self::Suspend(_)
            | Self::Release(_)
            | Self::Delete(_)
            | Self::CreateGroup { .. }
            | Self::WriteTemplate { .. }
            | Self::Invite { .. } => None,
        }
    }

    /// Returns the user groups that must exist: the group that the user joins, and the groups that a manager is limited to.
    pub fn groups_needed(&self) -> impl Iterator<Item = &UserGroupPath> {
        let managed = self.role_given().flatten().map_or(&[][..], Role::groups);
        self.group_joined().into_iter().chain(managed)
    }

    /// Returns `true` if the action sends an e-mail made from this template.
    pub fn uses_template(&self, name: &str) -> bool {
        matches!(self, Self::Create(creation) if matches!(&creation.welcome, WelcomeEmail::Template(own) if own == name))
    }

    /// Returns the user's role after the action if the action changes it. The inner `None` is the role of a member.
    pub fn role_given(&self) -> Option<Option<&Role>> {
        match self {
            Self::Update(update) | Self::Reactivate(update) => {
                update.changes.role.as_ref().map(|change| change.after())
            }
            Self::Create(creation) if !creation.user.role.is_member() => Some(Some(&creation.user.role)),
            _ => None,
        }
    }

    /// Returns a fingerprint of the action; equal actions have equal fingerprints.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Returns `true` if the service sends the user an e-mail because of this action.
    pub fn sends_mail(&self) -> bool {
        match self {
            Self::Create(creation) => creation.welcome != WelcomeEmail::None,
            Self::Invite { .. } => true,
            _ => false,
        }
    }
}

/// Actions that are sent to a target together. Each action has its own outcome; a batch is not a transaction.
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
