//! The JSON structures of the API, as they were recorded (goto-api, 2).
//!
//! Keys are 64-bit integers that arrive as strings or numbers. They are kept as text and never converted to floating
//! point. Unknown fields are ignored, and empty fields may be missing or `null`.

use std::fmt;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::UserKey;

/// A key of any object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(super) struct Key(pub(super) String);

impl Key {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key {
    /// Returns `true` if this is the key of `user`.
    pub(super) fn is(&self, user: &UserKey) -> bool {
        self.0 == user.as_str()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key: a string or an integer")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
        Ok(Key(text.to_owned()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Key, E> {
        Ok(Key(number.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Key, E> {
        Ok(Key(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Key, E> {
        Err(E::invalid_type(Unexpected::Float(number), &self))
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Page<T> {
    #[serde(default, deserialize_with = "listed")]
    pub(super) results: Vec<T>,
    #[serde(default)]
    pub(super) total: Option<u64>,
}

/// A user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireUser {
    pub(super) key: Key,
    #[serde(deserialize_with = "text")]
    pub(super) email: String,
    #[serde(deserialize_with = "text")]
    pub(super) first_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) last_name: String,
    pub(super) locale: Option<String>,
    pub(super) time_zone: Option<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) license_keys: Vec<Key>,
    pub(super) group_key: Option<Key>,
    #[serde(deserialize_with = "listed")]
    pub(super) group_name_path: Vec<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) admin_roles: Vec<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) role_sets: Vec<Key>,
    #[serde(deserialize_with = "listed")]
    pub(super) managed_group_keys: Vec<Key>,
    #[serde(deserialize_with = "listed")]
    pub(super) managed_license_keys: Vec<Key>,
    #[serde(deserialize_with = "listed")]
    pub(super) attributes: Vec<WireAttribute>,
    pub(super) settings: Option<WireSettings>,
    #[serde(deserialize_with = "text")]
    pub(super) status: String,
    pub(super) invite_count: Option<u32>,
    pub(super) invitation_expired: Option<bool>,
    pub(super) email_locked: Option<bool>,
    pub(super) name_locked: Option<bool>,
    pub(super) identity_read_only: Option<bool>,
}

/// A custom field of a user.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireAttribute {
    pub(super) key: Key,
    #[serde(default)]
    pub(super) value: Option<String>,
}

/// Product-specific settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireSettings {
    #[serde(rename = "JIVE")]
    pub(super) connect: Option<WireConnect>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireConnect {
    pub(super) primary_extension_number: Option<Key>,
}

/// A user in the response to a creation.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireMade {
    pub(super) key: Key,
    #[serde(default, deserialize_with = "text")]
    pub(super) email: String,
}

/// A user group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireGroup {
    pub(super) key: Key,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "listed")]
    pub(super) name_path: Vec<String>,
}

/// A license.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireLicense {
    pub(super) key: Key,
    pub(super) seats: Option<u64>,
    pub(super) user_count: Option<u64>,
    pub(super) enabled: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
    #[serde(deserialize_with = "listed")]
    pub(super) products: Vec<String>,
}

/// A role set: a role defined by the account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireRoleSet {
    #[serde(alias = "key")]
    pub(super) id: Key,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
}

/// A custom field of the account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireField {
    #[serde(alias = "id")]
    pub(super) key: Key,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
}

/// A welcome e-mail template.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireTemplate {
    #[serde(alias = "id")]
    pub(super) key: Key,
    #[serde(default, deserialize_with = "text")]
    pub(super) title: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) subject: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) text: String,
}

/// A page of a list in GoTo Connect.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct MarkedPage<T> {
    #[serde(default, deserialize_with = "listed")]
    pub(super) items: Vec<T>,
    #[serde(default)]
    pub(super) next_page_marker: Option<String>,
}

/// A telephone extension.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireExtension {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    pub(super) number: Key,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
    pub(super) assigned_primary_user_key: Option<Key>,
    #[serde(deserialize_with = "listed")]
    pub(super) assigned_secondary_user_keys: Vec<Key>,
}

