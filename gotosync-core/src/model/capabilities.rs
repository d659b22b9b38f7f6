//! What a target can do, as data: nothing asks for its type or its name.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::action::{Action, ActionKind};
use super::outcome::Fault;
use super::settings::Feature;
use crate::error::ErrorKind;

/// The actions and features that a target claims.
///
/// The default is nothing: a target that claims no action is only read, and a feature that it does not claim is read as absent
/// and refused when it is written. A feature that a later version of this crate adds is not claimed by anybody until they say so.
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
    /// The actions it takes.
    pub actions: BTreeSet<ActionKind>,
    /// The features it has of all that an account can have.
    pub features: BTreeSet<Feature>,
    /// The most actions that one batch may hold.
    pub batch: usize,
    /// The most batches that may be in flight at once.
    pub concurrency: usize,
    /// When a read shows what was written.
    pub visibility: Visibility,
    /// The login's access to roles.
    pub roles: RoleAccess,
}

/// The access of a login to roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleAccess {
    /// It is a full administrator's: roles are read and written.
    Full,
    /// It is another administrator's: every user looks like a member, and no role can be given.
    Hidden,
}

impl RoleAccess {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Full, Self::Hidden];
}

/// When a write can be seen by a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// At once: what a read does not show was not done.
    Immediate,
    /// Within so many seconds: a read after that is certain.
    Within(u32),
    /// At some time: what a read does not show may still have been done.
    Eventual,
}

/// The limits of a target for the fields of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FieldLimits {
    /// Characters in a first or last name.
    pub name: usize,
    /// Characters in an e-mail address.
    pub email: usize,
    /// Users in the account.
    pub users: usize,
}

impl Default for Capabilities {
    /// Nothing but reading: no action, no feature, one batch of one action at a time, hidden roles, and writes that may become
    /// visible at any time.
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
    /// Every action and every feature of this version but [`Feature::People`], in batches of 100 one after another, visible at
    /// once: what the built-in accounts claim, which keep whatever there is.
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

    /// Claims more actions.
    #[must_use]
    pub fn with_actions(mut self, actions: impl IntoIterator<Item = ActionKind>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// Claims more features.
    #[must_use]
    pub fn with_features(mut self, features: impl IntoIterator<Item = Feature>) -> Self {
        self.features.extend(features);
        self
    }

    /// Says whether a feature is claimed.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Returns the features that are not claimed, in the order of [`Feature::ALL`].
    pub fn lacks(&self) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| !self.has(*feature)).collect()
    }

    /// Returns why an action is refused, if it is not claimed or needs a feature that is not claimed.
    pub fn refusal(&self, action: &Action) -> Option<Fault> {
        let kind = action.kind();
        if !self.actions.contains(&kind) {
            let message = format!("the account does not take `{}`", kind.as_str());
            return Some(Fault::new(ErrorKind::Unsupported, message));
        }
        let feature = action.features().into_iter().find(|feature| !self.has(*feature))?;
        Some(Fault::new(ErrorKind::Unsupported, format!("the account has no {}", feature.as_str())))
    }

    /// Takes out of an account what is not claimed: it is read as absent.
    pub fn limit(&self, account: &mut Account) {
        account.retain(|feature| self.has(feature));
    }
}

impl Visibility {
    /// Says whether a read that waited long enough shows everything that was written before.
    pub fn is_certain(self) -> bool {
        self != Self::Eventual
    }

    /// Returns how long to wait after a write.
    pub fn wait(self) -> Duration {
        match self {
            Self::Immediate | Self::Eventual => Duration::ZERO,
            Self::Within(seconds) => Duration::from_secs(u64::from(seconds)),
        }
    }
}

impl FieldLimits {
    /// The vendor's own: names of 32 characters, addresses of 128, 25,000 users.
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
    fn what_is_not_claimed_is_refused_with_its_name() {
        let message = |capabilities: &Capabilities, action: &Action| {
            capabilities.refusal(action).map(|fault| (fault.kind, fault.message))
        };
        let bare = create(|_| ());
        let unsupported = |text: &str| Some((ErrorKind::Unsupported, text.to_owned()));
        assert_eq!(message(&Capabilities::default(), &bare), unsupported("the account does not take `create`"));
        let some = Capabilities::default().with_actions([ActionKind::Create]).with_features([Feature::Language]);
        assert_eq!(message(&some, &bare), None);
        assert_eq!(message(&some, &create(|user| user.language = Some("de_DE".into()))), None);
        let zoned = create(|user| user.set_settings(|own| own.time_zone = Some("UTC".into())));
        assert_eq!(message(&some, &zoned), unsupported("the account has no time zones"));
    }

    #[test]
    fn the_built_in_accounts_claim_every_feature_but_people() {
        assert_eq!(Capabilities::built_in().lacks(), [Feature::People]);
        assert_eq!(Capabilities::default().lacks(), Feature::ALL);
    }
}
