//! The logical lines of a file: lines of requested attributes are unfolded, other lines are skipped.

use std::io::{self, Read};

use memchr::memchr;

use super::fault::Fault;
use crate::source::entries::{NameIx, Names, quoted};

/// A reader for logical lines with one buffer. Lines of other attributes are skipped without being kept in memory.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// The number of the physical line at `start`.
    next_number: u64,
    number: u64,
    content: Content,
    unfolded: Vec<u8>,
    state: State,
}

/// The kind of a logical line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// An empty line.
    Blank,
    /// A comment.
    Comment,
    /// A line with a requested attribute.
    Wanted(NameIx),
    /// A line with another attribute, outside of an entry.
    Unwanted,
    /// The end of the file.
    End,
}

/// The position of a line relative to entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Inside an entry, where lines with other attributes are skipped.
    Inside,
    /// Between entries, where every line matters.
    Outside,
}

/// The location of the bytes of the current line.
#[derive(Clone, Copy, Debug)]
enum Content {
    Buffer(usize, usize),
    Unfolded,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Reading,
    Ended,
    /// The compressed stream is truncated or damaged.
    Cut(String),
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            next_number: 1,
            number: 1,
            content: Content::Buffer(0, 0),
            unfolded: Vec::new(),
            state: State::Fresh,
        }
    }

    /// Returns the number of the current line, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the current line, unfolded and without the line break.
    pub(super) fn content(&self) -> &[u8] {
        match self.content {
            Content::Buffer(start, end) => &self.buffer[start..end],
            Content::Unfolded => &self.unfolded,
        }
    }

    /// Returns the reason why the file ended prematurely, if it did. Valid only after [`Line::End`].
    pub(super) fn cut(&self) -> Option<&str> {
        if let State::Cut(problem) = &self.state { Some(problem) } else { None }
    }

    /// Advances to the next line.
    pub(super) fn advance(&mut self, names: &Names, place: Context) -> Result<Line, Fault> {
        loop {
            let newline = self.newline()?;
            if self.start == self.end || (self.cut().is_some() && !self.known_whole(newline)) {
                return Ok(Line::End);
            }
            self.number = self.next_number;
            let head = &self.buffer[self.start..newline.map_or(self.end, |at| self.start + at)];
            match head.first() {
                None | Some(b'\r') if head.len() <= 1 => {
                    self.consume_line(newline);
                    return Ok(Line::Blank);
                }
                Some(b'#') => {
                    self.take(newline)?;
                    return Ok(self.unless_cut(Line::Comment));
                }
                Some(b' ') => {
                    return Err(self.fault(
                        "a continuation line, which begins with a space, does not follow another line",
                        REMOVE_IT,
                    ));
                }
                _ => {}
            }
            let Some(colon) = colon(head) else {
                if let Some(line) = self.folded_name(newline, names, place)? {
                    return Ok(line);
                }
                continue;
            };
            if head.get(colon + 1) == Some(&b'<') {
                return Err(self.refused_url(&head[..colon]));
            }
            match (names.find(without_options(&head[..colon])), place) {
                (Some(name), _) => {
                    self.take(newline)?;
                    return Ok(self.unless_cut(Line::Wanted(name)));
                }
                (None, Context::Inside) => self.skip(newline)?,
                (None, Context::Outside) => {
                    self.take(newline)?;
                    return Ok(self.unless_cut(Line::Unwanted));
                }
            }
        }
    }

    /// Returns an error at the current line.
    pub(super) fn fault(&self, problem: impl Into<String>, hint: &'static str) -> Fault {
        Fault::text(self.number, problem, hint)
    }

    /// Reads a line whose attribute name is folded. This is legal but practically never occurs.
    fn folded_name(&mut self, newline: Option<usize>, names: &Names, place: Context) -> Result<Option<Line>, Fault> {
        self.take(newline)?;
        if self.unless_cut(Line::Unwanted) == Line::End {
            return Ok(Some(Line::End));
        }
        let Some(colon) = memchr(b':', self.content()) else {
            let problem = format!("{} is not a line of an entry: it has no `:`", quoted(self.content()));
            return Err(self.fault(problem, EXPECTED));
        };
        let name = &self.content()[..colon];
        if self.content().get(colon + 1) == Some(&b'<') {
            return Err(self.refused_url(name));
        }
        Ok(match (names.find(without_options(name)), place) {
            (Some(name), _) => Some(Line::Wanted(name)),
            (None, Context::Inside) => None,
            (None, Context::Outside) => Some(Line::Unwanted),
        })
    }

    fn refused_url(&self, name: &[u8]) -> Fault {
        self.fault(
            format!("the value of {} is in another file, which gotosync does not open", quoted(name)),
            "export with the values in the same file: run `ldapsearch` without `-t`",
        )
    }

    /// Finds the end of the physical line at `start`, relative to it, and fills the buffer so that the following byte is
    /// available as well. Returns `None` if the line is the last one and has no line break, or is longer than the buffer.
    fn newline(&mut self) -> Result<Option<usize>, Fault> {
        let mut seen = 0;
        loop {
            let window = &self.buffer[self.start..self.end];
            let found = memchr(b'\n', &window[seen..]).map(|at| seen + at);
            if found.is_some_and(|at| at + 1 < window.len()) {
                return Ok(found);
            }
            seen = found.unwrap_or(window.len());
            if !self.fill()? {
                return Ok(found);
            }
        }
    }

    /// Returns `true` if the line at `start` certainly ends there, with no continuation line after it.
    fn known_whole(&self, newline: Option<usize>) -> bool {
        let window = &self.buffer[self.start..self.end];
        newline.is_some_and(|at| at + 1 < window.len() || matches!(&window[..at], b"" | b"\r"))
    }

    /// Returns the line, or the end if the line reaches the point where the stream was truncated and may be incomplete.
    fn unless_cut(&self, line: Line) -> Line {
        if self.start == self.end && self.cut().is_some() { Line::End } else { line }
    }

    /// Reads the line at `start`, and unfolds it if necessary.
    fn take(&mut self, newline: Option<usize>) -> Result<(), Fault> {
        if let Some(at) = newline
            && self.buffer[self.start..self.end].get(at + 1) != Some(&b' ')
        {
            let end = self.start + at;
            let end = if at > 0 && self.buffer[end - 1] == b'\r' { end - 1 } else { end };
            self.content = Content::Buffer(self.start, end);
            self.consume_line(newline);
            return Ok(());
        }
        self.unfolded.clear();
        self.content = Content::Unfolded;
        self.walk(newline, |unfolded, segment| {
            unfolded.extend_from_slice(segment);
            unfolded.len() <= LINE_MAX
        })
    }

    fn skip(&mut self, newline: Option<usize>) -> Result<(), Fault> {
        self.walk(newline, |_, _| true)
    }

    /// Visits the physical lines of one logical line.
    fn walk(
        &mut self,
        mut newline: Option<usize>,
        mut visit: impl FnMut(&mut Vec<u8>, &[u8]) -> bool,
    ) -> Result<(), Fault> {
        loop {
            let end = newline.map_or(self.end, |at| self.start + at);
            if !visit(&mut self.unfolded, &self.buffer[self.start..end]) {
                return Err(self.fault("a value is larger than 16 MiB", "leave the attribute out of the export"));
            }
            self.consume_line(newline);
            if newline.is_some() {
                if self.unfolded.last() == Some(&b'\r') {
                    self.unfolded.pop();
                }
                if self.buffer[self.start..self.end].first() != Some(&b' ') {
                    return Ok(());
                }
                self.start += 1;
            } else if matches!(self.state, State::Ended | State::Cut(_)) {
                return Ok(());
            }
            newline = self.newline()?;
            if self.start == self.end {
                return Ok(());
            }
        }
    }

    fn consume_line(&mut self, newline: Option<usize>) {
        match newline {
            Some(at) => {
                self.start += at + 1;
                self.next_number += 1;
            }
            None => self.start = self.end,
        }
    }

    /// Reads more bytes; returns `false` if there are none, or the buffer is full.
    fn fill(&mut self) -> Result<bool, Fault> {
        if matches!(self.state, State::Ended | State::Cut(_)) {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            return Ok(false);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_cut(&error) => {
                    self.state = State::Cut(error.to_string());
                    return Ok(false);
                }
                Err(error) => return Err(Fault::File(error)),
                Ok(0) => {
                    self.state = State::Ended;
                    return Ok(false);
                }
                Ok(got) => {
                    self.end += got;
                    if self.state == State::Reading {
                        return Ok(true);
                    }
                    if self.end >= BOM.len() {
                        self.state = State::Reading;
                        return self.skip_mark().map(|()| true);
                    }
                }
            }
        }
    }

    /// Skips a byte order mark, which PowerShell and Notepad write.
    fn skip_mark(&mut self) -> Result<(), Fault> {
        let head = &self.buffer[..self.end];
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(self.fault(
                "the file is UTF-16, but LDIF is UTF-8",
                "save the file as UTF-8, or run `ldifde` without `-u`",
            ));
        }
        if head.starts_with(BOM) {
            self.start = BOM.len();
        }
        Ok(())
    }
}

