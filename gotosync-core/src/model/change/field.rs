//! The fields of a user by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A field of a user, as rules and reasons name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The person of the directory that the user is.
    Person,
    /// The e-mail address.
    Email,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The language.
    Language,
    /// The time zone.
    TimeZone,
    /// The telephone extension.
    Extension,
    /// The user group.
    UserGroup,
    /// The role.
    Role,
    /// The licences.
    Products,
    /// The settings template of a product.
    Templates,
    /// The custom fields of the account.
    CustomFields,
    /// The device access groups.
    DeviceGroups,
    /// The devices.
    Devices,
    /// The location.
    Location,
    /// The telephone numbers that ring at the user's extension.
    PhoneNumbers,
    /// The name of each of these numbers.
    PhoneNumberName,
    /// The telephone numbers that the user may show as caller id.
    CallerIdNumbers,
    /// The extensions that ring at the user too.
    SecondaryExtensions,
    /// The voicemail of an extension that comes.
    Voicemail,
    /// The mail that a new user gets.
    WelcomeEmail,
    /// Whether the user has access at all.
    Access,
}

impl Field {
    /// The word as a rules file writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Language => "language",
            Self::TimeZone => "time_zone",
            Self::Extension => "extension",
            Self::UserGroup => "user_group",
            Self::Role => "role",
            Self::Products => "products",
            Self::Templates => "templates",
            Self::CustomFields => "custom_fields",
            Self::DeviceGroups => "device_groups",
            Self::Devices => "devices",
            Self::Location => "location",
            Self::PhoneNumbers => "phone_numbers",
            Self::PhoneNumberName => "phone_number_name",
            Self::CallerIdNumbers => "caller_id_numbers",
            Self::SecondaryExtensions => "secondary_extensions",
            Self::Voicemail => "voicemail",
            Self::WelcomeEmail => "welcome_email",
            Self::Access => "access",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
