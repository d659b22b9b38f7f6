//! One entry as bytes, in buffers that are used again for the next.

use std::ops::Range;

use memchr::memchr;

use super::flaw::{Flaw, quoted};
use super::names::NameIx;
use crate::model::Dn;

/// One entry: its name, and the values of it that are wanted.
#[derive(Debug)]
pub(in crate::source) struct Record {
    /// Where its name stands: the line of a file, or its number in an answer.
    pub(in crate::source) line: u64,
    pub(in crate::source) dn: Dn,
    /// The bytes of its values, one after the other.
    pub(in crate::source) bytes: Vec<u8>,
    values: Vec<Stored>,
}

#[derive(Debug)]
struct Stored {
    name: NameIx,
    line: u64,
    chunk: Option<Chunk>,
    bytes: Range<u32>,
}

/// One value of a record.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct RawValue<'r> {
    pub(in crate::source) name: NameIx,
    pub(in crate::source) line: u64,
    pub(in crate::source) chunk: Option<Chunk>,
    pub(in crate::source) bytes: &'r [u8],
}

/// Which values of a long list a line is one of: AD gives `member;range=0-1499` in place of more than 1,500 members
/// (MS-ADTS 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) struct Chunk {
    pub(in crate::source) first: u32,
    /// `None` for `*`: the list ends with this chunk.
    pub(in crate::source) last: Option<u32>,
}

impl Chunk {
    /// Reads the range of a name like `member;range=0-1499`; `None` if it has none.
    ///
    /// # Errors
    /// A range that is none.
    pub(in crate::source) fn of(name: &[u8]) -> Result<Option<Self>, ()> {
        if memchr(b';', name).is_none() {
            return Ok(None);
        }
        let range = name.split(|byte| *byte == b';').find_map(|option| {
            let (key, range) = option.split_at_checked(RANGE.len())?;
            key.eq_ignore_ascii_case(RANGE).then_some(range)
        });
        let parse = |range: &[u8]| {
            let (first, last) = std::str::from_utf8(range).ok()?.split_once('-')?;
            Some(Self { first: first.parse().ok()?, last: if last == "*" { None } else { Some(last.parse().ok()?) } })
        };
        range.map(|range| parse(range).ok_or(())).transpose()
    }
}

impl Record {
    /// One without a name and without values.
    pub(in crate::source) fn new() -> Self {
        Self { line: 0, dn: Dn::trusted(""), bytes: Vec::new(), values: Vec::new() }
    }

    /// Adds a value, whose bytes are the last of the record's own from `start` on.
    pub(in crate::source) fn store(&mut self, name: NameIx, line: u64, chunk: Option<Chunk>, start: usize) {
        self.values.push(Stored { name, line, chunk, bytes: start as u32..self.bytes.len() as u32 });
    }

    /// The memory it takes.
    pub(in crate::source) fn size(&self) -> usize {
        self.bytes.len() + self.values.len() * size_of::<Stored>()
    }

    /// The values, in the order they came in.
    pub(in crate::source) fn values(&self) -> impl Iterator<Item = RawValue<'_>> {
        self.values.iter().map(|stored| RawValue {
            name: stored.name,
            line: stored.line,
            chunk: stored.chunk,
            bytes: &self.bytes[stored.bytes.start as usize..stored.bytes.end as usize],
        })
    }

    pub(in crate::source) fn clear(&mut self) {
        self.values.clear();
        self.bytes.clear();
        // One entry with a large picture must not hold its memory to the end of the file.
        self.bytes.shrink_to(1 << 20);
    }
}

impl<'r> RawValue<'r> {
    /// The value as text, which DNs and ids must be.
    pub(in crate::source) fn text(&self) -> Result<&'r str, Flaw> {
        std::str::from_utf8(self.bytes)
            .map_err(|_| Flaw::new(self.line, "a value that must be text is not UTF-8", SAVED_AS))
    }

    /// The value as a number.
    pub(in crate::source) fn number(&self) -> Result<i64, Flaw> {
        let number = std::str::from_utf8(self.bytes.trim_ascii()).ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            let problem = format!("{} is not a number", quoted(self.bytes));
            Flaw::new(self.line, problem, "the directory keeps a whole number here: export it again")
        })
    }
}

/// The most that a value may have.
pub(in crate::source) const VALUE_MAX: usize = 16 << 20;

/// The most that an entry may have: enough for a group of a million members.
pub(in crate::source) const RECORD_MAX: usize = 256 << 20;

/// The most parts of a name: ten times what a directory comes to. Every place above an entry is kept by its whole name, and
/// that is the square of what was said.
pub(in crate::source) const DEPTH_MAX: usize = 128;

const RANGE: &[u8] = b"range=";

const SAVED_AS: &str = "the file was saved in another encoding: LDIF is UTF-8, with base64 for all else";
