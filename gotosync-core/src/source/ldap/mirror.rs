//! What was read last, entry by entry, so that the next read asks only for what changed.
//!
//! A plan is always made from everybody. So a read of what changed is a read of what is kept here, brought up to date: it gives
//! the same directory as reading everything, and what a failed run did not do is planned again by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::cursor::Cursor;
use super::id::{Id, canonical};
use super::reader::{Reader, Sink, classless, store};
use crate::model::{
    AttributeTable, Completeness, Directory, DirectoryBuilder, Dn, Gap, Kept, ReadRequest, Syntax, dn_key, dn_parent,
};
use crate::source::entries::{Collector, Flaw, Meaning, Names, Record, Selection};
use crate::{Error, ErrorKind, Result};

/// Every entry that was read, by its id.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    /// What it holds and how it goes on.
    pub(super) header: Header,
    /// The attributes that every entry was read with, and what else says what an entry is.
    names: Arc<Vec<String>>,
    entries: BTreeMap<Id, Arc<Entry>>,
}

/// An entry: its name and its values.
#[derive(Debug, PartialEq)]
struct Entry {
    dn: Dn,
    /// The values: the number of a name, a length, and the bytes.
    values: Box<[u8]>,
}

/// What a mirror holds and how it goes on.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Header {
    /// The attributes that people came with.
    pub(super) attributes: Vec<String>,
    /// What the server was asked for.
    pub(super) asked: Vec<String>,
    /// Where was read.
    pub(super) bases: Vec<String>,
    /// Who read: others may see other entries.
    pub(super) reader: String,
    /// From where on changes are asked for, by base.
    pub(super) cursor: Option<Cursor>,
    /// Reads of what changed since everything was read.
    pub(super) reads: u32,
    /// References that were left alone, as a remark names them.
    pub(super) left: Vec<String>,
    /// Entries whose place is none of those here.
    pub(super) orphans: usize,
}

/// Takes entries into a mirror.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) mirror: Mirror,
    names: Names,
}

impl Filling {
    /// Starts with no entry.
    pub(super) fn new(header: Header) -> Self {
        let names = Names::requested(&header.attributes, &mut DirectoryBuilder::new());
        let mirror = Mirror { header, names: Arc::new(names.all()), entries: BTreeMap::new() };
        Self { mirror, names }
    }
}

impl Sink for Filling {
    fn names(&self) -> &Names {
        &self.names
    }

    fn add(&mut self, record: &Record) -> Result<(), Flaw> {
        let mut values = Vec::with_capacity(record.bytes.len() + 64);
        let mut ids: [Option<&[u8]>; 3] = [None; 3];
        for value in record.values() {
            let rank = match self.names.get(value.name).meaning {
                Meaning::ObjectGuid => Some(0),
                Meaning::NsUniqueId => Some(1),
                Meaning::EntryUuid => Some(2),
                _ => None,
            };
            if let Some(rank) = rank {
                ids[rank] = Some(value.bytes);
            }
            values.extend_from_slice(&value.name.number().to_le_bytes());
            values.extend_from_slice(&(value.bytes.len() as u32).to_le_bytes());
            values.extend_from_slice(value.bytes);
        }
        let Some(id) = ids.into_iter().flatten().next() else {
            return Err(Flaw::new(record.line, "the entry does not show its id", "let the user read it"));
        };
        let entry = Arc::new(Entry { dn: record.dn.clone(), values: values.into() });
        match self.mirror.entries.insert(canonical(id), entry) {
            Some(double) if double.dn.key() != record.dn.key() => {
                let problem = format!("the entry came twice, also as `{}`: moved while it was read", double.dn);
                Err(Flaw::new(record.line, problem, "read again"))
            }
            _ => Ok(()),
        }
    }
}

impl Mirror {
    /// Whether the values of both are numbered in one way, which another version may do differently.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.names == other.names
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &Id> {
        self.entries.keys()
    }

