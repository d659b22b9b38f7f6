//! The settings of a user, one row each.
//!
//! A row of the table below is all that the model, the plan, the journal, the rules and the reports know about a setting: the field of
//! [`UserSettings`], its change in [`SettingsChanges`], how both are written, the name of the [`Field`], the [`Feature`] that a
//! target claims, the key of the rule language, and the words of output. What is common to all settings of one shape (one value,
//! several values, values by name) stands in `shape.rs`.

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
        Person = "person", "The person of the directory that the user is.";
        Email = "email", "The e-mail address.";
        FirstName = "first_name", "The first name.";
        LastName = "last_name", "The last name.";
        Language = "language", "The language.";
        UserGroup = "user_group", "The user group.";
        Role = "role", "The role.";
        Products = "products", "The licenses, and the products inside them.";
        Voicemail = "voicemail", "The voicemail of a new extension.";
        WelcomeEmail = "welcome_email", "The e-mail that a new user gets.";
        Access = "access", "Whether the user has access at all.";
    }
    features {
        Products = "products", "Licenses.";
        Seats = "seats", "A number of seats for each license.";
        UserGroups = "user groups", "User groups.";
        Roles = "roles", "Roles.";
        ManagedProducts = "managers of some products only", "Managers who are limited to some licenses.";
        Language = "languages", "The language of a user.";
        Voicemail = "voicemail", "The voicemail of an extension.";
        Invitations = "welcome e-mails and invitations", "Welcome e-mails and invitations.";
        SignIns = "sign-ins", "Whether and when a user signed in. Without it, no user is invited or inactive.";
        People = "people of the directory", "The person of the directory that a user is.";
        Locks = "locks", "Fields of a user that cannot be changed.";
        Transfers = "transfers from other accounts", "Invitations to move here from another account.";
    }
    settings {
        /// The time zone, as `Europe/Berlin`.
        time_zone / time_zone: (one Box<str>) {
            field TimeZone = "time_zone";
            feature TimeZone = "time zones";
            shown "{value}";
            key TimeZone, "an expression that gives a time zone as `Europe/Berlin`", "\"Europe/Berlin\"";
        }
        /// The telephone extension.
        extension / extension: (one Box<str>) {
            field Extension = "extension";
            feature Extensions = "extensions";
            shown "extension {value}";
            exclusive "extension";
            key Extension,
                "the telephone extension: an expression, or a range of which people without one get the next free number",
                "{ from = 2000, to = 2999 }";
        }
        /// The settings template of each product, also of products the user does not have.
        templates / templates: (map LicenseKey => SettingsTemplate) {
            field Templates = "templates";
            feature Templates = "settings templates";
            shown "{license} by template {value}";
        }
        /// The products inside a license that are switched off, by product code. In a change, codes that are added are switched
        /// on, and codes that are removed are switched off.
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
        /// Telephones and other devices.
        devices / devices: (set Mac) {
            field Devices = "devices";
            feature Devices = "devices";
            shown "device {value}";
            exclusive "device";
            listed Devices;
            key Any, "expressions that each give a device of the account, by MAC address or name", "[\"Phone {{ ipPhone }}\"]";
        }
        /// The location, by name.
        location / location: (one Box<str>) {
            field Location = "location";
            feature Locations = "locations";
            shown "location {value}";
            listed Locations;
            key Any, "an expression that gives a location of the account, by name", "\"{{ l }}\"";
        }
        /// The telephone numbers that ring at the user's extension, each with its name. A number that is removed rings nowhere.
        phone_numbers / phone_numbers: (map PhoneNumber => String) {
            field PhoneNumbers = "phone_numbers";
            feature PhoneNumbers = "phone numbers";
            shown "phone {part}";
            exclusive "phone number";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions that each give a telephone number of the account; it rings at the user's extension",
                "[\"{{ telephoneNumber }}\"]";
            named PhoneNumberName = "phone_number_name",
                "an expression for the name of each telephone number that rings at the user",
                "\"{{ displayName }}\"";
        }
        /// The telephone numbers that the user may show as caller ID.
        caller_id_numbers / caller_id_numbers: (set PhoneNumber) {
            field CallerIdNumbers = "caller_id_numbers";
            feature CallerIdNumbers = "numbers as caller id";
            shown "caller id {value}";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions that each give a telephone number of the account that the user may show as caller id",
                "[\"+15555550100\", \"{{ telephoneNumber }}\"]";
        }
        /// The telephone numbers from which the user may send and receive text messages.
        texting_numbers / texting_numbers: (set PhoneNumber) {
            field TextingNumbers = "texting_numbers";
            feature TextingNumbers = "numbers for text messages";
            shown "texts from {value}";
            listed PhoneNumbers;
            key PhoneNumber,
                "expressions that each give a telephone number of the account from which the user may text",
                "[\"+15555550100\", \"{{ telephoneNumber }}\"]";
        }
        /// Extensions of other users, or of no user, that ring at the user too.
        secondary_extensions / secondary_extensions: (set String) {
            field SecondaryExtensions = "secondary_extensions";
            feature SecondaryExtensions = "secondary extensions";
            shown "also at extension {value}";
            listed Extensions;
            key Extension,
                "expressions that each give an extension of somebody else, or of nobody, that rings at the user too",
                "[\"100\"]";
        }
    }
}

