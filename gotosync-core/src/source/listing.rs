//! Paged listings of the people in an OU, container, or group, and search by name.

use jiff::Timestamp;
use serde::Serialize;

use super::tree::missing;
use super::{NodeKind, node_kind};
use crate::Result;
use crate::model::text::{fold, nfc};
use crate::model::{Completeness, Depth, Directory, Dn, Person, PersonId, UnitIx, Value};

/// A query for a page of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The OU, container, or group to list; `None` for the entire directory.
    pub of: Option<Dn>,
    /// The depth of the listing. In an OU or container, one level means the people directly in it, and a subtree includes
    /// all units below; in a group, one level means direct members, and a subtree includes members of nested groups. It is
    /// ignored for the entire directory.
    pub depth: Depth,
    /// The words that a name must contain. OUs, containers, and groups are listed only if a name is given.
    pub name: Option<String>,
    /// The number of people to skip at the beginning.
    pub skip: usize,
    /// The maximum number of people to return.
    pub limit: usize,
}

impl ListQuery {
    /// Queries the first 100 people directly in an OU, container, or group, or in the entire directory.
    pub fn of(of: Option<Dn>) -> Self {
        Self { of, depth: Depth::OneLevel, name: None, skip: 0, limit: 100 }
    }

    /// Queries the people, OUs, containers, and groups with this name, anywhere below `of`.
    pub fn named(of: Option<Dn>, name: impl Into<String>) -> Self {
        Self { depth: Depth::Subtree, name: Some(name.into()), ..Self::of(of) }
    }

    /// Returns the words of the name; empty if the name is blank.
    pub(super) fn words(&self) -> Vec<String> {
        self.name.iter().flat_map(|name| name.split_whitespace()).map(str::to_owned).collect()
    }
}

/// A page of people; for a search by name, also the OUs, containers, and groups that match.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// The OUs and containers that match the name, followed by the groups, both sorted by name. They are all below the
    /// OU or container that the query names, if any.
    pub places: Vec<FoundNode>,
    /// The people on this page, sorted by name.
    pub people: Vec<Listed>,
    /// The number of people on all pages.
    pub total: usize,
    /// The completeness of the read that the page comes from.
    pub completeness: Completeness,
}

/// An OU, container, or group that matches a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundNode {
    /// The distinguished name.
    pub dn: Dn,
    /// The kind of node.
    pub kind: NodeKind,
}

/// The former name of [`FoundNode`].
#[deprecated(since = "0.1.0", note = "use `FoundNode`")]
pub type Place = FoundNode;

/// A person in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The immutable id.
    pub id: PersonId,
    /// The distinguished name.
    pub dn: Dn,
    /// The display name, or the value of the RDN if there is none.
    pub name: String,
    /// The e-mail address.
    pub mail: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// The department, by name or number.
    pub department: Option<String>,
    /// The telephone number, or the mobile number if there is none.
    pub phone: Option<String>,
    /// The sign-in status.
    pub standing: Standing,
}

/// The sign-in status of a person in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The person can sign in.
    Enabled,
    /// The person is disabled.
    Disabled,
    /// The person's account has expired.
    Expired,
}

impl Standing {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Enabled, Self::Disabled, Self::Expired];
}

