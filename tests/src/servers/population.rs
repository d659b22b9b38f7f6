//! Generates the people and groups of a directory from a seed.

use std::io::{self, Write};

mod group;
mod names;
mod person;
mod random;
mod unit;
mod write;

use group::Group;
use person::{Person, Standing};
use unit::Unit;

/// The number of people and groups to generate. The same numbers and seed give the same bytes.
///
/// The population includes the special cases of real directories: nested units, commas and letters of any script in
/// unit names; composed and decomposed letters; names that need escapes, are too long, or are missing; disabled
/// people, expired accounts, people without an e-mail, with an invalid one, or with a colleague's address in upper
/// case; phone numbers in five notations; managers in a cycle; computers and contacts, which must not be read as
/// people; groups in a chain, in a diamond, and in a cycle, empty groups, one group with 1,500 and one with 1,501
/// members if there are enough people, and people who are members only by primary group. [`Content::census`] counts
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Population {
    seed: u64,
    people: usize,
    groups: usize,
}

/// The kind of server that a population is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Classes and attributes of Active Directory. People are named by `CN`.
    ActiveDirectory,
    /// People are `inetOrgPerson` entries named by `uid`, and groups are `groupOfNames`. There are no computers,
    /// contacts, empty groups, or primary groups, and `memberOf` is written explicitly. There are no disabled people,
    /// because OpenLDAP has no common attribute for that.
    OpenLdap,
    /// As for OpenLDAP, but people can be disabled by `nsAccountLock`.
    Ds389,
}

/// The entries of a population below a base DN.
#[derive(Debug)]
pub struct Content {
    style: Style,
    seed: u64,
    units: Vec<Unit>,
    people: Vec<Person>,
    groups: Vec<Group>,
    computers: usize,
    contacts: usize,
}

/// The number of entries of each kind in a population, without the entries that a server adds by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People of all classes.
    pub people: usize,
    /// People whose account is disabled.
    pub disabled: usize,
    /// People whose account has expired.
    pub expired: usize,
    /// People without an e-mail.
    pub without_mail: usize,
    /// People whose e-mail differs from that of another person only in case.
    pub same_mail: usize,
    /// People whose e-mail is invalid.
    pub wrong_mail: usize,
    /// People without a last name.
    pub without_last_name: usize,
    /// People that are `inetOrgPerson` as well as `user`; everyone on OpenLDAP.
    pub inet_org_people: usize,
    /// People whose primary group is not the default one.
    pub other_primary_group: usize,
    /// Groups of all kinds.
    pub groups: usize,
    /// Groups without members.
    pub empty_groups: usize,
    /// The members of all groups, without primary group members.
    pub memberships: usize,
    /// Organizational units.
    pub units: usize,
    /// Computers.
    pub computers: usize,
    /// Contacts.
    pub contacts: usize,
}

impl Population {
    /// Creates a population with the given number of people and groups. There are at least about 25 groups, one of
    /// each kind.
    pub fn new(people: usize, groups: usize) -> Self {
        Self { seed: 1, people, groups }
    }

    /// Sets the seed, which gives other people and groups.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Generates the entries below a base DN. The base entry itself is not included.
    pub fn content(&self, style: Style, base: &str) -> Content {
        let units = unit::draw(base);
        let people = person::draw(self, style, &units);
        let groups = group::draw(self, style, base, &people);
        let nobody = if style == Style::ActiveDirectory { 3 + self.people / 100 } else { 0 };
        Content { style, seed: self.seed, units, people, groups, computers: nobody, contacts: nobody }
    }

    /// The source files that determine the bytes of a population. They are part of its cache key.
    pub(super) const SOURCES: [&'static str; 7] = [
        include_str!("population.rs"),
        include_str!("population/group.rs"),
        include_str!("population/names.rs"),
        include_str!("population/person.rs"),
        include_str!("population/random.rs"),
        include_str!("population/unit.rs"),
        include_str!("population/write.rs"),
    ];
}

impl Default for Population {
    /// Returns 300 people and 40 groups, which is enough for every special case except the largest groups.
    fn default() -> Self {
        Self::new(300, 40)
    }
}

