//! A strict parser for rows (RFC 4180): a misplaced quote invalidates one row and does not swallow the following rows.
//!
//! A lenient parser reads `"Ann,ann@x.test` and everything up to the next quote as one field. The rows in between disappear
//! silently, and the people in them would look as if they had left. Here, text after a closing quote and a quote that is
//! never closed invalidate the row in which the quote was opened, and parsing continues with the next line.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// A reader that returns one row at a time.
#[derive(Debug)]
pub(super) struct Rows<R> {
    text: R,
    delimiter: u8,
    line: u64,
    /// Lines that were read but do not belong to a row yet.
    ahead: VecDeque<Line>,
}

/// One line of the file, including the line break.
#[derive(Debug)]
struct Line {
    number: u64,
    text: Vec<u8>,
    /// `true` if the line was too long to keep.
    cut: bool,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line that the row begins in, from 1.
    pub(crate) line: u64,
    /// The original text, without the last line break.
    pub(crate) raw: String,
    /// The fields.
    pub(crate) fields: Vec<String>,
}

/// An invalid row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// The line that the row begins in, from 1.
    pub(crate) line: u64,
    /// The original text.
    pub(crate) raw: String,
    /// A description of the problem.
    pub(crate) problem: String,
}

/// The position of the next byte within a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    AfterQuote,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(text: R) -> Self {
        Self { text, delimiter: b',', line: 0, ahead: VecDeque::new() }
    }

    /// Sets the delimiter for all following rows.
    pub(super) fn delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Returns the next line that is not blank, without consuming it.
    pub(super) fn peek(&mut self) -> io::Result<Option<String>> {
        while let Some(line) = self.take()? {
            if !blank(&line.text) {
                let text = String::from_utf8_lossy(without_end(&line.text)).into_owned();
                self.ahead.push_front(line);
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Discards the next line.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        self.take().map(drop)
    }

    /// Returns the next row that is not blank.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        loop {
            let Some(first) = self.take()? else { return Ok(None) };
            if blank(&first.text) && !first.cut {
                continue;
            }
            let row = self.row(first)?;
            if !row.as_ref().is_ok_and(|row| row.fields.iter().all(|field| field.trim().is_empty())) {
                return Ok(Some(row));
            }
        }
    }

    fn row(&mut self, first: Line) -> io::Result<Result<Row, BadRow>> {
        let number = first.number;
        let mut lines = vec![first];
        let (mut fields, mut field, mut at, mut size) = (Vec::new(), Vec::new(), At::Start, 0);
        let problem = loop {
            let last = &lines[lines.len() - 1];
            size += last.text.len();
            if last.cut || size > ROW_LIMIT {
                break format!("the row is longer than {} MiB: is a closing quote missing?", ROW_LIMIT >> 20);
            }
            let end = without_end(&last.text).len();
            if let Err(column) = split(&last.text[..end], self.delimiter, &mut at, &mut field, &mut fields) {
                break format!("text follows a closing quote (line {}, column {column})", last.number);
            }
            if at != At::Quoted {
                fields.push(text(&mut field));
                let raw: Vec<u8> = lines.iter().flat_map(|line| &line.text).copied().collect();
                let raw = String::from_utf8_lossy(without_end(&raw)).into_owned();
                return Ok(Ok(Row { line: number, raw, fields }));
            }
            // A line break in quotes becomes `\n`, whichever line breaks the file uses.
            field.push(b'\n');
            match self.take()? {
                Some(line) => lines.push(line),
                None => break "a quote is never closed".to_owned(),
            }
        };
        let mut lines = lines.into_iter();
        let first = lines.next().map(|line| line.text).unwrap_or_default();
        for line in lines.rev() {
            self.ahead.push_front(line);
        }
        let raw = String::from_utf8_lossy(without_end(&first)).into_owned();
        Ok(Err(BadRow { line: number, raw, problem }))
    }

    fn take(&mut self) -> io::Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        }
    }

    /// Reads one line, which ends with LF, CR, or both.
    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.line + 1, text: Vec::new(), cut: false };
        loop {
            let buffer = self.text.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = memchr::memchr2(b'\n', b'\r', buffer);
            let length = end.map_or(buffer.len(), |end| end + 1);
            if line.text.len() + length > ROW_LIMIT {
                line.cut = true;
            } else {
                line.text.extend_from_slice(&buffer[..length]);
            }
            let returned = end.is_some_and(|end| buffer[end] == b'\r');
            self.text.consume(length);
            if returned && self.text.fill_buf()?.first() == Some(&b'\n') {
                line.text.push(b'\n');
                self.text.consume(1);
            }
            if end.is_some() {
                self.line += 1;
                return Ok(Some(line));
            }
        }
        if line.text.is_empty() && !line.cut {
            return Ok(None);
        }
        self.line += 1;
        Ok(Some(line))
    }
}

