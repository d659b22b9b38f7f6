//! Faults before and during the bind. After such a fault, the server gets neither a second attempt nor a password.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use gotosync_core::source::ldap::{LdapSource, Roots, Server, SignIn, Timeouts};
use gotosync_core::{ErrorKind, Secret};
use gotosync_tests::servers::{Authority, Certificate, Pair};
use gotosync_tests::wire::{Aim, Effect, Ending, Fault, Front, Named, Rest, Rubbish, Seen, Spot, Wire, sign_in_faults};

use super::world::{Selected, Way, certificate, impatient, same, side_by_side, told};

#[test]
fn every_bind_response_is_a_success_or_an_error() {
    let mut cases: Vec<(Way, Named)> = Vec::new();
    for way in [Way::Plain, Way::Slapd, Way::Samba] {
        cases.extend(sign_in_faults().into_iter().map(|named| (way, named)));
    }
    let judge = |(way, named): &(Way, Named)| {
        let world = way.world(Selected::Everybody);
        let outcome = world.read(*way, [named.fault.clone().at(Aim::bind())], impatient());
        let seen = &outcome.seen;
        let is_whole = outcome.claims_to_be_whole()
            && outcome.reading.as_ref().is_some_and(|reading| same(&reading.directory, &world.whole.directory));
        let said = outcome.said();
        let told = outcome.plan.is_err() && reasons(&named.fault).iter().any(|reason| said.contains(reason.as_str()));
        let right = match named.effect {
            Effect::Harmless => is_whole,
            Effect::Either => is_whole || outcome.plan.is_err(),
            Effect::Shows | Effect::Hidden => told && outcome.taking().is_empty(),
        };
        let quiet = seen.after_refused_bind.is_empty() && seen.binds.len() == 1 && seen.strikes(0) > 0;
        let nothing_asked = told && matches!(named.fault, Fault::Code { .. }) && !seen.searches.is_empty();
        (!right || !quiet || nothing_asked || seen.open != 0 || said.contains("s3cret"))
            .then(|| format!("{way:?}: {}: {said} {:?}", named.name, seen.after_refused_bind))
    };
    let bad: Vec<String> = side_by_side(&cases, 14, judge).into_iter().flatten().collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(cases.len() > 150, "{} cases", cases.len());
}

/// Returns texts, one of which must be in the error.
fn reasons(fault: &Fault) -> Vec<String> {
    let texts: &[&str] = match fault {
        Fault::Code { code, .. } => return vec![format!("the server refused the sign-in: {code} (")],
        Fault::Cut { ending: Ending::Silence, .. } | Fault::Rubbish { what: Rubbish::Notification, .. } => {
            &["the server did not respond for 2 s"]
        }
        Fault::Cut { .. } => &["the server closed the connection"],
        Fault::Rubbish { what: Rubbish::Disconnection(_), .. } => {
            &["the server ended the connection: 52 (unavailable)"]
        }
        Fault::Rubbish { what: Rubbish::Announced(_), .. } => &["exceeds the limit of 1048576"],
        _ => &["the response is not valid LDAP: ", "the server sent "],
    };
    texts.iter().map(ToString::to_string).collect()
}

/// The TLS mode of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Plain,
    Tls,
    StartTls,
}

impl Door {
    fn front(self) -> Front {
        let Pair { certificate, key } = certificate();
        match self {
            Self::Plain => Front::plain(),
            Self::Tls => Front::tls(certificate, key),
            Self::StartTls => Front::start_tls(certificate, key),
        }
    }
}

/// Returns faults at every place before the first search of a read: without TLS, under LDAPS, and during `StartTLS`.
fn before_the_sign_in() -> Vec<(Door, Aim, Fault)> {
    let mut cases = Vec::new();
    for what in Rubbish::ALL {
        for fault in [Fault::rubbish(what, Spot::Start), Fault::rubbish_instead(what)] {
            cases.push((Door::Tls, Aim::connection(), fault.clone()));
            cases.push((Door::StartTls, Aim::connection(), fault.clone()));
            cases.push((Door::StartTls, Aim::start_tls(), fault.clone()));
            cases.push((Door::Plain, Aim::root_dse(), fault.clone()));
            cases.push((Door::Plain, Aim::connection(), fault));
        }
        // In the same TCP segment as the StartTLS response, and therefore not protected by TLS.
        cases.push((Door::StartTls, Aim::start_tls(), Fault::rubbish(what, Spot::End)));
    }
    for ending in [Ending::Closed, Ending::Fin, Ending::Rst, Ending::Silence] {
        for door in [Door::Plain, Door::Tls, Door::StartTls] {
            cases.push((door, Aim::connection(), Fault::cut(Spot::Start, ending)));
        }
        cases.push((Door::StartTls, Aim::start_tls(), Fault::cut(Spot::Start, ending)));
        cases.push((Door::Plain, Aim::root_dse(), Fault::cut(Spot::Start, ending)));
    }
    for code in [1, 2, 8, 49, 52, 53, 80] {
        cases.push((Door::StartTls, Aim::start_tls(), Fault::code(code)));
        cases.push((Door::Plain, Aim::root_dse(), Fault::code(code)));
    }
    cases
}