impl WireExtension {
    /// Returns `true` if the extension can belong to a user; others are queues, dial plans, and the like.
    pub(super) fn is_direct(&self) -> bool {
        self.kind.is_empty() || self.kind == "DIRECT_EXTENSION"
    }
}

/// A telephone or another device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireDevice {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) mac_address: String,
    pub(super) assigned_user_key: Option<Key>,
}

/// A phone number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireNumber {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) number: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    pub(super) route_to: Option<WireRoute>,
}

/// The destination of a phone number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRoute {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: String,
}

impl WireRoute {
    pub(super) fn to_extension(id: &str) -> Self {
        Self { id: id.to_owned(), kind: EXTENSION.to_owned() }
    }

    /// Returns the ID of the extension, if the destination is one.
    pub(super) fn extension(&self) -> Option<&str> {
        (self.kind == EXTENSION).then_some(&*self.id)
    }
}

const EXTENSION: &str = "EXTENSION";

/// The permissions of a user on a phone number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WirePermission {
    pub(super) user_key: Key,
    #[serde(deserialize_with = "listed")]
    pub(super) permissions: Vec<String>,
}

impl WirePermission {
    /// The word for showing the number as caller ID.
    pub(super) const SHOWS: &str = "OUTBOUND_CALLER_ID";
    /// The word for sending and receiving text messages.
    pub(super) const TEXTS: &str = "TEXTING";

    /// Returns `true` if the user has a permission.
    pub(super) fn has(&self, word: &str) -> bool {
        self.permissions.iter().any(|own| own == word)
    }
}

/// A location.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireLocation {
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
}

/// A user at a location.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireLocated {
    pub(super) user_key: Key,
}

/// The signed-in user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireMe {
    pub(super) key: Key,
    pub(super) account_key: Key,
    #[serde(deserialize_with = "text")]
    pub(super) email: String,
    #[serde(deserialize_with = "listed")]
    pub(super) admin_roles: Vec<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) organization_roles: Vec<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) accounts: Vec<WireAccount>,
}

/// An account of the signed-in user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireAccount {
    pub(super) key: Key,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "listed")]
    pub(super) admin_roles: Vec<String>,
}

/// An error response, in all observed formats.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireRefusal {
    pub(super) incident_id: Option<String>,
    #[serde(deserialize_with = "listed")]
    pub(super) errors: Vec<WireProblem>,
    pub(super) error_code: Option<String>,
    pub(super) message: Option<String>,
    #[serde(rename = "int_err_code")]
    pub(super) internal_code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireProblem {
    #[serde(deserialize_with = "text")]
    pub(super) code: String,
    pub(super) value: Option<serde_json::Value>,
}

/// The response of the token endpoint.
#[derive(Deserialize)]
pub(super) struct WireTokens {
    pub(super) access_token: String,
    #[serde(default)]
    pub(super) refresh_token: Option<String>,
    #[serde(default)]
    pub(super) expires_in: Option<u64>,
    #[serde(default)]
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) principal: Option<String>,
}

/// The error response of the token endpoint (RFC 6749, section 5.2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireNoTokens {
    #[serde(deserialize_with = "text")]
    pub(super) error: String,
    #[serde(deserialize_with = "text")]
    pub(super) error_description: String,
}

/// Reads a list that may be missing or `null`.
fn listed<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a text that may be missing or `null`.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_exactly_from_strings_and_integers() {
        for text in ["\"6581286685341855244\"", "6581286685341855244", "18446744073709551615", "-1"] {
            let key: Key = serde_json::from_str(text).unwrap();
            assert_eq!(key.as_str(), text.trim_matches('"'));
        }
        for text in ["1.5", "1e3", "18446744073709551616", "null", "{}"] {
            assert!(serde_json::from_str::<Key>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn accepts_missing_null_and_unknown_fields() {
        let user: WireUser =
            serde_json::from_str(r#"{"key":7,"email":null,"licenseKeys":null,"products":["X"],"newThing":{"a":1}}"#)
                .unwrap();
        assert_eq!((user.key.as_str(), user.email.as_str(), user.license_keys.len()), ("7", "", 0));
        let page: Page<WireUser> = serde_json::from_str(r#"{"total":0}"#).unwrap();
        assert!(page.results.is_empty() && page.total == Some(0));
    }
}
