//! The variables of expressions: the attributes of a person, and values derived from the directory.

use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Object;

use crate::model::{AttributeTable, Directory, Dn, GroupIx, Person, PersonIx};

/// A variable in expressions that is not an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The distinguished name.
    Dn,
    /// The names of all parts of the distinguished name, from the person upward.
    DnParts,
    /// The domain that the `DC` parts form.
    Domain,
    /// The name of the unit directly above the person.
    Ou,
    /// The names of all OUs above the person, nearest first.
    Ous,
    /// The names of the groups that the person is a direct member of.
    Groups,
    /// The names of those groups and of all groups that contain them.
    AllGroups,
}

/// Every variable, in the order of the documentation.
pub(super) const VIEWS: [View; 7] =
    [View::Dn, View::DnParts, View::Domain, View::Ou, View::Ous, View::Groups, View::AllGroups];

impl View {
    /// Returns the name in expressions.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dn => "dn",
            Self::DnParts => "dn_parts",
            Self::Domain => "domain",
            Self::Ou => "ou",
            Self::Ous => "ous",
            Self::Groups => "groups",
            Self::AllGroups => "all_groups",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dn" => Self::Dn,
            "dn_parts" => Self::DnParts,
            "domain" => Self::Domain,
            "ou" => Self::Ou,
            "ous" => Self::Ous,
            "groups" => Self::Groups,
            "all_groups" => Self::AllGroups,
            _ => return None,
        })
    }

    /// Returns the values for a person.
    pub(crate) fn values(self, directory: &Directory, person: &Person) -> Vec<String> {
        let names = |groups: &mut dyn Iterator<Item = GroupIx>| {
            groups.map(|group| directory.group(group).name.to_string()).collect()
        };
        match self {
            Self::Dn => vec![person.dn.to_string()],
            Self::DnParts => parts(&person.dn).map(|part| part.name()).collect(),
            Self::Domain => {
                let domain: Vec<_> = of_kind(&person.dn, "dc").collect();
                if domain.is_empty() { Vec::new() } else { vec![domain.join(".")] }
            }
            Self::Ou => vec![directory.unit(person.unit).dn.name()],
            Self::Ous => of_kind(&person.dn, "ou").collect(),
            Self::Groups => names(&mut person.direct_groups()),
            Self::AllGroups => names(&mut all_groups(directory, person).into_iter()),
        }
    }

    const fn is_list(self) -> bool {
        matches!(self, Self::DnParts | Self::Ous | Self::Groups | Self::AllGroups)
    }
}

fn parts(dn: &Dn) -> impl Iterator<Item = Dn> {
    iter::successors(Some(dn.clone()), Dn::parent)
}

fn of_kind(dn: &Dn, kind: &'static str) -> impl Iterator<Item = String> {
    parts(dn).filter(move |part| part.kind() == kind).map(|part| part.name())
}

/// Returns every group of the person, including nested groups, without duplicates and in the order of the directory.
fn all_groups(directory: &Directory, person: &Person) -> BTreeSet<GroupIx> {
    let mut found: BTreeSet<GroupIx> = BTreeSet::new();
    let mut open: Vec<GroupIx> = person.direct_groups().collect();
    while let Some(group) = open.pop() {
        if found.insert(group) {
            open.extend(&directory.group(group).parents);
        }
    }
    found
}

/// A person of a directory, as the template engine accesses it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) directory: Arc<Directory>,
    pub(super) person: PersonIx,
}

impl Object for Seen {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let person = self.directory.person(self.person);
        if let Some(view) = View::named(key) {
            let mut values = view.values(&self.directory, person).into_iter().map(Value::from);
            return if view.is_list() { Some(values.collect()) } else { values.next() };
        }
        let table = self.directory.attributes();
        let id = table.find(key).or_else(|| key.contains('_').then(|| table.find(&key.replace('_', "-")))?)?;
        let values = person.attributes.values(id);
        if values.is_empty() {
            return None;
        }
        // Decide by schema, not by the number of values: an expression must not change its meaning when a person gets a second value.
        if AttributeTable::multi_valued(id) {
            return Some(values.iter().map(|value| Value::from(&*value.display())).collect());
        }
        values.first().map(|value| Value::from(&*value.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryBuilder, GroupEntry, GroupId, PersonEntry, PersonId};

    #[test]
    fn finds_every_variable_by_its_name() {
        for view in VIEWS {
            assert_eq!(View::named(view.as_str()), Some(view));
        }
    }

    #[test]
    fn returns_the_values_of_every_variable() {
        let dn = r"CN=Groß\, Jürgen,OU=EMEA,OU=Sales\+Co,CN=Users,DC=example,DC=test";
        let mut builder = DirectoryBuilder::new();
        builder.person(PersonEntry::new(PersonId::parse("1"), Dn::parse(dn).unwrap()));
        let group = |name: &str, member: &str| {
            let dn = Dn::parse(&format!("CN={name},DC=test")).unwrap();
            GroupEntry::new(GroupId::parse(name), dn).member(member)
        };
        // The two groups contain each other, which directories allow.
        builder.group(group("Inner", dn).member("CN=Outer,DC=test"));
        builder.group(group("Outer", "CN=Inner,DC=test"));
        let directory = builder.build().unwrap();
        let values = |view: View| view.values(&directory, &directory.people()[0]);
        assert_eq!(values(View::DnParts), ["Groß, Jürgen", "EMEA", "Sales+Co", "Users", "example", "test"]);
        assert_eq!(values(View::Domain), ["example.test"]);
        assert_eq!(values(View::Ou), ["EMEA"]);
        assert_eq!(values(View::Ous), ["EMEA", "Sales+Co"]);
        assert_eq!(values(View::Groups), ["Inner"]);
        assert_eq!(values(View::AllGroups), ["Inner", "Outer"]);
        assert_eq!(values(View::Dn), [dn]);
    }
}
