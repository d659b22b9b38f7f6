//! One entry as bytes, in buffers that are reused for the next entry.

use std::ops::Range;

use memchr::memchr;

use super::flaw::{Flaw, quoted};
use super::names::NameIx;
use crate::model::Dn;

/// One entry: its distinguished name, and the values of the attributes to read.
#[derive(Debug)]
pub(in crate::source) struct Record {
    /// The line of the distinguished name in the file, or the number of the entry in the response.
    pub(in crate::source) line: u64,
    pub(in crate::source) dn: Dn,
    /// The bytes of all values, one after the other.
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

/// A range of a long list of values: AD returns `member;range=0-1499` if a group has more than 1,500 members (MS-ADTS
/// 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) struct Chunk {
    pub(in crate::source) first: u32,
    /// `None` for `*`: the list ends with this range.
    pub(in crate::source) last: Option<u32>,
}

impl Chunk {
    /// Parses the range option of a name such as `member;range=0-1499`; `None` if it has no range.
    ///
    /// # Errors
    /// If the range is invalid.
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
    /// Creates a record without a name and values.
    pub(in crate::source) fn new() -> Self {
        Self { line: 0, dn: Dn::trusted(""), bytes: Vec::new(), values: Vec::new() }
    }

    /// Adds a value that consists of the bytes of the record from `start` on.
    pub(in crate::source) fn store(&mut self, name: NameIx, line: u64, chunk: Option<Chunk>, start: usize) {
        self.values.push(Stored { name, line, chunk, bytes: start as u32..self.bytes.len() as u32 });
    }

    /// Returns the memory that the record uses, in bytes.
    pub(in crate::source) fn size(&self) -> usize {
        self.bytes.len() + self.values.len() * size_of::<Stored>()
    }

    /// Iterates over the values in their original order.
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
        // Free the memory of an entry with a large picture before the next entry.
        self.bytes.shrink_to(1 << 20);
    }
}

impl<'r> RawValue<'r> {
    /// Returns the value as text; an error if it is not UTF-8. Distinguished names and ids must be text.
    pub(in crate::source) fn text(&self) -> Result<&'r str, Flaw> {
        std::str::from_utf8(self.bytes)
            .map_err(|_| Flaw::new(self.line, "a value that must be text is not UTF-8", SAVED_AS))
    }

    /// Parses the value as an integer.
    pub(in crate::source) fn number(&self) -> Result<i64, Flaw> {
        let number = std::str::from_utf8(self.bytes.trim_ascii()).ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            let problem = format!("{} is not a number", quoted(self.bytes));
            Flaw::new(self.line, problem, "the attribute must be an integer: export the directory again")
        })
    }
}

/// The maximum size of a value, in bytes.
pub(in crate::source) const VALUE_MAX: usize = 16 << 20;

/// The maximum size of an entry, in bytes: enough for a group with a million members.
pub(in crate::source) const RECORD_MAX: usize = 256 << 20;

/// The maximum number of RDNs in a distinguished name, about ten times what real directories use. Every ancestor of an entry
/// is kept with its full name, so memory grows with the square of the depth.
pub(in crate::source) const DEPTH_MAX: usize = 128;

const RANGE: &[u8] = b"range=";

const SAVED_AS: &str = "the file was saved in a different encoding; LDIF is UTF-8, and other values are base64-encoded";
