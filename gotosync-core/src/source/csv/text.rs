//! From the bytes of a file to UTF-8: in which encoding it is, and its text without the mark at the start.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Retry;
use crate::model::text::nearest;
use crate::{Error, ErrorKind, Result};

/// A character encoding, by the names of the WHATWG Encoding Standard: `utf-8`, `windows-1252`, `utf-16le` and others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// Finds an encoding by name, in any letter case.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] with the nearest name when there is none.
    pub fn parse(name: &str) -> Result<Self> {
        encoding_rs::Encoding::for_label(name.as_bytes()).map(Self).ok_or_else(|| {
            let error = Error::new(ErrorKind::Input, format!("there is no encoding `{name}`"));
            match nearest(name, COMMON.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("write one of {}", COMMON.join(", "))),
            }
        })
    }

    /// Its name, in lower case.
    pub fn name(self) -> String {
        self.0.name().to_ascii_lowercase()
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Where bytes come from: read more than once, so that text can stream by.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A file.
    File(PathBuf),
    /// Bytes, and what they are called.
    Bytes(Arc<[u8]>, String),
}

/// What tells one state of a file from another.
pub(super) type Stamp = Option<(u64, Option<std::time::SystemTime>)>;

/// Text as UTF-8.
pub(crate) type Text = BufReader<Utf8<Box<dyn Read + Send>>>;

impl Content {
    /// Opens it as text.
    ///
    /// The mark at the start decides the encoding. Without one, UTF-16 is taken where it was asked for; text that is valid
    /// UTF-8 is UTF-8 whatever was asked for, because no other encoding looks so by chance; all else is what was asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when it is none of these, and what keeps a file from being read.
    pub(crate) fn text(&self, asked: Option<Encoding>) -> Result<Text> {
        let (encoding, mark) = self.encoding(asked)?;
        let mut bytes = self.open()?;
        io::copy(&mut bytes.by_ref().take(mark), &mut io::sink()).map_err(|error| self.failed(error))?;
        Ok(BufReader::with_capacity(BUFFER, Utf8::new(bytes, encoding)))
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(_, name) => name.clone(),
        }
    }

    /// What it looks like from outside, to tell whether it changes while it is read.
    pub(super) fn stamp(&self) -> Result<Stamp> {
        let Self::File(path) = self else { return Ok(None) };
        let metadata = std::fs::metadata(path).map_err(|error| self.failed(error))?;
        Ok(metadata.is_file().then(|| (metadata.len(), metadata.modified().ok())))
    }

    /// The error that it changed while it was read.
    pub(super) fn changed(&self) -> Error {
        Error::new(ErrorKind::Conflict, "the file changed while it was read")
            .during(READING)
            .with("file", self.name())
            .hint("write the file under another name, and rename it when it is whole")
            .retry(Retry::Later)
    }

    pub(super) fn failed(&self, error: io::Error) -> Error {
        Error::from(error).during(READING).with("file", self.name())
    }

    pub(super) fn data(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Data, message).during(READING).with("file", self.name())
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path).map_err(|error| self.failed(error))?),
            Self::Bytes(bytes, _) => Box::new(io::Cursor::new(Arc::clone(bytes))),
        })
    }

    fn encoding(&self, asked: Option<Encoding>) -> Result<(&'static encoding_rs::Encoding, u64)> {
        let mut bytes = self.open()?;
        let mut start = Vec::new();
        bytes.by_ref().take(4).read_to_end(&mut start).map_err(|error| self.failed(error))?;
        if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&start) {
            return Ok((encoding, mark as u64));
        }
        let wide = [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE];
        if let Some(Encoding(encoding)) = asked.filter(|asked| wide.contains(&asked.0)) {
            return Ok((encoding, 0));
        }
        if let Some(name) = unmarked_utf16(&start) {
            let message = "it looks like UTF-16 without a mark at its start";
            return Err(self.data(message).hint(format!("set `encoding = \"{name}\"`, or save the file as UTF-8")));
        }
        let at = not_utf8(io::Cursor::new(start).chain(bytes)).map_err(|error| self.failed(error))?;
        match (at, asked) {
            (None, _) => Ok((encoding_rs::UTF_8, 0)),
            (Some(_), Some(Encoding(encoding))) => Ok((encoding, 0)),
            (Some(line), None) => Err(self
                .data("it is not UTF-8, and nothing says what it is")
                .with("line", line)
                .hint("if it was saved on Windows, set `encoding = \"windows-1252\"`; or save the file as UTF-8")),
        }
    }
}

/// Bytes of any encoding as UTF-8. What cannot be decoded becomes U+FFFD.
pub(crate) struct Utf8<R> {
    bytes: R,
    decoder: encoding_rs::Decoder,
    raw: Piece,
    text: Piece,
    ended: bool,
    done: bool,
}

/// Part of a stream that was not taken yet.
struct Piece {
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
}

impl Piece {
    fn new() -> Self {
        Self { buffer: vec![0; BUFFER].into_boxed_slice(), from: 0, to: 0 }
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }
}

