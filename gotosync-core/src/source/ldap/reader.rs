//! What comes in, entry by entry, and everything that keeps it from being whole.

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

/// Where entries go.
pub(super) trait Sink {
    /// The names of attributes that matter.
    fn names(&self) -> &Names;

    /// Takes an entry.
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

/// Takes what searches bring.
#[derive(Debug)]
pub(super) struct Reader<S> {
    pub(super) sink: S,
    record: Record,
    /// Which search brought an entry first, by the hash of its name.
    seen: HashMap<u64, u32>,
    /// Which other searches brought it as well.
    again: HashSet<(u64, u32)>,
    hasher: std::hash::RandomState,
    pub(super) gaps: Vec<Gap>,
    /// Entries with more values than came.
    pub(super) unfinished: Vec<Unfinished>,
    /// References, with the search they came from.
    pub(super) references: Vec<(u32, Vec<String>)>,
    entries: u64,
    /// Whether an attribute may come under another of its names.
    aliases: bool,
}

/// An entry with attributes whose values did not all come with it.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// The search it came from.
    pub(super) search: u32,
    pub(super) record: Record,
    pub(super) lists: Vec<OpenList>,
}

/// An attribute whose values go on.
#[derive(Debug)]
pub(super) struct OpenList {
    pub(super) name: NameIx,
    pub(super) attribute: String,
    /// The number of the first value that did not come.
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

    /// Says that an attribute may come under another of its names than the one that was asked for. To Active Directory `street`
    /// and `streetAddress` are two attributes; to others they are one (RFC 4519, section 2.34).
    pub(super) fn aliases(mut self, vendor: Vendor) -> Self {
        self.aliases = vendor != Vendor::ActiveDirectory;
        self
    }

    /// Whether nothing came, and nothing went wrong.
    pub(super) fn is_untouched(&self) -> bool {
        self.entries == 0 && self.gaps.is_empty()
    }

    /// What is missing, after everything was searched for at some bases.
    pub(super) fn gaps_of(&mut self, bases: &[Dn]) -> Vec<Gap> {
        if self.is_untouched() {
            let place = bases.first().map(ToString::to_string).unwrap_or_default();
            self.gap(place, "not a single entry came: the user may not read here");
        }
        std::mem::take(&mut self.gaps)
    }

    /// Takes what a search brought.
    ///
    /// # Errors
    /// What is not LDAP, and an entry that comes a second time within one search: its pages overlap, or go round in circles.
    pub(super) fn take(&mut self, item: Item, search: u32) -> Result<(), Stopped> {
        match item {
            Item::Entries(frames) => {
                let mut rest = &frames[..];
                while let Some(length) = whole(rest)? {
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
            Item::News(_) => Err(Stopped::because("the server answered with news that nobody asked for")),
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
                return Err(Stopped::because(format!("`{dn}` came twice: its pages overlap, or never end")));
            }
        }
        self.entries += 1;
        self.record.clear();
        self.record.line = self.entries;
        match Dn::parse(entry.dn) {
            Ok(dn) if dn.depth() <= DEPTH_MAX => self.record.dn = dn,
            Ok(_) => return Err(Stopped::because(format!("a name has more than {DEPTH_MAX} parts"))),
            Err(error) => return Err(Stopped::because(error.message())),
        }
        let mut lists = Vec::new();
        while let Some((name, mut values)) = entry.next().map_err(malformed)? {
            let base = name.split(|byte| *byte == b';').next().unwrap_or_default();
            let names = self.sink.names();
            let Some(known) = names.find(base).or_else(|| synonym(base, self.aliases, names)) else { continue };
            let chunk = Chunk::of(name).map_err(|()| malformed(Malformed("a range is none")))?;
            if let Some(Chunk { last: Some(last), .. }) = chunk {
                let attribute = String::from_utf8_lossy(base).into_owned();
                lists.push(OpenList { name: known, attribute, next: last.saturating_add(1) });
            }
            let mut count = 0;
            while !values.is_empty() {
                let value = values.expect(OCTETS, "a value is none").map_err(malformed)?;
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

    /// Takes an entry whose missing values have come.
    pub(super) fn finish(&mut self, record: Record) {
        self.record = record;
        self.add();
    }

    /// An entry that says nothing sensible makes the read incomplete, and no more: the others are read.
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

/// Goes through messages that stand one behind the other.
pub(super) fn each(frames: &[u8], mut take: impl FnMut(&Message<'_>) -> Result<(), Malformed>) -> Result<(), Stopped> {
    let mut rest = frames;
    while let Some(length) = whole(rest)? {
        let (frame, behind) = rest.split_at(length);
        Message::parse(frame).and_then(|message| take(&message)).map_err(malformed)?;
        rest = behind;
    }
    Ok(())
}

/// Goes through every value of every attribute in messages with an entry each: for searches that ask for one attribute.
pub(super) fn each_value(item: &Item, mut take: impl FnMut(&[u8]) -> Result<(), Malformed>) -> Result<(), Stopped> {
    let Item::Entries(frames) = item else { return Ok(()) };
    each(frames, |message| {
        let mut entry = Entry::parse(message)?;
        while let Some((_, mut values)) = entry.next()? {
            while !values.is_empty() {
                take(values.expect(OCTETS, "a value is none")?)?;
            }
        }
        Ok(())
    })
}

/// An attribute that was asked for by another of its names.
fn synonym(name: &[u8], aliases: bool, names: &Names) -> Option<NameIx> {
    let is = |other: &&str| other.as_bytes().eq_ignore_ascii_case(name);
    let same = ALIASES.iter().filter(|_| aliases).find(|same| same.iter().any(is))?;
    same.iter().find_map(|other| names.find(other.as_bytes()))
}

/// Adds a value to a record.
pub(super) fn store(record: &mut Record, name: NameIx, value: &[u8]) -> Result<(), Stopped> {
    if value.len() > VALUE_MAX || record.size() > RECORD_MAX {
        let dn = text::shown(record.dn.as_str(), SHOWN);
        return Err(Stopped::because(format!("`{dn}` has a value of more than 16 MiB, or more than 256 MiB in all")));
    }
    let start = record.bytes.len();
    record.bytes.extend_from_slice(value);
    record.store(name, record.line, None, start);
    Ok(())
}

/// The length of the message that comes next; `None` behind the last.
pub(super) fn whole(bytes: &[u8]) -> Result<Option<usize>, Stopped> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match super::ber::frame(bytes).map_err(malformed)? {
        super::ber::Frame::Of(length) if length <= bytes.len() => Ok(Some(length)),
        _ => Err(malformed(Malformed("a message ends too early"))),
    }
}

fn malformed(malformed: Malformed) -> Stopped {
    Stopped::because(malformed.to_string())
}

/// The error of a directory that does not say what anything is.
pub(super) fn classless() -> Error {
    Error::new(ErrorKind::Denied, "no entry shows its objectClass")
        .hint("let the user read objectClass: without it nobody can tell a person from a printer")
}

/// Names of one attribute (RFC 4519, RFC 4524).
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

/// Characters of a name that a message shows.
const SHOWN: usize = 120;

/// Gaps that are told: the first say enough.
const GAPS: usize = 20;
