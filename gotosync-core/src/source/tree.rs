//! Browsing of a directory tree, one level at a time.

use super::{Node, NodeKind, node_kind};
use crate::model::text::{fold, nearest};
use crate::model::{Directory, Dn, GroupIx, UnitIx};
use crate::{Error, ErrorKind, Result};

/// Lists one level of a directory tree, sorted by name.
///
/// It returns the roots for `None`; for an OU or container, the units and containers directly below it, followed by its
/// groups; and for a group, the groups that are its direct members. The numbers of people are correct only if the directory
/// was read without scopes.
///
/// ```
/// use gotosync_core::model::{DirectoryBuilder, Dn, PersonEntry, PersonId};
/// use gotosync_core::source::children_of;
///
/// let mut builder = DirectoryBuilder::new();
/// builder.person(PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=Ann,OU=People,DC=x")?));
/// let directory = builder.build()?;
/// let below = children_of(&directory, Some(&Dn::parse("DC=x")?))?;
/// assert_eq!((below[0].dn.as_str(), below[0].people), ("OU=People,DC=x", 1));
/// # Ok::<(), gotosync_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotFound`] if the directory has no such OU, container, or group.
pub fn children_of(directory: &Directory, of: Option<&Dn>) -> Result<Vec<Node>> {
    let Some(of) = of else { return Ok(Tree::new(directory).below(None)) };
    if let Some(unit) = directory.find_unit(of) {
        return Ok(Tree::new(directory).below(Some(unit)));
    }
    let Some(group) = directory.group_by_dn(of) else { return Err(missing(directory, of)) };
    let mut nodes: Vec<Node> = directory.group(group).groups.iter().map(|ix| group_node(directory, *ix)).collect();
    sort(&mut nodes);
    Ok(nodes)
}

/// A directory with the number of people in each unit and the unit of each group.
struct Tree<'d> {
    directory: &'d Directory,
    people: Vec<usize>,
    people_below: Vec<usize>,
    groups: Vec<Option<UnitIx>>,
    has_children: Vec<bool>,
}

impl<'d> Tree<'d> {
    fn new(directory: &'d Directory) -> Self {
        let units = directory.units();
        let mut people = vec![0; units.len()];
        for person in directory.people() {
            people[person.unit.index()] += 1;
        }
        let mut people_below = people.clone();
        let mut has_children = vec![false; units.len()];
        // Parents always come before their children, so in reverse order every count is final before it is added to the parent's.
        for (at, unit) in units.iter().enumerate().rev() {
            if let Some(parent) = unit.parent {
                people_below[parent.index()] += people_below[at];
                has_children[parent.index()] = true;
            }
        }
        let place = |dn: &Dn| directory.find_unit(&dn.parent()?);
        let groups: Vec<Option<UnitIx>> = directory.groups().iter().map(|group| place(&group.dn)).collect();
        for unit in groups.iter().flatten() {
            has_children[unit.index()] = true;
        }
        Self { directory, people, people_below, groups, has_children }
    }

    /// Returns the units directly below a unit, and the groups in it.
    fn below(&self, place: Option<UnitIx>) -> Vec<Node> {
        let units = self.directory.units().iter().enumerate().filter(|(_, unit)| unit.parent == place);
        let mut nodes: Vec<Node> = units
            .map(|(at, unit)| Node {
                dn: unit.dn.clone(),
                kind: node_kind(unit.kind),
                people: self.people[at],
                people_below: self.people_below[at],
                children: self.has_children[at],
            })
            .collect();
        sort(&mut nodes);
        let here = self.groups.iter().enumerate().filter(|(_, unit)| place.is_some() && **unit == place);
        let mut groups: Vec<Node> = here.map(|(at, _)| group_node(self.directory, GroupIx(at as u32))).collect();
        sort(&mut groups);
        nodes.append(&mut groups);
        nodes
    }
}

fn group_node(directory: &Directory, ix: GroupIx) -> Node {
    let group = directory.group(ix);
    let reached = directory.nested_groups(ix);
    let mut members: Vec<_> = reached.into_iter().flat_map(|ix| &directory.group(ix).people).collect();
    members.sort();
    members.dedup();
    Node {
        dn: group.dn.clone(),
        kind: NodeKind::Group,
        people: group.people.len(),
        people_below: members.len(),
        children: !group.groups.is_empty(),
    }
}

/// Sorts nodes by name.
pub(super) fn sort(nodes: &mut [Node]) {
    sort_by_name(nodes, |node| &node.dn);
}

/// Sorts items by the names of their distinguished names.
pub(super) fn sort_by_name<T>(all: &mut [T], dn: impl Fn(&T) -> &Dn) {
    all.sort_by_cached_key(|one| (fold(&dn(one).name()).into_owned(), dn(one).key()));
}

