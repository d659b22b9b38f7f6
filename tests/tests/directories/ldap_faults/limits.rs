//! Servers with limits on the number of entries and of an attribute's values in a response.

use gotosync_core::model::Reading;
use gotosync_core::source::ldap::Timeouts;
use gotosync_tests::wire::{Aim, Effect, Fault, Script, Scripted, Seen, ServedPaging, Wire, range_faults};

use super::domain::{domain, everyone, group, lines, person, plain, read, read_whole, unit};
use super::world::{Selected, Way, same, side_by_side};

/// Returns a domain with the given number of people; groups of none, five, six, and all of them; and a person with
/// many addresses.
fn company(people: u32) -> Script {
    let names = || (1..=people).map(|number| format!("CN=P{number},OU=A,{BASE}"));
    let addresses = (1..=17).map(|number| format!("smtp:p1-{number}@x.test"));
    let mut entries = vec![
        unit(&format!("OU=A,{BASE}")),
        group(10_000, "Nobody", BASE, [] as [&str; 0]),
        group(10_001, "Five", BASE, names().take(5)),
        group(10_002, "Six", BASE, names().take(6)),
        group(10_003, "All", BASE, names().chain([format!("CN=Six,{BASE}")])),
    ];
    entries.push(person(1, &format!("OU=A,{BASE}")).with("proxyAddresses", addresses));
    entries.extend((2..=people).map(|number| person(number, &format!("OU=A,{BASE}"))));
    domain(BASE, entries)
}

fn ranges(seen: &Seen) -> usize {
    seen.searches.iter().filter(|search| search.attributes.iter().any(|name| name.contains(";range="))).count()
}

/// A small-scale `MaxValRange`: Active Directory sends more than 1,500 values in ranges. The requested range may be
/// smaller or larger than the server's.
#[test]
fn reads_all_ranges_of_a_large_attribute() {
    let whole = Scripted::start(company(23)).expect("the server starts");
    let expected = lines(&read_whole(plain(&whole.url()), &everyone()).directory);
    assert!(expected.contains("p1-17@x.test") && expected.matches("CN=P23,OU=A").count() == 2, "{expected}");
    for (range, size, least) in [(5, None, 5), (5, Some(3), 8), (5, Some(100), 5), (1, None, 30), (1500, Some(4), 5)] {
        let server = Scripted::start(Script { range: Some(range), ..company(23) }).expect("the server starts");
        let wire = Wire::start(server.upstream(), []).expect("the wire starts");
        let options = gotosync_core::source::ldap::LdapOptions { range_size: size, ..plain(&wire.url()) };
        let reading = read_whole(options, &everyone());
        assert_eq!(lines(&reading.directory), expected, "{range} of the server, {size:?} of the client");
        let asked = ranges(&wire.quiet());
        assert!(asked >= least, "{range} of the server, {size:?} of the client: {asked} requests for ranges");
    }
}

#[test]
fn reports_an_unexpected_range() {
    let server = Scripted::start(Script { range: Some(5), ..company(23) }).expect("the server starts");
    for named in range_faults() {
        let wire = Wire::start(server.upstream(), [named.fault.at(Aim::page(1).asking("member;range="))])
            .expect("the wire starts");
        let reading = read(plain(&wire.url()), &everyone()).expect("the read succeeds");
        let seen = wire.quiet();
        let told = reading.completeness.to_string();
        assert!(seen.strikes(0) > 0 && !reading.completeness.is_complete(), "{}: {told}", named.name);
        assert!(told.contains("CN=All,DC=ad,DC=test: "), "{}: {told}", named.name);
    }
}

/// Servers whose first range does not start at 0, or claims to contain more values than it does.
#[test]
fn reports_a_first_range_that_does_not_start_at_0() {
    let server = Scripted::start(company(8)).expect("the server starts");
    for (name, said) in [
        ("member;range=5-*", "the range 5-* with 1 value instead of a range that begins at 0"),
        ("member;range=5-5", "the range 5-5 with 1 value instead of a range that begins at 0"),
        ("member;range=0-1499", "the range 0-1499 with 1 value instead of a range that begins at 0"),
        ("member;range=7-3", "the range 7-3 with 1 value instead of a range that begins at 0"),
        ("member;range=x-*", "a range option is invalid"),
    ] {
        let fault = Fault::set(name, format!("CN=P1,OU=A,{BASE}")).at(Aim::page(1));
        let wire = Wire::start(server.upstream(), [Fault::without("member").at(Aim::page(1)), fault])
            .expect("the wire starts");
        let reading = read(plain(&wire.url()), &everyone()).expect("the read succeeds");
        assert!(reading.completeness.to_string().contains(said), "{name}: {}", reading.completeness);
        assert!(wire.quiet().strikes(1) > 0);
    }
}

