//! The groups of a population.

use super::names::{DEPARTMENTS, PURPOSES};
use super::person::Person;
use super::random::Random;
use super::write::escape;
use super::{Population, Style, unit};

/// A group. It follows the groups that are its members.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) dn: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The indexes of the members.
    pub(super) people: Vec<usize>,
    pub(super) groups: Vec<usize>,
    /// The index of a member group that comes later and thereby closes a cycle.
    pub(super) circle: Option<usize>,
    /// `true` if the group is the primary group of its members.
    pub(super) primary: bool,
    /// `true` if the first computer and the first contact are members, too.
    pub(super) strangers: bool,
}

/// The scope and type of a group in Active Directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Global,
    Universal,
    DomainLocal,
    GlobalDistribution,
    UniversalDistribution,
}

impl Kind {
    /// Returns the value of `groupType` (MS-ADTS 2.2.12).
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Global => i32::MIN | 2,
            Self::DomainLocal => i32::MIN | 4,
            Self::Universal => i32::MIN | 8,
            Self::GlobalDistribution => 2,
            Self::UniversalDistribution => 8,
        }
    }
}

pub(super) fn draw(population: &Population, style: Style, base: &str, people: &[Person]) -> Vec<Group> {
    let all = people.len();
    let active = style == Style::ActiveDirectory;
    let units = unit::draw(base);
    let mut groups = Groups { at: unit::find(&units, unit::UnitContent::Groups).dn.clone(), groups: Vec::new() };
    let mut random = Random::new(population.seed, u64::MAX);
    // A chain: the members of the eighth group are indirect members of the first.
    let mut below = Vec::new();
    for level in (1..=8).rev() {
        below = vec![groups.add(&format!("Chain {level}"), Kind::Universal, random.some(3, all), below)];
    }
    let bottom = groups.add("Diamond bottom", Kind::Universal, random.some(9, all), Vec::new());
    let sides = ["left", "right"]
        .map(|side| groups.add(&format!("Diamond {side}"), Kind::Universal, random.some(2, all), vec![bottom]));
    groups.add("Diamond top", Kind::Universal, Vec::new(), sides.to_vec());
    let first = groups.add("Circle a", Kind::Universal, random.some(2, all), Vec::new());
    let second = groups.add("Circle b", Kind::Universal, random.some(2, all), vec![first]);
    let third = groups.add("Circle c", Kind::Universal, random.some(2, all), vec![second]);
    groups.groups[first].circle = Some(third);
    let alone = groups.add("Circle of one", Kind::Universal, random.some(1, all), Vec::new());
    groups.groups[alone].circle = Some(alone);
    groups.add("Sales, Einkauf & \"Co\" #1", Kind::GlobalDistribution, random.some(12, all), Vec::new());
    groups.add("Mailing list – Größe ✓", Kind::UniversalDistribution, random.some(20, all), Vec::new());
    groups.add("GoTo Users", Kind::Global, random.some(all / 2, all), Vec::new());
    if active {
        groups.add("Empty", Kind::Global, Vec::new(), Vec::new());
        groups.add("Empty but for its groups", Kind::Universal, Vec::new(), vec![groups.groups.len() - 1]);
        let hired = groups.add("Hired, for a time", Kind::Global, random.some(7, all), Vec::new());
        groups.groups[hired].primary = true;
        let mixed = groups.add("Not only people", Kind::DomainLocal, random.some(3, all), Vec::new());
        groups.groups[mixed].strangers = true;
    }
    for size in [1500, 1501, 5000] {
        if all >= size {
            groups.add(&format!("With {size} members"), Kind::Global, random.some(size, all), Vec::new());
        }
    }
    while groups.groups.len() < population.groups {
        let number = groups.groups.len();
        let name = format!("{} {} {number:04}", random.pick(DEPARTMENTS), random.pick(PURPOSES));
        // Most groups are small, and a few have hundreds of members.
        let size = 1 + random.below(8) * (1 + random.below(8)) * if random.percent(5) { 10 } else { 1 };
        let within: Vec<usize> = if random.percent(15) { vec![random.below(8), 8 + random.below(4)] } else { vec![] };
        let kind = match random.below(4) {
            _ if !within.is_empty() => Kind::Universal,
            0 => Kind::Universal,
            1 => Kind::DomainLocal,
            _ => Kind::Global,
        };
        groups.add(&name, kind, random.some(size, all), within);
    }
    if !active {
        // The class `groupOfNames` requires a member.
        groups
            .groups
            .iter_mut()
            .filter(|group| group.people.is_empty() && all > 0)
            .for_each(|group| group.people.push(0));
    }
    groups.groups
}

struct Groups {
    at: String,
    groups: Vec<Group>,
}

impl Groups {
    fn add(&mut self, name: &str, kind: Kind, people: Vec<usize>, groups: Vec<usize>) -> usize {
        let (dn, name) = (format!("CN={},{}", escape(name), self.at), name.to_owned());
        self.groups.push(Group { dn, name, kind, people, groups, circle: None, primary: false, strangers: false });
        self.groups.len() - 1
    }
}
