//! The settings of a user, one table row for each.
//!
//! A row of the table below defines everything that the model, plan, journal, rules, and reports need for a setting: its field in
//! [`UserSettings`], its change in [`SettingsChanges`], how both are serialized, its [`Field`], the [`Feature`] that a target must
//! support, its key in rules, and its words in output. Code that settings of the same shape share (one value, several values, values
//! by name) is in `shape.rs`.

mod define;
mod field_change;
mod form;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use self::define::{change_of, first, option, read_of, settings, value_of};
pub use self::field_change::FieldChange;
pub use self::form::Form;
pub(crate) use self::shape::{Evidence, Shape, text_of_role};
use super::change::{Change, ChangeRead, SetChange, SetRead, Unproven, Whole};
use super::id::LicenseKey;
use super::mac::Mac;
use super::telephone::{PhoneNumber, Voicemail};

settings! {
    fields {
        Person = "person", "The directory person that the user belongs to.";
        Email = "email", "The e-mail address.";
        FirstName = "first_name", "The first name.";
        LastName = "last_name", "The last name.";
        Language = "language", "The language.";
        UserGroup = "user_group", "The user group.";
        Role = "role", "The role.";
        Products = "products", "The licenses, and the products inside them.";
        Voicemail = "voicemail", "The voicemail settings of a new extension.";
        WelcomeEmail = "welcome_email", "The welcome e-mail of a new user.";
        Access = "access", "The user's access to the account.";
    }
    features {
        Products = "products", "Licenses and the products in them.";
        Seats = "seats", "A limited number of seats for each license.";
        UserGroups = "user groups", "User groups.";
        Roles = "roles", "Roles.";
        ManagedProducts = "managers limited to some products", "Managers who are limited to some licenses.";
        Language = "languages", "The language of a user.";
        Voicemail = "voicemail", "The voicemail settings of an extension.";
        Invitations = "welcome e-mails and invitations", "Welcome e-mails and invitations.";
        SignIns = "sign-ins", "The sign-ins of users. Without it, the status is never invited or inactive.";
        People = "links to directory people", "The directory person that a user belongs to, stored in the account.";
        Locks = "locks", "Fields of a user that cannot be changed through the account.";
        Transfers = "transfers from other accounts", "Invitations to move here from another account.";
    }
    settings {
        /// The time zone, for example `Europe/Berlin`.
        time_zone / time_zone: (one Box<str>) {
            field TimeZone = "time_zone";
            feature TimeZone = "time zones";
            shown "{value}";
            key TimeZone, "an expression for the time zone, such as `Europe/Berlin`", "\"Europe/Berlin\"";
        }
        /// The phone extension.
        extension / extension: (one Box<str>) {
            field Extension = "extension";
            feature Extensions = "extensions";
            shown "extension {value}";
            exclusive "extension";
            key Extension,
                "an expression for the extension, or a range; people without one get its next free extension",
                "{ from = 2000, to = 2999 }";
        }
        /// The settings template for each product, including products that the user does not have.
        templates / templates: (map LicenseKey => SettingsTemplate) {
            field Templates = "templates";
            feature Templates = "settings templates";
            shown "{license} with template {value}";
        }
        /// The product codes that are switched off inside a license. In a change, codes that are added are switched on, and codes
        /// that are removed are switched off.
        off / nested: (switches) {
            field Products;
            feature NestedProducts = "products inside a license";
            shown "{license} without {value}";
        }
        /// Custom fields by name.
        custom_fields / custom_fields: (map String => String) {
            field CustomFields = "custom_fields";
            feature CustomFields = "custom fields";
            shown "{part} {value}";
        }
        /// Device access groups by name.
        device_groups / device_groups: (set String) {
            field DeviceGroups = "device_groups";
            feature DeviceGroups = "device groups";
            shown "device group {value}";
        }
        /// Phones and other devices.
        devices / devices: (set Mac) {
            field Devices = "devices";
            feature Devices = "devices";
            shown "device {value}";
            exclusive "device";
            listed Devices;
            key Any, "expressions for devices of the account, each by MAC address or name", "[\"Phone {{ ipPhone }}\"]";
        }
        /// The location, by name.
        location / location: (one Box<str>) {
            field Location = "location";
            feature Locations = "locations";
            shown "location {value}";
            listed Locations;
            key Any, "an expression for a location of the account, by name", "\"{{ l }}\"";
        }
        /// The phone numbers that ring at the user's extension, each with its name. A number that is removed no longer rings anywhere.
        phone_numbers / phone_numbers: (map PhoneNumber => String) {
            field PhoneNumbers = "phone_numbers";
            feature PhoneNumbers = "phone numbers";
            shown "phone {part}";
            exclusive "phone number";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions for phone numbers of the account that ring at the user's extension",
                "[\"{{ telephoneNumber }}\"]";
            named PhoneNumberName = "phone_number_name",
                "an expression for the name of each phone number that rings at the user's extension",
                "\"{{ displayName }}\"";
        }
        /// The phone numbers that the user may show as caller ID.
        caller_id_numbers / caller_id_numbers: (set PhoneNumber) {
            field CallerIdNumbers = "caller_id_numbers";
            feature CallerIdNumbers = "caller ID numbers";
            shown "caller ID {value}";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions for phone numbers of the account that the user may show as caller ID",
                "[\"+15555550100\", \"{{ telephoneNumber }}\"]";
        }
        /// The phone numbers from which the user may send and receive text messages.
        texting_numbers / texting_numbers: (set PhoneNumber) {
            field TextingNumbers = "texting_numbers";
            feature TextingNumbers = "texting numbers";
            shown "texting number {value}";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions for phone numbers of the account that the user may use for text messages",
                "[\"+15555550100\", \"{{ telephoneNumber }}\"]";
        }
        /// Extensions of other users or without a user that also ring at this user.
        secondary_extensions / secondary_extensions: (set String) {
            field SecondaryExtensions = "secondary_extensions";
            feature SecondaryExtensions = "secondary extensions";
            shown "secondary extension {value}";
            listed Extensions;
            key Extension,
                "expressions for extensions of other users or without a user that also ring at this user",
                "[\"100\"]";
        }
    }
}

