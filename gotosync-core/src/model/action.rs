//! What can be done to an account: a closed list.

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

/// One thing to do to an account.
///
/// The list is closed so that a decorator forwards three calls, a plan serializes, and the laws of the conformance suite
/// can walk over every kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Takes every product and role from a user, who can then no longer sign in.
    Suspend(Suspension),
    /// Takes some licenses from a user.
    Release(Release),
    /// Deletes a user, with everything that the service keeps of them.
    Delete(Deletion),
    /// Makes a user group; the group above it exists.
    CreateGroup {
        /// Where it stands.
        path: UserGroupPath,
    },
    /// Makes or changes a template of welcome e-mails.
    WriteTemplate {
        /// The template before, if there was one, and after.
        template: Change<WelcomeTemplate>,
    },
    /// Changes a user.
    Update(Update),
    /// Gives access back to a user who was suspended, with other changes in the same breath.
    Reactivate(Update),
    /// Makes a user.
    Create(Creation),
    /// Sends an invitation again.
    Invite {
        /// The user.
        user: UserKey,
        /// How many invitations went out before; if it is more by now, this one is not sent.
        sent: u32,
    },
}

/// Takes every product and role from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspension {
    user: UserKey,
    licenses: Vec<LicenseKey>,
    #[serde(default, skip_serializing_if = "Role::is_member")]
    role: Role,
}

/// Takes some licenses from a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    user: UserKey,
    licenses: Vec<LicenseKey>,
}

/// Deletes a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deletion {
    user: UserKey,
    email: Email,
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
    /// The voicemail of their extension, if they get one: it is set before the extension is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<Voicemail>,
}

impl Creation {
    /// Makes a user who gets this mail.
    pub fn new(user: impl Into<Arc<User>>, welcome: WelcomeEmail) -> Self {
        Self { user: user.into(), welcome, voicemail: None }
    }
}

impl Suspension {
    /// Takes all that a user has: these licenses and this role.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>, role: Role) -> Self {
        Self { user, licenses, role }
    }

    /// The user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// The licenses the user has, all of which go.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }

    /// The role the user has, which goes.
    pub fn role(&self) -> &Role {
        &self.role
    }
}

impl Release {
    /// Takes these licenses.
    pub fn new(_: Whole<'_>, user: UserKey, licenses: Vec<LicenseKey>) -> Self {
        Self { user, licenses }
    }

    /// The user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// The licenses that go.
    pub fn licenses(&self) -> &[LicenseKey] {
        &self.licenses
    }
}

impl Deletion {
    /// Deletes a user who is suspended.
    pub fn new(_: Whole<'_>, user: UserKey, email: Email) -> Self {
        Self { user, email }
    }

    /// The user.
    pub fn user(&self) -> &UserKey {
        &self.user
    }

    /// The address the user has: keys may come twice, people do not.
    pub fn email(&self) -> &Email {
        &self.email
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

    /// The word used in plans, capabilities and output.
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
    /// The verb.
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

    /// The existing user it is about, if it is about one.
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

    /// Says whether it overwrites or takes away anything.
    pub fn takes_away(&self) -> bool {
        match self {
            Self::Suspend(_) | Self::Release(_) | Self::Delete(_) => true,
            Self::Update(update) | Self::Reactivate(update) => update.changes.takes_away(),
            Self::WriteTemplate { template } => template.takes_away(),
            Self::CreateGroup { .. } | Self::Create(_) | Self::Invite { .. } => false,
        }
    }

    /// The licenses it gives.
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

    /// The licenses it takes.
    pub fn licenses_taken(&self) -> &[LicenseKey] {
        match self {
            Self::Suspend(suspension) => &suspension.licenses,
            Self::Release(release) => &release.licenses,
            Self::Update(update) | Self::Reactivate(update) => update.changes.licenses.removed(),
            // Who is deleted was suspended before, and has none.
            Self::Delete(_)
            | Self::Create(_)
            | Self::CreateGroup { .. }
            | Self::WriteTemplate { .. }
            | Self::Invite { .. } => &[],
        }
    }

    /// The user group it puts somebody into.
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

    /// The user groups it needs to be there: the one it puts somebody into, and those a manager is limited to.
    pub fn groups_needed(&self) -> impl Iterator<Item = &UserGroupPath> {
        let managed = self.role_given().flatten().map_or(&[][..], Role::groups);
        self.group_joined().into_iter().chain(managed)
    }

    /// Says whether it sends a mail made from this template.
    pub fn uses_template(&self, name: &str) -> bool {
        matches!(self, Self::Create(creation) if matches!(&creation.welcome, WelcomeEmail::Template(own) if own == name))
    }

    /// The role it gives or leaves a user with, where it changes one: `None` within is that of a member.
    pub fn role_given(&self) -> Option<Option<&Role>> {
        match self {
            Self::Update(update) | Self::Reactivate(update) => {
                update.changes.role.as_ref().map(|change| change.after())
            }
            Self::Create(creation) if !creation.user.role.is_member() => Some(Some(&creation.user.role)),
            _ => None,
        }
    }

    /// The action in short: it is equal as long as the very same thing is to be done.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Says whether it makes the service send a mail to the user.
    pub fn sends_mail(&self) -> bool {
        match self {
            Self::Create(creation) => creation.welcome != WelcomeEmail::None,
            Self::Invite { .. } => true,
            _ => false,
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
