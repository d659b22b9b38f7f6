//! The directory as read from a source: people, groups, and units, linked by index numbers.

use std::collections::VecDeque;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::dn::Dn;
use super::group_ref::GroupRef;
use super::id::{GroupId, PersonId};
use super::schema::AttributeTable;
use super::value::{Attributes, Value};
use crate::model::text::fold;

/// The index of a person within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonIx(pub(crate) u32);

/// The index of a group within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIx(pub(crate) u32);

/// The index of a unit within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitIx(pub(crate) u32);

macro_rules! index {
    ($($name:ident),*) => {$(
        impl $name {
            /// Returns the index as a `usize`, for use with slices.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
index!(PersonIx, GroupIx, UnitIx);

/// A person in a directory. Computers, managed service accounts, and contacts are not people.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The immutable id.
    pub id: PersonId,
    /// The distinguished name (DN) at the time of the read; it changes when the person is renamed or moved.
    pub dn: Dn,
    /// `true` if the person's account is disabled in the directory (AD: bit 2 of `userAccountControl`).
    pub disabled: bool,
    /// The time at which the person's account expires, if it does.
    pub expires: Option<Timestamp>,
    /// The unit that directly contains the person.
    pub unit: UnitIx,
    /// The groups that list the person as a member, in ascending order.
    pub groups: Box<[GroupIx]>,
    /// The primary group, which AD includes in neither `member` nor `memberOf`.
    pub primary_group: Option<GroupIx>,
    /// The requested attributes.
    pub attributes: Attributes,
}

impl Person {
    /// Returns `true` if the person can sign in at the given time: neither disabled nor expired.
    pub fn enabled(&self, now: Timestamp) -> bool {
        !self.disabled && self.expires.is_none_or(|end| end > now)
    }

    /// Returns the groups that the person is a direct member of, including the primary group.
    pub fn direct_groups(&self) -> impl Iterator<Item = GroupIx> {
        self.groups.iter().copied().chain(self.primary_group)
    }
}

/// A group of people and of other groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The immutable id.
    pub id: GroupId,
    /// The DN at the time of the read.
    pub dn: Dn,
    /// The display name (AD: `sAMAccountName`, otherwise `cn`).
    pub name: Box<str>,
    /// The members among the people who were read, in ascending order, including members by primary group.
    pub people: Vec<PersonIx>,
    /// The groups that are members.
    pub groups: Vec<GroupIx>,
    /// The groups that this group is a member of.
    pub parents: Vec<GroupIx>,
    /// The SID as bytes, if the group has one.
    pub sid: Option<Box<[u8]>>,
    /// The names of members from other directories: outside the naming contexts of this one, or foreign security principals.
    pub strangers: Box<[Box<str>]>,
}

/// The kind of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// The root of a naming context.
    NamingContext,
    /// An organizational unit.
    Unit,
    /// A container, or any other entry with children.
    Container,
}

impl UnitKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::NamingContext, Self::Unit, Self::Container];
}

/// An entry of the directory tree that can contain people.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The distinguished name.
    pub dn: Dn,
    /// The kind.
    pub kind: UnitKind,
    /// The parent unit, unless this is the root.
    pub parent: Option<UnitIx>,
}

/// The result of reading a source, built with [`DirectoryBuilder`](super::DirectoryBuilder).
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub(super) attributes: AttributeTable,
    pub(super) people: Vec<Person>,
    pub(super) groups: Vec<Group>,
    pub(super) units: Vec<Unit>,
    pub(super) group_keys: HashMap<String, GroupIx>,
    pub(super) unit_keys: HashMap<String, UnitIx>,
}

impl Directory {
    /// Returns the people, in ascending order of id.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Returns the groups, in ascending order of their normalized DN.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns the units; each unit comes before its children.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Returns the attribute names of this directory.
    pub fn attributes(&self) -> &AttributeTable {
        &self.attributes
    }

    /// Returns a person by index.
    pub fn person(&self, ix: PersonIx) -> &Person {
        &self.people[ix.index()]
    }

    /// Returns a group by index.
    pub fn group(&self, ix: GroupIx) -> &Group {
        &self.groups[ix.index()]
    }

    /// Returns a unit by index.
    pub fn unit(&self, ix: UnitIx) -> &Unit {
        &self.units[ix.index()]
    }

    /// Finds a person by id.
    pub fn person_by_id(&self, id: &PersonId) -> Option<PersonIx> {
        self.people.binary_search_by(|person| person.id.cmp(id)).ok().map(|at| PersonIx(at as u32))
    }

    /// Returns the values of a person's attribute, by attribute name.
    pub fn values<'d>(&self, person: &'d Person, name: &str) -> &'d [Value] {
        self.attributes.find(name).map_or(&[], |id| person.attributes.values(id))
    }

    /// Returns the first value of a person's attribute if it is text.
    pub fn text<'d>(&self, person: &'d Person, name: &str) -> Option<&'d str> {
        self.values(person, name).first().and_then(Value::as_text)
    }

    /// Finds a unit by distinguished name.
    pub fn find_unit(&self, dn: &Dn) -> Option<UnitIx> {
        self.unit_keys.get(&dn.key()).copied()
    }

    /// Finds a group by distinguished name.
    pub fn group_by_dn(&self, dn: &Dn) -> Option<GroupIx> {
        self.group_keys.get(&dn.key()).copied()
    }

    /// Returns every group that matches a reference: none, one, or, for a name, possibly several.
    pub fn find_groups(&self, wanted: &GroupRef) -> Vec<GroupIx> {
        match wanted {
            GroupRef::Dn(dn) => self.group_by_dn(dn).into_iter().collect(),
            GroupRef::Id(id) => self.matching_groups(|group| group.id == *id),
            GroupRef::Name(name) => {
                let name = fold(name);
                // A group's `cn` can differ from its account name, and people use both.
                self.matching_groups(|group| fold(&group.name) == name || fold(&group.dn.name()) == name)
            }
        }
    }

    /// Returns a group and all groups nested in it, each once, even if the nesting contains a cycle.
    pub fn nested_groups(&self, top: GroupIx) -> Vec<GroupIx> {
        let mut seen = vec![false; self.groups.len()];
        let mut found = Vec::new();
        let mut queue = VecDeque::from([top]);
        while let Some(ix) = queue.pop_front() {
            if !std::mem::replace(&mut seen[ix.index()], true) {
                found.push(ix);
                queue.extend(&self.group(ix).groups);
            }
        }
        found
    }

    /// Returns `true` if `unit` is `base` or a descendant of it.
    pub fn unit_is_within(&self, unit: UnitIx, base: UnitIx) -> bool {
        std::iter::successors(Some(unit), |at| self.unit(*at).parent).any(|at| at == base)
    }

    fn matching_groups(&self, wanted: impl Fn(&Group) -> bool) -> Vec<GroupIx> {
        self.groups.iter().enumerate().filter(|(_, group)| wanted(group)).map(|(at, _)| GroupIx(at as u32)).collect()
    }
}
