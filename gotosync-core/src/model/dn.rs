//! Distinguished names (RFC 4514): parsing, comparison, and decomposition.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::text;
use crate::{Error, ErrorKind};

/// A distinguished name (DN) in its original spelling, compared as a directory compares it.
///
/// Equality ignores letter case, consecutive spaces, the form of escapes, and the order within a multi-valued RDN.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Dn(Arc<str>);

impl Dn {
    /// Parses a distinguished name.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if an RDN has no `=`, an escape is incomplete, or a part is empty; the message shows the part.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if let Some(problem) = problem(text) {
            return Err(Error::new(ErrorKind::Input, format!("`{text}` is not a distinguished name: {problem}"))
                .hint("write it as the directory shows it, for example `OU=Sales,DC=example,DC=test`"));
        }
        Ok(Self(text.into()))
    }

    /// Wraps a distinguished name from a server without checking it.
    pub(crate) fn trusted(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the name in its original spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the parent's name, or `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        parent(&self.0).map(Self::trusted)
    }

    /// Returns the value of the first RDN, unescaped: `Müller, Max` for `CN=Müller\, Max,OU=…`.
    pub fn name(&self) -> String {
        let rdn = &self.0[..first_separator(&self.0, b',').unwrap_or(self.0.len())];
        rdn.split_once('=').map_or_else(String::new, |(_, value)| unescape(value.trim_start()))
    }

    /// Returns the attribute type of the first RDN in lower case: `ou` for `OU=Sales,…`.
    pub fn kind(&self) -> String {
        self.0.split('=').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Returns the number of RDNs.
    pub fn depth(&self) -> usize {
        std::iter::successors(Some(&*self.0), |dn| parent(dn)).count()
    }

    /// Returns the normalized form that is used in comparisons. The key of a descendant ends with `,` and the ancestor's key.
    pub fn key(&self) -> String {
        key(&self.0)
    }

    /// Returns `true` if this name equals `base` or is below it.
    pub fn is_within(&self, base: &Self) -> bool {
        let (own, base) = (self.key(), base.key());
        base.is_empty() || own == base || (own.ends_with(&base) && own[..own.len() - base.len()].ends_with(','))
    }
}

/// Returns the parent of a DN given as text, in its original spelling.
pub(crate) fn parent(dn: &str) -> Option<&str> {
    first_separator(dn, b',').map(|at| dn[at + 1..].trim_start()).filter(|rest| !rest.is_empty())
}

/// Returns the normalized form of a DN given as text; see [`Dn::key`].
pub(crate) fn key(dn: &str) -> String {
    let mut key = String::with_capacity(dn.len());
    let mut rest = dn;
    loop {
        let end = first_separator(rest, b',').unwrap_or(rest.len());
        push_rdn(&mut key, &rest[..end]);
        if end == rest.len() {
            return key;
        }
        key.push(',');
        rest = &rest[end + 1..];
    }
}

fn push_rdn(key: &mut String, rdn: &str) {
    if first_separator(rdn, b'+').is_none() {
        return push_pair(key, rdn);
    }
    let mut pairs = Vec::new();
    let mut rest = rdn;
    loop {
        let end = first_separator(rest, b'+').unwrap_or(rest.len());
        let mut pair = String::new();
        push_pair(&mut pair, &rest[..end]);
        pairs.push(pair);
        if end == rest.len() {
            break;
        }
        rest = &rest[end + 1..];
    }
    pairs.sort();
    key.push_str(&pairs.join("+"));
}

fn push_pair(key: &mut String, pair: &str) {
    // A part without `=` is the rest of a value that contains an unescaped `+`. It is normalized like a value.
    let (kind, value) = pair.split_once('=').map_or((None, pair), |(kind, value)| (Some(kind), value));
    if let Some(kind) = kind {
        key.extend(kind.trim().chars().map(|c| c.to_ascii_lowercase()));
        key.push('=');
    }
    let value = value.trim_start();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.' || b == b'_';
    if value.bytes().all(plain) {
        return key.push_str(value);
    }
    for c in text::fold(&text::nfc(&unescape(value))).chars() {
        // A value must never produce the separators of the key itself.
        if matches!(c, ',' | '+' | '\\' | '=') {
            key.push('\\');
            key.push(match c {
                ',' => 'c',
                '+' => 'p',
                '=' => 'e',
                _ => 'b',
            });
        } else {
            key.push(c);
        }
    }
}

