//! Distinguished names (RFC 4514): parsed, compared and taken apart in one place.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::text;
use crate::{Error, ErrorKind};

/// A distinguished name as a source wrote it, compared as a directory compares it.
///
/// Equality ignores letter case, runs of space, the way a character is escaped, and the order inside a multi-valued RDN.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Dn(Arc<str>);

impl Dn {
    /// Parses a distinguished name.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] with the position when an RDN has no `=`, an escape is cut off, or a part is empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if let Some(problem) = problem(text) {
            return Err(Error::new(ErrorKind::Input, format!("`{text}` is not a distinguished name: {problem}"))
                .hint("write it as the directory shows it, for example `OU=Sales,DC=example,DC=test`"));
        }
        Ok(Self(text.into()))
    }

    /// Takes a distinguished name from a server, whose word for it is taken.
    pub(crate) fn trusted(text: &str) -> Self {
        Self(text.into())
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name one level up, or `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        parent(&self.0).map(Self::trusted)
    }

    /// The value of the first RDN without its escapes: `Müller, Max` of `CN=Müller\, Max,OU=…`.
    pub fn name(&self) -> String {
        let rdn = &self.0[..first_separator(&self.0, b',').unwrap_or(self.0.len())];
        rdn.split_once('=').map_or_else(String::new, |(_, value)| unescape(value.trim_start()))
    }

    /// The attribute type of the first RDN in lower case: `ou` of `OU=Sales,…`.
    pub fn kind(&self) -> String {
        self.0.split('=').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The number of RDNs.
    pub fn depth(&self) -> usize {
        std::iter::successors(Some(&*self.0), |dn| parent(dn)).count()
    }

    /// The form in which names are compared. The key of a name below another ends with `,` and the other's key.
    pub fn key(&self) -> String {
        key(&self.0)
    }

    /// Says whether this name is `base` or stands anywhere below it.
    pub fn is_within(&self, base: &Self) -> bool {
        let (own, base) = (self.key(), base.key());
        base.is_empty() || own == base || (own.ends_with(&base) && own[..own.len() - base.len()].ends_with(','))
    }
}

/// The text one level up, as written.
pub(crate) fn parent(dn: &str) -> Option<&str> {
    first_separator(dn, b',').map(|at| dn[at + 1..].trim_start()).filter(|rest| !rest.is_empty())
}

/// The comparison key of a name that is not wrapped yet.
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
    // What has no `=` is the rest of a value with a bare `+` in it, and compares as a value does.
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
        // The separators of the key itself must never come from a value.
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

/// Takes the escapes out of an RDN's value (RFC 4514, section 2.4): `\,` and `\2C` are both a comma.
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

/// The position of the first separator that no backslash escapes.
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
        return Some("it is empty".into());
    }
    let mut rest = text;
    loop {
        let end = first_separator(rest, b',').unwrap_or(rest.len());
        let rdn = rest[..end].trim_start();
        match rdn.split_once('=') {
            None => return Some(format!("the part `{rdn}` has no `=`")),
            Some((kind, _)) if kind.trim().is_empty() => {
                return Some(format!("the part `{rdn}` has nothing before its `=`"));
            }
            Some((_, value)) if value.trim().is_empty() => return Some(format!("the part `{rdn}` has no value")),
            Some(_) => {}
        }
        if (rdn.len() - rdn.trim_end_matches('\\').len()) % 2 == 1 {
            return Some(format!("the part `{rdn}` ends in the middle of an escape"));
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
    fn names_are_equal_as_a_directory_says() {
        assert_eq!(dn("CN=Zo\u{eb},OU=x"), dn("cn=Zoe\u{308},ou=X"));
        assert_eq!(dn("cn=Oliver  Taylor, ou=People"), dn("CN=oliver taylor,OU=People"));
        assert_eq!(dn(r"CN=Walker\, Conor,OU=x"), dn(r"cn=walker\2C conor,ou=X"));
        assert_eq!(dn("CN=a+UID=b,OU=x"), dn("uid=B+cn=A,ou=x"));
        assert_ne!(dn(r"CN=a\,OU=b,OU=x"), dn("CN=a,OU=b,OU=x"));
    }

    #[test]
    fn a_bare_plus_in_a_value_does_not_set_a_name_apart() {
        assert_eq!(dn("CN=C++ Devs,OU=x"), dn("cn=c++  devs, ou=x"));
        let name = dn("CN=a, +OU=x");
        assert!(name.is_within(&name.parent().unwrap()));
    }

    #[test]
    fn names_come_apart() {
        let name = dn(r#"CN=\#1 \"Bob\" \<Plus\+Equals\3D\> \\ Slash\3B,OU=Berlin,DC=test"#);
        assert_eq!(name.name(), r#"#1 "Bob" <Plus+Equals=> \ Slash;"#);
        assert_eq!(name.parent(), Some(dn("OU=Berlin,DC=test")));
        assert_eq!(name.depth(), 3);
        assert!(name.is_within(&dn("dc=TEST")));
        assert!(!dn("OU=xBerlin,DC=test").is_within(&dn("OU=Berlin,DC=test")));
    }

    #[test]
    fn escaped_blanks_and_backslashes_at_the_end_are_part_of_a_name() {
        assert_eq!(dn(r"CN=x\ ,DC=y").name(), "x ");
        assert_eq!(dn(r"CN=x\\,DC=y").name(), r"x\");
        assert!(Dn::parse(r"DC=y,CN=x\").is_err());
    }

    #[test]
    fn what_is_no_name_says_where() {
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
