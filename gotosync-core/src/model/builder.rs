//! The builder that joins the entries a source read, in any order, into a [`Directory`].

use hashbrown::HashMap;
use jiff::Timestamp;

use super::directory::{Directory, Group, GroupIx, Person, PersonIx, Unit, UnitIx, UnitKind};
use super::dn::{self, Dn};
use super::id::{GroupId, PersonId};
use super::schema::{AttrId, AttributeTable};
use super::value::{Attributes, Value, Values};
use crate::{Error, ErrorKind};

/// A person as read from a source, before memberships are resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonEntry {
    /// The immutable id.
    pub id: PersonId,
    /// The distinguished name.
    pub dn: Dn,
    /// `true` if the person's account is disabled in the directory.
    pub disabled: bool,
    /// The time at which the person's account expires, if it does.
    pub expires: Option<Timestamp>,
    /// The attributes, with the numbers returned by [`DirectoryBuilder::attribute`].
    pub attributes: Vec<(AttrId, Values)>,
    /// The distinguished names of the person's groups, as far as the person's own entry lists them.
    pub member_of: Vec<GroupName>,
    /// The primary group.
    pub primary_group: Option<PrimaryGroup>,
}

/// A group's distinguished name, interned: the builder stores it only once, no matter how many people refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupName(u32);

/// The primary group of a person. AD refers to it by a relative id within the person's domain (MS-ADTS, `primaryGroupID`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrimaryGroup {
    /// The bytes of the group's full SID: the domain's SID followed by the relative id.
    pub sid: Box<[u8]>,
}

/// A group as read from a source, before memberships are resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupEntry {
    /// The immutable id.
    pub id: GroupId,
    /// The distinguished name.
    pub dn: Dn,
    /// The display name.
    pub name: String,
    /// The SID as bytes, if the group has one.
    pub sid: Option<Box<[u8]>>,
    /// The distinguished names of its members, both people and groups.
    pub members: Vec<Box<str>>,
    /// The distinguished names of the groups that it is a member of, as far as its own entry lists them.
    pub member_of: Vec<GroupName>,
}

/// A builder that collects people, groups, and units in any order and joins them at the end.
///
/// Memberships may come from either side (`member` on the group, `memberOf` on the member) or from both. Members that were
/// not read are ignored, because a read may request fewer people than a group has.
///
/// ```
/// use gotosync_core::model::{DirectoryBuilder, Dn, GroupEntry, GroupId, PersonEntry, PersonId};
///
/// let mut builder = DirectoryBuilder::new();
/// let mail = builder.attribute("mail");
/// builder.person(PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=Ann,OU=People,DC=x")?).with(mail, "ann@x.test"));
/// builder.group(GroupEntry::new(GroupId::parse("g"), Dn::parse("CN=All,DC=x")?).member("cn=ann,ou=people,dc=x"));
/// let directory = builder.build()?;
/// assert_eq!(directory.groups()[0].people.len(), 1);
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DirectoryBuilder {
    attributes: AttributeTable,
    people: Vec<Pending>,
    groups: Vec<GroupEntry>,
    group_names: Names,
    places: UnitTree,
}

#[derive(Clone, Debug)]
struct Pending {
    entry: PersonEntry,
    unit: u32,
}

/// Interned distinguished names.
#[derive(Clone, Debug, Default)]
struct Names {
    texts: Vec<Box<str>>,
    index: HashMap<Box<str>, u32>,
}

impl Names {
    fn intern(&mut self, text: &str) -> u32 {
        if let Some(at) = self.index.get(text) {
            return *at;
        }
        let at = self.texts.len() as u32;
        self.texts.push(text.into());
        self.index.insert(text.into(), at);
        at
    }
}

/// The units of the tree: every name that was used as a parent, and its kind if known.
#[derive(Clone, Debug, Default)]
struct UnitTree {
    names: Names,
    kinds: HashMap<u32, UnitKind>,
}

impl DirectoryBuilder {
    /// Creates an empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of an attribute name.
    pub fn attribute(&mut self, name: &str) -> AttrId {
        self.attributes.intern(name)
    }

    /// Interns a group's distinguished name.
    pub fn group_name(&mut self, dn: &str) -> GroupName {
        GroupName(self.group_names.intern(dn))
    }

    /// Adds a unit that exists even if it contains no people.
    pub fn unit(&mut self, dn: &str, kind: UnitKind) {
        let at = self.places.names.intern(dn);
        self.places.kinds.insert(at, kind);
    }

