//! What entries come to, one by one: a person, a group, a unit, or a trace of the place they stand in.

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

/// Takes entries, whatever their order.
#[derive(Debug)]
pub(in crate::source) struct Collector<'s> {
    names: Names,
    selection: &'s mut Selection,
    found: Found,
    places: HashMap<Box<str>, ParentState>,
    /// People by `uid`, for groups that name them so.
    uids: HashMap<Box<str>, Dn>,
    /// Chunks of member lists by the group's comparison key.
    lists: HashMap<String, List>,
    /// Members that stand in a later record than their group's own.
    later: Vec<(String, Vec<Box<str>>)>,
    records: u64,
    first_line: u64,
    /// How many entries do not say what they are, and the first of them.
    unknown: Option<(u64, u64)>,
}

/// What is known of a place that somebody stands in.
#[derive(Clone, Copy, Debug)]
struct ParentState {
    deleted: bool,
    wanted: bool,
}

/// A list of members that comes in chunks.
#[derive(Debug)]
struct List {
    line: u64,
    dn: Dn,
    chunks: Vec<Chunk>,
}

impl<'s> Collector<'s> {
    /// Starts with no entry, for a request's attributes and the people that are wanted.
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

    /// The names of attributes that matter.
    pub(in crate::source) fn names(&self) -> &Names {
        &self.names
    }

    /// Decides by the groups that came so far which people are wanted from now on, and says which groups that reaches.
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn choose(&mut self, request: &ReadRequest) -> crate::Result<Vec<Reached>> {
        let (selection, reached) = Selection::new(request, Some(&self.found))?;
        *self.selection = selection;
        self.places.clear();
        Ok(reached)
    }

    /// Takes an entry.
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
        // Whoever is not wanted is held to the same rules: an export must not become unreadable by a change of rules.
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

    /// An entry that does not say what it is may be more of a group; if not, it may be anybody.
    fn add_unknown(&mut self, record: &Record) -> Result<(), Flaw> {
        if !self.continues(record)? {
            self.unknown = Some(self.unknown.map_or((1, record.line), |(count, first)| (count + 1, first)));
        }
        Ok(())
    }

    /// Takes a record that goes on with the members of a group, and says whether it was one.
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

    /// Notes a list of a person's that ends too early.
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

    /// What is known of the place right above an entry.
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

    /// Joins what stands in different entries. Whether there were any at all is for the caller to say.
    pub(in crate::source) fn finish(self) -> Result<Found, Flaw> {
        let Self { mut found, lists, later, uids, records, unknown, .. } = self;
        if let Some((count, first)) = unknown {
            if count == records {
                return Err(Flaw::new(self.first_line, "no entry of the file has an objectClass", EXPORT_CLASSES));
            }
            let entries = text::count(count as usize, "entry has", "entries have");
            found.gaps.push((Some(first), format!("{entries} no objectClass, and may be anybody")));
        }
        let mut lists: Vec<List> =
            lists.into_values().filter_map(|mut list| (!covers(&mut list.chunks)).then_some(list)).collect();
        lists.sort_by_key(|list| list.line);
        found.gaps.extend(lists.iter().map(|list| (Some(list.line), unfinished("member", &list.dn))));
        found.join(later, &uids);
        Ok(found)
    }
}

/// Says whether chunks make up a list from its beginning to its end.
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
    format!("the values of {attribute} of {} end before the last (`range=…-*`)", quoted(dn.as_str().as_bytes()))
}

/// Where AD keeps what was deleted (MS-ADTS 3.1.1.1.4.2), as a comparison key has it.
const DELETED: &str = "cn=deleted objects";

const EXPORT_CLASSES: &str = "export objectClass as well: without it nobody can tell a person from a printer";
