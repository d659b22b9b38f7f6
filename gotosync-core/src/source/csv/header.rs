//! The header row of a file.

use super::READING;
use super::rows::Row;
use super::text::Content;
use crate::model::text::fold;
use crate::{Error, ErrorKind, Result};

/// The header row, with the names of the columns.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The trimmed names; only the empty name may occur more than once.
    pub(crate) names: Vec<String>,
    /// The original text of the row.
    pub(crate) raw: String,
    pub(crate) file: String,
}

impl Header {
    /// Reads the names from the first row of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] if two columns have the same name.
    pub(super) fn new(row: Row, content: &Content) -> Result<Self> {
        let names: Vec<String> = row.fields.iter().map(|name| name.trim().to_owned()).collect();
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(other) = names[..at].iter().position(|other| fold(other) == fold(name)) {
                let message = format!("columns {} and {} have the same name `{name}`", other + 1, at + 1);
                return Err(content
                    .data(message)
                    .with("line", row.line)
                    .hint("give each column a different name in the first row"));
            }
        }
        Ok(Self { names, raw: row.raw, file: content.name() })
    }

    /// Returns an error about a header that does not match the configuration. If the first row looks like a person, the error
    /// says so.
    pub(super) fn error(&self, message: String) -> Error {
        let error = Error::new(ErrorKind::Input, message).during(READING).with("file", &self.file);
        match self.names.iter().find(|name| name.contains('@')) {
            Some(cell) => error.with("first row", format!("it contains `{cell}`, expected names of columns")),
            None => error,
        }
    }
}
