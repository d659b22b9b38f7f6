//! An Active Directory forest.
//!
//! Samba cannot create a child domain on the same machine. Instead, the configuration of the first domain and the DNS
//! records present two independent domains as one forest. The domains do not trust each other, and nothing is
//! replicated.

use std::fs;
use std::path::PathBuf;

use super::{Loader, Population, Samba};
use crate::Trouble;
use crate::wire::Names;

/// Two domains that appear as one forest, and a DNS server with their records.
#[derive(Debug)]
pub struct Forest {
    /// `ad.example.test`, with 40 people and the default accounts of every domain.
    pub first: Samba,
    /// `sub.ad.example.test`, with 12 people and the default accounts of every domain, including the reader of the
    /// first domain.
    pub below: Samba,
    /// The DNS server with the records of the domain controllers.
    pub names: Names,
    loader: Loader,
    folder: tempfile::TempDir,
}

impl Forest {
    /// Starts both domains.
    ///
    /// # Errors
    /// If one of them does not start.
    pub fn start() -> Result<Self, Trouble> {
        let first = Samba::options().population(Population::new(40, 8)).start()?;
        let below = Samba::options().realm("SUB.AD.EXAMPLE.TEST").population(Population::new(12, 4).seed(5)).start()?;
        let (names, loader, folder) = (Names::start()?, first.loader()?, tempfile::tempdir()?);
        // The child domain must accept the credentials of the first domain's reader, as in a real forest.
        let reader = below.reader().dn;
        let user = first.reader().principal;
        below.modify(&format!(
            "dn: {reader}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: {user}\n\n"
        ))?;
        // The e-mail addresses of the two domains must not overlap.
        let entries = below.export_ldif()?;
        let with_mail = entries.split("\n\n").filter(|entry| entry.contains("\nmail:"));
        let lines = with_mail.filter_map(|entry| entry.lines().find(|line| line.starts_with("dn:")));
        let moved = lines.enumerate().map(|(number, name)| {
            format!(
                "{name}\nchangetype: modify\nreplace: mail\nmail: p{number}@sub.example.test\n-\nreplace: proxyAddresses\n\n"
            )
        });
        below.modify(&moved.collect::<String>())?;
        for server in [&first, &below] {
            names.learn(&server.domain(), &server.fqdn(), server.ip());
        }
        let authorities = [fs::read(first.ca_file())?, fs::read(below.ca_file())?].concat();
        fs::write(folder.path().join("ca.pem"), authorities)?;
        let forest = Self { first, below, names, loader, folder };
        forest.has(&[(&forest.below.domain(), "SUB", "TRUE")])?;
        Ok(forest)
    }

    /// Replaces the domains that the configuration of the first domain lists: the DNS name, the short name, and
    /// `TRUE` or `FALSE` for an enabled one.
    ///
    /// # Errors
    /// If the first domain rejects the changes.
    pub fn has(&self, domains: &[(&str, &str, &str)]) -> Result<(), Trouble> {
        let partitions = format!("CN=Partitions,CN=Configuration,{}", self.first.base());
        let entry = |(dns, short, enabled): &(&str, &str, &str)| {
            let root = dns.split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",");
            format!(
                "dn: CN={short},{partitions}\nobjectClass: crossRef\nnCName: {root}\ndnsRoot: {dns}\nnETBIOSName: {short}\n\
                 systemFlags: 3\nenabled: {enabled}\n\n"
            )
        };
        self.loader.hold(&domains.iter().map(entry).collect::<String>())
    }

    /// Returns the file with the CA certificates of both domains.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}
