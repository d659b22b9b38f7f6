//! The objects of an account that can be assigned to users, apart from licenses and user groups.

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::id::LicenseKey;
use super::mac::Mac;
use super::settings::Feature;
use super::telephone::{NamedNumber, PhoneNumber};

/// The named objects of an account that rules can assign to users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Catalog {
    /// Settings templates, in ascending order of license and name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<TemplateName>,
    /// Templates of welcome e-mails, in ascending order of name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub welcome_emails: Vec<WelcomeTemplate>,
    /// Role sets by name, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role_sets: Vec<String>,
    /// Device access groups by name, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_groups: Vec<String>,
    /// Custom fields by name, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<String>,
    /// Devices in ascending order of MAC address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// Phone numbers that do not ring at a user, in ascending order. The number of a user is listed with that user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<NamedNumber>,
    /// Extensions that do not belong to a user, in ascending order. The extension of a user is listed with that user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
    /// Locations by name, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// Addresses known to belong to another account, in ascending order of e-mail key. GoTo reports this only when an address is
    /// used; local accounts for simulations and tests list the addresses in advance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Email>,
}

/// The name of a settings template and the license that it applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// The license.
    pub license: LicenseKey,
    /// The name.
    pub name: String,
}

/// A template of welcome e-mails.
///
/// The placeholders `{first_name}`, `{last_name}`, `{email}`, `{account}`, and `{products}` are replaced with the user's values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelcomeTemplate {
    /// The name.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// A phone or another device of the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its MAC address.
    pub mac: Mac,
    /// Its name.
    pub name: String,
}

/// An invitation to a user in another account to move to this account and keep the e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The address.
    pub email: Email,
    /// `true` if the invitation has expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// The number of invitations sent.
    #[serde(default)]
    pub sent: u32,
}

impl Catalog {
    /// Returns `true` if all lists are empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sorts every list into the documented order.
    pub fn sort(&mut self) {
        self.templates.sort();
        self.welcome_emails.sort();
        self.role_sets.sort();
        self.device_groups.sort();
        self.custom_fields.sort();
        self.devices.sort();
        self.phone_numbers.sort();
        self.extensions.sort();
        self.locations.sort();
        self.elsewhere.sort_by_cached_key(|email| email.key().into_owned());
    }

    /// Clears every list whose feature `keeps` rejects.
    pub fn retain(&mut self, keeps: impl Fn(Feature) -> bool) {
        for (feature, list) in [
            (Feature::Roles, &mut self.role_sets),
            (Feature::DeviceGroups, &mut self.device_groups),
            (Feature::CustomFields, &mut self.custom_fields),
            (Feature::Extensions, &mut self.extensions),
            (Feature::Locations, &mut self.locations),
        ] {
            if !keeps(feature) {
                list.clear();
            }
        }
        if !keeps(Feature::Templates) {
            self.templates.clear();
        }
        if !keeps(Feature::Invitations) {
            self.welcome_emails.clear();
        }
        if !keeps(Feature::Devices) {
            self.devices.clear();
        }
        if !keeps(Feature::PhoneNumbers) {
            self.phone_numbers.clear();
        }
        if !keeps(Feature::Transfers) {
            self.elsewhere.clear();
        }
    }

    /// Finds a template of welcome e-mails by name.
    pub fn welcome_email(&self, name: &str) -> Option<&WelcomeTemplate> {
        self.welcome_emails.iter().find(|template| template.name == name)
    }

    /// Finds a device by MAC address.
    pub fn device(&self, mac: Mac) -> Option<&Device> {
        self.devices.iter().find(|device| device.mac == mac)
    }

    /// Finds a phone number that does not ring at a user.
    pub fn phone_number(&self, number: &PhoneNumber) -> Option<&NamedNumber> {
        let at = self.phone_numbers.binary_search_by(|own| own.number.cmp(number)).ok()?;
        Some(&self.phone_numbers[at])
    }

    /// Returns `true` if an address is known to belong to another account.
    pub fn is_elsewhere(&self, email: &Email) -> bool {
        self.elsewhere.iter().any(|own| own == email)
    }
}
