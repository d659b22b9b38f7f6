//! The sources of the configuration file: one table `[source]`, or several `[[source]]` in order of precedence.

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

/// The configuration of a source of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceConfig {
    /// The name of the source. It is part of the ids of people from a CSV file, so it must not change.
    pub name: String,
    /// The kind of the source.
    pub kind: SourceKind,
}

/// A kind of source, with its settings.
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
    /// Returns the file with people; `None` for a live directory.
    pub fn file(&self) -> Option<&Path> {
        match &self.kind {
            SourceKind::Ldif(path) | SourceKind::Csv(path, _) => Some(path),
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(_) => None,
        }
    }

    /// Returns the file, the servers, or the domain of the source.
    pub fn place(&self) -> String {
        match &self.kind {
            SourceKind::Ldif(path) | SourceKind::Csv(path, _) => path.display().to_string(),
            #[cfg(feature = "ldap")]
            SourceKind::Ldap(directory) => directory.to_string(),
        }
    }

    /// Returns the kind as the key in the configuration file.
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

/// Opens the sources. Merges several sources into one directory.
pub(super) fn open(sources: &[SourceConfig], variables: &Variables) -> Result<Box<dyn DirectorySource>> {
    if let [one] = sources {
        return one.open(variables);
    }
    let parts = sources.iter().map(|source| Ok((source.name.clone(), source.open(variables)?)));
    Ok(Box::new(MergedSource::new(parts.collect::<Result<_>>()?)?))
}

/// Opens a source from the keys of a `[source]` table, given as JSON. A list of tables gives several sources merged into one.
/// Paths are relative to `folder`.
///
/// # Errors
/// [`ErrorKind::Input`](crate::ErrorKind::Input) for each problem of the keys; also errors of passwords and certificates that
/// cannot be used.
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

/// Returns the environment variables that the sources need. All sources of a file need the same variables.
pub(super) fn environment(sources: &[SourceConfig]) -> Vec<(&'static str, OsString)> {
    let each = sources.iter().map(|source| match &source.kind {
        SourceKind::Ldif(_) | SourceKind::Csv(..) => Vec::new(),
        #[cfg(feature = "ldap")]
        SourceKind::Ldap(directory) => directory.environment(),
    });
    each.into_iter().find(|needed| !needed.is_empty()).unwrap_or_default()
}

/// Reads the sources of the configuration file.
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
            let message = format!("two sources are named `{}`", source.name);
            top.problem(&table.at_key("name"), message, "give each source a different name");
        }
        let needed = environment(&sources);
        let own = environment(std::slice::from_ref(&source));
        if !needed.is_empty() && !own.is_empty() && own != needed {
            let hint = "merge the keytabs into one, for example with `ktutil`";
            table.problem(
                &table.at_key("keytab"),
                "another source uses a different keytab, but a process can use only one",
                hint,
            );
        }
        sources.push(source);
    }
    if !top.has("source") {
        top.problem(&(0..0), "the table [source] is missing", EXAMPLE);
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
    // Read the keys of all kinds, so that a key of another kind is not reported as a misspelled key.
    let options = csv_options(table);
    let read = match kind {
        Kind::Ldif => file("ldif").map(SourceKind::Ldif),
        Kind::Csv => file("csv").and_then(|path| Some(SourceKind::Csv(path, options?))),
        Kind::Ldap => live(table, folder),
    };
    for (_, keys, (what, instead)) in KINDS.iter().filter(|(other, ..)| *other != kind) {
        if let Some(key) = asked(table, keys).first() {
            let hint = format!("leave it out, or use {instead}");
            table.problem(&table.at_key(key), format!("`{key}` applies only to {what}"), hint);
        }
    }
    let default = if kind == Kind::Csv { "csv" } else { "directory" };
    Some(SourceConfig { name: name.unwrap_or_else(|| default.to_owned()), kind: read? })
}

/// Returns those of the keys that are present, and marks all of them as known.
fn asked<'k>(table: &Table<'_, '_>, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| table.has(key)).collect()
}

/// Marks the keys of all kinds as known.
fn ask_all(table: &Table<'_, '_>) {
    for (_, keys, _) in KINDS {
        asked(table, keys);
    }
}

