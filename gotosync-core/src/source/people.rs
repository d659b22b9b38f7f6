//! A builder for directories of sources that have no directory tree.

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::place;
use crate::Result;
use crate::model::text::fold;
use crate::model::{
    AttrId, Directory, DirectoryBuilder, Dn, GroupEntry, GroupId, GroupName, GroupRef, PersonEntry, PersonId, UnitKind,
    Value, Values,
};

/// Builds a directory from people who come one by one from something other than a directory, such as the rows of a table or
/// the records of another system.
///
/// **Ids.** The id of a person is `<name of the source>:<id>`, so that the same number in two sources means two people. An
/// id that is a UUID stays as it is.
///
/// **Distinguished names.** Unless the record has a distinguished name, the person gets one from their full name, in
/// `OU=<name of the source>`. Groups that are given by name are in the same unit. A rule can therefore say
/// `ou = "OU=contractors"`, or name a group.
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
    /// The groups added so far, by comparison key.
    groups: HashSet<String>,
    /// The groups by the text that named them.
    named: HashMap<String, GroupName>,
    naming: [AttrId; 5],
    empty: bool,
}

/// One person, as a source without a directory tree describes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonRecord {
    /// The immutable id of the person within the source.
    pub id: String,
    /// The distinguished name, if the source has one.
    pub dn: Option<Dn>,
    /// `true` if the person is disabled.
    pub disabled: bool,
    /// The time at which the person's account expires.
    pub expires: Option<Timestamp>,
    /// The groups that the person is a member of, by name or distinguished name.
    pub groups: Vec<String>,
    /// The attributes, by the ids that [`PeopleBuilder::attribute`] returns.
    pub attributes: Vec<(AttrId, Values)>,
}

impl PersonRecord {
    /// Creates the record of an enabled person without groups and attributes.
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
    /// Creates a builder without people.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if the name of the source is blank.
    pub fn new(source: impl Into<String>) -> Result<Self> {
        let source = source.into();
        place::named(&source)?;
        let mut builder = DirectoryBuilder::new();
        let naming = NAMING.map(|name| builder.attribute(name));
        Ok(Self { source, builder, groups: HashSet::new(), named: HashMap::new(), naming, empty: true })
    }

    /// Returns the id of an attribute name.
    pub fn attribute(&mut self, name: &str) -> AttrId {
        self.builder.attribute(name)
    }

    /// Returns the id that a person gets in the directory.
    pub fn id(&self, id: &str) -> PersonId {
        PersonId::parse(&place::id(&self.source, id))
    }

    /// Adds a unit, which exists even if it contains no people.
    pub fn unit(&mut self, dn: &Dn) {
        self.empty = false;
        self.builder.unit(dn.as_str(), UnitKind::Unit);
    }

    /// Adds a group by name or distinguished name; it exists even if it has no members.
    pub fn group(&mut self, group: &str) {
        self.group_name(group);
    }

    /// Adds a person.
    pub fn add(&mut self, record: PersonRecord) {
        self.empty = false;
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

    /// Builds the directory.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if two people have the same id.
    pub fn build(mut self) -> Result<Directory> {
        // The unit of the source exists even if the source is empty.
        if self.empty {
            self.builder.unit(place::unit(&self.source).as_str(), UnitKind::NamingContext);
        }
        self.builder.build()
    }

    /// Returns the name of a group, which is added if it is new.
    fn group_name(&mut self, group: &str) -> GroupName {
        self.empty = false;
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

    /// Returns the name that a person is shown under.
    fn name(&self, record: &PersonRecord) -> String {
        let value = |id: &AttrId| {
            let found = record.attributes.iter().find(|(own, _)| own == id);
            found.and_then(|(_, values)| values.as_slice().first()).and_then(Value::as_text).unwrap_or_default()
        };
        known_as(self.naming.each_ref().map(value), &record.id)
    }
}

/// Returns the name that a person is shown under: the first of full name, first and last name, common name, e-mail, and id
/// that is not empty.
pub(crate) fn known_as([full, first, last, common, mail]: [&str; 5], id: &str) -> String {
    let joined = format!("{first} {last}");
    let names = [full, joined.trim(), common, mail, id];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or("nameless").to_owned()
}

/// The attributes that [`known_as`] uses.
pub(crate) const NAMING: [&str; 5] = ["displayName", "givenName", "sn", "cn", "mail"];
