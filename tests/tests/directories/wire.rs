//! Tests of the wire in front of a real server and of the scripted server, with clients that are independent of this
//! project.

mod damages;
mod probe;
mod scripted;
mod sign_in;
mod slapd;

use std::sync::atomic::{AtomicUsize, Ordering};

use gotosync_tests::wire::{
    Aim, Effect, Entry, Fault, Front, Password, Script, Scripted, Upstream, Wire, faults, sign_in_faults,
};
use probe::{Ended, Probe, read};
use slapd::{BASE, PASSWORD, PEOPLE, READER, SIGN_IN, Slapd};

#[test]
fn relays_undamaged_messages_byte_by_byte() {
    let slapd = Slapd::start();
    let wire = slapd.wire([]);
    let converse = |address: &str| {
        let mut probe = Probe::connect(address);
        assert_eq!(probe.bind(READER, PASSWORD), Ok(0));
        let mut cookie = Vec::new();
        loop {
            let id = probe.search(BASE, "inetOrgPerson", &["*", "+"], Some(&cookie));
            let (_, done) = probe.page(id).expect("the page arrives");
            cookie = done.paging().expect("the response has a paging control").cookie;
            if cookie.is_empty() {
                return probe.bytes;
            }
        }
    };
    let direct = converse(slapd.address());
    let relayed = converse(&wire.address().to_string());
    assert!(direct == relayed, "{} relayed bytes differ from {} direct bytes", relayed.len(), direct.len());
    let seen = wire.quiet();
    assert_eq!(seen.to_clients as usize, relayed.len());
    assert_eq!(seen.searches[0].pages.iter().map(|page| page.entries).collect::<Vec<_>>(), [3, 3, 3, 1]);
    assert_eq!(slapd.people(&slapd.url()).out, slapd.people(&wire.url()).out);
}

#[test]
fn records_requests_and_responses() {
    let slapd = Slapd::start();
    let wire = slapd.wire([]);
    assert_eq!(slapd.people(&wire.url()).entries(), 10);
    let refused = slapd.search(&wire.url(), &["-D", READER, "-w", "wrong", "-b", BASE]);
    assert_eq!(refused.code, Some(49));
    slapd.search(&wire.url(), &["-s", "base", "-b", "", "(|(cn=a\\2ab*c)(!(uid>=\\ff)))"]);
    slapd.search(&wire.url(), &["-e", "!managedsait", "-s", "one", "-b", BASE, "cn=nobody"]);
    let seen = wire.quiet();

    assert_eq!((seen.connections, seen.open, seen.unbinds), (4, 0, 4));
    let binds: Vec<_> = seen.binds.iter().map(|bind| (bind.name.as_str(), bind.password, bind.code)).collect();
    assert_eq!(
        binds,
        [
            (READER, Password::Given, Some(0)),
            (READER, Password::Given, Some(49)),
            ("", Password::Empty, Some(0)),
            ("", Password::Empty, Some(0)),
        ]
    );
    assert_eq!(seen.searches.len(), 3);
    let people = &seen.searches[0];
    assert_eq!((people.base.as_str(), people.scope, people.filter.as_str()), (BASE, 2, PEOPLE));
    assert_eq!((people.connection, people.attributes.join(" ").as_str()), (1, "uid sn"));
    assert_eq!(people.controls, ["1.2.840.113556.1.4.319"]);
    assert_eq!((people.pages.len(), people.entries()), (4, 10));
    for (page, before) in people.pages.iter().skip(1).zip(&people.pages) {
        assert_eq!((page.size, page.code), (Some(3), Some(0)));
        assert_eq!(Some(&page.sent), before.got.as_ref());
    }
    assert_eq!(people.pages[3].got.as_deref(), Some(""));
    assert_eq!((seen.searches[1].base.as_str(), seen.searches[1].scope), ("", 0));
    assert_eq!(seen.searches[1].filter, "(|(cn=a\\2ab*c)(!(uid>=\\ff)))");
    assert_eq!(seen.searches[2].controls, ["!2.16.840.1.113730.3.4.2"]);
    assert_eq!(seen.searches[2].pages[0].got, None);
    assert_eq!(seen.searches_of("INETORGPERSON").count(), 1);
    assert!(seen.after_refused_bind.is_empty() && seen.struck.is_empty() && seen.troubles.is_empty(), "{seen:#?}");
    assert!(!format!("{seen:?}").contains(PASSWORD));
}