/// Lists the people in a directory that was read without scopes, with the attributes [`LIST_ATTRIBUTES`].
///
/// A person matches a name if every word of it is in their display name, common name, first or last name, e-mail, or account
/// name, regardless of case. An account has expired if its end is before `now`.
///
/// ```
/// use gotosync_core::model::{DirectoryBuilder, Dn, PersonEntry, PersonId};
/// use gotosync_core::source::{ListQuery, listing_of};
///
/// let mut builder = DirectoryBuilder::new();
/// let title = builder.attribute("title");
/// let ann = PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=Ann Lee,OU=People,DC=x")?);
/// builder.person(ann.with(title, "Engineer"));
/// let listing = listing_of(&builder.build()?, &ListQuery::named(None, "lee"), "2026-01-01T00:00:00Z".parse().unwrap())?;
/// assert_eq!((listing.total, &*listing.people[0].name), (1, "Ann Lee"));
/// assert_eq!(listing.people[0].title.as_deref(), Some("Engineer"));
/// # Ok::<(), gotosync_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the directory has no such OU, container, or group.
pub fn listing_of(directory: &Directory, query: &ListQuery, now: Timestamp) -> Result<Listing> {
    let words = query.words();
    let place = query.of.as_ref().map(|of| directory.find_unit(of).ok_or(of));
    let people: Vec<&Person> = match place {
        None => directory.people().iter().collect(),
        Some(Ok(unit)) => people_in(directory, unit, query.depth).collect(),
        Some(Err(of)) => {
            let Some(group) = directory.group_by_dn(of) else { return Err(missing(directory, of)) };
            let groups = if query.depth == Depth::Subtree { directory.nested_groups(group) } else { vec![group] };
            let mut people: Vec<_> = groups.iter().flat_map(|group| &directory.group(*group).people).collect();
            people.sort();
            people.dedup();
            people.into_iter().map(|person| directory.person(*person)).collect()
        }
    };
    let called = |person: &&Person| words.is_empty() || is_called(directory, person, &words);
    let places = match place {
        Some(Err(_)) => Vec::new(),
        _ => places(directory, query, &words),
    };
    Ok(page(directory, people.into_iter().filter(called), places, query, now))
}

/// Returns one page of people, sorted by name.
pub(super) fn page<'d>(
    directory: &Directory,
    people: impl Iterator<Item = &'d Person>,
    places: Vec<FoundNode>,
    query: &ListQuery,
    now: Timestamp,
) -> Listing {
    let mut people: Vec<(String, &Person)> = people.map(|person| (name(directory, person), person)).collect();
    people.sort_by_cached_key(|(name, person)| (fold(name).into_owned(), person.dn.key()));
    let total = people.len();
    let people = people.into_iter().skip(query.skip).take(query.limit);
    let people = people.map(|(name, person)| listed(directory, person, name, now)).collect();
    Listing { places, people, total, completeness: Completeness::Complete }
}

/// Returns the OUs, containers, and groups that match the words.
pub(super) fn places(directory: &Directory, query: &ListQuery, words: &[String]) -> Vec<FoundNode> {
    if words.is_empty() {
        return Vec::new();
    }
    let here = |dn: &Dn| match &query.of {
        None => true,
        Some(of) if query.depth == Depth::OneLevel => dn.parent().is_some_and(|parent| parent == *of),
        Some(of) => dn.is_within(of) && dn != of,
    };
    let units = directory.units().iter().filter(|unit| has_words(&[&unit.dn.name()], words));
    let units = units.map(|unit| FoundNode { dn: unit.dn.clone(), kind: node_kind(unit.kind) });
    let groups = directory.groups().iter().filter(|group| has_words(&[&group.dn.name(), &group.name], words));
    let groups = groups.map(|group| FoundNode { dn: group.dn.clone(), kind: NodeKind::Group });
    let mut places: Vec<FoundNode> = units.chain(groups).filter(|place| here(&place.dn)).collect();
    places.sort_by_cached_key(|place| {
        (place.kind == NodeKind::Group, fold(&place.dn.name()).into_owned(), place.dn.key())
    });
    places
}

fn people_in(directory: &Directory, base: UnitIx, depth: Depth) -> impl Iterator<Item = &Person> {
    let wanted: Vec<bool> = (0..directory.units().len() as u32)
        .map(|at| match depth {
            Depth::OneLevel => UnitIx(at) == base,
            Depth::Subtree => directory.unit_is_within(UnitIx(at), base),
        })
        .collect();
    directory.people().iter().filter(move |person| wanted[person.unit.index()])
}

