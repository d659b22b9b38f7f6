//! The records of a file (RFC 2849): distinguished names and the values of requested attributes, in reused buffers.

use std::io::Read;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr;

use super::fault::Fault;
use super::lines::{Context, Line, Lines};
use super::trailer::Trailer;
use crate::model::Dn;
use crate::source::entries::{Chunk, DEPTH_MAX, Meaning, NameIx, Names, RECORD_MAX, Record, VALUE_MAX, quoted};

/// A reader that returns one record at a time.
#[derive(Debug)]
pub(super) struct Records<R> {
    lines: Lines<R>,
    record: Record,
    trailer: Trailer,
}

/// The part of the file that the reader is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    Entry,
    Trailer,
}

impl<R: Read> Records<R> {
    pub(super) fn new(source: R) -> Self {
        Self { lines: Lines::new(source), record: Record::new(), trailer: Trailer::default() }
    }

    /// Advances to the next record; returns `false` at the end.
    pub(super) fn advance(&mut self, names: &Names) -> Result<bool, Fault> {
        self.record.clear();
        let mut block = Block::None;
        loop {
            let place = if block == Block::None { Context::Outside } else { Context::Inside };
            match (self.lines.advance(names, place)?, block) {
                (Line::End, _) if self.lines.cut().is_some() => return Ok(false),
                (Line::End, _) => return Ok(block == Block::Entry),
                (Line::Blank, Block::Entry) => return Ok(true),
                (Line::Blank, _) => block = Block::None,
                (Line::Comment, _) => self.trailer.comment(self.lines.content()),
                (Line::Wanted(name), Block::None) => block = self.begin(name, names)?,
                (Line::Wanted(name), Block::Entry) => self.store(name, names)?,
                (Line::Wanted(name), Block::Trailer) => self.note(name, names)?,
                (Line::Unwanted, _) => return Err(self.not_a_record()),
            }
        }
    }

    /// Returns the record that [`advance`](Self::advance) read.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the lines that `ldapsearch` wrote around the entries.
    pub(super) fn trailer(&self) -> &Trailer {
        &self.trailer
    }

    /// Returns the line after which the file ended prematurely, if it did, and the reason.
    pub(super) fn cut(&self) -> Option<(u64, &str)> {
        self.lines.cut().map(|problem| (self.lines.number(), problem))
    }

    fn begin(&mut self, name: NameIx, names: &Names) -> Result<Block, Fault> {
        match names.get(name).meaning {
            Meaning::Dn => {
                self.record.line = self.lines.number();
                let value = self.decode()?;
                let text = std::str::from_utf8(&self.record.bytes[value])
                    .map_err(|_| self.lines.fault("the distinguished name is not UTF-8", SAVED_AS))?;
                self.record.dn = Dn::parse(text).map_err(|error| {
                    self.lines.fault(error.message(), "write `dn:`, followed by the full distinguished name")
                })?;
                if self.record.dn.depth() > DEPTH_MAX {
                    let problem = format!("the distinguished name has more than {DEPTH_MAX} RDNs");
                    return Err(self.lines.fault(problem, "leave the entry out of the export"));
                }
                self.record.bytes.clear();
                Ok(Block::Entry)
            }
            Meaning::Version => {
                let value = self.decode()?;
                if self.record.bytes[value].trim_ascii() != b"1" {
                    let problem = format!("{} is not `version: 1`", quoted(self.lines.content()));
                    return Err(self.lines.fault(problem, "LDIF has no other version (RFC 2849)"));
                }
                self.record.bytes.clear();
                Ok(Block::None)
            }
            Meaning::Search | Meaning::Result | Meaning::Pages | Meaning::Reference => {
                self.note(name, names)?;
                Ok(Block::Trailer)
            }
            _ => Err(self.not_a_record()),
        }
    }

