//! A forest of Active Directory.
//!
//! Samba makes no domain below another one on one machine: so two domains of their own are told, by the configuration of the first
//! and by DNS, that they are one forest. They do not trust each other, and nothing is replicated.

use std::fs;
use std::path::PathBuf;

use super::{Loader, Population, Samba};
use crate::Trouble;
use crate::wire::Names;

/// Two domains as one forest, and the name server that knows where they are.
#[derive(Debug)]
pub struct Forest {
    /// `ad.example.test`, with 40 people and those of every domain.
    pub first: Samba,
    /// `sub.ad.example.test`, with 12 people and those of every domain, among them the reader of the first.
    pub below: Samba,
    /// What knows where the controllers are.
    pub names: Names,
    loader: Loader,
    folder: tempfile::TempDir,
}

impl Forest {
    /// Starts both.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start() -> Result<Self, Trouble> {
        let first = Samba::options().population(Population::new(40, 8)).start()?;
        let below = Samba::options().realm("SUB.AD.EXAMPLE.TEST").population(Population::new(12, 4).seed(5)).start()?;
        let (names, loader, folder) = (Names::start()?, first.loader()?, tempfile::tempdir()?);
        // Who signs in at one domain of a forest is known to all.
        let reader = below.reader().dn;
        let user = first.reader().principal;
        below.modify(&format!(
            "dn: {reader}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: {user}\n\n"
        ))?;
        // Nobody there has the address of somebody here.
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

    /// Lets the configuration of the first have domains besides it: the name in DNS, the short one, and whether it is enabled,
    /// as `TRUE` or `FALSE`.
    ///
    /// # Errors
    /// What the first does not take.
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

    /// The certificates of the authorities of both.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}