/// A setting as data: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The field of the user, which is also the key in rules.
    pub field: Field,
    /// The feature that a target must support for this setting.
    pub feature: Feature,
    /// The number of values that a user can have.
    pub arity: Arity,
    /// The name of the setting in output if each of its values can belong to only one user.
    pub exclusive: Option<&'static str>,
    /// The list in the account's catalog that must contain its values.
    pub listed: Option<Listed>,
    /// The text for the setting of a new user: `{value}` is replaced with the value, and `{license}` or `{part}` with the license,
    /// name, or number that the value belongs to.
    pub(crate) shown: &'static str,
    key: Option<ExpressionKey>,
    named: Option<ExpressionKey>,
}

/// A key in rules whose value is an expression or a list of expressions.
#[derive(Clone, Copy, Debug)]
pub struct ExpressionKey {
    /// The field that the expression sets.
    pub field: Field,
    /// The number of expressions.
    pub arity: Arity,
    /// The form of the values.
    pub form: Form,
    /// The description, in one sentence without a final period.
    pub about: &'static str,
    /// An example value, in TOML.
    pub example: &'static str,
}

/// The number of values of a setting: one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arity {
    /// At most one value.
    One,
    /// Any number of values.
    Several,
}

impl Arity {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::One, Self::Several];
}

/// A list in the account's catalog that contains the values of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listed {
    /// Devices, by MAC address or name.
    Devices,
    /// Locations, by name.
    Locations,
    /// Phone numbers.
    PhoneNumbers,
    /// Extensions.
    Extensions,
}

impl Listed {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Devices, Self::Locations, Self::PhoneNumbers, Self::Extensions];
}

/// A value that only one user can have at a time: an extension, a device, or a phone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exclusive {
    what: &'static str,
    value: Box<str>,
}

impl Exclusive {
    /// Creates the value for an extension.
    pub fn extension(number: &str) -> Self {
        Self::of(Field::Extension, number)
    }

    /// Creates the value for a device.
    pub fn device(mac: Mac) -> Self {
        Self::of(Field::Devices, &mac.to_string())
    }

    /// Creates the value for a phone number that rings at the user's extension.
    pub fn phone_number(number: &PhoneNumber) -> Self {
        Self::of(Field::PhoneNumbers, number.as_str())
    }

    fn of(field: Field, value: &str) -> Self {
        let what = Setting::of(field).and_then(|setting| setting.exclusive).unwrap_or_default();
        Self { what, value: value.into() }
    }

    /// Returns the kind of the value, as shown in output.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the extension, MAC address, or phone number.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Setting {
    /// Returns the keys in rules that set this setting by expressions.
    pub const fn keys(&self) -> [&Option<ExpressionKey>; 2] {
        [&self.key, &self.named]
    }

    /// Returns the setting for a field.
    pub fn of(field: Field) -> Option<&'static Self> {
        Self::ALL.iter().find(|setting| setting.field == field && setting.feature != Feature::NestedProducts)
    }
}

impl UserSettings {
    /// Returns the conflict between the user's phone settings, if there is one.
    pub(crate) fn conflict(&self) -> Option<String> {
        if self.extension.is_none() && !self.phone_numbers.is_empty() {
            return Some("the user has phone numbers but no extension where they can ring".to_owned());
        }
        let own = self.extension.as_deref().filter(|own| self.secondary_extensions.contains(*own))?;
        Some(format!("extension {own} is the user's own extension and cannot also be a secondary extension"))
    }
}

impl ExpressionKey {
    /// Returns all keys in rules that take expressions for settings, in the order of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Setting::ALL.iter().flat_map(|setting| setting.key.iter().chain(&setting.named))
    }

    /// Returns the key for a field.
    pub fn of(field: Field) -> Option<&'static Self> {
        Self::all().find(|key| key.field == field)
    }
}

/// A template that sets the initial settings of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingsTemplate {
    /// The system's default settings.
    System,
    /// A template of the account, by name.
    Named(String),
}

impl SettingsTemplate {
    /// Returns the name, or `system`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System => "system",
            Self::Named(name) => name,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serializes_each_field_as_its_word() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
    }

    #[test]
    fn finds_every_setting_by_its_field() {
        for setting in Setting::ALL.iter().filter(|setting| setting.field != Field::Products) {
            assert_eq!(Setting::of(setting.field).map(|found| found.feature), Some(setting.feature));
        }
        assert!(Setting::of(Field::Email).is_none() && Setting::of(Field::Products).is_none());
    }

    #[test]
    fn lists_extension_devices_and_phone_numbers_as_exclusive() {
        let mac: Mac = "00:0b:82:00:00:01".parse().unwrap();
        let number: PhoneNumber = "+15555550100".parse().unwrap();
        let own = UserSettings {
            extension: Some("12".into()),
            devices: [mac].into(),
            phone_numbers: [(number.clone(), "Ann".to_owned())].into(),
            location: Some("Berlin".into()),
            ..UserSettings::default()
        };
        let expected = [Exclusive::extension("12"), Exclusive::device(mac), Exclusive::phone_number(&number)];
        assert_eq!(own.exclusive(), expected);
        assert_eq!(expected.map(|one| one.what()), ["extension", "device", "phone number"]);
    }
}