    fn store(&mut self, name: NameIx, names: &Names) -> Result<(), Fault> {
        match names.get(name).meaning {
            Meaning::ChangeType => {
                return Err(self.lines.fault(
                    "the record is a change record, but an export of entries is expected",
                    "export with `ldapsearch -LLL`; remove the lines `changetype: add` from a file that `ldifde` wrote",
                ));
            }
            Meaning::Dn => {
                let problem = format!("the entry in line {} has a second `dn:`", self.record.line);
                return Err(self.lines.fault(problem, "insert a blank line between the two entries"));
            }
            _ => {}
        }
        let chunk = self.chunk()?;
        let bytes = self.decode()?;
        if bytes.len() > VALUE_MAX {
            return Err(self.lines.fault("a value is larger than 16 MiB", LEAVE_OUT));
        }
        if self.record.size() > RECORD_MAX {
            let problem = format!("the entry in line {} is larger than 256 MiB", self.record.line);
            return Err(self.lines.fault(problem, LEAVE_OUT));
        }
        self.record.store(name, self.lines.number(), chunk, bytes.start);
        Ok(())
    }

    /// Reads a line that `ldapsearch` writes after the entries.
    fn note(&mut self, name: NameIx, names: &Names) -> Result<(), Fault> {
        let value = self.decode()?;
        let text = String::from_utf8_lossy(&self.record.bytes[value]).into_owned();
        self.record.bytes.clear();
        match names.get(name).meaning {
            Meaning::Result => self.trailer.result(&text),
            Meaning::Pages => self.trailer.pages(&text),
            Meaning::Reference => self.trailer.reference(&text),
            Meaning::Dn | Meaning::ChangeType => return Err(self.not_a_record()),
            _ => {}
        }
        Ok(())
    }

    fn not_a_record(&self) -> Fault {
        let problem = format!("{} does not begin an entry", quoted(self.lines.content()));
        self.lines.fault(problem, "every entry begins with `dn:` and ends with a blank line")
    }

    /// Parses the range of `member;range=0-1499: …`.
    fn chunk(&self) -> Result<Option<Chunk>, Fault> {
        let content = self.lines.content();
        let name = &content[..memchr(b':', content).unwrap_or(content.len())];
        let bad = |()| {
            self.lines.fault(
                format!("{} has an invalid range, expected one such as `range=0-1499`", quoted(name)),
                "export the directory again",
            )
        };
        Chunk::of(name).map_err(bad)
    }

    /// Decodes the value of the current line, and appends it to the record's bytes.
    fn decode(&mut self) -> Result<Range<usize>, Fault> {
        let content = self.lines.content();
        let value = &content[memchr(b':', content).map_or(content.len(), |at| at + 1)..];
        let bytes = &mut self.record.bytes;
        let start = bytes.len();
        if let Some(encoded) = value.strip_prefix(b":") {
            if STANDARD.decode_vec(encoded.trim_ascii(), bytes).is_err() {
                let problem = format!("{} is not valid base64, which must follow `::`", quoted(encoded.trim_ascii()));
                return Err(self.lines.fault(problem, "the file was changed or truncated: export the directory again"));
            }
        } else {
            let spaces = value.iter().take_while(|byte| **byte == b' ').count();
            bytes.extend_from_slice(&value[spaces..]);
        }
        Ok(start..bytes.len())
    }
}

const LEAVE_OUT: &str = "leave the attribute out of the export";

