//! The options for connecting to a directory, signing in, and reading.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::model::Dn;
use crate::tls::{ClientCertificate, Roots};
use crate::{Error, ErrorKind, Result, Secret};

/// The options of an [`LdapSource`](super::LdapSource).
///
/// ```
/// use gotosync_core::Secret;
/// use gotosync_core::source::ldap::{LdapOptions, Server, SignIn};
///
/// let mut options = LdapOptions::new(vec![Server::parse("ldaps://dc1.example.test")?]);
/// options.sign_in = SignIn::Simple { name: "sync@example.test".into(), password: Secret::new("…") };
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LdapOptions {
    /// The servers, which are tried in this order until one answers. All of them must hold the same directory.
    pub servers: Vec<Server>,
    /// The domain whose servers are looked up in DNS if `servers` is empty.
    pub discover: Option<Discovery>,
    /// Transport security.
    pub tls: Tls,
    /// The sign-in method and its credentials.
    pub sign_in: SignIn,
    /// The base DNs of people, groups, and units. If empty, the default naming context of Active Directory, or all naming
    /// contexts of other servers.
    pub bases: Vec<Dn>,
    /// The handling of referrals and continuation references to other servers.
    pub referrals: Referrals,
    /// The subtrees that other sources read. Continuation references into them do not make this source incomplete and are
    /// ignored.
    pub elsewhere: Vec<Dn>,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// The number of entries per page; `None` for 1,000, the default limit of Active Directory.
    pub page_size: Option<u32>,
    /// The number of values of an attribute to request at once; `None` for the server's default (Active Directory: 1,500).
    pub range_size: Option<u32>,
    /// The maximum size of a message from the server, in bytes. A group is one message; a million members take about 100 MB.
    pub largest_answer: usize,
    /// The options for incremental reads; `None` for a full read every time.
    pub changes: Option<Changes>,
    /// `true` to use `ldap://` without TLS. Anyone on the network path can then read and change the data, and read the
    /// password. Every report mentions it.
    pub danger_plain: bool,
}

impl LdapOptions {
    /// Creates default options for these servers, with an anonymous sign-in.
    pub fn new(servers: Vec<Server>) -> Self {
        Self {
            servers,
            discover: None,
            tls: Tls::default(),
            sign_in: SignIn::Anonymous,
            bases: Vec::new(),
            referrals: Referrals::Refuse,
            elsewhere: Vec::new(),
            timeouts: Timeouts::default(),
            page_size: None,
            range_size: None,
            largest_answer: 256 << 20,
            changes: None,
            danger_plain: false,
        }
    }

    /// Checks for invalid and unsafe options.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for such options; [`ErrorKind::Unsupported`] for a sign-in method that this build lacks.
    pub(super) fn check(&self) -> Result<()> {
        if self.servers.is_empty() && self.discover.is_none() {
            return Err(wrong(
                "no server is configured",
                "set a server, such as `ldaps://dc1.example.test`, or a domain whose servers are looked up in DNS",
            ));
        }
        let found = self.discover.iter().map(|discovery| discovery.security);
        let mut security = self.servers.iter().map(|server| server.security).chain(found);
        let plain = self.danger_plain && security.any(|security| security == Security::StartTls);
        match &self.sign_in {
            SignIn::Simple { name, .. } if name.trim().is_empty() => {
                Err(wrong("the user name is empty", "set the user, or set the sign-in method to `anonymous`"))
            }
            // A bind with an empty password is an unauthenticated bind, which succeeds (RFC 4513, section 5.1.2).
            SignIn::Simple { password, .. } if password.is_empty() => Err(wrong(
                "the password is empty",
                "set the password: the server would treat an empty one as an anonymous sign-in",
            )),
            SignIn::Certificate if self.tls.client.is_none() => {
                Err(wrong("no client certificate is configured", "set the certificate and its private key"))
            }
            SignIn::Certificate | SignIn::Kerberos { .. } if plain => Err(wrong(
                "this sign-in method requires TLS",
                "remove `danger_plain`, which allows unencrypted connections",
            )),
            #[cfg(not(feature = "kerberos"))]
            SignIn::Kerberos { .. } => Err(Error::new(ErrorKind::Unsupported, "this build cannot sign in by Kerberos")
                .hint("build with the feature `kerberos`, which needs the system's GSSAPI library")),
            _ if self.page_size == Some(0) || self.range_size == Some(0) => {
                Err(wrong("the page size or range size is 0", "remove it, or set it to 1 or more"))
            }
            _ => Ok(()),
        }
    }
}

