//! How a directory is reached, who reads it, and how.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::model::Dn;
use crate::tls::{ClientCertificate, Roots};
use crate::{Error, ErrorKind, Result, Secret};

/// Everything that a [`LdapSource`](super::LdapSource) needs to know.
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
    /// Servers, tried in this order until one answers. They must hold the same directory.
    pub servers: Vec<Server>,
    /// Where servers are looked up if none is named: the DNS name of a domain.
    pub discover: Option<Discovery>,
    /// Transport security.
    pub tls: Tls,
    /// Who reads.
    pub sign_in: SignIn,
    /// Where people, groups and units are read; empty for all that the server holds: the default naming context of Active
    /// Directory, all naming contexts of other servers.
    pub bases: Vec<Dn>,
    /// What becomes of references to other servers.
    pub referrals: Referrals,
    /// What another source reads: a reference to what is within takes nothing away from this one, and is left alone.
    pub elsewhere: Vec<Dn>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Entries of a page; `None` for 1,000, which is what Active Directory allows unless its policy says otherwise.
    pub page_size: Option<u32>,
    /// Values of one attribute that are asked for at once; `None` leaves it to the server (Active Directory: 1,500).
    pub range_size: Option<u32>,
    /// The largest answer that is taken, in bytes. A group is one answer: a million members come to about 100 MB.
    pub largest_answer: usize,
    /// Whether only what changed is read, where an earlier reading is at hand; `None` reads everything every time.
    pub changes: Option<Changes>,
    /// Whether `ldap://` may stay without TLS. What is read, and a password, then go over the network for all to see and to
    /// change; every report mentions it.
    pub danger_plain: bool,
}

impl LdapOptions {
    /// The usual, for these servers; nobody signs in.
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

    /// Refuses what can never work, or must not.
    ///
    /// # Errors
    /// [`ErrorKind::Input`].
    pub(super) fn check(&self) -> Result<()> {
        if self.servers.is_empty() && self.discover.is_none() {
            return Err(wrong(
                "no server is named",
                "name one, such as `ldaps://dc1.example.test`, or a domain to look it up in",
            ));
        }
        let found = self.discover.iter().map(|discovery| discovery.security);
        let mut security = self.servers.iter().map(|server| server.security).chain(found);
        let plain = self.danger_plain && security.any(|security| security == Security::StartTls);
        match &self.sign_in {
            SignIn::Simple { name, .. } if name.trim().is_empty() => {
                Err(wrong("the name to sign in with is empty", "name the user, or sign in anonymously by that word"))
            }
            // A server takes an empty password for nobody at all, and says yes (RFC 4513, section 5.1.2).
            SignIn::Simple { password, .. } if password.is_empty() => {
                Err(wrong("the password is empty", "a server would take it for an anonymous sign-in and say yes"))
            }
            SignIn::Certificate if self.tls.client.is_none() => {
                Err(wrong("no client certificate is named", "name the certificate and its key"))
            }
            SignIn::Certificate | SignIn::Kerberos { .. } if plain => Err(wrong(
                "this way of signing in needs TLS",
                "leave the option out that allows a connection without it",
            )),
            #[cfg(not(feature = "kerberos"))]
            SignIn::Kerberos { .. } => Err(Error::new(ErrorKind::Unsupported, "this build cannot sign in by Kerberos")
                .hint("build with the feature `kerberos`, which needs the system's GSSAPI library")),
            _ if self.page_size == Some(0) || self.range_size == Some(0) => {
                Err(wrong("a size of 0 reads nothing", "leave it out, or write 1 or more"))
            }
            _ => Ok(()),
        }
    }
}

fn wrong(problem: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Input, problem).during("prepare the directory").hint(hint)
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A host name, or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte: `ldaps://`.
    Tls,
    /// TLS after a request for it: `ldap://`, unless [`danger_plain`](LdapOptions::danger_plain) is set.
    StartTls,
}

impl Security {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Tls, Self::StartTls];
}

impl Server {
    /// Reads `ldaps://host`, `ldap://host:389` or `ldaps://[::1]:636`.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for anything else.
    pub fn parse(url: &str) -> Result<Self> {
        // What stands before an `@` may be a password.
        let shown = if url.contains('@') { "what is written" } else { &format!("`{url}`") };
        let bad = |problem: &str| {
            wrong(
                &format!("{shown} is no address of a server: {problem}"),
                "write for example `ldaps://dc1.example.test:636`",
            )
        };
        let lower = url.trim().to_ascii_lowercase();
        let (security, rest) = match lower.split_once("://") {
            Some(("ldaps", rest)) => (Security::Tls, rest),
            Some(("ldap", rest)) => (Security::StartTls, rest),
            Some(_) => return Err(bad("it begins neither with `ldaps://` nor with `ldap://`")),
            None => return Err(bad("it does not begin with `ldaps://`")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '@', '#', ' ']) {
            return Err(bad("more than a host and a port follows"));
        }
        let (host, port) = match rest.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((host, port))) => (host, port.strip_prefix(':').or(port.is_empty().then_some(""))),
            Some(None) => return Err(bad("the bracket is not closed")),
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
            Some(port) => {
                port.parse().ok().filter(|port| *port > 0).ok_or_else(|| bad("the port is no number up to 65535"))?
            }
            None => return Err(bad("more than a port follows the bracket")),
        };
        if host.is_empty() {
            return Err(bad("there is no host"));
        }
        Ok(Self { host: host.to_owned(), port, security })
    }

    /// Whether this is where Active Directory serves the global catalogue of a forest.
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

