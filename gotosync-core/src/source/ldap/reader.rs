//! Reading of search results, entry by entry, and collection of the gaps that make a reading incomplete.

use hashbrown::hash_map::Entry as Slot;
use hashbrown::{HashMap, HashSet};

use super::ber::{Malformed, OCTETS};
use super::guard::Item;
use super::message::{Entry, Message};
use super::server::Vendor;
use super::session::Stopped;
use crate::model::{Dn, Gap, text};
use crate::source::entries::{Chunk, Collector, DEPTH_MAX, Flaw, NameIx, Names, RECORD_MAX, Record, VALUE_MAX};
use crate::{Error, ErrorKind};

/// The receiver of the entries.
pub(super) trait Sink {
    /// Returns the attributes to read.
    fn names(&self) -> &Names;

    /// Adds an entry.
    fn add(&mut self, record: &Record) -> Result<(), Flaw>;
}

impl Sink for Collector<'_> {
    fn names(&self) -> &Names {
        Collector::names(self)
    }

    fn add(&mut self, record: &Record) -> Result<(), Flaw> {
        Collector::add(self, record)
    }
}

/// Reads the results of searches.
#[derive(Debug)]
pub(super) struct Reader<S> {
    pub(super) sink: S,
    record: Record,
    /// The search that returned an entry first, by the hash of its DN.
    seen: HashMap<u64, u32>,
    /// The other searches that returned it as well.
    again: HashSet<(u64, u32)>,
    hasher: std::hash::RandomState,
    pub(super) gaps: Vec<Gap>,
    /// The entries whose attributes have more values than the server returned.
    pub(super) unfinished: Vec<Unfinished>,
    /// The continuation references, with the search that returned them.
    pub(super) references: Vec<(u32, Vec<String>)>,
    entries: u64,
    /// `true` if the server may return an attribute under an alias.
    aliases: bool,
}

/// An entry with attributes that have more values than the server returned.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// The search that returned the entry.
    pub(super) search: u32,
    pub(super) record: Record,
    pub(super) lists: Vec<OpenList>,
}

/// An attribute with more values than the server returned.
#[derive(Debug)]
pub(super) struct OpenList {
    pub(super) name: NameIx,
    pub(super) attribute: String,
    /// The index of the first missing value.
    pub(super) next: u32,
}

impl<S: Sink> Reader<S> {
    pub(super) fn new(sink: S) -> Self {
        Self {
            sink,
            record: Record::new(),
            seen: HashMap::new(),
            again: HashSet::new(),
            hasher: std::hash::RandomState::new(),
            gaps: Vec::new(),
            unfinished: Vec::new(),
            references: Vec::new(),
            entries: 0,
            aliases: false,
        }
    }

    /// Accepts attributes under their aliases, unless the server is Active Directory: there, `street` and `streetAddress` are
    /// different attributes; elsewhere they are the same (RFC 4519, section 2.34).
    pub(super) fn aliases(mut self, vendor: Vendor) -> Self {
        self.aliases = vendor != Vendor::ActiveDirectory;
        self
    }

    /// Returns `true` if no entry arrived and no gap was found.
    pub(super) fn is_untouched(&self) -> bool {
        self.entries == 0 && self.gaps.is_empty()
    }

    /// Returns the gaps after all searches at these bases. No entry at all is a gap as well.
    pub(super) fn gaps_of(&mut self, bases: &[Dn]) -> Vec<Gap> {
        if self.is_untouched() {
            let place = bases.first().map(ToString::to_string).unwrap_or_default();
            self.gap(place, "the search returned no entries: the user has no read access here");
        }
        std::mem::take(&mut self.gaps)
    }

    /// Reads an item of a search.
    ///
    /// # Errors
    /// If the item is not valid LDAP, or an entry occurs twice in a search: its pages overlap or repeat.
    pub(super) fn take(&mut self, item: Item, search: u32) -> Result<(), Stopped> {
        match item {
            Item::Entries(frames) => {
                let mut rest = &frames[..];
                while let Some(length) = next_length(rest)? {
                    let (frame, behind) = rest.split_at(length);
                    self.entry(frame, search)?;
                    rest = behind;
                }
                Ok(())
            }
            Item::Reference(urls) => {
                self.references.push((search, urls));
                Ok(())
            }
            Item::News(_) => Err(Stopped::because("the server sent an unexpected intermediate response")),
        }
    }

    fn entry(&mut self, frame: &[u8], search: u32) -> Result<(), Stopped> {
        let message = Message::parse(frame).map_err(malformed)?;
        let mut entry = Entry::parse(&message).map_err(malformed)?;
        let name = std::hash::BuildHasher::hash_one(&self.hasher, entry.dn);
        match self.seen.entry(name) {
            Slot::Vacant(slot) => {
                slot.insert(search);
            }
            // Two searches may select the same people.
            Slot::Occupied(slot) if *slot.get() != search && self.again.insert((name, search)) => return Ok(()),
            Slot::Occupied(_) => {
                let dn = text::shown(entry.dn, SHOWN);
                return Err(Stopped::because(format!("`{dn}` was returned twice: the pages overlap or repeat")));
            }
        }
        self.entries += 1;
        self.record.clear();
        self.record.line = self.entries;
        match Dn::parse(entry.dn) {
            Ok(dn) if dn.depth() <= DEPTH_MAX => self.record.dn = dn,
            Ok(_) => return Err(Stopped::because(format!("a distinguished name has more than {DEPTH_MAX} RDNs"))),
            Err(error) => return Err(Stopped::because(error.message())),
        }
        let mut lists = Vec::new();
        while let Some((name, mut values)) = entry.next().map_err(malformed)? {
            let base = name.split(|byte| *byte == b';').next().unwrap_or_default();
            let names = self.sink.names();
            let Some(known) = names.find(base).or_else(|| synonym(base, self.aliases, names)) else { continue };
            let chunk = Chunk::of(name).map_err(|()| malformed(Malformed("a range option is invalid")))?;
            if let Some(Chunk { last: Some(last), .. }) = chunk {
                let attribute = String::from_utf8_lossy(base).into_owned();
                lists.push(OpenList { name: known, attribute, next: last.saturating_add(1) });
            }
            let mut count = 0;
            while !values.is_empty() {
                let value = values.expect(OCTETS, "a value is invalid").map_err(malformed)?;
                store(&mut self.record, known, value)?;
                count += 1;
            }
            if let Some(chunk) = chunk {
                super::search::check(chunk, 0, count)?;
            }
        }
        if lists.is_empty() {
            self.add();
        } else {
            let record = std::mem::replace(&mut self.record, Record::new());
            self.unfinished.push(Unfinished { search, record, lists });
        }
        Ok(())
    }

