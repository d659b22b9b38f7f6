//! Laws of sources: the conformance tests that every source must pass.

use std::collections::BTreeSet;

use crate::model::{Depth, Dn, GroupRef, Membership, PersonId, ReadRequest, Reading, Scope};
use crate::rules::{Trial, desire};
use crate::source::{DirectorySource, ListQuery, NodeKind};
use crate::target::FieldLimits;
use crate::{ErrorKind, Rules};

use super::Trouble;
use super::{Held, ensure, laws, same};

laws! {
    dyn DirectorySource:
    same_question_same_answer,
    a_read_is_complete,
    a_narrower_read_is_a_superset,
    a_narrower_read_selects_the_same_people,
    groups_and_units_come_whole,
    attributes_that_are_asked_for_arrive,
    counts_of_children_add_up,
    the_tree_has_every_unit,
    the_tops_are_the_naming_contexts,
    an_unknown_place_is_not_found,
    listings_are_as_long_as_the_counts,
    pages_hold_everybody_once,
    people_come_in_the_order_of_ids,
}

/// Two reads return equal directories, and two descriptions are equal.
pub async fn same_question_same_answer(source: &dyn DirectorySource) -> Held {
    let (one, other) = (everyone(source).await?, everyone(source).await?);
    same("the second read", &text(&other), &text(&one))?;
    same("the second description", &source.describe().await?, &source.describe().await?)
}

/// A read of the test directory is marked complete and contains people.
pub async fn a_read_is_complete(source: &dyn DirectorySource) -> Held {
    let reading = everyone(source).await?;
    ensure(&format!("the read is complete: {}", reading.completeness), reading.completeness.is_complete())?;
    ensure("the directory has people", !reading.directory.people().is_empty())
}

/// A read of one scope returns every person in that scope.
pub async fn a_narrower_read_is_a_superset(source: &dyn DirectorySource) -> Held {
    let whole = everyone(source).await?;
    for unit in whole.directory.units() {
        let request = narrow(Scope::Unit { dn: unit.dn.clone(), depth: Depth::Subtree });
        let read = ids(&source.read(&request).await?);
        for person in whole.directory.people().iter().filter(|person| person.dn.is_within(&unit.dn)) {
            ensure(&format!("a read of {} returns {}", unit.dn, person.dn), read.contains(&person.id))?;
        }
    }
    for group in whole.directory.groups() {
        let scope = Scope::Group { group: GroupRef::Dn(group.dn.clone()), membership: Membership::Nested };
        let read = ids(&source.read(&narrow(scope)).await?);
        for person in &group.people {
            let person = whole.directory.person(*person);
            ensure(&format!("a read of {} returns {}", group.dn, person.dn), read.contains(&person.id))?;
        }
    }
    Ok(())
}

/// A rule selects the same people from a read of its own scope as from a read of the complete directory.
pub async fn a_narrower_read_selects_the_same_people(source: &dyn DirectorySource) -> Held {
    let whole = everyone(source).await?;
    let units = whole.directory.units().iter().filter(|unit| !unit.dn.as_str().is_empty()).flat_map(|unit| {
        ["subtree", "one-level"].map(|depth| format!("ou = {{ dn = '{}', depth = '{depth}' }}", unit.dn))
    });
    let groups = whole.directory.groups().iter().flat_map(|group| {
        ["nested", "direct"].map(|members| format!("group = {{ dn = '{}', members = '{members}' }}", group.dn))
    });
    for scope in units.chain(groups) {
        let text = format!("[[rule]]\nname = 'One'\n{scope}\n");
        let rules = Rules::parse(&text, "rules.toml").map_err(crate::Error::from)?;
        let narrower = source.read(&rules.request()).await?;
        same(&scope, &selected(&rules, &narrower), &selected(&rules, &whole))?;
    }
    Ok(())
}

/// Every read returns all groups and OUs, even if it requests no people.
pub async fn groups_and_units_come_whole(source: &dyn DirectorySource) -> Held {
    let whole = everyone(source).await?;
    let places = |reading: &Reading| -> (Vec<Dn>, Vec<Dn>) {
        let directory = &reading.directory;
        let groups = directory.groups().iter().map(|group| group.dn.clone()).collect();
        (groups, directory.units().iter().map(|unit| unit.dn.clone()).collect())
    };
    let nobody = ReadRequest { attributes: Vec::new(), scopes: Vec::new(), since: None };
    same("groups and units", &places(&source.read(&nobody).await?), &places(&whole))
}

/// A requested attribute is returned for every person who has it, whichever other attributes are requested.
pub async fn attributes_that_are_asked_for_arrive(source: &dyn DirectorySource) -> Held {
    let (some, more) = (source.read(&ReadRequest::everyone(["mail"])).await?, everyone(source).await?);
    let mails = |reading: &Reading| -> Vec<Option<String>> {
        let directory = &reading.directory;
        directory.people().iter().map(|person| directory.text(person, "mail").map(str::to_owned)).collect()
    };
    same("the addresses", &mails(&some), &mails(&more))?;
    ensure("at least one person has an address", mails(&some).iter().any(Option::is_some))
}

