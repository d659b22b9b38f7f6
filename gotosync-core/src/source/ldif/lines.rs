//! Logical lines of a file: unfolded where somebody wants them, passed over where nobody does.

use std::io::{self, Read};

use memchr::memchr;

use super::fault::Fault;
use crate::source::entries::{NameIx, Names, quoted};

/// Reads a file line by line through one buffer. A line nobody wants is never held as a whole, however long it is.
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

/// What a logical line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// An empty line.
    Blank,
    /// A comment.
    Comment,
    /// A line of a wanted attribute.
    Wanted(NameIx),
    /// A line of an attribute nobody wants, outside of any entry.
    Unwanted,
    /// There is no more.
    End,
}

/// Where a line is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Inside an entry, where lines nobody wants are passed over.
    Inside,
    /// Between entries, where every line matters.
    Outside,
}

/// Where the bytes of the current line are.
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
    /// The compressed stream ended before it said so, or does not decompress.
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

    /// The number of the current line, counted from one.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The current line, unfolded, without its end.
    pub(super) fn content(&self) -> &[u8] {
        match self.content {
            Content::Buffer(start, end) => &self.buffer[start..end],
            Content::Unfolded => &self.unfolded,
        }
    }

    /// Why the file ends too early, if it does. Only to be asked at the end.
    pub(super) fn cut(&self) -> Option<&str> {
        if let State::Cut(problem) = &self.state { Some(problem) } else { None }
    }

    /// Goes on to the next line.
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
                    return Err(self.fault("a line that goes on stands below nothing it could go on from", REMOVE_IT));
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

    /// An error at the current line.
    pub(super) fn fault(&self, problem: impl Into<String>, hint: &'static str) -> Fault {
        Fault::text(self.number, problem, hint)
    }

    /// Takes a line whose name does not end on its first physical line. Such a name is legal, and nobody writes it.
    fn folded_name(&mut self, newline: Option<usize>, names: &Names, place: Context) -> Result<Option<Line>, Fault> {
        self.take(newline)?;
        if self.unless_cut(Line::Unwanted) == Line::End {
            return Ok(Some(Line::End));
        }
        let Some(colon) = memchr(b':', self.content()) else {
            let problem = format!("{} is no line of an entry: it has no `:`", quoted(self.content()));
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
            format!("the value of {} stands in another file, which is not opened", quoted(name)),
            "write the export with its values in it: `ldapsearch` without `-t`",
        )
    }

    /// Finds the end of the physical line at `start`, relative to it, and sees to it that the byte after it is there
    /// too. `None` when the line is the last and has no end, or is longer than the buffer.
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

    /// Says whether nothing could have followed that belongs to the line at `start`.
    fn known_whole(&self, newline: Option<usize>) -> bool {
        let window = &self.buffer[self.start..self.end];
        newline.is_some_and(|at| at + 1 < window.len() || matches!(&window[..at], b"" | b"\r"))
    }

    /// A line that reaches up to where a stream was cut off may have gone on.
    fn unless_cut(&self, line: Line) -> Line {
        if self.start == self.end && self.cut().is_some() { Line::End } else { line }
    }

    /// Takes the line at `start` as it is if it is not folded, and joins it otherwise.
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

    /// Walks over the physical lines of one logical line.
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

    /// Reads more; `false` when there is no more or no room for it.
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

    /// Passes over a byte order mark; PowerShell and Notepad write one.
    fn skip_mark(&mut self) -> Result<(), Fault> {
        let head = &self.buffer[..self.end];
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(self
                .fault("the file is UTF-16, and LDIF is UTF-8", "save it as UTF-8; `ldifde` writes it without `-u`"));
        }
        if head.starts_with(BOM) {
            self.start = BOM.len();
        }
        Ok(())
    }
}

