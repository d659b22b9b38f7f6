//! What a source says: people, groups and units, joined by numbers.

use std::collections::VecDeque;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::dn::Dn;
use super::group_ref::GroupRef;
use super::id::{GroupId, PersonId};
use super::schema::AttributeTable;
use super::value::{Attributes, Value};
use crate::model::text::fold;

/// The number of a person within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonIx(pub(crate) u32);

/// The number of a group within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIx(pub(crate) u32);

/// The number of a unit within one [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitIx(pub(crate) u32);

macro_rules! index {
    ($($name:ident),*) => {$(
        impl $name {
            /// The number as an index into the list it numbers.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
index!(PersonIx, GroupIx, UnitIx);

/// Somebody in a directory. Computers, managed service accounts and contacts are not people.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The immutable id.
    pub id: PersonId,
    /// Where the person stands now; it changes with every rename and move.
    pub dn: Dn,
    /// Whether the directory has switched the person off (AD: `userAccountControl` bit 2).
    pub disabled: bool,
    /// When the person's account ends by itself, if it does.
    pub expires: Option<Timestamp>,
    /// The unit right above the person.
    pub unit: UnitIx,
    /// Groups that name the person as a member, in ascending order.
    pub groups: Box<[GroupIx]>,
    /// The primary group, which AD lists in neither `member` nor `memberOf`.
    pub primary_group: Option<GroupIx>,
    /// The attributes that were asked for.
    pub attributes: Attributes,
}

impl Person {
    /// Says whether the person may sign in at a moment: neither switched off nor expired.
    pub fn enabled(&self, now: Timestamp) -> bool {
        !self.disabled && self.expires.is_none_or(|end| end > now)
    }

    /// Every group the person is directly in, the primary group included.
    pub fn direct_groups(&self) -> impl Iterator<Item = GroupIx> {
        self.groups.iter().copied().chain(self.primary_group)
    }
}

/// A group of people and of other groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The immutable id.
    pub id: GroupId,
    /// Where the group stands now.
    pub dn: Dn,
    /// The name people know it by (AD: `sAMAccountName`, else `cn`).
    pub name: Box<str>,
    /// The people who were read and are members, in ascending order; those by primary group included.
    pub people: Vec<PersonIx>,
    /// The groups that are members.
    pub groups: Vec<GroupIx>,
    /// The groups this group is a member of.
    pub parents: Vec<GroupIx>,
    /// The bytes of its SID, where it has one.
    pub sid: Option<Box<[u8]>>,
    /// Names of members that stand in another directory: outside of this one's trees, or as foreign security principals.
    pub strangers: Box<[Box<str>]>,
}

/// What stands at a place of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// The top of a tree.
    NamingContext,
    /// An organizational unit.
    Unit,
    /// A container, or anything else that has something below it.
    Container,
}

impl UnitKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::NamingContext, Self::Unit, Self::Container];
}

/// A place of the tree that people can stand in.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its name.
    pub dn: Dn,
    /// What it is.
    pub kind: UnitKind,
    /// The unit above, unless it is the top.
    pub parent: Option<UnitIx>,
}

/// What one read of a source found. Made by a [`DirectoryBuilder`](super::DirectoryBuilder).
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
    /// Everybody who was read, in ascending order of id.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Every group, in ascending order of its name's comparison form.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Every unit; one always comes before those below it.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The attribute names of this directory.
    pub fn attributes(&self) -> &AttributeTable {
        &self.attributes
    }

    /// A person by number.
    pub fn person(&self, ix: PersonIx) -> &Person {
        &self.people[ix.index()]
    }

    /// A group by number.
    pub fn group(&self, ix: GroupIx) -> &Group {
        &self.groups[ix.index()]
    }

    /// A unit by number.
    pub fn unit(&self, ix: UnitIx) -> &Unit {
        &self.units[ix.index()]
    }

    /// A person by id.
    pub fn person_by_id(&self, id: &PersonId) -> Option<PersonIx> {
        self.people.binary_search_by(|person| person.id.cmp(id)).ok().map(|at| PersonIx(at as u32))
    }

    /// The values of a person's attribute by name.
    pub fn values<'d>(&self, person: &'d Person, name: &str) -> &'d [Value] {
        self.attributes.find(name).map_or(&[], |id| person.attributes.values(id))
    }

    /// The first value of a person's attribute, as text.
    pub fn text<'d>(&self, person: &'d Person, name: &str) -> Option<&'d str> {
        self.values(person, name).first().and_then(Value::as_text)
    }

    /// The unit with a name, if there is one.
    pub fn find_unit(&self, dn: &Dn) -> Option<UnitIx> {
        self.unit_keys.get(&dn.key()).copied()
    }

    /// The group with a distinguished name, if there is one.
    pub fn group_by_dn(&self, dn: &Dn) -> Option<GroupIx> {
        self.group_keys.get(&dn.key()).copied()
    }

    /// Every group that a reference could mean: none, one, or, for a name, several.
    pub fn find_groups(&self, wanted: &GroupRef) -> Vec<GroupIx> {
        match wanted {
            GroupRef::Dn(dn) => self.group_by_dn(dn).into_iter().collect(),
            GroupRef::Id(id) => self.matching_groups(|group| group.id == *id),
            GroupRef::Name(name) => {
                let name = fold(name);
                // A group's `cn` is not always its account name: both are how people call it.
                self.matching_groups(|group| fold(&group.name) == name || fold(&group.dn.name()) == name)
            }
        }
    }

    /// A group and everything nested in it, each once; a cycle ends where it began.
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

    /// Says whether a unit is another one or stands anywhere below it.
    pub fn unit_is_within(&self, unit: UnitIx, base: UnitIx) -> bool {
        std::iter::successors(Some(unit), |at| self.unit(*at).parent).any(|at| at == base)
    }

    fn matching_groups(&self, wanted: impl Fn(&Group) -> bool) -> Vec<GroupIx> {
        self.groups.iter().enumerate().filter(|(_, group)| wanted(group)).map(|(at, _)| GroupIx(at as u32)).collect()
    }
}
