//! Seeded populations.

use gotosync_core::model::{Directory, DirectoryBuilder, Dn, GroupEntry, GroupId, PersonEntry, PersonId, UnitKind};

use crate::human::{self, Human, SITES, UnitContent};
use crate::random::Random;

/// A population with a number of people in a number of groups.
///
/// About 6 % of the people are disabled, 1 % are expired, 3 % have no e-mail, and 3 % are partners. One in 1,000 shares an e-mail with
/// another person, and one in 200 has a name that is too long for an account.
#[derive(Clone, Copy, Debug)]
pub struct Corpus {
    /// The number of people.
    pub people: usize,
    /// The number of groups. The first 13 are the group of all people and the groups of the departments.
    pub groups: usize,
    /// The seed of the random numbers.
    pub seed: u64,
}

impl Corpus {
    /// Creates a corpus with a number of people. It has one group per 50 people, but at least 40 and at most 500 groups.
    pub fn new(people: usize) -> Self {
        Self { people, groups: (people / 50).clamp(40, 500), seed: 7 }
    }

    /// Returns the directory with these attributes, as a read would return it. Supports the attributes that [`rules`](crate::rules)
    /// and [`expressions`](crate::expressions) need.
    pub fn directory(&self, attributes: &[String]) -> Directory {
        let mut builder = DirectoryBuilder::new();
        let ids: Vec<_> = attributes.iter().map(|name| (name.as_str(), builder.attribute(name))).collect();
        builder.unit(human::BASE, UnitKind::NamingContext);
        for (dn, _) in Self::units() {
            builder.unit(&dn, UnitKind::Unit);
        }
        for number in 0..self.groups {
            let mut group = GroupEntry::new(self.group_id(number), dn(&human::group_dn(number)));
            for inner in human::nested(number, self.groups) {
                group = group.member(&human::group_dn(inner));
            }
            builder.group(group);
        }
        let groups: Vec<_> = (0..self.groups).map(|number| builder.group_name(&human::group_dn(number))).collect();
        for human in self.humans() {
            let mut person = PersonEntry::new(PersonId::from_object_guid(human.guid), dn(&human.dn()));
            person.disabled = human.disabled;
            person.expires = human.expired.then_some(jiff::Timestamp::UNIX_EPOCH);
            person.member_of = human.groups.iter().map(|group| groups[*group]).collect();
            for (name, id) in &ids {
                if let Some(value) = human.value(name) {
                    person = person.with(*id, value);
                }
            }
            // Sources shrink this list, too.
            person.attributes.shrink_to_fit();
            builder.person(person);
        }
        builder.build().expect("the ids in a corpus are unique")
    }

    pub(crate) fn humans(self) -> impl Iterator<Item = Human> {
        (0..self.people).map(move |number| self.human(number))
    }

    pub(crate) fn human(&self, number: usize) -> Human {
        let mut human = Human::new(self.seed, number, self.groups);
        if number % 1000 == 501 {
            // Two people whose e-mails differ only in case.
            human.mail = Human::new(self.seed, number - 1, self.groups).mail.map(|mail| mail.to_uppercase());
        }
        human
    }

    /// Returns every organizational unit with its name, parents first.
    pub(crate) fn units() -> Vec<(String, &'static str)> {
        let below = |names: &[&'static str], parent: &str| {
            names.iter().map(|name| (format!("OU={},{parent}", name.replace(',', "\\,")), *name)).collect::<Vec<_>>()
        };
        let mut units = vec![(human::COMPANY.to_owned(), "Company")];
        units.extend(below(
            &["People", "Groups", "External, Partners", "Disabled Users", "Workstations", "Contacts"],
            human::COMPANY,
        ));
        for (at, site) in SITES.iter().enumerate() {
            if SITES[..at].iter().all(|other| other.country != site.country) {
                units.extend(below(&[site.country], human::PEOPLE));
            }
        }
        units.extend(SITES.iter().map(|site| (human::unit(UnitContent::Site, *site), site.city)));
        units
    }

    pub(crate) fn group_guid(self, number: usize) -> [u8; 16] {
        Random::new(!self.seed, number as u64).bytes()
    }

    fn group_id(self, number: usize) -> GroupId {
        GroupId::from_object_guid(self.group_guid(number))
    }
}

impl Human {
    /// Returns the value of an attribute.
    fn value(&self, attribute: &str) -> Option<String> {
        match attribute {
            "mail" => self.mail.clone(),
            "proxyAddresses" => self.mail.as_ref().map(|mail| format!("SMTP:{mail}")),
            "givenName" => Some(self.first.clone()),
            "sn" => Some(self.last.clone()),
            "displayName" => Some(self.display.clone()),
            "cn" => Some(format!("{} ({})", self.display, self.login)),
            "department" => Some(human::DEPARTMENTS[self.department].to_owned()),
            "title" => Some(self.title.to_owned()),
            "c" => Some(self.site.code.to_owned()),
            "userPrincipalName" => Some(format!("{}@ad.example.test", self.login)),
            "employeeNumber" => Some((100_000 + self.number).to_string()),
            _ => None,
        }
    }
}

fn dn(text: &str) -> Dn {
    Dn::parse(text).expect("the distinguished names in a corpus are valid")
}
