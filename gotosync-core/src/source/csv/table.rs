//! A file with a header row, as rows that fit the header.

use super::CsvOptions;
use super::guess::{Guess, delimiter, told_delimiter};
use super::header::Header;
use super::rows::{BadRow, Row, Rows};
use super::text::{Content, Text};
use crate::Result;
use crate::model::text::count;

/// Rows below a header.
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
    /// [`ErrorKind::Data`] when there is none, or two columns have one name.
    pub(crate) fn open(content: &Content, options: &CsvOptions) -> Result<Self> {
        let mut rows = Rows::new(content.text(options.encoding)?);
        let failed = |error| content.failed(error);
        let mut first = rows.peek().map_err(failed)?;
        // Spreadsheets write and read a first line that names the delimiter.
        let told = first.as_deref().and_then(told_delimiter);
        if told.is_some() {
            rows.skip().map_err(failed)?;
            first = rows.peek().map_err(failed)?;
        }
        let Some(first) = first else {
            return Err(content.data("the file is empty, expected a first row with the names of the columns"));
        };
        let delimiter = options.delimiter.or(told).unwrap_or_else(|| delimiter(&first));
        rows.delimiter(delimiter);
        let header = match rows.next().map_err(failed)? {
            Some(Ok(row)) => Header::new(row, content)?,
            Some(Err(bad)) => return Err(content.data(bad.problem).with("line", bad.line)),
            None => return Err(content.data("the first row names no column")),
        };
        Ok(Self { content: content.clone(), rows, delimiter, header })
    }

    /// What the columns look like.
    pub(crate) fn guess(&self) -> Guess {
        Guess::new(&self.header, self.delimiter)
    }

    /// The next row. One with too few or too many fields is bad.
    pub(crate) fn next(&mut self) -> Result<Option<Result<Row, BadRow>>> {
        let Some(row) = self.rows.next().map_err(|error| self.content.failed(error))? else { return Ok(None) };
        Ok(Some(row.and_then(|mut row| {
            let (found, wanted) = (row.fields.len(), self.header.names.len());
            let beyond = row.fields.get(wanted..).unwrap_or_default();
            if found < wanted || beyond.iter().any(|field| !field.trim().is_empty()) {
                let problem = format!("it has {}, the header has {wanted}", count(found, "field", "fields"));
                return Err(row.bad(problem));
            }
            row.fields.truncate(wanted);
            Ok(row)
        })))
    }
}

impl Row {
    /// The same row, which cannot be used.
    pub(crate) fn bad(self, problem: String) -> BadRow {
        BadRow { line: self.line, raw: self.raw, problem }
    }
}
