//! The mirror: a copy of all entries of the last read, so that the next read requests only changes.
//!
//! A plan always needs all people. Therefore an incremental read updates the mirror and returns the same directory as a full
//! read would. Changes that a failed run did not apply are planned again automatically.

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

/// All entries that were read, by id.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    /// The description of the content, and the position to continue from.
    pub(super) header: Header,
    /// The names of the attributes in the entries.
    names: Arc<Vec<String>>,
    entries: BTreeMap<Id, Arc<Entry>>,
}

/// An entry: its distinguished name and its values.
#[derive(Debug, PartialEq)]
struct Entry {
    dn: Dn,
    /// The values, each as the index of the attribute, the length, and the bytes.
    values: Box<[u8]>,
}

/// The description of a mirror's content, and the position to continue from.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Header {
    /// The attributes of people that the request named.
    pub(super) attributes: Vec<String>,
    /// The attributes that were requested from the server.
    pub(super) asked: Vec<String>,
    /// The base DNs.
    pub(super) bases: Vec<String>,
    /// The name of the user who read the entries; other users may see other entries.
    pub(super) reader: String,
    /// The position to continue from.
    pub(super) cursor: Option<Cursor>,
    /// The number of incremental reads since the last full read.
    pub(super) reads: u32,
    /// The references that were not followed, for the remark.
    pub(super) left: Vec<String>,
    /// The number of entries whose parent is not in the mirror.
    pub(super) orphans: usize,
}

/// Adds entries to a mirror.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) mirror: Mirror,
    names: Names,
}

impl Filling {
    /// Creates an empty mirror to fill.
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
            return Err(Flaw::new(
                record.line,
                "the user cannot read the id of the entry",
                "grant the user read access to it",
            ));
        };
        let entry = Arc::new(Entry { dn: record.dn.clone(), values: values.into() });
        match self.mirror.entries.insert(canonical(id), entry) {
            Some(double) if double.dn.key() != record.dn.key() => {
                let problem = format!(
                    "the entry was returned twice, also as `{}`, because it was moved during the read",
                    double.dn
                );
                Err(Flaw::new(record.line, problem, "run again"))
            }
            _ => Ok(()),
        }
    }
}

impl Mirror {
    /// Returns `true` if both mirrors use the same attribute indexes, which may change between versions.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.names == other.names
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &Id> {
        self.entries.keys()
    }

    /// Iterates over the ids of the entries at or below a base.
    pub(super) fn ids_within<'m>(&'m self, base: &Dn) -> impl Iterator<Item = &'m Id> {
        let base = base.clone();
        self.entries.iter().filter(move |(_, entry)| entry.dn.is_within(&base)).map(|(id, _)| id)
    }

    pub(super) fn holds(&self, id: &[u8]) -> bool {
        self.entries.contains_key(id)
    }

    /// Updates the mirror with changed entries and the ids of deleted ones.
    ///
    /// Returns the ids of entries that refer to a renamed or deleted entry. Servers differ in whether they update such references,
    /// and in whether that counts as a change of the referring entry, so these entries must be read again.
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

    /// Removes the entries outside of these bases, and returns their ids.
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

    /// Returns the number of entries whose parent is not in the mirror.
    pub(super) fn orphans(&self) -> usize {
        let places: HashSet<String> = self.entries.values().map(|entry| entry.dn.key()).collect();
        let lone =
            |entry: &&Arc<Entry>| dn_parent(entry.dn.as_str()).is_some_and(|parent| !places.contains(&dn_key(parent)));
        self.entries.values().filter(lone).count()
    }

    /// Builds the directory that a request asks for.
    ///
    /// # Errors
    /// If no entry has object classes.
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

    /// Returns `true` if an entry is neither a group nor a unit; such entries are read in the second pass.
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

    /// Returns the units that are not in another mirror.
    pub(super) fn units_not_in(&self, other: &Self) -> Vec<Dn> {
        let new = self.entries.iter().filter(|(id, entry)| !other.holds(id) && self.is_unit(entry));
        new.map(|(_, entry)| entry.dn.clone()).collect()
    }

    /// Adds the entries of another mirror.
    pub(super) fn absorb(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// Serializes the mirror.
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

    /// Deserializes a mirror; `None` if the data is damaged, truncated, or from another version, so that everything is read.
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

/// Returns the new DN of an entry at or below a renamed entry; the closest renamed ancestor counts.
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

/// Iterates over the values of an entry.
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

/// Returns `true` if the values of an attribute are distinguished names.
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
