//! Random histories of directory changes, written as LDIF change records.

use std::fmt::Write;

use crate::servers::Style;

/// A changing directory. It tracks its own content, so that every change record it produces can be applied.
#[derive(Debug)]
pub struct Town {
    style: Style,
    base: String,
    random: u64,
    serial: u32,
    people: Vec<(String, String)>,
    groups: Vec<(String, String)>,
    units: Vec<String>,
}

impl Town {
    /// Creates a town below a unit of its own and returns it with the records that add its units, groups, and first
    /// people.
    pub fn found(style: Style, base: &str, seed: u64) -> (Self, String) {
        let top = format!("OU=Town,{base}");
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut town = Self {
            style,
            base: top.clone(),
            random,
            serial: 0,
            people: Vec::new(),
            groups: Vec::new(),
            units: vec![top.clone()],
        };
        let mut text = format!("dn: {top}\nchangetype: add\nobjectClass: organizationalUnit\nou: Town\n\n");
        for _ in 0..3 {
            text.push_str(&town.add_unit());
        }
        for _ in 0..8 {
            text.push_str(&town.add_person());
        }
        for _ in 0..4 {
            text.push_str(&town.add_group());
        }
        (town, text)
    }

    /// Makes one random change and returns its description and its LDIF record.
    pub fn change(&mut self) -> (String, String) {
        let (what, record) = match self.below(15) {
            0 | 1 => ("add a person", self.add_person()),
            2 => ("add a group", self.add_group()),
            3 => ("add a unit", self.add_unit()),
            4 => ("delete a person", self.delete_person()),
            5 => ("delete a group", self.delete_group()),
            6 => ("rename a person", self.rename_person()),
            7 => ("move a person", self.move_person()),
            8 => ("rename a unit", self.rename_unit()),
            9 => ("move a group", self.move_group()),
            10 | 11 => ("join or leave a group", self.membership()),
            12 => ("nest a group", self.nest()),
            13 => ("clear or set an attribute", self.attribute()),
            _ => ("switch off or on", self.switch()),
        };
        (what.to_owned(), record)
    }