    /// Adds the parent of an entry that is not itself stored, so that the parent is known to exist.
    pub fn entry_below(&mut self, dn: &str) {
        if let Some(parent) = dn::parent(dn) {
            self.places.names.intern(parent);
        }
    }

    /// Adds a person.
    pub fn person(&mut self, entry: PersonEntry) {
        let unit = self.places.names.intern(dn::parent(entry.dn.as_str()).unwrap_or(""));
        self.people.push(Pending { entry, unit });
    }

    /// Adds a group.
    pub fn group(&mut self, entry: GroupEntry) {
        self.entry_below(entry.dn.as_str());
        self.groups.push(entry);
    }

    /// Removes entries that occur twice with the same id, and returns their names with the reason. This happens if an entry is
    /// moved during the read and is found both in its old place and in its new one.
    #[cfg(feature = "ldap")]
    pub(crate) fn drop_doubles(&mut self) -> Vec<(String, String)> {
        let mut doubles = Vec::new();
        let mut report = |what: &str, kept: &Dn, dropped: &Dn| {
            doubles.push((
                dropped.to_string(),
                format!("the {what} was returned twice, also as `{kept}`, because it was moved during the read"),
            ));
        };
        // The choice must not depend on the order of searches.
        self.people.sort_by(|a, b| (&a.entry.id, a.entry.dn.as_str()).cmp(&(&b.entry.id, b.entry.dn.as_str())));
        self.people.dedup_by(|next, kept| {
            let double = next.entry.id == kept.entry.id;
            if double {
                report("person", &kept.entry.dn, &next.entry.dn);
            }
            double
        });
        self.groups.sort_by(|a, b| (&a.id, a.dn.as_str()).cmp(&(&b.id, b.dn.as_str())));
        self.groups.dedup_by(|next, kept| {
            let double = next.id == kept.id;
            if double {
                report("group", &kept.dn, &next.dn);
            }
            double
        });
        doubles
    }

    /// Joins everything into a directory.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] if two people or two groups have the same id.
    pub fn build(self) -> Result<Directory, Error> {
        let Self { attributes, mut people, mut groups, group_names, places } = self;
        people.sort_by(|a, b| a.entry.id.cmp(&b.entry.id));
        if let Some(pair) = people.windows(2).find(|pair| pair[0].entry.id == pair[1].entry.id) {
            return Err(twice("people", &pair[0].entry.id, &pair[0].entry.dn, &pair[1].entry.dn));
        }
        groups.sort_by_cached_key(|group| group.dn.key());
        let mut ids: Vec<_> = groups.iter().map(|group| (&group.id, &group.dn)).collect();
        ids.sort_by_key(|(id, _)| *id);
        if let Some(pair) = ids.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(twice("groups", pair[0].0, pair[0].1, pair[1].1));
        }

        let (units, unit_keys, unit_of) = plant(&places);
        let group_keys: HashMap<String, GroupIx> =
            groups.iter().enumerate().map(|(at, group)| (group.dn.key(), GroupIx(at as u32))).collect();
        let named: Vec<Option<GroupIx>> =
            group_names.texts.iter().map(|text| group_keys.get(&dn::key(text)).copied()).collect();
        let primaries = primary_groups(&groups, &people);
        let mut memberships: Vec<Vec<GroupIx>> = people
            .iter()
            .map(|person| person.entry.member_of.iter().filter_map(|name| named[name.0 as usize]).collect())
            .collect();
        let mut children: Vec<Vec<GroupIx>> = vec![Vec::new(); groups.len()];
        let tops: Vec<String> =
            units.iter().filter(|unit| unit.parent.is_none()).map(|unit| dn::key(unit.dn.as_str())).collect();
        let strangers = join_members(&groups, &people, &group_keys, &tops, &mut memberships, &mut children);
        for (at, group) in groups.iter().enumerate() {
            for parent in group.member_of.iter().filter_map(|name| named[name.0 as usize]) {
                children[parent.index()].push(GroupIx(at as u32));
            }
        }
        let mut groups = join_groups(groups, children, strangers);
        let people = join_people(people, memberships, &primaries, &unit_of, &mut groups);
        Ok(Directory { attributes, people, groups, units, group_keys, unit_keys })
    }
}

fn primary_groups(groups: &[GroupEntry], people: &[Pending]) -> Vec<Option<GroupIx>> {
    let sids: HashMap<&[u8], GroupIx> = groups
        .iter()
        .enumerate()
        .filter_map(|(at, group)| group.sid.as_deref().map(|sid| (sid, GroupIx(at as u32))))
        .collect();
    let primary = |person: &Pending| sids.get(&*person.entry.primary_group.as_ref()?.sid).copied();
    people.iter().map(primary).collect()
}