/// One setting as data: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The field of the user, which is also the key of the rule language.
    pub field: Field,
    /// The feature that a target claims to have it.
    pub feature: Feature,
    /// The number of values that a user can have.
    pub arity: Arity,
    /// The name in output of a value that only one user can have.
    pub exclusive: Option<&'static str>,
    /// The list of the account's catalog that its values must be in.
    pub listed: Option<Listed>,
    /// How the setting of a new user is shown: `{value}` is the value, `{license}` or `{part}` the license, name
    /// or number it belongs to.
    pub(crate) shown: &'static str,
    key: Option<ExpressionKey>,
    named: Option<ExpressionKey>,
}

/// A key of the rule language whose value is an expression, or a list of them.
#[derive(Clone, Copy, Debug)]
pub struct ExpressionKey {
    /// The field that the expression gives.
    pub field: Field,
    /// The number of expressions that it takes.
    pub arity: Arity,
    /// The form of the values.
    pub form: Form,
    /// The meaning, in one sentence without a full stop.
    pub about: &'static str,
    /// A value as an admin would write it, in TOML.
    pub example: &'static str,
}

/// The number of values: one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arity {
    /// One value at most.
    One,
    /// Any number of values.
    Several,
}

impl Arity {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::One, Self::Several];
}

/// A list of the account's catalog from which settings take their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listed {
    /// Devices, by MAC address or name.
    Devices,
    /// Locations, by name.
    Locations,
    /// Telephone numbers.
    PhoneNumbers,
    /// Telephone extensions.
    Extensions,
}

impl Listed {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Devices, Self::Locations, Self::PhoneNumbers, Self::Extensions];
}

/// Something that only one user can have at a time: an extension, a device, a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exclusive {
    what: &'static str,
    value: Box<str>,
}

impl Exclusive {
    /// A telephone extension.
    pub fn extension(number: &str) -> Self {
        Self::of(Field::Extension, number)
    }

    /// A device.
    pub fn device(mac: Mac) -> Self {
        Self::of(Field::Devices, &mac.to_string())
    }

    /// A telephone number that rings at the user's extension.
    pub fn phone_number(number: &PhoneNumber) -> Self {
        Self::of(Field::PhoneNumbers, number.as_str())
    }

    fn of(field: Field, value: &str) -> Self {
        let what = Setting::of(field).and_then(|setting| setting.exclusive).unwrap_or_default();
        Self { what, value: value.into() }
    }

    /// The kind of thing, in the words of output.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The extension, MAC address or number.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Setting {
    /// Returns the keys of the rule language that set it by expressions.
    pub const fn keys(&self) -> [&Option<ExpressionKey>; 2] {
        [&self.key, &self.named]
    }

    /// Returns the setting with a field.
    pub fn of(field: Field) -> Option<&'static Self> {
        Self::ALL.iter().find(|setting| setting.field == field && setting.feature != Feature::NestedProducts)
    }
}

impl UserSettings {
    /// Says what of a user's telephones does not go together, if something does not.
    pub(crate) fn conflict(&self) -> Option<String> {
        if self.extension.is_none() && !self.phone_numbers.is_empty() {
            return Some("phone numbers ring at an extension, and the user has none".to_owned());
        }
        let own = self.extension.as_deref().filter(|own| self.secondary_extensions.contains(*own))?;
        Some(format!("extension {own} is the user's own, and cannot be a secondary one as well"))
    }
}

impl ExpressionKey {
    /// Returns every key of the rule language that takes expressions for settings, in the order of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Setting::ALL.iter().flat_map(|setting| setting.key.iter().chain(&setting.named))
    }

    /// Returns the key of a field.
    pub fn of(field: Field) -> Option<&'static Self> {
        Self::all().find(|key| key.field == field)
    }
}

/// The settings a product starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingsTemplate {
    /// The system's own.
    System,
    /// A template of the account, by name.
    Named(String),
}

impl SettingsTemplate {
    /// The name, or `system`.
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
    fn the_word_of_a_field_is_its_word_in_json() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
    }

    #[test]
    fn every_setting_is_found_by_its_field() {
        for setting in Setting::ALL.iter().filter(|setting| setting.field != Field::Products) {
            assert_eq!(Setting::of(setting.field).map(|found| found.feature), Some(setting.feature));
        }
        assert!(Setting::of(Field::Email).is_none() && Setting::of(Field::Products).is_none());
    }

    #[test]
    fn what_is_exclusive_is_what_a_user_has() {
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