    /// The ids of entries at or below a place.
    pub(super) fn ids_within<'m>(&'m self, base: &Dn) -> impl Iterator<Item = &'m Id> {
        let base = base.clone();
        self.entries.iter().filter(move |(_, entry)| entry.dn.is_within(&base)).map(|(id, _)| id)
    }

    pub(super) fn holds(&self, id: &[u8]) -> bool {
        self.entries.contains_key(id)
    }

    /// Brings what was read anew into the mirror: entries that came, and the ids of those that are gone. Gives the ids of entries
    /// that name one which was renamed or is gone: whether their server keeps such names in step differs, and so does whether
    /// it counts as a change of the naming entry, so they are to be read again.
    pub(super) fn update(&mut self, came: Self, gone: &[Id]) -> Vec<Id> {
        let mut renamed: HashMap<String, Dn> = HashMap::new();
        let mut elsewhere: HashSet<String> = HashSet::new();
        for id in gone {
            elsewhere.extend(self.entries.remove(id).map(|entry| entry.dn.key()));
        }
        for (id, entry) in &came.entries {
            if let Some(before) = self.entries.get(id)
                && before.dn.as_str() != entry.dn.as_str()
            {
                renamed.insert(before.dn.key(), entry.dn.clone());
            }
        }
        if !renamed.is_empty() {
            for (id, entry) in &mut self.entries {
                if let Some(dn) = moved(entry.dn.as_str(), &renamed) {
                    elsewhere.insert(entry.dn.key());
                    if !came.entries.contains_key(id) {
                        *entry = Arc::new(Entry { dn: Dn::trusted(&dn), values: entry.values.clone() });
                    }
                }
            }
        }
        let fresh: HashSet<Id> = came.entries.keys().cloned().collect();
        self.entries.extend(came.entries);
        if elsewhere.is_empty() {
            return Vec::new();
        }
        let naming: HashSet<u16> =
            (0..).zip(self.names.iter()).filter(|(_, name)| is_link(name)).map(|(number, _)| number).collect();
        let names_one = |entry: &Entry| {
            values(&entry.values).any(|(number, value)| {
                naming.contains(&number) && std::str::from_utf8(value).is_ok_and(|dn| elsewhere.contains(&dn_key(dn)))
            })
        };
        let stale = self.entries.iter().filter(|(id, entry)| !fresh.contains(*id) && names_one(entry));
        stale.map(|(id, _)| id.clone()).collect()
    }

    /// Takes out the entries that stand in none of these places, and gives their ids.
    pub(super) fn split_off_outside(&mut self, bases: &[Dn]) -> Vec<Id> {
        let mut outside = Vec::new();
        self.entries.retain(|id, entry| {
            let inside = bases.iter().any(|base| entry.dn.is_within(base));
            if !inside {
                outside.push(id.clone());
            }
            inside
        });
        outside
    }

    /// Entries that stand in a place which is not here.
    pub(super) fn orphans(&self) -> usize {
        let places: HashSet<String> = self.entries.values().map(|entry| entry.dn.key()).collect();
        let lone =
            |entry: &&Arc<Entry>| dn_parent(entry.dn.as_str()).is_some_and(|parent| !places.contains(&dn_key(parent)));
        self.entries.values().filter(lone).count()
    }

    /// The directory that a request asks for.
    ///
    /// # Errors
    /// When no entry says what it is.
    pub(super) fn directory(&self, request: &ReadRequest) -> Result<(Directory, Completeness)> {
        let mut selection = if request.wants_everyone() { Selection::Everybody } else { Selection::Nobody };
        let mut reader = Reader::new(Collector::new(&request.attributes, &mut selection));
        let known: Vec<_> = self.names.iter().map(|name| reader.sink.names().find(name.as_bytes())).collect();
        let passes: &[Option<bool>] = if request.wants_everyone() { &[None] } else { &[Some(false), Some(true)] };
        let classes: Vec<bool> = if passes.len() > 1 {
            self.entries.values().map(|entry| self.is_person(entry)).collect()
        } else {
            Vec::new()
        };
        let mut record = Record::new();
        for pass in passes {
            for (at, entry) in self.entries.values().enumerate() {
                if pass.is_some_and(|people| classes[at] != people) {
                    continue;
                }
                record.clear();
                record.dn = entry.dn.clone();
                record.line = at as u64 + 1;
                for (number, value) in values(&entry.values) {
                    if let Some(Some(name)) = known.get(usize::from(number)) {
                        store(&mut record, *name, value)
                            .map_err(|stopped| Error::new(ErrorKind::Data, stopped.problem))?;
                    }
                }
                if let Err(flaw) = reader.sink.add(&record) {
                    reader.gap(record.dn.to_string(), flaw.problem);
                }
            }
            if *pass == Some(false) {
                reader.sink.choose(request)?;
            }
        }
        let mut gaps = reader.gaps;
        let Ok(found) = reader.sink.finish() else { return Err(classless()) };
        gaps.extend(found.gaps.into_iter().map(|(_, problem)| Gap { place: "the entries".to_owned(), problem }));
        let mut builder = found.builder;
        for group in found.groups {
            builder.group(group.entry);
        }
        Ok((builder.build()?, Completeness::from_gaps(gaps)))
    }

    /// Whether an entry is no group and no unit, as far as the order of reading goes.
    fn is_person(&self, entry: &Entry) -> bool {
        !self.classes(entry).any(|class| is_one_of(class, UNITS) || is_one_of(class, GROUPS))
    }

    fn is_unit(&self, entry: &Entry) -> bool {
        self.classes(entry).any(|class| is_one_of(class, UNITS))
    }

    fn classes<'e>(&self, entry: &'e Entry) -> impl Iterator<Item = &'e [u8]> {
        let class = self.names.iter().position(|name| name.eq_ignore_ascii_case("objectClass"));
        let class = class.and_then(|at| u16::try_from(at).ok());
        values(&entry.values).filter(move |(number, _)| Some(*number) == class).map(|(_, value)| value)
    }

    /// The units that another mirror does not have.
    pub(super) fn units_not_in(&self, other: &Self) -> Vec<Dn> {
        let new = self.entries.iter().filter(|(id, entry)| !other.holds(id) && self.is_unit(entry));
        new.map(|(_, entry)| entry.dn.clone()).collect()
    }

    /// Takes in entries that were read beside these.
    pub(super) fn absorb(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// Everything as bytes, to be kept.
    pub(super) fn to_kept(&self) -> Kept {
        let mut bytes = MAGIC.to_vec();
        let header = serde_json::to_vec(&(&self.header, &*self.names)).unwrap_or_default();
        bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&header);
        for (id, entry) in &self.entries {
            for part in [id, entry.dn.as_str().as_bytes(), &entry.values] {
                bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
                bytes.extend_from_slice(part);
            }
        }
        let check = blake3::hash(&bytes);
        bytes.extend_from_slice(check.as_bytes());
        Kept::new(bytes)
    }

    /// What was kept; `None` for what is damaged, cut off, or from another version: then everything is read.
    pub(super) fn from_kept(kept: &Kept) -> Option<Self> {
        let (bytes, check) = kept.bytes().split_last_chunk::<32>()?;
        if blake3::hash(bytes).as_bytes() != check {
            return None;
        }
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let (header, names): (Header, Vec<String>) = serde_json::from_slice(part(&mut rest)?).ok()?;
        let mut entries = BTreeMap::new();
        while !rest.is_empty() {
            let id: Id = part(&mut rest)?.into();
            let dn = Dn::trusted(std::str::from_utf8(part(&mut rest)?).ok()?);
            entries.insert(id, Arc::new(Entry { dn, values: part(&mut rest)?.into() }));
        }
        Some(Self { header, names: Arc::new(names), entries })
    }
}

