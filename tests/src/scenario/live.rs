//! Live directories that hold what a scenario says.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gotosync_core::model::Dn;
use gotosync_core::source::LdapSource;
use gotosync_core::source::ldap::LdapOptions;

use crate::Trouble;
use crate::reading::{samba, slapd};
use crate::servers::{Loader, Samba, Slapd, names, rooted, twin};

/// A server that holds the directory of one run after another, under the names and with the ids that the files give.
#[derive(Debug)]
pub struct Live {
    server: Server,
    /// The places that all of it is in, right below the root.
    places: Mutex<Vec<Dn>>,
}

#[derive(Debug)]
enum Server {
    Samba(Samba, Loader),
    Slapd(Slapd),
}

impl Live {
    /// Starts a domain. What is in it besides, as in every domain, is neither read nor saved.
    ///
    /// # Errors
    /// When it does not start.
    pub fn samba() -> Result<Self, Trouble> {
        let server = Samba::options().realm("EXAMPLE.TEST").start()?;
        let loader = server.loader()?;
        Ok(Self { server: Server::Samba(server, loader), places: Mutex::default() })
    }

    /// Starts a server of `OpenLDAP`, whose entries are what [`twin`] makes of those of Active Directory.
    ///
    /// # Errors
    /// When it does not start.
    pub fn slapd() -> Result<Self, Trouble> {
        Ok(Self { server: Server::Slapd(Slapd::options().start()?), places: Mutex::default() })
    }

    /// Lets the server hold a directory, and nothing of the one before.
    ///
    /// # Errors
    /// What the server does not take.
    pub fn hold(&self, directory: &str) -> Result<(), Trouble> {
        match &self.server {
            Server::Samba(server, loader) => {
                let entries = rooted(directory, &server.base())?;
                loader.hold(&entries)?;
                *self.places() = tops(&entries, &server.base())?;
            }
            Server::Slapd(server) => server.hold(&twin(&rooted(directory, server.base())?)?)?,
        }
        Ok(())
    }

    /// Everything that it holds, as an administrator saves it.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn export(&self) -> Result<String, Trouble> {
        match &self.server {
            Server::Samba(server, _) => {
                self.places().iter().map(|place| server.export_ldif_of(place.as_str())).collect()
            }
            Server::Slapd(server) => server.export_ldif(),
        }
    }

    /// It as a source, which an ordinary user reads.
    ///
    /// # Errors
    /// For options that cannot work.
    pub fn source(&self) -> Result<LdapSource, Trouble> {
        let options = match &self.server {
            Server::Samba(server, _) => {
                LdapOptions { bases: self.places().clone(), ..samba(server, &server.reader())? }
            }
            Server::Slapd(server) => slapd(server, &server.reader())?,
        };
        Ok(LdapSource::new(options)?)
    }

    /// A text in which names are spelled as in the files: `OpenLDAP` writes the kinds of their parts as its schema does.
    pub fn spelled(&self, text: &str) -> String {
        match &self.server {
            Server::Samba(..) => text.to_owned(),
            Server::Slapd(_) => ["cn=", "ou=", "dc="].iter().fold(text.to_owned(), |text, kind| {
                ["`", "(", ","].iter().fold(text, |text, before| {
                    text.replace(&format!("{before}{kind}"), &format!("{before}{}", kind.to_uppercase()))
                })
            }),
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Dn>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entries that stand right below a root.
fn tops(entries: &str, root: &str) -> Result<Vec<Dn>, Trouble> {
    let root = Dn::parse(root)?;
    let mut tops = Vec::new();
    for name in names(entries)? {
        let dn = Dn::parse(&name)?;
        if dn.parent().is_some_and(|parent| parent == root) {
            tops.push(dn);
        }
    }
    Ok(tops)
}
