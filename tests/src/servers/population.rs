//! Everybody in a directory, made up from a seed.

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

/// How many people and groups there are to be. The same numbers give the same bytes.
///
/// Among them is what real directories hold and careless readers stumble over: units within units, with commas and
/// letters of any script in their names; composed and decomposed letters; names that need escapes, are too long, or are
/// missing; people who are disabled, whose account has ended, who have no e-mail, a wrong one, or that of a colleague
/// in capital letters; telephone numbers in five notations; managers in a circle; computers and contacts, who are
/// nobody; groups in a chain, in a diamond and in a circle, empty ones, one with 1,500 and one with 1,501 members if
/// there are as many people, and people who are in a group only by its being their primary one. [`Content::census`]
/// counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Population {
    seed: u64,
    people: usize,
    groups: usize,
}

/// For which kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With the classes and attributes of Active Directory; people are called by `CN`.
    ActiveDirectory,
    /// People are `inetOrgPerson` and called by `uid`, groups are `groupOfNames`; there are no computers, no contacts,
    /// no empty groups and no primary groups, and `memberOf` is written out. Nobody is disabled, since there is no
    /// common way to be.
    OpenLdap,
    /// As on OpenLDAP, but that people can be switched off, by `nsAccountLock`.
    Ds389,
}

/// The entries of a population, below some root.
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

/// What is in a population. Each number counts what stands in its entries, whatever the server adds of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People, of whichever class.
    pub people: usize,
    /// People whose account is switched off.
    pub disabled: usize,
    /// People whose account has ended by its date.
    pub expired: usize,
    /// People without an e-mail.
    pub without_mail: usize,
    /// People whose e-mail is that of another person but for its case.
    pub same_mail: usize,
    /// People whose e-mail is none.
    pub wrong_mail: usize,
    /// People with no last name.
    pub without_last_name: usize,
    /// People who are `inetOrgPerson` as well as `user`; on OpenLDAP everybody.
    pub inet_org_people: usize,
    /// People whose primary group is not the one for everybody.
    pub other_primary_group: usize,
    /// Groups of every kind.
    pub groups: usize,
    /// Groups without a member.
    pub empty_groups: usize,
    /// Members of all groups; by primary group nobody counts.
    pub memberships: usize,
    /// Organizational units.
    pub units: usize,
    /// Computers.
    pub computers: usize,
    /// Contacts.
    pub contacts: usize,
}

impl Population {
    /// So many people, and so many groups or as many as it takes to have one of each kind (about 25).
    pub fn new(people: usize, groups: usize) -> Self {
        Self { seed: 1, people, groups }
    }

    /// Draws others.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The entries, below a root which is not among them.
    pub fn content(&self, style: Style, base: &str) -> Content {
        let units = unit::draw(base);
        let people = person::draw(self, style, &units);
        let groups = group::draw(self, style, base, &people);
        let nobody = if style == Style::ActiveDirectory { 3 + self.people / 100 } else { 0 };
        Content { style, seed: self.seed, units, people, groups, computers: nobody, contacts: nobody }
    }

    /// All that the bytes of a population depend on, besides its numbers.
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
    /// 300 people and 40 groups, which is enough for one of everything but the largest groups.
    fn default() -> Self {
        Self::new(300, 40)
    }
}

impl Content {
    /// Writes the entries as LDIF, each after those it names, but for what [`Content::changes`] adds.
    pub fn write_entries(&self, out: &mut impl Write) -> io::Result<()> {
        write::entries(self, out)
    }

    /// What can only be written when all entries are there, since it goes in a circle: LDIF with changes. On OpenLDAP
    /// nothing.
    pub fn changes(&self) -> String {
        write::changes(self)
    }

    /// Names of people, each with the name of the group that is to be their primary one. They are members of it
    /// already.
    pub fn primary_groups(&self) -> Vec<(&str, &str)> {
        let primary = self.groups.iter().find(|group| group.primary);
        let of = |person: &usize| self.people[*person].dn.as_str();
        primary.map_or_else(Vec::new, |group| group.people.iter().map(|person| (of(person), &*group.dn)).collect())
    }

    /// The names (DN) of the people.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.people.iter().map(|person| person.dn.as_str())
    }

    /// The names (DN) of the groups.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.dn.as_str())
    }

    /// Counts.
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