fn wrong(problem: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Input, problem).during("set up the directory").hint(hint)
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The host name or IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protection of the connection.
    pub security: Security,
}

/// The protection of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte: `ldaps://`.
    Tls,
    /// StartTLS: `ldap://`, unless [`danger_plain`](LdapOptions::danger_plain) is set.
    StartTls,
}

impl Security {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Tls, Self::StartTls];
}

impl Server {
    /// Parses `ldaps://host`, `ldap://host:389`, or `ldaps://[::1]:636`.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for anything else.
    pub fn parse(url: &str) -> Result<Self> {
        // The text before an `@` may contain a password.
        let shown = if url.contains('@') { "the URL" } else { &format!("`{url}`") };
        let bad = |problem: &str| {
            wrong(
                &format!("{shown} is not a valid server address: {problem}"),
                "write an address such as `ldaps://dc1.example.test:636`",
            )
        };
        let lower = url.trim().to_ascii_lowercase();
        let (security, rest) = match lower.split_once("://") {
            Some(("ldaps", rest)) => (Security::Tls, rest),
            Some(("ldap", rest)) => (Security::StartTls, rest),
            Some(_) => return Err(bad("it does not begin with `ldaps://` or `ldap://`")),
            None => return Err(bad("it does not begin with `ldaps://`")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '@', '#', ' ']) {
            return Err(bad("it contains more than a host and a port"));
        }
        let (host, port) = match rest.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((host, port))) => (host, port.strip_prefix(':').or(port.is_empty().then_some(""))),
            Some(None) => return Err(bad("the closing bracket is missing")),
            None => rest.split_once(':').map_or((rest, Some("")), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some("") => {
                if security == Security::Tls {
                    636
                } else {
                    389
                }
            }
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| bad("the port is not a number from 1 to 65535"))?,
            None => return Err(bad("unexpected text follows the closing bracket")),
        };
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        Ok(Self { host: host.to_owned(), port, security })
    }

    /// Returns `true` if the port is one of Active Directory's global catalog ports.
    pub(super) fn is_global_catalog(&self) -> bool {
        matches!(self.port, 3268 | 3269)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Tls { "ldaps" } else { "ldap" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// The lookup of servers in DNS: the SRV records `_ldap._tcp.dc._msdcs.<domain>`, or else `_ldap._tcp.<domain>` (RFC 2782; for
/// Active Directory, MS-ADTS 6.3.6.1.1). Servers are tried by ascending priority and, within a priority, by descending weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// The DNS name of the domain.
    pub domain: String,
    /// The name servers to ask; empty for those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// The protection of connections. With [`Security::Tls`], the port is 636, regardless of the SRV records.
    pub security: Security,
}

/// Transport security.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The trusted certificate authorities (CAs).
    pub roots: Roots,
    /// The client certificate.
    pub client: Option<ClientCertificate>,
}

/// The sign-in method. NTLM is not supported: it can be relayed to other servers, and Microsoft has deprecated it.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// A simple bind with a name and a password. The name is a distinguished name or, with Active Directory, also
    /// `user@domain` or `DOMAIN\user`.
    Simple {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// The client certificate of [`Tls::client`] (SASL EXTERNAL).
    Certificate,
    /// Kerberos (SASL GSSAPI), always over TLS and with channel binding. The ticket comes from the credential cache, or from
    /// the keytab in `KRB5_CLIENT_KTNAME`; on Windows, from the current logon session.
    Kerberos {
        /// The principal; `None` for the current user.
        principal: Option<String>,
        /// The host in the service principal name `ldap/<host>`; `None` for the host of the server.
        service_host: Option<String>,
    },
    /// No sign-in: an anonymous connection.
    Anonymous,
}

impl SignIn {
    /// Returns `true` if a user name is a distinguished name.
    pub(crate) fn is_distinguished(name: &str) -> bool {
        !name.contains(['@', '\\']) && name.contains('=') && Dn::parse(name).is_ok()
    }