/// Returns the error for an unknown distinguished name; its hint is the most similar name in the directory.
pub(super) fn missing(directory: &Directory, wanted: &Dn) -> Error {
    let units = directory.units().iter().map(|unit| &unit.dn);
    let places: Vec<&Dn> = units.chain(directory.groups().iter().map(|group| &group.dn)).collect();
    let names: Vec<String> = places.iter().map(|dn| dn.name()).collect();
    let near = nearest(&wanted.name(), names.iter().map(String::as_str));
    let near = near.and_then(|near| names.iter().position(|name| name == near));
    let error = Error::new(ErrorKind::NotFound, format!("the directory has no OU, container, or group `{wanted}`"));
    match near {
        Some(at) => error.hint(format!("did you mean `{}`?", places[at])),
        None => error.hint("list the roots of the tree, without a name, and browse down from there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryBuilder, GroupEntry, GroupId, PersonEntry, PersonId, UnitKind};

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    /// Ann in `OU=Sales`, Bob in `OU=Far,OU=Sales`; the group `All` holds Ann and the group `Some`, which holds both.
    fn directory() -> Directory {
        let mut builder = DirectoryBuilder::new();
        builder.unit("DC=x", UnitKind::NamingContext);
        builder.unit("OU=sales,DC=x", UnitKind::Unit);
        builder.unit("CN=Empty,DC=x", UnitKind::Container);
        let (ann, bob) = ("CN=Ann,OU=Sales,DC=x", "CN=Bob,OU=Far,OU=Sales,DC=x");
        builder.person(PersonEntry::new(PersonId::parse("1"), dn(ann)));
        builder.person(PersonEntry::new(PersonId::parse("2"), dn(bob)));
        let group = |id: &str, name: &str| GroupEntry::new(GroupId::parse(id), dn(name));
        builder.group(group("a", "CN=All,DC=x").member(ann).member("CN=Some,OU=Sales,DC=x"));
        builder.group(group("s", "CN=Some,OU=Sales,DC=x").member(ann).member(bob).member("CN=All,DC=x"));
        builder.build().unwrap()
    }

    fn listed(of: Option<&str>) -> Vec<(String, NodeKind, usize, usize, bool)> {
        let nodes = children_of(&directory(), of.map(dn).as_ref()).unwrap();
        nodes
            .iter()
            .map(|node| (node.dn.to_string(), node.kind, node.people, node.people_below, node.children))
            .collect()
    }

    #[test]
    fn lists_units_and_containers_before_groups_on_each_level() {
        assert_eq!(listed(None), [("DC=x".into(), NodeKind::NamingContext, 0, 2, true)]);
        assert_eq!(
            listed(Some("dc=X")),
            [
                ("CN=Empty,DC=x".into(), NodeKind::Container, 0, 0, false),
                ("OU=sales,DC=x".into(), NodeKind::Unit, 1, 2, true),
                ("CN=All,DC=x".into(), NodeKind::Group, 1, 2, true),
            ]
        );
        assert_eq!(
            listed(Some("OU=Sales,DC=x")),
            [
                ("OU=Far,OU=Sales,DC=x".into(), NodeKind::Unit, 1, 1, false),
                ("CN=Some,OU=Sales,DC=x".into(), NodeKind::Group, 2, 2, true),
            ]
        );
        assert_eq!(listed(Some("CN=Empty,DC=x")), []);
    }

    #[test]
    fn starts_at_the_topmost_known_units() {
        let tops = |units: &[&str], person: &str| {
            let mut builder = DirectoryBuilder::new();
            for unit in units {
                builder.unit(unit, UnitKind::Unit);
            }
            builder.person(PersonEntry::new(PersonId::parse("1"), dn(person)));
            let nodes = children_of(&builder.build().unwrap(), None).unwrap();
            nodes.iter().map(|node| node.dn.to_string()).collect::<Vec<_>>()
        };
        let ann = "CN=Ann,OU=A,OU=In,DC=x,DC=test";
        assert_eq!(tops(&["OU=A,OU=In,DC=x,DC=test"], ann), ["OU=A,OU=In,DC=x,DC=test"]);
        // Several units: the root is their common ancestor.
        assert_eq!(tops(&["OU=A,OU=In,DC=x,DC=test", "OU=B,DC=x,DC=test"], ann), ["DC=x,DC=test"]);
        let apart = ["OU=A,OU=In,DC=x,DC=test", "OU=B,OU=Out,DC=y"];
        assert_eq!(tops(&apart, ann), ["OU=A,OU=In,DC=x,DC=test", "OU=B,OU=Out,DC=y"]);
        // Ann is in none of the known units, so her parents count as units, up to the last common ancestor.
        assert_eq!(tops(&["OU=B,DC=x,DC=test"], ann), ["DC=test"]);
    }

    #[test]
    fn lists_the_nested_groups_of_a_group() {
        assert_eq!(listed(Some("cn=all,dc=x")), [("CN=Some,OU=Sales,DC=x".into(), NodeKind::Group, 2, 2, true)]);
    }

    #[test]
    fn reports_an_unknown_name_with_the_most_similar_one() {
        let error = children_of(&directory(), Some(&dn("OU=Slaes,DC=x"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "the directory has no OU, container, or group `OU=Slaes,DC=x`");
        assert_eq!(error.help(), Some("did you mean `OU=sales,DC=x`?"));
    }
}
