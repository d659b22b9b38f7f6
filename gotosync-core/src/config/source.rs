//! The sources of a configuration file: one table `[source]`, or several `[[source]]` in order of precedence.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(feature = "ldap")]
use super::LdapConfig;
use super::Variables;
use crate::model::{known_attribute, known_attributes};
use crate::rules::{Document, Problems, StringOrTable, Table};
use crate::source::csv::{Columns, CsvOptions, Encoding};
use crate::source::{CsvSource, DirectorySource, LdifSource, MergedSource};
use crate::{Error, ErrorKind, Result};

/// One place that people are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceConfig {
    /// What it is called. People of a CSV are known by it, so it must not change.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
}

/// What a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A directory export.
    Ldif(PathBuf),
    /// A CSV file with a header row.
    Csv(PathBuf, CsvOptions),
    /// A live directory.
    #[cfg(feature = "ldap")]
    Ldap(Box<LdapConfig>),
}

impl SourceConfig {
    /// The file people are read from, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.kind {
            SourceKind::Ldif(path) | SourceKind::Csv(path, _) => Some(path),
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(_) => None,
        }
    }

    /// Where people are read from: a file, or the addresses of servers.
    pub fn place(&self) -> String {
        match &self.kind {
            SourceKind::Ldif(path) | SourceKind::Csv(path, _) => path.display().to_string(),
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(directory) => directory.to_string(),
        }
    }

    /// The word of its kind, which is its key in the file.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            SourceKind::Ldif(_) => "ldif",
            SourceKind::Csv(..) => "csv",
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(_) => "ldap",
        }
    }

    fn open(&self, variables: &Variables) -> Result<Box<dyn DirectorySource>> {
        #[cfg(not(feature = "ldap"))]
        let _ = variables;
        Ok(match &self.kind {
            SourceKind::Ldif(path) => Box::new(LdifSource::open(path)),
            SourceKind::Csv(path, options) => Box::new(CsvSource::open(&self.name, path, options.clone())?),
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(directory) => {
                directory.open(variables).map_err(|error| error.with("source", &self.name))?
            }
        })
    }
}

/// Opens sources: one as it is, several as one directory.
pub(super) fn open(sources: &[SourceConfig], variables: &Variables) -> Result<Box<dyn DirectorySource>> {
    if let [one] = sources {
        return one.open(variables);
    }
    let parts = sources.iter().map(|source| Ok((source.name.clone(), source.open(variables)?)));
    Ok(Box::new(MergedSource::new(parts.collect::<Result<_>>()?)?))
}

/// Opens a source by the keys of a `[source]` table, as JSON has them; a list of tables gives several sources as one. Paths are
/// relative to a folder.
///
/// # Errors
/// [`ErrorKind::Input`](crate::ErrorKind::Input) with every problem of the keys, and what keeps a password or a certificate from
/// being used.
pub fn open_source(
    keys: &serde_json::Value,
    folder: &Path,
    variables: &Variables,
) -> Result<Box<dyn DirectorySource>, Vec<Error>> {
    let text = crate::rules::toml_text(&serde_json::json!({ "source": keys }))
        .map_err(|problem| vec![Error::new(ErrorKind::Input, problem).with("file", "source")])?;
    let sources = Document::read("source", &text, |_, top| read(top, folder)).map_err(Problems::into_errors)?;
    open(&sources, variables).map_err(|error| vec![error])
}

/// The environment that the sources need; those of one file need the same.
pub(super) fn environment(sources: &[SourceConfig]) -> Vec<(&'static str, OsString)> {
    let each = sources.iter().map(|source| match &source.kind {
        SourceKind::Ldif(_) | SourceKind::Csv(..) => Vec::new(),
        #[cfg(feature = "ldap")]
        SourceKind::Ldap(directory) => directory.environment(),
    });
    each.into_iter().find(|needed| !needed.is_empty()).unwrap_or_default()
}