/// Unescapes the value of an RDN (RFC 4514, section 2.4): `\,` and `\2C` both become a comma.
fn unescape(value: &str) -> String {
    if !value.contains('\\') {
        return value.trim_end().to_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes().peekable();
    let mut significant = 0;
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            if byte != b' ' {
                significant = bytes.len();
            }
            continue;
        }
        let Some(first) = rest.next() else { break };
        let second = rest.peek().and_then(|b| char::from(*b).to_digit(16));
        match (char::from(first).to_digit(16), second) {
            (Some(high), Some(low)) => {
                rest.next();
                bytes.push((high * 16 + low) as u8);
            }
            _ => bytes.push(first),
        }
        significant = bytes.len();
    }
    bytes.truncate(significant);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the position of the first separator that is not escaped with a backslash.
fn first_separator(text: &str, separator: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(separator, b'\\', &bytes[from..])?;
        if bytes[at] == separator {
            return Some(at);
        }
        from = (at + 2).min(bytes.len());
    }
}

fn problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("the name is empty".into());
    }
    let mut rest = text;
    loop {
        let end = first_separator(rest, b',').unwrap_or(rest.len());
        let rdn = rest[..end].trim_start();
        match rdn.split_once('=') {
            None => return Some(format!("the part `{rdn}` has no `=`")),
            Some((kind, _)) if kind.trim().is_empty() => {
                return Some(format!("the part `{rdn}` has no attribute type before the `=`"));
            }
            Some((_, value)) if value.trim().is_empty() => return Some(format!("the part `{rdn}` has no value")),
            Some(_) => {}
        }
        if (rdn.len() - rdn.trim_end_matches('\\').len()) % 2 == 1 {
            return Some(format!("the part `{rdn}` ends with an incomplete escape sequence"));
        }
        if end == rest.len() {
            return None;
        }
        rest = &rest[end + 1..];
    }
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.key() == other.key()
    }
}

impl Eq for Dn {}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Dn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    #[test]
    fn compares_names_as_a_directory_does() {
        assert_eq!(dn("CN=Zo\u{eb},OU=x"), dn("cn=Zoe\u{308},ou=X"));
        assert_eq!(dn("cn=Oliver  Taylor, ou=People"), dn("CN=oliver taylor,OU=People"));
        assert_eq!(dn(r"CN=Walker\, Conor,OU=x"), dn(r"cn=walker\2C conor,ou=X"));
        assert_eq!(dn("CN=a+UID=b,OU=x"), dn("uid=B+cn=A,ou=x"));
        assert_ne!(dn(r"CN=a\,OU=b,OU=x"), dn("CN=a,OU=b,OU=x"));
    }

    #[test]
    fn accepts_an_unescaped_plus_in_a_value() {
        assert_eq!(dn("CN=C++ Devs,OU=x"), dn("cn=c++  devs, ou=x"));
        let name = dn("CN=a, +OU=x");
        assert!(name.is_within(&name.parent().unwrap()));
    }

    #[test]
    fn splits_names_into_rdn_parent_and_depth() {
        let name = dn(r#"CN=\#1 \"Bob\" \<Plus\+Equals\3D\> \\ Slash\3B,OU=Berlin,DC=test"#);
        assert_eq!(name.name(), r#"#1 "Bob" <Plus+Equals=> \ Slash;"#);
        assert_eq!(name.parent(), Some(dn("OU=Berlin,DC=test")));
        assert_eq!(name.depth(), 3);
        assert!(name.is_within(&dn("dc=TEST")));
        assert!(!dn("OU=xBerlin,DC=test").is_within(&dn("OU=Berlin,DC=test")));
    }

    #[test]
    fn keeps_escaped_spaces_and_backslashes_at_the_end_of_a_value() {
        assert_eq!(dn(r"CN=x\ ,DC=y").name(), "x ");
        assert_eq!(dn(r"CN=x\\,DC=y").name(), r"x\");
        assert!(Dn::parse(r"DC=y,CN=x\").is_err());
    }

    #[test]
    fn names_the_invalid_part() {
        for (text, part) in [
            ("", "empty"),
            ("Sales", "`Sales` has no `=`"),
            ("OU=,DC=x", "`OU=` has no value"),
            ("OU=a,,DC=b", "`` has no"),
        ] {
            assert!(Dn::parse(text).unwrap_err().message().contains(part), "{text}");
        }
    }
}