    fn below(&mut self, count: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % count.max(1) as u64) as usize
    }

    fn next(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    fn unit(&mut self) -> String {
        let at = self.below(self.units.len());
        self.units[at].clone()
    }

    fn dn((rdn, place): &(String, String)) -> String {
        format!("{rdn},{place}")
    }

    fn add_unit(&mut self) -> String {
        let (number, place) = (self.next(), self.unit());
        let dn = format!("OU=Unit {number},{place}");
        self.units.push(dn.clone());
        format!("dn: {dn}\nchangetype: add\nobjectClass: organizationalUnit\nou: Unit {number}\n\n")
    }

    fn add_person(&mut self) -> String {
        let (number, place) = (self.next(), self.unit());
        // Some names repeat, so a name may be free again after a rename and then belong to another person.
        let name = if self.below(4) == 0 { format!("Again {}", number % 3) } else { format!("Person {number}") };
        let rdn = format!("CN={name}");
        if self.people.iter().any(|(own, at)| *own == rdn && *at == place) {
            return self.attribute();
        }
        let mut text = format!("dn: {rdn},{place}\nchangetype: add\n");
        match self.style {
            Style::ActiveDirectory => {
                let _ = writeln!(text, "objectClass: user\nsAMAccountName: town{number}\nuserAccountControl: 512");
            }
            Style::OpenLdap | Style::Ds389 => text.push_str("objectClass: inetOrgPerson\n"),
        }
        let manager = self.people.first().map(Self::dn);
        let _ = writeln!(text, "cn: {name}\nsn: Number {number}\nmail: town{number}@example.test");
        if let Some(manager) = manager {
            let _ = writeln!(text, "manager: {manager}");
        }
        self.people.push((rdn, place));
        text + "\n"
    }

    fn add_group(&mut self) -> String {
        let (number, place) = (self.next(), self.unit());
        let rdn = format!("CN=Group {number}");
        let member = self.people.first().map(Self::dn).unwrap_or_default();
        let mut text = format!("dn: {rdn},{place}\nchangetype: add\ncn: Group {number}\n");
        match self.style {
            Style::ActiveDirectory => {
                let _ = writeln!(text, "objectClass: group\nsAMAccountName: towngroup{number}\nmember: {member}");
            }
            Style::OpenLdap | Style::Ds389 => {
                let _ = writeln!(text, "objectClass: groupOfNames\nmember: {}\nmember: {member}", self.base);
            }
        }
        self.groups.push((rdn, place));
        text + "\n"
    }

    fn delete_person(&mut self) -> String {
        if self.people.len() < 3 {
            return self.add_person();
        }
        let at = self.below(self.people.len());
        let gone = self.people.remove(at);
        format!("dn: {}\nchangetype: delete\n\n", Self::dn(&gone))
    }

    fn delete_group(&mut self) -> String {
        if self.groups.len() < 3 {
            return self.add_group();
        }
        let at = self.below(self.groups.len());
        let gone = self.groups.remove(at);
        format!("dn: {}\nchangetype: delete\n\n", Self::dn(&gone))
    }

    fn rename_person(&mut self) -> String {
        let (at, number) = (self.below(self.people.len()), self.next());
        let before = Self::dn(&self.people[at]);
        self.people[at].0 = format!("CN=Renamed {number}");
        format!("dn: {before}\nchangetype: modrdn\nnewrdn: CN=Renamed {number}\ndeleteoldrdn: 1\n\n")
    }

    fn moved(entry: &mut (String, String), place: &str) -> String {
        let before = Self::dn(entry);
        place.clone_into(&mut entry.1);
        let rdn = &entry.0;
        format!("dn: {before}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\nnewsuperior: {place}\n\n")
    }

    fn move_person(&mut self) -> String {
        let (at, place) = (self.below(self.people.len()), self.unit());
        let taken = self.people.iter().any(|(rdn, own)| *rdn == self.people[at].0 && *own == place);
        if taken { self.attribute() } else { Self::moved(&mut self.people[at], &place) }
    }

    fn move_group(&mut self) -> String {
        let (at, place) = (self.below(self.groups.len()), self.unit());
        if self.groups[at].1 == place { self.membership() } else { Self::moved(&mut self.groups[at], &place) }
    }

    fn rename_unit(&mut self) -> String {
        if self.units.len() < 2 {
            return self.add_unit();
        }
        let (at, number) = (1 + self.below(self.units.len() - 1), self.next());
        let before = self.units[at].clone();
        let place = before.split_once(',').map_or("", |(_, place)| place).to_owned();
        let after = format!("OU=Renamed unit {number},{place}");
        let renamed = |text: &mut String| {
            if let Some(head) = text.strip_suffix(&before) {
                *text = format!("{head}{after}");
            }
        };
        self.units.iter_mut().for_each(renamed);
        self.people.iter_mut().chain(&mut self.groups).for_each(|(_, place)| renamed(place));
        format!("dn: {before}\nchangetype: modrdn\nnewrdn: OU=Renamed unit {number}\ndeleteoldrdn: 1\n\n")
    }

    fn membership(&mut self) -> String {
        let (group, person) = (self.below(self.groups.len()), self.below(self.people.len()));
        let (group, person) = (Self::dn(&self.groups[group]), Self::dn(&self.people[person]));
        let top = if self.style == Style::ActiveDirectory { String::new() } else { format!("member: {}\n", self.base) };
        // Replacing all members works whether or not the person is a member now.
        let keeps = if self.below(2) == 0 { String::new() } else { format!("member: {person}\n") };
        format!("dn: {group}\nchangetype: modify\nreplace: member\n{top}{keeps}-\n\n")
    }

    fn nest(&mut self) -> String {
        if self.groups.len() < 2 {
            return self.add_group();
        }
        let (outer, inner) = (self.below(self.groups.len()), self.below(self.groups.len()));
        if outer == inner {
            return self.membership();
        }
        let (outer, inner) = (Self::dn(&self.groups[outer]), Self::dn(&self.groups[inner]));
        let person = self.people.first().map(Self::dn).unwrap_or_default();
        format!("dn: {outer}\nchangetype: modify\nreplace: member\nmember: {inner}\nmember: {person}\n-\n\n")
    }

    fn attribute(&mut self) -> String {
        let (at, number) = (self.below(self.people.len()), self.next());
        let manager = self.below(self.people.len());
        let (person, manager) = (Self::dn(&self.people[at]), Self::dn(&self.people[manager]));
        match self.below(3) {
            0 => format!("dn: {person}\nchangetype: modify\nreplace: title\n-\n\n"),
            1 => format!("dn: {person}\nchangetype: modify\nreplace: title\ntitle: Title {number}\n-\n\n"),
            _ => format!("dn: {person}\nchangetype: modify\nreplace: manager\nmanager: {manager}\n-\n\n"),
        }
    }

    fn switch(&mut self) -> String {
        let (at, off) = (self.below(self.people.len()), self.below(2) == 0);
        let person = Self::dn(&self.people[at]);
        match self.style {
            Style::ActiveDirectory => {
                let control = if off { 514 } else { 512 };
                format!(
                    "dn: {person}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {control}\n-\n\n"
                )
            }
            Style::Ds389 => {
                format!("dn: {person}\nchangetype: modify\nreplace: nsAccountLock\nnsAccountLock: {off}\n-\n\n")
            }
            Style::OpenLdap => {
                format!("dn: {person}\nchangetype: modify\nreplace: description\ndescription: {off}\n-\n\n")
            }
        }
    }
}
