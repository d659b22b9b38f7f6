//! Directories that change during a read, and changes that arrive in several responses.

use std::net::Ipv4Addr;

use gotosync_core::model::{Depth, Dn, Effort, ReadRequest, Scope};
use gotosync_core::source::ldap::{Changes, DeltaMethod, LdapOptions};
use gotosync_tests::wire::{
    Aim, Damage, Ending, Entry, Fault, Front, LoopCookie, Rubbish, Script, Scripted, Search, Spot, Wire,
};

use super::domain::{PORT, domain, everyone, group, id, lines, own_address, person, plain, read, read_whole, unit};

fn places() -> Vec<Entry> {
    vec![unit(&format!("OU=A,{BASE}")), unit(&format!("OU=B,{BASE}"))]
}

/// A person who moves from a unit that has been read to a unit that has not is read twice.
///
/// Hidden: a person who moves in the opposite direction is not read at all, and the reader cannot detect that. This
/// is very rare when one search reads a whole tree, because servers return entries in the order of internal numbers
/// rather than by unit. If rules search two units separately, the risk remains. The limits of a run reduce it, and so
/// does suspending leavers before they are deleted.
#[test]
fn reports_a_person_moved_during_the_read() {
    let both = |number| [format!("OU=A,{BASE}"), format!("OU=B,{BASE}")].map(|place| person(number, &place));
    let entries = places().into_iter().chain(both(1)).chain([person(2, &format!("OU=B,{BASE}"))]);
    let server = Scripted::start(domain(BASE, entries)).expect("the server starts");
    let unit = |dn: &str| Scope::Unit { dn: Dn::parse(dn).expect("the DN is valid"), depth: Depth::Subtree };
    let scopes = ["OU=A,DC=ad,DC=test", "OU=B,DC=ad,DC=test"].map(unit).to_vec();
    let changes = Changes { method: Some(DeltaMethod::Usn), full_every: 9 };
    for options in [plain(&server.url()), LdapOptions { changes: Some(changes), ..plain(&server.url()) }] {
        for request in [everyone(), ReadRequest { scopes: scopes.clone(), ..everyone() }] {
            let reading = read(options.clone(), &request).expect("the read succeeds");
            let told = reading.completeness.to_string();
            assert!(told.contains("CN=P1,OU=") && told.contains("also as `CN=P1,OU="), "{told}");
            assert_eq!(reading.directory.people().len(), 2, "one of the two entries is kept");
            assert_eq!(reading.kept, None, "an incomplete read must keep no data");
        }
    }
}

/// Entries are read again with a DN in another spelling, as after a rename that changes only the case.
#[test]
fn reports_an_entry_returned_under_two_spellings() {
    let double = person(1, &format!("ou=a,{}", BASE.to_lowercase()));
    let entries = places().into_iter().chain([person(1, &format!("OU=A,{BASE}")), double]);
    let server = Scripted::start(domain(BASE, entries)).expect("the server starts");
    let reading = read(plain(&server.url()), &everyone()).expect("the read succeeds");
    assert!(reading.completeness.to_string().contains("the person was returned twice"), "{}", reading.completeness);
}

fn members(count: u32) -> Vec<String> {
    (1..=count).map(|number| format!("CN=P{number},OU=A,{BASE}")).collect()
}

/// Returns the domain before the changes.
fn before() -> Vec<Entry> {
    let people = (1..=9).map(|number| person(number, &format!("OU=A,{BASE}")));
    places().into_iter().chain(people).chain([group(100, "G", BASE, members(4))]).collect()
}

/// Returns the domain after the changes: one person is deleted, one moved, one has another mail, one is new, and the
/// group has other members.
fn after() -> Vec<Entry> {
    let mut moved = person(2, &format!("OU=B,{BASE}"));
    moved.attributes.retain(|(name, _)| name != "mail");
    let moved = moved.with("mail", ["second@x.test"]);
    let others = (3..=12).map(|number| person(number, &format!("OU=A,{BASE}")));
    let people = others.chain([moved, group(100, "G", BASE, members(8))]);
    // A deleted entry has lost its object category, and only `DirSync` finds it.
    let gone = Entry::new("CN=P1,CN=Deleted Objects,DC=ad,DC=test", [("objectClass", "user"), ("isDeleted", "TRUE")]);
    places().into_iter().chain(people).chain([gone.with("objectGUID", [id(1)])]).collect()
}

