//! Classification of entries by their object classes.

use crate::model::UnitKind;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Kind {
    Person,
    Group,
    Unit(UnitKind),
    /// An entry that does not matter for a sync: a computer, a contact, a policy.
    Other,
    /// A tombstone.
    Deleted,
    /// An entry without object classes.
    Unknown,
}

/// The meaning of an object class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Class {
    /// Any other object class.
    Any,
    Person,
    /// A person that a POSIX group can name by `uid`.
    PosixAccount,
    NoPerson,
    Group,
    /// A group that lists its members by `uid`.
    PosixGroup,
    NamingContext,
    Unit,
    Container,
}

/// The set of object classes of an entry.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::source) struct Classes(u16);

impl Classes {
    /// Adds a class by name.
    pub(in crate::source) fn add(&mut self, name: &[u8]) {
        let known = CLASSES.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        self.0 |= 1 << known.map_or(Class::Any, |(_, class)| *class) as u16;
    }

    pub(in crate::source) fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u16) != 0
    }

    /// Returns the kind of an entry with these classes, unless the entry is deleted.
    pub(in crate::source) fn kind(self) -> Kind {
        if self.has(Class::Group) || self.has(Class::PosixGroup) {
            Kind::Group
        } else if (self.has(Class::Person) || self.has(Class::PosixAccount)) && !self.has(Class::NoPerson) {
            Kind::Person
        } else if self.has(Class::NamingContext) {
            // Checked first, because a naming context is often an `organizationalUnit` or a `container` as well.
            Kind::Unit(UnitKind::NamingContext)
        } else if self.has(Class::Unit) {
            Kind::Unit(UnitKind::Unit)
        } else if self.has(Class::Container) {
            Kind::Unit(UnitKind::Container)
        } else if self.0 != 0 {
            Kind::Other
        } else {
            Kind::Unknown
        }
    }
}

/// The object classes of AD (MS-ADSC) and of RFCs 2307, 2798, and 4519. In AD, the entries that have the class `user` and
/// none of the excluding classes are those that `(&(objectCategory=person)(objectClass=user))` finds.
const CLASSES: &[(&str, Class)] = &[
    ("top", Class::Any),
    ("person", Class::Person),
    ("user", Class::Person),
    ("inetOrgPerson", Class::Person),
    ("account", Class::Person),
    ("posixAccount", Class::PosixAccount),
    ("computer", Class::NoPerson),
    ("contact", Class::NoPerson),
    ("foreignSecurityPrincipal", Class::NoPerson),
    ("msDS-ManagedServiceAccount", Class::NoPerson),
    ("msDS-GroupManagedServiceAccount", Class::NoPerson),
    ("group", Class::Group),
    ("groupOfNames", Class::Group),
    ("groupOfUniqueNames", Class::Group),
    ("posixGroup", Class::PosixGroup),
    ("domain", Class::NamingContext),
    ("domainDNS", Class::NamingContext),
    ("organization", Class::NamingContext),
    ("dcObject", Class::NamingContext),
    ("organizationalUnit", Class::Unit),
    ("container", Class::Container),
    ("builtinDomain", Class::Container),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(names: &[&str]) -> Kind {
        let mut classes = Classes::default();
        for name in names {
            classes.add(name.as_bytes());
        }
        classes.kind()
    }

    #[test]
    fn distinguishes_people_from_similar_entries() {
        assert_eq!(kind(&["top", "person", "organizationalPerson", "USER"]), Kind::Person);
        assert_eq!(kind(&["inetOrgPerson"]), Kind::Person);
        assert_eq!(kind(&["top", "person", "organizationalPerson", "user", "computer"]), Kind::Other);
        assert_eq!(kind(&["top", "person", "organizationalPerson", "contact"]), Kind::Other);
        assert_eq!(kind(&["top", "groupOfNames"]), Kind::Group);
        assert_eq!(kind(&["top", "organizationalUnit"]), Kind::Unit(UnitKind::Unit));
        assert_eq!(kind(&["dcObject", "organizationalUnit"]), Kind::Unit(UnitKind::NamingContext));
        assert_eq!(kind(&["top", "groupPolicyContainer", "container"]), Kind::Unit(UnitKind::Container));
        assert_eq!(kind(&["printQueue"]), Kind::Other);
        assert_eq!(kind(&[]), Kind::Unknown);
    }
}