impl<R> Utf8<R> {
    fn new(bytes: R, encoding: &'static encoding_rs::Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { bytes, decoder, raw: Piece::new(), text: Piece::new(), ended: false, done: false }
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // Into a buffer of our own: a decoder that has less room than a character needs gets nowhere.
        while self.text.rest().is_empty() && !self.done {
            if self.raw.rest().is_empty() && !self.ended {
                (self.raw.from, self.raw.to) = (0, self.bytes.read(&mut self.raw.buffer)?);
                self.ended = self.raw.to == 0;
            }
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(self.raw.rest(), &mut self.text.buffer, self.ended);
            self.raw.from += read;
            (self.text.from, self.text.to) = (0, written);
            self.done = self.ended && result == encoding_rs::CoderResult::InputEmpty;
        }
        let length = self.text.rest().len().min(out.len());
        out[..length].copy_from_slice(&self.text.rest()[..length]);
        self.text.from += length;
        Ok(length)
    }
}

/// The byte order of UTF-16 without a mark, if that is what it looks like: text begins with a letter, a digit or a quote.
fn unmarked_utf16(start: &[u8]) -> Option<&'static str> {
    match *start {
        [a, 0, b, 0] if a != 0 && b != 0 => Some("utf-16le"),
        [0, a, 0, b] if a != 0 && b != 0 => Some("utf-16be"),
        _ => None,
    }
}

/// The first line that is not UTF-8, if one is not.
fn not_utf8(mut bytes: impl Read) -> io::Result<Option<usize>> {
    let mut buffer = vec![0; BUFFER];
    let (mut kept, mut line) = (0, 1);
    loop {
        let read = bytes.read(&mut buffer[kept..])?;
        let filled = &buffer[..kept + read];
        let (valid, broken) = match std::str::from_utf8(filled) {
            Ok(_) => (filled.len(), false),
            // A character may go on in the next piece.
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || read == 0),
        };
        line += memchr::memchr_iter(b'\n', &filled[..valid]).count();
        if broken {
            return Ok(Some(line));
        }
        if read == 0 {
            return Ok(None);
        }
        let end = filled.len();
        buffer.copy_within(valid..end, 0);
        kept = end - valid;
    }
}

/// What was being done, as errors say it.
pub(super) const READING: &str = "read the CSV file";
const COMMON: &[&str] = &["utf-8", "windows-1252", "utf-16le", "utf-16be", "iso-8859-15", "windows-1250"];
const BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], asked: Option<&str>) -> Result<String> {
        let content = Content::Bytes(bytes.into(), "people.csv".into());
        let mut text = String::new();
        content.text(asked.map(|name| Encoding::parse(name).unwrap()))?.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn wide(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn a_mark_decides_then_utf8_then_what_was_asked_for() {
        let text = "Name;Mail\r\nJörg „Jo“ Ağa 🦊;j@x.test\r\n";
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for asked in [None, Some("windows-1252"), Some("utf-8")] {
            assert_eq!(decoded(text.as_bytes(), asked).unwrap(), text);
            assert_eq!(decoded(&marked, asked).unwrap(), text);
            assert_eq!(decoded(&wide(text, true, u16::to_le_bytes), asked).unwrap(), text);
            assert_eq!(decoded(&wide(text, true, u16::to_be_bytes), asked).unwrap(), text);
        }
        assert_eq!(decoded(&wide(text, false, u16::to_le_bytes), Some("UTF-16LE")).unwrap(), text);
        assert_eq!(decoded(b"J\xf6rg \x84Jo\x93 \x80", Some("windows-1252")).unwrap(), "Jörg „Jo“ €");
    }

    #[test]
    fn what_is_not_utf8_and_not_said_to_be_anything_is_an_error_with_its_line() {
        let error = decoded(b"Name\nAnn\nJ\xf6rg\n", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not read the CSV file: it is not UTF-8, and nothing says what it is (file: people.csv, line: 3)"
        );
        assert!(error.help().unwrap().contains("encoding = \"windows-1252\""));
        let error = decoded(&wide("Name", false, u16::to_be_bytes), None).unwrap_err();
        assert!(error.help().unwrap().contains("encoding = \"utf-16be\""), "{error}");
        let error = Encoding::parse("windows-1251x").unwrap_err();
        assert_eq!(error.help(), Some("did you mean `windows-1252`?"));
    }

    #[test]
    fn what_cannot_be_decoded_is_marked_and_never_lost_in_silence() {
        let mut odd = wide("Ann", true, u16::to_le_bytes);
        odd.push(b'x');
        assert_eq!(decoded(&odd, None).unwrap(), "Ann\u{fffd}");
        assert_eq!(decoded(&wide("A", true, u16::to_le_bytes)[..3], None).unwrap(), "\u{fffd}");
        assert_eq!(decoded(b"a\xffb", Some("utf-8")).unwrap(), "a\u{fffd}b");
        assert_eq!(decoded(b"", None).unwrap(), "");
    }

    #[test]
    fn characters_that_lie_across_two_pieces_are_whole() {
        for shift in 0..5 {
            let text = format!("{}{}", "x".repeat(shift), "é🦊".repeat(BUFFER / 3));
            assert_eq!(decoded(text.as_bytes(), None).unwrap(), text);
            assert_eq!(decoded(&wide(&text, true, u16::to_le_bytes), None).unwrap(), text);
        }
    }
}