/// The name of an entry below one that was renamed, by the nearest of them.
fn moved(dn: &str, renamed: &HashMap<String, Dn>) -> Option<String> {
    let mut at = dn;
    loop {
        if let Some(new) = renamed.get(&dn_key(at)) {
            let own = &dn[..dn.len() - at.len()];
            return Some(format!("{own}{new}"));
        }
        at = dn_parent(at)?;
    }
}

/// The values of an entry.
fn values(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (number, behind) = rest.split_first_chunk()?;
        let mut behind = behind;
        let value = part(&mut behind)?;
        rest = behind;
        Some((u16::from_le_bytes(*number), value))
    })
}

fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = behind;
    Some(part)
}

/// Whether an attribute holds names of entries.
fn is_link(name: &str) -> bool {
    let known = crate::model::known_attribute(name).and_then(|name| AttributeTable::default().find(name));
    name.eq_ignore_ascii_case("uniqueMember") || known.is_some_and(|id| AttributeTable::syntax(id) == Syntax::Dn)
}

const MAGIC: &[u8] = b"gotosync mirror 2\n";

fn is_one_of(class: &[u8], classes: &[&str]) -> bool {
    classes.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(class))
}

const GROUPS: &[&str] = &["group", "groupOfNames", "groupOfUniqueNames", "posixGroup"];

const UNITS: &[&str] =
    &["organizationalUnit", "organization", "dcObject", "domain", "domainDNS", "container", "builtinDomain"];
