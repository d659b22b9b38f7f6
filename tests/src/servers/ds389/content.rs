//! The content of a server's database before it starts.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::ldif::Record;
use super::super::population::{Population, Style};
use super::super::pristine;
use super::super::tool::{run, tool};
use super::settings::BACKEND;
use super::{Ds389Options, READER, settings};
use crate::Trouble;

/// Returns a folder with the files of a server that contains these entries.
pub(super) fn files(options: &Ds389Options) -> Result<PathBuf, Trouble> {
    let mut key = vec![include_str!("settings.rs"), include_str!("content.rs")];
    if options.population.is_some() {
        key.extend(Population::SOURCES);
    }
    let version = run(tool("dpkg-query").args(["--show", "389-ds-base"])).unwrap_or_default();
    let wish = format!("{} {:?} {:?}", options.suffix, options.limits, options.population);
    key.extend([version.as_str(), &wish]);
    pristine::copy("ds389", &key, |folder| make(folder, options))
}

fn make(folder: &Path, options: &Ds389Options) -> Result<(), Trouble> {
    settings::write(folder, options, None)?;
    let file = folder.join("entries.ldif");
    let mut entries = BufWriter::new(File::create(&file)?);
    root(options).write(&mut entries)?;
    reader(options).write(&mut entries)?;
    if let Some(population) = options.population {
        population.content(Style::Ds389, &options.suffix).write_entries(&mut entries)?;
    }
    entries.flush()?;
    run(tool("ns-slapd").args(["ldif2db", "-n", BACKEND, "-D"]).arg(folder).arg("-i").arg(&file))?;
    fs::remove_file(file)?;
    // Both folders contain absolute paths of the folder where the database was created.
    fs::remove_dir_all(folder.join("logs"))?;
    Ok(fs::remove_file(folder.join("dse.ldif"))?)
}

fn root(options: &Ds389Options) -> Record {
    let mut record = Record { dn: options.suffix.clone(), ..Record::default() };
    for class in ["top", "domain"] {
        record.add("objectClass", class);
    }
    record.add("dc", options.suffix.split(',').next().and_then(|part| part.split_once('=')).unwrap_or_default().1);
    // Only `cn=reader` and the administrator may read.
    record.add("aci", format!(
        "(targetattr=\"*\")(version 3.0; acl \"reader\"; allow (read, search, compare) userdn=\"ldap:///cn={},{}\";)",
        READER.0, options.suffix
    ));
    record
}

fn reader(options: &Ds389Options) -> Record {
    let mut record = Record { dn: format!("cn={},{}", READER.0, options.suffix), ..Record::default() };
    for class in ["top", "organizationalRole", "simpleSecurityObject"] {
        record.add("objectClass", class);
    }
    record.add("cn", READER.0);
    // The import treats this value as a password, or as the hash that its prefix names.
    record.add("userPassword", format!("{{CLEAR}}{}", READER.1));
    options.limits.iter().for_each(|(name, value)| record.add(name, value));
    record
}
