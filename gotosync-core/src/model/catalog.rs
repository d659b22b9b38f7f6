//! What an account has to give beside licenses and user groups.

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::id::LicenseKey;
use super::mac::Mac;
use super::settings::Feature;
use super::telephone::{NamedNumber, PhoneNumber};

/// The named things of an account that rules can give.
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
    /// Telephone numbers that ring at no user, in ascending order. A user's own stand with the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<NamedNumber>,
    /// Telephone extensions that are no user's, in ascending order. A user's own stands with the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
    /// Locations by name, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// Addresses that are known to belong to another account, in ascending order of e-mail key. A service says so only when
    /// somebody tries to use one; the accounts for trials and tests know them beforehand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Email>,
}

/// The name of a settings template, and the license it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// The license.
    pub license: LicenseKey,
    /// The name.
    pub name: String,
}

/// The text of a welcome e-mail.
///
/// `{first_name}`, `{last_name}`, `{email}`, `{account}` and `{products}` stand for what they say.
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

/// A telephone or another device that an account knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its MAC address.
    pub mac: Mac,
    /// Its name.
    pub name: String,
}

/// An invitation to come over from another account with an address that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The address.
    pub email: Email,
    /// Whether the invitation can no longer be accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// How many mails went out.
    #[serde(default)]
    pub sent: u32,
}

impl Catalog {
    /// Says whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Puts every list into its order.
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

    /// Takes out every list whose feature is not kept.
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

    /// A template of welcome e-mails by name.
    pub fn welcome_email(&self, name: &str) -> Option<&WelcomeTemplate> {
        self.welcome_emails.iter().find(|template| template.name == name)
    }

    /// A device by MAC address.
    pub fn device(&self, mac: Mac) -> Option<&Device> {
        self.devices.iter().find(|device| device.mac == mac)
    }

    /// A telephone number that rings at no user.
    pub fn phone_number(&self, number: &PhoneNumber) -> Option<&NamedNumber> {
        let at = self.phone_numbers.binary_search_by(|own| own.number.cmp(number)).ok()?;
        Some(&self.phone_numbers[at])
    }

    /// Says whether an address is known to belong to another account.
    pub fn is_elsewhere(&self, email: &Email) -> bool {
        self.elsewhere.iter().any(|own| own == email)
    }
}