    /// Returns the name of the user, as far as it is known without a server.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Simple { name, .. } => name.clone(),
            Self::Certificate => "the client certificate".to_owned(),
            Self::Kerberos { principal, .. } => {
                principal.clone().unwrap_or_else(|| "the current Kerberos user".to_owned())
            }
            Self::Anonymous => "anonymous".to_owned(),
        }
    }
}

/// The handling of referrals and continuation references to other servers. References to parts of Active Directory without
/// people (configuration, schema, DNS zones) are never followed; a remark reports them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Referrals {
    /// A reference makes the read incomplete.
    #[default]
    Refuse,
    /// References are not followed, and a remark reports them: for directories whose other parts contain no relevant people.
    Ignore,
    /// References are followed with the same sign-in, but only to these hosts.
    Follow(Vec<String>),
}

/// The options for incremental reads. The first read is a full read of all people below the bases, independent of the rules,
/// and its result is kept with the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The method; `None` for the best one that the server and the user's rights allow.
    pub method: Option<DeltaMethod>,
    /// The number of reads after which everything is read again.
    pub full_every: u32,
}

impl Default for Changes {
    /// The best method, and a full read every 24 reads.
    fn default() -> Self {
        Self { method: None, full_every: 24 }
    }
}

/// A method to find changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaMethod {
    /// `DirSync` (Active Directory).
    DirSync,
    /// `uSNChanged` (Active Directory).
    Usn,
    /// LDAP content synchronization, RFC 4533 (`OpenLDAP`).
    Syncrepl,
    /// `modifyTimestamp` (any server).
    Timestamp,
}

impl DeltaMethod {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::DirSync, Self::Usn, Self::Syncrepl, Self::Timestamp];
}

/// The timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The timeout for connecting to one server, including TLS and the bind.
    pub connect: Duration,
    /// The timeout for one page of a search, from the request to the last entry.
    pub operation: Duration,
    /// The maximum time without receiving a byte while a response is pending.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// 15 s, 300 s, and 120 s. A domain controller may take long before it sends the first entry of a page.
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), operation: Duration::from_mins(5), idle: Duration::from_mins(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_server_addresses() {
        let server = |url: &str| Server::parse(url).map(|server| server.to_string());
        assert_eq!(server("ldaps://DC1.x.test").unwrap(), "ldaps://dc1.x.test:636");
        assert_eq!(server("ldap://dc1:3389/").unwrap(), "ldap://dc1:3389");
        assert_eq!(server("ldaps://[::1]").unwrap(), "ldaps://[::1]:636");
        assert_eq!(server("ldaps://[::1]:7").unwrap(), "ldaps://[::1]:7");
        for bad in [
            "dc1",
            "https://x",
            "ldaps://",
            "ldaps://x:0",
            "ldaps://x:70000",
            "ldap://x/dc=y",
            "ldaps://[::1",
            "ldaps://[::1]7",
        ] {
            let error = server(bad).unwrap_err();
            assert!(error.kind() == ErrorKind::Input && error.help().is_some(), "{bad}");
        }
    }

    #[test]
    fn does_not_show_a_password_in_a_url() {
        let error = Server::parse("ldaps://sync:hunter2@dc1.x.test").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn rejects_unsafe_and_invalid_options() {
        let options = |sign_in| LdapOptions { sign_in, ..LdapOptions::new(vec![Server::parse("ldap://x").unwrap()]) };
        let simple = |name: &str, password: &str| SignIn::Simple { name: name.into(), password: Secret::new(password) };
        assert!(options(simple("a", "b")).check().is_ok());
        assert!(options(SignIn::Anonymous).check().is_ok());
        for bad in [simple("a", ""), simple(" ", "b"), SignIn::Certificate] {
            assert_eq!(options(bad).check().unwrap_err().kind(), ErrorKind::Input);
        }
        let kerberos = SignIn::Kerberos { principal: None, service_host: None };
        assert!(LdapOptions { danger_plain: true, ..options(kerberos) }.check().is_err());
        assert!(LdapOptions::new(vec![]).check().is_err());
        assert!(LdapOptions { page_size: Some(0), ..options(SignIn::Anonymous) }.check().is_err());
        assert!(!format!("{:?}", options(simple("a", "hunter2"))).contains("hunter2"));
    }
}
