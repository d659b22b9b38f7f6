//! The same directory on two kinds of server.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gotosync_core::model::{Directory, Dn, Group, Person, ReadRequest};
use gotosync_core::source::{DirectorySource, LdifSource};
use gotosync_tests::servers::{Population, Samba, Slapd, Style, twin};
use uuid::Uuid;

use super::{Found, Search};

struct Twins {
    samba: &'static Samba,
    slapd: Slapd,
}

static TWINS: LazyLock<Twins> = LazyLock::new(|| {
    let samba = Samba::options().population(Population::default()).shared().unwrap();
    let slapd = Slapd::options().suffix(samba.base()).ldif(twin(&samba.export_ldif().unwrap()).unwrap());
    Twins { samba, slapd: slapd.start().unwrap() }
});

/// Returns the DNs of the found entries in a form that both servers share, with the values of one attribute.
fn named(found: &Found, attribute: &str) -> BTreeMap<String, Vec<u8>> {
    assert_eq!(found.code, 0, "{}", found.text);
    let decoded = |line: &str, name: &str| -> Option<Vec<u8>> {
        let value = line.strip_prefix(name)?;
        let plain = || Some(value.strip_prefix(": ")?.as_bytes().to_vec());
        value.strip_prefix(":: ").map(|encoded| STANDARD.decode(encoded).unwrap()).or_else(plain)
    };
    let record = |record: &str| {
        let dn = record.lines().find_map(|line| decoded(line, "dn"))?;
        let value = record.lines().find_map(|line| decoded(line, attribute))?;
        Some((Dn::parse(&String::from_utf8(dn).unwrap()).unwrap().key(), value))
    };
    found.text.split("\n\n").filter_map(record).collect()
}

#[test]
fn the_twin_keeps_names_and_ids() {
    let Twins { samba, slapd } = &*TWINS;
    let (here, there) = (samba.reader(), slapd.reader());
    let ours = |filter: &str| {
        let search = Search::at(&samba.url(), &samba.ca_file()).sign_in(&here.dn, &here.password);
        let found = named(&search.find(&samba.base(), filter, &["objectGUID"]), "objectGUID");
        let ids =
            found.into_iter().map(|(dn, guid)| (dn, Uuid::from_slice_le(&guid).unwrap().to_string().into_bytes()));
        ids.collect::<BTreeMap<_, _>>()
    };
    let theirs = |filter: &str| {
        let search = Search::at(&slapd.url(), &slapd.ca_file()).sign_in(&there.dn, &there.password);
        named(&search.find(slapd.base(), filter, &["entryUUID"]), "entryUUID")
    };
    let people = ours("(sAMAccountType=805306368)");
    assert_eq!(people.len(), 300 + Samba::OWN_PEOPLE.len());
    assert_eq!(people, theirs("(objectClass=inetOrgPerson)"));
    assert_eq!(ours("(objectClass=group)"), theirs("(objectClass=groupOfNames)"));
    assert_eq!(ours("(objectClass=organizationalUnit)"), theirs("(objectClass=organizationalUnit)"));
    assert_eq!(theirs("(sAMAccountName=reader)").len(), 1);
    let disabled = "(&(sAMAccountName=*)(userAccountControl:1.2.840.113556.1.4.803:=2))";
    assert_eq!(ours(disabled), theirs(disabled));
    assert!(!theirs("(&(objectClass=groupOfNames)(!(member=*)))").is_empty());
    // These values come from the export, not from the memberof overlay.
    let staff = format!("(memberOf=CN=Domain Users,CN=Users,{})", samba.base());
    // People with another primary group are members of Domain Users.
    let others = Population::default().content(Style::ActiveDirectory, &samba.base()).census().other_primary_group;
    assert_eq!(ours(&staff).len(), others);
    assert!(theirs(&staff).len() > 250);
}

#[tokio::test]
async fn the_engine_reads_the_same_directory_from_both() {
    let Twins { samba, slapd } = &*TWINS;
    let folder = tempfile::tempdir().unwrap();
    let read = async |name: &str, export: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, export).unwrap();
        let reading = LdifSource::open(file).read(&ReadRequest::everyone(ATTRIBUTES)).await.unwrap();
        assert!(reading.completeness.is_complete(), "{:?}", reading.completeness);
        reading.directory
    };
    let ours = read("ours.ldif", samba.export_ldif().unwrap()).await;
    let theirs = read("theirs.ldif", slapd.export_ldif().unwrap()).await;
    assert_eq!(ours.people().len(), 300 + Samba::OWN_PEOPLE.len());
    assert_eq!(people(&ours), people(&theirs));
    assert_eq!(groups(&ours), groups(&theirs));
    assert_eq!(units(&ours), units(&theirs));
}

/// Returns a line for each person: DN, id, state, groups, and attributes.
fn people(directory: &Directory) -> Vec<String> {
    let line = |person: &Person| {
        let mut groups: Vec<_> =
            person.direct_groups().map(|group| directory.group(group).name.to_lowercase()).collect();
        groups.sort_unstable();
        groups.dedup();
        let values = ATTRIBUTES.map(|name| format!("{:?}", directory.values(person, name)));
        let (id, dn, disabled, expires) = (&person.id, person.dn.key(), person.disabled, person.expires);
        format!("{id} {dn} {disabled} {expires:?} {groups:?} {values:?}")
    };
    directory.people().iter().map(line).collect()
}

fn groups(directory: &Directory) -> Vec<String> {
    let line = |group: &Group| {
        let people: Vec<_> = group.people.iter().map(|person| &directory.person(*person).id).collect();
        let mut groups: Vec<_> = group.groups.iter().map(|member| &directory.group(*member).id).collect();
        groups.sort_unstable();
        format!("{} {} {people:?} {groups:?}", group.id, group.dn.key())
    };
    directory.groups().iter().map(line).collect()
}

fn units(directory: &Directory) -> Vec<String> {
    directory.units().iter().map(|unit| format!("{} {:?}", unit.dn.key(), unit.kind)).collect()
}

const ATTRIBUTES: [&str; 16] = [
    "mail",
    "givenName",
    "sn",
    "displayName",
    "department",
    "company",
    "title",
    "telephoneNumber",
    "mobile",
    "l",
    "co",
    "manager",
    "description",
    "proxyAddresses",
    "employeeID",
    "sAMAccountName",
];
