//! Collection of people, groups, and units from entries that arrive one by one.

use hashbrown::HashMap;

use super::class::Kind;
use super::entry::Entry;
use super::flaw::{Flaw, quoted};
use super::found::{Found, FoundGroup};
use super::names::{Meaning, NameIx, Names};
use super::record::{Chunk, Record};
#[cfg(feature = "ldap")]
use super::select::Reached;
use super::select::Selection;
#[cfg(feature = "ldap")]
use crate::model::ReadRequest;
use crate::model::{DirectoryBuilder, Dn, GroupEntry, text};

/// Collects entries in any order.
#[derive(Debug)]
pub(in crate::source) struct Collector<'s> {
    names: Names,
    selection: &'s mut Selection,
    found: Found,
    places: HashMap<Box<str>, ParentState>,
    /// The people by `uid`, for POSIX groups.
    uids: HashMap<Box<str>, Dn>,
    /// The ranges of long member lists, by the comparison key of the group.
    lists: HashMap<String, List>,
    /// The members in records that continue the member list of a group.
    later: Vec<(String, Vec<Box<str>>)>,
    records: u64,
    first_line: u64,
    /// The number of entries without object classes, and the line of the first one.
    unknown: Option<(u64, u64)>,
}

/// The cached state of a parent entry.
#[derive(Clone, Copy, Debug)]
struct ParentState {
    deleted: bool,
    wanted: bool,
}

/// A list of members that is split into ranges.
#[derive(Debug)]
struct List {
    line: u64,
    dn: Dn,
    chunks: Vec<Chunk>,
}

impl<'s> Collector<'s> {
    /// Creates a collector for the attributes of a request and the selected people.
    pub(in crate::source) fn new(attributes: &[String], selection: &'s mut Selection) -> Self {
        let mut builder = DirectoryBuilder::new();
        let names = Names::requested(attributes, &mut builder);
        let found = Found { builder, groups: Vec::new(), gaps: Vec::new(), remarks: Vec::new(), looks_like_ad: false };
        Self {
            names,
            selection,
            found,
            places: HashMap::new(),
            uids: HashMap::new(),
            lists: HashMap::new(),
            later: Vec::new(),
            records: 0,
            first_line: 1,
            unknown: None,
        }
    }

    /// Returns the names of the requested attributes.
    pub(in crate::source) fn names(&self) -> &Names {
        &self.names
    }

    /// Selects the people of all following entries by the groups read so far, and returns the groups that the request reaches.
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn choose(&mut self, request: &ReadRequest) -> crate::Result<Vec<Reached>> {
        let (selection, reached) = Selection::new(request, Some(&self.found))?;
        *self.selection = selection;
        self.places.clear();
        Ok(reached)
    }

    /// Adds an entry.
    pub(in crate::source) fn add(&mut self, record: &Record) -> Result<(), Flaw> {
        let entry = Entry::new(record, &self.names);
        if self.records == 0 {
            self.first_line = record.line;
        }
        self.records += 1;
        self.found.looks_like_ad |= entry.looks_like_ad();
        match entry.kind() {
            Kind::Deleted => Ok(()),
            Kind::Unit(kind) => {
                self.found.builder.unit(record.dn.as_str(), kind);
                Ok(())
            }
            kind => {
                let place = self.place(&record.dn);
                match kind {
                    _ if place.deleted => Ok(()),
                    Kind::Person => self.add_person(&entry, record, place),
                    Kind::Group => self.add_group(&entry, record),
                    Kind::Unknown => self.add_unknown(record),
                    _ => Ok(()),
                }
            }
        }
    }

    fn add_person(&mut self, entry: &Entry<'_>, record: &Record, place: ParentState) -> Result<(), Flaw> {
        // People that are not selected are checked as well: a change of the rules must not make an export unreadable.
        entry.person_id()?;
        self.check_chunks(record);
        let wanted = match &mut self.selection {
            Selection::Everybody => true,
            Selection::Nobody => false,
            Selection::Chosen(chosen) => place.wanted || chosen.wants_member(entry, record, &self.names)?,
        };
        if !wanted {
            return Ok(());
        }
        let person = entry.person(&self.names, &mut self.found.builder)?;
        if entry.has_posix_account() {
            for uid in record.values().filter(|value| self.names.get(value.name).meaning == Meaning::Uid) {
                self.uids.insert(uid.text()?.into(), person.dn.clone());
            }
        }
        self.found.builder.person(person);
        Ok(())
    }

    fn add_group(&mut self, entry: &Entry<'_>, record: &Record) -> Result<(), Flaw> {
        if self.continues(record)? {
            return Ok(());
        }
        let dn = entry.dn().clone();
        let mut group = GroupEntry::new(entry.group_id()?, dn);
        group.name = entry.group_name()?;
        group.sid = entry.sid();
        group.members = self.members(record)?;
        let mut uids = Vec::new();
        for value in record.values().filter(|value| !value.bytes.is_empty()) {
            match self.names.get(value.name).meaning {
                Meaning::MemberOf => group.member_of.push(self.found.builder.group_name(value.text()?)),
                Meaning::MemberUid if entry.names_members_by_uid() => uids.push(value.text()?.into()),
                _ => {}
            }
        }
        self.found.groups.push(FoundGroup { entry: group, uids });
        Ok(())
    }

