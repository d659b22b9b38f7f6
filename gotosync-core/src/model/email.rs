//! E-mail addresses and the one function that compares them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;

/// An e-mail address as somebody wrote it, compared by [`key`](Self::key).
///
/// Two addresses are equal when they differ only in letter case, in Unicode form (composed or decomposed) or in space at
/// the ends. `Eq`, `Ord` and `Hash` all go by that key: there is no other comparison of addresses in this crate.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(Box<str>);

impl Email {
    /// Takes an address as it is written; whether it is a valid one is told by [`problem`](Self::problem).
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The address as written, without space at the ends.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared: NFC and lower case.
    pub fn key(&self) -> Cow<'_, str> {
        key(&self.0)
    }

    /// Says why no mail could be sent to this address, if so.
    ///
    /// Quoted local parts and domain literals are refused though RFC 5321 allows them: no service takes them as a sign-in
    /// name.
    pub fn problem(&self) -> Option<&'static str> {
        problem(&self.0)
    }
}

/// Says why no mail could be sent to an address that is not wrapped yet; see [`Email::problem`].
pub(crate) fn problem(text: &str) -> Option<&'static str> {
    let Some((local, domain)) = text.rsplit_once('@') else { return Some("it has no @") };
    if local.is_empty() {
        return Some("nothing stands before the @");
    }
    if local.starts_with('"') {
        return Some("a quoted local part is not accepted");
    }
    if local.chars().count() > LOCAL_LIMIT {
        return Some("more than 64 characters stand before the @");
    }
    if !domain.contains('.') {
        return Some("its domain has no dot");
    }
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options).err().map(|_| "it is not an e-mail address")
}

/// The comparison key of an address that is not wrapped yet.
pub(crate) fn key(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        return if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    // Lower case first: it can decompose (İ becomes i and a combining dot).
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

/// RFC 5321, section 4.5.3.1.1.
const LOCAL_LIMIT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_case_form_and_space() {
        assert_eq!(Email::new(" Zoe\u{308}@Example.Test "), Email::new("zoë@example.test"));
        assert_ne!(Email::new("zoe@example.test"), Email::new("zoë@example.test"));
    }

    #[test]
    fn unusable_addresses_say_why() {
        for (text, problem) in [
            ("nobody", "it has no @"),
            ("@example.test", "nothing stands before the @"),
            ("a@b", "its domain has no dot"),
            ("\"a b\"@example.test", "a quoted local part is not accepted"),
            ("a b@example.test", "it is not an e-mail address"),
        ] {
            assert_eq!(Email::new(text).problem(), Some(problem), "{text}");
        }
        assert_eq!(Email::new("jürgen@bücher.example").problem(), None);
    }
}
