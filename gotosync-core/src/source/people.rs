//! People who come one by one, and not from a tree.

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::place;
use crate::Result;
use crate::model::text::fold;
use crate::model::{
    AttrId, Directory, DirectoryBuilder, Dn, GroupEntry, GroupId, GroupName, GroupRef, PersonEntry, PersonId, UnitKind,
    Value, Values,
};

/// Collects people who come one by one from somewhere that is no directory: rows of a table, records of another system.
///
/// **Who a person is.** The id is `<name of the source>:<id>`, so that two sources can never mean the same person by the
/// number 7; an id that is a UUID is that UUID, as in a directory.
///
/// **Where a person stands.** In `OU=<name of the source>`, under the full name, unless a distinguished name is given; groups
/// by name stand there too. So a rule says `ou = "OU=contractors"`, or names a group.
///
/// ```
/// use gotosync_core::source::{PeopleBuilder, PersonRecord};
///
/// let mut people = PeopleBuilder::new("hr")?;
/// let mail = people.attribute("mail");
/// let ann = PersonRecord::new("7").with(mail, "ann@example.test");
/// people.add(PersonRecord { groups: vec!["Sales".into()], ..ann });
/// let directory = people.build()?;
/// let ann = &directory.people()[0];
/// assert_eq!((ann.id.to_string().as_str(), ann.dn.as_str()), ("hr:7", "CN=ann@example.test,OU=hr"));
/// assert_eq!(directory.groups()[0].people.len(), 1);
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PeopleBuilder {
    source: String,
    builder: DirectoryBuilder,
    /// Groups that are there, by comparison key.
    groups: HashSet<String>,
    /// Those that were named, as they were.
    named: HashMap<String, GroupName>,
    naming: [AttrId; 5],
}

/// One person as such a source knows them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonRecord {
    /// What names the person for good within the source.
    pub id: String,
    /// Where the person stands, if the source knows such a thing.
    pub dn: Option<Dn>,
    /// Whether the person is switched off.
    pub disabled: bool,
    /// When the person's account ends by itself.
    pub expires: Option<Timestamp>,
    /// Groups the person is in, by name or distinguished name.
    pub groups: Vec<String>,
    /// Attributes by the numbers of [`PeopleBuilder::attribute`].
    pub attributes: Vec<(AttrId, Values)>,
}

impl PersonRecord {
    /// Somebody who is enabled, in no group, and of whom nothing more is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Adds one value of an attribute.
    #[must_use]
    pub fn with(mut self, attribute: AttrId, value: impl Into<Value>) -> Self {
        self.attributes.push((attribute, Values::One(value.into())));
        self
    }
}

impl PeopleBuilder {
    /// Starts with nobody.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when the name of the source is blank.
    pub fn new(source: impl Into<String>) -> Result<Self> {
        let source = source.into();
        place::named(&source)?;
        let mut builder = DirectoryBuilder::new();
        builder.unit(place::unit(&source).as_str(), UnitKind::NamingContext);
        let naming = NAMING.map(|name| builder.attribute(name));
        Ok(Self { source, builder, groups: HashSet::new(), named: HashMap::new(), naming })
    }

    /// The number of an attribute name.
    pub fn attribute(&mut self, name: &str) -> AttrId {
        self.builder.attribute(name)
    }

    /// The id that somebody has in the directory.
    pub fn id(&self, id: &str) -> PersonId {
        PersonId::parse(&place::id(&self.source, id))
    }

    /// Adds a place that exists even if nobody stands in it.
    pub fn unit(&mut self, dn: &Dn) {
        self.builder.unit(dn.as_str(), UnitKind::Unit);
    }

    /// Adds a group that exists even if nobody is in it, by name or distinguished name.
    pub fn group(&mut self, group: &str) {
        self.group_name(group);
    }

    /// Adds somebody.
    pub fn add(&mut self, record: PersonRecord) {
        let id = self.id(&record.id);
        let dn = record.dn.clone().unwrap_or_else(|| place::below(&self.source, &self.name(&record)));
        let mut entry = PersonEntry::new(id, dn);
        entry.disabled = record.disabled;
        entry.expires = record.expires;
        entry.attributes = record.attributes;
        for group in &record.groups {
            let name = self.group_name(group);
            entry.member_of.push(name);
        }
        self.builder.person(entry);
    }

    /// Joins everything.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when two people have the same id.
    pub fn build(self) -> Result<Directory> {
        self.builder.build()
    }

    /// The name of a group, which is there from now on.
    fn group_name(&mut self, group: &str) -> GroupName {
        if let Some(known) = self.named.get(group) {
            return *known;
        }
        let (dn, id) = match GroupRef::parse(group) {
            GroupRef::Dn(dn) => (dn.clone(), dn.key()),
            _ => (place::below(&self.source, group), fold(group).into_owned()),
        };
        let name = self.builder.group_name(dn.as_str());
        if self.groups.insert(dn.key()) {
            self.builder.group(GroupEntry::new(GroupId::parse(&place::id(&self.source, &id)), dn));
        }
        self.named.insert(group.to_owned(), name);
        name
    }

    /// The name people know somebody by.
    fn name(&self, record: &PersonRecord) -> String {
        let value = |id: &AttrId| {
            let found = record.attributes.iter().find(|(own, _)| own == id);
            found.and_then(|(_, values)| values.as_slice().first()).and_then(Value::as_text).unwrap_or_default()
        };
        known_as(self.naming.each_ref().map(value), &record.id)
    }
}

/// The name people know somebody by: what is there of full name, first and last name, e-mail and id.
pub(crate) fn known_as([full, first, last, common, mail]: [&str; 5], id: &str) -> String {
    let joined = format!("{first} {last}");
    let names = [full, joined.trim(), common, mail, id];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or("nameless").to_owned()
}

/// The attributes that [`known_as`] takes.
pub(crate) const NAMING: [&str; 5] = ["displayName", "givenName", "sn", "cn", "mail"];
