//! Which column is what: as configured, and found in the header of a file.

use std::fmt;

use super::header::Header;
use crate::Error;
use crate::model::text::{fold, nearest};

/// Which column says what, by the names in the header.
///
/// `Display` writes it as lines of a configuration file.
///
/// ```
/// use gotosync_core::source::csv::Columns;
///
/// let columns = Columns { id: Some("Personalnummer".into()), ..Columns::default() }.with("mail", "E-Mail");
/// assert_eq!(columns.to_string(), "id = \"Personalnummer\"\ncolumns = { mail = \"E-Mail\" }\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The column that names a person for as long as the person exists.
    pub id: Option<String>,
    /// Attributes, each with its column.
    pub attributes: Vec<(String, String)>,
    /// The groups of a person by name, separated by `;`, `,` or `|`.
    pub groups: Option<String>,
    /// Whether a person is switched off; blank means no.
    pub disabled: Option<String>,
    /// Whether a person is switched on; blank is refused.
    pub enabled: Option<String>,
    /// The last day of a person, as `2026-12-31`, `31.12.2026` or a time with an offset; blank means that there is none.
    pub expires: Option<String>,
}

/// Columns by their places.
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
    /// Takes an attribute from a column.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<String>, column: impl Into<String>) -> Self {
        self.attributes.push((attribute.into(), column.into()));
        self
    }

    /// Finds every column in a header.
    ///
    /// # Errors
    /// The first that is not there, with the nearest name or all names that are.
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
        let error = header.error(format!("it has no column `{column}` for `{what}`"));
        match nearest(column, names()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the columns are {}", list(names()))),
        }
    })
}

/// Names in backquotes, with commas.
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

/// A basic string of TOML.
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
