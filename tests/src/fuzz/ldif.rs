//! Entry point for LDIF exports, plain and compressed.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use gotosync_core::Result;
use gotosync_core::model::{Depth, Dn, GroupRef, Membership, Person, ReadRequest, Reading, Scope};
use gotosync_core::source::{DirectorySource, LdifSource};

use super::small::{block_on, with_file};

/// Reads the bytes as a directory export.
pub fn ldif(bytes: &[u8]) {
    with_file("directory.ldif", bytes, |path| read(path, bytes.len()));
    if !bytes.starts_with(&GZIP) {
        let plain = with_file("directory.ldif", bytes, everyone);
        let packed = with_file("directory.ldif", &pack(bytes), everyone);
        match (plain, packed) {
            (Ok(plain), Ok(packed)) => {
                assert_eq!(shown(&plain), shown(&packed), "a compressed export reads the same as the plain one");
            }
            (plain, packed) => assert_eq!(plain.err().map(|e| e.kind()), packed.err().map(|e| e.kind())),
        }
    }
}

fn read(path: &Path, length: usize) {
    let source = LdifSource::open(path);
    let everyone = everyone(path);
    if let Err(error) = &everyone {
        super::civil(error, length);
    }
    let some =
        block_on(source.read(&ReadRequest { attributes: vec!["mail".to_owned()], scopes: scopes(), since: None }));
    if let (Ok(everyone), Ok(some)) = (&everyone, &some) {
        let all: BTreeSet<_> = everyone.directory.people().iter().map(|person| &person.id).collect();
        assert!(some.directory.people().iter().all(|person| all.contains(&person.id)));
        assert_eq!(some.directory.groups().len(), everyone.directory.groups().len(), "every scope reads all groups");
    }
    match block_on(source.describe()) {
        Ok(info) => {
            let tops = block_on(source.children(None)).expect("a described directory can be listed");
            assert!(tops.len() <= info.naming_contexts.len().max(1));
            for top in &tops {
                assert!(top.people <= top.people_below, "{top:?}");
                block_on(source.children(Some(&top.dn))).expect("a listed node can be opened");
            }
        }
        Err(error) => super::civil(&error, length),
    }
}

fn everyone(path: &Path) -> Result<Reading> {
    block_on(LdifSource::open(path).read(&ReadRequest::everyone(ATTRIBUTES)))
}

/// Returns the parts of a read that must be equal for equal exports.
fn shown(reading: &Reading) -> impl PartialEq + std::fmt::Debug + use<> {
    let person = |person: &Person| {
        let values: Vec<Vec<u8>> =
            person.attributes.iter().flat_map(|(_, values)| values).map(|value| value.as_bytes().to_vec()).collect();
        (person.id.clone(), person.dn.clone(), person.disabled, person.groups.clone(), values)
    };
    let people: Vec<_> = reading.directory.people().iter().map(person).collect();
    (people, reading.directory.units().len(), reading.completeness.clone(), reading.remarks.clone())
}

fn scopes() -> Vec<Scope> {
    let unit = |depth| Dn::parse("OU=Sales,DC=example,DC=test").map(|dn| Scope::Unit { dn, depth });
    let units = [Depth::Subtree, Depth::OneLevel].into_iter().filter_map(|depth| unit(depth).ok());
    let group = |membership| Scope::Group { group: GroupRef::parse("Team"), membership };
    units.chain([group(Membership::Nested), group(Membership::Direct)]).collect()
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("writing to memory succeeds")
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ATTRIBUTES: [&str; 7] = ["mail", "givenName", "sn", "proxyAddresses", "jpegPhoto", "description", "manager"];
