//! A live directory as a source: where it is, who reads it, and where the password comes from.

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

/// A live directory, as the configuration describes it. It holds no secret, but where one is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapConfig {
    /// Servers, tried in this order.
    pub servers: Vec<Server>,
    /// Where servers are looked up if none is named.
    pub discover: Option<Discovery>,
    /// Whether every domain of the forest is read, and not only the one that is named.
    pub forest: bool,
    /// Who reads.
    pub sign_in: LdapSignIn,
    /// Where people, groups and units are read; empty for all that the server holds.
    pub bases: Vec<Dn>,
    /// Who may vouch for a server.
    pub roots: Roots,
    /// The client's own certificate.
    pub client: Option<ClientCertificate>,
    /// What becomes of references to other servers.
    pub referrals: Referrals,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Entries of a page.
    pub page_size: Option<u32>,
    /// Values of one attribute that are asked for at once.
    pub range_size: Option<u32>,
    /// The largest answer that is taken, in bytes.
    pub largest_answer: Option<usize>,
    /// Whether only what changed is read, and how.
    pub changes: Option<Changes>,
    /// Whether `ldap://` may stay without TLS.
    pub danger_plain: bool,
}

/// Who reads a directory, and where what proves it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LdapSignIn {
    /// A name and a password.
    Simple {
        /// The name.
        user: String,
        /// Where the password is.
        password: SecretSource,
    },
    /// The client certificate.
    Certificate,
    /// Kerberos.
    Kerberos {
        /// Who; `None` for the current user.
        principal: Option<String>,
        /// The file with the keys of the principal; `None` for tickets that are there.
        keytab: Option<PathBuf>,
        /// The host of the service `ldap/<host>`; `None` for the host of the server.
        service_host: Option<String>,
    },
    /// Nobody.
    Anonymous,
}

impl LdapConfig {
    /// Prepares the source; here the password is fetched.
    ///
    /// # Errors
    /// As [`SecretSource::fetch`], [`LdapSource::new`] and [`ForestSource::new`].
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

    /// The variables that the process must have been started with: the Kerberos library takes a keytab from nowhere else. Its
    /// tickets are kept in memory then, so that those of somebody who is logged in are neither used nor overwritten.
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
    /// The word for it, which is that of `sign_in`.
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
                let password = fetched.map_err(|error| error.during("get the password of the directory"))?;
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
    /// Where it is, in the order in which it is looked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.discover {
            Some(discovery) if self.forest => write!(f, "forest of {}", discovery.domain),
            Some(discovery) => write!(f, "domain {}", discovery.domain),
            None => f.write_str(&self.servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl fmt::Display for LdapSignIn {
    /// Who signs in, and where what proves it is kept.
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
            Self::Anonymous => f.write_str("nobody (anonymous)"),
        }
    }
}

/// A keytab is as good as a password. Without the variable the library would quietly use whatever tickets there are.
fn check_keytab(keytab: &Path, variables: &Variables) -> Result<()> {
    check_private(keytab)?;
    let wanted = keytab_name(keytab);
    if variables.value(KEYTAB).is_some_and(|named| named == wanted) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("this process was not started with {KEYTAB}"))
        .with("file", keytab.display())
        .hint(format!("start it with {KEYTAB}={} and {TICKETS}=MEMORY:", wanted.display())))
}

fn keytab_name(keytab: &Path) -> OsString {
    let mut name = OsString::from("FILE:");
    name.push(keytab);
    name
}

const KEYTAB: &str = "KRB5_CLIENT_KTNAME";
const TICKETS: &str = "KRB5CCNAME";
