//! Referrals and continuation references to other servers (RFC 4516): `ldap://host:port/base??scope`.

use std::fmt;

use ldap3::Scope;

use super::options::Server;
use crate::model::Dn;

/// An LDAP URL of a referral or continuation reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    pub(super) server: Server,
    pub(super) base: Option<Dn>,
    pub(super) scope: Option<Scope>,
}

impl Reference {
    /// Parses an LDAP URL; `None` if it is invalid.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let server = Server::parse(&format!("{scheme}://{host}")).ok()?;
        let mut parts = path.split('?');
        let base = unescape(parts.next().unwrap_or_default())?;
        let base = if base.is_empty() { None } else { Some(Dn::parse(&base).ok()?) };
        let scope = match parts.nth(1).unwrap_or_default().to_ascii_lowercase().as_str() {
            "base" => Some(Scope::Base),
            "one" => Some(Scope::OneLevel),
            "sub" => Some(Scope::Subtree),
            _ => None,
        };
        Some(Self { server, base, scope })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.base.as_ref().map_or("", Dn::as_str))
    }
}

/// Returns `true` if a configured host name matches the host of a reference. A name such as `*.example.test` matches all
/// hosts of the domain.
pub(super) fn same_host(listed: &str, host: &str) -> bool {
    let listed = listed.trim().to_ascii_lowercase();
    match listed.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => listed == host,
    }
}

/// Decodes percent-encoding such as `%2C`.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_ldap_urls() {
        let found = Reference::parse("ldap://child.x.test/OU=A%5C%2C%20b,DC=child??base").unwrap();
        assert_eq!(found.to_string(), "ldap://child.x.test:389/OU=A\\, b,DC=child");
        assert_eq!(found.scope, Some(Scope::Base));
        assert_eq!(Reference::parse("ldaps://x").unwrap().base, None);
        for bad in ["x", "http://x/", "ldap:///DC=x", "ldap://x/%2", "ldap://x/%zz", "ldap://x/nonsense"] {
            assert_eq!(Reference::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn matches_hosts_and_wildcard_domains() {
        assert!(same_host("DC1.x.test", "dc1.x.test") && same_host("*.x.test", "dc1.x.test"));
        assert!(!same_host("*.x.test", "x.test") && !same_host("*.x.test", "evilx.test") && !same_host("x", "y"));
    }
}
