//! Telephone numbers of an account, and the voicemail of an extension.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A telephone number as the outside world dials it: digits, with a `+` before them or not, however they are grouped.
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

/// A text is not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a telephone number has 3 to 15 digits, as `+15555550100`")]
pub struct NotAPhoneNumber;

/// A telephone number that rings at no user, as the account lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedNumber {
    /// The number.
    pub number: PhoneNumber,
    /// Its name.
    pub name: String,
    /// Where it rings, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings_at: Option<RingsAt>,
}

/// Where a telephone number rings that rings at no user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RingsAt {
    /// At an extension of nobody, by its number. Only whoever gets that extension can have the number.
    Extension(String),
    /// At something else, such as a queue. Nobody gets the number.
    Elsewhere,
}

impl NamedNumber {
    /// Says whether somebody with this extension can have it.
    pub fn is_free_for(&self, extension: Option<&str>) -> bool {
        match &self.rings_at {
            None => true,
            Some(RingsAt::Extension(own)) => extension == Some(own),
            Some(RingsAt::Elsewhere) => false,
        }
    }
}

/// The basics of a voicemail; what is absent stays as the service has it.
///
/// A service takes them and does not show them (goto-api, 5.2: there is a PATCH and no GET), so they are set together with an
/// extension, and never compared. A password is none of them: it would stand in plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voicemail {
    /// The time zone of the times it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether it is listened to without a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_password: Option<bool>,
    /// Whether callers may listen to their message before they leave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
    /// Whether messages are written out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcription: Option<bool>,
    /// The extension that callers may escape to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl PhoneNumber {
    /// The digits, after a `+` or not.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    /// Takes 3 to 15 digits with spaces, `-`, `.`, `/` or brackets between them.
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
    /// Says whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Voicemail {
    /// What it sets, as `transcription on, operator 100`.
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
    fn a_number_is_the_same_however_it_is_grouped() {
        let number: PhoneNumber = "+15555550100".parse().unwrap();
        for text in ["+1 555 555 0100", " +1 (555) 555-0100", "+1.555.555/0100"] {
            assert_eq!(text.parse(), Ok(number.clone()), "{text}");
        }
        assert_ne!("15555550100".parse(), Ok(number), "a `+` says that the country is in it");
        for text in ["", "+", "12", "1234567890123456", "555-CALL", "1+23", "n/a"] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(NotAPhoneNumber), "{text}");
        }
    }
}