impl Content {
    /// Writes the entries as LDIF. Each entry follows the entries that it refers to, except for those in
    /// [`Content::changes`].
    pub fn write_entries(&self, out: &mut impl Write) -> io::Result<()> {
        write::entries(self, out)
    }

    /// Returns the cyclic references as LDIF changes, which can be applied only after all entries exist. Empty for
    /// OpenLDAP.
    pub fn changes(&self) -> String {
        write::changes(self)
    }

    /// Returns the DNs of people with the DN of the group that becomes their primary group. They are already members
    /// of that group.
    pub fn primary_groups(&self) -> Vec<(&str, &str)> {
        let primary = self.groups.iter().find(|group| group.primary);
        let of = |person: &usize| self.people[*person].dn.as_str();
        primary.map_or_else(Vec::new, |group| group.people.iter().map(|person| (of(person), &*group.dn)).collect())
    }

    /// Returns the DNs of the people.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.people.iter().map(|person| person.dn.as_str())
    }

    /// Returns the DNs of the groups.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.dn.as_str())
    }

    /// Counts the entries.
    pub fn census(&self) -> Census {
        let people = |which: fn(&Person) -> bool| self.people.iter().filter(|person| which(person)).count();
        let active = self.style == Style::ActiveDirectory;
        let size = |group: &Group| group.people.len() + group.groups.len() + usize::from(group.circle.is_some());
        let strangers = self.groups.iter().filter(|group| group.strangers).count() * 2;
        Census {
            people: self.people.len(),
            disabled: people(|person| person.standing == Standing::Disabled),
            expired: people(|person| person.standing == Standing::Expired),
            without_mail: people(|person| person.mail.is_none()),
            same_mail: people(|person| person.same_mail),
            wrong_mail: people(|person| person.mail.as_ref().is_some_and(|mail| !mail.contains('@'))),
            without_last_name: people(|person| person.last.is_none()),
            inet_org_people: if active { people(|person| person.inet_org) } else { self.people.len() },
            other_primary_group: self.primary_groups().len(),
            groups: self.groups.len(),
            empty_groups: self.groups.iter().filter(|group| size(group) == 0).count(),
            memberships: self.groups.iter().map(size).sum::<usize>() + strangers,
            units: self.units.len(),
            computers: self.computers,
            contacts: self.contacts,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn ldif(population: Population, style: Style) -> String {
        let mut out = Vec::new();
        population.content(style, "DC=x,DC=test").write_entries(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
        for style in [Style::ActiveDirectory, Style::OpenLdap] {
            let text = ldif(Population::default(), style);
            assert_eq!(text, ldif(Population::default(), style));
            assert_ne!(text, ldif(Population::default().seed(2), style));
        }
    }

    #[test]
    fn contains_every_special_case() {
        let census = Population::default().content(Style::ActiveDirectory, "DC=x").census();
        assert_eq!((census.people, census.groups), (300, 40));
        let Census { disabled, expired, without_mail, same_mail, wrong_mail, without_last_name, .. } = census;
        let Census { inet_org_people, other_primary_group, empty_groups, computers, contacts, .. } = census;
        let counted = [disabled, expired, without_mail, same_mail, wrong_mail, without_last_name, inet_org_people];
        assert!(counted.iter().all(|count| *count >= 3), "{census:?}");
        assert!([other_primary_group, empty_groups, computers, contacts].iter().all(|count| *count > 0), "{census:?}");
    }

    #[test]
    fn no_two_entries_have_the_same_name() {
        for style in [Style::ActiveDirectory, Style::OpenLdap] {
            let content = Population::new(5000, 200).content(style, "DC=x");
            let names: HashSet<String> = content.people().chain(content.groups()).map(str::to_lowercase).collect();
            assert_eq!(names.len(), 5200);
        }
    }

    #[test]
    fn the_large_groups_have_enough_members() {
        let content = Population::new(6000, 40).content(Style::ActiveDirectory, "DC=x");
        let sizes: HashSet<usize> = content.groups.iter().map(|group| group.people.len()).collect();
        assert!([1500, 1501, 5000].iter().all(|size| sizes.contains(size)), "{sizes:?}");
        let content = Population::new(1500, 40).content(Style::OpenLdap, "DC=x");
        assert_eq!(content.groups.iter().map(|group| group.people.len()).max(), Some(1500));
    }
}