/// Says whether a read error comes from the compressed stream and not from the disk.
fn is_cut(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

/// The end of an attribute's name. Names are short: a plain loop is over before a vector search has begun.
fn colon(line: &[u8]) -> Option<usize> {
    line.iter().position(|byte| *byte == b':')
}

/// `description` of `description;lang-de`.
fn without_options(name: &[u8]) -> &[u8] {
    &name[..name.iter().position(|byte| *byte == b';').unwrap_or(name.len())]
}

const BOM: &[u8] = b"\xef\xbb\xbf";

const BUFFER: usize = 256 << 10;

/// Bytes of a line that is collected: 16 MiB in base64, and a name.
const LINE_MAX: usize = (16 << 20) / 3 * 4 + 1024;

const EXPECTED: &str = "an LDIF export has lines like `mail: ann@example.test`, and a blank line between entries";

const REMOVE_IT: &str =
    "only a line right below another may start with a space: remove the blank line above it, or the space";

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, and then an error if it has one.
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
        let whole = all(text.as_bytes(), Context::Inside).unwrap();
        for step in [1, 2, 3, 7] {
            assert_eq!(
                all(Trickle(text.as_bytes(), step, None), Context::Inside).unwrap(),
                whole,
                "{step} bytes at a time"
            );
        }
        whole
    }

    #[test]
    fn folded_lines_are_joined_and_unwanted_ones_are_passed_over() {
        let text = "\u{feff}# a com\n ment\ncn: An\n n\n \n  B\nphoto:: AAAA\n BBBB\n\ncn: C";
        let expected = [(1, "# a comment"), (3, "cn: Ann B"), (9, ""), (10, "cn: C")];
        assert_eq!(texts(text), expected.map(|(line, text)| (line, text.to_owned())));
        let windows = text.replace('\n', "\r\n");
        assert_eq!(texts(&windows), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn even_a_name_may_be_folded() {
        assert_eq!(texts("objec\n tClass: user\nphot\n o: x\n"), [(1, "objectClass: user".to_owned())]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_taken_or_passed_over() {
        let long = "x".repeat(3 * BUFFER);
        let text = format!("photo: {long}\ncn: {long}\r\nphoto: {long}");
        assert_eq!(texts(&text), [(2, format!("cn: {long}"))]);
        let endless = io::repeat(b'x').take(40 << 20);
        assert_eq!(all(b"photo: ".chain(endless), Context::Inside).unwrap(), []);
        let endless = io::repeat(b'x').take(40 << 20);
        assert!(all(b"cn: ".chain(endless), Context::Inside).unwrap_err().contains("larger than 16 MiB"));
    }

    #[test]
    fn what_is_no_line_is_refused_with_its_number() {
        for (text, problem) in [
            ("cn: a\nrubbish\n", "line: 2, problem: \"`rubbish` is no line"),
            ("\n next\n", "line: 2, problem: \"a line that goes on"),
            ("photo:< file:///etc/passwd\n", "line: 1, problem: \"the value of `photo` stands in another file"),
            ("photo\n :< file:///etc/passwd\n", "line: 1, problem: \"the value of `photo` stands in another file"),
        ] {
            let fault = all(text.as_bytes(), Context::Inside).unwrap_err();
            assert!(fault.contains(problem), "{fault}");
        }
        assert!(all(&b"\xff\xfed\0n\0"[..], Context::Outside).unwrap_err().contains("UTF-16"));
    }

    #[test]
    fn a_line_that_was_cut_off_is_not_told() {
        let cut =
            |text: &'static str| all(Trickle(text.as_bytes(), 5, Some(io::ErrorKind::UnexpectedEof)), Context::Inside);
        assert_eq!(cut("cn: a\nuid: ann\n").unwrap(), [(1, "cn: a".to_owned())]);
        assert_eq!(cut("cn: a\n\n").unwrap(), [(1, "cn: a".to_owned()), (2, String::new())]);
        assert_eq!(cut("cn: a\nuid").unwrap(), [(1, "cn: a".to_owned())]);
        let broken = Trickle(b"cn: a\n", 5, Some(io::ErrorKind::PermissionDenied));
        assert!(all(broken, Context::Inside).is_err());
    }
}
