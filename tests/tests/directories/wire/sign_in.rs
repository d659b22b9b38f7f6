//! Faults before, during, and after the bind, and in the root DSE.

use gotosync_tests::wire::message::{Message, START_TLS};
use gotosync_tests::wire::{Aim, Edit, Ending, Entries, Fault, Keep, Rubbish, Spot, Which, Wire, ber};

use super::probe::{Ended, Probe};
use super::slapd::{BASE, PASSWORD, PEOPLE, READER, SIGN_IN, Slapd};

#[test]
fn refuses_binds_with_any_result_code() {
    let slapd = Slapd::start();
    for code in [1, 8, 34, 49, 51, 53] {
        let wire = slapd.wire([Fault::code(code).at(Aim::bind())]);
        let searched = slapd.people(&wire.url());
        assert_eq!((searched.code, searched.entries()), (Some(code), 0));
        let seen = wire.quiet();
        assert_eq!((seen.binds[0].code, seen.strikes(0), seen.searches.len()), (Some(code), 1, 0));
    }
    let wire = slapd.wire([Fault::code(14).at(Aim::bind().nth(2))]);
    let mut probe = Probe::connect(wire.address());
    assert_eq!([0; 3].map(|_| probe.bind(READER, PASSWORD)), [Ok(0), Ok(14), Ok(0)]);
}

#[test]
fn records_requests_after_a_refused_bind() {
    let slapd = Slapd::start();
    let wire = slapd.wire([]);
    let mut probe = Probe::connect(wire.address());
    assert_eq!(probe.bind(READER, "wrong"), Ok(49));
    let id = probe.search(BASE, "inetOrgPerson", &[], None);
    probe.page(id).expect("the response arrives");
    assert_eq!(probe.bind(READER, PASSWORD), Ok(0));
    let id = probe.search(BASE, "inetOrgPerson", &[], None);
    probe.page(id).expect("the response arrives");
    drop(probe);
    assert_eq!(wire.quiet().after_refused_bind, ["search", "bind"]);
}

#[test]
fn loses_bind_requests_and_responses() {
    let slapd = Slapd::start();
    let wire = slapd.wire([Fault::SearchesRefused { code: 1 }.at(Aim::page(3).nth(1))]);
    let searched = slapd.people(&wire.url());
    assert_eq!((searched.code, searched.entries()), (Some(1), 6));
    assert_eq!(slapd.people(&wire.url()).code, Some(0), "other connections are unaffected");
    let mut probe = Probe::connect(wire.address());
    assert_eq!(probe.bind(READER, PASSWORD), Ok(0));
}

#[test]
fn closes_or_corrupts_a_connection_before_the_first_byte() {
    let slapd = Slapd::start();
    for (ending, ended) in [(Ending::Fin, Ended::Fin(0)), (Ending::Rst, Ended::Rst), (Ending::Silence, Ended::Silence)]
    {
        let wire = slapd.wire([Fault::cut(Spot::Start, ending).at(Aim::connection().nth(1))]);
        let mut probe = Probe::connect(wire.address());
        assert_eq!(probe.next().err(), Some(ended));
        assert_eq!(slapd.people(&wire.url()).code, Some(0), "the second connection is unaffected");
    }
    let wire = slapd.wire([Fault::rubbish(Rubbish::Disconnection(52), Spot::Start).at(Aim::connection())]);
    let mut probe = Probe::connect(wire.address());
    assert_eq!(probe.next().map(|message| message.id), Ok(0));
    let tls = Fault::rubbish(Rubbish::Random(3), Spot::Start).at(Aim::connection());
    let wire = Wire::start_at(&slapd.tls_front(), slapd.upstream(), [tls]).expect("the wire starts");
    assert_eq!(slapd.people(&wire.url()).code, Some(255));
}

#[test]
fn rewrites_the_root_dse_and_no_other_entry() {
    let slapd = Slapd::start();
    let root = |url: &str, name: &str| slapd.search(url, &["-s", "base", "-b", "", name]).out;
    assert!(root(&slapd.url(), "supportedControl").contains("1.2.840.113556.1.4.319"));
    let contexts = Fault::Attribute { name: "namingContexts".to_owned(), edit: Edit::Taken, entries: Which::All };
    let wire = slapd.wire([
        Fault::without_control("1.2.840.113556.1.4.319").at(Aim::root_dse()),
        contexts.at(Aim::root_dse()),
        Fault::set("highestCommittedUSN", "7").at(Aim::root_dse()),
        Fault::code(3).at(Aim::page(1)),
    ]);
    let controls = root(&wire.url(), "supportedControl");
    assert!(controls.contains("supportedControl: ") && !controls.contains("1.2.840.113556.1.4.319"));
    assert!(controls.contains("highestCommittedUSN: 7"));
    assert!(!root(&wire.url(), "namingContexts").contains("namingContexts"));
    assert_eq!(slapd.people(&wire.url()).code, Some(3));
    let held = Fault::Code { code: 52, entries: Entries::Held, paging: Keep::Kept };
    for fault in [held, Fault::cut(Spot::Start, Ending::Fin)] {
        let wire = slapd.wire([fault.at(Aim::root_dse())]);
        assert_eq!(root(&wire.url(), "*"), "");
        assert_eq!(slapd.people(&wire.url()).code, Some(0));
    }
}

#[test]
fn refuses_or_abuses_start_tls() {
    let slapd = Slapd::start();
    let begun = |wire: &Wire| slapd.search(&wire.url(), &[&["-ZZ"], &SIGN_IN[..], &["-b", BASE, PEOPLE]].concat());
    let start = |fault: Fault| {
        let damage = fault.at(Aim::start_tls());
        Wire::start_at(&slapd.start_tls_front(), slapd.upstream(), [damage]).expect("the wire starts")
    };
    let wire = start(Fault::code(52));
    assert_eq!(begun(&wire).entries(), 0);
    let seen = wire.quiet();
    assert!(seen.binds.is_empty() && seen.strikes(0) == 1, "{seen:?}");

    // Unencrypted bytes after the response in the same TCP segment: a client must not treat them as protected.
    let wire = start(Fault::rubbish(Rubbish::StrangeEntry, Spot::End));
    let mut probe = Probe::connect(wire.address());
    probe.send(ber::group(0x77, &[ber::element(0x80, START_TLS.as_bytes())]), Vec::new());
    let answers: Vec<(i64, u8)> = (0..2)
        .map(|_| probe.next().expect("the response arrives"))
        .map(|answer: Message| (answer.id, answer.tag()))
        .collect();
    assert_eq!(answers, [(1, 0x78), (987_654, 0x64)]);
    assert_eq!(wire.seen().strikes(0), 1);
}
