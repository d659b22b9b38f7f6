//! Small domains for scripted servers, and reads of them.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};

use gotosync_core::Result;
use gotosync_core::model::{Directory, ReadRequest, Reading};
use gotosync_core::source::DirectorySource;
use gotosync_core::source::ldap::{LdapOptions, LdapSource};
use gotosync_tests::wire::{Entry, Script};

use super::world::{options, runtime};

/// Returns a domain with the root DSE of Active Directory.
pub(crate) fn domain(base: &str, entries: impl IntoIterator<Item = Entry>) -> Script {
    let root =
        Entry::new(base, [("objectClass", "top"), ("objectClass", "domainDNS")]).with("objectGUID", [place(base)]);
    let script = Script::new(base, std::iter::once(root).chain(entries));
    script.root("supportedCapabilities", ["1.2.840.113556.1.4.800"]).root("highestCommittedUSN", ["1"])
}

pub(crate) fn unit(dn: &str) -> Entry {
    Entry::new(dn, [("objectClass", "top"), ("objectClass", "organizationalUnit")]).with("objectGUID", [place(dn)])
}

/// Returns a unique id for a unit.
fn place(dn: &str) -> [u8; 16] {
    let sum = dn.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    id(sum | 1 << 31)
}

/// Returns a person with the number in the name, the mail, and the id.
pub(crate) fn person(number: u32, place: &str) -> Entry {
    let name = format!("P{number}");
    Entry::new(&format!("CN={name},{place}"), [("objectCategory", "person"), ("sAMAccountName", &*name)])
        .with("objectClass", ["top", "person", "organizationalPerson", "user"])
        .with("objectGUID", [id(number)])
        .with("objectSid", [sid(number)])
        .with("mail", [format!("p{number}@x.test")])
        .with("userAccountControl", ["512"])
}

pub(crate) fn group<M: AsRef<str>>(
    number: u32,
    name: &str,
    place: &str,
    members: impl IntoIterator<Item = M>,
) -> Entry {
    let members = members.into_iter().map(|member| member.as_ref().to_owned());
    Entry::new(
        &format!("CN={name},{place}"),
        [("objectClass", "top"), ("objectClass", "group"), ("sAMAccountName", name)],
    )
    .with("objectGUID", [id(number)])
    .with("objectSid", [sid(number)])
    .with("member", members)
}

/// Returns a unique id for a number.
pub(crate) fn id(number: u32) -> [u8; 16] {
    let mut id = [0x5a; 16];
    id[..4].copy_from_slice(&number.to_le_bytes());
    id
}

fn sid(number: u32) -> Vec<u8> {
    let parts = [21, 1, 2, 3, 1000 + number];
    [vec![1, 5, 0, 0, 0, 0, 0, 5], parts.iter().flat_map(|part: &u32| part.to_le_bytes()).collect()].concat()
}

/// Returns a loopback address on which no other server listens, on any port.
pub(crate) fn own_address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 128 + high % 64, low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Returns a request for all people.
pub(crate) fn everyone() -> ReadRequest {
    ReadRequest::everyone(["mail", "proxyAddresses"])
}

/// Returns options for reading from a scripted server.
pub(crate) fn plain(url: &str) -> LdapOptions {
    LdapOptions { danger_plain: true, ..options(url) }
}

pub(crate) fn read(options: LdapOptions, request: &ReadRequest) -> Result<Reading> {
    runtime().block_on(LdapSource::new(options)?.read(request))
}

/// Returns the result of a read, which must be complete.
pub(crate) fn read_whole(options: LdapOptions, request: &ReadRequest) -> Reading {
    let reading = read(options, request).unwrap_or_else(|error| panic!("{error}"));
    assert!(reading.completeness.is_complete(), "{}", reading.completeness);
    reading
}

/// Returns the content of a directory as lines.
pub(crate) fn lines(directory: &Directory) -> String {
    let mut text = String::new();
    for unit in directory.units() {
        let _ = writeln!(text, "{}", unit.dn);
    }
    for person in directory.people() {
        let values: Vec<_> = ["mail", "proxyAddresses"].map(|name| directory.values(person, name)).to_vec();
        let _ = writeln!(text, "{} {:?} {values:?}", person.dn, person.id);
    }
    for group in directory.groups() {
        let people: Vec<&str> = group.people.iter().map(|person| directory.person(*person).dn.as_str()).collect();
        let groups: Vec<&str> = group.groups.iter().map(|group| directory.group(*group).dn.as_str()).collect();
        let _ = writeln!(text, "{} {:?} {people:?} {groups:?}", group.dn, group.id);
    }
    text
}

/// A port outside the range that the system assigns.
pub(crate) const PORT: u16 = 7389;
