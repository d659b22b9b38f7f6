//! The sources of a configuration file: one table `[source]`, or several `[[source]]` in order of precedence.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::model::{known_attribute, known_attributes};
use crate::rules::{StringOrTable, Table};
use crate::source::csv::{Columns, CsvOptions, Encoding};
use crate::source::{CsvSource, DirectorySource, LdifSource, MergedSource};

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
}

impl SourceConfig {
    /// The file people are read from.
    pub fn path(&self) -> &Path {
        match &self.kind {
            SourceKind::Ldif(path) | SourceKind::Csv(path, _) => path,
        }
    }

    /// The word of its kind, which is its key in the file.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            SourceKind::Ldif(_) => "ldif",
            SourceKind::Csv(..) => "csv",
        }
    }

    fn open(&self) -> Result<Box<dyn DirectorySource>> {
        Ok(match &self.kind {
            SourceKind::Ldif(path) => Box::new(LdifSource::open(path)),
            SourceKind::Csv(path, options) => Box::new(CsvSource::open(&self.name, path, options.clone())?),
        })
    }
}

/// Opens sources: one as it is, several as one directory.
pub(super) fn open(sources: &[SourceConfig]) -> Result<Box<dyn DirectorySource>> {
    if let [one] = sources {
        return one.open();
    }
    let parts = sources.iter().map(|source| Ok((source.name.clone(), source.open()?)));
    Ok(Box::new(MergedSource::new(parts.collect::<Result<_>>()?)?))
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
        sources.push(source);
    }
    if !top.has("source") {
        top.problem(&(0..0), "there is no [source]", EXAMPLE);
    }
    (fine && !sources.is_empty()).then_some(sources)
}

fn one(table: &Table<'_, '_>, folder: &Path, several: bool) -> Option<SourceConfig> {
    let name =
        if several || table.has("name") { Some(table.required_string("name", "contractors")?.value) } else { None };
    let file = |key| {
        let path = table.has(key).then(|| table.required_string(key, "people.file"));
        path.map(|path| path.map(|path| folder.join(path.value)))
    };
    let (ldif, csv) = (file("ldif"), file("csv"));
    // Asked for in any case, so that a key of one kind in a table of the other is told apart from a typing mistake.
    let (options, given) = csv_options(table);
    match (ldif, csv) {
        (Some(path), None) => {
            if let Some((key, at)) = given {
                table.problem(&at, format!("`{key}` is for a CSV"), "leave it out, or name a CSV with `csv = \"…\"`");
            }
            Some(SourceConfig { name: name.unwrap_or_else(|| "directory".to_owned()), kind: SourceKind::Ldif(path?) })
        }
        (None, Some(path)) => {
            let name = name.unwrap_or_else(|| "csv".to_owned());
            Some(SourceConfig { name: name.trim().to_owned(), kind: SourceKind::Csv(path?, options?) })
        }
        (Some(_), Some(_)) => {
            table.problem(
                &table.at_key("csv"),
                "it names two files",
                "write one table [[source]] for each, in order of precedence",
            );
            None
        }
        (None, None) => {
            // A key that is mistyped is told by itself, and is what is missing.
            let known = |name: &str| ["name", "ldif", "csv"].contains(&name) || CSV_KEYS.contains(&name);
            if table.keys().iter().any(|name| !known(name)) {
                return None;
            }
            table.problem(table.at(), "the source has neither `ldif` nor `csv`", EXAMPLE);
            None
        }
    }
}

/// The options of a CSV, and the first of their keys that is there.
fn csv_options(table: &Table<'_, '_>) -> (Option<CsvOptions>, Option<(&'static str, Range<usize>)>) {
    let present: Vec<&'static str> = CSV_KEYS.iter().copied().filter(|key| table.has(key)).collect();
    let given = present.first().map(|key| (*key, table.at_key(key)));
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
    (fine.then_some(CsvOptions { columns, delimiter, encoding }), given)
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

const EXAMPLE: &str = "write a table [source] with `ldif = \"…\"` or `csv = \"…\"`";
const CSV_KEYS: &[&str] = &["id", "columns", "groups", "disabled", "enabled", "expires", "delimiter", "encoding"];
const DELIMITERS: &[(&str, u8)] = &[(",", b','), (";", b';'), ("|", b'|'), ("tab", b'\t')];
