//! What an account has to give beside licences and user groups.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::User;
use super::email::Email;
use super::id::LicenseKey;
use super::settings::Feature;
use super::telephone::{NamedNumber, PhoneNumber};

/// The named things of an account that rules can give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Catalog {
    /// Settings templates, in ascending order of licence and name.
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

/// The name of a settings template, and the licence it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// The licence.
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

impl WelcomeTemplate {
    /// The words that stand for something of the user.
    pub const WORDS: [&str; 5] = ["first_name", "last_name", "email", "account", "products"];

    /// The subject and the text as a user would read them; `products` are the names of the user's licences.
    pub fn filled(&self, user: &User, account: &str, products: &[&str]) -> (String, String) {
        let products = products.join(", ");
        let value = |word: &str| match word {
            "first_name" => Some(&*user.first_name),
            "last_name" => Some(&*user.last_name),
            "email" => Some(user.email.as_str()),
            "account" => Some(account),
            "products" => Some(products.as_str()),
            _ => None,
        };
        (fill(&self.subject, value), fill(&self.text, value))
    }

    /// The first word in braces in a subject or a text that stands for nothing, as somebody mistyped it.
    pub fn unknown_word(text: &str) -> Option<&str> {
        words(text).find(|word| !Self::WORDS.contains(word))
    }
}

/// Words in single braces: letters and underscores only, so that other braces in a text stay what they are.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word).filter(|word| is_word(word))
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('}').and_then(|(word, rest)| Some((value(word)?, rest)));
        if let Some((value, rest)) = known {
            filled.push_str(value);
            filled.push_str(rest);
        } else {
            filled.push('{');
            filled.push_str(part);
        }
    }
    filled
}

/// The MAC address of a device: 48 bits, however they are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// A text is not a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a MAC address has 12 hexadecimal digits, as `00:11:22:aa:bb:cc`")]
pub struct NotAMac;

impl FromStr for Mac {
    type Err = NotAMac;

    /// Takes twelve hexadecimal digits with `:`, `-`, `.` or space between them, or nothing.
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let mut bytes = [0; 6];
        let mut digits = 0;
        for c in text.trim().chars() {
            match c.to_digit(16) {
                Some(digit) => {
                    let byte: &mut u8 = bytes.get_mut(digits / 2).ok_or(NotAMac)?;
                    *byte = *byte << 4 | digit as u8;
                    digits += 1;
                }
                None if ":-. ".contains(c) => {}
                None => return Err(NotAMac),
            }
        }
        if digits == 12 { Ok(Self(bytes)) } else { Err(NotAMac) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if at == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_is_the_same_however_it_is_written() {
        let mac: Mac = "00:0B:82:aa:bb:cc".parse().unwrap();
        for text in ["000b82aabbcc", "00-0B-82-AA-BB-CC", "000b.82aa.bbcc", " 00 0b 82 aa bb cc "] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        assert_eq!(mac.to_string(), "00:0b:82:aa:bb:cc");
        for text in ["", "00:0b:82:aa:bb", "00:0b:82:aa:bb:cc:dd", "000b82aabbcg", "Reception"] {
            assert_eq!(text.parse::<Mac>(), Err(NotAMac), "{text}");
        }
    }

    #[test]
    fn a_template_is_filled_and_other_braces_stay() {
        let template = WelcomeTemplate {
            name: "Sales".into(),
            subject: "Welcome, {first_name}".into(),
            text: "{first_name} {last_name} <{email}>: {products} at {account}. {not this} {} {open".into(),
        };
        assert_eq!(WelcomeTemplate::unknown_word(&template.text), None);
        let user = User::new("ann@example.test", "Ann", "{email}");
        let (subject, text) = template.filled(&user, "Example", &["GoToMeeting", "GoToConnect"]);
        assert_eq!(subject, "Welcome, Ann");
        assert_eq!(text, "Ann {email} <ann@example.test>: GoToMeeting, GoToConnect at Example. {not this} {} {open");
        assert_eq!(WelcomeTemplate::unknown_word("Dear {first_name} {frist_name}"), Some("frist_name"));
    }
}