/// The same on real servers, whose values the wire splits, with every fault of a range.
#[test]
fn reads_all_ranges_of_real_servers_or_reports_the_gap() {
    let mut cases = Vec::new();
    for way in [Way::Samba, Way::Slapd] {
        for selected in [Selected::Everybody, Selected::Some] {
            let _ = way.world(selected);
            cases.push((way, selected, None));
            cases.extend(range_faults().into_iter().map(|named| (way, selected, Some(named))));
        }
    }
    let judge = |(way, selected, named): &(Way, Selected, Option<gotosync_tests::wire::Named>)| {
        let world = way.world(*selected);
        let mut damages = vec![Fault::RangeImposed { attribute: "member".to_owned(), step: 7 }.at(Aim::every_page())];
        damages.extend(named.iter().map(|named| named.fault.clone().at(Aim::page(1).asking(";range="))));
        let outcome = world.read(*way, damages, Timeouts::default());
        let is_same = outcome.claims_to_be_whole()
            && outcome.reading.as_ref().is_some_and(|reading| same(&reading.directory, &world.whole.directory));
        let right = match named.as_ref().map(|named| named.effect) {
            None => is_same && ranges(&outcome.seen) > 3,
            Some(Effect::Either) => (is_same || !outcome.claims_to_be_whole()) && outcome.seen.strikes(1) > 0,
            Some(_) => !outcome.claims_to_be_whole() && outcome.seen.strikes(1) > 0,
        };
        (!right || !outcome.taking().is_empty())
            .then(|| format!("{way:?}, {selected:?}, {named:?}: {} {:?}", outcome.said(), outcome.taking()))
    };
    let bad: Vec<String> = side_by_side(&cases, 8, judge).into_iter().flatten().collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Large searches with each kind of limit must return all people or be reported as incomplete.
#[test]
fn reports_searches_that_end_early_and_accepts_smaller_pages() {
    let try_one = |people: u32, change: fn(Script) -> Script| -> Reading {
        let server = Scripted::start(change(company(people))).expect("the server starts");
        let mut options = plain(&server.url());
        options.page_size = Some(1000);
        read(options, &everyone()).expect("the read succeeds")
    };
    let told = |reading: &Reading| reading.completeness.to_string();

    // A server without paging that returns at most 1,000 entries.
    let strict = |script: Script| {
        Script { limit: Some(1000), paging: ServedPaging::Ignored, ..script }.root("supportedControl", ["1.2"])
    };
    let limited = try_one(1500, strict);
    assert!(
        told(&limited).contains("page 1: the server ended the search with result code 4 (sizeLimitExceeded)"),
        "{}",
        told(&limited)
    );
    assert_eq!(limited.directory.people().len(), 994, "the received entries are returned");
    let below = try_one(900, strict);
    assert!(below.completeness.is_complete() && below.directory.people().len() == 900, "{}", told(&below));

    // A server that claims to support paging but ignores it, so that the end of the search is unknown.
    let ignoring = try_one(50, |script| Script { paging: ServedPaging::Ignored, ..script });
    assert!(told(&ignoring).contains("it is unknown whether more pages follow"), "{}", told(&ignoring));
    let refusing = try_one(50, |script| Script { paging: ServedPaging::Unknown, ..script });
    assert!(told(&refusing).contains("12 (unavailableCriticalExtension)"), "{}", told(&refusing));

    // A server whose pages are smaller than requested (`MaxPageSize`).
    let smaller = try_one(700, |script| Script { limit: Some(99), ..script });
    assert!(smaller.completeness.is_complete() && smaller.directory.people().len() == 700, "{}", told(&smaller));
}

const BASE: &str = "DC=ad,DC=test";
