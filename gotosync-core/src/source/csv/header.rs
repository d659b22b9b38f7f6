//! The names of the columns of a file.

use super::READING;
use super::rows::Row;
use super::text::Content;
use crate::model::text::fold;
use crate::{Error, ErrorKind, Result};

/// The names of the columns.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Each without space at its ends; only a nameless one may be there twice.
    pub(crate) names: Vec<String>,
    /// The text it was.
    pub(crate) raw: String,
    pub(crate) file: String,
}

impl Header {
    /// Takes the first row of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when two columns have one name.
    pub(super) fn new(row: Row, content: &Content) -> Result<Self> {
        let names: Vec<String> = row.fields.iter().map(|name| name.trim().to_owned()).collect();
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(other) = names[..at].iter().position(|other| fold(other) == fold(name)) {
                let message = format!("two columns are called `{name}`: number {} and number {}", other + 1, at + 1);
                return Err(content
                    .data(message)
                    .with("line", row.line)
                    .hint("give each column a name of its own in the first row"));
            }
        }
        Ok(Self { names, raw: row.raw, file: content.name() })
    }

    /// An error about the header: what an admin wrote does not fit it.
    pub(super) fn error(&self, message: String) -> Error {
        let error = Error::new(ErrorKind::Input, message).during(READING).with("file", &self.file);
        match self.names.iter().find(|name| name.contains('@')) {
            Some(cell) => error.with("first row", format!("it holds `{cell}`, expected names of columns")),
            None => error,
        }
    }
}
