//! Server information in the root DSE, and global catalogs, which hold only some attributes.

use gotosync_core::ErrorKind;
use gotosync_core::model::{GroupRef, Membership, ReadRequest, Scope};
use gotosync_core::source::ldap::Timeouts;
use gotosync_tests::wire::{Aim, Broken, Copied, Entry, Fault, Front, LoopCookie, Script, Scripted, Wire, faults};

use super::domain::{domain, everyone, lines, own_address, person, plain, read, read_whole, unit};
use super::world::{Selected, Way, impatient, same, side_by_side, told};

/// Returns a global catalog that has only the attributes marked for it in the schema.
fn catalog(kept: &[&str]) -> Script {
    let schema = kept.iter().enumerate().map(|(number, name)| {
        let of_schema = [("objectClass", "attributeSchema"), ("isMemberOfPartialAttributeSet", "TRUE")];
        Entry::new(&format!("CN=A{number},{SCHEMA}"), of_schema).with("lDAPDisplayName", [name])
    });
    let people = (1..=5).map(|number| person(number, &format!("OU=A,{BASE}")));
    let entries = [unit(&format!("OU=A,{BASE}"))].into_iter().chain(people).chain(schema);
    let script = domain(BASE, entries).root("schemaNamingContext", [SCHEMA]);
    // The schema entries themselves are complete.
    let own = ["isMemberOfPartialAttributeSet", "lDAPDisplayName"].into_iter().chain(kept.iter().copied());
    Script { partial: Some(own.map(str::to_owned).collect()), ..script }
}

fn at_its_port(script: Script) -> Scripted {
    Scripted::start_at(&Front::plain().at(own_address()).on(3268), script).expect("the address is free")
}

#[test]
fn names_an_attribute_that_the_global_catalog_lacks() {
    let full = at_its_port(catalog(&[KEPT, &["proxyAddresses"]].concat()));
    let reading = read_whole(plain(&full.url()), &everyone());
    assert_eq!(reading.directory.people().len(), 5);
    assert!(lines(&reading.directory).contains("p5@x.test"));

    let partial = at_its_port(catalog(KEPT));
    let error = read(plain(&partial.url()), &everyone()).expect_err("the call fails");
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Unsupported, "the global catalog does not contain proxyAddresses")
    );
    let more = ReadRequest::everyone(["department", "mail", "MANAGER"]);
    let error = read(plain(&partial.url()), &more).expect_err("the call fails");
    assert!(error.message().contains("does not contain department, MANAGER"), "{}", told(&error));

    // A global catalog knows the members of universal groups only.
    let group = Scope::Group { group: GroupRef::parse("A"), membership: Membership::Nested };
    let error =
        read(plain(&full.url()), &ReadRequest { scopes: vec![group], ..everyone() }).expect_err("the call fails");
    assert!(error.message().contains("does not contain the members of all groups"), "{}", told(&error));
}

#[test]
fn an_incomplete_schema_is_an_error() {
    let server = at_its_port(catalog(&[KEPT, &["proxyAddresses"]].concat()));
    for fault in [Fault::code(51), Fault::code(4), Fault::PageLoop { cookie: LoopCookie::Same }, Fault::PagingTaken] {
        let aim = Aim::page(1).of("attributeSchema");
        let front = Front::plain().at(own_address()).on(3268);
        let wire = Wire::start_at(&front, server.upstream(), [fault.clone().at(aim)]).expect("the wire starts");
        let error = read(plain(&wire.url()), &everyone()).expect_err("the call fails");
        assert_eq!(error.operation(), Some("read the schema of the global catalog"), "{fault:?}: {}", told(&error));
        assert_eq!(wire.quiet().strikes(0), 1);
    }
}

/// Whatever a server reports about itself or omits, the directory is the same or is reported as incomplete.
#[test]
fn missing_root_dse_attributes_lose_no_people() {
    let mut cases: Vec<(Way, Fault)> = Vec::new();
    for way in [Way::Samba, Way::Slapd] {
        let _ = way.world(Selected::Everybody);
        for name in [
            "objectClass",
            "namingContexts",
            "defaultNamingContext",
            "configurationNamingContext",
            "schemaNamingContext",
            "supportedControl",
            "supportedCapabilities",
            "vendorName",
            "highestCommittedUSN",
            "dsServiceName",
        ] {
            cases.push((way, Fault::without(name)));
            cases.push((way, Fault::set(name, "nonsense")));
        }
        cases.push((way, Fault::without_control("1.2.840.113556.1.4.319")));
        let of_pages = faults(way.id()).into_iter().map(|named| named.fault).filter(strikes_a_root);
        cases.extend(of_pages.map(|fault| (way, fault)));
    }
    let judge = |(way, fault): &(Way, Fault)| {
        let world = way.world(Selected::Everybody);
        let silent = matches!(fault, Fault::Cut { .. });
        let timeouts = if silent { impatient() } else { Timeouts::default() };
        let outcome = world.read(*way, [fault.clone().at(Aim::root_dse())], timeouts);
        let directory = outcome.reading.as_ref().map(|reading| &reading.directory);
        let is_same = directory.is_some_and(|directory| same(directory, &world.whole.directory));
        let wrong = outcome.claims_to_be_whole() && !is_same || !outcome.taking().is_empty();
        // Not every server has every attribute.
        let idle = outcome.seen.strikes(0) == 0 && !matches!(fault, Fault::Attribute { .. });
        (wrong || idle).then(|| format!("{way:?}, {fault:?}: {} {:?}", outcome.said(), outcome.taking()))
    };
    let bad: Vec<String> = side_by_side(&cases, 14, judge).into_iter().flatten().collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Returns `true` if a fault of pages can occur in the root DSE, which has no DN, no id, and no page.
fn strikes_a_root(fault: &Fault) -> bool {
    !matches!(
        fault,
        Fault::EmptyPages { .. }
            | Fault::PageLoop { .. }
            | Fault::PageTwice
            | Fault::PagingTaken
            | Fault::CookieCleared
            | Fault::CookieChanged
            | Fault::EntriesReversed
            | Fault::Attribute { .. }
            | Fault::EntryTwice { copy: Copied::OtherValue(_), .. }
            | Fault::EntryBroken { how: Broken::DnEmpty, .. }
            | Fault::Rubbish { .. }
            | Fault::Chopped { .. }
    )
}

const BASE: &str = "DC=ad,DC=test";
const SCHEMA: &str = "CN=Schema,CN=Configuration,DC=ad,DC=test";

/// The attributes that are always requested for people, and their mail.
const KEPT: &[&str] = &[
    "objectClass",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "primaryGroupID",
    "userAccountControl",
    "accountExpires",
    "mail",
];