/// Reads the sources of a file.
pub(super) fn read(top: &Table<'_, '_>, folder: &Path) -> Option<Vec<SourceConfig>> {
    let mut sources: Vec<SourceConfig> = Vec::new();
    let tables = top.strings_or_tables("source", "a table headed [source], or several headed [[source]]");
    let several = tables.len() > 1;
    let mut fine = true;
    for (at, item) in tables.into_iter().enumerate() {
        let mut table = match item {
            StringOrTable::Table(table) => table,
            StringOrTable::String(text) => {
                top.problem(&text.at, "`source` is a string, expected a table", EXAMPLE);
                fine = false;
                continue;
            }
        };
        table.rename(if several { format!("[[source]] number {}", at + 1) } else { "[source]".to_owned() });
        let source = one(&table, folder, several);
        table.finish();
        let Some(source) = source else {
            fine = false;
            continue;
        };
        if sources.iter().any(|other| other.name == source.name) {
            let message = format!("two sources are called `{}`", source.name);
            top.problem(&table.at_key("name"), message, "give each source a name of its own");
        }
        let needed = environment(&sources);
        let own = environment(std::slice::from_ref(&source));
        if !needed.is_empty() && !own.is_empty() && own != needed {
            let hint = "put the keys of all principals into one keytab, with `ktutil`";
            table.problem(
                &table.at_key("keytab"),
                "another source has another keytab, and a process can use one",
                hint,
            );
        }
        sources.push(source);
    }
    if !top.has("source") {
        top.problem(&(0..0), "there is no [source]", EXAMPLE);
    }
    (fine && !sources.is_empty()).then_some(sources)
}

fn one(table: &Table<'_, '_>, folder: &Path, several: bool) -> Option<SourceConfig> {
    let name = if several || table.has("name") {
        Some(table.required_string("name", "contractors")?.value.trim().to_owned())
    } else {
        None
    };
    let kind = kind(table)?;
    let file = |key| table.required_string(key, "people.file").map(|path| folder.join(path.value));
    // The keys of every kind are asked for, so that one of another kind is told apart from a typing mistake.
    let options = csv_options(table);
    let read = match kind {
        Kind::Ldif => file("ldif").map(SourceKind::Ldif),
        Kind::Csv => file("csv").and_then(|path| Some(SourceKind::Csv(path, options?))),
        Kind::Ldap => live(table, folder),
    };
    for (_, keys, (what, instead)) in KINDS.iter().filter(|(other, ..)| *other != kind) {
        if let Some(key) = asked(table, keys).first() {
            let hint = format!("leave it out, or name {instead}");
            table.problem(&table.at_key(key), format!("`{key}` is for {what}"), hint);
        }
    }
    let default = if kind == Kind::Csv { "csv" } else { "directory" };
    Some(SourceConfig { name: name.unwrap_or_else(|| default.to_owned()), kind: read? })
}

/// Those of some keys that are there.
fn asked<'k>(table: &Table<'_, '_>, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| table.has(key)).collect()
}

/// Asks for the keys of every kind.
fn ask_all(table: &Table<'_, '_>) {
    for (_, keys, _) in KINDS {
        asked(table, keys);
    }
}

/// What kind of source a table describes, by the key that names its place.
fn kind(table: &Table<'_, '_>) -> Option<Kind> {
    let given: Vec<_> = PLACES.iter().filter(|(key, _)| table.has(key)).collect();
    let Some((_, kind)) = given.first() else {
        // A key that is mistyped is told by itself, and is what is missing.
        let known = |name: &str| name == "name" || KINDS.iter().any(|(_, keys, _)| keys.contains(&name));
        if table.keys().iter().all(|name| known(name)) {
            table.problem(
                table.at(),
                "the source names neither a directory (`ldap`, `domain`) nor a file (`ldif`, `csv`)",
                EXAMPLE,
            );
        } else {
            // Asked for, so that they are offered as what was meant.
            ask_all(table);
        }
        return None;
    };
    if given.iter().any(|(_, other)| other != kind) {
        let places = given.iter().map(|(key, _)| table.at_key(key));
        let second = places.max_by_key(|at| at.start).unwrap_or_default();
        table.problem(&second, "it names two places", "write one table [[source]] for each, in order of precedence");
        return None;
    }
    Some(*kind)
}

#[cfg(feature = "ldap")]
fn live(table: &Table<'_, '_>, folder: &Path) -> Option<SourceKind> {
    super::ldap::read(table, folder).map(|directory| SourceKind::Ldap(Box::new(directory)))
}

#[cfg(not(feature = "ldap"))]
fn live(table: &Table<'_, '_>, _: &Path) -> Option<SourceKind> {
    // Whether they are right cannot be said here.
    ask_all(table);
    let at = if table.has("ldap") { "ldap" } else { "domain" };
    table.problem(&table.at_key(at), "this build has no LDAP", "build with the feature `ldap`");
    None
}

