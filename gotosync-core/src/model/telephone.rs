//! Phone numbers of an account, and voicemail settings of an extension.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A phone number as dialed from outside: digits, optionally after a `+`. Grouping characters are ignored.
///
/// ```
/// use gotosync_core::model::PhoneNumber;
///
/// let number: PhoneNumber = "+1 (555) 555-0100".parse()?;
/// assert_eq!(number.as_str(), "+15555550100");
/// # Ok::<(), gotosync_core::model::NotAPhoneNumber>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(Arc<str>);

/// The error for a text that is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has 3 to 15 digits, for example `+15555550100`")]
pub struct NotAPhoneNumber;

/// A phone number of the account that does not ring at a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedNumber {
    /// The number.
    pub number: PhoneNumber,
    /// The name of the number.
    pub name: String,
    /// The place where the number rings, if it rings anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings_at: Option<RingsAt>,
}

/// The place where a phone number rings if it does not ring at a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RingsAt {
    /// An extension without a user, by its number. Only a user who gets this extension can get the phone number.
    Extension(String),
    /// Something else, e.g. a call queue. No user can get the number.
    Elsewhere,
}

impl NamedNumber {
    /// Returns `true` if a user with this extension can get the number.
    pub fn is_free_for(&self, extension: Option<&str>) -> bool {
        match &self.rings_at {
            None => true,
            Some(RingsAt::Extension(own)) => extension == Some(own),
            Some(RingsAt::Elsewhere) => false,
        }
    }
}

/// Basic voicemail settings; fields that are `None` keep the service's values.
///
/// GoTo's API can write these settings but not read them (it has a PATCH and no GET), so they are set together with a new
/// extension and never compared. There is no password here because it would be visible in plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voicemail {
    /// The time zone in which the voicemail announces times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `true` if users can listen to their messages without a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_password: Option<bool>,
    /// `true` if callers can review their message before they leave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
    /// `true` if messages are transcribed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcription: Option<bool>,
    /// The extension to which a caller can be transferred from the voicemail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl PhoneNumber {
    /// Returns the digits, after a `+` if the number has one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    /// Parses 3 to 15 digits with optional spaces, `-`, `.`, `/`, or parentheses between them.
    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        let mut number = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match c {
                '0'..='9' => number.push(c),
                '+' if number.is_empty() => number.push(c),
                ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' => {}
                _ => return Err(NotAPhoneNumber),
            }
        }
        let digits = number.trim_start_matches('+').len();
        if (3..=15).contains(&digits) { Ok(Self(number.into())) } else { Err(NotAPhoneNumber) }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Voicemail {
    /// Returns `true` if nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Voicemail {
    /// Lists the settings, for example `transcription on, operator 100`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |name: &str, on: Option<bool>| on.map(|on| format!("{name} {}", if on { "on" } else { "off" }));
        let parts: Vec<String> = [
            self.time_zone.as_ref().map(|zone| format!("time_zone {zone}")),
            switch("without_password", self.without_password),
            switch("review", self.review),
            switch("transcription", self.transcription),
            self.operator.as_ref().map(|operator| format!("operator {operator}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_differently_grouped_numbers_as_equal() {
        let number: PhoneNumber = "+15555550100".parse().unwrap();
        for text in ["+1 555 555 0100", " +1 (555) 555-0100", "+1.555.555/0100"] {
            assert_eq!(text.parse(), Ok(number.clone()), "{text}");
        }
        assert_ne!("15555550100".parse(), Ok(number), "a number with `+` includes the country code");
        for text in ["", "+", "12", "1234567890123456", "555-CALL", "1+23", "n/a"] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(NotAPhoneNumber), "{text}");
        }
    }
}
