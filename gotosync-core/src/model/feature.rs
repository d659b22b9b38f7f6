//! The features that an action requires of a target.

use super::account::WelcomeEmail;
use super::action::Action;
use super::settings::{Feature, Field, Setting};

impl Action {
    /// Returns the features that a target must claim to take this action.
    pub fn features(&self) -> Vec<Feature> {
        let managed = matches!(self.role_given(), Some(Some(role)) if !role.products().is_empty());
        let mut features = match self {
            Self::Create(creation) => {
                let user = &creation.user;
                let own = [
                    (Feature::People, user.person.is_some()),
                    (Feature::Language, user.language.is_some()),
                    (Feature::UserGroups, user.group.is_some()),
                    (Feature::Roles, !user.role.is_member()),
                    (Feature::Products, !user.licenses.is_empty()),
                    (Feature::Voicemail, creation.voicemail.is_some()),
                    (Feature::Invitations, matches!(creation.welcome, WelcomeEmail::Template(_))),
                ];
                let own = own.into_iter().filter(|(_, needed)| *needed).map(|(feature, _)| feature);
                own.chain(user.settings().features()).collect()
            }
            Self::Update(update) | Self::Reactivate(update) => update.changes.features(),
            Self::Release(_) => vec![Feature::Products],
            Self::CreateGroup { .. } => vec![Feature::UserGroups],
            Self::WriteTemplate { .. } | Self::Invite { .. } => vec![Feature::Invitations],
            Self::Suspend(_) | Self::Delete(_) => Vec::new(),
        };
        features.extend(managed.then_some(Feature::ManagedProducts));
        features
    }
}

impl Feature {
    /// Returns `true` if the action requires this feature.
    pub fn is_needed_by(self, action: &Action) -> bool {
        action.features().contains(&self)
    }

    /// Returns the field of a user that needs this feature.
    pub(crate) fn field(self) -> Option<Field> {
        match self {
            Self::People => Some(Field::Person),
            Self::Language => Some(Field::Language),
            Self::UserGroups => Some(Field::UserGroup),
            Self::Roles | Self::ManagedProducts => Some(Field::Role),
            Self::Products => Some(Field::Products),
            Self::Voicemail => Some(Field::Voicemail),
            Self::Invitations => Some(Field::WelcomeEmail),
            own => Setting::ALL.iter().find(|setting| setting.feature == own).map(|setting| setting.field),
        }
    }
}