#[test]
fn rubbish_before_the_bind_is_an_error_and_gets_no_password() {
    let judge = |(door, aim, fault): &(Door, Aim, Fault)| {
        let world = Way::Plain.world(Selected::Everybody);
        let wire = Wire::start_at(&door.front(), Way::Plain.upstream(), [fault.clone().at(aim.clone())])
            .expect("the wire starts");
        let mut options = Way::Plain.options(&wire.url());
        options.danger_plain = *door == Door::Plain;
        options.timeouts = Timeouts { connect: Duration::from_secs(2), ..impatient() };
        let outcome = world.read_from(options, &wire);
        let seen = &outcome.seen;
        let may_pass = match fault {
            // An unknown unsolicited notification must be ignored where a message is allowed at all.
            Fault::Rubbish { what: Rubbish::Notification, rest: Rest::Follows, .. } => true,
            // Unrequested messages and controls that do not affect the requested data.
            Fault::Rubbish { what: Rubbish::PagingMalformed | Rubbish::Intermediate, .. } => *aim == Aim::root_dse(),
            _ => false,
        };
        let right = match &outcome.reading {
            None => outcome.plan.is_err(),
            Some(reading) if outcome.claims_to_be_whole() => {
                may_pass && same(&reading.directory, &world.whole.directory)
            }
            Some(_) => outcome.taking().is_empty(),
        };
        let gave = *door != Door::Plain && !seen.binds.is_empty();
        (!right || gave || seen.open != 0 || seen.strikes(0) == 0)
            .then(|| format!("{door:?} {aim:?} {fault:?}: {} {:?}", outcome.said(), seen.binds))
    };
    let cases = before_the_sign_in();
    let bad: Vec<String> = side_by_side(&cases, 14, judge).into_iter().flatten().collect();
    assert!(bad.is_empty(), "{} of {}:\n{}", bad.len(), cases.len(), bad.join("\n"));
}

#[test]
fn a_refused_bind_is_final_and_a_busy_server_is_retried() {
    let world = Way::Slapd.world(Selected::Everybody);
    let try_two = |fault: Fault| {
        let first = Way::Slapd.wire([fault.at(Aim::bind())]);
        let second = Way::Slapd.wire([]);
        let mut options = Way::Slapd.options(&first.url());
        options.servers.push(Server::parse(&second.url()).expect("the address is valid"));
        let outcome = world.read_from(options, &first);
        (outcome, second.quiet())
    };
    let (refused, second) = try_two(Fault::code(49));
    let error = refused.plan.expect_err("the call fails");
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", told(&error));
    // Each further server would count another failed attempt, which could lock the account.
    assert_eq!((refused.seen.binds.len(), second.connections), (1, 0));
    let (busy, second) = try_two(Fault::code(51));
    assert!(busy.claims_to_be_whole(), "{}", busy.said());
    assert_eq!((busy.seen.searches.len(), second.binds.len()), (0, 1));
    let (gone, _) = try_two(Fault::cut(Spot::Start, Ending::Rst));
    assert!(gone.claims_to_be_whole(), "{}", gone.said());
}

/// Several searches run at the same time. If a server accepts only one connection, all searches use it.
#[test]
fn works_without_a_refused_second_connection() {
    let world = Way::Slapd.world(Selected::Some);
    for code in [51, 49] {
        let outcome = world.read(Way::Slapd, [Fault::code(code).at(Aim::bind().nth(2))], Timeouts::default());
        assert!(outcome.claims_to_be_whole(), "{}", outcome.said());
        let reading = outcome.reading.expect("the read succeeds");
        assert!(same(&reading.directory, &world.whole.directory));
        assert_eq!((outcome.seen.binds.len(), outcome.seen.strikes(0)), (2, 1));
        assert_eq!(outcome.seen.after_refused_bind, [] as [&str; 0]);
    }
}

#[test]
fn never_sends_an_empty_password() {
    let wire = Way::Slapd.wire([]);
    for (name, password) in [("cn=reader,dc=example,dc=test", ""), ("", "s3cret"), ("  ", "")] {
        let mut options = Way::Slapd.options(&wire.url());
        options.sign_in = SignIn::Simple { name: name.to_owned(), password: Secret::new(password) };
        let error = LdapSource::new(options).expect_err("the call fails");
        assert_eq!(error.kind(), ErrorKind::Input, "{}", told(&error));
    }
    assert_eq!(wire.quiet(), Seen::default());
}

#[test]
fn sends_no_password_to_a_server_with_an_untrusted_certificate() {
    let address = Ipv4Addr::new(127, 0, 0, 9);
    for how in [Certificate::Expired, Certificate::Foreign, Certificate::Misnamed] {
        let authority = Authority::new().expect("the CA can be created");
        let pair =
            authority.server(how, &["localhost"], &[IpAddr::V4(address)]).expect("the certificate can be signed");
        for front in [Front::tls(&pair.certificate, &pair.key), Front::start_tls(&pair.certificate, &pair.key)] {
            let wire = Wire::start_at(&front.at(address), Way::Slapd.upstream(), []).expect("the wire starts");
            let mut options = Way::Slapd.options(&wire.url());
            options.tls.roots = Roots::Bundle(authority.file());
            let outcome = Way::Slapd.world(Selected::Everybody).read_from(options, &wire);
            let error = outcome.plan.expect_err("the call fails");
            assert_eq!(error.kind(), ErrorKind::Denied, "{}", told(&error));
            assert!(error.to_string().contains("TLS certificate verification failed"), "{error}");
            assert_eq!((outcome.seen.binds.len(), outcome.seen.searches.len()), (0, 0));
        }
    }
}

/// Anonymous connections send no password. Entries that anonymous clients may not read are reported as missing.
#[test]
fn an_anonymous_connection_stays_anonymous() {
    let wire = Way::Plain.wire([Fault::SearchesRefused { code: 1 }.at(Aim::page(1))]);
    let mut options = Way::Plain.options(&wire.url());
    options.sign_in = SignIn::Anonymous;
    let outcome = Way::Plain.world(Selected::Everybody).read_from(options, &wire);
    assert!(!outcome.claims_to_be_whole() && outcome.taking().is_empty(), "{}", outcome.said());
    assert_eq!(outcome.seen.binds, []);
}