fn is_called(directory: &Directory, person: &Person, words: &[String]) -> bool {
    let rdn = person.dn.name();
    let values = CALLED_BY.iter().flat_map(|name| directory.values(person, name)).filter_map(Value::as_text);
    let values: Vec<&str> = values.chain([&*rdn]).collect();
    has_words(&values, words)
}

/// Returns `true` if every word is in one of the texts.
fn has_words(texts: &[&str], words: &[String]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| nfc(&fold(text)).into_owned()).collect();
    words.iter().all(|word| {
        let word = nfc(&fold(word)).into_owned();
        texts.iter().any(|text| text.contains(&word))
    })
}

fn name(directory: &Directory, person: &Person) -> String {
    let shown = first(directory, person, &["displayName"]);
    shown.unwrap_or_else(|| person.dn.name())
}

fn listed(directory: &Directory, person: &Person, name: String, now: Timestamp) -> Listed {
    let first = |names: &[&str]| first(directory, person, names);
    Listed {
        id: person.id.clone(),
        dn: person.dn.clone(),
        name,
        mail: first(&["mail"]),
        title: first(&["title"]),
        department: first(&["department", "departmentNumber"]),
        phone: first(&["telephoneNumber", "mobile"]),
        standing: match person.enabled(now) {
            true => Standing::Enabled,
            false if person.disabled => Standing::Disabled,
            false => Standing::Expired,
        },
    }
}

/// Returns the first value of these attributes that is not blank.
fn first(directory: &Directory, person: &Person, names: &[&str]) -> Option<String> {
    let values = names.iter().flat_map(|name| directory.values(person, name)).filter_map(Value::as_text);
    values.map(str::trim).find(|value| !value.is_empty()).map(str::to_owned)
}

/// The attributes that a listing shows or searches.
pub const LIST_ATTRIBUTES: [&str; 13] = [
    "displayName",
    "mail",
    "title",
    "department",
    "departmentNumber",
    "telephoneNumber",
    "mobile",
    "cn",
    "givenName",
    "sn",
    "uid",
    "sAMAccountName",
    "userPrincipalName",
];