/// A reader that checks everything must observe the documented effect of each fault.
#[test]
fn every_fault_has_its_documented_effect() {
    let slapd = Slapd::start();
    let whole = read(slapd.address(), BASE).expect("the read succeeds");
    assert_eq!(whole.len(), 10);
    let on_page_two = faults("entryUUID").into_iter().map(|named| (named, Aim::page(2)));
    let at_sign_in = sign_in_faults().into_iter().map(|named| (named, Aim::bind()));
    let all: Vec<_> = on_page_two.chain(at_sign_in).collect();
    let mut names: Vec<&str> = all.iter().map(|(named, _)| named.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len(), "fault names are unique");

    let try_one = |(named, aim): &(gotosync_tests::wire::Named, Aim)| {
        let wire = slapd.wire([named.fault.clone().at(aim.clone())]);
        let got = read(wire.address(), BASE);
        let seen = wire.seen();
        if seen.strikes(0) == 0 {
            return Some(format!("{}: did not occur\n{seen:#?}", named.name));
        }
        let right = match (&named.effect, &got) {
            (Effect::Harmless | Effect::Either, Ok(people)) => *people == whole,
            (Effect::Hidden, Ok(people)) => *people != whole,
            (Effect::Shows | Effect::Either, Err(_)) => true,
            (Effect::Harmless | Effect::Hidden, Err(_)) | (Effect::Shows, Ok(_)) => false,
        };
        (!right).then(|| format!("{} is {:?}, but gives {got:?}", named.name, named.effect))
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = std::iter::from_fn(|| all.get(next.fetch_add(1, Ordering::Relaxed)));
        mine.filter_map(try_one).collect::<Vec<_>>()
    };
    let bad: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..24).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no thread panicked")).collect()
    });
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn supports_ldaps_and_start_tls_on_both_sides() {
    let slapd = Slapd::start();
    let direct = slapd.people(&slapd.url()).out;
    let both = Wire::start_at(&slapd.tls_front(), slapd.tls_upstream(), []).expect("the wire starts");
    assert!(both.url().starts_with("ldaps://127.0.0.1:"));
    assert_eq!(slapd.people(&both.url()).out, direct);
    assert_eq!(both.quiet().searches[0].entries(), 10);

    let later = Wire::start_at(&slapd.start_tls_front(), slapd.tls_upstream(), []).expect("the wire starts");
    let begun = slapd.search(&later.url(), &[&["-ZZ"], &SIGN_IN[..], &["-b", BASE, PEOPLE, "uid"]].concat());
    assert_eq!((begun.code, begun.entries()), (Some(0), 10), "{begun:?}");
    assert_eq!(later.quiet().others, ["1.3.6.1.4.1.1466.20037"]);

    for front in [slapd.tls_front(), slapd.start_tls_front()] {
        let entry = Entry::new("dc=x", [("objectClass", "domain")]);
        let scripted = Scripted::start_at(&front, Script::new("dc=x", [entry])).expect("the server starts");
        let option = if scripted.url().starts_with("ldaps:") { "-x" } else { "-ZZ" };
        assert_eq!(slapd.search(&scripted.url(), &[option, "-b", "dc=x"]).entries(), 1);
    }

    let elsewhere =
        Wire::start_at(&slapd.tls_front().at([127, 4, 5, 6]), slapd.upstream(), []).expect("the wire starts");
    assert_eq!(
        slapd.people(&elsewhere.url()).code,
        Some(255),
        "the certificate must be valid for another address only"
    );
    let stranger = slapd::search(&both.url(), &["-b", BASE], None);
    assert_eq!(stranger.code, Some(255), "this client must not trust the CA: {stranger:?}");
}

/// `StartTLS` between client and server, which the wire cannot decrypt.
#[test]
fn relays_unparsable_bytes_unchanged() {
    let slapd = Slapd::start();
    let wire = slapd.wire([]);
    let begun = slapd.search(&wire.url(), &[&["-ZZ"], &SIGN_IN[..], &["-b", BASE, PEOPLE, "uid"]].concat());
    assert_eq!((begun.code, begun.entries()), (Some(0), 10), "{begun:?}");
    assert!(wire.quiet().binds.is_empty());
}

#[test]
fn records_an_unreachable_server() {
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    let wire = Wire::start(Upstream::plain(nobody.to_string()), []).expect("the wire starts");
    let mut probe = Probe::connect(wire.address());
    assert!(matches!(probe.bind(READER, PASSWORD), Err(Ended::Fin(0) | Ended::Rst)));
    let seen = wire.quiet();
    assert_eq!(seen.troubles.len(), 1);
    assert!(seen.troubles[0].contains("refused"), "{seen:?}");
}

#[test]
fn closes_client_connections_when_a_wire_ends() {
    let slapd = Slapd::start();
    // Uses an address of its own: on 127.0.0.1, another test could get the port as soon as it is free.
    let front = Front::plain().at([127, 7, 38, 9]);
    let wire = Wire::start_at(&front, slapd.upstream(), [Fault::code(3).at(Aim::page(9))]).expect("the wire starts");
    let mut probe = Probe::connect(wire.address());
    assert_eq!(probe.bind(READER, PASSWORD), Ok(0));
    let address = wire.address();
    drop(wire);
    assert!(matches!(probe.next(), Err(Ended::Fin(0) | Ended::Rst)));
    assert!(std::net::TcpStream::connect(address).is_err());
}
