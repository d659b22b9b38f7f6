//! E-mail addresses and the only function that compares them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;

/// An e-mail address in its original spelling, compared by [`key`](Self::key).
///
/// Two addresses are equal if they differ only in letter case, in Unicode form (composed or decomposed), or in spaces at
/// the ends. `Eq`, `Ord`, and `Hash` all use this key; the crate has no other comparison of addresses.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(Box<str>);

impl Email {
    /// Creates an address without validation; see [`problem`](Self::problem).
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// Returns the address in its original spelling, without spaces at the ends.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the normalized form that is used in comparisons: NFC and lower case.
    pub fn key(&self) -> Cow<'_, str> {
        key(&self.0)
    }

    /// Returns the reason why the address is unusable, or `None` if it is valid.
    ///
    /// Quoted local parts and domain literals are rejected although RFC 5321 allows them: no service accepts them as a
    /// sign-in name.
    pub fn problem(&self) -> Option<&'static str> {
        problem(&self.0)
    }
}

/// Returns the reason why a text is not a usable address; see [`Email::problem`].
pub(crate) fn problem(text: &str) -> Option<&'static str> {
    let Some((local, domain)) = text.rsplit_once('@') else { return Some("it has no @") };
    if local.is_empty() {
        return Some("the part before the @ is empty");
    }
    if local.starts_with('"') {
        return Some("a quoted part before the @ is not supported");
    }
    if local.chars().count() > LOCAL_LIMIT {
        return Some("the part before the @ is longer than 64 characters");
    }
    if !domain.contains('.') {
        return Some("its domain has no dot");
    }
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options).err().map(|_| "it is not a valid e-mail address")
}

/// Returns the normalized form of a text that is an address; see [`Email::key`].
pub(crate) fn key(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        return if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    // Lower-case first: this can decompose characters (İ becomes i and a combining dot).
    let lower = text.to_lowercase();
    Cow::Owned(text::nfc(&lower).into_owned())
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.key() == other.key()
    }
}

impl Eq for Email {}

impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The maximum length of the local part (RFC 5321, section 4.5.3.1.1).
const LOCAL_LIMIT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_addresses_regardless_of_case_unicode_form_and_spaces() {
        assert_eq!(Email::new(" Zoe\u{308}@Example.Test "), Email::new("zoë@example.test"));
        assert_ne!(Email::new("zoe@example.test"), Email::new("zoë@example.test"));
    }

    #[test]
    fn explains_why_an_address_is_unusable() {
        for (text, problem) in [
            ("nobody", "it has no @"),
            ("@example.test", "the part before the @ is empty"),
            ("a@b", "its domain has no dot"),
            ("\"a b\"@example.test", "a quoted part before the @ is not supported"),
            ("a b@example.test", "it is not a valid e-mail address"),
        ] {
            assert_eq!(Email::new(text).problem(), Some(problem), "{text}");
        }
        assert_eq!(Email::new("jürgen@bücher.example").problem(), None);
    }
}