fn join_groups(groups: Vec<GroupEntry>, children: Vec<Vec<GroupIx>>, strangers: Vec<Vec<Box<str>>>) -> Vec<Group> {
    let mut joined: Vec<Group> = groups
        .into_iter()
        .zip(children.into_iter().zip(strangers))
        .map(|(group, (mut below, strangers))| {
            below.sort();
            below.dedup();
            let name = group.name.into();
            let (people, parents, strangers) = (Vec::new(), Vec::new(), strangers.into());
            Group { id: group.id, dn: group.dn, name, people, groups: below, parents, sid: group.sid, strangers }
        })
        .collect();
    for at in 0..joined.len() {
        for child in joined[at].groups.clone() {
            joined[child.index()].parents.push(GroupIx(at as u32));
        }
    }
    joined
}

fn join_people(
    people: Vec<Pending>,
    memberships: Vec<Vec<GroupIx>>,
    primaries: &[Option<GroupIx>],
    unit_of: &[UnitIx],
    groups: &mut [Group],
) -> Vec<Person> {
    let mut everybody = Vec::with_capacity(people.len());
    for (at, (pending, mut direct)) in people.into_iter().zip(memberships).enumerate() {
        direct.sort();
        direct.dedup();
        for group in direct.iter().copied().chain(primaries[at]) {
            groups[group.index()].people.push(PersonIx(at as u32));
        }
        let entry = pending.entry;
        everybody.push(Person {
            id: entry.id,
            dn: entry.dn,
            disabled: entry.disabled,
            expires: entry.expires,
            unit: unit_of[pending.unit as usize],
            groups: direct.into_boxed_slice(),
            primary_group: primaries[at],
            attributes: Attributes::new(entry.attributes),
        });
    }
    for group in groups {
        group.people.dedup();
    }
    everybody
}

impl PersonEntry {
    /// Creates an enabled person without groups.
    pub fn new(id: PersonId, dn: Dn) -> Self {
        let (attributes, member_of) = (Vec::new(), Vec::new());
        Self { id, dn, disabled: false, expires: None, attributes, member_of, primary_group: None }
    }

    /// Adds one value of an attribute.
    #[must_use]
    pub fn with(mut self, attribute: AttrId, value: impl Into<Value>) -> Self {
        self.attributes.push((attribute, Values::One(value.into())));
        self
    }
}

impl GroupEntry {
    /// Creates a group without members, named after the value of its first RDN.
    pub fn new(id: GroupId, dn: Dn) -> Self {
        let name = dn.name();
        Self { id, dn, name, sid: None, members: Vec::new(), member_of: Vec::new() }
    }

    /// Adds a member (a person or a group) by distinguished name.
    #[must_use]
    pub fn member(mut self, dn: &str) -> Self {
        self.members.push(dn.into());
        self
    }
}

fn twice(what: &str, id: &dyn std::fmt::Display, first: &Dn, second: &Dn) -> Error {
    Error::new(ErrorKind::Data, format!("two {what} have the same id"))
        .with("id", id)
        .with("first", first)
        .with("second", second)
        .hint("several exports may have been combined; export the directory again in one run")
}

/// Resolves the members that groups list: first by exact text, then by normalized DN. Returns, for each group, its members from
/// other directories.
fn join_members(
    groups: &[GroupEntry],
    people: &[Pending],
    group_keys: &HashMap<String, GroupIx>,
    tops: &[String],
    memberships: &mut [Vec<GroupIx>],
    children: &mut [Vec<GroupIx>],
) -> Vec<Vec<Box<str>>> {
    let mut strangers = vec![Vec::new(); groups.len()];
    if groups.iter().all(|group| group.members.is_empty()) {
        return strangers;
    }
    let by_text: HashMap<&str, u32> =
        people.iter().enumerate().map(|(at, person)| (person.entry.dn.as_str(), at as u32)).collect();
    let mut by_key: Option<HashMap<String, u32>> = None;
    for (at, group) in groups.iter().enumerate() {
        let group_ix = GroupIx(at as u32);
        for member in &group.members {
            if let Some(person) = by_text.get(&**member) {
                memberships[*person as usize].push(group_ix);
                continue;
            }
            let key = dn::key(member);
            if let Some(child) = group_keys.get(&key) {
                children[at].push(*child);
                continue;
            }
            let keys = by_key.get_or_insert_with(|| {
                people.iter().enumerate().map(|(at, person)| (person.entry.dn.key(), at as u32)).collect()
            });
            if let Some(person) = keys.get(&key) {
                memberships[*person as usize].push(group_ix);
            } else if is_stranger(&key, tops) {
                strangers[at].push(member.clone());
            }
        }
    }
    strangers
}

