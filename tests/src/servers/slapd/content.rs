//! The content of a server's database before it starts.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::ldif::{Record, records};
use super::super::population::{Population, Style};
use super::super::pristine;
use super::super::tool::{run, script, tool};
use super::{READER, SlapdOptions, settings};
use crate::Trouble;

/// The origin of the entries.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Nobody,
    Population(Population),
    Entries(String),
}

/// Returns a folder with the files of a server that contains these entries.
pub(super) fn files(options: &SlapdOptions) -> Result<PathBuf, Trouble> {
    let mut key = vec![include_str!("settings.rs"), include_str!("content.rs")];
    match &options.source {
        // Each export differs, so a cached copy would never be used again.
        Source::Entries(_) => return pristine::once(|folder| make(folder, options)),
        Source::Nobody => {}
        Source::Population(_) => key.extend(Population::SOURCES),
    }
    let version = run(tool("dpkg-query").args(["--show", "slapd"])).unwrap_or_default();
    let schema = fs::read_to_string(script("active-directory.schema"))?;
    let wish = format!("{} {} {:?}", options.suffix, options.backlinks, options.source);
    key.extend([version.as_str(), &schema, &wish]);
    pristine::copy("slapd", &key, |folder| make(folder, options))
}

fn make(folder: &Path, options: &SlapdOptions) -> Result<(), Trouble> {
    settings::write(folder, options, None)?;
    let [whole, partial] = ["whole.ldif", "partial.ldif"].map(|name| folder.join(name));
    let (mut entries, mut rest) = (BufWriter::new(File::create(&whole)?), BufWriter::new(File::create(&partial)?));
    match &options.source {
        Source::Nobody => root(options).write(&mut entries)?,
        Source::Population(population) => {
            root(options).write(&mut entries)?;
            population.content(Style::OpenLdap, &options.suffix).write_entries(&mut entries)?;
        }
        Source::Entries(text) => {
            for mut record in records(text)? {
                if !options.backlinks {
                    record.values.retain(|(name, _)| !name.eq_ignore_ascii_case("memberOf"));
                }
                if lacks(&record) { record.write(&mut rest)? } else { record.write(&mut entries)? }
            }
        }
    }
    reader(options).write(&mut entries)?;
    entries.flush()?;
    rest.flush()?;
    load(folder, &whole, &[])?;
    // These entries lack required attributes. slapd checks that when a client writes an entry, but not when it reads
    // one.
    load(folder, &partial, &["-s"])?;
    [whole, partial].iter().try_for_each(fs::remove_file)?;
    Ok(())
}

fn load(folder: &Path, file: &Path, how: &[&str]) -> Result<(), Trouble> {
    run(tool("slapadd").args(["-q", "-f"]).arg(settings::file(folder)).arg("-l").arg(file).args(how)).map(drop)
}

/// Returns `true` for a person without a last name and for a group without members.
fn lacks(record: &Record) -> bool {
    let is = |class: &str| record.all("objectClass").any(|value| value.eq_ignore_ascii_case(class.as_bytes()));
    (is("person") && record.one("sn").is_none()) || lacks_members(record)
}

/// Returns `true` for a group without members.
pub(super) fn lacks_members(record: &Record) -> bool {
    let mut classes = record.all("objectClass");
    classes.any(|value| value.eq_ignore_ascii_case(b"groupOfNames")) && record.one("member").is_none()
}

fn root(options: &SlapdOptions) -> Record {
    let mut record = Record { dn: options.suffix.clone(), ..Record::default() };
    record.add("objectClass", "domain");
    record.add("dc", options.suffix.split(',').next().and_then(|part| part.split_once('=')).unwrap_or_default().1);
    record
}

fn reader(options: &SlapdOptions) -> Record {
    let mut record = Record { dn: format!("cn={},{}", READER.0, options.suffix), ..Record::default() };
    for class in ["organizationalRole", "simpleSecurityObject"] {
        record.add("objectClass", class);
    }
    record.add("cn", READER.0);
    record.add("userPassword", READER.1);
    record
}
