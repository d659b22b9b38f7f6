//! Creates and caches the files of a domain, which do not depend on its address.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::population::{Population, Style};
use super::super::tool::{run, script, tool};
use super::{ADMINISTRATOR, HOST, READER, REPLICA, pristine, settings};
use crate::Trouble;

/// All settings that determine the files of a domain.
#[derive(Clone, Debug)]
pub(super) struct Domain {
    pub(super) realm: String,
    pub(super) population: Option<Population>,
}

impl Default for Domain {
    fn default() -> Self {
        Self { realm: "AD.EXAMPLE.TEST".to_owned(), population: None }
    }
}

impl Domain {
    pub(super) fn dns(&self) -> String {
        self.realm.to_lowercase()
    }

    pub(super) fn base(&self) -> String {
        self.dns().split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",")
    }

    /// Returns the first label of the domain name, cut to the 15 characters that Windows allows.
    pub(super) fn netbios(&self) -> String {
        self.realm.split('.').next().unwrap_or_default().chars().take(15).collect()
    }

    /// Returns a copy of the domain's files, and creates them first if they are not cached.
    pub(super) fn copy(&self) -> Result<PathBuf, Trouble> {
        let version = run(tool("samba").arg("--version"))?;
        let wish = format!("{self:?} {HOST} {ADMINISTRATOR} {READER:?} {REPLICA:?}");
        let program = fs::read_to_string(script("domain.py"))?;
        let mut key = vec![version.as_str(), &wish, &program, include_str!("settings.rs"), include_str!("domain.rs")];
        key.extend(Population::SOURCES);
        pristine::copy("samba", &key, |folder| self.make(folder))
    }

    /// Returns the files of this domain without a population. Creating them takes most of the time, and every
    /// population uses them.
    fn empty(&self) -> Result<PathBuf, Trouble> {
        let version = run(tool("samba").arg("--version"))?;
        let wish = format!("{} {HOST} {ADMINISTRATOR}", self.realm);
        let program = fs::read_to_string(script("domain.py"))?;
        let key = [version.as_str(), &wish, &program, include_str!("settings.rs"), include_str!("domain.rs")];
        pristine::kept("samba-empty", &key, |folder| {
            settings::write(folder, self, PLACE, None)?;
            let wish = json!({
                "realm": self.realm, "netbios": self.netbios(), "host": HOST, "address": PLACE, "password": ADMINISTRATOR,
            });
            fs::write(folder.join("domain.json"), serde_json::to_vec(&wish)?)?;
            program_on(folder, "make")
        })
    }

    fn make(&self, folder: &Path) -> Result<(), Trouble> {
        pristine::copy_into(&self.empty()?, folder)?;
        settings::write(folder, self, PLACE, None)?;
        let mut wish = json!({
            "realm": self.realm,
            "host": HOST,
            "address": PLACE,
            "entries": null,
            "changes": null,
            "primary": [],
            "accounts": [
                { "name": READER.0, "password": READER.1, "replicates": false },
                { "name": REPLICA.0, "password": REPLICA.1, "replicates": true },
            ],
        });
        if let Some(population) = &self.population {
            let content = population.content(Style::ActiveDirectory, &self.base());
            let (entries, changes) = (folder.join("entries.ldif"), folder.join("changes.ldif"));
            let mut file = BufWriter::new(File::create(&entries)?);
            content.write_entries(&mut file)?;
            file.flush()?;
            fs::write(&changes, content.changes())?;
            wish["entries"] = json!(entries);
            wish["changes"] = json!(changes);
            wish["primary"] = json!(content.primary_groups());
        }
        fs::write(folder.join("domain.json"), serde_json::to_vec(&wish)?)?;
        program_on(folder, "fill")?;
        for made in ["entries.ldif", "changes.ldif"].map(|name| folder.join(name)) {
            if made.exists() {
                fs::remove_file(made)?;
            }
        }
        Ok(())
    }
}

/// Runs the program that creates and fills a domain.
fn program_on(folder: &Path, step: &str) -> Result<(), Trouble> {
    // Debian builds Samba's modules for this Python, which may differ from the `python3` on the path.
    run(tool("/usr/bin/python3").arg(script("domain.py")).arg(folder).arg(step)).map(drop)
}

/// A placeholder address for a domain that does not run.
const PLACE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