/// Returns `true` if a normalized DN belongs to another directory.
fn is_stranger(key: &str, tops: &[String]) -> bool {
    let within =
        |top: &String| key.strip_suffix(top.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with(','));
    key.contains(FOREIGN) || !tops.iter().any(within)
}

/// The container in which Active Directory stores placeholders for members from trusted domains, each named by its SID.
const FOREIGN: &str = ",cn=foreignsecurityprincipals,";

/// Builds the tree from all collected units: parents before children, in the order of their normalized DNs.
fn plant(places: &UnitTree) -> (Vec<Unit>, HashMap<String, UnitIx>, Vec<UnitIx>) {
    let mut wanted: Vec<(usize, String, &str, Option<UnitKind>)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let keys: Vec<String> = places.names.texts.iter().map(|text| dn::key(text)).collect();
    for (at, text) in places.names.texts.iter().enumerate() {
        let kind = places.kinds.get(&(at as u32)).copied();
        let mut next = Some((&**text, kind));
        while let Some((text, kind)) = next {
            let key = dn::key(text);
            if let Some(known) = seen.get(&key) {
                if kind.is_some() {
                    wanted[*known].3 = kind;
                }
                break;
            }
            seen.insert(key.clone(), wanted.len());
            let depth = std::iter::successors(Some(text), |dn| dn::parent(dn)).count();
            wanted.push((depth, key, text, kind));
            next = dn::parent(text).map(|parent| (parent, None));
        }
    }
    wanted.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut keeps = within_tops(&wanted, &keys).into_iter();
    wanted.retain(|_| keeps.next().unwrap_or(true));
    let mut units = Vec::with_capacity(wanted.len());
    let mut index: HashMap<String, UnitIx> = HashMap::with_capacity(wanted.len());
    for (_, key, text, kind) in wanted {
        let name = Dn::trusted(text);
        let parent = dn::parent(text).and_then(|parent| index.get(&dn::key(parent)).copied());
        let guess = if parent.is_none() {
            UnitKind::NamingContext
        } else if name.kind() == "ou" {
            UnitKind::Unit
        } else {
            UnitKind::Container
        };
        index.insert(key, UnitIx(units.len() as u32));
        units.push(Unit { dn: name, kind: kind.unwrap_or(guess), parent });
    }
    let unit_of = keys.iter().map(|key| index.get(key).copied().unwrap_or(UnitIx(0))).collect();
    (units, index, unit_of)
}

/// Decides for each unit whether it belongs to the tree; parents must come before children. A name above all naming contexts
/// that is not an entry itself (`DC=test` above `DC=ad,DC=test`) does not belong to it, because it is only a part of other
/// names. But if an entry is not below a unit of known kind, the naming contexts are unknown, and all units are kept.
fn within_tops(wanted: &[(usize, String, &str, Option<UnitKind>)], seen: &[String]) -> Vec<bool> {
    let at: HashMap<&str, usize> = wanted.iter().enumerate().map(|(at, (_, key, ..))| (key.as_str(), at)).collect();
    let above = |text: &str| dn::parent(text).and_then(|parent| at.get(dn::key(parent).as_str()).copied());
    let (mut is_known, mut children) = (vec![false; wanted.len()], vec![0; wanted.len()]);
    let mut parents = Vec::with_capacity(wanted.len());
    for (place, (.., text, kind)) in wanted.iter().enumerate() {
        let parent = above(text);
        is_known[place] = kind.is_some() || parent.is_some_and(|parent| is_known[parent]);
        if let Some(parent) = parent {
            children[parent] += 1;
        }
        parents.push(parent);
    }
    if !seen.iter().all(|key| at.get(key.as_str()).is_some_and(|place| is_known[*place])) {
        return vec![true; wanted.len()];
    }
    let mut keeps = vec![true; wanted.len()];
    for (place, parent) in parents.into_iter().enumerate() {
        let is_top = parent.is_none_or(|parent| !keeps[parent]);
        keeps[place] = !is_top || is_known[place] || children[place] > 1;
    }
    keeps
}
