//! The configured columns, and their lookup in the header of a file.

use std::fmt;

use super::header::Header;
use crate::Error;
use crate::model::text::{fold, nearest};

/// The names of the columns to read.
///
/// `Display` writes them as lines of a configuration file.
///
/// ```
/// use gotosync_core::source::csv::Columns;
///
/// let columns = Columns { id: Some("Personalnummer".into()), ..Columns::default() }.with("mail", "E-Mail");
/// assert_eq!(columns.to_string(), "id = \"Personalnummer\"\ncolumns = { mail = \"E-Mail\" }\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The column with the immutable id of a person.
    pub id: Option<String>,
    /// The attributes, each with its column.
    pub attributes: Vec<(String, String)>,
    /// The column with the names of a person's groups, separated by `;`, `,`, or `|`.
    pub groups: Option<String>,
    /// The column that says yes if a person is disabled; blank means no.
    pub disabled: Option<String>,
    /// The column that says yes if a person is enabled; a blank cell is an error.
    pub enabled: Option<String>,
    /// The column with a person's last day, such as `2026-12-31` or `31.12.2026`, or a time with an offset; blank means that
    /// the person does not expire.
    pub expires: Option<String>,
}

/// The columns by their indexes in a row.
#[derive(Clone, Debug)]
pub(crate) struct ColumnIndexes {
    pub(super) id: Option<usize>,
    pub(super) attributes: Vec<(String, usize)>,
    pub(super) groups: Option<usize>,
    pub(super) disabled: Option<usize>,
    pub(super) enabled: Option<usize>,
    pub(super) expires: Option<usize>,
}

impl Columns {
    /// Adds an attribute that is read from a column.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<String>, column: impl Into<String>) -> Self {
        self.attributes.push((attribute.into(), column.into()));
        self
    }

    /// Finds all columns in a header.
    ///
    /// # Errors
    /// The first column that the header does not have; the hint names the most similar column, or all columns.
    pub(crate) fn places(&self, header: &Header) -> Result<ColumnIndexes, Error> {
        let one =
            |what: &str, column: &Option<String>| column.as_ref().map(|name| find(header, what, name)).transpose();
        let attribute =
            |(attribute, column): &(String, String)| Ok((attribute.clone(), find(header, attribute, column)?));
        Ok(ColumnIndexes {
            id: one("id", &self.id)?,
            attributes: self.attributes.iter().map(attribute).collect::<Result<_, Error>>()?,
            groups: one("groups", &self.groups)?,
            disabled: one("disabled", &self.disabled)?,
            enabled: one("enabled", &self.enabled)?,
            expires: one("expires", &self.expires)?,
        })
    }
}

fn find(header: &Header, what: &str, column: &str) -> Result<usize, Error> {
    let wanted = fold(column);
    let exact = header.names.iter().position(|name| name == column);
    let found = exact.or_else(|| header.names.iter().position(|name| fold(name) == wanted));
    found.ok_or_else(|| {
        let names = || header.names.iter().map(String::as_str).filter(|name| !name.is_empty());
        let error = header.error(format!("the file has no column `{column}` for `{what}`"));
        match nearest(column, names()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the columns are {}", list(names()))),
        }
    })
}

/// Joins names in backticks with commas.
pub(super) fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, key: &str, column: &Option<String>| {
            column.as_ref().map_or(Ok(()), |column| writeln!(f, "{key} = {}", quoted(column)))
        };
        line(f, "id", &self.id)?;
        if !self.attributes.is_empty() {
            let pairs = self.attributes.iter().map(|(attribute, column)| {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                let key = if attribute.chars().all(plain) { attribute.clone() } else { quoted(attribute) };
                format!("{key} = {}", quoted(column))
            });
            writeln!(f, "columns = {{ {} }}", pairs.collect::<Vec<_>>().join(", "))?;
        }
        line(f, "groups", &self.groups)?;
        line(f, "disabled", &self.disabled)?;
        line(f, "enabled", &self.enabled)?;
        line(f, "expires", &self.expires)
    }
}

/// Writes a TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
