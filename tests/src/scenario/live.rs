//! Live directory servers that contain the directory of a scenario.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gotosync_core::model::Dn;
use gotosync_core::source::LdapSource;
use gotosync_core::source::ldap::LdapOptions;

use crate::Trouble;
use crate::reading::{samba, slapd};
use crate::servers::{Loader, Samba, Slapd, names, rooted, twin};

/// A server that loads the directories of several runs one after another, with the names and ids of the files.
#[derive(Debug)]
pub struct Live {
    server: Server,
    /// The top-level units of the scenario, directly below the root.
    places: Mutex<Vec<Dn>>,
}

#[derive(Debug)]
enum Server {
    Samba(Samba, Loader),
    Slapd(Slapd),
}

impl Live {
    /// Starts a Samba domain. The default entries of a domain are neither read nor exported.
    ///
    /// # Errors
    /// If the domain does not start.
    pub fn samba() -> Result<Self, Trouble> {
        let server = Samba::options().realm("EXAMPLE.TEST").start()?;
        let loader = server.loader()?;
        Ok(Self { server: Server::Samba(server, loader), places: Mutex::default() })
    }

    /// Starts an `OpenLDAP` server. Its entries are those of Active Directory, converted by [`twin`].
    ///
    /// # Errors
    /// If the server does not start.
    pub fn slapd() -> Result<Self, Trouble> {
        Ok(Self { server: Server::Slapd(Slapd::options().start()?), places: Mutex::default() })
    }

    /// Replaces the content of the server with a directory.
    ///
    /// # Errors
    /// Returns the entry that the server rejects.
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

    /// Exports the content of the server as an administrator.
    ///
    /// # Errors
    /// If the server does not respond.
    pub fn export(&self) -> Result<String, Trouble> {
        match &self.server {
            Server::Samba(server, _) => {
                self.places().iter().map(|place| server.export_ldif_of(place.as_str())).collect()
            }
            Server::Slapd(server) => server.export_ldif(),
        }
    }

    /// Returns a source that reads the server as an ordinary user.
    ///
    /// # Errors
    /// If the connection options are invalid.
    pub fn source(&self) -> Result<LdapSource, Trouble> {
        let options = match &self.server {
            Server::Samba(server, _) => {
                LdapOptions { bases: self.places().clone(), ..samba(server, &server.reader())? }
            }
            Server::Slapd(server) => slapd(server, &server.reader())?,
        };
        Ok(LdapSource::new(options)?)
    }

    /// Returns a text with the DN spelling of the files. `OpenLDAP` writes attribute types as its schema spells them.
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

/// Returns the entries directly below a root.
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