/// Where servers are looked up: the SRV records `_ldap._tcp.dc._msdcs.<domain>`, else `_ldap._tcp.<domain>` (RFC 2782; for
/// Active Directory MS-ADTS 6.3.6.1.1). Lower priorities go first, among equals the greater weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// The DNS name of the domain.
    pub domain: String,
    /// Name servers to ask; empty for those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// How connections are secured: with [`Security::Tls`] the port is 636, whatever the records say.
    pub security: Security,
}

/// Transport security.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Who may vouch for a server.
    pub roots: Roots,
    /// The client's own certificate.
    pub client: Option<ClientCertificate>,
}

/// Who reads. There is no NTLM: it sends what can be used to sign in elsewhere, and Microsoft has announced its end.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// A name and a password: a distinguished name, and with Active Directory also `user@domain` or `DOMAIN\user`.
    Simple {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// The client certificate of [`Tls::client`] (SASL EXTERNAL).
    Certificate,
    /// Kerberos (SASL GSSAPI), always inside TLS and bound to it. The ticket comes from the credential cache, or from the
    /// keytab that `KRB5_CLIENT_KTNAME` names; on Windows from whoever is logged in.
    Kerberos {
        /// Who; `None` for the current user.
        principal: Option<String>,
        /// The host of the service `ldap/<host>`; `None` for the host of the server.
        service_host: Option<String>,
    },
    /// Nobody.
    Anonymous,
}

impl SignIn {
    /// Whether a name to sign in with is a distinguished one.
    pub(crate) fn is_distinguished(name: &str) -> bool {
        !name.contains(['@', '\\']) && name.contains('=') && Dn::parse(name).is_ok()
    }

    /// Who it is, as far as that is known without a server.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Simple { name, .. } => name.clone(),
            Self::Certificate => "the client certificate".to_owned(),
            Self::Kerberos { principal, .. } => {
                principal.clone().unwrap_or_else(|| "the current Kerberos user".to_owned())
            }
            Self::Anonymous => "nobody (anonymous)".to_owned(),
        }
    }
}

/// What becomes of references to other servers. Those to parts of Active Directory that hold no people (configuration, schema,
/// DNS zones) are always left alone, and a remark says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Referrals {
    /// The read is incomplete.
    #[default]
    Refuse,
    /// They are left alone, and a remark says so: for directories whose other parts hold nobody of interest.
    Ignore,
    /// They are followed, with the same way of signing in, to these hosts and to no others.
    Follow(Vec<String>),
}

/// How what changed is read. Everybody at the bases is then read once, whatever the rules select, and kept with the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// By which way; `None` for the best that the server and the rights allow.
    pub method: Option<DeltaMethod>,
    /// Every how many reads everything is read all the same.
    pub full_every: u32,
}

impl Default for Changes {
    /// The best way, and everything once in 24 reads.
    fn default() -> Self {
        Self { method: None, full_every: 24 }
    }
}

/// A way to learn what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaMethod {
    /// `DirSync`, of Active Directory.
    DirSync,
    /// `uSNChanged`, of Active Directory.
    Usn,
    /// Content synchronization, of `OpenLDAP`.
    Syncrepl,
    /// `modifyTimestamp`, of any server.
    Timestamp,
}

impl DeltaMethod {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::DirSync, Self::Usn, Self::Syncrepl, Self::Timestamp];
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to one server, TLS and sign-in included.
    pub connect: Duration,
    /// For one page of a search, from the request to its end.
    pub operation: Duration,
    /// For the next byte of an answer that is owed.
    pub idle: Duration,
}

impl Default for Timeouts {
    /// 15 s, 300 s and 120 s: a domain controller makes up its mind before the first entry of a page.
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), operation: Duration::from_mins(5), idle: Duration::from_mins(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
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
    fn what_may_be_a_password_is_not_shown() {
        let error = Server::parse("ldaps://sync:hunter2@dc1.x.test").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn what_must_not_be_tried_is_refused() {
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
