//! What an account may have or lack.

use serde::{Deserialize, Serialize};

use crate::model::{Action, WelcomeEmail};

/// Something that an account may have beside users with an address and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Licences.
    Products,
    /// A number of seats for each licence.
    Seats,
    /// Products inside a licence that can be switched off.
    NestedProducts,
    /// User groups.
    UserGroups,
    /// Roles.
    Roles,
    /// Managers who are limited to some licences.
    ManagedProducts,
    /// The language of a user.
    Language,
    /// The time zone of a user.
    TimeZone,
    /// Telephone extensions.
    Extensions,
    /// Settings templates.
    Templates,
    /// Custom fields.
    CustomFields,
    /// Device access groups.
    DeviceGroups,
    /// Devices.
    Devices,
    /// Locations.
    Locations,
    /// Telephone numbers that ring at a user's extension.
    PhoneNumbers,
    /// Telephone numbers that a user may show as caller id.
    CallerIdNumbers,
    /// Extensions that ring at further users.
    SecondaryExtensions,
    /// The voicemail of an extension.
    Voicemail,
    /// Welcome e-mails and invitations.
    Invitations,
    /// Whether and when a user signed in: without it nobody is invited, and nobody inactive.
    SignIns,
    /// The person of the directory that a user is.
    People,
    /// What of a user cannot be changed.
    Locks,
    /// Invitations to come over from another account.
    Transfers,
}

impl Feature {
    /// The words used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Seats => "seats",
            Self::NestedProducts => "products inside a licence",
            Self::UserGroups => "user groups",
            Self::Roles => "roles",
            Self::ManagedProducts => "managers of some products only",
            Self::Language => "languages",
            Self::TimeZone => "time zones",
            Self::Extensions => "extensions",
            Self::Templates => "settings templates",
            Self::CustomFields => "custom fields",
            Self::DeviceGroups => "device groups",
            Self::Devices => "devices",
            Self::Locations => "locations",
            Self::PhoneNumbers => "phone numbers",
            Self::CallerIdNumbers => "numbers as caller id",
            Self::SecondaryExtensions => "secondary extensions",
            Self::Voicemail => "voicemail",
            Self::Invitations => "welcome e-mails and invitations",
            Self::SignIns => "sign-ins",
            Self::People => "people of the directory",
            Self::Locks => "locks",
            Self::Transfers => "transfers from other accounts",
        }
    }
}

impl Feature {
    /// Says whether an action writes it.
    pub fn is_needed_by(self, action: &Action) -> bool {
        let managed = || matches!(action.role_given(), Some(Some(role)) if !role.products().is_empty());
        match action {
            Action::Create(creation) => {
                let (user, settings) = (&creation.user, creation.user.settings());
                match self {
                    Self::Products => !user.licenses.is_empty(),
                    Self::NestedProducts => !settings.off.is_empty(),
                    Self::UserGroups => user.group.is_some(),
                    Self::Roles => !user.role.is_member(),
                    Self::ManagedProducts => managed(),
                    Self::Language => user.language.is_some(),
                    Self::TimeZone => settings.time_zone.is_some(),
                    Self::Extensions => settings.extension.is_some(),
                    Self::Templates => !settings.templates.is_empty(),
                    Self::CustomFields => !settings.custom_fields.is_empty(),
                    Self::DeviceGroups => !settings.device_groups.is_empty(),
                    Self::Devices => !settings.devices.is_empty(),
                    Self::Locations => settings.location.is_some(),
                    Self::PhoneNumbers => !settings.phone_numbers.is_empty(),
                    Self::CallerIdNumbers => !settings.caller_id_numbers.is_empty(),
                    Self::SecondaryExtensions => !settings.secondary_extensions.is_empty(),
                    Self::Voicemail => creation.voicemail.is_some(),
                    Self::Invitations => matches!(creation.welcome, WelcomeEmail::Template(_)),
                    Self::People => user.person.is_some(),
                    Self::Seats | Self::SignIns | Self::Locks | Self::Transfers => false,
                }
            }
            Action::Update(update) | Action::Reactivate(update) => {
                let changes = &update.changes;
                let settings = || changes.settings.as_deref();
                match self {
                    Self::Products => !changes.licenses.is_empty(),
                    Self::NestedProducts => settings().is_some_and(|own| !own.nested.is_empty()),
                    Self::UserGroups => changes.group.is_some(),
                    Self::Roles => changes.role.is_some(),
                    Self::ManagedProducts => managed(),
                    Self::Language => changes.language.is_some(),
                    Self::TimeZone => settings().is_some_and(|own| own.time_zone.is_some()),
                    Self::Extensions => settings().is_some_and(|own| own.extension.is_some()),
                    Self::Templates => settings().is_some_and(|own| !own.templates.is_empty()),
                    Self::CustomFields => settings().is_some_and(|own| !own.custom_fields.is_empty()),
                    Self::DeviceGroups => settings().is_some_and(|own| !own.device_groups.is_empty()),
                    Self::Devices => settings().is_some_and(|own| !own.devices.is_empty()),
                    Self::Locations => settings().is_some_and(|own| own.location.is_some()),
                    Self::PhoneNumbers => settings().is_some_and(|own| !own.phone_numbers.is_empty()),
                    Self::CallerIdNumbers => settings().is_some_and(|own| !own.caller_id_numbers.is_empty()),
                    Self::SecondaryExtensions => settings().is_some_and(|own| !own.secondary_extensions.is_empty()),
                    Self::Voicemail => settings().is_some_and(|own| own.voicemail.is_some()),
                    Self::People => changes.person.is_some(),
                    Self::Invitations | Self::Seats | Self::SignIns | Self::Locks | Self::Transfers => false,
                }
            }
            Action::Release(_) => self == Self::Products,
            Action::CreateGroup { .. } => self == Self::UserGroups,
            Action::WriteTemplate { .. } | Action::Invite { .. } => self == Self::Invitations,
            Action::Suspend(_) | Action::Delete(_) => false,
        }
    }
}