/// Starts a server on a fixed address, where it is later replaced by a server with other entries.
fn serve(address: Ipv4Addr, usn: &str, entries: Vec<Entry>, rounds: usize) -> Scripted {
    let script = Script { dir_sync: Some(rounds), ..domain(BASE, entries) };
    let script = script.root("highestCommittedUSN", [usn]).root("supportedControl", [PAGED, DIR_SYNC]);
    Scripted::start_at(&Front::plain().at(address).on(PORT), script).expect("the address is free")
}

/// The result of a second read.
struct Second {
    lines: String,
    effort: Effort,
    /// The number of `DirSync` responses.
    answers: usize,
    /// The number of times that the fault occurred.
    strikes: usize,
}

/// Reads twice, with different content of the directory.
fn twice(rounds: usize, damage: Option<Damage>, usn: &str) -> Second {
    let address = own_address();
    let server = serve(address, "10", before(), rounds);
    let wire = Wire::start(server.upstream(), damage).expect("the wire starts");
    let changes = Some(Changes { method: Some(DeltaMethod::DirSync), full_every: 100 });
    let options = LdapOptions { changes, ..plain(&wire.url()) };
    let kept = read_whole(options.clone(), &everyone()).kept.expect("the read kept data for the next one");
    drop(server);
    let _server = serve(address, usn, after(), rounds);
    let second = read_whole(options, &ReadRequest { since: Some(kept), ..everyone() });
    let seen = wire.quiet();
    let by_changes = |search: &&Search| search.controls.iter().any(|control| control.contains(DIR_SYNC));
    Second {
        lines: lines(&second.directory),
        effort: second.effort.expect("the read has statistics"),
        answers: seen.searches.iter().filter(by_changes).count(),
        strikes: seen.strikes(0),
    }
}

/// Returns the result of a full read after the changes.
fn expected() -> String {
    let server = Scripted::start(domain(BASE, after())).expect("the server starts");
    let expected = lines(&read_whole(plain(&server.url()), &everyone()).directory);
    assert!(
        !expected.contains("CN=P1,") && expected.contains("CN=P12,") && expected.contains("CN=P2,OU=B"),
        "{expected}"
    );
    expected
}

/// `DirSync` of Windows returns changes in several responses; Samba always uses one.
#[test]
fn reads_changes_from_several_responses() {
    for (rounds, least) in [(1, 15), (2, 8), (5, 4), (1000, 2)] {
        let second = twice(rounds, None, "20");
        assert_eq!(second.lines, expected(), "{rounds} at a time");
        assert_eq!(second.effort.everything_because, None, "{rounds} at a time");
        assert!(second.effort.changes.is_some() && second.answers >= least, "{} of {least}", second.answers);
    }
}

/// If one of these responses is faulty, everything is read instead.
#[test]
fn incomplete_changes_lead_to_a_full_read() {
    let mut faults = vec![Fault::code(51), Fault::code(80), Fault::without("objectGUID")];
    let rubbish = [Rubbish::Extended, Rubbish::Disconnection(52), Rubbish::StrangeEntry, Rubbish::ControlsMalformed];
    faults.extend(rubbish.map(|what| Fault::rubbish(what, Spot::Start)));
    faults.extend([Spot::Start, Spot::AfterEntries(1), Spot::InDone].map(|spot| Fault::cut(spot, Ending::Rst)));
    for fault in faults {
        let second = twice(3, Some(fault.clone().at(Aim::every_page().of("computer").nth(3))), "20");
        assert!(second.strikes > 0, "{fault:?} did not occur");
        assert_eq!(second.lines, expected(), "{fault:?}");
        assert!(second.effort.everything_because.is_some(), "{fault:?}");
    }
}

/// A server with a smaller change number is another server or was restored from a backup. A server without a change
/// number may have changed, too.
#[test]
fn a_decreased_or_missing_usn_is_a_change() {
    let back = twice(3, None, "5");
    assert_eq!(back.lines, expected());
    assert!(back.effort.everything_because.is_some());
    let damage = Fault::without("highestCommittedUSN").at(Aim::root_dse());
    let silent = twice(3, Some(damage), "20");
    assert_eq!((silent.lines, silent.strikes > 1), (expected(), true));
}

/// Ids are read to find deleted entries. If a page loop were mistaken for the complete list, the remaining entries
/// would count as deleted.
#[test]
fn swapped_ids_lead_to_a_full_read() {
    let damage = Fault::PageLoop { cookie: LoopCookie::Same }.at(Aim::page(1).of("objectClass=*)(|"));
    let second = twice(3, Some(damage), "20");
    assert_eq!((second.lines, second.strikes > 0), (expected(), true));
    assert!(second.effort.everything_because.is_some_and(|because| because.contains("was returned twice")));
}

const BASE: &str = "DC=ad,DC=test";
const PAGED: &str = "1.2.840.113556.1.4.319";
const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
