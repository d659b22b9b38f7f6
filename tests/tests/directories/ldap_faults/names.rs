//! Missing entries, and spellings of distinguished names.

use gotosync_core::model::{GroupRef, Membership, ReadRequest, Scope};
use gotosync_core::source::ldap::LdapOptions;
use gotosync_tests::wire::{Entry, Scripted};

use super::domain::{domain, everyone, group, lines, person, plain, read, read_whole, unit};

/// A user without read rights gets a success without entries, which must not make anyone a leaver.
#[test]
fn a_server_that_returns_nothing_is_not_an_empty_directory() {
    let mut nothing = domain(BASE, []);
    nothing.entries = vec![Entry::new(BASE, [("objectClass", "top")])];
    let server = Scripted::start(nothing).expect("the server starts");
    let reading = read(plain(&server.url()), &everyone()).expect("the read succeeds");
    let told = reading.completeness.to_string();
    assert!(told.contains("DC=ad,DC=test: the search returned no entries: the user has no read access here"), "{told}");

    let mut elsewhere = plain(&server.url());
    elsewhere.bases = vec![gotosync_core::model::Dn::parse("OU=Nowhere,DC=ad,DC=test").expect("the DN is valid")];
    let reading = read(elsewhere, &everyone()).expect("the read succeeds");
    let told = reading.completeness.to_string();
    assert!(told.contains("OU=Nowhere") && told.contains("32 (noSuchObject)"), "{told}");
}

/// A DN and a reference to it may differ in case, spaces, escapes, and Unicode form. Some names contain hash signs
/// and commas.
#[test]
fn finds_members_in_every_spelling_of_their_dn() {
    let names = [
        ("CN=Ann,OU=A,DC=ad,DC=test", "cn=ANN,ou=a,dc=AD,dc=TEST"),
        ("CN=Bo  Li,OU=A,DC=ad,DC=test", "CN=Bo Li, OU=A, DC=ad, DC=test"),
        ("CN=Zo\u{eb},OU=A,DC=ad,DC=test", "CN=Zoe\u{308},OU=A,DC=ad,DC=test"),
        ("CN=Lee\\, Cy,OU=A,DC=ad,DC=test", "CN=Lee\\2C Cy,OU=A,DC=ad,DC=test"),
        ("CN=\\#1,OU=A,DC=ad,DC=test", "CN=\\231,OU=A,DC=ad,DC=test"),
    ];
    let own = |(number, (dn, _)): (u32, &(&str, &str))| Entry { dn: (*dn).to_owned(), ..person(number, "OU=A") };
    let inner = group(101, "Inner", BASE, names.iter().map(|(_, called)| *called));
    let outer = group(100, "Outer", BASE, ["cn=INNER, dc=ad, dc=test", "CN=Gone,DC=ad,DC=test"]);
    let entries = [unit(&format!("OU=A,{BASE}")), outer, inner].into_iter().chain((1..).zip(&names).map(own));
    let server = Scripted::start(domain(BASE, entries)).expect("the server starts");
    let reading = read_whole(plain(&server.url()), &everyone());
    let inner = reading.directory.groups().iter().find(|group| &*group.name == "Inner").expect("the group was read");
    assert_eq!(inner.people.len(), names.len(), "{}", lines(&reading.directory));
    assert_eq!(inner.parents.len(), 1);
}

/// Two groups in different units have the same name, and three groups contain each other.
#[test]
fn reads_groups_with_equal_names_and_cyclic_groups() {
    let ring = |number, name: &str, next: &str| group(number, name, BASE, [format!("CN={next},{BASE}")]);
    let places = ["A", "B"].map(|name| format!("OU={name},{BASE}"));
    let doubles = [(200, 1, &places[0]), (201, 2, &places[1])].map(|(number, member, place)| {
        let member = format!("CN=P{member},{place}");
        group(number, "Same", place, [member])
    });
    let people = [(1, &places[0]), (2, &places[1])]
        .map(|(number, place)| person(number, place).with("memberOf", [format!("CN=Same,{place}")]));
    let entries = places.iter().map(|place| unit(place)).chain(people).chain(doubles);
    let rings = [ring(100, "X", "Y"), ring(101, "Y", "Z"), ring(102, "Z", "X")];
    let server = Scripted::start(domain(BASE, entries.chain(rings))).expect("the server starts");
    let asked = |name: &str| {
        let scopes = vec![Scope::Group { group: GroupRef::parse(name), membership: Membership::Nested }];
        let options = LdapOptions { page_size: Some(2), ..plain(&server.url()) };
        read_whole(options, &ReadRequest { scopes, ..everyone() }).directory
    };
    assert_eq!(asked("X").people().len(), 0);
    // The rule decides which of the two groups it means, so the members of both are read.
    let both = asked("Same");
    assert_eq!((both.people().len(), both.find_groups(&GroupRef::parse("Same")).len()), (2, 2));
}

const BASE: &str = "DC=ad,DC=test";
