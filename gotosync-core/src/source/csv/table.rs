//! A file with a header row, and the rows that match the header.

use super::CsvOptions;
use super::guess::{Guess, declared_delimiter, delimiter};
use super::header::Header;
use super::rows::{BadRow, Row, Rows};
use super::text::{Content, Text};
use crate::Result;
use crate::model::text::count;

/// The rows of a file with a header.
pub(crate) struct Table {
    content: Content,
    rows: Rows<Text>,
    delimiter: u8,
    /// The first row.
    pub(crate) header: Header,
}

impl Table {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] if the file has no header, or two columns have the same name.
    pub(crate) fn open(content: &Content, options: &CsvOptions) -> Result<Self> {
        let mut rows = Rows::new(content.text(options.encoding)?);
        let failed = |error| content.failed(error);
        let mut first = rows.peek().map_err(failed)?;
        // Spreadsheets write and understand a first line that declares the delimiter.
        let declared = first.as_deref().and_then(declared_delimiter);
        if declared.is_some() {
            rows.skip().map_err(failed)?;
            first = rows.peek().map_err(failed)?;
        }
        let Some(first) = first else {
            return Err(content.data("the file is empty, expected a first row with the names of the columns"));
        };
        let delimiter = options.delimiter.or(declared).unwrap_or_else(|| delimiter(&first));
        rows.delimiter(delimiter);
        let header = match rows.next().map_err(failed)? {
            Some(Ok(row)) => Header::new(row, content)?,
            Some(Err(bad)) => return Err(content.data(bad.problem).with("line", bad.line)),
            None => return Err(content.data("the first row contains no names of columns")),
        };
        Ok(Self { content: content.clone(), rows, delimiter, header })
    }

    /// Guesses what the columns contain.
    pub(crate) fn guess(&self) -> Guess {
        Guess::new(&self.header, self.delimiter)
    }

    /// Returns the next row. A row with too few or too many fields is invalid.
    pub(crate) fn next(&mut self) -> Result<Option<Result<Row, BadRow>>> {
        let Some(row) = self.rows.next().map_err(|error| self.content.failed(error))? else { return Ok(None) };
        Ok(Some(row.and_then(|mut row| {
            let (found, wanted) = (row.fields.len(), self.header.names.len());
            let beyond = row.fields.get(wanted..).unwrap_or_default();
            if found < wanted || beyond.iter().any(|field| !field.trim().is_empty()) {
                let problem = format!("the row has {}, but the header has {wanted}", count(found, "field", "fields"));
                return Err(row.bad(problem));
            }
            row.fields.truncate(wanted);
            Ok(row)
        })))
    }
}

impl Row {
    /// Turns the row into an invalid one.
    pub(crate) fn bad(self, problem: String) -> BadRow {
        BadRow { line: self.line, raw: self.raw, problem }
    }
}
