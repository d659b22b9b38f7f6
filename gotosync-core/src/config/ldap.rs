//! The configuration of a live directory: servers, bind credentials, and read settings.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Variables;
use crate::model::Dn;
use crate::secret::{SecretSource, check_private};
use crate::source::ldap::{
    Changes, ClientCertificate, Discovery, LdapOptions, Referrals, Roots, Server, SignIn, Timeouts, Tls,
};
use crate::source::{DirectorySource, ForestSource, LdapSource};
use crate::{Error, ErrorKind, Result};

mod read;
mod sign_in;

pub(super) use read::read;

/// The configuration of a live directory. It contains the locations of secrets, not the secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapConfig {
    /// The servers, tried in this order.
    pub servers: Vec<Server>,
    /// The domain whose servers are found by DNS, if `servers` is empty.
    pub discover: Option<Discovery>,
    /// `true` if every domain of the forest is read, not only the named domain.
    pub forest: bool,
    /// The sign-in method and its credentials.
    pub sign_in: LdapSignIn,
    /// The base DNs for reading people, groups, and units; empty for everything on the server.
    pub bases: Vec<Dn>,
    /// The certificate authorities to trust.
    pub roots: Roots,
    /// The client certificate.
    pub client: Option<ClientCertificate>,
    /// The handling of referrals to other servers.
    pub referrals: Referrals,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// The number of entries per page.
    pub page_size: Option<u32>,
    /// The number of values of one attribute to request at once.
    pub range_size: Option<u32>,
    /// The maximum size of a response, in bytes.
    pub largest_answer: Option<usize>,
    /// The method of reading only changes; `None` to read everything each time.
    pub changes: Option<Changes>,
    /// `true` if `ldap://` connections stay unencrypted.
    pub danger_plain: bool,
}

/// A method of signing in to a directory, with the locations of its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LdapSignIn {
    /// A simple bind with name and password.
    Simple {
        /// The bind name: `user@domain`, `DOMAIN\user`, or a distinguished name.
        user: String,
        /// The location of the password.
        password: SecretSource,
    },
    /// The client certificate.
    Certificate,
    /// Kerberos.
    Kerberos {
        /// The principal; `None` for the current user.
        principal: Option<String>,
        /// The keytab of the principal; `None` to use existing tickets.
        keytab: Option<PathBuf>,
        /// The host of the service `ldap/<host>`; `None` for the host of the server.
        service_host: Option<String>,
    },
    /// An anonymous bind.
    Anonymous,
}

impl LdapConfig {
    /// Opens the source. Fetches the password.
    ///
    /// # Errors
    /// As [`SecretSource::fetch`], [`LdapSource::new`], and [`ForestSource::new`].
    pub(super) fn open(&self, variables: &Variables) -> Result<Box<dyn DirectorySource>> {
        let options = self.options(variables)?;
        Ok(if self.forest { Box::new(ForestSource::new(options)?) } else { Box::new(LdapSource::new(options)?) })
    }

    fn options(&self, variables: &Variables) -> Result<LdapOptions> {
        let mut options = LdapOptions::new(self.servers.clone());
        options.discover.clone_from(&self.discover);
        options.tls = Tls { roots: self.roots.clone(), client: self.client.clone() };
        options.sign_in = self.sign_in.fetch(variables)?;
        options.bases.clone_from(&self.bases);
        options.referrals = self.referrals.clone();
        options.timeouts = self.timeouts;
        options.page_size = self.page_size;
        options.range_size = self.range_size;
        options.largest_answer = self.largest_answer.unwrap_or(options.largest_answer);
        options.changes = self.changes;
        options.danger_plain = self.danger_plain;
        Ok(options)
    }

    /// Returns the variables with which the process must have been started: the Kerberos library reads the keytab from the
    /// environment only. Tickets are kept in memory then, so that tickets of a logged-in user are neither used nor overwritten.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        match &self.sign_in {
            LdapSignIn::Kerberos { keytab: Some(keytab), .. } => {
                vec![(KEYTAB, keytab_name(keytab)), (TICKETS, "MEMORY:".into())]
            }
            _ => Vec::new(),
        }
    }
}

impl LdapSignIn {
    /// Returns the method as written in the key `sign_in`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Simple { .. } => "simple",
            Self::Certificate => "certificate",
            Self::Kerberos { .. } => "kerberos",
            Self::Anonymous => "anonymous",
        }
    }

    fn fetch(&self, variables: &Variables) -> Result<SignIn> {
        Ok(match self {
            Self::Simple { user, password } => {
                let fetched = password.fetch(&|name| variables.value(name));
                let password = fetched.map_err(|error| error.during("get the directory password"))?;
                SignIn::Simple { name: user.clone(), password }
            }
            Self::Certificate => SignIn::Certificate,
            Self::Kerberos { principal, keytab, service_host } => {
                if let Some(keytab) = keytab {
                    check_keytab(keytab, variables).map_err(|error| error.during("use the keytab"))?;
                }
                SignIn::Kerberos { principal: principal.clone(), service_host: service_host.clone() }
            }
            Self::Anonymous => SignIn::Anonymous,
        })
    }
}

impl fmt::Display for LdapConfig {
    /// Writes the forest, the domain, or the servers in the order in which they are tried.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.discover {
            Some(discovery) if self.forest => write!(f, "forest of {}", discovery.domain),
            Some(discovery) => write!(f, "domain {}", discovery.domain),
            None => f.write_str(&self.servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl fmt::Display for LdapSignIn {
    /// Writes the user and the location of the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simple { user, password } => write!(f, "{user}, password from the {password}"),
            Self::Certificate => f.write_str("the client certificate"),
            Self::Kerberos { principal, keytab, .. } => {
                write!(f, "{} by Kerberos", principal.as_deref().unwrap_or("the current user"))?;
                match keytab {
                    Some(keytab) => write!(f, ", keytab {}", keytab.display()),
                    None => Ok(()),
                }
            }
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

/// Checks that only the user can read the keytab, and that the Kerberos library will use it.
///
/// A keytab needs the same protection as a password. Without the variable, the library would silently use other tickets.
fn check_keytab(keytab: &Path, variables: &Variables) -> Result<()> {
    check_private(keytab)?;
    let wanted = keytab_name(keytab);
    if variables.value(KEYTAB).is_some_and(|named| named == wanted) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("the environment variable {KEYTAB} does not name the keytab"))
        .with("file", keytab.display())
        .hint(format!("start the process with {KEYTAB}={} and {TICKETS}=MEMORY:", wanted.display())))
}

fn keytab_name(keytab: &Path) -> OsString {
    let mut name = OsString::from("FILE:");
    name.push(keytab);
    name
}

const KEYTAB: &str = "KRB5_CLIENT_KTNAME";
const TICKETS: &str = "KRB5CCNAME";