/// The number of people below a node is the sum of the people directly in it and those below its children. The top-level nodes
/// together contain all people.
pub async fn counts_of_children_add_up(source: &dyn DirectorySource) -> Held {
    let tops = source.children(None).await?;
    let all = everyone(source).await?.directory.people().len();
    same(
        "the number of people below the top-level nodes",
        &tops.iter().map(|top| top.people_below).sum::<usize>(),
        &all,
    )?;
    let mut open = tops;
    while let Some(node) = open.pop() {
        let mut below = source.children(Some(&node.dn)).await?;
        same(&format!("the field `children` of {}", node.dn), &node.children, &!below.is_empty())?;
        if node.kind == NodeKind::Group {
            continue;
        }
        below.retain(|child| child.kind != NodeKind::Group);
        let sum = node.people + below.iter().map(|child| child.people_below).sum::<usize>();
        same(node.dn.as_str(), &node.people_below, &sum)?;
        open.append(&mut below);
    }
    Ok(())
}

/// Walking down the tree from the top-level nodes reaches every OU and every group.
pub async fn the_tree_has_every_unit(source: &dyn DirectorySource) -> Held {
    let reading = everyone(source).await?;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open = source.children(None).await?;
    while let Some(node) = open.pop() {
        // The walk reaches a nested group more than once.
        if found.insert(node.dn.key()) {
            open.append(&mut source.children(Some(&node.dn)).await?);
        }
    }
    let units = reading.directory.units().iter().map(|unit| unit.dn.key());
    let groups = reading.directory.groups().iter().map(|group| group.dn.key());
    same("the nodes of the tree", &found, &units.chain(groups).collect())
}

/// The top-level nodes are the naming contexts of the description.
pub async fn the_tops_are_the_naming_contexts(source: &dyn DirectorySource) -> Held {
    let tops: Vec<Dn> = source.children(None).await?.into_iter().map(|node| node.dn).collect();
    same("the top-level nodes", &tops, &source.describe().await?.naming_contexts)
}

/// Listing the children of an unknown node fails as not found, instead of returning an empty list.
pub async fn an_unknown_place_is_not_found(source: &dyn DirectorySource) -> Held {
    match source.children(Some(&Dn::parse("OU=Nowhere,DC=invalid")?)).await {
        Ok(nodes) => Err(format!("an unknown node has children: {nodes:?}").into()),
        Err(error) => same("the error", &error.kind(), &ErrorKind::NotFound),
    }
}

/// The listing of a node or a group has as many people as its count.
pub async fn listings_are_as_long_as_the_counts(source: &dyn DirectorySource) -> Held {
    let mut open = source.children(None).await?;
    let mut seen = BTreeSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node.dn.key()) {
            continue;
        }
        for (depth, count) in [(Depth::OneLevel, node.people), (Depth::Subtree, node.people_below)] {
            let query = ListQuery { depth, limit: 1, ..ListQuery::of(Some(node.dn.clone())) };
            let listing = source.list(&query).await?;
            same(
                &format!("the total and the number of people of {query:?}"),
                &(listing.total, listing.people.len()),
                &(count, count.min(1)),
            )?;
        }
        open.append(&mut source.children(Some(&node.dn)).await?);
    }
    match source.list(&ListQuery::of(Some(Dn::parse("OU=Nowhere,DC=invalid")?))).await {
        Ok(listing) => Err(format!("an unknown node has a listing: {listing:?}").into()),
        Err(error) => same("the error", &error.kind(), &ErrorKind::NotFound),
    }
}

/// The pages of a listing contain every person exactly once, sorted by name.
pub async fn pages_hold_everybody_once(source: &dyn DirectorySource) -> Held {
    let (mut seen, mut names) = (Vec::new(), Vec::new());
    loop {
        let listing = source.list(&ListQuery { skip: seen.len(), limit: 3, ..ListQuery::of(None) }).await?;
        if listing.people.is_empty() {
            break same("the total", &seen.len(), &listing.total)?;
        }
        names.extend(listing.people.iter().map(|person| person.name.to_lowercase()));
        seen.extend(listing.people.into_iter().map(|person| person.id));
    }
    ensure("the listing is sorted by name", names.is_sorted())?;
    let seen: BTreeSet<PersonId> = seen.into_iter().collect();
    same("the people of all pages", &seen, &ids(&everyone(source).await?))
}

/// A read returns people in ascending order of ID, without duplicates.
pub async fn people_come_in_the_order_of_ids(source: &dyn DirectorySource) -> Held {
    let reading = everyone(source).await?;
    ensure("people are sorted by ID, without duplicates", reading.directory.people().is_sorted_by(|a, b| a.id < b.id))
}

async fn everyone(source: &dyn DirectorySource) -> Result<Reading, Trouble> {
    Ok(source.read(&ReadRequest::everyone(["mail", "givenName", "sn"])).await?)
}

fn narrow(scope: Scope) -> ReadRequest {
    ReadRequest { attributes: vec!["mail".to_owned()], scopes: vec![scope], since: None }
}

fn ids(reading: &Reading) -> BTreeSet<PersonId> {
    reading.directory.people().iter().map(|person| person.id.clone()).collect()
}

fn selected(rules: &Rules, reading: &Reading) -> Vec<PersonId> {
    let desires = desire(rules, &reading.directory, FieldLimits::VENDOR, Trial::Include);
    desires.people.iter().map(|desire| reading.directory.person(desire.person).id.clone()).collect()
}

/// Formats a reading as text to compare it, because directories do not implement `PartialEq`.
fn text(reading: &Reading) -> String {
    format!("{:#?} {:#?} {}", reading.directory.people(), reading.directory.groups(), reading.completeness)
}