/// The attributes that are searched for a name.
const CALLED_BY: [&str; 8] =
    ["displayName", "cn", "givenName", "sn", "mail", "uid", "sAMAccountName", "userPrincipalName"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::model::{DirectoryBuilder, GroupEntry, GroupId, PersonEntry};

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    /// Ann and Zoë in `OU=Sales`, Bob below it; the group `All` holds Ann and the group `Some`, which holds Bob.
    fn directory() -> Directory {
        let mut builder = DirectoryBuilder::new();
        let [display, mail, title, mobile, number] =
            ["displayName", "mail", "title", "mobile", "departmentNumber"].map(|name| builder.attribute(name));
        let (ann, bob) = ("CN=Ann,OU=Sales,DC=x", "CN=Bob,OU=Far,OU=Sales,DC=x");
        let person = |id: &str, name: &str| PersonEntry::new(PersonId::parse(id), dn(name));
        builder.person(person("2", ann).with(display, "lee, Ann").with(mail, "a.lee@x.test").with(title, " "));
        let disabled = person("1", bob).with(mobile, "+49 1").with(number, "7");
        builder.person(PersonEntry { disabled: true, ..disabled });
        let zoe = person("3", "CN=Zoe\u{308} (x)*,OU=Sales,DC=x");
        builder.person(PersonEntry { expires: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..zoe });
        let group = |id: &str, name: &str| GroupEntry::new(GroupId::parse(id), dn(name));
        builder.group(group("a", "CN=All,DC=x").member(ann).member("CN=Some,OU=Sales,DC=x"));
        builder.group(group("s", "CN=Some,OU=Sales,DC=x").member(bob).member("CN=All,DC=x"));
        builder.build().unwrap()
    }

    fn listed(query: &ListQuery) -> Listing {
        listing_of(&directory(), query, "2026-06-01T00:00:00Z".parse().unwrap()).unwrap()
    }

    fn names(of: Option<&str>, depth: Depth) -> Vec<String> {
        let listing = listed(&ListQuery { depth, ..ListQuery::of(of.map(dn)) });
        assert_eq!(listing.total, listing.people.len());
        listing.people.into_iter().map(|person| person.name).collect()
    }

    #[test]
    fn lists_people_of_units_and_groups_sorted_by_name() {
        let zoe = "Zoe\u{308} (x)*";
        assert_eq!(names(None, Depth::OneLevel), ["Bob", "lee, Ann", zoe]);
        assert_eq!(names(Some("DC=x"), Depth::OneLevel), [] as [&str; 0]);
        assert_eq!(names(Some("ou=sales,DC=x"), Depth::OneLevel), ["lee, Ann", zoe]);
        assert_eq!(names(Some("OU=Sales,DC=x"), Depth::Subtree), ["Bob", "lee, Ann", zoe]);
        assert_eq!(names(Some("CN=All,DC=x"), Depth::OneLevel), ["lee, Ann"]);
        assert_eq!(names(Some("CN=All,DC=x"), Depth::Subtree), ["Bob", "lee, Ann"]);
        let now = Timestamp::UNIX_EPOCH;
        let missing = listing_of(&directory(), &ListQuery::of(Some(dn("OU=Slaes,DC=x"))), now).unwrap_err();
        assert_eq!((missing.kind(), missing.help()), (ErrorKind::NotFound, Some("did you mean `OU=Sales,DC=x`?")));
    }

    #[test]
    fn shows_contact_data_and_sign_in_status() {
        let people = listed(&ListQuery::of(None)).people;
        let [bob, ann, zoe] = &people[..] else { panic!() };
        assert_eq!((bob.phone.as_deref(), bob.department.as_deref()), (Some("+49 1"), Some("7")));
        assert_eq!((ann.mail.as_deref(), ann.title.as_deref()), (Some("a.lee@x.test"), None));
        assert_eq!(
            [bob, ann, zoe].map(|person| person.standing),
            [Standing::Disabled, Standing::Enabled, Standing::Expired]
        );
    }

    #[test]
    fn returns_every_person_once_across_pages() {
        let page = |skip| listed(&ListQuery { skip, limit: 2, ..ListQuery::of(None) });
        let ids = |listing: Listing| listing.people.iter().map(|person| person.id.to_string()).collect::<Vec<_>>();
        assert_eq!(page(0).total, 3);
        assert_eq!([ids(page(0)), ids(page(2)), ids(page(4))].concat(), ["1", "2", "3"]);
    }

    #[test]
    fn finds_people_units_and_groups_by_name() {
        let found = |name: &str| {
            let listing = listed(&ListQuery::named(None, name));
            let places: Vec<String> = listing.places.iter().map(|place| place.dn.name()).collect();
            (places, listing.people.into_iter().map(|person| person.dn.name()).collect::<Vec<_>>())
        };
        let nothing: Vec<String> = Vec::new();
        assert_eq!(found("A.LEE"), (nothing.clone(), vec!["Ann".to_owned()]));
        assert_eq!(found("ann  lee"), (nothing.clone(), vec!["Ann".to_owned()]));
        assert_eq!(found("zo\u{eb} )*"), (nothing.clone(), vec!["Zoe\u{308} (x)*".to_owned()]));
        assert_eq!(found("a*"), (nothing.clone(), nothing.clone()));
        assert_eq!(found("al"), (vec!["Sales".to_owned(), "All".to_owned()], nothing.clone()));
        let below = ListQuery::named(Some(dn("OU=Sales,DC=x")), "s");
        let below: Vec<String> = listed(&below).places.iter().map(|place| place.dn.to_string()).collect();
        assert_eq!(below, ["CN=Some,OU=Sales,DC=x"]);
    }
}