const SAVED_AS: &str = "the file was saved in a different encoding; LDIF is UTF-8, and other values are base64-encoded";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::entries::{Entry, Flaw};

    fn faults(source: impl Read) -> String {
        let names = Names::structural();
        let mut records = Records::new(source);
        loop {
            match records.advance(&names) {
                Ok(true) => {}
                Ok(false) => return String::new(),
                Err(Fault::Text(Flaw { line, problem, .. })) => return format!("{line}: {problem}"),
                Err(fault) => return format!("{fault:?}"),
            }
        }
    }

    #[test]
    fn keeps_the_requested_values_of_a_record() {
        let names = Names::structural();
        let text = "version: 1\n\n\n# Ann\ndn:: Q049QW5uLERDPXRlc3Q=\ncn;lang-de:  Ann\nmail: x\nobjectGUID:: AP8=\n\n\n\
                    dn: CN=All,DC=test\nMEMBER;Range=0-1499: CN=Ann,DC=test\nmember;range=1500-*:\n";
        let mut records = Records::new(text.as_bytes());
        let mut next = || {
            assert!(records.advance(&names).unwrap());
            let record = records.record();
            let values =
                record.values().map(|value| (value.line, value.bytes.to_vec(), value.chunk.map(|c| (c.first, c.last))));
            (record.line, record.dn.to_string(), values.collect::<Vec<_>>())
        };
        let ann = vec![(6, b"Ann".to_vec(), None), (8, vec![0, 255], None)];
        assert_eq!(next(), (5, "CN=Ann,DC=test".to_owned(), ann));
        let all = vec![(12, b"CN=Ann,DC=test".to_vec(), Some((0, Some(1499)))), (13, Vec::new(), Some((1500, None)))];
        assert_eq!(next(), (11, "CN=All,DC=test".to_owned(), all));
        assert!(!records.advance(&names).unwrap());
    }

    #[test]
    fn rejects_invalid_records_with_their_lines() {
        for (text, fault) in [
            ("cn: Ann\n", "1: `cn: Ann` does not begin an entry"),
            ("mail: ann@x.test\n", "1: `mail: ann@x.test` does not begin an entry"),
            ("version: 2\n", "1: `version: 2` is not `version: 1`"),
            ("dn:\n", "1: `` is not a distinguished name"),
            ("dn: Ann\n", "1: `Ann` is not a distinguished name"),
            ("dn:: /w==\n", "1: the distinguished name is not UTF-8"),
            ("dn:: ???\n", "1: `???` is not valid base64"),
            ("dn: CN=a\ncn:: QQ\n", "2: `QQ` is not valid base64"),
            ("dn: CN=a\nchangetype: add\n", "2: the record is a change record"),
            ("dn: CN=a\ncn: a\ndn: CN=b\n", "3: the entry in line 1 has a second `dn:`"),
            ("dn: CN=a\nmember;range=x: CN=b\n", "2: `member;range=x` has an invalid range"),
            ("search: 2\nresult: 0\ndn: CN=a\n", "3: `dn: CN=a` does not begin"),
        ] {
            let found = faults(text.as_bytes());
            assert!(found.starts_with(fault), "{text:?}: {found}");
        }
    }

    #[test]
    fn limits_the_size_of_values_and_entries() {
        let value = "x".repeat(VALUE_MAX);
        assert_eq!(faults(format!("dn: CN=a\ncn: {value}\n").as_bytes()), "");
        assert_eq!(faults(format!("dn: CN=a\ncn: {value}x\n").as_bytes()), "2: a value is larger than 16 MiB");
        let line = format!("cn: {value}\n");
        let mut endless: Box<dyn Read> = Box::new(&b"dn: CN=a\n"[..]);
        for _ in 0..20 {
            endless = Box::new(endless.chain(line.as_bytes()));
        }
        assert_eq!(faults(endless), "17: the entry in line 1 is larger than 256 MiB");
    }

    #[test]
    fn limits_the_depth_of_distinguished_names() {
        let text = |depth| format!("dn: CN=a{}\n", ",OU=b".repeat(depth - 1));
        assert_eq!(faults(text(DEPTH_MAX).as_bytes()), "");
        assert_eq!(faults(text(DEPTH_MAX + 1).as_bytes()), "1: the distinguished name has more than 128 RDNs");
    }

    #[test]
    fn does_not_panic_on_arbitrary_bytes() {
        // A simple deterministic generator, so that every run uses the same bytes.
        let mut state = 1_u64;
        let pieces: [&[u8]; 16] = [
            b"dn: CN=a,DC=b\n",
            b"dn::",
            b"\n",
            b"\r",
            b" ",
            b":",
            b"<",
            b"\xff\xc3",
            b"#",
            b"member;range=",
            b"0-*",
            b"search: 2\n",
            b"objectGUID:: AAAA\n",
            b"version: 1\n",
            b"\\",
            b"=,",
        ];
        for _ in 0..5_000 {
            let mut text = b"dn: CN=a,DC=b\n".to_vec();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.extend_from_slice(pieces[(state >> 60) as usize]);
            }
            let names = Names::structural();
            let mut records = Records::new(&text[..]);
            while records.advance(&names).unwrap_or(false) {
                let entry = Entry::new(records.record(), &names);
                let _ = (entry.kind(), entry.person_id(), entry.group_id(), entry.sid(), entry.primary_group());
            }
        }
    }
}