    /// Adds an entry whose missing values have been read.
    pub(super) fn finish(&mut self, record: Record) {
        self.record = record;
        self.add();
    }

    /// Adds the current entry. An invalid entry only makes the read incomplete; the others are still read.
    fn add(&mut self) {
        if let Err(flaw) = self.sink.add(&self.record) {
            let place = text::shown(self.record.dn.as_str(), SHOWN);
            self.gap(place, flaw.problem);
        }
    }

    pub(super) fn gap(&mut self, place: impl Into<String>, problem: impl Into<String>) {
        if self.gaps.len() < GAPS {
            self.gaps.push(Gap { place: place.into(), problem: problem.into() });
        }
    }
}

/// Calls `take` for each of several consecutive messages.
pub(super) fn each(frames: &[u8], mut take: impl FnMut(&Message<'_>) -> Result<(), Malformed>) -> Result<(), Stopped> {
    let mut rest = frames;
    while let Some(length) = next_length(rest)? {
        let (frame, behind) = rest.split_at(length);
        Message::parse(frame).and_then(|message| take(&message)).map_err(malformed)?;
        rest = behind;
    }
    Ok(())
}

/// Calls `take` for every value of every attribute in the entries. Meant for searches that request a single attribute.
pub(super) fn each_value(item: &Item, mut take: impl FnMut(&[u8]) -> Result<(), Malformed>) -> Result<(), Stopped> {
    let Item::Entries(frames) = item else { return Ok(()) };
    each(frames, |message| {
        let mut entry = Entry::parse(message)?;
        while let Some((_, mut values)) = entry.next()? {
            while !values.is_empty() {
                take(values.expect(OCTETS, "a value is invalid")?)?;
            }
        }
        Ok(())
    })
}

/// Finds the requested attribute that `name` is an alias of.
fn synonym(name: &[u8], aliases: bool, names: &Names) -> Option<NameIx> {
    let is = |other: &&str| other.as_bytes().eq_ignore_ascii_case(name);
    let same = ALIASES.iter().filter(|_| aliases).find(|same| same.iter().any(is))?;
    same.iter().find_map(|other| names.find(other.as_bytes()))
}

/// Adds a value to a record.
pub(super) fn store(record: &mut Record, name: NameIx, value: &[u8]) -> Result<(), Stopped> {
    if value.len() > VALUE_MAX || record.size() > RECORD_MAX {
        let dn = text::shown(record.dn.as_str(), SHOWN);
        return Err(Stopped::because(format!(
            "`{dn}` has a value of more than 16 MiB, or values of more than 256 MiB in total"
        )));
    }
    let start = record.bytes.len();
    record.bytes.extend_from_slice(value);
    record.store(name, record.line, None, start);
    Ok(())
}

/// Returns the length of the next message; `None` at the end.
pub(super) fn next_length(bytes: &[u8]) -> Result<Option<usize>, Stopped> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match super::ber::frame(bytes).map_err(malformed)? {
        super::ber::Frame::Of(length) if length <= bytes.len() => Ok(Some(length)),
        _ => Err(malformed(Malformed("a message is truncated"))),
    }
}

fn malformed(malformed: Malformed) -> Stopped {
    Stopped::because(malformed.to_string())
}

/// Returns the error for a directory that shows no object classes.
pub(super) fn classless() -> Error {
    Error::new(ErrorKind::Denied, "the user cannot read objectClass on any entry")
        .hint("grant the user read access to objectClass: it is needed to distinguish people from other entries")
}

/// Aliases: the names in a row belong to the same attribute (RFC 4519, RFC 4524).
const ALIASES: &[&[&str]] = &[
    &["street", "streetAddress"],
    &["sn", "surname"],
    &["cn", "commonName"],
    &["givenName", "gn"],
    &["l", "localityName"],
    &["st", "stateOrProvinceName"],
    &["o", "organizationName"],
    &["ou", "organizationalUnitName"],
    &["c", "countryName"],
    &["co", "friendlyCountryName"],
    &["uid", "userid"],
    &["mail", "rfc822Mailbox"],
    &["facsimileTelephoneNumber", "fax"],
    &["mobile", "mobileTelephoneNumber"],
    &["pager", "pagerTelephoneNumber"],
    &["homePhone", "homeTelephoneNumber"],
];

/// The maximum number of characters of a DN in a message.
const SHOWN: usize = 120;

/// The maximum number of gaps that are reported.
const GAPS: usize = 20;