    /// Adds an entry without object classes: it may continue the member list of a group; otherwise it may be a person.
    fn add_unknown(&mut self, record: &Record) -> Result<(), Flaw> {
        if !self.continues(record)? {
            self.unknown = Some(self.unknown.map_or((1, record.line), |(count, first)| (count + 1, first)));
        }
        Ok(())
    }

    /// Adds a record that continues the member list of a group, and returns `true` if the record was one.
    fn continues(&mut self, record: &Record) -> Result<bool, Flaw> {
        let mut chunks = Vec::new();
        for value in record.values() {
            if let (Meaning::Member, Some(chunk)) = (self.names.get(value.name).meaning, value.chunk)
                && !chunks.contains(&chunk)
            {
                chunks.push(chunk);
            }
        }
        let Some(first) = chunks.iter().map(|chunk| chunk.first).min() else { return Ok(false) };
        let key = record.dn.key();
        let new = || List { line: record.line, dn: record.dn.clone(), chunks: Vec::new() };
        self.lists.entry_ref(&key).or_insert_with(new).chunks.extend(chunks);
        if first > 0 {
            self.later.push((key, self.members(record)?));
        }
        Ok(first > 0)
    }

    fn members(&self, record: &Record) -> Result<Vec<Box<str>>, Flaw> {
        let member = |at: NameIx| self.names.get(at).meaning == Meaning::Member;
        let values = record.values().filter(|value| member(value.name) && !value.bytes.is_empty());
        values.map(|value| value.text().map(Box::from)).collect()
    }

    /// Adds a gap for every attribute of a person whose list of values lacks a range.
    fn check_chunks(&mut self, record: &Record) {
        let mut lists: Vec<(NameIx, Vec<Chunk>)> = Vec::new();
        for (name, chunk) in record.values().filter_map(|value| Some((value.name, value.chunk?))) {
            match lists.iter_mut().find(|(own, _)| *own == name) {
                Some((_, chunks)) => chunks.push(chunk),
                None => lists.push((name, vec![chunk])),
            }
        }
        for (name, mut chunks) in lists {
            if !covers(&mut chunks) {
                let problem = unfinished(&self.names.get(name).name, &record.dn);
                self.found.gaps.push((Some(record.line), problem));
            }
        }
    }

    /// Returns the state of the parent of an entry.
    fn place(&mut self, dn: &Dn) -> ParentState {
        let parent = dn.parent().unwrap_or_else(|| Dn::trusted(""));
        if let Some(place) = self.places.get(parent.as_str()) {
            return *place;
        }
        let key = parent.key();
        let deleted = key.split(',').any(|rdn| rdn == DELETED);
        let wanted = matches!(&self.selection, Selection::Chosen(chosen) if chosen.wants_place(&key));
        if !deleted {
            self.found.builder.entry_below(dn.as_str());
        }
        let place = ParentState { deleted, wanted };
        self.places.insert(parent.as_str().into(), place);
        place
    }

    /// Joins groups with the members from other entries. The caller must check for the case of no entries at all.
    pub(in crate::source) fn finish(self) -> Result<Found, Flaw> {
        let Self { mut found, lists, later, uids, records, unknown, .. } = self;
        if let Some((count, first)) = unknown {
            if count == records {
                return Err(Flaw::new(self.first_line, "none of the entries has an objectClass", EXPORT_CLASSES));
            }
            let entries = text::count(count as usize, "entry has", "entries have");
            found.gaps.push((Some(first), format!("{entries} no objectClass and may be a person")));
        }
        let mut lists: Vec<List> =
            lists.into_values().filter_map(|mut list| (!covers(&mut list.chunks)).then_some(list)).collect();
        lists.sort_by_key(|list| list.line);
        found.gaps.extend(lists.iter().map(|list| (Some(list.line), unfinished("member", &list.dn))));
        found.join(later, &uids);
        Ok(found)
    }
}

/// Returns `true` if the ranges cover the entire list.
fn covers(chunks: &mut [Chunk]) -> bool {
    chunks.sort();
    let mut next = 0;
    for chunk in chunks {
        match chunk.last {
            _ if chunk.first > next => return false,
            None => return true,
            Some(last) => next = next.max(last.saturating_add(1)),
        }
    }
    false
}

fn unfinished(attribute: &str, dn: &Dn) -> String {
    format!(
        "the values of {attribute} of {} are incomplete: the last range (`range=…-*`) is missing",
        quoted(dn.as_str().as_bytes())
    )
}

/// The RDN of AD's container for deleted objects (MS-ADTS 3.1.1.1.4.2), as a comparison key.
const DELETED: &str = "cn=deleted objects";

const EXPORT_CLASSES: &str = "export objectClass as well: it is needed to distinguish people from other entries";