/// Returns the kind of source that a table describes, from the key with its location.
fn kind(table: &Table<'_, '_>) -> Option<Kind> {
    let given: Vec<_> = PLACES.iter().filter(|(key, _)| table.has(key)).collect();
    let Some((_, kind)) = given.first() else {
        // A mistyped key is reported as unknown, and probably is the missing key.
        let known = |name: &str| name == "name" || KINDS.iter().any(|(_, keys, _)| keys.contains(&name));
        if table.keys().iter().all(|name| known(name)) {
            table.problem(
                table.at(),
                "the source has neither a directory (`ldap`, `domain`) nor a file (`ldif`, `csv`)",
                EXAMPLE,
            );
        } else {
            // Mark all keys as known, so that they are suggested as corrections.
            ask_all(table);
        }
        return None;
    };
    if given.iter().any(|(_, other)| other != kind) {
        let places = given.iter().map(|(key, _)| table.at_key(key));
        let second = places.max_by_key(|at| at.start).unwrap_or_default();
        table.problem(
            &second,
            "the source has two locations",
            "write a separate table [[source]] for each, in order of precedence",
        );
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
    // This build cannot check the keys. Mark them as known, so that they are not reported as unknown.
    ask_all(table);
    let at = if table.has("ldap") { "ldap" } else { "domain" };
    table.problem(&table.at_key(at), "this build does not support LDAP", "build gotosync with the feature `ldap`");
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
        // Accept a tab character, too. It is not in `DELIMITERS`, because an error message would show it as a gap.
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

/// Reads the table of columns. Its keys are attributes, known or custom.
fn attributes(table: &Table<'_, '_>) -> Option<Vec<(String, String)>> {
    if !table.is_table("columns") {
        let hint = "write, for example, `columns = { mail = \"E-Mail\", sn = \"Surname\" }`";
        let message = "`columns` must be a table of attributes and their columns";
        table.problem(&table.at_key("columns"), message, hint);
        return None;
    }
    let columns = table.table("columns")?;
    let mut names = columns.keys();
    // Report problems in the order of the file.
    names.sort_by_key(|name| columns.at_key(name).start);
    let mut fine = true;
    let mut attributes = Vec::new();
    for name in names {
        let mut wrong = |message: String, hint: String| {
            columns.problem(&columns.at_key(&name), message, hint);
            fine = false;
        };
        // Custom attributes are allowed, but a name that differs in one letter from a known attribute is a typing mistake.
        let near = known_attributes().find(|known| strsim::damerau_levenshtein(known, &name) == 1 && name.len() > 3);
        let attribute = match (known_attribute(&name), near) {
            (Some(known), _) => known.to_owned(),
            (None, Some(near)) => {
                wrong(format!("`{name}` is not a known attribute"), format!("did you mean `{near}`?"));
                continue;
            }
            (None, None) if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                let message = format!("`{name}` is not a valid attribute name");
                wrong(message, "use only letters, digits, and `-`".to_owned());
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

const EXAMPLE: &str = "add a table [source] with `ldap = \"ldaps://…\"`, `ldif = \"…\"`, or `csv = \"…\"`";
/// The keys with the location of a source.
const PLACES: &[(&str, Kind)] =
    &[("ldif", Kind::Ldif), ("csv", Kind::Csv), ("ldap", Kind::Ldap), ("domain", Kind::Ldap)];
/// The other keys of each kind, the name of the kind, and the key to use for it.
const KINDS: &[(Kind, &[&str], (&str, &str))] = &[
    (Kind::Csv, CSV_KEYS, ("a CSV file", "a CSV file with `csv = \"…\"`")),
    (Kind::Ldap, LDAP_KEYS, ("a live directory", "a live directory with `ldap = \"ldaps://…\"`")),
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
    fn reports_missing_ldap_support_and_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gotosync.toml");
        for key in ["ldap = 'ldaps://x'\nuser = 'u'\npassword = { file = 'x' }", "domain = 'x.test'"] {
            std::fs::write(&file, format!("[account]\nlocal = 'a'\n[source]\n{key}\n")).unwrap();
            let error = crate::Config::load(&file).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains("this build does not support LDAP") && message.contains("line: 4, column: 1"),
                "{message}"
            );
            assert!(
                !message.contains("more problems") && error.help().unwrap().contains("feature `ldap`"),
                "{error:?}"
            );
        }
    }
}