fn csv_options(table: &Table<'_, '_>) -> Option<CsvOptions> {
    let column = |key| table.string(key).map(|text| text.value);
    let mut columns = Columns {
        id: column("id"),
        attributes: Vec::new(),
        groups: column("groups"),
        disabled: column("disabled"),
        enabled: column("enabled"),
        expires: column("expires"),
    };
    let mut fine = true;
    if table.has("columns") {
        match attributes(table) {
            Some(attributes) => columns.attributes = attributes,
            None => fine = false,
        }
    }
    let delimiter = match table.string("delimiter") {
        // What it is in the file, too; a list of words would show it as a gap.
        Some(text) if text.value == "\t" => Some(b'\t'),
        _ => table.word("delimiter", DELIMITERS),
    };
    let encoding = table.string("encoding").and_then(|name| match Encoding::parse(&name.value) {
        Ok(encoding) => Some(encoding),
        Err(error) => {
            table.problem(&name.at, error.message(), error.help().unwrap_or_default());
            fine = false;
            None
        }
    });
    fine.then_some(CsvOptions { columns, delimiter, encoding })
}

/// The table of columns: its keys are attributes, the known ones and others.
fn attributes(table: &Table<'_, '_>) -> Option<Vec<(String, String)>> {
    if !table.is_table("columns") {
        let hint = "write for example `columns = { mail = \"E-Mail\", sn = \"Surname\" }`";
        let message = "`columns` is no table, expected attributes with their columns";
        table.problem(&table.at_key("columns"), message, hint);
        return None;
    }
    let columns = table.table("columns")?;
    let mut names = columns.keys();
    // As they are written, which is how people look for them.
    names.sort_by_key(|name| columns.at_key(name).start);
    let mut fine = true;
    let mut attributes = Vec::new();
    for name in names {
        let mut wrong = |message: String, hint: String| {
            columns.problem(&columns.at_key(&name), message, hint);
            fine = false;
        };
        // Names of one's own are welcome; what is one letter from a known one is a mistake.
        let near = known_attributes().find(|known| strsim::damerau_levenshtein(known, &name) == 1 && name.len() > 3);
        let attribute = match (known_attribute(&name), near) {
            (Some(known), _) => known.to_owned(),
            (None, Some(near)) => {
                wrong(format!("there is no attribute `{name}`"), format!("did you mean `{near}`?"));
                continue;
            }
            (None, None) if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                let message = format!("`{name}` cannot be the name of an attribute");
                wrong(message, "attributes have names of letters, digits and `-`".to_owned());
                continue;
            }
            (None, None) => name.clone(),
        };
        match columns.string(&name) {
            Some(column) => attributes.push((attribute, column.value)),
            None => fine = false,
        }
    }
    fine.then_some(attributes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ldif,
    Csv,
    Ldap,
}

const EXAMPLE: &str = "write a table [source] with `ldap = \"ldaps://…\"`, `ldif = \"…\"` or `csv = \"…\"`";
/// The keys that name a place.
const PLACES: &[(&str, Kind)] =
    &[("ldif", Kind::Ldif), ("csv", Kind::Csv), ("ldap", Kind::Ldap), ("domain", Kind::Ldap)];
/// The keys of each kind beside that, what they are for, and what to write to have it.
const KINDS: &[(Kind, &[&str], (&str, &str))] = &[
    (Kind::Csv, CSV_KEYS, ("a CSV", "a CSV with `csv = \"…\"`")),
    (Kind::Ldap, LDAP_KEYS, ("a live directory", "one with `ldap = \"ldaps://…\"`")),
];
const CSV_KEYS: &[&str] = &["id", "columns", "groups", "disabled", "enabled", "expires", "delimiter", "encoding"];
const LDAP_KEYS: &[&str] = &[
    "name_servers",
    "start_tls",
    "forest",
    "base",
    "user",
    "password",
    "sign_in",
    "principal",
    "keytab",
    "service_host",
    "ca",
    "certificate",
    "key",
    "referrals",
    "page_size",
    "range_size",
    "largest_answer",
    "changes",
    "timeouts",
    "danger_plain",
];
const DELIMITERS: &[(&str, u8)] = &[(",", b','), (";", b';'), ("|", b'|'), ("tab", b'\t')];

#[cfg(all(test, not(feature = "ldap")))]
mod tests {
    #[test]
    fn a_build_without_ldap_says_so_and_where() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gotosync.toml");
        for key in ["ldap = 'ldaps://x'\nuser = 'u'\npassword = { file = 'x' }", "domain = 'x.test'"] {
            std::fs::write(&file, format!("[account]\nlocal = 'a'\n[source]\n{key}\n")).unwrap();
            let error = crate::Config::load(&file).unwrap_err();
            let told = error.to_string();
            assert!(told.contains("this build has no LDAP") && told.contains("line: 4, column: 1"), "{told}");
            assert!(!told.contains("more problems") && error.help().unwrap().contains("feature `ldap`"), "{error:?}");
        }
    }
}