/// Splits one line of a row into fields.
///
/// # Errors
/// The column, in characters from 1, of text that follows a closing quote.
fn split(line: &[u8], delimiter: u8, at: &mut At, field: &mut Vec<u8>, fields: &mut Vec<String>) -> Result<(), usize> {
    for (place, byte) in line.iter().copied().enumerate() {
        *at = match (*at, byte) {
            (At::Start, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::AfterQuote,
            (At::Quoted, _) => {
                field.push(byte);
                At::Quoted
            }
            (At::AfterQuote, b'"') => {
                field.push(b'"');
                At::Quoted
            }
            (_, _) if byte == delimiter => {
                fields.push(text(field));
                At::Start
            }
            (At::AfterQuote, b' ' | b'\t') => At::AfterQuote,
            (At::AfterQuote, _) => return Err(String::from_utf8_lossy(&line[..place]).chars().count() + 1),
            (At::Start | At::Plain, _) => {
                field.push(byte);
                At::Plain
            }
        };
    }
    Ok(())
}

fn text(field: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(field).into_owned();
    field.clear();
    text
}

fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The maximum size of a row, in bytes.
const ROW_LIMIT: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the line of each row with its fields, or with its problem.
    fn rows(text: &str, delimiter: u8) -> Vec<(u64, Result<Vec<String>, String>)> {
        // A small buffer, so that everything crosses a buffer boundary at least once.
        let mut rows = Rows::new(io::BufReader::with_capacity(3, text.as_bytes()));
        rows.delimiter(delimiter);
        std::iter::from_fn(|| rows.next().unwrap())
            .map(|row| match row {
                Ok(row) => (row.line, Ok(row.fields)),
                Err(bad) => (bad.line, Err(bad.problem)),
            })
            .collect()
    }

    fn good(text: &str, delimiter: u8) -> Vec<(u64, Vec<String>)> {
        rows(text, delimiter).into_iter().map(|(line, row)| (line, row.unwrap())).collect()
    }

    fn fields(fields: &[&str]) -> Vec<String> {
        fields.iter().map(|field| (*field).to_owned()).collect()
    }

    #[test]
    fn parses_quotes_and_all_line_breaks() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a;\"b;\"\"c\"\"\";d", "", "\"two", "lines\";\"\" ;5\" pipe", ";;", "x;y;"].join(end);
            assert_eq!(
                good(&text, b';'),
                [
                    (1, fields(&["a", "b;\"c\"", "d"])),
                    (3, fields(&["two\nlines", "", "5\" pipe"])),
                    (6, fields(&["x", "y", ""])),
                ],
                "{end:?}"
            );
        }
        assert_eq!(good("a\tb", b'\t'), [(1, fields(&["a", "b"]))]);
        assert!(good("\n \r\n\t\n", b',').is_empty());
    }

    #[test]
    fn a_misplaced_quote_invalidates_only_its_own_row() {
        let text = "1,\"Ann,ann@x\n2,Bob,bob@x\n3,\"Cyd\",cyd@x\n4,Dan,dan@x\n";
        let found = rows(text, b',');
        assert_eq!(found[0], (1, Err("text follows a closing quote (line 3, column 4)".into())));
        let ids: Vec<_> = found[1..].iter().map(|(line, row)| (*line, row.as_ref().unwrap()[0].clone())).collect();
        assert_eq!(ids, [(2, "2".into()), (3, "3".into()), (4, "4".into())]);

        let found = rows("1,a\n2,\"b\n3,c\n4,d", b',');
        assert_eq!(found[1], (2, Err("a quote is never closed".into())));
        assert_eq!(found.len(), 4);
        assert_eq!(rows("\"", b',').len(), 1);
    }

    #[test]
    fn rejects_a_row_that_is_too_long_and_continues() {
        let text = format!("a,{}\nb,{}\nc,d\n", "x".repeat(1 << 20), "y".repeat(ROW_LIMIT));
        let found = rows(&text, b',');
        assert_eq!(found[0].1.as_ref().unwrap()[1].len(), 1 << 20);
        assert!(found[1].1.as_ref().unwrap_err().starts_with("the row is longer than 4 MiB"));
        assert_eq!(found[2], (3, Ok(fields(&["c", "d"]))));
    }

    #[test]
    fn reads_everything_that_the_csv_crate_writes() {
        let texts = ["", "a", "\"", "a\"b", "\"\"", ",", ";", "a,b", "x\ny", " é ", "=1+1", "'", "\u{1F98A}", "a\tb"];
        for delimiter in [b',', b';', b'\t', b'|'] {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            let mut wanted = Vec::new();
            for a in texts {
                for b in texts {
                    writer.write_record(["row", a, b]).unwrap();
                    wanted.push(fields(&["row", a, b]));
                }
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<_> = good(&text, delimiter).into_iter().map(|(_, fields)| fields).collect();
            assert_eq!(read, wanted);
        }
    }
}
