//! Records of a file (RFC 2849): an entry's name and the values somebody wants, in buffers that are used again.

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

/// Reads a file record by record.
#[derive(Debug)]
pub(super) struct Records<R> {
    lines: Lines<R>,
    record: Record,
    trailer: Trailer,
}

/// Where in the file the reader is.
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

    /// Goes on to the next record; `false` at the end.
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

    /// The record that [`advance`](Self::advance) came to.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// What stands around the entries.
    pub(super) fn trailer(&self) -> &Trailer {
        &self.trailer
    }

    /// Why the file ends too early, if it does, and after which line.
    pub(super) fn cut(&self) -> Option<(u64, &str)> {
        self.lines.cut().map(|problem| (self.lines.number(), problem))
    }

    fn begin(&mut self, name: NameIx, names: &Names) -> Result<Block, Fault> {
        match names.get(name).meaning {
            Meaning::Dn => {
                self.record.line = self.lines.number();
                let value = self.decode()?;
                let text = std::str::from_utf8(&self.record.bytes[value])
                    .map_err(|_| self.lines.fault("the name of the entry is not UTF-8", SAVED_AS))?;
                self.record.dn = Dn::parse(text)
                    .map_err(|error| self.lines.fault(error.message(), "write `dn:` and the entry's whole name"))?;
                if self.record.dn.depth() > DEPTH_MAX {
                    let problem = format!("the name of the entry has more than {DEPTH_MAX} parts");
                    return Err(self.lines.fault(problem, "leave the entry out of the export"));
                }
                self.record.bytes.clear();
                Ok(Block::Entry)
            }
            Meaning::Version => {
                let value = self.decode()?;
                if self.record.bytes[value].trim_ascii() != b"1" {
                    let problem = format!("{} is not `version: 1`", quoted(self.lines.content()));
                    return Err(self.lines.fault(problem, "there is no other version of LDIF (RFC 2849)"));
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
                    "this is a change record, and an export of entries is expected",
                    "export with `ldapsearch -LLL`; from a file by `ldifde`, take out the lines `changetype: add`",
                ));
            }
            Meaning::Dn => {
                let problem = format!("a second name within the entry of line {}", self.record.line);
                return Err(self.lines.fault(problem, "put a blank line between two entries"));
            }
            _ => {}
        }
        let chunk = self.chunk()?;
        let bytes = self.decode()?;
        if bytes.len() > VALUE_MAX {
            return Err(self.lines.fault("a value is larger than 16 MiB", LEAVE_OUT));
        }
        if self.record.size() > RECORD_MAX {
            let problem = format!("the entry of line {} is larger than 256 MiB", self.record.line);
            return Err(self.lines.fault(problem, LEAVE_OUT));
        }
        self.record.store(name, self.lines.number(), chunk, bytes.start);
        Ok(())
    }

    /// Keeps a line of `ldapsearch`'s own, which stands below the entries.
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
        let problem = format!("{} does not start an entry: `dn:` does", quoted(self.lines.content()));
        self.lines.fault(problem, "every entry starts with its name, and ends at a blank line")
    }

    /// Reads the range of `member;range=0-1499: …`.
    fn chunk(&self) -> Result<Option<Chunk>, Fault> {
        let content = self.lines.content();
        let name = &content[..memchr(b':', content).unwrap_or(content.len())];
        let bad =
            |()| self.lines.fault(format!("{} has no range like `range=0-1499`", quoted(name)), "export it again");
        Chunk::of(name).map_err(bad)
    }

    /// Decodes the value of the current line to the end of the record's bytes.
    fn decode(&mut self) -> Result<Range<usize>, Fault> {
        let content = self.lines.content();
        let value = &content[memchr(b':', content).map_or(content.len(), |at| at + 1)..];
        let bytes = &mut self.record.bytes;
        let start = bytes.len();
        if let Some(encoded) = value.strip_prefix(b":") {
            if STANDARD.decode_vec(encoded.trim_ascii(), bytes).is_err() {
                let problem = format!("{} is not base64, which must follow `::`", quoted(encoded.trim_ascii()));
                return Err(self.lines.fault(problem, "the file was changed or cut off: export it again"));
            }
        } else {
            let spaces = value.iter().take_while(|byte| **byte == b' ').count();
            bytes.extend_from_slice(&value[spaces..]);
        }
        Ok(start..bytes.len())
    }
}

const LEAVE_OUT: &str = "leave the attribute out of the export";

const SAVED_AS: &str = "the file was saved in another encoding: LDIF is UTF-8, with base64 for all else";

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
    fn a_record_keeps_what_is_wanted() {
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
    fn what_is_no_export_is_refused_with_its_line() {
        for (text, fault) in [
            ("cn: Ann\n", "1: `cn: Ann` does not start an entry"),
            ("mail: ann@x.test\n", "1: `mail: ann@x.test` does not start an entry"),
            ("version: 2\n", "1: `version: 2` is not `version: 1`"),
            ("dn:\n", "1: `` is not a distinguished name"),
            ("dn: Ann\n", "1: `Ann` is not a distinguished name"),
            ("dn:: /w==\n", "1: the name of the entry is not UTF-8"),
            ("dn:: ???\n", "1: `???` is not base64"),
            ("dn: CN=a\ncn:: QQ\n", "2: `QQ` is not base64"),
            ("dn: CN=a\nchangetype: add\n", "2: this is a change record"),
            ("dn: CN=a\ncn: a\ndn: CN=b\n", "3: a second name within the entry of line 1"),
            ("dn: CN=a\nmember;range=x: CN=b\n", "2: `member;range=x` has no range"),
            ("search: 2\nresult: 0\ndn: CN=a\n", "3: `dn: CN=a` does not start"),
        ] {
            let found = faults(text.as_bytes());
            assert!(found.starts_with(fault), "{text:?}: {found}");
        }
    }

    #[test]
    fn values_and_entries_have_a_largest_size() {
        let value = "x".repeat(VALUE_MAX);
        assert_eq!(faults(format!("dn: CN=a\ncn: {value}\n").as_bytes()), "");
        assert_eq!(faults(format!("dn: CN=a\ncn: {value}x\n").as_bytes()), "2: a value is larger than 16 MiB");
        let line = format!("cn: {value}\n");
        let mut endless: Box<dyn Read> = Box::new(&b"dn: CN=a\n"[..]);
        for _ in 0..20 {
            endless = Box::new(endless.chain(line.as_bytes()));
        }
        assert_eq!(faults(endless), "17: the entry of line 1 is larger than 256 MiB");
    }

    #[test]
    fn names_have_a_largest_depth() {
        let text = |depth| format!("dn: CN=a{}\n", ",OU=b".repeat(depth - 1));
        assert_eq!(faults(text(DEPTH_MAX).as_bytes()), "");
        assert_eq!(faults(text(DEPTH_MAX + 1).as_bytes()), "1: the name of the entry has more than 128 parts");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        // A small generator of our own: the same bytes in every run.
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
