//! The capabilities of a target, as data. The engine never depends on a target's type or name.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::action::{Action, ActionKind};
use super::outcome::Fault;
use super::settings::Feature;
use crate::error::ErrorKind;

/// The actions and features that a target supports.
///
/// By default, nothing is supported. A target without actions is read-only. A feature that is not supported is treated as absent
/// when reading and rejected when writing. If a later version of this crate adds a feature, targets do not support it until they
/// claim it.
///
/// ```
/// use gotosync_core::model::{ActionKind, Feature};
/// use gotosync_core::target::Capabilities;
///
/// let none = Capabilities::default();
/// assert!(none.actions.is_empty() && none.features.is_empty());
/// let some = Capabilities::default()
///     .with_actions([ActionKind::Create, ActionKind::Update])
///     .with_features([Feature::Products, Feature::Language]);
/// assert!(some.has(Feature::Language) && !some.has(Feature::TimeZone));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capabilities {
    /// The supported actions.
    pub actions: BTreeSet<ActionKind>,
    /// The supported features.
    pub features: BTreeSet<Feature>,
    /// The maximum number of actions in a batch.
    pub batch: usize,
    /// The maximum number of concurrent batches.
    pub concurrency: usize,
    /// The time after which a read shows a write.
    pub visibility: Visibility,
    /// The access of the signed-in user to roles.
    pub roles: RoleAccess,
}

/// The access of the signed-in user to roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleAccess {
    /// The signed-in user is a full administrator and can read and write roles.
    Full,
    /// The signed-in user is not a full administrator: every user appears as a member, and roles cannot be assigned.
    Hidden,
}

impl RoleAccess {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Full, Self::Hidden];
}

/// The time after which a write is visible to a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// At once: if a read does not show a write, the write was not done.
    Immediate,
    /// Within this number of seconds: a read after that time is reliable.
    Within(u32),
    /// At an unknown time: a write may have been done even if a read does not show it.
    Eventual,
}

/// The limits of a target for users and their fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FieldLimits {
    /// The maximum number of characters in a first or last name.
    pub name: usize,
    /// The maximum number of characters in an e-mail address.
    pub email: usize,
    /// The maximum number of users in the account.
    pub users: usize,
}

impl Default for Capabilities {
    /// Returns read-only capabilities: no actions, no features, one batch of one action at a time, hidden roles, and writes that
    /// may become visible at any time.
    fn default() -> Self {
        Self {
            actions: BTreeSet::new(),
            features: BTreeSet::new(),
            batch: 1,
            concurrency: 1,
            visibility: Visibility::Eventual,
            roles: RoleAccess::Hidden,
        }
    }
}

impl Capabilities {
    /// Returns the capabilities of the built-in accounts: all actions and all features except [`Feature::People`], in batches of
    /// 100, one batch at a time, with writes that are visible at once.
    pub(crate) fn built_in() -> Self {
        let features = Feature::ALL.iter().copied().filter(|feature| *feature != Feature::People);
        Self {
            actions: ActionKind::ALL.into(),
            features: features.collect(),
            batch: 100,
            concurrency: 1,
            visibility: Visibility::Immediate,
            roles: RoleAccess::Full,
        }
    }

    /// Adds supported actions.
    #[must_use]
    pub fn with_actions(mut self, actions: impl IntoIterator<Item = ActionKind>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Adds supported features.
    #[must_use]
    pub fn with_features(mut self, features: impl IntoIterator<Item = Feature>) -> Self {
        self.features.extend(features);
        self
    }

    /// Returns `true` if a feature is supported.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Returns the features that are not supported, in the order of [`Feature::ALL`].
    pub fn lacks(&self) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| !self.has(*feature)).collect()
    }

    /// Returns the reason why an action is rejected, if the action or one of its features is not supported.
    pub fn refusal(&self, action: &Action) -> Option<Fault> {
        let kind = action.kind();
        if !self.actions.contains(&kind) {
            let message = format!("the account does not support the action `{}`", kind.as_str());
            return Some(Fault::new(ErrorKind::Unsupported, message));
        }
        let feature = action.features().into_iter().find(|feature| !self.has(*feature))?;
        Some(Fault::new(ErrorKind::Unsupported, format!("the account does not support {}", feature.as_str())))
    }

    /// Clears everything in an account that is not supported.
    pub fn limit(&self, account: &mut Account) {
        account.retain(|feature| self.has(feature));
    }
}

impl Visibility {
    /// Returns `true` if a read after the waiting time reliably shows all earlier writes.
    pub fn is_certain(self) -> bool {
        self != Self::Eventual
    }

    /// Returns the time to wait after a write.
    pub fn wait(self) -> Duration {
        match self {
            Self::Immediate | Self::Eventual => Duration::ZERO,
            Self::Within(seconds) => Duration::from_secs(u64::from(seconds)),
        }
    }
}

impl FieldLimits {
    /// GoTo's limits: names of 32 characters, e-mail addresses of 128 characters, 25,000 users.
    pub const VENDOR: Self = Self { name: 32, email: 128, users: 25_000 };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Creation, User, WelcomeEmail};

    fn create(change: impl FnOnce(&mut User)) -> Action {
        let mut user = User::new("ann@example.test", "Ann", "Lee");
        change(&mut user);
        Action::Create(Creation::new(user, WelcomeEmail::None))
    }

    #[test]
    fn names_the_unsupported_action_or_feature() {
        let message = |capabilities: &Capabilities, action: &Action| {
            capabilities.refusal(action).map(|fault| (fault.kind, fault.message))
        };
        let bare = create(|_| ());
        let unsupported = |text: &str| Some((ErrorKind::Unsupported, text.to_owned()));
        assert_eq!(
            message(&Capabilities::default(), &bare),
            unsupported("the account does not support the action `create`")
        );
        let some = Capabilities::default().with_actions([ActionKind::Create]).with_features([Feature::Language]);
        assert_eq!(message(&some, &bare), None);
        assert_eq!(message(&some, &create(|user| user.language = Some("de_DE".into()))), None);
        let zoned = create(|user| user.set_settings(|own| own.time_zone = Some("UTC".into())));
        assert_eq!(message(&some, &zoned), unsupported("the account does not support time zones"));
    }

    #[test]
    fn built_in_accounts_support_every_feature_except_people() {
        assert_eq!(Capabilities::built_in().lacks(), [Feature::People]);
        assert_eq!(Capabilities::default().lacks(), Feature::ALL);
    }
}