/// Returns `true` if a read error comes from decompression and not from the disk.
fn is_cut(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

/// Finds the end of the attribute name. Names are short, so a plain loop is faster than `memchr`.
fn colon(line: &[u8]) -> Option<usize> {
    line.iter().position(|byte| *byte == b':')
}

/// Removes attribute options: `description;lang-de` becomes `description`.
fn without_options(name: &[u8]) -> &[u8] {
    &name[..name.iter().position(|byte| *byte == b';').unwrap_or(name.len())]
}

const BOM: &[u8] = b"\xef\xbb\xbf";

const BUFFER: usize = 256 << 10;

/// The maximum size of an unfolded line, in bytes: a value of 16 MiB in base64, and a name.
const LINE_MAX: usize = (16 << 20) / 3 * 4 + 1024;

const EXPECTED: &str = "an LDIF export has lines such as `mail: ann@example.test`, and blank lines between entries";

const REMOVE_IT: &str = "remove the blank line above it, or the space at its beginning";

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that returns a few bytes at a time, and an error at the end if it has one.
    struct Trickle<'t>(&'t [u8], usize, Option<io::ErrorKind>);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            if let (0, Some(kind)) = (count, self.2) {
                return Err(kind.into());
            }
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(source: impl Read, place: Context) -> Result<Vec<(u64, String)>, String> {
        let names = Names::structural();
        let mut lines = Lines::new(source);
        let mut found = Vec::new();
        loop {
            let line = lines.advance(&names, place).map_err(|fault| format!("{fault:?}"))?;
            let text = match line {
                Line::End => return Ok(found),
                Line::Blank => String::new(),
                _ => String::from_utf8_lossy(lines.content()).into_owned(),
            };
            found.push((lines.number(), text));
        }
    }

    fn texts(text: &str) -> Vec<(u64, String)> {
        let expected = all(text.as_bytes(), Context::Inside).unwrap();
        for step in [1, 2, 3, 7] {
            assert_eq!(
                all(Trickle(text.as_bytes(), step, None), Context::Inside).unwrap(),
                expected,
                "{step} bytes at a time"
            );
        }
        expected
    }

    #[test]
    fn unfolds_requested_lines_and_skips_others() {
        let text = "\u{feff}# a com\n ment\ncn: An\n n\n \n  B\nphoto:: AAAA\n BBBB\n\ncn: C";
        let expected = [(1, "# a comment"), (3, "cn: Ann B"), (9, ""), (10, "cn: C")];
        assert_eq!(texts(text), expected.map(|(line, text)| (line, text.to_owned())));
        let windows = text.replace('\n', "\r\n");
        assert_eq!(texts(&windows), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn unfolds_attribute_names() {
        assert_eq!(texts("objec\n tClass: user\nphot\n o: x\n"), [(1, "objectClass: user".to_owned())]);
    }

    #[test]
    fn reads_and_skips_lines_longer_than_the_buffer() {
        let long = "x".repeat(3 * BUFFER);
        let text = format!("photo: {long}\ncn: {long}\r\nphoto: {long}");
        assert_eq!(texts(&text), [(2, format!("cn: {long}"))]);
        let endless = io::repeat(b'x').take(40 << 20);
        assert_eq!(all(b"photo: ".chain(endless), Context::Inside).unwrap(), []);
        let endless = io::repeat(b'x').take(40 << 20);
        assert!(all(b"cn: ".chain(endless), Context::Inside).unwrap_err().contains("larger than 16 MiB"));
    }

    #[test]
    fn rejects_invalid_lines_with_their_numbers() {
        for (text, problem) in [
            ("cn: a\nrubbish\n", "line: 2, problem: \"`rubbish` is not a line"),
            ("\n next\n", "line: 2, problem: \"a continuation line"),
            ("photo:< file:///etc/passwd\n", "line: 1, problem: \"the value of `photo` is in another file"),
            ("photo\n :< file:///etc/passwd\n", "line: 1, problem: \"the value of `photo` is in another file"),
        ] {
            let fault = all(text.as_bytes(), Context::Inside).unwrap_err();
            assert!(fault.contains(problem), "{fault}");
        }
        assert!(all(&b"\xff\xfed\0n\0"[..], Context::Outside).unwrap_err().contains("UTF-16"));
    }

    #[test]
    fn does_not_return_a_truncated_line() {
        let cut =
            |text: &'static str| all(Trickle(text.as_bytes(), 5, Some(io::ErrorKind::UnexpectedEof)), Context::Inside);
        assert_eq!(cut("cn: a\nuid: ann\n").unwrap(), [(1, "cn: a".to_owned())]);
        assert_eq!(cut("cn: a\n\n").unwrap(), [(1, "cn: a".to_owned()), (2, String::new())]);
        assert_eq!(cut("cn: a\nuid").unwrap(), [(1, "cn: a".to_owned())]);
        let broken = Trickle(b"cn: a\n", 5, Some(io::ErrorKind::PermissionDenied));
        assert!(all(broken, Context::Inside).is_err());
    }
}
